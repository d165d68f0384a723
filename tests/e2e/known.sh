# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What is known of a program: a baseline and comments in its source keep findings of run, attach, record and
# report quiet, as they do with lint, and are counted.
source "$(dirname "$0")/check.bash"
need_bpf
export XDG_CACHE_HOME=$work/cache

cat >stock.py <<'END'
import asyncio
import sys


class Stock:
    def __init__(self):
        self.narrow = asyncio.Lock()
        self.size = self.left = 0

    async def add(self):
        async with self.narrow:
            self.left += 1
        size = self.size
        await asyncio.sleep(0.001)
        self.size = size + 1


class Till(Stock):
    async def pay(self):
        sum = self.sum
        await asyncio.sleep(0.001)
        self.sum = sum + 1

    def __init__(self):
        super().__init__()
        self.sum = 0


async def main():
    till = Till()
    for _ in range(int(sys.argv[1])):
        await asyncio.gather(till.add(), till.add(), till.pay(), till.pay())


asyncio.run(main())
END
run() { "$awaitness" run --format json --output report.json "$@" -- "$python" stock.py 5; }
told() { jq -r '[([.findings[] | select(.severity != "info") | "\(.rule) \(.object)"] | sort | join(", ")), .in_baseline, .waived] | join("; ")' report.json; }
both="lost-update Stock.size, lost-update Till.sum"

check_status 1 "what is found makes the status 1" run --fail-on any
is "two lost updates, nothing known" "$(told)" "$both; 0; 0"
check "they are written down" run --fail-on any --write-baseline base.json
is "with the lock that guards nothing" "$(jq -r '[.findings[] | "\(.rule) \(.object)"] | sort | join(", ")' base.json)" \
	"AW001 Stock.narrow, AW007 Stock.size, AW007 Till.sum"
check "what is in the baseline is known" run --fail-on any --baseline base.json
is "it is left out, and counted" "$(told)" "; 3; 0"
is "the lock is marked" "$(jq -r '.locks[] | select(.name == "Stock.narrow") | "\(.verdict) \(.known)"' report.json)" "needless baseline"
"$awaitness" run --baseline base.json -- "$python" stock.py 5 >text 2>err
like "the report for people says so" "$(<text)" $'None that is new.\nKnown: 3 in the baseline, 0 waived in the source.'
like "... of the lock, too" "$(<text)" $'needless         Stock.narrow [^\n]*\n *known   in the baseline'

sed -i '1i # a line that moves all others' stock.py
check "also after lines moved" run --fail-on any --baseline base.json
jq '.findings |= map(select(.object != "Till.sum"))' base.json >less.json
check_status 1 "what is new is found" run --fail-on any --baseline less.json
is "and only that" "$(told)" "lost-update Till.sum; 2; 0"

"$awaitness" lint --write-baseline lint.json stock.py
check "what lint has written down, run knows" run --fail-on lost-update --baseline lint.json
check "what run has written down, lint knows" "$awaitness" lint --rules AW007 --baseline base.json stock.py

sed -i 's/self.sum = sum + 1/&  # awaitness: ignore[AW007] one till/; s/^\( *\)size = self.size/\1# awaitness: ignore[lost-update]\n&/' stock.py
check_status 1 "what is waived does not count, what is not does" run --fail-on any
is "both are counted" "$(told)" "; 0; 2"
check "nothing else is left" run --fail-on findings
sed -i 's/self.narrow = asyncio.Lock()/&  # awaitness: atomic-by-intent/' stock.py
check "a lock that is there on purpose" run --fail-on any
sed -i 's/AW007\]/AW001]/' stock.py
check_status 1 "a waiver of another rule waives nothing" run --fail-on lost-update
is "... of these two" "$(told)" "lost-update Till.sum; 0; 1"

check "a trace is recorded" "$awaitness" record -o trace -- "$python" stock.py 5
rm stock.py
check_status 1 "a report of it has what the source said then" "$awaitness" report --format json -o report.json --fail-on any trace
is "the same" "$(told)" "lost-update Till.sum; 0; 1"
check "and takes a baseline" "$awaitness" report --format json -o report.json --fail-on any --baseline base.json trace
is "a waiver comes before a baseline" "$(told)" "; 1; 1"

check_status 3 "a baseline that is not there" "$awaitness" run --baseline nowhere -- touch ran
one_line "one line says so"
is "and the program was not run" "$(ls ran 2>/dev/null)" ""
echo '{' >broken.json
check_status 3 "a baseline that is none" "$awaitness" report --baseline broken.json trace
check_status 3 "a baseline that cannot be written" "$awaitness" report --write-baseline /nowhere/base.json trace
