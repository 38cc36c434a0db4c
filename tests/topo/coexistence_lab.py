# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures 2 and 3 of RFC 3353: shared and source trees of one group, on stock pimd and ospfd.

Figure 2: R2 stays on the shared tree, R1 switches over to the source's own.

    RP 1---2 N5 3------3 N2 1---2 N1 1--- R1
               1          2
               |          |
               2          1
    R2 ---1 N4           N3 2--- S1

Figure 3: the DR of the sender is on the shared tree.

    RP 1---1 N1 3------1 N2 2---1 N3 3---1 N5 2--- R1
               2                    2
               |                    |
               1                    S
    R2 ---2 N4

A modern RP does not live on Registers: it joins the source, and stops them (RFC 7761 4.4.2).  A
link between the RP and the DR of the sender (N3), of its own, carries what the figures' Registers
carried, and is called Reg, too.  An interface is named by the router at its other end, or "edge".

Method c of section 3.4, coexistence source-trees-only: shared trees stay at layer 3, on PIM in the
core (A3353-1, A3353-2), source trees are label-switched.  Method a, coexistence layer3: the shared
tree comes from the RP on an LSP, which ends in the node that has (*,G) and (S,G)RPT and forwards at
layer 3.

R2 joins after the switch-over: pimd 8.4 forgets the other outputs of (*,G) when a neighbour prunes a
source off it, unless they are joined later.
"""
import re

from lab import BUILD, FRR, Lab, LabError, Subscriber, Talker
from mpls_lab import LSP_NEIGHBOUR, MPLSMCD, OSPF, OSPF_INTERFACE, MplsRouter, operational
from netns import veth, wait_for

SOURCE, GROUP, RP = "10.1.0.2", "239.1.1.1", "10.254.0.1"
RATE = 100
SHARED_ONLY = "ip pim spt-switchover infinity-and-beyond\n"

PIM_INTERFACE = """\
interface {name}
 ip pim
 ip pim hello 1 4
{igmp}!
"""
IGMP = """\
 ip igmp
 ip igmp last-member-query-count 1
 ip igmp last-member-query-interval 1
