"""blackhole_test.py - KDCs that swallow what they are sent, or are not there:
Negotiate gives a silent one up after five seconds and turns to NTLM where
policy lets it, and says so; one that refuses costs nothing. `lsactl why` tells
the same story. And with every kind of hole (tests/lab/hole.py) 64 calls at
once: none is granted, each ends by its deadline or when it is cancelled, and
others' NTLM goes on meanwhile. How fast, bench/ measures. Near and far.

    blackhole_test.py SSPI_PIPE STUCK LSAD LSACTL
"""
import json
import os
import socket
import subprocess
import sys
import time

import interop
import pipe
from interop import check

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import hole  # noqa: E402

program, stuck, lsad, lsactl = sys.argv[1:5]
NO_AUTHORITY, DOWNGRADE = 0x80090311, 0x80090350


def realm(work, port):
    path = f"{work}/krb5-{port}.conf"
    with open(path, "w") as f:
        f.write(f"""[libdefaults]
	default_realm = HOLE.TEST
	dns_lookup_kdc = false
	dns_lookup_realm = false
[realms]
	HOLE.TEST = {{
		kdc = 127.0.0.1:{port}
	}}
[domain_realm]
	localhost = HOLE.TEST
""")
    return path


def begin(place, package, target="HTTP/localhost"):
    """(status, token, seconds, reasons) of a first leg with a password."""
    began = time.monotonic()
    try:
        with pipe.Pipe(program, "client", package, env=place.env, target=target, flags="0", user="alice",
                       domain="HOLE.TEST", password="x") as context:
            token = context.step()
            return context.status, token, time.monotonic() - began, context.why()
    except pipe.Refused as refused:
        return refused.status, b"", time.monotonic() - began, refused.why


def cases(place, silent):
    said = f"{place.name}, {'a silent' if silent else 'an absent'} KDC"
    status, token, took, why = begin(place, "Negotiate")
    check(f"{said}: Negotiate goes on with NTLM", status == pipe.CONTINUE and b"NTLMSSP" in token, hex(status), why)
    check(f"{said}: in time", 4.5 < took < 7.5 if silent else took < 3, took)
    check(f"{said}: and says why", "HOLE.TEST" in why and "127.0.0.1" in why and "NTLM" in why, why)
    place.policy("ntlm-fallback", 0)
    status, token, took, why = begin(place, "Negotiate")
    check(f"{said}: policy forbids NTLM", status == DOWNGRADE and not token, hex(status), why)
    check(f"{said}: the reason names the policy", "ntlm-fallback" in why, why)
    place.policy("ntlm-fallback", 1)
    if not silent:
        status, token, took, why = begin(place, "Kerberos")
        check(f"{said}: Kerberos alone fails", status == NO_AUTHORITY and "HOLE.TEST" in why, hex(status), why)


def only_to(work):
    """The configuration names the hosts for which Negotiate may turn to NTLM."""
    conf = work + "/lsad.conf"
    with open(conf, "w", encoding="utf-8") as f:
        f.write("ntlm_fallback_only_to = localhost, *.good.test\n")
    os.chmod(conf, 0o600)
    with interop.daemon(lsad, os.environ, "--config", conf) as env:
        if not env:
            return
        place = interop.Place("far", env, lsactl)
        for target, good in (("HTTP/localhost", True), ("HTTP/a.good.test:80", True), ("HTTP/good.test", False),
                             ("HTTP/other.test", False), ("HTTP/127.0.0.1", False)):
            status, token, _, why = begin(place, "Negotiate", target)
            if good:
                check(f"only to: {target}", status == pipe.CONTINUE and b"NTLMSSP" in token, hex(status), why)
                continue
            check(f"not to: {target}", status == DOWNGRADE and not token and "ntlm_fallback_only_to" in why, hex(status), why)

        # What was forbidden is in the audit; what was allowed, with ntlm-fallback at 2.
        file = os.path.dirname(env["OPENLSA_SOCKET"]) + "/state/audit.json"

        def told(text):
            lines = place.run("--json", "audit", "--file", file, "--since", "1h", "--event", "8001").splitlines()
            return any(text in str(value) for line in lines for value in json.loads(line).values())
        check("audit: what was forbidden", interop.wait_for(lambda: told('NTLM instead of Kerberos towards "HTTP/other.test" was forbidden'), 5))
        check("audit: and not what was allowed", not told("HTTP/localhost"))
        place.policy("ntlm-fallback", 2)
        status, _, _, _ = begin(place, "Negotiate")
        check("audit: what is allowed, where policy wants that told", status == pipe.CONTINUE and
              interop.wait_for(lambda: told('NTLM instead of Kerberos towards "HTTP/localhost"'), 5))


class Driver:
    """bench/stuck.c: one line, one answer."""

    def __init__(self, place):
        env = dict(place.env, STUCK_USER="bea", STUCK_PASSWORD=interop.PASSWORD, STUCK_DOMAIN=place.computer)
        self.process = subprocess.Popen([stuck], env=env, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, case, n):
        """Seconds on the wall and the case's own number; (None, None) where the driver gave up."""
        self.process.stdin.write(f"{case} {n}\n")
        said = self.process.stdout.readline().split()
        return (int(said[1]) / 1e9, int(said[2])) if len(said) == 3 else (None, None)

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=interop.LONGEST)


def swallowed(place, kind):
    said = f"{place.name}, 64 calls at a KDC that is {kind}"
    many, other = Driver(place), Driver(place)
    wall, late = many.run("deadline", 64)
    check(f"{said}: all end in an error", wall is not None)
    # The time is the machine's; what would be wrong is the library's own thirty seconds, or ten minutes.
    check(f"{said}: by their deadline", wall is not None and late < 5e6, late)
    if kind in ("silent", "drip"):
        check(f"{said}: and not before", wall is not None and wall > 0.99, wall)
    wall, late = many.run("blocked", 1)
    check(f"{said}: a blocking call too", wall is not None and late < 5e6, late)
    check(f"{said}: held", many.run("held", 64)[0] is not None)
    check(f"{said}: NTLM goes on beside them", (many if place.name == "near" else other).run("ntlm", 50)[0] is not None)
    wall, _ = many.run("let-go", 1)
    check(f"{said}: cancelled at once", wall is not None and wall < 5, wall)
    check(f"{said}: the driver ends well", many.end() == 0)
    other.end()


def holes(work):
    for kind in hole.KINDS:
        at = hole.Hole(kind)
        os.environ["KRB5_CONFIG"] = at.config(f"{work}/krb5-{kind}.conf")
        os.environ["KRB5CCNAME"] = f"FILE:{work}/cc"
        for place in interop.places(lsad, lsactl):
            place.user("bea")
            swallowed(place, kind)
        at.end()


def main():
    with interop.folder() as work:
        holes(work)
    with interop.folder() as work, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        silent = deaf.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            absent = gone.getsockname()[1]
        for port in (absent, silent):
            os.environ["KRB5_CONFIG"] = realm(work, port)
            os.environ["KRB5CCNAME"] = f"FILE:{work}/cc"
            if port == absent:
                only_to(work)
            for place in interop.places(lsad, lsactl):
                cases(place, port == silent)
                done = subprocess.run([lsactl, "--json", "why", "HTTP/localhost"], env=place.env, text=True, timeout=60,
                                      stdout=subprocess.PIPE)
                told = json.loads(done.stdout)
                check(f"{place.name}: lsactl why", not told["ok"] and told["spn"] == "HTTP/localhost" and told["reasons"], told)


main()
interop.end()
