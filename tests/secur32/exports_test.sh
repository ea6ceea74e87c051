#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library exports is what the version script lists, what the headers
# declare and what tests/abi/functions.tsv says is exported: no name more, no
# name less, all of version OPENLSA_1.0. Argument: the library. CC preprocesses.
set -u
export LC_ALL=C

lib=${1:?the library}
root=$(cd "$(dirname "$0")/../.." && pwd)
map=$root/src/secur32/libsecur32.map
list=$root/tests/abi/functions.tsv
work=$(mktemp -d "${TMPDIR:-/tmp}/exports-test.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

passed=0
failed=0

# same NAME GOT WANT: two sorted files of names; tells the differences.
same() {
	if [ -s "$3" ] && cmp -s "$2" "$3"; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAILED $1"
	comm -23 "$2" "$3" | sed 's/^/  not wanted: /'
	comm -13 "$2" "$3" | sed 's/^/  missing: /'
}

# The library: names as NAME@@VERSION, the version symbol itself (A) aside.
nm -D --defined-only "$lib" | awk '$2 != "A" { print $3 }' | sort >"$work/versioned"
sed 's/@.*//' "$work/versioned" | sort -u >"$work/exported"
sed -n '/@@OPENLSA_1\.0$/s/@.*//p' "$work/versioned" | sort >"$work/right_version"

sed -n '/^global:/,/^local:/s/^	\([A-Za-z_0-9]*\);$/\1/p' "$map" | sort >"$work/map"

# Functions that headers declare: outside of braces, a name before "(" of a
# declaration that is no typedef. An assembler label replaces the name.
cat >"$work/all.c" <<-'END'
	#include <windows.h>
	#include <ntdef.h>
	#include <sddl.h>
	#define SECURITY_WIN32
	#include <security.h>
	#include <ntsecapi.h>
	#include <ntsecpkg.h>
	#include <schannel.h>
	#include <openlsa.h>
END
${CC:-cc} -E -P -I"$root/include" "$work/all.c" >"$work/all.i" || exit 1
tr '\n\t' '  ' <"$work/all.i" | awk '
	{
		depth = 0; text = ""
		for (i = 1; i <= length($0); i++) {
			c = substr($0, i, 1)
			if (c == "{") { depth++; continue }
			if (c == "}") { depth--; body = 1; continue }
			if (depth) continue
			if (c == ";" || (body && c !~ /[ ;]/ && text ~ /\) *$/)) {
				if (text !~ /^ *(typedef|struct|enum|union|extern *const|static|_Static_assert)/) print text
				text = c == ";" ? "" : c; body = 0; continue
			}
			text = text c; if (c != " ") body = 0
		}
	}' >"$work/declarations"
sed -n -e 's/.*__asm__ *( *"\([A-Za-z0-9_]*\)").*/\1/p;t' \
	-e 's/^[^(]*[ *]\([A-Za-z_][A-Za-z0-9_]*\) *(.*/\1/p' "$work/declarations" |
	grep -E '^(Olsa|Sspi|Lsa|Audit|System|Sasl|Ssl|Cred|KSec|[A-Z][a-z]+[A-Z])' | sort -u >"$work/all_declared"
# Declared for packages or for the kernel, and exported by nobody here; the W
# forms of two calls stand beside their U forms.
awk -F'	' 'NR > 1 && $5 != "exported" { print $1 }' "$list" | sort >"$work/not_exported"
comm -23 "$work/all_declared" "$work/not_exported" >"$work/declared"
awk -F'	' 'NR > 1 && $5 == "exported" { print $1 }' "$list" | sort >"$work/listed"
# openlsa.h and windows.h are ours: the list holds Windows' names only.
grep -vE '^Olsa' "$work/declared" >"$work/declared_windows"

same "exported is what the version script lists" "$work/exported" "$work/map"
same "every export has version OPENLSA_1.0" "$work/right_version" "$work/map"
same "exported is what the headers declare" "$work/exported" "$work/declared"
same "Windows' names are those of functions.tsv" "$work/declared_windows" "$work/listed"

# Names that would capture another library's: kernel32's and everybody's.
if grep -E '^(CloseHandle|LocalFree|[GS]etLastError|FormatMessage|DuplicateHandle|GUID_|Audit_|[a-z])' "$work/exported"; then
	failed=$((failed + 1))
	echo "FAILED a name is exported that others have"
else
	passed=$((passed + 1))
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
