#!/bin/sh
# run.sh - every fuzz target for a while, from the corpus that stands here.
#
#     fuzz/run.sh [TARGET...]        FUZZ_SECONDS each (20)
#
# What it finds goes to build-fuzz/findings/TARGET: an input that breaks a
# target, to be replayed by `build/fuzz/replay-TARGET FILE`; and to
# build-fuzz/corpus/TARGET: inputs that reach more. Ends with "N passed, N failed".
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
seconds=${FUZZ_SECONDS:-20}
dir=build-fuzz
passed=0
failed=0

command -v clang >/dev/null || { echo "libFuzzer needs clang"; echo "0 passed, 1 failed"; exit 1; }
if [ ! -f "$dir/build.ninja" ]; then
	CC=clang meson setup "$dir" -Dfuzz=true -Dbuildtype=debugoptimized -Db_lundef=false \
	    -Db_sanitize=address,undefined -Dc_args="-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined" \
	    >"/tmp/fuzz-setup.$$" 2>&1 || { tail -20 "/tmp/fuzz-setup.$$"; echo "0 passed, 1 failed"; exit 1; }
	rm -f "/tmp/fuzz-setup.$$"
fi
targets=$(ls fuzz/fuzz_*.c | sed 's,.*/fuzz_\(.*\)\.c,\1,')
# make fuzz hands over its build folder; that is no target.
chosen=
for name in "$@"; do
	[ -f "fuzz/fuzz_$name.c" ] && chosen="$chosen $name"
done
[ -n "$chosen" ] && targets=$chosen
goals=
for t in $targets; do goals="$goals fuzz/fuzz-$t"; done
# shellcheck disable=SC2086
ninja -C "$dir" $goals >"$dir/build.log" 2>&1 || { tail -30 "$dir/build.log"; echo "0 passed, 1 failed"; exit 1; }

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
for t in $targets; do
	mkdir -p "$dir/corpus/$t" "$dir/findings/$t"
	log=$dir/findings/$t.log
	if "$dir/fuzz/fuzz-$t" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
	    -artifact_prefix="$dir/findings/$t/" "$dir/corpus/$t" "fuzz/corpus/$t" >"$log" 2>&1; then
		passed=$((passed + 1))
		word=ok
	else
		failed=$((failed + 1))
		word=FAILED
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
	printf '%-14s %-6s %10s runs, %5s edges\n' "$t" "$word" "${runs:-?}" "${edges:-?}"
	[ "$word" = ok ] || grep -aE 'oracle broken|ERROR: |runtime error|SUMMARY' "$log" | head -5
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
