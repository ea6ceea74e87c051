"""ldapsearch_test.py - OpenLDAP's ldapsearch, which asks Cyrus SASL and that MIT's GSSAPI,
as the client of our acceptor: a directory of one entry lets users in by GSSAPI ([RFC 4752]) and by
GSS-SPNEGO, and every byte behind the bind is sealed. Near and far.
Covers pkg/kerberos/kerb_accept.c, pkg/negotiate/nego_accept.c, pkg/kerberos/kerb_user.c.

    ldapsearch_test.py SSPI_PIPE LSAD LSACTL       in the environment of tests/lab/kdc.py
"""
import os
import socket
import struct
import subprocess
import sys
import threading

import interop
import pipe
from ber import ber, fields, integer
from interop import check

program, lsad, lsactl = sys.argv[1:4]
IN_PROGRESS, DENIED = 14, 49
BIND, BOUND, SEARCH, ENTRY, DONE, UNBIND = 0x60, 0x61, 0x63, 0x64, 0x65, 0x42
PACKAGES = {b"GSSAPI": "Kerberos", b"GSS-SPNEGO": "Negotiate"}
SEALED = b"\x04\x01\x00\x00"            # confidentiality and nothing else, messages of 64 KiB


class Directory(threading.Thread):
    """One connection: a bind, and the root's entry, which says who asked."""

    def __init__(self, env):
        super().__init__(daemon=True)
        self.env, self.door = env, socket.create_server(("127.0.0.1", 0))
        self.port, self.held, self.context, self.wrapped, self.said = self.door.getsockname()[1], b"", None, False, ""
        self.offered = False

    def run(self):
        self.link, _ = self.door.accept()
        try:
            while self.answer(fields(fields(self.take())[0][1])):
                pass
        except (EOFError, OSError) as end:
            self.said = self.said or str(end)
        finally:
            self.link.close()
            self.door.close()
            if self.context:
                self.context.end()

    def exactly(self, count):
        while len(self.held) < count:
            more = self.link.recv(65536)
            if not more:
                raise EOFError("the client hung up")
            self.held += more
        part, self.held = self.held[:count], self.held[count:]
        return part

    def take(self):
        if self.wrapped:
            return self.context.open(self.exactly(struct.unpack(">I", self.exactly(4))[0]))
        head = self.exactly(2)
        size = head[1]
        if size & 0x80:
            more = self.exactly(size & 0x7f)
            head, size = head + more, int.from_bytes(more, "big")
        return head + self.exactly(size)

    def give(self, number, operation):
        message = ber(0x30, ber(2, number), operation)
        if self.wrapped:
            message = self.context.seal(message)
            message = struct.pack(">I", len(message)) + message
        self.link.sendall(message)

    def bind(self, mechanism, token):
        """(result, what the server says)."""
        if self.context is None:
            self.context = pipe.Pipe(program, "server", PACKAGES[mechanism], env=self.env)
        if self.offered:
            self.offered = False
            return (0, b"") if self.context.open(token)[0] == SEALED[0] else (DENIED, b"")
        if self.context.status == pipe.OK and mechanism == b"GSSAPI" and not token:
            self.offered = True
            return IN_PROGRESS, self.context.plain(SEALED)
        told = self.context.step(token)
        if mechanism == b"GSSAPI" and self.context.status == pipe.OK and not told:
            self.offered = True
            return IN_PROGRESS, self.context.plain(SEALED)
        return (0 if self.context.status == pipe.OK and mechanism == b"GSS-SPNEGO" else IN_PROGRESS), told

    def answer(self, message):
        (_, number), (tag, body) = message[0], message[1]
        if tag == BIND:
            sasl = fields(fields(body)[2][1])
            try:
                result, told = self.bind(sasl[0][1], sasl[1][1] if len(sasl) > 1 else b"")
            except pipe.Refused as refused:
                self.said, result, told = refused.why, DENIED, b""
            self.give(number, ber(BOUND, integer(result, 10), ber(4), ber(4), ber(0x87, told) if told else b""))
            self.wrapped = result == 0
            return result != DENIED
        if tag == SEARCH:
            who = self.context.facts().get("user", "nobody").encode()
            self.give(number, ber(ENTRY, ber(4), ber(0x30, ber(0x30, ber(4, b"description"), ber(0x31, ber(4, b"asked by " + who))))))
            self.give(number, ber(DONE, integer(0, 10), ber(4), ber(4)))
        return tag != UNBIND


def asks(place, mechanism, **more):
    directory = Directory(place.env)
    directory.start()
    done = subprocess.run(["ldapsearch", "-LLL", "-N", "-o", "nettimeout=20", "-Y", mechanism, "-H",
                           f"ldap://localhost:{directory.port}", "-b", "",
                           "-s", "base"], env=dict(os.environ, **more), text=True, timeout=interop.LONGEST, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
    directory.join(20)
    return done, directory


def main():
    interop.need("ldapsearch", "kinit")
    subprocess.run(["kinit", "-k", "-t", os.environ["KDC_DIR"] + "/client.keytab", "alice"], check=True)
    asked_by = f"asked by {os.environ['KDC_REALM']}\\alice"
    with interop.folder() as work:
        for place in interop.places(lsad, lsactl):
            for mechanism in ("GSSAPI", "GSS-SPNEGO"):
                done, directory = asks(place, mechanism)
                check(f"{place.name}: {mechanism}: the entry", done.returncode == 0 and asked_by in done.stdout,
                      done.stdout, directory.said)
                check(f"{place.name}: {mechanism}: sealed", directory.wrapped and "SASL SSF: 256" in done.stdout, done.stdout)
                done, directory = asks(place, mechanism, KRB5CCNAME=f"FILE:{work}/none", KRB5_CLIENT_KTNAME=f"FILE:{work}/none")
                check(f"{place.name}: {mechanism}: nobody without a ticket", done.returncode != 0 and "asked by" not in done.stdout, done.stdout)


main()
interop.end()
