// SPDX-License-Identifier: GPL-2.0-or-later
/* The line of a session in `show l2tp session detail`: sequence numbers, SLI, WEN, proxy. */
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_show.h"
#include "l2mcd/l2mcd_vty.h"
#include "lib/text.h"

#define HEX_MAX 128 /* octets shown */

static const char *hex(struct span s, char *buf, size_t size)
{
	struct text t = text_init(buf, size);

	if (!s.p)
		return "-";
	text_add_hex(&t, (struct span){s.p, s.len < HEX_MAX ? s.len : HEX_MAX});
	return buf;
}

static const char *readable(struct span s, char *buf, size_t size)
{
	struct text t = text_init(buf, size);

	text_add_octets(&t, s);
	return s.p ? buf : "-";
}

static void show_proxy(struct vty *vty, const struct show_session *s)
{
	const struct l2tp_proxy *p = s->info.call.proxy;
	char sent[2 * HEX_MAX + 8], received[2 * HEX_MAX + 8], initial[2 * HEX_MAX + 8], name[256];

	if (!p)
		return;
	vty_out(vty, "  Proxy LCP:   sent %s, received %s, at first %s\n",
		hex(p->last_sent_lcp, sent, sizeof(sent)),
		hex(p->last_received_lcp, received, sizeof(received)),
		hex(p->initial_lcp, initial, sizeof(initial)));
	/* the response is as good as a password */
	vty_out(vty, "  Proxy auth:  %s, name %s%s\n", l2tp_proxy_name(p->type),
		readable(p->name, name, sizeof(name)),
		s->s->lac		    ? ""
		: l2mcd_accepts_proxy(s->s) ? ", accepted"
					    : ", ignored");
}

void l2mcd_show_line(struct vty *vty, const struct show_session *s)
{
	const struct l2tp_call_errors *e = &s->info.errors;

	vty_out(vty, "  Sequencing:  %s\n", s->s->sequencing ? "yes" : "no");
	vty_out(vty, "  ACCM:        send 0x%08x receive 0x%08x, %" PRIu64 " SLI\n",
		s->info.send_accm, s->info.receive_accm, s->info.slis);
	vty_out(vty,
		"  Errors:      CRC %u framing %u hardware %u buffer %u timeout %u alignment %u, "
		"%" PRIu64 " WEN\n",
		e->crc, e->framing, e->hardware_overrun, e->buffer_overrun, e->timeout,
		e->alignment, s->info.wens);
	show_proxy(vty, s);
}

static json_object *proxy_json(const struct show_session *s)
{
	const struct l2tp_proxy *p = s->info.call.proxy;
	json_object *o = json_object_new_object();
	char buf[2 * HEX_MAX + 8];

	json_object_string_add(o, "initialLcp", hex(p->initial_lcp, buf, sizeof(buf)));
	json_object_string_add(o, "lastSentLcp", hex(p->last_sent_lcp, buf, sizeof(buf)));
	json_object_string_add(o, "lastReceivedLcp", hex(p->last_received_lcp, buf, sizeof(buf)));
	json_object_string_add(o, "authentication", l2tp_proxy_name(p->type));
	json_object_string_add(o, "name", p->name.p ? readable(p->name, buf, sizeof(buf)) : "");
	if (!s->s->lac)
		json_object_boolean_add(o, "accepted", l2mcd_accepts_proxy(s->s));
	return o;
}

void l2mcd_json_line(json_object *o, const struct show_session *s)
{
	const struct l2tp_call_errors *e = &s->info.errors;
	json_object *errors = json_object_new_object();

	json_object_boolean_add(o, "outgoing", s->info.outgoing);
	json_object_boolean_add(o, "sequencing", s->s->sequencing);
	json_object_int_add(o, "sendAccm", s->info.send_accm);
	json_object_int_add(o, "receiveAccm", s->info.receive_accm);
	json_object_int_add(o, "slis", s->info.slis);
	json_object_int_add(errors, "crc", e->crc);
	json_object_int_add(errors, "framing", e->framing);
	json_object_int_add(errors, "hardwareOverrun", e->hardware_overrun);
	json_object_int_add(errors, "bufferOverrun", e->buffer_overrun);
	json_object_int_add(errors, "timeout", e->timeout);
	json_object_int_add(errors, "alignment", e->alignment);
	json_object_object_add(o, "errors", errors);
	json_object_int_add(o, "wens", s->info.wens);
	if (s->info.call.proxy)
		json_object_object_add(o, "proxy", proxy_json(s));
}
