# SPDX-License-Identifier: GPL-2.0-or-later
"""What makes a tree label-switched (RFC 3353 5), what keeps it, and its branches that are not.

                 lan             rcv2
                  |               |
           src - pe1 --- p1 --- pe2
                  |
                 ce - far

PIM runs in the core, too, with pe1 as RP: the shared trees of 239/8 are routed (RFC 3353 3.4,
method c).  Sources are joined through the LSPs: the RPF of pe2 for them is mplsmc0.
"""
import signal
import time

import pytest

from forwarders import MulticastRouting
from lab import FRR, Router, Subscriber
from mpls_lab import SOURCE, SOURCE_PREFIX, MplsLab, router_id
from netns import veth, wait_for
from pim6 import Forwarder
from tap import LabelTap, PlainTap

RATE, KEEPALIVE = 200, 35  # pimd looks for traffic every 31 s, and asks for some in the last 30
KEPT, ENDED, SHARED = "239.2.2.2", "239.3.3.3", "239.1.1.1"
MANY = 40000  # more changes than a socket buffer holds
SOURCE6, BY_HAND6 = "2001:db8:1::2", "ff3e::8000:1"
BY_HAND, BEFORE, SPECIFIC, MIXED = "232.1.1.3", "232.1.1.4", "232.1.1.5", "232.1.1.6"
IGMP = " ip igmp\n ip igmp last-member-query-count 1\n ip igmp last-member-query-interval 1\n"

CE_PIMD = f"""\
hostname ce
interface pe1
 ip pim
!
interface edge
 ip pim
{IGMP}!
"""


class Line(MplsLab):
    names, links, egress = ("pe1", "p1", "pe2"), (("pe1", "p1"), ("p1", "pe2")), ("pe2",)
    paths = {}

    def build(self):
        super().build()
        self.pe1, self.p1, self.pe2 = self.routers.values()
        self.ce = Router(self, "ce")
        self.receivers["lan"] = self.neighbour("lan", 97, self.namespace("lan"))
        far = self.namespace("far")
        self.neighbour("ce", 99, self.ce.ns, "pe1")
        self.ce.ns.ip(f"route add {SOURCE_PREFIX} via 10.99.0.1")
        self.ce.ns.sysctl("net.ipv4.ip_forward", 1)
        self.edge(self.ce, far, 98)
        self.receivers["ce"] = Subscriber(self, 98, far, "10.98.0.2")
        for router in self.routers.values():
            router.pim_more = f"ip pim rp {router_id('pe1')} 239.0.0.0/8\n" \
                f"ip pim keep-alive-timer {KEEPALIVE}\n"
            for name in router.cables:
                router.pim_more += f"interface {name}\n ip pim\n!\n"
        self.pe1.pim_more += f"interface lo\n ip pim\n!\ninterface lan\n ip pim\n{IGMP}!\n" \
            "interface ce\n ip pim\n!\n"

    def neighbour(self, name, number, ns, there="eth0"):
        """A cable from pe1 to a host or to another router."""
        veth(self.pe1.ns, name, ns, there)
        self.pe1.ns.ip(f"addr add 10.{number}.0.1/24 dev {name}")
        ns.ip(f"addr add 10.{number}.0.2/24 dev {there}")
        if there == "eth0":
            ns.ip(f"route add default via 10.{number}.0.1")
        return Subscriber(self, number, ns, f"10.{number}.0.2")

    def start(self):
        super().start()
        self.ce.start_zebra()
        for router, conf in ((self.p1, "hostname p1\n" + self.p1.pim_more), (self.ce, CE_PIMD)):
            router.start_frr_daemon("pimd", FRR / "pimd", router.write("pimd.conf", conf))
        for router, others in ((self.pe1, 3), (self.pe2, 2), (self.ce, 1)):
            wait_for(lambda r=router: sum(len(n) for n in r.vty["pimd"].json(
                "show ip pim neighbor").values() if isinstance(n, dict)) == others, 60,
                f"PIM neighbours of {router.name}")

    def trigger(self, line):
        self.pe2.vty["mplsmcd"].configure("mpls ldp-multicast", line)

    def mapping(self, group):
        """(label-switched, why not) of a tree that is wanted at pe2; None: there is no such."""
        found = [m for m in self.pe2.mappings() if m["group"] == group]
        return (found[0]["labelSwitched"], found[0].get("whyNot")) if found else None

    def switched(self, group, timeout=20):
        wait_for(lambda: self.mapping(group) == (True, None), timeout, f"an LSP for {group}")

    def gone(self, timeout=30):
        for router in self.routers.values():
            wait_for(lambda r=router: not r.lsps(), timeout, f"no LSP at {router.name}")

    def kept(self, router, group):
        """Seconds for which pimd has had the (S,G) of the group; None: it has none."""
        entry = router.vty["pimd"].json("show ip mroute").get(group, {}).get(SOURCE)
        if not entry:
            return None
        hours, minutes, seconds = map(int, entry["upTime"].split(":"))
        return hours * 3600 + minutes * 60 + seconds


