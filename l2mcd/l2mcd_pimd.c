// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_pimd.c - membership source `pimd`; see l2mcd_pimd.h.
 *
 * pimd runs `ip igmp`, and not `ip pim`, on the session interfaces: it keeps their group state
 * and forwards nothing there.  It has room for the kernel's 32 multicast interfaces: a call
 * whose session would be beyond is refused.  MLD stays with this daemon.
 */
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pimd.h"
#include "lib/vif_table.h"

#include <sys/un.h>

#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 2000

static struct pimd_state *state;
static const struct pimd_reader *reader;
static struct event *t_retry;
static unsigned long retry_ms = RETRY_MIN_MS;
static pid_t pimd_pid;
static bool no_module; /* of the pimd that runs */
static struct l2mcd_pimd_info info;

struct pimd_state *l2mcd_pimd_state(void)
{
	return state;
}

/* ---------------------------------------------------------------- what readers tell */

static void changed(void *arg, const struct pimd_membership *m)
{
	struct l2mcd_session *s = l2mcd_lns_by_ifindex((ifindex_t)m->ifindex);

	info.events++;
	info.last_event = l2mcd_now();
	if (s)
		l2mcd_membership_changed(s, &m->group, &m->filter);
}

void l2mcd_pimd_heard(bool snapshot)
{
	if (snapshot) {
		info.snapshots++;
		info.last_snapshot = l2mcd_now();
	}
	retry_ms = RETRY_MIN_MS;
	l2mcd_kick();
}

void l2mcd_pimd_trigger(const char *trigger)
{
	info.trigger = trigger;
}

void l2mcd_pimd_is(int fd, const char *version)
{
	struct ucred peer = {};
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid != pimd_pid) {
		if (pimd_pid) {
			zlog_notice("pimd was restarted: memberships are held for %d s",
				    PIMD_STATE_HOLD_MS / MSEC_PER_S);
			pimd_state_restarted(state, l2mcd_now());
		}
		pimd_pid = peer.pid;
	}
	strlcpy(info.version, version, sizeof(info.version));
	zlog_info("memberships come from pimd %s, read by %s", info.version, reader->name);
}

/* ---------------------------------------------------------------- connections */

static void note_error(const char *fmt, va_list ap)
{
	char text[sizeof(info.error)];

	vsnprintfrr(text, sizeof(text), fmt, ap);
	if (strcmp(text, info.error) != 0 || info.connected)
		zlog_warn("memberships from pimd: %s", text);
	strlcpy(info.error, text, sizeof(info.error));
	info.last_error = l2mcd_now();
}

static void retry(struct event *event);

static void close_reader(void)
{
	if (reader)
		reader->close();
	reader = NULL;
	info.connected = 0;
	info.trigger = "";
}

void l2mcd_pimd_lost(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_error(fmt, ap);
	va_end(ap);
	if (reader == &l2mcd_pimd_vty)
		no_module = false; /* the next pimd may have it */
	close_reader();
	event_add_timer_msec(l2mcd_instance()->master, retry, NULL, retry_ms, &t_retry);
}

void l2mcd_pimd_no_module(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_error(fmt, ap);
	va_end(ap);
	no_module = true;
	close_reader();
	event_add_timer_msec(l2mcd_instance()->master, retry, NULL, 0, &t_retry);
}

