#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Multicast traffic that can be counted: every packet carries a sequence number.

mc.py send GROUP --interface IF [--source ADDRESS] [--rate PPS] [--size OCTETS] [--ttl N]
mc.py receive --interface IF

Both are driven by lines on stdin and answer each with one line of JSON:
  send:    rate PPS | stat | quit
  receive: join GROUP [SOURCE] | leave GROUP [SOURCE] | block GROUP SOURCE | stat | quit
A receiver answers `stat` with what arrived per group, and in `sources` the same per source: first
and last sequence number, packets received, lost (missing between first and last), duplicated.  IGMPv3 or v2 is the namespace's
choice (net.ipv4.conf.IF.force_igmp_version).
"""
import argparse
import collections
import json
import selectors
import socket
import struct
import sys
import time

PORT = 5001
MAGIC = b"MCSQ"
HEADER = struct.Struct("!4sIQ")  # magic, sequence number, nanoseconds of sending
IP_BLOCK_SOURCE, IP_ADD_SOURCE_MEMBERSHIP, IP_DROP_SOURCE_MEMBERSHIP = 38, 39, 40
IP_MULTICAST_ALL, IPV6_MULTICAST_ALL = 49, 29
MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP = 46, 47


class Tally:
    """Which sequence numbers of one flow arrived, and how often."""

    def __init__(self):
        self.count = {}

    def add(self, seq):
        self.count[seq] = self.count.get(seq, 0) + 1

    def result(self):
        if not self.count:
            return {"received": 0, "lost": 0, "duplicated": 0}
        first, last = min(self.count), max(self.count)
        return {
            "first": first, "last": last, "received": len(self.count),
            "lost": last - first + 1 - len(self.count),
            "lostSequences": [s for s in range(first, last + 1) if s not in self.count][:20],
            "duplicated": sum(self.count.values()) - len(self.count),
            "duplicatedSequences": sorted(s for s, n in self.count.items() if n > 1)[:20],
        }


def sequence(payload):
    """Sequence number of a payload of ours, None of any other."""
    if len(payload) < HEADER.size or payload[:4] != MAGIC:
        return None
    return HEADER.unpack_from(payload)[1]


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def storage(address):
    """A struct sockaddr_storage with an IPv6 address."""
    return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(
        socket.AF_INET6, address), 0).ljust(128, b"\0")


def answer(value):
    print(json.dumps(value), flush=True)


class Sender:
    def __init__(self, args):
        self.group, self.seq, self.rate = args.group, 0, args.rate
        self.pad = bytes(max(0, args.size - HEADER.size))
        self.sock = socket.socket(family(args.group), socket.SOCK_DGRAM)
        ifindex = socket.if_nametoindex(args.interface)
        if family(args.group) == socket.AF_INET6:
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, args.ttl)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, ifindex)
        else:
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, args.ttl)
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack(
                "4s4si", bytes(4), bytes(4), ifindex))
        if args.source:
            self.sock.bind((args.source, 0))

    def send_one(self):
        self.seq += 1
        self.sock.sendto(HEADER.pack(MAGIC, self.seq, time.monotonic_ns()) + self.pad,
                         (self.group, PORT))

    def run(self):
        sel = selectors.DefaultSelector()
        sel.register(sys.stdin, selectors.EVENT_READ)
        due = time.monotonic()
        answer({"ready": True})
        while True:
            wait = None if not self.rate else max(0, due - time.monotonic())
            if sel.select(wait):
                words = sys.stdin.readline().split()
                if not words or words[0] == "quit":
                    answer({"sent": self.seq})
                    return
                if words[0] == "rate":
                    self.rate, due = float(words[1]), time.monotonic()
                answer({"sent": self.seq})
            elif self.rate:
                self.send_one()
                due += 1 / self.rate


class Receiver:
    """One socket per group; each counts on its own."""

    def __init__(self, args):
        self.ifindex = socket.if_nametoindex(args.interface)
        self.address = socket.inet_aton(args.address)
        self.flows = {}
        self.sel = selectors.DefaultSelector()
        self.sel.register(sys.stdin, selectors.EVENT_READ)

    def flow(self, group):
        if group not in self.flows:
            sock = socket.socket(family(group), socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            if family(group) == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)
            else:
                sock.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
            sock.bind((group, PORT))
            sock.setblocking(False)
            self.flows[group] = (sock, Tally(), collections.defaultdict(Tally))
            self.sel.register(sock, selectors.EVENT_READ)
        return self.flows[group]

    def membership(self, join, group, source=None):
        sock, _, _ = self.flow(group)
        if family(group) == socket.AF_INET6:  # RFC 3810: one source of it
            sock.setsockopt(socket.IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP if join else
                            MCAST_LEAVE_SOURCE_GROUP, struct.pack("=II", self.ifindex, 0) +
                            storage(group) + storage(source))
        elif source:  # RFC 3376 source filter: Linux takes group, interface, source
            sock.setsockopt(socket.IPPROTO_IP,
                            IP_ADD_SOURCE_MEMBERSHIP if join else IP_DROP_SOURCE_MEMBERSHIP,
                            socket.inet_aton(group) + self.address + socket.inet_aton(source))
        else:
            sock.setsockopt(socket.IPPROTO_IP,
                            socket.IP_ADD_MEMBERSHIP if join else socket.IP_DROP_MEMBERSHIP,
                            struct.pack("4s4si", socket.inet_aton(group), bytes(4), self.ifindex))

    def block(self, group, source):
        """EXCLUDE mode: all sources but this one."""
        self.flow(group)[0].setsockopt(socket.IPPROTO_IP, IP_BLOCK_SOURCE, socket.inet_aton(
            group) + self.address + socket.inet_aton(source))

    def drain(self):
        for sock, tally, sources in self.flows.values():
            try:
                while True:
                    payload, (source, *_) = sock.recvfrom(65535)
                    seq = sequence(payload)
                    if seq is not None:
                        tally.add(seq)
                        sources[source].add(seq)
            except BlockingIOError:
                pass

    def run(self):
        answer({"ready": True})
        while True:
            ready = self.sel.select()
            self.drain()
            if not any(key.fileobj is sys.stdin for key, _ in ready):
                continue
            words = sys.stdin.readline().split()
            if not words or words[0] == "quit":
                answer(self.stat())
                return
            try:
                if words[0] in ("join", "leave"):
                    self.membership(words[0] == "join", *words[1:])
                elif words[0] == "block":
                    self.block(*words[1:])
                answer(self.stat())
            except OSError as e:
                answer({"error": f"{' '.join(words)}: {e}"})

    def stat(self):
        return {group: dict(tally.result(), sources={s: t.result() for s, t in sources.items()})
                for group, (_, tally, sources) in self.flows.items()}


def main():
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers(dest="role", required=True)
    send = sub.add_parser("send")
    send.add_argument("group")
    send.add_argument("--interface", required=True)
    send.add_argument("--source")
    send.add_argument("--rate", type=float, default=0)
    send.add_argument("--size", type=int, default=200)
    send.add_argument("--ttl", type=int, default=16)
    receive = sub.add_parser("receive")
    receive.add_argument("--interface", required=True)
    receive.add_argument("--address", required=True)
    args = parser.parse_args()
    (Sender if args.role == "send" else Receiver)(args).run()


if __name__ == "__main__":
    main()
