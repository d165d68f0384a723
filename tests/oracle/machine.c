/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine that runs programs of tasks. Each op has one function; a blocked
 * op is continued by the same function when its task runs again, which finds
 * `granted` set. Ownership of a lock, a permit or an item is handed over by
 * whoever releases it, so that nobody can barge in.
 */
#include <assert.h>
#include <string.h>

#include "machine.h"

/* One run of one op: what it may touch. */
struct run {
	struct machine *m;
	const struct program *p;
	struct machine_trace *t; /* NULL: no events */
	int task;
};

enum flow { GO_ON, SUSPENDED };

static void run_step(struct run *r);

uint64_t machine_site(int task, int op)
{
	return MACHINE_SITE + (uint64_t)task * 256 + (uint64_t)op;
}

static uint32_t task_id(const struct machine_trace *t, int task)
{
	return task == MACHINE_CALLBACK ? 0 : t->task0 + (uint32_t)task;
}

static void emit(struct machine_trace *t, uint16_t kind, int task, uint64_t object, uint16_t arg,
                 uint64_t site)
{
	if (!t)
		return;
	if (kind != AW_READ && kind != AW_WRITE)
		t->time += 1000;
	struct aw_event e = {.time = t->time,
	                     .kind = kind,
	                     .arg = arg,
	                     .task = task_id(t, task),
	                     .object = object,
	                     .site = site};

	t->emit(t->context, &e);
}

/* An event of the op that the task of this run is in. */
static void tell(struct run *r, uint16_t kind, uint64_t object, uint16_t arg)
{
	emit(r->t, kind, r->task, object, arg, machine_site(r->task, r->m->task[r->task].pc));
}

static uint64_t shared_id(const struct run *r, unsigned which)
{
	return r->t ? r->t->object0 + which : 0;
}

static uint64_t lock_id(const struct run *r, unsigned l)
{
	return shared_id(r, MACHINE_LOCK + l);
}

static uint64_t sem_id(const struct run *r, unsigned s)
{
	return shared_id(r, MACHINE_SEM + s);
}

static uint64_t address(const struct run *r, unsigned var)
{
	return r->t ? r->t->address0 + 8u * var : 0;
}

static struct machine_task *self(struct run *r)
{
	return &r->m->task[r->task];
}

static const struct op *op_of(struct run *r)
{
	return &r->p->ops[r->task][self(r)->pc];
}

static struct machine_access *log_access(struct run *r, int actor, unsigned step, unsigned var,
                                         bool write, unsigned op)
{
	assert(r->m->log_count < MACHINE_LOG);
	struct machine_access *a = &r->m->log[r->m->log_count++];

	*a = (struct machine_access){.actor = (uint8_t)actor,
	                             .step = (uint8_t)step,
	                             .var = (uint8_t)var,
	                             .write = write,
	                             .op = (uint8_t)op};
	if (actor != MACHINE_CALLBACK) {
		a->held = self(r)->held;
		if (r->p->permits[0] == 1 && self(r)->permits) /* a semaphore used as a mutex */
			a->held |= 1u << PROGRAM_LOCKS;
		memcpy(a->taken, self(r)->taken, sizeof(a->taken));
	}
	return a;
}

static void wake(struct run *r, int target, enum aw_await cause)
{
	struct machine_task *w = &r->m->task[target];

	w->status = TASK_READY;
	w->granted = 1;
	if (r->t)
		tell(r, AW_WAKE, task_id(r->t, target), cause);
}

static void fifo_remove(uint8_t *fifo, uint8_t *n, int task)
{
	for (int i = 0; i < *n; i++)
		if (fifo[i] == task) {
			memmove(fifo + i, fifo + i + 1, (size_t)(*n - i - 1));
			(*n)--;
			return;
		}
}

static enum flow block_in(struct run *r, enum op_kind op, enum aw_await await, uint64_t object)
{
	self(r)->status = TASK_BLOCKED;
	self(r)->blocked_op = (uint8_t)op;
	self(r)->granted = 0;
	tell(r, AW_SUSPEND, object,
	     await | (op_of(r)->kind == OP_TIMED_LOCK ? AW_ARG_DEADLINE : 0));
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

static enum flow wait_shared(struct run *r, enum op_kind op, enum aw_await await, uint64_t object)
{
	r->m->order[r->m->order_count++] = (uint8_t)r->task;
	return block_in(r, op, await, object);
}

/* Locks */

static void lock_pass_on(struct run *r, unsigned l)
{
	struct machine_lock *lock = &r->m->lock[l];

	if (!lock->waiters) {
		lock->taken = 0;
		return;
	}
	int next = lock->waiting[0];

	fifo_remove(lock->waiting, &lock->waiters, next);
	wake(r, next, AW_AWAIT_LOCK);
}

static enum flow lock_take(struct run *r, unsigned l)
{
	struct machine_lock *lock = &r->m->lock[l];

