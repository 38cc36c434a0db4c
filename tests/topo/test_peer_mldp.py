# SPDX-License-Identifier: GPL-2.0-or-later
"""An LDP speaker written from the catalogue alone sets up P2MP LSPs with mplsmcd: our router is
transit, leaf, bud and root between scripted peers; labelled packets show what was agreed."""
import contextlib
import socket
import zlib

import pytest

import ldp_wire as w
from forwarders import has
from ldp_lab import (ELSEWHERE, FEC, GROUP, ROOT, ROUTER, SOURCE, SOURCE_PREFIX, LdpLab,
                     peer_address, settle)
from netns import wait_for

OTHER = "232.1.1.9"
TREE = w.transit(SOURCE, GROUP)


@pytest.fixture(name="lab", scope="module")
def ldp_lab():
    with LdpLab("pldp", more=f" discovery hello holdtime 6\n root {SOURCE_PREFIX} {ROOT}\n") as lab:
        lab.receiver()
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    lab.route(1)
    yield
    lab.end_peers()


# ---------------------------------------------------------------- the catalogue's own octets

@pytest.mark.parametrize("octets, built", [
    ("060001040a000001000b0300080a010101e8010101",
     w.p2mp("10.0.0.1", w.transit("10.1.1.1", "232.1.1.1"))),                   # W-LDP-4
    ("060001040a00000100070100040000002a", w.p2mp("10.0.0.1", w.generic(42))),  # W-LDP-5
    ("03000800000000ef010101", w.transit("0.0.0.0", "239.1.1.1")),              # W-LDP-6
    ("0300080a01010100000000", w.transit("10.1.1.1", "0.0.0.0")),               # W-LDP-7
    ("896f000401000101", w.mbb(1)),                                             # W-LDP-9
    ("0506020001", w.typed_wildcard()),                                         # W-LDP-14
    ("0200000400 0003e9", w.label(1001)),                                       # A-mLDP-5
])
def test_the_peer_speaks_the_catalogue_s_octets(octets, built):
    assert built == bytes.fromhex(octets)


# ---------------------------------------------------------------- transit

def test_a_transit_merges_its_branches_into_one_label_and_replicates(lab):
    # M-6388-2.4.1.4-1, M-6388-2.4.1.4-3, M-6388-2.4.1.4-5, M-6388-1-1, M-6388-2.4.1.1-1,
    # M-6388-2.4.1.3-1, M-6826-2-3, A-mLDP-10
    up, other, d1, d2 = lab.up(1, 3, 2, 4)
    d1.mapping(FEC, 3001)
    sent = up.wait("Label Mapping")
    assert sent.fec == FEC and 1000 <= sent.label <= 1999
    mark = up.mark()
    d2.mapping(FEC, 3002)
    d2.mapping(FEC, 3002)
    settle(d2, up, other)
    assert not up.since(mark) and not other.since(0)
    lab.installed(FEC, (d1, 3001), (d2, 3002))
    lab.arrives(sent.label, {2: 3001, 4: 3002}, b"from the root")
    lab.arrives(1500, {}, b"no such label")  # M-mLDP-dp-2


def test_branches_leave_one_by_one_and_the_last_takes_the_label_along(lab):
    # M-6388-2.4.2.2-1, M-6388-2.4.2.2-2, M-5036-3.5.10-1
    up, d1, d2 = lab.up(1, 2, 4)
    d1.mapping(FEC, 3001)
    d2.mapping(FEC, 3002)
    label = up.wait("Label Mapping").label
    lab.installed(FEC, (d1, 3001), (d2, 3002))
    mark = up.mark()
    d1.withdraw(FEC, 3001)
    released = d1.wait("Label Release")
    assert (released.fec, released.label) == (FEC, 3001)
    settle(d1, up)
    assert not up.since(mark)
    lab.installed(FEC, (d2, 3002))
    lab.arrives(label, {4: 3002}, b"one left")
    d2.withdraw(FEC, 3002)
    assert d2.wait("Label Release").label == 3002
    gone = up.wait("Label Withdraw")
    assert (gone.fec, gone.label) == (FEC, label)
    wait_for(lambda: not lab.lsps() and lab.router.show("mpls multicast")["labels"]["used"] == 0,
             10, "the label is free when it was released")
    lab.arrives(label, {}, b"nobody left")


