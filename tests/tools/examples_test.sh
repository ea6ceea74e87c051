#!/bin/sh
# SPDX-License-Identifier: MIT
# examples_test.sh - the blocking client and server: a sealed conversation,
# and a wrong password that ends it.
#
#     examples_test.sh BUILD-FOLDER
set -u

build=$1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/olsa-ex.XXXXXX") || exit 1
server=
passed=0
failed=0

clean_up() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	rm -rf "$tmp"
}
trap clean_up EXIT
OPENLSA_MODE=embedded OPENLSA_STATE=$tmp/state
export OPENLSA_MODE OPENLSA_STATE
unset OPENLSA_SOCKET

check() {
	what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what"
		tail -n 5 "$tmp"/client.* "$tmp"/server.* 2>/dev/null
	fi
}

talk() {	# PASSWORD: the exit statuses in client and served
	: >"$tmp/server.out"
	timeout 60 "$build/examples/sspi-server" 0 >"$tmp/server.out" 2>"$tmp/server.err" &
	server=$!
	tries=0
	until grep -q '^listening' "$tmp/server.out" || [ "$tries" -ge 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	echo "$1" | timeout 60 "$build/examples/sspi-client" 127.0.0.1 "$(sed -n 's/.*://p' "$tmp/server.out")" '' alice \
		>"$tmp/client.out" 2>"$tmp/client.err"
	client=$?
	wait "$server"
	served=$?
	server=
}

echo pw | "$build/src/tools/lsactl" -q user add alice || exit 1
talk pw
check 'the client is content' [ "$client" -eq 0 ]
check 'the server is content' [ "$served" -eq 0 ]
check 'the server knows the client' grep -q '^client is .*\\alice$' "$tmp/server.out"
for line in hello 'this line is sealed' 'so is this one'; do
	check "\"$line\" arrives" grep -q "^client says: $line$" "$tmp/server.out"
	check "\"$line\" comes back" grep -q "^server says: $line$" "$tmp/client.out"
done
talk wrong
check 'the client is refused' [ "$client" -eq 1 ]
check 'the server refuses' [ "$served" -eq 1 ]
check 'as a logon that was denied' grep -q '0x8009030C' "$tmp/server.err"
check 'and nothing was said' [ "$(grep -c says "$tmp/server.out")" -eq 0 ]

"$build/examples/rights-tool" alice SeServiceLogonRight >"$tmp/rights.out" 2>"$tmp/rights.err"
check 'rights-tool gives and takes a right' [ "$?" -eq 0 ]
check 'and says what was held between' [ "$(cat "$tmp/rights.out")" = SeServiceLogonRight ]
"$build/src/tools/lsactl" right list alice >"$tmp/rights.out" 2>/dev/null
check 'nothing is left of it' [ "$?" -eq 1 ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
