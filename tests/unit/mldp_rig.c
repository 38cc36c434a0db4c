// SPDX-License-Identifier: GPL-2.0-or-later
/* One LSR's tree engine, in words; see mldp_rig.h. */
#include "tests/unit/mldp_rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEERS 8
#define FECS  6
#define WORDS 12

struct rig_peer {
	char name[8];
	struct addr address;
	struct mldp_peer *p;
	uint32_t capabilities, asked; /* asked: message ID of our last Request */
};

struct rig_route {
	struct addr root, hops[WORDS];
	size_t n;
	bool asked; /* answer when the step is over */
};

static struct mldp *m;
static struct rig_route routes[3];
static struct twheel wheel;
static struct rig_peer peers[PEERS];
static unsigned int fec; /* the present one */
static unsigned int labels_left, next_label;
static bool in_use[1000];
static char entries[1000][160]; /* of labels; 0: what we push as root, by FEC */
static char pushes[FECS + 1][160];
static uint32_t message_id;
static bool upstream_labels; /* we have announced them */
static struct {
	char key[40], text[160]; /* "17/3001@u1" */
} contexts[20];
static char said[4000];

/* ---------------------------------------------------------------- names */

static struct addr address(const char *text)
{
	struct addr a = ADDR_ANY;

	for (unsigned int i = 0; i < PEERS; i++)
		if (strcmp(peers[i].name, text) == 0)
			return peers[i].address;
	ck_assert_msg(addr_parse(text, &a), "no address: %s", text);
	return a;
}

/* 1, 2: one root, opaque value of H-1.  3: another root, opaque value of 1.  4: in-band, H-2.
 * 5: opaque value of no known kind.  6: IPv6 root. */
struct mldp_fec mldp_rig_fec(unsigned int n)
{
	const struct addr root = address(n == 3	  ? "10.0.0.2"
					 : n == 6 ? "2001:db8::10"
						  : "10.0.0.1");
	const struct addr s = address("10.1.1.1"), g = address("232.1.1.1");
	struct mldp_fec f;

	ck_assert(n >= 1 && n <= FECS);
	f = n == 4 ? mldp_fec_source(&root, &s, &g) : mldp_fec_generic(&root, n == 2 ? 2 : 42);
	if (n == 5)
		memcpy(f.opaque, "\xff\x9c\x40\x00\x02", 5); /* extended type 40000 */
	return f;
}

static unsigned int fec_number(const struct mldp_fec *f)
{
	for (unsigned int n = 1; n <= FECS; n++) {
		struct mldp_fec other = mldp_rig_fec(n);

		other.type = f->type;
		if (mldp_fec_cmp(&other, f) == 0)
			return n;
	}
	ck_abort_msg("a FEC that nobody knows");
	return 0;
}

static struct rig_peer *slot(const char *name)
{
	for (unsigned int i = 0; i < PEERS; i++)
		if (strcmp(peers[i].name, name) == 0)
			return &peers[i];
	return NULL;
}

struct mldp_peer *mldp_rig_peer(const char *name)
{
	struct rig_peer *s = slot(name);

	ck_assert_msg(s && s->p, "no peer: %s", name);
	return s->p;
}

static const char *name_of(const struct mldp_peer *p)
{
	return ((const struct rig_peer *)mldp_peer_data(p))->name;
}

/* ---------------------------------------------------------------- what the engine does */

static void say(const char *format, ...) PRINTFRR(1, 2);

static void say(const char *format, ...)
{
	size_t n = strlen(said);
	va_list ap;

	n += (size_t)snprintf(said + n, sizeof(said) - n, "%s", n ? "; " : "");
	va_start(ap, format);
	vsnprintf(said + n, sizeof(said) - n, format, ap);
	va_end(ap);
	ck_assert_uint_lt(strlen(said), sizeof(said) - 1);
}

static const char *about(const struct mldp_fec *f)
{
	static char text[8];
	unsigned int n = fec_number(f);

	snprintf(text, sizeof(text), "(%u)", n);
	return n == 1 ? "" : text;
}

