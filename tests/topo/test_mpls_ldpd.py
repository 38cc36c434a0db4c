# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock ldpd as neighbour of mplsmcd, and beside it on the same routers (A-mLDP-9)."""
import signal

import pytest

import pcap
from ldpd_lab import LdpdLab, ldpd_id
from mpls_lab import GROUP, SOURCE, router_id
from netns import wait_for

RATE = 100
# LDP messages and capability of RFC 5036, 7473
NOTIFICATION, HELLO, INITIALIZATION, KEEPALIVE, SAC = 0x0001, 0x0100, 0x0200, 0x0201, 0x050d


def capture(lab, router, interface):
    """Path of the file into which tcpdump writes what LDP says on a link."""
    path = lab.dir / f"{router.name}.pcap"
    process = lab.process(f"tcpdump {interface}", router.ns.words(
        ["tcpdump", "-i", interface, "-w", str(path), "-U", "--immediate-mode", "-Z", "root",
         "-s", "0", "port 646"]), lab.dir / "tcpdump.log")
    wait_for(lambda: "listening on" in process.tail(), 10, "tcpdump listens")
    return path


def numbers(field):
    return {int(n, 0) for n in field.split(",") if n}


@pytest.mark.timeout(240)
def test_ldpd_as_a_neighbour_is_unharmed():
    """pe1 and p1 have ldpd alone, pe2 has mplsmcd alone.  M-7473-4.1-1: told that unicast is off;
    no P2MP mapping to a peer that has not announced the capability (M-6388-2.1-2)."""
    with LdpdLab(prefix="mcld") as lab:
        pe1, p1, pe2 = lab.routers.values()
        lab.start_routing()
        pe1.start_ldpd()
        p1.start_ldpd()
        wait_for(lambda: ldpd_id("pe1") in p1.unicast_sessions(), 60, "ldpd of p1 and of pe1")
        path = capture(lab, pe2, "p1")
        pe2.start_mplsmcd()
        pe2.start_mcfibd()
        pe2.start_pimd()
        wait_for(lambda: router_id("pe2") in p1.unicast_sessions() and
                 pe2.multicast_sessions() == {ldpd_id("p1")}, 60, "ldpd of p1 and mplsmcd of pe2")
        assert "p2mp" not in pe2.neighbours()[0]["capabilities"]

        # the only way to the root leads through p1
        lab.receivers["pe2"].join(GROUP, SOURCE)
        wait_for(pe2.lsps, 30, "pe2 knows what its receiver wants")
        assert [(i["group"], i["state"]) for i in pe2.lsps()] == [(GROUP, "no-route")]
        before = p1.unicast_bindings()
        assert {n for _, n in before} == {ldpd_id("pe1")}

        # mplsmcd's session ends in order, and by its death, and comes back
        pe2.vty["mplsmcd"].show("clear mpls multicast neighbor all")
        wait_for(lambda: p1.times_up(router_id("pe2")) == 2, 30, "the session is cleared")
        pe2.kill("mplsmcd")
        pe2.start_mplsmcd()
        wait_for(lambda: p1.times_up(router_id("pe2")) == 3, 60, "mplsmcd is back")

        lab.new_prefix("10.99.0.1/32")
        now = p1.unicast_bindings()
        assert {k: v for k, v in now.items() if k[0] != "10.99.0.1/32"} == before
        assert p1.times_up(ldpd_id("pe1")) == pe1.times_up(ldpd_id("p1")) == 1
        assert p1.processes["ldpd"].running() and pe1.processes["ldpd"].running()

        # with the address of the router's own ldpd mplsmcd keeps still
        pe1.id = ldpd_id("pe1")
        pe1.start_mplsmcd()
        wait_for(lambda: pe1.show("mpls multicast").get("whyNot", "").startswith("cannot listen"),
                 20, "mplsmcd cannot listen")
        pe1.vty["mplsmcd"].configure("mpls ldp-multicast", f"router-id {router_id('pe1')}")
        wait_for(lambda: pe1.multicast_sessions() == {ldpd_id("p1")}, 60, "mplsmcd of pe1")
        assert p1.times_up(ldpd_id("pe1")) == pe1.times_up(ldpd_id("p1")) == 1

        said, capabilities = set(), set()
        for _, types, tlvs in pcap.tshark(path, "ip.src", "ldp.msg.type", "ldp.msg.tlv.type",
                                          display=f"ldp && ip.src == {router_id('pe2')}"):
            said |= numbers(types)
            capabilities |= numbers(tlvs)
        assert INITIALIZATION in said
        assert said <= {NOTIFICATION, INITIALIZATION, KEEPALIVE}, said
        assert SAC in capabilities


