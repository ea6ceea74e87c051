#!/bin/sh
# failed_logs.sh DIR... - what the tests that failed in the last run of each
# build folder printed, without their environment; the end of it where it is long.
for dir in "$@"; do
	awk '/^=+ [0-9]+\/[0-9]+ =+$/ { part = ""; bad = 0; next }
	/^=+$/ && length($0) == 78 { if (bad) printf "%s", part; part = ""; bad = 0; next }
	/^result: / { bad = !/exit status (0|77)$/ }
	!/^command: / { part = part $0 "\n" }' "$dir/meson-logs/testlog.txt" | tail -120
done
