# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The CI recipes of docs/lint.md: their commands are taken out of the page and run, once on a
# program with a finding and once on one without.
source "$(dirname "$0")/check.bash"
page=$top/docs/lint.md
export XDG_CACHE_HOME=$work/cache
mkdir bin && ln -s "$awaitness" bin/awaitness && export PATH=$work/bin:$PATH

mkdir -p bad/src good/src
cp "$top/tests/golden/python/update_wrong.py" bad/src/app.py
cp "$top/tests/golden/python/update_right.py" good/src/app.py
for tree in bad good; do
	(cd $tree && git -c init.defaultBranch=main init -q . && git add src &&
		git -c user.name=x -c user.email=x@example.org commit -qm one && git branch -q origin/main)
done

# recipe FILE-OF-A-BLOCK: the commands of `run:` and `script:`, one a line
recipe() { sed -nE '/^```yaml/,/^```$/s/^ *-? *(run|script): (.*)$/\2/p' "$page"; }
recipe >commands
is "there are recipes" "$(awk 'END {print (NR >= 5)}' commands)" 1
while read -r line; do
	# as the runners do: bash -e, the exit status of the last command
	(cd good && bash -eo pipefail -c "$line" >out 2>err)
	is "no finding, status 0: $line" $? 0
	(cd bad && bash -eo pipefail -c "$line" >out 2>err)
	got=$?
	case $line in
	*'|| ['* | *--write-baseline* | *--baseline* | *--diff*) wanted=0 ;; # the step goes on: another reads the file
	*) wanted=1 ;;
	esac
	is "a finding, status $wanted: $line" $got $wanted
done <commands
check "the SARIF file is valid" node "$top/tests/e2e/sarif_check.js" "$top" bad/awaitness.sarif
is "the GitLab report is a list with the finding" "$(jq -r '.[0].check_name' bad/gl-code-quality.json)" AW007
is "and an empty list without one" "$(jq -c . good/gl-code-quality.json)" '[]'

# The workflow command: what GitHub's documentation has as its form.
like "GitHub: ::LEVEL file=...,line=...,col=...,endColumn=...,title=...::MESSAGE" "$(cd bad && awaitness lint -f github src)" \
	'^::(error|warning|notice) file=[^,:]+,line=[0-9]+,col=[0-9]+,endColumn=[0-9]+,title=[^,:]+::[^[:cntrl:]]+$'

# pre-commit: the hook as it is defined in this repository.
hook=$top/.pre-commit-hooks.yaml
is "pre-commit: the keys it wants" "$(sed -nE 's/^[- ] (id|name|entry|language):.*/\1/p' "$hook" | sort | tr '\n' ' ')" \
	"entry id language name "
entry=$(sed -nE 's/^ *entry: (.*)/\1/p' "$hook")
is "pre-commit: its entry, no finding" "$(cd good && $entry >/dev/null; echo $?)" 0
is "pre-commit: its entry, a finding" "$(cd bad && $entry >/dev/null; echo $?)" 1
if command -v pre-commit >/dev/null; then
	(cd bad && cp "$hook" . && git add . && pre-commit try-repo "$top" awaitness --all-files >out 2>&1)
	is "pre-commit runs it" $? 1
	like "... and shows what it found" "$(<bad/out)" 'AW[0-9]{3}'
else
	skip "pre-commit is not installed: its hook was run by hand"
fi
