# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest settings of the lab: found by its own folder, bounded in time, logs on failure."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))


def pytest_collection_modifyitems(items):
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(120))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of every log of its lab."""
    report = (yield).get_result()
    lab = next((v for k, v in item.funcargs.items() if hasattr(v, "running")), None) \
        if hasattr(item, "funcargs") else None
    if report.failed and lab:
        for process in lab.running:
            report.sections.append((f"log of {process.name}", process.tail(40)))
