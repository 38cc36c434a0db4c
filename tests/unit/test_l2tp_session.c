// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions of the L2TP engine: refusals, ends, Session IDs. */
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

/* ---------------------------------------------------------------- refusals */

/* F2661-IN2 */
START_TEST(the_daemon_refuses_with_the_result_of_its_choice)
{
	r->refuse_call = L2TP_CDN_BUSY;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_say(r, rig_msg(r, L2TP_ICRQ));
	ck_assert_uint_eq(rig_next_cdn(r, L2TP_CDN_BUSY)->m.session_id, RIG_PEER_SID);
	rig_silent(r);
	ck_assert_uint_eq(r->session_accepts, 1);
	ck_assert_uint_eq(r->session_downs, 0);
	ck_assert_uint_eq(rig_stats(r)->sessions_refused, 1);
	ck_assert_uint_eq(rig_info(r->t).sessions, 0);
}
END_TEST

/* R2661-4.1-3, R2661-7.1-2, R2661-4.1-4 */
static const struct {
	uint16_t flags, avp;
	uint16_t error; /* 0: taken */
} faults[] = {
	{0x8000, 9999, L2TP_ERR_UNKNOWN_AVP},
	{0, 9999, 0},
	{0x8400, L2TP_AVP_CALLING_NUMBER, L2TP_ERR_UNKNOWN_AVP},
	{0x8000, L2TP_AVP_BEARER_TYPE, L2TP_ERR_LENGTH},
	{0, L2TP_AVP_PHYSICAL_CHANNEL_ID, 0},
};

START_TEST(a_malformed_icrq_is_refused_alone)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_say_with_avp(r, rig_msg(r, L2TP_ICRQ), faults[_i].flags, faults[_i].avp, 1);
	if (faults[_i].error) {
		const struct rig_got *g = rig_next_cdn(r, L2TP_CDN_ERROR);

		ck_assert_uint_eq(g->m.session_id, RIG_PEER_SID);
		ck_assert_uint_eq(g->m.result.error, faults[_i].error);
		ck_assert_uint_eq(r->session_accepts, 0);
	} else {
		rig_next(r, L2TP_ICRP);
	}
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
}
END_TEST

static const struct {
	bool lac;
	enum l2tp_session_state state;
	enum l2tp_msg_type type;
	enum l2tp_avp_type avp;
} missing[] = {
	{false, L2TP_S_IDLE, L2TP_ICRQ, L2TP_AVP_CALL_SERIAL_NUMBER},
	{false, L2TP_S_IDLE, L2TP_ICRQ, L2TP_AVP_ASSIGNED_SESSION_ID},
	{true, L2TP_S_WAIT_REPLY, L2TP_ICRP, L2TP_AVP_ASSIGNED_SESSION_ID},
	{false, L2TP_S_WAIT_CONNECT, L2TP_ICCN, L2TP_AVP_TX_CONNECT_SPEED},
	{false, L2TP_S_WAIT_CONNECT, L2TP_ICCN, L2TP_AVP_FRAMING_TYPE},
	{false, L2TP_S_ESTABLISHED, L2TP_CDN, L2TP_AVP_RESULT_CODE},
	{false, L2TP_S_ESTABLISHED, L2TP_WEN, L2TP_AVP_CALL_ERRORS},
	{true, L2TP_S_ESTABLISHED, L2TP_SLI, L2TP_AVP_ACCM},
};

/* R2661-6.6-1, R2661-6.7-1, R2661-6.8-1, R2661-6.12-1 */
START_TEST(each_mandatory_avp_missing_ends_the_call)
{
	enum l2tp_msg_type type = missing[_i].type;
	struct l2tp_msg m;

	rig_session(r, missing[_i].lac, missing[_i].state);
	m = rig_to_session(r, type, missing[_i].state == L2TP_S_IDLE ? 0 : rig_sid(r->s));
	m.has[0] &= ~(UINT64_C(1) << missing[_i].avp);
	r->acks_itself = false;
	rig_say(r, m);
	if (type == L2TP_CDN || (type == L2TP_ICRQ && !l2tp_msg_has(&m, 14)))
		rig_next(r, L2TP_ZLB);
	else
		ck_assert_uint_eq(rig_next_cdn(r, L2TP_CDN_ERROR)->m.result.error, L2TP_ERR_VENDOR);
	rig_silent(r);
	ck_assert_uint_eq(rig_info(r->t).sessions, 0);
	ck_assert_uint_eq(r->session_downs, missing[_i].state != L2TP_S_IDLE);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
}
END_TEST

