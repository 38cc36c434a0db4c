// SPDX-License-Identifier: GPL-2.0-or-later
/* PPPoE subscribers: ports, and a call for each session; l2mcd_pppoe.h has the overview. */
#include "l2mcd/l2mcd_kernel.h"
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppoe.h"

#include <linux/if_pppox.h>
#include <sys/random.h>
#include <sys/resource.h>

#define PPPOE_HEADER 8 /* with the PPP protocol field */
#define SPARE_FILES  64

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_PORT, "PPPoE port");
DEFINE_MTYPE_STATIC(L2MCD, L2MCD_CALL, "PPPoE call");
DEFINE_MTYPE_STATIC(L2MCD, L2MCD_SERVICES, "PPPoE services");

static int port_cmp(const struct l2mcd_port *a, const struct l2mcd_port *b)
{
	int order = strcmp(a->interface, b->interface);

	for (int i = 0; !order && i < PPPOE_MAX_VLANS; i++)
		order = (int)a->vlan[i] - (int)b->vlan[i];
	return order;
}

static uint32_t port_hash(const struct l2mcd_port *p)
{
	return jhash_2words(p->vlan[0], p->vlan[1], string_hash_make(p->interface));
}

DECLARE_HASH(l2mcd_ports, struct l2mcd_port, item, port_cmp, port_hash);
DECLARE_DLIST(l2mcd_calls, struct l2mcd_pppoe_call, item);

static struct l2mcd_ports_head ports;
static struct l2mcd_calls_head waiting;
static struct pppoe_ac *ac;

struct l2mcd_port *l2mcd_port_find(const char *interface, uint8_t n_vlans, const uint16_t *vlans)
{
	struct l2mcd_port ref = {};

	strlcpy(ref.interface, interface, sizeof(ref.interface));
	for (uint8_t i = 0; i < n_vlans; i++)
		ref.vlan[i] = vlans[i];
	return l2mcd_ports_find(&ports, &ref);
}

static const char *port_str(const struct l2mcd_port *p)
{
	static char buf[L2MCD_ACCESS_STRLEN];

	return l2mcd_access_str(p->interface, p->n_vlans, p->vlan, buf);
}

/* ---------------------------------------------------------------- the data path */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void channels_close(struct l2mcd_pppoe_call *c)
{
	close_fd(&c->bridge_fd);
	close_fd(&c->pppoe_fd);
	close_fd(&c->l2tp_fd);
	c->data_path = false;
}

/* The netdev that the kernel gets this port's frames from. */
static const char *data_device(struct l2mcd_port *p, const char **why)
{
	const struct interface *ifp = l2mcd_interface_up(p->interface);
	ifindex_t below = ifp ? ifp->ifindex : 0;
	char name[IFNAMSIZ], lower[IFNAMSIZ];

	if (p->data_dev[0])
		return p->data_dev;
	strlcpy(name, p->interface, sizeof(name));
	for (uint8_t i = 0; i < p->n_vlans; i++) {
		bool made;

		strlcpy(lower, name, sizeof(lower));
		below = l2mcd_vlan_device(below, lower, i + 1 < p->n_vlans, p->vlan[i], name, &made,
					  why);
		if (!below)
			return NULL;
		if (made)
			p->made[i] = below;
	}
	strlcpy(p->data_dev, name, sizeof(p->data_dev));
	return p->data_dev;
}

static int pppoe_socket(struct l2mcd_port *p, const struct pppoe_session_info *info,
			const char **why)
{
	struct sockaddr_pppox sa = {.sa_family = AF_PPPOX, .sa_protocol = PX_PROTO_OE};
	const char *dev = data_device(p, why);
	int fd;

	if (!dev)
		return -1;
	sa.sa_addr.pppoe.sid = htons(info->session_id);
	memcpy(sa.sa_addr.pppoe.remote, info->mac, sizeof(sa.sa_addr.pppoe.remote));
	strlcpy(sa.sa_addr.pppoe.dev, dev, sizeof(sa.sa_addr.pppoe.dev));
	fd = socket(AF_PPPOX, SOCK_STREAM | SOCK_CLOEXEC, PX_PROTO_OE);
	if (fd < 0) {
		*why = errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT
			       ? "the kernel has no PPPoE (module pppoe)"
			       : safe_strerror(errno);
		return -1;
	}
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		*why = safe_strerror(errno);
		p->data_dev[0] = '\0'; /* looked for again: it may be another one by now */
		close(fd);
		return -1;
	}
	return fd;
}

