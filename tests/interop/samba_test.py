"""samba_test.py - Samba's NTLMSSP and OpenLSA, either as the client of the other.

ntlm_auth, the helper that web servers and proxies use, needs no domain in
either role: as a server it is told one user. Samba's library itself
(python3-samba) adds the messages; as a server it asks a database that is made
here, of a server that is its own domain. A member of a domain, which asks
winbindd and that a domain controller, is not tried.

usage: samba_test.py PEER_OURS LSAD LSACTL
"""
import glob
import os
import shutil
import subprocess
import sys

import interop
from interop import Peer, check, talk

ours_program, lsad, lsactl = sys.argv[1:]
interop.need("ntlm_auth")
theirs = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_samba.py")
DEBIAN_PYTHON = "/usr/bin/python3"
has_library = os.path.exists(DEBIAN_PYTHON) and subprocess.run(
    [DEBIAN_PYTHON, "-c", "import samba.gensec"], stderr=subprocess.DEVNULL, timeout=60).returncode == 0


def configuration(work):
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


def database(work):
    """A Samba that is its own domain, with an Administrator. None: it cannot be made here."""
    modules = glob.glob("/usr/lib*/samba/ldb/samba_dsdb.so") + glob.glob("/usr/lib*/*/samba/ldb/samba_dsdb.so")
    if not (has_library and shutil.which("samba-tool") and modules and os.path.isdir("/usr/share/samba/setup")):
        return None
    done = subprocess.run(["samba-tool", "domain", "provision", "--server-role=standalone", f"--targetdir={work}/own",
                           "--realm=samba.test", "--domain=SAMBADOM", "--host-name=samba",
                           f"--adminpass={interop.PASSWORD}", "--option=interfaces=lo",
                           "--option=bind interfaces only=yes"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    path = f"{work}/own/etc/smb.conf"
    if done.returncode == 0 and os.path.exists(path):
        return path
    check("samba-tool makes a database", False, done.stdout.decode(errors="replace")[-2000:])
    return None


with interop.folder() as work:
    conf = configuration(work)
    own_conf = database(work)
    if not has_library:
        print("without python3-samba: no messages with Samba")
    elif not own_conf:
        print("without samba-ad-provision and samba-dsdb-modules: no messages with Samba as the server")
    helper = Peer([sys.executable, theirs], by="helper", conf=conf,
                  password=interop.PASSWORD)
    library = Peer([DEBIAN_PYTHON, theirs], by="gensec", conf=conf, password=interop.PASSWORD)

    for place in interop.places(lsad, lsactl):
        place.user("alice")
        place.policy("lockout-threshold", 0)
        ours = Peer(ours_program, place.env)
        who = dict(user="alice", domain=place.computer)

        # --- Samba is the client ------------------------------------------------
        ways = [("ntlm_auth", helper, "none")] + [("gensec", library, "all")] * has_library
        for name, way, messages in ways:
            client, server = way.but(**who, messages=messages), ours.but(messages=messages)
            for wants in ("seal", "sign", "none"):
                t = talk(client.but(wants=wants), server.but(wants=wants))
                check(f"{place.name}: {name} as client, {wants}", t.good, t.said)
                check(f"{place.name}: and its name is known",
                      t.server.facts.get("name") == f"{place.computer}\\alice", t.said)
                check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
            t = talk(client.but(password="wrong"), server)
            check(f"{place.name}: {name}'s wrong password is denied",
                  t.server.exit == 1 and t.server.status == interop.LOGON_DENIED and t.client.exit == 2, t.said)
            place.policy("ntlm-require-mic", 1)
            t = talk(client, server)
            check(f"{place.name}: {name}'s MIC is good where policy requires one", t.good, t.said)
            place.policy("ntlm-require-mic", 0)
            c, one, other, frames = interop.relay(client, server)
            check(f"{place.name}: {name}'s answer to another server is refused",
                  interop.kind_of(frames[3] or b"") == 3 and other.exit == 1 and other.status == interop.LOGON_DENIED,
                  other.said)

        # --- Samba is the server --------------------------------------------------
        ways = [("ntlm_auth", helper.but(user="alice", domain="SAMBADOM"), "alice", "SAMBADOM", "none")]
        if own_conf:
            ways.append(("gensec", library.but(conf=own_conf), "Administrator", "SAMBA", "all"))
        for name, way, user, domain, messages in ways:
            client = ours.but(user=user, domain=domain, password=interop.PASSWORD, messages=messages)
            server = way.but(messages=messages)
            for wants in ("seal", "sign", "none"):
                t = talk(client.but(wants=wants), server.but(wants=wants))
                check(f"{place.name}: {name} as server, {wants}", t.good, t.said)
                check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
            t = talk(client.but(password="wrong"), server)
            check(f"{place.name}: our wrong password is refused by {name}", t.server.exit == 1 and t.client.exit == 2,
                  t.said)
            for kind in (interop.NEGOTIATE, interop.CHALLENGE):
                t = talk(client, server, interop.flags_away(kind, interop.KEY_56))
                check(f"{place.name}: somebody took a flag out of message {kind} to {name}: our MIC tells",
                      t.server.exit == 1 and t.client.exit == 2, t.said)
            c, one, other, frames = interop.relay(client, server)
            check(f"{place.name}: our answer to another {name} is refused",
                  interop.kind_of(frames[3] or b"") == 3 and other.exit == 1, other.said)

interop.end()
