// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of the results and errors in StopCCN, CDN and MSEN. */
#include "l2mcd/l2tp_msg.h"
#include "lib/text.h"

/* RFC 2661 4.4.2 */
static const char *const errors[] = {
	[L2TP_ERR_NONE] = "no general error",
	[L2TP_ERR_NO_CONTROL] = "no control connection yet",
	[L2TP_ERR_LENGTH] = "length wrong",
	[L2TP_ERR_VALUE] = "value out of range",
	[L2TP_ERR_RESOURCES] = "insufficient resources",
	[L2TP_ERR_SESSION_ID] = "Session ID invalid",
	[L2TP_ERR_VENDOR] = "vendor-specific error",
	[L2TP_ERR_TRY_ANOTHER] = "try another LNS",
	[L2TP_ERR_UNKNOWN_AVP] = "unknown mandatory AVP",
};

static const char *const stop_results[] = {
	[L2TP_STOP_GENERAL] = "request to clear the control connection",
	[L2TP_STOP_ERROR] = "see error code",
	[L2TP_STOP_EXISTS] = "control channel already exists",
	[L2TP_STOP_NOT_AUTHORISED] = "not authorised",
	[L2TP_STOP_VERSION] = "protocol version not supported",
	[L2TP_STOP_SHUTDOWN] = "shutting down",
	[L2TP_STOP_FSM] = "state machine error",
};

static const char *const cdn_results[] = {
	[L2TP_CDN_CARRIER_LOST] = "loss of carrier",
	[L2TP_CDN_ERROR] = "see error code",
	[L2TP_CDN_ADMIN] = "administrative reasons",
	[L2TP_CDN_NO_FACILITIES] = "no facilities, temporarily",
	[L2TP_CDN_NO_FACILITIES_PERMANENT] = "no facilities, permanently",
	[L2TP_CDN_INVALID_DESTINATION] = "invalid destination",
	[L2TP_CDN_NO_CARRIER] = "no carrier",
	[L2TP_CDN_BUSY] = "busy",
	[L2TP_CDN_NO_DIAL_TONE] = "no dial tone",
	[L2TP_CDN_TIMEOUT] = "not established in time",
	[L2TP_CDN_NO_FRAMING] = "no framing detected",
};

/* RFC 4045 7.3 */
static const char *const msen_results[] = {
	[L2TP_MSEN_NO_TRAFFIC] = "no multicast traffic for the group",
	[L2TP_MSEN_ERROR] = "see error code",
	[L2TP_MSEN_NO_RECEIVERS] = "no more receivers",
	[L2TP_MSEN_FILTER_MODE] = "no more receivers, filter-mode change",
};

static const char *pick(const char *const *names, size_t n, unsigned int i)
{
	return i < n ? names[i] : NULL;
}

static const char *result_name(enum l2tp_msg_type type, uint16_t result)
{
	switch (type) {
	case L2TP_STOPCCN:
		return pick(stop_results, array_size(stop_results), result);
	case L2TP_CDN:
		return pick(cdn_results, array_size(cdn_results), result);
	case L2TP_MSEN:
		return pick(msen_results, array_size(msen_results), result);
	default:
		return NULL;
	}
}

static void add_error(struct text *t, enum l2tp_msg_type type, const struct l2tp_result *r)
{
	const char *name = pick(errors, array_size(errors), r->error);

	if (type == L2TP_STOPCCN && r->result == L2TP_STOP_VERSION)
		text_add(t, ": highest is %u.%u", r->error >> 8, r->error & 0xff); /* A2661-7 */
	else if (name)
		text_add(t, ": %s", name);
	else
		text_add(t, ": error %u", r->error);
}

const char *l2tp_result_str(enum l2tp_msg_type type, const struct l2tp_result *r, char *buf,
			    size_t size)
{
	const char *name = result_name(type, r->result);
	struct text t = text_init(buf, size);

	if (name)
		text_add(&t, "%s", name);
	else
		text_add(&t, "result %u", r->result);
	/* error 0 says something only where an error code is due, result 2 in all messages */
	if (r->has_error && (r->error || r->result == L2TP_STOP_ERROR))
		add_error(&t, type, r);
	if (r->text.len) {
		text_add(&t, " (");
		text_add_octets(&t, r->text);
		text_add(&t, ")");
	}
	return buf;
}
