/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.h - an analysis from its options to the printed report and the exit
 * status: what attach, run and report share.
 */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include "analysis.h"
#include "command.h"
#include "known.h"
#include "output.h"

struct verdict {
	const struct settings *settings;
	struct analysis *analysis;
	struct output output;
	struct known known;
};

/**
 * Checks --fail-on and --only, reads the baseline, opens the output, makes the analysis. To be
 * called before anything is done to a target, so that a typing error costs
 * nothing. Returns a status; a message has been printed.
 */
int verdict_open(struct verdict *verdict, const struct command *command,
                 const struct settings *settings);

/** Ends the analysis, prints the report. Returns a status (STATUS_FINDINGS, or STATUS_FAILED for
 * what was not seen, as --fail-on asks); a message has been printed for any but STATUS_CLEAN. */
int verdict_print(struct verdict *verdict);

/** Frees what is left. May follow a verdict_open that failed. */
void verdict_close(struct verdict *verdict);

#endif
