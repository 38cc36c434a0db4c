// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 4045 on the LAC: state table S4045-A*, outgoing session lists (6.2). */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "l2mcd/l2mc_lac.h"

/*
 * The bench: unicast sessions 1 .. 30 are members unless they are gone.  Our multicast Session
 * IDs are 3001, 3002, ..., the LNS's 4001, ... (hexadecimal).  What happens is written down:
 * "MSRP 4001 3001; program 3001 v1; ...".
 */
static struct {
	struct l2mc_lac_policy policy;
	struct l2mc_lac *lac;
	struct l2mc_lac_tunnel *t;
	msec_t now;
	char log[8192];
	uint16_t next_id;
	size_t ids;
	bool not_ready, no_ids, gone[64], at_once;
	uint64_t cookie;
} b;

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	size_t len = strlen(b.log);
	va_list ap;

	if (len)
		len += sprintf(b.log + len, "; ");
	va_start(ap, fmt);
	ck_assert_int_lt(vsnprintf(b.log + len, sizeof(b.log) - len, fmt, ap), sizeof(b.log) - len);
	va_end(ap);
}

static uint16_t reserve_id(void *ctx, struct l2mc_lac_tunnel *t)
{
	if (b.no_ids)
		return 0;
	b.ids++;
	return 0x3000 + ++b.next_id;
}

static void release_id(void *ctx, struct l2mc_lac_tunnel *t, uint16_t session_id)
{
	ck_assert_uint_gt(session_id, 0x3000);
	b.ids--;
}

static bool send_msg(void *ctx, struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
		     uint64_t cookie)
{
	char ids[4096] = "", *end = ids;

	switch (m->type) {
	case L2TP_MSRP:
		ck_assert(l2tp_msg_has(m, L2TP_AVP_ASSIGNED_SESSION_ID));
		note("MSRP %x %x", m->session_id, m->assigned_session_id);
		break;
	case L2TP_MSE:
		note("MSE %x%s", m->session_id,
		     l2tp_msg_has(m, L2TP_AVP_SEQUENCING_REQUIRED) ? " sequenced" : "");
		break;
	case L2TP_MSI:
		ck_assert_uint_gt(m->n_sids, 0); /* A4045-11 */
		for (size_t i = 0; i < m->n_sids; i++) {
			ck_assert_uint_eq(m->sids[i].avp, L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK);
			end += sprintf(end, " %u", m->sids[i].session_id);
		}
		if (m->n_sids > 20)
			sprintf(ids, " %zu of them", m->n_sids);
		note("NOSA %x%s", m->session_id, ids);
		break;
	case L2TP_MSEN:
		ck_assert(l2tp_msg_has(m, L2TP_AVP_RESULT_CODE));
		ck_assert(l2tp_msg_has(m, L2TP_AVP_ASSIGNED_SESSION_ID));
		ck_assert(m->result.has_error); /* a LAC ends a session for no other reason */
		note("MSEN %x %x %u/%u", m->session_id, m->assigned_session_id, m->result.result,
		     m->result.error);
		b.cookie = cookie;
		ck_assert(!cookie || cookie >> 63);
		break;
	default:
		ck_abort_msg("message type %d sent by a LAC", m->type);
	}
	return true;
}

static bool is_member(void *ctx, struct l2mc_lac_tunnel *t, uint16_t session_id)
{
	return session_id &&
	       (session_id <= 30 ? !b.gone[session_id] : session_id >= 5000 && session_id < 8000);
}

static bool ready(void *ctx)
{
	return !b.not_ready;
}

static void program(void *ctx, const struct l2mc_osl *o)
{
	struct l2mc_osl_info info;
	const uint16_t *ids;
	char text[256] = "", *end = text;
	size_t n;

	l2mc_osl_info(o, &info);
	ids = l2mc_osl_members(o, &n);
	ck_assert_uint_eq(n, info.n_members);
	for (size_t i = 0; i < n && n <= 30; i++) {
		ck_assert(!i || ids[i - 1] < ids[i]);
		end += sprintf(end, " %u", ids[i]);
	}
	note("program %x v%" PRIu64 "%s", info.session_id, info.version, text);
	if (b.at_once)
		l2mc_osl_installed(b.t, info.session_id, info.version, true, b.now);
}

