#!/bin/sh
# upkeep_test.sh LSAD LSACTL - the rehearsal of docs/ADMIN.md: a copy made
# while lsad serves, put back after a mishap, on another machine's folder too;
# another sealing key, and what is left of the old one. Covers store/upkeep.c, lsad/upkeep.c.
set -u
lsad=$1 lsactl=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/olsa-upkeep.XXXXXX") || exit 1
daemon=
passed=0 failed=0
OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/s; export OPENLSA_MODE OPENLSA_SOCKET
unset CREDENTIALS_DIRECTORY

down() { [ -z "$daemon" ] || { kill "$daemon"; wait "$daemon"; }; daemon=; }
trap 'down 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
check() {	# WHAT STATUS
	if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; tail -5 "$work/log" "$work/out" 2>/dev/null; fi
}
up() {	# STATE
	"$lsad" --foreground --socket "$work/s" --state "$1" >"$work/log" 2>&1 &
	daemon=$!
	for _ in $(seq 100); do
		"$lsactl" ping >/dev/null 2>&1 && return 0
		kill -0 "$daemon" 2>/dev/null || { daemon=; return 1; }
		sleep 0.1
	done
	return 1
}
ctl() { timeout 20 "$lsactl" "$@" >"$work/out" 2>&1; }
secret() { printf '%s\n' "$1" | ctl "$2" "$3" "$4"; }
opens() { printf '%s\n' "$2" | ctl test-auth "$1"; }
upkeep() { timeout 60 "$lsad" --state "$@" >"$work/out" 2>&1; }

up "$work/state"; check "lsad starts" $?
secret "first pass 1" user add alice; check "alice" $?
secret "hidden" secret set 'L$kept'; check "private data" $?
ctl right add alice SeBatchLogonRight; check "a right" $?
ctl policy set lockout-threshold 4; check "a policy" $?

# Back-up, while it serves.
upkeep "$work/state" --backup "$work/copy"; check "a copy of a store in use" $?
[ "$(stat -c %a "$work/copy" "$work/copy/accounts.db" "$work/copy/master.key" | tr '\n' ' ')" = "700 600 600 " ]; check "closed to others" $?
upkeep "$work/state" --backup "$work/copy"; [ $? -eq 1 ] && grep -q "name a new one" "$work/out"; check "no copy over a copy" $?
upkeep "$work/nowhere" --backup "$work/copy2"; [ $? -eq 1 ] && [ ! -e "$work/copy2" ] && [ ! -e "$work/nowhere" ]; check "no copy of nothing" $?

# What comes after it is lost with it.
secret "second pass 2" user passwd alice; check "another password" $?
secret "third pass 3" user add bob; check "bob" $?
upkeep "$work/state" --restore "$work/copy"; [ $? -eq 1 ] && grep -q "in use" "$work/out"; check "nothing is put back under a running lsad" $?
upkeep "$work/state" --rotate-key; [ $? -eq 1 ] && grep -q "in use" "$work/out"; check "no new key under a running lsad" $?
down

# The mishap: a page of the database is gone.
dd if=/dev/zero of="$work/state/db/accounts.db" bs=4096 seek=2 count=1 conv=notrunc 2>/dev/null
up "$work/state"; [ $? -ne 0 ] && grep -q "lsad --restore" "$work/log"; check "it does not start, and says how to go on" $?
upkeep "$work/state" --restore "$work/copy"; check "put back" $?
up "$work/state"; check "it starts" $?
opens alice "first pass 1"; check "alice has the password of the copy" $?
opens alice "second pass 2"; [ $? -ne 0 ]; check "and not the later one" $?
opens bob "third pass 3"; [ $? -ne 0 ]; check "bob came later" $?
ctl secret get 'L$kept' && grep -q hidden "$work/out"; check "private data" $?
ctl right list alice && grep -q SeBatchLogonRight "$work/out"; check "the right" $?
ctl policy get lockout-threshold && grep -q 4 "$work/out"; check "the policy" $?
down
set -- "$work"/state/replaced-*
[ -d "$1/db" ] && [ -e "$1/key/master.key" ]; check "what was there is kept" $?

# An old file in the place of the new one is no way back.
cp "$work/state/db/accounts.db" "$work/older"
up "$work/state"; secret "fourth pass 4" user passwd alice; down
cp "$work/older" "$work/state/db/accounts.db"; rm -f "$work/state/db/accounts.db-wal" "$work/state/db/accounts.db-shm"
up "$work/state"; [ $? -ne 0 ] && grep -q "older than db/attempts remembers" "$work/log"; check "an older file is noticed" $?
rm -rf "$work/state/db/accounts.db"
up "$work/state"; [ $? -ne 0 ] && grep -q "or gone" "$work/log"; check "a missing one too" $?
down

# On another machine: an empty folder.
upkeep "$work/other" --restore "$work/copy"; check "put back where nothing was" $?
up "$work/other" && opens alice "first pass 1"; check "and alice is there" $?
down

