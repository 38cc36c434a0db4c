// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Publisher and consumers of mcfib/1 back to back, on a virtual clock and links that lose
 * everything now and then.  A plain array says how things ought to be.
 */
#include "lib/base.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/fib_codec.h"
#include "lib/fib_pub.h"
#include "lib/fib_sub.h"

#define KEYS	 60
#define AGENTS	 3
#define LINK_MAX 6 /* messages a link holds before it blocks */

struct message {
	uint8_t *data;
	size_t len;
};

struct wire {
	struct message q[LINK_MAX];
	size_t n;
};

struct entry {
	bool present;
	uint64_t generation;
	union fib_value value;
};

struct agent {
	int index;
	struct fib_sub *sub;
	struct fib_route route;
	struct wire down, up;
	bool asleep;
	struct entry table[KEYS];
	unsigned int applied, removed;
};

static struct world {
	msec_t now;
	uint64_t epoch;
	struct fib_pub *pub;
	uint32_t next_route;
	struct entry model[KEYS];
	struct agent agents[AGENTS];
	bool complete;
} w;

/* ---------------------------------------------------------------- objects */

static struct fib_key key_of(int i)
{
	struct addr group = {{0xff, 0x3e, [15] = i}};

	switch (i % 4) {
	case 0:
		return fib_key_l2tp_tunnel(i);
	case 1:
		return fib_key_access_session(i, 1);
	case 2:
		return fib_key_l2tp_replication(i, 1);
	default:
		return fib_key_l2tp_flow("", &group, NULL);
	}
}

static int index_of(const struct fib_key *key)
{
	for (int i = 0; i < KEYS; i++) {
		struct fib_key k = key_of(i);

		if (memcmp(&k, key, sizeof(k)) == 0)
			return i;
	}
	ck_abort_msg("a key nobody has set");
	return -1;
}

static union fib_value random_value(int i)
{
	union fib_value v = {};
	size_t n = rand() % 5;

	switch (i % 4) {
	case 0:
		v.l2tp_tunnel.peer_tunnel_id = rand();
		break;
	case 1:
		v.access_session.peer_session_id = rand();
		v.access_session.role = FIB_ROLE_LAC;
		v.access_session.framing = FIB_FRAMING_RAW_IP;
		break;
	case 2:
		v.l2tp_replication.n_members = n;
		v.l2tp_replication.members = n ? fib_alloc(n, sizeof(struct fib_member)) : NULL;
		for (size_t m = 0; m < n; m++)
			v.l2tp_replication.members[m] =
				(struct fib_member){.session_id = rand(), .priority = rand() % 3};
		break;
	default:
		v.l2tp_flow.n_branches = n;
		v.l2tp_flow.branches = n ? fib_alloc(n, sizeof(struct fib_flow_branch)) : NULL;
		for (size_t b = 0; b < n; b++) {
			v.l2tp_flow.branches[b].kind = FIB_BRANCH_UNICAST_SESSION;
			v.l2tp_flow.branches[b].session_id = rand();
		}
	}
	return v;
}

static void entry_clear(struct entry *e, int i)
{
	if (e->present)
		fib_value_free(key_of(i).table, &e->value);
	e->present = false;
}

static void entry_store(struct entry *e, int i, const union fib_value *v)
{
	entry_clear(e, i);
	fib_value_copy(key_of(i).table, &e->value, v);
	e->present = true;
}

static void publish(int i)
{
	struct fib_key key = key_of(i);
	union fib_value v;

	fib_value_copy(key.table, &v, &w.model[i].value);
	fib_pub_set(w.pub, &key, &v);
}

static void change(int i)
{
	struct fib_key key = key_of(i);
	union fib_value v = random_value(i);

	if (rand() % 3) {
		entry_store(&w.model[i], i, &v);
		publish(i);
	} else {
		entry_clear(&w.model[i], i);
		fib_pub_del(w.pub, &key);
	}
	fib_value_free(key.table, &v);
}

