#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_membership.py [--joins N] [--groups N]

From a subscriber's report on its access interface to what l2mcd tells pimd on l2mc0, for every source
of group state: l2mcd itself (the baseline: the same path without pimd), the module in pimd, pimd's
vty told by its log, and polled.  The way through the tunnel is part of all.  Real daemons in network
namespaces; with few groups joined, and with many.  Needs root.
"""
import argparse
import os
import pathlib
import random
import socket
import statistics
import struct
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/topo"))
from lab import Lab  # noqa: E402  pylint: disable=wrong-import-position
from netns import wait_for  # noqa: E402  pylint: disable=wrong-import-position

SOURCES = [("session", "session", "l2mcd is the querier"), ("module", "module", "module in pimd"),
           ("vty", "vty", "vty, told by the log"), ("vty", "poll", "vty, polled")]
ALL_ROUTERS, SOURCE, TO_IN, PER_REPORT = "224.0.0.22", "10.1.0.2", 3, 80


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def report(host, groups):
    """An Ethernet frame: the IGMPv3 report of TO_IN {SOURCE} for each group."""
    records = b"".join(struct.pack("!BBH", TO_IN, 0, 1) + g + socket.inet_aton(SOURCE)
                       for g in groups)
    igmp = struct.pack("!BBHHH", 0x22, 0, 0, 0, len(groups)) + records
    igmp = igmp[:2] + struct.pack("!H", checksum(igmp)) + igmp[4:]
    header = struct.pack("!BBHHHBBH4s4sI", 0x46, 0xc0, 24 + len(igmp), 0, 0, 1, 2, 0,
                         socket.inet_aton(host), socket.inet_aton(ALL_ROUTERS), 0x94040000)
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return bytes.fromhex("01005e000016020000000002") + b"\x08\x00" + header + igmp


class Bench:
    def __init__(self, lab):
        self.lab, self.host = lab, lab.subscribers[0].address
        with lab.subscribers[0].ns.inside():
            self.tx = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.tx.bind(("eth0", 0))
        with lab.lns.ns.inside():
            self.rx = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            self.rx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.rx.bind(("l2mc0", 0x0800))
        self.next = 0

    def group(self):
        self.next += 1
        return struct.pack("!BBH", 232, 5, self.next)

    def fill(self, count):
        """As many groups are joined; waits until l2mcd has them."""
        while self.next < count:
            self.tx.send(report(self.host, [self.group() for _ in range(PER_REPORT)]))
            time.sleep(0.01)
        wait_for(lambda: self.lab.lns.show("l2tp multicast")["memberships"] >= count, 60,
                 f"{count} memberships")
        self.quiet()

    def quiet(self):
        self.rx.settimeout(1)
        try:
            while True:
                self.rx.recv(2048)
        except TimeoutError:
            pass

    def join(self):
        """Milliseconds."""
        group = self.group()
        started = time.perf_counter()
        self.tx.send(report(self.host, [group]))
        self.rx.settimeout(20)
        while group not in self.rx.recv(2048):
            pass
        return (time.perf_counter() - started) * 1000

    def run(self, joins, pause=0.05):
        """At random times: the clock of whoever polls is of no help."""
        times = []
        for _ in range(joins):
            time.sleep(random.uniform(0.005, pause))
            times.append(self.join())
        return times


def measure(membership, kind, joins, groups):
    with Lab(prefix="mbm", subscribers=1, membership=membership) as lab:
        lab.start()
        if kind == "poll":
            lab.lns.vty["pimd"].configure("no debug igmp trace")
            wait_for(lambda: lab.lns.show("l2tp membership").get("trigger") == "poll", 20, "polling")
            joins = max(10, joins // 10)
        bench = Bench(lab)
        bench.run(3)
        bench.fill(groups)
        return bench.run(joins, 1.5 if kind == "poll" else 0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--joins", type=int, default=200)
    parser.add_argument("--groups", type=int, default=2000)
    args = parser.parse_args()
    if os.geteuid() != 0:
        print("bench_membership: needs root")
        return
    for groups in (0, args.groups):
        base = None
        for membership, kind, text in SOURCES:
            times = measure(membership, kind, args.joins, groups)
            p50 = statistics.median(times)
            p99 = statistics.quantiles(times, n=100, method="inclusive")[98]
            base = base or p50
            print(f"membership, {groups:5} groups: {text:24} p50 {p50:8.2f} ms  p99 {p99:8.2f} ms"
                  f"  {p50 / base:6.1f} x the baseline", flush=True)


if __name__ == "__main__":
    main()
