// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_kernel.c - l2mcd_kernel.h has the overview.
 *
 * Between bind() and connect() a tunnel's socket hears what belongs to others, too.  Therefore
 * each datagram is taken for what its own addresses say, whichever socket it came through.
 */
#include "l2mcd/l2mcd_kernel.h"
#include "l2mcd/l2mcd_p.h"

#include <libmnl/libmnl.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_pppol2tp.h>
#include <linux/if_pppox.h>
#include <linux/l2tp.h>
#include <linux/ppp-ioctl.h>
#include <sys/ioctl.h>

#ifndef PPPIOCBRIDGECHAN /* Linux 5.11 */
#define PPPIOCBRIDGECHAN _IOW('t', 53, int)
#endif

#ifndef SOL_PPPOL2TP
#define SOL_PPPOL2TP 273
#endif

#define PROBE_AGAIN_MS (10 * MSEC_PER_S)
#define READ_BUDGET    64 /* datagrams per wake-up */

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_KTUNNEL, "kernel tunnel");

PREDECL_DLIST(ktunnels);

struct ktunnel {
	struct ktunnels_item item;
	uint16_t tunnel_id;
	struct endpoint local, peer;
	int sock;
	bool gone; /* read to its end, then closed */
	struct event *t_read;
};

DECLARE_DLIST(ktunnels, struct ktunnel, item);

static struct ktunnels_head ktunnels = INIT_DLIST(ktunnels);
static struct mnl_socket *netlink;
static uint16_t family; /* generic netlink's number for "l2tp" */
static char reason[128];

static int fail(const char **why, const char *what)
{
	int err = errno;

	snprintf(reason, sizeof(reason), "%s: %s", what, safe_strerror(err));
	*why = reason;
	errno = err;
	return -1;
}

/* ---------------------------------------------------------------- netlink */

struct request {
	union {
		char buf[MNL_NLMSG_HDRLEN + 256];
		struct nlmsghdr nlh;
	};
};

static struct nlmsghdr *request_init(struct request *r, uint16_t type, uint8_t command)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(r->buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl->cmd = command;
	genl->version = 1;
	return nlh;
}

/* The kernel answers before send() returns.  0, or -1 and errno. */
static int ask(struct nlmsghdr *nlh, mnl_cb_t cb)
{
	static unsigned int seq;
	char answer[8192];
	int r = 1;

	nlh->nlmsg_seq = ++seq;
	frr_with_privs (&l2mcd_privs) {
		if (mnl_socket_sendto(netlink, nlh, nlh->nlmsg_len) < 0)
			r = -1;
	}
	while (r > 0) {
		ssize_t n = mnl_socket_recvfrom(netlink, answer, sizeof(answer));

		r = n < 0 ? -1
			  : mnl_cb_run(answer, n, seq, mnl_socket_get_portid(netlink), cb, NULL);
	}
	return r;
}

static int family_attr(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
	    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
		family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int family_reply(const struct nlmsghdr *nlh, void *arg)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), family_attr, NULL);
}

static void netlink_close(void)
{
	int err = errno;

	if (netlink)
		mnl_socket_close(netlink);
	netlink = NULL;
	errno = err;
}

/* A socket is bound once: what fails is tried again with another one. */
static bool netlink_open(void)
{
	struct request r = {};
	struct nlmsghdr *nlh;

	frr_with_privs (&l2mcd_privs) {
		netlink = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	}
	if (netlink && mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) == 0) {
		nlh = request_init(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, L2TP_GENL_NAME);
		if (ask(nlh, family_reply) == 0 && family)
			return true;
	}
	netlink_close();
	return false;
}

static int tunnel_create(const struct ktunnel *k, uint16_t peer_tunnel_id)
{
	struct request r = {};
	struct nlmsghdr *nlh = request_init(&r, family, L2TP_CMD_TUNNEL_CREATE);

	mnl_attr_put_u32(nlh, L2TP_ATTR_CONN_ID, k->tunnel_id);
	mnl_attr_put_u32(nlh, L2TP_ATTR_PEER_CONN_ID, peer_tunnel_id);
	mnl_attr_put_u8(nlh, L2TP_ATTR_PROTO_VERSION, 2);
	mnl_attr_put_u16(nlh, L2TP_ATTR_ENCAP_TYPE, L2TP_ENCAPTYPE_UDP);
	mnl_attr_put_u32(nlh, L2TP_ATTR_FD, k->sock);
	return ask(nlh, NULL);
}

static void tunnel_delete(const struct ktunnel *k)
{
	struct request r = {};
	struct nlmsghdr *nlh = request_init(&r, family, L2TP_CMD_TUNNEL_DELETE);

	mnl_attr_put_u32(nlh, L2TP_ATTR_CONN_ID, k->tunnel_id);
	ask(nlh, NULL); /* closing its socket does the same */
}

