#!/bin/sh
# SPDX-License-Identifier: MIT
# examples_test.sh - the examples near and far: a sealed conversation of the
# blocking client and server, which knows its client's account, and a wrong
# password that ends it; rights; sessions, a logon, a change of password.
#
#     examples_test.sh BUILD-FOLDER
set -u

build=$1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/olsa-ex.XXXXXX") || exit 1
server=
daemon=
passed=0
failed=0

clean_up() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	rm -rf "$tmp"
}
trap clean_up EXIT
OPENLSA_MODE=embedded OPENLSA_STATE=$tmp/state
export OPENLSA_MODE OPENLSA_STATE
unset OPENLSA_SOCKET

root=$(cd "$(dirname "$0")/../.." && pwd)

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

logons() {
	mkfifo "$tmp/hold"
	timeout 60 "$build/examples/logon" . alice <"$tmp/hold" >"$tmp/logon.out" 2>"$tmp/logon.err" &
	holder=$!
	exec 9>"$tmp/hold"
	echo pw >&9
	tries=0
	until grep -q '^user' "$tmp/logon.out" || [ "$tries" -ge 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	sleep 0.2
	check 'logon says whose token' grep -q "^user .*\\\\alice  $sid\$" "$tmp/logon.out"
	check 'and its groups' grep -q '^group  *NT AUTHORITY.INTERACTIVE  S-1-5-4$' "$tmp/logon.out"
	"$build/examples/sessions" >"$tmp/sessions.out" 2>&1
	check 'sessions lists them' [ "$?" -eq 0 ]
	if [ "$1" = far ]; then
		session=$(sed -n 's/^session //p' "$tmp/logon.out")
		check 'alice among them' grep -q "$session .*\\\\alice  NTLM  type 2  $sid\$" "$tmp/sessions.out"
	fi
	echo bye >&9
	exec 9>&-
	wait "$holder"
	check 'logon ends' [ "$?" -eq 0 ]
	rm -f "$tmp/hold"
	echo wrong | "$build/examples/logon" . alice >"$tmp/logon.out" 2>"$tmp/logon.err"
	check 'logon with a wrong password' [ "$?" -eq 1 ]
	check 'says so in words' grep -q 'error 1326: .*password' "$tmp/logon.err"

	printf 'pw\nanother one\n' | "$build/examples/passwd" alice >"$tmp/passwd.out" 2>"$tmp/passwd.err"
	check 'passwd changes it' [ "$?" -eq 0 ]
	printf 'pw\nyet another\n' | "$build/examples/passwd" alice >"$tmp/passwd.out" 2>"$tmp/passwd.err"
	check 'the old one is old' [ "$?" -eq 1 ]
	check 'and that is why' grep -q '0xc000006a' "$tmp/passwd.err"
	echo 'another one' | "$build/examples/logon" . alice >"$tmp/logon.out" 2>"$tmp/logon.err"
	check 'the new one logs on' [ "$?" -eq 0 ]
}

all() {	# near or far
	echo pw | "$build/src/tools/lsactl" -q user add alice || exit 1
	sid=$("$build/src/tools/lsactl" -q lookup alice | sed 's/.* //')
	talk pw
	check 'the client is content' [ "$client" -eq 0 ]
	check 'the server is content' [ "$served" -eq 0 ]
	check 'the server knows the client' grep -q '^client is .*\\alice$' "$tmp/server.out"
	check 'and by token and SID the account' grep -q "^client's account is .*\\\\alice, $sid\$" "$tmp/server.out"
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
	logons "$1"
}

for side in client server; do
	check "sspi-$side stays under 200 lines" [ "$(wc -l <"$root/examples/sspi-$side.c")" -lt 200 ]
done
all near

unset OPENLSA_STATE
OPENLSA_MODE=daemon OPENLSA_SOCKET=$tmp/sock
export OPENLSA_MODE OPENLSA_SOCKET
"$build/src/lsad" --foreground --socket "$OPENLSA_SOCKET" --state "$tmp/far" >"$tmp/lsad.log" 2>&1 &
daemon=$!
all far
kill "$daemon"
wait "$daemon"
check 'the daemon ends well' [ "$?" -eq 0 ]
daemon=

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
