// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/perf/bench_peer.h"

#include "tests/perf/bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t cb_random(void *ctx)
{
	return (uint32_t)random() ^ (uint32_t)random() << 16;
}

static bool cb_accept(void *ctx, const struct endpoint *local, const struct endpoint *peer,
		      const struct l2tp_msg *sccrq, struct l2tp_params *p)
{
	l2tp_params_default(p);
	p->session_limit = 65535;
	return true;
}

static void cb_tunnel_up(void *ctx, struct l2tp_tunnel *t)
{
}

static void cb_tunnel_down(void *ctx, struct l2tp_tunnel *t, const char *reason)
{
	fprintf(stderr, "tunnel down: %s\n", reason);
	exit(1);
}

static uint16_t cb_call_accept(void *ctx, struct l2tp_session *s)
{
	return 0;
}

static void cb_session_up(void *ctx, struct l2tp_session *s)
{
	struct side *side = ctx;

	side->up++;
}

static void cb_session_down(void *ctx, struct l2tp_session *s, const char *reason)
{
	fprintf(stderr, "session down: %s\n", reason);
	exit(1);
}

static void cb_session_info(void *ctx, struct l2tp_session *s, const struct l2tp_msg *m)
{
}

static void cb_multicast(void *ctx, struct l2tp_tunnel *t, const struct l2tp_msg *m,
			 const struct l2tp_fault *fault)
{
}

static void cb_acked(void *ctx, struct l2tp_tunnel *t, uint64_t cookie)
{
}

static const struct l2tp_ops ops = {
	.random = cb_random,
	.tunnel_accept = cb_accept,
	.tunnel_up = cb_tunnel_up,
	.tunnel_down = cb_tunnel_down,
	.call_accept = cb_call_accept,
	.session_up = cb_session_up,
	.session_down = cb_session_down,
	.session_info = cb_session_info,
	.multicast = cb_multicast,
	.acked = cb_acked,
};

/* ---------------------------------------------------------------- transport */

static struct sockaddr_in sockaddr_of(const struct endpoint *e)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(e->port)};

	memcpy(&sin.sin_addr, addr_octets(&e->addr), 4);
	return sin;
}

msec_t side_clock(void)
{
	return (msec_t)(bench_now() * 1000);
}

void side_open(struct side *s, const struct addr *address, uint16_t port, bool sockets)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int size = 4 << 20;

	memset(s, 0, sizeof(*s));
	twheel_init(&s->wheel, side_clock());
	s->e = l2tp_engine_new(&ops, s, &s->wheel);
	s->address = (struct endpoint){.addr = *address, .port = port};
	s->fd = -1;
	if (!sockets)
		return;
	s->fd = socket(AF_INET, SOCK_DGRAM, 0);
	sin = sockaddr_of(&s->address);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    getsockname(s->fd, (struct sockaddr *)&sin, &len) < 0) {
		perror("socket");
		exit(1);
	}
	s->address.port = ntohs(sin.sin_port);
}

void side_close(struct side *s)
{
	l2tp_engine_free(s->e);
	twheel_fini(&s->wheel);
	if (s->fd >= 0)
		close(s->fd);
}

bool side_push(struct side *from, struct side *to, const struct endpoint *peer)
{
	struct l2tp_datagram d;
	bool any = false;

	while (l2tp_engine_output(from->e, &d)) {
		any = true;
		if (from->fd >= 0) {
			struct sockaddr_in sin = sockaddr_of(peer);

			if (sendto(from->fd, d.data.p, d.data.len, 0, (struct sockaddr *)&sin,
				   sizeof(sin)) < 0)
				perror("sendto");
		} else {
			l2tp_engine_input(to->e, peer, &from->address, d.data, side_clock());
		}
	}
	return any;
}

void side_pull(struct side *s, const struct endpoint *peer)
{
	uint8_t buf[2048];
	ssize_t n;

	while (s->fd >= 0 && (n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		l2tp_engine_input(s->e, &s->address, peer, (struct span){buf, n}, side_clock());
}
