# SPDX-License-Identifier: MIT
"""bench_krb.py - the sections on Kerberos: OpenLSA beside MIT krb5, with a throw-away KDC of tests/lab/kdc.py.

Where MIT's KDC is not installed each section says so in one row.
"""
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "lab"))
import kdc as lab  # noqa: E402

DELAY_MS, WINDOW, MANY = 50, 32, 1000
WIDTHS = (1, 16, 64, 256)


class Realm:
    """The KDC, and the surroundings of the drivers that use it."""

    def __init__(self, bench):
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        self.bench = bench
        self.where = os.path.join(bench.TMP, "kdc")
        self.env, self.pids = lab.up(self.where)
        self.count = 0
        self.write("empty", "")
        self.env.update({"GSS_MECH_CONFIG": f"{self.where}/empty", "OPENLSA_MODE": "embedded"})

    def write(self, name, text):
        lab.write(f"{self.where}/{name}", text)
        return f"{self.where}/{name}"

    def config(self, name, old, new):
        with open(f"{self.where}/krb5.conf", encoding="utf-8") as f:
            return self.write(name, f.read().replace(old, new))

    def worker(self, driver, name, tickets=False, **more):
        """A process with a state and a ticket cache of its own: without tickets the keytab is the identity."""
        self.count += 1
        cache = f"{self.where}/cc{self.count}"
        if tickets:
            subprocess.run(["kinit", "-k", "-t", f"{self.where}/client.keytab", "-c", cache, "alice"], env=self.env,
                           check=True)
        return self.bench.Worker(driver, name, env={**self.env, "KRB5CCNAME": "FILE:" + cache,
                                                    "OPENLSA_STATE": f"{self.where}/state{self.count}", **more})

    def end(self):
        lab.stop(self.pids)


class Relay:
    """Holds the KDC's answers back."""

    def __init__(self, realm):
        port = lab.free_port()
        real = realm.env["KDC_PORT"]
        self.config = realm.config("relay.conf", f"127.0.0.1:{real}", f"127.0.0.1:{port}")
        self.process = subprocess.Popen([os.path.join(realm.bench.BUILD, "bench", "bench-relay"), str(port), real,
                                         str(DELAY_MS), str(WINDOW)])
        until = time.monotonic() + 5		# it listens as soon as its port is taken
        while time.monotonic() < until:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    break
            time.sleep(0.01)

    def end(self):
        self.process.terminate()
        self.process.wait()


# --- contexts ----------------------------------------------------------------------


def contexts(bench, realm):
    bench.section("Kerberos contexts by a cached ticket, mutual, both roles in one process, credentials held (CPU time)")
    ours = realm.worker("krb_ours", "OpenLSA")
    mit = realm.worker("krb_mit", "MIT", KRB5RCACHENAME="none:")
    kept = realm.worker("krb_mit", "MIT with its replay cache", KRB5RCACHENAME="dfl:")
    took = bench.compare([("ours", ours, "mutual"), ("negotiate", ours, "spnego"), ("mit", mit, "mutual"),
                          ("kept", kept, "mutual"), ("mit-spnego", mit, "spnego")], bench.by_cpu)
    bench.row("MIT GSSAPI, no replay cache", bench.us(took["mit"]))
    bench.row("MIT GSSAPI, its replay cache", bench.us(took["kept"]))
    bench.row("MIT GSSAPI, SPNEGO, no replay cache", bench.us(took["mit-spnego"]))
    bench.ratio_row("OpenLSA, replay check on, against MIT without", took, "ours", "mit", "MIT without", least=1.3)
    bench.ratio_row("OpenLSA against MIT with its replay cache", took, "ours", "kept", "MIT with")
    adds = [(b - a) * 1e6 for a, b in zip(took["ours"], took["negotiate"])]
    bench.row("OpenLSA, Negotiate over Kerberos", bench.us(took["negotiate"]),
              f"{bench.median(adds):.3g} [{min(adds):.3g}..{max(adds):.3g}] us more than Kerberos", "<= 10 us",
              bench.verdict(bench.median(adds), most=10))
    bench.ratio_row("OpenLSA's Negotiate against MIT's SPNEGO", took, "negotiate", "mit-spnego", "MIT")
    floor = bench.Worker("krb_floor", "bare crypto")
    replay = bench.Worker("replay", "replay check", env={"OPENLSA_STATE": os.path.join(realm.where, "replays")})
    replay.run("take", 100000)		# the pages of the file are there
    replay.counts["take"] = 50000		# what it can remember of ten minutes is not to be filled in seconds
    seen = bench.compare([("replay", replay, "take")], bench.by_cpu)["replay"]
    bench.row("OpenLSA's replay check alone", bench.us(seen), "", "<= 5 us", bench.verdict(bench.median(seen) * 1e6, most=5))
    if len(bench.CORES) > 1:
        took = bench.compare([(label + two, worker, case + two) for label, worker, case in
                              (("control", floor, "sha1-1024"), ("ours", ours, "mutual"), ("mit", mit, "mutual"))
                              for two in ("", "*2")], bench.by_wall)
        scale = {label: bench.ratios(took, label + "*2", label) for label in ("control", "ours", "mit")}
        fair = [2 * a / b for a, b in zip(scale["ours"], scale["control"])]
        alone = bench.median(scale["control"]) >= 1.6
        bench.row("two threads against one: control, bare crypto", f"{bench.median(scale['control']):.2f} times one")
        bench.row("two threads against one: OpenLSA", f"{bench.median(scale['ours']):.2f} times one",
                  f"{bench.median(fair):.2f} [{min(fair):.2f}..{max(fair):.2f}] where the control makes 2", ">= 1.7",
                  bench.verdict(bench.median(fair), least=1.7) if alone else "cores are busy")
        bench.row("two threads against one: MIT", f"{bench.median(scale['mit']):.2f} times one")
    for worker in (ours, mit, kept, floor, replay):
        worker.end()
    fresh = realm.worker("krb_ours", "OpenLSA")
    each = fresh.run("held", bench.HELD)[2] / bench.HELD
    bench.row(f"{bench.HELD} acceptor's contexts held, both halves", f"{each:.0f} bytes each", "", "<= 5500",
              bench.verdict(each, most=5500))
    fresh.end()


