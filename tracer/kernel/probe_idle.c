/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_idle.c - see probe_idle.h.
 */
#include "probe_idle.h"

#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target/target_maps.h"

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

static int uprobe_open(pid_t pid, const char *path, uint64_t offset)
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
	attr.config1 = (uintptr_t)path;
	attr.config2 = offset;
	fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int probe_idle_place(pid_t pid, const char *path, uint64_t offset)
{
	int program = program_load(), event;

	if (program < 0)
		return program;
	event = uprobe_open(pid, path, offset);
	if (event >= 0 && (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) ||
	                   ioctl(event, PERF_EVENT_IOC_ENABLE))) {
		int error = -errno;

		close(event);
		event = error;
	}
	close(program); /* the event has it */
	return event;
}

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

int probe_idle_here(pid_t pid, uint64_t address)
{
	struct place place = {.address = address};

	if (target_maps_read(getpid(), place_find, &place) != 1)
		return -ENOENT;
	return probe_idle_place(pid, place.path, place.offset);
}