/* R2661-5.8-14 */
START_TEST(a_flood_of_calls_is_acknowledged_and_the_surplus_refused)
{
	unsigned int icrp = 0, cdn = 0, nr = 0;
	struct l2tp_msg m;

	r->params.session_limit = 100;
	r->params.receive_window = 500;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	for (unsigned int i = 0; i < 500; i++) {
		m = rig_msg(r, L2TP_ICRQ);
		m.assigned_session_id = 1 + i;
		rig_say(r, m);
		rig_wait(r, 2);
	}
	for (unsigned int i = 0; i < r->n_got; i++) {
		const struct l2tp_msg *g = &r->got[i].m;

		icrp += g->type == L2TP_ICRP;
		cdn += g->type == L2TP_CDN;
		if (g->type == L2TP_CDN) {
			ck_assert_uint_eq(g->result.result, L2TP_CDN_ERROR);
			ck_assert_uint_eq(g->result.error, L2TP_ERR_RESOURCES);
		}
		nr = g->nr;
	}
	ck_assert_uint_eq(icrp, 100);
	ck_assert_uint_eq(cdn, 400);
	ck_assert_uint_eq(nr, r->ns);
	ck_assert_uint_eq(rig_stats(r)->sessions_refused, 400);
	ck_assert_uint_eq(rig_info(r->t).sessions, 100);
}
END_TEST

START_TEST(the_session_limit_holds_for_our_own_calls)
{
	const struct l2tp_call call = {.framing_type = 1};

	r->params.session_limit = 1;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	ck_assert_ptr_ne(l2tp_session_call(r->t, &call, NULL, r->now), NULL);
	ck_assert_ptr_eq(l2tp_session_call(r->t, &call, NULL, r->now), NULL);
}
END_TEST

START_TEST(an_id_the_peer_assigned_already_is_not_accepted)
{
	const struct l2tp_call call = {.framing_type = 1};

	rig_session(r, true, L2TP_S_ESTABLISHED);
	r->s = l2tp_session_call(r->t, &call, NULL, r->now);
	rig_collect(r);
	rig_next(r, L2TP_ICRQ);
	rig_say(r, rig_to_session(r, L2TP_ICRP, rig_sid(r->s)));
	ck_assert_uint_eq(rig_next_cdn(r, L2TP_CDN_ERROR)->m.result.error, L2TP_ERR_SESSION_ID);
	ck_assert_uint_eq(rig_info(r->t).sessions, 1);
}
END_TEST

/* R2661-B-2 */
START_TEST(a_repeated_icrq_gets_a_zlb_and_icrp_keeps_its_ns)
{
	const struct rig_got *g;
	struct l2tp_msg m;
	uint16_t ns;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_ICRQ);
	m.ns = r->ns++;
	m.nr = r->nr;
	rig_put(r, &m);
	ns = rig_next(r, L2TP_ICRP)->m.ns;
	rig_wait(r, 900);
	rig_put(r, &m); /* it has not seen the ICRP */
	rig_next(r, L2TP_ZLB);
	rig_wait(r, 100);
	g = rig_next(r, L2TP_ICRP);
	ck_assert_uint_eq(g->m.ns, ns);
	ck_assert_uint_eq(g->m.assigned_session_id, rig_sid(r->s));
	ck_assert_uint_eq(r->session_accepts, 1);
}
END_TEST

/* ---------------------------------------------------------------- ends */

/* A4045-32, R2661-6.12-1 */
START_TEST(the_id_of_a_closed_session_is_free_when_its_cdn_is_acknowledged)
{
	uint16_t sid;
	unsigned int n;

	rig_session(r, _i, L2TP_S_ESTABLISHED);
	sid = rig_sid(r->s);
	r->acks_itself = false;
	l2tp_session_close(r->s, L2TP_CDN_ADMIN, L2TP_ERR_RESOURCES, "gone", r->now);
	ck_assert_uint_eq(r->session_downs, 1);
	rig_collect(r);
	ck_assert_mem_eq(rig_next_cdn(r, L2TP_CDN_ADMIN)->m.result.text.p, "gone", 4);
	ck_assert_uint_eq(rig_info(r->t).sessions, 0);
	for (n = 0; n < 65534; n++) /* all but that one */
		ck_assert_uint_ne(l2tp_tunnel_reserve_id(r->t), sid);
	ck_assert_uint_eq(l2tp_tunnel_reserve_id(r->t), 0);
	rig_ack(r);
	ck_assert_uint_eq(l2tp_tunnel_reserve_id(r->t), sid);
	l2tp_tunnel_release_id(r->t, sid);
	ck_assert_uint_eq(l2tp_tunnel_reserve_id(r->t), sid);
}
END_TEST

