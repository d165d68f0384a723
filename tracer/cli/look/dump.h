/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump.h - a picture of a process's tasks and locks, as text and as JSON.
 */
#ifndef CLI_DUMP_H
#define CLI_DUMP_H

#include <stdio.h>

#include "dump/inspection.h"
#include "event/names.h"
#include "target/symbols.h"
#include "target/target.h"

struct dump {
	const struct target *target;
	const struct inspection *inspection;
	struct symbols *symbols;   /* NULL: addresses stay addresses */
	const struct names *names; /* not NULL: sites are ids in this, as of a Python process */
	bool all;                  /* each task by itself */
	/* of a Python process: tasks that are not shown, and why; they are alive but for `done` */
	struct dump_left {
		size_t running, not_begun, done, foreign, unreadable;
	} left;
};

#define DUMP_PLACE 600u
#define CHAIN_MAX  64u /* sites of an await chain that are shown */
#define DUMP_FEW   3u  /* tasks of a group that are named */

/** What dump_groups_make() makes of it is passed in; see dump_group.h. */
struct dump_groups;

/** The place of a return address or a site id, "function file.c:12" or "0x… in module", escaped;
 * "" for 0. */
const char *dump_place(char *out, const struct dump *dump, uint64_t site);

void dump_text(FILE *out, const struct dump *dump, const struct dump_groups *groups);

/** Returns 0 or -ENOMEM. */
int dump_json(FILE *out, const struct dump *dump, const struct dump_groups *groups);

/** Does a lock of this type count permits? */
bool dump_counts(unsigned type);

/** Words for enum aw_inspect_state. */
const char *dump_state(unsigned state);

#endif
