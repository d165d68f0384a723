/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_sections.c - critical sections: taken, waited for, freed.
 *
 * See cpython_translate.h for what is inferred, and how.
 */
#include <errno.h>
#include <stdlib.h>

#include "cpython_sections.h"
#include "cpython_session.h"

/* The newest, of a lock that may be held several times. */
struct cpython_held *cpython_held_find(struct cpython_task *task, const struct cpython_lock *lock)
{
	for (unsigned i = task->held_count; i-- > 0;)
		if (task->held[i].lock == lock)
			return &task->held[i];
	return NULL;
}

struct cpython_held *cpython_held_unmarked(struct cpython_task *task,
                                           const struct cpython_lock *lock)
{
	for (unsigned i = 0; i < task->held_count; i++)
		if (task->held[i].lock == lock && !task->held[i].marked)
			return &task->held[i];
	return NULL;
}

void cpython_held_drop(struct cpython_task *task, struct cpython_held *held)
{
	if (held->lock->holder == task)
		held->lock->holder = NULL;
	held->lock->out -= held->lock->out != 0;
	*held = task->held[--task->held_count];
	if (task->emptied && !task->held_count) {
		task->next = *task->emptied;
		*task->emptied = task;
	}
}

int cpython_section_freed(struct cpython_stream *stream, struct cpython_task *holder,
                          struct cpython_held *held, uint32_t releaser, uint64_t from, uint64_t to)
{
	int error;

	if (from < held->since)
		from = held->since;
	error = cpython_emit_interval(stream, to, releaser, from, to);
	if (!error)
		error = cpython_emit(stream, to, AW_LOCK_FREED, AW_ARG_INFERRED, releaser,
		                     held->lock->id, held->site);
	cpython_held_drop(holder, held);
	return error;
}

void cpython_permits_seen(struct cpython_lock *lock, uint32_t permits)
{
	if (permits <= lock->permits)
		return;
	lock->permits = permits;
	if (permits > 1 && cpython_lock_counts(lock)) {
		lock->holder = NULL;
		lock->told = false; /* with how many permits is to be told again */
	}
}

uint32_t cpython_held_times(const struct cpython_task *task, const struct cpython_lock *lock)
{
	uint32_t times = 0;

	for (unsigned i = 0; i < task->held_count; i++)
		times += task->held[i].lock == lock;
	return times;
}

/* What others hold for sure: they are suspended in it. */
static uint32_t others_hold(const struct cpython_task *task, const struct cpython_lock *lock,
                            uint32_t own)
{
	const struct cpython_held *held;

	if (lock->permits > 1)
		return lock->out > own ? lock->out - own : 0;
	held = lock->holder && lock->holder != task ? cpython_held_find(lock->holder, lock) : NULL;
	return held && held->by_chain;
}

/*
 * Before a task takes a semaphore of which `free` permits are seen free: those that are told to be
 * out and are not were its own, given back in this step. Nothing else shows a section that ends in
 * the step in which the task begins the next.
 */
static int permits_back(struct cpython_stream *stream, struct cpython_task *task,
                        struct cpython_lock *lock, uint32_t free, uint64_t time)
{
	uint32_t own = cpython_held_times(task, lock), others = others_hold(task, lock, own);
	int error = 0;

	if (!cpython_lock_counts(lock))
		return 0;
	cpython_permits_seen(lock, free + others);
	for (; own && own + others + free > lock->permits && !error; own--)
		error = cpython_section_freed(stream, task, cpython_held_find(task, lock), task->id,
		                              0, time);
	return error;
}

/* The section of whoever is believed to hold `lock` is over by `to`. */
int cpython_holder_freed(struct cpython_stream *stream, struct cpython_lock *lock,
                         uint32_t releaser, uint64_t to)
{
	struct cpython_task *holder = lock->holder;
	struct cpython_held *held = holder ? cpython_held_find(holder, lock) : NULL;

	if (!held)
		return 0;
	return cpython_section_freed(stream, holder, held, releaser ? releaser : holder->id,
	                             held->since, to);
}

/* The task a section belongs to: who made `task`, when all that does is to acquire the lock. Others
 * that it takes on its way (those of threads inside asyncio) are its own. */
