/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * truth.h - how a program counts its own truth.
 *
 * Plain counters beside the calls, never the runtime's events: what the tool
 * reports is compared with them. Whether a call will suspend is predicted from
 * the program's own state before the call.
 *
 * At its end a program prints its truth, one JSON object a line:
 *	{"truth":"lock","name":"stats","sections":9,"suspended":0,"waited":0,"tasks":3}
 *	{"truth":"await","function":"serve","line":7,"passed":9,"suspended":4}
 *	{"truth":"finding","rule":"lost-update","object":"hits","count":2}
 *	{"truth":"tasks","count":17}
 */
#ifndef PROGRAMS_TRUTH_H
#define PROGRAMS_TRUTH_H

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <awaitness/access.h>
#include <awaitness/sync.h>
#include <awaitness/task.h>

enum { TRUTH_TASK_MAX = 1 << 18 };

/** A lock and what was counted about it. */
struct counted_lock {
	const char *name;
	struct aw_lock *lock;
	uint64_t sections;
	uint64_t suspended; /* sections that spanned a suspension */
	uint64_t waited;    /* sections that were waited for */
	uint64_t tasks;
	uint64_t users; /* tasks inside or waiting: not 0 means that one more has to wait */
	bool spanned;   /* the section open now */
	uint8_t seen[TRUTH_TASK_MAX / 8]; /* tasks that were inside, a bit each */
};

/** A marked await site. */
struct counted_await {
	const char *function;
	unsigned int line;
	uint64_t passed;
	uint64_t suspended;
	struct counted_await *next;
	bool listed;
};

extern struct counted_await *truth_awaits;

/** Define it once in a program. */
#define TRUTH_AWAITS struct counted_await *truth_awaits

static inline void truth_await_passed(struct counted_await *site, bool suspended)
{
	if (!site->listed) {
		site->next = truth_awaits;
		truth_awaits = site;
		site->listed = true;
	}
	site->passed++;
	site->suspended += suspended;
}

/** AW_AWAIT, counted. `suspends`: whether it will, asked before it runs. */
#define COUNTED_AWAIT(expr, suspends)                                                              \
	({                                                                                         \
		static struct counted_await site_ = {.function = __func__, .line = __LINE__};      \
		bool suspends_ = (suspends);                                                       \
		__typeof__(expr) value_ = AW_AWAIT(expr);                                          \
		truth_await_passed(&site_, suspends_);                                             \
		value_;                                                                            \
	})

static inline void counted_lock_taken(struct counted_lock *lock, int error, bool waited)
{
	uint32_t task = aw_task_id(aw_current());

	if (error < 0) {
		lock->users--;
		return;
	}
	lock->sections++;
	lock->waited += waited;
	lock->spanned = false;
	assert(task < TRUTH_TASK_MAX);
	if (!(lock->seen[task / 8] & 1 << task % 8)) {
		lock->seen[task / 8] |= (uint8_t)(1 << task % 8);
		lock->tasks++;
	}
}

/** Takes a counted lock; a marked await site. Evaluates to 0 or the error. */
#define COUNTED_TAKE(l)                                                                            \
	({                                                                                         \
		struct counted_lock *lock_ = (l);                                                  \
		bool waits_ = lock_->users++ != 0;                                                 \
		int taken_ = COUNTED_AWAIT(aw_lock_acquire(lock_->lock, AW_FOREVER), waits_);      \
		counted_lock_taken(lock_, taken_, waits_);                                         \
		taken_;                                                                            \
	})

/** Frees it. */
#define COUNTED_FREE(l)                                                                            \
	do {                                                                                       \
		struct counted_lock *lock_ = (l);                                                  \
		lock_->suspended += lock_->spanned;                                                \
		lock_->users--;                                                                    \
		aw_lock_release(lock_->lock);                                                      \
	} while (0)

/** A yield while `lock` is held (NULL: none): always suspends. */
#define COUNTED_YIELD(l)                                                                           \
	({                                                                                         \
		struct counted_lock *held_ = (l);                                                  \
		if (held_)                                                                         \
			held_->spanned = true;                                                     \
		COUNTED_AWAIT(aw_yield(), true);                                                   \
	})

/** Makes the lock; a macro, so that the program's own line is where it is created. */
#define COUNTED_LOCK_INIT(l, text)                                                                 \
	do {                                                                                       \
		struct counted_lock *new_ = (l);                                                   \
		new_->name = (text);                                                               \
		new_->lock = aw_lock_new(text);                                                    \
		assert(new_->lock);                                                                \
	} while (0)

/** A lock and what it guards. */
struct guarded {
	struct counted_lock lock;
	uint64_t value;
};

/** Adds one, with a suspension between read and write: what makes the lock needed. */
static inline int guarded_add(struct guarded *guarded)
{
	uint64_t value;
	int error = COUNTED_TAKE(&guarded->lock);

	if (error < 0)
		return error;
	value = AW_READ(guarded->value);
	error = COUNTED_YIELD(&guarded->lock);
	AW_WRITE(guarded->value) = value + 1;
	COUNTED_FREE(&guarded->lock);
	return error;
}

static inline void truth_print_lock(const struct counted_lock *lock)
{
	printf("{\"truth\":\"lock\",\"name\":\"%s\",\"sections\":%" PRIu64 ",\"suspended\":%" PRIu64
	       ",\"waited\":%" PRIu64 ",\"tasks\":%" PRIu64 "}\n",
	       lock->name, lock->sections, lock->suspended, lock->waited, lock->tasks);
}

static inline void truth_print_awaits(void)
{
	for (const struct counted_await *site = truth_awaits; site; site = site->next)
		printf("{\"truth\":\"await\",\"function\":\"%s\",\"line\":%u,\"passed\":%" PRIu64
		       ",\"suspended\":%" PRIu64 "}\n",
		       site->function, site->line, site->passed, site->suspended);
}

static inline void truth_print_finding(const char *rule, const char *object, uint64_t count)
{
	printf("{\"truth\":\"finding\",\"rule\":\"%s\",\"object\":\"%s\",\"count\":%" PRIu64 "}\n",
	       rule, object, count);
}

static inline void truth_print_tasks(uint64_t count)
{
	printf("{\"truth\":\"tasks\",\"count\":%" PRIu64 "}\n", count);
}

#endif
