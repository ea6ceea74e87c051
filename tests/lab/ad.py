#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ad.py - a throw-away Active Directory (Samba) on a loopback address of its own.

    ad.py run DIR COMMAND...    up, run with the environment below, down; its exit status
    ad.py up DIR                and stay; prints the environment as shell lines (also in DIR/env)
    ad.py down DIR

Needs Debian's samba, samba-ad-provision, samba-dsdb-modules, winbind, python3-samba,
libnss-wrapper, and root: a domain controller cannot leave its ports (88 135 389 445 464
636 3268), so it gets the address 127.0.0.21. Where something is missing `run` exits
with 77 (skipped). About 8 s the first time, 1 s later.

    domain    AD.OPENLSA.TEST (OPENLSAD), dc1.ad.openlsa.test
    users     Administrator, alice, bob (may not be delegated), disabled (is), all with AD_PASSWORD;
              group staff: alice, bob; group above: staff
    machine   labhost$, host/labhost.ad.openlsa.test; constrained delegation with protocol transition to HTTP/web...
    services  http-svc: HTTP/localhost host/localhost HTTP/web.ad.openlsa.test; front-svc:
              HTTP/front.ad.openlsa.test, constrained delegation with protocol transition to HTTP/web... and cifs/dc1...
    keytabs   DIR/http.keytab, DIR/front.keytab, DIR/host.keytab

    ad.py groups SMB_CONF NAME  the SIDs of an account and of its groups as the directory itself counts them (tokenGroups)

The environment: KRB5_CONFIG, KRB5CCNAME (FILE:DIR/cc), KRB5_KTNAME (http.keytab), KRB5RCACHEDIR, AD_DIR, AD_PASSWORD,
AD_REALM, AD_DOMAIN, AD_ADDR, AD_SMB_CONF. Names are resolved, and the domain's own winbindd is found, by programs
that run with LD_PRELOAD=$AD_PRELOAD (nss_wrapper).
"""
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

REALM, DOMAIN, PASSWORD, ADDRESS = "AD.OPENLSA.TEST", "OPENLSAD", "Lab-Passw0rd", "127.0.0.21"
PRELOAD = "libnss_wrapper.so"
MADE = "2"                              # a directory that was made otherwise is made anew
PYTHON = "/usr/bin/python3"             # Debian's own: it has Samba's modules
SERVICES = {"http": ("http-svc", ["HTTP/localhost", "host/localhost", "HTTP/web.ad.openlsa.test"]),
            "front": ("front-svc", ["HTTP/front.ad.openlsa.test"])}


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def configure(where):
    for name in "log run cache lock private state winbindd ntp sysvol share".split():
        os.makedirs(f"{where}/{name}", exist_ok=True)
    write(f"{where}/smb.conf", f"""[global]
	netbios name = DC1
	realm = {REALM}
	workgroup = {DOMAIN}
	server role = active directory domain controller
	interfaces = {ADDRESS}/8
	bind interfaces only = yes
	private dir = {where}/private
	lock directory = {where}/lock
	state directory = {where}/state
	cache directory = {where}/cache
	pid directory = {where}/run
	binddns dir = {where}/lock
	ncalrpc dir = {where}/run/ncalrpc
	ntp signd socket directory = {where}/ntp
	winbindd socket directory = {where}/winbindd
	usershare path = {where}/lock
	log file = {where}/log/%m.log
	log level = 1
	server services = s3fs, rpc, ldap, cldap, kdc, winbindd
	dcerpc endpoint servers = epmapper, wkssvc, samr, netlogon, lsarpc, drsuapi, dssetup
	disable netbios = yes
	smb ports = 445
	load printers = no
	prefork children = 1
	ntlm auth = ntlmv2-only
	template shell = /bin/false
[sysvol]
	path = {where}/sysvol
	read only = no
[netlogon]
	path = {where}/sysvol/{REALM.lower()}/scripts
	read only = no
[share]
	path = {where}/share
	read only = no
""")
    write(f"{where}/krb5.conf", f"""[libdefaults]
	default_realm = {REALM}
	dns_lookup_kdc = false
	dns_lookup_realm = false
	dns_canonicalize_hostname = false
	rdns = false
	forwardable = true
[realms]
	{REALM} = {{
		kdc = {ADDRESS}:88
		kpasswd_server = {ADDRESS}:464
	}}
[domain_realm]
	.ad.openlsa.test = {REALM}
	ad.openlsa.test = {REALM}
	localhost = {REALM}
