"""postgres_test.py - our client at a PostgreSQL server that lets users in by
GSSAPI alone: once as authentication, once with every byte wrapped, near and
far. The protocol is [PostgreSQL 15, chapter 55].

    postgres_test.py SSPI_PIPE LSAD LSACTL   in the environment of tests/lab/kdc.py
"""
import os
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import interop                                                  # noqa: E402
import pipe                                                     # noqa: E402
import servers                                                  # noqa: E402

program, lsad, lsactl = sys.argv[1:4]
GSSENC_REQUEST, MOST = 80877104, 8192
WHO = b"select principal || ' ' || encrypted from pg_stat_gssapi where pid = pg_backend_pid()\0"


class Postgres:
    def __init__(self, port):
        self.sock, self.held, self.wrapped = socket.create_connection(("127.0.0.1", port), timeout=30), b"", None

    def raw(self, count):
        data = b""
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                raise EOFError("the server hung up")
            data += more
        return data

    def packet(self):
        return self.raw(struct.unpack(">I", self.raw(4))[0])

    def exactly(self, count):
        while self.wrapped and len(self.held) < count:
            self.held += self.wrapped.open(self.packet())
        if not self.wrapped:
            return self.raw(count)
        part, self.held = self.held[:count], self.held[count:]
        return part

    def put(self, data):
        if self.wrapped:
            for at in range(0, len(data), MOST):
                sealed = self.wrapped.seal(data[at:at + MOST])
                self.sock.sendall(struct.pack(">I", len(sealed)) + sealed)
        else:
            self.sock.sendall(data)

    def message(self):
        kind, size = self.exactly(1), struct.unpack(">I", self.exactly(4))[0]
        return kind, self.exactly(size - 4)

    def encrypt(self, context):
        self.sock.sendall(struct.pack(">II", 8, GSSENC_REQUEST))
        assert self.raw(1) == b"G"
        token = context.step()
        while True:
            if token:
                self.sock.sendall(struct.pack(">I", len(token)) + token)
            if context.status == pipe.OK:
                break
            token = context.step(self.packet())
        self.wrapped = context

    def start(self, user, context):
        words = b"user\0" + user.encode() + b"\0database\0postgres\0\0"
        self.put(struct.pack(">II", len(words) + 8, 196608) + words)
        while True:
            kind, body = self.message()
            if kind == b"E":
                raise EOFError(body)
            if kind == b"Z":
                return
            if kind == b"R":
                code = struct.unpack(">I", body[:4])[0]
                token = {7: context.step, 8: lambda: context.step(body[4:])}.get(code, lambda: b"")()
                if token:
                    self.put(b"p" + struct.pack(">I", len(token) + 4) + token)

    def ask(self, words):
        self.put(b"Q" + struct.pack(">I", len(words) + 4) + words)
        found = b""
        while True:
            kind, body = self.message()
            if kind == b"D":
                found = body[6:]
            if kind == b"Z":
                return found.decode()


def case(place, port, wrap, **options):
    said = f"{place.name}: PostgreSQL, {'wrapped' if wrap else 'not wrapped'}{', async' if 'async' in options else ''}"
    flags = pipe.MUTUAL | pipe.REPLAY | pipe.SEQUENCE | pipe.SEAL | pipe.SIGN
    try:
        with pipe.Pipe(program, "client", "Kerberos", env=place.env, target="postgres/localhost", flags=f"{flags:x}",
                       **options) as context:
            link = Postgres(port)
            if wrap:
                link.encrypt(context)
            link.start("alice@OPENLSA.TEST", context)
            answer = link.ask(WHO)
            interop.check(said, answer == f"alice@OPENLSA.TEST {'true' if wrap else 'false'}", answer)
            if wrap:        # more than one packet each way
                answer = link.ask(b"select repeat('0123456789', 20000)\0")
                interop.check(f"{said}: 200,000 bytes", answer == "0123456789" * 20000, len(answer))
    except (pipe.Refused, EOFError, AssertionError) as refused:
        interop.check(said, False, refused)


def main():
    interop.need("setpriv", "kinit")
    if os.geteuid() or not servers.postgres_home():
        interop.skip("PostgreSQL is not installed, or this is not root")
    subprocess.run(["kinit", "-k", "-t", os.environ["KDC_DIR"] + "/client.keytab", "alice"], check=True)
    with interop.folder() as work:
        os.chmod(work, 0o755)
        with servers.postgres(work + "/pg", "alice@OPENLSA.TEST") as port:
            for place in interop.places(lsad, lsactl):
                for wrap in (False, True):
                    case(place, port, wrap)
                    case(place, port, wrap, **{"async": "yes"})


main()
interop.end()
