// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_io.c - LDP over UDP and TCP (RFC 5036 2.4, 2.5; RFC 6720; 2.9: TCP MD5).
 *
 * Port 646 may be shared with an ldpd of the router: Hellos are multicast and reach both, and
 * sessions are told apart by the transport address, to which the TCP sockets are bound
 * (A-mLDP-9).
 */
#include "mplsmc/mplsmcd_p.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#define READ_BUDGET    64
#define WRITE_PIECES   64
#define LISTEN_AGAIN_S 5
#define SUSPECT_MS     3000 /* for an acknowledgement: four transmissions on a usual link */
#define JIFFIES_MS     50   /* the kernel's clock is that coarse; nobody restarts so quickly */
/* Octets a peer may leave unread before it is given up.  A session that comes up brings a
 * mapping of some 60 octets for every LSP at once: room for a million of them. */
#define MAX_BACKLOG    (64 << 20)

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_CONNECTION, "LDP connection");
DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_SIGNATURE, "TCP MD5 password of the listener");

struct mplsmcd_connection {
	struct ldp_session *session;
	int fd;
	bool connecting, closing, overrun;
	struct event *t_read, *t_write, *t_suspect;
	msec_t suspected; /* since */
	struct stream_fifo *out;
	size_t backlog;
};

static int udp = -1, listener = -1;
static struct addr bound_transport;
static bool not_listening; /* somebody else does, or the address is not here */
static struct event *t_udp, *t_listen, *t_again;
/* what the listener was told */
static struct mplsmcd_neighbours_head signatures = INIT_SORTLIST_UNIQ(signatures);

static struct sockaddr_in sockaddr_of(const struct addr *a, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};

	memcpy(&sin.sin_addr, addr_octets(a), 4);
	return sin;
}

/* ---------------------------------------------------------------- Hellos */

static unsigned int arrived_on(struct msghdr *mh)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			return ((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex;
	return 0;
}

static void udp_read(struct event *event)
{
	struct mplsmcd *d = mplsmcd_instance();

	event_add_read(d->master, udp_read, NULL, udp, &t_udp);
	for (int i = 0; i < READ_BUDGET; i++) {
		char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
		static uint8_t buf[LDP_DEFAULT_MAX_PDU];
		struct sockaddr_in from;
		struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
		struct msghdr mh = {.msg_name = &from,
				    .msg_namelen = sizeof(from),
				    .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(udp, &mh, MSG_DONTWAIT);
		char text[ADDR_STRLEN];
		struct addr src;

		if (n < 0)
			break;
		d->stats.udp_rx++;
		src = addr_from_v4(&from.sin_addr);
		MPLSMCD_DEBUG(discovery, "%zd octets from %s on %s", n, addr_str(&src, text),
			      ifindex2ifname(arrived_on(&mh), VRF_DEFAULT));
		if (d->ldp)
			ldp_hello_input(d->ldp, arrived_on(&mh), &src, (struct span){buf, n},
					mplsmcd_now());
	}
	mplsmcd_kick();
}

void mplsmcd_io_send_hello(unsigned int ifindex, struct span data)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(LDP_PORT),
				 .sin_addr.s_addr = htonl(INADDR_ALLRTRS_GROUP)};
	struct ip_mreqn mreq = {.imr_ifindex = ifindex};

	if (udp < 0 || setsockopt(udp, IPPROTO_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)) < 0 ||
	    sendto(udp, data.p, data.len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) < 0)
		d->stats.udp_errors++;
	else
		d->stats.udp_tx++;
}

void mplsmcd_io_interface(unsigned int ifindex, bool add)
{
	struct ip_mreqn mreq = {.imr_ifindex = ifindex,
				.imr_multiaddr.s_addr = htonl(INADDR_ALLRTRS_GROUP)};

	if (udp >= 0)
		setsockopt(udp, IPPROTO_IP, add ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &mreq,
			   sizeof(mreq));
}

