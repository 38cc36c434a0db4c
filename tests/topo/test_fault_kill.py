# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon is killed in every phase of tunnels, calls and multicast sessions, as LNS and LAC at
once: forwarding goes on without it, and afterwards nothing of the old life is left."""
import time

import pytest

import l2tp_wire as w
from fault_lab import GUESTS, MAD_LNS, OTHER_GROUP, SOURCE, FaultLab
from forwarders import PPP4, datagram
from l2tp_wire import Avp, u16, u32
from netns import PATIENCE, wait_for
from story import say

LACS = 50


@pytest.fixture(name="lab", scope="module")
def _lab():
    with FaultLab("mflk") as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.end_peers()


# ---------------------------------------------------------------- phases, at the LNS

def lac(lab, guests):
    """A LAC with calls for these guests."""
    p = lab.peer("mad")
    p.open()
    for n in guests:
        p.call(f"a{n}")
    return p


def join(lab, guests):
    for n in guests:
        lab.host[n].join(OTHER_GROUP, SOURCE)


def sccrq_answered(lab, _guests):
    p = lab.peer("mad")
    p.send("SCCRQ", 0, p.open_avps())
    p.wait("SCCRP")


def icrq_answered(lab, guests):
    p = lac(lab, ())
    p.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(7)), Avp(w.SERIAL, u32(1)),
                       Avp(w.CALLING, f"a{guests[0]}".encode())])
    p.wait("ICRP")


def msrq_sent(lab, guests):
    p = lac(lab, guests)
    p.on["MSRQ"] = None
    join(lab, guests)
    p.wait("MSRQ")


def msrp_taken(lab, guests):
    p = lac(lab, guests)
    p.on["MSRQ"] = p.response_to
    join(lab, guests)
    p.wait("MSRQ")
    p.acknowledged()


def listed(lab, guests):
    p = lac(lab, guests)
    p.on["MSI"] = None
    join(lab, guests)
    p.wait("MSI", want=lambda m: m.has(w.NOS))


def acked(lab, guests):
    p = lac(lab, guests)
    join(lab, guests)
    wait_for(lambda: [m for m in lab.multicast(p) if m["acked"] == 2], 5, "both acknowledged")
    p.silent = True
    return p


def arrived(p, name, has=None):
    p.until(lambda: [m for m in p.arrivals if m.name == name and (not has or m.has(has))], 10, name)


def withdrawal_sent(lab, guests):
    p = acked(lab, guests)
    lab.host[guests[0]].leave(OTHER_GROUP, SOURCE)
    arrived(p, "MSI", w.WOS)


def msen_sent(lab, guests):
    p = acked(lab, guests)
    for n in guests:
        lab.host[n].leave(OTHER_GROUP, SOURCE)
    arrived(p, "MSEN")


def stopccn_sent(lab, guests):
    p = acked(lab, guests)
    lab.vty.show(f"clear l2tp tunnel {p.peer_tunnel_id}")
    arrived(p, "StopCCN")


# ---------------------------------------------------------------- phases, at the LAC

def lns(lab, **on):
    p = lab.peer("lns", address=MAD_LNS, port=1701, capability=False)
    p.on.update(on)
    lab.vty.configure("l2vpn l2tp-multicast", "access s-a9 static", "peer-group MAD")
    return p


def sccrq_sent(lab):
    lns(lab, SCCRQ=None).wait("SCCRQ")


def icrq_sent(lab):
    lns(lab, ICRQ=None).wait("ICRQ")


def opened(lab):
    p = lns(lab)
    p.wait("ICCN")
    return p, *p.open_multicast()


def replicating(lab):
    p, _, theirs = opened(lab)
    p.msi(theirs, [p.calls["s-a9"].peer_id])
    p.wait("MSI", want=lambda m: m.has(w.NOSA))
    return p, theirs


def withdrawn(lab):
    p, theirs = replicating(lab)
    p.msi(theirs, wos=[p.calls["s-a9"].peer_id])


def ended(lab):
    p, ours, theirs = opened(lab)
    p.msen(ours, theirs, 3)


def stopped(lab):
    p, _ = replicating(lab)
    p.stop_ccn()


# ---------------------------------------------------------------- the tests

def take_down(lab):
    """IDs that meant something, and the end of all peers that knew the dead daemon."""
    old = (lab.lns.peer_tunnel_id, lab.theirs, [c.peer_id for c in lab.lns.calls.values()])
    for p in lab.peers:
        p.close(stop=False)
    lab.peers.clear()
    return old


def nothing_passes(lab, old):
    """Data messages with the old IDs reach no user, and the agent has no old object."""
    lab.nothing_stale()
    tunnel, multicast, calls = old
    late = datagram(SOURCE, OTHER_GROUP, b"of the old life")
    lab.lns.raw(w.data(tunnel, multicast, late))
    for call in calls:
        lab.lns.raw(w.data(tunnel, call, PPP4 + late))
    lab.serve()
    assert not [f for f in lab.seen if b"of the old life" in f]


# forwarding is the agent's, which keeps it without the daemon
@pytest.mark.parametrize("at_lns, at_lac", (
    ((sccrq_answered, icrq_answered), sccrq_sent), ((msrq_sent, msrp_taken), icrq_sent),
    ((listed, withdrawal_sent), withdrawn), ((msen_sent,), ended), ((stopccn_sent,), stopped)))
def test_a_daemon_killed_in_any_phase_leaves_nothing_stale(lab, at_lns, at_lac):
    lab.connect()
    for phase, guests in zip(at_lns, (GUESTS[:2], GUESTS[2:])):
        phase(lab, guests)
    at_lac(lab)
    lab.router.kill("l2mcd")
    lab.serve(200)
    old = take_down(lab)
    lab.router.start_l2mcd()
    wait_for(lab.router.consumers, 20, "the agent is back")
    lab.connect()
    lab.serve()
    nothing_passes(lab, old)


# R4045-6.2.2-8: what was not installed is not acknowledged, and nobody goes without copies
def test_an_agent_killed_before_a_list_acknowledges_it_when_it_is_back(lab):
    lab.connect()
    p, _, theirs = opened(lab)
    guest = lac(lab, GUESTS[:2])
    lab.router.kill("mcfibd")
    lab.serve(200)
    p.msi(theirs, [p.calls["s-a9"].peer_id])
    p.barrier()
    assert p.count("MSI") == 0
    join(lab, GUESTS[:2])
    lab.router.start_mcfibd()
    p.wait("MSI", want=lambda m: m.has(w.NOSA), timeout=15)
    wait_for(lambda: [m["acked"] for m in lab.multicast(guest)] == [2], 30, "the guests, too")
    lab.serve()
    lab.nothing_stale()


# everybody comes back at once, and no tunnel is stuck; 1000 are in tests/sim
def test_fifty_lacs_of_a_killed_daemon_are_back_within_30_seconds(lab):
    lab.connect()
    lacs = [lab.peer("mad") for _ in range(LACS)]
    for p in lacs:
        p.open()
    lab.router.kill("l2mcd")
    take_down(lab)
    lab.router.start_l2mcd()
    wait_for(lab.router.consumers, 20, "the agent is back")
    lacs = [lab.peer("mad") for _ in range(LACS)]
    start = time.monotonic()
    for p in lacs:
        p.send("SCCRQ", 0, p.open_avps())
        p.raw(p.message("SCCRQ", 0, p.open_avps(), ns=0))  # an impatient one says it twice
    for p in lacs:
        p.wait("SCCRP", 30)
        p.send("SCCCN")
    for p in lacs:
        p.acknowledged(30)
    took = time.monotonic() - start
    lab.connect()
    lab.serve()
    states = [t["state"] for t in lab.router.tunnels() if t["state"] != "closing"]
    assert states == (LACS + 2) * ["established"] and took < 30 * PATIENCE
    say(f"{LACS} tunnels in {took:.2f} s")
