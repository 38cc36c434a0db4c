# SPDX-License-Identifier: GPL-2.0-or-later
"""The CLI of l2mcd, alone in a namespace: every line, its `no`, what is shown, what is refused."""
import pathlib
import re
import shutil
import tempfile

import pytest

from lab import BUILD, TOP
from netns import Namespace, Process, Vty, wait_for

MAIN = ("l2vpn l2tp-multicast",)
PROFILE = MAIN + ("profile p",)
LAC = MAIN + ("peer-group lns1 lac",)
LNS = MAIN + ("peer-group lacs lns",)
ACCESS = MAIN + ("access eth1 static",)
MULTICAST = MAIN + ("multicast",)
FIB = MAIN + ("fib",)

# (node, line, how it may also be taken back)
LINES = [
    (MAIN, "host-name lns.example.net", "no host-name"),
    (MAIN, "listen 127.0.0.1", "no listen"),
    (MAIN, "listen 127.0.0.1 port 1702", "no listen"),
    (MAIN, "listen 0.0.0.0 port 1703", "no listen"),
    (MAIN, "session interface external s-%c", "no session interface"),
    (MAIN, "session interface external %h-%d%%", "no session interface"),
    (MAIN, "profile q\n exit", "no profile q"),
    (MAIN, "peer-group x lac\n exit", "no peer-group x"),
    (MAIN, "peer-group x lns\n exit", "no peer-group x lns"),
    (MAIN, "access eth9 static\n exit", "no access eth9"),
    (PROFILE, "hello-interval 0", "no hello-interval"),
    (PROFILE, "receive-window 32768", "no receive-window"),
    (PROFILE, "retransmit retries 7 timeout 2 maximum 8", "no retransmit"),
    (PROFILE, "hidden-avps when-secret", "no hidden-avps"),
    (PROFILE, "hidden-avps require", "no hidden-avps"),
    (PROFILE, "data-sequencing deny", "no data-sequencing"),
    (PROFILE, "data-sequencing prefer", "no data-sequencing"),
    (PROFILE, "data-sequencing require", "no data-sequencing"),
    (PROFILE, "session-limit 1", "no session-limit"),
    (LNS, "match host-name lac.example.net", "no match host-name"),
    (LNS, "match address 10.0.0.0/8", "no match address"),
    (LNS, "profile p", "no profile"),
    (LNS, "accept", "no accept"),
    (LNS, "accept maximum-tunnels 65535", "no accept"),
    (LNS, "multicast disable", "no multicast"),
    (LNS, "multicast require", "no multicast"),
    (LNS, "shutdown", "no shutdown"),
    (LAC, "endpoint 192.0.2.1", "no endpoint 192.0.2.1"),
    (LAC, "endpoint 192.0.2.1 preference 65535", "no endpoint 192.0.2.1"),
    (LAC, "endpoint 192.0.2.1 source 127.0.0.1", "no endpoint 192.0.2.1"),
    (LAC, "endpoint 192.0.2.1 preference 5 source 127.0.0.1", "no endpoint 192.0.2.1"),
    (LAC, "denylist 0", "no denylist"),
    (LAC, "profile p", "no profile"),
    (LAC, "multicast disable", "no multicast"),
    (LAC, "shutdown", "no shutdown"),
    (ACCESS, "peer-group lns1", "no peer-group"),
    (MULTICAST, "upstream-interface mc9", "no upstream-interface"),
    (MULTICAST, "upstream-address 10.98.0.9/29", "no upstream-address"),
    (MULTICAST, "group-range 232.0.0.0/8", "no group-range 232.0.0.0/8"),
    (MULTICAST, "group-range ff3e::/32", "no group-range ff3e::/32"),
    (MULTICAST, "replication-context per-group", "no replication-context"),
    (MULTICAST, "threshold 5", "no threshold"),
    (MULTICAST, "threshold 5 teardown 3", "no threshold"),
    (MULTICAST, "threshold 2 teardown 2", "no threshold"),
    (MULTICAST, "holdtime 0", "no holdtime"),
    (MULTICAST, "acknowledgement-wait 0", "no acknowledgement-wait"),
    (MULTICAST, "maximum-bps 4294967295", "no maximum-bps"),
    (MULTICAST, "immediate-leave", "no immediate-leave"),
    (MULTICAST, "maximum-groups 20 per-session", "no maximum-groups"),
    (MULTICAST, "maximum-sessions 65535 per-tunnel", "no maximum-sessions"),
    (MULTICAST, "maximum-joins 100000 per-second", "no maximum-joins"),
    (MULTICAST, "querier interval 10", "no querier interval"),
    (MULTICAST, "querier robustness 3", "no querier robustness"),
    (MULTICAST, "querier last-member-interval 5", "no querier last-member-interval"),
    (MULTICAST, "querier version 2", "no querier version"),
    (FIB, "endpoint ipc://{run}/other.fib", "no endpoint"),
    (FIB, "security none", "no security"),
    (FIB, "security curve server-key-file /k allow-file /a", "no security curve"),
    (FIB, "heartbeat 100 misses 10", "no heartbeat"),
    (FIB, "hold-on-loss 0", "no hold-on-loss"),
    (FIB, "restart-time 0", "no restart-time"),
    (FIB, "require-ack", "no require-ack"),
]

