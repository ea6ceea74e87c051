#!/bin/sh
# no_legacy_run.sh RUN PROGRAM LSAD - an API test where OpenSSL has no module
# to load, so neither its legacy provider (MD4, RC4) nor its FIPS one: NTLM
# works all the same. First it is made sure that the place is as bare as that.
# Covers src/crypto/legacy.c, libctx.c.
set -eu
run=$1
shift
OPENSSL_MODULES=$(mktemp -d); export OPENSSL_MODULES
trap 'rm -rf "$OPENSSL_MODULES"' EXIT
command -v openssl >/dev/null || { echo "openssl is not installed"; exit 77; }
if echo | openssl dgst -md4 -provider legacy -provider default >/dev/null 2>&1; then
	echo "the legacy provider is there"
	echo "0 passed, 1 failed"
	exit 1
fi
sh "$run" "$@"
