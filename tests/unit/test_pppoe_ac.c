// SPDX-License-Identifier: GPL-2.0-or-later
/* The access concentrator: RFC 2516 section 5 stage by stage, floods, limits. */
#include <check.h>
#include <stdlib.h>

#include "l2mcd/pppoe_ac.h"

static const uint8_t ac_mac[6] = {2, 0, 0, 0, 0, 0xac};
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* One concentrator with one port, and what came out of it last. */
static struct {
	struct twheel wheel;
	struct pppoe_ac *ac;
	struct pppoe_port *port;
	struct pppoe_params params;
	msec_t now;
	uint32_t random;
	uint8_t octets[PPPOE_MAX_FRAME];
	struct pppoe_frame out; /* code 0: nothing */
	unsigned int sent;
	struct pppoe_session *opened;
	unsigned int n_opened, n_closed;
	char closed[64];
} w;

static uint32_t cb_random(void *ctx)
{
	return w.random++;
}

static void cb_send(void *ctx, struct pppoe_port *port, struct span f)
{
	ck_assert_ptr_eq(port, w.port);
	memcpy(w.octets, f.p, f.len);
	ck_assert_int_eq(pppoe_decode((struct span){w.octets, f.len}, &w.out), PPPOE_DECODE_OK);
	ck_assert_mem_eq(w.out.src, ac_mac, 6);
	w.sent++;
}

static void cb_opened(void *ctx, struct pppoe_session *s)
{
	w.opened = s;
	w.n_opened++;
}

static void cb_closed(void *ctx, struct pppoe_session *s, const char *reason)
{
	w.n_closed++;
	snprintf(w.closed, sizeof(w.closed), "%s", reason);
}

static const struct pppoe_ops ops = {
	.random = cb_random, .send = cb_send, .opened = cb_opened, .closed = cb_closed};

static const char service_names[2][PPPOE_NAME_LEN] = {"gold", "silver"};

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	w.random = 100;
	w.now = 1000000;
	twheel_init(&w.wheel, w.now);
	w.ac = pppoe_ac_new(&ops, NULL, &w.wheel);
	w.params =
		(struct pppoe_params){.ac_name = "lac1", .any_service = true, .session_limit = 100};
	w.port = pppoe_port_new(w.ac, ac_mac, 0, NULL, &w.params, NULL);
}

static void teardown(void)
{
	pppoe_ac_free(w.ac);
	twheel_fini(&w.wheel);
}

static void reset_port(void)
{
	pppoe_port_set(w.port, &w.params);
}

