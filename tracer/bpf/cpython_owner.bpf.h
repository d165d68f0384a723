/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_owner.bpf.h - is the lock at an address still the one that was there?
 *
 * A lock may be freed and another made at its address within one step, which no state tells. So it
 * is remembered what referred to the lock when it was taken: the first local of the function that
 * takes it (`self`) by an attribute, else the frame of that function by a local. When that is no
 * more, or refers to it no more, the lock that is taken now is said to be another one.
 */
#ifndef CPYTHON_OWNER_BPF_H
#define CPYTHON_OWNER_BPF_H

#include "cpython_locks.bpf.h"
#include "cpython_values.bpf.h"

enum {
	OWNER_WORDS = 30, /* SHARED_KEYS_MAX_SIZE: attributes that an object keeps outside of a
	                   * dictionary (Objects/dictobject.c) */
	OWNER_BYTES = 8 * OWNER_WORDS,
	KEYS_HEAD_OLD = 40 /* 3.10: PyDictKeysObject, Objects/dict-common.h */
};

/* Is `wanted` among the words at `address`? -1: they cannot be read. */
__noinline int words_hold(uint32_t slot, uint64_t address, uint64_t wanted)
{
	struct scratch *s = scratch_at(slot);
	uint32_t i;

	if (!s || !address || bpf_probe_read_user(s->object, OWNER_BYTES, (void *)address))
		return -1;
	for (i = 0; i < OWNER_WORDS; i++)
		if (*(uint64_t *)(s->object + 8 * i) == wanted)
			return 1;
	return 0;
}

/* The entries of a dictionary that is not split, behind its table of indices. */
static __always_inline uint64_t dictionary_entries(const struct cpython_layout *l, uint64_t keys)
{
	uint64_t size;

	if (l->attributes == CPYTHON_ATTR_DICT) {
		size = read_word(keys + 8);
		return keys + KEYS_HEAD_OLD + size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : 4);
	}
	size = read_half(keys + KEYS_LOG2_BYTES) & 0xff;
	return size > 24 ? 0 : keys + KEYS_HEAD + (1ull << size);
}

/* Does an attribute of `owner` refer to `wanted`? -1: that cannot be told. */
__noinline int attributes_hold(uint32_t slot, uint64_t owner, uint64_t wanted)
{
	uint64_t values = 0, dictionary = 0, type = read_word(owner + 8), word;
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_layout *l;
	uint32_t size;
	int held;

	if (!s)
		return -1;
	t = target_of(s);
	if (!t)
		return -1;
	l = &t->layout;
	size = read_half(type + TYPE_BASICSIZE);
	if (l->attributes == CPYTHON_ATTR_DICT) {
		dictionary = read_word(owner + (read_half(type + TYPE_DICT_OFFSET) & 4095));
	} else {
		word = read_word(owner - 24);
		if (l->attributes == CPYTHON_ATTR_POINTER)
			values = read_word(owner - 32);
		else if (l->attributes == CPYTHON_ATTR_TAGGED && word & 1)
			values = word + 1;
		else if (l->attributes == CPYTHON_ATTR_INLINE && size < PAGE &&
		         read_half(owner + size) >> 24 == 1)
			values = owner + size + 8;
		if (!values && !(word & 1))
			dictionary = word;
	}
	if (values && words_hold(slot, values, wanted) == 1)
		return 1;
	/* __slots__, behind the head of the object */
	held = words_hold(slot, owner + 16, wanted);
	if (held)
		return held;
	if (!dictionary || read_word(dictionary + 8) != t->dictionary)
		return 0;
	values = read_word(dictionary + DICT_VALUES);
	if (values)
		return words_hold(slot, values, wanted);
	values = dictionary_entries(l, read_word(dictionary + DICT_KEYS));
	held = words_hold(slot, values, wanted);
	return held ? held : words_hold(slot, values + OWNER_BYTES, wanted);
}

/* Does what referred to a watched lock do so still? -1: that cannot be told. */
static __always_inline int owner_stands(uint32_t slot, const struct cpython_layout *l,
                                        const struct watched *watched, uint64_t object)
{
	uint64_t owner = watched->owner;

	if (watched->owner_frame)
		return (read_word(owner + l->frame_code) & ~(uint64_t)l->tag_mask) ==
		                       watched->owner_type
		               ? words_hold(slot, owner + l->frame_locals, object)
		               : 0;
	if (read_word(owner + 8) != watched->owner_type || (int64_t)read_word(owner) <= 0)
		return 0;
	return attributes_hold(slot, owner, object);
}

/*
 * `object` (the lock, or the Condition it is in) is being taken by the function in `caller`.
 * Returns 1 when the lock is another one than that which was taken at its address before.
 */
__noinline int owner_note(uint32_t slot, uint64_t lock, uint64_t object)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = thread_here();
	struct watched *watched = 0;
	struct cpython_target *t;
	uint64_t self, frame;
	int other = 0;
	uint32_t i;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	for (i = 0; i < CPYTHON_WATCH; i++)
		if (th->watch[i & (CPYTHON_WATCH - 1)].lock == lock) {
			watched = &th->watch[i & (CPYTHON_WATCH - 1)];
			break;
		}
	if (!watched)
		return 0;
	self = s->caller_self;
	frame = s->caller_frame;
	if (watched->owner) {
		/* the same function of the same object: whichever lock it is, it has one name */
		if (watched->owner == self && watched->owner_type == read_word(self + 8))
			return 0;
		if (owner_stands(slot, &t->layout, watched, object))
			return 0;
		other = 1;
		watched->owner = 0;
	}
	if (self && self != object && attributes_hold(slot, self, object) == 1) {
		watched->owner = self;
		watched->owner_type = read_word(self + 8);
		watched->owner_frame = 0;
	} else if (frame && words_hold(slot, frame + t->layout.frame_locals, object) == 1) {
		watched->owner = frame;
		watched->owner_type =
			read_word(frame + t->layout.frame_code) & ~(uint64_t)t->layout.tag_mask;
		watched->owner_frame = 1;
	}
	return other;
}

#endif
