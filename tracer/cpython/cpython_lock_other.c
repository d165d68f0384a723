/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_lock_other.c - is a lock another one than that which was told of at its address?
 *
 * A lock may be freed and another of its type made where it was, and nothing in its memory tells.
 * Where the programs saw it taken they may know what referred to it (bpf/cpython_owner.bpf.h).
 * Else the place that takes it says: one that gives it another name takes another lock, unless the
 * object whose method named it first leads to it still, or somebody has it meanwhile. What a
 * function calls its argument or a variable of its own says nothing: others call it otherwise. What
 * two modules share lives on, and may have two names.
 */
#include <string.h>

#include "cpython_sections.h"
#include "base/hash.h"

enum {
	WORDS = 30, /* of attributes that are looked at: SHARED_KEYS_MAX_SIZE */
	HEAD = 16,  /* of an object */
	SAME_NS = 1000000000
};

/* A search for a word among what an object refers to. */
struct trail {
	const struct cpython_memory *memory;
	uint64_t wanted;
	unsigned deep; /* steps it may still take */
};

static int object_leads(const struct trail *trail, uint64_t object);

static int entry_leads(void *context, uint64_t key, uint64_t value)
{
	const struct trail *trail = context;
	struct trail next = {trail->memory, trail->wanted, trail->deep - 1};

	(void)key;
	return value == trail->wanted || (trail->deep && object_leads(&next, value));
}

static bool is_dictionary(const struct cpython_memory *memory, uint64_t object)
{
	char type[16];

	return !cpython_type_name(memory, cpython_word(memory, object + 8), type, sizeof(type)) &&
	       !strcmp(type, "dict");
}

/* Is it among the words at `address`, or behind them? */
static int words_lead(const struct trail *trail, uint64_t address)
{
	uint64_t words[WORDS];

	if (!address || cpython_read(trail->memory, address, words, sizeof(words)))
		return 0;
	for (unsigned i = 0; i < WORDS; i++)
		if (words[i] == trail->wanted)
			return 1;
	for (unsigned i = 0; trail->deep && i < WORDS; i++)
		if (words[i] && !(words[i] & 7) && entry_leads((void *)trail, 0, words[i]))
			return 1;
	return 0;
}

/* Does an object, or an entry of a dictionary, lead to what is wanted? */
static int object_leads(const struct trail *trail, uint64_t object)
{
	const struct cpython_memory *memory = trail->memory;
	uint64_t word;

	if (!object || object & 7)
		return 0;
	if (is_dictionary(memory, object))
		return cpython_dict_each(memory, object, entry_leads, (void *)trail) == 1;
	if (words_lead(trail, object + HEAD)) /* __slots__; 3.10: its dictionary */
		return 1;
	if (memory->layout->attributes == CPYTHON_ATTR_DICT)
		return 0;
	if (words_lead(trail, cpython_attribute_place(memory, object, 0)))
		return 1;
	word = cpython_word(memory, object - 24);
	return word && !(word & 7) && is_dictionary(memory, word) &&
	       cpython_dict_each(memory, word, entry_leads, (void *)trail) == 1;
}

/* Does the object whose method named the lock first lead to it? */
static bool owner_stands(const struct cpython_translator *t, const struct cpython_lock *lock)
{
	const struct cpython_memory *memory = &t->options.memory;
	const struct trail trail = {memory, lock->condition ? lock->condition : lock->address, 1};

	return lock->owner && lock->owner_type &&
	       cpython_word(memory, lock->owner + 8) == lock->owner_type &&
	       object_leads(&trail, lock->owner);
}

static uint64_t spot_key(const struct cpython_spot *spot)
{
	return spot->code->generation << 32 ^ (uint64_t)spot->line << 4 ^ spot->item;
}

static bool spot_known(const struct cpython_lock *lock, uint64_t key, uint64_t time)
{
	for (unsigned i = 0; i < CPYTHON_LOCK_SPOTS; i++)
		if (lock->spots[i].key == key && lock->spots[i].until > time)
			return true;
	return false;
}

static void spot_note(struct cpython_lock *lock, uint64_t key, uint64_t until)
{
	unsigned at = lock->next_spot++ % CPYTHON_LOCK_SPOTS;

	for (unsigned i = 0; i < CPYTHON_LOCK_SPOTS; i++)
		if (lock->spots[i].key == key)
			at = i;
	lock->spots[at].key = key;
	lock->spots[at].until = until;
}

/* Another has it: it lives. One of threads its own task may enter again, under another name. */
static bool is_out(const struct cpython_task *task, const struct cpython_lock *lock)
{
	uint32_t own = cpython_lock_of_threads(lock) ? 0 : cpython_held_times(task, lock);

	return lock->out > own;
}

int cpython_lock_other(struct cpython_translator *t, struct cpython_stream *stream,
                       struct cpython_task *task, uint64_t time, struct cpython_lock *lock,
                       const struct cpython_spot *spot, unsigned flags)
{
	char name[NAME_SIZE * 2];
	uint64_t key;

	if (flags & CPYTHON_LOCK_OTHER)
		return lock->told || lock->named ? cpython_lock_end(t, stream, time, lock) : 0;
	/* Of one moment all are different locks, whoever calls them what. */
	if (t->late || flags & CPYTHON_LOCK_SAME || !lock->named || lock->local || !spot->code ||
	    !spot->line || is_out(task, lock))
		return 0;
	key = spot_key(spot);
	if (spot_known(lock, key, time) ||
	    !cpython_source_lock(t->source, spot->code->file, spot->line, spot->code->function,
	                         spot->item, name, sizeof(name)))
		return 0;
	if (hash_text(HASH_TEXT, name) == lock->called || cpython_lock_name_is_local(name)) {
		spot_note(lock, key, UINT64_MAX);
		return 0;
	}
	if (owner_stands(t, lock)) {
		spot_note(lock, key, time + SAME_NS);
		return 0;
	}
	return cpython_lock_end(t, stream, time, lock);
}
