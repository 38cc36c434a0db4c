/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_types.h - forwarding objects and mcfib/1 messages as plain C.
 *
 * What proto/mcfib.proto says in protobuf, for code that must not depend on protobuf: the
 * publisher and consumer engines, the daemons, the agent.  fib_codec.[ch] translates.
 * Field names and meanings are those of mcfib.proto.
 */
#ifndef MCAST_FIB_TYPES_H
#define MCAST_FIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

#define FIB_PROTO	   1	     /* mcfib/1 */
#define FIB_MAGIC	   0x01	     /* first octet of every message */
#define FIB_MAX_MESSAGE	   (1 << 20) /* octets of a message, magic included */
#define FIB_MAX_BRANCHES   65536     /* of one object, accepted from the wire */
#define FIB_NAME_LEN	   64	     /* octets of a name, terminating NUL included */
#define FIB_TEXT_LEN	   128
#define FIB_IFNAME_LEN	   16
#define FIB_MAX_VLANS	   2
#define FIB_MAX_LABELS	   4	 /* that a branch pushes */
#define FIB_DEFAULT_BATCH  256	 /* operations per Update */
#define FIB_DEFAULT_WINDOW 4096	 /* Envelopes without Ack */
#define FIB_MAX_BATCH	   16384 /* entries of a list in one message, accepted from the wire */

/** In the order in which objects are sent; deletions go the other way. */
enum fib_table {
	FIB_L2TP_TUNNEL = 1,
	FIB_ACCESS_SESSION = 2,
	FIB_L2TP_REPLICATION = 3,
	FIB_L2TP_FLOW = 4,
	FIB_P2MP_ILM = 5,
	FIB_P2MP_FTN = 6,
};
#define FIB_TABLES    7	   /* array size: tables are 1 .. FIB_TABLES - 1 */
#define FIB_TABLE_ALL 0x7e /* bit mask of all tables */

/**
 * Key of an object.  Compared and hashed octet by octet: make it with fib_key_*(), which
 * leave unused octets zero.
 */
struct fib_key {
	uint32_t table;
	union {
		struct {
			uint16_t tunnel_id;
		} l2tp_tunnel;
		struct {
			uint16_t tunnel_id, session_id;
		} access_session, l2tp_replication;
		struct {
			char vrf[FIB_IFNAME_LEN];
			struct addr group, source; /* source ADDR_ANY: every other source */
		} l2tp_flow, p2mp_ftn;
		struct {
			uint32_t label;
			uint32_t context; /* 0: none, and no interface */
			char interface[FIB_IFNAME_LEN];
		} p2mp_ilm;
	};
};

/* Zero in an enum of a received value: something this side does not know (mcfib.proto). */

enum fib_session_role {
	FIB_ROLE_LAC = 1,
	FIB_ROLE_LNS = 2,
};

enum fib_framing {
	FIB_FRAMING_RAW_IP = 1,
	FIB_FRAMING_ETHERNET = 2,
	FIB_FRAMING_PPPOE = 3,
};

struct fib_l2tp_tunnel {
	uint16_t peer_tunnel_id;
	struct endpoint local, peer;
	bool udp_checksum;
};

struct fib_access_session {
	uint16_t peer_session_id;
	enum fib_session_role role;
	char interface[FIB_IFNAME_LEN];
	enum fib_framing framing;
	struct {
		uint8_t mac[6];
		uint16_t session_id;
		uint8_t n_vlans;
		uint16_t vlan[FIB_MAX_VLANS]; /* outermost first */
	} pppoe;
	bool unicast;
	uint32_t maximum_packet;
	bool sequencing, drop_late;
};

/** RFC 4045 6.3. */
enum fib_priority {
	FIB_BEST_EFFORT = 0,
	FIB_UNICAST_FIRST = 1,
	FIB_MULTICAST_FIRST = 2,
};

struct fib_member {
	uint16_t session_id;
	enum fib_priority priority;
};

struct fib_l2tp_replication {
	size_t n_members;
	struct fib_member *members; /* owned */
	bool drop_late;
};

enum fib_branch_kind {
	FIB_BRANCH_MULTICAST_SESSION = 1,
	FIB_BRANCH_UNICAST_SESSION = 2,
};

struct fib_flow_branch {
	enum fib_branch_kind kind;
	uint16_t tunnel_id, session_id;
	/* multicast session only */
	uint16_t peer_session_id;
	bool sequencing, length;
	uint32_t maximum_bps, maximum_packet; /* 0: none */
};

