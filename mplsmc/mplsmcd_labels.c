// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_labels.c - labels of the platform space: from zebra's label manager, which ldpd and
 * bgpd share, or from a configured range (F3353-2-1, M-6388-2.4-1).
 *
 * A freed label is the last to be used again: packets in flight that still carry it find no
 * entry instead of another tree's.
 */
#include "mplsmc/mplsmcd_p.h"

#define CHUNK_MIN 128
#define CHUNK_MAX 16384

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_LABEL, "free label");

PREDECL_DLIST(mplsmcd_free);

struct free_label {
	struct mplsmcd_free_item item;
	uint32_t label;
};

DECLARE_DLIST(mplsmcd_free, struct free_label, item);

static struct mplsmcd_free_head labels = INIT_DLIST(labels);
static size_t used, total;
static uint32_t low, high; /* configured range, 0: zebra */
static bool asked;

static void add_range(uint32_t from, uint32_t to)
{
	for (uint32_t l = from; l <= to; l++) {
		struct free_label *f = XCALLOC(MTYPE_MPLSMCD_LABEL, sizeof(*f));

		f->label = l;
		mplsmcd_free_add_tail(&labels, f);
		total++;
	}
}

/* As many again as there are: a burst of LSPs does not wait for zebra many times. */
static size_t chunk_size(void)
{
	return total < CHUNK_MIN ? CHUNK_MIN : total > CHUNK_MAX ? CHUNK_MAX : total;
}

static void ask(void)
{
	if (!low && !asked)
		asked = mplsmcd_zebra_get_labels(chunk_size());
}

/* The next block comes before this one is used up. */
static void ask_in_time(void)
{
	if (mplsmcd_free_count(&labels) < chunk_size() / 4)
		ask();
}

uint32_t mplsmcd_label_alloc(void)
{
	struct free_label *f = mplsmcd_free_pop(&labels);
	uint32_t label = f ? f->label : 0;

	XFREE(MTYPE_MPLSMCD_LABEL, f);
	used += label != 0;
	ask_in_time();
	return label;
}

void mplsmcd_label_free(uint32_t label)
{
	struct free_label *f = XCALLOC(MTYPE_MPLSMCD_LABEL, sizeof(*f));

	f->label = label;
	mplsmcd_free_add_tail(&labels, f);
	used--;
}

void mplsmcd_labels_chunk(uint32_t from, uint32_t to)
{
	asked = false;
	if (low || to < from)
		return;
	add_range(from, to);
	mplsmcd_tree_labels(mplsmcd_instance());
}

void mplsmcd_labels_zebra_up(void)
{
	asked = false;
	ask_in_time();
}

void mplsmcd_labels_info(size_t *n_used, size_t *n_total, const char **source)
{
	*n_used = used;
	*n_total = total;
	*source = low ? "configured" : "zebra";
}

/* A range takes effect while no label is in use; otherwise with the next start. */
void mplsmcd_labels_reconcile(struct mplsmcd *d)
{
	const struct mplsmcd_config *c = &d->config;

	if (!c->present || used || (c->label_low == low && c->label_high == high && total))
		return;
	mplsmcd_labels_fini();
	low = c->label_low;
	high = c->label_high;
	if (low)
		add_range(low, high);
	else
		ask();
}

void mplsmcd_labels_fini(void)
{
	struct free_label *f;

	while ((f = mplsmcd_free_pop(&labels)))
		XFREE(MTYPE_MPLSMCD_LABEL, f);
	total = used = 0;
}
