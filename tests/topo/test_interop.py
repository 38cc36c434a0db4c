# SPDX-License-Identifier: GPL-2.0-or-later
"""xl2tpd and l2tpns from Debian as peers, up to ICCN; doc/developer/interop.rst has the results.

xl2tpd starts pppd for every call; a stand-in that only holds the line takes its place, because
PPP needs a kernel with it.
"""
import pytest

from lab import Lab, Router
from netns import veth, wait_for

OURS, THEIRS = "10.9.0.1", "10.9.0.2"

STAND_IN = "#!/bin/sh\nexec sleep 300\n"

XL2TPD_LAC = f"""\
[global]
listen-addr = {THEIRS}
auth file = DIR/secrets
debug tunnel = yes
debug state = yes
[lac ours]
lns = {OURS}
challenge = CHALLENGE
name = xl2tpd
hostname = xl2tpd
autodial = yes
redial = no
require authentication = no
pppoptfile = DIR/options
"""

XL2TPD_LNS = f"""\
[global]
listen-addr = {THEIRS}
auth file = DIR/secrets
debug tunnel = yes
debug state = yes
[lns default]
ip range = 10.200.0.2-10.200.0.10
local ip = 10.200.0.1
lac = {OURS}
challenge = CHALLENGE
hostname = xl2tpd
require authentication = no
pppoptfile = DIR/options
"""

L2TPNS = f"""\
set debug 3
set pid_file "DIR/l2tpns.pid"
set hostname "l2tpns"
set l2tp_secret "s3cret"
set primary_radius 127.0.0.1
set radius_secret "none"
set bind_address {THEIRS}
set cli_bind_address 127.0.0.1
set cluster_interface "lo"
set cluster_hb_interval 1
set cluster_hb_timeout 5
set tundevicename "l2tpns0"
"""

OUR_LNS = """\
l2vpn l2tp-multicast
 host-name ours
 peer-group P lns
  match address 10.9.0.0/24
  secret 0 {secret}
  accept
  multicast negotiate
 exit
 session interface external p1%c
exit
"""

OUR_LAC = f"""\
l2vpn l2tp-multicast
 host-name ours
 peer-group P lac
  endpoint {THEIRS}
  secret 0 {{secret}}
  multicast negotiate
 exit
 access a1 static
  peer-group P
 exit
exit
"""


class Pair(Lab):
    """Our router and xl2tpd on one cable."""

    def build(self):
        self.ours = Router(self, "ours")
        self.theirs = self.namespace("theirs")
        veth(self.ours.ns, "core0", self.theirs, "eth0")
        self.ours.ns.ip(f"addr add {OURS}/24 dev core0")
        self.theirs.ip(f"addr add {THEIRS}/24 dev eth0")
        nowhere = self.namespace("nil")
        for name in ("p1", "a1"):
            veth(self.ours.ns, name, nowhere, name)
        self.ours.start_zebra()

    def start_xl2tpd(self, config, challenge):
        d = self.dir
        (d / "pppd").write_text(STAND_IN)
        (d / "pppd").chmod(0o755)
        (d / "secrets").write_text("* * s3cret\n")
        (d / "options").write_text("")
        (d / "xl2tpd.conf").write_text(config.replace("DIR", str(d)).replace(
            "CHALLENGE", "yes" if challenge else "no"))
        script = (f"mount --bind {d}/pppd /usr/sbin/pppd && exec xl2tpd -D -c {d}/xl2tpd.conf "
                  f"-s {d}/secrets -p {d}/xl2tpd.pid -C {d}/xl2tpd.ctl")
        self.xl2tpd = self.process("xl2tpd", self.theirs.words(
            ["unshare", "-m", "sh", "-c", script]), d / "xl2tpd.log")
        wait_for(lambda: "Listening on" in self.xl2tpd.tail(100), 10, "xl2tpd listens")

    def start_l2tpns(self):
        etc = self.dir / "l2tpns"
        etc.mkdir()
        (etc / "startup-config").write_text(L2TPNS.replace("DIR", str(self.dir)))
        (etc / "ip_pool").write_text("10.201.0.0/24\n")
        (etc / "users").write_text("")
        self.l2tpns = self.process("l2tpns", self.theirs.words(
            ["unshare", "-m", "sh", "-c", f"mount --bind {etc} /etc/l2tpns && exec l2tpns"]),
            self.dir / "l2tpns.log")
        wait_for(lambda: "IP address pool is" in self.l2tpns.tail(100), 15, "l2tpns is up")

    def xl2tpd_says(self, text):
        wait_for(lambda: text in self.xl2tpd.tail(1000), 20, f"xl2tpd says '{text}'")


