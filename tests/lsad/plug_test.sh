#!/bin/sh
# plug_test.sh BUILD - a third-party package from outside: installs below a
# folder, builds examples/package and a package that blocks with nothing but
# that installation, and uses both near and far. Then lists that must be
# refused. Only root can own such files, so without root it is skipped.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "skipped: a list of packages belongs to root"; exit 77; }
work=$(mktemp -d /var/lib/openlsa-plug.XXXXXX) || exit 77
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
chmod 0755 "$work"
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
give_up() { echo "plug_test: $*"; echo "$passed passed, 1 failed"; exit 1; }

# PLUG_SANITIZE: what the installation and its user are built with, as meson's b_sanitize.
sanitize= flags=
case ${PLUG_SANITIZE-none} in
none) ;;
*)	sanitize="-Db_sanitize=$PLUG_SANITIZE -Db_lundef=false -Dbuildtype=debugoptimized" flags=-fsanitize=$PLUG_SANITIZE
	ASAN_OPTIONS=handle_segv=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}; TSAN_OPTIONS=handle_segv=0${TSAN_OPTIONS:+:$TSAN_OPTIONS}
	export ASAN_OPTIONS TSAN_OPTIONS ;;
esac

# --- the installation, and what is built with it
# shellcheck disable=SC2086
meson setup "$work/build" "$root" --prefix="$work/p" -Dwerror=false $sanitize >/dev/null 2>&1 || give_up "meson setup"
# shellcheck disable=SC2046
ninja -C "$work/build" $(meson introspect --installed "$work/build" | tr ',{' '\n\n' | sed -n "s|^ *\"$work/build/\([^\"]*\)\".*|\1|p" | grep "^src/") >"$work/log" 2>&1 || { tail -20 "$work/log"; give_up "build"; }
meson install -C "$work/build" --no-rebuild >"$work/log" 2>&1 || { tail -20 "$work/log"; give_up "install"; }
PKG_CONFIG_PATH=$(dirname "$(find "$work/p" -name openlsa.pc | head -1)"); export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$(pkg-config --variable=libdir openlsa); export LD_LIBRARY_PATH
make -s -C "$root/examples/package" OUT="$work" KEYS="$work/keys" >"$work/log" 2>&1 || { cat "$work/log"; give_up "examples/package"; }
# shellcheck disable=SC2046,SC2086
cc -D_GNU_SOURCE -Wall -Wextra -Werror -fPIC -shared -o "$work/blocker.so" "$root/tests/lsad/plug/blocker.c" $(pkg-config --cflags openlsa) &&
cc -D_GNU_SOURCE -Wall -Wextra -Werror -fPIC -shared -o "$work/probe.so" "$root/tests/lsad/plug/probe.c" $(pkg-config --cflags openlsa) &&
cc $flags -D_GNU_SOURCE -Wall -Wextra -Werror -I"$root/tests" -o "$work/probed" "$root/tests/lsad/plug/probed.c" \
    $(pkg-config --cflags --libs openlsa) &&
cc $flags -D_GNU_SOURCE -Wall -Wextra -Werror -I"$root/tests" -I"$root/examples/package" -o "$work/user" "$root/tests/lsad/plug/user.c" \
    $(pkg-config --cflags --libs openlsa) -Wl,-rpath,"$LD_LIBRARY_PATH" >"$work/log" 2>&1 || { cat "$work/log"; give_up "the user"; }
printf 'alice = a long pass phrase\nbob = another pass phrase\n' >"$work/keys"

# --- lists, and a daemon
list() { printf '%s\n' "$@" >"$work/packages.conf"; chmod 0644 "$work/packages.conf"; }
up() {	# starts lsad as nobody, waits until it serves; what it says is in $work/said
	printf 'packages = %s\npackage_threads = 2\ndeadline_ms = 3000\n' "$work/packages.conf" >"$work/lsad.conf"
	rm -rf "$work/run"
	"$work/p/sbin/lsad" --foreground --config "$work/lsad.conf" --socket "$work/run/s" --state "$work/state" --user nobody \
	    >/dev/null 2>"$work/said" &
	daemon=$!
	for _ in $(seq 150); do
		OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/run/s timeout 10 "$work/p/bin/lsactl" status >/dev/null 2>&1 && return
		sleep 0.1
	done
	cat "$work/said"
	give_up "lsad does not serve"
}
down() {
	from=$(date +%s)
	kill "$daemon"
	wait "$daemon"
	status=$?
	daemon=
	[ "$status" = 0 ] && good || { bad "lsad ended with $status"; cat "$work/said"; }
	[ $(($(date +%s) - from)) -le 10 ] && good || bad "lsad took long to end"
}
nobody() { chown 65534 "$1"; }
program=user
ctl() { "$work/p/bin/lsactl" "$@" >/dev/null || bad "lsactl $*"; }
far() { OPENLSA_MODE=daemon OPENLSA_SOCKET=$work/run/s timeout 100 "$work/$program" "$@" >"$work/out" 2>&1; told $? "far $program $*"; }
near() { OPENLSA_MODE=embedded OPENLSA_STATE=$work/near timeout 100 "$work/$program" "$@" >"$work/out" 2>&1; told $? "near $program $*"; }
told() {
	cat "$work/out"
	if [ "$1" = 0 ] && grep -q '^[1-9][0-9]* passed, 0 failed' "$work/out"; then good; else bad "$2 ended with $1"; fi
}
says() { grep -q -- "$1" "$work/said" && good || { bad "lsad does not say: $1"; cat "$work/said"; }; }

