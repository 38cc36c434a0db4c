// SPDX-License-Identifier: GPL-2.0-or-later
/* Proxy LCP and authentication, from the LAC's daemon to the LNS's. */
#include <stdlib.h>

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

#define OCTETS(...)                                                                    \
	{                                                                              \
		(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
	}
#define TEXT(T)                                     \
	{                                           \
		(const uint8_t *)(T), sizeof(T) - 1 \
	}

/* MRU 1492 and magic; ACCM 0xa0000; ACCM 0 */
#define INITIAL	 OCTETS(1, 4, 5, 0xd4, 5, 6, 1, 2, 3, 4)
#define SENT	 OCTETS(2, 6, 0, 0x0a, 0, 0)
#define RECEIVED OCTETS(1, 4, 5, 0xd4, 2, 6, 0, 0, 0, 0)

enum {
	NAME = 1,
	CHALLENGE = 2,
	ID = 4,
	RESPONSE = 8,
};

/* R2661-4.4.5-2: what goes with which type */
static const struct {
	enum l2tp_proxy_authen type;
	unsigned int needs;
} types[] = {
	{L2TP_PROXY_TEXT, NAME | RESPONSE},
	{L2TP_PROXY_CHAP, NAME | CHALLENGE | ID | RESPONSE},
	{L2TP_PROXY_PAP, NAME | ID | RESPONSE},
	{L2TP_PROXY_NONE, 0},
	{L2TP_PROXY_MSCHAP, NAME | CHALLENGE | ID | RESPONSE},
};

static const struct l2tp_proxy everything = {.initial_lcp = INITIAL,
					     .last_sent_lcp = SENT,
					     .last_received_lcp = RECEIVED,
					     .name = TEXT("alice"),
					     .challenge = OCTETS(9, 8, 7, 6),
					     .response = OCTETS(0, 0xff),
					     .has_id = true,
					     .id = 200};

static const struct l2tp_msg *iccn_with(const struct l2tp_proxy *p)
{
	const struct l2tp_call call = {.framing_type = 1, .tx_speed_bps = 1, .proxy = p};

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	r->s = l2tp_session_call(r->t, &call, NULL, r->now);
	rig_collect(r);
	rig_next(r, L2TP_ICRQ);
	rig_say(r, rig_to_session(r, L2TP_ICRP, rig_sid(r->s)));
	return &rig_next(r, L2TP_ICCN)->m;
}

static void same(struct span a, struct span b)
{
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.p, b.p, a.len);
}

/* R2661-4.4.5-2 */
START_TEST(iccn_has_the_avps_of_its_type_and_no_others)
{
	struct l2tp_proxy p = everything;
	const struct l2tp_msg *m;
	unsigned int needs = types[_i].needs;

	p.type = types[_i].type;
	m = iccn_with(&p);
	ck_assert(l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_TYPE));
	ck_assert_uint_eq(m->proxy_authen_type, types[_i].type);
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_NAME), !!(needs & NAME));
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_CHALLENGE), !!(needs & CHALLENGE));
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_ID), !!(needs & ID));
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_RESPONSE), !!(needs & RESPONSE));
	if (needs & NAME)
		same(m->proxy_authen_name, p.name);
	if (needs & CHALLENGE)
		same(m->proxy_authen_challenge, p.challenge);
	if (needs & ID)
		ck_assert_uint_eq(m->proxy_authen_id, 200);
	if (needs & RESPONSE)
		same(m->proxy_authen_response, p.response);
	same(m->initial_lcp_confreq, p.initial_lcp); /* R2661-4.4.5-1 */
	same(m->last_sent_lcp_confreq, p.last_sent_lcp);
	same(m->last_received_lcp_confreq, p.last_received_lcp);
}
END_TEST

static void without(struct l2tp_proxy *p, unsigned int what)
{
	if (what == NAME)
		p->name.p = NULL;
	if (what == CHALLENGE)
		p->challenge.p = NULL;
	if (what == ID)
		p->has_id = false;
	if (what == RESPONSE)
		p->response.p = NULL;
}

/* R2661-4.4.5-2: every type, every part of it missing */
START_TEST(half_of_an_answer_is_not_sent)
{
	unsigned int missing = 1u << _i % 4;
	struct l2tp_proxy p = everything;
	const struct l2tp_msg *m;

	p.type = types[_i / 4].type;
	without(&p, missing);
	m = iccn_with(&p);
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_TYPE),
			 !(types[_i / 4].needs & missing));
	ck_assert(l2tp_msg_has(m, L2TP_AVP_INITIAL_LCP_CONFREQ));
}
END_TEST

START_TEST(a_lac_without_them_sends_none)
{
	const struct l2tp_msg *m = iccn_with(NULL);

	for (int avp = L2TP_AVP_INITIAL_LCP_CONFREQ; avp <= L2TP_AVP_PROXY_AUTHEN_RESPONSE; avp++)
		ck_assert(!l2tp_msg_has(m, avp));
	ck_assert_ptr_eq(rig_session_info(r->s).call.proxy, NULL);
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_and_the_call_is_up)
{
	uint8_t much[1000] = {0};
	struct l2tp_proxy p = {.initial_lcp = {much, sizeof(much)},
			       .last_sent_lcp = {much, sizeof(much)}};
	const struct l2tp_msg *m = iccn_with(&p);

	ck_assert(!l2tp_msg_has(m, L2TP_AVP_INITIAL_LCP_CONFREQ));
	ck_assert(l2tp_msg_has(m, L2TP_AVP_TX_CONNECT_SPEED));
	ck_assert_uint_eq(r->session_ups, 1);
}
END_TEST

