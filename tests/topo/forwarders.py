# SPDX-License-Identifier: GPL-2.0-or-later
"""An LNS and a LAC that consist of mcfibd alone, and packets to put in and to look at.

    l2mc0 (tun), s1, s2 (veth), s3 (tun) -- lns ==core0== lac -- a1, a2 (veth) sub1, sub2
                                                              -- a3 (tun), a4 (veth) pppoe

The test holds the file descriptors of the tun devices: what it writes is received on the
device, what it reads was sent to it.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import time

import fib
from netns import LabError, Namespace, Process, sh, veth, wait_for

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MCAST_BUILD", TOP / "build/default"))
MCFIBD = BUILD / "mcfibd/mcfibd"

LNS, LAC, LOCAL, SOURCE = "10.0.12.1", "10.0.12.2", "100.64.0.1", "10.9.9.9"
LNS_TUNNEL, LAC_TUNNEL = 7, 9
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000
ETH_P_ALL, SO_RCVBUFFORCE, PACKET_OUTGOING = 3, 33, 4
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID, TP_STATUS_TPID = 263, 8, 0x10, 0x40


# ---------------------------------------------------------------- packets

def checksum(data):
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(src, dst, payload, proto=17, ttl=9, tos=0, ident=0):
    h = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), ident, 0, ttl, proto, 0,
                    socket.inet_aton(src), socket.inet_aton(dst))
    return h[:10] + struct.pack("!H", checksum(h)) + h[12:] + payload


def ipv6(src, dst, payload, proto=17, hops=9, traffic_class=0):
    return struct.pack("!IHBB", 6 << 28 | traffic_class << 20, len(payload), proto, hops) + \
        socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + payload


def udp(src, dst, payload, sport=40000, dport=40001, check=True):
    length = 8 + len(payload)
    six = ":" in src
    pack = (lambda a: socket.inet_pton(socket.AF_INET6, a)) if six else socket.inet_aton
    pseudo = pack(src) + pack(dst) + (struct.pack("!II", length, 17) if six
                                      else struct.pack("!HH", 17, length))
    h = struct.pack("!HHHH", sport, dport, length, 0)
    c = (checksum(pseudo + h + payload) or 0xffff) if check else 0
    return h[:6] + struct.pack("!H", c) + payload


def datagram(src, dst, payload, **kw):
    """An IP packet with a UDP datagram."""
    return (ipv6 if ":" in src else ipv4)(src, dst, udp(src, dst, payload), **kw)


def l2tp(tunnel, session, payload, length=False, ns=None, offset=None, priority=False):
    flags = 2 | 0x4000 * length | 0x0800 * (ns is not None) | 0x0200 * (offset is not None) \
        | 0x0100 * priority
    rest = struct.pack("!HH", tunnel, session)
    if ns is not None:
        rest += struct.pack("!HH", ns, 0)
    if offset is not None:
        rest += struct.pack("!H", offset) + b"\xee" * offset
    rest += payload
    head = struct.pack("!H", flags)
    return head + (struct.pack("!H", 4 + len(rest)) if length else b"") + rest


PPP4, PPP6 = bytes.fromhex("ff030021"), bytes.fromhex("ff030057")


def LSE(label, ttl, bottom, tc=0):  # pylint: disable=invalid-name
    """A label stack entry (RFC 3032 2.1)."""
    return label << 12 | tc << 9 | bottom << 8 | ttl


def labelled(stack, packet, tc=0):
    """Ethertype and label stack [(label, TTL)...] in front of a packet."""
    return b"\x88\x47" + b"".join(
        struct.pack("!I", LSE(label, ttl, i == len(stack) - 1, tc))
        for i, (label, ttl) in enumerate(stack)) + packet


def for_lan(stack, packet, mac_label=None):
    """The same, upstream-assigned, and the address in front (RFC 5332); without a source."""
    label = stack[min(1, len(stack) - 1)][0] if mac_label is None else mac_label
    return (b"\x01\x00\x5e" + (0x800000 | label).to_bytes(3, "big"),
            b"\x88\x48" + labelled(stack, packet)[2:])


def group_mac(group):
    if ":" in group:
        return b"\x33\x33" + socket.inet_pton(socket.AF_INET6, group)[-4:]
    b = socket.inet_aton(group)
    return b"\x01\x00\x5e" + bytes([b[1] & 0x7f]) + b[2:]


# ---------------------------------------------------------------- looking

class Tap:
    """Frames received on an interface (sent ones too with outgoing), VLAN tags put back."""

    def __init__(self, ns, interface, outgoing=False):
        self.outgoing = outgoing
        with ns.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.sock.bind((interface, ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.sock.setblocking(False)

    def _frame(self):
        data, ancillary, _, address = self.sock.recvmsg(65535, 200)
        if address[2] == PACKET_OUTGOING and not self.outgoing:
            return None
        for _, kind, value in ancillary:
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", value[:20])
            if kind == PACKET_AUXDATA and status & TP_STATUS_VLAN_VALID:
                tpid = tpid if status & TP_STATUS_TPID else 0x8100
                data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
        return data

    def frames(self, n, want=lambda frame: True, timeout=3):
        """The next n frames that are wanted; fails when they do not come."""
        found, end = [], time.monotonic() + timeout
        while len(found) < n:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                raise LabError(f"{len(found)} of {n} frames within {timeout} s: "
                               + " ".join(f.hex() for f in found[:3]))
            with contextlib.suppress(BlockingIOError):
                frame = self._frame()
                if frame and want(frame):
                    found.append(frame)
        return found

    def waiting(self, want=lambda frame: True):
        """All frames that have arrived."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frame = self._frame()
                if frame and want(frame):
                    found.append(frame)
        return found

    def close(self):
        self.sock.close()


