/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name_table.h - the memory of the name table: one chained hash of nodes for
 * all that has a name, each space capped, what ended kept for a while. Only
 * names.c includes this.
 */
#ifndef TRACER_NAME_TABLE_H
#define TRACER_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"

enum name_space { NAME_SITE, NAME_OBJECT, NAME_LOCATION, NAME_THREAD, NAME_TARGET, NAME_STREAM };
#define NAME_SPACES 6

/* The texts that are coming in on a stream. */
struct name_assembly {
	uint16_t kind; /* of the stream's last definition; 0: none */
	uint16_t length;
	uint8_t space; /* where what it defines is found again: it may have been dropped since */
	uint64_t id;
	char text[AW_TEXT_MAX + 1];
};

struct name_node {
	struct name_node *next; /* in its bucket */
	uint64_t id;
	uint64_t ended; /* ticket in the ring of those that ended, 0: alive */
	size_t at;      /* a location: its index in `locations` */
	uint32_t pid;
	uint8_t space;
	union {
		char *name; /* object, location, thread */
		struct names_site site;
		struct names_target target;
		struct name_assembly *assembly;
	};
};

struct name_table {
	struct name_node **buckets;
	size_t room; /* a power of two */
	size_t count;
	size_t counts[NAME_SPACES];
	struct name_node **locations;
	size_t locations_room;
	struct name_node **ring; /* NAMES_ENDED that ended, by ticket number; NULL: alive again */
	uint64_t tickets;
	uint64_t ignored; /* nodes not made because their space was full */
};

int name_table_init(struct name_table *table); /* 0 or -ENOMEM */
void name_table_fini(struct name_table *table);

/** The node of an id, or NULL. */
struct name_node *name_table_find(const struct name_table *table, uint32_t pid, unsigned space,
                                  uint64_t id);

/** Finds a node or makes it. *out is NULL if its space is full (no error). 0 or -ENOMEM. */
int name_table_get(struct name_table *table, uint32_t pid, unsigned space, uint64_t id,
                   struct name_node **out);

/** What `node` (may be NULL) names has ended: it is dropped when NAMES_ENDED others have ended. */
void name_table_end(struct name_table *table, struct name_node *node);

/** It is there again, or never ended. */
void name_table_revive(struct name_table *table, struct name_node *node);

/** Ends the locations in [start, start + size). */
void name_table_forget(struct name_table *table, uint32_t pid, uint64_t start, uint64_t size);

#endif
