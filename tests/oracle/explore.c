/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Depth-first search over schedules. A state is copied at every choice, so
 * that nothing has to be undone; programs are small enough for that.
 */
#include <stdlib.h>
#include <string.h>

#include "explore.h"

static size_t slot_of(const struct keyset *s, uint64_t key)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15ull) >> 36) & (s->room - 1);

	while (s->slots[i] && s->slots[i] != key)
		i = (i + 1) & (s->room - 1);
	return i;
}

static void keyset_grow(struct keyset *s)
{
	struct keyset bigger = {.room = s->room ? s->room * 2 : 64};

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		abort();
	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i])
			bigger.slots[slot_of(&bigger, s->slots[i])] = s->slots[i];
	bigger.used = s->used;
	free(s->slots);
	*s = bigger;
}

bool keyset_add(struct keyset *s, uint64_t key)
{
	if (s->used * 2 >= s->room)
		keyset_grow(s);
	size_t i = slot_of(s, key);

	if (s->slots[i])
		return false;
	s->slots[i] = key;
	s->used++;
	return true;
}

bool keyset_has(const struct keyset *s, uint64_t key)
{
	return s->room && s->slots[slot_of(s, key)];
}

bool keyset_equal(const struct keyset *a, const struct keyset *b)
{
	if (a->used != b->used)
		return false;
	for (size_t i = 0; i < a->room; i++)
		if (a->slots[i] && !keyset_has(b, a->slots[i]))
			return false;
	return true;
}

void keyset_fini(struct keyset *s)
{
	free(s->slots);
	memset(s, 0, sizeof(*s));
}

uint64_t conflict_key(const struct conflict *c)
{
	return 1ull << 63 | (uint64_t)c->var << 52 | (uint64_t)c->task << 44 |
	       (uint64_t)c->first << 36 | (uint64_t)c->second << 28 | (uint64_t)c->other << 20 |
	       (uint64_t)c->between << 12 |
	       (unsigned)(c->other_held << 7 | c->region << 4 | c->test << 3 | c->first_write << 2 |
	                  c->between_write << 1 | c->second_write);
}

struct conflict conflict_of_key(uint64_t key)
{
	return (struct conflict){.var = (key >> 52) & 0x7f,
	                         .task = (key >> 44) & 0xff,
	                         .first = (key >> 36) & 0xff,
	                         .second = (key >> 28) & 0xff,
	                         .other = (key >> 20) & 0xff,
	                         .between = (key >> 12) & 0xff,
	                         .first_write = key >> 2 & 1,
	                         .between_write = key >> 1 & 1,
	                         .second_write = key & 1,
	                         .test = key >> 3 & 1,
	                         .region = key >> 4 & 7,
	                         .other_held = key >> 7 & 7};
}

uint64_t conflict_place(uint64_t key)
{
	return key & ~0x3f0ull;
}

/* The locks that one acquisition each holds over both accesses. */
static uint8_t one_region(const struct machine_access *a, const struct machine_access *b)
{
	uint8_t held = a->held & b->held;

	for (unsigned l = 0; l <= PROGRAM_LOCKS; l++)
		if (a->taken[l] != b->taken[l])
			held &= (uint8_t) ~(1u << l);
	return held;
}

static bool unserialisable(bool first, bool between, bool second)
{
	if (!first && !second)
		return between; /* R W R */
	if (first && second)
		return !between; /* W R W */
	return between;          /* W W R, R W W */
}

static void collect_from(const struct machine *m, int first, struct keyset *out)
{
	const struct machine_access *a = &m->log[first];
	int second = first + 1;

	while (second < m->log_count &&
	       (m->log[second].actor != a->actor || m->log[second].var != a->var))
		second++;
	if (second == m->log_count)
		return;
	for (int i = first + 1; i < second; i++) {
		const struct machine_access *b = &m->log[i];

		if (b->var != a->var || !unserialisable(a->write, b->write, m->log[second].write))
			continue;
		const struct machine_access *z = &m->log[second];
		struct conflict c = {.var = a->var,
		                     .task = a->actor,
		                     .first = a->op,
		                     .second = z->op,
		                     .other = b->actor,
		                     .between = b->op,
		                     .first_write = a->write,
		                     .second_write = z->write,
		                     .between_write = b->write,
		                     .test = a->test,
		                     .region = one_region(a, z),
		                     .other_held = b->held};

		keyset_add(out, conflict_key(&c));
	}
}

void conflicts_collect(const struct machine *m, struct keyset *out)
{
	for (int i = 0; i < m->log_count; i++)
		if (m->log[i].actor != MACHINE_CALLBACK) /* each callback is an actor of its own */
			collect_from(m, i, out);
}

/* FNV-1a over what a program leaves behind. */
static uint64_t outcome_key(const struct machine *m)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (int v = 0; v < PROGRAM_VARS; v++)
		h = (h ^ m->var[v]) * 0x100000001b3ull;
	for (int t = 0; t < PROGRAM_TASKS; t++) {
		h = (h ^ m->task[t].status) * 0x100000001b3ull;
		for (int v = 0; v < PROGRAM_VARS; v++)
			h = (h ^ m->task[t].reg[v]) * 0x100000001b3ull;
	}
	return h | 1;
}

static uint64_t deadlock_key(const struct machine *m)
{
	uint64_t mask = 0;

	for (int t = 0; t < PROGRAM_TASKS; t++)
		if (m->task[t].status == TASK_BLOCKED && m->task[t].blocked_op == OP_LOCK)
			mask |= 1u << t;
	return mask;
}

static void search(const struct machine *m, const struct program *p, uint64_t limit,
                   struct exploration *e)
{
	uint8_t choice[MACHINE_CHOICES];
	int n = machine_choices(m, p, choice);

	if (e->schedules >= limit) {
		e->cut = true;
		return;
	}
	if (n == 0) {
		e->schedules++;
		e->stuck += machine_deadlocked(m);
		conflicts_collect(m, &e->conflicts);
		keyset_add(&e->outcomes, outcome_key(m));
		if (deadlock_key(m))
			keyset_add(&e->deadlocks, deadlock_key(m));
		return;
	}
	for (int i = 0; i < n; i++) {
		struct machine next = *m;

		machine_run(&next, p, choice[i], NULL);
		search(&next, p, limit, e);
	}
}

void explore(const struct program *p, uint64_t limit, struct exploration *out)
{
	struct machine m;

	memset(out, 0, sizeof(*out));
	machine_init(&m, p, NULL);
	search(&m, p, limit, out);
}

void exploration_fini(struct exploration *e)
{
	keyset_fini(&e->conflicts);
	keyset_fini(&e->outcomes);
	keyset_fini(&e->deadlocks);
}

void run_random(const struct program *p, uint64_t *random, struct machine *m,
                struct machine_trace *t)
{
	uint8_t choice[MACHINE_CHOICES];
	int n;

	machine_init(m, p, t);
	while ((n = machine_choices(m, p, choice)) > 0)
		machine_run(m, p, choice[(program_random(random) >> 33) % (unsigned)n], t);
}
