# SPDX-License-Identifier: GPL-2.0-or-later
"""The CLI of mplsmcd, alone in a namespace: every line, its `no`, what is shown and refused."""
import re
import subprocess

from cli import *  # noqa: F401,F403 - tests and fixtures of every CLI
from cli import FIB_SHOWS, LONG, Cli, fib_tables
from netns import wait_for

MAIN = ("mpls ldp-multicast",)
INTERFACE = MAIN + ("interface eth1",)
TREE = MAIN + ("tree t root 10.0.0.1 lsp-id 1",)
FIB = MAIN + ("fib",)
FIB_LINES, FIB_DEFAULTS, FIB_REFUSED = fib_tables(MAIN)

CLI = Cli(name="mplsmcd", program="mplsmc/mplsmcd", top=MAIN[0], debug="debug mpls multicast",
          tag="mcli", nodes=(INTERFACE, TREE, FIB), operational=r"\bmpls multicast\b")

# (node, line, how it may also be taken back)
LINES = [
    (MAIN, "router-id 10.0.0.1", "no router-id"),
    (MAIN, "transport-address 10.0.0.2", "no transport-address"),
    (MAIN, "label range 16 1048575", "no label range"),
    (MAIN, "label range 100 100", "no label range"),
    (MAIN, "discovery hello holdtime 65535", "no discovery hello holdtime"),
    (MAIN, "session holdtime 15", "no session holdtime"),
    (MAIN, "neighbor 10.0.0.9 password 8 52759C", "no neighbor 10.0.0.9 password"),
    (MAIN, "no capability make-before-break", "capability make-before-break"),
    (MAIN, "capability upstream-label", "no capability upstream-label"),
    (MAIN, "lan-hash sum", "no lan-hash"),
    (MAIN, "make-before-break delay 600000", "no make-before-break delay"),
    (MAIN, "make-before-break timeout 1", "no make-before-break timeout"),  # A-mLDP-25
    (MAIN, "make-before-break timeout 300", "no make-before-break timeout"),
    (MAIN, "root 10.0.0.0/8 10.0.0.1", "no root 10.0.0.0/8"),
    (MAIN, "root 2001:db8::/32 10.0.0.1", "no root 2001:db8::/32"),
    # M3353-2..4: each trigger is valid with labels that come unsolicited, or on demand
    (MAIN, "label-distribution upstream-on-demand", "no label-distribution"),
    (MAIN, "trigger topology", "no trigger"), (MAIN, "trigger traffic", "no trigger"),
    (MAIN, "trigger traffic rate 4294967295", "no trigger"),
    (MAIN, "trigger traffic idle 4294967", "no trigger"),
    (MAIN, "trigger traffic rate 1 idle 1", "no trigger"),
    (MAIN, "root 10.0.0.1 wildcard source", "no root 10.0.0.1 wildcard"),
    (MAIN, "root 10.0.0.1 wildcard group", "no root 10.0.0.1 wildcard source"),
    (MAIN, "root 10.0.0.1 wildcard both", "no root 10.0.0.1 wildcard"),
    (MAIN, "rp 10.0.0.3 239.0.0.0/8", "no rp 10.0.0.9 239.0.0.0/8"),
    (MAIN, "rp 2001:db8::3 ff3e::/16", "no rp 2001:db8::3 ff3e::/16"),
    (MAIN, "root 10.0.0.1 next-hop 10.0.0.2", "no root 10.0.0.1 next-hop"),
    (MAIN, "coexistence layer3", "no coexistence"),
    (MAIN, "ttl pipe", "no ttl"),
    (MAIN, "maximum-branches 1024", "no maximum-branches"),
    (MAIN, "maximum-lsps 1000000", "no maximum-lsps"),
    (MAIN, "maximum-lsps-per-neighbor 1000000", "no maximum-lsps-per-neighbor"),
    (MAIN, "upstream-interface mc9", "no upstream-interface"),
    (MAIN, "upstream-address 198.18.0.9/29", "no upstream-address"),
    (MAIN, "shared-tree-interface mc8", "no shared-tree-interface"),
    (MAIN, "shared-tree-address 198.18.0.17/29", "no shared-tree-address"),
    (MAIN, "interface eth9\n exit", "no interface eth9"),
    (MAIN, "tree u root 10.0.0.1 lsp-id 4294967295\n exit", "no tree u"),
    (MAIN, "map 239.0.0.0/8 none", "no map 239.0.0.0/8"),
    (MAIN, "map ff3e::/32 in-band", "no map ff3e::/32"),
    (INTERFACE, "no multicast-traffic", "multicast-traffic"),
    (TREE, "next-hop 10.0.0.2", "no next-hop"),
    (TREE, "leaf group 239.1.1.1", "no leaf group 239.1.1.1"),
    (TREE, "leaf group 232.1.1.1 source 10.1.1.1", "no leaf group 232.1.1.1 source 10.1.1.1"),
    (TREE, "leaf group ff3e::1 source 2001:db8::1", "no leaf group ff3e::1 source 2001:db8::1"),
    *FIB_LINES,
]

