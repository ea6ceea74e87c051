#!/bin/sh
# run-all.sh - everything `make check` proves, in the order of what is quick:
# the whole suite, then under AddressSanitizer and UBSan, then what has
# threads under ThreadSanitizer, then an installation used from outside.
# Ends with "N passed, N failed".
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
passed=0
failed=0
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

note() { printf '\n== %s\n' "$*"; }

result() {	# NAME STATUS
	if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi
}

build() {	# DIR MESON-ARGS...
	dir=$1; shift
	if [ -f "$dir/build.ninja" ]; then
		ninja -C "$dir" >"$dir/build.log" 2>&1
	else
		mkdir -p "$dir" && meson setup "$dir" "$@" >"$dir/setup.log" 2>&1 && ninja -C "$dir" >"$dir/build.log" 2>&1
	fi || { tail -40 "$dir/build.log" "$dir/setup.log" 2>/dev/null; result "build $dir" 1; return 1; }
}

suites() {	# DIR MESON-TEST-ARGS...: counts what meson counts
	dir=$1; shift
	out=$(meson test -C "$dir" --no-rebuild --num-processes "$jobs" "$@" 2>&1)
	printf '%s\n' "$out" | sed -n '/^ *[0-9]*\/[0-9]* /p;/Summary of Failures/,$p' | tail -300
	ok=$(printf '%s\n' "$out" | sed -n 's/^Ok: *//p' | tail -1)
	bad=$(printf '%s\n' "$out" | sed -n 's/^Fail: *//p' | tail -1)
	late=$(printf '%s\n' "$out" | sed -n 's/^Timeout: *//p' | tail -1)
	if [ -z "$ok" ]; then printf '%s\n' "$out" | tail -20; result "meson test $dir" 1; return; fi
	passed=$((passed + ok))
	failed=$((failed + ${bad:-0} + ${late:-0}))
	[ $((${bad:-0} + ${late:-0})) -eq 0 ] || tests/failed_logs.sh "$dir"
}

main=${1:-build}

note "the suite"
build "$main" && suites "$main" --no-suite lab

note "the suite under AddressSanitizer and UndefinedBehaviorSanitizer"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
build build-asan -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized &&
    suites build-asan --timeout-multiplier 4 --suite unit --suite api --suite fuzz-replay

note "threads under ThreadSanitizer"
export TSAN_OPTIONS=halt_on_error=1:exitcode=99:second_deadlock_stack=1
OPENLSA_TEST_SCALE=tsan; export OPENLSA_TEST_SCALE
build build-tsan -Db_sanitize=thread -Db_lundef=false -Dbuildtype=debugoptimized &&
    suites build-tsan --timeout-multiplier 6 --suite threads
unset OPENLSA_TEST_SCALE

note "a second compiler"
if command -v clang >/dev/null; then
	CC=clang; export CC
	build build-clang; result "clang builds without a warning" $?
	unset CC
fi

note "an installation, used from outside"
sh tests/install_test.sh; result "install" $?

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
