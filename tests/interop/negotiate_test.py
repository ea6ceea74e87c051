"""negotiate_test.py - other people's SPNEGO and OpenLSA, either as the client of the other.

MIT's with gss-ntlmssp inside, Samba's (ntlm_auth and its library), and WinPR,
whose Negotiate speaks NTLM's own tokens without SPNEGO. Somebody stands between
us and MIT: takes mechListMIC away, rewrites the list, repeats a leg.

usage: negotiate_test.py PEER_OURS PEER_GSS PEER_WINPR LSAD LSACTL
"""
import glob
import os
import shutil
import subprocess
import sys

import interop
from interop import Peer, check, ntlm_in, talk

ours_program, gss_program, winpr_program, lsad, lsactl = sys.argv[1:]
INVALID_TOKEN = 0x80090308
OID_NTLM = bytes.fromhex("060a2b06010401823702020a")
OID_KRB5 = bytes.fromhex("06092a864886f712010202")
MIC = bytes.fromhex("a3120410")


# --- tokens on their way -----------------------------------------------------------


def length(n):
    if n < 128:
        return bytes([n])
    count = (n.bit_length() + 7) // 8
    return bytes([0x80 | count]) + n.to_bytes(count, "big")


def content(der):
    """What stands in the first element."""
    count = der[1] & 0x7F if der[1] & 0x80 else 0
    size = int.from_bytes(der[2:2 + count], "big") if count else der[1]
    return der[2 + count:2 + count + size]


def answer_with(body):
    """A NegTokenResp around these fields."""
    inner = b"\x30" + length(len(body)) + body
    return b"\xa1" + length(len(inner)) + inner


def mic_away(of_client):
    """Takes mechListMIC from the side that sends AUTHENTICATE, or from the one that ends the handshake."""
    def edit(frame):
        if frame[:1] != b"\xa1" or MIC not in frame or (ntlm_in(frame) == interop.AUTHENTICATE) != of_client:
            return frame
        body = content(content(frame))
        return answer_with(body[:body.rindex(MIC)])
    return edit


def mic_spoiled(of_client):
    def edit(frame):
        if frame[:1] != b"\xa1" or MIC not in frame or (ntlm_in(frame) == interop.AUTHENTICATE) != of_client:
            return frame
        at = frame.rindex(MIC) + len(MIC) + 4
        return frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1:]
    return edit


def list_rewritten(frame):
    """Another mechanism stands in the list behind NTLM, as if the client had offered it."""
    if frame[:1] != b"\x60":
        return frame
    head, rest = frame.split(OID_NTLM, 1)
    token = rest
    mechs = OID_NTLM + OID_KRB5
    listed = b"\x30" + length(len(mechs)) + mechs
    body = b"\xa0" + length(len(listed)) + listed + token
    choice = b"\x30" + length(len(body)) + body
    spnego = bytes.fromhex("06062b0601050502") + b"\xa0" + length(len(choice)) + choice
    return b"\x60" + length(len(spnego)) + spnego


def leg_repeated(kind):
    """In the place of a token of this kind comes the one before it in the other direction."""
    seen = []

    def edit(frame):
        seen.append(frame)
        return seen[0] if ntlm_in(frame) == kind and len(seen) > 1 else frame
    return edit


# --- peers ------------------------------------------------------------------------------


def samba_conf(work):
    path = work + "/smb.conf"
    with open(path, "w") as f:
        print("[global]\nnetbios name = SAMBA\nworkgroup = SAMBADOM\nserver role = standalone server\n"
              "ntlm auth = ntlmv2-only", file=f)
        for what in ("private dir", "lock directory", "state directory", "cache directory", "pid directory",
                     "ncalrpc dir"):
            folder = f"{work}/{what.replace(' ', '-')}"
            os.mkdir(folder)
            print(f"{what} = {folder}", file=f)
    return path


