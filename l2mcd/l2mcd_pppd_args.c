// SPDX-License-Identifier: GPL-2.0-or-later
/* Words for pppd's command line, and what its exit status means; see l2mcd_pppd_args.h. */
#include "l2mcd/l2mcd_pppd_args.h"

#include <sys/wait.h>

static bool start_word(struct pppd_args *a)
{
	if (a->n == PPPD_MAX_WORDS || a->used == sizeof(a->text))
		return false;
	a->word[a->n++] = a->text + a->used;
	a->word[a->n] = NULL;
	return true;
}

static bool put(struct pppd_args *a, char c)
{
	if (a->used == sizeof(a->text))
		return false;
	a->text[a->used++] = c;
	return true;
}

bool pppd_args_add(struct pppd_args *a, const char *word)
{
	bool ok = start_word(a);

	do
		ok = ok && put(a, *word);
	while (*word++);
	return ok;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word; what follows it, or NULL. */
static const char *add_word(struct pppd_args *a, const char *p)
{
	char quote = 0;

	if (!start_word(a))
		return NULL;
	for (; *p && (quote || !is_blank(*p)); p++) {
		if (*p == quote) {
			quote = 0;
			continue;
		}
		if (!quote && (*p == '"' || *p == '\'')) {
			quote = *p;
			continue;
		}
		if (*p == '\\' && p[1])
			p++;
		if (!put(a, *p))
			return NULL;
	}
	return !quote && put(a, '\0') ? p : NULL;
}

bool pppd_args_add_line(struct pppd_args *a, const char *line)
{
	while (line) {
		while (is_blank(*line))
			line++;
		if (!*line)
			return true;
		line = add_word(a, line);
	}
	return false;
}

/* ---------------------------------------------------------------- pppd(8), EXIT STATUS */

static const struct status {
	int code;
	enum l2tp_cdn_result result;
	const char *text;
} statuses[] = {
	{0, L2TP_CDN_ADMIN, "PPP was ended by the subscriber"},
	{1, L2TP_CDN_NO_FACILITIES, "pppd: fatal error"},
	{2, L2TP_CDN_NO_FACILITIES, "pppd: error in its options"},
	{3, L2TP_CDN_NO_FACILITIES, "pppd: not started as root"},
	{4, L2TP_CDN_NO_FACILITIES, "pppd: no PPP in the kernel"},
	{5, L2TP_CDN_ADMIN, "pppd was ended by a signal"},
	{10, L2TP_CDN_NO_FRAMING, "PPP negotiation failed"},
	{11, L2TP_CDN_ADMIN, "the subscriber failed to authenticate"},
	{12, L2TP_CDN_ADMIN, "the link was idle"},
	{13, L2TP_CDN_ADMIN, "the connect time is over"},
	{15, L2TP_CDN_CARRIER_LOST, "LCP echo requests were not answered"},
	{16, L2TP_CDN_CARRIER_LOST, "hangup"},
	{17, L2TP_CDN_CARRIER_LOST, "the link is looped back"},
	{19, L2TP_CDN_ADMIN, "we failed to authenticate to the subscriber"},
	{127, L2TP_CDN_NO_FACILITIES, "pppd could not be started"},
};

enum l2tp_cdn_result pppd_result(int status, const char **text)
{
	if (WIFEXITED(status)) {
		for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
			if (statuses[i].code != WEXITSTATUS(status))
				continue;
			*text = statuses[i].text;
			return statuses[i].result;
		}
		*text = "pppd ended";
		return L2TP_CDN_CARRIER_LOST;
	}
	*text = "pppd was killed";
	return L2TP_CDN_CARRIER_LOST;
}
