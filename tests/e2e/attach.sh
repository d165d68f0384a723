# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Attaching: again and again under load, by a tracer that is killed, to targets in other namespaces
# and chroots, deleted, linked with the shared library, and without being root.
source "$(dirname "$0")/check.bash"
need_bpf
need_root

# stats REPORT: sections of the lock `stats`, which every request takes
stats() { jq '[.locks[] | select(.name == "stats") | .sections] | add // 0' "$1"; }
# attached NAME PID: a report of half a second names the lock, and lost nothing
attached() {
	local name=$1 pid=$2
	shift 2
	check "$name" "$@" "$awaitness" attach -d 500ms --format json -o report.json "$pid"
	[ "$(stats report.json)" -gt 0 ] && ok "$name: it sees sections" || not_ok "$name: it sees sections" "$(<err)"
	is "$name: nothing lost" "$(jq .period.lost report.json)" 0
}
# load SOCKET: for as long as the server lives
load() {
	"$programs/kv_load" --unix "$1" --connections 4 --duration 60 >load.out 2>load.err &
	started+=($!)
	sleep 0.2
}
# serve NAME COMMAND...: starts a server on NAME.sock and a load on it
serve() {
	local name=$1
	shift
	start "$name" "$@" --unix "$work/$name.sock" --duration 60
	wait_for 10 test -S "$work/$name.sock" || not_ok "$name listens" "$(<"$name.err")"
	load "$work/$name.sock"
}
# server_of PID: the server that PID is, or has started
server_of() { if [ "$(<"/proc/$1/comm")" = kv_server ]; then echo "$1"; else pgrep -n -P "$1" -x kv_server; fi; }

# -- again and again ------------------------------------------------------------------------
start kv "$programs/kv_server" --unix "$work/kv.sock" --duration 280
wait_for 10 test -S kv.sock
(until [ -e enough ]; do "$programs/kv_load" --unix "$work/kv.sock" --connections 4 --duration 2; done) >kv_load.out 2>&1 &
kv_load=$!
failures=
for _ in $(seq 10); do
	"$awaitness" attach -d 50ms --format json -o report.json "$kv" 2>err && [ "$(jq .period.lost report.json)" = 0 ] ||
		failures+="$(jq -c .period report.json) $(<err) "
done
is "10 attachments under load, none with a loss" "$failures" ""

start tracer "$awaitness" attach -d 60s "$kv"
sleep 0.7
kill -KILL "$tracer"
wait "$tracer" 2>/dev/null
attached "after a tracer was killed" "$kv"

start tracer "$awaitness" attach -d 60s "$kv"
wait_for 10 grep -q '^CapPrm:.*00080004' "/proc/$tracer/status"
# DAC_READ_SEARCH is bit 2, SYS_PTRACE bit 19: what looking up symbols needs.
is "once attached, other capabilities are given up" "$(awk '/^CapPrm/ { print $2 }' "/proc/$tracer/status")" 0000000000080004
stop "$tracer" INT
is "two tracers at once both see all" "$(
	"$awaitness" attach -d 2s --format json -o a.json "$kv" 2>&1 &
	"$awaitness" attach -d 2s --format json -o b.json "$kv" 2>&1
	wait
	jq -c '[.period.lost, .locks[0].sections > 0]' a.json b.json | tr '\n' ' ')" "[0,true] [0,true] "
touch enough
wait "$kv_load"
is "the load saw no error in all this" "$(jq -s 'map(.errors) | add' kv_load.out)" 0
stop "$kv"

# -- other namespaces ------------------------------------------------------------------------
serve inner unshare --pid --fork --mount-proc "$programs/kv_server"
attached "a target in another pid and mount namespace" "$(server_of "$inner")"
stop "$inner" KILL

mkdir jail
serve jailed unshare --mount bash -c 'mount -t tmpfs tmpfs jail && cp "$0" jail/kv_server && jail/kv_server "$@"' "$programs/kv_server"
attached "a target whose program exists only in its mount namespace" "$(server_of "$jailed")"
stop "$jailed" KILL

