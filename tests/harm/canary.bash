# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# canary.bash - what tests/e2e/harm*.sh source, after check.bash: a canary is run untraced, traced, and
# under tracers that come and go. How much of it, and which seed, is in the environment:
#
#	HARM_CALLS=10000 HARM_CHILDREN=20 HARM_CYCLES=20 HARM_SEED=1 HARM_PYTHONS="python3.11 ..."
: "${HARM_CALLS:=10000}" "${HARM_CHILDREN:=20}" "${HARM_CYCLES:=20}" "${HARM_SEED:=$RANDOM}" "${HARM_PYTHONS:=/usr/bin/python3}"
RANDOM=$HARM_SEED
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
