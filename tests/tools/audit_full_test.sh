#!/bin/sh
# SPDX-License-Identifier: MIT
# audit_full_test.sh LSACTL LSAD - the audit file on a small disk of its own
# that is full: logons go on as they were and wait for nothing, what is lost is
# counted to the last event, and 1101 says so when there is room again. Needs
# root, or user namespaces, to mount that disk. Covers store/trail.c, store/sink.c.
set -u
if [ "${1:-}" != inside ]; then
	if [ "$(id -u)" = 0 ] && unshare -m --propagation private mount -t tmpfs -o size=64k none /mnt 2>/dev/null; then
		exec unshare -m --propagation private sh "$0" inside "$@"
	elif unshare -rm mount -t tmpfs -o size=64k none /mnt 2>/dev/null; then
		exec unshare -rm sh "$0" inside "$@"
	fi
	echo "skipped: neither root nor user namespaces, so no disk can be made that fills"
	exit 77
fi
lsactl=$2
lsad=$3
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0
OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/s
export OPENLSA_MODE OPENLSA_SOCKET
file=$work/disk/audit.json

check() {	# NAME COMMAND...
	name=$1
	shift
	if "$@"; then passed=$((passed + 1)); else echo "FAILED $name"; failed=$((failed + 1)); fi
}

ended() {
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}

settled() {	# until nothing has been written for a second
	last=-1
	for _ in $(seq 20); do
		now=$(wc -c <"$file")
		[ "$now" = "$last" ] && return
		last=$now
		sleep 1
	done
}

lines() { grep '^{.*}$' "$file" | grep -vc '"id":1101'; }	# a short 1101 may find room where no event does
dropped() { python3 -c 'import json, sys
print(sum(e["Dropped"] for e in map(json.loads, open(sys.argv[1])) if e["id"] == 1101 and "disk" in e["What"]))' "$file"; }
whole() { python3 -c 'import json, sys
text = open(sys.argv[1]).read()
sys.exit(0 if text.endswith("\n") and all(json.loads(l)["id"] for l in text.splitlines()) else 1)' "$file"; }

# One round: three logons and two wrong passwords, which are refused as they always are.
round() {
	for _ in 1 2 3; do echo Sesame-1 | "$lsactl" -q test-auth alice || return 1; done
	for _ in 1 2; do echo wrong | "$lsactl" -q test-auth alice 2>>"$work/err" && return 1; done
	return 0
}

mkdir "$work/disk"
if ! mount -t tmpfs -o size=128k,mode=0700 none "$work/disk"; then
	check "a small disk" false
	ended
fi
cat >"$work/conf" <<END
audit_file = $file
audit_journal = off
audit_rate = 0
END
"$lsad" --config "$work/conf" --socket "$work/s" --state "$work/state" >>"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 50); do [ -S "$work/s" ] && break; sleep 0.1; done
echo Sesame-1 | "$lsactl" user add alice >/dev/null
"$lsactl" policy set lockout-threshold 0 >/dev/null
settled
before=$(lines)
check "a round with room" round
settled
each=$(($(lines) - before))
check "it is told" [ "$each" -gt 10 ]

dd if=/dev/zero of="$work/disk/fill" bs=1k >/dev/null 2>&1
check "the disk is full" sh -c '! dd if=/dev/zero of="$0/more" bs=4k count=1 2>/dev/null' "$work/disk"
rm -f "$work/disk/more"
began=$(date +%s%N)
for n in 1 2 3 4 5 6; do check "round $n without room" round; done
took=$((($(date +%s%N) - began) / 1000000))
check "thirty logons waited for nothing ($took ms)" [ "$took" -lt 15000 ]
sleep 2.5				# it tries to tell, twice
written=$(($(lines) - before - each))
check "most of it is lost" [ "$written" -lt "$((each * 6))" ]

rm "$work/disk/fill"
settled
check "1101 by itself, when there is room" grep -q '"id":1101.*"What":"the file could not be written: is the disk full?"' "$file"
lost=$(dropped)
[ "$((lost + written))" = "$((each * 6))" ] || echo "lost $lost, written $written, of $((each * 6))"
check "to the last event" [ "$((lost + written))" = "$((each * 6))" ]
told=$(lines)
check "a round after it" round
settled
check "is told as the first" [ "$(($(lines) - told))" = "$each" ]
check "and nothing was lost of it" [ "$(dropped)" = "$lost" ]
check "whole lines alone" whole

kill "$daemon"
wait "$daemon"
check "the daemon ends well" [ $? = 0 ]
daemon=
ended
