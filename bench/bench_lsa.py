# SPDX-License-Identifier: MIT
"""bench_lsa.py - the sections on the LSA's own API: logons, look-ups, what is held, the estate, black holes."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "lab"))
import hole  # noqa: E402

FEW, MANY, STUCK, THREADS = 1000, 100000, 64, 64


def per_second(bench, took):
    return f"{1 / bench.median(took):.0f}/s"


def logons(bench, near_env):
    bench.section("Logons by LsaLogonUser, MSV1_0 (wall clock)")
    daemon = bench.Daemon("logons", bench.CORES[0])
    daemon.start()
    core = bench.CORES[0]
    near, far = bench.Worker("logon", "embedded", core, near_env), bench.Worker("logon", "lsad", core, daemon.env())
    accept = bench.Worker("ours", "accept", core, near_env)
    took = bench.compare([("near", near, "network"), ("far", far, "network"), ("typed", near, "interactive"),
                          ("typed-far", far, "interactive")], bench.by_wall)
    both = bench.compare([("accept", accept, "accept")], lambda result: result[2] / 1e9)["accept"]
    bench.row("network logon, embedded", bench.us(took["near"]), per_second(bench, took["near"]))
    bench.row("network logon, lsad, one core", bench.us(took["far"]), per_second(bench, took["far"]))
    bench.row("interactive logon, embedded", bench.us(took["typed"]), per_second(bench, took["typed"]))
    bench.row("interactive logon, lsad, one core", bench.us(took["typed-far"]), per_second(bench, took["typed-far"]))
    bench.row("beside: the two calls of AcceptSecurityContext that log on by NTLM, embedded", bench.us(both))
    for worker in (near, far, accept):
        worker.end()
    winbind(bench, daemon)
    daemon.stop()


# MS-CHAPv2's own example, RFC 2759 9.2: an 8-byte challenge and what the password answers.
SECRET, CHALLENGE, RESPONSE = "clientPass", "D02E4386BCE91226", "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"

# winbindd has one place for its socket, built in: a mount namespace of its own hides the machine's, and what it starts ends
# with the namespace of processes.
WINBIND = """
mount -t tmpfs none /run/samba && mkdir -m 0755 /run/samba/winbindd || exit 1
printf '%s\\n%s\\n' {secret} {secret} | smbpasswd -c {where}/smb.conf -s -a root >/dev/null || exit 1
winbindd -s {where}/smb.conf -F --no-process-group >{where}/log/out 2>&1 </dev/null &
winbindd=$!
for i in $(seq 100); do wbinfo -p >/dev/null 2>&1 && break; sleep 0.1; done
{run}
kill $winbindd
wait $winbindd
"""


# As wbinfo looks up, without a process for each: a line with a count, the answer is the seconds that they took.
WBCLIENT = """
import ctypes, sys, time
wbclient = ctypes.CDLL("libwbclient.so.0")
sid, kind = ctypes.create_string_buffer(68), ctypes.c_int()
for line in sys.stdin:
    began = time.monotonic()
    for _ in range(int(line)):
        if wbclient.wbcLookupName(b"BENCHBOX", b"root", ctypes.byref(sid), ctypes.byref(kind)):
            sys.exit("winbindd does not know root")
    print(time.monotonic() - began, flush=True)
