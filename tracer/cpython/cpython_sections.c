/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_sections.c - who holds which lock, from what `with`, chains and states tell.
 *
 * See cpython_translate.h for what is inferred, and how.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_session.h"
#include "cpython_state.h"

/* A lock that the chain shows as held, with the place that says so. */
struct shown {
	struct cpython_lock *lock;
	uint64_t site;
};

struct view {
	struct shown shown[EXITS_MAX];
	unsigned count;
	struct cpython_lock *waiting;
	uint64_t waiting_site;
	struct cpython_lock *condition; /* in Condition.wait */
};

/* ---- locks ---- */

struct cpython_lock *cpython_lock_get(struct cpython_translator *t, uint64_t address,
                                      uint64_t type_address)
{
	const struct cpython_type *type = cpython_type_get(t, type_address);
	struct cpython_lock *lock = cpython_table_get(&t->locks, address, 0);

	if (!type || type->how.state == CPYTHON_STATE_NONE || !address)
		return NULL;
	if (lock && lock->type == type && !lock->gone)
		return lock;
	if (lock) { /* the address has another meaning now */
		lock->type = type;
		lock->told = lock->named = lock->known = lock->locked = lock->gone = false;
		lock->permits = 0;
		lock->condition = 0;
		lock->id = ++t->ids;
		return lock;
	}
	lock = calloc(1, sizeof(*lock));
	if (!lock)
		return NULL;
	lock->address = address;
	lock->type = type;
	lock->id = ++t->ids;
	if (cpython_table_put(&t->locks, address, 0, lock)) {
		free(lock);
		return NULL;
	}
	return lock;
}

static bool counts(const struct cpython_lock *lock)
{
	return lock->type->how.state == CPYTHON_STATE_COUNT;
}

/* One task at a time: a mutex, or a semaphore with one permit. */
static bool excludes(const struct cpython_lock *lock)
{
	return !counts(lock) || lock->permits <= 1;
}

static bool of_threads(const struct cpython_lock *lock)
{
	return lock->type->lock == AW_LOCK_TYPE_PYTHREAD_LOCK ||
	       lock->type->lock == AW_LOCK_TYPE_PYTHREAD_RLOCK;
}

/* Defines the lock in the stream, when it is told of the first time. */
static int lock_tell(struct cpython_stream *stream, uint64_t time, struct cpython_lock *lock)
{
	unsigned permits =
		lock->permits < AW_LOCK_PERMITS_MAX ? lock->permits : AW_LOCK_PERMITS_MAX;
	unsigned type = lock->condition ? AW_LOCK_TYPE_ASYNCIO_CONDITION : lock->type->lock;
	char name[128];
	int error;

	if (lock->told)
		return 0;
	lock->told = true;
	error = cpython_emit(stream, time, AW_LOCK_NEW,
	                     type | (counts(lock) ? permits << 8 : 0) | AW_ARG_SNAPSHOT, 0,
	                     lock->id, 0);
	if (!error && lock->condition)
		error = cpython_emit(stream, time, AW_LOCK_CONDITION, 0, 0, lock->id, 0);
	if (error || lock->named)
		return error;
	snprintf(name, sizeof(name), "%s at 0x%llx", lock->type->name,
	         (unsigned long long)lock->address);
	return cpython_emit_name(stream, time, lock->id, AW_ENTITY_LOCK, name);
}

static int lock_name(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                     struct cpython_lock *lock, const struct cpython_code *code, uint32_t line,
                     unsigned item)
{
	char name[NAME_SIZE * 2];
	int error;

	if (lock->named || !code || !line ||
	    !cpython_source_lock(t->source, code->file, line, code->function, item, name,
	                         sizeof(name)))
		return 0;
	lock->named = true;
	error = lock_tell(stream, time, lock);
	return error ? error : cpython_emit_name(stream, time, lock->id, AW_ENTITY_LOCK, name);
}

