# SPDX-License-Identifier: GPL-2.0-or-later
"""LDP peers that want too much: labels, LSPs and branches have an end that operators can see, and a
flood from one peer harms nobody else."""
import pytest

import ldp_wire as w
from ldp_lab import FEC, GROUP, ROOT, ROUTER, SOURCE, SOURCE_PREFIX, LdpLab, Victims, settle
from netns import wait_for

FLOOD, BATCH, ALLOWED = 100_000, 90, 200
BACKLOG = 64 << 20  # octets that may wait for a peer
GROWTH = 16 * 1024  # kilobytes: ALLOWED LSPs, buffers of sockets, and what an allocator may keep


@pytest.fixture(name="lab", scope="module")
def ldp_lab():
    with LdpLab("plim", labels="1000 1009", captured=(1, 2, 3),
                more=f" discovery hello holdtime 6\n root {SOURCE_PREFIX} {ROOT}\n") as lab:
        lab.receiver()
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    lab.route(1)
    yield
    lab.end_peers()
    wait_for(lambda: not lab.lsps() and lab.router.show("mpls multicast")["labels"]["used"] == 0,
             20, "no LSP and no label is left")


def fec(n, root=ROOT):
    return w.p2mp(root, w.generic(n))


def counters(lab):
    return lab.statistics()["mldp"]


# ---------------------------------------------------------------- labels

def test_the_tree_that_gets_no_label_says_so_and_gets_the_next_one(lab):
    # F3353-2-1
    up, d = lab.up(1, 2)
    before = counters(lab)["refusedLabels"]
    for n in range(1, 12):
        d.mapping(fec(n), 3000 + n)
    settle(d, up)
    assert [m.fec for m in up.since(0)] == [fec(n) for n in range(1, 11)]
    assert {m.label for m in up.since(0)} == set(range(1000, 1010))
    assert lab.lsp(fec(11))["state"] == "no-label"
    assert counters(lab)["refusedLabels"] > before
    # a tree wanted here fares no better, and `show ... mapping` says why
    lab.host.join(GROUP, SOURCE)
    tree, = wait_for(lambda: lab.router.show("mpls multicast mapping").get("trees"), 20, "a tree")
    assert tree["lsp"]["state"] == "no-label"
    assert lab.router.show("mpls multicast count")["states"]["no-label"] == 2
    lab.host.leave(GROUP, SOURCE)
    wait_for(lambda: not lab.lsp(FEC), 20, "nobody wants it here")
    # a label is free when it was released, not when it was withdrawn
    mark = up.mark()
    up.on["Label Withdraw"] = None
    d.withdraw(fec(1), 3001)
    gone = up.wait("Label Withdraw")
    settle(up)
    assert [m.name for m in up.since(mark)] == ["Label Withdraw"]
    up.release(gone)
    given = up.wait("Label Mapping")
    assert (given.fec, given.label) == (fec(11), gone.label)
    lab.installed(fec(11), (d, 3011))
    up.on["Label Withdraw"] = up.release


# ---------------------------------------------------------------- limits

def limited(lab, line, peers, allowed, refused):
    """What is refused is answered with No Label Resources and a Release, and counted."""
    lab.configure(line)
    try:
        for p, f, label in allowed:
            p.mapping(f, label)
        settle(*peers)
        before = counters(lab)["refusedLimit"]
        for p, f, label in refused:
            assert p.refused(p.mapping(f, label)) == w.NO_LABELS
            back = p.wait("Label Release")
            assert (back.fec, back.label) == (f, label)
        assert counters(lab)["refusedLimit"] == before + len(refused)
        for p, f, label in allowed:
            assert (f"{p.lsr_id}:0", label) in lab.branches(f)
        for p, f, label in refused:
            assert (f"{p.lsr_id}:0", label) not in lab.branches(f)
        # room again
        p, f, label = allowed[0]
        p.withdraw(f, label)
        p.wait("Label Release")
        p, f, label = refused[0]
        p.mapping(f, label)
        wait_for(lambda: (f"{p.lsr_id}:0", label) in lab.branches(f), 10, "there is room again")
    finally:
        lab.configure("no " + line.rsplit(" ", 1)[0])