static struct span text(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

static struct pppoe_frame from_host(uint8_t host, uint8_t code, const char *service)
{
	struct pppoe_frame f = {.code = code, .src = {2, 0, 0, 0, 0, host}, .n_services = 1};

	memcpy(f.dst, code == PPPOE_PADI ? broadcast : ac_mac, 6);
	f.service[0] = text(service);
	return f;
}

/* What the concentrator says to it; code 0: nothing. */
static void give(const struct pppoe_frame *f)
{
	uint8_t buf[PPPOE_MAX_FRAME];
	size_t len = pppoe_encode(f, buf, sizeof(buf));

	memset(&w.out, 0, sizeof(w.out));
	w.opened = NULL;
	pppoe_ac_input_raw(w.port, (struct span){buf, len}, w.now);
}

static struct pppoe_frame discover(uint8_t host, const char *service)
{
	static uint8_t cookie[64];
	struct pppoe_frame f = from_host(host, PPPOE_PADI, service);

	f.host_uniq = text("uniq");
	give(&f);
	ck_assert_uint_eq(w.out.code, PPPOE_PADO);
	f = from_host(host, PPPOE_PADR, service);
	f.host_uniq = text("uniq");
	memcpy(cookie, w.out.ac_cookie.p, w.out.ac_cookie.len);
	f.ac_cookie = (struct span){cookie, w.out.ac_cookie.len};
	return f;
}

static uint16_t session_of(uint8_t host)
{
	struct pppoe_frame f = discover(host, "");

	give(&f);
	ck_assert_ptr_nonnull(w.opened);
	pppoe_session_accept(w.opened);
	ck_assert_uint_eq(w.out.code, PPPOE_PADS);
	return w.out.session_id;
}

static bool is(struct span s, const char *t)
{
	return s.p && s.len == strlen(t) && memcmp(s.p, t, s.len) == 0;
}

static const struct pppoe_stats *stats(void)
{
	return pppoe_port_stats(w.port);
}

/* ---------------------------------------------------------------- the stages */

START_TEST(a_host_gets_a_session_in_four_frames)
{
	struct pppoe_frame f = from_host(1, PPPOE_PADI, "");
	struct pppoe_session_info info;

	f.host_uniq = text("hu");
	f.relay_session_id = text("relay");
	give(&f);
	ck_assert_uint_eq(w.out.code, PPPOE_PADO);
	ck_assert(is(w.out.ac_name, "lac1") && is(w.out.host_uniq, "hu"));
	ck_assert(is(w.out.relay_session_id, "relay"));
	ck_assert_mem_eq(w.out.dst, f.src, 6);
	ck_assert_uint_eq(pppoe_port_sessions(w.port), 0); /* nothing is kept */
	f = discover(1, "");
	f.relay_session_id = text("relay");
	f.circuit_id = text("eth 1/2");
	give(&f);
	ck_assert_uint_eq(w.out.code, 0); /* not before the call is up */
	pppoe_session_info(w.opened, &info);
	ck_assert(info.pending && info.service_index == -1);
	ck_assert_str_eq(info.circuit_id, "eth 1/2");
	ck_assert_mem_eq(info.mac, f.src, 6);
	pppoe_session_accept(w.opened);
	ck_assert_uint_eq(w.out.code, PPPOE_PADS);
	ck_assert_uint_eq(w.out.session_id, info.session_id);
	ck_assert(is(w.out.host_uniq, "uniq") && is(w.out.relay_session_id, "relay"));
	ck_assert(w.out.n_services == 1 && is(w.out.service[0], ""));
}
END_TEST

START_TEST(a_refused_call_is_an_ac_system_error_with_session_id_0)
{
	struct pppoe_frame f = discover(1, "");

	give(&f);
	pppoe_session_refuse(w.opened, "LNS unreachable");
	ck_assert_uint_eq(w.out.code, PPPOE_PADS);
	ck_assert_uint_eq(w.out.session_id, 0);
	ck_assert_uint_eq(w.out.error, PPPOE_TAG_AC_SYSTEM_ERROR);
	ck_assert(is(w.out.error_text, "LNS unreachable"));
	ck_assert_uint_eq(pppoe_port_sessions(w.port), 0);
	ck_assert_uint_eq(w.n_closed, 0);
}
END_TEST

START_TEST(no_decision_within_a_minute_is_a_refusal)
{
	struct pppoe_frame f = discover(1, "");

	give(&f);
	twheel_run(&w.wheel, w.now + PPPOE_PENDING_MS - 1);
	ck_assert_uint_eq(w.n_closed, 0);
	twheel_run(&w.wheel, w.now + PPPOE_PENDING_MS);
	ck_assert_uint_eq(w.n_closed, 1);
	ck_assert_uint_eq(w.out.error, PPPOE_TAG_AC_SYSTEM_ERROR);
	ck_assert_uint_eq(pppoe_port_sessions(w.port), 0);
}
END_TEST

START_TEST(a_padr_sent_again_gets_the_same_session)
{
	struct pppoe_frame f = discover(1, "");
	uint16_t id;

	give(&f);
	give(&f);
	ck_assert_uint_eq(w.out.code, 0); /* still pending: silence */
	pppoe_session_accept(pppoe_session_first(w.port));
	id = w.out.session_id;
	give(&f);
	ck_assert_uint_eq(w.out.code, PPPOE_PADS);
	ck_assert_uint_eq(w.out.session_id, id);
	ck_assert_uint_eq(w.n_opened, 1);
	ck_assert_uint_eq(stats()->repeated, 2);
	/* a later negotiation of the same host, with the same Host-Uniq, is another session */
	ck_assert_uint_ne(session_of(1), id);
	ck_assert_uint_eq(w.n_opened, 2);
}
END_TEST

START_TEST(padt_of_the_host_ends_the_session)
{
	uint16_t id = session_of(1);
	struct pppoe_frame f = from_host(1, PPPOE_PADT, "");

	f.session_id = id;
	give(&f);
	ck_assert_uint_eq(w.n_closed, 1);
	ck_assert_str_eq(w.closed, "PADT received");
	ck_assert_uint_eq(w.out.code, 0);
	ck_assert_uint_eq(pppoe_port_sessions(w.port), 0);
	give(&f);
	ck_assert_uint_eq(stats()->drop_session, 1);
}
END_TEST

START_TEST(padt_of_another_host_ends_nothing)
{
	struct pppoe_frame f;

	f = from_host(2, PPPOE_PADT, "");
	f.session_id = session_of(1);
	give(&f);
	f = from_host(1, PPPOE_PADT, "");
	f.session_id = 1;
	give(&f);
	ck_assert_uint_eq(w.n_closed, 0);
	ck_assert_uint_eq(stats()->drop_session, 2);
}
END_TEST

START_TEST(closing_sends_padt_with_the_reason)
{
	uint16_t id = session_of(1);

	pppoe_session_close(pppoe_session_first(w.port), "the call is over");
	ck_assert_uint_eq(w.out.code, PPPOE_PADT);
	ck_assert_uint_eq(w.out.session_id, id);
	ck_assert(is(w.out.error_text, "the call is over"));
	ck_assert_uint_eq(w.n_closed, 0);
}
END_TEST

START_TEST(a_port_that_goes_ends_all_its_sessions)
{
	struct pppoe_frame f = discover(3, "");

	session_of(1);
	session_of(2);
	f = discover(3, "");
	give(&f); /* pending: PADS with an error */
	w.sent = 0;
	pppoe_port_free(w.port);
	ck_assert_uint_eq(w.sent, 3);
	ck_assert_uint_eq(w.n_closed, 0);
}
END_TEST

/* ---------------------------------------------------------------- services, names */

static const struct {
	bool any;
	size_t n_services;
	const char *wanted;
	bool pado;
	int index; /* -1: any; -2: Service-Name-Error */
} services[] = {
	{true, 0, "", true, -1},    {true, 0, "x", true, -1},	  {true, 2, "gold", true, 0},
	{true, 2, "x", true, -1},   {true, 2, "", true, -1},	  {false, 2, "silver", true, 1},
	{false, 2, "x", false, -2}, {false, 2, "", true, -2},	  {false, 1, "", true, 0},
	{false, 0, "", false, -2},  {false, 2, "gol", false, -2}, {false, 2, "goldx", false, -2},
};

START_TEST(a_service_is_matched_by_its_name)
{
	struct pppoe_frame f, padr = discover(1, "");
	struct pppoe_session_info info;

	w.params.any_service = services[_i].any;
	w.params.n_services = services[_i].n_services;
	w.params.services = service_names;
	reset_port();
	f = from_host(1, PPPOE_PADI, services[_i].wanted);
	give(&f);
	ck_assert_uint_eq(w.out.code, services[_i].pado ? PPPOE_PADO : 0);
	if (services[_i].pado) {
		ck_assert(is(w.out.service[0], services[_i].wanted)); /* 5.2: identical */
		ck_assert_uint_ge(w.out.n_services, services[_i].n_services);
	}
	padr.service[0] = text(services[_i].wanted);
	give(&padr);
	if (services[_i].index == -2) {
		ck_assert_uint_eq(w.out.error, PPPOE_TAG_SERVICE_NAME_ERROR);
		ck_assert_uint_eq(w.out.session_id, 0);
		return;
	}
	pppoe_session_info(w.opened, &info);
	ck_assert_int_eq(info.service_index, services[_i].index);
}
END_TEST

/* Operators and the LNS see text; the host gets its own octets back (RFC 2516 5.4). */
START_TEST(a_service_with_control_characters_is_shown_without_them)
{
	static const char service[] = "tv\x1b[2J\n\xff";
	struct pppoe_frame padr = discover(1, service);
	struct pppoe_session_info info;
	struct pppoe_session *s;

	give(&padr);
	s = w.opened;
	pppoe_session_info(s, &info);
	ck_assert_str_eq(info.service, "tv?[2J??");
	pppoe_session_accept(s);
	ck_assert_uint_eq(w.out.code, PPPOE_PADS);
	ck_assert(is(w.out.service[0], service));
}
END_TEST

START_TEST(a_padi_for_another_concentrator_is_not_answered)
{
	struct pppoe_frame f = from_host(1, PPPOE_PADI, "");

	f.ac_name = text("lac2");
	give(&f);
	ck_assert_uint_eq(w.out.code, 0);
	f.ac_name = text("lac1");
	give(&f);
	ck_assert_uint_eq(w.out.code, PPPOE_PADO);
}
END_TEST

/* wanted by the host, possible here, agreed (RFC 4638) */
static const uint16_t payloads[][3] = {
	{1500, 1500, 1500}, {1500, 1492, 0}, {1492, 1500, 0}, {9000, 1508, 1508}, {0, 1500, 0}};

START_TEST(a_larger_payload_is_agreed_on_if_both_can)
{
	struct pppoe_frame f = from_host(1, PPPOE_PADI, "");

	w.params.max_payload = payloads[_i][1];
	reset_port();
	f.max_payload = payloads[_i][0];
	give(&f);
	ck_assert_uint_eq(w.out.max_payload, payloads[_i][2]);
}
END_TEST

/* ---------------------------------------------------------------- floods and limits */

START_TEST(a_flood_of_padi_and_forged_padr_keeps_nothing)
{
	struct pppoe_frame f = from_host(1, PPPOE_PADI, ""), padr = discover(1, "");
	uint8_t cookie[64];

	for (int i = 0; i < 10000; i++) {
		put_u32(&f.src[2], i + 2);
		give(&f);
		memcpy(padr.src, f.src, 6);
		give(&padr); /* the cookie of host 1 */
	}
	ck_assert_uint_eq(w.n_opened, 0);
	ck_assert_uint_eq(pppoe_port_sessions(w.port), 0);
	ck_assert_uint_eq(stats()->drop_cookie, 10000);
	padr = discover(1, "");
	memcpy(cookie, padr.ac_cookie.p, padr.ac_cookie.len);
	for (size_t i = 0; i < padr.ac_cookie.len; i++) {
		struct pppoe_frame forged = padr;

		forged.ac_cookie.p = cookie;
		cookie[i] ^= 1;
		give(&forged);
		cookie[i] ^= 1;
		forged.ac_cookie.len = i;
		give(&forged);
	}
	ck_assert_uint_eq(w.n_opened, 0);
	give(&padr);
	ck_assert_uint_eq(w.n_opened, 1);
}
END_TEST

START_TEST(a_cookie_is_good_for_half_a_minute_and_not_for_long)
{
	struct pppoe_frame f = discover(1, "");

	w.now += PPPOE_COOKIE_SLOT_MS;
	twheel_run(&w.wheel, w.now);
	give(&f);
	ck_assert_uint_eq(w.n_opened, 1);
	f = discover(2, "");
	w.now += 2 * PPPOE_COOKIE_SLOT_MS;
	give(&f);
	ck_assert_uint_eq(w.n_opened, 1);
	w.now += 254 * PPPOE_COOKIE_SLOT_MS; /* the octet of the slot comes round */
	give(&f);
	ck_assert_uint_eq(w.n_opened, 1);
	ck_assert_uint_eq(stats()->drop_cookie, 2);
}
END_TEST

START_TEST(padi_is_limited_per_second)
{
	struct pppoe_frame f = from_host(1, PPPOE_PADI, "");

	w.params.padi_rate = 10;
	pppoe_port_free(w.port);
	w.port = pppoe_port_new(w.ac, ac_mac, 0, NULL, &w.params, NULL);
	w.sent = 0;
	for (int i = 0; i < 100; i++)
		give(&f);
	ck_assert_uint_eq(w.sent, 10);
	ck_assert_uint_eq(stats()->drop_rate, 90);
	for (int i = 0; i < 100; i++) {
		w.now += 50; /* 20 per second */
		give(&f);
	}
	ck_assert_uint_eq(w.sent, 60);
}
END_TEST

START_TEST(a_full_port_offers_nothing_and_refuses)
{
	struct pppoe_frame f, padr = discover(3, "");

	w.params.session_limit = 2;
	reset_port();
	session_of(1);
	session_of(2);
	f = from_host(3, PPPOE_PADI, "");
	give(&f);
	ck_assert_uint_eq(w.out.code, 0);
	ck_assert_uint_eq(stats()->drop_full, 1);
	padr.host_uniq = text("x");
	pppoe_port_clear_stats(w.port);
	give(&padr);
	ck_assert_uint_eq(w.out.session_id, 0);
	/* the cookie in padr has been overwritten by later discoveries of others: no state */
	ck_assert_uint_eq(pppoe_port_sessions(w.port), 2);
	pppoe_session_close(pppoe_session_first(w.port), "over");
	give(&f);
	ck_assert_uint_eq(w.out.code, PPPOE_PADO);
}
END_TEST

START_TEST(a_host_has_no_more_sessions_than_allowed)
{
	struct pppoe_frame f;

	w.params.host_session_limit = 2;
	reset_port();
	session_of(1);
	session_of(1);
	f = discover(1, "");
	give(&f);
	ck_assert_uint_eq(w.out.error, PPPOE_TAG_AC_SYSTEM_ERROR);
	ck_assert(is(w.out.error_text, "too many sessions of this host"));
	session_of(2); /* others are served */
}
END_TEST

START_TEST(session_ids_are_unique_and_never_0_or_ffff)
{
	bool used[0x10000] = {[0] = true, [0xffff] = true};

	w.params.session_limit = 65000;
	reset_port();
	w.random = 0xff00;
	for (int i = 0; i < 1000; i++) {
		uint16_t id = session_of(i % 200);

		w.random -= i % 7 ? 0 : 3;
		ck_assert(!used[id]);
		used[id] = true;
	}
}
END_TEST

/* ---------------------------------------------------------------- what is not for us */

START_TEST(frames_that_are_not_for_a_concentrator_are_dropped)
{
	struct pppoe_frame f = from_host(1, PPPOE_PADO, "");

	give(&f);
	f = from_host(1, PPPOE_PADS, "");
	give(&f);
	f = from_host(1, 0x42, "");
	give(&f);
	f = from_host(1, PPPOE_PADI, "");
	f.session_id = 1;
	give(&f);
	f = from_host(1, PPPOE_PADI, "");
	f.n_services = 0;
	give(&f);
	f = discover(1, "");
	f.session_id = 7;
	give(&f);
	f = discover(1, "");
	f.service[f.n_services++] = text("two"); /* 5.3: exactly one */
	give(&f);
	ck_assert_uint_eq(stats()->drop_code, 7);
	f = discover(1, "");
	f.dst[5]++;
	give(&f);
	f = from_host(1, PPPOE_PADI, "");
	f.src[0] |= 1;
	give(&f);
	f = from_host(1, PPPOE_PADI, "");
	f.dst[5]--; /* another group address */
	give(&f);
	ck_assert_uint_eq(stats()->drop_address, 3);
	ck_assert_uint_eq(w.n_opened, 0);
}
END_TEST

START_TEST(tags_that_leave_no_room_for_an_answer_get_none)
{
	static uint8_t big[1490];
	struct pppoe_frame f = from_host(1, PPPOE_PADI, "");

	f.host_uniq = (struct span){big, sizeof(big)};
	give(&f);
	ck_assert_uint_eq(w.out.code, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pppoe_ac");
	TCase *t = tcase_create("ac");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_host_gets_a_session_in_four_frames);
	tcase_add_test(t, a_refused_call_is_an_ac_system_error_with_session_id_0);
	tcase_add_test(t, no_decision_within_a_minute_is_a_refusal);
	tcase_add_test(t, a_padr_sent_again_gets_the_same_session);
	tcase_add_test(t, padt_of_the_host_ends_the_session);
	tcase_add_test(t, padt_of_another_host_ends_nothing);
	tcase_add_test(t, closing_sends_padt_with_the_reason);
	tcase_add_test(t, a_port_that_goes_ends_all_its_sessions);
	tcase_add_loop_test(t, a_service_is_matched_by_its_name, 0, array_size(services));
	tcase_add_test(t, a_service_with_control_characters_is_shown_without_them);
	tcase_add_test(t, a_padi_for_another_concentrator_is_not_answered);
	tcase_add_loop_test(t, a_larger_payload_is_agreed_on_if_both_can, 0, array_size(payloads));
	tcase_add_test(t, a_flood_of_padi_and_forged_padr_keeps_nothing);
	tcase_add_test(t, a_cookie_is_good_for_half_a_minute_and_not_for_long);
	tcase_add_test(t, padi_is_limited_per_second);
	tcase_add_test(t, a_full_port_offers_nothing_and_refuses);
	tcase_add_test(t, a_host_has_no_more_sessions_than_allowed);
	tcase_add_test(t, session_ids_are_unique_and_never_0_or_ffff);
	tcase_add_test(t, frames_that_are_not_for_a_concentrator_are_dropped);
	tcase_add_test(t, tags_that_leave_no_room_for_an_answer_get_none);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