/* ---------------------------------------------------------------- agents */

static void apply(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	struct agent *a = ctx;
	int i = index_of(&op->key);
	struct entry *e = &a->table[i];

	ck_assert_int_eq(status->result, op->deleted ? FIB_REMOVED : FIB_INSTALLED);
	if (op->deleted) {
		ck_assert(e->present); /* nothing is removed twice */
		entry_clear(e, i);
		a->removed++;
	} else {
		entry_store(e, i, &op->value);
		e->generation = op->generation;
		a->applied++;
	}
}

static const struct fib_sub_ops sub_ops = {.apply = apply};

static void agent_start(struct agent *a)
{
	struct fib_sub_params p = {
		.role = a->index == AGENTS - 1 ? FIB_OBSERVER : FIB_PRIMARY,
		.tables = FIB_TABLE_ALL,
		.max_batch = 1 + rand() % 7,
		.window = 1 + rand() % 9,
		.capabilities = {.l2tp_replication = true, .unicast_sessions = true},
	};

	for (size_t i = 0; i < sizeof(p.instance_uuid); i++)
		p.instance_uuid[i] = rand();
	snprintf(p.name, sizeof(p.name), "agent-%d", a->index);
	a->sub = fib_sub_new(&p, &sub_ops, a, w.now);
	a->asleep = false;
}

static void wire_cut(struct wire *l)
{
	while (l->n)
		free(l->q[--l->n].data);
}

static void agent_connect(struct agent *a)
{
	wire_cut(&a->up);
	wire_cut(&a->down);
	w.next_route++;
	a->route.len = sizeof(w.next_route);
	memcpy(a->route.id, &w.next_route, sizeof(w.next_route));
}

static void agent_stop(struct agent *a)
{
	fib_sub_free(a->sub);
	for (int i = 0; i < KEYS; i++)
		entry_clear(&a->table[i], i);
}

/* ---------------------------------------------------------------- links */

static void wire_put(struct wire *l, const struct fib_msg *m)
{
	ck_assert_uint_lt(l->n, LINK_MAX);
	l->q[l->n].len = fib_encode(m, &l->q[l->n].data);
	ck_assert_uint_gt(l->q[l->n].len, 0);
	l->n++;
}

static bool wire_get(struct wire *l, struct fib_msg *m)
{
	const char *why;

	if (!l->n)
		return false;
	ck_assert_msg(fib_decode((struct span){l->q[0].data, l->q[0].len}, m, &why), "%s", why);
	free(l->q[0].data);
	memmove(l->q, l->q + 1, --l->n * sizeof(l->q[0]));
	return true;
}

static struct agent *agent_at(const struct fib_route *to)
{
	for (int i = 0; i < AGENTS; i++)
		if (memcmp(&w.agents[i].route, to, sizeof(*to)) == 0)
			return &w.agents[i];
	return NULL;
}

static bool publisher_step(void)
{
	struct fib_route to;
	struct fib_msg m;
	struct agent *a;

	if (!fib_pub_output(w.pub, &to, &m, w.now))
		return false;
	a = agent_at(&to);
	if (!a)
		fib_pub_gone(w.pub, &to, "disconnected");
	else if (a->down.n == LINK_MAX)
		fib_pub_blocked(w.pub, &to, &m);
	else
		wire_put(&a->down, &m);
	fib_msg_free(&m);
	return true;
}

static bool agent_step(struct agent *a)
{
	bool any = false;
	struct fib_msg m;

	if (!a->asleep && wire_get(&a->down, &m)) {
		fib_sub_input(a->sub, &m, w.now);
		fib_msg_free(&m);
		fib_pub_writable(w.pub);
		any = true;
	}
	while (!a->asleep && a->up.n < LINK_MAX && fib_sub_output(a->sub, &m, w.now)) {
		wire_put(&a->up, &m);
		fib_msg_free(&m);
		any = true;
	}
	if (wire_get(&a->up, &m)) {
		fib_pub_input(w.pub, &a->route, &m, w.now);
		fib_msg_free(&m);
		any = true;
	}
	return any;
}

