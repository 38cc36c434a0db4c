// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A large LNS: 64,000 subscribers in 64 tunnels, 1,000 groups.  The baseline of each figure is a
 * small LNS of the same shape, in which a group has as many members in as many tunnels: where the
 * ratio is 1, size costs nothing.
 */
#include "tests/perf/bench.h"
#include "tests/perf/bench_lns.h"

#include <malloc.h>

#define TUNNELS 64
#define SMALL	1024
#define LARGE	64000
#define GROUPS	1000
#define EVENTS	200000
#define LIST	10000 /* subscribers of one tunnel who watch one channel */

static size_t allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

struct size {
	double session, membership, rate;
};

static struct size measure(size_t n_users, unsigned int groups)
{
	size_t begin, empty;
	struct size s;
	struct bench *b = bench_new(n_users, n_users / TUNNELS, groups);

	bench_free(b); /* what is allocated once and for all is, now */
	begin = allocated();
	b = bench_new(n_users, n_users / TUNNELS, groups);
	empty = allocated() - sizeof(*b) - BENCH_REPLIES * sizeof(*b->replies);
	bench_zap_all(b);
	s.session = (double)(empty - begin) / n_users;
	s.membership =
		(double)(allocated() - sizeof(*b) - BENCH_REPLIES * sizeof(*b->replies) - empty) /
		n_users;
	s.rate = bench_events_per_s(b, EVENTS);
	bench_free(b);
	return s;
}

/* Seconds for each of n subscribers of one tunnel who join one channel one by one. */
static double join_time(size_t n)
{
	struct bench *b = bench_new(n, n, GROUPS);
	double start, took;

	start = bench_cpu();
	for (size_t u = 0; u < n; u++) {
		bench_watch(b, u, 1);
		bench_settle(b);
	}
	took = bench_cpu() - start;
	bench_free(b);
	return took / n;
}

/* All join while the first list of the channel is in flight. */
static void batch(size_t n)
{
	struct bench *b = bench_new(n + 2, n + 2, GROUPS);
	uint64_t lists, entries;

	for (size_t u = n; u < n + 2; u++)
		bench_watch(b, u, 1);
	bench_settle(b);
	lists = b->lists_sent;
	entries = b->list_entries;
	for (size_t u = 0; u < n; u++)
		bench_watch(b, u, 1);
	bench_settle(b);
	bench_print("joins while an MSI is in flight", n, "joins", 0);
	bench_print("  sent in entries of the list", b->list_entries - entries, "entries", n);
	bench_print("  sent in MSIs of at most 1400 octets", b->lists_sent - lists, "messages", n);
	bench_free(b);
}

int main(void)
{
	struct size small, large;
	double few, many;

	srand(1);
	small = measure(SMALL, SMALL * GROUPS / LARGE);
	large = measure(LARGE, GROUPS);
	bench_print("memory of a session, 1,024 sessions", small.session, "octets", 0);
	bench_print("memory of a session, 64,000 sessions", large.session, "octets", small.session);
	bench_print("memory of a membership, 16 groups", small.membership, "octets", 0);
	bench_print("memory of a membership, 1,000 groups", large.membership, "octets",
		    small.membership);
	bench_print("membership events, 1,024 sessions, 16 groups", small.rate, "events/s", 0);
	bench_print("membership events, 64,000 sessions, 1,000 groups", large.rate, "events/s",
		    small.rate);
	few = join_time(LIST / 10);
	many = join_time(LIST);
	bench_print("a join, list of up to 1,000 sessions", few * 1e9, "ns", 0);
	bench_print("a join, list of up to 10,000 sessions", many * 1e9, "ns", few * 1e9);
	batch(LIST);
	return 0;
}
