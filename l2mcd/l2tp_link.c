// SPDX-License-Identifier: GPL-2.0-or-later
/* The line of an established call: its errors (WEN, RFC 2661 6.13), its settings (SLI, 6.14). */
#include "l2mcd/l2tp_session_p.h"

DEFINE_MTYPE_STATIC(L2TP, L2TP_LINK, "L2TP errors of a call");

#define WEN_INTERVAL_MS 60000 /* R2661-6.13-1: not more often */

struct l2tp_link {
	struct timer timer;	      /* LAC: the next WEN may go */
	struct l2tp_call_errors now;  /* LAC: as the daemon counts them */
	struct l2tp_call_errors told; /* as the last WEN said */
	uint64_t slis, wens;	      /* sent or received */
	bool told_once;
	msec_t told_at;
	struct l2tp_session *s;
};

static struct l2tp_link *link_of(struct l2tp_session *s)
{
	if (!s->link) {
		s->link = XCALLOC(MTYPE_L2TP_LINK, sizeof(*s->link));
		s->link->s = s;
	}
	return s->link;
}

void l2tp_link_stop(struct l2tp_session *s)
{
	if (s->link)
		timer_stop(s->t->e->wheel, &s->link->timer);
}

void l2tp_link_free(struct l2tp_session *s)
{
	if (s->link)
		XFREE(MTYPE_L2TP_LINK, s->link);
}

void l2tp_link_info(const struct l2tp_session *s, struct l2tp_session_info *info)
{
	if (!s->link)
		return;
	info->errors = s->link->told;
	info->slis = s->link->slis;
	info->wens = s->link->wens;
}

/* ---------------------------------------------------------------- WEN */

static void wen_fires(struct timer *timer, msec_t now);

static void wen(struct l2tp_session *s, msec_t now)
{
	struct l2tp_link *l = s->link;
	struct l2tp_msg m = {
		.type = L2TP_WEN, .tunnel_id = s->t->peer_id, .session_id = s->peer_session_id};

	if (memcmp(&l->now, &l->told, sizeof(l->now)) == 0)
		return; /* only when errors occurred */
	if (l->told_once && now < l->told_at + WEN_INTERVAL_MS) {
		timer_start(s->t->e->wheel, &l->timer, l->told_at + WEN_INTERVAL_MS, wen_fires);
		return;
	}
	l->told = l->now;
	l->told_once = true;
	l->told_at = now;
	l->wens++;
	m.call_errors.crc = l->now.crc;
	m.call_errors.framing = l->now.framing;
	m.call_errors.hardware_overrun = l->now.hardware_overrun;
	m.call_errors.buffer_overrun = l->now.buffer_overrun;
	m.call_errors.timeout = l->now.timeout;
	m.call_errors.alignment = l->now.alignment;
	l2tp_msg_set(&m, L2TP_AVP_CALL_ERRORS);
	l2tp_tunnel_transmit(s->t, &m, 0, now);
}

static void wen_fires(struct timer *timer, msec_t now)
{
	struct l2tp_link *l = container_of(timer, struct l2tp_link, timer);
	struct l2tp_engine *e = l->s->t->e;

	l2tp_enter(e);
	wen(l->s, now);
	l2tp_leave(e);
}

static bool is_lac(const struct l2tp_session *s)
{
	return s->role == L2TP_IN_LAC || s->role == L2TP_OUT_LAC;
}

void l2tp_session_errors(struct l2tp_session *s, const struct l2tp_call_errors *errors, msec_t now)
{
	if (!is_lac(s) || s->dead || s->state != L2TP_S_ESTABLISHED)
		return;
	link_of(s)->now = *errors;
	l2tp_enter(s->t->e);
	wen(s, now);
	l2tp_leave(s->t->e);
}

/* ---------------------------------------------------------------- SLI */

void l2tp_session_sli(struct l2tp_session *s, uint32_t send_accm, uint32_t receive_accm, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_SLI,
			     .tunnel_id = s->t->peer_id,
			     .session_id = s->peer_session_id,
			     .accm = {.send = send_accm, .receive = receive_accm}};

	if (is_lac(s) || s->dead || s->state != L2TP_S_ESTABLISHED)
		return; /* the LNS's message (R2661-6.14-1) */
	s->send_accm = send_accm;
	s->receive_accm = receive_accm;
	link_of(s)->slis++;
	l2tp_msg_set(&m, L2TP_AVP_ACCM);
	l2tp_tunnel_transmit(s->t, &m, 0, now);
}

/* ---------------------------------------------------------------- received */

void l2tp_act_info(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	const struct l2tp_msg *m = o->m;
	struct l2tp_link *l;

	if ((m->type == L2TP_SLI) != is_lac(s)) { /* the wrong way round */
		s->t->e->stats.rx_unexpected++;
		return;
	}
	l = link_of(s);
	if (m->type == L2TP_SLI) {
		l->slis++;
		s->send_accm = m->accm.send;
		s->receive_accm = m->accm.receive;
	} else {
		l->wens++;
		l->told = (struct l2tp_call_errors){.crc = m->call_errors.crc,
						    .framing = m->call_errors.framing,
						    .hardware_overrun =
							    m->call_errors.hardware_overrun,
						    .buffer_overrun = m->call_errors.buffer_overrun,
						    .timeout = m->call_errors.timeout,
						    .alignment = m->call_errors.alignment};
	}
	s->t->e->ops->session_info(s->t->e->ctx, s, m);
}
