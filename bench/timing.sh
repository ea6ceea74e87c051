#!/bin/sh
# SPDX-License-Identifier: MIT
# timing.sh - whether the time of a refusal tells its cause: Welch's t between
# a wrong password and every other one, embedded and through lsad. It reports;
# it asserts nothing. docs/THREATS.md says how to read it.
#
#     bench/timing.sh [BUILD-FOLDER [SAMPLES]]
#
# TIMING_ON   a folder on the disk to measure (/tmp); with tmpfs there the durable write costs nothing, and what is
#             left is computing
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=$(cd "${1:-$root/build}" && pwd) || exit 1
samples=${2:-100000}
ninja -C "$build" --quiet bench/bench-timing src/lsad >/dev/null || exit 1
tmp=$(mktemp -d "${TIMING_ON:-/tmp}/olsa-timing.XXXXXX") || exit 1
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
unset OPENLSA_TRACE NOTIFY_SOCKET

echo "$samples samples each, folder on $(stat -f -c %T "$tmp"), load $(cut -d' ' -f1 /proc/loadavg), $(date -u +%Y-%m-%d)."
echo; echo "Embedded, the acceptor's last leg:"; echo
OPENLSA_MODE=embedded OPENLSA_STATE=$tmp/near "$build/bench/bench-timing" "$samples" || exit 1
"$build/src/lsad" --foreground --socket "$tmp/s" --state "$tmp/far" >"$tmp/log" 2>&1 &
daemon=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -S "$tmp/s" ] && break; sleep 0.1; done
echo; echo "Through lsad:"; echo
OPENLSA_MODE=daemon OPENLSA_SOCKET=$tmp/s "$build/bench/bench-timing" "$samples"
