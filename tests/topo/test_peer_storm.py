# SPDX-License-Identifier: GPL-2.0-or-later
"""Many LACs that come at the same moment: after a power cut, and over a link that loses 30 % of
what it carries.  The figures are printed (pytest -s)."""
import time

import l2tp_peer
import l2tp_wire as w
from l2tp_wire import Avp, u16, u32
from netns import PATIENCE, loss, wait_for
from peer_lab import PeerLab

CONFIG = """\
hostname lns
l2vpn l2tp-multicast
 host-name lns
 profile quick
  hello-interval {hello}
  retransmit retries {retries} timeout 1 maximum 8
 exit
 peer-group all lns
  profile quick
  accept
 exit
 session interface external %c
exit
"""


class StormLab(PeerLab):
    def __init__(self, prefix, lacs, **settings):
        super().__init__(prefix=prefix, interface="a{}", hosts=1)
        self.n_lacs, self.settings = lacs, settings

    def build(self):
        super().build()
        self.router.start_l2mcd(CONFIG.format(**self.settings))

    def lac(self, n):
        """Opens a tunnel and places a call as fast as it is answered."""
        lac = self.peer(f"lac{n}")
        ours = lac.new_id()

        def opened(m):
            lac.send("SCCCN", 0, lac.answer(m, "SCCCN"))
            lac.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(ours)), Avp(w.SERIAL, u32(n)),
                                 Avp(w.CALLING, b"u%d" % n)])

        lac.on["SCCRP"] = opened
        lac.on["ICRP"] = lambda m: lac.send("ICCN", m.number(w.SESSION_ID), [
            Avp(w.TX_SPEED, u32(1000)), Avp(w.FRAMING_TYPE, u32(1))])
        lac.send("SCCRQ", 0, lac.open_avps())
        return lac

    def all_at_once(self):
        """All LACs; seconds until the daemon has established the last session."""
        start = time.monotonic()
        self.lacs = [self.lac(n) for n in range(self.n_lacs)]
        wanted = {lac.tunnel_id for lac in self.lacs}

        def up():
            ids = {t["tunnelId"]: t["peerTunnelId"] for t in self.router.tunnels()
                   if t["state"] == "established"}
            return {ids.get(s["tunnelId"]) for s in self.router.sessions()
                    if s["state"] == "established"} >= wanted
        wait_for(up, 120, f"{self.n_lacs} sessions")
        return time.monotonic() - start

    def power_cut(self):
        for lac in self.peers:
            lac.close(stop=False)
        self.peers.clear()

    def only_new_ones(self):
        """Waits until the daemon has found out about the dead ones: one tunnel, one session for
        each LAC, and nothing on its way."""
        wanted = {lac.tunnel_id for lac in self.lacs}

        def settled():
            tunnels, sessions = self.router.tunnels(), self.router.sessions()
            return len(tunnels) == len(sessions) == self.n_lacs \
                and {t["peerTunnelId"] for t in tunnels} == wanted \
                and all(x["state"] == "established" for x in tunnels + sessions)
        wait_for(settled, 120, "no stuck tunnel")


def retransmissions(lab):
    return lab.statistics()["control"]["retransmits"]


def test_fifty_lacs_come_back_at_once_after_a_power_cut():
    with StormLab("pstorm", 50, retries=2, hello=2) as lab:
        first = lab.all_at_once()
        lab.power_cut()
        again = lab.all_at_once()
        start = time.monotonic()
        lab.only_new_ones()
        print(f"50 LACs up after {first:.1f} s, after a power cut {again:.1f} s; the old tunnels "
              f"gone {time.monotonic() - start:.1f} s later; {retransmissions(lab)} "
              "retransmissions")
        assert max(first, again) < 30 * PATIENCE


def test_ten_lacs_come_over_a_link_that_loses_30_percent(monkeypatch):
    monkeypatch.setattr(l2tp_peer, "TRIES", 100)  # half of all exchanges fail
    with StormLab("ploss", 10, retries=20, hello=60) as lab:
        loss(lab.router.ns, "core0", 0.3)
        loss(lab.outside, "eth0", 0.3)
        seconds = lab.all_at_once()
        lab.only_new_ones()
        print(f"10 LACs up after {seconds:.1f} s with 30 % loss; {retransmissions(lab)} "
              "retransmissions")
        assert retransmissions(lab) > 0
