// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * maps.c - loads the eBPF object and owns what is in its maps.
 *
 * The arrays are mapped into the agent: writing a branch or reading a counter is a memory
 * access.  The packet path reads an object's `range` once per packet and then only the
 * branches of that range, so the order "branches, then range" with a release store is all the
 * synchronisation there is; what a range has left is reused after a grace period.
 */
#include "lib/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "mcfibd/mcfibd.h"
#include "mcfibd/grace.h"
#include "mcfibd/maps.h"
#include "mcfibd/slots.h"
#include "mcfibd/mcfibd.skel.h"

DEFINE_MTYPE_STATIC(MCFIBD, MAPS, "eBPF maps");

/* A mapped array map. */
struct array {
	void *mem;
	size_t size;
};

struct maps {
	struct mcfibd_bpf *skel;
	int progs[MAPS_PROGS];
	struct array objects, branches, object_ctrs, branch_ctrs, seqs;
	struct slots *object_slots, *branch_slots, *ctr_slots, *seq_slots;
	struct maps_params max;
	int cpus;
	uint32_t inherited; /* map whose numbers have been taken over */
	struct grace *grace;
};

static int bpf_text(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[1024];
	size_t len;

	/* bpf_tc_hook_create() says EEXIST aloud; what matters is reported by the caller. */
	if (log_level < (level == LIBBPF_DEBUG ? 3 : 2))
		return 0;
	len = (size_t)vsnprintf(line, sizeof(line), format, args);
	if (len < sizeof(line) && len && line[len - 1] == '\n')
		line[len - 1] = '\0';
	log_debug("%s", line);
	return (int)len;
}

static bool map_array(struct array *a, struct bpf_map *map)
{
	size_t value = (bpf_map__value_size(map) + 7) & ~(size_t)7;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	a->size = (value * bpf_map__max_entries(map) + page - 1) & ~(page - 1);
	a->mem = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (a->mem == MAP_FAILED)
		a->mem = NULL;
	return a->mem != NULL;
}

static void unmap_array(struct array *a)
{
	if (a->mem)
		munmap(a->mem, a->size);
}

static void set_sizes(struct maps *m)
{
	struct mcfibd_bpf *s = m->skel;

	s->rodata->cfg_objects = m->max.max_objects;
	s->rodata->cfg_cpus = (uint32_t)m->cpus;
	s->rodata->cfg_drop_unknown_labels = m->max.drop_unknown_labels;
	bpf_map__set_max_entries(s->maps.objects, m->max.max_objects);
	bpf_map__set_max_entries(s->maps.object_ctrs, m->max.max_objects * (uint32_t)m->cpus);
	bpf_map__set_max_entries(s->maps.branches, m->max.max_branches);
	bpf_map__set_max_entries(s->maps.branch_ctrs, m->max.max_branches);
	bpf_map__set_max_entries(s->maps.seqs, m->max.max_seqs);
	bpf_map__set_max_entries(s->maps.sessions, m->max.max_objects);
	bpf_map__set_max_entries(s->maps.access_ifs, m->max.max_objects);
	bpf_map__set_max_entries(s->maps.session_ifs, m->max.max_objects);
	bpf_map__set_max_entries(s->maps.flows4, m->max.max_objects);
	bpf_map__set_max_entries(s->maps.flows6, m->max.max_objects);
	bpf_map__set_max_entries(s->maps.labels, m->max.max_objects);
	bpf_map__set_max_entries(s->maps.contexts, m->max.max_objects);
}

static bool load(struct maps *m)
{
	struct mcfibd_bpf *s;

	m->skel = s = mcfibd_bpf__open();
	if (!s)
		return false;
	set_sizes(m);
	if (mcfibd_bpf__load(s))
		return false;
	m->progs[MAPS_TUNNEL_IN] = bpf_program__fd(s->progs.mcf_tunnel_in);
	m->progs[MAPS_TUNNEL_IN + 1] = bpf_program__fd(s->progs.mcf_tunnel_in_raw);
	m->progs[MAPS_SESSION_IN] = bpf_program__fd(s->progs.mcf_session_in);
	m->progs[MAPS_SESSION_IN + 1] = bpf_program__fd(s->progs.mcf_session_in_raw);
	m->progs[MAPS_SESSION_OUT] = bpf_program__fd(s->progs.mcf_session_out);
	m->progs[MAPS_SESSION_OUT + 1] = bpf_program__fd(s->progs.mcf_session_out_raw);
	m->progs[MAPS_FLOW_OUT] = bpf_program__fd(s->progs.mcf_flow_out);
	m->progs[MAPS_FLOW_OUT + 1] = bpf_program__fd(s->progs.mcf_flow_out_raw);
	m->progs[MAPS_MPLS_IN] = bpf_program__fd(s->progs.mcf_mpls_in); /* Ethernet only */
	m->progs[MAPS_MPLS_IN + 1] = -1;
	return map_array(&m->objects, s->maps.objects) &&
	       map_array(&m->branches, s->maps.branches) &&
	       map_array(&m->object_ctrs, s->maps.object_ctrs) &&
	       map_array(&m->branch_ctrs, s->maps.branch_ctrs) && map_array(&m->seqs, s->maps.seqs);
}

