# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3353 on a line: what a domain of labels does to the trees that cross it.

    src - pe1 - p1 - pe2 - rcv2        no PIM between pe1 and pe2
"""
import contextlib

import pytest

import pcap
from lab import Talker
from mpls_lab import SOURCE, MplsLab, router_id
from netns import wait_for

RATE = 50
GROUPS = ("232.1.1.1", "232.1.1.2", "232.1.1.3")
DENIED = "232.9.1.1"


class LineLab(MplsLab):
    names, links, egress, paths = ("pe1", "p1", "pe2"), (("pe1", "p1"), ("p1", "pe2")), ("pe2",), {}

    def build(self):
        super().build()
        self.routers["pe2"].pim_more = "ip pim join-prune-interval 5\n"

    def capture_at(self, ns, interface, name):
        """tcpdump; path of the file it writes."""
        path = self.dir / f"{name}.pcap"
        process = self.process(f"tcpdump {name}", ns.words(
            ["tcpdump", "-i", interface, "-w", str(path), "-U", "--immediate-mode", "-Z", "root",
             "-s", "0"]), self.dir / f"{name}.tcpdump")
        wait_for(lambda: "listening on" in process.tail(), 10, "tcpdump listens")
        return path

    def configure(self, name, *lines):
        self.routers[name].vty["mplsmcd"].configure("mpls ldp-multicast", *lines)

    @contextlib.contextmanager
    def stream(self, group, ttl=16):
        talker = Talker(f"sender {group}", self.source, self.dir / "sender.log", "send", group,
                        "--interface", "eth0", "--rate", str(RATE), "--ttl", str(ttl))
        self.running.append(talker.process)
        yield talker
        talker.ask("quit")

    def quiet(self):
        """For the next test: no LSP and no entry."""
        for router in self.routers.values():
            wait_for(lambda r=router: not r.lsps() and not r.show("fib entry"), 30,
                     f"no LSP and no entry at {router.name}")


@pytest.fixture(name="lab", scope="module")
def line_lab():
    with LineLab(prefix="mct3") as lab:
        lab.start()
        yield lab


def mappings(path):
    """(who sent it, group in the FEC) of the Label Mappings of a capture, in order."""
    return [(source, label) for source, label in pcap.tshark(
        path, "ip.src", "ldp.msg.tlv.generic.label", display="ldp.msg.type == 0x0400")]


def test_a_join_crosses_the_core_as_one_label_mapping(lab):
    """F3353-5.1-1, F3353-5.1-3: a Join becomes a mapping, its refreshes nothing.  F3353-10.2-1: from
    the leaf to the root.  F3353-6-1: tree and label arrive in one message.  F3353-2-4: 0x8847 and
    the neighbour's own address.  F3353-5.2-2, F3353-3.1-1: as many labels as trees."""
    at = {n: lab.capture_at(lab.routers["p1"].ns, n, f"join-{n}") for n in ("pe1", "pe2")}
    for group in GROUPS:
        lab.receivers["pe2"].join(group, SOURCE)
        lab.tree(("pe2",), group)
    with lab.stream(GROUPS[0]):
        lab.receivers["pe2"].receives(GROUPS[0], 30)
    joins = lab.routers["pe2"].show("mpls multicast statistics")["pim"]["joinPrunesReceived"]
    wait_for(lambda: lab.routers["pe2"].show("mpls multicast statistics")["pim"][
        "joinPrunesReceived"] > joins, 30, "pimd refreshes its Joins")
    below, above = mappings(at["pe2"]), mappings(at["pe1"])
    assert len(below) == len({label for _, label in below}) == len(GROUPS), below
    assert len(above) == len({label for _, label in above}) == len(GROUPS), above
    assert {s for s, _ in below} == {router_id("pe2")} and {s for s, _ in above} == {router_id("p1")}
    first = {n: float(pcap.tshark(p, "frame.time_epoch", display="ldp.msg.type == 0x0400")[0][0])
             for n, p in at.items()}
    assert first["pe2"] < first["pe1"]
    for path in at.values():
        assert not pcap.tshark(path, "frame.number", display="pim")
        labelled = pcap.tshark(path, "eth.type", "eth.dst", display=f"ip.dst == {GROUPS[0]}")
        assert labelled and {t for t, _ in labelled} == {"0x8847"}
        assert not [dst for _, dst in labelled if int(dst[:2], 16) & 1]
        assert not pcap.mpls_problems(path)
    for group in GROUPS:
        lab.receivers["pe2"].leave(group, SOURCE)
    lab.quiet()