START_TEST(a_password_is_not_in_the_readable_text)
{
	const struct l2tp_proxy p = {
		.type = L2TP_PROXY_TEXT, .name = TEXT("alice"), .response = OCTETS(0xca, 0xfe)};
	struct l2tp_msg m = {.type = L2TP_ICCN};
	uint8_t octets[256];
	char text[1024];
	size_t len;

	l2tp_proxy_put(&p, &m);
	len = l2tp_msg_encode(&m, NULL, octets, sizeof(octets));
	l2tp_msg_text((struct span){octets, len}, (struct span){}, text, sizeof(text));
	ck_assert_ptr_ne(strstr(text, "Proxy Authen Response: 2 octets\n"), NULL);
	ck_assert_ptr_ne(strstr(text, "alice"), NULL);
	ck_assert_ptr_eq(strstr(text, "cafe"), NULL);
}
END_TEST

/* ---------------------------------------------------------------- at the LNS */

static const struct l2tp_proxy *received(const struct l2tp_proxy *p)
{
	struct l2tp_msg m;

	rig_session(r, false, L2TP_S_WAIT_CONNECT);
	m = rig_to_session(r, L2TP_ICCN, rig_sid(r->s));
	l2tp_proxy_put(p, &m);
	rig_say(r, m);
	ck_assert_uint_eq(r->session_ups, 1);
	return rig_session_info(r->s).call.proxy;
}

/* R2661-4.4.5-1, R2661-4.4.5-2 */
START_TEST(an_lns_keeps_what_the_lac_has_learnt)
{
	struct l2tp_proxy p = everything;
	const struct l2tp_proxy *got;

	p.type = types[_i].type;
	got = received(&p);
	ck_assert_ptr_ne(got, NULL);
	ck_assert_int_eq(got->type, p.type);
	same(got->initial_lcp, p.initial_lcp);
	same(got->last_sent_lcp, p.last_sent_lcp);
	same(got->last_received_lcp, p.last_received_lcp);
	if (types[_i].needs & NAME)
		same(got->name, p.name);
	if (types[_i].needs & CHALLENGE)
		same(got->challenge, p.challenge);
	if (types[_i].needs & RESPONSE)
		same(got->response, p.response);
	ck_assert_int_eq(got->has_id, !!(types[_i].needs & ID));
	ck_assert_uint_eq(got->id, got->has_id ? 200 : 0);
}
END_TEST

START_TEST(half_of_an_answer_is_not_kept)
{
	struct l2tp_msg m;

	rig_session(r, false, L2TP_S_WAIT_CONNECT);
	m = rig_to_session(r, L2TP_ICCN, rig_sid(r->s));
	l2tp_msg_set(&m, L2TP_AVP_PROXY_AUTHEN_TYPE);
	m.proxy_authen_type = _i ? L2TP_PROXY_PAP : 99;
	l2tp_msg_set(&m, L2TP_AVP_PROXY_AUTHEN_NAME);
	m.proxy_authen_name = everything.name;
	rig_say(r, m);
	ck_assert_uint_eq(r->session_ups, 1);
	ck_assert_ptr_eq(rig_session_info(r->s).call.proxy, NULL);
}
END_TEST

/* ---------------------------------------------------------------- ACCM */

static const struct {
	struct span sent, received;
	bool known;
	uint32_t send, receive;
} maps[] = {
	{SENT, RECEIVED, true, 0, 0x000a0000},
	{INITIAL, SENT, true, 0x000a0000, 0xffffffff}, /* without the option: the default */
	{{NULL, 0}, RECEIVED, false, 0, 0},
	{SENT, {NULL, 0}, false, 0, 0},
	{OCTETS(2, 6, 0), OCTETS(2, 1), true, 0xffffffff, 0xffffffff}, /* cut, too short */
	{OCTETS(2, 5, 0, 0, 0), OCTETS(2, 0, 2, 6, 0, 0, 0, 0), true, 0xffffffff, 0xffffffff},
};

START_TEST(maps_follow_from_what_lcp_has_agreed)
{
	struct l2tp_proxy p = {.last_sent_lcp = maps[_i].sent,
			       .last_received_lcp = maps[_i].received};
	uint32_t send = 0, receive = 0;

	ck_assert_int_eq(l2tp_proxy_accm(&p, &send, &receive), maps[_i].known);
	ck_assert_uint_eq(send, maps[_i].send);
	ck_assert_uint_eq(receive, maps[_i].receive);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, iccn_has_the_avps_of_its_type_and_no_others, 0, array_size(types));
	tcase_add_loop_test(tc, half_of_an_answer_is_not_sent, 0, 4 * array_size(types));
	tcase_add_test(tc, a_lac_without_them_sends_none);
	tcase_add_test(tc, a_password_is_not_in_the_readable_text);
	tcase_add_test(tc, what_does_not_fit_is_left_out_and_the_call_is_up);
	tcase_add_loop_test(tc, an_lns_keeps_what_the_lac_has_learnt, 0, array_size(types));
	tcase_add_loop_test(tc, half_of_an_answer_is_not_kept, 0, 2);
	tcase_add_loop_test(tc, maps_follow_from_what_lcp_has_agreed, 0, array_size(maps));
}

int main(void)
{
	Suite *s = suite_create("l2tp_proxy");
	TCase *tc = tcase_create("l2tp_proxy");
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
