#!/usr/bin/env python3
"""upcase_gen_test.py - the committed upcase_table.h against Unicode's data.

    upcase_gen_test.py [ROOT]

With the Unicode version the table was made from, the generator must give the
same file. With any other, what both know must agree: Unicode never changes
the upper case of a letter that has one, it only adds letters.
"""
import importlib.util
import os
import re
import subprocess
import sys
import unicodedata

root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
gen_path = os.path.join(root, 'src/base/upcase-gen.py')
text = open(os.path.join(root, 'src/base/upcase_table.h'), encoding='ascii').read()
version = re.search(r'Unicode ([0-9.]+):', text).group(1)

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location('upcase_gen', gen_path)
gen = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gen)

bad = []
table = {}
for row in re.findall(r'\{ 0x(\w{4}), 0x(\w{4}), 0x(\w{4}), (\d) \}', text):
    first, last, delta = (int(x, 16) for x in row[:3])
    for c in range(first, last + 1, int(row[3])):
        table[c] = (c + delta) & 0xFFFF
if version == unicodedata.unidata_version:
    made = subprocess.run([sys.executable, gen_path], capture_output=True, text=True, check=True).stdout
    if made != text:
        bad.append('upcase_table.h is not what the generator makes')
else:
    print('Unicode %s here, %s in the table: comparing what both know' % (unicodedata.unidata_version, version))
here = gen.mapping()
for c in sorted(set(table) | set(here)):
    known = unicodedata.category(chr(c)) != 'Cn' and unicodedata.category(chr(table.get(c, c))) != 'Cn'
    if known and c in table and table[c] != here.get(c):
        bad.append('U+%04X: %04X in the table, %04X here' % (c, table[c], here.get(c, c)))
    if c not in table and version == unicodedata.unidata_version:
        bad.append('U+%04X: missing' % c)
for c in (0x00B5, 0x00DF, 0x0131, 0x017F):
    if c in table:
        bad.append('U+%04X must stay as it is' % c)
for line in bad:
    print(line)
print('%d passed, %d failed' % (0 if bad else 1, 1 if bad else 0))
sys.exit(1 if bad else 0)
