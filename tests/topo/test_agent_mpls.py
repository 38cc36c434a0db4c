# SPDX-License-Identifier: GPL-2.0-or-later
"""The forwarding agent and P2MP LSPs: labels pushed at a root, swapped and replicated at a transit
LSR, taken off at leaf and bud.

    mplsmc0 root ==100==> transit ==201==> leaf mplsmc0
                                  ==202==> bud  mplsmc0 ==301==> last mplsmc0

No interface has MPLS enabled in the kernel.
"""
import contextlib
import struct

import pytest

import fib
from forwarders import (LSE, MCFIBD, SOURCE, Agent, LspNet, MulticastRouting, Tap, datagram,
                        for_lan, group_mac, has, labelled, raw_sender, tshark_problems)
from lab import Talker
from netns import wait_for

pytestmark = [pytest.mark.skipif(not MCFIBD.exists(), reason="mcfibd is not built"),
              pytest.mark.timeout(60)]
GROUP, GROUP6, SOURCE6 = "232.1.1.1", "ff3e::8000:1", "2001:db8::5"
SMALL = ("--max-objects", "256", "--max-branches", "4096")


@pytest.fixture(name="net", scope="module")
def _net():
    with contextlib.closing(LspNet()) as net:
        yield net


@pytest.fixture(name="agent")
def _agent(net, tmp_path):
    """agent("transit", ops...): an agent there that has installed them."""
    with contextlib.ExitStack() as stack:
        def start(name, *ops, options=(), **publisher):
            agent = Agent(net.ns[name], name, tmp_path, **publisher)
            stack.callback(agent.close)
            agent.daemon.set(*ops)
            agent.start(*SMALL, *options)
            agent.daemon.installed(*ops)
            return agent
        yield start


@pytest.fixture(name="tap")
def _tap(net):
    with contextlib.ExitStack() as stack:
        yield lambda name, interface, **kw: stack.enter_context(
            contextlib.closing(Tap(net.ns[name], interface, **kw)))


@pytest.fixture(name="send")
def _send(net):
    """send(name, interface, octets)"""
    with contextlib.ExitStack() as stack:
        def send(name, interface, data):
            stack.enter_context(contextlib.closing(
                raw_sender(net.ns[name], interface))).send(data)
        yield send


def root(ttl="uniform", group=GROUP, source=SOURCE, label=(100,)):
    return fib.ftn(group, source, [fib.labels("core0", "10.1.0.2", *label)], ttl)


def transit(leaf=(201,), bud=(202,)):
    return fib.ilm(100, [fib.labels("leaf0", "10.2.0.2", *leaf),
                         fib.labels("bud0", "10.3.0.2", *bud)], ttl=None)


def bud(ttl="uniform"):
    return fib.ilm(202, [fib.labels("last0", "10.4.0.2", 301)], "mplsmc0", ttl)


def to(net, name, interface, stack, packet):
    """A frame for that interface of an LSR."""
    return net.mac(name, interface) + b"\x02\0\0\0\0\x01" + labelled(stack, packet)


def frame(net, sender, receiver, stack, packet):
    """(namespace, interface) twice"""
    return net.mac(*receiver) + net.mac(*sender) + labelled(stack, packet)


# ---------------------------------------------------------------- the whole tree

@pytest.mark.parametrize("group, source, ttl, at_bud, at_last", [
    (GROUP, SOURCE, "uniform", 8, 7), (GROUP6, SOURCE6, "uniform", 8, 7),
    (GROUP, SOURCE, "pipe", 9, 9), (GROUP6, SOURCE6, "pipe", 9, 9)])
