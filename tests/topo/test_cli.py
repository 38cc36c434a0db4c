# SPDX-License-Identifier: GPL-2.0-or-later
"""The CLI of l2mcd, alone in a namespace: every line, its `no`, what is shown, what is refused."""
import re

from cli import *  # noqa: F401,F403 - tests and fixtures of every CLI
from cli import FIB_SHOWS, LONG, Cli, fib_tables
from netns import wait_for

MAIN = ("l2vpn l2tp-multicast",)
PROFILE = MAIN + ("profile p",)
LAC = MAIN + ("peer-group lns1 lac",)
LNS = MAIN + ("peer-group lacs lns",)
ACCESS = MAIN + ("access eth1 static",)
PPPOE = MAIN + ("access eth7 vlan 100 pppoe",)
MULTICAST = MAIN + ("multicast",)
FIB = MAIN + ("fib",)
FIB_LINES, FIB_DEFAULTS, FIB_REFUSED = fib_tables(MAIN)

CLI = Cli(name="l2mcd", program="l2mcd/l2mcd", top=MAIN[0], debug="debug l2tp", tag="cli",
          nodes=(PROFILE, LAC, LNS, ACCESS, PPPOE, MULTICAST, FIB), operational=r"\b(l2tp|fib)\b")

# (node, line, how it may also be taken back)
LINES = [
    (MAIN, "host-name lns.example.net", "no host-name"),
    (MAIN, "listen 127.0.0.1", "no listen"),
    (MAIN, "listen 127.0.0.1 port 1702", "no listen"),
    (MAIN, "listen 0.0.0.0 port 1703", "no listen"),
    (MAIN, "listen ::", "no listen"),
    (MAIN, "listen ::1 port 1704", "no listen"),
    (MAIN, "session interface external s-%c", "no session interface"),
    (MAIN, "session interface external %h-%d%%", "no session interface"),
    (MAIN, "session interface pppd", "no session interface"),
    (MAIN, "ppp options require-chap 10.0.0.1:", "no ppp options"),
    (MAIN, "ppp options connect 'a b'", "no ppp options connect 'a b'"),
    (MAIN, "profile q\n exit", "no profile q"),
    (MAIN, "peer-group x lac\n exit", "no peer-group x"),
    (MAIN, "peer-group x lns\n exit", "no peer-group x lns"),
    (MAIN, "peer-group x both\n exit", "no peer-group x both"),
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
    (PROFILE, "idle-timeout 600", "no idle-timeout"),
    (PROFILE, "proxy-authentication accept", "no proxy-authentication"),
    (LNS, "match host-name lac.example.net", "no match host-name"),
    (LNS, "match address 10.0.0.0/8", "no match address"),
    (LNS, "match address 2001:db8::/32", "no match address"),
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
    (LAC, "endpoint 2001:db8::1 preference 3 source 2001:db8::2", "no endpoint 2001:db8::1"),
    (LAC, "denylist 0", "no denylist"),
    (LAC, "profile p", "no profile"),
    (LAC, "multicast disable", "no multicast"),
    (LAC, "shutdown", "no shutdown"),
    (ACCESS, "peer-group lns1", "no peer-group"),
    (ACCESS, "called-number 0421-42", "no called-number"),
    (MAIN, "access eth9 pppoe\n exit", "no access eth9 pppoe"),
    (MAIN, "access eth9 vlan 4094 pppoe\n exit", "no access eth9 vlan 4094 pppoe"),
    (MAIN, "access eth9 vlan 1 inner 4094 pppoe\n exit", "no access eth9 vlan 1 inner 4094 pppoe"),
    (PPPOE, "peer-group lns1", "no peer-group"),
    (PPPOE, "service-name gold peer-group lns1", "no service-name gold"),
    (PPPOE, "ac-name lac.example.net", "no ac-name"),
    (PPPOE, "maximum-sessions 1", "no maximum-sessions"),
    (PPPOE, "maximum-sessions-per-host 0", "no maximum-sessions-per-host"),
    (PPPOE, "maximum-padi 0", "no maximum-padi"),
    (PPPOE, "data-path none", "no data-path"),
    (MULTICAST, "upstream-interface mc9", "no upstream-interface"),
    (MULTICAST, "membership source pimd", "no membership source"),
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
    (MULTICAST, "packet-size 65535", "no packet-size"),
    (MULTICAST, "osl-mtu strict", "no osl-mtu strict"),
    (MULTICAST, "length-field", "no length-field"),
    (MULTICAST, "immediate-leave", "no immediate-leave"),
    (MULTICAST, "refused-holdoff 1", "no refused-holdoff"),
    (MULTICAST, "nos-retry 10 attempts 0", "no nos-retry"),
    (MULTICAST, "transition-timeout 60000", "no transition-timeout"),
    (MULTICAST, "termination active", "no termination"),
    (MULTICAST, "msi-ack-header lac-id", "no msi-ack-header"),
    (MULTICAST, "member-source exclude", "no member-source"),
    (MULTICAST, "require-traffic", "no require-traffic"),
    (MULTICAST, "idle-timeout 86400", "no idle-timeout"),
    (MULTICAST, "sequencing", "no sequencing"),
    (MULTICAST, "sequencing drop-late", "no sequencing"),
    (MULTICAST, "priority unicast", "no priority"),
    (MULTICAST, "priority multicast", "no priority"),
    (MULTICAST, "priority-precedence global", "no priority-precedence"),
    (MULTICAST, "priority-precedence last-received", "no priority-precedence"),
    (MULTICAST, "priority-precedence none", "no priority-precedence"),
    (MULTICAST, "subscriber s-1 priority best-effort", "no subscriber s-1 priority"),
    (MULTICAST, "subscriber s-1 priority multicast", "no subscriber s-1 priority"),
    (MULTICAST, "maximum-receivers 65535 per-session", "no maximum-receivers"),
    (MULTICAST, "maximum-groups 20 per-session", "no maximum-groups"),
    (MULTICAST, "maximum-sessions 65535 per-tunnel", "no maximum-sessions"),
    (MULTICAST, "maximum-joins 100000 per-second", "no maximum-joins"),
    (MULTICAST, "querier interval 10", "no querier interval"),
    (MULTICAST, "querier robustness 3", "no querier robustness"),
    (MULTICAST, "querier last-member-interval 5", "no querier last-member-interval"),
    (MULTICAST, "querier version 2", "no querier version"),
    *FIB_LINES,
]

