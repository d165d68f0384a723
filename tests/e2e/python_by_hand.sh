# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Locks that are taken by a call and always freed: nothing is found, whichever way they are taken;
# and functions that are gone as soon as they ran are told all the same.
source "$(dirname "$0")/check.bash"
need_bpf

by_hand() { # HOW LEVEL
	"$awaitness" run --detail "$2" --format json --output report.json -- \
		"$python" "$top/tests/programs/python/by_hand.py" "$1" >out 2>errors
	is "$1 $2: the program goes as ever" "$(jq -r .locked out)" false
	is "$1 $2: nothing is found" "$(jq -r '[.findings[] | select(.severity != "info") | .rule] | join(" ")' report.json)" ""
	is "$1 $2: nothing is lost" "$(jq .period.lost report.json)" 0
}

for how in enter plain wait_for task timeout; do
	by_hand $how locks
done
by_hand enter all
by_hand wait_for all
is "every section is counted where each call is seen" \
	"$(jq '[.locks[] | select(.type == "asyncio.Lock") | .sections] | add' report.json)" "$(jq .sections out)"

"$awaitness" run --format json --detail all --output report.json -- "$python" "$top/tests/programs/python/fleeting.py" >out 2>errors
is "fleeting: nothing is lost" "$(jq .period.lost report.json)" 0
is "fleeting: each suspension is told with its place" \
	"$(jq '[.awaits[] | select(.function | startswith("fleeting_")) | .suspended] | add' report.json)" "$(sed -n 's/^suspensions //p' out)"
