#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header must compile alone, in any company, in C and C++, and
# without a warning. CC and CXX choose the compilers; no arguments.
set -u

cc=${CC:-cc}
cxx=${CXX:-c++}
root=$(cd "$(dirname "$0")/../.." && pwd)
include=$root/include
work=$(mktemp -d "${TMPDIR:-/tmp}/headers-test.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

warn="-Wall -Wextra -pedantic -Werror"
passed=0
failed=0

# try NAME COMMAND...: silence and status 0 are a pass.
try() {
	name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $name"
		sed -n 1,6p "$work/out"
	fi
}

# can COMMAND...: is this compiler, with these flags, there at all?
can() {
	echo 'int unit;' >"$work/can.c"
	"$@" -c -o "$work/can.o" "$work/can.c" >/dev/null 2>&1
}

# The preprocessor lines of a list of headers, and one declaration: a header
# of macros alone would leave an empty unit, which ISO C forbids.
unit() {
	for h; do
		echo "#include <$h>"
	done
	echo 'extern int headers_test_unit;'
}

headers=$(cd "$include" && ls ./*.h | sed 's,^\./,,')

# --- each header alone, in every dialect ---------------------------------

cat >"$work/dialects" <<'END'
C -std=c99
C -std=c11
C -std=gnu11
C -std=c11 -DUNICODE -D_UNICODE
C -std=c11 -DSECURITY_WIN32
C -std=c11 -DSECURITY_KERNEL
C -std=c11 -DWIN32_NO_STATUS
C -std=c11 -DINITGUID
C -std=c11 -fshort-wchar
C -std=c11 -fshort-wchar -DUNICODE
C -std=c99 -m32
C -std=c11 -m32 -DUNICODE
C++ -std=c++11
C++ -std=c++17
C++ -std=c++11 -DUNICODE
C++ -std=c++11 -DSECURITY_KERNEL
C++ -std=c++11 -DINITGUID
C++ -std=c++11 -fshort-wchar
C++ -std=c++11 -m32
END

while read -r language flags; do
	case $language in
	C)   compiler="$cc -x c"; suffix=c ;;
	C++) compiler="$cxx -x c++"; suffix=cc ;;
	esac
	# shellcheck disable=SC2086
	if ! can $compiler $flags; then
		echo "skipped: no $language $flags here"
		continue
	fi
	for h in $headers; do
		unit "$h" >"$work/unit.$suffix"
		# shellcheck disable=SC2086
		try "$h alone, $language $flags" $compiler $flags $warn -I "$include" -fsyntax-only "$work/unit.$suffix"
	done
done <"$work/dialects"

# --- all together, each one first once, and in reverse --------------------

backwards=
for h in $headers; do
	backwards="$h $backwards"
done
for first in $headers; do
	# shellcheck disable=SC2086
	unit "$first" $headers >"$work/unit.c"
	# shellcheck disable=SC2086
	try "$first, then all" $cc -x c -std=c11 $warn -I "$include" -fsyntax-only "$work/unit.c"
	# shellcheck disable=SC2086
	unit "$first" $backwards >"$work/unit.c"
	# shellcheck disable=SC2086
	try "$first, then all backwards" $cc -x c -std=c11 $warn -I "$include" -fsyntax-only "$work/unit.c"
done

# --- source as programs write it ------------------------------------------

# Status codes of their own header, the way Windows programs ask for it.
cat >"$work/status.c" <<'END'
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
NTSTATUS f(void);
NTSTATUS f(void) { return NT_SUCCESS(STATUS_WAIT_0) ? STATUS_PENDING : STATUS_INVALID_HANDLE; }
END
try "WIN32_NO_STATUS" $cc -std=c99 $warn -I "$include" -fsyntax-only "$work/status.c"

# A table's member, under either of its names, and the A/W names.
cat >"$work/table.c" <<'END'
#define SECURITY_WIN32
#include <windows.h>
#include <security.h>
SECURITY_STATUS f(PSecurityFunctionTable t, PCredHandle c, SecPkgInfo **info);
SECURITY_STATUS f(PSecurityFunctionTable t, PCredHandle c, SecPkgInfo **info)
{
	t->FreeCredentialsHandle(c);
	t->FreeCredentialHandle(c);
	FreeCredentialHandle(c);
	return QuerySecurityPackageInfo((SECURITY_PSTR)SEC_TEXT("NTLM"), info);
}
WCHAR wide[] = NEGOSSP_NAME_W;
END
for flags in "" -DUNICODE -fshort-wchar; do
	# shellcheck disable=SC2086
	try "function table $flags" $cc -std=c11 $flags $warn -I "$include" -fsyntax-only "$work/table.c"
done

# In kernel mode the W names take counted strings and mean the U functions.
cat >"$work/kernel.c" <<'END'
#define SECURITY_KERNEL
#include <windows.h>
#include <sspi.h>
SECURITY_STATUS f(SspiAsyncContext *a, PSECURITY_STRING name, PCredHandle c);
SECURITY_STATUS f(SspiAsyncContext *a, PSECURITY_STRING name, PCredHandle c)
{
	return SspiAcquireCredentialsHandleAsyncW(a, NULL, name, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, c, NULL);
}
END
try "kernel mode" $cc -std=c11 $warn -I "$include" -S -o "$work/kernel.s" "$work/kernel.c"
try "kernel mode links to U" grep -q SspiAcquireCredentialsHandleAsyncU "$work/kernel.s"

sed -e 's/SECURITY_KERNEL/SECURITY_WIN32/' -e 's/PSECURITY_STRING/LPWSTR/g' "$work/kernel.c" >"$work/user.c"
try "user mode" $cc -std=c11 $warn -I "$include" -S -o "$work/user.s" "$work/user.c"
try "user mode links to W" grep -q SspiAcquireCredentialsHandleAsyncW "$work/user.s"

# kernel32's names never reach the linker.
cat >"$work/names.c" <<'END'
#include <windows.h>
DWORD f(HANDLE h, HLOCAL m);
DWORD f(HANDLE h, HLOCAL m)
{
	char secret[16];

	SecureZeroMemory(secret, sizeof secret);
	SetLastError(ERROR_SUCCESS);
	return CloseHandle(h) && LocalFree(m) == NULL ? 0 : GetLastError();
}
END
try "kernel32 names" $cc -std=c99 $warn -I "$include" -S -o "$work/names.s" "$work/names.c"
for name in CloseHandle LocalFree GetLastError SetLastError; do
	try "Olsa$name is linked" grep -q "Olsa$name" "$work/names.s"
	try "$name is not" sh -c "! grep -qE '(^|[^A-Za-z])_?$name' '$work/names.s'"
done

# GUIDs: storage once, where INITGUID is; used everywhere.
cat >"$work/guid1.c" <<'END'
#define INITGUID
#include <ntsecapi.h>
extern const GUID *other(void);
int main(void) { return memcmp(other(), &Audit_System, sizeof(GUID)) != 0; }
END
cat >"$work/guid2.c" <<'END'
#include <ntsecapi.h>
const GUID *other(void);
const GUID *other(void) { return &Audit_System; }
END
try "GUID storage" $cc -std=c11 $warn -I "$include" -o "$work/guid" "$work/guid1.c" "$work/guid2.c"
try "GUID value" "$work/guid"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
