#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_forward.py [--seconds S] [--fanout N ...]

Replicated packets per second by fan-out: the agent (multicast session of L2TP to Ethernet, above
31 subscribers to PPPoE; a label of a P2MP LSP to as many labelled branches) and, in the same run and
against it, the kernel's own multicast forwarding over the same devices.  Everything happens in
network namespaces; the receivers drop.  What does not fit the kernel's input queue between two
veth is lost, and told (doc/user/mcfibd.rst).  Packets are forwarded on the sender's processor and in its time, so what counts
is its processor time, less what the same sender needs when packets are dropped at once.  Other
processes on the machine hardly matter then.  Needs root.
"""
import argparse
import contextlib
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/topo"))
import fib  # noqa: E402  pylint: disable=wrong-import-position
from forwarders import Agent, datagram, ipv4, l2tp, labelled, udp  # noqa: E402  pylint: disable=wrong-import-position
from netns import Namespace, veth  # noqa: E402  pylint: disable=wrong-import-position

PORTS = 31  # the kernel has 32 multicast interfaces, one of them towards the source
SOURCE, ROUTER, GROUP = "10.1.0.2", "10.1.0.1", "232.1.1.1"
SIZE = 1000  # octets of payload
ROUNDS = 5
MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC, VIFF_USE_IFINDEX = 200, 202, 204, 0x8
SENDER = """
import os, socket, sys, time
os.sched_setaffinity(0, {0})
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind((sys.argv[1], 0))
frame, end = bytes.fromhex(sys.argv[2]), time.perf_counter() + float(sys.argv[3])
send, n, start = s.send, 0, time.process_time()
while time.perf_counter() < end:
    for _ in range(50):
        send(frame)
    n += 50