	if (self(r)->granted && self(r)->blocked_op == OP_LOCK) {
		self(r)->granted = 0;
	} else if (lock->taken) {
		tell(r, AW_LOCK_WAIT, lock_id(r, l),
		     op_of(r)->kind == OP_TIMED_LOCK ? AW_ARG_DEADLINE : 0);
		lock->waiting[lock->waiters++] = (uint8_t)r->task;
		return block_in(r, OP_LOCK, AW_AWAIT_LOCK, lock_id(r, l));
	}
	lock->taken = 1;
	self(r)->taken[l] = ++lock->acquisitions;
	self(r)->held |= (uint8_t)(1u << l);
	tell(r, AW_LOCK_TAKEN, lock_id(r, l), AW_MODE_EXCLUSIVE);
	return GO_ON;
}

static void lock_release(struct run *r, unsigned l)
{
	tell(r, AW_LOCK_FREED, lock_id(r, l), AW_MODE_EXCLUSIVE);
	self(r)->held &= (uint8_t) ~(1u << l);
	lock_pass_on(r, l);
}

static enum flow op_lock(struct run *r, const struct op *op)
{
	if (self(r)->gave_up) {
		self(r)->gave_up = 0;
		self(r)->pc = (uint8_t)(self(r)->pc + op->b);
		return GO_ON;
	}
	return r->p->no_lock[op->a] ? GO_ON : lock_take(r, op->a);
}

static enum flow op_unlock(struct run *r, const struct op *op)
{
	if (!r->p->no_lock[op->a])
		lock_release(r, op->a);
	return GO_ON;
}

static enum flow op_cond_wait(struct run *r, const struct op *op)
{
	struct machine_lock *lock = &r->m->lock[op->a];
	struct machine_task *me = self(r);

	if (me->blocked_op == OP_LOCK && me->granted)
		return lock_take(r, op->a);
	if (me->blocked_op == OP_COND_WAIT && me->granted) {
		me->granted = 0;
		me->blocked_op = 0;
		return r->p->no_lock[op->a] ? GO_ON : lock_take(r, op->a);
	}
	if (!r->p->no_lock[op->a])
		lock_release(r, op->a);
	lock->sleeping[lock->sleepers++] = (uint8_t)r->task;
	return block_in(r, OP_COND_WAIT, AW_AWAIT_CONDITION, lock_id(r, op->a));
}

static enum flow op_notify(struct run *r, const struct op *op)
{
	struct machine_lock *lock = &r->m->lock[op->a];

