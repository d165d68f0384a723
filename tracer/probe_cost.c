/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_cost.c - see probe_cost.h. The least of several rounds: what disturbs only adds.
 */
#include "probe_cost.h"

#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "target_maps.h"

enum { ROUNDS = 5, CALLS = 1000 };

void probe_cost_here(void);

/* Begins with the instruction that is probed. */
#if defined(__x86_64__)
__asm__(".text\n.globl probe_cost_here\n.hidden probe_cost_here\n"
        ".type probe_cost_here, @function\n"
        "probe_cost_here: push %rbp\n pop %rbp\n ret\n"
        ".size probe_cost_here, . - probe_cost_here\n");
#else
__attribute__((noinline)) void probe_cost_here(void)
{
	__asm__ volatile("");
}
#endif

struct place {
	uint64_t address, offset;
	char path[PATH_MAX];
};

static int place_find(void *context, const struct target_map *map)
{
	struct place *place = context;

	if (place->address < map->start || place->address >= map->end)
		return 0;
	place->offset = place->address - map->start + map->offset;
	snprintf(place->path, sizeof(place->path), "%s", map->path);
	return 1;
}

static uint64_t calls_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		struct timespec from, to;
		uint64_t ns;

		clock_gettime(CLOCK_MONOTONIC, &from);
		for (int i = 0; i < CALLS; i++)
			probe_cost_here();
		clock_gettime(CLOCK_MONOTONIC, &to);
		ns = (to.tv_sec - from.tv_sec) * 1000000000ull + to.tv_nsec - from.tv_nsec;
		best = ns < best ? ns : best;
	}
	return best;
}

/* The program that does nothing. A file descriptor, or a negative errno. */
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
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

static int uprobe_open(const struct place *place)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int fd;

	if (!file)
		return -errno;
	fd = fscanf(file, "%u", &attr.type) == 1 ? 0 : -EINVAL;
	fclose(file);
	if (fd)
		return fd;
	attr.config1 = (uintptr_t)place->path;
	attr.config2 = place->offset;
	fd = (int)syscall(SYS_perf_event_open, &attr, getpid(), -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int64_t probe_cost_ns(void)
{
	struct place place = {.address = (uintptr_t)probe_cost_here};
	uint64_t without = calls_ns(), with;
	int program, event, error = 0;

	if (target_maps_read(getpid(), place_find, &place) != 1)
		return -ENOENT;
	program = program_load();
	if (program < 0)
		return program;
	event = uprobe_open(&place);
	if (event < 0) {
		close(program);
		return event;
	}
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) || ioctl(event, PERF_EVENT_IOC_ENABLE))
		error = -errno;
	with = calls_ns();
	close(event);
	close(program);
	if (error)
		return error;
	return with > without + CALLS ? (int64_t)((with - without) / CALLS) : 1;
}
