/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump.h - a picture of a process's tasks and locks, as text and as JSON.
 */
#ifndef CLI_DUMP_H
#define CLI_DUMP_H

#include <stdio.h>

#include "inspection.h"
#include "names.h"
#include "symbols.h"
#include "target.h"

struct dump {
	const struct target *target;
	const struct inspection *inspection;
	struct symbols *symbols;   /* NULL: addresses stay addresses */
	const struct names *names; /* not NULL: sites are ids in this, as of a Python process */
	size_t others; /* tasks that are not shown: they run, have not begun, or are done */
};

#define DUMP_PLACE 600u
#define CHAIN_MAX  64u /* sites of an await chain that are shown */

/** The place of a return address or a site id, "function file.c:12" or "0x… in module", escaped;
 * "" for 0. */
const char *dump_place(char *out, const struct dump *dump, uint64_t site);

void dump_text(FILE *out, const struct dump *dump);

/** Returns 0 or -ENOMEM. */
int dump_json(FILE *out, const struct dump *dump);

/** Words for enum aw_inspect_state. */
const char *dump_state(unsigned state);

#endif
