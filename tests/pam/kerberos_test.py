"""kerberos_test.py - pam_lsa.so with package=kerberos: accounts of MIT's KDC,
under pam_wrapper and nss_wrapper. Covers pam/ccache.c, pam/logon.c, pam/lsa.c,
pam/options.c, pam/password.c, pam/person.c, pam/stay.c, pam/talk.c, pam/pam_lsa.c. Where KDC_MODE is spoofed,
somebody else answers in the KDC's place, and knows alice's password.

    kdc.py run|spoofed DIR kerberos_test.py PAM_LSA LOGIN LSAD LSACTL
"""
import os
import subprocess
import sys

import pam
from pam import check, interop

module, login, lsad, lsactl = map(os.path.abspath, sys.argv[1:5])
wrappers = [pam.preload("libpam_wrapper.so"), pam.preload("libnss_wrapper.so")]
if None in wrappers:
    interop.skip("libpam-wrapper or libnss-wrapper is not installed")

REALM, PASSWORD = os.environ["KDC_REALM"], os.environ["KDC_PASSWORD"]
UIDS = {"root": 0, "alice": 3001, "bob": 3002, "carol": 3003, "dave": 3004, "nokdc": 3005}
SERVICES = {"kerberos": f"package=kerberos domain={REALM}", "small": f"package=kerberos domain={REALM.lower()}",
            "nowhere": "package=kerberos domain=NOWHERE.TEST", "lacks": "package=kerberos",
            "tickets": f"package=kerberos domain={REALM} ccache=FILE:@PLACE@/open/cc_%{{uid}}",
            "shut": f"package=kerberos domain={REALM} ccache=@PLACE@/shut/cc_%{{uid}}",
            "relative": f"package=kerberos domain={REALM} ccache=cc", "astray": "ccache=FILE:/tmp/never",
            "vouch": f"package=kerberos domain={REALM} vouch", "odd": f"package=ldap domain={REALM}"}


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def furnish(work, daemon):
    os.mkdir(f"{work}/pam.d")
    for name, words in SERVICES.items():
        write(f"{work}/pam.d/{name}", "".join(f"{kind} required {module} config={work}/conf {words.replace('@PLACE@', work)}\n"
                                              for kind in ("auth", "account", "session", "password")))
    write(f"{work}/passwd", "".join(f"{n}:x:{u}:{u}:{n}:/nonexistent:/bin/sh\n" for n, u in UIDS.items()))
    write(f"{work}/group", "".join(f"{n}:x:{u}:\n" for n, u in UIDS.items()))
    write(f"{work}/users", f"{REALM}\\bob = 3003, 3003\n")
    write(f"{work}/conf", f"socket = {daemon.socket}\nlsad_uid = {os.geteuid()}\nmap_file = {work}/users\nmap_nss = {REALM}\n")


