#!/bin/sh
# kerb_iakerb_run.sh RUN PROGRAM LSAD - in the environment of tests/lab/kdc.py: our
# side reads a krb5.conf that knows of no KDC, MIT's the real one (IAKERB_KRB5_CONFIG).
set -eu
run=$1
shift
IAKERB_KRB5_CONFIG=$KRB5_CONFIG
sed 's/^\([[:space:]]*\)kdc = .*/\1admin_server = 127.0.0.1/' "$KRB5_CONFIG" >"$KDC_DIR/nokdc.conf"
KRB5_CONFIG=$KDC_DIR/nokdc.conf
export KRB5_CONFIG IAKERB_KRB5_CONFIG
exec sh "$run" "$@"
