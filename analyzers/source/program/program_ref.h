/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_ref.h - what an expression denotes.
 */
#ifndef ANALYZERS_PROGRAM_REF_H
#define ANALYZERS_PROGRAM_REF_H

#include <stdbool.h>
#include <stdint.h>

struct program;

enum program_ref_kind {
	REF_UNKNOWN,
	REF_NONE,            /* None */
	REF_MODULE,          /* id: a file */
	REF_EXTERN,          /* id: dotted name of something outside of the program */
	REF_CLASS,           /* id */
	REF_FUNC,            /* id; other: the class it is looked up on, for a method */
	REF_SUPER,           /* id: the class whose bases are meant; other: the instance's class */
	REF_INSTANCE,        /* id: a class */
	REF_EXTERN_INSTANCE, /* id: dotted name of the class; other: the node of the call, if any */
	REF_CORO,            /* id: the async function called; other: as in REF_FUNC */
	REF_EXTERN_RESULT,   /* id: dotted name of the function called */
	REF_CONTAINER        /* of REF_EXTERN_INSTANCE: id */
};

struct program_ref {
	uint8_t kind;
	uint32_t id;
	uint32_t other;
};

#define PROGRAM_REF_DEPTH   24 /* of resolving, each of the program's texts leading to the next */
#define PROGRAM_REF_UNKNOWN ((struct program_ref){REF_UNKNOWN, 0, 0})

/** Of two values that something may have: the one, if they agree. `first`: nothing was merged yet.
 */
struct program_ref program_ref_merge(struct program_ref a, struct program_ref b, bool first);

/** What a binding gives, looked up in `scope`; all of a name must agree. */
struct program_ref program_resolve_binding(struct program *p, uint32_t id, uint32_t scope);
struct program_ref program_resolve_bindings(struct program *p, uint32_t head, uint32_t scope);
struct program_ref program_resolve_star(struct program *p, uint32_t file, uint32_t name);

/** An object of a class; `node`: the call that makes it, or 0. */
struct program_ref program_instance_of(struct program *p, struct program_ref class, uint32_t node);

/** What a function returns, by its annotation. */
struct program_ref program_returned(struct program *p, uint32_t func);

struct program_ref program_resolve(struct program *p, uint32_t scope, uint32_t node);
struct program_ref program_resolve_name(struct program *p, uint32_t scope, uint32_t name);
/** The scope in which a name is bound; 0: none. */
uint32_t program_name_scope(struct program *p, uint32_t scope, uint32_t name);

#endif
