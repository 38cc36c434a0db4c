# SPDX-License-Identifier: GPL-2.0-or-later
"""Subscribers that send to groups (RFC 4045 4.4): our LNS with the real agent and the kernel's
multicast forwarding; the LAC is scripted, and so is the daemon that fills the kernel's table."""
import collections
import socket
import struct

import pytest

import l2tp_wire as w
from forwarders import PPP4, datagram
from l2tp_wire import u16
from lns_lab import LnsLab, clean, ids_of, opened, policy, with_calls  # noqa: F401
from netns import wait_for

GROUP, OTHER = "239.1.1.1", "192.0.2.7"
MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC, MRT_DEL_MFC = 200, 202, 204, 205
VIFF_USE_IFINDEX = 8


class Forwarding:
    """The kernel's multicast routing (include/uapi/linux/mroute.h)."""

    def __init__(self, ns, *interfaces):
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
            self.sock.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
            self.vif = {name: n for n, name in enumerate(interfaces)}
            for name, n in self.vif.items():
                self.sock.setsockopt(socket.IPPROTO_IP, MRT_ADD_VIF, struct.pack(
                    "=HBBIi4s", n, VIFF_USE_IFINDEX, 1, 0, socket.if_nametoindex(name), bytes(4)))

    def route(self, source, group, inside, out, on=True):
        ttls = [0] * 32
        ttls[self.vif[out]] = 1
        self.sock.setsockopt(
            socket.IPPROTO_IP, MRT_ADD_MFC if on else MRT_DEL_MFC,
            socket.inet_aton(source) + socket.inet_aton(group)
            + struct.pack("=H32s2xIIIi", self.vif[inside], bytes(ttls), 0, 0, 0, 0))

    def close(self):
        self.sock.close()


class SenderLab(LnsLab):
    def build(self):
        super().build()
        self.router.ns.sysctl("net.ipv4.ip_forward", 1)
        for name in ("all", "default"):
            self.router.ns.sysctl(f"net.ipv4.conf.{name}.rp_filter", 0)

    def says(self, lac, n, group=GROUP, packets=10):
        """Host n sends to the group through its session; {Session ID: copies that came back}."""
        self.installed()
        since, call = len(lac.datas), lac.calls[f"a{n}"]
        for i in range(packets):
            lac.raw(w.data(lac.peer_tunnel_id, call.peer_id,
                           PPP4 + datagram(self.host[n].address, group, u16(i), ttl=16)))
        return self.returned(lac, since, self.host[n].address, group)

    def returned(self, lac, since, source, group):
        for _ in range(3):
            lac.barrier()
        flow = socket.inet_aton(source) + socket.inet_aton(group)
        return collections.Counter(d.session for d in lac.datas[since:] if flow in d.payload)


@pytest.fixture(scope="module")
def lab():
    with SenderLab(prefix="psnd", interface="s-a{}", hosts=4) as lab:
        yield lab


@pytest.fixture
def kernel(lab):
    """The kernel forwards from every session interface to l2mc0, for sources it is told."""
    wait_for(lambda: lab.router.sessions() == [], 5, "no session")
    found = []

    def start(lac):
        wait_for(lambda: len([s for s in lab.router.sessions() if s.get("eligible")])
                 == len(lac.calls), 5, "session interfaces are used")
        found.append(Forwarding(lab.router.ns, "l2mc0", *(f"s-a{n}" for n in range(1, 5))))
        return found[0]
    yield start
    for f in found:
        f.close()
    policy(lab, "no member-source")


def joined_asm(lab, lac, n):
    """Hosts 1..n are members of GROUP; returns (our ID of the multicast session, the daemon's)."""
    return opened(lab, lac, n, group=GROUP, sources=())


def seen(lab, what):
    """Waits for a flow of host 1 in forwarding, or for its absence."""
    def look():
        flows = [e["key"] for e in lab.entries() if e["table"] == "l2tp-flow"]
        return any(k.get("source") == lab.host[1].address for k in flows) == what
    wait_for(look, 5, "the sender is known" if what else "the sender is forgotten")


# R4045-4.4-1, R4045-4.4-2, A4045-42: option 1, the default
def test_what_a_member_sends_comes_back_to_nobody(lab, kernel):
    lac = with_calls(lab, 3)
    forwarding = kernel(lac)
    ours, _ = joined_asm(lab, lac, 3)
    forwarding.route(lab.host[1].address, GROUP, "s-a1", "l2mc0")
    seen(lab, True)
    assert lab.says(lac, 1) == {}
    assert lab.copies(lac, GROUP, OTHER) == {ours: 10}  # other sources as before
    # IGMP goes on: a leave is heard, and a join
    since = lac.mark()
    lab.host[3].leave(GROUP)
    lac.wait("MSI", want=lambda m: m.ids(w.WOS) == ids_of(lac, 3))
    lab.host[3].join(GROUP)
    lac.wait("MSI", want=lambda m: m.ids(w.NOS) == ids_of(lac, 3))
    assert "MSEN" not in [m.name for m in lac.messages[since:]]
    forwarding.route(lab.host[1].address, GROUP, "s-a1", "l2mc0", on=False)
    seen(lab, False)


# R4045-4.4-1, R4045-4.4-3, A4045-42, V4045-D10: option 2
def test_a_sender_is_left_out_of_the_list_and_gets_the_others_by_unicast(lab, kernel):
    policy(lab, "member-source exclude")
    lac = with_calls(lab, 3)
    forwarding = kernel(lac)
    ours, _ = joined_asm(lab, lac, 3)
    forwarding.route(lab.host[1].address, GROUP, "s-a1", "l2mc0")
    lac.wait("MSI", want=lambda m: m.ids(w.WOS) == ids_of(lac, 1))
    seen(lab, True)
    assert lab.says(lac, 1) == {ours: 10}  # to the others, once; not to itself
    assert lab.copies(lac, GROUP, OTHER) == {ours: 10, ids_of(lac, 1)[0]: 10}
    # it has stopped: a receiver like the others
    forwarding.route(lab.host[1].address, GROUP, "s-a1", "l2mc0", on=False)
    lac.wait("MSI", want=lambda m: m.ids(w.NOS) == ids_of(lac, 1))
    wait_for(lambda: lab.multicast(lac)[0]["acked"] == 3, 5, "acknowledged")
    assert lab.copies(lac, GROUP, OTHER) == {ours: 10}


# A sender that is there before the option, the session or the membership is no different.
def test_a_change_of_the_option_is_for_senders_that_are_there(lab, kernel):
    lac = with_calls(lab, 3)
    forwarding = kernel(lac)
    forwarding.route(lab.host[1].address, GROUP, "s-a1", "l2mc0")
    ours, _ = joined_asm(lab, lac, 3)
    assert lab.says(lac, 1) == {}
    policy(lab, "member-source exclude")
    lac.wait("MSI", want=lambda m: m.ids(w.WOS) == ids_of(lac, 1))
    assert lab.says(lac, 1) == {ours: 10}
    policy(lab, "member-source deny")
    lac.wait("MSI", want=lambda m: m.ids(w.NOS) == ids_of(lac, 1))
    assert lab.says(lac, 1) == {}