@pytest.mark.parametrize("model, sent, received", [
    ("uniform", 16, 13), ("uniform", 4, 1), ("uniform", 3, None), ("pipe", 16, 14),
    ("pipe", 3, 1)])
def test_an_lsp_costs_one_hop_per_router_or_two_in_all(lab, model, sent, received):
    """F3353-10.1-1, F3353-2-3 (RFC 3443 3.3): pe1 and pe2 route, p1 counts in the uniform model."""
    group = GROUPS[0]
    for name in lab.names:
        lab.configure(name, f"ttl {model}")
    lab.receivers["pe2"].join(group, SOURCE)
    lab.tree(("pe2",), group)
    heard = lab.capture_at(lab.receivers["pe2"].ns, "eth0", f"ttl-{model}-{sent}")
    before = lab.capture_at(lab.routers["pe2"].ns, "p1", f"label-{model}-{sent}")
    to_group = f"udp && ip.dst == {group}"
    with lab.stream(group, ttl=sent) as talker:
        wait_for(lambda: talker.ask("stat")["sent"] > RATE, 10, "a second of the stream")
        wait_for(lambda: len(pcap.tshark(before, "ip.ttl", display=to_group)) > RATE / 2, 20,
                 "labelled packets before pe2")
        if received:
            wait_for(lambda: len(pcap.tshark(heard, "ip.ttl", display=to_group)) > RATE / 2, 20,
                     "packets at the receiver")
    assert {t for t, in pcap.tshark(heard, "ip.ttl", display=to_group)} == \
        ({str(received)} if received else set())
    labels = {"uniform": sent - 2, "pipe": 254}[model]
    assert {t for t, in pcap.tshark(before, "mpls.ttl", display=to_group)} == {str(labels)}
    lab.receivers["pe2"].leave(group, SOURCE)
    lab.quiet()
    for name in lab.names:
        lab.configure(name, "no ttl")


def test_a_root_sends_nothing_that_its_operator_denies(lab):
    """F3353-11-2: the LSP is built, it carries no data, and the root tells why and counts it."""
    lab.configure("pe1", "map 232.9.0.0/16 none")
    lab.receivers["pe2"].join(DENIED, SOURCE)
    wait_for(lambda: [lsp for lsp in lab.routers["pe1"].lsps() if lsp.get("group") == DENIED], 30,
             "the LSP at its root")
    at = lab.capture_at(lab.routers["p1"].ns, "pe1", "denied")
    with lab.stream(DENIED) as talker:
        wait_for(lambda: talker.ask("stat")["sent"] > RATE, 10, "a second of the stream")
        assert not lab.receivers["pe2"].result(DENIED)["received"]
        mapping, = lab.routers["pe1"].mappings()
        assert (mapping["side"], mapping["labelSwitched"]) == ("root", False)
        assert "map ... none" in mapping["whyNot"]
        assert lab.routers["pe1"].show("mpls multicast statistics")["mapping"]["denied"] == 1
        assert not pcap.tshark(at, "frame.number", display=f"ip.dst == {DENIED}")
        lab.configure("pe1", "no map 232.9.0.0/16")
        lab.receivers["pe2"].receives(DENIED, 30)
    lab.receivers["pe2"].leave(DENIED, SOURCE)
    lab.quiet()