static void unprogram(void *ctx, const struct l2mc_osl *o)
{
	struct l2mc_osl_info info;

	l2mc_osl_info(o, &info);
	note("unprogram %x", info.session_id);
}

static void event(void *ctx, const struct l2mc_osl *o, const char *what)
{
	ck_assert_str_ne(what, "unknown");
}

static const struct l2mc_lac_ops ops = {
	.reserve_id = reserve_id,
	.release_id = release_id,
	.send = send_msg,
	.is_member = is_member,
	.ready = ready,
	.program = program,
	.unprogram = unprogram,
	.event = event,
};

static const char *log_text(void)
{
	static char text[sizeof(b.log)];

	memcpy(text, b.log, sizeof(text));
	b.log[0] = '\0';
	return text;
}

#define expect(text) ck_assert_str_eq(log_text(), text)

static struct l2mc_lac_stats stats(void)
{
	struct l2mc_lac_stats s;

	l2mc_lac_stats(b.lac, &s);
	return s;
}

static void start(bool offered)
{
	b.lac = l2mc_lac_new(&ops, &b, &b.policy);
	b.t = l2mc_lac_tunnel_add(b.lac, 7, offered, &b);
	ck_assert_ptr_eq(l2mc_lac_tunnel_data(b.t), &b);
	ck_assert_uint_eq(l2mc_lac_tunnel_id(b.t), 7);
}

static void setup(void)
{
	memset(&b, 0, sizeof(b));
}

static void teardown(void)
{
	l2mc_lac_tunnel_del(b.t);
	ck_assert_uint_eq(b.ids, 0);
	ck_assert_uint_eq(stats().sessions + stats().tunnels, 0);
	l2mc_lac_free(b.lac);
}

/* ---------------------------------------------------------------- inputs */

static void msrq(int n)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 0x4000 + n};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2mc_lac_input(b.t, &m, NULL, b.now);
}

/* "+1 +2 -3": AVP 81 with 1 and 2, AVP 83 with 3. */
static void msi(uint16_t session_id, const char *text)
{
	struct l2tp_sid_op sids[32];
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = session_id, .sids = sids};
	char *end;

	for (const char *p = text; *p; p = *end ? end + 1 : end) {
		sids[m.n_sids].avp = *p == '+' ? L2TP_AVP_NEW_OUTGOING_SESSIONS
					       : L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS;
		sids[m.n_sids++].session_id = strtoul(p + 1, &end, 10);
	}
	l2mc_lac_input(b.t, &m, NULL, b.now);
}

static void msen(uint16_t session_id, uint16_t peer_session_id)
{
	struct l2tp_msg m = {.type = L2TP_MSEN,
			     .session_id = session_id,
			     .assigned_session_id = peer_session_id,
			     .result = {.result = L2TP_MSEN_NO_RECEIVERS}};

	l2tp_msg_set(&m, L2TP_AVP_RESULT_CODE);
	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2mc_lac_input(b.t, &m, NULL, b.now);
}

static void installed(uint64_t version)
{
	l2mc_osl_installed(b.t, 0x3001, version, true, b.now);
}

static void established(void)
{
	start(true);
	msrq(1);
	installed(1);
	log_text();
}

static const char *state(void)
{
	struct l2mc_osl *o = l2mc_osl_find(b.t, 0x3001);
	struct l2mc_osl_info info;

	if (!o)
		return "-";
	l2mc_osl_info(o, &info);
	return l2mc_osl_state_name(info.state);
}

/* ---------------------------------------------------------------- opening */

/* S4045-A1, R4045-5.2-1, R4045-5.3-1, -2 */
START_TEST(the_mse_waits_for_forwarding)
{
	start(true);
	msrq(1);
	expect("MSRP 4001 3001; program 3001 v1");
	ck_assert_str_eq(state(), "wait-ready");
	installed(1);
	expect("MSE 4001");
	ck_assert_str_eq(state(), "established");
	installed(1);
	expect("");
	ck_assert_uint_eq(stats().opened, 1);
}
END_TEST

