// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions of the publisher of mcfib/1, and what consumers answer. */
#include "tests/unit/fib_rig.h"

/* ---------------------------------------------------------------- states of an object */

/* Answers of two primary consumers: I(nstalled), F(ailed), U(nsupported), - (none yet). */
static const struct verdict {
	const char *answers;
	enum fib_install one_is_enough, all_are_needed;
} verdicts[] = {
	{"--", FIB_STATE_PENDING, FIB_STATE_PENDING},
	{"I-", FIB_STATE_INSTALLED, FIB_STATE_PENDING},
	{"-I", FIB_STATE_INSTALLED, FIB_STATE_PENDING},
	{"II", FIB_STATE_INSTALLED, FIB_STATE_INSTALLED},
	{"IF", FIB_STATE_INSTALLED, FIB_STATE_FAILED},
	{"FI", FIB_STATE_INSTALLED, FIB_STATE_FAILED},
	{"F-", FIB_STATE_PENDING, FIB_STATE_FAILED},
	{"FF", FIB_STATE_FAILED, FIB_STATE_FAILED},
	{"UI", FIB_STATE_INSTALLED, FIB_STATE_UNSUPPORTED},
	{"UU", FIB_STATE_UNSUPPORTED, FIB_STATE_UNSUPPORTED},
	{"UF", FIB_STATE_FAILED, FIB_STATE_UNSUPPORTED},
};

static void answer(int peer, const struct fib_key *key, uint64_t generation, char what)
{
	if (what == 'I')
		say_status(peer, key, generation, FIB_INSTALLED, "");
	if (what == 'F')
		say_status(peer, key, generation, FIB_FAILED, "table full");
	if (what == 'U')
		say_status(peer, key, generation, FIB_UNSUPPORTED, "no such thing");
}

START_TEST(the_state_of_an_object_follows_from_all_primary_consumers)
{
	const struct verdict *v = &verdicts[_i];
	struct fib_key key = flow_key(1);
	uint64_t generation;

	peers[2].hello.role = FIB_OBSERVER;
	for (int i = 0; i < 3; i++)
		go_live(i);
	generation = set_flow(1, 1, 1);
	hear_all();
	answer(0, &key, generation, v->answers[0]);
	answer(1, &key, generation, v->answers[1]);
	answer(2, &key, generation, 'I'); /* an observer's word does not count */
	ck_assert_int_eq(state_of(&key), v->one_is_enough);
	ck_assert_int_eq(news.state, v->one_is_enough);
	params.require_all = true;
	fib_pub_set_params(pub, &params);
	ck_assert_int_eq(state_of(&key), v->all_are_needed);
}
END_TEST

START_TEST(what_a_consumer_refuses_is_shown_with_its_words)
{
	struct fib_key key = flow_key(1);
	uint64_t generation;
	struct fib_object_info o;

	params.require_all = true;
	fib_pub_set_params(pub, &params);
	go_live(0);
	go_live(1);
	generation = set_flow(1, 1, 1);
	hear_all();
	answer(0, &key, generation, 'I');
	answer(1, &key, generation, 'F'); /* design/fib.md test 7 */
	ck_assert(fib_pub_lookup(pub, &key, &o));
	ck_assert_int_eq(o.state, FIB_STATE_FAILED);
	ck_assert_str_eq(o.text, "table full");
	ck_assert_int_eq(news.state, FIB_STATE_FAILED);
	ck_assert_uint_eq(news.generation, generation);
	ck_assert_str_eq(news.text, "table full");
	ck_assert_uint_eq(info_of(0).installs, 1);
	ck_assert_uint_eq(info_of(1).failures, 1);
	ck_assert_str_eq(info_of(1).last_error, "l2tp-flow 232.0.0.1 from *: table full");
	fib_pub_gone(pub, &peers[1].route, "unplugged");
	ck_assert_int_eq(state_of(&key), FIB_STATE_INSTALLED);
	ck_assert_int_eq(news.state, FIB_STATE_INSTALLED);
	generation = set_flow(1, 2, 1);
	hear_all();
	answer(0, &key, generation, 'I');
	ck_assert_uint_eq(news.generation, generation);
	fib_pub_gone(pub, &peers[0].route, "unplugged");
	ck_assert_int_eq(news.state, FIB_STATE_PENDING);
}
END_TEST

