// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration: defaults, order of endpoints, which peer-group a peer belongs to. */
#include <check.h>
#include <stdlib.h>

#include "l2mcd/l2mcd.h"
#include "l2mcd/l2mcd_pppoe.h"

static struct l2mcd_config config;

static void setup(void)
{
	qobj_init();
	l2mcd_config_init(&config);
}

static void teardown(void)
{
	l2mcd_config_reset(&config);
	qobj_finish();
}

static struct addr ip(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(text, &a), "%s", text);
	return a;
}

static void assert_defaults(const struct l2mcd_config *c)
{
	const struct l2mcd_multicast *m = &c->multicast;
	struct addr any = ip("0.0.0.0"), upstream = ip("10.99.0.1");

	ck_assert(!c->present);
	ck_assert_str_eq(c->host_name, "");
	ck_assert_int_eq(addr_cmp(&c->listen.addr, &any), 0);
	ck_assert_uint_eq(c->listen.port, 1701);
	ck_assert_uint_eq(l2mcd_profiles_count(&c->profiles), 0);
	ck_assert_uint_eq(l2mcd_peer_groups_count(&c->peer_groups), 0);
	ck_assert_uint_eq(l2mcd_accesses_count(&c->accesses), 0);
	ck_assert_int_eq(c->provider, L2MCD_PROVIDER_NONE);
	ck_assert_str_eq(m->upstream_interface, "l2mc0");
	ck_assert_int_eq(addr_cmp(&m->upstream_address, &upstream), 0);
	ck_assert_uint_eq(m->upstream_prefixlen, 30);
	ck_assert_uint_eq(l2mcd_ranges_count(&m->ranges), 0);
	ck_assert(!m->per_group && !m->immediate_leave && !m->sequencing && !m->drop_late);
	ck_assert_uint_eq(m->priority, L2MC_BEST_EFFORT);
	ck_assert_uint_eq(m->precedence, L2MC_INDIVIDUAL);
	ck_assert_uint_eq(l2mcd_subscribers_count(&m->subscribers), 0);
	ck_assert_uint_eq(m->threshold, 2);
	ck_assert_uint_eq(m->teardown, 0);
	ck_assert_uint_eq(m->holdtime_s, 10);
	/* RFC 3376 8.1, 8.2, 8.8 */
	ck_assert_uint_eq(m->robustness, 2);
	ck_assert_uint_eq(m->query_interval_s, 125);
	ck_assert_uint_eq(m->last_member_ds, 10);
	ck_assert_uint_eq(m->version, 3);
	ck_assert_str_eq(c->fib.endpoint, "");
	ck_assert_uint_eq(c->fib.heartbeat_ms, 1000);
	ck_assert_uint_eq(c->fib.misses, 3);
	ck_assert_uint_eq(c->fib.hold_on_loss_s, 300);
	ck_assert_uint_eq(c->fib.restart_time_s, 120);
}

START_TEST(reset_brings_back_the_defaults)
{
	struct addr a = ip("239.0.0.0");
	struct l2mcd_peer_group *g;

	assert_defaults(&config);
	config.present = true;
	config.listen.port = 1702;
	config.multicast.threshold = 9;
	config.fib.misses = 9;
	strlcpy(config.session_template, "ppp%d", sizeof(config.session_template));
	config.provider = L2MCD_PROVIDER_EXTERNAL;
	l2mcd_profile_add(&config, "p");
	g = l2mcd_peer_group_add(&config, "g", true);
	l2mcd_endpoint_set(g, &a, 0, NULL);
	l2mcd_access_add(&config, "eth0");
	ck_assert(l2mcd_range_add(&config.multicast, &a, 8));
	l2mcd_subscriber_add(&config.multicast, "s")->priority = 2;
	ck_assert_ptr_eq(l2mcd_subscriber_add(&config.multicast, "s"),
			 l2mcd_subscriber_find(&config.multicast, "s"));
	l2mcd_config_reset(&config);
	assert_defaults(&config);
}
END_TEST

START_TEST(adding_twice_gives_the_same_object)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_add(&config, "g", true);

	ck_assert_ptr_eq(l2mcd_peer_group_add(&config, "g", true), g);
	ck_assert_ptr_eq(l2mcd_peer_group_find(&config, "g"), g);
	ck_assert_ptr_null(l2mcd_peer_group_find(&config, "h"));
	ck_assert_ptr_eq(l2mcd_profile_add(&config, "p"), l2mcd_profile_add(&config, "p"));
	ck_assert_ptr_eq(l2mcd_access_add(&config, "eth0"), l2mcd_access_add(&config, "eth0"));
	l2mcd_peer_group_del(&config, g);
	ck_assert_ptr_null(l2mcd_peer_group_find(&config, "g"));
}
END_TEST

