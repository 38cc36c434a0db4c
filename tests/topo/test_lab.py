# SPDX-License-Identifier: GPL-2.0-or-later
"""The first lab as a test: copies on the tunnel, loss and duplicates are counted, the wire is
read from a capture, and every daemon is killed once."""
import contextlib

import pytest

import pcap
from lab import ASM_GROUP, LNS_CORE, SESSION_LOCAL, SOURCE, SSM_GROUP, Lab
from netns import LabError, wait_for
RATE = 200


@pytest.fixture(name="build")
def _build():
    """build(...) starts a lab of that shape; it is gone after the test."""
    with contextlib.ExitStack() as stack:
        def build(**shape):
            lab = stack.enter_context(Lab(prefix="mct", **shape))
            lab.start()
            return lab
        yield build


def streaming(lab, *numbers, group=SSM_GROUP, source=SOURCE):
    """Starts the source, joins the subscribers, waits until all receive."""
    stream = lab.sender(group, RATE)
    for n in numbers:
        lab.subscribers[n - 1].join(group, source)
    for n in numbers:
        lab.subscribers[n - 1].receives(group)
    return stream


def copies(lab_tap, group, count, packets=50, timeout=20):
    """Waits until each of the newest packets crossed the link exactly `count` times."""
    wait_for(lambda: lab_tap.copies_of(group, packets) == [count] * packets, timeout,
             f"{count} copies of {group}: {lab_tap.copies_of(group, 5)}")


def at_the_end(lab, stream, *numbers, group=SSM_GROUP):
    """Stops the source; the subscribers' counts once the last packet arrived."""
    last = stream.ask("rate", 0)["sent"]

    def result(n):
        r = lab.subscribers[n - 1].result(group)
        return r if r.get("last") == last else None
    return [wait_for(lambda n=n: result(n), 10, f"packet {last} at sub{n}") for n in numbers]


def nothing_lost_or_doubled(results):
    assert all(r["received"] for r in results)
    assert [(r["lost"], r["duplicated"]) for r in results] == [(0, 0)] * len(results)


def names(path):
    return [m.name for m in pcap.control_messages(path)]


def sessions_of(lab, group=SSM_GROUP):
    """The group's multicast session at the LNS and at the LAC, None where there is none.  A LAC
    knows no group, but the ID that the LNS has of it."""
    here = next((s for s in lab.lns.multicast_sessions() if s["group"] == group), None)
    there = next((s for s in lab.lac.multicast_sessions()
                  if here and s["sessionId"] == here["peerSessionId"]), None)
    return here, there


def established(lab, group=SSM_GROUP):
    def look():
        pair = sessions_of(lab, group)
        return pair if all(s and s["state"] == "established" for s in pair) else None
    return wait_for(look, 20, f"multicast session of {group}")


# R4045-1-1: within a tunnel the flow crosses once
# R4045-4.3-2, R4045-4.3-3: the second join opens the session
# R4045-6.2.2-4: no unicast copy for acknowledged sessions; R4045-6.2.2-8: none missing before
# A4045-38: one atomic change per flow, counted as 0 lost and 0 duplicated
def test_three_copies_become_one_without_loss_or_duplicate(build):
    lab = build(threshold=100)
    tap = lab.tap()
    stream = streaming(lab, 1, 2, 3)
    copies(tap, SSM_GROUP, 3)
    assert not lab.lns.multicast_sessions()
    started = tap.newest(SSM_GROUP)
    lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", "threshold 2")
    copies(tap, SSM_GROUP, 1)
    seen = tap.copies_between(SSM_GROUP, started - 20, tap.newest(SSM_GROUP) - 1)
    assert set(seen.values()) == {1, 3}
    nothing_lost_or_doubled(at_the_end(lab, stream, 1, 2, 3))
    assert lab.subscribers[4].result(SSM_GROUP)["received"] == 0


