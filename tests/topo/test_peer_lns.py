# SPDX-License-Identifier: GPL-2.0-or-later
"""Our LNS as a scripted LAC sees it: RFC 4045 on the wire, with the real forwarding agent."""
import collections
import time

import pytest

import l2tp_wire as w
from forwarders import Tap, checksum
from l2tp_wire import Avp, u16, u32
from lns_lab import (GROUP, OTHER, SOURCE, clean, ids_of, joined, lab, members, no_msrq,  # noqa: F401
                     opened, with_calls)
from netns import wait_for

# ---------------------------------------------------------------- encapsulation

def udp_sum(frame):
    """Checksum of the UDP datagram in an Ethernet frame, and what it should be."""
    head = (frame[14] & 15) * 4
    ip, udp = frame[14:14 + head], frame[14 + head:14 + int.from_bytes(frame[16:18], "big")]
    pseudo = ip[12:20] + b"\0\x11" + u16(len(udp))
    return udp[6:8], u16(checksum(pseudo + udp[:6] + b"\0\0" + udp[8:]) or 0xffff)


# R2661-8.1-3, R2661-8.2-1
def test_control_and_data_go_over_udp_with_checksums_unless_told_otherwise(lab):
    tap = Tap(lab.outside, "eth0")
    lac = with_calls(lab, 3)
    ours, _ = opened(lab, lac, 3)
    assert lab.copies(lac) == {ours: 10}
    frames = [f for f in tap.waiting() if f[12:14] == b"\x08\0" and f[23] == 17
              and f[34:36] == u16(1701)]
    tap.close()
    control = [f for f in frames if f[42] & 0x80]
    data = [f for f in frames if not f[42] & 0x80]
    assert len(control) > 10 and len(data) >= 10
    for frame in frames:
        found, right = udp_sum(frame)
        assert found == right and found != b"\0\0"


# ---------------------------------------------------------------- capability

# R4045-5.1-2, R4045-6.2.2-8
def test_a_lac_without_the_capability_never_gets_an_msrq(lab):
    lac = with_calls(lab, 10, capability=False)
    joined(lab, *range(1, 11))
    members(lab, 10)
    no_msrq(lac)
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, *range(1, 11))}


# R4045-3.2-5, R4045-3.2-8, R2661-4.2-1
def test_a_lac_for_which_multicast_is_disabled_never_gets_an_msrq(lab):
    off, other = with_calls(lab, 2, "off"), lab.peer("other", address="10.9.0.3")
    joined(lab, 1, 2)
    members(lab, 2)
    no_msrq(off)
    assert lab.tunnel(off)["state"] == "established"
    other.open()
    other.call("a3")
    other.call("a4")
    joined(lab, 3, 4)
    other.wait("MSRQ")
    no_msrq(off)


# R4045-3.1-2, R4045-3.2-7, R4045-4.2-3
def test_the_capability_holds_for_its_own_tunnel_only(lab):
    without, with_it = lab.peer("lac", capability=False), lab.peer("lac")
    for lac in (without, with_it):
        assert not lac.open().has(w.CAPABILITY)
    for n, lac in ((1, without), (2, without), (3, with_it), (4, with_it)):
        lac.call(f"a{n}")
    joined(lab, 1, 2, 3, 4)
    with_it.wait("MSRQ")
    assert with_it.wait("MSI").ids(w.NOS) == ids_of(with_it, 3, 4)
    no_msrq(without)
    records = lab.router.show("l2tp multicast record")["records"]
    assert sorted((r["tunnelId"], r["members"]) for r in records) == sorted(
        (lac.peer_tunnel_id, 2) for lac in (without, with_it))


# R4045-3.2-4, R4045-6.2.1-6, R2661-4.3-3, R2661-4.3-4
@pytest.mark.parametrize("padding", (0, 7, 40))
def test_hidden_avps_of_the_lac_are_read(lab, padding):
    lac = lab.peer("secret", secret="s3cret", capability=False)

    def respond(m):
        ours = lac.new_id()
        lac.multicast[ours] = m.number(w.SESSION_ID)
        lac.send("MSRP", lac.multicast[ours],
                 lac.hidden(Avp(w.SESSION_ID, u16(ours)), padding))
        lac.send("MSE", lac.multicast[ours])
    lac.on["MSRQ"] = respond
    lac.on["MSI"] = lambda m: lac.send("MSI", lac.multicast[m.session], lac.hidden(
        Avp(w.NOSA, u16(*m.ids(w.NOS))), padding))
    lac.open(extra=lac.hidden(Avp(w.CAPABILITY), max(padding, 2)))
    lac.call("a1")
    lac.call("a2")
    opened(lab, lac, 2)