/* Three for each session, and enough for everything else the daemon may have to open. */
static bool room_for_files(int newest)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	       newest + SPARE_FILES < (int64_t)limit.rlim_cur;
}

/* Both sessions in the kernel, their channels bridged. */
static bool channels_open(struct l2mcd_pppoe_call *c, const char **why)
{
	struct l2mcd_kernel_session k = {};
	struct pppoe_session_info info;
	struct l2tp_session_info call;

	pppoe_session_info(c->pppoe, &info);
	l2tp_session_info(c->session->l2tp, &call);
	k.send_sequence = k.need_sequence = call.call.sequencing_required;
	c->l2tp_fd = l2mcd_kernel_session_open(c->session, &k, why);
	if (c->l2tp_fd >= 0 && !room_for_files(c->l2tp_fd))
		*why = "the limit of open files (--limit-fds, MAX_FDS)";
	else if (c->l2tp_fd >= 0)
		c->pppoe_fd = pppoe_socket(c->port, &info, why);
	if (c->pppoe_fd >= 0)
		c->bridge_fd = l2mcd_kernel_bridge(l2mcd_kernel_channel(c->pppoe_fd),
						   l2mcd_kernel_channel(c->l2tp_fd), why);
	c->data_path = c->bridge_fd >= 0;
	if (!c->data_path)
		channels_close(c);
	return c->data_path;
}

/* ---------------------------------------------------------------- calls */

static void call_free(struct l2mcd_pppoe_call *c)
{
	if (c->waiting)
		l2mcd_calls_del(&waiting, c);
	channels_close(c);
	XFREE(MTYPE_L2MCD_CALL, c);
}

static void call_refuse(struct l2mcd_pppoe_call *c, const char *why)
{
	struct pppoe_session_info info;
	char mac[PPPOE_MAC_STRLEN];

	pppoe_session_info(c->pppoe, &info);
	zlog_notice("PPPoE: %s on %s refused: %s", pppoe_mac_str(info.mac, mac), port_str(c->port),
		    why);
	pppoe_session_refuse(c->pppoe, why);
	call_free(c);
}

/* What the LNS gets to know about the subscriber (doc/user/pppoe-guide.rst). */
static void describe(const struct l2mcd_pppoe_call *c, struct l2tp_call *call)
{
	struct l2mcd *d = l2mcd_instance();
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(&d->config, c->peer_group);
	struct l2mcd_profile *p = g ? l2mcd_profile_find(&d->config, g->profile) : NULL;
	struct pppoe_session_info info;

	pppoe_session_info(c->pppoe, &info);
	call->framing_type = 1;
	call->tx_speed_bps = L2MCD_ACCESS_BPS;
	pppoe_mac_str(info.mac, call->calling_number);
	strlcpy(call->called_number, info.service, sizeof(call->called_number));
	strlcpy(call->sub_address, port_str(c->port), sizeof(call->sub_address));
	call->sequencing_required = p && p->data_sequencing == L2MCD_SEQ_REQUIRE;
}

static void place(struct l2mcd_pppoe_call *c, msec_t now)
{
	struct l2mcd *d = l2mcd_instance();
	struct l2tp_call call = {};
	struct l2mcd_tunnel *t;
	const char *why;

	if (c->waiting)
		l2mcd_calls_del(&waiting, c);
	c->waiting = false;
	t = l2mcd_lac_tunnel(d, c->peer_group, now, &why);
	if (!t) {
		call_refuse(c, why);
		return;
	}
	describe(c, &call);
	c->session = l2mcd_session_call(t, c->port->interface, &call);
	if (c->session)
		c->session->pppoe = c;
	else
		call_refuse(c, "the tunnel takes no more sessions");
}

static void wait_for_tunnel(struct l2mcd_pppoe_call *c)
{
	c->waiting = true;
	l2mcd_calls_add_tail(&waiting, c);
	l2mcd_lac_wake();
}

