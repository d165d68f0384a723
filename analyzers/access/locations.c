/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locations.c - finds a location and an actor's entry for it, quickly. See locations.h.
 */
#include "locations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "races.h"
#include "triples.h"

void locations_init(struct locations *locations, struct world *world, conflict_fn fn, void *context)
{
	*locations = (struct locations){.world = world, .fn = fn, .context = context};
	slab_init(&locations->locations, sizeof(struct location));
	slab_init(&locations->entries, sizeof(struct entry));
}

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
	location->life = ++locations->lives;
	location->index = index;
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

static struct entry *entry_make(struct locations *locations, struct location *location,
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
	entry->location = location;
	entry->next = actor->entries;
	actor->entries = index;
	return entry;
}

/* The actor's entry for the location, by the maps; its order is 0 if it has not accessed it yet.
 * NULL: too many locations, no memory. */
RARELY static struct entry *entry_get(struct locations *locations, struct actor *actor,
                                      uint64_t key)
{
	struct location *location = location_get(locations, key);
	struct entry *entry;
	uint32_t index;

	if (!location)
		return NULL;
	index = idmap_get(&locations->entry_by_key, entry_key(location, actor));
	entry = index == IDMAP_NONE ? entry_make(locations, location, actor)
	                            : slab_at(&locations->entries, index);
	if (entry && (entry->life != location->life || entry->actor != actor->id)) {
		entry->key = key;
		entry->life = location->life;
		entry->actor = actor->id;
		entry->order = 0; /* of another location or actor that had this slot */
		entry->use_step = 0;
		entry->unordered = 0;
	}
	return entry;
}

/* Likewise, at once if it was found lately: code comes back to the same few. */
static inline struct entry *entry_find(struct locations *locations, struct actor *actor,
                                       uint64_t key)
{
	uint64_t spot = (uint64_t)actor->index << 5 | key * 0x9e3779b97f4a7c15ull >> 59;
	struct entry **near = &locations->near[spot % LOCATIONS_NEAR];
	struct entry *entry = *near;

	if (entry && entry->key == key && entry->actor == actor->id &&
	    entry->life == entry->location->life)
		return entry;
	return *near = entry_get(locations, actor, key);
}

static inline void entry_put(const struct locations *locations, struct entry *entry,
                             const struct actor *actor, unsigned bits, uint64_t what,
                             const struct aw_event *event)
{
	entry->order = locations->world->order;
	entry->step = actor->step;
	entry->what = what;
	entry->site = event->site;
	entry->time = event->time;
	entry->gaps = actor->gaps;
	entry->nested = actor->nested;
	entry->bits = (uint8_t)bits;
	entry->unsure = actor->unsure;
	if (actor->lock_sign || entry->guarded)
		entry->guards = actor->guards;
	entry->guarded = actor->lock_sign;
}

/* Of a task that existed before the recording it is not known what it read before. */
static void note_write(struct locations *locations, const struct entry *entry,
                       const struct actor *actor, uint64_t site)
{
	bool known = entry->order || !actor->unsure;
	bool blind = !entry->order || !(entry->bits & ACCESS_READ);

	if (known && blind_writes_note(&locations->blind, site, blind))
		locations->error = -ENOMEM;
}

/*
 * Only one task has ever touched the location, and often: what it does again is in the history. It
 * is put there anew now and then only, so what another task meets later may be a
 * few accesses old, which can hide a conflict and invents none.
 */
static bool take_quietly(struct location *location, const struct actor *actor, unsigned bits)
{
	return !location->shared && location->taken > HISTORY_SURE &&
	       location->last_actor == actor->id && !(bits & (ACCESS_USE | ACCESS_SAME)) &&
	       ++location->taken % HISTORY_SAMPLE;
}

/* Somebody else can see the access, or be seen by it. */
static inline void history_take(struct locations *locations, struct location *location,
                                const struct actor *actor, unsigned bits, uint64_t what,
                                const struct aw_event *event)
{
	unsigned slot;

	if (location->last_actor != actor->id && location->candidate_count)
		location->shared = true;
	slot = history_put(locations, location, actor, bits, what, event);
	if (slot != LOCATIONS_ACCESSES && location->shared) {
		if (history_is_open(location))
			triples_access(locations, location, actor, slot);
		if (locations->world->thread_count > 1)
			races_access(locations, location, actor, slot);
	}
	location->last_actor = actor->id;
	location->last_step = actor->step;
	location->last_what = what;
}

