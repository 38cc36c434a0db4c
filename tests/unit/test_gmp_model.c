// SPDX-License-Identifier: GPL-2.0-or-later
/* lib/gmp_group against a model that is written differently. */
#include "tests/unit/gmp_router_world.h"

/* ---------------------------------------------------------------- against a naive model */

/*
 * The formulas of 6.4 written as sets of bits; time passes in steps of half a second, and
 * everything is looked at in each step.
 */
#define SOURCES 6
#define TICK	500

static struct {
	bool exists, exclude;
	unsigned int known;  /* bits of sources with a record */
	msec_t due[SOURCES]; /* 0: timer is zero */
	msec_t filter_due, v2_until, query_due;
	int left[SOURCES], group_left;
	char sent[4096];
	struct text text;
} model;

static unsigned int running(void)
{
	unsigned int set = 0;

	for (int i = 0; i < SOURCES; i++)
		if ((model.known & 1u << i) && model.due[i])
			set |= 1u << i;
	return set;
}

static void model_timer(unsigned int set, msec_t due)
{
	for (int i = 0; i < SOURCES; i++)
		if (set & 1u << i)
			model.due[i] = due;
}

static void model_delete(unsigned int set)
{
	model.known &= ~set;
	for (int i = 0; i < SOURCES; i++)
		if (set & 1u << i)
			model.due[i] = model.left[i] = 0;
}

static void model_send(const char *flag, unsigned int set)
{
	text_add(&model.text, "%s%s{", model.text.len ? " " : "", flag);
	for (int i = 0; i < SOURCES; i++)
		if (set & 1u << i)
			text_add(&model.text, "%c", 'a' + i);
	text_add(&model.text, "}");
}

static void model_queries(bool of_group, bool of_sources, msec_t now)
{
	unsigned int sets[2] = {0, 0};
	bool pending;

	if (of_group && model.group_left) {
		model.group_left--;
		text_add(&model.text, "%s%s", model.text.len ? " " : "",
			 model.filter_due - now > LMQT ? "g" : "G");
	}
	for (int i = 0; of_sources && i < SOURCES; i++)
		if (model.left[i]) {
			model.left[i]--;
			sets[model.due[i] - now > LMQT] |= 1u << i;
		}
	if (sets[true])
		model_send("s", sets[true]);
	if (sets[false])
		model_send("S", sets[false]);
	pending = model.group_left;
	for (int i = 0; i < SOURCES; i++)
		pending |= model.left[i] > 0;
	if (!pending)
		model.query_due = 0;
	else if (model.query_due <= now)
		model.query_due = now + 1000;
}

static bool model_ask_sources(unsigned int set, msec_t now)
{
	bool any = false;

	for (int i = 0; i < SOURCES; i++) {
		if (!(set & 1u << i) || model.due[i] - now <= LMQT)
			continue;
		model.due[i] = now + LMQT;
		model.left[i] = 2;
		any = true;
	}
	return any;
}

/* Send Q(G,set), and Q(G) */
static void model_ask(unsigned int set, bool of_group, msec_t now)
{
	bool of_sources = model_ask_sources(set, now);

	if (of_group && (model.filter_due - now > LMQT || !model.group_left)) {
		if (model.filter_due - now > LMQT)
			model.filter_due = now + LMQT;
		model.group_left = 2;
	} else {
		of_group = false;
	}
	if (of_group || of_sources)
		model_queries(of_group, of_sources, now);
}

static void model_include(enum gmp_record_type type, unsigned int b, msec_t now)
{
	unsigned int a = model.known;

	switch (type) {
	case GMP_IS_IN:
	case GMP_ALLOW:
	case GMP_TO_IN:
		model.known = a | b;
		model_timer(b, now + GMI);
		if (type == GMP_TO_IN)
			model_ask(a & ~b, false, now);
		break;
	case GMP_BLOCK:
		model_ask(a & b, false, now);
		break;
	case GMP_IS_EX:
	case GMP_TO_EX:
		model_delete(a & ~b);
		model.known = b;
		model_timer(b & ~a, 0);
		model.exclude = true;
		model.filter_due = now + GMI;
		if (type == GMP_TO_EX)
			model_ask(a & b, false, now);
		break;
	}
}

static void model_exclude(enum gmp_record_type type, unsigned int a, msec_t now)
{
	unsigned int x = running(), y = model.known & ~x, fresh = a & ~x & ~y;

	switch (type) {
	case GMP_IS_IN:
	case GMP_ALLOW:
	case GMP_TO_IN:
		model.known |= a;
		model_timer(a, now + GMI);
		if (type == GMP_TO_IN)
			model_ask(x & ~a, true, now);
		break;
	case GMP_BLOCK:
		model.known |= a;
		model_timer(fresh, model.filter_due);
		model_ask(a & ~y, false, now);
		break;
	case GMP_IS_EX:
	case GMP_TO_EX:
		model_delete((x | y) & ~a);
		model.known = a;
		model_timer(fresh, type == GMP_IS_EX ? now + GMI : model.filter_due);
		if (type == GMP_TO_EX)
			model_ask(a & ~y, false, now);
		model.filter_due = now + GMI;
		break;
	}
}

