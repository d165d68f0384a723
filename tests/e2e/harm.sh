# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Never harm: programs that notice whatever a probe changes in them (tests/harm) print the same and end
# the same, traced or not, for each kind of probe, and whatever becomes of the tracer.
#
#	HARM_CALLS=10000 HARM_CHILDREN=20 HARM_CYCLES=20 HARM_SEED=1 HARM_PYTHONS=... tests/e2e/harm.sh
source "$(dirname "$0")/check.bash"
need_bpf
: "${HARM_CALLS:=10000}" "${HARM_CHILDREN:=20}" "${HARM_CYCLES:=20}" "${HARM_SEED:=$RANDOM}" "${HARM_PYTHONS:=/usr/bin/python3}"
RANDOM=$HARM_SEED
canaries=$B/harm
canary_py=$top/tests/harm/canary.py
harm="of $HARM_CALLS calls, $HARM_CHILDREN children, seed $HARM_SEED"

# said NAME COMMAND...: what a canary prints untraced, into NAME.truth
said() {
	local name=$1
	shift
	"$@" >"$name.truth" 2>"$name.said" </dev/null
	is "$name: untraced it ends well" "$?" 0
}

# unharmed NAME WHAT COMMAND...: the canary's output is that of NAME.truth, and so is its status
unharmed() {
	local name=$1 what=$2
	shift 2
	check "$name: $what" "$@"
	is "$name: $what: it says what it says untraced ($harm)" "$(<out)" "$(<"$name.truth")"
	unlike "$name: $what: it ended by itself" "$(<err)" 'exited with status [1-9]|ended by signal|killed by'
}

# hits: how many probes were hit, as the tracer counted
hits() { grep -oE '[0-9]+ probe hits' err | cut -d' ' -f1; }

# come_and_go NAME COMMAND...: tracers come, go and are killed while a canary runs, until it is told to end
come_and_go() {
	local name=$1 pid tracer i status
	shift
	rm -f control && mkfifo control
	"$@" - 0 <control >"$name.out" 2>"$name.err" &
	pid=$!
	started+=("$pid")
	exec 9>control
	sleep 0.3
	for ((i = 0; i < HARM_CYCLES; i++)); do
		"$awaitness" attach ${details:+--detail "${details[i % ${#details[@]}]}"} --duration "$((20 + RANDOM % 80))ms" -o attach.report "$pid" \
			>attach.out 2>attach.err 9>&- &
		tracer=$!
		if [ $((i % 2)) = 0 ]; then
			wait "$tracer"
			status=$?
			[ $status -le 1 ] || not_ok "$name: attach $i ended with $status (seed $HARM_SEED)" "$(<attach.err)"
		else # while it loads, attaches, traces, detaches
			sleep "0.$(printf %03d $((RANDOM % 400)))"
			kill -KILL "$tracer" 2>/dev/null
			wait "$tracer" 2>/dev/null
		fi
		kill -0 "$pid" 2>/dev/null || break
	done
	exec 9>&-
	wait "$pid"
	is "$name: it ends well after $HARM_CYCLES tracers, half of them killed (seed $HARM_SEED)" "$?" 0
	like "$name: nothing differed" "$(<"$name.out")" 'differences 0$'
}

for kind in usdt log runtime nop10; do
	canary=$canaries/canary_$kind
	said $kind "$canary" "$HARM_CALLS" "$HARM_CHILDREN"
	unharmed $kind recorded "$awaitness" record -v -o "trace.$kind" -- "$canary" "$HARM_CALLS" "$HARM_CHILDREN"
	# The runtime ships hundreds of events with a hit, and at least when its loop sleeps.
	wanted=$HARM_CALLS
	[ $kind = runtime ] && wanted=$((HARM_CALLS / 1000))
	check "$kind: its probes were hit ($(hits))" [ "$(hits)" -ge "$wanted" ]
	rm -rf "trace.$kind"
	details=()
	come_and_go $kind "$canary"
done
unharmed runtime "through files" "$awaitness" run --transport file -o report.txt -- "$canaries/canary_runtime" "$HARM_CALLS" "$HARM_CHILDREN"

# Programs of others whose probes are 5-byte nops: refused where the kernel would harm them.
canary=$canaries/canary_nop5
said nop5 "$canary" "$HARM_CALLS" "$HARM_CHILDREN"
if [ "$("$awaitness" doctor --format json | jq -r '.features[] | select(.name == "safe_nop5") | .state')" = ok ]; then
	unharmed nop5 recorded "$awaitness" record -v -o trace.nop5 -- "$canary" "$HARM_CALLS" "$HARM_CHILDREN"
	check "nop5: its probes were hit ($(hits))" [ "$(hits)" -ge "$HARM_CALLS" ]
else
	check_status 3 "nop5: refused when it is started" "$awaitness" record -o trace.nop5 -- "$canary" "$HARM_CALLS" "$HARM_CHILDREN"
	like "nop5: it is said why, and what to do" "$(<err)" "5-byte nop.*build it with"
	mkfifo control5
	"$canary" - 0 <control5 >nop5.out 2>nop5.err &
	pid=$!
	started+=("$pid")
	exec 9>control5
	check_status 3 "nop5: refused when it is attached to" "$awaitness" attach --duration 100ms "$pid"
	like "nop5: it is said why then, too" "$(<err)" "5-byte nop.*build it with"
	like "doctor warns" "$("$awaitness" doctor)" "safe_nop5 +absent .*warning: "
	exec 9>&-
	wait "$pid"
	is "nop5: it ends well" "$?" 0
	like "nop5: nothing differed" "$(<nop5.out)" 'differences 0$'
fi

for python in $HARM_PYTHONS; do
	name=$("$python" -c 'import platform; print("CPython", platform.python_version())')
	said "$name" "$python" "$canary_py" "$HARM_CALLS" "$HARM_CHILDREN"
	"$awaitness" run --detail all -o report.txt -- "$python" -c 'import asyncio; asyncio.run(asyncio.sleep(0))' >out 2>err
	if [ $? = 3 ]; then
		skip "$name: it cannot be attached to here: $(tail -n 1 err)"
		continue
	fi
	for detail in steps locks awaits all; do
		unharmed "$name" "--detail $detail" "$awaitness" run --detail $detail --format json -o report.json -- \
			"$python" "$canary_py" "$HARM_CALLS" "$HARM_CHILDREN"
		check "$name: --detail $detail: steps were seen" jq -e '.period.events > 1000' report.json
	done
	details=(steps locks awaits all)
	come_and_go "$name" "$python" "$canary_py"
done
