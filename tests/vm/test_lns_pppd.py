# SPDX-License-Identifier: GPL-2.0-or-later
"""The LNS with pppd and the kernel's L2TP: sessions come, are seen, and go without a trace."""
import contextlib
import os
import re
import signal
import socket

import pytest

import l2tp_wire as w
from l2tp_wire import Avp
from lab import Talker
from netns import wait_for
from ppp_lab import LOCAL, PppLab

GROUP = "239.1.1.1"


@pytest.fixture(scope="module")
def lab():
    with PppLab() as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.clean()


def test_the_kernel_can(lab):
    assert lab.router.show("l2tp")["kernelPpp"] is True


def test_a_subscriber_authenticates_and_pings_the_lns(lab):
    s = lab.subscribe(lab.lac(), 41, "noccp")
    row = lab.up(s)
    assert row["user"] == "u41" and row["madeBy"] == "pppd"
    assert re.fullmatch(r"ppp\d+", row["interface"])
    assert row["ppp"]["localAddress"] == LOCAL and row["ppp"]["remoteAddress"] == s.address
    assert row["ppp"]["mru"] == 1500
    assert lab.vty.json("show l2tp session user u41")["sessions"]
    assert not lab.vty.json("show l2tp session user u42").get("sessions")
    lab.outside.run("ping", "-c", "2", "-W", "20", LOCAL)


@contextlib.contextmanager
def host(lab, subscriber):
    """Joins groups as a program behind the subscriber's PPP would."""
    talker = Talker("host", lab.outside, lab.dir / "host.log", "receive", "--interface",
                    subscriber.interface, "--address", subscriber.address)
    try:
        yield talker
    finally:
        talker.process.kill()


def groups(lab, call):
    return {g["group"] for g in lab.router.show("l2tp multicast group").get("groups", [])
            if g["sessionId"] == call.peer_id}


# R4045-4.1-4, R4045-4.1-5
@pytest.mark.parametrize("group, source", [
    (GROUP, None), ("232.1.1.1", "10.1.0.2"), ("ff3e::4321:1", "2001:db8::1")])
def test_a_join_on_the_ppp_link_reaches_the_daemon(lab, group, source):
    s = lab.subscribe(lab.lac(), 41, "noccp")
    lab.up(s)
    lab.up(s, "ipv6cp")
    with host(lab, s) as h:
        h.ask("join", group, *[source] if source else [])
        wait_for(lambda: groups(lab, s.call) == {group}, 20, "the group is known")
        h.ask("leave", group, *[source] if source else [])
        # nobody answers the last-member queries
        wait_for(lambda: not groups(lab, s.call), 20, "the group is gone")


def packet_of(tap):
    """A packet, or None; that the link is not up yet is an error to be read, too."""
    try:
        return tap.recv(2000)
    except OSError:
        return None


# R4045-4.1-4
@pytest.mark.parametrize("ethertype, is_query", [
    (0x0800, lambda p: p[9] == 2 and p[(p[0] & 15) * 4] == 0x11 and
     socket.inet_ntoa(p[12:16]) == LOCAL),
    (0x86dd, lambda p: p[6] == 0 and p[48] == 130 and p[8:10] == b"\xfe\x80"),
])
def test_the_daemon_is_the_querier_of_the_ppp_link(lab, ethertype, is_query):
    s = lab.subscribe(lab.lac(), 41, "noccp")
    wait_for(lambda: s.interface in lab.outside.run("ip", "-br", "link"), 20, "the link is there")
    with lab.outside.inside():
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ethertype))
    with contextlib.closing(tap):
        tap.bind((s.interface, ethertype))
        tap.setblocking(False)
        wait_for(lambda: (packet := packet_of(tap)) and is_query(packet), 20, "a query")


# A4045-28
def test_a_subscriber_with_compression_is_not_in_the_list(lab):
    peer = lab.lac()
    plain, packed = lab.subscribe(peer, 41, "noccp"), lab.subscribe(peer, 42, "deflate", "12")
    lab.up(plain)
    lab.until(packed.call, lambda r: r["ineligible"] == "CCP is open", "compression")
    with host(lab, packed) as second, host(lab, plain) as first:
        second.ask("join", GROUP)
        wait_for(lambda: groups(lab, packed.call), 20, "the group is known")
        assert not lab.router.multicast_sessions()
        first.ask("join", GROUP)
        listed = peer.wait("MSI", 20, lambda m: m.has(w.NOS)).ids(w.NOS)
        assert listed == [plain.call.id]
        assert groups(lab, packed.call) == groups(lab, plain.call) == {GROUP}


# A4045-28
@pytest.mark.parametrize("options, iccn, v4, v6", [
    (["noccp"], (), "", ""),
    (["deflate", "12"], (), "CCP is open", "CCP is open"),
    (["noccp", "mru", "1400"], (), "MRU too small", "MRU too small"),
    (["noccp", "noipv6"], (), "", "IPV6CP is not open"),
    (["noccp", "noip"], (), "IPCP is not open", ""),
    (["noccp"], [Avp(w.SEQUENCING)], "sequencing required", "sequencing required"),
])
def test_who_may_be_in_a_multicast_session(lab, options, iccn, v4, v6):
    s = lab.subscribe(lab.lac(), 41, *options, iccn=iccn)
    lab.until(s.call, lambda r: r["ifindex"] and (r["ineligibleIpv4"], r["ineligibleIpv6"]) ==
              (v4, v6), f"IPv4 '{v4}', IPv6 '{v6}'")
    text = lab.vty.show("show l2tp session detail")
    assert re.search(r"IPv4: +" + (f"unicast copies: {v4}" if v4 else "yes"), text)
    assert re.search(r"IPv6: +" + (f"unicast copies: {v6}" if v6 else "yes"), text)
    if "noip" not in options:
        lab.outside.run("ping", "-c", "1", "-W", "20", LOCAL)


