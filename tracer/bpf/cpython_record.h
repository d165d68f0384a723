/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_record.h - a code object as it is told when it is first met: copies of what it is made
 * of.
 *
 * A fact names code objects by address, and the object may be gone by the time the fact is read.
 * So a record of this kind comes before the first fact that names it. Each block is a piece of the
 * target's memory; one of size 0 could not be read there and then, or is too large.
 *
 * Includes cpython.h alone.
 */
#ifndef BPF_CPYTHON_RECORD_H
#define BPF_CPYTHON_RECORD_H

#include "cpython.h"

enum cpython_block {
	CPYTHON_BLOCK_CODE,  /* the code object up to its instructions */
	CPYTHON_BLOCK_NAME,  /* the str object of its qualified name */
	CPYTHON_BLOCK_FILE,  /* that of its file's name */
	CPYTHON_BLOCK_LINES, /* the bytes object of its table of lines */
	CPYTHON_BLOCK_BYTES, /* its instructions; 3.10: the bytes object that they are in */
	CPYTHON_BLOCKS
};

/* Bytes there is room for. Most functions have a small record; for a few it takes a large one. */
enum {
	CPYTHON_CODE_ROOM = 224,
	CPYTHON_STR_ROOM = 416,
	CPYTHON_SMALL_LINES = 768,
	CPYTHON_SMALL_BYTES = 1024,
	CPYTHON_LARGE_LINES = 8192,
	CPYTHON_LARGE_BYTES = 16384
};

struct cpython_define {
	struct cpython_fact fact; /* kind CPYTHON_FACT_CODE; task: address of the code object */
	struct {
		uint64_t address; /* in the target */
		uint32_t size;
		uint32_t at; /* bytes from the begin of the record */
	} blocks[CPYTHON_BLOCKS];
	uint8_t code[CPYTHON_CODE_ROOM];
	uint8_t name[CPYTHON_STR_ROOM];
	uint8_t file[CPYTHON_STR_ROOM];
};

struct cpython_define_small {
	struct cpython_define head;
	uint8_t lines[CPYTHON_SMALL_LINES];
	uint8_t bytes[CPYTHON_SMALL_BYTES];
};

struct cpython_define_large {
	struct cpython_define head;
	uint8_t lines[CPYTHON_LARGE_LINES];
	uint8_t bytes[CPYTHON_LARGE_BYTES];
};

#endif
