/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_router_world.h - a router on a virtual clock, and what it says in short text.
 */
#ifndef MCAST_TESTS_GMP_ROUTER_WORLD_H
#define MCAST_TESTS_GMP_ROUTER_WORLD_H

#include "lib/gmp_router_p.h"
#include "tests/unit/gmp_helper.h"

#define GMI  260000 /* with the default parameters */
#define LMQT 2000
#define T0   1000000

static struct twheel wheel;
static struct gmp_router_params params;
static struct gmp_router *router;
static struct addr group;
static char sent[4096], told[64]; /* what the callbacks said since forget() */
static struct text sent_text, told_text;
static bool log_time; /* of queries */
static unsigned int n_told;

static inline void forget(void)
{
	sent_text = text_init(sent, sizeof(sent));
	told_text = text_init(told, sizeof(told));
	n_told = 0;
}

/* "GQ" general, "G" of the group, "S{ab}" of its sources; "s", "g": S flag set */
static inline void on_query(void *ctx, struct gmp_router *r, const struct gmp_msg *m)
{
	ck_assert_ptr_eq(ctx, &wheel);
	ck_assert_int_eq(m->type, GMP_QUERY);
	ck_assert_int_eq(m->mld, params.mld);
	ck_assert(addr_cmp(&m->src, &params.address) == 0);
	if (sent_text.len)
		text_add(&sent_text, " ");
	if (log_time)
		text_add(&sent_text, "%" PRId64 ":", wheel.now - T0);
	if (addr_is_any(&m->group)) {
		text_add(&sent_text, "GQ");
		ck_assert_uint_eq(m->max_resp_ms, params.response_interval_ms);
		return;
	}
	ck_assert_uint_eq(m->max_resp_ms, params.last_member_ms);
	if (!m->n_sources) {
		text_add(&sent_text, m->suppress ? "g" : "G");
	} else {
		text_add(&sent_text, m->suppress ? "s" : "S");
		add_letters(&sent_text, m->sources, m->n_sources);
	}
}

static inline void on_state(void *ctx, struct gmp_router *r, const struct addr *g,
			    const struct gmp_filter *f)
{
	ck_assert_ptr_eq(ctx, &wheel);
	for (size_t i = 1; i < f->n; i++)
		ck_assert_int_lt(addr_cmp(&f->sources[i - 1], &f->sources[i]), 0);
	told_text = text_init(told, sizeof(told));
	text_add(&told_text, "%s", filter_letters(f));
	n_told++;
}

static const struct gmp_router_ops ops = {.query = on_query, .state = on_state};

/* Starts with params; the General Query is over. */
static inline void start(void)
{
	twheel_init(&wheel, T0);
	group = addr_of(params.mld ? "ff0e::1" : "239.1.1.1");
	router = gmp_router_new(&params, &ops, &wheel, &wheel);
	twheel_run(&wheel, T0 + 1);
	forget();
}

static inline void stop(void)
{
	gmp_router_free(router);
	ck_assert_uint_eq(wheel.count, 0);
	twheel_fini(&wheel);
}

static inline void setup(void)
{
	gmp_router_params_default(&params, false);
	params.address = addr_of("10.0.0.1");
	log_time = false;
}

static inline void run_to(msec_t t)
{
	twheel_run(&wheel, T0 + t);
}

static inline void hear_from(const char *reporter, enum gmp_record_type type, const char *letters)
{
	struct addr sources[LETTERS];
	struct gmp_record rec = {.type = type,
				 .group = group,
				 .n_sources = sources_of(params.mld, letters, sources),
				 .sources = sources};
	struct gmp_msg m = {.type = GMP_RECORDS,
			    .mld = params.mld,
			    .version = 3,
			    .src = addr_of(reporter),
			    .n_records = 1,
			    .records = &rec};

	gmp_router_input(router, &m, wheel.now);
}

static inline void hear(enum gmp_record_type type, const char *letters)
{
	hear_from(params.mld ? "fe80::9" : "10.0.0.9", type, letters);
}

static inline void hear_old(enum gmp_type type, uint8_t version)
{
	struct gmp_msg m = {.type = type,
			    .mld = params.mld,
			    .version = version,
			    .src = addr_of(params.mld ? "fe80::8" : "10.0.0.8"),
			    .group = group};

	gmp_router_input(router, &m, wheel.now);
}

static inline void hear_query(const char *src, struct gmp_msg m)
{
	m.type = GMP_QUERY;
	m.mld = params.mld;
	m.version = 3;
	m.src = addr_of(src);
	gmp_router_input(router, &m, wheel.now);
}

static inline void keep_info(void *arg, const struct gmp_group_info *info)
{
	struct gmp_group_info *keep = arg;

	ck_assert(addr_is_any(&keep->group));
	*keep = *info;
	told_text = text_init(told, sizeof(told));
	text_add(&told_text, "%s", filter_letters(&info->filter));
}

/* The only group; its filter is in `told`. */
static inline struct gmp_group_info the_group(void)
{
	struct gmp_group_info info = {.group = ADDR_ANY};

	gmp_router_walk(router, keep_info, &info);
	ck_assert(!addr_is_any(&info.group));
	return info;
}

/*
 * States in text: "I a:o b:g" is INCLUDE, "E(l) ..." EXCLUDE with its Group Timer.  Timers:
 * g now + Group Membership Interval, l now + Last Member Query Time, o as before, t what the
 * Group Timer was, - zero.
 */
static msec_t due_before[LETTERS], filter_before;

static inline void remember(void)
{
	struct gmp_group *g = gmp_group_find(router, &group);
	struct gmp_source *s;

	frr_each (gmp_sources, &g->sources, s)
		due_before[s->addr.b[15] - 1] = s->timer.due;
	filter_before = g->filter_due;
}

static inline char timer_letter(msec_t due, msec_t before)
{
	if (due == before)
		return 'o';
	if (due == wheel.now + GMI)
		return 'g';
	if (due == wheel.now + LMQT)
		return 'l';
	return due == filter_before ? 't' : '?';
}

static inline const char *state(void)
{
	struct gmp_group *g = gmp_group_find(router, &group);
	static char buf[128];
	struct text t = text_init(buf, sizeof(buf));
	struct gmp_source *s;

	if (!g)
		return "none";
	if (g->exclude)
		text_add(&t, "E(%c)", timer_letter(g->filter_due, filter_before));
	else
		text_add(&t, "I");
	frr_each (gmp_sources, &g->sources, s) {
		int i = s->addr.b[15] - 1;

		text_add(&t, " %c:%c", 'a' + i,
			 s->timer.running ? timer_letter(s->timer.due, due_before[i]) : '-');
	}
	return buf;
}

/** The suite of one test program. */
static inline int run_suite(const char *name, void (*add_tests)(TCase *c))
{
	Suite *s = suite_create(name);
	TCase *c = tcase_create(name);
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_set_timeout(c, 60);
	add_tests(c);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}

#endif
