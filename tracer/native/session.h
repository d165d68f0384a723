/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.h - live events of a C target through eBPF.
 *
 * Attaches to the target's awaitness:log_ship probe (our runtime), or to its
 * fine-grained awaitness:KIND probes where there is no log (another runtime
 * that carries probe.h), and is a struct source from then on. What the target
 * had not shipped when it died is collected too, exactly once.
 *
 * Loss: a gap in a stream's numbers is delivered as a batch of one LOST event
 * whose `first` is the first missing number; the next batch goes on behind the
 * gap. Batches that would repeat numbers are trimmed.
 */
#ifndef TRACER_SESSION_H
#define TRACER_SESSION_H

#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"
#include "kernel/feature.h"
#include "event/source.h"
#include "target/target.h"

struct session_options {
	const struct target *target;    /* must outlive the session */
	size_t ring_bytes;              /* rounded up to a power of two; 0: 64 MiB */
	const struct feature *features; /* FEATURE_COUNT rows; NULL: probe now */
};

/**
 * Loads the programs and attaches. The target goes on running (or stays
 * stopped). `fault` (may be NULL) gets one line when it fails: what failed, on
 * what, why, what to do.
 *
 * Returns 0, -ENOTSUP (the target carries no probes of ours), -EPERM/-EACCES
 * (capabilities), -ESRCH (target ended) or another negative errno.
 *
 * The source is used by one thread. The first poll tells what the target is (target_tell).
 */
int session_open(const struct session_options *options, struct source **out, struct fault *fault);

#endif