def tickets(place, lsa, enter):
    """The session's ticket in a file of the user's, used by MIT's own programs."""
    def tool(*words):
        done = subprocess.run(words, env=dict(os.environ, LC_ALL="C"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False)
        return done.stdout if done.returncode == 0 else f"failed: {done.stdout}"

    path, victim, calm = f"{place}/open/cc_3001", f"{place}/victim", lsa.sessions()
    os.chmod(place, 0o711)
    os.mkdir(f"{place}/open")
    os.chmod(f"{place}/open", 0o1777)
    os.mkdir(f"{place}/shut", 0o755)
    write(victim, "as it was")
    with enter("tickets", "alice") as one:
        check("tickets: let in", one.do("authenticate", say=[PASSWORD]) == "SUCCESS" and not os.path.exists(path))
        os.symlink(victim, path)
        os.lchown(path, UIDS["alice"], UIDS["alice"])
        check("tickets: set", one.do("setcred") == "SUCCESS")
        with open(victim, encoding="utf-8") as f:
            check("tickets: not through a link", f.read() == "as it was" and not os.path.islink(path))
        st = os.stat(path)
        check("tickets: the user's alone", (st.st_uid, st.st_gid, st.st_mode & 0o7777) == (3001, 3001, 0o600), st)
        check("tickets: told", one.do("getenv", "KRB5CCNAME") == "SUCCESS" and one.told == f"FILE:{path}", one.told)
        check("tickets: open", one.do("open") == "SUCCESS" and os.stat(path).st_ino == st.st_ino)
        said = tool("klist", "-f", "-c", path)
        check("tickets: klist", f"Default principal: alice@{REALM}" in said and f"krbtgt/{REALM}@{REALM}" in said, said)
        said = tool("kvno", "-c", path, "host/localhost")
        check("tickets: kvno", "kvno = " in said, said)
        check("tickets: nothing beside", os.listdir(f"{place}/open") == ["cc_3001"], os.listdir(f"{place}/open"))
        check("tickets: close", one.do("close") == "SUCCESS" and not os.path.exists(path))
    check("tickets: no session left", lsa.sessions() == calm, lsa.sessions())
    with enter("tickets", "alice") as one:      # a file of somebody else's stands there, and the folder is sticky
        write(path, "mine")
        check("tickets: another's file", one.do("authenticate", say=[PASSWORD]) == "SUCCESS" and one.do("open") == "SUCCESS")
        with open(path, encoding="utf-8") as f:
            check("tickets: it stays as it was", f.read() == "mine" and os.listdir(f"{place}/open") == ["cc_3001"])
        check("tickets: and is not told", one.do("getenv", "KRB5CCNAME") == "IGNORE" and one.do("close") == "SUCCESS" and os.path.exists(path))
    with enter("shut", "alice") as one:
        check("no place: let in all the same", one.do("authenticate", say=[PASSWORD]) == "SUCCESS" and one.do("open") == "SUCCESS")
        check("no place: nothing is told", one.do("getenv", "KRB5CCNAME") == "IGNORE" and os.listdir(f"{place}/shut") == [])
        check("no place: the program is itself", one.do("close") == "SUCCESS")


def as_at_first():
    """The realm outlives the test: carol's password is the first one again, and expired."""
    env = dict(os.environ, KRB5_KDC_PROFILE=f"{os.environ['KDC_DIR']}/kdc0.conf")
    for line in (f"cpw -pw {PASSWORD} alice", f"cpw -pw {PASSWORD} carol", "modprinc -pwexpire 2001-01-01 carol"):
        subprocess.run(["kadmin.local", "-r", REALM, "-q", line], env=env, check=True, stdout=subprocess.DEVNULL)


if os.environ.get("KDC_MODE") != "spoofed":
    as_at_first()
with interop.folder() as place:
    lsa = pam.Daemon(lsad, lsactl, place, more={k: v for k, v in os.environ.items() if k.startswith("KRB5")})
    # Nothing of the realm is in the program's environment; what is there would lead it astray.
    environment = dict(pam.CLEAN, LD_PRELOAD=":".join(wrappers), PAM_WRAPPER="1", PAM_WRAPPER_SERVICE_DIR=f"{place}/pam.d",
                       NSS_WRAPPER_PASSWD=f"{place}/passwd", NSS_WRAPPER_GROUP=f"{place}/group", KRB5_CONFIG=f"{place}/nothing",
                       KRB5CCNAME=f"FILE:{place}/cc", KRB5_TRACE=f"{place}/trace")

    def enter(service, user):
        return pam.Login(login, service, user, environment)

    def denied(what, service, user, want, password=PASSWORD):
        before = lsa.sessions()
        with enter(service, user) as one:
            got = one.do("authenticate", say=[password])
        check(f"{what}: {want}", got == want, got)
        check(f"{what}: no session", lsa.sessions() == before)

    furnish(place, lsa)
    lsa.start()
    calm = lsa.sessions()
    if os.environ.get("KDC_MODE") == "spoofed":
        lsa.run("right", "add", "S-1-5-11", "SeInteractiveLogonRight")
        denied("somebody in the KDC's place", "kerberos", "alice", "AUTHINFO_UNAVAIL")
        lsa.stop()
        interop.end()

    denied("no right to log on here", "kerberos", "alice", "PERM_DENIED")
    lsa.run("right", "add", "S-1-5-11", "SeInteractiveLogonRight")
    with enter("kerberos", "alice") as one:
        check("let in", one.do("authenticate", say=[PASSWORD]) == "SUCCESS")
        for each in ("account", "setcred", "open"):
            check(each, one.do(each) == "SUCCESS")
        check("a session", lsa.sessions() == calm + 1)
        check("close", one.do("close") == "SUCCESS" and lsa.sessions() == calm)
    denied("wrong", "kerberos", "alice", "AUTH_ERR", "wrong")
    denied("unknown to the KDC", "kerberos", "nokdc", "AUTH_ERR")
    denied("disabled", "kerberos", "dave", "ACCT_EXPIRED")
    denied("mapped to another", "kerberos", "bob", "PERM_DENIED")
    denied("nobody of this system", "kerberos", "eve", "AUTH_ERR")
    denied("root", "kerberos", "root", "USER_UNKNOWN")
    denied("a realm without a KDC", "nowhere", "alice", "AUTHINFO_UNAVAIL")
    if os.geteuid() == 0:
        tickets(place, lsa, enter)
    for service in ("lacks", "vouch", "odd", "relative", "astray"):
        denied(f"options: {service}", service, "alice", "SERVICE_ERR")
    with enter("kerberos", "carol") as one:
        check("expired: the password is right", one.do("authenticate", say=[PASSWORD]) == "SUCCESS" and lsa.sessions() == calm)
        check("expired: account", one.do("account") == "NEW_AUTHTOK_REQD")
        check("expired: no session", one.do("open") == "SESSION_ERR")
        got = one.do("expired", say=[PASSWORD, "Fresh-Passw0rd", "Fresh-Passw0rd"])
        check("expired: changed", got == "SUCCESS", got, one.told)
        check("expired: logged on now", one.do("open") == "SUCCESS" and lsa.sessions() == calm + 1)
    denied("expired, wrong", "kerberos", "carol", "AUTH_ERR")
    with enter("kerberos", "alice") as one:
        check("no KDC knows root: the old password", one.do("password", say=["wrong", "Next-1", "Next-1"]) == "AUTH_ERR")
        got = one.do("password", say=[PASSWORD, "Next-Passw0rd", "Next-Passw0rd"])
        check("a new password", got == "SUCCESS", got)
        check("the new one", one.do("authenticate", say=["Next-Passw0rd"]) == "SUCCESS")
        check("the old one", one.do("authenticate", say=[PASSWORD]) == "AUTH_ERR")
        got = one.do("password", say=["Next-Passw0rd", PASSWORD, PASSWORD])
        check("and back", got == "SUCCESS", got)
    with enter("kerberos", "alice") as one:
        check("account alone is not ours", one.do("account") == "PERM_DENIED")
    check("nothing was made", not [x for x in ("cc", "trace") if os.path.exists(f"{place}/{x}")])
    lsa.stop()
interop.end()
