# SPDX-License-Identifier: GPL-2.0-or-later
"""A forwarding agent that forwards nothing: a consumer of mcfib/1 that says what a test wants.

It takes over every object, answers with the status its policy gives, and reports activity when
asked to: for tests of what the daemon shows.
"""
import importlib
import pathlib
import queue
import sys
import tempfile
import threading
import time

import zmq

from netns import LabError, sh, wait_for

TOP = pathlib.Path(__file__).resolve().parents[2]


def _compile():
    """proto/mcfib.proto as a Python module."""
    with tempfile.TemporaryDirectory(prefix="mc-proto-") as d:
        sh(["protoc", f"--proto_path={TOP}/proto", f"--python_out={d}", "mcfib.proto"])
        sys.path.insert(0, d)
        try:
            return importlib.import_module("mcfib_pb2")
        finally:
            sys.path.remove(d)


pb = _compile()


LATER = object()


class Agent:
    """policy(op) returns None (installed), the text of a failure, or LATER: no answer before
    release().  removed(op): told what is taken back.  tables: 5 and 6 are those of
    MPLS.  running: for reports."""

    def __init__(self, endpoint, name="agent", policy=lambda op: None, removed=lambda op: None,
                 tables=(1, 2, 3, 4)):
        self.tables = tables
        self.endpoint, self.name, self.policy, self.removed = endpoint, name, policy, removed
        self.objects = {}  # serialised key -> Op
        self.sessions, self.error = 0, None
        self.held = []  # statuses not sent yet
        self._todo, self._stop = queue.Queue(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._stop.set()
        self._thread.join(10)
        if self.error:
            raise LabError(f"{self.name}: {self.error}")

    def live(self, what, timeout=10):
        """Waits for an object of this kind (field name of the key); returns (key, Op)."""
        def look():
            return next(((op.key, op) for op in list(self.objects.values())
                         if op.key.WhichOneof("key") == what), None)
        return wait_for(look, timeout, f"{what} at {self.name}")

    def report(self, key, **counters):
        """Sends one ActivityReport about an object."""
        self._todo.put(pb.Envelope(activity=pb.ActivityReport(
            activity=[pb.Activity(key=key, **counters)])))

    def release(self):
        """Everything held is installed now."""
        held, self.held = self.held, []
        if held:
            self._todo.put(pb.Envelope(status=pb.StatusReport(status=held)))

    # ---- the thread: the socket is its own
    def _run(self):
        try:
            with zmq.Context() as context:
                while not self._stop.is_set():
                    self._session(context)
        except Exception as e:  # shown by close()
            self.error = repr(e)

    def _send(self, envelope):
        self._seq += 1
        envelope.seq, envelope.epoch = self._seq, self._epoch
        self._socket.send(b"\x01" + envelope.SerializeToString())

    def _session(self, context):
        self._seq = self._epoch = 0
        self.objects.clear()
        self._socket = context.socket(zmq.DEALER)
        self._socket.linger = 100
        self._socket.connect(self.endpoint)
        hello = pb.Hello(instance_uuid=b"\x07" * 16, name=self.name, role=pb.ROLE_PRIMARY,
                         proto_min=1, proto_max=1, tables=self.tables, software="test agent",
                         capabilities=pb.Capabilities(l2tp_replication=True, activity=True,
                                                      unicast_sessions=True,
                                                      mpls_p2mp=5 in self.tables,
                                                      mpls_context=5 in self.tables))
        self._send(pb.Envelope(hello=hello))
        pinged = time.monotonic()
        try:
            while not self._stop.is_set():
                while not self._todo.empty():
                    self._send(self._todo.get())
                if self._socket.poll(20) and not self._take(self._socket.recv()):
                    return
                if self._epoch and time.monotonic() - pinged > 0.5:
                    pinged = time.monotonic()
                    self._send(pb.Envelope(ping=pb.Ping(stamp=1)))
            self._send(pb.Envelope(bye=pb.Bye(code=pb.BYE_SHUTDOWN)))
        finally:
            self._socket.close()

    def _take(self, data):
        """False: the session is over."""
        e = pb.Envelope.FromString(data[1:])
        what = e.WhichOneof("body")
        if what == "bye":
            return False
        if what == "hello_ack":
            self._epoch = e.epoch
            self.sessions += 1
        elif what == "ping":
            self._send(pb.Envelope(pong=pb.Pong(stamp=e.ping.stamp)))
        elif what == "update":
            status = [s for s in map(self._apply, e.update.ops) if s]
            self._send(pb.Envelope(status=pb.StatusReport(status=status)))
        if what in ("update", "snapshot_begin", "snapshot_end"):
            self._send(pb.Envelope(ack=pb.Ack(seq=e.seq)))
        return True

    def _apply(self, op):
        status = pb.Status(key=op.key, generation=op.generation)
        if op.WhichOneof("value") is None:
            self.objects.pop(op.key.SerializeToString(), None)
            self.removed(op)
            status.result = pb.RESULT_REMOVED
            return status
        self.objects[op.key.SerializeToString()] = op
        text = self.policy(op)
        if text is LATER:
            status.result = pb.RESULT_INSTALLED
            self.held.append(status)
            return None
        status.result = pb.RESULT_FAILED if text else pb.RESULT_INSTALLED
        if text:
            status.code, status.text = 5, text
        return status