# R4045-6.2.1-6, R4045-6.2.3-3, R2661-4.3-1, R2661-4.3-2, R2661-4.3-3, R2661-4.4.1-1, R2661-4.4.1-3
def test_with_hiding_configured_lists_are_hidden_and_message_types_are_not(lab):
    lac = with_calls(lab, 2, "hiding", secret="s3cret")
    opened(lab, lac, 2)
    lac.mark()
    lab.host[1].leave(GROUP, SOURCE)
    assert lac.wait("MSI").ids(w.WOS) == ids_of(lac, 1)
    mine = [m for m in lac.messages if m.name in ("MSRQ", "MSI")]
    for m in mine:
        hidden = {a.type: a.hidden for a in m.avps}
        assert not hidden.pop(w.MESSAGE_TYPE) and not hidden.pop(w.RANDOM_VECTOR)
        assert hidden and all(hidden.values()) and len(m.get(w.RANDOM_VECTOR)) >= 16
    assert sorted(mine[1].ids(w.NOS)) == sorted(ids_of(lac, 1, 2))


# ---------------------------------------------------------------- opening

# R4045-4.3-2, R4045-4.3-3, R4045-5-1, R4045-5.1-1, R4045-5.1-4, R4045-5.1-7, R4045-5.1-8
def test_the_second_join_sends_one_msrq(lab):
    lac = with_calls(lab, 2)
    joined(lab, 1)
    members(lab, 1)
    no_msrq(lac)
    joined(lab, 2)
    m = lac.wait("MSRQ")
    assert m.session == 0 and [a.type for a in m.avps] == [w.MESSAGE_TYPE, w.SESSION_ID]
    assert m.raw[12:20] == bytes.fromhex("0008000000000017") and m.number(w.SESSION_ID)
    lac.barrier()
    assert lac.count("MSRQ") == 1


# R4045-5.3-1, R4045-6.1-1, R4045-6.1-2, R4045-6.1-3, R4045-6.2.1-1, R4045-6.2.1-2, R4045-6.2.1-5,
# R4045-4.1-13, R4045-5-2, A4045-1, A4045-13
def test_sessions_are_listed_after_mse_and_not_before(lab):
    lac = with_calls(lab, 2)
    lac.on["MSRQ"] = lac.response_to
    joined(lab, 1, 2)
    lac.wait("MSRQ")
    lac.barrier()
    assert lac.count("MSI") == 0
    ours, theirs = next(iter(lac.multicast.items()))
    since = len(lac.arrivals)
    lac.send("MSE", theirs)
    m = lac.wait("MSI")
    assert lac.arrivals[since].name == "MSI"  # no ZLB: the MSI acknowledges
    assert m.nr == lac.arrivals[since - 1].nr + 1
    assert m.session == ours and m.raw[12:20] == bytes.fromhex("000800000000001a")
    assert m.raw[20:] == bytes.fromhex("800a00000051") + u16(*ids_of(lac, 1, 2))


# R4045-4.3-1, R4045-4.3-2
def test_threshold_3_opens_at_the_third_join(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "threshold 3")
    lac = with_calls(lab, 3)
    joined(lab, 1, 2)
    members(lab, 2)
    no_msrq(lac)
    joined(lab, 3)
    lac.wait("MSRQ")
    assert sorted(lac.wait("MSI").ids(w.NOS)) == sorted(ids_of(lac, 1, 2, 3))


# R4045-5.1-5, R4045-5.1-6
@pytest.mark.parametrize("configured,sent", ((4_000_000, 4_000_000), (100_000_000, 10_000_000)))
def test_maximum_bps_is_at_most_the_fastest_connection(lab, configured, sent):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", f"maximum-bps {configured}")
    lac = with_calls(lab, 2)
    joined(lab, 1, 2)
    assert lac.wait("MSRQ").get(w.MAXIMUM_BPS) == u32(sent)


