#!/bin/sh
# SPDX-License-Identifier: MIT
# lsactl_test.sh - lsactl through all its verbs, embedded in a temporary
# folder, and again through lsad where one is given.
# Covers tools/lsactl_begin.c, tools/lsactl_decode.c, tools/lsactl_fault.c, tools/lsactl_link.c, tools/lsactl_logon.c,
# tools/lsactl_page.c, tools/lsactl_policy.c, tools/lsactl_right.c, tools/lsactl_session.c, tools/lsactl_status.c,
# tools/lsactl_top.c, tools/lsactl_user.c.
#
#     lsactl_test.sh LSACTL [LSAD]
set -u

lsactl=$1
lsad=${2:-}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/olsa-ctl.XXXXXX") || exit 1
daemon=
passed=0
failed=0

clean_up() {
	if [ -n "$daemon" ]; then
		kill "$daemon" 2>/dev/null
		wait "$daemon" 2>/dev/null
	fi
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

good() {
	passed=$((passed + 1))
}

bad() {
	failed=$((failed + 1))
	echo "FAILED ($mode): $1"
	head -n 6 "$tmp/out" "$tmp/err" 2>/dev/null
}

# WHAT EXIT-CODE INPUT ARGUMENT...: lsactl does that; its words are in out and err.
does() {
	what=$1 want=$2 input=$3
	shift 3
	printf '%b' "$input" | timeout 60 "$lsactl" "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	if [ "$got" -eq "$want" ]; then good; else bad "$what: exit $got, not $want"; fi
}

says() {	# PATTERN [FILE]
	if grep -Eq -- "$1" "$tmp/${2:-out}"; then good; else bad "$what: \"$1\" is not in ${2:-out}"; fi
}

silent() {	# FILE
	if [ -s "$tmp/$1" ]; then bad "$what: $1 is not empty"; else good; fi
}

json() {	# KEY VALUE...: one document that has each pair; values as python writes them
	if python3 - "$tmp/out" "$@" <<-'PY' 2>"$tmp/json"; then good; else bad "$what: $(tail -n 1 "$tmp/json")"; fi
	import json, sys
	text = open(sys.argv[1]).read()
	assert text.endswith("\n") and text.count("\n") == 1, "not one line"
	doc = json.loads(text)
	pairs = sys.argv[2:]
	for key, want in zip(pairs[::2], pairs[1::2]):
	    at = doc
	    for part in key.split("."):
	        at = at[int(part)] if isinstance(at, list) else at[part]
	    assert want == "*" or str(at) == want, f"{key} is {at!r}, not {want}"
	PY
}

type1=TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA=
type1_hex=4e544c4d5353500001000000068208000000000000000000000000000000000000

# --- what needs no LSA ----------------------------------------------------------

mode=none
does 'help' 0 '' --help
says '^usage: lsactl'
for verb in 'user add' 'user list' 'user show' 'user passwd' 'user lock' 'user unlock' \
    'user disable' 'user enable' 'user del' 'policy list' \
    'policy get' 'policy set' 'policy lockout' 'policy info' 'right list' 'right add' 'right remove' 'secret set' \
    'secret get' 'secret del' lookup decode sessions session logon logoff whoami top status ping error test-auth; do
	says "^  $verb "
done
does 'version' 0 '' --version
says '^lsactl \(OpenLSA\) [0-9]+\.[0-9]+\.[0-9]+$'
does 'version as JSON' 0 '' --json --version
json ok True version '*'
does 'no verb' 2 ''
silent out
does 'no verb as JSON' 2 '' --json
json ok False status None
does 'an unknown verb' 2 '' frobnicate
says 'frobnicate' err
says 'next: ' err
does 'half a verb' 2 '' user
does 'an unknown option' 2 '' --frobnicate
does 'too few arguments' 2 '' user add
does 'too many arguments' 2 '' ping pong
does 'an option of another verb' 2 '' user del x --full-name y

does 'error' 0 '' error 0x8009030C
says 'SEC_E_LOGON_DENIED'
says 'Win32 +1326'
does 'error as JSON' 0 '' --json error 0xC000006D
json ok True name STATUS_LOGON_FAILURE win32 1326 status 0xC000006D meaning '*'
does 'error, decimal' 0 '' -q error -- -1073741715
says '^STATUS_LOGON_FAILURE$'
does 'error, hex without 0x' 0 '' -q error 8009030c
says '^SEC_E_LOGON_DENIED$'
does 'error, unknown' 1 '' error 0x12345678
does 'error, no number' 2 '' error hello
does 'error, too large' 2 '' error 0x123456789

does 'decode base64' 0 '' decode "$type1"
says 'NEGOTIATE'
does 'decode hex' 0 '' decode "${type1_hex%00}"
says 'NEGOTIATE'
does 'decode hex with colons' 0 '' decode "$(echo "${type1_hex%00}" | sed 's/../&:/g; s/:$//')"
says 'NEGOTIATE'
does 'decode a request header' 0 '' decode "Authorization: NTLM $type1"
says 'NEGOTIATE'
does 'decode a response header' 0 '' decode "WWW-Authenticate: NTLM $type1"
says 'NEGOTIATE'
does 'decode standard input' 0 "> authorization: ntlm $type1\r\n" decode -
says 'NEGOTIATE'
does 'decode standard input, no argument' 0 "$type1\n" decode
says 'NEGOTIATE'
zeros='\0000\0000\0000\0000\0000\0000\0000\0000'
does 'decode the bytes themselves' 0 "NTLMSSP\\0000\\0001\\0000\\0000\\0000\\0006\\0202\\0010\\0000$zeros$zeros" decode
says 'NEGOTIATE'
resp='\0241\0007\0060\0005\0240\0003\0012\0001\0002'
does 'decode the bytes of SPNEGO' 0 "$resp" decode
says 'NegTokenResp'
says 'negState: reject'
does 'decode a Negotiate header' 0 '' decode 'WWW-Authenticate: Negotiate oQcwBaADCgEC'
says 'negState: reject'
does 'decode a Negotiate header as JSON' 0 '' --json decode 'authorization: negotiate oQcwBaADCgEC'
json ok True length 9 token '*'
does 'decode as JSON' 0 '' --json decode "$type1"
json ok True length 32 token '*'
does 'decode rubbish' 1 '' decode '!!!'
says 'next: ' err
does 'decode no NTLM' 1 '' decode aGVsbG8gd29ybGQ=
says 'SEC_E_INVALID_TOKEN' err
does 'decode no NTLM as JSON' 1 '' --json decode aGVsbG8gd29ybGQ=
json ok False name SEC_E_INVALID_TOKEN status 0x80090308
silent err
# A challenge whose target is called <b><script>&"x".
type2=TlRMTVNTUAACAAAAHgAeADAAAAAFggMAASNFZ4mrze8AAAAAAAAAAAAAAABOAAAAPABiAD4APABzAGMAcgBpAHAAdAA+ACYAIgB4ACIA
printf 'GET / HTTP/1.1\r\nAuthorization: NTLM %s\r\nHost: nowhere\r\n\r\nWWW-Authenticate: NTLM %s\r\n' "$type1" \
	"$type2" >"$tmp/log.txt"
does 'decode a log as a page' 0 '' decode --html "$tmp/log.txt"
says '^<!DOCTYPE html>'
says 'NTLM NEGOTIATE, 32 bytes <small>line 2</small>'
says 'NTLM CHALLENGE.*<small>line 5</small>'
says '<td class="n">000c</td><td class="n">[+]4</td><td class="f">flags</td><td class="v">0x00088206'
says '&lt;b&gt;&lt;script&gt;&amp;'
says '</html>$'
if [ "$(grep -c '<h2>' "$tmp/out")" -eq 2 ]; then good; else bad 'two tokens, two sections'; fi
if grep -Eiq '<script|<b>|src=|href=|url\(|https?:' "$tmp/out"; then bad 'a token is markup, or loads something'; else good; fi
does 'decode standard input as a page' 0 "$type1\n" decode --html -
says 'NTLM NEGOTIATE, 32 bytes</h2>'
does 'decode a page of rubbish' 1 'nothing here\n' decode --html -
silent out
does 'decode a page of no file' 1 '' decode --html "$tmp/no such file"
does 'decode a page and a token' 2 '' decode --html "$tmp/log.txt" "$type1"
does 'decode a page as JSON' 2 '' --json decode --html "$tmp/log.txt"
does 'a page of something else' 2 '' status --html "$tmp/log.txt"
does 'decode nothing' 1 '' decode
does 'decode too much' 1 "$(head -c 300000 /dev/zero | tr '\0' a)" decode

# --- sessions ---------------------------------------------------------------------

# Alice's password is "secret one".
sessions() {
	does 'whoami' 0 '' whoami
	says '^SID +S-1-22-1-'"$(id -u)"'$'
	says '^Unix user +'"$(id -u)"', group '
	does 'whoami as JSON' 0 '' --json whoami
	json ok True sid "S-1-22-1-$(id -u)" uid "$(id -u)" token primary session '*' groups '*' privileges '*'
	does 'whoami, quiet' 0 '' -q whoami
	says '^Unix User.'
	does 'logon' 0 'secret one\n' logon alice
	says '^user +.*\\alice$'
	says '^groups +S-1-5-5-'
	says '^ +S-1-5-4  NT AUTHORITY.INTERACTIVE$'
	does 'logon as JSON' 0 'secret one\n' --json logon --type network --package NTLM alice
	json ok True token impersonation groups.1.sid S-1-5-2 privileges.0.name SeChangeNotifyPrivilege privileges.0.enabled True
	does 'logon, quiet' 0 'secret one\n' -q logon '.\alice'
	says '^[^ ]*\\alice$'
	does 'logon with a wrong password' 1 'secret two\n' logon alice
	says 'STATUS_LOGON_FAILURE' err
	does 'logon as nobody' 1 'x\n' --json logon nobody-here
	json ok False name STATUS_LOGON_FAILURE
	does 'logon by no package' 1 'secret one\n' logon --package Nonsense alice
	says 'STATUS_NO_SUCH_PACKAGE' err
	does 'logon of no type' 2 'secret one\n' logon --type nonsense alice
	does 'logon of a type that nobody has' 1 'secret one\n' logon --type proxy alice
	says 'STATUS_INVALID_LOGON_TYPE' err
	does 'an option of logon' 2 '' whoami --hold
	does 'session of no number' 2 '' session '0:3e7x'
	does 'session of no number either' 2 '' session ':'
	does 'session that is not there' 1 '' session 1:2
	says 'STATUS_NO_SUCH_LOGON_SESSION' err
	does 'session of the system' 0 '' --json session 0x3e7
	json ok True session 0:3e7 type system user '' sid None
	does 'logoff that is not there' 1 '' logoff 1:2
	says 'STATUS_NO_SUCH_LOGON_SESSION' err
	does 'logoff of no number' 2 '' logoff alice
	does 'sessions' 0 '' sessions
	does 'sessions as JSON' 0 '' --json sessions
	json ok True sessions '*'
	does 'top' 0 '' top
	says '^handshakes [0-9]+, [0-9]+[.][0-9] a second +calls in flight [0-9]+$'
	says '^SESSION +TYPE +PACKAGE +TICKETS +LIFE +USER$'
	if grep -q "$(printf '\033')" "$tmp/out"; then bad 'top without a terminal moves the cursor'; else good; fi
	does 'top as JSON' 0 '' --json top --once
	json ok True mode "$mode" calls '*' handshakes '*' handshakes_in_10s 0 session_count '*' sessions '*' answer_us '*'
	does 'top, an option of another verb' 2 '' status --once
	if [ "$mode" = daemon ]; then held_session; fi
}

# A session that one process has is seen, shown and ended by another.
held_session() {
	mkfifo "$tmp/hold"
	timeout 60 "$lsactl" --json logon --hold alice <"$tmp/hold" >"$tmp/held" 2>&1 &
	holder=$!
	exec 9>"$tmp/hold"
	echo 'secret one' >&9
	tries=0
	until [ -s "$tmp/held" ] || [ "$tries" -ge 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	held=$(sed -n 's/.*"session":"\([0-9a-f:]*\)".*/\1/p' "$tmp/held")
	does 'sessions, one held' 0 '' sessions
	says "^$held +interactive +NTLM +20.*alice$"
	does 'sessions, quiet' 0 '' -q sessions
	says "^$held$"
	does 'top, one held' 0 '' top --once
	says "^$held +interactive +NTLM +- +- +.*alice$"
	does 'top as JSON, one held' 0 '' --json top
	if grep -q "\"session\":\"$held\",\"user\":\"[^\"]*alice\",\"type\":\"interactive\"" "$tmp/out"; then good; else bad "$what"; fi
	does 'session, held' 0 '' session "$held"
	says '^user +.*\\alice$'
	says '^type +interactive$'
	does 'session as JSON' 0 '' --json session "$held"
	json ok True session "$held" type interactive package NTLM since '*' password_last_set '*' server '*'
	does 'logoff' 0 '' --json logoff "$held"
	json ok True session "$held" 'done' ended
	does 'session, ended' 1 '' session "$held"
	does 'logoff again' 1 '' logoff "$held"
	wait "$holder"
	got=$?
	what='the holder notices'
	if [ "$got" -eq 0 ]; then good; else bad "the holder ended with $got"; fi
	exec 9>&-
	rm -f "$tmp/hold"
}

# --- both modes -------------------------------------------------------------------

verbs() {
	does 'ping' 0 '' ping
	says "$mode"
	does 'ping as JSON' 0 '' --json ping
	json ok True mode "$mode" microseconds '*'
	does 'ping, quiet' 0 '' -q ping
	silent out
	does 'status' 0 '' status
	says "^mode +$mode"
	does 'status as JSON' 0 '' --json status
	json ok True mode "$mode" computer '*' sid '*' started '*' links '*' calls '*' credentials '*' contexts '*' \
		sessions '*' handshakes '*'

	does 'no accounts as JSON' 0 '' --json user list
	json ok True users '[]'
	does 'add' 0 'secret one\n' user add alice --full-name 'Alice "A" Ä'
	says '^alice: added, SID S-1-5-21-[0-9]+-[0-9]+-[0-9]+-[0-9]+$'
	does 'add as JSON' 0 'secret two\n' --json user add bob
	json ok True user bob done added sid '*'
	does 'add twice' 1 'x\n' user add ALICE
	says 'STATUS_USER_EXISTS' err
	says 'next: ' err
	does 'add without a password' 1 '' user add carol
	does 'add a bad name' 1 'x\n' user add 'a/b\c'
	does 'add a bad name as JSON' 1 'x\n' --json user add 'a/b\c'
	json ok False name '*' reasons '*' next '*'
	does 'add with a password too long' 1 "$(head -c 1100 /dev/zero | tr '\0' a)\n" user add carol
	does 'list' 0 '' user list
	says '^alice	S-1-5-21-.*	active$'
	says '^bob	'
	does 'list, quiet' 0 '' -q user list
	says '^alice$'
	does 'list as JSON' 0 '' --json user list
	json ok True users.0.user alice users.1.user bob users.0.full_name 'Alice "A" Ä' users.0.locked False \
		users.0.disabled False users.0.must_change_password False users.0.failed_attempts 0 \
		users.0.password_last_set '*' users.0.sid '*'
	does 'show' 0 '' user show alice
	says '^state +active$'
	does 'show as JSON' 0 '' user show alice --json
	json ok True user alice locked False
	does 'show nobody' 1 '' user show nobody-here
	says 'STATUS_NO_SUCH_USER' err

	does 'log on' 0 'secret one\n' test-auth alice
	says '\\alice$'
	says '^SID +S-1-5-21-'
	says '^logon session +[0-9a-f]+:[0-9a-f]+$'
	does 'log on as JSON' 0 'secret one\n' --json test-auth alice
	json ok True user alice domain '*' sid '*' logon_session '*' package NTLM mode "$mode"
	does 'log on with a wrong password' 1 'secret two\n' test-auth alice
	says 'SEC_E_LOGON_DENIED' err
	says 'next: ' err
	does 'log on as nobody' 1 'secret two\n' test-auth nobody-here
	says 'SEC_E_LOGON_DENIED' err
	does 'log on without a password' 1 '' test-auth alice

	sessions

	does 'passwd' 0 'secret three\n' user passwd alice
	does 'the old password' 1 'secret one\n' test-auth alice
	does 'the new password' 0 'secret three\n' test-auth alice
	does 'passwd of nobody' 1 'x\n' user passwd nobody-here

	does 'lock' 0 '' user lock alice
	does 'locked' 0 '' --json user show alice
	json locked True
	does 'log on while locked' 1 'secret three\n' test-auth alice
	says 'SEC_E_LOGON_DENIED' err
	does 'unlock as JSON' 0 '' --json user unlock alice
	json ok True user alice done unlocked
	does 'log on after it' 0 'secret three\n' -q test-auth alice
	silent out
	does 'disable as JSON' 0 '' --json user disable alice
	json ok True user alice done disabled
	does 'disabled' 0 '' --json user show alice
	json disabled True locked False
	does 'disabled, for people' 0 '' user show alice
	says '^state +disabled$'
	does 'log on while disabled' 1 'secret three\n' test-auth alice
	says 'SEC_E_LOGON_DENIED' err
	does 'enable' 0 '' user enable alice
	says '^alice: enabled$'
	does 'log on once more' 0 'secret three\n' -q test-auth alice
	does 'disable nobody' 1 '' user disable nobody-here
	says 'was not disabled' err

	does 'policy list' 0 '' policy list
	says '^lockout-threshold +10 '
	does 'policy list as JSON' 0 '' --json policy list
	json ok True policies.0.policy '*' policies.0.value '*' policies.0.least '*' policies.0.most '*' policies.0.usual '*'
	does 'policy get' 0 '' -q policy get lockout-threshold
	says '^10$'
	does 'policy get, unknown' 1 '' policy get no-such-policy
	says 'next: ' err
	does 'policy set' 0 '' policy set ntlm-require-mic 1
	does 'policy set, read back' 0 '' --json policy get ntlm-require-mic
	json ok True policy ntlm-require-mic value 1
	does 'policy set, back again' 0 '' policy set ntlm-require-mic 0
	does 'policy set, out of bounds' 1 '' policy set ntlm-require-mic 7
	says 'STATUS_INVALID_PARAMETER' err
	does 'policy set, no number' 2 '' policy set ntlm-require-mic yes
	does 'policy lockout' 0 '' --json policy lockout 3
	json ok True policy lockout-threshold value 3
	for guess in 1 2 3; do
		does "guess $guess" 1 'wrong\n' test-auth bob
	done
	does 'locked out' 0 '' --json user show bob
	json locked True
	does 'the right password comes too late' 1 'secret two\n' test-auth bob
	does 'unlock' 0 '' user unlock bob
	does 'the right password after that' 0 'secret two\n' test-auth bob
	does 'policy lockout off' 0 '' policy lockout 10

	does 'policy info' 0 '' --json policy info
	json ok True account_domain '*' sid '*' role primary joined False modified '*'
	does 'lookup a name' 0 '' --json lookup 'local service'
	json ok True name 'NT AUTHORITY\LOCAL SERVICE' sid S-1-5-19 use 'well-known group'
	does 'lookup a SID' 0 '' lookup S-1-5-32-545
	says '^BUILTIN.Users +S-1-5-32-545 '
	does 'lookup nobody' 1 '' lookup 'nobody of this name'
	says 'STATUS_NONE_MAPPED' err
	does 'right list' 0 '' right list
	says 'SeNetworkLogonRight'
	does 'right add' 0 '' right add 'Unix User\64444' SeBackupPrivilege SeServiceLogonRight
	does 'right list of one' 0 '' --json right list S-1-22-1-64444
	json ok True accounts.0.sid S-1-22-1-64444 accounts.0.rights.0 SeBackupPrivilege accounts.0.rights.1 SeServiceLogonRight
	does 'right add, unknown' 1 '' right add S-1-22-1-64444 SeTcbPrivilege SeBogus
	says 'STATUS_NO_SUCH_PRIVILEGE' err
	does 'right remove' 0 '' right remove S-1-22-1-64444 sebackupprivilege
	does 'right list, quiet' 0 '' -q right list S-1-22-1-64444
	says '^S-1-22-1-64444 SeServiceLogonRight$'
	does 'right remove all' 0 '' right remove S-1-22-1-64444 all
	does 'right list, none' 1 '' right list S-1-22-1-64444
	says 'STATUS_OBJECT_NAME_NOT_FOUND' err
	does 'secret set' 0 'a small one\n' secret set 'L$ctl'
	does 'secret get' 0 '' secret get 'l$CTL'
	says '^a small one$'
	does 'secret get as JSON' 0 '' --json secret get 'L$ctl'
	json ok True hex 6120736d616c6c206f6e65
	does 'secret del' 0 '' secret del 'L$ctl'
	does 'secret get, gone' 1 '' secret get 'L$ctl'
	says 'STATUS_OBJECT_NAME_NOT_FOUND' err
	does 'secret del, gone' 1 '' secret del 'L$ctl'
	does 'secret set, machine' 0 'x\n' secret set 'M$ctl'
	does 'secret get, machine' 1 '' secret get 'M$ctl'
	says 'STATUS_ACCESS_DENIED' err

	does 'del' 0 '' user del bob
	does 'del again' 1 '' user del bob
	does 'log on as the deleted' 1 'secret two\n' test-auth bob
	does 'del as JSON' 0 '' --json user del alice
	json ok True user alice done deleted
}

unset OPENLSA_SOCKET XDG_STATE_HOME
OPENLSA_MODE=embedded OPENLSA_STATE=$tmp/state
export OPENLSA_MODE OPENLSA_STATE
mode=embedded
verbs

# A terminal: nothing is echoed, the password is asked for twice, and must be the same.
cat >"$tmp/terminal.py" <<'PY'
import os, pty, select, sys, time

def talk(arguments, answers):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(arguments[0], arguments)
    seen, answered, until = b"", 0, time.time() + 30
    while time.time() < until:
        if not select.select([fd], [], [], 0.2)[0]:
            continue
        try:
            more = os.read(fd, 4096)
        except OSError:
            break
        if not more:
            break
        seen += more
        if answers and answers[0][0] in seen[answered:]:
            answered = len(seen)
            os.write(fd, answers.pop(0)[1] + b"\n")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen

def asked(name, first, second):
    return talk([sys.argv[1], "user", "add", name], [(b"Password:", first), (b"Once more:", second)])

code, seen = asked("dora", b"terminal secret", b"terminal secret")
assert code == 0 and b"added" in seen, (code, seen)
assert b"terminal secret" not in seen, "the password was echoed"
code, seen = asked("emil", b"terminal secret", b"something else")
assert code == 1 and b"differ" in seen, (code, seen)
code, seen = talk([sys.argv[1], "test-auth", "dora"], [(b"Password:", b"terminal secret")])
assert code == 0 and b"dora" in seen, (code, seen)
# top: over and over until somebody has seen enough.
code, seen = talk([sys.argv[1], "top"], [(b"USER", b"\x03")])
assert code == -2 and b"\033[H\033[2J" in seen and b"handshakes " in seen, (code, seen)
code, seen = talk([sys.argv[1], "test-auth", "dora"], [(b"Password:", b"\x03")])
assert code == -2, (code, seen)
PY
what='a terminal'
if timeout 120 python3 "$tmp/terminal.py" "$lsactl" >"$tmp/out" 2>"$tmp/err"; then good; else bad 'a terminal'; fi

# A folder that others may write to is refused, and said so.
mkdir -m 0777 "$tmp/open"
chmod 0777 "$tmp/open"
OPENLSA_STATE=$tmp/open
does 'a folder open to others' 1 '' user list
says 'next: ' err

# Where nobody says which folder: each user's own, below XDG_STATE_HOME or in the home, and nowhere without either.
unset OPENLSA_STATE
mkdir "$tmp/home" "$tmp/xdg"
homes() {	# FOLDER, then HOME and XDG_STATE_HOME: there, and for nobody else
	HOME=$2 XDG_STATE_HOME=$3
	export HOME XDG_STATE_HOME
	does "a store in $1" 0 'secret one\n' -q user add fred
	if [ "$(stat -c %a "$tmp/$1")" = 700 ] && [ -e "$tmp/$1/db/accounts.db" ]; then good; else bad "no store in $1"; fi
}
(
	homes home/.local/state/openlsa "$tmp/home" ''
	homes xdg/openlsa "$tmp/home" "$tmp/xdg"
	rm -r "$tmp/home/.local"
	homes home/.local/state/openlsa "$tmp/home" relative
	HOME='' XDG_STATE_HOME=''
	does 'no home' 3 'secret one\n' user add fred
	says 'nothing says where its store is' err
	says 'next: set OPENLSA_STATE' err
	echo "$((passed)) $((failed))" >"$tmp/sums"
)
read -r passed failed <"$tmp/sums"

mode=daemon
OPENLSA_MODE=daemon OPENLSA_SOCKET=$tmp/absent
export OPENLSA_MODE OPENLSA_SOCKET
does 'no daemon' 3 '' status
says 'STATUS_OBJECT_NAME_NOT_FOUND' err
says 'next: start lsad' err
does 'no daemon as JSON' 3 '' --json status
json ok False name STATUS_OBJECT_NAME_NOT_FOUND
OPENLSA_MODE=nonsense
does 'a mode that does not exist' 3 '' ping
OPENLSA_MODE=daemon

if [ -n "$lsad" ]; then
	unset OPENLSA_STATE
	mkdir -m 0700 "$tmp/far"
	OPENLSA_SOCKET=$tmp/far/sock
	"$lsad" --foreground --socket "$OPENLSA_SOCKET" --state "$tmp/far/state" >"$tmp/lsad.log" 2>&1 &
	daemon=$!
	verbs
	kill "$daemon"
	wait "$daemon" 2>/dev/null
	daemon=
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
