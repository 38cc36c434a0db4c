// SPDX-License-Identifier: GPL-2.0-or-later
/* lib/: cursors, addresses, timer wheel. */
#include <check.h>
#include <stdlib.h>

#include "lib/addr.h"
#include "lib/bytes.h"
#include "lib/twheel.h"

START_TEST(reading_past_the_end_fails_once_and_for_all)
{
	const uint8_t octets[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

	for (size_t len = 0; len <= sizeof(octets); len++) {
		struct rd r = rd_init(octets, len);

		rd_u8(&r);
		rd_u16(&r);
		rd_u32(&r);
		rd_u16(&r);
		ck_assert_int_eq(rd_ok(&r), len >= 9);
		if (len < 9) {
			ck_assert_uint_eq(rd_left(&r), 0);
			ck_assert_uint_eq(rd_u8(&r), 0);
		}
	}
}
END_TEST

START_TEST(a_sub_cursor_does_not_see_what_follows)
{
	const uint8_t octets[] = {1, 2, 3, 4};
	struct rd r = rd_init(octets, 4), sub = rd_sub(&r, 2);

	ck_assert_uint_eq(rd_u16(&sub), 0x0102);
	ck_assert(rd_ok(&sub));
	rd_u8(&sub);
	ck_assert(!rd_ok(&sub));
	ck_assert(rd_ok(&r));
	ck_assert_uint_eq(rd_u16(&r), 0x0304);
}
END_TEST

START_TEST(writing_past_the_end_writes_nothing)
{
	uint8_t buf[8] = {0};
	struct wr w = wr_init(buf, 6);

	wr_u32(&w, 0x01020304);
	wr_u32(&w, 0xffffffff);
	ck_assert(!wr_ok(&w));
	ck_assert_uint_eq(wr_len(&w), 4);
	ck_assert_uint_eq(buf[4], 0);
	wr_u8(&w, 1);
	ck_assert_uint_eq(buf[4], 0);
}
END_TEST

START_TEST(what_is_written_can_be_read)
{
	uint8_t buf[32];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;

	wr_u8(&w, 0xa5);
	wr_u16(&w, 0);
	wr_u32(&w, 0xdeadbeef);
	wr_u64(&w, UINT64_C(0x0123456789abcdef));
	wr_patch_u16(&w, 1, 0xcafe);
	ck_assert(wr_ok(&w));
	r = rd_init(buf, wr_len(&w));
	ck_assert_uint_eq(rd_u8(&r), 0xa5);
	ck_assert_uint_eq(rd_u16(&r), 0xcafe);
	ck_assert_uint_eq(rd_u32(&r), 0xdeadbeef);
	ck_assert_uint_eq(rd_u64(&r), UINT64_C(0x0123456789abcdef));
	ck_assert(rd_ok(&r) && rd_left(&r) == 0);
	wr_patch_u16(&w, wr_len(&w) - 1, 0);
	ck_assert(!wr_ok(&w));
}
END_TEST

static const struct {
	const char *text;
	bool v4, multicast, unrouted, ssm;
} addresses[] = {
	{"10.0.0.1", true, false, false, false},	   {"224.0.0.22", true, true, true, false},
	{"224.0.1.1", true, true, false, false},	   {"232.1.1.1", true, true, false, true},
	{"239.255.255.250", true, true, false, false},	   {"2001:db8::1", false, false, false, false},
	{"ff02::16", false, true, true, false},		   {"ff05::2", false, true, false, false},
	{"ff3e::8000:1", false, true, false, true},	   {"ff3e:1::8000:1", false, true, false, false},
	{"255.255.255.255", true, false, false, false},
};

START_TEST(addresses_are_classified)
{
	char text[ADDR_STRLEN];
	struct addr a;

	ck_assert(addr_parse(addresses[_i].text, &a));
	ck_assert_str_eq(addr_str(&a, text), addresses[_i].text);
	ck_assert_int_eq(addr_is_v4(&a), addresses[_i].v4);
	ck_assert_int_eq(addr_is_multicast(&a), addresses[_i].multicast);
	ck_assert_int_eq(addr_is_unrouted_group(&a), addresses[_i].unrouted);
	ck_assert_int_eq(addr_is_ssm_group(&a), addresses[_i].ssm);
}
END_TEST

START_TEST(prefixes_match_within_their_family)
{
	struct addr a, net, six;

	ck_assert(addr_parse("10.1.130.5", &a) && addr_parse("10.1.128.0", &net));
	ck_assert(addr_in_prefix(&a, &net, 17));
	ck_assert(!addr_in_prefix(&a, &net, 23));
	ck_assert(addr_in_prefix(&a, &net, 0));
	ck_assert(!addr_in_prefix(&a, &net, 33));
	ck_assert(addr_parse("::", &six) && !addr_in_prefix(&a, &six, 0));
	ck_assert(!addr_parse("10.1", &a));
}
END_TEST

/* ---------------------------------------------------------------- timer wheel against a list */

#define TIMERS 200

struct alarm {
	struct timer timer;
	msec_t expect; /* MSEC_NEVER when stopped */
	unsigned int fired;
};

static struct twheel wheel;
static struct alarm alarms[TIMERS];
static msec_t last_fired;

static void alarm_fires(struct timer *t, msec_t now)
{
	struct alarm *a = (struct alarm *)t;

	ck_assert_int_eq(a->expect, now);
	ck_assert_int_ge(now, last_fired);
	last_fired = now;
	a->expect = MSEC_NEVER;
	a->fired++;
	if (rand() % 4 == 0) { /* restart oneself */
		a->expect = now + 1 + rand() % 5000;
		timer_start(&wheel, t, a->expect, alarm_fires);
	}
}

START_TEST(the_wheel_agrees_with_a_list_of_deadlines)
{
	static const msec_t spans[] = {3, 63, 64, 65, 5000, 300000, 20000000, 2000000000};
	msec_t now = 12345;

	srand(_i);
	twheel_init(&wheel, now);
	last_fired = now;
	for (size_t i = 0; i < TIMERS; i++)
		alarms[i] = (struct alarm){.expect = MSEC_NEVER};
	for (int step = 0; step < 5000; step++) {
		struct alarm *a = &alarms[rand() % TIMERS];
		msec_t next, earliest = MSEC_NEVER;

		if (rand() % 3) {
			a->expect = now + 1 + rand() % spans[rand() % array_size(spans)];
			timer_start(&wheel, &a->timer, a->expect, alarm_fires);
		} else {
			timer_stop(&wheel, &a->timer);
			a->expect = MSEC_NEVER;
		}
		for (size_t i = 0; i < TIMERS; i++)
			if (alarms[i].expect < earliest)
				earliest = alarms[i].expect;
		next = twheel_next(&wheel);
		ck_assert_int_le(next, earliest);
		ck_assert_int_gt(next, now);
		now += 1 + rand() % spans[rand() % array_size(spans)] / 7;
		twheel_run(&wheel, now);
		for (size_t i = 0; i < TIMERS; i++)
			if (alarms[i].expect <= now)
				ck_abort_msg("timer %zu is overdue", i);
	}
	for (size_t i = 0; i < TIMERS; i++)
		timer_stop(&wheel, &alarms[i].timer);
	ck_assert_uint_eq(wheel.count, 0);
	ck_assert_int_eq(twheel_next(&wheel), MSEC_NEVER);
	twheel_fini(&wheel);
}
END_TEST

static struct timer first, second;

static void second_fires(struct timer *t, msec_t now)
{
	ck_abort_msg("a stopped timer fired");
}

static void first_fires(struct timer *t, msec_t now)
{
	timer_stop(&wheel, &second);
}

START_TEST(a_timer_may_stop_another_that_is_due_at_the_same_time)
{
	twheel_init(&wheel, 0);
	timer_start(&wheel, &first, 10, first_fires);
	timer_start(&wheel, &second, 10, second_fires);
	ck_assert_int_eq(timer_left(&wheel, &first), 10);
	twheel_run(&wheel, 20);
	ck_assert_int_eq(timer_left(&wheel, &first), 0);
	twheel_fini(&wheel);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lib");
	TCase *c = tcase_create("lib");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, reading_past_the_end_fails_once_and_for_all);
	tcase_add_test(c, a_sub_cursor_does_not_see_what_follows);
	tcase_add_test(c, writing_past_the_end_writes_nothing);
	tcase_add_test(c, what_is_written_can_be_read);
	tcase_add_loop_test(c, addresses_are_classified, 0, array_size(addresses));
	tcase_add_test(c, prefixes_match_within_their_family);
	tcase_add_loop_test(c, the_wheel_agrees_with_a_list_of_deadlines, 0, 4);
	tcase_add_test(c, a_timer_may_stop_another_that_is_due_at_the_same_time);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