"""

# The RP's way to the source, and nobody else's way to anything.
COST = {("rp", "n3"): "interface n3\n ip ospf cost 25\n!\n",
        ("n3", "rp"): "interface rp\n ip ospf cost 40\n!\n"}

# node: {number of the figure: interface}
FIGURE_2 = {
    "rp": {1: "n5", "Reg": "n3"},
    "n1": {1: "edge", 2: "n2"},
    "n2": {1: "n1", 2: "n3", 3: "n5"},
    "n3": {1: "n2", 2: "edge", "Reg": "rp"},
    "n4": {1: "edge", 2: "n5"},
    "n5": {1: "n4", 2: "rp", 3: "n2"},
}
FIGURE_3 = {
    "rp": {1: "n1", "Reg": "n3"},
    "n1": {1: "rp", 2: "n4", 3: "n2"},
    "n2": {1: "n1", 2: "n3"},
    "n3": {1: "n2", 2: "edge", 3: "n5", "Reg": "rp"},
    "n4": {1: "n1", 2: "edge"},
    "n5": {1: "n3", 2: "edge"},
}


class Node(MplsRouter):
    """A router of a figure; what is special about it stands in the lab's configuration."""

    def __init__(self, of, name):
        super().__init__(of, name)
        self.more = ""
        self.rpf = []  # addresses whose RPF neighbour is the domain
        self.around = None  # the neighbour to which unicast to the RP goes, RPF or not
        self.domain = "mplsmc0"  # where packets of the domain come and go, in the figure

    @property
    def ldp_cables(self):
        return [c for c in self.cables if c != self.lab.figure[self.name].get("Reg")]

    def start_ospfd(self):
        interfaces = "".join(OSPF_INTERFACE.format(name=c, network="point-to-point") +
                             COST.get((self.name, c), "") for c in self.cables)
        if "edge" in self.lab.figure[self.name].values():
            interfaces += "interface edge\n ip ospf area 0\n ip ospf passive\n!\n"
        self.start_frr_daemon("ospfd", FRR / "ospfd", self.write("ospfd.conf", OSPF.format(
            name=self.name, interfaces=interfaces, id=self.id)))

    def start_mplsmcd(self, more=""):
        interfaces = "".join(f" interface {c}\n exit\n" for c in self.ldp_cables)
        self.start_frr_daemon("mplsmcd", BUILD / "mplsmc/mplsmcd", self.write(
            "mplsmcd.conf", MPLSMCD.format(name=self.name, id=self.id, interfaces=interfaces,
                                           more=self.more + more, endpoint=self.endpoint, fib="")))
        for address in self.rpf:
            self.ns.ip(f"route replace {address}/32 via {LSP_NEIGHBOUR} dev mplsmc0")
        if self.around:  # Registers of others, or they would leave by mplsmc0 and be lost
            self.ns.ip(f"route replace {RP}/32 via {self.lab.addresses[self.around, self.name]} "
                       "table 100")
            self.ns.ip(f"rule add pref 100 to {RP}/32 lookup 100")

    def start_pimd(self):
        text = f"hostname {self.name}\nip pim rp {RP} 239.0.0.0/8\n" \
               f"ip pim join-prune-interval 5\n{self.pim_more}"
        for name in (*self.cables, "mplsmc0", "lo"):
            text += PIM_INTERFACE.format(name=name, igmp="")
        if "edge" in self.lab.figure[self.name].values():
            text += PIM_INTERFACE.format(
                name="edge", igmp=IGMP if self.name in self.lab.receivers else "")
        self.start_frr_daemon("pimd", FRR / "pimd", self.write("pimd.conf", text))

    def pim(self, command):
        return self.vty["pimd"].json("show ip pim " + command)

    def state(self, source="*", group=GROUP):
        """The entry of the multicast routing table as the figure has it, "in:out", outputs in
        ascending order; None where there is no entry."""
        numbers = {name: str(n) for n, name in self.lab.figure[self.name].items()}
        numbers.update({"pimreg": "Reg", "lo": "Reg", "mplsmc0": self.domain})
        entry = self.vty["pimd"].json("show ip mroute").get(group, {}).get(source)
        if not entry:
            return None
        # A last hop router has pimreg in (*,G) to see the first packet of a source, no Register.
        out = {numbers.get(o, o) for o in entry.get("oil", {})
               if o != entry["iif"] and (source, o) != ("*", "pimreg")}
        return f"{numbers.get(entry['iif'], entry['iif'])}:{','.join(sorted(out)) or 'none'}"


