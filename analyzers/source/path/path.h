/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.h - the path pass: reads, tests, suspensions and writes of one function, in
 * the order in which they happen.
 *
 * A *token* is a read of a location on the path so far. A suspension marks the
 * tokens that were read before it. A write of the location then tells whether
 * its value derives from a marked token, or is guarded by one.
 */
#ifndef ANALYZERS_PATH_H
#define ANALYZERS_PATH_H

#include "source/model/model.h"

#define PATH_TOKENS 64 /* bits of a token set; more reads on one path are not followed */
#define PATH_LOCALS 48
#define PATH_LOCKS  16
#define PATH_MORE   5      /* suspensions between a read and a write, after the first */
#define PATH_STEPS  200000 /* nested loops are walked twice each: a bound on the sum */

enum path_polarity { POLARITY_NONE, POLARITY_EMPTY, POLARITY_FULL, POLARITY_OTHER };

struct path_token {
	uint32_t location;        /* string: "self.x", "self.d[k]" */
	uint32_t key;             /* the local variable that is the index; 0: none */
	uint32_t node;            /* the read */
	uint32_t site;            /* the first suspension since; 0: none */
	uint32_t more[PATH_MORE]; /* the suspensions after that, in order; 0: none */
	uint32_t test;            /* the test that it guards by; 0: none */
	uint16_t locks;           /* open locks, by place, that are held since before the read */
	uint8_t polarity;         /* enum path_polarity, of the guard */
	bool raises;              /* the guard's other way out is a raise */
	bool copied; /* what crossed the suspension was made from it, and is not itself it */
};

/* What a value derives from. */
struct path_value {
	uint64_t all;    /* tokens */
	uint64_t direct; /* tokens whose value it is */
	uint64_t arith;  /* tokens that are operands of + - * in it */
};

struct path_state {
	struct path_token tokens[PATH_TOKENS];
	struct {
		uint32_t name;
		struct path_value value;
	} locals[PATH_LOCALS];
	uint32_t locks[PATH_LOCKS]; /* keys of open locks; 0: free */
	unsigned int token_count, local_count;
	bool dead;      /* no way leads here */
	bool suspended; /* on some way to here */
};

enum path_kind { PATH_FLOW, PATH_ARITH, PATH_GUARD };

/* A read, a suspension and a write of one location. */
struct path_hit {
	uint8_t kind;     /* enum path_kind */
	uint8_t polarity; /* of a guard */
	bool constant;    /* what is written is a constant */
	bool removes;     /* it is del or pop */
	bool raises;
	bool content; /* the value read was copied before the suspension */
	uint32_t func, location, read, site, write;
	uint32_t more[PATH_MORE]; /* suspensions after `site`; 0: none */
	uint32_t via;   /* the function called that writes, whose node `write` is; 0: this one */
	uint32_t locks; /* in program->lists: keys of locks held all along */
	uint32_t lock_count;
};

/* A write of a function as its callers see it. */
struct path_effect {
	uint32_t location, node;
	bool late; /* after a suspension, without a check of its own */
	bool constant;
};

struct path_summary {
	PROGRAM_TABLE(struct path_effect) effects;
	bool done, running;
};

/* A location that a function writes, in any way. */
struct path_writer {
	uint32_t func, location, node;
};

struct path_pass {
	struct model *model;
	struct program *p; /* the model\'s */
	PROGRAM_TABLE(struct path_hit) hits;
	PROGRAM_TABLE(struct path_writer) writers;
	struct path_summary *summaries; /* by function */
	unsigned int depth;             /* of functions followed into one another */
	unsigned int steps;             /* taken in this function; see PATH_STEPS */
};

int path_pass_run(struct model *model, struct path_pass *out);
void path_pass_fini(struct path_pass *pass);

/* path_state.c */
struct path_state *path_state_copy(struct program *p, const struct path_state *s);
void path_state_join(struct path_state *into, const struct path_state *other);
unsigned int path_token_add(struct path_state *s, uint32_t location, uint32_t key, uint32_t node);
void path_cross(struct path_state *s, uint32_t site);
void path_local_set(struct path_state *s, uint32_t name, struct path_value value);
struct path_value path_local_get(const struct path_state *s, uint32_t name);
unsigned int path_lock_open(struct path_state *s, uint32_t key);
void path_lock_close(struct path_state *s, unsigned int place);

#endif
