# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# check.bash - what an e2e test sources: paths, checks that print one line each
# (`ok`, `not ok`, `skip`), a folder of its own, and an end that leaves no
# process behind.
#
#	source "$(dirname "$0")/check.bash"
#	need_bpf				# skips the whole file where BPF is not permitted
#	start kv "$programs/kv_server" --port 0	# in the background; $kv is its pid
#	check "attach exits with 0" "$awaitness" attach -d 1s "$kv"
#	check_status 2 "an unknown option" "$awaitness" attach --nonsense
#	is "the report names the lock" "$(jq -r '.locks[0].name' report.json)" "Pool._lock"
#
# A test is run from a folder of its own ($work). It may print more than its
# lines; they count, and `not ok` makes the run fail. Paths are absolute.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${B:=$top/build}"
[[ $B = /* ]] || B=$top/$B
awaitness=$B/awaitness
programs=$B/programs
: "${E2E_BPF:=$("$awaitness" doctor --format json | jq -r '.missing == null')}"
python=/usr/bin/python3 # the system's, with the packages that go with it
export awaitness programs
work=$(mktemp -d)
started=()
cd "$work" || exit 3

_end() {
	local pid
	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap _end EXIT

ok() { echo "ok $*"; }
# not_ok NAME [WHAT WAS SEEN...]
not_ok() {
	local name=$1
	shift
	echo "not ok $name"
	[ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/    /'
}
skip() { echo "skip $*"; }

# is NAME GOT WANTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:    $2" "wanted: $3"; fi; }
# like NAME TEXT REGULAR-EXPRESSION
like() { if [[ $2 =~ $3 ]]; then ok "$1"; else not_ok "$1" "got:    $2" "wanted: $3"; fi; }
# unlike NAME TEXT REGULAR-EXPRESSION
unlike() { if [[ $2 =~ $3 ]]; then not_ok "$1" "got:    $2" "unwanted: $3"; else ok "$1"; fi; }
# check NAME COMMAND...: it exits with 0
check() { local name=$1; shift; check_status 0 "$name" "$@"; }
# check_status STATUS NAME COMMAND...: what it prints is in the files out and err
check_status() {
	local wanted=$1 name=$2 got
	shift 2
	"$@" >out 2>err </dev/null
	got=$?
	if [ "$got" = "$wanted" ]; then ok "$name"; else not_ok "$name" "status $got, wanted $wanted: $*" "$(tail -5 err)" "$(tail -5 out)"; fi
}
# one_line NAME: the last command wrote one line to stderr, and it is clear of control characters
one_line() {
	local lines
	lines=$(wc -l <err)
	if [ "$lines" = 1 ] && ! LC_ALL=C grep -q '[[:cntrl:]]' err; then ok "$1"; else not_ok "$1" "$(cat -v err)"; fi
}
# start NAME COMMAND...: in the background; its pid is in $NAME, its output in NAME.out and NAME.err
start() {
	local name=$1
	shift
	"$@" >"$name.out" 2>"$name.err" </dev/null &
	printf -v "$name" %d $!
	started+=($!)
}
# stop PID [SIGNAL]: ends it and waits; its status is the function's
stop() { kill -"${2:-TERM}" "$1" 2>/dev/null; wait "$1" 2>/dev/null; }
# wait_for SECONDS COMMAND...: until the command succeeds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
need_bpf() {
	[ "$E2E_BPF" = true ] && return
	skip "$(basename "$0"): eBPF is not permitted here (see awaitness doctor)"
	exit 0
}
need_root() {
	[ "$(id -u)" = 0 ] && return
	skip "$(basename "$0"): needs root"
	exit 0
}