static int open_udp(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(LDP_PORT)};
	int fd = -1, one = 1, zero = 0, r = -1;

	frr_with_privs (&mplsmcd_privs) {
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
			setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
			setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &zero, sizeof(zero));
			setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &one, sizeof(one));
			/* only what is sent to a group this socket has joined */
			setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero));
			r = bind(fd, (struct sockaddr *)&any, sizeof(any));
		}
	}
	if (fd >= 0 && r < 0) {
		zlog_err("cannot listen on UDP port %u: %s", LDP_PORT, safe_strerror(errno));
		close(fd);
		fd = -1;
	}
	return fd;
}

/* ---------------------------------------------------------------- connections */

static const struct mplsmcd_neighbour *neighbour_of(const struct addr *peer)
{
	return mplsmcd_neighbour_find(&mplsmcd_instance()->config, peer);
}

static void set_options(int fd, const struct addr *peer, bool ttl255)
{
	const struct mplsmcd_neighbour *n = neighbour_of(peer);
	struct sockaddr_in sin = sockaddr_of(peer, 0);
	union sockunion su;
	int one = 1, ttl = 255, tos = 0xc0;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	if (ttl255) { /* RFC 6720 2.3 */
		setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
		setsockopt(fd, IPPROTO_IP, IP_MINTTL, &ttl, sizeof(ttl));
	}
	if (n && n->password[0]) {
		memset(&su, 0, sizeof(su));
		su.sin = sin;
		sockopt_tcp_signature(fd, &su, n->password);
	}
}

static void connection_free(struct mplsmcd_connection *c)
{
	if (c->session)
		mplsmcd_peer_of(c->session)->connection = NULL;
	event_cancel(&c->t_read);
	event_cancel(&c->t_write);
	event_cancel(&c->t_suspect);
	stream_fifo_free(c->out);
	close(c->fd);
	XFREE(MTYPE_MPLSMCD_CONNECTION, c);
}

static void connection_lost(struct mplsmcd_connection *c, const char *why)
{
	struct ldp_session *s = c->session;

	if (c->overrun)
		why = "does not read what we send";
	connection_free(c);
	if (s)
		ldp_session_closed(s, why, mplsmcd_now());
	mplsmcd_kick();
}

static void tcp_read(struct event *event)
{
	struct mplsmcd_connection *c = EVENT_ARG(event);
	static uint8_t buf[65536];
	ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		connection_lost(c, n ? safe_strerror(errno) : "closed by the peer");
		return;
	}
	event_add_read(mplsmcd_instance()->master, tcp_read, c, c->fd, &c->t_read);
	if (n > 0 && c->session) /* may free the connection */
		ldp_session_input(c->session, (struct span){buf, n}, mplsmcd_now());
	mplsmcd_kick();
}

static void tcp_write(struct event *event);

