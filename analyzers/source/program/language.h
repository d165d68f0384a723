/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * language.h - what a language says of code outside of the program.
 */
#ifndef ANALYZERS_LANGUAGE_H
#define ANALYZERS_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program;
struct tree;

enum await_verdict { NEVER, CONTENTION, MAY };

enum lock_type {
	LOCK_TYPE_NONE,
	LOCK_LOCK,
	LOCK_SEMAPHORE,
	LOCK_CONDITION,
	LOCK_EVENT,
	LOCK_QUEUE
};
enum lock_flavour {
	FLAVOUR_ASYNCIO = 1,
	FLAVOUR_ANYIO,
	FLAVOUR_TRIO,
	FLAVOUR_THREAD,
	FLAVOUR_OTHER
};

/* python_modules.c: names of modules */
void python_modules_link(struct program *p);
uint32_t python_module_find(struct program *p, uint32_t from, uint32_t dotted); /* file; 0 */

struct program_ref python_annotation(struct program *p, uint32_t scope, uint32_t node);
/* python_known.c: what asyncio, anyio, trio and the like do */
uint32_t python_canonical(struct program *p, uint32_t dotted);
enum await_verdict python_known_await(const char *dotted);
enum await_verdict python_known_enter(const char *dotted);
enum await_verdict python_known_exit(const char *dotted);
bool python_known_class(const char *dotted);
enum lock_type python_known_lock(const char *dotted, enum lock_flavour *flavour);
bool python_known_decorator(const char *dotted, uint32_t *flags);
int python_known_spawn(
	const char *name); /* of an attribute or function; 1: a task, 2: many. 0: no */

struct python_parser;

/** A parser; one per thread. Returns 0 or -ENOMEM, -ENOTSUP (the grammar does not fit the library).
 */
int python_parser_new(struct python_parser **out);
void python_parser_free(struct python_parser *parser); /* takes NULL */

/**
 * Parses `size` bytes of Python and lowers them. Any bytes will do: what is no Python becomes ERROR
 * nodes. Returns 0 or -ENOMEM, -EFBIG.
 */
int python_parse(struct python_parser *parser, const char *text, size_t size, struct tree **out);

#endif
