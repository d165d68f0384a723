/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deadlock.c - tasks that wait for each other in a circle, and for themselves.
 *
 * A wait-for graph keyed by task (Holt, ACM Computing Surveys 1972): a task
 * waits for the holders of the lock it is suspended for, or for the task it
 * awaits. Each time a task suspends, the graph is followed from it. A mutex
 * blocks if a holder is blocked; a semaphore only if all its permits are held
 * and every holder is blocked. A wait that ends by itself (deadline) blocks
 * nobody. Anyone may release a lock, so a circle in which somebody then does
 * get its lock was no deadlock and is withdrawn. So is one that a cancel breaks
 * soon: whoever cancelled it (a callback, a timer) was the way out of it. After
 * STOOD_NS it was a hang, and somebody's patience ended.
 */
#include "analyzer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOOD_NS 500000000ull

struct cycle {
	uint64_t *members;
	unsigned count;
	uint64_t since; /* ns: when it closed */
	uint64_t test;  /* ... and in which test, 0: none that is known */
	struct finding *finding;
};

struct deadlock {
	struct world *world;
	struct findings *findings;
	struct cycle *cycles; /* that still stand */
	unsigned count, room;
	/* The search under way. */
	const struct actor *start;
	uint64_t search; /* its number */
	struct actor *seen[DEADLOCK_TASKS];
	unsigned seen_count;
	bool cut;    /* more would have been followed */
	bool closed; /* the search came back to `start` */
};

