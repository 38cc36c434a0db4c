# SPDX-License-Identifier: GPL-2.0-or-later
"""Our LAC as a scripted LNS sees it.  Its forwarding agent is the test's, so that the test
decides when replication is installed; the last tests use the real one and look at packets."""
import signal

import pytest

import l2tp_wire as w
from agent import LATER
from forwarders import PPP4, Tap, datagram, l2tp
from l2tp_wire import Avp, u16
from lac_lab import (CALLS, GROUP, NO_MULTICAST, SECRET, SOURCE, clean, ids_of, lab,  # noqa: F401
                     listed, quiet)
from netns import wait_for
from peer_lab import PEER

# ---------------------------------------------------------------- tunnel and calls

# R4045-3.1-1, R4045-3.2-1, R4045-3.2-2, R4045-3.2-3, R2661-3.1-1, R2661-5.3-3, R2661-6.1-1,
# R2661-4.4.3-1, R2661-4.4.3-2, R2661-B-1, R2661-5.8-1
def test_our_sccrq_offers_multicast_and_the_handshake_is_the_rfcs(lab):
    lns = lab.lns(calls=1)
    sccrq, scccn = lns.messages[0], lns.messages[1]
    assert (sccrq.name, sccrq.tunnel, sccrq.session, sccrq.ns, sccrq.nr) == ("SCCRQ", 0, 0, 0, 0)
    assert (scccn.name, scccn.tunnel, scccn.session, scccn.ns, scccn.nr) == (
        "SCCCN", lns.tunnel_id, 0, 1, 1)
    assert bytes.fromhex("000600000050") in sccrq.raw
    assert {w.VERSION, w.HOST_NAME, w.FRAMING, w.TUNNEL_ID} <= {a.type for a in sccrq.avps}
    assert sccrq.raw[12:20] == bytes.fromhex("8008000000000001")
    assert sccrq.get(w.VERSION) == b"\1\0" and sccrq.get(w.HOST_NAME) == b"lac"
    assert sccrq.number(w.TUNNEL_ID) and sccrq.number(w.WINDOW)
    for a in sccrq.avps + scccn.avps:
        assert a.mandatory is (a.type not in w.OPTIONAL) and not a.hidden


# R4045-3.2-8, R2661-4.2-1
def test_a_group_with_multicast_disabled_is_offered_none(lab):
    lns = lab.lns("OFF", NO_MULTICAST, 1)
    assert not [m for m in lns.messages if m.has(w.CAPABILITY)]


# R2661-5.2.1-1, R2661-6.6-1, R2661-6.8-1, R2661-4.4.4-1, R2661-4.4.4-3, R2661-5.3-2, F2661-IA4,
# F2661-IA5
def test_calls_carry_what_the_rfc_asks_for(lab):
    lns = lab.lns()
    icrq = [m for m in lns.messages if m.name == "ICRQ"]
    serials = [m.number(w.SERIAL) for m in icrq]
    assert [m.session for m in icrq] == [0] * CALLS and serials == sorted(set(serials))
    assert len({m.number(w.SESSION_ID) for m in icrq} - {0}) == CALLS
    iccn = [m for m in lns.messages if m.name == "ICCN"]
    assert {m.session for m in iccn} == {c.id for c in lns.calls.values()}
    for m in iccn:
        assert m.has(w.TX_SPEED) and m.has(w.FRAMING_TYPE) and not m.has(w.SEQUENCING)


# R2661-4.4.4-7
def test_sequencing_is_required_by_the_profile(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "peer-group LNS lac", "profile sequenced")
    lns = lab.lns(calls=1)
    assert bytes.fromhex("800600000027") in lns.wait("ICCN").raw


