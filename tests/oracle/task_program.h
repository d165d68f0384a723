/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task_program.h - the oracle's language: small programs of tasks.
 *
 * A program has up to PROGRAM_TASKS tasks; each is a straight list of ops with
 * forward skips. The oracle runs such a program under every schedule
 * (explore.h) and under one (machine.h), and shares no code with the
 * analyzers that it judges: it knows events only as the records it writes.
 *
 * A program of two loops has two threads; tasks of one loop never run at the
 * same time, those of different loops do. Lock l, and what else tasks wait
 * for, then belongs to one loop; variables and the thread lock to both.
 */
#ifndef ORACLE_TASK_PROGRAM_H
#define ORACLE_TASK_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PROGRAM_TASKS = 4,
	PROGRAM_OPS = 20, /* of one task */
	PROGRAM_VARS = 3,
	PROGRAM_LOOPS = 2,
	PROGRAM_LOCKS = 2, /* of tasks; both have a read mode, too */
	/* All that can exclude: the locks, then the semaphore (of one permit), then the thread
	   lock. */
	PROGRAM_SEM = PROGRAM_LOCKS,
	PROGRAM_TLOCK,
	PROGRAM_GUARDS
};

/* X(NAME, what it does; a and b are the op's operands) */
#define ORACLE_OPS(X)                                                                              \
	X(END, "the task ends; what it holds is released")                                         \
	X(RETURN, "the task ends; what it holds stays locked")                                     \
	X(READ, "reg[a] = var[a]")                                                                 \
	X(WRITE, "var[a] = reg[a] + 1: the value derives from the last read")                      \
	X(USE, "what was read from var[a] is used: no access to it")                               \
	X(ITERATE, "the same, an iteration over var[a] that goes on")                              \
	X(LOCK, "acquire lock a, wait for it in FIFO order")                                       \
	X(UNLOCK, "release lock a")                                                                \
	X(YIELD, "suspend; ready again at once")                                                   \
	X(IF, "test: reg[a] = var[a]; skip b ops when it is odd")                                  \
	X(SET, "set the event")                                                                    \
	X(WAIT, "wait for the event")                                                              \
	X(PUT, "put into the queue (unbounded)")                                                   \
	X(GET, "get from the queue")                                                               \
	X(DOWN, "acquire the semaphore")                                                           \
	X(UP, "release the semaphore")                                                             \
	X(SPAWN, "start task a; it runs later")                                                    \
	X(EAGER, "start task a; it runs at once, nested in this step")                             \
	X(JOIN, "wait for the end of task a")                                                      \
	X(CANCEL, "cancel task a at its next suspension")                                          \
	X(CALL, "schedule a plain callback that writes var a")                                     \
	X(POST, "the same on the other loop")                                                      \
	X(POST_SET, "schedule a plain callback on the event's loop that sets it")                  \
	X(COND_WAIT, "wait on the condition of lock a (held)")                                     \
	X(NOTIFY, "wake one waiter of the condition of lock a (held)")                             \
	X(TLOCK, "acquire the thread lock: the whole loop waits")                                  \
	X(TUNLOCK, "release the thread lock")

enum op_kind {
#define ORACLE_OP_ENUM(NAME, text) OP_##NAME,
	ORACLE_OPS(ORACLE_OP_ENUM)
#undef ORACLE_OP_ENUM
		OP_KINDS
};

struct op {
	uint8_t kind; /* enum op_kind */
	uint8_t a;
	uint8_t b;
	bool timed;  /* an op that waits: it may give up, and skip b ops */
	bool shared; /* LOCK, UNLOCK: read mode */
};

struct program {
	uint64_t seed;
	uint8_t tasks;                /* used entries of `ops` */
	uint8_t started;              /* tasks [0, started) exist from the start */
	uint8_t loops;                /* 1 or 2 */
	uint8_t loop[PROGRAM_TASKS];  /* of each task */
	uint8_t permits;              /* initial value of the semaphore: 0, 1 or 2 */
	bool one_site;                /* both locks are created at one place: two objects */
	bool without[PROGRAM_GUARDS]; /* this one was taken out: its ops do nothing */
	struct op ops[PROGRAM_TASKS][PROGRAM_OPS];
};

/** A random program; the same seed gives the same program everywhere. */
void program_generate(uint64_t seed, struct program *out);

/** Prints a program to stdout, an op a line, as a person reads it. */
void program_print(const struct program *p);

/** Next number of a splitmix64 sequence (Steele, Lea, Flood 2014). */
uint64_t program_random(uint64_t *state);

#endif
