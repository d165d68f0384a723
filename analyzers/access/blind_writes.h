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

#include "base/idmap.h"

#define BLIND_NEAR 64u /* rows that are found at once */

struct blind_site {
	uint64_t site;
	uint64_t writes;
	uint64_t blind; /* of these: the task's access before was a write, or there was none */
};

struct blind_writes {
	struct idmap by_site; /* index in rows */
	struct blind_site *rows;
	uint32_t used, room;
	uint32_t near[BLIND_NEAR]; /* rows found lately, by a hash of the site */
};

/** The row of `site`, made if need be, now among those found lately. NULL: no memory. */
struct blind_site *blind_writes_row(struct blind_writes *writes, uint64_t site, uint32_t *near);

/** A write at `site`. 0 or -ENOMEM. */
static inline int blind_writes_note(struct blind_writes *writes, uint64_t site, bool blind)
{
	uint32_t *near = &writes->near[(site ^ site >> 6) % BLIND_NEAR];
	struct blind_site *row = writes->rows + *near;

	if (!writes->used || row->site != site)
		row = blind_writes_row(writes, site, near);
	if (!row)
		return -ENOMEM;
	row->writes++;
	row->blind += blind;
	return 0;
}

/** Does this site write whatever was there? One write in twenty is enough to say so. */
bool blind_writes_has(const struct blind_writes *writes, uint64_t site);

void blind_writes_fini(struct blind_writes *writes);

#endif
