# SPDX-License-Identifier: GPL-2.0-or-later
"""Who gets no LDP session with mplsmcd: strangers, those on other interfaces or too far away, and
those without the password."""
import contextlib
import socket

import pytest

import ldp_wire as w
import pcap
from ldp_lab import ROUTER, LdpLab, peer_address
from netns import wait_for

OFF = 4  # the peer on an interface without LDP


@pytest.fixture(name="lab", scope="module")
def ldp_lab():
    with LdpLab("pgrd", off=(OFF,), forward=False, more=" discovery hello holdtime 6\n") as lab:
        yield lab


@pytest.fixture(autouse=True)
def clean(lab):
    yield
    lab.end_peers()


def test_our_own_segments_have_ttl_255(lab):
    # M-6720-2-1
    lab.up(1, 2)
    for path in lab.captures[:2]:
        rows = pcap.tshark(path, "ip.ttl", display=f"ip.src == {ROUTER} && "
                                                   "(tcp.len > 0 || tcp.flags.syn == 1)")
        assert {ttl for ttl, in rows} == {"255"}


def test_an_interface_without_ldp_is_deaf_and_dumb(lab):
    # F3353-11-1
    p, known = lab.peer(OFF), lab.up(2)[0]
    p.router = p.router_id = ROUTER  # nobody told it
    p.until(lambda: p.attempts >= 2, 15, "it tries to connect")
    known.barrier()
    assert not p.hellos and not p.sessions and not lab.neighbour(p)


def test_targeted_hellos_are_not_ours(lab):
    # F3353-11-1
    known, = lab.up(2)
    before = lab.statistics()["ldp"]["hellosTargeted"]
    known.say_hello((peer_address(2, 1), 646), flags=0xc000, lsr_id="10.77.0.1",
                    transport="10.77.0.1")
    wait_for(lambda: lab.statistics()["ldp"]["hellosTargeted"] > before, 10, "counted")
    assert len([n for n in lab.neighbours() if n["state"] == "operational"]) == 1
    assert not [n for n in lab.neighbours() if n["neighbor"].startswith("10.77")]


def test_strangers_get_no_session(lab):
    # M-5036-5.3-1, M-5036-2.5.3-1
    p, = lab.up(2)
    lab.outside[2].ip("addr add 10.6.2.9/24 dev eth0")
    before = lab.statistics()["sockets"]["tcpRefused"]
    with lab.outside[2].inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.closing(sock):
        sock.settimeout(10)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        sock.bind(("10.6.2.9", 0))
        said = b""
        with contextlib.suppress(ConnectionError):
            sock.connect((ROUTER, 646))
            sock.sendall(w.pdu("10.6.2.9", w.message("Initialization", 1, p.session_parameters())))
            while data := sock.recv(4096):
                said += data
    assert not said or [m.status for m in w.parse(said)] == [w.NO_HELLO]
    wait_for(lambda: lab.statistics()["sockets"]["tcpRefused"] > before, 10, "counted")
    p.barrier()


@pytest.mark.parametrize("n", [1, 2])
def test_segments_from_further_away_make_no_session(lab, n):
    # M-6720-2-1, F3353-11-1: both said G=1, and TTL 254 has passed a router
    known, = lab.up(3)
    far = lab.peer(n, ttl=254)
    wait_for(lambda: lab.neighbour(far), 15, "an adjacency")
    if far.active:
        wait_for(lambda: lab.neighbour(far).get("lastError", "").startswith("TTL"), 15, "refused")
    known.until(lambda m=len(known.hellos): len(known.hellos) >= m + 2, 15, "some seconds")
    assert not far.sessions and not far.messages
    assert lab.neighbour(far)["state"] != "operational"
    far.close()
    # not agreed: not enforced
    assert lab.peer(n, ttl=254, gtsm=False).operational()


@pytest.mark.parametrize("n", [1, 2])
def test_only_the_right_password_opens_a_session(lab, n):
    # M-5036-2.9-1
    known, p = lab.up(3, n)
    lab.configure(f"neighbor {p.address} password 0 s3cret")
    try:
        p.down()  # it was not signed
        for wrong in (None, "wrong"):
            bad = lab.statistics()["sockets"]["tcpMd5Bad"]
            if wrong:
                p.close()
                p = lab.peer(n, password=wrong)
            if n == 2:  # else the peer's kernel counts, and what we connect to does not answer
                wait_for(lambda b=bad: lab.statistics()["sockets"]["tcpMd5Bad"] >= b + 2, 20,
                         "it tries")
            else:
                wait_for(lambda: (lab.neighbour(p) or {}).get("lastError") == "no answer", 20,
                         "the attempt fails")
            row = lab.neighbour(p)
            assert row["state"] != "operational" and row["password"] == "set"
        assert not p.sessions and not p.messages
        p.close()
        p = lab.peer(n, password="s3cret").operational()
        assert lab.neighbour(p)["password"] == "set"
        known.barrier()
        assert known.sessions == 1
    finally:
        lab.configure(f"no neighbor {p.address} password")
    p.down()
    p.close()
    assert lab.peer(n).operational()  # and without, when none is configured


def test_a_peer_that_rejects_our_initialization_is_left_alone_for_a_while(lab):
    # M-5036-2.5.3-3
    known, = lab.up(3)
    tried = []

    def reject(m):
        tried.append(m.when)
        p.send("Notification", w.status(w.FATAL | 0x12, m.id, m.type))
    p = lab.peer(1, on={"Initialization": reject})
    p.until(lambda: len(tried) == 2, 40, "another attempt")
    assert 14.5 <= tried[1] - tried[0] <= 35
    p.on["Initialization"] = p.answer_initialization
    known.barrier()


def test_tshark_decodes_every_packet_of_these_tests(lab):
    # what the router said; the peers sent what they should not
    lab.decoded(ours=False)