def test_a_second_label_from_the_same_peer_replaces_the_first(lab):
    # M-5036-A.1.2-1, A-mLDP-11
    up, d1 = lab.up(1, 2)
    d1.mapping(FEC, 3001)
    label = up.wait("Label Mapping").label
    d1.mapping(FEC, 3002)
    released = d1.wait("Label Release")
    assert (released.fec, released.label) == (FEC, 3001)
    lab.installed(FEC, (d1, 3002))
    lab.arrives(label, {2: 3002}, b"on the new label")


OPAQUE = [w.opaque(256 + 40000, b"not read"), w.opaque(200, b""), b"\x03\xff\xff\x00", b"", b"\x01",
          w.generic(7) + w.transit(SOURCE, GROUP), w.opaque(7, w.p2mp("10.97.0.1", TREE)),
          w.opaque(99, bytes(range(237)))]


def test_the_opaque_value_is_carried_as_it_is(lab):
    # M-6388-2.3-1, A-mLDP-18: a transit does not look inside
    up, d1 = lab.up(1, 2)
    for n, value in enumerate(OPAQUE):
        d1.mapping(w.p2mp(ROOT, value), 3001 + n)
        assert up.wait("Label Mapping").fec == w.p2mp(ROOT, value)
    too_long = w.p2mp(ROOT, w.opaque(99, bytes(238)))
    assert d1.refused(d1.mapping(too_long, 3999)) == w.NO_LABELS
    settle(d1, up)
    assert len(up.since(0)) == len(lab.lsps()) == len(OPAQUE)


def test_the_same_opaque_value_under_two_roots_is_two_lsps(lab):
    # M-6388-2.2-1
    lab.route(3, ELSEWHERE)
    first, second, d1 = lab.up(1, 3, 2)
    d1.mapping(FEC, 3001)
    d1.mapping(w.p2mp(ELSEWHERE, TREE), 3002)
    a, b = first.wait("Label Mapping"), second.wait("Label Mapping")
    assert (a.fec, b.fec) == (FEC, w.p2mp(ELSEWHERE, TREE)) and a.label != b.label
    lab.arrives(a.label, {2: 3001}, b"of the first root")
    lab.arrives(b.label, {2: 3002}, b"of the second root", 3)


def test_of_equal_paths_the_crc_of_the_opaque_value_takes_one(lab):
    # M-6388-2.4.1.1-2, M-6388-2.4.1.1-3, A-mLDP-2, A-mLDP-3, A-mLDP-4, A-mLDP-15, H-1, H-2, H-3
    lab.route([1, 3])
    low, high, d1 = lab.up(1, 3, 2)  # 10.4.1.2 is lower than 10.4.3.2
    for value, remainder in ((w.generic(42), 0), (w.transit("10.1.1.1", "232.1.1.1"), 1),
                             (w.transit("0.0.0.0", "239.1.1.1"), 1)):
        assert zlib.crc32(value) % 2 == remainder
        marks = low.mark(), high.mark()
        d1.mapping(w.p2mp(ROOT, value), 3001)
        (low, high)[remainder].wait("Label Mapping")
        settle(d1, low, high)
        other = 1 - remainder
        assert not (low, high)[other].since(marks[other])  # F3353-10.3-1
    lab.route(1)


# ---------------------------------------------------------------- labels asked for and taken back

def test_a_label_request_is_answered(lab):
    # A-mLDP-12
    lab.route(2)
    up, d1 = lab.up(2, 4)
    number = d1.send("Label Request", w.tlv(w.FEC, FEC))
    assert d1.refused(number) == w.NO_ROUTE
    d1.mapping(FEC, 3001)
    first = up.wait("Label Mapping")
    up.send("Label Request", w.tlv(w.FEC, FEC))
    again = up.wait("Label Mapping")
    assert (again.fec, again.label) == (FEC, first.label)


