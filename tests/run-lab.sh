#!/bin/sh
# run-lab.sh - what `make check-lab` proves: the heavy peers. A domain
# controller, web servers, a database, a browser; each test starts and ends
# its own. Ends with "N passed, N failed"; a test whose peer is not installed
# counts as neither.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
out=$(meson test -C "${1:-build}" --no-rebuild --num-processes 1 --suite lab 2>&1)
printf '%s\n' "$out" | sed -n '/^ *[0-9]*\/[0-9]* /p;/Summary of Failures/,$p' | tail -200
number() { printf '%s\n' "$out" | sed -n "s/^$1: *//p" | tail -1; }
ok=$(number Ok) bad=$(number Fail) late=$(number Timeout)
ok=${ok%% *} bad=${bad%% *} late=${late%% *}
failed=$((${bad:-0} + ${late:-0}))
[ "$failed" -eq 0 ] || tests/failed_logs.sh "${1:-build}"
[ -n "$ok" ] || { printf '%s\n' "$out" | tail -20; failed=$((failed + 1)); }
printf '\n%d passed, %d failed\n' "${ok:-0}" "$failed"
[ "$failed" -eq 0 ]
