/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_order.c - locks taken in opposite orders: a deadlock that has not happened yet.
 *
 * The lock-order graph with the refinements of Goodlock (Havelund, SPIN 2000;
 * Agarwal, Bensalem, Havelund et al. 2010): a circle counts only if its edges
 * come from different tasks, none happens before another, and no common outer
 * lock keeps them apart. One more for tasks: on one loop a task that takes two
 * locks without a gap between cannot be caught between them, so at least one edge of the
 * circle must have a gap (or another thread).
 */
#include "analyzer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 4u /* locks in a circle */
#define INSTANCES 2u /* of different tasks, kept per edge */

/* How one task ran an edge. */
struct instance {
	uint64_t actor;
	uint64_t step;
	uint32_t tag;
	uint32_t thread;
	uint64_t held_site, wanted_site;
	bool gap; /* between taking the first and wanting the second */
	uint8_t held_mode, wanted_mode;
	struct lockset outer; /* what else it held */
	struct clock clock;
};

struct edge {
	uint64_t from, to; /* uids */
	uint32_t from_identity, to_identity;
	uint32_t next; /* edge of the same `from`, IDMAP_NONE: none */
	uint8_t count;
	bool told;
	struct instance instances[INSTANCES];
};

struct lock_order {
	struct world *world;
	struct findings *findings;
	struct edge *edges;
	uint32_t count;
	struct idmap by_pair, first; /* first edge of a `from` */
};

static int lock_order_open(const struct analyzer_env *env, void **state)
{
	struct lock_order *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->world = env->world;
	self->findings = env->findings;
	*state = self;
	return 0;
}

static void lock_order_close(void *state)
{
	struct lock_order *self = state;

	if (!self)
		return;
	free(self->edges);
	idmap_fini(&self->by_pair);
	idmap_fini(&self->first);
	free(self);
}

/* ---- the graph ---- */

static uint64_t pair_key(uint64_t from, uint64_t to)
{
	return (from * 0x9e3779b97f4a7c15ull ^ to * 0xc2b2ae3d27d4eb4full) >> 1;
}

static int edge_link(struct lock_order *self, uint32_t index)
{
	struct edge *edge = &self->edges[index];
	int err;

	edge->next = idmap_get(&self->first, edge->from);
	idmap_remove(&self->first, edge->from);
	err = idmap_add(&self->first, edge->from, index);
	return err ? err : idmap_add(&self->by_pair, pair_key(edge->from, edge->to), index);
}

/* Makes room: edges of locks that are gone can be in no circle any more. */
static int edges_purge(struct lock_order *self)
{
	uint32_t kept = 0;

	idmap_fini(&self->by_pair);
	idmap_fini(&self->first);
	for (uint32_t i = 0; i < self->count; i++) {
		const struct edge *edge = &self->edges[i];

		if (!world_lock_by_uid(self->world, edge->from) ||
		    !world_lock_by_uid(self->world, edge->to))
			continue;
		self->edges[kept] = *edge;
		if (edge_link(self, kept))
			return -ENOMEM;
		kept++;
	}
	self->count = kept;
	return 0;
}

/* The edge, made if need be. NULL: no room or no memory. */
static struct edge *edge_get(struct lock_order *self, const struct lock *from,
                             const struct lock *to)
{
	uint32_t index = idmap_get(&self->by_pair, pair_key(from->uid, to->uid));

	if (index != IDMAP_NONE)
		return &self->edges[index];
	if (!self->edges)
		self->edges = calloc(LOCK_ORDER_PAIRS, sizeof(*self->edges));
	if (!self->edges || (self->count == LOCK_ORDER_PAIRS && edges_purge(self)))
		self->findings->error = -ENOMEM;
	if (self->count == LOCK_ORDER_PAIRS)
		self->findings->orders_left_out++;
	if (!self->edges || self->count == LOCK_ORDER_PAIRS)
		return NULL;
	memset(&self->edges[self->count], 0, sizeof(*self->edges));
	self->edges[self->count].from = from->uid;
	self->edges[self->count].to = to->uid;
	self->edges[self->count].from_identity = from->identity;
	self->edges[self->count].to_identity = to->identity;
	if (edge_link(self, self->count))
		self->findings->error = -ENOMEM;
	return &self->edges[self->count++];
}

