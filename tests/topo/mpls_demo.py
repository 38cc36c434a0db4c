#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The MPLS lab, told as it happens.  Exit code 0: everything that should be seen was seen."""
import argparse
import pathlib
import platform
import sys

import mpls_lab
from drawing import Drawing, Load
from lab import FRR_MAJOR
from mpls_lab import EGRESS, GROUP, LINKS, ROUTERS, SOURCE, MplsLab, MplsRouter
from netns import PATIENCE, LabError, sh, wait_for
from story import Story, say
from tap import LabelTap

RATE, COUNTED = 500, 200
NO_MBB = " no capability make-before-break\n"  # the default is to have it
DIAGRAM = "".join(mpls_lab.__doc__.split("\n\n")[1])
LEVELS = (("p2", "p3"), EGRESS)
HOSTS = {"pe1": ("src", False), **{pe: (f"rcv{pe[-1]}", True) for pe in EGRESS}}


class DemoRouter(MplsRouter):
    """Each router has a hundred labels of its own, so that one sees who has assigned a label."""

    def start_mplsmcd(self, more=""):
        hundred = 100 * (ROUTERS.index(self.name) + 1)
        super().start_mplsmcd(more + f" label range {hundred} {hundred + 99}\n")


class DemoLab(MplsLab):
    router = DemoRouter


class Demo:
    def __init__(self, lab, story, output):
        self.lab, self.story, self.output = lab, story, output

    def set_up(self):
        lab, story = self.lab, self.story
        rpf = "`ip mroute`" if FRR_MAJOR >= 10 else "a static route"
        story.step("Start stock zebra and ospfd, pimd on the PEs, then mplsmcd and mcfibd")
        lab.start()
        story.table(("router", "LSR-Id", "its labels", "LDP sessions with", "PIM"), [
            (r.name, r.id, f"{n}00-{n}99", " ".join(r.cables),
             "" if not r.edge else f"edge, mplsmc0 (RPF by {rpf})" if r.name in EGRESS else
             "edge, mplsmc0") for n, r in enumerate(lab.routers.values(), 1)])

    def join(self):
        lab, story = self.lab, self.story
        story.step(f"The source sends {RATE} packets/s to {GROUP}; three receivers join by IGMPv3")
        self.stream = lab.sender(GROUP, RATE)
        for receiver in lab.receivers.values():
            receiver.join(GROUP, SOURCE)
        for receiver in lab.receivers.values():
            receiver.receives(GROUP, 30)
        self.tree = lab.tree(EGRESS)
        self.draw("mpls-tree", "the tree")
        story.expect("lost and duplicated at rcv2, rcv3, rcv4", self.totals(),
                     [(0, 0)] * len(EGRESS))

    def loads(self):
        """What each link carries of the next packets, counted on the wire."""
        lab = self.lab
        taps = {(a, b): LabelTap(lab.routers[b].ns, a) for a, b in LINKS}
        lab.taps += taps.values()
        used = {(a, b): label for a, b, label in self.tree.edges()}
        first = self.stream.ask("stat")["sent"] + 20
        last = first + COUNTED - 1
        for link in used:
            wait_for(lambda t=taps[link]: t.newest(GROUP) > last, 30, f"packet {last} on {link}")
        loads = {}
        for link, tap in taps.items():
            copies = tap.copies_between(GROUP, first, last).values()
            loads[link] = Load(sorted(tap.session_counts(GROUP)), sum(copies), sorted(set(copies)))
            wanted = Load([used[link]], COUNTED, [1]) if link in used else Load([], 0, [0])
            if loads[link] != wanted:
                self.story.wrong.append(f"{link}: {loads[link]}, expected {wanted}")
            tap.close()
            lab.taps.remove(tap)
        return loads

    def draw(self, name, what, failed=None):
        """The tree of the routers' own JSON, with what is on the wire."""
        title = f"({SOURCE}, {GROUP}): {what}\\n{COUNTED} packets on each link"
        drawing = Drawing(title, self.tree, self.loads(), HOSTS, LEVELS, failed)
        self.story.table((f"of {COUNTED} packets on each link", "label", "frames",
                          "copies of each"), drawing.rows())
        if self.output:
            say(f"    drawn in {drawing.write(self.output / (name + '.dot'))}")

    def totals(self):
        """What the receivers miss and have twice, all packets sent so far seen."""
        sent = self.stream.ask("stat")["sent"]
        results = [wait_for(lambda r=r: (lambda x: x if x.get("last", 0) >= sent else None)(
            r.result(GROUP)), 10, f"packet {sent} at receiver {r.number}")
            for r in self.lab.receivers.values()]
        return [(r["lost"], r["duplicated"]) for r in results]

    def event(self, what, action, via, no_more):
        """The worst receiver's loss and duplicates, in packets, of one change of the network."""
        lab, story = self.lab, self.story
        story.step(what)
        before = self.totals()
        action()
        # leaves change over one by one, with the last of them the other router goes
        self.tree = wait_for(lambda: (lambda t: t if via in t.role and no_more not in t.role
                                      else None)(lab.tree(EGRESS)), 60,
                             f"the tree goes through {via}, not through {no_more}")
        after = self.totals()
        lost = max(a[0] - b[0] for a, b in zip(after, before))
        twice = max(a[1] - b[1] for a, b in zip(after, before))
        say(f"    The tree goes through {via} now.  The worst receiver lost {lost} packets, "
            f"{ms(lost)} ms of the stream,\n    and got {twice} twice.")
        return lost, twice

    def failure(self):
        """The link under P1 that the tree uses fails and comes back."""
        below = next(b for a, b, _ in self.tree.edges() if a == "p1")
        other = {"p2": "p3", "p3": "p2"}[below]
        p1 = self.lab.routers["p1"].ns
        down = self.event(f"The link p1 - {below} fails", lambda: p1.ip(f"link set {below} down"),
                          other, below)
        self.draw("mpls-tree-failed", f"the link p1 - {below} has failed", ("p1", below))
        up = self.event(f"The link p1 - {below} is back", lambda: p1.ip(f"link set {below} up"),
                        below, other)
        self.draw("mpls-tree-back", f"the link p1 - {below} is back")
        return down, up


