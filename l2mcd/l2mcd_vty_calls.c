// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about calls: which are placed when, what they say; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_vty_calls_clippy.c"

#define L2TP_STR "L2TP\n"

/* ---------------------------------------------------------------- profile */

DEFPY (l2mcd_idle_timeout,
       l2mcd_idle_timeout_cmd,
       "[no] idle-timeout ![(0-86400)$seconds]",
       NO_STR
       "Close a tunnel that has no session (RFC 2661 7.6); default 0, never\n"
       "Seconds without a session, 0 keeps the tunnel\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	p->idle_timeout_s = no ? 0 : (uint32_t)seconds;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_proxy_accept,
       l2mcd_proxy_accept_cmd,
       "[no] proxy-authentication ![<accept|ignore>$mode]",
       NO_STR
       "What the LAC has agreed on with the subscriber (RFC 2661 4.4.5); default ignore\n"
       "LCP and authentication at the LAC count\n"
       "The subscriber is authenticated anew\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	p->accept_proxy = !no && mode[0] == 'a';
	return l2mcd_vty_changed();
}

void l2mcd_vty_profile_calls_write(struct vty *vty, const struct l2mcd_profile *p)
{
	if (p->idle_timeout_s)
		vty_out(vty, "  idle-timeout %u\n", p->idle_timeout_s);
	if (p->accept_proxy)
		vty_out(vty, "  proxy-authentication accept\n");
}

/* ---------------------------------------------------------------- access */

DEFPY (l2mcd_called_number,
       l2mcd_called_number_cmd,
       "[no] called-number ![WORD$number]",
       NO_STR
       "The LNS asks for the call with this number; default: it is placed at once\n"
       "Number, up to 63 characters\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	if (!no && strlen(number) >= sizeof(a->called_number))
		return vty_refuse(vty, "called number '%s' is longer than %zu characters", number,
				  sizeof(a->called_number) - 1);
	strlcpy(a->called_number, no ? "" : number, sizeof(a->called_number));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_access_proxy,
       l2mcd_access_proxy_cmd,
       "[no] proxy-authentication ![name WORD$name password <0|8>$form LINE$text]",
       NO_STR
       "Name and password of the subscriber, told the LNS (RFC 2661 4.4.5); default none\n"
       "Name of the subscriber\n"
       "Name, up to 63 characters\n"
       "Its password\n"
       "The password itself follows\n"
       "Its obfuscated form follows, as the running configuration shows it\n"
       "Password without blanks, up to 63 octets\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);
	char password[sizeof(a->proxy_password)];

	if (no)
		password[0] = '\0';
	else if (form[0] == '8' && !vty_secret_reveal(text, password, sizeof(password)))
		return vty_refuse(vty, "'password 8' is not followed by an obfuscated password");
	else if (form[0] == '0' && strlcpy(password, text, sizeof(password)) >= sizeof(password))
		return vty_refuse(vty, "'password 0' is followed by more than %zu octets",
				  sizeof(password) - 1);
	if (!no && strlen(name) >= sizeof(a->proxy_name))
		return vty_refuse(vty, "name '%s' is longer than %zu characters", name,
				  sizeof(a->proxy_name) - 1);
	strlcpy(a->proxy_name, no ? "" : name, sizeof(a->proxy_name));
	memcpy(a->proxy_password, password, sizeof(password));
	explicit_bzero(password, sizeof(password));
	return l2mcd_vty_changed();
}

void l2mcd_vty_access_calls_write(struct vty *vty, const struct l2mcd_access *a)
{
	char hidden[2 * L2TP_MAX_SECRET + 1];

	if (a->called_number[0])
		vty_out(vty, "  called-number %s\n", a->called_number);
	if (a->proxy_name[0]) {
		vty_secret_hide(a->proxy_password, hidden, sizeof(hidden));
		vty_out(vty, "  proxy-authentication name %s password 8 %s\n", a->proxy_name,
			hidden);
	}
}

/* ---------------------------------------------------------------- in operation */

DEFPY (l2mcd_dial,
       l2mcd_dial_cmd,
       "l2tp call tunnel (1-65535)$tunnel number WORD$number",
       L2TP_STR
       "Ask the LAC to place a call (RFC 2661 5.2.2)\n"
       "Through one tunnel\n"
       "Tunnel ID, ours\n"
       "Number to call\n"
       "Number as it is configured at the LAC, up to 63 characters\n")
{
	const char *why;
	struct l2mcd_session *s;

	if (strlen(number) >= sizeof(((struct l2tp_call *)0)->called_number))
		return vty_refuse(vty, "number '%s' is too long", number);
	s = l2mcd_lns_dial(tunnel, number, &why);
	if (!s) {
		vty_out(vty, "%% '%s' is not called: %s\n", number, why);
		return CMD_WARNING;
	}
	vty_out(vty, "Session %u of tunnel %u calls '%s'\n", s->session_id, s->tunnel->tunnel_id,
		number);
	return CMD_SUCCESS;
}

static bool read_map(struct vty *vty, const char *text, uint32_t *map)
{
	char *end;
	unsigned long v = strtoul(text, &end, 16);

	if (*end || !*text || text[0] == '-' || v > UINT32_MAX) {
		vty_out(vty, "%% '%s' is not a map of 32 bits in hexadecimal\n", text);
		return false;
	}
	*map = (uint32_t)v;
	return true;
}

DEFPY (l2mcd_accm,
       l2mcd_accm_cmd,
       "l2tp accm tunnel (1-65535)$tunnel session (1-65535)$session send WORD$send receive WORD$receive",
       L2TP_STR
       "Tell the LAC which control characters are escaped on the line (SLI, RFC 2661 6.14)\n"
       "Session of one tunnel\n"
       "Tunnel ID, ours\n"
       "One session\n"
       "Session ID, ours\n"
       "What the LAC escapes\n"
       "Map, 32 bits in hexadecimal\n"
       "What the subscriber escapes\n"
       "Map, 32 bits in hexadecimal\n")
{
	uint32_t maps[2];

	if (!read_map(vty, send, &maps[0]) || !read_map(vty, receive, &maps[1]))
		return CMD_WARNING;
	if (!l2mcd_session_accm(tunnel, session, maps[0], maps[1])) {
		vty_out(vty, "%% no such session, not established, or we are its LAC\n");
		return CMD_WARNING;
	}
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- init */

void l2mcd_vty_calls_init(void)
{
	install_element(L2MCD_PROFILE_NODE, &l2mcd_idle_timeout_cmd);
	install_element(L2MCD_PROFILE_NODE, &l2mcd_proxy_accept_cmd);
	install_element(L2MCD_ACCESS_NODE, &l2mcd_called_number_cmd);
	install_element(L2MCD_ACCESS_NODE, &l2mcd_access_proxy_cmd);
	install_element(ENABLE_NODE, &l2mcd_dial_cmd);
	install_element(ENABLE_NODE, &l2mcd_accm_cmd);
}
