# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest settings of the lab: found by its own folder, bounded in time, logs on failure."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lab import Lab  # noqa: E402
from netns import PATIENCE  # noqa: E402
pytest.register_assert_rewrite("cli")


def pytest_collection_modifyitems(items):
    for item in items:
        bound = item.get_closest_marker("timeout")
        seconds = bound.args[0] if bound else 120
        item.add_marker(pytest.mark.timeout(seconds * PATIENCE), append=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what every daemon of its lab says, and the end of every log."""
    report = (yield).get_result()
    if not report.failed or not hasattr(item, "funcargs"):
        return
    labs = [*Lab.alive, *(v for v in item.funcargs.values()
                          if hasattr(v, "running") and v not in Lab.alive)]
    for lab in labs:
        for title, text in lab.state() if hasattr(lab, "state") else ():
            report.sections.append((title, text))
        for process in (p for p in lab.running if pathlib.Path(p.log).exists()):
            report.sections.append((f"log of {process.name}", process.tail(40)))
