#!/bin/sh
# kerb_s4u_run.sh RUN PROGRAM LSAD - in the environment of tests/lab/ad.py: one
# keytab with the keys of the front, which our side accepts with, and of the
# service behind it, which MIT's does, and of the machine.
set -eu
run=$1
shift
keytab=$AD_DIR/both.keytab
cat "$AD_DIR/front.keytab" >"$keytab"
tail -c +3 "$AD_DIR/http.keytab" >>"$keytab"	# without a second head: two bytes of version
tail -c +3 "$AD_DIR/host.keytab" >>"$keytab"
KRB5_KTNAME=FILE:$keytab
GSS_MECH_CONFIG=/dev/null	# none but MIT's own mechanisms
export KRB5_KTNAME GSS_MECH_CONFIG
exec sh "$run" "$@"
