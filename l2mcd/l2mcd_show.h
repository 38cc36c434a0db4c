/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_show.h - what text and JSON of the show commands have in common.
 *
 * A command walks the objects once; each object becomes a line, a paragraph or a JSON row.
 */
#ifndef L2MCD_SHOW_H
#define L2MCD_SHOW_H

#include "l2mcd/l2mcd.h"
#include "lib/fib_vty.h"

/* ---------------------------------------------------------------- what is shown of an object */

struct show_tunnel {
	struct l2tp_tunnel_info info;
	const struct l2mcd_tunnel *t;	  /* NULL: not accepted yet */
	const struct l2mcd_peer_group *g; /* NULL: none any more */
	const char *role;		  /* "lac", "lns", "-" */
	const char *multicast;		  /* "yes", "no" */
	struct fib_key key;
};

struct show_session {
	struct l2tp_session_info info;
	const struct l2mcd_session *s;
	size_t groups;
	struct fib_key key;
};

/** A multicast session, of the LNS's or of the LAC's engine. */
struct show_multicast {
	bool lac;
	const struct l2mc_session *lns_session; /* LNS */
	const struct l2mc_osl *osl;		/* LAC */
	const struct l2mcd_tunnel *t;
	uint16_t tunnel_id, session_id, peer_session_id;
	const char *state;
	struct addr group, source; /* LNS; the LAC knows neither (A4045-40) */
	size_t listed, acked;	   /* in the OSL; of which the LAC has acknowledged */
	size_t waiting, eligible;  /* LNS */
	bool sequencing;
	uint32_t maximum_bps;
	uint8_t priority; /* AVP 84, global */
	msec_t since;
	struct fib_key key;
	struct fib_object_info fib;
	bool has_fib;
	uint64_t copies_saved, octets_saved;
};

/** One group of one subscriber. */
struct show_group {
	const struct l2mcd_session *s;
	const struct gmp_group_info *g;
};

/** Merged record of one tunnel. */
struct show_record {
	const struct l2mcd_tunnel *t;
	const struct addr *group;
	const struct gmp_filter *filter;
	uint32_t members;
};

/** One replication context of one tunnel. */
struct show_context {
	const struct l2mcd_tunnel *t;
	const struct l2mc_context_info *c;
	uint16_t session_id; /* 0: none */
	const char *state;   /* of the session; why there is none */
};

/** All multicast sessions together. */
struct show_totals {
	size_t tunnels, tunnels_established, tunnels_capable, sessions;
	size_t lns_sessions, lac_sessions; /* multicast sessions */
	size_t lns_established, lac_established;
	uint64_t copies_saved, octets_saved, bps_saved;
};

void l2mcd_show_tunnel_fill(struct l2tp_tunnel *l2tp, struct show_tunnel *out);
void l2mcd_show_session_fill(const struct l2mcd_session *s, struct show_session *out);
/** Calls fn for every multicast session of both roles. */
void l2mcd_show_multicast_walk(void (*fn)(void *arg, const struct show_multicast *m), void *arg);
void l2mcd_show_totals(struct show_totals *t);
/** Bits per second that the session has saved on average over its life. */
uint64_t l2mcd_show_bps_saved(const struct show_multicast *m, msec_t now);
/** The session's interface, "-": unknown. */
const char *l2mcd_show_interface(const struct l2mcd_tunnel *t, uint16_t session_id);
/** "INCLUDE", "EXCLUDE". */
static inline const char *l2mcd_show_mode(const struct gmp_filter *f)
{
	return f->exclude ? "EXCLUDE" : "INCLUDE";
}

/* ---------------------------------------------------------------- JSON */

json_object *l2mcd_json_daemon(void);
json_object *l2mcd_json_tunnel(const struct show_tunnel *t, bool detail);
json_object *l2mcd_json_reliable(const struct show_tunnel *t);
json_object *l2mcd_json_session(const struct show_session *s, bool detail);
json_object *l2mcd_json_step(const struct l2mcd_step *s);
json_object *l2mcd_json_multicast(void);
json_object *l2mcd_json_multicast_session(const struct show_multicast *m, bool detail);
json_object *l2mcd_json_group(const struct show_group *g);
json_object *l2mcd_json_record(const struct show_record *r);
json_object *l2mcd_json_context(const struct show_context *c);

/* ---- l2mcd_show_line.c */
void l2mcd_show_line(struct vty *vty, const struct show_session *s);
void l2mcd_json_line(json_object *o, const struct show_session *s);

#endif
