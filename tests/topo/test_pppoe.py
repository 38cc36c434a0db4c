# SPDX-License-Identifier: GPL-2.0-or-later
"""PPPoE subscribers of our LAC, and a scripted LNS.  The kernel may have no PPP here: the access
interfaces have `data-path none` unless a test is about the data path."""
import os
import signal

import pytest

import l2tp_wire as w
from agent import Agent
from forwarders import datagram
from l2tp_wire import Avp, u16
from netns import wait_for
from peer_lab import PEER, PeerLab
from pppoe import (AC_NAME, COOKIE, PADI, PADR, PADT, RELAY, SERVICE, SERVICE_ERROR,
                   SYSTEM_ERROR, VENDOR, Subscriber)

SECOND, DEAD = "10.9.0.3", "10.9.0.4"
CONFIG = """\
hostname lac
l2vpn l2tp-multicast
 host-name lac7
 profile fast
  retransmit retries 1 timeout 1 maximum 8
 exit
 peer-group LNS lac
  endpoint 10.9.0.2
  denylist 0
 exit
 peer-group GOLD lac
  endpoint 10.9.0.3
  denylist 0
 exit
 peer-group SPARE lac
  profile fast
  endpoint 10.9.0.4 preference 1
  endpoint 10.9.0.2 preference 2
  denylist 60
 exit
 access a1 pppoe
  peer-group LNS
  service-name gold peer-group GOLD
  data-path none
 exit
 access a2 pppoe
  peer-group SPARE
  data-path none
 exit
 access a3 vlan 100 inner 200 pppoe
  peer-group LNS
  data-path none
 exit
 access a3 vlan 100 pppoe
  peer-group LNS
  data-path none
 exit
 access a4 pppoe
  service-name gold peer-group GOLD
  ac-name other
  maximum-sessions 2
  maximum-sessions-per-host 1
  maximum-padi 10
  data-path none
 exit
 access a5 pppoe
  peer-group LNS
 exit
 fib
  endpoint {endpoint}
 exit
exit
"""


class PppoeLab(PeerLab):
    def build(self):
        super().build()
        self.subscribers = []
        self.router.start_l2mcd(CONFIG.format(endpoint=self.router.endpoint))
        wait_for(lambda: all(a["up"] for a in self.accesses().values()), 10, "access is up")

    def subscriber(self, n, host=1, vlans=()):
        s = Subscriber(self.hosts, f"x{n}", f"02:00:00:00:0{n}:{host:02x}", vlans)
        self.subscribers.append(s)
        return s

    def lns(self, address=PEER):
        return self.peer("lns", address=address, port=1701, capability=False)

    def accesses(self):
        return {a["access"]: a for a in self.router.show("l2tp pppoe access")["accesses"]}

    def shown(self):
        return self.router.show("l2tp pppoe").get("sessions", [])

    def end_subscribers(self):
        """For the fixture: the next test finds no session."""
        for s in self.subscribers:
            if s.session:
                s.disconnect()
            s.close()
        self.subscribers.clear()
        self.end_peers()
        wait_for(lambda: not self.shown(), 30, "no PPPoE session left")
        self.vty.show("clear l2tp statistics")


@pytest.fixture(scope="module")
def lab():
    with PppoeLab(prefix="pppoe", interface="a{}", hosts=6) as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.end_subscribers()


# ---------------------------------------------------------------- one subscriber, one call

def test_a_subscriber_gets_a_session_and_the_lns_a_call(lab):
    lns, sub = lab.lns(), lab.subscriber(1)
    offer, tags = sub.discover()
    assert offer.get(AC_NAME) == b"lac7" and offer.get(SERVICE) == b""
    assert b"gold" in offer.all(SERVICE)
    circuit = bytes.fromhex("00000de9") + b"\1\x07eth 1/2" + b"\2\x04line"
    answer = sub.request([*tags, (RELAY, b"relay"), (VENDOR, circuit)])
    assert answer.session and answer.get(RELAY) == b"relay" and answer.get(SERVICE) == b""
    icrq, iccn = lns.wait("ICRQ"), lns.wait("ICCN")
    assert icrq.get(w.CALLING) == sub.name.encode()
    assert icrq.get(w.SUB_ADDRESS) == b"a1" and icrq.get(w.CALLED) is None
    assert iccn.number(w.FRAMING_TYPE) == 1
    row, = lab.shown()
    session, = lab.router.sessions()
    assert (row["macAddress"], row["pppoeSessionId"], row["access"], row["state"]) == (
        sub.name, sub.session, "a1", "established")
    assert (row["circuitId"], row["remoteId"], row["peerGroup"]) == ("eth 1/2", "line", "LNS")
    assert (row["tunnelId"], row["sessionId"]) == (session["tunnelId"], session["sessionId"])
    assert row["dataPath"] == "none"


