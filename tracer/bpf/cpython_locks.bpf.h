/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_locks.bpf.h - the state of a lock, and the locks a thread watches.
 */
#ifndef CPYTHON_LOCKS_BPF_H
#define CPYTHON_LOCKS_BPF_H

#include "cpython_read.bpf.h"

/*
 * 3.10: an attribute in the dictionary of an object, which is at `where` in it. PyDictObject and
 * PyDictKeysObject as in Objects/dict-common.h. `index`: its number, if it stands where it is put
 * first; without a name that is taken for granted.
 */
__noinline uint64_t dictionary_attribute(uint64_t object, uint32_t index, uint32_t where,
                                         uint64_t name)
{
	enum { KEYS = 32, VALUES = 40, SIZE = 8, COUNT = 32, HEAD = 40, ENTRY = 24, KEY = 8 };
	uint64_t dictionary, keys, values, size, count;
	uint32_t i;

	if (!where || where > 4096) /* none, or counted from the end */
		return 0;
	dictionary = read_word(object + where);
	keys = read_word(dictionary + KEYS);
	values = read_word(dictionary + VALUES);
	size = read_word(keys + SIZE);
	count = read_word(keys + COUNT);
	keys += HEAD + size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : 4);
	if (index >= count)
		index = 0;
	if (name && read_word(keys + index * ENTRY + KEY) != name) {
		for (i = 0; i < 32; i++)
			if (i >= count || read_word(keys + i * ENTRY + KEY) == name)
				break;
		if (i >= count || i >= 32)
			return 0;
		index = i;
	}
	return values ? read_word(values + 8 * index) : read_word(keys + index * ENTRY + KEY + 8);
}

/* Attribute number `index` of an ordinary object; 0: not there, or kept in a dictionary (but for
 * versions that keep all in one). */
static __always_inline uint64_t attribute(const struct cpython_layout *l, uint64_t object,
                                          uint32_t index, uint32_t basicsize, uint64_t name)
{
	uint64_t values;

	if (l->attributes == CPYTHON_ATTR_POINTER) {
		values = read_word(object - 32);
		return values ? read_word(values + 8 * index) : 0;
	}
	if (l->attributes == CPYTHON_ATTR_TAGGED) {
		values = read_word(object - 24);
		return values & 1 ? read_word(values + 1 + 8 * index) : 0;
	}
	if (l->attributes == CPYTHON_ATTR_INLINE) {
		/* capacity, size, embedded, valid: a byte each */
		if (read_half(object + basicsize) >> 24 != 1)
			return 0;
		return read_word(object + basicsize + 8 + 8 * index);
	}
	return dictionary_attribute(object, index, basicsize, name);
}

enum { TYPE_BASICSIZE = 32, TYPE_DICT_OFFSET = 288 };

/* Are the attributes of an object kept in a dictionary (somebody asked for its __dict__)? */
static __always_inline int has_dictionary(const struct cpython_target *t, uint64_t object)
{
	uint64_t dictionary;

	if (t->layout.attributes == CPYTHON_ATTR_DICT)
		dictionary =
			read_word(object + read_half(read_word(object + 8) + TYPE_DICT_OFFSET));
	else
		dictionary = read_word(object - 24);
	return dictionary && !(dictionary & 1) && read_word(dictionary + 8) == t->dictionary;
}

/* The attribute is not what it should be: kept elsewhere, or the memory is something else now. */
static __always_inline int lock_strange(const struct cpython_target *t, struct cpython_item *item)
{
	item->state = has_dictionary(t, item->a) ? CPYTHON_LOCK_UNREADABLE : CPYTHON_LOCK_GONE;
	return item->state;
}

/* What is known of a type; 0: nothing, or of another class that was at its address. */
static __always_inline struct cpython_type_value *type_how(const struct cpython_layout *l,
                                                           uint32_t target, uint64_t type)
{
	struct cpython_type_key key = {type, target};
	struct cpython_type_value *how = bpf_map_lookup_elem(&types, &key);

	if (how && how->qualname &&
	    (read_word(type + l->cached_keys - 8) != how->qualname ||
	     read_word(type + l->type_dict) != how->dictionary))
		return 0;
	return how;
}

