# SPDX-License-Identifier: GPL-2.0-or-later
"""What every daemon's CLI must do, as tests: a test module says which daemon and which lines.

The module imports these tests and fixtures and has CLI (a Cli) and the tables LINES, DEFAULTS,
REFUSED, SHOWS, LISTINGS, DEBUG, UNKNOWN, CLEARS, WHOLE, DECODE, SECRET, RESETS and NODES.
"""
import dataclasses
import pathlib
import re
import shutil
import tempfile

import pytest

from lab import BUILD, TOP
from netns import Namespace, Process, Vty, wait_for

LONG = "x" * 64


@dataclasses.dataclass
class Cli:
    name: str       # of the daemon
    program: str    # below the build directory
    top: str        # the line of its node
    debug: str      # "debug l2tp"
    tag: str        # of the namespace
    nodes: tuple    # all nodes, made before each test
    operational: str  # pattern of the operational commands its reference has


def fib_tables(main):
    """The lines of the node `fib`, the same in every daemon: (LINES, DEFAULTS, REFUSED)."""
    fib = main + ("fib",)
    lines = [
        ("endpoint ipc://{run}/other.fib", "no endpoint"), ("security none", "no security"),
        ("security curve server-key-file /k allow-file /a", "no security curve"),
        ("heartbeat 100 misses 10", "no heartbeat"), ("hold-on-loss 0", "no hold-on-loss"),
        ("activity-interval 100", "no activity-interval"),
        ("restart-time 0", "no restart-time"), ("require-ack", "no require-ack"),
    ]
    defaults = ["heartbeat 1000 misses 3", "activity-interval 10000", "hold-on-loss 300", "restart-time 120"]
    refused = [
        ("endpoint udp://10.0.0.1:5", "udp://10.0.0.1:5"),
        ("endpoint ipc://relative", "ipc://relative"),
        ("endpoint tcp://10.0.0.1", "tcp://10.0.0.1"),
        ("endpoint tcp://10.0.0.1:0", "tcp://10.0.0.1:0"),
        ("endpoint tcp://localhost:5", "tcp://localhost:5"),
        ("endpoint tcp://127.0.0.1:5", "needs 'security'"),
    ]
    return ([(fib, *x) for x in lines], [(fib, x) for x in defaults],
            [(fib, *x) for x in refused])


FIB_SHOWS = ["fib consumer", "fib consumer detail", "fib consumer x", "fib entry",
             "fib entry l2tp-flow", "fib entry p2mp-ilm detail", "fib statistics"]


class Daemon:
    """A daemon with files of its own; `running` is for the report of a failure."""

    def __init__(self, cli):
        self.cli = cli
        self.ns = Namespace(cli.tag)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"mc-{cli.tag}-"))
        shutil.chown(self.dir, "frr", "frr")
        self.vty = Vty(str(self.dir / f"{cli.name}.vty"))
        self.running = []

    def start(self, config):
        name = self.cli.name
        path = self.dir / f"{name}.conf"
        path.write_text(config)
        shutil.chown(path, "frr", "frr")
        self.process = Process(name, self.ns.words([
            str(BUILD / self.cli.program), "-f", str(path), "-i", str(self.dir / f"{name}.pid"),
            "-z", str(self.dir / "zserv.api"), "--vty_socket", str(self.dir), "-P", "0",
            "--log", "stdout"]), self.dir / f"{name}.log")
        self.running = [self.process]
        wait_for(lambda: self.vty.alive() or not self.process.running(), 20, f"{name} answers")
        assert self.process.running(), self.process.tail()

    def restart(self, config):
        assert self.process.kill(15) == 0, self.process.tail()
        self.start(config)

    def close(self):
        if self.process.running():
            self.process.kill(15)
        self.ns.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        return (self.dir / f"{self.cli.name}.log").read_text(errors="replace")

    def config(self):
        """Our part of the running configuration."""
        lines = self.vty.show("show running-config").splitlines()
        debug = [x for x in lines if x.startswith("debug ")]
        if self.cli.top not in lines:
            return debug
        start = lines.index(self.cli.top)
        return debug + lines[start:lines.index("exit", start) + 1]

    def type(self, node, *lines):
        """Types lines in a node; returns [(text, status)] of these lines."""
        lines = [x.strip() for line in lines for x in line.split("\n")]
        before = ("configure terminal", *node)
        answers = self.vty.commands(*before, *lines, "end")
        for word, (text, status) in zip(before, answers):
            assert status == 0, (word, text)
        return answers[len(before):-1]

    def accepted(self, node, *lines):
        for text, status in self.type(node, *lines):
            assert (text, status) == ("", 0)

    def reset(self):
        """Every node exists, with defaults."""
        self.accepted((), "no " + self.cli.top)
        for node in self.cli.nodes:
            self.accepted(node)