struct cpython_task *cpython_section_owner(struct cpython_translator *t, struct cpython_task *task,
                                           const struct cpython_lock *lock)
{
	struct cpython_task *maker;

	if (!task->maker || !task->acquires || task->acquires != lock->address)
		return task;
	maker = cpython_table_get(&t->tasks, task->maker, 0);
	return maker && maker->id == task->maker_id ? maker : task;
}

/* One more lock that the task holds. Others may lie elsewhere now. NULL: no memory. */
static struct cpython_held *held_add(struct cpython_task *task)
{
	if (task->held_count == task->held_room) {
		unsigned room = task->held_room ? 2 * task->held_room : 4;
		struct cpython_held *held = reallocarray(task->held, room, sizeof(*held));

		if (!held)
			return NULL;
		task->held = held;
		task->held_room = room;
	}
	return &task->held[task->held_count++];
}

/* `from` 0: seen itself, at `time`. */
int cpython_section_taken(struct cpython_translator *t, struct cpython_stream *stream,
                          struct cpython_task *task, struct cpython_lock *lock, uint64_t site,
                          uint64_t from, uint64_t time)
{
	struct cpython_held *held;
	int error = cpython_lock_tell(stream, time, lock);

	if (!error && cpython_lock_excludes(lock) && lock->holder)
		error = cpython_holder_freed(stream, lock, 0, time);
	task = cpython_section_owner(t, task, lock);
	if (!error && from)
		error = cpython_emit_interval(stream, time, task->id, from, time);
	if (!error)
		error = cpython_emit(stream, time, AW_LOCK_TAKEN,
		                     t->late ? AW_ARG_SNAPSHOT
		                     : from  ? AW_ARG_INFERRED
		                             : 0,
		                     task->id, lock->id, site);
	if (error)
		return error;
	/* a lock points only to a task that has it in its list, for that is how the task takes
	 * itself out of the lock when its memory is given up */
	held = held_add(task);
	if (!held)
		return -ENOMEM;
	if (cpython_lock_excludes(lock))
		lock->holder = task;
	lock->out++;
	*held = (struct cpython_held){.lock = lock, .since = from ? from : time, .site = site};
	return 0;
}

int cpython_section_wait_over(struct cpython_translator *t, struct cpython_stream *stream,
                              struct cpython_task *task, uint64_t from, uint64_t time, bool freed)
{
	struct cpython_lock *lock = task->waits_condition;
	struct cpython_held *held;
	int error;

	task->waits_condition = NULL;
	error = cpython_section_taken(t, stream, task, lock, task->site, from, time);
	held = freed && !error ? cpython_held_find(task, lock) : NULL;
	return held ? cpython_section_freed(stream, task, held, task->id, from, time) : error;
}

/* A thread lock that was not free blocked the thread: by now the task has it. */
int cpython_thread_wait_over(struct cpython_translator *t, struct cpython_stream *stream,
                             struct cpython_task *task, uint64_t now)
{
	struct cpython_lock *lock = task->blocked;

	if (!lock)
		return 0;
	task->blocked = NULL;
	return cpython_section_taken(t, stream, task, lock, task->blocked_site, stream->time, now);
}

int cpython_section_waits(const struct cpython_translator *t, struct cpython_stream *stream,
                          struct cpython_task *task, struct cpython_lock *lock, uint64_t site,
                          uint64_t time)
{
	int error = cpython_lock_tell(stream, time, lock);

	if (cpython_lock_of_threads(lock)) { /* perhaps on the way to another one */
		task->blocked = lock;
		task->blocked_site = site;
	} else {
		task->waiting = lock;
		task->waiting_site = site;
	}
	return error ? error
	             : cpython_emit(stream, time, AW_LOCK_WAIT, t->late ? AW_ARG_SNAPSHOT : 0,
	                            task->id, lock->id, site);
}