def test_a_packet_leaves_every_leaf_of_the_tree_once(net, agent, tap, send, tmp_path, group, source,
                                                     ttl, at_bud, at_last):
    # M-5332-1-1, M-3443-3-1: the last LSR's own hop is its IP forwarding
    agent("root", root(ttl, group, source))
    agent("transit", transit())
    agent("leaf", fib.ilm(201, (), "mplsmc0", ttl))
    agent("bud", bud(ttl))
    agent("last", fib.ilm(301, (), "mplsmc0", ttl))
    links = [tap("transit", "root0"), tap("leaf", "core0"), tap("bud", "core0"),
             tap("last", "core0")]
    ends = [tap(n, "mplsmc0") for n in ("leaf", "bud", "last")]
    packet = datagram(source, group, b"down the tree")
    first = 9 if ttl == "uniform" else 255
    send("root", "mplsmc0", packet)
    frames = [link.frames(1, has(b"down the tree"))[0] for link in links]
    assert frames == [
        frame(net, ("root", "core0"), ("transit", "root0"), [(100, first)], packet),
        frame(net, ("transit", "leaf0"), ("leaf", "core0"), [(201, first - 1)], packet),
        frame(net, ("transit", "bud0"), ("bud", "core0"), [(202, first - 1)], packet),
        frame(net, ("bud", "last0"), ("last", "core0"), [(301, first - 2)], packet)]
    for end, left in zip(ends, (at_bud, at_bud, at_last)):
        assert end.frames(1, has(b"down the tree")) == [
            datagram(source, group, b"down the tree", **{"hops" if ":" in group else "ttl": left})]
    for t in links + ends:
        assert not t.waiting(has(b"down the tree"))
    assert tshark_problems(frames, tmp_path) == ""


def test_the_kernel_forwards_what_a_leaf_takes_from_the_lsp(net, agent, send, tap):
    # M-mLDP-dp-1: the multicast routing table sees the packet on mplsmc0; its counters move
    agent("transit", transit())
    agent("leaf", fib.ilm(201, (), "mplsmc0"))
    received = tap("host", "eth0")
    with contextlib.closing(MulticastRouting(net.ns["leaf"], "mplsmc0", ["host0"])) as mrt:
        mrt.route(SOURCE, GROUP)
        send("root", "core0", to(net, "transit", "root0", [(100, 20)],
                                 datagram(SOURCE, GROUP, b"routed", ttl=20)))
        got = received.frames(1, has(b"routed"))[0]
        assert got == group_mac(GROUP) + net.mac("leaf", "host0") + b"\x08\x00" + \
            datagram(SOURCE, GROUP, b"routed", ttl=18)  # transit, leaf
        assert mrt.packets(SOURCE, GROUP) == 1


# ---------------------------------------------------------------- root

def test_a_root_gives_every_branch_its_labels_and_drops_unknown_flows(net, agent, tap, send):
    a = agent("root", fib.ftn(GROUP, None, [fib.labels("core0", "10.1.0.2", 100),
                                            fib.labels("core0", "10.1.0.2", 16, 17, 1048575, 19)]))
    wire = tap("transit", "root0")
    packet = datagram(SOURCE, GROUP, b"two ways", tos=0xb8, ttl=3)
    send("root", "mplsmc0", packet)
    send("root", "mplsmc0", datagram(SOURCE, "232.1.1.2", b"two ways"))
    head = net.mac("transit", "root0") + net.mac("root", "core0")
    assert sorted(wire.frames(2, has(b"two ways"))) == sorted([
        head + labelled([(100, 3)], packet, tc=5),
        head + labelled([(16, 3), (17, 3), (1048575, 3), (19, 3)], packet, tc=5)])
    wait_for(lambda: a.dump()["packets"]["unknown_flow"] == 1, 5, "counted")
    assert not wire.waiting(has(b"two ways"))


def test_packets_of_the_protocols_leave_the_root_s_interface_as_they_are(net, agent, send):
    agent("root", root())
    send("root", "mplsmc0", datagram(SOURCE, "224.0.0.13", b"a hello", proto=103, ttl=1))
    assert b"a hello" in net.tun["root"].read(has(b"a hello"))


# ---------------------------------------------------------------- transit

