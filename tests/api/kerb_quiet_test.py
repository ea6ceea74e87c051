#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kerb_quiet_test.py PROGRAM - watches kerb_quiet_test.c through strace.

    guard     no socket, no name service: the library was refused
    fetched   the application's thread talks to the KDCs of krb5.conf alone, and reads nothing of the resolver's
    cached    no socket and no file at all
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

RESOLVER = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "nscd", "libnss_")
SOCKET = re.compile(r"^(socket|connect|bind|sendto|sendmsg|sendmmsg|recvfrom|recvmsg)\(")
FILE = re.compile(r"^(open|openat|stat|newfstatat|access|readlink|faccessat2?|statx)\(")

bad = good = 0


def check(held, what):
    global bad, good
    if held:
        good += 1
    else:
        bad += 1
        print(f"not so: {what}")


def phases(trace):
    """The calls of the main thread between a mark and the end of it."""
    lines, main, name, found = open(trace, encoding="utf-8", errors="replace"), None, None, {}
    for line in lines:
        pid, _, call = line.strip().partition(" ")
        main = main or pid
        call = call.strip()
        mark = re.match(r'^write\(-1, "(\w+)"', call)
        if mark:
            name = None if mark[1] == "end" else mark[1]
            found.setdefault(name, [])
        elif name and pid == main:
            found[name].append(call)
    return found


def main():
    if not shutil.which("strace"):
        sys.exit(77)
    with tempfile.TemporaryDirectory() as work:
        env = dict(os.environ, OPENLSA_MODE="embedded", OPENLSA_STATE=work + "/state")
        trace = work + "/trace"
        run = subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=%network,%file,write", sys.argv[1]], env=env,
                             timeout=120, check=False)
        check(run.returncode == 0, "the program passed")
        seen = phases(trace)
    check(set(seen) >= {"guard", "fetched", "cached"}, f"three phases: {list(seen)}")
    for name, calls in seen.items():
        for call in calls:
            check(not any(r in call for r in RESOLVER), f"{name}: {call}")
            check(not (name != "fetched" and SOCKET.match(call)), f"{name}: {call}")
            check(not (name == "cached" and FILE.match(call)), f"{name}: {call}")
            if call.startswith("connect("):
                ports = re.findall(r"sin_port=htons\((\d+)\)", call)
                check(ports == [os.environ["KDC_PORT"]] and '"127.0.0.1"' in call, f"{name}: {call}")
    check(any(call.startswith("connect(") for call in seen.get("fetched", [])), "the KDC was asked")
    print(f"{good} passed, {bad} failed")
    sys.exit(bad != 0)


main()
