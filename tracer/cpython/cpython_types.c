/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_types.c - type objects of the target, read once each.
 */
#include <stdlib.h>

#include "cpython_state.h"

const struct cpython_type *cpython_type_get(struct cpython_translator *t, uint64_t address)
{
	struct cpython_type *type = cpython_table_get(&t->types, address, 0);
	struct cpython_lock_type lock;

	if (type)
		return type;
	type = calloc(1, sizeof(*type));
	if (!type)
		return NULL;
	type->address = address;
	if (address) {
		cpython_type_name(&t->options.memory, address, type->name, sizeof(type->name));
		if (cpython_lock_type(&t->options.memory, address, &lock)) {
			type->lock = lock.lock;
			type->how = lock.how;
		}
	}
	if (cpython_table_put(&t->types, address, 0, type)) {
		free(type);
		return NULL;
	}
	if (address && t->options.type_fn)
		t->options.type_fn(t->options.context, t->options.pid, address, &type->how);
	return type;
}
