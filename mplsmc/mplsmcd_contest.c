// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_contest.c - a peer connects that has a connection already.
 *
 * It has restarted and the old connection is dead, or somebody pretends to be it.  The engine has
 * the old one asked (mplsmcd_io_suspect()); meanwhile the new one waits here, unread.  It takes
 * the place of the old one when that is gone, and is closed when that has proved to live.
 */
#include "mplsmc/mplsmcd_p.h"

#define AGAIN_MS 250
#define HOLD_MS	 16000 /* longer than a session takes to come up, or not */

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_CONTEST, "contested LDP connection");
PREDECL_DLIST(contests);

struct contest {
	struct contests_item item;
	struct addr peer;
	int fd;
	msec_t until;
	struct event *timer;
};

DECLARE_DLIST(contests, struct contest, item);

static struct contests_head contests[1] = {INIT_DLIST(contests[0])};

static void contest_free(struct contest *c, bool and_close)
{
	contests_del(contests, c);
	event_cancel(&c->timer);
	if (and_close)
		close(c->fd);
	XFREE(MTYPE_MPLSMCD_CONTEST, c);
}

static void refuse(struct contest *c)
{
	mplsmcd_instance()->stats.tcp_refused++;
	contest_free(c, true);
}

static bool hung_up(int fd)
{
	uint8_t octet;
	ssize_t n = recv(fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void try_again(struct event *event)
{
	struct contest *c = EVENT_ARG(event);
	struct mplsmcd *d = mplsmcd_instance();
	struct ldp_session *s = NULL;

	if (d->ldp && !hung_up(c->fd))
		s = ldp_session_accept(d->ldp, &c->peer, mplsmcd_now());
	if (s) {
		mplsmcd_io_adopt(s, c->fd, &c->peer);
		contest_free(c, false);
	} else if (!d->ldp || hung_up(c->fd) || mplsmcd_now() >= c->until ||
		   !ldp_session_contested(d->ldp, &c->peer)) {
		refuse(c);
	} else {
		event_add_timer_msec(d->master, try_again, c, AGAIN_MS, &c->timer);
	}
}

/* The last one is the one that counts: the peer has given up those before. */
void mplsmcd_contest_hold(int fd, const struct addr *peer)
{
	struct contest *c;

	frr_each_safe (contests, contests, c)
		if (addr_cmp(&c->peer, peer) == 0)
			refuse(c);
	c = XCALLOC(MTYPE_MPLSMCD_CONTEST, sizeof(*c));
	c->peer = *peer;
	c->fd = fd;
	c->until = mplsmcd_now() + HOLD_MS;
	contests_add_tail(contests, c);
	event_add_timer_msec(mplsmcd_instance()->master, try_again, c, AGAIN_MS, &c->timer);
}

void mplsmcd_contest_lives(const struct addr *peer)
{
	struct contest *c;

	frr_each_safe (contests, contests, c)
		if (addr_cmp(&c->peer, peer) == 0)
			refuse(c);
}

void mplsmcd_contest_fini(void)
{
	struct contest *c;

	while ((c = contests_first(contests)))
		contest_free(c, true);
}
