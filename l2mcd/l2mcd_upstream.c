// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_upstream.c - l2mc0: the interface on which stock pimd hears what all sessions want.
 *
 * A TUN made here; pimd runs `ip pim passive` and `ip igmp` on it and hears one IGMPv3 host, the
 * address after ours (RFC 4605 style).  Forwarded packets leave on it and are taken there by
 * the forwarding agent; what reaches the file descriptor was not taken and is counted.
 *
 * The device outlives the daemon when that dies, so that pimd keeps its state and forwarding
 * goes on until the daemon is back (zebra: `no link-detect` on the interface); an orderly stop
 * removes it.
 */
#include "l2mcd/l2mcd_p.h"

#include "lib/gmp_host.h"
#include "lib/tun.h"

#define READ_BUDGET 256 /* packets per wake-up */

static int fd = -1, last_error;
static char device[IFNAMSIZ];
static struct addr device_address;
static struct event *t_read;
static struct gmp_host *hosts[2]; /* IGMP, MLD */
static struct gmp_decoder decoder;

static void host_send(void *ctx, struct span packet)
{
	struct l2mcd *d = ctx;

	if (fd >= 0 && write(fd, packet.p, packet.len) == (ssize_t)packet.len)
		d->stats.upstream_reports++;
}

static const struct gmp_host_ops host_ops = {.send = host_send};

/* ---------------------------------------------------------------- packets from the kernel */

static void input(struct l2mcd *d, struct span packet)
{
	struct gmp_msg m;

	if (gmp_msg_decode(&decoder, packet, &m) != GMP_DECODE_OK) {
		const uint8_t *p = packet.p;

		if (packet.len >= 20 && p[0] >> 4 == 4 && (p[16] & 0xf0) == 0xe0 && p[9] != 2)
			d->stats.upstream_unforwarded++;
		return;
	}
	if (m.type != GMP_QUERY || !hosts[m.mld])
		return;
	d->stats.upstream_queries++;
	gmp_host_query(hosts[m.mld], &m, l2mcd_now());
}

static void upstream_read(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();
	static uint8_t buf[65536];

	event_add_read(d->master, upstream_read, NULL, fd, &t_read);
	for (int i = 0; i < READ_BUDGET; i++) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n <= 0)
			break;
		input(d, (struct span){buf, n});
	}
	l2mcd_kick();
}

/* ---------------------------------------------------------------- the device */

static void close_device(struct l2mcd *d, bool remove)
{
	event_cancel(&t_read);
	for (size_t i = 0; i < array_size(hosts); i++) {
		if (hosts[i])
			gmp_host_free(hosts[i]);
		hosts[i] = NULL;
	}
	if (fd < 0)
		return;
	frr_with_privs (&l2mcd_privs) {
		tun_close(fd, remove);
	}
	fd = -1;
}

/* The host is the address after ours: pimd accepts reports of connected sources only. */
static struct addr host_address(const struct l2mcd_multicast *m)
{
	struct addr a = m->upstream_address;

	a.b[15]++;
	return a;
}

static void start_hosts(struct l2mcd *d)
{
	struct addr link_local = {{0xfe, 0x80, [15] = 2}};

	for (int v6 = 0; v6 <= 1; v6++) {
		struct gmp_host_params p;

		gmp_host_params_default(&p, v6);
		p.address = v6 ? link_local : host_address(&d->config.multicast);
		/* facts about pimd: EXCLUDE {S} forwards nothing, sources need the SSM range */
		p.flatten_exclude = true;
		p.asm_as_exclude = true;
		hosts[v6] = gmp_host_new(&p, &host_ops, d, &d->wheel);
	}
}

static void tell_group(void *arg, const struct addr *group, const struct gmp_filter *f,
		       uint32_t n_members)
{
	l2mcd_upstream_set(group, f);
}

void l2mcd_upstream_reconcile(struct l2mcd *d)
{
	const struct l2mcd_multicast *m = &d->config.multicast;
	bool want = d->config.present && d->config.provider != L2MCD_PROVIDER_NONE;
	int error = 0;

	if (fd >= 0 && (!want || strcmp(device, m->upstream_interface) != 0 ||
			addr_cmp(&device_address, &m->upstream_address) != 0))
		close_device(d, true);
	if (!want || fd >= 0)
		return;
	frr_with_privs (&l2mcd_privs) {
		fd = tun_open(m->upstream_interface, &m->upstream_address, m->upstream_prefixlen,
			      true);
		error = errno;
	}
	if (fd < 0) {
		if (error != last_error) /* tried again at each reconciliation */
			zlog_err("cannot make %s from /dev/net/tun: %s", m->upstream_interface,
				 safe_strerror(error));
		last_error = error;
		return;
	}
	last_error = 0;
	strlcpy(device, m->upstream_interface, sizeof(device));
	device_address = m->upstream_address;
	start_hosts(d);
	event_add_read(d->master, upstream_read, NULL, fd, &t_read);
	l2mc_lns_records(d->lns, tell_group, NULL);
}

void l2mcd_upstream_interface(const struct interface *ifp)
{
	const struct addr known = l2mcd_interface_address(ifp, false);

	if (fd < 0 || strcmp(ifp->name, device) != 0 || !addr_is_any(&known))
		return;
	frr_with_privs (&l2mcd_privs) {
		tun_set_address(device, &device_address,
				l2mcd_instance()->config.multicast.upstream_prefixlen);
	}
}

void l2mcd_upstream_set(const struct addr *group, const struct gmp_filter *f)
{
	struct gmp_host *h = hosts[!addr_is_v4(group)];

	if (h)
		gmp_host_set(h, group, f, l2mcd_now());
}

void l2mcd_upstream_fini(struct l2mcd *d)
{
	close_device(d, true);
}
