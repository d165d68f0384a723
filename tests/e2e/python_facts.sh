# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# record --facts: the facts about a Python program, replayed without root and without it, are the
# events of the trace of that very recording, byte by byte; and what cannot be kept is said.
source "$(dirname "$0")/check.bash"
need_bpf
python=${PYTHON:-/usr/bin/python3}
counting=$top/tests/programs/python

# The events of the trace and of the facts in the folder, and both reports.
same() { # name
	"$awaitness" print trace >trace.txt && "$awaitness" report trace >trace.report
	"$awaitness" print facts >facts.txt && "$awaitness" report facts >facts.report
	[ "$(wc -l <trace.txt)" -gt 50 ] || not_ok "$1: there is something to compare" "$(<trace.txt)"
	check "$1: the same events" cmp trace.txt facts.txt
	check "$1: the same report" cmp trace.report facts.report
}

# attached to, while tasks are suspended already, at each level
mkfifo in
for row in wakes:steps wakes:locks wakes:awaits wakes:all cells_counter:locks; do
	load=${row%:*} detail=${row#*:}
	rm -f facts
	"$python" "$counting/$load.py" <in >truth &
	program=$!
	started+=("$program")
	exec 9>in
	wait_for 10 grep -q ready truth || not_ok "the program starts" "$(<truth)"
	"$awaitness" record --force --detail "$detail" --facts facts -o trace "$program" 2>record.err 9>&- &
	tracer=$!
	wait_for 20 grep -q '^events' facts || not_ok "attached" "$(<record.err)"
	echo >&9
	wait_for 20 grep -q '^done' truth || not_ok "the program does its work" "$(<truth)"
	exec 9>&-
	wait "$tracer"
	is "record of $load at level $detail ends well" "$?" 0
	wait "$program"
	is "the program was not harmed" "$?" 0
	like "it tells what it kept" "$(<record.err)" 'facts and the like in facts'
	same "$load at level $detail"
done
is "updates that were lost are in the report of the facts" \
	"$("$awaitness" report --format json facts | jq '[.findings[] | select(.rule == "lost-update" and .object == "Racy.size")][0].count')" \
	"$(sed -n 's/^truth lost-update Racy.size //p' truth)"
is "the file is for its owner only" "$(stat -c %a facts)" 600

# started, and in windows
check "record of a program from its first step" \
	"$awaitness" record --force --facts facts -o trace -- "$python" "$counting/first.py"
same "from the first step"
printf 'import asyncio\nasync def main():\n    lock = asyncio.Lock()\n    for _ in range(400):\n        async with lock:\n            await asyncio.sleep(0.005)\nasyncio.run(main())\n' >windows.py
start windows "$python" windows.py
wait_for 10 grep -q asyncio "/proc/$windows/maps"
check "record in windows" "$awaitness" record --force --duty 200ms/500ms --facts facts -o trace "$windows"
is "they are in the facts" "$(grep -c '^pause' facts | sed 's/^[1-9][0-9]*$/some/')" some
same "in windows"

# without root
if [ "$(id -u)" = 0 ]; then
	cp "$awaitness" ./awaitness && chmod 755 . && chmod 644 facts
	check "without root" setpriv --reuid 65534 --regid 65534 --clear-groups ./awaitness print facts
	mv out plain.txt
	check "the same events" cmp plain.txt trace.txt
fi

# what is not whole, or none
size=$(stat -c %s facts)
head -c $((size / 2)) facts >cut
check "a file that is cut is told" "$awaitness" print cut
one_line "and that it is cut, in one line"
like "which says so" "$(<err)" 'cut is truncated'
check "it is reported on" "$awaitness" report --format json --output cut.json cut
is "and the report says that its end is missing" \
	"$(jq -c '[.unseen[].what]' cut.json)" '["the end of the recording is missing"]'
check_status 3 "what --fail-on asks for may be in that" "$awaitness" report --fail-on any cut
sed '40s/.*/nonsense/' facts >bad
check_status 3 "a damaged file is refused" "$awaitness" report bad
like "with the line" "$(<err)" 'bad: line 40 is none of a file of facts'
check_status 3 "any other file is refused" "$awaitness" print windows.py
one_line "in one line"

# what it does not do
check_status 3 "facts that are there are not overwritten" \
	"$awaitness" record --facts facts -o trace.2 -- "$python" "$counting/first.py"
one_line "in one line"
check_status 3 "nor is another file, by --force" \
	"$awaitness" record --force --facts windows.py -o trace.2 -- "$python" "$counting/first.py"
check_status 2 "not with --follow" "$awaitness" record --follow --facts facts.2 -o trace.2 -- "$python" "$counting/first.py"
if [ -x "$programs/two_tasks" ]; then
	check_status 3 "nor of a program that is no Python" \
		"$awaitness" record --facts facts.2 -o trace.2 -- "$programs/two_tasks"
	like "which is told" "$(<err)" 'facts about a Python program'
fi
if [ -c /dev/full ] && mkdir full && mount -t tmpfs -o size=64k none full 2>/dev/null; then
	check_status 3 "a full disk is told" "$awaitness" record --facts full/facts -o trace.3 -- "$python" "$counting/steps.py" </dev/null
	like "with the file" "$(<err)" 'cannot write the facts full/facts: No space left'
	umount full
fi
