#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_ldp.py [--lsps N] [--peers N]

mplsmcd's label distribution with real daemons and sockets, and FRR's ldpd as the baseline in the
same run; scripted peers around one router, each in a network namespace.  Needs root.

- label mappings received to forwarded: one peer sends a mapping for each LSP, another one, towards
  the root, has got as many; no agent is connected.  For ldpd, which tells its labels without
  waiting for those of others, a mapping is received (for a route through the sender, so that its
  label is used; the answer to a request behind them all shows that it has been read) and one is
  sent (the table goes to a session that comes up): the time of both together counts.
- session set-up: from the first Hello to the KeepAlive of the last of many peers on one link.
- LSPs with eight branches: memory of the daemon, and the time from the failure of the link towards
  the root until another neighbour has all mappings.
"""
import argparse
import collections
import errno
import os
import pathlib
import select
import socket
import statistics
import struct
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/topo"))
import ldp_wire as w  # noqa: E402  pylint: disable=wrong-import-position
from lab import BUILD, FRR, Lab, Router  # noqa: E402  pylint: disable=wrong-import-position
from ldp_peer import ALL_ROUTERS, PORT, Peer  # noqa: E402  pylint: disable=wrong-import-position
from netns import Vty, sh, veth, wait_for  # noqa: E402  pylint: disable=wrong-import-position

ROUTER, ROOT, BRANCHES, ROUNDS = "10.5.0.1", "10.99.0.1", 8, 3
MAPPING, NOTIFICATION, INITIALIZATION, KEEPALIVE = 0x0400, 0x0001, 0x0200, 0x0201
MPLSMCD = """\
hostname bench
mpls ldp-multicast
 router-id {router}
{interfaces}exit
"""
LDPD = """\
hostname bench
mpls ldp
 router-id {router}
 address-family ipv4
  discovery transport-address {router}
{interfaces} exit-address-family
 !
