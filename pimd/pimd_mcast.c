// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pimd_mcast.c - module of stock pimd that tells others about group membership.
 *
 *     pimd -M pimd_mcast[:sock=PATH][,scan=MILLISECONDS]
 *
 * It only reads.  pimd has no hooks; but it looks groups up in a hash per interface for every
 * IGMP record, with a function that the hash points to.  Ours stands in for it and notes the
 * group; when pimd is done with the packet, the group is compared with what readers know.  What
 * touches no hash (timers of sources and of filters) is found by a scan.
 *
 * The layout of pimd's structures is that of one version: in any other the module does
 * nothing.  So that it can be loaded there and say so, its references are weak.
 *
 * Readers get pimd_wire messages over a unix socket (lib/pimd_wire.h), and nothing waits for
 * them (feed.h).
 */
#include "lib/frr_compat.h"

#include <linux/mroute.h> /* for pimd's headers */
#include <sys/stat.h>
#include <sys/un.h>

#include "hash.h"
#include "module.h"

#include "pimd/pimd.h"
#include "pimd/pim_instance.h"
#include "pimd/pim_iface.h"
#include "pimd/pim_igmp.h"

#include "pimd/feed.h"
#include "pimd/noted.h"

#define SCAN_MS	    1000
#define MAX_READERS 4

struct connection {
	int fd; /* -1: none */
	struct feed_reader *reader;
	struct event *t_read, *t_write;
	uint8_t out[FEED_BUFFER];
	size_t len, sent;
};

static struct event_loop *loop;
static struct event *t_accept, *t_scan, *t_look;
static int listener = -1;
static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static unsigned long scan_ms = SCAN_MS;
static struct feed *feed;
static struct connection connections[MAX_READERS];

/* ---------------------------------------------------------------- readers */

static void connection_close(struct connection *c)
{
	event_cancel(&c->t_read);
	event_cancel(&c->t_write);
	close(c->fd);
	feed_reader_free(feed, c->reader);
	c->fd = -1;
}

static void connection_write(struct event *event);

/* What the socket takes; the rest when it takes more. */
static void connection_send(struct connection *c)
{
	while (c->sent < c->len || feed_reader_waiting(c->reader)) {
		ssize_t n;

		if (c->sent == c->len) {
			c->len = feed_reader_fill(feed, c->reader, c->out, sizeof(c->out));
			c->sent = 0;
		}
		n = send(c->fd, c->out + c->sent, c->len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			event_add_write(loop, connection_write, c, c->fd, &c->t_write);
			return;
		}
		if (n < 0) {
			connection_close(c);
			return;
		}
		c->sent += (size_t)n;
	}
}

static void connection_write(struct event *event)
{
	connection_send(EVENT_ARG(event));
}

static void tell_all(void)
{
	for (size_t i = 0; i < array_size(connections); i++)
		if (connections[i].fd >= 0 && !connections[i].t_write)
			connection_send(&connections[i]);
}

/* A reader has nothing to say: this is its end. */
static void connection_read(struct event *event)
{
	struct connection *c = EVENT_ARG(event);
	char ignored[256];
	ssize_t n = recv(c->fd, ignored, sizeof(ignored), MSG_DONTWAIT);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		event_add_read(loop, connection_read, c, c->fd, &c->t_read);
	else
		connection_close(c);
}

static void accept_reader(struct event *event)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	event_add_read(loop, accept_reader, NULL, listener, &t_accept);
	for (size_t i = 0; fd >= 0 && i < array_size(connections); i++) {
		struct connection *c = &connections[i];

		if (c->fd >= 0)
			continue;
		c->fd = fd;
		c->len = c->sent = 0;
		c->reader = feed_reader_new(feed);
		event_add_read(loop, connection_read, c, c->fd, &c->t_read);
		connection_send(c);
		return;
	}
	if (fd >= 0)
		close(fd);
}

/* ---------------------------------------------------------------- looking at pimd */

static int source_cmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

/* INCLUDE: the sources; EXCLUDE: those whose timer has run out (RFC 3376 6.2.3).  0.0.0.0
 * stands for "all others". */
static bool look_at(const struct interface *ifp, const struct gm_group *g)
{
	static struct addr sources[PIMD_WIRE_MAX_SOURCES + 1];
	struct pimd_wire_msg m = {
		.type = PIMD_WIRE_GROUP,
		.vrf = ifp->vrf->vrf_id,
		.ifindex = (uint32_t)ifp->ifindex,
		.group = addr_from_v4(&g->group_addr),
		.igmp_version = (uint8_t)g->igmp_version,
		.filter = {.exclude = g->group_filtermode_isexcl, .sources = sources},
	};
	struct gm_source *s;
	struct listnode *node;

	for (ALL_LIST_ELEMENTS_RO(g->group_source_list, node, s)) {
		if (s->source_addr.s_addr == INADDR_ANY || (m.filter.exclude && s->t_source_timer))
			continue;
		if (m.filter.n == array_size(sources))
			break;
		sources[m.filter.n++] = addr_from_v4(&s->source_addr);
	}
	if (gmp_filter_empty(&m.filter)) /* pimd keeps what nobody wants for a while */
		return feed_gone(feed, m.vrf, m.ifindex, &m.group);
	qsort(sources, m.filter.n, sizeof(sources[0]), source_cmp);
	return feed_set(feed, &m);
}

static unsigned int (*pimd_key)(const void *);
static struct noted dirty; /* with an overflow all groups are looked at */
static void look(struct event *event);

