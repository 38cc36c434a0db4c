# SPDX-License-Identifier: GPL-2.0-or-later
"""The forwarding agent against a scripted daemon: what goes in on one side is compared, octet
by octet, with what comes out on the other."""
import contextlib
import socket
import struct
import threading

import pytest

import fib
from agent_rig import build, net, tap  # noqa: F401  pylint: disable=unused-import
from forwarders import (LAC, LAC_TUNNEL, LNS, LNS_TUNNEL, LOCAL, MCFIBD, PPP4, PPP6, SOURCE,
                        datagram, deliver, group_mac, has, ipv4, is_data, l2tp, multicast,
                        raw_sender, receive_udp, run_for_result, sender, tshark_problems, udp,
                        unicast)
from netns import wait_for

pytestmark = [pytest.mark.skipif(not MCFIBD.exists(), reason="mcfibd is not built"),
              pytest.mark.timeout(60)]
GROUP, GROUP6 = "232.1.1.1", "ff3e::8000:1"
SOURCE6 = "2001:db8::5"
L2TP_AT = 14 + 20 + 8  # in a frame


# ---------------------------------------------------------------- unicast sessions

@pytest.mark.parametrize("n", [1, 2])
def test_a_subscriber_pings_the_lns_and_the_lns_the_subscriber(net, build, tap, n):
    build()
    wire = tap(net.lac, "core0")
    sub = (net.sub1, net.sub2)[n - 1]
    assert " 0% packet loss" in sub.run("ping", "-c3", "-i0.05", "-W2", LOCAL)
    assert " 0% packet loss" in net.lns.run("ping", "-c3", "-i0.05", "-W2", f"100.64.0.1{n}")
    for frame in wire.frames(6, is_data):  # what the LAC received
        assert struct.unpack("!HHH", frame[L2TP_AT:L2TP_AT + 6]) == (2, LAC_TUNNEL, 200 + n)
        assert frame[L2TP_AT + 6:L2TP_AT + 10] == PPP4


@pytest.mark.parametrize("src, dst, ppp", [
    ("192.0.2.1", "198.51.100.1", PPP4), (SOURCE6, "2001:db8::9", PPP6),
    ("192.0.2.1", "239.1.1.1", PPP4), (SOURCE6, GROUP6, PPP6)])
def test_ip_of_both_versions_crosses_between_raw_devices(net, build, tap, src, dst, ppp):
    build()
    wire, received = tap(net.lns, "core0"), tap(net.lns, "s3")
    packet = datagram(src, dst, b"from the subscriber")
    net.a3.write(packet)
    assert received.frames(1, has(b"from the subscriber")) == [packet]
    frame = wire.frames(1, is_data)[0]
    assert frame[L2TP_AT:] == struct.pack("!HHH", 2, LNS_TUNNEL, 103) + ppp + packet
    back = datagram(dst if "." in dst and not dst.startswith("239") else src, src, b"back")
    with contextlib.closing(raw_sender(net.lns, "s3")) as s:
        s.send(back)
    assert net.a3.read(has(b"back")) == back


def test_ip_of_both_versions_crosses_between_ethernet_devices(net, build, tap):
    build()
    sub, lns = net.mac(net.sub1, "eth0"), net.mac(net.lns, "s1")
    received, at_sub = tap(net.lns, "s1"), tap(net.sub1, "eth0")
    for src, dst, ethertype in (("192.0.2.1", "198.51.100.1", 0x0800),
                                (SOURCE6, "2001:db8::9", 0x86dd), (SOURCE6, GROUP6, 0x86dd)):
        packet = datagram(src, dst, b"up")
        head = sub + struct.pack("!H", ethertype)
        with contextlib.closing(raw_sender(net.sub1, "eth0")) as s:
            s.send(b"\x02\x99\0\0\0\1" + head + packet)  # any destination: the link has two ends
        frame = received.frames(1, has(packet))[0]
        assert frame[:6] == (group_mac(dst) if dst == GROUP6 else lns)
        assert frame[12:] == struct.pack("!H", ethertype) + packet
        packet = datagram(dst if dst != GROUP6 else "2001:db8::7", src, b"down")
        with contextlib.closing(raw_sender(net.lns, "s1")) as s:
            s.send(bytes(6) + lns + struct.pack("!H", ethertype) + packet)
        frame = at_sub.frames(1, has(packet))[0]
        assert frame == sub + net.mac(net.lac, "a1") + struct.pack("!H", ethertype) + packet


