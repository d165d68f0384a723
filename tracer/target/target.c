// SPDX-License-Identifier: BSD-2-Clause
/*
 * target.c - what /proc/PID and the mapped files say about a process.
 */
#include "target.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_module.h"
#include "event/event_buffer.h"
#include "target_maps.h"

#define MODULES_MAX 4096u
#define COMMAND_MAX 4096u

/* While the maps are read: the module that may go on in the next line. */
struct survey {
	struct target *target;
	uint64_t inode;  /* of the last module */
	uint64_t offset; /* of its first mapping */
	bool executable; /* one of its mappings is */
	uint64_t exe_inode;
};

static void module_fini(struct target_module *module)
{
	free(module->path);
	free(module->open_path);
}

/* True if `path` leads to the file with this inode. (Device numbers in maps and in stat differ on
 * btrfs and overlayfs.) */
static bool path_leads_to(const char *path, uint64_t inode)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && st.st_ino == inode;
}

/* Where we can open a mapped file: by its name in the target's root, as the program's own file, or
 * by the mapping. Returns NULL if memory is short. */
static char *open_path_find(const struct survey *survey, const struct target_map *map)
{
	int pid = survey->target->pid;
	char *path;

	if (asprintf(&path, "/proc/%d/root%s", pid, map->path) < 0)
		return NULL;
	if (!map->deleted && path_leads_to(path, map->inode))
		return path;
	free(path);
	if (map->inode == survey->exe_inode)
		return asprintf(&path, "/proc/%d/exe", pid) < 0 ? NULL : path;
	if (asprintf(&path, "/proc/%d/map_files/%jx-%jx", pid, (uintmax_t)map->start,
	             (uintmax_t)map->end) < 0)
		return NULL;
	return path;
}

/* The last module is complete: keep it if code of it is mapped, and look into its file. */
static void module_finish(struct survey *survey)
{
	struct target *target = survey->target;
	struct target_module *module;
	struct elf_module elf;

	if (!survey->inode)
		return;
	survey->inode = 0;
	module = &target->modules[target->module_count - 1];
	if (!survey->executable) {
		module_fini(module);
		target->module_count--;
		return;
	}
	module->bias = module->start - survey->offset;
	if (elf_module_read(module->open_path, &elf))
		return;
	module->bias = elf_module_bias(&elf, module->start, survey->offset);
	module->kinds = elf.kinds;
	module->runtimes = (elf.log ? TARGET_LOG : 0) | (elf.kinds ? TARGET_PROBES : 0) |
	                   (elf.cpython ? TARGET_CPYTHON : 0) | (elf.root ? TARGET_ROOT : 0);
	module->root = elf.root ? elf.root + module->bias : 0;
	memcpy(module->build_id, elf.build_id, sizeof(module->build_id));
	target->runtimes |= module->runtimes;
}

static int module_begin(struct survey *survey, const struct target_map *map)
{
	struct target *target = survey->target;
	struct target_module *modules, *module;

	if (target->module_count == MODULES_MAX)
		return 0;
	modules = reallocarray(target->modules, target->module_count + 1, sizeof(*modules));
	if (!modules)
		return -ENOMEM;
	target->modules = modules;
	module = &modules[target->module_count];
	*module = (struct target_module){.start = map->start,
	                                 .end = map->end,
	                                 .deleted = map->deleted,
	                                 .path = strdup(map->path),
	                                 .open_path = open_path_find(survey, map)};
	target->module_count++;
	survey->inode = map->inode;
	survey->offset = map->offset;
	survey->executable = map->executable;
	return module->path && module->open_path ? 0 : -ENOMEM;
}

static int map_take(void *context, const struct target_map *map)
{
	struct survey *survey = context;
	struct target *target = survey->target;
	struct target_module *last;

	if (survey->inode == map->inode) {
		last = &target->modules[target->module_count - 1];
		if (!strcmp(last->path, map->path)) {
			last->end = map->end;
			survey->executable |= map->executable;
			return 0;
		}
	}
	module_finish(survey);
	return module_begin(survey, map);
}

static int modules_read(struct target *target)
{
	struct survey survey = {.target = target};
	char path[64];
	struct stat st;
	int code;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)target->pid);
	if (!stat(path, &st))
		survey.exe_inode = st.st_ino;
	code = target_maps_read(target->pid, map_take, &survey);
	if (code)
		return code;
	module_finish(&survey);
	return target->module_count ? 0 : -ESRCH; /* a zombie or a kernel thread maps nothing */
}