/* The access may end a pair, and be in the middle of others' ones. */
RARELY static void take_loudly(struct locations *locations, const struct thread *thread,
                               struct entry *entry, const struct actor *actor, unsigned bits,
                               uint64_t what, const struct aw_event *event)
{
	struct location *location = entry->location;
	bool crosses = entry->order > thread->loss && entry->gaps != actor->gaps;

	if ((bits & ACCESS_USE) && crosses) {
		crosses = entry->use_step != actor->step || entry->use_site != event->site;
		entry->use_step = actor->step;
		entry->use_site = event->site;
	}
	if (crosses)
		triples_pair(locations, location, entry, actor, bits, what, event);
	if (bits & ACCESS_USE)
		return;            /* of a value read before: no access to the memory */
	if (!(bits & ACCESS_SAME)) /* else nobody can tell that it was written */
		history_take(locations, location, actor, bits, what, event);
	/* While one thread runs a step, no other task's accesses come in between, and what the
	 * task knows of others grows only by what it observes. */
	if (location->shared && (entry->step != actor->step || entry->order <= actor->learnt ||
	                         locations->world->thread_count > 1))
		entry->unordered = triples_unordered(locations, location, actor);
	entry_put(locations, entry, actor, bits, what, event);
}

/* Again in the same step: nothing new. */
static inline bool is_repeated(const struct location *location, const struct actor *actor,
                               uint64_t what)
{
	return location->last_what == what && location->last_step == actor->step &&
	       location->last_actor == actor->id;
}

/* An actor outside tasks is one step after the other: it can be in the middle, never outside. */
RARELY static void plain_access(struct locations *locations, const struct actor *actor,
                                uint64_t key, unsigned bits, const struct aw_event *event)
{
	uint64_t what = history_what(actor, bits, event->site);
	struct location *location = location_get(locations, key);

	if (!location || is_repeated(location, actor, what))
		return;
	for (unsigned i = 0; i < actor->held_count; i++)
		actor->held[i]->accesses++;
	if (!(bits & (ACCESS_USE | ACCESS_SAME)))
		history_take(locations, location, actor, bits, what, event);
}

void locations_access(struct locations *locations, const struct thread *thread, struct actor *actor,
                      uint64_t key, unsigned bits, const struct aw_event *event)
{
	struct location *location;
	struct entry *entry;
	uint64_t what;

	locations->accesses++;
	if (!key)
		return;
	if (actor->plain) {
		plain_access(locations, actor, key, bits, event);
		return;
	}
	entry = entry_find(locations, actor, key);
	if (!entry)
		return;
	location = entry->location;
	what = history_what(actor, bits, event->site);
	if (is_repeated(location, actor, what))
		return;
	for (unsigned i = 0; i < actor->held_count; i++)
		actor->held[i]->accesses++;
	if ((bits & (ACCESS_WRITE | ACCESS_IO)) == ACCESS_WRITE)
		note_write(locations, entry, actor, event->site);
	if (!take_quietly(location, actor, bits)) {
		take_loudly(locations, thread, entry, actor, bits, what, event);
		return;
	}
	location->last_step = actor->step;
	location->last_what = what;
	entry_put(locations, entry, actor, bits, what, event);
}

/* ---- going away ---- */

static void location_drop(struct locations *locations, struct location *location)
{
	for (unsigned i = 0; i < location->pair_count; i++)
		history_settle(locations, &location->pairs[i]);
	free(location->pairs);
	free(location->candidates);
	idmap_remove(&locations->by_key, location->key);
	location->key = 0;
	location->life = 0;
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
	locations_settle(locations);
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

		next = entry->next;
		entry->key = 0;
		idmap_remove(&locations->entry_by_key, entry_key(entry->location, actor));
		slab_give(&locations->entries, index);
	}
	actor->entries = SLAB_NONE;
}

void locations_finish(struct locations *locations)
{
	locations_settle(locations);
	for (uint32_t i = 0; i < locations->locations.made; i++) {
		struct location *location = slab_at(&locations->locations, i);

		for (unsigned p = 0; location->key && p < location->pair_count; p++)
			history_settle(locations, &location->pairs[p]);
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
	blind_writes_fini(&locations->blind);
}
