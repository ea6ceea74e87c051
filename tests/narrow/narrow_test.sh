#!/bin/sh
# narrow_test.sh CC SOURCE-FOLDER LSAD LSACTL - a 32-bit client of a 64-bit
# lsad. First everything that runs in the application is compiled with -m32
# under the house's warnings; then narrow.c is linked with it, far alone, and
# run against lsad. No 32-bit library but libc is needed: the sections that
# want libcrypto are left out by the linker. Covers src/secur32, src/base,
# src/wire and the packages' user halves in the narrow ABI.
set -u
cc=$1
while [ $# -gt 4 ]; do shift; cc="$cc $1"; done	# ccache cc, perhaps
root=$2 lsad=$(realpath "$3") lsactl=$(realpath "$4")
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
cd "$root" || exit 1

echo 'int main(void) { return 0; }' >"$work/try.c"
$cc -m32 "$work/try.c" -o "$work/try" 2>/dev/null && "$work/try" || { echo "no 32-bit programs here: gcc-multilib"; exit 77; }

passed=0 failed=0
flags='-m32 -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -O1 -g -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla -Werror
    -ffunction-sections -fdata-sections -pthread -Isrc -Iinclude -I. -Itests'
for f in src/secur32/*.c src/base/*.c src/wire/*.c src/pkg/*/*_user.c src/pkg/*/*_data.c src/pkg/*/*_msg.c \
    src/pkg/*/*_print.c src/pkg/ntlm/ntlm_av.c src/pkg/ntlm/ntlm_keys.c src/pkg/ntlm/ntlm_seal.c \
    src/crypto/legacy.c src/crypto/des.c src/crypto/scramble.c; do
	case $f in */link_near.c|src/pkg/kerberos/*) continue ;; esac	# the LSA's side, and libkrb5's
	if $cc $flags -DOPENLSA_CONF_FILE='"/nonexistent"' -DOPENLSA_SOCKET_FILE='"/nonexistent"' -c "$f" \
	    -o "$work/$(echo "$f" | tr / _).o" 2>"$work/err"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $f"; cat "$work/err"
	fi
done
rm -f "$work/src_secur32_deaf.c.o"		# PAM's module in the library's place: one or the other
if $cc $flags tests/narrow/narrow.c "$work"/*.o -Wl,--gc-sections -o "$work/narrow" 2>"$work/err"; then
	"$lsad" --foreground --socket "$work/s" --state "$work/state" >"$work/log" 2>&1 &
	daemon=$!
	for _ in $(seq 100); do [ -S "$work/s" ] && break; sleep 0.1; done
	OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/s; export OPENLSA_MODE OPENLSA_SOCKET
	echo 'correct horse 7' | "$lsactl" -q user add alice || failed=$((failed + 1))
	timeout 60 "$work/narrow" >"$work/out" 2>&1 || failed=$((failed + 1))
	cat "$work/out"
	line=$(grep -E '^[0-9]+ passed' "$work/out")
	if [ -n "$line" ]; then passed=$((passed + ${line%% *})); else failed=$((failed + 1)); fi
else
	failed=$((failed + 1))
	echo "FAILED to link"; cat "$work/err"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
