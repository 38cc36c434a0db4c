// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * label.c - P2mpIlm and P2mpFtn: labels of P2MP LSPs at transit, leaf and root (RFC 6388).
 *
 * A label may arrive on every Ethernet that is not a subscriber's, since it is of the
 * platform's label space: while there is an ILM all those interfaces have the program.
 */
#include "mcfibd/objects_p.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>

DEFINE_MTYPE_STATIC(MCFIBD, LABELS, "branches of an LSP");

/* ---------------------------------------------------------------- programs on interfaces */

/* Subscribers must not reach into LSPs. */
static bool is_subscribers(const struct object *i)
{
	const struct ref *r;

	frr_each (object_users_const, &i->users, r)
		if (r->user->key.table == FIB_ACCESS_SESSION && r->user->present)
			return true;
	return false;
}

static const struct link *wanted(const struct objects *os, const struct object *i)
{
	const struct link *link = links_by_name(os->links, i->key.l2tp_flow.vrf);

	if (!os->n_ilms || !link || link->type != ARPHRD_ETHER || !(link->flags & IFF_UP) ||
	    is_subscribers(i))
		return NULL;
	return link;
}

static void hook(struct objects *os, struct object *i)
{
	const struct link *link = wanted(os, i);
	int old = i->interface.mpls, ifindex = link ? link->ifindex : 0;

	if (old == ifindex)
		return;
	i->interface.mpls = ifindex;
	if (ifindex) {
		attach_use(os->attach, link, MAPS_MPLS_IN); /* says itself what is wrong */
		i->pins += !old;
	}
	if (old)
		attach_release(os->attach, old, MAPS_MPLS_IN);
	if (old && !ifindex)
		object_unpin(os, i);
}

void labels_interface(struct objects *os, const char *name)
{
	struct fib_key key = object_key_interface(name);
	struct object *i = object_find(os, &key);

	if (!i && os->n_ilms && links_by_name(os->links, name))
		i = object_get(os, &key);
	if (!i)
		return;
	i->pins++;
	hook(os, i);
	object_unpin(os, i);
}

static void count_ilms(struct objects *os, int change)
{
	bool before = os->n_ilms != 0;
	const struct link *l;

	os->n_ilms += (size_t)change;
	if (before == (os->n_ilms != 0))
		return;
	for (l = links_next(os->links, NULL); l; l = links_next(os->links, l))
		labels_interface(os, l->name);
}

/* ---------------------------------------------------------------- branches */

/* Without a label there would be an IP packet on the link that nobody asked for; 3 is implicit
 * null, which is the same on the wire, and not for multipoint LSPs (RFC 6388 2.4.1). */
static bool labels_valid(const struct fib_p2mp_branch *v)
{
	if (!v->n_labels)
		return false;
	for (unsigned int i = 0; i < v->n_labels; i++)
		if (v->labels[i] == 3)
			return false;
	return true;
}

static bool label_branch(struct objects *os, struct object *o, const struct leg *l,
			 struct mcf_branch *b)
{
	const struct fib_p2mp_branch *v = &l->p2mp;
	struct object *n;

	if (!labels_valid(v)) {
		object_fail(o, FIB_FAILED, EINVAL, "no label towards %s", v->interface);
		return false;
	}
	if (v->multicast)
		return context_branch(os, o, l, b);
	n = neighbour_ref(os, o, v->interface, &v->next_hop);
	neighbour_judge(os, o, n);
	template_mpls(b, &n->neighbour.nh, v->labels, v->n_labels);
	b->ctr = l->ctr;
	return true;
}

static bool local_branch(struct objects *os, struct object *o, const struct leg *l,
			 struct mcf_branch *b)
{
	const struct fib_p2mp_ilm *v = &o->value.p2mp_ilm;
	const struct link *link = links_by_name(os->links, v->local_interface);
	struct fib_key key = object_key_interface(v->local_interface);

	object_ref(os, o, &key);
	if (!link) {
		object_fail(o, FIB_FAILED, ENODEV, "no interface %s", v->local_interface);
		return false;
	}
	if (!link_is_raw(link) && !link_is_ethernet(link)) {
		object_fail(o, FIB_UNSUPPORTED, EOPNOTSUPP, "%s is neither Ethernet nor raw IP",
			    link->name);
		return false;
	}
	template_pop(b, link, v->ttl, v->payload);
	b->ctr = l->ctr;
	return true;
}

/* Turns legs into branches of the maps and publishes them. */
static bool publish(struct objects *os, struct object *o, const struct fib_p2mp_branch *v, size_t n,
		    bool local)
{
	struct leg *legs = legs_new(n + 1);
	struct mcf_branch *b = XCALLOC(MTYPE_LABELS, (n + 2) * sizeof(*b));
	size_t i, made = 0;
	bool ok;

	if (!o->fanout.slot)
		o->fanout.slot = maps_object_new(os->maps);
	for (i = 0; i < n; i++)
		legs[i] = (struct leg){.kind = LEG_LABELS, .p2mp = v[i]};
	if (local)
		legs[n] = (struct leg){.kind = LEG_POP};
	legs_replace(os, o, legs, n + local);
	object_refs_start(os, o, 2 * o->fanout.n_legs + 2);
	for (i = 0; i < o->fanout.n_legs; i++) { /* the local one is last: it changes the packet */
		const struct leg *l = &o->fanout.legs[i];

		made += l->kind == LEG_LABELS ? label_branch(os, o, l, &b[made])
					      : local_branch(os, o, l, &b[made]);
	}
	ok = object_publish(os, o, o->fanout.slot, b, made);
	XFREE(MTYPE_LABELS, b);
	return ok;
}

/* ---------------------------------------------------------------- ILM */

void ilm_rebuild(struct objects *os, struct object *o)
{
	const struct fib_p2mp_ilm *v = &o->value.p2mp_ilm;

	if (!publish(os, o, v->branches, v->n_branches, v->local_interface[0]))
		return;
	if (o->key.p2mp_ilm.context)
		context_bind(os, o);
	else if (!maps_set_label(os->maps, o->key.p2mp_ilm.label, o->fanout.slot))
		object_fail(o, FIB_FAILED, (uint32_t)errno, "no room for the key: %s",
			    strerror(errno));
	if (!o->fanout.ifindex) /* counted */
		count_ilms(os, 1);
	o->fanout.ifindex = 1;
}

void ilm_remove(struct objects *os, struct object *o)
{
	if (o->key.p2mp_ilm.context)
		context_unbind(os, o);
	else
		maps_set_label(os->maps, o->key.p2mp_ilm.label, 0);
	if (o->fanout.ifindex)
		count_ilms(os, -1);
	o->fanout.ifindex = 0;
	fanout_remove(os, o);
}

/* ---------------------------------------------------------------- FTN */

void ftn_rebuild(struct objects *os, struct object *o)
{
	const struct fib_p2mp_ftn *v = &o->value.p2mp_ftn;
	struct fib_key key = object_key_interface(v->upstream_interface);
	struct mcf_object *m;

	if (!publish(os, o, v->branches, v->n_branches, false))
		return;
	object_ref(os, o, &key);
	m = maps_object(os->maps, o->fanout.slot);
	m->flags = v->ttl == FIB_TTL_PIPE ? MCF_O_PIPE : 0;
	flow_bind(os, o, v->upstream_interface);
}

void ftn_remove(struct objects *os, struct object *o)
{
	flow_remove(os, o);
}
