/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_queue.c - see cpython_queue.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_layout.h"
#include "cpython_queue.h"
#include "cpython_walk.h"

enum { TASKS = 4096, LOOPS = 64 };

struct cpython_loop_value cpython_queue_find(const struct cpython_memory *memory, uint64_t loop)
{
	uint64_t type = cpython_word(memory, loop + 8);
	struct cpython_loop_value out = {0};
	char name[32];
	int factory;

	out.ready = cpython_attribute_named(memory, loop, "_ready");
	out.type = out.ready ? cpython_word(memory, out.ready + 8) : 0;
	if (!out.type || cpython_type_name(memory, out.type, name, sizeof(name)) ||
	    strcmp(name, "deque") != 0)
		return (struct cpython_loop_value){0};
	if (memory->layout->version < CPYTHON_VERSION(3, 12)) /* no task is started at once */
		return out;
	factory = cpython_attribute_index(memory, type, "_task_factory");
	out.factory = factory < 0 ? 0 : cpython_attribute_place(memory, loop, factory);
	return out.factory ? out : (struct cpython_loop_value){0};
}

void cpython_queue_loops(const struct cpython_memory *memory, const struct cpython_target *target,
                         void (*fn)(void *context, uint64_t loop), void *context)
{
	struct cpython_tasks tasks = {0};
	uint64_t loops[LOOPS];
	size_t known = 0;

	cpython_walk_tasks(memory, target, &tasks);
	for (size_t i = 0; i < tasks.count && i < TASKS; i++) {
		uint64_t loop = cpython_word(memory, tasks.at[i] + memory->layout->future_loop);
		size_t j = 0;

		while (j < known && loops[j] != loop)
			j++;
		if (!loop || j < known || known == LOOPS)
			continue;
		loops[known++] = loop;
		fn(context, loop);
	}
	free(tasks.at);
}
