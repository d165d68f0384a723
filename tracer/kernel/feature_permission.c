// SPDX-License-Identifier: BSD-2-Clause
/*
 * feature_permission.c - what this process may do, and what the kernel is set to forbid.
 */
#include "feature_probe.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability.h"
#include "target/target_maps.h"

/* Where this program's own function lies in its file. */
struct own_code {
	uint64_t address;
	uint64_t offset;
	char path[PATH_MAX];
};

static int own_code_find(void *context, const struct target_map *map)
{
	struct own_code *own = context;

	if (own->address < map->start || own->address >= map->end)
		return 0;
	own->offset = own->address - map->start + map->offset;
	snprintf(own->path, sizeof(own->path), "%s", map->path);
	return 1;
}

/* Opens a uprobe event on a function of this process, which nobody calls meanwhile. Returns 0 or a
 * negative errno. */
static int uprobe_try(void)
{
	struct own_code own = {.address = (uintptr_t)features_missing};
	struct perf_event_attr attr;
	char type[32];
	long fd;

	if (!feature_line("/sys/bus/event_source/devices/uprobe/type", type, sizeof(type)) ||
	    target_maps_read(getpid(), own_code_find, &own) != 1)
		return -ENOENT;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = (uint32_t)strtoul(type, NULL, 10);
	attr.config1 = (uintptr_t)own.path;
	attr.config2 = own.offset;
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

/* Kernels since 6.16, and older ones with that fix, want CAP_SYS_ADMIN for uprobes (commit
 * "perf: Revert to requiring CAP_SYS_ADMIN for uprobes"): so it is tried, not concluded. */
bool feature_probe_perfmon(const struct probe_context *context, char *detail)
{
	int code = uprobe_try();

	(void)context;
	if (!code)
		return feature_told(detail, true, "a uprobe can be opened");
	if ((code == -EACCES || code == -EPERM) && capability_have(CAP_PERFMON))
		return feature_told(detail, false,
		                    "this kernel wants CAP_SYS_ADMIN for uprobes, "
		                    "CAP_PERFMON is not enough");
	return feature_told(detail, false, "opening a uprobe: %s", strerror(-code));
}

bool feature_probe_ptrace(const struct probe_context *context, char *detail)
{
	bool have = capability_have(CAP_SYS_PTRACE);

	(void)context;
	return feature_told(detail, have, "%s", have ? "CAP_SYS_PTRACE" : "no CAP_SYS_PTRACE");
}

bool feature_probe_paranoid(const struct probe_context *context, char *detail)
{
	bool perfmon = capability_have(CAP_PERFMON) || capability_have(CAP_SYS_ADMIN);
	char line[16] = "?";

	(void)context;
	if (!feature_line("/proc/sys/kernel/perf_event_paranoid", line, sizeof(line)))
		return feature_told(detail, false, "the kernel has no perf events");
	return feature_told(detail, perfmon || atoi(line) < 2,
	                    "kernel.perf_event_paranoid = %.8s%s", line,
	                    perfmon ? ", which does not bind this process" : "");
}

bool feature_probe_unprivileged(const struct probe_context *context, char *detail)
{
	bool capable = capability_have(CAP_BPF) || capability_have(CAP_SYS_ADMIN);
	char line[16] = "0";

	(void)context;
	feature_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	return feature_told(detail, capable, "kernel.unprivileged_bpf_disabled = %.8s, %s", line,
	                    capable ? "which does not bind this process" : "and no CAP_BPF");
}

bool feature_probe_lockdown(const struct probe_context *context, char *detail)
{
	char line[64];

	(void)context;
	if (!feature_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		return feature_told(detail, true, "not in use");
	return feature_told(detail, !strstr(line, "[confidentiality]"), "%.60s", line);
}
