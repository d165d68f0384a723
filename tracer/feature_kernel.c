// SPDX-License-Identifier: BSD-2-Clause
/*
 * feature_kernel.c - what the kernel has: by trying, or by its BTF.
 */
#include "feature_probe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nop5.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Decides by version, where asking the kernel is not permitted. */
static bool by_version(const struct probe_context *context, char *detail, unsigned major,
                       unsigned minor)
{
	bool present =
		context->major > major || (context->major == major && context->minor >= minor);

	return feature_told(detail, present, "by its version, %u.%u (to ask needs CAP_BPF)",
	                    context->major, context->minor);
}

static long bpf_call(int command, union bpf_attr *attr)
{
	long fd = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

/* Loads a program of two to three instructions. Returns 0 or a negative errno. */
static int program_try(int type, const struct bpf_insn *code, size_t count)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = count;
	attr.license = (uintptr_t) "Dual BSD/GPL";
	fd = bpf_call(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

bool feature_probe_btf(const struct probe_context *context, char *detail)
{
	if (context->btf)
		return feature_told(detail, true, "/sys/kernel/btf/vmlinux");
	return feature_told(detail, false, "/sys/kernel/btf/vmlinux: %s",
	                    strerror(-context->btf_error));
}

static const struct bpf_insn return_zero[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

bool feature_probe_bpf(const struct probe_context *context, char *detail)
{
	int code = program_try(BPF_PROG_TYPE_RAW_TRACEPOINT, return_zero, ARRAY_SIZE(return_zero));

	(void)context;
	return feature_told(detail, !code, "%s", code ? strerror(-code) : "programs can be loaded");
}

bool feature_probe_ringbuf(const struct probe_context *context, char *detail)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_RINGBUF;
	attr.max_entries = getpagesize();
	fd = bpf_call(BPF_MAP_CREATE, &attr);
	if (fd == -EPERM)
		return by_version(context, detail, 5, 8);
	if (fd < 0)
		return feature_told(detail, false, "%s", strerror(-fd));
	close(fd);
	return feature_told(detail, true, "can be made");
}

bool feature_probe_cookie(const struct probe_context *context, char *detail)
{
	const struct bpf_insn code[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int err = program_try(BPF_PROG_TYPE_KPROBE, code, ARRAY_SIZE(code));

	if (err == -EPERM)
		return by_version(context, detail, 5, 15);
	return feature_told(detail, !err, "%s", err ? strerror(-err) : "a program with it loads");
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

bool feature_probe_dynptr(const struct probe_context *context, char *detail)
{
	if (!context->btf)
		return feature_told(detail, false, "not known without BTF");
	if (!kernel_btf_has_function(context->btf, "bpf_probe_read_user_dynptr"))
		return feature_told(detail, false, "no bpf_probe_read_user_dynptr");
	return feature_told(detail, true, "bpf_probe_read_user_dynptr");
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