def test_what_lies_below_the_label_is_not_touched(net, agent, tap, send):
    # S bit and class stay; the labels of a branch replace the top label alone
    agent("transit", transit(leaf=(500, 501)))
    leaf, bud0 = tap("leaf", "core0"), tap("bud", "core0")
    packet = datagram(SOURCE, GROUP, b"below")
    send("root", "core0", to(net, "transit", "root0", [(100, 77), (999, 5)], packet))
    assert leaf.frames(1, has(b"below")) == [frame(
        net, ("transit", "leaf0"), ("leaf", "core0"), [(500, 76), (501, 76), (999, 5)], packet)]
    assert bud0.frames(1, has(b"below")) == [frame(
        net, ("transit", "bud0"), ("bud", "core0"), [(202, 76), (999, 5)], packet)]


@pytest.mark.parametrize("ttl, passes", [(0, False), (1, False), (2, True)])
def test_a_ttl_that_ends_here_is_counted_and_goes_nowhere(net, agent, tap, send, ttl, passes):
    # M-3032-2.4-1
    a = agent("transit", transit())
    a2 = agent("leaf", fib.ilm(201, (), "mplsmc0"))
    b = agent("bud", bud())
    end = tap("leaf", "mplsmc0")
    bud_end, last = tap("bud", "mplsmc0"), tap("last", "core0")
    packet = datagram(SOURCE, GROUP, b"short")
    send("root", "core0", to(net, "transit", "root0", [(100, ttl)], packet))
    wait_for(lambda: a.object("p2mp-ilm 100")["counters"]["packets"] == 1, 5, "counted")
    c = a.object("p2mp-ilm 100")["counters"]
    assert (c["expired"], c["copies"]) == ((0, 2) if passes else (1, 0))
    if passes:  # 1 is left for leaf and bud: neither popped nor sent on
        for x, name in ((a2, "p2mp-ilm 201"), (b, "p2mp-ilm 202")):
            wait_for(lambda x=x, name=name: x.object(name)["counters"]["expired"] == 1, 5, "ended")
    for t in (end, bud_end, last):
        assert not t.waiting(has(b"short"))


@pytest.mark.parametrize("drop", [False, True])
def test_unknown_labels_are_counted_and_never_flooded(net, agent, tap, send, drop):
    # M-mLDP-dp-2, F3353-10.5-1; the kernel may have MPLS routes of its own, so by default it gets them
    a = agent("transit", transit(), options=("--mpls-unknown", "drop") if drop else ())
    taps = [tap("leaf", "core0"), tap("bud", "core0"), tap("root", "core0")]
    before = net.unhandled("transit", "root0")
    send("root", "core0", to(net, "transit", "root0", [(101, 9)],
                             datagram(SOURCE, GROUP, b"whose")))
    wait_for(lambda: a.dump()["packets"]["unknown_label"] == 1, 5, "counted")
    for t in taps:
        assert not t.waiting(has(b"whose"))
    assert net.unhandled("transit", "root0") - before == (not drop)


def test_frames_for_somebody_else_are_left_alone(net, agent, tap, send):
    a = agent("transit", transit())
    leaf = tap("leaf", "core0")
    packet = datagram(SOURCE, GROUP, b"elsewhere")
    good = to(net, "transit", "root0", [(100, 9)], datagram(SOURCE, GROUP, b"ours"))
    send("root", "core0", b"\x02\x99\0\0\0\x01" + good[6:12] + labelled([(100, 9)], packet))
    send("root", "core0", good)
    leaf.frames(1, has(b"ours"))
    assert a.object("p2mp-ilm 100")["counters"]["packets"] == 1
    assert not leaf.waiting(has(b"elsewhere"))


