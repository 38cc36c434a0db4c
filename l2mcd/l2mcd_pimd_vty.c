// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_pimd_vty.c - reader of a pimd without our module: show commands at its vty socket.
 *
 * A command is its text and a zero; the answer ends in three zeros and the status.  When to read
 * is told by pimd's live log, if the operator has it log the steps of IGMP (`debug igmp
 * trace`); it is a datagram per message, and only says that something happened.  Without that,
 * and for what no message is written about, everything is read once in a while.
 *
 * pimd has one thread, and every command stops its protocols: reading takes a small part of the
 * time only, however large the tables are.
 */
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pimd.h"
#include "lib/pimd_show.h"

#include "zlog_live.h"

#define POLL_MS	     1000 /* when nobody tells */
#define POLL_TOLD_MS 5000 /* when the log does */
#define COALESCE_MS  2	  /* a report has many records, each has messages */
#define REST_FACTOR  4	  /* times the time a reading took, before the next one */
#define POLL_REST    20	  /* the same without a reason to read */
#define ANSWER_MS    10000
#define ANSWER_MAX   (64 << 20)

DEFINE_MTYPE_STATIC(L2MCD, PIMD_ANSWER, "answer of pimd");

enum step {
	STEP_ENABLE,
	STEP_VERSION,
	STEP_MONITOR,
	STEP_DEBUG,
	STEP_GROUPS,
	STEP_SOURCES,
	STEP_DETAIL,
	STEP_IDLE,
};

static const char *const commands[] = {
	[STEP_ENABLE] = "enable",
	[STEP_VERSION] = "show version",
	[STEP_MONITOR] = "terminal monitor detach",
	[STEP_DEBUG] = "show debugging",
	[STEP_GROUPS] = "show ip igmp groups",
	[STEP_SOURCES] = "show ip igmp sources",
	[STEP_DETAIL] = "show ip igmp groups detail json",
};

static struct {
	int fd, log_fd;
	enum step step;
	char *answer;
	size_t len, size;
	struct event *t_answer, *t_timeout, *t_log, *t_next, *t_poll;
	bool json;	/* FRR 9: one document */
	bool logs;	/* debug igmp trace is on */
	bool again;	/* something happened while we read */
	msec_t started; /* of the reading */
	msec_t took;
	struct pimd_rows rows;
} v = {.fd = -1, .log_fd = -1};

/* ---------------------------------------------------------------- commands */

static void answer_read(struct event *event);

static void answer_late(struct event *event)
{
	l2mcd_pimd_lost("pimd does not answer '%s'", commands[v.step]);
}

static void ask(enum step step)
{
	const char *command = commands[step];
	size_t n = strlen(command) + 1;

	v.step = step;
	v.len = 0;
	if (send(v.fd, command, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n) {
		l2mcd_pimd_lost("pimd takes no command: %s", safe_strerror(errno));
		return;
	}
	event_add_timer_msec(l2mcd_instance()->master, answer_late, NULL, ANSWER_MS, &v.t_timeout);
}

static void start_reading(bool with_debug)
{
	event_cancel(&v.t_next);
	event_cancel(&v.t_poll);
	v.again = false;
	v.started = l2mcd_now();
	pimd_rows_fini(&v.rows);
	ask(with_debug ? STEP_DEBUG : v.json ? STEP_DETAIL : STEP_GROUPS);
}

static void next_due(struct event *event)
{
	start_reading(false);
}

static void poll_due(struct event *event)
{
	start_reading(true);
}

/* Something happened in pimd. */
static void want_reading(msec_t rest)
{
	if (v.step != STEP_IDLE)
		v.again = true;
	else if (!v.t_next)
		event_add_timer_msec(l2mcd_instance()->master, next_due, NULL,
				     MAX(COALESCE_MS, rest), &v.t_next);
}

/* ---------------------------------------------------------------- the live log */

static void log_close(void)
{
	event_cancel(&v.t_log);
	if (v.log_fd >= 0)
		close(v.log_fd);
	v.log_fd = -1;
}

/* Debugging of IGMP, or messages that were lost.  Not every message: those of the commands we
 * type ourselves may be logged, too. */
static bool log_concerns(const struct zlog_live_hdr *h, const char *text, size_t len)
{
	if (h->lost_msgs)
		return true;
	if (h->prio != LOG_DEBUG)
		return false;
	return memmem(text, len, "igmp", 4) || memmem(text, len, "IGMP", 4);
}

static void log_read(struct event *event)
{
	static union {
		struct zlog_live_hdr h;
		char octets[65536];
	} buf;
	bool concerned = false;
	ssize_t n;

	event_add_read(l2mcd_instance()->master, log_read, NULL, v.log_fd, &v.t_log);
	while ((n = recv(v.log_fd, buf.octets, sizeof(buf), MSG_DONTWAIT)) > 0)
		if ((size_t)n > sizeof(buf.h) && buf.h.hdrlen <= (size_t)n)
			concerned |= log_concerns(&buf.h, buf.octets + buf.h.hdrlen,
						  (size_t)n - buf.h.hdrlen);
	if (n == 0)
		log_close();
	if (concerned)
		want_reading(REST_FACTOR * v.took);
}

/* ---------------------------------------------------------------- answers */

static void apply_rows(void)
{
	struct pimd_state *st = l2mcd_pimd_state();
	bool whole = pimd_rows_finish(&v.rows);
	msec_t now = l2mcd_now();

	pimd_state_begin(st);
	for (size_t i = 0; i < v.rows.n; i++) {
		const struct pimd_row *row = &v.rows.rows[i];
		const struct interface *ifp = if_lookup_by_name(row->interface, VRF_DEFAULT);

		if (!ifp || ifp->ifindex == IFINDEX_INTERNAL)
			continue;
		if (row->whole)
			pimd_state_set(st, (uint32_t)ifp->ifindex, &row->group, row->version,
				       &row->filter, now);
		else
			pimd_state_keep(st, (uint32_t)ifp->ifindex, &row->group);
	}
	pimd_state_end(st, now);
	v.again |= !whole;
	l2mcd_pimd_heard(true);
}

static void finish_reading(void)
{
	msec_t pause = v.logs ? POLL_TOLD_MS : POLL_MS;

	v.took = l2mcd_now() - v.started;
	v.step = STEP_IDLE;
	apply_rows();
	event_add_timer_msec(l2mcd_instance()->master, poll_due, NULL,
			     MAX(pause, POLL_REST * v.took), &v.t_poll);
	if (v.again)
		want_reading(REST_FACTOR * v.took);
}

/* "FRRouting 8.4.4 (host)." */
static void take_version(const char *text)
{
	char version[32];

	if (sscanf(text, "FRRouting %31[^ (]", version) != 1) {
		l2mcd_pimd_lost("what answers at pimd's socket does not tell its version");
		return;
	}
	v.json = atoi(version) >= 9;
	l2mcd_pimd_is(v.fd, version);
	ask(STEP_MONITOR);
}

static void take_debugging(const char *text)
{
	v.logs = v.log_fd >= 0 && strstr(text, "debug igmp trace") != NULL;
	l2mcd_pimd_trigger(v.logs ? "log" : "poll");
	ask(v.json ? STEP_DETAIL : STEP_GROUPS);
}

static void take_rows(bool ok)
{
	if (!ok)
		l2mcd_pimd_lost("the answer to '%s' is not understood", commands[v.step]);
	else if (v.step == STEP_GROUPS)
		ask(STEP_SOURCES);
	else
		finish_reading();
}

static void take_answer(const char *text)
{
	switch (v.step) {
	case STEP_ENABLE:
		ask(STEP_VERSION);
		break;
	case STEP_VERSION:
		take_version(text);
		break;
	case STEP_MONITOR:
		start_reading(true);
		break;
	case STEP_DEBUG:
		take_debugging(text);
		break;
	case STEP_GROUPS:
		take_rows(pimd_show_groups(&v.rows, text));
		break;
	case STEP_SOURCES:
		take_rows(pimd_show_sources(&v.rows, text));
		break;
	case STEP_DETAIL:
		take_rows(pimd_show_json(&v.rows, text));
		break;
	case STEP_IDLE:
		break;
	}
}

/* The socket of the live log comes beside the answer. */
static void take_fd(struct msghdr *mh)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(mh);
	int fd;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	log_close();
	v.log_fd = fd;
	event_add_read(l2mcd_instance()->master, log_read, NULL, v.log_fd, &v.t_log);
}

/* Octets read, 0: none, -1: the connection has ended. */
static ssize_t receive(void)
{
	union {
		char octets[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = v.answer + v.len, .iov_len = v.size - v.len - 1};
	struct msghdr mh = {.msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(v.fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	take_fd(&mh);
	v.len += (size_t)n;
	return n;
}

static bool answer_is_whole(void)
{
	static const char zeros[3];

	return v.len >= 4 && memcmp(v.answer + v.len - 4, zeros, sizeof(zeros)) == 0;
}

static void answer_read(struct event *event)
{
	ssize_t n;

	event_add_read(l2mcd_instance()->master, answer_read, NULL, v.fd, &v.t_answer);
	do {
		if (v.size - v.len < 65536) {
			v.size = v.size ? 2 * v.size : 1 << 18;
			v.answer = XREALLOC(MTYPE_PIMD_ANSWER, v.answer, v.size);
		}
		n = receive();
		if (n < 0 || v.size > ANSWER_MAX) {
			l2mcd_pimd_lost(n < 0 ? "pimd is gone" : "pimd's answer does not end");
			return;
		}
	} while (n > 0 && !answer_is_whole());
	if (!answer_is_whole() || v.step == STEP_IDLE)
		return;
	event_cancel(&v.t_timeout);
	v.answer[v.len - 4] = '\0';
	take_answer(v.answer);
}

/* ---------------------------------------------------------------- open and close */

static bool reader_open(struct l2mcd *d, const char *directory)
{
	v.fd = l2mcd_pimd_connect(directory, "pimd.vty");
	if (v.fd < 0)
		return false;
	v.again = v.logs = false;
	v.took = 0;
	event_add_read(d->master, answer_read, NULL, v.fd, &v.t_answer);
	ask(STEP_ENABLE);
	return v.fd >= 0;
}

static void reader_close(void)
{
	event_cancel(&v.t_answer);
	event_cancel(&v.t_timeout);
	event_cancel(&v.t_next);
	event_cancel(&v.t_poll);
	log_close();
	close(v.fd);
	v.fd = -1;
	pimd_rows_fini(&v.rows);
	XFREE(MTYPE_PIMD_ANSWER, v.answer);
	v.len = v.size = 0;
}

static void reader_wake(void)
{
	want_reading(0);
}

const struct pimd_reader l2mcd_pimd_vty = {
	.name = "vty",
	.open = reader_open,
	.close = reader_close,
	.wake = reader_wake,
};
