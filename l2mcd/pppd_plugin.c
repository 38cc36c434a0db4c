// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pppd_plugin.c - l2mcd-pppd.so: a pppd that l2mcd started tells it what PPP has negotiated.
 *
 * pppd's notifiers know of authentication and addresses, but not of CCP, ECP or multilink, which
 * decide whether RFC 4045 may be used for the session (A4045-28).  So whenever a packet has come
 * in, pppd's own state is looked at, and told if it is new.  The words are in l2mcd_link.h.
 *
 * The socket to l2mcd is also the leash: when l2mcd closes its end, or dies, the L2TP session is
 * gone, and pppd ends without asking the subscriber.
 *
 * Written for pppd 2.4.9, whose names are used where they have no header.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* as Debian's and everybody's pppd is built; its headers do not say */
#define INET6
#define HAVE_MULTILINK
#include <pppd/pppd.h>

#include <pppd/fsm.h>

#include <pppd/ccp.h>
#include <pppd/ecp.h>
#include <pppd/eui64.h>
#include <pppd/ipcp.h>
#include <pppd/ipv6cp.h>
#include <pppd/lcp.h>

char pppd_version[] = VERSION; /* pppd refuses a plugin made for another */
void plugin_init(void);

/* A pppd built without filters does not have it. */
extern struct {
	unsigned int len;
	void *insns;
} pass_filter __attribute__((weak));

#define UNIT 0 /* the only one of a pppd */

static int sock = -1;

/* ---------------------------------------------------------------- the report */

struct report {
	char text[1024];
	size_t len;
};

static void put(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct report *r, const char *fmt, ...)
{
	size_t left = sizeof(r->text) - r->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->text + r->len, left, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < left)
		r->len += n;
}

/* The name comes from the subscriber: nothing in it may end the line. */
static void put_user(struct report *r)
{
	char user[64];
	size_t i;

	for (i = 0; peer_authname[i] && i < sizeof(user) - 1; i++)
		user[i] = (unsigned char)peer_authname[i] < ' ' ? '?' : peer_authname[i];
	user[i] = '\0';
	if (i)
		put(r, "user %s\n", user);
}

static int is_open(const fsm *f)
{
	return f[UNIT].state == OPENED;
}

static void put_ipcp(struct report *r)
{
	char local[INET_ADDRSTRLEN], remote[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &ipcp_gotoptions[UNIT].ouraddr, local, sizeof(local));
	inet_ntop(AF_INET, &ipcp_hisoptions[UNIT].hisaddr, remote, sizeof(remote));
	put(r, "ipcp 1\nlocal %s\nremote %s\n", local, remote);
}

static const char *link_local(eui64_t id, char *text)
{
	unsigned char octets[16] = {0xfe, 0x80};

	memcpy(octets + 8, &id, 8);
	inet_ntop(AF_INET6, octets, text, INET6_ADDRSTRLEN);
	return text;
}

static void put_ipv6cp(struct report *r)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];

	put(r, "ipv6cp 1\nlocal6 %s\n", link_local(ipv6cp_gotoptions[UNIT].ourid, local));
	put(r, "remote6 %s\n", link_local(ipv6cp_hisoptions[UNIT].hisid, remote));
}

static void build(struct report *r)
{
	const lcp_options *his = &lcp_hisoptions[UNIT];

	if (ifname[0] && if_nametoindex(ifname))
		put(r, "interface %s\nifindex %u\n", ifname, if_nametoindex(ifname));
	if (!is_open(lcp_fsm))
		return;
	put(r, "lcp 1\nmru %d\n", his->neg_mru ? his->mru : PPP_MRU);
	put_user(r);
	if (is_open(ccp_fsm))
		put(r, "ccp 1\n");
	if (is_open(ecp_fsm))
		put(r, "ecp 1\n");
	if (doing_multilink)
		put(r, "multilink 1\n");
	if (&pass_filter && pass_filter.len)
		put(r, "filter 1\n");
	if (is_open(ipcp_fsm))
		put_ipcp(r);
	if (is_open(ipv6cp_fsm))
		put_ipv6cp(r);
}

/* Tells l2mcd if anything has changed. */
static void look(void *arg)
{
	static struct report told;
	struct report r = {.len = 0};

	build(&r);
	if (sock < 0 || (r.len == told.len && memcmp(r.text, told.text, r.len) == 0))
		return;
	if (send(sock, r.text, r.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)r.len)
		told = r;
	else if (errno == EAGAIN)
		timeout(look, NULL, 1, 0);
}

/* ---------------------------------------------------------------- when to look */

static void notified(void *arg, int event)
{
	look(NULL);
}

/* Called before the packet is dealt with: what comes of it is looked at afterwards. */
static void received(unsigned char *packet, int len)
{
	untimeout(look, NULL);
	timeout(look, NULL, 0, 0);
}

/* ---------------------------------------------------------------- the leash */

static void cut(void)
{
	lcp_fsm[UNIT].maxtermtransmits = 0; /* no Terminate-Request: nobody would hear it */
	kill(getpid(), SIGTERM);
}

/* l2mcd never sends anything: whatever happens at its end is the end. */
static void leash_moved(int sig, siginfo_t *info, void *context)
{
	if (info->si_code == POLL_HUP || info->si_code == POLL_IN)
		cut();
}

static int take_socket(char **argv)
{
	struct sigaction sa = {.sa_sigaction = leash_moved, .sa_flags = SA_SIGINFO | SA_RESTART};
	int sig = SIGRTMIN + 4;
	struct pollfd p;

	sock = atoi(argv[0]);
	p = (struct pollfd){.fd = sock, .events = POLLIN};
	if (fcntl(sock, F_SETFD, FD_CLOEXEC) < 0 || sigaction(sig, &sa, NULL) < 0 ||
	    fcntl(sock, F_SETOWN, getpid()) < 0 || fcntl(sock, F_SETSIG, sig) < 0 ||
	    fcntl(sock, F_SETFL, O_NONBLOCK | O_ASYNC) < 0) {
		option_error("l2mcd-socket %s: %s", argv[0], strerror(errno));
		return 0;
	}
	if (poll(&p, 1, 0) > 0) { /* let go before it was a leash */
		option_error("l2mcd is gone");
		return 0;
	}
	return 1;
}

static option_t options[] = {
	{"l2mcd-socket", o_special, (void *)take_socket, "Socket to l2mcd", OPT_PRIV | OPT_PRIO},
	{.name = NULL},
};

void plugin_init(void)
{
	add_options(options);
	snoop_recv_hook = received;
	add_notifier(&auth_up_notifier, notified, NULL);
	add_notifier(&ip_up_notifier, notified, NULL);
	add_notifier(&ip_down_notifier, notified, NULL);
	add_notifier(&ipv6_up_notifier, notified, NULL);
	add_notifier(&ipv6_down_notifier, notified, NULL);
	add_notifier(&link_down_notifier, notified, NULL);
}
