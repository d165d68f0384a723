/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * history.c - the accesses and pairs kept of a location: bounded, the newest of each key.
 */
#include "history.h"

#include "races.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool room_for_candidate(struct locations *locations, struct location *location)
{
	unsigned room = location->candidate_room ? 2u * location->candidate_room : 2;
	struct candidate *more;

	if (location->candidate_count < location->candidate_room)
		return true;
	if (room > LOCATIONS_ACCESSES)
		return false;
	more = realloc(location->candidates, room * sizeof(*more));
	if (!more) {
		locations->error = -ENOMEM;
		return false;
	}
	location->candidates = more;
	location->candidate_room = (uint8_t)room;
	return true;
}

static unsigned candidate_oldest(const struct location *location)
{
	unsigned oldest = 0;

	for (unsigned i = 1; i < location->candidate_count; i++)
		if (location->candidates[i].order < location->candidates[oldest].order)
			oldest = i;
	return oldest;
}

/*
 * The slot for an access: the one of its key and actor; else, of the two kept
 * per key (so that a task never finds only itself), the older; else a new one.
 */
static unsigned candidate_slot(struct locations *locations, struct location *location,
                               const struct actor *actor, uint64_t what, bool *fresh)
{
	unsigned found = LOCATIONS_ACCESSES, matches = 0, slot;

	*fresh = false;
	for (unsigned i = 0; i < location->candidate_count; i++) {
		const struct candidate *candidate = &location->candidates[i];

		if (candidate->key != what)
			continue;
		if (candidate->actor == actor->id)
			return i;
		if (!matches++ || candidate->order < location->candidates[found].order)
			found = i;
	}
	if (matches >= 2)
		return found;
	*fresh = true;
	if (room_for_candidate(locations, location))
		return location->candidate_count++;
	if (!location->candidate_count)
		return LOCATIONS_ACCESSES; /* no memory */
	locations_step_end(locations);     /* what was put off may speak of it */
	slot = candidate_oldest(location);
	for (unsigned i = 0; i < location->pair_count; i++) {
		location->pairs[i].possible &= ~(1u << slot);
		location->pairs[i].observed &= ~(1u << slot);
	}
	return slot;
}

unsigned history_put(struct locations *locations, struct location *location,
                     const struct actor *actor, unsigned bits, uint64_t what,
                     const struct aw_event *event)
{
	bool fresh;
	unsigned slot = candidate_slot(locations, location, actor, what, &fresh);
	struct candidate *candidate;

	if (slot == LOCATIONS_ACCESSES)
		return slot;
	candidate = &location->candidates[slot];
	location->taken++;
	if (fresh) {
		location->changed = true;
		races_forget(location, slot);
		candidate->key = what;
		candidate->bits = candidate->access.bits = (uint8_t)bits;
		candidate->access.site = event->site;
		candidate->access.guards = actor->guards;
		candidate->access.step = actor->step_guards;
		candidate->access.step.more |= actor->around;
		candidate->access.unsure = actor->unsure;
	}
	candidate->actor = candidate->access.actor = actor->id;
	candidate->access.time = event->time;
	candidate->access.thread = actor->thread;
	candidate->step = actor->step;
	candidate->kept = actor->step_kept;
	candidate->order = locations->world->order;
	candidate->tag = actor->tag;
	if (bits & ACCESS_WRITE)
		location->write_order = candidate->order;
	if (bits & ACCESS_READ)
		location->read_order = candidate->order;
	return slot;
}

/* Tells what the pair still owes, and empties it. */
void history_settle(struct locations *locations, struct pair *pair)
{
	if (pair->sample && pair->happened)
		locations->fn(locations->context, pair->sample, pair->happened);
	if (pair->guess && pair->runs > 1)
		locations->fn(locations->context, pair->guess, pair->runs - 1);
	free(pair->sample);
	free(pair->guess);
	memset(pair, 0, sizeof(*pair));
}

/* ---- pairs ---- */

/* The locks the actor has held, each in one acquisition, since `order`. */
static struct lockset region_since(const struct actor *actor, uint64_t order)
{
	struct lockset region = {.count = 0};

	if (!actor->held_count)
		return region;
	region.more = actor->guards.more;
	for (unsigned i = 0; i < actor->guards.count; i++)
		for (unsigned j = 0; j < actor->held_count; j++)
			if (actor->held[j]->lock->uid == actor->guards.lock[i] >> 16 &&
			    actor->held[j]->order < order)
				region.lock[region.count++] = actor->guards.lock[i];
	return region;
}

/* The locks held over all of the gap that began at `order`: taken before, freed in this step at
 * most. */
static struct lockset cover_since(const struct actor *actor, uint64_t order)
{
	struct lockset cover = {.more = actor->step_guards.more};

	for (unsigned i = 0; i < actor->step_guards.count; i++)
		if (actor->step_guard_order[i] < order)
			cover.lock[cover.count++] = actor->step_guards.lock[i];
	return cover;
}

static uint64_t first_gap(const struct actor *actor, uint64_t gaps)
{
	if (actor->gaps - gaps > WORLD_GAP_SITES)
		gaps = actor->gaps - WORLD_GAP_SITES; /* forgotten: the oldest one known */
	return gaps % WORLD_GAP_SITES;
}

static struct pair *pair_claim(struct locations *locations, struct location *location)
{
	unsigned room = location->pair_room ? 2u * location->pair_room : 2, oldest = 0;
	struct pair *more;

