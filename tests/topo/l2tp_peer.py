# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted L2TPv2 peer: one control connection, LAC or LNS, that does what a test wants.

A thread acknowledges, retransmits and keeps what arrives; the test waits for messages and sends
its own.  `on` maps the name of a message to what the peer does about it, so that a test can
replace the obedient behaviour by any other.
"""
import os
import random
import select
import socket
import threading
import time

import l2tp_wire as w
from l2tp_wire import Avp, u16, u32
from netns import PATIENCE, LabError

PORT = 1701
RETRANSMIT, TRIES = 0.5, 12


class Call:
    """An incoming call: our Session ID and the daemon's."""

    def __init__(self, ours, theirs, name):
        self.id, self.peer_id, self.name = ours, theirs, name

    def __repr__(self):
        return f"{self.name}({self.id:#x}/{self.peer_id:#x})"


class Peer:
    """capability: send AVP 80.  silent: acknowledge and answer nothing.  window: what we offer."""

    def __init__(self, ns, address, daemon, host_name="peer", secret=None, port=0,
                 capability=True, window=8, tunnel_id=None):
        self.host_name, self.secret = host_name, secret.encode() if secret else None
        self.capability, self.window = capability, window
        self.daemon = (daemon, PORT)
        self.tunnel_id = tunnel_id or random.randrange(1, 65536)
        self.peer_tunnel_id = 0
        self.silent = False
        self.ns = self.nr = 0
        self.una = 0                 # oldest Ns the daemon has not acknowledged
        self.queue = []              # [Ns, session, avps, tries, due]
        self.messages, self.datas, self.arrivals = [], [], []
        self.taken = 0               # messages the test has looked at
        self.error, self.closed = None, False
        self.used, self.multicast = set(), {}  # our IDs; our ID -> the daemon's
        self.calls = {}
        self.vector = None
        self.on = {"MSRQ": self.accept_multicast, "MSI": self.acknowledge_list,
                   "SCCRQ": self.answer_open, "SCCCN": None, "ICRQ": self.answer_call}
        self.changed = threading.Condition(threading.RLock())
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                                      socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.sock.bind((address, port))
        self.address = self.sock.getsockname()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # ---- sending

    def raw(self, octets, to=None):
        self.sock.sendto(octets, to or self.daemon)

    def send(self, name, session=0, avps=(), mandatory=None):
        """Reliable; returns the Ns."""
        with self.changed:
            ns, self.ns = self.ns, (self.ns + 1) & 0xffff
            entry = [ns, session, [w.avp_type(name, mandatory), *avps], 0, 0]
            self.queue.append(entry)
            self._transmit(entry)
            return ns

    def _transmit(self, entry):
        entry[3] += 1
        entry[4] = time.monotonic() + RETRANSMIT
        self.raw(w.control(self.peer_tunnel_id, entry[1], entry[0], self.nr, entry[2]))

    def acknowledge(self):
        self.raw(w.control(self.peer_tunnel_id, 0, self.ns, self.nr))

    def message(self, name, session=0, avps=(), ns=None, mandatory=None):
        """Octets of a control message, for tests that send it themselves."""
        return w.control(self.peer_tunnel_id, session, self.ns if ns is None else ns, self.nr,
                         [w.avp_type(name, mandatory), *avps])

    def hidden(self, avp, padding=0):
        """Random Vector and the AVP, hidden."""
        vector = os.urandom(16)
        return [Avp(w.RANDOM_VECTOR, vector), w.hide(avp, self.secret, vector, padding)]

    # ---- receiving

    def _run(self):
        try:
            while not self.closed:
                if select.select([self.sock], [], [], 0.05)[0]:
                    raw, source = self.sock.recvfrom(65535)
                    with self.changed:
                        self._input(raw, source)
                        self.changed.notify_all()
                with self.changed:
                    self._retransmit()
        except Exception as e:  # shown by wait()
            if not self.closed:
                self.error = e
                with self.changed:
                    self.changed.notify_all()

    def _retransmit(self):
        now = time.monotonic()
        for entry in self.queue:
            if entry[4] <= now and not self.silent:
                if entry[3] >= TRIES:
                    self.queue.clear()
                    return
                self._transmit(entry)

    def _input(self, raw, source):
        m = w.parse(raw, time.monotonic())
        if isinstance(m, w.Data):
            self.datas.append(m)
            return
        self.arrivals.append(m)
        if self.silent or m.tunnel not in (0, self.tunnel_id):
            return  # a tunnel that had our address and port before
        # RFC 2661 8.1: the one who answers may do so from another port
        self.daemon = source
        if 0 < (m.nr - self.una) & 0xffff < 0x8000:
            self.una = m.nr
            self.queue = [e for e in self.queue if (e[0] - m.nr) & 0xffff < 0x8000]
        if m.zlb:
            return
        if m.ns == self.nr:
            self.nr = (self.nr + 1) & 0xffff
            self._reveal(m)
            self.messages.append(m)
            self._learn(m)
            action = self.on.get(m.name)
            sent = self.ns
            if action:
                action(m)
            if self.ns != sent:
                return  # the answer carries the acknowledgement
        self.acknowledge()

    def _reveal(self, m):
        """Hidden values become readable; `hidden` stays set."""
        vector = None
        for a in m.avps:
            if a.type == w.RANDOM_VECTOR:
                vector = a.value
            elif a.hidden:
                assert vector and self.secret, f"R2661-4.3-1, -2: {m.raw.hex()}"
                a.value = w.reveal(a, self.secret, vector)

    def _learn(self, m):
        if m.has(w.TUNNEL_ID) and m.name in ("SCCRQ", "SCCRP", "StopCCN"):
            self.peer_tunnel_id = m.number(w.TUNNEL_ID)

    def wait(self, name, timeout=5, want=lambda m: True):
        """The next message of that name not yet looked at; what came before is passed over."""
        def look():
            for i in range(self.taken, len(self.messages)):
                if self.messages[i].name == name and want(self.messages[i]):
                    return i
            return None
        with self.changed:
            if not self.changed.wait_for(lambda: self.error or look() is not None, timeout * PATIENCE) \
                    or self.error:
                raise LabError(f"{self.host_name}: no {name} within {timeout} s; came: "
                               f"{[m.name for m in self.messages]}, error {self.error!r}")
            i = look()
            self.taken = i + 1
            return self.messages[i]

    def until(self, condition, timeout, what):
        with self.changed:
            if not self.changed.wait_for(lambda: self.error or condition(), timeout * PATIENCE) \
                    or self.error:
                raise LabError(f"{self.host_name}: not within {timeout} s: {what}; came: "
                               f"{[m.name for m in self.messages]}, error {self.error!r}")
            return condition()

    def acknowledged(self, timeout=5):
        """Waits until the daemon has acknowledged all we sent."""
        self.until(lambda: not self.queue, timeout, "acknowledged")

    def barrier(self):
        """What the daemon sent before it read this HELLO has arrived when it returns."""
        self.send("HELLO")
        self.acknowledged()

    def count(self, name, since=0):
        return sum(m.name == name for m in self.messages[since:])

    def mark(self):
        """Passes over what came so far; the place for count() and since()."""
        with self.changed:
            self.taken = len(self.messages)
            return self.taken

    def data_on(self, session, since=0):
        with self.changed:
            return [d for d in self.datas[since:] if d.session == session]

    # ---- control connection

    def open_avps(self):
        avps = [Avp(w.VERSION, b"\1\0"), Avp(w.HOST_NAME, self.host_name.encode()),
                Avp(w.FRAMING, u32(3)), Avp(w.TUNNEL_ID, u16(self.tunnel_id)),
                Avp(w.WINDOW, u16(self.window))]
        return avps + ([Avp(w.CAPABILITY)] if self.capability else [])

    def answer(self, m, kind):
        """The Challenge Response to the challenge in m, for a message of that type."""
        challenge = m.get(w.CHALLENGE)
        if challenge is None:
            return []
        assert self.secret, "challenged without a secret"
        return [Avp(w.RESPONSE, w.response(w.TYPES[kind], self.secret, challenge))]

    def open(self, extra=(), avps=None):
        """SCCRQ, SCCRP, SCCCN; returns the SCCRP."""
        challenge = [Avp(w.CHALLENGE, os.urandom(16))] if self.secret else []
        self.send("SCCRQ", 0, (self.open_avps() if avps is None else avps) + challenge
                  + list(extra))
        m = self.wait("SCCRP")
        if challenge:
            assert m.get(w.RESPONSE) == w.response(2, self.secret, challenge[0].value)
        self.send("SCCCN", 0, self.answer(m, "SCCCN"))
        self.acknowledged()
        return m

    def answer_open(self, m):
        self.send("SCCRP", 0, self.open_avps() + self.answer(m, "SCCRP"))

    def close(self, stop=True):
        """stop: with a StopCCN first, and no more answers."""
        if not self.closed:
            if stop and self.peer_tunnel_id and not self.silent:
                self.on = {}
                self.stop_ccn()
                try:
                    self.acknowledged(2)
                except LabError:
                    pass  # the daemon had ended the tunnel
            self.closed = True
            self.thread.join(5)
            self.sock.close()

    def stop_ccn(self, result=1):
        self.send("StopCCN", 0, [Avp(w.TUNNEL_ID, u16(self.tunnel_id)), Avp(w.RESULT, u16(result))])

    # ---- calls

    def new_id(self):
        while True:
            i = random.randrange(1, 65536)
            if i not in self.used:
                self.used.add(i)
                return i

    def call(self, name, iccn=(), serial=None):
        """We are the LAC: ICRQ, ICRP, ICCN."""
        ours = self.new_id()
        self.send("ICRQ", 0, [Avp(w.SESSION_ID, u16(ours)),
                              Avp(w.SERIAL, u32(serial or len(self.used))),
                              Avp(w.CALLING, name.encode())])
        m = self.wait("ICRP", want=lambda m: m.session == ours)
        call = Call(ours, m.number(w.SESSION_ID), name)
        self.send("ICCN", call.peer_id, [Avp(w.TX_SPEED, u32(10_000_000)),
                                         Avp(w.FRAMING_TYPE, u32(1)), *iccn])
        self.acknowledged()
        self.calls[name] = call
        return call

    def answer_call(self, m):
        """We are the LNS."""
        ours = self.new_id()
        call = Call(ours, m.number(w.SESSION_ID), (m.get(w.CALLING) or b"").decode())
        self.calls[call.name] = call
        self.send("ICRP", call.peer_id, [Avp(w.SESSION_ID, u16(ours))])

    def hang_up(self, call, result=1):
        self.send("CDN", call.peer_id, [Avp(w.RESULT, u16(result)),
                                        Avp(w.SESSION_ID, u16(call.id))])
        self.calls.pop(call.name, None)

    # ---- RFC 4045, as the LAC

    def response_to(self, m):
        """MSRP; returns our new ID."""
        ours = self.new_id()
        self.multicast[ours] = m.number(w.SESSION_ID)
        self.send("MSRP", self.multicast[ours], [Avp(w.SESSION_ID, u16(ours))])
        return ours

    def accept_multicast(self, m):
        ours = self.response_to(m)
        self.send("MSE", self.multicast[ours])

    def acknowledge_list(self, m):
        if m.has(w.NOS):
            self.nosa(m.session, m.ids(w.NOS))

    def nosa(self, ours, listed):
        self.send("MSI", self.multicast[ours], [Avp(w.NOSA, u16(*listed))])

    def msen(self, ours, header, result=1, error=None):
        """Ends a multicast session; header: the daemon's ID."""
        code = u16(result) if error is None else u16(result, error)
        self.send("MSEN", header, [Avp(w.RESULT, code), Avp(w.SESSION_ID, u16(ours))])

    # ---- RFC 4045, as the LNS

    def request_multicast(self, extra=()):
        """MSRQ; returns our ID."""
        ours = self.new_id()
        self.send("MSRQ", 0, [Avp(w.SESSION_ID, u16(ours)), *extra])
        return ours

    def open_multicast(self):
        """MSRQ, MSRP, MSE; returns (our ID, the daemon's)."""
        ours = self.request_multicast()
        m = self.wait("MSRP", want=lambda m: m.session == ours)
        self.wait("MSE", want=lambda m: m.session == ours)
        return ours, m.number(w.SESSION_ID)

    def msi(self, theirs, nos=None, wos=None, extra=()):
        avps = ([Avp(w.NOS, u16(*nos))] if nos is not None else []) + \
            ([Avp(w.WOS, u16(*wos))] if wos is not None else [])
        self.send("MSI", theirs, [*avps, *extra])
