/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * known.h - a report without what is known: what a comment in the source waives, and what is in the
 * baseline.
 */
#ifndef CLI_KNOWN_H
#define CLI_KNOWN_H

#include "baseline.h"
#include "command.h"
#include "report/report.h"

/** All zero: nothing is known. */
struct known {
	struct baseline *baseline; /* NULL: none */
	struct report report;      /* what is left; owns `findings` and `locks` */
};

/** Reads settings->baseline, if there is one to be used. Returns a status; a message has been
 * printed. */
int known_open(struct known *known, const struct settings *settings);

/** What is left of a report; valid until known_close. NULL: no memory. Findings that are known are
 * counted, and left out; locks that are known are marked. */
const struct report *known_apply(struct known *known, const struct report *report);

/** Writes what is left, and what asks for a change of its locks, as a baseline. Returns a status; a
 * message has been printed. */
int known_write(const char *path, const struct report *report);

void known_close(struct known *known);

#endif
