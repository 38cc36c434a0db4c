# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted LDP speaker for P2MP FECs: one link, one session, that does what a test wants.

Written from RFC 5036, 5561, 6388 and 6720, not from the daemon.  A thread says Hello, sets up the
session in the role its address gives it, keeps it alive and keeps what arrives; the test waits for
messages and sends its own.  `on` maps the name of a message to what the peer does about it, so that
a test can replace the obedient behaviour by any other.
"""
import contextlib
import ipaddress
import select
import socket
import struct
import threading
import time

import ldp_wire as w
from netns import PATIENCE, LabError

PORT, ALL_ROUTERS = 646, "224.0.0.2"
IP_RECVTTL, TCP_MD5SIG = 12, 14
EVERYTHING = (w.P2MP, w.MBB, w.TYPED_WILDCARD, w.UNRECOGNIZED)
PING = 0x3F01  # a message type nobody knows; U=0, so it is answered


class Peer:
    """address: of the link, LSR-Id and transport address, too.  gtsm: the G bit of our Hellos;
    ttl: of our TCP segments.  capabilities: TLV types, or octets of whole TLVs."""

    def __init__(self, ns, interface, address, gtsm=True, ttl=255, hold=15, keepalive=60,
                 capabilities=EVERYTHING, password=None, lsr_id=None, advertise=True,
                 maximum=4096, flags=0, on=None):
        self.address, self.lsr_id, self.ns = address, lsr_id or address, ns
        self.interface, self.gtsm, self.ttl, self.hold = interface, gtsm, ttl, hold
        self.keepalive, self.capabilities, self.password = keepalive, capabilities, password
        self.advertise, self.maximum, self.flags = advertise, maximum, flags
        self.hello = True            # Hellos are sent
        self.silent = False          # neither answers nor KeepAlives
        self.deaf = False            # does not even read
        self.router, self.router_id = None, None  # its transport address and LSR-Id, from Hellos
        self.router_hold = 3         # until it has said its own
        self.hellos, self.messages = [], []
        self.taken, self.number = 0, 0
        self.error, self.closed = None, False
        self.sessions, self.attempts = 0, 0       # that became operational; connections
        self.on = {"Initialization": self.answer_initialization, "KeepAlive": self.alive,
                   "Label Withdraw": self.release, "Notification": self.notified, **(on or {})}
        self.changed = threading.Condition(threading.RLock())
        self.sock = self.stream = None
        self._listen()
        self._reset(0)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # ---- sockets

    def _listen(self):
        with self.ns.inside():
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        index = struct.pack("4s4si", socket.inet_aton(ALL_ROUTERS), socket.inet_aton("0.0.0.0"),
                            self._index())
        self.udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, index)
        self.udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, index)
        self.udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        self.udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        self.udp.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        self.udp.bind(("", PORT))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, self.ttl)
        self.listener.bind((self.address, PORT))

    def _index(self):
        with self.ns.inside():
            return socket.if_nametoindex(self.interface)

    def _sign(self, sock):
        """RFC 5036 2.9: segments from and to the router carry MD5 signatures."""
        if self.password:
            key = self.password.encode()
            sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, struct.pack(
                "=H2x4s120xBBHi80s", socket.AF_INET, socket.inet_aton(self.router), 0, 0,
                len(key), 0, key))

    @property
    def active(self):
        """RFC 5036 2.5.2: the greater transport address connects."""
        return self.router and ipaddress.ip_address(self.address) > \
            ipaddress.ip_address(self.router)

    def _connect(self):
        self.attempts += 1
        self.retry = time.monotonic() + 1
        with self.ns.inside():
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.settimeout(0.5)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, self.ttl)
            self._sign(sock)
            sock.bind((self.address, 0))
            sock.connect((self.router, PORT))
            self._connected(sock)
            self.initialize()
        except OSError:
            sock.close()

    def _connected(self, sock):
        if self.stream:
            self.stream.close()
        sock.settimeout(10)
        self._reset(time.monotonic() + 1)
        self.stream, self.state = sock, "initialized"

    def _reset(self, retry):
        self.stream, self.buffer, self.state, self.retry = None, b"", "down", retry
        self.sent = 0

    # ---- the thread

    def _run(self):
        try:
            due = 0
            while not self.closed:
                now = time.monotonic()
                if self.hello and now >= due:
                    self.say_hello()
                    due = now + min(self.hold, self.router_hold) / 3
                with self.changed:
                    if not self.silent:
                        self._work(now)
                self._read()
        except Exception as e:  # shown by wait()
            if not self.closed:
                self.error = e
                with self.changed:
                    self.changed.notify_all()

    def _work(self, now):
        if self.router and self.active and not self.stream and now >= self.retry and self.hello:
            self._connect()
        elif self.stream and self.state == "operational" and now >= self.sent + self.keepalive / 3:
            self.send("KeepAlive")

    def _read(self):
        passive = self.router and not self.active  # else the listener does not listen
        wanted = [self.udp, *([self.listener] if passive else []),
                  *([self.stream] if self.stream and not self.deaf else [])]
        try:
            ready = select.select(wanted, [], [], 0.05)[0]
        except (OSError, ValueError):  # the test closed the stream
            return
        with self.changed:
            if self.udp in ready:
                self._hello(*self.udp.recvmsg(1500, 64))
            if self.listener in ready:
                self.attempts += 1
                self._connected(self.listener.accept()[0])
            elif self.stream in ready:
                self._stream()
            self.changed.notify_all()

    def _hello(self, octets, ancillary, _flags, source):
        m, = w.parse(octets, time.monotonic())
        assert m.name == "Hello"
        m.source = source[0]
        m.ttl = next(struct.unpack("i", v)[0] for _, _, v in ancillary)
        self.hellos.append(m)
        self.router_hold = struct.unpack("!H", m.get(w.HELLO)[:2])[0]
        if not self.router:
            transport = m.get(w.TRANSPORT)
            self.router = socket.inet_ntoa(transport) if transport else m.source
            self.router_id = m.lsr_id
            if not self.active:
                self._sign(self.listener)
                self.listener.listen(4)

    def _stream(self):
        try:
            data = self.stream.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self.stream.close()
            self._reset(time.monotonic() + 1)
            return
        self.buffer += data
        while len(self.buffer) >= 4:
            size = 4 + struct.unpack_from("!H", self.buffer, 2)[0]
            if len(self.buffer) < size:
                break
            octets, self.buffer = self.buffer[:size], self.buffer[size:]
            self.largest = max(size - 4, getattr(self, "largest", 0))
            for m in w.parse(octets, time.monotonic()):
                self.messages.append(m)
                action = self.on.get(m.name)
                if action and not self.silent:
                    action(m)

    # ---- sending

    def say_hello(self, to=(ALL_ROUTERS, PORT), **kw):
        with contextlib.suppress(OSError):  # the link is down
            self.udp.sendto(self.hello_octets(**kw), to)

    def hello_octets(self, hold=None, flags=None, extra=b"", lsr_id=None, transport=None):
        flags = w.GTSM * self.gtsm if flags is None else flags
        body = w.tlv(w.HELLO, w.u16(self.hold if hold is None else hold, flags)) + \
            w.tlv(w.TRANSPORT, w.packed(transport or self.address)) + extra
        return w.pdu(lsr_id or self.lsr_id, w.message("Hello", self.next(), body))

    def next(self):
        self.number += 1
        return self.number

    def raw(self, octets):
        """Octets into the session; a session that has ended swallows them."""
        with self.changed:
            self.sent = time.monotonic()
            with contextlib.suppress(OSError):
                if self.stream:
                    self.stream.sendall(octets)

    def send(self, name, *tlvs, flags=0):  # name: or the number of a type
        """Returns the message's ID."""
        with self.changed:
            number = self.next()
            self.raw(w.pdu(self.lsr_id, w.message(name, number, b"".join(tlvs), flags)))
            return number

    def initialize(self):
        self.state = "opensent"
        self.send("Initialization", self.session_parameters(), *(
            c if isinstance(c, bytes) else w.capability(c) for c in self.capabilities))

    def session_parameters(self):
        return w.tlv(w.SESSION, w.u16(1, self.keepalive) + bytes([self.flags, 0])
                     + w.u16(self.maximum) + w.packed(self.router_id) + b"\0\0")

    def mapping(self, fec, label, *more):
        return self.send("Label Mapping", w.tlv(w.FEC, fec), w.label(label), *more)

    def withdraw(self, fec, label=None):
        return self.send("Label Withdraw", w.tlv(w.FEC, fec),
                         *([] if label is None else [w.label(label)]))

    def unmap(self, fec, label=None):
        """Label Release."""
        return self.send("Label Release", w.tlv(w.FEC, fec),
                         *([] if label is None else [w.label(label)]))

    def acknowledge(self, fec, label):
        """RFC 6388 8.2.2: make-before-break is complete."""
        return self.send("Notification", w.status(w.MP), w.mbb(2), w.tlv(w.FEC, fec),
                         w.label(label))

    # ---- what the peer does by itself

    def answer_initialization(self, m):
        passive = self.state == "initialized"
        if passive:
            self.initialize()
        self.send("KeepAlive")
        self.state = "openrec"

    def alive(self, _m):
        if self.state == "openrec":
            self.state = "operational"
            self.sessions += 1
            if self.advertise:
                self.send("Address", w.addresses(self.address))

    def release(self, m):
        """RFC 5036 3.5.10.1."""
        self.send("Label Release", w.tlv(w.FEC, m.fec), *([w.label(m.label)] if m.label else []))

    def notified(self, m):
        if m.status & w.FATAL and self.stream:
            with contextlib.suppress(OSError):  # the router has closed it already
                self.stream.shutdown(socket.SHUT_WR)

    # ---- what the test waits for

    def until(self, condition, timeout, what):
        with self.changed:
            if not self.changed.wait_for(lambda: self.error or condition(), timeout * PATIENCE) \
                    or self.error:
                raise LabError(f"{self.address}: not within {timeout} s: {what}; {self.state}, "
                               f"came: {self.messages[-20:]}, error {self.error!r}")
            return condition()

    def wait(self, name, timeout=15, want=lambda m: True):
        """The next message of that name not yet looked at; what came before is passed over."""
        def look():
            return next((i for i in range(self.taken, len(self.messages))
                         if self.messages[i].name == name and want(self.messages[i])), None)
        self.until(lambda: look() is not None, timeout, name)
        with self.changed:
            i = look()
            self.taken = i + 1
            return self.messages[i]

    def operational(self, timeout=30):
        self.until(lambda: self.state == "operational", timeout, "operational")
        return self

    def down(self, timeout=15):
        self.until(lambda: not self.stream, timeout, "the session ends")

    def refused(self, number, timeout=15):
        """The status of the Notification about a message of ours."""
        return self.wait("Notification", timeout, lambda m: m.about == number).status

    def barrier(self):
        """What the daemon sent before it read this has arrived when it returns.
        M-5036-3.5-1: a message of an unknown type is answered."""
        with self.changed:
            mark = len(self.messages)
            number = self.send(PING, w.tlv(PING, b"", 0x8000))
        self.until(lambda: any(m.name == "Notification" and m.about == number
                               for m in self.messages[mark:]), 15, "an answer to the ping")

    def mark(self):
        """Passes over what came so far; the place for since()."""
        with self.changed:
            self.taken = len(self.messages)
            return self.taken

    def since(self, mark, *names):
        """Messages about labels (or of these names) after a mark."""
        with self.changed:
            return [m for m in self.messages[mark:]
                    if (m.name in names if names else m.name.startswith("Label "))]

    def close(self, shutdown=True):
        if not self.closed:
            if shutdown and self.stream:
                self.hello = False
                self.send("Notification", w.status(w.SHUTDOWN))
            self.closed = True
            self.thread.join(5)
            for sock in (self.stream, self.udp, self.listener):
                if sock:
                    sock.close()
