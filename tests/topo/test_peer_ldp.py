# SPDX-License-Identifier: GPL-2.0-or-later
"""LDP itself between mplsmcd and a speaker written from the RFCs alone: discovery, sessions in both
roles, capabilities and timers."""
import signal
import socket

import pytest

import ldp_wire as w
from ldp_lab import FEC, ROOT, ROUTER, LdpLab, peer_address, settle
from ldp_peer import EVERYTHING
from netns import wait_for



@pytest.fixture(name="lab", scope="module")
def ldp_lab():
    with LdpLab("pses", links=3, forward=False, more=" discovery hello holdtime 6\n") as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    lab.route(1)
    yield
    lab.end_peers()


def ended(p, *statuses):
    """The router says one of these and closes."""
    m = p.wait("Notification", 15, lambda m: m.status & w.FATAL)
    assert m.status in statuses, hex(m.status)
    p.down()


# ---------------------------------------------------------------- discovery

def test_hellos_say_who_we_are(lab):
    # M-5036-2.4.1-1, M-5036-2.5.2-1, M-7552-6.1-1, M-6720-2-1
    for p in (lab.peer(1), lab.peer(2)):
        p.until(lambda p=p: len(p.hellos) >= 2, 15, "two Hellos")
        for m in p.hellos:
            assert m.lsr_id == ROUTER and m.ttl == 1
            assert m.tlvs == [(w.HELLO, w.u16(6, w.GTSM)), (w.TRANSPORT, w.packed(ROUTER))]
        assert {m.source for m in p.hellos} == {p.address[:-1] + "1"}


def test_the_hold_time_is_the_lower_of_both(lab):
    # M-5036-3.5.2-1, M-5036-2.5.5-1
    p, = lab.up(2, hold=3)
    mark = len(p.hellos)
    p.until(lambda: len(p.hellos) >= mark + 4, 15, "Hellos")
    gaps = [b.when - a.when for a, b in zip(p.hellos[mark:], p.hellos[mark + 1:])]
    assert sum(gaps) / len(gaps) <= 1.5  # a third of 3 s, not of 6
    p.hello = False
    ended(p, w.HOLD_EXPIRED)
    assert not lab.neighbour(p)


def test_bad_hellos_are_dropped_without_a_word(lab):
    # M-5036-3.5.1-2
    p, = lab.up(2)
    before = lab.statistics()["ldp"]["hellosBad"]
    good = p.hello_octets()
    bad = [good[:20], good[:2] + b"\xff\xff" + good[4:], b"\0\2" + good[2:], b"", b"\0\1",
           w.pdu(p.lsr_id, w.message("Hello", 1, b"")), good[:4] + b"\0\0\0\0" + good[8:],
           good + b"x", p.hello_octets(extra=w.tlv(w.TRANSPORT, b"\1\2\3"))]
    for octets in bad:
        p.udp.sendto(octets, ("224.0.0.2", 646))
    wait_for(lambda: lab.statistics()["ldp"]["hellosBad"] >= before + len(bad) - 2, 10, "counted")
    p.barrier()
    assert p.sessions == 1 and lab.neighbour(p)["state"] == "operational"


# ---------------------------------------------------------------- establishment

def test_the_greater_transport_address_connects(lab):
    # M-5036-2.5.2-2, M-5036-2.5.3-1, F-LDP-1, F-LDP-2, F-LDP-4, F-LDP-6, M-5036-3.5.5-1
    lower, higher = lab.up(1, 2)
    assert not lower.active and higher.active and lower.attempts == higher.attempts == 1
    assert [lab.neighbour(p)["role"] for p in (lower, higher)] == ["active", "passive"]
    for p in (lower, higher):
        p.barrier()
        assert [m.name for m in p.messages[:3]] == ["Initialization", "KeepAlive", "Address"]
        assert set(p.messages[2].listed()) == {ROUTER, *(peer_address(n, 1) for n in lab.links)}


def test_initialization_offers_what_we_can(lab):
    # M-5036-2.8-1, M-5561-3-1, M-6388-2.1-1, M-5918-5-1, M-7473-4.1-1, M-5919-4-1
    p, = lab.up(2)
    m = p.messages[0]
    values = dict(m.tlvs)
    session = values.pop(w.SESSION)
    assert session == w.u16(1, 180) + b"\0\0" + w.u16(4096) + w.packed(p.lsr_id) + b"\0\0"
    sac = values.pop(w.SAC)
    assert sac[:1] == b"\x80" and {0x90, 0xa0} <= set(sac[1:]) and len(set(sac)) == len(sac)
    assert {w.P2MP, w.MBB, w.TYPED_WILDCARD, w.UNRECOGNIZED} <= set(values)
    assert w.MP2MP not in values and w.UPSTREAM_ASSIGNMENT not in values
    assert set(values.values()) == {b"\x80"}
    p.barrier()
    ends = [m.fec for m in p.messages if m.has(w.STATUS) and m.status == w.END_OF_LIB]
    assert w.typed_wildcard() in ends
    other, = lab.up(3, capabilities=(w.P2MP,))
    other.barrier()
    assert not [m for m in other.messages if m.has(w.STATUS) and m.status == w.END_OF_LIB]