/* The slot for an actor's newest run of the edge: its own, a free one, or the older. */
static struct instance *instance_for(struct edge *edge, const struct actor *actor)
{
	struct instance *oldest = &edge->instances[0];

	for (unsigned i = 0; i < edge->count; i++) {
		if (edge->instances[i].actor == actor->id)
			return &edge->instances[i];
		if (edge->instances[i].step < oldest->step)
			oldest = &edge->instances[i];
	}
	return edge->count < INSTANCES ? &edge->instances[edge->count++] : oldest;
}

static void instance_fill(struct instance *instance, const struct actor *actor,
                          const struct section *held, const struct aw_event *event)
{
	instance->actor = actor->id;
	instance->step = actor->step;
	instance->tag = actor->tag;
	instance->thread = actor->thread;
	instance->held_site = held->site;
	instance->wanted_site = event->site;
	instance->held_mode = held->mode;
	instance->wanted_mode = event->arg & AW_ARG_VALUE;
	instance->gap = held->spanned || lock_is_thread_lock(held->lock->type);
	instance->clock = actor->clock;
	instance->outer = (struct lockset){.more = actor->guards.more};
	for (unsigned i = 0; i < actor->guards.count; i++)
		if (guard_uid(actor->guards.lock[i]) != held->lock->uid)
			instance->outer.lock[instance->outer.count++] = actor->guards.lock[i];
}

/* ---- circles ---- */

static bool may_overlap(const struct instance *a, const struct instance *b)
{
	return a->actor != b->actor && !a->outer.more && !b->outer.more &&
	       !clock_knows(&a->clock, b->tag, b->step) &&
	       !clock_knows(&b->clock, a->tag, a->step) && !lockset_common(&a->outer, &b->outer);
}

struct circle {
	const struct edge *edges[DEPTH_MAX];
	const struct instance *runs[DEPTH_MAX];
	unsigned count;
};

static bool fits(const struct circle *circle, const struct instance *run)
{
	/* What the last one wants is what this one holds: not both shared. */
	if (circle->runs[circle->count - 1]->wanted_mode == AW_MODE_SHARED &&
	    run->held_mode == AW_MODE_SHARED)
		return false;
	for (unsigned i = 0; i < circle->count; i++)
		if (!may_overlap(circle->runs[i], run))
			return false;
	return true;
}

static bool can_be_caught(const struct circle *circle)
{
	for (unsigned i = 0; i < circle->count; i++)
		if (circle->runs[i]->gap || circle->runs[i]->thread != circle->runs[0]->thread)
			return true;
	return false;
}

/* Extends the circle from its last edge until it comes back to the first edge's lock. */
static bool circle_close(struct lock_order *self, struct circle *circle)
{
	const struct edge *last = circle->edges[circle->count - 1];

	for (uint32_t i = idmap_get(&self->first, last->to); i != IDMAP_NONE;
	     i = self->edges[i].next) {
		const struct edge *edge = &self->edges[i];

		for (unsigned n = 0; n < edge->count; n++) {
			if (!fits(circle, &edge->instances[n]))
				continue;
			circle->edges[circle->count] = edge;
			circle->runs[circle->count++] = &edge->instances[n];
			if (edge->to == circle->edges[0]->from) {
				if (can_be_caught(circle) &&
				    !(edge->instances[n].wanted_mode == AW_MODE_SHARED &&
				      circle->runs[0]->held_mode == AW_MODE_SHARED))
					return true;
			} else if (circle->count < DEPTH_MAX && circle_close(self, circle)) {
				return true;
			}
			circle->count--;
		}
	}
	return false;
}

static const char *identity_name(const struct world *world, uint32_t identity)
{
	const char *name = world->identities[identity].name;

	return name ? name : "a lock";
}

