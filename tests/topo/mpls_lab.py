# SPDX-License-Identifier: GPL-2.0-or-later
"""The MPLS lab: one source, trees of labels across a core that runs no PIM, three receivers.

              +-- p2 --+-- pe2 -- rcv2
    src - pe1 - p1      X
              +-- p3 --+-- pe3 -- rcv3     (p2 and p3 are linked to each of pe2, pe3, pe4)
                       +-- pe4 -- rcv4

Every router runs stock zebra and ospfd, mplsmcd and mcfibd; the PEs run stock pimd, whose only
neighbour is mplsmcd on mplsmc0.  An interface is named by the router at its other end.
"""
from lab import BUILD, FRR, FRR_MAJOR, Lab, Router, Subscriber, Talker
from netns import LabError, Vty, veth, wait_for

ROUTERS = ("pe1", "p1", "p2", "p3", "pe2", "pe3", "pe4")
FIGURES = ("rp", "n1", "n2", "n3", "n4", "n5")  # routers of coexistence_lab.py
LINKS = (("pe1", "p1"), ("p1", "p2"), ("p1", "p3"), *(
    (p, pe) for p in ("p2", "p3") for pe in ("pe2", "pe3", "pe4")))
EGRESS = ("pe2", "pe3", "pe4")
SOURCE, SOURCE_PREFIX, GROUP = "10.1.0.2", "10.1.0.0/24", "232.1.1.1"
LSP_NEIGHBOUR = "198.18.0.2"  # mplsmcd, as pimd sees it

OSPF_INTERFACE = """\
interface {name}
 ip ospf area 0
 ip ospf network {network}
 ip ospf hello-interval 1
 ip ospf dead-interval 4
!
"""

OSPF = """\
hostname {name}
interface lo
 ip ospf area 0
!
{interfaces}router ospf
 ospf router-id {id}
 timers throttle spf 0 50 1000
 timers throttle lsa all 0
 timers lsa min-arrival 0
!
"""

MPLSMCD = """\
hostname {name}
mpls ldp-multicast
 router-id {id}
{interfaces}{more} fib
  endpoint {endpoint}
{fib} exit
exit
"""

PIMD = """\
hostname {name}
interface mplsmc0
 ip pim
!
interface {edge}
 ip pim
{igmp}!
"""


def router_id(name):
    return f"10.255.0.{(ROUTERS + FIGURES).index(name) + 1}"


