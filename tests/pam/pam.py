"""pam.py - what the tests of pam_lsa.so have in common: an lsad of their own
with accounts in every state, a configuration, services, and a program that
logs in step by step (login.c).
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import interop                                          # noqa: E402  pylint: disable=wrong-import-position
from interop import check                               # noqa: E402  pylint: disable=wrong-import-position

PASSWORD = "Correct-Horse-7"
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("OPENLSA_", "KRB5")) and k not in ("NOTIFY_SOCKET", "MALLOC_PERTURB_")}


def preload(name):
    """A wrapper of cwrap's, where it is installed."""
    for folder in ("/usr/lib", "/usr/lib64"):
        for where, _, files in os.walk(folder):
            if name in files:
                return os.path.join(where, name)
    return None


class Daemon:
    """An lsad with a state of its own, in a folder of its own."""

    def __init__(self, lsad, lsactl, work, name="lsa", more=None):
        self.own = dict(CLEAN, **(more or {}))          # what the daemon's environment says is the administrator's
        self.lsad, self.lsactl, self.process = lsad, lsactl, None
        self.state, self.socket = f"{work}/{name}-state", f"{work}/{name}-socket"
        self.log = open(f"{work}/{name}-log", "a+", encoding="utf-8")       # pylint: disable=consider-using-with
        self.env = dict(CLEAN, OPENLSA_MODE="daemon", OPENLSA_SOCKET=self.socket)

    def start(self):
        self.process = subprocess.Popen([self.lsad, "--foreground", "--socket", self.socket, "--state", self.state],
                                        env=self.own, stdout=self.log, stderr=self.log)
        if not interop.wait_for(lambda: os.path.exists(self.socket) and self.answers()):
            raise RuntimeError("lsad does not come up")

    def answers(self):
        return subprocess.run([self.lsactl, "ping"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False, timeout=30).returncode == 0

    def stop(self):
        if self.process:
            check("the daemon ends well", interop.stop(self.process) == 0, self.said())
        self.process = None

    def said(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()[-2000:]

    def run(self, *words, text=None):
        done = subprocess.run([self.lsactl, *words], env=self.env, input=text, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"lsactl {words}: {done.stdout}")
        return done.stdout

    def user(self, name, password=PASSWORD):
        self.run("-q", "user", "add", name, text=password + "\n")

    def status(self):
        return json.loads(self.run("--json", "status"))

    def sessions(self):
        return self.status()["sessions"]


class Login:
    """login.c, with or without wrappers around it."""

    def __init__(self, program, service, name, env, **how):
        self.process = subprocess.Popen([program], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1, **how)
        self.asked, self.told = 0, ""
        result = self.do("start", service, name)
        if result != "SUCCESS":
            raise RuntimeError(f"pam_start: {result}")

    def do(self, step, *words, say=()):
        """One step; the result's name. Beside it, how often was asked, and what was said."""
        for text in say:
            self.process.stdin.write(f"say {text}\n" if text else "say\n")
        self.process.stdin.write(" ".join((step, *words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().rstrip("\n")
        if not line:
            return f"ended: {self.process.stderr.read()[-500:]}"
        _, result, asked, self.told = line.split(" ", 3)
        self.asked = int(asked)
        return result

    def memory(self):
        """All that can be read of the process's writable memory."""
        found = bytearray()
        with open(f"/proc/{self.process.pid}/maps", encoding="utf-8") as maps, \
                open(f"/proc/{self.process.pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                where, rights = line.split()[:2]
                if "w" not in rights:
                    continue
                low, high = (int(x, 16) for x in where.split("-"))
                try:
                    memory.seek(low)
                    found += memory.read(high - low)
                except OSError:
                    continue
        return bytes(found)

    def end(self):
        if self.process.poll() is None:
            self.do("end")
            self.process.stdin.close()
        return self.process.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        check("the program ends well", self.end() == 0, self.process.stderr.read())


