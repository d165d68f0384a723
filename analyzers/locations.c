/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locations.c - see locations.h. docs/theory.md has the argument.
 *
 * "Possible" follows the predictive reading of happens-before without lock
 * edges (Said, Wang, Yang, Sakallah, NFM 2011) with the lockset test of Eraser
 * (Savage et al., TOCS 1997), narrowed to locks held in one acquisition from the
 * first to the second access of the pair.
 */
#include "locations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An access that can be the middle of a triple; the newest of its (site, bits, guards). */
struct candidate {
	struct conflict_access access;
	uint64_t step;
	uint64_t order;
	uint32_t tag;
	uint32_t thread;
};

/* Two consecutive accesses of one task across a gap; the newest of its key. */
struct pair {
	struct conflict_access first, second;
	struct lockset region;
	uint64_t gap_site;
	uint64_t first_order;
	uint64_t second_step;
	uint64_t runs;     /* how often it was run */
	uint64_t happened; /* how often a conflict happened in it and was not told yet */
	uint32_t tag;
	uint32_t possible;       /* bit i: told that candidate i conflicts in another order */
	uint32_t observed;       /* bit i: told that candidate i did conflict */
	bool told_possible;      /* one was told: the count is owed */
	struct conflict *sample; /* what `happened` counts; NULL: nothing happened */
	struct conflict *guess;  /* the first possible one that no lock forbids */
};

struct location {
	uint32_t slab_word; /* the slab's while the slot is free */
	uint32_t index;
	uint64_t key;        /* 0: the slot is free */
	uint64_t last_actor; /* who accessed it last ... */
	uint64_t last_step;  /* ... in which step ... */
	uint64_t last_site;
	uint32_t last_guards;
	uint32_t entry;    /* ... and its entry */
	uint8_t last_bits; /* ... and how */
	bool shared;       /* by more than one actor */
	uint8_t candidate_count, candidate_room;
	uint8_t pair_count, pair_room;
	uint8_t last_pair;
	uint8_t last_write_slot, last_read_slot; /* in candidates */
	uint32_t next;                           /* in its granule, SLAB_NONE: none */
	uint64_t write_order, read_order;        /* of the last write, read */
	struct candidate *candidates;
	struct pair *pairs;
};

/* The last access of one actor to one location. */
struct entry {
	uint32_t next; /* of the actor; first, as the slab needs a word */
	uint32_t location;
	uint64_t key; /* of the location: slots of the slab are used again */
	uint64_t actor;
	uint64_t order;
	uint64_t step;
	uint64_t site;
	uint64_t time;
	uint64_t gaps;      /* the actor's, then */
	uint64_t use_step;  /* the last use of its value that was looked at ... */
	uint64_t use_site;  /* ... and where */
	uint32_t unordered; /* bit i: candidate i was not ordered before it */
	uint8_t bits;
	bool unsure;
	struct lockset guards;
};

void locations_init(struct locations *locations, struct world *world, conflict_fn fn, void *context)
{
	*locations = (struct locations){.world = world, .fn = fn, .context = context};
	slab_init(&locations->locations, sizeof(struct location));
	slab_init(&locations->entries, sizeof(struct entry));
}

/* ---- telling ---- */