def test_what_does_not_fit_with_its_labels_is_counted_as_too_big(net, agent, tap, send):
    a = agent("transit", transit(leaf=(201, 1)))
    leaf, bud0 = tap("leaf", "core0"), tap("bud", "core0")
    for size, payload in ((1496, b"fits once"), (1492, b"fits twice")):
        packet = datagram(SOURCE, GROUP, payload.ljust(size - 28, b"."))
        send("root", "core0", to(net, "transit", "root0", [(100, 9)], packet))
        bud0.frames(1, has(payload))
    leaf.frames(1, has(b"fits twice"))
    assert not leaf.waiting(has(b"fits once"))
    c = a.object("p2mp-ilm 100")
    assert (c["counters"]["too_big"], c["counters"]["copies"]) == (1, 3)
    assert [(b["labels"], b["too_big"]) for b in c["branches"]] == [([202], 0), ([201, 1], 1)]


def test_padding_of_short_frames_does_not_travel(net, agent, tap, send):
    agent("transit", transit())
    leaf = tap("leaf", "core0")
    packet = datagram(SOURCE, GROUP, b"s")
    send("root", "core0", to(net, "transit", "root0", [(100, 9)], packet) + b"\xee" * 20)
    assert leaf.frames(1, has(b"\x9c\x41"))[0] == frame(
        net, ("transit", "leaf0"), ("leaf", "core0"), [(201, 8)], packet)


# ---------------------------------------------------------------- leaf

@pytest.mark.parametrize("payload, group, source, taken", [
    (0, GROUP, SOURCE, True), (0, GROUP6, SOURCE6, True), (1, GROUP, SOURCE, True),
    (1, GROUP6, SOURCE6, False), (2, GROUP6, SOURCE6, True), (2, GROUP, SOURCE, False)])
def test_a_leaf_takes_what_its_lsp_carries(net, agent, tap, send, payload, group, source, taken):
    # M-3032-2.2-1
    a = agent("leaf", fib.ilm(201, (), "mplsmc0", "uniform", payload))
    end = tap("leaf", "mplsmc0")
    send("transit", "leaf0", to(net, "leaf", "core0", [(201, 9)],
                                datagram(source, group, b"typed")))
    wait_for(lambda: a.object("p2mp-ilm 201")["counters"]["packets"] == 1, 5, "counted")
    c = a.object("p2mp-ilm 201")["counters"]
    assert (c["copies"], c["malformed"]) == ((1, 0) if taken else (0, 1))
    assert len(end.waiting(has(b"typed"))) == taken


def test_only_the_bottom_of_the_stack_is_popped(net, agent, tap, send):
    b = agent("bud", bud())
    end, last = tap("bud", "mplsmc0"), tap("last", "core0")
    send("transit", "bud0", to(net, "bud", "core0", [(202, 9), (77, 9)],
                               datagram(SOURCE, GROUP, b"deeper")))
    last.frames(1, has(b"deeper"))  # the labelled copy is nobody's business
    assert b.object("p2mp-ilm 202")["counters"]["malformed"] == 1
    assert not end.waiting(has(b"deeper"))


def test_the_label_s_ttl_never_makes_the_packet_s_larger(net, agent, tap, send):
    agent("leaf", fib.ilm(201, (), "mplsmc0"))
    end = tap("leaf", "mplsmc0")
    send("transit", "leaf0", to(net, "leaf", "core0", [(201, 200)],
                                datagram(SOURCE, GROUP, b"ten", ttl=10)))
    assert end.frames(1, has(b"ten")) == [datagram(SOURCE, GROUP, b"ten", ttl=10)]


def test_a_leaf_can_hand_in_on_an_ethernet_too(net, agent, tap, send):
    agent("leaf", fib.ilm(201, (), "host0"))
    end = tap("leaf", "host0")
    packet = datagram(SOURCE, GROUP, b"as a frame", ttl=10)
    send("transit", "leaf0", to(net, "leaf", "core0", [(201, 9)], packet))
    got = end.frames(1, has(b"as a frame"))[0]
    assert got[:6] == group_mac(GROUP)
    assert got[12:] == b"\x08\x00" + datagram(SOURCE, GROUP, b"as a frame", ttl=9)