def test_frames_are_broadcast_until_the_subscriber_s_address_is_known(net, build, tap):
    pair = build()
    at_sub = tap(net.sub1, "eth0")
    packet = datagram("198.51.100.1", "192.0.2.1", b"who are you")

    def send():
        with contextlib.closing(raw_sender(net.lns, "s1")) as s:
            s.send(bytes(6) + net.mac(net.lns, "s1") + b"\x08\x00" + packet)
        return at_sub.frames(1, has(packet))[0][:6]
    assert send() == b"\xff" * 6
    with contextlib.closing(raw_sender(net.sub1, "eth0")) as s:
        s.send(b"\xff" * 6 + net.mac(net.sub1, "eth0") + b"\x08\x00" + packet)
    wait_for(lambda: pair.lac.object("access-session 9/201")["to_tunnel"]["copies"], 5, "sent")
    assert send() == net.mac(net.sub1, "eth0")


@pytest.mark.parametrize("sender_ip, target, answered", [
    ("100.64.0.11", "100.64.0.1", True), ("100.64.0.11", "8.8.8.8", True),
    ("100.64.0.11", "100.64.0.11", False),  # announcement
    ("0.0.0.0", "100.64.0.11", False)])  # probe
def test_the_lac_answers_arp_but_not_about_the_subscriber_s_own_address(
        net, build, tap, sender_ip, target, answered):
    build()
    at_sub, mac = tap(net.sub1, "eth0"), net.mac(net.sub1, "eth0")
    arp = b"\xff" * 6 + mac + struct.pack("!HHHBBH6s4s6s4s", 0x0806, 1, 0x0800, 6, 4, 1, mac,
                                          socket.inet_aton(sender_ip), bytes(6),
                                          socket.inet_aton(target))
    with contextlib.closing(raw_sender(net.sub1, "eth0")) as s:
        s.send(arp)
        s.send(mac + mac + b"\x08\x00" + datagram("192.0.2.1", "192.0.2.2", b"after it"))
    if answered:
        lac = net.mac(net.lac, "a1")
        frame = at_sub.frames(1, lambda f: f[12:14] == b"\x08\x06")[0]
        assert frame[:42] == mac + lac + struct.pack(
            "!HHHBBH6s4s6s4s", 0x0806, 1, 0x0800, 6, 4, 2, lac, socket.inet_aton(target), mac,
            socket.inet_aton(sender_ip))
    else:
        assert run_for_result(net.sub1, "ping", "-c1", "-W2", LOCAL).returncode == 0
        assert not at_sub.waiting(lambda f: f[12:14] == b"\x08\x06" and f[38:42] ==
                                  socket.inet_aton(sender_ip))


@pytest.mark.parametrize("ppp", [PPP4, PPP4[2:], b"\xff\x03\x21", b"\x21"])
@pytest.mark.parametrize("header", [{}, {"length": True}, {"ns": 77}, {"offset": 0}, {"offset": 9},
                                    {"priority": True}, {"length": True, "ns": 1, "offset": 200}])
def test_every_form_of_the_l2tp_and_ppp_header_is_read(net, build, tap, header, ppp):
    # R2661-3.1-4, R2661-3.1-6, R2661-3.1-7; RFC 1661 6.5, 6.6: compressed PPP headers
    build()
    packet = datagram("198.51.100.1", "192.0.2.1", b"any header")
    deliver(net, ppp + packet, session=203, **header)
    assert net.a3.read(has(b"any header")) == packet


