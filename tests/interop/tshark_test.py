"""tshark_test.py - every token that OpenLSA emits, read by Wireshark's dissector.

Nothing is captured: the tokens are put into HTTP packets that nobody sent.
What tshark reads has to be well formed, and what we meant.

usage: tshark_test.py PEER_OURS LSAD LSACTL
"""
import base64
import calendar
import hashlib
import json
import os
import struct
import subprocess
import sys
import time

import interop
from interop import AUTHENTICATE, CHALLENGE, NEGOTIATE, Peer, check, talk

ours_program, lsad, lsactl = sys.argv[1:]
interop.need("tshark")

VERSION, MIC_IN_USE = 0x02000000, 0x2
ANONYMOUS, KEY_EXCHANGE = 0x800, 0x40000000


# --- tshark -----------------------------------------------------------------------


def sum_of(data):
    """The Internet's checksum."""
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def packet(token, number, talk):
    """With a talk ([bytes that the client sent, that the server sent]) they are one stream, and take turns."""
    text = (b"Negotiate " if talk else b"NTLM ") + base64.b64encode(token)
    client = 20000 + (0 if talk else number)    # else a stream of its own
    seq, ack = 1, 1
    if interop.kind_of(token) == CHALLENGE or (talk and number % 2):
        ports = 80, client
        http = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: " + text + b"\r\nContent-Length: 0\r\n\r\n"
    else:
        ports = client, 80
        http = b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + text + b"\r\n\r\n"
    if talk:
        seq, ack = talk[number % 2] + 1, talk[1 - number % 2] + 1
        talk[number % 2] += len(http)
    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, 0x18, 8192, 0, 0)
    ends = b"\x7f\0\0\x01\x7f\0\0\x01"
    tcp = tcp[:16] + struct.pack(">H", sum_of(ends + struct.pack(">HH", 6, len(tcp + http)) + tcp + http)) + tcp[18:]
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp + http), number, 0, 64, 6, 0) + ends
    ip = ip[:10] + struct.pack(">H", sum_of(ip)) + ip[12:]
    return ip + tcp + http


def read_by_tshark(work, tokens, talk=None):
    """For each token a dict: the name of a field -> its values, in order."""
    path = work + "/tokens.pcap"
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))     # raw IP
        for i, token in enumerate(tokens):
            raw = packet(token, i, talk)
            f.write(struct.pack("<IIII", i, 0, len(raw), len(raw)) + raw)
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "json"], stdin=subprocess.DEVNULL, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, HOME=work, TZ="UTC", LC_ALL="C.UTF-8"))
    read = []
    for frame in json.loads(done.stdout.decode() or "[]", object_pairs_hook=lambda pairs: pairs):
        fields = {}
        flatten(frame, fields)
        read.append(fields)
    return read, done.stderr.decode(errors="replace")


def flatten(pairs, fields):
    for name, value in pairs:
        if isinstance(value, list) and value and isinstance(value[0], tuple):
            fields.setdefault(name, [])
            flatten(value, fields)
        else:
            fields.setdefault(name, []).append(value)


def wrong_with(fields, needs="ntlmssp.messagetype"):
    """What the dissector minded."""
    bad = [n for n in fields if "malformed" in n.lower()]
    bad += [v for v in fields.get("_ws.expert.message", []) if "alformed" in str(v) or "xception" in str(v) or
            "BER Error" in str(v)]
    return bad if needs in fields else bad + ["no " + needs]


# --- what is compared ----------------------------------------------------------------


def hex_of(text):
    return bytes.fromhex(text.replace(":", ""))


def filetime_of(text):
    """tshark's "Nov 21, 2026 06:37:34.990923300 UTC" as a FILETIME."""
    whole, _, rest = text.partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%b %d, %Y %H:%M:%S"))
    return (seconds + 11644473600) * 10**7 + int(rest.split()[0]) // 100


class Reader:
    """One token: what tshark says beside the token's own bytes and what `lsactl decode` makes of it."""

    def __init__(self, what, token, fields, decoded):
        self.what, self.token, self.fields, self.decoded = what, token, fields, decoded

    def get(self, name, which=0):
        values = self.fields.get("ntlmssp." + name, [])
        return values[which] if len(values) > which else None

    def same(self, name, want, change=lambda x: x):
        got = self.get(name)
        try:
            held = got is not None and change(got) == want
        except ValueError:
            held = False
        check(f"{self.what}: {name}", held, f"tshark: {got!r}, want {want!r}", self.token.hex())

    def common(self, kind, flags_at):
        bad = wrong_with(self.fields)
        check(f"{self.what}: well formed", not bad, bad, self.fields)
        self.same("identifier", "NTLMSSP")
        self.same("messagetype", kind, lambda x: int(x, 16))
        self.flags, = struct.unpack_from("<I", self.token, flags_at)
        self.same("negotiateflags", self.flags, lambda x: int(x, 16))
        check(f"{self.what}: lsactl reads the same flags", int(self.decoded["flags"]["value"], 16) == self.flags,
              self.decoded)
        if self.flags & VERSION:
            self.same("version.ntlm_current_revision", "15")

    def part(self, at):
        length, most, offset = struct.unpack_from("<HHI", self.token, at)
        check(f"{self.what}: both lengths at {at} agree", length == most and offset + length <= len(self.token))
        return self.token[offset:offset + length]