	if (lock->sleepers) {
		int first = lock->sleeping[0];

		fifo_remove(lock->sleeping, &lock->sleepers, first);
		wake(r, first, AW_AWAIT_CONDITION);
	}
	return GO_ON;
}

/* Semaphores, events, queues, joins */

static enum flow op_down(struct run *r, const struct op *op)
{
	if (r->p->no_sem[op->a])
		return GO_ON;
	if (self(r)->granted) {
		self(r)->granted = 0;
	} else if (r->m->sem[op->a]) {
		r->m->sem[op->a]--;
	} else {
		tell(r, AW_LOCK_WAIT, sem_id(r, op->a), AW_MODE_EXCLUSIVE);
		return wait_shared(r, OP_DOWN, AW_AWAIT_SEMAPHORE, sem_id(r, op->a));
	}
	self(r)->permits++;
	self(r)->taken[PROGRAM_LOCKS] = ++r->m->sem_acquisitions;
	tell(r, AW_LOCK_TAKEN, sem_id(r, op->a), AW_MODE_EXCLUSIVE);
	return GO_ON;
}

static void sem_pass_on(struct run *r, unsigned s)
{
	int next = first_waiting(r->m, OP_DOWN);

	if (next < 0)
		r->m->sem[s]++;
	else
		wake(r, next, AW_AWAIT_SEMAPHORE);
}

static enum flow op_up(struct run *r, const struct op *op)
{
	if (r->p->no_sem[op->a])
		return GO_ON;
	if (self(r)->permits)
		self(r)->permits--;
	tell(r, AW_LOCK_FREED, sem_id(r, op->a), AW_MODE_EXCLUSIVE);
	sem_pass_on(r, op->a);
	return GO_ON;
}

static enum flow op_set(struct run *r, const struct op *op)
{
	tell(r, AW_SIGNAL, shared_id(r, MACHINE_EVENT + op->a), AW_AWAIT_EVENT);
	r->m->event[op->a] = 1;
	for (int next; (next = first_waiting(r->m, OP_WAIT)) >= 0;)
		wake(r, next, AW_AWAIT_EVENT);
	return GO_ON;
}

static enum flow op_wait(struct run *r, const struct op *op)
{
	if (!self(r)->granted && !r->m->event[op->a])
		return wait_shared(r, OP_WAIT, AW_AWAIT_EVENT, shared_id(r, MACHINE_EVENT + op->a));
	self(r)->granted = 0;
	tell(r, AW_OBSERVE, shared_id(r, MACHINE_EVENT + op->a), AW_AWAIT_EVENT);
	return GO_ON;
}

static void queue_put(struct run *r, unsigned q)
{
	int next = first_waiting(r->m, OP_GET);

	if (next < 0)
		r->m->queue[q]++;
	else
		wake(r, next, AW_AWAIT_QUEUE);
}

static enum flow op_put(struct run *r, const struct op *op)
{
	tell(r, AW_SIGNAL, shared_id(r, MACHINE_QUEUE + op->a), AW_AWAIT_QUEUE);
	queue_put(r, op->a);
	return GO_ON;
}

static enum flow op_get(struct run *r, const struct op *op)
{
	if (!self(r)->granted && !r->m->queue[op->a])
		return wait_shared(r, OP_GET, AW_AWAIT_QUEUE, shared_id(r, MACHINE_QUEUE + op->a));
	if (!self(r)->granted)
		r->m->queue[op->a]--;
	self(r)->granted = 0;
	tell(r, AW_OBSERVE, shared_id(r, MACHINE_QUEUE + op->a), AW_AWAIT_QUEUE);
	return GO_ON;
}

static enum flow op_join(struct run *r, const struct op *op)
{
	const struct machine_task *other = &r->m->task[op->a];
	uint64_t object = r->t ? task_id(r->t, op->a) : 0;

	if (other->status == TASK_ABSENT)
		return GO_ON;
	if (!self(r)->granted && other->status != TASK_DONE)
		return wait_shared(r, OP_JOIN, AW_AWAIT_TASK, object);
	self(r)->granted = 0;
	tell(r, AW_OBSERVE, object, AW_AWAIT_TASK);
	return GO_ON;
}

/* Tasks */

static void make_task(struct run *r, int task)
{
	r->m->task[task].status = TASK_READY;
	if (r->t)
		tell(r, AW_TASK_NEW, task_id(r->t, task), 0);
}

static enum flow op_spawn(struct run *r, const struct op *op)
{
	make_task(r, op->a);
	return GO_ON;
}

static enum flow op_eager(struct run *r, const struct op *op)
{
	struct run nested = *r;

	make_task(r, op->a);
	nested.task = op->a;
	run_step(&nested);
	return GO_ON;
}

static void leave_queues(struct machine *m, int task)
{
	fifo_remove(m->order, &m->order_count, task);
	for (int l = 0; l < PROGRAM_LOCKS; l++) {
		fifo_remove(m->lock[l].waiting, &m->lock[l].waiters, task);
		fifo_remove(m->lock[l].sleeping, &m->lock[l].sleepers, task);
	}
}

static enum flow op_cancel(struct run *r, const struct op *op)
{
	struct machine_task *other = &r->m->task[op->a];