static uint32_t label_alloc(void *ctx)
{
	if (!labels_left)
		return 0;
	labels_left--;
	in_use[++next_label] = true;
	return next_label;
}

static void label_free(void *ctx, uint32_t label)
{
	ck_assert_msg(in_use[label], "%u is freed twice", label);
	ck_assert_msg(!entries[label][0], "%u is freed and still forwards", label);
	in_use[label] = false;
	labels_left++;
	say("free %u", label);
}

/* It can be written, and has the TLVs of upstream label assignment only between two that have
 * announced it (M-5331-4-1). */
static void check_message(const struct rig_peer *to, struct ldp_msg *msg)
{
	uint8_t buf[1000];

	msg->id = ++message_id;
	ck_assert_uint_gt(ldp_msg_encode(msg, buf, sizeof(buf)), 0);
	if (!upstream_labels || !(to->capabilities & LDP_CAP_UPSTREAM_LABEL))
		ck_assert(!msg->has_upstream_label && !msg->upstream_request);
}

/* M-6389-4.1-1, M-6389-6-2: the answer to Request 77, with the context of the LAN. */
static void check_shared(const struct ldp_msg *msg)
{
	ck_assert_msg(in_use[msg->upstream_label], "%u is told and not ours", msg->upstream_label);
	ck_assert(msg->has_request_id && msg->has_context);
	ck_assert_uint_eq(msg->request_id, 77);
}

static const char *element(const struct ldp_fec *f)
{
	static char text[40];

	if (f->kind == LDP_FEC_MULTIPOINT)
		return f->mp.type == MLDP_P2MP ? "" : " mp2mp";
	if (f->kind == LDP_FEC_WILDCARD)
		return " all";
	snprintf(text, sizeof(text), " type %u %u", f->wildcard_type, f->wildcard_family);
	return text;
}

static void send(void *ctx, struct mldp_peer *p, struct ldp_msg *msg)
{
	static const char *const verbs[] = {
		[LDP_LABEL_MAPPING & 0xf] = "map",     [LDP_LABEL_WITHDRAW & 0xf] = "withdraw",
		[LDP_LABEL_RELEASE & 0xf] = "release", [LDP_LABEL_REQUEST & 0xf] = "ask",
		[LDP_LABEL_ABORT & 0xf] = "abort",
	};
	struct rig_peer *to = mldp_peer_data(p);
	const char *verb = "ack", *which;
	char label[40] = "";

	check_message(to, msg);
	if (msg->type == LDP_LABEL_REQUEST)
		to->asked = msg->id;
	if (msg->type == LDP_NOTIFICATION && msg->mbb != LDP_MBB_ACK) {
		say("notify %s %s", name_of(p), ldp_status_name(msg->status.code));
		ck_assert_uint_eq(msg->status.message_id, 77);
		return;
	}
	ck_assert_uint_eq(msg->n_fecs, 1);
	if (msg->type != LDP_NOTIFICATION)
		verb = verbs[msg->type & 0xf];
	else
		ck_assert_uint_eq(msg->status.code, LDP_S_MP_STATUS);
	if (msg->type == LDP_LABEL_MAPPING && msg->has_upstream_label)
		check_shared(msg);
	else if (msg->type == LDP_LABEL_MAPPING)
		ck_assert_msg(in_use[msg->label], "%u is told and not ours", msg->label);
	if (msg->type == LDP_LABEL_ABORT)
		ck_assert_uint_eq(msg->request_id, to->asked);
	if (msg->has_context)
		snprintf(label, sizeof(label), " ^%u/%u", msg->context_label, msg->upstream_label);
	else if (msg->has_upstream_label)
		snprintf(label, sizeof(label), " ^%u", msg->upstream_label);
	else if (msg->has_label)
		snprintf(label, sizeof(label), " %u", msg->label);
	which = msg->fecs[0].kind == LDP_FEC_MULTIPOINT ? about(&msg->fecs[0].mp) : "";
	say("%s %s%s%s%s%s", verb, name_of(p), element(&msg->fecs[0]), label,
	    msg->mbb == LDP_MBB_REQUEST ? " mbb" : "", which);
}

