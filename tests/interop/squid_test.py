"""squid_test.py - Squid lets lsa-ntlm-auth authenticate curl: NTLM and Basic
at a proxy, through lsad; a wrong password is turned away.

    squid_test.py LSA_NTLM_AUTH LSAD LSACTL
"""
import http.server
import os
import pwd
import subprocess
import sys
import threading

import interop
from interop import check

helper, lsad, lsactl = os.path.abspath(sys.argv[1]), *sys.argv[2:4]
interop.need("squid", "curl")


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = b"the page behind the proxy\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


def free_port():
    import socket                                   # pylint: disable=import-outside-toplevel
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(work, env):
    port = free_port()
    os.makedirs(f"{work}/squid")
    if os.geteuid() == 0:
        os.chmod(work, 0o755)
        os.chown(f"{work}/squid", pwd.getpwnam("proxy").pw_uid, -1)
    with open(f"{work}/squid.conf", "w") as f:
        f.write(f"""http_port 127.0.0.1:{port}
pid_filename {work}/squid/pid
cache_log {work}/squid/cache.log
access_log stdio:{work}/squid/access.log
coredump_dir {work}/squid
visible_hostname localhost
cache deny all
shutdown_lifetime 0 seconds
auth_param ntlm program {helper} --helper-protocol=squid-2.5-ntlmssp
auth_param ntlm children 2 startup=1 idle=1
auth_param ntlm keep_alive off
auth_param basic program {helper} --helper-protocol=squid-2.5-basic
auth_param basic children 1 startup=1
auth_param basic realm openlsa
auth_param basic credentialsttl 1 second
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
""")
    log = open(f"{work}/out", "w")
    squid = subprocess.Popen(["squid", "-N", "-f", f"{work}/squid.conf"], env=env, stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log)
    logs = lambda: "".join(open(p, errors="replace").read() for p in (f"{work}/out", f"{work}/squid/cache.log")
                           if os.path.exists(p))
    up = interop.wait_for(lambda: "Accepting HTTP Socket connections" in logs() or squid.poll() is not None)
    return squid, port, up and squid.poll() is None, logs


def curl(port, origin, *how):
    done = subprocess.run(["curl", "-q", "-s", "-m", "30", "-x", f"http://127.0.0.1:{port}", "-w", "\n%{http_code}", *how,
                           f"http://127.0.0.1:{origin}/"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          timeout=40, env={k: v for k, v in os.environ.items() if k.lower() != "no_proxy"})
    page, _, code = done.stdout.rpartition("\n")
    return code, page


def main():
    origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    for place in interop.places(lsad, lsactl):
        if place.name == "near":
            continue                                # Squid's helpers run as a user of their own
        with interop.folder() as work:
            os.chmod(os.path.dirname(place.env["OPENLSA_SOCKET"]), 0o755)
            place.user("alice")
            squid, port, up, logs = start(work, place.env)
            if check("squid is up", up, logs()[-3000:]):
                for how in ("--proxy-ntlm", "--proxy-basic"):
                    code, page = curl(port, origin.server_port, how, "-U", f"alice:{interop.PASSWORD}")
                    check(f"{how}: the page", code == "200" and "behind the proxy" in page, code, page, logs()[-3000:])
                    code, page = curl(port, origin.server_port, how, "-U", "alice:wrong")
                    check(f"{how}: a wrong password", code == "407", code, logs()[-3000:])
                code, _ = curl(port, origin.server_port)
                check("no password", code == "407", code)
                with open(f"{work}/squid/access.log") as f:
                    names = [line.split()[7] for line in f if "/200 " in line]
                check("the proxy knows the name", names and all(n.rpartition("%5c")[2].rpartition("\\")[2] == "alice"
                                                                for n in names), names)
            interop.stop(squid)
    origin.shutdown()


main()
interop.end()
