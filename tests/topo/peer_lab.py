# SPDX-License-Identifier: GPL-2.0-or-later
"""One router with the real daemon, and scripted peers around it.

    hosts (x1, x2, ...) -- s-a1, s-a2, ... router core0 ==== eth0 peers: 10.9.0.2 ...

At an LNS the interfaces s-aN stand for the sessions of the peer's subscribers, at a LAC the
interfaces aN lead to subscribers; the other ends are in one namespace and belong to the test.
"""
import socket
import struct

import forwarders
from l2tp_peer import Peer
from lab import Lab, Router
from netns import LabError, Vty, veth, wait_for

ROUTER, PEER = "10.9.0.1", "10.9.0.2"
ROUTER_ALERT = b"\x94\x04\0\0"
INCLUDE, EXCLUDE, TO_INCLUDE, TO_EXCLUDE, ALLOW, BLOCK = range(1, 7)


def igmp_packet(source, to, body):
    body = body[:2] + struct.pack("!H", forwarders.checksum(body)) + body[4:]
    head = struct.pack("!BBHHHBBH4s4s", 0x46, 0xc0, 24 + len(body), 0, 0, 1, 2, 0,
                       socket.inet_aton(source), socket.inet_aton(to)) + ROUTER_ALERT
    head = head[:10] + struct.pack("!H", forwarders.checksum(head)) + head[12:]
    return head + body


class Host:
    """A host of session N: IGMP as octets."""

    def __init__(self, lab, n):
        self.address, self.interface = f"100.64.9.{n}", f"x{n}"
        with lab.hosts.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self.sock.bind((self.interface, 0x0800))

    def _send(self, to, body):
        self.sock.send(forwarders.group_mac(to) + b"\x02\0\0\0\0\x01\x08\0"
                       + igmp_packet(self.address, to, body))

    def report(self, *records):
        """IGMPv3: (type, group, sources...)."""
        body = b"".join(struct.pack("!BBH4s", kind, 0, len(sources), socket.inet_aton(group))
                        + b"".join(map(socket.inet_aton, sources))
                        for kind, group, *sources in records)
        self._send("224.0.0.22", struct.pack("!BBHHH", 0x22, 0, 0, 0, len(records)) + body)

    def old(self, group, version):
        """IGMPv1 or IGMPv2 report."""
        self._send(group, struct.pack("!BBH4s", {1: 0x12, 2: 0x16}[version], 0, 0,
                                      socket.inet_aton(group)))

    def join(self, group, *sources):
        self.report((ALLOW if sources else TO_EXCLUDE, group, *sources))

    def leave(self, group, *sources):
        self.report((BLOCK if sources else TO_INCLUDE, group, *sources))

    def leave2(self, group):
        self._send("224.0.0.2", struct.pack("!BBH4s", 0x17, 0, 0, socket.inet_aton(group)))


class PeerLab(Lab):
    """interface: name of the router's N-th session or access interface."""

    def __init__(self, prefix, interface, hosts=6):
        super().__init__(subscribers=hosts, prefix=prefix)
        self.interface, self.peers = interface, []

    def build(self):
        self.router = Router(self, "r")
        self.outside, self.hosts = self.namespace("peer"), self.namespace("host")
        veth(self.router.ns, "core0", self.outside, "eth0")
        self.router.ns.ip(f"addr add {ROUTER}/24 dev core0")
        for n in range(2, 8):
            self.outside.ip(f"addr add 10.9.0.{n}/24 dev eth0")
        for n in range(1, self.count + 1):
            veth(self.router.ns, self.interface.format(n), self.hosts, f"x{n}")
            self.router.ns.ip(f"link set {self.interface.format(n)} arp off")
        self.host = {n: Host(self, n) for n in range(1, self.count + 1)}
        self.vty = Vty(str(self.router.run / "l2mcd.vty"))
        self.router.start_zebra()

    def peer(self, host_name="lac", **kw):
        """A peer; all are closed after the test."""
        p = Peer(self.outside, kw.pop("address", PEER), kw.pop("router", ROUTER), host_name, **kw)
        self.peers.append(p)
        return p

    def end_peers(self):
        """For a fixture: the next test finds a daemon without tunnels."""
        for p in self.peers:
            p.close()
        self.peers.clear()
        self.vty.show("clear l2tp tunnel all")
        wait_for(lambda: not [s for s in self.router.sessions()], 10, "no session left")

    def close(self):
        for p in self.peers:
            try:
                p.close(stop=False)
            except (OSError, LabError):
                pass
        return super().close()

    # ---- what the daemon says

    def tunnel(self, peer):
        """The daemon's row of the peer's tunnel, None when it has none."""
        return next((t for t in self.router.tunnels()
                     if t["tunnelId"] == peer.peer_tunnel_id and peer.peer_tunnel_id), None)

    def multicast(self, peer):
        return [m for m in self.router.multicast_sessions()
                if m["tunnelId"] == peer.peer_tunnel_id]

    def statistics(self):
        return self.router.show("l2tp statistics")

    def memory(self):
        """Resident kilobytes of the daemon."""
        with open(f"/proc/{self.daemon_pid()}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def daemon_pid(self):
        # the child of nsenter is the process itself: nsenter executes it
        return self.router.processes["l2mcd"].pid
