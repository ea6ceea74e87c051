#!/bin/sh
# audit_test.sh LSACTL LSAD - 'lsactl audit' as an administrator uses it: choices, JSON, following the file across its
# turning over and SIGHUP; the daemon's configuration of the audit; a real journal where systemd-journald can be run.
# Covers tools/lsactl_audit.c, lsad/settings.c, lsad/daemon.c, store/sink.c.
set -u
lsactl=$1
lsad=$2
work=$(mktemp -d)
daemon= follower= journald=
trap 'for p in $daemon $follower $journald; do kill "$p" 2>/dev/null; done; rm -rf "$work"' EXIT
passed=0 failed=0
OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/s
export OPENLSA_MODE OPENLSA_SOCKET

check() {	# NAME COMMAND...
	name=$1
	shift
	if "$@"; then passed=$((passed + 1)); else echo "FAILED $name"; failed=$((failed + 1)); fi
}

start() {
	rm -f "$work/s"
	"$lsad" --config "$work/conf" --socket "$work/s" --state "$work/state" >>"$work/log" 2>&1 &
	daemon=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -S "$work/s" ] && return; sleep 0.1; done
}

stop() {
	kill "$daemon"
	wait "$daemon"
	daemon=
}

comes() {	# FILE PATTERN: within five seconds
	for _ in $(seq 50); do grep -q -- "$2" "$1" 2>/dev/null && return 0; sleep 0.1; done
	echo "no $2 in $1" >&2
	return 1
}

one_json_each() {	# FILE: every line is an object, to a reader that is not ours
	python3 -c 'import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
sys.exit(0 if lines and all(l["id"] for l in lines) else 1)' "$1"
}

audit() { "$lsactl" audit --file "$work/log.d/audit.json" "$@"; }

mkdir "$work/log.d"
cat >"$work/conf" <<END
audit_file = $work/log.d/audit.json
audit_file_mode = 0640
audit_file_size = 4
audit_file_keep = 3
audit_journal = off
END
start
echo Sesame-1 | "$lsactl" user add alice >/dev/null
echo Sesame-2 | "$lsactl" user add bob >/dev/null
echo Sesame-1 | "$lsactl" test-auth alice >/dev/null
echo wrong | "$lsactl" test-auth alice >/dev/null 2>&1
comes "$work/log.d/audit.json" '"id":4625'
check "mode" [ "$(stat -c %a "$work/log.d/audit.json")" = 640 ]

audit --event 4624 --user ALICE >"$work/out"
check "one logon of alice" [ "$(grep -c ' 4624 ' "$work/out")" = 1 ]
check "and nothing else" [ "$(wc -l <"$work/out")" = 1 ]
audit --json --event user-added,4625 >"$work/out"
check "three by name and number" [ "$(wc -l <"$work/out")" = 3 ]
check "JSON" one_json_each "$work/out"
audit --since 1h >"$work/out"
check "the last hour" grep -q 4608 "$work/out"
audit --since 2100-01-01 >"$work/out"
check "nothing of the future" [ ! -s "$work/out" ]
check "a time that is none" sh -c '! "$0" audit --file "$1" --since yesterday 2>/dev/null' "$lsactl" "$work/log.d/audit.json"
check "no file" sh -c '! "$0" audit --file "$1" 2>/dev/null' "$lsactl" "$work/nothing"
check "a choice that belongs to audit" sh -c '! "$0" ping --follow 2>/dev/null' "$lsactl"
# Lines that are none, and a line that is being written, are passed over.
{ echo '{"time":"x'; echo garbage; printf '{"time":"2026-11-21T00:00:00.000Z","id":4624,"event":"logon","outcome":"success","TargetUserName":"e\\u001b[2Jve"}\n{"ti'; } >"$work/torn"
"$lsactl" audit --file "$work/torn" >"$work/out"
check "torn lines" [ "$(wc -l <"$work/out")" = 1 ]
check "no control character" sh -c '! grep -q "$(printf "\033")" "$1"' sh "$work/out"

