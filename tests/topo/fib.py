# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon's end of mcfib/1 in Python: publishes objects to a forwarding agent and keeps what
it answers.  Shares nothing with the C code but proto/mcfib.proto."""
import socket
import threading
import time

import zmq

from agent import pb
from netns import PATIENCE, LabError

MAGIC = b"\x01"
TABLES = (1, 2, 3, 4, 5, 6)


def octets(address):
    """An address as it stands in a message; nothing for None."""
    if address is None:
        return b""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_pton(family, address)


# ---- objects: (key, value), each ready for Op

def tunnel(tunnel_id, peer_tunnel_id, local, peer, local_port=1701, peer_port=1701,
           udp_checksum=False):
    op = pb.Op()
    op.key.l2tp_tunnel.tunnel_id = tunnel_id
    v = op.l2tp_tunnel
    v.peer_tunnel_id, v.local_port, v.peer_port = peer_tunnel_id, local_port, peer_port
    v.local_address, v.peer_address, v.udp_checksum = octets(local), octets(peer), udp_checksum
    return op


def session(tunnel_id, session_id, peer_session_id, role, interface, framing="ethernet",
            unicast=True, maximum=0, mac=None, pppoe_id=0, vlans=(), sequencing=False,
            drop_late=False):
    op = pb.Op()
    op.key.access_session.tunnel_id, op.key.access_session.session_id = tunnel_id, session_id
    v = op.access_session
    v.peer_session_id, v.interface, v.unicast = peer_session_id, interface, unicast
    v.role = {"lac": pb.SESSION_ROLE_LAC, "lns": pb.SESSION_ROLE_LNS}[role]
    v.maximum_packet, v.sequencing, v.drop_late = maximum, sequencing, drop_late
    if framing == "pppoe":
        v.pppoe.mac, v.pppoe.session_id = bytes.fromhex(mac.replace(":", "")), pppoe_id
        v.pppoe.vlan.extend(vlans)
    elif framing == "ethernet":
        v.ethernet.SetInParent()
    else:
        v.raw_ip.SetInParent()
    return op


def replication(tunnel_id, session_id, members, drop_late=False):
    """members: session IDs, or pairs of one and a priority."""
    op = pb.Op()
    op.key.l2tp_replication.tunnel_id = tunnel_id
    op.key.l2tp_replication.session_id = session_id
    op.l2tp_replication.drop_late = drop_late
    op.l2tp_replication.SetInParent()
    for m in members:
        session_id, priority = m if isinstance(m, tuple) else (m, 0)
        op.l2tp_replication.members.add(session_id=session_id, priority=priority)
    return op


def multicast(tunnel_id, session_id, peer_session_id, sequencing=False, maximum_bps=0, **more):
    b = pb.L2tpFlow.Branch()
    m = b.multicast_session
    m.tunnel_id, m.session_id, m.peer_session_id = tunnel_id, session_id, peer_session_id
    m.sequencing, m.maximum_bps = sequencing, maximum_bps
    for field, value in more.items():  # maximum_packet, length
        setattr(m, field, value)
    return b


def unicast(tunnel_id, session_id):
    b = pb.L2tpFlow.Branch()
    b.unicast_session.tunnel_id, b.unicast_session.session_id = tunnel_id, session_id
    return b


def flow(group, source, branches, interface="l2mc0"):
    op = pb.Op()
    op.key.l2tp_flow.group, op.key.l2tp_flow.source = octets(group), octets(source)
    op.l2tp_flow.upstream_interface = interface
    op.l2tp_flow.branches.extend(branches)
    return op


def labels(interface, next_hop, *stack):
    """A branch of an LSP; the stack is outermost first."""
    return pb.P2mpBranch(interface=interface, next_hop=octets(next_hop), label=stack)


def lan(interface, *stack):
    """A branch to all LSRs of a LAN, by an upstream-assigned label."""
    return pb.P2mpBranch(interface=interface, label=stack, multicast=True)


TTL = {"uniform": pb.TTL_MODE_UNIFORM, "pipe": pb.TTL_MODE_PIPE, None: pb.TTL_MODE_UNSPECIFIED}


def ilm(label, branches=(), local="", ttl="uniform", payload=0, context=(0, "")):
    op = pb.Op()
    op.key.p2mp_ilm.label = label
    op.key.p2mp_ilm.context, op.key.p2mp_ilm.interface = context
    op.p2mp_ilm.SetInParent()
    op.p2mp_ilm.branches.extend(branches)
    op.p2mp_ilm.local_interface, op.p2mp_ilm.ttl, op.p2mp_ilm.payload = local, TTL[ttl], payload
    return op


def ftn(group, source, branches, ttl="uniform", interface="mplsmc0"):
    op = pb.Op()
    op.key.p2mp_ftn.group, op.key.p2mp_ftn.source = octets(group), octets(source)
    op.p2mp_ftn.upstream_interface, op.p2mp_ftn.ttl = interface, TTL[ttl]
    op.p2mp_ftn.branches.extend(branches)
    return op


def key_of(op):
    return op.key.SerializeToString(deterministic=True)


class Publisher:
    """Binds the endpoint and serves one agent from a thread of its own."""

    def __init__(self, endpoint, complete=True, activity_ms=0):
        self.endpoint, self.complete, self.activity_ms = endpoint, complete, activity_ms
        self.epoch = time.time_ns()
        self.objects = {}  # key -> Op
        self.generation = 0
        self.status = {}  # key -> Status, the last one
        self.history = []  # all of them, in order
        self.activity = {}  # key -> Activity
        self.hellos = 0
        self.changed = threading.Condition()
        self.peer, self.seq, self.queue, self.acked = None, 0, [], 0
        self.context = zmq.Context()
        self.wake = self.context.socket(zmq.PAIR)
        self.wake.bind(f"inproc://wake-{id(self)}")
        self.waker = self.context.socket(zmq.PAIR)
        self.waker.connect(f"inproc://wake-{id(self)}")
        self.router = self.context.socket(zmq.ROUTER)
        self.router.linger = 0
        self.router.bind(endpoint)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # ---- what a test calls

    def set(self, *ops):
        """Publishes objects in one Update; returns the keys."""
        with self.changed:
            for op in ops:
                self.generation += 1
                op.generation = self.generation
                self.objects[key_of(op)] = op
            self._update(ops)
        return [key_of(op) for op in ops]

    def delete(self, *ops):
        with self.changed:
            gone = []
            for op in ops:
                self.objects.pop(key_of(op), None)
                self.generation += 1
                d = pb.Op(generation=self.generation)
                d.key.CopyFrom(op.key)
                gone.append(d)
            self._update(gone)

    def wait(self, condition, timeout, what):
        with self.changed:
            if not self.changed.wait_for(condition, timeout * PATIENCE):
                raise LabError(f"not within {timeout} s: {what}\n" + "\n".join(
                    f"{s.key} {s.result} {s.text}".replace("\n", " ")
                    for s in self.status.values()))

    def result(self, op):
        s = self.status.get(key_of(op))
        return s if s and s.generation == op.generation else None

    def installed(self, *ops, timeout=10):
        """Waits until the agent says INSTALLED of each, in its present generation."""
        ok = pb.RESULT_INSTALLED
        self.wait(lambda: all(self.result(o) and self.result(o).result == ok for o in ops),
                  timeout, "installed")

    def failed(self, op, text, timeout=10):
        bad = (pb.RESULT_FAILED, pb.RESULT_UNSUPPORTED)
        self.wait(lambda: self.result(op) and self.result(op).result in bad
                  and text in self.result(op).text, timeout, f"status '{text}'")

    def install(self, *ops, timeout=10):
        self.set(*ops)
        self.installed(*ops, timeout=timeout)

    def wait_acked(self, timeout=10):
        self.wait(lambda: not self.queue and self.acked >= self.seq, timeout, "acknowledged")

    def finish(self):
        """The daemon is complete: agents may sweep and take over."""
        with self.changed:
            self.complete = True
            for table in TABLES:
                self._end(table)
            self._kick()

    def close(self):
        """As a daemon that is killed: no goodbye."""
        if self.thread:
            self.waker.send(b"stop")
            self.thread.join(5)
            self.thread = None
            for s in (self.wake, self.waker, self.router):
                s.close(0)
            self.context.term()

    # ---- messages

    def _kick(self):
        self.waker.send(b"")

    def _put(self, **body):
        self.seq += 1
        self.queue.append(pb.Envelope(seq=self.seq, epoch=self.epoch, **body))

    def _update(self, ops):
        if self.peer is None:
            return
        for i in range(0, len(ops), 200):
            self._put(update=pb.Update(ops=ops[i:i + 200]))
        self._kick()

    def _table(self, op):
        return TABLES[("l2tp_tunnel", "access_session", "l2tp_replication",
                       "l2tp_flow", "p2mp_ilm", "p2mp_ftn").index(op.key.WhichOneof("key"))]

    def _end(self, table):
        n = sum(1 for op in self.objects.values() if self._table(op) == table)
        self._put(snapshot_end=pb.SnapshotEnd(table=table, object_count=n,
                                                config_complete=self.complete))

    def _hello(self, peer, hello):
        self.peer, self.seq, self.queue, self.acked = peer, 0, [], 0
        self.hello, self.hellos = hello, self.hellos + 1
        self._put(hello_ack=pb.HelloAck(
            proto=1, session_id=self.hellos, heartbeat_ms=1000, liveness=3,
            activity_ms=self.activity_ms, software="publisher of the tests"))
        for table in TABLES:
            self._put(snapshot_begin=pb.SnapshotBegin(table=table))
            ops = [op for op in self.objects.values() if self._table(op) == table]
            for i in range(0, len(ops), 200):
                self._put(update=pb.Update(ops=ops[i:i + 200]))
            self._end(table)

    def _input(self, peer, envelope):
        body = envelope.WhichOneof("body")
        if body == "hello":
            self._hello(peer, envelope.hello)
        elif peer != self.peer:
            return
        elif body == "ack":
            self.acked = envelope.ack.seq
        elif body == "status":
            for s in envelope.status.status:
                self.status[s.key.SerializeToString(deterministic=True)] = s
                self.history.append(s)
        elif body == "activity":
            for a in envelope.activity.activity:
                self.activity[a.key.SerializeToString(deterministic=True)] = a
        elif body == "ping":
            self._put(pong=pb.Pong(stamp=envelope.ping.stamp))
        elif body == "bye":
            self.peer = None
        self.changed.notify_all()

    def _flush(self):
        while self.queue and self.peer is not None:
            data = MAGIC + self.queue[0].SerializeToString()
            try:
                self.router.send_multipart([self.peer, data], zmq.NOBLOCK)
            except zmq.Again:
                return
            self.queue.pop(0)

    def _run(self):
        poller = zmq.Poller()
        poller.register(self.router, zmq.POLLIN)
        poller.register(self.wake, zmq.POLLIN)
        while True:
            ready = dict(poller.poll(300))
            if self.wake in ready and self.wake.recv() == b"stop":
                return
            with self.changed:
                while self.router.poll(0):
                    peer, data = self.router.recv_multipart()
                    envelope = pb.Envelope()
                    envelope.ParseFromString(data[1:])
                    self._input(peer, envelope)
                if not ready and self.peer is not None:
                    self._put(ping=pb.Ping(stamp=1))
                self._flush()
