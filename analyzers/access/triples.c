/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * triples.c - see triples.h. docs/theory.md has the argument.
 *
 * "Possible" follows the predictive reading of happens-before without lock
 * edges (Said, Wang, Yang, Sakallah, NFM 2011) with the lockset test of Eraser
 * (Savage et al., TOCS 1997), narrowed to locks held in one acquisition over the
 * gap of the pair.
 */
#include "triples.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Does a lock keep the access out of the pair's gap? On one loop steps are
 * atomic, so what counts is what was held over all of the gap, and at any time
 * in the other's step. Between threads it is what is held at the accesses.
 */
static bool locks_exclude(const struct pair *pair, const struct candidate *other)
{
	if (pair->thread == other->thread)
		return lockset_common(&pair->cover, &other->step_guards);
	return lockset_common(&pair->region, &other->guards);
}

static struct conflict conflict_of(const struct location *location, const struct pair *pair,
                                   const struct candidate *other, int shape, bool observed)
{
	struct conflict conflict = {
		.shape = (enum conflict_shape)shape,
		.observed = observed,
		.address = location->key & ~(1ull << 63),
		.gap_site = pair->gap_site,
		.first = pair->first,
		.second = pair->second,
		.other = history_access(other),
		.region = pair->region,
		.cover = pair->cover,
	};

	conflict.first.actor = conflict.second.actor = pair->actor;
	conflict.first.thread = conflict.second.thread = pair->thread;
	conflict.first.time = pair->first_time;
	conflict.second.time = pair->second_time;
	conflict.is_protected = !observed && locks_exclude(pair, other);
	return conflict;
}

static struct conflict *conflict_keep(struct locations *locations, const struct conflict *conflict)
{
	struct conflict *kept = malloc(sizeof(*kept));

	if (kept)
		*kept = *conflict;
	else
		locations->error = -ENOMEM;
	return kept;
}

RARELY static void tell_observed(struct locations *locations, const struct location *location,
                                 struct pair *pair, unsigned slot, int shape)
{
	struct conflict conflict =
		conflict_of(location, pair, &location->candidates[slot], shape, true);

	pair->observed |= 1u << slot;
	locations->fn(locations->context, &conflict, pair->sample ? 0 : 1);
	if (!pair->sample)
		pair->sample = conflict_keep(locations, &conflict);
}

static void tell_possible(struct locations *locations, const struct location *location,
                          struct pair *pair, unsigned slot, int shape)
{
	struct conflict conflict =
		conflict_of(location, pair, &location->candidates[slot], shape, false);
	bool first = !pair->guess && !conflict.is_protected;

	pair->possible |= 1u << slot;
	locations->fn(locations->context, &conflict, first ? 1 : 0);
	if (first)
		pair->guess = conflict_keep(locations, &conflict);
}

static bool lock_known(const struct world *world, guard_t guard, uint64_t order)
{
	const struct lock *lock = world_lock_by_uid(world, guard_uid(guard));

	return lock && lock->known <= order;
}

/*
 * Can it be told that no common lock excludes the two? An actor that existed
 * before the recording (or through a loss) may hold locks that were not seen
 * taken; but not a lock whose state has been known since before the access.
 */
static bool locks_are_known(const struct world *world, const struct pair *pair,
                            const struct candidate *other)
{
	if (pair->cover.more || other->step_guards.more)
		return false;
	for (unsigned i = 0; other->unsure && i < pair->cover.count; i++)
		if (!lock_known(world, pair->cover.lock[i], other->order))
			return false;
	for (unsigned i = 0; pair->first.unsure && i < other->step_guards.count; i++)
		if (!lock_known(world, other->step_guards.lock[i], pair->first_order))
			return false;
	return true;
}

/* Can somebody besides the two hold the lock while others run: over a gap, or handed over by one
 * who has held it over a gap? */
