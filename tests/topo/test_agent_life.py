# SPDX-License-Identifier: GPL-2.0-or-later
"""The forwarding agent over time: objects replaced under traffic, interfaces and routes that come
and go, agents and daemons that are killed."""
import contextlib
import signal

import pytest

import fib
from forwarders import (LAC, LAC_TUNNEL, LNS, MCFIBD, SOURCE, Net, Pair, Tap, datagram, deliver,
                        has, is_data, multicast, raw_sender, run_for_result, sender, unicast)
from lab import Talker
from netns import LabError, wait_for

pytestmark = [pytest.mark.skipif(not MCFIBD.exists(), reason="mcfibd is not built"),
              pytest.mark.timeout(90)]
GROUP, RATE = "232.1.1.1", 2000


@pytest.fixture(name="net", scope="module")
def _net():
    with contextlib.closing(Net()) as net:
        yield net


@pytest.fixture(name="pair")
def _pair(net, tmp_path):
    with contextlib.closing(Pair(net, tmp_path, activity_ms=100)) as pair:
        yield pair.start()


class Stream:
    """Numbered packets leaving l2mc0, and the receivers that count them."""

    def __init__(self, net, tmp_path, group=GROUP):
        self.group, self.stack = group, contextlib.ExitStack()
        self.subs = [self._talker(f"sub{n}", ns, tmp_path, "receive", "--interface", "eth0",
                                  "--address", f"100.64.0.1{n}")
                     for n, ns in ((1, net.sub1), (2, net.sub2))]
        for sub in self.subs:
            sub.ask("join", group, SOURCE)
        self.source = self._talker("source", net.lns, tmp_path, "send", group,
                                   "--interface", "l2mc0")

    def _talker(self, name, ns, tmp_path, *args):
        talker = Talker(name, ns, str(tmp_path / f"{name}.log"), *args)
        self.stack.callback(talker.process.kill)
        return talker

    def begin(self):
        self.source.ask("rate", RATE)
        for sub in self.subs:
            wait_for(lambda s=sub: s.ask("stat").get(self.group, {}).get("received"), 5, "packets")

    def sent(self):
        return self.source.ask("stat")["sent"]

    def goes_on(self, packets=RATE // 2):
        """Waits for that many more packets to be sent."""
        mark = self.sent() + packets
        wait_for(lambda: self.sent() > mark, 10, f"{packets} packets")

    def end(self):
        """(lost, duplicated) of each subscriber, after the last packet was given time."""
        last = self.source.ask("rate", 0)["sent"]
        results = []
        for sub in self.subs:
            with contextlib.suppress(Exception):
                wait_for(lambda s=sub: s.ask("stat")[self.group].get("last") == last, 3, "the end")
            r = sub.ask("stat")[self.group]
            assert r["last"] == last, r
            results.append((r["lost"], r["duplicated"]))
        return results


@pytest.fixture(name="stream")
def _stream(net, tmp_path):
    stream = Stream(net, tmp_path)
    with stream.stack:
        yield stream


# ---------------------------------------------------------------- replaced under traffic

def test_a_thousand_replacements_lose_nothing_and_double_nothing(pair, stream):
    # A4045-38, R4045-6.2.2-4, R4045-6.2.2-8: from unicast copies to the multicast session and back
    pair.replicate([201, 202])
    pair.flow(GROUP, multicast())
    stream.begin()
    lns, lac = pair.lns.daemon, pair.lac.daemon
    for i in range(500):
        lns.set(fib.flow(GROUP, SOURCE, [unicast(1), unicast(2)]))
        lac.set(fib.replication(LAC_TUNNEL, 600, [201, 202, 203]))
        lns.set(fib.flow(GROUP, SOURCE, [multicast(i % 2 == 0)]))
        lac.set(fib.replication(LAC_TUNNEL, 600, [202, 201]))
        lns.wait_acked()
        lac.wait_acked()
    assert stream.end() == [(0, 0), (0, 0)]
    for agent in (pair.lns, pair.lac):
        wait_for(lambda a=agent: a.dump()["maps"]["branches"] < 20, 5, "slots are given back")


def test_subscribers_move_one_by_one_without_loss(pair, stream):
    pair.replicate([201])
    pair.flow(GROUP, unicast(1), unicast(2))
    stream.begin()
    stream.goes_on(200)
    pair.flow(GROUP, multicast(), unicast(2))  # sub1 has been acknowledged
    stream.goes_on(200)
    pair.flow(GROUP, unicast(1), unicast(2))
    stream.goes_on(200)
    assert stream.end() == [(0, 0), (0, 0)]


def test_packets_that_an_msen_overtakes_still_reach_the_subscribers(net, pair):
    op = pair.replicate([203])
    packet = datagram(SOURCE, GROUP, b"overtaken")

    def arrives():
        deliver(net, packet)
        with contextlib.suppress(LabError):
            return has(b"overtaken")(net.a3.read(has(b"overtaken"), timeout=0.1))
        return False
    pair.lac.daemon.delete(op)
    pair.lac.daemon.wait(lambda: pair.lac.daemon.status[fib.key_of(op)].result
                         == fib.pb.RESULT_REMOVED, 5, "removed")
    assert arrives()
    assert "l2tp-replication 9/600" not in str(pair.lac.dump())
    wait_for(lambda: not arrives(), 5, "the session is over")
    pair.replicate([203])
    pair.lac.daemon.delete(op)
    pair.replicate([203])  # the same number again, at once
    pair.lac.daemon.wait_acked()
    with pytest.raises(LabError):
        wait_for(lambda: not arrives(), 0.5, "an end, which does not come")


# ---------------------------------------------------------------- status

def test_a_session_waits_for_its_interface(net, pair):
    op = fib.session(LAC_TUNNEL, 250, 150, "lac", "late0")
    users = fib.replication(LAC_TUNNEL, 600, [203, 250])
    pair.lac.daemon.set(op, users)
    pair.lac.daemon.failed(op, "no interface late0")
    pair.lac.daemon.failed(users, "no interface late0 of session 250")
    for _ in range(2):
        net.lac.ip("link add late0 type veth peer name late1")
        pair.lac.daemon.installed(op, users)
        assert ("late0", "mcf_session_in") in pair.lac.filters()
        net.lac.ip("link del late0")
        pair.lac.daemon.failed(op, "no interface late0")
    net.lac.ip("link add late1 type veth peer name late2")
    net.lac.ip("link set late1 name late0")
    pair.lac.daemon.installed(op, users)
    net.lac.ip("link set late0 name late3")
    pair.lac.daemon.failed(users, "no interface late0")
    net.lac.ip("link del late3")


def test_references_to_what_is_not_there_fail_until_it_is(pair):
    late = fib.session(LAC_TUNNEL, 251, 151, "lac", "a4", "ethernet")
    users = fib.replication(LAC_TUNNEL, 601, [251, 203])
    pair.lac.daemon.set(users)
    pair.lac.daemon.failed(users, "session 251 is unknown")
    pair.lac.daemon.install(late)
    pair.lac.daemon.installed(users)
    pair.lac.daemon.delete(late)
    pair.lac.daemon.failed(users, "session 251 is unknown")
    flow = fib.flow(GROUP, None, [fib.multicast(55, 1, 2)])
    pair.lns.daemon.set(flow)
    pair.lns.daemon.failed(flow, "tunnel 55 is unknown")
    pair.lns.daemon.install(fib.tunnel(55, 5, LNS, LAC))
    pair.lns.daemon.installed(flow)


def test_an_upstream_interface_that_comes_later(net, pair, tmp_path):
    pair.replicate([203])
    flow = fib.flow(GROUP, None, [multicast()], interface="up9")
    pair.lns.daemon.set(flow)
    pair.lns.daemon.failed(flow, "no interface up9")
    net.lns.ip("link add up9 type veth peer name up8")
    net.lns.ip("link set up9 up")
    net.lns.ip("link set up8 up")
    pair.lns.daemon.installed(flow)
    packet = datagram(SOURCE, GROUP, b"by Ethernet")
    with contextlib.closing(raw_sender(net.lns, "up9")) as s:
        s.send(b"\x01\0\x5e\1\1\1" + bytes(6) + b"\x08\0" + packet)
    assert net.a3.read(has(b"by Ethernet")) == packet
    net.lns.ip("link del up9")
    pair.lns.daemon.failed(flow, "no interface up9")


def test_a_tunnel_needs_a_route_and_a_resolved_next_hop(net, pair):
    peer = "10.77.0.1"
    tunnel = fib.tunnel(70, 71, LNS, peer)
    pair.lns.daemon.set(tunnel)
    pair.lns.daemon.failed(tunnel, f"no route to {peer}")
    net.lns.ip(f"route add {peer}/32 via 10.0.12.9")
    pair.lns.daemon.failed(tunnel, "next hop 10.0.12.9 on core0 not resolved")
    net.lac.ip("addr add 10.0.12.9/24 dev core0")
    net.lac.ip(f"addr add {peer}/32 dev core0")
    pair.lns.daemon.installed(tunnel)
    net.lns.ip(f"route del {peer}/32")
    pair.lns.daemon.failed(tunnel, f"no route to {peer}")
    net.lac.ip("addr del 10.0.12.9/24 dev core0")


def test_packets_follow_a_next_hop_that_changes_its_address(net, pair):
    pair.replicate([203])
    pair.flow(GROUP, multicast())
    old = net.mac(net.lac, "core0")
    try:
        net.lac.ip("link set core0 address 02:00:00:00:77:01")
        net.lac.run("arping", "-c1", "-U", "-I", "core0", LAC, check=False)
        net.lns.ip(f"neigh replace {LAC} lladdr 02:00:00:00:77:01 dev core0 nud reachable")

        def arrives():
            with contextlib.closing(sender(net.lns, "l2mc0")) as s:
                s.sendto(b"new address", (GROUP, 40001))
            return any(b"new address" in p for p in net.a3.waiting())
        wait_for(arrives, 5, "packet at the new address")
    finally:
        net.lac.ip("link set core0 address " + old.hex(":"))
        net.lns.ip(f"neigh del {LAC} dev core0")


def test_the_session_set_last_has_the_interface(net, pair):
    first, second = (fib.session(LAC_TUNNEL, n, n - 100, "lac", "a3", "raw") for n in (203, 260))
    pair.lac.daemon.set(second)
    pair.lac.daemon.installed(second)
    first.generation = pair.lac.daemon.objects[fib.key_of(first)].generation
    pair.lac.daemon.failed(first, "a3 is used by session 260 of tunnel 9")
    with contextlib.closing(Tap(net.lns, "core0")) as wire:
        net.a3.write(datagram("192.0.2.1", "192.0.2.2", b"who sends"))
        assert wire.frames(1, has(b"who sends"))[0][46:48] == (160).to_bytes(2, "big")
        pair.lac.daemon.delete(second)
        pair.lac.daemon.installed(first)
        net.a3.write(datagram("192.0.2.1", "192.0.2.2", b"who sends"))
        assert wire.frames(1, has(b"who sends"))[0][46:48] == (103).to_bytes(2, "big")


def test_what_the_agent_cannot_do_is_unsupported(pair):
    for op, text in (
            (fib.session(LAC_TUNNEL, 270, 170, "lac", "a4", "pppoe", mac="02:00:00:00:00:01",
                         pppoe_id=1), "unicast packets of a PPPoE session"),
            (fib.session(LAC_TUNNEL, 271, 171, "lac", "a3", "pppoe", unicast=False,
                         mac="02:00:00:00:00:01", pppoe_id=1), "PPPoE on a3"),
            (fib.tunnel(80, 81, "2001:db8::1", "2001:db8::2"), "over IPv6")):
        pair.lac.daemon.set(op)
        pair.lac.daemon.failed(op, text)
        assert pair.lac.daemon.result(op).result == fib.pb.RESULT_UNSUPPORTED


# ---------------------------------------------------------------- counters

def test_counters_come_back_to_the_daemon(net, pair):
    replication = pair.replicate([201, 203])
    flow = pair.flow(GROUP, multicast(), unicast(2))
    with contextlib.closing(sender(net.lns, "l2mc0")) as s:
        for _ in range(5):
            s.sendto(b"c" * 72, (GROUP, 40001))  # 100 octets of IP

    def counted(agent, op, packets, copies, copied):
        def now():
            a = agent.daemon.activity.get(fib.key_of(op))
            return a and (a.packets, a.bytes, a.copies, a.copied_bytes, a.drops) == \
                (packets, packets * 100, copies, copied, 0) and a.idle_ms < 60000
        agent.daemon.wait(now, 5, "activity")
    counted(pair.lns, flow, 5, 10, 5 * (148 + 152))
    counted(pair.lac, replication, 5, 10, 10 * 114)
    tunnel = pair.objects()[1][0]
    pair.lac.daemon.wait(lambda: pair.lac.daemon.activity[fib.key_of(tunnel)].packets >= 10, 5,
                         "data messages of the tunnel")


# ---------------------------------------------------------------- killed and stopped

@pytest.mark.parametrize("which", ["lns", "lac"])
def test_a_killed_agent_forwards_on_and_its_successor_takes_over_without_loss(
        pair, stream, which):
    agent = getattr(pair, which)
    pair.replicate([201, 202])
    pair.flow(GROUP, multicast())
    stream.begin()
    agent.process.kill(signal.SIGKILL)
    stream.goes_on()
    agent.start()
    agent.daemon.wait_acked()
    stream.goes_on()
    dump = agent.dump()
    assert not dump["held"]
    assert stream.end() == [(0, 0), (0, 0)]
    name = "l2tp-flow 232.1.1.1 from 10.9.9.9" if which == "lns" else "l2tp-replication 9/600"
    assert agent.object(name)["counters"]["packets"] > 0, "the new programs have the packets"


def test_ns_goes_on_when_an_agent_was_killed(net, pair):
    # A4045-18: no second start from 0, which receivers would take for late packets
    pair.flow(GROUP, multicast(True))
    with contextlib.closing(Tap(net.lac, "core0")) as wire, \
            contextlib.closing(sender(net.lns, "l2mc0")) as s:
        def send(n):
            for _ in range(n):
                s.sendto(b"numbered", (GROUP, 40001))
        send(5)
        pair.lns.process.kill(signal.SIGKILL)
        send(5)
        pair.lns.start()
        pair.lns.daemon.wait_acked()
        wait_for(lambda: not pair.lns.dump()["held"], 5, "taken over")
        send(5)
        frames = wire.frames(15, has(b"numbered"))
    assert [int.from_bytes(f[48:50], "big") for f in frames] == list(range(15))


def test_a_successor_changes_nothing_before_it_knows_everything(pair, stream):
    pair.replicate([201, 202])
    pair.flow(GROUP, multicast())
    stream.begin()
    pair.lac.process.kill(signal.SIGKILL)
    pair.lac.daemon.complete = False  # the daemon is still starting itself
    filters = pair.lac.filters()
    pair.lac.start()
    pair.lac.daemon.wait_acked()
    stream.goes_on()
    assert pair.lac.dump()["held"] and pair.lac.filters() == filters
    pair.lac.daemon.finish()
    wait_for(lambda: not pair.lac.dump()["held"], 5, "taken over")
    stream.goes_on(200)
    assert stream.end() == [(0, 0), (0, 0)]


def test_a_successor_serves_at_once_an_interface_that_nobody_serves(net, pair):
    filters = pair.lac.filters()
    pair.lac.process.kill(signal.SIGKILL)
    pair.lac.daemon.complete = False
    pair.lac.start()
    pair.lac.daemon.wait_acked()
    net.lac.ip("link add late0 type veth peer name late1")
    pair.lac.daemon.install(fib.session(LAC_TUNNEL, 250, 150, "lac", "late0"))
    assert pair.lac.dump()["held"]
    assert sorted(pair.lac.filters()) == sorted([*filters, ("late0", "mcf_session_in")])
    pair.lac.daemon.finish()
    wait_for(lambda: not pair.lac.dump()["held"], 5, "taken over")
    assert sorted(pair.lac.filters()) == sorted([*filters, ("late0", "mcf_session_in")])
    net.lac.ip("link del late0")


def test_what_a_killed_agent_left_on_interfaces_nobody_names_now_is_removed(pair):
    assert ("a2", "mcf_session_in") in pair.lac.filters()
    pair.lac.process.kill(signal.SIGKILL)
    assert ("a2", "mcf_session_in") in pair.lac.filters()
    pair.lac.daemon.delete(pair.objects()[1][2])
    pair.lac.start()
    pair.lac.daemon.wait_acked()
    wait_for(lambda: pair.lac.filters() == [("a1", "mcf_session_in"), ("a3", "mcf_session_in_"),
                                            ("core0", "mcf_tunnel_in")], 5, "filters")


def test_forwarding_goes_on_without_the_daemon_and_is_swept_after_its_return(
        net, pair, stream):
    pair.replicate([201, 202])
    pair.flow(GROUP, multicast())
    other = pair.flow("232.9.9.9", multicast())
    stream.begin()
    daemon = pair.lns.daemon
    daemon.close()
    stream.goes_on()
    wait_for(lambda: not pair.lns.dump()["connected"], 10, "the agent notices")
    pair.lns.daemon = again = fib.Publisher(pair.lns.endpoint, complete=False)
    again.objects = {k: op for k, op in daemon.objects.items() if k != fib.key_of(other)}
    again.wait(lambda: again.hellos and not again.queue and again.acked >= again.seq, 20, "back")
    assert len(pair.lns.dump()["objects"]) == 6, "not complete: nothing is swept"
    again.finish()
    wait_for(lambda: len(pair.lns.dump()["objects"]) == 5, 5, "swept")
    stream.goes_on(200)
    assert stream.end() == [(0, 0), (0, 0)]


def test_an_orderly_end_takes_the_programs_away(net, pair):
    assert pair.lac.filters()
    assert pair.lac.process.kill(signal.SIGTERM) == 0
    assert pair.lac.filters() == []
    pair.lac.start("--keep")
    wait_for(lambda: len(pair.lac.filters()) == 4, 5, "attached again")
    pair.lac.process.kill(signal.SIGTERM)
    assert len(pair.lac.filters()) == 4
    with contextlib.closing(Tap(net.lns, "core0")) as wire:
        net.a3.write(datagram("192.0.2.1", "192.0.2.2", b"kept"))
        assert is_data(wire.frames(1, has(b"kept"))[0])
    pair.lac.start()
    wait_for(lambda: not pair.lac.dump()["held"], 5, "taken over")


def test_an_interface_given_by_option_has_the_program_while_it_is_there(net, pair):
    pair.lac.process.kill(signal.SIGTERM)
    pair.lac.start("-i", "extra0", "-i", "core0")
    assert ("core0", "mcf_tunnel_in") in pair.lac.filters()
    for _ in range(2):
        net.lac.ip("link add extra0 type veth peer name extra1")
        wait_for(lambda: ("extra0", "mcf_tunnel_in") in pair.lac.filters(), 5, "program")
        net.lac.ip("link del extra0")


@pytest.mark.parametrize("options, code, text", [
    (["-x"], 2, "invalid option"), (["stray"], 2, "--endpoint ENDPOINT"),
    (["--max-branches", "3"], 2, "'3' is not a number from 16"),
    (["-e", "http://nowhere"], 1, "neither ipc:// nor tcp://"),
    (["--version"], 0, "mcfibd ")])
def test_options_and_endpoints_are_checked(net, options, code, text):
    r = run_for_result(net.lac, str(MCFIBD), *options)
    assert r.returncode == code and text in r.stdout + r.stderr


def test_a_second_agent_in_the_namespace_does_not_start(pair):
    r = run_for_result(pair.lac.ns, str(MCFIBD), "-e", pair.lac.endpoint, "-n", "other")
    assert r.returncode == 1 and "another mcfibd runs in this network namespace" in r.stderr
