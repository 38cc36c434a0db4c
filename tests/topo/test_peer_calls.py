# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls as a scripted peer sees them: those an LNS asks for, sequence numbers, proxy LCP and
authentication, SLI and WEN, "try another".  One router is LAC towards some peers, LNS towards
others.  No forwarding agent."""
import pytest

import l2tp_wire as w
from l2tp_wire import Avp, u16, u32
from lab import BUILD
from netns import LabError, wait_for
from peer_lab import PEER, PeerLab

OTHER = "10.9.0.3"
CONFIG = """\
hostname both
l2vpn l2tp-multicast
 host-name both
 profile deny
  data-sequencing deny
 exit
 profile prefer
  data-sequencing prefer
 exit
 profile require
  data-sequencing require
 exit
 profile proxy
  proxy-authentication accept
 exit
 profile idle
  idle-timeout 2
 exit
 peer-group LNS lac
  endpoint 10.9.0.2 preference 1
  endpoint 10.9.0.3 preference 2
  denylist 60
 exit
 peer-group deny lns
  match host-name deny
  profile deny
  accept
 exit
 peer-group switch lns
  match host-name switch
  accept
 exit
 peer-group require lns
  match host-name require
  profile require
  accept
 exit
 peer-group proxy lns
  match host-name proxy
  profile proxy
  accept
 exit
 peer-group idle lns
  match host-name idle
  profile idle
  accept
 exit
 peer-group zz lns
  match address 0.0.0.0/0
  accept
 exit
 session interface external %c