/* The subscriber, or its port, is over: the LNS hears CDN. */
static void hang_up(struct l2mcd_pppoe_call *c, enum l2tp_cdn_result result, const char *why)
{
	struct l2mcd_session *s = c->session;

	c->pppoe = NULL;
	if (s)
		l2tp_session_close(s->l2tp, result, L2TP_ERR_NONE, why, l2mcd_now());
	else
		call_free(c);
}

void l2mcd_pppoe_session_up(struct l2mcd_session *s)
{
	struct l2mcd_pppoe_call *c = s->pppoe;
	const struct l2mcd_access *a = l2mcd_access_find_tagged(
		&l2mcd_instance()->config, c->port->interface, c->port->n_vlans, c->port->vlan);
	struct pppoe_session_info info;
	char mac[PPPOE_MAC_STRLEN];
	const char *why = "";

	if (!(a && a->ppp.no_data_path) && !channels_open(c, &why)) {
		c->session = NULL;
		s->pppoe = NULL;
		call_refuse(c, why);
		l2tp_session_close(s->l2tp, L2TP_CDN_ERROR, L2TP_ERR_RESOURCES,
				   "no data path at the LAC", l2mcd_now());
		return;
	}
	l2mcd_fib_session(s);
	pppoe_session_info(c->pppoe, &info);
	L2MCD_DEBUG(events, "PPPoE: %s on %s has session %u, tunnel %u session %u",
		    pppoe_mac_str(info.mac, mac), port_str(c->port), info.session_id,
		    s->tunnel->tunnel_id, s->session_id);
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "PPPoE session %u of %s on %s",
			  info.session_id, pppoe_mac_str(info.mac, mac), port_str(c->port));
	pppoe_session_accept(c->pppoe);
}

static size_t endpoints(const char *peer_group)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(&l2mcd_instance()->config, peer_group);

	return g ? l2mcd_endpoints_count(&g->endpoints) : 0;
}

/* The LNS is not there, or says that another should be tried (RFC 2661 4.4.2). */
static bool another_may_do(const struct l2mcd_session *s)
{
	struct l2tp_tunnel_info tunnel;
	struct l2tp_session_info info;

	l2tp_tunnel_info(s->tunnel->l2tp, &tunnel);
	l2tp_session_info(s->l2tp, &info);
	return !tunnel.established ||
	       (info.peer_result == L2TP_CDN_ERROR && info.peer_error == L2TP_ERR_TRY_ANOTHER);
}

void l2mcd_pppoe_session_down(struct l2mcd_session *s, const char *reason)
{
	struct l2mcd_pppoe_call *c = s->pppoe;
	struct pppoe_session_info info;

	s->pppoe = NULL;
	if (!c)
		return; /* refused by ourselves */
	c->session = NULL;
	channels_close(c);
	if (!c->pppoe) { /* it was the subscriber */
		call_free(c);
		return;
	}
	pppoe_session_info(c->pppoe, &info);
	if (!info.pending) {
		pppoe_session_close(c->pppoe, reason);
		call_free(c);
	} else if (another_may_do(s) && ++c->tunnels < endpoints(c->peer_group)) {
		wait_for_tunnel(c); /* to the next endpoint */
	} else {
		call_refuse(c, reason);
	}
}

void l2mcd_pppoe_framing(const struct l2mcd_session *s, struct fib_access_session *v)
{
	const struct l2mcd_pppoe_call *c = s->pppoe;
	struct pppoe_session_info info;

	pppoe_session_info(c->pppoe, &info);
	v->framing = FIB_FRAMING_PPPOE;
	v->unicast = false; /* the kernel's */
	memcpy(v->pppoe.mac, info.mac, sizeof(v->pppoe.mac));
	v->pppoe.session_id = info.session_id;
	v->pppoe.n_vlans = c->port->n_vlans;
	for (uint8_t i = 0; i < c->port->n_vlans; i++)
		v->pppoe.vlan[i] = c->port->vlan[i];
}

/* ---------------------------------------------------------------- callbacks of the engine */

static uint32_t cb_random(void *ctx)
{
	uint32_t r;

	while (getrandom(&r, sizeof(r), 0) != sizeof(r))
		; /* interrupted before the kernel's pool was ready */
	return r;
}

static void cb_send(void *ctx, struct pppoe_port *port, struct span frame)
{
	struct l2mcd_port *p = pppoe_port_data(port);

	l2mcd_netdev_send(p->dev, frame);
}

