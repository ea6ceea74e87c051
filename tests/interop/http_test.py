"""http_test.py - our client at Apache's mod_auth_gssapi: HTTP Negotiate with
Kerberos, by itself and inside SPNEGO, on tickets of the cache and on a
password, synchronous and not, near and far.

    http_test.py SSPI_PIPE LSAD LSACTL       in the environment of tests/lab/kdc.py
"""
import base64
import http.client
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import interop                                                  # noqa: E402
import pipe                                                     # noqa: E402
import servers                                                  # noqa: E402

program, lsad, lsactl = sys.argv[1:4]


def get(port, page, context):
    """The page, after the handshake; and whether the server proved itself."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    token = context.step()
    while True:
        link.request("GET", page, headers={"Host": "localhost", "Authorization":
                                           "Negotiate " + base64.b64encode(token).decode()})
        reply = link.getresponse()
        text = reply.read().decode()
        scheme, _, told = (reply.getheader("WWW-Authenticate") or "").partition(" ")
        if told:
            token = context.step(base64.b64decode(told))
        if reply.status != 401 or not told:
            return reply.status, text, context.status
        assert scheme == "Negotiate"


def case(place, port, page, package, **options):
    said = " ".join([place.name, package, page, *(f"{k}={v}" for k, v in options.items() if k != "password")])
    try:
        with pipe.Pipe(program, "client", package, env=place.env, target="HTTP/localhost",
                       flags=f"{pipe.MUTUAL | pipe.SEAL | pipe.SIGN:x}", **options) as context:
            status, text, ours = get(port, page, context)
            interop.check(f"{said}: the page", status == 200 and "user=[alice" in text, status, text, context.why())
            interop.check(f"{said}: the server proved itself", ours == pipe.OK, f"{ours:08x}", context.why())
            facts = context.facts()
            interop.check(f"{said}: mutual", int(facts.get("flags", "0"), 16) & pipe.MUTUAL, facts)
            interop.check(f"{said}: Kerberos did it", facts.get("package", "") == "Kerberos", facts)
    except (pipe.Refused, EOFError) as refused:
        interop.check(said, False, refused)


def main():
    interop.need("apache2", "openssl", "kinit")
    if os.geteuid() or not os.path.exists(servers.MODULES + "/mod_auth_gssapi.so"):
        interop.skip("Apache's mod_auth_gssapi is not installed, or this is not root")
    subprocess.run(["kinit", "-k", "-t", os.environ["KDC_DIR"] + "/client.keytab", "alice"], check=True)
    identity = {"user": "alice", "domain": os.environ["KDC_REALM"], "password": os.environ["KDC_PASSWORD"]}
    with interop.folder() as work:
        os.chmod(work, 0o755)
        with servers.apache(work) as (port, _):
            for place in interop.places(lsad, lsactl):
                for package, page in (("Kerberos", "/krb5/"), ("Negotiate", "/krb5/"), ("Negotiate", "/negotiate/")):
                    for how in ({}, {"async": "yes"}):
                        case(place, port, page, package, **how)
                        case(place, port, page, package, **identity, **how)


main()
interop.end()
