#!/bin/sh
# SPDX-License-Identifier: MIT
# demo-kerberos.sh - single sign-on, seen from all sides: a throw-away KDC, a
# web server that speaks Negotiate, Debian's curl and Chromium as clients with
# a ticket and no password. First with the LSA inside the server, then with
# lsad, where the server never sees the key.
#
# Everything lives in a temporary folder and is gone afterwards, but for the
# browser's picture of the page: BUILD-FOLDER/demo-kerberos.png. No network, no
# file of the system is touched.
#
#     demo-kerberos.sh BUILD-FOLDER
set -u

build=$(cd "${1:-build}" && pwd) || exit 1
here=$(cd "$(dirname "$0")" && pwd)
kdc=$here/../tests/lab/kdc.py
umask 022
tmp=$(mktemp -d "${TMPDIR:-/tmp}/olsa-demo.XXXXXX") || exit 1
web_pid= lsad_pid= kdc_up=
PATH=$PATH:/usr/sbin:/sbin

clean_up() {
	for pid in $web_pid $lsad_pid; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	[ -z "$kdc_up" ] || python3 "$kdc" down "$tmp/kdc"
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

fail() {
	echo
	echo "demo: FAILED: $1"
	for log in web.out web.err lsad.log; do
		[ ! -s "$tmp/$log" ] || { echo "--- $log"; tail -n 20 "$tmp/$log"; }
	done
	exit 1
}

title() {
	echo
	echo "$1" | sed 's/./=/g'
	echo "$1"
	echo "$1" | sed 's/./=/g'
}

steps=0
step() {
	steps=$((steps + 1))
	echo
	echo "[$steps] $1"
}

indent() {
	fold -s -w 76 | sed 's/^/    /'
}

await() {	# FILE holds PATTERN within ten seconds, while PID lives
	tries=0
	until grep -q -- "$2" "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || fail "no \"$2\" within ten seconds"
		kill -0 "$3" 2>/dev/null || fail "the process ended too early"
		sleep 0.1
	done
}

web_start() {
	: >"$tmp/web.out"
	: >"$tmp/web.err"
	"$build/examples/http-auth-server" --port 0 --decode >"$tmp/web.out" 2>"$tmp/web.err" &
	web_pid=$!
	await "$tmp/web.out" '^listening on ' "$web_pid"
	url="http://localhost:$(sed -n 's/^listening on .*://p' "$tmp/web.out")/"
}

web_stop() {
	kill -TERM "$web_pid"
	wait "$web_pid" || fail "the web server did not end cleanly"
	web_pid=
}

get() {		# the status code; the page is in $tmp/page
	timeout 40 curl -q -s -m 30 --noproxy '*' -o "$tmp/page" -w '%{http_code}' "$@" "$url"
}

chrome() {
	timeout 40 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync --no-proxy-server \
		--user-data-dir="$tmp/profile" --auth-server-allowlist=localhost "$@" "$url" 2>/dev/null
}

LD_LIBRARY_PATH=$build/src
HOME=$tmp
export LD_LIBRARY_PATH HOME
unset OPENLSA_MODE OPENLSA_SOCKET OPENLSA_STATE http_proxy all_proxy HTTP_PROXY ALL_PROXY XDG_STATE_HOME XDG_CONFIG_HOME
for need in curl kinit krb5kdc chromium; do
	command -v $need >/dev/null || fail "$need is missing: .ci/setup demo-kerberos"
done

title "A realm of our own: OPENLSA.TEST"
step "A throw-away KDC (MIT krb5), alice, and a key for HTTP/localhost"
python3 "$kdc" up "$tmp/kdc" >"$tmp/env" || fail "the KDC did not come up"
kdc_up=yes
. "$tmp/env"
KRB5CCNAME=FILE:$tmp/tickets
export KRB5CCNAME
klist -k "$KRB5_KTNAME" | grep -m 1 HTTP/localhost | indent
step "alice logs on at her desk: kinit"
kinit -k -t "${KRB5_CLIENT_KTNAME#FILE:}" alice || fail "kinit failed"
klist | sed -n '2p;/krbtgt/p' | indent
service_keytab=$KRB5_KTNAME
unset KRB5_CLIENT_KTNAME		# from here on nobody has alice's key, only her ticket

round() {
	step "A web server that speaks Negotiate (one thread, one epoll loop)"
	web_start
	echo "    $url"
	[ "$(get -D "$tmp/head")" = 401 ] || fail "without a logon the answer is not 401"
	grep -i '^WWW-Authenticate:' "$tmp/head" | tr -d '\r' | indent
	grep -qi '^WWW-Authenticate: Negotiate' "$tmp/head" || fail "Negotiate is not offered"

	step "Log on without a password: curl --negotiate -u : $url"
	code=$(get --negotiate -u :)
	[ "$code" = 200 ] || fail "curl got $code, not 200"
	sed '/^listening on/d; /^accepted: /d' "$tmp/web.out" | indent
	sed -n 's/^accepted: //p' "$tmp/web.out" | tr ',' '\n' | sed 's/^ *//' | indent
	grep -q '^accepted: .*alice' "$tmp/web.out" || fail "the server does not know who that was"
	sed 's/<th>/ /g; s/<td>/: /g; s/<[^>]*>//g; /^ *$/d' "$tmp/page" | indent
	grep -q 'alice' "$tmp/page" || fail "the page does not name the user"

	step "Without a ticket there is no logon"
	code=$(KRB5CCNAME=FILE:$tmp/none get --negotiate -u :)
	echo "    HTTP $code"
	[ "$code" = 401 ] || fail "without a ticket curl got $code, not 401"

	step "The same in a browser: Chromium, headless"
	tries=0
	# Under a new profile the first page often fails before Chromium looks for a ticket.
	until chrome --dump-dom >"$tmp/dom" && grep -q alice "$tmp/dom"; do
		tries=$((tries + 1))
		[ "$tries" -lt 8 ] || fail "Chromium did not log on"
		sleep 0.2
	done
	chrome --screenshot="$tmp/page.png" --window-size=760,420 >/dev/null
	[ -s "$tmp/page.png" ] || fail "Chromium made no picture"
	cp "$tmp/page.png" "$build/demo-kerberos.png"
	echo "    it names the user; its picture is $build/demo-kerberos.png"
	web_stop
}

title "1. The LSA inside the web server (embedded)"
OPENLSA_MODE=embedded
OPENLSA_STATE=$tmp/embedded
export OPENLSA_MODE OPENLSA_STATE
round

title "2. The LSA as a process of its own (lsad): the server has no key"
unset OPENLSA_STATE
OPENLSA_MODE=daemon
OPENLSA_SOCKET=$tmp/lsad.sock
export OPENLSA_MODE OPENLSA_SOCKET
step "lsad --foreground --socket ... --state ...   (it alone has the key)"
env -u NOTIFY_SOCKET KRB5_KTNAME="$service_keytab" "$build/src/lsad" --foreground --socket "$OPENLSA_SOCKET" \
	--state "$tmp/state" >"$tmp/lsad.log" 2>&1 &
lsad_pid=$!
KRB5_KTNAME=FILE:$tmp/no.keytab
export KRB5_KTNAME
timeout 30 "$build/src/tools/lsactl" ping | indent
round
kill -TERM "$lsad_pid"
wait "$lsad_pid" || fail "lsad did not end cleanly"
lsad_pid=

echo
echo "demo: all $steps steps gave what they should"
