# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# run, without BPF: the same report through files; standard streams, signals and exit status of the
# program go through.
source "$(dirname "$0")/check.bash"
export TMPDIR=$work

serve=("$programs/kv_server" --unix "$work/kv.sock" --duration 2)
load_when_up() { # in the background: 1000 requests as soon as the server listens
	(wait_for 10 test -S "$work/kv.sock" && exec "$programs/kv_load" --unix "$work/kv.sock" --connections 4 --requests 1000) >load.out 2>load.err &
}
rm -f kv.sock
load_when_up
check "run with the file transport" "$awaitness" run --transport file --format json -o report.json -- "${serve[@]}"
wait
is "the load saw no error" "$(jq .errors load.out)" 0
is "the report says which transport" "$(jq -r .target.transport report.json)" file
is "nothing lost" "$(jq .period.lost report.json)" 0
is "the verdict of stats" "$(jq -r '.locks[] | select(.name == "stats") | .verdict' report.json)" dormant
is "every acquisition of stats was seen" "$(jq '.locks[] | select(.name == "stats") | .sections' report.json)" \
	"$(jq -r 'select(.truth == "lock" and .name == "stats") | .sections' out)"
like "a site has its function and line" \
	"$(jq -r '.locks[] | select(.name == "stats") | .sites[0] | "\(.function) \(.line)"' report.json)" '^[a-z_]+ [0-9]+$'
is "the folder of the transport is gone" "$(ls -d "$work"/awaitness.* 2>/dev/null)" ""

rm -f kv.sock
check "a program that is idle" "$awaitness" run --transport file -o /dev/null -- "$programs/kv_server" --unix "$work/kv.sock" --duration 0.3
rm -f kv.sock
check "without privileges the file transport is taken" env AWAITNESS_DISABLE=bpf "$awaitness" run -o report.txt -- \
	"$programs/kv_server" --unix "$work/kv.sock" --duration 0.3
like "... and told" "$(<err)" "eBPF does not work here"
like "... also in the report" "$(<report.txt)" "file"

check "the program's exit status is told" "$awaitness" run --transport file -o /dev/null -- "$programs/kv_server" --nonsense
like "... on stderr" "$(<err)" "exited with status 2"

# Signals are passed on, and the end by one is told.
rm -f kv.sock
"$awaitness" run --transport file -o term.txt -- "$programs/kv_server" --unix "$work/kv.sock" --duration 60 >term.out 2>term.err &
tracer=$!
wait_for 10 test -S kv.sock
kill -TERM "$tracer"
wait "$tracer"
is "SIGTERM is passed on, and the status is that of the report" "$?" 0
like "... the program ended as it does on SIGTERM" "$(<term.out)" '"truth":"lock"'

# --duration ends the program.
rm -f kv.sock
began=$SECONDS
check "--duration ends the program" "$awaitness" run --duration 1s --transport file -o /dev/null -- \
	"$programs/kv_server" --unix "$work/kv.sock" --duration 60
[ $((SECONDS - began)) -lt 20 ] && ok "... in time" || not_ok "... in time"
like "... with SIGTERM, so that it can clean up" "$(<out)" '"truth":"lock"'