static void cb_opened(void *ctx, struct pppoe_session *session)
{
	struct l2mcd *d = ctx;
	struct pppoe_session_info info;
	struct l2mcd_pppoe_call *c = XCALLOC(MTYPE_L2MCD_CALL, sizeof(*c));
	const struct l2mcd_access *a;

	pppoe_session_info(session, &info);
	c->pppoe = session;
	c->pppoe_fd = c->l2tp_fd = c->bridge_fd = -1;
	c->port = pppoe_port_data(info.port);
	pppoe_session_set_data(session, c);
	a = l2mcd_access_find_tagged(&d->config, c->port->interface, c->port->n_vlans,
				     c->port->vlan);
	if (a)
		strlcpy(c->peer_group,
			l2mcd_access_group(a, info.service_index < 0
						      ? NULL
						      : c->port->services[info.service_index]),
			sizeof(c->peer_group));
	place(c, l2mcd_now());
}

static void cb_closed(void *ctx, struct pppoe_session *session, const char *reason)
{
	hang_up(pppoe_session_data(session), L2TP_CDN_CARRIER_LOST, reason);
}

static void cb_trace(void *ctx, struct pppoe_port *port, bool sent, const struct pppoe_frame *f)
{
	struct l2mcd_port *p = pppoe_port_data(port);
	char text[512];

	if (!DEBUG_MODE_CHECK(&l2mcd_dbg_pppoe, DEBUG_MODE_ALL) || !p)
		return;
	pppoe_text(f, text, sizeof(text));
	zlog_debug("%s: %s %s", port_str(p), sent ? "sent" : "received", text);
}

static const struct pppoe_ops ops = {
	.random = cb_random,
	.send = cb_send,
	.opened = cb_opened,
	.closed = cb_closed,
	.trace = cb_trace,
};

void l2mcd_pppoe_input(const char *interface, struct span frame)
{
	struct pppoe_frame f;
	struct l2mcd_port *p;

	if (pppoe_decode(frame, &f) == PPPOE_DECODE_SHORT)
		f.n_vlans = 0;
	p = l2mcd_port_find(interface, f.n_vlans, f.vlan);
	if (p)
		pppoe_ac_input_raw(p->engine, frame, l2mcd_now());
}

/* ---------------------------------------------------------------- ports */

/* A VLAN device that other ports need, too, is theirs from now on. */
static void vlans_release(const struct l2mcd_port *p)
{
	for (uint8_t i = p->n_vlans; i-- > 0;) {
		struct l2mcd_port *other, *heir = NULL;

		if (!p->made[i])
			continue;
		frr_each (l2mcd_ports, &ports, other)
			if (other != p && l2mcd_port_shares_vlan(other, p, i))
				heir = other;
		if (heir)
			heir->made[i] = p->made[i];
		else
			l2mcd_vlan_delete(p->made[i]);
	}
}

static void port_free(struct l2mcd_port *p, enum l2tp_cdn_result result, const char *why)
{
	struct pppoe_session *s;

	while ((s = pppoe_session_first(p->engine))) {
		struct l2mcd_pppoe_call *c = pppoe_session_data(s);

		pppoe_session_close(s, why);
		hang_up(c, result, why);
	}
	pppoe_port_free(p->engine);
	vlans_release(p);
	l2mcd_netdev_put(p->dev);
	l2mcd_ports_del(&ports, p);
	XFREE(MTYPE_L2MCD_SERVICES, p->services);
	XFREE(MTYPE_L2MCD_PORT, p);
}

static void fill_params(struct l2mcd *d, const struct l2mcd_access *a, const struct interface *ifp,
			struct pppoe_params *params)
{
	const struct l2mcd_pppoe_config *p = &a->ppp;

	memset(params, 0, sizeof(*params));
	strlcpy(params->ac_name, p->ac_name[0] ? p->ac_name : l2mcd_config_host_name(&d->config),
		sizeof(params->ac_name));
	params->any_service = a->peer_group[0] != '\0';
	params->n_services = p->n_services;
	params->session_limit = p->session_limit;
	params->host_session_limit = p->host_session_limit;
	params->padi_rate = p->padi_rate;
	if (ifp->mtu > PPPOE_HEADER && ifp->mtu <= UINT16_MAX)
		params->max_payload = ifp->mtu - PPPOE_HEADER;
}

