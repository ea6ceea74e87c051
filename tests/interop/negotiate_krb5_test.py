"""negotiate_krb5_test.py - Kerberos inside SPNEGO: MIT's and ours, either as the client of the other; and with somebody
between, who rewrites the list of mechanisms, changes bytes of every leg and takes mechListMIC away (rows S4 and S5 of docs/THREATS.md).
Covers pkg/kerberos/kerb_inside.c, pkg/negotiate/nego_mic.c, pkg/negotiate/nego_accept.c, pkg/negotiate/nego_init.c.

Runs inside tests/lab/kdc.py: a realm on loopback, alice's tickets, the keytab of host/localhost.

usage: kdc.py run DIR negotiate_krb5_test.py PEER_OURS PEER_GSS LSAD LSACTL
"""
import glob
import json
import os
import subprocess
import sys

import interop
from interop import Peer, check, talk

ours_program, gss_program, lsad, lsactl = sys.argv[1:]
if gss_program == "absent":
    interop.skip("libkrb5-dev was not installed when this was built")
if "KDC_DIR" not in os.environ:
    interop.skip("there is no KDC: run this by tests/lab/kdc.py")
PASSWORD = os.environ["KDC_PASSWORD"]
REALM = os.environ["KDC_REALM"]
libraries = glob.glob("/usr/lib*/gssntlmssp/gssntlmssp.so") + glob.glob("/usr/lib*/*/gssntlmssp/gssntlmssp.so")
subprocess.run(["kinit", "alice"], input=PASSWORD + "\n", text=True, stdout=subprocess.DEVNULL, check=True, timeout=30)
WAYS = {"one token": {}, "mutual": {"mutual": "yes"}, "DCE style": {"dce": "yes"}}
TOKENS = {"one token": 2, "mutual": 2, "DCE style": 4}

MS_KRB5 = bytes.fromhex("06092a864882f712010202")


def leg_edit(leg, change):
    """An edit of that token alone, counted over both directions."""
    seen = {}

    def edit(frame):
        return change(frame) if seen.setdefault(frame, len(seen)) == leg else frame
    return edit


def is_state(frame, at):
    """Whether that byte is an initiator's negState, which tells an acceptor nothing."""
    return frame[at - 4:at] == b"\xa0\x03\x0a\x01"


def der(tag, body):
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])) + body


def mic_away(frame):
    """A NegTokenResp without its last field, [3]: a MIC of 28 bytes."""
    inner = 2 + (frame[1] == 0x81)
    return der(0xa1, der(0x30, frame[inner + 2 + (frame[inner + 1] == 0x81):frame.rindex(b"\xa3\x1e\x04\x1c")]))


def between(place, client, server):
    """Real Kerberos, both sides ours."""
    for what, options, leg, change in (
            ("the first mechanism becomes one that nobody has", {"mutual": "yes"}, 0, lambda f: f.replace(MS_KRB5, MS_KRB5[:-1] + b"\x77", 1)),
            ("the client's mechListMIC is taken away", {"dce": "yes"}, 2, mic_away),
            ("the server's mechListMIC is taken away", {"dce": "yes"}, 3, mic_away)):
        t = talk(client.but(**options), server.but(**options), leg_edit(leg, change))
        check(f"{place.name}: {what}", not t.good, t.said)
    whole = talk(client.but(dce="yes"), server.but(dce="yes"))
    legs = [f for f in whole.frames if interop.is_spnego(f)]
    check(f"{place.name}: four tokens", whole.good and len(legs) == 4, whole.said)
    taken = 0
    for leg in (1, 2, 3):
        for at in range(leg, len(legs[leg]), 9):
            def flip(frame, at=at):
                return frame[:at] + bytes([frame[at] ^ 0x10]) + frame[at + 1:] if at < len(frame) else frame
            t = talk(client.but(dce="yes"), server.but(dce="yes"), leg_edit(leg, flip))
            harmless = leg == 2 and is_state(legs[leg], at)
            if t.good and not harmless:
                taken += check(f"{place.name}: leg {leg}, byte {at}", False, t.said) or 1
    check(f"{place.name}: no changed byte is taken", taken == 0, taken)


