# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequence numbers of data messages from the configuration to the wire: our LNS with the real
agent, a scripted LAC."""
import contextlib

from l2tp_wire import SEQUENCING, Avp
from lns_lab import SOURCE, clean, joined, lab, members, with_calls  # noqa: F401
from netns import wait_for


@contextlib.contextmanager
def profiles(lab):
    """`use(mode)` gives the peer-group of all LACs here a profile with that data-sequencing."""
    def use(mode):
        lab.vty.configure("l2vpn l2tp-multicast", "profile numbers", f"data-sequencing {mode}",
                          "exit", "peer-group zz lns", "profile numbers", "exit")
    yield use
    lab.vty.configure("l2vpn l2tp-multicast", "peer-group zz lns", "no profile", "exit",
                      "no profile numbers")


def sequencing(lab, call):
    return next(s["sequencing"] for s in lab.router.show("l2tp session detail")["sessions"]
                if s["sessionId"] == call.peer_id)


def numbers(lab, lac, call, n=10):
    """Ns of the copies of n packets that the call's subscriber gets."""
    lab.installed()
    lac.barrier()
    since = len(lac.datas)
    assert lab.copies(lac, source=SOURCE, n=n) == {call.id: n}
    return [d.ns for d in lac.data_on(call.id, since) if b"\x00\x21" in d.payload[:4]]


# R2661-5.4-2, R2661-5.4-4, A4045-28: a switch on the LNS; numbers go on where they were
def test_the_lns_switches_numbers_on_and_off(lab):
    with profiles(lab) as use:
        lac = with_calls(lab, 1)
        call = lac.calls["a1"]
        joined(lab, 1)
        members(lab, 1)
        assert set(numbers(lab, lac, call)) == {None}
        last = None
        for mode, on in (("prefer", True), ("allow", False), ("prefer", True)):
            use(mode)
            wait_for(lambda: sequencing(lab, call) is on, 5, "switched")
            found = numbers(lab, lac, call)
            if not on:
                assert set(found) == {None}
                continue
            assert found == list(range(found[0], found[0] + len(found)))
            assert last is None or found[0] > last, "numbers start again"
            last = found[-1]


# R2661-5.4-1, R4045-8-3: three subscribers, but no multicast session for those with numbers
def test_a_call_that_requires_numbers_has_them_in_every_message(lab):
    lac = lab.peer()
    lac.open()
    for n in range(1, 4):
        lac.call(f"a{n}", iccn=[Avp(SEQUENCING)])
    joined(lab, 1, 2, 3)
    members(lab, 3)
    lab.installed()
    since = len(lac.datas)
    assert lab.copies(lac) == {c.id: 10 for c in lac.calls.values()}
    for call in lac.calls.values():  # R2661-5.4-5: a counter of its own for each
        found = [d.ns for d in lac.data_on(call.id, since)]
        assert None not in found and found == list(range(found[0], found[0] + len(found)))
    assert lac.count("MSRQ") == 0