@pytest.fixture(name="lab", scope="module")
def line_lab():
    with Line(prefix="mctt") as lab:
        lab.start()
        yield lab


def join(lab, name, group, source=None):
    lab.receivers[name].join(group, source)


def caught_up(lab, stream, name, group):
    """(lost, duplicated) of a receiver once everything sent so far has arrived."""
    sent = stream.ask("stat")["sent"]
    r = wait_for(lambda: (lambda x: x if x.get("last", 0) >= sent else None)(
        lab.receivers[name].result(group)), 15, f"packet {sent} of {group} at {name}")
    return r["lost"], r["duplicated"]


# ---- topology

@pytest.mark.timeout(180)
def test_a_tree_of_the_routing_table_has_its_lsp_before_any_traffic_and_after_a_restart(lab):
    """F3353-5.2-1, F3353-5.2-2, M3353-3: no packet is sent here at all."""
    lab.trigger("trigger topology")
    for group in ("232.1.1.1", "232.1.1.2"):
        join(lab, "pe2", group, SOURCE)
        lab.tree(("pe2",), group)
    assert lab.pe2.show("mpls multicast")["labels"]["used"] == 2

    lab.pe2.kill("mplsmcd")
    lab.pe2.start_mplsmcd(" trigger topology\n")
    for group in ("232.1.1.1", "232.1.1.2"):
        lab.tree(("pe2",), group)
        lab.receivers["pe2"].leave(group, SOURCE)
    lab.gone()
    assert lab.pe2.show("mpls multicast")["labels"]["used"] == 0


@pytest.mark.timeout(180)
def test_the_table_may_be_another_daemons(lab):
    """F3353-5.2-1: no Join of PIM anywhere, the kernel's table alone makes and ends the LSP.  What
    it says faster than it is heard is read again."""
    lab.trigger("trigger topology")
    lab.pe2.kill("pimd")
    join(lab, "pe2", BY_HAND, SOURCE)
    table = MulticastRouting(lab.pe2.ns, "mplsmc0", ["edge"])
    table.route(SOURCE, BY_HAND)
    lab.tree(("pe2",), BY_HAND)
    assert lab.pe2.show("mpls multicast")["pim"]["treesWanted"] == 0
    lab.trigger("no trigger")
    lab.gone()
    lab.trigger("trigger topology")  # what is there already is read
    lab.tree(("pe2",), BY_HAND)
    stream = lab.sender(BY_HAND, RATE)
    lab.receivers["pe2"].receives(BY_HAND)
    stream.ask("rate", 0)

    lab.pe2.vty["mplsmcd"].configure("mpls ldp-multicast", "map 233.0.0.0/8 none")
    mplsmcd = lab.pe2.processes["mplsmcd"].popen
    mplsmcd.send_signal(signal.SIGSTOP)
    for n in range(MANY):
        table.route(SOURCE, f"233.1.{n >> 8}.{n & 255}")
    mplsmcd.send_signal(signal.SIGCONT)
    wait_for(lambda: lab.pe2.show("mpls multicast")["multicastRoutes"] == MANY + 1, 30,
             "all entries are known")
    assert lab.pe2.show("mpls multicast statistics")["sockets"]["mrouteOverruns"] >= 1
    table.close()
    wait_for(lambda: lab.pe2.show("mpls multicast")["multicastRoutes"] == 0, 30,
             "no entry is left")
    lab.gone()
    lab.receivers["pe2"].leave(BY_HAND, SOURCE)
    lab.pe2.start_pimd()


