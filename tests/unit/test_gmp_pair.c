// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lib/gmp_router and lib/gmp_host on one network, with loss: what the router believes must
 * become what the hosts were told, merged as RFC 3376 3.2 says.
 */
#include "lib/gmp_host.h"
#include "lib/gmp_router.h"
#include "tests/unit/gmp_helper.h"

#define HOSTS	3
#define GROUPS	3
#define SOURCES 5

/* what a host wants of a group: mode, and a bit for each source */
struct wish {
	bool exclude;
	unsigned int set;
};

static struct twheel wheel;
static struct gmp_router *router;
static struct gmp_host *hosts[HOSTS];
static struct gmp_decoder decoder;
static struct wish wishes[HOSTS][GROUPS];
static char believed[GROUPS][64];
static int n_hosts, loss_percent;
static bool mld;

static struct addr group_number(int g)
{
	struct addr a = addr_of(mld ? "ff0e::100" : "239.1.1.100");

	a.b[15] += g;
	return a;
}

static bool lost(void)
{
	return rand() % 100 < loss_percent;
}

static void on_query(void *ctx, struct gmp_router *r, const struct gmp_msg *m)
{
	uint8_t packet[GMP_MAX_PACKET];
	size_t len = gmp_msg_encode(m, packet, sizeof(packet));

	for (int h = 0; h < n_hosts; h++) {
		struct gmp_msg heard;

		if (lost())
			continue;
		if (gmp_msg_decode(&decoder, (struct span){packet, len}, &heard) != GMP_DECODE_OK)
			ck_abort_msg("a query cannot be decoded");
		gmp_host_query(hosts[h], &heard, wheel.now);
	}
}

static void on_state(void *ctx, struct gmp_router *r, const struct addr *group,
		     const struct gmp_filter *f)
{
	snprintf(believed[group->b[15] - group_number(0).b[15]], sizeof(believed[0]), "%s",
		 filter_letters(f));
}

static void on_send(void *ctx, struct span packet)
{
	struct gmp_msg m;

	if (lost())
		return;
	if (gmp_msg_decode(&decoder, packet, &m) != GMP_DECODE_OK)
		ck_abort_msg("a report cannot be decoded");
	gmp_router_input(router, &m, wheel.now);
}

static const struct gmp_router_ops router_ops = {.query = on_query, .state = on_state};
static const struct gmp_host_ops host_ops = {.send = on_send};

static void start(int i)
{
	struct gmp_router_params rp;
	struct gmp_host_params hp;

	srand(i);
	mld = i % 2;
	n_hosts = 1 + i / 2 % HOSTS;
	twheel_init(&wheel, 1000000);
	gmp_router_params_default(&rp, mld);
	rp.address = addr_of(mld ? "fe80::1" : "10.0.0.1");
	rp.immediate_leave = n_hosts == 1 && i % 4 < 2;
	router = gmp_router_new(&rp, &router_ops, NULL, &wheel);
	for (int h = 0; h < n_hosts; h++) {
		gmp_host_params_default(&hp, mld);
		hp.address = addr_of(mld ? "fe80::10" : "10.0.0.16");
		hp.address.b[15] += h;
		hosts[h] = gmp_host_new(&hp, &host_ops, NULL, &wheel);
	}
	memset(wishes, 0, sizeof(wishes));
	for (int g = 0; g < GROUPS; g++)
		strcpy(believed[g], "INCLUDE {}");
}

static void stop(void)
{
	gmp_router_free(router);
	for (int h = 0; h < n_hosts; h++)
		gmp_host_free(hosts[h]);
	ck_assert_uint_eq(wheel.count, 0);
	twheel_fini(&wheel);
}

static const char *text_of(const struct wish *w)
{
	struct addr sources[SOURCES];
	struct gmp_filter f = {.exclude = w->exclude, .sources = sources};

	for (int i = 0; i < SOURCES; i++)
		if (w->set & 1u << i)
			sources[f.n++] = source_of(mld, 'a' + i);
	return filter_letters(&f);
}

static void change_a_wish(void)
{
	int h = rand() % n_hosts, g = rand() % GROUPS;
	struct wish *w = &wishes[h][g];
	struct addr sources[SOURCES], group = group_number(g);
	struct gmp_filter f = {.sources = sources};

	w->exclude = rand() % 2;
	w->set = rand() % 3 ? rand() % (1 << SOURCES) : 0;
	f.exclude = w->exclude;
	for (int i = 0; i < SOURCES; i++)
		if (w->set & 1u << i)
			sources[f.n++] = source_of(mld, 'a' + i);
	gmp_host_set(hosts[h], &group, &f, wheel.now);
}

/* RFC 3376 3.2 */
static struct wish merged(int g)
{
	struct wish all = {.set = ~0u}, w = {.set = 0};

	for (int h = 0; h < n_hosts; h++) {
		if (wishes[h][g].exclude)
			all = (struct wish){true, all.set & wishes[h][g].set};
		else
			w.set |= wishes[h][g].set;
	}
	return all.exclude ? (struct wish){true, all.set & ~w.set} : w;
}

static void agree(const char *when, int step)
{
	for (int g = 0; g < GROUPS; g++) {
		struct wish w = merged(g);

		if (strcmp(believed[g], text_of(&w)))
			ck_abort_msg("%s, step %d, group %d: %s, not %s", when, step, g,
				     believed[g], text_of(&w));
	}
}

/* Leave latency: a few seconds, not a membership interval. */
START_TEST(without_loss_the_router_follows_within_seconds)
{
	start(_i);
	loss_percent = 0;
	for (int step = 0; step < 2000; step++) {
		change_a_wish();
		twheel_run(&wheel, wheel.now + (rand() % 2 ? 8000 : 90000));
		agree("without loss", step);
	}
	stop();
}
END_TEST

START_TEST(after_loss_the_router_recovers_within_two_membership_intervals)
{
	start(_i);
	for (int step = 0; step < 200; step++) {
		loss_percent = 40;
		for (int n = rand() % 10; n >= 0; n--) {
			change_a_wish();
			twheel_run(&wheel, wheel.now + rand() % 3000);
		}
		loss_percent = 0;
		twheel_run(&wheel, wheel.now + 2 * 260000);
		agree("after loss", step);
	}
	stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gmp_pair");
	TCase *c = tcase_create("gmp_pair");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, without_loss_the_router_follows_within_seconds, 0, 2 * HOSTS * 2);
	tcase_add_loop_test(c, after_loss_the_router_recovers_within_two_membership_intervals, 0,
			    2 * HOSTS);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
