# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3353 section 3.4, method c (coexistence source-trees-only): shared trees stay at layer 3, on
PIM in the core (A3353-1, A3353-2), source trees are label-switched.  The state of every node is
that of Figures 2 and 3.

R2 joins after the switch-over: pimd 8.4 forgets the other outputs of (*,G) when a neighbour prunes a
source off it, unless they are joined later.
"""
import re

import pytest

from coexistence_lab import FIGURE_2, FIGURE_3, GROUP, SOURCE, FigureLab
from mpls_lab import router_id
from netns import wait_for
from tap import LabelTap, PlainTap

RATE = 100
SHARED_ONLY = "ip pim spt-switchover infinity-and-beyond\n"

# (*,G), (S,G); "-": no entry, "?": the figure has none, pimd may
VECTORS_2 = {
    "rp": ("V3353-2-1", "Reg:1", "?"),
    "n1": ("V3353-2-2", "2:1", "?"),
    "n2": ("V3353-2-3", "3:1", "2:1"),
    "n3": ("V3353-2-4", "-", "2:1,Reg"),
    "n4": ("V3353-2-5", "2:1", "-"),
    "n5": ("V3353-2-6", "2:1,3", "2:1"),
}
VECTORS_3 = {
    "rp": ("V3353-3-1", "Reg:1", "?"),
    "n1": ("V3353-3-2", "1:2,3", "1:2"),
    "n2": ("V3353-3-3", "1:2", "1:none"),
    "n3": ("V3353-3-4", "1:3", "2:3,Reg"),
    "n4": ("V3353-3-5", "1:2", "-"),
    "n5": ("V3353-3-6", "1:2", "-"),
}


def differs(lab, vectors):
    """Vectors that are not the state of their node: {ID: (wanted, is)}."""
    wrong = {}
    for name, (key, *wanted) in vectors.items():
        state = [lab.routers[name].state(s) or "-" for s in ("*", SOURCE)]
        if any(w not in ("?", s) for w, s in zip(wanted, state)):
            wrong[key] = (wanted, state)
    return wrong


def becomes(lab, vectors):
    """Waits until every node has the state of the figure, and says which has not."""
    wrong = {}

    def same():
        wrong.clear()
        wrong.update(differs(lab, vectors))
        return not wrong
    try:
        wait_for(same, 40, "the state of the figure")
    except Exception:
        assert not wrong
        raise


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


def rpt(lab, name):
    """The neighbours of the node that have pruned the source off the shared tree."""
    text = lab.routers[name].vty["pimd"].show("show ip pim join")
    return re.findall(rf"^\s*(\S+)\s+\S+\s+{SOURCE}\s+{GROUP}\s+SGRpt\(P", text, re.M)


@pytest.mark.timeout(240)
def test_figure_2_a_receiver_switches_over_to_a_label_switched_source_tree():
    """F3353-3.3-3, F3353-3.4-1, F3353-3.4-3, F3353-3.4-c, A3353-4; V3353-2-1 to V3353-2-6."""
    with FigureLab("mcf2", FIGURE_2, ("n1", "n4")) as lab:
        n2, n3 = lab.routers["n2"], lab.routers["n3"]
        lab.routers["n4"].pim_more = SHARED_ONLY
        n2.more = f" root {SOURCE}/32 {router_id('n3')}\n"
        n2.rpf = [SOURCE]
        n2.domain, n3.domain = "2", "1"
        lab.start()
        taps = {key: kind(lab.routers[at].ns, cable) for key, kind, at, cable in (
            ("source tree", LabelTap, "n2", "n3"), ("unlabelled", PlainTap, "n2", "n3"),
            ("shared tree", PlainTap, "n4", "n5"), ("labelled", LabelTap, "n4", "n5"),
            ("shared tree, labelled", LabelTap, "n2", "n5"))}
        lab.taps += taps.values()
        lab.receivers["n1"].join(GROUP)
        wait_for(lambda: lab.routers["n5"].state() == "2:3", 30, "the shared tree of R1")
        assert not n2.lsps()
        stream = lab.sender(rate=RATE)
        wait_for(lambda: n2.state(SOURCE) == "2:1", 30, "N2 joins the source tree")
        lsp, = wait_for(n2.lsps, 20, "its LSP")
        assert (lsp["role"], lsp["upstream"]["interface"]) == ("leaf", "n3")
        wait_for(lambda: taps["source tree"].copies_of(GROUP, 20) == [1] * 20, 20, "its packets")
        wait_for(lambda: rpt(lab, "n5"), 30, "N2 prunes S off the shared tree")
        lab.receivers["n4"].join(GROUP)
        becomes(lab, VECTORS_2)
        assert (rpt(lab, "n5"), rpt(lab, "n2")) == (["n2"], [])  # RPT bit set, and clear

        for name in lab.receivers:
            goes_on(lab, name)
        assert result(lab, "n1")["lost"] <= 3 * RATE  # pimd's RPF check turns before the LSP is there
        assert taps["source tree"].copies_of(GROUP, 50) == [1] * 50
        assert taps["shared tree"].copies_of(GROUP, 50) == [1] * 50
        for key in ("unlabelled", "labelled", "shared tree, labelled"):
            assert not taps[key].session_counts(GROUP), key
        assert stream.process.running()


@pytest.mark.timeout(240)
def test_figure_3_the_senders_router_is_on_the_shared_tree():
    """F3353-3.4-2, F3353-3.4-c, F3353-3.6-4; V3353-3-1 to V3353-3-6.  The RP joins the source by an
    LSP, which stands for the figure's Registers."""
    figure = {n: {k: v for k, v in of.items() if k != "Reg"} for n, of in FIGURE_3.items()}
    with FigureLab("mcf3", figure, ("n4", "n5")) as lab:
        rp, n3 = lab.routers["rp"], lab.routers["n3"]
        for name in lab.receivers:
            lab.routers[name].pim_more = SHARED_ONLY
        rp.more = f" root {SOURCE}/32 {router_id('n3')}\n"
        rp.rpf = [SOURCE]
        rp.domain = n3.domain = "Reg"
        lab.start()
        to_rp = LabelTap(rp.ns, "n1")
        from_rp, labelled = PlainTap(lab.routers["n1"].ns, "rp"), LabelTap(lab.routers["n4"].ns, "n1")
        lab.taps += (to_rp, from_rp, labelled)
        lab.receivers["n5"].join(GROUP)
        wait_for(lambda: lab.routers["n1"].state() == "1:3", 30, "the shared tree of R1")
        stream = lab.sender(rate=RATE)
        wait_for(lambda: rpt(lab, "n1"), 40, "N3 prunes S off the shared tree")
        lab.receivers["n4"].join(GROUP)
        becomes(lab, VECTORS_3)
        assert (rpt(lab, "n1"), rpt(lab, "n2"), rpt(lab, "n3")) == (["n2"], ["n3"], [])
        for name in lab.receivers:
            goes_on(lab, name)
        assert result(lab, "n5")["lost"] == 0
        lsp, = rp.lsps()
        assert (lsp["role"], lsp["source"], lsp["group"]) == ("leaf", SOURCE, GROUP)
        assert [lab.routers[n].lsps()[0]["role"] for n in ("n1", "n2", "n3")] == \
            ["transit", "transit", "root"]
        assert to_rp.copies_of(GROUP, 50) == from_rp.copies_of(GROUP, 50) == [1] * 50
        assert not labelled.session_counts(GROUP)
        assert stream.process.running()
