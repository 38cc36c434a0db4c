# SPDX-License-Identifier: GPL-2.0-or-later
"""Which root a tree has and which way its LSP takes: BGP, explicit routes, static trees.

         lan of the source
           |         |
          pe1       pe3     Two PEs announce the source in BGP; pe2 has one receiver.
          |  \\     /  |
          |   \\   /   |
          |    \\ /    |
          |     X     |
          p1---/ \\---p2
            \\       /
             \\     /
               pe2 -- rcv
"""
import pytest

from lab import FRR, Subscriber
from mpls_lab import GROUP, SOURCE, MplsLab, router_id
from netns import Vty, veth, wait_for

RATE = 200
PREFIX = "10.1.0.0/24"
PE1, PE2, PE3 = map(router_id, ("pe1", "pe2", "pe3"))

BGPD = """\
hostname {name}
router bgp 65000
 bgp router-id {id}
 no bgp network import-check
 timers bgp 1 3
{neighbors} address-family ipv4 unicast
  maximum-paths ibgp 1
{announced}{next_hops} exit-address-family
!
"""
NEIGHBOR = """\
 neighbor {0} remote-as 65000
 neighbor {0} update-source {1}
 neighbor {0} timers connect 1
 neighbor {0} advertisement-interval 0
"""


class SquareLab(MplsLab):
    names = ("pe1", "p1", "p2", "pe2", "pe3")
    links = (("pe1", "p1"), ("pe1", "p2"), ("p1", "pe2"), ("p2", "pe2"), ("pe3", "p1"),
             ("pe3", "p2"))
    ingress, egress, paths = ("pe1", "pe3"), ("pe2",), {"pe2": 2, "pe3": 2}
    arms = {"p1": "10.0.3.1", "p2": "10.0.4.1"}  # as pe2 sees them
    configured_root = False  # pe2 knows from BGP alone
    rpf = "10.1.0.0/25"      # for a longer prefix than BGP's, which it would replace otherwise

    def build_source(self):
        lan = self.namespace("lan")
        lan.ip("link add br0 type bridge mcast_snooping 0")
        lan.ip("link set br0 up")
        for n, pe in ((1, "pe1"), (3, "pe3")):
            veth(self.routers[pe].ns, "edge", lan, pe)
            self.routers[pe].ns.ip(f"addr add 10.1.0.{n}/24 dev edge")
        veth(self.source, "eth0", lan, "src")
        self.source.ip(f"addr add {SOURCE}/24 dev eth0")
        self.source.ip("route add default via 10.1.0.1")
        for port in ("pe1", "pe3", "src"):
            lan.ip(f"link set {port} master br0")

    def start_bgpd(self, name):
        router = self.routers[name]
        peers = (PE2,) if name != "pe2" else (PE1, PE3)
        router.vty["bgpd"] = Vty(str(router.run / "bgpd.vty"))
        router.start_frr_daemon("bgpd", FRR / "bgpd", router.write("bgpd.conf", BGPD.format(
            name=name, id=router.id, announced="" if name == "pe2" else f"  network {PREFIX}\n",
            neighbors="".join(NEIGHBOR.format(p, router.id) for p in peers),
            next_hops="".join(f"  neighbor {p} next-hop-self\n" for p in peers))))

    def start(self):
        super().start()
        for name in ("pe1", "pe2", "pe3"):
            self.start_bgpd(name)

    def announce(self, name, on):
        self.routers[name].vty["bgpd"].configure(
            "router bgp 65000", "address-family ipv4 unicast",
            f"{'' if on else 'no '}network {PREFIX}")

    def configure(self, router, *lines):
        self.routers[router].vty["mplsmcd"].configure("mpls ldp-multicast", *lines)

    def roots(self, router="pe2"):
        return {r["root"]: r for r in self.routers[router].show("mpls multicast root").get(
            "roots", [])}

    def stream(self, root="pe1", group=GROUP, rate=RATE):
        """One receiver, one stream: the tree is there and packets arrive."""
        stream, receiver = self.sender(GROUP, rate), self.receivers["pe2"]
        self.stream_process = stream.process
        receiver.join(GROUP, SOURCE)
        receiver.receives(GROUP, 30)
        return stream, self.tree(("pe2",), group, root=root)

    def missed(self, stream):
        """(lost, duplicated) once everything sent so far has arrived."""
        sent, receiver = stream.ask("stat")["sent"], self.receivers["pe2"]
        r = wait_for(lambda: (lambda r: r if r.get("last", 0) >= sent else None)(
            receiver.result(GROUP)), 15, f"packet {sent}")
        return r["lost"], r["duplicated"]

    def through(self, p, key=GROUP):
        """Waits until the tree goes through that P and nowhere else."""
        return wait_for(lambda: (lambda t: t if p in t.role and len(t.role) == 3 else None)(
            self.tree(("pe2",), key)), 30, f"the tree goes through {p}")


@pytest.fixture(name="square", scope="module")
def square_lab():
    with SquareLab(prefix="mctr") as lab:
        lab.start()
        yield lab