static struct conflict conflict_of(const struct location *location, const struct pair *pair,
                                   const struct conflict_access *other, int shape, bool observed)
{
	struct conflict conflict = {
		.shape = (enum conflict_shape)shape,
		.observed = observed,
		.address = location->key & ~(1ull << 63),
		.gap_site = pair->gap_site,
		.first = pair->first,
		.second = pair->second,
		.other = *other,
		.region = pair->region,
	};

	conflict.is_protected = !observed && lockset_common(&pair->region, &other->guards);
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

/* Tells what the pair still owes, and empties it. */
static void pair_settle(struct locations *locations, struct pair *pair)
{
	if (pair->sample && pair->happened)
		locations->fn(locations->context, pair->sample, pair->happened);
	if (pair->guess && pair->runs > 1)
		locations->fn(locations->context, pair->guess, pair->runs - 1);
	free(pair->sample);
	free(pair->guess);
	memset(pair, 0, sizeof(*pair));
}

static void tell_observed(struct locations *locations, const struct location *location,
                          struct pair *pair, unsigned slot, int shape)
{
	struct conflict conflict =
		conflict_of(location, pair, &location->candidates[slot].access, shape, true);

	pair->observed |= 1u << slot;
	locations->fn(locations->context, &conflict, pair->sample ? 0 : 1);
	if (!pair->sample)
		pair->sample = conflict_keep(locations, &conflict);
}

static void tell_possible(struct locations *locations, const struct location *location,
                          struct pair *pair, unsigned slot, int shape)
{
	struct conflict conflict =
		conflict_of(location, pair, &location->candidates[slot].access, shape, false);
	bool first = !pair->guess && !conflict.is_protected;

	pair->possible |= 1u << slot;
	locations->fn(locations->context, &conflict, first ? 1 : 0);
	if (first)
		pair->guess = conflict_keep(locations, &conflict);
}

/* ---- judging a pair and an access ---- */

static bool lock_known(const struct world *world, guard_t guard, uint64_t order)
{
	const struct lock *lock = world_lock_by_uid(world, guard >> 16);

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
	if (pair->region.more || other->access.guards.more)
		return false;
	for (unsigned i = 0; other->access.unsure && i < pair->region.count; i++)
		if (!lock_known(world, pair->region.lock[i], other->order))
			return false;
	for (unsigned i = 0; pair->first.unsure && i < other->access.guards.count; i++)
		if (!lock_known(world, other->access.guards.lock[i], pair->first_order))
			return false;
	return true;
}

static void judge_possible(struct locations *locations, const struct location *location,
                           struct pair *pair, unsigned slot, int shape)
{
	const struct candidate *other = &location->candidates[slot];

	if (!lockset_common(&pair->region, &other->access.guards) &&
	    !locks_are_known(locations->world, pair, other))
		return;
	tell_possible(locations, location, pair, slot, shape);
}

/* ---- candidates ---- */

static bool same_lockset(const struct lockset *a, const struct lockset *b)
{
	if (a->count != b->count || a->more != b->more)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (a->lock[i] != b->lock[i])
			return false;
	return true;
}

static bool candidate_matches(const struct candidate *candidate, const struct actor *actor,
                              unsigned bits, uint64_t site)
{
	return candidate->access.site == site && candidate->access.bits == bits &&
	       candidate->access.unsure == actor->unsure &&
	       same_lockset(&candidate->access.guards, &actor->guards);
}

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
                               const struct actor *actor, unsigned bits, uint64_t site, bool *fresh)
{
	unsigned found = LOCATIONS_ACCESSES, matches = 0, slot;

	*fresh = false;
	for (unsigned i = 0; i < location->candidate_count; i++) {
		const struct candidate *candidate = &location->candidates[i];

		if (!candidate_matches(candidate, actor, bits, site))
			continue;
		if (candidate->access.actor == actor->id)
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
	slot = candidate_oldest(location);
	for (unsigned i = 0; i < location->pair_count; i++) {
		location->pairs[i].possible &= ~(1u << slot);
		location->pairs[i].observed &= ~(1u << slot);
	}
	return slot;
}

static unsigned candidate_put(struct locations *locations, struct location *location,
                              const struct actor *actor, unsigned bits,
                              const struct aw_event *event)
{
	bool fresh;
	unsigned slot = candidate_slot(locations, location, actor, bits, event->site, &fresh);
	struct candidate *candidate;

	if (slot == LOCATIONS_ACCESSES)
		return slot;
	candidate = &location->candidates[slot];
	if (fresh) {
		candidate->access.site = event->site;
		candidate->access.bits = (uint8_t)bits;
		candidate->access.guards = actor->guards;
		candidate->access.unsure = actor->unsure;
	}
	candidate->access.actor = actor->id;
	candidate->access.time = event->time;
	candidate->step = actor->step;
	candidate->order = locations->world->order;
	candidate->tag = actor->tag;
	candidate->thread = actor->thread;
	if (bits & ACCESS_WRITE) {
		location->write_order = candidate->order;
		location->last_write_slot = (uint8_t)slot;
	}
	if (bits & ACCESS_READ) {
		location->read_order = candidate->order;
		location->last_read_slot = (uint8_t)slot;
	}
	return slot;
}

/* Which candidates could, by happens-before, also have come after what `actor` does now. */
static uint32_t candidates_unordered(const struct locations *locations,
                                     const struct location *location, const struct actor *actor)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < location->candidate_count; i++) {
		const struct candidate *c = &location->candidates[i];

		if (!world_ordered(locations->world, actor, c->access.actor, c->tag, c->step))
			mask |= 1u << i;
	}
	return mask;
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

