# SPDX-License-Identifier: GPL-2.0-or-later
"""What strangers, and peers gone mad, can send to the daemon: an existing tunnel with its calls
and its multicast session is not touched, and the memory stays what it was."""
import random
import socket
import struct

import pytest

import l2tp_wire as w
from agent import Agent
from l2tp_wire import Avp, u16, u32
from netns import wait_for
from peer_lab import PEER, PeerLab

THE_LNS, STRANGER, LIMITED = "10.9.0.3", "10.9.0.4", "10.9.0.5"
GROUP, SOURCE = "232.1.1.1", "192.0.2.1"
CONFIG = """\
hostname both
l2vpn l2tp-multicast
 host-name both
 profile few
  session-limit 3
 exit
 peer-group LNS lac
  endpoint 10.9.0.3
 exit
 peer-group few lns
  match host-name few
  profile few
  accept
 exit
 peer-group limited lns
  match address 10.9.0.5/32
  accept maximum-tunnels 5
 exit
 peer-group stranger lns
  match address 10.9.0.4/32
  accept maximum-tunnels 10
 exit
 peer-group LACS lns
  match address 10.9.0.2/32
  accept maximum-tunnels 20
 exit
 session interface external s-%c
 access s-a4 static
  peer-group LNS
 exit
 access s-a5 static
  peer-group LNS
 exit
 fib
  endpoint {endpoint}
 exit
exit
"""
COUNT, BATCH = 100_000, 400
GROWTH = 2048  # kilobytes: what an allocator may keep


class HostileLab(PeerLab):
    """The daemon in both roles, each with a tunnel, calls and a multicast session."""

    agent = None

    def build(self):
        super().build()
        self.lns = self.peer("lns", address=THE_LNS, port=1701, capability=False)
        self.router.start_l2mcd(CONFIG.format(endpoint=self.router.endpoint))
        self.agent = Agent(self.router.endpoint)
        wait_for(self.router.consumers, 10, "the agent is connected")
        self.start_lns_side()
        self.lns.until(lambda: self.lns.count("ICCN") == 2, 10, "two calls")
        self.lns_ids = self.lns.open_multicast()
        self.lns.msi(self.lns_ids[1], [c.peer_id for c in self.lns.calls.values()])
        self.lns.wait("MSI")
        self.victims = {"lns": self.lac, "lac": self.lns}  # by the daemon's role
        self.before = self.state()

    def start_lns_side(self):
        self.lac = self.peer("lac")
        self.lac.open()
        for n in (1, 2, 3):
            self.lac.call(f"a{n}")
            self.host[n].join(GROUP, SOURCE)
        wait_for(lambda: [m for m in self.multicast(self.lac) if m["acked"] == 3], 5, "acked")

    def state(self):
        """All that must not change: no times, no counters."""
        keep = ("tunnelId", "peerTunnelId", "sessionId", "peerSessionId", "state", "role",
                "listed", "acked", "outgoingSessions", "interface", "peerPort")
        mine = {p.peer_tunnel_id for p in (self.lac, self.lns)}
        return [{k: row[k] for k in keep if k in row}
                for rows in (self.router.tunnels(), self.router.sessions(),
                             self.router.multicast_sessions())
                for row in rows if row["tunnelId"] in mine]

    def untouched(self):
        """The state is what it was, and both tunnels still work."""
        for p in (self.lac, self.lns):
            p.barrier()
        assert self.state() == self.before
        for p in (self.lac, self.lns):
            assert not [m.name for m in p.messages if m.name in ("StopCCN", "CDN", "MSEN")]

    def close(self):
        if self.agent:
            self.agent.close()
        super().close()


@pytest.fixture(scope="module")
def lab():
    with HostileLab(prefix="pmad", interface="s-a{}", hosts=5) as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.untouched()
    for p in lab.peers[2:]:
        p.close()
    del lab.peers[2:]


def stranger(lab, address=STRANGER, port=0):
    with lab.outside.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    return sock


def seeds(peer, session):
    """A good message of every kind; Ns is patched by the mutation."""
    lists = [Avp(k, u16(*range(1, 9))) for k in (w.NOS, w.NOSA, w.WOS)]
    common = [Avp(w.SESSION_ID, u16(9)), Avp(w.SERIAL, u32(9)), Avp(w.RESULT, u16(2, 4) + b"text"),
              Avp(w.CALLING, b"a3"), Avp(w.TX_SPEED, u32(9)), Avp(w.FRAMING_TYPE, u32(1)),
              Avp(w.RANDOM_VECTOR, bytes(16)), Avp(w.PRIORITY, u16(1)), *lists]
    found = [w.control(peer.peer_tunnel_id, s, 0, 0, [w.avp_type(name), *common])
             for name in w.TYPES for s in (0, session)]
    found += [w.control(0, 0, 0, 0, [w.avp_type("SCCRQ"), *peer.open_avps()]),
              w.control(peer.peer_tunnel_id, 0, 0, 0), w.data(peer.peer_tunnel_id, session, b"E" * 40)]
    return found


