"""restart_test.py - a proof is taken once, whoever remembers it: the process that
took it, another one, a daemon that was ended and begun again, and one that was
killed; as Kerberos brought it, and in SPNEGO's clothes. Row S17 of docs/THREATS.md.
Covers pkg/kerberos/kerb_judge.c (proof_fresh), store/replay.c, lsa/services.c (first_seen).

    restart_test.py SSPI_PIPE LSAD       in the environment of tests/lab/kdc.py
"""
import os
import signal
import subprocess
import sys

import interop
import pipe

program, lsad = sys.argv[1:3]
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("OPENLSA_") and k != "NOTIFY_SOCKET"}


def proof(package, work):
    """The first token of a client's, made by an LSA of its own."""
    env = dict(CLEAN, OPENLSA_MODE="embedded", OPENLSA_STATE=work + "/client")
    with pipe.Pipe(program, "client", package, env=env, target="host/localhost", flags=f"{pipe.MUTUAL | pipe.SEAL:x}") as client:
        return client.step()


def bare(token):
    """The AP-REQ of a token, without what stands around it."""
    at = token.index(b"\x6e\x82")
    return token[at:at + 4 + int.from_bytes(token[at + 2:at + 4], "big")]


def accepts(env, package, token):
    """What an acceptor in a new process says: its status, and why."""
    with pipe.Pipe(program, "server", package, env=env) as server:
        try:
            server.step(token)
            return server.status, ""
        except pipe.Refused as refused:
            return refused.status, refused.why


def once(said, env, package, token, again):
    """Taken the first time; `again` is what happens before the second."""
    status, why = accepts(env, package, token)
    interop.check(f"{said}: the first time", status in (pipe.OK, pipe.CONTINUE), f"{status:08x}", why)
    again()
    for how, given in ((package, token), ("Kerberos", bare(token)), ("Negotiate", bare(token))):
        status, why = accepts(env, how, given)
        interop.check(f"{said}: and never again, to {how}", status == interop.LOGON_DENIED, f"{status:08x}", why)


class Daemon:
    def __init__(self, work):
        self.work, self.path = work, work + "/s"
        self.env = dict(CLEAN, OPENLSA_MODE="daemon", OPENLSA_SOCKET=self.path)
        self.process = None

    def begin(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.process = subprocess.Popen([lsad, "--foreground", "--socket", self.path, "--state", self.work + "/far"], env=CLEAN,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        interop.check("the daemon serves", interop.wait_for(lambda: os.path.exists(self.path)))

    def end(self):
        interop.check("the daemon ends well", interop.stop(self.process) == 0)

    def ended(self):
        self.end()
        self.begin()

    def killed(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.begin()


def main():
    subprocess.run(["kinit", "-k", "-t", os.environ["KDC_DIR"] + "/client.keytab", "alice"], check=True)
    with interop.folder() as work:
        near = dict(CLEAN, OPENLSA_MODE="embedded", OPENLSA_STATE=work + "/near")
        far = Daemon(work)
        far.begin()
        try:
            for package in ("Kerberos", "Negotiate"):
                once(f"near, {package}, another process", near, package, proof(package, work), lambda: None)
                once(f"far, {package}, the same daemon", far.env, package, proof(package, work), lambda: None)
                once(f"far, {package}, begun again", far.env, package, proof(package, work), far.ended)
                once(f"far, {package}, killed", far.env, package, proof(package, work), far.killed)
        finally:
            far.end()


main()
interop.end()