static uint64_t first_gap_site(const struct actor *actor, uint64_t gaps)
{
	if (actor->gaps - gaps > WORLD_GAP_SITES)
		gaps = actor->gaps - WORLD_GAP_SITES; /* forgotten: the oldest one known */
	return actor->gap_site[gaps % WORLD_GAP_SITES];
}

static bool pair_matches(const struct pair *pair, const struct entry *entry, unsigned bits,
                         uint64_t site, uint64_t gap_site, const struct lockset *region)
{
	return pair->second.site == site && pair->first.site == entry->site &&
	       pair->gap_site == gap_site && pair->second.bits == bits &&
	       pair->first.bits == entry->bits && pair->first.unsure == entry->unsure &&
	       same_lockset(&pair->region, region);
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
	pair_settle(locations, &location->pairs[oldest]);
	location->last_pair = (uint8_t)oldest;
	return &location->pairs[oldest];
}

/* The pair of this key, made if need be. Looks first at the one after the last: code repeats. */
static struct pair *pair_get(struct locations *locations, struct location *location,
                             const struct entry *entry, const struct actor *actor, unsigned bits,
                             uint64_t site)
{
	uint64_t gap_site = first_gap_site(actor, entry->gaps);
	struct lockset region = region_since(actor, entry->order);
	struct pair *pair;

	for (unsigned n = 0, i = location->last_pair; n < location->pair_count; n++) {
		i = i + 1 < location->pair_count ? i + 1 : 0;
		if (pair_matches(&location->pairs[i], entry, bits, site, gap_site, &region)) {
			location->last_pair = (uint8_t)i;
			return &location->pairs[i];
		}
	}
	pair = pair_claim(locations, location);
	if (!pair)
		return NULL;
	pair->gap_site = gap_site;
	pair->region = region;
	pair->first.site = entry->site;
	pair->first.bits = entry->bits;
	pair->first.guards = entry->guards;
	pair->first.unsure = entry->unsure;
	pair->second.site = site;
	pair->second.bits = (uint8_t)bits;
	pair->second.guards = actor->guards;
	pair->second.unsure = actor->unsure;
	return pair;
}

static void judge_slot(struct locations *locations, struct location *location, struct pair *pair,
                       const struct entry *entry, const struct actor *actor, unsigned slot,
                       bool *happened)
{
	const struct candidate *other = &location->candidates[slot];
	int shape = conflict_shape(pair->first.bits, pair->second.bits, other->access.bits);
	bool between = other->order > entry->order;

	if (shape < 0 || other->access.actor == actor->id)
		return;
	if (conflict_excusable((enum conflict_shape)shape, pair->first.bits) &&
	    world_ordered(locations->world, actor, other->access.actor, other->tag, other->step))
		return; /* a message: the wake-up or result that was awaited tells of it */
	/* Steps of two threads overlap, and accesses have no stamps of their own: only on the
	 * pair's own thread does the order of events say that it lay in the gap. */
	if (between && other->thread == actor->thread) {
		if (lockset_common(&pair->region, &other->access.guards))
			return; /* cannot be: something about the lock was not seen */
		*happened = true;
		if (!(pair->observed & 1u << slot))
			tell_observed(locations, location, pair, slot, shape);
	} else if (!(pair->possible & 1u << slot) && (between || (entry->unordered & 1u << slot))) {
		judge_possible(locations, location, pair, slot, shape);
	}
}