static void assert_order(struct l2mcd_peer_group *g, const char *expected)
{
	char text[256] = "", buf[ADDR_STRLEN];
	struct l2mcd_endpoint *e;

	frr_each (l2mcd_endpoints, &g->endpoints, e) {
		strlcat(text, addr_str(&e->addr, buf), sizeof(text));
		strlcat(text, " ", sizeof(text));
	}
	ck_assert_str_eq(text, expected);
}

START_TEST(endpoints_stand_in_order_of_preference_then_of_typing)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_add(&config, "g", true);
	struct addr a = ip("10.0.0.1"), b = ip("10.0.0.2"), c = ip("10.0.0.3");
	struct l2mcd_endpoint *e;

	l2mcd_endpoint_set(g, &b, 10, NULL);
	l2mcd_endpoint_set(g, &a, 10, NULL);
	e = l2mcd_endpoint_set(g, &c, 5, &a);
	assert_order(g, "10.0.0.3 10.0.0.2 10.0.0.1 ");
	ck_assert_int_eq(addr_cmp(&e->source, &a), 0);

	/* the same line again changes nothing, another preference moves the endpoint */
	e->denied_until = 77;
	ck_assert_ptr_eq(l2mcd_endpoint_set(g, &c, 5, NULL), e);
	ck_assert(addr_is_any(&e->source));
	assert_order(g, "10.0.0.3 10.0.0.2 10.0.0.1 ");
	l2mcd_endpoint_set(g, &c, 10, NULL);
	assert_order(g, "10.0.0.2 10.0.0.1 10.0.0.3 ");
	ck_assert_int_eq(e->denied_until, 77);

	ck_assert(l2mcd_endpoint_del(g, &b));
	ck_assert(!l2mcd_endpoint_del(g, &b));
	assert_order(g, "10.0.0.1 10.0.0.3 ");
}
END_TEST

static struct l2mcd_peer_group *acceptor(const char *name, const char *host, const char *prefix,
					 uint8_t len)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_add(&config, name, false);

	g->accept = true;
	strlcpy(g->match_host, host, sizeof(g->match_host));
	if (prefix) {
		g->has_match_prefix = true;
		g->match_prefix = ip(prefix);
		g->match_prefixlen = len;
	}
	return g;
}

static const char *match(const char *peer, const char *host)
{
	struct addr a = ip(peer);
	struct l2mcd_peer_group *g = l2mcd_config_match(&config, &a, host);

	return g ? g->name : "";
}

START_TEST(the_most_specific_peer_group_wins)
{
	/* in alphabetical order the least specific ones come first */
	acceptor("a-any", "", NULL, 0);
	acceptor("b-net", "", "10.0.0.0", 8);
	acceptor("c-subnet", "", "10.1.0.0", 16);
	acceptor("d-host", "lac1", NULL, 0);
	acceptor("e-host-net", "lac1", "10.1.0.0", 16);

	ck_assert_str_eq(match("192.0.2.1", "lac9"), "a-any");
	ck_assert_str_eq(match("10.9.0.1", "lac9"), "b-net");
	ck_assert_str_eq(match("10.1.0.1", "lac9"), "c-subnet");
	ck_assert_str_eq(match("10.9.0.1", "lac1"), "d-host");
	ck_assert_str_eq(match("10.1.0.1", "lac1"), "e-host-net");
}
END_TEST

START_TEST(a_group_that_may_not_accept_never_matches)
{
	struct l2mcd_peer_group *g = acceptor("g", "", NULL, 0);

	ck_assert_str_eq(match("10.0.0.1", "x"), "g");
	g->shutdown = true;
	ck_assert_str_eq(match("10.0.0.1", "x"), "");
	g->shutdown = false;
	g->accept = false;
	ck_assert_str_eq(match("10.0.0.1", "x"), "");
	g->accept = true;
	g->lac = true; /* and LNS: both (A4045-22) */
	ck_assert_str_eq(match("10.0.0.1", "x"), "g");
	g->lns = false;
	ck_assert_str_eq(match("10.0.0.1", "x"), "");
}
END_TEST