# R4045-4.1-1, R4045-4.2-4: an old report counts as EXCLUDE {}
@pytest.mark.parametrize("versions", ((1, 1), (2, 2), (1, 2), (2, 3), (3, 3)))
def test_hosts_of_every_igmp_version_are_served(lab, versions):
    group = "239.1.1.1"
    lac = with_calls(lab, 2)
    for n, version in enumerate(versions, 1):
        lab.host[n].join(group) if version == 3 else lab.host[n].old(group, version)
    lac.wait("MSRQ")
    wait_for(lambda: [m for m in lab.multicast(lac) if m["acked"] == 2], 5, "both acknowledged")
    (record,) = lab.router.show("l2tp multicast record")["records"]
    assert (record["mode"], record["sources"]) == ("EXCLUDE", [])
    assert set(lab.copies(lac, group, OTHER)) == set(lac.multicast)


# R4045-4.1-8, R4045-4.1-10, R4045-4.1-12, R4045-10-1, V4045-A2a.1, V4045-A2b.1
@pytest.mark.parametrize("policy,expected", (
    ("per-source", [(1, 2, 3, 4, 5, 6), (4, 5, 6, 7, 8, 9)]),
    ("per-group", [tuple(range(1, 10))])))
def test_the_include_policy_decides_how_many_sessions_are_opened(lab, policy, expected):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", f"replication-context {policy}")
    lac = with_calls(lab, 9)
    joined(lab, 1, 2, 3)
    joined(lab, 4, 5, 6, sources=(SOURCE, OTHER))
    joined(lab, 7, 8, 9, sources=(OTHER,))
    members(lab, 9)
    numbers = {lac.calls[f"a{n}"].id: n for n in range(1, 10)}

    def lists():
        listed = collections.defaultdict(set)
        for m in lac.messages:
            if m.name == "MSI":
                listed[m.session] |= {numbers[i] for i in m.ids(w.NOS)}
        return sorted(tuple(sorted(x)) for x in listed.values())
    lac.until(lambda: lists() == expected, 5, "the lists of the example")
    assert lac.count("MSRQ") == len(expected)
    a, b = lab.copies(lac), lab.copies(lac, source=OTHER)
    assert sum(a.values()) == sum(b.values()) == 10
    assert (set(a) == set(b)) is (policy == "per-group")


# A4045-30, S4045-L4, R4045-6.2.2-8: timer 10 s; the hold-off of 60 s is in tests/unit
def test_who_does_not_answer_in_10_seconds_gets_msen_and_unicast_copies(lab):
    silent, half = with_calls(lab, 2), lab.peer("lac", address="10.9.0.3")
    half.open()
    half.call("a3")
    half.call("a4")
    silent.on["MSRQ"], half.on["MSRQ"] = None, half.response_to
    joined(lab, 1, 2, 3, 4)
    for lac, numbers in ((silent, (1, 2)), (half, (3, 4))):
        asked = lac.wait("MSRQ")
        assert lab.copies(lac) == {i: 10 for i in ids_of(lac, *numbers)}
        m = lac.wait("MSEN", 12)
        assert 9.5 < m.when - asked.when < 11.5
        assert m.result() in ((2, 0), (2, None)) and m.get(w.SESSION_ID) == asked.get(w.SESSION_ID)
        since = lac.mark()
        assert lab.copies(lac) == {i: 10 for i in ids_of(lac, *numbers)}
        no_msrq(lac, since)


# A4045-29, S4045-L8
def test_a_refusal_leaves_all_on_unicast_and_is_not_repeated(lab):
    lac = with_calls(lab, 3)
    lac.on["MSRQ"] = lambda m: lac.msen(lac.new_id(), m.number(w.SESSION_ID), 2, 4)
    joined(lab, 1, 2)
    lac.wait("MSRQ")
    since = lac.mark()
    lac.acknowledged()
    joined(lab, 3)
    members(lab, 3)
    no_msrq(lac, since)
    assert lac.count("MSEN") == 0
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2, 3)}


# ---------------------------------------------------------------- who gets which copy

