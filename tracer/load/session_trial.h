/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_trial.h - does the kernel take our BPF programs? They are loaded as a session loads them,
 * with rings as large, attached to nothing, and thrown away.
 *
 * That the kernel has whatever they are made of (feature.h) does not answer it: each kernel's
 * verifier has to be persuaded.
 */
#ifndef TRACER_SESSION_TRIAL_H
#define TRACER_SESSION_TRIAL_H

#include <stdint.h>

#include "kernel/feature.h"
#include "session_refusal.h"

struct bpf_object;

/** One BPF object, tried. */
struct session_trial {
	const char *object; /* as in bpf/OBJECT.bpf.c */
	int error;          /* a negative errno; 0: all its programs were loaded */
	unsigned programs;  /* that were to be loaded; 0: it did not come so far */
	uint64_t ns;        /* that took */
	struct session_refusal refusal;
};

/** Opens and loads; `*object` is what is open, NULL: nothing. 0 or a negative errno. */
typedef int (*session_trial_fn)(void *context, struct bpf_object **object,
                                struct session_refusal *refusal);

/** Fills in `out`. What `load` loaded is its caller's to close. */
void session_trial_make(struct session_trial *out, const char *object, session_trial_fn load,
                        void *context);

#endif