# R4045-2-1: the payload is the IP datagram itself
# R4045-5-1: MSRQ, MSRP, MSE; R4045-4.1-13: then the OSL; R4045-4.1-3: only the LNS opens
# R4045-3.2-1, R4045-3.2-6: AVP 80 in the SCCRQ of a LAC, so the LNS may ask
def test_the_wire_shows_what_rfc_4045_says(build):
    lab = build()
    path, dump = lab.capture("wire")
    tap = lab.tap()
    stream = streaming(lab, 1, 2)
    copies(tap, SSM_GROUP, 1)
    at_the_end(lab, stream, 1, 2)
    dump.kill(15)

    order = [m for m in names(path) if m in ("MSRQ", "MSRP", "MSE", "MSI")]
    assert order[:4] == ["MSRQ", "MSRP", "MSE", "MSI"]
    asks = [m for m in pcap.control_messages(path) if m.name == "MSRQ"]
    assert {m.source for m in asks} == {LNS_CORE} and len(asks) == 1
    here, there = established(lab)
    assert tap.pure_ip == {there["sessionId"]} == {here["peerSessionId"]}
    # and tshark agrees on the message types
    types = [row[0] for row in pcap.tshark(path, "l2tp.avp.message_type",
                                           display="l2tp.avp.message_type")]
    assert [t for t in types if t in ("23", "24", "25")] == ["23", "24", "25"]
    assert lab.lns.tunnels()[0]["multicastCapable"] is True


# R4045-6.2.3-1: WOS when a subscription ends; R4045-6.2.3-2: the LAC stops forwarding to it
# R4045-7-3: below the threshold for the hold time the session ends; R4045-6.2.2-5: unicast again
def test_a_leave_withdraws_and_the_last_but_one_ends_the_session(build):
    lab = build()
    lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", "holdtime 2")
    path, _ = lab.capture("leave")
    tap = lab.tap()
    stream = streaming(lab, 1, 2, 3)
    copies(tap, SSM_GROUP, 1)
    established(lab)

    lab.subscribers[2].leave(SSM_GROUP, SOURCE)
    wait_for(lambda: "Withdraw" in str([m.details for m in pcap.control_messages(path)]), 10,
             "AVP 83 on the wire")
    copies(tap, SSM_GROUP, 1)
    assert all(sessions_of(lab)) and "MSEN" not in names(path)

    lab.subscribers[1].leave(SSM_GROUP, SOURCE)
    wait_for(lambda: "MSEN" in names(path), 15, "MSEN after the hold time")
    wait_for(lambda: not lab.lns.multicast_sessions() and not lab.lac.multicast_sessions(), 10,
             "both forget it")
    copies(tap, SSM_GROUP, 1)
    # A4045-37: back to unicast once the LAC acknowledged; no duplicate, at most one RTT lost
    result, = at_the_end(lab, stream, 1)
    assert result["duplicated"] == 0 and result["lost"] < RATE / 20


# R4045-4.3-5: nothing is sent when the OSL is empty; R4045-4.3-6: and the session is torn down
def test_the_last_leave_stops_the_stream_on_the_link(build):
    lab = build()
    path, _ = lab.capture("empty")
    tap = lab.tap()
    stream = streaming(lab, 1, 2)
    copies(tap, SSM_GROUP, 1)
    for s in lab.subscribers[:2]:
        s.leave(SSM_GROUP, SOURCE)
    wait_for(lambda: "MSEN" in names(path), 15, "MSEN")
    silent_from = stream.ask("stat")["sent"] + 1
    wait_for(lambda: stream.ask("stat")["sent"] > silent_from + RATE, 10, "a second of packets")
    assert tap.newest(SSM_GROUP) <= silent_from


