// SPDX-License-Identifier: GPL-2.0-or-later
/* See l2mc_lab.h. */
#include "tests/unit/l2mc_lab.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct lab_msg {
	int tunnel;
	struct l2tp_msg m;
	struct l2tp_sid_op *ops;
	uint64_t cookie;
};

__attribute__((format(printf, 3, 4))) static void append(char *buf, size_t size, const char *fmt,
							 ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_lt(vsnprintf(buf + len, size - len, fmt, ap), size - len);
	va_end(ap);
}

/* ---------------------------------------------------------------- operations of the engine */

static uint16_t reserve_id(void *ctx, struct l2mc_tunnel *t)
{
	struct lab *lab = ctx;

	lab->ids++;
	return 0x4000 + ++lab->next_id;
}

static void release_id(void *ctx, struct l2mc_tunnel *t, uint16_t session_id)
{
	struct lab *lab = ctx;

	ck_assert_uint_gt(lab->ids, 0);
	lab->ids--;
}

static void print_msg(struct lab *lab, const struct l2tp_msg *m)
{
	const char *sep = lab->out[0] ? "; " : "";
	uint8_t avp = 0;

	switch (m->type) {
	case L2TP_MSRQ:
		ck_assert(l2tp_msg_has(m, L2TP_AVP_ASSIGNED_SESSION_ID));
		ck_assert_uint_eq(m->session_id, 0);
		append(lab->out, sizeof(lab->out), "%sMSRQ %x", sep, m->assigned_session_id);
		return;
	case L2TP_MSI:
		append(lab->out, sizeof(lab->out), "%sMSI %x", sep, m->session_id);
		for (size_t i = 0; i < m->n_sids; i++) {
			if (m->sids[i].avp != avp)
				append(lab->out, sizeof(lab->out), " %s",
				       m->sids[i].avp == L2TP_AVP_NEW_OUTGOING_SESSIONS ? "NOS"
											: "WOS");
			avp = m->sids[i].avp;
			if (m->n_sids <= 2 * LAB_USERS)
				append(lab->out, sizeof(lab->out), " %u", m->sids[i].session_id);
		}
		if (l2tp_msg_has(m, L2TP_AVP_MULTICAST_PRIORITY))
			append(lab->out, sizeof(lab->out), " P%u", m->multicast_priority);
		return;
	case L2TP_MSEN:
		ck_assert(l2tp_msg_has(m, L2TP_AVP_ASSIGNED_SESSION_ID));
		ck_assert(l2tp_msg_has(m, L2TP_AVP_RESULT_CODE));
		ck_assert_int_eq(m->result.has_error, m->result.result == L2TP_MSEN_ERROR);
		append(lab->out, sizeof(lab->out), "%sMSEN %x %x %u", sep, m->session_id,
		       m->assigned_session_id, m->result.result);
		if (m->result.has_error)
			append(lab->out, sizeof(lab->out), "/%u", m->result.error);
		return;
	default:
		ck_abort_msg("message type %d sent by an LNS", m->type);
	}
}

static bool send_msg(void *ctx, struct l2mc_tunnel *t, const struct l2tp_msg *m, uint64_t cookie)
{
	struct lab *lab = ctx;
	struct lab_msg *q;

	print_msg(lab, m);
	lab->queue = realloc(lab->queue, (lab->n_queue + 1) * sizeof(*lab->queue));
	q = &lab->queue[lab->n_queue++];
	*q = (struct lab_msg){.tunnel = l2mc_tunnel_id(t), .m = *m, .cookie = cookie};
	q->ops = calloc(m->n_sids + 1, sizeof(*q->ops));
	if (m->n_sids)
		memcpy(q->ops, m->sids, m->n_sids * sizeof(*q->ops));
	return true;
}

static void flow_changed(void *ctx, struct l2mc_flow *f, bool gone)
{
	struct lab *lab = ctx;
	size_t i;

	for (i = 0; i < lab->n_flows && lab->flows[i].flow != f; i++)
		;
	if (gone) {
		if (i < lab->n_flows)
			lab->flows[i] = lab->flows[--lab->n_flows];
		return;
	}
	ck_assert_uint_lt(i, array_size(lab->flows));
	if (i == lab->n_flows)
		lab->flows[lab->n_flows++].flow = f;
	lab->flows[i].told = true;
}

static void print_filter(char *buf, size_t size, const struct gmp_filter *f)
{
	append(buf, size, "%s", f->exclude ? "ex" : f->n ? "in" : "-");
	for (size_t i = 0; i < f->n; i++)
		append(buf, size, " %u", f->sources[i].b[15]);
}

static void record_changed(void *ctx, const struct addr *group, const struct gmp_filter *merged)
{
	struct lab *lab = ctx;

	lab->upstream[0] = '\0';
	print_filter(lab->upstream, sizeof(lab->upstream), merged);
}

