/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_translate.h - facts about a CPython process become events.
 *
 * Takes the facts in the order the ring gave them and yields records of
 * event.h, one stream a thread. Reads code objects and type names in the
 * target's memory when it first meets them. Needs no kernel: tests give it
 * facts and a memory of their own.
 *
 * What is inferred here, and how:
 *  - a lock taken by `with` while its state was free is taken then, unless the
 *    chain at the end of that step shows the task waiting for it;
 *  - a lock is freed in the step at whose end its state was seen free (level
 *    `steps`: at whose end the await chain does not show it any more);
 *  - a lock that is locked at the end of a step and was free at the end of the
 *    one before, without a `with`, was taken by that step's task: an acquire()
 *    call, an asynchronous generator, a wrapper class;
 *  - an inner task whose whole purpose was to acquire (wait_for) took it for
 *    the task that made it.
 */
#ifndef CPYTHON_TRANSLATE_H
#define CPYTHON_TRANSLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython_define.h"
#include "cpython_find.h"
#include "cpython_fact_log.h"
#include "cpython_memory.h"
#include "cpython_source.h"
#include "event/stream.h"

/* Threads that are told apart, of all there ever were; the facts of more are told as lost. */
#define CPYTHON_STREAMS_MAX 65536u

struct cpython_translator;
struct cpython_cells;
struct cpython_codes;

/** Is told of each type met the first time, so that the programs know how to read its state (how->
 * state CPYTHON_STATE_NONE: no lock). */
typedef void (*cpython_type_fn)(void *context, uint32_t pid, uint64_t type,
                                const struct cpython_type_value *how);

/** Asks for the queue of an event loop; 0: of tasks that no queue tells about. */
typedef void (*cpython_loop_fn)(void *context, uint64_t loop);

struct cpython_translate_options {
	uint32_t pid;
	unsigned detail;                /* enum cpython_detail */
	struct cpython_memory memory;   /* with its layout */
	uint64_t interpreter, function; /* as in struct cpython_target */
	cpython_type_fn type_fn;        /* may be NULL */
	cpython_loop_fn loop_fn;        /* may be NULL */
	void *context;                  /* of both */
	/* Where several processes are told of together, their ids differ: */
	uint32_t *ids;              /* the last id given to a task or lock; NULL: its own, from 1 */
	uint64_t sites_from;        /* site ids begin behind this */
	struct cpython_lines lines; /* of its source; .line NULL: its files are read */
	struct cpython_fact_log
		*log; /* keeps all that the translator is given; NULL: nobody does */
};

/** What the translator saw that does not fit; a self-check refuses a target by it. */
struct cpython_translate_stats {
	uint64_t events, facts, lost;
	uint64_t missing;    /* of the lost: facts that the numbers show to be missing */
	uint64_t frames;     /* suspended frames looked at */
	uint64_t misfits;    /* of these: the instruction there is no yield */
	uint64_t unreadable; /* code objects that could not be read */
	uint64_t cut;        /* await chains of which the innermost functions may be missing */
	uint64_t kept;       /* tasks that have ended with locks that nobody has freed yet */
};

/** 0 or -ENOMEM. */
int cpython_translate_new(const struct cpython_translate_options *options,
                          struct cpython_translator **out);
void cpython_translate_free(struct cpython_translator *translator); /* takes NULL */

/** Takes one fact of `size` bytes with its items. 0, -EPROTO (it makes no sense) or -ENOMEM. */
int cpython_translate_fact(struct cpython_translator *translator, const struct cpython_fact *fact,
                           size_t size);

/** Takes a record that defines a code object (bpf/cpython_record.h): it comes before the facts that
 * name it. 0, -EPROTO (it makes no sense) or -ENOMEM. */
int cpython_translate_define(struct cpython_translator *translator,
                             const struct cpython_define *record, size_t size);

/** Delivers what is complete, and with `all` also the steps that have not ended. 0 or what `fn`
 * returned; `batches` (may be NULL) counts up. */
int cpython_translate_flush(struct cpython_translator *translator, bool all, stream_fn fn,
                            void *context, unsigned *batches);

/** The passes over a snapshot: tasks are made known, bound to each other, then told. */
enum cpython_snapshot_pass { CPYTHON_SNAPSHOT_MEET, CPYTHON_SNAPSHOT_BIND, CPYTHON_SNAPSHOT_TELL };

/**
 * Takes a task that was suspended before anything was traced, read from outside
 * (cpython_walk.h), on stream (pid, 0). Call it for all tasks with each pass in
 * turn: the last tells what each holds and waits for. The records carry
 * AW_ARG_SNAPSHOT. 0, -EPROTO or -ENOMEM.
 */
int cpython_translate_snapshot(struct cpython_translator *translator,
                               const struct cpython_fact *fact, enum cpython_snapshot_pass pass);

/** The next record of stream (pid, 0) has this number: those before are somebody else's. */
int cpython_translate_number(struct cpython_translator *translator, uint64_t next);

/** Calls `fn` for each lock that was told of. */
typedef void (*cpython_known_fn)(void *context, uint32_t id, uint64_t address,
                                 const struct cpython_type_value *how);
void cpython_translate_locks(const struct cpython_translator *translator, cpython_known_fn fn,
                             void *context);

/** The id of the task at an address, 0: none that is known. */
uint32_t cpython_translate_task(const struct cpython_translator *translator, uint64_t address);

/** Facts are missing that show in no number: what the facts so far led to expect is forgotten. */
void cpython_translate_missed(struct cpython_translator *translator);

/** Nothing is seen from now until the next fact (a window has ended): what is held and awaited is
 * not known any more. The next fact of each stream tells a LOST interval first. */
void cpython_translate_pause(struct cpython_translator *translator);

/** Watches cells (cpython_cells.h, not owned) from now on. */
void cpython_translate_cells(struct cpython_translator *translator, struct cpython_cells *cells);

/** Reads a type while it is there, for facts that will name it. 0 or -ENOMEM. */
int cpython_translate_type(struct cpython_translator *translator, uint64_t address);

/** How it reads the target's memory. Whoever finds cells for it reads in the same way, so that a
 * log of the facts has it. */
const struct cpython_memory *cpython_translate_memory(const struct cpython_translator *translator);

/** The code objects it has read. */
struct cpython_codes *cpython_translate_codes(struct cpython_translator *translator);

void cpython_translate_stats(const struct cpython_translator *translator,
                             struct cpython_translate_stats *out);

#endif
