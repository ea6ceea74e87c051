#!/bin/sh
# kerb_logon_ad_run.sh RUN PROGRAM LSAD - in the environment of tests/lab/ad.py,
# on a machine that has joined the domain: with the keytab of labhost$.
set -eu
run=$1
shift
KRB5_KTNAME=FILE:$AD_DIR/host.keytab
KRB5_CLIENT_KTNAME=FILE:$AD_DIR/none.keytab
export KRB5_KTNAME KRB5_CLIENT_KTNAME
exec sh "$run" "$@"
