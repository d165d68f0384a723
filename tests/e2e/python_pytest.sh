#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A suite of 50 short tests, some with lost updates, some with locks: the suite itself counts what is true,
# and every finding names the tests it is of, no others.
source "$(dirname "$0")/check.bash"
need_bpf
"$python" -c 'import pytest, pytest_asyncio' 2>/dev/null || { skip "pytest and pytest-asyncio are not installed for $python"; exit 0; }
suite=$top/tests/programs/python/suite
export PYTHONDONTWRITEBYTECODE=1 SUITE_LEDGER=$work/ledger.json
pytest=("$python" -m pytest -q -p no:cacheprovider --rootdir "$suite")

lock() { jq -r --arg name "$1" ".locks[] | select(.name == \$name) | $2" report.json; }
truth() { jq -r --arg name "$1" ".$2[\$name] // 0" ledger.json; }
# What is told of the counter, and the tests it is told of.
lost='.findings[] | select(.rule == "lost-update" and .object == "Stock.size")'

# watched NAME OPTION...: the suite under awaitness says what it counted itself
watched() {
	local name=$1
	shift
	check "$name: the suite passes" "$awaitness" run "$@" --format json --output report.json -- "${pytest[@]}" "$suite"
	like "$name: all of it" "$(<out)" "50 passed"
	is "$name: nothing is lost" "$(jq -c '[.period.lost, .unseen]' report.json)" "[0,[]]"
	is "$name: lost updates" "$(jq "[$lost | .count] | add" report.json)" "$(jq '[.lost[]] | add' ledger.json)"
	is "$name: in the tests that lost them" "$(jq -r "[$lost | .tests[]] | sort | .[]" report.json)" \
		"$(jq -r '.lost | keys[]' ledger.json)"
	is "$name: nothing else is found" "$(jq -r "[.findings[] | select(.severity != \"info\") | .object] | unique | join(\" \")" report.json)" Stock.size
	is "$name: sections of a lock that is needed" "$(lock Till.guard '"\(.sections) \(.suspended)"')" \
		"$(truth Till.guard sections) $(truth Till.guard suspended)"
	is "$name: sections of a lock that guards nothing" "$(lock Log.narrow '"\(.sections) \(.suspended) \(.verdict)"')" \
		"$(truth Log.narrow sections) $(truth Log.narrow suspended) needless"
}

watched "level locks"
watched "level awaits" --detail awaits
check "the report for people" "$awaitness" run --output report.txt -- "${pytest[@]}" "$suite"
like "it names the first tests, and how many more there are" "$(<report.txt)" \
	$'in test     test_case.py::Case::test_stock\n +test_case.py::Other::test_stock\n +test_plain.py::[^\n]*\n +and 12 more tests'
check "a trace has it, too" "$awaitness" record -o trace -- "${pytest[@]}" "$suite"
check "and a report of it" "$awaitness" report --format json --output report.json trace
is "names the same tests" "$(jq -r "[$lost | .tests[]] | sort | .[]" report.json)" "$(jq -r '.lost | keys[]' ledger.json)"

# A suite whose tests import asyncio themselves: the first test has begun when it is there.
cat >test_late.py <<'END'
def test_first():
    import asyncio
    import late
    asyncio.run(late.main())
def test_second():
    pass
END
cat >late.py <<'END'
import asyncio
class Box:
    def __init__(self):
        self.size = 0
    async def add(self):
        size = self.size
        await asyncio.sleep(0.001)
        self.size = size + 1
async def main():
    box = Box()
    await asyncio.gather(box.add(), box.add())
END
check "a suite that loads asyncio in a test" "$awaitness" run --format json --output report.json -- \
	"${pytest[@]}" -p no:asyncio -p no:aiohttp -p no:anyio --rootdir . test_late.py
is "that test is named" "$(jq -r '.findings[] | "\(.rule) \(.tests | join(" "))"' report.json)" "lost-update test_late.py::test_first"
