# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Targets and traces that cannot be: one clear line, status 3, nothing left behind.
source "$(dirname "$0")/check.bash"

refused() { # NAME TEXT COMMAND...: status 3, one line that holds TEXT, nothing on stdout
	local name=$1 text=$2
	shift 2
	check_status 3 "$name exits with 3" "$@"
	one_line "$name: one line on stderr"
	like "$name: says so" "$(<err)" "$text"
	is "$name: nothing on stdout" "$(<out)" ""
}

# --- processes
gone=$(sh -c 'echo $$')
refused "attach to a process that is gone" "no process $gone" "$awaitness" attach -d 1s "$gone"
refused "dump of a process that is gone" "no process $gone" "$awaitness" dump "$gone"
refused "record of a process that is gone" "no process $gone" "$awaitness" record -d 1s -o t0 "$gone"
[ -e t0 ] && not_ok "no folder is made for it" || ok "no folder is made for it"
refused "doctor for a process that is gone" "no process $gone" "$awaitness" doctor "$gone"
refused "a kernel thread" "process 2" "$awaitness" dump 2

start sleeper sleep 300
refused "attach to a process without our runtime" "process $sleeper .*sleep 300" "$awaitness" attach -d 1s "$sleeper"
refused "dump of a process without our runtime" "process $sleeper .*sleep 300" "$awaitness" dump "$sleeper"
refused "run of a program that there is not" "/nonexistent: there is no such program" "$awaitness" run -- /nonexistent
refused "run of a program without our runtime" "carries no awaitness" "$awaitness" run -- sleep 300
is "... and it was not left running" "$(pgrep -cf '^sleep 300$')" 1
refused "an output that cannot be written" "cannot write to /nonexistent/x" "$awaitness" attach -d 1s -o /nonexistent/x "$sleeper"

hostile=$'x\e[31m\r\nrm -rf'
cp "$(command -v sleep)" "$work/$hostile"
start evil "$work/$hostile" 300
refused "a name with control characters" "process $evil" "$awaitness" attach -d 1s "$evil"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)
	cp "$awaitness" "$work/awaitness" && chmod 755 "$work" "$work/awaitness"
	refused "attach to another user's process" "not permitted to look at process $sleeper" \
		"${nobody[@]}" "$work/awaitness" attach -d 1s "$sleeper"
	refused "dump of another user's process" "not permitted" "${nobody[@]}" "$work/awaitness" dump "$sleeper"
else
	skip "another user's process: needs root and setpriv"
fi

# --- traces
refused "a trace that there is not" "/nonexistent" "$awaitness" report /nonexistent
refused "a file instead of a trace" "/etc/passwd" "$awaitness" report /etc/passwd
mkdir empty
refused "a folder that is no trace" "empty" "$awaitness" report empty
refused "print of a folder that is no trace" "empty" "$awaitness" print empty

cat >small.txt <<-'TEXT'
	10 w1 task-new w2
	20 w1 suspend sleep
	30 w2 resume
	40 w2 suspend sleep
TEXT
check "a trace is made from text" "$awaitness" convert small.txt trace
check "it can be reported on" "$awaitness" report trace
cp -r trace damaged
for f in damaged/stream*; do printf 'garbage garbage garbage' | dd of="$f" bs=1 seek=8 conv=notrunc status=none; done
refused "a damaged trace" "damaged" "$awaitness" report damaged
cp -r trace unmarked
: >unmarked/metadata
refused "a trace without its metadata" "unmarked" "$awaitness" report unmarked
cp -r trace newer
sed -i 's/\(awaitness_format = \)[0-9]*/\1999/' newer/metadata
cmp -s trace/metadata newer/metadata && not_ok "the version stands in the metadata"
refused "a trace of a newer version" "newer" "$awaitness" report newer
mkdir there && echo precious >there/file
check_status 3 "an output folder that is there is not overwritten" "$awaitness" convert small.txt there
one_line "... told in one line"
check_status 3 "--force does not delete what is no trace" "$awaitness" convert --force small.txt there
is "... the file is still there" "$(<there/file)" precious