@pytest.mark.timeout(180)
def test_the_table_has_ipv6_trees_too(lab):
    """F3353-5.2-1"""
    vty = lab.pe2.vty["mplsmcd"]
    vty.configure("mpls ldp-multicast", "trigger topology",
                  f"root {SOURCE6}/128 {router_id('pe1')}")
    with lab.pe2.ns.inside():
        table = Forwarder(("mplsmc0", "edge"))
    table.set(SOURCE6, BY_HAND6, 1, True)
    lab.tree(("pe2",), BY_HAND6)
    table.set(SOURCE6, BY_HAND6, 1, False)
    lab.gone()
    table.set(SOURCE6, BY_HAND6, 1, True)
    lab.tree(("pe2",), BY_HAND6)
    table.sock.close()
    lab.gone()
    vty.configure("mpls ldp-multicast", "no trigger", f"no root {SOURCE6}/128")


# ---- traffic

@pytest.mark.timeout(180)
def test_traffic_makes_the_lsp_and_silence_ends_it(lab):
    """F3353-5.3-1, F3353-5.3-2, F3353-3.2-2, F3353-10.2-2, M3353-4.

    The first packets come at layer 3, by the shared tree; an (S,G) join whose packets have no
    such way waits for ever, and says so.
    """
    join(lab, "pe2", BEFORE, SOURCE)
    before = lab.sender(BEFORE, RATE)
    lab.receivers["pe2"].receives(BEFORE)
    lab.trigger("trigger traffic idle 5")
    join(lab, "pe2", SPECIFIC, SOURCE)
    join(lab, "pe2", SHARED)
    wait_for(lambda: lab.mapping(SPECIFIC) == (False, "no traffic yet (trigger traffic)"), 20,
             "the reason why the tree has no LSP")
    wait_for(lambda: SHARED in lab.p1.vty["pimd"].json("show ip mroute"), 20, "the shared tree")
    streams = [lab.sender(group, RATE) for group in (SHARED, SPECIFIC)]
    lab.switched(SHARED)
    first = lab.receivers["pe2"].receives(SHARED)
    assert first["first"] < 10 * RATE
    lost, twice = caught_up(lab, streams[0], "pe2", SHARED)
    assert lost < 10 * RATE and not twice  # some 0.1 s on a quiet machine
    assert lab.mapping(SPECIFIC) == (False, "no traffic yet (trigger traffic)")
    assert caught_up(lab, streams[0], "pe2", SHARED)[0] == lost  # none since the LSP is there

    for stream in streams:
        stream.ask("rate", 0)
    wait_for(lambda: lab.mapping(SHARED) == (False, "no traffic yet (trigger traffic)"), 20,
             "no LSP after the idle time")
    assert lab.kept(lab.pe2, SHARED) is not None  # pimd still has it: it was the silence
    assert caught_up(lab, before, "pe2", BEFORE) == (0, 0)  # what carries packets stays
    before.ask("rate", 0)

    # and again: at once, or when pimd has forgotten that it pruned the source off the shared tree
    streams[0].ask("rate", RATE)
    lab.switched(SHARED, 3 * KEEPALIVE)
    lab.trigger("trigger traffic rate 4000000 idle 5")
    wait_for(lambda: lab.mapping(SHARED) == (False, "no traffic yet (trigger traffic)"), 20,
             "no LSP for what is slower than the rate")
    streams[0].ask("rate", 0)
    lab.trigger("no trigger")
    lab.switched(SPECIFIC)
    lab.receivers["pe2"].leave(SHARED)
    for group in (SPECIFIC, BEFORE):
        lab.receivers["pe2"].leave(group, SOURCE)


# ---- branches with labels and branches without

def branches(lab, group):
    """Interfaces to which pe1 forwards the tree of the group."""
    entry = lab.pe1.vty["pimd"].json("show ip mroute").get(group, {}).get(SOURCE, {})
    return set(entry.get("oil", {}))


