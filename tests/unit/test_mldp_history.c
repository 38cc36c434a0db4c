// SPDX-License-Identifier: GPL-2.0-or-later
/* What the history hears of an LSP's life (mplsmc/mldp_tree.h, mldp_ops.event). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mplsmc/mldp_tree.h"

static struct mldp *m;
static struct twheel wheel;
static struct mldp_peer *up, *down;
static struct mldp_fec fec;
static struct addr root, upstream;
static char heard[1024];
static uint32_t next_label;

static uint32_t label_alloc(void *ctx)
{
	return ++next_label;
}

static void label_free(void *ctx, uint32_t label)
{
}

static void send(void *ctx, struct mldp_peer *peer, struct ldp_msg *msg)
{
}

static void watch_route(void *ctx, const struct addr *a, bool watch)
{
}

static void ilm(void *ctx, const struct mldp_lsp *lsp, uint32_t label,
		const struct mldp_branch *branches, size_t n, bool local)
{
}

static void on_root(void *ctx, const struct mldp_lsp *lsp, const struct mldp_branch *branches,
		    size_t n)
{
}

static void on_event(void *ctx, const struct mldp_lsp *lsp, const char *what)
{
	size_t n = strlen(heard);

	snprintf(heard + n, sizeof(heard) - n, "%s; ", what);
}

static const struct mldp_ops ops = {
	.label_alloc = label_alloc,
	.label_free = label_free,
	.send = send,
	.watch_route = watch_route,
	.ilm = ilm,
	.root = on_root,
	.event = on_event,
};

static struct mldp_peer *peer(const char *address)
{
	struct ldp_id id = {};
	struct mldp_link link = {.ifindex = 1, .interface = "e0"};
	struct mldp_peer *p;
	struct addr a;

	ck_assert(addr_parse(address, &a));
	memcpy(&id, addr_octets(&a), 4);
	p = mldp_peer_up(m, &id, LDP_CAP_P2MP, NULL, wheel.now);
	link.next_hop = a;
	mldp_peer_address(p, &a, true, wheel.now);
	mldp_peer_links(p, &link, 1, wheel.now);
	return p;
}

static void setup(void)
{
	struct mldp_params params;

	heard[0] = '\0';
	next_label = 100;
	twheel_init(&wheel, 1000);
	mldp_params_default(&params);
	m = mldp_new(&params, &ops, NULL, &wheel);
	ck_assert(addr_parse("10.0.0.1", &root) && addr_parse("192.0.2.1", &upstream));
	up = peer("192.0.2.1");
	down = peer("192.0.2.2");
	fec = mldp_fec_generic(&root, 7);
}

static void teardown(void)
{
	mldp_free(m);
	twheel_fini(&wheel);
}

static void expect(const char *what)
{
	ck_assert_str_eq(heard, what);
	heard[0] = '\0';
}

static void from_downstream(enum ldp_msg_type type)
{
	struct ldp_fec f = {.kind = LDP_FEC_MULTIPOINT, .mp = fec};
	struct ldp_msg msg = {
		.type = type, .fecs = &f, .n_fecs = 1, .has_label = true, .label = 55};

	mldp_input(down, &msg, wheel.now);
}

START_TEST(last_leaf_that_leaves_has_the_last_word)
{
	mldp_leaf(m, &fec, true, wheel.now);
	mldp_route(m, &root, &upstream, 1, wheel.now);
	expect("operational; ");
	mldp_leaf(m, &fec, false, wheel.now);
	expect("removed: nobody wants it any more; ");
	ck_assert_ptr_null(mldp_lsp_find(m, &fec));
}
END_TEST

START_TEST(last_branch_of_a_transit_has_the_last_word)
{
	from_downstream(LDP_LABEL_MAPPING);
	mldp_route(m, &root, &upstream, 1, wheel.now);
	expect("operational; ");
	from_downstream(LDP_LABEL_WITHDRAW);
	expect("removed: nobody wants it any more; ");
}
END_TEST

START_TEST(last_branch_of_the_root_has_the_last_word)
{
	mldp_local_address(m, &root, true, wheel.now);
	from_downstream(LDP_LABEL_MAPPING);
	expect("operational; ");
	from_downstream(LDP_LABEL_WITHDRAW);
	expect("removed: nobody wants it any more; ");
}
END_TEST

/* Who still wants it hears that there is no way. */
START_TEST(lsp_that_is_wanted_says_that_it_has_no_route)
{
	mldp_leaf(m, &fec, true, wheel.now);
	mldp_route(m, &root, &upstream, 1, wheel.now);
	heard[0] = '\0';
	mldp_peer_down(up, wheel.now);
	expect("no-route; ");
	mldp_leaf(m, &fec, false, wheel.now);
	expect("removed: nobody wants it any more; ");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mldp_history");
	TCase *t = tcase_create("history");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, last_leaf_that_leaves_has_the_last_word);
	tcase_add_test(t, last_branch_of_a_transit_has_the_last_word);
	tcase_add_test(t, last_branch_of_the_root_has_the_last_word);
	tcase_add_test(t, lsp_that_is_wanted_says_that_it_has_no_route);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
