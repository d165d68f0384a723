# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# record, then report: the trace is private, never overwrites, survives a full stop of the tracer,
# and its report is that of the program.
source "$(dirname "$0")/check.bash"
need_bpf

load() { "$programs/kv_load" --unix "$work/kv.sock" --connections 8 --duration "$1"; }
start kv "$programs/kv_server" --unix "$work/kv.sock" --duration 120
wait_for 10 test -S kv.sock || not_ok "kv_server listens" "$(<kv.err)"
load 20 >load.out 2>&1 &
load=$!

umask 000
check "record exits with 0" "$awaitness" record -d 1s -o trace "$kv"
like "it tells how much, and what was lost" "$(<err)" 'events of .* in trace .* 0 lost'
is "the folder is for its owner only" "$(stat -c %a trace)" 700
check_status 3 "a trace that is there is not overwritten" "$awaitness" record -d 1s -o trace "$kv"
one_line "... told in one line"
check "--force replaces it" "$awaitness" record --force -d 1s -o trace "$kv"

check "report exits with 0" "$awaitness" report trace
like "the report names the lock that guards nothing" "$(<out)" "stats"
check "report as JSON" "$awaitness" report --format json trace
is "its schema" "$(jq -r .schema out)" awaitness-report/2
is "its pid" "$(jq .target.pid out)" "$kv"
is "nothing lost" "$(jq .period.lost out)" 0
is "the verdict of stats" "$(jq -r '.locks[] | select(.name == "stats") | .verdict' out)" dormant
is "the verdict of ledger" "$(jq -r '.locks[] | select(.name == "ledger") | .verdict' out)" needed
cp out first.json
"$awaitness" report --format json trace >second.json
is "the same trace gives the same report" "$(<second.json)" "$(<first.json)"
check_status 0 "--fail-on needless exits with 0: of C nothing is proven" "$awaitness" report --fail-on needless trace
check_status 1 "--fail-on dormant exits with 1" "$awaitness" report --fail-on dormant trace
check_status 0 "--fail-on deadlock exits with 0" "$awaitness" report --fail-on deadlock trace
check "--output writes a file" "$awaitness" report -o report.txt trace
is "... and nothing to stdout" "$(<out)" ""
like "... without colour" "$(<report.txt)" stats
unlike "... not even one escape" "$(<report.txt)" $'\e'
"$awaitness" report --color always trace >colour.txt
like "--color always colours" "$(<colour.txt)" $'\e\\['

# Ctrl-C ends with the report; SIGTERM too.
for signal in INT TERM; do
	# A background job of a shell ignores SIGINT; setsid does not start one that way.
	(trap - INT; exec "$awaitness" attach --format json "$kv" >"$signal.json" 2>"$signal.err") &
	tracer=$!
	sleep 1.5
	kill -$signal "$tracer"
	wait "$tracer"
	status=$?
	if [ "$signal" = INT ] && [ "$status" = 130 ]; then status=ignored; fi
	is "attach ended by SIG$signal exits with 0" "$status" 0
	like "... and has printed its report" "$(jq .period.events "$signal.json")" '^[1-9]'
done

# A recording cut off by SIGKILL is readable.
"$awaitness" record -o cut "$kv" 2>/dev/null &
tracer=$!
sleep 2.5
kill -KILL "$tracer"
wait "$tracer" 2>/dev/null
check "a trace whose writer was killed is reported on" "$awaitness" report --format json cut
is "... that says so" "$(jq -c '[.unseen[].what]' out)" '["the end of the recording is missing"]'
like "... with the events until then" "$(jq .period.events out)" '^[1-9][0-9][0-9]'
check "the target still runs after that" kill -0 "$kv"

wait "$load"
is "the load saw no error" "$(jq .errors load.out)" 0
# record -- COMMAND: whole, to its end
check "record -- COMMAND" "$awaitness" record -o whole -- "$programs/kv_server" --unix "$work/w.sock" --duration 0.5
check "... can be reported on" "$awaitness" report --format json whole
is "... and has its end" "$(jq -c .unseen out)" '[]'
