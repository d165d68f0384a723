/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_table.h - growing tables. Element 0 stands for nothing.
 */
#ifndef ANALYZERS_PROGRAM_TABLE_H
#define ANALYZERS_PROGRAM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program;

#define PROGRAM_TABLE(T)                                                                           \
	struct {                                                                                   \
		T *at;                                                                             \
		uint32_t count, cap;                                                               \
	}

bool program_table_room(struct program *p, void *array, uint32_t *cap, uint32_t count,
                        size_t element);
/** Pushes a zeroed element; gives its index, 0 without memory. The first push makes element 0. */
#define program_push(p, table)                                                                     \
	(((table)->count ||                                                                        \
	  (program_table_room(p, &(table)->at, &(table)->cap, 0, sizeof(*(table)->at)) &&          \
	   ((table)->count = 1))) &&                                                               \
	                 program_table_room(p, &(table)->at, &(table)->cap, (table)->count,        \
	                                    sizeof(*(table)->at))                                  \
	         ? (table)->count++                                                                \
	         : 0)
void program_table_free(void *array, uint32_t *count, uint32_t *cap);
#define program_free_table(table) program_table_free(&(table)->at, &(table)->count, &(table)->cap)

/* Element 0 of a table stands for nothing; it must be there to be looked at. */
#define program_seed(p, table)                                                                     \
	((table)->count ||                                                                         \
	 !program_table_room(p, &(table)->at, &(table)->cap, 0, sizeof(*(table)->at)) ||           \
	 ((table)->count = 1))

#endif
