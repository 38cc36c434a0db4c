/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_config.h - what the operator configured under `l2vpn l2tp-multicast`.
 *
 * Plain data, filled by l2mcd_vty.c, read by everybody.  Nothing takes effect by writing it:
 * after a change l2mcd_reconcile() compares the running state with it, so that every command
 * is idempotent and may come in any order.
 */
#ifndef L2MCD_CONFIG_H
#define L2MCD_CONFIG_H

#include "lib/frr_compat.h"
#include "l2mcd/l2mc_lac.h"
#include "l2mcd/l2mc_lns.h"
#include "l2mcd/l2tp_engine.h"
#include "l2mcd/pppoe_ac.h"
#include "lib/addr.h"
#include "lib/fib_server.h"

#define L2MCD_NAME_LEN	 64
#define L2MCD_DENYLIST_S 60 /* default */

PREDECL_SORTLIST_UNIQ(l2mcd_profiles);
PREDECL_SORTLIST_UNIQ(l2mcd_peer_groups);
PREDECL_SORTLIST_UNIQ(l2mcd_accesses);
PREDECL_DLIST(l2mcd_endpoints);
PREDECL_DLIST(l2mcd_ranges);
PREDECL_SORTLIST_UNIQ(l2mcd_subscribers);
PREDECL_DLIST(l2mcd_ppp_lines);

enum l2mcd_data_sequencing { L2MCD_SEQ_ALLOW, L2MCD_SEQ_DENY, L2MCD_SEQ_PREFER, L2MCD_SEQ_REQUIRE };

/** profile NAME */
struct l2mcd_profile {
	struct l2mcd_profiles_item item;
	char name[L2MCD_NAME_LEN];
	uint32_t hello_interval_s;
	uint16_t receive_window;
	uint32_t retries, rto_s, rto_max_s;
	enum l2tp_hiding hiding;
	enum l2mcd_data_sequencing data_sequencing;
	uint32_t session_limit;
	uint32_t idle_timeout_s; /* 0: never */
	bool accept_proxy;	 /* LNS: proxy LCP and authentication count */

	QOBJ_FIELDS;
};

/** endpoint A.B.C.D [preference N] [source A.B.C.D], sorted by preference (lower first). */
struct l2mcd_endpoint {
	struct l2mcd_endpoints_item item;
	struct addr addr, source; /* source ADDR_ANY: the listen address */
	uint16_t preference;
	msec_t denied_until; /* run time: unreachable, skipped until then */
	msec_t busy_until;   /* run time: it has said "try another" */
};

enum l2mcd_multicast_mode {
	L2MCD_MCAST_NEGOTIATE,
	L2MCD_MCAST_DISABLE,
	L2MCD_MCAST_REQUIRE,
};

/** peer-group NAME <lac|lns|both> */
struct l2mcd_peer_group {
	struct l2mcd_peer_groups_item item;
	char name[L2MCD_NAME_LEN];
	bool lac, lns; /* our role towards these peers; both: in one tunnel (A4045-22) */
	char match_host[L2TP_HOST_NAME_LEN]; /* "": any */
	bool has_match_prefix;
	struct addr match_prefix;
	uint8_t match_prefixlen;
	char secret[L2TP_MAX_SECRET + 1]; /* "": none */
	char profile[L2MCD_NAME_LEN];	  /* "": defaults */
	struct l2mcd_endpoints_head endpoints;
	uint32_t denylist_s; /* 0: an unreachable endpoint is not skipped */
	bool accept;
	uint32_t maximum_tunnels; /* 0: no limit */
	enum l2mcd_multicast_mode multicast;
	bool shutdown;
	msec_t urgent_at; /* run time: endpoints that are denied may be tried from then on */

	QOBJ_FIELDS;
};

