// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fanout.c - L2tpReplication and L2tpFlow: one packet in, many out.
 *
 * A leg is a member or branch with the state that outlives a replacement of the whole object:
 * its counters and, for a sequenced multicast session, the next Ns.
 */
#include "mcfibd/objects_p.h"

#include <errno.h>
#include <stdlib.h>

#define SEQ_LINGER_MS (10 * MSEC_PER_S)

DEFINE_MTYPE_STATIC(MCFIBD, LEGS, "branches of an object");
DEFINE_MTYPE_STATIC(MCFIBD, SEQ, "sequence numbers of a session");

/* ---------------------------------------------------------------- sequence numbers */

static void seq_free(struct objects *os, struct seq *s)
{
	seq_keys_del(&os->seqs, s);
	maps_seq_free(os->maps, s->slot);
	XFREE(MTYPE_SEQ, s);
}

/* A session's numbers outlive its last flow for a while: a change of sources takes one flow
 * away before the next one comes, and Ns must go on (A4045-18). */
static void seqs_purge(struct objects *os)
{
	struct seq *s;

	frr_each_safe (seq_keys, &os->seqs, s) {
		if (!s->users && os->now - s->idle_since > SEQ_LINGER_MS)
			seq_free(os, s);
	}
}

struct seq *seq_get(struct objects *os, uint16_t tunnel_id, uint16_t session_id,
		    uint16_t peer_session_id)
{
	struct mcf_seq first = {.tunnel_id = tunnel_id,
				.session_id = session_id,
				.peer_session_id = peer_session_id};
	struct seq key = {.tunnel_id = tunnel_id, .session_id = session_id}, *s;
	uint32_t slot;

	seqs_purge(os);
	s = seq_keys_find(&os->seqs, &key);
	if (s && !s->users && s->peer_session_id != peer_session_id) {
		seq_free(os, s); /* another session with the same number */
		s = NULL;
	}
	if (!s) {
		slot = maps_seq_new(os->maps, &first);
		if (!slot)
			return NULL;
		s = XCALLOC(MTYPE_SEQ, sizeof(*s));
		s->tunnel_id = tunnel_id;
		s->session_id = session_id;
		s->slot = slot;
		seq_keys_add(&os->seqs, s);
	}
	s->peer_session_id = peer_session_id;
	s->users++;
	return s;
}

void seq_put(struct objects *os, struct seq *s)
{
	if (s && !--s->users)
		s->idle_since = os->now;
}

void seqs_free(struct objects *os)
{
	struct seq *s;

	while ((s = seq_keys_pop(&os->seqs)) != NULL)
		XFREE(MTYPE_SEQ, s);
}

/* ---------------------------------------------------------------- legs */

static int cmp_labels(const struct fib_p2mp_branch *a, const struct fib_p2mp_branch *b)
{
	int r = strncmp(a->interface, b->interface, sizeof(a->interface));

	r = r ? r : addr_cmp(&a->next_hop, &b->next_hop);
	r = r ? r : (int)a->multicast - (int)b->multicast;
	r = r ? r : (int)a->n_labels - (int)b->n_labels;
	return r ? r : memcmp(a->labels, b->labels, a->n_labels * sizeof(a->labels[0]));
}

static int cmp_leg(const void *va, const void *vb)
{
	const struct leg *a = va, *b = vb;

	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	if (a->kind == LEG_LABELS)
		return cmp_labels(&a->p2mp, &b->p2mp);
	if (a->tunnel_id != b->tunnel_id)
		return (int)a->tunnel_id - (int)b->tunnel_id;
	return (int)a->session_id - (int)b->session_id;
}

static void leg_free(struct objects *os, struct leg *l)
{
	maps_branch_ctr_free(os->maps, l->ctr);
	seq_put(os, l->seq);
}

static struct leg leg_kept(const struct leg *now, const struct leg *before)
{
	struct leg l = *now;

	l.ctr = before->ctr;
	l.seq = before->seq;
	return l;
}

struct leg *legs_new(size_t n)
{
	return XCALLOC(MTYPE_LEGS, (n + 1) * sizeof(struct leg)); /* never of no size */
}