def test_an_upstream_that_releases_our_label_refuses_the_lsp(lab):
    # A-mLDP-13, M-5036-A.1.4-1
    up, d1 = lab.up(1, 2)
    d1.mapping(FEC, 3001)
    label = up.wait("Label Mapping").label
    up.unmap(FEC, label)
    wait_for(lambda: lab.lsp(FEC)["state"] == "refused", 10, "the refusal is shown")
    settle(up, d1)
    assert not up.since(up.taken)
    wait_for(lambda: not lab.router.show("fib entry"), 10, "no entry")
    lab.arrives(label, {}, b"refused")
    # a new session is a new chance
    up.close()
    up = lab.peer(1).operational()
    assert up.wait("Label Mapping").fec == FEC


def test_a_wildcard_release_refuses_what_it_names(lab):
    # M-5918-4-1, M-5036-3.5.10-2
    up, d1 = lab.up(1, 2)
    fecs = [w.p2mp(ROOT, w.generic(n)) for n in (1, 2, 3)]
    for n, fec in enumerate(fecs):
        d1.mapping(fec, 3001 + n)
    labels = [up.wait("Label Mapping").label for _ in fecs]
    up.unmap(w.WILDCARD, labels[0])
    up.barrier()
    assert [lab.lsp(f)["state"] for f in fecs] == ["refused", "operational", "operational"]
    up.unmap(w.typed_wildcard())
    up.barrier()
    assert [lab.lsp(f)["state"] for f in fecs] == ["refused"] * 3


def test_a_wildcard_withdraws_what_it_names(lab):
    # M-5036-3.5.10-1, M-5036-3.5.10-2, M-5918-4-1, M-6388-9-1
    up, d1 = lab.up(1, 2)
    fecs = {3000 + n: w.p2mp(ROOT, w.generic(n)) for n in (1, 2, 3)}
    for wildcard, label, left in [
            (w.typed_wildcard(6, 2), None, [3001, 3002, 3003]), (w.WILDCARD, 3002, [3001, 3003]),
            (w.WILDCARD, None, []), (w.typed_wildcard(), 3001, [3002, 3003]),
            (w.typed_wildcard(), None, [])]:
        for number, fec in fecs.items():
            d1.mapping(fec, number)
        wait_for(lambda: all(lab.branches(fec) for fec in fecs.values()), 10, "all mapped")
        mark = up.mark()
        d1.withdraw(wildcard, label)
        released = d1.wait("Label Release")
        assert (released.fec, released.label) == (wildcard, label)
        settle(d1, up)
        assert [n for n, fec in fecs.items() if lab.branches(fec)] == left
        assert sorted(m.fec for m in up.since(mark, "Label Withdraw")) == \
            [fec for n, fec in fecs.items() if n not in left]
    number = d1.withdraw(b"\x05\x02\x02\x00\x01")  # of prefixes, which we have none of
    assert d1.refused(number) == w.UNKNOWN_FEC


def test_a_withdraw_without_a_label_is_for_the_whole_fec(lab):
    # M-5036-3.5.10-2
    up, d1 = lab.up(1, 2)
    d1.mapping(FEC, 3001)
    up.wait("Label Mapping")
    d1.withdraw(FEC)
    assert d1.wait("Label Release").fec == FEC
    assert up.wait("Label Withdraw").fec == FEC


# ---------------------------------------------------------------- leaf and bud

def test_a_join_of_a_host_makes_a_leaf_and_its_leave_ends_it(lab):
    # M-6388-2.4.1.3-1, M-6388-2.4.2.1-1, M-6826-2-1, M-6388-1.2-1, M-mLDP-dp-1, M-6826-2-6
    up, d1 = lab.up(1, 2)
    lab.host.join(GROUP, SOURCE)
    sent = up.wait("Label Mapping")
    assert sent.fec == FEC
    mark = up.mark()
    wait_for(lambda: lab.lsp(FEC)["role"] == "leaf", 10, "leaf")
    d1.mapping(FEC, 3001)  # a bud: one label for both
    lab.installed(FEC, (d1, 3001))
    assert lab.lsp(FEC)["role"] == "bud"
    with contextlib.closing(lab.at_host()) as host:
        lab.arrives(sent.label, {2: 3001}, b"to host and branch")
        assert len(host.frames(1, has(b"to host and branch"))) == 1
        assert not host.waiting(has(b"to host and branch"))
    lab.host.leave(GROUP, SOURCE)
    wait_for(lambda: lab.lsp(FEC)["role"] == "transit", 20, "transit")
    settle(d1, up)
    assert not up.since(mark)  # M-6388-2.4.2.2-2
    d1.withdraw(FEC, 3001)
    assert up.wait("Label Withdraw").label == sent.label


