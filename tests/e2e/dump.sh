# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# dump: the tasks and locks of a process as they are now, also when it is stopped.
source "$(dirname "$0")/check.bash"

start kv "$programs/kv_server" --unix "$work/kv.sock" --duration 60
wait_for 10 test -S kv.sock || not_ok "kv_server listens" "$(<kv.err)"
check "dump exits with 0" "$awaitness" dump "$kv"
like "it shows the main task" "$(<out)" "main"
like "it shows the locks by name" "$(<out)" "stats"
kill -STOP "$kv"
check "a stopped process can be dumped" timeout 10 "$awaitness" dump --format json "$kv"
kill -CONT "$kv"
is "its schema" "$(jq -r .schema out)" awaitness-dump/1
is "its locks" "$(jq -r '[.locks[].name] | sort | join(" ")' out)" "export ledger stats vault"
is "its tasks wait" "$(jq -r '[.tasks[] | select(.name == "main")][0].state' out)" suspended
is "no deadlock" "$(jq -c .deadlocks out)" "[]"
like "where a lock was created" "$(jq -r '.locks[0].created.file' out)" 'truth\.h|kv_server\.c'

"$programs/kv_load" --unix "$work/kv.sock" --connections 8 --duration 3 >load.out 2>&1 &
load=$!
failures=0
for _ in $(seq 40); do
	"$awaitness" dump --format json "$kv" >out 2>err && jq -e .tasks out >/dev/null || failures=$((failures + 1))
done
is "40 dumps under load all succeed" "$failures" 0
wait "$load"
is "the load saw no error" "$(jq .errors load.out)" 0
