// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * queue.c - queueing disciplines of access interfaces, over rtnetlink.
 *
 * `prio` counts by band.  Where the kernel has none it is `pfifo_fast`, which every kernel has and
 * which does the same with the values of MCF_PRIO_, but counts the bands together.
 *
 * Ours is recognised by its handle.  It is added with NLM_F_EXCL, which the kernel refuses if the
 * interface has a discipline that somebody has configured: his is never replaced, not even when
 * he is faster.  If he replaces ours later, his stays; deleting names our handle.
 */
#include "mcfibd/queue.h"

#include <errno.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "mcfibd/mcfibd.h"
#include "mcfibd/bpf/mcfibd_bpf.h"

#define HANDLE 0x4d430000u
#define BANDS  3

DEFINE_MTYPE_STATIC(MCFIBD, QUEUES, "queues of access interfaces");
DEFINE_MTYPE_STATIC(MCFIBD, QUEUE, "queue of an access interface");

static const char *const band_names[BANDS] = {"first", "equal", "last"};

PREDECL_HASH(queue_links);

struct queue {
	struct queue_links_item item;
	int ifindex;
	bool ours, bands; /* counted by band */
	struct count {
		uint64_t packets, drops;
	} band[BANDS], all;
};

static int cmp_queue(const struct queue *a, const struct queue *b)
{
	return a->ifindex - b->ifindex;
}

static uint32_t hash_queue(const struct queue *a)
{
	return jhash_1word((uint32_t)a->ifindex, 0);
}

DECLARE_HASH(queue_links, struct queue, item, cmp_queue, hash_queue);

struct queues {
	struct mnl_socket *nl; /* NULL: none to be had */
	bool off;
	unsigned int seq;
	struct queue_links_head links;
};

static struct queue *queue_find(struct queues *q, int ifindex)
{
	struct queue key = {.ifindex = ifindex};

	return queue_links_find(&q->links, &key);
}

static struct queue *queue_add(struct queues *q, int ifindex, bool ours)
{
	struct queue *new = XCALLOC(MTYPE_QUEUE, sizeof(*new));

	new->ifindex = ifindex;
	new->ours = ours;
	queue_links_add(&q->links, new);
	return new;
}

/* ---------------------------------------------------------------- rtnetlink */

static struct nlmsghdr *request(struct queues *q, char *buf, uint16_t type, uint16_t flags,
				int ifindex)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct tcmsg *tc;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++q->seq;
	tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = ifindex;
	tc->tcm_parent = TC_H_ROOT;
	tc->tcm_handle = HANDLE;
	return h;
}

/* Sends the request and reads the whole answer.  False: errno. */
static bool talk(struct queues *q, struct nlmsghdr *h, mnl_cb_t each)
{
	unsigned int port = mnl_socket_get_portid(q->nl);
	char buf[16384];
	ssize_t n;
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(q->nl, h, h->nlmsg_len) < 0)
		return false;
	while (r > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(q->nl, buf, sizeof(buf));
		if (n < 0)
			return false;
		r = mnl_cb_run(buf, (size_t)n, q->seq, port, each, q);
	}
	return r == MNL_CB_STOP;
}

static bool add_qdisc(struct queues *q, int ifindex, const char *kind,
		      const struct tc_prio_qopt *options)
{
	char buf[512];
	struct nlmsghdr *h =
		request(q, buf, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifindex);

	mnl_attr_put_strz(h, TCA_KIND, kind);
	if (options)
		mnl_attr_put(h, TCA_OPTIONS, sizeof(*options), options);
	return talk(q, h, NULL);
}

/* Each value of skb->priority (its last four bits) has a band: see MCF_PRIO_. */
static bool add_queues(struct queues *q, int ifindex)
{
	struct tc_prio_qopt options = {.bands = BANDS};

	memset(options.priomap, 1, sizeof(options.priomap));
	options.priomap[MCF_PRIO_LAST] = 2;
	options.priomap[MCF_PRIO_FIRST] = 0;
	options.priomap[TC_PRIO_CONTROL] = 0; /* the kernel's own */
	return add_qdisc(q, ifindex, "prio", &options) ||
	       (errno == ENOENT && add_qdisc(q, ifindex, "pfifo_fast", NULL));
}

static void del_queues(struct queues *q, int ifindex)
{
	char buf[512];

	talk(q, request(q, buf, RTM_DELQDISC, NLM_F_ACK, ifindex), NULL);
}

/* ---------------------------------------------------------------- what there is */

