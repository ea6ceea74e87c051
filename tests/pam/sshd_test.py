"""sshd_test.py - OpenSSH's server with pam_lsa.so: a password, which its
monitor process judges; keyboard-interactive, judged in a process that ends
before the session begins; a key, for which only the session is ours. In the
namespace of stack_test.py, where sshd is installed. As root.

    sshd_test.py PAM_LSA MARK LSAD LSACTL
"""
import os
import subprocess
import sys

import pam
import stack_test as stack
from pam import PASSWORD, check, interop


def configure(work, port):
    for name in ("host", "alice"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{work}/{name}-key"], check=True)
    os.mkdir("/run/sshd")
    stack.write(f"{work}/sshd_config", f"""Port {port}
ListenAddress 127.0.0.1
HostKey {work}/host-key
PidFile none
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication yes
AuthorizedKeysFile {work}/alice-key.pub
StrictModes no
LogLevel DEBUG1
PrintMotd no
""")
    line = f"required {stack.module} config={work}/conf"
    stack.write(f"{work}/pam.d/sshd", f"auth {line}\naccount {line}\nsession {line} vouch\npassword {line}\n")


def client(work, port, how, user, command, password=""):
    stack.write(f"{work}/askpass", "#!/bin/sh\necho \"$TYPED\"\n", 0o755)
    return subprocess.Popen(["ssh", "-p", str(port), "-F", "none", "-o", f"PreferredAuthentications={how}", "-o", "StrictHostKeyChecking=no",
                             "-o", "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", "-o", "IdentitiesOnly=yes", "-i",
                             f"{work}/alice-key", f"{user}@127.0.0.1", command],
                            env={"PATH": "/usr/bin:/bin", "TYPED": password, "SSH_ASKPASS": f"{work}/askpass", "SSH_ASKPASS_REQUIRE": "force"},
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def refused(work, port, how, user, password=""):
    with client(work, port, how, user, "id -u", password) as ssh:
        out, said = ssh.communicate(timeout=60)
    return ssh.returncode == 255 and not out, out, said[-300:]


def ways(lsa, work, port):
    calm = lsa.sessions()
    for how in ("password", "keyboard-interactive", "publickey"):
        with client(work, port, how, "alice", "id -u; read x", PASSWORD) as ssh:
            check(f"{how}: she is alice", ssh.stdout.readline().strip() == b"3001", *([ssh.stderr.read()] if ssh.poll() else []))
            check(f"{how}: one session while she stays", lsa.sessions() == calm + 1, lsa.sessions())
            ssh.communicate(b"\n", timeout=60)
        check(f"{how}: no session behind her", interop.wait_for(lambda: lsa.sessions() == calm), lsa.sessions())
    for how in ("password", "keyboard-interactive"):
        for user, password in (("alice", "wrong"), ("alice", "Stolen-1"), ("bob", PASSWORD), ("root", PASSWORD), ("nobody-here", PASSWORD)):
            good, *said = refused(work, port, how, user, password)
            check(f"{how}: {user} with {password}", good, *said)
        lsa.run("user", "unlock", "alice")
    lsa.run("user", "lock", "alice")
    good, *said = refused(work, port, "publickey", "alice")
    check("publickey: a locked account has no way in", good, *said)
    lsa.run("user", "unlock", "alice")
    check("no session is left", interop.wait_for(lambda: lsa.sessions() == calm))


def inside():
    with interop.folder() as work:
        os.chmod(work, 0o755)
        os.mkdir(f"{work}/mallory")
        stack.furnish(work)
        port = 20000 + os.getpid() % 12000
        configure(work, port)
        lsa = pam.Daemon(stack.lsad, stack.lsactl, work)
        lsa.socket = "/run/lsad/lsad.sock"
        lsa.env["OPENLSA_SOCKET"] = lsa.socket
        lsa.start()
        for name in ("alice", "root", "bob"):
            lsa.user(name)
        box = lsa.status()["computer"]
        stack.write(f"{work}/users", f"{box}\\bob = 3001, 3001\n")
        stack.write(f"{work}/conf", f"map_nss = {box}\nmap_file = {work}/users\n")
        with open(f"{work}/sshd-log", "w+", encoding="utf-8") as log:
            # Its own environment is no more heard than anybody's.
            sshd = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", f"{work}/sshd_config"], stdout=log, stderr=log,
                                    env=dict(pam.CLEAN, OPENLSA_MODE="embedded", OPENLSA_SOCKET=f"{work}/nothing", OPENLSA_STATE=f"{work}/none"))
            check("sshd serves", interop.wait_for(lambda: "listening on" in open(log.name, encoding="utf-8").read()))
            ways(lsa, work, port)
            interop.stop(sshd)
            check("nothing was made", not os.path.exists(f"{work}/none"))
            check("no password in sshd's log", PASSWORD not in open(log.name, encoding="utf-8").read())
        lsa.stop()
    interop.end()


if os.environ.pop(stack.INSIDE, None):
    inside()
if not os.path.exists("/usr/sbin/sshd"):
    interop.skip("sshd is not installed, and no test starts one on your machine for good")
interop.need("ssh", "ssh-keygen")
stack.enter()
