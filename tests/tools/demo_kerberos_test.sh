#!/bin/sh
# SPDX-License-Identifier: MIT
# demo_kerberos_test.sh - what `make demo-kerberos` promises: with the LSA in the server
# and with lsad, Debian's curl and headless Chromium log on by a ticket and no password,
# the page names the user, and the browser's picture of it is kept.
#
#     demo_kerberos_test.sh DEMO BUILD-FOLDER
set -u

demo=$1
build=$2
PATH=$PATH:/usr/sbin:/sbin
for need in chromium curl kinit krb5kdc; do
	command -v $need >/dev/null || { echo "skipped: $need is not installed"; exit 77; }
done
tmp=$(mktemp -d "${TMPDIR:-/tmp}/olsa-dk.XXXXXX") || exit 1
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

rm -f "$build/demo-kerberos.png"
chmod 0711 "$tmp"
TMPDIR=$tmp/t timeout 300 sh "$demo" "$build" >"$tmp/out" 2>&1
status=$?
[ "$status" -eq 0 ] || cat "$tmp/out"
check 'exit status 0' [ "$status" -eq 0 ]

twice() {	# PATTERN: at least once in each half
	[ "$(sed '/^2\. /,$d' "$tmp/out" | grep -Ec -- "$1")" -ge 1 ] &&
		[ "$(sed -n '/^2\. /,$p' "$tmp/out" | grep -Ec -- "$1")" -ge 1 ]
}
check 'Negotiate is offered' twice 'WWW-Authenticate: Negotiate$'
check 'curl sends Kerberos in SPNEGO' twice 'Kerberos AP-REQ, [0-9]+ bytes'
check 'and is answered with a proof' twice 'Kerberos AP-REP, [0-9]+ bytes'
check 'the page names the user' twice '^ +user: alice$'
check 'and the realm' twice '^ +domain: OPENLSA.TEST$'
check 'nobody without a ticket' twice '^ +HTTP 401$'
check 'the browser' twice 'it names the user; its picture is '
check 'the end' grep -q 'all [0-9]* steps gave what they should' "$tmp/out"
check 'a picture' [ "$(head -c 8 "$build/demo-kerberos.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
check 'of some size' [ "$(wc -c <"$build/demo-kerberos.png")" -gt 2000 ]
check 'nothing left behind' test -z "$(ls -A "$tmp/t")"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
