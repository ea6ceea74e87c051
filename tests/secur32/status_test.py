#!/usr/bin/env python3
"""status_test.py LIB - docs/STATUS.md is true.

Every function of tests/abi/functions.tsv stands there once; what is marked
unsupported is called and must return the status named; what works names a
test file that exists and mentions the function (or its A or W twin).
"""
import csv
import ctypes
import os
import re
import sys

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
page = open(os.path.join(root, 'docs', 'STATUS.md'), encoding='utf-8').read()
lib = ctypes.CDLL(sys.argv[1])
CODES = {'SEC_E_UNSUPPORTED_FUNCTION': 0x80090302, 'STATUS_NOT_IMPLEMENTED': 0xC0000002,
         'FALSE, ERROR_NOT_SUPPORTED': 0}
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print('FAILED: ' + what)


rows = {}
for name, state, test in re.findall(r'^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|$', page, re.M):
    check(name not in rows, name + ' stands twice')
    rows[name] = (state.strip(), test.strip())
declared = set(re.findall(r'`(\w+)`', ' '.join(re.findall(r'^Declared: (.*)$', page, re.M))))

for row in csv.DictReader(open(os.path.join(root, 'tests', 'abi', 'functions.tsv'), encoding='utf-8'), delimiter='\t'):
    name = row['function']
    if row['kind'] != 'exported':
        check(name in declared and name not in rows, name + ' should be listed as declared')
        continue
    check(name in rows, name + ' is exported and not listed')
    if name not in rows:
        continue
    state, test = rows.pop(name)
    check(hasattr(lib, name), name + ' is not exported')
    if state.startswith('unsupported: '):
        function = getattr(lib, name)
        function.restype = ctypes.c_ubyte if state.endswith('ERROR_NOT_SUPPORTED') else ctypes.c_uint32
        got = function(*[ctypes.c_void_p(0)] * 12)
        check(got == CODES[state[13:]], '%s returned %08x, not %s' % (name, got, state[13:]))
    else:
        check(state.startswith('works'), '%s is in no known state: %s' % (name, state))
        path = os.path.join(root, test)
        text = open(path, encoding='utf-8', errors='replace').read() if test and os.path.exists(path) else ''
        stem = re.sub('[AWU]$', '', name)
        check(test.endswith('status_test.py') or re.search(r'\b' + stem + r'[AWU]?\b', text),
              '%s: %s does not mention it' % (name, test or 'no test'))
for name in rows:
    check(False, name + ' is listed and not in functions.tsv')

for name in ('SspiPromptForCredentialsA', 'SspiPromptForCredentialsW'):
    check(getattr(lib, name)(*[ctypes.c_void_p(0)] * 12) == 50, name + ' asks somebody')

# A closed list of packages: those not there yet are not found.
for name in re.findall(r'^\| ([^|(]+) \| not yet: SEC_E_SECPKG_NOT_FOUND \|$', page, re.M):
    for one in name.split(','):
        info = ctypes.c_void_p()
        lib.QuerySecurityPackageInfoA.restype = ctypes.c_uint32
        got = lib.QuerySecurityPackageInfoA(one.strip().encode(), ctypes.byref(info))
        check(got == 0x80090305, '%s: %08x' % (one, got))

print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed or not passed else 0)
