# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole chain with real PPP, in a machine whose kernel has it (tests/vm/vmrun).

    sub1..sub4 (pppd, PPPoE) --+
    sub5 (pppd, PPPoE, VLAN 7) +-- switch -- a0 LAC ==== L2TP ==== LNS (pppd) -- source
                                             l2mcd, mcfibd     stock zebra + pimd, l2mcd, mcfibd

The kernel of the LAC passes PPP frames between PPPoE and L2TP; the LNS's pppd answers them.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "topo"))
from lab import (LAC_CORE, LNS_CORE, LNS_UP, RP, SESSION_LOCAL, SOURCE, Lab, LabError,  # noqa: E402
                 Router, Subscriber)
from netns import sh, veth, wait_for  # noqa: E402

SECRETS = pathlib.Path("/etc/ppp/pap-secrets")
VLAN = 7

LNS_CONF = """\
hostname lns
l2vpn l2tp-multicast
 host-name lns
 profile fast
  hello-interval 2
  retransmit retries 3 timeout 1 maximum 8
 exit
 peer-group LACS lns
  profile fast
  match address {lac}/32
  secret 0 s3cret
  accept
 exit
 session interface pppd
 ppp options require-pap noccp noipv6
 ppp options {local}:
 ppp options lcp-echo-interval 3 lcp-echo-failure 3
 multicast
  membership source session
  upstream-interface l2mc0
  threshold {threshold}
 exit
 fib
  endpoint {endpoint}
 exit
exit
"""

LAC_CONF = """\
hostname lac
l2vpn l2tp-multicast
 host-name lac
 profile fast
  hello-interval 2
  retransmit retries 3 timeout 1 maximum 8
 exit
 peer-group LNS lac
  profile fast
  endpoint {lns}
  secret 0 s3cret
 exit
 access a0 pppoe
  peer-group LNS
 exit
 access a0 vlan {vlan} pppoe
  service-name tv peer-group LNS
 exit
 fib
  endpoint {endpoint}
 exit
exit
"""


class PppoeSubscriber(Subscriber):
    """A host whose pppd speaks PPPoE; what it receives arrives at ppp0."""

    interface, modem = "ppp0", None

    def dial(self):
        """Starts its pppd, which dials again when the session is over."""
        port, service = ("eth0", []) if self.number != 5 else \
            (f"eth0.{VLAN}", ["rp_pppoe_service", "tv"])
        self.modem = self.lab.process(f"pppd sub{self.number}", self.ns.words([
            "pppd", "nodetach", "plugin", "rp-pppoe.so", *service, port, "noauth",
            "user", f"sub{self.number}", "password", "pw", "noipdefault", "nodefaultroute",
            "noipv6", "noccp", "mtu", "1492", "mru", "1492", "unit", "0", "persist", "maxfail",
            "0", "holdoff", "1", "lcp-echo-interval", "3", "lcp-echo-failure", "3"]),
            self.lab.dir / f"sub{self.number}-pppd.log")

    def online(self):
        return f" {self.address} " in self.ns.ip("-4 -o addr show") + " "

    def route(self):
        self.ns.ip("route replace default dev ppp0")

    def hang_up(self, sig):
        self.modem.kill(sig)
        self.quiet()

    def quiet(self):
        """Ends its receiver, whose memberships went with ppp0."""
        if self.receiver:
            self.receiver.process.kill()
            self.receiver = None

    def igmp_version(self, version):
        self.ns.sysctl("net.ipv4.conf.ppp0.force_igmp_version", version)


class ChainLab(Lab):
    def __init__(self, threshold=100, prefix="chain"):
        super().__init__(subscribers=5, prefix=prefix, threshold=threshold)

    def build(self):
        sh(["modprobe", "-a", "ppp_generic", "pppoe", "l2tp_ppp", "l2tp_netlink", "bridge",
            "8021q"])
        SECRETS.write_text("".join(f"sub{n} * pw 100.64.0.{10 + n}\n" for n in range(1, 6)))
        self.switch = self.namespace("switch")
        self.switch.ip("link add br0 type bridge")
        self.switch.ip("link set br0 up")
        self.source = self.namespace("src")
        self.lns, self.lac = Router(self, "lns"), Router(self, "lac")
        veth(self.source, "eth0", self.lns.ns, "up0")
        self.source.ip(f"addr add {SOURCE}/24 dev eth0")
        self.source.ip(f"route add default via {LNS_UP}")
        self.lns.ns.ip(f"addr add {LNS_UP}/24 dev up0")
        self.lns.ns.ip(f"addr add {RP}/32 dev lo")
        self.lns.ns.sysctl("net.ipv4.ip_forward", 1)
        veth(self.lns.ns, "core0", self.lac.ns, "core0")
        self.lns.ns.ip(f"addr add {LNS_CORE}/24 dev core0")
        self.lac.ns.ip(f"addr add {LAC_CORE}/24 dev core0")
        self.attach(self.lac.ns, "a0", "lac")
        self.subscribers = [self.subscriber(n) for n in range(1, 6)]

    def attach(self, ns, interface, port):
        veth(ns, interface, self.switch, port)
        self.switch.ip(f"link set {port} master br0")

    def subscriber(self, n):
        ns = self.namespace(f"sub{n}")
        self.attach(ns, "eth0", f"p{n}")
        if n == 5:
            ns.ip(f"link add link eth0 name eth0.{VLAN} type vlan id {VLAN}")
            ns.ip(f"link set eth0.{VLAN} up")
        return PppoeSubscriber(self, n, ns, f"100.64.0.{10 + n}")

    # ---- daemons

    def start(self):
        self.start_frr()
        self.start_lns()
        self.start_lac()
        for s in self.subscribers:
            s.dial()
        self.wait_online()

    def start_lns(self, config=True):
        self.lns.start_l2mcd(LNS_CONF.format(
            lac=LAC_CORE, local=SESSION_LOCAL, threshold=self.threshold,
            endpoint=self.lns.endpoint) if config else None)
        self.lns.start_mcfibd()

    def start_lac(self):
        self.lac.start_l2mcd(LAC_CONF.format(lns=LNS_CORE, vlan=VLAN, endpoint=self.lac.endpoint))
        self.lac.start_mcfibd()

    def wait_online(self, timeout=40):
        """Both ends have their sessions, the agents know them, all have their address."""
        for router in (self.lac, self.lns):
            wait_for(lambda r=router: len([
                s for s in r.sessions() if s["state"] == "established"
                and s.get("fib", {}).get("status") == "installed"]) == self.count,
                timeout, f"the sessions at the {router.name}")
        for s in self.subscribers:
            wait_for(s.online, timeout, f"sub{s.number} has its address")
            s.route()
        wait_for(lambda: self.lns.vty["pimd"].json("show ip igmp interface").get(
            "l2mc0", {}).get("state") == "up", timeout, "IGMP of pimd on l2mc0")

    def kernel_sessions(self):
        """(PPPoE, L2TP) sessions in the kernel of the LAC."""
        pppoe, l2tp = (self.lac.ns.run("cat", f"/proc/net/{f}") for f in ("pppoe", "pppol2tp"))
        return (len(pppoe.splitlines()) - 1,
                len(re.findall(r"^ +SESSION '", l2tp, re.M)))


__all__ = ["ChainLab", "LabError", "SESSION_LOCAL", "SOURCE", "VLAN", "wait_for"]
