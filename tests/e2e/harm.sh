# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Never harm: C programs that notice whatever a probe changes in them (tests/harm) print the same and
# end the same, traced or not, for each kind of probe, and whatever becomes of the tracer.
source "$(dirname "$0")/check.bash"
source "$top/tests/harm/canary.bash"
need_bpf

for kind in usdt log runtime nop10; do
	canary=$B/harm/canary_$kind
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
unharmed runtime "through files" "$awaitness" run --transport file -o report.txt -- "$B/harm/canary_runtime" "$HARM_CALLS" "$HARM_CHILDREN"

# Programs of others whose probes are 5-byte nops, or have one behind them: refused where they would be
# harmed, which the second are where libbpf probes the nop behind.
for kind in nop5 nop1_nop5; do
	canary=$B/harm/canary_$kind
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