/* The lock inside a Condition. */
static struct cpython_lock *condition_lock(struct cpython_translator *t, uint64_t condition,
                                           uint64_t inner)
{
	struct cpython_lock *lock = cpython_table_get(&t->conditions, condition, 0);

	if (lock && !lock->gone && (!inner || lock->address == inner))
		return lock;
	if (!inner)
		return NULL;
	lock = cpython_table_get(&t->locks, inner, 0);
	if (!lock || lock->gone)
		lock = cpython_lock_get(t, inner, cpython_word(&t->options.memory, inner + 8));
	if (!lock)
		return NULL;
	lock->condition = condition;
	cpython_table_put(&t->conditions, condition, 0, lock);
	return lock;
}

/* ---- sections ---- */

static struct cpython_held *held_find(struct cpython_task *task, const struct cpython_lock *lock)
{
	for (unsigned i = 0; i < task->held_count; i++)
		if (task->held[i].lock == lock)
			return &task->held[i];
	return NULL;
}

static void held_drop(struct cpython_task *task, struct cpython_held *held)
{
	if (held->lock->holder == task)
		held->lock->holder = NULL;
	*held = task->held[--task->held_count];
}

static int section_freed(struct cpython_stream *stream, struct cpython_task *holder,
                         struct cpython_held *held, uint32_t releaser, uint64_t from, uint64_t to)
{
	int error;

	if (from < held->since)
		from = held->since;
	error = cpython_emit_interval(stream, to, releaser, from, to);
	if (!error)
		error = cpython_emit(stream, to, AW_LOCK_FREED, AW_ARG_INFERRED, releaser,
		                     held->lock->id, held->site);
	held_drop(holder, held);
	return error;
}

/* The section of whoever is believed to hold `lock` is over by `to`. */
static int holder_freed(struct cpython_stream *stream, struct cpython_lock *lock, uint32_t releaser,
                        uint64_t to)
{
	struct cpython_task *holder = lock->holder;
	struct cpython_held *held = holder ? held_find(holder, lock) : NULL;

	if (!held)
		return 0;
	return section_freed(stream, holder, held, releaser ? releaser : holder->id, held->since,
	                     to);
}

/* The task a section belongs to: who made `task`, when all it does is to acquire. */
static struct cpython_task *owner_of(struct cpython_translator *t, struct cpython_task *task)
{
	struct cpython_task *maker;

	if (!task->acquires || !task->maker)
		return task;
	maker = cpython_table_get(&t->tasks, task->maker, 0);
	return maker && maker->id == task->maker_id ? maker : task;
}

/* `from` 0: seen itself, at `time`. */
static int section_taken(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, struct cpython_lock *lock, uint64_t site,
                         uint64_t from, uint64_t time)
{
	struct cpython_held *held;
	int error = lock_tell(stream, time, lock);

	if (!error && excludes(lock) && lock->holder)
		error = holder_freed(stream, lock, 0, time);
	task = owner_of(t, task);
	if (!error && from)
		error = cpython_emit_interval(stream, time, task->id, from, time);
	if (!error)
		error = cpython_emit(stream, time, AW_LOCK_TAKEN,
		                     t->late ? AW_ARG_SNAPSHOT
		                     : from  ? AW_ARG_INFERRED
		                             : 0,
		                     task->id, lock->id, site);
	if (excludes(lock))
		lock->holder = task;
	if (error || task->held_count == HELD_MAX)
		return error;
	held = &task->held[task->held_count++];
	*held = (struct cpython_held){.lock = lock, .since = from ? from : time, .site = site};
	return 0;
}

/* A thread lock that was not free blocked the thread: by now the task has it. */
static int thread_wait_over(struct cpython_translator *t, struct cpython_stream *stream,
                            struct cpython_task *task, uint64_t now)
{
	struct cpython_lock *lock = task->waiting;

	if (!lock || !of_threads(lock))
		return 0;
	task->waiting = NULL;
	return section_taken(t, stream, task, lock, task->waiting_site, stream->time, now);
}