/* pimd looks this group up. */
static unsigned int noting_key(const void *arg)
{
	const struct gm_group *g = arg; /* of a key only the address is there */

	noted_add(&dirty, g->group_addr);
	event_add_event(loop, look, NULL, 0, &t_look);
	return pimd_key(arg);
}

static struct pim_interface *igmp_interface(const struct interface *ifp)
{
	struct pim_interface *p = ifp->info;

	return p && p->gm_group_hash && p->gm_group_list ? p : NULL;
}

static void stand_in(struct pim_interface *p)
{
	if (p->gm_group_hash->hash_key == noting_key)
		return;
	pimd_key = p->gm_group_hash->hash_key;
	p->gm_group_hash->hash_key = noting_key;
}

static bool look_at_interface(const struct interface *ifp, struct pim_interface *p)
{
	bool changed = false;

	stand_in(p);
	p->gm_group_hash->hash_key = pimd_key; /* our own look-ups are not to be noted */
	for (size_t i = 0; i < dirty.n; i++) {
		struct gm_group key = {.group_addr = dirty.group[i]};
		struct gm_group *g = hash_lookup(p->gm_group_hash, &key);
		struct addr group = addr_from_v4(&dirty.group[i]);

		changed |= g ? look_at(ifp, g)
			     : feed_gone(feed, ifp->vrf->vrf_id, (uint32_t)ifp->ifindex, &group);
	}
	p->gm_group_hash->hash_key = noting_key;
	return changed;
}

static bool look_at_everything(void)
{
	struct pim_interface *p;
	struct interface *ifp;
	struct listnode *node;
	struct gm_group *g;
	struct vrf *vrf;
	bool changed = false;

	feed_scan_begin(feed);
	RB_FOREACH(vrf, vrf_name_head, &vrfs_by_name)
	{
		FOR_ALL_INTERFACES (vrf, ifp) {
			p = igmp_interface(ifp);
			if (!p)
				continue;
			stand_in(p);
			for (ALL_LIST_ELEMENTS_RO(p->gm_group_list, node, g))
				changed |= look_at(ifp, g);
		}
	}
	return feed_scan_end(feed) || changed;
}

static void look(struct event *event)
{
	struct pim_interface *p;
	struct interface *ifp;
	struct vrf *vrf;
	bool changed = false;

	if (dirty.overflow) {
		changed = look_at_everything();
	} else {
		RB_FOREACH(vrf, vrf_name_head, &vrfs_by_name)
		{
			FOR_ALL_INTERFACES (vrf, ifp) {
				p = igmp_interface(ifp);
				if (p)
					changed |= look_at_interface(ifp, p);
			}
		}
	}
	noted_clear(&dirty);
	if (changed)
		tell_all();
}

static void scan(struct event *event)
{
	if (look_at_everything())
		tell_all();
	event_add_timer_msec(loop, scan, NULL, scan_ms, &t_scan);
}

/* ---------------------------------------------------------------- start */

static bool open_listener(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask = umask(0007);

	strlcpy(address.sun_path, path, sizeof(address.sun_path));
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener >= 0 && (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
			      listen(listener, MAX_READERS) < 0)) {
		close(listener);
		listener = -1;
	}
	umask(mask);
	return listener >= 0;
}

static int start(struct event_loop *master)
{
	loop = master;
	for (size_t i = 0; i < array_size(connections); i++)
		connections[i].fd = -1;
	if (!path[0]) {
		strlcpy(path, frr_runstatedir, sizeof(path));
		strlcat(path, "/" PIMD_WIRE_SOCKET, sizeof(path));
	}
	if (!open_listener()) {
		zlog_err("pimd_mcast: cannot listen on %s: %s", path, safe_strerror(errno));
		return 0;
	}
	feed = feed_new(FRR_VERSION);
	event_add_read(loop, accept_reader, NULL, listener, &t_accept);
	event_add_event(loop, scan, NULL, 0, &t_scan);
	zlog_info("pimd_mcast: group membership is told on %s", path);
	return 0;
}

static void take_arguments(const char *text)
{
	char copy[256], *word, *save;

	strlcpy(copy, text, sizeof(copy));
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (strncmp(word, "sock=", 5) == 0)
			strlcpy(path, word + 5, sizeof(path));
		else if (strncmp(word, "scan=", 5) == 0)
			scan_ms = strtoul(word + 5, NULL, 10);
		else
			zlog_err("pimd_mcast: unknown argument '%s'", word);
	}
	if (scan_ms < 10)
		scan_ms = SCAN_MS;
}

static int init(void)
{
	const struct frrmod_runtime *m;

	for (m = frrmod_list; m && strcmp(m->info->name, "pimd") != 0; m = m->next)
		;
	if (!m || strcmp(m->info->version, FRR_VERSION) != 0) {
		zlog_err("pimd_mcast: made for pimd %s, this is %s %s: not used", FRR_VERSION,
			 m ? "pimd" : "another daemon,", m ? m->info->version : "");
		return 0;
	}
	if (THIS_MODULE->load_args)
		take_arguments(THIS_MODULE->load_args);
	hook_register(frr_late_init, start);
	return 0;
}

/* clang-format off */
FRR_MODULE_SETUP(
	.name = "pimd_mcast",
	.version = FRR_VERSION,
	.description = "tells l2mcd about group membership",
	.init = init,
);
/* clang-format on */
