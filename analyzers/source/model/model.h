/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model.h - a program as a concurrency model: where it suspends, its locks, and what is done with
 * them.
 */
#ifndef ANALYZERS_MODEL_H
#define ANALYZERS_MODEL_H

#include "model_lock.h"
#include "model_site.h"
#include "model_use.h"
#include "source/program/program.h"

struct model {
	struct program program;
	PROGRAM_TABLE(struct model_site) sites;
	PROGRAM_TABLE(struct model_call) calls;
	PROGRAM_TABLE(struct model_lock) locks;
	PROGRAM_TABLE(struct model_use) uses;
	struct program_map lock_names;       /* (name, 0) -> first lock of that name */
	struct program_map lock_by_place;    /* (scope, name) -> lock */
	struct program_map lock_alias_names; /* (name, 0) */
	/* (scope, name) -> lock: a local variable that stands for it */
	struct program_map lock_aliases;
};

/**
 * Forgets what was concluded, in the program, too, and indexes the files that are new. False: more
 * files must be lowered first: those in program.wanted.
 */
bool model_index(struct model *model);

/** Concludes it, of an indexed program. */
void model_link(struct model *model);

void model_fini(struct model *model);

#endif