/** What `access ... pppoe` has besides its peer-group. */
struct l2mcd_pppoe_config {
	char ac_name[PPPOE_NAME_LEN]; /* "": our host name */
	size_t n_services;	      /* service-name WORD peer-group NAME, in order of input */
	char (*services)[PPPOE_NAME_LEN];
	char (*groups)[L2MCD_NAME_LEN]; /* of the service at the same place */
	uint32_t session_limit, host_session_limit, padi_rate;
	bool no_data_path; /* calls without channels in the kernel */
};

#define L2MCD_PPPOE_MAX_SERVICES (PPPOE_MAX_SERVICES - 1)
#define L2MCD_PPPOE_SESSIONS	 16384
#define L2MCD_PPPOE_HOST	 8
#define L2MCD_PPPOE_PADI_RATE	 1000

/**
 * access INTERFACE static: one subscriber behind the netdev.  access INTERFACE [vlan N [inner N]]
 * pppoe: all that come by PPPoE with these tags.
 */
struct l2mcd_access {
	struct l2mcd_accesses_item item;
	char interface[IFNAMSIZ];
	uint8_t n_vlans;
	uint16_t vlan[PPPOE_MAX_VLANS]; /* outermost first */
	bool pppoe;
	char peer_group[L2MCD_NAME_LEN]; /* "": none; pppoe: of hosts without another service */
	struct l2mcd_pppoe_config ppp;
	char called_number[64];		 /* the LNS asks for the call; "": it is placed at once */
	char proxy_name[64], proxy_password[64]; /* told the LNS; "": nothing */
	/* run time of a static one, l2mcd_lac.c */
	struct l2mcd_session *session; /* the call, or NULL */
	msec_t retry_at;	       /* no new call before */
	uint32_t failures;
	bool unsequenced; /* the LNS does not like sequence numbers */

	QOBJ_FIELDS;
};

/** session interface ...: who makes the netdevs of the LNS's sessions. */
enum l2mcd_provider_kind {
	L2MCD_PROVIDER_NONE,
	L2MCD_PROVIDER_EXTERNAL,
	L2MCD_PROVIDER_PPPD,
};

/** ppp options LINE: words for pppd's command line, in the order they were typed. */
struct l2mcd_ppp_line {
	struct l2mcd_ppp_lines_item item;
	char *line;
};

/** group-range PREFIX: groups that may be carried. */
struct l2mcd_range {
	struct l2mcd_ranges_item item;
	struct addr prefix;
	uint8_t prefixlen;
};

/** subscriber NAME: what is special about one; NAME is its session interface or the number it
 *  calls from. */
struct l2mcd_subscriber {
	struct l2mcd_subscribers_item item;
	char name[L2MCD_NAME_LEN];
	uint8_t priority; /* enum l2mc_priority */
};

/** multicast */
struct l2mcd_multicast {
	bool membership_pimd; /* membership source pimd, else session */
	char upstream_interface[IFNAMSIZ]; /* l2mc0 */
	struct addr upstream_address;	   /* ours on it; the host on it is the next address */
	uint8_t upstream_prefixlen;
	struct l2mcd_ranges_head ranges; /* empty: all */
	bool per_group;
	uint32_t threshold, teardown, holdtime_s;
	uint32_t ack_wait_ms; /* l2mc_policy.await_ms */
	uint32_t maximum_bps; /* 0: none */
	uint32_t refused_holdoff_s, nos_retry_s, nos_retries, transition_ms; /* LNS */
	bool active_termination;
	bool ack_lac_id;      /* A4045-2 */
	bool require_traffic; /* LNS */
	bool member_source_exclude; /* else what subscribers send is denied (RFC 4045 4.4) */
	uint32_t idle_timeout_s; /* 0: never */
	uint8_t priority;     /* enum l2mc_priority, for all multicast sessions */
	enum l2mc_precedence precedence;
	struct l2mcd_subscribers_head subscribers;
	bool sequencing, drop_late; /* LAC: numbers in multicast sessions; what came too late */
	uint32_t packet_size; /* sessions with a smaller MRU are left out (A4045-28) */
	bool osl_mtu_strict;  /* nothing larger is sent to lists (A4045-49) */
	bool length;	      /* L bit in multicast data (A4045-48) */
	bool immediate_leave;
	uint32_t maximum_groups;    /* per session, 0: no limit */
	uint32_t maximum_sessions;  /* multicast sessions per tunnel, 0: no limit */
	uint32_t maximum_receivers; /* in one OSL, 0: no limit */
	uint32_t maximum_joins;	    /* per second and session, 0: no limit */
	uint32_t query_interval_s;
	uint8_t robustness;
	uint32_t last_member_ds; /* tenths of a second */
	uint8_t version;	 /* 2 or 3 */
};

