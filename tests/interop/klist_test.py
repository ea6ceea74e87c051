"""klist_test.py - examples/klist, written as a Windows program, beside MIT's
klist on the same tickets: the list, a ticket fetched from the KDC, a purge
that leaves MIT's own cache alone; and `lsactl tickets` (tools/lsactl_tickets.c). Near and far.

    klist_test.py KLIST LSAD LSACTL          in the environment of tests/lab/kdc.py, or of kcm.py
"""
import datetime
import json
import os
import re
import subprocess
import sys

import interop
from interop import check

program, lsad, lsactl = sys.argv[1:4]


def run(place, *words):
    done = subprocess.run([program, *words], env=place.env, timeout=60, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def ours(place):
    """{server: (client, end, flags)}"""
    code, text = run(place)
    check(f"{place.name}: klist", code == 0, text)
    found = {}
    for part in text.split("\n#")[1:]:
        client = re.search(r"Client: (\S+) @ (\S+)", part)
        server = re.search(r"Server: (\S+) @ (\S+)", part)
        end = re.search(r"End:   (\S+ \S+)Z", part)
        found["@".join(server.groups())] = ("@".join(client.groups()), end.group(1),
                                            int(re.search(r"flags: 0x([0-9a-f]+)", part).group(1), 16))
    return found


def theirs():
    """The same from MIT's klist."""
    text = subprocess.run(["klist"], env=dict(os.environ, TZ="UTC", LC_ALL="C"), text=True, stdout=subprocess.PIPE,
                          check=True).stdout
    client = re.search(r"Default principal: (\S+)", text).group(1)
    found = {}
    for line in text.splitlines():
        words = re.match(r"(\S+ \S+)  (\S+ \S+)  (\S+@\S+)$", line)
        if words:
            end = datetime.datetime.strptime(words.group(2), "%m/%d/%y %H:%M:%S")
            found[words.group(3)] = (client, end.strftime("%Y-%m-%d %H:%M:%S"))
    return found


def main():
    keytab = os.environ["KDC_DIR"] + "/client.keytab"
    for place in interop.places(lsad, lsactl):
        subprocess.run(["kinit", "-k", "-t", keytab, "alice"], check=True)
        subprocess.run(["kvno", "-q", "HTTP/localhost", "host/aes128.openlsa.test"], check=True)
        mine, mit = ours(place), theirs()
        check(f"{place.name}: the same tickets as MIT's klist", {k: v[:2] for k, v in mine.items()} == mit, mine, mit)
        check(f"{place.name}: the ticket-granting ticket is INITIAL", mine.get("krbtgt/OPENLSA.TEST@OPENLSA.TEST",
                                                                               ("", "", 0))[2] & 0x00400000, mine)
        if place.name == "far":
            code, text = run(place, "get", "ldap/localhost")
            check("far: a ticket from the KDC", code == 0 and "OPENLSA.TEST" in text, text)
            code, text = run(place, "get", "ldap/nowhere.openlsa.test")
            check("far: a name that the KDC does not know", code == 1 and "0x80090303" in text, text)
        else:
            code, text = run(place, "get", "ldap/localhost")
            check("near: a ticket from the KDC", code == 0 and re.search(r"[1-9]\d+ bytes", text), text)
        told = json.loads(subprocess.run([lsactl, "--json", "tickets"], env=place.env, text=True, stdout=subprocess.PIPE,
                                         timeout=60).stdout)
        check(f"{place.name}: lsactl tickets", told["ok"] and {t["server"] for t in told["tickets"]} >= set(mit), told)
        told = json.loads(subprocess.run([lsactl, "--json", "top"], env=place.env, text=True, stdout=subprocess.PIPE,
                                         timeout=60).stdout)
        check(f"{place.name}: lsactl top", any(s.get("tickets", 0) >= 2 and 0 < s["life_s"] <= 86400
                                               for s in told["sessions"]), told)
        code, text = run(place, "purge")
        check(f"{place.name}: purge", code == 0, text)
        check(f"{place.name}: MIT's own cache is as it was", theirs() == mit)
        subprocess.run(["kdestroy", "-q"], check=True)
        code, text = run(place, "purge")
        check(f"{place.name}: nothing to purge is SEC_E_NO_CREDENTIALS", code == 1 and "0x8009030e" in text, text)
        check(f"{place.name}: no tickets", ours(place) == {})


main()
interop.end()
