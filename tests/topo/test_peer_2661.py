# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 2661 as a scripted peer sees it: what takes time, what takes a socket, what must be
refused.  No forwarding agent."""
import time

import pytest

import l2tp_wire as w
from l2tp_wire import Avp, u16, u32
from netns import wait_for
from peer_lab import PEER, PeerLab

CROSSING = "10.9.0.5"
CONFIG = """\
hostname lns
l2vpn l2tp-multicast
 host-name lns
 profile hello
  hello-interval 1
  retransmit retries 1 timeout 1 maximum 8
 exit
 profile three
  retransmit retries 3 timeout 1 maximum 8
 exit
 peer-group hello lns
  match host-name hello
  profile hello
  accept
 exit
 peer-group three lns
  match host-name three
  profile three
  accept
 exit
 peer-group secret lns
  match host-name secret
  secret 0 s3cret
  accept
 exit
 peer-group crossing lac
  endpoint 10.9.0.5
  denylist 0
 exit
 peer-group zz lns
  match address 0.0.0.0/0
  accept
 exit
 session interface external s-%c
exit
"""
CALLS = 10


class Lab2661(PeerLab):
    def build(self):
        super().build()
        self.router.start_l2mcd(CONFIG)

    def lac(self, host_name="lac", **kw):
        lac = self.peer(host_name, **kw)
        lac.open()
        return lac


@pytest.fixture(scope="module")
def lab():
    with Lab2661(prefix="p2661", interface="s-a{}", hosts=CALLS) as lab:
        yield lab


@pytest.fixture(scope="module", autouse=True)
def silent(lab):
    """Peers that send an SCCRQ and then nothing, from the first test on: {name: peer}."""
    peers = {}
    for name in ("default", "three"):
        peers[name] = p = lab.peer(name, address="10.9.0.6")
        p.silent = True
        p.raw(p.message("SCCRQ", 0, p.open_avps()))
    lab.peers.clear()  # they live longer than a test
    yield peers
    for p in peers.values():
        p.close(stop=False)


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    for p in lab.peers:
        p.close()
    lab.peers.clear()
    wait_for(lambda: not lab.router.sessions(), 10, "no session left")


def icrq(lac, name, extra=()):
    """Sends an ICRQ, waits for nothing; returns our Session ID."""
    ours = lac.new_id()
    lac.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(ours)), Avp(w.SERIAL, u32(ours)),
                         Avp(w.CALLING, name.encode()), *extra])
    return ours


def arrived(lac, name, since=0):
    return [m for m in lac.arrivals[since:] if m.name == name]


# ---------------------------------------------------------------- the header

# R2661-3.1-2
def test_reserved_header_bits_are_ignored(lab):
    lac = lab.lac()
    for bit in (0x2000, 0x1000, 0x0400, 0x0080, 0x0040, 0x0020, 0x0010):
        ns, lac.ns = lac.ns, lac.ns + 1
        lac.raw(w.control(lac.peer_tunnel_id, 0, ns, lac.nr, [w.avp_type("HELLO")],
                          w.CONTROL | bit))
        lac.until(lambda: lac.una == lac.ns, 3, f"bit {bit:#x} acknowledged")


# R2661-3.1-3, A2661-8, A2661-10
def test_versions_tunnels_and_lengths_that_are_wrong_get_no_answer(lab):
    lac = lab.lac()
    before = lab.statistics()["drops"]
    lac.barrier()
    since = len(lac.arrivals)
    hello = lac.message("HELLO")
    for version in (0, 1, 3):
        lac.raw(hello[:1] + bytes([hello[1] & 0xf0 | version]) + hello[2:])
    lac.raw(hello[:4] + u16(lac.peer_tunnel_id ^ 0xff) + hello[6:])
    lac.raw(hello[:2] + u16(len(hello) + 1) + hello[4:])
    lac.barrier()
    after = lab.statistics()["drops"]
    assert after["version"] == before["version"] + 3
    assert after["unknownTunnel"] == before["unknownTunnel"] + 1
    assert len(lac.arrivals) == since + 1  # the acknowledgement of the barrier
    lac.ns += 1
    lac.raw(lac.message("HELLO", ns=lac.ns - 1) + b"padding")
    lac.until(lambda: lac.una == lac.ns, 3, "a padded message is acknowledged")


# ---------------------------------------------------------------- reliable delivery

# R2661-5.8-7
def test_a_retransmission_carries_the_current_nr(lab):
    lac = lab.lac()
    lac.on["ICRP"] = None
    lac.silent = True
    since, first = len(lac.arrivals), lac.ns
    for n in (1, 2, 3):  # sent by hand: the silent peer keeps Ns itself
        lac.raw(lac.message("ICRQ", 0, [Avp(w.SESSION_ID, u16(n)), Avp(w.SERIAL, u32(n)),
                                        Avp(w.CALLING, f"a{n}".encode())], ns=first + n - 1))
        lac.until(lambda k=n: lac.arrivals[since:] and lac.arrivals[-1].nr == first + k, 3, "Nr")
    again = lambda: [m for m in arrived(lac, "ICRP", since)  # noqa: E731
                     if m.ns == arrived(lac, "ICRP", since)[0].ns]
    lac.until(lambda: len(again()) >= 2, 3, "the first ICRP again")
    assert (again()[0].nr, again()[1].nr) == (first + 1, first + 3)
    lac.ns, lac.silent = first + 3, False


# R2661-5.8-11, R2661-5.8-12, R2661-4.4.3-9: an absent Receive Window Size means 4
@pytest.mark.parametrize("window,outstanding", ((1, 1), (2, 2), (4, 4), (None, 4)))
def test_no_more_messages_are_outstanding_than_the_window_allows(lab, window, outstanding):
    lac = lab.peer(window=window or 4)
    avps = [a for a in lac.open_avps() if window or a.type != w.WINDOW]
    lac.open(avps=avps)
    for n in range(1, 6):  # the congestion window opens
        lac.call(f"a{n}")
    since, first = len(lac.arrivals), lac.ns
    lac.silent = True
    for n in range(6, 11):
        lac.raw(lac.message("ICRQ", 0, [
            Avp(w.SESSION_ID, u16(lac.new_id())), Avp(w.SERIAL, u32(n)),
            Avp(w.CALLING, f"a{n}".encode())], ns=first + n - 6))
    lac.until(lambda: [m for m in lac.arrivals[since:] if m.nr == first + 5], 3, "all are read")
    assert len({m.ns for m in arrived(lac, "ICRP", since)}) == outstanding
    lac.ns, lac.silent = first + 5, False
    lac.until(lambda: lac.count("ICRP") == 10, 10, "the others follow")


# R2661-5.8-3, R2661-5.8-4, R2661-B-2
def test_a_repeated_message_is_acknowledged_and_not_acted_on(lab):
    lac = lab.lac()
    ns = lac.ns
    ours = icrq(lac, "a1")
    lac.wait("ICRP")
    since = len(lac.arrivals)
    for n in range(3):
        lac.raw(lac.message("ICRQ", 0, [Avp(w.SESSION_ID, u16(ours)), Avp(w.SERIAL, u32(1)),
                                        Avp(w.CALLING, b"a1")], ns=ns))
        lac.until(lambda k=n: len(lac.arrivals) == since + k + 1, 3, "an answer")
    assert all(m.zlb and m.nr == ns + 1 for m in lac.arrivals[since:])
    assert len(lab.router.sessions()) == 1


# R2661-5.8-2, R2661-5.8-5
def test_messages_out_of_order_are_each_processed_once_and_in_order(lab):
    lac = lab.lac()
    first = lac.ns
    octets = [lac.message("ICRQ", 0, [Avp(w.SESSION_ID, u16(100 + n)), Avp(w.SERIAL, u32(n)),
                                      Avp(w.CALLING, f"a{n}".encode())], ns=first + n - 1)
              for n in (1, 2, 3)]
    lac.raw(w.control(lac.peer_tunnel_id, 0, first + 9, lac.nr))  # a ZLB takes no number
    end = time.monotonic() + 5
    while lac.count("ICRP") < 3 and time.monotonic() < end:
        for n in (2, 1, 0):  # a receiver may drop what comes too early
            lac.raw(octets[n])
        time.sleep(0.05)
    lac.ns = first + 3
    assert [m.session for m in lac.messages if m.name == "ICRP"] == [101, 102, 103]


# R2661-5.7-1, R2661-5.8-10
def test_a_repeated_stopccn_is_acknowledged_again(lab):
    lac = lab.lac()
    ns = lac.ns
    lac.stop_ccn()
    lac.acknowledged()
    for _ in range(3):
        since = len(lac.arrivals)
        lac.raw(lac.message("StopCCN", 0, [Avp(w.TUNNEL_ID, u16(lac.tunnel_id)),
                                           Avp(w.RESULT, u16(1))], ns=ns))
        lac.until(lambda: len(lac.arrivals) == since + 1, 3, "acknowledged again")
        assert lac.arrivals[-1].zlb and lac.arrivals[-1].nr == ns + 1


# ---------------------------------------------------------------- keeping alive

# R2661-6.5-1, R2661-6.5-2
def test_hello_is_sent_after_an_idle_interval_only(lab):
    lac = lab.lac("hello")
    for _ in range(8):
        lac.send("HELLO")
        time.sleep(0.25)
    assert lac.count("HELLO") == 0
    last = time.monotonic()
    m = lac.wait("HELLO", 3)
    assert 0.7 < m.when - last < 1.3
    assert m.session == 0 and m.raw[12:] == bytes.fromhex("8008000000000006")
    lac.wait("HELLO", 3)


# R2661-6.5-3
def test_a_hello_without_answer_brings_tunnel_and_calls_down(lab):
    lac = lab.lac("hello")
    lac.call("a1")
    lac.silent = True
    wait_for(lambda: not lab.router.sessions(), 8, "down after the retries")
    assert len(arrived(lac, "HELLO")) >= 2


# ---------------------------------------------------------------- control connection

# R2661-5.1.1-1, R2661-4.4.3-11, F2661-C11
@pytest.mark.parametrize("answer", ("wrong", "missing"))
def test_a_wrong_secret_gets_stopccn_4_and_no_call(lab, answer):
    lac = lab.peer("secret", secret="other")
    lac.send("SCCRQ", 0, lac.open_avps())
    challenge = lac.wait("SCCRP")
    lac.send("SCCCN", 0, lac.answer(challenge, "SCCCN") if answer == "wrong" else [])
    m = lac.wait("StopCCN")
    assert m.result()[0] == 4 and m.number(w.TUNNEL_ID) == challenge.number(w.TUNNEL_ID)


# R2661-5.1.1-2, R2661-4.4.3-10, R2661-4.4.3-12
def test_one_secret_serves_both_directions(lab):
    lac = lab.peer("secret", secret="s3cret")
    assert lac.open().has(w.CHALLENGE)  # open() checks the response
    lac.call("a1")


# R2661-6.1-1, R2661-4.4.3-5, F2661-C3
@pytest.mark.parametrize("missing", (w.VERSION, w.HOST_NAME, w.FRAMING, w.TUNNEL_ID, "name"))
def test_an_sccrq_without_a_mandatory_avp_opens_no_tunnel(lab, missing):
    lac = lab.peer()
    avps = [Avp(w.HOST_NAME) if missing == "name" and a.type == w.HOST_NAME else a
            for a in lac.open_avps() if a.type != missing]
    lac.send("SCCRQ", 0, avps)
    if missing != w.TUNNEL_ID:  # nobody can be told without it
        m = lac.wait("StopCCN")
        assert m.tunnel == lac.tunnel_id and m.number(w.TUNNEL_ID) and m.result()[0] in (1, 2, 4)
    lab.lac("other")  # read after the first
    assert lac.count("SCCRP") == 0


# R2661-7.2-2, A2661-7
def test_another_protocol_version_gets_stopccn_5(lab):
    lac = lab.peer()
    lac.send("SCCRQ", 0, [Avp(w.VERSION, b"\2\0") if a.type == w.VERSION else a
                          for a in lac.open_avps()])
    assert lac.wait("StopCCN").result() == (5, 0x0100)


# R2661-4.4.3-9
def test_a_window_of_0_is_refused(lab):
    lac = lab.peer(window=0)
    lac.send("SCCRQ", 0, lac.open_avps())
    lac.wait("StopCCN")


# R2661-4.1-3, R2661-4.1-2, R2661-4.4.2-3
@pytest.mark.parametrize("avp", (Avp(9999, b"x", True), Avp(w.CALLING, b"x", True, reserved=1)))
def test_an_unknown_mandatory_avp_ends_what_its_message_is_about(lab, avp):
    lac = lab.peer()
    lac.send("SCCRQ", 0, [*lac.open_avps(), avp])
    m = lac.wait("StopCCN")
    assert m.result() == (2, 8) and str(avp.type).encode() in m.get(w.RESULT)[4:]
    lac = lab.lac()
    ours = icrq(lac, "a1", [avp])
    m = lac.wait("CDN")
    assert m.session == ours and m.result() == (2, 8) and str(avp.type).encode() in m.get(w.RESULT)
    lac.call("a1")


# R2661-4.1-2, R2661-4.1-4, R2661-4.1-5
def test_an_unknown_avp_that_is_not_mandatory_is_ignored(lab):
    lac = lab.peer()
    extra = [Avp(9999, b"x", False), Avp(w.CALLING, b"other", False, reserved=3),
             Avp(w.HOST_NAME, b"other", False, vendor=9)]
    lac.open(extra)
    lac.call("a1", extra)
    assert lab.tunnel(lac)["peerHostName"] == "lac"


# R2661-4.4.1-2, R2661-7.1-1
def test_an_unknown_message_type_matters_when_it_is_mandatory(lab):
    lac = lab.lac()
    lac.send(99, 0, mandatory=False)
    lac.acknowledged()
    assert lab.tunnel(lac)["state"] == "established" and lac.count("StopCCN") == 0
    lac.send(99, 0, mandatory=True)
    lac.wait("StopCCN")


# A2661-3, R2661-5.3-4
def test_a_second_sccrq_is_a_second_tunnel_and_a_repeated_one_is_not(lab):
    one = lab.lac()
    since = len(one.arrivals)
    one.raw(w.control(0, 0, 0, 0, [w.avp_type("SCCRQ"), *one.open_avps()]))
    one.until(lambda: len(one.arrivals) > since, 3, "acknowledged again")
    assert one.arrivals[-1].zlb
    two = lab.lac()
    mine = {t["peerTunnelId"] for t in lab.router.tunnels() if t["state"] == "established"}
    assert {one.tunnel_id, two.tunnel_id} <= mine
    one.call("a1")
    two.call("a2")


# R2661-5-1
def test_no_call_before_the_tunnel_is_established(lab):
    lac = lab.peer()
    lac.send("SCCRQ", 0, lac.open_avps())
    lac.wait("SCCRP")
    icrq(lac, "a1")
    lac.acknowledged()
    assert lac.count("ICRP") == 0


# F2661-C4, F2661-C15, A2661-3
@pytest.mark.parametrize("name", ("SCCRP", "SCCCN"))
def test_a_handshake_message_in_an_established_tunnel_ends_it(lab, name):
    lac = lab.lac()
    lac.send(name, 0, lac.open_avps() if name == "SCCRP" else [])
    assert lac.wait("StopCCN").result()[0] in (1, 2, 7)
    wait_for(lambda: lab.tunnel(lac) is None or lab.tunnel(lac)["state"] != "established", 3,
             "no longer established")


# R2661-7.2-3, A2661-4, A2661-5, F2661-C8, R2661-4.4.3-13: the lower value wins; only one side
# has it: that side wins; equal: both discard
@pytest.mark.parametrize("difference", (-1, 1, None, 0))
def test_when_sccrqs_cross_one_tunnel_is_left(lab, difference):
    lns = lab.peer("crossing", address=CROSSING, port=1701, capability=False)
    lns.on["SCCRQ"] = None
    lab.vty.configure("l2vpn l2tp-multicast", "access s-a9 static", "peer-group crossing", "exit")
    try:
        theirs = lns.wait("SCCRQ")
        tie = theirs.get(w.TIE_BREAKER)
        assert len(tie) == 8 and w.parse_avps(theirs.raw[12:]) == theirs.avps
        value = [] if difference is None else [
            Avp(w.TIE_BREAKER, (int.from_bytes(tie, "big") + difference).to_bytes(8, "big"))]
        lns.peer_tunnel_id = lns.nr = 0
        lns.send("SCCRQ", 0, [*lns.open_avps(), *value])
        {-1: we_win, 0: nobody_wins}.get(difference, they_win)(lab, lns, theirs)
    finally:
        lab.vty.configure("l2vpn l2tp-multicast", "no access s-a9 static")


def of_crossing(lab):
    return {t["peerTunnelId"] for t in lab.router.tunnels()
            if t["peerAddress"] == CROSSING and t["state"] == "established"}


def we_win(lab, lns, theirs):
    assert lns.wait("SCCRP").number(w.TUNNEL_ID) != theirs.number(w.TUNNEL_ID)
    lns.send("SCCCN")
    lns.acknowledged()
    assert lns.count("StopCCN") == 0 and of_crossing(lab) == {lns.tunnel_id}


def they_win(lab, lns, theirs):
    lns.queue.clear()  # the peer forgets its own SCCRQ and answers
    lns.peer_tunnel_id, lns.ns, lns.nr = theirs.number(w.TUNNEL_ID), 0, 1
    lns.tunnel_id = lns.tunnel_id % 65535 + 1
    lns.answer_open(theirs)
    lns.wait("SCCCN")
    assert lns.count("SCCRP") == 0 and of_crossing(lab) == {lns.tunnel_id}


def nobody_wins(lab, lns, theirs):
    lns.queue.clear()
    wait_for(lambda: theirs.number(w.TUNNEL_ID) not in {
        t["tunnelId"] for t in lab.router.tunnels()}, 3, "its SCCRQ is forgotten")
    assert lns.count("SCCRP") == lns.count("StopCCN") == 0


# ---------------------------------------------------------------- calls

# R2661-6.6-1, F2661-IN2
@pytest.mark.parametrize("missing", (w.SESSION_ID, w.SERIAL))
def test_an_icrq_without_a_mandatory_avp_is_refused(lab, missing):
    lac = lab.lac()
    lac.send("ICRQ", 0, [a for a in (Avp(w.SESSION_ID, u16(7)), Avp(w.SERIAL, u32(1)),
                                     Avp(w.CALLING, b"a1")) if a.type != missing])
    lac.acknowledged()
    lac.barrier()
    assert lac.count("ICRP") == 0 and not lab.router.sessions()
    if missing == w.SERIAL:
        assert lac.wait("CDN").session == 7


# R2661-7.1-2
def test_a_malformed_avp_ends_a_call_only_when_it_is_mandatory(lab):
    lac = lab.lac()
    lac.call("a1", [Avp(38, u16(1), False)])  # Rx Connect Speed has 4 octets
    ours = icrq(lac, "a2")
    theirs = lac.wait("ICRP").number(w.SESSION_ID)
    lac.send("ICCN", theirs, [Avp(w.TX_SPEED, u32(1)), Avp(w.FRAMING_TYPE, u16(1))])
    m = lac.wait("CDN")
    assert m.session == ours and m.result() == (2, 2)
    assert [s["peerSessionId"] for s in lab.router.sessions()] == [lac.calls["a1"].id]


# R2661-5.2.2-1, F2661-OA2
def test_an_outgoing_call_is_refused_with_a_cdn(lab):
    lac = lab.lac()
    ours = lac.new_id()
    lac.send("OCRQ", 0, [Avp(w.SESSION_ID, u16(ours)), Avp(w.SERIAL, u32(1)), Avp(16, u32(1)),
                         Avp(17, u32(9)), Avp(18, u32(1)), Avp(19, u32(1)), Avp(21, b"5")])
    assert lac.wait("CDN").session == ours
    assert lab.tunnel(lac)["state"] == "established"


# R2661-6.12-1, R2661-4.4.4-2, F2661-IN6
def test_cdn_before_iccn_ends_the_call_without_an_answer(lab):
    lac = lab.lac()
    ours = icrq(lac, "a1")
    theirs = lac.wait("ICRP").number(w.SESSION_ID)
    since = lac.mark()
    lac.send("CDN", theirs, [Avp(w.RESULT, u16(1)), Avp(w.SESSION_ID, u16(ours))])
    lac.barrier()
    assert lac.messages[since:] == [] and not lab.router.sessions()


# F2661-IN5, F2661-IN7, A2661-6
@pytest.mark.parametrize("state", ("wait-connect", "established"))
@pytest.mark.parametrize("name", ("ICRP", "ICRQ"))
def test_a_call_message_out_of_place_ends_the_call_not_the_tunnel(lab, state, name):
    lac = lab.lac()
    ours = icrq(lac, "a1")
    theirs = lac.wait("ICRP").number(w.SESSION_ID)
    if state == "established":
        lac.send("ICCN", theirs, [Avp(w.TX_SPEED, u32(1)), Avp(w.FRAMING_TYPE, u32(1))])
    lac.send(name, theirs, [Avp(w.SESSION_ID, u16(ours))]
             + ([Avp(w.SERIAL, u32(1))] if name == "ICRQ" else []))
    m = lac.wait("CDN")
    assert m.session == ours and m.number(w.SESSION_ID) == theirs
    lac.acknowledged()
    assert lab.tunnel(lac)["state"] == "established" and not lab.router.sessions()


# R2661-5.3-2, R2661-9.1-1
def test_session_ids_are_never_0_and_follow_no_pattern(lab):
    lac = lab.lac()
    ids = []
    for _ in range(200):
        call = lac.call("a1")
        ids.append(call.peer_id)
        lac.hang_up(call)
    assert 0 not in ids
    steps = [b - a for a, b in zip(ids, ids[1:])]
    assert len(set(steps)) > 190 and len(set(ids)) > 190


# ---------------------------------------------------------------- what took its time

# R2661-5.8-6, R2661-5.8-8, R2661-5.8-1: A2661-1, the whole cycle is 31 s
def test_a_silent_peer_is_retried_after_1_2_4_8_and_16_seconds(lab, silent):
    p = silent["default"]
    p.until(lambda: len(p.arrivals) >= 6, 40, "six transmissions")
    times = [m.when for m in p.arrivals]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert [m.name for m in p.arrivals] == ["SCCRP"] * 6
    assert all(abs(gap - want) < 0.3 for gap, want in zip(gaps, (1, 2, 4, 8, 16))), gaps
    assert {m.ns for m in p.arrivals} == {0} and {m.nr for m in p.arrivals} == {1}


# R2661-5.8-9
def test_after_the_last_try_the_tunnel_is_cleared(lab, silent):
    p = silent["three"]
    mine = lambda: [t for t in lab.router.tunnels() if t["peerTunnelId"] == p.tunnel_id]  # noqa
    wait_for(lambda: not mine(), 20, "the tunnel is cleared")
    times = [m.when for m in p.arrivals if m.name == "SCCRP"]
    assert len(times) == 4
    assert all(abs(b - a - g) < 0.3 for a, b, g in zip(times, times[1:], (1, 2, 4)))


# ---------------------------------------------------------------- last: the link

# R2661-6.5-3
def test_a_link_that_is_cut_brings_the_tunnel_down(lab, silent):
    lac = lab.lac("hello")
    lac.call("a1")
    lab.outside.ip("link set eth0 down")
    try:
        wait_for(lambda: not lab.router.sessions(), 8, "down")
    finally:
        lab.outside.ip("link set eth0 up")
        lac.close(stop=False)
    again = lab.lac("hello", address=PEER)
    again.call("a1")
