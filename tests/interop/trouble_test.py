"""trouble_test.py - docs/TROUBLESHOOTING.md says what happens: every entry is
brought about, ends in the status of its heading, and every line that the page
quotes is among the reasons. Near and far.

Runs inside tests/lab/kdc.py; MIT's tools are the other side where one is needed.

usage: kdc.py run DIR trouble_test.py SSPI_PIPE PEER_GSS LSAD LSACTL
"""
import contextlib
import os
import re
import socket
import subprocess
import sys

import interop
import pipe
from interop import check

program, gss, lsad, lsactl = sys.argv[1:]
if "KDC_DIR" not in os.environ:
    interop.skip("there is no KDC: run this by tests/lab/kdc.py")
interop.need("faketime", "ktutil")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KDC, REALM, SECRET = os.environ["KDC_DIR"], os.environ["KDC_REALM"], os.environ["KDC_PASSWORD"]
AT_HOME, ELSEWHERE = "HTTP/localhost", "HTTP/nowhere.openlsa.test"
ENTRIES = {}


def entry(name):
    def keep(f):
        ENTRIES[name] = f
        return f
    return keep


# --- what the page says ----------------------------------------------------------


def page():
    """Name of an entry to (status' name, quoted lines)."""
    with open(f"{ROOT}/docs/TROUBLESHOOTING.md", encoding="utf-8") as f:
        text = f.read()
    found = {}
    for part in re.split(r"^### ", text, flags=re.M)[1:]:
        status = re.match(r"`(\w+)`", part)
        name = re.search(r"^<!-- (\S+) -->$", part, re.M)
        found[name.group(1)] = (status.group(1), re.findall(r"^> (.+)$", part, re.M))
    return found


def codes():
    found = {}
    for header in ("winerror.h", "ntstatus.h"):
        with open(f"{ROOT}/include/{header}", encoding="utf-8") as f:
            for name, number in re.findall(r"^#define\s+(\w+)\s+[^\n]*?(0x[0-9A-Fa-f]+)\)*\s*$", f.read(), re.M):
                found[name] = int(number, 16)
    return found


def stands(line, told):
    """The page writes an ellipsis where something of the place stands."""
    return re.search(".*?".join(re.escape(piece) for piece in line.split("…")), told, re.S) is not None


# --- how it is brought about -----------------------------------------------------


class Lab:
    """One place, and what is changed for one entry only."""

    def __init__(self, place):
        self.place, self.env, self.count = place, dict(place.env), 0
        self.env["KRB5CCNAME"] = f"FILE:{KDC}/trouble-cc"
        self.kinit("alice")
        place.user("nora")

    def kinit(self, who, *options):
        subprocess.run(["kinit", *options, who], input=SECRET + "\n", text=True, stdout=subprocess.DEVNULL, check=True,
                       timeout=30, env=self.env)

    @contextlib.contextmanager
    def but(self, **settings):
        """An environment that is the LSA's, too: far, of a daemon for this entry."""
        if self.place.name == "near":
            yield dict(self.env, **settings)
        else:
            with interop.daemon(lsad, dict(self.env, **settings)) as env:
                yield env

    def config(self, change):
        """A krb5.conf like the realm's, changed."""
        self.count += 1
        path = f"{KDC}/trouble-{self.place.name}-{self.count}.conf"
        with open(os.environ["KRB5_CONFIG"], encoding="utf-8") as f:
            text = change(f.read())
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def client(self, package="Kerberos", target=AT_HOME, env=None, **options):
        return pipe.Pipe(program, "client", package, env=env or self.env, target=target, **options)

    def server(self, package="Kerberos", env=None, **options):
        return pipe.Pipe(program, "server", package, env=env or self.env, **options)

    def talk(self, client, server, change=lambda token: token):
        """Runs until one refuses or both are done; what a client sends may be changed."""
        token = client.step()
        while client.status or server.status or token:
            token = server.step(change(token))
            if not token:
                break
            token = client.step(token)
            if not token:
                break

    def policy(self, name, value):
        self.place.policy(name, value)


