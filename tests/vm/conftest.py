# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's settings hold for the tests in the machine, too."""
import pathlib
import sys

TOPO = pathlib.Path(__file__).resolve().parents[1] / "topo"
sys.path.insert(0, str(TOPO))
sys.path.insert(0, str(TOPO.parent))
from topo.conftest import *  # noqa: E402,F401,F403