static void port_set(struct l2mcd_port *p, const struct l2mcd_access *a,
		     struct pppoe_params *params)
{
	size_t size = a->ppp.n_services * sizeof(*p->services);

	p->services = XREALLOC(MTYPE_L2MCD_SERVICES, p->services, size ? size : 1);
	if (size)
		memcpy(p->services, a->ppp.services, size);
	params->services = p->services;
	pppoe_port_set(p->engine, params);
}

static struct l2mcd_port *port_new(const struct l2mcd_access *a, const struct interface *ifp,
				   struct pppoe_params *params)
{
	struct l2mcd_netdev *dev = l2mcd_netdev_get(ifp);
	struct l2mcd_port *p;

	if (!dev) {
		zlog_err("PPPoE: cannot open the packet socket of %s: %s", ifp->name,
			 safe_strerror(errno));
		return NULL;
	}
	p = XCALLOC(MTYPE_L2MCD_PORT, sizeof(*p));
	strlcpy(p->interface, a->interface, sizeof(p->interface));
	p->n_vlans = a->n_vlans;
	memcpy(p->vlan, a->vlan, sizeof(p->vlan));
	p->dev = dev;
	p->engine = pppoe_port_new(ac, ifp->hw_addr, p->n_vlans, p->vlan, params, p);
	port_set(p, a, params);
	l2mcd_ports_add(&ports, p);
	return p;
}

/* A host that asks for a service whose peer-group changes keeps its session: the group counts
 * when a call is placed. */
static void serve(struct l2mcd *d, const struct l2mcd_access *a)
{
	const struct interface *ifp = l2mcd_interface_up(a->interface);
	struct l2mcd_port *p = l2mcd_port_find(a->interface, a->n_vlans, a->vlan);
	struct pppoe_params params;

	if (!d->config.present || !ifp || ifp->hw_addr_len != PPPOE_MAC_LEN)
		return;
	if (p && !l2mcd_netdev_is(p->dev, ifp)) {
		port_free(p, L2TP_CDN_CARRIER_LOST, "access interface changed");
		p = NULL;
	}
	fill_params(d, a, ifp, &params);
	if (p)
		port_set(p, a, &params);
	else
		p = port_new(a, ifp, &params);
	if (p)
		p->wanted = true;
}

void l2mcd_pppoe_reconcile(struct l2mcd *d, msec_t now)
{
	size_t again = l2mcd_calls_count(&waiting);
	struct l2mcd_access *a;
	struct l2mcd_port *p;

	frr_each (l2mcd_ports, &ports, p)
		p->wanted = false;
	frr_each (l2mcd_accesses, &d->config.accesses, a)
		if (a->pppoe)
			serve(d, a);
	frr_each_safe (l2mcd_ports, &ports, p) {
		if (p->wanted)
			continue;
		if (l2mcd_access_find_tagged(&d->config, p->interface, p->n_vlans, p->vlan))
			port_free(p, L2TP_CDN_CARRIER_LOST, "access interface down");
		else
			port_free(p, L2TP_CDN_ADMIN, "access removed");
	}
	/* a call that finds no tunnel again comes to the end of the list */
	while (again-- && l2mcd_calls_count(&waiting))
		place(l2mcd_calls_first(&waiting), now);
}

void l2mcd_pppoe_walk(void (*fn)(void *arg, struct l2mcd_port *p), void *arg)
{
	struct l2mcd_port *p;

	frr_each (l2mcd_ports, &ports, p)
		fn(arg, p);
}

void l2mcd_pppoe_clear_stats(void)
{
	struct l2mcd_port *p;

	frr_each (l2mcd_ports, &ports, p)
		pppoe_port_clear_stats(p->engine);
}

void l2mcd_pppoe_init(struct l2mcd *d)
{
	l2mcd_ports_init(&ports);
	l2mcd_calls_init(&waiting);
	ac = pppoe_ac_new(&ops, d, &d->wheel);
}

void l2mcd_pppoe_fini(struct l2mcd *d)
{
	struct l2mcd_port *p;

	while ((p = l2mcd_ports_first(&ports)))
		port_free(p, L2TP_CDN_ADMIN, "the concentrator stops");
	pppoe_ac_free(ac);
	l2mcd_calls_fini(&waiting);
	l2mcd_ports_fini(&ports);
}