def test_the_number_of_lsps_is_limited(lab):
    # F3353-11-3
    d, e = lab.up(2, 4)
    limited(lab, "maximum-lsps 3", (d, e),
            [(d, fec(1, ROUTER), 3001), (d, fec(2, ROUTER), 3002), (e, fec(3, ROUTER), 3003)],
            [(e, fec(4, ROUTER), 3004), (d, fec(5, ROUTER), 3005)])


def test_the_lsps_of_one_peer_are_limited(lab):
    # F3353-11-3
    d, e = lab.up(2, 4)
    limited(lab, "maximum-lsps-per-neighbor 2", (d, e),
            [(d, fec(1, ROUTER), 3001), (d, fec(2, ROUTER), 3002), (e, fec(3, ROUTER), 3003),
             (e, fec(4, ROUTER), 3004)], [(d, fec(3, ROUTER), 3005), (d, fec(6, ROUTER), 3006)])


def test_the_branches_of_one_lsp_are_limited(lab):
    # F3353-11-3
    d, e, f = lab.up(2, 4, 3)
    limited(lab, "maximum-branches 2", (d, e, f),
            [(d, fec(1, ROUTER), 3001), (e, fec(1, ROUTER), 3002), (f, fec(2, ROUTER), 3003)],
            [(f, fec(1, ROUTER), 3004)])


# ---------------------------------------------------------------- floods

def flood(p, root):
    """FLOOD mappings of as many FECs, as fast as the router reads them."""
    for first in range(0, FLOOD, BATCH):
        p.stream.sendall(w.pdu(p.lsr_id, *(
            w.message("Label Mapping", 1_000_000 + n, w.tlv(w.FEC, fec(n, root))
                      + w.label(16 + n)) for n in range(first, min(first + BATCH, FLOOD)))))


@pytest.mark.timeout(240)
def test_a_flood_of_fecs_harms_nobody_else(lab):
    # F3353-11-3: other peers' sessions and LSPs, labels and memory
    lab.configure(f"maximum-lsps-per-neighbor {ALLOWED}")
    try:
        victims = Victims(lab)
        mad = lab.peer(4).operational()
        before, memory = counters(lab), lab.memory()
        flood(mad, ROUTER)
        other = mad.number
        mad.until(lambda: mad.send("KeepAlive") > other and counters(lab)["mappingsReceived"]
                  >= before["mappingsReceived"] + FLOOD, 120, "all was read")
        after = counters(lab)
        assert after["refusedLimit"] == before["refusedLimit"] + FLOOD - ALLOWED
        assert len(lab.lsps()) == ALLOWED + 1
        assert lab.memory() - memory < GROWTH
        victims.unharmed()
        lab.arrives(victims.label, {2: 3001}, b"as if nothing was")
        mad.barrier()
        assert mad.sessions == 1
        told = mad.since(0, "Label Release")
        assert len(told) == FLOOD - ALLOWED
        mad.close()
        wait_for(lambda: len(lab.lsps()) == 1, 20, "what it had is gone")
        victims.unharmed()
    finally:
        lab.configure("no maximum-lsps-per-neighbor")


def test_a_peer_that_floods_and_does_not_read_loses_its_session(lab):
    # F3353-11-3: what we have to say to it fills the memory to a bound only
    lab.configure("maximum-lsps 1")
    try:
        victims = Victims(lab)
        mad = lab.peer(4).operational()
        memory = lab.memory()
        mad.deaf = True
        long = w.p2mp(ROUTER, w.opaque(99, bytes(230)))
        refused = w.pdu(mad.lsr_id, *(w.message("Label Mapping", n, w.tlv(w.FEC, long)
                                                + w.label(3001)) for n in range(14)))
        with pytest.raises(OSError):
            for _ in range(50 * BACKLOG // len(refused)):
                mad.stream.sendall(refused)
        wait_for(lambda: lab.neighbour(mad)["state"] != "operational", 20, "no session")
        assert lab.neighbour(mad)["lastError"] == "does not read what we send"
        assert lab.memory() - memory < BACKLOG // 1024 + GROWTH
        mad.hello = mad.deaf = False
        victims.unharmed()
    finally:
        lab.configure("no maximum-lsps")


def test_tshark_decodes_what_we_answered(lab):
    lab.decoded(ours=False)