""")
    write(f"{where}/hosts", f"{ADDRESS} dc1.ad.openlsa.test dc1 ad.openlsa.test\n"
          "127.0.0.1 localhost web.ad.openlsa.test front.ad.openlsa.test\n")


def environment(where):
    return {
        "KRB5_CONFIG": f"{where}/krb5.conf", "KRB5CCNAME": f"FILE:{where}/cc",
        "KRB5_KTNAME": f"FILE:{where}/http.keytab", "KRB5RCACHEDIR": where, "AD_DIR": where,
        "AD_PASSWORD": PASSWORD, "AD_REALM": REALM, "AD_DOMAIN": DOMAIN, "AD_ADDR": ADDRESS,
        "AD_SMB_CONF": f"{where}/smb.conf", "AD_PRELOAD": PRELOAD, "NSS_WRAPPER_HOSTS": f"{where}/hosts",
        "NSS_WRAPPER_PASSWD": "/etc/passwd", "NSS_WRAPPER_GROUP": "/etc/group",
        "SELFTEST_WINBINDD_SOCKET_DIR": f"{where}/winbindd",
    }


def run(where, words):
    with open(f"{where}/make.log", "a", encoding="utf-8") as log:
        if subprocess.run(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False).returncode:
            sys.exit(f"ad.py: {words[0]} failed: see {where}/make.log")


def people(conf):
    """Run by Debian's Python: users, services and what they may do."""
    import samba.getopt                                         # pylint: disable=import-outside-toplevel,unused-import
    from samba import param                                     # pylint: disable=import-outside-toplevel
    from samba.auth import system_session                       # pylint: disable=import-outside-toplevel
    from samba.samdb import SamDB                               # pylint: disable=import-outside-toplevel
    import ldb                                                  # pylint: disable=import-outside-toplevel
    lp = param.LoadParm()
    lp.load(conf)
    db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(), lp=lp)

    def change(name, **values):
        dn = db.search(expression=f"(sAMAccountName={name})", attrs=["userAccountControl"])[0]
        message = ldb.Message(dn.dn)
        for key, value in values.items():
            if key == "flags":
                key, value = "userAccountControl", str(int(str(dn["userAccountControl"])) | value)
            message[key] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, key)
        db.modify(message)

    for user in ("alice", "bob", "disabled", "http-svc", "front-svc"):
        db.newuser(user, PASSWORD)
    db.newgroup("staff")
    db.add_remove_group_members("staff", ["alice", "bob"])
    db.newgroup("above")
    db.add_remove_group_members("above", ["staff"])
    db.newcomputer("labhost")
    db.setpassword("(sAMAccountName=labhost$)", PASSWORD)
    change("labhost$", servicePrincipalName=["host/labhost.ad.openlsa.test"], flags=0x1000000,
           **{"msDS-SupportedEncryptionTypes": "24", "msDS-AllowedToDelegateTo": ["HTTP/web.ad.openlsa.test"]})
    change("bob", flags=0x100000)                               # NOT_DELEGATED
    change("disabled", flags=0x2)                               # ACCOUNTDISABLE
    for account, names in SERVICES.values():
        change(account, servicePrincipalName=names, **{"msDS-SupportedEncryptionTypes": "24"})
    change("front-svc", flags=0x1000000, **{"msDS-AllowedToDelegateTo": [
        "HTTP/web.ad.openlsa.test", "cifs/dc1.ad.openlsa.test"]})
    # Nobody runs the DC's own registration of names without DNS.
    dc = db.search(expression="(sAMAccountName=DC1$)", attrs=["servicePrincipalName"])[0]
    message = ldb.Message(dc.dn)
    message["servicePrincipalName"] = ldb.MessageElement(
        ["ldap/dc1.ad.openlsa.test", "cifs/dc1.ad.openlsa.test"], ldb.FLAG_MOD_ADD, "servicePrincipalName")
    db.modify(message)


def groups(conf, name):
    """Run by Debian's Python."""
    import samba.getopt                                         # pylint: disable=import-outside-toplevel,unused-import
    from samba import param                                     # pylint: disable=import-outside-toplevel
    from samba.auth import system_session                       # pylint: disable=import-outside-toplevel
    from samba.dcerpc import security                           # pylint: disable=import-outside-toplevel
    from samba.ndr import ndr_unpack                            # pylint: disable=import-outside-toplevel
    from samba.samdb import SamDB                               # pylint: disable=import-outside-toplevel
    import ldb                                                  # pylint: disable=import-outside-toplevel
    lp = param.LoadParm()
    lp.load(conf)
    db = SamDB(url=lp.private_path("sam.ldb"), session_info=system_session(), lp=lp)
    found = db.search(expression=f"(sAMAccountName={name})", attrs=["objectSid"])[0]
    counted = db.search(base=found.dn, scope=ldb.SCOPE_BASE, attrs=["tokenGroups"])[0]
    for sid in [found["objectSid"][0]] + list(counted["tokenGroups"]):
        print(ndr_unpack(security.dom_sid, sid))


