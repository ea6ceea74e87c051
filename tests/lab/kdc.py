#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kdc.py - two throw-away MIT realms on loopback that trust each other.

    kdc.py run DIR COMMAND...   up, run with the environment below, down; its exit status
    kdc.py spoofed DIR COMMAND...   the same, and in the place of OPENLSA.TEST's KDC answers somebody else's, who knows
                                alice and host/localhost and has keys of his own; KDC_MODE=spoofed
    kdc.py keyless DIR COMMAND...   the same, and the services' keytab has clients' keys alone; KDC_MODE=keyless
    kdc.py up DIR               and stay; prints the environment as shell lines (also in DIR/env)
    kdc.py down DIR

Needs krb5-kdc, krb5-admin-server and krb5-user; neither root, nor a resolver,
nor a fixed port. Where they are not installed `run` exits with 77 (skipped).

    realms    OPENLSA.TEST, CHILD.OPENLSA.TEST
    users     fay (tickets of 8 s, renewable for 40 s); alice, bob (preauthentication), carol (password expired), dave (disabled); eve in CHILD
    services  HTTP host ldap cifs postgres on localhost (ok-as-delegate), HTTP/web.openlsa.test (not),
              host/aes128 host/aes256 host/sha128 host/sha256 host/rc4 .openlsa.test: one enctype each, session key too,
              HTTP/front.openlsa.test (may ask S4U2Self), host/svc.child.openlsa.test in CHILD

