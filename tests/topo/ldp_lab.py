# SPDX-License-Identifier: GPL-2.0-or-later
"""One router with mplsmcd, and scripted LDP peers around it, each on a link of its own.

    peer 1: 10.4.1.2 == e1 router e2 == 10.6.2.2 :peer 2 ...    router: 10.5.0.1
                             edge == 10.2.0.2 :host, a receiver, with stock pimd on the router

The router's address lies between those of the peers: it connects to peers with an odd number, and
peers with an even one connect to it.  Roots are addresses behind peers, by static routes.
"""
import contextlib
import json

import ldp_wire as w
import pcap
from forwarders import Tap, datagram, has, labelled, raw_sender
from lab import BUILD, FRR, Lab, Router, Subscriber
from ldp_peer import Peer
from mpls_lab import LSP_NEIGHBOUR, PIMD
from netns import LabError, Vty, veth, wait_for

ROUTER, ROOT, ELSEWHERE = "10.5.0.1", "10.99.0.1", "10.98.0.1"
SOURCE, SOURCE_PREFIX, GROUP = "10.1.0.2", "10.1.0.0/24", "232.1.1.1"
FEC = w.p2mp(ROOT, w.transit(SOURCE, GROUP))
CONFIG = """\
hostname peers
mpls ldp-multicast
 router-id {router}
 label range {labels}
{interfaces}{more} fib
  endpoint {endpoint}
 exit
exit
"""


def settle(*peers):
    """All that the router has to say about what was sent to it has arrived."""
    for _ in range(2):
        for p in peers:
            p.barrier()


def peer_address(n, host=2):
    return f"10.{4 if n % 2 else 6}.{n}.{host}"


class LdpRouter(Router):
    def __init__(self, of):
        super().__init__(of, "r")
        self.vty = {d: Vty(str(self.run / f"{d}.vty")) for d in ("zebra", "mplsmcd", "pimd")}
        self.endpoint = f"ipc://{self.run}/mplsmcd.fib"
        self.ns.ip(f"addr add {ROUTER}/32 dev lo")
        self.ns.sysctl("net.ipv4.ip_forward", 1)

    def start_mplsmcd(self, interfaces, labels="1000 1999", more=""):
        self.start_frr_daemon("mplsmcd", BUILD / "mplsmc/mplsmcd", self.write(
            "mplsmcd.conf", CONFIG.format(
                router=ROUTER, labels=labels, more=more, endpoint=self.endpoint,
                interfaces="".join(f" interface {i}\n exit\n" for i in interfaces))))

    def start_mcfibd(self):
        self.start("mcfibd", [str(BUILD / "mcfibd/mcfibd"), "-e", self.endpoint])
        wait_for(self.consumers, 20, "mcfibd is connected")

    def start_pimd(self):
        self.start_frr_daemon("pimd", FRR / "pimd", self.write("pimd.conf", PIMD.format(
            name="peers", edge="edge", igmp=" ip igmp\n ip igmp last-member-query-count 1\n"
                                            " ip igmp last-member-query-interval 1\n")))
        # as in mpls_lab.py: pimd's RPF is the unicast route
        self.ns.ip(f"route replace {SOURCE_PREFIX} via {LSP_NEIGHBOUR} dev mplsmc0")

    def show(self, what):
        return self.vty["mplsmcd"].json("show " + what)