struct fib_l2tp_flow {
	char upstream_interface[FIB_IFNAME_LEN];
	size_t n_branches;
	struct fib_flow_branch *branches; /* owned */
};

/** RFC 3443. */
enum fib_ttl {
	FIB_TTL_UNIFORM = 1,
	FIB_TTL_PIPE = 2,
};

enum fib_payload {
	FIB_PAYLOAD_ANY = 0, /* IPv4 or IPv6 */
	FIB_PAYLOAD_IPV4 = 1,
	FIB_PAYLOAD_IPV6 = 2,
	FIB_PAYLOAD_UNKNOWN = 255, /* received, and not known to this side */
};

struct fib_p2mp_branch {
	char interface[FIB_IFNAME_LEN];
	struct addr next_hop;
	uint8_t n_labels;
	uint32_t labels[FIB_MAX_LABELS]; /* outermost first */
	bool multicast;			 /* to all LSRs of the interface; no next hop */
};

struct fib_p2mp_ilm {
	size_t n_branches;
	struct fib_p2mp_branch *branches;     /* owned */
	char local_interface[FIB_IFNAME_LEN]; /* "": nothing is taken from the LSP here */
	enum fib_ttl ttl;		      /* counts only with a local interface */
	enum fib_payload payload;
};

struct fib_p2mp_ftn {
	char upstream_interface[FIB_IFNAME_LEN];
	size_t n_branches;
	struct fib_p2mp_branch *branches; /* owned */
	enum fib_ttl ttl;
};

/** Value of an object; which member counts follows from the key's table. */
union fib_value {
	struct fib_l2tp_tunnel l2tp_tunnel;
	struct fib_access_session access_session;
	struct fib_l2tp_replication l2tp_replication;
	struct fib_l2tp_flow l2tp_flow;
	struct fib_p2mp_ilm p2mp_ilm;
	struct fib_p2mp_ftn p2mp_ftn;
};

/** One operation of an Update. */
struct fib_op {
	struct fib_key key;
	uint64_t generation;
	bool deleted;
	union fib_value value; /* owned, unless deleted */
};

enum fib_result {
	FIB_INSTALLED = 1,
	FIB_FAILED = 2,
	FIB_UNSUPPORTED = 3,
	FIB_REMOVED = 4,
};

struct fib_status {
	struct fib_key key;
	uint64_t generation;
	enum fib_result result;
	uint32_t code;
	char text[FIB_TEXT_LEN];
};

struct fib_activity {
	struct fib_key key;
	uint64_t packets, bytes, copies, copied_bytes, drops, idle_ms;
};

enum fib_role {
	FIB_PRIMARY = 1,
	FIB_OBSERVER = 2,
};

struct fib_capabilities {
	bool l2tp_replication, unicast_sessions, activity;
	uint32_t maximum_branches; /* 0: no limit */
	bool mpls_p2mp, mpls_context;
	bool priority, maximum_bps, sequencing; /* objects that want it come without, too */
};

enum fib_bye_code {
	FIB_BYE_SHUTDOWN = 1,
	FIB_BYE_VERSION = 2,
	FIB_BYE_DUPLICATE_NAME = 3,
	FIB_BYE_PROTOCOL = 4,
	FIB_BYE_RESYNC = 5,
	FIB_BYE_ADMIN = 6,
};

enum fib_msg_type { /* field numbers of Envelope.body */
	FIB_MSG_HELLO = 10,
	FIB_MSG_HELLO_ACK = 11,
	FIB_MSG_SNAPSHOT_BEGIN = 12,
	FIB_MSG_UPDATE = 13,
	FIB_MSG_SNAPSHOT_END = 14,
	FIB_MSG_ACK = 15,
	FIB_MSG_STATUS = 16,
	FIB_MSG_ACTIVITY = 17,
	FIB_MSG_PING = 18,
	FIB_MSG_PONG = 19,
	FIB_MSG_BYE = 20,
};

struct fib_hello {
	uint8_t instance_uuid[16];
	char name[FIB_NAME_LEN];
	enum fib_role role;
	uint32_t proto_min, proto_max;
	uint32_t tables; /* bit mask: 1 << table */
	uint32_t max_batch, window;
	uint64_t last_epoch, last_journal;
	struct fib_capabilities capabilities;
	char software[FIB_NAME_LEN];
};

