// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_io.c - L2TP over UDP (RFC 2661 8.1).
 *
 * One socket for all tunnels; those in the kernel have one of their own to receive from
 * (l2mcd_kernel.c).  IP_PKTINFO tells which of our addresses a datagram was sent to,
 * and the answer leaves from that one: the addresses of a tunnel never change (R2661-8.1-2).
 */
#include "l2mcd/l2mcd_p.h"

#include <netinet/in.h>

#define READ_BUDGET 64 /* datagrams per wake-up */

static int sock = -1;
static struct endpoint bound;
static const char *bind_error;
static struct event *t_read, *t_write;
static struct l2tp_datagram unsent; /* the socket was full */

struct sockaddr_in l2mcd_io_sockaddr(const struct endpoint *e)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(e->port)};

	if (addr_is_v4(&e->addr))
		memcpy(&sin.sin_addr, addr_octets(&e->addr), 4);
	return sin;
}

static struct endpoint from_sockaddr(const struct sockaddr_in *sin)
{
	return (struct endpoint){.addr = addr_from_v4(&sin->sin_addr), .port = ntohs(sin->sin_port)};
}

/* ---------------------------------------------------------------- receiving */

static struct in_addr destination(struct msghdr *mh)
{
	struct in_addr any = {};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			return ((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr;
	return any;
}

bool l2mcd_io_receive(struct l2mcd *d, int fd, uint16_t port)
{
	static uint8_t buf[L2TP_MAX_DATAGRAM];
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct sockaddr_in from;
	struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
	struct msghdr mh = {.msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control)};
	struct endpoint local = {.port = port}, peer;
	struct in_addr to;
	ssize_t n = recvmsg(fd, &mh, MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			d->stats.udp_errors++;
		return errno == EINTR || errno == ECONNREFUSED;
	}
	to = destination(&mh);
	local.addr = addr_from_v4(&to);
	peer = from_sockaddr(&from);
	d->stats.udp_rx++;
	l2tp_engine_input(d->l2tp, &local, &peer, (struct span){buf, n}, l2mcd_now());
	return true;
}

static void io_read(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();

	event_add_read(d->master, io_read, NULL, sock, &t_read);
	for (int i = 0; i < READ_BUDGET && l2mcd_io_receive(d, sock, bound.port); i++)
		;
	l2mcd_kick();
}

/* ---------------------------------------------------------------- sending */

static void io_write(struct event *event)
{
	l2mcd_io_output(l2mcd_instance());
}

/* False: the socket is full. */
static bool send_one(struct l2mcd *d, const struct l2tp_datagram *dg)
{
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {};
	struct sockaddr_in to = l2mcd_io_sockaddr(&dg->peer);
	struct iovec iov = {.iov_base = (void *)dg->data.p, .iov_len = dg->data.len};
	struct msghdr mh = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1};

	if (!addr_is_any(&dg->local.addr)) {
		struct in_pktinfo pi = {};
		struct cmsghdr *c;

		mh.msg_control = control;
		mh.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(pi));
		memcpy(&pi.ipi_spec_dst, addr_octets(&dg->local.addr), 4);
		memcpy(CMSG_DATA(c), &pi, sizeof(pi));
	}
	if (sendmsg(sock, &mh, MSG_DONTWAIT) < 0) {
		if (errno == EAGAIN || errno == ENOBUFS)
			return false;
		/* no route, refused: the reliable delivery repeats it, and gives up in time */
		d->stats.udp_errors++;
	} else {
		d->stats.udp_tx++;
	}
	return true;
}

void l2mcd_io_output(struct l2mcd *d)
{
	while (unsent.data.len || l2tp_engine_output(d->l2tp, &unsent)) {
		if (sock >= 0 && !send_one(d, &unsent)) {
			event_add_write(d->master, io_write, NULL, sock, &t_write);
			return;
		}
		unsent.data.len = 0;
	}
}

/* ---------------------------------------------------------------- the socket */

static void io_close(void)
{
	event_cancel(&t_read);
	event_cancel(&t_write);
	if (sock >= 0)
		close(sock);
	sock = -1;
}

int l2mcd_io_socket(const struct endpoint *e)
{
	struct sockaddr_in sin = l2mcd_io_sockaddr(e);
	int fd = -1, one = 1, r = -1;

	frr_with_privs (&l2mcd_privs) {
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
			setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
			r = bind(fd, (struct sockaddr *)&sin, sizeof(sin));
		}
	}
	if (fd >= 0 && r < 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	setsockopt_so_recvbuf(fd, 4 << 20);
	return fd;
}

void l2mcd_io_reconcile(struct l2mcd *d)
{
	const struct endpoint *want = &d->config.listen;
	bool again;

	if (!d->config.present) {
		io_close();
		bind_error = NULL;
		return;
	}
	if (sock >= 0 && endpoint_cmp(want, &bound) == 0)
		return;
	io_close();
	sock = l2mcd_io_socket(want);
	again = bind_error && endpoint_cmp(want, &bound) == 0; /* tried at each reconciliation */
	bound = *want;
	bind_error = sock < 0 ? safe_strerror(errno) : NULL;
	if (sock < 0) {
		char text[ADDR_STRLEN];

		if (again)
			return;
		zlog_err("cannot listen on %s port %u: %s", addr_str(&want->addr, text), want->port,
			 bind_error);
		return;
	}
	event_add_read(d->master, io_read, NULL, sock, &t_read);
}

bool l2mcd_io_listening(const char **error)
{
	*error = bind_error;
	return sock >= 0;
}

void l2mcd_io_fini(void)
{
	io_close();
}
