#!/bin/sh
# SPDX-License-Identifier: MIT
# demo_test.sh - what `make demo` promises: both modes, three decoded tokens,
# user, SID and logon session, 401 with a reason, nothing left behind.
#
#     demo_test.sh DEMO BUILD-FOLDER
set -u

demo=$1
build=$2
tmp=$(mktemp -d "${TMPDIR:-/tmp}/olsa-dt.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir -m 0711 "$tmp/t"
passed=0
failed=0

check() {	# WHAT, then a command
	what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what"
	fi
}

chmod 0711 "$tmp"
TMPDIR=$tmp/t timeout 300 "$demo" "$build" >"$tmp/out" 2>&1
status=$?
[ "$status" -eq 0 ] || cat "$tmp/out"
check 'exit status 0' [ "$status" -eq 0 ]

twice() {	# PATTERN: at least once in each half
	[ "$(sed '/^2\. /,$d' "$tmp/out" | grep -Ec -- "$1")" -ge 1 ] &&
		[ "$(sed -n '/^2\. /,$p' "$tmp/out" | grep -Ec -- "$1")" -ge 1 ]
}
check 'an account with a SID' twice 'alice: added, SID S-1-5-21-'
check 'NEGOTIATE decoded' twice 'NTLM NEGOTIATE, [0-9]+ bytes'
check 'CHALLENGE decoded' twice 'NTLM CHALLENGE, [0-9]+ bytes'
check 'AUTHENTICATE decoded' twice 'NTLM AUTHENTICATE, [0-9]+ bytes'
check 'the user on the page' twice '^ +user: alice$'
check 'the SID on the page' twice '^ +SID: S-1-5-21-[0-9-]+$'
check 'the logon session on the page' twice '^ +logon session: [0-9a-f]+:[0-9a-f]+$'
check 'the wrong password' twice 'HTTP 401: You must log on'
check 'the reason' twice 'denied: SEC_E_LOGON_DENIED \(0x8009030C\)'
check 'embedded' grep -q 'mode embedded' "$tmp/out"
check 'daemon' grep -q 'mode daemon' "$tmp/out"
check 'the end' grep -q 'all [0-9]* steps gave what they should' "$tmp/out"
check 'no line beyond 80 columns' test "$(awk 'length > 80' "$tmp/out" | wc -l)" -eq 0
check 'nothing left behind' test -z "$(ls -A "$tmp/t")"

# It does not succeed where something is wrong.
mkdir -p "$tmp/none"
TMPDIR=$tmp/t timeout 60 "$demo" "$tmp/none" >"$tmp/out" 2>&1
check 'failure without binaries' [ $? -eq 1 ]
check 'and says what to do' grep -q "run 'make' first" "$tmp/out"
check 'and leaves nothing behind' test -z "$(ls -A "$tmp/t")"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