void legs_replace(struct objects *os, struct object *o, struct leg *legs, size_t n)
{
	size_t i, j = 0, kept = 0;

	if (n)
		qsort(legs, n, sizeof(*legs), cmp_leg);
	for (i = 0; i < n; i++) {
		if (kept && !cmp_leg(&legs[kept - 1], &legs[i]))
			continue; /* named twice */
		legs[kept] = legs[i];
		for (; j < o->fanout.n_legs && cmp_leg(&o->fanout.legs[j], &legs[i]) < 0; j++)
			leg_free(os, &o->fanout.legs[j]);
		if (j < o->fanout.n_legs && !cmp_leg(&o->fanout.legs[j], &legs[i]))
			legs[kept] = leg_kept(&legs[i], &o->fanout.legs[j++]);
		else
			legs[kept].ctr = maps_branch_ctr_new(os->maps);
		if (!legs[kept].ctr)
			object_fail(o, FIB_FAILED, ENOSPC, "no room for %zu branches", n);
		kept++;
	}
	for (; j < o->fanout.n_legs; j++)
		leg_free(os, &o->fanout.legs[j]);
	XFREE(MTYPE_LEGS, o->fanout.legs);
	o->fanout.legs = legs;
	o->fanout.n_legs = kept;
}

void fanout_free(struct object *o)
{
	XFREE(MTYPE_LEGS, o->fanout.legs);
}

void fanout_remove(struct objects *os, struct object *o)
{
	legs_replace(os, o, NULL, 0);
	maps_object_free(os->maps, o->fanout.slot);
	o->fanout.slot = 0;
}

/* ---------------------------------------------------------------- replication (LAC) */

static bool netdev_branch(struct objects *os, struct object *o, const struct object *session,
			  struct mcf_branch *b)
{
	const struct fib_access_session *s = &session->value.access_session;
	unsigned int id = session->key.access_session.session_id;
	const struct link *link;

	if (!session->present) {
		object_fail(o, FIB_FAILED, ENOENT, "session %u is unknown", id);
		return false;
	}
	link = links_by_name(os->links, s->interface);
	if (!link) {
		object_fail(o, FIB_FAILED, ENODEV, "no interface %s of session %u", s->interface,
			    id);
		return false;
	}
	if (!template_access(b, s, link)) {
		object_fail(o, FIB_UNSUPPORTED, EOPNOTSUPP, "framing of session %u on %s", id,
			    s->interface);
		return false;
	}
	return true;
}

/* R4045-6.3-1: as long as nobody asks for priority the interface's queue is left alone. */
static bool member_branch(struct objects *os, struct object *o, const struct object *session,
			  const struct leg *l, struct mcf_branch *b)
{
	if (!netdev_branch(os, o, session, b))
		return false;
	template_priority(b, l->priority);
	if (l->priority)
		queues_want(os->queues, links_by_index(os->links, (int)b->ifindex));
	b->ctr = l->ctr;
	return true;
}

void replication_rebuild(struct objects *os, struct object *o)
{
	const struct fib_l2tp_replication *v = &o->value.l2tp_replication;
	uint16_t tunnel_id = o->key.l2tp_replication.tunnel_id;
	struct fib_key key = fib_key_l2tp_tunnel(tunnel_id);
	struct leg *legs = legs_new(v->n_members);
	struct mcf_branch *b = XCALLOC(MTYPE_LEGS, (v->n_members + 1) * sizeof(*b));
	struct object *tunnel;
	size_t i, n = 0;

	if (!o->fanout.slot)
		o->fanout.slot = maps_object_new(os->maps);
	for (i = 0; i < v->n_members; i++)
		legs[i] = (struct leg){.kind = FIB_BRANCH_UNICAST_SESSION,
				       .tunnel_id = tunnel_id,
				       .session_id = v->members[i].session_id,
				       .priority = v->members[i].priority};
	legs_replace(os, o, legs, v->n_members);
	object_refs_start(os, o, o->fanout.n_legs + 1);
	tunnel = object_ref(os, o, &key);
	for (i = 0; i < o->fanout.n_legs; i++) {
		const struct leg *l = &o->fanout.legs[i];

		key = fib_key_access_session(tunnel_id, l->session_id);
		if (member_branch(os, o, object_ref(os, o, &key), l, &b[n]))
			n++;
	}
	if (object_publish(os, o, o->fanout.slot, b, n)) {
		if (tunnel->present)
			object_from_tunnel(os, o->fanout.slot, tunnel,
					   v->drop_late ? MCF_O_DROP_LATE : 0);
		else
			object_fail(o, FIB_FAILED, ENOENT, "tunnel %u is unknown", tunnel_id);
		if (!maps_set_session(os->maps, tunnel_id, o->key.l2tp_replication.session_id,
				      tunnel->present ? o->fanout.slot : 0))
			object_fail(o, FIB_FAILED, (uint32_t)errno, "no room for the key: %s",
				    strerror(errno));
	}
	XFREE(MTYPE_LEGS, b);
}