# what a new daemon does; typing it changes nothing
DEFAULTS = [
    (MAIN, "listen 0.0.0.0"), (MAIN, "listen 0.0.0.0 port 1701"),
    (PROFILE, "hello-interval 60"), (PROFILE, "receive-window 16"),
    (PROFILE, "retransmit retries 5 timeout 1 maximum 16"), (PROFILE, "hidden-avps never"),
    (PROFILE, "data-sequencing allow"), (PROFILE, "session-limit 65535"),
    (PROFILE, "idle-timeout 0"), (PROFILE, "proxy-authentication ignore"),
    (LAC, "denylist 60"), (LAC, "multicast negotiate"),
    (PPPOE, "maximum-sessions 16384"), (PPPOE, "maximum-sessions-per-host 8"),
    (PPPOE, "maximum-padi 1000"), (PPPOE, "data-path kernel"),
    (MULTICAST, "membership source session"), (MULTICAST, "upstream-interface l2mc0"),
    (MULTICAST, "upstream-address 10.99.0.1/30"), (MULTICAST, "replication-context per-source"),
    (MULTICAST, "threshold 2"), (MULTICAST, "threshold 2 teardown 0"), (MULTICAST, "holdtime 10"),
    (MULTICAST, "acknowledgement-wait 200"), (MULTICAST, "priority best-effort"),
    (MULTICAST, "packet-size 1492"),
    (MULTICAST, "priority-precedence individual"), (MULTICAST, "member-source deny"),
    (MULTICAST, "refused-holdoff 60"), (MULTICAST, "nos-retry 30 attempts 3"),
    (MULTICAST, "transition-timeout 1000"), (MULTICAST, "termination passive"),
    (MULTICAST, "msi-ack-header peer-id"),
    (MULTICAST, "querier interval 125"), (MULTICAST, "querier robustness 2"),
    (MULTICAST, "querier last-member-interval 10"), (MULTICAST, "querier version 3"),
    *FIB_DEFAULTS,
]