struct fib_hello_ack {
	uint32_t proto;
	uint64_t session_id;
	uint32_t heartbeat_ms, liveness;
	bool resume;
	uint32_t hold_on_loss_s, activity_ms;
	char software[FIB_NAME_LEN];
};

/** An Envelope.  What hangs off it is owned by it: fib_msg_free(). */
struct fib_msg {
	uint64_t seq, epoch;
	enum fib_msg_type type;
	union {
		struct fib_hello hello;
		struct fib_hello_ack hello_ack;
		struct {
			enum fib_table table;
		} snapshot_begin;
		struct {
			size_t n_ops;
			struct fib_op *ops;
			uint64_t journal;
		} update;
		struct {
			enum fib_table table;
			uint64_t object_count;
			bool config_complete;
		} snapshot_end;
		struct {
			uint64_t seq;
		} ack;
		struct {
			size_t n;
			struct fib_status *status;
		} status;
		struct {
			size_t n;
			struct fib_activity *activity;
		} activity;
		struct {
			uint64_t stamp;
		} ping, pong;
		struct {
			enum fib_bye_code code;
			char text[FIB_TEXT_LEN];
		} bye;
	};
};

struct fib_key fib_key_l2tp_tunnel(uint16_t tunnel_id);
struct fib_key fib_key_access_session(uint16_t tunnel_id, uint16_t session_id);
struct fib_key fib_key_l2tp_replication(uint16_t tunnel_id, uint16_t session_id);
/** source NULL or ADDR_ANY: every source without an object of its own. */
struct fib_key fib_key_l2tp_flow(const char *vrf, const struct addr *group,
				 const struct addr *source);
struct fib_key fib_key_p2mp_ilm(uint32_t label);
/** A label in the context of a LAN. */
struct fib_key fib_key_p2mp_context(const char *interface, uint32_t context, uint32_t label);
/** source NULL or ADDR_ANY: every source without an object of its own. */
struct fib_key fib_key_p2mp_ftn(const char *vrf, const struct addr *group,
				const struct addr *source);

/** Text for logs: "l2tp-flow 232.1.1.1 from 10.0.0.1"; buf is returned. */
const char *fib_key_str(const struct fib_key *key, char *buf, size_t size);

const char *fib_table_name(enum fib_table table);	/**< "l2tp-flow"; "unknown" */
const char *fib_result_name(enum fib_result result);	/**< "installed"; "unknown" */
const char *fib_role_name(enum fib_role role);		/**< "primary"; "unknown" */
const char *fib_framing_name(enum fib_framing framing); /**< "raw-ip"; "unknown" */
const char *fib_priority_name(enum fib_priority p);	/**< "unicast-first"; "best-effort" */
const char *fib_ttl_name(enum fib_ttl ttl);		/**< "uniform"; "unknown" */
const char *fib_payload_name(enum fib_payload payload); /**< "any"; "unknown" */

/** Zeroed memory for what values and messages own; never NULL; released with free(). */
void *fib_alloc(size_t count, size_t size);

/** Frees what the value owns (not the value itself) and empties it. */
void fib_value_free(enum fib_table table, union fib_value *value);

/** Deep copy; *to must not own anything. */
void fib_value_copy(enum fib_table table, union fib_value *to, const union fib_value *from);

bool fib_value_equal(enum fib_table table, const union fib_value *a, const union fib_value *b);

/** Branches or members: what fib_capabilities.maximum_branches limits. */
size_t fib_value_branches(enum fib_table table, const union fib_value *value);

/**
 * True if the value has no part this side does not know; else *what names the part.  A
 * consumer answers UNSUPPORTED, it does not guess.
 */
bool fib_value_known(enum fib_table table, const union fib_value *value, const char **what);

/**
 * What the value asks for and a consumer with these capabilities does not enforce, for the
 * operator; NULL: nothing.
 */
const char *fib_value_unenforced(enum fib_table table, const union fib_value *value,
				 const struct fib_capabilities *can);

/** The object has to do with upstream-assigned labels: fib_capabilities.mpls_context. */
bool fib_needs_context(const struct fib_key *key, const union fib_value *value);

/** Octets an operation on the object takes in an Update: an upper limit. */
size_t fib_op_size(enum fib_table table, const union fib_value *value);

/** Frees what the message owns, not the message itself. */
void fib_msg_free(struct fib_msg *msg);

#endif
