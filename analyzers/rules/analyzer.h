/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer.h - what an analyzer is: a state and a handler for what it wants to know.
 *
 * All handlers may be NULL. They are called in the order of the events, from
 * one thread, and must not block; what they find goes to findings.h or, at the
 * end, into the report.
 */
#ifndef ANALYZERS_ANALYZER_H
#define ANALYZERS_ANALYZER_H

#include <stdint.h>

#include "analysis.h"
#include "access/conflict.h"
#include "access/blind_writes.h"
#include "wording/findings.h"
#include "base/text_pool.h"
#include "world/world.h"

/** What analyzers share. */
struct analyzer_env {
	struct world *world;
	struct findings *findings;
	const struct blind_writes *blind; /* complete at `finish` */
	const uint64_t *ignored;          /* accesses left out, for there were too many locations */
	struct analysis_options options;
	report_source_fn source; /* NULL: no source was read */
	void *source_context;
	struct report *report;  /* finish: to be filled in */
	struct text_pool *pool; /* finish: for its texts */
};

/** An event with who it is of. `actor` may be one outside tasks. */
struct moment {
	const struct aw_event *event;
	struct thread *thread;
	struct actor *actor;
};

#define ANALYZER_KIND(kind) (1ull << (kind))

struct analyzer {
	const char *name;
	const char *help;
	int (*open)(const struct analyzer_env *env, void **state);
	void (*close)(void *state); /* takes NULL */
	uint64_t before_kinds; /* ANALYZER_KIND bits: `before` is called for these, before the world
	                        * takes the event */
	uint64_t after_kinds;
	void (*before)(void *state, const struct moment *moment);
	void (*after)(void *state, const struct moment *moment);
	void (*section_begin)(void *state, struct section *section, const struct aw_event *event);
	void (*section_end)(void *state, struct section *section, const struct aw_event *event);
	void (*section_gap)(void *state, struct section *section, uint64_t site);
	void (*conflict)(void *state, const struct conflict *conflict, uint64_t count);
	/* Conflicts of this kind that no lock keeps apart are findings of `rule`. What needs no
	 * more than that has neither state nor `open` and `close`. NULL: none. */
	bool (*is_one)(const struct conflict *conflict);
	enum finding_rule rule;
	int (*finish)(void *state); /* 0 or -ENOMEM */
};

/** All analyzers; the last entry is NULL. */
extern const struct analyzer *const analyzers[];

extern const struct analyzer analyzer_lock_necessity, analyzer_lost_update, analyzer_check_then_act,
	analyzer_stale_use, analyzer_changed_while_iterating, analyzer_inconsistent_guard,
	analyzer_deadlock, analyzer_lock_order, analyzer_lock_never_released, analyzer_long_step,
	analyzer_thread_lock_suspension, analyzer_never_suspends, analyzer_data_race;

#endif