class FigureLab(Lab):
    """receivers: nodes with a host; sender: the node of the source."""

    def __init__(self, prefix, figure, receivers, sender="n3"):
        super().__init__(prefix=prefix)
        self.figure, self.sender_at = figure, sender
        self.receivers = dict.fromkeys(receivers)
        self.addresses = {}  # (router, neighbour): of the router, on the link to the neighbour

    def build(self):
        self.routers = {name: Node(self, name) for name in self.figure}
        links = sorted({tuple(sorted((a, b))) for a, of in self.figure.items()
                        for b in of.values() if b != "edge"})
        for n, (a, b) in enumerate(links, 1):
            a, b = self.routers[a], self.routers[b]
            veth(a.ns, b.name, b.ns, a.name)
            for router, peer, host in ((a, b, 1), (b, a, 2)):
                self.addresses[router.name, peer.name] = f"10.0.{n}.{host}"
                router.ns.ip(f"addr add 10.0.{n}.{host}/24 dev {peer.name}")
                router.cables.append(peer.name)
        self.routers["rp"].ns.ip(f"addr add {RP}/32 dev lo")
        self.source = self.host("src", self.sender_at, 1)
        for n, name in enumerate(self.receivers, 2):
            self.receivers[name] = Subscriber(self, n, self.host(f"rcv{n}", name, n),
                                              f"10.{n}.0.2")

    def sender(self, group=GROUP, rate=0):
        return Talker(f"sender {group}", self.source, self.dir / "sender.log", "send", group,
                      "--interface", "eth0", "--rate", str(rate))

    def host(self, label, at, number):
        ns, router = self.namespace(label), self.routers[at]
        veth(router.ns, "edge", ns, "eth0")
        router.ns.ip(f"addr add 10.{number}.0.1/24 dev edge")
        ns.ip(f"addr add 10.{number}.0.2/24 dev eth0")
        ns.ip(f"route add default via 10.{number}.0.1")
        return ns

    def start(self):
        routers = self.routers.values()
        for router in routers:
            router.start_zebra()
            router.start_ospfd()
        for router in routers:
            router.start_mplsmcd()
            router.start_mcfibd()
            router.start_pimd()
        for router in routers:
            wait_for(lambda r=router: sum(map(operational, r.neighbours())) ==
                     len(r.ldp_cables), 60,
                     f"LDP sessions of {router.name}")
            wait_for(lambda r=router: sum(map(len, r.pim("neighbor").values())) ==
                     len(r.cables) + 1, 60,
                     f"PIM neighbours of {router.name}")
            wait_for(lambda r=router: all(
                r.ns.run("ip", "route", "get", a, check=False) for a in (RP, SOURCE)), 60,
                f"routes of {router.name}")


def differs(lab, vectors):
    """Vectors that are not the state of their node: {ID: (wanted, is)}."""
    wrong = {}
    for name, (key, *wanted) in vectors.items():
        state = [lab.routers[name].state(s) or "-" for s in ("*", SOURCE)]
        if any(w not in ("?", s) for w, s in zip(wanted, state)):
            wrong[key] = (wanted, state)
    return wrong


def becomes(lab, vectors):
    """Waits until every node has the state of the figure; says which has not."""
    try:
        wait_for(lambda: not differs(lab, vectors), 40, "the state of the figure")
    except LabError as e:
        raise LabError(f"{e}: {differs(lab, vectors)}") from None


def result(lab, name):
    return lab.receivers[name].result(GROUP)


def goes_on(lab, name, n=100):
    """n more packets, none lost; none has come twice since the beginning."""
    before = wait_for(lambda: (lambda r: r if r["received"] else None)(result(lab, name)), 30,
                      f"packets behind {name}")
    after = wait_for(lambda: (lambda r: r if r["last"] >= before["last"] + n else None)(
        result(lab, name)), 30, f"more packets behind {name}")
    if after["lost"] != before["lost"] or after["duplicated"]:
        raise LabError(f"behind {name}: {before}, then {after}")


def rpt(lab, name):
    """The neighbours of the node that have pruned the source off the shared tree."""
    text = lab.routers[name].vty["pimd"].show("show ip pim join")
    return re.findall(rf"^\s*(\S+)\s+\S+\s+{SOURCE}\s+{GROUP}\s+SGRpt\(P", text, re.M)


def layer3(lab, name):
    """The shared tree is an LSP from the RP to this node."""
    node, rp = lab.routers[name], lab.routers["rp"]
    node.more = f" coexistence layer3\n root {RP}/32 {rp.id}\n root {rp.id} wildcard source\n"
    node.rpf, node.around = [RP], "rp"
    rp.more = f" rp {RP} 239.0.0.0/8\n"
    rp.domain, node.domain = "1", {"n5": "2", "n1": "1"}[name]


def why_not(lab, name, source):
    found = [t for t in lab.routers[name].mappings()
             if (t["source"], t["group"], t["side"]) == (source, GROUP, "leaf")]
    return found[0].get("whyNot", "label-switched") if found else None
