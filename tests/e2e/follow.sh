# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# --follow: a master and its workers in one report; what each counts itself adds up to what is told.
source "$(dirname "$0")/check.bash"
need_bpf
python=${PYTHON:-/usr/bin/python3}
workers=$top/tests/programs/python/workers.py

lock() { jq -r --arg name "$2" ".locks[] | select(.name == \$name) | $3" "$1"; }
sum() { cat "$1"/done.* | awk -v f="$2" '{n += $f} END {print n}'; }
seen() { jq -r '[.target.processes[] | select(.watched and .steps > 0) | .pid] | sort | join(" ")' "$1"; }
pids() { cat "$1"/done.* | awk '{print $1}' | sort -n | paste -sd' '; }

# The tracer has attached to all it found: it opens no more files.
settled() {
	local before=-1 now=0
	while [ "$before" != "$now" ] || [ "$now" -lt 30 ]; do
		before=$now
		sleep 1.2
		now=$(ls "/proc/$tracer/fd" | wc -l)
	done
}

# Two workers that stand there, and one that comes later.
mkdir a
"$python" "$workers" "$PWD/a" 2 late 2>a.err &
master=$!
started+=("$master")
wait_for 20 test -e a/ready.0 -a -e a/ready.1
"$awaitness" attach --follow --format json --output a.json "$master" 2>attach.err &
tracer=$!
started+=("$tracer")
settled
touch a/late
wait_for 20 test -e a/ready.2
settled
touch a/go
wait_for 30 test -e a/done.0 -a -e a/done.1 -a -e a/done.2
touch a/end
wait "$master"
is "the workers were not harmed" "$?" 0
wait "$tracer"
is "attach ends when the last of them has" "$?" 0
is "nothing was lost" "$(jq .period.lost a.json)" 0
is "every worker was seen, the one that came later too" "$(seen a.json)" "$(pids a)"
is "the first process is the one that was named" "$(jq .target.pid a.json)" "$master"
is "sections of all of them are in one row" "$(lock a.json Store._narrow .sections)" "$(sum a 2)"
is "sections that suspended, too" "$(lock a.json Store._wide .suspended)" "$(sum a 3)"
is "the lock that guards nothing is needless" "$(lock a.json Store._narrow .verdict)" needless
is "that one came later is said" "$(jq -c "[.unseen[].what]" a.json)" '["1 process that began meanwhile was found late, or not at all"]'
is "it has an object in each process" "$(lock a.json Store._narrow .objects)" 3

# A worker that is killed ends itself alone; record and report say what attach does.
mkdir b
touch b/hang.0
"$python" "$workers" "$PWD/b" 2 &
master=$!
started+=("$master")
wait_for 20 test -e b/ready.0 -a -e b/ready.1
"$awaitness" record --follow --detail awaits --output b.trace "$master" 2>record.err &
tracer=$!
started+=("$tracer")
settled
touch b/go
wait_for 30 test -e b/done.0 -a -e b/done.1
sleep 0.3
kill -KILL "$(awk '{print $1}' b/done.0)"
sleep 0.5
check "the other one goes on" kill -0 "$(awk '{print $1}' b/done.1)"
touch b/end
wait "$master"
wait "$tracer"
is "record ends well" "$?" 0
"$awaitness" report --format json --output b.json b.trace 2>report.err
is "a trace has all processes" "$(seen b.json)" "$(pids b)"
is "none began meanwhile" "$(jq -c .unseen b.json)" "[]"
is "and all their sections" "$(lock b.json Store._narrow .sections)" "$(sum b 2)"
is "an await of the workers is one row" \
	"$(jq -r '[.awaits[] | select(.function == "Store.work" and (.label | startswith("async with")))] | length' b.json)" 1
is "whose passes add up" \
	"$(jq -r '.awaits[] | select(.function == "Store.work" and (.label | startswith("async with"))) | .passed >= 400' b.json)" true

# run: a shell that starts a Python program.
mkdir c
cat >c.sh <<EOF
sleep 0.2
exec "$python" "$workers" worker "$PWD/c" 0
EOF
"$awaitness" run --follow --format json --output c.json -- sh c.sh 2>err &
tracer=$!
started+=("$tracer")
settled
touch c/go
wait_for 30 test -e c/done.0
touch c/end
wait "$tracer"
is "run follows a shell to its program" "$?" 0
is "which is seen" "$(lock c.json Store._narrow .sections)" "$(sum c 2)"
like "that it was found late is said" "$(jq -r ".unseen[].what" c.json)" "found late, or not at all"
check_status 3 "a C program is not followed" "$awaitness" run --follow -- "$programs/kv_server" --unix kv.sock --duration 1
like "and that is said" "$(<err)" "--follow follows Python processes"

# A family that grows and dies: who comes after a thousand others is seen like the first.
"$awaitness" run --follow --format json --output brood.json -- "$python" "$top/tests/programs/python/brood.py" 1100 >brood.out 2>brood.err
is "after 1100 short children one with tasks is seen whole" \
	"$(jq -c '[.period.lost] + [.locks[] | select(.name == "Nest.lock") | .sections, .suspended]' brood.json)" \
	"[0,$(sed -n 's/^sections \(.*\)/\1,\1/p' brood.out)]"
like "and those that were missed are said" "$(jq -r '.unseen[].what' brood.json)" '^[0-9]+ processes that began meanwhile were found late'
