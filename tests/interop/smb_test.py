"""smb_test.py - our client at Samba's smbd, a domain controller's: SMB2 sessions with Kerberos and
with NTLM inside SPNEGO, on tickets of the cache and on a password, after the server spoke first
(NegTokenInit2). That both have the same session key is shown by signatures: the server's on its last word
and on a share, ours on what it takes, and one that it does not. Near and far. [MS-SMB2] 2.2, 3.1.4.1.
Covers pkg/negotiate/nego_init.c (hints_take), pkg/kerberos/kerb_apreq.c (kerb_init_data).

    smb_test.py SSPI_PIPE LSAD LSACTL       in the environment of tests/lab/ad.py
"""
import hashlib
import hmac
import os
import socket
import struct
import subprocess
import sys

import interop
import pipe
from interop import check

program, lsad, lsactl = sys.argv[1:4]
NEGOTIATE, SESSION_SETUP, TREE_CONNECT = 0, 1, 3
MORE, DENIED, LOGON_FAILURE = 0xC0000016, 0xC0000022, 0xC000006D
SIGNED = 8


class Smb:
    """One connection, dialect 2.0.2: signatures are HMAC-SHA256 with the first 16 bytes of the session's key."""

    def __init__(self, host):
        self.link, self.number, self.session, self.key = socket.create_connection((host, 445), timeout=30), 0, 0, b""

    def sign(self, message):
        plain = message[:48] + bytes(16) + message[64:]
        return plain[:48] + hmac.new(self.key, plain, hashlib.sha256).digest()[:16] + plain[64:]

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.link.recv(count - len(data))
            if not more:
                raise EOFError("the server hung up")
            data += more
        return data

    def ask(self, command, body, sign=False, spoil=False):
        """(status, body, whether it was signed rightly)."""
        message = struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 0, 0, command, 31, SIGNED if sign else 0, 0, self.number, 0,
                              0, self.session, bytes(16)) + body
        self.number += 1
        if sign:
            message = self.sign(message)
        if spoil:
            message = message[:60] + bytes([message[60] ^ 1]) + message[61:]
        self.link.sendall(struct.pack(">I", len(message)) + message)
        reply = self.exactly(struct.unpack(">I", self.exactly(4))[0])
        status, = struct.unpack_from("<I", reply, 8)
        flags, = struct.unpack_from("<I", reply, 16)
        self.session, = struct.unpack_from("<Q", reply, 40)
        self.last = reply
        return status, reply[64:], flags & SIGNED

    def signed(self):
        """Whether the last answer has the signature that our key makes."""
        return hmac.compare_digest(self.sign(self.last), self.last)

    @staticmethod
    def part(reply, at):
        offset, size = struct.unpack_from("<HH", reply, at)
        return reply[offset - 64:offset - 64 + size]

    def negotiate(self):
        status, reply, _ = self.ask(NEGOTIATE, struct.pack("<HHHHI16sQH", 36, 1, 1, 0, 0, os.urandom(16), 0, 0x0202))
        assert status == 0, hex(status)
        return self.part(reply, 56)

    def setup(self, token):
        status, reply, signed = self.ask(SESSION_SETUP, struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(token), 0) + token)
        return status, self.part(reply, 4) if status in (0, MORE) else b"", signed

    def tree(self, path, **how):
        name = path.encode("utf-16le")
        return self.ask(TREE_CONNECT, struct.pack("<HHHH", 9, 0, 72, len(name)) + name, sign=True, **how)


def logon(smb, context, first):
    token = context.step(first)
    while True:
        status, told, signed = smb.setup(token)
        if status not in (0, MORE):
            return status, signed
        if context.status == pipe.CONTINUE:
            token = context.step(told)
        if status == 0:
            return status, signed


def case(place, said, package, hinted, inner, **options):
    flags = pipe.MUTUAL | pipe.SIGN | pipe.REPLAY | pipe.SEQUENCE
    said = f"{place.name}: {said}"
    try:
        smb = Smb(os.environ["AD_ADDR"])
        hints = smb.negotiate()
        with pipe.Pipe(program, "client", package, env=place.env, target="cifs/dc1.ad.openlsa.test", flags=f"{flags:x}",
                       **options) as context:
            status, signed = logon(smb, context, hints if hinted else b"")
            if not check(f"{said}: a session", status == 0 and context.status == pipe.OK, f"{status:08x}", context.why()):
                return
            facts = context.facts()
            check(f"{said}: {inner} did it", facts.get("package") == inner, facts)
            smb.key = bytes.fromhex(facts["key"])[:16].ljust(16, b"\0")
            check(f"{said}: the last word is signed with our key", signed and smb.signed(), facts)
            status, _, signed = smb.tree(r"\\dc1\share")
            check(f"{said}: a share, signed both ways", status == 0 and signed and smb.signed(), f"{status:08x}")
            status, _, _ = smb.tree(r"\\dc1\share", spoil=True)
            check(f"{said}: a signature that was spoiled", status == DENIED, f"{status:08x}")
    except (pipe.Refused, EOFError, AssertionError) as refused:
        check(said, False, refused)


def refused_case(place, said, package, **options):
    smb = Smb(os.environ["AD_ADDR"])
    hints = smb.negotiate()
    try:
        with pipe.Pipe(program, "client", package, env=place.env, target="cifs/dc1.ad.openlsa.test", flags="10002", **options) as context:
            status, _ = logon(smb, context, hints)
            check(f"{place.name}: {said}", status == LOGON_FAILURE, f"{status:08x}", context.why())
    except pipe.Refused as refused:
        check(f"{place.name}: {said}", refused.status == interop.LOGON_DENIED, refused)


def main():
    subprocess.run(["kinit", "alice"], input=os.environ["AD_PASSWORD"] + "\n", text=True, stdout=subprocess.DEVNULL, check=True)
    realm = {"user": "alice", "domain": os.environ["AD_REALM"], "password": os.environ["AD_PASSWORD"]}
    domain = dict(realm, domain=os.environ["AD_DOMAIN"])
    for place in interop.places(lsad, lsactl):
        for hinted in (True, False):
            first = "the server speaks first" if hinted else "we speak first"
            case(place, f"{first}, the ticket cache", "Negotiate", hinted, "Kerberos")
            case(place, f"{first}, a password", "Negotiate", hinted, "Kerberos", **realm)
        case(place, "asynchronously", "Negotiate", True, "Kerberos", **{"async": "yes"}, **realm)
        case(place, "NTLM alone", "NTLM", False, "NTLM", **domain)
        refused_case(place, "a wrong password", "Negotiate", **dict(realm, password="wrong"))


main()
interop.end()
