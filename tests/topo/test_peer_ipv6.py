# SPDX-License-Identifier: GPL-2.0-or-later
"""Control connections over UDP/IPv6, as LNS and as LAC, next to some over IPv4."""
import pytest

import l2tp_wire as w
from forwarders import Tap, checksum
from l2tp_wire import Avp, u16
from netns import wait_for
from peer_lab import PeerLab

ROUTER6, PEER6 = "fd09::1", "fd09::2"
CONFIG = """\
hostname both
l2vpn l2tp-multicast
 listen ::
 host-name both
 peer-group LNS lac
  endpoint fd09::3
  denylist 0
 exit
 peer-group six lns
  match address fd09::/64
  secret 0 s3cret
  accept
 exit
 peer-group four lns
  match address 10.9.0.0/24
  accept
 exit
 session interface external %c
exit
"""


class Ipv6Lab(PeerLab):
    def build(self):
        super().build()
        self.router.ns.sysctl("net.ipv6.conf.core0.disable_ipv6", 0)
        self.outside.sysctl("net.ipv6.conf.eth0.disable_ipv6", 0)
        self.router.ns.ip(f"addr add {ROUTER6}/64 dev core0 nodad")
        for n in range(2, 5):
            self.outside.ip(f"addr add fd09::{n}/64 dev eth0 nodad")
        self.router.start_l2mcd(CONFIG)


@pytest.fixture(scope="module")
def lab():
    with Ipv6Lab(prefix="pip6", interface="a{}", hosts=2) as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.vty.configure("l2vpn l2tp-multicast", "no access a1 static")
    lab.end_peers()


def six(lab, **kw):
    return lab.peer(address=kw.pop("address", PEER6), router=ROUTER6, **kw)


# A2661-9, R2661-8.1-1
def test_a_tunnel_over_ipv6_next_to_one_over_ipv4(lab):
    lac, old = six(lab, secret="s3cret"), lab.peer()
    for peer in (lac, old):
        peer.open()
    lac.call("a1")
    old.call("a2")
    wait_for(lambda: len(lab.router.sessions()) == 2, 5, "two calls")
    t = lab.tunnel(lac)
    assert (t["peerAddress"], t["localAddress"], t["peerGroup"]) == (PEER6, ROUTER6, "six")
    t = lab.tunnel(old)
    assert (t["peerAddress"], t["localAddress"], t["peerGroup"]) == ("10.9.0.2", "10.9.0.1", "four")
    text = lab.vty.show(f"show l2tp tunnel address {PEER6} detail")
    assert f"[{ROUTER6}]:1701 (ours) <- [{PEER6}]:" in text and "10.9.0" not in text
    lac.stop_ccn()
    wait_for(lambda: lab.tunnel(lac) is None or lab.tunnel(lac)["state"] == "closing", 5, "closed")
    old.barrier()


# A2661-9
def test_our_lac_calls_an_lns_over_ipv6(lab):
    lns = six(lab, address="fd09::3", port=1701, capability=False, host_name="lns")
    lab.vty.configure("l2vpn l2tp-multicast", "access a1 static", "peer-group LNS", "exit")
    assert lns.wait("ICCN", 10).has(w.TX_SPEED)
    assert lns.address[0] == "fd09::3" and lns.daemon[0] == ROUTER6
    wait_for(lambda: [s for s in lab.router.sessions() if s["state"] == "established"], 5, "up")


# A2661-9: the checksum is always on
def test_datagrams_over_ipv6_have_a_checksum(lab):
    tap = Tap(lab.outside, "eth0")
    lac = six(lab, secret="s3cret")
    lac.open()
    lac.call("a1")
    lac.barrier()
    frames = [f for f in tap.waiting() if f[12:14] == b"\x86\xdd" and f[20] == 17
              and f[54:56] == u16(1701)]
    tap.close()
    assert len(frames) >= 4
    for f in frames:
        udp = f[54:54 + int.from_bytes(f[18:20], "big")]
        pseudo = f[22:54] + len(udp).to_bytes(4, "big") + b"\0\0\0\x11"
        assert udp[6:8] == u16(checksum(pseudo + udp[:6] + b"\0\0" + udp[8:]) or 0xffff)
        assert udp[6:8] != b"\0\0"


# R2661-8.1-2, over IPv6
def test_messages_from_another_ipv6_address_change_nothing(lab):
    lac = six(lab, secret="s3cret")
    lac.open()
    stranger = six(lab, address="fd09::4", port=lac.address[1])
    before = lab.statistics()["drops"]["wrongPeer"]
    stranger.raw(lac.message("StopCCN", 0, [Avp(w.TUNNEL_ID, u16(lac.tunnel_id)),
                                            Avp(w.RESULT, u16(1))]))
    lac.barrier()
    assert lab.statistics()["drops"]["wrongPeer"] == before + 1
    assert lab.tunnel(lac)["state"] == "established"
