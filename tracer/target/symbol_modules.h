/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbol_modules.h - the mapped files of a process as libdw wants them. Only
 * the symbolizer includes this.
 *
 * Files of a live process are opened when its maps are read, so that they can
 * still be read when the process, and /proc/PID/root with it, is gone.
 */
#ifndef TRACER_SYMBOL_MODULES_H
#define TRACER_SYMBOL_MODULES_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMBOL_MODULES_MAX 1024u

struct symbol_module {
	uint64_t start; /* where the file's first byte is, or would be, mapped */
	uint64_t end;
	uint64_t inode;
	char *path;     /* as the process has it */
	char *build_id; /* hex; NULL: not recorded */
	int file;       /* descriptor, -1: none */
	bool executable;
	bool reported; /* libdw knows it, or can do nothing with it */
	bool used;     /* something was resolved in it */
	bool told;     /* its MODULE record was given */
	Dwfl_Module *dwfl;
};

struct symbol_modules {
	struct symbol_module *modules;
	size_t count;
	Dwfl *dwfl;
	Dwfl_Callbacks callbacks;
	int debug_folder; /* of the process, -1: none */
	char *debug_path; /* where libdw looks for split debug files */
};

int symbol_modules_init(struct symbol_modules *modules, uint32_t pid); /* 0 or -ENOMEM */
void symbol_modules_fini(struct symbol_modules *modules);

/** Reads the maps of a live process and opens the files that are new. 0 or a negative errno. */
int symbol_modules_read(struct symbol_modules *modules, uint32_t pid);

/** Adds a module that was recorded; the file of this machine is used if it has that build id.
 * 0 or -ENOMEM. */
int symbol_modules_add(struct symbol_modules *modules, uint64_t start, uint64_t end,
                       const char *path, const char *build_id);

/** The module an address lies in, known to libdw if that is possible (`dwfl` is NULL if not); NULL:
 * none. */
struct symbol_module *symbol_modules_find(struct symbol_modules *modules, uint64_t address);

#endif