static struct rig_route *route_of(const struct addr *root)
{
	struct rig_route *r = routes;

	while (!addr_is_any(&r->root) && addr_cmp(&r->root, root) != 0)
		r++;
	ck_assert(r < routes + array_size(routes));
	r->root = *root;
	return r;
}

static void watch_route(void *ctx, const struct addr *root, bool watch)
{
	route_of(root)->asked = watch;
}

static void branches_text(char *text, size_t size, const struct mldp_branch *b, size_t n)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		if (b[i].context)
			at += (size_t)snprintf(text + at, size - at, " ^%u/%u@%s", b[i].context,
					       b[i].label, b[i].interface);
		else
			at += (size_t)snprintf(text + at, size - at, " %s/%u@%s",
					       name_of(b[i].peer), b[i].label, b[i].interface);
}

/* Forwarding is told more often than it changes; the change is the news. */
static bool changed(char *known, size_t size, const char *text)
{
	if (strcmp(known, text) == 0)
		return false;
	snprintf(known, size, "%s", text);
	return true;
}

static void ilm(void *ctx, const struct mldp_lsp *lsp, uint32_t label,
		const struct mldp_branch *branches, size_t n, bool local)
{
	struct mldp_lsp_info i;
	char text[160];

	mldp_lsp_info(lsp, &i);
	ck_assert_msg(in_use[label], "%u forwards and is not ours", label);
	branches_text(text, sizeof(text), branches, n);
	if (local)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " here");
	if (changed(entries[label], sizeof(entries[label]), text))
		say("%u:%s%s", label, text[0] ? text : " gone", about(i.fec));
}

static void context_ilm(void *ctx, const struct mldp_lsp *lsp, const struct mldp_context *c,
			uint32_t label, const struct mldp_branch *branches, size_t n, bool local)
{
	struct mldp_lsp_info i;
	char text[160], key[40];
	size_t at = 0;

	mldp_lsp_info(lsp, &i);
	snprintf(key, sizeof(key), "^%u/%u@%s", c->label, label, c->interface);
	while (contexts[at].key[0] && strcmp(contexts[at].key, key) != 0)
		ck_assert_uint_lt(++at, array_size(contexts));
	snprintf(contexts[at].key, sizeof(contexts[at].key), "%s", key);
	branches_text(text, sizeof(text), branches, n);
	if (local)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " here");
	if (changed(contexts[at].text, sizeof(contexts[at].text), text))
		say("%s:%s%s", key, text[0] ? text : " gone", about(i.fec));
}

static void on_root(void *ctx, const struct mldp_lsp *lsp, const struct mldp_branch *branches,
		    size_t n)
{
	struct mldp_lsp_info i;
	char text[160], *known;

	mldp_lsp_info(lsp, &i);
	known = pushes[fec_number(i.fec)];
	branches_text(text, sizeof(text), branches, n);
	if (changed(known, sizeof(pushes[0]), text))
		say("push%s%s", text[0] ? text : " nothing", about(i.fec));
}

static bool busy;

static bool installed(void *ctx, const struct mldp_lsp *lsp, uint32_t label)
{
	return !busy;
}

static const struct mldp_ops ops = {
	.label_alloc = label_alloc,
	.label_free = label_free,
	.send = send,
	.watch_route = watch_route,
	.ilm = ilm,
	.context_ilm = context_ilm,
	.root = on_root,
	.installed = installed,
};

/* ---------------------------------------------------------------- what happens */

static uint32_t capabilities(char **w, unsigned int n)
{
	uint32_t caps = 0;

	for (unsigned int i = 0; i < n; i++)
		caps |= strcmp(w[i], "p2mp") == 0	? LDP_CAP_P2MP
			: strcmp(w[i], "mbb") == 0	? LDP_CAP_MBB
			: strcmp(w[i], "upstream") == 0 ? LDP_CAP_UPSTREAM_LABEL
							: 0;
	return caps;
}

