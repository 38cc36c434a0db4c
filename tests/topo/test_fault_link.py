# SPDX-License-Identifier: GPL-2.0-or-later
"""The link under the tunnel is cut, healed and lossy, and zebra is killed: what the subscribers miss
is counted, and afterwards everything is as if nothing had been."""
import pytest

from lab import SOURCE, Lab
from netns import loss, wait_for
from story import say

RATE, COUNT = 200, 3


@pytest.fixture(name="lab", scope="module")
def _lab():
    with Lab(prefix="mflt", subscribers=COUNT) as lab:
        lab.start()
        yield lab


class Stream:
    """A group that all subscribers receive by one multicast session, counted."""

    def __init__(self, lab, group):
        self.lab, self.group, self.tap = lab, group, lab.tap()
        self.source = lab.sender(group, RATE)
        for s in lab.subscribers:
            s.join(group, SOURCE)
        for s in lab.subscribers:
            s.receives(group, 60)
        self.acknowledged()

    def acknowledged(self, count=None):
        count = count or len(self.lab.subscribers)
        wait_for(lambda: [(m["state"], m["acked"]) for m in self.lab.lns.multicast_sessions()]
                 == [("established", count)], 90, f"one session that {count} acknowledged")

    def one_copy(self, timeout=30):
        wait_for(lambda: self.tap.copies_of(self.group, 50) == [1] * 50, timeout,
                 "one copy on the link")

    def results(self):
        return [s.result(self.group) for s in self.lab.subscribers]

    def sent(self):
        return self.source.ask("stat")["sent"]

    def goes_on(self, packets):
        mark = self.sent() + packets
        wait_for(lambda: self.sent() > mark, 10 + 2 * packets / RATE, f"{packets} packets")

    def end(self):
        """Stops the source, and leaves; the results when its last packet arrived everywhere."""
        last = self.source.ask("rate", 0)["sent"]
        wait_for(lambda: {r.get("last") for r in self.results()} == {last}, 10, f"packet {last}")
        return self.leave()

    def leave(self):
        found = self.results()
        self.source.ask("rate", 0)
        for s in self.lab.subscribers:
            s.leave(self.group, SOURCE)
        for r in (self.lab.lns, self.lab.lac):
            wait_for(lambda r=r: not r.multicast_sessions(), 60, f"no session at the {r.name}")
        return found


def ids(lab):
    """What a new control connection or call would change."""
    return [sorted((row["tunnelId"], row.get("sessionId")) for row in rows)
            for r in (lab.lns, lab.lac)
            for rows in (r.tunnels(), r.sessions(), r.multicast_sessions())]


def cut(lab, share=1):
    for router in (lab.lns, lab.lac):
        loss(router.ns, "core0", share)


def all_installed(lab):
    for r in (lab.lns, lab.lac):
        wait_for(lambda r=r: {e["fib"]["status"] for e in r.show("fib entry")["entries"]}
                 == {"installed"}, 20, f"everything of the {r.name} is installed")


# R2661-5.8-8, R2661-6.5-2: HELLO is repeated, so a short cut is bridged
def test_a_short_cut_costs_what_was_sent_meanwhile_and_nothing_else(lab):
    stream = Stream(lab, "232.1.1.1")
    stream.one_copy()
    before, first = ids(lab), stream.sent()
    cut(lab)
    stream.goes_on(3 * RATE)
    cut(lab, 0)
    cost = stream.sent() - first
    stream.goes_on(RATE)
    stream.one_copy()
    assert ids(lab) == before
    found = stream.end()
    say(f"link silent for {cost} packets: {[r['lost'] for r in found]} lost")
    assert all(r["duplicated"] == 0 and 2.5 * RATE < r["lost"] <= cost for r in found)


