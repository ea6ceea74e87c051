#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py - runs the drivers side by side and prints one table.

Cases that are compared run in turn within a round, and a ratio is formed
inside each round: what the machine does meanwhile hits both. Work that stays
in the process is counted per second of its CPU time, calls that wait for
another process by the clock on the wall. Started by run.sh.
"""
import atexit
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time

import bench_krb
import bench_lsa

BUILD = os.path.abspath(sys.argv[1])
TMP = os.path.abspath(sys.argv[2])
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "11"))
SLICE = float(os.environ.get("BENCH_SLICE", "0.15"))
HELD = int(os.environ.get("BENCH_HELD", "10000"))
FULL = os.environ.get("BENCH_FULL") == "1"
CORES = sorted(os.sched_getaffinity(0))


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- drivers ---------------------------------------------------------------------


def driver_there(driver):
    return os.access(os.path.join(BUILD, "bench", "bench-" + driver), os.X_OK)


class Worker:
    """A driver process; it does one case n times when asked."""

    def __init__(self, driver, name, core=None, env=None):
        self.name = name
        self.path = os.path.join(BUILD, "bench", "bench-" + driver)
        self.there = os.access(self.path, os.X_OK)
        self.counts = {}
        if not self.there:
            return
        self.process = subprocess.Popen(
            [self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={**os.environ, **(env or {})},
            preexec_fn=(lambda: os.sched_setaffinity(0, {core})) if core is not None else None)

    def run(self, case, n):
        """CPU seconds, wall seconds and what else the case tells."""
        self.process.stdin.write(f"{case} {n}\n")
        line = self.process.stdout.readline()
        if not line or line == "no\n":
            sys.exit(f"bench: {self.name} failed at {case}")
        cpu, wall, more = (int(word) for word in line.split())
        return cpu / 1e9, wall / 1e9, more

    def count(self, case):
        """How often the case is to be done to fill a slice."""
        if case not in self.counts:
            self.run(case, 2)		# what is made once is made now
            n = 1
            while True:
                _, wall, _ = self.run(case, n)
                if wall > SLICE / 8:		# or the machine had other work just then
                    wall = min(wall, self.run(case, n)[1])
                if wall > SLICE / 8:
                    break
                n *= 2
            self.counts[case] = max(2, int(n * SLICE / wall)) // 2 * 2
        return self.counts[case]

    def end(self):
        if self.there:
            self.process.stdin.close()
            self.process.wait()


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def compare(cases, *costs):
    """cases: (label, worker, case). {label: seconds each, round by round}, one for each cost, which picks from run()."""
    cases = [c for c in cases if c[1].there]
    took = [{label: [] for label, _, _ in cases} for _ in costs]
    for _, worker, case in cases:
        worker.count(case)
    for i in range(ROUNDS):
        for label, worker, case in cases if i % 2 else reversed(cases):
            n = worker.count(case)
            result = worker.run(case, n)
            for one, cost in zip(took, costs):
                one[label].append(cost(result) / n)
    return took if len(costs) > 1 else took[0]


def by_cpu(result):
    return result[0]


def by_wall(result):
    return result[1]


def ratios(took, of, to):
    """How fast `of` is, `to` being 1, in each round."""
    return [b / a for a, b in zip(took[of], took[to])]


# --- the table ----------------------------------------------------------------------

rows = []


def verdict(value, least=None, most=None):
    if least is None and most is None:
        return ""
    good = (least is None or value >= least) and (most is None or value <= most)
    return "PASS" if good else "BELOW"


def row(what, figure, ratio="", bar="", judged=""):
    rows.append((what, figure, ratio, bar, judged))
    say(f"  {what}: {figure}  {ratio}  {bar}  {judged}")


def section(title):
    with open("/proc/loadavg", encoding="ascii") as f:
        rows.append((title, f.read().split()[0]))
    say(title)


def us(seconds):
    return f"{median(seconds) * 1e6:.3g} us"


def spread(values, of):
    return f"{median(values):.3g} [{min(values):.3g}..{max(values):.3g}] of {of}"


def ratio_row(what, took, label, to, to_name, least=None, most=None, inverse=False, figure=None):
    if label not in took or to not in took:
        row(what, "not here")
        return
    values = ratios(took, label, to)
    if inverse:
        values = [1 / v for v in values]
    bar = f">= {least:g}" if least is not None else f"<= {most:g}" if most is not None else ""
    row(what, figure or us(took[label]), spread(values, to_name), bar, verdict(median(values), least, most))


# --- lsad -------------------------------------------------------------------------------


class Daemon:
    """lsad on a socket of its own; ready when it says so."""

    def __init__(self, name, core=None, program=("src", "lsad"), conf_lines=""):
        self.folder = os.path.join(TMP, name)
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        self.socket = os.path.join(self.folder, "sock")
        self.core = core
        conf = os.path.join(self.folder, "lsad.conf")
        with open(conf, "w") as f:
            f.write("sandbox = on\n" + conf_lines)
        os.chmod(conf, 0o644)
        self.command = [os.path.join(BUILD, *program), "--foreground", "--config", conf, "--socket", self.socket,
                        "--state", os.path.join(self.folder, "state")]

    def before(self):
        if self.core is not None:
            os.sched_setaffinity(0, {self.core})
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def start(self):
        """Milliseconds until READY=1."""
        path = os.path.join(self.folder, "notify")
        if os.path.exists(path):
            os.unlink(path)
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(path)
        told.settimeout(10)
        began = time.monotonic()
        with open(os.path.join(self.folder, "log"), "a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, preexec_fn=self.before,
                                            env={**os.environ, "NOTIFY_SOCKET": path})
        atexit.register(self.stop)
        try:
            while b"READY=1" not in told.recv(256):
                pass
        except TimeoutError:
            sys.exit(f"bench: lsad is not ready: see {self.folder}/log")
        took = time.monotonic() - began
        told.close()
        return took * 1e3

    def stop(self):
        atexit.unregister(self.stop)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def env(self):
        return {"OPENLSA_MODE": "daemon", "OPENLSA_SOCKET": self.socket}

    def cpu(self):
        """Seconds that all threads of it have run."""
        folder = f"/proc/{self.process.pid}/task"
        total = 0
        for task in os.listdir(folder):
            with open(f"{folder}/{task}/schedstat") as f:
                total += int(f.read().split()[0])
        return total / 1e9

    def memory(self):
        """KiB of private dirty memory; anonymous memory where only root may see the former."""
        try:
            with open(f"/proc/{self.process.pid}/smaps_rollup") as f:
                return sum(int(l.split()[1]) for l in f if l.startswith("Private_Dirty:"))
        except OSError:
            with open(f"/proc/{self.process.pid}/status") as f:
                return sum(int(l.split()[1]) for l in f if l.startswith("RssAnon:"))


# --- what is measured ---------------------------------------------------------------------


def handshakes(floor, ours, winpr, gss):
    section("NTLMv2 handshake, client and server in one process (CPU time)")
    took = compare([("floor", floor, "handshake"), ("ours", ours, "handshake"), ("ours-ctx", ours, "contexts"),
                    ("winpr", winpr, "handshake"), ("winpr-ctx", winpr, "contexts"), ("gss", gss, "handshake")], by_cpu)
    row("bare MD4, HMAC-MD5, MD5, RC4, both sides", us(took["floor"]))
    ratio_row("OpenLSA, credentials and contexts", took, "ours", "floor", "the bare crypto", least=0.5)
    ratio_row("OpenLSA against WinPR", took, "ours", "winpr", "WinPR", least=2)
    ratio_row("OpenLSA, contexts alone", took, "ours-ctx", "floor", "the bare crypto")
    ratio_row("OpenLSA against WinPR, contexts alone", took, "ours-ctx", "winpr-ctx", "WinPR")
    ratio_row("WinPR, credentials and contexts", took, "winpr", "floor", "the bare crypto")
    ratio_row("gss-ntlmssp, credentials and contexts", took, "gss", "floor", "the bare crypto")


def messages(floor, ours, winpr, gss):
    section("Sealed messages, one EncryptMessage and one DecryptMessage (CPU time)")
    for size, least in ((64, 0.65), (1024, 0.90), (16384, 0.97), (65536, None)):
        case = f"seal-{size}"
        took = compare([("floor", floor, case), ("ours", ours, case), ("winpr", winpr, case), ("gss", gss, case)],
                       by_cpu)
        name = f"{size} B" if size < 1024 else f"{size // 1024} KiB"

        def rate(label):
            return f"{us(took[label])}, {size / median(took[label]) / 1e6:.0f} MB/s" if label in took else None

        row(f"{name}: RC4 and HMAC-MD5 of libcrypto", rate("floor"))
        ratio_row(f"{name}: OpenLSA", took, "ours", "floor", "that", least=least, figure=rate("ours"))
        ratio_row(f"{name}: WinPR", took, "winpr", "floor", "that", figure=rate("winpr"))
        ratio_row(f"{name}: gss-ntlmssp", took, "gss", "floor", "that", figure=rate("gss"))


def threads(floor, ours, winpr):
    section("Two threads against one, handshakes (wall clock; the control is the bare crypto)")
    if len(CORES) < 2:
        row("two threads", "one core only")
        return
    took = compare([(label + two, worker, "handshake" + two)
                    for label, worker in (("control", floor), ("ours", ours), ("winpr", winpr)) for two in ("", "*2")],
                   by_wall)
    scale = {label: ratios(took, label + "*2", label) for label in ("control", "ours", "winpr") if label in took}
    row("control", f"{median(scale['control']):.2f} times one")
    fair = [2 * a / b for a, b in zip(scale["ours"], scale["control"])]
    alone = median(scale["control"]) >= 1.6
    row("OpenLSA", f"{median(scale['ours']):.2f} times one", f"{median(fair):.2f} [{min(fair):.2f}..{max(fair):.2f}] "
        "where the control makes 2", ">= 1.8", verdict(median(fair), least=1.8) if alone else "cores are busy")
    if "winpr" in scale:
        row("WinPR", f"{median(scale['winpr']):.2f} times one")


def async_calls(near_env):
    section("Asynchronous handshakes, embedded, credentials held (CPU time)")
    alone = Worker("ours", "OpenLSA", env=near_env)     # no callback threads yet
    _, wall, n_threads = alone.run("in-flight", HELD * 2)
    alone.end()
    ours = Worker("ours", "OpenLSA", env=near_env)
    took = compare([("sync", ours, "contexts"), ("queue", ours, "queue"), ("callbacks", ours, "callbacks"),
                    ("many", ours, "in-flight")], by_cpu)
    row("synchronous", us(took["sync"]))
    ratio_row("event queue, 64 at a time", took, "queue", "sync", "the synchronous cost", most=1.3, inverse=True)
    ratio_row("callback threads, 64 at a time", took, "callbacks", "sync", "the synchronous cost", inverse=True)
    ratio_row(f"event queue, {HELD} at a time", took, "many", "sync", "the synchronous cost", inverse=True)
    row(f"{HELD} contexts in flight", f"{wall * 1e6 / HELD / 2:.3g} us each (wall)", f"{n_threads} thread in the process",
        "1 thread", verdict(n_threads, most=1))
    ours.end()


def far(floor_env):
    section("Through lsad (wall clock)")
    near_env = {"OPENLSA_MODE": "embedded", "OPENLSA_STATE": os.path.join(TMP, "near")}
    for name, cores in (("one core", (CORES[0], CORES[0])), ("two cores", (CORES[0], CORES[-1]))):
        if name == "two cores" and len(CORES) < 2:
            continue
        daemon = Daemon(f"far{cores[1]}{name[0]}", cores[1])
        daemon.start()
        floor = Worker("floor", "floor", cores[0], {"BENCH_PEER_CPU": str(cores[1])})
        asks = Worker("ours", "OpenLSA far", cores[0], daemon.env())
        near = Worker("ours", "OpenLSA near", cores[0], near_env)
        took = compare([("floor", floor, "round-trip"), ("ping", asks, "ping")], by_wall)
        row(f"{name}: bare round trip, 64 B", us(took["floor"]))
        ratio_row(f"{name}: OlsaPing", took, "ping", "floor", "the bare round trip", least=0.6)
        took = compare([("near", near, "accept"), ("far", asks, "accept")], lambda result: result[2] / 1e9)
        adds = [(b - a) / 2 * 1e6 for a, b in zip(took["near"], took["far"])]
        most = 60 if name == "one core" else 110
        row(f"{name}: AcceptSecurityContext", f"{median(took['far']) * 5e5:.3g} us a call",
            f"{median(adds):.3g} [{min(adds):.3g}..{max(adds):.3g}] us more than embedded", f"<= {most} us",
            verdict(median(adds), most=most))
        took = compare([("near", near, "handshake"), ("far", asks, "handshake")], by_wall)
        ratio_row(f"{name}: whole handshake, both sides far", took, "far", "near", "embedded", inverse=True)
        for worker in (floor, asks, near):
            worker.end()
        daemon.stop()


def memory(near_env):
    section(f"Memory of a held server context ({HELD} held)")
    for driver, name, env, most in (("ours", "OpenLSA, both halves", near_env, 2000), ("winpr", "WinPR", {}, None),
                                    ("gss", "gss-ntlmssp", {}, None)):
        worker = Worker(driver, name, env=env)
        if not worker.there:
            row(name, "not here")
            continue
        each = worker.run("held", HELD)[2] / HELD
        row(name, f"{each:.0f} bytes", "", f"<= {most}" if most else "", verdict(each, most=most))
        worker.end()


def daemon_figures():
    section("lsad")
    daemon = Daemon("rest")
    first = daemon.start()
    daemon.stop()
    again = []
    for _ in range(ROUNDS):
        again.append(daemon.start())
        daemon.stop()
    daemon.start()
    row("ready after its first start ever", f"{first:.0f} ms")
    row("ready", f"{median(again):.1f} ms", f"[{min(again):.1f}..{max(again):.1f}]", "<= 50 ms",
        verdict(median(again), most=50))
    time.sleep(0.5)
    rest = daemon.memory()
    row("private dirty memory at rest", f"{rest} KiB", "", "<= 4096 KiB", verdict(rest, most=4096))
    crowd = Worker("crowd", "crowd", env=daemon.env())
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = min(10000, hard - 128 if hard != resource.RLIM_INFINITY else 10000)
    crowd.run("idle", many)
    each = (daemon.memory() - rest) * 1024 / many
    row(f"{many} idle clients", f"{each:.0f} bytes each", "", "<= 8192", verdict(each, most=8192))
    crowd.end()
    daemon.stop()
    daemon = Daemon("growth", CORES[0])
    daemon.start()
    asks = Worker("ours", "OpenLSA far", CORES[0], daemon.env())
    n = 1000000 if FULL else 20000
    asks.run("handshake", 4000)
    before = daemon.memory()
    asks.run("handshake", n)
    grown = daemon.memory() - before
    row(f"{n} handshakes", f"{grown} KiB more", "" if FULL else "BENCH_FULL=1: 1000000", "<= 64 KiB",
        verdict(grown, most=64))
    asks.end()
    daemon.stop()


def pending(near_env):
    section("Pending calls, one thread (a package that never answers)")
    daemon = Daemon("stall", program=("bench", "bench-stall-lsad"))
    daemon.start()
    for name, env in (("embedded", near_env), ("lsad", daemon.env())):
        worker = Worker("pending", "pending", env=env)
        cpu, _, grown = worker.run("pending", 100000)
        worker.end()
        row(f"{name}: 100000 calls begun, all pending, then cancelled", f"{cpu * 10:.3g} us of CPU time each",
            f"{grown / 100000:.0f} bytes each in the application", "100000", "PASS")
    daemon.stop()


def audit():
    """The price of being written down: 4648, 4624 and 4634 for each handshake, with what the writer's thread takes."""
    section("Audit (CPU time of lsad, all its threads, and of its client)")
    kinds = (("off", "audit_file = off\naudit_journal = off\n"), ("usual", "audit_journal = off\n"),
             ("all", "audit_journal = off\naudit_rate = 0\n"))
    daemons = {name: Daemon(f"audit-{name}", CORES[0], conf_lines=lines) for name, lines in kinds}
    for daemon in daemons.values():
        daemon.start()
    asks = {name: Worker("ours", f"OpenLSA audit {name}", CORES[0], daemon.env()) for name, daemon in daemons.items()}
    took = {name: [] for name in asks}
    for name in asks:
        asks[name].count("handshake")
    for i in range(ROUNDS):
        for name in list(asks) if i % 2 else reversed(list(asks)):
            n = asks[name].count("handshake")
            before = daemons[name].cpu()
            mine = asks[name].run("handshake", n)[0]
            time.sleep(0.05)		# the writer has been there
            took[name].append((mine + daemons[name].cpu() - before) / n)
    row("a logon by NTLM, nothing audited", us(took["off"]))
    ratio_row("audited as usual (at most 1000 logons a second are)", took, "usual", "off", "not audited", most=1.05, inverse=True)
    ratio_row("audited, every one of them", took, "all", "off", "not audited", most=1.05, inverse=True)
    for name in asks:
        asks[name].end()
        daemons[name].stop()