START_TEST(forwarding_may_confirm_at_once)
{
	b.at_once = true;
	start(true);
	msrq(1);
	expect("MSRP 4001 3001; program 3001 v1; MSE 4001");
	msi(0x3001, "+2 +1");
	expect("program 3001 v2 1 2; NOSA 4001 1 2");
}
END_TEST

/* R4045-5.3-3 */
START_TEST(the_mse_may_ask_for_sequence_numbers)
{
	struct l2mc_osl_info info;

	b.policy.sequencing = true;
	start(true);
	msrq(1);
	installed(1);
	expect("MSRP 4001 3001; program 3001 v1; MSE 4001 sequenced");
	l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
	ck_assert(info.sequencing);
}
END_TEST

/* A4045-17 */
START_TEST(the_maximum_bps_of_the_msrq_is_kept)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 1, .maximum_bps = 4000000};
	struct l2mc_osl_info info;

	start(true);
	l2tp_msg_set(&m, L2TP_AVP_MAXIMUM_BPS);
	l2mc_lac_input(b.t, &m, NULL, b.now);
	l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
	ck_assert_uint_eq(info.maximum_bps, 4000000);
	ck_assert_uint_eq(info.peer_session_id, 1);
}
END_TEST

/* R4045-5.1-3 */
START_TEST(an_msrq_is_ignored_where_avp_80_was_not_offered)
{
	start(false);
	msrq(1);
	expect("");
	ck_assert_uint_eq(stats().not_offered, 1);
	ck_assert_uint_eq(stats().rx[L2TP_MSRQ], 1);
}
END_TEST

/* S4045-A2, A4045-29, R4045-10-3 */
START_TEST(an_msrq_that_cannot_be_served_is_refused)
{
	b.policy.maximum_sessions = 1;
	start(true);
	b.not_ready = true;
	msrq(1);
	expect("MSEN 4001 3001 2/4");
	ck_assert_uint_eq(b.cookie, 0);
	b.not_ready = false;
	msrq(2);
	expect("MSRP 4002 3002; program 3002 v1");
	msrq(3); /* one is the limit; the first is not affected */
	expect("MSEN 4003 3003 2/4");
	ck_assert_uint_eq(b.ids, 1);
	ck_assert_uint_eq(stats().refused, 2);
	b.no_ids = true; /* no ID, no answer */
	msrq(4);
	expect("");
	b.no_ids = false;
	l2mc_osl_clear(b.t, 0x3002, b.now); /* closing ones do not count */
	log_text();
	msrq(5);
	expect("MSRP 4005 3004; program 3004 v1");
}
END_TEST

START_TEST(a_malformed_msrq_is_refused_if_it_can_be_answered)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 0x4001};
	struct l2tp_fault fault = {.error = L2TP_ERR_LENGTH};

	start(true);
	l2mc_lac_input(b.t, &m, &fault, b.now);
	expect("MSEN 4001 3001 2/2");
	m.assigned_session_id = 0;
	l2mc_lac_input(b.t, &m, &fault, b.now);
	l2mc_lac_input(b.t, &m, NULL, b.now);
	expect("");
	ck_assert_uint_eq(stats().malformed, 3);
}
END_TEST

START_TEST(an_msrq_for_an_id_in_use_is_dropped)
{
	established();
	msrq(1);
	expect("");
	ck_assert_uint_eq(stats().unexpected, 1);
	l2mc_osl_clear(b.t, 0x3001, b.now); /* the LNS has freed it when it sends the next */
	log_text();
	msrq(1);
	expect("MSRP 4001 3002; program 3002 v1");
}
END_TEST

/* S4045-A7: forwarding cannot do it */
START_TEST(a_session_that_cannot_be_installed_is_ended)
{
	start(true);
	msrq(1);
	l2mc_osl_installed(b.t, 0x3001, 1, false, b.now);
	expect("MSRP 4001 3001; program 3001 v1; unprogram 3001; MSEN 4001 3001 2/4");
	ck_assert_str_eq(state(), "closing");
	ck_assert_uint_eq(b.ids, 1); /* A4045-47: reserved until acknowledged */
	installed(1);
	l2mc_lac_acked(b.lac, 4711, b.now);
	l2mc_lac_acked(b.lac, UINT64_C(1) << 63 | 8 << 16 | 0x3001, b.now);
	ck_assert_str_eq(state(), "closing");
	l2mc_lac_acked(b.lac, b.cookie, b.now);
	ck_assert_str_eq(state(), "-");
	ck_assert_uint_eq(b.ids, 0);
	expect("");
}
END_TEST

