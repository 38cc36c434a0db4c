// SPDX-License-Identifier: GPL-2.0-or-later
/* What the operator configured: objects, defaults, which group a peer belongs to. */
#include "l2mcd/l2mcd.h"

#include <sys/utsname.h>

DEFINE_MGROUP(L2MCD_CONFIG, "l2mcd configuration");
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, PROFILE, "profile");
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, PEER_GROUP, "peer-group");
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, ENDPOINT, "endpoint of a peer-group");
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, RANGE, "group-range");
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, SUBSCRIBER, "subscriber");
DEFINE_MTYPE_STATIC(L2MCD_CONFIG, PPP_OPTIONS, "ppp options");

DEFINE_QOBJ_TYPE(l2mcd_profile);
DEFINE_QOBJ_TYPE(l2mcd_peer_group);

int l2mcd_profile_cmp(const struct l2mcd_profile *a, const struct l2mcd_profile *b)
{
	return strcmp(a->name, b->name);
}

int l2mcd_peer_group_cmp(const struct l2mcd_peer_group *a, const struct l2mcd_peer_group *b)
{
	return strcmp(a->name, b->name);
}

int l2mcd_subscriber_cmp(const struct l2mcd_subscriber *a, const struct l2mcd_subscriber *b)
{
	return strcmp(a->name, b->name);
}

/* RFC 3376 section 8 where it has a value; the rest are ours (design/cli.md). */
static void multicast_default(struct l2mcd_multicast *m)
{
	static const uint8_t upstream[4] = {10, 99, 0, 1};

	strlcpy(m->upstream_interface, "l2mc0", sizeof(m->upstream_interface));
	m->upstream_address = addr_from_v4(upstream);
	m->upstream_prefixlen = 30;
	m->threshold = 2;
	m->holdtime_s = 10;
	m->ack_wait_ms = 200;
	m->refused_holdoff_s = 60;
	m->nos_retry_s = 30;
	m->nos_retries = 3;
	m->transition_ms = 1000;
	m->packet_size = 1492;
	m->query_interval_s = 125;
	m->robustness = 2;
	m->last_member_ds = 10;
	m->version = 3;
}

static void settings_default(struct l2mcd_config *c)
{
	static const uint8_t any[4];

	c->present = false;
	c->host_name[0] = '\0';
	c->listen = (struct endpoint){.addr = addr_from_v4(any), .port = L2TP_PORT};
	c->provider = L2MCD_PROVIDER_NONE;
	c->session_template[0] = '\0';
	memset(&c->multicast, 0, sizeof(c->multicast));
	l2mcd_ranges_init(&c->multicast.ranges);
	l2mcd_subscribers_init(&c->multicast.subscribers);
	multicast_default(&c->multicast);
	fib_server_config_default(&c->fib);
}

void l2mcd_config_init(struct l2mcd_config *c)
{
	memset(c, 0, sizeof(*c));
	l2mcd_profiles_init(&c->profiles);
	l2mcd_peer_groups_init(&c->peer_groups);
	l2mcd_accesses_init(&c->accesses);
	l2mcd_ppp_lines_init(&c->ppp_options);
	settings_default(c);
}

void l2mcd_config_reset(struct l2mcd_config *c)
{
	struct l2mcd_profile *p;
	struct l2mcd_peer_group *g;
	struct l2mcd_access *a;
	struct l2mcd_subscriber *s;
	struct l2mcd_range *r;

	while ((s = l2mcd_subscribers_first(&c->multicast.subscribers)))
		l2mcd_subscriber_del(&c->multicast, s);
	while ((a = l2mcd_accesses_first(&c->accesses)))
		l2mcd_access_del(c, a);
	while ((g = l2mcd_peer_groups_first(&c->peer_groups)))
		l2mcd_peer_group_del(c, g);
	while ((p = l2mcd_profiles_first(&c->profiles)))
		l2mcd_profile_del(c, p);
	while ((r = l2mcd_ranges_pop(&c->multicast.ranges)))
		XFREE(MTYPE_RANGE, r);
	l2mcd_ppp_options_del(c, NULL);
	settings_default(c);
}