exit
"""
BEARER = Avp(w.BEARER, u32(3))
HOSTS = 4


class CallLab(PeerLab):
    def build(self):
        """No virtual interface has a line with errors: tests/topo/line_errors.c says it has."""
        super().build()
        self.errors, start = self.router.run / "line_errors", self.router.start
        shim = [f"LD_PRELOAD={BUILD}/tests/topo/line_errors.so", f"LINE_ERRORS={self.errors}"]
        self.router.start = lambda name, argv: start(name, ["env", *shim, *argv])
        self.router.start_l2mcd(CONFIG)
        self.router.start = start

    def looks(self):
        """How often the daemon has looked for errors."""
        read = self.errors.with_suffix(".read")
        return read.stat().st_size if read.exists() else 0

    def lac(self, host_name="lac", extra=(BEARER,), **kw):
        lac = self.peer(host_name, **kw)
        lac.open(extra)
        return lac

    def configure(self, *lines):
        self.vty.configure("l2vpn l2tp-multicast", *lines)

    def access(self, n, *lines):
        """The peer-group comes last: with it a call may be placed."""
        self.configure(f"access a{n} static", *lines, "peer-group LNS", "exit")

    def lns(self, **kw):
        """A peer our LAC opens a tunnel to, answering calls."""
        return self.peer("lns", address=kw.pop("address", PEER), port=1701, capability=False, **kw)

    def session(self, **want):
        """Details of the only session with these values; None: there is none."""
        found = [s for s in self.router.show("l2tp session detail").get("sessions", [])
                 if all(s.get(k) == v for k, v in want.items())]
        return found[0] if found else None


@pytest.fixture(scope="module")
def lab():
    with CallLab(prefix="pcal", interface="a{}", hosts=HOSTS) as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.configure(*(f"no access a{n} static" for n in range(1, HOSTS + 1)),
                  "peer-group LNS lac", "no profile", "exit",
                  "peer-group switch lns", "no profile", "exit")
    for n in range(1, HOSTS + 1):
        lab.router.ns.ip(f"link set a{n} up")
    lab.end_peers()
    # endpoints that were denied or busy are new ones afterwards
    lab.configure("peer-group LNS lac", "no endpoint 10.9.0.2", "no endpoint 10.9.0.3",
                  "endpoint 10.9.0.2 preference 1", "endpoint 10.9.0.3 preference 2", "exit")


def ocrq(peer, number, minimum=1, maximum=1_000_000):
    ours = peer.new_id()
    peer.send("OCRQ", 0, [Avp(w.SESSION_ID, u16(ours)), Avp(w.SERIAL, u32(7)),
                          Avp(w.MINIMUM_BPS, u32(minimum)), Avp(w.MAXIMUM_BPS, u32(maximum)),
                          Avp(w.BEARER_TYPE, u32(1)), Avp(w.FRAMING_TYPE, u32(1)),
                          Avp(w.CALLED, number.encode())])
    return ours


def line_up(peer, session, framing=1, extra=()):
    peer.send("OCCN", session, [Avp(w.TX_SPEED, u32(64000)), Avp(w.FRAMING_TYPE, u32(framing)),
                                *extra])


# ---------------------------------------------------------------- outgoing calls, LNS

def dial(lab, peer, number):
    """What the operator reads."""
    try:
        return lab.vty.show(f"l2tp call tunnel {peer.peer_tunnel_id} number {number}")
    except LabError as e:
        return str(e)


# F2661-ON1, F2661-ON3, F2661-ON5, F2661-ON7, F2661-ON10, R2661-6.9-1, R2661-5.2.2-1, R2661-7.5-2
def test_the_lns_asks_for_a_call_and_gets_a_session(lab):
    lac = lab.lac()
    assert "calls 'a2'" in dial(lab, lac, "a2")
    m = lac.wait("OCRQ")
    assert m.session == 0 and m.get(w.CALLED) == b"a2"
    for avp in (w.SESSION_ID, w.SERIAL, w.MINIMUM_BPS, w.MAXIMUM_BPS, w.BEARER_TYPE,
                w.FRAMING_TYPE):
        assert m.has(avp)
    theirs, ours = m.number(w.SESSION_ID), lac.new_id()
    lac.send("OCRP", theirs, [Avp(w.SESSION_ID, u16(ours))])
    wait_for(lambda: lab.session(sessionId=theirs, state="wait-connect"), 5, "it rings")
    line_up(lac, theirs)
    s = wait_for(lambda: lab.session(sessionId=theirs, state="established"), 5, "established")
    assert s["outgoing"] and s["role"] == "lns" and s["interface"] == "a2"
    assert s["peerSessionId"] == ours and s["txSpeedBps"] == 64000
    lac.send("CDN", theirs, [Avp(w.RESULT, u16(1)), Avp(w.SESSION_ID, u16(ours))])
    wait_for(lambda: not lab.session(sessionId=theirs), 5, "gone")


# R2661-6.9-1
def test_a_lac_without_bearer_capabilities_is_not_asked(lab):
    lac = lab.lac(extra=())
    assert "the LAC places no calls" in dial(lab, lac, "a2")
    lac.barrier()
    assert lac.count("OCRQ") == 0 and not lab.router.sessions()


# F2661-ON6, F2661-ON10
def test_a_refused_call_leaves_nothing_behind(lab):
    lac = lab.lac()
    dial(lab, lac, "a2")
    m = lac.wait("OCRQ")
    lac.send("CDN", 0, [Avp(w.RESULT, u16(8)), Avp(w.SESSION_ID, m.get(w.SESSION_ID))])
    # the header has no ID of the daemon's: it goes by ours, which it does not know yet
    lac.send("CDN", m.number(w.SESSION_ID), [Avp(w.RESULT, u16(8)),
                                             Avp(w.SESSION_ID, u16(lac.new_id()))])
    wait_for(lambda: not lab.router.sessions(), 5, "gone")
    assert "calls 'a2'" in dial(lab, lac, "a2")  # the interface is free again


def test_what_cannot_be_called_is_told_the_operator(lab):
    lac = lab.lac()
    with pytest.raises(LabError, match="no such tunnel"):
        lab.vty.show(f"l2tp call tunnel {lac.peer_tunnel_id ^ 1} number 5")
    assert "too long" in dial(lab, lac, "n" * 63)  # for the name of an interface
    assert lac.count("OCRQ") == 0


# ---------------------------------------------------------------- outgoing calls, LAC

def open_tunnel(lab, *accesses):
    """Our LAC has a tunnel to a scripted LNS, with called numbers 101, ..."""
    lns = lab.lns()
    for n in accesses:
        lab.access(n, f"called-number {100 + n}")
    lns.wait("SCCCN", 10)
    assert lns.count("ICRQ") == 0
    return lns


# F2661-OA1, F2661-OA4, F2661-OA6, R2661-6.10-1, R2661-6.11-1, R2661-7.5-1, R2661-7.5-3
def test_the_lac_places_the_call_on_its_interface(lab):
    lns = open_tunnel(lab, 1, 2)
    ours = ocrq(lns, "102")
    m = lns.wait("OCRP")
    assert m.session == ours
    theirs = m.number(w.SESSION_ID)
    m = lns.wait("OCCN")
    assert m.session == ours and m.number(w.TX_SPEED) == 1_000_000 and m.has(w.FRAMING_TYPE)
    assert lns.count("ICRQ") == 0  # it waits to be asked
    s = lab.session(sessionId=theirs)
    assert s["outgoing"] and s["role"] == "lac" and s["interface"] == "a2"
    assert s["state"] == "established" and s["calledNumber"] == "102"
    # released: the line can be called again
    lns.send("CDN", theirs, [Avp(w.RESULT, u16(3)), Avp(w.SESSION_ID, u16(ours))])
    wait_for(lambda: not lab.router.sessions(), 5, "released")
    ocrq(lns, "102")
    lns.wait("OCCN")


# F2661-OA4, F2661-OA7, R2661-7.5-3
def test_the_lac_answers_when_the_line_is_up_and_hangs_up_when_it_drops(lab):
    lab.router.ns.ip("link set a1 down")
    lns = open_tunnel(lab, 1)
    ours = ocrq(lns, "101")
    lns.wait("OCRP")
    lns.barrier()
    assert lns.count("OCCN") == 0
    assert lab.session(interface="a1")["state"] == "wait-cs-answer"
    lab.router.ns.ip("link set a1 up")
    assert lns.wait("OCCN").session == ours
    lab.router.ns.ip("link set a1 down")
    m = lns.wait("CDN")
    assert m.session == ours and m.result()[0] == 1  # loss of carrier


# F2661-OA5, F2661-OA6
def test_a_call_that_is_cancelled_while_it_rings_is_over(lab):
    lab.router.ns.ip("link set a1 down")
    lns = open_tunnel(lab, 1)
    ours = ocrq(lns, "101")
    theirs = lns.wait("OCRP").number(w.SESSION_ID)
    lns.send("CDN", theirs, [Avp(w.RESULT, u16(3)), Avp(w.SESSION_ID, u16(ours))])
    wait_for(lambda: not lab.router.sessions(), 5, "over")
    lab.router.ns.ip("link set a1 up")
    ours = ocrq(lns, "101")
    lns.wait("OCCN")
    lab.configure("no access a1 static")
    assert lns.wait("CDN").session == ours
    assert lns.count("OCCN") == 1


# F2661-OA2
@pytest.mark.parametrize("number, minimum, result", [
    ("999", 1, 6),               # invalid destination
    ("101", 2_000_000_000, 5),   # no such facilities
])
def test_a_call_that_cannot_be_placed_is_refused(lab, number, minimum, result):
    lns = open_tunnel(lab, 1)
    ours = ocrq(lns, number, minimum)
    m = lns.wait("CDN")
    assert m.session == ours and m.result()[0] == result


# F2661-OA2
def test_a_line_that_is_busy_is_not_called_twice(lab):
    lns = open_tunnel(lab, 1)
    ocrq(lns, "101")
    lns.wait("OCCN")
    ours = ocrq(lns, "101")
    m = lns.wait("CDN")
    assert m.session == ours and m.result()[0] == 8
    assert len(lab.router.sessions()) == 1


# ---------------------------------------------------------------- try another

# R2661-4.4.2-4
def test_an_lns_that_says_try_another_sends_the_call_elsewhere(lab):
    first, second = lab.lns(), lab.lns(address=OTHER)
    first.on["ICRQ"] = lambda m: first.send("CDN", m.number(w.SESSION_ID), [
        Avp(w.RESULT, u16(2, 7)), Avp(w.SESSION_ID, u16(first.new_id()))])
    lab.access(1)
    assert first.wait("ICRQ").get(w.CALLING) == b"a1"
    assert second.wait("ICCN", 10)
    lab.access(2)  # so does the next one, without asking the first again
    second.until(lambda: second.count("ICCN") == 2, 10, "both calls")
    assert first.count("ICRQ") == 1
    assert lab.tunnel(first)["state"] == "established"


# R2661-4.4.2-4
def test_so_does_one_that_says_it_of_the_tunnel(lab):
    first, second = lab.lns(), lab.lns(address=OTHER)
    first.on["SCCRQ"] = lambda m: first.send("StopCCN", 0, [
        Avp(w.TUNNEL_ID, u16(first.tunnel_id)), Avp(w.RESULT, u16(2, 7))])
    lab.access(1)
    assert second.wait("ICCN", 10)
    assert first.count("SCCRQ") == 1


# ---------------------------------------------------------------- sequence numbers

SEQUENCING = Avp(w.SEQUENCING)


def call(lac, n, extra=()):
    return lac.call(f"a{n}", iccn=extra)


# R2661-5.4-1
def test_sequencing_required_by_the_lac_is_used_unless_denied(lab):
    lac = lab.lac()
    call(lac, 1, [SEQUENCING])
    s = lab.session(interface="a1")
    assert s["sequencing"] and s["ineligible"] == "sequencing required"
    call(lac, 2)
    assert not lab.session(interface="a2")["sequencing"]
    deny = lab.lac("deny")
    c = call(deny, 3, [SEQUENCING])
    m = deny.wait("CDN")
    assert m.session == c.id and m.result()[0] == 5
    call(deny, 3)
    assert not lab.session(interface="a3")["sequencing"]


# R2661-5.4-2, A4045-28
def test_the_lns_switches_sequence_numbers_of_sessions_that_do_not_require_them(lab):
    lac = lab.lac("switch")
    call(lac, 1)
    call(lac, 2, [SEQUENCING])
    states = [("prefer", True), (None, False), ("prefer", True)]
    for profile, on in states:
        lab.configure("peer-group switch lns", f"profile {profile}" if profile else "no profile")
        s = wait_for(lambda: lab.session(interface="a1", sequencing=on), 5, "switched")
        assert s["eligible"] is not on
        assert lab.session(interface="a2")["sequencing"]


def test_an_lns_that_requires_sequence_numbers_refuses_calls_without(lab):
    lac = lab.lac("require")
    c = call(lac, 1)
    assert lac.wait("CDN").session == c.id
    call(lac, 1, [SEQUENCING])
    assert lab.session(interface="a1")["sequencing"]


def test_a_lac_that_prefers_them_does_without_if_the_lns_does_not_like_them(lab):
    lab.configure("peer-group LNS lac", "profile prefer")
    lns = lab.lns()
    lab.access(1)
    m = lns.wait("ICCN", 10)
    assert m.has(w.SEQUENCING)
    c = lns.calls["a1"]
    lns.send("CDN", c.peer_id, [Avp(w.RESULT, u16(5)), Avp(w.SESSION_ID, u16(c.id))])
    assert not lns.wait("ICCN", 10).has(w.SEQUENCING)


# ---------------------------------------------------------------- proxy LCP and authentication

RECEIVED = bytes.fromhex("010405d4020600000000")  # MRU 1492, ACCM 0
SENT = bytes.fromhex("0206000a0000")              # ACCM 0x000a0000
PROXY = [Avp(w.INITIAL_LCP, RECEIVED), Avp(w.SENT_LCP, SENT), Avp(w.RECEIVED_LCP, RECEIVED),
         Avp(w.PROXY_TYPE, u16(2)), Avp(w.PROXY_NAME, b"alice"), Avp(w.PROXY_CHALLENGE, b"8765"),
         Avp(w.PROXY_ID, u16(9)), Avp(w.PROXY_RESPONSE, b"0123456789abcdef")]


# R2661-4.4.5-1, R2661-4.4.5-2, R2661-4.4.5-3
@pytest.mark.parametrize("host, accepted", [("proxy", True), ("lac", False)])
def test_an_lns_shows_what_the_lac_has_learnt_and_lets_it_count_only_if_told(lab, host, accepted):
    call(lab.lac(host), 1, PROXY)
    p = lab.session(interface="a1")["proxy"]
    assert p["lastSentLcp"] == SENT.hex() and p["lastReceivedLcp"] == RECEIVED.hex()
    assert p["authentication"] == "CHAP" and p["name"] == "alice" and p["accepted"] is accepted
    text = lab.vty.show("show l2tp session detail")
    assert f"name alice, {'accepted' if accepted else 'ignored'}" in text
    assert "0123456789abcdef" not in text and b"0123456789abcdef".hex() not in text


# R2661-4.4.5-2: type 1, name and response
def test_a_lac_tells_the_name_and_password_it_is_configured_with(lab):
    lns = lab.lns()
    lab.access(1, "proxy-authentication name bob password 0 pass-word")
    m = lns.wait("ICCN", 10)
    assert m.number(w.PROXY_TYPE) == 1
    assert m.get(w.PROXY_NAME) == b"bob" and m.get(w.PROXY_RESPONSE) == b"pass-word"
    assert not m.has(w.PROXY_CHALLENGE) and not m.has(w.PROXY_ID)
    assert "pass-word" not in lab.vty.show("show running-config")
    assert lab.session(interface="a1")["proxy"]["name"] == "bob"


# ---------------------------------------------------------------- SLI, WEN

# R2661-6.14-1
def test_the_lns_tells_the_lac_what_to_escape(lab):
    lac = lab.lac()
    c = call(lac, 1)
    answer = lab.vty.show(f"l2tp accm tunnel {lac.peer_tunnel_id} session {c.peer_id} "
                          "send 0x0 receive a0000")
    assert not answer.strip()
    m = lac.wait("SLI")
    assert m.session == c.id and m.get(w.ACCM) == u16(0) + u32(0) + u32(0xa0000)
    assert lab.session(interface="a1")["sendAccm"] == 0


# R2661-6.14-1, R2661-4.4.5-1: LCP that the LAC has finished needs no second round
def test_maps_that_the_lac_has_agreed_on_come_back_to_it(lab):
    lac = lab.lac("proxy")
    ours = lac.new_id()
    lac.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(ours)), Avp(w.SERIAL, u32(1)),
                         Avp(w.CALLING, b"a1")])
    theirs = lac.wait("ICRP").number(w.SESSION_ID)
    lac.send("ICCN", theirs, [Avp(w.TX_SPEED, u32(64000)), Avp(w.FRAMING_TYPE, u32(2)), *PROXY])
    assert lac.wait("SLI").get(w.ACCM) == u16(0) + u32(0) + u32(0xa0000)


# R2661-6.14-1, A4045-27
def test_the_lac_takes_over_what_sli_says_at_any_time(lab):
    lns = lab.lns()
    lab.access(1)
    lns.wait("ICCN", 10)
    assert lab.session(interface="a1")["sendAccm"] == 0xffffffff
    for send, receive in ((0, 0xa0000), (1, 2)):
        lns.send("SLI", lns.calls["a1"].peer_id, [Avp(w.ACCM, u16(0) + u32(send) + u32(receive))])
        wait_for(lambda: lab.session(interface="a1", sendAccm=send, receiveAccm=receive), 5,
                 "taken over")


# R2661-6.13-1
def test_the_lns_shows_the_errors_of_a_wen(lab):
    lac = lab.lac()
    c = call(lac, 1)
    lac.send("WEN", c.peer_id, [Avp(w.CALL_ERRORS, u16(0) + b"".join(map(u32, range(11, 17))))])
    s = wait_for(lambda: lab.session(interface="a1", wens=1), 5, "told")
    assert s["errors"] == {"crc": 11, "framing": 12, "hardwareOverrun": 13, "bufferOverrun": 14,
                           "timeout": 15, "alignment": 16}


# R2661-6.13-1
def test_errors_of_the_access_interface_are_told_the_lns(lab):
    lab.errors.write_text("a1 1 2 3 4 5\n")  # before the call: not of the call
    lns = lab.lns()
    lab.access(1)
    lns.wait("ICCN", 10)
    # looked at half a second after the call is up, then every ten seconds
    seen = lab.looks()
    wait_for(lambda: lab.looks() > seen, 10, "looked at")
    lab.errors.write_text("a1 8 2 6 4 10\na9 9 9 9 9 9\n")
    m = lns.wait("WEN", 30)
    assert m.session == lns.calls["a1"].id and lns.count("WEN") == 1
    assert m.get(w.CALL_ERRORS) == u16(0) + b"".join(map(u32, (7, 0, 3, 0, 0, 5)))
    assert lab.session(interface="a1")["errors"]["crc"] == 7


# ---------------------------------------------------------------- idle tunnels

# R2661-7.6-2
def test_an_idle_tunnel_is_closed_if_so_configured(lab):
    idle, other = lab.lac("idle"), lab.lac()
    c = call(idle, 1)
    assert lab.tunnel(idle)["state"] == "established"
    idle.hang_up(c)
    assert idle.wait("StopCCN", 10).result()[0] == 1
    assert other.count("StopCCN") == 0
