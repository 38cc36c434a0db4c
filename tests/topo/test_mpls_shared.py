# SPDX-License-Identifier: GPL-2.0-or-later
"""ASM on LSPs only, no PIM in the core, with an interface to pimd for shared trees.

    src - pe1 - p1 - {pe2, pe3} - receivers
                 |
                pe4, the RP

pe2 stays on the shared tree, pe3 switches over: it is leaf of the (*,G) LSP and of the (S,G) LSP,
pops both, and pimd's RPF check decides (RFC 3353 3.4 type 1).  The RP is leaf of the (S,G) LSP and
root of the (*,G) LSP.
"""
import pytest

from mpls_lab import LSP_NEIGHBOUR, SOURCE, MplsLab, router_id
from netns import wait_for

RATE = 100
GROUP, RP = "239.1.1.1", "10.254.0.1"
SHARED_NEIGHBOUR = "198.18.0.6"


class SharedLab(MplsLab):
    names = ("pe1", "p1", "pe2", "pe3", "pe4")
    links = (("pe1", "p1"), ("p1", "pe2"), ("p1", "pe3"), ("p1", "pe4"))
    egress = ("pe2", "pe3")
    paths = {}

    def build(self):
        super().build()
        for router in self.routers.values():
            router.pim_more = f"ip pim rp {RP} 239.0.0.0/8\nip pim join-prune-interval 5\n" \
                              "interface mplsmc1\n ip pim\n!\n"
        for name in ("pe1", "pe4"):  # pimd hears Registers and Register-Stops where it has PIM only
            self.routers[name].pim_more += "interface p1\n ip pim\n!\n"
        self.routers["pe2"].pim_more += "ip pim spt-switchover infinity-and-beyond\n"
        self.routers["pe4"].ns.ip(f"addr add {RP}/32 dev lo")
        self.routers["pe4"].pim_more += "interface lo\n ip pim\n!\n"
        # Register-Stops, to pe1's address on the source's network
        self.routers["p1"].ns.ip("route add 10.1.0.0/24 via 10.0.1.1")
        self.routers["pe4"].ns.ip("route add 10.1.0.0/24 via 10.0.4.1")

    def start(self):
        super().start()
        rp = self.routers["pe4"]
        rp.start_pimd()
        self.configure("pe1", "shared-tree-interface mplsmc1")
        for name in (*self.egress, "pe4"):
            self.configure(name, f"root {SOURCE}/32 {router_id('pe1')}",
                           "shared-tree-interface mplsmc1", "coexistence layer3",
                           f"root {RP}/32 {rp.id}", f"root {rp.id} wildcard source",
                           f"rp {RP} 239.0.0.0/8")
        # pimd sends Registers only if its RPF interface to the RP has PIM, and they go around
        self.routers["pe1"].ns.ip(f"route add {RP} via 10.0.1.2 table 100")
        self.routers["pe1"].ns.ip(f"rule add pref 100 to {RP} lookup 100")
        for name in ("pe1", *self.egress):
            self.routers[name].ns.ip(f"route replace {RP} via {SHARED_NEIGHBOUR} dev mplsmc1")
        rp.ns.ip(f"route replace {SOURCE} via {LSP_NEIGHBOUR} dev mplsmc0")
        for name in ("pe1", *self.egress, "pe4"):
            wait_for(lambda n=name: {"mplsmc0", "mplsmc1"} <= {
                i for i, of in self.pim(n, "show ip pim neighbor").items() if of}, 30,
                f"both virtual neighbours of {name}")

    def configure(self, name, *lines):
        self.routers[name].vty["mplsmcd"].configure("mpls ldp-multicast", *lines)

    def pim(self, name, command):
        return self.routers[name].vty["pimd"].json(command)

    def entry(self, name, source):
        """(incoming interface, outgoing interfaces) of pimd's entry."""
        e = self.pim(name, "show ip mroute").get(GROUP, {}).get(source)
        return (e["iif"], sorted(set(e.get("oil", {})) - {"pimreg", e["iif"]})) if e else None

    def fecs(self, name):
        return sorted((lsp["source"], lsp["role"]) for lsp in self.routers[name].lsps()
                      if lsp.get("group") == GROUP)


def result(lab, name):
    return lab.receivers[name].result(GROUP)


def goes_on(lab, name, n=100):
    """n more packets, none lost; none has come twice since the beginning."""
    before = wait_for(lambda: (lambda r: r if r["received"] else None)(result(lab, name)), 30,
                      f"packets behind {name}")
    after = wait_for(lambda: (lambda r: r if r["last"] >= before["last"] + n else None)(
        result(lab, name)), 30, f"more packets behind {name}")
    assert after["lost"] == before["lost"] and after["duplicated"] == 0
    return after


@pytest.mark.timeout(240)
def test_a_leaf_of_both_lsps_switches_over_and_gets_nothing_twice():
    """F3353-3.4-3, F3353-3.4-a, F3353-3.6-4, A3353-4, M-7438-5-1, M-7438-7-1"""
    with SharedLab(prefix="mcsh") as lab:
        lab.start()
        for name in lab.egress:
            lab.receivers[name].join(GROUP)
        for name in lab.egress:
            wait_for(lambda n=name: lab.fecs(n) == [("*", "leaf")], 30, f"(*,G) at {name}")
        wait_for(lambda: lab.entry("pe4", "*") == ("lo", ["mplsmc1"]), 30, "the RP serves the LSP")
        stream = lab.sender(GROUP, RATE)
        for name in lab.egress:
            wait_for(lambda n=name: result(lab, n)["received"], 30, f"{name} receives")
        wait_for(lambda: lab.entry("pe4", SOURCE) == ("mplsmc0", ["mplsmc1"]), 30,
                 "the RP has the source from one LSP, and sends it into the other")
        wait_for(lambda: lab.entry("pe3", SOURCE) == ("mplsmc0", ["edge"]), 30, "pe3 switches over")
        assert lab.entry("pe3", "*") == ("mplsmc1", ["edge"])
        pim = lab.routers["pe3"].show("mpls multicast")
        assert [(pim[k]["interface"], pim[k]["neighborUp"], pim[k]["treesWanted"])
                for k in ("pim", "pimSharedTrees")] == [("mplsmc0", True, 1), ("mplsmc1", True, 1)]
        wait_for(lambda: lab.fecs("pe3") == [("*", "leaf"), (SOURCE, "leaf")], 30, "both LSPs")
        assert lab.fecs("pe2") == [("*", "leaf")] and lab.entry("pe2", SOURCE) is None
        assert lab.fecs("pe4") == [("*", "root"), (SOURCE, "leaf")]
        before = [result(lab, name)["last"] for name in lab.egress]
        for name, last in zip(lab.egress, before):
            wait_for(lambda n=name, x=last: result(lab, n)["last"] > x + 2 * RATE, 30, "it goes on")
        for name in lab.egress:
            goes_on(lab, name)
        assert all(result(lab, name)["lost"] <= 3 * RATE for name in lab.egress)
        for name in lab.egress:
            lab.receivers[name].leave(GROUP)
        for name in lab.egress:
            wait_for(lambda n=name: not lab.fecs(n), 30, f"no LSP at {name}")
        assert stream.process.running()
