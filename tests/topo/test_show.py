# SPDX-License-Identifier: GPL-2.0-or-later
"""What two daemons show of tunnels, sessions and streams; the agents are agent.py's."""
import re

import pytest

from agent import Agent
from lab import SOURCE, SSM_GROUP, Lab, Talker
from netns import wait_for

SUBSCRIBERS = 3


class ControlLab(Lab):
    """The lab without forwarding: reports are made at the LNS's session interfaces."""

    def start(self):
        self.agents = []
        for router in (self.lns, self.lac):
            router.start_mcfibd = lambda r=router: self.agents.append(Agent(r.endpoint, r.name))
        self.lns.start_zebra()
        self.lac.start_zebra()
        self.start_lns()
        self.start_lac()
        self.wait_established()
        self.talkers = [self._report(n) for n in range(1, SUBSCRIBERS + 1)]

    def _report(self, n):
        """A host at the other end of s-aN."""
        self.nowhere.ip(f"addr add 100.64.9.{n}/32 dev x{n}")
        talker = Talker(f"host{n}", self.nowhere, self.dir / "host.log", "receive",
                        "--interface", f"x{n}", "--address", f"100.64.9.{n}")
        self.running.append(talker.process)
        return talker

    def close(self):
        for agent in getattr(self, "agents", []):
            agent.close()
        super().close()


@pytest.fixture(scope="module")
def lab():
    with ControlLab(subscribers=SUBSCRIBERS, prefix="show") as lab:
        lab.start()
        for talker in lab.talkers:
            talker.ask("join", SSM_GROUP, SOURCE)
        for router in (lab.lns, lab.lac):
            wait_for(lambda r=router: [s for s in r.multicast_sessions()
                                       if s["state"] == "established" and s["acked"] == 3],
                     20, f"a multicast session for three at the {router.name}")
        yield lab


def the(rows):
    assert len(rows) == 1, rows
    return rows[0]


def text(router, what):
    answer = router.vty["l2mcd"].show("show " + what)
    assert max(map(len, answer.splitlines())) < 200
    return answer


def columns(answer):
    """Rows of a table as dictionaries; headings stand over the ends or beginnings of columns."""
    lines = [x for x in answer.splitlines() if x]
    return lines[0], lines[1:]


def test_both_sides_show_one_tunnel_with_its_peer(lab):
    ours, theirs = the(lab.lns.tunnels()), the(lab.lac.tunnels())
    assert (ours["tunnelId"], ours["peerTunnelId"]) == (theirs["peerTunnelId"], theirs["tunnelId"])
    assert (ours["role"], theirs["role"]) == ("lns", "lac")
    assert (ours["peerHostName"], theirs["peerHostName"]) == ("lac", "lns")
    assert ours["multicastCapable"] is theirs["multicastCapable"] is True
    assert ours["sessions"] == theirs["sessions"] == SUBSCRIBERS
    assert ours["fib"]["status"] == "installed" and ours["upTimeMsec"] > 0
    for router, row in ((lab.lns, ours), (lab.lac, theirs)):
        heading, rows = columns(text(router, "l2tp tunnel"))
        assert heading.split() == ["Tunnel", "Peer", "Role", "State", "Peer", "host", "Peer",
                                   "address", "Sessions", "Multicast", "Uptime", "FIB"]
        words = the(rows).split()
        assert words[:4] == [str(row["tunnelId"]), str(row["peerTunnelId"]), row["role"],
                             "established"]
        assert re.fullmatch(r"\d\d:\d\d:\d\d", words[-2]) and words[-1] == "installed"


def test_a_tunnel_is_found_by_its_id_its_peer_and_its_address(lab):
    row = the(lab.lns.tunnels())
    for words in (row["tunnelId"], "host-name lac", f"address {row['peerAddress']}"):
        assert the(lab.lns.show(f"l2tp tunnel {words}")["tunnels"])["tunnelId"] == row["tunnelId"]
    for words in (row["tunnelId"] ^ 1, "host-name other", "address 192.0.2.1"):
        assert lab.lns.show(f"l2tp tunnel {words}") == {}
        assert text(lab.lns, f"l2tp tunnel {words}") == "No tunnels\n"


