# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, processes in them, and FRR's vty socket: the bricks of the lab.

Nothing here waits for time to pass: wait_for() polls a condition and fails loudly when its
bound is reached.  Whatever was started is ended by close(), the last first.
"""
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
# factor for every bound of time, for machines that are emulated
PATIENCE = float(os.environ.get("MCAST_PATIENCE", "1"))
libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab could not be built, or a condition did not come true in its time."""


def sh(command, check=True):
    """Runs a command line (list of words); returns what it printed."""
    r = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                       timeout=60)
    if check and r.returncode:
        raise LabError(f"{' '.join(command)}: {r.stderr.strip() or r.stdout.strip()}")
    return r.stdout


def wait_for(condition, timeout, what):
    """Polls condition() until it returns something true; returns that."""
    timeout *= PATIENCE
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise LabError(f"not within {timeout} s: {what} (last: {value!r})")
        time.sleep(0.05)


class Process:
    """A process the lab started: its log, its end."""

    def __init__(self, name, argv, log, **popen):
        self.name, self.argv, self.log = name, argv, log
        with open(log, "ab") as f:
            self.popen = subprocess.Popen(argv, stderr=f, start_new_session=True,
                                          **{"stdin": subprocess.DEVNULL, "stdout": f, **popen})
        self.pid = self.popen.pid
        self.stopped = False  # by us; else it ended by itself

    def running(self):
        return self.popen.poll() is None

    def kill(self, sig=signal.SIGKILL):
        """Sends the signal and waits for the end of the process; its exit code."""
        if self.running():
            self.stopped = True
            self.popen.send_signal(sig)
        try:
            return self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(10)
            raise LabError(f"{self.name} did not end on signal {sig}") from None

    def tail(self, n=30):
        try:
            with open(self.log, errors="replace") as f:
                return "".join(f.readlines()[-n:])
        except FileNotFoundError:
            return "(the lab and its logs are gone)"


class Namespace:
    """One network namespace; deleting it deletes its interfaces.  Its name carries our PID, so
    that two runs do not meet."""

    def __init__(self, name):
        self.name = f"{name}-{os.getpid()}"
        self.path = f"/run/netns/{self.name}"
        sh(["ip", "netns", "add", self.name])
        try:
            self._prepare()
        except LabError:
            self.close()
            raise

    def _prepare(self):
        self.ip("link set lo up")
        # What is sent is what the lab sends: no neighbour discovery on the links.
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        self.sysctl("net.ipv4.conf.all.rp_filter", 0)
        self.sysctl("net.ipv4.conf.default.rp_filter", 0)

    def words(self, argv):
        # not "ip netns exec": that hides the bpf file system of the caller
        return ["nsenter", f"--net={self.path}", "--", *argv]

    def run(self, *argv, check=True):
        return sh(self.words(argv), check)

    def ip(self, line):
        return self.run("ip", *line.split())

    def sysctl(self, key, value):
        self.run("sysctl", "-qw", f"{key}={value}")

    @contextlib.contextmanager
    def inside(self):
        """For sockets of this process: it is in the namespace while the block runs."""
        old = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        new = os.open(self.path, os.O_RDONLY)
        try:
            if libc.setns(new, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), self.path)
            yield
        finally:
            libc.setns(old, CLONE_NEWNET)
            os.close(new)
            os.close(old)

    def close(self):
        sh(["ip", "netns", "del", self.name], check=False)


def veth(ns_a, name_a, ns_b, name_b):
    """A cable between two namespaces, both ends up."""
    ns_a.ip(f"link add {name_a} type veth peer name {name_b} netns {ns_b.name}")
    for ns, name in ((ns_a, name_a), (ns_b, name_b)):
        # checksums are computed, so that captures and eBPF see what a wire would carry
        ns.run("ethtool", "-K", name, "tx", "off", check=False)
        ns.ip(f"link set {name} up")


# Classic BPF: drops (TC_ACT_SHOT, 2) a packet whose random number is below the limit.  Kernels
# that know no netem know cls_bpf, which the agent needs, too.
LOSS = "4,32 0 0 4294963256,53 1 0 {limit},6 0 0 2,6 0 0 4294967295"
LOSS_PREF = 49000  # behind everything else on the interface


def loss(ns, interface, share):
    """From now on `share` (0..1) of what the interface sends is lost; 0: nothing."""
    where = ("dev", interface, "egress", "pref", str(LOSS_PREF))
    ns.run("tc", "qdisc", "add", "dev", interface, "clsact", check=False)  # or there is one
    ns.run("tc", "filter", "del", *where, check=False)
    if share:
        code = LOSS.format(limit=min(round(share * 2**32), 2**32 - 1))
        ns.run("tc", "filter", "add", *where, "bpf", "da", "bytecode", code)


class Vty:
    """Client of an FRR daemon's vty socket: `command NUL`, answer ends in 0 0 0 status."""

    def __init__(self, path):
        self.path = path

    def _ask(self, sock, command):
        sock.sendall(command.encode() + b"\0")
        answer = bytearray()
        while len(answer) < 4 or answer[-4:-1] != b"\0\0\0":
            data = sock.recv(1 << 16)
            if not data:
                raise LabError(f"{self.path}: closed while answering '{command}'")
            answer += data
        return answer[:-4].decode(errors="replace"), answer[-1]

    def commands(self, *lines):
        """Runs the lines in one connection; returns [(text, status)]."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(20)
            sock.connect(self.path)
            self._ask(sock, "enable")
            return [self._ask(sock, line) for line in lines]

    def show(self, line):
        text, status = self.commands(line)[0]
        if status:
            raise LabError(f"{line}: status {status}: {text.strip()}")
        return text

    def json(self, line):
        text = self.show(line + " json")
        try:
            return json.loads(text)
        except ValueError as e:
            raise LabError(f"{line} json: {e}: {text[:300]}") from None

    def configure(self, *lines):
        answers = self.commands("configure terminal", *lines, "end")
        for line, (text, status) in zip(("configure terminal", *lines), answers):
            if status:
                raise LabError(f"{line}: status {status}: {text.strip()}")

    def alive(self):
        try:
            self.show("show version")
            return True
        except (OSError, LabError):
            return False
