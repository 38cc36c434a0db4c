# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequence numbers of data messages in sessions that the agent carries (RFC 2661 5.4), the sizes
that fit a subscriber (A4045-49), and what counts as activity of a tunnel (A4045-50)."""
import contextlib
import struct

import pytest

import fib
from agent_rig import build, net, tap  # noqa: F401  pylint: disable=unused-import
from forwarders import (LAC, LAC_TUNNEL, LNS_TUNNEL, MCFIBD, PPP4, PPP6, SOURCE, datagram, deliver,
                        has, l2tp, lns_socket, multicast, raw_sender, receive_udp, tshark_problems,
                        unicast)
from netns import wait_for

pytestmark = [pytest.mark.skipif(not MCFIBD.exists(), reason="mcfibd is not built"),
              pytest.mark.timeout(60)]
GROUP, GROUP6, SOURCE6 = "232.1.1.1", "ff3e::8000:1", "2001:db8::5"
L2TP_AT = 14 + 20 + 8  # in a frame


def numbers(frame):
    """(session, Ns or None, what is behind the L2TP header) of a data message without L and O."""
    flags, _, session = struct.unpack("!HHH", frame[L2TP_AT:L2TP_AT + 6])
    if flags == 0x0002:
        return session, None, frame[L2TP_AT + 6:]
    assert flags == 0x0802
    ns, nr = struct.unpack("!HH", frame[L2TP_AT + 6:L2TP_AT + 10])
    assert nr == 0  # R2661-3.1-6: reserved
    return session, ns, frame[L2TP_AT + 10:]


# ---------------------------------------------------------------- what is sent

@pytest.mark.parametrize("checksum", [False, True])
def test_an_lns_numbers_all_that_it_sends_into_a_sequenced_session(net, build, tap, tmp_path,
                                                                   checksum):
    # R2661-5.4-1: unicast and multicast copies alike; R2661-5.4-5: a counter of its own;
    # R2661-8.1-3: with numbers, too, the outer checksum is right; R4045-8-4: multicast data between
    # them leaves the numbers of the unicast session alone
    pair = build(udp_checksum=checksum)
    pair.lns.daemon.install(
        fib.session(LNS_TUNNEL, 103, 203, "lns", "s3", "raw", sequencing=True))
    pair.flow(GROUP, unicast(1), unicast(3), multicast(True))
    wire = tap(net.lac, "core0")
    to_sub = datagram(SOURCE, "100.64.0.13", b"numbered")
    six = datagram(SOURCE6, "2001:db8::9", b"numbered")
    with contextlib.closing(raw_sender(net.lns, "s3")) as s3, \
            contextlib.closing(raw_sender(net.lns, "l2mc0")) as l2mc0:
        for packet in (to_sub, six, to_sub):
            s3.send(packet)
        for _ in range(2):
            l2mc0.send(datagram(SOURCE, GROUP, b"numbered"))
        s3.send(to_sub)
    frames = wire.frames(10, has(b"numbered"))
    seen = [numbers(f) for f in frames]
    assert [ns for session, ns, _ in seen if session == 203] == [0, 1, 2, 3, 4, 5]
    assert [ns for session, ns, _ in seen if session == 201] == [None, None]
    assert [ns for session, ns, _ in seen if session == 600] == [0, 1]
    assert [payload for _, _, payload in seen[:2]] == [PPP4 + to_sub, PPP6 + six]
    assert tshark_problems(frames, tmp_path) == ""


def test_numbers_go_on_after_a_pause_without(net, build, tap):
    # R2661-5.4-2, R2661-5.4-4: the LNS decides, and continues where it was
    pair = build()
    wire = tap(net.lac, "core0")
    seen = []
    with contextlib.closing(raw_sender(net.lns, "s3")) as s:
        for sequencing in (True, False, True):
            pair.lns.daemon.install(fib.session(LNS_TUNNEL, 103, 203, "lns", "s3", "raw",
                                                sequencing=sequencing))
            for _ in range(2):
                s.send(datagram(SOURCE, "100.64.0.13", b"on and off"))
            seen += [numbers(f)[1] for f in wire.frames(2, has(b"on and off"))]
    assert seen == [0, 1, None, None, 2, 3]


def test_a_lac_follows_the_lns(net, build, tap):
    # R2661-5.4-3: within its next data message; R2661-5.4-4
    pair = build()
    wire, sub = tap(net.lns, "core0"), datagram("192.0.2.1", SOURCE, b"from below")

    def upstream():
        net.a3.write(sub)
        session, ns, payload = numbers(wire.frames(1, has(b"from below"))[0])
        assert (session, payload) == (103, PPP4 + sub)
        return ns

    def downstream(**header):
        deliver(net, PPP4 + datagram(SOURCE, "192.0.2.1", b"from above"), session=203, **header)
        net.a3.read(has(b"from above"))
    assert upstream() is None
    downstream(ns=5)
    assert [upstream(), upstream()] == [0, 1]
    downstream()
    assert upstream() is None
    downstream(ns=6, length=True, offset=4, priority=True)
    assert upstream() == 2
    assert pair.lac.object("access-session 9/203")["next_ns"] == 3


def test_a_lac_that_required_it_numbers_whatever_the_lns_does(net, build, tap):
    # R2661-5.4-1
    pair = build()
    pair.lac.daemon.install(
        fib.session(LAC_TUNNEL, 203, 103, "lac", "a3", "raw", sequencing=True))
    wire = tap(net.lns, "core0")
    for ns in (0, 1):
        deliver(net, PPP4 + datagram(SOURCE, "192.0.2.1", b"plain"), session=203)
        net.a3.read(has(b"plain"))
        net.a3.write(datagram("192.0.2.1", SOURCE, b"from below"))
        assert numbers(wire.frames(1, has(b"from below"))[0])[1] == ns


def test_a_successor_goes_on_with_the_numbers(net, build, tap):
    # R2661-5.4-4: an agent that was killed is no new session
    pair = build()
    pair.lac.daemon.install(
        fib.session(LAC_TUNNEL, 203, 103, "lac", "a3", "raw", sequencing=True))
    wire = tap(net.lns, "core0")

    def upstream():
        net.a3.write(datagram("192.0.2.1", SOURCE, b"from below"))
        return numbers(wire.frames(1, has(b"from below"))[0])[1]
    assert [upstream(), upstream()] == [0, 1]
    pair.lac.process.kill()
    assert upstream() == 2  # its programs go on
    pair.lac.start()
    wait_for(lambda: (d := pair.lac.dump())["complete"] and not d["held"], 10, "taken over")
    assert [upstream(), upstream()] == [3, 4]


# ---------------------------------------------------------------- what is received

@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("session, ppp, name", [
    (600, b"", "l2tp-replication 9/600"), (203, PPP4, "access-session 9/203")])
def test_late_data_passes_or_is_dropped_as_the_daemon_says(net, build, drop, session, ppp, name):
    # A4045-18, R2661-5.4-5
    pair = build()
    if session == 600:
        pair.replicate([203], drop_late=drop)
    else:
        pair.lac.daemon.install(
            fib.session(LAC_TUNNEL, 203, 103, "lac", "a3", "raw", drop_late=drop))
    net.a3.waiting()
    for n, ns in enumerate((65534, 65535, 0, 65535, 1, 0, 7, 2, None, 8)):
        deliver(net, ppp + datagram(SOURCE, GROUP, b"Ns %d" % n), session=session, ns=ns)
    wait_for(lambda: pair.lac.object(name)["late"] == 3, 5, "three are late")
    got = []
    while b"Ns 9" not in (got[-1] if got else b""):
        got.append(net.a3.read(has(b"Ns ")))
    assert [int(p[-1:]) for p in got] == ([0, 1, 2, 4, 6, 8, 9] if drop else list(range(10)))
    o = pair.lac.object(name)
    assert o.get("counters", o.get("from_tunnel"))["late"] == (3 if drop else 0)


def test_reserved_bits_mean_nothing_and_another_version_is_not_l2tp(net, build):
    # R2661-3.1-2, R2661-3.1-3: in data messages, too
    pair = build()
    pair.replicate([203])
    net.a3.waiting()
    with contextlib.closing(receive_udp(net.lac, LAC, 1701)) as daemon, \
            contextlib.closing(lns_socket(net)) as s:
        for bit in (0x2000, 0x1000, 0x0400, 0x0080, 0x0040, 0x0020, 0x0010, 0x34f0):
            packet = datagram(SOURCE, GROUP, b"bit %04x" % bit)
            s.send(struct.pack("!HHH", 2 | bit, LAC_TUNNEL, 600) + packet)
            assert net.a3.read(has(b"bit ")) == packet
        for version in (0, 1, 3, 15):
            packet = datagram(SOURCE, GROUP, b"version")
            s.send(message := struct.pack("!HHH", version, LAC_TUNNEL, 600) + packet)
            assert daemon.recv(2000) == message  # the daemon's to discard
        s.send(l2tp(LAC_TUNNEL, 600, datagram(SOURCE, GROUP, b"the end")))
    assert has(b"the end")(net.a3.read(lambda p: b"version" in p or b"the end" in p))
    assert pair.lac.object("l2tp-replication 9/600")["counters"]["packets"] == 9


# ---------------------------------------------------------------- sizes

FITS = [("ethernet", (), 0, 1500), ("pppoe", (), 0, 1492), ("pppoe", (100,), 0, 1492),
        ("pppoe", (200, 300), 0, 1488),  # the second tag takes its four octets from the packet
        ("pppoe", (100,), 1400, 1400), ("ethernet", (), 576, 576), ("ethernet", (), 9000, 1500)]


@pytest.mark.parametrize("src, group", [(SOURCE, GROUP), (SOURCE6, GROUP6)])
def test_the_largest_packet_that_fits_arrives_whole(net, build, tap, src, group):
    # A4045-49: one octet more is dropped for this subscriber, counted, and not fragmented
    pair = build()
    at_sub = tap(net.pppoe, "eth0")
    headers = len(datagram(src, group, b""))
    for n, (framing, vlans, mru, fits) in enumerate(FITS):
        pair.lac.daemon.install(
            fib.session(LAC_TUNNEL, 211 + n, 111 + n, "lac", "a4", framing, unicast=False,
                        mac="02:aa:00:00:00:01", pppoe_id=1, vlans=vlans, maximum=mru))
        pair.replicate([211 + n])
        too_big, largest = (datagram(src, group, b"S" * (size - headers))
                            for size in (fits + 1, fits))
        deliver(net, too_big)
        deliver(net, largest)
        frame = at_sub.frames(1, has(b"SSSS"))[0]
        assert frame.endswith(largest) and not at_sub.waiting(has(b"SSSS"))
        b = pair.lac.object("l2tp-replication 9/600")["branches"][0]
        assert (b["packets"], b["too_big"], b["failed"]) == (1, 1, 0)


# ---------------------------------------------------------------- activity

def test_data_of_any_session_is_activity_of_the_tunnel(net, build):
    # A4045-50, R2661-6.5: what the daemon takes as a sign of life; not from elsewhere
    pair = build(activity_ms=50)
    pair.replicate([203])
    tunnel = fib.key_of(pair.objects()[1][0])

    def reported():
        a = pair.lac.daemon.activity.get(tunnel)
        return a.packets if a else -1
    pair.lac.daemon.wait(lambda: reported() == 0, 5, "a report")
    deliver(net, datagram(SOURCE, GROUP, b"multicast"))
    pair.lac.daemon.wait(lambda: reported() == 1, 5, "multicast data")
    deliver(net, PPP4 + datagram(SOURCE, "192.0.2.1", b"unicast"), session=203)
    pair.lac.daemon.wait(lambda: reported() == 2, 5, "unicast data")
    deliver(net, b"\x45", session=203)  # the stack's
    with contextlib.closing(lns_socket(net)) as s:
        s.send(l2tp(LAC_TUNNEL, 600, datagram(SOURCE, GROUP, b"again")))
    pair.lac.daemon.wait(lambda: reported() == 3, 5, "and again")
    # at the LNS nothing came back: its own HELLO has to tell
    assert pair.lns.daemon.activity[fib.key_of(pair.objects()[0][0])].packets == 0
