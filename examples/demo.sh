#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh - one real logon, seen from all sides: a throw-away account, a web
# server that asks for NTLM, Debian's own curl as the client. First with the
# LSA inside the server, then with lsad as a process of its own.
#
# Everything lives in a temporary folder and is gone afterwards. No root, no
# network, no file of the system is touched. Each step says what it expects and
# the script fails where it is not so.
#
#     demo.sh BUILD-FOLDER
set -u

build=${1:-build}
user=alice
password="demo-$$-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')"
. "$(dirname "$0")/demo-lib.sh"

# --- where things are ---------------------------------------------------------

mkdir "$tmp/bin" "$tmp/lib" "$tmp/home"
for file in src/tools/lsactl src/lsad examples/http-auth-server; do
	cp "$build/$file" "$tmp/bin/" || fail "$build/$file is missing: run 'make' first"
done
cp -P "$build"/src/libsecur32.so* "$tmp/lib/" 2>/dev/null
[ -e "$tmp/lib/libsecur32.so.0" ] || fail "$build/src/libsecur32.so.0 is missing: run 'make' first"
command -v curl >/dev/null || fail "curl is missing: .ci/setup demo"
curl --version | grep -q NTLM || fail "this curl knows no NTLM"
chmod 0711 "$tmp"

LD_LIBRARY_PATH=$tmp/lib
HOME=$tmp/home
export LD_LIBRARY_PATH HOME
unset OPENLSA_MODE OPENLSA_SOCKET OPENLSA_STATE http_proxy all_proxy HTTP_PROXY ALL_PROXY XDG_STATE_HOME

as=		# how to become somebody without rights; nothing where we are that already
who=$(id -un 2>/dev/null || id -u)
lsactl() {
	timeout 30 $as "$tmp/bin/lsactl" "$@"
}

web_start() {
	: >"$tmp/web.out"
	: >"$tmp/web.err"
	$as "$tmp/bin/http-auth-server" --port 0 --decode >"$tmp/web.out" 2>"$tmp/web.err" &
	web_pid=$!
	await "$tmp/web.out" '^listening on ' "$web_pid"
	url="http://$(sed -n 's/^listening on //p' "$tmp/web.out")/"
}

# The status code; the page is in $tmp/page. The password is a throw-away one.
log_on() {
	timeout 40 curl -q -s -m 30 --ntlm -u "$1:$2" -o "$tmp/page" -w '%{http_code}' "$url"
}

# --- one round: the same five steps in either mode -------------------------------

round() {
	step "A throw-away account: lsactl user add $user"
	echo "$password" | lsactl user add "$user" --full-name 'Alice of the demo' >"$tmp/add" ||
		fail "the account was not added"
	indent <"$tmp/add"
	grep -q 'S-1-5-21-' "$tmp/add" || fail "the account has no SID"
	lsactl status --json | grep -q "\"mode\":\"$1\"" || fail "lsactl does not say that the mode is $1"
	echo "    lsactl status says: mode $1"

	step "A web server that asks who you are (one thread, one epoll loop)"
	web_start
	echo "    $url"
	[ "$(timeout 40 curl -q -s -m 30 -o "$tmp/page" -w '%{http_code}' "$url")" = 401 ] ||
		fail "without a logon the answer is not 401"
	echo "    without a logon: 401, WWW-Authenticate: NTLM"

	step "Log on: curl --ntlm -u $user:... $url"
	code=$(log_on "$user" "$password")
	[ "$code" = 200 ] || fail "curl got $code, not 200"
	sed '/^listening on/d; /^accepted: /d' "$tmp/web.out" | indent
	[ "$(grep -c '^client -> server' "$tmp/web.out")" -eq 2 ] || fail "the client did not send two tokens"
	[ "$(grep -c '^server -> client' "$tmp/web.out")" -eq 1 ] || fail "the server did not send one token"
	for name in NEGOTIATE CHALLENGE AUTHENTICATE; do
		grep -qi "$name" "$tmp/web.out" || fail "no $name message was decoded"
	done

	step "Who was that? What the server knows, and what the page says"
	sed -n 's/^accepted: //p' "$tmp/web.out" | tr ',' '\n' | sed 's/^ *//' | indent
	echo "    HTTP 200:"
	sed 's/<th>/ /g; s/<td>/: /g; s/<[^>]*>//g; /^ *$/d' "$tmp/page" | indent
	grep -q "^accepted: .*\\\\$user, SID S-1-5-21-[0-9-]*, logon session [0-9a-f]*:[0-9a-f]*$" "$tmp/web.out" ||
		fail "the server does not know user, SID and logon session"
	grep -q "<td>$user" "$tmp/page" && grep -q '<td>S-1-5-21-' "$tmp/page" || fail "the page does not name the user"

	step "A wrong password: curl --ntlm -u $user:guess $url"
	code=$(log_on "$user" guess)
	echo "    HTTP $code: $(cat "$tmp/page")"
	echo "    The server's operator reads why; the peer does not:"
	indent <"$tmp/web.err"
	[ "$code" = 401 ] || fail "a wrong password got $code, not 401"
	grep -q '^denied: SEC_E_LOGON_DENIED' "$tmp/web.err" || fail "no reason was printed"
	grep -q 'SEC_E' "$tmp/page" && fail "the peer was told the reason"
	web_stop
}

title "1. The LSA inside the web server (embedded)"
OPENLSA_MODE=embedded
OPENLSA_STATE=$tmp/embedded
export OPENLSA_MODE OPENLSA_STATE
round embedded

title "2. The LSA as a process of its own (lsad)"
unset OPENLSA_STATE
mkdir "$tmp/far"
if [ "$(id -u)" -eq 0 ]; then
	# A uid that is nobody's, so that lsad and its clients are as everyone is.
	# (Not the user "nobody": the kernel gives that uid to whom it cannot name.)
	for uid in 64987 1; do
		as="setpriv --reuid=$uid --regid=$uid --clear-groups"
		chown "$uid:$uid" "$tmp/far" "$tmp/home" && $as true 2>/dev/null && break
		as=
	done
	[ -n "$as" ] || fail "root cannot become somebody else here"
	who="uid $uid"
fi
OPENLSA_MODE=daemon
OPENLSA_SOCKET=$tmp/far/lsad.sock
export OPENLSA_MODE OPENLSA_SOCKET

step "lsad --foreground --socket ... --state ...   (as $who)"
: >"$tmp/lsad.log"
env -u NOTIFY_SOCKET $as "$tmp/bin/lsad" --foreground --socket "$OPENLSA_SOCKET" --state "$tmp/far/state" \
	>"$tmp/lsad.log" 2>&1 &
lsad_pid=$!
lsactl ping >"$tmp/ping" || fail "lsad does not answer"
indent <"$tmp/ping"
round daemon

step "lsad ends on SIGTERM"
kill -TERM "$lsad_pid"
ends "$lsad_pid" || fail "lsad did not end cleanly"
lsad_pid=
echo "    done; $tmp is removed"

echo
echo "demo: all $steps steps gave what they should"
