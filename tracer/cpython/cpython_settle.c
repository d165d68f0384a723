/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_settle.c - what the end of a step tells of the locks its task holds and waits for.
 *
 * Three witnesses: the exit methods on the value stacks of the await chain,
 * the states of the locks, and what `with` told in the step.
 */
#include <string.h>

#include "cpython_sections.h"
#include "cpython_session.h"

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
static int shown_name(struct cpython_translator *t, struct cpython_stream *stream,
                      struct cpython_task *task, uint64_t time, struct cpython_lock *lock,
                      const struct cpython_link *link, unsigned above, unsigned flags)
{
	struct cpython_spot spot = {.code = link->code, .self = link->item->c};
	int error;

	spot.line = link->code ? cpython_code_line(link->code, link->item->offset) : 0;
	if (!spot.line)
		return 0;
	if (link->await != 1 || above)
		spot.line = cpython_source_with(t->source, link->code->file, spot.line,
		                                link->await == 1 ? above - 1 : above, &spot.item);
	/* from level `locks` on it was taken before it is shown, and that told */
	error = t->options.detail >= CPYTHON_LOCKS
	                ? 0
	                : cpython_lock_other(t, stream, task, time, lock, &spot, flags);
	return error ? error : cpython_lock_name(t, stream, time, lock, &spot);
}

static int view_exits(struct cpython_translator *t, struct cpython_stream *stream,
                      struct cpython_task *task, const struct cpython_fact *fact,
                      const struct cpython_item *items, const struct cpython_chain *chain,
                      struct view *view)
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
			lock = cpython_lock_of_condition(t, stream, item->b, item->d);
		} else {
			lock = cpython_lock_get(t, stream, item->b, item->c);
		}
		if (!lock)
			continue;
		error = shown_name(t, stream, task, fact->time, lock, link,
		                   exits_above(fact, items, i), item->flags);
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
static struct cpython_lock *self_lock(struct cpython_translator *t, struct cpython_stream *stream,
                                      uint64_t self)
{
	struct cpython_lock *lock = cpython_table_get(&t->locks, self, 0);
	const struct cpython_type *type;
	uint64_t type_address;

	if (lock && !lock->gone)
		return lock;
	lock = cpython_lock_of_condition(t, stream, self, 0);
	if (lock)
		return lock;
	type_address = cpython_word(&t->options.memory, self + 8);
	type = cpython_type_get(t, type_address);
	if (!type || type->how.state != CPYTHON_STATE_INNER)
		return cpython_lock_get(t, stream, self, type_address);
	return cpython_lock_of_condition(
		t, stream, self,
		cpython_attribute(&t->options.memory, self, type->how.index, type->how.name));
}

