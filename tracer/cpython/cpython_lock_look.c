/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_lock_look.c - see cpython_lock_look.h.
 *
 * The state of a lock of asyncio is in an attribute (cpython_lock_type.c), who
 * waits for it in the deque `_waiters` of futures: Lib/asyncio/locks.py. A
 * deque: Modules/_collectionsmodule.c, the same from 3.10 to 3.15.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpython_lock_look.h"

enum {
	OB_TYPE = 8,
	OB_SIZE = 16,
	INT_DIGIT = 24,
	TYPE_NAME = 24,
	TYPE_FLAGS = 168,
	TYPE_BASE = 256,
	MANAGED_DICT = 1 << 4, /* Py_TPFLAGS_MANAGED_DICT */
	DICT_BEFORE = 24,      /* where the dictionary of such an object is, ahead of it */
	DEQUE_BLOCK = 24,
	DEQUE_INDEX = 40,
	BLOCK_ITEMS = 8,
	BLOCK_LENGTH = 64,
	BLOCK_NEXT = BLOCK_ITEMS + 8 * BLOCK_LENGTH,
	WAITERS_MAX = 1 << 20,
	BASES_MAX = 8,
	FUTURE_FINISHED = 2 /* enum fut_state, Modules/_asynciomodule.c */
};

/* An attribute of an ordinary object. One whose `__dict__` somebody asked for keeps them there from
 * then on (3.11+), and not where cpython_attribute() looks. */
static uint64_t attribute(const struct cpython_memory *memory, uint64_t object, const char *name)
{
	uint64_t value = cpython_attribute_named(memory, object, name), type, dict;

	if (value || memory->layout->attributes == CPYTHON_ATTR_DICT)
		return value;
	type = cpython_word(memory, object + OB_TYPE);
	if (!type || !(cpython_word(memory, type + TYPE_FLAGS) & MANAGED_DICT))
		return 0;
	dict = cpython_word(memory, object - DICT_BEFORE);
	return dict && !(dict & 1) ? cpython_dict_get(memory, dict, name) : 0;
}

/* A small int that is not negative. False: it is none. */
static bool integer(const struct cpython_memory *memory, uint64_t object, uint32_t *out)
{
	uint64_t size = object ? cpython_word(memory, object + OB_SIZE) : 2;
	uint64_t digits = size >> memory->layout->long_shift;
	char type[16];

	if (!object || digits > 1 || (memory->layout->long_shift && (size & 3) == 2) ||
	    cpython_type_name(memory, cpython_word(memory, object + OB_TYPE), type, sizeof(type)) ||
	    strcmp(type, "int") != 0)
		return false;
	*out = digits ? cpython_half(memory, object + INT_DIGIT) : 0;
	return true;
}

/* Is it a future of asyncio's own C module, or of a class derived from that? */
static bool is_future(const struct cpython_memory *memory, uint64_t object)
{
	uint64_t type = cpython_word(memory, object + OB_TYPE);
	char name[32];

	for (unsigned i = 0; type && i < BASES_MAX; i++) {
		if (!cpython_c_string(memory, cpython_word(memory, type + TYPE_NAME), name,
		                      sizeof(name)) &&
		    !strcmp(name, "_asyncio.Future"))
			return true;
		type = cpython_word(memory, type + TYPE_BASE);
	}
	return false;
}

/* How many futures of a deque have their result: whoever waits for them was woken. */
static uint32_t finished_count(const struct cpython_memory *memory, uint64_t deque)
{
	uint64_t left = cpython_word(memory, deque + OB_SIZE);
	uint64_t block = cpython_word(memory, deque + DEQUE_BLOCK);
	uint64_t at = cpython_word(memory, deque + DEQUE_INDEX);
	uint32_t n = 0;

	if (left > WAITERS_MAX || at >= BLOCK_LENGTH)
		return 0;
	for (; left && block; left--, at++) {
		uint64_t future;

		if (at == BLOCK_LENGTH) {
			at = 0;
			block = cpython_word(memory, block + BLOCK_NEXT);
		}
		future = cpython_word(memory, block + BLOCK_ITEMS + 8 * at);
		if (!future || !is_future(memory, future))
			return n;
		n += cpython_half(memory, future + memory->layout->future_state) == FUTURE_FINISHED;
	}
	return n;
}

