/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session_attach.h - the BPF object of a CPython session: loaded, fed, attached.
 */
#ifndef CPYTHON_SESSION_ATTACH_H
#define CPYTHON_SESSION_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/cpython_watch.h"
#include "cpython_find.h"
#include "cpython_session.h"

struct cpython_attachment;

/** Takes a fact of `size` bytes; a negative errno ends the polling. */
typedef int (*cpython_fact_fn)(void *context, const struct cpython_fact *fact, size_t size);

/** Loads the programs; of the options ring_bytes and scratch_fails are used. 0 or a negative errno
 * with a message. Free with cpython_attachment_close. */
int cpython_attachment_open(const struct cpython_session_options *options, cpython_fact_fn fn,
                            void *context, struct cpython_attachment **out, struct fault *fault);
void cpython_attachment_close(struct cpython_attachment *attachment); /* takes NULL; detaches */

/** Tells the programs of a process, as target number `index`. */
int cpython_attachment_target(struct cpython_attachment *attachment, uint32_t index, uint32_t pid,
                              const struct cpython_target *target);
/** Tells them how the state of a lock type is read. */
int cpython_attachment_type(struct cpython_attachment *attachment, uint32_t index, uint64_t type,
                            const struct cpython_type_value *how);

/** Tells them of an await to watch cells over, or of where a type keeps an attribute. */
int cpython_attachment_await(struct cpython_attachment *attachment,
                             const struct cpython_await_key *key,
                             const struct cpython_await_value *value);
int cpython_attachment_attribute(struct cpython_attachment *attachment,
                                 const struct cpython_attribute_key *key,
                                 const struct cpython_attribute_value *value);

/** Tells them of the queue of an event loop. */
int cpython_attachment_loop(struct cpython_attachment *attachment, uint32_t index, uint64_t loop,
                            const struct cpython_loop_value *value);

enum {
	CPYTHON_PROBE_LOAD = 1, /* modules being made */
	CPYTHON_PROBE_STEP = 2, /* steps, and threads that go to sleep */
	CPYTHON_PROBE_REST = 4, /* whatever else `detail` needs */
	CPYTHON_PROBE_MAKE =
		8, /* tasks being made, where `detail` does without and queues do not tell */
	CPYTHON_PROBE_TEST = 16 /* tests being begun */
};

/** Attaches to the places of a process that `what` (CPYTHON_PROBE_*) names. */
int cpython_attachment_attach(struct cpython_attachment *attachment, uint32_t pid,
                              const struct cpython_found *found, enum cpython_detail detail,
                              unsigned what, struct fault *fault);
/** Takes all probes away (about 60 ms; the target goes on meanwhile). */
void cpython_attachment_detach(struct cpython_attachment *attachment);

/** Hands over what is in the ring, waiting at most timeout_ms; at most some MiB, so that a target
 * that is faster than its reader holds nobody up. 0 or a negative errno. */
int cpython_attachment_poll(struct cpython_attachment *attachment, int timeout_ms);

/** Hands over all that is in the ring of a detached attachment, to which nothing is added any more.
 * 0 or a negative errno. */
int cpython_attachment_drain(struct cpython_attachment *attachment);

/** How often the kernel did not run a program, for it was running on that CPU already. */
uint64_t cpython_attachment_missed(const struct cpython_attachment *attachment);

uint64_t cpython_attachment_counter(const struct cpython_attachment *attachment,
                                    enum cpython_counter counter);

#endif
