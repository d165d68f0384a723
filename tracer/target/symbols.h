/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols.h - addresses of a process to function, file and line (libdw).
 *
 * For a live process from /proc/PID (maps, root: containers, deleted files),
 * else from MODULE records: then the files of this machine are used, if their
 * build id is the recorded one. Split debug files (/usr/lib/debug/.build-id,
 * debuglink) are used; where there is nothing at all: module and offset.
 * Files of the target are untrusted input to libdw. Not thread-safe.
 */
#ifndef TRACER_SYMBOLS_H
#define TRACER_SYMBOLS_H

#include <stdint.h>

#include "event/stream.h"

struct symbols;

/** Where an address lies. Pointers stay valid until symbols_close. */
struct symbols_place {
	const char *function; /* NULL: not known */
	const char *file;     /* source file; NULL: not known */
	uint32_t line;        /* 0: not known */
	const char *module;   /* the mapped file; NULL: in none */
	uint64_t offset;      /* in the module: address minus where it is mapped (its load bias) */
};

/** Symbols of a live process; 0 for pid: of no process, from MODULE records alone.
 * -ESRCH, -EACCES, -ENOMEM. Reads the maps now, the files when needed: open it while the process
 * lives. */
int symbols_open(uint32_t pid, struct symbols **out);
void symbols_close(struct symbols *symbols); /* takes NULL */

/** Reads the maps of the live process again: it has loaded a library. 0 or negative errno. */
int symbols_refresh(struct symbols *symbols);

/** Resolves an address of code as it stands (for a return address pass address - 1).
 * 0, or -ENOENT if the address lies in no known module. */
int symbols_resolve(struct symbols *symbols, uint64_t address, struct symbols_place *out);

/**
 * Takes a batch (a stream_fn): remembers the site ids that are used, those that the stream itself
 * defines, and the modules it tells of. Only of the process that was opened (pid 0: of the first
 * one fed).
 */
int symbols_feed(void *symbols, const struct stream_batch *batch);

/**
 * Gives SITE and TEXT records, as stream (pid, 0), for the ids fed that no record defined and that
 * it can resolve (they are return addresses), each once; then MODULE records for the modules these
 * lie in. Call it while the process lives: before detaching. 0, -ENOMEM, or what `fn` returned.
 */
int symbols_define(struct symbols *symbols, uint64_t time, stream_fn fn, void *context);

#endif
