# SPDX-License-Identifier: GPL-2.0-or-later
"""The upstream LSR changes: delete before add and make before break (RFC 6388 2.4.3, 8) between
mplsmcd and scripted peers, with labelled packets on the old and on the new path."""
import contextlib

import pytest

import ldp_wire as w
from agent import Agent
from ldp_lab import FEC, GROUP, ROOT, ROUTER, SOURCE, LdpLab, settle
from netns import wait_for

PLAIN = (w.P2MP, w.TYPED_WILDCARD)  # capabilities without make-before-break


@pytest.fixture(name="lab", scope="module")
def ldp_lab():
    with LdpLab("pmbb", more=" discovery hello holdtime 6\n") as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    lab.route(1)
    yield
    lab.end_peers()


def mapped(up, d, label=3001, lsp=FEC):
    """The first mapping of d, what up got for it; up acknowledges if it was asked to."""
    d.mapping(lsp, label)
    m = up.wait("Label Mapping")
    if m.mbb:
        up.acknowledge(lsp, m.label)
    return m


# ---------------------------------------------------------------- without make-before-break

def test_without_make_before_break_a_new_label_replaces_the_old_one(lab):
    # M-6388-2.4.3-1, M-6388-8.3-1: peers without capability 0x050A never see TLV 0x096F
    old, new = lab.up(1, 3, capabilities=PLAIN)
    d, = lab.up(2)
    first = mapped(old, d)
    lab.installed(FEC, (d, 3001))
    lab.route(3)
    second = new.wait("Label Mapping")
    gone = old.wait("Label Withdraw")
    assert (gone.fec, gone.label) == (FEC, first.label) and second.label != first.label
    lab.installed(FEC, (d, 3001))
    lab.arrives(second.label, {2: 3001}, b"new path", 3)
    lab.arrives(first.label, {}, b"old path")
    assert not [m for p in (old, new) for m in p.messages if m.has(w.MP_STATUS)]


def test_the_old_label_leaves_forwarding_before_the_new_one_comes():
    # M-6388-2.4.3-2: so that no packet comes twice
    steps = []

    def record(op):
        if op.key.WhichOneof("key") == "p2mp_ilm":
            steps.append((op.WhichOneof("value") is not None, op.key.p2mp_ilm.label))

    with LdpLab("pdba", links=3, forward=False, more=" discovery hello holdtime 6\n") as lab, \
            contextlib.closing(Agent(lab.router.endpoint, policy=record, removed=record,
                                     tables=(5, 6))) as agent:
        wait_for(lambda: agent.sessions, 10, "the agent is connected")
        lab.route(1)
        old, new = lab.up(1, 3, capabilities=PLAIN)
        d, = lab.up(2)
        first = mapped(old, d).label
        lab.installed(FEC, (d, 3001))
        lab.route(3)
        second = new.wait("Label Mapping").label
        lab.installed(FEC, (d, 3001))
        assert steps == [(True, first), (False, first), (True, second)]


def test_who_asks_for_it_is_acknowledged_at_once_if_our_upstream_cannot(lab):
    # M-6388-8.3-2, A-mLDP-1
    up, = lab.up(1, capabilities=PLAIN)
    d, plain = lab.up(2, 4)
    d.mapping(FEC, 3001, w.mbb(1))
    sent = up.wait("Label Mapping")
    assert sent.mbb is None
    ack = d.wait("Notification", want=lambda m: m.mbb)
    assert (ack.status, ack.about, ack.mbb, ack.fec, ack.label) == (w.MP, 0, 2, FEC, 3001)
    assert [t for t, _ in ack.tlvs] == [w.STATUS, w.MP_STATUS, w.FEC, w.LABEL]
    plain.mapping(FEC, 3002)  # A-mLDP-24
    settle(plain, d)
    assert not [m for m in plain.messages if m.has(w.MP_STATUS)]


# ---------------------------------------------------------------- with it

