# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The same program with each kernel feature switched off (AWAITNESS_DISABLE): the report has the same
# counts. So what older kernels lack is tested on newer ones.
source "$(dirname "$0")/check.bash"
need_bpf

# truth OUT: the program's own counts, in the words of `counts`
truth() {
	jq -r 'select(.truth == "lock") | "\(.name) \(.sections) \(.suspended) \(.waited) \(.tasks)"' "$1" | sort
}
counts() {
	jq -r '.locks[] | "\(.name) \(.sections) \(.suspended) \(.waited) \(.tasks)"' "$1" | sort
}

# The last two are what Debian 12's kernel has, and no BPF at all.
for off in none dynptr exit_order prepare_exec signal_deliver syscall_events \
	dynptr,exit_order,prepare_exec bpf; do
	check "without $off" env AWAITNESS_DISABLE=$off "$awaitness" run --format json -o report.json -- "$programs/fanout"
	is "without $off: counts" "$(counts report.json)" "$(truth out)"
	is "without $off: nothing lost" "$(jq .period.lost report.json)" 0
	is "without $off: transport" "$(jq -r .target.transport report.json)" "$([ $off = bpf ] && echo file || echo ebpf)"
done

is "doctor tells what is switched off" \
	"$(AWAITNESS_DISABLE=dynptr,bpf "$awaitness" doctor --format json | jq -r '[.features[] | select(.state == "off") | .name] | join(" ")')" \
	"$("$awaitness" doctor --format json | jq -r '[.features[] | select(.state == "ok" and (.name == "dynptr" or .name == "bpf")) | .name] | join(" ")')"
