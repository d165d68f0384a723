/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump.h - a picture of a process's tasks and locks, as text and as JSON.
 */
#ifndef CLI_DUMP_H
#define CLI_DUMP_H

#include <stdio.h>

#include "inspection.h"
#include "symbols.h"
#include "target.h"

struct dump {
	const struct target *target;
	const struct inspection *inspection;
	struct symbols *symbols; /* NULL: addresses stay addresses */
};

#define DUMP_PLACE 600u

/** The place of a return address, "function file.c:12" or "0x… in module", escaped; "" for 0. */
const char *dump_place(char *out, struct symbols *symbols, uint64_t address);

void dump_text(FILE *out, const struct dump *dump);

/** Returns 0 or -ENOMEM. */
int dump_json(FILE *out, const struct dump *dump);

/** Words for enum aw_inspect_state. */
const char *dump_state(unsigned state);

#endif