# Following: each logon is seen once, whatever is renamed meanwhile.
"$lsactl" audit --file "$work/log.d/audit.json" --json --follow --event 4739 >"$work/followed" &
follower=$!
for n in $(seq 2 20); do "$lsactl" policy set lockout-window "$n" >/dev/null; sleep 0.2; done
comes "$work/followed" 'lockout-window = 20'
check "it was turned over" [ -f "$work/log.d/audit.json.1" ]
check "at most three old ones" [ ! -f "$work/log.d/audit.json.4" ]
mv "$work/log.d/audit.json" "$work/log.d/audit.json.1"
kill -HUP "$daemon"
"$lsactl" policy set lockout-window 21 >/dev/null
check "after SIGHUP" comes "$work/followed" 'lockout-window = 21'
check "in the new file" comes "$work/log.d/audit.json" 'lockout-window = 21'
kill "$follower"
follower=
for n in $(seq 2 21); do
	[ "$(grep -c "lockout-window = $n\"" "$work/followed")" = 1 ] || { echo "change $n: not once"; failed=$((failed + 1)); }
done
stop
check "1100 is the last word" sh -c 'tail -1 "$1" | grep -q "\"id\":1100"' sh "$work/log.d/audit.json"
check "no password anywhere" sh -c '! cat "$1"/audit.json* | grep -q Sesame' sh "$work/log.d"

# Off is off; nonsense keeps it from starting.
printf 'audit_file = off\naudit_journal = off\n' >"$work/conf"
rm -rf "$work/log.d" "$work/state/audit.json"
start
"$lsactl" ping >/dev/null
stop
check "off" [ ! -e "$work/state/audit.json" ]
for bad in 'audit_file = here' 'audit_file_mode = 0644' 'audit_journal = maybe' 'audit_rate = -1' 'audit_file_keep = 100'; do
	echo "$bad" >"$work/conf"
	check "refused: $bad" sh -c '! timeout 5 "$0" --config "$1" -T >/dev/null 2>&1' "$lsad" "$work/conf"
done

# A journal of its own, in a mount namespace where /run is ours.
journald_at=$(command -v /lib/systemd/systemd-journald || command -v /usr/lib/systemd/systemd-journald)
if [ "$(id -u)" = 0 ] && [ -n "$journald_at" ] && unshare -m true 2>/dev/null && command -v journalctl >/dev/null; then
	cat >"$work/inner" <<END
mount -t tmpfs none /run && mount -t tmpfs none /var/log 2>/dev/null
mkdir -p /run/systemd/journal /run/log/journal
$journald_at >/dev/null 2>&1 &
j=\$!
for n in 1 2 3 4 5 6 7 8 9 10; do [ -S /run/systemd/journal/socket ] && break; sleep 0.2; done
[ -S /run/systemd/journal/socket ] || { kill \$j 2>/dev/null; exit 77; }
printf 'audit_file = off\naudit_journal = on\n' >"$work/conf"
"$lsad" --config "$work/conf" --socket "$work/s" --state "$work/state" >>"$work/log" 2>&1 &
d=\$!
for n in 1 2 3 4 5 6 7 8 9 10; do [ -S "$work/s" ] && break; sleep 0.2; done
echo wrong | "$lsactl" test-auth alice >/dev/null 2>&1
sleep 1
kill \$d; wait \$d
journalctl --directory=/run/log/journal -o json OLSA_EVENT_ID=4625 >"$work/journal" 2>/dev/null ||
	journalctl -o json OLSA_EVENT_ID=4625 >"$work/journal" 2>"$work/journalctl.err"
kill \$j
[ -s "$work/journal" ]
END
	rm -f "$work/s"
	timeout 60 unshare -m --propagation private sh "$work/inner"
	case $? in
	0)	check "the journal has it" sh -c 'grep -q "\"OLSA_TARGET_USER_NAME\":\"alice\"" "$1" && grep -q "\"PRIORITY\":\"4\"" "$1"' sh "$work/journal" ;;
	77)	echo "systemd-journald does not run here: the journal was not asked" ;;
	*)	check "the journal has it" false ;;
	esac
else
	echo "no systemd-journald, or not root: the journal was not asked"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