void replication_remove(struct objects *os, struct object *o)
{
	maps_set_session(os->maps, o->key.l2tp_replication.tunnel_id,
			 o->key.l2tp_replication.session_id, 0);
	fanout_remove(os, o);
}

/* ---------------------------------------------------------------- flow (LNS) */

/* The numbers and bucket of the leg's session while they are wanted; false: no room. */
static bool leg_seq(struct objects *os, struct leg *l, uint16_t peer_session_id, bool wanted)
{
	if (!wanted) {
		seq_put(os, l->seq);
		l->seq = NULL;
	} else if (!l->seq) {
		l->seq = seq_get(os, l->tunnel_id, l->session_id, peer_session_id);
	}
	return !wanted || l->seq;
}

/* A copy for all subscribers of a multicast session: no PPP header (A4045-26). */
static bool multicast_branch(struct objects *os, struct object *o, struct leg *l,
			     const struct fib_flow_branch *from, struct mcf_branch *b)
{
	struct fib_key key = fib_key_l2tp_tunnel(from->tunnel_id);
	const struct object *tunnel = object_ref(os, o, &key);
	struct template_l2tp t = {
		.tunnel = &tunnel->value.l2tp_tunnel,
		.nh = &tunnel->tunnel.nh,
		.peer_session_id = from->peer_session_id,
		.sequencing = from->sequencing,
		.max_bps = from->maximum_bps,
		.maximum = from->maximum_packet,
		.length = from->length,
	};
	bool room = leg_seq(os, l, from->peer_session_id, from->sequencing || from->maximum_bps);

	if (!tunnel->present) {
		object_fail(o, FIB_FAILED, ENOENT, "tunnel %u is unknown", from->tunnel_id);
		return false;
	}
	if (!room) {
		object_fail(o, FIB_FAILED, ENOSPC, "no room for sequence numbers");
		return false;
	}
	template_l2tp(b, &t);
	b->seq = l->seq ? l->seq->slot : 0;
	return true;
}

/* A copy for one subscriber: through the tunnel, or out of the netdev when somebody else
 * carries the session's packets. */
static bool unicast_branch(struct objects *os, struct object *o, struct leg *l,
			   struct mcf_branch *b)
{
	struct fib_key key = fib_key_access_session(l->tunnel_id, l->session_id);
	const struct object *session = object_ref(os, o, &key), *tunnel;
	const struct fib_access_session *s = &session->value.access_session;
	bool sequencing = session->present && s->unicast && s->sequencing;
	bool room = leg_seq(os, l, s->peer_session_id, sequencing);
	struct template_l2tp t = {
		.peer_session_id = s->peer_session_id,
		.ppp = true,
		.sequencing = sequencing,
		.maximum = s->maximum_packet,
	};

	key = fib_key_l2tp_tunnel(l->tunnel_id);
	tunnel = object_ref(os, o, &key);
	if (!session->present || !s->unicast)
		return netdev_branch(os, o, session, b);
	if (!room) {
		object_fail(o, FIB_FAILED, ENOSPC, "no room for sequence numbers");
		return false;
	}
	if (!tunnel->present) {
		object_fail(o, FIB_FAILED, ENOENT, "tunnel %u is unknown", l->tunnel_id);
		return false;
	}
	t.tunnel = &tunnel->value.l2tp_tunnel;
	t.nh = &tunnel->tunnel.nh;
	template_l2tp(b, &t);
	b->seq = l->seq ? l->seq->slot : 0;
	return true;
}