# ---------------------------------------------------------------- a multicast session

@pytest.mark.parametrize("tos", [0, 0x88])
def test_one_copy_on_the_tunnel_becomes_one_at_every_subscriber(net, build, tap, tmp_path, tos):
    # R4045-1-1, R4045-8-1; A4045-26: no PPP header, TTL unchanged by the LAC
    pair = build()
    pair.replicate()
    pair.flow(GROUP, multicast())
    wire = tap(net.lac, "core0")
    taps = [tap(net.sub1, "eth0"), tap(net.sub2, "eth0")]
    with contextlib.closing(sender(net.lns, "l2mc0", ttl=5, tos=tos)) as s:
        s.sendto(b"one and many", (GROUP, 40001))
    frames = wire.frames(1, has(b"one and many"))
    packet = frames[0][L2TP_AT + 6:]
    assert frames[0][L2TP_AT:L2TP_AT + 6] == struct.pack("!HHH", 2, LAC_TUNNEL, 600)
    assert packet[8] == 5 and packet[0] == 0x45
    outer = frames[0][14:34]
    assert (outer[1], outer[8], outer[6] & 0x40) == (tos, 64, 0)  # DSCP copied, TTL, no DF
    for t in taps:
        frame = t.frames(1, has(b"one and many"))[0]
        assert frame[:6] == group_mac(GROUP) and frame[12:] == b"\x08\x00" + packet
    assert net.a3.read(has(b"one and many")) == packet
    assert not wire.waiting(has(b"one and many"))
    assert not [f for t in taps for f in t.waiting(has(b"one and many"))]
    assert tshark_problems(frames, tmp_path) == ""


def test_ipv6_groups_are_replicated_too(net, build, tap):
    pair = build()
    pair.replicate()
    pair.flow(GROUP6, multicast(), source=None)
    taps = [tap(net.sub1, "eth0"), tap(net.sub2, "eth0")]
    packet = datagram(SOURCE6, GROUP6, b"six")
    with contextlib.closing(raw_sender(net.lns, "l2mc0")) as s:
        s.send(packet)
    for t in taps:
        frame = t.frames(1, has(b"six"))[0]
        assert frame[:6] == group_mac(GROUP6) and frame[12:] == b"\x86\xdd" + packet
    assert net.a3.read(has(b"six")) == packet


@pytest.mark.parametrize("header", [{"length": True}, {"ns": 9}, {"offset": 3},
                                    {"length": True, "ns": 5, "priority": True, "offset": 0}])
def test_the_lac_accepts_any_header_bits_of_multicast_data(net, build, tap, header):
    # A4045-48
    pair = build()
    pair.replicate([203])
    packet = datagram(SOURCE, GROUP, b"bits")
    deliver(net, packet, **header)
    assert net.a3.read(has(b"bits")) == packet


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("sequencing", [False, True])
def test_the_lns_may_send_the_length_of_multicast_data(net, build, tap, tmp_path, sequencing,
                                                       checksum):
    # A4045-48: the L bit by knob; both agents, and the LAC's finds the packet behind it
    pair = build(udp_checksum=checksum)
    pair.replicate([203])
    pair.flow(GROUP, multicast(sequencing, length=True))
    wire = tap(net.lac, "core0")
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        for text in (b"length 0", b"length 11"):
            s.sendto(text, (GROUP, 40001))
    frames = wire.frames(2, has(b"length "))
    assert tshark_problems(frames, tmp_path) == ""
    for n, frame in enumerate(frames):
        l2tp = frame[42:]
        assert l2tp[:2] == (b"\x48\x02" if sequencing else b"\x40\x02")
        assert int.from_bytes(l2tp[2:4], "big") == len(l2tp)
        assert int.from_bytes(frame[38:40], "big") == len(l2tp) + 8
        if sequencing:
            assert int.from_bytes(l2tp[8:10], "big") == n
        assert (frame[40:42] != b"\0\0") == checksum
        assert net.a3.read(has(b"length ")) == l2tp[12 if sequencing else 8:]


