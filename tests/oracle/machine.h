/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h - runs a program of tasks, one step at a time.
 *
 * The state is plain data: copying it is saving it, which is all that the
 * search over schedules needs. On one loop a step runs from a resume to the next
 * suspension and is atomic, except for eager starts, which nest. With two
 * loops a step is cut before each op that the other loop can notice.
 */
#ifndef ORACLE_MACHINE_H
#define ORACLE_MACHINE_H

#include <awaitness/event.h>

#include "task_program.h"

enum {
	MACHINE_LOG = 192,
	MACHINE_CALLBACK = PROGRAM_TASKS, /* the actor number of callbacks, whatever their loop */
	MACHINE_CALLBACKS = 8,
	MACHINE_NOBODY = 0xff
};

enum task_status { TASK_ABSENT, TASK_READY, TASK_RUNNING, TASK_BLOCKED, TASK_DONE };

struct machine_task {
	uint8_t status; /* enum task_status */
	uint8_t pc;
	uint8_t blocked_op;            /* enum op_kind it is blocked in, 0: none */
	uint8_t granted;               /* what it was blocked for is its own now */
	uint8_t cancel;                /* cancelled: ends at its next suspension */
	uint8_t step;                  /* number of the step it is in or ended last */
	uint8_t gave_up;               /* its timed wait ended by itself */
	uint8_t held;                  /* bit g: guard g */
	uint8_t held_shared;           /* bit l: of these, in read mode */
	uint8_t taken[PROGRAM_GUARDS]; /* number of the acquisition it holds guard g by */
	uint8_t more[PROGRAM_LOCKS];   /* further acquisitions of lock l, in read mode */
	uint8_t permits;               /* of the semaphore */
	uint8_t observed;              /* bit t: it has seen the end of task t */
	uint8_t reg[PROGRAM_VARS];
};

struct machine_lock {
	uint8_t taken; /* exclusively */
	uint8_t readers;
	uint8_t waiting[PROGRAM_TASKS]; /* FIFO of task numbers */
	uint8_t waiters;
	uint8_t sleeping[PROGRAM_TASKS]; /* in COND_WAIT */
	uint8_t sleepers;
};

/** One access, in the order in which accesses happened. */
struct machine_access {
	uint8_t actor; /* task number, or MACHINE_CALLBACK */
	uint8_t step;  /* of the actor; each callback is a step of its own */
	uint8_t var;
	uint8_t write;
	uint8_t op;   /* index in the task's ops; callbacks: 0 */
	uint8_t test; /* the value read decides about a branch */
	uint8_t use;  /* of a value read before: no access */
	uint8_t iterate;
	uint8_t loop;
	uint8_t held; /* bit g: guard g was held */
	uint8_t held_shared;
	uint8_t taken[PROGRAM_GUARDS]; /* ... by this acquisition */
};

/** A plain callback that waits for its turn. */
struct machine_call {
	uint8_t var; /* to write; PROGRAM_VARS: it sets the event */
	uint8_t id;
};

struct machine {
	struct machine_task task[PROGRAM_TASKS];
	struct machine_lock lock[PROGRAM_LOCKS];
	uint8_t acquisitions[PROGRAM_GUARDS]; /* so far, modulo 256 */
	uint8_t sem;
	uint8_t event;
	uint8_t queue;
	uint8_t tlock; /* the task that holds it, MACHINE_NOBODY: none */
	uint8_t var[PROGRAM_VARS];
	uint8_t running[PROGRAM_LOOPS]; /* two loops: the task that is in a step */
	struct machine_call calls[PROGRAM_LOOPS][MACHINE_CALLBACKS]; /* FIFO */
	uint8_t call_count[PROGRAM_LOOPS];
	uint8_t calls_made;
	uint8_t callback_step;
	uint8_t order[PROGRAM_TASKS]; /* blocked on sem/event/queue/join, FIFO */
	uint8_t order_count;
	uint8_t circled;       /* tasks have waited for each other, also within a step */
	uint8_t spanned_tlock; /* a task suspended while it held the thread lock */
	uint16_t log_count;
	struct machine_access log[MACHINE_LOG];
};

/** Takes the events of a run; `emit` is NULL while exploring. */
struct machine_trace {
	void (*emit)(void *context, unsigned loop, const struct aw_event *e);
	void *context;
	uint64_t time;     /* ns, grows by 1000 per stamped event */
	uint32_t task0;    /* id of task 0 in this run; task t is task0 + t */
	uint64_t object0;  /* ids of the run's locks, events, queues begin here */
	uint64_t address0; /* its variables lie from here */
};

/* Each run has objects of its own, made at the same sites: evidence adds up over runs, and no task
 * of one run can meet a task of another. */
enum {
	MACHINE_GUARD = 0, /* guard g is object0 + MACHINE_GUARD + g, ... */
	MACHINE_EVENT = 16,
	MACHINE_QUEUE = 24,
	MACHINE_CALL = 32,
	MACHINE_OBJECTS = 64, /* ids that a run uses */
	MACHINE_SITE = 0x400000,
	MACHINE_LOCK_SITE = 0x500000 /* where guard g was created: + g */
};

/** What can be chosen next: a ready task t; MACHINE_CALLBACK + l: the next callback of loop l;
 * MACHINE_TIMEOUT + t: t's timed wait ends; MACHINE_GO + l: loop l goes on with its step. */
enum { MACHINE_GO = 8, MACHINE_TIMEOUT = 16, MACHINE_CHOICES = 12 };

void machine_init(struct machine *m, const struct program *p, struct machine_trace *t);
/** Lists what may run next. Returns how many; 0: all ended, or a deadlock. */
int machine_choices(const struct machine *m, const struct program *p, uint8_t out[MACHINE_CHOICES]);
void machine_run(struct machine *m, const struct program *p, uint8_t choice,
                 struct machine_trace *t);
/** Whether tasks are blocked for good (call when there is no choice left). */
bool machine_deadlocked(const struct machine *m);

/** Tasks that wait for each other, or for themselves, for good: for locks, permits or ends. A mask.
 */
unsigned machine_circle(const struct machine *m, const struct program *p);

/** The access that loop l makes next whatever happens: false when there is none. */
bool machine_next_access(const struct machine *m, const struct program *p, unsigned loop,
                         struct machine_access *out);

/** The site id of op `op` of task `task`; stable over runs. */
uint64_t machine_site(int task, int op);

#endif
