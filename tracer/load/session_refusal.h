/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_refusal.h - the kernel's words when it refuses a BPF program.
 *
 * libbpf tells what it does not like through one print function of the process, and by itself on
 * stderr: a library must not. While a thread listens, what libbpf tells in that thread is kept,
 * the last lines of it, and printed nowhere; all else goes where it went before, and when nobody
 * listens any more the print function of before is back.
 */
#ifndef TRACER_SESSION_REFUSAL_H
#define TRACER_SESSION_REFUSAL_H

#include <stdbool.h>

#include "base/fault.h"

enum { SESSION_REFUSAL_LINES = 4, SESSION_REFUSAL_LINE = 160, SESSION_REFUSAL_NAME = 32 };

/** What was heard. Zero-initialised: nothing. All texts are escaped. */
struct session_refusal {
	char program[SESSION_REFUSAL_NAME]; /* that was refused; "": it was not about a program */
	bool verifier;                      /* the lines are the verifier's, else libbpf's own */
	unsigned count;                     /* of lines, the last ones, oldest first */
	char lines[SESSION_REFUSAL_LINES][SESSION_REFUSAL_LINE];
	struct session_refusal *outer; /* who listened in this thread before */
};

/** Listens in this thread, until session_refusal_end of the same one. May be nested; the innermost
 * hears. Never fails. */
void session_refusal_begin(struct session_refusal *refusal);

/** `code` is what the loading returned: what is no question of the program (memory, descriptors,
 * permission) is not the verifier's word, though its log was told with it. 0: nothing failed. */
void session_refusal_end(struct session_refusal *refusal, int code);

/** The last line, which says why; "": nothing was heard. */
const char *session_refusal_why(const struct session_refusal *refusal);

/** What would settle it. */
const char *session_refusal_remedy(const struct session_refusal *refusal, int code);

/**
 * Tells why the programs could not be loaded: what is missing in this kernel or to this user
 * (`python`: for the programs of CPython), else the program that was refused, with the verifier's
 * last words. Probes the features for that, which takes some ms. Returns `code`.
 */
int session_refusal_fault(const struct session_refusal *refusal, bool python, struct fault *fault,
                          int code);

#endif
