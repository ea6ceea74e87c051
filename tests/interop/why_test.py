"""why_test.py - `lsactl why` tells the whole chain: which mechanisms were offered,
tried and refused, with SPN, realm, KDC's address, key version and what to do next;
up to the first token for an SPN, with a real server for a URL. As text and as JSON, near and far.
Covers tools/lsactl_why.c, and what pkg/negotiate/nego_init.c and pkg/kerberos/kerb_init.c say.

    why_test.py HTTP_AUTH_SERVER LSAD LSACTL       in the environment of tests/lab/kdc.py
"""
import json
import os
import re
import subprocess
import sys

import interop
from interop import check

server_program, lsad, lsactl = sys.argv[1:4]
CONTINUE, UNKNOWN, NO_CREDENTIALS = "0x00090312", "0x80090303", "0x8009030e"


def why(place, target, **more):
    """(exit status, the JSON, the text) of the same question asked twice."""
    done = [subprocess.run([lsactl, *words, "why", target], env=dict(place.env, **more), text=True, timeout=interop.LONGEST,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False) for words in (["--json"], [])]
    check(f"{place.name}: {target}: both end alike", done[0].returncode == done[1].returncode, done)
    return done[0].returncode, json.loads(done[0].stdout), done[1].stdout


def told(place, target, ok, status, *reasons, **more):
    code, said, text = why(place, target, **more)
    check(f"{place.name}: {target}: its end", said["ok"] == ok and (code == 0) == ok and said["status"] == status, code, said)
    for reason in reasons:
        check(f"{place.name}: {target}: {reason}", any(re.search(reason, line) for line in said["reasons"]), said)
        check(f"{place.name}: {target}: {reason}, as text", re.search(reason, text), text)
    return said


def from_a_url(place, work):
    with open(f"{work}/{place.name}.log", "w+", encoding="utf-8") as log:
        server = subprocess.Popen([server_program, "--port", "0"], env=place.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            def read():
                with open(log.name, encoding="utf-8") as f:
                    return f.read()
            if not check(f"{place.name}: the server listens", interop.wait_for(lambda: "listening on" in read()), read()):
                return
            port = re.search(r"listening on \S*:(\d+)", read()).group(1)
            said = told(place, f"http://localhost:{port}/", True, "0x00000000", "key version [0-9]+",
                        "the peer took the first offer, Kerberos")
            check(f"{place.name}: with a server", said["http"] == 200 and said["package"] == "Kerberos" and said["legs"] == 2 and
                  said["spn"] == "HTTP/localhost", said)
            said = told(place, f"http://127.0.0.1:{port}/", False, NO_CREDENTIALS, "names an address, and KDCs know names")
            check(f"{place.name}: an address has no Kerberos", said["package"] is None, said)
        finally:
            interop.stop(server)


def main():
    subprocess.run(["kinit", "-k", "-t", os.environ["KDC_DIR"] + "/client.keytab", "alice"], check=True)
    port, realm = os.environ["KDC_PORT"], re.escape(os.environ["KDC_REALM"])
    with interop.folder() as work:
        none = {"KRB5CCNAME": f"FILE:{work}/none", "KRB5_CLIENT_KTNAME": f"FILE:{work}/none"}
        for place in interop.places(lsad, lsactl):
            said = told(place, "host/aes256.openlsa.test", True, CONTINUE,
                        f"the KDC of realm {realm} gave a ticket for host/aes256.openlsa.test \\(udp 127.0.0.1:{port} answered",
                        f"Kerberos as alice@{realm} for host/aes256.openlsa.test: key version 1, session key of type 18",
                        "offered to the peer: Kerberos alone", "NTLM is out: it had no credential")
            check(f"{place.name}: the first token is as far as it goes", said["legs"] == 1 and said["http"] == 0, said)
            told(place, "host/nobody.openlsa.test", False, UNKNOWN,
                 f"the KDC of realm {realm} knows no service host/nobody.openlsa.test .*check the name, or register it",
                 "Kerberos is out \\(see above\\), and NTLM cannot be had instead")
            if place.name == "near":  # the daemon's own user may use its keytab
                told(place, "host/aes256.openlsa.test", False, NO_CREDENTIALS, "run kinit", **none)
            from_a_url(place, work)


main()
interop.end()
