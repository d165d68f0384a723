/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_watch.h - what of a Python program is to be watched: from the model of its source to the
 * tracer.
 */
#ifndef ANALYZERS_JOIN_WATCH_H
#define ANALYZERS_JOIN_WATCH_H

#include <awaitness/watch.h>

#include "report/report.h"

struct pywatch;

/** Zero-initialised memory of its own; NULL without memory. Free with pywatch_free. */
struct pywatch *pywatch_new(void);
void pywatch_free(struct pywatch *watch); /* takes NULL */

/** An aw_watch_fn; `watch` is a struct pywatch *. */
int pywatch_windows(void *watch, const struct aw_watch_program *program, struct aw_watch *out);

/** A report_source_fn: what the programs that were read say of a lock; `watch` as above. */
void pywatch_source(void *watch, const struct report_lock *lock, struct report_source *out);

#endif
