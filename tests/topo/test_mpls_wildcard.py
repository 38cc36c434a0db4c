# SPDX-License-Identifier: GPL-2.0-or-later
"""LSPs whose FEC has a wildcard (RFC 7438): all groups of a source, and shared trees.

    src - pe1 - p1 - {pe2, pe3} - receivers

pe1 is root, and RP of 239.0.0.0/8; no PIM in the core.
"""
import re

import pytest

from lab import Talker
from mpls_lab import LSP_NEIGHBOUR, SOURCE, MplsLab, router_id
from netns import wait_for
from tap import LabelTap

RATE = 100
ROOT = router_id("pe1")
GROUPS = ("232.1.1.1", "232.1.1.2", "232.1.1.3")
RP, SHARED = "10.254.0.1", "239.1.1.1"
SOURCES = (SOURCE, "10.1.0.3", "10.1.0.4")


class SmallLab(MplsLab):
    names = ("pe1", "p1", "pe2", "pe3")
    links = (("pe1", "p1"), ("p1", "pe2"), ("p1", "pe3"))
    egress = ("pe2", "pe3")
    paths = {}

    def send(self, group, source=SOURCE):
        return Talker(f"sender {source} {group}", self.source, self.dir / "sender.log", "send",
                      group, "--interface", "eth0", "--source", source, "--rate", str(RATE))

    def fecs(self, name):
        return sorted((lsp.get("source"), lsp.get("group")) for lsp in self.routers[name].lsps())

    def idle(self):
        for router in self.routers.values():
            wait_for(lambda r=router: not r.lsps() and not r.show("fib entry"), 30,
                     f"no LSP and no entry at {router.name}")

    def branches(self, name):
        return sum(len(lsp["branches"]) for lsp in self.routers[name].lsps())

    def configure(self, name, line):
        self.routers[name].vty["mplsmcd"].configure("mpls ldp-multicast", line)


def result(lab, name, group, source=SOURCE):
    return lab.receivers[name].result(group).get("sources", {}).get(
        source, {"received": 0, "lost": 0, "duplicated": 0})


def arrives(lab, name, group, n=50, source=SOURCE):
    """n more packets, none lost and none twice."""
    before = wait_for(lambda: (lambda r: r if r["received"] else None)(
        result(lab, name, group, source)), 30, f"{source} {group} arrives behind {name}")
    after = wait_for(lambda: (lambda r: r if r["last"] >= before["last"] + n else None)(
        result(lab, name, group, source)), 30, f"{source} {group} goes on behind {name}")
    assert after["lost"] - before["lost"] == after["duplicated"] == 0


# ---------------------------------------------------------------- all groups of a source


@pytest.mark.timeout(240)
def test_one_lsp_carries_all_groups_of_a_source_and_a_leaf_drops_what_it_has_not_joined():
    """F3353-3.1-2, M-7438-6-1: three groups, one LSP; M-6826-2-2, M-7438-3.3-1: not without being
    told that the root supports it."""
    with SmallLab(prefix="mcws") as lab:
        lab.start()
        for group in GROUPS:
            lab.receivers["pe2"].join(group, SOURCE)
        lab.receivers["pe3"].join(GROUPS[0], SOURCE)
        wait_for(lambda: lab.fecs("pe1") == [(SOURCE, g) for g in GROUPS], 30, "three LSPs")
        for name in lab.egress:
            lab.configure(name, f"root {ROOT} wildcard group")
        for name in lab.names:
            wait_for(lambda n=name: lab.fecs(n) == [(SOURCE, "*")], 30, f"(S,*) at {name}")
        wait_for(lambda: lab.branches("p1") == 2, 30, "p1 has both branches")

        tap = LabelTap(lab.routers["pe3"].ns, "p1")
        lab.taps.append(tap)
        streams = [lab.send(group) for group in GROUPS]
        for group in GROUPS:
            arrives(lab, "pe2", group)
            wait_for(lambda g=group: tap.copies_of(g, 20) == [1] * 20, 20, f"{group} before pe3")
        assert len({label for g in GROUPS for label in tap.session_counts(g)}) == 1
        arrives(lab, "pe3", GROUPS[0])
        assert re.findall(rf"\({SOURCE},(\S+?)\)\s+Iif: mplsmc0\s+Oifs: edge",
                          lab.routers["pe3"].ns.run("ip", "mroute")) == [GROUPS[0]]
        root_side = [t for t in lab.routers["pe1"].mappings() if t["side"] == "root"]
        assert sorted(t["group"] for t in root_side) == list(GROUPS)

        lab.receivers["pe3"].leave(GROUPS[0], SOURCE)
        wait_for(lambda: not lab.fecs("pe3"), 30, "pe3 leaves the LSP with its last group")
        for group in GROUPS:
            arrives(lab, "pe2", group)
            lab.receivers["pe2"].leave(group, SOURCE)
        lab.idle()
        assert all(s.process.running() for s in streams)


