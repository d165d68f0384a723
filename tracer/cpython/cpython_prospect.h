/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_prospect.h - what an attach to a Python process would see, found out without attaching.
 */
#ifndef CPYTHON_PROSPECT_H
#define CPYTHON_PROSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "cpython_session.h"
#include "cpython_snapshot.h"
#include "target/target.h"

struct cpython_prospect {
	char release[32]; /* "3.11.2"; "": not known */
	bool supported;   /* else `fault` says why not */
	struct fault fault;
	bool jit;                       /* may run compiled code */
	bool cells;                     /* cells can be watched */
	bool uvloop;                    /* its extension module is loaded */
	uint64_t sees[CPYTHON_DETAILS]; /* enum aw_can bits, by level */
	bool pictured;                  /* `picture` was taken */
	struct cpython_picture picture; /* its tasks now */
};

/** Looks at a CPython process: its files, its interpreter, its tasks. Nothing is attached and
 * nothing stops; takes up to some 600 ms. What is wrong with it is in `out`. */
void cpython_prospect(const struct target *target, struct cpython_prospect *out);

#endif
