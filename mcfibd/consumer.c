// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * consumer.c - ties the parts of the agent together: sessions with daemons (fib_sub, fib_zmq),
 * objects, interfaces, programs.
 */
#include "lib/base.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fib_sub.h"
#include "lib/fib_zmq.h"
#include "mcast_config.h"

#include "mcfibd/mcfibd.h"
#include "mcfibd/consumer.h"
#include "mcfibd/objects.h"

#define BUDGET 64 /* messages each way per round */

DEFINE_MTYPE_STATIC(MCFIBD, CONSUMER, "consumer");
DEFINE_MTYPE_STATIC(MCFIBD, EXTRA_IF, "interface given by the user");

/* An interface of option -i: it gets the program whenever it is there. */
struct extra_if {
	struct extra_if *next;
	char name[16];
	int ifindex; /* 0: not there */
};

/* With one daemon. */
struct session {
	struct consumer *c;
	unsigned int daemon; /* its number for the objects */
	const char *endpoint;
	struct fib_zmq *zmq;
	struct fib_sub *sub;
	uint32_t complete; /* tables, in this session */
	bool connected, more;
};

struct consumer {
	struct consumer_params params;
	struct maps *maps;
	struct links *links;
	struct attach *attach;
	struct queues *queues;
	struct objects *objects;
	struct session sessions[CONSUMER_DAEMONS];
	struct extra_if *extra;
	bool closing;
	int lock;	      /* held while we run */
	msec_t now, up_since; /* of the first session there is, for attach_after */
};

static const struct session *sessions_end(const struct consumer *c)
{
	return c->sessions + c->params.n_endpoints;
}

/* ---------------------------------------------------------------- from the daemons */

static void apply_op(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	struct session *s = ctx;

	objects_apply(s->c->objects, s->daemon, op, status, s->c->now);
}

static void table_complete(void *ctx, enum fib_table table)
{
	struct session *s = ctx;
	struct consumer *c = s->c;

	s->complete |= 1u << table;
	for (s = c->sessions; s < sessions_end(c); s++)
		if (s->complete != FIB_TABLE_ALL)
			return;
	log_info("everything known: %zu objects", objects_count(c->objects));
	attach_go(c->attach);
}

static bool any_connected(const struct consumer *c)
{
	const struct session *s;

	for (s = c->sessions; s < sessions_end(c); s++)
		if (s->connected)
			return true;
	return false;
}

static void session_changed(void *ctx, const struct fib_hello_ack *ack)
{
	struct session *s = ctx;
	struct consumer *c = s->c;

	if (ack && !any_connected(c))
		c->up_since = c->now;
	s->connected = ack != NULL;
	s->complete = 0;
	if (ack)
		log_info("session with %s (%s)", s->endpoint, ack->software);
	else if (!c->closing)
		log_info("session with %s lost; forwarding goes on", s->endpoint);
}

static size_t activity(void *ctx, struct fib_activity *a, size_t max)
{
	struct session *s = ctx;

	return objects_activity(s->c->objects, s->daemon, a, max, s->c->now);
}

static const struct fib_sub_ops sub_ops = {
	.apply = apply_op,
	.complete = table_complete,
	.session = session_changed,
	.activity = activity,
};

/* ---------------------------------------------------------------- from the kernel */

static void extra_link(struct consumer *c, struct extra_if *e)
{
	const struct link *link = links_by_name(c->links, e->name);
	int ifindex = link && (link_is_raw(link) || link_is_ethernet(link)) ? link->ifindex : 0;

	if (ifindex == e->ifindex)
		return;
	if (e->ifindex)
		attach_release(c->attach, e->ifindex, MAPS_TUNNEL_IN);
	e->ifindex = ifindex;
	if (ifindex)
		attach_use(c->attach, link, MAPS_TUNNEL_IN);
}

static void link_changed(void *ctx, const char *name)
{
	struct consumer *c = ctx;
	struct extra_if *e;

	for (e = c->extra; e; e = e->next) {
		if (!strcmp(e->name, name))
			extra_link(c, e);
	}
	objects_link(c->objects, name, c->now);
}

static void nexthop_changed(void *ctx, struct nexthop *nh)
{
	struct consumer *c = ctx;

	objects_nexthop(c->objects, nh, c->now);
}

static const struct links_ops link_ops = {
	.link = link_changed,
	.nexthop = nexthop_changed,
};