static void model_record(enum gmp_record_type type, unsigned int set, int version, msec_t now)
{
	if (!model.exists &&
	    (type == GMP_BLOCK ||
	     ((type == GMP_IS_IN || type == GMP_TO_IN || type == GMP_ALLOW) && !set)))
		return;
	if (model.v2_until > now) {
		if (type == GMP_BLOCK)
			return;
		if (type == GMP_TO_EX)
			set = 0;
	}
	model.exists = true;
	if (version == 2 && type == GMP_IS_EX)
		model.v2_until = now + GMI;
	if (model.exclude)
		model_exclude(type, set, now);
	else
		model_include(type, set, now);
	if (!model.exclude && !model.known)
		memset(&model, 0, offsetof(typeof(model), sent));
}

static void model_tick(msec_t now)
{
	for (int i = 0; i < SOURCES; i++)
		if (model.due[i] && model.due[i] <= now) {
			model.due[i] = model.left[i] = 0;
			if (!model.exclude)
				model.known &= ~(1u << i);
		}
	if (model.exclude && model.filter_due <= now) {
		model_delete(model.known & ~running());
		model.exclude = false;
		model.group_left = 0;
	}
	if (model.query_due && model.query_due <= now)
		model_queries(true, true, now);
	if (!model.exclude && !model.known)
		memset(&model, 0, offsetof(typeof(model), sent));
}

static const char *model_filter(void)
{
	struct addr sources[SOURCES];
	struct gmp_filter f = {.exclude = model.exclude, .sources = sources};
	unsigned int set = model.exclude ? model.known & ~running() : model.known;

	for (int i = 0; i < SOURCES; i++)
		if (set & 1u << i)
			sources[f.n++] = source_of(params.mld, 'a' + i);
	return filter_letters(&f);
}

static void random_event(msec_t now)
{
	unsigned int set = rand() & rand() & ((1u << SOURCES) - 1);
	enum gmp_record_type type = GMP_IS_IN + rand() % 6;
	char letters[SOURCES + 1] = "";
	int n = 0;

	for (int i = 0; i < SOURCES; i++)
		if (set & 1u << i)
			letters[n++] = 'a' + i;
	if (rand() % 40 == 0) {
		model_record(GMP_IS_EX, 0, 2, now);
		hear_old(GMP_REPORT, 2);
	} else if (rand() % 20 == 0) {
		model_record(GMP_TO_IN, 0, 2, now);
		hear_old(GMP_LEAVE, 2);
	} else {
		model_record(type, set, 3, now);
		hear(type, letters);
	}
}

/* libcheck writes a record for each assertion, too slow for millions. */
static void same(const char *what, const char *ours, const char *expected, int step)
{
	if (strcmp(ours, expected))
		ck_abort_msg("%s in step %d: %s, not %s", what, step, ours, expected);
}

static void take_told(char *last, int step)
{
	if (!n_told)
		return;
	if (!strcmp(last, told))
		ck_abort_msg("told twice in step %d: %s", step, told);
	memcpy(last, told, sizeof(told));
}

static void random_pause(msec_t *now, char *last_told, int step)
{
	static const int spans[] = {1, 2, 3, 6, 6, 6, 6, 600};
	int ticks = 1 + rand() % spans[rand() % array_size(spans)];

	for (; ticks; ticks--) {
		*now += TICK;
		forget();
		model.text = text_init(model.sent, sizeof(model.sent));
		twheel_run(&wheel, *now);
		model_tick(*now);
		same("queries", sent, model.sent, step);
		take_told(last_told, step);
		same("state", last_told, model_filter(), step);
	}
}

START_TEST(the_router_agrees_with_a_naive_model)
{
	char last_told[sizeof(told)] = "INCLUDE {}";
	msec_t now = T0 + 2 * TICK;

	srand(_i);
	gmp_router_params_default(&params, _i % 2);
	params.address = addr_of(_i % 2 ? "fe80::1" : "10.0.0.1");
	start();
	timer_stop(&wheel, &router->query); /* the model knows no General Queries */
	memset(&model, 0, sizeof(model));
	for (int step = 0; step < 4000; step++) {
		random_pause(&now, last_told, step);
		forget();
		model.text = text_init(model.sent, sizeof(model.sent));
		random_event(now);
		same("queries", sent, model.sent, step);
		take_told(last_told, step);
		same("state", last_told, model_filter(), step);
		if (gmp_router_group_count(router) != model.exists)
			ck_abort_msg("group in step %d", step);
	}
	stop();
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_loop_test(c, the_router_agrees_with_a_naive_model, 0, 8);
}

int main(void)
{
	return run_suite("gmp_model", add_tests);
}