# R2661-5.1.1-1, R2661-5.1.1-2, R2661-4.4.3-10, R2661-4.4.3-11, R2661-4.4.3-12
def test_the_secret_is_proved_in_both_directions(lab):
    lns = lab.peer("lns", address=SECRET, port=1701, secret="s3cret", capability=False)
    challenge = bytes(range(16))
    lns.on["SCCRQ"] = lambda m: lns.send("SCCRP", 0, [
        *lns.open_avps(), *lns.answer(m, "SCCRP"), Avp(w.CHALLENGE, challenge)])
    lab.access("SECRET", 1)
    assert lns.wait("SCCRQ").has(w.CHALLENGE)
    # W2661: the response of the SCCCN has 3 in front
    assert lns.wait("SCCCN").get(w.RESPONSE) == w.response(3, b"s3cret", challenge)
    lns.wait("ICCN")


# R2661-5.1.1-1, F2661-C7, R2661-4.4.3-8
@pytest.mark.parametrize("answer", ("wrong", "missing"))
def test_a_wrong_response_ends_the_tunnel_with_result_4(lab, answer):
    lns = lab.peer("lns", address=SECRET, port=1701, secret="other", capability=False)
    lns.on["SCCRQ"] = lambda m: lns.send("SCCRP", 0, lns.open_avps() + (
        lns.answer(m, "SCCRP") if answer == "wrong" else []))
    lab.access("SECRET", 1)
    ours = lns.wait("SCCRQ").number(w.TUNNEL_ID)
    m = lns.wait("StopCCN")
    assert m.result()[0] == 4 and m.number(w.TUNNEL_ID) == ours and m.tunnel == lns.tunnel_id
    assert lns.count("SCCCN") == lns.count("ICRQ") == 0


# ---------------------------------------------------------------- opening

# R4045-5-1, R4045-5.2-1, R4045-5.2-2, R4045-5.2-4, R4045-5.3-2, R4045-5.3-5, R4045-4.1-3,
# S4045-A1
def test_msrq_is_answered_by_msrp_and_mse(lab):
    lns = lab.lns()
    since = lns.mark()
    quiet(lns, since)
    ours = lns.request_multicast()
    msrp, mse = lns.wait("MSRP"), lns.wait("MSE")
    assert msrp.session == mse.session == ours
    assert msrp.raw[12:] == bytes.fromhex("000800000000001880080000000e") + \
        msrp.get(w.SESSION_ID) and msrp.number(w.SESSION_ID)
    assert mse.raw[12:] == bytes.fromhex("0008000000000019")
    assert [m.name for m in lns.messages[since:]] == ["MSRP", "MSE"]


# R4045-5.1-3
def test_msrq_is_acknowledged_and_ignored_when_the_capability_was_not_offered(lab):
    lns = lab.lns("OFF", NO_MULTICAST, 2)
    since = lns.mark()
    lns.request_multicast()
    lns.acknowledged()
    quiet(lns, since)
    assert lab.tunnel(lns)["state"] == "established" and not lab.multicast(lns)


# A4045-29, S4045-A2, R4045-7.3-2, R4045-7.2-3
def test_msrq_is_refused_without_an_agent(lab):
    lns = lab.lns()
    lab.stop_agent()
    wait_for(lambda: not lab.router.consumers(), 10, "the agent is gone")
    since = lns.mark()
    ours = lns.request_multicast()
    m = lns.wait("MSEN")
    assert m.session == ours and m.result() == (2, 4) and m.number(w.SESSION_ID)
    quiet(lns, since + 1)
    assert lab.tunnel(lns)["state"] == "established" and len(lab.router.sessions()) == CALLS


# R4045-10-3
def test_msrq_beyond_the_maximum_is_refused_and_the_first_is_not_affected(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "maximum-sessions 1 per-tunnel")
    lns = lab.lns()
    first, theirs = lns.open_multicast()
    refused = lns.request_multicast()
    m = lns.wait("MSEN")
    assert m.session == refused and m.result() == (2, 4)
    assert listed(lns, theirs, ids_of(lns, 1)) == ids_of(lns, 1)
    lns.msen(first, theirs, 3)
    lns.open_multicast()