# ---------------------------------------------------------------- upstream-assigned labels

def on_lan(net, sender, stack, packet):
    mac, rest = for_lan(stack, packet)
    return mac + net.mac(*sender) + rest


def test_one_frame_by_an_upstream_assigned_label_serves_a_lan(net, agent, tap, send, tmp_path):
    # W-LDP-20, M-5332-4-1, M-5332-8-1: pushed, swapped into another context, taken from the LSP
    root_agent = agent("root", fib.ftn(GROUP, SOURCE, [fib.lan("core0", 17, 3001)]))
    agent("transit", fib.ilm(3001, [fib.lan("leaf0", 18, 3001), fib.labels("bud0", "10.3.0.2", 202)],
                             context=(17, "root0"), ttl=None))
    agent("leaf", fib.ilm(3001, (), "mplsmc0", context=(18, "core0")))
    agent("bud", bud())
    links = [tap("transit", "root0"), tap("leaf", "core0"), tap("bud", "core0")]
    ends = [tap(n, "mplsmc0") for n in ("leaf", "bud")]
    packet = datagram(SOURCE, GROUP, b"to the LAN", ttl=14)
    send("root", "mplsmc0", packet)
    frames = [link.frames(1, has(b"to the LAN"))[0] for link in links]
    assert frames == [
        on_lan(net, ("root", "core0"), [(17, 14), (3001, 14)], packet),
        on_lan(net, ("transit", "leaf0"), [(18, 13), (3001, 13)], packet),
        frame(net, ("transit", "bud0"), ("bud", "core0"), [(202, 13)], packet)]
    assert frames[0].hex() == "01005e800bb9" + net.mac("root", "core0").hex() + \
        "88480001100e00bb910e" + packet.hex()
    for end in ends:
        assert end.frames(1, has(b"to the LAN")) == [
            datagram(SOURCE, GROUP, b"to the LAN", ttl=13)]
    wait_for(lambda: root_agent.object(f"p2mp-ftn {GROUP} from {SOURCE}")["counters"]["copies"] == 1,
             5, "counted")
    for t in links + ends:
        assert not t.waiting(has(b"to the LAN"))
    assert tshark_problems(frames, tmp_path) == ""


def test_an_upstream_assigned_label_counts_in_its_context_alone(net, agent, tap, send):
    # M-5331-7-1, M-5331-8-1: never the platform's label, nor another LSR's, nor on another LAN
    a = agent("transit",
              fib.ilm(3001, [fib.labels("bud0", "10.3.0.2", 202)], ttl=None),
              fib.ilm(3001, [fib.labels("leaf0", "10.2.0.2", 203)], ttl=None, context=(17, "root0")),
              fib.ilm(3001, [fib.labels("leaf0", "10.2.0.2", 204)], ttl=None, context=(18, "root0")),
              fib.ilm(3001, [fib.labels("leaf0", "10.2.0.2", 205)], ttl=None, context=(19, "bud0")))
    leaf, bud0 = tap("leaf", "core0"), tap("bud", "core0")

    def sends(text, stack, mac_label=None):
        mac, rest = for_lan(stack, datagram(SOURCE, GROUP, text), mac_label)
        send("root", "core0", mac + net.mac("root", "core0") + rest)

    def arrives(text, label, ttl):
        assert leaf.frames(1, has(text)) == [frame(
            net, ("transit", "leaf0"), ("leaf", "core0"), [(label, ttl)],
            datagram(SOURCE, GROUP, text))]

    sends(b"the first", [(17, 9), (3001, 9)])
    arrives(b"the first", 203, 8)
    sends(b"the second", [(18, 9), (3001, 9)])
    arrives(b"the second", 204, 8)
    # M-5332-8-2: any address; RFC 3443: the smaller TTL counts
    sends(b"of no label", [(17, 5), (3001, 9)], 0)
    arrives(b"of no label", 203, 4)
    sends(b"of another", [(17, 9), (3001, 5)], 77)
    arrives(b"of another", 203, 4)
    for stack in ([(19, 9), (3001, 9)], [(20, 9), (3001, 9)], [(17, 9), (3002, 9)], [(3001, 9)]):
        sends(b"whose", stack)
    wait_for(lambda: a.dump()["packets"]["unknown_context"] == 4, 5, "counted")
    assert a.dump()["packets"]["unknown_label"] == 0
    send("root", "core0", to(net, "transit", "root0", [(3001, 9)],
                             datagram(SOURCE, GROUP, b"the platform")))
    assert bud0.frames(1, has(b"the platform")) == [frame(
        net, ("transit", "bud0"), ("bud", "core0"), [(202, 8)],
        datagram(SOURCE, GROUP, b"the platform"))]
    for t in (leaf, bud0):
        assert not t.waiting(has(b"whose"))


