// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mcfib/1 over ZeroMQ; see fib_zmq.h and design notes there.
 *
 * The engines hold all state, so queues of the sockets are kept short: what waits in a socket
 * cannot be replaced by something newer.
 */
#include "lib/fib_zmq.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zmq.h>

#include "lib/fib_codec.h"
#include "lib/fib_zmq_p.h"

DEFINE_MGROUP(FIB_ZMQ, "mcfib transport");
DEFINE_MTYPE_STATIC(FIB_ZMQ, FIB_SOCKET, "mcfib socket");

/* Messages in a pipe to one peer, each direction. */
#define HWM		  16
/*
 * What a consumer without a link has sent waits for the next one, so it may send only one: then the
 * engine says Hello when there is somebody to hear it.  Not ZMQ_IMMEDIATE, which would do the same:
 * it ends the pipe with its link and a daemon's Bye in it.
 */
#define CONSUMER_SNDHWM	  1
/* The link's own heartbeat finds dead hosts; stalled processes are the engines' business. */
#define LINK_HEARTBEAT_MS 5000
#define LINK_TIMEOUT_MS	  30000
/* At the end a Bye gets this long to leave. */
#define LINGER_MS	  200

struct fib_zmq {
	void *context, *socket;
	int fd;
	struct fib_zap *zap; /* NULL without CURVE */
	/* consumer: a message the socket did not take after all */
	uint8_t *pending;
	size_t pending_len;
};

static char error_text[256];

static const char *fail(const char *what, const char *why)
{
	snprintf(error_text, sizeof(error_text), "%s: %s", what, why);
	return error_text;
}

/* ---------------------------------------------------------------- sockets */

static bool set_int(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

static bool set_options(void *socket, int type)
{
	int64_t max = FIB_MAX_MESSAGE;
	bool ok = zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max, sizeof(max)) == 0;

	ok = ok && set_int(socket, ZMQ_LINGER, 0) && set_int(socket, ZMQ_SNDHWM, HWM) &&
	     set_int(socket, ZMQ_RCVHWM, HWM) && set_int(socket, ZMQ_IPV6, 1) &&
	     set_int(socket, ZMQ_TCP_KEEPALIVE, 1) &&
	     set_int(socket, ZMQ_HEARTBEAT_IVL, LINK_HEARTBEAT_MS) &&
	     set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, LINK_TIMEOUT_MS) &&
	     set_int(socket, ZMQ_HEARTBEAT_TTL, LINK_TIMEOUT_MS);
	if (type == ZMQ_ROUTER) /* full or gone is an error, not a silent loss; no take-over */
		return ok && set_int(socket, ZMQ_ROUTER_MANDATORY, 1) &&
		       set_int(socket, ZMQ_ROUTER_HANDOVER, 0);
	return ok && set_int(socket, ZMQ_SNDHWM, CONSUMER_SNDHWM) &&
	       set_int(socket, ZMQ_RECONNECT_IVL, 100) &&
	       set_int(socket, ZMQ_RECONNECT_IVL_MAX, 2000);
}

static struct fib_zmq *zmq_new(int type, const char **error)
{
	struct fib_zmq *z = XCALLOC(MTYPE_FIB_SOCKET, sizeof(*z));
	size_t size = sizeof(z->fd);

	z->context = zmq_ctx_new();
	z->socket = z->context ? zmq_socket(z->context, type) : NULL;
	if (z->socket && set_options(z->socket, type) &&
	    zmq_getsockopt(z->socket, ZMQ_FD, &z->fd, &size) == 0)
		return z;
	*error = fail("ZeroMQ", zmq_strerror(zmq_errno()));
	fib_zmq_close(z);
	return NULL;
}

void fib_zmq_close(struct fib_zmq *z)
{
	if (!z)
		return;
	if (z->socket) {
		set_int(z->socket, ZMQ_LINGER, LINGER_MS);
		zmq_close(z->socket);
	}
	fib_zap_stop(z->zap);
	if (z->context)
		zmq_ctx_term(z->context);
	free(z->pending);
	XFREE(MTYPE_FIB_SOCKET, z);
}

/* ---------------------------------------------------------------- end points */

/* ZeroMQ would take the path away from a daemon that is using it. */
static const char *ipc_in_use(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct stat st;
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return "path too long";
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (!S_ISSOCK(st.st_mode))
		return "exists and is not a socket";
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return strerror(errno);
	err = connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ? errno : 0;
	close(fd);
	return err == ECONNREFUSED ? NULL : "in use by another process";
}

