"""stack_test.py - Debian's own su and passwd, set-uid, and login, with
pam_lsa.so in their stacks: in a mount namespace with an /etc/passwd, a /run
and an /etc/pam.d of its own. The caller's environment is hostile, and changes
nothing. login has the stacks that pam-auth-update makes of
dist/openlsa.pam-config. Covers src/pam, src/secur32/deaf.c. As root.

    stack_test.py PAM_LSA MARK LSAD LSACTL
"""
import os
import pty
import select
import shutil
import signal
import stat
import subprocess
import sys
import time

import pam
from pam import PASSWORD, check, interop

module, mark, lsad, lsactl = map(os.path.abspath, sys.argv[1:5])
INSIDE = "OPENLSA_TEST_INSIDE"
USERS = {"root": 0, "alice": 3001, "mallory": 3100, "bob": 3002, "due": 3003, "unixer": 3004}
PROFILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "dist", "openlsa.pam-config")
UNIX_PASSWORD = "Unix-Only-5"
MALLORY = 3100


def enter(*set_uid):
    """The running test once more, in a namespace; 77 where there can be none."""
    if os.geteuid() != 0:
        interop.skip("only root can make a namespace with an /etc of its own")
    interop.need("unshare", "su", "passwd", "login", "strace", "cc", "openssl")
    for program in set_uid:
        if not os.stat(shutil.which(program)).st_mode & stat.S_ISUID:
            interop.skip(f"{program} is not set-uid")
    tried = subprocess.run(["unshare", "--mount", "sh", "-c", "mount --make-rprivate / && mount -t tmpfs none /run && "
                            "mount --bind /etc/passwd /etc/group"], stderr=subprocess.PIPE, check=False)
    if tried.returncode:
        interop.skip(f"no mount namespace can be made here: {tried.stderr.decode().strip()}")
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv],
                          env=dict(os.environ, **{INSIDE: "1"}), check=False)
    sys.exit(done.returncode)


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def bind(work, name, text, mode=0o644):
    write(f"{work}/{name}", text, mode)
    subprocess.run(["mount", "--bind", f"{work}/{name}", f"/etc/{name}"], check=True)


def common(work):
    """login's stacks: what pam-auth-update makes of Debian's profile and ours."""
    root = f"{work}/root"
    for folder in ("usr/share/pam-configs", "usr/share/pam", "etc/pam.d", "var/lib/pam"):
        os.makedirs(f"{root}/{folder}")
    shutil.copy("/usr/share/pam-configs/unix", f"{root}/usr/share/pam-configs")
    shutil.copy(PROFILE, f"{root}/usr/share/pam-configs/openlsa")
    for name in os.listdir("/usr/share/pam"):
        shutil.copy(f"/usr/share/pam/{name}", f"{root}/usr/share/pam")
    done = subprocess.run(["pam-auth-update", "--root", root, "--package", "--force", "--enable", "openlsa"], check=False,
                          env=dict(os.environ, DEBIAN_FRONTEND="noninteractive", PATH="/usr/sbin:/usr/bin:/sbin:/bin"),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check("pam-auth-update takes the profile", done.returncode == 0, done.stdout.decode())
    lines = []
    for kind in ("auth", "account", "session", "password"):
        with open(f"{root}/etc/pam.d/common-{kind}", encoding="utf-8") as f:
            lines += [line.replace("pam_lsa.so", f"{module} config={work}/conf") for line in f if line.startswith(kind)]
    check("the profile is in all four stacks", sum(module in line for line in lines) == 4, *lines)
    write(f"{work}/pam.d/login", "".join(lines))


def furnish(work):
    """An /etc with users and services of ours, and an empty /run."""
    bind(work, "passwd", "".join(f"{n}:x:{u}:{u}:{n}:/:/bin/sh\n" for n, u in USERS.items()) + "nobody:x:65534:65534::/:/bin/false\n"
         "sshd:x:105:65534::/run/sshd:/bin/false\n")
    bind(work, "group", "".join(f"{n}:x:{u}:\n" for n, u in USERS.items()) + "tty:x:5:\nshadow:x:42:\nnogroup:x:65534:\n")
    crypted = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=UNIX_PASSWORD, text=True, stdout=subprocess.PIPE,
                             check=True).stdout.strip()
    bind(work, "shadow", "".join(f"{n}:{crypted if n in ('root', 'unixer') else '*'}:19000:0:99999:7:::\n" for n in USERS), 0o600)
    bind(work, "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n")
    os.mkdir(f"{work}/pam.d")
    line = f"required {module} config={work}/conf"
    for service in ("su", "passwd", "other"):
        write(f"{work}/pam.d/{service}", "".join(f"{kind} {line}\n" for kind in ("auth", "account", "session", "password")))
    common(work)
    subprocess.run(["mount", "--bind", f"{work}/pam.d", "/etc/pam.d"], check=True)
    for folder in ("/run", "/var/log"):
        subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
    os.mkdir("/run/lsad")


