# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A hundred thousand tasks, three hundred threads, five thousand locks: what the program counts
# itself is told, and nothing else.
source "$(dirname "$0")/check.bash"
need_bpf

crowd() { # WHAT N EXPRESSION...: of the report, against what the program said in the same words
	local what=$1
	check "$2 $1 are watched" "$awaitness" run --detail locks --format json --output report.json -- \
		"$python" "$top/tests/programs/python/crowd.py" "$1" "$2"
	cp out "$what.out"
	is "$2 $what: nothing is lost or left out" "$(jq -c '[.period.lost, .unseen]' report.json)" '[0,[]]'
	is "$2 $what: every section is counted" \
		"$(jq '[.locks[] | select(.type == "asyncio.Lock") | .sections] | add' report.json)" "$(sed -n 's/^sections //p' out)"
	is "$2 $what: nothing is found" "$(jq -c '[.findings[] | select(.severity != "info") | .rule]' report.json)" '[]'
}

crowd tasks 100000
is "... and every step" "$(jq .period.steps report.json)" "$(sed -n 's/^steps //p' out)"
crowd threads 300
is "... and every thread" "$(jq .period.threads report.json)" 300
is "... each with its own lock" "$(jq "[.locks[] | select(.type == \"asyncio.Lock\") | .threads] | add" report.json)" 300
is "... all of one name" "$(jq -c "[.locks[] | select(.type == \"asyncio.Lock\") | .name]" report.json)" '["Gate.lock"]'
crowd locks 5000
is "... and every step" "$(jq .period.steps report.json)" "$(sed -n 's/^steps //p' out)"
is "... in more rows than there once were" "$(jq '[.locks[] | select(.type == "asyncio.Lock") | .name] | unique | length > 4096' report.json)" true
