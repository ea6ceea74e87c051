#!/bin/sh
# fips_run.sh RUN PROGRAM LSAD - an API test on a machine in FIPS mode, on one
# that has such a mode and is not in it, and on one of which that cannot be
# told: in a mount namespace whose /proc/sys says so. As root.
set -u
if [ "${1-}" != inside ]; then
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || { echo "skipped: needs root, and namespaces"; exit 77; }
	exec unshare -m sh "$0" inside "$@"
fi
run=$2 program=$3 lsad=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/sys" && cp -r --parents /proc/sys/kernel/overflow?id /proc/sys/vm/overcommit_memory "$work/sys" || exit 1
mkdir "$work/sys/proc/sys/crypto" && mount --bind "$work/sys/proc/sys" /proc/sys || exit 1
passed=0 failed=0
for mode in 1 0; do
	echo "== fips_enabled is $mode"
	echo "$mode" >/proc/sys/crypto/fips_enabled
	FIPS_MODE=$mode sh "$run" "$program" "$lsad" >"$work/out" 2>&1 || failed=$((failed + 1))
	cat "$work/out"
	line=$(tail -1 "$work/out")
	passed=$((passed + ${line%% *}))
done
echo "== fips_enabled cannot be read"
rm /proc/sys/crypto/fips_enabled; mkdir /proc/sys/crypto/fips_enabled
FIPS_MODE=unknown OPENLSA_MODE=embedded OPENLSA_STATE=$work/state "$program" || failed=$((failed + 1))
if timeout 20 "$lsad" --foreground --socket "$work/s" --state "$work/far" >"$work/log" 2>&1 ||
    ! grep -q 'fips_enabled cannot be read' "$work/log"; then
	echo "FAILED: lsad started all the same, or does not say why it did not"
	cat "$work/log"
	failed=$((failed + 1))
else
	passed=$((passed + 1))
fi
umount /proc/sys
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
