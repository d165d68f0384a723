/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks, the semaphore, the event, the queue, conditions. Ownership of a lock, a
 * permit or an item is handed over by whoever releases it, so that nobody can
 * barge in.
 */
#include "machine_run.h"

void sync_wake(struct run *r, int target, enum aw_await cause)
{
	struct machine_task *w = &r->m->task[target];

	w->status = TASK_READY;
	w->granted = 1;
	run_tell(r, AW_WAKE, run_task_id(r, target), cause);
}

static enum flow block_in(struct run *r, enum op_kind op, enum aw_await await, uint64_t object)
{
	bool timed = run_op(r)->timed && run_op(r)->kind == op;

	run_self(r)->status = TASK_BLOCKED;
	run_self(r)->blocked_op = (uint8_t)op;
	run_self(r)->granted = 0;
	run_tell(r, AW_SUSPEND, object, await | (timed ? AW_ARG_DEADLINE : 0));
	if (r->t)
		r->m->circled |= machine_circle(r->m, r->p) != 0;
	if (run_self(r)->held & 1u << PROGRAM_TLOCK)
		r->m->spanned_tlock = 1;
	return SUSPENDED;
}

/* The first task that waits in the shared FIFO in an op of this kind, -1: none. */
static int first_waiting(struct machine *m, enum op_kind op)
{
	for (int i = 0; i < m->order_count; i++)
		if (m->task[m->order[i]].blocked_op == op) {
			int found = m->order[i];

			fifo_remove(m->order, &m->order_count, found);
			return found;
		}
	return -1;
}

enum flow sync_wait(struct run *r, enum op_kind op, enum aw_await await, uint64_t object)
{
	r->m->order[r->m->order_count++] = (uint8_t)r->task;
	return block_in(r, op, await, object);
}

/* Its timed wait ended by itself: on behind what the op was for. */
static bool gave_up(struct run *r, const struct op *op)
{
	if (!run_self(r)->gave_up)
		return false;
	run_self(r)->gave_up = 0;
	run_self(r)->pc = (uint8_t)(run_self(r)->pc + op->b);
	return true;
}

static void guard_taken(struct run *r, unsigned g, bool shared)
{
	if (run_self(r)->held & 1u << g) {
		run_self(r)->more[g]++;
		run_tell(r, AW_LOCK_TAKEN, run_guard_id(r, g), AW_MODE_SHARED);
		return;
	}
	run_self(r)->taken[g] = ++r->m->acquisitions[g];
	run_self(r)->held |= (uint8_t)(1u << g);
	run_self(r)->held_shared &= (uint8_t) ~(1u << g);
	if (shared)
		run_self(r)->held_shared |= (uint8_t)(1u << g);
	run_tell(r, AW_LOCK_TAKEN, run_guard_id(r, g), shared ? AW_MODE_SHARED : AW_MODE_EXCLUSIVE);
}

/* Locks */

/* In which mode does a task wait for a lock? A condition takes it again exclusively. */
static bool waits_shared(const struct program *p, const struct machine *m, int task)
{
	const struct op *op = &p->ops[task][m->task[task].pc];

	return op->kind == OP_LOCK && op->shared;
}

/* Gives a free lock to those who wait longest: one writer, or readers. */
static void lock_admit(struct run *r, unsigned l)
{
	struct machine_lock *lock = &r->m->lock[l];

	while (lock->waiters && !lock->taken) {
		int next = lock->waiting[0];
		bool shared = waits_shared(r->p, r->m, next);

		if (!shared && lock->readers)
			return;
		lock->readers += shared;
		lock->taken = !shared;
		fifo_remove(lock->waiting, &lock->waiters, next);
		sync_wake(r, next, AW_AWAIT_LOCK);
	}
}

static void lock_leave(struct run *r, unsigned l, bool shared)
{
	if (shared)
		r->m->lock[l].readers--;
	else
		r->m->lock[l].taken = 0;
	lock_admit(r, l);
}

static enum flow lock_take(struct run *r, unsigned l, bool shared)
{
	struct machine_lock *lock = &r->m->lock[l];