def test_the_service_name_chooses_the_peer_group(lab):
    lns, gold = lab.lns(), lab.lns(SECOND)
    one, two = lab.subscriber(1, 1), lab.subscriber(1, 2)
    assert one.connect(b"gold").get(SERVICE) == b"gold"
    assert two.connect(b"anything").get(SERVICE) == b"anything"
    icrq = gold.wait("ICRQ")
    assert (icrq.get(w.CALLING), icrq.get(w.CALLED)) == (one.name.encode(), b"gold")
    assert lns.wait("ICRQ").get(w.CALLING) == two.name.encode()
    assert {r["macAddress"]: r["peerGroup"] for r in lab.shown()} == {
        one.name: "GOLD", two.name: "LNS"}


def test_a_service_that_is_not_here_is_not_offered_and_refused(lab):
    sub = lab.subscriber(4)
    lab.lns(SECOND)
    sub.send(PADI, [(SERVICE, b"silver")])
    sub.nothing()
    offer, tags = sub.discover(b"gold")
    assert offer.get(AC_NAME) == b"other"
    refused = sub.request([(SERVICE, b"silver"), *tags[1:]])
    assert refused.session == 0 and refused.get(SERVICE_ERROR)


@pytest.mark.parametrize("vlans", ((100,), (100, 200)))
def test_subscribers_behind_vlan_tags_are_served_where_they_are(lab, vlans):
    lns = lab.lns()
    sub = lab.subscriber(3, vlans=vlans)
    sub.connect()
    row, = lab.shown()
    assert row["access"] == ".".join(["a3", *map(str, vlans)])
    assert lns.wait("ICRQ").get(w.SUB_ADDRESS) == row["access"].encode()
    assert (row["vlan"], row.get("innerVlan")) == (100, 200 if len(vlans) == 2 else None)
    other = lab.subscriber(3, 2, vlans=(101, *vlans[1:]))
    other.send(PADI, [(SERVICE, b"")])
    other.nothing()


# ---------------------------------------------------------------- who ends what

def test_padt_of_the_subscriber_is_a_cdn_with_carrier_lost(lab):
    lns, sub = lab.lns(), lab.subscriber(1)
    sub.connect()
    sub.disconnect()
    assert lns.wait("CDN").result()[0] == 1
    wait_for(lambda: not lab.shown() and not lab.router.sessions(), 10, "it is gone")


def test_cdn_of_the_lns_is_a_padt(lab):
    lns, sub = lab.lns(), lab.subscriber(1)
    sub.connect()
    lns.hang_up(lns.calls[sub.name], 3)
    assert sub.wait(PADT).session == sub.session
    wait_for(lambda: not lab.shown(), 10, "it is gone")
    sub.session = None


def test_a_tunnel_that_ends_is_a_padt_for_every_subscriber(lab):
    lns = lab.lns()
    subs = [lab.subscriber(1, n) for n in range(1, 4)]
    for s in subs:
        s.connect()
    lns.stop_ccn()
    for s in subs:
        assert s.wait(PADT).session == s.session
        s.session = None


def test_padt_of_a_stranger_ends_nothing(lab):
    lns, sub, stranger = lab.lns(), lab.subscriber(1), lab.subscriber(1, 9)
    sub.connect()
    stranger.ac = sub.ac
    stranger.send(PADT, session=sub.session)
    wait_for(lambda: lab.accesses()["a1"]["dropSession"] == 1, 10, "it was looked at")
    assert lns.count("CDN") == 0 and len(lab.shown()) == 1


