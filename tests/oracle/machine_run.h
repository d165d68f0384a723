/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_run.h - what the files of the machine share: one run of one op.
 */
#ifndef ORACLE_MACHINE_RUN_H
#define ORACLE_MACHINE_RUN_H

#include <stddef.h>

#include "machine.h"

/* One run of one op: what it may touch. */
struct run {
	struct machine *m;
	const struct program *p;
	struct machine_trace *t; /* NULL: no events */
	int task;                /* MACHINE_CALLBACK: a callback of `loop` */
	unsigned loop;
};

enum flow { GO_ON, SUSPENDED };

/** A blocked op is continued by the same function when its task runs again. */
typedef enum flow (*op_fn)(struct run *r, const struct op *op);

/* machine.c */

void run_step(struct run *r);
/** An event of actor `task` on the run's loop. */
void run_emit(struct run *r, uint16_t kind, int task, uint64_t object, uint16_t arg, uint64_t site);
/** An event of the op that the task of this run is in. */
void run_tell(struct run *r, uint16_t kind, uint64_t object, uint16_t arg);

/* machine_sync.c */

enum flow op_lock(struct run *r, const struct op *op);
enum flow op_unlock(struct run *r, const struct op *op);
enum flow op_cond_wait(struct run *r, const struct op *op);
enum flow op_notify(struct run *r, const struct op *op);
enum flow op_down(struct run *r, const struct op *op);
enum flow op_up(struct run *r, const struct op *op);
enum flow op_set(struct run *r, const struct op *op);
enum flow op_wait(struct run *r, const struct op *op);
enum flow op_put(struct run *r, const struct op *op);
enum flow op_get(struct run *r, const struct op *op);
enum flow op_tlock(struct run *r, const struct op *op);
enum flow op_tunlock(struct run *r, const struct op *op);

/** Releases all that the task holds. */
void sync_release_all(struct run *r);
/** What a cancelled task had been handed while it was not looking goes on to the next. */
void sync_return_grant(struct run *r);
/** `task` waits for nothing any more; who waited behind it may have its turn. */
void sync_leave_queues(struct run *r, int task);
/** Blocks in the op, in the queue of all that wait in FIFO order. */
enum flow sync_wait(struct run *r, enum op_kind op, enum aw_await await, uint64_t object);
void sync_wake(struct run *r, int target, enum aw_await cause);

/* machine_tasks.c */

enum flow op_spawn(struct run *r, const struct op *op);
enum flow op_eager(struct run *r, const struct op *op);
enum flow op_join(struct run *r, const struct op *op);
enum flow op_cancel(struct run *r, const struct op *op);
enum flow op_end(struct run *r, const struct op *op);
enum flow op_return(struct run *r, const struct op *op);
void task_cancelled(struct run *r);

/* Ids, 0 where nobody listens. */

static inline uint64_t run_id(const struct run *r, unsigned which)
{
	return r->t ? r->t->object0 + which : 0;
}

static inline uint64_t run_guard_id(const struct run *r, unsigned g)
{
	return run_id(r, MACHINE_GUARD + g);
}

static inline uint32_t run_task_id(const struct run *r, int task)
{
	return !r->t || task == MACHINE_CALLBACK ? 0 : r->t->task0 + (uint32_t)task;
}

static inline struct machine_task *run_self(const struct run *r)
{
	return &r->m->task[r->task];
}

static inline const struct op *run_op(const struct run *r)
{
	return &r->p->ops[r->task][run_self(r)->pc];
}

static inline void fifo_remove(uint8_t *fifo, uint8_t *n, int task)
{
	for (int i = 0; i < *n; i++)
		if (fifo[i] == task) {
			__builtin_memmove(fifo + i, fifo + i + 1, (size_t)(*n - i - 1));
			(*n)--;
			return;
		}
}

#endif
