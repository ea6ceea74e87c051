#!/bin/sh
# activate_test.sh LSAD LSACTL - lsad started by its socket: nothing runs until
# somebody connects, the first one is served, and the socket is not lsad's to
# remove. systemd-socket-activate stands for systemd where it is installed; the
# stand-in of listen_test.c passes a descriptor everywhere. Covers
# src/lsad/notify.c (LISTEN_FDS) and listen.c.
set -u
lsad=$1 lsactl=$2
command -v systemd-socket-activate >/dev/null || { echo "no systemd-socket-activate here"; exit 77; }
work=$(mktemp -d)
systemd-socket-activate -l "$work/s" "$lsad" --foreground --socket "$work/s" --state "$work/state" >"$work/log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0
check() { if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $1"; cat "$work/log"; fi; }

for _ in $(seq 100); do [ -S "$work/s" ] && break; sleep 0.1; done
[ ! -e "$work/state" ]
check "nothing runs before somebody connects" $?
OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/s timeout 20 "$lsactl" status >"$work/out" 2>&1
check "the first one is served: $(cat "$work/out")" $?
[ -e "$work/state/db/accounts.db" ]
check "the daemon made its store" $?
OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/s timeout 20 "$lsactl" status >/dev/null 2>&1
check "and so is the next" $?
if [ "$(id -u)" = 0 ]; then
	grep -q 'lsad: warning: it runs as root; --user' "$work/log" && [ "$(stat -c %u "/proc/$pid")" = 0 ]
	check "root that names no user stays root, with a warning" $?
fi
kill "$pid"; wait "$pid"	# systemd-socket-activate has become lsad
[ $? -eq 0 ]
check "it ends well" $?
[ -S "$work/s" ]
check "the socket is left where it is" $?
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
