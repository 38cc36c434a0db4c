// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mcfib/1 messages: decoder, and both engines behind it.
 *
 * Input that starts with 2 is a sequence of messages, each after its length in 16 bits; any
 * other is one message.  To get far the messages are made to fit into the session, so that
 * their contents are all that can be wrong.
 */
#include "lib/base.h"

#include <stdlib.h>

#include "lib/fib_codec.h"
#include "lib/fib_pub.h"
#include "lib/fib_sub.h"

#define EPOCH 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fib_route route = {.len = 1, .id = {1}};

struct rig {
	struct fib_pub *pub;
	struct fib_sub *sub;
	uint64_t seq;
	msec_t now;
};

static void apply(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	const char *what;

	/* what the engine promises its owner */
	if (!op->deleted && !fib_value_known(op->key.table, &op->value, &what))
		abort();
}

static size_t activity(void *ctx, struct fib_activity *a, size_t max)
{
	return 0;
}

static const struct fib_pub_ops pub_ops;
static const struct fib_sub_ops sub_ops = {.apply = apply, .activity = activity};

/* What has been decoded can be encoded, and then means the same. */
static void check_codec(const struct fib_msg *m)
{
	uint8_t *first, *second;
	size_t len = fib_encode(m, &first), len2;
	struct fib_msg back;
	const char *why;

	if (!len)
		return; /* longer than what came, as a default may have been left out there */
	if (!fib_decode((struct span){first, len}, &back, &why))
		abort();
	len2 = fib_encode(&back, &second);
	if (len2 != len || memcmp(first, second, len) != 0)
		abort();
	fib_msg_free(&back);
	free(first);
	free(second);
}

static void drain(struct rig *r)
{
	struct fib_route to;
	struct fib_msg m;

	for (int i = 0; i < 50 && fib_pub_output(r->pub, &to, &m, r->now); i++) {
		if (i % 7 == 3)
			fib_pub_blocked(r->pub, &to, &m);
		fib_msg_free(&m);
		fib_pub_writable(r->pub);
	}
	for (int i = 0; i < 50 && fib_sub_output(r->sub, &m, r->now); i++)
		fib_msg_free(&m);
}

static void start(struct rig *r)
{
	struct fib_sub_params sp = {.name = "fuzz", .tables = FIB_TABLE_ALL};
	struct fib_msg hello = {.type = FIB_MSG_HELLO};
	struct fib_msg ack = {.type = FIB_MSG_HELLO_ACK, .epoch = EPOCH, .seq = 1};
	struct fib_pub_params pp;
	union fib_value v = {};
	struct fib_key key = fib_key_l2tp_tunnel(1);

	fib_pub_params_default(&pp);
	pp.journal_size = 16;
	r->now = 1;
	r->pub = fib_pub_new(&pp, &pub_ops, NULL, EPOCH, r->now);
	fib_pub_set(r->pub, &key, &v);
	hello.hello = (struct fib_hello){
		.name = "x", .role = FIB_PRIMARY, .proto_max = 1, .tables = FIB_TABLE_ALL};
	fib_pub_input(r->pub, &route, &hello, r->now);
	r->sub = fib_sub_new(&sp, &sub_ops, NULL, r->now);
	ack.hello_ack.proto = FIB_PROTO;
	fib_sub_input(r->sub, &ack, r->now);
	r->seq = 1;
	drain(r);
}

static void one(struct rig *r, const uint8_t *data, size_t size)
{
	struct fib_msg m;
	const char *why;

	r->now += 100;
	if (!fib_decode((struct span){data, size}, &m, &why)) {
		fib_pub_garbage(r->pub, &route, why, r->now);
		fib_sub_garbage(r->sub, r->now);
		return;
	}
	check_codec(&m);
	m.epoch = EPOCH;
	m.seq = m.type == FIB_MSG_HELLO_ACK ? (r->seq = 1) : ++r->seq;
	fib_pub_input(r->pub, &route, &m, r->now);
	fib_sub_input(r->sub, &m, r->now);
	fib_msg_free(&m);
	drain(r);
	fib_pub_run(r->pub, r->now);
	fib_sub_run(r->sub, r->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig r;

	start(&r);
	if (size && data[0] == 2) {
		struct rd rd = rd_init(data + 1, size - 1);

		while (rd_left(&rd)) {
			struct span s = rd_take_span(&rd, rd_u16(&rd));

			if (rd_ok(&rd))
				one(&r, s.p, s.len);
		}
	} else {
		one(&r, data, size);
	}
	fib_pub_free(r.pub);
	fib_sub_free(r.sub);
	return 0;
}
