/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_watch.h - what of a program is to be watched: from the model of its source to the
 * tracer.
 */
#ifndef ANALYZERS_JOIN_WATCH_H
#define ANALYZERS_JOIN_WATCH_H

#include <awaitness/watch.h>

#include "report/report.h"

struct join_watch;

/** Zero-initialised memory of its own; NULL without memory. Free with join_watch_free. */
struct join_watch *join_watch_new(void);
void join_watch_free(struct join_watch *watch); /* takes NULL */

/** An aw_watch_fn; `watch` is a struct join_watch *. */
int join_watch_windows(void *watch, const struct aw_watch_program *program, struct aw_watch *out);

/** A report_source_fn: what the programs that were read say of a lock; `watch` as above. */
void join_watch_source(void *watch, const struct report_lock *lock, struct report_source *out);

#endif