static int deadlock_open(const struct analyzer_env *env, void **state)
{
	struct deadlock *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static void deadlock_close(void *state)
{
	struct deadlock *self = state;

	for (unsigned i = 0; self && i < self->count; i++)
		free(self->cycles[i].members);
	if (self)
		free(self->cycles);
	free(self);
}

static struct lock *lock_wanted(const struct world *world, const struct actor *actor)
{
	if (actor->await != AW_AWAIT_LOCK && actor->await != AW_AWAIT_SEMAPHORE)
		return NULL;
	return actor->waiting ? actor->waiting : world_lock(world, actor->object);
}

/* Most suspend for what no task or lock stands for. */
static bool waits_for_somebody(const struct actor *actor)
{
	return actor->await == AW_AWAIT_TASK || actor->await == AW_AWAIT_LOCK ||
	       actor->await == AW_AWAIT_SEMAPHORE;
}

static bool is_blocked(struct deadlock *self, struct actor *actor);

static bool lock_is_stuck(struct deadlock *self, const struct lock *lock)
{
	bool semaphore = !lock_excludes(lock);

	/* The largest number of permits stands for all larger ones, too: some may be free. */
	if (!lock->permits || lock->permits == AW_LOCK_PERMITS_MAX || lock->held < lock->permits)
		return false;
	for (const struct section *s = lock->sections; s; s = s->next) {
		bool blocked = s->holder && !s->doubtful && is_blocked(self, s->holder);

		if (blocked != semaphore)
			return blocked;
	}
	return semaphore;
}

/* Depth first; a task met again is taken to be blocked, so that a circle holds itself up. */
static bool is_blocked(struct deadlock *self, struct actor *actor)
{
	const struct lock *lock;
	struct actor *task;

	if (actor->plain || actor->running || actor->deadline || actor->woken)
		return false;
	if (actor->searched == self->search) {
		self->closed |= actor == self->start;
		return true;
	}
	if (self->seen_count == DEADLOCK_TASKS) {
		self->cut = true;
		return false;
	}
	actor->searched = self->search;
	self->seen[self->seen_count++] = actor;
	lock = lock_wanted(self->world, actor);
	if (lock)
		return lock_is_stuck(self, lock);
	task = actor->await == AW_AWAIT_TASK ? world_task(self->world, actor->object) : NULL;
	return task && !task->named_only && is_blocked(self, task);
}

/* ---- telling ---- */

static void name_lock(struct deadlock *self, struct lock *lock, char *out, size_t size)
{
	const char *name = world_identity(self->world, lock)->name;

	if (name)
		snprintf(out, size, "`%s`", name);
	else
		snprintf(out, size, "lock %lu", lock->id);
}

static void name_wait(struct deadlock *self, const struct actor *actor, char *out, size_t size)
{
	struct lock *lock = lock_wanted(self->world, actor);
	char *task;

	if (lock) {
		name_lock(self, lock, out, size);
		return;
	}
	task = findings_actor_name(self->world, actor->object);
	snprintf(out, size, "the end of %s", task ? task : "a task");
	free(task);
}

static char *cycle_message(struct deadlock *self)
{
	size_t size = 4096, at = 0;
	char *message = malloc(size);

	for (unsigned i = 0; message && i < self->seen_count && at < size; i++) {
		char *task = findings_actor_name(self->world, self->seen[i]->id), wait[AW_TEXT_MAX];

		name_wait(self, self->seen[i], wait, sizeof(wait));
		at += (size_t)snprintf(message + at, size - at, "%s%s waits for %s", i ? ", " : "",
		                       task ? task : "a task", wait);
		free(task);
		if (i == 3 && self->seen_count > 4) {
			snprintf(message + at, at < size ? size - at : 0, ", and %u more tasks",
			         self->seen_count - 4);
			break;
		}
	}
	return message;
}

/* Tasks come and go; the sites at which they wait tell one deadlock from another. */
static uint64_t cycle_key(const struct deadlock *self)
{
	uint64_t key = 0;

	for (unsigned i = 0; i < self->seen_count; i++)
		key += (self->seen[i]->site + 1) * 0x9e3779b97f4a7c15ull;
	return key;
}

static uint64_t site_taken(const struct actor *actor)
{
	return actor->held_count ? actor->held[actor->held_count - 1]->site : 0;
}

/* The oldest lock of the circle stands for it. */
static uint32_t cycle_lock(struct deadlock *self)
{
	struct lock *oldest = NULL;

	for (unsigned i = 0; i < self->seen_count; i++) {
		struct lock *lock = lock_wanted(self->world, self->seen[i]);

		if (lock && (!oldest || lock->uid < oldest->uid))
			oldest = lock;
	}
	if (!oldest)
		return IDMAP_NONE;
	world_identity(self->world, oldest); /* makes sure that it has one */
	return oldest->identity;
}

/* One more, with room for those who were seen. NULL: no memory. */
static struct cycle *cycle_add(struct deadlock *self)
{
	uint64_t *members = calloc(self->seen_count + 1, sizeof(*members)); /* never of none */

	if (members && self->count == self->room) {
		unsigned room = self->room ? 2 * self->room : 8;
		struct cycle *cycles = reallocarray(self->cycles, room, sizeof(*cycles));

		if (!cycles) {
			free(members);
			return NULL;
		}
		self->cycles = cycles;
		self->room = room;
	}
	if (!members)
		return NULL;
	self->cycles[self->count] = (struct cycle){.members = members};
	return &self->cycles[self->count++];
}

static void cycle_remember(struct deadlock *self, struct finding *finding)
{
	struct cycle *cycle;

	cycle = cycle_add(self);
	if (!cycle) {
		self->findings->error = -ENOMEM;
		return;
	}
	cycle->count = self->seen_count;
	cycle->finding = finding;
	cycle->since = self->start->since;
	cycle->test = world_test(self->world);
	for (unsigned i = 0; i < self->seen_count; i++) {
		cycle->members[i] = self->seen[i]->id;
		self->seen[i]->in_cycle = true;
	}
}

static void cycle_found(struct deadlock *self)
{
	bool self_wait = self->seen_count == 1;
	const struct actor *start = self->start;
	struct finding *finding =
		findings_get(self->findings, self_wait ? RULE_SELF_DEADLOCK : RULE_DEADLOCK,
	                     cycle_key(self), 0, 0, 0);

	if (!finding)
		return;
	finding->observed++;
	finding->withdrawn = false;
	cycle_remember(self, finding);
	if (!finding->fresh)
		return;
	finding->read = site_taken(start);
	finding->gap = start->site;
	finding->time[0] = start->since;
	finding->task = findings_actor_name(self->world, start->id);
	finding->message = cycle_message(self);
	finding->lock = cycle_lock(self);
	if (!self_wait) {
		finding->other = self->seen[1]->site;
		finding->other_task = findings_actor_name(self->world, self->seen[1]->id);
	}
}

/* `taken`: the actor has got the lock it waited for, so it was none; else it was broken at `now`.
 */
static void cycle_end(struct deadlock *self, struct actor *actor, bool taken, uint64_t now)
{
	for (unsigned i = 0; i < self->count; i++) {
		struct cycle *cycle = &self->cycles[i];
		bool member = false, withdraw = taken || now < cycle->since + STOOD_NS;

		for (unsigned m = 0; m < cycle->count; m++)
			member |= cycle->members[m] == actor->id;
		if (!member)
			continue;
		for (unsigned m = 0; m < cycle->count; m++) {
			struct actor *other = world_task(self->world, cycle->members[m]);

			if (other)
				other->in_cycle = false;
		}
		if (withdraw && !--cycle->finding->observed)
			cycle->finding->withdrawn = true;
		if (!withdraw)
			findings_seen_in(self->findings, cycle->finding, cycle->test, true);
		free(cycle->members);
		*cycle = self->cycles[--self->count];
		i--;
	}
	actor->in_cycle = false;
}

static void deadlock_after(void *state, const struct moment *moment)
{
	struct deadlock *self = state;
	struct actor *actor = moment->actor;

	if (moment->event->kind == AW_SUSPEND) {
		if (!waits_for_somebody(actor))
			return;
		self->start = actor;
		self->seen_count = 0;
		self->closed = self->cut = false;
		self->search++;
		if (is_blocked(self, actor) && self->closed)
			cycle_found(self);
		else if (self->cut)
			self->findings->circles_cut++;
	} else if (actor->in_cycle && !(moment->event->arg & AW_ARG_SNAPSHOT)) {
		/* Taken: somebody else released it. Given up: it was broken. */
		cycle_end(self, actor, moment->event->kind == AW_LOCK_TAKEN, moment->event->time);
	}
}

/* Those that stand to the end. */
static int deadlock_finish(void *state)
{
	struct deadlock *self = state;

	for (unsigned i = 0; i < self->count; i++)
		findings_seen_in(self->findings, self->cycles[i].finding, self->cycles[i].test,
		                 true);
	return 0;
}

const struct analyzer analyzer_deadlock = {
	.name = "deadlock",
	.help = "tasks that wait for each other, or for themselves, for ever",
	.open = deadlock_open,
	.close = deadlock_close,
	.finish = deadlock_finish,
	.after_kinds = ANALYZER_KIND(AW_SUSPEND) | ANALYZER_KIND(AW_LOCK_TAKEN) |
                       ANALYZER_KIND(AW_LOCK_GIVEUP),
	.after = deadlock_after,
};