	if (run_self(r)->granted && run_self(r)->blocked_op == OP_LOCK) {
		run_self(r)->granted = 0;
	} else if (lock->taken || lock->waiters || (lock->readers && !shared)) {
		bool timed = run_op(r)->timed && run_op(r)->kind == OP_LOCK;

		run_tell(r, AW_LOCK_WAIT, run_guard_id(r, l),
		         (shared ? AW_MODE_SHARED : AW_MODE_EXCLUSIVE) |
		                 (timed ? AW_ARG_DEADLINE : 0));
		lock->waiting[lock->waiters++] = (uint8_t)r->task;
		return block_in(r, OP_LOCK, AW_AWAIT_LOCK, run_guard_id(r, l));
	} else {
		lock->readers += shared;
		lock->taken = !shared;
	}
	guard_taken(r, l, shared);
	return GO_ON;
}

static void lock_release(struct run *r, unsigned l)
{
	bool shared = run_self(r)->held_shared & 1u << l;

	run_tell(r, AW_LOCK_FREED, run_guard_id(r, l), shared ? AW_MODE_SHARED : AW_MODE_EXCLUSIVE);
	if (run_self(r)->more[l])
		run_self(r)->more[l]--;
	else
		run_self(r)->held &= (uint8_t) ~(1u << l);
	lock_leave(r, l, shared);
}

enum flow op_lock(struct run *r, const struct op *op)
{
	if (gave_up(r, op) || r->p->without[op->a])
		return GO_ON;
	return lock_take(r, op->a, op->shared);
}

enum flow op_unlock(struct run *r, const struct op *op)
{
	if (!r->p->without[op->a] && run_self(r)->held & 1u << op->a)
		lock_release(r, op->a);
	return GO_ON;
}

enum flow op_cond_wait(struct run *r, const struct op *op)
{
	struct machine_lock *lock = &r->m->lock[op->a];
	struct machine_task *me = run_self(r);

	if (me->blocked_op == OP_LOCK && me->granted)
		return lock_take(r, op->a, false);
	if (me->blocked_op == OP_COND_WAIT && (me->granted || me->gave_up)) {
		me->granted = me->gave_up = 0;
		me->blocked_op = 0;
		return r->p->without[op->a] ? GO_ON : lock_take(r, op->a, false);
	}
	if (!r->p->without[op->a])
		lock_release(r, op->a);
	lock->sleeping[lock->sleepers++] = (uint8_t)r->task;
	return block_in(r, OP_COND_WAIT, AW_AWAIT_CONDITION, run_guard_id(r, op->a));
}

enum flow op_notify(struct run *r, const struct op *op)
{
	struct machine_lock *lock = &r->m->lock[op->a];

	if (lock->sleepers) {
		int first = lock->sleeping[0];

		fifo_remove(lock->sleeping, &lock->sleepers, first);
		sync_wake(r, first, AW_AWAIT_CONDITION);
	}
	return GO_ON;
}

/* Thread lock: machine_choices lets nobody get here while it is taken. */

enum flow op_tlock(struct run *r, const struct op *op)
{
	(void)op;
	if (r->p->without[PROGRAM_TLOCK])
		return GO_ON;
	r->m->tlock = (uint8_t)r->task;
	guard_taken(r, PROGRAM_TLOCK, false);
	return GO_ON;
}

enum flow op_tunlock(struct run *r, const struct op *op)
{
	(void)op;
	if (r->p->without[PROGRAM_TLOCK] || r->m->tlock != r->task)
		return GO_ON;
	run_tell(r, AW_LOCK_FREED, run_guard_id(r, PROGRAM_TLOCK), AW_MODE_EXCLUSIVE);
	run_self(r)->held &= (uint8_t) ~(1u << PROGRAM_TLOCK);
	r->m->tlock = MACHINE_NOBODY;
	return GO_ON;
}

/* Semaphore */

enum flow op_down(struct run *r, const struct op *op)
{
	uint64_t id = run_guard_id(r, PROGRAM_SEM);

	if (gave_up(r, op) || r->p->without[PROGRAM_SEM])
		return GO_ON;
	if (run_self(r)->granted) {
		run_self(r)->granted = 0;
	} else if (r->m->sem) {
		r->m->sem--;
	} else {
		run_tell(r, AW_LOCK_WAIT, id,
		         AW_MODE_EXCLUSIVE | (op->timed ? AW_ARG_DEADLINE : 0));
		return sync_wait(r, OP_DOWN, AW_AWAIT_SEMAPHORE, id);
	}
	run_self(r)->permits++;
	run_self(r)->taken[PROGRAM_SEM] = ++r->m->acquisitions[PROGRAM_SEM];
	if (r->p->permits == 1)
		run_self(r)->held |= 1u << PROGRAM_SEM;
	run_tell(r, AW_LOCK_TAKEN, id, AW_MODE_EXCLUSIVE);
	return GO_ON;
}

