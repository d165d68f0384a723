/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - the oracle's language: small programs of tasks.
 *
 * A program has up to PROGRAM_TASKS tasks; each is a straight list of ops with
 * forward skips. The oracle runs such a program under every schedule
 * (explore.h) and under one (machine.h), and shares no code with the
 * analyzers that it judges: it knows events only as the records it writes.
 */
#ifndef ORACLE_PROGRAM_H
#define ORACLE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PROGRAM_TASKS = 4,
	PROGRAM_OPS = 20, /* of one task */
	PROGRAM_VARS = 3,
	PROGRAM_LOCKS = 2,
	PROGRAM_SEMS = 1,
	PROGRAM_EVENTS = 1,
	PROGRAM_QUEUES = 1
};

/* X(NAME, what it does; a and b are the op's operands) */
#define ORACLE_OPS(X)                                                                              \
	X(END, "the task ends")                                                                    \
	X(READ, "reg[a] = var[a]")                                                                 \
	X(WRITE, "var[a] = reg[a] + 1: the value derives from the last read")                      \
	X(LOCK, "acquire lock a, wait for it in FIFO order")                                       \
	X(TIMED_LOCK, "the same, or give up and skip b ops")                                       \
	X(UNLOCK, "release lock a")                                                                \
	X(YIELD, "suspend; ready again at once")                                                   \
	X(IF, "test: reg[a] = var[a]; skip b ops when it is odd")                                  \
	X(SET, "set event a")                                                                      \
	X(WAIT, "wait for event a")                                                                \
	X(PUT, "put into queue a (unbounded)")                                                     \
	X(GET, "get from queue a")                                                                 \
	X(DOWN, "acquire semaphore a")                                                             \
	X(UP, "release semaphore a")                                                               \
	X(SPAWN, "start task a; it runs later")                                                    \
	X(EAGER, "start task a; it runs at once, nested in this step")                             \
	X(JOIN, "wait for the end of task a")                                                      \
	X(CANCEL, "cancel task a at its next suspension")                                          \
	X(CALL, "schedule a plain callback that writes var a")                                     \
	X(COND_WAIT, "wait on the condition of lock a (held)")                                     \
	X(NOTIFY, "wake one waiter of the condition of lock a (held)")

enum op_kind {
#define ORACLE_OP_ENUM(NAME, text) OP_##NAME,
	ORACLE_OPS(ORACLE_OP_ENUM)
#undef ORACLE_OP_ENUM
};

struct op {
	uint8_t kind; /* enum op_kind */
	uint8_t a;
	uint8_t b;
};

struct program {
	uint64_t seed;
	uint8_t tasks;   /* used entries of `ops` */
	uint8_t started; /* tasks [0, started) exist from the start; the others are spawned */
	uint8_t permits[PROGRAM_SEMS]; /* initial value of each semaphore: 0, 1 or 2 */
	bool no_lock[PROGRAM_LOCKS];   /* this lock was taken out: its ops do nothing */
	bool no_sem[PROGRAM_SEMS];     /* the same of a semaphore */
	struct op ops[PROGRAM_TASKS][PROGRAM_OPS];
};

/** A random program; the same seed gives the same program everywhere. */
void program_generate(uint64_t seed, struct program *out);

/** Prints a program to stdout, an op a line, as a person reads it. */
void program_print(const struct program *p);

/** Next number of a splitmix64 sequence (Steele, Lea, Flood 2014). */
uint64_t program_random(uint64_t *state);

#endif