struct at_peer {
	int peer;
	const struct fib_key *key;
	enum fib_install state;
	uint64_t generation;
	const char *text;
};

static void get_status(void *arg, const struct fib_consumer *c)
{
	struct at_peer *at = arg;
	struct fib_consumer_info info;

	fib_consumer_info(c, &info);
	if (strcmp(info.name, peers[at->peer].hello.name) == 0)
		at->state = fib_consumer_status(c, at->key, &at->generation, &at->text);
}

START_TEST(show_says_which_consumer_failed)
{
	struct fib_key key = flow_key(1);
	uint64_t generation;

	go_live(0);
	go_live(1);
	generation = set_flow(1, 1, 1);
	hear_all();
	answer(0, &key, generation, 'I');
	answer(1, &key, generation, 'F');
	for (int i = 0; i < 2; i++) {
		struct at_peer at = {.peer = i, .key = &key};

		fib_pub_consumers(pub, get_status, &at);
		ck_assert_int_eq(at.state, i ? FIB_STATE_FAILED : FIB_STATE_INSTALLED);
		ck_assert_uint_eq(at.generation, generation);
		ck_assert_str_eq(at.text, i ? "table full" : "");
	}
}
END_TEST

START_TEST(status_of_an_old_generation_says_nothing_about_the_new_one)
{
	struct fib_key key = flow_key(1);
	uint64_t first, second, third;

	go_live(0);
	first = set_flow(1, 1, 1);
	hear_all();
	second = set_flow(1, 2, 1);
	answer(0, &key, first, 'I');
	ck_assert_int_eq(state_of(&key), FIB_STATE_PENDING);
	ck_assert_uint_eq(fib_pub_stats(pub)->stale_status, 1);
	answer(0, &key, second, 'I'); /* not sent yet: it cannot know */
	ck_assert_uint_eq(fib_pub_stats(pub)->stale_status, 2);
	hear_all();
	answer(0, &key, second, 'I');
	ck_assert_int_eq(state_of(&key), FIB_STATE_INSTALLED);
	ck_assert_uint_eq(news.n, 1);
	/* also across deletion: generations go on */
	fib_pub_del(pub, &key);
	third = set_flow(1, 2, 1);
	ck_assert_uint_gt(third, second);
	hear_all();
	answer(0, &key, second, 'F');
	ck_assert_uint_eq(fib_pub_stats(pub)->stale_status, 3);
	ck_assert_int_eq(state_of(&key), FIB_STATE_STALE); /* the one before is in place */
	answer(0, &key, third, 'I');
	ck_assert_int_eq(state_of(&key), FIB_STATE_INSTALLED);
	say_status(0, &key, third, FIB_REMOVED, "");
	ck_assert_int_eq(state_of(&key), FIB_STATE_PENDING);
	ck_assert_uint_eq(fib_pub_stats(pub)->stale_status, 3);
}
END_TEST

START_TEST(activity_of_primary_consumers_is_kept_with_the_object)
{
	struct fib_key key = flow_key(1);
	struct fib_object_info o;

	peers[1].hello.role = FIB_OBSERVER;
	go_live(0);
	go_live(1);
	set_flow(1, 1, 1);
	hear_all();
	for (int peer = 0; peer < 2; peer++) {
		struct fib_msg m = {.type = FIB_MSG_ACTIVITY};

		m.activity.n = 2;
		m.activity.activity = fib_alloc(2, sizeof(struct fib_activity));
		m.activity.activity[0] =
			(struct fib_activity){.key = key, .packets = 10 + peer, .idle_ms = 20};
		m.activity.activity[1].key = flow_key(99); /* gone meanwhile */
		say(peer, m);
	}
	ck_assert(fib_pub_lookup(pub, &key, &o));
	ck_assert_uint_eq(o.activity.packets, 10);
	ck_assert_uint_eq(o.activity.idle_ms, 20);
	ck_assert_uint_eq(activities, 1);
}
END_TEST

/* ---------------------------------------------------------------- capabilities */

