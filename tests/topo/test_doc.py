# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab of doc/user/first-lab.rst is typed as it stands there."""
import os
import re
import subprocess

from lab import TOP

NAMESPACES = ("src", "lns", "lac", "sub1", "sub2", "far")


def blocks(page):
    """The sh blocks of a page, without their indentation."""
    found = re.findall(r"^\.\. code-block:: sh\n\n((?:   .*\n|\n)+)", page, re.M)
    return ["\n".join(line[3:] for line in block.splitlines()) for block in found]


def script(tmp_path):
    """All blocks as one script, in namespaces and a folder of our own; cleans up at its end."""
    text = "\n".join(blocks((TOP / "doc/user/first-lab.rst").read_text()))
    pid = os.getpid()
    text = text.replace("/tmp/first-lab", str(tmp_path / "lab"))
    # the names of the page are in use when somebody types along on this machine
    text = text.replace("ip netns add $n", f"ip netns add mcdoc-$n-{pid}")
    text = text.replace("ip netns del $n", f"ip netns del mcdoc-$n-{pid}")
    text = re.sub(r"/run/netns/(\$\w)", rf"/run/netns/mcdoc-\1-{pid}", text)
    text = text.replace("netns $3", f"netns mcdoc-$3-{pid}")
    return "set -e\n" + text


def test_the_page_works_as_typed(tmp_path):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    run = subprocess.run(["timeout", "90", "bash", "-c", script(tmp_path)], cwd=TOP, check=False,
                         stdin=subprocess.DEVNULL, capture_output=True, text=True)
    try:
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
        results = [line for line in run.stdout.splitlines() if '"received"' in line]
        assert len(results) == 2
        assert all('"lost": 0' in r and '"duplicated": 0' in r for r in results)
    finally:
        for name in NAMESPACES:
            subprocess.run(["ip", "netns", "del", f"mcdoc-{name}-{os.getpid()}"], check=False,
                           capture_output=True)
        for pid_file in (tmp_path / "lab").glob("*/*.pid"):
            subprocess.run(["kill", "-9", pid_file.read_text().strip()], check=False,
                           capture_output=True)
