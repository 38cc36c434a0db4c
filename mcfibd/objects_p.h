/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects_p.h - one struct for all objects, and what the files about them share.
 *
 *   objects.c  the store, dependencies, operations, status
 *   tunnel.c   L2tpTunnel
 *   session.c  AccessSession
 *   fanout.c   L2tpReplication and L2tpFlow
 *   label.c    P2mpIlm and P2mpFtn
 *   context.c  upstream-assigned labels
 *   neighbour.c  next hops of labelled branches
 *   show.c     dump
 */
#ifndef MCFIBD_OBJECTS_P_H
#define MCFIBD_OBJECTS_P_H

#include "lib/base.h"

#include "mcfibd/mcfibd.h"
#include "mcfibd/objects.h"
#include "mcfibd/template.h"

PREDECL_HASH(object_keys);
PREDECL_DLIST(object_dirty);
PREDECL_DLIST(object_users);
PREDECL_DLIST(object_leaving);
PREDECL_HASH(seq_keys);

/** Next Ns and bucket of a session: it may serve several flows (one per source). */
struct seq {
	struct seq_keys_item item;
	uint16_t tunnel_id, session_id, peer_session_id;
	unsigned int users;
	uint32_t slot;
	msec_t idle_since; /* without users */
};

/* Kinds of legs besides fib_branch_kind; they are sorted by kind. */
#define LEG_LABELS 3
#define LEG_POP	   4

/** One branch of a flow or member of a replication; keeps its counters while it exists. */
struct leg {
	uint16_t kind; /* fib_branch_kind or LEG_ */
	uint16_t tunnel_id, session_id;
	uint32_t index; /* in the value of the flow */
	uint32_t ctr;
	enum fib_priority priority; /* of a member */
	struct seq *seq;
	struct fib_p2mp_branch p2mp; /* of LEG_LABELS */
};

/** `user` is made of `target`. */
struct ref {
	struct object_users_item item;
	struct object *user, *target;
};

/* Interfaces, and neighbours on them, take part in the dependencies as a table of their own. */
#define INTERFACE 0

struct object {
	struct object_keys_item key_item;
	struct object_dirty_item dirty_item;
	struct object_leaving_item leaving_item;
	struct fib_key key;
	unsigned int daemon; /* that it came from */
	bool present;	     /* else only somebody refers to it */
	bool dirty;
	bool leaving; /* deleted; packets on their way are still served */
	msec_t leaves_at;
	uint64_t generation;
	union fib_value value;
	enum fib_result result;
	uint32_t code;
	char text[FIB_TEXT_LEN];

	struct object_users_head users;
	unsigned int pins; /* not to be freed while > 0 */
	struct ref *refs;
	size_t n_refs;

	uint64_t seen_packets; /* for activity */
	msec_t used;

	union {
		struct {
			struct object *owner; /* session that has the unicast packets */
			int mpls;	      /* ifindex with the program for labels */
		} interface;
		struct {
			struct nexthop nh;
			bool watched;
		} neighbour;
		struct {
			uint32_t slot;
			struct nexthop nh;
			bool watched;
			int hook; /* ifindex with our program */
		} tunnel;
		struct {
			uint32_t in, out;	  /* tunnel to interface, and back */
			uint32_t ctr_in, ctr_out; /* of their branches */
			struct seq *seq;	  /* once numbers may be needed */
			int ifindex;		  /* with our key and program */
			enum fib_session_role role;
		} session;
		struct {
			uint32_t slot;
			struct leg *legs;
			size_t n_legs;
			int ifindex; /* flow: of the key and program; ILM: it is counted */
			int context; /* ILM in a context: ifindex of its key */
		} fanout;
	};
};

struct objects {
	struct maps *maps;
	struct links *links;
	struct attach *attach;
	struct queues *queues;
	objects_status_fn status;
	void *ctx;
	msec_t now;
	struct object_keys_head keys;
	struct object_dirty_head dirty[FIB_TABLES];
	struct object_leaving_head leaving; /* the first leaves first */
	struct seq_keys_head seqs;
	struct object *cursor[OBJECTS_DAEMONS]; /* of objects_activity() */
	size_t n_present, n_ilms;
	int packet; /* socket that holds memberships, 0: none yet */
};