def hostility(work, false_socket):
    """What mallory puts into her environment: each would do harm, if somebody listened."""
    home = f"{work}/mallory"
    write(f"{home}/evil.c", f"""#include <fcntl.h>
        __attribute__((constructor)) static void evil(void) {{ open("{home}/was-loaded", O_CREAT | O_WRONLY, 0666); }}\n""")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", f"{home}/evil.so", f"{home}/evil.c"], check=True)
    for name in ("libpam.so.0", "libcrypto.so.3", "libsecur32.so.0", "libkrb5.so.3"):
        shutil.copy(f"{home}/evil.so", f"{home}/{name}")
    write(f"{home}/openlsa.conf", f"mode = embedded\nsocket = {false_socket}\nlsad_uid = {MALLORY}\n")
    write(f"{home}/krb5.conf", f"[libdefaults]\ndefault_realm = EVIL\n[plugins]\nauth = {{ module = x:{home}/evil.so }}\n")
    write(f"{home}/openssl.cnf", f"openssl_conf = a\n[a]\nproviders = b\n[b]\ne = c\n[c]\nmodule = {home}/evil.so\nactivate = 1\n")
    shutil.chown(home, MALLORY)
    return {"OPENLSA_SOCKET": false_socket, "OPENLSA_MODE": "embedded", "OPENLSA_STATE": f"{home}/state",
            "OPENLSA_TRACE": f"{home}/trace", "OPENLSA_CONF": f"{home}/openlsa.conf", "XDG_STATE_HOME": f"{home}/xdg",
            "XDG_CONFIG_HOME": f"{home}/xdg", "HOME": home, "KRB5_CONFIG": f"{home}/krb5.conf", "KRB5CCNAME": f"{home}/cc",
            "KRB5_TRACE": f"{home}/krb5-trace", "OPENSSL_CONF": f"{home}/openssl.cnf", "OPENSSL_MODULES": home,
            "OPENSSL_ENGINES": home, "LD_PRELOAD": f"{home}/evil.so", "LD_LIBRARY_PATH": home, "LD_AUDIT": f"{home}/evil.so",
            "GCONV_PATH": home, "LOCPATH": home, "NSS_WRAPPER_PASSWD": f"{home}/passwd", "PAM_WRAPPER": "1",
            "PAM_WRAPPER_SERVICE_DIR": home, "TMPDIR": home, "MALLOC_TRACE": f"{home}/malloc", "HOSTALIASES": f"{home}/hosts",
            "RES_OPTIONS": "debug", "CREDENTIALS_DIRECTORY": home}


