#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""PPPoE subscribers, LAC and LNS with real PPP, told as it happens; in a machine (vmrun).  Exit code
0: everything that should be seen was seen."""
import argparse
import platform
import sys

from chain_lab import SESSION_LOCAL, SOURCE, ChainLab, LabError, wait_for
from lab import SSM_GROUP
from netns import sh
from story import Story, say

TOPOLOGY = f"""
  source {SOURCE}
     |
  LNS   stock zebra + pimd, l2mcd, mcfibd, a pppd for each session ({SESSION_LOCAL})
    ||  L2TP tunnel: the copies are counted on this link
  LAC   l2mcd, mcfibd; the kernel passes PPP between PPPoE and L2TP
     |  a0
  switch -- sub1 .. sub4   pppd with PPPoE, 100.64.0.11 .. 14
         -- sub5           the same in VLAN 7, asks for service "tv", 100.64.0.15
"""


def answers(router, command):
    say(f"    {router.name}# {command}")
    for line in router.vty["l2mcd"].show(command).splitlines():
        say("      " + line)


def pings(lab, story):
    story.step(f"Unicast: every subscriber pings the LNS and the source ({SOURCE}) through PPP")
    for s in lab.subscribers:
        ok = s.ping(SESSION_LOCAL) and s.ping(SOURCE)
        story.expect(f"sub{s.number} ping", "answered" if ok else "lost", "answered")


def channel(lab, story, rate):
    story.step(f"The source sends {rate} packets/s to {SSM_GROUP}; sub3..sub5 join by IGMPv3")
    say("    (threshold 100 for now: the LNS may not open a multicast session yet)")
    viewers, tap, stream = lab.subscribers[2:], lab.tap(), lab.sender(SSM_GROUP, rate)
    for s in viewers:
        s.join(SSM_GROUP, SOURCE)
    for s in viewers:
        s.receives(SSM_GROUP)
    wait_for(lambda: tap.copies_of(SSM_GROUP, 20) == [3] * 20, 15, "three copies")
    story.expect("copies of each packet on the tunnel link", tap.copies_of(SSM_GROUP)[0], 3)

    story.step("Lower the threshold to 2 while the stream runs: the LNS opens the session")
    lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", "threshold 2")
    wait_for(lambda: tap.copies_of(SSM_GROUP, 20) == [1] * 20, 15, "one copy")
    story.expect("copies of each packet on the tunnel link", tap.copies_of(SSM_GROUP)[0], 1)
    answers(lab.lns, "show l2tp multicast session")

    story.step("Stop the source and count")
    last, rows = stream.ask("rate", 0)["sent"], []
    for s in viewers:
        r = wait_for(lambda s=s: (lambda r: r if r.get("last") == last else None)(
            s.result(SSM_GROUP)), 5, f"the last packet at sub{s.number}")
        rows.append((f"sub{s.number}", r["received"], r["lost"], r["duplicated"]))
        if r["lost"] or r["duplicated"]:
            story.wrong.append(f"sub{s.number}: {r['lost']} lost, {r['duplicated']} duplicated")
    story.table(("subscriber", "received", "lost", "duplicated"), rows)
    story.expect("sub1, who joined nothing, received",
                 lab.subscribers[0].result(SSM_GROUP)["received"], 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=50, help="packets per second")
    args = parser.parse_args()
    story = Story(False)
    frr = sh(["dpkg-query", "-W", "-f", "${Version}", "frr"])
    say(f"frr-mcast: real PPP, on stock FRR {frr}, Linux {platform.release()}\n{TOPOLOGY}")
    try:
        with ChainLab(prefix="mcreal") as lab:
            story.step("Start stock FRR, l2mcd and mcfibd; the subscribers dial")
            lab.start()
            answers(lab.lac, "show l2tp pppoe")
            answers(lab.lns, "show l2tp session")
            pings(lab, story)
            channel(lab, story, args.rate)
    except LabError as e:
        story.wrong.append(str(e))
    if story.wrong:
        say("\nNOT as expected:\n  " + "\n  ".join(story.wrong))
        return 1
    say("\n3 copies became 1, inside PPP nobody lost a packet, nobody got one twice.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