with interop.folder() as work:
    for place in interop.places(lsad, lsactl):
        place.user("alice", PASSWORD)
        ours = Peer(ours_program, place.env, package="Negotiate", messages="none", target="host/localhost")
        mine = ours.but(default="yes")
        mit = Peer(gss_program, dict(os.environ), mech="spnego", inner="krb5", messages="none", target="host@localhost")
        for name, client, server in (("both ours", mine, ours), ("MIT's client", mit, ours), ("MIT's server", mine, mit)):
            for way, options in WAYS.items():
                t = talk(client.but(**options), server.but(**options))
                spnego = [f for f in t.frames if interop.is_spnego(f)]
                check(f"{place.name}: {name}, {way}", t.good, t.said)
                check(f"{place.name}: {name}, {way}: so many tokens", len(spnego) == TOKENS[way],
                      [f.hex() for f in spnego])
                for side, who in ((t.client, client), (t.server, server)):
                    check(f"{place.name}: {name}, {way}: Kerberos is inside",
                          who is mit or side.facts.get("inner") == "Kerberos 0", t.said)
                told = json.loads(place.run("--json", "decode", t.frames[0].hex()))["token"]
                told = told.get("mechToken", told)
                check(f"{place.name}: {name}, {way}: the first token decoded", told.get("message") == "AP-REQ" and
                      told["realm"] == REALM and told["service"] == ["host", "localhost"] and told["keyVersion"] > 0 and
                      told["options"]["mutualRequired"] == (way != "one token"), told)
                check(f"{place.name}: {name}, {way}: and it is alice", "alice" in t.server.facts.get("name", ""), t.said)

        between(place, mine, ours)
        # A password instead of tickets; a wrong one is not tried with less.
        t = talk(ours.but(user="alice", domain=REALM, password=PASSWORD), mit)
        check(f"{place.name}: with a password", t.good and t.client.facts.get("inner") == "Kerberos 0", t.said)
        t = talk(ours.but(user="alice", domain=REALM, password="wrong"), mit)
        check(f"{place.name}: with a wrong password", t.client.exit == 1 and t.client.status == interop.LOGON_DENIED and
              "nothing else is tried" in t.client.said, t.said)
        # A service that the KDC does not know: NTLM, where there is a password for it.
        place.policy("ntlm-target-name", 0)
        place.policy("ntlm-loopback-relay-check", 0)
        t = talk(ours.but(user="alice", domain=REALM, password=PASSWORD, target="host/nobody-here.openlsa.test"), ours)
        check(f"{place.name}: a service that is not known: NTLM", t.good and "NTLM chosen: Kerberos is out" in t.said and
              t.server.facts.get("inner") == "NTLM 0", t.said)
        place.policy("ntlm-fallback", 0)
        t = talk(ours.but(user="alice", domain=REALM, password=PASSWORD, target="host/nobody-here.openlsa.test"), ours)
        check(f"{place.name}: where policy forbids that", t.client.exit == 1 and t.client.status == 0x80090350, t.said)
        place.policy("ntlm-fallback", 1)
        place.policy("ntlm-target-name", 1)
        place.policy("ntlm-loopback-relay-check", 1)
        t = talk(mine.but(target="host/nobody-here.openlsa.test"), ours)
        check(f"{place.name}: and without a password the status is Kerberos' own",
              t.client.exit == 1 and t.client.status == 0x80090303, t.said)

        # NTLM is MIT's first offer and not to be had here: Kerberos comes second, and with it mechListMIC.
        if libraries:
            with open(work + "/mech", "w") as f:
                f.write(f"gssntlmssp_v1 1.3.6.1.4.1.311.2.2.10 {libraries[0]}\n")
            with open(work + "/users", "w") as f:
                f.write(f"{place.computer}:alice:{PASSWORD}\n")
            env = dict(os.environ, GSS_MECH_CONFIG=work + "/mech", NTLM_USER_FILE=work + "/users")
            place.policy("ntlm-allowed", 0)
            t = talk(Peer(gss_program, env, mech="spnego", inner="both", messages="none", target="host@localhost",
                          user="alice", domain=place.computer).but(mutual="yes"), ours)
            check(f"{place.name}: MIT's second choice", t.good and t.server.facts.get("inner") == "Kerberos 0" and
                  "mechListMIC is right" in t.server.said, t.said, [f.hex()[:40] for f in t.frames])
            place.policy("ntlm-allowed", 1)

interop.end()
