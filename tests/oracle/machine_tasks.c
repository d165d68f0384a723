/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks: started, nested, joined, cancelled, ended. What a task that ended still holds
 * belongs to the one who first sees its end.
 */
#include "machine_run.h"

static void make_task(struct run *r, int task)
{
	r->m->task[task].status = TASK_READY;
	run_tell(r, AW_TASK_NEW, run_task_id(r, task), 0);
}

enum flow op_spawn(struct run *r, const struct op *op)
{
	make_task(r, op->a);
	return GO_ON;
}

enum flow op_eager(struct run *r, const struct op *op)
{
	struct run nested = *r;

	make_task(r, op->a);
	nested.task = op->a;
	run_step(&nested);
	return GO_ON;
}

/* What `ended` left locked is mine, from now on. */
static void inherit(struct run *r, struct machine_task *ended)
{
	struct machine_task *me = run_self(r);

	for (unsigned l = 0; l < PROGRAM_LOCKS; l++) {
		me->more[l] = (uint8_t)(me->more[l] + ended->more[l] +
		                        (ended->held & me->held & 1u << l ? 1 : 0));
		if (me->held & 1u << l)
			ended->held &= (uint8_t) ~(1u << l);
		ended->more[l] = 0;
	}
	for (unsigned g = 0; g < PROGRAM_GUARDS; g++)
		if (ended->held & ~me->held & 1u << g) {
			me->taken[g] = ++r->m->acquisitions[g];
			me->held |= (uint8_t)(1u << g);
			me->held_shared = (uint8_t)((me->held_shared & ~(1u << g)) |
			                            (ended->held_shared & 1u << g));
			ended->held &= (uint8_t) ~(1u << g);
		}
	me->permits = (uint8_t)(me->permits + ended->permits);
	ended->permits = 0;
}

enum flow op_join(struct run *r, const struct op *op)
{
	struct machine_task *other = &r->m->task[op->a];
	uint64_t object = run_task_id(r, op->a);

	if (run_self(r)->gave_up) {
		run_self(r)->gave_up = 0;
		return GO_ON;
	}
	if (other->status == TASK_ABSENT)
		return GO_ON;
	if (!run_self(r)->granted && other->status != TASK_DONE)
		return sync_wait(r, OP_JOIN, AW_AWAIT_TASK, object);
	run_self(r)->granted = 0;
	run_tell(r, AW_OBSERVE, object, AW_AWAIT_TASK);
	inherit(r, other);
	return GO_ON;
}

enum flow op_cancel(struct run *r, const struct op *op)
{
	struct machine_task *other = &r->m->task[op->a];

	if (other->status == TASK_ABSENT || other->status == TASK_DONE || other->cancel)
		return GO_ON;
	run_tell(r, AW_CANCEL, run_task_id(r, op->a), 0);
	other->cancel = 1;
	if (other->status == TASK_BLOCKED) {
		sync_leave_queues(r, op->a);
		other->status = TASK_READY;
		run_tell(r, AW_WAKE, run_task_id(r, op->a), AW_AWAIT_CANCEL);
	}
	return GO_ON;
}

static void end(struct run *r, enum aw_outcome outcome)
{
	struct machine *m = r->m;

	run_self(r)->status = TASK_DONE;
	run_tell(r, AW_SIGNAL, run_task_id(r, r->task), AW_AWAIT_TASK);
	for (int i = 0; i < m->order_count;) {
		int w = m->order[i];

		if (m->task[w].blocked_op == OP_JOIN && r->p->ops[w][m->task[w].pc].a == r->task) {
			fifo_remove(m->order, &m->order_count, w);
			sync_wake(r, w, AW_AWAIT_TASK);
		} else {
			i++;
		}
	}
	run_tell(r, AW_TASK_END, 0, (uint16_t)outcome);
}

enum flow op_end(struct run *r, const struct op *op)
{
	(void)op;
	sync_release_all(r);
	end(r, AW_OUTCOME_OK);
	return SUSPENDED;
}

enum flow op_return(struct run *r, const struct op *op)
{
	(void)op;
	end(r, AW_OUTCOME_OK);
	return SUSPENDED;
}

void task_cancelled(struct run *r)
{
	sync_return_grant(r);
	sync_release_all(r);
	end(r, AW_OUTCOME_CANCELLED);
}
