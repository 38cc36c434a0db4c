// SPDX-License-Identifier: GPL-2.0-or-later
/* A publisher and scripted consumers; see fib_rig.h. */
#include "tests/unit/fib_rig.h"

struct fib_pub *pub;
struct fib_pub_params params;
struct peer peers[PEERS];
struct news news;
msec_t now;
unsigned int ups, downs, activities, slows;
char down_reason[FIB_TEXT_LEN];

static void on_installed(void *ctx, const struct fib_key *key, uint64_t generation,
			 enum fib_install state, const char *text)
{
	news.n++;
	news.key = *key;
	news.generation = generation;
	news.state = state;
	snprintf(news.text, sizeof(news.text), "%s", text);
}

static void on_activity(void *ctx, const struct fib_consumer *c, const struct fib_activity *a)
{
	activities++;
}

static void on_consumer(void *ctx, const struct fib_consumer *c, bool up, const char *reason)
{
	if (up)
		ups++;
	else
		downs++;
	snprintf(down_reason, sizeof(down_reason), "%s", reason);
}

static void on_slow(void *ctx, const struct fib_consumer *c, msec_t since)
{
	ck_assert_int_le(since, now);
	slows++;
}

static const struct fib_pub_ops ops = {on_installed, on_activity, on_consumer, on_slow};

void rig_setup(void)
{
	now = 5000;
	ups = downs = activities = slows = 0;
	memset(&news, 0, sizeof(news));
	memset(peers, 0, sizeof(peers));
	fib_pub_params_default(&params);
	pub = fib_pub_new(&params, &ops, NULL, EPOCH, now);
	for (int i = 0; i < PEERS; i++) {
		peers[i].route = (struct fib_route){.len = 1, .id = {i + 1}};
		peers[i].hello = (struct fib_hello){
			.instance_uuid = {i + 1},
			.role = FIB_PRIMARY,
			.proto_min = FIB_PROTO,
			.proto_max = FIB_PROTO,
			.tables = FIB_TABLE_ALL,
			.capabilities = {.l2tp_replication = true, .unicast_sessions = true},
		};
		snprintf(peers[i].hello.name, FIB_NAME_LEN, "peer%d", i);
	}
}

void rig_teardown(void)
{
	fib_pub_free(pub);
	pub = NULL;
}

/* ---------------------------------------------------------------- consumers */

void say(int peer, struct fib_msg m)
{
	m.seq = ++peers[peer].seq;
	if (!m.epoch)
		m.epoch = EPOCH;
	fib_pub_input(pub, &peers[peer].route, &m, now);
	fib_msg_free(&m);
}

void say_hello(int peer)
{
	struct fib_msg m = {.type = FIB_MSG_HELLO};

	m.hello = peers[peer].hello;
	peers[peer].seq = 0;
	say(peer, m);
}

void say_ack(int peer, uint64_t seq)
{
	struct fib_msg m = {.type = FIB_MSG_ACK};

	m.ack.seq = seq;
	say(peer, m);
}

void say_status(int peer, const struct fib_key *key, uint64_t generation, enum fib_result result,
		const char *text)
{
	struct fib_msg m = {.type = FIB_MSG_STATUS};

	m.status.n = 1;
	m.status.status = fib_alloc(1, sizeof(struct fib_status));
	m.status.status->key = *key;
	m.status.status->generation = generation;
	m.status.status->result = result;
	snprintf(m.status.status->text, FIB_TEXT_LEN, "%s", text);
	say(peer, m);
}

static int peer_at(const struct fib_route *to)
{
	for (int i = 0; i < PEERS; i++)
		if (memcmp(to, &peers[i].route, sizeof(*to)) == 0)
			return i;
	return -1;
}

struct fib_msg hear(int peer, enum fib_msg_type type)
{
	struct fib_route to = {};
	struct fib_msg m;

	ck_assert_msg(fib_pub_output(pub, &to, &m, now), "nothing said, expected %d", type);
	ck_assert_int_eq(peer_at(&to), peer);
	ck_assert_int_eq(m.type, type);
	ck_assert_uint_eq(m.epoch, EPOCH);
	return m;
}

void hear_nothing(void)
{
	struct fib_route to;
	struct fib_msg m;

	if (fib_pub_output(pub, &to, &m, now))
		ck_abort_msg("said %d to %d", m.type, peer_at(&to));
}

size_t hear_all(void)
{
	struct fib_route to = {};
	struct fib_msg m;
	size_t ops = 0;

	while (fib_pub_output(pub, &to, &m, now)) {
		if (m.type == FIB_MSG_UPDATE)
			ops += m.update.n_ops;
		if (m.type != FIB_MSG_BYE)
			say_ack(peer_at(&to), m.seq);
		fib_msg_free(&m);
	}
	return ops;
}

void go_live(int peer)
{
	say_hello(peer);
	hear_all();
	ck_assert_str_eq(info_of(peer).state, "live");
}

void expect_bye(int peer, enum fib_bye_code code)
{
	struct fib_msg m = hear(peer, FIB_MSG_BYE);

	ck_assert_int_eq(m.bye.code, code);
	ck_assert_str_ne(m.bye.text, "");
	ck_assert_ptr_null(info_of(peer).name);
}

/* ---------------------------------------------------------------- objects */

struct fib_key flow_key(int n)
{
	uint8_t octets[4] = {232, n >> 16, n >> 8, n};
	struct addr group = addr_from_v4(octets);

	return fib_key_l2tp_flow("", &group, NULL);
}

uint64_t set_flow(int n, uint16_t first, size_t branches)
{
	struct fib_key key = flow_key(n);
	union fib_value v = {.l2tp_flow = {.upstream_interface = "l2mc0", .n_branches = branches}};

	v.l2tp_flow.branches = fib_alloc(branches, sizeof(struct fib_flow_branch));
	for (size_t i = 0; i < branches; i++)
		v.l2tp_flow.branches[i] = (struct fib_flow_branch){
			.kind = FIB_BRANCH_MULTICAST_SESSION,
			.tunnel_id = 40000,
			.session_id = first + i,
			.peer_session_id = 50000,
			.sequencing = true,
		};
	return fib_pub_set(pub, &key, &v);
}

void set_tunnel(uint16_t id)
{
	struct fib_key key = fib_key_l2tp_tunnel(id);
	union fib_value v = {.l2tp_tunnel = {.peer_tunnel_id = id}};

	fib_pub_set(pub, &key, &v);
}

void set_session(uint16_t tunnel, uint16_t id, bool unicast)
{
	struct fib_key key = fib_key_access_session(tunnel, id);
	union fib_value v = {.access_session = {.peer_session_id = id,
						.role = FIB_ROLE_LAC,
						.framing = FIB_FRAMING_RAW_IP,
						.unicast = unicast}};

	fib_pub_set(pub, &key, &v);
}

enum fib_install state_of(const struct fib_key *key)
{
	struct fib_object_info info;

	ck_assert(fib_pub_lookup(pub, key, &info));
	return info.state;
}

struct wanted {
	const char *name;
	struct fib_consumer_info info;
};

static void match(void *arg, const struct fib_consumer *c)
{
	struct wanted *w = arg;
	struct fib_consumer_info info;

	fib_consumer_info(c, &info);
	if (strcmp(info.name, w->name) == 0)
		w->info = info;
}

struct fib_consumer_info info_of(int peer)
{
	struct wanted w = {.name = peers[peer].hello.name};

	fib_pub_consumers(pub, match, &w);
	return w.info;
}