# R4045-4.1-5: state per group and session; R4045-4.1-6, R4045-4.2-2: one record per tunnel
# V4045-D4: EXCLUDE {} and INCLUDE {S} make EXCLUDE {}; R4045-4.1-9: one context for it
# R4045-4.1-11: its list has who asked for it, and nobody else
def test_sessions_have_their_state_and_the_tunnel_its_record(build):
    lab = build(subscribers=3)
    lab.subscribers[0].igmp_version(2)
    lab.subscribers[0].join(ASM_GROUP)
    lab.subscribers[1].join(ASM_GROUP, SOURCE)
    groups = wait_for(lambda: (lambda g: g if len(g) == 2 else None)(
        lab.lns.show("l2tp multicast group").get("groups", [])), 10, "two memberships")
    assert {(g["interface"], g["mode"], *g["sources"]) for g in groups} == {
        ("s-a1", "EXCLUDE"), ("s-a2", "INCLUDE", SOURCE)}
    records = lab.lns.show("l2tp multicast record")["records"]
    assert [(r["group"], r["mode"], r["sources"]) for r in records] == [(ASM_GROUP, "EXCLUDE", [])]
    here, _ = established(lab, ASM_GROUP)
    assert len(lab.lns.multicast_sessions()) == 1
    assert {s["interface"] for s in here["outgoingSessions"]} == {"s-a1", "s-a2"}
    wait_for(lambda: {s["interface"] for s in sessions_of(lab, ASM_GROUP)[1]["outgoingSessions"]}
             == {"a1", "a2"}, 10, "the LAC has them too")


# R4045-4.2-4: a plain join counts as EXCLUDE {}; R4045-4.1-1
def test_igmpv2_and_igmpv3_hosts_share_one_multicast_session(build):
    lab = build()
    tap = lab.tap()
    lab.subscribers[0].igmp_version(2)
    stream = streaming(lab, 1, 2, group=ASM_GROUP, source=None)
    copies(tap, ASM_GROUP, 1)
    established(lab, ASM_GROUP)
    nothing_lost_or_doubled(at_the_end(lab, stream, 1, 2, group=ASM_GROUP))


# R4045-5.1-2: no MSRQ without AVP 80; R4045-3.2-8: the administrator switches it off
@pytest.mark.parametrize("side", [{"lac_negotiate": "disable"}, {"negotiate": "disable",
                                                                 "lac_negotiate": "negotiate"}])
def test_without_the_extension_every_subscriber_gets_a_unicast_copy(build, side):
    lab = build(**side)
    path, _ = lab.capture("disabled")
    tap = lab.tap()
    stream = streaming(lab, 1, 2, 3)
    copies(tap, SSM_GROUP, 3)
    wait_for(lambda: stream.ask("stat")["sent"] > 5 * RATE, 20, "five seconds of packets")
    copies(tap, SSM_GROUP, 3)
    assert "MSRQ" not in names(path) and not tap.pure_ip
    nothing_lost_or_doubled(at_the_end(lab, stream, 1, 2, 3))


# R4045-1-4, R4045-4.1-2: unicast of a session crosses the tunnel both ways, unchanged
def test_unicast_packets_cross_the_tunnel_both_ways(build):
    lab = build(subscribers=2)
    assert lab.subscribers[0].ping(SESSION_LOCAL)
    assert lab.subscribers[1].ping(SOURCE)


# R4045-6.2-1, R4045-6.2.1-2: who joins later is listed in the session that runs.  Between the LAC's start and
# the LNS's receipt of the acknowledgement it may get a packet twice (6.2.2), never too few.
def test_a_late_joiner_loses_nothing(build):
    lab = build()
    tap = lab.tap()
    stream = streaming(lab, 1, 2)
    copies(tap, SSM_GROUP, 1)
    here, _ = established(lab)
    lab.subscribers[2].join(SSM_GROUP, SOURCE)
    lab.subscribers[2].receives(SSM_GROUP)
    wait_for(lambda: established(lab)[0]["acked"] == 3, 10, "the third is acknowledged")
    copies(tap, SSM_GROUP, 1)
    assert established(lab)[0]["sessionId"] == here["sessionId"]
    results = at_the_end(lab, stream, 1, 2, 3)
    nothing_lost_or_doubled(results[:2])
    assert results[2]["lost"] == 0 and results[2]["duplicated"] < RATE / 10


# beyond the 31 multicast interfaces of the kernel
def test_forty_session_interfaces_one_copy(build):
    lab = build(subscribers=40, threshold=100)
    tap = lab.tap()
    everyone = range(1, 41)
    stream = streaming(lab, *everyone)
    copies(tap, SSM_GROUP, 40)
    lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", "threshold 2")
    copies(tap, SSM_GROUP, 1)
    assert [len(s["outgoingSessions"]) for s in established(lab)] == [40, 40]
    nothing_lost_or_doubled(at_the_end(lab, stream, *everyone))