static int section_waits(const struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, struct cpython_lock *lock, uint64_t site,
                         uint64_t time)
{
	int error = lock_tell(stream, time, lock);

	task->waiting = lock;
	task->waiting_site = site;
	return error ? error
	             : cpython_emit(stream, time, AW_LOCK_WAIT, t->late ? AW_ARG_SNAPSHOT : 0,
	                            task->id, lock->id, site);
}

static const struct cpython_item *item_find(const struct cpython_fact *fact,
                                            const struct cpython_item *items, unsigned kind)
{
	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == kind)
			return &items[i];
	return NULL;
}

int cpython_section_take(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items)
{
	const struct cpython_item *object = item_find(fact, items, CPYTHON_ITEM_OBJECT);
	const struct cpython_item *state = item_find(fact, items, CPYTHON_ITEM_LOCK);
	const struct cpython_item *caller = item_find(fact, items, CPYTHON_ITEM_CALLER);
	const struct cpython_code *code;
	struct cpython_held *held;
	struct cpython_lock *lock;
	uint64_t site;
	int error;

	if (!object || !cpython_type_get(t, object->b) || !state || !task)
		return 0;
	lock = cpython_lock_get(t, state->a, state->b);
	if (!lock)
		return 0;
	if (lock->address != object->a)
		condition_lock(t, object->a, lock->address);
	if (state->c > lock->permits)
		lock->permits = state->c;
	code = caller ? cpython_codes_get(&t->codes, caller->b) : NULL;
	site = code ? cpython_site(t, stream, fact->time, code, caller->offset, 0) : 0;
	error = thread_wait_over(t, stream, task, fact->time);
	if (!error && code)
		error = lock_name(t, stream, fact->time, lock, code,
		                  cpython_code_line(code, caller->offset), 0);
	if (error || state->state == CPYTHON_LOCK_UNREADABLE)
		return error;
	if (state->state == CPYTHON_LOCK_FREE) {
		error = section_taken(t, stream, task, lock, site, 0, fact->time);
		held = held_find(task, lock);
		if (held) {
			held->tentative = true;
			held->expects = t->options.detail >= CPYTHON_AWAITS && !of_threads(lock);
		}
		return error;
	}
	if (of_threads(lock) && held_find(task, lock))
		return 0; /* an RLock entered again */
	return section_waits(t, stream, task, lock, site, fact->time);
}

/* A line of the chain `site` stands for that has an acquire() call in it. */
static int acquire_name(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                        struct cpython_lock *lock, uint64_t id)
{
	const struct cpython_site *site;

	for (; !lock->named && (site = cpython_site_get(t, id)); id = site->parent) {
		const char *text = cpython_source_line(t->source, site->code->file, site->line);
		int error;

		if (!text || !cpython_source_acquires(text))
			continue;
		error = lock_name(t, stream, time, lock, site->code, site->line, 0);
		if (error)
			return error;
	}
	return 0;
}

int cpython_section_acquire(struct cpython_translator *t, struct cpython_stream *stream,
                            struct cpython_task *task, const struct cpython_fact *fact,
                            const struct cpython_item *items, uint64_t site, bool with)
{
	const struct cpython_item *callee = item_find(fact, items, CPYTHON_ITEM_CODE);
	const struct cpython_item *state = NULL;
	struct cpython_task *owner = owner_of(t, task);
	struct cpython_held *held;
	struct cpython_lock *lock;
	int error;

	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == CPYTHON_ITEM_LOCK && items[i].a == callee->d)
			state = &items[i];
	lock = state ? cpython_lock_get(t, state->a, state->b) : NULL;
	if (!lock || state->state == CPYTHON_LOCK_UNREADABLE || task->waiting == lock)
		return 0;
	if (lock->address != callee->c)
		condition_lock(t, callee->c, lock->address);
	if (state->c > lock->permits)
		lock->permits = state->c;
	held = held_find(owner, lock);
	if (held && held->expects && with) {
		held->expects = false;
		return 0;
	}
	error = acquire_name(t, stream, fact->time, lock, site ? site : owner->site);
	if (error)
		return error;
	if (state->state != CPYTHON_LOCK_FREE)
		return section_waits(t, stream, task, lock, site, fact->time);
	error = section_taken(t, stream, task, lock, site, 0, fact->time);
	held = held_find(owner, lock);
	if (held)
		held->tentative = true;
	return error;
}

