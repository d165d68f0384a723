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

# Each kind of lock, in a state of its own, which the program tells itself.
hang_out() { # NAME
	start "$1" "$python" "$top/tests/programs/python/$1.py"
	wait_for 10 test -s "$1.out" || not_ok "$1.py starts"
	sleep 0.5
}
hang_out lock_states
check "locks of all kinds can be dumped" "$awaitness" dump --format json "$lock_states"
is "a lock is what its own state says, held by whom is known" \
	"$(jq -r '.tasks as $t | [.locks[] | "\(.name) \(.state) \(if .holder == null then null else $t[.holder].name end)"] | sort[]' out)" \
	"$(jq -r 'to_entries | map("\(.key) \(.value[0]) \(.value[2])") | sort[]' lock_states.out)"
is "no lock that is held is told as free" \
	"$(jq -r '[.locks[] | select(.word == "_locked is True" and .state != "held")] | length' out)" 0
check "as text" "$awaitness" dump "$lock_states"
like "who holds it may be unknown" "$(<out)" "Box\\.ended .*held, by whom is not known \\(_locked is True\\), 2 waiting"
like "a lock may be on its way" "$(<out)" "Box\\.handed .*free, but handed to the first in line, which has not run yet"
like "a semaphore is no lock" "$(<out)" "Box\\.signal .*0 free \\(_value is 0\\), 1 waiting"
like "who waits to be notified" "$(<out)" "Box\\.condition .*1 waiting, 1 waiting to be notified"
kill "$lock_states"

# Very many tasks: all of them, by where they wait.
start many_tasks "$python" "$top/tests/programs/python/many_tasks.py" 20000
wait_for 20 grep -q ready many_tasks.out || not_ok "many_tasks.py starts"
sleep 0.5
for how in running stopped; do
	[ $how = stopped ] && kill -STOP "$many_tasks"
	check "20,000 tasks can be dumped, $how" timeout 20 "$awaitness" dump --format json "$many_tasks"
	is "every task is counted, $how" "$(jq '[.groups[].tasks] | add' out)" "$(cut -d' ' -f2 many_tasks.out)"
	is "together where they wait, $how" "$(jq -c '[.groups[].tasks] | sort' out)" "[1,1,10000,10000]"
	is "of those alike few are listed, $how" "$(jq -c '[(.tasks | length), .tasks_left_out]' out)" "[2,20000]"
done
check "each can be asked for" "$awaitness" dump --all "$many_tasks"
is "then each is shown" "$(grep -c ' suspended, ' out)" 20002
check "as text they are few lines" "$awaitness" dump "$many_tasks"
like "with their number" "$(<out)" "10000 tasks suspended, wait for asyncio\\.Lock .*held by task keeper"
is "no more than that" "$(($(wc -l <out) < 40))" 1
kill -KILL "$many_tasks"
start waiting_100k "$programs/waiting_100k" --hang
wait_for 60 grep -q ready waiting_100k.out || not_ok "waiting_100k starts"
check "100,000 tasks of the C runtime" timeout 60 "$awaitness" dump --format json "$waiting_100k"
is "are counted" "$(jq -c '[.groups[].tasks] | sort' out)" "[1,1,2,100000]"
is "a lock there is what it is" "$(jq -r '.tasks[.locks[0].holder].name, .locks[0].state, .locks[0].waiters' out | xargs)" "hold held 2"
kill -KILL "$waiting_100k"

# Nothing a stranger's files are can make us wait.
mkfifo pipe.so
check "a pipe in place of a source file" timeout 20 "$python" - "$awaitness" <<'PY'
import asyncio, subprocess, sys
code = compile("import asyncio\nasync def f():\n    await asyncio.sleep(60)\n", "pipe.so", "exec")
space = {}
exec(code, space)
async def main():
    import os
    task = asyncio.create_task(space["f"]())
    await asyncio.sleep(0.1)
    p = await asyncio.create_subprocess_exec(sys.argv[1], "dump", str(os.getpid()), stdout=-1)
    out = (await p.communicate())[0].decode()
    assert "in f pipe.so:3" in out, out
asyncio.run(main())
PY

start lone "$python" -c 'import asyncio; asyncio.run(asyncio.sleep(600))'
sleeps() { "$awaitness" dump "$lone" 2>&1 | grep -q "suspended, awaits sleep"; }
wait_for 20 sleeps || not_ok "it sleeps"
check "one task" "$awaitness" dump "$lone"
like "is one task" "$(<out)" "1 task is suspended"
check "doctor looks at it, too" "$awaitness" doctor "$lone"
like "and can count to one" "$(<out)" "1 task is suspended now; (its one frame fits|all [0-9]+ frames of it fit) the layout"
