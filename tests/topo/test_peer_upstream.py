# SPDX-License-Identifier: GPL-2.0-or-later
"""Labels that the upstream LSR assigns (RFC 5331, 5332, 6389), between mplsmcd and scripted peers that
were written from the catalogue: messages octet by octet, and frames."""
import contextlib
import json

import pytest

import ldp_wire as w
from forwarders import datagram, for_lan, has, raw_sender
from ldp_lab import FEC, GROUP, ROOT, SOURCE, LdpLab, peer_address, settle
from ldp_peer import EVERYTHING
from netns import wait_for

CAPABLE = (*EVERYTHING, w.UPSTREAM_ASSIGNMENT)


@pytest.fixture(name="lab", scope="module")
def ldp_lab():
    with LdpLab("pups", more=" discovery hello holdtime 6\n"
                             " label-distribution upstream-on-demand\n") as lab:
        yield lab
        lab.decoded(False)


@pytest.fixture(autouse=True)
def clean(lab):
    lab.route(1)
    yield
    lab.end_peers()


def ask(p, *more):
    return p.send("Label Request", w.tlv(w.FEC, FEC), w.upstream_request(), *more)


def answer(p, request, label=3001, context=18, source=None):
    return p.send("Label Mapping", w.tlv(w.FEC, FEC), w.upstream_label(label),
                  w.request_id(request), w.context(source or p.address, context))


def unmap(p, label):
    p.send("Label Release", w.tlv(w.FEC, FEC), w.upstream_label(label))


def sends(lab, n, stack, payload, mac_label=None):
    """A frame of peer n for its LAN."""
    mac, rest = for_lan(stack, datagram(SOURCE, GROUP, payload, ttl=20), mac_label)
    with contextlib.closing(raw_sender(lab.outside[n], "eth0")) as sock:
        sock.send(mac + b"\2\0\0\0\0\1" + rest)


def entry(lab, want):
    wait_for(lambda: (lab.lsp(FEC) or {}).get("fib", {}).get("status") == "installed" and
             want(lab.lsp(FEC)), 15, "the agent has it")


# ---------------------------------------------------------------- the catalogue's own octets

@pytest.mark.parametrize("octets, built", [
    ("0205000400000000", w.upstream_request()),                    # W-LDP-16
    ("020400080000000000000bb9", w.upstream_label(3001)),          # W-LDP-17
    ("060000040000000d", w.request_id(13)),
    ("082d00140000000000000000001f000c0a63000100000011", w.context("10.99.0.1", 17)),
])
def test_the_peer_speaks_the_catalogue_s_octets(octets, built):
    assert built == bytes.fromhex(octets)


# ---------------------------------------------------------------- our router is upstream

def test_who_asks_is_told_our_label_and_its_context(lab):
    # M-6389-4.1-1, M-6389-6-2, M-5331-8-2, A-mLDP-6, A-mLDP-20 (there is no route); M-5332-8-1
    lab.route(())
    up, d, plain = lab.up(1, 2, 4, capabilities=CAPABLE)
    lab.vty("clear mpls multicast statistics")
    request = ask(d)
    m = d.wait("Label Mapping")
    assert [t for t, _ in m.tlvs] == [w.FEC, w.UPSTREAM_LABEL, w.REQUEST_ID, w.INTERFACE_ID]
    assert m.fec == FEC and 1000 <= m.upstream_label <= 1999
    assert m.get(w.REQUEST_ID) == w.u32(request)
    assert w.tlv(w.INTERFACE_ID, m.get(w.INTERFACE_ID)) == w.context(peer_address(2, 1), 17)
    assert ask(d) and d.wait("Label Mapping").upstream_label == m.upstream_label
    plain.mapping(FEC, 3004)
    lab.route(1)
    request = up.wait("Label Request")  # M-6389-4-1: no mapping of ours
    assert request.fec == FEC and request.get(w.UPSTREAM_REQUEST) == bytes(4)
    answer(up, request.id)
    entry(lab, lambda lsp: len(lsp["branches"]) == 2)
    with lab.tap(2) as one, lab.tap(4) as other:
        sends(lab, 1, [(18, 20), (3001, 20)], b"swapped")
        frame, = one.frames(1, has(b"swapped"))
        mac, rest = for_lan([(17, 19), (m.upstream_label, 19)],
                            datagram(SOURCE, GROUP, b"swapped", ttl=20))
        assert (frame[:6], frame[12:]) == (mac, rest)
        assert other.frames(1, has(b"swapped"))[0][12:18] == \
            b"\x88\x47" + w.u32(3004 << 12 | 1 << 8 | 19)
    # A-mLDP-21
    mark = d.mark()
    unmap(d, m.upstream_label)
    lab.installed(FEC, (plain, 3004))
    settle(d)
    assert not d.since(mark) and not up.since(up.taken)
    assert not [x for p in (up, d, plain) for x in p.messages if x.name == "Label Mapping"
                and p is not d]


def test_a_peer_without_the_capability_gets_none(lab):
    # M-5331-4-1
    up, = lab.up(1)
    d, = lab.up(2)
    assert d.refused(ask(d)) == w.NO_LABELS
    d.mapping(FEC, 3001)
    label = up.wait("Label Mapping").label
    lab.arrives(label, {2: 3001}, b"downstream-assigned")
    assert not [m for p in (up, d) for m in p.messages
                if m.has(w.UPSTREAM_LABEL) or m.has(w.UPSTREAM_REQUEST)]


# ---------------------------------------------------------------- our router is downstream

