// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Streams at a root: an LSP whose FEC names a source and no group carries all streams of that
 * source, one that names an SSM group and no source all sources of it (M-7438-3.2-1, M-7438-5-1,
 * M-7438-6-1).  Which streams there are is told by the kernel's multicast routing table; only
 * those that some LSP wants are kept, and a bounded number of them.
 */
#include "mplsmc/mc_map_p.h"

DECLARE_MGROUP(MCMAP);
DEFINE_MTYPE_STATIC(MCMAP, MC_STREAM, "stream");

#define MAX_STREAMS 10000 /* whoever sends chooses the group */

static bool carries(const struct mc_lsp *lsp, const struct addr *source, const struct addr *group)
{
	return (addr_is_any(&lsp->source) || addr_cmp(&lsp->source, source) == 0) &&
	       (addr_is_any(&lsp->group) || addr_cmp(&lsp->group, group) == 0);
}

static bool is_wanted(const struct mc_map *m, const struct addr *source, const struct addr *group)
{
	const struct mc_lsp *lsp;

	frr_each (mc_wild_lsps_const, &m->wild_lsps, lsp)
		if (carries(lsp, source, group))
			return true;
	return false;
}

static void stream_end(struct mc_stream *s)
{
	struct mc_map *m = s->m;
	struct mc_lsp *lsp;

	frr_each (mc_wild_lsps, &m->wild_lsps, lsp)
		if (carries(lsp, &s->source, &s->group))
			mc_root_carry(m, lsp, &s->source, &s->group, false);
	timer_stop(m->wheel, &s->idle);
	mc_streams_del(&m->streams, s);
	m->stats.streams--;
	XFREE(MTYPE_MC_STREAM, s);
}

static void idle_fires(struct timer *timer, msec_t now)
{
	stream_end(container_of(timer, struct mc_stream, idle));
}

static struct mc_stream *stream_new(struct mc_map *m, const struct addr *source,
				    const struct addr *group)
{
	struct mc_stream *s;
	struct mc_lsp *lsp;

	if (m->stats.streams >= MAX_STREAMS || addr_is_any(source) ||
	    addr_is_unrouted_group(group) || !is_wanted(m, source, group))
		return NULL;
	s = XCALLOC(MTYPE_MC_STREAM, sizeof(*s));
	s->m = m;
	s->source = *source;
	s->group = *group;
	mc_streams_add(&m->streams, s);
	m->stats.streams++;
	frr_each (mc_wild_lsps, &m->wild_lsps, lsp)
		if (carries(lsp, source, group))
			mc_root_carry(m, lsp, source, group, true);
	return s;
}

void mc_map_stream(struct mc_map *m, const struct addr *source, const struct addr *group,
		   uint64_t packets, msec_t now)
{
	struct mc_stream key = {.source = *source, .group = *group};
	struct mc_stream *s = mc_streams_find(&m->streams, &key);
	bool moved = packets == UINT64_MAX || !s || s->packets != packets;

	if (!s)
		s = stream_new(m, source, group);
	if (!s || !moved)
		return;
	if (packets != UINT64_MAX)
		s->packets = packets;
	timer_start(m->wheel, &s->idle, now + m->policy.idle_ms, idle_fires);
}

void mc_streams_wanted(struct mc_map *m, struct mc_lsp *lsp, const struct addr *source,
		       const struct addr *group)
{
	bool first = !mc_wild_lsps_count(&m->wild_lsps);
	struct mc_stream *s;

	lsp->source = *source;
	lsp->group = *group;
	lsp->wild = true;
	mc_wild_lsps_add_tail(&m->wild_lsps, lsp);
	frr_each (mc_streams, &m->streams, s)
		if (carries(lsp, &s->source, &s->group))
			mc_root_carry(m, lsp, &s->source, &s->group, true);
	if (m->ops->watch_streams && first)
		m->ops->watch_streams(m->ctx, true);
}

void mc_streams_unwanted(struct mc_map *m, struct mc_lsp *lsp)
{
	struct mc_stream *s;

	mc_wild_lsps_del(&m->wild_lsps, lsp);
	lsp->wild = false;
	frr_each_safe (mc_streams, &m->streams, s)
		if (!is_wanted(m, &s->source, &s->group))
			stream_end(s);
	if (m->ops->watch_streams && !mc_wild_lsps_count(&m->wild_lsps))
		m->ops->watch_streams(m->ctx, false);
}

void mc_streams_free(struct mc_map *m)
{
	struct mc_stream *s;

	while ((s = mc_streams_pop(&m->streams))) {
		timer_stop(m->wheel, &s->idle);
		XFREE(MTYPE_MC_STREAM, s);
	}
	mc_streams_fini(&m->streams);
	mc_wild_lsps_fini(&m->wild_lsps);
}