# what a new daemon does; typing it changes nothing
DEFAULTS = [
    (MAIN, "listen 0.0.0.0"), (MAIN, "listen 0.0.0.0 port 1701"),
    (PROFILE, "hello-interval 60"), (PROFILE, "receive-window 16"),
    (PROFILE, "retransmit retries 5 timeout 1 maximum 16"), (PROFILE, "hidden-avps never"),
    (PROFILE, "data-sequencing allow"), (PROFILE, "session-limit 65535"),
    (LAC, "denylist 60"), (LAC, "multicast negotiate"),
    (MULTICAST, "membership source session"), (MULTICAST, "upstream-interface l2mc0"),
    (MULTICAST, "upstream-address 10.99.0.1/30"), (MULTICAST, "replication-context per-source"),
    (MULTICAST, "threshold 2"), (MULTICAST, "threshold 2 teardown 0"), (MULTICAST, "holdtime 10"),
    (MULTICAST, "acknowledgement-wait 200"),
    (MULTICAST, "querier interval 125"), (MULTICAST, "querier robustness 2"),
    (MULTICAST, "querier last-member-interval 10"), (MULTICAST, "querier version 3"),
    (FIB, "heartbeat 1000 misses 3"), (FIB, "hold-on-loss 300"), (FIB, "restart-time 120"),
]