def mutate(rng, octets, peer):
    """Some octets changed, cut off or put in; never a message the peer's tunnel has to take."""
    b = bytearray(octets)
    if len(b) >= 12:  # far behind or far ahead of what is awaited
        struct.pack_into("!H", b, 8, peer.ns + rng.choice((-rng.randrange(1, 30000),
                                                           rng.randrange(2000, 30000))) & 0xffff)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(b))
        what = rng.randrange(5)
        if what == 0:
            b[at] = rng.randrange(256)
        elif what == 1:
            b[at] ^= 1 << rng.randrange(8)
        elif what == 2 and at > 12:
            del b[at:]
        elif what == 3 and at > 12:
            b[at:at] = rng.randbytes(rng.randrange(1, 40))
        elif at > 14:
            struct.pack_into("!H", b, at - 2, rng.choice((0, 1, 5, 6, 0x3ff, 0x7fff, 0xffff)))
    if len(b) >= 12 and (struct.unpack_from("!H", b, 8)[0] - peer.ns) & 0xffff < 1000:
        struct.pack_into("!H", b, 8, peer.ns + 5000 & 0xffff)
    return bytes(b)


# R4045-10-2, R2661-8.1-2, R2661-5.8-3
@pytest.mark.parametrize("role", ("lns", "lac"))
def test_100000_malformed_datagrams_change_nothing(lab, role):
    victim = lab.victims[role]
    session = next(iter(victim.calls.values())).peer_id
    rng, good = random.Random(4045), seeds(victim, session)
    sock = stranger(lab)
    received = lab.statistics()["sockets"]["udpReceived"]
    memory = None
    for i in range(COUNT // BATCH):
        for _ in range(BATCH // 2):
            victim.raw(mutate(rng, rng.choice(good), victim))
            sock.sendto(mutate(rng, rng.choice(good), victim), victim.daemon)
        victim.barrier()
        if i == COUNT // BATCH // 4:
            memory = lab.memory()
    sock.close()
    assert lab.statistics()["sockets"]["udpReceived"] - received > COUNT * 0.99
    assert lab.memory() - memory < GROWTH


# R2661-8.1-2, R4045-10-2: the stranger knows everything but where the peer sends from
@pytest.mark.parametrize("role", ("lns", "lac"))
@pytest.mark.parametrize("where", ("port", "address"))
def test_messages_from_another_place_change_nothing(lab, role, where):
    victim = lab.victims[role]
    call = next(iter(victim.calls.values()))
    ours, theirs = lab.lns_ids if role == "lac" else next(iter(victim.multicast.items()))
    sock = stranger(lab, victim.address[0] if where == "port" else STRANGER,
                    0 if where == "port" else victim.address[1])
    before = lab.statistics()["drops"]["wrongPeer"]
    stop = [Avp(w.TUNNEL_ID, u16(victim.tunnel_id)), Avp(w.RESULT, u16(1))]
    forged = (victim.message("StopCCN", 0, stop),
              victim.message("CDN", call.peer_id, [Avp(w.RESULT, u16(1)),
                                                   Avp(w.SESSION_ID, u16(call.id))]),
              victim.message("MSEN", theirs, [Avp(w.RESULT, u16(3)),
                                              Avp(w.SESSION_ID, u16(ours))]),
              victim.message("MSI", theirs, [Avp(w.WOS, u16(call.peer_id))]),
              victim.message("HELLO"), victim.message(99, mandatory=True),
              w.control(victim.peer_tunnel_id, 0, victim.ns, victim.nr + 1 & 0xffff))
    for octets in forged:
        sock.sendto(octets, victim.daemon)
    victim.barrier()
    assert lab.statistics()["drops"]["wrongPeer"] == before + len(forged)
    sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        sock.recv(100)
    sock.close()


# R4045-10-2, R2661-5.8-3, R2661-5.8-4
def test_a_list_outside_the_window_or_replayed_is_not_applied(lab):
    lns, (_, theirs) = lab.lns, lab.lns_ids
    one = next(iter(lns.calls.values())).peer_id
    withdraw = [Avp(w.WOS, u16(one))]
    for ahead in (1000, 20000, 32767, -1, -5, -20000):
        lns.raw(lns.message("MSI", theirs, withdraw, ns=lns.ns + ahead & 0xffff))
    lns.barrier()
    assert lab.state() == lab.before
    octets = lns.message("MSI", theirs, withdraw)
    lns.msi(theirs, wos=[one])
    lns.barrier()
    assert lab.state() != lab.before
    lns.msi(theirs, [one])
    lns.wait("MSI", want=lambda m: m.has(w.NOSA))
    for _ in range(100):
        lns.raw(octets)


# A2661-8
def test_messages_for_unknown_tunnels_get_no_answer(lab):
    sock = stranger(lab)
    known = {t["tunnelId"] for t in lab.router.tunnels()}
    before = lab.statistics()["drops"]["unknownTunnel"]
    unknown = [i for i in range(1, 1100) if i not in known][:1000]
    for i in unknown:
        sock.sendto(w.control(i, 0, 0, 0, [w.avp_type("HELLO")]), lab.lac.daemon)
    lab.lac.barrier()
    assert lab.statistics()["drops"]["unknownTunnel"] == before + len(unknown)
    sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        sock.recv(100)
    sock.close()


# R2661-5.8-14: overload is answered by error messages
def test_a_flood_of_sccrqs_is_bounded_by_maximum_tunnels(lab):
    sock = stranger(lab, LIMITED)
    p = lab.lac
    mine = lambda: [t for t in lab.router.tunnels() if t["peerAddress"] == LIMITED]  # noqa: E731
    memory = None
    overload = lab.statistics()["drops"]["overload"]
    for first in range(1, 20001, 200):
        for i in range(first, first + 200):
            avps = [Avp(w.TUNNEL_ID, u16(i)) if a.type == w.TUNNEL_ID else a
                    for a in p.open_avps()]
            sock.sendto(w.control(0, 0, 0, 0, [w.avp_type("SCCRQ"), *avps]), p.daemon)
        p.barrier()
        if first > 5000 and memory is None:
            memory = lab.memory()
    alive = [t for t in mine() if t["state"] != "closing"]
    assert len(alive) == 5 and {t["peerTunnelId"] for t in alive} == {1, 2, 3, 4, 5}
    assert lab.statistics()["drops"]["overload"] > overload and len(mine()) <= 64
    assert lab.memory() - memory < GROWTH
    sock.close()


# R2661-5.8-14
def test_a_flood_of_calls_is_acknowledged_and_the_surplus_refused(lab):
    lac = lab.peer("few", address=PEER)
    lac.open()
    for n in range(500):
        lac.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(n + 1)), Avp(w.SERIAL, u32(n + 1)),
                             Avp(w.CALLING, f"none{n}".encode())])
        if n % 8 == 7:
            lac.acknowledged()
    lac.acknowledged()
    lac.until(lambda: lac.count("ICRP") + lac.count("CDN") == 500, 10, "500 answers")
    assert lac.count("ICRP") == 3
    assert {m.result() for m in lac.messages if m.name == "CDN"} <= {(2, 4), (4, None), (4, 0)}


# R4045-10-3, A4045-9
def test_a_flood_of_lists_ends_in_the_right_list(lab):
    lns, (_, theirs) = lab.lns, lab.lns_ids
    members = [c.peer_id for c in lns.calls.values()]
    memory = None
    for n in range(3000):
        lns.msi(theirs, wos=[members[n % 2]], extra=[Avp(w.NOS, u16(members[n % 2], 0, n | 1))])
        if n % 8 == 7:
            lns.acknowledged()
        if n == 1000:
            memory = lab.memory()
    lns.barrier()
    wait_for(lambda: lab.state() == lab.before, 5, "both are members")
    assert lab.memory() - memory < GROWTH


# R4045-6.2.2-6
def test_a_flood_of_foreign_acknowledgements_changes_nothing(lab):
    lac = lab.lac
    ours, theirs = next(iter(lac.multicast.items()))
    before = lab.statistics()["lns"]["foreignAcks"]
    known = {c.id for c in lac.calls.values()}
    foreign = [i for i in range(1, 600) if i not in known][:400]
    for n in range(500):
        lac.nosa(ours, foreign)
        if n % 8 == 7:
            lac.acknowledged()
    lac.acknowledged()
    assert lab.statistics()["lns"]["foreignAcks"] == before + 500 * 400
