/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_cells.h - the cells that are watched, as a log of facts keeps them: the windows and
 * writers of the source model (watch.h), and the modules that they are of.
 */
#ifndef CPYTHON_FACT_CELLS_H
#define CPYTHON_FACT_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <awaitness/watch.h>

#include "cpython_cells.h"
#include "cpython_fact_words.h"
#include "cpython_modules.h"

/** Writes them, a line each. */
void cpython_fact_cells_put(FILE *out, const struct aw_watch *watch,
                            const struct cpython_modules *modules);

/** As they are read again. Zero-initialised: none. */
struct cpython_fact_cells {
	struct aw_watch_window *windows;
	struct aw_watch_writer *writers;
	size_t window_room, writer_room;
	struct aw_watch watch; /* of these */
	struct cpython_modules modules;
	struct cpython_cells *cells; /* made of all these; NULL: not yet */
};

/** Takes what stands behind the word `module`, `library`, `window` or `writer`. 0, -EBADMSG or
 * -ENOMEM. */
int cpython_fact_cells_take(struct cpython_fact_cells *kept, enum cpython_fact_record record,
                            struct cpython_fact_words *words);

/** Makes the cells, which `kept` owns. 0 or a negative errno. */
int cpython_fact_cells_load(struct cpython_fact_cells *kept, const struct cpython_memory *memory,
                            uint64_t function, struct cpython_codes *codes);

void cpython_fact_cells_fini(struct cpython_fact_cells *kept);

#endif