cat >inside.sh <<'END'
"$programs/kv_server" --unix "$1" --duration 60 >/dev/null 2>&1 &
kv=$!
for _ in $(seq 100); do test -S "$1" && break; sleep 0.05; done
"$programs/kv_load" --unix "$1" --connections 4 --duration 30 >/dev/null 2>&1 &
sleep 1 # the load is under way
[ "$kv" -lt 50 ] || exit 9
"$awaitness" attach -d 2s --format json -o "$2" "$kv"
END
check "a tracer and its target in one pid namespace" unshare --pid --fork --mount-proc --kill-child bash inside.sh "$work/in.sock" "$work/in.json"
[ "$(stats in.json)" -gt 0 ] && ok "... it sees sections" || not_ok "... it sees sections"
is "... of all connections" "$(jq '.locks[] | select(.name == "stats") | .tasks' in.json)" 4

cat >between.sh <<'END'
unshare --pid --fork --mount-proc "$programs/kv_server" --unix "$1" --duration 60 >/dev/null 2>&1 &
for _ in $(seq 100); do test -S "$1" && break; sleep 0.05; done
"$programs/kv_load" --unix "$1" --connections 4 --duration 30 >/dev/null 2>&1 &
sleep 1 # the load is under way
"$awaitness" attach -d 2s --format json -o "$2" "$(pgrep -x kv_server)"
END
check "a tracer in a pid namespace, its target in one below" unshare --pid --fork --mount-proc --kill-child bash between.sh "$work/below.sock" "$work/below.json"
[ "$(stats below.json)" -gt 0 ] && ok "... it sees sections" || not_ok "... it sees sections"

# -- files that are gone, libraries -----------------------------------------------------------
cp "$programs/kv_server" gone_server
serve gone "$work/gone_server"
rm gone_server
attached "a program whose file is deleted" "$gone"
stop "$gone" KILL

if cc -I"$top/runtime/include" -I"$top/tests/programs" -D_GNU_SOURCE -o shared "$top/tests/programs/fanout.c" -L"$B" -Wl,-rpath,"$B" -l:libawaitness.so 2>cc.err; then
	ln -sf "$B/libawaitness.so" libawaitness.so.0
	check "run a program with the shared library" env LD_LIBRARY_PATH="$work" "$awaitness" run --format json -o report.json -- ./shared
	is "... every section is seen" "$(jq '.locks[0].sections' report.json)" "$(jq -r 'select(.truth == "lock") | .sections' out)"
else
	not_ok "a program links with the shared library" "$(<cc.err)"
fi

# -- not root ---------------------------------------------------------------------------------
chmod 755 "$work"
mkdir -m 777 other
cp "$awaitness" other/awaitness
cp "$programs/kv_server" "$programs/kv_load" other/
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
start kv "${nobody[@]}" other/kv_server --unix "$work/other/kv.sock" --duration 60
wait_for 10 test -S other/kv.sock
"${nobody[@]}" other/kv_load --unix "$work/other/kv.sock" --connections 4 --duration 10 >load.out 2>&1 &
kv_load=$!
check_status 3 "without capabilities it cannot attach" "${nobody[@]}" other/awaitness attach -d 100ms "$kv"
one_line "... and says so in one line"
# works CAPABILITIES: doctor, run with them, says that eBPF works
works() {
	setcap "$1+ep" other/awaitness 2>/dev/null &&
		[ "$("${nobody[@]}" other/awaitness doctor --format json 2>/dev/null | jq .ebpf)" = true ]
}
# Kernels since 6.16, and older ones with that fix, want CAP_SYS_ADMIN for uprobes.
least=
for caps in cap_bpf,cap_perfmon cap_bpf,cap_perfmon,cap_sys_admin; do
	if works $caps; then least=$caps && break; fi
	check_status 3 "doctor says that $caps is not enough, and it is not" "${nobody[@]}" other/awaitness attach -d 100ms "$kv"
done
if [ -n "$least" ]; then
	check "doctor says that $least is enough, and it is" "${nobody[@]}" other/awaitness attach -d 500ms --format json -o other/report.json "$kv"
	[ "$(stats other/report.json)" -gt 0 ] && ok "... it sees sections" || not_ok "... it sees sections" "$(<err)"
	start root "$programs/kv_server" --unix "$work/root.sock" --duration 60
	wait_for 10 test -S root.sock
	check_status 3 "another user's process needs more" "${nobody[@]}" other/awaitness attach -d 100ms "$root"
	setcap "$least,cap_sys_ptrace+ep" other/awaitness
	check "... CAP_SYS_PTRACE" "${nobody[@]}" other/awaitness attach -d 500ms -o other/report.txt "$root"
else
	skip "file capabilities do not work here"
fi
kill "$kv_load" 2>/dev/null
wait "$kv_load" 2>/dev/null
true # it was killed: that is no failure
