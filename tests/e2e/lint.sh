# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# awaitness lint: exit status, every format, baseline, waivers, changes, configuration.
source "$(dirname "$0")/check.bash"
golden=$top/tests/golden/python
export XDG_CACHE_HOME=$work/cache
lint() { "$awaitness" lint "$@"; }

mkdir src && cp "$golden/update_wrong.py" src/app.py
check_status 1 "a finding makes the status 1" "$awaitness" lint src
like "text: place, rule, message" "$(head -1 out)" '^src/app.py:11:15: AW007 `Account.balance` is computed'
like "text: the source line and a caret" "$(<out)" $'old = self.balance\n      \|               \^{12}'
like "text: all three places" "$(<out)" 'suspends src/app.py:12.*write src/app.py:13'
is "no colour in a file" "$(grep -c $'\033' out)" 0
lint --color always src >coloured
is "colour when asked for" "$(grep -c $'\033' coloured | awk '{print ($1 > 0)}')" 1
is "text without colour is text with colour, less the colour" "$(sed 's/\x1b\[[0-9]*m//g' coloured)" "$(<out)"
check "no finding: status 0" "$awaitness" lint "$golden/update_right.py"
check_status 2 "an unknown rule is a wrong command line" "$awaitness" lint --rules AW999 src
check_status 3 "a folder that is not there" "$awaitness" lint nowhere
one_line "and one line says so"
(cd src && for _ in {1..65}; do mkdir deep && cd deep || exit; done)
check_status 3 "a folder that is too deep to be read is not left out in silence" "$awaitness" lint src
one_line "... one line"
like "... names it" "$(<err)" 'deep/deep: more than 64 folders deep'
check_status 1 "... and --exclude leaves it out" "$awaitness" lint --exclude src/deep src
rm -r src/deep
check "only other rules: nothing" "$awaitness" lint --rules needless-lock,AW002 src

lint -f json src >report.json
is "json: schema" "$(jq -r .schema report.json)" awaitness-lint/1
is "json: roles" "$(jq -c '[.findings[0].places[].role]' report.json)" '["read","suspends","write"]'
lint -f github src >github
like "github: one workflow command a finding" "$(<github)" '^::error file=src/app.py,line=11,col=15,endColumn=27,title=AW007 lost-update::'
is "github: one line" "$(wc -l <github)" 1
lint -f gitlab src >gitlab.json
is "gitlab: what its documentation requires" \
	"$(jq -c '.[0] | [(.description|type), (.check_name|type), (.fingerprint|type), .severity, .location.path, .location.lines.begin]' gitlab.json)" \
	'["string","string","string","major","src/app.py",11]'
lint -f junit src >junit.xml
check "junit: well-formed, one failure" python3 -c '
import sys, xml.etree.ElementTree as e
root = e.parse("junit.xml").getroot()
assert root.tag == "testsuites" and root[0].get("failures") == "1" and root[0][0][0].tag == "failure"'
lint -f sarif src >lint.sarif
check "sarif: valid against its schema" node "$top/tests/e2e/sarif_check.js" "$top" lint.sarif
jq '.runs[0].results[0].locations[0].physicalLocation.region.startLine = "x"' lint.sarif >bad.sarif
check_status 1 "and the check is one" node "$top/tests/e2e/sarif_check.js" "$top" bad.sarif
is "sarif: rule, place" "$(jq -c '.runs[0].results[0] | [.ruleId, .locations[0].physicalLocation.artifactLocation.uri, .locations[0].physicalLocation.region.startLine, (.relatedLocations|length)]' lint.sarif)" '["AW007","src/app.py",11,2]'

check "a baseline is written" "$awaitness" lint --write-baseline base.json src
check "what is in it is known" "$awaitness" lint --baseline base.json src
{ printf '# a line\n\n'; cat src/app.py; } >moved && mv moved src/app.py
check "also after lines moved" "$awaitness" lint --baseline base.json src
mv src/app.py src/renamed.py
check "also after the file was renamed" "$awaitness" lint --baseline base.json src
cp "$golden/leak_wrong.py" src/leak.py
check_status 1 "what is new is told" "$awaitness" lint --baseline base.json src
is "and only that" "$(grep -c ': AW' out)" 1
echo '{' >broken.json
check_status 3 "a baseline that is none" "$awaitness" lint --baseline broken.json src

sed -i 's/\(self.balance = old.*\)/\1  # awaitness: ignore[lost-update] one writer/' src/renamed.py
lint src >out
is "a waiver waives" "$(grep -c ': AW' out)" 1
sed -i 's/ignore\[lost-update\]/ignore[AW001]/' src/renamed.py
lint src >out
like "a waiver of another rule does not, and is told to be unused" "$(<out)" 'AW901 unused waiver'

git -c init.defaultBranch=main init -q . && git add src
git -c user.name=x -c user.email=x@example.org commit -qm one
check "--diff: nothing changed, nothing told" "$awaitness" lint --diff HEAD src
sed -i 's/asyncio.sleep(1)/asyncio.sleep(2)/' src/leak.py
check_status 1 "--diff: a line of a finding changed" "$awaitness" lint --diff HEAD src
is "and only that finding is told" "$(grep ': AW' out | grep -vc leak.py)" 0
check_status 3 "--diff: no such revision" "$awaitness" lint --diff nonsense src

