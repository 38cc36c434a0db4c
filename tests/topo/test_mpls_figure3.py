# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3353 Figure 3, by the two methods of section 3.4 that mplsmcd has; see coexistence_lab.py."""
import pytest

import pcap
from coexistence_lab import (FIGURE_3, GROUP, RATE, RP, SHARED_ONLY, SOURCE, FigureLab, becomes, goes_on,
                             layer3, result, rpt, why_not)
from netns import wait_for
from tap import LabelTap, PlainTap

# (*,G), (S,G); "-": no entry, "?": the figure has none, pimd may
VECTORS = {
    "rp": ("V3353-3-1", "Reg:1", "?"),
    "n1": ("V3353-3-2", "1:2,3", "1:2"),
    "n2": ("V3353-3-3", "1:2", "1:none"),
    "n3": ("V3353-3-4", "1:3", "2:3,Reg"),
    "n4": ("V3353-3-5", "1:2", "-"),
    "n5": ("V3353-3-6", "1:2", "-"),
}


def registers_at(lab, router):
    """What the router sends and gets: path of the file."""
    path = lab.dir / "registers.pcap"
    dump = lab.process("tcpdump registers", router.ns.words(
        ["tcpdump", "-i", "any", "-w", str(path), "-U", "--immediate-mode", "-Z", "root"]),
        lab.dir / "registers.tcpdump")
    wait_for(lambda: "listening on" in dump.tail(), 10, "tcpdump listens")
    return path


@pytest.mark.timeout(240)
@pytest.mark.parametrize("method", ["c", "a"])
def test_figure_3_the_senders_router_is_on_the_shared_tree(method):
    """F3353-3.4-2, F3353-3.4-a, F3353-3.4-c, F3353-3.6-4; V3353-3-1 to V3353-3-6.  Method c: the RP
    joins the source by an LSP, which stands for the figure's Registers.  F3353-3.5-2, F3353-3.6-1: the
    first packets come to the RP in Registers, without a label from end to end."""
    figure = FIGURE_3 if method == "a" else {
        n: {k: v for k, v in of.items() if k != "Reg"} for n, of in FIGURE_3.items()}
    with FigureLab("mcf3", figure, ("n4", "n5")) as lab:
        rp, n3 = lab.routers["rp"], lab.routers["n3"]
        for name in lab.receivers:
            lab.routers[name].pim_more = SHARED_ONLY
        if method == "a":
            layer3(lab, "n1")
        else:
            rp.more = f" root {SOURCE}/32 {n3.id}\n"
            rp.rpf = [SOURCE]
            rp.domain = n3.domain = "Reg"
        lab.start()
        taps = {key: kind(lab.routers[at].ns, cable) for key, kind, at, cable in (
            ("to RP, labelled", LabelTap, "rp", "n1"), ("from RP", PlainTap, "n1", "rp"),
            ("from RP, labelled", LabelTap, "n1", "rp"), ("shared tree", PlainTap, "n4", "n1"),
            ("labelled", LabelTap, "n4", "n1"))}
        lab.taps += taps.values()
        lab.receivers["n5"].join(GROUP)
        wait_for(lambda: lab.routers["n1"].state() == "1:3", 30, "the shared tree of R1")
        path = registers_at(lab, rp)
        stream = lab.sender(rate=RATE)
        wait_for(lambda: rpt(lab, "n1"), 40, "N3 prunes S off the shared tree")
        if method == "a":
            wait_for(lambda: "layer 3" in (why_not(lab, "n1", SOURCE) or ""), 30, "N1 prunes S")
            assert why_not(lab, "n1", "*") == "label-switched"
        lab.receivers["n4"].join(GROUP)
        becomes(lab, VECTORS)
        assert (rpt(lab, "n1"), rpt(lab, "n2"), rpt(lab, "n3")) == (["n2"], ["n3"], [])
        for name in lab.receivers:
            goes_on(lab, name)
        assert result(lab, "n5")["lost"] == 0
        lsps = {n: [x["role"] for x in r.lsps()] for n, r in lab.routers.items()}
        assert {n: roles for n, roles in lsps.items() if roles} == (
            {"rp": ["root"], "n1": ["leaf"]} if method == "a" else
            {"rp": ["leaf"], "n1": ["transit"], "n2": ["transit"], "n3": ["root"]})
        carrying, empty = {"c": (("to RP, labelled", "from RP"), ("from RP, labelled",)),
                           "a": (("from RP, labelled",), ("to RP, labelled", "from RP"))}[method]
        for key in (*carrying, "shared tree"):
            assert taps[key].copies_of(GROUP, 50) == [1] * 50, key
        for key in (*empty, "labelled"):
            assert not taps[key].session_counts(GROUP), key
        assert pcap.tshark(path, "ip.src", display=f"pim.type == 1 && ip.dst == {RP} && !mpls")
        assert not pcap.tshark(path, "ip.src", display="pim && mpls")
        assert stream.process.running()