def running(build):
    lab = build()
    tap = lab.tap()
    stream = streaming(lab, 1, 2, 3)
    copies(tap, SSM_GROUP, 1)
    return lab, tap, stream


def receive_again(lab, stream, *numbers):
    """The subscribers receive what is sent from now on."""
    mark = stream.ask("stat")["sent"]
    for n in numbers:
        wait_for(lambda n=n: lab.subscribers[n - 1].result(SSM_GROUP)["last"] > mark + 50, 60,
                 f"sub{n} receives again")


def doubled(lab, *numbers):
    return [lab.subscribers[n - 1].result(SSM_GROUP)["duplicated"] for n in numbers]


@pytest.mark.parametrize("role", ["lns", "lac"])
def test_a_killed_agent_keeps_forwarding_and_comes_back(build, role):
    lab, tap, stream = running(build)
    router = getattr(lab, role)
    router.kill("mcfibd")
    mark = stream.ask("stat")["sent"]
    wait_for(lambda: stream.ask("stat")["sent"] > mark + RATE, 10, "a second without the agent")
    router.start_mcfibd()
    wait_for(router.consumers, 20, "the agent is back")
    copies(tap, SSM_GROUP, 1)
    nothing_lost_or_doubled(at_the_end(lab, stream, 1, 2, 3))


def test_a_killed_pimd_comes_back_and_so_does_the_stream(build):
    lab, tap, stream = running(build)
    lab.lns.kill("pimd")
    lab.lns.start_pimd()
    receive_again(lab, stream, 1, 2, 3)
    copies(tap, SSM_GROUP, 1)
    assert max(doubled(lab, 1, 2, 3)) < RATE / 10


@pytest.mark.parametrize("role", ["lns", "lac"])
def test_a_killed_daemon_comes_back_and_so_does_the_stream(build, role):
    lab, tap, stream = running(build)
    router = getattr(lab, role)
    router.kill("l2mcd")
    router.start_l2mcd()
    lab.wait_established(90)
    receive_again(lab, stream, 1, 2, 3)
    copies(tap, SSM_GROUP, 1, timeout=60)
    assert max(doubled(lab, 1, 2, 3)) < RATE / 10


# R4045-7.2-2: the end of the control connection ends its multicast sessions
def test_clear_tunnel_ends_everything_and_calls_again(build):
    lab, tap, stream = running(build)
    path, _ = lab.capture("clear")
    before = lab.lns.tunnels()[0]["tunnelId"]
    lab.lns.vty["l2mcd"].show("clear l2tp tunnel all")
    wait_for(lambda: "StopCCN" in names(path), 10, "StopCCN")
    wait_for(lambda: [t for t in lab.lns.tunnels() if t["tunnelId"] != before], 30, "a new tunnel")
    lab.wait_established(60)
    receive_again(lab, stream, 1, 2, 3)
    copies(tap, SSM_GROUP, 1, timeout=60)
    assert "MSEN" not in names(path)
    assert max(doubled(lab, 1, 2, 3)) < RATE / 10


def test_every_show_command_answers_json_and_every_object_is_installed(build):
    lab, tap, _ = running(build)
    for router in (lab.lns, lab.lac):
        for what in ("l2tp", "l2tp tunnel", "l2tp tunnel detail", "l2tp session", "l2tp reliable",
                     "l2tp multicast", "l2tp multicast group", "l2tp multicast record",
                     "l2tp multicast session", "l2tp history", "l2tp statistics", "fib consumer",
                     "fib entry", "fib statistics"):
            assert isinstance(router.show(what), dict), what
            router.vty["l2mcd"].show("show " + what)
        entries = router.show("fib entry")["entries"]
        assert entries and {e["fib"]["status"] for e in entries} == {"installed"}
    with pytest.raises(LabError):
        lab.lns.vty["l2mcd"].show("show l2tp nonsense")