"""


def helper_of(bench, name, command, env, user):
    """A program that speaks ntlm-server-1, as a worker: one request, one answer."""

    class Helper(bench.Worker):
        def __init__(self):
            self.name, self.there, self.counts = name, True, {}
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                            env={**os.environ, **env})

        def run(self, case, n):
            began = time.monotonic()
            for _ in range(n):
                self.process.stdin.write(f"Username: {user}\nNT-Domain: BENCHBOX\nLANMAN-Challenge: {CHALLENGE}\nNT-Response: {RESPONSE}\n.\n")
                self.process.stdin.flush()
                said = [self.process.stdout.readline(), self.process.stdout.readline()]
                if said != ["Authenticated: Yes\n", ".\n"]:
                    sys.exit(f"bench: {name} says {said}")
            return 0, time.monotonic() - began, 0

    return Helper()


def winbindd_of(bench, run):
    """A command that runs another beside a winbindd of its own; None where that cannot be."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    if not all(shutil.which(p, path=path) for p in ("winbindd", "ntlm_auth", "smbpasswd", "wbinfo", "unshare")) or \
            os.geteuid() != 0 or not os.path.isdir("/run/samba"):
        return None
    where = tempfile.mkdtemp(prefix="winbind-", dir=bench.TMP)
    folders = ("private", "lock", "state", "cache", "pid", "ncalrpc", "log")
    for folder in folders:
        os.makedirs(os.path.join(where, folder))
    with open(f"{where}/smb.conf", "w", encoding="utf-8") as f:
        f.write("\n\t".join(["[global]", "netbios name = BENCHBOX", "workgroup = WORKGRP", "server role = standalone server",
                             "ntlm auth = mschapv2-and-ntlmv2-only", "disable netbios = yes", "log level = 0",
                             "idmap config * : backend = tdb", "idmap config * : range = 100000-200000",
                             f"passdb backend = tdbsam:{where}/private/passdb.tdb", f"log file = {where}/log/log",
                             f"private dir = {where}/private", f"lock directory = {where}/lock",
                             f"state directory = {where}/state", f"cache directory = {where}/cache",
                             f"pid directory = {where}/pid", f"ncalrpc dir = {where}/ncalrpc"]) + "\n")
    return ["env", f"PATH={path}", "unshare", "-mpf", "--kill-child", "--mount-proc", "sh", "-c",
            WINBIND.format(where=where, secret=SECRET, run=run.replace("{where}", where))]


def look_ups_of(bench, command):
    """libwbclient's look-ups of one name, as a worker."""

    class Lookups(bench.Worker):
        def __init__(self):
            self.name, self.there, self.counts = "wbclient", True, {}
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

        def run(self, case, n):
            self.process.stdin.write(f"{n}\n")
            self.process.stdin.flush()
            return 0, float(self.process.stdout.readline()), 0

    return Lookups()


def winbind(bench, daemon):
    """The same helper protocol, answered by Samba's winbindd from an account of its own, and by lsad."""
    what = "ntlm-server-1, lsa-ntlm-auth and lsad"
    ours = os.path.join(bench.BUILD, "src", "tools", "lsa-ntlm-auth")
    lsactl = os.path.join(bench.BUILD, "src", "tools", "lsactl")
    run = winbindd_of(bench, "ntlm_auth --configfile={where}/smb.conf --helper-protocol=ntlm-server-1 --allow-mschapv2")
    if not run or not os.path.exists(ours):
        bench.row(what, "winbind is not here, or this is not root")
        return
    subprocess.run([lsactl, "-q", "user", "add", "chap"], input=SECRET + "\n", text=True, env={**os.environ, **daemon.env()},
                   check=True)
    workers = {"ours": helper_of(bench, "lsa-ntlm-auth", [ours, "--helper-protocol=ntlm-server-1", "--allow-mschapv2"],
                                 daemon.env(), "chap"),
               "winbind": helper_of(bench, "ntlm_auth", run, {}, "root")}
    took = bench.compare([(label, worker, "ntlm-server-1") for label, worker in workers.items()], bench.by_wall)
    bench.row("ntlm-server-1, Samba's ntlm_auth and winbindd", bench.us(took["winbind"]), per_second(bench, took["winbind"]))
    bench.ratio_row(what, took, "ours", "winbind", "winbind")
    for worker in workers.values():
        worker.end()