static void status_changed(void *ctx, unsigned int daemon, const struct fib_status *status)
{
	struct consumer *c = ctx;

	if (c->sessions[daemon].sub)
		fib_sub_status(c->sessions[daemon].sub, status);
}

/* ---------------------------------------------------------------- running */

static void attach_timeout(struct consumer *c)
{
	if (attach_held(c->attach) && any_connected(c) && c->params.attach_after &&
	    c->now >= c->up_since + c->params.attach_after) {
		log_info("not all daemons are complete yet; attaching all the same");
		attach_go(c->attach);
	}
}

void consumer_run(struct consumer *c, msec_t now)
{
	struct session *s;

	c->now = now;
	links_input(c->links, now);
	links_run(c->links, now);
	for (s = c->sessions; s < sessions_end(c); s++) {
		fib_sub_run(s->sub, now);
		s->more = fib_zmq_consume(s->zmq, s->sub, now, BUDGET);
	}
	objects_run(c->objects, now);
	attach_timeout(c);
	maps_grace(c->maps);
}

static msec_t sooner(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

msec_t consumer_deadline(const struct consumer *c)
{
	msec_t at = links_deadline(c->links);
	const struct session *s;

	at = sooner(at, objects_deadline(c->objects));
	for (s = c->sessions; s < sessions_end(c); s++) {
		if (s->more)
			return 0;
		at = sooner(at, fib_sub_deadline(s->sub));
	}
	if (attach_held(c->attach) && any_connected(c) && c->params.attach_after)
		at = sooner(at, c->up_since + c->params.attach_after);
	return at;
}

unsigned int consumer_fds(const struct consumer *c, int fds[CONSUMER_FDS])
{
	const struct session *s;
	unsigned int n = 0;

	fds[n++] = links_fd(c->links);
	fds[n++] = maps_grace_fd(c->maps);
	for (s = c->sessions; s < sessions_end(c); s++)
		fds[n++] = fib_zmq_fd(s->zmq);
	return n;
}

/* ---------------------------------------------------------------- life */

static bool open_session(struct consumer *c, unsigned int i, const char **error)
{
	struct session *s = &c->sessions[i];
	struct fib_sub_params p = {
		.role = FIB_PRIMARY,
		.tables = FIB_TABLE_ALL,
		.capabilities = {.l2tp_replication = true,
				 .unicast_sessions = true,
				 .activity = true,
				 .mpls_p2mp = true,
				 .mpls_context = true,
				 .priority = true,
				 .maximum_bps = true,
				 .sequencing = true},
	};

	name_copy(p.name, c->params.name, sizeof(p.name));
	name_copy(p.software, "mcfibd " PACKAGE_VERSION, sizeof(p.software));
	if (getrandom(p.instance_uuid, sizeof(p.instance_uuid), 0) < 0) {
		*error = strerror(errno);
		return false;
	}
	*s = (struct session){.c = c, .daemon = i, .endpoint = c->params.endpoints[i]};
	s->zmq = fib_zmq_connect(s->endpoint, NULL, error);
	if (!s->zmq)
		return false;
	s->sub = fib_sub_new(&p, &sub_ops, s, c->now);
	return true;
}

/* Two agents would take the filters away from each other.  A name in the abstract space belongs
 * to the network namespace, as the filters do, and goes with the process. */
static bool only_one(struct consumer *c, const char **error)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0mcfibd"};

	c->lock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->lock >= 0 &&
	    bind(c->lock, (struct sockaddr *)&name,
		 offsetof(struct sockaddr_un, sun_path) + sizeof("\0mcfibd") - 1) == 0)
		return true;
	*error = errno == EADDRINUSE ? "another mcfibd runs in this network namespace"
				     : strerror(errno);
	return false;
}

static bool open_parts(struct consumer *c, const char **error)
{
	unsigned int i;
	struct maps_params mp = {
		.max_objects = c->params.max_objects,
		.max_branches = c->params.max_branches,
		.drop_unknown_labels = c->params.drop_unknown_labels,
	};

	if (!only_one(c, error))
		return false;
	c->maps = maps_open(&mp);
	if (!c->maps) {
		*error = errno == EPERM ? "loading eBPF programs is not permitted: not root?"
					: "the kernel refused the eBPF programs (-vv shows why)";
		return false;
	}
	c->links = links_open(&link_ops, c);
	if (!c->links) {
		*error = strerror(errno);
		return false;
	}
	c->attach = attach_new(c->maps, c->links);
	c->queues = queues_new(c->params.no_queues);
	c->objects = objects_new(c->maps, c->links, c->attach, c->queues, status_changed, c);
	for (i = 0; i < c->params.n_endpoints; i++) {
		if (!open_session(c, i, error))
			return false;
	}
	return true;
}