static void advance(msec_t ms)
{
	w.now += ms;
	fib_pub_run(w.pub, w.now);
	for (int i = 0; i < AGENTS; i++)
		if (!w.agents[i].asleep)
			fib_sub_run(w.agents[i].sub, w.now);
}

/* ---------------------------------------------------------------- daemon */

static const struct fib_pub_ops pub_ops;

static void daemon_start(void)
{
	struct fib_pub_params p;

	fib_pub_params_default(&p);
	p.journal_size = 50;
	p.require_all = true;
	w.complete = false;
	w.pub = fib_pub_new(&p, &pub_ops, NULL, ++w.epoch, w.now);
}

/* Killed, without a word; the new one learns its objects again, in another order. */
static void daemon_restart(void)
{
	int first = rand() % KEYS;

	fib_pub_free(w.pub);
	daemon_start();
	for (int i = 0; i < AGENTS; i++)
		agent_connect(&w.agents[i]);
	for (int i = 0; i < KEYS; i++)
		if (w.model[(first + i) % KEYS].present)
			publish((first + i) % KEYS);
}

static void complete(void)
{
	fib_pub_complete(w.pub);
	w.complete = true;
}

/* ---------------------------------------------------------------- the test */

static void world_start(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1000;
	daemon_start();
	for (int i = 0; i < AGENTS; i++) {
		w.agents[i].index = i;
		agent_start(&w.agents[i]);
		agent_connect(&w.agents[i]);
	}
}

static void world_stop(void)
{
	fib_pub_free(w.pub);
	for (int i = 0; i < AGENTS; i++) {
		wire_cut(&w.agents[i].up);
		wire_cut(&w.agents[i].down);
		agent_stop(&w.agents[i]);
	}
	for (int i = 0; i < KEYS; i++)
		entry_clear(&w.model[i], i);
}

static void move_messages(void)
{
	bool any;

	do {
		any = publisher_step();
		for (int i = 0; i < AGENTS; i++)
			any = agent_step(&w.agents[i]) || any;
	} while (any);
}

static void settle(void)
{
	for (int i = 0; i < AGENTS; i++)
		w.agents[i].asleep = false;
	for (int i = 0; i < 600; i++) { /* one minute: every backoff is over */
		move_messages();
		advance(100);
	}
	move_messages();
}

static void check_agent(struct agent *a)
{
	struct fib_sub_info info;
	size_t n = 0;

	fib_sub_info(a->sub, &info);
	ck_assert(info.connected);
	for (int i = 0; i < KEYS; i++) {
		struct fib_key key = key_of(i);
		struct fib_object_info o;

		n += w.model[i].present;
		ck_assert_msg(a->table[i].present == w.model[i].present, "agent %d, key %d: %s",
			      a->index, i, w.model[i].present ? "missing" : "left over");
		ck_assert_int_eq(fib_pub_lookup(w.pub, &key, &o), w.model[i].present);
		if (!w.model[i].present)
			continue;
		ck_assert(fib_value_equal(key.table, &a->table[i].value, &w.model[i].value));
		ck_assert_uint_eq(a->table[i].generation, o.generation);
		ck_assert_int_eq(o.state, FIB_STATE_INSTALLED);
	}
	ck_assert_uint_eq(info.objects, n);
	ck_assert_uint_eq(info.stale, 0);
	ck_assert(info.complete);
}

static void check_consumer(void *arg, const struct fib_consumer *c)
{
	struct fib_consumer_info info;

	fib_consumer_info(c, &info);
	ck_assert_str_eq(info.state, "live");
	ck_assert_uint_eq(info.dirty, 0);
	ck_assert(!info.slow && !info.blocked);
	(*(int *)arg)++;
}

