/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_func.h - functions.
 */
#ifndef ANALYZERS_PROGRAM_FUNC_H
#define ANALYZERS_PROGRAM_FUNC_H

#include <stdbool.h>
#include <stdint.h>

struct program;

enum program_func_flag {
	FUNC_ASYNC = 1,
	FUNC_GENERATOR = 2,    /* has a yield */
	FUNC_STUB = 4,         /* its body does nothing: made to be overridden */
	FUNC_UNKNOWN_DECO = 8, /* a decorator that may return anything */
	FUNC_CONTEXT = 16,     /* @asynccontextmanager */
	FUNC_STATIC = 32,
	FUNC_CLASSMETHOD = 64,
	FUNC_PROPERTY = 128,
	FUNC_FIXTURE = 256, /* a test framework runs it as a context manager */
	FUNC_HAS_ERROR = 512,
	FUNC_LEGACY = 1024, /* @types.coroutine and the like */
	FUNC_SPAWNS = 2048  /* starts a task, itself or in a sync function it calls */
};

struct program_func {
	uint32_t file, node, name, qualname;
	uint32_t scope;  /* its own */
	uint32_t class;  /* whose method it is */
	uint32_t self;   /* the name of its first parameter, if a method's */
	uint32_t parent; /* the function it is defined in */
	uint32_t flags;  /* enum program_func_flag */
	uint32_t line;   /* co_firstlineno: the first decorator's, if any */
	uint32_t sites, site_count;
	uint32_t calls, call_count;
	bool suspends;
	/* calling context (model_context.c) */
	uint8_t roots;        /* enum program_root */
	uint32_t entry_locks; /* a lock set: held by every caller */
};

enum program_root {
	ROOT_PUBLIC = 1, /* anybody may call it, twice at a time */
	ROOT_TASK = 2,   /* started as a task */
	ROOT_MULTI = 4   /* started as a task more than once */
};

/** Flags of functions by their decorators; before anything asks what a call gives. */
void program_decorators_link(struct program *p);

#endif