@pytest.fixture(name="lab")
def idle_lab(square):
    """Without traffic and receiver, before and after."""
    yield square
    old = square.receivers["pe2"]
    square.receivers["pe2"] = Subscriber(square, 2, old.ns, old.address)
    square.stream_process.kill()
    old.leave(GROUP, SOURCE)
    old.receiver.process.kill()
    square.configure("pe1", "no tree T", "no tree U")
    square.configure("pe2", "no tree T", f"no root {PE1} next-hop", "no make-before-break delay")
    wait_for(lambda: not any(r.lsps() for r in square.routers.values()), 30, "no LSP is left")


@pytest.mark.timeout(240)
def test_the_bgp_next_hop_of_the_source_is_root_and_the_tree_follows_it(lab):
    """M-6826-2-1: no root is configured."""
    stream, _ = lab.stream()
    assert lab.roots()[PE1]["bgpFor"] == [PREFIX]
    assert lab.roots()[PE1]["configuredFor"] == []
    assert f"BGP {PREFIX}" in lab.routers["pe2"].vty["mplsmcd"].show("show mpls multicast root")

    lab.announce("pe1", False)
    lab.tree(("pe2",), root="pe3")
    lab.tree((), root="pe1")
    assert lab.roots()[PE3]["bgpFor"] == [PREFIX]
    lost, twice = lab.missed(stream)
    assert lost < RATE and twice < RATE // 10  # the new LSP is joined before the old one goes

    # What is configured wins, what BGP says counts again when it is gone.
    lab.configure("pe2", f"root {PREFIX} {PE1}")
    lab.tree(("pe2",), root="pe1")
    assert lab.roots()[PE1]["configuredFor"] == [PREFIX]
    lab.configure("pe2", f"no root {PREFIX}")
    lab.tree(("pe2",), root="pe3")

    lab.announce("pe3", False)  # nobody: the tree has no root
    why = wait_for(lambda: next((m.get("whyNot") for m in lab.routers["pe2"].mappings()
                                 if not m["labelSwitched"]), None), 20, "no root")
    assert "no root is known" in why
    lab.announce("pe1", True)
    lab.tree(("pe2",), root="pe1")
    lab.missed(stream)


@pytest.mark.timeout(240)
def test_an_explicit_route_to_the_root_moves_its_trees_and_loses_nothing(lab):
    """F3353-7-2, T5: routing goes on as before, the LSP takes the other arm and comes back."""
    lab.configure("pe2", "make-before-break delay 200")  # agents need time, too
    stream, tree = lab.stream(rate=1000)
    used = next(b for a, b, _ in tree.edges() if a == "pe1")
    other = {"p1": "p2", "p2": "p1"}[used]

    for _ in range(2):
        lab.configure("pe2", f"root {PE1} next-hop {lab.arms[other]}")
        lab.through(other)
        assert lab.roots()[PE1]["nextHop"] == lab.arms[other]
        lab.configure("pe2", f"no root {PE1} next-hop")
        lab.through(used)
    # Not a packet on a quiet machine; each time one in flight on both paths may be too early on
    # one and too late on the other.
    lost, twice = lab.missed(stream)
    assert lost + twice <= 20
    # Any address of the LSR will do; one that is nobody's leaves the LSP where it is for 30 s.
    lab.configure("pe2", f"root {PE1} next-hop {router_id(other)}")
    lab.through(other)
    lab.configure("pe2", f"root {PE1} next-hop 10.9.9.9")
    lab.through(other)


@pytest.mark.timeout(240)
def test_a_static_tree_follows_its_configuration(lab):
    """F3353-7-1: the explicit route, the members and the LSP identifier change under traffic."""
    member = f"leaf group {GROUP} source {SOURCE}"
    first = f"tree T root {PE1} lsp-id 7"
    lab.configure("pe1", first, member)
    lab.configure("pe2", first, f"next-hop {lab.arms['p1']}", member)
    lab.configure("pe2", "make-before-break delay 200")
    stream, tree = lab.stream(group=7, rate=1000)
    assert tree.role == {"pe1": "root", "p1": "transit", "pe2": "leaf"}
    assert all(not r.lsps() or r.lsps()[0]["opaqueType"] == 1 for r in lab.routers.values())

    lab.configure("pe2", first, f"next-hop {lab.arms['p2']}")
    lab.through("p2", 7)
    lost, twice = lab.missed(stream)
    assert lost + twice <= 10

    # The root sends down both while the leaf moves from one to the other.
    second = f"tree T root {PE1} lsp-id 8"
    lab.configure("pe1", f"tree U root {PE1} lsp-id 8", member)
    lab.configure("pe2", second)
    lab.through("p2", 8)
    lab.configure("pe1", "no tree T")
    wait_for(lambda: len(lab.routers["p2"].lsps()) == 1, 20, "LSP 7 is gone")
    again = lab.missed(stream)
    assert again[0] - lost < 200 and again[1] - twice < 50

    # No member any more: its own LSP in-band; and back.
    lab.configure("pe2", second, f"no {member}")
    lab.tree(("pe2",), GROUP)
    lab.configure("pe2", second, member)
    lab.through("p2", 8)
    wait_for(lambda: not any("group" in l for r in lab.routers.values() for l in r.lsps()), 20,
             "no in-band LSP")
    before = lab.missed(stream)
    lab.receivers["pe2"].leave(GROUP, SOURCE)
    wait_for(lambda: not lab.routers["p2"].lsps(), 20, "the LSP without leaves is gone")
    lab.receivers["pe2"].join(GROUP, SOURCE)
    lab.through("p2", 8)
    assert lab.missed(stream)[1] == before[1]