def test_an_interface_takes_all_multicast_while_a_context_is_there(net, agent):
    # M-5332-8-2: frames for any label, and for none, pass the filter of a network card
    def allmulti():
        return "allmulti 1" in net.ns["transit"].run("ip", "-d", "link", "show", "root0")

    one, other = (fib.ilm(n, [fib.labels("leaf0", "10.2.0.2", n)], ttl=None, context=(17, "root0"))
                  for n in (3001, 3002))
    a = agent("transit", one, other)
    assert allmulti()
    a.daemon.delete(one)
    a.daemon.wait_acked()
    assert allmulti()
    a.daemon.delete(other)
    wait_for(lambda: not allmulti(), 5, "the filter is back")


def test_a_lan_that_is_missing_or_no_ethernet_is_said(net, agent):
    a = agent("transit", fib.ilm(16, [fib.labels("leaf0", "10.2.0.2", 17)], ttl=None))
    for op, text in ((fib.ilm(20, [fib.lan("nowhere", 17, 3001)], ttl=None), "no interface nowhere"),
                     (fib.ilm(21, [fib.lan("lo", 17, 3001)], ttl=None), "lo is not an Ethernet"),
                     (fib.ilm(22, (), "lo", context=(17, "nowhere")), "no interface nowhere")):
        a.daemon.set(op)
        a.daemon.failed(op, text)


# ---------------------------------------------------------------- over time

def test_replacements_under_traffic_lose_nothing_and_double_nothing(net, agent, tmp_path):
    agent("root", root())
    t = agent("transit", transit())
    agent("leaf", fib.ilm(201, (), "mplsmc0"), fib.ilm(211, (), "mplsmc0"))
    b = agent("bud", bud())
    agent("last", fib.ilm(301, (), "mplsmc0"))
    with contextlib.ExitStack() as stack:
        def talker(name, *args):
            talker = Talker(name, net.ns[name], str(tmp_path / f"talk-{name}.log"), *args)
            stack.callback(talker.process.kill)
            return talker
        ends = [talker(n, "receive", "--interface", "mplsmc0", "--address", net.address(n))
                for n in ("leaf", "bud", "last")]
        for end in ends:
            end.ask("join", GROUP, SOURCE)
        source = talker("root", "send", GROUP, "--interface", "mplsmc0", "--ttl", "9")
        source.ask("rate", 1000)
        for end in ends:
            wait_for(lambda e=end: e.ask("stat").get(GROUP, {}).get("received"), 5, "packets")
        for i in range(300):
            t.daemon.set(transit(leaf=(201 + 10 * (i % 2),)))
            b.daemon.set(fib.ilm(202, [fib.labels("last0", "10.4.0.2", 301)], "mplsmc0",
                                 "pipe" if i % 2 else "uniform"))
            t.daemon.wait_acked()
            b.daemon.wait_acked()
        last = source.ask("rate", 0)["sent"]
        for end in ends:
            wait_for(lambda e=end: e.ask("stat")[GROUP].get("last") == last, 5, "the end")
            r = end.ask("stat")[GROUP]
            assert (r["lost"], r["duplicated"]) == (0, 0)