# zebra tells of interfaces only: forwarding, sessions and group state do not need it
def test_a_killed_zebra_costs_nothing(lab):
    stream = Stream(lab, "232.1.1.2")
    stream.one_copy()
    before = ids(lab)
    for r in (lab.lns, lab.lac):
        r.kill("zebra")
    stream.goes_on(RATE)
    for r in (lab.lns, lab.lac):
        r.start_zebra()
    stream.goes_on(RATE)
    stream.one_copy()
    assert ids(lab) == before
    all_installed(lab)
    # and both hear of interfaces again
    lab.lns.ns.ip("link set s-a3 down")
    stream.acknowledged(COUNT - 1)
    lab.lns.ns.ip("link set s-a3 up")
    wait_for(lambda: [x.get("fib", {}).get("status") for x in lab.lns.sessions()]
             == COUNT * ["installed"], 15, "and up again")
    assert [(r["lost"], r["duplicated"]) for r in stream.end()[:2]] == [(0, 0)] * 2


# R2661-6.5-3, R2661-5.8-9, R4045-7.2-2: the tunnel ends, and all comes again when the link does
def test_a_cut_link_ends_the_tunnel_and_heals(lab):
    stream = Stream(lab, "232.1.1.3")
    before = ids(lab)
    lab.lns.ns.ip("link set core0 down")
    for r in (lab.lns, lab.lac):
        wait_for(lambda r=r: not [t for t in r.tunnels() if t["state"] == "established"]
                 and not r.sessions() and not r.multicast_sessions(), 40,
                 f"the {r.name} gives the tunnel up")
    lab.lns.ns.ip("link set core0 up")
    back = stream.sent()
    lab.wait_established(60)
    stream.acknowledged()
    say(f"all sessions were back {(stream.sent() - back) / RATE:.1f} s after the link")
    stream.one_copy()
    stream.goes_on(RATE)
    all_installed(lab)
    for r in (lab.lns, lab.lac):
        assert len(r.tunnels()) == 1 and len(r.sessions()) == COUNT
    assert not set(before[0]) & set(ids(lab)[0]), "a new control connection"
    assert all(r["duplicated"] < RATE / 10 for r in stream.end())


# R2661-5.8-8, R4045-6.2.2-8: with 30 % lost in both directions calls and lists come to their end,
# each member gets what the link lets through, once, and the control connection stays
@pytest.mark.timeout(240)
def test_with_30_percent_lost_everything_works():
    with Lab(prefix="mfls", subscribers=2, retransmit="retries 12 timeout 1 maximum 8") as lab:
        lab.start_frr()
        lab.start_lns()
        lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast",
                                       "querier robustness 7")  # reports are lost, too
        lab.start_lac()
        lab.wait_established()
        tunnels = [r.tunnels()[0]["tunnelId"] for r in (lab.lns, lab.lac)]
        before = ids(lab)
        cut(lab, 0.3)
        lab.lac.vty["l2mcd"].show(f"clear l2tp session tunnel {tunnels[1]} all")
        wait_for(lambda: not set(before[4]) & set(ids(lab)[4]), 30, "the calls are gone")
        lab.wait_established(90)
        stream = Stream(lab, "232.1.1.4")
        wait_for(lambda: max(stream.tap.copies_of(stream.group, 50)) == 1, 60, "no second copy")
        first, earlier = stream.sent(), stream.results()
        stream.goes_on(3 * RATE)
        found = stream.results()
        sent = stream.sent() - first
        passed = [now["received"] - old["received"] for now, old in zip(found, earlier)]
        again = sum(t["retransmits"] for r in (lab.lns, lab.lac)
                    for t in r.show("l2tp reliable")["tunnels"])
        say(f"{passed} of {sent} packets passed, {again} control messages were sent again")
        assert all(0.5 * sent < n < 0.9 * sent for n in passed) and again >= 2
        assert [r["duplicated"] for r in found] == [r["duplicated"] for r in earlier]
        cut(lab, 0)
        stream.leave()
        all_installed(lab)
        assert [r.tunnels()[0]["tunnelId"] for r in (lab.lns, lab.lac)] == tunnels
