# SPDX-License-Identifier: GPL-2.0-or-later
"""Our LNS as a scripted LAC sees it: priorities, traffic, what counts as a receiver."""
import contextlib

import pytest

import l2tp_wire as w
from l2tp_wire import Avp, u16
from lns_lab import (GROUP, OTHER, SOURCE, clean, ids_of, joined, lab, members, no_msrq,  # noqa: F401
                     opened, policy, with_calls)
from netns import wait_for
from peer_lab import Host
from test_fib import Recorder

# ---------------------------------------------------------------- priorities

def priorities(lac):
    return [m for m in lac.messages if m.has(w.PRIORITY)]


# R4045-6.3-1, R4045-6.3-5, R4045-6.3.1-1
def test_the_priority_comes_with_the_list_and_when_it_changes(lab):
    policy(lab, "priority multicast")
    lac = with_calls(lab, 2)
    opened(lab, lac, 2)
    first = lac.wait("MSI", want=lambda m: m.has(w.NOS))
    assert first.number(w.PRIORITY) == 2 and not first.mandatory(w.PRIORITY)
    since = lac.mark()
    policy(lab, "priority unicast")
    change = lac.wait("MSI", want=lambda m: m.has(w.PRIORITY) and m.number(w.PRIORITY) == 1)
    assert change.session == first.session and not change.has(w.NOS)
    lab.host[1].leave(GROUP, SOURCE)
    lac.wait("MSI", want=lambda m: m.has(w.WOS))
    lac.barrier()
    assert len([m for m in lac.messages[since:] if m.has(w.PRIORITY)]) == 1
    assert lab.multicast(lac)[0]["priority"] == "unicast"


# R4045-6.3.2-1, R4045-6.3.2-3, A4045-4
@pytest.mark.parametrize("name, call", (("s-a1", "a1"), ("a2", "a2")))
def test_a_subscriber_has_a_priority_of_its_own(lab, name, call):
    policy(lab, f"subscriber {name} priority multicast")
    lac = with_calls(lab, 2)
    lac.until(lambda: priorities(lac), 5, "the priority")
    own = priorities(lac)[0]
    assert own.session == lac.calls[call].id and own.number(w.PRIORITY) == 2
    assert not own.has(w.NOS) and not own.has(w.WOS)
    opened(lab, lac, 2)
    assert not lac.wait("MSI", want=lambda m: m.has(w.NOS)).has(w.PRIORITY)
    policy(lab, f"no subscriber {name} priority")  # which tells what is for all
    lac.until(lambda: len(priorities(lac)) == 2, 5, "the reset")
    policy(lab, "priority unicast")  # which follows from now on
    lac.until(lambda: len([m for m in priorities(lac) if m.session == own.session]) == 3, 5,
              "the new priority of all")
    assert [m.number(w.PRIORITY) for m in priorities(lac)
            if m.session == own.session] == [2, 0, 1]


# ---------------------------------------------------------------- data messages

# A4045-48, A4045-49: a knob changes the flows that are there
def test_length_and_largest_packet_of_a_running_session_follow_the_configuration(lab):
    def told():
        (flow,) = [e for e in lab.entries() if "flow" in e["table"]]
        (branch,) = [b["multicastSession"] for b in flow["value"]["branches"]]
        return branch["maximumPacket"], branch["length"]

    lac = with_calls(lab, 2)
    opened(lab, lac, 2)
    assert told() == (0, False)
    policy(lab, "osl-mtu strict", "length-field")
    wait_for(lambda: told() == (1492, True), 5, "both are told to the agent")
    policy(lab, "packet-size 1400", "no length-field")
    wait_for(lambda: told() == (1400, False), 5, "the new size")
    policy(lab, "no packet-size", "no osl-mtu strict")
    wait_for(lambda: told() == (0, False), 5, "no size")


# mcfib.proto: deletions come in the opposite order
def test_a_flow_lets_go_of_a_session_before_the_session_goes(lab, tmp_path):
    policy(lab, "threshold 5")
    lac = with_calls(lab, 3)
    joined(lab, 1, 2, 3)
    wait_for(lambda: len(lab.copies(lac)) == 3, 10, "a copy each")
    with contextlib.closing(Recorder(lab.router, tmp_path, "watch")) as watch:
        wait_for(lambda: len(watch.lines("snapshotEnd")) == 6, 10, "all tables")
        since = len(watch.lines("update"))
        lac.hang_up(lac.calls["a1"])
        wait_for(lambda: len([e for e in lab.entries() if "session" in e["table"]]) == 2, 10,
                 "the session is gone")
        lab.installed()
        keys = wait_for(lambda: [next(iter(op["key"])) for u in watch.lines("update")[since:]
                                 for op in u["update"]["ops"]], 10, "the change")
    assert keys == ["l2tpFlow", "accessSession"]
    assert len(lab.copies(lac)) == 2


