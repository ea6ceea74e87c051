"""radius_test.py - FreeRADIUS lets lsa-ntlm-auth judge MS-CHAP: radtest with
version 1; eapol_test with EAP-MSCHAPv2, whose client checks the server's own
proof and the keys, both made of what the helper said. Through lsad, as a
logon process.

    radius_test.py LSA_NTLM_AUTH LSAD LSACTL
"""
import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import sys

import interop
from interop import check

helper, lsad, lsactl = map(os.path.abspath, sys.argv[1:4])
interop.need("freeradius", "radtest", "eapol_test")
AS_ROOT = os.geteuid() == 0
SECRET = "testing123"
E691 = b"E=691".hex()                       # in MS-CHAP-Error: what is said to the peer


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def configure(work, port):
    """The least that MS-CHAP needs; the line is the one in Debian's mods-available/mschap."""
    os.makedirs(f"{work}/log", exist_ok=True)
    write(f"{work}/ntlm_auth", f"""#!/bin/sh
OPENLSA_MODE=daemon OPENLSA_SOCKET={work}/lsa-socket LD_LIBRARY_PATH={work}/lib
export OPENLSA_MODE OPENLSA_SOCKET LD_LIBRARY_PATH
exec {work}/lib/lsa-ntlm-auth "$@"
""", 0o755)
    user = "user = freerad\n\tgroup = freerad\n" if AS_ROOT else ""
    write(f"{work}/radiusd.conf", f"""
prefix = /usr
name = freeradius
logdir = {work}/log
raddbdir = {work}
run_dir = {work}/log
libdir = /usr/lib/freeradius
pidfile = {work}/log/pid
max_requests = 1024
log {{
	destination = files
	file = {work}/log/radius.log
	auth = yes
}}
security {{
	{user}
	reject_delay = 0
	status_server = no
}}
thread pool {{
	start_servers = 2
	max_servers = 4
	min_spare_servers = 1
	max_spare_servers = 3
}}
client localhost {{
	ipaddr = 127.0.0.1
	secret = {SECRET}
	require_message_authenticator = no
}}
modules {{
	mschap {{
		use_mppe = yes
		require_encryption = yes
		require_strong = yes
		ntlm_auth = "{work}/ntlm_auth --request-nt-key --allow-mschapv2 --username=%{{%{{Stripped-User-Name}}:-%{{%{{User-Name}}:-None}}}} --challenge=%{{%{{mschap:Challenge}}:-00}} --nt-response=%{{%{{mschap:NT-Response}}:-00}}"
	}}
	eap {{
		default_eap_type = mschapv2
		timer_expire = 60
		mschapv2 {{
		}}
	}}
}}
server default {{
	listen {{
		type = auth
		ipaddr = 127.0.0.1
		port = {port}
	}}
	authorize {{
		mschap
		eap {{
			ok = return
		}}
	}}
	authenticate {{
		Auth-Type MS-CHAP {{
			mschap
		}}
		eap
	}}
}}
""", 0o640)
    if AS_ROOT:
        freerad = pwd.getpwnam("freerad")
        for path in ("radiusd.conf", "log"):
            os.chown(f"{work}/{path}", freerad.pw_uid, freerad.pw_gid)


@contextlib.contextmanager
def radius(work, port):
    with open(f"{work}/radius-out", "w+", encoding="utf-8") as out:
        server = subprocess.Popen(["freeradius", "-f", "-xx", "-l", f"{work}/log/radius.log", "-d", work], stdout=out, stderr=out)

        def ready():
            path = f"{work}/log/radius.log"
            return server.poll() is not None or (os.path.exists(path) and
                                                 "Ready to process requests" in open(path, encoding="utf-8").read())
        try:
            check("FreeRADIUS serves", interop.wait_for(ready) and server.poll() is None)
            yield f"127.0.0.1:{port}"
        finally:
            interop.stop(server)


def log(work):
    with open(f"{work}/log/radius.log", encoding="utf-8", errors="replace") as f:
        return f.read()


