# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: source -- LNS (stock zebra and pimd, l2mcd, mcfibd) == tunnel == LAC -- subscribers.

    src --10.1.0.0/24-- lns --10.0.12.0/24-- lac --a1-- sub1
                                                 --a2-- sub2 ...

Every box is a network namespace.  A subscriber's PPP session is a netdev at the LNS, named by
the template of `session interface external`: s-a1 belongs to the subscriber behind a1.
"""
import ipaddress
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import json

import netns
from netns import LabError, Namespace, Process, Vty, veth, wait_for

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MCAST_BUILD", TOP / "build/default"))
MODULE = BUILD / "pimd/pimd_mcast.so"
FRR = pathlib.Path("/usr/lib/frr")
FRR_MAJOR = int(re.search(r"version (\d+)", netns.sh([str(FRR / "zebra"), "--version"]))[1])
PYTHON = "/usr/bin/python3"

SOURCE, LNS_UP, RP = "10.1.0.2", "10.1.0.1", "10.255.0.1"
LNS_CORE, LAC_CORE = "10.0.12.1", "10.0.12.2"
SESSION_LOCAL = "100.64.0.1"
SSM_GROUP, ASM_GROUP = "232.1.1.1", "239.1.1.1"

# facts of pimd 8.4: `ip pim` before `ip igmp`, passive on the interface to l2mcd, fast leaves
PIMD_CONF = f"""\
hostname lns
ip pim rp {RP} 239.0.0.0/8
interface lo
 ip pim
 ip pim passive
!
interface up0
 ip pim
 ip pim passive
!
interface l2mc0
 ip pim
 ip pim passive
 ip igmp
 ip igmp last-member-query-count 1
 ip igmp last-member-query-interval 1
!
"""

# membership source pimd: `ip igmp` only, and pimd is as quick about leaves as l2mcd is
SESSION_IGMP = """\
interface s-a{n}
 ip igmp
 ip igmp last-member-query-count 1
 ip igmp last-member-query-interval 1
!
"""

# a dead peer is noticed after 1 + 1 + 2 + 4 seconds
LNS_CONF = """\
hostname lns
l2vpn l2tp-multicast
 host-name lns
 profile fast
  hello-interval 1
  retransmit {retransmit}
 exit
 peer-group LACS lns
  profile fast
  match address 0.0.0.0/0
  secret 0 s3cret
  accept
  multicast {negotiate}
 exit
 session interface external s-%c
 multicast
  membership source {membership}
  upstream-interface l2mc0
  threshold {threshold}
 exit
 fib
  endpoint {endpoint}
 exit
exit
"""

LAC_CONF = """\
hostname lac
l2vpn l2tp-multicast
 host-name lac
 profile fast
  hello-interval 1
  retransmit {retransmit}
 exit
 peer-group LNS lac
  profile fast
  denylist 1
  endpoint {lns}
  secret 0 s3cret
  multicast {negotiate}
 exit
{access} fib
  endpoint {endpoint}
 exit