/* A name must exist for every state an event tells of. */
static void event(void *ctx, const struct l2mc_session *s, const char *what)
{
	ck_assert_str_ne(what, "unknown");
}

static const struct l2mc_lns_ops ops = {
	.reserve_id = reserve_id,
	.release_id = release_id,
	.send = send_msg,
	.flow_changed = flow_changed,
	.record_changed = record_changed,
	.event = event,
};

/* ---------------------------------------------------------------- set-up */

void lab_init(struct lab *lab)
{
	*lab = (struct lab){.now = 1000};
	twheel_init(&lab->wheel, lab->now);
	l2mc_policy_default(&lab->policy);
	lab->policy.await_ms = 0; /* unicast copies until acknowledged */
}

void lab_start(struct lab *lab, int n_users)
{
	lab->lns = l2mc_lns_new(&ops, lab, &lab->wheel, &lab->policy);
	lab_tunnel(lab, 1, true);
	for (int i = 1; i <= n_users; i++)
		lab_user(lab, 1, i);
}

void lab_tunnel(struct lab *lab, int tunnel, bool capable)
{
	lab->t[tunnel] = l2mc_tunnel_add(lab->lns, tunnel, capable, lab);
	ck_assert_ptr_eq(l2mc_tunnel_data(lab->t[tunnel]), lab);
}

void lab_user(struct lab *lab, int tunnel, int user)
{
	lab->u[user] = l2mc_user_add(lab->t[tunnel], 100 + user, user, lab);
	ck_assert_uint_eq(l2mc_user_session_id(lab->u[user]), 100 + user);
	ck_assert_ptr_eq(l2mc_user_data(lab->u[user]), lab);
}

static void clear_queue(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_queue; i++)
		free(lab->queue[i].ops);
	lab->n_queue = 0;
}

void lab_fini(struct lab *lab)
{
	struct l2mc_lns_stats stats;

	lab_sent(lab);
	for (int i = 1; i <= LAB_TUNNELS; i++)
		if (lab->t[i])
			l2mc_tunnel_del(lab->t[i], lab->now);
	lab_expect(lab, ""); /* R4045-7.2-2: nothing needs to be said */
	stats = lab_stats(lab);
	ck_assert_uint_eq(stats.tunnels + stats.users + stats.memberships + stats.sessions, 0);
	ck_assert_uint_eq(stats.flows, 0);
	ck_assert_uint_eq(lab->ids, 0);
	ck_assert_uint_eq(lab->n_flows, 0);
	ck_assert_uint_eq(lab->wheel.count, 0);
	if (lab->upstream[0])
		ck_assert_str_eq(lab->upstream, "-");
	l2mc_lns_free(lab->lns);
	twheel_fini(&lab->wheel);
	clear_queue(lab);
	free(lab->queue);
}

/* ---------------------------------------------------------------- inputs */

struct addr lab_group(int group)
{
	struct addr a;

	if (group < 100)
		return addr_from_v4((uint8_t[]){232, 1, 1, group});
	ck_assert(addr_parse("ff3e::1", &a));
	a.b[15] = group;
	return a;
}

struct addr lab_source(int group, int source)
{
	struct addr a;

	if (group < 100)
		return addr_from_v4((uint8_t[]){192, 0, 2, source});
	ck_assert(addr_parse("2001:db8::1", &a));
	a.b[15] = source;
	return a;
}

void lab_report(struct lab *lab, int user, int group, const char *state)
{
	struct addr sources[16], g = lab_group(group);
	struct gmp_filter f = {.exclude = strncmp(state, "ex", 2) == 0, .sources = sources};

	for (const char *p = strchr(state, ' '); p; p = strchr(p + 1, ' '))
		sources[f.n++] = lab_source(group, atoi(p + 1));
	l2mc_user_report(lab->u[user], &g, &f, lab->now);
}

void lab_traffic(struct lab *lab, int group, int source, uint64_t packets)
{
	struct addr g = lab_group(group), s = source ? lab_source(group, source) : ADDR_ANY;

	l2mc_lns_traffic(lab->lns, &g, &s, packets, lab->now);
}

void lab_flush(struct lab *lab)
{
	l2mc_lns_flush(lab->lns, lab->now);
}

void lab_wait(struct lab *lab, msec_t ms)
{
	lab->now += ms;
	twheel_run(&lab->wheel, lab->now);
	lab_flush(lab);
}

const char *lab_sent(struct lab *lab)
{
	static char text[sizeof(lab->out)];

	memcpy(text, lab->out, sizeof(text));
	lab->out[0] = '\0';
	return text;
}

/* ---------------------------------------------------------------- the LAC */

