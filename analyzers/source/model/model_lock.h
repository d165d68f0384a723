/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_lock.h - which locks there are.
 */
#ifndef ANALYZERS_MODEL_LOCK_H
#define ANALYZERS_MODEL_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct model;

struct model_lock {
	uint8_t type;        /* enum lock_type */
	uint8_t flavour;     /* enum lock_flavour */
	uint32_t class;      /* whose attribute; else 0 */
	uint32_t scope;      /* of the class, module or function */
	uint32_t name;       /* attribute or variable */
	uint32_t label;      /* string: "Class.attr", "module.name" */
	uint32_t dotted;     /* string: its type, "asyncio.Lock" */
	uint32_t file, node; /* where it is made */
	bool container;      /* the values of a dict or list are the locks */
	bool escapes;        /* somebody not seen may use it */
	uint32_t escape_file, escape_node;
	const char *escape_why;
	bool tested; /* locked() is asked */
	bool manual; /* acquire() not as a region */
	bool held;   /* may be held across a suspension */
	uint32_t regions;
	uint32_t next; /* the next lock of the same name */
};

void model_locks_link(struct model *model);
void model_lock_escape(struct model *model, uint32_t lock, uint32_t file, uint32_t node,
                       const char *why);
/* The locks that an expression may denote, in p->lists. `certain`: it denotes one of them. */
uint32_t model_locks_of(struct model *model, uint32_t scope, uint32_t node, uint32_t *count,
                        bool *certain);

#endif
