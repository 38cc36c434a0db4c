# SPDX-License-Identifier: GPL-2.0-or-later
"""LDP messages as octets, written from RFC 5036, 5561, 5918, 6388 and 6826 only: shares nothing
with the daemon.  parse() is strict, because it reads what the daemon sends."""
import ipaddress
import struct
from dataclasses import dataclass, field

TYPES = {"Notification": 0x0001, "Hello": 0x0100, "Initialization": 0x0200, "KeepAlive": 0x0201,
         "Capability": 0x0202, "Address": 0x0300, "Address Withdraw": 0x0301,
         "Label Mapping": 0x0400, "Label Request": 0x0401, "Label Withdraw": 0x0402,
         "Label Release": 0x0403, "Label Abort Request": 0x0404}
NAMES = {v: k for k, v in TYPES.items()}

FEC, ADDRESSES, HOP_COUNT, PATH_VECTOR = 0x0100, 0x0101, 0x0103, 0x0104
LABEL, UPSTREAM_LABEL, UPSTREAM_REQUEST = 0x0200, 0x0204, 0x0205
STATUS, RETURNED_TLVS = 0x0300, 0x0304
HELLO, TRANSPORT, SEQUENCE, TRANSPORT6 = 0x0400, 0x0401, 0x0402, 0x0403
SESSION = 0x0500
DYNAMIC, UPSTREAM_ASSIGNMENT, P2MP, MP2MP, MBB = 0x0506, 0x0507, 0x0508, 0x0509, 0x050A
TYPED_WILDCARD, SAC, REQUEST_ID, UNRECOGNIZED = 0x050B, 0x050D, 0x0600, 0x0603
DUAL_STACK, INTERFACE_ID, MP_STATUS = 0x0701, 0x082D, 0x096F

# RFC 5036 3.3: with U a receiver may ignore it; the TLVs whose document says U=1
IGNORABLE = {RETURNED_TLVS, DYNAMIC, UPSTREAM_ASSIGNMENT, P2MP, MP2MP, MBB, TYPED_WILDCARD, SAC,
             UNRECOGNIZED, DUAL_STACK, MP_STATUS}
# mandatory parameters, in this order (RFC 5036 3.5)
MANDATORY = {"Notification": [STATUS], "Hello": [HELLO], "Initialization": [SESSION],
             "Address": [ADDRESSES], "Address Withdraw": [ADDRESSES],
             "Label Mapping": [FEC, LABEL], "Label Request": [FEC], "Label Withdraw": [FEC],
             "Label Release": [FEC], "Label Abort Request": [FEC, REQUEST_ID]}

FATAL = 0x80000000
BAD_IDENTIFIER, BAD_VERSION, BAD_PDU_LENGTH = FATAL | 1, FATAL | 2, FATAL | 3
UNKNOWN_MESSAGE, BAD_MESSAGE_LENGTH, UNKNOWN_TLV, BAD_TLV_LENGTH = 4, FATAL | 5, 6, FATAL | 7
MALFORMED, HOLD_EXPIRED, SHUTDOWN, UNKNOWN_FEC = FATAL | 8, FATAL | 9, FATAL | 0xA, 0xC
NO_ROUTE, NO_LABELS, NO_HELLO, KEEPALIVE_EXPIRED = 0xD, 0xE, FATAL | 0x10, FATAL | 0x14
MISSING, UNSUPPORTED_FAMILY, UNSUPPORTED_CAPABILITY, END_OF_LIB = 0x16, 0x17, 0x2E, 0x2F
MP = 0x40

GTSM = 0x2000  # Common Hello Parameters, RFC 6720
WILDCARD = b"\x01"


def packed(address):
    return ipaddress.ip_address(address).packed


def u16(*values):
    return struct.pack(f"!{len(values)}H", *values)


def u32(value):
    return struct.pack("!I", value)


# ---------------------------------------------------------------- FEC elements

def opaque(kind, value):
    """An opaque value element (RFC 6388 2.3); kind above 255: of the extended type kind - 256."""
    if kind > 255:
        return b"\xff" + u16(kind - 256, len(value)) + value
    return bytes([kind]) + u16(len(value)) + value


def generic(identifier):
    return opaque(1, u32(identifier))


def transit(source, group):
    """RFC 6826 3.1, 3.2; an address of zeros is a wildcard (RFC 7438)."""
    return opaque(3 if ":" not in group else 4, packed(source) + packed(group))


def p2mp(root, value, kind=6):
    address = packed(root)
    return bytes([kind]) + u16(1 if len(address) == 4 else 2) + bytes([len(address)]) + address \
        + u16(len(value)) + value


def typed_wildcard(kind=6, family=1):
    """RFC 6388 9."""
    return bytes([5, kind, 2]) + u16(family)


# ---------------------------------------------------------------- messages

def tlv(kind, value, flags=None):
    """flags: the U and F bits as 0x8000 and 0x4000; None: what the documents say."""
    flags = 0x8000 * (kind in IGNORABLE) if flags is None else flags
    return u16(flags | kind, len(value)) + value


def capability(kind, data=b"", state=0x80, flags=None):
    return tlv(kind, bytes([state]) + data, flags)


def addresses(*values):
    return tlv(ADDRESSES, u16(1) + b"".join(map(packed, values)))


def label(number):
    return tlv(LABEL, u32(number))