printf '[tool.awaitness]\npaths = ["src"]\nrules = ["AW004"]\nexclude = ["renamed"]\n' >pyproject.toml
lint >out
is "pyproject.toml: paths, rules, exclude" "$(grep -c ': AW' out):$(grep -c AW004 out)" 1:1
printf '[tool.awaitness]\nnonsense = 1\n' >pyproject.toml
check_status 3 "an unknown key is told" "$awaitness" lint src
like "with its line" "$(<err)" 'pyproject.toml:2'
printf '[tool.other]\nx = 1\n' >pyproject.toml

printf 'x = 1\n' >src/other.py
check "--exclude: on the command line" "$awaitness" lint --exclude renamed,leak src
check_status 1 "an empty part excludes nothing" "$awaitness" lint --exclude ,, src

lint -f json src >cold.json
lint -f json src >warm.json
is "a warm cache changes nothing" "$(cmp cold.json warm.json && echo same)" same
is "the cache was used" "$(find cache -name '*.tree' | wc -l | awk '{print ($1 > 1)}')" 1
for f in cache/awaitness/*.tree; do head -c 200 "$f" >cut && mv cut "$f"; done
lint -f json src >damaged.json
is "a damaged cache changes nothing" "$(cmp cold.json damaged.json && echo same)" same

sleep 3 # a file that was just written is not taken as unchanged
lint -f json src >kept.json
is "what was found is kept" "$(find cache -name '*.found' -newer src/other.py | wc -l | awk '{print ($1 > 0)}')" 1
lint -f json src >again.json
is "and told again" "$(cmp cold.json kept.json && cmp kept.json again.json && echo same)" same
for f in cache/awaitness/*.found; do head -c 100 "$f" >cut && mv cut "$f"; done
lint -f json src >again.json
is "damaged, it is made again" "$(cmp kept.json again.json && echo same)" same
sed -i 's/sleep(2)/sleep(3)/' src/leak.py
sed -i '1i # moved' src/leak.py
is "after a change it is not told" "$(lint -f json src | jq -c '[.findings[] | select(.rule == "AW004") | .places[0].line]')" \
	"$(jq -c '[.findings[] | select(.rule == "AW004") | .places[0].line + 1]' kept.json)"

mkdir tongues && printf 'import asyncio\n\n\nclass Konto:\n    async def zähle(self):\n        ziel = "😀"; alt = self.größe\n        await asyncio.sleep(1)\n        self.größe = alt + 1\n' >tongues/k.py
# in characters the read is at 27, in UTF-16 at 28, in UTF-8 at 30 (from 1)
is "sarif: columns in UTF-16" "$(lint -f sarif tongues | jq -c '.runs[0] | [.columnKind, .results[0].locations[0].physicalLocation.region.startColumn]')" \
	'["utf16CodeUnits",28]'
like "github: in characters" "$(lint -f github tongues)" ',col=27,endColumn=37,'
is "json: in bytes" "$(lint -f json tongues | jq '.findings[0].places[0].column')" 30
lint -f junit tongues >junit.xml
check "junit: names that are not ASCII" python3 -c '
import xml.etree.ElementTree as e
assert e.parse("junit.xml").getroot()[0][0].get("name").endswith("Konto.größe")'
lint tongues >out
is "text: the caret is under the read" "$(sed -n 's/^\(.*\)self.größe$/\1/p' out | head -1 | wc -m)" \
	"$(($(sed -n '/\^/{s/\^.*//p;q}' out | wc -m) - 1))"

cp -r tongues twice && sed 's/Konto/Konto/' tongues/k.py >twice/l.py
is "gitlab: fingerprints are unique" "$(lint -f gitlab twice | jq -r '.[].fingerprint' | sort | uniq -d | wc -l)" 0

# on a terminal of 80 columns
on_terminal() { script -qec "stty cols 80; ${1-} '$awaitness' lint src" /dev/null | tr -d '\r'; }
if command -v script >/dev/null; then
	on_terminal >tty
	is "terminal: in colour" "$(grep -c $'\033' tty | awk '{print ($1 > 0)}')" 1
	is "terminal: no line is wider than 80" "$(sed 's/\x1b\[[0-9]*m//g' tty | awk 'length > 80' | wc -l)" 0
	on_terminal NO_COLOR=1 >plain
	is "NO_COLOR: none, else the same" "$(cat plain)" "$(sed 's/\x1b\[[0-9]*m//g' tty)"
else
	skip "no script(1): not shown on a terminal"
fi

python3 - <<'PY'
open("deep.py", "w").write("async def f():\n    x = " + "(" * 10000 + "1" + ")" * 10000 + "\n")
open("long.py", "w").write("import asyncio\n" + "async def f(self):\n    await asyncio.sleep(1)\n" * 50000)
PY
check "10,000 levels of nesting end with a note" timeout 60 "$awaitness" lint --cache none deep.py
like "it names the file" "$(<out)" 'note: deep.py'
check "a file of 100,000 lines" timeout 60 "$awaitness" lint --cache none long.py
# What the model holds of asyncio and contextlib, driven by each interpreter there is.
for python in /usr/bin/python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3; do
	"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || continue
	check "the table agrees with Python $("$python" -c 'import platform; print(platform.python_version())')" \
		"$python" "$top/scripts/check-known"
done
check "explain prints a page" "$awaitness" explain lost-update
like "that page" "$(<out)" '^# AW007'
