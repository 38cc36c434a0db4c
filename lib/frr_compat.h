/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frr_compat.h - FRR 10 names on FRR 8.4 and later.
 *
 * Edge files include it instead of libfrr's single headers: the renames must follow all of
 * them.  The only place with #if FRR_VERNUM.
 */
#ifndef MCAST_FRR_COMPAT_H
#define MCAST_FRR_COMPAT_H

#include "mcast_config.h"

#include <zebra.h>

#include <fcntl.h> /* zebra.h of FRR 8 has it, that of 10 does not */

#include <linux/if_link.h> /* before vrf.h, which repeats a part of it otherwise */

#include "lib/version.h"
#include "command.h"
#include "lib/debug.h" /* not json-c's */
#include "defaults.h"
#include "getopt.h"
#include "hook.h"
#include "if.h"
#include "jhash.h"
#include "lib/json.h"
#include "libfrr.h"
#include "linklist.h"
#include "log.h"
#include "memory.h"
#include "network.h"
#include "prefix.h"
#include "printfrr.h"
#include "privs.h"
#include "qobj.h"
#include "sockopt.h"
#include "stream.h"
#include "typesafe.h"
#include "vrf.h"
#include "vty.h"
#include "zclient.h"
#if FRR_VERNUM >= 90000
#include "frrevent.h"
#else
#include "thread.h"
#endif

#if FRR_VERNUM < 90000
#define event		     thread
#define event_loop	     thread_master
#define event_add_read	     thread_add_read
#define event_add_write	     thread_add_write
#define event_add_timer	     thread_add_timer
#define event_add_timer_msec thread_add_timer_msec
#define event_add_event	     thread_add_event
#define event_cancel	     thread_cancel
#define event_fetch	     thread_fetch
#define event_call	     thread_call
#define event_master_create  thread_master_create
#define EVENT_ARG	     THREAD_ARG
#define EVENT_FD	     THREAD_FD
#define EVENT_VAL	     THREAD_VAL
#endif

#if FRR_VERNUM < 100400 && !defined(FRR_NORETURN)
#define FRR_NORETURN __attribute__((noreturn))
#endif

#if FRR_VERNUM < 100000
#define frr_runstatedir frr_vtydir
#endif

/* Debug flags: before 10.2 the daemon writes its own lines, since then libfrr does. */
static inline void frrx_debug_install(struct debug *debug, const char *line)
{
#if FRR_VERNUM >= 100200
	debug->conf = line;
	debug_install(debug);
#endif
}

/** Lines written: 0 or 1. */
static inline int frrx_debug_write(struct vty *vty, const struct debug *debug, const char *line)
{
#if FRR_VERNUM < 100200
	if (DEBUG_MODE_CHECK(debug, DEBUG_MODE_CONF))
		return vty_out(vty, "%s\n", line), 1;
#endif
	return 0;
}

/** What is told of interfaces: created, up, down, deleted. */
static inline void frrx_if_hooks(int (*real)(struct interface *), int (*up)(struct interface *),
				 int (*down)(struct interface *), int (*unreal)(struct interface *))
{
#if FRR_VERNUM < 100000
	if_zapi_callbacks(real, up, down, unreal);
#else
	hook_register_prio(if_real, 0, real);
	hook_register_prio(if_up, 0, up);
	hook_register_prio(if_down, 0, down);
	hook_register_prio(if_unreal, 0, unreal);
#endif
}

/* Addresses of an interface: struct list before 10.0, DLIST since. */
#if FRR_VERNUM < 100000
#define frr_each_ifaddr(ifp, c)                                                                    \
	for (struct listnode *_n = listhead((ifp)->connected);                                     \
	     _n && (((c) = listgetdata(_n)), true); _n = listnextnode(_n))
#else
#define frr_each_ifaddr(ifp, c) \
	frr_each (if_connected, ((struct interface *)(ifp))->connected, c)
#endif

static inline struct zclient *frrx_zclient_new(struct event_loop *loop,
					       zclient_handler *const *handlers, size_t n)
{
#if FRR_VERNUM < 100000
	struct zclient_options opt = {};

	return zclient_new(loop, &opt, handlers, n);
#else
	return zclient_new(loop, &zclient_options_default, handlers, n);
#endif
}

/**
 * The loader cannot tell one libfrr from another: the SONAME never changes, struct layouts do.
 * Ends the program if the library is not the version the headers were of.  Call before any
 * configuration is read: "frr version" lines change what frr_defaults_version() says.
 */
static inline void frrx_require_abi(const char *daemon)
{
	if (strcmp(frr_defaults_version(), FRR_VER_SHORT) == 0)
		return;
	fprintf(stderr,
		"%s: built for FRR %s, but the libfrr of this system is FRR %s; install the frr-mcast "
		"package that belongs to it\n",
		daemon, FRR_VER_SHORT, frr_defaults_version());
	exit(1);
}

/* Next-hop tracking: a handler of its own before 10.0, a callback of the client since. */
typedef void (*frrx_nht_cb)(struct vrf *vrf, struct prefix *match, struct zapi_route *nhr);

#if FRR_VERNUM < 100000
#define FRRX_NHT_HANDLER(cb)                                                                       \
	static int cb##_zapi(ZAPI_CALLBACK_ARGS)                                                   \
	{                                                                                          \
		struct zapi_route nhr;                                                             \
		struct prefix match;                                                               \
		struct vrf *vrf = vrf_lookup_by_id(vrf_id);                                        \
                                                                                                   \
		if (vrf && zapi_nexthop_update_decode(zclient->ibuf, &match, &nhr))                \
			cb(vrf, &match, &nhr);                                                     \
		return 0;                                                                          \
	}                                                                                          \
	MACRO_REQUIRE_SEMICOLON()
#define FRRX_NHT_TABLE(cb) [ZEBRA_NEXTHOP_UPDATE] = cb##_zapi,
#define frrx_zclient_set_nht(zc, cb)                                                               \
	do {                                                                                       \
	} while (0)
#else
#define FRRX_NHT_HANDLER(cb) MACRO_REQUIRE_SEMICOLON()
#define FRRX_NHT_TABLE(cb)
#define frrx_zclient_set_nht(zc, cb) ((zc)->nexthop_update = (cb))
#endif

#endif