/* ---------------------------------------------------------------- the list */

/* S4045-A3, S4045-A4, R4045-6.2-4, R4045-6.2.1-3, R4045-6.2.2-1 */
START_TEST(ids_are_acknowledged_once_forwarding_has_them)
{
	established();
	msi(0x3001, "+3 +1 +2");
	expect("program 3001 v2 1 2 3");
	installed(1); /* an old confirmation */
	expect("");
	installed(2);
	expect("NOSA 4001 1 2 3");
	msi(0x3001, "+9 -2");
	expect("program 3001 v3 1 3 9");
	installed(3);
	expect("NOSA 4001 9");
	ck_assert_uint_eq(stats().ids_listed, 4);
	ck_assert_uint_eq(stats().ids_acked, 4);
	ck_assert_uint_eq(stats().ids_withdrawn, 1);
}
END_TEST

START_TEST(an_id_waits_for_the_version_that_brought_it_in)
{
	established();
	msi(0x3001, "+1");
	msi(0x3001, "+2");
	msi(0x3001, "-1");
	msi(0x3001, "+1");
	log_text();
	installed(3); /* 1 came in with v5, withdrawn in between */
	expect("NOSA 4001 2");
	installed(5);
	expect("NOSA 4001 1");
	installed(7); /* a version there is not */
	expect("");
}
END_TEST

/* A4045-13 */
START_TEST(an_msi_before_the_mse_is_acknowledged_after_it)
{
	start(true);
	msrq(1);
	msi(0x3001, "+1 +2");
	expect("MSRP 4001 3001; program 3001 v1; program 3001 v2 1 2");
	installed(1);
	expect("MSE 4001");
	installed(2);
	expect("NOSA 4001 1 2");
}
END_TEST

/* A4045-9: listed again, withdrawn without being there */
START_TEST(lists_are_sets)
{
	established();
	msi(0x3001, "+1 +1 -7");
	expect("program 3001 v2 1");
	msi(0x3001, "+1");
	expect(""); /* not installed yet */
	installed(2);
	expect("NOSA 4001 1");
	msi(0x3001, "+1 -8");
	expect("NOSA 4001 1"); /* no need to program */
}
END_TEST

/* A4045-8, -10, -11 */
START_TEST(unusable_ids_are_left_out_and_forgotten)
{
	established();
	b.gone[5] = true;
	msi(0x3001, "+0 +5 +99 +12289"); /* 12289: a multicast session, 0x3001 */
	expect("");
	ck_assert_uint_eq(stats().ids_unusable, 3);
	ck_assert_uint_eq(stats().ids_zero, 1);
	b.gone[5] = false;
	msi(0x3001, "+6 +0");
	installed(2);
	expect("program 3001 v2 6; NOSA 4001 6");
}
END_TEST

/* A4045-7 */
START_TEST(lists_apply_in_the_order_of_appearance)
{
	established();
	msi(0x3001, "+1 +2 -1 +3 -3 +3");
	installed(2);
	expect("program 3001 v2 2 3; NOSA 4001 2 3");
	msi(0x3001, "-2 +2");
	installed(3);
	expect("program 3001 v3 2 3; NOSA 4001 2");
}
END_TEST

/* R4045-10-3 */
START_TEST(a_full_list_takes_no_more)
{
	b.policy.maximum_osl = 2;
	established();
	msi(0x3001, "+1 +2 +3");
	installed(2);
	expect("program 3001 v2 1 2; NOSA 4001 1 2");
	b.policy.maximum_osl = 0;
	l2mc_lac_set_policy(b.lac, &b.policy);
	msi(0x3001, "+3");
	installed(3);
	expect("program 3001 v3 1 2 3; NOSA 4001 3");
}
END_TEST

