// SPDX-License-Identifier: GPL-2.0-or-later
/* A daemon's mcfib/1 service; see fib_server.h. */
#include "lib/frr_compat.h"

#include "lib/fib_server.h"
#include "lib/fib_zmq.h"
#include "lib/zmq_loop.h"

DEFINE_MTYPE_STATIC(LIB, FIB_SERVER, "mcfib service");

struct fib_server {
	struct event_loop *master;
	const char *name;
	struct fib_pub *pub;
	struct fib_zmq *zmq;
	struct zmq_loop *loop;
	struct event *t_complete;
	bool completed;
	msec_t started;
	char endpoint[sizeof(frr_runstatedir) + 64], error[128];
	struct fib_server_config applied;
};

static void set_params(struct fib_server *s, const struct fib_server_config *c)
{
	struct fib_pub_params p;

	fib_pub_params_default(&p);
	snprintf(p.software, sizeof(p.software), "%s %s", s->name, PACKAGE_VERSION);
	p.heartbeat_ms = c->heartbeat_ms;
	p.liveness = c->misses;
	p.activity_ms = c->activity_ms;
	p.hold_on_loss_s = c->hold_on_loss_s;
	p.require_all = c->require_ack;
	fib_pub_set_params(s->pub, &p);
}

struct fib_server *fib_server_new(void *master, const char *name, const struct fib_pub_ops *ops,
				  void *ctx)
{
	struct fib_server *s = XCALLOC(MTYPE_FIB_SERVER, sizeof(*s));
	struct fib_server_config defaults;
	struct fib_pub_params p;

	s->master = master;
	s->name = name;
	s->started = monotime_msec();
	fib_pub_params_default(&p);
	/* wall clock: no earlier run of the daemon had this epoch */
	s->pub = fib_pub_new(&p, ops, ctx, (uint64_t)time(NULL) << 20 | (getpid() & 0xfffff),
			     s->started);
	fib_server_config_default(&defaults);
	set_params(s, &defaults);
	return s;
}

struct fib_pub *fib_server_pub(struct fib_server *s)
{
	return s->pub;
}

void fib_server_kick(struct fib_server *s)
{
	if (s->loop)
		zmq_loop_kick(s->loop);
}

const char *fib_server_endpoint(const struct fib_server *s, const char **error)
{
	*error = s->error[0] ? s->error : NULL;
	return s->zmq ? s->endpoint : "";
}

/* ---------------------------------------------------------------- transport */

/* Two lines: public key, secret key, in Z85. */
static bool read_keys(const char *path, struct fib_zmq_security *security)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fscanf(f, "%40s %40s", security->server_public, security->server_secret) == 2;
	fclose(f);
	return ok && strlen(security->server_public) == 40 && strlen(security->server_secret) == 40;
}

static void transport_close(struct fib_server *s)
{
	if (s->loop)
		zmq_loop_free(s->loop);
	if (s->zmq)
		fib_zmq_close(s->zmq);
	s->loop = NULL;
	s->zmq = NULL;
}

static void transport_open(struct fib_server *s, const struct fib_server_config *c)
{
	struct fib_zmq_security security = {.allow_file = c->allow_file};
	const char *error = NULL;
	bool curve = c->server_key_file[0] != 0, again;

	if (c->endpoint[0])
		strlcpy(s->endpoint, c->endpoint, sizeof(s->endpoint));
	else
		snprintf(s->endpoint, sizeof(s->endpoint), "ipc://%s/%s.fib", frr_runstatedir,
			 s->name);
	if (curve && !read_keys(c->server_key_file, &security))
		error = "cannot read the server key file";
	else if (!curve && !c->security_none && strncmp(s->endpoint, "tcp://", 6) == 0)
		error = "tcp without security curve or security none";
	else
		s->zmq = fib_zmq_bind(s->endpoint, curve ? &security : NULL, &error);
	if (!s->zmq) {
		again = strcmp(s->error, error) == 0; /* tried at each reconciliation */
		strlcpy(s->error, error, sizeof(s->error));
		if (!again)
			zlog_err("cannot offer forwarding objects on %s: %s", s->endpoint, error);
		return;
	}
	s->error[0] = 0;
	s->loop = zmq_loop_new(s->master, s->zmq, s->pub);
}

/* ---------------------------------------------------------------- completion */

/*
 * Peers of an earlier run have had time to come back: what no new object mentions is stale.
 * Until then the agent keeps forwarding what that run had installed.
 */
static void complete(struct event *event)
{
	struct fib_server *s = EVENT_ARG(event);

	s->completed = true;
	fib_pub_complete(s->pub);
	fib_server_kick(s);
}

static void arm_complete(struct fib_server *s, const struct fib_server_config *c)
{
	msec_t due = s->started + (msec_t)c->restart_time_s * MSEC_PER_S, now = monotime_msec();

	event_cancel(&s->t_complete);
	if (!s->completed)
		event_add_timer_msec(s->master, complete, s, due > now ? due - now : 0,
				     &s->t_complete);
}

void fib_server_reconcile(struct fib_server *s, const struct fib_server_config *c, bool enabled)
{
	set_params(s, c);
	arm_complete(s, c);
	if (!enabled) {
		transport_close(s);
		return;
	}
	if (s->zmq && memcmp(&s->applied, c, sizeof(*c)) == 0)
		return;
	transport_close(s);
	s->applied = *c;
	transport_open(s, c);
}

void fib_server_free(struct fib_server *s)
{
	event_cancel(&s->t_complete);
	if (s->loop) {
		fib_pub_bye(s->pub, monotime_msec());
		zmq_loop_flush(s->loop);
	}
	transport_close(s);
	fib_pub_free(s->pub);
	XFREE(MTYPE_FIB_SERVER, s);
}