# R4045-1-1, R4045-2-1, R4045-6.2.2-4, A4045-26, A4045-38
def test_acknowledged_sessions_share_one_copy_without_ppp(lab):
    lac = with_calls(lab, 3)
    ours, _ = opened(lab, lac, 3)
    assert lab.copies(lac, n=50) == {ours: 50}
    packets = [d.payload for d in lac.data_on(ours)]
    assert all(p[0] == 0x45 for p in packets) and len(set(packets)) == 50


# R4045-6.2.2-2: no data on the multicast session before AVP 82
def test_before_the_acknowledgement_all_is_sent_on_unicast(lab):
    lac = with_calls(lab, 2)
    lac.on["MSI"] = None
    joined(lab, 1, 2)
    m = lac.wait("MSI")
    for _ in range(3):
        assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2)}
    lac.nosa(m.session, m.ids(w.NOS))
    wait_for(lambda: [x for x in lab.multicast(lac) if x["acked"] == 2], 5, "acknowledged")
    assert lab.copies(lac) == {m.session: 10}


# R4045-6.2.2-3, R4045-6.2.2-8
def test_who_was_not_acknowledged_keeps_a_unicast_copy(lab):
    lac = with_calls(lab, 3)
    lac.on["MSI"] = lambda m: lac.nosa(m.session, [i for i in m.ids(w.NOS)
                                                   if i != lac.calls["a3"].id])
    joined(lab, 1, 2, 3)
    ours = lac.wait("MSI").session
    wait_for(lambda: [x for x in lab.multicast(lac) if x["listed"] == 3 and x["acked"] == 2], 5,
             "two of three")
    assert lab.copies(lac) == {ours: 10, lac.calls["a3"].id: 10}


# R4045-6.2.2-6
def test_an_acknowledgement_of_a_session_not_listed_is_ignored(lab):
    lac = with_calls(lab, 3)
    lac.on["MSI"] = None
    joined(lab, 1, 2)
    m = lac.wait("MSI")
    before = lab.statistics()["lns"]["foreignAcks"]
    lac.nosa(m.session, [lac.calls["a3"].id, 0, m.session])
    lac.acknowledged()
    assert lab.statistics()["lns"]["foreignAcks"] == before + 3
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2)}
    lac.nosa(m.session, ids_of(lac, 1, 3))
    wait_for(lambda: [x for x in lab.multicast(lac) if x["acked"] == 1], 5, "one acknowledged")
    assert lab.copies(lac) == {m.session: 10, lac.calls["a2"].id: 10}


# R4045-6.2.2-7, R4045-6.2.2-8, A4045-12
def test_sessions_never_acknowledged_stay_on_unicast_and_are_listed_again(lab):
    lac = with_calls(lab, 3)
    lac.on["MSI"] = None
    joined(lab, 1, 2)
    first = lac.wait("MSI")
    assert first.ids(w.NOS) == ids_of(lac, 1, 2)
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2)}
    again = lac.wait("MSI", 33)
    assert again.ids(w.NOS) == ids_of(lac, 1, 2) and 29 < again.when - first.when < 32
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2)}


# R4045-6.2.2-5, R4045-7-5, R4045-7.1-1, R4045-7.2-1, A4045-5
def test_after_an_msen_of_the_lac_unicast_copies_resume(lab):
    lac = with_calls(lab, 2)
    ours, theirs = opened(lab, lac, 2)
    assert lab.copies(lac) == {ours: 10}
    since = lac.mark()
    lac.msen(ours, theirs, 1)
    lac.acknowledged()
    (row,) = lab.multicast(lac)  # the context alone, until it may try again
    assert (row["state"], row["sessionId"], row["acked"]) == ("hold-off", 0, 0)
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2)}
    assert [m.name for m in lac.messages[since:]] == []
    lab.host[1].leave(GROUP, SOURCE)
    joined(lab, 1)
    no_msrq(lac, since)  # the hold-off; its end is in tests/unit


