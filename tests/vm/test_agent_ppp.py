# SPDX-License-Identifier: GPL-2.0-or-later
"""What the forwarding agent does with devices that only the distribution's kernel has: PPP
interfaces of an LNS whose sessions the kernel carries, and the `prio` queueing discipline.

The PPP units have no channel: they loop what they send to the file they were made with.
"""
import contextlib
import fcntl
import os
import pathlib
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "topo"))

import fib  # noqa: E402  pylint: disable=wrong-import-position
from forwarders import (LNS_TUNNEL, MCFIBD, PPP4, SOURCE, Net, Pair, Tap, Tun, datagram,  # noqa: E402  pylint: disable=wrong-import-position
                        deliver, has, is_data, multicast, raw_sender, unicast)

pytestmark = [pytest.mark.skipif(not MCFIBD.exists(), reason="mcfibd is not built"),
              pytest.mark.timeout(200)]
GROUP, GROUP6, SOURCE6 = "232.1.1.1", "ff3e::8000:1", "2001:db8::5"
PPPIOCNEWUNIT, PPPIOCSFLAGS, PPPIOCSNPMODE = 0xc004743e, 0x40047459, 0x4008744b
SC_LOOP_TRAFFIC, NPMODE_PASS = 0x200, 0
IP, IPV6 = 0x0021, 0x0057  # PPP protocols


class Ppp(Tun):
    """A PPP interface whose other end is the test: what it reads begins with the protocol."""

    def __init__(self, ns):  # pylint: disable=super-init-not-called
        self.fd = os.open("/dev/ppp", os.O_RDWR | os.O_NONBLOCK)
        with ns.inside():
            unit = fcntl.ioctl(self.fd, PPPIOCNEWUNIT, struct.pack("i", -1))
        self.name = f"ppp{struct.unpack('i', unit)[0]}"
        fcntl.ioctl(self.fd, PPPIOCSFLAGS, struct.pack("i", SC_LOOP_TRAFFIC))
        for protocol in (IP, IPV6):
            fcntl.ioctl(self.fd, PPPIOCSNPMODE, struct.pack("ii", protocol, NPMODE_PASS))
        ns.ip(f"link set {self.name} mtu 1400 up")


@pytest.fixture(name="net", scope="module")
def _net():
    with contextlib.closing(Net()) as net:
        yield net


@pytest.fixture(name="pair")
def _pair(net, tmp_path):
    with contextlib.closing(Pair(net, tmp_path)) as pair:
        yield pair.start()


@pytest.fixture(name="ppp")
def _ppp(net, pair):
    """Two PPP interfaces with sessions 121 and 122, which the kernel carries."""
    with contextlib.ExitStack() as stack:
        ppp = [stack.enter_context(contextlib.closing(Ppp(net.lns))) for _ in range(2)]
        pair.lns.daemon.install(*(
            fib.session(LNS_TUNNEL, 121 + n, 221 + n, "lns", p.name, "raw", unicast=False)
            for n, p in enumerate(ppp)))
        yield ppp


@pytest.mark.parametrize("src, group, protocol", [(SOURCE, GROUP, IP), (SOURCE6, GROUP6, IPV6)])
def test_sessions_that_the_kernel_carries_get_their_copies_on_their_ppp_interfaces(
        net, pair, ppp, src, group, protocol):
    # R4045-6.2.2-8: users without multicast session are served on their logical interface
    with contextlib.closing(Tap(net.lac, "core0")) as wire:
        pair.flow(group, unicast(21), multicast(), unicast(22), unicast(3), source=src)
        packets = [datagram(src, group, b"copy %d" % n) for n in range(3)]
        with contextlib.closing(raw_sender(net.lns, "l2mc0")) as s:
            for packet in packets:
                s.send(packet)
        wanted = [struct.pack("!H", protocol) + packet for packet in packets]
        for p in ppp:
            assert [p.read(has(b"copy ")) for _ in packets] == wanted
            assert p.waiting() == []
        # the multicast session and the one that the agent carries: L2TP
        assert len(wire.frames(6, lambda f: is_data(f) and b"copy " in f)) == 6


def test_what_is_too_big_for_a_ppp_interface_is_counted(net, pair, ppp):
    # A4045-49
    pair.flow(GROUP, unicast(21), unicast(22))
    net.lns.ip(f"link set {ppp[1].name} mtu 1300")
    with contextlib.closing(raw_sender(net.lns, "l2mc0")) as s:
        for size in (1401, 1400, 1300):
            s.send(datagram(SOURCE, GROUP, b"S" * (size - 28)))
    assert [len(ppp[0].read(has(b"SSSS"))) for _ in range(2)] == [1402, 1302]
    assert len(ppp[1].read(has(b"SSSS"))) == 1302
    branches = pair.lns.object(f"l2tp-flow {GROUP} from {SOURCE}")["branches"]
    assert [(b["packets"], b["too_big"]) for b in branches] == [(2, 1), (1, 2)]


def test_the_queues_of_an_access_interface_count_by_band(net, pair):
    # R4045-6.3-7: drops of each class are counted at the LAC
    pair.replicate([(202, 2)], 600)
    pair.replicate([(202, 1)], 601)
    with contextlib.closing(Tap(net.sub2, "eth0")) as at_sub:
        for session, n in ((600, 3), (601, 1), (202, 2)):
            for _ in range(n):
                payload = datagram(SOURCE, GROUP, b"to the queue")
                deliver(net, (PPP4 if session == 202 else b"") + payload, session=session)
        at_sub.frames(6, has(b"to the queue"))
    queue, = pair.lac.dump()["queues"]
    assert queue["interface"] == "a2" and queue["ours"]
    assert [queue[b]["packets"] for b in ("first", "equal", "last")] == [3, 2, 1]
    assert [queue[b]["drops"] for b in ("first", "equal", "last")] == [0, 0, 0]
