# SPDX-License-Identifier: GPL-2.0-or-later
"""P2MP LSPs over a LAN with labels that the upstream LSR assigns (RFC 6389): one frame for all leaves
that can, and one of its own for a leaf that cannot."""
import collections

import pytest

import pcap
from lan_lab import LanLab
from mpls_lab import GROUP, SOURCE, router_id
from netns import wait_for
from tap import LanTap

RATE = 200
CAN, CANNOT = ("pe2", "pe3"), "pe4"


class UpstreamLab(LanLab):
    egress = (*CAN, CANNOT)
    lines = {**{p: " capability upstream-label\n" for p in LanLab.core},
             **{pe: " label-distribution upstream-on-demand\n" for pe in CAN}}

    def upstream(self, name):
        """Of the leaf's LSP of GROUP."""
        return next(lsp["upstream"] for lsp in self.routers[name].lsps() if lsp["group"] == GROUP)

    def result(self, name):
        """Lost and duplicated so far, when the newest packet has come."""
        mark = self.stream.ask("stat")["sent"]
        r = wait_for(lambda: (lambda r: r if r["last"] >= mark else None)(
            self.receivers[name].result(GROUP)), 30, f"the stream behind {name}")
        return r["lost"], r["duplicated"]

    def copies(self, n, last=100):
        """Each of the newest packets takes so many frames on the LAN."""
        start = self.tap.newest(GROUP)
        wait_for(lambda: self.tap.newest(GROUP) > start + last and
                 self.tap.copies_of(GROUP, last) == [n] * last, 20, f"{n} frames a packet")


@pytest.fixture(name="lab", scope="module")
def _lab():
    with UpstreamLab(prefix="mctu") as lab:
        lab.start()
        lab.stream = lab.sender(GROUP, RATE)
        for pe in CAN:
            lab.receivers[pe].join(GROUP, SOURCE)
        lab.tree(CAN)
        lab.used, = (p for p in lab.core
                     if lab.upstream("pe2")["neighbor"] == f"{router_id(p)}:0")
        lab.tap = LanTap(lab.lan, lab.used)
        lab.taps.append(lab.tap)
        yield lab


@pytest.mark.timeout(180)
def test_one_frame_serves_all_leaves_of_the_lan(lab, tmp_path):
    # F3353-9-3, F3353-9-6, M-6389-6-1: the same label from the upstream LSR; one frame a packet,
    # though there are two leaves; M-5332-4-1, M-5332-8-1, M-5331-3-1: as RFC 5332 has it
    one, other = (lab.upstream(pe) for pe in CAN)
    assert one["label"] == other["label"] and one["context"] == other["context"]
    assert one["context"] == 16 + lab.on_lan.index(lab.used) + 1  # M-5331-8-2
    path = tmp_path / "lan.pcap"
    dump = lab.process("tcpdump lan", lab.lan.words(
        ["tcpdump", "-i", lab.used, "-w", str(path), "-U", "--immediate-mode", "-Z", "root", "-s",
         "0"]), tmp_path / "lan.tcpdump")
    wait_for(lambda: "listening on" in dump.tail(), 10, "tcpdump listens")
    lab.copies(1)
    dump.kill(15)
    assert set(lab.tap.session_counts(GROUP)) == {-one["label"]}
    frames = collections.Counter(map(tuple, pcap.tshark(
        path, "eth.type", "eth.dst", "mpls.label", display=f"mpls && ip.dst == {GROUP}")))
    mac = (0x01005e800000 | one["label"]).to_bytes(6, "big").hex(":")
    assert set(frames) == {("0x8848", mac, f"{one['context']},{one['label']}")}
    assert sum(frames.values()) >= 100
    assert not pcap.mpls_problems(path)
    assert [lab.result(pe) for pe in CAN] == [(0, 0)] * 2


@pytest.mark.timeout(180)
def test_a_leaf_without_the_capability_gets_its_own_copy(lab):
    # F3353-9-6, M-5331-4-1: 1 frame for the LAN and 1 unicast frame
    lab.receivers[CANNOT].join(GROUP, SOURCE)
    lab.tree((*CAN, CANNOT))
    lab.copies(2)
    mine = lab.upstream(CANNOT)
    assert "context" not in mine
    assert {-lab.upstream("pe2")["label"], mine["label"]} == set(lab.tap.session_counts(GROUP))
    n = next(n for n in lab.routers[CANNOT].neighbours()
             if n["neighbor"] == f"{router_id(lab.used)}:0")
    assert "upstream-label" in n["capabilities"]  # theirs, not ours
    assert [lab.result(pe) for pe in lab.egress] == [(0, 0)] * 3
    lab.receivers[CANNOT].leave(GROUP, SOURCE)
    lab.tree(CAN)
    lab.copies(1)


@pytest.mark.timeout(180)
def test_a_leaf_comes_and_goes_and_the_others_do_not_notice(lab):
    # F3353-10.4-2, A-mLDP-21: the label survives a leaving downstream LSR
    before = lab.upstream("pe2")
    lab.receivers["pe3"].leave(GROUP, SOURCE)
    lab.tree(("pe2",))
    lab.copies(1)
    gone = lab.receivers["pe3"].result(GROUP)["received"]
    lab.copies(1)
    assert lab.receivers["pe3"].result(GROUP)["received"] == gone  # it sees frames of others
    assert lab.upstream("pe2") == before
    lab.receivers["pe3"].join(GROUP, SOURCE)
    lab.tree(CAN)
    assert lab.upstream("pe3") == before
    lab.copies(1)
    assert lab.result("pe2") == (0, 0)
    assert lab.result("pe3")[1] == 0


@pytest.mark.timeout(180)
def test_another_upstream_lsr_has_another_context(lab):
    # F3353-9-7, M-5331-8-1
    before = {pe: (lab.upstream(pe), lab.result(pe)) for pe in CAN}
    other, = set(lab.core) - {lab.used}
    lab.routers[lab.used].ns.ip("link set lan down")
    for pe in CAN:
        wait_for(lambda p=pe: lab.upstreams(p)[GROUP] == f"{router_id(other)}:0", 60,
                 f"the LSP of {pe} by {other}")
    lab.tree(CAN)
    for pe in CAN:
        up, (lost, doubled) = before[pe]
        assert lab.upstream(pe)["context"] != up["context"]
        after = lab.result(pe)
        assert after[1] == doubled
        assert after[0] - lost < 10 * RATE
    lab.routers[lab.used].ns.ip("link set lan up")
