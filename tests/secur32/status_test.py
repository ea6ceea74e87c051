#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/STATUS.md says what is true: every exported function stands in it
exactly once; what it calls unsupported returns the status it names, leaves
its outputs alone and has a reason; what it says works is mentioned in a test
that exists; the packages are those that the library enumerates.
Covers secur32/unsupported.c, secur32/tokens.c, secur32/credui.c, secur32/ssl.c.

usage: status_test.py LIBRARY
"""
import ctypes
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NONE_OF_ITS = 0x5A
passed = failed = 0


def check(held, what):
    global passed, failed
    if held:
        passed += 1
    else:
        failed += 1
        print("FAILED", what)
    return held


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def codes():
    """Names of statuses and errors to numbers, from the headers."""
    found = {}
    for header in ("winerror.h", "ntstatus.h"):
        for name, number in re.findall(r"^#define\s+(\w+)\s+[^\n]*?(0x[0-9A-Fa-f]+|\d+)\)*\s*$",
                                       read("include", header), re.M):
            found[name] = int(number, 0)
    return found


def sections():
    """Title to text of docs/STATUS.md."""
    parts = re.split(r"^## (.*)$", read("docs", "STATUS.md"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def table(text):
    """Rows of a table of three columns, without its head."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| `([^`]+)` \|$", text, re.M)
    return [(name, state.strip().strip("`"), test) for name, state, test in rows]


def source_names():
    """Exports that programs know by another name, from the headers: export to name."""
    found = {}
    for header in os.listdir(os.path.join(ROOT, "include")):
        for name, export in re.findall(r"(\w+)\([^;{]*\)\s*OLSA_LINKED_AS\(\"(\w+)\"\)", read("include", header)):
            found[export] = name
    return found


def mentions(test, name):
    """By the export's name, or by the one that the headers give it."""
    path = os.path.join(ROOT, test)
    if not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8") as f:
        return re.search(r"\b(%s|%s)\b" % (re.escape(name), SOURCE_NAMES.get(name, name)), f.read()) is not None


SOURCE_NAMES = source_names()


def exported(lib):
    out = subprocess.run(["nm", "-D", "--defined-only", lib], check=True, capture_output=True, text=True).stdout
    lines = (line.split() for line in out.splitlines())
    return sorted(re.sub("@.*", "", w[2]) for w in lines if len(w) == 3 and w[1] != "A")


def listed(rows, exports, kinds):
    names = [name for name, _, _ in rows]
    for name in exports:
        check(names.count(name) == 1, "%s is listed %d times" % (name, names.count(name)))
    for name in sorted(set(names) - set(exports)):
        check(False, "%s is listed and not exported" % name)
    # And the rest of Windows' functions: each under the heading of its kind.
    text = sections()
    headings = {"type": "Declared only", "plug-in": "Declared only", "kernel": "Declared only",
                "crypt32": "Not declared and not exported"}
    for name, kind in kinds.items():
        if kind != "exported":
            check(text.get(headings[kind], "").count("`%s`" % name) == 1, "%s is not under its heading once" % name)


def counts(rows):
    said = re.search(r"exports (\d+) functions: (\d+) work, (\d+) say", read("docs", "STATUS.md"))
    work = sum(state == "works" for _, state, _ in rows)
    check(said and [int(n) for n in said.groups()] == [len(rows), work, len(rows) - work],
          "the counts at the top should be %d, %d, %d" % (len(rows), work, len(rows) - work))