static void set_links(struct rig_peer *s, char **w, unsigned int n)
{
	struct mldp_link links[WORDS];

	memset(links, 0, sizeof(links));
	for (unsigned int i = 0; i < n; i++) {
		snprintf(links[i].interface, sizeof(links[i].interface), "%s", w[i]);
		links[i].ifindex = (unsigned int)(w[i][0] << 8 | w[i][1]);
		links[i].next_hop = s->address;
	}
	mldp_peer_links(s->p, links, n, wheel.now);
}

static void peer_up(char **w, unsigned int n)
{
	struct rig_peer *s = slot(w[1]);
	char link[8], *links[] = {link};
	struct ldp_id id;

	if (!s)
		s = slot("");
	ck_assert(s && !s->p);
	snprintf(s->name, sizeof(s->name), "%s", w[1]);
	/* U1, U2: 192.0.2.1, .2; D1, D2: 192.0.2.101, .102 */
	snprintf(link, sizeof(link), "192");
	id = (struct ldp_id){.lsr_id = (uint32_t)(w[1][0] << 8 | w[1][1])};
	s->address = addr_from_v4((const uint8_t[]){
		192, 0, 2, (uint8_t)((w[1][0] == 'D' ? 100 : 0) + w[1][1] - '0')});
	s->capabilities = n > 2 ? capabilities(w + 2, n - 2) : LDP_CAP_P2MP | LDP_CAP_MBB;
	s->p = mldp_peer_up(m, &id, s->capabilities, s, wheel.now);
	snprintf(link, sizeof(link), "%c%c", w[1][0] == 'D' ? 'd' : 'u', w[1][1]);
	set_links(s, links, 1); /* Hellos come before addresses */
	mldp_peer_address(s->p, &s->address, true, wheel.now);
}

static void peer_down(struct rig_peer *s)
{
	struct mldp_peer *p = s->p;

	s->p = NULL;
	mldp_peer_down(p, wheel.now);
}

static void route(char **w, unsigned int n)
{
	struct mldp_fec f = mldp_rig_fec(fec);
	struct rig_route *r = route_of(&f.root);

	for (r->n = 0; r->n < n; r->n++)
		r->hops[r->n] = address(w[r->n]);
	r->asked = true;
}

static void answer_routes(void)
{
	for (struct rig_route *r = routes; r < routes + array_size(routes); r++) {
		bool asked = r->asked;

		r->asked = false;
		if (asked)
			mldp_route(m, &r->root, r->hops, r->n, wheel.now);
	}
}

static void let_pass(msec_t ms)
{
	msec_t until = wheel.now + ms, next;

	while ((next = twheel_next(&wheel)) <= until)
		twheel_run(&wheel, next);
	twheel_run(&wheel, until);
}