# A copy that is damaged, or is none, changes nothing.
cp -a "$work/copy" "$work/bad"
printf 'x' | dd of="$work/bad/accounts.db" bs=1 seek=9000 conv=notrunc 2>/dev/null
dd if=/dev/zero of="$work/bad/accounts.db" bs=4096 seek=3 count=1 conv=notrunc 2>/dev/null
upkeep "$work/other" --restore "$work/bad"; [ $? -eq 1 ]; check "a damaged copy is refused" $?
head -c 32 /dev/urandom >"$work/bad/master.key"; cp "$work/copy/accounts.db" "$work/bad/accounts.db"
upkeep "$work/other" --restore "$work/bad"; [ $? -eq 1 ]; check "one with another's key too" $?
upkeep "$work/other" --restore "$work"; [ $? -eq 1 ] && grep -q "no accounts.db" "$work/out"; check "a folder that is none" $?
[ ! -e "$work/other/restore.new" ] && up "$work/other" && opens alice "first pass 1"; check "nothing has changed" $?
down

# Another key.
cp "$work/other/key/master.key" "$work/key.old"
upkeep "$work/other" --rotate-key; check "another key" $?
cmp -s "$work/other/key/master.key" "$work/key.old"; [ $? -eq 1 ]; check "it is another one" $?
[ "$(stat -c %a "$work/other/key/master.key")" = 600 ] && [ ! -e "$work/other/key/master.key.next" ]; check "and the only one" $?
up "$work/other" && opens alice "first pass 1"; check "alice" $?
opens alice "second pass 2"; [ $? -ne 0 ]; check "with her password alone" $?
ctl secret get 'L$kept' && grep -q hidden "$work/out"; check "private data" $?
ctl right list alice && grep -q SeBatchLogonRight "$work/out"; check "the right" $?
ctl policy get lockout-threshold && grep -q 4 "$work/out"; check "the policy" $?
secret "fifth pass 5" user passwd alice; check "changes go on" $?
upkeep "$work/other" --backup "$work/copy3"; check "a copy with the new key" $?
down
cp "$work/other/key/master.key" "$work/key.new"
cp "$work/key.old" "$work/other/key/master.key"
up "$work/other"; [ $? -ne 0 ]; check "the old key opens nothing any more" $?
cp "$work/key.new" "$work/other/key/master.key"

# Interrupted after the change of the database, before that of the key: the next start ends it.
mv "$work/other/key/master.key" "$work/other/key/master.key.next"; cp "$work/key.old" "$work/other/key/master.key"
up "$work/other" && opens alice "fifth pass 5"; check "an interrupted change is ended" $?
[ ! -e "$work/other/key/master.key.next" ] && cmp -s "$work/other/key/master.key" "$work/key.new"; check "with the new key in its place" $?
down
head -c 32 /dev/urandom >"$work/other/key/master.key.next"; chmod 600 "$work/other/key/master.key.next"
up "$work/other" && opens alice "fifth pass 5" && [ ! -e "$work/other/key/master.key.next" ]; check "one that had hardly begun is forgotten" $?
down

# The key in a file elsewhere; and an old copy after the change.
mv "$work/other/key/master.key" "$work/elsewhere.key"
printf 'key_file = %s\n' "$work/elsewhere.key" >"$work/conf"
cp "$work/elsewhere.key" "$work/key.old"
upkeep "$work/other" --config "$work/conf" --rotate-key; check "another key in a file elsewhere" $?
cmp -s "$work/elsewhere.key" "$work/key.old"; [ $? -eq 1 ] && [ ! -e "$work/other/key/master.key" ]; check "is changed there" $?
upkeep "$work/other" --config "$work/conf" --restore "$work/copy3"; check "an older copy with its own key" $?
cmp -s "$work/elsewhere.key" "$work/key.new"; check "brings that key back" $?
upkeep "$work/other" --config "$work/conf" --backup "$work/copy4" && cmp -s "$work/copy4/master.key" "$work/key.new"; check "and can be copied" $?
# A credential of systemd's.
mkdir "$work/cred"; cp "$work/key.new" "$work/cred/openlsa-master"
CREDENTIALS_DIRECTORY=$work/cred; export CREDENTIALS_DIRECTORY
upkeep "$work/other" --backup "$work/copy5" && [ ! -e "$work/copy5/master.key" ] && grep -q "is not in it" "$work/out"; check "a copy without the key" $?
upkeep "$work/other" --rotate-key; [ $? -eq 1 ] && grep -q "key_file" "$work/out"; check "a credential is its owner's" $?
upkeep "$work/other" --restore "$work/copy5"; check "a copy without a key is of this one's" $?
"$lsad" --backup a --restore b >"$work/out" 2>&1; [ $? -eq 1 ]; check "one thing at a time" $?

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
