# SPDX-License-Identifier: GPL-2.0-or-later
"""What an LDP peer should not say: what is unknown is answered as the U bit wants, what is broken
ends that peer's session and nothing else."""
import pytest

import ldp_wire as w
from ldp_lab import FEC, ROOT, ROUTER, LdpLab, Victims, settle

OTHER = w.p2mp(ROOT, w.generic(4242))
U = 0x8000


@pytest.fixture(name="lab", scope="module")
def ldp_lab():
    with LdpLab("pbad", more=" discovery hello holdtime 6\n") as lab:
        lab.victims = Victims(lab)
        yield lab


@pytest.fixture(name="liar")
def _liar(lab):
    p = lab.peer(4).operational()
    yield p
    lab.victims.unharmed()
    p.close()
    assert not p.error
    lab.peers.remove(p)


def mapping_of(fec, *more):
    return "Label Mapping", w.tlv(w.FEC, fec) + w.label(3003) + b"".join(more), 0


# ---------------------------------------------------------------- what is unknown

UNKNOWN = [
    # M-5036-3.5-1
    (0x3f01, w.tlv(w.FEC, FEC), 0, w.UNKNOWN_MESSAGE), (0x3f01, w.tlv(w.FEC, FEC), U, None),
    # M-5036-3.3-1; the F bit is for who forwards messages
    (*mapping_of(OTHER, w.tlv(0x3f01, b"what", 0)), w.UNKNOWN_TLV),
    (*mapping_of(OTHER, w.tlv(0x3f01, b"what", 0x4000)), w.UNKNOWN_TLV),
    # M-5036-3.4.1-1
    (*mapping_of(b"\x06\x00\x19\x04" + bytes(4) + b"\x00\x07" + w.generic(1)),
     w.UNSUPPORTED_FAMILY),
    (*mapping_of(b"\x70\x00\x01\x04" + bytes(4)), w.UNKNOWN_FEC),
    # M-6388-2.2-3
    (*mapping_of(b"\x06\x00\x01\x05" + bytes(5) + b"\x00\x07" + w.generic(1)), w.UNKNOWN_FEC),
    (*mapping_of(b"\x06\x00\x02\x04" + bytes(4) + b"\x00\x07" + w.generic(1)), w.UNKNOWN_FEC),
    # M-6388-2.2-4
    (*mapping_of(w.p2mp(ROOT, w.generic(1)) + w.p2mp(ROOT, w.generic(2))), "any"),
    # M-6388-3.1-1: MP2MP is not announced and not taken
    (*mapping_of(w.p2mp(ROOT, w.generic(1), kind=7)), w.UNKNOWN_FEC),
    (*mapping_of(w.p2mp(ROOT, w.generic(1), kind=8)), w.UNKNOWN_FEC),
    # parameters that are not there
    ("Label Mapping", w.label(3003), 0, w.MISSING),
    ("Label Mapping", w.tlv(w.FEC, OTHER), 0, w.MISSING), ("Label Withdraw", b"", 0, w.MISSING),
]


def test_what_is_not_understood_is_answered_and_ignored(lab, liar):
    for name, body, flags, status in UNKNOWN:
        mark = liar.mark()
        number = liar.send(name, body, flags=flags)
        if status:
            answer = liar.refused(number)
            assert status == "any" or answer == status, f"{body.hex()}: {answer:#x}"
            assert not answer & w.FATAL
        liar.barrier()
        assert status or not [m for m in liar.messages[mark:] if m.about == number]
        assert liar.sessions == 1 and len(lab.lsps()) == 1


def test_unknown_tlvs_with_the_u_bit_are_skipped(lab, liar):
    # M-5036-3.3-1
    fecs = [w.p2mp(ROUTER, w.generic(n)) for n in (1, 2)]
    liar.send("Label Mapping", w.tlv(0x3f01, b"", U | 0x4000), w.tlv(w.FEC, fecs[0]),
              w.label(3003))
    liar.mapping(fecs[1], 3004, w.tlv(0x3f02, b"what", U))
    settle(liar)
    assert [lab.branches(f) for f in fecs] == [[(f"{liar.lsr_id}:0", n)] for n in (3003, 3004)]


def test_labels_that_are_reserved_are_given_back(lab, liar):
    # A-mLDP-8
    before = lab.statistics()["mldp"]["reservedLabels"]
    for label in (0, 3, 15):
        liar.mapping(OTHER, label)
        liar.until(lambda n=label: [
            m for m in liar.messages if m.name == "Label Release"
            and m.get(w.LABEL) == w.u32(n)], 10, "released")
    assert lab.statistics()["mldp"]["reservedLabels"] == before + 3
    assert len(lab.lsps()) == 1