exit
"""


STATE_COMMANDS = {
    "l2mcd": ["show l2tp tunnel", "show l2tp session", "show l2tp multicast group", "show l2tp membership",
              "show l2tp multicast session detail", "show fib entry", "show fib consumer",
              "show l2tp history"],
    "mplsmcd": ["show mpls multicast neighbor", "show mpls multicast database detail",
                "show mpls multicast mapping", "show mpls multicast history", "show fib entry"],
    "pimd": ["show ip igmp groups", "show ip mroute", "show ip igmp interface"],
}


class Talker:
    """mc.py in a namespace: one line in, one JSON line out."""

    def __init__(self, name, ns, log, *args, program="mc.py"):
        self.process = Process(name, ns.words([PYTHON, str(TOP / "tests/topo" / program), *args]),
                               log, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def _answer(self):
        line = self.process.popen.stdout.readline()
        if not line:
            raise LabError(f"{self.process.name} ended: {self.process.tail()}")
        value = json.loads(line)
        if "error" in value:
            raise LabError(f"{self.process.name}: {value['error']}")
        return value

    def ask(self, *words):
        self.process.popen.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.popen.stdin.flush()
        return self._answer()


class Router:
    """A namespace with our daemons; each can be started, killed and started again."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.ns = lab.namespace(name)
        self.run = lab.dir / name
        self.run.mkdir()
        shutil.chown(self.run, "frr", "frr")
        self.run.chmod(0o775)
        self.processes = {}
        self.vty = {d: Vty(str(self.run / f"{d}.vty")) for d in ("zebra", "pimd", "l2mcd")}
        self.endpoint = f"ipc://{self.run}/l2mcd.fib"
        self.pimd_conf, self.pimd_options = PIMD_CONF, []

    def write(self, name, text):
        path = self.run / name
        path.write_text(text)
        shutil.chown(path, "frr", "frr")
        return str(path)

    def start(self, name, argv):
        if name in self.processes and self.processes[name].running():
            raise LabError(f"{self.name}: {name} runs already")
        log = self.run / f"{name}.log"
        self.processes[name] = self.lab.process(f"{self.name}/{name}", self.ns.words(argv), log)
        return self.processes[name]

    def start_frr_daemon(self, name, program, config, *more):
        """An FRR daemon with private directories, in the foreground, logging to its log.  mgmtd
        and staticd of FRR 10 have no file of their own (config None), and meet in the run
        directory of the system: each router has another one."""
        (self.run / f"{name}.vty").unlink(missing_ok=True)
        own = ["-f", config] if config else []
        run_dir = [] if config else [
            "unshare", "-m", "sh", "-c",
            'mkdir -p /var/run/frr; mount --bind "$0" /var/run/frr && exec "$@"', str(self.run)]
        process = self.start(name, [
            *run_dir, str(program), *own, "-i", str(self.run / f"{name}.pid"),
            "-z", str(self.run / "zserv.api"), "--vty_socket", str(self.run), "-P", "0",
            "--log", "stdout", "--log-level", "debug", *more])
        wait_for(lambda: self.vty[name].alive() or not process.running(), 20,
                 f"{name} of {self.name} answers")
        if not process.running():
            raise LabError(f"{self.name}: {name} ended:\n{process.tail()}")

    def start_zebra(self):
        """With the netlink buffer that FRR's package gives it: zebra ends when it overruns."""
        self.start_frr_daemon("zebra", FRR / "zebra", self.write("zebra.conf", "hostname z\n"),
                              "-s", "90000000")

    def start_pimd(self):
        self.start_frr_daemon("pimd", FRR / "pimd", self.write("pimd.conf", self.pimd_conf),
                              *self.pimd_options)

    def start_l2mcd(self, config=None):
        """Starts the daemon; config None: with the file it had before."""
        path = str(self.run / "l2mcd.conf") if config is None else self.write("l2mcd.conf", config)
        self.start_frr_daemon("l2mcd", BUILD / "l2mcd/l2mcd", path)

    def start_mcfibd(self):
        process = self.start("mcfibd", [str(BUILD / "mcfibd/mcfibd"), "-e", self.endpoint])
        if self.vty["l2mcd"].alive():
            wait_for(lambda: not process.running() or self.consumers(), 20,
                     f"mcfibd of {self.name} is connected")
        if not process.running():
            raise LabError(f"{self.name}: mcfibd ended:\n{process.tail()}")

    def kill(self, name, sig=signal.SIGKILL):
        return self.processes[name].kill(sig)

    # ---- what the daemon says
    def show(self, what):
        return self.vty["l2mcd"].json("show " + what)

    def consumers(self):
        return [c for c in self.show("fib consumer").get("consumers", [])
                if c.get("state") == "live"]

    def tunnels(self):
        return self.show("l2tp tunnel").get("tunnels", [])

    def sessions(self):
        return self.show("l2tp session").get("sessions", [])

    def multicast_sessions(self):
        return self.show("l2tp multicast session").get("multicastSessions", [])

    def history(self):
        return self.show("l2tp history").get("steps", [])