@pytest.fixture(name="pair")
def _pair():
    with Pair(subscribers=0, prefix="mcx") as p:
        yield p


def established(router):
    def look():
        tunnels, sessions = router.tunnels(), router.sessions()
        return len(sessions) == 1 and sessions[0]["state"] == "established" \
            and tunnels[0]["state"] == "established" and (tunnels[0], sessions[0])
    return wait_for(look, 20, f"a session at {router.name}")


@pytest.mark.parametrize("challenge", [True, False])
def test_xl2tpd_as_lac_opens_tunnel_and_session_to_our_lns(pair, challenge):
    pair.ours.start_l2mcd(OUR_LNS.format(secret="s3cret"))
    pair.start_xl2tpd(XL2TPD_LAC, challenge)
    pair.xl2tpd_says("Call established with")
    tunnel, _ = established(pair.ours)
    assert tunnel["peerHostName"] == "xl2tpd"
    # xl2tpd knows no AVP 80, so it is no multicast LAC
    assert tunnel["multicastCapable"] is False


@pytest.mark.parametrize("challenge", [True, False])
def test_our_lac_opens_tunnel_and_session_to_xl2tpd_as_lns(pair, challenge):
    """R4045-3.2-5: an LNS without the extension ignores AVP 80 of the SCCRQ."""
    pair.start_xl2tpd(XL2TPD_LNS, challenge)
    pair.ours.start_l2mcd(OUR_LAC.format(secret="s3cret"))
    pair.xl2tpd_says("Call established with")
    established(pair.ours)


@pytest.mark.parametrize("secret", [" secret 0 s3cret\n ", ""])
def test_our_lac_opens_tunnel_and_session_to_l2tpns(pair, secret):
    pair.start_l2tpns()
    pair.ours.start_l2mcd(OUR_LAC.replace(" secret 0 {secret}\n ", secret))
    tunnel, _ = established(pair.ours)
    assert tunnel["peerHostName"] == "l2tpns"
    assert pair.l2tpns.running()


@pytest.mark.parametrize("challenge", [True, False])
def test_wrong_secret_opens_nothing(pair, challenge):
    """R2661-5.1.1-1: a wrong response disallows the tunnel; xl2tpd sees ours, or we see its."""
    pair.ours.start_l2mcd(OUR_LNS.format(secret="other"))
    pair.start_xl2tpd(XL2TPD_LAC, challenge)
    pair.xl2tpd_says("closed to")
    assert not [t for t in pair.ours.tunnels() if t["state"] == "established"]
    assert not pair.ours.sessions()


def test_killed_xl2tpd_is_noticed(pair):
    """The peer dies silently: retransmissions run out, the session ends."""
    pair.ours.start_l2mcd(OUR_LNS.format(secret="s3cret").replace(
        "host-name ours", "host-name ours\n profile P\n  hello-interval 1\n"
        "  retransmit retries 2 timeout 1 maximum 8\n exit").replace(
            "multicast negotiate", "multicast negotiate\n  profile P"))
    pair.start_xl2tpd(XL2TPD_LAC, True)
    established(pair.ours)
    pair.xl2tpd.kill()
    wait_for(lambda: not pair.ours.sessions(), 30, "the session is gone")
