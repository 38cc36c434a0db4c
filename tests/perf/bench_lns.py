#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_lns.py [--sessions N] [--rate EVENTS] [--seconds S]

l2mcd as LNS, a real daemon with stock zebra, in front of bench_daemon's LAC, in two network
namespaces.  Needs root.

- session set-up through sockets, with xl2tpd and l2tpns as baselines in the same run.  xl2tpd starts
  a pppd for every call: a stand-in that only holds the line takes its place, as the machine may have
  no PPP; l2mcd takes session interfaces that are there.
- from a subscriber's IGMP report to the object at the forwarding agent: reports leave a group and
  join another, each changes two flow objects.
"""
import argparse
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/topo"))
from lab import BUILD  # noqa: E402  pylint: disable=wrong-import-position
from netns import LabError, sh  # noqa: E402  pylint: disable=wrong-import-position
from test_interop import OURS, THEIRS, XL2TPD_LNS, Pair  # noqa: E402  pylint: disable=wrong-import-position

SECRET = "s3cret"  # of test_interop's l2tpns
SESSIONS = 200
L2MCD = """\
hostname bench
l2vpn l2tp-multicast
 host-name bench
 peer-group P lns
  match address 10.9.0.0/24
  accept
  multicast disable
 exit
 session interface external s%c
 multicast
  immediate-leave
 exit
 fib
  endpoint ipc://{endpoint}
 exit
exit
"""


class Bench(Pair):
    """l2mcd on one side of the cable, xl2tpd or l2tpns on the other."""

    def bench(self, ns, *words):
        return [float(w) for w in sh(ns.words(
            [str(BUILD / "tests/perf/bench_daemon"), *map(str, words)])).split()]

    def interfaces(self, n):
        """Netdevs that are there for l2mcd, as pppd's would not be for xl2tpd."""
        batch = self.dir / "links"
        batch.write_text("".join(f"link add s{i} up type veth peer name t{i}\nlink set t{i} up\n"
                                 for i in range(1, n + 1)))
        self.ours.ns.run("ip", "-batch", str(batch))

    def start_l2mcd(self):
        self.endpoint = f"{self.ours.run}/l2mcd.fib"
        self.ours.start_l2mcd(L2MCD.format(endpoint=self.endpoint))


def line(what, value, unit, baseline=None):
    ratio = f" {value / baseline:6.2f} x" if baseline else "   (baseline)"
    print(f"{what:<58} {value:12.0f} {unit:<12}{ratio}", flush=True)


def xl2tpd():
    """It draws call IDs and does not look whether one is in use: then it is done again."""
    for tries in range(5, 0, -1):
        with Bench(prefix="mcbx") as b:
            b.start_xl2tpd(XL2TPD_LNS.replace("10.200.0.10", "10.200.3.250"), False)
            try:
                return SESSIONS / b.bench(b.ours.ns, "setup", THEIRS, SESSIONS)[0]
            except LabError as e:
                if tries == 1 or "assigned twice" not in str(e):
                    raise


def set_up():
    rate = xl2tpd()
    line(f"xl2tpd: set-up of {SESSIONS} sessions", rate, "sessions/s")
    with Bench(prefix="mcbn") as b:
        b.start_l2tpns()
        l2tpns = SESSIONS / b.bench(b.ours.ns, "setup", THEIRS, SESSIONS, SECRET)[0]
        line(f"l2tpns: set-up of {SESSIONS} sessions", l2tpns, "sessions/s", rate)
    with Bench(prefix="mcbs") as b:
        b.interfaces(SESSIONS)
        b.start_l2mcd()
        ours = SESSIONS / b.bench(b.theirs, "setup", OURS, SESSIONS)[0]
        line(f"l2mcd: set-up of {SESSIONS} sessions", ours, "sessions/s", rate)


def joins(args):
    with Bench(prefix="mcbj") as b:
        b.start_l2mcd()
        rate, p50, p99, served, late = b.bench(
            b.ours.ns, "joins", OURS, args.sessions, "ipc://" + b.endpoint, args.rate,
            args.seconds)
        line(f"membership events, {args.sessions} sessions, sent", args.rate, "events/s")
        line(f"membership events, {args.sessions} sessions, taken", rate, "events/s", args.rate)
        line("report to agent, p50", p50, "us")
        line("report to agent, p99", p99, "us", p50)
        if late or served < args.rate / 2 * args.seconds * 0.999:
            print(f"{late:.0f} joins were overtaken by the next, {served:.0f} served")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--rate", type=int, default=6000)
    parser.add_argument("--seconds", type=float, default=10)
    set_up()
    joins(parser.parse_args())


if __name__ == "__main__":
    main()