def has(payload):
    """For Tap.frames(): frames that contain these octets."""
    return lambda frame: payload in frame


def is_data(frame):
    """L2TP data over IPv4."""
    return frame[12:14] == b"\x08\x00" and frame[23] == 17 and len(frame) >= 48 \
        and not frame[42] & 0x80 and 1701 in struct.unpack("!HH", frame[34:38])


class Tun:
    """A tun device whose other end is the test."""

    def __init__(self, ns, name):
        with ns.inside():
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                                        IFF_TUN | IFF_NO_PI))
        ns.ip(f"link set {name} up")

    def write(self, packet):
        os.write(self.fd, packet)

    def read(self, want=lambda packet: True, timeout=3):
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise LabError(f"no such packet within {timeout} s")
            packet = os.read(self.fd, 65535)
            if want(packet):
                return packet

    def waiting(self):
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(os.read(self.fd, 65535))
        return found

    def close(self):
        os.close(self.fd)


def tshark_problems(frames, tmp_path):
    """What tshark finds wrong with the frames, all checksums verified."""
    path = tmp_path / "frames.pcap"
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            f.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    return sh(["tshark", "-r", str(path), "-o", "ip.check_checksum:TRUE",
               "-o", "udp.check_checksum:TRUE", "-Y",
               "_ws.malformed || _ws.expert.severity >= 6291456 || ip.checksum.status == 0"
               " || udp.checksum.status == 0"])


# ---------------------------------------------------------------- the agents

class Agent:
    """mcfibd in a namespace, with a publisher as its daemon."""

    def __init__(self, ns, name, tmp_path, **publisher):
        self.ns, self.name, self.tmp_path = ns, name, tmp_path
        self.endpoint = f"ipc://{tmp_path}/{name}.fib"
        self.daemon = fib.Publisher(self.endpoint, **publisher)
        self.process, self.runs = None, 0

    def start(self, *options):
        self.runs += 1
        hellos = self.daemon.hellos
        self.process = Process(f"mcfibd {self.name}", self.ns.words(
            [str(MCFIBD), "-e", self.endpoint, "-v", *options]),
            f"{self.tmp_path}/{self.name}-{self.runs}.log")
        wait_for(lambda: self.daemon.hellos > hellos or not self.process.running(), 10,
                 f"{self.name} says hello")
        if not self.process.running():
            raise LabError(self.process.tail())

    def dump(self):
        """What SIGUSR1 makes the agent print."""
        at = os.path.getsize(self.process.log)
        self.process.popen.send_signal(signal.SIGUSR1)

        def read():
            with open(self.process.log, encoding="ascii") as f:
                f.seek(at)
                text = f.read()
            with contextlib.suppress(ValueError):
                return json.JSONDecoder().raw_decode(text, text.index('{"connected"'))[0]
            return None
        return wait_for(read, 5, "dump of the agent")

    def object(self, name):
        return next(o for o in self.dump()["objects"] if o["object"] == name)

    def filters(self):
        """tc filters with programs of ours: (interface, program)."""
        found = []
        for link in json.loads(self.ns.run("ip", "-j", "link")):
            for point in ("ingress", "egress"):
                for f in json.loads(self.ns.run("tc", "-j", "filter", "show", "dev",
                                                link["ifname"], point, check=False) or "[]"):
                    name = f.get("options", {}).get("bpf_name", "")  # name:[id]
                    if name.startswith("mcf_"):
                        found.append((link["ifname"], name.split(":")[0]))
        return sorted(found)

    def close(self):
        self.daemon.close()
        if self.process and self.process.popen.returncode is None \
                and self.process.kill(signal.SIGTERM):
            raise LabError(f"mcfibd {self.name}: {self.process.tail()}")