/* `actor` ends a pair that began at `entry`: hold it against the accesses seen so far. */
static void pair_seen(struct locations *locations, struct location *location,
                      const struct entry *entry, const struct actor *actor, unsigned bits,
                      const struct aw_event *event)
{
	struct pair *pair = pair_get(locations, location, entry, actor, bits, event->site);
	bool had_sample, happened = false;
	uint32_t look;

	if (!pair)
		return;
	pair->runs++;
	pair->first.actor = pair->second.actor = actor->id;
	pair->first.time = entry->time;
	pair->second.time = event->time;
	pair->first_order = entry->order;
	pair->second_step = actor->step;
	pair->tag = actor->tag;
	if (!location->shared)
		return;
	had_sample = pair->sample;
	look = (1u << location->candidate_count) - 1;
	if (location->write_order <= entry->order && location->read_order <= entry->order)
		look &= entry->unordered & ~pair->possible;
	for (; look; look &= look - 1)
		judge_slot(locations, location, pair, entry, actor, (unsigned)__builtin_ctz(look),
		           &happened);
	if (happened && had_sample)
		pair->happened++;
}

/* A new access by `actor`, in `slot`: hold it against the pairs of others seen so far. */
static void access_seen(struct locations *locations, struct location *location,
                        const struct actor *actor, unsigned slot)
{
	unsigned bits = location->candidates[slot].access.bits;

	for (unsigned i = 0; i < location->pair_count; i++) {
		struct pair *pair = &location->pairs[i];
		int shape;

		if ((pair->possible & 1u << slot) || pair->first.actor == actor->id)
			continue;
		shape = conflict_shape(pair->first.bits, pair->second.bits, bits);
		if (shape < 0 || world_ordered(locations->world, actor, pair->second.actor,
		                               pair->tag, pair->second_step))
			continue;
		judge_possible(locations, location, pair, slot, shape);
	}
}

/* ---- locations and entries ---- */

static struct location *location_make(struct locations *locations, uint64_t key)
{
	uint64_t granule = key / LOCATIONS_GRANULE;
	uint32_t index, head;
	struct location *location;

	if (locations->locations.used == LOCATIONS_MAX) {
		locations->ignored++;
		return NULL;
	}
	index = slab_take(&locations->locations);
	if (index == SLAB_NONE || idmap_add(&locations->by_key, key, index))
		goto no_memory;
	head = idmap_get(&locations->by_granule, granule);
	idmap_remove(&locations->by_granule, granule);
	if (idmap_add(&locations->by_granule, granule, index))
		goto no_memory;
	location = slab_at(&locations->locations, index);
	location->key = key;
	location->index = index;
	location->entry = SLAB_NONE;
	location->next = head == IDMAP_NONE ? SLAB_NONE : head;
	return location;
no_memory:
	locations->error = -ENOMEM;
	return NULL;
}

static struct location *location_get(struct locations *locations, uint64_t key)
{
	uint32_t index = idmap_get(&locations->by_key, key);

	if (index == IDMAP_NONE)
		return location_make(locations, key);
	return slab_at(&locations->locations, index);
}

static uint64_t entry_key(const struct location *location, const struct actor *actor)
{
	return (uint64_t)location->index << 32 | actor->index;
}