void lab_input(struct lab *lab, int tunnel, const struct l2tp_msg *m,
	       const struct l2tp_fault *fault)
{
	l2mc_lns_input(lab->t[tunnel], m, fault, lab->now);
	lab_flush(lab);
}

void lab_msrp(struct lab *lab, int session)
{
	struct l2tp_msg m = {.type = L2TP_MSRP,
			     .session_id = 0x4000 + session,
			     .assigned_session_id = 0x3000 + session};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	lab_input(lab, 1, &m, NULL);
}

void lab_mse(struct lab *lab, int session)
{
	struct l2tp_msg m = {.type = L2TP_MSE, .session_id = 0x4000 + session};

	lab_input(lab, 1, &m, NULL);
}

void lab_nosa(struct lab *lab, int session, const char *ids)
{
	struct l2tp_sid_op sids[LAB_USERS];
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x4000 + session, .sids = sids};
	char *end;

	for (const char *p = ids; *p; p = end)
		sids[m.n_sids++] = (struct l2tp_sid_op){L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK,
							strtoul(p, &end, 10)};
	lab_input(lab, 1, &m, NULL);
}

void lab_msen(struct lab *lab, int session, uint16_t result)
{
	struct l2tp_msg m = {
		.type = L2TP_MSEN,
		.session_id = 0x4000 + session,
		.assigned_session_id = 0x3000 + session,
		.result = {.result = result,
			   .has_error = result == L2TP_MSEN_ERROR,
			   .error = L2TP_ERR_RESOURCES},
	};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2tp_msg_set(&m, L2TP_AVP_RESULT_CODE);
	lab_input(lab, 1, &m, NULL);
}

void lab_ack(struct lab *lab)
{
	struct lab_msg *queue = lab->queue;
	size_t n = lab->n_queue;

	lab->queue = NULL;
	lab->n_queue = 0;
	for (size_t i = 0; i < n; i++) {
		if (queue[i].cookie)
			l2mc_lns_acked(lab->lns, queue[i].cookie, lab->now);
		free(queue[i].ops);
	}
	free(queue);
	lab_flush(lab);
}

static void answer(struct lab *lab, const struct lab_msg *q)
{
	struct l2tp_msg m = {.type = L2TP_MSRP};
	struct l2tp_sid_op *sids;

	if (q->m.type == L2TP_MSRQ) {
		m.session_id = q->m.assigned_session_id;
		m.assigned_session_id = m.session_id - 0x1000;
		l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
		lab_input(lab, q->tunnel, &m, NULL);
		m = (struct l2tp_msg){.type = L2TP_MSE, .session_id = q->m.assigned_session_id};
		lab_input(lab, q->tunnel, &m, NULL);
	} else if (q->m.type == L2TP_MSI) {
		sids = calloc(q->m.n_sids, sizeof(*sids));
		m = (struct l2tp_msg){.type = L2TP_MSI, .session_id = q->m.session_id + 0x1000};
		for (size_t i = 0; i < q->m.n_sids; i++)
			if (q->ops[i].avp == L2TP_AVP_NEW_OUTGOING_SESSIONS)
				sids[m.n_sids++] = (struct l2tp_sid_op){
					L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK, q->ops[i].session_id};
		m.sids = sids;
		if (m.n_sids)
			lab_input(lab, q->tunnel, &m, NULL);
		free(sids);
	}
}

void lab_settle(struct lab *lab)
{
	int rounds = 0;

	lab_flush(lab);
	while (lab->n_queue) {
		struct lab_msg *queue = lab->queue;
		size_t n = lab->n_queue;

		ck_assert_int_lt(++rounds, 100);
		lab->queue = NULL;
		lab->n_queue = 0;
		for (size_t i = 0; i < n; i++) {
			if (queue[i].cookie)
				l2mc_lns_acked(lab->lns, queue[i].cookie, lab->now);
			answer(lab, &queue[i]);
			free(queue[i].ops);
		}
		free(queue);
		lab_flush(lab);
	}
}

/* ---------------------------------------------------------------- questions */

struct copies {
	struct lab *lab;
	char text[512];
	int users[LAB_USERS + 1];
	bool unicast;
};

static void add_copy(void *arg, const struct l2mc_branch *b)
{
	struct copies *c = arg;
	struct l2mc_session_info info;

	if (!b->session) {
		int n = l2mc_user_session_id(b->user) - 100;

		ck_assert_int_eq(c->users[n]++, 0);
		c->unicast = true;
		return;
	}
	ck_assert(!c->unicast); /* multicast sessions come first */
	l2mc_session_info(b->session, &info);
	ck_assert_int_eq(info.state, L2MC_ESTABLISHED);
	append(c->text, sizeof(c->text), "%sm%x", c->text[0] ? " " : "", info.session_id);
}

