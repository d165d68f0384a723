/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.h - what went wrong, for a library that never prints.
 *
 * A function that can fail on its input takes a `struct fault *` (NULL: not
 * wanted), fills in one line for a person, and returns the same code. The
 * caller, at last a subcommand, prints the line. Text that came from the input
 * is escaped when it is put in.
 */
#ifndef TRACER_FAULT_H
#define TRACER_FAULT_H

/** One failure. `message` is one line without a newline; it needs no further escaping. */
struct fault {
	int code;      /* negative errno; 0: none */
	unsigned line; /* line of a text input, from 1; 0: not about a line */
	char message[256];
};

/** Fills in `fault` (may be NULL) and returns `code`, so that both are one expression. */
int fault_set(struct fault *fault, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
