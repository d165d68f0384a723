/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_site.h - where a function may suspend, and what it calls.
 */
#ifndef ANALYZERS_MODEL_SITE_H
#define ANALYZERS_MODEL_SITE_H

#include <stdint.h>

struct model;

enum model_site_kind {
	SITE_AWAIT, /* node: AWAIT */
	SITE_ENTER, /* node: ITEM of an async with; the next site is its SITE_EXIT */
	SITE_EXIT,
	SITE_FOR,   /* node: FOR */
	SITE_COMP,  /* node: COMP_FOR */
	SITE_YIELD, /* node: YIELD of an async generator */
	SITE_SPAWN, /* node: CALL that starts a task */
	SITE_ERROR  /* node: what was not understood */
};

struct model_site {
	uint8_t kind;    /* enum model_site_kind */
	uint8_t verdict; /* by itself: NEVER or MAY. callees and locks add to it */
	uint32_t func, node;
	uint32_t callees, callee_count; /* in program->lists: functions it runs */
	uint32_t locks, lock_count;     /* in program->lists: locks it may wait for */
};

/* A call of a function of the program, or a reference to one that is not a call. */
struct model_call {
	uint32_t func;   /* in which it stands */
	uint32_t node;   /* CALL; for a reference, the expression */
	uint32_t callee; /* function */
	uint8_t how;     /* enum model_call_how */
};

enum model_call_how { CALL_PLAIN, CALL_TASK, CALL_TASKS, CALL_ESCAPE };

void model_sites_link(struct model *model);

#endif
