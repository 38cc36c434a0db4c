// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration commands: interfaces, roots, static trees, groups; see mplsmcd_vty.h. */
#include "mplsmc/mplsmcd_vty.h"

#include "mplsmc/mplsmcd_vty_tree_clippy.c"

static struct addr addr_of(const union sockunion *su)
{
	return sockunion_family(su) == AF_INET ? addr_from_v4(&su->sin.sin_addr)
					       : addr_from_v6(&su->sin6.sin6_addr);
}

/* ---------------------------------------------------------------- interface */

#define IF_STR "Interface with LDP neighbors\n"

DEFPY_NOSH (mplsmcd_interface_enter,
	    mplsmcd_interface_enter_cmd,
	    "interface IFNAME$name",
	    IF_STR
	    "Name of the interface\n")
{
	if (!vty_ifname_ok(name))
		return vty_refuse(vty, "'%s' cannot be the name of an interface", name);
	VTY_PUSH_CONTEXT(MPLSMCD_INTERFACE_NODE, mplsmcd_interface_add(mplsmcd_vty_config(), name));
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_no_interface,
       mplsmcd_no_interface_cmd,
       "no interface IFNAME$name",
       NO_STR
       IF_STR
       "Name of the interface\n")
{
	struct mplsmcd_config *c = mplsmcd_vty_config();
	struct mplsmcd_interface *i = mplsmcd_interface_find(c, name);

	if (i)
		mplsmcd_interface_del(c, i);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_multicast_traffic,
       mplsmcd_multicast_traffic_cmd,
       "[no] multicast-traffic",
       NO_STR
       "Branches of LSPs may go through this interface; default on\n")
{
	VTY_DECLVAR_CONTEXT(mplsmcd_interface, i);

	i->no_multicast = no;
	return mplsmcd_vty_changed();
}

void mplsmcd_vty_interfaces_write(struct vty *vty, const struct mplsmcd_config *c)
{
	const struct mplsmcd_interface *i;

	frr_each (mplsmcd_interfaces_const, &c->interfaces, i) {
		vty_out(vty, " interface %s\n", i->name);
		if (i->no_multicast)
			vty_out(vty, "  no multicast-traffic\n");
		vty_out(vty, " exit\n");
	}
}

/* ---------------------------------------------------------------- root */

#define ROOT_STR "Root LSRs: for which sources, and how they are reached; default is BGP's next hop\n"

DEFPY (mplsmcd_root_of,
       mplsmcd_root_of_cmd,
       "root <A.B.C.D/M|X:X::X:X/M>$prefix A.B.C.D$root",
       ROOT_STR
       "Sources in this prefix; the most specific prefix counts\n"
       "Sources in this prefix; the most specific prefix counts\n"
       "Address of the root LSR, as mLDP names it\n")
{
	struct addr a = vty_prefix_addr(prefix), r = addr_from_v4(&root);

	if (addr_is_multicast(&a))
		return vty_refuse(vty, "'%s' is not a prefix of sources", prefix_str);
	if (!mplsmcd_vty_router_ok(vty, &r, root_str))
		return CMD_WARNING_CONFIG_FAILED;
	mplsmcd_root_set(mplsmcd_vty_config(), &a, prefix->prefixlen, &r);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_no_root_of,
       mplsmcd_no_root_of_cmd,
       "no root <A.B.C.D/M|X:X::X:X/M>$prefix [A.B.C.D]",
       NO_STR
       ROOT_STR
       "Sources in this prefix\n"
       "Sources in this prefix\n"
       "Address of the root LSR\n")
{
	struct addr a = vty_prefix_addr(prefix);

	mplsmcd_root_set(mplsmcd_vty_config(), &a, prefix->prefixlen, &ADDR_ANY);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_root_wildcard,
       mplsmcd_root_wildcard_cmd,
       "root A.B.C.D$root wildcard <source|group|both>$what",
       ROOT_STR
       "Address of a root LSR\n"
       "It is known to support wildcards in FECs (RFC 7438); default not\n"
       "Of the source, for shared trees that need no pruning of sources\n"
       "Of the group, one LSP for all groups of a source\n"
       "Both\n")
{
	struct addr r = addr_from_v4(&root);

	if (!mplsmcd_vty_router_ok(vty, &r, root_str))
		return CMD_WARNING_CONFIG_FAILED;
	mplsmcd_wildcard_set(mplsmcd_vty_config(), &r, strcmp(what, "group") != 0,
			     strcmp(what, "source") != 0);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_no_root_wildcard,
       mplsmcd_no_root_wildcard_cmd,
       "no root A.B.C.D$root wildcard [<source|group|both>]",
       NO_STR
       ROOT_STR
       "Address of a root LSR\n"
       "Wildcards in FECs\n"
       "Of the source\n"
       "Of the group\n"
       "Both\n")
{
	struct addr r = addr_from_v4(&root);

	mplsmcd_wildcard_set(mplsmcd_vty_config(), &r, false, false);
	return mplsmcd_vty_changed();
}