def test_carrier_lost_and_access_removed_end_the_calls(lab):
    lns, sub = lab.lns(), lab.subscriber(1)
    sub.connect()
    lab.router.ns.ip("link set a1 down")
    assert lns.wait("CDN").result()[0] == 1
    lab.router.ns.ip("link set a1 up")
    wait_for(lambda: lab.accesses()["a1"]["up"], 10, "a1 is back")
    sub.connect()
    lab.vty.configure("l2vpn l2tp-multicast", "no access a1 pppoe")
    assert sub.wait(PADT).session == sub.session
    assert lns.wait("CDN").result()[0] == 3
    sub.session = None
    lab.vty.configure("l2vpn l2tp-multicast", "access a1 pppoe", "peer-group LNS",
                      "service-name gold peer-group GOLD", "data-path none")
    wait_for(lambda: lab.accesses()["a1"]["up"], 10, "a1 is back")


# ---------------------------------------------------------------- when there is no call

def test_pads_waits_for_the_call_and_a_padr_sent_again_makes_no_second_one(lab):
    lns, sub = lab.lns(), lab.subscriber(1)
    lns.on["ICRQ"] = None
    _, tags = sub.discover()
    for _ in range(3):
        sub.send(PADR, tags)
    icrq = lns.wait("ICRQ")
    sub.nothing()
    lns.answer_call(icrq)
    assert sub.request(tags).session  # the PADS, or one for the PADR sent again
    assert lns.count("ICRQ") == 1 and len(lab.shown()) == 1


def test_a_call_that_the_lns_refuses_is_an_ac_system_error(lab):
    lns, sub = lab.lns(), lab.subscriber(1)
    lns.on["ICRQ"] = lambda m: lns.send("CDN", m.number(w.SESSION_ID), [
        Avp(w.RESULT, u16(4)), Avp(w.SESSION_ID, u16(lns.new_id()))])
    _, tags = sub.discover()
    refused = sub.request(tags)
    assert refused.session == 0 and refused.get(SYSTEM_ERROR)
    assert not lab.shown()


def test_a_dead_lns_is_passed_over_and_then_avoided(lab):
    lns, sub = lab.lns(), lab.subscriber(2)
    dead = lab.peer("dead", address=DEAD, port=1701)
    dead.silent = True
    sub.connect(timeout=30)  # two transmissions of one and two seconds to the first
    assert lns.wait("ICRQ").get(w.CALLING) == sub.name.encode()
    tried = len(dead.arrivals)
    assert tried
    lns.stop_ccn()
    sub.wait(PADT)
    lns.close()
    lab.lns()
    sub.connect()  # at once: the dead one is on the denylist
    assert len(dead.arrivals) == tried


def test_an_lns_that_falls_silent_is_avoided_when_there_is_another(lab):
    # one that is typed anew is not denied any more
    lab.vty.configure("l2vpn l2tp-multicast", "peer-group SPARE lac", f"no endpoint {DEAD}",
                      f"endpoint {DEAD} preference 1")
    lns, first = lab.lns(), lab.lns(DEAD)
    sub, other = lab.subscriber(2, 5), lab.subscriber(2, 6)
    sub.connect()
    assert first.count("ICRQ") == 1
    first.silent = True
    sub.disconnect()  # nobody acknowledges the CDN
    sub.session = None
    wait_for(lambda: not [t for t in lab.router.tunnels() if t["peerAddress"] == DEAD
                          and t["state"] == "established"], 20, "the first tunnel is given up")
    tried = len(first.arrivals)
    other.connect()
    assert lns.wait("ICRQ").get(w.CALLING) == other.name.encode()
    assert len(first.arrivals) == tried


def test_without_any_lns_the_subscriber_is_refused(lab):
    sub, other = lab.subscriber(2, 3), lab.subscriber(2, 4)
    _, tags = sub.discover()
    refused = sub.request(tags, 30)
    assert refused.session == 0 and refused.get(SYSTEM_ERROR)
    wait_for(lambda: not lab.shown(), 30, "nothing is left")


def test_a_kernel_without_ppp_is_a_clear_refusal(lab):
    if os.path.exists("/dev/ppp"):
        pytest.skip("this kernel has PPP")
    lns, sub = lab.lns(), lab.subscriber(5)
    _, tags = sub.discover()
    refused = sub.request(tags)
    assert refused.session == 0 and b"kernel" in refused.get(SYSTEM_ERROR)
    assert lns.wait("CDN").result() == (2, 4)
    assert "no: " in lab.vty.show("show l2tp").split("PPP in the kernel")[1].split("\n")[0]


# ---------------------------------------------------------------- floods, limits