def test_the_old_label_stays_until_the_new_upstream_acknowledges(lab):
    # M-6388-8.2-1, M-6388-8.4.3-1, M-6388-8.4.5-1, F3353-10.4-1
    old, new, d = lab.up(1, 3, 2)
    first = mapped(old, d)
    lab.installed(FEC, (d, 3001))
    mark = old.mark()
    lab.route(3)
    second = new.wait("Label Mapping")
    assert second.mbb == 1 and second.label != first.label
    new.acknowledge(FEC, first.label)   # not the label it was asked about
    old.acknowledge(FEC, second.label)  # not the neighbour that was asked
    new.acknowledge(w.p2mp(ROOT, w.generic(1)), second.label)
    settle(new, old)
    assert not old.since(mark)
    lab.arrives(first.label, {2: 3001}, b"still the old path")
    lab.arrives(second.label, {}, b"not yet the new one", 3)
    new.acknowledge(FEC, second.label)
    gone = old.wait("Label Withdraw")
    assert (gone.fec, gone.label) == (FEC, first.label)
    lab.installed(FEC, (d, 3001))
    lab.arrives(second.label, {2: 3001}, b"now the new path", 3)
    lab.arrives(first.label, {}, b"no more the old one")
    settle(d)
    assert not d.since(0) and not new.since(0, "Label Withdraw")


def test_a_second_change_gives_up_the_label_that_was_waited_for(lab):
    # M-6388-8.4.2-1, M-6388-8.4.2-2, M-6388-8.4.3-2
    first, middle, last, d = lab.up(1, 3, 4, 2)
    a = mapped(first, d)
    lab.route(3)
    b = middle.wait("Label Mapping")
    lab.route(4)
    c = last.wait("Label Mapping")
    gone = middle.wait("Label Withdraw")
    assert (gone.fec, gone.label) == (FEC, b.label) and c.mbb == 1
    assert len({a.label, b.label, c.label}) == 3
    middle.acknowledge(FEC, b.label)  # too late
    settle(middle, first)
    assert not first.since(0, "Label Withdraw")
    lab.arrives(a.label, {2: 3001}, b"on the first")
    last.acknowledge(FEC, c.label)
    assert first.wait("Label Withdraw").label == a.label
    lab.installed(FEC, (d, 3001))
    lab.arrives(c.label, {2: 3001}, b"on the last", 4)


def test_a_change_back_gives_up_the_new_label_only(lab):
    # M-6388-8.4.3-1: the old label never stopped working
    old, new, d = lab.up(1, 3, 2)
    a = mapped(old, d)
    mark = old.mark()
    lab.route(3)
    b = new.wait("Label Mapping")
    lab.route(1)
    assert new.wait("Label Withdraw").label == b.label
    settle(old)
    assert not old.since(mark)
    lab.arrives(a.label, {2: 3001}, b"as ever")


def test_an_old_upstream_that_dies_is_not_waited_for(lab):
    # M-6388-8.4.3-3
    old, new, d = lab.up(1, 3, 2)
    mapped(old, d)
    lab.route(3)
    b = new.wait("Label Mapping")
    old.close(shutdown=False)
    lab.installed(FEC, (d, 3001))
    assert lab.lsp(FEC)["upstream"]["label"] == b.label
    lab.arrives(b.label, {2: 3001}, b"without an ack", 3)


def test_an_acknowledgement_that_never_comes_is_not_waited_for_for_ever(lab):
    # M-6388-8.4.3-3, A-mLDP-25
    lab.configure("make-before-break timeout 2")
    try:
        old, new, d = lab.up(1, 3, 2)
        first = mapped(old, d)
        before = lab.statistics()["mldp"]["mbbTimeouts"]
        lab.route(3)
        second = new.wait("Label Mapping")
        gone = old.wait("Label Withdraw")
        assert gone.label == first.label and 1.5 <= gone.when - second.when <= 10
        assert lab.statistics()["mldp"]["mbbTimeouts"] == before + 1
        lab.installed(FEC, (d, 3001))
        lab.arrives(second.label, {2: 3001}, b"after the time-out", 3)
    finally:
        lab.configure("no make-before-break timeout")


def test_a_next_hop_without_a_session_leaves_the_old_path_until_it_has_one(lab):
    # M-6388-8.4.3-1: a route is faster than LDP
    old, d = lab.up(1, 2)
    first = mapped(old, d)
    mark = old.mark()
    lab.route(3)
    settle(old)
    assert not old.since(mark)
    lab.arrives(first.label, {2: 3001}, b"still the old path")
    new, = lab.up(3)
    second = new.wait("Label Mapping")
    assert second.mbb == 1 and not old.since(mark)
    new.acknowledge(FEC, second.label)
    assert old.wait("Label Withdraw").label == first.label
    lab.installed(FEC, (d, 3001))
    lab.arrives(second.label, {2: 3001}, b"now the new path", 3)


