# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A program that lives for a moment: whatever it counted itself is in the report, each time, however it ends,
# and also while the machine has more to do than it can.
source "$(dirname "$0")/check.bash"
need_bpf
brief=$top/tests/programs/python/brief.py

# What is told, as the program prints it.
told() {
	jq -c '{lost: ([.findings[] | select(.rule == "lost-update" and .object == "Stock.size") | .count] | add // 0),
		guard: ([.locks[] | select(.name == "Till.guard" and .sections == .suspended) | .sections] | add // 0),
		narrow: ([.locks[] | select(.name == "Till.narrow" and .verdict == "needless") | .sections] | add // 0)}' "$1"
}

# ran HOW: one run; it is stopped (LATE=1) from the program's begin to its end
ran() {
	local tracer
	"$awaitness" run --format json --output report.json -- "$python" "$brief" "$1" >out 2>err &
	tracer=$!
	if [ -n "${LATE:-}" ]; then
		wait_for 20 grep -q begun err
		kill -STOP $tracer
		wait_for 20 grep -q narrow out
		sleep 0.5
		kill -CONT $tracer
	fi
	wait $tracer
}

# exact HOW STATUS: one run is
exact() {
	local status
	ran "$1"
	status=$?
	[ "$status" = "$2" ] && [ "$(jq -c '[.period.lost, .unseen]' report.json)" = "[0,[]]" ] &&
		[ "$(jq -c . out)" = "$(told report.json)" ] && return
	echo "    status $status, $(jq -c '[.period.lost, .unseen]' report.json)"
	echo "    wanted $(<out)"
	echo "    got    $(told report.json)"
	echo "    locks  $(jq -c '[.locks[] | {name, sections, suspended, verdict, why}]' report.json)"
	echo "    notes  $(jq -c '[.period, .notes]' report.json) $(<err)"
	return 1
}

# times NAME N HOW STATUS
times() {
	local name=$1 n=$2 good=0
	for ((i = 0; i < n; i++)); do
		exact "$3" "$4" >>why && good=$((good + 1))
	done
	is "$name: $n of $n runs are exact" "$good" "$n"
	[ "$good" = "$n" ] || cat why
	: >why
}

: "${SHORT_RUNS:=20}" "${SHORT_LOADED:=5}"
times "it returns" "$SHORT_RUNS" return 0
times "os._exit" 3 exit 3
times "an exception ends it" 3 raise 4
times "it kills itself" 3 kill 137

LATE=1
times "the tracer is kept waiting" 5 return 0
LATE=
for _ in {1..8}; do
	start busy "$python" -c 'while True: pass'
done
times "with 8 busy loops beside it" "$SHORT_LOADED" return 0
