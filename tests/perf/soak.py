#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What only a long time shows: leaks and growth of the real daemons between scripted peers.

soak.py setups [SESSIONS]   so many sessions (default 10000) are set up and torn down, at the LNS and
                            at the LAC; with a build with sanitizers the daemon's end says whether
                            anything leaked
soak.py churn [MINUTES]     joins, leaves, calls, tunnels, mad peers and agent restarts for so long
                            (default 30); prints the resident memory of the daemons once a minute
                            and fails when it grows

MCAST_BUILD=DIR takes the daemons from another build, e.g. build/san.  Needs root.
"""
import argparse
import collections
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "topo"))
import l2tp_wire as w  # noqa: E402
from fault_lab import GROUP, GUESTS, MEMBERS, SOURCE, FaultLab  # noqa: E402
from l2tp_wire import Avp, u16, u32  # noqa: E402
from netns import LabError, wait_for  # noqa: E402
from story import say  # noqa: E402

PER_TUNNEL, BATCH, WINDOW = 100, 400, 8
GROUPS = [f"232.4.{i}.{j}" for i in range(4) for j in range(10)]
WARM_UP = 8  # minutes, in which history and journal fill; then memory may not grow by more than:
GROWTH = 1024  # kilobytes


def resident(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


# ---------------------------------------------------------------- set up and torn down

def calls(p, names):
    """Many calls at once; [(ours, theirs)]."""
    found = []
    for at in range(0, len(names), WINDOW):
        ours = [p.new_id() for _ in names[at:at + WINDOW]]
        for i, name in zip(ours, names[at:]):
            p.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(i)), Avp(w.SERIAL, u32(i)),
                               Avp(w.CALLING, name.encode())])
        answers = [p.wait("ICRP", 20) for _ in ours]
        for m in answers:
            theirs = m.number(w.SESSION_ID)
            p.send("ICCN", theirs, [Avp(w.TX_SPEED, u32(10_000_000)), Avp(w.FRAMING_TYPE, u32(1))])
            found.append((m.session, theirs))
        p.acknowledged(20)
    return found


def as_lns(lab, count):
    """Sessions that LACs set up; half of them end one by one, the others with their tunnel."""
    done = 0
    while done < count:
        p = lab.peer("lac")
        p.open()
        # the first ones have netdevs, and are members of groups
        names = [f"a{n}" for n in GUESTS] + [f"c{n}" for n in range(PER_TUNNEL - len(GUESTS))]
        pairs = calls(p, names)
        for n in GUESTS:
            for g in GROUPS[:5]:
                lab.host[n].join(g, SOURCE)
        wait_for(lambda: [m["acked"] for m in lab.multicast(p)] == [len(GUESTS)] * 5, 30, "acked")
        for at in range(0, PER_TUNNEL // 2, WINDOW):
            for ours, theirs in pairs[at:at + WINDOW]:
                p.send("CDN", theirs, [Avp(w.RESULT, u16(1)), Avp(w.SESSION_ID, u16(ours))])
            p.acknowledged(20)
        p.close()
        lab.peers.remove(p)
        done += len(pairs)
    return done


def as_lac(lab, count):
    """The daemon's own calls, ended by its administrator; it calls again."""
    names = [f"n{n}" for n in range(PER_TUNNEL)]
    lab.vty.configure("l2vpn l2tp-multicast", *(
        x for n in names for x in (f"access {n} static", "peer-group MAD", "exit")))
    for n in range(0, PER_TUNNEL, 50):
        lab.router.ns.run("sh", "-c", "".join(
            f"ip link add n{i} type veth peer name m{i}; ip link set n{i} up;"
            f" ip link set m{i} up;" for i in range(n, n + 50)))
    p = lab.peer("lns", address="10.9.0.5", port=1701, capability=False)
    p.until(lambda: p.count("ICCN") >= PER_TUNNEL, 60, "the calls")
    done = PER_TUNNEL
    while done < count:
        _, theirs = p.open_multicast()
        p.msi(theirs, [c.peer_id for c in p.calls.values()])
        p.wait("MSI", 20, want=lambda m: m.has(w.NOSA))
        seen = p.count("ICCN")
        lab.vty.show(f"clear l2tp session tunnel {p.peer_tunnel_id} all")
        p.until(lambda s=seen: p.count("ICCN") >= s + PER_TUNNEL, 60, "the calls again")
        ours = next(o for o, t in p.multicast.items() if t == theirs) if theirs in \
            p.multicast.values() else 0
        p.msen(ours or p.new_id(), theirs, 3)
        p.acknowledged(20)
        done += PER_TUNNEL
    return done


