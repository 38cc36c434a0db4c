// SPDX-License-Identifier: GPL-2.0-or-later
/* See l2mc_lac_bench.h. */
#include "tests/unit/l2mc_lac_bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct lac_bench b;

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
		/* a LAC ends a session for an error or for lack of data, no other reason */
		ck_assert_uint_eq(m->result.result,
				  m->result.has_error ? L2TP_MSEN_ERROR : L2TP_MSEN_NO_TRAFFIC);
		note(m->result.has_error ? "MSEN %x %x %u/%u" : "MSEN %x %x %u", m->session_id,
		     m->assigned_session_id, m->result.result, m->result.error);
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
		if (l2mc_osl_priority(o, ids[i]))
			end += sprintf(end, "/%u", l2mc_osl_priority(o, ids[i]));
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

const char *bench_log(void)
{
	static char text[sizeof(b.log)];

	memcpy(text, b.log, sizeof(text));
	b.log[0] = '\0';
	return text;
}

struct l2mc_lac_stats bench_stats(void)
{
	struct l2mc_lac_stats s;

	l2mc_lac_stats(b.lac, &s);
	return s;
}

void bench_start(bool offered)
{
	b.lac = l2mc_lac_new(&ops, &b, &b.policy);
	b.t = l2mc_lac_tunnel_add(b.lac, 7, offered, &b);
	ck_assert_ptr_eq(l2mc_lac_tunnel_data(b.t), &b);
	ck_assert_uint_eq(l2mc_lac_tunnel_id(b.t), 7);
}

void bench_setup(void)
{
	memset(&b, 0, sizeof(b));
}

void bench_teardown(void)
{
	l2mc_lac_tunnel_del(b.t);
	ck_assert_uint_eq(b.ids, 0);
	ck_assert_uint_eq(bench_stats().sessions + bench_stats().tunnels, 0);
	l2mc_lac_free(b.lac);
}

/* ---------------------------------------------------------------- inputs */

void bench_msrq(int n)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 0x4000 + n};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2mc_lac_input(b.t, &m, NULL, b.now);
}

void bench_msi(uint16_t session_id, const char *text)
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

void bench_priority(uint16_t session_id, uint16_t priority)
{
	struct l2tp_msg m = {
		.type = L2TP_MSI, .session_id = session_id, .multicast_priority = priority};

	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_PRIORITY);
	l2mc_lac_input(b.t, &m, NULL, b.now);
}

void bench_msen(uint16_t session_id, uint16_t peer_session_id)
{
	struct l2tp_msg m = {.type = L2TP_MSEN,
			     .session_id = session_id,
			     .assigned_session_id = peer_session_id,
			     .result = {.result = L2TP_MSEN_NO_RECEIVERS}};

	l2tp_msg_set(&m, L2TP_AVP_RESULT_CODE);
	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2mc_lac_input(b.t, &m, NULL, b.now);
}

void bench_installed(uint64_t version)
{
	l2mc_osl_installed(b.t, 0x3001, version, true, b.now);
}

void bench_established(void)
{
	bench_start(true);
	bench_msrq(1);
	bench_installed(1);
	bench_log();
}

const char *bench_state(void)
{
	struct l2mc_osl *o = l2mc_osl_find(b.t, 0x3001);
	struct l2mc_osl_info info;

	if (!o)
		return "-";
	l2mc_osl_info(o, &info);
	return l2mc_osl_state_name(info.state);
}