static const struct {
	const char *group;
	bool unlimited, in_ranges; /* without a group-range; with 232/8 and ff3e::/32 */
} groups[] = {
	{"224.0.0.5", false, false}, /* A4045-41 */
	{"ff02::1", false, false},   /* A4045-41 */
	{"10.0.0.1", false, false},  {"239.1.1.1", true, false},   {"232.1.1.1", true, true},
	{"ff0e::1", true, false},    {"ff3e::8000:1", true, true},
};

START_TEST(only_routed_groups_in_a_range_are_allowed)
{
	struct addr g = ip(groups[_i].group), v4 = ip("232.0.0.0"), v6 = ip("ff3e::");

	ck_assert_int_eq(l2mcd_config_group_allowed(&config, &g), groups[_i].unlimited);
	ck_assert(l2mcd_range_add(&config.multicast, &v4, 8));
	ck_assert(l2mcd_range_add(&config.multicast, &v6, 32));
	ck_assert(!l2mcd_range_add(&config.multicast, &v4, 8));
	ck_assert_int_eq(l2mcd_config_group_allowed(&config, &g), groups[_i].in_ranges);
	ck_assert(l2mcd_range_del(&config.multicast, &v4, 8));
	ck_assert(!l2mcd_range_del(&config.multicast, &v4, 8));
	ck_assert(l2mcd_range_del(&config.multicast, &v6, 32));
	ck_assert_int_eq(l2mcd_config_group_allowed(&config, &g), groups[_i].unlimited);
}
END_TEST

START_TEST(parameters_come_from_the_profile_or_are_the_defaults)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_add(&config, "g", true);
	struct l2mcd_profile *profile;
	struct l2tp_params p;

	strlcpy(g->profile, "fast", sizeof(g->profile)); /* does not exist yet */
	l2mcd_config_params(&config, g, &p);
	ck_assert_uint_eq(p.hello_interval_s, 60);
	ck_assert_uint_eq(p.receive_window, 16);
	ck_assert_uint_eq(p.retries, 5);
	ck_assert_uint_eq(p.rto_s, 1);
	ck_assert_uint_eq(p.rto_max_s, 16);
	ck_assert_int_eq(p.hiding, L2TP_HIDE_NEVER);
	ck_assert_uint_eq(p.secret_len, 0);
	ck_assert_str_eq(p.host_name, l2mcd_config_host_name(&config));
	ck_assert_uint_gt(strlen(p.host_name), 0);
	ck_assert(p.lac && p.offer_multicast);

	profile = l2mcd_profile_add(&config, "fast");
	profile->hello_interval_s = 5;
	profile->session_limit = 7;
	profile->hiding = L2TP_HIDE_REQUIRE;
	strlcpy(g->secret, "s3cret", sizeof(g->secret));
	strlcpy(config.host_name, "lns1", sizeof(config.host_name));
	g->multicast = L2MCD_MCAST_DISABLE;
	l2mcd_config_params(&config, g, &p);
	ck_assert_uint_eq(p.hello_interval_s, 5);
	ck_assert_uint_eq(p.session_limit, 7);
	ck_assert_int_eq(p.hiding, L2TP_HIDE_REQUIRE);
	ck_assert_uint_eq(p.secret_len, 6);
	ck_assert_mem_eq(p.secret, "s3cret", 6);
	ck_assert_str_eq(p.host_name, "lns1");
	ck_assert(p.lac && !p.offer_multicast); /* R4045-3.2-8 */

	g->lac = false;
	g->multicast = L2MCD_MCAST_REQUIRE;
	l2mcd_config_params(&config, g, &p);
	ck_assert(!p.lac && !p.offer_multicast); /* only a LAC sends AVP 80 */
}
END_TEST

START_TEST(accesses_differ_by_interface_and_tags)
{
	uint16_t tags[2] = {100, 200};
	struct l2mcd_access *a[4] = {
		l2mcd_access_add_pppoe(&config, "eth0", 0, NULL),
		l2mcd_access_add_pppoe(&config, "eth0", 1, tags),
		l2mcd_access_add_pppoe(&config, "eth0", 2, tags),
		l2mcd_access_add_pppoe(&config, "eth1", 1, tags),
	};
	char name[L2MCD_ACCESS_STRLEN];

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			ck_assert_ptr_ne(a[i], a[k]);
	ck_assert_ptr_eq(l2mcd_access_find_tagged(&config, "eth0", 2, tags), a[2]);
	ck_assert_ptr_eq(l2mcd_access_find(&config, "eth0"), a[0]);
	ck_assert_ptr_null(l2mcd_access_find(&config, "eth1"));
	ck_assert(l2mcd_access_on(&config, "eth1") && !l2mcd_access_on(&config, "eth"));
	ck_assert_str_eq(l2mcd_access_str("eth0", 2, tags, name), "eth0.100.200");
}
END_TEST