def keytab(principal, version):
    path = f"{KDC}/trouble-{version}.keytab"
    if not os.path.exists(path):
        subprocess.run(["ktutil"], input=f"addent -password -p {principal} -k {version} -e aes256-cts\nx\nwkt {path}\nq\n", text=True,
                       check=True, stdout=subprocess.DEVNULL, timeout=30)
    return f"FILE:{path}"


def begins(lab, settings=None, **options):
    with contextlib.ExitStack() as stack:
        if settings:
            options["env"] = stack.enter_context(lab.but(**settings))
        c = stack.enter_context(lab.client(**options))
        c.step()
        return c.status, c.why()


def accepts(lab, settings=None, client=None, server=None):
    with contextlib.ExitStack() as stack:
        options = dict(server or {})
        if settings:
            options["env"] = stack.enter_context(lab.but(**settings))
        c = stack.enter_context(lab.client(**(client or {})))
        s = stack.enter_context(lab.server(**options))
        lab.talk(c, s)
        return s.status, s.why()


@entry("no-tickets")
def no_tickets(lab):
    return begins(lab, {"KRB5CCNAME": f"FILE:{KDC}/there-is-none", "KRB5_CLIENT_KTNAME": f"FILE:{KDC}/nor-this"})


@entry("kcm-silent")
def kcm_silent(lab):
    path, mute = f"{KDC}/mute-{lab.place.name}", socket.socket(socket.AF_UNIX)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with mute:
        mute.bind(path)
        mute.listen()
        conf = lab.config(lambda text: text.replace("[libdefaults]", f"[libdefaults]\n\tkcm_socket = {path}", 1))
        return begins(lab, {"KRB5_CONFIG": conf, "KRB5CCNAME": "KCM:"})


@entry("no-kdc-named")
def no_kdc_named(lab):
    path = lab.config(lambda text: re.sub(r"\tkdc = .*\n", "", text))
    return begins(lab, {"KRB5_CONFIG": path}, user="alice", domain=REALM, password=SECRET)


@entry("no-kdc-answers")
def no_kdc_answers(lab):
    path = lab.config(lambda text: re.sub(r"\tkdc = .*\n", "\tkdc = 127.0.0.1:9\n", text))
    return begins(lab, {"KRB5_CONFIG": path}, user="alice", domain=REALM, password=SECRET)


@entry("wrong-password")
def wrong_password(lab):
    return begins(lab, user="alice", domain=REALM, password="not this one")


@entry("password-expired")
def password_expired(lab):
    return begins(lab, user="carol", domain=REALM, password=SECRET)


@entry("account-disabled")
def account_disabled(lab):
    return begins(lab, user="dave", domain=REALM, password=SECRET)


@entry("unknown-spn")
def unknown_spn(lab):
    return begins(lab, target=ELSEWHERE)


@entry("ntlm-chosen")
def ntlm_chosen(lab):
    return begins(lab, package="Negotiate", target=ELSEWHERE, user="alice", domain=REALM, password=SECRET)


@entry("ntlm-by-address")
def ntlm_by_address(lab):
    return begins(lab, package="Negotiate", target="HTTP/127.0.0.1", user="alice", domain=REALM, password=SECRET)


@entry("ntlm-forbidden")
def ntlm_forbidden(lab):
    lab.policy("ntlm-fallback", 0)
    try:
        return begins(lab, package="Negotiate", target=ELSEWHERE, user="alice", domain=REALM, password=SECRET)
    finally:
        lab.policy("ntlm-fallback", 1)


@entry("no-key")
def no_key(lab):
    return accepts(lab, {"KRB5_KTNAME": keytab(f"host/other@{REALM}", 1)})


@entry("no-keytab")
def no_keytab(lab):
    return accepts(lab, {"KRB5_KTNAME": f"FILE:{KDC}/there-is-no.keytab"})


@entry("old-key")
def old_key(lab):
    return accepts(lab, {"KRB5_KTNAME": keytab(f"{AT_HOME}@{REALM}", 77)})