START_TEST(more_than_a_consumer_can_do_is_not_sent_but_reported)
{
	struct fib_key key = flow_key(1);
	struct fib_object_info o;
	uint64_t generation;
	struct fib_msg m;

	peers[0].hello.capabilities.maximum_branches = 127;
	go_live(0);
	set_flow(1, 1, 300);
	hear_nothing();
	ck_assert(fib_pub_lookup(pub, &key, &o));
	ck_assert_int_eq(o.state, FIB_STATE_UNSUPPORTED);
	ck_assert_str_eq(o.text, "not offloadable: branches 300 > 127");
	ck_assert_int_eq(news.state, FIB_STATE_UNSUPPORTED);
	generation = set_flow(1, 1, 301); /* as bad, but news about another generation */
	hear_nothing();
	ck_assert_uint_eq(news.generation, generation);
	set_flow(1, 1, 127);
	ck_assert_uint_eq(hear_all(), 1);
	ck_assert_int_eq(state_of(&key), FIB_STATE_PENDING);
	set_flow(1, 1, 128); /* the 127 are not right any longer either */
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(m.update.n_ops, 1);
	ck_assert(m.update.ops[0].deleted);
	fib_msg_free(&m);
	ck_assert_int_eq(state_of(&key), FIB_STATE_UNSUPPORTED);
	fib_pub_del(pub, &key);
	hear_nothing();
}
END_TEST

START_TEST(objects_need_the_capability_of_their_table)
{
	static const char *const texts[] = {
		"not offloadable: no L2TP replication", "not offloadable: no unicast sessions",
		"not offloadable: no MPLS P2MP", "not offloadable: no MPLS P2MP"};
	struct fib_key flow = flow_key(1);
	struct fib_key keys[] = {flow, fib_key_access_session(1, 1), fib_key_p2mp_ilm(100),
				 fib_key_p2mp_ftn("", &flow.l2tp_flow.group, NULL)};
	union fib_value ilm = {}, ftn = {.p2mp_ftn.ttl = FIB_TTL_PIPE};

	peers[0].hello.capabilities = (struct fib_capabilities){};
	set_flow(1, 1, 1);
	set_session(1, 1, true);
	set_session(1, 2, false);
	fib_pub_set(pub, &keys[2], &ilm);
	fib_pub_set(pub, &keys[3], &ftn);
	say_hello(0);
	ck_assert_uint_eq(hear_all(), 1); /* the session that carries nothing by itself */
	for (size_t i = 0; i < array_size(keys); i++) {
		struct fib_object_info o;

		ck_assert(fib_pub_lookup(pub, &keys[i], &o));
		ck_assert_int_eq(o.state, FIB_STATE_UNSUPPORTED);
		ck_assert_str_eq(o.text, texts[i]);
	}
}
END_TEST

START_TEST(labels_need_no_capability_of_l2tp)
{
	struct fib_key key = fib_key_p2mp_ilm(100);
	union fib_value v = {};

	peers[0].hello.capabilities = (struct fib_capabilities){.mpls_p2mp = true};
	fib_pub_set(pub, &key, &v);
	say_hello(0);
	ck_assert_uint_eq(hear_all(), 1);
	ck_assert_int_eq(state_of(&key), FIB_STATE_PENDING);
}
END_TEST

/* An agent that does not know contexts would take the label for one of the platform's. */
START_TEST(upstream_assigned_labels_need_a_capability_of_their_own)
{
	struct addr group = flow_key(1).l2tp_flow.group;
	struct fib_key keys[] = {fib_key_p2mp_context("eth1", 17, 100), fib_key_p2mp_ilm(100),
				 fib_key_p2mp_ftn("", &group, NULL)};

	peers[0].hello.capabilities = (struct fib_capabilities){.mpls_p2mp = true};
	peers[1].hello.capabilities =
		(struct fib_capabilities){.mpls_p2mp = true, .mpls_context = true};
	for (size_t i = 0; i < array_size(keys); i++) {
		union fib_value v = {.p2mp_ftn.ttl = FIB_TTL_PIPE};
		struct fib_p2mp_branch *b = fib_alloc(1, sizeof(*b));

		b->multicast = i != 0;
		if (i == 2) {
			v.p2mp_ftn.branches = b;
			v.p2mp_ftn.n_branches = 1;
		} else {
			memset(&v, 0, sizeof(v));
			v.p2mp_ilm.branches = b;
			v.p2mp_ilm.n_branches = 1;
		}
		fib_pub_set(pub, &keys[i], &v);
	}
	say_hello(0);
	ck_assert_uint_eq(hear_all(), 0);
	for (size_t i = 0; i < array_size(keys); i++) {
		struct fib_object_info o;

		ck_assert(fib_pub_lookup(pub, &keys[i], &o));
		ck_assert_str_eq(o.text, "not offloadable: no upstream-assigned labels");
	}
	say_hello(1);
	ck_assert_uint_eq(hear_all(), 3);
}
END_TEST

