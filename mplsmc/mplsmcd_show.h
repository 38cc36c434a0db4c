/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mplsmcd_show.h - what text and JSON of the show commands have in common.
 *
 * A command walks the objects once; each object becomes a line, a paragraph or a JSON row.
 *
 *   mplsmcd_show.c        the daemon, neighbours, totals, history; clear, test
 *   mplsmcd_show_root.c   roots
 *   mplsmcd_show_lsp.c    LSPs and the mapping
 *   mplsmcd_show_stats.c  counters
 *   mplsmcd_json.c        rows as JSON
 */
#ifndef MPLSMCD_SHOW_H
#define MPLSMCD_SHOW_H

#include "mplsmc/mplsmcd.h"
#include "lib/fib_vty.h"

#define SHOW_ID_LEN 24

/** "1.1.1.1:0"; buf is returned. */
const char *show_ldp_id(const struct ldp_id *id, char buf[SHOW_ID_LEN]);

/* ---------------------------------------------------------------- neighbours */

struct show_neighbour {
	struct ldp_session *s;
	struct ldp_session_info info;
	char id[SHOW_ID_LEN];
	bool password;
};

void show_neighbour_fill(struct ldp_session *s, struct show_neighbour *out);

/** A capability and its name in text and JSON. */
struct show_capability {
	uint32_t bit;
	const char *name;
};
#define SHOW_CAPABILITIES 8
extern const struct show_capability show_capabilities[SHOW_CAPABILITIES];

json_object *show_json_neighbour(const struct show_neighbour *n, bool detail);

/* ---------------------------------------------------------------- LSPs */

/* RFC 6388 1.1; a static tree's LSP may be there with nobody on it. */
enum show_role {
	SHOW_ROOT,
	SHOW_TRANSIT,
	SHOW_LEAF,
	SHOW_BUD,
	SHOW_UNUSED,
	SHOW_ROLES
};

enum show_role show_lsp_role(const struct mldp_lsp *lsp, const struct mldp_lsp_info *i);
const char *show_role_name(enum show_role role); /**< "root", ... "unused" */

struct show_lsp {
	const struct mldp_lsp *lsp;
	struct mldp_lsp_info info;
	enum show_role role;
	char opaque[MLDP_FEC_STRLEN]; /* "ipv4-source 10.1.1.1 232.1.1.1" */
	char upstream[SHOW_ID_LEN];   /* "": none */
	bool has_key;
	struct fib_key key; /* the object that forwards it; at a root, that of its only tree */
};

void show_lsp_fill(const struct mldp_lsp *lsp, struct show_lsp *out);
json_object *show_json_lsp(const struct show_lsp *l, bool detail);

/* ---------------------------------------------------------------- mapping */

struct show_mapping {
	const struct mc_map_info *info;
	const char *lsp_state; /* NULL: no LSP */
	bool has_key;
	struct fib_key key;
};

void show_mapping_fill(const struct mc_map_info *i, struct show_mapping *out);
json_object *show_json_mapping(const struct show_mapping *m);

/* ---------------------------------------------------------------- totals */

struct show_totals {
	size_t neighbours, operational;
	size_t lsps, roles[SHOW_ROLES], states[MLDP_LSP_STATES];
	size_t branches;
	size_t trees, label_switched, sent; /* wanted here; of which on an LSP; sent as root */
	size_t labels_used, labels_total;
	const char *labels_source;
};

void show_totals_fill(struct show_totals *t);
/** Why LDP does not run; NULL: it does. */
const char *show_not_running(const struct mplsmcd *d);

json_object *show_json_daemon(void);
json_object *show_json_count(void);
json_object *show_json_step(const struct mplsmcd_step *s);

/* ---------------------------------------------------------------- common */

/** Adds "fib" if the object exists. */
void show_json_add_fib(json_object *o, const struct fib_key *key);
/** "installed (generation 7, 1 consumer)"; buf is returned. */
const char *show_fib_str(const struct fib_key *key, char *buf, size_t size);

#endif