static void view_waits(struct cpython_translator *t, struct cpython_stream *stream,
                       const struct cpython_chain *chain, struct view *view)
{
	for (unsigned i = 0; i < chain->count; i++) {
		const struct cpython_link *link = &chain->links[i];

		if (!link->code)
			continue;
		if (link->code->role == CPYTHON_ROLE_CONDITION_WAIT)
			view->condition = self_lock(t, stream, link->item->c);
		if (link->code->role != CPYTHON_ROLE_ACQUIRE || checkpointed(chain))
			continue;
		view->waiting = self_lock(t, stream, link->item->c);
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
	cpython_held_drop(task, held);
}

/*
 * A task does not wait for two locks at once: if it waited for one of threads on its way to the one
 * it is suspended for, it waits for that from now on, and is told to by cpython_section_settle.
 */
static void wait_last(struct cpython_stream *stream, struct cpython_task *task, struct view *view)
{
	bool behind = false;

	for (size_t i = stream->step.count; i-- > 0;) {
		const struct aw_event *event = &stream->step.events[i];

		if (event->kind != AW_LOCK_WAIT || event->task != task->id)
			continue;
		if (event->object != view->waiting->id) {
			behind = true;
			continue;
		}
		if (behind) {
			view->waiting_site = event->site;
			event_buffer_take(&stream->step, i);
			task->waiting = NULL;
		}
		return;
	}
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

/*
 * Its state was not read: another lock took its place on the thread's watch list. That it is free
 * by now is as likely as not, and whoever relies on it shall know.
 */
static int unwatched_freed(struct cpython_translator *t, struct cpython_stream *stream,
                           const struct cpython_held *held, const struct cpython_fact *fact)
{
	if (held->by_chain || t->options.detail < CPYTHON_LOCKS)
		return 0;
	t->stats.lost++;
	return cpython_emit(stream, stream->time, AW_LOST, 0, 0, 1, fact->time);
}

/*
 * Does the state of a lock that no chain shows tell whether it is still held? Not of one of
 * threads, which another may have by now. Of a semaphore, only where a call took it: what `with`
 * took is shown as long as it is held, and a permit that was handed to who waits next was never
 * free.
 */
static bool ends_by_state(const struct cpython_held *held, const struct cpython_lock *waiting)
{
	return !cpython_lock_of_threads(held->lock) && held->lock != waiting &&
	       (!cpython_lock_counts(held->lock) || held->by_hand);
}

static bool is_back(const struct cpython_held *held, const struct cpython_item *state)
{
	if (!state || state->state == CPYTHON_LOCK_GONE)
		return true;
	if (cpython_lock_counts(held->lock))
		return held->lock->out + state->c > held->lock->permits;
	return state->state == CPYTHON_LOCK_FREE;
}

/* What the chain does not show (any more): freed in this step, when its state says so. */
static int hidden_settle(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items, const struct cpython_lock *waiting)
{
	for (unsigned i = 0; i < task->held_count; i++) {
		struct cpython_held *held = &task->held[i];
		const struct cpython_item *state;
		bool freed, stated;
		int error;

		held->tentative = held->expects = false;
		if (held->marked)
			continue;
		state = state_find(fact, items, held->lock);
		stated = t->options.detail >= CPYTHON_LOCKS && ends_by_state(held, waiting);
		freed = !stated || is_back(held, state);
		if (!freed)
			continue;
		error = stated && !state ? unwatched_freed(t, stream, held, fact) : 0;
		if (error)
			return error;
		error = cpython_section_freed(stream, task, held, task->id, fact->last_entered,
		                              fact->time);
		if (error)
			return error;
		i--;
	}
	return 0;
}

/* Locks whose state changed although no `with` of this step and no chain explains it. */
int cpython_section_states(struct cpython_translator *t, struct cpython_stream *stream,
                           struct cpython_task *task, const struct cpython_fact *fact,
                           const struct cpython_item *items)
{
	uint32_t who = task ? task->id : 0;

	for (unsigned i = 0; i < fact->count; i++) {
		struct cpython_lock *lock;
		bool locked;
		int error = 0;

		if (items[i].kind != CPYTHON_ITEM_LOCK || items[i].state == CPYTHON_LOCK_UNREADABLE)
			continue;
		lock = cpython_table_get(&t->locks, items[i].a, 0);
		if (!lock || lock->gone || lock->type->address != items[i].b)
			continue;
		cpython_permits_seen(lock, items[i].c);
		locked = items[i].state == CPYTHON_LOCK_HELD;
		if (cpython_lock_excludes(lock) && !cpython_lock_of_threads(lock)) {
			if (!locked && lock->holder)
				error = cpython_holder_freed(stream, lock, who, fact->time);
			else if (task && locked && !lock->holder && lock->known && !lock->locked)
				error = cpython_section_taken(t, stream, task, lock, task->site,
				                              fact->last_entered, fact->time);
		}
		if (error)
			return error;
		lock->known = true;
		lock->locked = locked;
		lock->gone = items[i].state == CPYTHON_LOCK_GONE && !lock->holder;
		if (lock->gone && lock->told)
			error = cpython_emit(stream, fact->time, AW_LOCK_FREE, 0, who, lock->id, 0);
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
		bool several = !cpython_lock_excludes(lock);
		struct cpython_held *held =
			several ? cpython_held_unmarked(task, lock) : cpython_held_find(task, lock);
		int error;

		if (!held) {
			error = cpython_section_taken(t, stream, task, lock, view->shown[i].site,
			                              fact->last_entered, fact->time);
			if (error)
				return error;
			held = cpython_held_find(task, lock);
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
	struct cpython_task *owner;
	struct cpython_held *held;
	int error = cpython_thread_wait_over(t, stream, task, fact->time);

	if (!error && chain)
		error = view_exits(t, stream, task, fact, items, chain, &view);
	if (error)
		return error;
	if (chain)
		view_waits(t, stream, chain, &view);
	for (unsigned i = 0; i < task->held_count; i++)
		task->held[i].marked = false;
	if (task->waits_condition && !view.waiting &&
	    !cpython_held_find(task, task->waits_condition))
		error = cpython_section_wait_over(t, stream, task, fact->last_entered, fact->time,
		                                  view.condition == task->waits_condition);
	task->waits_condition = view.condition;
	if (!error)
		error = shown_settle(t, stream, task, fact, &view);
	owner = view.waiting ? cpython_section_owner(t, task, view.waiting) : NULL;
	held = owner ? cpython_held_find(owner, view.waiting) : NULL;
	if (held && held->tentative) {
		taken_to_wait(stream, owner, view.waiting, held);
		task->waiting = view.waiting;
		task->waiting_site = view.waiting_site;
	}
	if (view.waiting)
		wait_last(stream, task, &view);
	if (!error && view.waiting)
		error = cpython_lock_name_acquired(t, stream, fact->time, view.waiting,
		                                   view.waiting_site);
	if (!error)
		error = hidden_settle(t, stream, task, fact, items, view.waiting);
	if (!error)
		error = cpython_section_states(t, stream, task, fact, items);
	if (!error && view.waiting && task->waiting != view.waiting)
		error = cpython_section_waits(t, stream, task, view.waiting, view.waiting_site,
		                              fact->time);
	if (!view.waiting)
		task->waiting = NULL;
	return error;
}