LONG = "x" * 64
# (node, line, what the answer names)
REFUSED = [
    (MAIN, f"host-name {LONG}", LONG), (MAIN, "listen 224.0.0.1", "224.0.0.1"),
    (MAIN, "session interface external eth0", "eth0"),
    (MAIN, "session interface external s-%x%d", "s-%x%d"),
    (MAIN, "session interface external s-%h", "s-%h"),
    (MAIN, "session interface external a/%d", "a/%d"),
    (MAIN, f"session interface external {'y' * 31}%d", "yyy"),
    (MAIN, f"profile {LONG}", LONG), (MAIN, f"peer-group {LONG} lac", LONG),
    (MAIN, "peer-group lns1 lns", "'lns1' has role lac"),
    (MAIN, "no profile used", "'used' is used by peer-group 'lacs'"),
    (MAIN, "no peer-group lns1", "'lns1' is used by access 'eth2'"),
    (MAIN, "access a/b static", "a/b"), (MAIN, "access interface-name-16 static", "name-16"),
    (PROFILE, "retransmit retries 5 timeout 9 maximum 8", "'9'"),
    (LNS, f"match host-name {LONG}", LONG), (LNS, "profile nowhere", "unknown profile 'nowhere'"),
    (LNS, "endpoint 192.0.2.1", "'endpoint' is for role lac"),
    (LNS, "denylist 3", "'denylist' is for role lac"),
    (LNS, f"secret 0 {'s' * 256}", "255"), (LNS, "secret 8 0G", "secret 8"),
    (LNS, "secret 8 ABC", "secret 8"),
    (LAC, "match address 10.0.0.0/8", "'match' is for role lns"),
    (LAC, "accept", "'accept' is for role lns"),
    (LAC, "endpoint 239.1.1.1", "239.1.1.1"), (LAC, "endpoint 0.0.0.0", "0.0.0.0"),
    (LAC, "endpoint 192.0.2.9 source 239.1.1.1", "239.1.1.1"),
    (ACCESS, "peer-group nowhere", "unknown peer-group 'nowhere'"),
    (ACCESS, "peer-group lacs", "'lacs' has role lns"),
    (MULTICAST, "upstream-interface a/b", "a/b"),
    (MULTICAST, "upstream-address 10.99.0.2/30", "10.99.0.2/30"),
    (MULTICAST, "upstream-address 10.99.0.0/24", "10.99.0.0/24"),
    (MULTICAST, "upstream-address 10.99.0.1/31", "10.99.0.1/31"),
    (MULTICAST, "group-range 10.0.0.0/8", "10.0.0.0/8"),
    (MULTICAST, "group-range 224.0.0.0/3", "224.0.0.0/3"),
    (MULTICAST, "group-range 2001:db8::/32", "2001:db8::/32"),
    (MULTICAST, "threshold 2 teardown 3", "teardown '3'"),
    (FIB, "endpoint udp://10.0.0.1:5", "udp://10.0.0.1:5"),
    (FIB, "endpoint ipc://relative", "ipc://relative"),
    (FIB, "endpoint tcp://10.0.0.1", "tcp://10.0.0.1"),
    (FIB, "endpoint tcp://10.0.0.1:0", "tcp://10.0.0.1:0"),
    (FIB, "endpoint tcp://localhost:5", "tcp://localhost:5"),
    (FIB, "endpoint tcp://127.0.0.1:5", "needs 'security'"),
    # out of range: the parser's own answer, with the whole line
    (PROFILE, "hello-interval 3601", "hello-interval 3601"),
    (PROFILE, "retransmit retries 5 timeout 1 maximum 7", "maximum 7"),
    (MULTICAST, "threshold 0", "threshold 0"), (MULTICAST, "querier version 1", "version 1"),
]

SHOWS = [
    "l2tp", "l2tp tunnel", "l2tp tunnel 7", "l2tp tunnel host-name x", "l2tp tunnel detail",
    "l2tp tunnel address 10.0.0.1 detail", "l2tp session", "l2tp session tunnel 7",
    "l2tp session tunnel 7 9 detail", "l2tp session 9", "l2tp reliable", "l2tp reliable 7",
    "l2tp multicast", "l2tp multicast group", "l2tp multicast group 232.1.1.1",
    "l2tp multicast group 232.1.1.1 10.0.0.1 tunnel 7", "l2tp multicast group ff3e::1",
    "l2tp multicast record", "l2tp multicast record tunnel 7 232.1.1.1",
    "l2tp multicast session", "l2tp multicast session tunnel 7 detail", "l2tp history",
    "l2tp history tunnel 7 session 9", "l2tp statistics", "fib consumer", "fib consumer detail",
    "fib consumer x", "fib entry", "fib entry l2tp-flow", "fib entry access-session detail",
    "fib statistics",
]


class Daemon:
    """l2mcd with files of its own; `running` is for the report of a failure."""

    def __init__(self):
        self.ns = Namespace("cli")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mc-cli-"))
        shutil.chown(self.dir, "frr", "frr")
        self.vty = Vty(str(self.dir / "l2mcd.vty"))
        self.running = []

    def start(self, config):
        path = self.dir / "l2mcd.conf"
        path.write_text(config)
        shutil.chown(path, "frr", "frr")
        self.process = Process("l2mcd", self.ns.words([
            str(BUILD / "l2mcd/l2mcd"), "-f", str(path), "-i", str(self.dir / "l2mcd.pid"),
            "-z", str(self.dir / "zserv.api"), "--vty_socket", str(self.dir), "-P", "0",
            "--log", "stdout"]), self.dir / "l2mcd.log")
        self.running = [self.process]
        wait_for(lambda: self.vty.alive() or not self.process.running(), 20, "l2mcd answers")
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
        return (self.dir / "l2mcd.log").read_text(errors="replace")

    def config(self):
        """Our part of the running configuration."""
        lines = self.vty.show("show running-config").splitlines()
        debug = [x for x in lines if x.startswith("debug ")]
        if MAIN[0] not in lines:
            return debug
        start = lines.index(MAIN[0])
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
        self.accepted((), "no l2vpn l2tp-multicast")
        for node in (PROFILE, LAC, LNS, ACCESS, MULTICAST, FIB):
            self.accepted(node)


