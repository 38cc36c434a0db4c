# SPDX-License-Identifier: GPL-2.0-or-later
"""What mplsmcd shows of sessions, LSPs and trees, in the MPLS lab: text and JSON agree."""
import re

import pytest

from mpls_lab import GROUP, SOURCE, MplsLab, router_id
from netns import wait_for

OTHER = "232.1.1.9"


@pytest.fixture(name="lab", scope="module")
def mpls_lab():
    with MplsLab(prefix="mcms", more=f" map {OTHER}/32 none\n") as lab:
        lab.start()
        for pe in ("pe2", "pe3"):
            lab.receivers[pe].join(GROUP, SOURCE)
        lab.tree(("pe2", "pe3"))
        yield lab


def text(router, what):
    return router.vty["mplsmcd"].show("show mpls multicast " + what)


@pytest.mark.timeout(240)
def test_neighbor_shows_sessions_links_and_capabilities(lab):
    p1 = lab.routers["p1"]
    assert {n["neighbor"] for n in p1.neighbours()} == {
        f"{router_id(x)}:0" for x in ("pe1", "p2", "p3")}
    peer = router_id("p2")
    n, = p1.show(f"mpls multicast neighbor {peer} detail")["neighbors"]
    assert (n["neighbor"], n["transportAddress"], n["state"]) == (f"{peer}:0", peer, "operational")
    assert {"p2mp", "make-before-break"} <= set(n["capabilities"])
    assert [a["interface"] for a in n["adjacencies"]] == ["p2"] and n["password"] == "none"
    assert n["messages"]["Initialization"] == {"received": 1, "sent": 1}
    # its loopback and its links to p1, pe2, pe3 and pe4; not mplsmc0
    assert n["addresses"] == 5
    said = text(p1, f"neighbor {peer} detail")
    assert f"Neighbor {peer}:0, operational" in said and "password: none" in said
    assert re.search(rf"Adjacency: +p2, {n['adjacencies'][0]['nextHop']}\n", said)
    assert len(text(p1, "neighbor").splitlines()) == 1 + 3


def test_database_shows_role_upstream_branches_and_forwarding(lab):
    root, = lab.routers["pe1"].lsps()
    transit, = lab.routers["p1"].lsps()
    leaf, = lab.routers["pe2"].lsps()
    assert [x["role"] for x in (root, transit, leaf)] == ["root", "transit", "leaf"]
    assert "upstream" not in root and leaf["local"] and not transit["local"]
    branch, = root["branches"]
    assert branch["neighbor"] == f"{router_id('p1')}:0" and branch["interface"] == "p1"
    assert transit["upstream"]["label"] == branch["label"]
    assert transit["upstream"]["neighbor"] == f"{router_id('pe1')}:0"
    paragraph = text(lab.routers["p1"], "database").splitlines()
    assert paragraph[0] == (f"LSP  P2MP  root {router_id('pe1')}  opaque ipv4-source {SOURCE} "
                            f"{GROUP} (type 3)")
    assert "Role: transit" in paragraph[1] and "State: operational" in paragraph[1]
    assert f"local label {branch['label']}  interface pe1" in paragraph[2]
    for b in transit["branches"]:
        assert f"{b['neighbor']}  label {b['label']}  {b['interface']}" in paragraph[3]
    assert re.fullmatch(r"  FIB: +installed \(generation \d+, 1 consumer\)", paragraph[4])


def test_database_finds_by_root_group_and_source(lab):
    p1 = lab.routers["p1"]
    for words in (f"root {router_id('pe1')}", f"group {GROUP}", f"group {GROUP} {SOURCE}"):
        assert len(p1.show(f"mpls multicast database {words}")["lsps"]) == 1
    for words in (f"root {router_id('pe2')}", f"group {OTHER}", f"group {GROUP} 10.1.0.3"):
        assert p1.show(f"mpls multicast database {words}") == {}
        assert text(p1, f"database {words}") == "No LSPs\n"