static const char *ipc_check(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct stat st;

	if (!slash || (size_t)(slash - path) >= sizeof(dir))
		return "not an absolute path, or too long";
	snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return "the directory does not exist";
	return ipc_in_use(path);
}

static bool ipc_path(const char *endpoint, const char **path)
{
	*path = endpoint + strlen("ipc://");
	return strncmp(endpoint, "ipc://", strlen("ipc://")) == 0;
}

static bool bind_ipc(struct fib_zmq *z, const char *endpoint, const char *path, const char **error)
{
	const char *why = ipc_check(path);
	mode_t mask;
	int rc;

	if (why) {
		*error = fail(endpoint, why);
		return false;
	}
	mask = umask(0117); /* owner and group, from the first moment */
	rc = zmq_bind(z->socket, endpoint);
	umask(mask);
	if (rc == 0 && chmod(path, 0660) == 0)
		return true;
	*error = fail(endpoint, rc ? zmq_strerror(zmq_errno()) : strerror(errno));
	return false;
}

static bool known_transport(const char *endpoint)
{
	return strncmp(endpoint, "ipc://", 6) == 0 || strncmp(endpoint, "tcp://", 6) == 0;
}

struct fib_zmq *fib_zmq_bind(const char *endpoint, const struct fib_zmq_security *security,
			     const char **error)
{
	struct fib_zmq *z = zmq_new(ZMQ_ROUTER, error);
	const char *path, *why;
	bool ok;

	if (!z)
		return NULL;
	why = known_transport(endpoint)
		      ? fib_zap_secure_server(z->context, z->socket, security, &z->zap)
		      : "neither ipc:// nor tcp://";
	if (why) {
		*error = fail(endpoint, why);
		ok = false;
	} else if (ipc_path(endpoint, &path)) {
		ok = bind_ipc(z, endpoint, path, error);
	} else {
		ok = zmq_bind(z->socket, endpoint) == 0;
		if (!ok)
			*error = fail(endpoint, zmq_strerror(zmq_errno()));
	}
	if (ok)
		return z;
	fib_zmq_close(z);
	return NULL;
}

struct fib_zmq *fib_zmq_connect(const char *endpoint, const struct fib_zmq_security *security,
				const char **error)
{
	struct fib_zmq *z = zmq_new(ZMQ_DEALER, error);
	const char *why;

	if (!z)
		return NULL;
	why = known_transport(endpoint) ? fib_zap_secure_client(z->socket, security)
					: "neither ipc:// nor tcp://";
	if (!why && zmq_connect(z->socket, endpoint) == 0)
		return z;
	*error = fail(endpoint, why ? why : zmq_strerror(zmq_errno()));
	fib_zmq_close(z);
	return NULL;
}

int fib_zmq_fd(const struct fib_zmq *z)
{
	return z->fd;
}

int fib_zmq_events(struct fib_zmq *z)
{
	int events = 0;
	size_t size = sizeof(events);

	zmq_getsockopt(z->socket, ZMQ_EVENTS, &events, &size);
	return events;
}

bool fib_zmq_has_curve(void)
{
	return zmq_has("curve");
}

/* ---------------------------------------------------------------- receiving */

/* One frame; false: nothing there. */
static bool receive(struct fib_zmq *z, zmq_msg_t *frame)
{
	zmq_msg_init(frame);
	if (zmq_msg_recv(frame, z->socket, ZMQ_DONTWAIT) >= 0)
		return true;
	zmq_msg_close(frame);
	return false;
}

static struct span frame_span(zmq_msg_t *frame)
{
	return (struct span){zmq_msg_data(frame), zmq_msg_size(frame)};
}

/* The frames of a message after the first: none are allowed.  True if there were any. */
static bool drop_rest(struct fib_zmq *z, zmq_msg_t *frame)
{
	bool more = zmq_msg_more(frame), any = more;

	while (more) {
		zmq_msg_t extra;

		if (!receive(z, &extra))
			break;
		more = zmq_msg_more(&extra);
		zmq_msg_close(&extra);
	}
	return any;
}

/* Decodes the message whose frame this is. */
static bool decode(struct fib_zmq *z, zmq_msg_t *frame, struct fib_msg *m, const char **why)
{
	if (drop_rest(z, frame)) {
		*why = "more than one frame";
		return false;
	}
	return fib_decode(frame_span(frame), m, why);
}