/* ---------------------------------------------------------------- what the kernel can */

static int pppol2tp_socket(void)
{
	return socket(AF_PPPOX, SOCK_DGRAM | SOCK_CLOEXEC, PX_PROTO_OL2TP);
}

/* Opening the sockets makes the kernel load the modules, where it has them. */
static bool probe(const char **why)
{
	int fd = pppol2tp_socket();

	if (fd < 0)
		return fail(why, "the kernel has no PPP over L2TP (module l2tp_ppp)"), false;
	close(fd);
	if (!netlink_open())
		return fail(why, "the kernel's L2TP cannot be configured (module l2tp_netlink)"),
		       false;
	return true;
}

bool l2mcd_kernel_available(const char **why)
{
	static char missing[sizeof(reason)];
	static msec_t looked;
	static bool available;
	msec_t now = l2mcd_now();
	const char *text;

	*why = NULL;
	if (!available && (!looked || now - looked >= PROBE_AGAIN_MS)) {
		looked = now;
		available = probe(&text);
		if (!available)
			strlcpy(missing, text, sizeof(missing));
	}
	if (!available)
		*why = missing;
	return available;
}

/* ---------------------------------------------------------------- tunnels */

static struct ktunnel *find(uint16_t tunnel_id)
{
	struct ktunnel *k;

	frr_each (ktunnels, &ktunnels, k)
		if (k->tunnel_id == tunnel_id && !k->gone)
			return k;
	return NULL;
}

bool l2mcd_kernel_tunnel_present(const struct l2mcd_tunnel *t)
{
	return find(t->tunnel_id) != NULL;
}

static void ktunnel_free(struct ktunnel *k)
{
	event_cancel(&k->t_read);
	if (k->sock >= 0)
		close(k->sock);
	ktunnels_del(&ktunnels, k);
	XFREE(MTYPE_L2MCD_KTUNNEL, k);
}

static void ktunnel_read(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();
	struct ktunnel *k = EVENT_ARG(event);
	uint16_t port = k->local.port;
	int sock = k->sock;
	bool more = true;

	/* the engine may end the tunnel: k stays until its socket has nothing left */
	for (int i = 0; i < READ_BUDGET && more; i++)
		more = l2mcd_io_receive(d, sock, port);
	if (!k->gone)
		event_add_read(d->master, ktunnel_read, k, sock, &k->t_read);
	else if (more)
		event_add_event(d->master, ktunnel_read, k, 0, &k->t_read);
	else
		ktunnel_free(k);
	l2mcd_kick();
}

