#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""meddle.py - somebody between the KDC of tests/lab/kdc.py and its clients, who knows no key.

    kdc.py run DIR meddle.py COMMAND...     runs it with a krb5.conf that names him in the KDC's place

What he does to the next messages stands in the file that the environment's MEDDLE names (nothing: he passes all on):

    as-FIELD, tgs-FIELD     a field of the answer that nothing enciphers: crealm cname trealm sname (of the ticket) kvno
                            tetype (the ticket's) etype (the answer's)
    as-error, tgs-error     the answer is an error of the general kind, with words of his own: "do as I say"
    as-ticket, tgs-ticket   a bit of the ticket; as-part, tgs-part: of the part for the client
    tgs-swap                the ticket is one for another service, as it was given before
    as-asked, tgs-asked     in the request: another service
    pw-news, pw-frame       the password service's answer is an error that brings good news, bare and framed ([RFC 3244] 2)
    pw-proof, pw-part       a bit of its proof, or of what it says; pw-again: its last answer once more
    self                    S4U2self: in whose name it is asked is taken out, and put into the answer
"""
import os
import select
import socket
import subprocess
import sys
import threading

AS_REQ, AS_REP, TGS_REQ, TGS_REP = 0x6a, 0x6b, 0x6c, 0x6d
TEXT, FOR_USER = 0x1b, 129


# --- DER as lists: [tag, bytes] or [tag, [elements]] -----------------------------------

def parse(data):
    found, at = [], 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7f
            size, at = int.from_bytes(data[at:at + count], "big"), at + count
        body, at = data[at:at + size], at + size
        found.append([tag, parse(body) if tag & 0x20 else body])
    return found


def encode(element):
    tag, body = element
    if isinstance(body, list):
        body = b"".join(encode(e) for e in body)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(size)]) + size) + body


def field(sequence, n):
    """What stands in [n] of a SEQUENCE."""
    return next(e for e in sequence[1] if e[0] == 0xa0 | n)[1][0]


def name(element, *parts):
    field(element, 1)[1][:] = [[TEXT, part.encode()] for part in parts]


def spoil(element, at=-1):
    body = bytearray(element[1])
    body[at] ^= 1
    element[1] = bytes(body)


def general_error(more=()):
    number, text = (lambda n: [2, bytes([n])]), (lambda t: [TEXT, t])
    return encode([0x7e, [[0x30, [
        [0xa0, [number(5)]], [0xa1, [number(30)]], [0xa4, [[0x18, b"20260101000000Z"]]], [0xa5, [number(0)]],
        [0xa6, [number(60)]], [0xa9, [text(b"OPENLSA.TEST")]],
        [0xaa, [[0x30, [[0xa0, [number(2)]], [0xa1, [[0x30, [text(b"krbtgt"), text(b"OPENLSA.TEST")]]]]]]]],
        [0xab, [text(b"do as I say")]], *more]]]])


GOOD_NEWS = general_error([[0xac, [[4, b"\0\0well done"]]]])


# --- what he does ------------------------------------------------------------------------

class Meddler:
    def __init__(self, way):
        self.way, self.given, self.last = way, {}, b""

    def wish(self):
        try:
            with open(self.way, encoding="utf-8") as f:
                return f.read().strip()
        except FileNotFoundError:
            return ""

    def asked(self, data, wish):
        message = parse(data)[0]
        if message[0] not in (AS_REQ, TGS_REQ):
            return data
        fields, kind = message[1][0], "as" if message[0] == AS_REQ else "tgs"
        if wish == f"{kind}-asked":
            name(field(field(fields, 4), 3), "host", "aes128.openlsa.test")
        elif wish == "self" and kind == "tgs":
            more = field(fields, 3)
            more[1] = [pa for pa in more[1] if int.from_bytes(field(pa, 1)[1], "big") != FOR_USER]
        else:
            return data
        return encode(message)

    def answered(self, data, wish):
        message = parse(data)[0]
        if message[0] not in (AS_REP, TGS_REP):
            return data
        fields, kind = message[1][0], "as" if message[0] == AS_REP else "tgs"
        if wish == kind + "-error":
            return general_error()
        outer = next(e for e in fields[1] if e[0] == 0xa5)
        ticket, part = outer[1][0][1][0], field(fields, 6)
        sealed = field(ticket, 3)
        others = [t for service, t in self.given.items() if service != encode(field(ticket, 2))]
        if kind == "tgs" and not wish:
            self.given[encode(field(ticket, 2))] = outer[1][0]
        if wish == "self" and kind == "tgs":
            name(field(fields, 4), "alice")
        elif not wish.startswith(kind + "-"):
            return data
        else:
            self.edit(wish[len(kind) + 1:], fields, ticket, sealed, part)
            if wish == "tgs-swap":
                outer[1][0] = others[0]
        return encode(message)

    @staticmethod
    def edit(what, fields, ticket, sealed, part):
        if what == "crealm":
            field(fields, 3)[1] = b"ELSEWHERE.TEST"
        elif what == "cname":
            name(field(fields, 4), "bob")
        elif what == "trealm":
            field(ticket, 1)[1] = b"ELSEWHERE.TEST"
        elif what == "sname":
            name(field(ticket, 2), "host", "aes128.openlsa.test")
        elif what == "kvno":
            field(sealed, 1)[1] = b"\x63"
        elif what == "tetype":
            field(sealed, 0)[1] = b"\x11"
        elif what == "etype":
            field(part, 0)[1] = b"\x11"
        elif what == "ticket":
            spoil(field(sealed, 2))
        elif what == "part":
            spoil(field(part, 2))

    def said(self, data, wish):
        """What the password service answers: length, version, length of the proof; the proof, what it says."""
        again, self.last = self.last, data
        end = 6 + int.from_bytes(data[4:6], "big")
        if wish == "pw-news":
            return GOOD_NEWS
        if wish == "pw-frame":
            return (6 + len(GOOD_NEWS)).to_bytes(2, "big") + data[2:4] + bytes(2) + GOOD_NEWS
        if wish == "pw-proof":
            return data[:end - 1] + bytes([data[end - 1] ^ 1]) + data[end:]
        if wish == "pw-part":
            return data[:-1] + bytes([data[-1] ^ 1])
        return again if wish == "pw-again" else data

    def stand(self, here, service, asked, answered):
        while True:
            data, who = here.recvfrom(65536)
            wish = self.wish()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
                there.sendto(asked(data, wish), service)
                if select.select([there], [], [], 5)[0]:
                    here.sendto(answered(there.recv(65536), wish), who)


def main():
    where = os.environ["KDC_DIR"]
    env = dict(os.environ, KRB5_CONFIG=f"{where}/meddle.conf", MEDDLE=f"{where}/meddle")
    if os.path.exists(env["MEDDLE"]):
        os.unlink(env["MEDDLE"])
    he = Meddler(env["MEDDLE"])
    with open(os.environ["KRB5_CONFIG"], encoding="utf-8") as f:
        conf = f.read()
    for key, port, asked, answered in (("kdc", os.environ["KDC_PORT"], he.asked, he.answered),
                                       ("kpasswd_server", os.environ["KPASSWD_PORT"], lambda data, _: data, he.said)):
        here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        here.bind(("127.0.0.1", 0))
        conf = conf.replace(f"{key} = 127.0.0.1:{port}\n", f"{key} = 127.0.0.1:{here.getsockname()[1]}\n")
        threading.Thread(target=he.stand, args=(here, ("127.0.0.1", int(port)), asked, answered), daemon=True).start()
    with open(env["KRB5_CONFIG"], "w", encoding="utf-8") as f:
        f.write(conf)
    sys.exit(subprocess.run(sys.argv[1:], env=env, check=False).returncode)


main()
