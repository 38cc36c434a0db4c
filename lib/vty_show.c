// SPDX-License-Identifier: GPL-2.0-or-later
/* What all show commands need; see vty_show.h. */
#include "lib/vty_show.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

const char *show_time(msec_t ms, char buf[SHOW_TIME_LEN])
{
	int64_t s = ms / MSEC_PER_S;

	if (ms < 0)
		snprintf(buf, SHOW_TIME_LEN, "-");
	else if (s < DAY)
		snprintf(buf, SHOW_TIME_LEN, "%02d:%02d:%02d", (int)(s / HOUR),
			 (int)(s % HOUR / MINUTE), (int)(s % MINUTE));
	else
		snprintf(buf, SHOW_TIME_LEN, "%" PRId64 "d%02dh%02dm", s / DAY,
			 (int)(s % DAY / HOUR), (int)(s % HOUR / MINUTE));
	return buf;
}

const char *show_since(msec_t since, msec_t now, char buf[SHOW_TIME_LEN])
{
	return show_time(since ? now - since : -1, buf);
}

void json_add_since(json_object *o, const char *key, msec_t since, msec_t now)
{
	char buf[SHOW_TIME_LEN], msec_key[64];

	if (!since)
		return;
	json_object_string_add(o, key, show_since(since, now, buf));
	snprintf(msec_key, sizeof(msec_key), "%sMsec", key);
	json_object_int_add(o, msec_key, now - since);
}

void json_add_addr(json_object *o, const char *key, const struct addr *a)
{
	char buf[ADDR_STRLEN];

	json_object_string_add(o, key, addr_str(a, buf));
}

void json_add_endpoint(json_object *o, const char *prefix, const struct endpoint *e)
{
	char key[64];

	snprintf(key, sizeof(key), "%sAddress", prefix);
	json_add_addr(o, key, &e->addr);
	snprintf(key, sizeof(key), "%sPort", prefix);
	json_object_int_add(o, key, e->port);
}

void json_row(struct json_rows *r, json_object *row)
{
	if (r->n++ == 0)
		vty_out(r->vty, "{\n\"%s\":[\n", r->name);
	else
		vty_out(r->vty, ",\n");
	vty_out(r->vty, "%s",
		json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(row);
}

int json_rows_end(struct json_rows *r)
{
	vty_out(r->vty, r->n ? "\n]\n}\n" : "{}\n");
	return CMD_SUCCESS;
}

int vty_refuse(struct vty *vty, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintfrr(text, sizeof(text), fmt, ap);
	va_end(ap);
	vty_out(vty, "%% %s\n", text);
	return CMD_WARNING_CONFIG_FAILED;
}

int vty_cleared(struct vty *vty, unsigned int n, const char *what, const char *id)
{
	if (!n && id) {
		vty_out(vty, "%% unknown %s '%s'\n", what, id);
		return CMD_WARNING;
	}
	vty_out(vty, "%u %s%s cleared\n", n, what, n == 1 ? "" : "s");
	return CMD_SUCCESS;
}