EARLY = [("KeepAlive", b"", 0), ("Label Mapping", w.tlv(w.FEC, FEC) + w.label(3001), 0),
         (0x3f01, b"", 0x8000)]


def test_other_messages_before_the_session_is_up_end_it(lab):
    # M-5036-2.5.4-1, M-5036-2.5.3-2, F-LDP-3, F-LDP-5: a Shutdown, even if U is set
    p = lab.peer(2).operational()
    p.send("Notification", w.status(w.SHUTDOWN))
    for name, body, flags in EARLY:
        p.initialize = lambda n=name, b=body, f=flags: p.send(n, b, flags=f)
        p.down()
        mark = p.mark()
        ended(p, w.SHUTDOWN)
        assert not p.since(mark, "Initialization", "KeepAlive")
    del p.initialize
    for name, body, flags in EARLY[1:]:
        p.on["Initialization"] = lambda _m, n=name, b=body, f=flags: p.send(n, b, flags=f)
        p.mark()
        ended(p, w.SHUTDOWN)
    p.on["Initialization"] = p.answer_initialization
    p.operational()


def test_an_answer_that_is_no_initialization_ends_the_session(lab):
    # F-LDP-7: here it is the router that has connected and waits
    p = lab.peer(1, on={"Initialization": lambda _m: p.send("KeepAlive")})
    ended(p, w.SHUTDOWN)


# ---------------------------------------------------------------- the session's parameters

def test_keepalives_come_in_the_lower_time_of_both_and_must_come(lab):
    # M-5036-3.5.3-1, M-5036-3.5.4-1, F-LDP-10
    p, = lab.up(2, keepalive=3)
    mark = len(p.messages)
    p.until(lambda: len([m for m in p.messages[mark:] if m.name == "KeepAlive"]) >= 2, 7, "two")
    assert lab.neighbour(p)["keepaliveSeconds"] == 3
    p.silent = True
    m = p.wait("Notification", 15, lambda m: m.status & w.FATAL)
    assert m.status == w.KEEPALIVE_EXPIRED
    p.down()


def test_pdus_are_no_longer_than_the_peer_can_take(lab):
    # M-5036-3.5.3-1
    batch = "".join(f"addr add 10.44.0.{n}/32 dev lo\n" for n in range(1, 101))
    path = lab.router.write("batch", batch)
    lab.router.ns.run("ip", "-batch", path)
    p, = lab.up(2, maximum=300)

    def listed():
        return [a for m in p.messages if m.name == "Address" for a in m.listed()]
    p.until(lambda: {f"10.44.0.{n}" for n in range(1, 101)} <= set(listed()), 15, "all addresses")
    assert len(listed()) == len(set(listed()))
    assert p.largest <= 300
    lab.router.write("batch", batch.replace("addr add", "addr del"))
    lab.router.ns.run("ip", "-batch", path)
    p.until(lambda: len({a for m in p.messages if m.name == "Address Withdraw"
                         for a in m.listed()}) == 100, 15, "they are withdrawn")


def test_p2mp_labels_come_unasked_whatever_was_agreed(lab):
    # M-5036-3.5.3-2: the peer wants downstream on demand
    up, d = lab.up(1, 2, flags=0x80)
    d.mapping(FEC, 3001)
    assert up.wait("Label Mapping").fec == FEC


def test_messages_are_cut_and_packed_in_any_way(lab):
    # M-5036-3.1-1: three messages in a PDU, a PDU octet by octet
    up, d = lab.up(1, 2)
    fecs = [w.p2mp(ROOT, w.generic(n)) for n in (1, 2, 3, 4)]
    messages = [w.message("Label Mapping", 100 + n, w.tlv(w.FEC, f) + w.label(3000 + n))
                for n, f in enumerate(fecs)]
    d.raw(w.pdu(d.lsr_id, *messages[:3]))
    d.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in w.pdu(d.lsr_id, messages[3]):
        d.raw(bytes([octet]))
    assert [up.wait("Label Mapping").fec for _ in fecs] == fecs


def test_a_shutdown_is_answered_with_one(lab):
    # F-LDP-8, F-LDP-9
    p, = lab.up(2)
    p.send("Notification", w.status(w.SHUTDOWN))
    ended(p, w.SHUTDOWN)