class Lab:
    """Builds it all on entry, removes it all on exit, whatever happened in between."""

    alive = []  # labs of this process, for whoever has to explain a failure

    def __init__(self, subscribers=5, prefix="mc", negotiate="negotiate", lac_negotiate=None,
                 threshold=2, retransmit="retries 2 timeout 1 maximum 8", membership=None):
        self.membership = membership or os.environ.get("MCAST_MEMBERSHIP", "session")
        self.prefix, self.count, self.threshold = prefix, subscribers, threshold
        self.retransmit = retransmit
        self.negotiate, self.lac_negotiate = negotiate, lac_negotiate or negotiate
        self.namespaces, self.running, self.taps = [], [], []
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"{prefix}-lab-"))
        self.dir.chmod(0o755)

    # ---- bricks
    def namespace(self, name):
        ns = Namespace(f"{self.prefix}-{name}")
        self.namespaces.append(ns)
        return ns

    def process(self, name, argv, log, **popen):
        p = Process(name, argv, log, **popen)
        self.running.append(p)
        return p

    def end(self, process):
        """Ends a process; what is wrong with its end, if it is one of our daemons."""
        ours = process.name.endswith(("/l2mcd", "/mplsmcd", "/mcfibd"))
        if not process.running():
            return f"{process.name} ended by itself:\n{process.tail()}" \
                if ours and not process.stopped else None
        try:
            code = process.kill(signal.SIGTERM)
        except LabError as e:
            return str(e)
        return f"{process.name} ended with {code}:\n{process.tail(60)}" if ours and code else None

    def close(self):
        """Removes everything; returns what the daemons did wrong at their end."""
        if self in Lab.alive:
            Lab.alive.remove(self)
        for tap in self.taps:
            tap.close()
        wrong = [w for w in map(self.end, reversed(self.running)) if w]
        for ns in reversed(self.namespaces):
            ns.close()
        if not os.environ.get("MCAST_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)
        return wrong

    def state(self):
        """What all daemons say of themselves, as [(title, text)]."""
        found = []
        for router in (r for r in vars(self).values() if isinstance(r, Router)):
            for daemon, commands in STATE_COMMANDS.items():
                vty = router.vty.get(daemon)
                for command in commands if vty and vty.alive() else ():
                    try:
                        found.append((f"{router.name} {daemon}: {command}", vty.show(command)))
                    except (OSError, LabError) as e:
                        found.append((f"{router.name} {daemon}: {command}", str(e)))
        return found

    def __enter__(self):
        Lab.alive.append(self)
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, *_):
        wrong = self.close()
        if wrong and kind is None:
            raise LabError("\n".join(wrong))

    # ---- topology
    def build(self):
        self.source = self.namespace("src")
        self.nowhere = self.namespace("nil")  # the other ends of the session interfaces
        self.lns, self.lac = Router(self, "lns"), Router(self, "lac")
        veth(self.source, "eth0", self.lns.ns, "up0")
        self.source.ip(f"addr add {SOURCE}/24 dev eth0")
        self.source.ip(f"route add default via {LNS_UP}")
        self.lns.ns.ip(f"addr add {LNS_UP}/24 dev up0")
        self.lns.ns.ip(f"addr add {RP}/32 dev lo")
        self.lns.ns.sysctl("net.ipv4.ip_forward", 1)
        veth(self.lns.ns, "core0", self.lac.ns, "core0")
        self.lns.ns.ip(f"addr add {LNS_CORE}/24 dev core0")
        self.lac.ns.ip(f"addr add {LAC_CORE}/24 dev core0")
        self.subscribers = [self.subscriber(n) for n in range(1, self.count + 1)]
        if self.membership != "session":
            self.pimd_is_querier()

    def subscriber(self, n):
        """Subscriber n behind interface aN of the LAC, and its session interface at the LNS."""
        ns = self.namespace(f"sub{n}")
        veth(self.lac.ns, f"a{n}", ns, "eth0")
        address = str(ipaddress.ip_address("100.64.0.10") + n)
        ns.ip(f"addr add {address}/32 dev eth0")
        ns.ip(f"route add {SESSION_LOCAL}/32 dev eth0")
        ns.ip(f"route add default via {SESSION_LOCAL} dev eth0")
        # There is no Ethernet neighbour: the LAC carries IP packets, as PPP would.
        ns.ip(f"neigh add {SESSION_LOCAL} lladdr 02:00:00:00:00:01 dev eth0 nud permanent")
        veth(self.lns.ns, f"s-a{n}", self.nowhere, f"x{n}")
        self.lns.ns.ip(f"link set s-a{n} arp off")
        self.lns.ns.ip(f"addr add {SESSION_LOCAL} peer {address}/32 dev s-a{n}")
        return Subscriber(self, n, ns, address)

    def pimd_is_querier(self):
        """membership source pimd: it has IGMP on the session interfaces, and l2mcd's module, or
        tells of IGMP in its log."""
        self.lns.pimd_conf += "".join(SESSION_IGMP.format(n=s.number) for s in self.subscribers)
        if self.membership == "module":
            self.lns.pimd_options = ["-M", f"{MODULE}:sock={self.lns.run}/pimd_mcast.sock"]
        else:
            self.lns.pimd_conf += "debug igmp trace\n"

    # ---- daemons
    def start(self):
        """Everything up: one tunnel, every subscriber's session established."""
        self.start_frr()
        self.start_lns()
        self.start_lac()
        self.wait_established()

    def start_frr(self):
        self.lns.start_zebra()
        self.lns.start_pimd()
        self.lac.start_zebra()

    def start_lns(self):
        self.lns.start_l2mcd(LNS_CONF.format(negotiate=self.negotiate, threshold=self.threshold,
                                             retransmit=self.retransmit,
                                             membership="session" if self.membership == "session"
                                             else "pimd", endpoint=self.lns.endpoint))
        self.lns.start_mcfibd()

    def start_lac(self):
        access = "".join(f" access a{s.number} static\n  peer-group LNS\n exit\n"
                         for s in self.subscribers)
        self.lac.start_l2mcd(LAC_CONF.format(negotiate=self.lac_negotiate, lns=LNS_CORE,
                                             retransmit=self.retransmit, access=access,
                                             endpoint=self.lac.endpoint))
        self.lac.start_mcfibd()

    def wait_established(self, timeout=30):
        """Every subscriber has a session, the agents carry its packets, pimd hears l2mcd."""
        def ready(router):
            return len([s for s in router.sessions() if s["state"] == "established"
                        and s["fib"]["status"] == "installed"]) == self.count
        for router in (self.lns, self.lac):
            wait_for(lambda r=router: ready(r), timeout,
                     f"{self.count} sessions at the {router.name}")
        if self.lns.vty["pimd"].alive():
            wait_for(lambda: self.lns.vty["pimd"].json("show ip igmp interface").get(
                "l2mc0", {}).get("state") == "up", timeout, "IGMP of pimd on l2mc0")

    # ---- traffic
    def sender(self, group, rate=0):
        return Talker(f"sender {group}", self.source, self.dir / "sender.log", "send", group,
                      "--interface", "eth0", "--rate", str(rate))

    def tap(self):
        from tap import TunnelTap
        t = TunnelTap(self.lac.ns, "core0")
        self.taps.append(t)
        return t

    def capture(self, name, interface="core0", ns=None, what="udp port 1701"):
        """tcpdump, at the LAC's side of the tunnel or elsewhere; path of the file it writes."""
        path = self.dir / f"{name}.pcap"
        process = self.process(f"tcpdump {name}", (ns or self.lac.ns).words(
            ["tcpdump", "-i", interface, "-w", str(path), "-U", "--immediate-mode", "-Z", "root",
             what]), self.dir / f"{name}.tcpdump")
        wait_for(lambda: "listening on" in process.tail(), 10, "tcpdump listens")
        return path, process


