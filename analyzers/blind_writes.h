/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blind_writes.h - which write sites write without having read.
 *
 * A lost update needs that the value written derives from the value read, and
 * the events of a C program do not carry that. But they carry its opposite: a
 * site that also writes a location which its task has not read since its own
 * last write there does not compute from what is there (`SET key value`), and
 * a read that happened to come before it means nothing.
 *
 * Bounded by the write sites of the program.
 */
#ifndef ANALYZERS_BLIND_WRITES_H
#define ANALYZERS_BLIND_WRITES_H

#include <stdbool.h>
#include <stdint.h>

#include "idmap.h"

struct blind_site {
	uint64_t writes;
	uint64_t blind; /* of these: the task's access before was a write, or there was none */
};

struct blind_writes {
	struct idmap by_site; /* index in rows */
	struct blind_site *rows;
	uint32_t used, room;
	uint64_t last_site; /* of the row found last */
	uint32_t last;
};

/** A write at `site`. 0 or -ENOMEM. */
int blind_writes_note(struct blind_writes *writes, uint64_t site, bool blind);

/** Does this site write whatever was there? One write in twenty is enough to say so. */
bool blind_writes_has(const struct blind_writes *writes, uint64_t site);

void blind_writes_fini(struct blind_writes *writes);

#endif