# A4045-47, S4045-L9
def test_messages_that_cross_an_msen_are_dropped(lab):
    lac = with_calls(lab, 2)
    ours, theirs = opened(lab, lac, 2)
    lac.on, since = {}, lac.mark()
    lac.silent = True  # what follows is sent before the MSEN is acknowledged
    lab.vty.show(f"clear l2tp multicast session tunnel {lac.peer_tunnel_id} {theirs}")
    lac.until(lambda: [m for m in lac.arrivals if m.name == "MSEN"], 3, "an MSEN")
    nr = lac.nr
    lac.nosa(ours, ids_of(lac, 1, 2))
    lac.send("MSE", theirs)
    lac.msen(ours, theirs, 1)
    (row,) = [m for m in lab.multicast(lac) if m["sessionId"] == theirs]
    assert (row["state"], row["acked"], lac.nr) == ("closing", 0, nr)
    lac.silent = False
    lac.acknowledged()
    lac.until(lambda: lac.nr != nr, 3, "the MSEN is acknowledged")
    lac.barrier()
    assert [m.name for m in lac.messages[since:] if m.name != "MSRQ"] == ["MSEN"]
    assert not [m for m in lab.multicast(lac) if m["sessionId"] == theirs]
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2)}


# R4045-5.3-4, A4045-18
@pytest.mark.parametrize("required", (True, False))
def test_sequencing_is_what_mse_asked_for(lab, required):
    lac = with_calls(lab, 2)

    def respond(m):
        ours = lac.response_to(m)
        lac.send("MSE", lac.multicast[ours], [Avp(w.SEQUENCING)] if required else [])
    lac.on["MSRQ"] = respond
    ours, _ = opened(lab, lac, 2)
    assert lab.copies(lac, n=20) == {ours: 20}
    numbers = [d.ns for d in lac.data_on(ours)]
    assert numbers == (list(range(20)) if required else [None] * 20)


# R4045-8-3, A4045-28, V4045-D9
def test_a_sequenced_session_is_never_listed(lab):
    lac = lab.peer()
    lac.open()
    for n in (1, 2, 3):
        lac.call(f"a{n}", [Avp(w.SEQUENCING)] if n == 3 else [])
    joined(lab, 3, 1)
    members(lab, 2)
    no_msrq(lac)
    joined(lab, 2)
    m = lac.wait("MSI")
    assert sorted(m.ids(w.NOS)) == sorted(ids_of(lac, 1, 2))
    wait_for(lambda: [x for x in lab.multicast(lac) if x["acked"] == 2], 5, "acknowledged")
    assert lab.copies(lac) == {m.session: 10, lac.calls["a3"].id: 10}
    assert not [x for x in lac.messages if lac.calls["a3"].id in x.ids(w.NOS)]


# R4045-4.1-4, R4045-1-2
def test_every_session_is_queried_also_after_it_moved_to_a_multicast_session(lab):
    lac = with_calls(lab, 2)
    opened(lab, lac, 2)
    queries = lambda: {d.session for d in lac.datas if b"\xe0\0\0\1" in d.payload}  # noqa: E731
    lac.until(lambda: queries() == set(ids_of(lac, 1, 2)), 5, "a general query in each session")


# ---------------------------------------------------------------- changes

# R4045-6.2-1, R4045-6.2-2, R4045-6.2.1-4
def test_a_later_join_lists_only_the_new_session(lab):
    lac = with_calls(lab, 3)
    ours, _ = opened(lab, lac, 2)
    lac.mark()
    joined(lab, 3)
    m = lac.wait("MSI")
    assert (m.session, m.ids(w.NOS), m.ids(w.WOS)) == (ours, ids_of(lac, 3), [])


# R4045-6.2-1, R4045-6.2.3-1, R4045-6.2.3-3, R4045-4.2-1
def test_a_leave_withdraws_the_session(lab):
    lac = with_calls(lab, 3)
    ours, _ = opened(lab, lac, 3)
    lac.mark()
    lab.host[2].leave(GROUP, SOURCE)
    m = lac.wait("MSI")
    assert m.session == ours
    assert m.raw[20:] == bytes.fromhex("800800000053") + u16(lac.calls["a2"].id)
    members(lab, 2)
    assert lab.copies(lac) == {ours: 10}


# R4045-4.3-5, R4045-4.3-6, R4045-7-1, R4045-7.2-3, R4045-7.2-4, R4045-7.3-3, A4045-35
def test_an_empty_list_ends_the_session_without_hold_time(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "holdtime 60")
    lac = with_calls(lab, 2)
    ours, theirs = opened(lab, lac, 2)
    lac.mark()
    for n in (1, 2):
        lab.host[n].leave(GROUP, SOURCE)
    m = lac.wait("MSEN")
    assert m.session == ours and m.result() == (3, None)
    assert m.number(w.SESSION_ID) == theirs
    assert m.raw[12:20] == bytes.fromhex("000800000000001b")
    withdrawn = {i for x in lac.messages for i in x.ids(w.WOS)}
    assert withdrawn <= set(ids_of(lac, 1, 2))
    assert lab.copies(lac) == {}