The environment: KRB5_CONFIG; KRB5_KTNAME (services), KRB5_CLIENT_KTNAME
(alice, bob, eve); KRB5CCNAME (FILE:DIR/cc, empty); KRB5RCACHEDIR; KDC_DIR,
KDC_PASSWORD (everybody's), KDC_REALM, KDC_PORT, KDC_CHILD_PORT, KPASSWD_PORT.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

REALM, CHILD, PASSWORD = "OPENLSA.TEST", "CHILD.OPENLSA.TEST", "Lab-Passw0rd"
ETYPES = {"aes128": "aes128-cts", "aes256": "aes256-cts", "sha128": "aes128-sha2", "sha256": "aes256-sha2",
          "rc4": "rc4-hmac"}


RESERVED = []


def free_port():
    """A port that is free for UDP and TCP, below those that the kernel gives to anybody who asks for none. It is ours
    before the KDC has it, too: two KDCs can have one UDP port, and the wrong one would answer."""
    while True:
        port = random.randrange(20000, 32000)
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                name.bind(f"\0openlsa-port-{port}")
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                RESERVED.append(name)
                return port
            except OSError:
                name.close()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def make_config(where, ports):
    write(f"{where}/krb5.conf", f"""[libdefaults]
	default_realm = {REALM}
	dns_lookup_kdc = false
	dns_lookup_realm = false
	dns_canonicalize_hostname = false
	rdns = false
	forwardable = true
	allow_weak_crypto = true
	allow_rc4 = true
	permitted_enctypes = aes256-cts aes128-cts aes256-sha2 aes128-sha2 rc4-hmac
	default_ccache_name = FILE:{where}/cc
[realms]
	{REALM} = {{
		kdc = 127.0.0.1:{ports[0]}
		kpasswd_server = 127.0.0.1:{ports[2]}
		admin_server = 127.0.0.1:{ports[3]}
	}}
	{CHILD} = {{
		kdc = 127.0.0.1:{ports[1]}
	}}
[domain_realm]
	.child.openlsa.test = {CHILD}
	.openlsa.test = {REALM}
	localhost = {REALM}
[plugins]
	ccselect = {{
		disable = k5identity
	}}
""")
    for n, realm in enumerate((REALM, CHILD, REALM)):
        write(f"{where}/kdc{n}.conf", f"""[kdcdefaults]
	kdc_listen = 127.0.0.1:{ports[n % 2]}
	kdc_tcp_listen = 127.0.0.1:{ports[n % 2]}
[realms]
	{realm} = {{
		database_module = db
		key_stash_file = {where}/stash{n}
		acl_file = {where}/acl
		max_life = 1d
		max_renewable_life = 7d
		supported_enctypes = aes256-cts:normal aes128-cts:normal aes256-sha2:normal aes128-sha2:normal rc4-hmac:normal
		host_based_services = *
		kpasswd_listen = 127.0.0.1:{ports[2]}
		kadmind_listen = 127.0.0.1:{ports[3]}
	}}
[dbmodules]
	db = {{
		db_library = db2
		database_name = {where}/db{n}
		disable_last_success = true
		disable_lockout = true
	}}
[logging]
	kdc = FILE:{where}/kdc{n}.log
	admin_server = FILE:{where}/kadmin.log
""")
    write(f"{where}/acl", f"alice@{REALM} c bob@{REALM}\n")      # alice may set bob's password, and nobody else's


def environment(where, ports):
    return {
        "KRB5_CONFIG": f"{where}/krb5.conf", "KRB5_KTNAME": f"FILE:{where}/service.keytab",
        "KRB5_CLIENT_KTNAME": f"FILE:{where}/client.keytab", "KRB5CCNAME": f"FILE:{where}/cc",
        "KRB5RCACHEDIR": where, "KDC_DIR": where, "KDC_PASSWORD": PASSWORD, "KDC_REALM": REALM,
        "KDC_PORT": str(ports[0]), "KDC_CHILD_PORT": str(ports[1]), "KPASSWD_PORT": str(ports[2]),
    }


def administer(where, env, n, realm, lines):
    env = dict(env, KRB5_KDC_PROFILE=f"{where}/kdc{n}.conf")
    log = open(f"{where}/make.log", "a", encoding="utf-8")
    if not os.path.exists(f"{where}/stash{n}"):
        subprocess.run(["kdb5_util", "-r", realm, "create", "-s", "-P", "master"], env=env, check=True, stdout=log,
                       stderr=log, stdin=subprocess.DEVNULL)
    subprocess.run(["kadmin.local", "-r", realm], env=env, check=True, stdout=log, stderr=log, text=True,
                   input="\n".join(lines) + "\n")


def fill(where, env):
    cross = [f"addprinc -pw cross krbtgt/{CHILD}@{REALM}", f"addprinc -pw cross krbtgt/{REALM}@{CHILD}"]
    services, clients = f"ktadd -norandkey -k {where}/service.keytab ", f"ktadd -norandkey -k {where}/client.keytab "
    lines = list(cross)
    for user in ("alice", "bob", "dave"):
        lines.append(f"addprinc +requires_preauth -pw {PASSWORD} {user}")
    lines += [f"addprinc +requires_preauth -pwexpire 2001-01-01 -pw {PASSWORD} carol", "modprinc -allow_tix dave",
              clients + "alice", clients + "bob",
              f'addprinc +requires_preauth -maxlife "8 seconds" -maxrenewlife "40 seconds" -pw {PASSWORD} fay']
    for service in ("HTTP", "host", "ldap", "cifs", "postgres"):
        lines += [f"addprinc -randkey +ok_as_delegate {service}/localhost", f"{services}{service}/localhost"]
    for name in ("HTTP/web.openlsa.test", "HTTP/front.openlsa.test"):
        lines += [f"addprinc -randkey {name}", services + name]
    lines.append("modprinc +ok_to_auth_as_delegate HTTP/front.openlsa.test")
    for name, etype in ETYPES.items():
        host = f"host/{name}.openlsa.test"
        lines += [f"addprinc -randkey -e {etype}:normal {host}", f"setstr {host} session_enctypes {etype}",
                  services + host]
    administer(where, env, 0, REALM, lines)
    administer(where, env, 1, CHILD, cross + [
        f"addprinc +requires_preauth -pw {PASSWORD} eve", f"{clients}eve",
        "addprinc -randkey host/svc.child.openlsa.test", f"{services}host/svc.child.openlsa.test"])


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def start(where, env, ports):
    """The daemons, in sessions of their own; None where one does not listen: somebody else may have its port."""
    running = []
    out = open(f"{where}/daemons.log", "a", encoding="utf-8")
    for n, words, port in ((0, ["krb5kdc", "-r", REALM, "-n"], ports[0]), (1, ["krb5kdc", "-r", CHILD, "-n"], ports[1]),
                           (0, ["kadmind", "-r", REALM, "-nofork"], ports[2])):
        daemon = subprocess.Popen(words, env=dict(env, KRB5_KDC_PROFILE=f"{where}/kdc{n}.conf"), stdout=out, stderr=out,
                                  stdin=subprocess.DEVNULL, start_new_session=True)
        running.append((daemon, port))
    for daemon, port in running:
        until = time.monotonic() + 20
        while not listens(port):
            if daemon.poll() is not None or time.monotonic() > until:
                stop([d.pid for d, _ in running])
                return None
            time.sleep(0.02)
    return [daemon.pid for daemon, _ in running]


def stop(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    until = time.monotonic() + 5
    for pid in pids:
        while time.monotonic() < until:
            try:
                if os.waitpid(pid, os.WNOHANG)[0]:
                    break
            except ChildProcessError:
                try:
                    os.kill(pid, 0)
                except ProcessLookupError:
                    break
            time.sleep(0.01)


def up(where):
    """Makes the realms once; their ports are new each time. Returns the environment and the daemons."""
    where = os.path.abspath(where)
    os.makedirs(where, exist_ok=True)
    for _ in range(5):
        ports = [free_port() for _ in range(4)]
        make_config(where, ports)
        env = dict(os.environ, **environment(where, ports))
        if not os.path.exists(f"{where}/made"):
            for name in os.listdir(where):
                if name.startswith(("db", "stash")) or name.endswith(".keytab"):
                    os.unlink(f"{where}/{name}")
            fill(where, env)
            write(f"{where}/made", "")
        pids = start(where, env, ports)
        if pids:
            break
    else:
        sys.exit(f"kdc.py: a daemon does not listen: see {where}/daemons.log")
    write(f"{where}/pids", " ".join(map(str, pids)))
    write(f"{where}/env", "".join(f"export {k}='{v}'\n" for k, v in environment(where, ports).items()))
    return env, pids


def spoof(where, env, pids):
    """The KDC goes, and another takes its port: it chose everybody's keys itself."""
    stop(pids[:1])
    if not os.path.exists(f"{where}/stash2"):
        administer(where, env, 2, REALM, [f"addprinc +requires_preauth -pw {PASSWORD} alice", "addprinc -randkey host/localhost"])
    with open(f"{where}/daemons.log", "a", encoding="utf-8") as out:
        daemon = subprocess.Popen(["krb5kdc", "-r", REALM, "-n"], env=dict(env, KRB5_KDC_PROFILE=f"{where}/kdc2.conf"),
                                  stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
    pids[0] = daemon.pid
    until = time.monotonic() + 20
    while not listens(int(env["KDC_PORT"])):
        if daemon.poll() is not None or time.monotonic() > until:
            stop(pids)
            sys.exit(f"kdc.py: the other KDC does not listen: see {where}/daemons.log")
        time.sleep(0.02)


def down(where):
    try:
        with open(f"{where}/pids", encoding="utf-8") as f:
            stop([int(word) for word in f.read().split()])
        os.unlink(f"{where}/pids")
    except FileNotFoundError:
        pass


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if len(sys.argv) < 3 or sys.argv[1] not in ("run", "spoofed", "keyless", "up", "down"):
        sys.exit(__doc__)
    verb, where = sys.argv[1:3]
    if verb == "down":
        return down(where)
    for program in ("krb5kdc", "kadmind", "kadmin.local", "kdb5_util"):
        if not shutil.which(program):
            print(f"kdc.py: {program} is not installed (krb5-kdc, krb5-admin-server)")
            sys.exit(77)
    env, pids = up(where)
    if verb == "up":
        with open(f"{os.path.abspath(where)}/env", encoding="utf-8") as f:
            print(f.read(), end="")
        return None
    try:
        env["KDC_MODE"] = verb
        if verb == "spoofed":
            spoof(os.path.abspath(where), env, pids)
        if verb == "keyless":
            env["KRB5_KTNAME"] = env["KRB5_CLIENT_KTNAME"]
        sys.exit(subprocess.run(sys.argv[3:], env=env, check=False).returncode)
    finally:
        stop(pids)


if __name__ == "__main__":
    main()
