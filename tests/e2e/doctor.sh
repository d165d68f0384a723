# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# doctor: what it says of this machine and of a process is what attach then does.
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

# It loads the BPF programs, for C and for CPython apart: what it says of them is what attach then does.
works() { jq -r "[.ebpf, (.programs[] | .works)] | join(\" \")" doctor.json; }
check "doctor loads the programs" "$awaitness" doctor --format json --output doctor.json
is "both kinds work" "$(works)" "true true true"
is "and nothing else is printed" "$(<err)" ""
is "each object was tried" "$(jq -r '[.programs[].objects[] | "\(.object) \(.programs > 1)"] | join(" ")' doctor.json)" \
	"log true usdt true cpython true"
# So few descriptors that the programs for C can be loaded, and those of CPython cannot.
check "doctor ends with 0 whatever it found" prlimit --nofile=24 "$awaitness" doctor --format json --output doctor.json
is "CPython does not work" "$(works)" "false true false"
is "it is said why" "$(jq -r '.programs[1].objects[0] | "\(.error): \(.remedy)"' doctor.json)" \
	"Too many open files: raise the limit of open files (ulimit -n)"
like "the text says it too" "$(prlimit --nofile=24 "$awaitness" doctor)" \
	"C programs: eBPF tracing works here .*CPython programs: eBPF tracing does not work here.*cpython.bpf.c could not be loaded: Too many open files"
"$python" sleepers.py >said3 &
program=$!
started+=("$program")
wait_for 10 grep -q ready said3
check_status 3 "attach says the same" prlimit --nofile=24 "$awaitness" attach --duration 300ms "$program"
like "in the same words" "$(<err)" "cannot load the BPF programs: Too many open files; raise the limit of open files \(ulimit -n\)"
one_line "in one line"

if [ "$(id -u)" = 0 ]; then
	nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
	cp "$awaitness" . && chmod 755 . awaitness
	check "doctor without capabilities" "${nobody[@]}" ./awaitness doctor --format json
	cp out doctor.json
	is "nothing works" "$(works)" "false false false"
	is "what is missing is named" "$(jq -r '[.missing, .programs[].missing] | join(" ")' doctor.json)" "bpf bpf bpf"
fi