/* As much of the queue as goes into one call; -1 and errno. */
static ssize_t send_some(struct mplsmcd_connection *c)
{
	struct iovec iov[WRITE_PIECES];
	struct msghdr mh = {.msg_iov = iov};

	for (struct stream *s = stream_fifo_head(c->out); s && mh.msg_iovlen < WRITE_PIECES;
	     s = s->next)
		iov[mh.msg_iovlen++] =
			(struct iovec){.iov_base = stream_pnt(s), .iov_len = STREAM_READABLE(s)};
	return sendmsg(c->fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void sent(struct mplsmcd_connection *c, size_t n)
{
	c->backlog -= n;
	while (n) {
		struct stream *s = stream_fifo_head(c->out);
		size_t some = n < STREAM_READABLE(s) ? n : STREAM_READABLE(s);

		n -= some;
		stream_forward_getp(s, some);
		if (!STREAM_READABLE(s))
			stream_free(stream_fifo_pop(c->out));
	}
}

static void flush(struct mplsmcd_connection *c)
{
	while (stream_fifo_head(c->out)) {
		ssize_t n = send_some(c);

		if (n < 0) {
			if (errno == EAGAIN || errno == EINTR)
				break;
			connection_lost(c, safe_strerror(errno));
			return;
		}
		sent(c, n);
	}
	if (stream_fifo_head(c->out))
		event_add_write(mplsmcd_instance()->master, tcp_write, c, c->fd, &c->t_write);
	else if (c->closing)
		connection_free(c);
}

static void connect_done(struct mplsmcd_connection *c)
{
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		connection_lost(c, safe_strerror(error));
		return;
	}
	c->connecting = false;
	event_add_read(mplsmcd_instance()->master, tcp_read, c, c->fd, &c->t_read);
	if (c->session)
		ldp_session_connected(c->session, mplsmcd_now());
	mplsmcd_kick();
}

static void tcp_write(struct event *event)
{
	struct mplsmcd_connection *c = EVENT_ARG(event);

	if (c->connecting)
		connect_done(c);
	else
		flush(c);
}

static struct mplsmcd_connection *connection_new(struct ldp_session *s, int fd)
{
	struct mplsmcd_connection *c = XCALLOC(MTYPE_MPLSMCD_CONNECTION, sizeof(*c));

	c->session = s;
	c->fd = fd;
	c->out = stream_fifo_new();
	mplsmcd_peer_of(s)->connection = c;
	return c;
}

static void refused(struct event *event)
{
	struct mplsmcd_peer *p = EVENT_ARG(event);

	ldp_session_closed(p->session, "cannot connect", mplsmcd_now());
	mplsmcd_kick();
}

void mplsmcd_io_connect(struct ldp_session *s, const struct addr *peer, bool ttl255)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct sockaddr_in from = sockaddr_of(&bound_transport, 0),
			   to = sockaddr_of(peer, LDP_PORT);
	struct mplsmcd_connection *c;
	int fd = -1, r = -1;

	frr_with_privs (&mplsmcd_privs) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0) {
			set_options(fd, peer, ttl255);
			if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0)
				r = connect(fd, (struct sockaddr *)&to, sizeof(to));
			if (r < 0 && errno == EINPROGRESS)
				r = 0;
		}
	}
	if (r < 0) {
		d->stats.tcp_errors++;
		if (fd >= 0)
			close(fd);
		/* not from inside the engine's callback */
		event_add_event(d->master, refused, mplsmcd_peer_of(s), 0,
				&mplsmcd_peer_of(s)->t_refused);
		return;
	}
	c = connection_new(s, fd);
	c->connecting = true;
	event_add_write(d->master, tcp_write, c, fd, &c->t_write);
}

void mplsmcd_io_write(struct ldp_session *s, struct span data)
{
	struct mplsmcd_connection *c = mplsmcd_peer_of(s)->connection;
	struct stream *out;

	if (!c || c->closing)
		return;
	if (c->backlog + data.len > MAX_BACKLOG) {
		if (!c->overrun)
			mplsmcd_instance()->stats.tcp_errors++;
		c->overrun = true;
		shutdown(c->fd, SHUT_RDWR); /* the read event reports it */
		return;
	}
	out = stream_new(data.len);
	stream_put(out, data.p, data.len);
	stream_fifo_push(c->out, out);
	c->backlog += data.len;
	if (!c->t_write)
		event_add_write(mplsmcd_instance()->master, tcp_write, c, c->fd, &c->t_write);
}

void mplsmcd_io_forget(struct mplsmcd_peer *p)
{
	struct mplsmcd_connection *c = p->connection;

	event_cancel(&p->t_refused);
	if (!c)
		return;
	/* what is queued is still sent: it says why */
	c->session = NULL;
	p->connection = NULL;
	c->closing = true;
	event_cancel(&c->t_read);
	if (c->connecting)
		connection_free(c);
	else
		flush(c); /* now: the daemon may be about to end */
}