def make(where):
    for name in ("private", "state", "lock", "cache", "sysvol"):
        shutil.rmtree(f"{where}/{name}", ignore_errors=True)
        os.makedirs(f"{where}/{name}")
    for name in os.listdir(where):
        if name.endswith(".keytab"):
            os.unlink(f"{where}/{name}")
    conf = f"--configfile={where}/smb.conf"
    run(where, ["samba-tool", "domain", "provision", conf, f"--realm={REALM}", f"--domain={DOMAIN}",
                f"--adminpass={PASSWORD}", "--server-role=dc", "--dns-backend=NONE", "--host-name=dc1",
                f"--host-ip={ADDRESS}"])
    run(where, [PYTHON, os.path.abspath(__file__), "people", f"{where}/smb.conf"])
    for keytab, (account, names) in SERVICES.items():
        for principal in [account] + names:
            run(where, ["samba-tool", "domain", "exportkeytab", f"{where}/{keytab}.keytab", conf,
                        f"--principal={principal}"])
    for principal in ("labhost$", "host/labhost.ad.openlsa.test"):
        run(where, ["samba-tool", "domain", "exportkeytab", f"{where}/host.keytab", conf, f"--principal={principal}"])
    os.chmod(f"{where}/share", 0o777)
    write(f"{where}/made", MADE)


def ready(env):
    for port in (445, 389, 88):
        with socket.socket() as s:
            if s.connect_ex((ADDRESS, port)):
                return False
    return subprocess.run(["wbinfo", "-P"], env=dict(env, LD_PRELOAD=PRELOAD), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def stop(pid):
    """Samba leads a session of its own: all of it goes."""
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    until = time.monotonic() + 6
    while time.monotonic() < until:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                break
        except ChildProcessError:
            if not os.path.exists(f"/proc/{pid}"):
                break
        time.sleep(0.02)
    subprocess.run(["pkill", "-9", "-s", str(pid)], check=False)


def is_made(where):
    try:
        with open(f"{where}/made", encoding="utf-8") as f:
            return f.read() == MADE
    except FileNotFoundError:
        return False


def up(where):
    where = os.path.abspath(where)
    os.makedirs(where, exist_ok=True)
    configure(where)
    env = dict(os.environ, **environment(where))
    if not is_made(where):
        make(where)
    with open(f"{where}/samba.out", "a", encoding="utf-8") as out:
        samba = subprocess.Popen(["samba", "--foreground", "--no-process-group", f"--configfile={where}/smb.conf"],
                                 env=dict(env, LD_PRELOAD=PRELOAD), stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
    until = time.monotonic() + 60
    while not ready(env):
        if samba.poll() is not None or time.monotonic() > until:
            stop(samba.pid)
            sys.exit(f"ad.py: the domain controller did not come up: see {where}/samba.out and {where}/log")
        time.sleep(0.05)
    write(f"{where}/pid", str(samba.pid))
    write(f"{where}/env", "".join(f"export {k}='{v}'\n" for k, v in environment(where).items()))
    return env, samba.pid


def down(where):
    try:
        with open(f"{where}/pid", encoding="utf-8") as f:
            stop(int(f.read()))
        os.unlink(f"{where}/pid")
    except FileNotFoundError:
        pass


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if len(sys.argv) < 3 or sys.argv[1] not in ("run", "up", "down", "people", "groups"):
        sys.exit(__doc__)
    verb, where = sys.argv[1:3]
    if verb == "people":
        return people(where)
    if verb == "groups":
        return groups(where, sys.argv[3])
    if verb == "down":
        return down(where)
    missing = [p for p in ("samba", "samba-tool", "wbinfo") if not shutil.which(p)]
    if missing or os.geteuid():
        print("ad.py: skipped:", f"{missing} not installed" if missing else "only root can have the ports of a DC")
        sys.exit(77)
    turn = open("/run/lock/openlsa-ad", "w", encoding="ascii")  # there is one address: one controller at a time
    fcntl.flock(turn, fcntl.LOCK_EX)
    env, pid = up(where)
    if verb == "up":
        with open(f"{os.path.abspath(where)}/env", encoding="utf-8") as f:
            print(f.read(), end="")
        return None
    try:
        sys.exit(subprocess.run(sys.argv[3:], env=env, check=False).returncode)
    finally:
        stop(pid)


if __name__ == "__main__":
    main()
