/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_traps.c - the least that one probe a step can cost a Python process: traps, and nothing
 * else. `python_traps PID` places a BPF program that does nothing where awaitness places that of
 * steps, prints a line, and takes it away when it is killed.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpython/cpython_find.h"
#include "target.h"

static int program_load(void)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insns = (uintptr_t)code,
		.insn_cnt = sizeof(code) / sizeof(code[0]),
		.license = (uintptr_t) "Dual BSD/GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static unsigned uprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	unsigned type = 0;

	if (file && fscanf(file, "%u", &type) != 1)
		type = 0;
	if (file)
		fclose(file);
	return type;
}

static void place(int program, pid_t pid, const char *path, uint64_t offset)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = uprobe_type(),
		.config1 = (uintptr_t)path,
		.config2 = offset,
	};
	int event = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (event < 0 || ioctl(event, PERF_EVENT_IOC_SET_BPF, program) ||
	    ioctl(event, PERF_EVENT_IOC_ENABLE, 0)) {
		fprintf(stderr, "python_traps: %s+%#llx: %s\n", path, (unsigned long long)offset,
		        strerror(errno));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? (pid_t)atoi(argv[1]) : 0;
	struct cpython_found found;
	struct fault fault = {0};
	struct target *target;
	int program = program_load();

	if (pid <= 0 || program < 0 || target_open(pid, &target) ||
	    cpython_find(target, &found, &fault)) {
		fprintf(stderr, "usage: python_traps PID (of a Python process; as root) %s\n",
		        fault.message);
		return 2;
	}
	for (size_t i = 0; i < found.step.count; i++)
		place(program, pid, found.step.path, found.step.offsets[i]);
	puts("placed");
	fflush(stdout);
	pause();
	return 0;
}
