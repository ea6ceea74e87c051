# SPDX-License-Identifier: MIT
# demo-lib.sh - what demo.sh and demo-kerberos.sh share: a temporary folder
# that is gone afterwards, the page they print, and processes that are waited
# for. Sourced by them; gives $tmp, $web_pid, $lsad_pid.

umask 022
tmp=$(mktemp -d "${TMPDIR:-/tmp}/olsa-demo.XXXXXX") || exit 1
if [ "${#tmp}" -gt 80 ]; then	# a socket's path has 107 bytes
	rmdir "$tmp"
	tmp=$(mktemp -d /tmp/olsa-demo.XXXXXX) || exit 1
fi
web_pid= lsad_pid=
at_end=:	# a command of the script's own, before the folder goes

clean_up() {
	for pid in $web_pid $lsad_pid; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	$at_end
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

fail() {
	echo
	echo "demo: FAILED: $1"
	for log in web.out web.err lsad.log; do
		[ ! -s "$tmp/$log" ] || { echo "--- $log"; tail -n 20 "$tmp/$log"; }
	done
	exit 1
}

title() {
	echo
	echo "$1" | sed 's/./=/g'
	echo "$1"
	echo "$1" | sed 's/./=/g'
}

steps=0
step() {
	steps=$((steps + 1))
	echo
	echo "[$steps] $1"
}

indent() {	# within 80 columns
	fold -s -w 76 | sed 's/^/    /'
}

await() {	# FILE holds PATTERN within ten seconds, while PID lives
	tries=0
	until grep -q -- "$2" "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || fail "no \"$2\" within ten seconds"
		kill -0 "$3" 2>/dev/null || fail "the process ended too early"
		sleep 0.1
	done
}

ends() {	# PID ends within ten seconds; its exit status
	tries=0
	while kill -0 "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || { kill -KILL "$1"; fail "process $1 does not end"; }
		sleep 0.1
	done
	wait "$1"
}

web_stop() {
	kill -TERM "$web_pid"
	ends "$web_pid" || fail "the web server did not end cleanly"
	web_pid=
}