static size_t flow_branches(struct objects *os, struct object *o, struct mcf_branch *b,
			    uint32_t *flags)
{
	const struct fib_l2tp_flow *v = &o->value.l2tp_flow;
	size_t i, n = 0;

	*flags = 0;
	for (i = 0; i < o->fanout.n_legs; i++) { /* multicast sessions come first: cmp_leg() */
		struct leg *l = &o->fanout.legs[i];
		const struct fib_flow_branch *from = &v->branches[l->index];

		if (from->kind == FIB_BRANCH_MULTICAST_SESSION
			    ? !multicast_branch(os, o, l, from, &b[n])
			    : !unicast_branch(os, o, l, &b[n]))
			continue;
		if (b[n].flags & MCF_B_CHECKSUM)
			*flags |= MCF_O_CHECKSUM;
		b[n++].ctr = l->ctr;
	}
	return n;
}

static bool flow_key(struct objects *os, struct object *o, int ifindex, uint32_t slot)
{
	const struct addr *group = &o->key.l2tp_flow.group, *source = &o->key.l2tp_flow.source;

	return maps_set_flow(os->maps, ifindex, addr_len(group), addr_octets(group),
			     addr_is_any(source) ? NULL : addr_octets(source), slot);
}

static void flow_unbind(struct objects *os, struct object *o)
{
	if (!o->fanout.ifindex)
		return;
	flow_key(os, o, o->fanout.ifindex, 0);
	attach_release(os->attach, o->fanout.ifindex, MAPS_FLOW_OUT);
	o->fanout.ifindex = 0;
}

void flow_bind(struct objects *os, struct object *o, const char *interface)
{
	const struct link *link = links_by_name(os->links, interface);

	if (o->fanout.ifindex != (link ? link->ifindex : 0))
		flow_unbind(os, o);
	if (!link) {
		object_fail(o, FIB_FAILED, ENODEV, "no interface %s", interface);
		return;
	}
	if (o->fanout.ifindex)
		return;
	o->fanout.ifindex = link->ifindex;
	if (!flow_key(os, o, link->ifindex, o->fanout.slot))
		object_fail(o, FIB_FAILED, (uint32_t)errno, "no room for the key: %s",
			    strerror(errno));
	if (!attach_use(os->attach, link, MAPS_FLOW_OUT))
		object_fail(o, FIB_FAILED, (uint32_t)errno, "no program on %s: %s", link->name,
			    strerror(errno));
}

void flow_rebuild(struct objects *os, struct object *o)
{
	const struct fib_l2tp_flow *v = &o->value.l2tp_flow;
	struct fib_key key = object_key_interface(v->upstream_interface);
	struct leg *legs = legs_new(v->n_branches);
	struct mcf_branch *b = XCALLOC(MTYPE_LEGS, (v->n_branches + 1) * sizeof(*b));
	uint32_t flags;
	size_t i, n;

	if (!o->fanout.slot)
		o->fanout.slot = maps_object_new(os->maps);
	for (i = 0; i < v->n_branches; i++)
		legs[i] = (struct leg){.kind = (uint16_t)v->branches[i].kind,
				       .tunnel_id = v->branches[i].tunnel_id,
				       .session_id = v->branches[i].session_id,
				       .index = (uint32_t)i};
	legs_replace(os, o, legs, v->n_branches);
	object_refs_start(os, o, 2 * o->fanout.n_legs + 1);
	object_ref(os, o, &key);
	n = flow_branches(os, o, b, &flags);
	if (o->fanout.slot) {
		/* Never taken back: a packet on the old branches may still need the sum. */
		maps_object(os->maps, o->fanout.slot)->flags |= flags;
		if (object_publish(os, o, o->fanout.slot, b, n))
			flow_bind(os, o, v->upstream_interface);
	} else {
		object_fail(o, FIB_FAILED, ENOSPC, "no room for the object");
	}
	XFREE(MTYPE_LEGS, b);
}

void flow_remove(struct objects *os, struct object *o)
{
	flow_unbind(os, o);
	fanout_remove(os, o);
}
