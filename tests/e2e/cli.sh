# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The command line itself: help, version, manual pages, exit status of wrong use.
source "$(dirname "$0")/check.bash"

check "--help exits with 0" "$awaitness" --help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
is "--help lists the commands" "$(echo "$commands" | sort | paste -sd' ')" \
	"attach convert doctor dump explain help lint print record report run version"
for c in $commands; do
	check "$c --help exits with 0" "$awaitness" "$c" --help
	like "$c --help has usage and exit status" "$(<out)" "Usage: awaitness $c.*Exit status:"
	is "help $c says the same as $c --help" "$("$awaitness" help "$c")" "$(<out)"
	is "$c --help fits into 80 columns" "$(awk 'length > 80' out)" ""
	"$awaitness" help --man "$c" >"$c.1"
	is "the manual page of $c has no roff warnings" \
		"$(groff -man -ww -z -Tutf8 "$c.1" 2>&1 | head -3)" ""
done
check "--version exits with 0" "$awaitness" --version
like "--version tells the version" "$(<out)" '^awaitness [0-9]+\.[0-9]+\.[0-9]+$'
is "version says the same" "$("$awaitness" version)" "$(<out)"

usage_is_wrong() { # NAME ARGUMENT...
	local name=$1
	shift
	check_status 2 "$name exits with 2" "$awaitness" "$@"
	one_line "$name: one line on stderr"
	is "$name: nothing on stdout" "$(<out)" ""
}
usage_is_wrong "no command"
usage_is_wrong "a command that there is not" nonsense
usage_is_wrong "an option that there is not" attach --nonsense 1
usage_is_wrong "a missing process id" attach
usage_is_wrong "two process ids" attach 1 2
usage_is_wrong "a process id that is none" attach 12x
usage_is_wrong "a duration that is none" attach --duration soon 1
usage_is_wrong "a format that there is not" attach --format xml 1
usage_is_wrong "a --fail-on word that there is not" attach --fail-on lost 1
usage_is_wrong "an analyzer that there is not" report --only nonsense .
usage_is_wrong "run without a program" run --
usage_is_wrong "record without a folder" record 1
usage_is_wrong "record of a process and a program" record -o trace 1 -- true
usage_is_wrong "control characters in an argument" $'a\e[31mb\r\n'

check_status 0 "a reader that goes away is no failure" bash -c '"$awaitness" help | true; exit ${PIPESTATUS[0]}'
is "... and nothing is said about it" "$(<err)" ""
"$awaitness" doctor >/dev/full 2>err
is "a full disk is a failure" "$?" 3
one_line "... told in one line"
