# SPDX-License-Identifier: GPL-2.0-or-later
"""What a membership source has to do, whichever it is: `session` (l2mcd is the querier), and
pimd, read by `module` or by `vty`.  The tests of the first lab are run over them, too."""
import contextlib

import pytest

from lab import SOURCE, SSM_GROUP, Lab
from netns import wait_for

OTHER = "10.1.0.9"


def building(membership):
    """A fixture build(...) as that of test_lab, over this source."""
    @pytest.fixture(name="build")
    def _build():
        with contextlib.ExitStack() as stack:
            def build(**shape):
                lab = stack.enter_context(Lab(prefix="mcm", membership=membership, **shape))
                lab.start()
                return lab
            yield build
    return _build


def groups(lab):
    return sorted((g["interface"], g["group"], g["mode"], *g["sources"])
                  for g in lab.lns.show("l2tp multicast group").get("groups", []))


def becomes(lab, *want, timeout=15):
    wait_for(lambda: groups(lab) == sorted(want), timeout, f"{want}, not {groups(lab)}")


def membership(lab):
    return lab.lns.show("l2tp membership")


def read_by(lab, reader, **more):
    """It is that reader, and whatever else is asked."""
    def look():
        m = membership(lab)
        return m if m.get("reader") == reader and all(m[k] == v for k, v in more.items()) else None
    return wait_for(look, 20, f"memberships read by {reader}")


# R4045-4.1-5, R4045-4.2-4, R4045-4.2-5: mode and sources as the hosts reported them
def filters_follow_the_hosts(build):
    lab = build(subscribers=3)
    one, two, three = lab.subscribers
    three.igmp_version(2)
    one.join("232.1.1.1", SOURCE)
    two.join("239.1.1.2")
    three.join("239.1.1.2")
    becomes(lab, ("s-a1", "232.1.1.1", "INCLUDE", SOURCE), ("s-a2", "239.1.1.2", "EXCLUDE"),
            ("s-a3", "239.1.1.2", "EXCLUDE"))
    one.join("232.1.1.1", OTHER)
    two.block("239.1.1.2", OTHER)
    becomes(lab, ("s-a1", "232.1.1.1", "INCLUDE", SOURCE, OTHER),
            ("s-a2", "239.1.1.2", "EXCLUDE", OTHER), ("s-a3", "239.1.1.2", "EXCLUDE"))
    one.leave("232.1.1.1", SOURCE)
    three.leave("239.1.1.2")
    becomes(lab, ("s-a1", "232.1.1.1", "INCLUDE", OTHER),
            ("s-a2", "239.1.1.2", "EXCLUDE", OTHER))
    one.leave("232.1.1.1", OTHER)
    two.leave("239.1.1.2")
    becomes(lab)


# What pimd knew is held until hosts have answered the new one; whose host does not is gone then.
def a_killed_pimd_leaves_nothing_stale(build):
    lab = build(subscribers=2)
    one, two = lab.subscribers
    wanted = [(f"s-a{n}", SSM_GROUP, "INCLUDE", SOURCE) for n in (1, 2)]
    one.join(SSM_GROUP, SOURCE)
    two.join(SSM_GROUP, SOURCE)
    becomes(lab, *wanted)
    lab.lns.kill("pimd")
    wait_for(lambda: membership(lab)["reader"] == "none", 10, "pimd is missed")
    # this host is not heard any more: pimd ignores reports of strangers
    two.ns.ip("addr add 192.0.2.99/32 dev eth0")
    two.ns.ip(f"addr del {two.address}/32 dev eth0")
    stream = lab.sender(SSM_GROUP, 100)
    lab.lns.start_pimd()
    read_by(lab, lab.membership)
    assert groups(lab) == wanted and membership(lab)["held"] >= 1
    one.receives(SSM_GROUP)
    becomes(lab, wanted[0], timeout=40)
    assert membership(lab)["held"] == 0
    mark = stream.ask("stat")["sent"]
    wait_for(lambda: one.result(SSM_GROUP)["last"] > mark + 50, 20, "the other goes on receiving")