class LdpLab(Lab):
    """links: how many peers there may be; those in `off` have no LDP at the router; captured: only
    their links are."""

    def __init__(self, prefix, links=4, off=(), labels="1000 1999", more="", forward=True,
                 captured=None):
        super().__init__(prefix=prefix)
        self.links, self.off, self.labels = range(1, links + 1), off, labels
        self.more, self.forward, self.peers, self.captures = more, forward, [], []
        self.captured = captured or self.links
        self.host, self.pushed = None, 0

    def build(self):
        self.router = LdpRouter(self)
        self.outside = {n: self.namespace(f"p{n}") for n in self.links}
        for n, ns in self.outside.items():
            veth(self.router.ns, f"e{n}", ns, "eth0")
            self.router.ns.ip(f"addr add {peer_address(n, 1)}/24 dev e{n}")
            ns.ip(f"addr add {peer_address(n)}/24 dev eth0")
            ns.ip(f"route add {ROUTER}/32 via {peer_address(n, 1)}")
            if n in self.captured:
                self.captures.append(self.capture(f"e{n}", "eth0", ns, pcap.MPLS)[0])
        self.router.start_zebra()
        self.router.start_mplsmcd([f"e{n}" for n in self.links if n not in self.off],
                                  self.labels, self.more)
        if self.forward:
            self.router.start_mcfibd()

    def receiver(self):
        """pimd and a host behind it, whose joins mplsmcd hears of."""
        ns = self.namespace("host")
        veth(self.router.ns, "edge", ns, "eth0")
        self.router.ns.ip("addr add 10.2.0.1/24 dev edge")
        ns.ip("addr add 10.2.0.2/24 dev eth0")
        ns.ip("route add default via 10.2.0.1")
        self.router.start_pimd()
        wait_for(lambda: self.router.show("mpls multicast")["pim"]["neighborUp"], 40,
                 "pimd and mplsmcd are neighbours")
        self.host = Subscriber(self, 1, ns, "10.2.0.2")
        return self.host

    def peer(self, n, **kw):
        """Peer n; all are closed after the test."""
        p = Peer(self.outside[n], "eth0", kw.pop("address", peer_address(n)), **kw)
        self.peers.append(p)
        return p

    def up(self, *numbers, **kw):
        """Peers with operational sessions."""
        peers = [self.peer(n, **kw) for n in numbers]
        return [p.operational() for p in peers]

    def end_peers(self):
        """For a fixture: the next test finds a daemon without sessions and LSPs."""
        for p in self.peers:
            p.close()
        wrong = [p.error for p in self.peers if p.error]
        self.peers.clear()
        assert not wrong, wrong
        self.vty("clear mpls multicast neighbor all")
        wait_for(lambda: not [x for x in self.neighbours() if x["state"] == "operational"], 10,
                 "no session left")

    def close(self):
        for p in self.peers:
            with contextlib.suppress(OSError, LabError):
                p.close(shutdown=False)
        return super().close()

    # ---- routes, traffic

    def route(self, via, root=ROOT):
        """The route to a root leads to these peers; none: there is no route."""
        via = [peer_address(n) for n in ([via] if isinstance(via, int) else via)]
        if via:
            self.router.ns.ip(f"route replace {root}/32 "
                              + " ".join(f"nexthop via {a}" for a in via))
        else:
            self.router.ns.run("ip", "route", "del", f"{root}/32", check=False)
        wait_for(lambda: self.next_hops(root) == sorted(via), 10, f"zebra's route to {root}")

    def next_hops(self, root):
        text, _ = self.router.vty["zebra"].commands(f"show ip route {root}/32 json")[0]
        routes = json.loads(text).get(f"{root}/32", [])
        return sorted(h["ip"] for r in routes if r.get("selected") for h in r["nexthops"])

    def tap(self, n):
        """What arrives at peer n."""
        return contextlib.closing(Tap(self.outside[n], "eth0"))

    def inject(self, n, stack, packet):
        """A labelled frame of peer n to the router."""
        mac = json.loads(self.router.ns.run("ip", "-j", "link", "show", f"e{n}"))[0]["address"]
        with contextlib.closing(raw_sender(self.outside[n], "eth0")) as sock:
            sock.send(bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\1"
                      + labelled(stack, packet))

    def at_host(self):
        return Tap(self.host.ns, "eth0")

    def arrives(self, label, where, payload, n=1):
        """Packets with that label from peer n arrive once each; where: peer number -> label."""
        with contextlib.ExitStack() as stack:
            taps = {k: stack.enter_context(self.tap(k)) for k in self.links if k != n}
            packet = datagram(SOURCE, GROUP, payload, ttl=20)
            self.inject(n, [(label, 20)], packet)
            for k, out in where.items():
                frame, = taps[k].frames(1, has(payload))
                # M-5332-1-1, M-6388-2.4.1-1, M-3032-2.4-1
                assert frame[12:18] == b"\x88\x47" + w.u32(out << 12 | 1 << 8 | 19)
                assert frame[18:] == packet
            for tap in taps.values():
                assert not tap.waiting(has(payload))

    def pushes(self, where, source, group):
        """A packet of pimd's trees that leaves through mplsmc0 arrives at these peers, peer number
        -> label, and at nobody else."""
        self.pushed += 1
        payload = b"pushed %d" % self.pushed
        with contextlib.ExitStack() as stack:
            taps = {n: stack.enter_context(self.tap(n)) for n in self.links}
            with contextlib.closing(raw_sender(self.router.ns, "mplsmc0")) as sock:
                sock.send(datagram(source, group, payload, ttl=9))
            for n, label in where.items():
                frame, = taps[n].frames(1, has(payload))
                assert frame[12:18] == b"\x88\x47" + w.u32(label << 12 | 1 << 8 | 9)
            for tap in taps.values():
                assert not tap.waiting(has(payload))

    def decoded(self, ours=True):
        """What was captured on the links is right in tshark's eyes; not ours: what the router
        sent, because the peers lied."""
        for path in self.captures:
            wrong = pcap.mpls_problems(path, None if ours else ROUTER)
            assert not wrong, f"{path.name}:\n" + "\n".join(wrong)

    # ---- what the daemon says

    def vty(self, line):
        return self.router.vty["mplsmcd"].show(line)

    def configure(self, *lines):
        self.router.vty["mplsmcd"].configure("mpls ldp-multicast", *lines)

    def neighbours(self):
        return self.router.show("mpls multicast neighbor").get("neighbors", [])

    def neighbour(self, p):
        """The row of a peer's session, None when there is none."""
        found = self.router.show("mpls multicast neighbor detail").get("neighbors", [])
        return next((n for n in found if n["neighbor"] == f"{p.lsr_id}:0"), None)

    def lsps(self, what=""):
        return self.router.show("mpls multicast database" + what).get("lsps", [])

    def lsp(self, fec):
        """The row of an LSP, None when there is none."""
        return next((x for x in self.lsps(" detail") if x["opaqueHex"] == fec[10:].hex()
                     and w.packed(x["root"]) == fec[4:8]), None)

    def branches(self, fec):
        row = self.lsp(fec)
        return sorted((b["neighbor"], b["label"]) for b in row["branches"] if b["installed"]) \
            if row else []

    def installed(self, fec, *wanted):
        """The LSP has exactly these branches, (peer, label), and the agent has them, too."""
        wanted = sorted((f"{p.lsr_id}:0", label) for p, label in wanted)
        wait_for(lambda: self.branches(fec) == wanted and self.lsp(fec)["fib"]["status"] ==
                 "installed", 15, f"branches {wanted}")

    def statistics(self):
        return self.router.show("mpls multicast statistics")

    def memory(self):
        """Resident kilobytes of the daemon."""
        with open(f"/proc/{self.router.processes['mplsmcd'].pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


class Victims:
    """An LSP between two well-behaved peers, which stays whatever a third one does."""

    def __init__(self, lab):
        self.lab = lab
        lab.route(1)
        self.up, self.down = lab.up(1, 2)
        self.down.mapping(FEC, 3001)
        self.label = self.up.wait("Label Mapping").label
        self.unharmed()

    def unharmed(self):
        settle(self.down, self.up)
        assert self.up.sessions == self.down.sessions == 1
        assert [m.label for m in self.up.since(0)] == [self.label] and not self.down.since(0)
        self.lab.installed(FEC, (self.down, 3001))
