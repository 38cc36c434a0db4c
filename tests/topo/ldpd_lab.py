# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock ldpd next to mplsmcd: as its neighbour, and on the same routers.

    src - pe1 - p1 - pe2 - receiver

mplsmcd is 10.255.0.x as in all MPLS labs, ldpd is 10.255.1.x; both are addresses of the loopback
interface, and both daemons run on every core interface.
"""
import re

from lab import FRR
from mpls_lab import MplsLab, MplsRouter, operational, router_id
from netns import LabError, Vty, wait_for

LDPD = """\
hostname {name}
debug mpls ldp errors
debug mpls ldp event
debug mpls ldp zebra
mpls ldp
 router-id {id}
 address-family ipv4
  discovery transport-address {id}
{interfaces} exit-address-family
 !
"""


def ldpd_id(name):
    return router_id(name).replace("10.255.0.", "10.255.1.")


class LdpdRouter(MplsRouter):
    def __init__(self, of, name):
        super().__init__(of, name)
        self.vty["ldpd"] = Vty(str(self.run / "ldpd.vty"))
        self.ns.ip(f"addr add {ldpd_id(name)}/32 dev lo")

    def start_ldpd(self):
        self.start_frr_daemon("ldpd", FRR / "ldpd", self.write("ldpd.conf", LDPD.format(
            name=self.name, id=ldpd_id(self.name),
            interfaces="".join(f"  interface {c}\n  exit\n" for c in self.cables))),
            "--ctl_socket", str(self.run))

    def log(self, name):
        return (self.run / f"{name}.log").read_text(errors="replace")

    # ---- what ldpd says
    def ldp(self, what):
        try:
            return self.vty["ldpd"].json(f"show mpls ldp {what}")
        except LabError:  # the command fails as long as ldpd's other processes start
            return {}

    def unicast_sessions(self):
        """LSR-Ids with which ldpd has a session."""
        found = self.ldp("neighbor").get("neighbors", [])
        return {n["neighborId"] for n in found if n["state"] == "OPERATIONAL"}

    def unicast_bindings(self):
        """{(prefix, neighbour): label of the neighbour}"""
        found = self.ldp("binding").get("bindings", [])
        return {(b["prefix"], b["neighborId"]): b["remoteLabel"] for b in found
                if b["remoteLabel"] != "-"}

    def unicast_label(self, prefix):
        """The neighbour's label that ldpd told zebra last to push for a prefix; ldpd's own "in
        use" does not tell whether it did."""
        labels = re.findall(
            rf"zebra\[out\]: prefix {re.escape(prefix)} .* labels \S+/(\S+) \(add\)",
            self.log("ldpd"))
        return labels[-1] if labels else None

    def times_up(self, neighbour):
        """How often ldpd's session with this neighbour has come up."""
        return len(re.findall(rf"lsr-id {re.escape(neighbour)} from OPENREC to OPERATIONAL",
                              self.log("ldpd")))

    # ---- what mplsmcd says
    def multicast_sessions(self):
        return {n["neighbor"].split(":")[0] for n in self.neighbours() if operational(n)}


class LdpdLab(MplsLab):
    names = ("pe1", "p1", "pe2")
    links = (("pe1", "p1"), ("p1", "pe2"))
    egress = ("pe2",)
    paths = {}
    router = LdpdRouter

    def start_routing(self):
        for router in self.routers.values():
            router.start_zebra()
            router.start_ospfd()
            if router.name in self.egress:
                router.start_staticd()

    def new_prefix(self, prefix):
        """pe1's ldpd has a label for a prefix before p1 has a route to it, as when a failed link
        comes back: p1's ldpd must find the label that it has kept."""
        pe1, p1 = self.routers["pe1"], self.routers["p1"]
        pe1.ns.ip(f"route add {prefix} via 10.1.0.2")
        wait_for(lambda: (prefix, ldpd_id("pe1")) in p1.unicast_bindings(), 30,
                 f"a label of pe1 for {prefix}")
        p1.ns.ip(f"route add {prefix} via 10.0.1.1")
        wait_for(lambda: p1.unicast_label(prefix) == "imp-null", 30,
                 f"p1 uses the label of pe1's ldpd for {prefix}")
