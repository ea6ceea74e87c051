#!/bin/sh
# man_test.sh - every page is lint clean (but for references to pages that are not installed here).
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
passed=0 failed=0
for page in "$root"/man/*.[1-8]; do
	said=$(mandoc -T lint "$page" 2>&1 | grep -v 'referenced manual not found' | grep -v 'outdated mandoc.db')
	if [ -z "$said" ]; then passed=$((passed + 1)); else printf '%s\n' "$said"; failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
