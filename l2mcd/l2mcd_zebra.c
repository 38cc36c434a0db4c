// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_zebra.c - interfaces, as zebra tells them.
 *
 * Every interface and address is announced twice at connect, and again after a restart of
 * zebra: handlers are idempotent.  Nothing is withdrawn while zebra is away.
 */
#include "l2mcd/l2mcd_p.h"

static struct zclient *zclient;

const struct interface *l2mcd_interface_up(const char *name)
{
	const struct interface *ifp = if_lookup_by_name(name, VRF_DEFAULT);

	return ifp && ifp->ifindex != IFINDEX_INTERNAL && if_is_operative((struct interface *)ifp)
		       ? ifp
		       : NULL;
}

struct addr l2mcd_interface_address(const struct interface *ifp, bool v6)
{
	struct connected *c;

	frr_each_ifaddr (ifp, c) {
		const struct prefix *p = c->address;

		if (!v6 && p->family == AF_INET)
			return addr_from_v4(&p->u.prefix4);
		if (v6 && p->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&p->u.prefix6))
			return addr_from_v6(&p->u.prefix6);
	}
	return ADDR_ANY;
}

uint8_t l2mcd_interface_framing(const struct interface *ifp)
{
	return ifp->ll_type == ZEBRA_LLT_ETHER ? FIB_FRAMING_ETHERNET : FIB_FRAMING_RAW_IP;
}

/* ---------------------------------------------------------------- events */

static void interface_event(struct interface *ifp)
{
	struct l2mcd_session *s = l2mcd_lns_by_name(ifp->name);

	L2MCD_DEBUG(zebra, "interface %s is %s", ifp->name, if_is_operative(ifp) ? "up" : "down");
	if (s && s->up)
		l2mcd_lns_interface(s, l2mcd_interface_up(ifp->name));
	if (l2mcd_access_on(&l2mcd_instance()->config, ifp->name))
		l2mcd_lac_wake();
}

static int interface_changed(struct interface *ifp)
{
	l2mcd_upstream_interface(ifp);
	interface_event(ifp);
	return 0;
}

static int interface_gone(struct interface *ifp)
{
	struct l2mcd_session *s = l2mcd_lns_by_name(ifp->name);

	if (s && s->up)
		l2mcd_lns_interface(s, NULL);
	if (l2mcd_access_on(&l2mcd_instance()->config, ifp->name))
		l2mcd_lac_wake();
	return 0;
}

static int address_add(ZAPI_CALLBACK_ARGS)
{
	struct connected *c = zebra_interface_address_read(cmd, zclient->ibuf, vrf_id);

	if (c)
		interface_event(c->ifp);
	return 0;
}

static int address_del(ZAPI_CALLBACK_ARGS)
{
	struct connected *c = zebra_interface_address_read(cmd, zclient->ibuf, vrf_id);

	if (c) {
		struct interface *ifp = c->ifp;

		connected_free(&c);
		interface_event(ifp);
	}
	return 0;
}

static void connected_to_zebra(struct zclient *zc)
{
	zclient_send_reg_requests(zc, VRF_DEFAULT);
}

static zclient_handler *const handlers[] = {
	[ZEBRA_INTERFACE_ADDRESS_ADD] = address_add,
	[ZEBRA_INTERFACE_ADDRESS_DELETE] = address_del,
};

void l2mcd_zebra_init(struct l2mcd *d)
{
	frrx_if_hooks(interface_changed, interface_changed, interface_changed, interface_gone);
	zclient = frrx_zclient_new(d->master, handlers, array_size(handlers));
	/* no route type exists for third parties; sharpd's is never used in a distribution */
	zclient_init(zclient, ZEBRA_ROUTE_SHARP, 4045, &l2mcd_privs);
	zclient->zebra_connected = connected_to_zebra;
}

void l2mcd_zebra_fini(void)
{
	zclient_stop(zclient);
	zclient_free(zclient);
}
