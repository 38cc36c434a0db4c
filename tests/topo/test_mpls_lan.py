# SPDX-License-Identifier: GPL-2.0-or-later
"""P2MP LSPs over a LAN with labels that the leaves assign: a copy for each of them."""
import collections

import pytest

import pcap
from lan_lab import LanLab
from mpls_lab import GROUP, SOURCE, router_id
from netns import wait_for
from tap import LabelTap

LEAVES = LanLab.egress
GROUPS = [GROUP] + [f"232.2.1.{n}" for n in range(1, 20)]
RATE = 200


@pytest.fixture(name="lab", scope="module")
def lan_lab():
    with LanLab(prefix="mctn") as lab:
        lab.start()
        lab.stream = lab.sender(GROUP, RATE)
        yield lab


@pytest.mark.timeout(180)
def test_leaves_on_a_lan_choose_the_same_upstream_lsr(lab):
    """F3353-9-8, F3353-9-5: CRC32 of the opaque value; a mapping of each leaf by its own session."""
    for pe in LEAVES:
        for group in GROUPS:
            lab.receivers[pe].join(group, SOURCE)
    for group in GROUPS:
        lab.tree(LEAVES, group)
    chosen = lab.upstreams("pe2")
    assert chosen == lab.upstreams("pe3")
    assert set(chosen.values()) == {f"{router_id(p)}:0" for p in ("p2", "p3")}
    for p in ("p2", "p3"):
        mine = {g for g, up in chosen.items() if up == f"{router_id(p)}:0"}
        lsps = {lsp["group"]: lsp for lsp in lab.routers[p].lsps()}
        assert set(lsps) == mine
        assert all(len(lsp["branches"]) == 2 for lsp in lsps.values())


@pytest.mark.timeout(180)
def test_each_leaf_gets_its_own_copy_and_nobody_elses(lab):
    """RFC 6388 6: without upstream-assigned labels, ingress replication with unicast frames."""
    path = lab.dir / "lan.pcap"
    dump = lab.process("tcpdump lan", lab.lan.words(
        ["tcpdump", "-i", "br0", "-w", str(path), "-U", "--immediate-mode", "-Z", "root", "-s",
         "0"]), lab.dir / "lan.tcpdump")
    wait_for(lambda: "listening on" in dump.tail(), 10, "tcpdump listens")
    taps = {pe: LabelTap(lab.routers[pe].ns, "lan") for pe in LEAVES}
    lab.taps += taps.values()
    for pe in LEAVES:
        lab.receivers[pe].receives(GROUP, 30)
        wait_for(lambda t=taps[pe]: t.copies_of(GROUP, 50) == [1] * 50, 20, f"copies to {pe}")
    dump.kill(15)
    frames = collections.Counter(
        dst for _, dst in pcap.tshark(path, "eth.type", "eth.dst",
                                      display=f"mpls && ip.dst == {GROUP}"))
    assert all(int(mac[:2], 16) & 1 == 0 for mac in frames)
    assert not pcap.mpls_problems(path)
    results = [lab.receivers[pe].result(GROUP) for pe in LEAVES]
    assert [(r["lost"], r["duplicated"]) for r in results] == [(0, 0)] * 2


@pytest.mark.timeout(180)
def test_another_upstream_lsr_gets_another_label_and_hardly_a_packet_is_lost(lab):
    """F3353-9-7, F3353-10.4-1: the upstream LSR leaves the LAN; RFC 6388 2.4.3: a new label."""
    labels = {pe: {lsp["group"]: lsp["upstream"]["label"] for lsp in lab.routers[pe].lsps()}
              for pe in LEAVES}
    chosen = lab.upstreams("pe2")
    used, = (p for p in ("p2", "p3") if chosen[GROUP] == f"{router_id(p)}:0")
    other, = {"p2", "p3"} - {used}
    before = {pe: lab.receivers[pe].result(GROUP) for pe in LEAVES}
    lab.routers[used].ns.ip("link set lan down")
    for pe in LEAVES:
        wait_for(lambda p=pe: set(lab.upstreams(p).values()) == {router_id(other) + ":0"}, 60,
                 f"all LSPs of {pe} by {other}")
    for group in GROUPS:
        lab.tree(LEAVES, group)
    mark = lab.stream.ask("stat")["sent"]
    for pe in LEAVES:
        after = wait_for(lambda p=pe: (lambda r: r if r["last"] > mark else None)(
            lab.receivers[p].result(GROUP)), 30, f"the stream behind {pe}")
        assert after["duplicated"] == before[pe]["duplicated"]
        now = {lsp["group"]: lsp["upstream"]["label"] for lsp in lab.routers[pe].lsps()}
        moved = [g for g in GROUPS if chosen[g] == f"{router_id(used)}:0"]
        assert moved and all(now[g] != labels[pe][g] for g in moved)
        assert all(now[g] == labels[pe][g] for g in set(GROUPS) - set(moved))
        assert after["lost"] - before[pe]["lost"] < 10 * RATE
    lab.routers[used].ns.ip("link set lan up")


def settled(lab, upstreams):
    for pe in LEAVES:
        wait_for(lambda p=pe: lab.upstreams(p) == upstreams, 60, f"the LSPs of {pe} are settled")
    for group in GROUPS:
        lab.tree(LEAVES, group, 60)


@pytest.mark.timeout(180)
def test_delete_before_add_loses_packets_and_doubles_none(lab):
    """M-6388-2.4.3-2: the old branch goes before the new one comes."""
    everything = [f"{router_id(p)}:0" for p in ("p2", "p3")]
    for pe in LEAVES:
        wait_for(lambda p=pe: set(lab.upstreams(p).values()) == set(everything), 60,
                 f"{pe} uses both again")
        lab.routers[pe].vty["mplsmcd"].configure("mpls ldp-multicast",
                                                 "no capability make-before-break")
    for pe in LEAVES:
        wait_for(lambda r=lab.routers[pe]: len([n for n in r.neighbours() if n["state"] ==
                                                "operational"]) == 3, 60, f"sessions of {pe}")
    chosen = lab.upstreams("pe2")
    settled(lab, chosen)
    used, = (p for p in ("p2", "p3") if chosen[GROUP] == f"{router_id(p)}:0")
    before = {pe: lab.receivers[pe].result(GROUP) for pe in LEAVES}
    lab.routers[used].ns.ip("link set lan down")
    settled(lab, {g: everything[1] if used == "p2" else everything[0] for g in GROUPS})
    lab.routers[used].ns.ip("link set lan up")
    settled(lab, chosen)
    mark = lab.stream.ask("stat")["sent"]
    for pe in LEAVES:
        after = wait_for(lambda p=pe: (lambda r: r if r["last"] > mark else None)(
            lab.receivers[p].result(GROUP)), 30, f"the stream behind {pe}")
        assert after["duplicated"] == before[pe]["duplicated"]
        assert 0 < after["lost"] - before[pe]["lost"] < 20 * RATE
