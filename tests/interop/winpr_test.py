"""winpr_test.py - WinPR (FreeRDP's SSPI) and OpenLSA, either as the client of the other.

usage: winpr_test.py PEER_OURS PEER_WINPR LSAD LSACTL
"""
import sys

import interop
from interop import Peer, check, talk

ours_program, winpr_program, lsad, lsactl = sys.argv[1:]
if winpr_program == "absent":
    interop.skip("libwinpr2-dev was not installed when this was built")

for place in interop.places(lsad, lsactl):
    place.user("alice")
    place.policy("lockout-threshold", 0)
    ours = Peer(ours_program, place.env, messages="sealed")      # WinPR signs only where nothing is sealed
    who = dict(user="alice", domain=place.computer, password=interop.PASSWORD)
    winpr = Peer(winpr_program, password=interop.PASSWORD, messages="sealed")

    # --- WinPR is the client ---------------------------------------------------
    client = winpr.but(**who)
    for wants in ("seal", "sign", "none"):
        t = talk(client.but(wants=wants), ours.but(wants=wants))
        check(f"{place.name}: WinPR's client, {wants}", t.good, t.said)
        check(f"{place.name}: and its name is known", t.server.facts.get("name") == f"{place.computer}\\alice", t.said)
    t = talk(client.but(password="wrong"), ours)
    check(f"{place.name}: WinPR's wrong password is denied",
          t.server.exit == 1 and t.server.status == interop.LOGON_DENIED and t.client.exit == 2, t.said)
    t = talk(client.but(user="nobody-here"), ours)
    check(f"{place.name}: WinPR's unknown user is denied in the same words",
          t.server.exit == 1 and t.server.status == interop.LOGON_DENIED, t.said)

    for theirs, want in (("tls-unique:one", 0), ("tls-unique:two", interop.BAD_BINDINGS)):
        t = talk(client.but(bindings=theirs), ours.but(bindings="tls-unique:one"))
        check(f"{place.name}: WinPR's channel bindings, {'the same' if not want else 'others'}",
              t.good if not want else t.server.exit == 1 and t.server.status == want, t.said)
    place.policy("ntlm-channel-bindings", 2)
    t = talk(client, ours.but(bindings="tls-unique:one"))
    check(f"{place.name}: WinPR without bindings where policy requires them",
          t.server.exit == 1 and t.server.status == interop.BAD_BINDINGS, t.said)
    place.policy("ntlm-channel-bindings", 1)

    place.policy("ntlm-require-mic", 1)
    t = talk(client, ours)
    check(f"{place.name}: WinPR's MIC is good where policy requires one", t.good, t.said)
    place.policy("ntlm-require-mic", 0)
    for kind in (interop.NEGOTIATE, interop.CHALLENGE):
        t = talk(client, ours.but(wants="sign"), interop.flags_away(kind, interop.SEAL))
        check(f"{place.name}: somebody took SEAL out of message {kind}: WinPR's MIC tells",
              t.server.exit == 1 and t.server.status == interop.MESSAGE_ALTERED, t.said)
    c, one, other, frames = interop.relay(client, ours)
    check(f"{place.name}: WinPR's answer to another server is refused",
          interop.kind_of(frames[3] or b"") == 3 and other.exit == 1 and other.status == interop.LOGON_DENIED,
          other.said)

    # --- WinPR is the server -----------------------------------------------------
    client = ours.but(**who)
    for wants in ("seal", "sign", "none"):
        t = talk(client.but(wants=wants), winpr.but(wants=wants))
        check(f"{place.name}: WinPR's server, {wants}", t.good, t.said)
    t = talk(client.but(password="wrong"), winpr)
    # Windows says LOGON_DENIED; WinPR notices by the MIC.
    check(f"{place.name}: our wrong password is refused by WinPR",
          t.server.exit == 1 and t.server.status == interop.MESSAGE_ALTERED and t.client.exit == 2, t.said)
    t = talk(client.but(domain="", user="alice@example.test"), winpr)
    check(f"{place.name}: a user principal name", t.good, t.said)
    for kind in (interop.NEGOTIATE, interop.CHALLENGE):
        t = talk(client, winpr, interop.flags_away(kind, interop.KEY_56))
        check(f"{place.name}: somebody took a flag out of message {kind}: our MIC tells",
              t.server.exit == 1 and t.server.status == interop.MESSAGE_ALTERED and t.client.exit == 2, t.said)
    c, one, other, frames = interop.relay(client, winpr)
    check(f"{place.name}: our answer to another WinPR is refused",
          interop.kind_of(frames[3] or b"") == 3 and other.exit == 1, other.said)

interop.end()
