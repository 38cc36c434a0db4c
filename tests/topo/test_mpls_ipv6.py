# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 multicast over the core of labels, which has no IPv6: an SSM stream from PE to PE.

    src - pe1 - p1 - pe2 - rcv
"""
import pytest

from lab import FRR, Talker
from mpls_lab import MplsLab, router_id
from netns import Vty, wait_for

RATE = 200
PREFIX, SOURCE, GROUP = "2001:db8:1::/64", "2001:db8:1::2", "ff3e::8000:1"
PIM6D = FRR / "pim6d"
PIM6_CONF = """\
hostname pim6
interface mplsmc0
 ipv6 pim
!
interface edge
 ipv6 pim
 ipv6 mld
!
"""


class ScriptedPim6:
    """pim6.py in the place of pim6d: it has no MLD, so it is told of the receiver."""

    def __init__(self, router):
        self.talker = Talker(f"{router.name}/pim6", router.ns, router.run / "pim6.log",
                             "mplsmc0", "edge", program="pim6.py")
        router.lab.running.append(self.talker.process)

    def receiver(self, joins):
        self.talker.ask("join" if joins else "prune", SOURCE, GROUP)

    def forwards(self):
        return self.talker.ask("stat").get(f"{SOURCE} {GROUP}") == "mplsmc0"


class Pim6d:
    def __init__(self, router):
        self.router = router
        router.vty["pim6d"] = Vty(str(router.run / "pim6d.vty"))
        router.start_frr_daemon("pim6d", PIM6D, router.write("pim6d.conf", PIM6_CONF))

    def receiver(self, joins):
        """It hears the MLD of the receiver."""

    def forwards(self):
        return "mplsmc0" in self.router.ns.run("ip", "-6", "mroute", "show")


class Ipv6Lab(MplsLab):
    names, links, egress = ("pe1", "p1", "pe2"), (("pe1", "p1"), ("p1", "pe2")), ("pe2",)
    paths = {}

    def build(self):
        super().build()
        for n, name in ((1, "pe1"), (2, "pe2")):
            router = self.routers[name]
            host = self.source if n == 1 else self.receivers[name].ns
            for ns, interface, last in ((router.ns, "edge", 1), (host, "eth0", 2)):
                ns.sysctl(f"net.ipv6.conf.{interface}.disable_ipv6", 0)
                ns.ip(f"addr add 2001:db8:{n}::{last}/64 dev {interface} nodad")
            router.ns.sysctl("net.ipv6.conf.default.disable_ipv6", 0)  # mplsmc0
            router.ns.sysctl("net.ipv6.conf.all.forwarding", 1)

    def start(self):
        super().start()
        self.routers["pe2"].ns.ip(f"route add {PREFIX} via fe80::2 dev mplsmc0")
        kind = Pim6d if PIM6D.exists() else ScriptedPim6
        self.pim6 = {pe: kind(self.routers[pe]) for pe in ("pe1", "pe2")}
        for pe in self.pim6:
            wait_for(lambda p=pe: self.routers[p].show("mpls multicast")["pim6"]["neighborUp"],
                     40, f"PIMv6 at {pe}")


@pytest.fixture(name="lab", scope="module")
def ipv6_lab():
    with Ipv6Lab(prefix="mct6", more=f" root {PREFIX} {router_id('pe1')}\n") as lab:
        lab.start()
        yield lab


@pytest.mark.timeout(240)
def test_an_ipv6_stream_takes_labels_from_pe_to_pe(lab):
    """M-6826-2-1, M-6826-2-4, opaque type 4: the core and its signalling are IPv4."""
    stream, receiver = lab.sender(GROUP), lab.receivers["pe2"]
    receiver.join(GROUP, SOURCE)
    lab.pim6["pe2"].receiver(True)
    tree = lab.tree(("pe2",), GROUP)
    assert tree.role == {"pe1": "root", "p1": "transit", "pe2": "leaf"}
    lsp, = lab.routers["p1"].lsps()
    assert (lsp["opaqueType"], lsp["source"], lsp["group"]) == (4, SOURCE, GROUP)
    wait_for(lambda: lab.pim6["pe1"].forwards(), 20, "pe1 sends the tree to mplsmc0")
    stream.ask("rate", RATE)  # not before: the kernel keeps some of what it cannot forward yet
    receiver.receives(GROUP, 30)
    assert lab.routers["pe2"].mappings()[0]["labelSwitched"]

    first = receiver.result(GROUP)["received"]
    result = wait_for(lambda: (lambda r: r if r["received"] >= first + 5 * RATE else None)(
        receiver.result(GROUP)), 60, "1000 packets")
    assert (result["lost"], result["duplicated"]) == (0, 0), result

    receiver.leave(GROUP, SOURCE)
    lab.pim6["pe2"].receiver(False)
    for router in lab.routers.values():
        wait_for(lambda r=router: not r.lsps() and not r.show("fib entry"), 30,
                 f"no LSP and no entry at {router.name}")
    wait_for(lambda: not lab.pim6["pe1"].forwards(), 20, "pe1 is pruned")
    assert stream.ask("stat")["sent"] > 5 * RATE


@pytest.mark.timeout(240)
def test_without_a_configured_root_an_ipv6_tree_is_not_label_switched(lab):
    """M-6826-2-2: type 4 is sent to whom the operator knows to take it."""
    lab.routers["pe2"].vty["mplsmcd"].configure("mpls ldp-multicast", f"no root {PREFIX}")
    lab.receivers["pe2"].join(GROUP, SOURCE)
    lab.pim6["pe2"].receiver(True)
    mapping = wait_for(lambda: lab.routers["pe2"].mappings(), 20, "the tree is wanted")
    assert "no root is known" in mapping[0]["whyNot"]
    assert not lab.routers["pe2"].lsps()
