#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The MPLS lab, told as it happens.  Exit code 0: everything that should be seen was seen."""
import argparse
import pathlib
import platform
import shutil
import sys

import mpls_lab
from mpls_lab import EGRESS, GROUP, LINKS, SOURCE, MplsLab
from netns import PATIENCE, LabError, sh, wait_for
from story import Story, say
from tap import LabelTap

RATE = 500
NO_MBB = " no capability make-before-break\n"  # the default is to have it
DIAGRAM = "".join(mpls_lab.__doc__.split("\n\n")[1])


class Demo:
    def __init__(self, lab, story):
        self.lab, self.story = lab, story

    def draw(self, tree):
        for line in tree.lines():
            say("    " + line)

    def set_up(self):
        lab, story = self.lab, self.story
        story.step("Start stock zebra, ospfd and (on the PEs) pimd, then mplsmcd and mcfibd")
        lab.start()
        story.table(("router", "LSR-Id", "LDP sessions", "PIM"), [
            (r.name, r.id, ", ".join(n["neighbor"] for n in r.neighbours()),
             "edge, mplsmc0" if r.edge else "none") for r in lab.routers.values()])

    def join(self):
        lab, story = self.lab, self.story
        story.step(f"The source sends {RATE} packets/s to {GROUP}; three receivers join by IGMPv3")
        self.stream = lab.sender(GROUP, RATE)
        for receiver in lab.receivers.values():
            receiver.join(GROUP, SOURCE)
        for receiver in lab.receivers.values():
            receiver.receives(GROUP, 30)
        self.tree = lab.tree(EGRESS)
        self.draw(self.tree)

    def copies(self):
        lab, story = self.lab, self.story
        story.step("Count the copies of each packet on every core link")
        taps = {(a, b): LabelTap(lab.routers[b].ns, a) for a, b in LINKS}
        lab.taps += taps.values()
        on_tree = {(a, b): label for a, b, label in self.tree.edges()}
        for link in on_tree:
            wait_for(lambda t=taps[link]: t.copies_of(GROUP, 200) == [1] * 200, 20,
                     f"200 packets, one copy each, on {link}")
        rows = []
        for link, tap in taps.items():
            wanted = [on_tree[link]] if link in on_tree else []
            copies = sorted(set(tap.copies_of(GROUP, 200)))
            labels = sorted(tap.session_counts(GROUP))
            if labels != wanted or copies != [1] * len(wanted):
                story.wrong.append(f"{link}: labels {labels}, copies {copies}")
            rows.append((" -> ".join(link), ", ".join(map(str, labels)) or "-",
                         ", ".join(map(str, copies)) or 0))
        for tap in taps.values():
            tap.close()
            lab.taps.remove(tap)
        story.table(("link", "label on the wire", "copies per packet"), rows)

    def totals(self):
        """What the receivers miss and have twice, all packets sent so far seen."""
        sent = self.stream.ask("stat")["sent"]
        results = [wait_for(lambda r=r: (lambda x: x if x.get("last", 0) >= sent else None)(
            r.result(GROUP)), 10, f"packet {sent} at receiver {r.number}")
            for r in self.lab.receivers.values()]
        return [(r["lost"], r["duplicated"]) for r in results]

    def event(self, what, action, via):
        """The worst receiver's loss and duplicates, in packets, of one change of the network."""
        lab, story = self.lab, self.story
        story.step(what)
        before = self.totals()
        action()
        self.tree = wait_for(lambda: (lambda t: t if via in t.role else None)(lab.tree(EGRESS)), 60,
                             f"the tree goes through {via}")
        after = self.totals()
        self.draw(self.tree)
        lost = max(a[0] - b[0] for a, b in zip(after, before))
        twice = max(a[1] - b[1] for a, b in zip(after, before))
        say(f"    lost: {lost} packets, {lost * 1000 // RATE} ms; duplicated: {twice}")
        return lost, twice

    def failure(self):
        """The link under P1 that the tree uses fails and comes back."""
        below = next(b for a, b, _ in self.tree.edges() if a == "p1")
        other = {"p2": "p3", "p3": "p2"}[below]
        return (self.event(f"The link p1 - {below} fails", lambda: self.lab.cut("p1", below), other),
                self.event(f"The link p1 - {below} is back", lambda: self.lab.mend("p1", below),
                           below))


def write_drawing(tree, folder):
    """The tree for Graphviz, and as SVG where its program is installed."""
    path = folder / "mpls-tree.dot"
    path.write_text(tree.dot())
    if shutil.which("dot"):
        sh(["dot", "-Tsvg", "-o", str(path.with_suffix(".svg")), str(path)])
    say(f"    drawn in {path}")


def run(story, mode, more, output):
    with MplsLab(prefix="mcmpls", more=more) as lab:
        say(f"\n==== {mode}")
        demo = Demo(lab, story)
        demo.set_up()
        demo.join()
        if output:
            write_drawing(demo.tree, output)
        demo.copies()
        story.expect("lost and duplicated in steady state, per receiver", demo.totals(),
                     [(0, 0)] * len(EGRESS))
        return (mode, *demo.failure())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pause", action="store_true")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build"))
    args = parser.parse_args()
    story = Story(args.pause)
    frr = sh(["dpkg-query", "-W", "-f", "${Version}", "frr"])
    say(f"frr-mcast: MPLS multicast, on stock FRR {frr}, Linux {platform.release()}\n\n{DIAGRAM}")
    rows = []
    try:
        rows.append(run(story, "delete before add", NO_MBB, args.output))
        rows.append(run(story, "make before break", "", None))
        story.step("Packets lost by the worst receiver")
        story.table(("upstream change", "link failed", "ms", "link back", "ms", "duplicated"),
                    [(mode, down[0], down[0] * 1000 // RATE, up[0], up[0] * 1000 // RATE,
                      down[1] + up[1]) for mode, down, up in rows])
        # what is on its way on both paths when a leaf changes over may come too early or too late
        story.expect("make before break, link back: at most 2 packets lost, 2 duplicated",
                     max(rows[1][2]) <= 2, True)
        # an attempt to connect may be on its way in vain when the route to the peer changes
        story.expect("delete before add, link back: at most 3 s lost",
                     rows[0][2][0] <= 3 * RATE * PATIENCE, True)
        say("    Delete before add waits for the LDP session of the link that is back; the other"
            " does not move\n    the tree before it is whole.")
    except LabError as e:
        story.wrong.append(str(e))
    if story.wrong:
        say("\nNOT as expected:\n  " + "\n  ".join(story.wrong))
        return 1
    say("\nOne copy per link, and three receivers lost nothing while the network stood still.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
