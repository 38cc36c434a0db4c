# SPDX-License-Identifier: GPL-2.0-or-later
"""Who loses when a link is full: priority on the LAC's access interfaces (RFC 4045 6.3), Maximum
BPS of a multicast session at the LNS."""
import contextlib
import json
import socket
import time

import pytest

import fib
from agent_rig import build, net, tap  # noqa: F401  pylint: disable=unused-import
from forwarders import (LAC_TUNNEL, MCFIBD, PPP4, SOURCE, datagram, has, is_data, l2tp, lns_socket,
                        multicast, sender)
from netns import wait_for

pytestmark = [pytest.mark.skipif(not MCFIBD.exists(), reason="mcfibd is not built"),
              pytest.mark.timeout(60)]
GROUP, GROUP2 = "232.1.1.1", "232.1.1.2"
BEST_EFFORT, UNICAST_FIRST, MULTICAST_FIRST = 0, 1, 2
SO_SNDBUFFORCE = 32
SIZE = 1000  # octets of an IP packet


def qdiscs(ns, interface):
    """(kind, handle, parent) of what is configured; the kernel's defaults have handle 0."""
    return sorted((q["kind"], q["handle"], q.get("parent", "root"))
                  for q in json.loads(ns.run("tc", "-j", "qdisc", "show", "dev", interface))
                  if q["handle"] not in ("0:", "ffff:"))


OURS = [(kind, "4d43:", "root") for kind in ("prio", "pfifo_fast")]


# ---------------------------------------------------------------- a full access link

def shape(net, what, rate):
    net.lac.run(*f"tc qdisc {what} dev a1 root handle 1: tbf rate {rate} burst 4kb limit 1mb"
                .split())


@pytest.fixture(name="narrow")
def _narrow(net):
    """a1 with a slow shaper, as an operator would have it: 125 ms a packet; at least 80 packets
    wait in each band."""
    net.lac.ip("link set a1 txqueuelen 100")
    shape(net, "add", "64kbit")
    net.lac.run(*"tc qdisc add dev a1 parent 1:1 handle 10: pfifo_fast".split())
    yield
    net.lac.run(*"tc qdisc del dev a1 root".split())
    net.lac.ip("link set a1 txqueuelen 1000")


def overload(net, arrived, unicast, multicast_):
    """Sends both kinds, evenly mixed, faster than the link; what arrives of each."""
    order = sorted([(i / unicast, "u") for i in range(unicast)] +
                   [(i / multicast_, "m") for i in range(multicast_)])
    fill = b"X" * (SIZE - 28 - 7)
    with contextlib.closing(lns_socket(net)) as s:
        # what waits at the LAC still counts for the socket: it must not slow the sender down
        s.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 64 << 20)
        for n, (_, kind) in enumerate(order):
            payload = b"%s%06d" % (kind.encode(), n) + fill
            if kind == "u":
                s.send(l2tp(9, 201, PPP4 + datagram(SOURCE, "100.64.0.11", payload)))
            else:
                s.send(l2tp(9, 600, datagram(SOURCE, GROUP, payload)))
    shape(net, "change", "8mbit")  # all is said: what waits may go
    got = {"u": 0, "m": 0}

    def drained():
        for frame in arrived.waiting(has(fill)):
            got[chr(frame[42])] += 1
        return all(q["backlog"] == 0 for q in json.loads(
            net.lac.run("tc", "-s", "-j", "qdisc", "show", "dev", "a1")))
    wait_for(drained, 20, "the queues are empty")
    drained()
    print(f"of {unicast} unicast {got['u']}, of {multicast_} multicast {got['m']} arrived")
    return got["u"], got["m"]


@pytest.mark.parametrize("priority, unicast, multicast_", [
    (UNICAST_FIRST, 70, 400), (MULTICAST_FIRST, 400, 70),
    (BEST_EFFORT, 240, 240), (BEST_EFFORT, 360, 120)])
