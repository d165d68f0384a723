/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_evidence.c - the conflicts that show a lock needed, bypassed or wrong: the first of each
 * sort.
 */
#include <errno.h>
#include <stdlib.h>

#include "lock_necessity.h"

static void keep(struct necessity *self, struct conflict **slot, const struct conflict *conflict)
{
	if (*slot && ((*slot)->observed || !conflict->observed))
		return;
	if (!*slot)
		*slot = malloc(sizeof(**slot));
	if (*slot)
		**slot = *conflict;
	else
		self->error = -ENOMEM;
}

/* The identities of locks of `mine` that keep out who holds `theirs`; how many. */
static unsigned protectors_of(const struct lockset *mine, const struct lockset *theirs,
                              uint32_t out[WORLD_GUARDS])
{
	unsigned count = 0;

	for (unsigned i = 0; i < mine->count; i++) {
		struct lockset one = {.lock = {mine->lock[i]}, .count = 1};

		if (lockset_common(&one, theirs))
			out[count++] = guard_identity(one.lock[0]);
	}
	return count;
}

/* A lock that covers the gap but not both accesses keeps the other out only when it is free. */
static void note_covered(struct necessity *self, const struct conflict *conflict)
{
	uint32_t covers[WORLD_GUARDS];
	unsigned count = protectors_of(&conflict->cover, &conflict->other.step, covers);

	for (unsigned i = 0; i < count; i++)
		if (lock_stats_of(self, covers[i]))
			self->stats[covers[i]]->covered = true;
}

/* Each lock that holds both accesses together and keeps the other out is needed. A step is atomic
 * to tasks of its loop, not to another thread: there only the locks at the accesses count. */
void lock_evidence_kept_out(struct necessity *self, const struct conflict *conflict)
{
	bool race = conflict->shape == CONFLICT_RACE;
	uint32_t protectors[WORLD_GUARDS];
	unsigned count =
		protectors_of(race ? &conflict->first.guards : &conflict->region,
	                      race ? &conflict->other.guards : &conflict->other.step, protectors);

	if (!count)
		note_covered(self, conflict);
	for (unsigned i = 0; i < count; i++) {
		struct lock_stats *stats = lock_stats_of(self, protectors[i]);

		if (!stats)
			return;
		if (count == 1) {
			keep(self, &stats->needed, conflict);
		} else {
			keep(self, &stats->jointly, conflict);
			stats->partner = protectors[i ? 0 : 1];
		}
	}
}

static bool holds_same(const struct lockset *set, guard_t guard)
{
	for (unsigned i = 0; i < set->count; i++)
		if (guard_same_lock(set->lock[i], guard))
			return true;
	return false;
}

static bool holds_any(const struct lockset *set, const struct lockset *locks)
{
	for (unsigned i = 0; i < locks->count; i++)
		if (holds_same(set, locks->lock[i]))
			return true;
	return false;
}

/* Each access is under some lock, but no lock is under all three. */
static void note_wrong(struct necessity *self, const struct conflict *conflict,
                       const struct lockset *mine, const struct lockset *others)
{
	uint32_t other = guard_identity(others->lock[0]);

	for (unsigned i = 0; i < mine->count; i++) {
		uint32_t identity = guard_identity(mine->lock[i]);
		struct lock_stats *stats = lock_stats_of(self, identity);
		struct lock_stats *theirs = lock_stats_of(self, other);

		if (!stats || !theirs)
			return;
		keep(self, &stats->wrong, conflict);
		stats->wrong_other = other;
		keep(self, &theirs->wrong, conflict);
		theirs->wrong_other = identity;
	}
}

/* The locks of threads among these; those of tasks keep no other thread out. */
static struct lockset thread_locks_of(const struct necessity *self, const struct lockset *set)
{
	struct lockset out = {0};

	for (unsigned i = 0; i < set->count; i++) {
		uint32_t identity = guard_identity(set->lock[i]);

		if (lock_is_thread_lock(self->env->world->identities[identity].type))
			out.lock[out.count++] = set->lock[i];
	}
	return out;
}

/* Of two accesses that race, `mine` are the locks at one: the other is without, or has another. */
static void note_raced(struct necessity *self, const struct conflict *conflict,
                       const struct lockset *mine, const struct lockset *other)
{
	for (unsigned i = 0; i < mine->count; i++) {
		struct lock_stats *stats = lock_stats_of(self, guard_identity(mine->lock[i]));

		if (!stats)
			return;
		if (!other->count || holds_same(other, mine->lock[i]))
			keep(self, &stats->bypassed, conflict);
	}
	if (mine->count && other->count && !holds_any(other, mine))
		note_wrong(self, conflict, mine, other);
}

static void race_passed(struct necessity *self, const struct conflict *conflict)
{
	struct lockset first = thread_locks_of(self, &conflict->first.guards);
	struct lockset other = thread_locks_of(self, &conflict->other.guards);

	note_raced(self, conflict, &first, &other);
	if (other.count && !first.count) {
		struct conflict turned = *conflict;

		turned.first = conflict->other;
		turned.other = conflict->first;
		note_raced(self, &turned, &other, &first);
	}
}

void lock_evidence_passed(struct necessity *self, const struct conflict *conflict)
{
	const struct lockset *region = &conflict->region, *other = &conflict->other.guards;
	guard_t split = lockset_common(&conflict->first.guards, &conflict->second.guards);
	struct lockset parted = {.lock = {split}, .count = 1};

	if (conflict->shape == CONFLICT_RACE) {
		race_passed(self, conflict);
		return;
	}
	for (unsigned i = 0; i < region->count; i++) {
		struct lock_stats *stats = lock_stats_of(self, guard_identity(region->lock[i]));

		if (!stats)
			return;
		/* Without any lock, or with this very lock but only shared. */
		if (!other->count || holds_same(other, region->lock[i]))
			keep(self, &stats->bypassed, conflict);
	}
	if (region->count && other->count && !holds_any(other, region))
		note_wrong(self, conflict, region, other);
	/* Two sections of one task are meant to be one only where a read and a write are parted. */
	if (region->count || !split || conflict->shape != CONFLICT_RWW)
		return;
	if (holds_same(other, split) && lock_stats_of(self, guard_identity(split)))
		keep(self, &lock_stats_of(self, guard_identity(split))->split, conflict);
	else if (other->count)
		note_wrong(self, conflict, &parted, other);
}