/* ---------------------------------------------------------------- ppp options */

void l2mcd_ppp_options_add(struct l2mcd_config *c, const char *line)
{
	struct l2mcd_ppp_line *o;

	frr_each (l2mcd_ppp_lines, &c->ppp_options, o)
		if (strcmp(o->line, line) == 0)
			return;
	o = XCALLOC(MTYPE_PPP_OPTIONS, sizeof(*o));
	o->line = XSTRDUP(MTYPE_PPP_OPTIONS, line);
	l2mcd_ppp_lines_add_tail(&c->ppp_options, o);
}

void l2mcd_ppp_options_del(struct l2mcd_config *c, const char *line)
{
	struct l2mcd_ppp_line *o;

	frr_each_safe (l2mcd_ppp_lines, &c->ppp_options, o) {
		if (line && strcmp(o->line, line) != 0)
			continue;
		l2mcd_ppp_lines_del(&c->ppp_options, o);
		XFREE(MTYPE_PPP_OPTIONS, o->line);
		XFREE(MTYPE_PPP_OPTIONS, o);
	}
}

/* ---------------------------------------------------------------- profiles */

void l2mcd_profile_default(struct l2mcd_profile *p)
{
	p->hello_interval_s = 60;
	p->receive_window = 16;
	p->retries = 5;
	p->rto_s = 1;
	p->rto_max_s = 16;
	p->hiding = L2TP_HIDE_NEVER;
	p->data_sequencing = L2MCD_SEQ_ALLOW;
	p->session_limit = 65535;
}

struct l2mcd_profile *l2mcd_profile_find(struct l2mcd_config *c, const char *name)
{
	struct l2mcd_profile key = {};

	strlcpy(key.name, name, sizeof(key.name));
	return l2mcd_profiles_find(&c->profiles, &key);
}

struct l2mcd_profile *l2mcd_profile_add(struct l2mcd_config *c, const char *name)
{
	struct l2mcd_profile *p = l2mcd_profile_find(c, name);

	if (p)
		return p;
	p = XCALLOC(MTYPE_PROFILE, sizeof(*p));
	strlcpy(p->name, name, sizeof(p->name));
	l2mcd_profile_default(p);
	l2mcd_profiles_add(&c->profiles, p);
	QOBJ_REG(p, l2mcd_profile);
	return p;
}

void l2mcd_profile_del(struct l2mcd_config *c, struct l2mcd_profile *p)
{
	QOBJ_UNREG(p);
	l2mcd_profiles_del(&c->profiles, p);
	XFREE(MTYPE_PROFILE, p);
}

/* ---------------------------------------------------------------- peer-groups */

struct l2mcd_peer_group *l2mcd_peer_group_find(struct l2mcd_config *c, const char *name)
{
	struct l2mcd_peer_group key = {};

	strlcpy(key.name, name, sizeof(key.name));
	return l2mcd_peer_groups_find(&c->peer_groups, &key);
}

struct l2mcd_peer_group *l2mcd_peer_group_add(struct l2mcd_config *c, const char *name, bool lac)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(c, name);

	if (g)
		return g;
	g = XCALLOC(MTYPE_PEER_GROUP, sizeof(*g));
	strlcpy(g->name, name, sizeof(g->name));
	g->lac = lac;
	g->lns = !lac;
	g->denylist_s = L2MCD_DENYLIST_S;
	l2mcd_endpoints_init(&g->endpoints);
	l2mcd_peer_groups_add(&c->peer_groups, g);
	QOBJ_REG(g, l2mcd_peer_group);
	return g;
}

