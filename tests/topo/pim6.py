#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The least PIMv6 router between two interfaces, where FRR has no pim6d (before 9.0).

pim6.py INNER OUTER

Written from RFC 7761 and facts of pim6d, not from mplsmcd.  INNER is mplsmc0: what its neighbour
joins there is forwarded from OUTER to it; `join SOURCE GROUP` joins there and forwards to OUTER.
Lines on stdin: join SOURCE GROUP | prune SOURCE GROUP | stat; each is answered with one line of
JSON, what is forwarded: {"SOURCE GROUP": the interface it goes to}.
"""
import json
import selectors
import socket
import struct
import sys

PIM, ALL_PIM = 103, "ff02::d"
HELLO, JOIN_PRUNE = 0, 3
IPV6_CHECKSUM = 7
MRT6_INIT, MRT6_ADD_MIF, MRT6_ADD_MFC, MRT6_DEL_MFC = 200, 202, 204, 205
HOLD_S = 210


def pton(address):
    return socket.inet_pton(socket.AF_INET6, address)


def ntop(octets):
    return socket.inet_ntop(socket.AF_INET6, octets)


def sockaddr(address):
    return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, pton(address), 0)


class Forwarder:
    """The kernel's multicast forwarding (include/uapi/linux/mroute6.h)."""

    def __init__(self, interfaces):
        self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.sock.setsockopt(socket.IPPROTO_IPV6, MRT6_INIT, 1)
        self.interfaces, self.entries = interfaces, {}
        for n, name in enumerate(interfaces):
            self.sock.setsockopt(socket.IPPROTO_IPV6, MRT6_ADD_MIF, struct.pack(
                "=HBBHHI", n, 0, 1, socket.if_nametoindex(name), 0, 0))

    def set(self, source, group, out, on):
        """From the other interface to interface number out."""
        key = f"{source} {group}"
        if on == (key in self.entries):
            return
        self.sock.setsockopt(
            socket.IPPROTO_IPV6, MRT6_ADD_MFC if on else MRT6_DEL_MFC, sockaddr(source) +
            sockaddr(group) + struct.pack("=HH8I", 1 - out, 0, 1 << out, *[0] * 7))
        if on:
            self.entries[key] = self.interfaces[out]
        else:
            del self.entries[key]


class Pim:
    def __init__(self, inner, outer):
        self.forwarder = Forwarder((inner, outer))
        self.ifindex, self.neighbour = socket.if_nametoindex(inner), None
        self.joined = []
        self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, PIM)
        self.sock.setsockopt(socket.IPPROTO_IPV6, IPV6_CHECKSUM, 2)
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                             pton(ALL_PIM) + struct.pack("=I", self.ifindex))

    def send(self, kind, body):
        self.sock.sendto(struct.pack("!BBH", 0x20 | kind, 0, 0) + body,
                         (ALL_PIM, 0, 0, self.ifindex))

    def hello(self):
        self.send(HELLO, struct.pack("!HHHHHI", 1, 2, 105, 20, 4, 0x6f6f))

    def join_prune(self, source, group, join):
        if self.neighbour:
            self.send(JOIN_PRUNE, b"\2\0" + pton(self.neighbour) +
                      struct.pack("!BBH", 0, 1, HOLD_S) + b"\2\0\0\x80" + pton(group) +
                      struct.pack("!HH", join, not join) + b"\2\0\4\x80" + pton(source))

    def receive(self):
        packet, (source, *_, ifindex) = self.sock.recvfrom(65535)
        if ifindex != self.ifindex or len(packet) < 4:
            return
        if packet[0] & 15 == HELLO and not self.neighbour:
            self.neighbour = source.split("%")[0]
            self.hello()
            for tree in self.joined:
                self.join_prune(*tree, True)
        elif packet[0] & 15 == JOIN_PRUNE:
            self.on_join_prune(packet)

    def on_join_prune(self, packet):
        at = 4 + 18 + 4
        for _ in range(packet[4 + 18 + 1]):
            group = ntop(packet[at + 4:at + 20])
            joins, prunes = struct.unpack_from("!HH", packet, at + 20)
            at += 24
            for n in range(joins + prunes):
                self.forwarder.set(ntop(packet[at + 4:at + 20]), group, 0, n < joins)
                at += 20

    def command(self, words):
        if words[0] in ("join", "prune"):
            join, tree = words[0] == "join", (words[1], words[2])
            (self.joined.append if join else self.joined.remove)(tree)
            self.forwarder.set(*tree, 1, join)
            self.join_prune(*tree, join)
        print(json.dumps(self.forwarder.entries), flush=True)

    def run(self):
        selector = selectors.DefaultSelector()
        selector.register(sys.stdin, selectors.EVENT_READ, self.stdin)
        selector.register(self.sock, selectors.EVENT_READ, self.receive)
        self.hello()
        print(json.dumps({}), flush=True)
        while True:
            events = selector.select(30)
            if not events:
                self.hello()
            for key, _ in events:
                key.data()

    def stdin(self):
        words = sys.stdin.readline().split()
        if not words:
            sys.exit()
        self.command(words)


if __name__ == "__main__":
    Pim(*sys.argv[1:]).run()
