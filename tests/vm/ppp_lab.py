# SPDX-License-Identifier: GPL-2.0-or-later
"""The real LNS, and subscribers with a PPP of their own behind a scripted LAC.

    subscriber (pppd) -- PPPoL2TP socket of the kernel, tunnel of the scripted peer ==== router

Needs a kernel with l2tp_ppp: tests/vm/vmrun.
"""
import ctypes
import pathlib
import signal
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "topo"))
from lab import Router  # noqa: E402
from netns import LabError, Vty, veth, wait_for  # noqa: E402
from peer_lab import PEER, ROUTER, PeerLab  # noqa: E402

LOCAL = "10.77.0.1"
SECRETS = pathlib.Path("/etc/ppp/pap-secrets")
AF_PPPOX, PX_PROTO_OL2TP = 24, 1

LNS = """\
hostname r
l2vpn l2tp-multicast
 host-name r
 profile fast
  hello-interval 10
  retransmit retries 3 timeout 1 maximum 8
 exit
 peer-group LACS lns
  profile fast
  match address 10.9.0.0/24
  accept
 exit
 session interface pppd
 ppp options require-pap
 ppp options {local}: +ipv6 debug deflate 12
 ppp options logfile {log}
 multicast
  threshold 1
  holdtime 0
 exit
exit
"""

libc = ctypes.CDLL(None, use_errno=True)


def pppol2tp(ns, tunnel_fd, tunnel, peer_tunnel, session, peer_session):
    """A connected PPPoL2TP socket; session 0 stands for the tunnel (linux/if_pppol2tp.h)."""
    address = struct.pack("=HIii16sHHHH", AF_PPPOX, PX_PROTO_OL2TP, 0, tunnel_fd, b"",
                          tunnel, session, peer_tunnel, peer_session)
    with ns.inside():
        sock = socket.socket(AF_PPPOX, socket.SOCK_DGRAM, PX_PROTO_OL2TP)
    if libc.connect(sock.fileno(), address, len(address)) < 0:
        raise LabError(f"PPPoL2TP socket: errno {ctypes.get_errno()}")
    return sock


class Subscriber:
    """A pppd at the LAC's end of a session."""

    def __init__(self, lab, peer, call, number, options, password):
        self.call, self.interface = call, f"ppp{number}"
        self.address = f"10.77.0.{number}"
        self.sock = pppol2tp(lab.outside, -1, peer.tunnel_id, peer.peer_tunnel_id,
                             call.id, call.peer_id)
        fd = self.sock.fileno()
        self.process = lab.process(f"pppd {number}", lab.outside.words([
            "pppd", "plugin", "pppol2tp.so", "pppol2tp", str(fd), "nodetach", "noauth",
            "user", f"u{number}", "password", password, "unit", str(number), "noipdefault",
            "nodefaultroute", "ipv6", f"::{number},::1", "debug", *options]),
            lab.dir / f"pppd-{call.id}.log", pass_fds=[fd])

    def end(self, sig=signal.SIGKILL):
        if self.process.running():
            self.process.kill(sig)
        self.sock.close()


class PppLab(PeerLab):
    def __init__(self):
        super().__init__("ppp", "a{}", hosts=0)
        self.subscribers, self.log = [], self.dir / "lns-pppd.log"

    def build(self):
        SECRETS.write_text("".join(f"u{n} * secret 10.77.0.{n}\n" for n in range(11, 255)))
        self.router, self.outside = Router(self, "r"), self.namespace("peer")
        for ns in (self.router.ns, self.outside):
            ns.sysctl("net.ipv6.conf.default.disable_ipv6", 0)
        veth(self.router.ns, "core0", self.outside, "eth0")
        self.router.ns.ip(f"addr add {ROUTER}/24 dev core0")
        self.outside.ip(f"addr add {PEER}/24 dev eth0")
        self.vty = Vty(str(self.router.run / "l2mcd.vty"))
        self.router.start_zebra()
        self.router.start_l2mcd(LNS.format(local=LOCAL, log=self.log))

    def lac(self):
        """A peer whose tunnel is in the kernel, too."""
        peer = self.peer()
        peer.open()
        peer.sock.connect(peer.daemon)
        peer.kernel = pppol2tp(self.outside, peer.sock.fileno(), peer.tunnel_id,
                               peer.peer_tunnel_id, 0, 0)
        return peer

    def subscribe(self, peer, number, *options, password="secret", iccn=()):
        call = peer.call(f"line{number}", iccn)
        s = Subscriber(self, peer, call, number, options, password)
        self.subscribers.append(s)
        return s

    def session(self, call):
        """The daemon's row of the call, None when it has none."""
        rows = self.router.show("l2tp session detail").get("sessions", [])
        return next((s for s in rows if s["sessionId"] == call.peer_id), None)

    def until(self, call, want, what, timeout=30):
        """Waits until the session's row is as wanted; returns it."""
        row = {}

        def look():
            row.clear()
            row.update(self.session(call) or {})
            return bool(row) and want(row)
        wait_for(look, timeout, f"{what}: {row}")
        return dict(row)

    def up(self, subscriber, family="ipcp"):
        return self.until(subscriber.call, lambda s: s.get("ppp", {}).get(family) and
                          s["ifindex"], f"{family} of {subscriber.call} is open")

    def pppds(self):
        """Children of the daemon: pid, state, program."""
        daemon, found = self.daemon_pid(), []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                head, rest = stat.read_text().rsplit(")", 1)
            except OSError:
                continue
            state, parent = rest.split()[:2]
            if int(parent) == daemon:
                found.append((int(head.split()[0]), state, head.split("(", 1)[1]))
        return found

    def files(self):
        return len(list(pathlib.Path(f"/proc/{self.daemon_pid()}/fd").iterdir()))

    def clean(self):
        """For a fixture: no subscriber, tunnel, session or pppd is left."""
        self.end_peers()
        for s in self.subscribers:
            s.end()
        self.subscribers.clear()
        wait_for(lambda: not self.pppds(), 30, f"no pppd left: {self.pppds()}")