void l2mcd_peer_group_del(struct l2mcd_config *c, struct l2mcd_peer_group *g)
{
	struct l2mcd_endpoint *e;

	QOBJ_UNREG(g);
	while ((e = l2mcd_endpoints_pop(&g->endpoints)))
		XFREE(MTYPE_ENDPOINT, e);
	l2mcd_peer_groups_del(&c->peer_groups, g);
	explicit_bzero(g->secret, sizeof(g->secret));
	XFREE(MTYPE_PEER_GROUP, g);
}

static struct l2mcd_endpoint *endpoint_find(struct l2mcd_peer_group *g, const struct addr *addr)
{
	struct l2mcd_endpoint *e;

	frr_each (l2mcd_endpoints, &g->endpoints, e)
		if (addr_cmp(&e->addr, addr) == 0)
			return e;
	return NULL;
}

/* Endpoints of one preference keep the order in which they were typed. */
static void endpoint_insert(struct l2mcd_peer_group *g, struct l2mcd_endpoint *new)
{
	struct l2mcd_endpoint *e, *before = NULL;

	frr_each (l2mcd_endpoints, &g->endpoints, e) {
		if (e->preference > new->preference)
			break;
		before = e;
	}
	if (before)
		l2mcd_endpoints_add_after(&g->endpoints, before, new);
	else
		l2mcd_endpoints_add_head(&g->endpoints, new);
}

struct l2mcd_endpoint *l2mcd_endpoint_set(struct l2mcd_peer_group *g, const struct addr *addr,
					  uint16_t preference, const struct addr *source)
{
	struct l2mcd_endpoint *e = endpoint_find(g, addr);

	if (!e) {
		e = XCALLOC(MTYPE_ENDPOINT, sizeof(*e));
		e->addr = *addr;
		e->preference = preference;
		endpoint_insert(g, e);
	} else if (e->preference != preference) {
		l2mcd_endpoints_del(&g->endpoints, e);
		e->preference = preference;
		endpoint_insert(g, e);
	}
	e->source = source ? *source : ADDR_ANY;
	return e;
}

bool l2mcd_endpoint_del(struct l2mcd_peer_group *g, const struct addr *addr)
{
	struct l2mcd_endpoint *e = endpoint_find(g, addr);

	if (!e)
		return false;
	l2mcd_endpoints_del(&g->endpoints, e);
	XFREE(MTYPE_ENDPOINT, e);
	return true;
}

/* ---------------------------------------------------------------- group-range */

static struct l2mcd_range *range_find(struct l2mcd_multicast *m, const struct addr *prefix,
				      uint8_t prefixlen)
{
	struct l2mcd_range *r;

	frr_each (l2mcd_ranges, &m->ranges, r)
		if (r->prefixlen == prefixlen && addr_cmp(&r->prefix, prefix) == 0)
			return r;
	return NULL;
}

bool l2mcd_range_add(struct l2mcd_multicast *m, const struct addr *prefix, uint8_t prefixlen)
{
	struct l2mcd_range *r;

	if (range_find(m, prefix, prefixlen))
		return false;
	r = XCALLOC(MTYPE_RANGE, sizeof(*r));
	r->prefix = *prefix;
	r->prefixlen = prefixlen;
	l2mcd_ranges_add_tail(&m->ranges, r);
	return true;
}

bool l2mcd_range_del(struct l2mcd_multicast *m, const struct addr *prefix, uint8_t prefixlen)
{
	struct l2mcd_range *r = range_find(m, prefix, prefixlen);

	if (!r)
		return false;
	l2mcd_ranges_del(&m->ranges, r);
	XFREE(MTYPE_RANGE, r);
	return true;
}

/* ---------------------------------------------------------------- subscribers */

struct l2mcd_subscriber *l2mcd_subscriber_find(struct l2mcd_multicast *m, const char *name)
{
	struct l2mcd_subscriber key = {};

	strlcpy(key.name, name, sizeof(key.name));
	return l2mcd_subscribers_find(&m->subscribers, &key);
}

struct l2mcd_subscriber *l2mcd_subscriber_add(struct l2mcd_multicast *m, const char *name)
{
	struct l2mcd_subscriber *s = l2mcd_subscriber_find(m, name);

