"""authority_test.py - an authority of other domains that lies, is gone, or takes its time: a module of the
test's own (liar.c), near and far. What Samba's winbindd says is domain_test.py's.
Covers lsa/authority.c, lsa/serve_lookup.c, lsa/remember.c, pkg/ntlm/ntlm_domain.c, pkg/ntlm/ntlm_cached.c.

    authority_test.py LSAD LSACTL MODULE DOMAIN_ASK     as root, whose the module must be
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import interop
from interop import check

lsad, lsactl, module, asker = sys.argv[1:5]
if os.geteuid():
    interop.skip("a module must be root's")
USER, UNKNOWN, SOME, NONE = 1, 8, 0x107, 0xC0000073
NO_SERVERS, FAILED = 0xC000005E, 0xC000006D
ALICE, FAR = "S-1-5-21-7-8-9-1000", "S-1-5-21-7-8-9"


def start(env, *words):
    return subprocess.Popen([asker, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ask(env, *words):
    """(status, lines)"""
    return told(start(env, *words))


def told(process):
    lines = process.communicate(timeout=60)[0].splitlines()
    check("domain_ask ends well", process.returncode == 0, process.returncode, lines)
    status = [int(line.split()[1], 16) for line in lines if line.startswith("status ")]
    return status[0] if status else None, lines


def items(lines):
    return [line[5:] for line in lines if line.startswith("item ")]


def lies(where, env):
    machine = items(ask(env, "names", "Administrator")[1])
    own = ask(env, "account", "Everyone")       # the store is made
    check(f"{where}: it works", own[0] == 0, own)
    computer = [l for l in subprocess.run([lsactl, "policy", "info"], env=env, stdout=subprocess.PIPE, text=True, check=False,
                                          timeout=30).stdout.split() if l.startswith("S-1-5-21-")]
    if not check(f"{where}: the machine's SID", len(computer) == 1, computer, machine):
        return
    numbers = computer[0][len("S-1-5-21-"):]
    status, lines = ask(env, "names", "FAR\\alice", "FAR\\system", "FAR\\admins", f"FAR\\own{numbers}", "FAR\\own7-8-9", "FAR\\astray", "FAR\\odd",
                        "FAR\\huge", "FAR\\use", "FAR\\nobody", "FAR\\alice")
    lost = f"{UNKNOWN} -1 -"
    check(f"{where}: of names only what is a domain's is believed", status == SOME and items(lines) == [
        f"{USER} 0 {ALICE}", lost, lost, lost, f"{USER} 0 {FAR}-500", lost, lost, lost, lost, lost, f"{USER} 0 {ALICE}"], lines)
    status, lines = ask(env, "names", "FAR\\endless")
    check(f"{where}: a name without an end", status == 0 and items(lines) == [f"{USER} 0 {ALICE}"] and f"domain - {FAR}" in lines, lines)
    status, lines = ask(env, "sids", ALICE, f"{FAR}-1", f"{FAR}-2", f"{FAR}-3", f"{FAR}-4", f"{FAR}-5", "S-1-5-18", computer[0])
    check(f"{where}: of SIDs, too", status == SOME and items(lines) == [
        f"{USER} 0 alice", f"{UNKNOWN} -1 {FAR}-1", f"{UNKNOWN} 0 2", f"{UNKNOWN} 0 3", f"{UNKNOWN} -1 {FAR}-4", f"{USER} 0 -",
        "5 1 SYSTEM", "3 2 -"], lines)
    for user in ("nosid", "oddsid", "nokey", "bob", "root", "system", "admins", f"own{numbers}"):
        status, lines = ask(env, "logon", "1", "3", "FAR", user, "x")
        check(f"{where}: {user} is not let in", status == FAILED, lines)
    for user, group in (("alice", f" {FAR}-2000"), ("in-own7-8-9", f" {FAR}-500"), ("in-root", ""), ("in-system", ""),
                        ("in-admins", ""), (f"in-own{numbers}", "")):
        status, lines = ask(env, "logon", "1", "3", "FAR", user, "x")
        check(f"{where}: {user} is, and in whose groups", status == 0 and f"session 3 FAR alice {ALICE}" in lines and
              f"groups S-1-1-0{group} S-1-5-2 S-1-5-11 S-1-5-64-10" in [re.sub(r" S-1-5-5-.*", "", l) for l in lines], lines)


def absent(where, env, liar):
    ask(env, "console", "S-1-5-11")
    ask(env, "policy", "cached-logons", "5")
    status, lines = ask(env, "logon", "0", "2", "FAR", "alice", "Right-Word-1")
    check(f"{where}: alice is kept", status == 0, lines)
    status, lines = ask(env, "logon", "0", "2", "FAR", "bob", "Right-Word-1")
    check(f"{where}: bob is not", status == FAILED, lines)
    with open(liar, "w", encoding="utf-8") as f:
        f.write("gone")
    for user, word, want in (("alice", "Right-Word-1", 0), ("alice", "right-word-1", FAILED), ("alice", "", FAILED),
                             ("bob", "Right-Word-1", NO_SERVERS), ("aliceX", "Right-Word-1", NO_SERVERS)):
        status, lines = ask(env, "logon", "0", "2", "FAR", user, word)
        check(f"{where}: {user} with {word or 'nothing'}", status == want, lines)
    status, lines = ask(env, "logon", "0", "2", "NEAR", "alice", "Right-Word-1")
    check(f"{where}: of another domain", status == NO_SERVERS, lines)
    status, lines = ask(env, "names", "FAR\\alice")
    check(f"{where}: nobody is there", status == NONE and any("nobody answers for another domain now" in l for l in lines), lines)
    os.unlink(liar)


def slow(env, liar):
    """More look-ups than threads: logons go on, and the threads come back."""
    waiting = [start(env, "names", "FAR\\slow") for _ in range(6)]
    time.sleep(1)
    began = time.monotonic()
    status, lines = ask(env, "logon", "1", "3", "FAR", "alice", "x")
    check("a logon beside slow look-ups", status == 0 and time.monotonic() - began < 2, lines)
    status, lines = ask(env, "sids", "S-1-5-18")
    check("what is known here beside them", status == 0 and time.monotonic() - began < 2, lines)
    ends = [told(p) for p in waiting]
    check("they end at their deadline", all(e[0] not in (0, NONE, SOME, None) for e in ends) and time.monotonic() - began < 8, ends)
    status, lines = ask(env, "names", "FAR\\alice")
    check("then others are looked up", status == 0, lines)
    said = []

    def all_told():
        with open(f"{liar}.told", encoding="utf-8") as f:
            said[:] = f.read().splitlines()
        return said.count("slow") == said.count("given up")
    check("who waits no more is given up", interop.wait_for(all_told, 10) and 2 <= said.count("slow") <= 6, said)


def main():
    folder = tempfile.mkdtemp(prefix="olsa-liar-", dir="/run")
    try:
        mine = shutil.copy(module, folder)
        os.chmod(mine, 0o644)
        liar = f"{folder}/word"         # lsad's sandbox lets a module write to the state folder alone
        conf = f"{folder}/conf"
        with open(conf, "w", encoding="utf-8") as f:
            f.write(f"domain_authority = {mine}\n")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OPENLSA_") and k != "NOTIFY_SOCKET"}
        near = dict(clean, OPENLSA_MODE="embedded", OPENLSA_STATE=f"{folder}/near", DOMAIN_CONF=conf, LIAR=liar)
        lies("near", near)
        absent("near", near, liar)
        with open(f"{folder}/lsad.conf", "w", encoding="utf-8") as f:
            f.write(f"domain_authority = {mine}\ndeadline_ms = 4000\n")
        os.mkdir(f"{folder}/far", 0o700)
        liar = f"{folder}/far/word"
        far = dict(clean, OPENLSA_MODE="daemon", OPENLSA_SOCKET=f"{folder}/s")
        with open(f"{folder}/log", "w", encoding="utf-8") as log:
            process = subprocess.Popen([lsad, "--foreground", "--config", f"{folder}/lsad.conf", "--socket", f"{folder}/s", "--state",
                                        f"{folder}/far"], env=dict(clean, LIAR=liar), stdout=log, stderr=log)
        try:
            interop.wait_for(lambda: process.poll() is not None or os.path.exists(f"{folder}/s"))
            lies("far", far)
            absent("far", far, liar)
            slow(far, liar)
        finally:
            interop.stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
interop.end()