/* A4045-31 */
START_TEST(sessions_and_reservations_share_one_space_of_ids)
{
	struct l2tp_session *s;
	uint16_t sid;

	rig_session(r, false, L2TP_S_ESTABLISHED);
	sid = rig_sid(r->s);
	l2tp_tunnel_release_id(r->t, sid); /* not a reservation: nothing happens */
	for (unsigned int n = 0; n < 65534; n++)
		ck_assert_uint_ne(l2tp_tunnel_reserve_id(r->t), sid);
	s = l2tp_session_call(r->t, &(struct l2tp_call){.framing_type = 1}, NULL, r->now);
	ck_assert_ptr_eq(s, NULL); /* none left */
	ck_assert_ptr_eq(l2tp_session_find(r->t, sid ^ 1), NULL);
	ck_assert_ptr_eq(l2tp_session_find(r->t, sid), r->s);
}
END_TEST

START_TEST(a_call_for_which_no_id_is_left_is_acknowledged)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	while (l2tp_tunnel_reserve_id(r->t))
		;
	rig_say(r, rig_msg(r, L2TP_ICRQ));
	rig_next(r, L2TP_ZLB);
	ck_assert_uint_eq(rig_stats(r)->sessions_refused, 1);
}
END_TEST

/* R2661-4.4.4-2: the CDN of a peer that does not know our ID yet */
START_TEST(a_cdn_without_session_id_finds_the_call_by_the_peers_id)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_say(r, rig_msg(r, L2TP_ICRQ));
	rig_next(r, L2TP_ICRP);
	rig_say(r, rig_msg(r, L2TP_CDN));
	rig_next(r, L2TP_ZLB);
	ck_assert_uint_eq(r->session_downs, 1);
	ck_assert_ptr_ne(strstr(r->session_reason, "peer: "), NULL);
}
END_TEST

/* R2661-6.4-1 */
START_TEST(the_end_of_a_tunnel_ends_its_sessions_without_cdn)
{
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	for (unsigned int i = 0; i < 10; i++) {
		m = rig_msg(r, L2TP_ICRQ);
		m.assigned_session_id = 100 + i;
		rig_say(r, m);
		m = rig_to_session(r, L2TP_ICCN, rig_sid(r->s));
		rig_say(r, m);
	}
	ck_assert_uint_eq(r->session_ups, 10);
	rig_forget(r);
	switch (_i) {
	case 0:
		rig_say(r, rig_msg(r, L2TP_STOPCCN));
		rig_next(r, L2TP_ZLB);
		break;
	case 1:
		l2tp_tunnel_close(r->t, L2TP_STOP_SHUTDOWN, r->now);
		rig_collect(r);
		rig_next(r, L2TP_STOPCCN);
		break;
	default: /* R2661-6.5-3, R2661-5.8-9 */
		r->acks_itself = false;
		rig_wait(r, 60000 + 47000);
		r->next = r->n_got;
	}
	rig_silent(r);
	ck_assert_uint_eq(r->session_downs, 10);
	ck_assert_uint_eq(r->downs, 1);
}
END_TEST

START_TEST(a_call_that_stalls_ends_with_cdn_10)
{
	rig_session(r, _i, _i ? L2TP_S_WAIT_REPLY : L2TP_S_WAIT_CONNECT);
	rig_wait(r, 93000);
	ck_assert_uint_eq(r->session_downs, 0);
	rig_forget(r); /* HELLO */
	rig_wait(r, 1000);
	rig_next_cdn(r, L2TP_CDN_TIMEOUT);
	ck_assert_uint_eq(r->session_downs, 1);
}
END_TEST