/* ---- the end of a step ---- */

/* Is the exit method of this EXIT item the topmost of its frame? */
static bool topmost(const struct cpython_fact *fact, const struct cpython_item *items, unsigned at)
{
	for (unsigned i = at + 1; i < fact->count; i++)
		if (items[i].kind == CPYTHON_ITEM_EXIT && items[i].index == items[at].index)
			return false;
	return true;
}

/* How many exit methods lie above this one in its frame. */
static unsigned exits_above(const struct cpython_fact *fact, const struct cpython_item *items,
                            unsigned at)
{
	unsigned n = 0;

	for (unsigned i = at + 1; i < fact->count; i++)
		n += items[i].kind == CPYTHON_ITEM_EXIT && items[i].index == items[at].index;
	return n;
}

/* Facts are read a moment late: what they point to may be gone by then, so all is kept. */
static bool is_c_exit(struct cpython_translator *t, uint64_t address)
{
	static char no, yes;
	void *known = cpython_table_get(&t->c_names, address, 0);
	char name[16];

	if (!known) {
		if (cpython_c_string(&t->options.memory, address, name, sizeof(name)))
			return false;
		known = strcmp(name, "__exit__") && strcmp(name, "__aexit__") ? &no : &yes;
		cpython_table_put(&t->c_names, address, 0, known);
	}
	return known == &yes;
}

static bool is_exit(struct cpython_translator *t, const struct cpython_item *item)
{
	const struct cpython_code *code;

	if (!(item->flags & CPYTHON_EXIT_CODE))
		return is_c_exit(t, item->a);
	code = cpython_codes_get(&t->codes, item->a);
	return code && code->role == CPYTHON_ROLE_EXIT;
}

static const struct cpython_link *link_of(const struct cpython_chain *chain, unsigned index)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (chain->links[i].item->index == index)
			return &chain->links[i];
	for (unsigned i = 0; i < chain->side_count; i++)
		if (chain->sides[i].item->index == index)
			return &chain->sides[i];
	return NULL;
}

static bool checkpointed(const struct cpython_chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (chain->links[i].code && chain->links[i].code->role == CPYTHON_ROLE_CHECKPOINT)
			return true;
	return false;
}

/* Names a lock the chain shows, from the with statement around the line where its frame suspended.
 */
static int shown_name(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                      struct cpython_lock *lock, const struct cpython_link *link, unsigned above)
{
	uint32_t line = link->code ? cpython_code_line(link->code, link->item->offset) : 0;
	unsigned item = 0;

	if (lock->named || !line)
		return 0;
	if (link->await != 1 || above)
		line = cpython_source_with(t->source, link->code->file, line,
		                           link->await == 1 ? above - 1 : above, &item);
	return lock_name(t, stream, time, lock, link->code, line, item);
}

static int view_exits(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_fact *fact, const struct cpython_item *items,
                      const struct cpython_chain *chain, struct view *view)
{
	for (unsigned i = 0; i < fact->count; i++) {
		const struct cpython_item *item = &items[i];
		const struct cpython_link *link;
		struct cpython_lock *lock;
		int error;

		if (item->kind != CPYTHON_ITEM_EXIT || !is_exit(t, item))
			continue;
		link = link_of(chain, item->index);
		if (!link)
			continue;
		if (item->d) {
			lock = condition_lock(t, item->b, item->d);
		} else {
			lock = cpython_lock_get(t, item->b, item->c);
		}
		if (!lock)
			continue;
		error = shown_name(t, stream, fact->time, lock, link, exits_above(fact, items, i));
		if (error)
			return error;
		if (link->await == 1 && topmost(fact, items, i) && !checkpointed(chain))
			continue; /* it is being acquired */
		if (view->count < EXITS_MAX)
			view->shown[view->count++] = (struct shown){lock, link->site};
	}
	return 0;
}

