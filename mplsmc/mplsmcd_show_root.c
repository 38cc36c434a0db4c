// SPDX-License-Identifier: GPL-2.0-or-later
/* The command about roots: who they are, how they are known, where their LSPs come from. */
#include "mplsmc/mplsmcd_show.h"
#include "mplsmc/mplsmcd_vty.h"

#include "mplsmc/mplsmcd_show_root_clippy.c"

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_SHOW, "show root");

PREDECL_SORTLIST_UNIQ(show_roots);
PREDECL_SORTLIST_UNIQ(show_fors);

enum show_how {
	SHOW_CONFIGURED,
	SHOW_BGP,
	SHOW_CONNECTED,
	SHOW_HOWS
};

static const char *const how_names[] = {
	[SHOW_CONFIGURED] = "configured", [SHOW_BGP] = "BGP", [SHOW_CONNECTED] = "connected"};
static const char *const how_keys[] = {[SHOW_CONFIGURED] = "configuredFor",
				       [SHOW_BGP] = "bgpFor",
				       [SHOW_CONNECTED] = "connectedFor"};

/** Sources for which a router is the root, and how that is known. */
struct show_for {
	struct show_fors_item item;
	enum show_how how;
	struct addr prefix;
	uint8_t prefixlen;
};

/** A root, its LSPs, and where they go. */
struct show_root {
	struct show_roots_item item;
	struct addr addr;
	bool local;
	size_t lsps, operational;
	char upstream[SHOW_ID_LEN], interface[IFNAMSIZ]; /* of one of the LSPs */
	struct addr next_hop;
	struct show_fors_head fors;
};

