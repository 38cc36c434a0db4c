# SPDX-License-Identifier: GPL-2.0-or-later
"""Our LAC as a scripted LNS sees it: priorities, limits, sequencing, traffic."""
import time

import l2tp_wire as w
from l2tp_wire import Avp, u16
from lac_lab import clean, ids_of, lab, listed, quiet  # noqa: F401
from netns import wait_for

# ---------------------------------------------------------------- priorities, limits, sequencing

def priority(lns, session, value):
    lns.send("MSI", session, [Avp(w.PRIORITY, u16(value), False)])


# R4045-6.3.1-1, R4045-6.3.2-1, R4045-6.3.2-2, R4045-6.3.3-1, R4045-6.3.3-2, A4045-3, A4045-4
def test_forwarding_learns_the_priority_that_counts(lab):
    def told(theirs, *values):
        wait_for(lambda: lab.priorities(theirs) == dict(zip(three, values)), 5,
                 f"{values} in {theirs:#x}")

    lns = lab.lns()
    (_, a), (_, b) = lns.open_multicast(), lns.open_multicast()
    three = ids_of(lns, 1, 2, 3)
    listed(lns, a, three)
    listed(lns, b, three)
    priority(lns, a, 2)
    told(a, 2, 2, 2)
    told(b, 0, 0, 0)
    priority(lns, three[2], 1)  # which is for all flows of that subscriber
    told(a, 2, 2, 1)
    told(b, 0, 0, 1)
    priority(lns, a, 0)
    told(a, 0, 0, 1)
    for precedence, in_a, in_b in (("global", (0, 0, 0), (0, 0, 1)),
                                   ("last-received", (0, 0, 0), (0, 0, 1)),
                                   ("none", (0, 0, 0), (0, 0, 0)),
                                   ("individual", (0, 0, 1), (0, 0, 1))):
        lab.vty.configure("l2vpn l2tp-multicast", "multicast",
                          f"priority-precedence {precedence}")
        told(a, *in_a)
        told(b, *in_b)
    rows = [m for m in lab.multicast(lns) if m["sessionId"] == a]
    shown = {m["sessionId"]: m["priority"] for m in rows[0]["outgoingSessions"]}
    assert shown == dict(zip(three, ("best-effort", "best-effort", "unicast")))


# An agent of another make need not have queues: it forwards, and the operator sees what it does not do
def test_an_agent_without_priorities_is_shown_as_one(lab):
    def entry():
        return lab.vty.json("show fib entry l2tp-replication detail")["entries"][0]

    lns = lab.lns()
    _, a = lns.open_multicast()
    one = ids_of(lns, 1)
    assert listed(lns, a, one) == one
    assert "notEnforced" not in entry()["consumers"][0]
    priority(lns, one[0], 2)
    wait_for(lambda: entry()["consumers"][0].get("notEnforced") == "priority", 5, "it is shown")
    wait_for(lambda: entry()["fib"]["status"] == "installed", 5, "installed all the same")
    assert "does not enforce priority" in lab.vty.show("show fib entry l2tp-replication detail")
    assert entry()["value"]["members"] == [{"sessionId": one[0], "priority": "multicast-first"}]


# R4045-10-3
def test_a_list_can_be_limited(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "maximum-receivers 2 per-session")
    lns = lab.lns()
    (_, one), (_, two) = lns.open_multicast(), lns.open_multicast()
    assert listed(lns, one, ids_of(lns, 1, 2, 3)) == sorted(ids_of(lns, 1, 2))
    assert listed(lns, two, ids_of(lns, 3)) == ids_of(lns, 3)  # each list has its own limit
    lns.msi(one, wos=ids_of(lns, 1))
    assert listed(lns, one, ids_of(lns, 3)) == ids_of(lns, 3)


# A4045-34, R4045-7-6: when a list is too short is the LNS's to decide
def test_the_hold_time_is_nothing_to_a_lac(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "threshold 5", "holdtime 0")
    lns = lab.lns()
    _, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1, 2))
    since = lns.mark()
    lns.msi(theirs, wos=ids_of(lns, 1, 2))
    wait_for(lambda: lab.members(theirs) == [], 5, "an empty list")
    quiet(lns, since)
    assert lab.multicast(lns)[0]["state"] == "established"


def key_of(lab, table):
    return next(op.key for op in list(lab.agent.objects.values())
                if op.key.WhichOneof("key") == table)


# R4045-7.3-1
def test_a_session_that_brings_nothing_may_end(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "idle-timeout 60")
    lns = lab.lns()
    ours, theirs = lns.open_multicast()
    listed(lns, theirs, ids_of(lns, 1))
    key, since = key_of(lab, "l2tp_replication"), lns.mark()
    lab.agent.report(key, packets=9, idle_ms=59999)
    lab.agent.report(key, packets=9, idle_ms=60000)
    end = lns.wait("MSEN")
    assert end.session == ours and end.result() == (1, None)
    assert end.number(w.SESSION_ID) == theirs
    wait_for(lambda: lab.members(theirs) is None, 5, "replication is gone")
    assert [m.name for m in lns.messages[since:]].count("MSEN") == 1


def reported(lab, key, interval, seconds):
    """Reports data until the time is over; False: the test itself was too slow for that."""
    start = last = time.monotonic()
    n = 0
    while last - start < seconds:
        n += 1
        lab.agent.report(key, packets=n)
        time.sleep(interval)
        now = time.monotonic()
        if now - last > 5 * interval:
            return False
        last = now
    return True


# A4045-50
def test_data_is_a_sign_of_life_of_the_lns(lab):
    lab.vty.configure("l2vpn l2tp-multicast", "peer-group LNS lac", "profile lively")
    lns = lab.lns()
    key = lab.agent.live("l2tp_tunnel")[0]
    for _ in range(5):
        since = lns.mark()
        if reported(lab, key, 0.2, 5):
            break
    assert lns.count("HELLO", since) == 0
    lns.wait("HELLO", 10)  # which comes when data does not


# R4045-5.3-3, A4045-18
def test_the_lac_may_ask_for_sequence_numbers(lab):
    lns = lab.lns()
    for line, late in (("sequencing", False), ("sequencing drop-late", True)):
        lab.vty.configure("l2vpn l2tp-multicast", "multicast", line)
        since = lns.mark()
        _, theirs = lns.open_multicast()
        mse = next(m for m in lns.messages[since:] if m.name == "MSE")
        assert mse.has(w.SEQUENCING) and mse.mandatory(w.SEQUENCING)
        op = next(o for o in list(lab.agent.objects.values())
                  if o.key.l2tp_replication.session_id == theirs)
        assert op.l2tp_replication.drop_late == late
    assert all(m["sequencing"] for m in lab.multicast(lns))


# A4045-2
def test_the_header_of_acknowledgements_can_be_agreed_on(lab):
    lns = lab.lns()
    ours, theirs = lns.open_multicast()
    for whose, header in (("peer-id", ours), ("lac-id", theirs)):
        lab.vty.configure("l2vpn l2tp-multicast", "multicast", f"msi-ack-header {whose}")
        lns.msi(theirs, ids_of(lns, 1))
        m = lns.wait("MSI")
        assert m.session == header and m.ids(w.NOSA) == ids_of(lns, 1)
