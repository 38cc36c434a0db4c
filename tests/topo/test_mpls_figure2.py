# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3353 Figure 2, by the two methods of section 3.4 that mplsmcd has; see coexistence_lab.py."""
import pytest

from coexistence_lab import (FIGURE_2, GROUP, RATE, SHARED_ONLY, SOURCE, FigureLab, becomes, goes_on,
                             layer3, result, rpt, why_not)
from netns import wait_for
from tap import LabelTap, PlainTap

# (*,G), (S,G); "-": no entry, "?": the figure has none, pimd may
VECTORS = {
    "rp": ("V3353-2-1", "Reg:1", "?"),
    "n1": ("V3353-2-2", "2:1", "?"),
    "n2": ("V3353-2-3", "3:1", "2:1"),
    "n3": ("V3353-2-4", "-", "2:1,Reg"),
    "n4": ("V3353-2-5", "2:1", "-"),
    "n5": ("V3353-2-6", "2:1,3", "2:1"),
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("method", ["c", "a"])
def test_figure_2_a_receiver_switches_over_to_a_label_switched_source_tree(method):
    """F3353-3.3-3, F3353-3.4-1, F3353-3.4-3, F3353-3.4-a, F3353-3.4-c, A3353-4; V3353-2-1 to
    V3353-2-6."""
    with FigureLab("mcf2", FIGURE_2, ("n1", "n4")) as lab:
        n2, n3 = lab.routers["n2"], lab.routers["n3"]
        lab.routers["n4"].pim_more = SHARED_ONLY
        n2.more = f" root {SOURCE}/32 {n3.id}\n"
        n2.rpf = [SOURCE]
        n2.domain, n3.domain = "2", "1"
        if method == "a":
            layer3(lab, "n5")
        lab.start()
        taps = {key: kind(lab.routers[at].ns, cable) for key, kind, at, cable in (
            ("source tree", LabelTap, "n2", "n3"), ("unlabelled", PlainTap, "n2", "n3"),
            ("shared tree", PlainTap, "n4", "n5"), ("labelled", LabelTap, "n4", "n5"),
            ("shared tree, labelled", LabelTap, "n2", "n5"),
            ("from RP", PlainTap, "n5", "rp"), ("from RP, labelled", LabelTap, "n5", "rp"))}
        lab.taps += taps.values()
        lab.receivers["n1"].join(GROUP)
        wait_for(lambda: lab.routers["n5"].state() == "2:3", 30, "the shared tree of R1")
        if method == "a":
            wait_for(lambda: why_not(lab, "n5", "*") == "label-switched", 20, "its LSP")
            wait_for(lambda: lab.routers["rp"].state() == "Reg:1", 20, "the RP serves it")
        assert not n2.lsps() or method == "a"
        stream = lab.sender(rate=RATE)
        wait_for(lambda: n2.state(SOURCE) == "2:1", 30, "N2 joins the source tree")
        lsp, = wait_for(n2.lsps, 20, "its LSP")
        assert (lsp["role"], lsp["upstream"]["interface"]) == ("leaf", "n3")
        wait_for(lambda: taps["source tree"].copies_of(GROUP, 20) == [1] * 20, 20, "its packets")
        wait_for(lambda: rpt(lab, "n5"), 30, "N2 prunes S off the shared tree")
        if method == "a":  # (S,G)RPT without outputs: the LSP stays
            wait_for(lambda: "layer 3" in (why_not(lab, "n5", SOURCE) or ""), 30, "N5 prunes S")
            assert why_not(lab, "n5", "*") == "label-switched"
        lab.receivers["n4"].join(GROUP)
        becomes(lab, VECTORS)
        assert (rpt(lab, "n5"), rpt(lab, "n2")) == (["n2"], [])  # RPT bit set, and clear

        for name in lab.receivers:
            goes_on(lab, name)
        assert result(lab, "n1")["lost"] <= 3 * RATE  # pimd's RPF check turns before the LSP is there
        for key in ("source tree", "shared tree",
                    "from RP, labelled" if method == "a" else "from RP"):
            assert taps[key].copies_of(GROUP, 50) == [1] * 50, key
        for key in ("unlabelled", "labelled", "shared tree, labelled",
                    "from RP" if method == "a" else "from RP, labelled"):
            assert not taps[key].session_counts(GROUP), key
        assert stream.process.running()
