# SPDX-License-Identifier: GPL-2.0-or-later
"""PPPoE subscribers -- LAC -- LNS -- pimd -- source, all real: PPP in the kernel, one copy on the
tunnel, and what happens when one of them is killed.  The tests build on each other."""
import signal

import pytest

from chain_lab import SESSION_LOCAL, SOURCE, VLAN, ChainLab, wait_for
from lab import SSM_GROUP

RATE = 50


@pytest.fixture(scope="module")
def lab():
    with ChainLab() as lab:
        lab.start()
        yield lab


@pytest.fixture(scope="module")
def stream(lab):
    return lab.sender(SSM_GROUP, RATE)


@pytest.fixture(scope="module")
def tap(lab):
    return lab.tap()


def join(*subscribers):
    for s in subscribers:
        s.join(SSM_GROUP, SOURCE)
    for s in subscribers:
        s.receives(SSM_GROUP)


def copies(lab, tap, n):
    wait_for(lambda: tap.copies_of(SSM_GROUP, 20) == [n] * 20, 20, f"{n} copies of each packet")


def no_packet_missed_or_twice(*subscribers):
    for s in subscribers:
        r = s.result(SSM_GROUP)
        assert r["received"] and not r["lost"] and not r["duplicated"], (s.number, r)


def listed(lab):
    return [m["listed"] for m in lab.lns.multicast_sessions()]


def test_every_subscriber_has_a_session_a_call_and_an_address(lab):
    rows = lab.lac.show("l2tp pppoe")["sessions"]
    assert sorted(r["dataPath"] for r in rows) == ["kernel"] * 5
    assert [r.get("vlan") for r in rows if r["serviceName"] == "tv"] == [VLAN]
    assert lab.kernel_sessions() == (5, 5)
    assert len(lab.lns.tunnels()) == 1 and len(lab.lns.sessions()) == 5
    assert sorted(s["user"] for s in lab.lns.sessions()) == [f"sub{n}" for n in range(1, 6)]


def test_unicast_goes_through_the_kernels_both(lab):
    for s in lab.subscribers:
        assert s.ping(SESSION_LOCAL) and s.ping(SOURCE)
    s.ns.run("ping", "-c", "2", "-W", "10", "-M", "do", "-s", str(1492 - 28), SOURCE)


# R4045-4.1-4, R4045-4.1-5, R4045-7.1-1
def test_three_copies_become_one_and_nobody_misses_a_packet(lab, stream, tap):
    three = lab.subscribers[2:]
    join(*three)
    copies(lab, tap, 3)
    lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", "threshold 2")
    copies(lab, tap, 1)
    assert listed(lab) == [3]
    join(lab.subscribers[1])
    wait_for(lambda: listed(lab) == [4], 20, "four are listed")
    copies(lab, tap, 1)
    lab.subscribers[1].leave(SSM_GROUP, SOURCE)
    wait_for(lambda: listed(lab) == [3], 20, "three are listed")
    copies(lab, tap, 1)
    no_packet_missed_or_twice(*three)
    assert lab.subscribers[0].result(SSM_GROUP)["received"] == 0
    sessions = tap.session_counts(SSM_GROUP)
    assert set(tap.pure_ip) == {m["peerSessionId"] for m in lab.lns.multicast_sessions()} & \
        set(sessions)


def test_a_subscriber_who_hangs_up_is_gone_at_once_and_comes_back(lab, tap):
    sub, others = lab.subscribers[4], lab.subscribers[2:4]
    sub.hang_up(signal.SIGTERM)
    wait_for(lambda: len(lab.lac.sessions()) == len(lab.lns.sessions()) == 4, 10, "four sessions")
    wait_for(lambda: lab.kernel_sessions() == (4, 4), 10, "four in the kernel")
    wait_for(lambda: listed(lab) == [2], 10, "two are listed")
    copies(lab, tap, 1)
    no_packet_missed_or_twice(*others)
    sub.dial()
    lab.wait_online()
    join(sub)
    wait_for(lambda: listed(lab) == [3], 20, "three are listed")
    no_packet_missed_or_twice(*others)


def test_a_subscriber_that_is_killed_is_found_out_by_lcp(lab, tap):
    sub, others = lab.subscribers[4], lab.subscribers[2:4]
    sub.hang_up(signal.SIGKILL)
    wait_for(lambda: len(lab.lac.sessions()) == len(lab.lns.sessions()) == 4, 30, "four sessions")
    wait_for(lambda: lab.kernel_sessions() == (4, 4), 10, "four in the kernel")
    no_packet_missed_or_twice(*others)
    sub.dial()
    lab.wait_online()
    join(sub)
    wait_for(lambda: listed(lab) == [3], 20, "three are listed")
    copies(lab, tap, 1)
    no_packet_missed_or_twice(*others)


def again(lab, tap):
    """All are back; three receive one copy."""
    for s in lab.subscribers:
        s.quiet()
    lab.wait_online(90)
    for s in lab.subscribers:
        wait_for(lambda s=s: s.ping(SOURCE), 20, f"sub{s.number} pings the source")
    join(*lab.subscribers[2:])
    wait_for(lambda: listed(lab) == [3], 20, "three are listed")
    copies(lab, tap, 1)
    assert lab.kernel_sessions() == (5, 5)


@pytest.mark.timeout(240)
def test_a_killed_lac_and_its_subscribers_come_back(lab, tap):
    lab.lac.kill("l2mcd")
    lab.lac.start_l2mcd()
    wait_for(lambda: lab.lac.consumers(), 20, "the agent is there again")
    again(lab, tap)
    assert len(lab.lns.tunnels()) == 1


@pytest.mark.timeout(240)
def test_a_killed_lns_is_found_out_and_called_again(lab, tap):
    lab.lns.kill("l2mcd")
    lab.lns.start_l2mcd()
    lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", "threshold 2")
    again(lab, tap)
