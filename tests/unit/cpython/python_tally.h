/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_tally.h - counts what is told of a Python program: steps, tasks, and the sections of each
 * lock, to be held against the lines `lock NAME SECTIONS SPANNED WAITS` that the program printed.
 */
#ifndef PYTHON_TALLY_H
#define PYTHON_TALLY_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <awaitness/event.h>

#include "event/stream.h"

enum { LOCKS = 4096, OPEN = 64, TASKS = 65536 };

struct lock {
	uint64_t id;
	char name[128];
	unsigned sections, spanned, waits;
};

struct open {
	uint32_t task;
	struct lock *lock;
	bool spanned;
};

struct tally {
	struct lock locks[LOCKS];
	unsigned lock_count;
	struct open open[OPEN];
	unsigned open_count;
	unsigned resumes, suspends, lost, created, ended;
	struct lock *naming;
	char misuse[128]; /* the first thing that makes no sense */
};

static inline struct lock *lock_of(struct tally *tally, uint64_t id)
{
	for (unsigned i = 0; i < tally->lock_count; i++)
		if (tally->locks[i].id == id)
			return &tally->locks[i];
	cr_assert_lt(tally->lock_count, LOCKS);
	tally->locks[tally->lock_count].id = id;
	return &tally->locks[tally->lock_count++];
}

/* What was told of all locks with a name; NULL: there is none. */
static inline const struct lock *lock_named(const struct tally *tally, const char *name)
{
	static struct lock sum;

	memset(&sum, 0, sizeof(sum));
	for (unsigned i = 0; i < tally->lock_count; i++) {
		if (strcmp(tally->locks[i].name, name) != 0)
			continue;
		sum.id = tally->locks[i].id;
		sum.sections += tally->locks[i].sections;
		sum.spanned += tally->locks[i].spanned;
		sum.waits += tally->locks[i].waits;
	}
	return sum.id ? &sum : NULL;
}

static inline void section_end(struct tally *tally, unsigned i)
{
	tally->open[i].lock->sections++;
	tally->open[i].lock->spanned += tally->open[i].spanned;
	tally->open[i] = tally->open[--tally->open_count];
}

static inline void misuse(struct tally *tally, const char *what, const struct aw_event *event)
{
	if (!tally->misuse[0])
		snprintf(tally->misuse, sizeof(tally->misuse), "%s: task %u lock %llu", what,
		         event->task, (unsigned long long)event->object);
}

static inline void tally_lock(struct tally *tally, const struct aw_event *event)
{
	struct lock *lock = lock_of(tally, event->object);

	if (event->kind == AW_LOCK_WAIT) {
		lock->waits++;
	} else if (event->kind == AW_LOCK_TAKEN) {
		for (unsigned i = 0; i < tally->open_count; i++)
			if (tally->open[i].lock == lock)
				misuse(tally, "taken twice", event);
		cr_assert_lt(tally->open_count, OPEN);
		tally->open[tally->open_count++] = (struct open){event->task, lock, false};
	} else {
		for (unsigned i = 0; i < tally->open_count; i++)
			if (tally->open[i].lock == lock) {
				section_end(tally, i);
				return;
			}
		misuse(tally, "freed and not taken", event);
	}
}

static inline void tally_event(struct tally *tally, const struct aw_event *event)
{
	switch (event->kind) {
	case AW_RESUME:
		tally->resumes++;
		break;
	case AW_SUSPEND:
		tally->suspends += !(event->arg & AW_ARG_SNAPSHOT);
		for (unsigned i = 0; i < tally->open_count; i++)
			tally->open[i].spanned |= tally->open[i].task == event->task;
		break;
	case AW_TASK_NEW:
		tally->created++;
		break;
	case AW_TASK_END:
		tally->ended++;
		break;
	case AW_LOST:
		tally->lost += event->object;
		break;
	case AW_LOCK_WAIT:
	case AW_LOCK_TAKEN:
	case AW_LOCK_FREED:
		tally_lock(tally, event);
		break;
	case AW_NAME:
		tally->naming = NULL;
		if ((event->arg & AW_ARG_VALUE) == AW_ENTITY_LOCK) {
			tally->naming = lock_of(tally, event->object);
			tally->naming->name[0] = 0;
		}
		break;
	case AW_TEXT:
		if (tally->naming && (event->arg & AW_ARG_VALUE) == AW_TEXT_NAME) {
			size_t used = strlen(tally->naming->name), n = event->arg >> 8 & 31;

			if (n <= 16 && used + n < sizeof(tally->naming->name)) {
				memcpy(tally->naming->name + used, &event->object, n);
				tally->naming->name[used + n] = 0;
			}
		}
		break;
	default:
		tally->naming = NULL;
	}
}

static inline int tally_batch(void *context, const struct stream_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		tally_event(context, &batch->events[i]);
	return 0;
}

/* The next line the program printed for a lock; `*at` stands at the begin of a line. */
static inline bool truth_next(const char **at, struct lock *out)
{
	const char *line = *at;

	while (strncmp(line, "lock ", 5) != 0) { /* names of locks end in `lock `, too */
		line = strchr(line, '\n');
		if (!line++)
			return false;
	}
	*at = line + 5;
	return sscanf(line, "lock %127s %u %u %u", out->name, &out->sections, &out->spanned,
	              &out->waits) == 4;
}

/* What is told of a lock, against what the program counted. */
static inline void expect_lock(const struct lock *truth, const struct lock *told)
{
	cr_expect_eq(told->spanned, truth->spanned, "%s: spanned %u, truth %u", truth->name,
	             told->spanned, truth->spanned);
	cr_expect_eq(told->waits, truth->waits, "%s: waits %u, truth %u", truth->name, told->waits,
	             truth->waits);
	cr_expect_eq(told->sections, truth->sections, "%s: sections %u, truth %u", truth->name,
	             told->sections, truth->sections);
}

/* Where no acquisition is seen: sections that follow each other within a step are one, and one that
 * spans no suspension is none. */
static inline void expect_lock_shown(const struct lock *truth, const struct lock *told)
{
	cr_expect(told->spanned <= truth->spanned && !told->spanned == !truth->spanned,
	          "%s: spanned %u, truth %u", truth->name, told->spanned, truth->spanned);
	cr_expect_eq(told->waits, truth->waits, "%s: waits %u, truth %u", truth->name, told->waits,
	             truth->waits);
}

/* Holds each lock that the program counted against what was told, but that of the name `but` (NULL:
 * none). `all`: each acquisition was seen. Returns how many locks it counted. */
static inline unsigned expect_locks_but(const char *text, struct tally *tally, bool all,
                                        const char *but)
{
	const char *at = text;
	struct lock truth;
	unsigned truths = 0;

	while (truth_next(&at, &truth)) {
		const struct lock *told = lock_named(tally, truth.name);

		truths++;
		if (but && !strcmp(but, truth.name))
			continue;
		if (!told)
			cr_expect(!all && !truth.spanned && !truth.waits, "%s was not told of",
			          truth.name);
		else if (all)
			expect_lock(&truth, told);
		else
			expect_lock_shown(&truth, told);
	}
	cr_expect_str_empty(tally->misuse);
	for (unsigned i = 0; i < tally->open_count; i++)
		cr_expect(false, "a section of %s never ended", tally->open[i].lock->name);
	return truths;
}

static inline unsigned expect_locks(const char *text, struct tally *tally, bool all)
{
	return expect_locks_but(text, tally, all, NULL);
}

#endif
