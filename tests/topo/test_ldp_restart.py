# SPDX-License-Identifier: GPL-2.0-or-later
"""A neighbour of mplsmcd that is gone without a word, and back: its machine has restarted, or
somebody only claims so.  KeepAlive and Hello hold times are far longer than any test waits."""
import socket

import pytest
from lab import BUILD, Lab, Router
from netns import Vty, veth, wait_for

CONFIG = """\
hostname {name}
mpls ldp-multicast
 router-id {id}
 discovery hello holdtime 600
 session holdtime 1800
 interface eth0
 exit
exit
"""
STAYS = "10.99.0.5"


class Lsr(Router):
    def __init__(self, lab, name, address):
        super().__init__(lab, name)
        self.address = address
        self.vty = {d: Vty(str(self.run / f"{d}.vty")) for d in ("zebra", "mplsmcd")}

    def plug_in(self, switch, port):
        veth(switch, port, self.ns, "eth0")
        switch.ip(f"link set {port} master br0")
        self.ns.ip(f"link set eth0 address 02:00:00:00:00:{int(self.address.split('.')[-1]):02x}")
        self.ns.ip(f"addr add {self.address}/24 dev eth0")

    def start_all(self):
        self.start_zebra()
        self.start_frr_daemon("mplsmcd", BUILD / "mplsmc/mplsmcd", self.write(
            "mplsmcd.conf", CONFIG.format(name=self.name, id=self.address)))

    def show(self, what):
        return self.vty["mplsmcd"].json("show mpls multicast " + what)

    def neighbour(self):
        return (self.show("neighbor detail").get("neighbors") or [{}])[0]

    def operational(self):
        return self.neighbour().get("state") == "operational"

    def said(self):
        return [s["text"] for s in self.show("history").get("steps", [])]


class Pair(Lab):
    def __init__(self, restarts):
        super().__init__(prefix="ldpr")
        self.address = restarts

    def build(self):
        self.switch = self.namespace("sw")
        self.switch.ip("link add br0 type bridge")
        self.switch.ip("link set br0 up")
        self.stays = Lsr(self, "stays", STAYS)
        self.stays.plug_in(self.switch, "port0")
        self.stays.start_all()
        self.new_machine("first")

    def new_machine(self, name):
        self.other = Lsr(self, name, self.address)
        self.other.plug_in(self.switch, name)
        self.other.start_all()

    def power_failure(self):
        """Nothing of its end comes out, and its kernel remembers nothing."""
        self.switch.ip(f"link set {self.other.name} down")
        for daemon in self.other.processes:
            self.other.kill(daemon)
        self.other.ns.close()

    def wait_operational(self, timeout):
        for lsr in (self.stays, self.other):
            wait_for(lsr.operational, timeout, f"{lsr.name} has a session")


# it connects to us, or we to it
@pytest.mark.timeout(180)
@pytest.mark.parametrize("address,role", [("10.99.0.9", "passive"), ("10.99.0.2", "active")])
def test_a_neighbour_that_has_restarted_is_back_in_seconds(address, role):
    with Pair(address) as pair:
        pair.wait_operational(30)
        assert pair.stays.neighbour()["role"] == role
        # what comes sooner after a Hello might have been overtaken by it
        wait_for(lambda: pair.stays.neighbour()["upTimeMsec"] > 1000, 10, "a second has passed")
        pair.power_failure()
        pair.new_machine("second")
        pair.wait_operational(30)
        said = pair.stays.said()
        assert "peer counts its Hellos anew" in said and "the peer has restarted" in said


@pytest.mark.timeout(120)
def test_a_second_connection_does_not_end_a_session():
    with Pair("10.99.0.9") as pair:
        pair.wait_operational(30)
        with pair.other.ns.inside(), socket.socket() as s:
            s.settimeout(30)
            s.bind((pair.other.address, 0))
            s.connect((STAYS, 646))
            assert s.recv(100) == b""  # refused when the other one has answered
        assert "peer connects again" in pair.stays.said()
        assert not [x for x in pair.stays.said() if x.startswith("down")]
        assert pair.stays.operational() and pair.other.operational()
        assert pair.stays.neighbour()["messages"]["Initialization"] == {"received": 1, "sent": 1}
