// SPDX-License-Identifier: BSD-2-Clause
/*
 * feature_need.c - see feature_need.h: the table.
 */
#include "feature_need.h"

#include <linux/bpf.h>

#define HELPER(helper, since_major, since_minor, in)                                               \
	{                                                                                          \
		.kind = FEATURE_NEED_HELPER, .name = "bpf_" #helper, .id = BPF_FUNC_##helper,      \
		.major = (since_major), .minor = (since_minor), .row = FEATURE_##in                \
	}
#define MAP(type, since_major, since_minor, in)                                                    \
	{                                                                                          \
		.kind = FEATURE_NEED_MAP, .name = #type, .id = BPF_MAP_TYPE_##type,                \
		.major = (since_major), .minor = (since_minor), .row = FEATURE_##in                \
	}
#define SECTION(section, type, since_major, since_minor, in)                                       \
	{                                                                                          \
		.kind = FEATURE_NEED_SECTION, .name = (section), .id = BPF_PROG_TYPE_##type,       \
		.major = (since_major), .minor = (since_minor), .row = FEATURE_##in                \
	}

/* Task storage came with 5.11 for security modules, and for programs like ours with 5.13. */
const struct feature_need feature_needs[] = {
	HELPER(map_lookup_elem, 3, 19, HELPERS),
	HELPER(map_update_elem, 3, 19, HELPERS),
	HELPER(map_delete_elem, 3, 19, HELPERS),
	HELPER(ktime_get_ns, 4, 1, HELPERS),
	HELPER(get_smp_processor_id, 4, 1, HELPERS),
	HELPER(get_current_pid_tgid, 4, 2, HELPERS),
	HELPER(get_current_task, 4, 8, HELPERS),
	HELPER(send_signal, 5, 3, HELPERS),
	HELPER(probe_read_user, 5, 5, HELPERS),
	HELPER(probe_read_user_str, 5, 5, HELPERS),
	HELPER(probe_read_kernel, 5, 5, HELPERS),
	HELPER(get_ns_current_pid_tgid, 5, 7, HELPERS),
	HELPER(task_pt_regs, 5, 15, HELPERS),
	MAP(HASH, 3, 19, HELPERS),
	MAP(ARRAY, 3, 19, HELPERS),
	MAP(PERCPU_ARRAY, 4, 6, HELPERS),
	MAP(LRU_HASH, 4, 10, HELPERS),
	{FEATURE_NEED_INSTRUCTION, "atomic operation that gives the value back",
         BPF_STX | BPF_ATOMIC | BPF_DW, 5, 12, FEATURE_HELPERS, false},

	MAP(RINGBUF, 5, 8, RINGBUF),
	HELPER(ringbuf_output, 5, 8, RINGBUF),
	HELPER(ringbuf_reserve, 5, 8, RINGBUF),
	HELPER(ringbuf_submit, 5, 8, RINGBUF),
	HELPER(ringbuf_discard, 5, 8, RINGBUF),
	HELPER(ringbuf_query, 5, 8, RINGBUF),

	HELPER(get_attach_cookie, 5, 15, COOKIE),
	{FEATURE_NEED_EXTERN, "LINUX_HAS_BPF_COOKIE", 0, 5, 15, FEATURE_COOKIE, false},

	SECTION("syscall", SYSCALL, 5, 14, LOOP),
	HELPER(loop, 5, 17, LOOP),

	MAP(TASK_STORAGE, 5, 11, TASK_STORAGE),
	HELPER(get_current_task_btf, 5, 11, TASK_STORAGE),
	HELPER(task_storage_get, 5, 13, TASK_STORAGE),

	{FEATURE_NEED_SECTION, "uprobe.s", BPF_PROG_TYPE_KPROBE, 6, 0, FEATURE_SLEEPABLE, true},
	{FEATURE_NEED_HELPER, "bpf_copy_from_user", BPF_FUNC_copy_from_user, 6, 0,
         FEATURE_SLEEPABLE, true},

	HELPER(ringbuf_reserve_dynptr, 5, 19, DYNPTR),
	HELPER(ringbuf_submit_dynptr, 5, 19, DYNPTR),
	HELPER(ringbuf_discard_dynptr, 5, 19, DYNPTR),
	HELPER(dynptr_write, 5, 19, DYNPTR),
	{FEATURE_NEED_EXTERN, "bpf_probe_read_user_dynptr", 0, 6, 16, FEATURE_DYNPTR, false},

	SECTION("usdt", KPROBE, 4, 17, UPROBE),
	SECTION("uprobe", KPROBE, 4, 17, UPROBE),
	SECTION("raw_tracepoint/sched_switch", RAW_TRACEPOINT, 4, 17, SCHED_SWITCH),
	SECTION("raw_tp/sched_process_exit", RAW_TRACEPOINT, 4, 17, EXIT_ORDER),
	SECTION("raw_tp/sched_prepare_exec", RAW_TRACEPOINT, 6, 10, PREPARE_EXEC),
	SECTION("raw_tp/signal_deliver", RAW_TRACEPOINT, 4, 17, SIGNAL_DELIVER),
	SECTION("tp/syscalls/sys_enter_exit", TRACEPOINT, 4, 7, SYSCALL_EVENTS),
	SECTION("tp/syscalls/sys_enter_exit_group", TRACEPOINT, 4, 7, SYSCALL_EVENTS),
	SECTION("tp/syscalls/sys_enter_execve", TRACEPOINT, 4, 7, SYSCALL_EVENTS),
};

const size_t feature_need_count = sizeof(feature_needs) / sizeof(feature_needs[0]);

const char *feature_need_text(enum feature_need_kind kind)
{
	static const char *const texts[] = {
		[FEATURE_NEED_HELPER] = "helper",
		[FEATURE_NEED_MAP] = "map of type",
		[FEATURE_NEED_SECTION] = "program of kind",
		[FEATURE_NEED_EXTERN] = "function",
		[FEATURE_NEED_INSTRUCTION] = "instruction:",
	};

	return texts[kind];
}