def main():
    near_env = {"OPENLSA_MODE": "embedded", "OPENLSA_STATE": os.path.join(TMP, "near")}
    floor, ours = Worker("floor", "floor"), Worker("ours", "OpenLSA", env=near_env)
    winpr, gss = Worker("winpr", "WinPR"), Worker("gss", "gss-ntlmssp")
    wanted = os.environ.get("BENCH_ONLY", "handshake message threads async far audit memory lsad pending "
                            "logon guess sessions look-up krb-contexts krb-messages krb-tickets krb-crowd krb-keys hole").split()
    for name, run in (("handshake", lambda: handshakes(floor, ours, winpr, gss)),
                      ("message", lambda: messages(floor, ours, winpr, gss)),
                      ("threads", lambda: threads(floor, ours, winpr)),
                      ("async", lambda: async_calls(near_env)),
                      ("far", lambda: far(near_env)),
                      ("audit", audit),
                      ("memory", lambda: memory(near_env)),
                      ("lsad", daemon_figures),
                      ("pending", lambda: pending(near_env))):
        if name in wanted:
            run()
    for worker in (floor, ours, winpr, gss):
        worker.end()
    bench_lsa.run(sys.modules[__name__], [name for name in wanted if name != "hole"], near_env)
    bench_krb.run(sys.modules[__name__], wanted)
    bench_lsa.run(sys.modules[__name__], [name for name in wanted if name == "hole"], near_env)
    for r in rows:
        if len(r) == 2:
            print(f"\n### {r[0]}\n\nLoad {r[1]} when it began.\n\n| | measured | | bar | |\n| --- | --- | --- | --- | --- |")
        else:
            print("| " + " | ".join(r) + " |")


main()
