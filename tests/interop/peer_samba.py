"""peer_samba.py - Samba's side of the conversation of peer.h, in two ways.

With by=helper, ntlm_auth carries the handshake: as a client with a password,
as a server that knows one user. It tells its session key, and has no messages.
With mech=spnego they are inside Samba's SPNEGO. With by=gensec, Samba's library is in this process, by Debian's python3-samba:
messages too; as a server it asks the database of conf=FILE.

usage: peer_samba.py client|server FD by=helper|gensec conf=FILE NAME=VALUE...
"""
import base64
import signal
import socket
import struct
import subprocess
import sys

role, fd = sys.argv[1], int(sys.argv[2])
options = dict(o.split("=", 1) for o in sys.argv[3:])
client = role == "client"
wants = options.get("wants", "seal")
SEALS, SIGNS = wants == "seal", wants in ("seal", "sign")
SPNEGO = options.get("mech") == "spnego"
SIGNATURE = 16


class Refused(Exception):
    pass


def say(*words):
    print(*words, flush=True)


# --- by ntlm_auth -------------------------------------------------------------


class Helper:
    def __init__(self):
        protocol = "ntlmssp-client-1" if client else "squid-2.5-ntlmssp"
        if SPNEGO:
            protocol = "gss-spnego-client" if client else "gss-spnego"
        who = [f"--{name}={options.get(option, '')}"
               for name, option in (("username", "user"), ("domain", "domain"), ("password", "password"))]
        self.process = subprocess.Popen(["ntlm_auth", f"--configfile={options['conf']}",
                                         f"--helper-protocol={protocol}", *who],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        features = ["SESSION_KEY"] + ["SIGN"] * SIGNS + ["SEAL"] * SEALS
        self.ask("SF " + " ".join("NTLMSSP_FEATURE_" + f for f in features))
        self.first = True

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def leg(self, token):
        """Whether it is done, and what to send."""
        verb = "YR" if self.first else ("TT" if client else "KK")
        self.first = False
        answer = self.ask(f"{verb} {base64.b64encode(token).decode()}".strip())
        verb, _, rest = answer.partition(" ")
        if verb == "AF" and not client:
            if SPNEGO:
                token, _, rest = rest.partition(" ")
            say("name", rest)
            return True, base64.b64decode(token) if SPNEGO and token != "*" else b""
        if SPNEGO and verb in ("YR", "TT", "KK", "AF"):     # a KK is answered: the server has the last word
            return verb == "AF", base64.b64decode(rest.split()[0]) if rest.strip("* ") else b""
        if verb in ("YR", "TT", "KK", "AF"):
            return verb in ("AF", "KK"), base64.b64decode(rest.split()[0])
        say("what", answer)
        raise Refused

    def key(self):
        verb, _, key = self.ask("GK").partition(" ")
        return base64.b64decode(key) if verb == "GK" else b""


# --- by gensec ------------------------------------------------------------------


class Gensec:
    def __init__(self):
        from samba import auth, credentials, gensec, param
        lp = param.LoadParm()
        lp.load(options["conf"])
        settings = {"lp_ctx": lp, "target_hostname": "localhost"}
        who = credentials.Credentials()
        if client:
            who.set_username(options["user"])
            who.set_domain(options["domain"])
            who.set_password(options["password"])
            who.set_workstation("SAMBACLIENT")
            self.way = gensec.Security.start_client(settings)
        else:
            who.guess(lp)
            self.way = gensec.Security.start_server(settings, auth.AuthContext(lp_ctx=lp, methods=["sam"]))
        self.way.set_credentials(who)
        self.way.want_feature(gensec.FEATURE_SESSION_KEY)
        if SIGNS:
            self.way.want_feature(gensec.FEATURE_SIGN)
        if SEALS:
            self.way.want_feature(gensec.FEATURE_SEAL)
        if SPNEGO:
            who.set_kerberos_state(credentials.DONT_USE_KERBEROS)
        self.way.start_mech_by_name("spnego" if SPNEGO else "ntlmssp")

    def leg(self, token):
        try:
            done, answer = self.way.update(token)
        except Exception as e:                 # samba.NTSTATUSError
            say("what", str(e))
            raise Refused from None
        return done, answer

    def key(self):
        return self.way.session_key()

    def protect(self, sealed, data):
        return self.way.wrap(data) if sealed else self.way.sign_packet(data, data) + data

    def unprotect(self, sealed, message):
        """None: refused."""
        try:
            if sealed:
                return self.way.unwrap(message)
            self.way.check_packet(message[SIGNATURE:], message[SIGNATURE:], message[:SIGNATURE])
            return message[SIGNATURE:]
        except Exception as e:
            say("what", str(e))
            return None


# --- the conversation, as in peer.h -----------------------------------------------

sock = socket.socket(fileno=fd)


def put(frame):
    sock.sendall(struct.pack(">I", len(frame)) + frame)


def take_bytes(count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            sys.exit(2)
        data += part
    return data


def take():
    return take_bytes(struct.unpack(">I", take_bytes(4))[0])


def handshake(peer):
    done, token = False, b""
    first = client
    while not done:
        if not first:
            token = take()
            if token == b"no":
                sys.exit(2)
        first = False
        try:
            done, answer = peer.leg(token)
        except Refused:
            put(b"no")
            sys.exit(1)
        if answer:
            put(answer)
    if not client:
        put(b"ok")
    elif take() != b"ok":
        sys.exit(2)


def pattern(size, of_client):
    return bytes((i * 7 + size * 3 + (1 if of_client else 100)) & 255 for i in range(size))


def speak(peer, size, sealed, tampered=False):
    message = bytearray(peer.protect(sealed, pattern(size, client)))
    if len(message) != SIGNATURE + size:
        say("what a message of ours has the wrong size")
        sys.exit(3)
    if tampered:
        message[SIGNATURE + size // 2] ^= 0x10
    put(bytes(message))


def hear(peer, size, sealed, tampered=False):
    message, want = take(), pattern(size, not client)
    if len(message) != SIGNATURE + size or (sealed and size > 1 and message[SIGNATURE:] == want):
        say("what a message has the wrong size, or came in the clear")
        sys.exit(3)
    got = peer.unprotect(sealed, message)
    if got != (None if tampered else want):
        say("what a message came out wrong" if not tampered else "what a tampered message was taken")
        sys.exit(3)


def talk(peer):
    turns = (speak, hear) if client else (hear, speak)
    for sealed in (True, False):
        if not (SEALS if sealed else SIGNS):
            continue
        for size in (0, 1, 64, 1000, 16384, 3):
            if size or options.get("empty", "yes") == "yes":
                say("at", "sealed" if sealed else "signed", size)
                for turn in turns:
                    turn(peer, size, sealed)
    if SIGNS:
        say("at tampered")
        for turn in turns:
            turn(peer, 64, SEALS, True)


signal.alarm(40)
us = Helper() if options["by"] == "helper" else Gensec()
handshake(us)
say("key", us.key().hex())
if options.get("messages", "all") != "none":
    talk(us)
sys.exit(0)
