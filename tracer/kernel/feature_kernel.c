// SPDX-License-Identifier: BSD-2-Clause
/*
 * feature_kernel.c - what the kernel has besides BPF: by its BTF and its file systems.
 */
#include "feature_probe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nop5.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

bool feature_probe_btf(const struct probe_context *context, char *detail)
{
	if (context->btf)
		return feature_told(detail, true, "/sys/kernel/btf/vmlinux");
	return feature_told(detail, false, "/sys/kernel/btf/vmlinux: %s",
	                    strerror(-context->btf_error));
}

bool feature_probe_uprobe(const struct probe_context *context, char *detail)
{
	char line[32];

	(void)context;
	if (!feature_line("/sys/bus/event_source/devices/uprobe/type", line, sizeof(line)))
		return feature_told(detail, false,
		                    "/sys/bus/event_source/devices/uprobe is missing");
	return feature_told(detail, true, "perf event type %.16s", line);
}

bool feature_probe_semaphore(const struct probe_context *context, char *detail)
{
	char line[32];

	(void)context;
	if (!feature_line("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", line,
	                  sizeof(line)))
		return feature_told(detail, false, "the uprobe event has no ref_ctr_offset");
	return feature_told(detail, true, "ref_ctr_offset: %.20s", line);
}

bool feature_probe_nop5(const struct probe_context *context, char *detail)
{
	int error;

	(void)context;
	switch (nop5_measure(&error)) {
	case NOP5_TRAPS:
		return feature_told(detail, true,
		                    "a uprobe on a 5-byte nop is a trap, as any other");
	case NOP5_CALLS:
		return feature_told(detail, false,
		                    "a uprobe on a 5-byte nop becomes a call; no harm was seen");
	case NOP5_HARMS:
		return feature_told(detail, false,
		                    "tried on a child of awaitness: a uprobe on a 5-byte nop "
		                    "overwrites locals or kills");
	case NOP5_UNKNOWN:
		break;
	}
	return feature_told(detail, false,
	                    "cannot be tried (%s), but the kernel can rewrite uprobes",
	                    strerror(-error));
}

static bool tracepoint_has(const struct probe_context *context, char *detail, const char *name,
                           int arguments)
{
	int count;

	if (!context->btf)
		return feature_told(detail, false, "not known without BTF");
	count = kernel_btf_tracepoint(context->btf, name);
	if (count < 0)
		return feature_told(detail, false, "no tracepoint %s", name);
	return feature_told(detail, count >= arguments, "tracepoint %s has %d argument%s", name,
	                    count, count == 1 ? "" : "s");
}

/* The change that moved the event before the memory goes also gave it group_dead. */
bool feature_probe_exit_order(const struct probe_context *context, char *detail)
{
	return tracepoint_has(context, detail, "sched_process_exit", 2);
}

bool feature_probe_sched_switch(const struct probe_context *context, char *detail)
{
	return tracepoint_has(context, detail, "sched_switch", 3);
}

bool feature_probe_prepare_exec(const struct probe_context *context, char *detail)
{
	return tracepoint_has(context, detail, "sched_prepare_exec", 2);
}

bool feature_probe_signal_deliver(const struct probe_context *context, char *detail)
{
	return tracepoint_has(context, detail, "signal_deliver", 3);
}

bool feature_probe_syscall_events(const struct probe_context *context, char *detail)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/events/syscalls/sys_enter_exit_group/id",
		         roots[i]);
		if (!access(path, R_OK))
			return feature_told(detail, true, "%s", roots[i]);
	}
	return feature_told(detail, false,
	                    "tracefs is not mounted, not readable, or has no such events");
}