struct consumer *consumer_new(const struct consumer_params *params, msec_t now, const char **error)
{
	struct consumer *c = XCALLOC(MTYPE_CONSUMER, sizeof(*c));

	c->params = *params;
	c->now = now;
	if (open_parts(c, error))
		return c;
	consumer_free(c, true, now);
	return NULL;
}

bool consumer_add_tunnel_interface(struct consumer *c, const char *name)
{
	struct extra_if *e;

	if (strlen(name) >= sizeof(e->name))
		return false;
	e = XCALLOC(MTYPE_EXTRA_IF, sizeof(*e));
	name_copy(e->name, name, sizeof(e->name));
	e->next = c->extra;
	c->extra = e;
	extra_link(c, e);
	return true;
}

static void close_session(struct session *s, msec_t now)
{
	if (s->sub) {
		fib_sub_bye(s->sub, now);
		fib_zmq_consume(s->zmq, s->sub, now, BUDGET);
		fib_sub_free(s->sub);
		s->sub = NULL;
	}
	if (s->zmq)
		fib_zmq_close(s->zmq);
}

void consumer_free(struct consumer *c, bool keep, msec_t now)
{
	struct extra_if *e;
	struct session *s;

	c->closing = true;
	for (s = c->sessions; s < sessions_end(c); s++)
		close_session(s, now);
	while ((e = c->extra) != NULL) {
		c->extra = e->next;
		XFREE(MTYPE_EXTRA_IF, e);
	}
	if (c->objects)
		objects_free(c->objects);
	if (c->attach)
		attach_free(c->attach, !keep);
	if (c->queues)
		queues_free(c->queues, !keep);
	links_close(c->links);
	maps_close(c->maps);
	if (c->lock >= 0)
		close(c->lock);
	XFREE(MTYPE_CONSUMER, c);
}

/* ---------------------------------------------------------------- dump */

static void dump_global(struct consumer *c, FILE *to)
{
	struct mcf_global g;
	struct maps_usage u;

	maps_global_counters(c->maps, &g);
	maps_usage(c->maps, &u);
	fprintf(to,
		" \"packets\": {\"unknown_flow\": %llu, \"wrong_peer\": %llu, \"not_ip\": %llu, "
		"\"gso\": %llu, \"arp\": %llu, \"checksum\": %llu, \"unknown_label\": %llu, "
		"\"unknown_context\": %llu},\n",
		g.unknown_flow, g.wrong_peer, g.not_ip, g.gso, g.arp, g.checksum, g.unknown_label,
		g.unknown_context);
	fprintf(to,
		" \"maps\": {\"objects\": %u, \"max_objects\": %u, \"branches\": %u, "
		"\"max_branches\": %u, \"sequences\": %u},\n",
		u.objects, u.max_objects, u.branches, u.max_branches, u.seqs);
}

/* "connected" and the like: with all daemons; counters: of all of them. */
static void dump_sessions(struct consumer *c, FILE *to)
{
	bool connected = true, complete = true;
	uint64_t updates = 0, ops = 0;
	const struct session *s;

	for (s = c->sessions; s < sessions_end(c); s++) {
		struct fib_sub_info info;

		fib_sub_info(s->sub, &info);
		connected = connected && info.connected;
		complete = complete && info.complete;
		updates += info.rx_updates;
		ops += info.rx_ops;
	}
	fprintf(to,
		"{\"connected\": %s, \"complete\": %s, \"held\": %s, \"filters\": %zu, "
		"\"updates\": %" PRIu64 ", \"operations\": %" PRIu64 ",\n",
		connected ? "true" : "false", complete ? "true" : "false",
		attach_held(c->attach) ? "true" : "false", attach_count(c->attach), updates, ops);
}

void consumer_dump(struct consumer *c, FILE *to)
{
	dump_sessions(c, to);
	dump_global(c, to);
	fprintf(to, " \"queues\": ");
	queues_dump(c->queues, c->links, to);
	fprintf(to, ",\n \"objects\": ");
	objects_dump(c->objects, to);
	fprintf(to, "}\n");
	fflush(to);
}