# ---------------------------------------------------------------- traffic

# R4045-4.3-4
def test_a_session_may_wait_for_traffic(lab):
    policy(lab, "require-traffic")
    lac = with_calls(lab, 2)
    joined(lab, 1, 2)
    members(lab, 2)
    assert lab.copies(lac, source=OTHER) == {}  # not what they want
    no_msrq(lac)
    assert lab.copies(lac) == {i: 10 for i in ids_of(lac, 1, 2)}
    lac.wait("MSRQ")
    wait_for(lambda: [m for m in lab.multicast(lac) if m["acked"] == 2], 5, "acknowledged")
    assert lab.copies(lac) == {next(iter(lac.multicast)): 10}


# R4045-7.3-1
def test_a_session_without_traffic_may_end(lab):
    policy(lab, "idle-timeout 1")
    lac = with_calls(lab, 2)
    ours, theirs = opened(lab, lac, 2)
    assert lab.copies(lac) == {ours: 10}
    end = lac.wait("MSEN")
    assert end.result() == (1, None) and end.number(w.SESSION_ID) == theirs
    since = lac.mark()
    lab.copies(lac)  # which opens the next one
    lac.wait("MSRQ")
    assert [m.name for m in lac.messages[since:]].count("MSRQ") == 1


# A4045-50: no data comes back, so data that is sent is no sign of life of the LAC
def test_data_that_is_sent_replaces_no_hello(lab):
    lac = with_calls(lab, 2, "lively")
    ours, _ = opened(lab, lac, 2)
    lab.installed()
    since = lac.mark()
    with lab.sending():
        lac.until(lambda: lac.count("HELLO", since) >= 2, 15, "HELLOs")
    assert len(lac.data_on(ours)) > 2


# A4045-36: hosts behind one session are one receiver
def test_sessions_are_counted_and_not_hosts(lab):
    lac = with_calls(lab, 2)
    neighbour = Host(lab, 1)
    neighbour.address = "100.64.9.101"
    joined(lab, 1)
    neighbour.join(GROUP, SOURCE)
    neighbour.join(GROUP, OTHER)  # to be seen when both were read
    wait_for(lambda: any(OTHER in g["sources"] for g in
                         lab.router.show("l2tp multicast group").get("groups", [])), 5, "read")
    no_msrq(lac)
    contexts = lab.router.show("l2tp multicast context")["contexts"]
    assert {c["source"]: (c["receivers"], c["waitsFor"]) for c in contexts} == {
        SOURCE: (1, "threshold"), OTHER: (1, "threshold")}
    policy(lab, "threshold 1")
    lac.until(lambda: lac.count("MSRQ") == 2, 5, "a session for each source")


# A4045-19, R4045-6.3-5: a priority may be hidden like any other AVP
def test_a_priority_is_hidden_where_hiding_is_configured(lab):
    policy(lab, "priority multicast")
    lac = with_calls(lab, 2, "hiding", secret="s3cret")
    opened(lab, lac, 2)
    (m,) = priorities(lac)
    assert m.number(w.PRIORITY) == 2
    assert next(a for a in m.avps if a.type == w.PRIORITY).hidden


# A4045-2: a LAC that takes 6.1 by the letter
def test_the_header_of_acknowledgements_can_be_agreed_on(lab):
    policy(lab, "msi-ack-header lac-id")
    lac = with_calls(lab, 2)
    lac.on["MSI"] = lambda m: m.has(w.NOS) and lac.send("MSI", m.session, [
        Avp(w.NOSA, u16(*m.ids(w.NOS)))])
    opened(lab, lac, 2)


# A4045-29
def test_a_lac_that_refused_is_asked_again_after_the_hold_off(lab):
    policy(lab, "refused-holdoff 1")
    lac = with_calls(lab, 2)
    lac.on["MSRQ"] = lambda m: lac.msen(lac.new_id(), m.number(w.SESSION_ID), 2, 4)
    joined(lab, 1, 2)
    first, second = lac.wait("MSRQ"), lac.wait("MSRQ")
    assert second.when - first.when >= 1