def negotiate(r):
    r.common(NEGOTIATE, 12)
    check(f"{r.what}: names nobody", r.part(16) == b"" and r.part(24) == b"")


def challenge(r, place):
    r.common(CHALLENGE, 20)
    r.same("challenge.target_name", place.computer)
    r.same("ntlmserverchallenge", r.token[24:32], hex_of)
    for name, want in (("nb_domain_name", place.computer), ("nb_computer_name", place.computer),
                       ("dns_domain_name", place.computer.lower()), ("dns_computer_name", place.computer.lower())):
        got = r.get("challenge.target_info." + name)
        check(f"{r.what}: {name}", got is not None and got.lower() == want.lower(), got)
    check(f"{r.what}: has a time", r.get("challenge.target_info.timestamp") is not None, r.fields)
    check(f"{r.what}: ends its pairs", r.fields["ntlmssp.challenge.target_info.item.type"][-1] == "0x0000", r.fields)


def authenticate(r, said, told):
    """`said`: the options of the client; `told`: the challenge it answers."""
    r.common(AUTHENTICATE, 60)
    user = said.get("user")
    for name, at, want in (("domain", 28, said.get("domain", "") if user else ""), ("username", 36, user or "")):
        check(f"{r.what}: {name} in UTF-16", r.part(at) == want.encode("utf-16-le"), r.part(at))
        r.same("auth." + name, want or "NULL")
    if not user:
        check(f"{r.what}: says that it is anonymous", r.flags & ANONYMOUS and r.part(20) == b"" and r.part(12) == b"\0",
              r.fields)
        return
    r.same("auth.lmresponse", bytes(24), hex_of)
    lm_and_nt = r.part(20)
    r.same("ntlmv2_response.ntproofstr", lm_and_nt[:16], hex_of)
    r.same("ntlmv2_response.chal", lm_and_nt[32:40], hex_of)
    check(f"{r.what}: answers with the server's time",
          filetime_of(r.get("ntlmv2_response.timestamp")) == filetime_of(told.get("challenge.target_info.timestamp")),
          r.fields)
    r.same("ntlmv2_response.time", filetime_of(told.get("challenge.target_info.timestamp")), filetime_of)
    r.same("ntlmv2_response.flags", MIC_IN_USE, lambda x: int(x, 16))
    r.same("ntlmv2_response.target_name", said.get("target", "host/localhost"))
    want = bytes(16)
    if said.get("bindings"):
        data = said["bindings"].encode()
        want = hashlib.md5(bytes(16) + struct.pack("<I", len(data)) + data).digest()
    r.same("ntlmv2_response.channel_bindings", want, hex_of)
    if r.flags & KEY_EXCHANGE:
        r.same("auth.sesskey", r.part(52), hex_of)
    else:                                       # of nothing, tshark shows where it would be
        check(f"{r.what}: no key without an exchange", r.part(52) == b"")
    check(f"{r.what}: a MIC where Windows has it", r.token[72:88] != bytes(16), r.token.hex())
    r.same("authenticate.mic", r.token[72:88], hex_of)
    types = r.fields["ntlmssp.ntlmv2_response.item.type"]
    check(f"{r.what}: every pair once, the end last", len(set(types)) == len(types) and types[-1] == "0x0000", types)


# --- the tokens --------------------------------------------------------------------------

