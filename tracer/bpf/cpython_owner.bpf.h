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
	BASES = 4,
	TYPE_BASE = 256,
	KEYS_HEAD_OLD = 40 /* 3.10: PyDictKeysObject, Objects/dict-common.h */
};

/*
 * A class that is not known: one that is derived from a lock is a lock, too, and where its objects
 * keep their state it tells itself. So not one acquisition is missed until the session knows it.
 * Returns 1 when it is known then.
 */
__noinline int type_learn(uint32_t slot, uint64_t type)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_type_value *how = 0, value;
	struct cpython_type_key key = {type, 0};
	struct cpython_target *t;
	struct cpython_layout *l;
	uint64_t base = type;
	uint32_t i;
	int at;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	l = &t->layout;
	for (i = 0; i < BASES && !how; i++) {
		base = read_word(base + TYPE_BASE);
		if (!base)
			return 0;
		how = type_how(l, s->target, base);
	}
	if (!how || how->state == CPYTHON_STATE_NONE)
		return 0;
	value = *how;
	value.qualname = read_word(type + l->cached_keys - 8);
	value.dictionary = read_word(type + l->type_dict);
	if (l->attributes == CPYTHON_ATTR_DICT) {
		value.basicsize = read_half(type + TYPE_DICT_OFFSET);
	} else {
		value.basicsize = read_half(type + TYPE_BASICSIZE);
		at = value.name ? keys_find(read_word(type + l->cached_keys), value.name,
		                            read_word(value.name + STR_HASH))
		                : -1;
		if (at < 0)
			return 0;
		value.index = at;
	}
	key.target = s->target;
	return !bpf_map_update_elem(&types, &key, &value, BPF_ANY);
}

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

/* The frame of a coroutine that was freed has its code and locals still; its count is 0. What runs
 * on the thread's stack of frames cannot be told apart so. */
static __always_inline int frame_lives(const struct cpython_target *t, uint64_t frame)
{
	uint64_t object = t->layout.frame_apart ? frame : frame - t->layout.gen_frame;
	uint64_t type = read_word(object + 8);

	if (!t->layout.frame_apart && type != t->coroutine && type != t->generator &&
	    type != t->async_generator)
		return 1;
	return (int64_t)read_word(object) > 0;
}

/* Does what referred to a lock do so still? -1: that cannot be told. */
static __always_inline int owner_stands(uint32_t slot, const struct cpython_target *t,
                                        const struct owned *owned, uint64_t object)
{
	const struct cpython_layout *l = &t->layout;
	uint64_t owner = owned->owner;

	if (owned->owner_frame && !frame_lives(t, owner))
		return 0;
	if (owned->owner_frame)
		return (read_word(owner + l->frame_code) & ~(uint64_t)l->tag_mask) ==
		                       owned->owner_type
		               ? words_hold(slot, owner + l->frame_locals, object)
		               : 0;
	if (read_word(owner + 8) != owned->owner_type || (int64_t)read_word(owner) <= 0)
		return 0;
	return attributes_hold(slot, owner, object);
}

enum { OWNED_WAYS = 4 };

/* Where what is known of a lock stands, or may: one of a few places that its address gives. When
 * all are taken the one whose turn it is goes. */
static __always_inline uint32_t owned_slot(struct thread *th, uint64_t lock)
{
	uint32_t base = lock >> 4 ^ lock >> 11, free = OWNED, i;

	for (i = 0; i < OWNED_WAYS; i++) {
		uint32_t at = (base + i) & (OWNED - 1);

		if (th->owned[at].lock == lock)
			return at;
		if (!th->owned[at].lock && free == OWNED)
			free = at;
	}
	if (free != OWNED)
		return free;
	return base + (th->owned_turn++ & (OWNED_WAYS - 1));
}

/*
 * `object` (the lock, or the Condition it is in) is taken by a function, or was, whose first local
 * is `self` and whose frame is at `frame`. Returns CPYTHON_LOCK_OTHER when the lock is another one
 * than that which was taken at its address before, CPYTHON_LOCK_SAME when it is that one, 0: not
 * known.
 */
__noinline int owner_note(uint32_t slot, uint64_t lock, uint64_t object, uint64_t self,
                          uint64_t frame)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = thread_here();
	struct cpython_target *t;
	struct owned *owned;
	int stands, note = 0;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	owned = &th->owned[owned_slot(th, lock) & (OWNED - 1)];
	if (owned->lock == lock && owned->owner) {
		/* the same function of the same object: whichever lock it is, it has one name */
		if (owned->owner == self && owned->owner_type == read_word(self + 8))
			return CPYTHON_LOCK_SAME;
		stands = owner_stands(slot, t, owned, object);
		if (stands)
			return stands == 1 ? CPYTHON_LOCK_SAME : 0;
		note = CPYTHON_LOCK_OTHER;
	}
	owned->lock = lock;
	owned->owner = 0;
	if (self && self != object && attributes_hold(slot, self, object) == 1) {
		owned->owner = self;
		owned->owner_type = read_word(self + 8);
		owned->owner_frame = 0;
	} else if (frame && words_hold(slot, frame + t->layout.frame_locals, object) == 1) {
		owned->owner = frame;
		owned->owner_type =
			read_word(frame + t->layout.frame_code) & ~(uint64_t)t->layout.tag_mask;
		owned->owner_frame = 1;
	}
	return note;
}

/* Of what a chain shows to be held, where no acquisition is seen: as if it were taken now. */
__noinline int exits_note(uint32_t slot)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_type_value *how;
	uint64_t self = 0, frame = 0;
	struct cpython_target *t;
	struct cpython_item *item;
	uint32_t i, count;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	count = s->fact.count;
	for (i = 0; i < CPYTHON_ITEMS; i++) {
		if (i >= count)
			break;
		item = &s->items[i];
		if (item->kind == CPYTHON_ITEM_FRAME) {
			self = item->c;
			frame = item->a;
		}
		if (item->kind != CPYTHON_ITEM_EXIT)
			continue;
		how = type_how(&t->layout, s->target, item->c);
		if (how && how->state != CPYTHON_STATE_NONE)
			item->flags |= owner_note(slot, item->d ? item->d : item->b, item->b, self,
			                          generator_frame(&t->layout, frame));
	}
	return 0;
}

#endif