def gone(lab, s, row):
    wait_for(lambda: not lab.session(s.call), 20, "the session is gone")
    wait_for(lambda: not lab.pppds(), 20, "pppd is gone and reaped")
    links = lab.router.ns.run("ip", "-br", "link")
    assert not re.search(rf"^{row['interface']}\b", links, re.M), links


def the_pppd(lab):
    (pid, _, name), = lab.pppds()
    assert name == "pppd"
    return pid


def alive(pid):
    """It runs; an orphan that has ended may be a zombie here."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("sig, text", [(signal.SIGKILL, "killed"), (signal.SIGTERM, "signal")])
def test_the_end_of_pppd_is_the_end_of_the_call(lab, sig, text):
    peer = lab.lac()
    s = lab.subscribe(peer, 41, "noccp")
    row = lab.up(s)
    os.kill(the_pppd(lab), sig)
    cdn = peer.wait("CDN", 20, lambda m: m.session == s.call.id)
    assert text.encode() in cdn.get(w.RESULT)
    gone(lab, s, row)


def test_a_subscriber_who_hangs_up_ends_the_call(lab):
    peer = lab.lac()
    s = lab.subscribe(peer, 41, "noccp")
    row = lab.up(s)
    s.end(signal.SIGTERM)
    peer.wait("CDN", 20, lambda m: m.session == s.call.id)
    gone(lab, s, row)


def test_a_subscriber_with_a_wrong_password_is_hung_up_on(lab):
    peer = lab.lac()
    s = lab.subscribe(peer, 41, "noccp", password="wrong")
    cdn = peer.wait("CDN", 20, lambda m: m.session == s.call.id)
    assert b"failed to authenticate" in cdn.get(w.RESULT)
    wait_for(lambda: not lab.pppds(), 20, "pppd is gone and reaped")


def test_cdn_ends_pppd(lab):
    peer = lab.lac()
    s = lab.subscribe(peer, 41, "noccp")
    row = lab.up(s)
    peer.hang_up(s.call)
    gone(lab, s, row)


def test_the_operator_ends_pppd(lab):
    peer = lab.lac()
    s = lab.subscribe(peer, 41, "noccp")
    row = lab.up(s)
    lab.vty.show(f"clear l2tp session tunnel {peer.peer_tunnel_id} all")
    peer.wait("CDN", 20, lambda m: m.session == s.call.id)
    gone(lab, s, row)


def test_a_cut_tunnel_ends_every_pppd(lab):
    peer = lab.lac()
    subscribers = [lab.subscribe(peer, n, "noccp") for n in (41, 42, 43)]
    rows = [lab.up(s) for s in subscribers]
    assert len({r["interface"] for r in rows}) == 3
    assert len(lab.pppds()) == 3
    peer.stop_ccn()
    peer.acknowledged()
    peer.silent = True
    for s, row in zip(subscribers, rows):
        gone(lab, s, row)


# A call that ends before its pppd has started is the hardest to clean up after.
def test_nothing_is_left_of_many_calls(lab):
    peer = lab.lac()
    files = lab.files()
    for n in range(40):
        call = peer.call(f"line{n}")
        peer.hang_up(call)
    wait_for(lambda: not lab.router.sessions(), 30, "no session left")
    wait_for(lambda: not lab.pppds(), 60, "every pppd is gone and reaped")
    assert lab.files() <= files + 1  # the tunnel's own socket


# Linux 6.1 cannot tell two tunnels between the same ports apart
def test_a_lac_that_lost_its_tunnel_gets_its_calls_when_the_old_one_is_found_dead(lab):
    peer = lab.lac()
    lab.up(lab.subscribe(peer, 41, "noccp"))
    port = peer.address[1]
    peer.kernel.close()
    peer.close(stop=False)
    for s in lab.subscribers:
        s.end()
    again = lab.peer(port=port)
    again.open()
    again.send("ICRQ", 0, [Avp(w.SESSION_ID, w.u16(1)), Avp(w.SERIAL, w.u32(1))])
    cdn = again.wait("CDN", 10, lambda m: m.session == 1)
    assert cdn.get(w.RESULT)[:2] == w.u16(4)
    wait_for(lambda: len(lab.router.tunnels()) == 1, 30, "the first tunnel is found dead")
    assert again.call("line43")


def test_an_ended_daemon_takes_its_pppds_along(lab):
    peer = lab.lac()
    s = lab.subscribe(peer, 41, "noccp")
    lab.up(s)
    pid = the_pppd(lab)
    peer.silent = True
    lab.router.kill("l2mcd")
    wait_for(lambda: not alive(pid), 20, "pppd is gone")
    lab.router.start_l2mcd()
