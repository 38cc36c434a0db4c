# SPDX-License-Identifier: GPL-2.0-or-later
"""What an operator configures about priority and rate, down to the packets: daemons and agents of
both sides together."""
import json
import subprocess

import pytest

from lab import SESSION_LOCAL, SOURCE, SSM_GROUP, Lab
from netns import wait_for

RATE, OCTETS = 200, 228  # packets per second, octets of IP
LIMIT = 100_000  # bit/s, of 364,800
CONFIG = f"""\
maximum-bps {LIMIT}
priority unicast
subscriber s-a2 priority multicast
""".splitlines()


@pytest.fixture(name="lab", scope="module")
def _lab():
    with Lab(prefix="mcq", subscribers=3) as lab:
        lab.start()
        for line in CONFIG:
            lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", line)
        lab.path, lab.dump = lab.capture("wire")
        lab.stream = lab.sender(SSM_GROUP, RATE)
        for s in lab.subscribers[:2]:
            s.join(SSM_GROUP, SOURCE)
        wait_for(lambda: [m for m in lab.lac.multicast_sessions() if m["state"] == "established"
                          and len(m["outgoingSessions"]) == 2], 20, "one session for both")
        yield lab


def queues(lab, n):
    out = lab.lac.ns.run("tc", "-j", "qdisc", "show", "dev", f"a{n}")
    return [q["handle"] for q in json.loads(out) if q.get("root")]


def test_priorities_of_the_lns_s_operator_become_queues_of_the_lac(lab):
    # R4045-6.3.1-1, R4045-6.3.2-1, R4045-6.3.3-1: the individual one counts
    def priorities():
        entries = lab.lac.show("fib entry l2tp-replication")["entries"]
        sessions = {s["sessionId"]: s["interface"] for s in lab.lac.sessions()}
        return {sessions[m["sessionId"]]: m["priority"]
                for e in entries for m in e["value"]["members"]}
    wait_for(lambda: priorities() == {"a1": "unicast-first", "a2": "multicast-first"}, 10,
             "both priorities at the LAC")
    wait_for(lambda: [queues(lab, n) for n in (1, 2)] == [["4d43:"]] * 2, 10, "queues")
    assert "4d43:" not in queues(lab, 3)
    assert all(s.ping(SESSION_LOCAL) for s in lab.subscribers)
    consumer, = lab.lac.consumers()
    assert consumer["capabilities"]["priority"] and consumer["capabilities"]["maximumBps"]


def test_the_session_has_the_rate_that_was_configured(lab):
    # A4045-17, R4045-5.1-5
    sub = lab.subscribers[0]
    first = sub.receives(SSM_GROUP)
    wait_for(lambda: sub.result(SSM_GROUP)["last"] >= first["last"] + 5 * RATE, 20, "five seconds")
    last = sub.result(SSM_GROUP)
    share = (last["received"] - first["received"]) / (last["last"] - first["last"])
    rate = share * RATE * OCTETS * 8
    print(f"{rate:.0f} of {LIMIT} bit/s, offered {RATE * OCTETS * 8}")
    assert 0.5 * LIMIT < rate < 1.2 * LIMIT
    assert lab.subscribers[2].ping(SESSION_LOCAL)


def test_control_and_data_messages_are_udp_with_checksum(lab):
    # R2661-8.1-3, R2661-8.2-1: the default
    assert lab.subscribers[0].ping(SESSION_LOCAL)
    lab.dump.kill(15)
    out = subprocess.run(
        ["tshark", "-r", str(lab.path), "-o", "udp.check_checksum:TRUE", "-T", "fields", "-e",
         "ip.proto", "-e", "udp.checksum", "-e", "udp.checksum.status", "-e", "l2tp.type",
         "-E", "separator=|", "-E", "occurrence=f"],
        capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [line.split("|") for line in out.splitlines()]
    assert {r[0] for r in rows} == {"17"} and {r[2] for r in rows} == {"1"}
    assert "0x0000" not in {r[1] for r in rows}
    assert {r[3] for r in rows} == {"0", "1"}  # data and control


def test_the_queues_go_with_the_agent(lab):
    lab.lac.kill("mcfibd", 15)
    assert "4d43:" not in queues(lab, 1) + queues(lab, 2)
    lab.lac.start_mcfibd()
    wait_for(lambda: queues(lab, 2) == ["4d43:"], 20, "the next agent makes them again")