START_TEST(an_object_larger_than_a_message_is_not_offloadable)
{
	struct fib_key key = flow_key(1);

	go_live(0);
	set_flow(1, 0, 65536);
	hear_nothing();
	ck_assert_int_eq(state_of(&key), FIB_STATE_UNSUPPORTED);
}
END_TEST

START_TEST(tables_that_were_not_asked_for_are_not_sent)
{
	peers[0].hello.tables = 1 << FIB_L2TP_TUNNEL;
	set_flow(1, 1, 1);
	set_tunnel(1);
	say_hello(0);
	ck_assert_uint_eq(hear_all(), 1);
	ck_assert(fib_pub_has_primary(pub, 1 << FIB_L2TP_TUNNEL));
	ck_assert(!fib_pub_has_primary(pub, FIB_TABLE_ALL));
	set_flow(2, 1, 1);
	hear_nothing();
}
END_TEST

/* ---------------------------------------------------------------- refusals */

static const struct refusal {
	const char *what;
	uint32_t proto_min, proto_max;
	const char *name;
	enum fib_bye_code code;
} refusals[] = {
	{"too old", 0, 0, "new", FIB_BYE_VERSION},
	{"too new", 2, 9, "new", FIB_BYE_VERSION},
	{"the name of another", 1, 1, "peer0", FIB_BYE_DUPLICATE_NAME},
	{"no name", 1, 1, "", FIB_BYE_PROTOCOL},
};

START_TEST(a_hello_that_cannot_be_accepted_is_answered_with_the_reason)
{
	const struct refusal *f = &refusals[_i];

	go_live(0);
	peers[1].hello.proto_min = f->proto_min;
	peers[1].hello.proto_max = f->proto_max;
	say_hello(1);
	hear_all();
	fib_pub_gone(pub, &peers[1].route, "next");
	snprintf(peers[1].hello.name, FIB_NAME_LEN, "%s", f->name);
	say_hello(1);
	if (f->code == FIB_BYE_DUPLICATE_NAME) {
		struct fib_msg bye = hear(1, FIB_MSG_BYE);

		ck_assert_int_eq(bye.bye.code, f->code);
		hear(0, FIB_MSG_PING); /* is it still there? */
	} else {
		expect_bye(1, f->code);
	}
	hear_nothing();
	ck_assert_str_eq(info_of(0).state, "live"); /* others are not affected */
}
END_TEST

static void wrong_epoch(void)
{
	say(0, (struct fib_msg){.type = FIB_MSG_ACK, .epoch = EPOCH + 1});
}

static void wrong_direction(void)
{
	say(0, (struct fib_msg){.type = FIB_MSG_SNAPSHOT_BEGIN});
}

static void ack_of_the_future(void)
{
	say_ack(0, 1000000);
}

static void garbage(void)
{
	fib_pub_garbage(pub, &peers[0].route, "not an Envelope", now);
}

static void (*const offences[])(void) = {wrong_epoch, wrong_direction, ack_of_the_future, garbage};

START_TEST(a_consumer_that_breaks_the_rules_is_sent_away_alone)
{
	go_live(0);
	go_live(1);
	set_flow(1, 1, 1);
	hear_all();
	offences[_i]();
	expect_bye(0, FIB_BYE_PROTOCOL);
	hear_nothing();
	ck_assert_str_eq(info_of(1).state, "live");
	set_flow(1, 2, 1);
	ck_assert_uint_eq(hear_all(), 1);
	ck_assert_uint_eq(downs, 1);
}
END_TEST

START_TEST(messages_without_a_session_are_answered_once)
{
	say_ack(0, 1);
	say(0, (struct fib_msg){.type = FIB_MSG_PING});
	say(0, (struct fib_msg){.type = FIB_MSG_BYE}); /* no answer to that at all */
	expect_bye(0, FIB_BYE_RESYNC);
	hear_nothing();
	fib_pub_garbage(pub, &peers[1].route, "not of mcfib transport version 1", now);
	expect_bye(1, FIB_BYE_PROTOCOL);
	ck_assert_uint_eq(fib_pub_stats(pub)->garbage, 1);
}
END_TEST

