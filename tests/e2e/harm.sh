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
	wait_for 60 grep -q ready "$name.out" || not_ok "$name: it runs"
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
	like "$name: nothing differed" "$(tail -n 1 "$name.out")" 'differences 0$'
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
	[ $kind = nop10 ] || come_and_go $kind "$canary"
done
unharmed runtime "through files" "$awaitness" run --transport file -o report.txt -- "$canaries/canary_runtime" "$HARM_CALLS" "$HARM_CHILDREN"

# Programs of others whose probes are 5-byte nops, or have one behind them: refused where they would be
# harmed, which the second are where libbpf probes the nop behind.
for kind in nop5 nop1_nop5; do
	canary=$canaries/canary_$kind
	said $kind "$canary" "$HARM_CALLS" "$HARM_CHILDREN"
	"$awaitness" record -o "trace.$kind" -- "$canary" 1 0 >out 2>err
	if [ $? != 3 ]; then
		unharmed $kind recorded "$awaitness" record -v -o "trace2.$kind" -- "$canary" "$HARM_CALLS" "$HARM_CHILDREN"
		check "$kind: its probes were hit ($(hits))" [ "$(hits)" -ge "$HARM_CALLS" ]
		continue
	fi
	like "$kind: refused when it is started, and it is said why" "$(<err)" "5-byte nop.*build it with"
	mkfifo "control.$kind"
	"$canary" - 0 <"control.$kind" >$kind.out 2>$kind.err &
	pid=$!
	started+=("$pid")
	exec 9>"control.$kind"
	check_status 3 "$kind: refused when it is attached to" "$awaitness" attach --duration 100ms "$pid"
	like "$kind: it is said why then, too" "$(<err)" "5-byte nop.*build it with"
	exec 9>&-
	wait "$pid"
	is "$kind: it ends well" "$?" 0
	like "$kind: nothing differed" "$(tail -n 1 $kind.out)" 'differences 0$'
done
like "doctor says what a probe on a 5-byte nop does" "$("$awaitness" doctor)" "safe_nop5 +(ok .*harms nobody|absent .*warning: )"

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
