# SPDX-License-Identifier: GPL-2.0-or-later
"""Our LAC with the real agent, a scripted LNS, and subscribers of every kind in one list: each gets
multicast packets in the framing of its own link, next to what its session brings."""
import struct

import pytest

import l2tp_wire as w
from forwarders import PPP4, Tap, datagram, l2tp
from lac_lab import CONFIG, GROUP, SOURCE, LacLab, ids_of, listed
from netns import wait_for
from pppoe import Subscriber

PPPOE = """\
 access a4 pppoe
  peer-group LNS
  data-path none
 exit
 access a5 vlan 100 pppoe
  peer-group LNS
  data-path none
 exit
exit
"""
GROUP6, SOURCE6 = "ff3e::8000:1", "2001:db8::1"


class FramingLab(LacLab):
    config = CONFIG.removesuffix("exit\n") + PPPOE


@pytest.fixture
def lab():
    with FramingLab(prefix="pfrm", interface="a{}", hosts=5) as lab:
        lab.router.start_mcfibd()
        wait_for(lab.router.consumers, 10, "mcfibd is connected")
        yield lab


def installed(lab):
    wait_for(lambda: all(e["fib"]["status"] == "installed"
                         for e in lab.router.show("fib entry")["entries"]), 10, "installed")


# R4045-1-3, R4045-8-1, R4045-8-2, R4045-2-1, A4045-26
def test_each_subscriber_of_a_list_has_its_own_framing(lab):
    lns = lab.lns(calls=1)
    lns.on["ICRQ"] = lns.answer_call
    plain = Tap(lab.hosts, "x1")
    subscribers = [Subscriber(lab.hosts, "x4", "02:00:00:00:04:01"),
                   Subscriber(lab.hosts, "x5", "02:00:00:00:05:01", (100,))]
    ids = ids_of(lns, 1)
    for s in subscribers:
        known = set(lns.calls)
        s.connect()
        lns.until(lambda k=known: set(lns.calls) - k, 10, "a call")
        ids.append(next(lns.calls[c].peer_id for c in set(lns.calls) - known))
    _, theirs = lns.open_multicast()
    assert sorted(listed(lns, theirs, ids)) == sorted(ids)
    installed(lab)
    for protocol, source, group, ethertype in ((0x21, SOURCE, GROUP, 0x0800),
                                               (0x57, SOURCE6, GROUP6, 0x86dd)):
        packet = datagram(source, group, b"for all")
        lns.raw(w.data(lns.peer_tunnel_id, theirs, packet))
        (frame,) = plain.frames(1, lambda f: b"for all" in f)
        assert frame[12:] == struct.pack("!H", ethertype) + packet
        for s in subscribers:
            tags = b"\x81\0\0\x64" if s.vlans else b""
            frame = s.frames(5, lambda f: b"for all" in f)
            assert frame[:6] == s.mac and frame[12:] == tags + struct.pack(
                "!HBBHHH", 0x8864, 0x11, 0, s.session, len(packet) + 2, protocol) + packet
    for s in subscribers:
        s.close()


# R4045-8-4: numbers, order and content of the subscriber's own session stay what they are
def test_multicast_packets_do_not_disturb_the_session_of_a_subscriber(lab):
    count = 20
    lab.vty.configure("l2vpn l2tp-multicast", "peer-group LNS lac", "profile sequenced")
    lns = lab.lns(calls=1)
    call, host, tap = lns.calls["a1"], lab.host[1], Tap(lab.hosts, "x1")
    _, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1))
    installed(lab)
    since = lns.mark()
    down = [datagram(SOURCE, host.address, b"down %d" % n, ident=n) for n in range(count)]
    up = [datagram(host.address, SOURCE, b"up %d" % n, ident=n) for n in range(count)]
    for n in range(count):
        lns.raw(l2tp(lns.peer_tunnel_id, call.peer_id, PPP4 + down[n], ns=n))
        lns.raw(w.data(lns.peer_tunnel_id, theirs, datagram(SOURCE, GROUP, b"all %d" % n)))
        host.sock.send(b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + up[n])
    frames = tap.frames(2 * count, lambda f: b"down" in f or b"all" in f)
    assert [f[14:] for f in frames if b"down" in f] == down
    assert len([f for f in frames if b"all" in f]) == count
    lns.until(lambda: len([d for d in lns.data_on(call.id) if b"up" in d.payload]) == count, 10,
              "all packets of the subscriber")
    sent = [d for d in lns.data_on(call.id) if b"up" in d.payload]
    assert [d.payload for d in sent] == [PPP4 + p for p in up]
    assert [d.ns for d in sent] == list(range(sent[0].ns, sent[0].ns + count))
    assert "MSEN" not in [m.name for m in lns.messages[since:]]
