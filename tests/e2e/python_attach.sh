# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# attach and run on a stock Python program that counts itself: the report says the same.
source "$(dirname "$0")/check.bash"
need_bpf
python=${PYTHON:-/usr/bin/python3}
counting=$top/tests/programs/python

# The counts of one lock in a report, as the program prints them.
told() { jq -r --arg name "$2" '.locks[] | select(.name == $name) | "\(.sections) \(.suspended) \(.waited)"' "$1"; }

mkfifo in
"$python" "$counting/locks.py" <in >truth &
program=$!
started+=("$program")
exec 9>in
wait_for 10 grep -q ready truth || not_ok "the program starts" "$(<truth)"
"$awaitness" attach "$program" --duration 20s --format json --output report.json 2>attach.err &
tracer=$!
sleep 3 # until all probes are in place, on a busy machine
echo >&9
wait_for 15 grep -q done truth || not_ok "the program does its work" "$(<truth)"
sleep 0.5
kill -INT "$tracer"
wait "$tracer"
is "attach ends well" "$?" 0
is "nothing was lost" "$(jq .period.lost report.json)" 0
while read -r kind name sections spanned waits; do
	[ "$kind" = lock ] || continue
	is "$name" "$(told report.json "$name")" "$sections $spanned $waits"
done <truth
is "the thread lock that is held over a suspension is found" \
	"$(jq -r '[.findings[] | select(.rule == "thread-lock-across-suspension")][0].count' report.json)" 40
exec 9>&-
wait "$program"
is "the program was not harmed" "$?" 0

check "run traces a program from its first step" \
	"$awaitness" run --format json --output run.json -- "$python" "$counting/first.py"
is "and counts all it did" "$(told run.json First._lock)" "100 25 0"

# Who woke whom is seen at level `all`: then lock order can be told, and only of tasks that could meet.
orders() { jq -r '[.findings[] | select(.rule == "lock-order")] | length' "$1"; }
for how in mixed:1 apart:0 same:0; do
	"$awaitness" run --detail all --format json --output order.json -- "$python" "$counting/lock_order.py" "${how%:*}"
	is "lock order, ${how%:*}" "$(orders order.json)" "${how#*:}"
done
is "a level that does not see wake-ups says so" "$(jq -r '.notes | any(test("lock order"))' run.json)" true

# What a program ran right before its end may be gone before it is read: then it is told as lost.
sed 's/^time.sleep.*//' "$counting/first.py" >short.py
check "run bears a program that ends at once" "$awaitness" run --format json --output short.json -- "$python" short.py
like "and what it could not read is told as lost" \
	"$(jq .period.lost short.json) $(told short.json First._lock)" '^(0 100 25 0|[1-9][0-9]* .*)$'

# In windows: what was seen is consistent, and the report says that it is a part.
cat >windows.py <<'EOF'
import asyncio


class Pool:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.sections = 0

    async def work(self):
        while True:
            async with self.lock:
                await asyncio.sleep(0.002)
                self.sections += 1


async def main():
    pool = Pool()
    tasks = [asyncio.create_task(pool.work()) for _ in range(4)]
    print("ready", flush=True)
    await asyncio.sleep(6)
    print(pool.sections, flush=True)
    for task in tasks:
        task.cancel()


asyncio.run(main())
EOF
"$python" windows.py >windows &
program=$!
started+=("$program")
wait_for 10 grep -q ready windows || not_ok "the program starts" "$(<windows)"
check "attach watches in windows" \
	"$awaitness" attach "$program" --duration 10s --duty 200ms/600ms --format json --output part.json
wait "$program"
sections=$(tail -n 1 windows) seen=$(jq '[.locks[] | select(.name == "Pool.lock")][0].sections' part.json)
check "it saw a part of the sections ($seen of $sections)" test "$seen" -gt 20 -a "$seen" -lt "$((sections * 3 / 4))"
is "and says so" "$(jq -r '.unseen | any(.what | test("in windows"))' part.json)" true
like "with the share" "$(jq -r .target.detail part.json)" '^locks, 0.2 s of every 0.6 s'
is "there is nothing to find in it" "$(jq '.findings | length' part.json)" 0

# A program that is started is watched in windows, too, and may end between two of them.
cat >steps.py <<'EOF'
import asyncio, sys, time


async def main():
    end, steps = time.monotonic() + float(sys.argv[1]), 0
    while time.monotonic() < end:
        await asyncio.sleep(0.001)
        steps += 1
    print(steps)


asyncio.run(main())
EOF
"$awaitness" run --duty 200ms/600ms --format json --output part.json -- "$python" steps.py 3 >steps
is "run watches in windows" $? 0
steps=$(<steps) seen=$(jq .period.steps part.json)
check "it saw a part of the steps ($seen of $steps)" test "$seen" -gt 20 -a "$seen" -lt "$((steps * 3 / 4))"
is "and says so" "$(jq -r '.unseen | any(.what | test("in windows"))' part.json)" true
check "run ends between two windows" \
	"$awaitness" run --duty 100ms/100s --format json --output part.json -- "$python" steps.py 1
is "and says that, too" "$(jq -r '.unseen | any(.what | test("in windows"))' part.json)" true