def ask(words, answers, env, uid=MALLORY):
    """A program of mallory's choice, with answers on its standard input, one after each question."""
    process = subprocess.Popen(words, env=dict(env, PATH="/usr/sbin:/usr/bin:/sbin:/bin"), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, user=uid, group=uid, extra_groups=[],
                               start_new_session=True)
    said = b""
    for answer in answers:
        until = time.monotonic() + 20
        os.set_blocking(process.stdout.fileno(), False)
        before = len(said)
        while b":" not in said[before:] and process.poll() is None and time.monotonic() < until:
            said += process.stdout.read() or b""
            time.sleep(0.01)
        try:
            process.stdin.write(answer.encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            break
    os.set_blocking(process.stdout.fileno(), True)
    try:
        rest, _ = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
    return process.returncode, (said + rest).decode(errors="replace")


def terminal(words, *steps):
    """A program on a terminal of its own: waits for a text, then types one, or looks around. The whole of what it said."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(words[0], words, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"})
    said, seen = b"", 0

    def more():
        ready, _, _ = select.select([master], [], [], 0.1)
        try:
            return os.read(master, 4096) if ready else None
        except OSError:                                 # the other end is gone
            return b""
    for wanted, typed in steps:
        until = time.monotonic() + 20
        while wanted.encode() not in said[seen:] and time.monotonic() < until:
            got = more()
            if got == b"":
                break
            said += got or b""
        if wanted.encode() not in said[seen:]:
            said += f"<no {wanted!r}>".encode()
            break
        seen = said.index(wanted.encode(), seen) + len(wanted)
        if callable(typed):
            typed()
        else:
            os.write(master, typed.encode() + b"\n")
    until = time.monotonic() + 5
    while time.monotonic() < until:
        got = more()
        if got == b"":
            break
        said += got or b""
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(master)
    os.waitpid(pid, 0)
    return said.decode(errors="replace")


def logging_in(lsa):
    """login: by an account, with a change that is due, by Unix's own password, and root without lsad."""
    calm = lsa.sessions()
    inside_sessions = []
    look = ("3001", lambda: inside_sessions.append(lsa.sessions()))
    said = terminal(["login", "alice"], ("assword:", PASSWORD), ("$", "id -u"), look, ("$", "exit"))
    check("login: alice is in", "<no" not in said, said)
    check("login: a session as long as she stays", inside_sessions == [calm + 1] and
          interop.wait_for(lambda: lsa.sessions() == calm), inside_sessions, lsa.sessions())
    said = terminal(["login", "due"], ("assword:", PASSWORD), ("urrent password:", PASSWORD), ("ew password:", "Fresh-9"),
                    ("etype new password:", "Fresh-9"), ("$", "id -u"), ("3003", lambda: inside_sessions.append(lsa.sessions())),
                    ("$", "exit"))
    check("login: a change that is due, on the way in", "<no" not in said, said)
    check("login: and a session", inside_sessions[1:] == [calm + 1] and interop.wait_for(lambda: lsa.sessions() == calm),
          inside_sessions)
    said = terminal(["login", "due"], ("assword:", "Fresh-9"), ("$", "id -u"), ("3003", "exit"))
    check("login: next time without", "<no" not in said, said)
    said = terminal(["login", "unixer"], ("assword:", UNIX_PASSWORD), ("$", "id -u"), ("3004", "exit"))
    check("login: a user of Unix alone", "<no" not in said, said)
    said = terminal(["login", "root"], ("assword:", PASSWORD), ("ncorrect", "\x04"))
    check("login: an account does not make him root", "<no" not in said, said)


def staying(lsa, env):
    """Somebody who stays: the logon session is there as long."""
    calm = lsa.sessions()
    with subprocess.Popen(["su", "alice", "-c", "id -u; read x"], env=dict(env, PATH="/usr/bin:/bin"), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, user=MALLORY, group=MALLORY, extra_groups=[],
                          start_new_session=True) as su:
        su.stdin.write(PASSWORD.encode() + b"\n")
        su.stdin.flush()
        check("su: she is alice", su.stdout.readline().strip() == b"3001")
        check("su: a session while she stays", lsa.sessions() == calm + 1)
        su.stdin.write(b"\n")
        su.stdin.flush()
        su.wait(timeout=30)
    check("su: no session behind her", interop.wait_for(lambda: lsa.sessions() == calm))


def quiet(work, env):
    """What su opens, seen from outside: nothing that mallory named."""
    trace = f"{work}/strace"
    words = [word for k, v in env.items() for word in ("-E", f"{k}={v}")]      # for su, not for strace
    done = subprocess.run(["strace", "-f", "-u", "mallory", "-e", "trace=%file,connect", "-s", "300", "-o", trace, *words, "--",
                           "su", "alice", "-c", "true"], env={"PATH": "/usr/bin:/bin"}, input=PASSWORD + "\n", text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    with open(trace, encoding="utf-8", errors="replace") as f:
        lines = f.read().splitlines()
    begin = next((i for i, line in enumerate(lines) if "execve(" in line and "/su\"" in line and line.endswith("= 0")), 0)
    # The shell that alice gets is hers, and not set-uid any more.
    end = next((i for i, line in enumerate(lines) if i > begin and "execve(" in line), len(lines))
    seen = lines[begin + 1:end]
    check("strace saw the module and the socket", any("pam_lsa.so" in x for x in seen) and
          any('"/run/lsad/lsad.sock"' in x for x in seen), done.returncode, done.stdout, *seen[-5:])
    check("su opens nothing that she named", not any("/mallory" in x for x in seen), *[x for x in seen if "/mallory" in x])


def inside():
    with interop.folder() as work:
        os.chmod(work, 0o755)
        os.mkdir(f"{work}/mallory")
        os.mkdir(f"{work}/false")
        shutil.chown(f"{work}/false", MALLORY)
        furnish(work)
        lsa = pam.Daemon(lsad, lsactl, work)
        lsa.socket = "/run/lsad/lsad.sock"
        lsa.env["OPENLSA_SOCKET"] = lsa.socket
        lsa.start()
        for name in ("alice", "root", "bob", "due"):
            lsa.user(name)
        lsa.stop()
        check("due is marked", os.spawnv(os.P_WAIT, mark, [mark, lsa.state, "due", "must-change"]) == 0)
        lsa.start()
        box = lsa.status()["computer"]
        write(f"{work}/users", f"{box}\\bob = 3001, 3001\n")
        write(f"{work}/conf", f"map_nss = {box}\nmap_file = {work}/users\n")
        calm = lsa.sessions()

        # --- what mallory brings -------------------------------------------------

        false_socket = f"{work}/false/s"
        log = open(f"{work}/false-log", "w", encoding="utf-8")      # pylint: disable=consider-using-with
        false = subprocess.Popen([lsad, "--foreground", "--socket", false_socket, "--state", f"{work}/false/state"],
                                 env=pam.CLEAN, stdout=log, stderr=log, user=MALLORY, group=MALLORY, extra_groups=[])
        check("a false LSA", interop.wait_for(lambda: os.path.exists(false_socket)))
        env = hostility(work, false_socket)
        false_env = dict(pam.CLEAN, OPENLSA_MODE="daemon", OPENLSA_SOCKET=false_socket)
        done = subprocess.run([lsactl, "-q", "user", "add", "alice"], env=false_env, input="Stolen-1\n", text=True, check=False,
                              user=MALLORY, group=MALLORY, extra_groups=[], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check("it has an alice of its own", done.returncode == 0, done.stdout)
        subprocess.run(["/bin/true"], env=env, user=MALLORY, group=MALLORY, check=False)
        check("where somebody listens, it does harm", os.path.exists(f"{work}/mallory/was-loaded"))
        os.unlink(f"{work}/mallory/was-loaded")

        # --- su ----------------------------------------------------------------------

        one_by_one = [{k: v} for k, v in env.items() if k.startswith("OPENLSA_")]
        for variables in [{}, env, *one_by_one]:
            told = "all of them" if len(variables) > 1 else " ".join(variables) or "none"
            code, said = ask(["su", "alice", "-c", "id -u"], [PASSWORD], variables)
            check(f"su, {told}: right", code == 0 and said.rstrip().endswith("3001"), code, said)
            code, said = ask(["su", "alice", "-c", "id -u"], ["Stolen-1"], variables)
            check(f"su, {told}: the false LSA's password", code != 0 and "3001" not in said, code, said)
            lsa.run("user", "unlock", "alice")
        for name in ("root", "bob"):
            code, said = ask(["su", name, "-c", "id -u"], [PASSWORD], env)
            check(f"su: an account does not make her {name}", code != 0 and "0\n" not in said and "300" not in said, code, said)
        staying(lsa, env)
        quiet(work, env)
        code, said = ask(["su", "alice", "-c", "id -u"], ["wrong"], {})
        check("su: wrong", code != 0 and "Authentication failure" in said, said)
        code, said = ask(["su", "alice", "-c", "id -u"], [PASSWORD], {k: v for k, v in env.items() if k[:2] != "LD"}, 0)
        check("su by root, not set-uid: hears nothing either", code == 0 and said.rstrip().endswith("3001"), said)
        code, said = ask(["su", "alice", "-c", "id -u"], ["Stolen-1"], {k: v for k, v in env.items() if k[:2] != "LD"}, 0)
        check("su by root: the false LSA's password", code != 0, said)
        lsa.run("user", "unlock", "alice")

        # --- passwd ------------------------------------------------------------------

        code, said = ask(["passwd"], [PASSWORD, "Fresh-1", "Fresh-1"], env, 3001)
        check("passwd: changed", code == 0, code, said)
        code, said = ask(["su", "alice", "-c", "id -u"], ["Fresh-1"], env)
        check("passwd: the new one", code == 0 and said.rstrip().endswith("3001"), said)
        code, said = ask(["passwd"], ["wrong", "Fresh-2", "Fresh-2"], env, 3001)
        check("passwd: not without the old one", code != 0, said)
        code, said = ask(["passwd"], [PASSWORD, "Fresh-2", "Fresh-2"], env, 3002)
        check("passwd: bob's own", code == 0, said)
        lsa.run("user", "unlock", "alice")

        lsa.run("user", "passwd", "alice", text=PASSWORD + "\n")
        logging_in(lsa)
        left = [n for n in ("was-loaded", "state", "trace", "xdg", "cc", "krb5-trace", "malloc") if os.path.exists(f"{work}/mallory/{n}")]
        # LD_PRELOAD is heard by what is not set-uid: the shell that was asked for, as alice.
        check("nothing of hers was used", not left or left == ["was-loaded"] and os.stat(f"{work}/mallory/was-loaded").st_uid == 3001, left,
              *[os.stat(f"{work}/mallory/{n}").st_uid for n in left])
        check("nobody stays", interop.wait_for(lambda: lsa.sessions() == calm))
        check("the false LSA ends", interop.stop(false) == 0)
        log.close()

        # --- without lsad ------------------------------------------------------------------

        lsa.stop()
        log_again = open(f"{work}/impostor-log", "w", encoding="utf-8")     # pylint: disable=consider-using-with
        since = time.monotonic()
        code, said = ask(["su", "alice", "-c", "id -u"], ["Fresh-1"], env)
        check("no daemon: nobody is let in", code != 0 and "3001" not in said, said)
        check("no daemon: at once", time.monotonic() < since + 8)

        # --- with somebody else in its place --------------------------------------------------

        shutil.chown("/run/lsad", MALLORY)
        impostor = subprocess.Popen([lsad, "--foreground", "--socket", lsa.socket, "--state", f"{work}/false/state"], env=pam.CLEAN,
                                    stdout=log_again, stderr=log_again, user=MALLORY, group=MALLORY, extra_groups=[])
        check("an LSA of hers at the built-in place", interop.wait_for(lambda: os.path.exists(lsa.socket)))
        for uid in (MALLORY, 0):
            code, said = ask(["su", "alice", "-c", "id -u"], ["Stolen-1"], {}, uid)
            check(f"an impostor lets nobody in, asked by {uid}", code != 0 and "3001" not in said, said)
        check("the impostor ends", interop.stop(impostor) == 0)
        said = terminal(["login", "root"], ("assword:", UNIX_PASSWORD), ("#", "id -u"), ("0", "exit"))
        check("no daemon: root gets in by his Unix password", "<no" not in said, said)
    interop.end()


if __name__ == "__main__":
    if os.environ.pop(INSIDE, None):
        inside()
    enter("su", "passwd")
