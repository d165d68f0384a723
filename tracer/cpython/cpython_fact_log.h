/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_log.h - keeps what a translator is given, as it came: so that the way from facts to
 * events can be gone again without the process (cpython_fact_replay.h).
 *
 * The translator tells the log of each call that changes it, and asks the target's memory and its
 * source through it; docs/facts-format.md says what is written. A log that cannot be
 * written changes nothing of what is traced: the first error is kept for its owner to ask.
 */
#ifndef CPYTHON_FACT_LOG_H
#define CPYTHON_FACT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "bpf/cpython_record.h"
#include "event/stream.h"

struct cpython_fact_log;
struct cpython_modules;
struct cpython_translate_options;
struct aw_watch;

struct cpython_fact_log_stats {
	uint64_t calls; /* of the translator, facts and all */
	uint64_t bytes;
};

/**
 * Makes the file `path`, for its owner's eyes only: it holds pieces of the
 * target's memory. With `force` a log that is there is replaced, and never
 * anything else. 0 or a negative errno, with a message in `fault`.
 */
int cpython_fact_log_open(const char *path, bool force, struct cpython_fact_log **out,
                          struct fault *fault);

/** Writes out what is held back. 0, or the first error there was. */
int cpython_fact_log_flush(struct cpython_fact_log *log);

void cpython_fact_log_stats(const struct cpython_fact_log *log, struct cpython_fact_log_stats *out);

/** Ends the log. 0, or the first error there was; frees in any case. Takes NULL. After the
 * translator is freed. */
int cpython_fact_log_close(struct cpython_fact_log *log);

/** Events that the tracer tells by itself, without the translator, between its calls. */
void cpython_fact_log_events(struct cpython_fact_log *log, const struct stream_batch *batch);

/* ---- for the translator. A log of NULL is none. ---- */

/** One translator is about to begin: its memory and its source go through the log from now on. 0,
 * -EBUSY (another one has) or -ENOMEM. */
int cpython_fact_log_begin(struct cpython_fact_log *log, struct cpython_translate_options *options);

/** Calls, told before they are done. What is handed over is sound. */
void cpython_fact_log_fact(struct cpython_fact_log *log, const struct cpython_fact *fact);
void cpython_fact_log_define(struct cpython_fact_log *log, const struct cpython_define *record);
void cpython_fact_log_snapshot(struct cpython_fact_log *log, const struct cpython_fact *fact,
                               unsigned pass);
void cpython_fact_log_type(struct cpython_fact_log *log, uint64_t address);
void cpython_fact_log_number(struct cpython_fact_log *log, uint64_t next);
void cpython_fact_log_missed(struct cpython_fact_log *log);
void cpython_fact_log_pause(struct cpython_fact_log *log);
/** Cells are about to be made of these, with the type of functions; then they are watched, or no
 * more. */
void cpython_fact_log_cells(struct cpython_fact_log *log, uint64_t function,
                            const struct aw_watch *watch, const struct cpython_modules *modules);
void cpython_fact_log_watch(struct cpython_fact_log *log, bool watched);
void cpython_fact_log_told(struct cpython_fact_log *log, bool all);

#endif
