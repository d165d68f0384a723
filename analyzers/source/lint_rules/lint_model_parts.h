/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_model_parts.h - what is in a struct lint_model, for those who fill it.
 */
#ifndef ANALYZERS_LINT_MODEL_PARTS_H
#define ANALYZERS_LINT_MODEL_PARTS_H

#include "lint_model.h"
#include "source/model/model.h"

/* A file that was not fully understood. */
struct lint_broken {
	const char *file;
	uint32_t line; /* 0: all of it */
};

struct lint_model {
	struct model model;
	PROGRAM_TABLE(struct lint_finding) findings;
	PROGRAM_TABLE(struct lint_place) places;
	PROGRAM_TABLE(uint32_t) first_place; /* by finding: places are a table that moves */
	PROGRAM_TABLE(struct lint_window) windows;
	PROGRAM_TABLE(struct lint_writer) writers;
	PROGRAM_TABLE(const char *) labels; /* of the windows' locks */
	PROGRAM_TABLE(uint32_t) first_label;
	PROGRAM_TABLE(struct lint_error) errors;
	PROGRAM_TABLE(struct lint_broken) broken;
	struct lint_stats stats;
};

#endif
