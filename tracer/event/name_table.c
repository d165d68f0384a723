/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name_table.c - the hash of names, and the ring of those that ended.
 */
#include <errno.h>
#include <stdlib.h>

#include "name_table.h"

static const size_t caps[NAME_SPACES] = {NAMES_SITES,   NAMES_ENTITIES, NAMES_ENTITIES,
                                         NAMES_STREAMS, NAMES_MODULES,  NAMES_STREAMS};

static size_t hash(uint32_t pid, unsigned space, uint64_t id)
{
	uint64_t x = id ^ ((uint64_t)pid << 32 | space) * 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull; /* splitmix64's finaliser */
	return (size_t)(x ^ x >> 27);
}

struct name_node *name_table_find(const struct name_table *table, uint32_t pid, unsigned space,
                                  uint64_t id)
{
	struct name_node *node = table->buckets[hash(pid, space, id) & (table->room - 1)];

	while (node && !(node->id == id && node->pid == pid && node->space == space))
		node = node->next;
	return node;
}

static int grow(struct name_table *table)
{
	size_t room = 2 * table->room;
	struct name_node **buckets = calloc(room, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	for (size_t i = 0; i < table->room; i++)
		for (struct name_node *node = table->buckets[i], *next; node; node = next) {
			size_t slot = hash(node->pid, node->space, node->id) & (room - 1);

			next = node->next;
			node->next = buckets[slot];
			buckets[slot] = node;
		}
	free(table->buckets);
	table->buckets = buckets;
	table->room = room;
	return 0;
}

static int location_add(struct name_table *table, struct name_node *node)
{
	if (table->counts[NAME_LOCATION] == table->locations_room) {
		size_t room = table->locations_room ? 2 * table->locations_room : 64;
		struct name_node **locations =
			reallocarray(table->locations, room, sizeof(*locations));

		if (!locations)
			return -ENOMEM;
		table->locations = locations;
		table->locations_room = room;
	}
	node->at = table->counts[NAME_LOCATION];
	table->locations[node->at] = node;
	return 0;
}

/* Finds a node or makes it. *out is NULL if its space is full. 0 or -ENOMEM. */
int name_table_get(struct name_table *table, uint32_t pid, unsigned space, uint64_t id,
                   struct name_node **out)
{
	struct name_node *node = *out = name_table_find(table, pid, space, id);
	size_t slot;

	if (node)
		return 0;
	if (table->counts[space] >= caps[space]) {
		table->ignored++;
		return 0;
	}
	if (table->count >= table->room && grow(table) < 0)
		return -ENOMEM;
	node = calloc(1, sizeof(*node));
	if (!node || (space == NAME_LOCATION && location_add(table, node) < 0)) {
		free(node);
		return -ENOMEM;
	}
	node->id = id;
	node->pid = pid;
	node->space = (uint8_t)space;
	slot = hash(pid, space, id) & (table->room - 1);
	node->next = table->buckets[slot];
	table->buckets[slot] = node;
	table->count++;
	table->counts[space]++;
	*out = node;
	return 0;
}

static void node_free(struct name_node *node)
{
	switch (node->space) {
	case NAME_SITE:
		free((char *)node->site.function);
		free((char *)node->site.file);
		free((char *)node->site.label);
		free((char *)node->site.waiver);
		break;
	case NAME_TARGET:
		free((char *)node->target.command);
		free((char *)node->target.version);
		free((char *)node->target.detail);
		free((char *)node->target.transport);
		break;
	case NAME_STREAM:
		free(node->assembly);
		break;
	default:
		free(node->name);
	}
	free(node);
}

static void drop(struct name_table *table, struct name_node *node)
{
	struct name_node **at =
		&table->buckets[hash(node->pid, node->space, node->id) & (table->room - 1)];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	table->count--;
	table->counts[node->space]--;
	if (node->space == NAME_LOCATION) {
		struct name_node *last = table->locations[table->counts[NAME_LOCATION]];

		table->locations[node->at] = last;
		last->at = node->at;
	}
	node_free(node);
}

/* What has ended keeps its name until NAMES_ENDED others ended after it. */
void name_table_end(struct name_table *table, struct name_node *node)
{
	struct name_node **slot;

	if (!node || node->ended)
		return;
	node->ended = ++table->tickets;
	slot = &table->ring[node->ended % NAMES_ENDED];
	if (*slot)
		drop(table, *slot);
	*slot = node;
}

void name_table_revive(struct name_table *table, struct name_node *node)
{
	if (node->ended)
		table->ring[node->ended % NAMES_ENDED] = NULL;
	node->ended = 0;
}

/* The memory [start, start + size) has another meaning now. */
void name_table_forget(struct name_table *table, uint32_t pid, uint64_t start, uint64_t size)
{
	size_t count = table->counts[NAME_LOCATION];

	if (size < count) {
		for (uint64_t i = 0; i < size; i++)
			name_table_end(table,
			               name_table_find(table, pid, NAME_LOCATION, start + i));
		return;
	}
	/* From the end: ending one may drop another, which the last one then replaces. */
	for (size_t i = count; i-- > 0;) {
		struct name_node *node;

		if (i >= table->counts[NAME_LOCATION])
			continue;
		node = table->locations[i];
		if (node->pid == pid && node->id >= start && node->id - start < size)
			name_table_end(table, node);
	}
}

int name_table_init(struct name_table *table)
{
	*table = (struct name_table){.room = 1024};
	table->buckets = calloc(table->room, sizeof(*table->buckets));
	table->ring = calloc(NAMES_ENDED, sizeof(*table->ring));
	if (table->buckets && table->ring)
		return 0;
	name_table_fini(table);
	return -ENOMEM;
}

void name_table_fini(struct name_table *table)
{
	for (size_t i = 0; table->buckets && i < table->room; i++)
		for (struct name_node *node = table->buckets[i], *next; node; node = next) {
			next = node->next;
			node_free(node);
		}
	free(table->locations);
	free(table->ring);
	free(table->buckets);
	*table = (struct name_table){0};
}