static uint32_t handed_count(const struct cpython_memory *memory, uint64_t lock)
{
	uint64_t deque = attribute(memory, lock, "_waiters");
	char name[16];

	if (!deque ||
	    cpython_type_name(memory, cpython_word(memory, deque + OB_TYPE), name, sizeof(name)) ||
	    strcmp(name, "deque") != 0)
		return 0;
	return finished_count(memory, deque);
}

static void look_bool(const struct cpython_memory *memory, const struct cpython_target *target,
                      uint64_t lock, struct cpython_lock_look *out)
{
	uint64_t value = attribute(memory, lock, "_locked");
	bool held = value == target->true_object;

	if (!value || (!held && value != target->false_object))
		return;
	out->held = held ? CPYTHON_LOCK_IS_HELD : CPYTHON_LOCK_IS_FREE;
	snprintf(out->word, sizeof(out->word), "_locked is %s", held ? "True" : "False");
	if (!held)
		out->handed = handed_count(memory, lock);
}

static void look_count(const struct cpython_memory *memory, uint64_t lock,
                       struct cpython_lock_look *out)
{
	out->counts = true;
	if (!integer(memory, attribute(memory, lock, "_value"), &out->permits))
		return;
	out->held = out->permits ? CPYTHON_LOCK_IS_FREE : CPYTHON_LOCK_IS_HELD;
	if (!integer(memory, attribute(memory, lock, "_bound_value"), &out->limit))
		out->limit = 0;
	snprintf(out->word, sizeof(out->word), "_value is %" PRIu32, out->permits);
	out->handed = handed_count(memory, lock);
}

static void look_owner(const struct cpython_memory *memory, const struct cpython_target *target,
                       uint64_t lock, struct cpython_lock_look *out)
{
	uint64_t value = attribute(memory, lock, "_owner_task");
	bool held = value && value != target->none_object; /* not there: the class says None */

	out->held = held ? CPYTHON_LOCK_IS_HELD : CPYTHON_LOCK_IS_FREE;
	out->owner = held ? value : 0;
	snprintf(out->word, sizeof(out->word), "_owner_task is %s", held ? "set" : "None");
}

static void look_byte(const struct cpython_memory *memory, uint64_t at,
                      struct cpython_lock_look *out)
{
	uint8_t byte;

	if (cpython_read(memory, at, &byte, 1))
		return;
	out->held = byte & 1 ? CPYTHON_LOCK_IS_HELD : CPYTHON_LOCK_IS_FREE;
	snprintf(out->word, sizeof(out->word), "its locked bit is %d", byte & 1);
}

static void look_thread(const struct cpython_memory *memory, uint64_t at,
                        struct cpython_lock_look *out)
{
	if (cpython_read(memory, at, &out->thread, sizeof(out->thread)))
		return;
	out->held = out->thread ? CPYTHON_LOCK_IS_HELD : CPYTHON_LOCK_IS_FREE;
	snprintf(out->word, sizeof(out->word),
	         out->thread ? "its owner is thread %" PRIu64 : "it has no owner", out->thread);
}

void cpython_lock_look(const struct cpython_memory *memory, const struct cpython_target *target,
                       uint64_t lock, const struct cpython_type_value *how,
                       struct cpython_lock_look *out)
{
	memset(out, 0, sizeof(*out));
	switch (how->state) {
	case CPYTHON_STATE_BOOL:
		look_bool(memory, target, lock, out);
		break;
	case CPYTHON_STATE_COUNT:
		look_count(memory, lock, out);
		break;
	case CPYTHON_STATE_OWNER:
		look_owner(memory, target, lock, out);
		break;
	case CPYTHON_STATE_BYTE:
		look_byte(memory, lock + how->index, out);
		break;
	case CPYTHON_STATE_THREAD:
		look_thread(memory, lock + how->index, out);
		break;
	default:
		break;
	}
}
