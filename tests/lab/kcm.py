#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kcm.py run COMMAND... - a daemon that keeps ticket caches (KCM), for COMMAND alone; its exit status.

In the environment of kdc.py. Each daemon that is installed has a turn: Heimdal's
(heimdal-kcm) and SSSD's (sssd-kcm, as root). Both want a fixed place in /run, so
each lives in a mount namespace with a /run of its own, which lies in KDC_DIR; the
others find its socket there by kcm_socket of krb5.conf(5). Needs no systemd, and
root or user namespaces. Exits with 77 (skipped) where neither daemon can run.

The environment: KRB5_CONFIG with kcm_socket before what it was; KRB5CCNAME=KCM:;
KCM_SOCKET, KCM_KIND (heimdal, sssd) and KCM_PID.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

SOCKET = ".heim_org.h5l.kcm-socket"
HEIMDAL = "/usr/sbin/kcm"
SSSD = "/usr/libexec/sssd/sssd_kcm"

# $1 is the folder that becomes /run.
SCRIPTS = {
    "heimdal": 'mount --bind "$1" "$(readlink -f /run)" && exec ' + HEIMDAL,
    "sssd": """mount --bind "$1" "$(readlink -f /run)" && mount -t tmpfs none /var/lib/sss && mount -t tmpfs none /etc/sssd &&
    mount -t tmpfs none /var/log/sssd &&
    mkdir -p /etc/sssd/conf.d /var/lib/sss/db /var/lib/sss/secrets /var/lib/sss/mc /var/lib/sss/pipes/private &&
    chmod 700 /var/lib/sss/db /var/lib/sss/secrets && umask 077 &&
    printf '[sssd]\\nservices =\\ndomains = none\\n[kcm]\\n[domain/none]\\nid_provider = proxy\\n' >/etc/sssd/sssd.conf &&
    { sssd --genconf-section=kcm || :; } && umask 022 && exec """ + SSSD + " --uid 0 --gid 0 --logger=stderr",
}


def answers(path):
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(path)
            return True
        except OSError:
            return False


def up(kind, where):
    """The daemon's process and its socket, or None."""
    run = f"{where}/kcm-{kind}"
    os.makedirs(run, exist_ok=True)
    own = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    with open(f"{run}.log", "w", encoding="utf-8") as log:
        daemon = subprocess.Popen([*own, "sh", "-c", SCRIPTS[kind], "kcm", run], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, env=dict(os.environ, KRB5_CONFIG=f"{where}/krb5.conf"))
    for _ in range(100):
        if daemon.poll() is not None:
            return None
        if answers(f"{run}/{SOCKET}"):
            return daemon, f"{run}/{SOCKET}"
        time.sleep(0.1)
    daemon.kill()
    daemon.wait()
    return None


def turn(kind, where, command):
    """The sum of its lines "N passed, N failed", or None where the daemon cannot run."""
    there = up(kind, where)
    if not there:
        print(f"kcm.py: {kind}'s daemon does not run here; see {where}/kcm-{kind}.log", file=sys.stderr)
        return None
    daemon, path = there
    conf = f"{where}/kcm-{kind}.conf"
    with open(conf, "w", encoding="utf-8") as f:
        f.write(f"[libdefaults]\n\tkcm_socket = {path}\n")
    env = dict(os.environ, KRB5_CONFIG=f"{conf}:{where}/krb5.conf", KRB5CCNAME="KCM:", KCM_SOCKET=path, KCM_KIND=kind,
               KCM_PID=str(daemon.pid))
    try:
        print(f"-- {kind}", flush=True)
        done = subprocess.run(command, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        print(done.stdout, flush=True)
    finally:
        daemon.send_signal(signal.SIGCONT)
        daemon.terminate()
        daemon.wait()
    sums = re.findall(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M)
    passed, failed = (int(n) for n in sums[-1]) if sums else (0, 1)
    return passed, failed if done.returncode == 0 else max(failed, 1)


def main():
    if len(sys.argv) < 3 or sys.argv[1] != "run":
        sys.exit(__doc__)
    if not shutil.which("unshare"):
        sys.exit(77)
    kinds = [k for k, path in (("heimdal", HEIMDAL), ("sssd", SSSD)) if os.path.exists(path)]
    sums = [s for s in (turn(k, os.environ["KDC_DIR"], sys.argv[2:]) for k in kinds
                        if k == "heimdal" or os.geteuid() == 0) if s]
    if not sums:
        sys.exit(77)
    failed = sum(s[1] for s in sums)
    print(f"{sum(s[0] for s in sums)} passed, {failed} failed")
    sys.exit(failed != 0)


main()