# --- messages ------------------------------------------------------------------------


def messages(bench, realm):
    bench.section("Kerberos messages, one sealed and one opened (CPU time)")
    ours, floor = realm.worker("krb_ours", "OpenLSA"), bench.Worker("krb_floor", "bare crypto")
    for etype, name, most, least_big in (("sha1", "aes256-sha1", "aes256-cts", 3.5), ("sha2", "aes256-sha2", "aes256-sha2", 2.7)):
        # The acceptor's key is of the first type that the initiator prefers.
        config = realm.config(f"{etype}.conf", "permitted_enctypes = ", f"permitted_enctypes = {most} ")
        mit = realm.worker("krb_mit", "MIT", KRB5_CONFIG=config, KRB5RCACHENAME="none:")
        for size, least in ((64, 1.8), (1024, None), (16384, least_big)):
            case = f"{etype}-{size}"
            took = bench.compare([("raw", floor, case), ("ours", ours, case), ("mit", mit, case)], bench.by_cpu)
            label = f"{name}, {size} B" if size < 1024 else f"{name}, {size // 1024} KiB"

            def rate(which, took=took, size=size):
                return f"{bench.us(took[which])}, {size / bench.median(took[which]) / 1e6:.0f} MB/s"

            bench.row(f"{label}: bare AES-CBC and HMAC, contexts kept", rate("raw"))
            bench.ratio_row(f"{label}: MIT gss_wrap and gss_unwrap", took, "mit", "raw", "the bare crypto", figure=rate("mit"))
            bench.ratio_row(f"{label}: OpenLSA against MIT", took, "ours", "mit", "MIT", least=least, figure=rate("ours"))
            bench.ratio_row(f"{label}: OpenLSA", took, "ours", "raw", "the bare crypto", figure=rate("ours"))
        case = f"out-{etype}-16384"
        took = bench.compare([("raw", floor, case), ("ours", ours, case)], bench.by_cpu)
        bench.ratio_row(f"{name}, 16 KiB: EncryptMessage alone", took, "ours", "raw", "the bare crypto", least=0.95)
        mit.end()
    ours.end()
    floor.end()


# --- tickets --------------------------------------------------------------------------


