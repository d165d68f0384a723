/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.h - the inside of an analysis, for driver.c and driver_report.c alone.
 */
#ifndef ANALYZERS_DRIVER_H
#define ANALYZERS_DRIVER_H

#include "rules/analyzer.h"
#include "access/locations.h"
#include "process_space.h"

#define ANALYZERS_MAX 32
#define HANDLERS_MAX  7 /* of one kind; a row more than that fails analysis_new */

struct handler {
	void (*fn)(void *state, const struct moment *moment);
	void *state;
};

/* Who wants to know of a kind; after the last one `fn` is NULL. */
struct handlers {
	struct handler list[HANDLERS_MAX + 1];
};

/* An analyzer that has a handler of some sort. */
struct listener {
	const struct analyzer *analyzer;
	void *state;
};

struct analysis {
	struct world world;
	struct locations locations;
	struct process_space space;
	struct findings findings;
	struct names *names;
	struct analyzer_env env;
	const struct analyzer *chosen[ANALYZERS_MAX];
	void *state[ANALYZERS_MAX];
	unsigned count;
	struct handlers before[AW_KIND_MAX], after[AW_KIND_MAX];
	uint8_t route[AW_KIND_MAX + 1]; /* by kind; the last is for all later ones */
	struct listener section_begin_of[ANALYZERS_MAX], section_end_of[ANALYZERS_MAX];
	struct listener section_gap_of[ANALYZERS_MAX], conflict_of[ANALYZERS_MAX];
	unsigned section_begin_count, section_end_count, section_gap_count, conflict_count;
	struct report report;
	struct text_pool pool;
	uint64_t events;
	uint64_t foreign; /* events of other processes */
	uint64_t unknown; /* events of kinds this version does not know */
	uint64_t unwatched;
	const char *incomplete[4]; /* what analysis_incomplete was told; NULL behind the last */
	bool finished;
};

/** Fills in what the report says was not seen; to be called when all else is in it. 0 or -ENOMEM.
 */
int unseen_report(struct analysis *a);

#endif
