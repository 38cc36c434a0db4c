# SPDX-License-Identifier: GPL-2.0-or-later
"""mcfib/1 over real sockets: a publisher that is nothing else (tests/fib/fibgen), the recorder,
and a consumer in another language.  The numbers are those of the list of tests in the design of
the interface: each is a failure that a forwarding interface had in the field."""
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time

import pytest
import zmq

from lab import BUILD

SOURCE = pathlib.Path(__file__).resolve().parents[2]
OBJECTS = 50000


class FibGen:
    """A daemon that has only a publisher; it carries out one command a line."""

    def __init__(self, path, epoch=1, security=()):
        self.endpoint = path if path.startswith("tcp://") else f"ipc://{path}"
        self.popen = subprocess.Popen(
            [BUILD / "tests/fib/fibgen", self.endpoint, str(epoch), *security],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if not self.popen.stdout.readline():
            raise RuntimeError(self.popen.stderr.read())

    def __call__(self, command):
        self.popen.stdin.write(command + "\n")
        self.popen.stdin.flush()
        return json.loads(self.popen.stdout.readline())

    def states(self):
        return {k: v for k, v in self("state")["states"].items() if v}

    def consumer(self, name):
        return next((c for c in self("state")["consumers"] if c["name"] == name), None)

    def wait(self, condition, seconds=60):
        return wait_until(lambda: condition(self("state")), seconds)

    def kill(self, sig=signal.SIGKILL):
        self.popen.send_signal(sig)
        self.popen.wait(10)


class Recorder:
    """mcfib-recorder with its output in a file."""

    def __init__(self, daemon, directory, name, *options):
        self.path = directory / f"{name}.json"
        with open(self.path, "wb") as out:
            self.popen = subprocess.Popen(
                [BUILD / "tools/mcfib-recorder", "-e", daemon.endpoint, "-n", name, *options],
                stdout=out)

    def signal(self, sig):
        self.popen.send_signal(sig)

    def lines(self, *kinds):
        """Messages of these kinds, of what has been written as complete lines."""
        text = self.path.read_bytes()
        lines = (json.loads(x) for x in text[:text.rfind(b"\n") + 1].splitlines())
        return [x for x in lines if any(k in x for k in kinds)]

    def states(self):
        return self.lines("state")

    def state(self):
        before = len(self.states())
        self.signal(signal.SIGUSR1)
        return wait_until(lambda: self.states()[before:])[-1]["state"]

    def flows(self):
        return self.state()["l2tpFlow"]

    def stop(self):
        self.signal(signal.SIGCONT)
        self.popen.terminate()
        return self.popen.wait(20)

    close = stop


def wait_until(condition, seconds=30):
    """The condition's value as soon as it is true; it is polled because it lives elsewhere."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)


@pytest.fixture
def run(tmp_path):
    """run(FibGen, ...), run(Recorder, ...): started, and stopped at the end."""
    started = []

    def start(kind, *args, **kwargs):
        if kind is Recorder:
            args = (args[0], tmp_path, *args[1:])
        process = kind(*args, **kwargs)
        started.append(process)
        return process

    start.path = str(tmp_path / "fib")
    yield start
    for process in started:
        if process.popen.poll() is None:
            process.popen.kill()
            process.popen.wait(10)


def live(name):
    return lambda state: any(c["name"] == name and c["state"] == "live" for c in state["consumers"])


def installed(n):
    return lambda state: {k: v for k, v in state["states"].items() if v} == {"installed": n}


def test_1_a_stopped_consumer_loses_nothing_and_costs_no_memory(run):
    gen = run(FibGen, run.path)
    rec = run(Recorder, gen, "stopped", "--primary", "-q")
    gen("complete")
    gen.wait(live("stopped"))
    gen(f"set 0 {OBJECTS - 1} 4")
    gen.wait(installed(OBJECTS))
    rec.signal(signal.SIGSTOP)
    gen(f"set 0 {OBJECTS - 1} 3")
    one_round = gen("state")["residentKb"]
    for branches in (2, 4, 3, 2):
        gen(f"set 0 {OBJECTS - 1} {branches}")
    gen("flap 7 100000")
    gen("del 1000 1999")
    state = gen("state")
    assert state["residentKb"] < one_round * 1.3, "what waits is not bounded by live objects"
    assert gen.consumer("stopped")["queued"] <= OBJECTS
    rec.signal(signal.SIGCONT)
    gen.wait(installed(OBJECTS - 1000))
    # before the recorder is busy with its report, which the daemon may take for death
    state = gen("state")
    assert (state["dropsStall"], state["dropsLiveness"], state["hellos"]) == (0, 0, 1)
    assert rec.flows() == gen("table")


def test_2_everything_arrives_at_a_consumer_that_connects_late(run):
    gen = run(FibGen, run.path)
    gen(f"set 0 {OBJECTS - 1} 1")
    gen("complete")
    rec = run(Recorder, gen, "late", "--batch", "10", "--once", "--state")
    assert rec.popen.wait(60) == 0
    count = sum(len(x["update"]["ops"]) for x in rec.lines("update"))
    end = [x["snapshotEnd"] for x in rec.lines("snapshotEnd")
           if x["snapshotEnd"]["table"] == "l2tp-flow"]
    assert count == OBJECTS
    assert end == [{"table": "l2tp-flow", "objectCount": OBJECTS, "configComplete": True}]
    assert rec.states()[-1]["state"]["l2tpFlow"] == gen("table")


def test_3_a_slow_reader_is_never_reset(run):
    gen = run(FibGen, run.path)
    gen("set 0 9999 2")
    gen("complete")
    rec = run(Recorder, gen, "slow", "--primary", "-q", "--delay", "10", "--batch", "12")
    gen.wait(installed(10000))  # 833 messages, 10 ms each
    state = gen("state")
    assert (state["hellos"], state["dropsStall"], state["dropsLiveness"]) == (1, 0, 0)
    assert rec.flows() == gen("table")


def test_4_a_flapping_object_reaches_a_slow_consumer_now_and_then(run):
    gen = run(FibGen, run.path)
    rec = run(Recorder, gen, "slow", "--primary", "--delay", "20")
    gen.wait(live("slow"))
    gen("flap 1 1000000")
    gen.wait(installed(1))
    seen = rec.lines("update")
    assert len(seen) < 2000
    assert rec.flows() == gen("table")


def test_6_a_killed_daemon_leaves_everything_and_the_next_removes_what_is_gone(run):
    gen = run(FibGen, run.path, epoch=1)
    rec = run(Recorder, gen, "agent", "--primary", "-q")
    gen("set 0 999 2")
    gen("complete")
    gen.wait(installed(1000))
    gen.kill()
    assert len(rec.flows()) == 1000
    gen = run(FibGen, run.path, epoch=2)  # the socket of the dead one is replaced
    gen("set 100 899 2")
    gen("set 2000 2009 2")
    gen.wait(installed(810))
    state = rec.state()
    assert (len(state["l2tpFlow"]), state["stale"], state["complete"]) == (1010, 200, False)
    gen("complete")
    wait_until(lambda: rec.state()["complete"])
    assert rec.flows() == gen("table")


def test_7_it_is_known_which_consumer_failed(run):
    gen = run(FibGen, run.path)
    run(Recorder, gen, "good", "--primary", "-q")
    run(Recorder, gen, "bad", "--primary", "-q", "--fail", r"239\.0\.0\.[12] ")
    gen("set 0 3 1")
    gen.wait(installed(4))  # one primary consumer is enough
    gen.wait(lambda s: all(c["installs"] + c["failures"] == 4 for c in s["consumers"]))
    assert gen.consumer("good")["failures"] == 0
    bad = gen.consumer("bad")
    assert bad["failures"] == 2
    assert re.match(r"l2tp-flow 239\.0\.0\.[12] from \*: told to fail", bad["lastError"])


def test_8_a_daemon_that_stops_says_so_and_what_is_installed_stays(run):
    gen = run(FibGen, run.path)
    rec = run(Recorder, gen, "agent")
    gen("set 0 9 1")
    gen.wait(live("agent"))
    gen("quit")
    assert gen.popen.wait(10) == 0
    bye, = wait_until(lambda: rec.lines("bye"), 5)
    assert bye["bye"]["code"] == "shutdown"
    assert len(rec.flows()) == 10
    assert rec.stop() == 0


def test_9_without_a_key_on_the_list_nobody_gets_anything(run, tmp_path):
    # F3353-11-4: who is not authenticated is told nothing, and can tell nothing
    def keys(name):
        public, secret = (k.decode() for k in zmq.curve_keypair())
        path = tmp_path / f"{name}.keys"
        path.write_text(f"{server_public}\n{public}\n{secret}\n")
        return public, str(path)

    server_public, server_secret = (k.decode() for k in zmq.curve_keypair())
    friend, friend_keys = keys("friend")
    _, stranger_keys = keys("stranger")
    allowed = tmp_path / "allowed"
    allowed.write_text(f"# who may connect\n{friend} the agent of this test\n")
    gen = run(FibGen, "tcp://127.0.0.1:28417", security=(server_secret, str(allowed)))
    gen("set 0 99 1")
    gen("complete")
    strangers = [run(Recorder, gen, "stranger", "--keys", stranger_keys),
                 run(Recorder, gen, "naked")]
    rec = run(Recorder, gen, "friend", "--keys", friend_keys, "-q")
    gen.wait(live("friend"))
    assert rec.flows() == gen("table")
    time.sleep(1)  # time for what must not happen
    assert [c["name"] for c in gen("state")["consumers"]] == ["friend"]
    assert gen("state")["hellos"] == 1
    for s in strangers:
        assert s.path.read_bytes() == b""


def test_10_rate_and_latency(run, capsys):
    gen = run(FibGen, run.path)
    run(Recorder, gen, "fast", "--primary", "-q")
    gen.wait(live("fast"))
    start = time.monotonic()
    gen(f"set 0 {OBJECTS - 1} 4")
    gen.wait(installed(OBJECTS))
    rate = OBJECTS / (time.monotonic() - start)
    latency = gen("latency 2000")
    with capsys.disabled():
        print(f"\nmcfib/1: {rate:.0f} objects/s installed, "
              f"set to installed {latency['p50us']} us median, {latency['p99us']} us 99 %")
    assert latency["count"] == 2000
    assert rate > 5000


def test_the_socket_belongs_to_owner_and_group_and_to_one_daemon(run):
    run(FibGen, run.path)
    assert stat.S_IMODE(os.stat(run.path).st_mode) == 0o660
    with pytest.raises(RuntimeError, match="in use"):
        run(FibGen, run.path)
    with pytest.raises(RuntimeError, match="directory does not exist"):
        run(FibGen, run.path + "/no/such")


def test_a_consumer_with_the_name_of_a_dead_one_gets_in(run):
    gen = run(FibGen, run.path)
    rec = run(Recorder, gen, "agent")
    gen.wait(live("agent"))
    rec.popen.kill()
    run(Recorder, gen, "agent")
    gen.wait(lambda s: s["hellos"] >= 2 and live("agent")(s), 10)


# ---------------------------------------------------------------- the protocol, from Python


@pytest.fixture(scope="module")
def pb(tmp_path_factory):
    """mcfib.proto as the protobuf of Python understands it."""
    out = tmp_path_factory.mktemp("proto")
    subprocess.run(["protoc", f"--python_out={out}", f"-I{SOURCE / 'proto'}", "mcfib.proto"],
                   check=True)
    sys.path.insert(0, str(out))
    import mcfib_pb2  # made above
    sys.path.remove(str(out))
    return mcfib_pb2


class Client:
    def __init__(self, gen, pb):
        self.pb = pb
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(gen.endpoint)

    def send(self, data, *more):
        self.socket.send_multipart([data, *more])

    def say(self, **body):
        self.send(b"\x01" + self.pb.Envelope(seq=1, **body).SerializeToString())

    def hello(self, **fields):
        values = dict(instance_uuid=b"0123456789abcdef", name="python", proto_min=1, proto_max=1,
                      role=self.pb.ROLE_OBSERVER, tables=[4],
                      capabilities=self.pb.Capabilities(l2tp_replication=True))
        self.say(hello=self.pb.Hello(**{**values, **fields}))

    def hear(self):
        assert self.socket.poll(5000), "no answer"
        data = self.socket.recv()
        assert data[0] == 1
        return self.pb.Envelope.FromString(data[1:])

    def code(self):
        return self.hear().bye.code


def test_another_implementation_understands_us(run, pb):
    gen = run(FibGen, run.path, epoch=99)
    gen("set 5 5 2")
    client = Client(gen, pb)
    client.hello()
    ack, begin, update, end = (client.hear() for _ in range(4))
    assert (ack.seq, ack.epoch, ack.hello_ack.proto) == (1, 99, 1)
    assert begin.snapshot_begin.table == pb.TABLE_L2TP_FLOW
    (op,) = update.update.ops
    assert op.key.l2tp_flow.group == bytes([239, 0, 0, 5])
    assert op.key.l2tp_flow.source == b""
    assert op.l2tp_flow.branches[1].multicast_session.peer_session_id == 4
    assert (end.snapshot_end.object_count, end.snapshot_end.config_complete) == (1, False)


def hostile_messages(pb):
    """What is sent, and the code of the Bye that answers it."""
    good = pb.Envelope(seq=1, ping=pb.Ping(stamp=1)).SerializeToString()
    yield [b""], pb.BYE_PROTOCOL
    yield [b"\x02" + good], pb.BYE_PROTOCOL                     # another transport version
    yield [b"\x01\x0a"], pb.BYE_PROTOCOL                        # truncated
    yield [b"\x01" + os.urandom(1000)], pb.BYE_PROTOCOL
    yield [b"\x01" + good, b"more"], pb.BYE_PROTOCOL            # two frames
    yield [b"\x01" + good], pb.BYE_RESYNC                       # no session


def test_5_hostile_messages_end_their_own_session_only(run, pb):
    gen = run(FibGen, run.path)
    rec = run(Recorder, gen, "other", "--primary", "-q")
    gen("set 0 9 1")
    gen.wait(live("other"))
    for frames, code in hostile_messages(pb):
        client = Client(gen, pb)
        client.send(*frames)
        assert client.code() == code, frames
    for fields, code in (({"proto_min": 2, "proto_max": 3}, pb.BYE_VERSION),
                         ({"name": "other"}, pb.BYE_DUPLICATE_NAME),
                         ({"name": "n" * 64}, pb.BYE_PROTOCOL),
                         ({"instance_uuid": b"short"}, pb.BYE_PROTOCOL)):
        client = Client(gen, pb)
        client.hello(**fields)
        assert client.code() == code, fields
    client = Client(gen, pb)
    client.send(b"\x01" + bytes(2 << 20))  # twice the maximum: ZeroMQ closes the connection
    assert not client.socket.poll(500)
    gen("set 0 9 2")
    gen.wait(installed(10))
    assert rec.flows() == gen("table")
    assert [c["name"] for c in gen("state")["consumers"]] == ["other"]
    assert gen("state")["consumers"][0]["sessionId"] == 1