/* A4045-6 */
START_TEST(a_long_acknowledgement_is_split)
{
	struct l2tp_sid_op sids[1200];
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x3001, .sids = sids, .n_sids = 1200};

	established();
	for (int i = 0; i < 1200; i++)
		sids[i] = (struct l2tp_sid_op){L2TP_AVP_NEW_OUTGOING_SESSIONS, 6199 - i};
	l2mc_lac_input(b.t, &m, NULL, b.now);
	installed(2);
	expect("program 3001 v2; NOSA 4001 508 of them; NOSA 4001 508 of them; "
	       "NOSA 4001 184 of them");
}
END_TEST

START_TEST(what_could_not_be_installed_is_not_acknowledged)
{
	established();
	msi(0x3001, "+1");
	l2mc_osl_installed(b.t, 0x3001, 2, false, b.now);
	expect("program 3001 v2 1");
	ck_assert_str_eq(state(), "established");
	msi(0x3001, "+2");
	installed(3); /* this version holds both */
	expect("program 3001 v3 1 2; NOSA 4001 1 2");
	msi(0x3001, "-1 -2");
	l2mc_osl_installed(b.t, 0x3001, 4, false, b.now); /* traffic would go on: end it */
	expect("program 3001 v4; unprogram 3001; MSEN 4001 3001 2/4");
}
END_TEST

/* A4045-32 */
START_TEST(a_unicast_session_that_is_gone_leaves_every_list)
{
	established();
	msrq(2);
	l2mc_osl_installed(b.t, 0x3002, 1, true, b.now);
	msi(0x3001, "+1 +2");
	msi(0x3002, "+2 +3");
	installed(2);
	log_text();
	b.gone[2] = true;
	l2mc_lac_session_gone(b.t, 2);
	log_text(); /* in no particular order */
	ck_assert_uint_eq(stats().purged, 2);
	l2mc_osl_installed(b.t, 0x3002, 3, true, b.now);
	expect("NOSA 4002 3"); /* 2 was listed, and is not acknowledged any more */
	installed(3);
	expect("");
	l2mc_lac_session_gone(b.t, 2);
	expect("");
}
END_TEST

/* R4045-6.2-3, -5 */
START_TEST(every_session_has_its_own_list)
{
	size_t n;

	established();
	msrq(2);
	msi(0x3001, "+1");
	msi(0x3002, "+2 +3");
	ck_assert_uint_eq(l2mc_osl_members(l2mc_osl_find(b.t, 0x3001), &n)[0], 1);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(l2mc_osl_members(l2mc_osl_find(b.t, 0x3002), &n)[0], 2);
	ck_assert_uint_eq(n, 2);
}
END_TEST

/* A4045-43, R4045-6.3-1, R4045-6.3.1-1 */
START_TEST(a_priority_is_recorded_if_it_is_one)
{
	static const uint16_t values[] = {2, 3, 1, 65535, 0};
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x3001};
	struct l2mc_osl_info info;

	established();
	l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
	ck_assert(!info.has_priority);
	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_PRIORITY);
	for (size_t i = 0; i < array_size(values); i++) {
		uint16_t before = info.priority;

		m.multicast_priority = values[i];
		l2mc_lac_input(b.t, &m, NULL, b.now);
		l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
		ck_assert_uint_eq(info.priority, values[i] <= 2 ? values[i] : before);
	}
	ck_assert(info.has_priority);
	expect("");
}
END_TEST

/* A4045-45, R4045-6.3.2-3 */
START_TEST(an_msi_about_a_unicast_session_sets_its_priority_and_nothing_else)
{
	struct l2tp_sid_op sids[] = {{81, 1}, {83, 2}};
	struct l2tp_msg m = {.type = L2TP_MSI,
			     .session_id = 3,
			     .sids = sids,
			     .n_sids = 2,
			     .multicast_priority = 1};

	established();
	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_PRIORITY);
	l2mc_lac_input(b.t, &m, NULL, b.now);
	expect("");
	ck_assert_uint_eq(stats().ids_misplaced, 2);
	ck_assert_uint_eq(stats().individual_priorities, 1);
	ck_assert_uint_eq(stats().unknown_id, 0);
	m.session_id = 99;
	l2mc_lac_input(b.t, &m, NULL, b.now);
	ck_assert_uint_eq(stats().unknown_id, 1); /* A4045-14 */
}
END_TEST

