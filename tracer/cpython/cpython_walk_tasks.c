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
#include <stdlib.h>
#include <string.h>

#include "cpython_find.h"
#include "cpython_walk.h"

enum {
	SET_MASK = 32,
	SET_TABLE = 40,
	WEAK_OBJECT = 16,
	SET_MAX = 1 << 24,
	THREADS_MAX = 4096,
	TASKS_MAX = 1 << 22,
	TYPES_MAX = 8 /* of entries of a set, remembered */
};

static int task_store(struct cpython_tasks *out, uint64_t task)
{
	if (out->count == out->room) {
		size_t room = out->room ? 2 * out->room : 1024;
		uint64_t *at = reallocarray(out->at, room, sizeof(*at));

		if (!at)
			return -ENOMEM;
		out->at = at;
		out->room = room;
	}
	out->at[out->count++] = task;
	return 0;
}

/* Types of entries of a set that were looked at: of weak references or not. */
struct weak_types {
	struct {
		uint64_t type;
		bool weak;
	} known[TYPES_MAX];
	unsigned count;
};

static bool is_weak(const struct cpython_memory *memory, struct weak_types *types, uint64_t type)
{
	char name[32];
	bool weak;

	for (unsigned i = 0; i < types->count; i++)
		if (types->known[i].type == type)
			return types->known[i].weak;
	/* names it has had */
	weak = !cpython_type_name(memory, type, name, sizeof(name)) &&
	       (!strcmp(name, "ReferenceType") || !strcmp(name, "weakref"));
	if (types->count < TYPES_MAX) {
		types->known[types->count].type = type;
		types->known[types->count++].weak = weak;
	}
	return weak;
}

/* Adds what the weak references in a set refer to. */
static int weak_set(const struct cpython_memory *memory, uint64_t set, struct cpython_tasks *out)
{
	uint64_t data = cpython_attribute_named(memory, set, "data");
	uint64_t mask = cpython_word(memory, data + SET_MASK);
	uint64_t table = cpython_word(memory, data + SET_TABLE);
	struct weak_types types = {0};

	if (!data || mask > SET_MAX)
		return -EPROTO;
	for (uint64_t i = 0; i <= mask; i++) {
		uint64_t key = cpython_word(memory, table + 16 * i), object;

		if (!key || !is_weak(memory, &types, cpython_word(memory, key + 8)))
			continue;
		object = cpython_word(memory, key + WEAK_OBJECT);
		if (object && task_store(out, object))
			return -ENOMEM;
	}
	return 0;
}

/* Adds the tasks of one linked list; its head is a node too. A node whose next one does not point
 * back to it was taken out while this came by: what follows is not known. */
static int node_list(const struct cpython_memory *memory, uint64_t head, struct cpython_tasks *out)
{
	uint64_t node = cpython_word(memory, head), back = head;

	for (unsigned i = 0; node && node != head && i < TASKS_MAX; i++) {
		if (cpython_word(memory, node + 8) != back) {
			out->cut = true;
			return 0;
		}
		if (task_store(out, node - memory->layout->task_node))
			return -ENOMEM;
		back = node;
		node = cpython_word(memory, node);
	}
	return 0;
}

static int node_lists(const struct cpython_memory *memory, const struct cpython_target *target,
                      struct cpython_tasks *out)
{
	const struct cpython_layout *l = memory->layout;
	uint64_t thread = cpython_word(memory, target->interpreter + l->interp_threads);
	int error = node_list(memory, target->interpreter + l->interp_tasks, out);

	for (unsigned i = 0; !error && thread && i < THREADS_MAX; i++) {
		error = node_list(memory, thread + l->thread_tasks, out);
		thread = cpython_word(memory, thread + l->thread_next);
	}
	return error;
}

static int address_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* In order, so that what lies together is read together; and each once, for a list that is read
 * while it changes may lead to the same task twice. */
static void tasks_sort(struct cpython_tasks *out)
{
	size_t kept = 0;

	if (out->count)
		qsort(out->at, out->count, sizeof(*out->at), address_compare);
	for (size_t i = 0; i < out->count; i++)
		if (!kept || out->at[kept - 1] != out->at[i])
			out->at[kept++] = out->at[i];
	out->count = kept;
}

int cpython_walk_tasks(const struct cpython_memory *memory, const struct cpython_target *target,
                       struct cpython_tasks *out)
{
	static const char *const sets[] = {"_all_tasks", "_scheduled_tasks"};
	int error = -ENOENT;

	if (memory->layout->task_node) {
		error = node_lists(memory, target, out);
	} else {
		for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]) && error; i++) {
			uint64_t set = cpython_find_global(memory, target->interpreter,
			                                   "asyncio.tasks", sets[i]);

			if (set)
				error = weak_set(memory, set, out);
		}
	}
	tasks_sort(out);
	return error;
}