libraries = glob.glob("/usr/lib*/gssntlmssp/gssntlmssp.so") + glob.glob("/usr/lib*/*/gssntlmssp/gssntlmssp.so")
has_gss = gss_program != "absent" and bool(libraries)
has_winpr = winpr_program != "absent"
os.environ["PATH"] += ":/usr/sbin:/sbin"
has_helper = shutil.which("ntlm_auth") is not None
DEBIAN_PYTHON = "/usr/bin/python3"
has_library = has_helper and os.path.exists(DEBIAN_PYTHON) and subprocess.run(
    [DEBIAN_PYTHON, "-c", "import samba.gensec"], stderr=subprocess.DEVNULL, timeout=60).returncode == 0
if not (has_gss or has_winpr or has_helper):
    interop.skip("neither gss-ntlmssp nor WinPR nor Samba is installed")
print("with", ", ".join(name for name, has in (("MIT and gss-ntlmssp", has_gss), ("WinPR", has_winpr),
                                                ("ntlm_auth", has_helper), ("gensec", has_library)) if has))
theirs = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_samba.py")

with interop.folder() as work:
    conf = samba_conf(work)
    with open(work + "/mech", "w") as f:
        f.write(f"gssntlmssp_v1 1.3.6.1.4.1.311.2.2.10 {libraries[0] if libraries else ''}\n")

    def gss(place, password=interop.PASSWORD):
        users = f"{work}/users-{place.name}-{password}"
        with open(users, "w") as f:
            f.write(f"{place.computer}:alice:{password}\n")
        env = dict(os.environ, GSS_MECH_CONFIG=work + "/mech", NTLM_USER_FILE=users, KRB5CCNAME="FILE:/nonexistent",
                   HOME=work)
        return Peer(gss_program, env, user="alice", domain=place.computer, empty="no", mech="spnego")

    for place in interop.places(lsad, lsactl):
        place.user("alice")
        place.policy("lockout-threshold", 0)
        ours = Peer(ours_program, place.env, package="Negotiate")
        who = dict(user="alice", domain=place.computer)
        client = ours.but(password=interop.PASSWORD, **who)

        # --- ourselves, as the measure ----------------------------------------------
        for wants in ("seal", "sign", "none"):
            t = talk(client.but(wants=wants), ours.but(wants=wants))
            check(f"{place.name}: both ours, {wants}", t.good, t.said)
            check(f"{place.name}: and NTLM is inside", t.client.facts.get("inner") == "NTLM 0" and
                  t.server.facts.get("inner") == "NTLM 0", t.said)
            check(f"{place.name}: and says why", "NTLM chosen" in t.client.said, t.said)

        # --- MIT's SPNEGO with gss-ntlmssp ---------------------------------------------
        if has_gss:
            server = ours.but(empty="no")
            for wants in ("seal", "sign", "none"):
                t = talk(gss(place).but(wants=wants), server.but(wants=wants))
                check(f"{place.name}: MIT's client, {wants}", t.good, t.said)
                check(f"{place.name}: and its name is known",
                      t.server.facts.get("name") == f"{place.computer}\\alice", t.said)
                check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
                t = talk(client.but(wants=wants, empty="no"), gss(place).but(wants=wants))
                check(f"{place.name}: MIT's server, {wants}", t.good, t.said)
                check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
            t = talk(gss(place, "wrong"), server)
            check(f"{place.name}: MIT's client with a wrong password is denied",
                  t.server.exit == 1 and t.server.status == interop.LOGON_DENIED and t.client.exit == 2, t.said)
            t = talk(client.but(password="wrong"), gss(place))
            check(f"{place.name}: our wrong password is refused by MIT's server",
                  t.server.exit == 1 and t.client.exit == 2, t.said)
            for what, edit in (("our MIC is taken away", mic_away(True)), ("our MIC is spoiled", mic_spoiled(True)),
                               ("a mechanism is added to our list", list_rewritten),
                               ("our offer comes again for AUTHENTICATE", leg_repeated(interop.AUTHENTICATE)),
                               ("our offer comes back as the challenge", leg_repeated(interop.CHALLENGE))):
                t = talk(client, gss(place), edit)
                check(f"{place.name}: to MIT's server, {what}", not t.good and t.client.exit and t.server.exit, t.said)
            for what, edit, status in (
                    ("its MIC is taken away", mic_away(True), INVALID_TOKEN),
                    ("its MIC is spoiled", mic_spoiled(True), interop.MESSAGE_ALTERED),
                    ("a mechanism is added to its list", list_rewritten, interop.MESSAGE_ALTERED),
                    ("its offer comes again", leg_repeated(interop.AUTHENTICATE), INVALID_TOKEN)):
                t = talk(gss(place), server, edit)
                check(f"{place.name}: from MIT's client, {what}",
                      t.server.exit == 1 and t.server.status == status and t.client.exit == 2, t.said)
            for what, edit, status in (("MIT's MIC is taken away", mic_away(False), INVALID_TOKEN),
                                       ("MIT's MIC is spoiled", mic_spoiled(False), interop.MESSAGE_ALTERED)):
                t = talk(client, gss(place), edit)
                check(f"{place.name}: {what}: we do not go on",
                      t.client.exit == 1 and t.client.status == status, t.said)

        # --- WinPR, without SPNEGO --------------------------------------------------------
        if has_winpr:
            winpr = Peer(winpr_program, package="Negotiate", password=interop.PASSWORD, messages="sealed")
            for wants in ("seal", "sign", "none"):
                t = talk(winpr.but(wants=wants, **who), ours.but(wants=wants, messages="sealed"))
                check(f"{place.name}: WinPR's client, {wants}", t.good, t.said)
                check(f"{place.name}: and it speaks NTLM directly", t.server.facts.get("inner") == "NTLM 3", t.said)
            t = talk(winpr.but(**who, password="wrong"), ours)
            check(f"{place.name}: WinPR's wrong password is denied",
                  t.server.exit == 1 and t.server.status == interop.LOGON_DENIED, t.said)

        # --- Samba's SPNEGO -----------------------------------------------------------------
        helper = Peer([sys.executable, theirs], by="helper", conf=conf, password=interop.PASSWORD, mech="spnego",
                      messages="none")
        library = Peer([DEBIAN_PYTHON, theirs], by="gensec", conf=conf, password=interop.PASSWORD, mech="spnego")
        ways = [("ntlm_auth", helper, "none")] * has_helper + [("gensec", library, "all")] * has_library
        for name, way, messages in ways:
            for wants in ("seal", "sign", "none"):
                t = talk(way.but(wants=wants, **who), ours.but(wants=wants, messages=messages))
                check(f"{place.name}: {name}'s client, {wants}", t.good, t.said)
                check(f"{place.name}: and its name is known",
                      t.server.facts.get("name") == f"{place.computer}\\alice", t.said)
                check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
            t = talk(way.but(**who, password="wrong"), ours)
            check(f"{place.name}: {name}'s wrong password is denied",
                  t.server.exit == 1 and t.server.status == interop.LOGON_DENIED and t.client.exit == 2, t.said)
        if has_helper:
            server = helper.but(user="alice", domain="SAMBADOM")
            for wants in ("seal", "sign", "none"):
                t = talk(ours.but(user="alice", domain="SAMBADOM", password=interop.PASSWORD, wants=wants,
                                  messages="none"), server.but(wants=wants))
                check(f"{place.name}: ntlm_auth's server, {wants}", t.good, t.said)
                check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
            t = talk(ours.but(user="alice", domain="SAMBADOM", password="wrong", messages="none"), server)
            check(f"{place.name}: our wrong password is refused by ntlm_auth", t.server.exit == 1 and t.client.exit == 2,
                  t.said)

interop.end()
