"""domain_test.py - accounts of a domain by NTLM: lsad asks the domain's
controller by way of winbindd. Our client and Samba's ntlm_auth as clients; the SIDs are
those that winbindd tells of the user. A controller that is silent or gone holds up nobody else.
Covers lsa/authority.c, pkg/ntlm/ntlm_domain.c, winbind/winbind.c.

    domain_test.py SSPI_PIPE LSA_NTLM_AUTH LSAD LSACTL MODULE       in the environment of tests/lab/ad.py
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import interop
import pipe
from interop import check

program, helper, lsad, lsactl, module = sys.argv[1:6]
if not os.path.exists(module):
    interop.skip("libwbclient-dev was not installed when this was built")
DOMAIN, SECRET, PRELOAD = os.environ["AD_DOMAIN"], os.environ["AD_PASSWORD"], os.environ["AD_PRELOAD"]
NO_AUTHORITY = 0x80090311


@contextlib.contextmanager
def rooted():
    """A folder that nobody else can write to, on the way to it either."""
    path = tempfile.mkdtemp(prefix="olsa-domain-", dir="/run")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def serving(folder, **settings):
    path = f"{folder}/lsad.conf"
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(f"{key} = {value}\n" for key, value in settings.items())
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENLSA_") and k != "NOTIFY_SOCKET"}
    with interop.folder() as work, open(f"{work}/log", "w", encoding="utf-8") as log:
        sock = f"{work}/s"
        process = subprocess.Popen([lsad, "--foreground", "--config", path, "--socket", sock, "--state", f"{work}/state"],
                                   env=dict(env, LD_PRELOAD=PRELOAD), stdout=log, stderr=log)
        try:
            found = dict(env, OPENLSA_MODE="daemon", OPENLSA_SOCKET=sock, LSAD_STATE=f"{work}/state")
            interop.wait_for(lambda: process.poll() is not None or (os.path.exists(sock) and subprocess.run(
                [lsactl, "ping"], env=found, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=30).returncode == 0))
            with open(f"{work}/log", encoding="utf-8") as said:
                yield found if process.poll() is None else None, said.read()
        finally:
            interop.stop(process)


def talk(env, user, password, domain=DOMAIN):
    """(status, who, reasons) at the server."""
    try:
        with pipe.Pipe(program, "client", "NTLM", env=env, user=user, domain=domain, password=password, flags="10038",
                       target="HTTP/localhost") as c, pipe.Pipe(program, "server", "NTLM", env=env, flags="10038") as s:
            challenge = s.step(c.step())
            s.step(c.step(challenge))
            if s.open(c.seal(b"sealed")) != b"sealed":
                return 1, {}, "the keys differ"
            return s.status, s.facts(), s.why()
    except pipe.Refused as refused:
        return refused.status, {}, refused.why


def wbinfo(*words):
    return subprocess.run(["wbinfo", *words], env=dict(os.environ, LD_PRELOAD=PRELOAD), stdout=subprocess.PIPE, text=True,
                          check=True, timeout=30).stdout.split()


def winbindds():
    done = subprocess.run(["pgrep", "-f", f"winbindd.*{os.environ['AD_SMB_CONF']}"], stdout=subprocess.PIPE, text=True, check=False)
    return [int(pid) for pid in done.stdout.split()]


def people(env):
    status, who, why = talk(env, "alice", SECRET)
    check("a domain's user", status == 0 and who.get("user", "").lower() == f"{DOMAIN}\\alice".lower(), hex(status), who, why)
    sid = wbinfo("-n", f"{DOMAIN}\\alice")[0]
    with open(f"{env['LSAD_STATE']}/audit.json", encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    logons = [e for e in events if e["id"] == 4624 and e.get("TargetUserName") == "alice"]
    check("with the domain's SID", logons and logons[-1].get("TargetUserSid") == sid, logons, sid)
    for user, password in (("alice", "wrong"), ("disabled", SECRET), ("nobody-there", SECRET)):
        status, who, why = talk(env, user, password)
        check(f"{user} with {'a wrong' if password == 'wrong' else 'the'} password", status == interop.LOGON_DENIED, hex(status), why)
    done = subprocess.run([lsactl, "-q", "user", "add", "local"], input="Correct-Horse-7\n", env=env, text=True, check=False, timeout=30)
    check("an account of this machine is made", done.returncode == 0)
    computer = json.loads(subprocess.run([lsactl, "--json", "status"], env=env, text=True, check=True, timeout=30,
                                         stdout=subprocess.PIPE).stdout)["computer"]
    for domain in ("", computer, "."):
        status, who, why = talk(env, "local", "Correct-Horse-7", domain)
        check(f"an account of this machine as {domain}\\local", status == 0, hex(status), why)


def by_password(env):
    """LsaLogonUser with a name and a password."""
    done = subprocess.run([helper, "--helper-protocol=squid-2.5-basic"], env=env, text=True, timeout=60, check=False,
                          input=f"{DOMAIN}\\alice {SECRET}\n{DOMAIN}\\alice wrong\n", stdout=subprocess.PIPE)
    lines = done.stdout.split("\n")
    check("by name and password", lines[0].startswith("OK") and lines[1].startswith("ERR"), done.stdout)


def silent(env):
    """The controller's side stops, and goes on: nobody else notices."""
    pids = winbindds()
    if not check("winbindd runs", pids):
        return
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        waiting = [subprocess.Popen([sys.executable, __file__, *sys.argv[1:6], "one"], env=dict(os.environ, ONE_SOCKET=env["OPENLSA_SOCKET"]),
                                    stdout=subprocess.PIPE, text=True) for _ in range(10)]
        time.sleep(1)
        began = time.monotonic()
        status, _, why = talk(env, "local", "Correct-Horse-7", "")
        took = time.monotonic() - began
        check("others are served meanwhile", status == 0 and took < 5, hex(status), why, took)
        for process in waiting:
            said = process.communicate(timeout=60)[0]
            check("a silent controller: the call ends at its deadline", process.returncode == 0, said)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def one():
    env = dict({k: v for k, v in os.environ.items() if not k.startswith("OPENLSA_")}, OPENLSA_MODE="daemon",
               OPENLSA_SOCKET=os.environ["ONE_SOCKET"])
    began = time.monotonic()
    status, _, why = talk(env, "alice", SECRET)
    took = time.monotonic() - began
    print(hex(status), took, why)
    sys.exit(0 if status and 3 < took < 9 else 1)


def main():
    with rooted() as folder:
        mine = shutil.copy(module, folder)
        os.chmod(mine, 0o644)
        with serving(folder, domain_authority=mine, deadline_ms=5000) as (env, log):
            if check("lsad serves with winbind", env, log):
                people(env)
                by_password(env)
                silent(env)
        with serving(folder, domain_authority="winbind.so") as (env, log):
            check("a name that is none is refused", env is None and "domain_authority" in log, log)
        os.chmod(mine, 0o666)
        with serving(folder, domain_authority=mine) as (env, log):
            check("a module that others may write is refused", env is None and "domain_authority" in log, log)
        os.chmod(mine, 0o644)
        os.environ["SELFTEST_WINBINDD_SOCKET_DIR"] = f"{folder}/none"
        with serving(folder, domain_authority=mine, deadline_ms=5000) as (env, log):
            if check("lsad serves without winbindd", env, log):
                status, _, why = talk(env, "alice", SECRET)
                check("no winbindd: nobody can be asked", status == NO_AUTHORITY, hex(status), why)


if sys.argv[6:] == ["one"]:
    one()
main()
interop.end()
