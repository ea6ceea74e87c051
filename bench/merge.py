#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""merge.py OLD NEW - NEW's sections, and those of OLD that were not measured again, in OLD's order."""
import sys


def sections(path):
    found, title = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("### "):
                title = line
                found[title] = []
            elif line.startswith(("## ", "![")):
                title = None
            elif title:
                found[title].append(line)
    return found


old, new = (sections(path) for path in sys.argv[1:3])
for title, body in {**old, **new}.items():
    print("\n" + title + "".join(body).rstrip("\n"))