/* "D1 VERB [all | type 6 [1]] [LABEL] [mbb]" */
static void message(struct rig_peer *s, char **w, unsigned int n)
{
	static const struct {
		const char *verb;
		enum ldp_msg_type type;
	} types[] = {
		{"map", LDP_LABEL_MAPPING},	{"withdraw", LDP_LABEL_WITHDRAW},
		{"release", LDP_LABEL_RELEASE}, {"request", LDP_LABEL_REQUEST},
		{"ack", LDP_NOTIFICATION},	{"advice", LDP_NOTIFICATION},
		{"refuse", LDP_NOTIFICATION},	{"abort", LDP_LABEL_ABORT},
	};
	struct ldp_fec f = {.kind = LDP_FEC_MULTIPOINT, .mp = mldp_rig_fec(fec)};
	struct ldp_msg msg = {.id = 77, .fecs = &f, .n_fecs = 1};

	for (unsigned int i = 0; i < array_size(types); i++)
		if (strcmp(types[i].verb, w[0]) == 0)
			msg.type = types[i].type;
	ck_assert_msg(msg.type, "%s?", w[0]);
	if (strcmp(w[0], "ack") == 0) {
		msg.has_status = true;
		msg.status.code = LDP_S_MP_STATUS;
		msg.mbb = LDP_MBB_ACK;
	}
	if (strcmp(w[0], "refuse") == 0) { /* our last Request */
		msg.has_status = true;
		msg.status.code = LDP_S_NO_LABEL_RESOURCES;
		msg.status.message_type = LDP_LABEL_REQUEST;
		msg.status.message_id = s->asked;
	}
	for (unsigned int i = 1; i < n; i++) {
		if (strcmp(w[i], "asked") == 0) {
			msg.upstream_request = true;
		} else if (strcmp(w[i], "context") == 0) {
			msg.has_context = true;
			msg.context_label = (uint32_t)atoi(w[i + 1]);
			msg.context_source = address(w[i + 2]);
			i += 2;
		} else if (strcmp(w[i], "mbb") == 0) {
			msg.mbb = LDP_MBB_REQUEST;
		} else if (strcmp(w[i], "all") == 0) {
			f.kind = LDP_FEC_WILDCARD;
		} else if (strcmp(w[i], "type") == 0) {
			f.kind = LDP_FEC_TYPED_WILDCARD;
			f.wildcard_type = (uint16_t)atoi(w[i + 1]);
			f.wildcard_family = (uint16_t)atoi(w[i + 2]);
			i += 2;
		} else if (strcmp(w[i], "mp2mp") == 0) {
			f.mp.type = MLDP_MP2MP_DOWN;
		} else if (strcmp(w[i], "upstream") == 0) {
			msg.has_upstream_label = true;
			msg.upstream_label = (uint32_t)atoi(w[++i]);
		} else {
			msg.has_label = true;
			msg.label = (uint32_t)atoi(w[i]);
		}
	}
	mldp_input(s->p, &msg, wheel.now);
}

static unsigned int index_of(const char *interface)
{
	return (unsigned int)(interface[0] << 8 | interface[1]);
}

static void local(char **w, unsigned int n)
{
	struct mldp_fec f = mldp_rig_fec(fec);
	bool on = strcmp(w[0], "no") != 0;
	const char *what = w[!on];
	struct addr a;

	if (strcmp(what, "busy") == 0) {
		busy = on;
	} else if (strcmp(what, "lan") == 0) {
		a = on ? address(w[2]) : ADDR_ANY;
		mldp_interface(m, index_of(w[!on + 1]), &a, (uint8_t)atoi(w[3]), wheel.now);
	} else if (strcmp(what, "leaf") == 0) {
		mldp_leaf(m, &f, on, wheel.now);
	} else if (strcmp(what, "own") == 0) {
		mldp_local_address(m, &f.root, on, wheel.now);
	} else if (strcmp(what, "via") == 0) {
		a = strcmp(w[1], "none") == 0 ? ADDR_ANY : address(w[1]);
		mldp_route_override(m, &f, &a, wheel.now);
	} else if (strcmp(what, "address") == 0) {
		a = address(w[!on + 2]);
		mldp_peer_address(mldp_rig_peer(w[!on + 1]), &a, on, wheel.now);
	} else {
		ck_abort_msg("%s?", what);
	}
}

static void step(char **w, unsigned int n)
{
	struct mldp_fec f = mldp_rig_fec(fec);
	struct rig_peer *s = slot(w[0]);

	if (s)
		message(s, w + 1, n - 1);
	else if (strcmp(w[0], "up") == 0)
		peer_up(w, n);
	else if (strcmp(w[0], "down") == 0)
		peer_down(slot(w[1]));
	else if (strcmp(w[0], "caps") == 0)
		mldp_peer_capabilities(mldp_rig_peer(w[1]), capabilities(w + 2, n - 2), wheel.now);
	else if (strcmp(w[0], "links") == 0)
		set_links(slot(w[1]), w + 2, n - 2);
	else if (strcmp(w[0], "route") == 0)
		route(w + 1, n - 1);
	else if (strcmp(w[0], "clear") == 0)
		mldp_lsp_clear(mldp_lsp_find(m, &f), wheel.now);
	else if (strcmp(w[0], "wait") == 0)
		let_pass((msec_t)atol(w[1]));
	else if (strcmp(w[0], "fec") == 0)
		fec = (unsigned int)atoi(w[1]);
	else if (strcmp(w[0], "labels") == 0)
		labels_left = (unsigned int)atoi(w[1]);
	else
		local(w, n);
}

