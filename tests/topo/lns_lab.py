# SPDX-License-Identifier: GPL-2.0-or-later
"""Our LNS with the real forwarding agent; the LAC is scripted."""
import collections
import contextlib
import socket
import threading

import pytest

import l2tp_wire as w
from forwarders import datagram
from l2tp_wire import u16
from netns import wait_for
from peer_lab import PeerLab

GROUP, SOURCE, OTHER = "232.1.1.1", "192.0.2.1", "192.0.2.2"
CONFIG = """\
hostname lns
l2vpn l2tp-multicast
 host-name lns
 peer-group off lns
  match host-name off
  accept
  multicast disable
 exit
 profile hiding
  hidden-avps when-secret
 exit
 peer-group hiding lns
  match host-name hiding
  profile hiding
  secret 0 s3cret
  accept
 exit
 peer-group secret lns
  match host-name secret
  secret 0 s3cret
  accept
 exit
 profile lively
  hello-interval 1
 exit
 peer-group lively lns
  match host-name lively
  profile lively
  accept
 exit
 peer-group zz lns
  match address 0.0.0.0/0
  accept
 exit
 session interface external s-%c
 multicast
  membership source session
  querier last-member-interval 1
  querier robustness 2
  holdtime 1
 exit
 fib
  endpoint {endpoint}
  activity-interval 250
 exit
exit
"""


class LnsLab(PeerLab):
    def build(self):
        super().build()
        self.router.start_l2mcd(CONFIG.format(endpoint=self.router.endpoint))
        self.router.start_mcfibd()
        with self.router.ns.inside():
            self.upstream = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.upstream.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"l2mc0\0")

    def installed(self):
        wait_for(lambda: all(e["fib"]["status"] == "installed" for e in self.entries())
                 and not any(c["queued"] or c["lag"] for c in self.router.consumers()), 10,
                 "all is installed, and what is gone removed")

    def entries(self):
        return self.router.show("fib entry").get("entries", [])

    def copies(self, lac, group=GROUP, source=SOURCE, n=10):
        """Sends n packets of the flow; {Session ID in the header: data messages}."""
        self.installed()
        return self.send(lac, group, source, n)

    @contextlib.contextmanager
    def sending(self):
        """The flow runs."""
        stop = threading.Event()

        def run():
            while not stop.wait(0.05):
                self.upstream.sendto(datagram(SOURCE, GROUP, b"flow"), (GROUP, 0))
        thread = threading.Thread(target=run)
        thread.start()
        yield
        stop.set()
        thread.join()

    def send(self, lac, group=GROUP, source=SOURCE, n=10):
        since = len(lac.datas)
        for i in range(n):
            self.upstream.sendto(datagram(source, group, u16(i)), (group, 0))
        lac.barrier()
        flow = socket.inet_aton(source) + socket.inet_aton(group)
        return collections.Counter(d.session for d in lac.datas[since:] if flow in d.payload)


@pytest.fixture(scope="module")
def lab():
    with LnsLab(prefix="plns", interface="s-a{}", hosts=10) as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.end_peers()
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", "no threshold", "holdtime 1",
                      "no replication-context", "no maximum-bps", "no priority",
                      "no subscriber s-a1 priority", "no subscriber a2 priority",
                      "no require-traffic", "no idle-timeout", "no refused-holdoff",
                      "no msi-ack-header", "no osl-mtu strict", "no length-field")


def with_calls(lab, n, host_name="lac", **kw):
    """A peer with an open tunnel and calls a1..an."""
    lac = lab.peer(host_name, **kw)
    lac.open()
    for i in range(1, n + 1):
        lac.call(f"a{i}")
    return lac


def joined(lab, *hosts, group=GROUP, sources=(SOURCE,)):
    for n in hosts:
        lab.host[n].join(group, *sources)


def members(lab, n, group=GROUP):
    """Waits until the daemon counts n members of the group, in all tunnels."""
    def look():
        rows = lab.router.show("l2tp multicast group").get("groups", [])
        return len([r for r in rows if r["group"] == group]) == n
    wait_for(look, 5, f"{n} members of {group}")


def no_msrq(lac, since=0):
    lac.barrier()
    assert lac.count("MSRQ", since) == 0


def opened(lab, lac, n, **kw):
    """Hosts 1..n are members; returns (our ID of the multicast session, the daemon's)."""
    joined(lab, *range(1, n + 1), **kw)
    theirs = lac.wait("MSRQ").number(w.SESSION_ID)
    wait_for(lambda: [m for m in lab.multicast(lac) if m["acked"] == n
                      and m["sessionId"] == theirs], 5, f"{n} acknowledged")
    return next(o for o, t in lac.multicast.items() if t == theirs), theirs


def ids_of(lac, *numbers):
    return [lac.calls[f"a{n}"].id for n in numbers]


def policy(lab, *lines):
    lab.vty.configure("l2vpn l2tp-multicast", "multicast", *lines)