# ---------------------------------------------------------------- shared trees


class SharedLab(SmallLab):
    """pe1 is the RP; pe2 stays on the shared tree, pe3 switches over to the source's own."""

    def build(self):
        super().build()
        pe1 = self.routers["pe1"]
        pe1.ns.ip(f"addr add {RP}/32 dev lo")
        for source in SOURCES[1:]:
            self.source.ip(f"addr add {source}/24 dev eth0")
        for router in self.routers.values():
            router.pim_more = f"ip pim rp {RP} 239.0.0.0/8\n"
        pe1.pim_more += "interface lo\n ip pim\n!\n"
        self.routers["pe2"].pim_more += "ip pim spt-switchover infinity-and-beyond\n"

    def start(self):
        super().start()
        for name in self.egress:
            self.routers[name].ns.ip(f"route replace {RP} via {LSP_NEIGHBOUR} dev mplsmc0")

    def why_not(self, source):
        """Why pe3 has no LSP for the tree."""
        found = [t for t in self.routers["pe3"].mappings()
                 if (t["source"], t["group"], t["side"]) == (source, SHARED, "leaf")]
        return found[0].get("whyNot", "label-switched") if found else None


@pytest.mark.timeout(240)
def test_one_lsp_is_the_shared_tree_of_all_sources_and_nobody_gets_a_packet_twice():
    """F3353-3.3-1, F3353-3.4-a, M-7438-5-1, M-7438-7-1: (*,G) with three sources, once everything
    is configured that it needs (F3353-3.4-c, M-6826-2.1-1, M-6826-2-2, M-7438-3.3-1); pe3's
    switch-over to source trees, which M-7438-3.4-1 rules out, does no harm."""
    with SharedLab(prefix="mcwg") as lab:
        lab.start()
        for name in lab.egress:
            lab.receivers[name].join(SHARED)
        for line, why in (
                (None, "only source trees are label-switched (coexistence source-trees-only)"),
                ("coexistence layer3", "no root is known for its RP (configure root)"),
                (f"root {RP}/32 {ROOT}", "its root may not support FECs without a source"),
                (f"root {ROOT} wildcard group", "its root may not support FECs without a source"),
                (f"root {ROOT} wildcard source", "label-switched")):
            for name in lab.egress if line else ():
                lab.configure(name, line)
            wait_for(lambda w=why: w in (lab.why_not("*") or ""), 30, why)
        for name in lab.names:
            wait_for(lambda n=name: lab.fecs(n) == [("*", SHARED)], 30, f"(*,G) at {name}")
        wait_for(lambda: lab.branches("p1") == 2, 30, "p1 has both branches")
        shared, = (t for t in lab.routers["pe1"].mappings() if t["side"] == "root")
        assert shared["whyNot"] == "no RP is known for its group (configure rp)"
        lab.configure("pe1", f"rp {RP} 239.0.0.0/8")

        streams = [lab.send(SHARED, source) for source in SOURCES]
        for name in lab.egress:
            for source in SOURCES:
                arrives(lab, name, SHARED, source=source)
        wait_for(lambda: lab.why_not(SOURCE), 20, "pe3 joins the source tree")
        assert lab.why_not(SOURCE) == \
            "the LSP of its group's shared tree brings it (coexistence layer3)"
        for name in lab.names:
            assert lab.fecs(name) == [("*", SHARED)]
        for name in lab.egress:
            for source in SOURCES:
                arrives(lab, name, SHARED, 100, source)
        for name in lab.egress:
            lab.receivers[name].leave(SHARED)
        lab.idle()
        assert all(s.process.running() for s in streams)
