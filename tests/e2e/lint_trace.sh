# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# awaitness lint --trace: a program is recorded, and its source read with what was seen of it.
source "$(dirname "$0")/check.bash"
need_bpf
export XDG_CACHE_HOME=$work/cache
record() { "$awaitness" record -o "$1" -- /usr/bin/python3 "$2" 2>record.err || cat record.err; }

mkdir -p app
cat >app/pool.py <<'PY'
import asyncio
import sys


class Pool:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._io = asyncio.Lock()
        self.size = 0
        self.connection = None
        self.done = 0

    async def take(self):
        async with self._lock:
            if self.size > 1000:
                await asyncio.sleep(0)
            self.size += 1

    async def send(self):
        async with self._io:
            await asyncio.sleep(0)

    async def connect(self):
        if self.connection is None:
            await asyncio.sleep(0.01)
            self.connection = object()

    async def finish(self):
        await self.flush()
        self.done += 1

    async def flush(self):
        self.flushed = True


async def worker(pool):
    await pool.connect()
    for _ in range(60):
        await pool.take()
        await pool.send()
    await pool.finish()


async def main(workers):
    async def other_flush(self):
        await asyncio.sleep(0)

    if "patched" in sys.argv:
        setattr(Pool, "fl" + "ush", other_flush)
    pool = Pool()
    await asyncio.gather(*(worker(pool) for _ in range(workers)))
    await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main(1 if "alone" in sys.argv else 3))
PY
check "without a trace nothing is told" "$awaitness" lint app
record trace app/pool.py
check_status 1 "with it there are findings" "$awaitness" lint --trace trace app
unlike "a lock whose sections can suspend is not needless, however many did not" "$(<out)" 'AW001 `Pool._lock`'
unlike "not the one whose sections did" "$(<out)" 'AW001 `Pool._io`'
like "an unconfirmed finding that happened is told" "$(<out)" 'AW101 `Pool.connection`.*\[observed\]'
unlike "lint made no error" "$(<out)" "error of lint"
unlike "and the trace fits the source" "$(<out)" "are no await"
"$awaitness" lint -f json --trace trace app >report.json
is "json says so too" "$(jq -c '[.findings[] | [.rule, .object, .observed]]' report.json)" \
	'[["AW101","Pool.connection",true]]'
for format in sarif github gitlab junit; do
	check_status 1 "and $format can be made of it" "$awaitness" lint -f $format --trace trace app
done
check "a baseline holds what was observed" "$awaitness" lint --trace trace --write-baseline base.json app
check "and then it is known" "$awaitness" lint --trace trace --baseline base.json app

"$awaitness" record -o alone -- /usr/bin/python3 app/pool.py alone 2>/dev/null
check "one task alone confirms nothing" "$awaitness" lint --trace alone app

"$awaitness" record -o patched -- /usr/bin/python3 app/pool.py patched 2>/dev/null
"$awaitness" lint --trace patched app >out
like "a place that suspended although lint says it cannot: lint's own error" "$(<out)" \
	'note: app/pool.py:2[0-9]: lint held that this never suspends, .* 3 times: an error of lint'
is "json: its place" "$("$awaitness" lint -f json --trace patched app | jq -c '[.errors_of_lint[] | [.function, .suspensions]]')" \
	'[["Pool.finish",3]]'

sed -i '1i # a line\n# another' app/pool.py
"$awaitness" lint --trace trace app >out
like "a source that has changed since is told" "$(<out)" 'places of the trace are no await in the source'
check_status 3 "no such trace" "$awaitness" lint --trace nowhere app
one_line "and one line says so"
"$awaitness" record -d 1s -o c_trace -- "$programs/two_tasks" >/dev/null 2>&1
check_status 3 "a trace of a C program" "$awaitness" lint --trace c_trace app
one_line "one line"

mkdir -p rooms
cat >rooms/rooms.py <<'PY'
import asyncio
import sys
import threading


class Room:
    def __init__(self):
        self.members = {"host": True, "guest": True}
        self._gate = asyncio.Lock()
        self._door = asyncio.Lock()
        self._log = threading.Lock()

    async def announce(self):
        for name in self.members:
            await asyncio.sleep(0)

    async def join(self, name):
        await asyncio.sleep(0)
        self.members[name] = True

    async def shut(self):
        await self._gate.acquire()

    async def knock(self):
        await self._door.acquire()
        await asyncio.sleep(0.01)
        self._door.release()

    async def note(self):
        with self._log:
            await asyncio.sleep(0)


async def main(quiet):
    room = Room()
    if quiet:
        await room.join("first")
        await room.announce()
        await room.knock()
    else:
        await asyncio.gather(room.announce(), room.join("first"), room.shut(), room.note(), return_exceptions=True)
        knocking = asyncio.create_task(room.knock())
        await asyncio.sleep(0)
        knocking.cancel()
    await asyncio.sleep(3)


if __name__ == "__main__":
    asyncio.run(main("quiet" in sys.argv))
PY
rules() { "$awaitness" lint --tier watch -f json "$@" rooms | jq -c '[.findings[] | [.rule, .observed]]'; }
is "what the source alone may be wrong about" "$(rules)" '[["AW102",false],["AW104",false],["AW004",false],["AW003",false]]'
"$awaitness" record -d 1s --detail awaits -o rooms.trace -- /usr/bin/python3 rooms/rooms.py 2>/dev/null
is "a loop, a leak, a lock left and a thread lock were seen" "$(rules --trace rooms.trace)" \
	'[["AW102",true],["AW104",true],["AW004",true],["AW003",true]]'
"$awaitness" record -d 1s --detail awaits -o quiet.trace -- /usr/bin/python3 rooms/rooms.py quiet 2>/dev/null
is "and in a run in which nothing went wrong they were not" "$(rules --trace quiet.trace)" \
	'[["AW102",false],["AW104",false],["AW004",false],["AW003",false]]'