/* A4045-44 */
START_TEST(a_malformed_list_ends_its_session_only)
{
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x3001};
	struct l2tp_fault fault = {.error = L2TP_ERR_LENGTH, .avp = 81};

	established();
	msrq(2);
	log_text();
	l2mc_lac_input(b.t, &m, &fault, b.now);
	expect("unprogram 3001; MSEN 4001 3001 2/2");
	ck_assert_str_eq(state(), "closing");
	ck_assert_ptr_nonnull(l2mc_osl_find(b.t, 0x3002));
	m.session_id = 3; /* a subscriber's session is not ended for it */
	l2mc_lac_input(b.t, &m, &fault, b.now);
	expect("");
	ck_assert_uint_eq(stats().malformed, 2);
}
END_TEST

/* ---------------------------------------------------------------- ending */

/* R4045-7.2-1, R2661-5.3-3 */
START_TEST(an_msen_is_understood_before_the_lns_knows_our_id)
{
	start(true);
	msrq(1);
	log_text();
	msen(0, 0x4002);
	expect("");
	msen(0, 0x4001);
	expect("unprogram 3001");
	ck_assert_str_eq(state(), "-");
}
END_TEST

/* R4045-7-6, A4045-33: the LAC does not count receivers */
START_TEST(an_empty_list_is_no_reason_to_end_a_session)
{
	established();
	msi(0x3001, "+1");
	msi(0x3001, "-1");
	installed(3);
	expect("program 3001 v2 1; program 3001 v3");
	ck_assert_str_eq(state(), "established");
}
END_TEST

/* R4045-7.2-2 */
START_TEST(a_tunnel_takes_its_sessions_along)
{
	established();
	msrq(2);
	log_text();
	l2mc_osl_clear(b.t, 0x3001, b.now);
	expect("unprogram 3001; MSEN 4001 3001 2/6");
	l2mc_lac_tunnel_del(b.t);
	expect("unprogram 3002"); /* nothing is sent */
	ck_assert_uint_eq(b.ids, 0);
	b.t = l2mc_lac_tunnel_add(b.lac, 7, true, &b);
}
END_TEST

static size_t n_walked;

static void count_osl(void *arg, const struct l2mc_osl *o)
{
	n_walked++;
}

START_TEST(every_session_is_shown)
{
	established();
	msrq(2);
	l2mc_osl_clear(b.t, 0x3001, b.now);
	n_walked = 0;
	l2mc_osl_walk(b.lac, count_osl, NULL);
	ck_assert_uint_eq(n_walked, 2);
}
END_TEST

/* A4045-22: both roles in one tunnel */
START_TEST(the_messages_for_the_lac_can_be_told_from_those_for_the_lns)
{
	static const struct {
		enum l2tp_msg_type type;
		uint16_t session_id;
		bool lac;
	} rows[] = {
		{L2TP_MSRQ, 0, true},	    {L2TP_MSRP, 0x4444, false}, {L2TP_MSE, 0x3001, false},
		{L2TP_MSI, 0x3001, true},   {L2TP_MSI, 3, true},	{L2TP_MSI, 0x4444, false},
		{L2TP_MSEN, 0x3001, true},  {L2TP_MSEN, 0, true},	{L2TP_MSEN, 3, false},
		{L2TP_MSEN, 0x4444, false},
	};

	established();
	for (size_t i = 0; i < array_size(rows); i++) {
		struct l2tp_msg m = {.type = rows[i].type, .session_id = rows[i].session_id};

		ck_assert_int_eq(l2mc_lac_concerns(b.t, &m), rows[i].lac);
	}
}
END_TEST

/* ---------------------------------------------------------------- state x message */

/* S4045-A1 to -A7, S4045-X1, A4045-47; the messages of a LAC are not for a LAC */
enum {
	MSRQ,
	MSRP,
	MSE,
	MSI,
	MSEN,
	MESSAGES
};