def version1(place, user, password):
    done = subprocess.run(["radtest", "-t", "mschap", user, password, place, "0", SECRET], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.stdout


def version2(work, port, user, password):
    write(f"{work}/eapol.conf", f"""network={{
	key_mgmt=IEEE8021X
	eap=MSCHAPV2
	identity="{user}"
	password="{password}"
}}
""", 0o600)
    done = subprocess.run(["eapol_test", "-c", f"{work}/eapol.conf", "-a", "127.0.0.1", "-p", str(port), "-s", SECRET, "-t", "20"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.stdout


def furnish(work):
    """The helper where FreeRADIUS's own user can reach it."""
    os.chmod(work, 0o755)
    os.mkdir(f"{work}/lib")
    shutil.copy(helper, f"{work}/lib")
    libs = os.path.join(os.path.dirname(helper), "..")
    for lib in os.listdir(libs):
        if lib.startswith("libsecur32.so.0") and os.path.isfile(os.path.join(libs, lib)):
            shutil.copy(os.path.join(libs, lib), f"{work}/lib")


with interop.folder() as folder:
    furnish(folder)
    RADIUS_PORT = free_port()
    configure(folder, RADIUS_PORT)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("OPENLSA_") and k != "NOTIFY_SOCKET"}
    write(f"{folder}/lsad.conf", "tcb_users = freerad\n" if AS_ROOT else "")
    daemon_log = open(f"{folder}/lsad-log", "w+", encoding="utf-8")    # pylint: disable=consider-using-with
    daemon = subprocess.Popen([lsad, "--foreground", "--config", f"{folder}/lsad.conf", "--socket", f"{folder}/lsa-socket", "--state",
                               f"{folder}/state"], env=clean, stdout=daemon_log, stderr=daemon_log)
    try:
        check("lsad serves", interop.wait_for(lambda: os.path.exists(f"{folder}/lsa-socket")))
        lsa = interop.Place("far", dict(clean, OPENLSA_MODE="daemon", OPENLSA_SOCKET=f"{folder}/lsa-socket"), lsactl)
        lsa.user("alice")
        lsa.user("locked")
        with radius(folder, RADIUS_PORT) as where:
            answer = version1(where, "alice", interop.PASSWORD)
            check("MS-CHAP: right", "Access-Accept" in answer, answer, log(folder)[-3000:])
            check("MS-CHAP: with keys", "MS-CHAP-MPPE-Keys" in answer, answer)
            check("MS-CHAP: wrong", "Access-Reject" in version1(where, "alice", "wrong"))
            check("MS-CHAP: unknown", "Access-Reject" in version1(where, "nobody-of-this-name", interop.PASSWORD))
            answer = version2(folder, RADIUS_PORT, "alice", interop.PASSWORD)
            check("EAP-MSCHAPv2: right, and the server proves itself", "Authentication succeeded" in answer and
                  answer.rstrip().endswith("SUCCESS"), answer[-3000:], log(folder)[-2000:])
            check("EAP-MSCHAPv2: the keys are the client's", "MPPE keys OK: 1  mismatch: 0" in
                  answer, answer[-600:])
            answer = version2(folder, RADIUS_PORT, "alice", "wrong")
            check("EAP-MSCHAPv2: wrong", answer.rstrip().endswith("FAILURE") and E691 in answer, answer[-1500:])
            lsa.run("user", "lock", "alice")
            answer = version2(folder, RADIUS_PORT, "alice", interop.PASSWORD)
            check("EAP-MSCHAPv2: locked, as a wrong one", answer.rstrip().endswith("FAILURE") and E691 in answer, answer[-1500:])
            lsa.run("user", "unlock", "alice")
            check("unlocked", "Access-Accept" in version1(where, "alice", interop.PASSWORD))
            for _ in range(4):
                check("EAP-MSCHAPv2: again", version2(folder, RADIUS_PORT, "alice", interop.PASSWORD).rstrip().endswith("SUCCESS"))
            check("no session is left", lsa.run("--json", "status") and interop.wait_for(
                lambda: '"sessions":0' in lsa.run("--json", "status").replace(" ", "")), lsa.run("status"))
            said = log(folder)
            check("no password in FreeRADIUS's log", interop.PASSWORD not in said)
    finally:
        code = interop.stop(daemon)
        daemon_log.seek(0)
        check("lsad ends well", code == 0, daemon_log.read()[-2000:])
interop.end()