# what a new daemon does; typing it changes nothing
DEFAULTS = [
    (MAIN, "discovery hello holdtime 15"), (MAIN, "session holdtime 180"),
    (MAIN, "make-before-break delay 0"), (MAIN, "make-before-break timeout 30"),
    (MAIN, "lan-hash crc32"),
    (MAIN, "trigger request"),
    (MAIN, "label-distribution downstream-unsolicited"), (MAIN, "coexistence source-trees-only"),
    (MAIN, "ttl uniform"), (MAIN, "maximum-branches 127"), (MAIN, "upstream-interface mplsmc0"),
    (MAIN, "upstream-address 198.18.0.1/30"), (MAIN, "shared-tree-address 198.18.0.5/30"),
    *FIB_DEFAULTS,
]

# (node, line, what the answer names)
REFUSED = [
    (MAIN, "router-id 224.0.0.1", "224.0.0.1"), (MAIN, "router-id 0.0.0.0", "0.0.0.0"),
    (MAIN, "transport-address 239.1.1.1", "239.1.1.1"),
    (MAIN, "label range 200 100", "label '200'"),
    (MAIN, "neighbor 224.0.0.1 password x", "224.0.0.1"),
    (MAIN, "neighbor 0.0.0.0 password 0 x", "0.0.0.0"),
    (MAIN, f"neighbor 10.0.0.9 password {'s' * 81}", "80"),
    (MAIN, f"neighbor 10.0.0.9 password 0 {'s' * 81}", "80"),
    (MAIN, "neighbor 10.0.0.9 password 8 0G", "password 8"),
    (MAIN, "neighbor 10.0.0.9 password 8 ABC", "password 8"),
    (MAIN, "root 239.0.0.0/8 10.0.0.1", "239.0.0.0/8"),
    (MAIN, "root 10.0.0.0/8 239.1.1.1", "239.1.1.1"),
    (MAIN, "root 10.0.0.0/8 0.0.0.0", "0.0.0.0"),
    (MAIN, "root 239.1.1.1 wildcard source", "239.1.1.1"),
    (MAIN, "rp 10.0.0.3 10.0.0.0/8", "10.0.0.0/8"), (MAIN, "rp 239.1.1.1 239.0.0.0/8", "239.1.1.1"),
    (MAIN, "rp 0.0.0.0 239.0.0.0/8", "0.0.0.0"), (MAIN, "rp ff3e::1 ff3e::/16", "ff3e::1"),
    (MAIN, "rp 10.0.0.3 ff3e::/16", "10.0.0.3"),
    (MAIN, "root 239.1.1.1 next-hop 10.0.0.1", "239.1.1.1"),
    (MAIN, "root 10.0.0.1 next-hop 0.0.0.0", "0.0.0.0"),
    (MAIN, "upstream-interface a/b", "a/b"),
    (MAIN, "upstream-address 198.18.0.2/30", "198.18.0.2/30"),
    (MAIN, "upstream-address 198.18.0.1/31", "198.18.0.1/31"),
    (MAIN, "shared-tree-interface a/b", "a/b"), (MAIN, "shared-tree-interface mplsmc0", "mplsmc0"),
    (MAIN, "shared-tree-address 198.18.0.2/30", "198.18.0.2/30"),
    (MAIN, "interface a/b", "a/b"), (MAIN, "interface interface-name-16", "name-16"),
    (MAIN, f"tree {LONG} root 10.0.0.1 lsp-id 2", LONG),
    (MAIN, "tree u root 239.1.1.1 lsp-id 2", "239.1.1.1"),
    (MAIN, "tree u root 10.0.0.1 lsp-id 1", "is used by tree 't'"),
    (MAIN, "map 10.0.0.0/8 none", "10.0.0.0/8"), (MAIN, "map 224.0.0.0/3 none", "224.0.0.0/3"),
    (MAIN, "map 2001:db8::/32 none", "2001:db8::/32"),
    (TREE, "next-hop 0.0.0.0", "0.0.0.0"), (TREE, "next-hop 239.1.1.1", "239.1.1.1"),
    (TREE, "leaf group 10.0.0.1", "10.0.0.1"), (TREE, "leaf group 224.0.0.5", "224.0.0.5"),
    (TREE, "leaf group 239.1.1.1 source 239.1.1.2", "239.1.1.2"),
    (TREE, "leaf group 239.1.1.1 source 2001:db8::1", "2001:db8::1"),
    *FIB_REFUSED,
    # out of range: the parser's own answer, with the whole line
    (MAIN, "make-before-break timeout 0", "timeout 0"),
    (MAIN, "make-before-break timeout 301", "timeout 301"),
    (MAIN, "label range 15 100", "label range 15"), (MAIN, "session holdtime 14", "holdtime 14"),
    (MAIN, "discovery hello holdtime 2", "holdtime 2"), (MAIN, "maximum-branches 0", "branches 0"),
    (MAIN, "trigger topology rate 5", "rate 5"), (MAIN, "trigger traffic rate 0", "rate 0"),
    (MAIN, "trigger traffic idle 4294968", "idle 4294968"),
    (MAIN, "tree u root 10.0.0.1 lsp-id 0", "lsp-id 0"),
]