# (node, line, what the answer names)
REFUSED = [
    (MAIN, f"host-name {LONG}", LONG), (MAIN, "listen 224.0.0.1", "224.0.0.1"),
    (MAIN, "session interface external eth0", "eth0"),
    (MAIN, "session interface external s-%x%d", "s-%x%d"),
    (MAIN, "session interface external s-%h", "s-%h"),
    (MAIN, "session interface external a/%d", "a/%d"),
    (MAIN, f"session interface external {'y' * 31}%d", "yyy"),
    (MAIN, "ppp options connect 'x", "connect 'x"),
    (MAIN, f"profile {LONG}", LONG), (MAIN, f"peer-group {LONG} lac", LONG),
    (MAIN, "peer-group lns1 lns", "'lns1' has role lac"),
    (MAIN, "peer-group lns1 both", "'lns1' has role lac, not 'both'"),
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
    (LAC, "endpoint 192.0.2.9 source 2001:db8::2", "2001:db8::2"),
    (LAC, "endpoint ff3e::1", "ff3e::1"),
    (MULTICAST, f"subscriber {LONG} priority unicast", LONG),
    (ACCESS, f"called-number {LONG}", LONG),
    (ACCESS, f"proxy-authentication name {LONG} password 0 x", LONG),
    (ACCESS, f"proxy-authentication name x password 0 {'s' * 64}", "63"),
    (ACCESS, "proxy-authentication name x password 8 0G", "password 8"),
    (ACCESS, "peer-group nowhere", "unknown peer-group 'nowhere'"),
    (ACCESS, "peer-group lacs", "'lacs' has role lns"),
    (PPPOE, "peer-group nowhere", "unknown peer-group 'nowhere'"),
    (PPPOE, "service-name x peer-group lacs", "'lacs' has role lns"),
    (PPPOE, f"service-name {LONG} peer-group lns1", LONG), (PPPOE, f"ac-name {LONG}", LONG),
    (MAIN, "access eth1 pppoe", "'eth1' is 'static' already"),
    (MAIN, "access eth3 static", "'eth3' is 'pppoe' already"),
    (MULTICAST, "upstream-interface a/b", "a/b"),
    (MULTICAST, "upstream-address 10.99.0.2/30", "10.99.0.2/30"),
    (MULTICAST, "upstream-address 10.99.0.0/24", "10.99.0.0/24"),
    (MULTICAST, "upstream-address 10.99.0.1/31", "10.99.0.1/31"),
    (MULTICAST, "group-range 10.0.0.0/8", "10.0.0.0/8"),
    (MULTICAST, "group-range 224.0.0.0/3", "224.0.0.0/3"),
    (MULTICAST, "group-range 2001:db8::/32", "2001:db8::/32"),
    (MULTICAST, "threshold 2 teardown 3", "teardown '3'"),
    *FIB_REFUSED,
    # out of range: the parser's own answer, with the whole line
    (PROFILE, "hello-interval 3601", "hello-interval 3601"),
    (PROFILE, "retransmit retries 5 timeout 1 maximum 7", "maximum 7"),
    (MULTICAST, "threshold 0", "threshold 0"), (MULTICAST, "querier version 1", "version 1"),
]

SHOWS = [
    "l2tp", "l2tp tunnel", "l2tp tunnel 7", "l2tp tunnel host-name x", "l2tp tunnel detail",
    "l2tp tunnel address 10.0.0.1 detail", "l2tp tunnel address 2001:db8::1",
    "l2tp session", "l2tp session tunnel 7",
    "l2tp session tunnel 7 9 detail", "l2tp session 9", "l2tp session user x",
    "l2tp reliable", "l2tp reliable 7",
    "l2tp membership", "l2tp multicast", "l2tp multicast group", "l2tp multicast group 232.1.1.1",
    "l2tp multicast group 232.1.1.1 10.0.0.1 tunnel 7", "l2tp multicast group ff3e::1",
    "l2tp multicast record", "l2tp multicast record tunnel 7 232.1.1.1",
    "l2tp multicast context", "l2tp multicast context tunnel 7 232.1.1.1",
    "l2tp multicast session", "l2tp multicast session tunnel 7 detail", "l2tp history",
    "l2tp history tunnel 7 session 9", "l2tp statistics", *FIB_SHOWS,
]


LISTINGS = ["l2tp tunnel", "l2tp session", "l2tp reliable", "l2tp multicast group",
            "l2tp multicast record", "l2tp multicast context", "l2tp multicast session"]
