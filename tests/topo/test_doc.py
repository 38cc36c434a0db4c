# SPDX-License-Identifier: GPL-2.0-or-later
"""The labs of doc/user are typed as they stand there, and say what is printed there."""
import contextlib
import json
import os
import pathlib
import re
import subprocess

import pytest

from lab import FRR_MAJOR, TOP
from netns import PATIENCE, wait_for


def blocks(page, kind):
    """The code blocks of a page, without their indentation."""
    found = re.findall(rf"^\.\. code-block:: {kind}\n\n((?:   .*\n|\n)+)", page, re.M)
    return ["\n".join(line[3:] for line in block.splitlines()) for block in found]


def read(page, folder):
    """The page, in namespaces and a folder of our own: its names are in use when somebody types
    along on this machine."""
    pid = os.getpid()
    text = (TOP / "doc/user" / f"{page}.rst").read_text().replace(f"/tmp/{page}", str(folder))
    text = re.sub(r"ip netns (add|del) \$n", rf"ip netns \1 mcdoc-$n-{pid}", text)
    text = re.sub(r"/run/netns/(\$\w)", rf"/run/netns/mcdoc-\1-{pid}", text)
    return text.replace("netns $3", f"netns mcdoc-$3-{pid}")


def marked(mark):
    """Processes with our mark in their environment, which a child inherits."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(path.parent.joinpath("cmdline").read_bytes().split(b"\0")[0])
    return found


@contextlib.contextmanager
def typed(page, tmp_path, seconds):
    """What a shell says to all sh blocks of the page; removes what they left."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    text, run = read(page, tmp_path / "lab"), None
    try:
        log = tmp_path / "log"  # not a pipe: what runs in the background would keep it open
        with open(log, "w") as out:
            run = subprocess.run(
                ["timeout", str(seconds * PATIENCE), "bash", "-ec", "\n".join(blocks(text, "sh"))],
                cwd=TOP, check=False, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, "MCAST_DOC": str(tmp_path)})
        assert run.returncode == 0, log.read_text()[-6000:]
        wait_for(lambda: not marked(f"MCAST_DOC={tmp_path}"), 15, "no process of the page is left")
        yield text, log.read_text()
    finally:
        with contextlib.suppress(FileNotFoundError):  # it did not come that far
            (tmp_path / "lab/stop").touch()
        # watchfrr before those it would start again; a page that came to its end left nobody
        left = (tmp_path / "lab").glob("**/*.pid") if not run or run.returncode else ()
        for pid_file in sorted(left, key=lambda f: f.stem != "watchfrr"):
            subprocess.run(["kill", "-9", pid_file.read_text().strip()], check=False,
                           capture_output=True)
        for name in re.search(r"^   for n in (.*); do$", text, re.M)[1].split():
            subprocess.run(["ip", "netns", "del", f"mcdoc-{name}-{os.getpid()}"], check=False,
                           capture_output=True)


@pytest.mark.timeout(240)
def test_the_first_lab_works_as_typed(tmp_path):
    with typed("first-lab", tmp_path, 180) as (_, said):
        results = [line for line in said.splitlines() if '"received"' in line]
        assert len(results) == 2
        assert all('"lost": 0' in r and '"duplicated": 0' in r for r in results)


def essence(line):
    """A line without numbers, which differ from run to run, and spaces."""
    return " ".join(re.sub(r"\d+", "N", line).replace("/var/run/", "/run/").split())


def answers(said):
    """Command line with its prompt -> the lines of all its answers."""
    found, command = {None: set()}, None
    for line in said.splitlines():
        command = line if re.match(r"\w+# ", line) else command
        for key in (command, None):
            found.setdefault(key, set()).add(essence(line))
    return found


@pytest.mark.timeout(300)
def test_the_mpls_guide_works_as_typed_and_shows_what_is_said(tmp_path):
    with typed("mpls-guide", tmp_path, 240) as (page, said):
        found = answers(said)
        for block in blocks(page, "text"):
            head, *lines = block.splitlines()
            if FRR_MAJOR >= 10 and "# show ip " in head:
                continue  # the words of FRR 8.4
            answer = found[head if "# " in head else None]
            missing = [line for line in (head, *lines) if essence(line) not in answer]
            assert not missing, "\n".join([head, *missing, "is not in:", *sorted(answer)])
        failed, other = [json.loads(line)["232.1.1.1"] for line in said.splitlines()
                         if '"last"' in line]
        assert failed["lost"] < 1000 and not failed["duplicated"]
        assert not other["lost"] and not other["duplicated"]


def test_the_limits_tell_which_protocols_trees_are_carried():
    """F3353-3.8-1"""
    text = (TOP / "doc/user/limits.rst").read_text()
    for protocol in ("PIM-SSM", "PIM-SM", "PIM-DM, DVMRP", "BIDIR-PIM, CBT"):
        assert re.search(rf"^{protocol}  +\w", text, re.M), protocol