	if (s)
		return s;
	s = XCALLOC(MTYPE_SUBSCRIBER, sizeof(*s));
	strlcpy(s->name, name, sizeof(s->name));
	l2mcd_subscribers_add(&m->subscribers, s);
	return s;
}

void l2mcd_subscriber_del(struct l2mcd_multicast *m, struct l2mcd_subscriber *s)
{
	l2mcd_subscribers_del(&m->subscribers, s);
	XFREE(MTYPE_SUBSCRIBER, s);
}

/* ---------------------------------------------------------------- what it means */

const char *l2mcd_role_name(const struct l2mcd_peer_group *g)
{
	return !g->lns ? "lac" : g->lac ? "both" : "lns";
}

const char *l2mcd_config_host_name(const struct l2mcd_config *c)
{
	static char name[L2TP_HOST_NAME_LEN];
	struct utsname u;

	if (c->host_name[0])
		return c->host_name;
	strlcpy(name, uname(&u) == 0 ? u.nodename : "", sizeof(name));
	return name;
}

bool l2mcd_config_group_allowed(const struct l2mcd_config *c, const struct addr *group)
{
	const struct l2mcd_range *r;

	/* A4045-41: link-local groups are never carried */
	if (!addr_is_multicast(group) || addr_is_unrouted_group(group))
		return false;
	if (l2mcd_ranges_count(&c->multicast.ranges) == 0)
		return true;
	frr_each (l2mcd_ranges_const, &c->multicast.ranges, r)
		if (addr_in_prefix(group, &r->prefix, r->prefixlen))
			return true;
	return false;
}

void l2mcd_config_params(const struct l2mcd_config *c, const struct l2mcd_peer_group *g,
			 struct l2tp_params *p)
{
	struct l2mcd_profile key = {};
	const struct l2mcd_profile *profile;

	strlcpy(key.name, g->profile, sizeof(key.name));
	profile = l2mcd_profiles_const_find(&c->profiles, &key);
	if (!profile) {
		l2mcd_profile_default(&key);
		profile = &key;
	}
	memset(p, 0, sizeof(*p));
	strlcpy(p->host_name, l2mcd_config_host_name(c), sizeof(p->host_name));
	p->secret_len = strlen(g->secret);
	memcpy(p->secret, g->secret, p->secret_len);
	p->hiding = profile->hiding;
	p->hello_interval_s = profile->hello_interval_s;
	p->receive_window = profile->receive_window;
	p->retries = profile->retries;
	p->rto_s = profile->rto_s;
	p->rto_max_s = profile->rto_max_s;
	p->session_limit = profile->session_limit;
	p->idle_timeout_s = profile->idle_timeout_s;
	p->lac = g->lac;
	p->offer_multicast = g->lac && g->multicast != L2MCD_MCAST_DISABLE;
}

static bool group_matches(const struct l2mcd_peer_group *g, const struct addr *peer,
			  const char *host_name)
{
	if (!g->lns || !g->accept || g->shutdown)
		return false;
	if (g->match_host[0] && strcmp(g->match_host, host_name) != 0)
		return false;
	return !g->has_match_prefix || addr_in_prefix(peer, &g->match_prefix, g->match_prefixlen);
}

/* A host name says more than any prefix, a prefix more than nothing. */
static int group_rank(const struct l2mcd_peer_group *g)
{
	return (g->match_host[0] ? 1000 : 0) + (g->has_match_prefix ? 1 + g->match_prefixlen : 0);
}

struct l2mcd_peer_group *l2mcd_config_match(struct l2mcd_config *c, const struct addr *peer,
					    const char *host_name)
{
	struct l2mcd_peer_group *g, *best = NULL;

	frr_each (l2mcd_peer_groups, &c->peer_groups, g)
		if (group_matches(g, peer, host_name) &&
		    (!best || group_rank(g) > group_rank(best)))
			best = g;
	return best;
}