	if (other->status == TASK_ABSENT || other->status == TASK_DONE || other->cancel)
		return GO_ON;
	if (r->t)
		tell(r, AW_CANCEL, task_id(r->t, op->a), 0);
	other->cancel = 1;
	if (other->status == TASK_BLOCKED) {
		leave_queues(r->m, op->a);
		other->status = TASK_READY;
		if (r->t)
			tell(r, AW_WAKE, task_id(r->t, op->a), AW_AWAIT_CANCEL);
	}
	return GO_ON;
}

/* What a cancelled task had been handed while it was not looking goes on to the next. */
static void return_grant(struct run *r)
{
	struct machine_task *me = self(r);
	const struct op *op = op_of(r);

	if (me->blocked_op == OP_LOCK)
		tell(r, AW_LOCK_GIVEUP, lock_id(r, op->a), AW_MODE_EXCLUSIVE);
	else if (me->blocked_op == OP_DOWN)
		tell(r, AW_LOCK_GIVEUP, sem_id(r, op->a), AW_MODE_EXCLUSIVE);
	if (!me->granted)
		return;
	me->granted = 0;
	if (me->blocked_op == OP_LOCK)
		lock_pass_on(r, op->a);
	else if (me->blocked_op == OP_DOWN)
		sem_pass_on(r, op->a);
	else if (me->blocked_op == OP_GET)
		queue_put(r, op->a);
}

static void end_task(struct run *r, enum aw_outcome outcome)
{
	struct machine_task *me = self(r);

	for (unsigned l = 0; l < PROGRAM_LOCKS; l++)
		if (me->held & 1u << l)
			lock_release(r, l);
	while (me->permits && r->p->permits[0])
		op_up(r, &(struct op){OP_UP, 0, 0});
	me->status = TASK_DONE;
	if (r->t)
		tell(r, AW_SIGNAL, task_id(r->t, r->task), AW_AWAIT_TASK);
	for (int i = 0; i < r->m->order_count;) {
		int w = r->m->order[i];

		if (r->m->task[w].blocked_op == OP_JOIN &&
		    r->p->ops[w][r->m->task[w].pc].a == r->task) {
			fifo_remove(r->m->order, &r->m->order_count, w);
			wake(r, w, AW_AWAIT_TASK);
		} else {
			i++;
		}
	}
	tell(r, AW_TASK_END, 0, (uint16_t)outcome);
}

/* Accesses */

static enum flow op_read(struct run *r, const struct op *op)
{
	tell(r, AW_READ, address(r, op->a), 8);
	log_access(r, r->task, self(r)->step, op->a, false, self(r)->pc);
	self(r)->reg[op->a] = r->m->var[op->a];
	return GO_ON;
}

static enum flow op_write(struct run *r, const struct op *op)
{
	tell(r, AW_WRITE, address(r, op->a), 8);
	log_access(r, r->task, self(r)->step, op->a, true, self(r)->pc);
	r->m->var[op->a] = (uint8_t)(self(r)->reg[op->a] + 1);
	return GO_ON;
}

static enum flow op_call(struct run *r, const struct op *op)
{
	if (r->m->callback_count < sizeof(r->m->callbacks))
		r->m->callbacks[r->m->callback_count++] = op->a;
	return GO_ON;
}

static enum flow op_if(struct run *r, const struct op *op)
{
	tell(r, AW_READ, address(r, op->a), 8 | AW_ARG_TEST);
	log_access(r, r->task, self(r)->step, op->a, false, self(r)->pc)->test = 1;
	self(r)->reg[op->a] = r->m->var[op->a];
	if (self(r)->reg[op->a] & 1)
		self(r)->pc = (uint8_t)(self(r)->pc + op->b);
	return GO_ON;
}

static enum flow op_yield(struct run *r, const struct op *op)
{
	(void)op;
	if (self(r)->blocked_op == OP_YIELD) { /* back again */
		self(r)->blocked_op = 0;
		return GO_ON;
	}
	block_in(r, OP_YIELD, AW_AWAIT_NONE, 0);
	self(r)->status = TASK_READY;
	return SUSPENDED;
}

static enum flow op_end(struct run *r, const struct op *op)
{
	(void)op;
	end_task(r, AW_OUTCOME_OK);
	return SUSPENDED;
}

static enum flow (*const op_run[])(struct run *, const struct op *) = {
	[OP_END] = op_end,         [OP_READ] = op_read,
	[OP_WRITE] = op_write,     [OP_LOCK] = op_lock,
	[OP_TIMED_LOCK] = op_lock, [OP_UNLOCK] = op_unlock,
	[OP_YIELD] = op_yield,     [OP_IF] = op_if,
	[OP_SET] = op_set,         [OP_WAIT] = op_wait,
	[OP_PUT] = op_put,         [OP_GET] = op_get,
	[OP_DOWN] = op_down,       [OP_UP] = op_up,
	[OP_SPAWN] = op_spawn,     [OP_EAGER] = op_eager,
	[OP_JOIN] = op_join,       [OP_CANCEL] = op_cancel,
	[OP_CALL] = op_call,       [OP_COND_WAIT] = op_cond_wait,
	[OP_NOTIFY] = op_notify,
};

static void run_step(struct run *r)
{
	struct machine_task *me = self(r);

	me->step++;
	emit(r->t, AW_RESUME, r->task, 0, 0, 0);
	if (me->cancel) {
		return_grant(r);
		end_task(r, AW_OUTCOME_CANCELLED);
		return;
	}
	if (me->gave_up)
		tell(r, AW_LOCK_GIVEUP, lock_id(r, op_of(r)->a), AW_MODE_EXCLUSIVE);
	for (;;) {
		const struct op *op = op_of(r);

		if (op_run[op->kind](r, op) == SUSPENDED)
			return;
		me->blocked_op = 0;
		me->pc++;
	}
}

static void run_callback(struct run *r)
{
	unsigned var = r->m->callbacks[0];

	memmove(r->m->callbacks, r->m->callbacks + 1, --r->m->callback_count);
	r->m->callback_step++;
	emit(r->t, AW_CALLBACK, MACHINE_CALLBACK, 0, 0, machine_site(MACHINE_CALLBACK, 0));
	emit(r->t, AW_WRITE, MACHINE_CALLBACK, address(r, var), 8,
	     machine_site(MACHINE_CALLBACK, 0));
	log_access(r, MACHINE_CALLBACK, r->m->callback_step, var, true, 0);
	r->m->var[var] = (uint8_t)(r->m->var[var] + 2);
}

static void tell_objects(const struct program *p, struct machine_trace *t)
{
	for (unsigned l = 0; l < PROGRAM_LOCKS; l++)
		emit(t, AW_LOCK_NEW, MACHINE_CALLBACK, t->object0 + MACHINE_LOCK + l,
		     AW_LOCK_TYPE_MUTEX, MACHINE_LOCK_SITE + l);
	for (unsigned s = 0; s < PROGRAM_SEMS; s++)
		emit(t, AW_LOCK_NEW, MACHINE_CALLBACK, t->object0 + MACHINE_SEM + s,
		     (uint16_t)(AW_LOCK_TYPE_SEMAPHORE | p->permits[s] << 8), MACHINE_SEM_SITE + s);
}

void machine_init(struct machine *m, const struct program *p, struct machine_trace *t)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->sem, p->permits, sizeof(m->sem));
	if (t)
		tell_objects(p, t);
	for (int i = 0; i < p->started; i++) {
		m->task[i].status = TASK_READY;
		if (t)
			emit(t, AW_TASK_NEW, MACHINE_CALLBACK, task_id(t, i), 0, 0);
	}
}

