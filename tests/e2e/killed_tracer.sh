# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A program that was started by a tracer runs to its own end, and with its own status, whenever the tracer is
# killed: while the program is held (at its entry, where it loads asyncio, at its first step), and at any other time.
# While it is taken to its entry, which is before its first step, it ends with the tracer.
source "$(dirname "$0")/check.bash"
need_bpf
brief=("$python" "$top/tests/programs/python/brief.py" raise)

# killed NAME WHEN STATUS TRACER-OPTION... -- PROGRAM...
killed() {
	local name=$1 when=$2 status=$3
	shift 3
	for _ in {1..10}; do # a short hold is missed now and then, and a fast machine has ended the program by then
		"$python" "$top/tests/e2e/killed_tracer.py" "$when" "$awaitness" "$@" >out 2>err
		[ "$(tail -1 out)" = late ] || break
		[ "$when" = "${when#0}" ] || when=$(awk "BEGIN { print $when * 0.8 }")
	done
	if [ "$(tail -1 out)" = late ]; then
		not_ok "$name: the tracer was killed before it had ended by itself" "$(cat out err)"
		return
	fi
	if [ "$(tail -1 out)" = none ]; then
		ok "$name: there was no program yet"
		return
	fi
	if [ "$when" != "${when#0}" ] && [ "$(tail -n 2 out | head -1)" = -9 ]; then
		is "$name: the program has not begun" "$(grep -c narrow out)" 0
		return
	fi
	is "$name: the program ends with its own status" "$(tail -n 2 out | head -1)" "$status"
	is "$name: and has done its work" "$(grep -c narrow out)" 1
}

for n in 1 2 3; do
	killed "held for the ${n}th time" held-$n 4 run -o report -- "${brief[@]}"
done
for _ in {1..8}; do
	when=0.$(printf %03d $((RANDOM % 1000)))
	killed "after $when s" "$when" 4 run -o report -- "${brief[@]}"
done
killed "record" held-2 4 record --force -o trace -- "${brief[@]}"
sh=(sh -c '"$@"; exit $?' sh "${brief[@]}")
killed "--follow, held" held-1 4 run --follow -o report -- "${sh[@]}"
killed "--follow, later" 0.5 4 run --follow -o report -- "${sh[@]}"

# A C program is held once.
"$python" "$top/tests/e2e/killed_tracer.py" held-1 "$awaitness" run -o report -- "$programs/two_tasks" >out 2>err
is "a C program, held" "$(tail -n 2 out | head -1)" 0