/* The lock that counts for the self of a method of a lock class. */
static struct cpython_lock *self_lock(struct cpython_translator *t, uint64_t self)
{
	struct cpython_lock *lock = cpython_table_get(&t->locks, self, 0);
	const struct cpython_type *type;
	uint64_t type_address;

	if (lock && !lock->gone)
		return lock;
	lock = condition_lock(t, self, 0);
	if (lock)
		return lock;
	type_address = cpython_word(&t->options.memory, self + 8);
	type = cpython_type_get(t, type_address);
	if (!type || type->how.state != CPYTHON_STATE_INNER)
		return cpython_lock_get(t, self, type_address);
	return condition_lock(t, self,
	                      cpython_attribute(&t->options.memory, self, type->how.index));
}

static void view_waits(struct cpython_translator *t, const struct cpython_chain *chain,
                       struct view *view)
{
	for (unsigned i = 0; i < chain->count; i++) {
		const struct cpython_link *link = &chain->links[i];

		if (!link->code)
			continue;
		if (link->code->role == CPYTHON_ROLE_CONDITION_WAIT)
			view->condition = self_lock(t, link->item->c);
		if (link->code->role != CPYTHON_ROLE_ACQUIRE || checkpointed(chain))
			continue;
		view->waiting = self_lock(t, link->item->c);
		view->waiting_site = link->site;
	}
	for (unsigned i = 0; view->condition && i < view->count; i++)
		if (view->shown[i].lock == view->condition)
			view->shown[i--] = view->shown[--view->count];
}

/* `with` saw the lock free, yet the task waits for it (others were in line): it was no taking. */
static void taken_to_wait(struct cpython_stream *stream, struct cpython_task *task,
                          struct cpython_lock *lock, struct cpython_held *held)
{
	for (size_t i = stream->step.count; i-- > 0;) {
		struct aw_event *event = &stream->step.events[i];

		if (event->kind == AW_LOCK_TAKEN && event->task == task->id &&
		    event->object == lock->id) {
			event->kind = AW_LOCK_WAIT;
			break;
		}
	}
	held_drop(task, held);
}

static const struct cpython_item *state_find(const struct cpython_fact *fact,
                                             const struct cpython_item *items,
                                             const struct cpython_lock *lock)
{
	for (unsigned i = 0; i < fact->count; i++)
		if (items[i].kind == CPYTHON_ITEM_LOCK && items[i].a == lock->address)
			return &items[i];
	return NULL;
}

/* What the chain does not show (any more): freed in this step, when its state says so. */
static int hidden_settle(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items, const struct cpython_lock *waiting)
{
	for (unsigned i = 0; i < task->held_count; i++) {
		struct cpython_held *held = &task->held[i];
		const struct cpython_item *state;
		bool freed;
		int error;

		held->tentative = held->expects = false;
		if (held->marked)
			continue;
		state = state_find(fact, items, held->lock);
		if (t->options.detail >= CPYTHON_LOCKS && excludes(held->lock) &&
		    !of_threads(held->lock) /* another thread may have it by now */ &&
		    held->lock != waiting)
			freed = state ? state->state == CPYTHON_LOCK_FREE ||
			                        state->state == CPYTHON_LOCK_GONE
			              : held->by_chain;
		else
			freed = true;
		if (!freed)
			continue;
		error = section_freed(stream, task, held, task->id, fact->last_entered, fact->time);
		if (error)
			return error;
		i--;
	}
	return 0;
}

