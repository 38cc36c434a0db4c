// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about LSPs and the mapping of trees onto LSPs; see mplsmcd_vty.h. */
#include "mplsmc/mplsmcd_show.h"
#include "mplsmc/mplsmcd_vty.h"

#include "mplsmc/mplsmcd_show_lsp_clippy.c"

static struct addr addr_of(const union sockunion *su)
{
	return sockunion_family(su) == AF_INET ? addr_from_v4(&su->sin.sin_addr)
					       : addr_from_v6(&su->sin6.sin6_addr);
}

/* ---------------------------------------------------------------- forwarding */

struct installs {
	const struct fib_object_info *object;
	size_t n;
};

static void count_install(void *arg, const struct fib_consumer *c)
{
	struct installs *i = arg;
	uint64_t generation = 0;
	const char *text;

	if (fib_consumer_status(c, &i->object->key, &generation, &text) == FIB_STATE_INSTALLED &&
	    generation == i->object->generation)
		i->n++;
}

const char *show_fib_str(const struct fib_key *key, char *buf, size_t size)
{
	const struct fib_pub *pub = mplsmcd_instance()->fib;
	struct fib_object_info object;
	struct installs i = {.object = &object};
	char status[FIB_TEXT_LEN + 16];

	if (!fib_pub_lookup(pub, key, &object)) {
		strlcpy(buf, "-", size);
		return buf;
	}
	fib_pub_consumers(pub, count_install, &i);
	snprintf(buf, size, "%s (generation %" PRIu64 ", %zu consumer%s)",
		 fib_status_str(pub, key, status, sizeof(status)), object.generation, i.n,
		 i.n == 1 ? "" : "s");
	return buf;
}

/* ---------------------------------------------------------------- what an LSP is */

static void count_branch(void *arg, const struct mldp_branch *b, bool installed)
{
	++*(size_t *)arg;
}

enum show_role show_lsp_role(const struct mldp_lsp *lsp, const struct mldp_lsp_info *i)
{
	size_t n = 0;

	if (i->root)
		return SHOW_ROOT;
	mldp_lsp_branches(lsp, count_branch, &n);
	if (!i->leaf)
		return n ? SHOW_TRANSIT : SHOW_UNUSED;
	return n ? SHOW_BUD : SHOW_LEAF;
}

const char *show_role_name(enum show_role role)
{
	static const char *const names[] = {
		[SHOW_ROOT] = "root", [SHOW_TRANSIT] = "transit", [SHOW_LEAF] = "leaf",
		[SHOW_BUD] = "bud",   [SHOW_UNUSED] = "unused",
	};

	return role < array_size(names) ? names[role] : "unknown";
}

/* At a root the trees of the LSP are forwarded, not the LSP: known here if its FEC names one. */
static bool root_key(const struct mldp_fec *fec, struct fib_key *key)
{
	const struct mldp_opaque o = mldp_opaque_parse(fec);

	if (o.kind != MLDP_OPAQUE_SOURCE || addr_is_any(&o.group) ||
	    (addr_is_any(&o.source) && addr_is_ssm_group(&o.group)))
		return false;
	*key = mplsmcd_ftn_key(&o.source, &o.group);
	return true;
}

static void opaque_str(const struct mldp_fec *fec, char *buf, size_t size)
{
	char text[MLDP_FEC_STRLEN], *p;

	/* "root A.B.C.D ipv4-source ..." */
	mldp_fec_str(fec, text, sizeof(text));
	p = strstr(text, "root ");
	p = p ? strchr(p + 5, ' ') : NULL;
	strlcpy(buf, p ? p + 1 : text, size);
}

void show_lsp_fill(const struct mldp_lsp *lsp, struct show_lsp *out)
{
	*out = (struct show_lsp){.lsp = lsp};
	mldp_lsp_info(lsp, &out->info);
	out->role = show_lsp_role(lsp, &out->info);
	opaque_str(out->info.fec, out->opaque, sizeof(out->opaque));
	if (out->info.upstream)
		show_ldp_id(mldp_peer_id(out->info.upstream), out->upstream);
	if (out->info.root) {
		out->has_key = root_key(out->info.fec, &out->key);
	} else if (out->info.label) {
		out->has_key = true;
		out->key = mplsmcd_ilm_key(&out->info);
	}
}

/* ---------------------------------------------------------------- show ... database */

struct lsp_walk {
	struct vty *vty;
	struct json_rows *rows;
	struct addr root, group, source; /* ADDR_ANY: all */
	bool detail;
	size_t n;
};