# R4045-6.2-6: AVP 81 belongs into MSI only
def test_a_list_in_msrq_is_not_acted_on(lab):
    lns = lab.lns()
    lns.request_multicast([Avp(w.NOS, u16(*ids_of(lns, 1)), False)])
    theirs = lns.wait("MSRP").number(w.SESSION_ID)
    lns.wait("MSE")
    quiet(lns, lns.mark())
    assert lab.members(theirs) in (None, [])


# ---------------------------------------------------------------- lists

# R4045-6.2.1-3, R4045-6.2.2-1, R4045-6.2.2-9, R4045-6.1-2, A4045-1, A4045-2, S4045-A3
def test_nosa_follows_when_the_agent_has_installed(lab):
    lns = lab.lns()
    ours, theirs = lns.open_multicast()
    lab.agent.policy = lambda op: LATER
    since, three = lns.mark(), ids_of(lns, 1, 2, 3)
    lns.msi(theirs, three)
    wait_for(lambda: lab.members(theirs) == sorted(three), 5, "the agent has the list")
    quiet(lns, since)
    lab.agent.release()
    m = lns.wait("MSI")
    assert m.session == ours
    assert m.raw[12:26] == bytes.fromhex("000800000000001a800c00000052")
    assert sorted(m.ids(w.NOSA)) == sorted(three)


# A4045-13: the list is kept until MSE
def test_a_list_that_comes_with_the_msrq_is_acknowledged_after_mse(lab):
    lns = lab.lns()
    lns.on["MSRP"] = lambda m: lns.msi(m.number(w.SESSION_ID), ids_of(lns, 1))
    lns.request_multicast()
    lns.wait("MSE")
    assert lns.wait("MSI").ids(w.NOSA) == ids_of(lns, 1)


# A4045-8, A4045-9, A4045-10, R2661-5.3-2
def test_only_usable_sessions_are_acknowledged_once(lab):
    lns = lab.lns(calls=2, more=1)
    ours, theirs = lns.open_multicast()
    one, two = ids_of(lns, 1, 2)
    waiting = next(m for m in lns.messages
                   if m.name == "ICRQ" and m.get(w.CALLING) == b"a3").number(w.SESSION_ID)
    unknown = next(i for i in range(1, 99) if i not in (one, two, waiting, theirs))
    acked = listed(lns, theirs, [one, 0, waiting, one, unknown, theirs, two, 0])
    assert sorted(acked) == lab.members(theirs) == sorted([one, two])
    assert lab.tunnel(lns)["state"] == "established"


# A4045-11
def test_when_no_session_is_usable_there_is_no_nosa(lab):
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    since = lns.mark()
    lns.msi(theirs, [0, theirs])
    lns.acknowledged()
    quiet(lns, since)
    assert lab.multicast(lns)


# A4045-9
def test_a_session_listed_again_is_acknowledged_again(lab):
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    for _ in range(3):
        assert listed(lns, theirs, ids_of(lns, 1)) == ids_of(lns, 1)
    assert lab.members(theirs) == ids_of(lns, 1)


# A4045-7
def test_avps_of_one_msi_apply_in_their_order(lab):
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    one, two, three = ids_of(lns, 1, 2, 3)
    since = lns.mark()
    lns.send("MSI", theirs, [Avp(w.NOS, u16(one)), Avp(w.NOS, u16(two, three)),
                             Avp(w.WOS, u16(two)), Avp(w.PRIORITY, u16(1))])
    assert sorted(lns.wait("MSI").ids(w.NOSA)) == sorted([one, three])
    quiet(lns, since + 1)
    assert lab.members(theirs) == sorted([one, three])


