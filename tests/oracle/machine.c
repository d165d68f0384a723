/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine that runs programs of tasks: steps, accesses, callbacks, choices. Each
 * op has one function; a blocked op is continued by the same function when its
 * task runs again, which finds `granted` or `gave_up` set.
 */
#include <assert.h>
#include <string.h>

#include "machine_run.h"

uint64_t machine_site(int task, int op)
{
	return MACHINE_SITE + (uint64_t)task * 256 + (uint64_t)op;
}

static void emit(struct machine_trace *t, unsigned loop, uint16_t kind, uint32_t task,
                 uint64_t object, uint16_t arg, uint64_t site)
{
	if (!t)
		return;
	if (kind != AW_READ && kind != AW_WRITE)
		t->time += 1000;
	struct aw_event e = {.time = t->time,
	                     .kind = kind,
	                     .arg = arg,
	                     .task = task,
	                     .object = object,
	                     .site = site};

	t->emit(t->context, loop, &e);
}

void run_emit(struct run *r, uint16_t kind, int task, uint64_t object, uint16_t arg, uint64_t site)
{
	emit(r->t, r->loop, kind, run_task_id(r, task), object, arg, site);
}

void run_tell(struct run *r, uint16_t kind, uint64_t object, uint16_t arg)
{
	int op = r->task == MACHINE_CALLBACK ? 0 : run_self(r)->pc;

	run_emit(r, kind, r->task, object, arg, machine_site(r->task, op));
}

/* Accesses */

static uint64_t address(const struct run *r, unsigned var)
{
	return r->t ? r->t->address0 + 8u * var : 0;
}

static struct machine_access access_of(const struct machine *m, const struct program *p, int task,
                                       unsigned var, bool write)
{
	const struct machine_task *me = &m->task[task];
	struct machine_access a = {.actor = (uint8_t)task,
	                           .step = me->step,
	                           .var = (uint8_t)var,
	                           .write = write,
	                           .op = me->pc,
	                           .loop = p->loop[task],
	                           .held = me->held,
	                           .held_shared = me->held_shared & me->held};

	memcpy(a.taken, me->taken, sizeof(a.taken));
	return a;
}

static struct machine_access *log_access(struct run *r, struct machine_access a)
{
	assert(r->m->log_count < MACHINE_LOG);
	r->m->log[r->m->log_count] = a;
	return &r->m->log[r->m->log_count++];
}

static enum flow op_read(struct run *r, const struct op *op)
{
	run_tell(r, AW_READ, address(r, op->a), 8);
	log_access(r, access_of(r->m, r->p, r->task, op->a, false));
	run_self(r)->reg[op->a] = r->m->var[op->a];
	return GO_ON;
}

static enum flow op_write(struct run *r, const struct op *op)
{
	run_tell(r, AW_WRITE, address(r, op->a), 8);
	log_access(r, access_of(r->m, r->p, r->task, op->a, true));
	r->m->var[op->a] = (uint8_t)(run_self(r)->reg[op->a] + 1);
	return GO_ON;
}

static enum flow op_if(struct run *r, const struct op *op)
{
	run_tell(r, AW_READ, address(r, op->a), 8 | AW_ARG_TEST);
	log_access(r, access_of(r->m, r->p, r->task, op->a, false))->test = 1;
	run_self(r)->reg[op->a] = r->m->var[op->a];
	if (run_self(r)->reg[op->a] & 1)
		run_self(r)->pc = (uint8_t)(run_self(r)->pc + op->b);
	return GO_ON;
}

static enum flow use(struct run *r, const struct op *op, bool iterate)
{
	struct machine_access *a;

	run_tell(r, AW_READ, address(r, op->a),
	         (uint16_t)(8 | AW_ARG_USE | (iterate ? AW_ARG_ITERATE : 0)));
	a = log_access(r, access_of(r->m, r->p, r->task, op->a, false));
	a->use = 1;
	a->iterate = iterate;
	return GO_ON;
}

static enum flow op_use(struct run *r, const struct op *op)
{
	return use(r, op, false);
}

static enum flow op_iterate(struct run *r, const struct op *op)
{
	return use(r, op, true);
}

static enum flow op_yield(struct run *r, const struct op *op)
{
	(void)op;
	if (run_self(r)->blocked_op == OP_YIELD) { /* back again */
		run_self(r)->blocked_op = 0;
		return GO_ON;
	}
	run_self(r)->blocked_op = OP_YIELD;
	run_self(r)->status = TASK_READY;
	run_tell(r, AW_SUSPEND, 0, AW_AWAIT_NONE);
	if (run_self(r)->held & 1u << PROGRAM_TLOCK)
		r->m->spanned_tlock = 1;
	return SUSPENDED;
}

/* Callbacks */

static void call_soon(struct run *r, unsigned loop, unsigned var)
{
	struct machine *m = r->m;
	bool far = loop != r->loop;

	if (m->call_count[loop] == MACHINE_CALLBACKS)
		return;
	m->calls[loop][m->call_count[loop]++] = (struct machine_call){(uint8_t)var, m->calls_made};
	run_tell(r, AW_SIGNAL, run_id(r, MACHINE_CALL + m->calls_made++ % 32),
	         far ? AW_AWAIT_THREADSAFE : AW_AWAIT_OTHER);
}