static const struct {
	const char *next, *log;
	bool unexpected;
} product[][MESSAGES] = {
	{{"wait-ready", "", true},
	 {"wait-ready", "", true},
	 {"wait-ready", "", true},
	 {"wait-ready", "program 3001 v2 1", false},
	 {"-", "unprogram 3001", false}},
	{{"established", "", true},
	 {"established", "", true},
	 {"established", "", true},
	 {"established", "program 3001 v2 1", false},
	 {"-", "unprogram 3001", false}},
	{{"closing", "MSRP 4001 3002; program 3002 v1", false},
	 {"closing", "", false},
	 {"closing", "", false},
	 {"closing", "", false},
	 {"closing", "", false}},
};

START_TEST(every_message_in_every_state)
{
	static const uint8_t types[] = {L2TP_MSRQ, L2TP_MSRP, L2TP_MSE, L2TP_MSI, L2TP_MSEN};
	int st = _i / MESSAGES, message = _i % MESSAGES;
	struct l2tp_sid_op op = {L2TP_AVP_NEW_OUTGOING_SESSIONS, 1};
	struct l2tp_msg m = {.type = types[message],
			     .session_id = message == MSRQ ? 0 : 0x3001,
			     .assigned_session_id = 0x4001,
			     .sids = &op,
			     .n_sids = message == MSI};

	start(true);
	msrq(1);
	if (st >= 1)
		installed(1);
	if (st >= 2)
		l2mc_osl_clear(b.t, 0x3001, b.now);
	log_text();
	l2mc_lac_input(b.t, &m, NULL, b.now);
	ck_assert_str_eq(state(), product[st][message].next);
	expect(product[st][message].log);
	ck_assert_uint_eq(stats().unexpected, product[st][message].unexpected);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_lac");
	TCase *tc = tcase_create("lac");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_mse_waits_for_forwarding);
	tcase_add_test(tc, forwarding_may_confirm_at_once);
	tcase_add_test(tc, the_mse_may_ask_for_sequence_numbers);
	tcase_add_test(tc, the_maximum_bps_of_the_msrq_is_kept);
	tcase_add_test(tc, an_msrq_is_ignored_where_avp_80_was_not_offered);
	tcase_add_test(tc, an_msrq_that_cannot_be_served_is_refused);
	tcase_add_test(tc, a_malformed_msrq_is_refused_if_it_can_be_answered);
	tcase_add_test(tc, an_msrq_for_an_id_in_use_is_dropped);
	tcase_add_test(tc, a_session_that_cannot_be_installed_is_ended);
	tcase_add_test(tc, ids_are_acknowledged_once_forwarding_has_them);
	tcase_add_test(tc, an_id_waits_for_the_version_that_brought_it_in);
	tcase_add_test(tc, an_msi_before_the_mse_is_acknowledged_after_it);
	tcase_add_test(tc, lists_are_sets);
	tcase_add_test(tc, unusable_ids_are_left_out_and_forgotten);
	tcase_add_test(tc, lists_apply_in_the_order_of_appearance);
	tcase_add_test(tc, a_full_list_takes_no_more);
	tcase_add_test(tc, a_long_acknowledgement_is_split);
	tcase_add_test(tc, what_could_not_be_installed_is_not_acknowledged);
	tcase_add_test(tc, a_unicast_session_that_is_gone_leaves_every_list);
	tcase_add_test(tc, every_session_has_its_own_list);
	tcase_add_test(tc, a_priority_is_recorded_if_it_is_one);
	tcase_add_test(tc, an_msi_about_a_unicast_session_sets_its_priority_and_nothing_else);
	tcase_add_test(tc, a_malformed_list_ends_its_session_only);
	tcase_add_test(tc, an_msen_is_understood_before_the_lns_knows_our_id);
	tcase_add_test(tc, an_empty_list_is_no_reason_to_end_a_session);
	tcase_add_test(tc, a_tunnel_takes_its_sessions_along);
	tcase_add_test(tc, every_session_is_shown);
	tcase_add_test(tc, the_messages_for_the_lac_can_be_told_from_those_for_the_lns);
	tcase_add_loop_test(tc, every_message_in_every_state, 0, array_size(product) * MESSAGES);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
