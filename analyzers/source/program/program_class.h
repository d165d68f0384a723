/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_class.h - classes: bases, method resolution order, descendants.
 */
#ifndef ANALYZERS_PROGRAM_CLASS_H
#define ANALYZERS_PROGRAM_CLASS_H

#include <stdbool.h>
#include <stdint.h>

struct program;

struct program_class {
	uint32_t file, node, name, qualname;
	uint32_t scope;
	uint32_t mro, mro_count;     /* in program->lists: classes of the program, itself first */
	uint32_t below, below_count; /* in program->lists: all classes derived from it */
	bool unknown_base;           /* a base that is not in the program, nor object */
	bool unknown_deco;           /* a decorator or metaclass that may change its methods */
	bool data;                   /* a dataclass or attrs class: annotations are parameters */
	bool evidence;               /* several tasks use one object (model_context.c) */
	bool composed;               /* an attribute's class has evidence */
};

void program_classes_link(struct program *p);
bool program_class_related(const struct program *p, uint32_t a, uint32_t b);
bool program_class_derives(const struct program *p, uint32_t class, uint32_t base);
/* The methods of that name that a call on an object of `class` (or of a class derived from it) may
 * run; appends them to p->lists. False: there may be others. */
bool program_class_methods(struct program *p, uint32_t class, uint32_t name, uint32_t *count);

#endif