START_TEST(the_number_of_consumers_is_limited)
{
	struct fib_route route = {.len = 2};
	struct fib_msg m = {.type = FIB_MSG_HELLO, .seq = 1};

	for (int i = 0; i < 65; i++) {
		m.hello = peers[0].hello;
		m.hello.instance_uuid[1] = i;
		snprintf(m.hello.name, FIB_NAME_LEN, "many%d", i);
		route.id[1] = i;
		fib_pub_input(pub, &route, &m, now);
	}
	ck_assert_uint_eq(ups, 64);
	ck_assert_uint_eq(fib_pub_stats(pub)->refused, 1);
}
END_TEST

/* ---------------------------------------------------------------- life */

START_TEST(a_silent_idle_consumer_is_given_up_after_some_heartbeats)
{
	go_live(0);
	go_live(1);
	for (int beat = 1; beat <= 3; beat++) {
		struct fib_route to;
		struct fib_msg m;

		ck_assert_int_le(fib_pub_deadline(pub), now + 1000);
		ck_assert_str_eq(info_of(0).state, "live");
		now += 1000;
		fib_pub_run(pub, now);
		while (fib_pub_output(pub, &to, &m, now))
			if (m.type == FIB_MSG_PING && to.id[0] == 2) {
				struct fib_msg pong = {.type = FIB_MSG_PONG};

				pong.pong.stamp = m.ping.stamp;
				now += 7;
				say(1, pong);
				now -= 7;
			}
	}
	ck_assert_ptr_null(info_of(0).name);
	ck_assert_str_eq(down_reason, "silent");
	ck_assert_uint_eq(fib_pub_stats(pub)->drops_liveness, 1);
	ck_assert_str_eq(info_of(1).state, "live");
	ck_assert_uint_eq(info_of(1).rtt_ms, 7);
}
END_TEST

/* Lets time pass as the transport's loop would, the consumer saying nothing. */
static void pass(msec_t ms)
{
	msec_t until = now + ms;

	while (now < until) {
		msec_t next = fib_pub_deadline(pub);
		struct fib_route to;
		struct fib_msg m;

		ck_assert_int_gt(next, now - 1);
		now = next < until ? (next > now ? next : now + 1) : until;
		fib_pub_run(pub, now);
		while (fib_pub_output(pub, &to, &m, now))
			fib_msg_free(&m);
	}
}

START_TEST(a_consumer_with_work_is_slow_before_it_is_dead)
{
	struct fib_msg m;

	go_live(0);
	set_flow(1, 1, 1);
	m = hear(0, FIB_MSG_UPDATE);
	fib_msg_free(&m);
	pass(2900);
	ck_assert(!info_of(0).slow);
	pass(200);
	ck_assert(info_of(0).slow);
	ck_assert_uint_eq(slows, 1);
	pass(25000); /* design/fib.md 2.3: it may be busy with what it has got */
	ck_assert_str_eq(info_of(0).state, "live");
	say_ack(0, info_of(0).tx_seq);
	ck_assert(!info_of(0).slow);
	ck_assert_uint_eq(fib_pub_stats(pub)->drops_stall, 0);
	set_flow(1, 2, 1);
	m = hear(0, FIB_MSG_UPDATE);
	fib_msg_free(&m);
	pass(29900);
	ck_assert_ptr_nonnull(info_of(0).name);
	pass(200);
	ck_assert_ptr_null(info_of(0).name);
	ck_assert_uint_eq(fib_pub_stats(pub)->drops_stall, 1);
}
END_TEST

START_TEST(slow_but_answering_is_never_given_up)
{
	go_live(0);
	set_flow(1, 1, 1);
	for (int s = 0; s < 600; s++) {
		pass(1000);
		say(0, (struct fib_msg){.type = FIB_MSG_PING}); /* alive, without progress */
	}
	ck_assert_str_eq(info_of(0).state, "live");
	ck_assert(info_of(0).slow);
	ck_assert_uint_eq(slows, 10); /* told once a minute */
	ck_assert_uint_eq(downs, 0);
}
END_TEST