const char *lab_copies(struct lab *lab, int group, int source)
{
	static struct copies c;
	struct addr g = lab_group(group), s = lab_source(group, source);
	struct lab_flow *best = NULL;

	memset(&c, 0, sizeof(c));
	c.lab = lab;
	for (size_t i = 0; i < lab->n_flows; i++) {
		struct lab_flow *f = &lab->flows[i];

		if (addr_cmp(l2mc_flow_group(f->flow), &g) != 0)
			continue;
		if (addr_cmp(l2mc_flow_source(f->flow), &s) == 0 ||
		    (!best && addr_cmp(l2mc_flow_source(f->flow), &ADDR_ANY) == 0))
			best = f;
	}
	if (best)
		l2mc_flow_branches(best->flow, add_copy, &c);
	for (int i = 1; i <= LAB_USERS; i++)
		if (c.users[i])
			append(c.text, sizeof(c.text), "%su%d", c.text[0] ? " " : "", i);
	if (best) {
		if (!best->told)
			ck_assert_str_eq(best->copies, c.text);
		best->told = false;
		strcpy(best->copies, c.text);
	}
	return c.text;
}

struct record {
	struct addr group;
	char text[256];
};

static void print_record(void *arg, const struct addr *group, const struct gmp_filter *merged,
			 uint32_t n_members)
{
	struct record *r = arg;

	ck_assert_uint_gt(n_members, 0);
	if (addr_cmp(group, &r->group) == 0)
		print_filter(r->text, sizeof(r->text), merged);
}

const char *lab_record(struct lab *lab, int tunnel, int group)
{
	static struct record r;

	r = (struct record){.group = lab_group(group)};
	l2mc_tunnel_records(lab->t[tunnel], print_record, &r);
	return r.text[0] ? r.text : "-";
}

struct contexts {
	struct addr group;
	char text[16][32];
};

static void print_context(void *arg, const struct l2mc_context_info *c)
{
	struct contexts *all = arg;
	struct l2mc_session_info info;
	char *text = all->text[c->source.b[15]];

	if (addr_cmp(&c->group, &all->group) != 0)
		return;
	ck_assert_uint_lt(c->source.b[15], 16);
	if (addr_is_any(&c->source))
		sprintf(text, "*:%u=", c->n_eligible);
	else
		sprintf(text, "%u:%u=", c->source.b[15], c->n_eligible);
	if (!c->session) {
		append(text, 32, "%s", c->why);
		return;
	}
	l2mc_session_info(c->session, &info);
	append(text, 32, info.session_id ? "%x" : "hold-off", info.session_id);
}

const char *lab_contexts(struct lab *lab, int group)
{
	struct contexts all = {.group = lab_group(group)};
	static char text[256];

	text[0] = '\0';
	l2mc_tunnel_contexts(lab->t[1], print_context, &all, lab->now);
	for (size_t i = 0; i < array_size(all.text); i++)
		if (all.text[i][0])
			append(text, sizeof(text), "%s%s", text[0] ? " " : "", all.text[i]);
	return text[0] ? text : "-";
}

struct search {
	uint16_t id;
	char text[256];
	bool sequencing;
	bool in[LAB_USERS + 1];
};

static void osl_entry(void *arg, const struct l2mc_user *u, enum l2mc_entry_state state)
{
	struct search *s = arg;

	ck_assert_str_ne(l2mc_entry_state_name(state), "unknown");
	if (state == L2MC_ENTRY_ACKED)
		s->in[l2mc_user_session_id(u) - 100] = true;
}

static void find_session(void *arg, const struct l2mc_session *s)
{
	struct search *search = arg;
	struct l2mc_session_info info;

	l2mc_session_info(s, &info);
	if (info.session_id != search->id)
		return;
	append(search->text, sizeof(search->text), "%s", l2mc_session_state_name(info.state));
	search->sequencing = info.sequencing;
	l2mc_session_osl(s, osl_entry, search);
}

bool lab_is_sequenced(struct lab *lab, int session)
{
	struct search s = {.id = 0x4000 + session};

	l2mc_session_walk(lab->lns, find_session, &s);
	return s.sequencing;
}

const char *lab_session(struct lab *lab, int session)
{
	static struct search s;

	s = (struct search){.id = session ? 0x4000 + session : 0};
	l2mc_session_walk(lab->lns, find_session, &s);
	for (int i = 1; i <= LAB_USERS; i++)
		if (s.in[i])
			append(s.text, sizeof(s.text), " %d", i);
	return s.text[0] ? s.text : "-";
}

struct l2mc_lns_stats lab_stats(struct lab *lab)
{
	struct l2mc_lns_stats stats;

	l2mc_lns_stats(lab->lns, &stats);
	return stats;
}
