# SPDX-License-Identifier: GPL-2.0-or-later
"""LACs and subscribers gone mad, next to others whose packets are counted: what they do costs
nobody but themselves."""
import collections
import time

import pytest

import l2tp_wire as w
from fault_lab import GUESTS, OTHER_GROUP, SOURCE, FaultLab
from forwarders import datagram
from l2tp_wire import Avp, u16, u32
from netns import PATIENCE, wait_for
from peer_lab import ALLOW, TO_EXCLUDE, TO_INCLUDE
from story import say

GROUPS, LIMIT, JOINS, FLAPPING = 10, 20, 50, "239.2.2.2"
GROWTH = 4096  # kilobytes: what an allocator may keep


@pytest.fixture(name="lab", scope="module")
def _lab():
    with FaultLab("mfmd", more=f"  maximum-groups {LIMIT} per-session\n"
                               f"  maximum-joins {JOINS} per-second\n") as lab:
        yield lab


@pytest.fixture(autouse=True)
def served(lab):
    """Before and after: all packets of others arrive, once, by the sessions they had."""
    lab.connect()
    lab.serve()
    sessions = [(m["sessionId"], m["acked"]) for m in lab.multicast(lab.lac)]
    yield
    lab.serve(200)
    assert [(m["sessionId"], m["acked"]) for m in lab.multicast(lab.lac)] == sessions
    assert not [m.name for p in (lab.lac, lab.lns) for m in p.messages
                if m.name in ("StopCCN", "CDN", "MSEN")]
    lab.end_peers()


def group(n):
    return f"232.3.0.{n}"


def mad_lac(lab, **on):
    """A LAC with two calls; its subscribers want GROUPS groups."""
    p = lab.peer("mad")
    p.open()
    for n in GUESTS[:2]:
        p.call(f"a{n}")
    p.on.update(on)
    return p


def everybody_joins(lab):
    for n in GUESTS[:2]:
        lab.host[n].report(*((ALLOW, group(g), SOURCE) for g in range(GROUPS)))


def sends(lab, g, n=5):
    """n packets of a group; what they carry."""
    lab.serial += 1
    mark = b"mad %08d" % lab.serial
    for i in range(n):
        lab.upstream.sendto(datagram(SOURCE, g, mark + u16(i)), (g, 0))
    return mark


def gets(lab, p, g, expected, n=5):
    """p gets each packet of the group once by each of these sessions."""
    since = len(p.datas)
    lab.copies(p, since, sends(lab, g, n), {s: n for s in expected})


# ---------------------------------------------------------------- LACs

def refuse(p):
    return lambda m: p.msen(p.new_id(), m.number(w.SESSION_ID), 4)


def end_at_once(p):
    def answer(m):
        p.accept_multicast(m)
        ours = next(o for o, t in p.multicast.items() if t == m.number(w.SESSION_ID))
        p.msen(ours, m.number(w.SESSION_ID))
    return answer


def end_at_the_list(p):
    return lambda m: p.msen(m.session, p.multicast[m.session])


def foreign(lab, p):
    """Acknowledges what was not listed: the calls of others, of its own, none at all."""
    return lambda m: p.nosa(m.session, [0, 65535, *(c.id for c in lab.lac.calls.values()),
                                        *range(1, 100)])


MAD = {"refuses": lambda lab, p: {"MSRQ": refuse(p)},
       "ends at once": lambda lab, p: {"MSRQ": end_at_once(p)},
       "ends at the list": lambda lab, p: {"MSI": end_at_the_list(p)},
       "never acknowledges a list": lambda lab, p: {"MSI": None},
       "acknowledges foreign sessions": lambda lab, p: {"MSI": foreign(lab, p)}}