def test_the_label_counts_in_its_context_until_it_is_released(lab):
    # M-6389-4-1, M-5331-7-1, M-5332-8-2, A-mLDP-21
    up, d = lab.up(1, 2, capabilities=CAPABLE)
    d.mapping(FEC, 3002)
    answer(up, up.wait("Label Request").id)
    entry(lab, lambda lsp: lsp["upstream"]["label"] == 3001)
    assert lab.lsp(FEC)["upstream"]["context"] == 18
    for n, (stack, mac_label, passes) in enumerate([
            ([(18, 20), (3001, 20)], None, True), ([(18, 20), (3001, 20)], 0, True),
            ([(19, 20), (3001, 20)], None, False), ([(18, 20), (3002, 20)], None, False)]):
        payload = b"frame %d" % n
        with lab.tap(2) as tap:
            sends(lab, 1, stack, payload, mac_label)
            if passes:
                frame, = tap.frames(1, has(payload))
                assert frame[12:18] == b"\x88\x47" + w.u32(3002 << 12 | 1 << 8 | 19)
            else:
                sends(lab, 1, [(18, 20), (3001, 20)], b"after it")
                tap.frames(1, has(b"after it"))
            assert not tap.waiting(has(payload))
    lab.arrives(3001, {}, b"not the platform's")
    # another label of the upstream LSR's
    up.send("Label Withdraw", w.tlv(w.FEC, FEC), w.upstream_label(3001))
    again = up.wait("Label Request")
    released = up.wait("Label Release")
    assert (released.fec, released.upstream_label) == (FEC, 3001) and not released.has(w.LABEL)
    answer(up, again.id, 3005)
    entry(lab, lambda lsp: lsp["upstream"]["label"] == 3005)
    d.withdraw(FEC, 3002)
    assert up.wait("Label Release").upstream_label == 3005
    wait_for(lambda: not lab.lsps(), 10, "nothing is left")
    assert not [m for m in up.messages if m.name == "Label Mapping"]  # M-6389-4.1-3


@pytest.mark.parametrize("no", ["refused", "of another LAN", "reserved", "without context"])
def test_a_label_that_cannot_be_had_is_replaced_by_one_of_ours(lab, no):
    # M-6389-4.1-2, M-6389-4.1-3: only when the request has ended
    up, d = lab.up(1, 2, capabilities=CAPABLE)
    d.mapping(FEC, 3002)
    request = up.wait("Label Request").id
    settle(d, up)
    assert not [m for m in up.messages if m.name == "Label Mapping"]
    if no == "refused":
        up.send("Notification", w.status(w.NO_LABELS, request, w.TYPES["Label Request"]))
    else:
        number = {"of another LAN": lambda: answer(up, request, source="10.4.9.9"),
                  "reserved": lambda: answer(up, request, 3),
                  "without context": lambda: up.send(
                      "Label Mapping", w.tlv(w.FEC, FEC), w.upstream_label(3001),
                      w.request_id(request))}[no]()
        assert up.refused(number) == w.NO_LABELS
        assert up.wait("Label Release").upstream_label == (3 if no == "reserved" else 3001)
    label = up.wait("Label Mapping").label
    lab.arrives(label, {2: 3002}, no.encode())
    assert lab.statistics()["mldp"]["upstreamLabelsNotHad"] >= 1


def test_a_label_that_nobody_asked_for_is_released(lab):
    up, = lab.up(1, capabilities=CAPABLE)
    answer(up, 77)
    assert up.wait("Label Release").upstream_label == 3001
    assert not lab.lsps()


def test_make_before_break_works_with_upstream_assigned_labels(lab):
    # F3353-9-7, M-6388-8.4.3-1: the old context stays until the new upstream LSR acknowledges
    old, new = lab.up(1, 3, capabilities=CAPABLE)
    d, = lab.up(2, capabilities=CAPABLE)
    d.mapping(FEC, 3002)
    answer(old, old.wait("Label Request").id)
    entry(lab, lambda lsp: lsp["upstream"]["label"] == 3001)
    lab.route(3)
    request = new.wait("Label Request")
    assert request.mbb == 1
    answer(new, request.id, 3001, 19)  # M-5331-8-1: the same label means another LSP there
    settle(new)
    assert lab.lsp(FEC)["upstream"]["neighbor"] == f"{old.lsr_id}:0"
    new.send("Notification", w.status(w.MP), w.mbb(2), w.tlv(w.FEC, FEC), w.upstream_label(3001))
    assert old.wait("Label Release").upstream_label == 3001
    entry(lab, lambda lsp: lsp["upstream"].get("context") == 19)
    with lab.tap(2) as tap:
        sends(lab, 1, [(18, 20), (3001, 20)], b"the old one")
        sends(lab, 3, [(19, 20), (3001, 20)], b"the new one")
        tap.frames(1, has(b"the new one"))
        assert not tap.waiting(has(b"the old one"))


def test_the_forwarding_plane_is_told_context_and_interface(lab):
    up, d = lab.up(1, 2, capabilities=CAPABLE)
    ask(d)
    answer(up, up.wait("Label Request").id)
    label = d.wait("Label Mapping").upstream_label
    entry(lab, lambda lsp: lsp["branches"])
    found = json.dumps(lab.router.show("fib entry p2mp-ilm"))
    for part in ('"context": 18', '"interface": "e1"', '"multicast": true', f"[17, {label}]"):
        assert part in found, found
    assert f"root {ROOT}" in lab.vty("show mpls multicast database")
    assert "its label 3001 (context 18)" in lab.vty("show mpls multicast database")
    assert f"label {label} (ours, context 17)" in lab.vty("show mpls multicast database")
