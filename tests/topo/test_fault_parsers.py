# SPDX-License-Identifier: GPL-2.0-or-later
"""100,000 malformed messages for every parser that strangers reach, while others are served; those
for L2TP are in test_peer_hostile.py."""
import contextlib
import random
import socket
import struct

import pytest
import zmq

import ldp_wire
from agent import pb
from fault_lab import GUESTS, FaultLab
from forwarders import checksum, group_mac
from lab import BUILD
from ldp_lab import GROUP, ROOT, ROUTER, SOURCE, SOURCE_PREFIX, LdpLab, Victims, peer_address
from netns import wait_for
from noise import spoil
from peer_lab import igmp_packet

COUNT, BATCH = 100_000, 200  # as many as a socket's buffer takes
OTHER = ldp_wire.p2mp(ROOT, ldp_wire.generic(4242))
GROWTH = 4096  # kilobytes: what an allocator may keep


def flood(lab, send, barrier):
    """send(i) COUNT times; memory is measured between a quarter and the end."""
    memory = None
    for i in range(COUNT):
        send(i)
        if i % BATCH == BATCH - 1:
            barrier()
        if i == COUNT // 4:
            memory = lab.memory()
    barrier()
    assert lab.memory() - memory < GROWTH


# ---------------------------------------------------------------- l2mcd and mcfibd

@pytest.fixture(name="lab", scope="module")
def _lab():
    with FaultLab("mfpa", more="  maximum-groups 20 per-session\n") as lab:
        lab.evil = f"ipc://{lab.router.run}/evil.fib"
        lab.router.kill("mcfibd", 15)
        lab.router.start("mcfibd", [str(BUILD / "mcfibd/mcfibd"), "-e", lab.router.endpoint,
                                    "-e", lab.evil])
        wait_for(lab.router.consumers, 10, "the agent of two daemons")
        lab.connect()
        lab.lac.call(f"a{GUESTS[0]}")
        lab.serve()
        yield lab
        lab.serve(200)


def ether(to, kind, packet):
    return group_mac(to) + b"\x02\0\0\0\0\x09" + struct.pack("!H", kind) + packet


def mld(body, to="ff02::16"):
    """An MLD message with hop-by-hop Router Alert; its checksum is not right."""
    return ether(to, 0x86dd, struct.pack("!IHBB", 6 << 28, 8 + len(body), 0, 1)
                 + socket.inet_pton(socket.AF_INET6, "fe80::9")
                 + socket.inet_pton(socket.AF_INET6, to) + b"\x3a\0\x05\x02\0\0\1\0" + body)


def igmp(body, to="224.0.0.22"):
    return ether(to, 0x0800, igmp_packet("100.64.9.3", to, body))


def gmp_seeds():
    group, six = bytes((239, 1, 1, 1)), socket.inet_pton(socket.AF_INET6, "ff3e::1234")
    source = bytes((192, 0, 2, 1))
    found = [igmp(struct.pack("!BBH4s", kind, 10, 0, group), "239.1.1.1")
             for kind in (0x11, 0x12, 0x16, 0x17)]
    found.append(igmp(struct.pack("!BBH4sBBH", 0x11, 10, 0, group, 2, 125, 2) + 2 * source))
    for kind in range(1, 7):
        found.append(igmp(struct.pack("!BBHHH", 0x22, 0, 0, 0, 2) + 2 * (
            struct.pack("!BBH4s", kind, 1, 2, group) + 2 * source + bytes(4))))
        found.append(mld(struct.pack("!BBHHH", 143, 0, 0, 0, 1) + struct.pack(
            "!BBH16s", kind, 0, 2, six) + bytes(32)))
    return found + [mld(struct.pack("!BBHHH16s", kind, 0, 0, 10, 0, six)) for kind in (130, 131, 132)]


# R4045-10-2: what a subscriber sends reaches nobody else's state
def test_igmp_and_mld(lab):
    rng, seeds, sock = random.Random(3376), gmp_seeds(), lab.host[GUESTS[0]].sock
    before = sum(lab.statistics()["gmpDecode"].values())
    flood(lab, lambda i: sock.send(spoil(rng, rng.choice(seeds), keep=14)), lab.lac.barrier)
    seen = sum(lab.statistics()["gmpDecode"].values()) - before
    assert seen > COUNT * 0.7  # a broken protocol field does not pass the filter
    lab.serve()


