"""ntlm_auth_test.py - lsa-ntlm-auth with a response that somebody else's
handshake brought: the protocol ntlm-server-1, and the same on the command
line. The vector is RFC 2759's (9.2). And lines in pieces, and what stays of
their passwords. Covers src/tools/lsa_ntlm_auth.c, ntlm_server.c, ntlm_logon.c,
and MS-CHAPv2 in src/pkg/ntlm/ntlm_msv.c.

    ntlm_auth_test.py LSA_NTLM_AUTH LSAD LSACTL
"""
import base64
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import interop                                          # noqa: E402  pylint: disable=wrong-import-position
from interop import check                               # noqa: E402  pylint: disable=wrong-import-position

helper, lsad, lsactl = map(os.path.abspath, sys.argv[1:4])
USER, SECRET = "User", "clientPass"
CHALLENGE = "D02E4386BCE91226"
RESPONSE = "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"
KEY = "41C00C584BD2D91C4017A2A12FA59F3F"                # PasswordHashHash
FALSE = RESPONSE[:-2] + "DE"
NOBODY = 65534


def run(env, *words, text="", **how):
    return subprocess.run([helper, *words], env=env, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, check=False, **how)


def dialog(env, *requests, mschapv2=True, **how):
    """Each request is a list of lines; the answers are lists of lines too, without their periods."""
    text = "".join("".join(line + "\n" for line in request) + ".\n" for request in requests)
    done = run(env, "--helper-protocol=ntlm-server-1", *["--allow-mschapv2"] * mschapv2, text=text, **how)
    answers, one = [], []
    for line in done.stdout.splitlines():
        if line == ".":
            answers.append(one)
            one = []
        else:
            one.append(line)
    return answers + [one] * bool(one)


def request(response=RESPONSE, user=USER, challenge=CHALLENGE, key="Yes"):
    return [f"Username: {user}", f"LANMAN-Challenge: {challenge}", f"NT-Response: {response}", f"Request-User-Session-Key: {key}"]


def said_no(answer, code="0xc000006d"):
    return len(answer) == 2 and answer[0] == "Authenticated: No" and answer[1].startswith("Authentication-Error: ") and code in answer[1]


def protocol(name, env):
    yes = ["Authenticated: Yes", f"User-Session-Key: {KEY}"]
    b64 = base64.b64encode
    got = dialog(env, request(), request(FALSE), request(key="No"), request(user="nobody-of-this-name"), request())
    check(f"{name}: five requests", len(got) == 5, got)
    check(f"{name}: right", got[0] == yes and got[4] == yes, got)
    check(f"{name}: wrong", said_no(got[1]), got[1])
    check(f"{name}: without a key", got[2] == ["Authenticated: Yes"], got[2])
    check(f"{name}: unknown, in the same words", got[3] == got[1], got[3])
    got = dialog(env, [f"username:: {b64(USER.encode()).decode()}", f"LANMAN-CHALLENGE:: {b64(CHALLENGE.encode()).decode()}",
                       f"nt-response: {RESPONSE.lower()}", "NT-Domain: ANYWHERE", "Request-LanMan-Session-Key: Yes",
                       "request-user-session-key: yes"],
                 [f"Full-Username: ANYWHERE\\{USER}", *request()[1:]])
    check(f"{name}: base64, any case, a domain", got == [yes, yes], got)
    got = dialog(env, [f"Username: {USER}", f"Password: {SECRET}", "Request-User-Session-Key: Yes"],
                 [f"Username: {USER}", "Password: wrong"], [f"Username: {USER}", "Password:"])
    check(f"{name}: passwords", got[0] == ["Authenticated: Yes"] and said_no(got[1]) and said_no(got[2]), got)
    for lines, what in (([f"LANMAN-Challenge: {CHALLENGE}", f"NT-Response: {RESPONSE}"], "username"),
                        ([f"Username: {USER}", f"NT-Response: {RESPONSE}"], "challenge"),
                        ([f"Username: {USER}", f"LANMAN-Challenge: {CHALLENGE}"], "response"),
                        (request(challenge=CHALLENGE[:-2]), "8 bytes"), (request(challenge="xyz"), "8 bytes"),
                        (request(response="no hex"), "hex"), (request() + ["Colour: blue"], "not known"),
                        (request() + ["nonsense"], "period"), (request() + ["Username:: ***"], "base64"),
                        (request() + ["Username:: " + b64(b"a\0b").decode()], "base64"),
                        (request(user="x" * 2000), "too long"), (["."], "username")):
        got = dialog(env, lines, request()) if lines != ["."] else dialog(env, [], request())
        check(f"{name}: an error that names {what}", len(got[0]) == 1 and got[0][0].startswith("Error: ") and what in got[0][0] and
              got[1] == yes, got)
    got = dialog(env, request(), mschapv2=False)
    check(f"{name}: not without the word for it", said_no(got[0]), got)
    got = dialog(env, request(response="00" * 24), request(response="00" * 44), request(response="00" * 16), request(response="00"))
    check(f"{name}: zeros", all(said_no(one) for one in got), got)
    done = run(env, "--helper-protocol=ntlm-server-1", text="Username: x\nNT-Resp")
    check(f"{name}: a request that never ends", done.returncode == 0 and "Authenticated" not in done.stdout, done.stdout)