@pytest.fixture(scope="module")
def daemon():
    d = Daemon()
    try:
        d.start("")
        yield d
    finally:
        d.close()


@pytest.fixture
def fresh(daemon):
    daemon.reset()
    return daemon


@pytest.mark.parametrize("node,line,short", LINES, ids=[x[1].split("\n")[0] for x in LINES])
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
    for no in ("no " + line.split("\n")[0], short):
        fresh.accepted(node, no)
        assert fresh.config() == before
        fresh.accepted(node, no)
        assert fresh.config() == before
        fresh.accepted(node, line)
        assert fresh.config() == after


@pytest.mark.parametrize("node,line", DEFAULTS, ids=[x[1] for x in DEFAULTS])
def test_a_default_is_not_shown(fresh, node, line):
    before = fresh.config()
    fresh.accepted(node, line)
    assert fresh.config() == before
    fresh.accepted(node, "no " + line)
    assert fresh.config() == before


@pytest.mark.parametrize("node,line,named", REFUSED, ids=[x[1][:40] for x in REFUSED])
def test_a_wrong_line_changes_nothing_and_the_answer_names_what_is_wrong(fresh, node, line, named):
    fresh.accepted(MAIN, "profile used")
    fresh.accepted(LNS, "profile used")
    fresh.accepted(MAIN + ("access eth2 static",), "peer-group lns1")
    before = fresh.config()
    text, status = fresh.type(node, line)[0]
    assert status != 0 and text.startswith("%") and named in text
    assert fresh.config() == before


WHOLE = """\
debug l2tp events
debug l2tp packets
debug l2tp packets hex
debug l2tp gmp
l2vpn l2tp-multicast
 host-name lns1
 listen 127.0.0.1 port 1702
 profile p
  hello-interval 0
  receive-window 4
  retransmit retries 7 timeout 2 maximum 30
  hidden-avps when-secret
  data-sequencing require
  session-limit 100
 exit
 peer-group lacs lns
  match host-name lac1
  match address 10.0.0.0/8
  secret 8 1D4F5B04363120
  profile p
  accept maximum-tunnels 8
  multicast require
  shutdown
 exit
 peer-group lns1 lac
  secret 8 1D4F5B04363120
  endpoint 192.0.2.2
  endpoint 192.0.2.3 preference 5
  endpoint 192.0.2.1 preference 5 source 127.0.0.1
  denylist 3
  multicast disable
 exit
 access eth1 static
  peer-group lns1
 exit
 access eth2 static
 exit
 session interface external s-%h-%d
 multicast
  upstream-interface mc9
  upstream-address 10.98.0.9/29
  group-range 239.0.0.0/8
  group-range 232.0.0.0/8
  group-range ff3e::/32
  replication-context per-group
  threshold 5 teardown 3
  holdtime 0
  acknowledgement-wait 50
  maximum-bps 4000000
  immediate-leave
  maximum-groups 20 per-session
  maximum-sessions 30 per-tunnel
  maximum-joins 40 per-second
  querier interval 60
  querier robustness 3
  querier last-member-interval 5
  querier version 2
 exit
 fib
  security none
  endpoint tcp://127.0.0.1:5005
  heartbeat 500 misses 4
  hold-on-loss 0
  restart-time 30
  require-ack
 exit
exit
"""


def test_the_running_configuration_reloads_to_itself(daemon):
    daemon.restart(WHOLE)
    assert daemon.config() == WHOLE.splitlines()
    daemon.restart("\n".join(daemon.config()) + "\n")
    assert daemon.config() == WHOLE.splitlines()
    daemon.restart("")
    assert daemon.config() == []


def test_nothing_is_left_allocated_at_the_end(daemon):
    daemon.restart(WHOLE)
    daemon.accepted((), "debug memstats-at-exit")
    for what in SHOWS:
        daemon.vty.show("show " + what)
    mark = len(daemon.log())
    daemon.restart("")
    left = [x for x in daemon.log()[mark:].splitlines() if "memstats:" in x]
    assert [x for x in left if "log file target" not in x] == []


