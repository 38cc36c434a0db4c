#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The least IPv6 multicast router for hosts on one interface, where FRR has no pim6d (before 9.0).

mld6.py INNER OUTER

Written from RFC 3810.  What MLDv2 reports on INNER ask for by source is forwarded from OUTER to it.
A line on stdin is answered with one line of JSON: {"SOURCE GROUP": "INNER"}.
"""
import json
import selectors
import socket
import struct
import sys

from pim6 import Forwarder, ntop, pton

REPORT, ALL_MLD = 143, "ff02::16"
IS_IN, TO_IN, ALLOW, BLOCK = 1, 3, 5, 6


def records(message):
    """(type, group, sources) of an MLDv2 report."""
    at = 8
    for _ in range(struct.unpack_from("!H", message, 6)[0]):
        kind, aux, n = struct.unpack_from("!BBH", message, at)
        sources = [ntop(message[at + 20 + 16 * i:at + 36 + 16 * i]) for i in range(n)]
        yield kind, ntop(message[at + 4:at + 20]), sources
        at += 20 + 16 * n + 4 * aux


def main(inner, outer):
    forwarder = Forwarder((inner, outer))
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    ifindex = socket.if_nametoindex(inner)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                    pton(ALL_MLD) + struct.pack("=I", ifindex))

    def report():
        message, address = sock.recvfrom(65535)
        if address[3] != ifindex or message[0] != REPORT:
            return
        for kind, group, sources in records(message):
            if kind in (IS_IN, TO_IN, ALLOW, BLOCK):
                for s in sources:
                    forwarder.set(s, group, 0, kind != BLOCK)

    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    selector.register(sock, selectors.EVENT_READ)
    print(json.dumps({}), flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sock:
                report()
            elif sys.stdin.readline():
                print(json.dumps(forwarder.entries), flush=True)
            else:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
