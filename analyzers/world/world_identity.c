/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_identity.c - which locks are the same lock in the code: creation site and name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world_locks.h"
#include "base/hash.h"

static int identities_grow(struct world *world)
{
	uint32_t room = 2 * world->identity_room;
	struct identity *more = realloc(world->identities, room * sizeof(*more));

	if (!more)
		return -ENOMEM;
	world->identities = more;
	world->identity_room = room;
	return 0;
}

/* IDMAP_NONE: no memory. */
static uint32_t identity_make(struct world *world, const struct lock *lock, const char *name)
{
	struct identity *identity;

	if (world->identity_count == world->identity_room && identities_grow(world))
		return IDMAP_NONE;
	identity = &world->identities[world->identity_count];
	*identity = (struct identity){0};
	identity->name = name ? strndup(name, AW_TEXT_MAX) : NULL;
	identity->created = lock->created;
	identity->type = lock->type;
	identity->permits = lock->permits;
	return world->identity_count++;
}

/* The key of a lock's identity: creation site and name; the lock itself when it has neither. */
static uint64_t identity_key(struct world *world, const struct lock *lock, const char **name)
{
	uint32_t names = idmap_get(&world->names_of_site, lock->created);
	uint64_t seed = hash_word(HASH_TEXT, lock->created);

	*name = names_object(world->names, world->pid, lock->id);
	if (!*name && !lock->created)
		return hash_text(hash_word(HASH_TEXT, lock->id), "lock") & ~(1ull << 63);
	if (*name && names != IDMAP_NONE && names >= WORLD_SITE_NAMES)
		*name = NULL; /* a name per object: they are one identity */
	return hash_text(seed, *name) & ~(1ull << 63);
}

static void count_name(struct world *world, uint64_t site)
{
	uint32_t count = idmap_get(&world->names_of_site, site);

	idmap_remove(&world->names_of_site, site);
	if (idmap_add(&world->names_of_site, site, count == IDMAP_NONE ? 1 : count + 1))
		world->error = -ENOMEM;
}

struct identity *world_identity_find(struct world *world, struct lock *lock)
{
	const char *name;
	uint64_t key = identity_key(world, lock, &name);
	uint32_t index = idmap_get(&world->identity_by_key, key);

	if (index == IDMAP_NONE && world->identity_count == WORLD_IDENTITIES) {
		index = WORLD_IDENTITIES - 1; /* what is beyond the cap shares the last */
		world->identities_shared++;
	}
	if (index == IDMAP_NONE) {
		index = identity_make(world, lock, name);
		if (index == IDMAP_NONE) {
			world->error = -ENOMEM;
			index = 0; /* there is one from the start; the owner stops */
		}
		if (name && lock->created)
			count_name(world, lock->created);
		if (idmap_add(&world->identity_by_key, key, index))
			world->error = -ENOMEM;
	}
	world->locks_unused -= lock->identity == IDMAP_NONE;
	lock->identity = index;
	world->identities[index].condition = world->identities[index].condition || lock->condition;
	world->identities[index].objects++;
	return &world->identities[index];
}

/* Counts an actor once per identity, however often it takes it. */
void world_identity_used(struct world *world, struct actor *actor, uint32_t index)
{
	for (unsigned i = 0; i < actor->used_next; i++)
		if (actor->used[i] == index)
			return;
	if (actor->used_next < 8) {
		actor->used[actor->used_next++] = index;
	} else {
		if (idmap_get(&actor->used_more, index) != IDMAP_NONE)
			return;
		if (idmap_add(&actor->used_more, index, 1))
			world->error = -ENOMEM;
	}
	world->identities[index].tasks++;
}