/* Locks whose state changed although no `with` of this step and no chain explains it. */
static int states_settle(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items)
{
	for (unsigned i = 0; i < fact->count; i++) {
		struct cpython_lock *lock;
		bool locked;
		int error = 0;

		if (items[i].kind != CPYTHON_ITEM_LOCK || items[i].state == CPYTHON_LOCK_UNREADABLE)
			continue;
		lock = cpython_table_get(&t->locks, items[i].a, 0);
		if (!lock || lock->gone || lock->type->address != items[i].b)
			continue;
		if (items[i].c > lock->permits)
			lock->permits = items[i].c;
		locked = items[i].state == CPYTHON_LOCK_HELD;
		if (excludes(lock) && !of_threads(lock)) {
			if (!locked && lock->holder)
				error = holder_freed(stream, lock, task->id, fact->time);
			else if (locked && !lock->holder && lock->known && !lock->locked)
				error = section_taken(t, stream, task, lock, task->site,
				                      fact->last_entered, fact->time);
		}
		if (error)
			return error;
		lock->known = true;
		lock->locked = locked;
		lock->gone = items[i].state == CPYTHON_LOCK_GONE && !lock->holder;
		if (lock->gone && lock->told)
			error = cpython_emit(stream, fact->time, AW_LOCK_FREE, 0, task->id,
			                     lock->id, 0);
		if (error)
			return error;
	}
	return 0;
}

static int shown_settle(struct cpython_translator *t, struct cpython_stream *stream,
                        struct cpython_task *task, const struct cpython_fact *fact,
                        const struct view *view)
{
	for (unsigned i = 0; i < view->count; i++) {
		struct cpython_lock *lock = view->shown[i].lock;
		struct cpython_held *held = held_find(task, lock);
		int error;

		if (!held) {
			error = section_taken(t, stream, task, lock, view->shown[i].site,
			                      fact->last_entered, fact->time);
			if (error)
				return error;
			held = held_find(task, lock);
		}
		if (held)
			held->marked = held->by_chain = true;
	}
	return 0;
}

int cpython_section_settle(struct cpython_translator *t, struct cpython_stream *stream,
                           struct cpython_task *task, const struct cpython_fact *fact,
                           const struct cpython_item *items, const struct cpython_chain *chain)
{
	struct view view = {0};
	struct cpython_held *held;
	int error = thread_wait_over(t, stream, task, fact->time);

	if (!error && chain)
		error = view_exits(t, stream, fact, items, chain, &view);
	if (error)
		return error;
	if (chain)
		view_waits(t, chain, &view);
	for (unsigned i = 0; i < task->held_count; i++)
		task->held[i].marked = false;
	if (task->waits_condition && !view.waiting && view.condition != task->waits_condition &&
	    !held_find(task, task->waits_condition)) {
		/* Condition.wait is over: it has taken its lock again in this step */
		error = section_taken(t, stream, task, task->waits_condition, task->site,
		                      fact->last_entered, fact->time);
	}
	task->waits_condition = view.condition;
	if (!error)
		error = shown_settle(t, stream, task, fact, &view);
	held = view.waiting ? held_find(owner_of(t, task), view.waiting) : NULL;
	if (held && held->tentative) {
		taken_to_wait(stream, owner_of(t, task), view.waiting, held);
		task->waiting = view.waiting;
		task->waiting_site = view.waiting_site;
	}
	if (!error)
		error = hidden_settle(t, stream, task, fact, items, view.waiting);
	if (!error)
		error = states_settle(t, stream, task, fact, items);
	if (!error && view.waiting && task->waiting != view.waiting)
		error = section_waits(t, stream, task, view.waiting, view.waiting_site, fact->time);
	if (!view.waiting)
		task->waiting = NULL;
	return error;
}

int cpython_section_resume(struct cpython_translator *t, struct cpython_stream *stream,
                           struct cpython_task *task, uint64_t time, bool exception)
{
	struct cpython_lock *lock = task->waiting;

	if (!lock)
		return 0;
	task->waiting = NULL;
	if (exception)
		return cpython_emit(stream, time, AW_LOCK_GIVEUP, 0, task->id, lock->id,
		                    task->waiting_site);
	/* a Condition's lock: the wait for it is over, and so is Condition.wait */
	if (task->waits_condition == lock)
		task->waits_condition = NULL;
	return section_taken(t, stream, task, lock, task->waiting_site, 0, time);
}

void cpython_section_forget(struct cpython_task *task)
{
	while (task->held_count)
		held_drop(task, &task->held[0]);
}