def guesses(bench, near_env):
    bench.section("Refused logons, each counted on the disk before it is answered (wall clock)")
    near = bench.Worker("logon", "embedded", env=near_env)
    store = bench.Worker("store", "estate", env={"OPENLSA_STATE": os.path.join(bench.TMP, "guesses")})
    for name, worker, one, many in (("the counters alone", store, "lost", "lost-64"),
                                    ("LsaLogonUser, embedded", near, "wrong", "wrong-64")):
        worker.run(one, 2)
        took = {"one": [], "many": []}
        for _ in range(bench.ROUNDS):		# the disk's pace changes: enough of it each time
            took["one"].append(worker.run(one, 100)[1] / 100)
            took["many"].append(worker.run(many, 100 * THREADS)[1] / (100 * THREADS))
        bench.row(f"{name}: one thread, a commit each", bench.us(took["one"]), per_second(bench, took["one"]))
        bench.ratio_row(f"{name}: {THREADS} threads, commits shared", took, "many", "one", "a commit each", least=10,
                        figure=per_second(bench, took["many"]))
    near.end()
    store.end()


def held(bench, near_env):
    bench.section(f"{bench.HELD} logon sessions, each with an open token (embedded)")
    near = bench.Worker("logon", "embedded", env=near_env)
    each = near.run("held", bench.HELD)[2] / bench.HELD
    bench.row("a session and its token", f"{each:.0f} bytes")
    took = bench.compare([("list", near, "list")], bench.by_cpu)["list"]
    bench.row("LsaEnumerateLogonSessions", bench.us(took), f"{bench.median(took) * 1e9 / bench.HELD:.0f} ns a session")
    near.end()


def beside_winbind(bench):
    """By the clock on the wall: both ask a daemon."""
    what = "LsaLookupNames2 through lsad (wall clock)"
    script = os.path.join(bench.TMP, "wbclient.py")
    with open(script, "w", encoding="utf-8") as f:
        f.write(WBCLIENT)
    run = winbindd_of(bench, f"{sys.executable} {script}")
    if not run:
        bench.row(what, "winbind is not here, or this is not root")
        return
    daemon = bench.Daemon("names")
    daemon.start()
    workers = {"ours": bench.Worker("logon", "lsad", env=daemon.env()), "winbind": look_ups_of(bench, run)}
    took = bench.compare([("ours", workers["ours"], "name"), ("winbind", workers["winbind"], "name")], bench.by_wall)
    bench.row("wbcLookupName of libwbclient and Samba's winbindd (wall clock)", bench.us(took["winbind"]),
              per_second(bench, took["winbind"]))
    bench.ratio_row(what, took, "ours", "winbind", "winbind", figure=f"{bench.us(took['ours'])}, {per_second(bench, took['ours'])}")
    for worker in workers.values():
        worker.end()
    daemon.stop()


def look_ups(bench, near_env):
    bench.section("Look-ups of one account (CPU time)")
    near = bench.Worker("logon", "embedded", env=near_env)
    took = bench.compare([("name", near, "name"), ("sid", near, "sid"), ("nss", near, "nss")], bench.by_cpu)
    bench.row("getpwnam_r of root, /etc/passwd", bench.us(took["nss"]), per_second(bench, took["nss"]))
    for case, call in (("name", "LsaLookupNames2"), ("sid", "LsaLookupSids2")):
        bench.ratio_row(f"{call}, embedded", took, case, "nss", "getpwnam_r", figure=f"{bench.us(took[case])}, "
                        f"{per_second(bench, took[case])}")
    near.end()
    beside_winbind(bench)
    stores, folders = {}, {}
    for n in (FEW, MANY):
        # In memory: that a commit each takes its time is measured above.
        folders[n] = os.path.join("/dev/shm" if os.access("/dev/shm", os.W_OK) else bench.TMP, f"olsa-bench-{os.getpid()}-{n}")
        stores[n] = bench.Worker("store", f"{n} accounts", env={"OPENLSA_STATE": folders[n]})
    try:
        for n in (FEW, MANY):
            _, wall, size = stores[n].run("fill", n)
            bench.row(f"{n} accounts: the database", f"{size / 2**20:.2f} MiB", f"{size / n:.0f} bytes each; filled in {wall:.1f} s")
        for case, what in (("find", "by name"), ("at", "by RID")):
            took = bench.compare([(n, stores[n], case) for n in (FEW, MANY)], bench.by_cpu)
            bench.row(f"the estate alone, {what}: {FEW} accounts", bench.us(took[FEW]))
            bench.ratio_row(f"the estate alone, {what}: {MANY} accounts", took, MANY, FEW, f"the time with {FEW}", inverse=True)
        for n in (FEW, MANY):
            stores[n].end()
        ask = {n: bench.Worker("logon", f"{n} accounts", env={"OPENLSA_MODE": "embedded", "OPENLSA_STATE": folders[n],
                                                              "BENCH_PEOPLE": str(n)}) for n in (FEW, MANY)}
        took = bench.compare([(n, ask[n], "person") for n in (FEW, MANY)], bench.by_cpu)
        bench.row(f"LsaLookupNames2, anybody of {FEW} accounts", bench.us(took[FEW]))
        bench.ratio_row(f"LsaLookupNames2, anybody of {MANY} accounts", took, MANY, FEW, f"the time with {FEW}", most=1.5,
                        inverse=True)
        for n in (FEW, MANY):
            ask[n].end()
    finally:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)