static void wildcards_write(struct vty *vty, const struct mplsmcd_config *c)
{
	const struct mplsmcd_wildcard *w;
	char root[ADDR_STRLEN];

	frr_each (mplsmcd_wildcards_const, &c->wildcards, w)
		vty_out(vty, " root %s wildcard %s\n", addr_str(&w->root, root),
			w->source && w->group ? "both" : w->source ? "source" : "group");
}

DEFPY (mplsmcd_root_next_hop,
       mplsmcd_root_next_hop_cmd,
       "root A.B.C.D$root next-hop A.B.C.D$address",
       ROOT_STR
       "Address of a root LSR\n"
       "Explicit route: our upstream LSR for its LSPs; default is where routing leads\n"
       "An address of the upstream LSR\n")
{
	struct addr r = addr_from_v4(&root), a = addr_from_v4(&address);

	if (!mplsmcd_vty_router_ok(vty, &r, root_str) ||
	    !mplsmcd_vty_router_ok(vty, &a, address_str))
		return CMD_WARNING_CONFIG_FAILED;
	mplsmcd_explicit_set(mplsmcd_vty_config(), &r, &a);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_no_root_next_hop,
       mplsmcd_no_root_next_hop_cmd,
       "no root A.B.C.D$root next-hop [A.B.C.D]",
       NO_STR
       ROOT_STR
       "Address of a root LSR\n"
       "Explicit route\n"
       "An address of the upstream LSR\n")
{
	struct addr r = addr_from_v4(&root);

	mplsmcd_explicit_set(mplsmcd_vty_config(), &r, &ADDR_ANY);
	return mplsmcd_vty_changed();
}

void mplsmcd_vty_roots_write(struct vty *vty, const struct mplsmcd_config *c)
{
	char prefix[ADDR_STRLEN], root[ADDR_STRLEN];
	const struct mplsmcd_explicit *e;
	const struct mplsmcd_root *r;

	frr_each (mplsmcd_roots_const, &c->roots, r)
		vty_out(vty, " root %s/%u %s\n", addr_str(&r->prefix, prefix), r->prefixlen,
			addr_str(&r->root, root));
	frr_each (mplsmcd_explicits_const, &c->explicits, e)
		vty_out(vty, " root %s next-hop %s\n", addr_str(&e->root, root),
			addr_str(&e->next_hop, prefix));
	wildcards_write(vty, c);
}

/* ---------------------------------------------------------------- rp */

#define RP_STR "Rendezvous point of groups, as pimd has it\n"

DEFPY (mplsmcd_rp,
       mplsmcd_rp_cmd,
       "rp <A.B.C.D|X:X::X:X>$rp <A.B.C.D/M|X:X::X:X/M>$prefix",
       RP_STR
       "Address of the rendezvous point\n"
       "Address of the rendezvous point\n"
       "Groups in this prefix; the most specific prefix counts\n"
       "Groups in this prefix; the most specific prefix counts\n")
{
	struct addr a = vty_prefix_addr(prefix), r = addr_of(rp);

	if (!vty_group_prefix_ok(prefix))
		return vty_refuse(vty, "'%s' is not a range of groups", prefix_str);
	if (!mplsmcd_vty_router_ok(vty, &r, rp_str))
		return CMD_WARNING_CONFIG_FAILED;
	if (addr_is_v4(&a) != addr_is_v4(&r))
		return vty_refuse(vty, "'%s' is not of the family of '%s'", rp_str, prefix_str);
	mplsmcd_rp_set(mplsmcd_vty_config(), &a, prefix->prefixlen, &r);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_no_rp,
       mplsmcd_no_rp_cmd,
       "no rp <A.B.C.D|X:X::X:X> <A.B.C.D/M|X:X::X:X/M>$prefix",
       NO_STR
       RP_STR
       "Address of the rendezvous point\n"
       "Address of the rendezvous point\n"
       "Groups in this prefix\n"
       "Groups in this prefix\n")
{
	struct addr a = vty_prefix_addr(prefix);

	mplsmcd_rp_set(mplsmcd_vty_config(), &a, prefix->prefixlen, &ADDR_ANY);
	return mplsmcd_vty_changed();
}

