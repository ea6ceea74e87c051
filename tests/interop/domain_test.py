"""domain_test.py - accounts of a domain by NTLM, their names and SIDs: lsad, or the LSA in
a process, asks the domain's controller by way of winbindd. Our client and Samba's ntlm_auth as clients; the SIDs
are those that winbindd tells of the user. A controller that is silent or gone holds up nobody else.
Covers winbind/winbind.c, lsa/authority.c, lsa/lookup.c, lsa/serve_lookup.c, lsa/remember.c, pkg/ntlm/ntlm_domain.c,
pkg/ntlm/ntlm_cached.c, pkg/ntlm/ntlm_submit.c.

    domain_test.py SSPI_PIPE LSA_NTLM_AUTH LSAD LSACTL MODULE DOMAIN_ASK    in the environment of tests/lab/ad.py
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

program, helper, lsad, lsactl, module, asker = sys.argv[1:7]
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


def conf_put(path, **settings):
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(f"{key} = {value}\n" for key, value in settings.items())
    return path


@contextlib.contextmanager
def serving(folder, **settings):
    path = conf_put(f"{folder}/lsad.conf", **settings)
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
        waiting = [subprocess.Popen([sys.executable, __file__, *sys.argv[1:7], "one"], env=dict(os.environ, ONE_SOCKET=env["OPENLSA_SOCKET"]),
                                    stdout=subprocess.PIPE, text=True) for _ in range(10)]
        time.sleep(1)
        began = time.monotonic()
        status, _, why = talk(env, "local", "Correct-Horse-7", "")
        took = time.monotonic() - began
        check("others are served meanwhile", status == 0 and took < 5, hex(status), why, took)
        began = time.monotonic()
        a = ask(env, "names", f"{DOMAIN}\\alice", "Everyone")
        took = time.monotonic() - began
        check("a silent controller: a look-up ends at its deadline", a.status not in (0, SOME_NOT_MAPPED, NONE_MAPPED) and 3 < took < 9, a.text, took)
        began = time.monotonic()
        a = ask(env, "sids", "S-1-5-18")
        check("what is known here takes no time", a.status == 0 and time.monotonic() - began < 2, a.text)
        for process in waiting:
            said = process.communicate(timeout=60)[0]
            check("a silent controller: the call ends at its deadline", process.returncode == 0, said)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


# --- names and SIDs --------------------------------------------------------------------

USER, GROUP, IS_DOMAIN, ALIAS, UNKNOWN = 1, 2, 3, 4, 8
SOME_NOT_MAPPED, NONE_MAPPED, NO_SERVERS = 0x107, 0xC0000073, 0xC000005E


def near(folder, **settings):
    """The environment of a process with an LSA of its own; as root, so that it is trusted."""
    path = f"{folder}/near.conf"
    conf_put(path, impersonate="identity", **settings)
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENLSA_")}
    return dict(env, OPENLSA_MODE="embedded", OPENLSA_STATE=f"{folder}/near", DOMAIN_CONF=path, LD_PRELOAD=PRELOAD)


class Answer:
    """What domain_ask printed."""
    def __init__(self, text):
        self.text = text
        self.status, self.domains, self.items, self.why, self.facts = None, [], [], "", {}
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            if word == "status":
                self.status = int(rest, 16)
            elif word == "domain":
                self.domains.append(tuple(rest.split()))
            elif word == "item":
                self.items.append(rest)
            elif word in ("substatus", "flags", "session"):
                self.facts[word] = rest
            else:
                self.why += line + "\n"


def ask(env, *words, limit=60):
    done = subprocess.run([asker, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=limit)
    check("domain_ask ends well", done.returncode == 0, done.returncode, done.stdout)
    return Answer(done.stdout)


def names_known(where, env):
    """Whose SIDs winbindd itself says they are."""
    alice, staff, users = (wbinfo("-n", f"{DOMAIN}\\{name}")[0] for name in ("alice", "staff", "Domain Users"))
    domain = alice.rpartition("-")[0]
    realm = os.environ["AD_REALM"]
    a = ask(env, "names", f"{DOMAIN}\\alice", f"{realm}\\staff", f"alice@{realm}", f"{DOMAIN}\\Domain Users", DOMAIN, "Everyone", "bob",
            f"{DOMAIN.lower()}\\ALICE")
    bob = wbinfo("-n", f"{DOMAIN}\\bob")[0]
    check(f"{where}: names to SIDs", a.status == 0 and a.items == [
        f"{USER} 0 {alice}", f"{GROUP} 0 {staff}", f"{USER} 0 {alice}", f"{GROUP} 0 {users}", f"{IS_DOMAIN} 0 {domain}", "5 1 S-1-1-0",
        f"{USER} 0 {bob}", f"{USER} 0 {alice}"], a.text)
    check(f"{where}: the domain once", a.domains[:1] == [(DOMAIN, domain)] and len(a.domains) == 2, a.text)
    a = ask(env, "rids", f"{DOMAIN}\\alice", DOMAIN)
    check(f"{where}: LsaLookupNames gives RIDs", a.items == [f"{USER} 0 {alice.rpartition('-')[2]}", f"{IS_DOMAIN} 0 -1"], a.text)
    a = ask(env, "names", f"{DOMAIN}\\nobody-there", f"{DOMAIN}\\alice", "NOSUCHDOMAIN\\alice", "alice@nosuch.test", "\\alice", f"{DOMAIN}\\")
    check(f"{where}: some names are nobody's", a.status == SOME_NOT_MAPPED and a.items == ["8 -1 -", f"{USER} 0 {alice}"] + 4 * ["8 -1 -"], a.text)
    check(f"{where}: and it says how many", "5 of 6 names" in a.why, a.text)
    a = ask(env, "names", f"{DOMAIN}\\nobody-there")
    check(f"{where}: no name is anybody's", a.status == NONE_MAPPED and a.items == ["8 -1 -"] and not a.domains and "1 of 1" in a.why, a.text)
    a = ask(env, "local", "bob", DOMAIN, f"{DOMAIN}\\bob")
    check(f"{where}: isolated names as local ones", a.status == SOME_NOT_MAPPED and a.items == ["8 -1 -", "8 -1 -", f"{USER} 0 {bob}"], a.text)
    a = ask(env, "sids", alice, "S-1-1-0", staff, domain, f"{domain}-99999", "S-1-5-21-1-2-3-1000", "S-1-5-21-1-2-3", bob)
    check(f"{where}: SIDs to names", a.status == SOME_NOT_MAPPED and a.items == [
        f"{USER} 0 alice", "5 1 Everyone", f"{GROUP} 0 staff", f"{IS_DOMAIN} 0 -", f"{UNKNOWN} 0 99999", f"{UNKNOWN} -1 S-1-5-21-1-2-3-1000",
        f"{UNKNOWN} -1 S-1-5-21-1-2-3", f"{USER} 0 bob"], a.text)
    check(f"{where}: the domain of SIDs once", a.domains[:1] == [(DOMAIN, domain)] and len(a.domains) == 2, a.text)
    a = ask(env, "sids", f"{domain}-99999")
    check(f"{where}: a domain is known, who is in it is not", a.status == NONE_MAPPED and a.items == [f"{UNKNOWN} 0 99999"] and
          a.domains == [(DOMAIN, domain)], a.text)
    a = ask(env, "account", f"alice@{realm}")
    check(f"{where}: LookupAccountName and back", a.items == [f"{USER} {DOMAIN} {DOMAIN} alice {alice}"], a.text)
    a = ask(env, "translate", f"alice@{realm}")
    check(f"{where}: TranslateName", a.items == [f"{DOMAIN}\\alice"], a.text)
    a = ask(env, "whoami", DOMAIN.lower(), "Alice", SECRET)
    check(f"{where}: GetUserNameEx", a.items == [f"{DOMAIN}\\alice"], a.text)
    a = ask(env, "names", *(250 * [f"{DOMAIN}\\alice", f"{DOMAIN}\\nobody", "Everyone", f"{DOMAIN}\\staff"]))
    check(f"{where}: a thousand names", a.status == SOME_NOT_MAPPED and len(a.items) == 1000 and
          a.items == 250 * [f"{USER} 0 {alice}", "8 -1 -", "5 1 S-1-1-0", f"{GROUP} 0 {staff}"], a.text[:600])
    a = ask(env, "sids", *(500 * [alice, staff]))
    check(f"{where}: a thousand SIDs", a.status == 0 and a.items == 500 * [f"{USER} 0 alice", f"{GROUP} 0 staff"], a.text[:600])
    return alice


def names_lost(where, env, alice):
    """winbindd is not there: what is known here is known."""
    a = ask(env, "names", f"{DOMAIN}\\alice", "Everyone")
    check(f"{where}: nobody to be asked about names", a.status == SOME_NOT_MAPPED and a.items == ["8 -1 -", "5 0 S-1-1-0"] and
          "nobody answers for another domain now" in a.why, a.text)
    a = ask(env, "sids", alice)
    check(f"{where}: nobody to be asked about SIDs", a.status == NONE_MAPPED and a.items == [f"{UNKNOWN} -1 {alice}"] and
          "nobody answers for another domain now" in a.why, a.text)


# --- who is known while nobody can be asked ------------------------------------------------

INTERACTIVE, NETWORK, UNLOCK, CACHED = "2", "3", "7", 11
WRONG, FAILED, LOCKED, NOBODY, DENIED = 0xC000006A, 0xC000006D, 0xC0000234, 0xC0000064, 0xC0000022


def logon(env, user, password=SECRET, kind=INTERACTIVE, trusted=False, domain=DOMAIN):
    return ask(env, "logon", "1" if trusted else "0", kind, domain, user, password)


def kept(where, env, nobody, alice):
    """`nobody` is the same LSA without a winbindd: a function that gives its environment. What it does is seen by `env`'s LSA, too."""
    a = ask(env, "console", "S-1-5-11")
    check(f"{where}: everybody may log on at the console", a.status == 0, a.text)
    ask(env, "policy", "lockout-threshold", "3")
    a = logon(env, "bob")
    check(f"{where}: an interactive logon", a.status == 0 and a.facts["flags"] == "100" and
          a.facts["session"] == f"2 {DOMAIN} bob {wbinfo('-n', DOMAIN + chr(92) + 'bob')[0]}", a.text)
    ask(env, "policy", "cached-logons", "2")
    for user, kind, want in (("alice", INTERACTIVE, 0), ("http-svc", NETWORK, 0), ("front-svc", INTERACTIVE, 0)):
        a = logon(env, user, kind=kind)
        check(f"{where}: {user} logs on", a.status == want, a.text)
    a = logon(env, "disabled")
    check(f"{where}: whom the domain refuses is not kept", a.status != 0, a.text)

    with nobody() as lost:
        a = logon(lost, "alice")
        check(f"{where}: known without anybody to ask", a.status == 0 and a.facts["flags"] == "104" and
              a.facts["session"] == f"{CACHED} {DOMAIN} alice {alice}", a.text)
        check(f"{where}: and it says so", "known by an earlier logon" in a.why, a.text)
        a = logon(lost, "alice", kind=UNLOCK)
        check(f"{where}: unlocking", a.status == 0 and a.facts["session"].startswith("13 "), a.text)
        a = ask(lost, "logon", "0", INTERACTIVE, "", f"ALICE@{DOMAIN.lower()}", SECRET)
        check(f"{where}: the name in another form", a.status == 0, a.text)
        for user in ("bob", "http-svc", "disabled", "nobody-there"):
            a = logon(lost, user)
            check(f"{where}: nothing is kept of {user}", a.status == NO_SERVERS and "nothing is kept" in a.why, a.text)
        a = logon(lost, "alice", kind=NETWORK)
        check(f"{where}: not for the network", a.status == NO_SERVERS, a.text)
        a = logon(lost, "alice", "wrong", trusted=True)
        check(f"{where}: a wrong password, to a trusted caller", a.status == FAILED and a.facts["substatus"] == f"{WRONG:08x}", a.text)
        a = logon(lost, "alice", "wrong")
        check(f"{where}: a wrong password", a.status == FAILED and a.facts["substatus"] == "00000000", a.text)
        a = logon(lost, "alice")
        check(f"{where}: below the threshold", a.status == 0, a.text)
        a = ask(lost, "known", "1", DOMAIN, "alice", SECRET)
        check(f"{where}: MsV1_0CacheLookupEx", a.status == 0, a.text)
        a = ask(lost, "known", "1", DOMAIN, "alice", "wrong")
        check(f"{where}: MsV1_0CacheLookupEx, wrong", a.status == WRONG, a.text)
        a = ask(lost, "known", "1", DOMAIN, "bob", SECRET)
        check(f"{where}: MsV1_0CacheLookupEx, nobody", a.status == NOBODY, a.text)
        for words in (("message", "0", "14"), ("known", "0", DOMAIN, "alice", SECRET), ("cached", "0", DOMAIN, "alice", "x")):
            a = ask(lost, *words)
            check(f"{where}: {words[0]} is for trusted callers", a.status == DENIED, a.text)
        a = ask(lost, "cached", "1", DOMAIN, "bob", "Another-Word-9")
        check(f"{where}: MsV1_0ChangeCachedPassword, nobody", a.status == NOBODY, a.text)
        a = ask(lost, "cached", "1", DOMAIN.lower(), "Alice", "Another-Word-9")
        check(f"{where}: MsV1_0ChangeCachedPassword", a.status == 0, a.text)
        a = logon(lost, "alice", "Another-Word-9")
        check(f"{where}: known by the new one", a.status == 0 and a.facts["session"] == f"{CACHED} {DOMAIN} alice {alice}", a.text)
        for _ in range(3):
            a = logon(lost, "alice")
            check(f"{where}: no more by the old one", a.status == FAILED, a.text)
        a = logon(lost, "alice", "Another-Word-9")
        check(f"{where}: too many guesses", a.status == FAILED, a.text)
        a = logon(lost, "alice", "Another-Word-9", trusted=True)
        check(f"{where}: locked, to a trusted caller", a.status == LOCKED, a.text)
        a = logon(lost, "front-svc")
        check(f"{where}: others are not", a.status == 0, a.text)

    # A third one makes the oldest go; fewer, when policy says so; nobody, with 0.
    a = logon(env, "bob")
    check(f"{where}: bob is kept", a.status == 0, a.text)
    with nobody() as lost:
        # alice was changed after front-svc came, and is locked.
        check(f"{where}: a third one", [logon(lost, u).status for u in ("bob", "front-svc", "alice")] == [0, NO_SERVERS, FAILED])
        ask(lost, "policy", "cached-logons", "1")
        check(f"{where}: fewer", [logon(lost, u).status for u in ("bob", "alice")] == [0, NO_SERVERS])
        ask(lost, "policy", "cached-logons", "0")
        check(f"{where}: policy keeps nobody", logon(lost, "bob").status == NO_SERVERS)
        ask(lost, "policy", "cached-logons", "2")
        a = logon(lost, "bob")
        check(f"{where}: what policy took is gone", a.status == NO_SERVERS and "nothing is kept" in a.why, a.text)
    check(f"{where}: bob is kept again", logon(env, "bob").status == 0)
    a = ask(env, "message", "1", "14")
    check(f"{where}: MsV1_0ClearCachedCredentials", a.status == 0, a.text)
    with nobody() as lost:
        check(f"{where}: all are forgotten", logon(lost, "bob").status == NO_SERVERS)
    a = ask(env, "message", "1", "7")
    check(f"{where}: no way for MsV1_0GenericPassthrough", a.status == NO_SERVERS, a.text)


@contextlib.contextmanager
def without_winbindd(folder, env):
    """Near: the next processes have none."""
    yield dict(env, SELFTEST_WINBINDD_SOCKET_DIR=f"{folder}/none")


@contextlib.contextmanager
def winbindd_away():
    """Far: its socket is not where lsad looks for it."""
    path = os.environ["SELFTEST_WINBINDD_SOCKET_DIR"]
    os.rename(path, path + ".away")
    try:
        yield
    finally:
        os.rename(path + ".away", path)


@contextlib.contextmanager
def far_away(env):
    with winbindd_away():
        yield env


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
                # Users of the domain have no uid here.
                alice = names_known("far", dict(env, DOMAIN_CONF=conf_put(f"{folder}/far.conf", impersonate="identity")))
                silent(env)
                kept("far", env, lambda: far_away(env), alice)
        inside = near(folder, domain_authority=mine)
        names_known("near", inside)
        kept("near", inside, lambda: without_winbindd(folder, inside), alice)
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
                names_lost("far", env, alice)
        names_lost("near", near(folder, domain_authority=mine), alice)


if sys.argv[7:] == ["one"]:
    one()
main()
interop.end()