static bool third_holds(const struct lock *lock, const struct pair *pair, uint64_t other)
{
	bool third = false, spans = false;

	for (unsigned i = 0; i < lock->user_count; i++)
		third |= lock->users[i].actor != pair->actor && lock->users[i].actor != other;
	for (unsigned i = 0; i < lock->spanner_count; i++)
		spans |= lock->spanners[i] != other;
	return third && spans;
}

/*
 * Can the other itself hold the lock that is waited for, or have freed it just now? If it took it
 * in the step of its access, it had been in line for it before the waiter: behind a third, or
 * behind an earlier section of the waiter.
 */
static bool other_holds(const struct lock *lock, const struct pair *pair,
                        const struct candidate *other)
{
	bool used = false, in_line = false, taken = false, kept = false;

	for (unsigned i = 0; i < lock->user_count; i++) {
		const struct lock_user *user = &lock->users[i];

		if (user->actor == other->actor)
			used = user->step < other->step;
		else
			in_line |= user->actor != pair->actor || user->step < pair->second_step;
	}
	for (unsigned i = 0; i < other->step_guards.count; i++)
		if (guard_uid(other->step_guards.lock[i]) == lock->uid) {
			taken = true;
			kept |= i < other->kept;
		}
	return used && (!taken || kept || in_line);
}

/*
 * The gap of this pair was a wait for a lock. Whoever else runs in such a gap runs while somebody
 * holds that lock: the other, by a section it had before the step of its access, or a third.
 */
static bool wait_excludes(const struct world *world, const struct pair *pair,
                          const struct candidate *other)
{
	const struct lock *lock = pair->wait ? world_lock_by_uid(world, pair->wait) : NULL;
	struct lockset kept = {.lock = {pair->wait_kept}, .count = 1};

	if (!lock || (pair->wait_kept && !lockset_common(&kept, &other->step_guards)))
		return false;
	return !third_holds(lock, pair, other->actor) && !other_holds(lock, pair, other);
}

RARELY static void judge_possible(struct locations *locations, struct location *location,
                                  struct pair *pair, unsigned slot, int shape)
{
	const struct candidate *other = &location->candidates[slot];

	if (pair->nested || wait_excludes(locations->world, pair, other) ||
	    (!locks_exclude(pair, other) && !locks_are_known(locations->world, pair, other)))
		return;
	location->changed = true;
	tell_possible(locations, location, pair, slot, shape);
}

/* Which candidates could, by happens-before, also have come after what `actor` does now. */
uint32_t triples_unordered(const struct locations *locations, const struct location *location,
                           const struct actor *actor)
{
	uint32_t mask = 0;

	/* Where all was told long ago a new sort of pair is rare: its first run may go unseen. */
	if (location->taken > HISTORY_SURE && location->taken % HISTORY_SAMPLE &&
	    !location->changed && !location->open)
		return 0;
	for (unsigned i = 0; i < location->candidate_count; i++) {
		const struct candidate *c = &location->candidates[i];

		if (!world_ordered(locations->world, actor, c->actor, c->tag, c->step))
			mask |= 1u << i;
	}
	return mask;
}

/* Holds a pair against candidate `slot`, which does what it wants. */
static void judge_slot(struct locations *locations, struct location *location, struct pair *pair,
                       const struct entry *entry, const struct actor *actor, unsigned slot,
                       bool *happened)
{
	const struct candidate *other = &location->candidates[slot];
	bool between = other->order > entry->order;
	bool own_thread = other->thread == actor->thread;
	int shape;

	if (other->actor == actor->id ||
	    (!between && !(entry->unordered & ~pair->possible & 1u << slot)))
		return;
	if (between && own_thread && *happened && (pair->observed & 1u << slot))
		return; /* all is told */
	shape = conflict_shape(pair->first_bits, pair->second_bits, other->bits);
	if (conflict_excusable((enum conflict_shape)shape, pair->first_bits) &&
	    world_ordered(locations->world, actor, other->actor, other->tag, other->step))
		return; /* a message: the wake-up or result that was awaited tells of it */
	/* Steps of two threads overlap, and accesses have no stamps of their own: only on the
	 * pair's own thread does the order of events say that it lay in the gap. */
	if (between && own_thread) {
		if (locks_exclude(pair, other))
			return; /* cannot be: something about the lock was not seen */
		*happened = true;
		if (!(pair->observed & 1u << slot))
			tell_observed(locations, location, pair, slot, shape);
	} else if (!(pair->possible & 1u << slot) && (between || (entry->unordered & 1u << slot))) {
		judge_possible(locations, location, pair, slot, shape);
	}
}