@pytest.fixture(scope="module")
def daemon(request):
    d = Daemon(request.module.CLI)
    try:
        d.start("")
        yield d
    finally:
        d.close()


@pytest.fixture
def fresh(daemon):
    daemon.reset()
    return daemon


def pytest_generate_tests(metafunc):
    """Parameters are rows of the module's tables."""
    def rows(names, table, label=lambda row: row):
        if set(names.split(",")) <= set(metafunc.fixturenames):
            metafunc.parametrize(names, table, ids=[str(label(x))[:60] for x in table])

    module = metafunc.module
    test = metafunc.function.__name__
    if test == "test_a_line_is_shown_once_and_no_takes_it_back":
        rows("node,line,short", module.LINES, lambda x: x[1].split("\n")[0])
    elif test == "test_a_default_is_not_shown":
        rows("node,line", module.DEFAULTS, lambda x: x[1])
    elif test == "test_a_wrong_line_changes_nothing_and_the_answer_names_what_is_wrong":
        rows("node,line,named", module.REFUSED, lambda x: x[1])
    elif test == "test_debug_lines_are_configuration":
        rows("word", module.DEBUG)
    elif test == "test_a_show_command_answers_text_and_one_json_object":
        rows("what", module.SHOWS)
    elif test == "test_clear_names_what_is_unknown":
        rows("what,named", module.UNKNOWN, lambda x: x[0])
    elif test == "test_the_reference_has_every_command_and_no_other":
        rows("node,section,file", module.NODES, lambda x: x[1])


def negated(line):
    return line[3:] if line.startswith("no ") else "no " + line


# ---------------------------------------------------------------- configuration


def test_a_line_is_shown_once_and_no_takes_it_back(fresh, node, line, short):
    line = line.format(run=fresh.dir)
    shown = " " * len(node) + line.split("\n")[0]
    before = fresh.config()
    if fresh.type(node, line)[0][1] == 2 and "curve" in line:
        pytest.skip("this libzmq has no CURVE")
    after = fresh.config()
    assert after.count(shown) == 1
    fresh.accepted(node, line)  # frr-reload says it twice
    assert fresh.config() == after
    for no in (negated(line.split("\n")[0]), short):
        fresh.accepted(node, no)
        assert fresh.config() == before
        fresh.accepted(node, no)
        assert fresh.config() == before
        fresh.accepted(node, line)
        assert fresh.config() == after


def test_a_default_is_not_shown(fresh, node, line):
    before = fresh.config()
    fresh.accepted(node, line)
    assert fresh.config() == before
    fresh.accepted(node, "no " + line)
    assert fresh.config() == before


def test_a_wrong_line_changes_nothing_and_the_answer_names_what_is_wrong(
        fresh, request, node, line, named):
    if hasattr(request.module, "prepare_refused"):
        request.module.prepare_refused(fresh)
    before = fresh.config()
    text, status = fresh.type(node, line)[0]
    assert status != 0 and text.startswith("%") and named in text
    assert fresh.config() == before


def test_the_running_configuration_reloads_to_itself(daemon, request):
    whole = request.module.WHOLE
    daemon.restart(whole)
    assert daemon.config() == whole.splitlines()
    daemon.restart("\n".join(daemon.config()) + "\n")
    assert daemon.config() == whole.splitlines()
    daemon.restart("")
    assert daemon.config() == []


def test_nothing_is_left_allocated_at_the_end(daemon, request):
    daemon.restart(request.module.WHOLE)
    daemon.accepted((), "debug memstats-at-exit")
    for what in request.module.SHOWS:
        daemon.vty.show("show " + what)
        daemon.vty.json("show " + what)
    mark = len(daemon.log())
    daemon.restart("")
    left = [x for x in daemon.log()[mark:].splitlines() if "memstats:" in x]
    assert [x for x in left if "log file target" not in x] == []


def test_a_secret_is_never_shown(fresh, request):
    node, words = request.module.SECRET
    fresh.accepted(node, f"{words} 0 s3cret")
    shown = [x.strip() for x in fresh.config() if words in x]
    assert shown == [f"{words} 8 472990B5D9FB"]  # saved configurations stay readable
    assert "s3cret" not in fresh.vty.show("show running-config")
    before = fresh.config()
    fresh.accepted(node, "no " + words)
    assert not [x for x in fresh.config() if words in x]
    fresh.accepted(node, shown[0])
    assert fresh.config() == before
    fresh.accepted(node, "no " + shown[0], "no " + words)
    # the answer to a wrong form does not repeat what was typed
    text, status = fresh.type(node, f"{words} 8 nothex")[0]
    assert status == 13 and "nothex" not in text


