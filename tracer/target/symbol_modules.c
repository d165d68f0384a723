/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbol_modules.c - maps and files to libdw modules.
 *
 * libdw maps what it reads, and a file that is cut short while it is mapped ends
 * the reader with SIGBUS: it is given copies. Files with debug information that
 * lie apart it opens by names, some of which stand in the file: it may do so only
 * for files of root or of our own user.
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

#include "base/plain_file.h"
#include "symbol_modules.h"
#include "target_maps.h"

enum { FILE_MAX = 1 << 30 };

static bool trusted(int file)
{
	struct stat status;

	return !fstat(file, &status) && (!status.st_uid || status.st_uid == geteuid());
}

/* A dwfl_standard_find_debuginfo() that does not look for those of strangers, and gives copies. */
static int find_debuginfo(Dwfl_Module *dwfl, void **user, const char *name, Dwarf_Addr base,
                          const char *file, const char *link, GElf_Word sum, char **found)
{
	int original, copy;

	if (!*user) /* symbol_module.trusted */
		return -1;
	original = dwfl_standard_find_debuginfo(dwfl, user, name, base, file, link, sum, found);
	if (original < 0)
		return original;
	copy = plain_file_copy(original, FILE_MAX);
	close(original);
	return copy < 0 ? -1 : copy;
}

/* The folder of debug information in the tree of a process: as its descriptor, so that nothing else
 * takes its place; -1: there is none, or it is a stranger's. */
static int debug_folder(uint32_t pid)
{
	char path[64];
	int folder;

	snprintf(path, sizeof(path), "/proc/%u/root/usr/lib/debug", pid);
	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0 && !trusted(folder)) {
		close(folder);
		folder = -1;
	}
	return folder;
}

int symbol_modules_init(struct symbol_modules *modules, uint32_t pid)
{
	static const char usual[] = ":.debug:/usr/lib/debug";
	char path[96];

	*modules = (struct symbol_modules){.debug_folder = pid ? debug_folder(pid) : -1};
	if (modules->debug_folder >= 0)
		snprintf(path, sizeof(path), "%s:/proc/self/fd/%d", usual, modules->debug_folder);
	modules->debug_path = strdup(modules->debug_folder >= 0 ? path : usual);
	if (!modules->debug_path) {
		symbol_modules_fini(modules);
		return -ENOMEM;
	}
	modules->callbacks = (Dwfl_Callbacks){.find_elf = dwfl_build_id_find_elf,
	                                      .find_debuginfo = find_debuginfo,
	                                      .section_address = dwfl_offline_section_address,
	                                      .debuginfo_path = &modules->debug_path};
	modules->dwfl = dwfl_begin(&modules->callbacks);
	if (modules->dwfl)
		return 0;
	symbol_modules_fini(modules);
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
	if (modules->debug_folder >= 0)
		close(modules->debug_folder);
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
	fd = plain_file_open(path);
	if (fd >= 0 || map->deleted)
		return fd;
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, map->path);
	return plain_file_open(path);
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
		module->file = plain_file_open(path);
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
static bool inspect(struct symbol_module *module, int copy, uint64_t *base)
{
	Elf *elf = elf_begin(copy, ELF_C_READ_MMAP, NULL);
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
	void **user;
	int fd;

	module->reported = true;
	fd = module->file < 0 ? -1 : plain_file_copy(module->file, FILE_MAX);
	if (fd < 0)
		return;
	if (!inspect(module, fd, &base)) {
		close(fd);
		return;
	}
	dwfl_report_begin_add(modules->dwfl);
	module->dwfl = dwfl_report_elf(modules->dwfl, module->path,
	                               name_for_libdw(module, room, sizeof(room)), fd, base, true);
	if (!module->dwfl)
		close(fd);
	else if (dwfl_module_info(module->dwfl, &user, NULL, NULL, NULL, NULL, NULL, NULL))
		*user = trusted(module->file) ? modules : NULL;
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