def test_floods_keep_no_state_and_limits_hold(lab):
    lab.lns(SECOND)
    subs = [lab.subscriber(4, n) for n in range(1, 4)]
    kept = [s.discover(b"gold")[1] for s in subs]
    subs[0].request(kept[0])
    _, again = subs[0].discover(b"gold")
    refused = lab.subscriber(4, 1)
    refused.ac = subs[0].ac
    assert refused.request(again).get(SYSTEM_ERROR) == b"too many sessions of this host"
    refused.session = None
    subs[1].request(kept[1])
    assert subs[2].request(kept[2]).get(SYSTEM_ERROR) == b"too many sessions here"
    flood = lab.subscriber(4, 77)
    for i in range(300):
        flood.send(PADI, [(SERVICE, b"gold")], src=b"\2\1" + i.to_bytes(4, "big"))
        flood.send(PADR, [(SERVICE, b"gold"), (COOKIE, os.urandom(13))], dst=subs[0].ac,
                   src=b"\2\1" + i.to_bytes(4, "big"))
    row = wait_for(lambda: (a := lab.accesses()["a4"])["dropCookie"] == 300 and a, 10,
                   "the flood is over")
    assert row["sessions"] == 2 and row["dropFull"] == 300 and row["padsSent"] == 4
    for s in subs[:2]:
        s.disconnect()
        s.session = None
    wait_for(lambda: not lab.shown(), 10, "room again")
    for i in range(100):
        flood.send(PADI, [(SERVICE, b"gold")])
    row = wait_for(lambda: (a := lab.accesses()["a4"])["dropRate"] + a["padoSent"] >= 104 and a,
                   10, "the flood is over")
    assert row["dropRate"] >= 80


# ---------------------------------------------------------------- multicast

def test_forwarding_is_told_mac_session_and_tags(lab):
    lab.lns()
    agent = Agent(lab.router.endpoint)
    try:
        sub = lab.subscriber(3, vlans=(100, 200))
        sub.connect()

        def told():
            return next((o.access_session for o in list(agent.objects.values())
                         if o.key.WhichOneof("key") == "access_session"), None)
        v = wait_for(told, 10, "the session is told")
        assert v.interface == "a3" and not v.unicast
        assert v.pppoe.mac == sub.mac and v.pppoe.session_id == sub.session
        assert list(v.pppoe.vlan) == [100, 200]
        sub.disconnect()
        wait_for(lambda: not told(), 10, "and its end")
        sub.session = None
    finally:
        agent.close()


# R4045-7.2-2, R4045-7.1-1: every subscriber with its own session, MAC address and tags
def test_one_packet_on_the_multicast_session_reaches_the_listed_subscribers(lab):
    lns = lab.lns()
    lab.router.start_mcfibd()
    try:
        subs = [lab.subscriber(1, 1), lab.subscriber(1, 2), lab.subscriber(3, 3, vlans=(100,)),
                lab.subscriber(3, 4, vlans=(100, 200)), lab.subscriber(1, 5)]
        for s in subs:
            s.connect()
        wait_for(lambda: [s["fib"]["status"] for s in lab.router.sessions()] == ["installed"] * 5,
                 20, "the agent has five sessions")
        _, theirs = lns.open_multicast()
        lns.msi(theirs, nos=[lns.calls[s.name].peer_id for s in subs[:4]])
        acknowledged = lns.wait("MSI", 20)
        assert sorted(acknowledged.ids(w.NOSA)) == sorted(
            lns.calls[s.name].peer_id for s in subs[:4])
        packet = datagram("192.0.2.1", "232.1.1.1", b"over PPPoE")
        lns.raw(w.data(lns.peer_tunnel_id, theirs, packet))
        for s in subs[:4]:
            assert s.data(10, lambda p: b"over PPPoE" in p) == packet
            assert s.data(0.2, lambda p: b"over PPPoE" in p) is None
        assert subs[4].data(0.2, lambda p: b"over PPPoE" in p) is None
    finally:
        lab.router.kill("mcfibd", signal.SIGTERM)


# ---------------------------------------------------------------- the end

def test_an_orderly_stop_tells_every_subscriber(lab):
    lab.lns()
    sub = lab.subscriber(1)
    sub.connect()
    lab.router.kill("l2mcd", signal.SIGTERM)
    assert sub.wait(PADT).session == sub.session
    sub.session = None
    lab.router.start_l2mcd()
    wait_for(lambda: all(a["up"] for a in lab.accesses().values()), 10, "access is up")