static enum flow op_call(struct run *r, const struct op *op)
{
	call_soon(r, r->loop, op->a);
	return GO_ON;
}

static enum flow op_post(struct run *r, const struct op *op)
{
	call_soon(r, r->p->loops - 1u - r->loop, op->a);
	return GO_ON;
}

static enum flow op_post_set(struct run *r, const struct op *op)
{
	(void)op;
	call_soon(r, 0, PROGRAM_VARS);
	return GO_ON;
}

static void run_callback(struct run *r)
{
	struct machine *m = r->m;
	struct machine_call call = m->calls[r->loop][0];
	uint64_t id = run_id(r, MACHINE_CALL + call.id % 32);

	memmove(m->calls[r->loop], m->calls[r->loop] + 1, --m->call_count[r->loop] * sizeof(call));
	m->callback_step++;
	run_tell(r, AW_CALLBACK, id, 0);
	run_tell(r, AW_OBSERVE, id, AW_AWAIT_OTHER);
	if (call.var == PROGRAM_VARS) {
		op_set(r, NULL);
		return;
	}
	run_tell(r, AW_WRITE, address(r, call.var), 8);
	log_access(r, (struct machine_access){.actor = MACHINE_CALLBACK,
	                                      .step = m->callback_step,
	                                      .loop = (uint8_t)r->loop,
	                                      .var = call.var,
	                                      .write = true});
	m->var[call.var] = (uint8_t)(m->var[call.var] + 2);
}

/* Steps */

static const op_fn op_run[OP_KINDS] = {
	[OP_END] = op_end,           [OP_RETURN] = op_return,
	[OP_READ] = op_read,         [OP_WRITE] = op_write,
	[OP_LOCK] = op_lock,         [OP_UNLOCK] = op_unlock,
	[OP_YIELD] = op_yield,       [OP_IF] = op_if,
	[OP_SET] = op_set,           [OP_WAIT] = op_wait,
	[OP_PUT] = op_put,           [OP_GET] = op_get,
	[OP_DOWN] = op_down,         [OP_UP] = op_up,
	[OP_SPAWN] = op_spawn,       [OP_EAGER] = op_eager,
	[OP_JOIN] = op_join,         [OP_CANCEL] = op_cancel,
	[OP_CALL] = op_call,         [OP_POST] = op_post,
	[OP_POST_SET] = op_post_set, [OP_COND_WAIT] = op_cond_wait,
	[OP_NOTIFY] = op_notify,     [OP_TLOCK] = op_tlock,
	[OP_TUNLOCK] = op_tunlock,   [OP_USE] = op_use,
	[OP_ITERATE] = op_iterate,
};

/* Can the other loop notice this op, or does it wait for the other loop? */
static bool is_visible(unsigned kind)
{
	return kind == OP_READ || kind == OP_WRITE || kind == OP_IF || kind == OP_USE ||
	       kind == OP_ITERATE || kind == OP_POST || kind == OP_POST_SET || kind == OP_TLOCK ||
	       kind == OP_TUNLOCK;
}

/* Goes on until the step ends; on two loops also before each visible op. */
static void run_ops(struct run *r, bool first)
{
	struct machine_task *me = run_self(r);

	for (;; first = false) {
		const struct op *op = run_op(r);

		if (!first && r->p->loops > 1 && is_visible(op->kind)) {
			me->status = TASK_RUNNING;
			r->m->running[r->loop] = (uint8_t)r->task;
			return;
		}
		if (op_run[op->kind](r, op) == SUSPENDED) {
			r->m->running[r->loop] = MACHINE_NOBODY;
			return;
		}
		me->blocked_op = 0;
		me->pc++;
	}
}

void run_step(struct run *r)
{
	struct machine_task *me = run_self(r);

	me->step++;
	run_emit(r, AW_RESUME, r->task, 0, 0, 0);
	if (me->cancel) {
		task_cancelled(r);
		return;
	}
	if (me->gave_up && (me->blocked_op == OP_LOCK || me->blocked_op == OP_DOWN))
		sync_return_grant(r);
	run_ops(r, false);
}

static bool has_condition(const struct program *p, unsigned l)
{
	for (int t = 0; t < p->tasks; t++)
		for (int i = 0; i < PROGRAM_OPS; i++) {
			const struct op *op = &p->ops[t][i];

			if ((op->kind == OP_COND_WAIT || op->kind == OP_NOTIFY) && op->a == l)
				return true;
		}
	return false;
}