struct l2mcd_config {
	bool present; /* the node was entered */
	char host_name[L2TP_HOST_NAME_LEN]; /* "": the system's */
	struct endpoint listen;
	struct l2mcd_profiles_head profiles;
	struct l2mcd_peer_groups_head peer_groups;
	struct l2mcd_accesses_head accesses;
	enum l2mcd_provider_kind provider;
	char session_template[32];
	struct l2mcd_ppp_lines_head ppp_options;
	struct l2mcd_multicast multicast;
	struct fib_server_config fib;
};

int l2mcd_profile_cmp(const struct l2mcd_profile *a, const struct l2mcd_profile *b);
int l2mcd_peer_group_cmp(const struct l2mcd_peer_group *a, const struct l2mcd_peer_group *b);
int l2mcd_access_cmp(const struct l2mcd_access *a, const struct l2mcd_access *b);
int l2mcd_subscriber_cmp(const struct l2mcd_subscriber *a, const struct l2mcd_subscriber *b);

DECLARE_SORTLIST_UNIQ(l2mcd_profiles, struct l2mcd_profile, item, l2mcd_profile_cmp);
DECLARE_SORTLIST_UNIQ(l2mcd_peer_groups, struct l2mcd_peer_group, item, l2mcd_peer_group_cmp);
DECLARE_SORTLIST_UNIQ(l2mcd_accesses, struct l2mcd_access, item, l2mcd_access_cmp);
DECLARE_SORTLIST_UNIQ(l2mcd_subscribers, struct l2mcd_subscriber, item, l2mcd_subscriber_cmp);
DECLARE_DLIST(l2mcd_endpoints, struct l2mcd_endpoint, item);
DECLARE_DLIST(l2mcd_ranges, struct l2mcd_range, item);
DECLARE_DLIST(l2mcd_ppp_lines, struct l2mcd_ppp_line, item);
DECLARE_QOBJ_TYPE(l2mcd_profile);
DECLARE_QOBJ_TYPE(l2mcd_peer_group);
DECLARE_QOBJ_TYPE(l2mcd_access);

/** Everything at its default, nothing configured. */
void l2mcd_config_init(struct l2mcd_config *c);
/** Back to the defaults (`no l2vpn l2tp-multicast`); objects are freed. */
void l2mcd_config_reset(struct l2mcd_config *c);

/* Finding returns NULL, adding returns the existing or a new object with defaults, deleting
 * frees it. */
struct l2mcd_profile *l2mcd_profile_find(struct l2mcd_config *c, const char *name);
struct l2mcd_profile *l2mcd_profile_add(struct l2mcd_config *c, const char *name);
void l2mcd_profile_del(struct l2mcd_config *c, struct l2mcd_profile *p);
/** Settings of a new profile, and of a peer-group without one. */
void l2mcd_profile_default(struct l2mcd_profile *p);
struct l2mcd_peer_group *l2mcd_peer_group_find(struct l2mcd_config *c, const char *name);
struct l2mcd_peer_group *l2mcd_peer_group_add(struct l2mcd_config *c, const char *name, bool lac);
void l2mcd_peer_group_del(struct l2mcd_config *c, struct l2mcd_peer_group *g);
/** The one without VLAN tags. */
struct l2mcd_access *l2mcd_access_find(struct l2mcd_config *c, const char *interface);
struct l2mcd_access *l2mcd_access_find_tagged(struct l2mcd_config *c, const char *interface,
					      uint8_t n_vlans, const uint16_t *vlans);