"""


class BulkPeer(Peer):
    """A peer that counts messages by type instead of keeping them."""

    def __init__(self, *args):
        self.counts, self.last, self.since = collections.Counter(), 0, 0
        super().__init__(*args)

    def alive(self, m):
        self.since = time.monotonic()
        super().alive(m)

    def _stream(self):
        try:
            data = self.buffer + self.stream.recv(1 << 20)
        except OSError:
            data = self.buffer
        if data == self.buffer:
            self.stream.close()
            self._reset(time.monotonic() + 1)
            return
        at = 0
        while at + 4 <= len(data):
            end = at + 4 + struct.unpack_from("!H", data, at + 2)[0]
            if end > len(data):
                break
            at += 10
            while at < end:
                kind, size = struct.unpack_from("!HH", data, at)
                self.counts[kind] += 1
                if self.state != "operational" and kind in (INITIALIZATION, KEEPALIVE):
                    self.on[w.NAMES[kind]](None)
                at += 4 + size
        self.buffer, self.last = data[at:], time.monotonic()

    def counted(self, n, *kinds):
        """Waits for n messages of these types; the moment the last of them came."""
        return self.until(lambda: sum(self.counts[k] for k in kinds) >= n and self.last, 120,
                          f"{n} messages")


def pdus(lsr_id, messages):
    """The octets of many messages, packed as the default PDU length allows."""
    out, body, size = [], [], 0
    for m in messages:
        if size + len(m) > 4000:
            out.append(w.pdu(lsr_id, *body))
            body, size = [], 0
        body.append(m)
        size += len(m)
    return b"".join(out) + w.pdu(lsr_id, *body)


def fecs(n, first=1):
    return [w.p2mp(ROOT, w.generic(first + i)) for i in range(n)]


def prefixes(n):
    return [f"10.{100 + i // 65536}.{i // 256 % 256}.{i % 256}" for i in range(n)]


def prefix_fec(address):
    return b"\x02" + w.u16(1) + b"\x20" + w.packed(address)


def mappings(lsr_id, elements, first=1000):
    return pdus(lsr_id, [w.message("Label Mapping", i + 1, w.tlv(w.FEC, e) + w.label(first + i))
                         for i, e in enumerate(elements)])


class Bed(Lab):
    """One router; peer n is behind its interface en."""

    def __init__(self, daemon, links):
        super().__init__(prefix="mcbl")
        self.daemon, self.links, self.peers = daemon, links, []

    def build(self):
        self.router = r = Router(self, "r")
        r.vty = {d: Vty(str(r.run / f"{d}.vty")) for d in ("zebra", self.daemon)}
        r.ns.ip(f"addr add {ROUTER}/32 dev lo")
        r.ns.sysctl("net.ipv4.ip_forward", 1)
        self.outside = {n: self.namespace(f"p{n}") for n in range(1, self.links + 1)}
        for n, ns in self.outside.items():
            veth(r.ns, f"e{n}", ns, "eth0")
            r.ns.ip(f"addr add {self.address(n, 1)}/16 dev e{n}")
            ns.ip(f"addr add {self.address(n)}/16 dev eth0")
            ns.ip(f"route add {ROUTER}/32 via {self.address(n, 1)}")
        r.start_zebra()
        interfaces = "".join(f"  interface e{n}\n  exit\n" for n in self.outside)
        if self.daemon == "ldpd":
            r.start_frr_daemon("ldpd", FRR / "ldpd", r.write("ldpd.conf", LDPD.format(
                router=ROUTER, interfaces=interfaces)), "--ctl_socket", str(r.run))
        else:
            r.start_frr_daemon("mplsmcd", BUILD / "mplsmc/mplsmcd", r.write(
                "mplsmcd.conf", MPLSMCD.format(router=ROUTER, interfaces=interfaces)))

    @staticmethod
    def address(n, host=2):
        return f"10.{10 + n}.0.{host}"

    def peer(self, n):
        peer = BulkPeer(self.outside[n], "eth0", self.address(n))
        self.peers.append(peer)
        return peer.operational(60)

    def memory(self):
        """Resident octets of the daemon and its children."""
        pid = self.router.processes[self.daemon].pid
        children = sh(["pgrep", "-P", str(pid)], check=False).split()
        found = 0
        for p in (pid, *children):
            with open(f"/proc/{p}/status", encoding="ascii") as f:
                found += next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        return found * 1024

    def close(self):
        for peer in self.peers:
            peer.close(shutdown=False)
        return super().close()


def show(what, value, unit, baseline=None):
    """One line, as bench_print() of bench.h."""
    ratio = f"{value / baseline:7.2f} x" if baseline else "  (baseline)"
    print(f"{what:58} {value:12.0f} {unit:12}{ratio}", flush=True)


# ---------------------------------------------------------------- mappings

def middle(measure):
    return statistics.median(measure(i) for i in range(ROUNDS))


def ldpd_sends(peer, n):
    """Seconds: a session that comes up is told everything."""
    with peer.changed:
        peer.stream.close()
        peer._reset(0)
        peer.counts.clear()
    peer.until(lambda: peer.state == "operational", 60, "back")
    return peer.counted(n, MAPPING) - peer.since


def ldpd_receives(peer, wanted, label):
    """Seconds until the request behind the mappings is answered."""
    octets = mappings(peer.lsr_id, [prefix_fec(p) for p in wanted], label) + w.pdu(
        peer.lsr_id, w.message("Label Request", 99, w.tlv(w.FEC, prefix_fec(wanted[-1]))))
    with peer.changed:
        have = peer.counts[MAPPING] + peer.counts[NOTIFICATION]
    start = time.monotonic()
    peer.raw(octets)
    return peer.counted(have + 1, MAPPING, NOTIFICATION) - start


def ldpd_mappings(n):
    """Of ldpd: (received and sent per second, octets of memory for each prefix)."""
    with Bed("ldpd", 2) as bed:
        r, below, above = bed.router, bed.peer(1), bed.peer(2)
        wanted = prefixes(n)
        batch = bed.dir / "routes"
        batch.write_text("".join(f"route add {p}/32 via {bed.address(1)}\n" for p in wanted))
        before, start = bed.memory(), time.monotonic()
        have = above.counts[MAPPING]
        r.ns.run("ip", "-batch", str(batch))
        took = above.counted(have + n, MAPPING) - start
        show("zebra and ldpd: new routes to mappings sent", n / took, "mappings/s")
        below.counted(n, MAPPING)

        sending = middle(lambda i: ldpd_sends(above, n))
        show("ldpd: mappings sent to a new session", n / sending, "mappings/s")
        receiving = middle(lambda i: ldpd_receives(below, wanted, 1000 + i))
        show("ldpd: mappings received", n / receiving, "mappings/s")
        rate = n / (receiving + sending)
        show("ldpd: mappings received and sent", rate, "mappings/s")
        return rate, (bed.memory() - before) / n


def mplsmcd_mappings(n, baseline):
    with Bed("mplsmcd", 2) as bed:
        below, above = bed.peer(1), bed.peer(2)
        bed.router.ns.ip(f"route add {ROOT}/32 via {bed.address(2)}")

        def forward(i):
            octets = mappings(below.lsr_id, fecs(n, 1 + i * n), 1000 + i * n)
            start = time.monotonic()
            below.raw(octets)
            return above.counted((i + 1) * n, MAPPING) - start
        show("mplsmcd: mappings received to forwarded", n / middle(forward), "mappings/s", baseline)


# ---------------------------------------------------------------- many peers

class Sessions:
    """Many active peers behind one interface, in one loop."""

    def __init__(self, bed, n, number):
        self.ns = bed.outside[1]
        self.addresses = [f"10.11.{50 * number + 1 + i // 200}.{1 + i % 200}" for i in range(n)]
        for a in self.addresses:
            self.ns.ip(f"addr add {a}/16 dev eth0")
        self.poll, self.streams, self.up = select.epoll(), {}, set()
        with self.ns.inside():
            self.index = socket.if_nametoindex("eth0")
            self.udp = [self._hello_socket(a) for a in self.addresses]

    def _hello_socket(self, address):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack(
            "4s4si", socket.inet_aton(ALL_ROUTERS), socket.inet_aton(address), self.index))
        s.bind((address, 0))
        return s

    def hello(self):
        for s, a in zip(self.udp, self.addresses):
            s.sendto(w.pdu(a, w.message("Hello", 1, w.tlv(w.HELLO, w.u16(60, 0)) +
                                        w.tlv(w.TRANSPORT, w.packed(a)))), (ALL_ROUTERS, PORT))

    def connect(self, address):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.setblocking(False)
        s.bind((address, 0))
        if s.connect_ex((ROUTER, PORT)) not in (0, errno.EINPROGRESS):
            raise OSError("connect")
        self.streams[s.fileno()] = (s, address, bytearray())
        self.poll.register(s, select.EPOLLOUT)

    def initialize(self, fd):
        s, a, _ = self.streams[fd]
        s.send(w.pdu(a, w.message("Initialization", 2, w.tlv(
            w.SESSION, w.u16(1, 180) + b"\0\0" + w.u16(4096) + w.packed(ROUTER) + b"\0\0") +
            w.capability(w.P2MP))))
        self.poll.modify(s, select.EPOLLIN)

    def read(self, fd):
        s, a, data = self.streams[fd]
        try:
            got = s.recv(65536)
        except OSError:
            got = b""
        if not got:  # the daemon had not read the Hello yet
            self.poll.unregister(s)
            del self.streams[fd]
            s.close()
            self.connect(a)
            return
        data += got
        while len(data) >= 4 and len(data) >= 4 + struct.unpack_from("!H", data, 2)[0]:
            size = 4 + struct.unpack_from("!H", data, 2)[0]
            at = 10
            while at < size:
                kind, length = struct.unpack_from("!HH", data, at)
                if kind == INITIALIZATION:
                    s.send(w.pdu(a, w.message("KeepAlive", 3, b"")))
                elif kind == KEEPALIVE:
                    self.up.add(a)
                at += 4 + length
            del data[:size]

    def set_up(self):
        """Seconds until all are operational."""
        start = time.monotonic()
        self.hello()
        with self.ns.inside():
            for a in self.addresses:
                self.connect(a)
            while len(self.up) < len(self.addresses):
                if time.monotonic() > start + 60:
                    raise TimeoutError(f"{len(self.up)} sessions")
                for fd, events in self.poll.poll(1):
                    if fd in self.streams:
                        (self.initialize if events == select.EPOLLOUT else self.read)(fd)
        return time.monotonic() - start

    def close(self):
        for s, *_ in self.streams.values():
            s.close()
        for s in self.udp:
            s.close()
        self.poll.close()


def sessions(daemon, n, baseline=None):
    with Bed(daemon, 1) as bed:
        bed.peer(1)  # the daemon is ready
        peers = [Sessions(bed, n, i) for i in range(ROUNDS)]
        rate = n / middle(lambda i: peers[i].set_up())
        show(f"{daemon}: set-up of {n} sessions", rate, "sessions/s", baseline)
        for p in peers:
            p.close()
        return rate


# ---------------------------------------------------------------- eight branches, another upstream

def reroute(n, baseline, memory):
    with Bed("mplsmcd", BRANCHES + 2) as bed:
        r = bed.router
        one, two = bed.peer(1), bed.peer(2)
        below = [bed.peer(i) for i in range(3, BRANCHES + 3)]
        for metric, up in ((10, 1), (20, 2)):
            r.ns.ip(f"route add {ROOT}/32 via {bed.address(up)} metric {metric}")
        elements, before = fecs(n), bed.memory()
        start = time.monotonic()
        for peer in below:
            peer.raw(mappings(peer.lsr_id, elements))
        one.counted(n, MAPPING)

        def branches():
            return r.vty["mplsmcd"].json("show mpls multicast count").get("branches", 0)
        wait_for(lambda: branches() == n * BRANCHES, 120, "all branches")
        show(f"mplsmcd: {n} LSPs x {BRANCHES} branches from nothing",
             n * BRANCHES / (time.monotonic() - start), "mappings/s", baseline)
        show(f"mplsmcd: memory of an LSP with {BRANCHES} branches",
             (bed.memory() - before) / n, "octets", memory)
        start = time.monotonic()
        r.ns.ip("link set e1 down")
        took = two.counted(n, MAPPING) - start
        print(f"{'mplsmcd: time in which they are rerouted':58} {took * 1000:12.0f} ms")
        show(f"mplsmcd: {n} LSPs rerouted after a link failure", n / took, "LSPs/s", baseline)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lsps", type=int, default=10000)
    parser.add_argument("--peers", type=int, default=100)
    args = parser.parse_args()
    if os.getuid():
        print("bench_ldp: skipped, network namespaces need root")
        return
    rate, memory = ldpd_mappings(args.lsps)
    show("ldpd: memory of a prefix with two neighbours", memory, "octets")
    mplsmcd_mappings(args.lsps, rate)
    sessions("mplsmcd", args.peers, sessions("ldpd", args.peers))
    reroute(args.lsps, rate, memory)


if __name__ == "__main__":
    main()
