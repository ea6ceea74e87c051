"""curl_test.py - curl --ntlm, curl --negotiate and examples/http-auth-server, also with somebody in between.

For --negotiate, curl asks MIT's GSSAPI: SPNEGO with gss-ntlmssp inside, where that is installed.

usage: curl_test.py HTTP_AUTH_SERVER LSAD LSACTL
"""
import base64
import contextlib
import glob
import os
import re
import socket
import subprocess
import sys
import threading

import interop
from interop import check

server_program, lsad, lsactl = sys.argv[1:]
interop.need("curl")
if "NTLM" not in subprocess.run(["curl", "--version"], stdout=subprocess.PIPE, text=True, timeout=30).stdout:
    interop.skip("this curl knows no NTLM")


@contextlib.contextmanager
def web(place, work):
    """The server, its port and what it says."""
    path = f"{work}/web-{place.name}"
    with open(path, "w") as log:
        server = subprocess.Popen([server_program, "--port", "0"], env=place.env, stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL)
    read = lambda: open(path).read()
    try:
        up = interop.wait_for(lambda: "listening on" in read())
        check(f"{place.name}: the web server is up", up, read())
        yield int(re.search(r"listening on \S*:(\d+)", read()).group(1)) if up else 0, read
    finally:
        check(f"{place.name}: the web server ends well", interop.stop(server) == 0, read())


def curl(port, user, password, *more):
    """(status code, page)"""
    done = subprocess.run(["curl", "-q", "-s", "-m", "30", "--noproxy", "*", "--ntlm", "-u", f"{user}:{password}", "-w",
                           "\n%{http_code}", *more, f"http://127.0.0.1:{port}/"], stdin=subprocess.DEVNULL, timeout=40,
                          stdout=subprocess.PIPE, text=True)
    page, _, code = done.stdout.rpartition("\n")
    return code, page


libraries = glob.glob("/usr/lib*/gssntlmssp/gssntlmssp.so") + glob.glob("/usr/lib*/*/gssntlmssp/gssntlmssp.so")


def negotiate(place, work, port, password):
    """(status code, page, headers) of curl --negotiate"""
    users, mech, headers = f"{work}/users-{password}", work + "/mech", work + "/headers"
    with open(users, "w") as f:
        f.write(f"{place.computer}:alice:{password}\n")
    with open(mech, "w") as f:
        f.write(f"gssntlmssp_v1 1.3.6.1.4.1.311.2.2.10 {libraries[0]}\n")
    env = dict(os.environ, GSS_MECH_CONFIG=mech, NTLM_USER_FILE=users, KRB5CCNAME="FILE:/nonexistent", HOME=work)
    done = subprocess.run(["curl", "-q", "-s", "-m", "30", "--noproxy", "*", "--negotiate", "-u", ":", "-D", headers,
                           "-w", "\n%{http_code}", f"http://127.0.0.1:{port}/"], env=env, stdin=subprocess.DEVNULL,
                          timeout=40, stdout=subprocess.PIPE, text=True)
    page, _, code = done.stdout.rpartition("\n")
    return code, page, open(headers).read()


# --- one HTTP message at a time --------------------------------------------------


def message(sock):
    """A head and its body; b"" at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while len(body) < int(length.group(1) if length else 0):
        part = sock.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


def ask(sock, token):
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: NTLM " + base64.b64encode(token) + b"\r\n\r\n"
    sock.sendall(request)
    return message(sock)


def token_of(text):
    found = re.search(rb"(?i)authenticate: NTLM +(\S+)|authorization: NTLM +(\S+)", text)
    return base64.b64decode(found.group(1) or found.group(2)) if found else b""


def between(port, to_other):
    """Listens for one curl; what it proves is shown to the server it spoke to or to another one. (port, result)"""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    result = {}

    def run():
        with contextlib.suppress(OSError), listener, contextlib.closing(listener.accept()[0]) as c:
            servers = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(2)]
            c.settimeout(30)
            negotiate = token_of(message(c))
            answers = [ask(s, negotiate) for s in servers]
            c.sendall(answers[0])
            proof = token_of(message(c))
            result["kinds"] = [interop.kind_of(x) for x in (negotiate, token_of(answers[0]), proof)]
            result["answer"] = ask(servers[1 if to_other else 0], proof)
            if not to_other:                            # and once more, on a connection of its own
                with socket.create_connection(("127.0.0.1", port), timeout=30) as late:
                    ask(late, negotiate)
                    result["again"] = ask(late, proof)
            c.sendall(result["answer"])
            for s in servers:
                s.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return listener.getsockname()[1], result, thread


with interop.folder() as work:
    for place in interop.places(lsad, lsactl):
        place.user("alice")
        place.policy("lockout-threshold", 0)
        with web(place, work) as (port, read):
            if not port:
                continue
            for user in ("alice", f"{place.computer}\\alice"):
                code, page = curl(port, user, interop.PASSWORD)
                check(f"{place.name}: curl as {user}", code == "200" and "alice" in page, code, page, read())
            code, page = curl(port, "alice", interop.PASSWORD, "-d", "a form")
            check(f"{place.name}: curl posts a form", code == "200" and "alice" in page, code, page, read())
            for user, password in (("alice", "wrong"), ("alice", ""), ("nobody-here", interop.PASSWORD)):
                code, page = curl(port, user, password)
                check(f"{place.name}: curl as {user} with '{password}' is refused", code == "401", code, page, read())
                check(f"{place.name}: and is not told why", "SEC_E" not in page and "0x" not in page, page)

            with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
                s.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                offered = re.findall(rb"WWW-Authenticate: (.*)\r\n", message(s))
                check(f"{place.name}: both schemes are offered", offered == [b"Negotiate", b"NTLM"], offered)
            if libraries:
                code, page, headers = negotiate(place, work, port, interop.PASSWORD)
                check(f"{place.name}: curl --negotiate", code == "200" and "alice" in page, code, page, headers, read())
                check(f"{place.name}: and is given the last word with the page",
                      re.search(r"(?s)200 OK.*WWW-Authenticate: Negotiate oR", headers), headers)
                code, page, headers = negotiate(place, work, port, "wrong")
                check(f"{place.name}: curl --negotiate with a wrong password is refused", code == "401", code, page)

            # Without channel bindings a relay to the very server works: that is how we know that ours is one.
            through, result, thread = between(port, to_other=False)
            code, page = curl(through, "alice", interop.PASSWORD)
            thread.join(60)
            check(f"{place.name}: curl through somebody who only carries", code == "200", code, page, result, read())
            check(f"{place.name}: curl's proof shown a second time is refused",
                  result.get("again", b"").startswith(b"HTTP/1.1 401"), result, read())
            through, result, thread = between(port, to_other=True)
            code, page = curl(through, "alice", interop.PASSWORD)
            thread.join(60)
            check(f"{place.name}: curl's proof shown for another challenge is refused",
                  result.get("kinds") == [1, 2, 3] and result.get("answer", b"").startswith(b"HTTP/1.1 401"), code,
                  page, result, read())

interop.end()