START_TEST(closing_in_callbacks_is_safe)
{
	struct l2tp_msg m;

	r->close_session_in_accept = _i == 0;
	r->close_tunnel_in_accept = _i == 1;
	r->close_session_in_up = _i >= 2;
	if (_i == 3) {
		rig_session(r, true, L2TP_S_WAIT_REPLY);
		rig_say(r, rig_to_session(r, L2TP_ICRP, rig_sid(r->s)));
		rig_next(r, L2TP_ICCN);
		rig_next(r, L2TP_CDN);
	} else {
		rig_tunnel(r, L2TP_T_ESTABLISHED);
		rig_say(r, rig_msg(r, L2TP_ICRQ));
		if (_i == 0)
			rig_next_cdn(r, L2TP_CDN_ADMIN);
		if (_i == 1)
			rig_next(r, L2TP_STOPCCN);
		if (_i == 2) {
			rig_next(r, L2TP_ICRP);
			m = rig_to_session(r, L2TP_ICCN, rig_sid(r->s));
			rig_say(r, m);
			rig_next_cdn(r, L2TP_CDN_ADMIN);
		}
	}
	rig_silent(r);
	ck_assert_uint_eq(r->session_downs, 1);
	ck_assert_uint_eq(r->downs, _i == 1);
	ck_assert_ptr_eq(r->s, NULL);
}
END_TEST

START_TEST(texts_of_any_length_end_in_a_cdn)
{
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	rig_session(r, false, L2TP_S_ESTABLISHED);
	l2tp_session_close(r->s, L2TP_CDN_ERROR, L2TP_ERR_VENDOR, text, r->now);
	rig_collect(r);
	ck_assert_uint_eq(rig_next_cdn(r, L2TP_CDN_ERROR)->m.result.text.len, 255);
}
END_TEST

/* RFC 2661 6.14 */
START_TEST(sli_is_the_message_of_the_lns)
{
	const struct rig_got *g;

	rig_session(r, _i, L2TP_S_ESTABLISHED);
	l2tp_session_sli(r->s, 0, 0x0a000000, r->now);
	rig_collect(r);
	if (!_i) {
		g = rig_next(r, L2TP_SLI);
		ck_assert_uint_eq(g->m.session_id, RIG_PEER_SID);
		ck_assert_uint_eq(g->m.accm.send, 0);
		ck_assert_uint_eq(g->m.accm.receive, 0x0a000000);
	}
	rig_silent(r);
}
END_TEST

/* R2661-5.3-4 */
START_TEST(sessions_are_found_by_id_and_walked_in_order)
{
	struct l2tp_session *s, *first = NULL;
	unsigned int n = 0;
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	for (unsigned int i = 0; i < 300; i++) {
		m = rig_msg(r, L2TP_ICRQ);
		m.assigned_session_id = 1 + i;
		rig_say(r, m);
		first = first ? first : r->s;
	}
	ck_assert_ptr_eq(l2tp_session_first(r->t), first);
	for (s = first; s; s = l2tp_session_next(r->t, s), n++)
		ck_assert_ptr_eq(l2tp_session_find(r->t, rig_sid(s)), s);
	ck_assert_uint_eq(n, 300);
	ck_assert_uint_eq(rig_info(r->t).sessions, 300);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, the_daemon_refuses_with_the_result_of_its_choice);
	tcase_add_loop_test(tc, a_malformed_icrq_is_refused_alone, 0, array_size(faults));
	tcase_add_loop_test(tc, each_mandatory_avp_missing_ends_the_call, 0, array_size(missing));
	tcase_add_test(tc, a_flood_of_calls_is_acknowledged_and_the_surplus_refused);
	tcase_add_test(tc, the_session_limit_holds_for_our_own_calls);
	tcase_add_test(tc, an_id_the_peer_assigned_already_is_not_accepted);
	tcase_add_test(tc, a_repeated_icrq_gets_a_zlb_and_icrp_keeps_its_ns);
	tcase_add_loop_test(tc, the_id_of_a_closed_session_is_free_when_its_cdn_is_acknowledged, 0,
			    2);
	tcase_add_test(tc, sessions_and_reservations_share_one_space_of_ids);
	tcase_add_test(tc, a_call_for_which_no_id_is_left_is_acknowledged);
	tcase_add_test(tc, a_cdn_without_session_id_finds_the_call_by_the_peers_id);
	tcase_add_loop_test(tc, the_end_of_a_tunnel_ends_its_sessions_without_cdn, 0, 3);
	tcase_add_loop_test(tc, a_call_that_stalls_ends_with_cdn_10, 0, 2);
	tcase_add_loop_test(tc, closing_in_callbacks_is_safe, 0, 4);
	tcase_add_test(tc, texts_of_any_length_end_in_a_cdn);
	tcase_add_loop_test(tc, sli_is_the_message_of_the_lns, 0, 2);
	tcase_add_test(tc, sessions_are_found_by_id_and_walked_in_order);
}

int main(void)
{
	Suite *s = suite_create("l2tp_session");
	TCase *tc = tcase_create("l2tp_session");
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