int maps_prog_fd(const struct maps *m, unsigned int prog)
{
	return m->progs[prog];
}

/* ---------------------------------------------------------------- grace periods */

static void each_slots(struct maps *m, void (*what)(struct slots *s))
{
	what(m->object_slots);
	what(m->branch_slots);
	what(m->ctr_slots);
	what(m->seq_slots);
}

static bool any_resting(const struct maps *m)
{
	return slots_resting(m->object_slots) || slots_resting(m->branch_slots) ||
	       slots_resting(m->ctr_slots) || slots_resting(m->seq_slots);
}

/* For want of room: the caller waits. */
static void grace_now(struct maps *m)
{
	each_slots(m, slots_mark);
	grace_wait();
	each_slots(m, slots_reclaim); /* a period under way finds nothing left to mark */
}

int maps_grace_fd(const struct maps *m)
{
	return grace_fd(m->grace);
}

void maps_grace(struct maps *m)
{
	if (grace_over(m->grace))
		each_slots(m, slots_reclaim);
	if (any_resting(m) && grace_begin(m->grace))
		each_slots(m, slots_mark);
}

/* ---------------------------------------------------------------- objects */

static struct mcf_counters *object_ctr(const struct maps *m, int cpu, uint32_t object)
{
	struct mcf_counters *c = m->object_ctrs.mem;

	return &c[(size_t)cpu * m->max.max_objects + object];
}

uint32_t maps_object_new(struct maps *m)
{
	uint32_t object = slots_get(m->object_slots, 1);
	int cpu;

	if (!object)
		return 0;
	memset(maps_object(m, object), 0, sizeof(struct mcf_object));
	for (cpu = 0; cpu < m->cpus; cpu++)
		memset(object_ctr(m, cpu, object), 0, sizeof(struct mcf_counters));
	return object;
}

struct mcf_object *maps_object(struct maps *m, uint32_t object)
{
	return (struct mcf_object *)m->objects.mem + object;
}

static uint64_t range_of(struct maps *m, uint32_t object)
{
	return maps_object(m, object)->range;
}

static void swap_range(struct maps *m, uint32_t object, uint64_t range)
{
	uint64_t old = range_of(m, object);

	__atomic_store_n(&maps_object(m, object)->range, range, __ATOMIC_RELEASE);
	if (old >> 32)
		slots_put(m->branch_slots, (uint32_t)old, old >> 32);
}

void maps_object_free(struct maps *m, uint32_t object)
{
	if (!object)
		return;
	swap_range(m, object, 0);
	slots_put(m->object_slots, object, 1);
}

bool maps_publish(struct maps *m, uint32_t object, const struct mcf_branch *b, uint32_t n)
{
	struct mcf_branch *to = m->branches.mem;
	uint32_t base = 0;

	if (n) {
		base = slots_get(m->branch_slots, n);
		if (!base && slots_resting(m->branch_slots)) {
			grace_now(m);
			base = slots_get(m->branch_slots, n);
		}
		if (!base)
			return false;
		memcpy(to + base, b, n * sizeof(*b));
	}
	swap_range(m, object, MCF_RANGE(base, n));
	return true;
}

void maps_object_counters(const struct maps *m, uint32_t object, struct mcf_counters *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for (cpu = 0; object && cpu < m->cpus; cpu++) {
		const struct mcf_counters *c = object_ctr(m, cpu, object);

		sum->packets += c->packets;
		sum->bytes += c->bytes;
		sum->copies += c->copies;
		sum->copied_bytes += c->copied_bytes;
		sum->too_big += c->too_big;
		sum->failed += c->failed;
		sum->no_branch += c->no_branch;
		sum->malformed += c->malformed;
		sum->expired += c->expired;
		sum->policed += c->policed;
		sum->late += c->late;
	}
}

/* ---------------------------------------------------------------- slots of branches */