def tickets(bench, realm):
    bench.section("Tickets of a KDC on loopback, one blocking thread")
    held, fresh = realm.worker("krb_ours", "OpenLSA", tickets=True), realm.worker("krb_ours", "OpenLSA")
    mit = realm.worker("krb_mit", "MIT")
    time.sleep(3)		# the ticket cache is no news any more
    for name, ours, case, theirs, least in (
            ("service ticket (1 round trip), handed out", held, "ticket", "tgs-1", 0.95),
            ("initial and service ticket by keytab (3 round trips), and a context's first token", fresh, "as+tgs",
             "as+tgs+token", 0.95),
            ("service ticket, and a context's first token", held, "tgs", "tgs+token", None)):
        wall, cpu = bench.compare([("ours", ours, case), ("mit", mit, theirs)], bench.by_wall, bench.by_cpu)
        bench.row(f"{name}: MIT", bench.us(wall["mit"]), f"{1 / bench.median(wall['mit']):.0f}/s")
        bench.ratio_row(f"{name}: OpenLSA, by the clock on the wall", wall, "ours", "mit", "MIT", least=least)
        bench.ratio_row(f"{name}: OpenLSA, the asker's CPU time", cpu, "ours", "mit", "MIT")
    for worker in (held, fresh, mit):
        worker.end()


def flown(bench, worker, case, n, trips, ms=DELAY_MS):
    """Seconds on the wall; that every acquisition asked the KDC shows in the answers that were held back."""
    if worker.name == "OpenLSA" and case.startswith("tgs"):
        worker.run("ready", n)		# a credential with an initial ticket for each
    _, wall, more = worker.run(case, n)
    if wall < trips * ms / 1e3:
        sys.exit(f"bench: {worker.name}: {case} {n} took {wall:.3f} s: the KDC was not asked")
    return wall, more


