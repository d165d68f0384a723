# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Real programs, of Debian's packages, under load while attached: every request
# is answered, nothing is lost, the counts are those the program keeps itself.
source "$(dirname "$0")/check.bash"
need_bpf
real=$top/tests/programs/python/real
export PYTHONPATH=$top/tests/programs/python PYTHONDONTWRITEBYTECODE=1

# Has Debian's Python all of these modules?
has() { "$python" -c "import $1" 2>/dev/null || { skip "$2: no $1 for $python (scripts/setup test installs it)"; return 1; }; }

free_port() { "$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# trace NAME PID [OPTION...]: attaches in the background, and returns when it traces.
trace() {
	local name=$1 pid=$2
	shift 2
	"$awaitness" attach "$pid" --duration 120s --verbose --format json --output "$name.json" "$@" 2>"$name.attach" &
	tracer=$!
	started+=("$tracer")
	sleep 1
}
# traced NAME: detaches, and says what must be so of every report
traced() {
	sleep 0.5
	kill -TERM "$tracer"
	wait "$tracer"
	is "$1: attach ends well" "$?" 0
	is "$1: nothing was lost" "$(jq .period.lost "$1.json")" 0
}
# loaded NAME COMMAND...: the load ends well
loaded() {
	local name=$1
	shift
	if "$@" >"$name.load" 2>&1; then
		like "$name: every request was answered" "$(<"$name.load")" '^answered [1-9][0-9]* wrong 0$'
	else
		not_ok "$name: every request was answered" "$(tail -5 "$name.load")"
	fi
}
# counts NAME PID TRUTH: each lock has the counts the process PID printed
counts() {
	local name=$1 wanted=$2 truth=$3 kind pid lock sections spanned waits seen=0
	while read -r kind pid lock sections spanned waits; do
		[ "$kind" = lock ] && [ "$pid" = "$wanted" ] || continue
		seen=$((seen + 1))
		[ "$sections" = 0 ] && continue
		is "$name: $lock" "$(jq -r --arg lock "$lock" \
			'.locks[] | select(.name == $lock) | "\(.sections) \(.suspended) \(.waited)"' "$name.json")" \
			"$sections $spanned $waits"
	done <"$truth"
	[ "$seen" != 0 ] || not_ok "$name: the program printed its counts" "$(<"$truth")"
}
# ended NAME PID: it ends when asked to, with 0
ended() {
	kill -TERM "$2"
	wait "$2"
	is "$1: the program was not harmed" "$?" 0
}
# A real name: Class.attribute, a variable of a module, an item of one of these, or what an application
# keeps by key; not an address, not a local variable.
named() { jq -r '.locks[].name' "$@" | grep -Ec '^(app|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+)(\[[^]]*\])?$'; }
locks() { jq -r '.locks[].name' "$@" | wc -l; }

# aiohttp NAME [uvloop]
aiohttp() {
	local name=$1 port
	port=$(free_port)
	start service "$python" "$real/aiohttp_service.py" "$port" ${2:+"$2"}
	wait_for 20 grep -q ready service.out || not_ok "$name: the service starts" "$(<service.err)"
	trace "$name" "$service"
	loaded "$name" "$python" "$real/http_load.py" "$port" 8 250
	traced "$name"
	ended "$name" "$service"
	counts "$name" "$service" service.out
	check "$name: a step at least for each request" jq -e '.period.steps >= 2000' "$name.json"
	is "$name: a lock that guards nothing, but is handed on, is dormant" \
		"$(jq -r '.locks[] | select(.name == "Catalogue._lock") | .verdict' "$name.json")" dormant
}
has aiohttp aiohttp && aiohttp aiohttp
has aiohttp,uvloop uvloop && {
	aiohttp uvloop uvloop
	is "uvloop: it was uvloop" "$(head -1 service.out)" "ready uvloop"
}

uvicorn() {
	local port worker
	port=$(free_port)
	start service env -C "$real" "$python" -m uvicorn --log-level warning --workers 2 --port "$port" starlette_service:app
	wait_for 30 test 2 = "$(grep -c ready service.out)"
	worker=$(sed -n 's/^ready \([0-9]*\) .*/\1/p' service.out | head -1)
	[ "$worker" ] || { not_ok "uvicorn: its workers start" "$(<service.err)"; return; }
	trace uvicorn "$worker"
	loaded uvicorn "$python" "$real/http_load.py" "$port" 16 125
	traced uvicorn
	kill -TERM "$service"
	wait "$service"
	wait_for 10 grep -q "served $worker" service.out
	counts uvicorn "$worker" service.out
	is "uvicorn: a lock that plain threads take too is not called needless" \
		"$(jq -r '.locks[] | select(.name == "Audit._lock") | .verdict' uvicorn.json)" unknown
	check "uvicorn: the traced worker served some" grep -q "served $worker [1-9]" service.out
	is "uvicorn: all that was asked was served, by two workers" \
		"$(awk '/^served/ {n += $3; w++} END {print n, w}' service.out)" "1600 2"
}
has uvicorn,starlette uvicorn && uvicorn

websockets() {
	start service "$python" "$real/websockets_service.py" echo.sock
	wait_for 20 grep -q ready service.out || not_ok "websockets: the service starts" "$(<service.err)"
	trace websockets "$service"
	loaded websockets "$python" "$real/websockets_load.py" echo.sock 8 200
	traced websockets
	ended websockets "$service"
	counts websockets "$service" service.out
}
has websockets websockets && websockets

# counting NAME PROGRAM ARGUMENT...: a program that waits for a line, and counts its steps too
counting() {
	local name=$1
	shift
	mkfifo "$name.in"
	"$python" "$@" <"$name.in" >"$name.truth" 2>"$name.err" &
	program=$!
	started+=("$program")
	exec 9>"$name.in"
	wait_for 20 grep -q ready "$name.truth" || not_ok "$name: the program starts" "$(<"$name.err")"
	trace "$name" "$program"
	echo >&9
	wait_for 60 grep -q done "$name.truth" || not_ok "$name: the program does its work" "$(<"$name.err")"
	traced "$name"
	exec 9>&-
	wait "$program"
	is "$name: the program was not harmed" "$?" 0
	sed "s/^lock /lock $program /" "$name.truth" >"$name.counts"
	counts "$name" "$program" "$name.counts"
}
redis() {
	start server redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --appendonly no --dir "$work"
	wait_for 20 test -S redis.sock || not_ok "redis: the server starts" "$(<server.out)"
	counting redis "$real/redis_client.py" "$work/redis.sock"
	is "redis: the server has all that was sent" "$(grep '^redis' redis.truth)" "redis 800 800 800"
	stop "$server"
}
if ! command -v redis-server >/dev/null; then
	skip "redis: no redis-server (scripts/setup test installs it)"
elif has redis.asyncio redis; then
	redis
fi
has anyio anyio && counting anyio "$real/anyio_program.py"

reports=$(find . -name '*.json')
# shellcheck disable=SC2086 # file names of this script
[ "$reports" ] && {
	all=$(locks $reports) good=$(named $reports)
	check "names: at least nine locks of ten have a real one ($good of $all)" test $((good * 10)) -ge $((all * 9))
}
[ "${KEEP:-}" ] && cp ./*.json ./*.load ./*.attach ./*.truth ./*.out ./*.err "$KEEP"/
exit 0
