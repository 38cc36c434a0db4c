# SPDX-License-Identifier: GPL-2.0-or-later
"""membership source pimd: what does not depend on the reader, restarts, limits, the module."""
import re
import socket

import lab as labs
import membership_cases as cases
from lab import SOURCE, Lab
from netns import wait_for

_build = cases.building("module")
WANTED = ("s-a1", "232.1.1.1", "INCLUDE", SOURCE)


# What pimd knows is there at once when the daemon is; nobody is asked.
def test_a_killed_daemon_reads_what_pimd_knows(build):
    lab = build(subscribers=1)
    lab.subscribers[0].join("232.1.1.1", SOURCE)
    cases.becomes(lab, WANTED)
    lab.lns.kill("l2mcd")
    lab.lns.start_l2mcd()
    before = cases.read_by(lab, "module", connections=1)
    assert before["readings"] == 1 and before["memberships"] >= 1
    lab.wait_established(90)
    cases.becomes(lab, WANTED)


# A reader that does not read costs pimd nothing: the other one hears everything.
def test_readers_that_do_not_read_stop_nobody(build):
    lab = build(subscribers=1)
    idle = []
    for _ in range(6):  # more than the module serves
        s = socket.socket(socket.AF_UNIX)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        s.connect(str(lab.lns.run / "pimd_mcast.sock"))
        idle.append(s)
    wanted = [("s-a1", f"232.1.2.{n}", "INCLUDE", SOURCE) for n in range(1, 16)]
    for _, group, _, source in wanted:
        lab.subscribers[0].join(group, source)
    cases.becomes(lab, *wanted)
    for s in idle:
        s.close()


# The 32 multicast interfaces of the kernel: PIM's own, lo, up0, l2mc0 and 28 sessions.
def test_a_session_beyond_the_kernels_interfaces_is_refused():
    with Lab(prefix="mcm", subscribers=30, membership="module") as lab:
        for n in (29, 30):
            lab.lns.pimd_conf = lab.lns.pimd_conf.replace(f"interface s-a{n}\n", "interface no\n")
        lab.start_frr()
        lab.start_lns()
        lab.start_lac()

        def established():
            return [s["interface"] for s in lab.lns.sessions() if s["state"] == "established"]
        wait_for(lambda: len(established()) == 28, 30, "28 sessions")
        wait_for(lambda: sum("more than the kernel's 32 multicast interfaces" in step["text"]
                             for step in lab.lns.history()) >= 2, 20, "two calls are refused")
        assert len(established()) == 28
        m = cases.membership(lab)
        assert (m["multicastInterfaces"], m["sessionsWithoutIgmp"]) == (32, 0)
        assert "MAXVIFS" not in lab.lns.processes["pimd"].tail(100000)
        lab.subscribers[27].join("232.1.1.1", SOURCE)
        cases.becomes(lab, ("s-a28", "232.1.1.1", "INCLUDE", SOURCE))


# Another source at run time: nothing of the one before stays, nobody has to join again.
def test_the_source_is_changed_at_run_time(build):
    lab = build(subscribers=1)
    lab.subscribers[0].join("232.1.1.1", SOURCE)
    cases.becomes(lab, WANTED)
    for source in ("session", "pimd"):
        lab.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast",
                                       f"membership source {source}")
        wait_for(lambda s=source: cases.membership(lab)["source"] == s, 10, source)
        cases.becomes(lab, WANTED, timeout=30)


# A module made for another pimd says so in one line; pimd and l2mcd go on without it.
def test_a_module_of_another_version_is_not_used():
    version = re.search(r"version (\S+)", labs.netns.sh([str(labs.FRR / "pimd"), "--version"]))[1]
    with Lab(prefix="mcm", subscribers=1, membership="vty") as lab:
        other = lab.dir / "pimd_mcast.so"
        octets = labs.MODULE.read_bytes()
        assert version.encode() + b"\0" in octets
        other.write_bytes(octets.replace(version.encode() + b"\0",
                                         version[:-1].encode() + b"x\0"))
        other.chmod(0o755)
        lab.lns.pimd_options = ["-M", f"{other}:sock={lab.lns.run}/pimd_mcast.sock"]
        lab.start()
        cases.read_by(lab, "vty", pimdVersion=version)
        lines = [line for line in lab.lns.processes["pimd"].tail(100000).splitlines()
                 if "pimd_mcast" in line]
        assert len(set(lines)) == 1 and f"this is pimd {version}: not used" in lines[0]
