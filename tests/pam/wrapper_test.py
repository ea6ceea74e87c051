"""wrapper_test.py - pam_lsa.so under pam_wrapper and nss_wrapper, against an
lsad with accounts in every state. Covers pam/pam_lsa.c, pam/logon.c,
pam/lsa.c, pam/options.c, pam/password.c, pam/person.c, pam/stay.c, pam/talk.c, secur32/deaf.c, secur32/own_fd.c.

    wrapper_test.py PAM_LSA LOGIN MARK LSAD LSACTL
"""
import os
import shutil
import sys
import time

import pam
from pam import PASSWORD, check, interop

module, login, mark, lsad, lsactl = map(os.path.abspath, sys.argv[1:6])
wrappers = [pam.preload("libpam_wrapper.so"), pam.preload("libnss_wrapper.so")]
if None in wrappers:
    interop.skip("libpam-wrapper or libnss-wrapper is not installed")

UIDS = {"root": 0, "svc": 999, "alice": 3001, "bob": 3002, "carol": 3003, "due": 3004, "gone": 3005, "nolsa": 3006,
        "moved": 3007, "blank": 3008, "locked": 3009, "nobody": 65534}

SERVICES = {
    "usual": {"auth": ["required"], "account": ["required"], "session": ["required"], "password": ["required"]},
    "tell": {"auth": ["required", "tell"], "account": ["required", "tell"]},
    "first": {"auth": ["optional", "use_first_pass"]},
    "nullok": {"auth": ["required", "nullok"]},
    "network": {"auth": ["required", "type=network"], "session": ["required"]},
    "batch": {"auth": ["required", "type=batch"]},
    "high": {"auth": ["required", "min_uid=3002"]},
    "domain": {"auth": ["required", "domain=ELSEWHERE"]},
    "vouch": {"session": ["required", "vouch"]},
    "odd": {"auth": ["required", "frobnicate"], "session": ["required", "frobnicate"]},
    "zero": {"auth": ["required", "min_uid=0"]},
    "authtok": {"password": ["required", "use_authtok"]},
    "blanks": {"password": ["required", "nullok"]},
}


def services(work):
    os.mkdir(f"{work}/pam.d")
    for name, stacks in SERVICES.items():
        with open(f"{work}/pam.d/{name}", "w", encoding="utf-8") as f:
            for kind in ("auth", "account", "session", "password"):
                words = stacks.get(kind)
                if words:
                    f.write(f"{kind} {words[0]} {module} config={work}/conf {' '.join(words[1:])}\n")
                else:
                    f.write(f"{kind} required pam_permit.so\n")
    for name, lines in {
        "twice": ["auth required {m}", "auth required {m} use_first_pass"],
        "again": ["auth optional {m}", "auth sufficient {m} try_first_pass", "auth required pam_deny.so"],
        "alone": ["auth required {m} use_first_pass"],
        "ignored": ["account required {m}", "account required pam_permit.so"],
        "unknown": ["auth sufficient {m}", "auth required pam_permit.so"],
        "two": ["password required {m}", "password required {m} use_first_pass use_authtok"],
        "others": ["auth optional {m}", "auth required {b}"],
        "other": ["auth optional {m}", "auth required {b} config=/nonexistent/conf"],
    }.items():
        with open(f"{work}/pam.d/{name}", "w", encoding="utf-8") as f:
            for line in lines:
                f.write(line.replace("{m}", f"{module} config={work}/conf").replace("{b}", module) + "\n")


def users(work):
    with open(f"{work}/passwd", "w", encoding="utf-8") as f:
        for name, uid in UIDS.items():
            f.write(f"{name}:x:{uid}:{uid}:{name}:/nonexistent:/bin/sh\n")
    with open(f"{work}/group", "w", encoding="utf-8") as f:
        for name, uid in UIDS.items():
            f.write(f"{name}:x:{uid}:\n")


def configure(work, daemon, computer, more=""):
    with open(f"{work}/users", "w", encoding="utf-8") as f:
        f.write(f"{computer}\\bob = 3003, 3003\n{computer}\\moved = 3003, 3003\n")
    with open(f"{work}/conf", "w", encoding="utf-8") as f:
        f.write(f"socket = {daemon.socket}\nlsad_uid = {os.geteuid()}\nmap_file = {work}/users\n{more}")


