#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh - builds the drivers, runs them beside their peers and prints the
# table. Speed is measured here and asserted nowhere.
#
#     bench/run.sh [--write | --merge] [BUILD-FOLDER]
#
# --write        also writes docs/BENCHMARKS.md
# --merge        the same, and what was not measured this time stays in it
# BENCH_ROUNDS   rounds of a comparison (11)      BENCH_SLICE  seconds of a case in a round (0.15)
# BENCH_ONLY     some of: handshake message threads async far audit memory lsad pending
#                logon guess sessions look-up krb-contexts krb-messages krb-tickets krb-crowd krb-keys hole
# BENCH_FULL=1   a million handshakes through lsad instead of 20,000
set -u
write=
merge=
[ "${1:-}" = --write ] && { write=1; shift; }
[ "${1:-}" = --merge ] && { write=1 merge=1; shift; }
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=$(cd "${1:-$root/build}" && pwd) || exit 1

ninja -C "$build" --quiet bench-drivers >/dev/null || { ninja -C "$build" bench-drivers; exit 1; }

tmp=$(mktemp -d /tmp/olsa-bench.XXXXXX) || exit 1
chmod 0755 "$tmp"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP

# The peers' surroundings: one mechanism, one account, no log.
plugin=$(find /usr/lib -name gssntlmssp.so 2>/dev/null | head -n 1)
echo "gssntlmssp_v1 1.3.6.1.4.1.311.2.2.10 ${plugin:-/nonexistent}" >"$tmp/mech"
echo 'BENCH:bench:Correct-Horse-9' >"$tmp/users"
GSS_MECH_CONFIG=$tmp/mech NTLM_USER_FILE=$tmp/users WLOG_LEVEL=OFF
export GSS_MECH_CONFIG NTLM_USER_FILE WLOG_LEVEL
unset OPENLSA_MODE OPENLSA_SOCKET OPENLSA_STATE OPENLSA_TRACE NOTIFY_SOCKET

version_of() {	# a Debian package's, or what pkg-config knows
	dpkg-query -W -f '${Version}' "$1" 2>/dev/null || pkg-config --modversion "$2" 2>/dev/null || echo "not here"
}

machine() {
	sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1
	echo ", $(getconf _NPROCESSORS_ONLN) processors, $(uname -sr)"
}

head_of() {
	cat <<END
Machine: $(machine | tr -d '\n'), load $(cut -d' ' -f1 /proc/loadavg) when it began. $(date -u +%Y-%m-%d).
OpenLSA $("$build/bench/bench-ours" --version), WinPR $(version_of libwinpr2-2 winpr2), gss-ntlmssp $(version_of gss-ntlmssp gssntlmssp), $(openssl version | cut -d' ' -f1,2),
MIT krb5 $(version_of libkrb5-3 krb5), winbind $(version_of winbind wbclient),
$(cc --version | head -n 1), $(meson introspect --buildoptions "$build" 2>/dev/null | python3 -c 'import json, sys
print(*["%s=%s" % (o["name"], o["value"]) for o in json.load(sys.stdin) if o["name"] in ("buildtype", "b_sanitize")], sep=", ")' 2>/dev/null).
END
}

head_of >"$tmp/head" || exit 1
cat "$tmp/head"
python3 "$root/bench/bench.py" "$build" "$tmp" >"$tmp/table" || exit 1
if command -v strace >/dev/null 2>&1; then
	"$root/bench/syscalls.sh" "$build" "$tmp/calls.d" >"$tmp/calls" && cat "$tmp/calls" >>"$tmp/table" ||
		echo "run.sh: system calls were not counted" >&2
else
	echo "run.sh: no strace: system calls were not counted" >&2
fi
cat "$tmp/table"
[ -n "$write" ] || exit 0
if [ -n "$merge" ]; then
	python3 "$root/bench/merge.py" "$root/docs/BENCHMARKS.md" "$tmp/table" >"$tmp/merged" || exit 1
	mv "$tmp/merged" "$tmp/table"
fi

{
	cat <<'END'
# Benchmarks

Written by `bench/run.sh --write`; do not edit by hand. `make bench` prints the
same table for the machine it runs on. What else it takes is said in
`bench/run.sh`.

END
	cat "$tmp/head"
	cat <<'END'

How to read it. The cases that are compared run in turn, round after round, and
a ratio is formed inside each round; what stands there is the median over the
rounds, with the least and the greatest in brackets. Compare ratios across
machines and days, not times. Work that stays in the process is counted in CPU
time of the process, calls to another process by the wall clock. PASS and BELOW
judge the figure against the bar to its left; nothing else does, and no test
asserts a time. The machine may have had other work: each section says how much.

The bare crypto is the least that both sides of an NTLMv2 handshake must
compute, by libcrypto's low-level functions and without parsing or allocating
(`bench/floor.c`). A sealed message is measured against RC4 and HMAC-MD5 of
libcrypto, twice each, in place; OpenLSA is faster than that because it keeps
the states of the keyed hash and weaves RC4 and MD5 into one pass.

OpenLSA's server looks its account up, reserves the attempt, makes a logon
session and writes an audit line. WinPR's server is given the NT hash for each
context, and gss-ntlmssp's reads a file with one line.

Kerberos stands beside MIT krb5, with a throw-away KDC of its own
(`tests/lab/kdc.py`). A relay holds the KDC's answers back and keeps 32 requests
outstanding there, so that the asker is measured and not the KDC's socket
buffer.
Each acquisition asks the KDC: a credential of its own for an initial ticket,
and for a service ticket alone a credential that has an initial one. Memory of a
request in flight is the peak of resident memory over what was there when a few
had been made and all that is free had been given back; with an initial ticket
it includes the ticket that is kept. Most of so many stand in line for a place at
the KDC and have not begun; one that has begun holds more, and its row says how
much.

One blocking thread is measured by what both sides do: a service ticket that is
handed out as bytes (KerbRetrieveEncodedTicketMessage past the cache, beside
krb5_get_credentials with an empty one), and tickets with a context's first token
(beside gss_init_sec_context). The clock on the wall counts the KDC too; how much
of it the asker's CPU had stands below.

A refused logon is answered when its count is on the disk, so these two sections
follow the disk's pace, which changes with what else it has to do. An estate of
100000 accounts lies in memory for its filling only; finding one touches no disk.
By itself the estate's look-up grows with the caches of the processor that a
hundred times as many accounts no longer fit in; what the API does with it is
judged.

Black holes are KDCs of `tests/lab/hole.py`: one that says nothing, none at all,
one that answers with no Kerberos, one that gives a byte a second, one that hangs
up in its answer.

Two threads are judged against a control, the bare crypto on two threads in the
same round: on a machine with other work neither makes twice the one.
END
	cat "$tmp/table"
	if [ -s "$tmp/tickets.svg" ]; then
		cp "$tmp/tickets.svg" "$root/docs/tickets.svg"
	fi
	[ ! -s "$root/docs/tickets.svg" ] || cat <<'END'

![seconds for 1000 tickets against requests in flight](tickets.svg)
END
	cat <<'END'

## To run it again

    .ci/setup bench
    make bench
    bench/run.sh --write build
    BENCH_ONLY="handshake far" BENCH_ROUNDS=21 make bench
    BENCH_ONLY="krb-crowd hole" bench/run.sh --merge build
    BENCH_FULL=1 make bench
END
} >"$root/docs/BENCHMARKS.md.new" && mv "$root/docs/BENCHMARKS.md.new" "$root/docs/BENCHMARKS.md"
