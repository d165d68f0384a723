# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# doctor PID: what it says of a process is what attach then does.
source "$(dirname "$0")/check.bash"
need_bpf
python=${PYTHON:-/usr/bin/python3}

cat >sleepers.py <<'EOF'
import asyncio
async def main():
    print("ready", flush=True)
    await asyncio.gather(*(asyncio.sleep(30) for _ in range(7)))
asyncio.run(main())
EOF
"$python" sleepers.py >said &
program=$!
started+=("$program")
wait_for 10 grep -q ready said
sleep 0.3
"$awaitness" doctor --format json "$program" >doctor.json
field() { jq -r ".target.python.$1" doctor.json; }
is "the version is the interpreter's own" "$(field version)" "$("$python" -c 'import platform; print(platform.python_version())')"
is "it can be attached to" "$(field supported)" true
is "its tasks are counted" "$(field tasks)" 8
is "every level sees what it should" "$(field 'levels | map("\(.detail) \(.complete)") | join(" ")')" \
	"steps true locks true awaits true all true"
check "the cost of a hit was measured" [ "$(field hit_ns)" -gt 0 ]
"$awaitness" doctor "$program" >doctor.txt
like "the text says it too" "$(<doctor.txt)" "8 tasks are suspended now; all [0-9]+ frames of them fit"
is "it fits into 100 columns" "$(sed -n '/^Process/,$p' doctor.txt | awk 'length > 100')" ""
check "attach does what was said" "$awaitness" attach --duration 300ms "$program"
check "looking harmed nobody" kill -0 "$program"

"$python" -c 'import time; print("ready", flush=True); time.sleep(30)' >said2 &
program=$!
started+=("$program")
wait_for 10 grep -q ready said2
"$awaitness" doctor --format json "$program" >doctor.json
is "a Python without asyncio cannot be attached to" "$(field supported)" false
check_status 3 "and attach says the same" "$awaitness" attach --duration 300ms "$program"
like "in the same words" "$(<err)" "$(field reason | sed 's/[()]/./g')"

# No Debian suite has a free-threaded build: programs that show its marks stand in for one.
cat >nogil.c <<'EOF'
#include <unistd.h>
const unsigned long Py_Version = 0x030d05f0;
#ifdef FUNCTION
int _PyRuntime = 1;
void _Py_MergeZeroLocalRefcount(void) {}
#else
struct { char cookie[8]; unsigned long version, free_threaded; } _PyRuntime = {"xdebugpy", 0x030d05f0, 1};
#endif
int main(void) { return pause(); }
EOF
for mark in FUNCTION OFFSETS; do
	cc -rdynamic -D$mark nogil.c -o nogil-$mark
	./nogil-$mark &
	program=$!
	started+=("$program")
	sleep 0.2
	check_status 3 "a free-threaded build is refused ($mark)" "$awaitness" attach --duration 300ms "$program"
	like "and it is said why" "$(<err)" "free-threaded build of CPython 3.13.5, which is not supported"
	check "and it goes on" kill -0 "$program"
done