uint32_t maps_branch_ctr_new(struct maps *m)
{
	uint32_t slot = slots_get(m->ctr_slots, 1);

	if (slot)
		memset((struct mcf_branch_counters *)m->branch_ctrs.mem + slot, 0,
		       sizeof(struct mcf_branch_counters));
	return slot;
}

void maps_branch_ctr_free(struct maps *m, uint32_t slot)
{
	slots_put(m->ctr_slots, slot, 1);
}

const struct mcf_branch_counters *maps_branch_counters(const struct maps *m, uint32_t slot)
{
	return (const struct mcf_branch_counters *)m->branch_ctrs.mem + slot;
}

static struct mcf_seq *seq_at(const struct maps *m, uint32_t slot)
{
	return (struct mcf_seq *)m->seqs.mem + slot;
}

uint32_t maps_seq_new(struct maps *m, const struct mcf_seq *first)
{
	uint32_t slot = slots_get(m->seq_slots, 1);

	if (slot)
		*seq_at(m, slot) = *first;
	return slot;
}

void maps_seq_free(struct maps *m, uint32_t slot)
{
	seq_at(m, slot)->session_id = 0; /* nobody's: 0 is no session */
	slots_put(m->seq_slots, slot, 1);
}

uint64_t maps_seq(const struct maps *m, uint32_t slot)
{
	return seq_at(m, slot)->ns;
}

/* Slots in use, in the order of their sessions. */
struct taken_seq {
	uint64_t session;
	uint32_t slot;
};

static uint64_t session_of(const struct mcf_seq *s)
{
	return (uint64_t)s->tunnel_id << 32 | (uint64_t)s->session_id << 16 | s->peer_session_id;
}

static int cmp_taken(const void *va, const void *vb)
{
	const struct taken_seq *a = va, *b = vb;

	return a->session < b->session ? -1 : a->session > b->session;
}

static void inherit(struct maps *m, const struct mcf_seq *old, uint32_t n)
{
	struct taken_seq *taken = XCALLOC(MTYPE_MAPS, m->max.max_seqs * sizeof(*taken)), *t;
	uint32_t i, n_taken = 0;

	for (i = 1; i < m->max.max_seqs; i++)
		if (seq_at(m, i)->session_id)
			taken[n_taken++] = (struct taken_seq){session_of(seq_at(m, i)), i};
	qsort(taken, n_taken, sizeof(*taken), cmp_taken);
	for (i = 1; i < n; i++) {
		struct taken_seq key = {.session = session_of(&old[i])};

		if (!old[i].session_id)
			continue;
		t = bsearch(&key, taken, n_taken, sizeof(*taken), cmp_taken);
		if (!t)
			continue;
		seq_at(m, t->slot)->ns = old[i].ns;
		seq_at(m, t->slot)->due = old[i].due;
	}
	XFREE(MTYPE_MAPS, taken);
}

/* Maps the array of sequence numbers of another agent, if that is what this map is.  Its programs
 * have it in common: once is enough. */
static void inherit_map(struct maps *m, uint32_t id)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	int fd = id == m->inherited ? -1 : bpf_map_get_fd_by_id(id);
	void *mem;

	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && !strcmp(info.name, "seqs") &&
	    info.value_size == sizeof(struct mcf_seq)) {
		size_t size = (size_t)info.max_entries * sizeof(struct mcf_seq);

		mem = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
		if (mem != MAP_FAILED) {
			m->inherited = id;
			inherit(m, mem, info.max_entries);
			munmap(mem, size);
		}
	}
	close(fd);
}

void maps_seq_inherit(struct maps *m, int prog_fd)
{
	uint32_t ids[64], i, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {
		.nr_map_ids = array_size(ids),
		.map_ids = (uintptr_t)ids,
	};

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return;
	for (i = 0; i < info.nr_map_ids && i < array_size(ids); i++)
		inherit_map(m, ids[i]);
}

/* ---------------------------------------------------------------- keys */

static bool set_key(const struct bpf_map *map, const void *key, uint32_t object)
{
	int fd = bpf_map__fd(map);

	if (object)
		return bpf_map_update_elem(fd, key, &object, BPF_ANY) == 0;
	return bpf_map_delete_elem(fd, key) == 0 || errno == ENOENT;
}

bool maps_set_session(struct maps *m, uint16_t tunnel_id, uint16_t session_id, uint32_t object)
{
	struct mcf_session_key key = {htons(tunnel_id), htons(session_id)};

	return set_key(m->skel->maps.sessions, &key, object);
}

