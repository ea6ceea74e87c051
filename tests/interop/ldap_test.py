"""ldap_test.py - our client at Active Directory's LDAP (Samba): SASL
GSS-SPNEGO and GSSAPI, signed and sealed, with Kerberos and with NTLM, near
and far. A rootDSE read through the wrapped connection is the proof.

    ldap_test.py SSPI_PIPE LSAD LSACTL       in the environment of tests/lab/ad.py
"""
import os
import socket
import struct
import sys

import interop
import pipe
from ber import ber, fields, integer

program, lsad, lsactl = sys.argv[1:4]
SASL_IN_PROGRESS = 14


class Ldap:
    def __init__(self, host):
        self.sock, self.number, self.held, self.wrapped = socket.create_connection((host, 389), timeout=30), 0, b"", None

    def exactly(self, count):
        while len(self.held) < count:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError("the server hung up")
            self.held += more
        part, self.held = self.held[:count], self.held[count:]
        return part

    def take(self):
        if self.wrapped:
            return self.wrapped.open(self.exactly(struct.unpack(">I", self.exactly(4))[0]))
        head = self.exactly(2)
        size = head[1]
        if size & 0x80:
            more = self.exactly(size & 0x7f)
            head, size = head + more, int.from_bytes(more, "big")
        return head + self.exactly(size)

    def ask(self, operation):
        self.number += 1
        message = ber(0x30, integer(self.number), operation)
        if self.wrapped:
            message = self.wrapped.seal(message)
            message = struct.pack(">I", len(message)) + message
        self.sock.sendall(message)
        return fields(fields(self.take())[0][1])[1]

    def bind(self, mechanism, credentials):
        tag, body = self.ask(ber(0x60, integer(3), ber(4), ber(0xa3, ber(4, mechanism), ber(4, credentials))))
        assert tag == 0x61
        parts = fields(body)
        told = [content for tag, content in parts[3:] if tag == 0x87]
        return parts[0][1][0], told[0] if told else b"", parts[2][1]

    def root(self):
        """dnsHostName of the rootDSE."""
        return self.ask(ber(0x63, ber(4), integer(0, 10), integer(0, 10), integer(0), integer(0), ber(1, b"\0"),
                            ber(0x87, b"objectClass"), ber(0x30, ber(4, b"dnsHostName"))))[1]


def logon(link, mechanism, context):
    token = context.step()
    while True:
        code, told, said = link.bind(mechanism, token)
        if code not in (0, SASL_IN_PROGRESS):
            return code, said
        if context.status == pipe.CONTINUE:
            token = context.step(told)
            if code == 0:
                return code, said
        elif code == SASL_IN_PROGRESS and mechanism == b"GSSAPI":
            # [RFC 4752] 3.1: the layers on offer, then the one that we take: 4 is confidentiality.
            offer = context.open(told)
            assert offer[0] & 4
            token = context.plain(b"\x04\x01\x00\x00")
        else:
            return code, said


def case(place, mechanism, package, **options):
    said = f"{place.name}: {mechanism} by {package}, {'a password' if 'user' in options else 'the ticket cache'}"
    said += ", SaslInitializeSecurityContext" if "sasl" in options else ""
    flags = pipe.MUTUAL | pipe.SEAL | pipe.SIGN | pipe.REPLAY | pipe.SEQUENCE
    try:
        with pipe.Pipe(program, "client", package, env=place.env, target="ldap/dc1.ad.openlsa.test", flags=f"{flags:x}",
                       **options) as context:
            link = Ldap(os.environ["AD_ADDR"])
            code, words = logon(link, mechanism.encode(), context)
            if interop.check(f"{said}: bound", code == 0, code, words, context.why()):
                link.wrapped = context
                interop.check(f"{said}: a sealed question is answered", b"dc1.ad.openlsa.test" in link.root())
            wrong = dict(options, password="wrong") if "password" in options else None
        if wrong:
            with pipe.Pipe(program, "client", package, env=place.env, target="ldap/dc1.ad.openlsa.test", flags=f"{flags:x}",
                           **wrong) as context:
                try:
                    code, words = logon(Ldap(os.environ["AD_ADDR"]), mechanism.encode(), context)
                    interop.check(f"{said}: a wrong password is refused", code, words)
                except pipe.Refused as refused:
                    interop.check(f"{said}: a wrong password is refused", refused.status == interop.LOGON_DENIED, refused)
    except (pipe.Refused, EOFError, AssertionError) as refused:
        interop.check(said, False, refused)


def main():
    os.system("echo $AD_PASSWORD | kinit alice >/dev/null")
    realm = {"user": "alice", "domain": os.environ["AD_REALM"], "password": os.environ["AD_PASSWORD"]}
    domain = dict(realm, domain=os.environ["AD_DOMAIN"])
    for place in interop.places(lsad, lsactl):
        for mechanism, package, who in (("GSS-SPNEGO", "Negotiate", {}), ("GSS-SPNEGO", "Negotiate", realm),
                                        ("GSSAPI", "Kerberos", {}), ("GSSAPI", "Kerberos", {"sasl": "yes"}),
                                        ("GSSAPI", "Kerberos", realm),
                                        ("GSS-SPNEGO", "NTLM", domain)):
            case(place, mechanism, package, **who)


main()
interop.end()
