# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Never harm: a CPython program that checks all it computes prints the same and ends the same, traced at
# each level or not, and whatever becomes of the tracer.
source "$(dirname "$0")/check.bash"
source "$top/tests/harm/canary.bash"
need_bpf
canary_py=$top/tests/harm/canary.py

for python in $HARM_PYTHONS; do
	name=$("$python" -c 'import platform; print("CPython", platform.python_version())')
	said "$name" "$python" "$canary_py" "$HARM_CALLS" "$HARM_CHILDREN"
	for detail in steps locks awaits all; do
		unharmed "$name" "--detail $detail" "$awaitness" run --detail $detail --format json -o report.json -- \
			"$python" "$canary_py" "$HARM_CALLS" "$HARM_CHILDREN"
		check "$name: --detail $detail: steps were seen" jq -e '.period.events > 1000' report.json
	done
	details=(steps locks awaits all)
	come_and_go "$name" "$python" "$canary_py"
done