with interop.folder() as place:
    lsa = pam.Daemon(lsad, lsactl, place)
    false_lsa = pam.Daemon(lsad, lsactl, place, "false")
    environment = dict(pam.CLEAN, LD_PRELOAD=":".join(wrappers), PAM_WRAPPER="1", PAM_WRAPPER_SERVICE_DIR=f"{place}/pam.d",
                       NSS_WRAPPER_PASSWD=f"{place}/passwd", NSS_WRAPPER_GROUP=f"{place}/group")

    def enter(service, user, **env):
        return pam.Login(login, service, user, dict(environment, **env))

    def once(service, user, password=PASSWORD, step="authenticate", **env):
        with enter(service, user, **env) as one:
            return one.do(step, say=[password])

    def denied(what, service, user, want, password=PASSWORD):
        """Refused, and nobody's session is left over."""
        before = lsa.sessions()
        got = once(service, user, password)
        check(f"{what}: {want}", got == want, got)
        check(f"{what}: no session", lsa.sessions() == before)

    services(place)
    users(place)
    lsa.start()
    for who in ("alice", "bob", "due", "gone", "moved", "root", "svc", "ghost", "locked", "nobody"):
        lsa.user(who)
    lsa.user("blank", "")
    lsa.run("user", "lock", "locked")
    lsa.stop()
    for who, state in (("due", "must-change"), ("moved", "must-change"), ("gone", "disabled")):
        interop.check(f"{who} is marked", os.spawnv(os.P_WAIT, mark, [mark, lsa.state, who, state]) == 0)
    lsa.start()
    box = lsa.status()["computer"]
    configure(place, lsa, box, f"map_nss = {box}\n")
    calm = lsa.sessions()

    # --- a whole stay ---------------------------------------------------------------

    for kind in ("usual", "network"):
        with enter(kind, "alice") as pam_login:
            check(f"{kind}: let in", pam_login.do("authenticate", say=[PASSWORD]) == "SUCCESS")
            check(f"{kind}: asked once", pam_login.asked == 1)
            check(f"{kind}: a session since then", lsa.sessions() == calm + 1)
            for each in ("account", "setcred", "open"):
                check(f"{kind}: {each}", pam_login.do(each) == "SUCCESS")
            check(f"{kind}: one session", lsa.sessions() == calm + 1)
            check(f"{kind}: a child that ends", pam_login.do("child") == "SUCCESS")
            check(f"{kind}: does not end the session", lsa.sessions() == calm + 1)
            check(f"{kind}: close", pam_login.do("close") == "SUCCESS")
            check(f"{kind}: logged off", lsa.sessions() == calm)
    with enter("usual", "alice") as pam_login:
        pam_login.do("authenticate", say=[PASSWORD])
        check("again", pam_login.do("authenticate", say=[PASSWORD]) == "SUCCESS" and lsa.sessions() == calm + 1)
        check("credentials deleted", pam_login.do("delete") == "SUCCESS" and lsa.sessions() == calm)
    with enter("usual", "alice") as pam_login:
        pam_login.do("authenticate", say=[PASSWORD])
        check("in", lsa.sessions() == calm + 1)
    check("the end of PAM is the end of the session", lsa.sessions() == calm)

    with enter("usual", "alice") as pam_login:
        pam_login.do("authenticate", say=[PASSWORD])
        check("descriptors taken over", pam_login.do("takeover") == "SUCCESS")
        time.sleep(0.02)
        check("taken over: the session ends", interop.wait_for(lambda: lsa.sessions() == calm))
        check("taken over: close", pam_login.do("close") == "SUCCESS")
        check("taken over: nothing is touched", pam_login.do("untouched") == "SUCCESS")
        got = pam_login.do("authenticate", say=[PASSWORD])
        check("taken over: in again", got == "SUCCESS" and lsa.sessions() == calm + 1, got, pam_login.asked, lsa.sessions())
        check("taken over: still nothing is touched", pam_login.do("untouched") == "SUCCESS")

    # --- passwords stay nowhere ---------------------------------------------------------

    def copies(one, text):
        memory, tail = one.memory(), text[40:]      # the allocator writes over the head of a block
        return [memory.count(tail.encode()), memory.count(tail.encode("utf-16-le"))]

    wrong, right, fresh = ("0123456789" * 4 + f"-{word}-Marker" for word in ("Wrong", "Right", "Fresh"))
    lsa.run("user", "passwd", "alice", text=right + "\n")
    with enter("usual", "alice") as pam_login:
        pam_login.do("end")
        pam_login.do("start", "usual", "Marked-" * 12)
        check("memory: what is there is found", copies(pam_login, "Marked-" * 12)[0] > 0)
        pam_login.do("end")
        pam_login.do("start", "usual", "alice")
        pam_login.do("authenticate", say=[wrong])
        check("memory: a wrong one", copies(pam_login, wrong) == [0, 0], copies(pam_login, wrong))
        check("memory: in", pam_login.do("authenticate", say=[right]) == "SUCCESS")
        check("memory: a right one", copies(pam_login, right) == [0, 0], copies(pam_login, right))
        pam_login.do("end")
        pam_login.do("start", "usual", "alice")
        if os.geteuid() == 0:
            pam_login.do("real", "3001")
        got = [pam_login.do("password", say=[right, fresh, wrong]), pam_login.do("password", say=[right, fresh, fresh])]
        pam_login.do("end")
        left = [copies(pam_login, text) for text in (right, fresh, wrong)]
        check("memory: new ones", got == ["AUTHTOK_ERR", "SUCCESS"] and left == [[0, 0]] * 3, got, left)
        pam_login.do("start", "usual", "alice")
    lsa.run("user", "passwd", "alice", text=PASSWORD + "\n")

    # --- without memory ---------------------------------------------------------------------

    def refused(n, user, steps):
        """The steps, with the module's n-th request for memory refused; the results, or None where there was no n-th."""
        with enter("usual", user) as one:
            one.do("setcred")                           # the module is there, and has asked for nothing that matters
            one.do("fail", str(n))
            got = [one.do(step, say=words) for step, *words in steps]
            sessions = lsa.sessions() - calm
            happened = one.do("failed") == "SUCCESS"
            return (got, sessions) if happened else None

    n = granted = 0
    while (outcome := refused(n + 1, "alice", [("authenticate", PASSWORD), ("account",), ("open",)])) is not None:
        n += 1
        (let_in, _, opened), sessions = outcome
        granted += let_in == "SUCCESS"
        check(f"request {n} refused: let in with a session, or not at all",
              sessions == (1 if let_in == "SUCCESS" else 0) and (let_in == "SUCCESS" or opened == "SUCCESS"), outcome)
        wrong = refused(n, "alice", [("authenticate", "wrong")])
        check(f"request {n} refused: a wrong password", wrong is None or (wrong[0] != ["SUCCESS"] and wrong[1] == 0), wrong)
        lsa.run("user", "unlock", "alice")
        other = refused(n, "bob", [("authenticate", PASSWORD)])
        check(f"request {n} refused: mapped to another", other is None or (other[0] != ["SUCCESS"] and other[1] == 0), other)
    check("each request for memory was refused once", 15 < n < 400 and granted < n, n, granted)

    # --- refusals, and who learns why --------------------------------------------------

    denied("wrong password", "usual", "alice", "AUTH_ERR", "wrong")
    denied("no account", "usual", "nolsa", "AUTH_ERR")
    denied("no Unix user", "usual", "ghost", "AUTH_ERR")
    denied("nobody at all", "usual", "no-such-name", "AUTH_ERR")
    denied("locked", "usual", "locked", "AUTH_ERR")
    denied("disabled, wrong", "usual", "gone", "AUTH_ERR", "wrong")
    denied("disabled, right", "usual", "gone", "ACCT_EXPIRED")
    denied("must change, wrong", "usual", "due", "AUTH_ERR", "wrong")
    denied("told: wrong password", "tell", "alice", "AUTH_ERR", "wrong")
    denied("told: no account", "tell", "nolsa", "USER_UNKNOWN")
    denied("told: locked", "tell", "locked", "MAXTRIES")
    denied("another domain", "domain", "alice", "AUTHINFO_UNAVAIL")
    denied("no right to it", "batch", "alice", "PERM_DENIED")
    denied("a word nobody knows", "odd", "alice", "SERVICE_ERR")
    denied("accounts for root are asked for", "zero", "alice", "SERVICE_ERR")
    for name in ("others", "other"):
        before = lsa.sessions()
        check(f"two configurations: {name}", once(name, "alice") == "SERVICE_ERR" and lsa.sessions() == before)
    for name in ("nolsa", "ghost", "no-such-name", "locked", "alice"):
        with enter("usual", name) as pam_login:
            pam_login.do("authenticate", say=["wrong"])
            check(f"{name} is asked like everybody", pam_login.asked == 1)
    with enter("usual", "alice") as pam_login:
        check("nobody answers", pam_login.do("authenticate") == "CONV_ERR")
    lsa.run("user", "unlock", "alice")

    # --- who may be whom ---------------------------------------------------------------------

    for name in ("root", "svc", "nobody"):
        with enter("usual", name) as pam_login:
            check(f"{name} is no account of ours", pam_login.do("authenticate", say=[PASSWORD]) == "USER_UNKNOWN")
            check(f"{name} is not even asked", pam_login.asked == 0)
    denied("below min_uid", "high", "alice", "USER_UNKNOWN")
    denied("mapped to another", "usual", "bob", "PERM_DENIED")
    denied("mapped to another, change due", "usual", "moved", "PERM_DENIED")
    for name in ("ROOT", "Alice", f"{box}\\root", "root@" + box, "alice@" + box, ".\\root", "alice.", "r\\o\\o\\t", "a" * 600, "é",
                 "alic\u0065\u0301", "\x01"):
        before = lsa.sessions()
        got = once("usual", name)
        check(f"{name[:20]!a}", got in ("AUTH_ERR", "USER_UNKNOWN", "AUTHINFO_UNAVAIL") and lsa.sessions() == before, got)
    configure(place, lsa, box)
    denied("no rule maps her", "usual", "alice", "PERM_DENIED")
    configure(place, lsa, box, f"map_nss = {box}\nmap_least_uid = nothing\n")
    denied("rules that are malformed", "usual", "alice", "PERM_DENIED")
    configure(place, lsa, box, f"map_nss = {box}\nmode = sideways\n")
    denied("a configuration that is not understood", "usual", "alice", "AUTHINFO_UNAVAIL")
    configure(place, lsa, box, f"map_nss = {box}\nmode = embedded\n")
    check("never embedded", once("usual", "alice") == "SUCCESS")
    configure(place, lsa, box, f"map_nss = {box}\n")
    with enter("usual", "alice") as pam_login:
        pam_login.do("authenticate", say=[PASSWORD])
        pam_login.do("user", "carol")
        check("PAM means another: credentials", pam_login.do("setcred") == "CRED_ERR")
        check("PAM means another: account", pam_login.do("account") == "PERM_DENIED")
        check("PAM means another: session", pam_login.do("open") == "SESSION_ERR")
        check("another, wrong password", pam_login.do("authenticate", say=["wrong"]) == "AUTH_ERR")
        check("the first one's stay is over", lsa.sessions() == calm)

    # --- blank passwords ---------------------------------------------------------------------

    denied("blank", "usual", "blank", "AUTH_ERR", "")
    check("blank, nullok", once("nullok", "blank", "") == "SUCCESS")
    check("blank, but the program says no", once("nullok", "blank", "", "blank") == "AUTH_ERR")
    denied("blank for one who has a password", "nullok", "alice", "AUTH_ERR", "")
    lsa.run("user", "unlock", "alice")

    # --- passwords of modules before ------------------------------------------------------------

    with enter("twice", "alice") as pam_login:
        check("use_first_pass", pam_login.do("authenticate", say=[PASSWORD]) == "SUCCESS" and pam_login.asked == 1)
    with enter("alone", "alice") as pam_login:
        check("use_first_pass without one", pam_login.do("authenticate", say=[PASSWORD]) == "AUTH_ERR" and not pam_login.asked)
    with enter("again", "alice") as pam_login:
        check("try_first_pass asks again", pam_login.do("authenticate", say=["wrong", PASSWORD]) == "SUCCESS" and
              pam_login.asked == 2)
    check("a stack goes on", once("unknown", "nolsa") == "SUCCESS")

    # --- a password that must be changed ----------------------------------------------------------

    with enter("usual", "due") as pam_login:
        check("due: the password is right", pam_login.do("authenticate", say=[PASSWORD]) == "SUCCESS")
        check("due: nobody is logged on", lsa.sessions() == calm)
        check("due: account", pam_login.do("account") == "NEW_AUTHTOK_REQD")
        check("due: no credentials", pam_login.do("setcred") == "CRED_EXPIRED")
        check("due: no session", pam_login.do("open") == "SESSION_ERR")
        check("due: wrong old", pam_login.do("expired", say=["wrong", "New-1", "New-1"]) == "AUTH_ERR" and pam_login.asked == 1)
        check("due: they differ", pam_login.do("expired", say=[PASSWORD, "New-1", "New-2"]) == "AUTHTOK_ERR" and
              "differ" in pam_login.told)
        check("due: still not", pam_login.do("open") == "SESSION_ERR")
        check("due: changed", pam_login.do("expired", say=[PASSWORD, "New-1", "New-1"]) == "SUCCESS")
        check("due: logged on now", lsa.sessions() == calm + 1)
        for each in ("account", "setcred", "open"):
            check(f"due: {each} now", pam_login.do(each) == "SUCCESS")
        check("due: no second change", pam_login.do("expired", say=["New-1", "New-2", "New-2"]) in ("IGNORE", "PERM_DENIED"))
    check("due: the new password", once("usual", "due", "New-1") == "SUCCESS")
    denied("due: the old password", "usual", "due", "AUTH_ERR")

    # --- a program that is not root --------------------------------------------------------------

    if os.geteuid() == 0:
        os.chmod(place, 0o755)
        os.mkdir(f"{place}/theirs")
        shutil.copy(login, f"{place}/theirs/login")
        shutil.copy(module, f"{place}/theirs")
        with open(f"{place}/pam.d/locker", "w", encoding="utf-8") as f:
            for kind in ("auth", "account", "session", "password"):
                f.write(f"{kind} required {place}/theirs/pam_lsa.so config={place}/conf\n")
        for name, word, want in (("alice", PASSWORD, "SUCCESS"), ("alice", "wrong", "AUTH_ERR"), ("nolsa", PASSWORD, "AUTH_ERR"),
                                 ("locked", PASSWORD, "AUTH_ERR"), ("bob", PASSWORD, "PERM_DENIED"), ("moved", PASSWORD, "AUTHTOK_EXPIRED")):
            with pam.Login(f"{place}/theirs/login", "locker", name, environment, user=3001, group=3001, extra_groups=[]) as locker:
                got = locker.do("authenticate", say=[word])
                check(f"not root: {name}, {word}: {want}", got == want, got)
                if want == "SUCCESS":
                    check("not root: a stay", locker.do("account") == "SUCCESS" and lsa.sessions() == calm + 1)
        with pam.Login(f"{place}/theirs/login", "locker", "alice", environment, user=3001, group=3001, extra_groups=[]) as locker:
            check("not root: no account without a stay", locker.do("account") == "PERM_DENIED")
            check("not root: a new password by the old one", locker.do("password", say=[PASSWORD, "x-1", "x-1"]) == "SUCCESS")
        lsa.run("user", "passwd", "alice", text=PASSWORD + "\n")

    # --- a new password ------------------------------------------------------------------------------

    as_root = os.geteuid() == 0
    with enter("usual", "alice") as pam_login:
        if as_root:
            check("a real uid that is not root", pam_login.do("real", "3001") == "SUCCESS")
        got = pam_login.do("password", say=["wrong", "New-2", "New-2"])
        check("change, wrong old", got == "AUTH_ERR" and pam_login.asked == 1, got)
        check("change, blank new", pam_login.do("password", say=[PASSWORD, "", ""]) == "AUTHTOK_ERR")
        got = pam_login.do("password", say=[PASSWORD, "New-2", "New-2"])
        check("change", got == "SUCCESS" and pam_login.asked == 3, got, pam_login.asked)
        check("change, somebody's", pam_login.do("user", "nolsa") == "SUCCESS" and
              pam_login.do("password", say=[PASSWORD, "New-2", "New-2"]) == "AUTH_ERR")
    check("changed", once("usual", "alice", "New-2") == "SUCCESS")
    with enter("authtok", "alice") as pam_login:
        if as_root:
            pam_login.do("real", "3001")
        got = pam_login.do("password", say=["New-2", "New-3", "New-3"])
        check("use_authtok without one", got == "AUTHTOK_RECOVERY_ERR" and pam_login.asked == 1, got)
    if as_root:
        with enter("usual", "alice") as pam_login:
            got = pam_login.do("password", say=["New-3", "New-3"])
            check("root need not know the old one", got == "SUCCESS" and pam_login.asked == 2, got)
        check("root's", once("usual", "alice", "New-3") == "SUCCESS")
        with enter("usual", "locked") as pam_login:
            check("root may for a locked account", pam_login.do("password", say=["New-3", "New-3"]) == "SUCCESS")
        with enter("usual", "bob") as pam_login:
            check("but not for another's account", pam_login.do("password", say=["New-3", "New-3"]) == "PERM_DENIED")
        with enter("blanks", "alice") as pam_login:
            check("a blank one, where allowed", pam_login.do("password", say=["", ""]) == "SUCCESS")
    lsa.run("user", "passwd", "alice", text=PASSWORD + "\n")
    for name in ("root", "svc"):
        got = once("usual", name, step="password")
        check(f"{name}'s password is not ours", got in ("IGNORE", "PERM_DENIED"), got)

    # --- who was let in by others --------------------------------------------------------------------

    for name, want in (("alice", "SUCCESS"), ("nolsa", "SUCCESS"), ("root", "SUCCESS"), ("gone", "ACCT_EXPIRED"),
                       ("locked", "PERM_DENIED"), ("bob", "PERM_DENIED"), ("no-such-name", "USER_UNKNOWN")):
        got = once("ignored", name, step="account")
        check(f"account of {name}: {want}", got == want, got)
    check("account, alone and not ours", once("usual", "nolsa", step="account") == "PERM_DENIED")
    check("account, told", once("tell", "locked", step="account") == "MAXTRIES")
    with enter("usual", "alice") as pam_login:
        check("no session for who was let in by others", pam_login.do("open") == "SUCCESS" and lsa.sessions() == calm)
    for name, more, want in (("alice", 1, "SUCCESS"), ("nolsa", 0, "SUCCESS"), ("root", 0, "SUCCESS"),
                             ("locked", 0, "SESSION_ERR"), ("bob", 0, "SESSION_ERR")):
        with enter("vouch", name) as pam_login:
            got = pam_login.do("open")
            check(f"vouched for {name}: {want}", got == want and lsa.sessions() == calm + more, got)
            pam_login.do("close")
            check(f"vouched for {name}: over", lsa.sessions() == calm)

    # --- the environment is not heard ------------------------------------------------------------------

    false_lsa.start()
    false_lsa.user("alice", "Stolen-1")
    hostile = {"OPENLSA_SOCKET": false_lsa.socket, "OPENLSA_MODE": "embedded", "OPENLSA_STATE": f"{place}/hostile-state",
               "OPENLSA_TRACE": f"{place}/trace", "XDG_STATE_HOME": f"{place}/xdg", "HOME": f"{place}/home",
               "OPENSSL_CONF": f"{place}/openssl.cnf", "KRB5_CONFIG": f"{place}/krb5.conf", "KRB5CCNAME": f"{place}/cc",
               "KRB5_TRACE": f"{place}/krb5-trace"}
    for variables in [hostile] + [{k: v} for k, v in hostile.items()] + [{"OPENLSA_MODE": "daemon"}, {"OPENLSA_MODE": "x"}]:
        told = " ".join(variables) if len(variables) == 1 else "all of them"
        got = [once("usual", "alice", PASSWORD, **variables), once("usual", "alice", "Stolen-1", **variables)]
        check(f"environment: {told}", got == ["SUCCESS", "AUTH_ERR"], got)
        lsa.run("user", "unlock", "alice")
    left = [name for name in ("hostile-state", "trace", "xdg", "home", "cc", "krb5-trace") if os.path.exists(f"{place}/{name}")]
    check("nothing was made", not left, left)
    check("the other LSA was not asked", false_lsa.sessions() == calm)
    false_lsa.stop()

    # --- no daemon -----------------------------------------------------------------------------------------

    with enter("usual", "alice") as pam_login:
        pam_login.do("authenticate", say=[PASSWORD])
        lsa.stop()
        check("the daemon goes first", pam_login.do("open") == "SUCCESS" and pam_login.do("close") == "SUCCESS")
        since = time.monotonic()
        check("no daemon", pam_login.do("authenticate", say=[PASSWORD]) == "AUTHINFO_UNAVAIL")
        check("no daemon, account", pam_login.do("account") == "AUTHINFO_UNAVAIL")
        check("no daemon, password", pam_login.do("password", say=[PASSWORD, "x", "x"]) == "TRY_AGAIN")
        check("nobody waits for it", time.monotonic() < since + 5, time.monotonic() - since)
        lsa.start()
        check("it is back", pam_login.do("authenticate", say=[PASSWORD]) == "SUCCESS")
    lsa.stop()

interop.end()
