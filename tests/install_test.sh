#!/bin/sh
# install_test.sh - `make install`, set-up and all, below a folder; then builds and runs a
# program with nothing but pkg-config, in C and in C++, and with 16-bit wchar_t.
# And once more below DESTDIR. Covers Makefile, .ci/setup.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "install_test: $*"; echo "0 passed, 1 failed"; exit 1; }

make -C "$root" install BUILD="$work/build" PREFIX="$work/p" >"$work/log" 2>&1 || { tail -20 "$work/log"; fail "install"; }
[ -e "$work/build/.setup-build" ] || fail "no set-up was done"
[ -x "$work/p/bin/lsactl" ] || fail "no bin/lsactl"
pc=$(find "$work/p" -name openlsa.pc | head -1)
[ -n "$pc" ] || fail "no openlsa.pc"
PKG_CONFIG_PATH=$(dirname "$pc"); export PKG_CONFIG_PATH
[ -n "$(pkg-config --variable=includedir openlsa)" ] && [ -n "$(pkg-config --variable=libdir openlsa)" ] ||
    fail "openlsa.pc lacks includedir or libdir"
cat >"$work/use.c" <<'C'
#include <stdio.h>
#include <windows.h>
#include <sspi.h>
#include <ntsecapi.h>
#include <openlsa.h>
int
main(void)
{
	ULONG n = 0;
	PSecPkgInfo infos;
	HANDLE lsa;
	if (EnumerateSecurityPackages(&n, &infos) != SEC_E_OK || n < 1 || infos[0].wVersion != 1)
		return 1;
	FreeContextBuffer(infos);
	if (LsaConnectUntrusted(&lsa) != 0 || LsaDeregisterLogonProcess(lsa) != 0)
		return 2;
	return OlsaMode() == OLSA_MODE_EMBEDDED ? 0 : 3;
}
C
cp "$work/use.c" "$work/use.cc"
lib=$(pkg-config --variable=libdir openlsa)
for how in "cc $work/use.c" "c++ $work/use.cc" "cc -fshort-wchar -DUNICODE $work/use.c"; do
	# shellcheck disable=SC2086
	$how -DSECURITY_WIN32 -Wall -Werror -o "$work/use" $(pkg-config --cflags --libs openlsa) || fail "does not compile: $how"
	OPENLSA_STATE=$work/state LD_LIBRARY_PATH=$lib "$work/use" || fail "does not run: $how"
done
printf 'pw\n' | OPENLSA_STATE=$work/state "$work/p/bin/lsactl" user add carol >/dev/null || fail "lsactl does not run in place"
OPENLSA_STATE=$work/state "$work/p/bin/lsactl" user list | grep -q carol || fail "the account is not there"
rm -rf "$work/p"
make -C "$root" install BUILD="$work/build" PREFIX="$work/p" DESTDIR="$work/d" >"$work/log" 2>&1 ||
    { tail -20 "$work/log"; fail "install below DESTDIR"; }
[ -x "$work/d$work/p/bin/lsactl" ] && [ ! -e "$work/p" ] || fail "DESTDIR is not kept to"
grep -qx "prefix=$work/p" "$(find "$work/d" -name openlsa.pc)" || fail "the prefix has DESTDIR in it"
echo "1 passed, 0 failed"
