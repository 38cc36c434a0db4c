// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach.c - tc filters with our programs.
 *
 * Each program has a priority of its own on the interface, with handle 1; a filter there whose
 * program is named mcf_... is ours, whoever put it.  The clsact qdisc is left in place: others
 * may have filters on it.
 */
#include "lib/base.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "mcfibd/mcfibd.h"
#include "mcfibd/attach.h"

#define FILTER_HANDLE	1
#define FILTER_PRIORITY 0x4d43 /* of the first program; the others follow */
#define PROGRAM_PREFIX	"mcf_"

DEFINE_MTYPE_STATIC(MCFIBD, ATTACH, "attached programs");

PREDECL_HASH(hooks);

struct hook {
	int ifindex;
	enum maps_prog prog;
	bool raw, attached;
	unsigned int users;
	struct hooks_item item;
};

static int cmp_hook(const struct hook *a, const struct hook *b)
{
	return a->ifindex != b->ifindex ? a->ifindex - b->ifindex : (int)a->prog - (int)b->prog;
}

static uint32_t hash_hook(const struct hook *a)
{
	return jhash_2words((uint32_t)a->ifindex, a->prog, 0);
}

DECLARE_HASH(hooks, struct hook, item, cmp_hook, hash_hook);

struct attach {
	struct maps *maps;
	const struct links *links;
	struct hooks_head hooks;
	bool held;
	size_t attached;
};

static enum bpf_tc_attach_point point(enum maps_prog prog)
{
	return prog == MAPS_SESSION_OUT || prog == MAPS_FLOW_OUT ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

/* ---------------------------------------------------------------- filters */

static bool filter_add(struct attach *a, struct hook *h)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = h->ifindex, .attach_point = point(h->prog));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY + h->prog, .flags = BPF_TC_F_REPLACE,
		    .prog_fd = maps_prog_fd(a->maps, h->prog + h->raw));
	int r = bpf_tc_hook_create(&hook);

	if (r == 0 || r == -EEXIST)
		r = bpf_tc_attach(&hook, &opts);
	if (r) {
		errno = -r;
		log_err("cannot attach a program to interface %d: %s", h->ifindex, strerror(-r));
		return false;
	}
	h->attached = true;
	a->attached++;
	log_debug("program %d attached to interface %d", h->prog, h->ifindex);
	return true;
}

static void filter_del(int ifindex, enum maps_prog prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point(prog));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY + prog);

	bpf_tc_detach(&hook, &opts);
}

/* The program of a filter at our place, if it is one of ours: a file descriptor, else -1. */
static int filter_program(int ifindex, enum maps_prog prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point(prog));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY + prog);
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);
	int fd;

	if (bpf_tc_query(&hook, &opts))
		return -1;
	fd = bpf_prog_get_fd_by_id(opts.prog_id);
	if (fd < 0)
		return -1;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
	    !strncmp(info.name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)))
		return fd;
	close(fd);
	return -1;
}

/* The same without what libbpf says of interfaces that have no clsact: most of them. */
static int filter_program_quietly(int ifindex, enum maps_prog prog)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	int fd = filter_program(ifindex, prog);

	libbpf_set_print(print);
	return fd;
}

static struct hook *hook_find(struct attach *a, int ifindex, enum maps_prog prog)
{
	struct hook key = {.ifindex = ifindex, .prog = prog};

	return hooks_find(&a->hooks, &key);
}

static void count(struct attach *a, int ifindex, enum maps_prog prog, int fd)
{
}

static void inherit(struct attach *a, int ifindex, enum maps_prog prog, int fd)
{
	maps_seq_inherit(a->maps, fd);
}

static void remove_unwanted(struct attach *a, int ifindex, enum maps_prog prog, int fd)
{
	if (!hook_find(a, ifindex, prog))
		filter_del(ifindex, prog);
}

/* Calls what for each filter with a program of ours, whoever put it; the number of them. */
static size_t each_filter(struct attach *a,
			  void (*what)(struct attach *a, int ifindex, enum maps_prog prog, int fd))
{
	const struct link *l;
	unsigned int prog;
	size_t n = 0;
	int fd;

	for (l = links_next(a->links, NULL); l; l = links_next(a->links, l)) {
		for (prog = 0; prog < MAPS_PROGS; prog += 2) {
			fd = filter_program_quietly(l->ifindex, prog);
			if (fd < 0)
				continue;
			n++;
			what(a, l->ifindex, prog, fd);
			close(fd);
		}
	}
	return n;
}

/* ---------------------------------------------------------------- users */

struct attach *attach_new(struct maps *maps, const struct links *links)
{
	struct attach *a = XCALLOC(MTYPE_ATTACH, sizeof(*a));
	size_t n;

	a->maps = maps;
	a->links = links;
	hooks_init(&a->hooks);
	n = each_filter(a, count);
	a->held = n > 0;
	if (n)
		log_info("%zu filters of an earlier agent stay until everything is known", n);
	return a;
}

void attach_free(struct attach *a, bool detach)
{
	struct hook *h;

	while ((h = hooks_pop(&a->hooks)) != NULL) {
		if (detach && h->attached)
			filter_del(h->ifindex, h->prog);
		XFREE(MTYPE_ATTACH, h);
	}
	if (detach && a->held)
		each_filter(a, remove_unwanted);
	hooks_fini(&a->hooks);
	XFREE(MTYPE_ATTACH, a);
}

bool attach_held(const struct attach *a)
{
	return a->held;
}

void attach_go(struct attach *a)
{
	struct hook *h;

	if (!a->held)
		return;
	a->held = false;
	each_filter(a, inherit);
	frr_each (hooks, &a->hooks, h) {
		if (!h->attached)
			filter_add(a, h);
	}
	each_filter(a, remove_unwanted);
	log_info("%zu filters in place", a->attached);
}

/* While held: an earlier agent's filter forwards.  Where it has none, nobody does. */
static bool serves_already(struct attach *a, const struct hook *h)
{
	int fd = a->held ? filter_program_quietly(h->ifindex, h->prog) : -1;

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

bool attach_use(struct attach *a, const struct link *link, enum maps_prog prog)
{
	struct hook *h = hook_find(a, link->ifindex, prog);

	if (!h) {
		h = XCALLOC(MTYPE_ATTACH, sizeof(*h));
		h->ifindex = link->ifindex;
		h->prog = prog;
		h->raw = link_is_raw(link);
		hooks_add(&a->hooks, h);
	}
	h->users++;
	return h->attached || serves_already(a, h) || filter_add(a, h);
}

void attach_release(struct attach *a, int ifindex, enum maps_prog prog)
{
	struct hook *h = hook_find(a, ifindex, prog);

	if (!h || --h->users)
		return;
	if (h->attached) {
		filter_del(h->ifindex, h->prog);
		a->attached--;
	}
	hooks_del(&a->hooks, h);
	XFREE(MTYPE_ATTACH, h);
}

size_t attach_count(const struct attach *a)
{
	return a->attached;
}
