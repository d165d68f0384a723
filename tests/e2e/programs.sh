#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs every program of tests/programs that says on its first line what must
# be found, under `awaitness run`, and compares the report with that line (all
# locks, all findings, nothing else) and with what the program counted itself
# (every number exactly). One line per program.
#
# With arguments: only these programs (names without .c).
# shellcheck source=tests/e2e/check.bash
source "$(dirname "$0")/check.bash"

# What line 1 of a source promises, a line each, sorted.
expected() {
	sed -n '1s|^/\* expect: \(.*\) \*/$|\1|p' "$1" | tr ';' '\n' | sed 's/^ *//' | grep -v '^silent$' | sort
}

# What a report says in the same words. never-suspends only informs. A long step is time passing,
# which a busy machine adds to any step: it counts where line 1 (source: $2) promises one.
reported() {
	jq -r --argjson steps "$(grep -c '^/.*long-step' "$2")" '
		(.locks[] | "lock \(.name) \(.verdict)"),
		(.findings[] | select(.rule != "never-suspends" and (.rule != "long-step" or $steps > 0))
		 | "finding \(.rule) \(.object)")' "$1" | sort
}

# differences REPORT TRUTH: a line for each number that is not what the program counted
differences() {
	jq -r --slurpfile truth "$2" '
	. as $report
	| def want($what; $got; $wanted): select($got != $wanted) | "\($what): report \($got), truth \($wanted)";
	(if .period.lost != 0 then "lost \(.period.lost) events" else empty end),
	($truth[] | . as $t
	 | if .truth == "lock" then
		($report.locks | map(select(.name == $t.name))) as $l
		| if ($l | length) != 1 then "lock \($t.name): \($l | length) times in the report"
		  else ("sections", "suspended", "waited", "tasks") as $n | select($t | has($n)) | want("lock \($t.name) \($n)"; $l[0][$n]; $t[$n]) end
	   elif .truth == "await" then
		($report.awaits | map(select(.function == $t.function and .line == $t.line))) as $a
		| ("passed", "suspended") as $n
		| want("await \($t.function):\($t.line) \($n)"; ($a | map(.[$n]) | add // 0); $t[$n])
	   elif .truth == "finding" then
		want("\($t.rule) \($t.object) count";
		     ($report.findings | map(select(.rule == $t.rule and .object == $t.object) | .count) | add // 0); $t.count)
	   elif .truth == "tasks" then want("tasks"; $report.period.tasks; $t.count)
	   else "a truth of unknown kind: \(.)" end)' "$1"
}

# run_program NAME: under the tool; the report is NAME.json, the truth NAME.truth
run_program() {
	timeout 60 "$awaitness" run --format json --output "$1.json" -- "$programs/$1" >"$1.out" 2>"$1.err"
}

# The same for a server, which needs somebody who talks to it.
run_server() {
	local status
	timeout 60 "$awaitness" run --format json --output "$1.json" -- "$programs/$1" --port 0 --duration 30 >"$1.out" 2>"$1.err" &
	local tool=$!
	for _ in $(seq 100); do
		grep -q port "$1.out" && break
		sleep 0.1
	done
	"$programs/kv_load" --port "$(jq -s '.[0].port' "$1.out")" --requests 20000 >"$1.load" 2>&1
	status=$?
	kill -TERM "$(jq -s '.[0].pid' "$1.out")"
	wait $tool && return $status
}

# Over all programs: what was told and is so, what is so and was not told, what was told and is not so.
declare -A right=([finding]=0 [lock]=0) missed=([finding]=0 [lock]=0) invented=([finding]=0 [lock]=0)

# Counts one program's EXPECTED and REPORTED lines.
count() {
	local kind
	for kind in finding lock; do
		right[$kind]=$((right[$kind] + $(comm -12 "$1" "$2" | grep -c "^$kind ")))
		missed[$kind]=$((missed[$kind] + $(comm -23 "$1" "$2" | grep -c "^$kind ")))
		invented[$kind]=$((invented[$kind] + $(comm -13 "$1" "$2" | grep -c "^$kind ")))
	done
}

# rates KIND WHAT: precision and recall, and whether both are 1
rates() {
	awk -v r="${right[$1]}" -v m="${missed[$1]}" -v i="${invented[$1]}" -v what="$2" 'BEGIN {
		printf "%s: precision %.3f (%d of %d told), recall %.3f (%d of %d there)\n",
			what, r + i ? r / (r + i) : 1, r, r + i, r + m ? r / (r + m) : 1, r, r + m
		exit m + i > 0 }'
}

try() {
	local name=$1 wrong
	case $name in
	kv_server*) run_server "$name" ;;
	*) run_program "$name" ;;
	esac || { not_ok "$name: run exits with 0" "$(tail -3 "$name.err" "$name.load" 2>/dev/null)"; return; }
	grep '"truth"' "$name.out" >"$name.truth"
	expected "$top/tests/programs/$name.c" >"$name.expected"
	reported "$name.json" "$top/tests/programs/$name.c" >"$name.reported"
	count "$name.expected" "$name.reported"
	wrong=$(diff "$name.expected" "$name.reported" | sed -n 's/^</missing:/p; s/^>/not expected:/p')
	wrong=$(printf "%s\n" "$wrong"; differences "$name.json" "$name.truth" 2>&1)
	wrong=${wrong#$'\n'}
	if [ -z "$wrong" ]; then ok "$name"; else not_ok "$name: what must be found is found, and the numbers are the program's" "$wrong"; fi
}

list=$*
[ -n "$list" ] || list=$(cd "$top/tests/programs" && grep -lE '^/\* expect: (lock|finding|silent)' ./*.c | xargs -n 1 basename -s .c)
for program in $list; do
	try "$program"
done
for kind in finding lock; do
	text=$(rates $kind "$(if [ $kind = lock ]; then echo "lock verdicts"; else echo findings; fi)")
	status=$?
	echo "$text"
	if [ $status = 0 ]; then ok "nothing of kind $kind is missed, nothing invented"; else not_ok "nothing of kind $kind is missed, nothing invented" "$text"; fi
done