def ms(packets):
    return packets * 1000 // RATE


def run(story, mode, meaning, more, output):
    say(f"\n==== {mode}: {meaning}")
    with DemoLab(prefix="mcmpls", more=more) as lab:
        demo = Demo(lab, story, output)
        demo.set_up()
        demo.join()
        return (mode, *demo.failure())


def summary(story, rows):
    story.step("What the changes cost the worst receiver")
    story.table(("upstream change", "link fails: packets", "ms", "link back: packets", "ms",
                 "duplicated"), [
        (mode, down[0], ms(down[0]), up[0], ms(up[0]), down[1] + up[1])
        for mode, down, up in rows])
    say("    A failure: OSPF has to find out, and make before break waits for the word that the new"
        " path is\n    whole, although there is no old one any more.  The link is back: delete before"
        " add leaves a\n    tree that works, and may even have to wait for the LDP session of the"
        " link; make before break\n    does not move before the new tree is whole.")
    # what is on its way on both paths when a leaf changes over may come too early or too late
    story.expect("make before break, link back: at most 2 packets lost, 2 duplicated",
                 max(rows[1][2]) <= 2, True)
    # LDP needs the routes of both ends, and OSPF may hold back an LSA for 5 s (MinLSInterval)
    story.expect("delete before add, link back: at most 6 s lost",
                 rows[0][2][0] <= 6 * RATE * PATIENCE, True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pause", action="store_true")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build"))
    args = parser.parse_args()
    story = Story(args.pause)
    frr = sh(["dpkg-query", "-W", "-f", "${Version}", "frr"])
    say(f"frr-mcast: MPLS multicast, on stock FRR {frr}, Linux {platform.release()}\n\n{DIAGRAM}")
    try:
        summary(story, [
            run(story, "delete before add", "the old way to the root goes before the new one is"
                " asked for", NO_MBB, None),
            run(story, "make before break", "the old way stays until the new one is complete (the"
                " default)", "", args.output)])
    except LabError as e:
        story.wrong.append(str(e))
    if story.wrong:
        say("\nNOT as expected:\n  " + "\n  ".join(story.wrong))
        return 1
    say("\nOne copy per link, and three receivers lost nothing while the network stood still.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