def test_mapping_says_why_a_tree_is_not_label_switched(lab):
    pe2 = lab.routers["pe2"]
    lab.receivers["pe2"].join(OTHER, SOURCE)
    tree, = wait_for(lambda: pe2.show(f"mpls multicast mapping group {OTHER}").get("trees"), 20,
                     "the tree that is not to be label-switched")
    assert tree["side"] == "leaf" and not tree["labelSwitched"] and "map" in tree["whyNot"]
    assert f"not label-switched: {tree['whyNot']}" in text(pe2, f"mapping group {OTHER}")
    good, = pe2.show(f"mpls multicast mapping group {GROUP} {SOURCE}")["trees"]
    assert good["labelSwitched"] and good["lsp"]["state"] == "operational"
    assert good["lsp"]["root"] == router_id("pe1") and good["fib"]["status"] == "installed"
    sent, = lab.routers["pe1"].mappings()
    assert sent["side"] == "root" and sent["labelSwitched"]


def test_root_count_history_and_statistics_agree_with_the_tree(lab):
    p1 = lab.routers["p1"]
    root, = p1.show("mpls multicast root")["roots"]
    assert (root["root"], root["upstream"], root["lsps"], root["operational"]) == (
        router_id("pe1"), f"{router_id('pe1')}:0", 1, 1)
    assert lab.routers["pe1"].show("mpls multicast root")["roots"][0]["local"]
    count = p1.show("mpls multicast count")
    assert count["roles"]["transit"] == count["lsps"] == count["labels"]["used"] == 1
    assert count["neighborsOperational"] == 3 and count["labels"]["source"] == "zebra"
    steps = p1.show("mpls multicast history")["steps"]
    assert any(GROUP in s["object"] and "operational" in s["text"] for s in steps)
    stats = p1.show("mpls multicast statistics")
    assert stats["mldp"]["mappingsReceived"] >= 1 and stats["mldp"]["mappingsSent"] >= 1
    assert stats["messages"]["Label Mapping"]["sent"] >= 1 and stats["ldp"]["faults"] == 0


def test_lines_about_other_trees_leave_this_one_alone(lab):
    pe2, p1 = (lab.routers[x] for x in ("pe2", "p1"))
    vty = pe2.vty["mplsmcd"]

    def seen():
        return ([(x["object"], x["text"]) for x in pe2.show("mpls multicast history")["steps"]],
                p1.show("mpls multicast statistics")["mldp"]["withdrawsReceived"],
                [x["upstream"]["label"] for x in pe2.lsps()])

    before = seen()
    for line in ("root 198.51.100.0/24 10.255.255.1", "map 239.255.0.0/16 none",
                 "no map 239.255.0.0/16", "no root 198.51.100.0/24"):
        vty.configure("mpls ldp-multicast", line)
    assert seen() == before


def test_clear_neighbor_ends_one_session_and_the_tree_comes_back(lab):
    p1, peer = lab.routers["p1"], router_id("pe1")
    before = {n["neighbor"]: n["upTimeMsec"] for n in p1.neighbours()}
    assert p1.vty["mplsmcd"].show(f"clear mpls multicast neighbor {peer}") == "1 neighbor cleared\n"
    lab.tree(("pe2", "pe3"), timeout=60)
    after = {n["neighbor"]: n["upTimeMsec"] for n in p1.neighbours()}
    assert [n for n in before if after[n] < before[n]] == [f"{peer}:0"]


def test_clear_lsp_sets_it_up_anew(lab):
    p1 = lab.routers["p1"]
    before, = p1.lsps()
    clear = p1.vty["mplsmcd"].show(f"clear mpls multicast lsp root {router_id('pe1')}")
    assert clear == "1 LSP cleared\n"
    lab.tree(("pe2", "pe3"))
    wait_for(lambda: [x["upstream"]["label"] for x in p1.lsps()] not in (
        [], [before["upstream"]["label"]]), 20, "another label")