def test_tcp_needs_security_as_long_as_it_is_there(fresh):
    node = (fresh.cli.top, "fib")
    fresh.accepted(node, "security none", "endpoint tcp://127.0.0.1:5005")
    before = fresh.config()
    text, status = fresh.type(node, "no security none")[0]
    assert status == 13 and "tcp://127.0.0.1:5005" in text and fresh.config() == before
    fresh.accepted(node, "no endpoint", "no security none")


def test_no_of_a_node_brings_back_its_defaults(fresh, request):
    before = fresh.config()
    for node, *lines in request.module.RESETS:
        fresh.accepted(node, *lines)
        assert fresh.config() != before
        fresh.accepted(node[:-1], "no " + node[-1])
        fresh.accepted(node)
        assert fresh.config() == before
    fresh.accepted((), "no " + fresh.cli.top)
    assert fresh.config() == []


# ---------------------------------------------------------------- debug, show, clear


def test_debug_lines_are_configuration(fresh, word):
    line = f"{fresh.cli.debug} {word}"
    fresh.accepted((), line)
    assert line in fresh.config()
    assert "debugging is on" in fresh.vty.show("show debugging")
    fresh.accepted((), "no " + line)
    assert not [x for x in fresh.config() if x.startswith("debug")]
    # in enable mode it is for the moment
    fresh.vty.show(line)
    assert "debugging is on" in fresh.vty.show("show debugging " + fresh.cli.debug[6:])
    assert not [x for x in fresh.config() if x.startswith("debug")]
    fresh.vty.show("no " + line)
    assert "debugging is on" not in fresh.vty.show("show debugging")


# camelCase; where a key is a name of a value (table, state, message) that name
KEY = re.compile(r"[a-z][a-zA-Z0-9]*|[a-z0-9]+(-[a-z0-9]+)+|[A-Z]+|[A-Za-z ]+")


def test_a_show_command_answers_text_and_one_json_object(fresh, what):
    text = fresh.vty.show("show " + what)
    assert text and not text.startswith("%")
    answer = fresh.vty.json("show " + what)
    assert isinstance(answer, dict)
    todo = [answer]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            assert all(KEY.fullmatch(k) for k in value), list(value)
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def test_an_empty_listing_is_an_empty_object(fresh, request):
    for what in (*request.module.LISTINGS, "fib consumer", "fib entry"):
        assert fresh.vty.json("show " + what) == {}


def test_clear_names_what_is_unknown(fresh, what, named):
    text, status = fresh.vty.commands("clear " + what)[0]
    assert status == 1 and f"unknown {named}" in text


def test_clear_all_of_nothing_is_no_error(fresh, request):
    for what in (*request.module.CLEARS, "fib consumer all"):
        fresh.vty.show("clear " + what)


# ---------------------------------------------------------------- the offline decoder


def test_decode_reads_hexadecimal_with_and_without_blanks(fresh, request):
    command, octets, words = request.module.DECODE
    text = fresh.vty.show(f"test {command} {octets}")
    assert all(word in text for word in words)
    assert fresh.vty.show(f"test {command} {octets.replace(' ', '').upper()}") == text


@pytest.mark.parametrize("word", ["c80", "c8 0x00", "zz"])
def test_decode_names_what_is_not_hexadecimal(fresh, request, word):
    text, status = fresh.vty.commands(f"test {request.module.DECODE[0]} {word}")[0]
    assert status == 1 and f"'{word.split()[-1]}'" in text


# ---------------------------------------------------------------- help and reference


def test_every_word_has_a_help_text(daemon):
    # libfrr complains in the log about words without help and help without words
    assert "docstring" not in daemon.log()


def documented(section, file):
    """Commands of a section of the reference: lines that are one literal."""
    text = (TOP / "doc/user" / file).read_text()
    found, inside = set(), False
    lines = text.splitlines()
    for line, below in zip(lines, lines[1:] + [""]):
        if below and set(below) <= set("=-"):
            inside = line == section
        elif inside and (m := re.fullmatch(r"``(.*)``", line)):
            found.add(m.group(1))
    return found


def test_the_reference_has_every_command_and_no_other(fresh, node, section, file):
    if node:
        lines = fresh.type(node, "list")[0][0].splitlines()
        common = set(fresh.type((), "list")[0][0].splitlines())
        ours = {x.strip() for x in lines if x not in common and not x.startswith("    write")}
        ours -= {"show running-config", "show"}
    else:
        lines = fresh.vty.show("list").splitlines()
        ours = {x.strip() for x in lines if re.search(fresh.cli.operational, x)}
    if not any("curve" in x for x in ours):
        ours |= {x for x in documented(section, file) if "curve" in x}
    assert documented(section, file) == ours
