/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * history.c - the accesses and pairs kept of a location: bounded, the newest of each key.
 */
#include "history.h"

#include "races.h"
#include "base/hash.h"

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

/* Takes a candidate out of what its key stands for. */
static void candidate_part(struct location *location, unsigned slot)
{
	unsigned twin = location->candidates[slot].twin;

	if (twin != LOCATIONS_ACCESSES)
		location->candidates[twin].twin = LOCATIONS_ACCESSES;
}

/* A slot for one more candidate: a new one, or the oldest's. LOCATIONS_ACCESSES: no memory. */
static unsigned candidate_claim(struct locations *locations, struct location *location)
{
	unsigned slot;

	if (room_for_candidate(locations, location))
		return location->candidate_count++;
	if (!location->candidate_count)
		return LOCATIONS_ACCESSES;
	locations_step_end(locations); /* what was put off may speak of it */
	slot = candidate_oldest(location);
	for (unsigned i = 0; i < location->pair_count; i++) {
		location->pairs[i].possible &= ~(1u << slot);
		location->pairs[i].observed &= ~(1u << slot);
	}
	candidate_part(location, slot);
	return slot;
}

/* Makes a candidate of an access whose like is not kept, or (`twin`) kept of one other actor. */
RARELY static unsigned candidate_make(struct locations *locations, struct location *location,
                                      const struct actor *actor, unsigned bits, uint64_t what,
                                      uint64_t site, unsigned twin)
{
	unsigned slot = candidate_claim(locations, location);
	struct candidate *candidate;

	if (slot == LOCATIONS_ACCESSES)
		return slot;
	if (twin == slot)
		twin = LOCATIONS_ACCESSES; /* it was the oldest */
	if (twin != LOCATIONS_ACCESSES)
		location->candidates[twin].twin = (uint8_t)slot;
	location->changed = true;
	races_forget(location, slot);
	location->readers =
		(location->readers & ~(1u << slot)) | (bits & ACCESS_READ ? 1u << slot : 0);
	location->writers =
		(location->writers & ~(1u << slot)) | (bits & ACCESS_WRITE ? 1u << slot : 0);
	candidate = &location->candidates[slot];
	candidate->key = what;
	candidate->twin = (uint8_t)twin;
	candidate->bits = (uint8_t)bits;
	candidate->site = site;
	candidate->guards = actor->guards;
	candidate->step_guards = actor->step_guards;
	candidate->step_guards.more |= actor->around;
	candidate->unsure = actor->unsure;
	return slot;
}

/* One of the candidates with this key, LOCATIONS_ACCESSES: none. */
static inline unsigned candidate_find(struct location *location, uint64_t what)
{
	uint8_t *seat = &location->seats[what % LOCATION_SEATS];

	if (*seat < location->candidate_count && location->candidates[*seat].key == what)
		return *seat;
	for (unsigned i = 0; i < location->candidate_count; i++)
		if (location->candidates[i].key == what)
			return *seat = (uint8_t)i;
	return LOCATIONS_ACCESSES;
}

/*
 * The slot for an access: the one of its key and actor; else, of the two kept
 * per key (so that a task never finds only itself), the older; else a new one.
 */
static inline unsigned candidate_slot(struct locations *locations, struct location *location,
                                      const struct actor *actor, unsigned bits, uint64_t what,
                                      uint64_t site)
{
	unsigned slot = candidate_find(location, what), twin;
	const struct candidate *kept = location->candidates;

	if (slot != LOCATIONS_ACCESSES && kept[slot].actor == actor->id)
		return slot;
	twin = slot != LOCATIONS_ACCESSES ? kept[slot].twin : LOCATIONS_ACCESSES;
	if (twin == LOCATIONS_ACCESSES)
		return candidate_make(locations, location, actor, bits, what, site, slot);
	if (kept[twin].actor == actor->id || kept[twin].order < kept[slot].order)
		return twin;
	return slot;
}

struct conflict_access history_access(const struct candidate *candidate)
{
	return (struct conflict_access){
		.actor = candidate->actor,
		.site = candidate->site,
		.time = candidate->time,
		.bits = candidate->bits,
		.thread = candidate->thread,
		.unsure = candidate->unsure,
		.guards = candidate->guards,
		.step = candidate->step_guards,
	};
}

unsigned history_put(struct locations *locations, struct location *location,
                     const struct actor *actor, unsigned bits, uint64_t what,
                     const struct aw_event *event)
{
	unsigned slot = candidate_slot(locations, location, actor, bits, what, event->site);
	struct candidate *candidate;

	if (slot == LOCATIONS_ACCESSES)
		return slot;
	candidate = &location->candidates[slot];
	location->taken++;
	candidate->actor = actor->id;
	candidate->time = event->time;
	candidate->thread = actor->thread;
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
			if (actor->held[j]->lock->uid == guard_uid(actor->guards.lock[i]) &&
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

bool history_look(struct location *location)
{
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

RARELY static void pair_fill(struct pair *pair, const struct entry *entry,
                             const struct actor *actor, unsigned bits, uint64_t site)
{
	uint64_t gap = first_gap(actor, entry->gaps);

	pair->gap_site = actor->gap_site[gap];
	pair->region = region_since(actor, entry->order);
	/* Of a gap that is forgotten only the newest part is known: the region counts. */
	pair->cover = actor->gaps - entry->gaps > WORLD_GAP_SITES
	                      ? pair->region
	                      : cover_since(actor, actor->gap_order[gap]);
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
		if (guard_uid(actor->step_guards.lock[i]) == wait &&
		    actor->step_guard_order[i] < next)
			*kept = actor->step_guards.lock[i];
	return *kept ? wait : 0;
}

/* Looks first at the pair after the one found last: code repeats. */
struct pair *history_pair(struct locations *locations, struct location *location,
                          const struct entry *entry, const struct actor *actor, unsigned bits,
                          uint64_t what, uint64_t site)
{
	uint64_t gap = first_gap(actor, entry->gaps);
	uint64_t key = hash_word(entry->what ^ what * 3, actor->gap_site[gap]);
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
		key = hash_word(key, wait + nested);
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
	pair->nested = nested;
	pair->wait = wait;
	pair->wait_kept = kept;
	location->changed = true;
	pair_fill(pair, entry, actor, bits, site);
	return pair;
}
