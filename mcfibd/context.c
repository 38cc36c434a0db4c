// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * context.c - labels that the upstream LSR has assigned (RFC 5331, 5332): one frame for all LSRs of
 * a LAN, and what of such frames is ours.
 *
 * Frames have the address 01-00-5e-8v-wx-yz, where vwxyz is zero or some label of the stack
 * (M-5332-8-1, -2), so the interface takes all multicast as long as there is a key on it.
 */
#include "mcfibd/objects_p.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

bool context_branch(struct objects *os, struct object *o, const struct leg *l, struct mcf_branch *b)
{
	const struct fib_p2mp_branch *v = &l->p2mp;
	const struct link *link = links_by_name(os->links, v->interface);
	struct fib_key key = object_key_interface(v->interface);

	object_ref(os, o, &key);
	if (!link)
		object_fail(o, FIB_FAILED, ENODEV, "no interface %s", v->interface);
	else if (link->type != ARPHRD_ETHER)
		object_fail(o, FIB_UNSUPPORTED, EOPNOTSUPP, "%s is not an Ethernet", link->name);
	else if (!(link->flags & IFF_UP))
		object_fail(o, FIB_FAILED, EHOSTUNREACH, "interface %s is down", link->name);
	if (!link || link->type != ARPHRD_ETHER)
		return false;
	template_mpls_multicast(b, link, v->labels, v->n_labels);
	b->ctr = l->ctr;
	return true;
}

/* The kernel counts the memberships of a socket. */
static bool membership(struct objects *os, int ifindex, int option)
{
	struct packet_mreq mreq = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_ALLMULTI};

	if (!os->packet)
		os->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (os->packet < 0) {
		os->packet = 0;
		return false;
	}
	return setsockopt(os->packet, SOL_PACKET, option, &mreq, sizeof(mreq)) == 0;
}

void context_unbind(struct objects *os, struct object *o)
{
	int ifindex = o->fanout.context;

	if (!ifindex)
		return;
	maps_set_context(os->maps, ifindex, o->key.p2mp_ilm.context, o->key.p2mp_ilm.label, 0);
	membership(os, ifindex, PACKET_DROP_MEMBERSHIP); /* fails if the interface has gone */
	o->fanout.context = 0;
}

void context_bind(struct objects *os, struct object *o)
{
	const char *name = o->key.p2mp_ilm.interface;
	const struct link *link = links_by_name(os->links, name);
	struct fib_key key = object_key_interface(name);

	object_ref(os, o, &key);
	if (o->fanout.context != (link ? link->ifindex : 0))
		context_unbind(os, o);
	if (!link) {
		object_fail(o, FIB_FAILED, ENODEV, "no interface %s", name);
		return;
	}
	if (o->fanout.context)
		return;
	o->fanout.context = link->ifindex;
	if (!membership(os, link->ifindex, PACKET_ADD_MEMBERSHIP))
		object_fail(o, FIB_FAILED, (uint32_t)errno, "no multicast on %s: %s", name,
			    strerror(errno));
	if (!maps_set_context(os->maps, link->ifindex, o->key.p2mp_ilm.context,
			      o->key.p2mp_ilm.label, o->fanout.slot))
		object_fail(o, FIB_FAILED, (uint32_t)errno, "no room for the key: %s",
			    strerror(errno));
}

void contexts_free(struct objects *os)
{
	if (os->packet)
		close(os->packet);
}
