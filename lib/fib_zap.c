// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may connect; see fib_zmq_p.h.
 *
 * ZeroMQ asks a REP socket at inproc://zeromq.zap.01 about every new connection and waits for
 * the answer, so the handler has a thread of its own.  It shares nothing with the others: it
 * owns its copy of the list and its socket, and is told to stop through a second socket.
 */
#include "lib/fib_zmq_p.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <zmq.h>

DEFINE_MTYPE_STATIC(FIB_ZMQ, FIB_ZAP, "mcfib access list");

#define ZAP_ENDPOINT  "inproc://zeromq.zap.01"
#define STOP_ENDPOINT "inproc://mcfib-zap-stop"
#define Z85_LEN	      40
#define KEY_LEN	      32

struct fib_zap {
	pthread_t thread;
	void *handler, *stop_rx, *stop_tx;
	size_t n_keys;
	uint8_t (*keys)[KEY_LEN];
};

static bool empty(const struct fib_zmq_security *s)
{
	return !s || (!s->server_public[0] && !s->server_secret[0] && !s->client_public[0] &&
		      !s->client_secret[0] && !s->allow_file);
}

static bool key_ok(const char *z85)
{
	uint8_t key[KEY_LEN];

	return strlen(z85) == Z85_LEN && zmq_z85_decode(key, z85);
}

/* ---------------------------------------------------------------- list */

static const char *add_key(struct fib_zap *zap, const char *z85)
{
	zap->keys = XREALLOC(MTYPE_FIB_ZAP, zap->keys, (zap->n_keys + 1) * sizeof(zap->keys[0]));
	if (!key_ok(z85) || !zmq_z85_decode(zap->keys[zap->n_keys], z85))
		return "the allow list has a line that is no key";
	zap->n_keys++;
	return NULL;
}

/* One key a line; what follows it is for people.  Empty lines and # comments are skipped. */
static const char *read_list(struct fib_zap *zap, const char *file)
{
	FILE *f = fopen(file, "r");
	const char *why = NULL;
	char line[256];

	if (!f)
		return strerror(errno);
	while (!why && fgets(line, sizeof(line), f)) {
		size_t len = strcspn(line, " \t\r\n");

		line[len] = '\0';
		/* '#' is a digit of Z85 as well, a key is as long as a key */
		if (len && (line[0] != '#' || len == Z85_LEN))
			why = add_key(zap, line);
	}
	fclose(f);
	return why;
}

static bool allowed(const struct fib_zap *zap, const uint8_t *key)
{
	for (size_t i = 0; i < zap->n_keys; i++)
		if (memcmp(zap->keys[i], key, KEY_LEN) == 0)
			return true;
	return false;
}

/* ---------------------------------------------------------------- handler */

/* A request: version, request id, domain, address, routing id, mechanism, credentials. */
enum {
	ZAP_VERSION,
	ZAP_REQUEST_ID,
	ZAP_MECHANISM = 5,
	ZAP_CREDENTIALS,
	ZAP_FRAMES
};

struct zap_request {
	size_t n;
	size_t len[ZAP_FRAMES];
	uint8_t frame[ZAP_FRAMES][256];
};

static bool read_request(void *socket, struct zap_request *q)
{
	int more = 1;

	memset(q, 0, sizeof(*q));
	while (more) {
		uint8_t excess[256], *to = q->n < ZAP_FRAMES ? q->frame[q->n] : excess;
		size_t size = sizeof(more);
		int len = zmq_recv(socket, to, sizeof(excess), 0);

		if (len < 0 || zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) < 0)
			return false;
		if (q->n < ZAP_FRAMES)
			q->len[q->n] = len < 256 ? (size_t)len : 256;
		q->n++;
	}
	return true;
}

static bool is_text(const struct zap_request *q, size_t i, const char *text)
{
	return q->len[i] == strlen(text) && memcmp(q->frame[i], text, q->len[i]) == 0;
}

static void send_text(void *socket, const char *text, int flags)
{
	zmq_send(socket, text, strlen(text), flags);
}

