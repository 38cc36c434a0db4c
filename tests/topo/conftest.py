# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest settings of the lab: found by its own folder, bounded in time, logs on failure."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from netns import PATIENCE  # noqa: E402
pytest.register_assert_rewrite("cli")


def pytest_collection_modifyitems(items):
    for item in items:
        bound = item.get_closest_marker("timeout")
        seconds = bound.args[0] if bound else 120
        item.add_marker(pytest.mark.timeout(seconds * PATIENCE), append=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of every log of its lab."""
    report = (yield).get_result()
    lab = next((v for k, v in item.funcargs.items() if hasattr(v, "running")), None) \
        if hasattr(item, "funcargs") else None
    if report.failed and lab:
        for process in lab.running:
            report.sections.append((f"log of {process.name}", process.tail(40)))
