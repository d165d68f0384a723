# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What was lost stands on top of every report, weakens what it can have hidden and no more, and is in
# the exit status. Traces written by hand, so that what is lost is known.
source "$(dirname "$0")/check.bash"

# trace NAME TEXT: the same as text and as a trace folder, which is what `report` reads
trace() {
	printf '%s' "$2" >"$1.txt"
	"$awaitness" convert "$1.txt" "$1" 2>convert.err || not_ok "$1 is converted" "$(<convert.err)"
}
head=$'1 - target 7 c command=prog can=accesses,acquires,releases,awaits,step-ends,wakes\n10 main lock-new L @main:p.c:12\n+1 main suspend sleep @main:p.c:13\n'
update=$'+1 w1 read x @get:p.c:31\n+1 w1 suspend sleep @get:p.c:32\n+1 w2 write x @put:p.c:41\n+1 w2 suspend sleep @put:p.c:42\n+1 w1 write x @get:p.c:33\n+1 w1 suspend sleep @get:p.c:34\n'
quiet=$'+1 w1 suspend sleep @get:p.c:32\n+1 w2 suspend sleep @put:p.c:42\n'
lost=$'+1us - lost 7 until=+2us\n'
trace whole "$head$quiet"
trace lossy "$head$quiet$lost"
trace found "$head$update$lost"
trace nobody "$head$quiet"$'thread 0\n+1us - lost 3 until=+2us\n'

check "a trace without a loss has what it has" "$awaitness" report --fail-on any whole
like "... and says that it is exact" "$(<out)" "No lock was taken.*None\..*the counts are exact"
is "... and nothing is unseen" "$("$awaitness" report --format json whole | jq -c .unseen)" '[]'

check "a loss alone is no failure where nothing was asked for" "$awaitness" report lossy
like "the text says it first" "$(sed -n '2,6p' out)" $'NOT SEEN\n7 records of thread 1 were lost'
unlike "... and takes nothing for absent or exact" "$(<out)" $'No lock was taken|\nNone\\.|exact'
like "... but for what was seen" "$(<out)" "No lock was seen to be taken.*None was seen"
is "the JSON says it first" "$("$awaitness" report --format json lossy | jq -c '[keys_unsorted[1], (.unseen[0] | .records, .thread)]')" '["unseen",7,1]'

check_status 3 "nothing found, and it may have been lost: 3" "$awaitness" report --fail-on lost-update lossy
one_line "... with one line"
like "... that says what" "$(<err)" '^awaitness: --fail-on lost-update: nothing of it was found, but not all was seen: 7 records'
check_status 1 "found in spite of the loss: 1" "$awaitness" report --fail-on lost-update found
one_line "... with one line"
check_status 3 "something else asked for: 3" "$awaitness" report --fail-on deadlock found
trace steps $'1 - target 7 cpython command=prog can=acquires,releases\n10 w1 suspend sleep\n'"$lost"
check "what this source could not have told is not hidden by a loss: 0" "$awaitness" report --fail-on data-race steps
check_status 3 "... what it could have told is" "$awaitness" report --fail-on deadlock steps

check_status 3 "a loss of a thread that is not known counts" "$awaitness" report --fail-on lost-update nobody
like "... and is told as that" "$(<err)" '3 records of threads that are not known were lost'