SHOWS = [
    "mpls multicast", "mpls multicast neighbor", "mpls multicast neighbor 10.0.0.1",
    "mpls multicast neighbor detail", "mpls multicast neighbor 10.0.0.1 detail",
    "mpls multicast database", "mpls multicast database detail",
    "mpls multicast database root 10.0.0.1 group 232.1.1.1 10.1.1.1 detail",
    "mpls multicast database group ff3e::1", "mpls multicast mapping",
    "mpls multicast mapping group 232.1.1.1", "mpls multicast mapping group ff3e::1 2001:db8::1",
    "mpls multicast root", "mpls multicast root 10.0.0.1", "mpls multicast count",
    "mpls multicast history", "mpls multicast statistics", *FIB_SHOWS,
]
LISTINGS = ["mpls multicast neighbor", "mpls multicast mapping", "mpls multicast database",
            "mpls multicast root"]
DEBUG = ["discovery", "session", "messages", "labels", "tree", "rpf", "mapping", "fib", "zebra"]
UNKNOWN = [("mpls multicast neighbor 10.0.0.1", "neighbor '10.0.0.1'"),
           ("mpls multicast neighbor 0.0.0.0", "neighbor '0.0.0.0'"),
           ("mpls multicast lsp root 10.9.9.9", "root '10.9.9.9'"),
           ("mpls multicast lsp root 0.0.0.0", "root '0.0.0.0'"),
           ("fib consumer x", "consumer 'x'")]
CLEARS = ["mpls multicast neighbor all", "mpls multicast lsp all", "mpls multicast statistics"]
# a Hello of 1.1.1.1:0, and a KeepAlive in the same PDU
DECODE = ("mpls multicast decode",
          "0001 0022 01010101 0000  0100 0014 00000001 0400 0004 000f 0000 0401 0004 01010101"
          " 0201 0004 00000002", ("1.1.1.1:0", "Hello", "KeepAlive", "15"))
