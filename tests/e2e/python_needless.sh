# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# "Needless … remove it" is said of a running program's lock only where its source proves it. Each of
# these differs from the first in one thing, and is dormant at most.
source "$(dirname "$0")/check.bash"
need_bpf
for py312 in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do break; done

# program NAME: the lock Box.lock, whose sections do what standard input says, in a loop
program() {
	{
		cat <<'PY'
import asyncio, sys, time


class Box:
    def __init__(self):
        self.lock, self.n = asyncio.Lock(), 0

    async def grow(self):
        self.n += 1

    async def wait(self):
        await asyncio.sleep(0.01)

    async def add(self, send=None):
        async with self.lock:
PY
		sed 's/^/            /'
		cat <<'PY'


async def user(box):
    while True:
        await box.add(box.grow)
        await asyncio.sleep(0.001)


async def main():
    set_up()
    box = Box()
    users = [asyncio.create_task(user(box)) for _ in range(4)]
    await asyncio.sleep(0.3)
    print("ready", flush=True)
    await asyncio.gather(*users)


def set_up():
    pass
PY
	} >"$1.py"
}
# ends NAME: runs what stands on standard input first
ends() { { cat; echo 'if __name__ == "__main__":'; echo '    asyncio.run(main())'; } >>"$1.py"; }

# watched NAME [COMMAND...]: attaches for a while to NAME.py run by COMMAND; the report is NAME.json
watched() {
	local name=$1
	shift
	[ $# -gt 0 ] || set -- "$python" "$PWD/$name.py"
	start target "$@"
	wait_for 20 grep -q ready target.out || not_ok "$name starts" "$(<target.err)"
	[ ! -x "$name.after" ] || "./$name.after"
	"$awaitness" attach --duration 2s --format json --output "$name.json" ${options[@]+"${options[@]}"} "$target" >attach.out 2>&1
	status=$?
	kill -KILL "$target"
	wait "$target" 2>/dev/null
}
options=()
lock() { jq -r ".locks[] | select(.type == \"asyncio.Lock\") | $2" "$1.json"; }
# dormant NAME WHY [COMMAND...]: that lock is not needless, and why it may suspend is told
dormant() {
	local name=$1 why=$2
	shift 2
	watched "$name" "$@"
	is "$name: dormant" "$(lock "$name" .verdict)" dormant
	like "$name: and why" "$(lock "$name" .why)" "$why"
	like "$name: it is to be kept" "$(lock "$name" .change)" "^keep it"
}

echo 'await self.grow()' | program proven
ends proven </dev/null
options=(--fail-on needless)
watched proven
is "what can never suspend is needless" "$(lock proven '"\(.verdict) \(.basis)"')" "needless proven"
is "--fail-on needless exits with 1" "$status" 1
options=(--fail-on needless,any)

printf 'if self.n < 0:\n    await self.wait()\nself.n += 1\n' | program rare
ends rare </dev/null
dormant rare 'it can suspend here'
is "--fail-on needless,any exits with 0 for it" "$status" 0
options=(--detail awaits)
dormant rare 'never reached here: Box.add'
is "the place is told" "$(lock rare '.can_suspend[0] | "\(.function) \(.line) \(.passed)"')" "Box.add 17 0"

printf 'if self.n < 0:\n    await self.wait()\nawait self.quick()\n' | program passed
printf 'async def quick(self):\n    if self.n < 0:\n        await self.wait()\n    self.n += 1\nBox.quick = quick\n\n\n' | ends passed
dormant passed 'passed [0-9]+ times and never suspended here: Box.add .*never reached here: Box.add'
options=()

echo 'await send()' | program handed
ends handed </dev/null
dormant handed 'it can suspend here'

echo 'await self.grow()' | program replaced
ends replaced </dev/null
cat >replaced.after <<'SH'
#!/bin/sh
sed 's/await self.grow()/self.n += 1/' replaced.py >new.py && touch -d "2001-01-01" new.py && mv new.py replaced.py
SH
chmod +x replaced.after
dormant replaced 'replaced.py changed after the process began'

# Loaded while it is watched, and not run: it would wait under the lock.
echo 'await self.grow()' | program late
cat >late_part.py <<'PY'
import asyncio


async def drain(box):
    async with box.lock:
        await asyncio.sleep(1)
PY
ends late <<'PY'
def set_up():
    sys.path.insert(0, ".")
    asyncio.get_running_loop().call_later(1.5, __import__, "late_part")


PY
dormant late 'it can suspend here.*drain'

echo 'await self.grow()' | program nameless
ends nameless </dev/null
dormant nameless 'not every place where it was taken is one of the source' "$python" -c "$(<nameless.py)"

# A loop that runs inside of a section: a gap, seen as one if it runs, and no proof before.
printf 'if self.n == -1:\n    inner()\nself.n += 1\n' | program nested
ends nested <<'PY'
def inner():
    outer = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    asyncio.new_event_loop().run_until_complete(asyncio.sleep(0))
    asyncio._set_running_loop(outer)


PY
dormant nested 'inside of any call'

if [ -x "$py312" ]; then
	printf 'self.start()\nself.n += 1\n' | program eager
	ends eager <<'PY'
def start(self):
    if self.n < 0:
        asyncio.get_running_loop().create_task(self.grow())


def set_up():
    Box.start = start
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)


PY
	dormant eager 'eager tasks are asked for' "$py312" "$PWD/eager.py"
else
	skip "eager tasks: no Python of 3.12 or later"
fi
