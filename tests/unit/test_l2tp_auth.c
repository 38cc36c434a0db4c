// SPDX-License-Identifier: GPL-2.0-or-later
/* Control connections: authentication, hiding, crossing SCCRQs. */
#include <stdlib.h>

#include "l2mcd/l2tp_fsm.h"
#include "tests/unit/l2tp_rig.h"

static struct rig *r;

static void setup(void)
{
	r = rig_new();
}

static void teardown(void)
{
	rig_free(r);
}

/* ---------------------------------------------------------------- authentication */

static const uint8_t challenge[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
				      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
static const uint8_t w2661_1[16] = {0x6e, 0x1c, 0xa1, 0x25, 0x1f, 0x41, 0x31, 0xa7,
				    0x09, 0x7f, 0x0b, 0xdd, 0x8d, 0x99, 0x32, 0xcf};
static const uint8_t w2661_2[16] = {0x8a, 0xbc, 0x9c, 0xb6, 0x5d, 0x9c, 0xce, 0x2f,
				    0x04, 0xeb, 0x4d, 0x14, 0x0b, 0xbd, 0x61, 0xdf};

enum response {
	RIGHT,
	WRONG,
	MISSING
};

static void respond(struct l2tp_msg *m, const struct l2tp_msg *to, enum response how,
		    uint8_t response[16])
{
	ck_assert(l2tp_msg_has(to, L2TP_AVP_CHALLENGE));
	ck_assert_uint_ge(to->challenge.len, 1); /* R2661-4.4.3-10 */
	l2tp_challenge_response(m->type, rig_secret(), to->challenge, response);
	if (how == WRONG)
		response[15] ^= 1;
	m->challenge_response = (struct span){response, 16};
	if (how != MISSING)
		l2tp_msg_set(m, L2TP_AVP_CHALLENGE_RESPONSE);
}

static void challenge_it(struct l2tp_msg *m)
{
	l2tp_msg_set(m, L2TP_AVP_CHALLENGE);
	m->challenge = (struct span){challenge, sizeof(challenge)};
}

/* R2661-5.1.1-1, R2661-5.1.1-2, R2661-4.4.3-11, R2661-4.4.3-12, F2661-C10, F2661-C11 */
START_TEST(responder_challenges_and_answers_in_sccrp)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);
	const struct rig_got *g;
	uint8_t response[16];

	rig_set_secret(&r->params);
	challenge_it(&m);
	rig_say(r, m);
	g = rig_next(r, L2TP_SCCRP);
	ck_assert(l2tp_msg_has(&g->m, L2TP_AVP_CHALLENGE_RESPONSE));
	l2tp_challenge_response(L2TP_SCCRP, rig_secret(), m.challenge, response);
	ck_assert_mem_eq(g->m.challenge_response.p, response, 16);
	ck_assert_mem_eq(response, w2661_1, 16); /* W2661-1 */
	m = rig_msg(r, L2TP_SCCCN);
	respond(&m, &g->m, _i, response);
	rig_say(r, m);
	if (_i == RIGHT) {
		ck_assert(rig_info(r->t).authenticated);
		ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
	} else {
		rig_stopccn(r, L2TP_STOP_NOT_AUTHORISED);
		ck_assert_uint_eq(r->ups, 0);
		ck_assert_uint_eq(r->downs, 1);
	}
}
END_TEST

/* F2661-C7, R2661-5.1.1-1 */
START_TEST(initiator_challenges_and_answers_in_scccn)
{
	struct l2tp_msg m;
	const struct rig_got *g;
	uint8_t response[16];

	rig_set_secret(&r->params);
	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_collect(r);
	m = rig_msg(r, L2TP_SCCRP);
	respond(&m, &rig_next(r, L2TP_SCCRQ)->m, _i, response);
	challenge_it(&m);
	rig_say(r, m);
	if (_i == RIGHT) {
		g = rig_next(r, L2TP_SCCCN);
		ck_assert(l2tp_msg_has(&g->m, L2TP_AVP_CHALLENGE_RESPONSE));
		ck_assert_mem_eq(g->m.challenge_response.p, w2661_2, 16); /* W2661-2 */
		ck_assert(rig_info(r->t).authenticated);
	} else {
		rig_stopccn(r, L2TP_STOP_NOT_AUTHORISED);
		ck_assert_uint_eq(r->ups, 0);
	}
}
END_TEST

