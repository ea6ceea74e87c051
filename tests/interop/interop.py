"""interop.py - what the tests against other people's NTLM have in common.

A talk is two peers (peer.h) with this process between them: it passes the
frames on, keeps them, and may change one on its way. A place is an LSA of our
own with a state folder that goes away: near (in our peer's process) and far
(in a daemon).
"""
import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

PASSWORD = "Correct-Horse-7"
LONGEST = 60                    # seconds of any one step

LOGON_DENIED = 0x8009030C
MESSAGE_ALTERED = 0x8009030F
BAD_BINDINGS = 0x80090346

SEAL, KEY_56 = 0x20, 0x80000000     # beside 128, the latter changes nothing: a MIC alone tells that it is gone
NEGOTIATE, CHALLENGE, AUTHENTICATE = 1, 2, 3

passed = failed = 0


def check(what, held, *said):
    """Counts; where it did not hold, says what is known."""
    global passed, failed
    if held:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)
        for text in said:
            for line in str(text).rstrip().splitlines():
                print("   ", line)
    sys.stdout.flush()
    return bool(held)


def end():
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def need(*programs):
    """Skips where one is not installed. Debian puts some into sbin."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed")


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="olsa-", dir="/tmp")     # a socket's path is short
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def wait_for(held, seconds=20.0):
    until = time.monotonic() + seconds
    while not held():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def stop(process):
    """Ends one that we started; its exit status, or None where it had to be killed."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


# --- our side ------------------------------------------------------------------


class Place:
    def __init__(self, name, env, lsactl):
        self.name, self.env, self.lsactl = name, env, lsactl
        self.computer = json.loads(self.run("--json", "status"))["computer"]

    def run(self, *args, text=None):
        done = subprocess.run([self.lsactl, *args], input=text, env=self.env, timeout=LONGEST, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"lsactl {' '.join(args)}: {done.stdout}")
        return done.stdout

    def user(self, name, password=PASSWORD):
        self.run("-q", "user", "add", name, text=password + "\n")

    def policy(self, name, value):
        self.run("-q", "policy", "set", name, str(value))


@contextlib.contextmanager
def daemon(lsad, given, *more):
    """Serves a state folder of its own; the environment that finds it, or None. One that ends badly counts as a failure."""
    with folder() as work, open(work + "/log", "w+") as log:
        path = work + "/s"
        env = {k: v for k, v in given.items() if k != "NOTIFY_SOCKET" and not k.startswith("OPENLSA_")}
        process = subprocess.Popen([lsad, "--foreground", "--socket", path, "--state", work + "/state", *more], env=env,
                                   stdout=log, stderr=log)
        try:
            serves = check("the daemon serves", wait_for(lambda: os.path.exists(path)))
            yield dict(env, OPENLSA_MODE="daemon", OPENLSA_SOCKET=path) if serves else None
        finally:
            status = stop(process)
            log.seek(0)
            check("the daemon ends well", status == 0, status, log.read())


