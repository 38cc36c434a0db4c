// SPDX-License-Identifier: GPL-2.0-or-later
/* What readers of pimd's module hear (pimd/feed.h). */
#include <check.h>
#include <stdlib.h>

#include "pimd/feed.h"
#include "pimd/noted.h"

#define GROUPS 40

/* A reader, and the state it has put together: sources + 1 of each group, 0: gone. */
struct listener {
	struct feed_reader *reader;
	int heard[GROUPS], snapshot[GROUPS];
	bool whole; /* after END */
	unsigned int hellos, begins, messages;
};

static struct feed *feed;
static int truth[GROUPS];
static struct pimd_wire_decoder decoder;

static struct addr group_of(int i)
{
	struct addr a;

	addr_parse("239.1.1.0", &a);
	a.b[15] = (uint8_t)i;
	return a;
}

static void setup(void)
{
	feed = feed_new("8.4.4");
	memset(truth, 0, sizeof(truth));
}

static void teardown(void)
{
	feed_free(feed);
}

static bool set(int i, int n_sources)
{
	struct addr sources[4];
	struct pimd_wire_msg m = {
		.type = PIMD_WIRE_GROUP,
		.ifindex = 7,
		.group = group_of(i),
		.filter = {.exclude = true, .n = (size_t)n_sources, .sources = sources}};

	for (int s = 0; s < n_sources; s++) {
		addr_parse("10.1.0.2", &sources[s]);
		sources[s].b[15] += (uint8_t)s;
	}
	truth[i] = n_sources + 1;
	return feed_set(feed, &m);
}

static bool gone(int i)
{
	struct addr group = group_of(i);

	truth[i] = 0;
	return feed_gone(feed, 0, 7, &group);
}

static void hear(struct listener *l, const struct pimd_wire_msg *m)
{
	int *state = l->whole ? l->heard : l->snapshot;

	ck_assert(m->type == PIMD_WIRE_HELLO || l->hellos);
	switch (m->type) {
	case PIMD_WIRE_HELLO:
		l->hellos++;
		ck_assert_str_eq(m->pimd_version, "8.4.4");
		break;
	case PIMD_WIRE_BEGIN:
		l->begins++;
		l->whole = false;
		memset(l->snapshot, 0, sizeof(l->snapshot));
		break;
	case PIMD_WIRE_END:
		l->whole = true;
		memcpy(l->heard, l->snapshot, sizeof(l->heard));
		break;
	case PIMD_WIRE_GROUP:
		state[m->group.b[15]] = (int)m->filter.n + 1;
		break;
	case PIMD_WIRE_GONE:
		state[m->group.b[15]] = 0;
		break;
	}
	l->messages++;
}

/* Takes up to size octets; whole messages only. */
static void take(struct listener *l, size_t size)
{
	static uint8_t buf[FEED_BUFFER];
	struct rd in = rd_init(buf, feed_reader_fill(feed, l->reader, buf, size));
	struct pimd_wire_msg m;

	while (rd_left(&in)) {
		ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_OK);
		hear(l, &m);
	}
}

static void knows_all(struct listener *l)
{
	while (feed_reader_waiting(l->reader))
		take(l, FEED_BUFFER);
	ck_assert(l->whole);
	ck_assert_mem_eq(l->heard, truth, sizeof(truth));
}

START_TEST(snapshot_comes_first_then_changes)
{
	struct listener l = {};

	set(1, 0);
	set(2, 2);
	l.reader = feed_reader_new(feed);
	take(&l, FEED_BUFFER);
	ck_assert_uint_eq(l.messages, 5); /* HELLO BEGIN GROUP GROUP END */
	ck_assert(!feed_reader_waiting(l.reader));
	ck_assert(!set(1, 0)); /* nothing new */
	ck_assert(!feed_reader_waiting(l.reader));
	ck_assert(set(1, 1));
	ck_assert(gone(2));
	ck_assert(!gone(2));
	take(&l, FEED_BUFFER);
	ck_assert_uint_eq(l.messages, 7);
	ck_assert_uint_eq(feed_count(feed), 1);
	knows_all(&l);
	feed_reader_free(feed, l.reader);
}
END_TEST

START_TEST(slow_reader_hears_the_last_state_only)
{
	struct listener l = {.reader = feed_reader_new(feed)};

	knows_all(&l);
	l.messages = 0;
	for (int i = 0; i < 1000; i++)
		set(i % 3, i % 4);
	knows_all(&l);
	ck_assert_uint_eq(l.messages, 3);
	feed_reader_free(feed, l.reader);
}
END_TEST

