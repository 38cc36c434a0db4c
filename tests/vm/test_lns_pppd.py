# SPDX-License-Identifier: GPL-2.0-or-later
"""The LNS with pppd and the kernel's L2TP: sessions come, are seen, and go without a trace."""
import os
import re
import signal

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


# R4045-4.1-4, R4045-4.1-5
def test_a_join_on_the_ppp_link_reaches_the_daemon(lab):
    s = lab.subscribe(lab.lac(), 41, "noccp")
    row = lab.up(s)
    host = Talker("host", lab.outside, lab.dir / "host.log", "receive", "--interface",
                  s.interface, "--address", s.address)
    try:
        host.ask("join", GROUP)
        wait_for(lambda: any(g["group"] == GROUP and g["sessionId"] == row["sessionId"]
                             for g in lab.router.show("l2tp multicast group").get("groups", [])),
                 20, "the group is known")
    finally:
        host.process.kill()


# A4045-28
@pytest.mark.parametrize("options, iccn, v4, v6", [
    (["noccp"], (), "", ""),
    (["bsdcomp", "12,12"], (), "CCP is open", "CCP is open"),
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
    s = lab.subscribe(lab.lac(), 41, "noccp")
    lab.up(s)
    pid = the_pppd(lab)
    lab.router.kill("l2mcd")
    wait_for(lambda: not os.path.exists(f"/proc/{pid}") or
             open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z",
             20, "pppd is gone")
    lab.router.start_l2mcd()