def setups(count):
    with FaultLab("msok") as lab:
        lab.connect()
        lab.serve()
        start, memory = time.monotonic(), lab.memory()
        done = as_lns(lab, count * 4 // 5)
        say(f"LNS: {done} sessions in {time.monotonic() - start:.0f} s, "
            f"resident {memory} -> {lab.memory()} kB")
        start, memory = time.monotonic(), lab.memory()
        done = as_lac(lab, count // 5)
        say(f"LAC: {done} sessions in {time.monotonic() - start:.0f} s, "
            f"resident {memory} -> {lab.memory()} kB")
        lab.serve()
        lab.nothing_stale()
    say("the daemons ended with code 0: nothing leaked, if they were built with sanitizers")


# ---------------------------------------------------------------- churn

class Churn:
    """Something happens all the time; those who are served do not notice."""

    def __init__(self, lab, seed):
        self.lab, self.rng, self.count = lab, random.Random(seed), collections.Counter()
        self.lacs = []
        self.steps = [self.join] * 30 + [self.leave] * 30 + [self.call] * 6 + [self.hang_up] * 5 \
            + [self.open] * 2 + [self.close] + [self.msen] * 3 + [self.garbage] * 5

    def host(self):
        return self.lab.host[self.rng.choice(GUESTS)]

    def join(self):
        self.host().join(self.rng.choice(GROUPS), SOURCE)

    def leave(self):
        self.host().leave(self.rng.choice(GROUPS), SOURCE)

    def open(self):
        if len(self.lacs) < 4:
            p = self.lab.peer("mad")
            try:
                p.open()
            except LabError:  # too many crashed
                self.count["refused tunnels"] += 1
                self.forget_lac(p)
            else:
                self.lacs.append(p)

    def close(self):
        if self.lacs:
            p = self.lacs.pop(self.rng.randrange(len(self.lacs)))
            self.forget_lac(p, crash=self.rng.random() < 0.3)

    def forget_lac(self, p, crash=False):
        self.lab.peers.remove(p)
        p.silent |= crash
        p.close()

    def call(self):
        used = {name for p in self.lacs for name in p.calls}
        free = [f"a{n}" for n in GUESTS if f"a{n}" not in used]
        if free and self.lacs:
            try:
                self.rng.choice(self.lacs).call(self.rng.choice(free))
            except LabError:
                self.count["refused calls"] += 1  # the interface of a LAC that crashed

    def hang_up(self):
        p = self.rng.choice(self.lacs) if self.lacs else None
        if p and p.calls:
            p.hang_up(self.rng.choice(list(p.calls.values())))

    def msen(self):
        p = self.rng.choice(self.lacs) if self.lacs else None
        if p and p.multicast:
            ours = self.rng.choice(list(p.multicast))
            p.msen(ours, p.multicast.pop(ours))

    def garbage(self):
        self.lab.lac.raw(self.rng.randbytes(self.rng.randrange(1, 200)))

    def step(self):
        action = self.rng.choice(self.steps)
        self.count[action.__name__] += 1
        action()

    def restart_agent(self):
        self.lab.router.kill("mcfibd", self.rng.choice((signal.SIGKILL, signal.SIGTERM)))
        self.lab.router.start_mcfibd()
        self.lab.installed()
        self.count["agent restarts"] += 1

    def forget(self):
        """The peers' own records would grow."""
        for p in self.lab.peers:
            with p.changed:
                del p.datas[:], p.arrivals[:], p.messages[:]
                p.taken = 0
        self.lab.seen.clear()


def churn(minutes):
    rows = []
    with FaultLab("msok", more="  maximum-groups 100 per-session\n") as lab:
        lab.connect()
        c = Churn(lab, 4045)
        start = time.monotonic()
        for minute in range(1, minutes + 1):
            for n in MEMBERS:  # these hosts do not answer queries
                lab.host[n].join(GROUP, SOURCE)
            while time.monotonic() < start + 60 * minute:
                for _ in range(20):
                    c.step()
                c.forget()
                lab.serve(10)
            rows.append((resident(lab.router.processes["l2mcd"]),
                         resident(lab.router.processes["mcfibd"]), len(lab.entries())))
            say("minute %2d: l2mcd %d kB, mcfibd %d kB, %d objects" % (minute, *rows[-1]))
            c.restart_agent()
        say(f"{sum(c.count.values())} steps: {dict(c.count)}")
        for p in c.lacs:
            lab.peers.remove(p)
            p.close()
        wait_for(lambda: len(lab.router.sessions()) == 4, 60, "only those who are served are left")
        lab.serve()
        lab.nothing_stale()
    for i, name in enumerate(("l2mcd", "mcfibd")):
        early, late = (max(r[i] for r in part) for part in (rows[:WARM_UP], rows[WARM_UP:] or rows))
        say(f"{name}: at most {early} kB in the first {WARM_UP} minutes, {late} kB later")
        if late > early + GROWTH:
            raise SystemExit(f"{name} grows")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("setups", "churn"))
    parser.add_argument("amount", type=int, nargs="?")
    args = parser.parse_args()
    if args.what == "setups":
        setups(args.amount or 10000)
    else:
        churn(args.amount or 30)


if __name__ == "__main__":
    main()
