"""gssntlmssp_test.py - gss-ntlmssp through GSSAPI and OpenLSA, either as the client of the other.

usage: gssntlmssp_test.py PEER_OURS PEER_GSS LSAD LSACTL
"""
import glob
import os
import sys

import interop
from interop import Peer, check, talk

ours_program, gss_program, lsad, lsactl = sys.argv[1:]
if gss_program == "absent":
    interop.skip("libkrb5-dev was not installed when this was built")
libraries = glob.glob("/usr/lib*/gssntlmssp/gssntlmssp.so") + glob.glob("/usr/lib*/*/gssntlmssp/gssntlmssp.so")
if not libraries:
    interop.skip("gss-ntlmssp is not installed")

with interop.folder() as work:
    with open(work + "/mech", "w") as f:
        f.write(f"gssntlmssp_v1 1.3.6.1.4.1.311.2.2.10 {libraries[0]}\n")

    def gss(place, password=interop.PASSWORD, user="alice"):
        """The same file has the client's password and whom a server knows."""
        users = f"{work}/users-{place.name}-{user}-{password}"
        with open(users, "w") as f:
            f.write(f"{place.computer}:{user}:{password}\n")
        env = dict(os.environ, GSS_MECH_CONFIG=work + "/mech", NTLM_USER_FILE=users, KRB5CCNAME="FILE:/nonexistent",
                   HOME=work)
        return Peer(gss_program, env, user=user, domain=place.computer, empty="no")

    for place in interop.places(lsad, lsactl):
        place.user("alice")
        place.policy("lockout-threshold", 0)
        ours = Peer(ours_program, place.env, empty="no")    # gss_wrap and gss_get_mic refuse a buffer without data

        # --- gss-ntlmssp is the client ------------------------------------------
        client = gss(place)
        for wants in ("seal", "sign"):
            t = talk(client.but(wants=wants), ours.but(wants=wants))
            check(f"{place.name}: gss-ntlmssp's client, {wants}", t.good, t.said)
            check(f"{place.name}: and its name is known", t.server.facts.get("name") == f"{place.computer}\\alice",
                  t.said)
            check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
        t = talk(gss(place, "wrong"), ours)
        check(f"{place.name}: gss-ntlmssp's wrong password is denied",
              t.server.exit == 1 and t.server.status == interop.LOGON_DENIED and t.client.exit == 2, t.said)
        for theirs, want in (("tls-unique:one", 0), ("tls-unique:two", interop.BAD_BINDINGS)):
            t = talk(client.but(bindings=theirs), ours.but(bindings="tls-unique:one"))
            check(f"{place.name}: gss-ntlmssp's channel bindings, {'the same' if not want else 'others'}",
                  t.good if not want else t.server.exit == 1 and t.server.status == want, t.said)
        for kind in (interop.NEGOTIATE, interop.CHALLENGE):
            t = talk(client, ours.but(wants="sign"), interop.flags_away(kind, interop.SEAL))
            check(f"{place.name}: somebody took SEAL out of message {kind}: gss-ntlmssp does not go on",
                  not t.good and t.client.exit == 1, t.said)
        # It sends a MIC in SPNEGO alone: what policy makes of that.
        place.policy("ntlm-require-mic", 1)
        t = talk(client, ours)
        check(f"{place.name}: gss-ntlmssp sends no MIC, which policy can refuse",
              t.server.exit == 1 and t.server.status == interop.MESSAGE_ALTERED, t.said)
        place.policy("ntlm-require-mic", 0)
        c, one, other, frames = interop.relay(client, ours)
        check(f"{place.name}: gss-ntlmssp's answer to another server is refused",
              interop.kind_of(frames[3] or b"") == 3 and other.exit == 1 and other.status == interop.LOGON_DENIED,
              other.said)

        # --- gss-ntlmssp is the server --------------------------------------------
        server = gss(place)
        client = ours.but(user="alice", domain=place.computer, password=interop.PASSWORD)
        for wants in ("seal", "sign"):
            t = talk(client.but(wants=wants), server.but(wants=wants))
            check(f"{place.name}: gss-ntlmssp's server, {wants}", t.good, t.said)
            check(f"{place.name}: and both have one key", t.server.key and t.server.key == t.client.key, t.said)
            check(f"{place.name}: and it knows the name", "alice" in t.server.facts.get("name", ""), t.said)
        t = talk(client.but(password="wrong"), server)
        check(f"{place.name}: our wrong password is refused by gss-ntlmssp", t.server.exit == 1 and t.client.exit == 2,
              t.said)
        for theirs in ("tls-unique:one", "tls-unique:two"):
            t = talk(client.but(bindings=theirs), server.but(bindings="tls-unique:one"))
            check(f"{place.name}: our channel bindings {theirs} at gss-ntlmssp",
                  t.good == theirs.endswith("one"), t.said)
        for kind in (interop.NEGOTIATE, interop.CHALLENGE):
            t = talk(client, server, interop.flags_away(kind, interop.KEY_56))
            check(f"{place.name}: somebody took a flag out of message {kind}: our MIC tells",
                  t.server.exit == 1 and t.client.exit == 2, t.said)
        c, one, other, frames = interop.relay(client, server)
        check(f"{place.name}: our answer to another gss-ntlmssp is refused",
              interop.kind_of(frames[3] or b"") == 3 and other.exit == 1, other.said)

interop.end()
