"""servers.py - strangers that accept us: Apache with mod_auth_gssapi and
PostgreSQL, on loopback, for the realm that the environment names. Each is a
context manager that yields its port and leaves nothing running.

Both need a folder that their own users can reach (no 0700 parent).
"""
import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

MODULES = "/usr/lib/apache2/modules"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def keytab_for(where, user, name):
    """A copy of the realm's keytab that this user alone may read."""
    path = f"{where}/{name}.keytab"
    shutil.copyfile(os.environ["KRB5_KTNAME"].removeprefix("FILE:"), path)
    who = pwd.getpwnam(user)
    os.chown(path, who.pw_uid, who.pw_gid)
    os.chmod(path, 0o600)
    return path


@contextlib.contextmanager
def running(words, port, log, **how):
    with open(log, "a", encoding="utf-8") as out:
        server = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, **how)
    until = time.monotonic() + 20
    try:
        while not listens(port):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{words[0]} does not listen: {open(log, encoding='utf-8').read()[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def strangers_env(where, keytab):
    """The server may know neither the client's tickets nor its keys."""
    env = {k: v for k, v in os.environ.items() if k not in ("KRB5CCNAME", "KRB5_CLIENT_KTNAME", "LD_PRELOAD")}
    return dict(env, KRB5_KTNAME=f"FILE:{keytab}", KRB5RCACHEDIR=where)


@contextlib.contextmanager
def apache(where):
    """/krb5/ and /negotiate/ (with NTLM for alice of domain LAB) say who came: "user=[...]". Yields (http, https)."""
    os.makedirs(f"{where}/run", exist_ok=True)
    user = pwd.getpwnam("www-data")
    os.chown(f"{where}/run", user.pw_uid, user.pw_gid)
    keytab = keytab_for(where, "www-data", "http")
    http, https = free_port(), free_port()
    ntlm = f"{where}/ntlm.users"
    with open(ntlm, "w", encoding="utf-8") as f:
        f.write("LAB:alice:Lab-Passw0rd\n")
    os.chown(ntlm, user.pw_uid, user.pw_gid)
    os.chmod(ntlm, 0o600)
    for page in ("krb5", "negotiate"):
        os.makedirs(f"{where}/pages/{page}", exist_ok=True)
        with open(f"{where}/pages/{page}/index.html", "w", encoding="utf-8") as f:
            f.write('user=[<!--#echo var="REMOTE_USER" -->]\n')
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    f"{where}/key.pem", "-out", f"{where}/cert.pem", "-days", "30", "-subj", "/CN=localhost"], check=True,
                   stderr=subprocess.DEVNULL)
    modules = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in (
        "mpm_event", "authn_core", "authz_core", "authz_user", "auth_gssapi", "dir", "mime", "include", "socache_shmcb",
        "ssl"))
    places = "".join(f"""<Location /{page}/>
	AuthType GSSAPI
	AuthName openlsa
	Require valid-user
	GssapiConnectionBound On
{allowed}</Location>
""" for page, allowed in (("krb5", "	GssapiAllowedMech krb5\n"),
                          ("negotiate", "	GssapiAllowedMech krb5\n	GssapiAllowedMech ntlmssp\n")))
    with open(f"{where}/httpd.conf", "w", encoding="utf-8") as f:
        f.write(f"""ServerRoot {where}
ServerName localhost
PidFile {where}/run/httpd.pid
DefaultRuntimeDir {where}/run
Mutex file:{where}/run default
User www-data
Group www-data
Listen 127.0.0.1:{http}
Listen 127.0.0.1:{https}
{modules}TypesConfig /etc/mime.types
ErrorLog {where}/error.log
LogLevel warn auth_gssapi:debug
KeepAlive On
DocumentRoot {where}/pages
DirectoryIndex index.html
<Directory {where}/pages>
	Options +Includes
	AddOutputFilter INCLUDES .html
</Directory>
<VirtualHost 127.0.0.1:{https}>
	SSLEngine on
	SSLCertificateFile {where}/cert.pem
	SSLCertificateKeyFile {where}/key.pem
</VirtualHost>
{places}""")
    env = dict(strangers_env(f"{where}/run", keytab), NTLM_USER_FILE=ntlm)
    with running(["apache2", "-f", f"{where}/httpd.conf", "-D", "FOREGROUND"], http, f"{where}/httpd.out", env=env):
        yield http, https


def postgres_home():
    return (sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [None])[-1]


@contextlib.contextmanager
def postgres(where, principal):
    """A cluster that lets `principal` in by GSSAPI alone, wrapped or not. Yields its port."""
    who = pwd.getpwnam("postgres")
    os.makedirs(where, exist_ok=True)
    os.chown(where, who.pw_uid, who.pw_gid)
    home, port, keytab = postgres_home(), free_port(), keytab_for(where, "postgres", "postgres")
    drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    env = strangers_env(where, keytab)
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "env": env, "cwd": where}
    subprocess.run([*drop, f"{home}/initdb", "-D", f"{where}/data", "-A", "trust", "--no-sync"], **quiet)
    with open(f"{where}/data/pg_hba.conf", "w", encoding="utf-8") as f:
        f.write("local all postgres trust\nhostgssenc all all 127.0.0.1/32 gss include_realm=1\n"
                "hostnogssenc all all 127.0.0.1/32 gss include_realm=1\n")
    words = [*drop, f"{home}/postgres", "-D", f"{where}/data", "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c",
             f"unix_socket_directories={where}", "-c", f"krb_server_keyfile={keytab}", "-c", "fsync=off"]
    with running(words, port, f"{where}/postgres.log", env=env, cwd=where):
        ask = [*drop, f"{home}/psql", "-q", "-h", where, "-p", str(port), "-U", "postgres", "-c"]
        until = time.monotonic() + 20
        while subprocess.run([*ask, "select 1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, cwd=where,
                             check=False).returncode and time.monotonic() < until:
            time.sleep(0.05)
        subprocess.run([*ask, f'create role "{principal}" login'], **quiet)
        yield port