def test_the_secret_of_a_tunnel_is_set_and_not_shown(lab):
    detail = text(lab.lns, "l2tp tunnel detail")
    assert "secret: set, authenticated" in detail and "s3cret" not in detail
    assert the(lab.lns.show("l2tp tunnel detail")["tunnels"])["secret"] == "set"


def test_sessions_of_both_roles_belong_together(lab):
    ours = {s["sessionId"]: s for s in lab.lns.sessions()}
    theirs = {s["peerSessionId"]: s for s in lab.lac.sessions()}
    assert set(ours) == set(theirs) and len(ours) == SUBSCRIBERS
    for id, s in ours.items():
        assert s["interface"] == "s-" + theirs[id]["interface"]
        assert s["eligible"] is True and s["groups"] == 1 and s["fib"]["status"] == "installed"
    tunnel, id = the(lab.lns.tunnels())["tunnelId"], next(iter(ours))
    only = the(lab.lns.show(f"l2tp session tunnel {tunnel} {id} detail")["sessions"])
    assert only["callingNumber"] == theirs[id]["interface"]
    assert lab.lns.show(f"l2tp session tunnel {tunnel ^ 1}") == {}


def test_groups_and_the_merged_record(lab):
    groups = lab.lns.show("l2tp multicast group")["groups"]
    assert sorted(g["interface"] for g in groups) == ["s-a1", "s-a2", "s-a3"]
    for g in groups:
        assert (g["group"], g["mode"], g["sources"], g["version"]) == (
            SSM_GROUP, "INCLUDE", [SOURCE], 3)
    record = the(lab.lns.show("l2tp multicast record")["records"])
    assert (record["group"], record["mode"], record["sources"], record["members"]) == (
        SSM_GROUP, "INCLUDE", [SOURCE], SUBSCRIBERS)
    context = the(lab.lns.show("l2tp multicast context")["contexts"])
    assert (context["group"], context["source"], context["receivers"], context["state"]) == (
        SSM_GROUP, SOURCE, SUBSCRIBERS, "established")
    assert context["sessionId"] == the(lab.lns.multicast_sessions())["sessionId"]
    for other in ("232.9.9.9", f"{SSM_GROUP} 192.0.2.1", f"{SSM_GROUP} {SOURCE} tunnel 1"):
        assert lab.lns.show(f"l2tp multicast group {other}") == {}
    assert len(lab.lns.show(f"l2tp multicast group {SSM_GROUP} {SOURCE}")["groups"]) == 3


# the LAC knows neither group nor source (A4045-40)
def test_a_multicast_session_is_shown_on_both_sides(lab):
    ours, theirs = the(lab.lns.multicast_sessions()), the(lab.lac.multicast_sessions())
    assert (ours["group"], ours["source"]) == (SSM_GROUP, SOURCE)
    assert "group" not in theirs and "source" not in theirs
    assert (ours["sessionId"], ours["peerSessionId"]) == (
        theirs["peerSessionId"], theirs["sessionId"])
    assert ours["listed"] == theirs["listed"] == ours["acked"] == theirs["acked"] == 3
    assert {(e["interface"], e["state"]) for e in ours["outgoingSessions"]} == {
        (f"s-a{n}", "acknowledged") for n in (1, 2, 3)}
    assert {e["interface"] for e in theirs["outgoingSessions"]} == {"a1", "a2", "a3"}
    detail = text(lab.lns, "l2tp multicast session detail")
    assert f"{SOURCE}, {SSM_GROUP}" in detail and "s-a1, acknowledged" in detail


def test_saved_copies_follow_from_the_activity_of_the_agents(lab):
    lns, lac = lab.agents
    lns.report(lns.live("l2tp_flow")[0], packets=1000, bytes=1000000)
    lac.report(lac.live("l2tp_replication")[0], packets=900, bytes=900000)
    for router, copies in ((lab.lns, 2000), (lab.lac, 1800)):
        wait_for(lambda r=router, c=copies: the(r.multicast_sessions())["copiesSaved"] == c, 5,
                 f"{copies} copies saved at the {router.name}")
        totals = router.show("l2tp multicast")
        assert totals["copiesSaved"] == copies and totals["octetsSaved"] == copies * 1000
        assert totals["bpsSaved"] > 0
    assert "2000 (2000000 octets)" in text(lab.lns, "l2tp multicast")


