# SPDX-License-Identifier: GPL-2.0-or-later
"""Our LAC; the LNS is scripted.  Its forwarding agent is the test's, so that the test decides when
replication is installed."""
import pytest

import l2tp_wire as w
from agent import Agent
from netns import wait_for
from peer_lab import PEER, PeerLab

NO_MULTICAST, SECRET = "10.9.0.3", "10.9.0.4"
GROUP, SOURCE = "232.1.1.1", "192.0.2.1"
CONFIG = """\
hostname lac
l2vpn l2tp-multicast
 host-name lac
 profile sequenced
  data-sequencing require
 exit
 profile lively
  hello-interval 2
 exit
 peer-group LNS lac
  endpoint 10.9.0.2
  denylist 0
 exit
 peer-group OFF lac
  endpoint 10.9.0.3
  denylist 0
  multicast disable
 exit
 peer-group SECRET lac
  endpoint 10.9.0.4
  denylist 0
  secret 0 s3cret
 exit
 fib
  endpoint {endpoint}
 exit
exit
"""
CALLS = 5


class LacLab(PeerLab):
    agent, config = None, CONFIG

    def build(self):
        super().build()
        self.router.start_l2mcd(self.config.format(endpoint=self.router.endpoint))

    def start_agent(self):
        self.agent = Agent(self.router.endpoint)
        wait_for(self.router.consumers, 10, "the agent is connected")

    def stop_agent(self):
        if self.agent:
            self.agent.close()
            self.agent = None

    def access(self, peer_group, *numbers):
        lines = [x for n in numbers for x in (f"access a{n} static", f"peer-group {peer_group}",
                                              "exit")]
        self.vty.configure("l2vpn l2tp-multicast", *lines)

    def lns(self, peer_group="LNS", address=PEER, calls=CALLS, more=0, **kw):
        """A peer that was called by our LAC, with calls a1..an; more calls get no answer."""
        lns = self.peer("lns", address=address, port=1701, capability=False, **kw)
        answered = {f"a{n}".encode() for n in range(1, calls + 1)}
        lns.on["ICRQ"] = lambda m: m.get(w.CALLING) in answered and lns.answer_call(m)
        self.access(peer_group, *range(1, calls + more + 1))
        lns.until(lambda: lns.count("ICCN") == calls, 10, f"{calls} calls")
        return lns

    def members(self, theirs):
        """What the agent was told to replicate to; None when it has no such object."""
        op = next((o for o in list(self.agent.objects.values())
                   if o.key.WhichOneof("key") == "l2tp_replication"
                   and o.key.l2tp_replication.session_id == theirs), None)
        return None if op is None else sorted(m.session_id for m in op.l2tp_replication.members)

    def priorities(self, theirs):
        """{member: priority} of what the agent was told."""
        op = next(o for o in list(self.agent.objects.values())
                  if o.key.WhichOneof("key") == "l2tp_replication"
                  and o.key.l2tp_replication.session_id == theirs)
        return {m.session_id: m.priority for m in op.l2tp_replication.members}

    def close(self):
        self.stop_agent()
        super().close()


@pytest.fixture(scope="module")
def lab():
    with LacLab(prefix="plac", interface="a{}", hosts=CALLS) as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab, request):
    real = "real" in request.fixturenames
    if not real:
        lab.start_agent()
    yield
    lab.vty.configure("l2vpn l2tp-multicast", *(f"no access a{n} static"
                                                for n in range(1, CALLS + 1)),
                      "peer-group LNS lac", "no profile", "exit", "multicast",
                      "no maximum-sessions", "no maximum-receivers", "no sequencing",
                      "no priority-precedence", "no msi-ack-header", "no idle-timeout",
                      "no holdtime", "no threshold")
    lab.end_peers()
    lab.stop_agent()
    wait_for(lambda: not lab.router.consumers() or real, 10, "the agent is gone")


def ids_of(lns, *numbers):
    """The daemon's IDs of the calls: what stands in lists."""
    return [lns.calls[f"a{n}"].peer_id for n in numbers]


def listed(lns, theirs, nos, extra=()):
    """Sends NOS and returns the IDs of the NOSA."""
    lns.msi(theirs, nos, extra=extra)
    return lns.wait("MSI").ids(w.NOSA)


def quiet(lns, since):
    """Nothing comes of what was sent."""
    lns.barrier()
    assert [m.name for m in lns.messages[since:]] == []
