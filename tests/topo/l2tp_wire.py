# SPDX-License-Identifier: GPL-2.0-or-later
"""L2TPv2 messages as octets, written from RFC 2661 and RFC 4045 only: shares nothing with the
daemon.  Values of AVPs stay octets; ids() and result() read the two that have a structure."""
import hashlib
import struct
from dataclasses import dataclass, field

TYPES = {"SCCRQ": 1, "SCCRP": 2, "SCCCN": 3, "StopCCN": 4, "HELLO": 6, "OCRQ": 7, "OCRP": 8,
         "OCCN": 9, "ICRQ": 10, "ICRP": 11, "ICCN": 12, "CDN": 14, "WEN": 15, "SLI": 16,
         "MSRQ": 23, "MSRP": 24, "MSE": 25, "MSI": 26, "MSEN": 27}
NAMES = {v: k for k, v in TYPES.items()}

MESSAGE_TYPE, RESULT, VERSION, FRAMING, BEARER, TIE_BREAKER = 0, 1, 2, 3, 4, 5
HOST_NAME, TUNNEL_ID, WINDOW, CHALLENGE, RESPONSE, SESSION_ID = 7, 9, 10, 11, 13, 14
SERIAL, MINIMUM_BPS, MAXIMUM_BPS, BEARER_TYPE, FRAMING_TYPE = 15, 16, 17, 18, 19
CALLED, CALLING, SUB_ADDRESS, TX_SPEED = 21, 22, 23, 24
INITIAL_LCP, SENT_LCP, RECEIVED_LCP = 26, 27, 28
PROXY_TYPE, PROXY_NAME, PROXY_CHALLENGE, PROXY_ID, PROXY_RESPONSE = 29, 30, 31, 32, 33
CALL_ERRORS, ACCM = 34, 35
RANDOM_VECTOR, SEQUENCING = 36, 39
CAPABILITY, NOS, NOSA, WOS, PRIORITY = 80, 81, 82, 83, 84
OPTIONAL = {TIE_BREAKER, 6, 8, 25, *range(26, 34), 37, 38, CAPABILITY, PRIORITY}  # M=0

T, L, S, O = 0x8000, 0x4000, 0x0800, 0x0200
CONTROL = T | L | S | 2


@dataclass
class Avp:
    """mandatory None: what the RFC says of this attribute."""
    type: int
    value: bytes = b""
    mandatory: bool = None
    hidden: bool = False
    vendor: int = 0
    reserved: int = 0

    def octets(self):
        m = self.type not in OPTIONAL if self.mandatory is None else self.mandatory
        first = 0x8000 * m | 0x4000 * self.hidden | self.reserved << 10 | 6 + len(self.value)
        return struct.pack("!HHH", first, self.vendor, self.type) + self.value


def u16(*values):
    return struct.pack(f"!{len(values)}H", *values)


def u32(value):
    return struct.pack("!I", value)


def ids(value):
    """The Session IDs of an AVP 81, 82 or 83."""
    return list(struct.unpack(f"!{len(value) // 2}H", value))


def response(kind, secret, challenge):
    """RFC 2661 4.4.3: kind is the type of the message that carries the answer."""
    return hashlib.md5(bytes([kind]) + secret + challenge).digest()


def _xor(kind, secret, vector, text, decode):
    out, key = b"", hashlib.md5(u16(kind) + secret + vector).digest()
    for i in range(0, len(text), 16):
        block = text[i:i + 16]
        done = bytes(a ^ b for a, b in zip(block, key))
        key = hashlib.md5(secret + (block if decode else done)).digest()
        out += done
    return out


def hide(avp, secret, vector, padding=0):
    """RFC 2661 4.3."""
    clear = u16(len(avp.value)) + avp.value + b"\xa5" * padding
    return Avp(avp.type, _xor(avp.type, secret, vector, clear, False), avp.mandatory, True)


def reveal(avp, secret, vector):
    clear = _xor(avp.type, secret, vector, avp.value, True)
    return clear[2:2 + struct.unpack("!H", clear[:2])[0]]


@dataclass
class Message:
    """A control message; `when` is the moment it came."""
    tunnel: int
    session: int
    ns: int
    nr: int
    avps: list = field(default_factory=list)
    when: float = 0
    raw: bytes = b""

    @property
    def zlb(self):
        return not self.avps

    @property
    def type(self):
        return struct.unpack("!H", self.avps[0].value)[0] if self.avps else None

    @property
    def name(self):
        return NAMES.get(self.type, str(self.type)) if self.avps else "ZLB"

    def get(self, kind, default=None):
        return next((a.value for a in self.avps if (a.vendor, a.type) == (0, kind)), default)

    def mandatory(self, kind):
        """M bit of the first AVP of that kind."""
        return next(a.mandatory for a in self.avps if (a.vendor, a.type) == (0, kind))

    def has(self, kind):
        return self.get(kind) is not None

    def number(self, kind):
        return int.from_bytes(self.get(kind), "big")

    def ids(self, kind):
        """All IDs of all AVPs of that kind, in order."""
        return [i for a in self.avps if a.type == kind for i in ids(a.value)]

    def result(self):
        """(result, error) of the Result Code AVP; error None when there is none."""
        v = self.get(RESULT)
        return (struct.unpack("!H", v[:2])[0],
                struct.unpack("!H", v[2:4])[0] if len(v) >= 4 else None)


@dataclass
class Data:
    """A data message."""
    tunnel: int
    session: int
    payload: bytes
    ns: int = None
    length: bool = False
    when: float = 0


def avp_type(name, mandatory=None):
    kind = TYPES[name] if isinstance(name, str) else name
    # RFC 4045: the Message Type AVP of its messages has M=0
    return Avp(MESSAGE_TYPE, u16(kind), kind < 23 if mandatory is None else mandatory)


def control(tunnel, session, ns, nr, avps=(), flags=CONTROL):
    body = b"".join(a if isinstance(a, bytes) else a.octets() for a in avps)
    return struct.pack("!HHHHHH", flags, 12 + len(body), tunnel, session, ns, nr) + body


def data(tunnel, session, payload):
    return u16(2, tunnel, session) + payload


def parse(raw, when=0):
    """Message or Data; strict, because it reads what the daemon sends."""
    flags = struct.unpack("!H", raw[:2])[0]
    assert flags & 15 == 2, f"version: {raw.hex()}"
    if not flags & T:
        return _parse_data(raw, flags, when)
    assert flags == CONTROL, f"R2661-3.1-1: {raw.hex()}"
    _, length, tunnel, session, ns, nr = struct.unpack("!HHHHHH", raw[:12])
    assert length == len(raw), f"length: {raw.hex()}"
    return Message(tunnel, session, ns, nr, parse_avps(raw[12:]), when, raw)


def _parse_data(raw, flags, when):
    at = 4 if flags & L else 2
    tunnel, session = struct.unpack_from("!HH", raw, at)
    at, ns = at + 4, None
    if flags & S:
        ns, at = struct.unpack_from("!H", raw, at)[0], at + 4
    if flags & O:
        at += 2 + struct.unpack_from("!H", raw, at)[0]
    return Data(tunnel, session, raw[at:], ns, bool(flags & L), when)


def parse_avps(body):
    avps = []
    while body:
        first, vendor, kind = struct.unpack("!HHH", body[:6])
        size = first & 0x3ff
        assert size >= 6 and size <= len(body), f"AVP: {body.hex()}"
        assert not first & 0x3c00, f"R2661-4.1-2: {body.hex()}"
        avps.append(Avp(kind, body[6:size], bool(first & 0x8000), bool(first & 0x4000), vendor))
        body = body[size:]
    return avps