static struct entry *entry_make(struct locations *locations, const struct location *location,
                                struct actor *actor)
{
	uint32_t index = slab_take(&locations->entries);
	struct entry *entry;

	if (index == SLAB_NONE ||
	    idmap_add(&locations->entry_by_key, entry_key(location, actor), index)) {
		locations->error = -ENOMEM;
		return NULL;
	}
	entry = slab_at(&locations->entries, index);
	entry->location = location->index;
	entry->next = actor->entries;
	actor->entries = index;
	return entry;
}

/* The actor's entry for the location; its order is 0 if it has not accessed it yet. */
static struct entry *entry_get(struct locations *locations, struct location *location,
                               struct actor *actor)
{
	uint32_t index;
	struct entry *entry;

	if (location->last_actor == actor->id && location->entry != SLAB_NONE)
		return slab_at(&locations->entries, location->entry);
	index = idmap_get(&locations->entry_by_key, entry_key(location, actor));
	if (index == IDMAP_NONE) {
		entry = entry_make(locations, location, actor);
		if (!entry)
			return NULL;
		index = actor->entries;
	}
	location->entry = index;
	entry = slab_at(&locations->entries, index);
	if (entry->key != location->key || entry->actor != actor->id) {
		entry->key = location->key;
		entry->actor = actor->id;
		entry->order = 0; /* of another location or actor that had this slot */
		entry->use_step = 0;
	}
	return entry;
}

static void entry_put(const struct locations *locations, struct entry *entry,
                      const struct location *location, const struct actor *actor, unsigned bits,
                      const struct aw_event *event)
{
	/* While one thread runs a step, no other task's accesses come in between. */
	if (entry->step != actor->step || !entry->order || locations->world->thread_count > 1)
		entry->unordered = candidates_unordered(locations, location, actor);
	entry->order = locations->world->order;
	entry->step = actor->step;
	entry->site = event->site;
	entry->time = event->time;
	entry->gaps = actor->gaps;
	entry->bits = (uint8_t)bits;
	entry->unsure = actor->unsure;
	entry->guards = actor->guards;
}

/* An actor outside tasks is one step after the other: it can be in the middle, never outside. */
static void access_take(struct locations *locations, struct thread *thread,
                        struct location *location, struct actor *actor, unsigned bits,
                        const struct aw_event *event)
{
	struct entry *entry = actor->plain ? NULL : entry_get(locations, location, actor);
	bool crosses =
		entry && entry->order > thread->loss && entry->order && entry->step != actor->step;
	unsigned slot;

	if (!actor->plain && !entry)
		return;
	if ((bits & ACCESS_USE) && crosses) {
		crosses = entry->use_step != actor->step || entry->use_site != event->site;
		entry->use_step = actor->step;
		entry->use_site = event->site;
	}
	if (crosses)
		pair_seen(locations, location, entry, actor, bits, event);
	if (bits & ACCESS_USE)
		return; /* of a value read before: no access to the memory */
	if (location->last_actor != actor->id && location->candidate_count)
		location->shared = true;
	slot = candidate_put(locations, location, actor, bits, event);
	if (slot != LOCATIONS_ACCESSES && location->shared)
		access_seen(locations, location, actor, slot);
	if (entry)
		entry_put(locations, entry, location, actor, bits, event);
	location->last_actor = actor->id;
	location->last_step = actor->step;
	location->last_site = event->site;
	location->last_bits = (uint8_t)bits;
	location->last_guards = actor->guards_version;
}

void locations_access(struct locations *locations, struct thread *thread, struct actor *actor,
                      uint64_t key, unsigned bits, const struct aw_event *event)
{
	struct location *location = locations->last;

	locations->accesses++;
	if (!key)
		return;
	if (!location || locations->last_key != key) {
		location = location_get(locations, key);
		if (!location)
			return;
		locations->last = location;
		locations->last_key = key;
	}
	if (location->last_actor == actor->id && location->last_step == actor->step &&
	    location->last_site == event->site && location->last_bits == bits &&
	    location->last_guards == actor->guards_version)
		return; /* again in the same step: nothing new */
	if (actor->plain)
		location->entry = SLAB_NONE;
	for (unsigned i = 0; i < actor->held_count; i++)
		actor->held[i]->accesses++;
	access_take(locations, thread, location, actor, bits, event);
}