def crowd(bench, realm):
    bench.section(f"{MANY} acquisitions, every answer of the KDC held back {DELAY_MS} ms (wall clock)")
    relay = Relay(realm)
    far = {"BENCH_KRB5_CONFIG": relay.config}
    rounds = max(3, bench.ROUNDS // 4)
    series = {}
    for case, name, trips, most, least in (("as+tgs", "initial and service ticket", 3, 1.0, 2.4), ("tgs", "service ticket", 1, 0.5, 1.7)):
        ours, mit = realm.worker("krb_ours", "OpenLSA", **far), realm.worker("krb_mit", "MIT", **far)
        flown(bench, ours, case + "-1", 4, trips)		# what is made once is made now
        _, more = flown(bench, ours, case + "-all", MANY, trips)
        took = {"ours": [], "mit": []}
        for _ in range(rounds):
            took["ours"].append(flown(bench, ours, case + "-all", MANY, trips)[0])
            took["mit"].append(flown(bench, mit, case + "-64", MANY, trips)[0])
        wall = bench.median(took["ours"])
        bench.row(f"{name}: OpenLSA, one thread, one queue, all at once", f"{wall:.3f} s",
                  f"[{min(took['ours']):.3f}..{max(took['ours']):.3f}]", f"<= {most:g} s", bench.verdict(wall, most=most))
        bench.ratio_row(f"{name}: against MIT, 64 blocking threads", took, "ours", "mit", "MIT's 64 threads", least=least,
                        figure=f"{bench.median(took['mit']):.3f} s")
        bench.row(f"{name}: memory of a request in flight", f"{more / MANY:.0f} bytes", "", "<= 8192",
                  bench.verdict(more / MANY, most=8192))
        for who, worker in (("OpenLSA, one thread", ours), ("MIT, blocking threads", mit)):
            points = series.setdefault(f"{who}: {name}", [])
            for wide in WIDTHS:
                n = MANY if wide >= 16 else 20
                points.append((wide, flown(bench, worker, f"{case}-{wide}", n, trips)[0] * MANY / n))
            if worker is ours:
                points.append((MANY, wall))
        ours.end()
        mit.end()
    ours = realm.worker("krb_ours", "OpenLSA", **far)
    flown(bench, ours, "as+tgs-1", 4, 3)
    _, more = flown(bench, ours, "as+tgs-64", 64, 3)		# as many as the first window takes
    bench.row("initial and service ticket: memory of one whose request is with the KDC", f"{more / 64:.0f} bytes", "64 at once")
    ours.end()
    ours = realm.worker("krb_ours", "OpenLSA", **far)
    wall, more = flown(bench, ours, "as+tgs-all", 10000, 3)
    bench.row("10000 acquisitions held at once, one thread", f"{wall:.2f} s", f"{more / 10000:.0f} bytes each", "10000", "PASS")
    ours.end()
    relay.end()
    with open(os.path.join(bench.TMP, "tickets.svg"), "w", encoding="utf-8") as f:
        f.write(plot(series))


# --- keys of passwords -------------------------------------------------------------------


def keys(bench, realm):
    """p99 of one client's NTLM handshakes while another's passwords become keys, again and again."""
    bench.section("Keys of passwords in lsad, aes256-sha2 (wall clock)")
    config = realm.config("derive.conf", "permitted_enctypes = ", "permitted_enctypes = aes256-sha2 ")
    daemon = bench.Daemon("keys")
    os.environ["KRB5_CONFIG"] = config
    daemon.start()
    del os.environ["KRB5_CONFIG"]
    env = {**realm.env, **daemon.env(), "KRB5_CONFIG": config, "KRB5CCNAME": f"FILE:{bench.TMP}/no-cache", "STUCK_USER": "bench",
           "STUCK_DOMAIN": "", "STUCK_PASSWORD": "Correct-Horse-9", "DERIVE_REALM": lab.REALM, "DERIVE_PASSWORD": lab.PASSWORD}
    make = bench.Worker("logon", "accounts", env=daemon.env())
    make.run("name", 1)		# makes the account
    make.end()
    busy, other = bench.Worker("stuck", "keys", env=env), bench.Worker("stuck", "other", env=env)
    other.run("ntlm", 500)
    one = busy.run("derive", 2)[1] / 2
    bench.row("initial and service ticket by password", f"{one * 1e3:.0f} ms")
    if one < 0.02:
        sys.exit("bench: no key was derived")
    took = {"without": [], "with": []}
    for _ in range(bench.ROUNDS):
        took["without"].append(other.run("ntlm", 2000)[2] / 1e9)
        deriving = threading.Thread(target=busy.run, args=("derive", 12))
        deriving.start()
        took["with"].append(other.run("ntlm", 2000)[2] / 1e9)
        deriving.join()
    bench.row("another client's NTLM handshakes: 99 of 100 within", bench.us(took["without"]))
    bench.row("the same meanwhile", bench.us(took["with"]), f"{bench.median(took['with']) / one * 100:.2g} % of a derivation",
              "no wait for one", bench.verdict(bench.median(took["with"]), most=one / 10))
    busy.end()
    other.end()
    daemon.stop()


# --- the picture -----------------------------------------------------------------------


def plot(series):
    """Seconds for MANY acquisitions against requests in flight, both axes logarithmic."""
    from math import ceil, floor, log10
    left, top, wide, high = 70, 50, 560, 340
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    low, high_y = 10.0 ** floor(log10(min(ys))), 10.0 ** ceil(log10(max(ys)))
    x_of = lambda x: left + wide * log10(x) / log10(max(xs))
    y_of = lambda y: top + high * (1 - log10(y / low) / log10(high_y / low))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 20}" height="{top + high + 130}" '
           'font-family="sans-serif" font-size="13">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{left}" y="24" font-size="15">{MANY} tickets, the KDC {DELAY_MS} ms away: seconds against '
           'requests in flight</text>']
    y = low
    while y <= high_y * 1.001:
        out.append(f'<path d="M{left} {y_of(y):.1f}h{wide}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{y_of(y) + 4:.1f}" text-anchor="end">{y:g} s</text>')
        y *= 10
    for x in sorted(set(xs)):
        out.append(f'<path d="M{x_of(x):.1f} {top}v{high}" stroke="#ddd"/>'
                   f'<text x="{x_of(x):.1f}" y="{top + high + 18}" text-anchor="middle">{x}</text>')
    colours = ("#0b6e4f", "#c0392b", "#2e9cca", "#e08e0b")
    for i, (name, points) in enumerate(series.items()):
        colour, y = colours[i % 4], top + high + 42 + 19 * i
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="' +
                   " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in points) + '"/>')
        out += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3.5" fill="{colour}"><title>{x}: {y:.3g} s</title></circle>'
                for x, y in points]
        out.append(f'<path d="M{left} {y - 4}h26" stroke="{colour}" stroke-width="2"/><text x="{left + 34}" y="{y}">{name}</text>')
    return "\n".join(out) + "\n</svg>\n"


SECTIONS = {"krb-contexts": contexts, "krb-messages": messages, "krb-tickets": tickets, "krb-crowd": crowd, "krb-keys": keys}


def run(bench, wanted):
    wanted = [name for name in SECTIONS if name in wanted]
    if not wanted:
        return
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    if not all(shutil.which(p, path=path) for p in ("krb5kdc", "kadmind", "kadmin.local", "kdb5_util", "kinit")) or \
            not bench.driver_there("krb_mit"):
        bench.section("Kerberos")
        bench.row("MIT krb5", "not here")
        return
    realm = Realm(bench)
    try:
        for name in wanted:
            SECTIONS[name](bench, realm)
    finally:
        realm.end()
