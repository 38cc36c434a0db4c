# SPDX-License-Identifier: GPL-2.0-or-later
"""What crosses the tunnel link, packet by packet: L2TP data messages with their session, the
flow inside and its sequence number.  So "copies on the link" is counted, not estimated."""
import collections
import socket
import struct
import threading

import mc

ETH_P_ALL, SO_RCVBUFFORCE, PACKET_OUTGOING = 3, 33, 4
L2TP_PORT = 1701
L2TP_T, L2TP_L, L2TP_S, L2TP_O = 0x8000, 0x4000, 0x0800, 0x0200

Message = collections.namedtuple("Message", "tunnel session pure_ip group source seq payload")


def ipv4(packet, proto):
    """(source, destination, payload) of an IPv4 packet of that protocol, else None."""
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != proto:
        return None
    header, total = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)[0]
    return (socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]),
            packet[header:total])


def ipv6(packet, proto):
    """The same of an IPv6 packet without extension headers."""
    if len(packet) < 40 or packet[0] >> 4 != 6 or packet[6] != proto:
        return None
    return (socket.inet_ntop(socket.AF_INET6, packet[8:24]),
            socket.inet_ntop(socket.AF_INET6, packet[24:40]),
            packet[40:40 + struct.unpack_from("!H", packet, 4)[0]])


def l2tp_data(packet):
    """Parses an L2TP data message (RFC 2661 3.1); None for a control message or garbage."""
    if len(packet) < 6:
        return None
    flags = struct.unpack_from("!H", packet)[0]
    if flags & L2TP_T or flags & 15 != 2:
        return None
    at = 4 if flags & L2TP_L else 2
    tunnel, session = struct.unpack_from("!HH", packet, at)
    at += 4
    if flags & L2TP_S:
        at += 4
    if flags & L2TP_O:
        at += 2 + struct.unpack_from("!H", packet, at)[0]
    payload = packet[at:]
    # RFC 4045 2: a multicast session carries the IP datagram itself, no PPP
    pure_ip = payload[:1] and payload[0] >> 4 in (4, 6) and payload[:2] != b"\xff\x03"
    inner = payload
    if not pure_ip:
        inner = inner[2:] if inner[:2] == b"\xff\x03" else inner
        inner = inner[2:] if inner[:2] in (b"\x00\x21", b"\x00\x57") else inner[1:]
    udp = ipv4(inner, socket.IPPROTO_UDP) or ipv6(inner, socket.IPPROTO_UDP)
    if not udp:
        return Message(tunnel, session, bool(pure_ip), None, None, None, inner)
    source, group, datagram = udp
    return Message(tunnel, session, bool(pure_ip), group, source, mc.sequence(datagram[8:]), inner)


class TunnelTap:
    """Counts on one interface, from the start of the tap on; incoming packets only."""

    def __init__(self, ns, interface):
        with ns.inside():
            # protocol 0: before bind() it would hear every interface
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.bind((interface, ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.sock.settimeout(0.2)
        self.lock = threading.Lock()
        self.copies = collections.defaultdict(collections.Counter)  # group -> seq -> copies
        self.octets = collections.defaultdict(collections.Counter)  # group -> seq -> on the link
        self.sessions = collections.defaultdict(collections.Counter)  # group -> session -> n
        self.pure_ip = set()  # sessions that carry IP without PPP
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping:
            try:
                frame, address = self.sock.recvfrom(65535)
            except socket.timeout:
                continue
            if address[2] != PACKET_OUTGOING:
                self._count(self._parse(frame), len(frame))

    @staticmethod
    def _parse(frame):
        if frame[12:14] != b"\x08\x00":
            return None
        udp = ipv4(frame[14:], socket.IPPROTO_UDP)
        if not udp or struct.unpack_from("!H", udp[2], 2)[0] != L2TP_PORT:
            return None
        return l2tp_data(udp[2][8:])

    def _count(self, message, octets):
        if not message or message.seq is None:
            return
        with self.lock:
            self.copies[message.group][message.seq] += 1
            self.copies[message.source, message.group][message.seq] += 1
            self.octets[message.group][message.seq] += octets
            self.sessions[message.group][message.session] += 1
            if message.pure_ip:
                self.pure_ip.add(message.session)

    def copies_of(self, group, last=1):
        """Copies on the link of each of the newest `last` packets, the very newest left out
        because its copies may still be on their way.  group: or (source, group)."""
        with self.lock:
            newest = sorted(self.copies[group])[-last - 1:-1]
            return [self.copies[group][seq] for seq in newest]

    def octets_of(self, group, last):
        """Octets on the link that each of the newest `last` packets took, on average."""
        with self.lock:
            newest = sorted(self.octets[group])[-last - 1:-1]
            return sum(self.octets[group][seq] for seq in newest) / len(newest)

    def copies_between(self, group, first, last):
        """Sequence number -> copies, for every number of the range (0 when it never came)."""
        with self.lock:
            return {seq: self.copies[group][seq] for seq in range(first, last + 1)}

    def newest(self, group):
        with self.lock:
            return max(self.copies[group], default=0)

    def session_counts(self, group):
        with self.lock:
            return dict(self.sessions[group])

    def close(self):
        self.stopping = True
        self.thread.join(5)
        self.sock.close()


class LabelTap(TunnelTap):
    """Counts labelled packets (RFC 3032): what is called a session above is the top label."""

    @staticmethod
    def _parse(frame):
        if frame[12:14] != b"\x88\x47":
            return None
        at = 14
        while not frame[at + 2] & 1:  # bottom of stack
            at += 4
        udp = ipv4(frame[at + 4:], socket.IPPROTO_UDP)
        if not udp:
            return None
        return Message(0, struct.unpack_from("!I", frame, 14)[0] >> 12, False, udp[1], udp[0],
                       mc.sequence(udp[2][8:]), None)


class LanTap(LabelTap):
    """The same with upstream-assigned labels (RFC 5332), whose session is below 0: minus the label
    of the LSP, the one behind the context label."""

    @staticmethod
    def _parse(frame):
        if frame[12:14] != b"\x88\x48":
            return LabelTap._parse(frame)
        below = LabelTap._parse(frame[:12] + b"\x88\x47" + frame[18:])
        return below and below._replace(session=-below.session)


class PlainTap(TunnelTap):
    """Counts multicast that is not encapsulated at all, as session 0."""

    @staticmethod
    def _parse(frame):
        udp = ipv4(frame[14:], socket.IPPROTO_UDP) if frame[12:14] == b"\x08\x00" else None
        return udp and Message(0, 0, True, udp[1], udp[0], mc.sequence(udp[2][8:]), None)
