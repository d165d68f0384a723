#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Known bugs of Debian's Python packages, as their users met them: each is found while it happens, as often
# as the program itself counts it, with the attribute, who read, who wrote meanwhile and what was
# overwritten. With the fix (fix_*.py) the same program is clean. README.md says where each is told of.
source "$(dirname "$0")/check.bash"
need_bpf
real=$top/tests/programs/python/real
export PYTHONDONTWRITEBYTECODE=1

# installed PACKAGE VERSION: the version that has the bug?
installed() {
	local version
	version=$("$python" -c "import importlib.metadata as m; print(m.version('$1'))" 2>/dev/null)
	[ "$version" = "$2" ] || { skip "$1: not in version $2 for $python, but ${version:-not installed}"; return 1; }
}

# What is told of shared state, a line a finding.
findings() {
	jq -r '.findings[] | select(.rule | IN("lost-update", "check-then-act", "stale-use", "torn-read",
		"changed-while-iterating", "inconsistent-guard")) | "\(.rule) \(.object) \(.count) \(.verdict)"' "$1"
}
# watched NAME PROGRAM ARGUMENT...: runs it to its end under awaitness; its truth is in $truth
watched() {
	local name=$1
	shift
	check "$name: it is watched to its end" "$awaitness" run --format json --output "$name.json" -- "$python" "$@"
	cp out "$name.out"
	truth=$(sed -n 's/^truth //p' out)
	is "$name: nothing was lost" "$(jq .period.lost "$name.json")" 0
}
# place JSON-FILE KEY: the function a finding names
place() { jq -r ".findings[] | select(.object == \"$object\") | .$2.function" "$1"; }

# bug NAME READ WRITE OTHER PROGRAM ARGUMENT...: it is found, and not when fixed. READ, WRITE, OTHER: the functions
# that read, overwrite, and wrote meanwhile.
bug() {
	local name=$1 read=$2 write=$3 other=$4 object
	shift 4
	watched "$name" "$@"
	object=$(cut -d' ' -f2 <<<"$truth")
	like "$name: it happens" "$truth" ' [1-9][0-9]*$'
	is "$name: found as often as it happens, and nothing else" "$(findings "$name.json")" "$truth observed"
	is "$name: who read it" "$(place "$name.json" read)" "$read"
	is "$name: who overwrites it" "$(place "$name.json" write)" "$write"
	is "$name: who wrote it meanwhile" "$(place "$name.json" other)" "$other"
	check "$name: the await that really suspended, and the writer's task" jq -e ".findings[] |
		select(.object == \"$object\") | .suspension.line > 0 and (.other.task | length) > 0" "$name.json"
	watched "$name-fixed" "$@" fixed
	like "$name, fixed: it does not happen" "$truth" ' 0$'
	is "$name, fixed: nothing is told" "$(findings "$name-fixed.json")" ""
}

redis() {
	start server redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --appendonly no --dir "$work"
	wait_for 20 test -S redis.sock || not_ok "redis: the server starts" "$(<server.out)"
	bug redis-single Redis.initialize Redis.initialize Redis.initialize \
		"$real/bug_redis_single.py" "$work/redis.sock"
	bug redis-pubsub PubSub.connect PubSub.connect PubSub.connect "$real/bug_redis_pubsub.py" "$work/redis.sock"
	stop "$server"
}
installed redis 4.3.4 && redis

installed fsspec 2022.11.0 && bug fsspec HTTPFileSystem.set_session HTTPFileSystem.set_session \
	HTTPFileSystem.set_session "$real/bug_fsspec.py"

vdirsyncer() {
	check "vdirsyncer: a certificate" openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
		-days 2 -subj /CN=localhost
	bug vdirsyncer GoogleSession._init_token GoogleSession._init_token GoogleSession._init_token \
		"$real/bug_vdirsyncer.py" cert.pem key.pem
}
installed vdirsyncer 0.19.0 && vdirsyncer

installed mitmproxy 8.1.1 && bug mitmproxy ConnectionHandler.drain_writers ConnectionHandler.drain_writers \
	ConnectionHandler.hook_task "$real/bug_mitmproxy.py"

[ "${KEEP:-}" ] && cp ./*.json ./*.out "$KEEP"/
exit 0