with interop.folder() as work:
    for place in interop.places(lsad, lsactl):
        for user in ("alice", "Zoë Ωmega", "u" * 100):
            place.user(user)
        place.policy("ntlm-anonymous", 1)
        alice = dict(user="alice", domain=place.computer, password=interop.PASSWORD)
        cases = {
            "sealed": (alice, {}),
            "signed": (dict(alice, wants="sign"), dict(wants="sign")),
            "neither": (dict(alice, wants="none"), dict(wants="none")),
            "without a domain": (dict(alice, domain=""), {}),
            "channel bindings": (dict(alice, bindings="tls-unique:abc"), dict(bindings="tls-unique:abc")),
            "a target": (dict(alice, target="HTTP/www.example.test:8080"), {}),
            "no Latin name": (dict(alice, user="Zoë Ωmega"), {}),
            "a long name": (dict(alice, user="u" * 100), {}),
            "anonymous": (dict(wants="none"), dict(wants="none", allow="null")),
        }
        tokens, whose = [], []
        for name, (said, allowed) in cases.items():
            t = talk(Peer(ours_program, place.env, **said), Peer(ours_program, place.env, **allowed))
            refused_there = name == "a target"          # a name that is not ours; its tokens count all the same
            check(f"{place.name}: {name}: the talk", t.good or refused_there, t.said)
            if not check(f"{place.name}: {name}: three tokens", sorted(t.tokens) == [1, 2, 3], t.said):
                continue
            for kind in (NEGOTIATE, CHALLENGE, AUTHENTICATE):
                tokens.append(t.tokens[kind])
                whose.append((name, said, kind))
        cut = tokens[-4][:-20] if tokens else b""           # the judge has to mind this one
        read, complaint = read_by_tshark(work, tokens + [cut])
        check(f"{place.name}: tshark minds a message that was cut off", read and wrong_with(read.pop()), read[-1:])
        if not check(f"{place.name}: tshark reads all of them", len(read) == len(tokens), complaint, len(read)):
            continue
        told = None
        for token, fields, (name, said, kind) in zip(tokens, read, whose):
            decoded = json.loads(place.run("--json", "decode", base64.b64encode(token).decode()))["token"]
            r = Reader(f"{place.name}: {name}: message {kind}", token, fields, decoded)
            if kind == NEGOTIATE:
                negotiate(r)
            elif kind == CHALLENGE:
                challenge(r, place)
                told = r
            else:
                authenticate(r, said, told)

        # --- the same inside SPNEGO, and what stands around it ---------------------------
        ours = Peer(ours_program, place.env, package="Negotiate")
        for wants in ("seal", "none"):
            t = talk(ours.but(wants=wants, **alice), ours.but(wants=wants))
            frames = [f for f in t.frames if interop.is_spnego(f)]
            if not check(f"{place.name}: SPNEGO, {wants}: four tokens", t.good and len(frames) == 4, t.said):
                continue
            read, complaint = read_by_tshark(work, [frames[0], frames[1].replace(b"\xa1\x0c\6", b"\xa1\x0c\4")], [0, 0])
            check(f"{place.name}: tshark minds SPNEGO with a wrong element",
                  len(read) == 2 and wrong_with(read[1], "spnego.negTokenTarg_element"), complaint)
            read, complaint = read_by_tshark(work, frames, [0, 0])
            check(f"{place.name}: tshark reads four tokens", len(read) == 4, complaint)
            for n, (token, fields) in enumerate(zip(frames, read)):
                what = f"{place.name}: SPNEGO, {wants}, token {n}"
                bad = wrong_with(fields, "spnego.negTokenInit_element" if n == 0 else "spnego.negTokenTarg_element")
                check(f"{what}: well formed", not bad, bad, fields)
                decoded = json.loads(place.run("--json", "decode", base64.b64encode(token).decode()))["token"]
                check(f"{what}: lsactl reads SPNEGO", decoded["package"] == "SPNEGO", decoded)
                header = json.loads(place.run("--json", "decode",
                                              "Authorization: Negotiate " + base64.b64encode(token).decode()))["token"]
                check(f"{what}: and so it does out of a header", header == decoded, header)
                got = fields.get("ntlmssp.messagetype")
                check(f"{what}: NTLM is inside", (got and int(got[0], 16)) == (n + 1 if n < 3 else None), fields)
                inside = decoded.get("mechToken" if n == 0 else "responseToken", {}).get("message")
                check(f"{what}: lsactl names it", inside == [None, "NEGOTIATE", "CHALLENGE", "AUTHENTICATE"][(n + 1) % 4],
                      decoded)
                if n == 0:
                    check(f"{what}: offers NTLM", fields.get("spnego.MechType") == ["1.3.6.1.4.1.311.2.2.10"], fields)
                    continue
                states = ["accept-completed", "accept-incomplete"]
                state = fields.get("spnego.negResult", ["?"])[0]
                check(f"{what}: its state", state == ("0" if n == 3 else "1") and decoded["negState"] == states[int(state)],
                      fields)
                mic = fields.get("spnego.mechListMIC", [""])[0]
                check(f"{what}: its MIC", decoded.get("mechListMIC", "") == mic.replace(":", "") and
                      bool(mic) == (n > 1 and wants == "seal"), fields)

interop.end()
