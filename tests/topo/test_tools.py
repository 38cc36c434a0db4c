# SPDX-License-Identifier: GPL-2.0-or-later
"""The measuring tools of the lab measure right: what they call lost, duplicated, a copy."""
import contextlib
import socket
import struct

import pytest

import mc
import pcap
import tap
from drawing import Drawing, Load
from lab import Talker
from netns import LabError, Namespace, Process, veth, wait_for

GROUP = "239.7.7.7"


def payload(seq):
    return mc.HEADER.pack(mc.MAGIC, seq, 0)


def ip_udp(data, source="10.1.0.2", group=GROUP):
    udp = struct.pack("!HHHH", 5000, mc.PORT, 8 + len(data), 0) + data
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 16, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(group)) + udp


def test_tally_counts_gaps_and_repetitions():
    t = mc.Tally()
    for seq in (5, 6, 6, 6, 9):
        t.add(seq)
    r = t.result()
    assert (r["first"], r["last"], r["received"], r["lost"], r["duplicated"]) == (5, 9, 3, 2, 2)
    assert r["lostSequences"] == [7, 8] and r["duplicatedSequences"] == [6]


@pytest.mark.parametrize("header, inner, pure", [
    (struct.pack("!HHH", 2, 7, 9), b"", True),
    (struct.pack("!HHH", 2, 7, 9), b"\xff\x03\x00\x21", False),
    (struct.pack("!HHH", 2, 7, 9), b"\x00\x21", False),
    (struct.pack("!HHH", 2, 7, 9), b"\x21", False),
    (struct.pack("!HHHH", 0x4002, 60, 7, 9), b"", True),
    (struct.pack("!HHHHH", 0x0802, 7, 9, 1, 0), b"", True),
    (struct.pack("!HHHH", 0x0202, 7, 9, 3) + b"\xee" * 3, b"\xff\x03\x00\x21", False),
])
def test_every_l2tp_data_header_is_understood(header, inner, pure):
    m = tap.l2tp_data(header + inner + ip_udp(payload(42)))
    assert (m.tunnel, m.session, m.group, m.source, m.seq) == (7, 9, GROUP, "10.1.0.2", 42)
    assert m.pure_ip is pure


@pytest.mark.parametrize("datagram", [b"", b"\xc8\x02\x00\x0c" + bytes(8), b"\x00\x03" + bytes(8)])
def test_control_messages_and_garbage_are_no_data(datagram):
    assert tap.l2tp_data(datagram) is None


@pytest.fixture(name="cable")
def _cable(tmp_path):
    """Two namespaces and a cable; a receiver at the far end."""
    with contextlib.ExitStack() as stack:
        a, b = Namespace("mctool-a"), Namespace("mctool-b")
        stack.callback(a.close)
        stack.callback(b.close)

        def talk(ns, *args):
            talker = Talker(ns.name, ns, tmp_path / "log", *args)
            stack.callback(talker.process.kill)
            return talker

        veth(a, "eth0", b, "eth0")
        a.ip("addr add 10.7.0.1/24 dev eth0")
        b.ip("addr add 10.7.0.2/24 dev eth0")
        yield a, b, talk


def test_receiver_counts_what_it_joined_and_only_that(cable):
    a, b, talk = cable
    receiver = talk(b, "receive", "--interface", "eth0", "--address", "10.7.0.2")
    sender = talk(a, "send", GROUP, "--interface", "eth0", "--rate", "200")
    receiver.ask("join", GROUP, "10.7.0.1")
    wait_for(lambda: receiver.ask("stat")[GROUP]["received"] >= 20, 5, "20 packets")
    sender.ask("rate", 0)
    last = sender.ask("stat")["sent"]
    r = wait_for(lambda: (lambda r: r if r.get("last") == last else None)(
        receiver.ask("stat")[GROUP]), 5, "the last packet")
    assert (r["lost"], r["duplicated"]) == (0, 0)
    assert r["received"] == last - r["first"] + 1

    receiver.ask("leave", GROUP, "10.7.0.1")
    sender.ask("rate", 200)
    wait_for(lambda: sender.ask("stat")["sent"] >= last + 20, 5, "20 more are sent")
    assert receiver.ask("stat")[GROUP]["last"] == last