/* ---- going away ---- */

static void location_drop(struct locations *locations, struct location *location)
{
	for (unsigned i = 0; i < location->pair_count; i++)
		pair_settle(locations, &location->pairs[i]);
	free(location->pairs);
	free(location->candidates);
	idmap_remove(&locations->by_key, location->key);
	if (locations->last == location)
		locations->last = NULL;
	location->key = 0;
	slab_give(&locations->locations, location->index);
}

static void granule_forget(struct locations *locations, uint64_t granule, uint64_t from,
                           uint64_t end)
{
	uint32_t index = idmap_get(&locations->by_granule, granule), kept = SLAB_NONE, next;

	if (index == IDMAP_NONE)
		return;
	for (; index != SLAB_NONE; index = next) {
		struct location *location = slab_at(&locations->locations, index);

		next = location->next;
		if (location->key >= from && location->key < end) {
			location_drop(locations, location);
		} else {
			location->next = kept;
			kept = index;
		}
	}
	idmap_remove(&locations->by_granule, granule);
	if (kept != SLAB_NONE && idmap_add(&locations->by_granule, granule, kept))
		locations->error = -ENOMEM;
}

void locations_forget(struct locations *locations, uint64_t address, uint64_t size)
{
	uint64_t end = address + size, granules = (size + LOCATIONS_GRANULE) / LOCATIONS_GRANULE;

	if (!size || end < address)
		return;
	if (granules <= locations->by_granule.count) {
		for (uint64_t g = address / LOCATIONS_GRANULE; g <= (end - 1) / LOCATIONS_GRANULE;
		     g++)
			granule_forget(locations, g, address, end);
		return;
	}
	/* More granules than there are locations: look at these instead. */
	for (uint32_t i = 0; i < locations->locations.made; i++) {
		struct location *location = slab_at(&locations->locations, i);

		if (location->key >= address && location->key < end)
			granule_forget(locations, location->key / LOCATIONS_GRANULE, address, end);
	}
}

void locations_actor_end(struct locations *locations, struct actor *actor)
{
	for (uint32_t index = actor->entries, next; index != SLAB_NONE; index = next) {
		struct entry *entry = slab_at(&locations->entries, index);
		struct location *location = slab_at(&locations->locations, entry->location);

		next = entry->next;
		if (location->entry == index)
			location->entry = SLAB_NONE;
		idmap_remove(&locations->entry_by_key,
		             (uint64_t)entry->location << 32 | actor->index);
		slab_give(&locations->entries, index);
	}
	actor->entries = SLAB_NONE;
}

void locations_finish(struct locations *locations)
{
	for (uint32_t i = 0; i < locations->locations.made; i++) {
		struct location *location = slab_at(&locations->locations, i);

		for (unsigned p = 0; location->key && p < location->pair_count; p++)
			pair_settle(locations, &location->pairs[p]);
	}
}

void locations_fini(struct locations *locations)
{
	for (uint32_t i = 0; i < locations->locations.made; i++) {
		struct location *location = slab_at(&locations->locations, i);

		if (!location->key)
			continue;
		for (unsigned p = 0; p < location->pair_count; p++) {
			free(location->pairs[p].sample);
			free(location->pairs[p].guess);
		}
		free(location->pairs);
		free(location->candidates);
	}
	slab_fini(&locations->locations);
	slab_fini(&locations->entries);
	idmap_fini(&locations->by_key);
	idmap_fini(&locations->by_granule);
	idmap_fini(&locations->entry_by_key);
}