# R4045-6.2-4, R4045-6.2.3-2, A4045-9, S4045-A4, R4045-7-6
def test_withdrawn_sessions_are_removed_and_an_empty_list_is_no_reason_to_end(lab):
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    three = ids_of(lns, 1, 2, 3)
    listed(lns, theirs, three)
    since = lns.mark()
    lns.msi(theirs, wos=three[:2] + ids_of(lns, 4) + [0])
    wait_for(lambda: lab.members(theirs) == three[2:], 5, "two are withdrawn")
    lns.msi(theirs, wos=three[2:])
    wait_for(lambda: not lab.members(theirs), 5, "all are withdrawn")
    quiet(lns, since)
    assert listed(lns, theirs, three[:1]) == three[:1]


# R4045-6.2-3, R4045-6.2-5
def test_every_multicast_session_has_its_own_list(lab):
    lns = lab.lns()
    (_, a), (_, b) = lns.open_multicast(), lns.open_multicast()
    listed(lns, a, ids_of(lns, 1, 2))
    listed(lns, b, ids_of(lns, 2, 3))
    lns.msi(a, wos=ids_of(lns, 2))
    wait_for(lambda: lab.members(a) == ids_of(lns, 1), 5, "withdrawn")
    assert lab.members(b) == sorted(ids_of(lns, 2, 3))


# R4045-6.1-5, R4045-6.3.3-2, R4045-6.1-4, A4045-15, A4045-16, A4045-43, R2661-4.1-4
def test_avps_that_do_not_matter_do_not_keep_a_list_from_being_applied(lab):
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    for n, extra in enumerate(((Avp(4000, b"xyz", False),), (Avp(w.PRIORITY, u16(9)),),
                               (Avp(w.PRIORITY, b"\0"),), (Avp(w.PRIORITY, u16(2), True),),
                               (Avp(w.RANDOM_VECTOR, bytes(16)),)), 1):
        assert listed(lns, theirs, ids_of(lns, n), extra) == ids_of(lns, n)
    lns.send("MSI", theirs, [Avp(w.NOS, u16(*ids_of(lns, 1)), False)], mandatory=True)
    assert lns.wait("MSI").ids(w.NOSA) == ids_of(lns, 1)


# R4045-6.2.1-6, A4045-19, R2661-4.3-2
def test_a_hidden_list_is_read(lab):
    lns = lab.lns("SECRET", SECRET, 3, secret="s3cret")
    _, theirs = lns.open_multicast()
    one, two = ids_of(lns, 1, 2)
    lns.send("MSI", theirs, [*lns.hidden(Avp(w.NOS, u16(one))),
                             *lns.hidden(Avp(w.NOS, u16(two)), 30)])
    assert sorted(lns.wait("MSI").ids(w.NOSA)) == sorted([one, two])


# A4045-44, R2661-7.1-2
@pytest.mark.parametrize("kind", (w.NOS, w.WOS))
@pytest.mark.parametrize("value", (b"", b"\1\2\3"))
def test_a_malformed_list_ends_that_multicast_session_only(lab, kind, value):
    lns = lab.lns()
    (_, other), (ours, theirs) = lns.open_multicast(), lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1))
    listed(lns, other, ids_of(lns, 2))
    lns.send("MSI", theirs, [Avp(kind, value)])
    m = lns.wait("MSEN")
    assert m.session == ours and m.result() == (2, 2) and m.number(w.SESSION_ID) == theirs
    wait_for(lambda: lab.members(theirs) is None, 5, "replication is gone")
    assert lab.members(other) == ids_of(lns, 2)
    assert listed(lns, other, ids_of(lns, 3)) == ids_of(lns, 3)


# A4045-14, A4045-45, R4045-6.3.2-3, A4045-46, S4045-X1
def test_messages_out_of_place_change_nothing(lab):
    lns = lab.lns()
    ours, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1))
    since = lns.mark()
    for session in (0, theirs ^ 0x8000, *ids_of(lns, 1)):
        lns.msi(session, ids_of(lns, 2), ids_of(lns, 1))
        lns.send("MSRP", session, [Avp(w.SESSION_ID, u16(lns.new_id()))])
        lns.send("MSE", session)
    for session in (0, theirs ^ 0x8000):
        lns.msen(lns.new_id(), session)
    lns.send("MSE", theirs)
    lns.acknowledged()
    quiet(lns, since)
    assert lab.members(theirs) == ids_of(lns, 1)
    assert lab.tunnel(lns)["state"] == "established" and len(lab.router.sessions()) == CALLS


