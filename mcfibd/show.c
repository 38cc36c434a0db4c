// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * show.c - objects with status and counters as JSON.
 */
#include "mcfibd/objects_p.h"

void dump_text(FILE *to, const char *text)
{
	const unsigned char *p;

	fputc('"', to);
	for (p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fprintf(to, "\\%c", *p);
		else if (*p < 0x20 || *p > 0x7e)
			fprintf(to, "\\u%04x", *p);
		else
			fputc(*p, to);
	}
	fputc('"', to);
}

static void dump_counters(struct objects *os, FILE *to, const char *name, uint32_t slot)
{
	struct mcf_counters c;

	maps_object_counters(os->maps, slot, &c);
	fprintf(to,
		", \"%s\": {\"packets\": %llu, \"bytes\": %llu, \"copies\": %llu, "
		"\"copied_bytes\": %llu, \"too_big\": %llu, \"failed\": %llu, "
		"\"no_branch\": %llu, \"malformed\": %llu, \"expired\": %llu, "
		"\"policed\": %llu, \"late\": %llu}",
		name, c.packets, c.bytes, c.copies, c.copied_bytes, c.too_big, c.failed,
		c.no_branch, c.malformed, c.expired, c.policed, c.late);
}

static void dump_branch(struct objects *os, FILE *to, uint32_t ctr)
{
	const struct mcf_branch_counters *c = maps_branch_counters(os->maps, ctr);

	fprintf(to,
		"\"packets\": %llu, \"bytes\": %llu, \"too_big\": %llu, \"failed\": %llu, "
		"\"policed\": %llu",
		c->packets, c->bytes, c->too_big, c->failed, c->policed);
}

static void dump_session(struct objects *os, FILE *to, const struct object *o)
{
	const struct fib_access_session *s = &o->value.access_session;
	const uint8_t *mac;

	fprintf(to, ", \"interface\": ");
	dump_text(to, s->interface);
	fprintf(to, ", \"role\": \"%s\"", s->role == FIB_ROLE_LAC ? "lac" : "lns");
	if (!o->session.in)
		return;
	mac = (const uint8_t *)&maps_branch_counters(os->maps, o->session.ctr_in)->mac;
	if (s->role == FIB_ROLE_LAC)
		fprintf(to, ", \"learned_mac\": \"%02x:%02x:%02x:%02x:%02x:%02x\"", mac[0], mac[1],
			mac[2], mac[3], mac[4], mac[5]);
	dump_counters(os, to, "from_tunnel", o->session.in);
	fprintf(to, ", \"late\": %llu", maps_object(os->maps, o->session.in)->late);
	if (o->session.seq)
		fprintf(to, ", \"next_ns\": %u",
			(unsigned int)(maps_seq(os->maps, o->session.seq->slot) & 0xffff));
	dump_counters(os, to, "to_tunnel", o->session.out);
}

static void dump_leg(FILE *to, const struct leg *l)
{
	const struct fib_p2mp_branch *v = &l->p2mp;
	char address[ADDR_STRLEN];

	if (l->kind == LEG_POP) {
		fprintf(to, "\"kind\": \"pop\", ");
		return;
	}
	if (l->kind != LEG_LABELS) {
		fprintf(to, "\"kind\": \"%s\", \"tunnel\": %u, \"session\": %u, ",
			l->kind == FIB_BRANCH_MULTICAST_SESSION ? "multicast" : "unicast",
			l->tunnel_id, l->session_id);
		return;
	}
	fprintf(to, "\"kind\": \"labels\", \"interface\": ");
	dump_text(to, v->interface);
	fprintf(to, ", \"next_hop\": \"%s\", \"labels\": [", addr_str(&v->next_hop, address));
	for (unsigned int i = 0; i < v->n_labels; i++)
		fprintf(to, "%s%u", i ? ", " : "", v->labels[i]);
	fprintf(to, "], ");
}

static void dump_fanout(struct objects *os, FILE *to, const struct object *o)
{
	const struct leg *l;
	size_t i;

	dump_counters(os, to, "counters", o->fanout.slot);
	if (o->key.table == FIB_L2TP_REPLICATION)
		fprintf(to, ", \"late\": %llu", maps_object(os->maps, o->fanout.slot)->late);
	fprintf(to, ", \"branches\": [");
	for (i = 0; i < o->fanout.n_legs; i++) {
		l = &o->fanout.legs[i];
		fprintf(to, "%s{", i ? ", " : "");
		dump_leg(to, l);
		if (l->priority)
			fprintf(to, "\"priority\": \"%s\", ", fib_priority_name(l->priority));
		if (l->seq)
			fprintf(to, "\"next_ns\": %u, ",
				(unsigned int)(maps_seq(os->maps, l->seq->slot) & 0xffff));
		dump_branch(os, to, l->ctr);
		fputc('}', to);
	}
	fputc(']', to);
}

static void dump_object(struct objects *os, FILE *to, const struct object *o)
{
	char name[128];

	fprintf(to, "{\"object\": ");
	dump_text(to, fib_key_str(&o->key, name, sizeof(name)));
	fprintf(to,
		", \"table\": \"%s\", \"generation\": %" PRIu64 ", \"result\": \"%s\", \"text\": ",
		fib_table_name(o->key.table), o->generation, fib_result_name(o->result));
	dump_text(to, o->text);
	switch (o->key.table) {
	case FIB_L2TP_TUNNEL:
		dump_counters(os, to, "received", o->tunnel.slot);
		break;
	case FIB_ACCESS_SESSION:
		dump_session(os, to, o);
		break;
	default:
		dump_fanout(os, to, o);
		break;
	}
	fputc('}', to);
}

void objects_dump(struct objects *os, FILE *to)
{
	struct object *o;
	bool first = true;
	uint32_t t;

	fputc('[', to);
	for (t = 1; t < FIB_TABLES; t++) {
		frr_each (object_keys, &os->keys, o) {
			if (!o->present || o->leaving || o->key.table != t)
				continue;
			fputs(first ? "\n  " : ",\n  ", to);
			dump_object(os, to, o);
			first = false;
		}
	}
	fputs("\n ]", to);
}