static bool tree_wanted(const struct lsp_walk *w, const struct addr *source,
			const struct addr *group)
{
	if (!addr_is_any(&w->group) && addr_cmp(group, &w->group) != 0)
		return false;
	return addr_is_any(&w->source) || addr_cmp(source, &w->source) == 0;
}

static bool lsp_wanted(const struct lsp_walk *w, const struct mldp_fec *fec)
{
	struct mldp_opaque o;

	if (!addr_is_any(&w->root) && addr_cmp(&fec->root, &w->root) != 0)
		return false;
	if (addr_is_any(&w->group))
		return true;
	o = mldp_opaque_parse(fec);
	return o.kind == MLDP_OPAQUE_SOURCE && tree_wanted(w, &o.source, &o.group);
}

struct branch_walk {
	struct vty *vty;
	bool retained; /* print those not installed */
	size_t n;
};

static void print_branch(void *arg, const struct mldp_branch *b, bool installed)
{
	struct branch_walk *w = arg;
	char id[SHOW_ID_LEN], buf[ADDR_STRLEN];

	if (installed == w->retained)
		return;
	if (w->n++)
		vty_out(w->vty, " | ");
	else
		vty_out(w->vty, "  %-11s ", w->retained ? "Retained:" : "Branches:");
	vty_out(w->vty, "%s  label %u", show_ldp_id(mldp_peer_id(b->peer), id), b->label);
	if (b->context)
		vty_out(w->vty, " (ours, context %u)", b->context);
	if (b->interface && b->interface[0])
		vty_out(w->vty, "  %s  %s", b->interface, addr_str(&b->next_hop, buf));
}

static void print_branches(struct vty *vty, const struct show_lsp *l, bool retained)
{
	struct branch_walk w = {.vty = vty, .retained = retained};

	mldp_lsp_branches(l->lsp, print_branch, &w);
	if (w.n)
		vty_out(vty, "\n");
	else if (!retained)
		vty_out(vty, "  Branches:   none\n");
}

static void print_upstream(struct vty *vty, const struct show_lsp *l)
{
	const struct mldp_lsp_info *i = &l->info;
	char buf[ADDR_STRLEN];

	if (i->root)
		return;
	vty_out(vty, "  Upstream:   %s", l->upstream[0] ? l->upstream : "none");
	if (i->context)
		vty_out(vty, "  its label %u (context %u)", i->label, i->context);
	else if (i->label)
		vty_out(vty, "  local label %u", i->label);
	if (i->pending_label)
		vty_out(vty, "  pending label %u", i->pending_label);
	if (i->upstream_interface)
		vty_out(vty, "  interface %s", i->upstream_interface);
	if (!addr_is_any(&i->upstream_next_hop))
		vty_out(vty, "  next hop %s", addr_str(&i->upstream_next_hop, buf));
	vty_out(vty, "\n");
}

static void lsp_paragraph(struct vty *vty, const struct show_lsp *l, bool detail)
{
	char root[ADDR_STRLEN], since[SHOW_TIME_LEN], fib[FIB_TEXT_LEN + 64];
	const struct mldp_lsp_info *i = &l->info;

	vty_out(vty, "LSP  %s  root %s  opaque %s (type %u)\n",
		i->fec->type == MLDP_P2MP ? "P2MP" : "MP2MP", addr_str(&i->fec->root, root),
		l->opaque, i->fec->opaque[0]);
	vty_out(vty, "  Role: %-10s  State: %-14s  Uptime: %s    MBB: %s\n",
		i->root && i->leaf ? "root, leaf" : show_role_name(l->role),
		mldp_lsp_state_name(i->state), show_since(i->since, mplsmcd_now(), since),
		i->pending_label ? "yes" : "no");
	print_upstream(vty, l);
	print_branches(vty, l, false);
	if (detail) {
		print_branches(vty, l, true);
		vty_out(vty, "  Local:      %s\n", i->leaf ? "yes" : "no");
		vty_out(vty, "  Opaque:     ");
		for (size_t o = 0; o < i->fec->opaque_len; o++)
			vty_out(vty, "%02x", i->fec->opaque[o]);
		vty_out(vty, "  CRC-32 0x%08x\n", mldp_fec_crc32(i->fec));
	}
	vty_out(vty, "  FIB:        %s\n",
		l->has_key ? show_fib_str(&l->key, fib, sizeof(fib)) : "-");
}

static void show_lsp(void *arg, const struct mldp_lsp *lsp)
{
	struct lsp_walk *w = arg;
	struct show_lsp l;

	show_lsp_fill(lsp, &l);
	if (!lsp_wanted(w, l.info.fec))
		return;
	w->n++;
	if (w->rows)
		json_row(w->rows, show_json_lsp(&l, w->detail));
	else
		lsp_paragraph(w->vty, &l, w->detail);
}

