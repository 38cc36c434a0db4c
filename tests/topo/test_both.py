# SPDX-License-Identifier: GPL-2.0-or-later
"""Two boxes that are LAC and LNS for each other, in one tunnel (A4045-22): subscribers of each watch
what comes from the other, at the same time."""
import pytest

from lab import LAC_CORE, LNS_CORE, SESSION_LOCAL, SSM_GROUP, Lab, Subscriber, Talker
from netns import veth, wait_for
from tap import TunnelTap
from test_lab import RATE, at_the_end, copies, nothing_lost_or_doubled, streaming

THERE, BACK = 3, 3  # subscribers behind the one box, and behind the other
BACK_GROUP, BACK_SOURCE = "232.2.2.2", "10.99.0.1"  # sent at l2mc0 of the box without pimd
CONFIG = """\
hostname {name}
l2vpn l2tp-multicast
 host-name {name}
 profile fast
  hello-interval 1
 exit
 peer-group OTHER both
  profile fast
  secret 0 s3cret
  match address {peer}/32
  endpoint {peer}
  denylist 1
  accept
 exit
 session interface external s-%c
 multicast
  threshold 2
 exit
 fib
  endpoint {endpoint}
 exit
{access}exit
"""


def access(prefix, n):
    return "".join(f" access {prefix}{i} static\n  peer-group OTHER\n exit\n"
                   for i in range(1, n + 1))


class BothLab(Lab):
    """The lab, and subscribers b1.. behind its LNS with session interfaces s-b1.. at its LAC."""

    def build(self):
        super().build()
        self.back = [self.subscriber_back(n) for n in range(1, BACK + 1)]

    def subscriber_back(self, n):
        ns, address = self.namespace(f"back{n}"), f"100.64.1.{n}"
        veth(self.lns.ns, f"b{n}", ns, "eth0")
        ns.ip(f"addr add {address}/32 dev eth0")
        ns.ip(f"route add {SESSION_LOCAL}/32 dev eth0")
        ns.ip(f"route add default via {SESSION_LOCAL} dev eth0")
        ns.ip(f"neigh add {SESSION_LOCAL} lladdr 02:00:00:00:00:01 dev eth0 nud permanent")
        veth(self.lac.ns, f"s-b{n}", self.nowhere, f"y{n}")
        self.lac.ns.ip(f"link set s-b{n} arp off")
        self.lac.ns.ip(f"addr add {SESSION_LOCAL} peer {address}/32 dev s-b{n}")
        return Subscriber(self, n + 10, ns, address)

    def start(self):
        self.start_frr()
        for router, peer, more in ((self.lns, LAC_CORE, ""), (self.lac, LNS_CORE, access("a", THERE))):
            router.start_l2mcd(CONFIG.format(name=router.name, peer=peer, access=more,
                                             endpoint=router.endpoint))
            router.start_mcfibd()
        self.sessions(THERE)
        # the call goes into the tunnel that is there
        self.lns.vty["l2mcd"].configure("l2vpn l2tp-multicast", *access("b", BACK).splitlines())
        self.sessions(THERE + BACK)
        wait_for(lambda: self.lns.vty["pimd"].json("show ip igmp interface").get(
            "l2mc0", {}).get("state") == "up", 30, "IGMP of pimd on l2mc0")

    def sessions(self, n):
        for router in (self.lns, self.lac):
            wait_for(lambda r=router: len([s for s in r.sessions() if s["state"] == "established"
                                           and s["fib"]["status"] == "installed"]) == n, 30,
                     f"{n} sessions at {router.name}")

    def multicast(self, router):
        return {(m["role"], m["state"]): m for m in router.multicast_sessions()}


@pytest.fixture
def lab():
    with BothLab(subscribers=THERE, prefix="mcb") as lab:
        lab.start()
        yield lab


# A4045-22, A4045-20, A4045-31
def test_one_tunnel_has_calls_and_multicast_sessions_both_ways(lab):
    for router in (lab.lns, lab.lac):
        tunnels = router.tunnels()
        assert len(tunnels) == 1 and tunnels[0]["role"] == "both"
        assert sorted(s["role"] for s in router.sessions()) == ["lac"] * 3 + ["lns"] * 3
    there = lab.tap()
    back = TunnelTap(lab.lns.ns, "core0")
    lab.taps.append(back)
    stream = streaming(lab, 1, 2, 3)
    sender = Talker("back", lab.lac.ns, lab.dir / "back.log", "send", BACK_GROUP, "--interface",
                    "l2mc0", "--source", BACK_SOURCE, "--rate", str(RATE))
    lab.running.append(sender.process)
    for s in lab.back:
        s.join(BACK_GROUP, BACK_SOURCE)
    for s in lab.back:
        s.receives(BACK_GROUP)
    copies(there, SSM_GROUP, 1)
    copies(back, BACK_GROUP, 1)
    for router in (lab.lns, lab.lac):
        both = lab.multicast(router)
        assert sorted(both) == [("lac", "established"), ("lns", "established")]
        ids = [m["sessionId"] for m in both.values()] + [s["sessionId"] for s in router.sessions()]
        assert len(set(ids)) == len(ids)  # one space
        osl = {e["sessionId"] for e in both["lac", "established"]["outgoingSessions"]}
        assert osl == {s["sessionId"] for s in router.sessions() if s["role"] == "lac"}
    assert there.pure_ip and back.pure_ip
    # one direction ends, the other goes on
    for s in lab.back:
        s.leave(BACK_GROUP, BACK_SOURCE)
    wait_for(lambda: [m["role"] for m in lab.lac.multicast_sessions()] == ["lac"], 20,
             "no session back")
    nothing_lost_or_doubled(at_the_end(lab, stream, 1, 2, 3))