const char *mldp_do(const char *happens)
{
	char text[200], *w[WORDS + 3] = {}, *save = NULL;
	unsigned int n = 0;

	snprintf(text, sizeof(text), "%s", happens);
	for (char *t = strtok_r(text, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
		ck_assert_uint_lt(n, WORDS);
		w[n++] = t;
	}
	for (unsigned int i = n; i < WORDS + 3; i++)
		w[i] = text + sizeof(text) - 1; /* empty */
	text[sizeof(text) - 1] = '\0';
	said[0] = '\0';
	step(w, n);
	answer_routes();
	return said;
}

void mldp_play(const struct mldp_step *steps)
{
	for (const struct mldp_step *s = steps; s->happens; s++) {
		const char *does = mldp_do(s->happens);

		ck_assert_msg(strcmp(does, s->does ? s->does : "") == 0,
			      "step %d, %s:\n  %s\nis not\n  %s", (int)(s - steps) + 1, s->happens,
			      does, s->does ? s->does : "");
	}
}

/* ---------------------------------------------------------------- life cycle */

void mldp_setup(void)
{
	struct mldp_params p;

	twheel_init(&wheel, 1000);
	mldp_params_default(&p);
	memset(peers, 0, sizeof(peers));
	memset(routes, 0, sizeof(routes));
	memset(in_use, 0, sizeof(in_use));
	memset(entries, 0, sizeof(entries));
	memset(pushes, 0, sizeof(pushes));
	memset(contexts, 0, sizeof(contexts));
	upstream_labels = false;
	fec = 1;
	busy = false;
	labels_left = 800;
	next_label = 100;
	m = mldp_new(&p, &ops, NULL, &wheel);
}

void mldp_restart(const struct mldp_params *p)
{
	mldp_free(m);
	upstream_labels = p->upstream_labels;
	m = mldp_new(p, &ops, NULL, &wheel);
}

const char *mldp_change(const struct mldp_params *p)
{
	said[0] = '\0';
	mldp_set_params(m, p);
	return said;
}

/* When all have gone there is no label, no entry, no LSP and no timer left. */
void mldp_teardown(void)
{
	for (unsigned int n = 1; n <= FECS; n++) {
		struct mldp_fec f = mldp_rig_fec(n);

		mldp_leaf(m, &f, false, wheel.now);
		mldp_route_override(m, &f, &ADDR_ANY, wheel.now);
	}
	for (unsigned int i = 0; i < PEERS; i++)
		if (peers[i].p)
			peer_down(&peers[i]);
	for (unsigned int i = 0; i < array_size(in_use); i++) {
		ck_assert_msg(!in_use[i], "label %u is left over", i);
		ck_assert_str_eq(entries[i], "");
	}
	for (unsigned int n = 1; n <= FECS; n++)
		ck_assert_str_eq(pushes[n], "");
	for (unsigned int i = 0; i < array_size(contexts); i++)
		ck_assert_str_eq(contexts[i].text, "");
	ck_assert_uint_eq(mldp_stats(m)->shared_labels, 0);
	ck_assert_uint_eq(mldp_stats(m)->lsps, 0);
	ck_assert_uint_eq(mldp_stats(m)->branches, 0);
	ck_assert_uint_eq(mldp_stats(m)->labels, 0);
	ck_assert_uint_eq(mldp_stats(m)->peers, 0);
	mldp_free(m);
	ck_assert_uint_eq(wheel.count, 0);
	twheel_fini(&wheel);
}

const struct mldp_stats *mldp_rig_stats(void)
{
	return mldp_stats(m);
}

const struct mldp_lsp_info *mldp_rig_lsp(void)
{
	static struct mldp_lsp_info info;
	struct mldp_fec f = mldp_rig_fec(fec);
	struct mldp_lsp *lsp = mldp_lsp_find(m, &f);

	if (!lsp)
		return NULL;
	mldp_lsp_info(lsp, &info);
	return &info;
}
