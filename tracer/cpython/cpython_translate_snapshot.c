/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_translate_snapshot.c - tasks that were suspended before anything was traced; see
 * cpython_translate.h.
 */
#include <errno.h>

#include "cpython_sections.h"
#include "cpython_step.h"

/* Whom this task waits for with a time-out is known before anybody is told of. */
static void snapshot_bind(struct cpython_translator *t, const struct cpython_fact *fact,
                          const struct cpython_item *items)
{
	for (unsigned i = 0; i < fact->count; i++) {
		const struct cpython_code *code = items[i].kind == CPYTHON_ITEM_FRAME
		                                          ? cpython_codes_get(&t->codes, items[i].b)
		                                          : NULL;
		struct cpython_task *other = code && code->role == CPYTHON_ROLE_WAIT_FOR
		                                     ? cpython_table_get(&t->tasks, items[i].c, 0)
		                                     : NULL;

		if (other)
			other->bounded = true;
	}
}

int cpython_translate_snapshot(struct cpython_translator *t, const struct cpython_fact *fact,
                               enum cpython_snapshot_pass pass)
{
	const struct cpython_item *items = (const void *)(fact + 1);
	struct cpython_stream *stream = cpython_stream_get(t, 0);
	struct cpython_chain chain;
	struct cpython_task *task;
	unsigned await;
	uint64_t object;
	int error;

	if (!stream || fact->count > CPYTHON_ITEMS)
		return stream ? -EPROTO : -ENOMEM;
	cpython_fact_log_snapshot(t->options.log, fact, pass);
	t->codes.now = fact->time;
	if (pass == CPYTHON_SNAPSHOT_MEET)
		return cpython_task_get(t, stream, fact, items, fact->task, fact->coro) ? 0
		                                                                        : -ENOMEM;
	if (pass == CPYTHON_SNAPSHOT_BIND) {
		snapshot_bind(t, fact, items);
		return 0;
	}
	task = cpython_table_get(&t->tasks, fact->task, 0);
	if (!task || task->coro != fact->coro)
		return 0;
	cpython_chain_read(t, stream, fact, items, &chain);
	task->site = chain.site;
	cpython_writers_stand(t, task, fact, items);
	t->late = true;
	error = cpython_section_settle(t, stream, task, fact, items, &chain);
	t->late = false;
	if (!error && task->waiting) /* by an acquire() call perhaps, which no `with` has named */
		error = cpython_lock_name_acquired(t, stream, fact->time, task->waiting,
		                                   task->waiting_site);
	if (error)
		return error;
	task->await = cpython_chain_await(t, task, &chain, &object);
	await = task->await | cpython_deadline_settle(t, stream, task, &chain);
	error = cpython_emit(stream, fact->time, AW_SUSPEND, await | AW_ARG_SNAPSHOT, task->id,
	                     object, chain.site);
	return error ? error : cpython_step_commit(stream);
}

int cpython_translate_number(struct cpython_translator *t, uint64_t next)
{
	struct cpython_stream *stream = cpython_stream_get(t, 0);

	cpython_fact_log_number(t->options.log, next);
	if (!stream)
		return -ENOMEM;
	stream->next_event = next;
	return 0;
}

void cpython_translate_locks(const struct cpython_translator *t, cpython_known_fn fn, void *context)
{
	for (size_t i = 0; i < t->locks.room; i++) {
		const struct cpython_lock *lock = t->locks.slots[i].value;

		if (lock && lock->told && !lock->gone)
			fn(context, lock->id, lock->address, &lock->type->how);
	}
}

uint32_t cpython_translate_task(const struct cpython_translator *t, uint64_t address)
{
	const struct cpython_task *task = cpython_table_get(&t->tasks, address, 0);

	return task && address ? task->id : 0;
}
