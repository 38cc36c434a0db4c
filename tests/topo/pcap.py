# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a capture while tcpdump still writes it: L2TP control messages, with the values of the
AVPs of RFC 4045, which tshark names but does not decode."""
import collections
import socket
import struct
import subprocess

from tap import L2TP_PORT, ipv4

Control = collections.namedtuple("Control", "time source tunnel session ns nr name details octets")

MESSAGES = {
    1: "SCCRQ", 2: "SCCRP", 3: "SCCCN", 4: "StopCCN", 6: "HELLO", 7: "OCRQ", 8: "OCRP", 9: "OCCN",
    10: "ICRQ", 11: "ICRP", 12: "ICCN", 14: "CDN", 15: "WEN", 16: "SLI",
    23: "MSRQ", 24: "MSRP", 25: "MSE", 26: "MSI", 27: "MSEN",
}


def ids(value):
    return " ".join(str(i) for i in struct.unpack(f"!{len(value) // 2}H", value))


def result(value):
    codes = struct.unpack("!HH", value[:4]) if len(value) >= 4 else struct.unpack("!H", value[:2])
    return "/".join(map(str, codes)) + (" " + value[4:].decode(errors="replace")
                                        if len(value) > 4 else "")


AVPS = {  # attribute: (text, reader); what a person wants to see
    1: ("result", result), 7: ("host name", bytes.decode), 9: ("assigned tunnel", ids),
    11: ("challenge", bytes.hex), 13: ("challenge response", bytes.hex),
    14: ("assigned session", ids), 22: ("calling number", bytes.decode),
    39: ("sequencing required", bytes.hex), 80: ("Multicast Capability", bytes.hex),
    81: ("New Outgoing Sessions", ids), 82: ("New Outgoing Sessions Acknowledgement", ids),
    83: ("Withdraw Outgoing Sessions", ids), 84: ("Multicast Packets Priority", ids),
}


def avps(body):
    """(attribute, value) of each AVP, value None when it is hidden."""
    at = 0
    while at + 6 <= len(body):
        head, vendor, attribute = struct.unpack_from("!HHH", body, at)
        length = head & 0x3ff
        if length < 6 or at + length > len(body):
            return
        if not vendor:
            yield attribute, None if head & 0x4000 else body[at + 6:at + length]
        at += length


def control_message(time, source, octets):
    """A control message (RFC 2661 3.1), None for anything else."""
    if len(octets) < 12 or octets[0] & 0xc8 != 0xc8:
        return None
    length, tunnel, session, ns, nr = struct.unpack_from("!HHHHH", octets, 2)
    found = list(avps(octets[12:length]))
    name, details = "ZLB", []
    for attribute, value in found:
        if attribute == 0:
            name = MESSAGES.get(struct.unpack("!H", value)[0], "unknown")
        elif attribute in AVPS:
            text, reader = AVPS[attribute]
            details.append(f"{text} {'(hidden)' if value is None else reader(value)}".strip())
    return Control(time, source, tunnel, session, ns, nr, name, ", ".join(details), octets)


def frames(path):
    """(time, frame) of a capture file, up to the last whole one."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, micros, size, _ = struct.unpack_from(order + "IIII", data, at)
        if at + 16 + size > len(data):
            return
        yield seconds + micros / 1e6, data[at + 16:at + 16 + size]
        at += 16 + size


def control_messages(path):
    """All control messages of a capture, in order."""
    messages = []
    for time, frame in frames(path):
        udp = ipv4(frame[14:], socket.IPPROTO_UDP) if frame[12:14] == b"\x08\x00" else None
        if udp and struct.unpack_from("!H", udp[2], 2)[0] == L2TP_PORT:
            message = control_message(time, udp[0], udp[2][8:])
            if message:
                messages.append(message)
    return messages


def tshark(path, *fields, display="l2tp"):
    """One list of field values per packet, as tshark decodes them."""
    argv = ["tshark", "-r", str(path), "-Y", display, "-T", "fields", "-E", "separator=|"]
    for f in fields:
        argv += ["-e", f]
    out = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split("|") for line in out.splitlines()]


MPLS = "port 646 or mpls"  # for tcpdump: LDP and labelled packets

# tshark 4.0 takes every wildcard FEC for malformed, typed (RFC 5918, RFC 6388 9) and plain, and
# the context label of a LAN (RFC 6389 5).
UNDECODED = ("tcp.payload contains 01:00:00:05:05 || tcp.payload contains 01:00:00:01:01"
             " || tcp.payload contains 00:1f:00:0c")


def mpls_problems(path, source=None):
    """Packets of a capture (only those from `source`) that tshark cannot decode, as lines."""
    problem = f"(_ws.malformed || _ws.expert.severity >= 8388608) && !({UNDECODED})"
    return [f"{number}: {text}" for number, text in tshark(
        path, "frame.number", "_ws.col.Info",
        display=problem + (f" && ip.src == {source}" if source else ""))]