def test_what_is_larger_than_the_list_may_be_does_not_cross_the_tunnel(net, build, tap):
    # A4045-49: osl-mtu strict
    pair = build()
    pair.flow(GROUP, multicast(maximum_packet=600), multicast(False, 501, 601))
    wire = tap(net.lac, "core0")
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        for size in (601, 600):
            s.sendto(b"B" * (size - 28), (GROUP, 40001))
    assert sorted(len(f) - 48 for f in wire.frames(3, has(b"BBBB"))) == [600, 600, 601]
    branches = pair.lns.object(f"l2tp-flow {GROUP} from {SOURCE}")["branches"]
    assert sorted(b["too_big"] for b in branches) == [0, 1]


@pytest.mark.parametrize("payload", [b"", b"\x45", b"\xff\x03\x00\x21" + b"x" * 40, b"\x50" * 40,
                                     datagram(SOURCE, GROUP, b"cut")[:-1]])
def test_what_is_not_a_whole_ip_datagram_is_dropped_and_counted(net, build, tap, payload):
    # A4045-26: the version is in the first four bits
    pair = build()
    pair.replicate([203])
    deliver(net, payload)
    deliver(net, datagram(SOURCE, GROUP, b"good"))
    assert has(b"good")(net.a3.read(has(b"good")))
    c = pair.lac.object("l2tp-replication 9/600")["counters"]
    # too short to be looked at: left to the stack
    assert (c["packets"], c["malformed"], c["copies"]) == \
        ((2, 1, 1) if len(payload) >= 8 else (1, 0, 1))


def test_sessions_without_multicast_session_get_a_copy_each(net, build, tap):
    pair = build()
    pair.flow(GROUP, unicast(1), unicast(3))
    wire, taps = tap(net.lac, "core0"), [tap(net.sub1, "eth0"), tap(net.sub2, "eth0")]
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        s.sendto(b"copy", (GROUP, 40001))
    frames = wire.frames(2, has(b"copy"))
    assert sorted(f[L2TP_AT + 4:L2TP_AT + 10] for f in frames) == [
        struct.pack("!H", 201) + PPP4, struct.pack("!H", 203) + PPP4]
    assert taps[0].frames(1, has(b"copy"))[0][:6] == group_mac(GROUP)
    net.a3.read(has(b"copy"))
    assert not taps[1].waiting(has(b"copy"))


def test_multicast_and_unicast_branches_of_one_flow(net, build, tap):
    pair = build()
    pair.replicate([201, 202])
    pair.flow(GROUP, unicast(3), multicast())
    wire = tap(net.lac, "core0")
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        s.sendto(b"mixed", (GROUP, 40001))
    ids = [struct.unpack("!H", f[L2TP_AT + 4:L2TP_AT + 6])[0]
           for f in wire.frames(2, has(b"mixed"))]
    assert ids == [600, 203]  # the multicast session first
    net.a3.read(has(b"mixed"))


def test_a_session_that_somebody_else_carries_gets_its_copy_on_the_netdev(net, build, tap):
    pair = build()
    pair.lns.daemon.install(fib.session(LNS_TUNNEL, 103, 203, "lns", "s3", "raw", unicast=False))
    pair.flow(GROUP, unicast(3))
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        s.sendto(b"by netdev", (GROUP, 40001))
    assert has(b"by netdev")(net.s3.read(has(b"by netdev")))


def test_a_flow_of_one_source_goes_before_the_flow_of_all(net, build, tap):
    pair = build()
    pair.replicate([203], 600)
    pair.replicate([201], 601)
    pair.flow(GROUP, multicast(), source=SOURCE)
    pair.flow(GROUP, multicast(local=501, peer=601), source=None)
    at_sub = tap(net.sub1, "eth0")
    with contextlib.closing(raw_sender(net.lns, "l2mc0")) as s:
        s.send(datagram(SOURCE, GROUP, b"mine"))
        s.send(datagram("10.8.8.8", GROUP, b"other"))
    assert has(b"mine")(net.a3.read(has(b"m")))
    assert at_sub.frames(1, lambda f: b"mine" in f or b"other" in f)[0][-5:] == b"other"