# S4045-A7: the agent cannot do it
def test_what_the_agent_refuses_is_not_acknowledged(lab):
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    lab.agent.policy = lambda op: "no room" if op.key.HasField("l2tp_replication") else None
    since = lns.mark()
    lns.msi(theirs, ids_of(lns, 1))
    wait_for(lambda: lab.members(theirs), 5, "the agent has seen the list")
    lns.barrier()
    assert not [m for m in lns.messages[since:] if m.has(w.NOSA)]


# ---------------------------------------------------------------- the end

# R4045-7.1-1, R4045-7.2-1, S4045-A6
def test_an_msen_of_the_lns_removes_all_and_is_not_answered(lab):
    lns = lab.lns()
    ours, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1, 2))
    since = lns.mark()
    lns.msen(ours, theirs, 3)
    lns.acknowledged()
    wait_for(lambda: lab.members(theirs) is None, 5, "replication is gone")
    quiet(lns, since)
    assert not lab.multicast(lns)


# R4045-7-5, R4045-7.2-3, R4045-7.2-4
def test_the_administrator_can_end_a_session_at_the_lac(lab):
    lns = lab.lns()
    ours, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1))
    lab.vty.show(f"clear l2tp multicast session tunnel {lns.peer_tunnel_id} {theirs}")
    m = lns.wait("MSEN")
    assert m.raw[12:20] == bytes.fromhex("000800000000001b")
    assert m.session == ours and m.number(w.SESSION_ID) == theirs and m.result()[0] in (2, 3)
    wait_for(lambda: lab.members(theirs) is None, 5, "replication is gone")


# R4045-7.2-2, R2661-6.4-1, S4045-A6
def test_stopccn_removes_all(lab):
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1, 2))
    since = lns.mark()
    lab.vty.configure("l2vpn l2tp-multicast", *(f"no access a{n} static" for n in (3, 4, 5)))
    lns.until(lambda: lns.count("CDN", since) == 3, 5, "three calls end")
    lns.stop_ccn()
    lns.acknowledged()
    wait_for(lambda: lab.members(theirs) is None, 5, "replication is gone")
    assert not lab.multicast(lns)


# A4045-32, A4045-10
def test_the_end_of_a_call_takes_it_out_of_every_list(lab):
    lns = lab.lns()
    (_, a), (_, b) = lns.open_multicast(), lns.open_multicast()
    one, two, three = ids_of(lns, 1, 2, 3)
    listed(lns, a, [one, two])
    listed(lns, b, [two, three])
    since = lns.mark()
    lns.hang_up(lns.calls["a2"])
    wait_for(lambda: (lab.members(a), lab.members(b)) == ([one], [three]), 5, "purged")
    lns.msi(a, [two])
    lns.acknowledged()
    lns.barrier()
    assert not [m for m in lns.messages[since:] if m.name in ("MSI", "MSEN")]
    assert lab.members(a) == [one]


# ---------------------------------------------------------------- packets

@pytest.fixture(scope="module")
def real(lab):
    """The real agent, for the tests that look at packets."""
    lab.stop_agent()
    lab.router.start_mcfibd()
    wait_for(lab.router.consumers, 10, "mcfibd is connected")
    yield lab
    lab.router.kill("mcfibd", signal.SIGTERM)


