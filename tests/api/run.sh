#!/bin/sh
# run.sh PROGRAM LSAD - runs an API test near (embedded) and far (through a
# daemon of its own): the same program must pass in both.
set -u
program=$1
lsad=$2
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0

sum() {	# adds up the last "N passed, N failed" of a run; a run without one has failed
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -1)
	cat "$1"
	if [ -z "$line" ]; then failed=$((failed + 1)); return; fi
	passed=$((passed + ${line%% *}))
	rest=${line#*passed, }
	failed=$((failed + ${rest%% *}))
	[ "$2" -eq 0 ] || [ "${rest%% *}" -ne 0 ] || failed=$((failed + 1))
}

OPENLSA_TEST_LSAD=$lsad; export OPENLSA_TEST_LSAD
echo "-- near"
OPENLSA_MODE=embedded OPENLSA_AUDIT=on OPENLSA_STATE=$work/near timeout 300 "$program" >"$work/out" 2>&1
sum "$work/out" $?

echo "-- far"
"$lsad" --foreground --socket "$work/s" --state "$work/far" >"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 100); do [ -S "$work/s" ] && break; sleep 0.1; done
OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/s timeout 300 "$program" >"$work/out" 2>&1
sum "$work/out" $?
kill "$daemon" 2>/dev/null && wait "$daemon"
status=$?
daemon=
if [ "$status" -ne 0 ]; then echo "the daemon ended with $status"; cat "$work/log"; failed=$((failed + 1)); fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
