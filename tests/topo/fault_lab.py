# SPDX-License-Identifier: GPL-2.0-or-later
"""One l2mcd that is LNS and LAC at once, with the real agent, and traffic through both roles that is
counted: for tests in which somebody else misbehaves, or the daemon dies.

    LNS: l2mc0 -> s-a1, s-a2 (calls of the peer "lac"), one copy by a multicast session
    LAC: peer "lns" -> one multicast session -> access s-a7, s-a8

Sessions s-a3 .. s-a6 and access s-a9 are for whom the test brings.
"""
import collections
import contextlib
import json
import os
import signal
import socket

import l2tp_wire as w
from forwarders import Tap, datagram
from l2tp_wire import u16
from netns import wait_for
from peer_lab import PeerLab

GROUP, SOURCE, OTHER_GROUP = "232.1.1.1", "192.0.2.1", "232.2.2.2"
THE_LNS, MAD_LNS = "10.9.0.3", "10.9.0.5"
MEMBERS, USERS, GUESTS = (1, 2), (7, 8), (3, 4, 5, 6)
CONFIG = """\
hostname both
l2vpn l2tp-multicast
 host-name both
 profile impatient
  hello-interval 5
  retransmit retries 2 timeout 1 maximum 8
 exit
 peer-group LNS lac
  endpoint 10.9.0.3
  denylist 0
 exit
 peer-group MAD lac
  endpoint 10.9.0.5
  denylist 0
 exit
 peer-group MADS lns
  match host-name mad
  profile impatient
  accept maximum-tunnels 60
 exit
 peer-group zz lns
  match address 10.9.0.2/32
  accept maximum-tunnels 20
 exit
 session interface external s-%c
 access s-a7 static
  peer-group LNS
 exit
 access s-a8 static
  peer-group LNS
 exit
 multicast
  membership source session
  querier last-member-interval 1
  querier robustness 2
  holdtime 1
{more} exit
 fib
  endpoint {endpoint}
  restart-time 2
 exit
exit
"""


class FaultLab(PeerLab):
    def __init__(self, prefix, more=""):
        super().__init__(prefix, "s-a{}", hosts=9)
        self.more, self.serial = more, 0
        self.lac = self.lns = None
        self.seen = []  # what came to users besides the packets of serve()

    def build(self):
        super().build()
        self.router.start_l2mcd(CONFIG.format(endpoint=self.router.endpoint, more=self.more))
        self.router.start_mcfibd()
        self.taps_of_users = {n: Tap(self.hosts, f"x{n}") for n in USERS}
        self.open_upstream()

    def open_upstream(self):
        with self.router.ns.inside():
            self.upstream = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.upstream.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"l2mc0\0")

    # ---- those whose service must not suffer

    def connect(self):
        """Both peers with their calls and one multicast session each, traffic possible."""
        self.lns = self.peer("lns", address=THE_LNS, port=1701, capability=False)
        self.lac = self.peer("lac")
        self.lac.open()
        for n in MEMBERS:
            self.lac.call(f"a{n}")
            self.host[n].join(GROUP, SOURCE)
        self.lns.until(lambda: self.lns.count("ICCN") == len(USERS), 30, "calls of the LAC")
        _, self.theirs = self.lns.open_multicast()
        self.lns.msi(self.theirs, [c.peer_id for c in self.lns.calls.values()])
        self.lns.wait("MSI", want=lambda m: m.has(w.NOSA))
        wait_for(lambda: [m["acked"] for m in self.multicast(self.lac)] == [len(MEMBERS)], 15,
                 "the members are acknowledged")
        self.installed()

    def installed(self):
        wait_for(lambda: {e["fib"]["status"] for e in self.entries()} == {"installed"}, 15,
                 "all is installed")

    def entries(self):
        return self.router.show("fib entry").get("entries", [])

    def serve(self, n=20):
        """n packets to the members and n to the users: each arrives, and once."""
        self.serial += 1
        mark = b"serial %08d" % self.serial
        packets = [datagram(SOURCE, GROUP, mark + u16(i)) for i in range(n)]
        since = len(self.lac.datas)
        for p in packets:
            self.upstream.sendto(p, (GROUP, 0))
            self.lns.raw(w.data(self.lns.peer_tunnel_id, self.theirs, p))
        session, = self.lac.multicast
        self.copies(self.lac, since, mark, {session: n})
        for user, tap in self.taps_of_users.items():
            frames = []
            while sum(mark in f for f in frames) < n:
                frames += tap.frames(1, timeout=10)
            self.seen += [f for f in frames if mark not in f]
            assert [f[-2:] for f in frames if mark in f] == [u16(i) for i in range(n)], user

    @staticmethod
    def copies(peer, since, mark, expected):
        """Waits for these numbers of data messages with `mark`, per Session ID."""
        def count():
            return collections.Counter(d.session for d in list(peer.datas[since:])
                                       if mark in d.payload)
        with contextlib.suppress(Exception):
            wait_for(lambda: sum(count().values()) >= sum(expected.values()), 10, "copies")
        assert count() == expected, f"{dict(count())} instead of {expected}"

    # ---- what the agent has

    def agent_objects(self):
        """Names of the objects, as SIGUSR1 makes the agent print them."""
        process = self.router.processes["mcfibd"]
        at = os.path.getsize(process.log)
        process.popen.send_signal(signal.SIGUSR1)

        def read():
            with open(process.log, encoding="utf-8", errors="replace") as f:
                f.seek(at)
                text = f.read()
            with contextlib.suppress(ValueError):
                return json.JSONDecoder().raw_decode(text, text.index('{"connected"'))[0]
            return None
        return sorted(o["object"] for o in wait_for(read, 10, "dump of the agent")["objects"])

    def nothing_stale(self):
        """The agent has what the daemon says, and nothing else."""
        def name(entry):
            key = entry["key"]
            if "group" in key:
                return f"{key['group']} from {key['source']}" if "source" in key else key["group"]
            return "/".join(str(key[k]) for k in ("tunnelId", "sessionId") if k in key)
        wait_for(lambda: self.agent_objects()
                 == sorted(f"{e['table']} {name(e)}" for e in self.entries()), 15,
                 "objects of agent and daemon are the same")

    def end_peers(self):
        super().end_peers()
        self.lac = self.lns = None