def test_unknown_flows_stop_here_and_membership_messages_pass(net, build):
    pair = build()
    pair.flow(GROUP, multicast())
    net.l2mc0.waiting()
    pass_on = [ipv4(SOURCE, "224.0.0.13", b"link-local", proto=103),
               ipv4(SOURCE, "232.7.7.7", b"\x11\0\0\0\xe8\7\7\7", proto=2),
               datagram(SOURCE, "192.0.2.9", b"unicast")]
    with contextlib.closing(raw_sender(net.lns, "l2mc0")) as s:
        s.send(datagram(SOURCE, "232.7.7.7", b"nobody asked"))
        for packet in pass_on:
            s.send(packet)
    assert [net.l2mc0.read(lambda p: p[0] == 0x45) for _ in pass_on] == pass_on
    assert pair.lns.dump()["packets"]["unknown_flow"] == 1


# ---------------------------------------------------------------- sequence numbers

def ns_of(frame):
    flags, tunnel, session, ns, nr = struct.unpack("!HHHHH", frame[L2TP_AT:L2TP_AT + 10])
    assert (flags, tunnel, session, nr) == (0x0802, LAC_TUNNEL, 600, 0)
    return ns


def test_ns_counts_from_0_over_replacements_and_all_flows_of_the_session(net, build, tap):
    # R4045-5.3-4, A4045-18
    pair = build()
    pair.replicate()
    wire = tap(net.lac, "core0")
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        def send(group, n):
            for _ in range(n):
                s.sendto(b"numbered", (group, 40001))
        pair.flow(GROUP, multicast(True))
        send(GROUP, 3)
        pair.flow(GROUP, multicast(True), unicast(3))  # replaced as a whole
        pair.flow("232.1.1.2", multicast(True))  # another flow of the same session
        send("232.1.1.2", 2)
        send(GROUP, 2)
    frames = wire.frames(9, has(b"numbered"))
    assert [ns_of(f) for f in frames if f[L2TP_AT] == 8] == list(range(7))
    assert [f[L2TP_AT + 4:L2TP_AT + 10] for f in frames if f[L2TP_AT] == 0] == \
        [struct.pack("!H", 203) + PPP4] * 2


def test_without_sequencing_there_is_no_s_bit(net, build, tap):
    pair = build()
    pair.flow(GROUP, multicast(False))
    wire = tap(net.lac, "core0")
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        s.sendto(b"plain", (GROUP, 40001))
    assert wire.frames(1, has(b"plain"))[0][L2TP_AT:L2TP_AT + 2] == b"\x00\x02"


def test_the_lac_passes_late_packets_and_counts_them(net, build):
    # A4045-18, R2661-3.1-6
    pair = build()
    pair.replicate([203])
    for n, ns in enumerate((65534, 65535, 0, 65535, 1, 0, 7, 2)):
        packet = datagram(SOURCE, GROUP, b"Ns %d" % n)
        deliver(net, packet, ns=ns)
        assert net.a3.read(has(b"Ns ")) == packet
    assert pair.lac.object("l2tp-replication 9/600")["late"] == 3


# ---------------------------------------------------------------- checksums, sizes

@pytest.mark.parametrize("size", [0, 1, 2, 3, 511, 512, 513, 1300, 1301])
def test_the_outer_checksum_is_right_when_it_is_wanted(net, build, tap, tmp_path, size):
    pair = build(udp_checksum=True)
    pair.flow(GROUP, multicast(True), unicast(1))
    wire = tap(net.lac, "core0")
    with contextlib.closing(raw_sender(net.lns, "l2mc0")) as s:
        s.send(datagram(SOURCE, GROUP, b"C" * size))
    frames = wire.frames(2, is_data)
    for frame in frames:
        assert frame[40:42] != b"\0\0"
    assert tshark_problems(frames, tmp_path) == ""