@entry("replay")
def replay(lab):
    with lab.client() as c:
        token = c.step()
    with lab.server() as s:
        s.step(token)
    with lab.server() as s:
        s.step(token)
        return s.status, s.why()


@entry("clock")
def clock(lab):
    """MIT's client an hour ahead, with a ticket of now."""
    env = dict(os.environ, KRB5CCNAME=f"FILE:{KDC}/trouble-clock")
    subprocess.run(["kinit", "alice"], input=SECRET + "\n", text=True, stdout=subprocess.DEVNULL, check=True, timeout=30, env=env)
    subprocess.run(["kvno", AT_HOME], stdout=subprocess.DEVNULL, check=True, timeout=30, env=env)
    mit = interop.Peer(["faketime", "-f", "+1h", gss], env, mech="spnego", inner="krb5", messages="none", target="HTTP@localhost")
    side = interop.Side(mit, "client")
    token = side.take()
    side.finish()
    with lab.server(package="Negotiate") as s:
        s.step(token)
        return s.status, s.why()


@entry("bindings")
def bindings(lab):
    return accepts(lab, client={"bindings": b"this one".hex()}, server={"bindings": b"another".hex()})


@entry("bindings-required")
def bindings_required(lab):
    lab.policy("kerberos-channel-bindings", 2)
    try:
        return accepts(lab, server={"bindings": b"this one".hex()})
    finally:
        lab.policy("kerberos-channel-bindings", 1)


@entry("altered")
def altered(lab):
    with lab.client(flags="1001c") as c, lab.server(flags="1001c") as s:
        lab.talk(c, s)
        sealed = c.seal(b"so it was sent")
        s.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        return s.status, s.why()


@entry("late")
def late(lab):
    """The same message twice."""
    with lab.client(flags="1001c") as c, lab.server(flags="1001c") as s:
        lab.talk(c, s)
        sealed = c.seal(b"so it was sent")
        s.open(sealed)
        s.open(sealed)
        return s.status, s.why()


def ntlm(lab, change=lambda token: token, client=None, server=None):
    with lab.client(**{"package": "NTLM", "user": "nora", "password": interop.PASSWORD, **(client or {})}) as c, \
            lab.server(package="NTLM", **(server or {})) as s:
        lab.talk(c, s, change)
        return s.status, s.why()


@entry("ntlm-denied")
def ntlm_denied(lab):
    return ntlm(lab, client={"password": "not this one"})


@entry("ntlm-off")
def ntlm_off(lab):
    lab.policy("ntlm-allowed", 0)
    try:
        return ntlm(lab)
    finally:
        lab.policy("ntlm-allowed", 1)


@entry("ntlm-mic")
def ntlm_mic(lab):
    def change(token):
        return token[:-1] + bytes([token[-1] ^ 1]) if interop.kind_of(token) == interop.NEGOTIATE else token
    return ntlm(lab, change)


@entry("ntlm-bindings")
def ntlm_bindings(lab):
    return ntlm(lab, client={"bindings": b"this one".hex()}, server={"bindings": b"another".hex()})


@entry("no-daemon")
def no_daemon(lab):
    return begins(lab, env=dict(lab.env, OPENLSA_MODE="daemon", OPENLSA_SOCKET=f"{KDC}/no-such-socket"))


@entry("no-package")
def no_package(lab):
    return begins(lab, package="Schannel")


def main():
    numbers, entries = codes(), page()
    check("the page's entries are those that are brought about", sorted(entries) == sorted(ENTRIES),
          set(entries) ^ set(ENTRIES))
    for place in interop.places(lsad, lsactl):
        lab = Lab(place)
        for name, bring in ENTRIES.items():
            try:
                status, told = bring(lab)
            except pipe.Refused as refused:
                status, told = refused.status, refused.why
            wanted, lines = entries.get(name, ("", []))
            check(f"{place.name}, {name}: ends in {wanted}", status == numbers.get(wanted), hex(status), told)
            check(f"{place.name}, {name}: the page quotes something", lines)
            for line in lines:
                check(f"{place.name}, {name}: says {line!r}", stands(line, told), told)


main()
interop.end()
