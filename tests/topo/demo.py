#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The first lab, told as it happens.  Exit code 0: everything that should be seen was seen."""
import argparse
import platform
import sys

import pcap
from lab import ASM_GROUP, LAC_CORE, LNS_CORE, SESSION_LOCAL, SOURCE, SSM_GROUP, Lab, LabError
from netns import sh, wait_for
from story import Story, say

STREAM = ((1, SSM_GROUP), (2, SSM_GROUP), (3, SSM_GROUP))

TOPOLOGY = f"""
  source {SOURCE}
     |
     |  10.1.0.0/24
     |
  LNS {LNS_CORE}   stock zebra + pimd, l2mcd, mcfibd
    ||               session interfaces s-a1 .. s-a5, merged membership on l2mc0
    ||  L2TP tunnel (UDP 1701), this link is what the copies are counted on
    ||
  LAC {LAC_CORE}   l2mcd, mcfibd
     +-- a1 -- sub1 100.64.0.11
     +-- a2 -- sub2 100.64.0.12
     +-- a3 -- sub3 100.64.0.13
     +-- a4 -- sub4 100.64.0.14   (speaks IGMPv2)
     +-- a5 -- sub5 100.64.0.15   (joins nothing)
"""


class Demo:
    def __init__(self, lab, story, rate):
        self.lab, self.story, self.rate = lab, story, rate
        self.signalled = 0

    def signals(self):
        """Control messages since the last call, as the daemon's own decoder reads them."""
        messages = pcap.control_messages(self.capture)
        new, self.signalled = messages[self.signalled:], len(messages)
        for m in new:
            if m.name in ("ZLB", "HELLO"):
                continue
            way = "LNS -> LAC" if m.source == LNS_CORE else "LAC -> LNS"
            say(f"    {way}  {m.name:6} session {m.session:<6} {m.details}")

    def set_up(self):
        lab, story = self.lab, self.story
        story.step("Start stock FRR, then both l2mcd with their forwarding agents")
        lab.start_frr()
        self.capture, _ = lab.capture("demo")
        lab.start_lns()
        lab.start_lac()
        lab.wait_established()
        self.signals()
        story.table(("session at the LNS", "of", "state", "tunnel", "id", "peer's id"), [
            (s["interface"], s["peerHostName"], s["state"], s["tunnelId"], s["sessionId"],
             s["peerSessionId"]) for s in lab.lns.sessions()])
        story.step(f"Unicast crosses the tunnel: every subscriber pings the LNS ({SESSION_LOCAL})")
        for s in lab.subscribers:
            story.expect(f"sub{s.number} ping", "answered" if s.ping(SESSION_LOCAL) else "lost",
                         "answered")

    def unicast_copies(self):
        lab, story = self.lab, self.story
        story.step(f"The source sends {self.rate} packets/s to {SSM_GROUP}; sub1..sub3 join by "
                   f"IGMPv3 from {SOURCE}")
        say("    (threshold 100 for now: the LNS may not open a multicast session yet)")
        self.tap = lab.tap()
        self.stream = lab.sender(SSM_GROUP, self.rate)
        for n, group in STREAM:
            lab.subscribers[n - 1].join(group, SOURCE)
        for n, group in STREAM:
            lab.subscribers[n - 1].receives(group)
        wait_for(lambda: self.tap.copies_of(SSM_GROUP, 50) == [3] * 50, 15, "three copies")
        self.before = self.tap.copies_of(SSM_GROUP, 50)
        self.load = self.tap.octets_of(SSM_GROUP, 50) * self.rate * 8 / 1000
        story.expect("copies of each packet on the tunnel link", self.before[-1], 3)
        mroute = lab.lns.vty["pimd"].json("show ip mroute")[SSM_GROUP][SOURCE]
        story.expect(f"kernel entry ({SOURCE}, {SSM_GROUP}) made by stock pimd",
                     f"{mroute['iif']} -> {', '.join(mroute['oil'])}", "up0 -> l2mc0")

    def switch(self):
        lab, story = self.lab, self.story
        story.step("Lower the threshold to 2 while the stream runs: the LNS opens the session")
        lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", "threshold 2")
        started = self.tap.newest(SSM_GROUP)
        wait_for(lambda: self.tap.copies_of(SSM_GROUP, 50) == [1] * 50, 15, "one copy")
        self.signals()
        copies = self.tap.copies_between(SSM_GROUP, started - 20, self.tap.newest(SSM_GROUP) - 1)
        story.expect("copies of each packet on the tunnel link", copies[max(copies)], 1)
        story.expect("other numbers of copies seen while switching",
                     sorted(set(copies.values()) - {1, 3}), [])
        load = self.tap.octets_of(SSM_GROUP, 50) * self.rate * 8 / 1000
        story.table(("tunnel link", "copies per packet", "kbit/s", "L2TP session"), [
            ("before", self.before[-1], round(self.load), "3 unicast sessions, PPP"),
            ("after", copies[max(copies)], round(load), "1 multicast session, pure IP")])
        for router in (lab.lns, lab.lac):
            say(f"    {router.name}# show l2tp multicast session")
            for line in router.vty["l2mcd"].show("show l2tp multicast session").splitlines():
                say("      " + line)

    def second_group_and_leave(self):
        lab, story = self.lab, self.story
        story.step(f"sub4 joins a second group, {ASM_GROUP}, by IGMPv2 (one receiver: unicast)")
        self.second = lab.sender(ASM_GROUP, self.rate)
        sub3, sub4 = lab.subscribers[2], lab.subscribers[3]
        sub4.igmp_version(2)
        sub4.join(ASM_GROUP)
        sub4.receives(ASM_GROUP)
        wait_for(lambda: self.tap.copies_of(ASM_GROUP, 20) == [1] * 20, 15, "one unicast copy")
        story.expect(f"copies of {ASM_GROUP} on the tunnel link",
                     self.tap.copies_of(ASM_GROUP)[0], 1)

        story.step("sub3 leaves the stream; sub1 and sub2 go on")
        sub3.leave(SSM_GROUP, SOURCE)
        self.left = sub3.result(SSM_GROUP)
        wait_for(lambda: any(m.name == "MSI" and "ithdraw" in m.details
                             for m in pcap.control_messages(self.capture)[self.signalled:]), 15,
                 "the LNS withdraws sub3")
        self.signals()
        wait_for(lambda: self.tap.copies_of(SSM_GROUP, 20) == [1] * 20, 15, "one copy")
        story.expect("copies of each packet on the tunnel link",
                     self.tap.copies_of(SSM_GROUP)[0], 1)

    def count(self):
        lab, story = self.lab, self.story
        story.step("Stop the source and count")
        rows = []
        last = {SSM_GROUP: self.stream.ask("rate", 0)["sent"],
                ASM_GROUP: self.second.ask("rate", 0)["sent"]}
        for n, group in (*STREAM, (4, ASM_GROUP)):
            sub = lab.subscribers[n - 1]
            if n == 3:
                result = self.left
            else:
                result = wait_for(lambda s=sub, g=group: (
                    lambda r: r if r.get("last") == last[g] else None)(s.result(g)), 5,
                    f"the last packet at sub{n}")
            rows.append((f"sub{n}", group, result["received"], result["lost"],
                         result["duplicated"]))
        story.table(("subscriber", "group", "received", "lost", "duplicated"), rows)
        for name, group, received, lost, duplicated in rows:
            if not received or lost or duplicated:
                story.wrong.append(f"{name} {group}: {received} received, {lost} lost, "
                                   f"{duplicated} duplicated")
        story.expect("sub5, who joined nothing, received",
                     lab.subscribers[4].result(SSM_GROUP)["received"], 0)

    def history(self):
        self.story.step("What the daemons noted (show l2tp history)")
        for router in (self.lab.lns, self.lab.lac):
            say(f"    {router.name}:")
            for line in router.vty["l2mcd"].show("show l2tp history").splitlines():
                say("      " + line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pause", action="store_true")
    parser.add_argument("--rate", type=int, default=200, help="packets per second")
    args = parser.parse_args()
    story = Story(args.pause)
    frr = sh(["dpkg-query", "-W", "-f", "${Version}", "frr"])
    say(f"frr-mcast: first light, on stock FRR {frr}, Linux {platform.release()}\n{TOPOLOGY}")
    try:
        with Lab(prefix="mcdemo", threshold=100) as lab:
            demo = Demo(lab, story, args.rate)
            demo.set_up()
            demo.unicast_copies()
            demo.switch()
            demo.second_group_and_leave()
            demo.count()
            demo.history()
    except LabError as e:
        story.wrong.append(str(e))
    if story.wrong:
        say("\nNOT as expected:\n  " + "\n  ".join(story.wrong))
        return 1
    say("\n3 copies became 1, nobody lost a packet, nobody got one twice.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