@pytest.mark.timeout(180)
def test_a_node_serves_labelled_and_routed_branches_with_one_copy_each(lab):
    """F3353-4-1, F3353-4-2, F3353-4-3: T6, in every order of coming and going."""
    taps = {name: LabelTap(lab.p1.ns, "pe1") if name == "labels" else
            PlainTap(*{"core": (lab.p1.ns, "pe1"), "ce": (lab.ce.ns, "pe1")}[name])
            for name in ("labels", "core", "ce")}
    lab.taps += taps.values()
    stream = lab.sender(MIXED, RATE)
    there = []

    def nobody_is_disturbed():
        for name in there:
            assert caught_up(lab, stream, name, MIXED) == (0, 0), name

    for name, way in (("pe2", "mplsmc0"), ("lan", "lan"), ("ce", "ce")):
        join(lab, name, MIXED, SOURCE)
        lab.receivers[name].receives(MIXED)
        wait_for(lambda w=way: w in branches(lab, MIXED), 10, f"pe1 forwards to {way}")
        nobody_is_disturbed()
        there.append(name)
    assert branches(lab, MIXED) == {"mplsmc0", "lan", "ce"}  # not p1: that branch has a label
    for name in ("labels", "ce"):
        wait_for(lambda t=taps[name]: t.copies_of(MIXED, 50) == [1] * 50, 20, f"copies to {name}")
    nobody_is_disturbed()
    assert taps["core"].newest(MIXED) == 0

    lab.receivers["pe2"].leave(MIXED, SOURCE)
    there.remove("pe2")
    wait_for(lambda: branches(lab, MIXED) == {"lan", "ce"}, 20, "the labelled branch is gone")
    nobody_is_disturbed()
    lab.receivers["ce"].leave(MIXED, SOURCE)
    there.remove("ce")
    wait_for(lambda: branches(lab, MIXED) == {"lan"}, 20, "the branch by PIM is gone")
    nobody_is_disturbed()
    join(lab, "pe2", MIXED, SOURCE)
    wait_for(lambda: branches(lab, MIXED) == {"lan", "mplsmc0"}, 20, "a labelled branch again")
    lab.tree(("pe2",), MIXED)
    nobody_is_disturbed()
    assert taps["core"].newest(MIXED) == 0
    stream.ask("rate", 0)
    for name in ("pe2", "lan"):
        lab.receivers[name].leave(MIXED, SOURCE)


# ---- what keeps state alive

@pytest.mark.timeout(240)
def test_pimd_keeps_what_is_label_switched_and_forgets_what_has_ended(lab):
    """F3353-5.3-4: the kernel counts at root and leaf, pimd's keepalive timer goes by that."""
    streams = {}
    for group in (KEPT, ENDED):
        join(lab, "pe2", group)
        wait_for(lambda g=group: g in lab.p1.vty["pimd"].json("show ip mroute"), 20,
                 f"the shared tree of {group}")
        streams[group] = lab.sender(group, RATE / 4)
        lab.receivers["pe2"].receives(group)
        lab.tree(("pe2",), group)
    lab.p1.kill("pimd", signal.SIGTERM)  # from here on what arrives, arrives with a label
    began = time.monotonic()
    before = caught_up(lab, streams[KEPT], "pe2", KEPT)

    streams[ENDED].ask("rate", 0)
    wait_for(lambda: lab.kept(lab.pe2, ENDED) is None, 3 * KEEPALIVE, "no (S,G) at the leaf")
    for router in lab.routers.values():
        wait_for(lambda r=router: ENDED not in [x.get("group") for x in r.lsps()], 20,
                 f"no LSP of the ended stream at {router.name}")
    # pe1 is the RP, where 8.4 has (S,G) as long as there is (*,G)
    wait_for(lambda: "mplsmc0" not in branches(lab, ENDED), 20, "no branch into the domain")

    wait_for(lambda: time.monotonic() - began > 2.5 * KEEPALIVE, 3 * KEEPALIVE, "2.5 keepalives")
    for router in (lab.pe1, lab.pe2):
        assert lab.kept(router, KEPT) >= 2.5 * KEEPALIVE - 1
    assert caught_up(lab, streams[KEPT], "pe2", KEPT) == before
    assert lab.mapping(KEPT) == (True, None)