int l2mcd_pimd_connect(const char *directory, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strlcpy(a.sun_path, directory, sizeof(a.sun_path));
	strlcat(a.sun_path, "/", sizeof(a.sun_path));
	strlcat(a.sun_path, name, sizeof(a.sun_path));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool open_reader(struct l2mcd *d, const struct pimd_reader *r)
{
	reader = r;
	if (r->open(d, l2mcd_run_directory()))
		return true;
	reader = NULL;
	return false;
}

static void retry(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();

	if ((!no_module && open_reader(d, &l2mcd_pimd_module)) || open_reader(d, &l2mcd_pimd_vty)) {
		info.reader = reader->name;
		info.connected = l2mcd_now();
		info.connects++;
		return;
	}
	retry_ms = MIN(2 * retry_ms, RETRY_MAX_MS);
	l2mcd_pimd_lost("pimd does not answer in %s: %s", l2mcd_run_directory(),
			safe_strerror(errno));
}

static void enable(struct l2mcd *d)
{
	memset(&info, 0, sizeof(info));
	info.reader = info.trigger = "";
	state = pimd_state_new(changed, NULL, &d->wheel);
	pimd_state_limit(state, d->config.multicast.maximum_groups);
	pimd_pid = 0;
	retry_ms = RETRY_MIN_MS;
	event_add_event(d->master, retry, NULL, 0, &t_retry);
}

static void disable(struct l2mcd *d)
{
	event_cancel(&t_retry);
	close_reader();
	pimd_state_free(state);
	state = NULL;
}

/* ---------------------------------------------------------------- room for sessions */

struct room {
	const struct vif_table *vifs;
	const char *except;
	size_t waiting; /* sessions without a multicast interface */
};

static void count_waiting(void *arg, struct l2mcd_session *s)
{
	struct room *r = arg;

	if (!s->lac && s->interface[0] && !vif_table_has(r->vifs, s->interface) &&
	    strcmp(s->interface, r->except) != 0)
		r->waiting++;
}

static size_t waiting(const struct vif_table *vifs, const char *except)
{
	struct room r = {.vifs = vifs, .except = except};

	l2mcd_sessions_walk(count_waiting, &r);
	return r.waiting;
}

/*
 * Each interface with `ip igmp` takes one of the kernel's multicast interfaces, and so do l2mc0,
 * the uplinks and PIM's own; pimd itself does not mind their number.
 */
static const char *refuse(struct l2mcd *d, const char *interface)
{
	static char why[128];
	struct vif_table vifs;
	size_t used;

	if (!vif_table_read(&vifs) || vif_table_has(&vifs, interface))
		return NULL;
	used = vifs.n + waiting(&vifs, interface) + !vif_table_has(&vifs, "pimreg") +
	       !vif_table_has(&vifs, d->config.multicast.upstream_interface);
	if (used < VIF_TABLE_MAX)
		return NULL;
	snprintf(why, sizeof(why), "%s would be more than the kernel's %u multicast interfaces",
		 interface, VIF_TABLE_MAX);
	return why;
}

/* ---------------------------------------------------------------- sessions */

struct walk {
	membership_fn *fn;
	void *arg;
	struct l2mcd_session *s;
};

static void walk_one(void *arg, const struct pimd_membership *m)
{
	const struct walk *w = arg;
	const struct gmp_group_info g = {
		.group = m->group,
		.exclude = m->filter.exclude,
		.version = m->version,
		.timer_ms = -1, /* pimd's affair */
		.since = m->since,
		.filter = m->filter,
	};

	w->fn(w->arg, &g);
}

static void walk(const struct l2mcd_session *s, membership_fn *fn, void *arg)
{
	struct walk w = {.fn = fn, .arg = arg};

	if (s->ifindex)
		pimd_state_walk(state, (uint32_t)s->ifindex, walk_one, &w);
	l2mcd_querier_walk(s, L2MCD_MLD, fn, arg);
}

static void tell(void *arg, const struct gmp_group_info *g)
{
	l2mcd_membership_changed(arg, &g->group, &g->filter);
}

static void start(struct l2mcd *d, struct l2mcd_session *s, const struct interface *ifp)
{
	l2mcd_querier_start(d, s, ifp, L2MCD_MLD);
	pimd_state_limit(state, d->config.multicast.maximum_groups);
	walk(s, tell, s);
	if (reader)
		reader->wake();
}

static void stop(struct l2mcd_session *s)
{
	l2mcd_querier_stop(s, L2MCD_MLD);
}

/*
 * pimd's queries went nowhere so far, and the next one may be two minutes away; a host that
 * joined before says so when it is asked.  This one query is as pimd's: from the same address.
 */
static void reached(struct l2mcd_session *s)
{
	const struct interface *ifp = l2mcd_interface_up(s->interface);
	struct gmp_router_params p;
	struct gmp_msg query;

	l2mcd_querier_reached(s, L2MCD_MLD);
	if (!ifp)
		return;
	gmp_router_params_default(&p, false);
	query = (struct gmp_msg){
		.type = GMP_QUERY,
		.version = 3,
		.src = l2mcd_interface_address(ifp, false),
		.group = ADDR_ANY,
		.max_resp_ms = p.response_interval_ms,
		.qrv = p.robustness,
		.qqi_ms = p.query_interval_ms,
	};
	l2mcd_tap_send(s, &query);
}

const struct membership_source l2mcd_membership_pimd = {
	.name = "pimd",
	.enable = enable,
	.disable = disable,
	.refuse = refuse,
	.start = start,
	.stop = stop,
	.reached = reached,
	.walk = walk,
};

void l2mcd_pimd_info(struct l2mcd_pimd_info *i)
{
	struct vif_table vifs;

	*i = info;
	i->groups = pimd_state_count(state);
	i->held = pimd_state_held(state);
	if (!reader)
		i->reader = "";
	if (!vif_table_read(&vifs))
		return;
	i->vifs = vifs.n;
	i->vifs_max = VIF_TABLE_MAX;
	i->unserved = waiting(&vifs, "");
}
