/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor_trial.h - the part of awaitness doctor about our BPF programs: those for C and those for
 * CPython are loaded as attach does, apart, and what the kernel said is told.
 */
#ifndef CLI_DOCTOR_TRIAL_H
#define CLI_DOCTOR_TRIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "kernel/feature.h"
#include "native/session_try.h"

enum { DOCTOR_TRIAL_C, DOCTOR_TRIAL_PYTHON, DOCTOR_TRIALS };

/** What is traced with the same BPF programs. */
struct doctor_trial {
	const char *key;               /* in JSON */
	const char *what;              /* in text */
	const char *instead;           /* what there is without eBPF */
	const struct feature *missing; /* a row; then nothing was loaded. NULL: none */
	unsigned count;                /* of objects */
	struct session_trial objects[SESSION_TRIALS];
};

/** Tries both. `rows` is to outlive `out`. Takes as long as attaching does. */
void doctor_trial_make(const struct feature rows[FEATURE_COUNT],
                       struct doctor_trial out[DOCTOR_TRIALS]);

/** Will attach work? */
bool doctor_trial_works(const struct doctor_trial *trial);

void doctor_trial_print(FILE *out, const struct doctor_trial *trial);
json_t *doctor_trial_json(const struct doctor_trial *trial);

#endif
