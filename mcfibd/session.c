// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - AccessSession: the unicast packets of one subscriber, both ways.
 *
 *   in   L2TP data of the session -> out of the access interface (LAC), or received on the
 *        session interface (LNS)
 *   out  received on the access interface (LAC), or sent to the session interface (LNS)
 *        -> L2TP data
 *
 * An interface carries one session.  The one that was set last has it: after a restart of the
 * daemon the successor arrives before the old session is swept.
 */
#include "mcfibd/objects_p.h"

#include <errno.h>

static struct object *interface_of(struct objects *os, const struct object *o)
{
	struct fib_key key = object_key_interface(o->value.access_session.interface);

	return object_get(os, &key);
}

void session_take_interface(struct objects *os, struct object *o)
{
	struct object *i = interface_of(os, o);

	if (i->interface.owner == o)
		return;
	i->interface.owner = o;
	object_mark_users(os, i);
}

void session_release_interface(struct objects *os, struct object *o)
{
	struct object *i = interface_of(os, o);

	if (i->interface.owner != o)
		return;
	i->interface.owner = NULL;
	object_mark_users(os, i);
}

/* ---------------------------------------------------------------- keys and programs */

static enum maps_prog program(enum fib_session_role role)
{
	return role == FIB_ROLE_LAC ? MAPS_SESSION_IN : MAPS_SESSION_OUT;
}

static bool set_if_key(struct objects *os, enum fib_session_role role, int ifindex, uint32_t slot)
{
	return role == FIB_ROLE_LAC ? maps_set_access_if(os->maps, ifindex, slot)
				    : maps_set_session_if(os->maps, ifindex, slot);
}

/* The interface is not this session's any more.  heir: it is somebody else's already. */
static void let_go_interface(struct objects *os, struct object *o, bool heir)
{
	if (!o->session.ifindex)
		return;
	if (!heir)
		set_if_key(os, o->session.role, o->session.ifindex, 0);
	attach_release(os->attach, o->session.ifindex, program(o->session.role));
	o->session.ifindex = 0;
}

static void hold_interface(struct objects *os, struct object *o, const struct link *link,
			   enum fib_session_role role)
{
	if (o->session.ifindex != link->ifindex || o->session.role != role) {
		let_go_interface(os, o, false);
		if (!attach_use(os->attach, link, program(role)))
			object_fail(o, FIB_FAILED, (uint32_t)errno, "no program on %s: %s",
				    link->name, strerror(errno));
		o->session.ifindex = link->ifindex;
		o->session.role = role;
	}
	if (!set_if_key(os, role, link->ifindex, o->session.out) ||
	    !maps_set_session(os->maps, o->key.access_session.tunnel_id,
			      o->key.access_session.session_id, o->session.in))
		object_fail(o, FIB_FAILED, (uint32_t)errno, "no room for the key: %s",
			    strerror(errno));
}

static bool get_slots(struct objects *os, struct object *o)
{
	struct maps *m = os->maps;

	if (!o->session.in)
		o->session.in = maps_object_new(m);
	if (!o->session.out)
		o->session.out = maps_object_new(m);
	if (!o->session.ctr_in)
		o->session.ctr_in = maps_branch_ctr_new(m);
	if (!o->session.ctr_out)
		o->session.ctr_out = maps_branch_ctr_new(m);
	if (o->session.in && o->session.out && o->session.ctr_in && o->session.ctr_out)
		return true;
	object_fail(o, FIB_FAILED, ENOSPC, "no room for the object");
	return false;
}

static void stop(struct objects *os, struct object *o, bool heir)
{
	struct maps *m = os->maps;

	let_go_interface(os, o, heir);
	if (o->session.in)
		maps_set_session(m, o->key.access_session.tunnel_id,
				 o->key.access_session.session_id, 0);
	maps_object_free(m, o->session.in);
	maps_object_free(m, o->session.out);
	maps_branch_ctr_free(m, o->session.ctr_in);
	maps_branch_ctr_free(m, o->session.ctr_out);
	seq_put(os, o->session.seq);
	o->session.seq = NULL;
	o->session.in = o->session.out = o->session.ctr_in = o->session.ctr_out = 0;
}

/* ---------------------------------------------------------------- both directions */

static void publish_in(struct objects *os, struct object *o, const struct object *tunnel,
		       const struct link *link)
{
	const struct fib_access_session *s = &o->value.access_session;
	struct mcf_branch b;

	if (s->role == FIB_ROLE_LAC)
		template_access(&b, s, link);
	else
		template_receive(&b, s, link);
	b.ctr = o->session.ctr_in;
	if (s->role == FIB_ROLE_LAC)
		template_priority(&b, FIB_BEST_EFFORT);
	object_from_tunnel(os, o->session.in, tunnel,
			   MCF_O_PPP | (s->drop_late ? MCF_O_DROP_LATE : 0));
	object_publish(os, o, o->session.in, &b, 1);
}

/*
 * RFC 2661 5.4: numbers in every message when the session was set up so.  Otherwise the LNS
 * decides: it has none, and a LAC does as the last message from the LNS did, for which it has two
 * branches.
 */
