/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_types.c - type objects of the target, read once each.
 */
#include <stdlib.h>

#include "cpython_state.h"

enum { TYPE_FLAGS = 168, IS_HEAP = 1 << 9 /* Py_TPFLAGS_HEAPTYPE */ };

void cpython_type_free(void *pointer)
{
	struct cpython_type *type = pointer, *older;

	for (; type; type = older) {
		older = type->older;
		free(type);
	}
}

/* What tells a class from another one at its address. PyHeapTypeObject: ht_qualname stands before
 * ht_cached_keys. */
static void type_mark(const struct cpython_memory *memory, uint64_t address,
                      struct cpython_type_value *out)
{
	if (!(cpython_half(memory, address + TYPE_FLAGS) & IS_HEAP))
		return;
	out->qualname = cpython_word(memory, address + memory->layout->cached_keys - 8);
	out->dictionary = cpython_word(memory, address + memory->layout->type_dict);
}

static struct cpython_type *type_read(const struct cpython_memory *memory, uint64_t address)
{
	struct cpython_type *type = calloc(1, sizeof(*type));
	struct cpython_lock_type lock;

	if (!type)
		return NULL;
	type->address = address;
	if (!address)
		return type;
	cpython_type_name(memory, address, type->name, sizeof(type->name));
	if (cpython_lock_type(memory, address, &lock)) {
		type->lock = lock.lock;
		type->how = lock.how;
	}
	type_mark(memory, address, &type->how);
	return type;
}

/* Is what stands at the address another class than that which was read? */
static bool type_changed(const struct cpython_memory *memory, const struct cpython_type *type)
{
	struct cpython_type_value now = {0};

	type_mark(memory, type->address, &now);
	return now.qualname && now.dictionary &&
	       (now.qualname != type->how.qualname || now.dictionary != type->how.dictionary);
}

const struct cpython_type *cpython_type_again(struct cpython_translator *t, uint64_t address)
{
	struct cpython_type *older = cpython_table_get(&t->types, address, 0), *type;

	if (!older || !type_changed(&t->options.memory, older))
		return cpython_type_get(t, address);
	cpython_table_take(&t->types, address, 0);
	type = (struct cpython_type *)cpython_type_get(t, address);
	if (type)
		type->older = older; /* locks that were of it refer to it */
	else
		cpython_type_free(older);
	return type;
}

const struct cpython_type *cpython_type_get(struct cpython_translator *t, uint64_t address)
{
	struct cpython_type *type = cpython_table_get(&t->types, address, 0);

	if (type)
		return type;
	type = type_read(&t->options.memory, address);
	if (!type)
		return NULL;
	/* It is gone: it may have been a lock, so what it was taken for is told as lost. */
	if (address && !type->name[0])
		t->stats.unreadable++;
	if (cpython_table_put(&t->types, address, 0, type)) {
		free(type);
		return NULL;
	}
	if (address && t->options.type_fn)
		t->options.type_fn(t->options.context, t->options.pid, address, &type->how);
	return type;
}