class Net:
    """The namespaces and devices, without agents."""

    def __init__(self):
        with contextlib.ExitStack() as stack:
            self.lns, self.lac, self.sub1, self.sub2, self.pppoe = (
                self._namespace(stack, f"mfa-{n}") for n in ("lns", "lac", "sub1", "sub2", "ppp"))
            self._links()
            self.l2mc0, self.s3 = (self._tun(stack, self.lns, n) for n in ("l2mc0", "s3"))
            self.a3 = self._tun(stack, self.lac, "a3")
            self._addresses()
            self.stack = stack.pop_all()

    @staticmethod
    def _namespace(stack, name):
        ns = Namespace(name)
        stack.callback(ns.close)
        return ns

    @staticmethod
    def _tun(stack, ns, name):
        tun = Tun(ns, name)
        stack.callback(tun.close)
        return tun

    def _links(self):
        veth(self.lns, "core0", self.lac, "core0")
        veth(self.lac, "a1", self.sub1, "eth0")
        veth(self.lac, "a2", self.sub2, "eth0")
        veth(self.lac, "a4", self.pppoe, "eth0")
        veth(self.lns, "s1", self.lns, "p1")
        veth(self.lns, "s2", self.lns, "p2")
        for ns in (self.lns, self.lac):
            ns.ip("link set core0 mtu 1600")

    def _addresses(self):
        self.lns.ip(f"addr add {LNS}/24 dev core0")
        self.lac.ip(f"addr add {LAC}/24 dev core0")
        self.lns.ip(f"addr add {SOURCE}/32 dev l2mc0")
        for n in (1, 2, 3):
            self.lns.ip(f"addr add {LOCAL}/32 dev s{n}")
            self.lns.ip(f"route add 100.64.0.1{n}/32 dev s{n} src {LOCAL}")
        for n, ns in ((1, self.sub1), (2, self.sub2)):
            ns.ip(f"addr add 100.64.0.1{n}/24 dev eth0")
            ns.ip("route add default via 100.64.0.1")

    def mac(self, ns, interface):
        return bytes.fromhex(json.loads(ns.run("ip", "-j", "link", "show", interface))[0]
                             ["address"].replace(":", ""))

    def close(self):
        self.stack.close()


class Pair:
    """LNS and LAC agents with tunnel 7 <-> 9 and sessions 101..103 <-> 201..203."""

    def __init__(self, net, tmp_path, udp_checksum=False, **publisher):
        self.net, self.udp_checksum = net, udp_checksum
        self.lns = Agent(net.lns, "lns", tmp_path, **publisher)
        self.lac = Agent(net.lac, "lac", tmp_path, **publisher)

    def objects(self):
        """What every test begins with: (LNS, LAC)."""
        lns = [fib.tunnel(LNS_TUNNEL, LAC_TUNNEL, LNS, LAC, udp_checksum=self.udp_checksum)]
        lac = [fib.tunnel(LAC_TUNNEL, LNS_TUNNEL, LAC, LNS, udp_checksum=self.udp_checksum)]
        for n in (1, 2, 3):
            framing = "raw" if n == 3 else "ethernet"
            lns.append(fib.session(LNS_TUNNEL, 100 + n, 200 + n, "lns", f"s{n}", "raw"))
            lac.append(fib.session(LAC_TUNNEL, 200 + n, 100 + n, "lac", f"a{n}", framing))
        return lns, lac

    def start(self):
        lns, lac = self.objects()
        for agent, objects in ((self.lns, lns), (self.lac, lac)):
            agent.daemon.set(*objects)
            agent.start()
            agent.daemon.installed(*objects)
        return self

    def replicate(self, members=(201, 202, 203), session=600, drop_late=False):
        op = fib.replication(LAC_TUNNEL, session, members, drop_late)
        self.lac.daemon.install(op)
        return op

    def flow(self, group, *branches, source=SOURCE):
        op = fib.flow(group, source, branches)
        self.lns.daemon.install(op)
        return op

    def close(self):
        self.lns.close()
        self.lac.close()