/* The same address and port as the common socket has (R2661-8.1-2). */
static int connected_socket(const struct ktunnel *k)
{
	struct sockaddr_in peer = l2mcd_io_sockaddr(&k->peer);
	int fd = l2mcd_io_socket(&k->local), err;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/*
 * Linux before 6.10 gives every datagram between two ports to one tunnel, whatever Tunnel ID it
 * has.  A second tunnel can only be one that the peer made after it lost the first: HELLO finds
 * out, and the peer's next call succeeds.
 */
static const struct ktunnel *rival(const struct l2mcd_tunnel *t)
{
	const struct ktunnel *k;

	frr_each (ktunnels_const, &ktunnels, k)
		if (!k->gone && endpoint_cmp(&k->local, &t->local) == 0 &&
		    endpoint_cmp(&k->peer, &t->peer) == 0)
			return k;
	return NULL;
}

static struct ktunnel *ktunnel_add(const struct l2mcd_tunnel *t, const char **why)
{
	struct l2mcd *d = l2mcd_instance();
	const struct ktunnel *other = rival(t);
	struct l2tp_tunnel_info info;
	struct l2tp_tunnel *l2tp;
	struct ktunnel *k;

	if (!addr_is_v4(&t->peer.addr)) {
		*why = "PPP in L2TP over IPv6 is not given to the kernel";
		return NULL;
	}
	if (other) {
		l2tp = l2tp_tunnel_find(d->l2tp, other->tunnel_id);
		if (l2tp)
			l2tp_tunnel_probe(l2tp, l2mcd_now());
		snprintf(reason, sizeof(reason),
			 "tunnel %u to the same address and port is in the kernel already",
			 other->tunnel_id);
		*why = reason;
		return NULL;
	}
	l2tp_tunnel_info(t->l2tp, &info);
	k = XCALLOC(MTYPE_L2MCD_KTUNNEL, sizeof(*k));
	k->tunnel_id = t->tunnel_id;
	k->local = t->local;
	k->peer = t->peer;
	ktunnels_add_tail(&ktunnels, k);
	k->sock = connected_socket(k);
	if (k->sock < 0) {
		fail(why, "the tunnel's own UDP socket");
	} else if (tunnel_create(k, info.peer_tunnel_id) < 0) {
		fail(why, "L2TP tunnel in the kernel");
	} else {
		event_add_read(d->master, ktunnel_read, k, k->sock, &k->t_read);
		return k;
	}
	/* what came through it meanwhile is read first */
	k->gone = true;
	event_add_event(d->master, ktunnel_read, k, 0, &k->t_read);
	return NULL;
}

bool l2mcd_kernel_tunnel_open(const struct l2mcd_tunnel *t, const char **why)
{
	return l2mcd_kernel_available(why) && (find(t->tunnel_id) || ktunnel_add(t, why));
}

void l2mcd_kernel_tunnel_gone(const struct l2mcd_tunnel *t)
{
	struct ktunnel *k = find(t->tunnel_id);

	if (!k)
		return;
	tunnel_delete(k);
	k->gone = true;
	event_cancel(&k->t_read);
	event_add_event(l2mcd_instance()->master, ktunnel_read, k, 0, &k->t_read);
}

/* ---------------------------------------------------------------- sessions */

static int set_options(int fd, const struct l2mcd_kernel_session *k)
{
	const struct {
		int name, value;
	} options[] = {
		{PPPOL2TP_SO_LNSMODE, k->lns},
		{PPPOL2TP_SO_SENDSEQ, k->send_sequence},
		{PPPOL2TP_SO_RECVSEQ, k->need_sequence},
		{PPPOL2TP_SO_REORDERTO, k->reorder_ms},
	};

	for (size_t i = 0; i < array_size(options); i++)
		if (setsockopt(fd, SOL_PPPOL2TP, options[i].name, &options[i].value,
			       sizeof(options[i].value)) < 0)
			return -1;
	return 0;
}

int l2mcd_kernel_session_open(const struct l2mcd_session *s, const struct l2mcd_kernel_session *k,
			      const char **why)
{
	struct sockaddr_pppol2tp sa = {.sa_family = AF_PPPOX, .sa_protocol = PX_PROTO_OL2TP};
	struct l2tp_tunnel_info info;
	int fd, err;

	if (!l2mcd_kernel_tunnel_open(s->tunnel, why))
		return -1;
	l2tp_tunnel_info(s->tunnel->l2tp, &info);
	sa.pppol2tp.fd = -1; /* the tunnel is there, and known by its ID */
	sa.pppol2tp.s_tunnel = info.tunnel_id;
	sa.pppol2tp.d_tunnel = info.peer_tunnel_id;
	sa.pppol2tp.s_session = s->session_id;
	sa.pppol2tp.d_session = s->peer_session_id;
	fd = pppol2tp_socket();
	if (fd < 0)
		return fail(why, "PPPoL2TP socket");
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || set_options(fd, k) < 0) {
		fail(why, "L2TP session in the kernel");
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

int l2mcd_kernel_session_change(const struct l2mcd_session *s, const struct l2mcd_kernel_session *k)
{
	struct request r = {};
	struct nlmsghdr *nlh = request_init(&r, family, L2TP_CMD_SESSION_MODIFY);

	mnl_attr_put_u32(nlh, L2TP_ATTR_CONN_ID, s->tunnel->tunnel_id);
	mnl_attr_put_u32(nlh, L2TP_ATTR_SESSION_ID, s->session_id);
	mnl_attr_put_u8(nlh, L2TP_ATTR_SEND_SEQ, k->send_sequence);
	mnl_attr_put_u8(nlh, L2TP_ATTR_RECV_SEQ, k->need_sequence);
	mnl_attr_put_u64(nlh, L2TP_ATTR_RECV_TIMEOUT, k->reorder_ms);
	return ask(nlh, NULL);
}

/* ---------------------------------------------------------------- channels */

int l2mcd_kernel_channel(int sock)
{
	int index;

	return ioctl(sock, PPPIOCGCHAN, &index) < 0 ? -1 : index;
}

int l2mcd_kernel_bridge(int channel, int other, const char **why)
{
	const char *what = "/dev/ppp";
	int fd = -1, failed = -1, err;

	/* the kernel asks for the privilege at the ioctls, too */
	frr_with_privs (&l2mcd_privs) {
		fd = open("/dev/ppp", O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			what = "PPP channel";
			failed = ioctl(fd, PPPIOCATTCHAN, &channel);
		}
		if (fd >= 0 && !failed) {
			what = "bridge between PPP channels";
			failed = ioctl(fd, PPPIOCBRIDGECHAN, &other);
			if (failed && errno == ENOTTY)
				what = "the kernel cannot bridge PPP channels (Linux 5.11)";
		}
		if (failed)
			fail(why, what);
	}
	if (!failed)
		return fd;
	err = errno;
	if (fd >= 0)
		close(fd);
	errno = err;
	return -1;
}

void l2mcd_kernel_fini(void)
{
	struct ktunnel *k;

	while ((k = ktunnels_first(&ktunnels)))
		ktunnel_free(k);
	netlink_close();
}