class Users:
    """Taps at the subscribers' ends."""

    def __init__(self, lab):
        self.seen = []
        self.taps = {n: Tap(lab.hosts, f"x{n}") for n in range(1, CALLS + 1)}

    def who_gets(self, lns, theirs, payload):
        """Sends one packet on the multicast session and one on each call; the latter arrive
        at everybody and say that the former had its time."""
        end = datagram(SOURCE, "100.64.9.9", payload)
        packet = datagram(SOURCE, GROUP, payload)
        lns.raw(w.data(lns.peer_tunnel_id, theirs, packet))
        for call in lns.calls.values():
            lns.raw(w.data(lns.peer_tunnel_id, call.peer_id, PPP4 + end))
        found = {}
        for n, tap in self.taps.items():
            frames = []
            while not frames or not frames[-1].endswith(end):
                frames += tap.frames(1)
            self.seen += frames
            found[n] = sum(f.endswith(packet) for f in frames)
        return [n for n, copies in found.items() for _ in range(copies)]


# R4045-6.2-4, R4045-6.2.3-2, R4045-6.2-3, S4045-A5, A4045-26
def test_packets_reach_exactly_the_sessions_of_the_list(real):
    lns = real.lns()
    users = Users(real)
    ours, theirs = lns.open_multicast()
    assert users.who_gets(lns, theirs, b"nobody") == []
    listed(lns, theirs, ids_of(lns, 1, 2, 3))
    assert users.who_gets(lns, theirs, b"three") == [1, 2, 3]
    lns.msi(theirs, wos=ids_of(lns, 1, 2))
    lns.acknowledged()
    wait_for(lambda: users.who_gets(lns, theirs, b"one") == [3], 1, "the third only")
    lns.msen(ours, theirs, 3)
    lns.acknowledged()
    wait_for(lambda: users.who_gets(lns, theirs, b"late") == [], 1, "late data is dropped")


# R2661-3.1-4, R2661-3.1-6, R2661-3.1-7, A4045-48
def test_every_form_of_the_header_carries_the_same_packet(real):
    lns = real.lns()
    users = Users(real)
    _, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1, 2))
    for n, form in enumerate(({"length": True}, {"ns": 5}, {"offset": 0}, {"offset": 16},
                              {"priority": True}, {"length": True, "ns": 6, "offset": 2})):
        packet = datagram(SOURCE, GROUP, b"form %d" % n)
        lns.raw(l2tp(lns.peer_tunnel_id, theirs, packet, **form))
        for user in (1, 2):
            (frame,) = users.taps[user].frames(1, lambda f: b"form" in f)
            assert frame.endswith(packet)


# R2661-8.1-2
@pytest.mark.parametrize("where", ("port", "address"))
def test_data_from_another_place_is_not_replicated(real, where):
    lns = real.lns()
    users = Users(real)
    _, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1, 2))
    stranger = real.peer("stranger", **{"port": {"address": PEER, "port": 0},
                                        "address": {"address": SECRET, "port": 1701}}[where])
    stranger.raw(w.data(lns.peer_tunnel_id, theirs, datagram(SOURCE, GROUP, b"forged")))
    assert users.who_gets(lns, theirs, b"genuine") == [1, 2]
    assert not [f for f in users.seen if b"forged" in f]


# R4045-7.2-2, R4045-4.1-2, R4045-1-2, R2661-5.3-1
def test_users_packets_go_up_unchanged_until_the_tunnel_ends(real):
    lns = real.lns()
    _, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1))
    real.host[1].old("239.1.1.1", 2)
    lns.until(lambda: [d for d in lns.data_on(lns.calls["a1"].id)
                       if d.payload[:4] == PPP4 and b"\x16\0" in d.payload], 5, "the report")
    assert all(d.session == lns.calls["a1"].id for d in lns.datas)
    users = Users(real)
    lns.stop_ccn()
    lns.acknowledged()

    def silence():
        lns.raw(w.data(lns.peer_tunnel_id, theirs, datagram(SOURCE, GROUP, b"late")))
        return not [f for t in users.taps.values() for f in t.waiting() if f.endswith(b"late")]
    wait_for(silence, 2, "the agent has removed all")
