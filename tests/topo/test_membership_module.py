# SPDX-License-Identifier: GPL-2.0-or-later
"""membership source pimd, read from the module in pimd."""
import membership_cases as cases
# pylint: disable=unused-import
from test_lab import (test_a_late_joiner_loses_nothing,
                      test_a_leave_withdraws_and_the_last_but_one_ends_the_session,
                      test_igmpv2_and_igmpv3_hosts_share_one_multicast_session,
                      test_sessions_have_their_state_and_the_tunnel_its_record,
                      test_three_copies_become_one_without_loss_or_duplicate)

_build = cases.building("module")


def test_filters_follow_the_hosts(build):
    cases.filters_follow_the_hosts(build)


def test_a_killed_pimd_leaves_nothing_stale(build):
    cases.a_killed_pimd_leaves_nothing_stale(build)