static struct count read_count(const struct nlattr *stats)
{
	struct count c = {};
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, stats) {
		const void *data = mnl_attr_get_payload(a);

		if (mnl_attr_get_type(a) == TCA_STATS_BASIC)
			c.packets = ((const struct gnet_stats_basic *)data)->packets;
		if (mnl_attr_get_type(a) == TCA_STATS_QUEUE)
			c.drops = ((const struct gnet_stats_queue *)data)->drops;
	}
	return c;
}

static int one_qdisc(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct queue *u;

	if (h->nlmsg_type != RTM_NEWQDISC || tc->tcm_parent != TC_H_ROOT ||
	    tc->tcm_handle != HANDLE)
		return MNL_CB_OK;
	u = queue_find(arg, tc->tcm_ifindex);
	if (!u)
		u = queue_add(arg, tc->tcm_ifindex, true);
	mnl_attr_for_each (a, h, sizeof(*tc)) {
		if (mnl_attr_get_type(a) == TCA_STATS2)
			u->all = read_count(a);
	}
	return MNL_CB_OK;
}

static void find_ours(struct queues *q)
{
	char buf[512];

	talk(q, request(q, buf, RTM_GETQDISC, NLM_F_DUMP, 0), one_qdisc);
}

static int one_class(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	struct queue *u = queue_find(arg, tc->tcm_ifindex);
	unsigned int band = TC_H_MIN(tc->tcm_handle) - 1;
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWTCLASS || !u || TC_H_MAJ(tc->tcm_handle) != HANDLE ||
	    band >= BANDS)
		return MNL_CB_OK;
	mnl_attr_for_each (a, h, sizeof(*tc)) {
		if (mnl_attr_get_type(a) == TCA_STATS2)
			u->band[band] = read_count(a);
	}
	u->bands = true;
	return MNL_CB_OK;
}

/* ---------------------------------------------------------------- users */

void queues_want(struct queues *q, const struct link *link)
{
	struct queue *u;

	if (q->off || !link || queue_find(q, link->ifindex))
		return;
	u = queue_add(q, link->ifindex, add_queues(q, link->ifindex));
	if (u->ours)
		log_info("%s has queues for priorities now", link->name);
	else if (errno == EEXIST)
		log_info("%s has a queueing discipline of its own, which stays", link->name);
	else
		log_err("no queues for priorities on %s: %s", link->name, strerror(errno));
}

static void dump_count(FILE *to, const char *name, const struct count *c)
{
	fprintf(to, ", \"%s\": {\"packets\": %" PRIu64 ", \"drops\": %" PRIu64 "}", name,
		c->packets, c->drops);
}

static void read_bands(struct queues *q, int ifindex)
{
	char buf[512];
	struct nlmsghdr *h = request(q, buf, RTM_GETTCLASS, NLM_F_DUMP, ifindex);
	struct tcmsg *tc = mnl_nlmsg_get_payload(h);

	tc->tcm_parent = HANDLE;
	tc->tcm_handle = 0;
	talk(q, h, one_class);
}

static void dump_one(struct queues *q, const struct queue *u, FILE *to)
{
	fprintf(to, ", \"ours\": %s", u->ours ? "true" : "false");
	if (!u->ours)
		return;
	read_bands(q, u->ifindex);
	dump_count(to, "all", &u->all);
	for (int b = 0; u->bands && b < BANDS; b++)
		dump_count(to, band_names[b], &u->band[b]);
}

void queues_dump(struct queues *q, const struct links *links, FILE *to)
{
	const char *comma = "";
	const struct link *link;
	struct queue *u;

	if (q->nl)
		find_ours(q);
	fputc('[', to);
	frr_each (queue_links, &q->links, u) {
		link = links_by_index(links, u->ifindex);
		if (!link)
			continue;
		fprintf(to, "%s{\"interface\": ", comma);
		dump_text(to, link->name);
		dump_one(q, u, to);
		fputc('}', to);
		comma = ", ";
	}
	fputc(']', to);
}

/* ---------------------------------------------------------------- life */

struct queues *queues_new(bool off)
{
	struct queues *q = XCALLOC(MTYPE_QUEUES, sizeof(*q));

	queue_links_init(&q->links);
	q->seq = (unsigned int)time(NULL);
	q->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (q->nl && mnl_socket_bind(q->nl, 0, MNL_SOCKET_AUTOPID) == 0)
		find_ours(q); /* to take it away at the end, even if off */
	q->off = off || !q->nl;
	return q;
}

void queues_free(struct queues *q, bool remove)
{
	struct queue *u;

	while ((u = queue_links_pop(&q->links)) != NULL) {
		if (remove && u->ours && q->nl)
			del_queues(q, u->ifindex);
		XFREE(MTYPE_QUEUE, u);
	}
	queue_links_fini(&q->links);
	if (q->nl)
		mnl_socket_close(q->nl);
	XFREE(MTYPE_QUEUES, q);
}