def all_sessions(lab, of="multicast"):
    """On each router a daemon has a session with both daemons of each neighbour."""
    for name, router in lab.routers.items():
        others = {i for c in router.cables for i in (router_id(c), ldpd_id(c))}
        wait_for(lambda r=router, o=others: getattr(r, f"{of}_sessions")() == o, 60,
                 f"{of} sessions of {name}")


def missed(lab, stream):
    """(lost, duplicated) at the receiver once everything sent so far has arrived."""
    sent = stream.ask("stat")["sent"]
    r = wait_for(lambda: (lambda r: r if r.get("last", 0) >= sent else None)(
        lab.receivers["pe2"].result(GROUP)), 30, f"packet {sent}")
    return r["lost"], r["duplicated"]


@pytest.mark.timeout(300)
def test_both_daemons_on_every_router():
    """Both listen on port 646; each of pe1, p1 and pe2 starts them in another order, and they are
    restarted one by one."""
    with LdpdLab(prefix="mclb") as lab:
        pe1, p1, pe2 = lab.routers.values()
        lab.start_routing()
        pe1.start_ldpd()
        pe2.start_mplsmcd()
        p1.start_ldpd()
        # p1's ldpd gets to know mplsmcd of pe2 before ldpd of pe2
        wait_for(lambda: router_id("pe2") in p1.unicast_sessions(), 60, "ldpd of p1 hears pe2")
        p1.start_mplsmcd()
        pe2.start_ldpd()
        pe1.start_mplsmcd()
        for router in lab.routers.values():
            router.start_mcfibd()
        pe1.start_pimd()
        pe2.start_pimd()
        all_sessions(lab)
        all_sessions(lab, "unicast")

        stream = lab.sender(GROUP, RATE)
        lab.receivers["pe2"].join(GROUP, SOURCE)
        lab.tree(["pe2"])
        lab.receivers["pe2"].receives(GROUP, 30)
        assert missed(lab, stream) == (0, 0)
        lab.new_prefix("10.99.0.1/32")
        for name in ("pe1", "pe2"):
            label = wait_for(lambda n=name: p1.unicast_label(f"{ldpd_id(n)}/32"), 30, name)
            assert label == "imp-null", (name, label)

        # ldpd goes and comes back: multicast does not notice
        p1.kill("ldpd", signal.SIGTERM)
        wait_for(lambda: pe1.multicast_sessions() == {router_id("p1")}, 30, "ldpd of p1 is gone")
        assert pe1.unicast_sessions() == {router_id("p1")}
        p1.start_ldpd()
        all_sessions(lab, "unicast")
        lab.new_prefix("10.99.0.2/32")
        assert missed(lab, stream) == (0, 0)

        # mplsmcd goes and comes back: unicast does not notice
        bindings = p1.unicast_bindings()
        p1.kill("mplsmcd")
        wait_for(lambda: router_id("p1") not in pe1.unicast_sessions(), 30, "mplsmcd is gone")
        p1.start_mplsmcd()
        all_sessions(lab)
        lab.tree(["pe2"])
        lost, _ = missed(lab, stream)
        wait_for(lambda: missed(lab, stream)[0] == lost, 30, "nothing is lost any more")
        assert p1.unicast_bindings() == bindings
        assert p1.times_up(ldpd_id("pe2")) == 2 and pe2.times_up(ldpd_id("p1")) == 2
        lab.new_prefix("10.99.0.3/32")