def agent_messages():
    """What an agent says; the objects are the daemon's."""
    key = pb.Key()
    key.l2tp_tunnel.tunnel_id = 7
    hello = pb.Hello(instance_uuid=b"\x09" * 16, name="mad", role=pb.ROLE_OBSERVER, proto_min=1,
                     proto_max=1, tables=(1, 2, 3, 4), software="mad")
    return [e.SerializeToString() for e in (
        pb.Envelope(seq=1, hello=hello), pb.Envelope(seq=2, ack=pb.Ack(seq=1)),
        pb.Envelope(seq=3, ping=pb.Ping(stamp=1)), pb.Envelope(seq=3, pong=pb.Pong(stamp=1)),
        pb.Envelope(seq=4, bye=pb.Bye(code=pb.BYE_SHUTDOWN)),
        pb.Envelope(seq=5, status=pb.StatusReport(status=[pb.Status(
            key=key, generation=1, result=pb.RESULT_FAILED, text="no")])),
        pb.Envelope(seq=6, activity=pb.ActivityReport(activity=[pb.Activity(key=key)])))]


def test_mcfib_from_agents(lab):
    rng, seeds, context = random.Random(1), agent_messages(), zmq.Context()
    socks = [context.socket(zmq.DEALER) for _ in range(8)]
    for s in socks:
        s.linger, s.sndhwm = 0, 0
        s.connect(lab.router.endpoint)

    def send(i):
        data = rng.choice(seeds)
        socks[i % 8].send(rng.choice((b"\x01", b"\x01", b"\x02", b"")) + (
            data if i % 50 < 8 else spoil(rng, data)))
        while i % 8 == 0 and socks[0].poll(0):
            socks[0].recv()
    try:
        flood(lab, send, lab.lac.barrier)
        lab.serve()
        assert lab.router.consumers()
    finally:
        context.destroy(0)
    wait_for(lambda: [c["name"] for c in lab.router.consumers()] == ["mcfibd"], 15, "all are gone")


def daemon_messages():
    """What a daemon says, about objects that are not there."""
    op = pb.Op(generation=1)
    op.key.l2tp_replication.tunnel_id, op.key.l2tp_replication.session_id = 1, 1
    op.l2tp_replication.members.add().session_id = 2
    tunnel = pb.Op(generation=2)
    tunnel.key.l2tp_tunnel.tunnel_id = 1
    tunnel.l2tp_tunnel.peer_tunnel_id, tunnel.l2tp_tunnel.local_port = 2, 1701
    tunnel.l2tp_tunnel.local_address = tunnel.l2tp_tunnel.peer_address = bytes((10, 250, 0, 1))
    return [e.SerializeToString() for e in (
        pb.Envelope(seq=1, epoch=1, hello_ack=pb.HelloAck(proto=1, session_id=1,
                                                          heartbeat_ms=1000, liveness=3)),
        pb.Envelope(seq=2, epoch=1, snapshot_begin=pb.SnapshotBegin(table=3)),
        pb.Envelope(seq=3, epoch=1, update=pb.Update(ops=[op, tunnel])),
        pb.Envelope(seq=4, epoch=1, snapshot_end=pb.SnapshotEnd(table=3, object_count=1)),
        pb.Envelope(seq=5, epoch=1, ping=pb.Ping(stamp=1)))]


def test_mcfib_from_a_second_daemon(lab):
    rng, seeds, context = random.Random(2), daemon_messages(), zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.linger, router.sndhwm = 0, 0
    router.bind(lab.evil)
    hellos, peer = 0, None
    try:
        assert router.poll(20000)
        for i in range(COUNT):
            while i % 100 == 0 and router.poll(0):
                peer, data = router.recv_multipart()
                hellos += data[:1] == b"\x01" and b"hello" in str(
                    pb.Envelope.FromString(data[1:]).WhichOneof("body")).encode()
            data = rng.choice(seeds)
            router.send_multipart([peer, b"\x01" + (data if i % 50 < 8 else spoil(rng, data))])
            if i % 2000 == 0:
                lab.serve(5)
        assert hellos > 1  # it ended the session, and came again
    finally:
        context.destroy(0)
    lab.serve()


# ---------------------------------------------------------------- mplsmcd

@pytest.fixture(name="ldp", scope="module")
def _ldp():
    with LdpLab("mfpl", captured=(3,),
                more=f" discovery hello holdtime 6\n root {SOURCE_PREFIX} {ROOT}\n") as lab:
        lab.receiver()
        lab.victims = Victims(lab)
        yield lab
        lab.victims.unharmed()


def test_ldp_hellos(ldp):
    mad, rng = ldp.peer(4).operational(), random.Random(5036)
    seeds = [mad.hello_octets(), mad.hello_octets(flags=0xc000),
             mad.hello_octets(extra=ldp_wire.tlv(0x3f01, bytes(9)))]
    to = (peer_address(4, 1), 646)
    before = ldp.statistics()["sockets"]["udpReceived"]
    flood(ldp, lambda i: mad.udp.sendto(spoil(rng, rng.choice(seeds)), to), ldp.statistics)
    assert ldp.statistics()["sockets"]["udpReceived"] - before > COUNT * 0.9
    ldp.victims.unharmed()
    mad.close()
    ldp.peers.remove(mad)