@pytest.mark.parametrize("size", [0, 1, 9, 600, 1201])
def test_inner_checksums_left_to_the_device_are_completed(net, build, tap, tmp_path, size):
    pair = build(udp_checksum=True)
    pair.replicate([202])
    pair.flow(GROUP, multicast())
    net.lns.run("ethtool", "-K", "s1", "tx", "on")
    try:
        wire = tap(net.lac, "core0")
        with net.lns.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((LOCAL, 40000))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"s1")
            s.sendto(b"P" * size, ("100.64.0.11", 40001))
        frame = wire.frames(1, is_data)
        packet = frame[0][L2TP_AT + 10:]
        assert packet[20:] == udp(LOCAL, "100.64.0.11", b"P" * size)
        assert tshark_problems(frame, tmp_path) == ""
        assert pair.lns.dump()["packets"]["checksum"] == 1
    finally:
        net.lns.run("ethtool", "-K", "s1", "tx", "off")


def test_a_packet_too_big_for_one_subscriber_reaches_the_others(net, build, tap):
    # A4045-49
    pair = build()
    pair.lac.daemon.install(fib.session(LAC_TUNNEL, 201, 101, "lac", "a1", maximum=600))
    pair.replicate()
    pair.flow(GROUP, multicast())
    at_sub1, at_sub2 = tap(net.sub1, "eth0"), tap(net.sub2, "eth0")
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        for size in (601, 600):
            s.sendto(b"B" * (size - 28), (GROUP, 40001))
    assert [len(f) for f in at_sub2.frames(2, has(b"BBBB"))] == [615, 614]
    assert [len(f) for f in at_sub1.frames(1, has(b"BBBB"))] == [614]
    branches = pair.lac.object("l2tp-replication 9/600")["branches"]
    assert [(b["session"], b["packets"], b["too_big"]) for b in branches] == \
        [(201, 1, 1), (202, 2, 0), (203, 2, 0)]


# ---------------------------------------------------------------- PPPoE

@pytest.mark.parametrize("vlans, tags", [
    ((), b""), ((100,), b"\x81\x00\x00\x64"),
    ((200, 300), b"\x88\xa8\x00\xc8\x81\x00\x01\x2c")])
@pytest.mark.parametrize("src, group, ppp", [(SOURCE, GROUP, 0x0021), (SOURCE6, GROUP6, 0x0057)])
def test_pppoe_members_get_their_own_framing(net, build, tap, tmp_path, vlans, tags, src, group,
                                             ppp):
    # R4045-8-2
    pair = build()
    for n in (1, 2):
        pair.lac.daemon.install(fib.session(
            LAC_TUNNEL, 210 + n, 110 + n, "lac", "a4", "pppoe", unicast=False,
            mac=f"02:aa:00:00:00:0{n}", pppoe_id=0x1110 + n, vlans=vlans))
    pair.replicate([203, 211, 212])
    at_sub = tap(net.pppoe, "eth0")
    packet = datagram(src, group, b"over PPPoE")
    deliver(net, packet)
    frames = sorted(at_sub.frames(2, has(b"over PPPoE")))
    for n, frame in enumerate(frames, 1):
        assert frame == bytes([2, 0xaa, 0, 0, 0, n]) + net.mac(net.lac, "a4") + tags \
            + struct.pack("!HBBHHH", 0x8864, 0x11, 0, 0x1110 + n, len(packet) + 2, ppp) + packet
    assert net.a3.read(has(b"over PPPoE")) == packet
    assert tshark_problems(frames, tmp_path) == ""
    # RFC 2516 7: the MRU is 1492 at most
    deliver(net, datagram(src, group, b"M" * (1492 - (len(packet) - 10) + 1)))
    wait_for(lambda: [b["too_big"] for b in pair.lac.object("l2tp-replication 9/600")["branches"]]
             == [0, 1, 1], 5, "too big for PPPoE")