	if (location->pair_count == location->pair_room && room <= LOCATIONS_PAIRS) {
		more = realloc(location->pairs, room * sizeof(*more));
		if (!more) {
			locations->error = -ENOMEM;
			return NULL;
		}
		location->pairs = more;
		location->pair_room = (uint8_t)room;
	}
	if (location->pair_count < location->pair_room) {
		location->last_pair = location->pair_count++;
		memset(&location->pairs[location->last_pair], 0, sizeof(struct pair));
		return &location->pairs[location->last_pair];
	}
	for (unsigned i = 1; i < location->pair_count; i++)
		if (location->pairs[i].first_order < location->pairs[oldest].first_order)
			oldest = i;
	locations_step_end(locations); /* what was put off may speak of it */
	history_settle(locations, &location->pairs[oldest]);
	location->last_pair = (uint8_t)oldest;
	return &location->pairs[oldest];
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value ^ hash >> 31) * 0x9e3779b97f4a7c15ull;
}

bool history_is_open(struct location *location)
{
	if (!location->changed)
		return location->open;
	location->changed = location->open = false;
	for (unsigned p = 0; p < location->pair_count; p++) {
		const struct pair *pair = &location->pairs[p];

		for (unsigned i = 0; i < location->candidate_count; i++)
			if ((location->candidates[i].bits & pair->wants) &&
			    !(pair->possible & 1u << i))
				return location->open = true;
	}
	return false;
}

/* By conflict_shape: a write, if either of the pair knows a value; a read, between two writes. */
static uint8_t pair_wants(unsigned first, unsigned second)
{
	uint8_t wants = 0;

	for (unsigned other = ACCESS_READ; other <= ACCESS_WRITE; other <<= 1)
		if (conflict_shape(first, second, other) >= 0)
			wants |= (uint8_t)other;
	return wants;
}

static void pair_fill(struct pair *pair, const struct entry *entry, const struct actor *actor,
                      unsigned bits, uint64_t site)
{
	pair->first_bits = pair->first.bits = entry->bits;
	pair->first.site = entry->site;
	pair->first.guards = entry->guards;
	pair->first.unsure = entry->unsure;
	pair->second_bits = pair->second.bits = (uint8_t)bits;
	pair->wants = pair_wants(entry->bits, bits);
	pair->second.site = site;
	pair->second.guards = actor->guards;
	pair->second.unsure = actor->unsure;
}

/*
 * The lock (uid) that the actor waited for in its first gap, if there was no other gap, or if it
 * has held that lock over all the others (`kept`: its guard). 0: otherwise.
 */
static uint64_t gap_waits(const struct actor *actor, uint64_t first, uint64_t gaps, guard_t *kept)
{
	uint64_t wait = gaps <= WORLD_GAP_SITES ? actor->gap_wait[first] : 0;
	uint64_t next = actor->gap_order[(first + 1) % WORLD_GAP_SITES];

	if (!wait || gaps == 1)
		return wait;
	for (unsigned i = 0; i < actor->step_guards.count; i++)
		if (actor->step_guards.lock[i] >> 16 == wait && actor->step_guard_order[i] < next)
			*kept = actor->step_guards.lock[i];
	return *kept ? wait : 0;
}

/* Looks first at the pair after the one found last: code repeats. */
struct pair *history_pair(struct locations *locations, struct location *location,
                          const struct entry *entry, const struct actor *actor, unsigned bits,
                          uint64_t what, uint64_t site)
{
	uint64_t gap = first_gap(actor, entry->gaps);
	uint64_t key = mix(entry->what ^ what * 3, actor->gap_site[gap]);
	guard_t kept = 0;
	bool nested = actor->gaps - entry->gaps == actor->nested - entry->nested;
	uint64_t wait = gap_waits(actor, gap, actor->gaps - entry->gaps, &kept);
	struct pair *pair;

	/* Which of the step's locks, all in `what`, were held how long decides what they cover. */
	for (unsigned i = 0; i < actor->step_guards.count; i++)
		key += (uint64_t)(actor->step_guard_order[i] < entry->order) << (2 * i) |
		       (uint64_t)(actor->step_guard_order[i] < actor->gap_order[gap])
		               << (2 * i + 1);
	key += (uint64_t)(actor->gaps - entry->gaps > WORLD_GAP_SITES) << 8;
	if (wait || nested)
		key = mix(key, wait + nested);
	for (unsigned n = 0, i = location->last_pair; n < location->pair_count; n++) {
		i = i + 1u < location->pair_count ? i + 1u : 0;
		if (location->pairs[i].key == key) {
			location->last_pair = (uint8_t)i;
			return &location->pairs[i];
		}
	}
	pair = pair_claim(locations, location);
	if (!pair)
		return NULL;
	pair->key = key;
	pair->gap_site = actor->gap_site[gap];
	pair->nested = nested;
	pair->wait = wait;
	pair->wait_kept = kept;
	pair->region = region_since(actor, entry->order);
	/* Of a gap that is forgotten only the newest part is known: the region counts. */
	pair->cover = actor->gaps - entry->gaps > WORLD_GAP_SITES
	                      ? pair->region
	                      : cover_since(actor, actor->gap_order[gap]);
	location->changed = true;
	pair_fill(pair, entry, actor, bits, site);
	return pair;
}