def test_endpoints_keep_the_order_in_which_they_are_tried(fresh):
    fresh.accepted(LAC, "endpoint 192.0.2.3 preference 9", "endpoint 192.0.2.2",
                   "endpoint 192.0.2.1 preference 9")
    lines = [x.strip() for x in fresh.config() if "endpoint" in x]
    assert lines == ["endpoint 192.0.2.2", "endpoint 192.0.2.3 preference 9",
                     "endpoint 192.0.2.1 preference 9"]


def test_a_secret_is_never_shown(fresh):
    fresh.accepted(LNS, "secret 0 s3cret")
    shown = [x.strip() for x in fresh.config() if "secret" in x]
    assert shown == ["secret 8 472990B5D9FB"]  # saved configurations stay readable
    assert "s3cret" not in fresh.vty.show("show running-config")
    before = fresh.config()
    fresh.accepted(LNS, "no secret")
    assert not [x for x in fresh.config() if "secret" in x]
    fresh.accepted(LNS, shown[0])
    assert fresh.config() == before
    fresh.accepted(LNS, "no " + shown[0], "no secret")
    # the answer to a wrong form does not repeat what was typed
    text, status = fresh.type(LNS, "secret 8 nothex")[0]
    assert status == 13 and "nothex" not in text


def test_tcp_needs_security_as_long_as_it_is_there(fresh):
    fresh.accepted(FIB, "security none", "endpoint tcp://127.0.0.1:5005")
    before = fresh.config()
    text, status = fresh.type(FIB, "no security none")[0]
    assert status == 13 and "tcp://127.0.0.1:5005" in text and fresh.config() == before
    fresh.accepted(FIB, "no endpoint", "no security none")


def test_no_of_a_node_brings_back_its_defaults(fresh):
    before = fresh.config()
    fresh.accepted(MULTICAST, "threshold 9", "group-range 239.0.0.0/8", "querier version 2")
    fresh.accepted(FIB, "require-ack", "hold-on-loss 1")
    fresh.accepted(MAIN, "no multicast", "no fib")
    assert fresh.config() == before
    fresh.accepted((), "no l2vpn l2tp-multicast")
    assert fresh.config() == []


@pytest.mark.parametrize("what", ["events", "packets", "fsm", "gmp", "multicast", "zebra", "fib"])
def test_debug_lines_are_configuration(fresh, what):
    fresh.accepted((), f"debug l2tp {what}")
    assert f"debug l2tp {what}" in fresh.config()
    assert "debugging is on" in fresh.vty.show("show debugging")
    fresh.accepted((), f"no debug l2tp {what}")
    assert not [x for x in fresh.config() if x.startswith("debug")]
    # in enable mode it is for the moment
    fresh.vty.show(f"debug l2tp {what}")
    assert "debugging is on" in fresh.vty.show("show debugging l2tp")
    assert not [x for x in fresh.config() if x.startswith("debug")]
    fresh.vty.show(f"no debug l2tp {what}")
    assert "debugging is on" not in fresh.vty.show("show debugging")


def test_debug_packets_hex_includes_packets(fresh):
    fresh.accepted((), "debug l2tp packets hex")
    assert fresh.config()[:2] == ["debug l2tp packets", "debug l2tp packets hex"]
    fresh.accepted((), "no debug l2tp packets hex")
    assert fresh.config()[0] == "debug l2tp packets"
    fresh.accepted((), "debug l2tp packets hex", "no debug l2tp packets")
    assert not [x for x in fresh.config() if x.startswith("debug")]


@pytest.mark.parametrize("what", SHOWS)
def test_a_show_command_answers_text_and_one_json_object(fresh, what):
    text = fresh.vty.show("show " + what)
    assert text and not text.startswith("%")
    answer = fresh.vty.json("show " + what)
    assert isinstance(answer, dict)
    camel = re.compile(r"[a-z][a-zA-Z0-9]*|(l2tp|p2mp)-\w+|access-session|[A-Z]+|[a-z ]+")
    todo = [answer]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            assert all(camel.fullmatch(k) for k in value), list(value)
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def test_an_empty_listing_is_an_empty_object(fresh):
    for what in ("l2tp tunnel", "l2tp session", "l2tp reliable", "l2tp multicast group",
                 "l2tp multicast record", "l2tp multicast session", "fib consumer", "fib entry"):
        assert fresh.vty.json("show " + what) == {}