bool maps_set_access_if(struct maps *m, int ifindex, uint32_t object)
{
	return set_key(m->skel->maps.access_ifs, &ifindex, object);
}

bool maps_set_session_if(struct maps *m, int ifindex, uint32_t object)
{
	return set_key(m->skel->maps.session_ifs, &ifindex, object);
}

bool maps_set_label(struct maps *m, uint32_t label, uint32_t object)
{
	return set_key(m->skel->maps.labels, &label, object);
}

bool maps_set_context(struct maps *m, int ifindex, uint32_t context, uint32_t label,
		      uint32_t object)
{
	struct mcf_context_key key = {(uint32_t)ifindex, context, label};

	return set_key(m->skel->maps.contexts, &key, object);
}

bool maps_set_flow(struct maps *m, int ifindex, size_t len, const uint8_t *group,
		   const uint8_t *source, uint32_t object)
{
	struct mcf_flow4_key k4 = {.ifindex = (uint32_t)ifindex};
	struct mcf_flow6_key k6 = {.ifindex = (uint32_t)ifindex};

	if (len == 4) {
		memcpy(&k4.group, group, 4);
		if (source)
			memcpy(&k4.source, source, 4);
		return set_key(m->skel->maps.flows4, &k4, object);
	}
	memcpy(k6.group, group, 16);
	if (source)
		memcpy(k6.source, source, 16);
	return set_key(m->skel->maps.flows6, &k6, object);
}

/* ---------------------------------------------------------------- the whole */

void maps_global_counters(const struct maps *m, struct mcf_global *sum)
{
	struct mcf_global *percpu = XCALLOC(MTYPE_MAPS, (size_t)m->cpus * sizeof(*percpu));
	uint32_t zero = 0;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	if (bpf_map_lookup_elem(bpf_map__fd(m->skel->maps.globals), &zero, percpu) == 0) {
		for (cpu = 0; cpu < m->cpus; cpu++) {
			sum->unknown_flow += percpu[cpu].unknown_flow;
			sum->wrong_peer += percpu[cpu].wrong_peer;
			sum->not_ip += percpu[cpu].not_ip;
			sum->gso += percpu[cpu].gso;
			sum->arp += percpu[cpu].arp;
			sum->checksum += percpu[cpu].checksum;
			sum->unknown_label += percpu[cpu].unknown_label;
			sum->unknown_context += percpu[cpu].unknown_context;
		}
	}
	XFREE(MTYPE_MAPS, percpu);
}

/* ---------------------------------------------------------------- life */

struct maps *maps_open(const struct maps_params *params)
{
	struct maps *m = XCALLOC(MTYPE_MAPS, sizeof(*m));
	int saved;

	m->max = *params;
	if (!m->max.max_objects)
		m->max.max_objects = MCF_MAX_OBJECTS;
	if (!m->max.max_branches)
		m->max.max_branches = MCF_MAX_BRANCHES;
	if (!m->max.max_seqs)
		m->max.max_seqs = MCF_MAX_SEQS;
	m->cpus = libbpf_num_possible_cpus();
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(bpf_text);
	errno = 0;
	if (m->cpus < 1 || !load(m) || !(m->grace = grace_new())) {
		saved = errno ? errno : EINVAL;
		maps_close(m);
		errno = saved;
		return NULL;
	}
	m->object_slots = slots_new(m->max.max_objects);
	m->branch_slots = slots_new(m->max.max_branches);
	m->ctr_slots = slots_new(m->max.max_branches);
	m->seq_slots = slots_new(m->max.max_seqs);
	return m;
}

void maps_close(struct maps *m)
{
	if (!m)
		return;
	grace_free(m->grace);
	unmap_array(&m->objects);
	unmap_array(&m->branches);
	unmap_array(&m->object_ctrs);
	unmap_array(&m->branch_ctrs);
	unmap_array(&m->seqs);
	mcfibd_bpf__destroy(m->skel);
	slots_free(m->object_slots);
	slots_free(m->branch_slots);
	slots_free(m->ctr_slots);
	slots_free(m->seq_slots);
	XFREE(MTYPE_MAPS, m);
}

void maps_usage(const struct maps *m, struct maps_usage *u)
{
	u->objects = slots_used(m->object_slots);
	u->branches = slots_used(m->branch_slots);
	u->branch_ctrs = slots_used(m->ctr_slots);
	u->seqs = slots_used(m->seq_slots);
	u->max_objects = m->max.max_objects;
	u->max_branches = m->max.max_branches;
	u->max_seqs = m->max.max_seqs;
}