/* Of a lock that several may hold: the sections of all that do. */
static int sections_end(struct cpython_stream *stream, const struct cpython_table *tasks,
                        const struct cpython_lock *lock, uint64_t time)
{
	int error = 0;

	for (size_t i = 0; i < tasks->room; i++) {
		struct cpython_task *task = tasks->slots[i].value;
		struct cpython_held *held = task ? cpython_held_find(task, lock) : NULL;

		for (; held && !error; held = cpython_held_find(task, lock))
			error = cpython_section_freed(stream, task, held, task->id, held->since,
			                              time);
	}
	return error;
}

int cpython_lock_end(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                     struct cpython_lock *lock)
{
	int error = cpython_holder_freed(stream, lock, 0, time);

	if (!error && lock->out)
		error = sections_end(stream, &t->tasks, lock, time);
	if (!error && lock->out)
		error = sections_end(stream, &t->ended, lock, time);
	if (!error && lock->told && !lock->gone)
		error = cpython_emit(stream, time, AW_LOCK_FREE, 0, 0, lock->id, 0);
	cpython_lock_renew(t, lock);
	return error;
}

static const struct cpython_item *item_find(const struct cpython_fact *fact,
                                            const struct cpython_item *items, unsigned kind)
{
	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == kind)
			return &items[i];
	return NULL;
}

/*
 * The place that names the lock which the instruction at `offset` of a caller enters. Up to 3.12
 * that has the position of the whole statement (Python/compile.c, compiler_with_inner); the unit
 * before it is always the end of the item's own expression.
 */
static struct cpython_spot entered_spot(struct cpython_translator *t,
                                        const struct cpython_item *caller)
{
	struct cpython_spot spot = {0};
	int column = -1;

	spot.code = caller ? cpython_codes_get(&t->codes, caller->b) : NULL;
	if (!spot.code)
		return spot;
	spot.self = caller->c;
	if (caller->offset >= 2)
		spot.line = cpython_code_position(spot.code, caller->offset - 2, &column);
	if (!spot.line || column < 0)
		spot.line = cpython_code_line(spot.code, caller->offset);
	else
		spot.item = cpython_source_item(t->source, spot.code->file, spot.line, column);
	return spot;
}

/* The programs did not know the class: if it is a lock, they could not read its state. By now
 * another one may stand at its address. */
static int type_unknown(struct cpython_translator *t, struct cpython_stream *stream,
                        const struct cpython_fact *fact, const struct cpython_item *object)
{
	const struct cpython_type *type = cpython_type_again(t, object->b);

	if (!type || type->how.state == CPYTHON_STATE_NONE ||
	    (type->how.qualname &&
	     (type->how.qualname != object->c || type->how.dictionary != object->d)))
		return 0;
	t->stats.lost++;
	return cpython_emit(stream, stream->time, AW_LOST, 0, 0, 1, fact->time);
}

/* When the step under way began. */
static uint64_t step_begun(const struct cpython_stream *stream, const struct cpython_fact *fact)
{
	return stream->step.count ? stream->step.events[0].time : fact->time;
}

int cpython_section_take(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items)
{
	const struct cpython_item *object = item_find(fact, items, CPYTHON_ITEM_OBJECT);
	const struct cpython_item *state = item_find(fact, items, CPYTHON_ITEM_LOCK);
	const struct cpython_item *caller = item_find(fact, items, CPYTHON_ITEM_CALLER);
	struct cpython_spot spot;
	struct cpython_held *held;
	struct cpython_lock *lock;
	uint64_t site;
	int error;

	if (!object || !task)
		return 0;
	if (!state)
		return type_unknown(t, stream, fact, object);
	lock = cpython_lock_get(t, stream, state->a, state->b);
	if (!lock)
		return 0;
	error = lock == task->waits_condition && !cpython_held_find(task, lock)
	                ? cpython_section_wait_over(t, stream, task, step_begun(stream, fact),
	                                            fact->time, true)
	                : 0;
	if (error)
		return error;
	spot = entered_spot(t, caller);
	if (state->state == CPYTHON_LOCK_FREE || fact->flags & CPYTHON_LOCK_OTHER)
		error = cpython_lock_other(t, stream, task, fact->time, lock, &spot, fact->flags);
	if (error)
		return error;
	if (lock->address != object->a)
		cpython_lock_of_condition(t, stream, object->a, lock->address);
	cpython_permits_seen(lock, state->c);
	site = spot.code ? cpython_site(t, stream, fact->time, spot.code, caller->offset, 0) : 0;
	error = cpython_thread_wait_over(t, stream, task, fact->time);
	if (!error)
		error = cpython_lock_name(t, stream, fact->time, lock, &spot);
	if (error || state->state == CPYTHON_LOCK_UNREADABLE)
		return error;
	if (state->state == CPYTHON_LOCK_FREE) {
		error = permits_back(stream, task, lock, state->c, fact->time);
		if (!error)
			error = cpython_section_taken(t, stream, task, lock, site, 0, fact->time);
		held = cpython_held_find(task, lock);
		if (held) {
			held->tentative = true;
			held->expects = t->options.detail >= CPYTHON_AWAITS &&
			                !cpython_lock_of_threads(lock);
		}
		return error;
	}
	if (cpython_lock_of_threads(lock) && cpython_held_find(task, lock))
		return 0; /* an RLock entered again */
	task->waits_by_hand = false;
	return cpython_section_waits(t, stream, task, lock, site, fact->time);
}