print(n, time.process_time() - start)
"""


class Bed:
    """src --up0-- box --o1..o31-- sink"""

    def __init__(self, stack):
        self.src, self.box, self.sink = (self._namespace(stack, n) for n in ("src", "box", "snk"))
        veth(self.src, "eth0", self.box, "up0")
        self.src.ip(f"addr add {SOURCE}/24 dev eth0")
        self.box.ip(f"addr add {ROUTER}/24 dev up0")
        self.box.ip(f"neigh replace {SOURCE} lladdr {self.mac(self.src, 'eth0')} dev up0")
        for n in range(1, PORTS + 1):
            veth(self.box, f"o{n}", self.sink, f"i{n}")
            self.drop(self.sink, f"i{n}")
            self.box.ip(f"neigh replace 10.2.0.{n} lladdr 02:00:00:00:00:01 dev o{n}")
        self.seconds = 0.2

    @staticmethod
    def _namespace(stack, name):
        ns = Namespace(f"mfb-{name}")
        stack.callback(ns.close)
        return ns

    @staticmethod
    def mac(ns, interface):
        return ns.run("cat", f"/sys/class/net/{interface}/address", check=False).strip() or \
            ns.ip(f"link show {interface}").split("link/ether ")[1].split()[0]

    @staticmethod
    def drop(ns, interface, add=True):
        if add:
            ns.run("tc", "qdisc", "replace", "dev", interface, "clsact")
            # classic BPF: return TC_ACT_SHOT
            ns.run("tc", "filter", "add", "dev", interface, "ingress", "prio", "1", "bpf", "da",
                   "bytecode", "1,6 0 0 2")
        else:
            ns.run("tc", "filter", "del", "dev", interface, "ingress", "prio", "1")

    def received(self):
        """Packets that arrived at the sink."""
        total = 0
        for line in self.sink.run("cat", "/proc/net/dev").splitlines():
            name, _, rest = line.partition(":")
            if name.strip().startswith("i"):
                total += int(rest.split()[1])
        return total

    def send(self, packet):
        """(seconds per packet, copies per packet)"""
        up = bytes.fromhex(self.mac(self.box, "up0").replace(":", ""))
        label = packet[:2] == b"\x88\x47"
        group = not label and packet[16:17] >= b"\xe0"
        frame = (b"\x01\0\x5e\1\1\1" if group else up) + bytes(6) + \
            (b"" if label else b"\x08\0") + packet
        before = self.received()
        r = subprocess.run(self.src.words([sys.executable, "-c", SENDER, "eth0", frame.hex(),
                                           str(self.seconds)]),
                           capture_output=True, text=True, check=True, timeout=60)
        n, seconds = r.stdout.split()
        return float(seconds) / int(n), (self.received() - before) / int(n)

    def cost(self, packet):
        """(seconds for one packet's copies, copies per packet): the best of some rounds, since
        other processes disturb the measurement and nothing makes it faster."""
        forwarded, idle, copies = [], [], []
        for _ in range(ROUNDS):
            cost, n = self.send(packet)
            forwarded.append(cost)
            copies.append(n)
            self.drop(self.box, "up0")
            idle.append(self.send(packet)[0])
            self.drop(self.box, "up0", False)
        return min(forwarded) - min(idle), min(copies)


class KernelForwarding:
    """The kernel's multicast forwarding: one (S,G) to the first n ports."""

    def __init__(self, bed):
        with bed.box.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
            self.sock.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
            for vif, name in enumerate(["up0"] + [f"o{n}" for n in range(1, PORTS + 1)]):
                self.sock.setsockopt(socket.IPPROTO_IP, MRT_ADD_VIF, struct.pack(
                    "=HBBIi4s", vif, VIFF_USE_IFINDEX, 1, 0, socket.if_nametoindex(name),
                    bytes(4)))

    def fan_out(self, n):
        ttls = bytes([0] + [1 if i <= n else 0 for i in range(1, 32)])
        self.sock.setsockopt(socket.IPPROTO_IP, MRT_ADD_MFC, struct.pack(
            "=4s4sH32sxxIIIi", socket.inet_aton(SOURCE), socket.inet_aton(GROUP), 0, ttls,
            0, 0, 0, 0))

    def close(self):
        self.sock.close()


def replication(agent, n):
    """A multicast session whose n members are spread over the ports."""
    ops = [fib.tunnel(9, 7, ROUTER, SOURCE)]
    for i in range(n):
        pppoe = n > PORTS
        ops.append(fib.session(9, 1000 + i, 1, "lac", f"o{i % PORTS + 1}",
                               "pppoe" if pppoe else "ethernet", unicast=False,
                               mac="02:00:00:00:00:01", pppoe_id=i + 1))
    ops.append(fib.replication(9, 600, range(1000, 1000 + n)))
    agent.daemon.install(*ops, timeout=30)
    return l2tp_packet(datagram(SOURCE, GROUP, bytes(SIZE)))


def swap(agent, n):
    """A label whose n branches are spread over the ports."""
    agent.daemon.install(fib.ilm(100, [
        fib.labels(f"o{i % PORTS + 1}", f"10.2.0.{i % PORTS + 1}", 1000 + i) for i in range(n)]),
        timeout=30)
    return labelled([(100, 64)], datagram(SOURCE, GROUP, bytes(SIZE)))


def l2tp_packet(inner):
    data = l2tp(9, 600, inner)
    return ipv4(SOURCE, ROUTER, udp(SOURCE, ROUTER, data, 1701, 1701, check=False), ttl=64)


def line(what, fanout, cost, copies, kernel):
    rate = fanout / cost if cost > 0 else float("inf")
    note = f"{rate / kernel:6.2f} x" if kernel else "       -" if kernel is None else "(baseline)"
    print(f"{what:40} {fanout:6} {rate:12.0f} copies/s {cost / fanout * 1e9:8.0f} ns {note}"
          + ("" if copies > 0.99 * fanout else f"  {copies:.1f} arrived: net.core.netdev_max_backlog"), flush=True)
    return rate


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.2,
                        help="of each of the rounds of a measurement")
    parser.add_argument("--fanout", type=int, nargs="*", default=[1, 10, 31, 100, 1000])
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        bed = Bed(stack)
        bed.seconds = args.seconds
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plain = ipv4(SOURCE, GROUP, udp(SOURCE, GROUP, bytes(SIZE)), ttl=9)
        rates, kernel = {}, KernelForwarding(bed)
        for n in [f for f in args.fanout if f <= PORTS]:
            kernel.fan_out(n)
            rates[n] = line("kernel multicast forwarding", n, *bed.cost(plain), 0)
        kernel.close()
        agent = Agent(bed.box, "bench", directory)
        stack.callback(agent.close)
        agent.start()
        for n in args.fanout:
            line(f"mcfibd, L2TP to {'PPPoE' if n > PORTS else 'Ethernet'}", n,
                 *bed.cost(replication(agent, n)), rates.get(n))
        for n in args.fanout:
            line("mcfibd, label to labels", n, *bed.cost(swap(agent, n)), rates.get(n))
    return 0


if __name__ == "__main__":
    if os.geteuid():
        sys.exit("bench_forward.py needs root")
    sys.exit(main())