def places(lsad, lsactl):
    """Near, then far; a daemon that ends badly counts as a failure."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("OPENLSA_")}
    with folder() as work:
        yield Place("near", dict(clean, OPENLSA_MODE="embedded", OPENLSA_STATE=work + "/state"), lsactl)
    with daemon(lsad, clean) as env:
        if env:
            yield Place("far", env, lsactl)


# --- two peers ------------------------------------------------------------------


class Peer:
    """A program that speaks peer.h, and how it is to be called."""

    def __init__(self, command, env=None, **options):
        self.command = command if isinstance(command, list) else [command]
        self.env, self.options = env, options

    def but(self, **options):
        return Peer(self.command, self.env, **{**self.options, **options})


class Side:
    """A peer that runs, with the other end of its socket."""

    def __init__(self, peer, role):
        self.sock, theirs = socket.socketpair()
        self.sock.settimeout(LONGEST)
        options = [f"{k}={v}" for k, v in peer.options.items() if v is not None]
        self.process = subprocess.Popen([*peer.command, role, str(theirs.fileno()), *options], env=peer.env,
                                        pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace")
        theirs.close()
        self.role, self.exit, self.facts, self.said = role, None, {}, ""

    def take(self):
        """One frame; None at the end."""
        head = self.bytes(4)
        return None if head is None else self.bytes(struct.unpack(">I", head)[0])

    def bytes(self, count):
        data = b""
        while len(data) < count:
            try:
                part = self.sock.recv(count - len(data))
            except OSError:
                return None
            if not part:
                return None
            data += part
        return data

    def put(self, frame):
        with contextlib.suppress(OSError):
            self.sock.sendall(struct.pack(">I", len(frame)) + frame)

    def no_more(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def finish(self):
        self.no_more()
        try:
            out, err = self.process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        self.sock.close()
        self.exit = self.process.returncode
        for line in out.splitlines():
            name, _, value = line.partition(" ")
            self.facts[name] = value
        self.said = f"{self.role} ended with {self.exit}\n{out}{err}"
        return self

    @property
    def status(self):
        return int(self.facts.get("status", "0"), 16)

    @property
    def key(self):
        return self.facts.get("key")


class Talk:
    """Both sides have ended; `tokens` are the frames of the handshake by type, as they were sent."""

    def __init__(self, client, server, frames):
        self.client, self.server, self.frames = client, server, frames
        self.tokens = {kind_of(f): f for f in reversed(frames) if kind_of(f)}
        self.said = client.said + server.said

    @property
    def good(self):
        return self.client.exit == 0 and self.server.exit == 0


def kind_of(frame):
    return frame[8] if frame[:8] == b"NTLMSSP\0" and len(frame) >= 12 else 0


def is_spnego(frame):
    """Of the handshake: a message of a signature and data does not begin so."""
    return len(frame) > 2 and (frame[:1] == b"\xa1" or (frame[:1] == b"\x60" and b"\x2b\6\1\5\5\2" in frame[:20]))


def ntlm_in(frame):
    """The NTLM token inside a SPNEGO one, by type; 0: there is none."""
    at = frame.find(b"NTLMSSP\0")
    return frame[at + 8] if at >= 0 and len(frame) > at + 8 else 0


def pump(source, sink, frames, edit, edited):
    while True:
        frame = source.take()
        if frame is None:
            break
        frames.append(frame)
        if edit and (kind_of(frame) or is_spnego(frame)) and edit(frame) != frame:
            edited.append(frame)
            frame = edit(frame)
        sink.put(frame)
    sink.no_more()


def talk(client, server, edit=None):
    """`edit` may change a token on its way."""
    a, b, frames, edited = Side(client, "client"), Side(server, "server"), [], []
    threads = [threading.Thread(target=pump, args=way, daemon=True)
               for way in ((a, b, frames, edit, edited), (b, a, frames, edit, edited))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(2 * LONGEST)
    if edit:
        check("the edit changed a token", edited, [f.hex() for f in frames if kind_of(f)])
    return Talk(a.finish(), b.finish(), frames)


def relay(client, server):
    """The attack: what the client answers to one server is shown to another one. Both are told of."""
    c, one, other = Side(client, "client"), Side(server, "server"), Side(server, "server")
    frames = [c.take()]
    for s in (one, other):
        s.put(frames[0] or b"")
    frames += [one.take(), other.take()]
    c.put(frames[1] or b"")
    frames.append(c.take())
    other.put(frames[3] or b"")
    other.take()
    return c.finish(), one.finish(), other.finish(), frames


def flags_away(kind, mask):
    """An edit: takes flags out of NEGOTIATE or CHALLENGE."""
    at = {NEGOTIATE: 12, CHALLENGE: 20}[kind]

    def edit(frame):
        if kind_of(frame) != kind:
            return frame
        flags, = struct.unpack_from("<I", frame, at)
        return frame[:at] + struct.pack("<I", flags & ~mask) + frame[at + 4:]
    return edit