# ---------------------------------------------------------------- what is broken

def broken(p):
    """(octets, statuses that may end the session)"""
    def good(body, name="Label Mapping"):
        return w.message(name, 99, body)
    fec, whole = w.tlv(w.FEC, OTHER), w.tlv(w.FEC, OTHER) + w.label(3003)
    length = (w.BAD_TLV_LENGTH, w.MALFORMED)
    yield w.pdu(p.lsr_id, good(whole), length=13), (w.BAD_PDU_LENGTH,)
    yield w.pdu(p.lsr_id, good(whole), length=0), (w.BAD_PDU_LENGTH,)
    yield w.pdu(p.lsr_id, good(whole), length=4097), (w.BAD_PDU_LENGTH,)
    yield w.pdu(p.lsr_id, good(whole), version=2), (w.BAD_VERSION,)
    yield w.pdu("10.66.6.6", good(whole)), (w.BAD_IDENTIFIER,)
    yield w.pdu(p.lsr_id, good(whole), space=1), (w.BAD_IDENTIFIER,)
    yield w.pdu(p.lsr_id, good(whole)[:2] + b"\0\x03" + good(whole)[4:]), (w.BAD_MESSAGE_LENGTH,)
    yield w.pdu(p.lsr_id, good(whole)[:2] + b"\xff\xff" + good(whole)[4:]), \
        (w.BAD_MESSAGE_LENGTH,)
    yield w.pdu(p.lsr_id, good(fec[:2] + b"\xff\xff" + fec[4:])), length
    yield w.pdu(p.lsr_id, good(fec + w.tlv(w.LABEL, b"\0\x0b\xbb"))), length
    yield w.pdu(p.lsr_id, good(w.tlv(w.FEC, OTHER[:-1]) + w.label(3003))), length
    yield w.pdu(p.lsr_id, good(w.tlv(w.FEC, OTHER[:6]) + w.label(3003))), length
    yield w.pdu(p.lsr_id, good(w.tlv(w.STATUS, b"\0\0"), "Notification")), length
    yield w.pdu(p.lsr_id, good(w.tlv(w.ADDRESSES, b"\0\1\x0a\0\0"), "Address")), length
    yield w.pdu(p.lsr_id, good(whole + w.tlv(w.MP_STATUS, b"\x01\x00"))), length


def test_a_malformed_pdu_ends_that_session_only(lab):
    # M-5036-3.5.1-1
    p = lab.peer(4)
    for n, (octets, statuses) in enumerate(broken(p)):
        p.until(lambda n=n: p.sessions == n + 1 and p.state == "operational", 15, "operational")
        p.mapping(w.p2mp(ROUTER, w.generic(n)), 3003)
        p.mark()
        p.raw(octets)
        m = p.wait("Notification", want=lambda m: m.status & w.FATAL)
        assert m.status in statuses, f"{octets.hex()}: {m.status:#x}"
        p.down()
        lab.victims.unharmed()
        assert len(lab.lsps()) == 1  # what was bound in that session is gone
    p.close()
    lab.peers.remove(p)
    assert not p.error


def test_an_initialization_that_cannot_be_accepted_is_rejected(lab):
    p = lab.peer(4).operational()

    def parameters(version=1, keepalive=60, receiver=ROUTER, space=0):
        return w.tlv(w.SESSION, w.u16(version, keepalive) + b"\0\0" + w.u16(4096)
                     + w.packed(receiver) + w.u16(space))
    for body, status in ((parameters(version=2), w.BAD_VERSION),
                         (parameters(keepalive=0), w.FATAL | 0x18),
                         (parameters(receiver="10.66.6.6"), w.NO_HELLO),
                         (parameters(space=1), w.NO_HELLO)):
        p.session_parameters = lambda b=body: b
        if p.state == "operational":
            p.send("Notification", w.status(w.SHUTDOWN))
            p.down()
        p.mark()
        m = p.wait("Notification", want=lambda m: m.status & w.FATAL)
        assert m.status == status, f"{body.hex()}: {m.status:#x}"
        p.down()
    del p.session_parameters
    p.operational()
    lab.victims.unharmed()
    p.close()
    lab.peers.remove(p)


def test_tshark_decodes_what_we_answered(lab):
    lab.decoded(ours=False)