SECRET = (MAIN, "neighbor 10.0.0.9 password")
RESETS = [(INTERFACE, "no multicast-traffic"),
          (TREE, "next-hop 10.0.0.2", "leaf group 239.1.1.1"),
          (FIB, "require-ack", "hold-on-loss 1")]
NODES = [((), "Operational commands", "mpls-cli.rst"),
         (MAIN, "``mpls ldp-multicast``", "mpls-cli.rst"),
         (INTERFACE, "``interface IFNAME``", "mpls-cli.rst"),
         (TREE, "``tree NAME root A.B.C.D lsp-id (1-4294967295)``", "mpls-cli.rst"),
         (FIB, "``fib``", "cli.rst")]

WHOLE = """\
debug mpls multicast messages
debug mpls multicast mapping
mpls ldp-multicast
 router-id 10.0.0.1
 transport-address 127.0.0.1
 label range 1000 1999
 discovery hello holdtime 30
 session holdtime 40
 neighbor 10.0.0.8 password 8 472990B5D9FB
 neighbor 10.0.0.9 password 8 52759C
 no capability make-before-break
 capability upstream-label
 lan-hash sum
 make-before-break delay 250
 make-before-break timeout 20
 root 2001:db8::/32 10.0.0.2
 root 10.1.0.0/16 10.0.0.3
 root 10.0.0.0/8 10.0.0.2
 root 10.0.0.2 wildcard both
 root 10.0.0.3 wildcard source
 root 10.0.0.4 wildcard group
 rp 2001:db8::3 ff3e::/32
 rp 10.0.0.5 239.1.0.0/16
 rp 10.0.0.4 224.0.0.0/4
 trigger traffic rate 64 idle 30
 label-distribution upstream-on-demand
 coexistence layer3
 ttl pipe
 maximum-branches 9
 maximum-lsps 10
 maximum-lsps-per-neighbor 11
 upstream-interface mc9
 upstream-address 198.18.0.9/29
 shared-tree-interface mc8
 shared-tree-address 198.18.0.17/29
 interface eth1
 exit
 interface eth2
  no multicast-traffic
 exit
 tree t root 10.0.0.2 lsp-id 7
  next-hop 10.0.0.3
  leaf group 239.1.1.1
  leaf group 232.1.1.1 source 10.1.1.1
 exit
 tree u root 10.0.0.2 lsp-id 8
 exit
 map ff3e::/32 none
 map 239.1.0.0/16 in-band
 map 239.0.0.0/8 none
 fib
  security none
  endpoint tcp://127.0.0.1:5006
  heartbeat 500 misses 4
  activity-interval 2000
  hold-on-loss 0
  restart-time 30
  require-ack
 exit
exit
"""


def test_a_password_without_a_form_is_the_password_itself(fresh):
    fresh.accepted(MAIN, "neighbor 10.0.0.9 password s3cret")
    assert " neighbor 10.0.0.9 password 8 472990B5D9FB" in fresh.config()
    fresh.accepted(MAIN, "no neighbor 10.0.0.9 password s3cret")
    assert not [x for x in fresh.config() if "neighbor" in x]


def test_the_longest_prefix_of_map_comes_first_however_they_were_typed(fresh):
    fresh.accepted(MAIN, "map 239.0.0.0/8 none", "map 239.1.1.0/24 none", "map 239.1.0.0/16 in-band",
                   "map 238.0.0.0/8 none")
    assert [x.split()[1] for x in fresh.config() if x.startswith(" map")] == [
        "239.1.1.0/24", "239.1.0.0/16", "238.0.0.0/8", "239.0.0.0/8"]


def test_shared_trees_and_all_trees_have_interfaces_of_their_own(fresh):
    fresh.accepted(MAIN, "shared-tree-interface mc8")
    (text, status), = fresh.type(MAIN, "upstream-interface mc8")
    assert status and "'mc8' is the interface of shared trees" in text
    fresh.accepted(MAIN, "no shared-tree-interface", "upstream-interface mc8")


