// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_fib.c - forwarding objects: labels and trees, as mcfib/1 says them.
 */
#include "mplsmc/mplsmcd_p.h"

#include "lib/fib_server.h"

static struct fib_server *server;

struct fib_key mplsmcd_ilm_key(const struct mldp_lsp_info *i)
{
	return i->context ? fib_key_p2mp_context(i->upstream_interface, i->context, i->label)
			  : fib_key_p2mp_ilm(i->label);
}

struct fib_key mplsmcd_ftn_key(const struct addr *source, const struct addr *group)
{
	return fib_key_p2mp_ftn("", group, source);
}

static enum fib_ttl ttl(void)
{
	return mplsmcd_instance()->config.policy.ttl == MC_TTL_PIPE ? FIB_TTL_PIPE
								    : FIB_TTL_UNIFORM;
}

/* Owned by the value it goes into. */
static struct fib_p2mp_branch *branches_of(const struct mldp_branch *from, size_t n)
{
	struct fib_p2mp_branch *to = fib_alloc(n, sizeof(*to));

	for (size_t i = 0; i < n; i++) {
		strlcpy(to[i].interface, from[i].interface, sizeof(to[i].interface));
		to[i].multicast = from[i].context;
		if (!to[i].multicast)
			to[i].next_hop = from[i].next_hop;
		else /* RFC 5331 8: the label of the LSP is behind that of the context */
			to[i].labels[to[i].n_labels++] = from[i].context;
		to[i].labels[to[i].n_labels++] = from[i].label;
	}
	return to;
}

void mplsmcd_fib_ilm(const struct fib_key *key, const struct mldp_branch *branches, size_t n,
		     const char *local)
{
	struct mplsmcd *d = mplsmcd_instance();
	union fib_value v = {};

	if (!server) /* at exit the agent keeps what it has */
		return;
	if (!n && !local) {
		fib_pub_del(d->fib, key);
	} else {
		v.p2mp_ilm.branches = branches_of(branches, n);
		v.p2mp_ilm.n_branches = n;
		v.p2mp_ilm.ttl = ttl();
		if (local)
			strlcpy(v.p2mp_ilm.local_interface, local,
				sizeof(v.p2mp_ilm.local_interface));
		fib_pub_set(d->fib, key, &v);
	}
	fib_server_kick(server);
}

void mplsmcd_fib_ftn(const struct addr *source, const struct addr *group,
		     const struct mldp_branch *branches, size_t n)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct fib_key key = mplsmcd_ftn_key(source, group);
	union fib_value v = {};

	if (!server)
		return;
	if (!n) {
		fib_pub_del(d->fib, &key);
	} else {
		v.p2mp_ftn.branches = branches_of(branches, n);
		v.p2mp_ftn.n_branches = n;
		v.p2mp_ftn.ttl = ttl();
		strlcpy(v.p2mp_ftn.upstream_interface,
			mplsmcd_device(d, addr_is_any(source) && addr_is_v4(group)),
			sizeof(v.p2mp_ftn.upstream_interface));
		fib_pub_set(d->fib, &key, &v);
	}
	fib_server_kick(server);
}

static void note_primary(void *arg, const struct fib_consumer *c)
{
	struct fib_consumer_info i;

	fib_consumer_info(c, &i);
	*(bool *)arg |= i.role == FIB_PRIMARY;
}

bool mplsmcd_fib_installed(const struct mldp_lsp_info *lsp)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct mldp_opaque o = mldp_opaque_parse(lsp->fec);
	struct fib_key key = mplsmcd_ilm_key(lsp);
	struct fib_object_info i;
	bool anybody = false;

	if (!server || (lsp->root && o.kind != MLDP_OPAQUE_SOURCE))
		return true;
	if (lsp->root)
		key = mplsmcd_ftn_key(&o.source, &o.group);
	if (!fib_pub_lookup(d->fib, &key, &i) ||
	    (i.state != FIB_STATE_PENDING && i.state != FIB_STATE_STALE))
		return true;
	fib_pub_consumers(d->fib, note_primary, &anybody);
	return !anybody;
}

/* ---------------------------------------------------------------- what consumers say */

static void cb_installed(void *ctx, const struct fib_key *key, uint64_t generation,
			 enum fib_install state, const char *text)
{
	char name[128];

	fib_key_str(key, name, sizeof(name));
	MPLSMCD_DEBUG(fib, "%s generation %" PRIu64 " %s %s", name, generation,
		      fib_install_name(state), text);
	if (state == FIB_STATE_FAILED || state == FIB_STATE_UNSUPPORTED)
		zlog_warn("forwarding: %s %s: %s", name, fib_install_name(state), text);
}

static void cb_activity(void *ctx, const struct fib_consumer *c, const struct fib_activity *a)
{
}

static void cb_consumer(void *ctx, const struct fib_consumer *c, bool up, const char *reason)
{
	struct fib_consumer_info i;

	fib_consumer_info(c, &i);
	zlog_info("forwarding agent %s %s%s%s", i.name, up ? "connected" : "gone", up ? "" : ": ",
		  up ? "" : reason);
}

static const struct fib_pub_ops pub_ops = {
	.installed = cb_installed,
	.activity = cb_activity,
	.consumer = cb_consumer,
};

/* ---------------------------------------------------------------- the service */

const char *mplsmcd_fib_endpoint(const char **error)
{
	return fib_server_endpoint(server, error);
}

void mplsmcd_fib_reconcile(struct mplsmcd *d)
{
	fib_server_reconcile(server, &d->config.fib, d->config.present);
}

void mplsmcd_fib_init(struct mplsmcd *d)
{
	server = fib_server_new(d->master, "mplsmcd", &pub_ops, d);
	d->fib = fib_server_pub(server);
}

void mplsmcd_fib_fini(struct mplsmcd *d)
{
	fib_server_free(server);
	server = NULL;
}