void mplsmcd_io_close(struct ldp_session *s)
{
	mplsmcd_io_forget(mplsmcd_peer_of(s));
}

/* ---------------------------------------------------------------- alive or dead? */

/* A reset does not tell: with TTL 255 required, the kernel drops the one that the kernel of a
 * restarted peer sends with its usual TTL. */
static void judge(struct event *event)
{
	struct mplsmcd_connection *c = EVENT_ARG(event);
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	struct ldp_session_info s;

	if (!c->session)
		return;
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_last_ack_recv < mplsmcd_now() - c->suspected + JIFFIES_MS) {
		ldp_session_info(c->session, &s);
		mplsmcd_contest_lives(&s.transport);
		return;
	}
	connection_lost(c, "the peer has restarted");
}

void mplsmcd_io_suspect(struct ldp_session *s)
{
	struct mplsmcd_connection *c = mplsmcd_peer_of(s)->connection;

	if (!c || c->connecting || c->closing || c->t_suspect)
		return;
	c->suspected = mplsmcd_now();
	event_add_timer_msec(mplsmcd_instance()->master, judge, c, SUSPECT_MS, &c->t_suspect);
}

/* ---------------------------------------------------------------- listening */

/* RFC 6720 2.3: set_options() comes too late for what the kernel has taken already, which is the
 * handshake and what followed it at once.  Who can complete it has sent a SYN. */
static bool from_afar(int fd)
{
	uint8_t syn[128]; /* IP and TCP headers */
	socklen_t len = sizeof(syn);

	return getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len) == 0 &&
	       len >= sizeof(struct ip) && ((struct ip *)syn)->ip_ttl != 255;
}

void mplsmcd_io_adopt(struct ldp_session *s, int fd, const struct addr *peer)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct mplsmcd_connection *c;
	struct ldp_session_info info;

	ldp_session_info(s, &info);
	if (info.gtsm && from_afar(fd)) {
		d->stats.tcp_refused++;
		close(fd);
		ldp_session_closed(s, "TTL below 255 in its SYN", mplsmcd_now());
		mplsmcd_kick();
		return;
	}
	d->stats.tcp_accepted++;
	frr_with_privs (&mplsmcd_privs) {
		set_options(fd, peer, info.gtsm);
	}
	c = connection_new(s, fd);
	event_add_read(d->master, tcp_read, c, fd, &c->t_read);
	mplsmcd_kick();
}

static void tcp_accept(struct event *event)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct ldp_session *s = NULL;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct addr peer;
	int fd;

	event_add_read(d->master, tcp_accept, NULL, listener, &t_listen);
	fd = accept4(listener, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	peer = addr_from_v4(&from.sin_addr);
	if (d->ldp)
		s = ldp_session_accept(d->ldp, &peer, mplsmcd_now());
	if (s) {
		mplsmcd_io_adopt(s, fd, &peer);
	} else if (d->ldp && ldp_session_contested(d->ldp, &peer)) {
		mplsmcd_contest_hold(fd, &peer);
		mplsmcd_kick();
	} else { /* M-5036-5.3-1 */
		d->stats.tcp_refused++;
		close(fd);
	}
}

/* The kernel has to know before the peer's SYN comes.  A session is as its password was when it
 * began, so it begins anew. */
static void sign(struct mplsmcd *d, const struct addr *peer, const char *password)
{
	struct ldp_session *s = d->ldp ? ldp_session_first(d->ldp) : NULL;
	union sockunion su = {};

	su.sin = sockaddr_of(peer, 0);
	frr_with_privs (&mplsmcd_privs) {
		sockopt_tcp_signature(listener, &su, password);
	}
	for (; s; s = ldp_session_next(d->ldp, s)) {
		struct ldp_session_info i;

		ldp_session_info(s, &i);
		if (addr_cmp(&i.transport, peer) == 0)
			ldp_session_clear(s, mplsmcd_now());
	}
}