DEBUG = ["events", "packets", "fsm", "gmp", "multicast", "zebra", "fib"]
UNKNOWN = [
    ("l2tp tunnel 7", "tunnel '7'"), ("l2tp session tunnel 7 9", "tunnel '7'"),
    ("l2tp session tunnel 7 all", "tunnel '7'"), ("l2tp multicast session tunnel 7 9", "tunnel '7'"),
    ("fib consumer x", "consumer 'x'"),
]
CLEARS = ["l2tp tunnel all", "l2tp statistics"]
# W4045-3
DECODE = ("l2tp decode", "c802001c 22224001 00070006 00080000 00000018 80080000 000e3001",
          ("MSRP", "0x4001", "0x3001"))
SECRET = (LNS, "secret")
RESETS = [(MULTICAST, "threshold 9", "group-range 239.0.0.0/8", "querier version 2"),
          (FIB, "require-ack", "hold-on-loss 1")]
NODES = [((), "Operational commands", "cli.rst"),
         (MAIN, "``l2vpn l2tp-multicast``", "cli.rst"),
         (PROFILE, "``profile NAME``", "cli.rst"),
         (LNS, "``peer-group NAME <lac|lns|both>``", "cli.rst"),
         (ACCESS, "``access IFNAME static``", "cli.rst"),
         (PPPOE, "``access IFNAME [vlan (1-4094) [inner (1-4094)]] pppoe``", "cli.rst"),
         (MULTICAST, "``multicast``", "cli.rst"), (FIB, "``fib``", "cli.rst")]


def prepare_refused(fresh):
    fresh.accepted(MAIN, "profile used")
    fresh.accepted(LNS, "profile used")
    fresh.accepted(MAIN + ("access eth2 static",), "peer-group lns1")
    fresh.accepted(MAIN, "access eth3 pppoe")


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
  idle-timeout 900
  proxy-authentication accept
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
  called-number 0421-42
  proxy-authentication name alice password 8 1D4F5B04363120
 exit
 access eth2 static
 exit
 access eth3 pppoe
  peer-group lns1
  service-name gold peer-group lns1
  service-name a.b-c peer-group lns1
  ac-name lac9
  maximum-sessions 100
  maximum-sessions-per-host 0
  maximum-padi 50
  data-path none
 exit
 access eth3 vlan 5 pppoe
  peer-group lns1
 exit
 access eth3 vlan 5 inner 6 pppoe
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
  osl-mtu strict
  length-field
  immediate-leave
  maximum-groups 20 per-session
  maximum-sessions 30 per-tunnel
  maximum-joins 40 per-second
  refused-holdoff 5
  nos-retry 10 attempts 0
  transition-timeout 500
  termination active
  msi-ack-header lac-id
  member-source exclude
  require-traffic
  idle-timeout 600
  sequencing drop-late
  priority unicast
  priority-precedence last-received
  subscriber mcs1 priority multicast
  subscriber sub2 priority best-effort
  maximum-receivers 50 per-session
  querier interval 60
  querier robustness 3
  querier last-member-interval 5
  querier version 2
 exit
 fib
  security none
  endpoint tcp://127.0.0.1:5005
  heartbeat 500 misses 4
  activity-interval 2000
  hold-on-loss 0
  restart-time 30
  require-ack
 exit
exit
"""


def test_endpoints_keep_the_order_in_which_they_are_tried(fresh):
    fresh.accepted(LAC, "endpoint 192.0.2.3 preference 9", "endpoint 192.0.2.2",
                   "endpoint 192.0.2.1 preference 9")
    lines = [x.strip() for x in fresh.config() if "endpoint" in x]
    assert lines == ["endpoint 192.0.2.2", "endpoint 192.0.2.3 preference 9",
                     "endpoint 192.0.2.1 preference 9"]


def test_debug_packets_hex_includes_packets(fresh):
    fresh.accepted((), "debug l2tp packets hex")
    assert fresh.config()[:2] == ["debug l2tp packets", "debug l2tp packets hex"]
    fresh.accepted((), "no debug l2tp packets hex")
    assert fresh.config()[0] == "debug l2tp packets"
    fresh.accepted((), "debug l2tp packets hex", "no debug l2tp packets")
    assert not [x for x in fresh.config() if x.startswith("debug")]


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
