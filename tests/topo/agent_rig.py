# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the agent's tests: two agents, of an LNS and a LAC, on one cable."""
import contextlib

import pytest

from forwarders import Net, Pair, Tap


@pytest.fixture(name="net", scope="module")
def net():
    with contextlib.closing(Net()) as made:
        yield made


@pytest.fixture(name="build")
def build(net, tmp_path):  # pylint: disable=redefined-outer-name
    """build(...): LNS and LAC agents that are ready; gone after the test."""
    with contextlib.ExitStack() as stack:
        def start(**kw):
            pair = Pair(net, tmp_path, **kw)
            stack.callback(pair.close)
            return pair.start()
        yield start


@pytest.fixture(name="tap")
def tap():
    with contextlib.ExitStack() as stack:
        yield lambda ns, interface, **kw: stack.enter_context(
            contextlib.closing(Tap(ns, interface, **kw)))