/* Reads a whole small file of /proc/PID. Returns its length or a negative errno. */
static ssize_t proc_read(pid_t pid, const char *name, char *text, size_t size)
{
	size_t length = 0;
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (length < size - 1 && (n = read(fd, text + length, size - 1 - length)) > 0)
		length += n;
	close(fd);
	text[length] = 0;
	return length;
}

static int command_read(struct target *target)
{
	char text[COMMAND_MAX];
	ssize_t length = proc_read(target->pid, "cmdline", text, sizeof(text));

	if (length < 0)
		return length;
	while (length > 0 && !text[length - 1])
		length--;
	for (ssize_t i = 0; i < length; i++)
		if (!text[i])
			text[i] = ' ';
	target->command = strndup(text, length);
	return target->command ? 0 : -ENOMEM;
}

/* The word after `field` in /proc/PID/status, its last if there are several; -1: no such field. */
static long status_field(const char *status, const char *field, bool last)
{
	const char *line = strstr(status, field);
	char *end;
	long value;

	if (!line)
		return -1;
	value = strtol(line + strlen(field), &end, 10);
	while (last && *end == '\t' && isdigit((unsigned char)end[1]))
		value = strtol(end, &end, 10);
	return value;
}

static int status_read(struct target *target)
{
	char status[8192];
	ssize_t length = proc_read(target->pid, "status", status, sizeof(status));

	if (length < 0)
		return length;
	if (status_field(status, "\nTgid:", false) != target->pid)
		return -ESRCH; /* a thread's id */
	target->uid = status_field(status, "\nUid:", false);
	target->inner_pid = status_field(status, "\nNSpid:", true);
	if (target->inner_pid <= 0)
		target->inner_pid = target->pid;
	return 0;
}

/* State letter and start time; the name in between may hold blanks and brackets. */
static int stat_read(pid_t pid, char *state, uint64_t *start)
{
	char text[4096];
	ssize_t length = proc_read(pid, "stat", text, sizeof(text));
	unsigned long long ticks;
	const char *after;

	if (length < 0)
		return length;
	after = strrchr(text, ')');
	if (!after || sscanf(after,
	                     ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
	                     "%*s %*s %llu",
	                     state, &ticks) != 2)
		return -EPROTO;
	*start = ticks;
	return 0;
}

/* Is the target's namespace of this kind another than ours? Fills in the target's `st`. */
static bool other_namespace(pid_t pid, const char *kind, struct stat *st)
{
	struct stat own;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	if (stat(path, &own))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	if (stat(path, st)) {
		*st = own;
		return false;
	}
	return st->st_ino != own.st_ino || st->st_dev != own.st_dev;
}

static int target_read(struct target *target)
{
	struct stat st = {0};
	char state;
	int code = stat_read(target->pid, &state, &target->start_time);

	if (!code)
		code = status_read(target);
	if (!code)
		code = command_read(target);
	if (code)
		return code;
	target->other_mount_ns = other_namespace(target->pid, "mnt", &st);
	target->other_pid_ns = other_namespace(target->pid, "pid", &st);
	target->pid_ns_dev = st.st_dev;
	target->pid_ns_inode = st.st_ino;
	return modules_read(target);
}

int target_open(pid_t pid, struct target **out)
{
	struct target *target = calloc(1, sizeof(*target));
	int code;

	*out = NULL;
	if (!target)
		return -ENOMEM;
	target->pid = pid;
	code = pid > 0 ? target_read(target) : -ESRCH;
	if (code) {
		target_close(target);
		return code;
	}
	*out = target;
	return 0;
}

void target_close(struct target *target)
{
	if (!target)
		return;
	for (size_t i = 0; i < target->module_count; i++)
		module_fini(&target->modules[i]);
	free(target->modules);
	free(target->command);
	free(target);
}

bool target_alive(const struct target *target)
{
	uint64_t start;
	char state;

	return !stat_read(target->pid, &state, &start) && start == target->start_time &&
	       state != 'Z' && state != 'X';
}

const struct target_module *target_module_with(const struct target *target, unsigned runtimes)
{
	for (size_t i = 0; i < target->module_count; i++)
		if ((target->modules[i].runtimes & runtimes) == runtimes)
			return &target->modules[i];
	return NULL;
}
