"""blackhole_test.py - KDCs that swallow what they are sent, or are not there:
Negotiate gives a silent one up after five seconds and turns to NTLM where
policy lets it, and says so; one that refuses costs nothing. `lsactl why` tells
the same story. Near and far.

    blackhole_test.py SSPI_PIPE LSAD LSACTL
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

program, lsad, lsactl = sys.argv[1:4]
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


def begin(place, package, port):
    """(status, token, seconds, reasons) of a first leg with a password."""
    began = time.monotonic()
    try:
        with pipe.Pipe(program, "client", package, env=place.env, target="HTTP/localhost", flags="0", user="alice",
                       domain="HOLE.TEST", password="x") as context:
            token = context.step()
            return context.status, token, time.monotonic() - began, context.why()
    except pipe.Refused as refused:
        return refused.status, b"", time.monotonic() - began, refused.why


def cases(place, port, silent):
    said = f"{place.name}, {'a silent' if silent else 'an absent'} KDC"
    status, token, took, why = begin(place, "Negotiate", port)
    check(f"{said}: Negotiate goes on with NTLM", status == pipe.CONTINUE and b"NTLMSSP" in token, hex(status), why)
    check(f"{said}: in time", 4.5 < took < 7.5 if silent else took < 3, took)
    check(f"{said}: and says why", "HOLE.TEST" in why and "127.0.0.1" in why and "NTLM" in why, why)
    place.policy("ntlm-fallback", 0)
    status, token, took, why = begin(place, "Negotiate", port)
    check(f"{said}: policy forbids NTLM", status in (DOWNGRADE, NO_AUTHORITY) and not token, hex(status), why)
    check(f"{said}: the reason names the policy", "ntlm-fallback" in why, why)
    place.policy("ntlm-fallback", 1)
    if not silent:
        status, token, took, why = begin(place, "Kerberos", port)
        check(f"{said}: Kerberos alone fails", status == NO_AUTHORITY and "HOLE.TEST" in why, hex(status), why)


def main():
    with interop.folder() as work, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        silent = hole.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            absent = gone.getsockname()[1]
        for port in (absent, silent):
            os.environ["KRB5_CONFIG"] = realm(work, port)
            os.environ["KRB5CCNAME"] = f"FILE:{work}/cc"
            for place in interop.places(lsad, lsactl):
                cases(place, port, port == silent)
                done = subprocess.run([lsactl, "--json", "why", "HTTP/localhost"], env=place.env, text=True, timeout=60,
                                      stdout=subprocess.PIPE)
                told = json.loads(done.stdout)
                check(f"{place.name}: lsactl why", not told["ok"] and told["spn"] == "HTTP/localhost" and told["reasons"], told)


main()
interop.end()
