/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_lock_type.c - which Python types are locks, and how the state of each is read.
 *
 * asyncio: Lib/asyncio/locks.py. anyio: anyio/_core/_synchronization.py.
 * threads: lockobject and rlockobject in Modules/_threadmodule.c. A class is
 * also a lock when one of its first bases is one.
 */
#include <stdlib.h>
#include <string.h>

#include <awaitness/event.h>

#include "cpython_find.h"
#include "cpython_table.h"

enum {
	TYPE_NAME = 24,
	TYPE_BASICSIZE = 32,
	TYPE_BASE = 256,
	TYPE_DICT_OFFSET = 288,
	BASES_MAX = 8,
	MUTEX_SIZE = 24 /* of an object that is a head and a PyMutex */
};

static const struct row {
	/* `__module__` is it, or in it (anyio says so of all it exports); of C types: what stands
	 * in tp_name */
	const char *module;
	const char *name;
	uint16_t lock;
	uint16_t state;
	const char *attribute;
	/* Where the state is, if not in an attribute. Else the attribute's position as __init__
	 * makes them, for a class of which there is no object yet (3.14+ knows it by then). */
	uint16_t offset;
} rows[] = {
	{"asyncio", "Lock", AW_LOCK_TYPE_ASYNCIO_LOCK, CPYTHON_STATE_BOOL, "_locked", 1},
	{"asyncio", "Semaphore", AW_LOCK_TYPE_ASYNCIO_SEMAPHORE, CPYTHON_STATE_COUNT, "_value", 1},
	{"asyncio", "BoundedSemaphore", AW_LOCK_TYPE_ASYNCIO_BOUNDED, CPYTHON_STATE_COUNT, "_value",
         2},
	{"asyncio", "Condition", AW_LOCK_TYPE_ASYNCIO_CONDITION, CPYTHON_STATE_INNER, "_lock", 0},
	{"anyio", "Lock", AW_LOCK_TYPE_ANYIO_LOCK, CPYTHON_STATE_OWNER, "_owner_task", 1},
	{"anyio", "Semaphore", AW_LOCK_TYPE_ANYIO_SEMAPHORE, CPYTHON_STATE_COUNT, "_value", 0},
	{"_thread", "lock", AW_LOCK_TYPE_PYTHREAD_LOCK, CPYTHON_STATE_BYTE, NULL, 32},
	{"_thread", "RLock", AW_LOCK_TYPE_PYTHREAD_RLOCK, CPYTHON_STATE_THREAD, NULL, 24},
};

/* The module a class says it is from: `__module__` in its dict; of a static C type, what stands
 * before the last dot of its tp_name. */
static void type_module(const struct cpython_memory *memory, uint64_t type, char *out, size_t size)
{
	uint64_t dict = cpython_word(memory, type + memory->layout->type_dict);
	uint64_t module = dict ? cpython_dict_get(memory, dict, "__module__") : 0;
	char *dot;

	out[0] = 0;
	if (module && !cpython_str(memory, module, out, size))
		return;
	if (cpython_c_string(memory, cpython_word(memory, type + TYPE_NAME), out, size))
		out[0] = 0;
	dot = strrchr(out, '.');
	if (dot)
		*dot = 0;
	else
		out[0] = 0;
}

static bool module_within(const char *module, const char *package)
{
	size_t n = strlen(package);

	return !strncmp(module, package, n) && (!module[n] || module[n] == '.');
}

static const struct row *row_find(const char *module, const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(name, rows[i].name) && module_within(module, rows[i].module))
			return &rows[i];
	return NULL;
}

static int type_read(const struct cpython_memory *memory, uint64_t type,
                     struct cpython_lock_type *out)
{
	const struct row *row = NULL;
	char module[128], name[128];
	uint64_t base = type;
	int index;

	memset(out, 0, sizeof(*out));
	for (int i = 0; base && i < BASES_MAX && !row; i++) {
		type_module(memory, base, module, sizeof(module));
		if (!cpython_type_name(memory, base, name, sizeof(name)))
			row = row_find(module, name);
		base = cpython_word(memory, base + TYPE_BASE);
	}
	if (!row)
		return 0;
	out->type = type;
	out->lock = row->lock;
	out->how.state = row->state;
	out->how.index = row->offset;
	out->how.basicsize = cpython_half(memory, type + TYPE_BASICSIZE);
	/* since 3.14 the lock of threads is a PyMutex, right behind the head; Debian's 3.13.5 has
	 * that, too. So the size of the object decides, not the version. */
	if (row->state == CPYTHON_STATE_BYTE && out->how.basicsize == MUTEX_SIZE)
		out->how.index = 16;
	else if (row->state == CPYTHON_STATE_BYTE && out->how.basicsize != row->offset + 8u)
		out->how.state = CPYTHON_STATE_UNKNOWN;
	if (!row->attribute)
		return 1;
	if (memory->layout->attributes == CPYTHON_ATTR_DICT) {
		out->how.basicsize = cpython_half(memory, type + TYPE_DICT_OFFSET);
		out->how.name = cpython_attribute_name(memory, type, row->attribute);
		if (!out->how.name)
			out->how.state = CPYTHON_STATE_UNKNOWN;
	} else {
		out->how.name = cpython_attribute_name(memory, type, row->attribute);
	}
	index = cpython_attribute_index(memory, type, row->attribute);
	if (index >= 0)
		out->how.index = index;
	return 1;
}

int cpython_lock_type(const struct cpython_memory *memory, uint64_t type,
                      struct cpython_lock_type *out)
{
	struct cpython_lock_type *known =
		memory->lock_types ? cpython_table_get(memory->lock_types, type, 0) : NULL;
	int is_lock;

	if (known) {
		*out = *known;
		return out->type != 0;
	}
	is_lock = type_read(memory, type, out);
	known = memory->lock_types ? malloc(sizeof(*known)) : NULL;
	if (known) {
		*known = *out;
		if (cpython_table_put(memory->lock_types, type, 0, known))
			free(known);
	}
	return is_lock;
}