def test_a_neighbour_with_a_new_address_gets_the_packets_there(net, agent, tap, send):
    a = agent("transit", transit())
    bud0, old = tap("bud", "core0"), net.mac("bud", "core0")
    new = b"\x02\0\0\0\x77\x01"

    def go():
        send("root", "core0", to(net, "transit", "root0", [(100, 9)],
                                 datagram(SOURCE, GROUP, b"find me")))
        return bud0.frames(1, has(b"find me"))[0][:6]
    assert go() == old
    try:
        net.ns["bud"].ip("link set core0 address 02:00:00:00:77:01")
        net.ns["transit"].ip("neigh replace 10.3.0.2 dev bud0 lladdr 02:00:00:00:77:01")
        wait_for(lambda: go() == new, 5, "new address")
    finally:
        net.ns["bud"].ip("link set core0 address " + ":".join(f"{o:02x}" for o in old))
        net.ns["transit"].run("ip", "neigh", "flush", "dev", "bud0")
    assert a.object("p2mp-ilm 100")["result"] == "installed"


def test_an_object_waits_for_next_hop_and_interface(net, agent):
    a = agent("transit")
    op = fib.ilm(400, [fib.labels("leaf0", "10.2.0.99", 5)])
    a.daemon.set(op)
    a.daemon.failed(op, "next hop 10.2.0.99 on leaf0 not resolved")
    net.ns["transit"].ip("neigh replace 10.2.0.99 dev leaf0 lladdr 02:00:00:00:00:09")
    a.daemon.installed(op)
    net.ns["transit"].ip("neigh del 10.2.0.99 dev leaf0")
    a.daemon.set(op := fib.ilm(401, [fib.labels("late0", "10.9.0.2", 5)], "late0"))
    a.daemon.failed(op, "no interface late0")
    net.ns["transit"].ip("link add late0 type veth peer name late1")
    a.daemon.failed(op, "interface late0 is down")
    net.ns["transit"].ip("link set late0 up")
    net.ns["transit"].ip("neigh replace 10.9.0.2 dev late0 lladdr 02:00:00:00:00:09")
    a.daemon.installed(op)
    net.ns["transit"].ip("link del late0")
    a.daemon.failed(op, "no interface late0")


@pytest.mark.parametrize("stack", [(), (3,), (16, 3)])
def test_no_copy_leaves_without_a_label(agent, stack):
    # RFC 6388 2.4.1: implicit null is not for multipoint LSPs
    a = agent("transit")
    op = fib.ilm(400, [fib.labels("leaf0", "10.2.0.2", *stack)])
    a.daemon.set(op)
    a.daemon.failed(op, "no label towards leaf0")


@pytest.mark.parametrize("session", [{}, {"framing": "pppoe", "unicast": False, "pppoe_id": 1,
                                          "mac": "02:00:00:00:00:01"}])
def test_labels_are_expected_on_every_ethernet_but_a_subscriber_s(net, agent, session):
    a = agent("transit", fib.tunnel(1, 2, "10.2.0.1", "10.2.0.2"))
    assert not [f for f in a.filters() if f[1] == "mcf_mpls_in"]

    def on():
        return {i for i, program in a.filters() if program == "mcf_mpls_in"}
    op = fib.ilm(100, [fib.labels("leaf0", "10.2.0.2", 201)])
    a.daemon.install(op)
    assert on() == {"root0", "leaf0", "bud0"}
    subscriber = fib.session(1, 2, 3, "lac", "root0", **session)
    a.daemon.install(subscriber)
    assert on() == {"leaf0", "bud0"}
    subscriber = fib.session(1, 2, 3, "lac", "bud0", **session)  # moves
    a.daemon.install(subscriber)
    assert on() == {"root0", "leaf0"}
    net.ns["transit"].ip("link add late0 type veth peer name late1")
    net.ns["transit"].ip("link set late0 up")
    wait_for(lambda: on() == {"root0", "leaf0", "late0"}, 5, "new interface")
    net.ns["transit"].ip("link set late0 down")
    wait_for(lambda: on() == {"root0", "leaf0"}, 5, "interface is down")
    net.ns["transit"].ip("link del late0")
    a.daemon.delete(subscriber)
    wait_for(lambda: on() == {"root0", "leaf0", "bud0"}, 5, "no subscriber any more")
    a.daemon.delete(op)
    wait_for(lambda: not on(), 5, "no label any more")