# ---------------------------------------------------------------- capabilities

def test_capabilities_may_be_unknown_but_not_twice(lab):
    # M-5561-3-1, M-5561-3-2, M-5561-6-1
    p, = lab.up(1, capabilities=(w.capability(w.P2MP, state=0),
                                 w.capability(0x05ff, b"x", flags=0x8000)))
    assert "p2mp" in lab.neighbour(p)["capabilities"]
    twice = lab.peer(2, capabilities=(*EVERYTHING, w.P2MP))
    ended(twice, w.MALFORMED)
    twice.close()
    unknown = lab.peer(2, capabilities=(*EVERYTHING, w.capability(0x05ff, b"x", flags=0)))
    m = unknown.wait("Notification")
    assert m.status == w.UNSUPPORTED_CAPABILITY
    assert m.get(w.RETURNED_TLVS) == w.capability(0x05ff, b"x", flags=0)
    unknown.down()


def test_a_peer_without_p2mp_gets_no_p2mp_labels(lab):
    # M-6388-2.1-2
    up, d = lab.up(1, 2)
    dumb, = lab.up(3, capabilities=(w.TYPED_WILDCARD, w.UNRECOGNIZED))
    assert "p2mp" not in lab.neighbour(dumb)["capabilities"]
    assert dumb.refused(dumb.mapping(FEC, 3009)) == w.UNKNOWN_FEC
    settle(dumb, up)
    assert not lab.lsps() and not up.since(0)
    lab.route(3)
    d.mapping(FEC, 3001)
    settle(d, dumb)
    assert not dumb.since(0) and lab.lsp(FEC)["state"] == "no-route"
    lab.route(1)
    assert up.wait("Label Mapping").fec == FEC


def test_p2mp_taken_back_takes_the_labels_along(lab):
    # A-mLDP-22
    up, = lab.up(1)
    d, = lab.up(2, capabilities=(*EVERYTHING, w.DYNAMIC))
    d.mapping(FEC, 3001)
    label = up.wait("Label Mapping").label
    d.send("Capability", w.capability(w.P2MP, state=0))
    assert up.wait("Label Withdraw").label == label
    d.barrier()
    assert d.sessions == 1
    d.send("Capability", w.capability(w.P2MP))
    d.mapping(FEC, 3002)
    up.wait("Label Mapping")


def test_who_did_not_announce_it_gets_no_capability_message(lab):
    # M-5561-7-1
    p, = lab.up(2)
    lab.configure("no capability make-before-break")
    try:
        p.until(lambda: p.sessions == 2 and p.state == "operational", 15, "a new session")
        assert not [m for m in p.messages if m.name == "Initialization"][-1].has(w.MBB)
    finally:
        lab.configure("capability make-before-break")
    p.until(lambda: p.sessions == 3 and p.state == "operational", 15, "a new session")
    settle(p)
    assert not p.since(0, "Capability")


def test_labels_that_the_upstream_assigns_are_not_ours(lab):
    # M-6389-3-1, M-5331-4-1, M-6389-4.1-2: the capability is neither sent nor taken late
    up, d = lab.up(1, 2, capabilities=(*EVERYTHING, w.UPSTREAM_ASSIGNMENT, w.DYNAMIC))
    d.send("Capability", w.capability(w.UPSTREAM_ASSIGNMENT))
    mapped = d.send("Label Mapping", w.tlv(w.FEC, FEC), w.tlv(w.UPSTREAM_LABEL, w.u32(0)
                                                             + w.u32(3001)))
    assert d.refused(mapped) in (w.UNKNOWN_TLV, w.NO_LABELS)
    asked = d.send("Label Request", w.tlv(w.FEC, FEC), w.tlv(w.UPSTREAM_REQUEST, w.u32(0)))
    assert d.refused(asked) in (w.UNKNOWN_TLV, w.NO_LABELS, w.NO_ROUTE)
    d.mapping(FEC, 3001)
    assert up.wait("Label Mapping").label
    settle(up, d)
    assert not [m for p in (up, d) for m in p.messages
                if m.has(w.UPSTREAM_LABEL) or m.has(w.UPSTREAM_REQUEST)]


def test_tshark_decodes_every_packet_of_these_tests(lab):
    # what the router said; the peers sent what they should not
    lab.decoded(ours=False)


def test_a_daemon_that_ends_in_order_says_so():
    # F-LDP-8: the last words are on the wire before the process is gone
    with LdpLab("pbye", links=2, forward=False) as lab:
        peers = lab.up(1, 2)
        lab.router.kill("mplsmcd", signal.SIGTERM)
        for p in peers:
            ended(p, w.SHUTDOWN)