static void check_world(void)
{
	int n = 0;

	for (int i = 0; i < AGENTS; i++)
		check_agent(&w.agents[i]);
	fib_pub_consumers(w.pub, check_consumer, &n);
	ck_assert_int_eq(n, AGENTS);
}

static void misfortune(void)
{
	struct agent *a = &w.agents[rand() % AGENTS];

	switch (rand() % 40) {
	case 0: /* the link breaks; the publisher finds out when it sends, or is told */
		if (rand() % 2)
			fib_pub_gone(w.pub, &a->route, "disconnected");
		agent_connect(a);
		break;
	case 1: /* the agent dies, and what it had installed with it */
		agent_stop(a);
		agent_start(a);
		agent_connect(a);
		break;
	case 2:
		daemon_restart();
		break;
	case 3:
		fib_pub_clear(w.pub, rand() % 2 ? "agent-0" : NULL, w.now);
		break;
	case 4:
		fib_pub_garbage(w.pub, &a->route, "noise", w.now);
		break;
	case 5:
		fib_sub_garbage(a->sub, w.now);
		break;
	case 6:
		complete();
		break;
	case 7: /* longer than every timeout */
		advance(rand() % 60000);
		break;
	default:
		a->asleep = rand() % 2;
	}
}

START_TEST(tables_are_equal_once_the_world_is_quiet)
{
	srand(_i);
	world_start();
	for (int round = 0; round < 12; round++) {
		for (int step = 0; step < 300; step++) {
			int what = rand() % 20;

			if (what < 8)
				change(rand() % KEYS);
			else if (what < 13)
				publisher_step();
			else if (what < 18)
				agent_step(&w.agents[rand() % AGENTS]);
			else if (what == 18)
				advance(rand() % 500);
			else
				misfortune();
		}
		complete();
		settle();
		check_world();
	}
	world_stop();
}
END_TEST

static unsigned int total_removed(void)
{
	unsigned int n = 0;

	for (int i = 0; i < AGENTS; i++)
		n += w.agents[i].removed;
	return n;
}

START_TEST(a_new_daemon_sweeps_exactly_what_is_gone_and_not_before_it_is_complete)
{
	unsigned int gone = 0;

	srand(4711);
	world_start();
	for (int i = 0; i < KEYS; i++) {
		union fib_value v = random_value(i);

		entry_store(&w.model[i], i, &v);
		fib_value_free(key_of(i).table, &v);
		publish(i);
	}
	complete();
	settle();
	check_world();
	ck_assert_uint_eq(total_removed(), 0);
	for (int i = 0; i < KEYS; i += 1 + rand() % 5, gone++)
		entry_clear(&w.model[i], i);
	daemon_restart();
	settle();
	ck_assert_uint_eq(total_removed(), 0); /* they go on forwarding meanwhile */
	complete();
	settle();
	check_world();
	ck_assert_uint_eq(total_removed(), gone * AGENTS);
	world_stop();
}
END_TEST

START_TEST(a_short_loss_of_the_link_is_made_good_from_the_journal)
{
	unsigned int applied;

	srand(1);
	world_start();
	for (int i = 0; i < KEYS; i++)
		change(i);
	complete();
	settle();
	applied = w.agents[0].applied;
	fib_pub_gone(w.pub, &w.agents[0].route, "disconnected");
	agent_connect(&w.agents[0]);
	for (int i = 0; i < 5; i++)
		change(i);
	settle();
	check_world();
	ck_assert_uint_eq(fib_pub_stats(w.pub)->resumes, 1);
	ck_assert_uint_le(w.agents[0].applied, applied + 5);
	world_stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fib_pair");
	TCase *c = tcase_create("fib_pair");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, tables_are_equal_once_the_world_is_quiet, 0, 20);
	tcase_add_test(c, a_new_daemon_sweeps_exactly_what_is_gone_and_not_before_it_is_complete);
	tcase_add_test(c, a_short_loss_of_the_link_is_made_good_from_the_journal);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