START_TEST(a_challenge_without_a_secret_of_ours_gets_stopccn_4)
{
	struct l2tp_msg m;

	if (_i)
		rig_tunnel(r, L2TP_T_WAIT_CTL_REPLY);
	m = rig_msg(r, _i ? L2TP_SCCRP : L2TP_SCCRQ);
	challenge_it(&m);
	rig_say(r, m);
	rig_stopccn(r, L2TP_STOP_NOT_AUTHORISED);
	ck_assert_uint_eq(r->ups, 0);
	ck_assert_uint_eq(r->downs, 1);
}
END_TEST

START_TEST(two_challenges_are_never_the_same)
{
	uint8_t first[16];
	const struct rig_got *g;

	rig_set_secret(&r->params);
	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	g = rig_next(r, L2TP_SCCRP);
	memcpy(first, g->m.challenge.p, 16);
	r->ns = r->tid = r->nr = 0;
	r->peer_tid++;
	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	g = rig_next(r, L2TP_SCCRP);
	ck_assert_mem_ne(first, g->m.challenge.p, 16);
}
END_TEST

/* R2661-4.3-1, R2661-4.3-2: who has no secret cannot read it */
START_TEST(avps_are_hidden_iff_asked_for_and_there_is_a_secret)
{
	static struct l2tp_decoder d;
	struct l2tp_decode_stats stats = {0};
	struct l2tp_fault fault;
	struct l2tp_msg m;
	bool hides;

	r->params.hiding = _i & 1 ? L2TP_HIDE_WHEN_SECRET : L2TP_HIDE_NEVER;
	if (_i & 2)
		rig_set_secret(&r->params);
	hides = _i == 3;
	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_collect(r);
	ck_assert_int_eq(rig_info(r->t).hiding, hides);
	l2tp_msg_decode(&d, rig_next(r, L2TP_SCCRQ)->raw, (struct span){0}, &m, &fault, &stats);
	ck_assert_int_eq(stats.avp_hidden != 0, hides);
	ck_assert_int_eq(l2tp_msg_has(&m, L2TP_AVP_FRAMING_CAPABILITIES), !hides);
}
END_TEST

/* R4045-3.2-4: the peer hides, even what we need to find out who it is */
START_TEST(a_hidden_sccrq_is_read_with_the_secret_of_its_sender)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);
	uint8_t response[16], sccrq[L2TP_MAX_CONTROL];
	size_t len;

	rig_set_secret(&r->params);
	r->hide = (struct l2tp_hide){.secret = rig_secret(), .vector = "0123456789abcde"};
	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_CAPABILITY);
	len = l2tp_msg_encode(&m, &r->hide, sccrq, sizeof(sccrq));
	rig_say(r, m);
	m = rig_msg(r, L2TP_SCCCN);
	respond(&m, &rig_next(r, L2TP_SCCRP)->m, RIGHT, response);
	rig_say(r, m);
	ck_assert(rig_info(r->t).peer_multicast);
	ck_assert_uint_eq(rig_info(r->t).peer_tunnel_id, RIG_PEER_TID);
	ck_assert_uint_eq(rig_stats(r)->rx_malformed, 0);
	/* its repetition is one, although the Tunnel ID is hidden as well */
	rig_forget(r);
	rig_put_raw(r, &r->them, sccrq, len);
	rig_next(r, L2TP_ZLB);
	ck_assert_uint_eq(rig_tunnels(r), 1);
	ck_assert_uint_eq(r->accepts, 1);
}
END_TEST

START_TEST(hiding_required_refuses_tunnels_without_a_secret)
{
	r->params.hiding = L2TP_HIDE_REQUIRE;
	if (_i) {
		rig_say(r, rig_msg(r, L2TP_SCCRQ));
		rig_stopccn(r, L2TP_STOP_NOT_AUTHORISED);
	} else {
		r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
		ck_assert_uint_eq(r->downs, 0); /* not before the caller has its pointer */
		rig_wait(r, 10);
		rig_silent(r);
		ck_assert_uint_eq(rig_tunnels(r), 0);
	}
	ck_assert_uint_eq(r->downs, 1);
}
END_TEST

/* ---------------------------------------------------------------- crossing SCCRQs */

enum tie {
	OURS_LOWER,
	THEIRS_LOWER,
	EQUAL,
	ONLY_OURS,
	ONLY_THEIRS,
	NEITHER
};

static const struct {
	enum tie tie;
	bool ours_stays, theirs_answered;
} ties[] = {
	{OURS_LOWER, true, false}, {THEIRS_LOWER, false, true}, {EQUAL, false, false},
	{ONLY_OURS, true, false},  {ONLY_THEIRS, false, true},	{NEITHER, true, true},
};