static bool serve_one(struct fib_zmq *z, struct fib_pub *pub, msec_t now)
{
	struct fib_route from = {};
	zmq_msg_t id, frame;
	struct fib_msg m;
	const char *why;

	if (!receive(z, &id))
		return false;
	from.len = zmq_msg_size(&id) <= FIB_ROUTE_LEN ? zmq_msg_size(&id) : 0;
	memcpy(from.id, zmq_msg_data(&id), from.len);
	if (!zmq_msg_more(&id) || !receive(z, &frame)) {
		zmq_msg_close(&id);
		return true; /* a ROUTER always adds a second frame */
	}
	zmq_msg_close(&id);
	if (!from.len) { /* a name of its own, too long to be an address: no answer */
		drop_rest(z, &frame);
	} else if (decode(z, &frame, &m, &why)) {
		fib_pub_input(pub, &from, &m, now);
		fib_msg_free(&m);
	} else {
		fib_pub_garbage(pub, &from, why, now);
	}
	zmq_msg_close(&frame);
	return true;
}

enum fib_zmq_received fib_zmq_receive(struct fib_zmq *z, struct fib_msg *m, const char **why)
{
	zmq_msg_t frame;
	bool ok;

	if (!receive(z, &frame))
		return FIB_ZMQ_NOTHING;
	ok = decode(z, &frame, m, why);
	zmq_msg_close(&frame);
	return ok ? FIB_ZMQ_MESSAGE : FIB_ZMQ_GARBAGE;
}

/* ---------------------------------------------------------------- sending */

static int send_to(struct fib_zmq *z, const struct fib_route *to, const uint8_t *data, size_t len)
{
	if (zmq_send(z->socket, to->id, to->len, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
		return zmq_errno();
	return zmq_send(z->socket, data, len, ZMQ_DONTWAIT) < 0 ? zmq_errno() : 0;
}

static bool publish_one(struct fib_zmq *z, struct fib_pub *pub, msec_t now)
{
	struct fib_route to;
	struct fib_msg m;
	uint8_t *data;
	size_t len;
	int err;

	if (!fib_pub_output(pub, &to, &m, now))
		return false;
	len = fib_encode(&m, &data);
	err = len ? send_to(z, &to, data, len) : EMSGSIZE;
	free(data);
	if (err == EAGAIN || err == EINTR)
		fib_pub_blocked(pub, &to, &m);
	else if (err)
		fib_pub_gone(pub, &to, err == EHOSTUNREACH ? "disconnected" : zmq_strerror(err));
	fib_msg_free(&m);
	return true;
}

bool fib_zmq_serve(struct fib_zmq *z, struct fib_pub *pub, msec_t now, unsigned int budget)
{
	unsigned int received = 0, sent = 0;

	while (received < budget && serve_one(z, pub, now))
		received++;
	if (fib_zmq_events(z) & ZMQ_POLLOUT)
		fib_pub_writable(pub);
	while (sent < budget && publish_one(z, pub, now))
		sent++;
	return sent == budget || fib_zmq_events(z) & ZMQ_POLLIN;
}

static bool flush_pending(struct fib_zmq *z)
{
	if (z->pending && zmq_send(z->socket, z->pending, z->pending_len, ZMQ_DONTWAIT) < 0)
		return false;
	free(z->pending);
	z->pending = NULL;
	return true;
}

static bool answer_one(struct fib_zmq *z, struct fib_sub *sub, msec_t now)
{
	struct fib_msg m;

	if (!(fib_zmq_events(z) & ZMQ_POLLOUT) || !flush_pending(z) ||
	    !fib_sub_output(sub, &m, now))
		return false;
	z->pending_len = fib_encode(&m, &z->pending);
	fib_msg_free(&m);
	return flush_pending(z);
}

unsigned int fib_zmq_answer(struct fib_zmq *z, struct fib_sub *sub, msec_t now, unsigned int budget)
{
	unsigned int sent = 0;

	while (sent < budget && answer_one(z, sub, now))
		sent++;
	return sent;
}

bool fib_zmq_consume(struct fib_zmq *z, struct fib_sub *sub, msec_t now, unsigned int budget)
{
	for (unsigned int received = 0; received < budget; received++) {
		const char *why;
		struct fib_msg m;
		enum fib_zmq_received r = fib_zmq_receive(z, &m, &why);

		if (r == FIB_ZMQ_NOTHING)
			break;
		if (r == FIB_ZMQ_GARBAGE) {
			fib_sub_garbage(sub, now);
			continue;
		}
		fib_sub_input(sub, &m, now);
		fib_msg_free(&m);
	}
	return fib_zmq_answer(z, sub, now, budget) == budget || fib_zmq_events(z) & ZMQ_POLLIN;
}