/** True if any access is on this netdev. */
bool l2mcd_access_on(struct l2mcd_config *c, const char *interface);
/** A static one. */
struct l2mcd_access *l2mcd_access_add(struct l2mcd_config *c, const char *interface);
struct l2mcd_access *l2mcd_access_add_pppoe(struct l2mcd_config *c, const char *interface,
					    uint8_t n_vlans, const uint16_t *vlans);
void l2mcd_access_del(struct l2mcd_config *c, struct l2mcd_access *a);
/** True if calls of this access go to the peer-group, those of any service. */
bool l2mcd_access_uses(const struct l2mcd_access *a, const char *peer_group);
/** False: there are too many services. */
bool l2mcd_access_service_set(struct l2mcd_access *a, const char *service, const char *peer_group);
/** Where calls for this service go, NULL: for any other; "": nowhere. */
const char *l2mcd_access_group(const struct l2mcd_access *a, const char *service);
void l2mcd_access_service_del(struct l2mcd_access *a, const char *service);
/** "eth0", "eth0.100", "eth0.100.200": how an access is called everywhere. */
#define L2MCD_ACCESS_STRLEN (IFNAMSIZ + 10)
const char *l2mcd_access_str(const char *interface, uint8_t n_vlans, const uint16_t *vlans,
			     char buf[L2MCD_ACCESS_STRLEN]);
/** Replaces an endpoint of the same address, keeps the list sorted by preference. */
struct l2mcd_endpoint *l2mcd_endpoint_set(struct l2mcd_peer_group *g, const struct addr *addr,
					  uint16_t preference, const struct addr *source);
bool l2mcd_endpoint_del(struct l2mcd_peer_group *g, const struct addr *addr);
/** Adds a line, unless it is there. */
void l2mcd_ppp_options_add(struct l2mcd_config *c, const char *line);
/** Takes one line away, or all of them (NULL). */
void l2mcd_ppp_options_del(struct l2mcd_config *c, const char *line);
bool l2mcd_range_add(struct l2mcd_multicast *m, const struct addr *prefix, uint8_t prefixlen);
bool l2mcd_range_del(struct l2mcd_multicast *m, const struct addr *prefix, uint8_t prefixlen);
/** Like the objects above. */
struct l2mcd_subscriber *l2mcd_subscriber_find(struct l2mcd_multicast *m, const char *name);
struct l2mcd_subscriber *l2mcd_subscriber_add(struct l2mcd_multicast *m, const char *name);
void l2mcd_subscriber_del(struct l2mcd_multicast *m, struct l2mcd_subscriber *s);

/** "lac", "lns", "both". */
const char *l2mcd_role_name(const struct l2mcd_peer_group *g);
/** Our host name: configured, or the system's. */
const char *l2mcd_config_host_name(const struct l2mcd_config *c);
/** True if the group may be carried (group-range; never link-local groups, A4045-41). */
bool l2mcd_config_group_allowed(const struct l2mcd_config *c, const struct addr *group);
/** Engine parameters for a tunnel of this group. */
void l2mcd_config_params(const struct l2mcd_config *c, const struct l2mcd_peer_group *g,
			 struct l2tp_params *p);
/**
 * The group an incoming SCCRQ belongs to: accepting, not shut down, host name and address
 * match; the most specific (host name, then longest prefix) wins; NULL: none.
 */
struct l2mcd_peer_group *l2mcd_config_match(struct l2mcd_config *c, const struct addr *peer,
					    const char *host_name);

#endif