/* R2661-7.2-3, F2661-C8, A2661-4, A4045-21 */
START_TEST(crossing_sccrqs_are_decided_by_the_tie_breaker)
{
	enum tie tie = ties[_i].tie;
	struct l2tp_tunnel *ours, *t;
	const struct rig_got *g;
	struct l2tp_msg m;

	if (tie == ONLY_THEIRS || tie == NEITHER) { /* another tunnel: no tie breaker of ours */
		rig_tunnel(r, L2TP_T_ESTABLISHED);
		r->peer_tid++;
		r->tid = r->ns = r->nr = 0;
	}
	r->ups = 0;
	ours = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_collect(r);
	g = rig_next(r, L2TP_SCCRQ);
	ck_assert_int_eq(l2tp_msg_has(&g->m, L2TP_AVP_TIE_BREAKER),
			 tie != ONLY_THEIRS && tie != NEITHER);
	m = rig_msg(r, L2TP_SCCRQ);
	m.tunnel_id = 0;
	m.tie_breaker = g->m.tie_breaker;
	m.tie_breaker += tie == OURS_LOWER ? 1 : tie == THEIRS_LOWER ? -1 : 0;
	if (tie != ONLY_OURS && tie != NEITHER)
		l2tp_msg_set(&m, L2TP_AVP_TIE_BREAKER);
	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_CAPABILITY);
	rig_put(r, &m);
	ck_assert_uint_eq(r->downs, !ties[_i].ours_stays);
	if (ties[_i].theirs_answered)
		ck_assert_uint_eq(rig_next(r, L2TP_SCCRP)->m.tunnel_id, r->peer_tid);
	rig_silent(r); /* a tunnel is discarded silently */
	if (ties[_i].ours_stays)
		ck_assert_int_eq(rig_info(ours).state, L2TP_T_WAIT_CTL_REPLY);
	/* the capability is that of the SCCRQ whose tunnel survives */
	for (t = l2tp_tunnel_first(r->e); t; t = l2tp_tunnel_next(r->e, t))
		if (rig_info(t).state < L2TP_T_ESTABLISHED)
			ck_assert_int_eq(rig_info(t).peer_multicast, !rig_info(t).initiator);
}
END_TEST

START_TEST(a_tie_breaker_of_another_address_does_not_matter)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ); /* A2661-5 */

	l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_collect(r);
	rig_next(r, L2TP_SCCRQ);
	l2tp_msg_set(&m, L2TP_AVP_TIE_BREAKER);
	ck_assert(addr_parse("192.0.2.3", &r->them.addr));
	rig_put(r, &m);
	rig_next(r, L2TP_SCCRP);
	ck_assert_uint_eq(r->downs, 0);
	ck_assert_uint_eq(rig_tunnels(r), 2);
}
END_TEST

START_TEST(a_daemon_that_opens_again_at_once_does_not_lose_again)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	r->open_in_down = true;
	l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	l2tp_msg_set(&m, L2TP_AVP_TIE_BREAKER); /* 0: wins */
	rig_put(r, &m);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_uint_eq(rig_tunnels(r), 2);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, responder_challenges_and_answers_in_sccrp, RIGHT, MISSING + 1);
	tcase_add_loop_test(tc, initiator_challenges_and_answers_in_scccn, RIGHT, MISSING + 1);
	tcase_add_loop_test(tc, a_challenge_without_a_secret_of_ours_gets_stopccn_4, 0, 2);
	tcase_add_test(tc, two_challenges_are_never_the_same);
	tcase_add_loop_test(tc, avps_are_hidden_iff_asked_for_and_there_is_a_secret, 0, 4);
	tcase_add_test(tc, a_hidden_sccrq_is_read_with_the_secret_of_its_sender);
	tcase_add_loop_test(tc, hiding_required_refuses_tunnels_without_a_secret, 0, 2);
	tcase_add_loop_test(tc, crossing_sccrqs_are_decided_by_the_tie_breaker, 0,
			    array_size(ties));
	tcase_add_test(tc, a_tie_breaker_of_another_address_does_not_matter);
	tcase_add_test(tc, a_daemon_that_opens_again_at_once_does_not_lose_again);
}

int main(void)
{
	Suite *s = suite_create("l2tp_auth");
	TCase *tc = tcase_create("l2tp_auth");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add_tests(tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