def test_on_a_full_link_the_one_without_priority_loses(net, build, tap, narrow, priority, unicast,
                                                       multicast_):
    # R4045-6.3-2, R4045-6.3-3, R4045-6.3-4, R4045-6.3-6
    pair = build()
    before = qdiscs(net.lac, "a1")
    pair.replicate([(201, priority)])
    u, m = overload(net, tap(net.sub1, "eth0"), unicast, multicast_)
    if priority == UNICAST_FIRST:
        assert u == unicast and m < multicast_ * 0.8
    elif priority == MULTICAST_FIRST:
        assert m == multicast_ and u < unicast * 0.8
    else:  # both lose, and the shares are those in which they came
        assert u < unicast * 0.9 and m < multicast_ * 0.9
        assert 0.7 < (u / m) / (unicast / multicast_) < 1.4
    assert qdiscs(net.lac, "a1") == before  # an operator's queues are his


def test_copies_that_a_full_queue_refuses_are_counted_for_the_subscriber(net, build, tap, narrow):
    # R4045-6.3-7: multicast can starve a subscriber, whatever the priority; the figures say so
    pair = build()
    pair.replicate([(201, MULTICAST_FIRST), 202])
    _, m = overload(net, tap(net.sub1, "eth0"), 0, 400)
    branches = pair.lac.object("l2tp-replication 9/600")["branches"]
    assert m < 400 and [(b["packets"], b["failed"]) for b in branches] == [(m, 400 - m), (400, 0)]


# ---------------------------------------------------------------- the agent's own queues

def ours(net):
    return qdiscs(net.lac, "a2") in ([q] for q in OURS)


def test_queues_are_made_where_priority_is_wanted_and_taken_away_at_the_end(net, build):
    pair = build()
    pair.replicate([(201, BEST_EFFORT), (202, UNICAST_FIRST), 203])
    assert qdiscs(net.lac, "a1") == [] and ours(net)
    pair.lac.process.kill()  # and its successor is asked for no priority any more
    pair.lac.start()
    pair.replicate()
    assert ours(net)
    pair.lac.close()
    pair.lac.process = None
    assert qdiscs(net.lac, "a2") == []


def test_an_operator_s_queues_stay_whenever_they_come(net, build):
    pair = build()
    pair.replicate([(202, MULTICAST_FIRST)])
    net.lac.run(*"tc qdisc replace dev a2 root handle 7: pfifo".split())
    pair.lac.close()
    pair.lac.process = None
    assert qdiscs(net.lac, "a2") == [("pfifo", "7:", "root")]
    net.lac.run(*"tc qdisc del dev a2 root".split())


def test_without_queues_of_its_own_the_agent_marks_all_the_same(net, build, tap):
    pair = build()
    pair.lac.process.kill()
    pair.lac.start("--access-queue", "none")
    pair.replicate([(202, MULTICAST_FIRST)])
    assert qdiscs(net.lac, "a2") == []


def arrivals(net, at_sub, messages):
    """Sends the messages, (name, header), while the link is busy; the order of their arrival."""
    packets = {b"filler": datagram(SOURCE, "100.64.0.11", b"filler" + bytes(SIZE)),
               **{name: datagram(SOURCE, GROUP, name + bytes(20)) for name, _ in messages}}
    shape(net, "change", "64kbit")
    with contextlib.closing(lns_socket(net)) as s:
        for _ in range(70):
            s.send(l2tp(LAC_TUNNEL, 201, PPP4 + packets[b"filler"]))
        for name, header in messages:
            ppp = PPP4 if header["session"] < 300 else b""
            s.send(l2tp(LAC_TUNNEL, payload=ppp + packets[name], **header))
    shape(net, "change", "8mbit")
    names = [name for name, _ in messages]
    found = at_sub.frames(len(names), lambda f: any(n in f for n in names), timeout=10)
    return [n for f in found for n in names if n in f]


def test_each_member_has_its_own_priority_and_it_changes_at_once(net, build, tap, narrow):
    # R4045-6.3.1-1, R4045-6.3.2-1: what the daemon made of both forms is per member
    pair = build()
    pair.lac.daemon.install(fib.session(LAC_TUNNEL, 206, 106, "lac", "a1", "pppoe",
                                        unicast=False, mac="02:aa:00:00:00:01", pppoe_id=1))
    at_sub = tap(net.sub1, "eth0")
    last, unicast, equal, first = ((n, {"session": i}) for n, i in (
        (b"last", 600), (b"unicast", 201), (b"equal", 602), (b"first", 601)))
    for members in ([(201, UNICAST_FIRST)], [(206, MULTICAST_FIRST)], [201]),                    ([201], [(201, UNICAST_FIRST)], [(206, MULTICAST_FIRST)]):
        for session, m in enumerate(members, 600):
            pair.replicate(m, session)
        order = arrivals(net, at_sub, [last, unicast, equal, first])
        if members[0] != [201]:
            assert order == [b"first", b"unicast", b"equal", b"last"]
        else:  # 600 is best effort now, 602 first, 601 last
            assert order == [b"equal", b"last", b"unicast", b"first"]


