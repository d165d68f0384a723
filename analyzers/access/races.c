/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * races.c - see races.h.
 *
 * Happens-before without lock edges, and locksets (O'Callahan and Choi, PPoPP 2003, call
 * the two together hybrid race detection), over the accesses that are kept of a location.
 * Nothing tells of a join of a thread: after the end of a thread, all it did counts as ordered.
 */
#include "races.h"

/* Two threads, one writes, and nothing but a lock can keep them apart. */
static bool may_meet(const struct world *world, const struct candidate *first,
                     const struct candidate *second, const struct actor *actor)
{
	if (first->thread == actor->thread || world->threads[first->thread]->ended ||
	    !((first->bits | second->bits) & ACCESS_WRITE) ||
	    ((first->bits | second->bits) & (ACCESS_IO | ACCESS_INFERRED)))
		return false;
	return !world_ordered(world, actor, first->actor, first->tag, first->step);
}

/* An actor that was there before the recording may hold locks that were not seen taken. */
static bool guards_known(const struct world *world, const struct candidate *unsure,
                         const struct candidate *other)
{
	if (other->guards.more)
		return false;
	for (unsigned i = 0; unsure->unsure && i < other->guards.count; i++) {
		const struct lock *lock =
			world_lock_by_uid(world, guard_uid(other->guards.lock[i]));

		if (!lock || lock->known > unsure->order)
			return false;
	}
	return true;
}

void races_access(struct locations *locations, struct location *location, const struct actor *actor,
                  unsigned slot)
{
	struct candidate *second = &location->candidates[slot];

	for (unsigned i = 0; i < location->candidate_count; i++) {
		struct candidate *first = &location->candidates[i];
		struct conflict race = {.shape = CONFLICT_RACE};

		if (i == slot || (second->raced & 1u << i) ||
		    !may_meet(locations->world, first, second, actor) ||
		    !guards_known(locations->world, first, second) ||
		    !guards_known(locations->world, second, first))
			continue;
		first->raced |= 1u << slot;
		second->raced |= 1u << i;
		race.is_protected = lockset_common(&first->guards, &second->guards) != 0;
		race.address = location->key & ~(1ull << 63);
		race.first = history_access(first);
		race.other = history_access(second);
		locations->fn(locations->context, &race, 1);
	}
}

void races_forget(struct location *location, unsigned slot)
{
	for (unsigned i = 0; i < location->candidate_count; i++)
		location->candidates[i].raced &= ~(1u << slot);
	location->candidates[slot].raced = 0;
}