static void answer(struct fib_zap *zap, const struct zap_request *q)
{
	bool ok = q->n == ZAP_FRAMES && is_text(q, ZAP_VERSION, "1.0") &&
		  is_text(q, ZAP_MECHANISM, "CURVE") && q->len[ZAP_CREDENTIALS] == KEY_LEN &&
		  allowed(zap, q->frame[ZAP_CREDENTIALS]);

	send_text(zap->handler, "1.0", ZMQ_SNDMORE);
	zmq_send(zap->handler, q->frame[ZAP_REQUEST_ID], q->len[ZAP_REQUEST_ID], ZMQ_SNDMORE);
	send_text(zap->handler, ok ? "200" : "400", ZMQ_SNDMORE);
	send_text(zap->handler, ok ? "OK" : "not on the list", ZMQ_SNDMORE);
	send_text(zap->handler, "", ZMQ_SNDMORE); /* user id */
	send_text(zap->handler, "", 0);		  /* metadata */
}

static void *handler_main(void *arg)
{
	struct fib_zap *zap = arg;
	zmq_pollitem_t items[] = {
		{.socket = zap->handler, .events = ZMQ_POLLIN},
		{.socket = zap->stop_rx, .events = ZMQ_POLLIN},
	};

	while (!(items[1].revents & ZMQ_POLLIN)) {
		struct zap_request q;

		if (zmq_poll(items, array_size(items), -1) < 0 && zmq_errno() != EINTR)
			break;
		if (items[0].revents & ZMQ_POLLIN && read_request(zap->handler, &q))
			answer(zap, &q);
	}
	return NULL;
}

/* Signals are for the daemon's thread. */
static bool start_thread(struct fib_zap *zap)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&zap->thread, NULL, handler_main, zap);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0;
}

static bool open_sockets(struct fib_zap *zap, void *context)
{
	zap->handler = zmq_socket(context, ZMQ_REP);
	zap->stop_rx = zmq_socket(context, ZMQ_PAIR);
	zap->stop_tx = zmq_socket(context, ZMQ_PAIR);
	return zap->handler && zap->stop_rx && zap->stop_tx &&
	       zmq_bind(zap->handler, ZAP_ENDPOINT) == 0 &&
	       zmq_bind(zap->stop_rx, STOP_ENDPOINT) == 0 &&
	       zmq_connect(zap->stop_tx, STOP_ENDPOINT) == 0;
}

static void zap_free(struct fib_zap *zap)
{
	void *sockets[] = {zap->handler, zap->stop_rx, zap->stop_tx};

	for (size_t i = 0; i < array_size(sockets); i++)
		if (sockets[i])
			zmq_close(sockets[i]);
	XFREE(MTYPE_FIB_ZAP, zap->keys);
	XFREE(MTYPE_FIB_ZAP, zap);
}

void fib_zap_stop(struct fib_zap *zap)
{
	if (!zap)
		return;
	send_text(zap->stop_tx, "stop", 0);
	pthread_join(zap->thread, NULL);
	zap_free(zap);
}

/* ---------------------------------------------------------------- keys of the socket */

const char *fib_zap_secure_server(void *context, void *socket,
				  const struct fib_zmq_security *security, struct fib_zap **zap)
{
	const char *why;
	int on = 1;

	if (empty(security))
		return NULL;
	if (!fib_zmq_has_curve())
		return "this libzmq has no CURVE";
	if (!key_ok(security->server_secret))
		return "CURVE needs a secret key of 40 characters";
	if (!security->allow_file)
		return "CURVE needs a list of the keys that are allowed";
	if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof(on)) < 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, security->server_secret, Z85_LEN + 1) < 0 ||
	    zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, "mcfib", strlen("mcfib")) < 0)
		return zmq_strerror(zmq_errno());
	*zap = XCALLOC(MTYPE_FIB_ZAP, sizeof(**zap));
	why = read_list(*zap, security->allow_file);
	if (!why && !open_sockets(*zap, context))
		why = zmq_strerror(zmq_errno());
	if (!why && !start_thread(*zap))
		why = "no thread for access control";
	if (why) {
		zap_free(*zap);
		*zap = NULL;
	}
	return why;
}

const char *fib_zap_secure_client(void *socket, const struct fib_zmq_security *security)
{
	if (empty(security))
		return NULL;
	if (!fib_zmq_has_curve())
		return "this libzmq has no CURVE";
	if (!key_ok(security->server_public) || !key_ok(security->client_public) ||
	    !key_ok(security->client_secret))
		return "CURVE needs the server's public key and a key pair, of 40 characters each";
	if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, security->server_public, Z85_LEN + 1) < 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, security->client_public, Z85_LEN + 1) < 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, security->client_secret, Z85_LEN + 1) < 0)
		return zmq_strerror(zmq_errno());
	return NULL;
}
