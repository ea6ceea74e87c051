#!/bin/sh
# status_gen_test.sh - the committed status headers are those that
# status.tab makes. Knows the generator's command line and nothing else.
#
#     status_gen_test.sh [ROOT]
set -eu

root=${1:-$(cd "$(dirname "$0")/../.." && pwd)}
command -v python3 >/dev/null || { echo "no python3: skipped"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

python3 "$root/src/base/status-gen.py" "$root" "$out"
failed=0
for file in include/ntstatus.h include/winerror.h src/base/status_table.h; do
	cmp "$root/$file" "$out/$file" || failed=$((failed + 1))
done
# No name twice.
if grep -v '^#' "$root/src/base/status.tab" | cut -f1 | grep -v '^-$' | sort | uniq -d | grep .; then
	echo "status.tab: names given twice"
	failed=$((failed + 1))
fi
echo "$((4 - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