static size_t out_branches(struct objects *os, struct object *o, struct template_l2tp *t,
			   struct mcf_branch b[2])
{
	const struct fib_access_session *s = &o->value.access_session;
	bool follow = s->role == FIB_ROLE_LAC && !s->sequencing;
	size_t n = 0;

	if ((follow || s->sequencing) && !o->session.seq)
		o->session.seq = seq_get(os, o->key.access_session.tunnel_id,
					 o->key.access_session.session_id, s->peer_session_id);
	if (s->sequencing && !o->session.seq)
		object_fail(o, FIB_FAILED, ENOSPC, "no room for sequence numbers");
	if (!s->sequencing)
		template_l2tp(&b[n++], t);
	if (o->session.seq && (follow || s->sequencing)) {
		t->sequencing = true;
		template_l2tp(&b[n], t);
		b[n++].seq = o->session.seq->slot;
	}
	for (size_t i = 0; i < n; i++)
		b[i].ctr = o->session.ctr_out;
	return n;
}

static void publish_out(struct objects *os, struct object *o, const struct object *tunnel,
			const struct link *link)
{
	const struct fib_access_session *s = &o->value.access_session;
	struct mcf_object *m = maps_object(os->maps, o->session.out);
	struct template_l2tp t = {
		.tunnel = &tunnel->value.l2tp_tunnel,
		.nh = &tunnel->tunnel.nh,
		.peer_session_id = s->peer_session_id,
		.ppp = true,
	};
	struct mcf_branch b[2];
	size_t n = out_branches(os, o, &t, b);

	m->in = o->session.in;
	m->flags = MCF_O_FOLLOW | (s->sequencing ? MCF_O_NUMBERS : 0) |
		   (m->flags & MCF_O_CHECKSUM) | /* on old branches a packet may still need it */
		   (t.tunnel->udp_checksum ? MCF_O_CHECKSUM : 0);
	m->learn = s->role == FIB_ROLE_LAC ? o->session.ctr_in : 0;
	if (s->role == FIB_ROLE_LAC)
		memcpy(m->mac, link->mac, 6);
	else
		template_peer_mac(m->mac, link);
	object_publish(os, o, o->session.out, b, n);
}

/* What is missing to carry the session; false: something is. */
static bool judge(struct object *o, const struct object *tunnel, const struct link *link)
{
	const struct fib_access_session *s = &o->value.access_session;

	if (!tunnel->present)
		object_fail(o, FIB_FAILED, ENOENT, "tunnel %u is unknown",
			    o->key.access_session.tunnel_id);
	else if (!link)
		object_fail(o, FIB_FAILED, ENODEV, "no interface %s", s->interface);
	else if (!link_is_raw(link) && !link_is_ethernet(link))
		object_fail(o, FIB_UNSUPPORTED, EOPNOTSUPP, "%s is neither Ethernet nor raw IP",
			    link->name);
	else if (s->framing == FIB_FRAMING_PPPOE && !link_is_ethernet(link))
		object_fail(o, FIB_UNSUPPORTED, EOPNOTSUPP, "PPPoE on %s, which is not Ethernet",
			    link->name);
	else if (s->framing == FIB_FRAMING_PPPOE && s->unicast)
		object_fail(o, FIB_UNSUPPORTED, EOPNOTSUPP, "unicast packets of a PPPoE session");
	return o->result == FIB_INSTALLED;
}

void session_rebuild(struct objects *os, struct object *o)
{
	const struct fib_access_session *s = &o->value.access_session;
	struct fib_key tunnel_key = fib_key_l2tp_tunnel(o->key.access_session.tunnel_id);
	struct fib_key if_key = object_key_interface(s->interface);
	const struct link *link = links_by_name(os->links, s->interface);
	struct object *tunnel, *interface;
	bool ready;

	object_refs_start(os, o, 2);
	tunnel = object_ref(os, o, &tunnel_key);
	interface = object_ref(os, o, &if_key);
	object_mark_users(os, o);
	ready = judge(o, tunnel, link);
	if (s->unicast && !interface->interface.owner)
		interface->interface.owner = o;
	if (s->unicast && interface->interface.owner != o) {
		const struct fib_key *other = &interface->interface.owner->key;

		object_fail(o, FIB_FAILED, EBUSY, "%s is used by session %u of tunnel %u",
			    s->interface, other->access_session.session_id,
			    other->access_session.tunnel_id);
		stop(os, o, true);
		return;
	}
	if (!ready || !s->unicast || !get_slots(os, o)) {
		stop(os, o, false);
		return;
	}
	publish_in(os, o, tunnel, link);
	publish_out(os, o, tunnel, link);
	hold_interface(os, o, link, s->role);
}

void session_remove(struct objects *os, struct object *o)
{
	struct object *i = interface_of(os, o);

	stop(os, o, i->interface.owner && i->interface.owner != o);
	session_release_interface(os, o);
	labels_interface(os, o->value.access_session.interface);
}