/* 100 messages a second for a minute (design/fib.md test 3). */
START_TEST(a_slow_reader_is_never_reset)
{
	peers[0].hello.max_batch = 1;
	peers[0].hello.window = 16;
	say_hello(0);
	for (int i = 0; i < 20000; i++)
		set_flow(i, 1, 1);
	for (int i = 0; i < 6000; i++) {
		struct fib_route to;
		struct fib_msg m;

		now += 10;
		fib_pub_run(pub, now);
		if (!fib_pub_output(pub, &to, &m, now))
			continue;
		say_ack(0, m.seq);
		fib_msg_free(&m);
	}
	ck_assert_uint_eq(downs, 0);
	ck_assert_uint_ge(info_of(0).tx_ops, 5900);
}
END_TEST

/* ---------------------------------------------------------------- coming back */

START_TEST(the_same_instance_takes_over_its_session)
{
	go_live(0);
	memcpy(peers[1].hello.name, peers[0].hello.name, FIB_NAME_LEN);
	memcpy(peers[1].hello.instance_uuid, peers[0].hello.instance_uuid, 16);
	go_live(1); /* same process, new connection */
	ck_assert_uint_eq(ups, 2);
	ck_assert_uint_eq(downs, 1);
	set_flow(1, 1, 1);
	ck_assert_uint_eq(hear_all(), 1);
}
END_TEST

/* Connects peer 0 again with what it knew, returns the operations it gets. */
static size_t come_back(uint64_t journal, bool resumed)
{
	struct fib_msg m;
	size_t ops;

	fib_pub_gone(pub, &peers[0].route, "unplugged");
	peers[0].hello.last_epoch = EPOCH;
	peers[0].hello.last_journal = journal;
	say_hello(0);
	m = hear(0, FIB_MSG_HELLO_ACK);
	ck_assert_int_eq(m.hello_ack.resume, resumed);
	ops = hear_all();
	ck_assert_str_eq(info_of(0).state, "live");
	return ops;
}

START_TEST(a_consumer_resumes_as_long_as_the_journal_reaches_back)
{
	struct fib_key gone = flow_key(1), stays = flow_key(2);
	uint64_t generation, journal;
	struct fib_msg m;

	params.journal_size = 4;
	fib_pub_set_params(pub, &params);
	go_live(0);
	for (int i = 0; i < 10; i++)
		generation = set_flow(i, 1, 1);
	m = hear(0, FIB_MSG_UPDATE);
	journal = m.update.journal;
	ck_assert_uint_gt(journal, 0);
	fib_msg_free(&m);
	fib_pub_gone(pub, &peers[0].route, "unplugged");
	set_flow(0, 2, 1);
	fib_pub_del(pub, &gone);
	ck_assert_uint_eq(come_back(journal, true), 2);
	/* what it has, it may report again */
	ck_assert(fib_pub_lookup(pub, &stays, &(struct fib_object_info){}));
	say_status(0, &stays, generation - 7, FIB_INSTALLED, "");
	ck_assert_int_eq(state_of(&stays), FIB_STATE_INSTALLED);
	ck_assert_uint_eq(come_back(journal, true), 2);
	set_flow(0, 3, 1);
	set_flow(3, 3, 1);
	ck_assert_uint_eq(come_back(journal, true), 3);
	set_flow(4, 3, 1); /* one more than the journal holds */
	ck_assert_uint_eq(come_back(journal, false), 9);
	ck_assert_uint_eq(come_back(journal + 1000, false), 9);
	ck_assert_uint_eq(come_back(0, false), 9);
	ck_assert_uint_eq(fib_pub_stats(pub)->resumes, 3);
}
END_TEST

START_TEST(a_journal_position_is_promised_only_when_all_before_it_is_sent)
{
	struct fib_msg m;

	peers[0].hello.max_batch = 1;
	set_flow(1, 1, 1);
	say_hello(0);
	set_flow(2, 1, 1);
	hear(0, FIB_MSG_HELLO_ACK);
	for (int empty = 1; empty < FIB_TABLES - 1; empty++) {
		hear(0, FIB_MSG_SNAPSHOT_BEGIN);
		hear(0, FIB_MSG_SNAPSHOT_END);
	}
	hear(0, FIB_MSG_SNAPSHOT_BEGIN);
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(m.update.journal, 0);
	fib_msg_free(&m);
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_gt(m.update.journal, 0);
	fib_msg_free(&m);
}
END_TEST

