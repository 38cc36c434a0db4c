// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_io.c - L2TP over UDP (RFC 2661 8.1).
 *
 * One socket for all tunnels; those in the kernel have one of their own to receive from
 * (l2mcd_kernel.c).  IP_PKTINFO tells which of our addresses a datagram was sent to,
 * and the answer leaves from that one: the addresses of a tunnel never change (R2661-8.1-2).
 *
 * An IPv6 listen address makes it a socket of IPv6; `::` takes IPv4 as well, whose addresses are
 * mapped ones there.  A checksum is on all datagrams (A2661-9).
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

/* For a socket of this family; an IPv4 address is written as a mapped one for IPv6. */
static socklen_t to_sockaddr(const struct endpoint *e, int family, struct sockaddr_storage *to)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(e->port)};
	struct sockaddr_in sin = l2mcd_io_sockaddr(e);

	memset(to, 0, sizeof(*to));
	if (family == AF_INET) {
		memcpy(to, &sin, sizeof(sin));
		return sizeof(sin);
	}
	memcpy(&sin6.sin6_addr, e->addr.b, sizeof(sin6.sin6_addr));
	memcpy(to, &sin6, sizeof(sin6));
	return sizeof(sin6);
}

static struct endpoint from_sockaddr(const struct sockaddr_storage *from)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)from;

	if (from->ss_family == AF_INET)
		return (struct endpoint){.addr = addr_from_v4(&sin->sin_addr),
					 .port = ntohs(sin->sin_port)};
	return (struct endpoint){.addr = addr_from_v6(&sin6->sin6_addr),
				 .port = ntohs(sin6->sin6_port)};
}

/* ---------------------------------------------------------------- receiving */

static struct addr destination(struct msghdr *mh)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			return addr_from_v4(&((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr);
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			return addr_from_v6(&((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr);
	}
	return ADDR_ANY;
}

bool l2mcd_io_receive(struct l2mcd *d, int fd, uint16_t port)
{
	static uint8_t buf[L2TP_MAX_DATAGRAM];
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_storage from;
	struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
	struct msghdr mh = {.msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control)};
	struct endpoint local = {.port = port}, peer;
	ssize_t n = recvmsg(fd, &mh, MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			d->stats.udp_errors++;
		return errno == EINTR || errno == ECONNREFUSED;
	}
	local.addr = destination(&mh);
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

/* From which of our addresses the datagram leaves. */
static void put_source(struct msghdr *mh, void *control, const struct addr *a, int family)
{
	struct in6_pktinfo pi6 = {};
	struct in_pktinfo pi = {};
	struct cmsghdr *c;

	mh->msg_control = control;
	mh->msg_controllen = CMSG_SPACE(family == AF_INET ? sizeof(pi) : sizeof(pi6));
	c = CMSG_FIRSTHDR(mh);
	if (family == AF_INET) {
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(pi));
		memcpy(&pi.ipi_spec_dst, addr_octets(a), 4);
		memcpy(CMSG_DATA(c), &pi, sizeof(pi));
	} else {
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(pi6));
		memcpy(&pi6.ipi6_addr, a->b, sizeof(pi6.ipi6_addr));
		memcpy(CMSG_DATA(c), &pi6, sizeof(pi6));
	}
}

static int family_of(const struct addr *a)
{
	return addr_is_v4(a) ? AF_INET : AF_INET6;
}

/* False: the socket is full. */
static bool send_one(struct l2mcd *d, const struct l2tp_datagram *dg)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {};
	int family = family_of(&bound.addr);
	struct sockaddr_storage to;
	socklen_t len = to_sockaddr(&dg->peer, family, &to);
	struct iovec iov = {.iov_base = (void *)dg->data.p, .iov_len = dg->data.len};
	struct msghdr mh = {.msg_name = &to, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1};

	if (family == AF_INET && !addr_is_v4(&dg->peer.addr)) {
		d->stats.udp_errors++; /* `listen` says that there is no IPv6 */
		return true;
	}
	if (!addr_is_any(&dg->local.addr))
		put_source(&mh, control, &dg->local.addr, family);
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
	int family = family_of(&e->addr), fd = -1, one = 1, zero = 0, r = -1;
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(e, family, &sa);

	frr_with_privs (&l2mcd_privs) {
		fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
			setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
			if (family == AF_INET6) {
				setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
				setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
			}
			r = bind(fd, (struct sockaddr *)&sa, len);
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