def test_data_with_the_p_bit_goes_first(net, build, tap, narrow):
    # R2661-3.1-8, A4045-48
    pair = build()
    pair.replicate([(201, UNICAST_FIRST)])
    order = arrivals(net, tap(net.sub1, "eth0"), [
        (b"plain", {"session": 201}), (b"last", {"session": 600}),
        (b"echo", {"session": 201, "priority": True}),
        (b"urgent", {"session": 600, "priority": True})])
    assert order == [b"echo", b"urgent", b"plain", b"last"]


# ---------------------------------------------------------------- Maximum BPS

RATE, BURST_S = 1_000_000, 0.1


def flood(net, groups, seconds=1.5):
    """As fast as it goes, and in turn; (packets sent, seconds)."""
    payload = b"R" * (SIZE - 28)
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        start, n = time.monotonic(), 0
        while (now := time.monotonic()) < start + seconds:
            for group in groups:
                s.sendto(payload, (group, 40001))
                n += 1
            time.sleep(0.001)
    return n, now - start


@pytest.mark.parametrize("sequencing", [False, True])
def test_a_session_never_gets_more_than_its_maximum_bps(net, build, tap, sequencing):
    # A4045-17, R4045-6.3-7: all flows into the session together, and no other session
    pair = build()
    pair.flow(GROUP, multicast(sequencing, maximum_bps=RATE), multicast(False, 501, 601))
    pair.flow(GROUP2, multicast(sequencing, maximum_bps=RATE))
    wire = tap(net.lac, "core0")
    sent, seconds = flood(net, (GROUP, GROUP2))
    wait_for(lambda: sum(pair.lns.object(f"l2tp-flow {g} from {SOURCE}")["counters"]["packets"]
                         for g in (GROUP, GROUP2)) == sent, 10, "all were forwarded")
    frames = wire.waiting(is_data)
    limited = [f for f in frames if f[46:48] == b"\x02\x58"]
    others = [f for f in frames if f[46:48] == b"\x02\x59"]
    rate = len(limited) * SIZE * 8 / seconds
    print(f"offered {sent * SIZE * 8 / seconds / 1e6:.2f} Mbit/s in {seconds:.2f} s, "
          f"got {rate / 1e6:.3f} Mbit/s, limit {RATE / 1e6} Mbit/s")
    assert sent * SIZE * 8 / seconds > 2 * RATE
    assert len(limited) <= (RATE * (seconds + BURST_S)) / (SIZE * 8) + 2
    assert rate > 0.5 * RATE  # who stands still for more than 100 ms loses the right to it
    assert len(others) == sent // 2
    branches = [b for g in (GROUP, GROUP2)
                for b in pair.lns.object(f"l2tp-flow {g} from {SOURCE}")["branches"]]
    assert sum(b["policed"] for b in branches) == sent - len(limited)
    if sequencing:  # what is dropped has no number: nothing looks lost
        assert [int.from_bytes(f[48:50], "big") for f in limited] == list(range(len(limited)))


def test_the_rate_follows_the_daemon(net, build, tap):
    pair = build()
    wire, total = tap(net.lac, "core0"), 0
    for rate in (RATE, 0):
        pair.flow(GROUP, multicast(maximum_bps=rate))
        sent, _ = flood(net, (GROUP,), 0.5)
        total += sent
        wait_for(lambda: pair.lns.object(f"l2tp-flow {GROUP} from {SOURCE}")["counters"]
                 ["packets"] == total, 10, "all were forwarded")
        got = len(wire.waiting(is_data))
        assert (got == sent) == (rate == 0), f"{got} of {sent}"