class MplsRouter(Router):
    def __init__(self, of, name):
        super().__init__(of, name)
        self.id, self.cables, self.pim_more = router_id(name), [], ""
        self.vty = {d: Vty(str(self.run / f"{d}.vty"))
                    for d in ("zebra", "mgmtd", "staticd", "ospfd", "pimd", "mplsmcd")}
        self.endpoint = f"ipc://{self.run}/mplsmcd.fib"
        self.ns.ip(f"addr add {self.id}/32 dev lo")
        self.ns.sysctl("net.ipv4.ip_forward", 1)

    @property
    def edge(self):
        """Interface to the source or to the receiver of a PE."""
        return "edge" if self.name.startswith("pe") else None

    def start_ospfd(self):
        interfaces = "".join(OSPF_INTERFACE.format(name=c, network=self.lab.network_type(c))
                             for c in self.cables)
        self.start_frr_daemon("ospfd", FRR / "ospfd", self.write("ospfd.conf", OSPF.format(
            name=self.name, interfaces=interfaces, id=self.id)))

    def start_staticd(self):
        """RPF of pimd: the multicast RIB on FRR 10; the unicast route before, so that one leads
        into the LSPs."""
        if FRR_MAJOR >= 10:
            for daemon in ("mgmtd", "staticd"):
                self.start_frr_daemon(daemon, FRR / daemon, None)
            wait_for(lambda: self.mgmtd_takes(f"ip mroute {self.lab.rpf} {LSP_NEIGHBOUR}"), 20,
                     f"mgmtd of {self.name} takes configuration")
        else:
            self.start_frr_daemon("staticd", FRR / "staticd", self.write(
                "staticd.conf", f"ip route {self.lab.rpf} {LSP_NEIGHBOUR}\n"))

    def mgmtd_takes(self, line):
        """False while it has its data store locked, as when staticd connects."""
        try:
            self.vty["mgmtd"].configure(line)
        except LabError as e:
            if "lock" not in str(e):
                raise
            return False
        return True

    def start_mplsmcd(self, more=""):
        if self.name in self.lab.egress and self.lab.configured_root:
            more += f" root {SOURCE_PREFIX} {router_id('pe1')}\n"
        interfaces = "".join(f" interface {c}\n exit\n" for c in self.cables)
        self.start_frr_daemon("mplsmcd", BUILD / "mplsmc/mplsmcd", self.write(
            "mplsmcd.conf", MPLSMCD.format(name=self.name, id=self.id, interfaces=interfaces,
                                           more=more, endpoint=self.endpoint, fib=self.lab.fib)))

    def start_mcfibd(self):
        self.start("mcfibd", [str(BUILD / "mcfibd/mcfibd"), "-e", self.endpoint])

    def start_pimd(self):
        self.start_frr_daemon("pimd", FRR / "pimd", self.write("pimd.conf", PIMD.format(
            name=self.name, edge=self.edge,
            igmp=" ip igmp\n ip igmp last-member-query-count 1\n"
                 " ip igmp last-member-query-interval 1\n"
            if self.name in self.lab.egress else "") + self.pim_more))

    def show(self, what):
        return self.vty["mplsmcd"].json("show " + what)

    def lsps(self):
        return self.show("mpls multicast database").get("lsps", [])

    def neighbours(self):
        return self.show("mpls multicast neighbor").get("neighbors", [])

    def mappings(self):
        return self.show("mpls multicast mapping").get("trees", [])


class MplsLab(Lab):
    names, links, ingress, egress = ROUTERS, LINKS, ("pe1",), EGRESS
    router = MplsRouter
    paths = {pe: 2 for pe in EGRESS}  # routes to pe1, where there is more than one
    configured_root = True  # the egress PEs are told who is root
    rpf = SOURCE_PREFIX     # what leads into the LSPs there

    def __init__(self, prefix="mpls", more="", fib=""):
        super().__init__(prefix=prefix)
        self.more, self.fib = more, fib

    def build(self):
        self.routers = {name: self.router(self, name) for name in self.names}
        self.source = self.namespace("src")
        for n, (a, b) in enumerate(self.links, 1):
            self.link(n, self.routers[a], self.routers[b])
        self.build_source()
        self.receivers = {}
        for n, name in enumerate(self.egress, 2):
            ns = self.namespace(f"rcv{n}")
            self.edge(self.routers[name], ns, n)
            self.receivers[name] = Subscriber(self, n, ns, f"10.{n}.0.2")

    def build_source(self):
        self.edge(self.routers["pe1"], self.source, 1)

    @staticmethod
    def link(number, a, b):
        veth(a.ns, b.name, b.ns, a.name)
        for router, peer, host in ((a, b, 1), (b, a, 2)):
            router.ns.ip(f"addr add 10.0.{number}.{host}/24 dev {peer.name}")
            router.cables.append(peer.name)

    @staticmethod
    def edge(router, host, number):
        veth(router.ns, "edge", host, "eth0")
        router.ns.ip(f"addr add 10.{number}.0.1/24 dev edge")
        host.ip(f"addr add 10.{number}.0.2/24 dev eth0")
        host.ip(f"route add default via 10.{number}.0.1")

    def start(self):
        for router in self.routers.values():
            router.start_zebra()
            router.start_ospfd()
            if router.name in self.egress:
                router.start_staticd()
        for router in self.routers.values():
            router.start_mplsmcd(self.more)
            router.start_mcfibd()
        for name in (*self.ingress, *self.egress):
            self.routers[name].start_pimd()
        for router in self.routers.values():
            wait_for(lambda r=router: len([n for n in r.neighbours() if operational(n)]) ==
                     self.sessions_of(r), 60, f"LDP sessions of {router.name}")
        for name in self.names[1:]:
            wait_for(lambda n=name: self.paths_to_root(n) == self.paths.get(n, 1), 60,
                     f"OSPF routes of {name} to pe1")

    @staticmethod
    def network_type(_cable):
        return "point-to-point"

    @staticmethod
    def sessions_of(router):
        """As many LDP sessions as it should have."""
        return len(router.cables)

    def paths_to_root(self, name):
        """Next hops of the router's OSPF route to pe1."""
        return self.routers[name].ns.run("ip", "route", "show", router_id("pe1"), "proto",
                                         "ospf").count("via")

    def sessions(self, a, b):
        """The ends of the session between two routers that are operational: 0 to 2."""
        return sum(operational(n) and n["neighbor"] == f"{router_id(peer)}:0"
                   for name, peer in ((a, b), (b, a)) for n in self.routers[name].neighbours())

    def cut(self, a, b):
        """The cable between two routers breaks.  Both ends have noticed when this returns: the
        kernel may tell of it a second later, and a cable that is back by then is told late, too."""
        self.routers[a].ns.ip(f"link set {b} down")
        wait_for(lambda: not self.sessions(a, b), 20, f"{a} and {b} have no session")

    def mend(self, a, b):
        self.routers[a].ns.ip(f"link set {b} up")

    def sender(self, group=GROUP, rate=0):
        return Talker(f"sender {group}", self.source, self.dir / "sender.log", "send", group,
                      "--interface", "eth0", "--rate", str(rate))

    def tree(self, leaves, group=GROUP, timeout=30, root="pe1"):
        """Waits until the LSP has exactly these leaves; returns it."""
        def settled():
            tree = Tree(self, group, root)
            return tree if tree.reaches() == set(leaves) and tree.whole() else None
        return wait_for(settled, timeout, f"a tree with the leaves {', '.join(leaves) or '-'}")