conf() { printf 'lsad_uid = 65534\npackages = %s\n' "$work/packages.conf" >"$work/p/etc/openlsa/openlsa.conf"; }
mkdir -p "$work/p/etc/openlsa"
conf
list "SharedKey = $work/sharedkey.so" "Blocker = $work/blocker.so" "Probe = $work/probe.so"
up
says 'the package SharedKey was loaded from'
far sharedkey
# A set-uid program knows the built-in socket alone: it is there for a child with mounts of its own.
cp "$work/user" "$work/set-uid"; nobody "$work/set-uid"; chmod 4755 "$work/set-uid"
if unshare -m sh -c 'mount -t tmpfs none /run' 2>/dev/null && [ -z "$flags" ]; then
	OPENLSA_MODE=embedded timeout 100 unshare -m sh -c 'mount -t tmpfs none /run && mkdir /run/lsad && ln -s "$1/run/s" /run/lsad/lsad.sock &&
	    exec "$1/set-uid" set-uid' sh "$work" >"$work/out" 2>&1
	told $? "the set-uid program"
else
	echo "not tried: a set-uid program"
fi
export OPENLSA_MODE=daemon OPENLSA_SOCKET="$work/run/s"
printf 'pw\n' | ctl user add carol
program=probed
far probe
ctl user lock carol
far refused
ctl user unlock carol
program=user
far blocking
down
grep '"Probe"' "$work/state/audit.json" | grep -q '"eventId":4625.*"LogonType":3.*"stranger\|"TargetUserName":"!stranger"' && good ||
    { bad "the audit log does not tell what AuditLogonEx said"; grep '"Probe"' "$work/state/audit.json"; }
grep -q '"security-package-loaded".*"SharedKey"' "$work/state/audit.json" && good || bad "the audit log does not tell of the load"
grep -q '"package-trouble".*Blocker has not returned from InitLsaModeContext' "$work/state/audit.json" && good ||
    { bad "the audit log does not tell of the stuck package"; cat "$work/state/audit.json"; }
near sharedkey
export OPENLSA_MODE=embedded OPENLSA_STATE="$work/near"
printf 'pw\n' | ctl user add carol
program=probed
near probe
program=user
unset OPENLSA_MODE OPENLSA_SOCKET OPENLSA_STATE
: >"$work/p/etc/openlsa/openlsa.conf"
near absent
conf

# --- what must be refused, each for its own reason; the one good package is still there
object() { printf '%s\n' "$2" >"$work/$1.c"; cc -shared -fPIC -o "$work/$1.so" "$work/$1.c" || give_up "$1"; }
object plain 'int nothing(void); int nothing(void) { return 0; }'
object crash '__attribute__((constructor)) static void begin(void) { *(volatile int *)8 = 1; }'
object leave '#include <stdlib.h>
__attribute__((constructor)) static void begin(void) { _Exit(0); }'
object lost 'int not_there(void); int use(void); int use(void) { return not_there(); }'
cp "$work/sharedkey.so" "$work/world.so"; chmod 0666 "$work/world.so"
cp "$work/sharedkey.so" "$work/group.so"; chmod 0775 "$work/group.so"
cp "$work/sharedkey.so" "$work/owner.so"; nobody "$work/owner.so"
mkdir "$work/open"; cp "$work/sharedkey.so" "$work/open/"; chmod 0777 "$work/open"
mkdir "$work/other"; cp "$work/sharedkey.so" "$work/other/"; nobody "$work/other"
ln -s "$work/sharedkey.so" "$work/link.so"
ln -s "$work" "$work/way"
mkdir "$work/folder.so"
mkfifo "$work/fifo.so"
echo "no object at all" >"$work/text.so"
refused() {	# NAME PATH SENTENCE
	list "$1 = $2" "SharedKey = $work/sharedkey.so"
	up
	says "the package $1 is left out: .*$3"
	says 'the package SharedKey was loaded from'
	down
}
refused Relative sharedkey.so 'not an absolute path'
refused Dots "$work/open/../sharedkey.so" 'others than root own it or may write\|".."'
refused Dot "$work/./sharedkey.so" '"."'
refused World "$work/world.so" 'others than root own it or may write'
refused Group "$work/group.so" 'others than root own it or may write'
refused Owner "$work/owner.so" 'others than root own it or may write'
refused Open "$work/open/sharedkey.so" 'open: others than root own it or may write'
refused Other "$work/other/sharedkey.so" 'other: others than root own it or may write'
refused Link "$work/link.so" 'symbolic link'
refused Way "$work/way/sharedkey.so" 'symbolic link'
refused Folder "$work/folder.so" 'not a regular file'
refused Fifo "$work/fifo.so" 'not a regular file'
refused Absent "$work/absent.so" 'no such file'
refused Text "$work/text.so" 'cannot be loaded'
refused Plain "$work/plain.so" 'no function SpLsaModeInitialize'
refused Lost "$work/lost.so" 'cannot be loaded.*not_there'
refused Crash "$work/crash.so" 'crashed while it was loaded (signal 11)'
refused NTLM "$work/sharedkey.so" 'is there already'
refused Misnamed "$work/blocker.so" 'calls itself Blocker'

# --- a list that nobody should trust
list "SharedKey = $work/sharedkey.so"
chmod 0666 "$work/packages.conf"
up; says 'no third-party packages: .*others than root'; far absent; down
list "SharedKey = $work/sharedkey.so"
nobody "$work/packages.conf"
up; says 'no third-party packages: .*others than root'; far absent; down
chown 0 "$work/packages.conf"
list "SharedKey $work/sharedkey.so"
up; says 'no third-party packages: .*line 1'; down
grep -q '"package-trouble".*the package Crash is left out' "$work/state/audit.json" && good || bad "the audit log does not tell of what was refused"
rm "$work/packages.conf"
up; says 'no third-party packages: .*no such file'; far absent; down

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
