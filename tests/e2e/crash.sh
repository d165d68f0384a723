# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A target that dies under recording: what it had not shipped is collected. The load generator knows
# how many requests were answered; the server takes its lock `stats` once for each.
source "$(dirname "$0")/check.bash"

connections=4

# died TRANSPORT SIGNAL: the server is killed under load while it is recorded
died() {
	local transport=$1 signal=$2 trace=trace.$1.$2 answered sections server tracer
	rm -f kv.sock
	"$awaitness" record --transport "$transport" -o "$trace" -- "$programs/kv_server" --unix "$work/kv.sock" --duration 60 >kv.out 2>record.err &
	tracer=$!
	started+=("$tracer")
	wait_for 10 test -S kv.sock || not_ok "$transport, $signal: kv_server listens" "$(<record.err)"
	"$programs/kv_load" --unix "$work/kv.sock" --connections $connections --duration 20 >load.out 2>load.err &
	sleep 0.5
	server=$(pgrep -P "$tracer" -x kv_server)
	kill -"$signal" "$server"
	wait "$tracer"
	is "$transport, $signal: the recording ends as the program did" "$?" $((128 + $(kill -l "$signal")))
	wait
	check "$transport, $signal: the trace has a report" "$awaitness" report --format json -o report.json "$trace"
	is "$transport, $signal: nothing is lost" "$(jq .period.lost report.json)" 0
	answered=$(jq .requests load.out)
	sections=$(jq '.locks[] | select(.name == "stats") | .sections' report.json)
	# Up to one request per connection was under way.
	if [ "$sections" -ge "$answered" ] && [ "$sections" -le $((answered + connections)) ] && [ "$answered" -gt 100 ]; then
		ok "$transport, $signal: the last sections are there"
	else
		not_ok "$transport, $signal: the last sections are there" "$sections sections for $answered answered requests"
	fi
}

for signal in KILL SEGV ABRT; do
	died file $signal
	[ "$E2E_BPF" != true ] || died ebpf $signal
done
need_bpf
