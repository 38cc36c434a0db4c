# SPDX-License-Identifier: GPL-2.0-or-later
"""P2MP LSPs over a LAN: two routers towards the root, some leaves, one Ethernet (RFC 3353 section 9).

                     +-- p2 --+
    src - pe1 -------+        +-- LAN -- {pe2, pe3, ...} - receivers
                     +-- p3 --+
"""
from mpls_lab import MplsLab, MplsRouter
from netns import veth


class LanRouter(MplsRouter):
    def start_mplsmcd(self, more=""):
        super().start_mplsmcd(more + self.lab.lines.get(self.name, ""))


class LanLab(MplsLab):
    core, egress = ("p2", "p3"), ("pe2", "pe3")
    links = (("pe1", "p2"), ("pe1", "p3"))
    router = LanRouter
    lines = {}  # more configuration of mplsmcd, by router

    def __init__(self, **kw):
        self.on_lan = (*self.core, *self.egress)
        self.names = ("pe1", *self.on_lan)
        self.paths = {pe: 2 for pe in self.egress}
        super().__init__(**kw)

    def build(self):
        super().build()
        self.lan = self.namespace("lan")
        self.lan.ip("link add br0 type bridge mcast_snooping 0")
        self.lan.ip("link set br0 up")
        for host, name in enumerate(self.on_lan, 1):
            router = self.routers[name]
            veth(router.ns, "lan", self.lan, name)
            self.lan.ip(f"link set {name} master br0")
            router.ns.ip(f"addr add 10.0.99.{host}/24 dev lan")
            router.cables.append("lan")

    @staticmethod
    def network_type(cable):
        return "broadcast" if cable == "lan" else "point-to-point"

    def sessions_of(self, router):
        others = len(self.on_lan) - 1
        return 2 if router.name == "pe1" else others + (router.name in self.core)

    def upstreams(self, name):
        """group -> upstream LSR, of the leaf's LSPs."""
        return {lsp["group"]: lsp["upstream"].get("neighbor") for lsp in self.routers[name].lsps()}