def command(name, env):
    asked = ["--request-nt-key", "--allow-mschapv2", f"--username={USER}", f"--challenge={CHALLENGE.lower()}"]
    done = run(env, *asked, f"--nt-response={RESPONSE}")
    check(f"{name}: the key", done.returncode == 0 and done.stdout == f"NT_KEY: {KEY}\n", done.stdout)
    done = run(env, *asked[1:], f"--nt-response={RESPONSE}", "--domain=ANYWHERE", "--workstation=STATION", "--request-lm-key")
    check(f"{name}: no key", done.returncode == 0 and done.stdout.startswith("NT_STATUS_OK: "), done.stdout)
    for words, code in ((asked + [f"--nt-response={FALSE}"], "0xc000006d"), (asked + ["--nt-response=00"], "0xc000006d"),
                        (asked + ["--nt-response=xx"], "0xc000000d"), (asked + ["--nt-response="], "0xc000000d"),
                        (asked[:-1] + ["--challenge=00", f"--nt-response={RESPONSE}"], "0xc000000d"),
                        (asked[:-1] + [f"--nt-response={RESPONSE}"], "0xc000000d"),
                        ([*asked[:1], *asked[2:], f"--nt-response={RESPONSE}"], "0xc000006d")):
        done = run(env, *words)
        check(f"{name}: {code}", done.returncode == 1 and code in done.stdout and "NT_KEY" not in done.stdout, words, done.stdout)
    done = run(env, f"--challenge={CHALLENGE}", f"--nt-response={RESPONSE}")
    check(f"{name}: for nobody", done.returncode == 2, done.stdout)


def found_in(pid, needle):
    """How often the bytes stand in the memory of a process that can be written."""
    count = 0
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for row in maps:
            span, rights = row.split()[:2]
            first, last = (int(n, 16) for n in span.split("-"))
            if rights.startswith("rw") and last - first < 1 << 30:      # no sanitizer's shadow
                memory.seek(first)
                try:
                    count += memory.read(last - first).count(needle)
                except OSError:
                    pass
    return count


def lines(name, env):
    """Cut anywhere, several at once, too long, with no end; and no password stays with a helper that goes on running."""
    marker = "Pa55-" + os.urandom(8).hex()
    asked = [f"{USER} {SECRET}\n".encode(), f"{USER} {marker}\r\n".encode(), f"nobody%20here {marker}\n".encode(),
             f"{USER} {SECRET}\n".encode()]
    talk = subprocess.Popen([helper, "--helper-protocol=squid-2.5-basic"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for pieces in ([b"".join(asked)], [bytes([byte]) for byte in b"".join(asked)]):
        for piece in pieces:
            talk.stdin.write(piece)
            talk.stdin.flush()
        said = [talk.stdout.readline().decode() for _ in asked]
        check(f"{name}: lines in {len(pieces)} pieces", [line.split()[0] for line in said] == ["OK", "ERR", "ERR", "OK"], said)
    if os.geteuid() == 0:
        check(f"{name}: where it is looked", found_in(os.getpid(), marker.encode()) > 0)
        check(f"{name}: no password stays", found_in(talk.pid, marker.encode()) == 0)
    talk.stdin.write(f"{USER} {SECRET}".encode())	# without its end
    talk.stdin.close()
    check(f"{name}: the last line", talk.stdout.read() == b"OK\n" and talk.wait(20) == 0)
    done = run(env, "--helper-protocol=squid-2.5-basic", text=f"{USER} {SECRET}\n" + "x" * 200000 + "\n")
    check(f"{name}: a line without end", done.stdout == "OK\nBH a line is too long\n", done.stdout[:200])


for place in interop.places(lsad, lsactl):
    place.user(USER, SECRET)
    place.policy("lockout-threshold", 0)
    protocol(place.name, place.env)
    lines(place.name, place.env)
    command(place.name, place.env)
    place.run("user", "lock", USER)
    asked = ["--allow-mschapv2", f"--username={USER}", f"--challenge={CHALLENGE}", f"--nt-response={RESPONSE}"]
    said = [run(place.env, *asked).stdout, run(place.env, *asked[:1], "--username=nobody-of-this-name", *asked[2:]).stdout]
    check(f"{place.name}: locked, in the same words as unknown", said[0] == said[1] and "0xc000006d" in said[0], said)
    place.run("user", "unlock", USER)
    if place.name == "far" and os.geteuid() == 0:
        # Who is no logon process may bring passwords, and no challenge of his own.
        os.chmod(os.path.dirname(place.env["OPENLSA_SOCKET"]), 0o711)
        with interop.folder() as theirs:
            os.chmod(theirs, 0o755)
            helper = shutil.copy(helper, theirs)
            libs = os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "..")
            for lib in os.listdir(libs):
                if lib.startswith("libsecur32.so.0") and os.path.isfile(os.path.join(libs, lib)):
                    shutil.copy(os.path.join(libs, lib), theirs)
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            theirs_env = dict(place.env, LD_LIBRARY_PATH=theirs)
            answer = dialog(theirs_env, request(), [f"Username: {USER}", f"Password: {SECRET}"], **who)
            check("untrusted: no response", answer[0][:1] == ["Authenticated: No"] and "0xc0000041" in answer[0][1], answer)
            check("untrusted: a password", answer[1] == ["Authenticated: Yes"], answer)
        helper = os.path.abspath(sys.argv[1])

interop.end()