#define GROUP_STR        \
	"Of one group\n" \
	"IPv4 group\n"   \
	"IPv6 group\n"   \
	"IPv4 source\n"  \
	"IPv6 source\n"

DEFPY (mplsmcd_show_database,
       mplsmcd_show_database_cmd,
       "show mpls multicast database [root A.B.C.D$root] [group <A.B.C.D|X:X::X:X>$group [<A.B.C.D|X:X::X:X>$source]] [detail$detail] [json$json]",
       SHOW_STR
       MPLS_STR
       MULTICAST_STR
       "LSPs\n"
       "Of one root\n"
       "Address of the root\n"
       GROUP_STR
       "Retained branches and the opaque value, too\n"
       JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "lsps");
	struct lsp_walk w = {.vty = vty, .detail = detail};

	if (root_str)
		w.root = addr_from_v4(&root);
	if (group_str)
		w.group = addr_of(group);
	if (source_str)
		w.source = addr_of(source);
	if (json)
		w.rows = &rows;
	mldp_lsp_walk(mplsmcd_instance()->mldp, show_lsp, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, "No LSPs\n");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- show ... mapping */

void show_mapping_fill(const struct mc_map_info *i, struct show_mapping *out)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct mldp_lsp *lsp = i->label_switched ? mldp_lsp_find(d->mldp, &i->fec) : NULL;
	struct mldp_lsp_info info;

	*out = (struct show_mapping){.info = i};
	if (lsp) {
		mldp_lsp_info(lsp, &info);
		out->lsp_state = mldp_lsp_state_name(info.state);
	}
	if (!i->leaf) {
		out->has_key = true;
		out->key = mplsmcd_ftn_key(&i->source, &i->group);
	} else if (lsp && info.label) {
		out->has_key = true;
		out->key = mplsmcd_ilm_key(&info);
	}
}

static void mapping_line(struct vty *vty, const struct show_mapping *m)
{
	char source[ADDR_STRLEN], group[ADDR_STRLEN], since[SHOW_TIME_LEN], fec[MLDP_FEC_STRLEN],
		fib[FIB_TEXT_LEN + 16];
	const struct mc_map_info *i = m->info;

	vty_out(vty, "%-15s %-15s %-4s %10s ", addr_str(&i->source, source),
		addr_str(&i->group, group), i->leaf ? "leaf" : "root",
		show_since(i->since, mplsmcd_now(), since));
	if (!i->label_switched) {
		vty_out(vty, "not label-switched: %s\n", i->why_not ? i->why_not : "-");
		return;
	}
	vty_out(vty, "%s, %s, %s\n", mldp_fec_str(&i->fec, fec, sizeof(fec)),
		m->lsp_state ? m->lsp_state : "no LSP",
		m->has_key ? fib_status_str(mplsmcd_instance()->fib, &m->key, fib, sizeof(fib))
			   : "-");
}

static void show_mapping(void *arg, const struct mc_map_info *i)
{
	struct lsp_walk *w = arg;
	struct show_mapping m;

	if (!tree_wanted(w, &i->source, &i->group))
		return;
	show_mapping_fill(i, &m);
	if (w->rows) {
		json_row(w->rows, show_json_mapping(&m));
		return;
	}
	if (w->n++ == 0)
		vty_out(w->vty, "%-15s %-15s %-4s %10s %s\n", "Source", "Group", "Side", "Since",
			"LSP, its state, forwarding");
	mapping_line(w->vty, &m);
}

DEFPY (mplsmcd_show_mapping,
       mplsmcd_show_mapping_cmd,
       "show mpls multicast mapping [group <A.B.C.D|X:X::X:X>$group [<A.B.C.D|X:X::X:X>$source]] [json$json]",
       SHOW_STR
       MPLS_STR
       MULTICAST_STR
       "Which tree is on which LSP, and why not\n"
       GROUP_STR
       JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "trees");
	struct lsp_walk w = {.vty = vty};

	if (group_str)
		w.group = addr_of(group);
	if (source_str)
		w.source = addr_of(source);
	if (json)
		w.rows = &rows;
	mc_map_walk(mplsmcd_instance()->map, show_mapping, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, "No trees\n");
	return CMD_SUCCESS;
}

void mplsmcd_show_lsp_init(void)
{
	install_element(VIEW_NODE, &mplsmcd_show_database_cmd);
	install_element(VIEW_NODE, &mplsmcd_show_mapping_cmd);
}
