# SPDX-License-Identifier: GPL-2.0-or-later
"""Every process of the PEs of the MPLS lab is killed and started again, under a running stream.

One lab for all: what a test kills is whole again at its end.  (The death of a P is in
test_mpls; after zebra's, FRR's watchfrr restarts them all.)
"""
import pytest

from mpls_lab import EGRESS, GROUP, SOURCE, MplsLab
from netns import wait_for

RATE = 100


@pytest.fixture(name="lab", scope="module")
def mpls_lab():
    # An agent that was killed takes over when the daemon says that it knows everything again.
    with MplsLab(prefix="mctr", fib="  restart-time 1\n") as lab:
        lab.start()
        lab.stream = lab.sender(GROUP, RATE)
        for receiver in lab.receivers.values():
            receiver.join(GROUP, SOURCE)
        for receiver in lab.receivers.values():
            receiver.receives(GROUP, 30)
        lab.tree(EGRESS)
        yield lab


def results(lab, of=EGRESS):
    """Of each receiver, once everything sent so far has arrived."""
    sent = lab.stream.ask("stat")["sent"]
    return {pe: wait_for(lambda p=pe: (lambda r: r if r["last"] >= sent else None)(
        lab.receivers[p].result(GROUP)), 30, f"packet {sent} behind {pe}") for pe in of}


def lost_since(lab, before, of=EGRESS):
    now = results(lab, of)
    assert all(now[pe]["duplicated"] == before[pe]["duplicated"] for pe in of)
    return [now[pe]["lost"] - before[pe]["lost"] for pe in of]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["pe1", "p1", "pe2"])
def test_a_killed_agent_keeps_forwarding_and_comes_back(lab, name):
    before, router = results(lab), lab.routers[name]
    router.kill("mcfibd")
    wait_for(lambda: not router.show("fib consumer").get("consumers"), 20, "the agent is missed")
    assert lost_since(lab, before) == [0] * 3
    router.start_mcfibd()
    lab.tree(EGRESS)
    assert lost_since(lab, before) == [0] * 3


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["pe1", "pe2"])
def test_a_killed_mplsmcd_comes_back_and_so_does_the_tree(lab, name):
    """The others lose the tree only where it went through the dead PE."""
    before, router = results(lab), lab.routers[name]
    others = EGRESS if name == "pe1" else [pe for pe in EGRESS if pe != name]
    router.kill("mplsmcd")
    if name != "pe1":
        lab.tree(others)
    router.start_mplsmcd(lab.more)
    lab.tree(EGRESS, timeout=60)
    if name != "pe1":
        assert lost_since(lab, before, others) == [0] * len(others)
    results(lab)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["pe1", "pe2"])
def test_a_killed_pimd_comes_back_and_so_does_the_stream(lab, name):
    router = lab.routers[name]
    router.kill("pimd")
    router.start_pimd()
    lab.tree(EGRESS, timeout=60)
    results(lab)