int machine_choices(const struct machine *m, const struct program *p, uint8_t out[MACHINE_CHOICES])
{
	int n = 0;

	for (int i = 0; i < p->tasks; i++) {
		const struct machine_task *t = &m->task[i];

		if (t->status == TASK_READY)
			out[n++] = (uint8_t)i;
		else if (t->status == TASK_BLOCKED && t->blocked_op == OP_LOCK &&
		         p->ops[i][t->pc].kind == OP_TIMED_LOCK)
			out[n++] = (uint8_t)(MACHINE_TIMEOUT + i);
	}
	if (m->callback_count)
		out[n++] = MACHINE_CALLBACK;
	return n;
}

void machine_run(struct machine *m, const struct program *p, uint8_t choice,
                 struct machine_trace *t)
{
	struct run r = {m, p, t, choice};

	if (choice == MACHINE_CALLBACK) {
		run_callback(&r);
		return;
	}
	if (choice >= MACHINE_TIMEOUT) {
		r.task = choice - MACHINE_TIMEOUT;
		leave_queues(m, r.task);
		m->task[r.task].status = TASK_READY;
		m->task[r.task].gave_up = 1;
		if (t)
			emit(t, AW_WAKE, MACHINE_CALLBACK, task_id(t, r.task), AW_AWAIT_TIMEOUT, 0);
	}
	run_step(&r);
}

bool machine_deadlocked(const struct machine *m)
{
	for (int i = 0; i < PROGRAM_TASKS; i++)
		if (m->task[i].status == TASK_BLOCKED)
			return true;
	return false;
}
