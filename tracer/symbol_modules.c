/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbol_modules.c - maps and files to libdw modules.
 */
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol_modules.h"
#include "target_maps.h"

int symbol_modules_init(struct symbol_modules *modules, uint32_t pid)
{
	static const char usual[] = ":.debug:/usr/lib/debug";
	char path[96];

	*modules = (struct symbol_modules){0};
	if (pid)
		snprintf(path, sizeof(path), "%s:/proc/%u/root/usr/lib/debug", usual, pid);
	modules->debug_path = strdup(pid ? path : usual);
	if (!modules->debug_path)
		return -ENOMEM;
	modules->callbacks = (Dwfl_Callbacks){.find_elf = dwfl_build_id_find_elf,
	                                      .find_debuginfo = dwfl_standard_find_debuginfo,
	                                      .section_address = dwfl_offline_section_address,
	                                      .debuginfo_path = &modules->debug_path};
	modules->dwfl = dwfl_begin(&modules->callbacks);
	if (modules->dwfl)
		return 0;
	free(modules->debug_path);
	return -ENOMEM;
}

void symbol_modules_fini(struct symbol_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		free(modules->modules[i].path);
		free(modules->modules[i].build_id);
		if (modules->modules[i].file >= 0)
			close(modules->modules[i].file);
	}
	free(modules->modules);
	if (modules->dwfl)
		dwfl_end(modules->dwfl);
	free(modules->debug_path);
}

/* A new row, or NULL: no memory, or too many (which is no reason to stop). */
static struct symbol_module *add(struct symbol_modules *modules, const char *path)
{
	struct symbol_module *rows;

	if (modules->count == SYMBOL_MODULES_MAX)
		return NULL;
	rows = reallocarray(modules->modules, modules->count + 1, sizeof(*rows));
	if (!rows)
		return NULL;
	modules->modules = rows;
	rows += modules->count;
	*rows = (struct symbol_module){.file = -1, .path = strdup(path)};
	if (!rows->path)
		return NULL;
	modules->count++;
	return rows;
}

struct reading {
	struct symbol_modules *modules;
	uint32_t pid;
};

/* Opens the file of a mapping: the mapping itself where that is permitted (right even when the file
 * was deleted or replaced), else by its name in the process's own tree. */
static int open_mapped(uint32_t pid, const struct target_map *map)
{
	char path[64 + 4096];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, map->start,
	         map->end);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 || map->deleted)
		return fd;
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, map->path);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static int take_map(void *context, const struct target_map *map)
{
	struct reading *reading = context;
	struct symbol_module *module = NULL;
	uint64_t start = map->start - map->offset;

	/* Segments of a file lie one after the other. */
	for (size_t i = reading->modules->count; i-- > 0 && !module;)
		if (reading->modules->modules[i].inode == map->inode &&
		    !strcmp(reading->modules->modules[i].path, map->path) &&
		    map->start >= reading->modules->modules[i].start)
			module = &reading->modules->modules[i];
	if (!module) {
		module = add(reading->modules, map->path);
		if (!module)
			return reading->modules->count == SYMBOL_MODULES_MAX ? 0 : -ENOMEM;
		module->start = start;
		module->inode = map->inode;
	}
	if (map->end > module->end)
		module->end = map->end;
	module->executable = module->executable || map->executable;
	if (module->executable && module->file < 0 && !module->reported)
		module->file = open_mapped(reading->pid, map);
	return 0;
}

int symbol_modules_read(struct symbol_modules *modules, uint32_t pid)
{
	struct reading reading = {modules, pid};

	return target_maps_read((pid_t)pid, take_map, &reading);
}

int symbol_modules_add(struct symbol_modules *modules, uint64_t start, uint64_t end,
                       const char *path, const char *build_id)
{
	struct symbol_module *module;

	for (size_t i = 0; i < modules->count; i++)
		if (modules->modules[i].start == start)
			return 0;
	module = add(modules, path);
	if (!module)
		return modules->count == SYMBOL_MODULES_MAX ? 0 : -ENOMEM;
	module->start = start;
	module->end = end;
	module->executable = true;
	module->build_id = build_id ? strdup(build_id) : NULL;
	if (build_id && path[0] == '/') /* without a build id it could be any file */
		module->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return 0;
}

static void hex(char *out, const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
	out[2 * count] = '\0';
}

/* Reads the build id, and what to take off the start to have libdw's base. False: no ELF file that
 * we can use, or not the one that was recorded. */
static bool inspect(struct symbol_module *module, uint64_t *base)
{
	Elf *elf = elf_begin(module->file, ELF_C_READ_MMAP, NULL);
	const void *bytes;
	char id[2 * 64 + 1];
	size_t headers = 0;
	ssize_t length;
	bool ours;

	if (!elf || elf_getphdrnum(elf, &headers) < 0) {
		elf_end(elf);
		return false;
	}
	*base = module->start;
	for (size_t i = 0; i < headers; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD &&
		    header.p_offset < 4096)
			*base = module->start - (header.p_vaddr - header.p_offset);
	}
	length = dwelf_elf_gnu_build_id(elf, &bytes);
	if (length <= 0 || length > 64)
		length = 0;
	hex(id, bytes, (size_t)length);
	ours = !module->build_id || !strcmp(module->build_id, id);
	if (!module->build_id && length)
		module->build_id = strdup(id);
	elf_end(elf);
	return ours;
}

/* By its name if that is the same file on this side (then the debug link beside it, and the same
 * path below /usr/lib/debug, are found); else by the descriptor. */
static const char *name_for_libdw(const struct symbol_module *module, char *room, size_t size)
{
	struct stat opened, named;

	if (fstat(module->file, &opened) == 0 && stat(module->path, &named) == 0 &&
	    opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
		return module->path;
	snprintf(room, size, "/proc/self/fd/%d", module->file);
	return room;
}

static void report(struct symbol_modules *modules, struct symbol_module *module)
{
	char room[64];
	uint64_t base;
	int fd;

	module->reported = true;
	if (module->file < 0 || !inspect(module, &base))
		return;
	fd = dup(module->file);
	if (fd < 0)
		return;
	dwfl_report_begin_add(modules->dwfl);
	module->dwfl = dwfl_report_elf(modules->dwfl, module->path,
	                               name_for_libdw(module, room, sizeof(room)), fd, base, true);
	if (!module->dwfl)
		close(fd);
	dwfl_report_end(modules->dwfl, NULL, NULL);
}

struct symbol_module *symbol_modules_find(struct symbol_modules *modules, uint64_t address)
{
	for (size_t i = modules->count; i-- > 0;) {
		struct symbol_module *module = &modules->modules[i];

		if (!module->executable || address < module->start || address >= module->end)
			continue;
		if (!module->reported)
			report(modules, module);
		return module;
	}
	return NULL;
}