def upstream_label(number):
    return tlv(UPSTREAM_LABEL, u32(0) + u32(number))


def upstream_request():
    return tlv(UPSTREAM_REQUEST, u32(0))


def request_id(number):
    return tlv(REQUEST_ID, u32(number))


def context(source, number):
    """RFC 6389 5: the context label of a LAN, in an Interface ID."""
    return tlv(INTERFACE_ID, bytes(8) + u16(31, 12) + packed(source) + u32(number))


def mbb(code):
    """1 request, 2 acknowledgement (RFC 6388 8.2.1)."""
    return tlv(MP_STATUS, b"\x01\x00\x01" + bytes([code]))


def status(code, message_id=0, message_type=0):
    return tlv(STATUS, u32(code) + u32(message_id) + u16(message_type))


def message(kind, number, body, flags=0):
    kind = TYPES[kind] if isinstance(kind, str) else kind
    return u16(flags | kind, 4 + len(body)) + u32(number) + body


def pdu(lsr_id, *messages, space=0, version=1, length=None):
    body = packed(lsr_id) + u16(space) + b"".join(messages)
    return u16(version, len(body) if length is None else length) + body


@dataclass
class Message:
    """A message that came; `when` is the moment."""
    type: int
    id: int
    tlvs: list = field(default_factory=list)  # (type, value)
    when: float = 0
    raw: bytes = b""
    lsr_id: str = ""

    @property
    def name(self):
        return NAMES.get(self.type, hex(self.type))

    def get(self, kind):
        return next((v for t, v in self.tlvs if t == kind), None)

    def has(self, kind):
        return self.get(kind) is not None

    @property
    def fec(self):
        return self.get(FEC)

    @property
    def label(self):
        value = self.get(LABEL)
        return None if value is None else struct.unpack("!I", value)[0]

    @property
    def upstream_label(self):
        value = self.get(UPSTREAM_LABEL)
        assert value is None or (len(value) == 8 and value[:4] == bytes(4)), value.hex()
        return None if value is None else struct.unpack("!I", value[4:])[0]

    @property
    def status(self):
        return struct.unpack("!I", self.get(STATUS)[:4])[0]

    @property
    def about(self):
        """Identifier of the message a Notification is about."""
        return self.has(STATUS) and struct.unpack("!I", self.get(STATUS)[4:8])[0]

    @property
    def mbb(self):
        """Code of the MBB status, None without."""
        value = self.get(MP_STATUS)
        return None if value is None else value[3]

    def listed(self):
        """Addresses of an Address or Address Withdraw message."""
        value = self.get(ADDRESSES)
        assert value[:2] == b"\x00\x01" and len(value) % 4 == 2, value.hex()
        return [str(ipaddress.ip_address(value[i:i + 4])) for i in range(2, len(value), 4)]

    def __repr__(self):
        text = self.name
        if self.has(FEC):
            text += f" {self.fec.hex()} {self.label}"
        if self.has(STATUS):
            text += f" {self.status:#x}"
        return text


def _tlvs(body):
    found = []
    while body:
        kind, size = struct.unpack("!HH", body[:4])
        assert len(body) >= 4 + size, f"TLV: {body.hex()}"
        known, ignorable = kind & 0x3fff, bool(kind & 0x8000)
        assert ignorable == (known in IGNORABLE) and not kind & 0x4000, f"U, F: {body.hex()}"
        found.append((known, body[4:4 + size]))
        body = body[4 + size:]
    return found


def _check(m):
    """M-5036-3.5-2, M-6388-2.2-4, A-mLDP-5."""
    wanted = MANDATORY.get(m.name, [])
    kinds = [t for t, _ in m.tlvs]
    if m.name == "Label Mapping" and UPSTREAM_LABEL in kinds:
        wanted = [FEC, UPSTREAM_LABEL]
    assert kinds[:len(wanted)] == wanted and len(set(kinds)) == len(kinds), m.raw.hex()
    if m.label is not None:
        assert len(m.get(LABEL)) == 4 and m.label < 1 << 20, m.raw.hex()
        assert m.label >= 16 or m.name == "Label Release", f"A-mLDP-8: {m.raw.hex()}"
    if m.has(STATUS):
        assert len(m.get(STATUS)) == 10, m.raw.hex()
    if m.fec and m.fec[0] == 6:
        size = {1: 4, 2: 16}[struct.unpack("!H", m.fec[1:3])[0]]
        assert m.fec[3] == size, f"M-6388-2.2-2: {m.raw.hex()}"
        assert struct.unpack_from("!H", m.fec, 4 + size)[0] == len(m.fec) - 6 - size, m.raw.hex()


def parse(octets, when=0):
    """The messages of one whole PDU."""
    version, length, lsr_id, space = struct.unpack("!HH4sH", octets[:10])
    assert version == 1 and length == len(octets) - 4 and not space, octets.hex()
    found, at = [], 10
    while at < len(octets):
        kind, size, number = struct.unpack_from("!HHI", octets, at)
        raw = octets[at:at + 4 + size]
        assert size >= 4 and len(raw) == 4 + size and not kind & 0x8000, octets.hex()
        m = Message(kind, number, _tlvs(raw[8:]), when, raw, str(ipaddress.ip_address(lsr_id)))
        _check(m)
        found.append(m)
        at += 4 + size
    assert found, f"an empty PDU: {octets.hex()}"
    return found