def test_receiver_of_another_source_gets_nothing(cable):
    a, b, talk = cable
    receiver = talk(b, "receive", "--interface", "eth0", "--address", "10.7.0.2")
    sender = talk(a, "send", GROUP, "--interface", "eth0", "--rate", "200")
    receiver.ask("join", GROUP, "10.7.0.99")
    wait_for(lambda: sender.ask("stat")["sent"] >= 40, 5, "40 packets are sent")
    assert receiver.ask("stat")[GROUP]["received"] == 0


def test_tap_counts_copies_of_one_packet(cable):
    a, b, _ = cable
    t = tap.TunnelTap(b, "eth0")
    try:
        with a.inside():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("10.7.0.1", 1701))
        for seq, sessions in ((1, (1, 2, 3)), (2, (9,)), (3, (9,))):
            for session in sessions:
                s.sendto(struct.pack("!HHH", 2, 7, session) + ip_udp(payload(seq)),
                         ("10.7.0.2", 1701))
        wait_for(lambda: t.newest(GROUP) == 3, 5, "the tap saw the last packet")
        s.close()
        assert t.copies_between(GROUP, 0, 2) == {0: 0, 1: 3, 2: 1}
        assert t.session_counts(GROUP) == {1: 1, 2: 1, 3: 1, 9: 2}
        assert t.pure_ip == {1, 2, 3, 9}
        one = 14 + 28 + 6 + len(ip_udp(payload(1)))
        assert t.octets_of(GROUP, 2) == (3 * one + one) / 2
    finally:
        t.close()


def test_wait_for_says_what_it_waited_for():
    with pytest.raises(LabError, match="the moon"):
        wait_for(lambda: 0, 0.1, "the moon")


def test_a_process_that_ended_is_seen(tmp_path):
    p = Process("false", ["/bin/false"], tmp_path / "log")
    wait_for(lambda: not p.running(), 5, "end")
    assert p.kill() == 1


# wire vectors of RFC 4045, sections 5 to 7
@pytest.mark.parametrize("octets, name, details", [
    ("c8020026 11110000 00050007 0008000000000017 80080000000e4001 800a00000011003d0900",
     "MSRQ", "assigned session 16385"),
    ("c8020020 11113001 00060009 000800000000001a 800c00000051 010101020103",
     "MSI", "New Outgoing Sessions 257 258 259"),
    ("c802001c 11113001 0007000a 000800000000001a 8008000000530102",
     "MSI", "Withdraw Outgoing Sessions 258"),
    ("c8020026 22224001 000a000b 000800000000001b 800a0000000100020004 80080000000e3001",
     "MSEN", "result 2/4, assigned session 12289"),
    ("c802000c 22220000 000a000b", "ZLB", ""),
])
def test_control_messages_are_read(octets, name, details):
    m = pcap.control_message(0, "10.0.12.1", bytes.fromhex(octets))
    assert (m.name, m.details) == (name, details)


class OneBranch:
    """A tree r -> a, as Drawing wants to see it."""
    root, role, branches = "r", {"r": "root", "a": "leaf"}, {"r": [("a", 16)]}

    @staticmethod
    def edges():
        return [("r", "a", 16)]


@pytest.mark.parametrize("failed, word, line", [(("r", "b"), "failed", "style=dashed color=red"),
                                                (None, "not used", "color=grey dir=none")])
def test_a_drawing_tells_the_tree_from_other_links(failed, word, line):
    loads = {("r", "a"): Load([16], 20, [1]), ("r", "b"): Load([], 0, [0])}
    drawing = Drawing("t", OneBranch, loads, {"a": ("rcv", True)}, (), failed)
    assert list(drawing.rows()) == [("r  root", "", "", ""), ("`-- a  leaf -> rcv", "16", 20, "1"),
                                    (f"r - b  {word}", "-", 0, "0")]
    edges = {x.split("[")[0].strip(): x for x in drawing.dot().splitlines() if "->" in x}
    assert line in edges["r -> b"] and "label 16" in edges["r -> a"]
    assert "not on the tree" in drawing.dot() and "a -> rcv" in edges