def test_a_static_tree_is_signalled_with_a_generic_identifier(lab):
    # M-6388-2.3-2
    up, = lab.up(1)
    lab.configure(f"tree hand root {ROOT} lsp-id 42", f"leaf group {OTHER} source {SOURCE}")
    lab.host.join(OTHER, SOURCE)
    try:
        assert up.wait("Label Mapping").fec == w.p2mp(ROOT, w.generic(42))
        lab.host.leave(OTHER, SOURCE)
        assert up.wait("Label Withdraw").fec == w.p2mp(ROOT, w.generic(42))
    finally:
        lab.configure("no tree hand")


# ---------------------------------------------------------------- root

def test_the_root_pushes_one_label_per_branch_and_tells_nobody(lab):
    # M-6388-2.4.1.5-1, M-6388-2.4.2.3-1, M-6826-2-4, A-mLDP-16: any address of ours is a root
    up, d1, d2 = lab.up(1, 2, 4)
    fec = w.p2mp("10.6.2.1", TREE)
    d1.mapping(fec, 3001)
    d2.mapping(fec, 3002)
    lab.installed(fec, (d1, 3001), (d2, 3002))
    row = lab.lsp(fec)
    assert row["role"] == "root" and row["state"] == "operational"
    settle(d1, d2, up)
    assert not (up.since(0) or d1.since(0) or d2.since(0))
    lab.pushes({2: 3001, 4: 3002}, SOURCE, GROUP)
    d1.withdraw(fec, 3001)
    assert d1.wait("Label Release").label == 3001
    lab.installed(fec, (d2, 3002))
    lab.pushes({4: 3002}, SOURCE, GROUP)
    d2.withdraw(fec, 3002)
    d2.wait("Label Release")
    wait_for(lambda: not lab.lsps() and not lab.router.show("fib entry"), 10, "nothing is left")
    settle(d2, up)
    assert not up.since(0)


def test_a_root_that_does_not_understand_the_opaque_value_sends_no_data(lab):
    # M-6826-2-5, A-mLDP-17, A-mLDP-18, A-mLDP-19
    d1, = lab.up(2)
    before = lab.statistics()["mapping"]["inert"]
    values = [w.opaque(99, b"what"), w.opaque(3, b"short"),
              w.opaque(3, w.packed(SOURCE) + w.packed("10.9.9.9")),
              w.transit("0.0.0.0", "0.0.0.0"), w.transit(SOURCE, GROUP) + w.generic(1)]
    for n, value in enumerate(values):
        d1.mapping(w.p2mp(ROUTER, value), 3001 + n)
        wait_for(lambda f=w.p2mp(ROUTER, value), b=[(f"{d1.lsr_id}:0", 3001 + n)]:
                 lab.branches(f) == b, 10, "the LSP is there")
    assert lab.statistics()["mapping"]["inert"] == before + len(values)
    assert not lab.router.show("fib entry")


def test_groups_the_configuration_rules_out_get_no_data_at_the_root(lab):
    # F3353-11-2: `map` is the root's filter
    d1, = lab.up(2)
    lab.configure("map 232.9.0.0/16 none")
    try:
        fec = w.p2mp(ROUTER, w.transit(SOURCE, "232.9.1.1"))
        d1.mapping(fec, 3001)
        tree, = wait_for(lambda: lab.router.show("mpls multicast mapping").get("trees"), 10, "row")
        assert tree["side"] == "root" and not tree["labelSwitched"] and "map" in tree["whyNot"]
        assert lab.branches(fec) and not lab.router.show("fib entry")
    finally:
        lab.configure("no map 232.9.0.0/16")