START_TEST(what_a_scan_does_not_find_is_gone)
{
	struct listener l = {.reader = feed_reader_new(feed)};

	for (int i = 0; i < 5; i++)
		set(i, 0);
	knows_all(&l);
	feed_scan_begin(feed);
	for (int i = 0; i < 5; i += 2)
		set(i, 0);
	ck_assert(feed_scan_end(feed));
	truth[1] = truth[3] = 0;
	knows_all(&l);
	feed_scan_begin(feed);
	for (int i = 0; i < 5; i += 2)
		set(i, 0);
	ck_assert(!feed_scan_end(feed));
	feed_reader_free(feed, l.reader);
	/* and without anybody who hears of it */
	feed_scan_begin(feed);
	ck_assert(feed_scan_end(feed));
	ck_assert_uint_eq(feed_count(feed), 0);
}
END_TEST

/* What is gone is not remembered for ever for a reader that does not read. */
START_TEST(reader_far_behind_begins_again)
{
	struct listener slow = {.reader = feed_reader_new(feed)},
			quick = {.reader = feed_reader_new(feed)};
	struct pimd_wire_msg m = {.type = PIMD_WIRE_GROUP, .filter = {.exclude = true}};

	set(1, 1);
	knows_all(&slow);
	knows_all(&quick);
	gone(1);
	for (uint32_t i = 0; i < 3 * FEED_MAX_GONE; i++) {
		m.ifindex = 100 + i;
		m.group = group_of(9);
		feed_set(feed, &m);
		feed_gone(feed, 0, 100 + i, &m.group);
		while (feed_reader_waiting(quick.reader))
			take(&quick, FEED_BUFFER);
	}
	ck_assert_uint_eq(slow.begins, 1);
	knows_all(&slow);
	knows_all(&quick);
	ck_assert_uint_eq(slow.begins, 2);
	feed_reader_free(feed, slow.reader);
	feed_reader_free(feed, quick.reader);
}
END_TEST

/* Readers of any speed, that come and go at any time, end up with the same state. */
START_TEST(every_reader_gets_it_right)
{
	struct listener l[4] = {};

	srand((unsigned int)_i);
	for (int step = 0; step < 3000; step++) {
		int r = rand() % 4, g = rand() % GROUPS;

		if (rand() % 3)
			set(g, rand() % 4);
		else
			gone(g);
		if (rand() % 50 == 0 && l[r].reader) {
			feed_reader_free(feed, l[r].reader);
			l[r].reader = NULL;
		} else if (!l[r].reader) {
			l[r] = (struct listener){.reader = feed_reader_new(feed)};
		}
		if (l[r].reader && rand() % (r + 1) == 0)
			take(&l[r], (size_t)(rand() % 200));
	}
	for (int r = 0; r < 4; r++) {
		if (!l[r].reader)
			continue;
		knows_all(&l[r]);
		feed_reader_free(feed, l[r].reader);
	}
}
END_TEST

/* ---------------------------------------------------------------- what pimd looks up */

START_TEST(more_groups_than_there_is_room_for_are_only_known_to_be_more)
{
	static struct {
		struct noted l;
		struct in_addr behind;
	} m;

	m.behind.s_addr = htonl(0xe0000001);
	for (uint32_t i = 0; i < NOTED_MAX; i++) {
		noted_add(&m.l, (struct in_addr){htonl(0xef000000 + i)});
		noted_add(&m.l, (struct in_addr){htonl(0xef000000 + i)}); /* once is enough */
	}
	ck_assert_uint_eq(m.l.n, NOTED_MAX);
	ck_assert(!m.l.overflow);
	for (uint32_t i = 0; i < 10; i++) {
		noted_add(&m.l, (struct in_addr){htonl(0xee000000 + i)});
		ck_assert_uint_eq(m.l.n, NOTED_MAX);
		ck_assert(m.l.overflow);
	}
	ck_assert_uint_eq(m.behind.s_addr, htonl(0xe0000001));
	noted_clear(&m.l);
	ck_assert(!m.l.n && !m.l.overflow);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pimd_feed");
	TCase *tc = tcase_create("readers");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, snapshot_comes_first_then_changes);
	tcase_add_test(tc, slow_reader_hears_the_last_state_only);
	tcase_add_test(tc, what_a_scan_does_not_find_is_gone);
	tcase_add_test(tc, reader_far_behind_begins_again);
	tcase_add_test(tc, more_groups_than_there_is_room_for_are_only_known_to_be_more);
	tcase_add_loop_test(tc, every_reader_gets_it_right, 0, 20);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