def test_the_daemon_says_what_it_is(fresh):
    fresh.accepted(MAIN, "host-name lns7", "listen 127.0.0.1 port 1705")
    wait_for(lambda: fresh.vty.json("show l2tp")["listening"], 5, "l2mcd listens")
    answer = fresh.vty.json("show l2tp")
    assert (answer["hostName"], answer["listenPort"]) == ("lns7", 1705)
    assert answer["upTimeMsec"] > 0 and re.fullmatch(r"\d\d:\d\d:\d\d", answer["upTime"])
    text = fresh.vty.show("show l2tp")
    assert "lns7" in text and "127.0.0.1:1705" in text


def test_an_address_that_is_not_ours_is_told(fresh):
    fresh.accepted(MAIN, "listen 192.0.2.77")
    wait_for(lambda: "listenError" in fresh.vty.json("show l2tp"), 5, "an error")
    assert fresh.vty.json("show l2tp")["listening"] is False


# W4045-3
MSRP = "c802001c 22224001 00070006 00080000 00000018 80080000 000e3001"


def test_decode_reads_hexadecimal_with_and_without_blanks(fresh):
    text = fresh.vty.show("test l2tp decode " + MSRP)
    assert "MSRP" in text and "0x4001" in text and "0x3001" in text
    assert fresh.vty.show("test l2tp decode " + MSRP.replace(" ", "").upper()) == text


@pytest.mark.parametrize("word", ["c80", "c8 0x00", "zz"])
def test_decode_names_what_is_not_hexadecimal(fresh, word):
    text, status = fresh.vty.commands("test l2tp decode " + word)[0]
    assert status == 1 and f"'{word.split()[-1]}'" in text


@pytest.mark.parametrize("what,named", [
    ("l2tp tunnel 7", "tunnel '7'"), ("l2tp session tunnel 7 9", "tunnel '7'"),
    ("l2tp session tunnel 7 all", "tunnel '7'"), ("l2tp multicast session tunnel 7 9", "tunnel '7'"),
    ("fib consumer x", "consumer 'x'"),
])
def test_clear_names_what_is_unknown(fresh, what, named):
    text, status = fresh.vty.commands("clear " + what)[0]
    assert status == 1 and f"unknown {named}" in text


def test_clear_all_of_nothing_is_no_error(fresh):
    for what in ("l2tp tunnel all", "l2tp statistics", "fib consumer all"):
        fresh.vty.show("clear " + what)


def test_every_word_has_a_help_text(daemon):
    # libfrr complains in the log about words without help and help without words
    assert "docstring" not in daemon.log()


NODES = [((), "Operational commands"), (MAIN, "``l2vpn l2tp-multicast``"),
         (PROFILE, "``profile NAME``"), (LNS, "``peer-group NAME <lac|lns>``"),
         (ACCESS, "``access IFNAME static``"), (MULTICAST, "``multicast``"), (FIB, "``fib``")]


def documented(section):
    """Commands of a section of the reference: lines that are one literal."""
    text = (TOP / "doc/user/cli.rst").read_text()
    found, inside = set(), False
    lines = text.splitlines()
    for line, below in zip(lines, lines[1:] + [""]):
        if below and set(below) <= set("=-"):
            inside = line == section
        elif inside and (m := re.fullmatch(r"``(.*)``", line)):
            found.add(m.group(1))
    return found


@pytest.mark.parametrize("node,section", NODES, ids=[x[1] for x in NODES])
def test_the_reference_has_every_command_and_no_other(fresh, node, section):
    if node:
        lines = fresh.type(node, "list")[0][0].splitlines()
        common = set(fresh.type((), "list")[0][0].splitlines())
        ours = {x.strip() for x in lines if x not in common and not x.startswith("    write")}
        ours -= {"show running-config", "show"}
    else:
        lines = fresh.vty.show("list").splitlines()
        ours = {x.strip() for x in lines if re.search(r"\b(l2tp|fib)\b", x)}
    if not any("curve" in x for x in ours):
        ours |= {x for x in documented(section) if "curve" in x}
    assert documented(section) == ours