# R4045-7-3, R4045-7-4, A4045-35, A4045-37
def test_below_the_threshold_the_session_ends_after_the_hold_time(lab):
    lac = with_calls(lab, 2)
    ours, _ = opened(lab, lac, 2)
    lac.mark()
    lab.host[2].leave(GROUP, SOURCE)
    left = lac.wait("MSI")
    m = lac.wait("MSEN", 3)
    assert 0.9 < m.when - left.when < 1.5 and m.result() == (3, None)
    assert lab.copies(lac) == {lac.calls["a1"].id: 10}


# R4045-7-3
def test_a_join_within_the_hold_time_saves_the_session(lab):
    lac = with_calls(lab, 2)
    ours, _ = opened(lab, lac, 2)
    for _ in range(3):
        lac.mark()
        lab.host[2].leave(GROUP, SOURCE)
        assert lac.wait("MSI").ids(w.WOS) == ids_of(lac, 2)
        joined(lab, 2)
        assert lac.wait("MSI").ids(w.NOS) == ids_of(lac, 2)
        time.sleep(0.5)  # three times half the hold time
    assert lac.count("MSEN") == 0 and lab.copies(lac) == {ours: 10}


# R4045-7-2
def test_between_both_thresholds_the_session_stays(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "threshold 3 teardown 2", "holdtime 0")
    lac = with_calls(lab, 3)
    ours, _ = opened(lab, lac, 3)
    lac.mark()
    lab.host[3].leave(GROUP, SOURCE)
    lac.wait("MSI")
    lac.barrier()
    assert lac.count("MSEN") == 0 and lab.copies(lac) == {ours: 10}
    lab.host[2].leave(GROUP, SOURCE)
    assert lac.wait("MSEN").result() == (3, None)


# A4045-32, R2661-6.12-1
def test_the_end_of_a_call_purges_it_without_a_withdrawal(lab):
    lac = with_calls(lab, 3)
    ours, _ = opened(lab, lac, 3)
    since, call = lac.mark(), lac.calls["a2"]
    lac.hang_up(call)
    lac.acknowledged()
    (row,) = lab.multicast(lac)
    assert row["acked"] == row["listed"] == 2
    assert lab.copies(lac) == {ours: 10}
    assert [m.name for m in lac.messages[since:]] == []
    lac.hang_up(lac.calls["a1"])
    assert lac.wait("MSEN", 3).result()[0] == 3


# R4045-7.2-2, R2661-6.4-1, F2661-C16
def test_stopccn_ends_calls_and_multicast_sessions_without_other_messages(lab):
    lac = with_calls(lab, 3)
    opened(lab, lac, 3)
    since = lac.mark()
    lac.stop_ccn()
    lac.acknowledged()
    assert not lab.multicast(lac) and not lab.router.sessions()
    assert lab.tunnel(lac)["state"] == "closing"
    assert lac.messages[since:] == []
    wait_for(lambda: not lab.entries(), 5, "no forwarding object")


# R4045-4.2-3, V4045-D12
def test_members_of_two_tunnels_are_not_added_up(lab):
    one, two = lab.peer(), lab.peer(address="10.9.0.3")
    for n, lac in ((1, one), (2, two)):
        lac.open()
        lac.call(f"a{n}")
    joined(lab, 1, 2)
    members(lab, 2)
    no_msrq(one)
    no_msrq(two)