def black_holes(bench, near_env):
    bench.section(f"{STUCK} calls at a KDC that gives nothing (wall clock)")
    cache = {"KRB5CCNAME": f"FILE:{bench.TMP}/no-cache"}
    for kind in hole.KINDS:
        at = hole.Hole(kind)
        env = {**near_env, **cache, "KRB5_CONFIG": at.config(os.path.join(bench.TMP, f"hole-{kind}.conf"))}
        worker = bench.Worker("stuck", kind, env=env)
        late = worker.run("deadline", STUCK)[2] / 1e3
        one = worker.run("blocked", 3)[2] / 1e3
        worker.run("held", STUCK)
        gone = worker.run("let-go", 1)[2] / 1e3
        bench.row(f"{kind}: the last of {STUCK} ends after its deadline of 1 s by", f"{late:.1f} ms", f"a blocking one: {one:.1f} ms",
                  "<= 100 ms", bench.verdict(max(late, one), most=100))
        bench.row(f"{kind}: all {STUCK} cancelled and told in", f"{gone:.2f} ms")
        worker.end()
        at.end()
    at = hole.Hole("silent")
    daemon = bench.Daemon("holes")
    os.environ["KRB5_CONFIG"] = at.config(os.path.join(bench.TMP, "hole-lsad.conf"))
    daemon.start()
    del os.environ["KRB5_CONFIG"]
    users = {"STUCK_USER": "bench", "STUCK_DOMAIN": "", "STUCK_PASSWORD": "Correct-Horse-9", **cache}
    make = bench.Worker("logon", "accounts", env=daemon.env())
    make.run("name", 1)		# makes the account
    make.end()
    many = bench.Worker("stuck", "stuck", env={**daemon.env(), **users})
    other = bench.Worker("stuck", "other", env={**daemon.env(), **users})
    n = 2000
    other.run("ntlm", n)
    took = {"without": [], "with": []}
    for _ in range(bench.ROUNDS):
        took["without"].append(other.run("ntlm", n)[2] / 1e9)
        many.run("held", STUCK)
        took["with"].append(other.run("ntlm", n)[2] / 1e9)
        many.run("let-go", 1)
    bench.row("another client's NTLM handshakes through lsad: 99 of 100 within", bench.us(took["without"]))
    bench.ratio_row(f"the same while {STUCK} calls of a first one are stuck", took, "with", "without", "that", most=1.5, inverse=True)
    many.end()
    other.end()
    daemon.stop()
    at.end()


SECTIONS = {"logon": logons, "guess": guesses, "sessions": held, "look-up": look_ups, "hole": black_holes}


def run(bench, wanted, near_env):
    for name, section in SECTIONS.items():
        if name in wanted:
            section(bench, near_env)