static int show_root_cmp(const struct show_root *a, const struct show_root *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static int show_for_cmp(const struct show_for *a, const struct show_for *b)
{
	int r = (int)a->how - (int)b->how;

	if (!r)
		r = (int)b->prefixlen - (int)a->prefixlen;
	return r ? r : addr_cmp(&a->prefix, &b->prefix);
}

DECLARE_SORTLIST_UNIQ(show_roots, struct show_root, item, show_root_cmp);
DECLARE_SORTLIST_UNIQ(show_fors, struct show_for, item, show_for_cmp);

struct root_walk {
	struct show_roots_head roots;
	struct addr only; /* ADDR_ANY: all */
};

/* ---------------------------------------------------------------- collecting */

static struct show_root *root_get(struct root_walk *w, const struct addr *a)
{
	struct show_root key = {.addr = *a}, *r;

	if (!addr_is_any(&w->only) && addr_cmp(a, &w->only) != 0)
		return NULL;
	r = show_roots_find(&w->roots, &key);
	if (!r) {
		r = XCALLOC(MTYPE_MPLSMCD_SHOW, sizeof(*r));
		r->addr = *a;
		show_fors_init(&r->fors);
		show_roots_add(&w->roots, r);
	}
	return r;
}

static void root_free(struct show_root *r)
{
	struct show_for *f;

	while ((f = show_fors_pop(&r->fors)))
		XFREE(MTYPE_MPLSMCD_SHOW, f);
	show_fors_fini(&r->fors);
	XFREE(MTYPE_MPLSMCD_SHOW, r);
}

static void root_for(struct root_walk *w, const struct addr *root, enum show_how how,
		     const struct addr *prefix, uint8_t prefixlen)
{
	struct show_for key = {.how = how, .prefix = *prefix, .prefixlen = prefixlen}, *f;
	struct show_root *r = root_get(w, root);

	if (!r || show_fors_find(&r->fors, &key))
		return;
	f = XCALLOC(MTYPE_MPLSMCD_SHOW, sizeof(*f));
	*f = key;
	show_fors_add(&r->fors, f);
}

static void collect_lsp(void *arg, const struct mldp_lsp *lsp)
{
	struct show_root *r;
	struct mldp_lsp_info i;

	mldp_lsp_info(lsp, &i);
	r = root_get(arg, &i.fec->root);
	if (!r)
		return;
	r->lsps++;
	r->operational += i.state == MLDP_OPERATIONAL;
	r->local |= i.root;
	if (!i.upstream)
		return;
	show_ldp_id(mldp_peer_id(i.upstream), r->upstream);
	if (i.upstream_interface)
		strlcpy(r->interface, i.upstream_interface, sizeof(r->interface));
	r->next_hop = i.upstream_next_hop;
}

static void collect_source(void *arg, const struct mplsmcd_source *s)
{
	const struct mplsmcd_root *c;
	struct addr prefix, us = mplsmcd_router_id(mplsmcd_instance());

	frr_each (mplsmcd_roots_const, &mplsmcd_instance()->config.roots, c)
		if (addr_in_prefix(&s->source, &c->prefix, c->prefixlen))
			return; /* what is configured wins */
	switch (s->origin) {
	case MPLSMCD_BGP:
		prefix = vty_prefix_addr(&s->prefix);
		root_for(arg, &s->root, SHOW_BGP, &prefix, s->prefix.prefixlen);
		break;
	case MPLSMCD_CONNECTED:
		root_for(arg, &us, SHOW_CONNECTED, &s->source, 8 * addr_len(&s->source));
		break;
	case MPLSMCD_UNKNOWN:
		break;
	}
}

static void collect(struct root_walk *w)
{
	const struct mplsmcd *d = mplsmcd_instance();
	const struct mplsmcd_root *c;

	show_roots_init(&w->roots);
	frr_each (mplsmcd_roots_const, &d->config.roots, c)
		root_for(w, &c->root, SHOW_CONFIGURED, &c->prefix, c->prefixlen);
	mplsmcd_zebra_sources(collect_source, w);
	mldp_lsp_walk(d->mldp, collect_lsp, w);
}

/* ---------------------------------------------------------------- showing */

static json_object *root_json(const struct show_root *r)
{
	json_object *o = json_object_new_object(), *fors[SHOW_HOWS];
	const struct show_for *f;
	char buf[ADDR_STRLEN], prefix[ADDR_STRLEN + 4];

	json_add_addr(o, "root", &r->addr);
	json_object_boolean_add(o, "local", r->local);
	json_object_int_add(o, "lsps", r->lsps);
	json_object_int_add(o, "operational", r->operational);
	if (r->upstream[0]) {
		json_object_string_add(o, "upstream", r->upstream);
		json_object_string_add(o, "interface", r->interface);
		json_add_addr(o, "nextHop", &r->next_hop);
	}
	for (enum show_how how = 0; how < SHOW_HOWS; how++) {
		fors[how] = json_object_new_array();
		json_object_object_add(o, how_keys[how], fors[how]);
	}
	frr_each (show_fors_const, &r->fors, f) {
		snprintf(prefix, sizeof(prefix), "%s/%u", addr_str(&f->prefix, buf), f->prefixlen);
		json_object_array_add(fors[f->how], json_object_new_string(prefix));
	}
	return o;
}

static void root_line(struct vty *vty, const struct show_root *r)
{
	char root[ADDR_STRLEN], next_hop[ADDR_STRLEN], prefix[ADDR_STRLEN];
	enum show_how how = SHOW_HOWS;
	const struct show_for *f;

	vty_out(vty, "%-15s %-18s %-15s %-15s %6zu %11zu", addr_str(&r->addr, root),
		r->local	 ? "(ourselves)"
		: r->upstream[0] ? r->upstream
				 : "-",
		r->interface[0] ? r->interface : "-",
		addr_is_any(&r->next_hop) ? "-" : addr_str(&r->next_hop, next_hop), r->lsps,
		r->operational);
	frr_each (show_fors_const, &r->fors, f) {
		if (f->how != how)
			vty_out(vty, " %s", how_names[f->how]);
		how = f->how;
		vty_out(vty, " %s/%u", addr_str(&f->prefix, prefix), f->prefixlen);
	}
	vty_out(vty, "\n");
}

DEFPY(mplsmcd_show_root, mplsmcd_show_root_cmd,
      "show mpls multicast root [A.B.C.D$root] [json$json]",
      SHOW_STR MPLS_STR MULTICAST_STR "Roots of LSPs, and where their LSPs come from\n"
				      "Address of one root\n" JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "roots");
	struct root_walk w = {.only = root_str ? addr_from_v4(&root) : ADDR_ANY};
	struct show_root *r;
	size_t n = 0;

	collect(&w);
	while ((r = show_roots_pop(&w.roots))) {
		if (json) {
			json_row(&rows, root_json(r));
		} else {
			if (n++ == 0)
				vty_out(vty, "%-15s %-18s %-15s %-15s %6s %11s %s\n", "Root",
					"Upstream", "Interface", "Next hop", "LSPs", "Operational",
					"Root for");
			root_line(vty, r);
		}
		root_free(r);
	}
	show_roots_fini(&w.roots);
	if (json)
		return json_rows_end(&rows);
	if (!n)
		vty_out(vty, "No roots\n");
	return CMD_SUCCESS;
}

void mplsmcd_show_root_init(void)
{
	install_element(VIEW_NODE, &mplsmcd_show_root_cmd);
}
