// SPDX-License-Identifier: GPL-2.0-or-later
/* What the operator configured of access interfaces: static ones, and ports of PPPoE. */
#include "l2mcd/l2mcd.h"

DECLARE_MGROUP(L2MCD_CONFIG);
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, ACCESS, "access interface");
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, SERVICE, "service of an access interface");

DEFINE_QOBJ_TYPE(l2mcd_access);

int l2mcd_access_cmp(const struct l2mcd_access *a, const struct l2mcd_access *b)
{
	int order = strcmp(a->interface, b->interface);

	for (int i = 0; !order && i < PPPOE_MAX_VLANS; i++)
		order = (int)a->vlan[i] - (int)b->vlan[i]; /* 0: no such tag */
	return order;
}

struct l2mcd_access *l2mcd_access_find_tagged(struct l2mcd_config *c, const char *interface,
					      uint8_t n_vlans, const uint16_t *vlans)
{
	struct l2mcd_access key = {.n_vlans = n_vlans};

	strlcpy(key.interface, interface, sizeof(key.interface));
	for (uint8_t i = 0; i < n_vlans; i++)
		key.vlan[i] = vlans[i];
	return l2mcd_accesses_find(&c->accesses, &key);
}

struct l2mcd_access *l2mcd_access_find(struct l2mcd_config *c, const char *interface)
{
	return l2mcd_access_find_tagged(c, interface, 0, NULL);
}

bool l2mcd_access_on(struct l2mcd_config *c, const char *interface)
{
	struct l2mcd_access key = {}, *a;

	strlcpy(key.interface, interface, sizeof(key.interface));
	a = l2mcd_accesses_find_gteq(&c->accesses, &key);
	return a && strcmp(a->interface, interface) == 0;
}

static struct l2mcd_access *add(struct l2mcd_config *c, const char *interface, uint8_t n_vlans,
				const uint16_t *vlans, bool pppoe)
{
	struct l2mcd_access *a = l2mcd_access_find_tagged(c, interface, n_vlans, vlans);

	if (a)
		return a;
	a = XCALLOC(MTYPE_ACCESS, sizeof(*a));
	strlcpy(a->interface, interface, sizeof(a->interface));
	a->n_vlans = n_vlans;
	for (uint8_t i = 0; i < n_vlans; i++)
		a->vlan[i] = vlans[i];
	a->pppoe = pppoe;
	a->ppp.session_limit = L2MCD_PPPOE_SESSIONS;
	a->ppp.host_session_limit = L2MCD_PPPOE_HOST;
	a->ppp.padi_rate = L2MCD_PPPOE_PADI_RATE;
	l2mcd_accesses_add(&c->accesses, a);
	QOBJ_REG(a, l2mcd_access);
	return a;
}

struct l2mcd_access *l2mcd_access_add(struct l2mcd_config *c, const char *interface)
{
	return add(c, interface, 0, NULL, false);
}

struct l2mcd_access *l2mcd_access_add_pppoe(struct l2mcd_config *c, const char *interface,
					    uint8_t n_vlans, const uint16_t *vlans)
{
	return add(c, interface, n_vlans, vlans, true);
}

void l2mcd_access_del(struct l2mcd_config *c, struct l2mcd_access *a)
{
	QOBJ_UNREG(a);
	l2mcd_accesses_del(&c->accesses, a);
	XFREE(MTYPE_SERVICE, a->ppp.services);
	XFREE(MTYPE_SERVICE, a->ppp.groups);
	XFREE(MTYPE_ACCESS, a);
}

const char *l2mcd_access_str(const char *interface, uint8_t n_vlans, const uint16_t *vlans,
			     char buf[L2MCD_ACCESS_STRLEN])
{
	size_t n = strlcpy(buf, interface, L2MCD_ACCESS_STRLEN);

	for (uint8_t i = 0; i < n_vlans; i++)
		n += snprintf(buf + n, L2MCD_ACCESS_STRLEN - n, ".%u", vlans[i]);
	return buf;
}

/* ---------------------------------------------------------------- services of PPPoE */

bool l2mcd_access_uses(const struct l2mcd_access *a, const char *peer_group)
{
	bool uses = strcmp(a->peer_group, peer_group) == 0;

	for (size_t i = 0; i < a->ppp.n_services; i++)
		uses |= strcmp(a->ppp.groups[i], peer_group) == 0;
	return uses;
}

static size_t service_index(const struct l2mcd_access *a, const char *service)
{
	size_t i;

	for (i = 0; i < a->ppp.n_services; i++)
		if (strcmp(a->ppp.services[i], service) == 0)
			break;
	return i;
}

bool l2mcd_access_service_set(struct l2mcd_access *a, const char *service, const char *peer_group)
{
	struct l2mcd_pppoe_config *p = &a->ppp;
	size_t i = service_index(a, service);

	if (i == p->n_services) {
		if (i == L2MCD_PPPOE_MAX_SERVICES)
			return false;
		p->n_services++;
		p->services =
			XREALLOC(MTYPE_SERVICE, p->services, p->n_services * sizeof(*p->services));
		p->groups = XREALLOC(MTYPE_SERVICE, p->groups, p->n_services * sizeof(*p->groups));
	}
	strlcpy(p->services[i], service, sizeof(p->services[i]));
	strlcpy(p->groups[i], peer_group, sizeof(p->groups[i]));
	return true;
}

const char *l2mcd_access_group(const struct l2mcd_access *a, const char *service)
{
	size_t i;

	if (!service)
		return a->peer_group;
	i = service_index(a, service);
	return i < a->ppp.n_services ? a->ppp.groups[i] : "";
}

void l2mcd_access_service_del(struct l2mcd_access *a, const char *service)
{
	struct l2mcd_pppoe_config *p = &a->ppp;
	size_t i = service_index(a, service), behind;

	if (i == p->n_services)
		return;
	behind = --p->n_services - i;
	memmove(p->services[i], p->services[i + 1], behind * sizeof(*p->services));
	memmove(p->groups[i], p->groups[i + 1], behind * sizeof(*p->groups));
}
