/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_define.c - see cpython_define.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cpython_define.h"

bool cpython_define_sound(const struct cpython_define *record, size_t size)
{
	if (size < sizeof(*record))
		return false;
	for (unsigned i = 0; i < CPYTHON_BLOCKS; i++)
		if (record->blocks[i].at > size ||
		    record->blocks[i].size > size - record->blocks[i].at)
			return false;
	return true;
}

int cpython_define_read(void *context, uint64_t address, void *out, size_t size)
{
	const struct cpython_defined *defined = context;
	const struct cpython_define *record = defined->record;

	for (unsigned i = 0; i < CPYTHON_BLOCKS; i++) {
		uint64_t from = record->blocks[i].address;

		if (address < from || address - from > record->blocks[i].size ||
		    size > record->blocks[i].size - (address - from))
			continue;
		memcpy(out, (const char *)record + record->blocks[i].at + (address - from), size);
		return 0;
	}
	return defined->memory->read(defined->memory->context, address, out, size);
}