# A4045-29, R4045-6.2.2-6, R4045-6.2.2-8, R4045-7-5: nothing is asked twice, and the subscribers
# of a mad LAC have unicast copies all the time
@pytest.mark.parametrize("kind", MAD)
def test_a_mad_lac_gets_unicast_copies(lab, kind):
    p = mad_lac(lab)
    p.on.update(MAD[kind](lab, p))
    everybody_joins(lab)
    p.until(lambda: p.count("MSRQ") == GROUPS, 10, "a session is asked for, for each group")
    p.barrier()
    p.barrier()
    lab.installed()
    for g in range(GROUPS):
        gets(lab, p, group(g), [c.id for c in p.calls.values()])
    assert p.count("MSRQ") == GROUPS
    assert sum(m["acked"] for m in lab.multicast(p)) == 0


# R2661-5.8-9: it is given up, and its tunnel only
def test_a_lac_that_falls_silent_loses_its_tunnel(lab):
    p = mad_lac(lab)
    p.silent = True
    everybody_joins(lab)
    p.until(lambda: [m for m in p.arrivals if m.name == "MSRQ"], 10, "MSRQ")
    lab.serve(200)
    wait_for(lambda: (lab.tunnel(p) or {"state": "closing"})["state"] == "closing", 20, "given up")
    assert not [s for s in lab.router.sessions() if s["tunnelId"] == p.peer_tunnel_id]
    assert not lab.multicast(p)


# ---------------------------------------------------------------- a new call with an old Session ID

def call_with(p, name, session):
    """An incoming call with that Session ID of ours."""
    p.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(session)), Avp(w.SERIAL, u32(99)),
                       Avp(w.CALLING, name.encode())])
    m = p.wait("ICRP", want=lambda m: m.session == session)
    p.send("ICCN", m.number(w.SESSION_ID), [Avp(w.TX_SPEED, u32(10_000_000)),
                                            Avp(w.FRAMING_TYPE, u32(1))])
    p.acknowledged()


# A4045-32: in no list, no copy, and no acknowledgement of the past counts
def test_a_session_id_that_is_used_again_gets_nothing_of_the_old_subscriber(lab):
    p = mad_lac(lab)
    p.on["ICRP"] = None
    everybody_joins(lab)
    lab.host[GUESTS[0]].join(OTHER_GROUP, SOURCE)  # by unicast
    wait_for(lambda: [m["acked"] for m in lab.multicast(p)] == [2] * GROUPS, 10, "all acknowledged")
    gone, stays = (p.calls[f"a{n}"] for n in GUESTS[:2])
    gets(lab, p, OTHER_GROUP, [gone.id])
    lists = dict(p.multicast)
    mark = p.mark()
    p.hang_up(gone)
    call_with(p, f"a{GUESTS[2]}", gone.id)
    for ours in lists:
        p.nosa(ours, [gone.id])
    p.barrier()
    assert not [m for m in p.messages[mark:] if m.has(w.NOS) and gone.id in m.ids(w.NOS)]
    lab.installed()
    since = len(p.datas)
    sends(lab, OTHER_GROUP)
    for g in range(GROUPS):  # one is left: by unicast, or still by the multicast session
        seen = sends(lab, group(g))
        wait_for(lambda s=seen: sum(s in d.payload for d in list(p.datas)) >= 5, 10, "five")
    assert not [d for d in p.datas[since:] if d.session == gone.id and SOURCE_OF in d.payload]
    # the new subscriber gets what it asks for
    lab.host[GUESTS[2]].join(group(0), SOURCE)
    p.until(lambda: [m for m in p.messages[mark:] if m.has(w.NOS) and gone.id in m.ids(w.NOS)],
            10, "it is listed")
    assert stays.name in p.calls


SOURCE_OF = bytes(map(int, SOURCE.split(".")))


