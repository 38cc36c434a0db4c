// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_external.c - session interfaces that somebody else made.
 *
 * `session interface external TEMPLATE`: an existing netdev stands for the subscriber.  The
 * template names it: %c the Calling Number, %h the LAC's host name, %d the lowest number from 1
 * whose netdev exists and is free.
 */
#include "l2mcd/l2mcd_p.h"

#define POOL_MAX 65535

/* False: the name would be longer than a netdev's may be. */
static bool expand(const char *template, const struct l2tp_call *call, const char *host,
		   unsigned int number, char *name, size_t size)
{
	size_t n = 0;

	for (const char *p = template; *p; p++) {
		char digits[12], one[2] = {*p, 0};
		const char *part = one;

		if (*p == '%') {
			p++;
			if (*p == 'c')
				part = call->calling_number;
			else if (*p == 'h')
				part = host;
			else if (*p == 'd') {
				snprintf(digits, sizeof(digits), "%u", number);
				part = digits;
			} else if (*p == '%')
				part = "%";
			else
				return false;
		}
		n += strlen(part);
		if (n >= size)
			return false;
		strlcpy(name + n - strlen(part), part, size - (n - strlen(part)));
	}
	return n > 0;
}

/*
 * The netdev is taken by a session of the same LAC: that one is dead, the LAC has restarted and
 * does not know it any more.  The new call takes its place.
 */
static bool take_over(struct l2mcd_session *s, const char *name)
{
	struct l2mcd_session *old = l2mcd_lns_by_name(name);

	if (!old)
		return true;
	if (old->tunnel == s->tunnel ||
	    addr_cmp(&old->tunnel->peer.addr, &s->tunnel->peer.addr) != 0)
		return false;
	l2tp_session_close(old->l2tp, L2TP_CDN_ADMIN, L2TP_ERR_NONE, "replaced by a new call",
			   l2mcd_now());
	return true;
}

static bool reserve(struct l2mcd_session *s, const struct l2tp_call *call, const char *lac_host,
		    const char **why)
{
	const char *template = l2mcd_instance()->config.session_template;
	bool pool = strstr(template, "%d") != NULL;
	char name[IFNAMSIZ];

	for (unsigned int i = 1; i <= (pool ? POOL_MAX : 1); i++) {
		if (!expand(template, call, lac_host, i, name, sizeof(name))) {
			*why = "the session interface's name would be too long";
			return false;
		}
		if (pool && !l2mcd_interface_up(name)) {
			*why = "no free session interface";
			return false;
		}
		if (pool ? !l2mcd_lns_by_name(name) : take_over(s, name)) {
			strlcpy(s->interface, name, sizeof(s->interface));
			return true;
		}
	}
	*why = "the session interface is in use";
	return false;
}

static void start(struct l2mcd_session *s)
{
	l2mcd_lns_interface(s, l2mcd_interface_up(s->interface));
}

static void stop(struct l2mcd_session *s)
{
}

const struct l2mcd_provider l2mcd_external = {
	.name = "external",
	.reserve = reserve,
	.start = start,
	.stop = stop,
};
