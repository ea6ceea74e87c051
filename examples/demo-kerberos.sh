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
PATH=$PATH:/usr/sbin:/sbin
. "$here/demo-lib.sh"

kdc_down() {
	python3 "$kdc" down "$tmp/kdc"
}

web_start() {
	: >"$tmp/web.out"
	: >"$tmp/web.err"
	"$build/examples/http-auth-server" --port 0 --decode >"$tmp/web.out" 2>"$tmp/web.err" &
	web_pid=$!
	await "$tmp/web.out" '^listening on ' "$web_pid"
	url="http://localhost:$(sed -n 's/^listening on .*://p' "$tmp/web.out")/"
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
at_end=kdc_down
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
