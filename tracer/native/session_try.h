/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_try.h - does the kernel take the BPF programs for C (load/session_trial.h)?
 */
#ifndef TRACER_SESSION_TRY_H
#define TRACER_SESSION_TRY_H

#include "load/session_trial.h"

enum { SESSION_TRIAL_LOG, SESSION_TRIAL_USDT, SESSION_TRIALS };

/** Tries the programs of session.h; CPython's are cpython_session_try's. Takes 20 to 200 ms and
 * 64 MiB for a moment. Blocks nobody. */
void session_try(const struct feature features[FEATURE_COUNT],
                 struct session_trial out[SESSION_TRIALS]);

#endif