# R4045-4.3-7, R4045-4.3-8, R4045-4.3-9, R4045-4.3-10, R4045-4.3-13, R4045-4.3-14, R4045-4.3-15,
# R4045-4.3-16, R4045-4.3-17, R4045-7.3-4, R4045-4.2-4, V4045-A4.1, V4045-A4.2, V4045-A4.3
def test_example_4_of_the_rfc(lab):
    lac = with_calls(lab, 4)
    group = "239.1.1.1"
    joined(lab, 1, 2, 3, group=group, sources=(SOURCE, OTHER))
    wait_for(lambda: [m["acked"] for m in lab.multicast(lac)] == [3, 3], 5, "two sessions")
    both, four = set(lac.multicast), lac.calls["a4"].id
    since = lac.mark()
    lab.host[4].old(group, 2)
    ended = lac.wait("MSEN").session
    (kept,) = both - {ended}
    step = lac.messages[since:]
    assert [(m.session, m.ids(w.NOS)) for m in step if m.ids(w.NOS)] == [(kept, [four])]
    assert step[-1].result()[0] == 4 and not [m for m in step if m.name == "MSRQ"]
    assert lab.copies(lac, group) == lab.copies(lac, group, OTHER) == {kept: 10}
    lac.mark()
    lab.host[4].leave2(group)
    lac.wait("MSRQ", 5)
    m = lac.wait("MSI", want=lambda m: m.ids(w.NOS))
    assert sorted(m.ids(w.NOS)) == sorted(ids_of(lac, 1, 2, 3)) and m.session not in both
    gone = lac.wait("MSI", want=lambda m: m.ids(w.WOS))
    assert (gone.session, gone.ids(w.WOS)) == (kept, [four])
    assert sorted(map(tuple, (lab.copies(lac, group), lab.copies(lac, group, OTHER)))) == sorted(
        [(kept,), (m.session,)])


# ---------------------------------------------------------------- messages that are wrong

# A4045-44, R2661-7.1-2
@pytest.mark.parametrize("value", (b"", b"\0", b"\1\2\3"))
def test_a_malformed_list_ends_that_multicast_session_only(lab, value):
    lac = with_calls(lab, 3)
    other, _ = opened(lab, lac, 2, group="232.2.2.2")
    ours, theirs = opened(lab, lac, 3)
    since = lac.mark()
    lac.send("MSI", theirs, [Avp(w.NOSA, value)])
    m = lac.wait("MSEN")
    assert m.session == ours and m.result() == (2, 2)
    assert [x.name for x in lac.messages[since:]] == ["MSEN"]
    assert [x["peerSessionId"] for x in lab.multicast(lac) if x["state"] == "established"] == [other]
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2, 3)}
    assert len(lab.router.sessions()) == 3


# A4045-14, A4045-46, S4045-X1
def test_messages_out_of_place_change_nothing(lab):
    lac = with_calls(lab, 2)
    ours, theirs = opened(lab, lac, 2)
    since = lac.mark()
    for session in (0, 0xfff0, lac.calls["a1"].peer_id):
        lac.send("MSI", session, [Avp(w.NOSA, u16(lac.calls["a1"].id))])
        lac.send("MSE", session)
        lac.send("MSRP", session, [Avp(w.SESSION_ID, u16(lac.new_id()))])
    lac.send("MSE", theirs)
    lac.send("MSRP", theirs, [Avp(w.SESSION_ID, u16(lac.new_id()))])
    lac.send("MSRQ", 0, [Avp(w.SESSION_ID, u16(lac.new_id()))])
    lac.acknowledged()
    lac.barrier()
    assert lac.messages[since:] == [] and lab.tunnel(lac)["state"] == "established"
    assert lab.copies(lac) == {ours: 10}


# R2661-4.1-4, R4045-6.1-5, R4045-5.2-3, A4045-16
def test_avps_not_known_and_not_mandatory_are_ignored(lab):
    unknown = [Avp(9999, b"x", False), Avp(0, b"\0\4", False, vendor=9),
               Avp(w.RANDOM_VECTOR, bytes(16))]
    lac = lab.peer()

    def respond(m):
        ours = lac.new_id()
        lac.multicast[ours] = m.number(w.SESSION_ID)
        lac.send("MSRP", lac.multicast[ours], [Avp(w.SESSION_ID, u16(ours)), *unknown], True)
        lac.send("MSE", lac.multicast[ours], unknown, True)
    lac.on["MSRQ"] = respond
    lac.on["MSI"] = lambda m: lac.send("MSI", lac.multicast[m.session], [
        *unknown, Avp(w.PRIORITY, u16(2)), Avp(w.NOSA, u16(*m.ids(w.NOS)), False)])
    lac.open(extra=unknown)
    for n in (1, 2):
        lac.call(f"a{n}", unknown)
    ours, _ = opened(lab, lac, 2)
    assert lab.copies(lac) == {ours: 10}