def operational(neighbour):
    return neighbour["state"] == "operational"


class Tree:
    """The LSP as the routers' own JSON tells it: who sends to whom, with which label.  The FEC has
    this group, or is a static one with this LSP identifier."""

    def __init__(self, of, group=GROUP, root="pe1"):
        self.root = root
        self.role, self.branches, self.local = {}, {}, {}
        self.installed = True
        names = {router_id(name): name for name in ROUTERS}
        for name, router in of.routers.items():
            alive = router.processes["mplsmcd"].running()
            for lsp in router.lsps() if alive else []:
                if group not in (lsp.get("group"), lsp.get("lspId")) or \
                        lsp["root"] != router_id(root):
                    continue
                self.role[name] = lsp["role"]
                self.local[name] = lsp.get("upstream", {}).get("label")
                if "fib" in lsp or lsp["role"] != "root":  # of a static one its trees are
                    self.installed &= lsp.get("fib", {}).get("status") == "installed"
                self.branches[name] = [(names[b["neighbor"].split(":")[0]], b["label"])
                                       for b in lsp["branches"] if b["installed"]]

    def edges(self, at=None):
        """(router, next router, label) from the root on, depth first."""
        at = at or self.root
        for below, label in self.branches.get(at, []):
            yield at, below, label
            yield from self.edges(below)

    def reaches(self):
        return {below for _, below, _ in self.edges() if self.role.get(below) in ("leaf", "bud")}

    def whole(self):
        """Labels agree at both ends, all is installed, and nobody is left beside the tree."""
        edges = list(self.edges())
        on_tree = {name for edge in edges for name in edge[:2]}
        return self.installed and set(self.role) == on_tree and \
            all(self.local.get(below) == label for _, below, label in edges)


__all__ = ["MplsLab", "Tree", "EGRESS", "GROUP", "LINKS", "ROUTERS", "SOURCE", "router_id"]
