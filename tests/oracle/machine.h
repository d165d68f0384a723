/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h - runs a program of tasks, one step at a time.
 *
 * The state is plain data: copying it is saving it, which is all that the
 * search over schedules needs. A step runs from a resume to the next
 * suspension and is atomic, except for eager starts, which nest.
 */
#ifndef ORACLE_MACHINE_H
#define ORACLE_MACHINE_H

#include <awaitness/event.h>

#include "program.h"

enum { MACHINE_LOG = 192, MACHINE_CALLBACK = PROGRAM_TASKS /* the actor number of callbacks */ };

enum task_status { TASK_ABSENT, TASK_READY, TASK_BLOCKED, TASK_DONE };

struct machine_task {
	uint8_t status; /* enum task_status */
	uint8_t pc;
	uint8_t blocked_op;               /* enum op_kind it is blocked in */
	uint8_t granted;                  /* what it was blocked for is its own now */
	uint8_t cancel;                   /* cancelled: ends at its next suspension */
	uint8_t step;                     /* number of the step it is in or ended last */
	uint8_t started;                  /* has run */
	uint8_t gave_up;                  /* its timed wait ended by itself */
	uint8_t held;                     /* bit l: lock l */
	uint8_t taken[PROGRAM_LOCKS + 1]; /* number of the acquisition it holds lock l by */
	uint8_t permits;                  /* of semaphore 0 */
	uint8_t reg[PROGRAM_VARS];
};

struct machine_lock {
	uint8_t taken;
	uint8_t acquisitions;           /* so far, modulo 256 */
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
	uint8_t held; /* bit l: lock l was held; the last: a semaphore of one permit */
	uint8_t taken[PROGRAM_LOCKS + 1]; /* ... by this acquisition */
};

struct machine {
	struct machine_task task[PROGRAM_TASKS];
	struct machine_lock lock[PROGRAM_LOCKS];
	uint8_t sem[PROGRAM_SEMS];
	uint8_t sem_acquisitions;
	uint8_t event[PROGRAM_EVENTS];
	uint8_t queue[PROGRAM_QUEUES];
	uint8_t var[PROGRAM_VARS];
	uint8_t callbacks[8]; /* vars to write, FIFO */
	uint8_t callback_count;
	uint8_t callback_step;
	uint8_t order[PROGRAM_TASKS]; /* blocked on sem/event/queue/join, FIFO */
	uint8_t order_count;
	uint16_t log_count;
	struct machine_access log[MACHINE_LOG];
};

/** Takes the events of a run; `emit` is NULL while exploring. */
struct machine_trace {
	void (*emit)(void *context, const struct aw_event *e);
	void *context;
	uint64_t time;     /* ns, grows by 1000 per stamped event */
	uint32_t task0;    /* id of task 0 in this run; task t is task0 + t */
	uint64_t object0;  /* ids of the run's locks, events, queues begin here */
	uint64_t address0; /* its variables lie from here */
};

/* Each run has objects of its own, made at the same sites: evidence adds up over runs, and no task
 * of one run can meet a task of another. */
enum {
	MACHINE_LOCK = 0, /* lock l is object0 + MACHINE_LOCK + l, ... */
	MACHINE_SEM = 8,
	MACHINE_EVENT = 16,
	MACHINE_QUEUE = 24,
	MACHINE_OBJECTS = 32, /* ids that a run uses */
	MACHINE_SITE = 0x400000,
	MACHINE_LOCK_SITE = 0x500000, /* where lock l was created: + l */
	MACHINE_SEM_SITE = 0x500100
};

/** What can be chosen next: a ready task t, MACHINE_CALLBACK, or TIMEOUT + t: t's timed wait ends.
 */
enum { MACHINE_TIMEOUT = 16, MACHINE_CHOICES = 12 };

void machine_init(struct machine *m, const struct program *p, struct machine_trace *t);
/** Lists what may run next. Returns how many; 0: all ended, or a deadlock. */
int machine_choices(const struct machine *m, const struct program *p, uint8_t out[MACHINE_CHOICES]);
void machine_run(struct machine *m, const struct program *p, uint8_t choice,
                 struct machine_trace *t);
/** Whether tasks are blocked for good (call when there is no choice left). */
bool machine_deadlocked(const struct machine *m);

/** The site id of op `op` of task `task`; stable over runs. */
uint64_t machine_site(int task, int op);

#endif