def test_a_tree_of_the_same_name_moves_to_another_root(fresh):
    fresh.accepted(TREE, "next-hop 10.0.0.2")
    fresh.accepted(MAIN + ("tree t root 10.0.0.5 lsp-id 9",))
    lines = [x for x in fresh.config() if "tree" in x or "next-hop" in x]
    assert lines == [" tree t root 10.0.0.5 lsp-id 9", "  next-hop 10.0.0.2"]


def test_the_daemon_says_what_it_is_and_why_it_does_not_run(fresh):
    answer = fresh.vty.json("show mpls multicast")
    assert answer["running"] is False and answer["whyNot"] == "no router id"
    assert "no router id" in fresh.vty.show("show mpls multicast")
    fresh.accepted(MAIN, "router-id 10.0.0.7", "transport-address 127.0.0.1",
                   "label range 1000 1099")
    wait_for(lambda: fresh.vty.json("show mpls multicast")["running"], 5, "LDP runs")
    answer = fresh.vty.json("show mpls multicast")
    assert answer["routerId"] == "10.0.0.7" and answer["transportAddress"] == "127.0.0.1"
    assert answer["labels"] == {"used": 0, "total": 100, "source": "configured"}
    assert answer["pim"]["interface"] == "mplsmc0" and answer["pim"]["present"]
    assert answer["upTimeMsec"] > 0 and re.fullmatch(r"\d\d:\d\d:\d\d", answer["upTime"])
    fresh.accepted((), "no mpls ldp-multicast")
    wait_for(lambda: not fresh.vty.json("show mpls multicast")["running"], 5, "LDP stops")
    assert fresh.vty.json("show mpls multicast")["whyNot"] == "not configured"


def test_a_static_tree_and_configured_roots_are_shown(fresh):
    fresh.accepted(MAIN, "root 10.1.0.0/16 10.0.0.5", "root 2001:db8::/32 10.0.0.5")
    fresh.accepted(TREE, "next-hop 10.0.0.2", "leaf group 239.1.1.1")
    wait_for(lambda: fresh.vty.json("show mpls multicast database"), 5, "the LSP of the tree")
    lsp, = fresh.vty.json("show mpls multicast database root 10.0.0.1 detail")["lsps"]
    assert (lsp["type"], lsp["root"], lsp["opaqueType"], lsp["lspId"]) == ("P2MP", "10.0.0.1", 1, 1)
    assert (lsp["role"], lsp["state"], lsp["branches"]) == ("unused", "no-route", [])
    assert lsp["opaqueHex"] == "01000400000001"
    assert "LSP  P2MP  root 10.0.0.1  opaque generic 1 (type 1)" in fresh.vty.show(
        "show mpls multicast database")
    assert fresh.vty.json("show mpls multicast database root 10.0.0.2") == {}
    assert fresh.vty.json("show mpls multicast database group 239.1.1.1") == {}
    roots = {x["root"]: x for x in fresh.vty.json("show mpls multicast root")["roots"]}
    assert roots["10.0.0.5"]["configuredFor"] == ["2001:db8::/32", "10.1.0.0/16"]
    assert (roots["10.0.0.5"]["lsps"], roots["10.0.0.1"]["lsps"]) == (0, 1)
    count = fresh.vty.json("show mpls multicast count")
    assert count["lsps"] == count["roles"]["unused"] == count["states"]["no-route"] == 1


def test_clear_statistics_sets_the_counters_to_0(fresh):
    fresh.accepted(MAIN, "router-id 10.0.0.7", "transport-address 127.0.0.1")
    wait_for(lambda: fresh.vty.json("show mpls multicast")["running"], 5, "LDP runs")
    stranger = "import socket; socket.create_connection(('127.0.0.1', 646), 5).recv(1)"
    subprocess.run(fresh.ns.words(["/usr/bin/python3", "-c", stranger]), check=True, timeout=20)
    counters = fresh.vty.json("show mpls multicast statistics")
    assert counters["sockets"]["tcpRefused"] == counters["ldp"]["refusedConnections"] == 1
    fresh.vty.show("clear mpls multicast statistics")
    counters = fresh.vty.json("show mpls multicast statistics")
    assert not any(x for key in ("sockets", "ldp", "mldp", "mapping", "pim")
                   for x in counters[key].values())