def test_activity_of_a_label_is_reported(net, agent, send):
    op = transit()
    a = agent("transit", op, activity_ms=50)
    send("root", "core0", to(net, "transit", "root0", [(100, 1)], datagram(SOURCE, GROUP, b"1")))
    send("root", "core0", to(net, "transit", "root0", [(100, 9)], datagram(SOURCE, GROUP, b"2")))
    a.daemon.wait(lambda: (r := a.daemon.activity.get(fib.key_of(op))) and
                  (r.packets, r.copies, r.drops) == (2, 2, 1), 5, "activity")


# ---------------------------------------------------------------- two daemons

def test_one_agent_serves_two_daemons(net, agent, tap, send, tmp_path):
    other = fib.Publisher(f"ipc://{tmp_path}/second.fib", activity_ms=50)
    with contextlib.closing(other):
        mine, theirs = transit(), fib.ilm(110, [fib.labels("leaf0", "10.2.0.2", 211)])
        other.set(theirs)
        a = agent("transit", mine, options=("-e", other.endpoint), activity_ms=50)
        other.installed(theirs)
        leaf = tap("leaf", "core0")
        for label, swapped in ((100, 201), (110, 211)):
            send("root", "core0", to(net, "transit", "root0", [(label, 9)],
                                     datagram(SOURCE, GROUP, b"for one")))
            got = leaf.frames(1, has(b"for one"))[0]
            assert struct.unpack_from("!I", got, 14)[0] == LSE(swapped, 8, True)
        # the same packets cannot belong to two
        other.set(clash := fib.ilm(100, [fib.labels("leaf0", "10.2.0.2", 999)]))
        other.failed(clash, "another daemon has this object")
        other.delete(clash)
        assert a.object("p2mp-ilm 100")["branches"][1]["labels"] == [201]
        other.wait(lambda: fib.key_of(theirs) in other.activity, 5, "activity")
        assert fib.key_of(mine) not in other.activity
        # one daemon goes: the other's objects stay, and so does what the first had
        other.close()
        a.daemon.install(fib.ilm(120, [fib.labels("leaf0", "10.2.0.2", 221)]))
        assert {o["object"] for o in a.dump()["objects"]} == {
            "p2mp-ilm 100", "p2mp-ilm 110", "p2mp-ilm 120"}


def test_an_agent_that_was_killed_waits_for_both_daemons(net, agent, tmp_path, tap, send):
    other = fib.Publisher(f"ipc://{tmp_path}/second.fib")
    with contextlib.closing(other):
        a = agent("transit", transit(), options=("-e", other.endpoint))
        a.process.kill()
        leaf = tap("leaf", "core0")
        send("root", "core0", to(net, "transit", "root0", [(100, 9)],
                                 datagram(SOURCE, GROUP, b"headless")))
        leaf.frames(1, has(b"headless"))
        other.close()
        a.start(*SMALL, "-e", other.endpoint)
        wait_for(lambda: a.dump()["objects"], 5, "objects")
        assert a.dump()["held"]
    again = fib.Publisher(other.endpoint)
    with contextlib.closing(again):
        wait_for(lambda: not a.dump()["held"], 10, "everything known")
