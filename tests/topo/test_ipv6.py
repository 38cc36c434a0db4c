# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 groups from source to subscribers: MLD inside the sessions, PPP protocol 0x0057, one copy on
the tunnel.  FRR 8.4 has no pim6d; the kernel's forwarding is done by a stand-in that hears the
MLD of l2mcd on l2mc0."""
import pytest

from lab import SOURCE, SSM_GROUP, Lab, Talker
from netns import wait_for
from test_lab import RATE, at_the_end, copies, nothing_lost_or_doubled, streaming

GROUP6, SOURCE6, UP6 = "ff3e::8000:1", "2001:db8:1::2", "2001:db8:1::1"


class Ipv6Lab(Lab):
    def build(self):
        super().build()
        for ns in (self.source, self.lns.ns):
            interface = "eth0" if ns is self.source else "up0"
            ns.sysctl(f"net.ipv6.conf.{interface}.disable_ipv6", 0)
            ns.ip(f"addr add {SOURCE6 if ns is self.source else UP6}/64 dev {interface} nodad")
        self.source.ip(f"route add default via {UP6}")
        self.lns.ns.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.lns.ns.sysctl("net.ipv6.conf.default.disable_ipv6", 0)  # l2mc0
        for s in self.subscribers:
            for ns, interface in ((s.ns, "eth0"), (self.lns.ns, f"s-a{s.number}")):
                ns.sysctl(f"net.ipv6.conf.{interface}.accept_dad", 0)
                ns.sysctl(f"net.ipv6.conf.{interface}.disable_ipv6", 0)
                wait_for(lambda i=interface, n=ns: "fe80::" in n.run("ip", "-6", "addr", "show",
                                                                     "dev", i), 10, "link-local")

    def start(self):
        super().start()
        self.router = Talker("mld6", self.lns.ns, self.dir / "mld6.log", "l2mc0", "up0",
                             program="mld6.py")
        self.running.append(self.router.process)

    def configure(self, *lines):
        self.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", "multicast", *lines)

    def forwarded(self):
        return self.router.ask("stat")


@pytest.fixture
def lab():
    with Ipv6Lab(subscribers=4, prefix="mc6", threshold=100) as lab:
        lab.start()
        yield lab


def joined(lab, *numbers):
    def look():
        groups = lab.lns.show("l2tp multicast group").get("groups", [])
        return sorted(g["interface"] for g in groups if g["group"] == GROUP6)
    wait_for(lambda: look() == [f"s-a{n}" for n in numbers], 20, f"MLD of {numbers} is heard")


def streaming6(lab, *numbers):
    """As streaming(); the stream begins when the kernel can forward it, which keeps no more than
    four packets waiting."""
    stream = lab.sender(GROUP6, 0)
    for n in numbers:
        lab.subscribers[n - 1].join(GROUP6, SOURCE6)
    joined(lab, *numbers)
    wait_for(lambda: lab.forwarded() == {f"{SOURCE6} {GROUP6}": "l2mc0"}, 10, "MLD on l2mc0")
    stream.ask("rate", RATE)
    for n in numbers:
        lab.subscribers[n - 1].receives(GROUP6)
    return stream


# V4045-D11, R4045-4.1-1, R4045-2-1, A4045-26, A4045-38
def test_an_ipv6_group_crosses_the_tunnel_once(lab):
    tap = lab.tap()
    stream = streaming6(lab, 1, 2, 3)
    copies(tap, GROUP6, 3)  # PPP 0x0057, one for each
    assert not tap.pure_ip
    lab.configure("threshold 2")
    copies(tap, GROUP6, 1)
    row = wait_for(lambda: next((m for m in lab.lns.multicast_sessions()
                                 if m["state"] == "established"), None), 10, "a session")
    assert (row["group"], row["source"], row["acked"]) == (GROUP6, SOURCE6, 3)
    assert tap.pure_ip == {row["peerSessionId"]}
    nothing_lost_or_doubled(at_the_end(lab, stream, 1, 2, 3, group=GROUP6))
    assert lab.subscribers[3].result(GROUP6)["received"] == 0
    for n in (1, 2, 3):
        lab.subscribers[n - 1].leave(GROUP6, SOURCE6)
    wait_for(lambda: not lab.lns.multicast_sessions() and not lab.forwarded(), 30,
             "all of it is gone")


# IPv4 and IPv6 of one subscriber do not know of each other.
def test_both_families_run_next_to_each_other(lab):
    lab.configure("threshold 2")
    tap = lab.tap()
    streams = {GROUP6: streaming6(lab, 1, 2), SSM_GROUP: streaming(lab, 1, 2)}
    for group in streams:
        copies(tap, group, 1)
    lab.subscribers[0].leave(SSM_GROUP, SOURCE)
    wait_for(lambda: {m["group"]: m["acked"] for m in lab.lns.multicast_sessions()}
             == {GROUP6: 2, SSM_GROUP: 1}, 20, "one family is left")
    nothing_lost_or_doubled(at_the_end(lab, streams[GROUP6], 1, 2, group=GROUP6))