class Library:
    def __init__(self, path, numbers):
        self.lib = ctypes.CDLL(path)
        self.numbers = numbers
        self.lib.OlsaGetLastError.restype = ctypes.c_uint32
        self.lib.OlsaExplain.argtypes = [ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]
        self.lib.FreeContextBuffer.argtypes = [ctypes.c_void_p]

    def call(self, name, returns, args):
        fn = getattr(self.lib, name)
        fn.restype = returns
        return fn(*args)

    def explained(self, code):
        text = ctypes.c_void_p()
        if self.lib.OlsaExplain(ctypes.c_int32(code).value, None, ctypes.byref(text)) != 0:
            return ""
        said = ctypes.string_at(text).decode()
        self.lib.FreeContextBuffer(text)
        return said

    def refuses(self, name, state, kind):
        """Calls it twice: with zeros everywhere, then with pointers to memory that it must not touch."""
        first = state[len("returns "):]
        without_handle = re.search(r"; without a handle (\w+)$", first)
        expected = without_handle.group(1) if without_handle else first.split(",")[0]
        error = re.search(r", (ERROR_\w+)$", first)
        number = 0 if expected in ("FALSE", "0") else self.numbers.get(expected)
        if not check(number is not None, "%s: the headers know no %s" % (name, expected)):
            return
        returns = ctypes.c_uint8 if kind == "BOOLEAN" else ctypes.c_uint32
        memory = (ctypes.c_uint8 * 512)(*[NONE_OF_ITS] * 512)
        here = ctypes.cast(memory, ctypes.c_void_p)
        tries = [[ctypes.c_void_p(0)] * 13]
        if not without_handle:
            tries.append([here] * 13)
        for args in tries:
            self.lib.OlsaSetLastError(7)
            got = self.call(name, returns, args)
            check(got == number, "%s returns 0x%X, not %s" % (name, got, expected))
            if error:
                check(self.lib.OlsaGetLastError() == self.numbers[error.group(1)],
                      "%s leaves GetLastError at %d" % (name, self.lib.OlsaGetLastError()))
        check(all(b == NONE_OF_ITS for b in memory), "%s writes to its outputs" % name)
        if not without_handle and name != "LsaClose":
            reason = self.explained(self.numbers[error.group(1)] if error else number)
            check("%s is not implemented" % name in reason, "%s gives no reason: %r" % (name, reason))


class SecPkgInfoA(ctypes.Structure):
    _fields_ = [("fCapabilities", ctypes.c_uint32), ("wVersion", ctypes.c_uint16), ("wRPCID", ctypes.c_uint16),
                ("cbMaxToken", ctypes.c_uint32), ("Name", ctypes.c_char_p), ("Comment", ctypes.c_char_p)]


def packages(library, rows):
    lib = library.lib
    count, infos = ctypes.c_uint32(), ctypes.POINTER(SecPkgInfoA)()
    status = lib.EnumerateSecurityPackagesA(ctypes.byref(count), ctypes.byref(infos))
    if not check(status == 0, "EnumerateSecurityPackagesA: 0x%X" % (status & 0xFFFFFFFF)):
        return
    there = sorted(infos[i].Name.decode() for i in range(count.value))
    lib.FreeContextBuffer(infos)
    check(there == sorted(name for name, state, _ in rows if state == "works"), "the packages there are: %s" % there)
    for name, state, test in rows:
        if state == "works":
            check(mentions(test, name), "%s is not mentioned in %s" % (name, test))
            continue
        info = ctypes.POINTER(SecPkgInfoA)()
        status = library.call("QuerySecurityPackageInfoA", ctypes.c_uint32, [name.encode(), ctypes.byref(info)])
        check(status == library.numbers[state] and not info, "%s: 0x%X and not %s" % (name, status, state))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lib = sys.argv[1]
    numbers = codes()
    functions = [line.split("\t") for line in read("tests", "abi", "functions.tsv").splitlines()[1:]]
    kinds = {row[0]: row[4] for row in functions}
    returns = {row[0]: row[3] for row in functions}
    text = sections()
    rows = [row for title, part in text.items() if title not in ("Packages", "Limits of what works") for row in table(part)]

    listed(rows, exported(lib), kinds)
    counts(rows)
    library = Library(os.path.abspath(lib), numbers)
    for name, state, test in rows:
        if state == "works":
            check(mentions(test, name), "%s is not mentioned in %s" % (name, test))
        elif check(state.startswith("returns "), "%s has no state: %s" % (name, state)):
            check(os.path.isfile(os.path.join(ROOT, test)), "%s: there is no %s" % (name, test))
            library.refuses(name, state, returns.get(name, "NTSTATUS"))
    packages(library, table(text["Packages"]))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as state:
        os.environ.update(OPENLSA_MODE="embedded", OPENLSA_STATE=state)
        sys.exit(main())