int cpython_section_acquire(struct cpython_translator *t, struct cpython_stream *stream,
                            struct cpython_task *task, const struct cpython_fact *fact,
                            const struct cpython_item *items, uint64_t site, bool with)
{
	const struct cpython_item *callee = item_find(fact, items, CPYTHON_ITEM_CODE);
	const struct cpython_item *state = NULL;
	struct cpython_task *owner;
	struct cpython_held *held;
	struct cpython_lock *lock;
	int error;

	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == CPYTHON_ITEM_LOCK && items[i].a == callee->d)
			state = &items[i];
	lock = state ? cpython_lock_get(t, stream, state->a, state->b) : NULL;
	if (!lock || state->state == CPYTHON_LOCK_UNREADABLE || task->waiting == lock)
		return 0;
	if (lock->address != callee->c)
		cpython_lock_of_condition(t, stream, callee->c, lock->address);
	cpython_permits_seen(lock, state->c);
	owner = cpython_section_owner(t, task, lock);
	held = cpython_held_find(owner, lock);
	if (held && held->expects && with) {
		held->expects = false;
		return 0;
	}
	error = cpython_lock_name_acquired(t, stream, fact->time, lock, site ? site : owner->site);
	if (error)
		return error;
	if (state->state != CPYTHON_LOCK_FREE) {
		task->waits_by_hand = true;
		return cpython_section_waits(t, stream, task, lock, site, fact->time);
	}
	error = permits_back(stream, owner, lock, state->c, fact->time);
	if (!error)
		error = cpython_section_taken(t, stream, task, lock, site, 0, fact->time);
	held = cpython_held_find(owner, lock);
	if (held)
		held->tentative = held->by_hand = true;
	return error;
}

int cpython_section_resume(struct cpython_translator *t, struct cpython_stream *stream,
                           struct cpython_task *task, uint64_t time, bool exception)
{
	struct cpython_lock *lock = task->waiting;
	struct cpython_held *held;
	int error;

	if (!lock)
		return 0;
	task->waiting = NULL;
	if (exception)
		return cpython_emit(stream, time, AW_LOCK_GIVEUP, 0, task->id, lock->id,
		                    task->waiting_site);
	/* a Condition's lock: the wait for it is over, and so is Condition.wait */
	if (task->waits_condition == lock)
		task->waits_condition = NULL;
	error = cpython_section_taken(t, stream, task, lock, task->waiting_site, 0, time);
	held = cpython_held_find(cpython_section_owner(t, task, lock), lock);
	if (held)
		held->by_hand = task->waits_by_hand;
	return error;
}

int cpython_section_vanish(struct cpython_stream *stream, struct cpython_task *task, uint64_t time)
{
	int error = 0;

	for (unsigned i = task->held_count; !error && i-- > 0;)
		if (cpython_lock_of_threads(task->held[i].lock))
			error = cpython_section_freed(stream, task, &task->held[i], task->id,
			                              task->held[i].since, time);
	return error;
}

void cpython_section_forget(struct cpython_task *task)
{
	while (task->held_count)
		cpython_held_drop(task, &task->held[0]);
}