# ---------------------------------------------------------------- what is not ours

def test_data_from_another_port_or_of_an_unknown_session_is_the_stack_s(net, build, tap):
    pair = build()
    pair.replicate([203])
    daemon = receive_udp(net.lac, LAC, 1701)
    packet = datagram(SOURCE, GROUP, b"not mine")
    with net.lns.inside():
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind((LNS, 1702))
    with contextlib.closing(daemon), contextlib.closing(other):
        other.sendto(l2tp(LAC_TUNNEL, 600, packet), (LAC, 1701))
        assert daemon.recv(2000) == l2tp(LAC_TUNNEL, 600, packet)
        for tunnel, session in ((LAC_TUNNEL, 666), (8, 600)):
            deliver(net, packet, tunnel=tunnel, session=session)
            assert daemon.recv(2000) == l2tp(tunnel, session, packet)
        control = struct.pack("!HHHHHH", 0xc802, 12, LAC_TUNNEL, 0, 0, 0)
        other.sendto(control, (LAC, 1701))
        assert daemon.recv(2000) == control
    assert pair.lac.dump()["packets"]["wrong_peer"] == 1
    assert pair.lac.object("l2tp-replication 9/600")["counters"]["packets"] == 0


def test_fragments_of_tunnel_packets_are_the_stack_s(net, build):
    pair = build()
    pair.replicate([203])
    with contextlib.closing(receive_udp(net.lac, LAC, 1701)) as daemon:
        packet = datagram(SOURCE, GROUP, b"F" * 3000)
        deliver(net, packet)
        assert daemon.recv(4000) == l2tp(LAC_TUNNEL, 600, packet)
    assert pair.lac.object("l2tp-replication 9/600")["counters"]["packets"] == 0


# ---------------------------------------------------------------- large sends

def transfer(server_ns, client_ns, address, size=3_000_000):
    """Sends size octets by TCP from the server to the client; what arrived."""
    with server_ns.inside():
        listener = socket.create_server((address, 40080), family=socket.AF_INET6 if ":" in address
                                        else socket.AF_INET)
    with contextlib.closing(listener):
        with client_ns.inside():
            client = socket.create_connection((address, 40080), timeout=10)
        connection, _ = listener.accept()
    got = []

    def receive():
        while data := client.recv(1 << 16):
            got.append(len(data))
    thread = threading.Thread(target=receive)
    thread.start()
    connection.settimeout(10)
    client.settimeout(10)
    with contextlib.closing(connection):
        connection.sendall(bytes(size))
    thread.join(20)
    client.close()
    return sum(got)


@pytest.mark.parametrize("checksum", [False, True])
def test_tcp_crosses_both_ways_with_segmentation_offload(net, build, checksum):
    pair = build(udp_checksum=checksum)
    net.lns.ip("link set s1 mtu 1500")
    assert transfer(net.lns, net.sub1, LOCAL) == 3_000_000
    assert transfer(net.sub1, net.lns, "100.64.0.11") == 3_000_000
    dump = pair.lns.dump()
    assert dump["packets"]["gso"] == 0, "large sends pass, too"


def test_tcp_over_ipv6_with_neighbour_discovery_through_the_tunnel(net, build):
    pair = build()
    try:
        for ns, interface, address in ((net.lns, "s1", "2001:db8::1"),
                                       (net.sub1, "eth0", "2001:db8::11")):
            ns.sysctl(f"net.ipv6.conf.{interface}.disable_ipv6", 0)
            ns.ip(f"addr add {address}/64 dev {interface} nodad")
        assert transfer(net.lns, net.sub1, "2001:db8::1") == 3_000_000
        assert transfer(net.sub1, net.lns, "2001:db8::11") == 3_000_000
        assert pair.lns.dump()["packets"]["gso"] == 0
    finally:
        net.lns.sysctl("net.ipv6.conf.s1.disable_ipv6", 1)
        net.sub1.sysctl("net.ipv6.conf.eth0.disable_ipv6", 1)
