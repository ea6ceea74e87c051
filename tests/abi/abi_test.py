#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The public headers against abi.tsv: values, sizes, offsets, prototypes.

Each row becomes one line of C that compiles only if the row holds; texts, bytes
and GUIDs are compared by a small program. CC chooses the compiler. See docs/ABI.md.

Rows: kind, name, fact.
  int    constant, its value
  text   char string; wide: 16-bit string
  bytes  initialiser of a byte array, in hex
  guid   constant of type GUID
  size   type, its size; field: type.member, offset and size   (LP64 only)
  func   function, its prototype; type: the same for a function type
  name   a name without value of its own (A/W names) that must be declared
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(HERE, '..', '..', 'include')
CC = shlex.split(os.environ.get('CC', 'cc'))
MODES = [[], ['-fshort-wchar']]
ELEMENT = {'text': 'char', 'wide': 'WCHAR', 'bytes': 'unsigned char'}

# UNICODE: the values that depend on it stand in abi.tsv as that mode has them.
START = '''
#define UNICODE
#define _UNICODE
#define SECURITY_WIN32
#define INITGUID
#include <stddef.h>
#include <stdio.h>
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <wincred.h>
#include <subauth.h>
#include <ntsecapi.h>
#include <security.h>
#include <ntsecpkg.h>
#include <schannel.h>
#include <credssp.h>
#include <wdigest.h>
#include <tokenbinding.h>
'''


def line_of(kind, name, fact):
    """The C that holds exactly when the row holds; None: not a static fact."""
    if kind == 'int':
        value = int(fact, 0)
        holds = '(unsigned long long)(%s) == %dull' % (name, value)
        if value < 1 << 32:                     # a LONG or LONG_PTR is sign-extended here
            holds += ' || (unsigned long long)(%s) == %dull' % (name, value | 0xFFFFFFFF << 32)
        return '_Static_assert(%s, "");' % holds
    if kind == 'size':
        return '_Static_assert(sizeof(%s) == %s, "");' % (name, fact)
    if kind == 'field':
        struct, member = name.split('.', 1)
        offset, size = fact.split()
        return ('_Static_assert(offsetof(%s, %s) == %s && sizeof(((%s *)0)->%s) == %s, "");'
                % (struct, member, offset, struct, member, size))
    if kind in ('func', 'type'):
        # "RET NAME(ARGS)" and "RET (*NAME)(ARGS)" alike become typedef RET p_NAME(ARGS)
        before, after = re.split(r'\(\s*\*\s*%s\s*\)|\b%s\b(?=\s*\()' % (name, name), fact, maxsplit=1)
        subject = '__typeof__(%s)' % name if kind == 'func' else name
        return ('typedef %s p_%s%s; _Static_assert(__builtin_types_compatible_p(%s, p_%s) || '
                '__builtin_types_compatible_p(%s, p_%s *), "");'
                % (before, name, after, subject, name, subject, name))
    if kind == 'name':
        return 'extern __typeof__(%s) *n_%s;' % (name, name)
    return None


def program_of(rows):
    """A program that prints the bytes of each text, array and GUID."""
    out = ['static void show(const char *name, const void *at, size_t size)',
           '{', '\tconst unsigned char *b = at;', '', '\tprintf("%s ", name);',
           '\twhile (size-- > 0)', '\t\tprintf("%02x", *b++);', '\tputchar(10);', '}',
           'int main(void)', '{']
    for kind, name, _ in rows:
        out.append('\t{ static const %s x%s = %s; show("%s", &x, sizeof x); }'
                   % (ELEMENT[kind], '[]', name, name)
                   if kind != 'guid' else '\tshow("%s", &%s, sizeof %s);' % (name, name, name))
    return '\n'.join(out + ['\treturn 0;', '}', ''])


def bytes_of(kind, fact):
    if kind == 'guid':
        a, b, c, d, e = fact.split('-')
        return b''.join(bytes.fromhex(x)[::-1] for x in (a, b, c)) + bytes.fromhex(d + e)
    if kind == 'bytes':
        return bytes.fromhex(fact)
    text = re.sub(r'\\x([0-9a-f]{2})|\\\\', lambda m: chr(int(m.group(1), 16)) if m.group(1) else '\\', fact)
    return (text + '\0').encode('latin-1' if kind == 'text' else 'utf-16-le')


def compile_c(flags, code, extra):
    return subprocess.run(CC + ['-x', 'c', '-std=gnu11', '-w', '-I', INCLUDE] + flags + extra + ['-'],
                          input=code, capture_output=True, text=True)


def run(flags, rows, limit):
    """Names of the rows that do not hold in this mode."""
    static = [(r, line_of(*r)) for r in rows]
    lines = [(r, l) for r, l in static if l]
    loose = [r for r, l in static if not l]
    done = compile_c(flags, START + '#line 1 "FACTS"\n' + '\n'.join(l for _, l in lines) + '\n',
                     ['-fsyntax-only', limit])
    bad = {}
    for m in re.finditer(r'^(.*?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$', done.stderr, re.M):
        if m.group(1) != 'FACTS':               # a header does not compile: no row is proven
            return {r: m.group(0) for r in rows}
        bad.setdefault(lines[int(m.group(2)) - 1][0], m.group(3))
    if done.returncode and not bad:
        return {r: done.stderr.strip().splitlines()[0] for r in rows}
    with tempfile.TemporaryDirectory(prefix='abi-test-') as d:
        exe = os.path.join(d, 'show')
        done = compile_c(flags, START + program_of(loose), ['-o', exe])
        if done.returncode:
            why = ([l for l in done.stderr.splitlines() if 'error' in l] or ['does not compile'])[0]
            bad.update({r: why for r in loose})
            return bad
        printed = subprocess.run([exe], capture_output=True, text=True).stdout
    got = dict(l.split(' ') for l in printed.splitlines())
    for kind, name, fact in loose:
        if got.get(name) != bytes_of(kind, fact).hex():
            bad[kind, name, fact] = 'has the bytes ' + got.get(name, '(none)')
    return bad


def main():
    with open(os.path.join(HERE, 'abi.tsv'), encoding='utf-8') as f:
        rows = [tuple(l.rstrip('\n').split('\t')) for l in f if not l.startswith('#')]
    probe = compile_c([], 'int lp64[sizeof(void *) == 8 ? 1 : -1];\n', ['-fsyntax-only'])
    if probe.returncode:
        print('no LP64 machine: sizes and offsets left out')
        rows = [r for r in rows if r[0] not in ('size', 'field')]
    version = subprocess.run(CC + ['--version'], capture_output=True, text=True).stdout
    limit = '-ferror-limit=0' if 'clang' in version else '-fmax-errors=0'
    passed = failed = 0
    for flags in MODES:
        bad = run(flags, rows, limit)
        for (kind, name, fact), why in bad.items():
            print('FAILED %s %s: want %s (%s)%s' % (kind, name, fact or 'declared', why,
                                                   ' with ' + ' '.join(flags) if flags else ''))
        failed += len(bad)
        passed += len(rows) - len(bad)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