# A4045-32, at the LAC: the daemon's own IDs
def test_what_is_sent_with_the_id_of_an_ended_call_reaches_nobody(lab):
    old = dict(lab.lns.calls)
    lab.vty.show(f"clear l2tp session tunnel {lab.lns.peer_tunnel_id} all")
    lab.lns.until(lambda: lab.lns.count("ICCN") == 2 * len(old), 20, "they call again")
    ids = [c.peer_id for c in old.values()]
    assert not set(ids) & {c.peer_id for c in lab.lns.calls.values()}
    mark = lab.lns.mark()
    lab.lns.msi(lab.theirs, ids)
    lab.lns.barrier()
    assert not [m for m in lab.lns.messages[mark:] if m.has(w.NOSA)]
    late = datagram(SOURCE, OTHER_GROUP, b"for who was there before")
    lab.lns.raw(w.data(lab.lns.peer_tunnel_id, lab.theirs, late))
    for i in ids:
        lab.lns.raw(w.data(lab.lns.peer_tunnel_id, i, b"\xff\x03\0\x21" + late))
    lab.lns.msi(lab.theirs, [c.peer_id for c in lab.lns.calls.values()])
    lab.lns.wait("MSI", want=lambda m: m.has(w.NOSA))
    lab.serve()
    assert not [f for f in lab.seen if b"who was there before" in f]
    lab.lns.messages[:] = [m for m in lab.lns.messages if m.name != "CDN"]  # they were asked for


# ---------------------------------------------------------------- subscribers

def rows(lab, n):
    return [g for g in lab.router.show("l2tp multicast group").get("groups", [])
            if g["interface"] == f"s-a{n}"]


# maximum-groups and maximum-joins bound one subscriber, others join at once
def test_a_subscriber_that_floods_reports_is_bounded(lab):
    p = mad_lac(lab)
    flood, other = GUESTS[:2]
    gmp = lambda: lab.statistics()["gmp"]  # noqa: E731
    before, memory, took = gmp(), lab.memory(), []
    start = time.monotonic()
    for i in range(100):
        for k in range(20):
            lab.host[flood].report(*((TO_EXCLUDE, f"239.{i}.{k}.{g}") for g in range(1, 11)))
        if i % 25 == 12:
            asked = time.monotonic()
            lab.host[other].join(group(i), SOURCE)
            wait_for(lambda g=group(i): [r for r in rows(lab, other) if r["group"] == g], 5,
                     "somebody else joins")
            took.append(time.monotonic() - asked)
            lab.serve(5)
    after, seconds = gmp(), time.monotonic() - start
    assert len(rows(lab, flood)) == LIMIT
    dropped = sum(after[k] - before[k] for k in ("refusedGroups", "rateLimited"))
    assert dropped >= 20000 - LIMIT - JOINS * (seconds + 2)
    assert lab.memory() - memory < GROWTH
    assert max(took) < 2 * PATIENCE
    p.barrier()
    say(f"20000 joins in {seconds:.1f} s: {dropped} refused, others join in {max(took):.3f} s")


# RFC 3376 6.4: the control connection carries a bounded number of lists, and what is said
# when the flood is over counts
def test_a_subscriber_that_joins_and_leaves_all_the_time_costs_few_messages(lab):
    p = mad_lac(lab)
    flood, other = GUESTS[:2]
    lab.host[other].join(FLAPPING)
    for _ in range(3000):
        lab.host[flood].report((TO_EXCLUDE, FLAPPING), (TO_INCLUDE, FLAPPING))
    p.barrier()

    def joined():
        lab.host[flood].join(FLAPPING)  # refused while the limit of joins per second is reached
        return [m["acked"] for m in lab.multicast(p)] == [2]
    wait_for(joined, 15, "both are acknowledged")
    p.barrier()
    kinds = collections.Counter(m.name for m in p.messages)
    say(f"3000 joins and leaves: {dict(kinds)}")
    assert kinds["MSI"] <= 2 * JOINS and kinds["MSRQ"] < 10, kinds
    theirs, = (m["sessionId"] for m in lab.multicast(p))
    lab.installed()
    gets(lab, p, FLAPPING, [o for o, t in p.multicast.items() if t == theirs])