/* Adds a LOCK item with the state of the lock now. Returns it (CPYTHON_LOCK_*). */
__noinline int lock_state(uint32_t slot, uint64_t lock, uint64_t type)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_type_key key = {type, 0};
	struct cpython_type_value *how;
	struct cpython_target *t;
	struct cpython_item *item;
	uint64_t value;

	if (!s)
		return CPYTHON_LOCK_UNREADABLE;
	t = target_of(s);
	if (!t)
		return CPYTHON_LOCK_UNREADABLE;
	key.target = s->target;
	how = bpf_map_lookup_elem(&types, &key);
	item = item_add(s, CPYTHON_ITEM_LOCK);
	if (!item)
		return CPYTHON_LOCK_UNREADABLE;
	item->a = lock;
	item->b = type;
	item->state = CPYTHON_LOCK_UNREADABLE;
	if (!how)
		return CPYTHON_LOCK_UNREADABLE;
	/* a reference count of 0 or none that a count could be, or another type: it is gone */
	if (read_word(lock + 8) != type || (int64_t)read_word(lock) <= 0) {
		item->state = CPYTHON_LOCK_GONE;
		return CPYTHON_LOCK_GONE;
	}
	if (how->state == CPYTHON_STATE_BYTE) {
		item->state = read_half(lock + how->index) & 1;
		return item->state;
	}
	if (how->state == CPYTHON_STATE_THREAD) {
		item->state = read_word(lock + how->index) == thread_pointer();
		return item->state;
	}
	value = attribute(&t->layout, lock, how->index, how->basicsize, how->name);
	if (how->state == CPYTHON_STATE_OWNER) { /* not there: the class says None */
		item->state = value && value != t->none_object;
	} else if (how->state == CPYTHON_STATE_BOOL) {
		if (value != t->true_object && value != t->false_object)
			return lock_strange(t, item);
		item->state = value == t->true_object;
	} else if (how->state == CPYTHON_STATE_COUNT) {
		if (read_word(value + 8) != t->integer)
			return lock_strange(t, item);
		item->c = read_word(value + 16) >> t->layout.long_shift ? read_half(value + 24) : 0;
		item->state = item->c == 0;
	} else {
		return CPYTHON_LOCK_UNREADABLE;
	}
	return item->state;
}

/* The lock that counts for an object of this type: a Condition's own lock, else itself. */
static __always_inline uint64_t lock_inner(const struct cpython_layout *l,
                                           const struct cpython_type_value *how, uint64_t object)
{
	if (how->state != CPYTHON_STATE_INNER)
		return object;
	return attribute(l, object, how->index, how->basicsize, how->name);
}

/*
 * Remembers to read the state of a lock at each end of a step on this thread.
 * When there is no room, one goes that was free then, else the oldest.
 */
__noinline int watch_add(uint64_t lock, uint64_t type)
{
	uint32_t i, best = CPYTHON_WATCH;
	struct thread *th = thread_here();

	if (!th)
		return 0;
	for (i = 0; i < CPYTHON_WATCH; i++) {
		struct watched *watched = &th->watch[(th->next + i) & (CPYTHON_WATCH - 1)];

		if (watched->lock == lock) {
			watched->type = type;
			watched->state = CPYTHON_LOCK_HELD;
			return 0;
		}
		if (!watched->lock)
			best = i;
		else if (best == CPYTHON_WATCH && watched->state != CPYTHON_LOCK_HELD)
			best = i;
	}
	if (best == CPYTHON_WATCH)
		best = 0; /* its holder's next step says that its end was not seen */
	i = (th->next + best) & (CPYTHON_WATCH - 1);
	th->watch[i].lock = lock;
	th->watch[i].type = type;
	th->watch[i].state = CPYTHON_LOCK_HELD;
	th->next = i + 1;
	return 1;
}

#endif
