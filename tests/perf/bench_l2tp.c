// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * L2TP session set-ups per second (ICRQ, ICRP, ICCN): a LAC and an LNS engine back to back in
 * memory, then the same through UDP sockets on loopback.
 */
#include "tests/perf/bench.h"

#include "l2mcd/l2tp_engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct side {
	struct l2tp_engine *e;
	struct twheel wheel;
	struct endpoint address;
	unsigned int up;
	int fd; /* -1: in memory */
};

static struct side lac, lns;
static msec_t start_ms;

static msec_t clock_ms(void)
{
	return (msec_t)(bench_now() * 1000) - start_ms + 1;
}

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

static void side_open(struct side *s, bool sockets)
{
	const uint8_t loopback[4] = {127, 0, 0, 1};
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int size = 4 << 20;

	memset(s, 0, sizeof(*s));
	twheel_init(&s->wheel, clock_ms());
	s->e = l2tp_engine_new(&ops, s, &s->wheel);
	s->address = (struct endpoint){.addr = addr_from_v4(loopback), .port = s == &lac ? 1 : 2};
	s->fd = -1;
	if (!sockets)
		return;
	s->fd = socket(AF_INET, SOCK_DGRAM, 0);
	s->address.port = 0;
	sin = sockaddr_of(&s->address);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    getsockname(s->fd, (struct sockaddr *)&sin, &len) < 0) {
		perror("socket");
		exit(1);
	}
	s->address.port = ntohs(sin.sin_port);
}

static void side_close(struct side *s)
{
	l2tp_engine_free(s->e);
	twheel_fini(&s->wheel);
	if (s->fd >= 0)
		close(s->fd);
}

/* Sends what `from` has to send; true if it was anything. */
static bool push(struct side *from, struct side *to)
{
	struct l2tp_datagram d;
	bool any = false;

	while (l2tp_engine_output(from->e, &d)) {
		any = true;
		if (from->fd >= 0) {
			struct sockaddr_in sin = sockaddr_of(&to->address);

			if (sendto(from->fd, d.data.p, d.data.len, 0, (struct sockaddr *)&sin,
				   sizeof(sin)) < 0)
				perror("sendto");
		} else {
			l2tp_engine_input(to->e, &to->address, &from->address, d.data, clock_ms());
		}
	}
	return any;
}

static void pull(struct side *s, const struct side *peer)
{
	uint8_t buf[2048];
	ssize_t n;

	while (s->fd >= 0 && (n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		l2tp_engine_input(s->e, &s->address, &peer->address, (struct span){buf, n},
				  clock_ms());
}

/* ---------------------------------------------------------------- the run */

static double setups_per_s(bool sockets, unsigned int tunnels, unsigned int sessions)
{
	struct l2tp_params p;
	double start, took;

	start_ms = (msec_t)(bench_now() * 1000);
	side_open(&lac, sockets);
	side_open(&lns, sockets);
	l2tp_params_default(&p);
	p.session_limit = 65535;
	p.lac = true;
	start = bench_now();
	for (unsigned int t = 0; t < tunnels; t++) {
		struct l2tp_tunnel *tunnel =
			l2tp_tunnel_open(lac.e, &lac.address, &lns.address, &p, clock_ms());

		for (unsigned int s = 0; s < sessions; s++) {
			struct l2tp_call call = {.framing_type = 1, .tx_speed_bps = 100000000};

			l2tp_session_call(tunnel, &call, NULL, clock_ms());
		}
	}
	while (lac.up < tunnels * sessions || lns.up < tunnels * sessions) {
		bool any;

		pull(&lac, &lns);
		pull(&lns, &lac);
		any = push(&lac, &lns);
		any |= push(&lns, &lac);
		twheel_run(&lac.wheel, clock_ms());
		twheel_run(&lns.wheel, clock_ms());
		if (!any && sockets) {
			struct pollfd fds[] = {{.fd = lac.fd, .events = POLLIN},
					       {.fd = lns.fd, .events = POLLIN}};

			poll(fds, 2, 10);
		}
		if (bench_now() - start > 60) {
			fprintf(stderr, "stuck at %u of %u sessions\n", lns.up, tunnels * sessions);
			exit(1);
		}
	}
	took = bench_now() - start;
	side_close(&lac);
	side_close(&lns);
	return tunnels * sessions / took;
}

int main(void)
{
	double memory, sockets;

	memory = setups_per_s(false, 1, 1000);
	bench_print("session set-ups, 1 tunnel x 1,000, engines only", memory, "sessions/s", 0);
	sockets = setups_per_s(true, 1, 1000);
	bench_print("session set-ups, 1 tunnel x 1,000, UDP loopback", sockets, "sessions/s",
		    memory);
	memory = setups_per_s(false, 4, 2500);
	bench_print("session set-ups, 4 tunnels x 2,500, engines only", memory, "sessions/s", 0);
	sockets = setups_per_s(true, 4, 2500);
	bench_print("session set-ups, 4 tunnels x 2,500, UDP loopback", sockets, "sessions/s",
		    memory);
	return 0;
}
