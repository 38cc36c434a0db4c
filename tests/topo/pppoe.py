# SPDX-License-Identifier: GPL-2.0-or-later
"""PPPoE subscribers, scripted: Discovery (RFC 2516) octet by octet, and what else comes to them.

Frames are built and read here, without the daemon's code.  Tags the kernel takes off a received
frame are put back, so that a frame is what was on the wire.
"""
import select
import socket
import struct
import time

from netns import PATIENCE, LabError

PADI, PADO, PADR, PADS, PADT = 0x09, 0x07, 0x19, 0x65, 0xa7
NAMES = {PADI: "PADI", PADO: "PADO", PADR: "PADR", PADS: "PADS", PADT: "PADT"}
SERVICE, AC_NAME, UNIQ, COOKIE, VENDOR, RELAY, MAX_PAYLOAD = (
    0x0101, 0x0102, 0x0103, 0x0104, 0x0105, 0x0110, 0x0120)
SERVICE_ERROR, SYSTEM_ERROR, GENERIC_ERROR = 0x0201, 0x0202, 0x0203
BROADCAST = b"\xff" * 6
DISCOVERY, SESSION = 0x8863, 0x8864
SOL_PACKET, PACKET_AUXDATA, ETH_P_ALL, PACKET_OUTGOING = 263, 8, 3, 4


class Frame:
    """One Discovery frame; tags: [(type, value)]."""

    def __init__(self, dst, src, vlans, code, session, tags):
        self.dst, self.src, self.vlans = dst, src, tuple(vlans)
        self.code, self.session, self.tags = code, session, list(tags)

    def get(self, kind):
        return next((v for t, v in self.tags if t == kind), None)

    def all(self, kind):
        return [v for t, v in self.tags if t == kind]

    def octets(self):
        body = b"".join(struct.pack("!HH", t, len(v)) + v for t, v in self.tags)
        return self.dst + self.src + ethernet_tags(self.vlans) + struct.pack(
            "!HBBHH", DISCOVERY, 0x11, self.code, self.session, len(body)) + body

    def __repr__(self):
        return f"{NAMES.get(self.code, self.code)} session {self.session} {self.tags}"


def ethernet_tags(vlans):
    """The outer of two is a service tag."""
    kinds = [0x88a8] * (len(vlans) - 1) + [0x8100] * bool(vlans)
    return b"".join(struct.pack("!HH", k, v) for k, v in zip(kinds, vlans))


def untagged(octets):
    """(VLAN identifiers, ethertype, the rest)."""
    vlans, at = [], 12
    kind = struct.unpack_from("!H", octets, at)[0]
    while kind in (0x8100, 0x88a8):
        vlans.append(struct.unpack_from("!H", octets, at + 2)[0] & 0xfff)
        at += 4
        kind = struct.unpack_from("!H", octets, at)[0]
    return tuple(vlans), kind, octets[at + 2:]


def parse(octets):
    """None if it is no Discovery frame."""
    vlans, kind, rest = untagged(octets)
    if kind != DISCOVERY:
        return None
    version, code, session, length = struct.unpack_from("!BBHH", rest)
    assert version == 0x11
    body, tags = rest[6:6 + length], []
    assert len(body) == length
    while body:
        t, n = struct.unpack_from("!HH", body)
        assert len(body) >= 4 + n
        tags.append((t, body[4:4 + n]))
        body = body[4 + n:]
    return Frame(octets[:6], octets[6:12], vlans, code, session, tags)


class Subscriber:
    """One MAC address on an interface of a namespace, behind VLAN tags."""

    def __init__(self, ns, interface, mac, vlans=()):
        self.mac, self.vlans = bytes.fromhex(mac.replace(":", "")), tuple(vlans)
        self.name, self.uniq = mac, 0
        with ns.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.sock.bind((interface, ETH_P_ALL))
        self.ac = self.session = None

    def close(self):
        self.sock.close()

    # ---- frames

    def send(self, code, tags=(), session=0, dst=None, src=None):
        self.sock.send(Frame(dst or self.ac or BROADCAST, src or self.mac, self.vlans, code,
                             session, tags).octets())

    def _receive(self):
        octets, control, _, address = self.sock.recvmsg(65536, 256)
        if address[2] == PACKET_OUTGOING:
            return None
        for level, kind, data in control:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, tci, tpid = struct.unpack("IIIHHHH", data)[0:1] + \
                    struct.unpack("IIIHHHH", data)[5:7]
                if status & 0x10:
                    octets = octets[:12] + struct.pack("!HH", tpid or 0x8100, tci) + octets[12:]
        return octets

    def frames(self, timeout, want):
        """Octets of the next frame that want() likes; None when none came."""
        end = time.monotonic() + timeout * PATIENCE
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None
            octets = self._receive()
            if octets and want(octets):
                return octets

    def _ours(self, octets, code):
        f = octets[:6] == self.mac and parse(octets)
        return f and f.vlans == self.vlans and (code is None or f.code == code)

    def wait(self, code, timeout=10):
        octets = self.frames(timeout, lambda o: self._ours(o, code))
        if octets is None:
            raise LabError(f"{self.name}: no {NAMES[code]} within {timeout} s")
        return parse(octets)

    def nothing(self, timeout=0.5):
        """No Discovery frame for us in that time."""
        octets = self.frames(timeout, lambda o: self._ours(o, None))
        assert octets is None, parse(octets)

    # ---- the stages

    def discover(self, service=b"", extra=()):
        """PADI, PADO; what a PADR has to bring along."""
        self.uniq += 1
        mine = [(SERVICE, service), (UNIQ, struct.pack("!I", self.uniq)), *extra]
        self.ac = None
        self.send(PADI, mine)
        offer = self.wait(PADO)
        assert offer.get(UNIQ) == mine[1][1]
        self.ac = offer.src
        return offer, [*mine, *((t, v) for t, v in offer.tags if t == COOKIE)]

    def request(self, tags, timeout=10):
        """PADR, PADS."""
        self.send(PADR, tags)
        answer = self.wait(PADS, timeout)
        assert answer.get(UNIQ) == dict(tags)[UNIQ]
        self.session = answer.session
        return answer

    def connect(self, service=b"", extra=(), timeout=10):
        _, tags = self.discover(service, extra)
        answer = self.request(tags, timeout)
        if not answer.session:
            raise LabError(f"{self.name}: refused: {answer}")
        return answer

    def disconnect(self):
        self.send(PADT, session=self.session)

    def data(self, timeout, want):
        """The IP packet of the next session frame to us that want(packet) likes, else None."""
        def ip(octets):
            if octets[:6] != self.mac:
                return None
            vlans, kind, rest = untagged(octets)
            if kind != SESSION or vlans != self.vlans:
                return None
            version, code, session, length = struct.unpack_from("!BBHH", rest)
            protocol = rest[6:8]
            assert (version, code) == (0x11, 0) and protocol in (b"\0\x21", b"\0\x57")
            return rest[8:6 + length] if session == self.session else None
        octets = self.frames(timeout, lambda o: (p := ip(o)) and want(p))
        return octets and ip(octets)