extern int object_cmp(const struct object *a, const struct object *b);
extern uint32_t object_hash(const struct object *o);
extern int seq_cmp(const struct seq *a, const struct seq *b);
extern uint32_t seq_hash(const struct seq *s);

DECLARE_HASH(object_keys, struct object, key_item, object_cmp, object_hash);
DECLARE_DLIST(object_dirty, struct object, dirty_item);
DECLARE_DLIST(object_leaving, struct object, leaving_item);
DECLARE_DLIST(object_users, struct ref, item);
DECLARE_HASH(seq_keys, struct seq, item, seq_cmp, seq_hash);

/** The object with this key, made if there is none. */
struct object *object_get(struct objects *os, const struct fib_key *key);
struct object *object_find(const struct objects *os, const struct fib_key *key);
/** Takes a pin away; the object may be gone then. */
void object_unpin(struct objects *os, struct object *o);
struct fib_key object_key_interface(const char *name);

/** To be rebuilt before the current operation or event ends. */
void object_mark(struct objects *os, struct object *o);
void object_mark_users(struct objects *os, struct object *o);

/** Begin of a rebuild: forgets what the object was made of; room for n references. */
void object_refs_start(struct objects *os, struct object *o, size_t n);
struct object *object_ref(struct objects *os, struct object *o, const struct fib_key *key);

/** Result of a rebuild.  Of several problems the first is kept. */
void object_ok(struct object *o);
void object_fail(struct object *o, enum fib_result result, uint32_t code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** Puts key, peer and tunnel of received L2TP data into the map's record. */
void object_from_tunnel(struct objects *os, uint32_t slot, const struct object *tunnel,
			uint32_t flags);
/** Slots and keys of all objects; `what` is the number of branches wanted. */
bool object_publish(struct objects *os, struct object *o, uint32_t slot, const struct mcf_branch *b,
		    size_t n);

void tunnel_rebuild(struct objects *os, struct object *o);
void tunnel_remove(struct objects *os, struct object *o);
void session_rebuild(struct objects *os, struct object *o);
void session_remove(struct objects *os, struct object *o);
/** The unicast packets of the interface are this session's from now on. */
void session_take_interface(struct objects *os, struct object *o);
void session_release_interface(struct objects *os, struct object *o);
void replication_rebuild(struct objects *os, struct object *o);
void replication_remove(struct objects *os, struct object *o);
void flow_rebuild(struct objects *os, struct object *o);
void flow_remove(struct objects *os, struct object *o);
/** Key and program of the flow on the interface it leaves by. */
void flow_bind(struct objects *os, struct object *o, const char *interface);

/** Zeroed; for legs_replace(). */
struct leg *legs_new(size_t n);
/** The legs wanted now, each once, with what there was of them.  Takes over `legs`. */
void legs_replace(struct objects *os, struct object *o, struct leg *legs, size_t n);
/** Gives legs and slot back. */
void fanout_remove(struct objects *os, struct object *o);

void ilm_rebuild(struct objects *os, struct object *o);
void ilm_remove(struct objects *os, struct object *o);
void ftn_rebuild(struct objects *os, struct object *o);
void ftn_remove(struct objects *os, struct object *o);
/** The interface, or who is behind it, changed. */
void labels_interface(struct objects *os, const char *name);

/** One frame for all LSRs on the interface of the branch; false: failed. */
bool context_branch(struct objects *os, struct object *o, const struct leg *l,
		    struct mcf_branch *b);
/** The key of an ILM in a context; one more reference. */
void context_bind(struct objects *os, struct object *o);
void context_unbind(struct objects *os, struct object *o);
void contexts_free(struct objects *os);

/** The LSR on that interface, watched from now on; two references. */
struct object *neighbour_ref(struct objects *os, struct object *user, const char *interface,
			     const struct addr *address);
void neighbour_release(struct objects *os, struct object *o);
bool neighbour_is(const struct object *o);
/** Fails the user if packets cannot be sent to the neighbour. */
void neighbour_judge(const struct objects *os, struct object *user, const struct object *o);
/** A user of the session's numbers; NULL: no room.  One seq_put() each, which takes NULL, too. */
struct seq *seq_get(struct objects *os, uint16_t tunnel_id, uint16_t session_id,
		    uint16_t peer_session_id);
void seq_put(struct objects *os, struct seq *s);

/** Memory only. */
void fanout_free(struct object *o);
void seqs_free(struct objects *os);

#endif