# what ends a session ends that one only; the peer comes again with more
def test_ldp_sessions(ldp):
    mad, rng, per_session = ldp.peer(4), random.Random(6388), 100
    mad.silent = True  # it says Hello, the sessions are made here
    wait_for(lambda: ldp.neighbour(mad), 15, "an adjacency")
    mad.router_id = ROUTER
    seeds = [ldp_wire.pdu(mad.lsr_id, ldp_wire.message(name, 77, body))
             for name in ldp_wire.TYPES if name != "Hello"
             for body in (ldp_wire.tlv(ldp_wire.FEC, OTHER) + ldp_wire.label(3003),
                          ldp_wire.status(9) + ldp_wire.tlv(ldp_wire.FEC, OTHER),
                          ldp_wire.addresses("10.6.4.9"))]
    start = ldp_wire.pdu(mad.lsr_id, ldp_wire.message("Initialization", 1, mad.session_parameters())
                         + ldp_wire.message("KeepAlive", 2, b""))

    def session(i):
        with ldp.outside[4].inside():
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with contextlib.closing(sock), contextlib.suppress(ConnectionError):
            sock.settimeout(10)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
            sock.bind((mad.address, 0))
            sock.connect((ROUTER, 646))
            sock.sendall(start + b"".join(spoil(rng, rng.choice(seeds))
                                          for _ in range(per_session)))
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        if i % 100 == 99:
            ldp.victims.down.barrier()
        return ldp.memory()
    before = ldp.statistics()["ldp"]["fatalSent"]
    memory = [session(i) for i in range(COUNT // per_session)]
    assert ldp.statistics()["ldp"]["fatalSent"] - before > 0.9 * len(memory)
    assert memory[-1] - memory[len(memory) // 4] < GROWTH
    ldp.victims.unharmed()
    mad.close()
    ldp.peers.remove(mad)
    assert ldp.peer(4).operational()


def pim_packet(source, body):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(body), 0, 0, 1, 103, 0,
                       socket.inet_aton(source), socket.inet_aton("224.0.0.13")) + body


def pim_seeds():
    hello = struct.pack("!BBHHHHHHI", 0x20, 0, 0, 1, 2, 105, 20, 4, 77)
    group, source = b"\1\0\0\x20\xe8\1\1\1", b"\1\0\4\x20\x0a\1\0\2"
    join = b"\x23\0\0\0" + b"\1\0\x0a\x63\0\2" + struct.pack("!BBH", 0, 1, 210) + group \
        + struct.pack("!HH", 1, 1) + source + source
    return [hello, join, b"\x24\0\0\0" + group[:4] + bytes(20), b"\x21\0\0\0" + bytes(28)]


# half of it with a checksum that is wrong; the other half, on which pimd's own Hello or joins could
# not be told from forged ones, is other messages, and joins at other neighbours
def test_pim(ldp):
    rng, seeds = random.Random(7761), pim_seeds()
    pimd = ldp.router.ns.run("ip", "-4", "-o", "addr", "show", "dev", "mplsmc0").split()[3]
    pimd = pimd.split("/")[0]
    ldp.host.join(GROUP, SOURCE)

    def trees():
        return [(t["source"], t["group"], t["lsp"]) for t in
                ldp.router.show("mpls multicast mapping").get("trees", [])]
    tree = wait_for(trees, 20, "a tree")
    with ldp.router.ns.inside():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    before = ldp.statistics()["pim"]

    def send(i):
        body = spoil(rng, rng.choice(seeds if i % 2 else seeds[1:]), keep=1).ljust(4, b"\0")
        body = body[:2] + b"\0\0" + body[4:]
        right = checksum(body)
        body = body[:2] + struct.pack("!H", right ^ 0x5555 if i % 2 else right) + body[4:]
        sock.sendto(pim_packet(pimd, body), ("mplsmc0", 0x0800))
    flood(ldp, send, ldp.statistics)
    sock.close()
    after = ldp.statistics()["pim"]
    assert after["bad"] - before["bad"] > COUNT * 0.5
    assert after["restarts"] == before["restarts"]
    assert ldp.router.show("mpls multicast")["pim"]["neighborUp"]
    assert trees() == tree
    ldp.victims.unharmed()
    ldp.host.leave(GROUP, SOURCE)
    wait_for(lambda: not trees(), 20, "no tree")