static void forget_signatures(void)
{
	struct mplsmcd_neighbour *n;

	while ((n = mplsmcd_neighbours_pop(&signatures)))
		XFREE(MTYPE_MPLSMCD_SIGNATURE, n);
}

/* M-5036-2.9-1 */
static void set_signatures(struct mplsmcd *d)
{
	struct mplsmcd_neighbour *n, *told;

	frr_each_safe (mplsmcd_neighbours, &signatures, told) {
		n = mplsmcd_neighbour_find(&d->config, &told->addr);
		if (n && n->password[0])
			continue;
		sign(d, &told->addr, NULL);
		mplsmcd_neighbours_del(&signatures, told);
		XFREE(MTYPE_MPLSMCD_SIGNATURE, told);
	}
	frr_each (mplsmcd_neighbours, &d->config.neighbours, n) {
		told = mplsmcd_neighbours_find(&signatures, n);
		if (!n->password[0] || (told && strcmp(told->password, n->password) == 0))
			continue;
		if (!told) {
			told = XCALLOC(MTYPE_MPLSMCD_SIGNATURE, sizeof(*told));
			told->addr = n->addr;
			mplsmcd_neighbours_add(&signatures, told);
		}
		strlcpy(told->password, n->password, sizeof(told->password));
		sign(d, &n->addr, n->password);
	}
}

static void again(struct event *event)
{
	mplsmcd_reconcile();
}

/* Said once, not at each attempt. */
static void cannot_listen(const struct addr *transport, const char *why)
{
	char text[ADDR_STRLEN];

	if (!not_listening)
		zlog_err("cannot listen on %s TCP port %u: %s", addr_str(transport, text), LDP_PORT,
			 why);
	not_listening = true;
	event_add_timer(mplsmcd_instance()->master, again, NULL, LISTEN_AGAIN_S, &t_again);
}

static int open_listener(const struct addr *transport)
{
	struct sockaddr_in sin = sockaddr_of(transport, LDP_PORT);
	int fd = -1, one = 1, ttl = 255, r = -1;

	frr_with_privs (&mplsmcd_privs) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
			setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
			setsockopt(fd, IPPROTO_TCP, TCP_SAVE_SYN, &one, sizeof(one));
			r = bind(fd, (struct sockaddr *)&sin, sizeof(sin));
			if (r == 0)
				r = listen(fd, 128);
		}
	}
	if (fd >= 0 && r < 0) {
		cannot_listen(transport, safe_strerror(errno));
		close(fd);
		fd = -1;
	}
	return fd;
}

bool mplsmcd_io_listening(void)
{
	return listener >= 0;
}

void mplsmcd_io_reconcile(struct mplsmcd *d)
{
	struct addr transport = mplsmcd_transport(d);
	bool want = d->config.present && !addr_is_any(&transport);

	if (listener >= 0 && (!want || addr_cmp(&transport, &bound_transport) != 0)) {
		event_cancel(&t_listen);
		close(listener);
		listener = -1;
		forget_signatures();
	}
	if (!want) {
		mplsmcd_io_fini(d);
		return;
	}
	if (udp < 0 && (udp = open_udp()) >= 0)
		event_add_read(d->master, udp_read, NULL, udp, &t_udp);
	if (listener < 0 && (listener = open_listener(&transport)) >= 0) {
		bound_transport = transport;
		not_listening = false;
		event_add_read(d->master, tcp_accept, NULL, listener, &t_listen);
	}
	if (listener >= 0)
		set_signatures(d);
}

void mplsmcd_io_fini(struct mplsmcd *d)
{
	event_cancel(&t_udp);
	event_cancel(&t_listen);
	event_cancel(&t_again);
	mplsmcd_contest_fini();
	if (udp >= 0)
		close(udp);
	if (listener >= 0)
		close(listener);
	udp = listener = -1;
	forget_signatures();
}