void mplsmcd_vty_rps_write(struct vty *vty, const struct mplsmcd_config *c)
{
	char prefix[ADDR_STRLEN], rp[ADDR_STRLEN];
	const struct mplsmcd_rp *r;

	frr_each (mplsmcd_rps_const, &c->rps, r)
		vty_out(vty, " rp %s %s/%u\n", addr_str(&r->rp, rp), addr_str(&r->prefix, prefix),
			r->prefixlen);
}

/* ---------------------------------------------------------------- tree */

#define TREE_STR "P2MP LSP set up by hand (RFC 3353 7)\n"

/* Two trees with one FEC would be one LSP. */
static bool fec_free(struct vty *vty, const char *name, const struct addr *root, uint32_t lsp_id)
{
	const struct mplsmcd_tree *t;
	char buf[ADDR_STRLEN];

	frr_each (mplsmcd_trees_const, &mplsmcd_vty_config()->trees, t) {
		if (t->lsp_id != lsp_id || addr_cmp(&t->root, root) != 0 ||
		    strcmp(t->name, name) == 0)
			continue;
		vty_refuse(vty, "root %s lsp-id %u is used by tree '%s'", addr_str(root, buf),
			   lsp_id, t->name);
		return false;
	}
	return true;
}

DEFPY_NOSH (mplsmcd_tree_enter,
	    mplsmcd_tree_enter_cmd,
	    "tree NAME$name root A.B.C.D$root lsp-id (1-4294967295)$lsp_id",
	    TREE_STR
	    "Name of the tree\n"
	    "Where the LSP begins\n"
	    "Address of the root LSR\n"
	    "Generic LSP identifier (RFC 6388 2.3.1)\n"
	    "Number, unique at the root\n")
{
	struct addr r = addr_from_v4(&root);
	struct mplsmcd_tree *t;

	if (strlen(name) >= MPLSMCD_NAME_LEN)
		return vty_refuse(vty, "tree '%s': longer than %d characters", name,
				  MPLSMCD_NAME_LEN - 1);
	if (!mplsmcd_vty_router_ok(vty, &r, root_str) || !fec_free(vty, name, &r, lsp_id))
		return CMD_WARNING_CONFIG_FAILED;
	t = mplsmcd_tree_add(mplsmcd_vty_config(), name);
	t->root = r;
	t->lsp_id = lsp_id;
	VTY_PUSH_CONTEXT(MPLSMCD_TREE_NODE, t);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_no_tree,
       mplsmcd_no_tree_cmd,
       "no tree NAME$name [root A.B.C.D lsp-id (1-4294967295)]",
       NO_STR
       TREE_STR
       "Name of the tree\n"
       "Where the LSP begins\n"
       "Address of the root LSR\n"
       "Generic LSP identifier (RFC 6388 2.3.1)\n"
       "Number, unique at the root\n")
{
	struct mplsmcd_config *c = mplsmcd_vty_config();
	struct mplsmcd_tree *t = mplsmcd_tree_find(c, name);

	if (t)
		mplsmcd_tree_del(c, t);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_next_hop,
       mplsmcd_next_hop_cmd,
       "[no] next-hop ![A.B.C.D$address]",
       NO_STR
       "Explicit route: our upstream LSR for this tree; default is where routing leads\n"
       "An address of the upstream LSR\n")
{
	VTY_DECLVAR_CONTEXT(mplsmcd_tree, t);
	struct addr a = addr_from_v4(&address);

	if (!no && !mplsmcd_vty_router_ok(vty, &a, address_str))
		return CMD_WARNING_CONFIG_FAILED;
	t->next_hop = no ? ADDR_ANY : a;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_leaf,
       mplsmcd_leaf_cmd,
       "[no] leaf group <A.B.C.D|X:X::X:X>$group [source <A.B.C.D|X:X::X:X>$source]",
       NO_STR
       "We are a leaf of the LSP while somebody here wants this; at the root: it is sent down\n"
       "Multicast group\n"
       "IPv4 group\n"
       "IPv6 group\n"
       "Of one source; default of any source\n"
       "IPv4 source\n"
       "IPv6 source\n")
{
	VTY_DECLVAR_CONTEXT(mplsmcd_tree, t);
	struct addr g = addr_of(group), s = source_str ? addr_of(source) : ADDR_ANY;

	if (!addr_is_multicast(&g) || addr_is_unrouted_group(&g))
		return vty_refuse(vty, "'%s' is not a group that is routed", group_str);
	if (source_str &&
	    (addr_is_any(&s) || addr_is_multicast(&s) || addr_is_v4(&s) != addr_is_v4(&g)))
		return vty_refuse(vty, "'%s' is not a source of group '%s'", source_str, group_str);
	mplsmcd_member_set(t, &g, &s, !no);
	return mplsmcd_vty_changed();
}

