// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * L2TP session set-ups per second (ICRQ, ICRP, ICCN): a LAC and an LNS engine back to back in
 * memory, then the same through UDP sockets on loopback.
 */
#include "tests/perf/bench.h"
#include "tests/perf/bench_peer.h"

#include <poll.h>

static struct side lac, lns;

static double setups_per_s(bool sockets, unsigned int tunnels, unsigned int sessions)
{
	const uint8_t octets[4] = {127, 0, 0, 1};
	struct addr loopback = addr_from_v4(octets);
	struct l2tp_params p;
	double start, took;

	side_open(&lac, &loopback, sockets ? 0 : 1, sockets);
	side_open(&lns, &loopback, sockets ? 0 : 2, sockets);
	l2tp_params_default(&p);
	p.session_limit = 65535;
	p.lac = true;
	start = bench_now();
	for (unsigned int t = 0; t < tunnels; t++) {
		struct l2tp_tunnel *tunnel =
			l2tp_tunnel_open(lac.e, &lac.address, &lns.address, &p, side_clock());

		for (unsigned int s = 0; s < sessions; s++) {
			struct l2tp_call call = {.framing_type = 1, .tx_speed_bps = 100000000};

			l2tp_session_call(tunnel, &call, NULL, side_clock());
		}
	}
	while (lac.up < tunnels * sessions || lns.up < tunnels * sessions) {
		bool any;

		side_pull(&lac, &lns.address);
		side_pull(&lns, &lac.address);
		any = side_push(&lac, &lns, &lns.address);
		any |= side_push(&lns, &lac, &lac.address);
		twheel_run(&lac.wheel, side_clock());
		twheel_run(&lns.wheel, side_clock());
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