class Subscriber:
    """A host: joins and leaves by its kernel's IGMP, counts what arrives."""

    def __init__(self, lab, number, ns, address):
        self.lab, self.number, self.ns, self.address = lab, number, ns, address
        self.receiver = None

    def talker(self):
        if not self.receiver:
            self.receiver = Talker(f"sub{self.number}", self.ns, self.lab.dir / "sub.log",
                                   "receive", "--interface", "eth0", "--address", self.address)
            self.lab.running.append(self.receiver.process)
        return self.receiver

    def igmp_version(self, version):
        self.ns.sysctl("net.ipv4.conf.eth0.force_igmp_version", version)

    def join(self, group, source=None):
        self.talker().ask("join", group, *([source] if source else []))

    def leave(self, group, source=None):
        self.talker().ask("leave", group, *([source] if source else []))

    def block(self, group, source):
        self.talker().ask("block", group, source)

    def result(self, group):
        return self.talker().ask("stat").get(group, {"received": 0, "lost": 0, "duplicated": 0})

    def receives(self, group, timeout=15):
        """Waits until packets of the group arrive; returns the result so far."""
        return wait_for(lambda: (lambda r: r if r["received"] else None)(self.result(group)),
                        timeout, f"sub{self.number} receives {group}")

    def ping(self, address):
        return subprocess.run(self.ns.words(["ping", "-c", "1", "-W", "2", address]),
                              capture_output=True, check=False).returncode == 0


__all__ = ["Lab", "LabError", "Router", "Subscriber", "wait_for", "netns", "SOURCE", "SSM_GROUP",
           "ASM_GROUP", "SESSION_LOCAL", "RP", "LNS_CORE", "LAC_CORE"]