def test_no_acknowledgement_goes_down_before_one_came_from_above(lab):
    # M-6388-8.1-1, M-6388-8.1-2, M-6388-8.4.4-1
    up, d, plain = lab.up(1, 2, 4)
    d.mapping(FEC, 3001, w.mbb(1))
    sent = up.wait("Label Mapping")
    assert sent.mbb == 1
    plain.mapping(FEC, 3002)
    settle(d, plain, up)
    assert not [m for m in d.messages + plain.messages if m.has(w.MP_STATUS)]
    up.acknowledge(FEC, sent.label)
    ack = d.wait("Notification", want=lambda m: m.mbb)
    assert (ack.mbb, ack.fec, ack.label) == (2, FEC, 3001)
    settle(plain)
    assert not [m for m in plain.messages if m.has(w.MP_STATUS)]
    lab.installed(FEC, (d, 3001), (plain, 3002))
    # and with a complete path nobody is asked
    mark = up.mark()
    again, = lab.up(3)
    again.mapping(FEC, 3003, w.mbb(1))
    assert again.wait("Notification", want=lambda m: m.mbb).label == 3003
    settle(up)
    assert not up.since(mark)


def test_a_root_acknowledges_at_once(lab):
    # M-6388-8.4.4-1
    d, = lab.up(2)
    fec = w.p2mp(ROUTER, w.transit(SOURCE, GROUP))
    d.mapping(fec, 3001, w.mbb(1))
    ack = d.wait("Notification", want=lambda m: m.mbb)
    assert (ack.mbb, ack.fec, ack.label) == (2, fec, 3001)


def test_the_status_may_stand_before_or_after_other_options(lab):
    # M-5036-3.5-2
    d, = lab.up(2)
    hops = w.tlv(w.HOP_COUNT, b"\x03"), w.tlv(w.PATH_VECTOR, w.packed("10.3.3.3"))
    for n, options in enumerate(((w.mbb(1), *hops), (*hops, w.mbb(1)))):
        d.mapping(w.p2mp(ROUTER, w.generic(n + 1)), 3001 + n, *options)
        assert d.wait("Notification", want=lambda m: m.mbb).label == 3001 + n


# ---------------------------------------------------------------- upstream and downstream at once

def test_a_mapping_of_our_upstream_is_kept_until_it_is_no_longer_upstream(lab):
    # M-6388-2.4.1.4-2, M-6388-2.4.1.4-4, M-6388-2.4.3-3, M-6388-4-1, M-6388-8.4.4-2
    old, new, d = lab.up(1, 3, 2)
    first = mapped(old, d)
    old.mapping(FEC, 3009, w.mbb(1))
    settle(old)
    lab.installed(FEC, (d, 3001))
    assert not [m for m in old.messages if m.mbb == 2]
    lab.arrives(first.label, {2: 3001}, b"not back")
    lab.route(3)
    second = new.wait("Label Mapping")
    new.acknowledge(FEC, second.label)
    assert old.wait("Label Withdraw").label == first.label
    lab.installed(FEC, (d, 3001), (old, 3009))
    lab.arrives(second.label, {2: 3001, 1: 3009}, b"to the old upstream", 3)
    assert old.wait("Notification", want=lambda m: m.mbb == 2).label == 3009


# ---------------------------------------------------------------- switched off

def test_switched_off_it_is_neither_announced_nor_asked_for(lab):
    lab.configure("no capability make-before-break")
    try:
        old, new, d = lab.up(1, 3, 2)
        assert not old.wait("Initialization").has(w.MBB)
        assert mapped(old, d).mbb is None
        lab.route(3)
        assert new.wait("Label Mapping").mbb is None
        old.wait("Label Withdraw")
        lab.installed(FEC, (d, 3001))
    finally:
        lab.configure("capability make-before-break")


def test_tshark_decodes_every_packet_of_these_tests(lab):
    lab.decoded()