static void sem_pass_on(struct run *r)
{
	int next = first_waiting(r->m, OP_DOWN);

	if (next < 0)
		r->m->sem++;
	else
		sync_wake(r, next, AW_AWAIT_SEMAPHORE);
}

enum flow op_up(struct run *r, const struct op *op)
{
	(void)op;
	if (r->p->without[PROGRAM_SEM])
		return GO_ON;
	if (run_self(r)->permits)
		run_self(r)->permits--;
	if (!run_self(r)->permits)
		run_self(r)->held &= (uint8_t) ~(1u << PROGRAM_SEM);
	run_tell(r, AW_LOCK_FREED, run_guard_id(r, PROGRAM_SEM), AW_MODE_EXCLUSIVE);
	sem_pass_on(r);
	return GO_ON;
}

/* Event and queue */

enum flow op_set(struct run *r, const struct op *op)
{
	(void)op;
	run_tell(r, AW_SIGNAL, run_id(r, MACHINE_EVENT), AW_AWAIT_EVENT);
	r->m->event = 1;
	for (int next; (next = first_waiting(r->m, OP_WAIT)) >= 0;)
		sync_wake(r, next, AW_AWAIT_EVENT);
	return GO_ON;
}

enum flow op_wait(struct run *r, const struct op *op)
{
	if (gave_up(r, op))
		return GO_ON;
	if (!run_self(r)->granted && !r->m->event)
		return sync_wait(r, OP_WAIT, AW_AWAIT_EVENT, run_id(r, MACHINE_EVENT));
	run_self(r)->granted = 0;
	run_tell(r, AW_OBSERVE, run_id(r, MACHINE_EVENT), AW_AWAIT_EVENT);
	return GO_ON;
}

static void queue_put(struct run *r)
{
	int next = first_waiting(r->m, OP_GET);

	if (next < 0)
		r->m->queue++;
	else
		sync_wake(r, next, AW_AWAIT_QUEUE);
}

enum flow op_put(struct run *r, const struct op *op)
{
	(void)op;
	run_tell(r, AW_SIGNAL, run_id(r, MACHINE_QUEUE), AW_AWAIT_QUEUE);
	queue_put(r);
	return GO_ON;
}

enum flow op_get(struct run *r, const struct op *op)
{
	if (gave_up(r, op))
		return GO_ON;
	if (!run_self(r)->granted && !r->m->queue)
		return sync_wait(r, OP_GET, AW_AWAIT_QUEUE, run_id(r, MACHINE_QUEUE));
	if (!run_self(r)->granted)
		r->m->queue--;
	run_self(r)->granted = 0;
	run_tell(r, AW_OBSERVE, run_id(r, MACHINE_QUEUE), AW_AWAIT_QUEUE);
	return GO_ON;
}

/* Going away */

void sync_leave_queues(struct run *r, int task)
{
	struct machine *m = r->m;

	fifo_remove(m->order, &m->order_count, task);
	for (unsigned l = 0; l < PROGRAM_LOCKS; l++) {
		fifo_remove(m->lock[l].waiting, &m->lock[l].waiters, task);
		fifo_remove(m->lock[l].sleeping, &m->lock[l].sleepers, task);
	}
}

void sync_return_grant(struct run *r)
{
	struct machine_task *me = run_self(r);
	const struct op *op = run_op(r);

	if (me->blocked_op == OP_LOCK)
		run_tell(r, AW_LOCK_GIVEUP, run_guard_id(r, op->a), AW_MODE_EXCLUSIVE);
	else if (me->blocked_op == OP_DOWN)
		run_tell(r, AW_LOCK_GIVEUP, run_guard_id(r, PROGRAM_SEM), AW_MODE_EXCLUSIVE);
	if (me->blocked_op == OP_LOCK && !me->granted)
		lock_admit(r, op->a); /* it stood before others */
	if (!me->granted)
		return;
	me->granted = 0;
	if (me->blocked_op == OP_LOCK)
		lock_leave(r, op->a, waits_shared(r->p, r->m, r->task));
	else if (me->blocked_op == OP_DOWN)
		sem_pass_on(r);
	else if (me->blocked_op == OP_GET)
		queue_put(r);
}

void sync_release_all(struct run *r)
{
	for (unsigned l = 0; l < PROGRAM_LOCKS; l++)
		while (run_self(r)->held & 1u << l)
			lock_release(r, l);
	op_tunlock(r, NULL);
	while (run_self(r)->permits && r->p->permits)
		op_up(r, NULL);
}