# ---------------------------------------------------------------- sessions and addresses

def test_a_session_that_ends_takes_its_branches_and_its_upstream_along(lab):
    # M-mLDP-fail-1: a branch without Shutdown, then the upstream
    up, other, d1, d2 = lab.up(1, 3, 2, 4)
    d1.mapping(FEC, 3001)
    d2.mapping(FEC, 3002)
    up.wait("Label Mapping")
    lab.installed(FEC, (d1, 3001), (d2, 3002))
    d1.close(shutdown=False)
    lab.installed(FEC, (d2, 3002))
    lab.route([1, 3])
    up.close(shutdown=False)
    assert other.wait("Label Mapping").fec == FEC
    d2.close()
    assert other.wait("Label Withdraw").fec == FEC
    wait_for(lambda: not lab.lsps(), 10, "nothing is left")
    lab.route(1)


def test_a_peer_behind_two_links_gets_one_copy_and_loses_its_session_with_the_last(lab):
    # M-6388-2.4.1.2-1, M-5036-2.5.5-1
    up, d = lab.up(1, 2)
    with lab.outside[4].inside(), contextlib.closing(
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind((peer_address(4), 646))

        def links():
            """Says Hello on the second link; over which links the router knows the peer."""
            other.sendto(d.hello_octets(), ("224.0.0.2", 646))
            return {a["interface"] for a in (lab.neighbour(d) or {}).get("adjacencies", ())}
        wait_for(lambda: links() == {"e2", "e4"}, 10, "two adjacencies")
        d.mapping(FEC, 3001)
        label = up.wait("Label Mapping").label
        lab.installed(FEC, (d, 3001))
        via, = (int(b["interface"][1:]) for b in lab.lsp(FEC)["branches"])
        lab.arrives(label, {via: 3001}, b"once")
        d.hello = False
        wait_for(lambda: links() == {"e4"}, 20, "one adjacency")
        d.barrier()
        wait_for(lambda: [b["interface"] for b in lab.lsp(FEC)["branches"]] == ["e4"], 10, "moved")
        lab.installed(FEC, (d, 3001))
        lab.arrives(label, {4: 3001}, b"on the other link")
    assert d.wait("Notification", 20, lambda m: m.status & w.FATAL).status == w.HOLD_EXPIRED
    wait_for(lambda: not lab.lsps(), 10, "its branch is gone")


def test_the_upstream_is_the_peer_that_said_the_next_hop_s_address(lab):
    # M-5036-2.7-1, M-5036-3.5.5-2
    up, d1 = lab.up(1, 2, advertise=False)
    d1.mapping(FEC, 3001)
    settle(d1, up)
    assert not up.since(0) and lab.lsp(FEC)["state"] == "no-route"
    up.send("Address", w.addresses("10.4.1.2", "10.55.0.1"))
    label = up.wait("Label Mapping").label
    mark = up.mark()
    up.send("Address", w.addresses("10.4.1.2"))
    up.send("Address Withdraw", w.addresses("10.66.0.1"))
    up.barrier()
    assert not up.since(mark)
    assert lab.lsp(FEC)["upstream"]["label"] == label


def test_a_lost_route_is_waited_for_before_the_label_goes(lab):
    # A-mLDP-14
    up, d1 = lab.up(1, 2)
    d1.mapping(FEC, 3001)
    label = up.wait("Label Mapping").label
    lab.route([])
    gone = up.wait("Label Withdraw", 20)
    assert gone.label == label
    assert [(b["neighbor"], b["label"]) for b in lab.lsp(FEC)["branches"]] == [("10.6.2.2:0", 3001)]
    lab.route(1)
    up.wait("Label Mapping")
    lab.installed(FEC, (d1, 3001))


# ---------------------------------------------------------------- all of the above

def test_tshark_decodes_every_packet_of_these_tests(lab):
    lab.decoded()
