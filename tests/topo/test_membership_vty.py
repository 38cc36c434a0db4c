# SPDX-License-Identifier: GPL-2.0-or-later
"""membership source pimd, read at pimd's vty socket: no module."""
import membership_cases as cases
from lab import SOURCE
# pylint: disable=unused-import
from test_lab import (test_a_leave_withdraws_and_the_last_but_one_ends_the_session,
                      test_igmpv2_and_igmpv3_hosts_share_one_multicast_session,
                      test_sessions_have_their_state_and_the_tunnel_its_record,
                      test_three_copies_become_one_without_loss_or_duplicate)

_build = cases.building("vty")
WANTED = ("s-a1", "232.1.1.1", "INCLUDE", SOURCE)


def test_filters_follow_the_hosts(build):
    cases.filters_follow_the_hosts(build)


def test_a_killed_pimd_leaves_nothing_stale(build):
    cases.a_killed_pimd_leaves_nothing_stale(build)


# The operator decides whether pimd logs IGMP; l2mcd changes nothing there, and polls without.
def test_without_the_log_it_is_read_once_in_a_while(build):
    lab = build(subscribers=1)
    cases.read_by(lab, "vty", trigger="log")
    lab.lns.vty["pimd"].configure("no debug igmp trace")
    cases.read_by(lab, "vty", trigger="poll")
    lab.subscribers[0].join("232.1.1.1", SOURCE)
    cases.becomes(lab, WANTED)
    assert "debug igmp" not in lab.lns.vty["pimd"].show("show running-config")
    lab.subscribers[0].leave("232.1.1.1", SOURCE)
    cases.becomes(lab)