static void tree_write(struct vty *vty, const struct mplsmcd_tree *t)
{
	const struct mplsmcd_member *m;
	char buf[ADDR_STRLEN];

	vty_out(vty, " tree %s root %s lsp-id %u\n", t->name, addr_str(&t->root, buf), t->lsp_id);
	if (!addr_is_any(&t->next_hop))
		vty_out(vty, "  next-hop %s\n", addr_str(&t->next_hop, buf));
	frr_each (mplsmcd_members_const, &t->members, m) {
		vty_out(vty, "  leaf group %s", addr_str(&m->group, buf));
		if (!addr_is_any(&m->source))
			vty_out(vty, " source %s", addr_str(&m->source, buf));
		vty_out(vty, "\n");
	}
	vty_out(vty, " exit\n");
}

void mplsmcd_vty_trees_write(struct vty *vty, const struct mplsmcd_config *c)
{
	const struct mplsmcd_tree *t;

	frr_each (mplsmcd_trees_const, &c->trees, t)
		tree_write(vty, t);
}

/* ---------------------------------------------------------------- map */

#define MAP_STR "Which groups become label-switched; default all\n"

DEFPY (mplsmcd_map_groups,
       mplsmcd_map_groups_cmd,
       "map <A.B.C.D/M|X:X::X:X/M>$prefix <in-band|none>$how",
       MAP_STR
       "Groups in this prefix; the most specific prefix counts\n"
       "Groups in this prefix; the most specific prefix counts\n"
       "One LSP for each tree, its FEC names source and group (RFC 6826)\n"
       "Not label-switched\n")
{
	struct addr a = vty_prefix_addr(prefix);

	if (!vty_group_prefix_ok(prefix))
		return vty_refuse(vty, "'%s' is not a range of groups", prefix_str);
	mplsmcd_group_set(mplsmcd_vty_config(), &a, prefix->prefixlen, strcmp(how, "none") != 0,
			  false);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_no_map_groups,
       mplsmcd_no_map_groups_cmd,
       "no map <A.B.C.D/M|X:X::X:X/M>$prefix [<in-band|none>]",
       NO_STR
       MAP_STR
       "Groups in this prefix\n"
       "Groups in this prefix\n"
       "One LSP for each tree\n"
       "Not label-switched\n")
{
	struct addr a = vty_prefix_addr(prefix);

	mplsmcd_group_set(mplsmcd_vty_config(), &a, prefix->prefixlen, false, true);
	return mplsmcd_vty_changed();
}

void mplsmcd_vty_groups_write(struct vty *vty, const struct mplsmcd_config *c)
{
	const struct mplsmcd_group *g;
	char buf[ADDR_STRLEN];

	frr_each (mplsmcd_groups_const, &c->groups, g)
		vty_out(vty, " map %s/%u %s\n", addr_str(&g->prefix, buf), g->prefixlen,
			g->in_band ? "in-band" : "none");
}

/* ---------------------------------------------------------------- init */

static struct cmd_node interface_node = {
	.name = "ldp-multicast interface",
	.node = MPLSMCD_INTERFACE_NODE,
	.parent_node = MPLSMCD_NODE,
	.prompt = "%s(config-ldp-mc-if)# ",
};

static struct cmd_node tree_node = {
	.name = "ldp-multicast tree",
	.node = MPLSMCD_TREE_NODE,
	.parent_node = MPLSMCD_NODE,
	.prompt = "%s(config-ldp-mc-tree)# ",
};

void mplsmcd_vty_tree_init(void)
{
	install_element(MPLSMCD_NODE, &mplsmcd_root_of_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_root_of_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_root_wildcard_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_root_wildcard_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_rp_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_rp_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_root_next_hop_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_root_next_hop_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_map_groups_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_map_groups_cmd);

	install_node(&interface_node);
	install_default(MPLSMCD_INTERFACE_NODE);
	install_element(MPLSMCD_NODE, &mplsmcd_interface_enter_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_interface_cmd);
	install_element(MPLSMCD_INTERFACE_NODE, &mplsmcd_multicast_traffic_cmd);

	install_node(&tree_node);
	install_default(MPLSMCD_TREE_NODE);
	install_element(MPLSMCD_NODE, &mplsmcd_tree_enter_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_tree_cmd);
	install_element(MPLSMCD_TREE_NODE, &mplsmcd_next_hop_cmd);
	install_element(MPLSMCD_TREE_NODE, &mplsmcd_leaf_cmd);
}