static void tell_objects(struct machine_trace *t, const struct program *p)
{
	for (unsigned l = 0; l < PROGRAM_LOCKS; l++)
		emit(t, 0, AW_LOCK_NEW, 0, t->object0 + MACHINE_GUARD + l, AW_LOCK_TYPE_RWLOCK,
		     MACHINE_LOCK_SITE + (p->one_site ? 0 : l));
	for (unsigned l = 0; l < PROGRAM_LOCKS; l++)
		if (has_condition(p, l))
			emit(t, 0, AW_LOCK_CONDITION, 0, t->object0 + MACHINE_GUARD + l, 0, 0);
	emit(t, 0, AW_LOCK_NEW, 0, t->object0 + MACHINE_GUARD + PROGRAM_SEM,
	     (uint16_t)(AW_LOCK_TYPE_SEMAPHORE | p->permits << 8), MACHINE_LOCK_SITE + PROGRAM_SEM);
	emit(t, 0, AW_LOCK_NEW, 0, t->object0 + MACHINE_GUARD + PROGRAM_TLOCK,
	     AW_LOCK_TYPE_THREAD_LOCK, MACHINE_LOCK_SITE + PROGRAM_TLOCK);
}

void machine_init(struct machine *m, const struct program *p, struct machine_trace *t)
{
	memset(m, 0, sizeof(*m));
	m->sem = p->permits;
	m->tlock = MACHINE_NOBODY;
	memset(m->running, MACHINE_NOBODY, sizeof(m->running));
	if (t)
		tell_objects(t, p);
	for (int i = 0; i < p->started; i++) {
		m->task[i].status = TASK_READY;
		if (t)
			emit(t, p->loop[i], AW_TASK_NEW, 0, t->task0 + (uint32_t)i, 0, 0);
	}
}

/* Choices */

static bool may_give_up(const struct program *p, const struct machine_task *t, int i)
{
	const struct op *op = &p->ops[i][t->pc];

	return t->status == TASK_BLOCKED && op->timed && t->blocked_op == op->kind;
}

static bool may_go_on(const struct machine *m, const struct program *p, unsigned loop)
{
	int task = m->running[loop];

	return p->ops[task][m->task[task].pc].kind != OP_TLOCK || m->tlock == MACHINE_NOBODY ||
	       p->without[PROGRAM_TLOCK];
}

int machine_choices(const struct machine *m, const struct program *p, uint8_t out[MACHINE_CHOICES])
{
	int n = 0;

	for (unsigned loop = 0; loop < p->loops; loop++) {
		if (m->running[loop] != MACHINE_NOBODY) {
			if (may_go_on(m, p, loop))
				out[n++] = (uint8_t)(MACHINE_GO + loop);
			continue;
		}
		for (int i = 0; i < p->tasks; i++) {
			if (p->loop[i] != loop)
				continue;
			if (m->task[i].status == TASK_READY)
				out[n++] = (uint8_t)i;
			else if (may_give_up(p, &m->task[i], i))
				out[n++] = (uint8_t)(MACHINE_TIMEOUT + i);
		}
		if (m->call_count[loop])
			out[n++] = (uint8_t)(MACHINE_CALLBACK + loop);
	}
	return n;
}

void machine_run(struct machine *m, const struct program *p, uint8_t choice,
                 struct machine_trace *t)
{
	struct run r = {m, p, t, choice, 0};

	if (choice >= MACHINE_TIMEOUT) {
		r.task = choice - MACHINE_TIMEOUT;
		r.loop = p->loop[r.task];
		sync_leave_queues(&r, r.task);
		m->task[r.task].status = TASK_READY;
		m->task[r.task].gave_up = 1;
		run_emit(&r, AW_WAKE, MACHINE_CALLBACK, run_task_id(&r, r.task), AW_AWAIT_TIMEOUT,
		         0);
	} else if (choice >= MACHINE_GO) {
		r.loop = choice - MACHINE_GO;
		r.task = m->running[r.loop];
		run_ops(&r, true);
		return;
	} else if (choice >= MACHINE_CALLBACK) {
		r.task = MACHINE_CALLBACK;
		r.loop = choice - MACHINE_CALLBACK;
		run_callback(&r);
		return;
	}
	r.loop = p->loop[r.task];
	run_step(&r);
}

bool machine_deadlocked(const struct machine *m)
{
	for (int i = 0; i < PROGRAM_TASKS; i++)
		if (m->task[i].status == TASK_BLOCKED || m->task[i].status == TASK_RUNNING)
			return true;
	return false;
}

bool machine_next_access(const struct machine *m, const struct program *p, unsigned loop,
                         struct machine_access *out)
{
	int task = m->running[loop];
	const struct op *op;

	if (task == MACHINE_NOBODY) {
		if (!m->call_count[loop] || m->calls[loop][0].var == PROGRAM_VARS)
			return false;
		*out = (struct machine_access){.actor = MACHINE_CALLBACK,
		                               .loop = (uint8_t)loop,
		                               .var = m->calls[loop][0].var,
		                               .write = true};
		return true;
	}
	op = &p->ops[task][m->task[task].pc];
	if (op->kind != OP_READ && op->kind != OP_WRITE && op->kind != OP_IF)
		return false;
	*out = access_of(m, p, task, op->a, op->kind == OP_WRITE);
	return true;
}
