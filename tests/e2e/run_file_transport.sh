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

# The exit status is the program's, unless awaitness has 1, 2 or 3 of its own to report.
check_status 2 "the program's exit status is that of run" "$awaitness" run --transport file -o /dev/null -- "$programs/kv_server" --nonsense
like "... and told on stderr" "$(<err)" "exited with status 2"
check_status 2 "... and of record" "$awaitness" record --transport file -o trace -- "$programs/kv_server" --nonsense
check_status 1 "what --fail-on found goes before the program's status" \
	"$awaitness" run --transport file --fail-on check-then-act -o /dev/null -- "$programs/token_refresh"
like "... and a line says so" "$(<err)" '^awaitness: --fail-on '
check_status 3 "a program that is not there" "$awaitness" run --transport file -o /dev/null -- ./nope
one_line "... one line"
forbidden=("$python" "$top/tests/e2e/without_ptrace.py" "$awaitness" run --transport file -o /dev/null --)
check_status 3 "... also where ptrace is refused" "${forbidden[@]}" ./nope
like "... told in one line" "$(<err)" '^awaitness: cannot start ./nope: there is no such program$'
check "where ptrace is refused a program is traced" "${forbidden[@]}" "$programs/fanout"
check_status 3 "... and one without the runtime is told of at its end" "${forbidden[@]}" true
like "... in one line" "$(<err)" '^awaitness: nothing was seen of true: '
echo 'int f(void) { return 0; }' >f.c && gcc -shared f.c -o libf.so
echo 'int f(void); int main(void) { return f(); }' >p.c && gcc p.c -o ./p -L. -lf && rm libf.so
check_status 3 "a program whose library is not there" "$awaitness" run --transport file -o /dev/null -- ./p
like "... what the loader said, and that it stands there" "$(<err)" 'libf.so: cannot open.*awaitness: ./p exited with status 127 before its first step'

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

# More threads than files may be open; what is left out beyond the most is in analyzer_threads_test.
check "a program of 1200 threads is seen whole" bash -c 'ulimit -Sn 1000; exec "$@"' - \
	"$awaitness" run --transport file --fail-on deadlock --format json -o many.json -- "$programs/many_threads" 1200
is "... with all it did" "$(jq -c '[.unseen, .period.threads, ([.locks[].sections] | add), .period.lost]' many.json)" '[[],1200,3600,0]'
is "... and no two threads are taken for one" "$(jq '[.findings[] | select(.rule == "lost-update")] | length' many.json)" 0
is "... but for the race of all" "$(jq '[.findings[] | select(.rule == "data-race")] | length > 0' many.json)" true
