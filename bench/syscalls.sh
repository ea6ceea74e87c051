#!/bin/sh
# SPDX-License-Identifier: MIT
# syscalls.sh - counts what one call through lsad costs in system calls, on
# both sides: the difference between a run of many and a run of few.
#
#     bench/syscalls.sh BUILD-FOLDER FOLDER-TO-MAKE
set -u
build=${1:?build folder} tmp=${2:?a folder to make}
mkdir -p "$tmp" || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null' EXIT
few=100 many=1100

# SIDE CASE N: the table of strace for the client or for lsad.
count() {
	OPENLSA_SOCKET=$tmp/sock OPENLSA_MODE=daemon
	export OPENLSA_SOCKET OPENLSA_MODE
	rm -f "$tmp/sock" "$tmp/out"
	echo 'sandbox = off' >"$tmp/lsad.conf"	# who is traced cannot forbid tracing
	chmod 0644 "$tmp/lsad.conf"
	set -- "$1" "$2" "$3" "$build/src/lsad" --foreground --config "$tmp/lsad.conf" --socket "$tmp/sock" \
		--state "$tmp/state"
	side=$1 line="$2 $3"
	shift 3
	if [ "$side" = lsad ]; then
		strace -f -c -S name -U name,calls -o "$tmp/out" "$@" 2>"$tmp/log" &
	else
		"$@" 2>"$tmp/log" &
	fi
	pid=$!
	tries=0
	until [ -S "$tmp/sock" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || { echo "syscalls: lsad does not start: $(cat "$tmp/log")" >&2; exit 1; }
		sleep 0.1
	done
	if [ "$side" = lsad ]; then
		echo "$line" | "$build/bench/bench-ours" >/dev/null || exit 1
		kill -TERM $(cat "/proc/$pid/task/$pid/children")	# strace's one child
	else
		echo "$line" | strace -f -c -S name -U name,calls -o "$tmp/out" "$build/bench/bench-ours" >/dev/null || exit 1
		kill -TERM "$pid"
	fi
	wait "$pid"
	pid=
	grep -E '^[a-z_0-9]+ +[0-9]+$' "$tmp/out" | grep -v '^total'
}

# One line: NAME x TIMES, for what a single call costs.
each() {	# SIDE CASE CALLS-IN-ONE
	count "$1" "$2" "$few" >"$tmp/few"
	count "$1" "$2" "$many" >"$tmp/many"
	awk -v calls="$3" -v n=$((many - few)) '
		FNR == NR { before[$1] = $2; next }
		{ x = ($2 - before[$1]) / n / calls; if (x > 0.05) printf "%s%s x %.2g", sep, $1, x; if (x > 0.05) sep = ", " }
		END { print "" }' "$tmp/few" "$tmp/many"
}

echo
echo "### System calls of one call through lsad (strace)"
echo
echo "| | in the application | in lsad |"
echo "| --- | --- | --- |"
echo "| OlsaPing | $(each client ping 1) | $(each lsad ping 1) |"
# Four legs and two deletes are six calls.
echo "| a leg, or a delete, of a handshake | $(each client contexts 6) | $(each lsad contexts 6) |"