static char *circle_message(struct lock_order *self, const struct circle *circle)
{
	char text[2048];
	size_t at = 0;

	for (unsigned i = 0; i < circle->count && at < sizeof(text); i++) {
		char *task = findings_actor_name(self->world, circle->runs[i]->actor);

		at += (size_t)snprintf(text + at, sizeof(text) - at,
		                       "%s%s takes `%s` and then `%s`", i ? ", " : "",
		                       task ? task : "a task",
		                       identity_name(self->world, circle->edges[i]->from_identity),
		                       identity_name(self->world, circle->edges[i]->to_identity));
		free(task);
	}
	return strdup(text);
}

/* The oldest lock of the circle stands for it. */
static uint32_t circle_lock(const struct circle *circle)
{
	const struct edge *oldest = circle->edges[0];

	for (unsigned i = 1; i < circle->count; i++)
		if (circle->edges[i]->from < oldest->from)
			oldest = circle->edges[i];
	return oldest->from_identity;
}

static void circle_tell(struct lock_order *self, struct circle *circle)
{
	uint64_t key = 0;
	struct finding *finding;

	for (unsigned i = 0; i < circle->count; i++)
		key += pair_key(circle->edges[i]->from_identity + 1,
		                circle->edges[i]->to_identity + 1);
	finding = findings_get(self->findings, RULE_LOCK_ORDER, key, 0, 0, 0);
	if (!finding)
		return;
	finding->possible++;
	findings_seen_in(self->findings, finding, world_test(self->world), false);
	if (!finding->fresh)
		return;
	finding->read = circle->runs[0]->held_site;
	finding->gap = circle->runs[0]->wanted_site;
	finding->other = circle->runs[1]->wanted_site;
	finding->task = findings_actor_name(self->world, circle->runs[0]->actor);
	finding->other_task = findings_actor_name(self->world, circle->runs[1]->actor);
	finding->lock = circle_lock(circle);
	finding->message = circle_message(self, circle);
}

/*
 * Has the actor had the lock since its last gap, alone? On one loop nobody else can have come to it
 * since, but for one who was waiting behind the actor and was handed it.
 */
static bool had_just_now(const struct actor *actor, const struct lock *lock)
{
	unsigned last = (actor->gaps - 1) % WORLD_GAP_SITES;

	if (lock_is_thread_lock(lock->type) || (actor->gaps && actor->gap_wait[last] == lock->uid))
		return false;
	for (unsigned i = actor->step_kept; i < actor->step_guards.count; i++)
		if (guard_uid(actor->step_guards.lock[i]) == lock->uid &&
		    !(actor->step_guards.lock[i] & 1))
			return true;
	return false;
}

static void lock_order_before(void *state, const struct moment *moment)
{
	struct lock_order *self = state;
	struct actor *actor = moment->actor;
	struct lock *wanted;

	if (!actor->held_count || (moment->event->arg & AW_ARG_SNAPSHOT) ||
	    (moment->event->kind == AW_LOCK_WAIT && (moment->event->arg & AW_ARG_DEADLINE)))
		return; /* a wait that ends by itself can hold up nobody for good */
	wanted = world_lock(self->world, moment->event->object);
	if (!wanted || !lock_excludes(wanted) ||
	    (moment->event->kind == AW_LOCK_TAKEN && actor->waiting == wanted))
		return; /* the edge was seen when the wait began */
	if (had_just_now(actor, wanted))
		return;
	world_identity(self->world, wanted);
	for (unsigned i = 0; i < actor->held_count; i++) {
		const struct section *held = actor->held[i];
		struct edge *edge;
		struct circle circle;

		if (held->lock == wanted || !lock_excludes(held->lock))
			continue;
		edge = edge_get(self, held->lock, wanted);
		if (!edge)
			return;
		circle = (struct circle){{edge}, {instance_for(edge, actor)}, 1};
		instance_fill((struct instance *)circle.runs[0], actor, held, moment->event);
		if (!edge->told && circle_close(self, &circle)) {
			edge->told = true;
			circle_tell(self, &circle);
		}
	}
}

const struct analyzer analyzer_lock_order = {
	.name = "lock-order",
	.help = "locks taken in opposite orders by different tasks",
	.open = lock_order_open,
	.close = lock_order_close,
	.before_kinds = ANALYZER_KIND(AW_LOCK_WAIT) | ANALYZER_KIND(AW_LOCK_TAKEN),
	.before = lock_order_before,
};