/* `actor` ends a pair that began at `entry`: hold it against the accesses seen so far. */
void triples_pair(struct locations *locations, struct location *location, const struct entry *entry,
                  const struct actor *actor, unsigned bits, uint64_t what,
                  const struct aw_event *event)
{
	struct pair *pair =
		history_pair(locations, location, entry, actor, bits, what, event->site);
	bool had_sample, happened = false;
	uint32_t look;

	if (!pair)
		return;
	pair->runs++;
	pair->actor = actor->id;
	pair->first_time = entry->time;
	pair->second_time = event->time;
	pair->first_order = entry->order;
	pair->second_step = actor->step;
	pair->tag = actor->tag;
	pair->thread = actor->thread;
	if (!location->shared)
		return;
	had_sample = pair->sample;
	look = (pair->wants & ACCESS_WRITE ? location->writers : 0) |
	       (pair->wants & ACCESS_READ ? location->readers : 0);
	if ((!(pair->wants & ACCESS_WRITE) || location->write_order <= entry->order) &&
	    (!(pair->wants & ACCESS_READ) || location->read_order <= entry->order))
		look &= entry->unordered & ~pair->possible;
	for (; look; look &= look - 1)
		judge_slot(locations, location, pair, entry, actor, (unsigned)__builtin_ctz(look),
		           &happened);
	if (happened && had_sample)
		pair->happened++;
}

/*
 * A possible conflict with an access of the step that runs is told when the
 * step has ended: if it cancels the pair's task, the access cannot have come
 * between the two, for the cancel would have come with it.
 */
static void put_off(struct locations *locations, struct location *location, unsigned pair,
                    unsigned slot, int shape)
{
	if (locations->pending_count == LOCATIONS_PENDING)
		locations_settle(locations);
	location->pairs[pair].possible |= 1u << slot;
	location->changed = true;
	locations->pending[locations->pending_count++] = (struct locations_pending){
		.location = location,
		.pair = (uint8_t)pair,
		.slot = (uint8_t)slot,
		.shape = shape,
	};
}

void locations_settle(struct locations *locations)
{
	unsigned count = locations->pending_count;

	locations->pending_count = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct locations_pending *pending = &locations->pending[i];
		struct location *location = pending->location;
		struct pair *pair = &location->pairs[pending->pair];

		pair->possible &= ~(1u << pending->slot);
		location->changed = true;
		if (!pending->cancelled)
			judge_possible(locations, location, pair, pending->slot, pending->shape);
	}
}

void locations_cancelled(struct locations *locations, uint64_t task)
{
	for (unsigned i = 0; i < locations->pending_count; i++) {
		struct locations_pending *pending = &locations->pending[i];

		if (pending->location->pairs[pending->pair].actor == task)
			pending->cancelled = true;
	}
}

void triples_access(struct locations *locations, struct location *location,
                    const struct actor *actor, unsigned slot)
{
	unsigned bits = location->candidates[slot].bits;

	for (unsigned i = 0; i < location->pair_count; i++) {
		struct pair *pair = &location->pairs[i];
		int shape;

		if (!(bits & pair->wants) || (pair->possible & 1u << slot) ||
		    pair->actor == actor->id)
			continue;
		shape = conflict_shape(pair->first_bits, pair->second_bits, bits);
		if (world_ordered(locations->world, actor, pair->actor, pair->tag,
		                  pair->second_step))
			continue;
		put_off(locations, location, i, slot, shape);
	}
}
