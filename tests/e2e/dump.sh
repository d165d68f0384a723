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

# A stock Python program that hangs, and one whose waits end by themselves.
python=${PYTHON:-/usr/bin/python3}
hang() { # NAME
	start "$1" "$python" "$top/tests/programs/python/$1.py"
	wait_for 10 grep -q ready "$1.out" || not_ok "$1.py starts"
	sleep 0.5
}
hang deadlock
check "a Python program can be dumped" "$awaitness" dump "$deadlock"
like "its deadlock stands first" "$(sed -n 2p out)" "^DEADLOCK: (there|back) .*waits for asyncio.Lock Account\\.(first|second)"
like "with await chains" "$(<out)" "in Account.there deadlock.py:14"
check "as JSON too" "$awaitness" dump --format json "$deadlock"
is "the two tasks that hold each other up" \
	"$(jq -r '[.tasks[.deadlocks[0][]].name] | sort | join(" ")' out)" "back there"
is "and what they hold" "$(jq -r '[.locks[] | "\(.name) \(.holder != null) \(.waiters)"] | sort | join(", ")' out)" \
	"Account.first true 1, Account.second true 1"
hang deadlock_timeout
check "a bounded wait can be dumped" "$awaitness" dump --format json "$deadlock_timeout"
is "it is no deadlock" "$(jq -c .deadlocks out)" "[]"
check "attach to one that hangs" "$awaitness" attach --duration 1s --format json --output hung.json "$deadlock"
is "finds the deadlock that stood before" "$(jq -r '[.findings[].rule] | join(" ")' hung.json)" deadlock
is "and says how long it watched" "$(jq '.period.seconds >= 1 and .period.tasks == 3' hung.json)" true
check "attach to bounded waits" "$awaitness" attach --duration 1s --format json --output bounded.json "$deadlock_timeout"
is "finds nothing" "$(jq -c .findings bounded.json)" "[]"
