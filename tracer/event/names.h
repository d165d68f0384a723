/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - the name table: what ids of a stream mean to a person.
 *
 * Assembled from SITE, NAME, THREAD, TARGET, MODULE records and the TEXT
 * records that follow them in the same stream. Streams are independent: TEXT
 * belongs to the last definition of its own stream. Keys are per process.
 *
 * Bounded: at most NAMES_SITES sites and NAMES_ENTITIES named things; names of
 * tasks that ended and locks that were freed are kept for a while (the last
 * NAMES_ENDED of them), since a report may still speak of them. Definitions
 * past a cap are ignored and counted.
 *
 * Texts are as the target sent them: escape them (escape.h) when printing.
 * Not thread-safe. Pointers returned stay valid until the next feed.
 */
#ifndef TRACER_NAMES_H
#define TRACER_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "stream.h"

#define NAMES_SITES    (1u << 18)
#define NAMES_ENTITIES (1u << 20)
#define NAMES_ENDED    (1u << 16)
#define NAMES_STREAMS  (1u << 16)
#define NAMES_MODULES  4096u

struct names;

/** A place in the program. Texts are NULL where not known. */
struct names_site {
	const char *function;
	const char *file;
	const char *label;  /* the expression, as written */
	const char *waiver; /* what comments `awaitness: ...` at it say, a line each */
	uint32_t line;      /* 0: not known */
	uint64_t parent;    /* the caller's site in the await chain, 0: none */
};

/** The process. Texts are NULL where not known. */
struct names_target {
	uint32_t pid;
	uint16_t runtime; /* enum aw_runtime */
	uint64_t can;     /* enum aw_can bits */
	const char *command;
	const char *version;
	const char *detail;
	const char *transport;
};

/** A mapped file. */
struct names_module {
	uint32_t pid;
	uint64_t start; /* address */
	uint64_t end;   /* one past the last */
	const char *file;
	const char *build_id; /* hex; NULL: not known */
};

/** Makes an empty table. 0 or -ENOMEM. */
int names_new(struct names **out);
void names_free(struct names *names); /* takes NULL */

/** Takes a batch (a stream_fn; `names` is a struct names *). Looks at definitions, TASK_END,
 * LOCK_FREE and FORGET only. 0 or -ENOMEM. */
int names_feed(void *names, const struct stream_batch *batch);

/** Takes one event of stream (pid, tid): for a caller that walks the events itself. */
int names_event(struct names *names, uint32_t pid, uint32_t tid, const struct aw_event *event);

/** True if names_event would look at a record of this kind. */
static inline int names_wants(unsigned kind)
{
	return (kind >= AW_SITE && kind <= AW_MODULE) || kind == AW_TASK_END ||
	       kind == AW_LOCK_FREE || kind == AW_FORGET || kind == AW_LOST;
}

/** The site with this id, or NULL if it was not defined. */
const struct names_site *names_site(const struct names *names, uint32_t pid, uint64_t site);

/** The name of a task, lock or other object (one id space), or NULL. */
const char *names_object(const struct names *names, uint32_t pid, uint64_t object);

/** The name of the location at an address, or NULL. */
const char *names_location(const struct names *names, uint32_t pid, uint64_t address);

/** The name of a thread, or NULL. */
const char *names_thread(const struct names *names, uint32_t pid, uint32_t tid);

/** The target with this pid (0: the first one told of), or NULL. */
const struct names_target *names_target(const struct names *names, uint32_t pid);

/** Module number `index` in the order told, or NULL past the last. */
const struct names_module *names_module(const struct names *names, size_t index);

/** How many definitions were ignored because a cap was reached. */
uint64_t names_ignored(const struct names *names);

#endif