START_TEST(clear_ends_the_session_and_nothing_is_resumed)
{
	struct fib_msg m;
	uint64_t journal;

	go_live(0);
	go_live(1);
	set_flow(1, 1, 1);
	m = hear(0, FIB_MSG_UPDATE);
	journal = m.update.journal;
	fib_msg_free(&m);
	hear_all();
	ck_assert_uint_eq(fib_pub_clear(pub, "nobody", now), 0);
	ck_assert_uint_eq(fib_pub_clear(pub, "peer0", now), 1);
	expect_bye(0, FIB_BYE_RESYNC);
	ck_assert_uint_eq(come_back(journal, false), 1);
	ck_assert_uint_eq(fib_pub_clear(pub, NULL, now), 2);
}
END_TEST

START_TEST(an_orderly_end_is_announced_to_everybody)
{
	go_live(0);
	go_live(1);
	fib_pub_bye(pub, now);
	expect_bye(0, FIB_BYE_SHUTDOWN);
	expect_bye(1, FIB_BYE_SHUTDOWN);
	hear_nothing();
	say_hello(0); /* too late */
	expect_bye(0, FIB_BYE_SHUTDOWN);
}
END_TEST

START_TEST(primary_consumers_count_when_they_have_everything)
{
	set_flow(1, 1, 1);
	ck_assert(!fib_pub_has_primary(pub, FIB_TABLE_ALL));
	peers[0].hello.role = FIB_OBSERVER;
	go_live(0);
	ck_assert(!fib_pub_has_primary(pub, FIB_TABLE_ALL));
	say_hello(1);
	ck_assert(!fib_pub_has_primary(pub, FIB_TABLE_ALL));
	ck_assert_str_eq(info_of(1).state, "snapshot");
	hear_all();
	ck_assert(fib_pub_has_primary(pub, FIB_TABLE_ALL));
	say(1, (struct fib_msg){.type = FIB_MSG_BYE, .bye = {.code = FIB_BYE_SHUTDOWN}});
	ck_assert(!fib_pub_has_primary(pub, FIB_TABLE_ALL));
}
END_TEST

static void add_answers(TCase *c)
{
	tcase_add_loop_test(c, the_state_of_an_object_follows_from_all_primary_consumers, 0,
			    array_size(verdicts));
	tcase_add_test(c, what_a_consumer_refuses_is_shown_with_its_words);
	tcase_add_test(c, show_says_which_consumer_failed);
	tcase_add_test(c, status_of_an_old_generation_says_nothing_about_the_new_one);
	tcase_add_test(c, activity_of_primary_consumers_is_kept_with_the_object);
	tcase_add_test(c, more_than_a_consumer_can_do_is_not_sent_but_reported);
	tcase_add_test(c, objects_need_the_capability_of_their_table);
	tcase_add_test(c, labels_need_no_capability_of_l2tp);
	tcase_add_test(c, upstream_assigned_labels_need_a_capability_of_their_own);
	tcase_add_test(c, an_object_larger_than_a_message_is_not_offloadable);
	tcase_add_test(c, tables_that_were_not_asked_for_are_not_sent);
}

static void add_sessions(TCase *c)
{
	tcase_add_loop_test(c, a_hello_that_cannot_be_accepted_is_answered_with_the_reason, 0,
			    array_size(refusals));
	tcase_add_loop_test(c, a_consumer_that_breaks_the_rules_is_sent_away_alone, 0,
			    array_size(offences));
	tcase_add_test(c, messages_without_a_session_are_answered_once);
	tcase_add_test(c, the_number_of_consumers_is_limited);
	tcase_add_test(c, a_silent_idle_consumer_is_given_up_after_some_heartbeats);
	tcase_add_test(c, a_consumer_with_work_is_slow_before_it_is_dead);
	tcase_add_test(c, slow_but_answering_is_never_given_up);
	tcase_add_test(c, a_slow_reader_is_never_reset);
	tcase_add_test(c, the_same_instance_takes_over_its_session);
	tcase_add_test(c, a_consumer_resumes_as_long_as_the_journal_reaches_back);
	tcase_add_test(c, a_journal_position_is_promised_only_when_all_before_it_is_sent);
	tcase_add_test(c, clear_ends_the_session_and_nothing_is_resumed);
	tcase_add_test(c, an_orderly_end_is_announced_to_everybody);
	tcase_add_test(c, primary_consumers_count_when_they_have_everything);
}

int main(void)
{
	Suite *s = suite_create("fib_session");
	TCase *c = tcase_create("fib_session");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, rig_setup, rig_teardown);
	tcase_set_timeout(c, 60);
	add_answers(c);
	add_sessions(c);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