def test_an_agent_is_shown_and_can_be_cleared(lab):
    row = the(lab.lns.show("fib consumer")["consumers"])
    assert (row["name"], row["role"], row["software"]) == ("lns", "primary", "test agent")
    assert row["installs"] > 0 and row["failures"] == 0
    assert row["tables"] == ["l2tp-tunnel", "access-session", "l2tp-replication", "l2tp-flow"]
    assert "lns" in text(lab.lns, "fib consumer") and "test agent" in text(
        lab.lns, "fib consumer lns detail")
    before = lab.agents[0].sessions
    assert lab.lns.vty["l2mcd"].show("clear fib consumer lns") == "1 consumer cleared\n"
    wait_for(lambda: lab.agents[0].sessions > before, 10, "the agent is back")


def test_why_an_object_is_not_installed_is_shown(lab):
    agent, everything = lab.agents[0], "clear fib consumer all"
    agent.policy = lambda op: "no such interface" if op.key.HasField("l2tp_flow") else None
    try:
        lab.lns.vty["l2mcd"].show(everything)
        failed = wait_for(lambda: [e for e in lab.lns.show("fib entry l2tp-flow").get("entries", [])
                                   if e["fib"]["status"] == "failed"], 20, "a failed flow")
        assert the(failed)["fib"]["text"] == "no such interface"
        assert the(lab.lns.multicast_sessions())["fib"] == the(failed)["fib"]
        assert "failed: no such interface" in text(lab.lns, "l2tp multicast session")
        detail = the(lab.lns.show("fib entry l2tp-flow detail")["entries"])
        assert the(detail["consumers"])["text"] == "no such interface"
        assert "no such interface" in text(lab.lns, "fib consumer detail")
    finally:
        agent.policy = lambda op: None
        lab.lns.vty["l2mcd"].show(everything)
    wait_for(lambda: the(lab.lns.multicast_sessions())["fib"]["status"] == "installed", 20,
             "the flow is installed again")


def test_the_history_tells_the_story_of_one_tunnel(lab):
    id = the(lab.lns.tunnels())["tunnelId"]
    steps = lab.lns.show(f"l2tp history tunnel {id}")["steps"]
    assert [s["ageMsec"] for s in steps] == sorted((s["ageMsec"] for s in steps), reverse=True)
    assert {s["tunnelId"] for s in steps} == {id} and "SCCRQ" in steps[0]["text"]
    assert lab.lns.show(f"l2tp history tunnel {id ^ 1}") == {}


def test_statistics_count_messages_and_can_be_cleared(lab):
    messages = lab.lns.show("l2tp statistics")["messages"]
    assert messages["SCCRQ"] == {"received": 1, "sent": 0}
    assert messages["MSRQ"] == {"received": 0, "sent": 1}
    assert lab.lns.show("l2tp statistics")["gmp"]["records"] >= 3
    lab.lns.vty["l2mcd"].show("clear l2tp statistics")
    assert "SCCRQ" not in lab.lns.show("l2tp statistics")["messages"]


def test_clear_ends_a_multicast_session_and_then_the_tunnel(lab):
    s = the(lab.lns.multicast_sessions())
    where = f"tunnel {s['tunnelId']}"
    assert lab.lns.vty["l2mcd"].show(
        f"clear l2tp multicast session {where} {s['sessionId']}") == "1 multicast session cleared\n"
    wait_for(lambda: not [m for m in lab.lac.multicast_sessions()
                          if m["sessionId"] == s["peerSessionId"]], 10, "the session is over")
    assert lab.lns.vty["l2mcd"].show(f"clear l2tp session {where} all") == "3 sessions cleared\n"
    assert lab.lns.vty["l2mcd"].show(f"clear l2tp tunnel {s['tunnelId']}") == "1 tunnel cleared\n"
    wait_for(lambda: [t for t in lab.lns.tunnels() if t["tunnelId"] != s["tunnelId"]
                      and t["state"] == "established"], 20, "the LAC calls again")