class LspNet:
    """root -- transit -- leaf -- host, transit -- bud -- last, without agents; every LSR but
    transit has mplsmc0."""
    LINKS = (("root", "core0", "transit", "root0", "10.1.0"),
             ("transit", "leaf0", "leaf", "core0", "10.2.0"),
             ("transit", "bud0", "bud", "core0", "10.3.0"),
             ("bud", "last0", "last", "core0", "10.4.0"),
             ("leaf", "host0", "host", "eth0", "10.5.0"))

    def __init__(self):
        self.ns, self.tun = {}, {}
        with contextlib.ExitStack() as stack:
            for name in ("root", "transit", "leaf", "bud", "last", "host"):
                self.ns[name] = Namespace(f"mfl-{name}")
                stack.callback(self.ns[name].close)
            for a, if_a, b, if_b, prefix in self.LINKS:
                veth(self.ns[a], if_a, self.ns[b], if_b)
                self.ns[a].ip(f"addr add {prefix}.1/24 dev {if_a}")
                self.ns[b].ip(f"addr add {prefix}.2/24 dev {if_b}")
            for name in ("root", "leaf", "bud", "last"):
                self.tun[name] = Tun(self.ns[name], "mplsmc0")
                stack.callback(self.tun[name].close)
                self.ns[name].ip(f"addr add {self.address(name)}/32 dev mplsmc0")
            self.stack = stack.pop_all()

    @staticmethod
    def address(name):
        """Of mplsmc0."""
        return SOURCE if name == "root" else f"10.8.0.{('leaf', 'bud', 'last').index(name) + 1}"

    def mac(self, name, interface):
        return bytes.fromhex(json.loads(self.ns[name].run("ip", "-j", "link", "show", interface))
                             [0]["address"].replace(":", ""))

    def unhandled(self, name, interface):
        """Packets that reached the stack, where nobody wanted them."""
        links = json.loads(self.ns[name].run("ip", "-j", "-s", "link", "show", interface))
        return links[0]["stats64"]["rx"]["dropped"]

    def close(self):
        self.stack.close()


class MulticastRouting:
    """The kernel's multicast routing table, by hand: one way in, some out."""
    INIT, ADD_VIF, ADD_MFC, USE_IFINDEX = 200, 202, 204, 0x8
    GET_SG_COUNT = 0x89e1

    def __init__(self, ns, way_in, ways_out):
        self.outs = len(ways_out)
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
            self.sock.setsockopt(socket.IPPROTO_IP, self.INIT, 1)
            for vif, name in enumerate([way_in, *ways_out]):
                self.sock.setsockopt(socket.IPPROTO_IP, self.ADD_VIF, struct.pack(
                    "=HBBIi4s", vif, self.USE_IFINDEX, 1, 0, socket.if_nametoindex(name),
                    bytes(4)))

    def route(self, source, group):
        ttls = bytes([0] + [1] * self.outs + [0] * (31 - self.outs))
        self.sock.setsockopt(socket.IPPROTO_IP, self.ADD_MFC, struct.pack(
            "=4s4sH32sxxIIIi", socket.inet_aton(source), socket.inet_aton(group), 0, ttls,
            0, 0, 0, 0))

    def packets(self, source, group):
        arg = struct.pack("@4s4sLLL", socket.inet_aton(source), socket.inet_aton(group), 0, 0, 0)
        return struct.unpack("@4s4sLLL", fcntl.ioctl(self.sock, self.GET_SG_COUNT, arg))[2]

    def close(self):
        self.sock.close()


def multicast(sequencing=False, local=500, peer=600, maximum_bps=0, **more):
    return fib.multicast(LNS_TUNNEL, local, peer, sequencing, maximum_bps, **more)


def unicast(n):
    return fib.unicast(LNS_TUNNEL, 100 + n)


def sender(ns, interface, ttl=9, tos=0):
    """A socket whose multicast leaves by the interface."""
    with ns.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + struct.pack(
            "i", socket.if_nametoindex(interface)))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
    return s


def raw_sender(ns, interface):
    """A socket that sends whole IP packets (or frames) out of the interface."""
    with ns.inside():
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        s.bind((interface, 0))  # the protocol is what the packet says
    return s


def receive_udp(ns, address, port):
    with ns.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((address, port))
    s.settimeout(3)
    return s


def run_for_result(ns, *argv):
    return subprocess.run(ns.words(list(argv)), capture_output=True, text=True, timeout=60,
                          check=False)


def lns_socket(net):
    with net.lns.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((LNS, 1701))
    s.connect((LAC, 1701))
    return s


def deliver(net, payload, tunnel=LAC_TUNNEL, session=600, **header):
    """Sends one data message as the LNS would."""
    with contextlib.closing(lns_socket(net)) as s:
        s.send(l2tp(tunnel, session, payload, **header))
