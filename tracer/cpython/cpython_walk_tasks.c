/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_walk_tasks.c - all tasks of a process (cpython_walk_tasks).
 *
 * Until 3.13 asyncio.tasks keeps a WeakSet: an object whose attribute `data`
 * is a set of weak references (Lib/_weakrefset.py). Sets and weak references:
 * Include/cpython/setobject.h, weakrefobject.h. Since 3.14 each task has a
 * node in a linked list of its thread or interpreter (.AsyncioDebug).
 */
#include <errno.h>
#include <string.h>

#include "cpython_find.h"
#include "cpython_walk.h"

enum {
	SET_MASK = 32,
	SET_TABLE = 40,
	WEAK_OBJECT = 16,
	SET_MAX = 1 << 22,
	THREADS_MAX = 4096,
	TASKS_MAX = 1 << 20
};

static void task_store(uint64_t task, uint64_t *out, size_t room, size_t *n)
{
	if (*n < room)
		out[*n] = task;
	(*n)++;
}

/* Adds what the weak references in a set refer to; `kind`: names their type has had. */
static int weak_set(const struct cpython_memory *memory, uint64_t set, const char *kind,
                    uint64_t *out, size_t room, size_t *n)
{
	uint64_t data = cpython_attribute_named(memory, set, "data");
	uint64_t mask = cpython_word(memory, data + SET_MASK);
	uint64_t table = cpython_word(memory, data + SET_TABLE);
	char name[32];

	if (!data || mask > SET_MAX)
		return -EPROTO;
	for (uint64_t i = 0; i <= mask; i++) {
		uint64_t key = cpython_word(memory, table + 16 * i), object;

		if (!key ||
		    cpython_type_name(memory, cpython_word(memory, key + 8), name, sizeof(name)))
			continue;
		object = cpython_word(memory, key + WEAK_OBJECT);
		if (object && strstr(kind, name))
			task_store(object, out, room, n);
	}
	return 0;
}

/* Adds the tasks of one linked list; its head is a node too. */
static void node_list(const struct cpython_memory *memory, uint64_t head, uint64_t *out,
                      size_t room, size_t *n)
{
	uint64_t node = cpython_word(memory, head);

	for (unsigned i = 0; node && node != head && i < TASKS_MAX; i++) {
		task_store(node - memory->layout->task_node, out, room, n);
		node = cpython_word(memory, node);
	}
}

long cpython_walk_tasks(const struct cpython_memory *memory, const struct cpython_target *target,
                        uint64_t *out, size_t room)
{
	static const char *const sets[] = {"_all_tasks", "_scheduled_tasks"};
	const struct cpython_layout *l = memory->layout;
	uint64_t thread;
	size_t n = 0;

	if (!l->task_node) {
		for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
			uint64_t set = cpython_find_global(memory, target->interpreter,
			                                   "asyncio.tasks", sets[i]);

			if (set && !weak_set(memory, set, "weakref ReferenceType", out, room, &n))
				return (long)n;
		}
		return -ENOENT;
	}
	node_list(memory, target->interpreter + l->interp_tasks, out, room, &n);
	thread = cpython_word(memory, target->interpreter + l->interp_threads);
	for (unsigned i = 0; thread && i < THREADS_MAX; i++) {
		node_list(memory, thread + l->thread_tasks, out, room, &n);
		thread = cpython_word(memory, thread + l->thread_next);
	}
	return (long)n;
}