START_TEST(services_keep_their_order_and_their_peer_group)
{
	struct l2mcd_access *a = l2mcd_access_add_pppoe(&config, "eth0", 0, NULL);
	char name[16];

	strlcpy(a->peer_group, "rest", sizeof(a->peer_group));
	l2mcd_access_service_set(a, "x", "one");
	l2mcd_access_service_set(a, "y", "two");
	l2mcd_access_service_set(a, "x", "three");
	ck_assert_uint_eq(a->ppp.n_services, 2);
	ck_assert_str_eq(l2mcd_access_group(a, "x"), "three");
	ck_assert_str_eq(l2mcd_access_group(a, "z"), "");
	ck_assert_str_eq(l2mcd_access_group(a, NULL), "rest");
	ck_assert(l2mcd_access_uses(a, "rest") && l2mcd_access_uses(a, "two"));
	ck_assert(!l2mcd_access_uses(a, "one"));
	l2mcd_access_service_del(a, "x");
	l2mcd_access_service_del(a, "x");
	ck_assert_str_eq(a->ppp.services[0], "y");
	for (int i = 1; i < L2MCD_PPPOE_MAX_SERVICES; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		ck_assert(l2mcd_access_service_set(a, name, "two"));
	}
	ck_assert(!l2mcd_access_service_set(a, "one more", "two"));
}
END_TEST

/* ---------------------------------------------------------------- VLAN devices of ports */

static const struct {
	struct l2mcd_port a, b;
	bool outer, inner;
} ports[] = {
	{{.interface = "a", .n_vlans = 1, .vlan = {100}},
	 {.interface = "a", .n_vlans = 1, .vlan = {101}}},
	{{.interface = "a", .n_vlans = 1, .vlan = {100}},
	 {.interface = "b", .n_vlans = 1, .vlan = {100}}},
	{{.interface = "a", .n_vlans = 2, .vlan = {100, 1}},
	 {.interface = "a", .n_vlans = 2, .vlan = {100, 2}},
	 .outer = true},
	{{.interface = "a", .n_vlans = 2, .vlan = {100, 1}},
	 {.interface = "a", .n_vlans = 2, .vlan = {100, 1}},
	 .outer = true,
	 .inner = true},
	{{.interface = "a", .n_vlans = 2, .vlan = {100, 1}},
	 {.interface = "a", .n_vlans = 2, .vlan = {101, 1}}},
	/* a service tag and a customer tag are two devices */
	{{.interface = "a", .n_vlans = 2, .vlan = {100, 1}},
	 {.interface = "a", .n_vlans = 1, .vlan = {100}}},
	{{.interface = "a", .n_vlans = 1, .vlan = {100}}, {.interface = "a"}},
};

/* What one port has made stays while another has its sessions above it. */
START_TEST(ports_with_the_same_outer_tags_share_their_devices)
{
	const struct l2mcd_port *a = &ports[_i].a, *b = &ports[_i].b;

	ck_assert_int_eq(l2mcd_port_shares_vlan(a, b, 0), ports[_i].outer);
	ck_assert_int_eq(l2mcd_port_shares_vlan(b, a, 0), ports[_i].outer);
	ck_assert_int_eq(l2mcd_port_shares_vlan(a, b, 1), ports[_i].inner);
	ck_assert_int_eq(l2mcd_port_shares_vlan(b, a, 1), ports[_i].inner);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mcd_config");
	TCase *t = tcase_create("config");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, reset_brings_back_the_defaults);
	tcase_add_test(t, adding_twice_gives_the_same_object);
	tcase_add_test(t, endpoints_stand_in_order_of_preference_then_of_typing);
	tcase_add_test(t, the_most_specific_peer_group_wins);
	tcase_add_test(t, a_group_that_may_not_accept_never_matches);
	tcase_add_loop_test(t, only_routed_groups_in_a_range_are_allowed, 0, array_size(groups));
	tcase_add_test(t, parameters_come_from_the_profile_or_are_the_defaults);
	tcase_add_test(t, accesses_differ_by_interface_and_tags);
	tcase_add_test(t, services_keep_their_order_and_their_peer_group);
	tcase_add_loop_test(t, ports_with_the_same_outer_tags_share_their_devices, 0,
			    array_size(ports));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
