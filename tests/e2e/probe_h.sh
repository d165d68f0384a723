# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A foreign runtime that carries only probe.h: every event it counts itself is seen, and bpftrace
# can use the same probes.
source "$(dirname "$0")/check.bash"
need_bpf


check "record a foreign runtime" "$awaitness" record -o trace -- "$programs/toy_runtime" "$work/truth" 8 500
sort truth >truth.sorted
"$awaitness" print trace >trace.txt
while read -r kind wanted; do
	is "$kind" "$(grep -cE "^[0-9]+ [^ ]+ $kind( |$)" trace.txt)" "$wanted"
done <truth.sorted
like "nothing was lost" "$(<err)" " 0 lost"
check "its report" "$awaitness" report --format json -o report.json trace
is "it has one lock" "$(jq '.locks | length' report.json)" 1
is "every section of it" "$(jq '.locks[0].sections' report.json)" "$(awk '$1 == "lock-taken" { print $2 }' truth)"
is "it is needed" "$(jq -r '.locks[0].verdict' report.json)" needed

# Attached to while it runs: it waits until it is listened to.
start toy "$programs/toy_runtime" "$work/truth2" 4 300 1
check "attach to a foreign runtime" timeout 60 "$awaitness" attach --format json -o report2.json "$toy"
wait "$toy"
is "it ended well" "$?" 0
is "every section of its lock" "$(jq '.locks[0].sections' report2.json)" "$(awk '$1 == "lock-taken" { print $2 }' truth2)"
is "nothing was lost" "$(jq .period.lost report2.json)" 0

if command -v bpftrace >/dev/null; then
	bpftrace -e "usdt:$programs/toy_runtime:awaitness:lock_taken { @ = count(); }" \
		-c "$programs/toy_runtime $work/truth3 4 100" >bpftrace.out 2>bpftrace.err
	is "bpftrace counts the same" "$(grep -oE '@: [0-9]+' bpftrace.out)" "@: $(awk '$1 == "lock-taken" { print $2 }' truth3)"
else
	skip "bpftrace is not installed"
fi
