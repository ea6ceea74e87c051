#!/bin/sh
# include_rule.sh - every include line of src/ points down (docs/design.md,
# "The only allowed directions"). Reads the lines themselves; any other
# direction fails. And every context of libkrb5's has its guard, so that the
# library cannot block. Run with --self-test to see that it can fail.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

rule() {	# folder of the file -> folders it may include
	case $1 in
	base)    echo "base" ;;
	crypto)  echo "crypto base" ;;
	wire)    echo "wire base" ;;
	engine)  echo "engine base" ;;
	store)   echo "store base" ;;
	pkg)     echo "pkg crypto base" ;;
	lsa)     echo "lsa pkg crypto wire engine store base" ;;
	secur32) echo "secur32 pkg crypto wire base" ;;
	lsad)    echo "lsad lsa wire engine base" ;;
	pam)     echo "pam base" ;;
	winbind) echo "" ;;
	tools)   echo "tools" ;;
	*)       echo "" ;;
	esac
}

check() {	# FILE RELATIVE-NAME: prints each line that breaks the rule
	room=${2%%/*}
	grep -n '^#[[:space:]]*include[[:space:]]*"' "$1" | while IFS= read -r line; do
		target=$(printf '%s\n' "$line" | sed 's/.*"\(.*\)".*/\1/')
		to=${target%%/*}
		good=no
		for allowed in $(rule "$room"); do
			[ "$to" = "$allowed" ] && good=yes
		done
		# The two narrowings, and the one near link.
		case $target in
		pkg/lsa_mode.h)
			case $2 in pkg/*|lsa/client.h|lsa/package.c|lsa/serve_*|lsa/services.c|lsa/authority.c|lsa/edit.c|lsa/changes.c) ;; *) good=no ;; esac ;;
		pkg/authority.h)
			case $2 in lsa/authority.c|winbind/*) good=yes ;; *) good=no ;; esac ;;
		pkg/user_mode.h)
			case $2 in pkg/*|secur32/usermode.[ch]|secur32/handles.h) ;; *) good=no ;; esac ;;
		pkg/*)
			case $2 in pkg/*) ;; *) good=no ;; esac ;;
		secur32/deaf.h)
			case $2 in pam/*) good=yes ;; esac ;;
		store/upkeep.h)		# lsad's own program, when it serves nobody
			case $2 in store/*|lsad/upkeep.c) good=yes ;; *) good=no ;; esac ;;
		lsa/lsa.h|engine/*)
			case $2 in lsa/*|lsad/*|engine/*|secur32/link_near.c) good=yes ;; *) good=no ;; esac ;;
		esac
		# A wing knows no other wing.
		case $2 in
		pkg/*/*)
			wing=${2#pkg/}; wing=${wing%%/*}
			case $target in
			pkg/lsa_mode.h|pkg/user_mode.h|pkg/"$wing"/*) ;;
			pkg/*) good=no ;;
			esac ;;
		esac
		[ $good = yes ] || echo "$2:${line%%:*}: must not include $target"
	done
}

guarded() {	# FILE RELATIVE-NAME: prints where a context of libkrb5's is made without its guard (pkg/kerberos/kerb_guard.h)
	made=$(grep -cE '\bkrb5_(init|copy)_(secure_)?context(_profile)?\(' "$1") || true
	kept=$(grep -cE '\bkerb_guard\(' "$1") || true
	[ "$made" -eq 0 ] || [ "$made" -eq "$kept" ] || echo "$2: makes $made contexts of libkrb5's, and guards $kept"
	case $2 in pkg/kerberos/kerb_guard.h) ;; *) grep -n 'krb5_set_kdc_send_hook' "$1" | sed "s|^|$2:|" ;; esac
}

if [ "${1-}" = --self-test ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	printf '#include "lsa/lsa.h"\n' > "$dir/bad.c"
	printf '#include "base/bytes.h"\n' > "$dir/good.c"
	printf 'krb5_init_context(&a);\nkerb_guard(a);\n' > "$dir/guarded.c"
	printf 'krb5_init_context(&a);\nkerb_guard(a);\nkrb5_init_context_profile(p, 0, &b);\n' > "$dir/unguarded.c"
	[ -z "$(guarded "$dir/guarded.c" base/a.c)" ] && [ -n "$(guarded "$dir/unguarded.c" base/a.c)" ] &&
	    [ -n "$(check "$dir/bad.c" base/bad.c)" ] && [ -n "$(check "$dir/bad.c" secur32/sspi.c)" ] &&
	    [ -z "$(check "$dir/good.c" base/good.c)" ] || { echo "0 passed, 1 failed"; exit 1; }
	echo "1 passed, 0 failed"
	exit 0
fi

bad=$(cd "$root/src" && find . -name '*.[ch]' | sed 's|^\./||' | sort | while IFS= read -r f; do check "$f" "$f"; guarded "$f" "$f"; done)
files=$(cd "$root/src" && find . -name '*.[ch]' | wc -l)
if [ -n "$bad" ]; then
	printf '%s\n' "$bad"
	echo "$((files)) files read, 0 passed, $(printf '%s\n' "$bad" | wc -l) failed"
	exit 1
fi
echo "$((files)) passed, 0 failed"
