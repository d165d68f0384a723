/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conflicts of a run, races of a state: what is there to be found, by
 * definition rather than by an algorithm.
 */
#include "explore.h"

/* Fields of a key, from the lowest bit: X(field, bits). What is above PLACE says which it is, what
 * is below says under which locks. */
#define CONFLICT_LOCKS(X) X(region, 4) X(split, 4) X(other_held, 4) X(other_kept, 4)
#define CONFLICT_PLACE(X)                                                                          \
	X(far, 1)                                                                                  \
	X(test, 1)                                                                                 \
	X(use, 1)                                                                                  \
	X(iterate, 1)                                                                              \
	X(first_write, 1)                                                                          \
	X(second_write, 1)                                                                         \
	X(between_write, 1)                                                                        \
	X(var, 2) X(task, 3) X(other, 3) X(first, 5) X(second, 5) X(between, 5)
enum { LOCK_BITS = 16 };

uint64_t conflict_key(const struct conflict *c)
{
	uint64_t key = 0;
	unsigned at = 0;

#define PACK(field, bits)                                                                          \
	key |= (uint64_t)c->field << at;                                                           \
	at += (bits);
	CONFLICT_LOCKS(PACK)
	CONFLICT_PLACE(PACK)
#undef PACK
	return key | 1ull << 63;
}

struct conflict conflict_of_key(uint64_t key)
{
	struct conflict c = {0};

#define UNPACK(field, bits)                                                                        \
	c.field = key & ((1u << (bits)) - 1);                                                      \
	key >>= (bits);
	CONFLICT_LOCKS(UNPACK)
	CONFLICT_PLACE(UNPACK)
#undef UNPACK
	return c;
}

uint64_t conflict_place(uint64_t key)
{
	return key & ~((1ull << LOCK_BITS) - 1);
}

/* The locks that one acquisition each holds over both accesses. */
static uint8_t one_region(const struct machine_access *a, const struct machine_access *b)
{
	uint8_t held = a->held & b->held;

	for (unsigned g = 0; g < PROGRAM_GUARDS; g++)
		if (a->taken[g] != b->taken[g])
			held &= (uint8_t) ~(1u << g);
	return held;
}

/* The locks that both hold, each by an acquisition of its own. */
static uint8_t two_regions(const struct machine_access *a, const struct machine_access *b)
{
	return a->held & b->held & (uint8_t) ~(a->held_shared & b->held_shared) &
	       (uint8_t)~one_region(a, b);
}

static bool unserialisable(bool first, bool between, bool second)
{
	if (!first && !second)
		return between; /* R W R */
	if (first && second)
		return !between; /* W R W */
	return between;          /* W W R, R W W */
}

/* The pair of the accesses `first` and `second` against all that lies between. */
static void collect_pair(const struct machine *m, int first, int second, struct keyset *out)
{
	const struct machine_access *a = &m->log[first], *z = &m->log[second];

	for (int i = first + 1; i < second; i++) {
		const struct machine_access *b = &m->log[i];

		if (b->actor == a->actor || b->var != a->var || b->use ||
		    !unserialisable(a->write, b->write, z->write))
			continue;
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
		                     .use = z->use,
		                     .iterate = z->iterate,
		                     .far = a->loop != b->loop,
		                     .region = one_region(a, z),
		                     .split = two_regions(a, z),
		                     .other_held = b->held,
		                     .other_kept = b->held &
		                                   (uint8_t) ~(a->held_shared & b->held_shared)};

		keyset_add(out, conflict_key(&c));
	}
}

/* A use ends a pair with what the task accessed last, and begins none. */
static void collect_from(const struct machine *m, int first, struct keyset *out)
{
	const struct machine_access *a = &m->log[first];

	for (int second = first + 1; second < m->log_count; second++) {
		const struct machine_access *z = &m->log[second];

		if (z->actor != a->actor || z->var != a->var)
			continue;
		collect_pair(m, first, second, out);
		if (!z->use)
			return;
	}
}

void conflicts_collect(const struct machine *m, struct keyset *out)
{
	for (int i = 0; i < m->log_count; i++)
		/* Each callback is an actor of its own. */
		if (m->log[i].actor != MACHINE_CALLBACK && !m->log[i].use)
			collect_from(m, i, out);
}

uint64_t race_key(int actor, unsigned op, int other, unsigned other_op)
{
	uint64_t a = (uint64_t)actor << 8 | op, b = (uint64_t)other << 8 | other_op;

	return 1ull << 63 | (a < b ? a << 16 | b : b << 16 | a);
}

uint64_t circle_key(const struct machine *m, const struct program *p)
{
	unsigned stuck = machine_circle(m, p);
	bool locks = true;

	for (int t = 0; t < p->tasks; t++)
		locks &= !(stuck >> t & 1) || m->task[t].blocked_op == OP_LOCK;
	return stuck ? stuck | (locks ? CIRCLE_OF_LOCKS : 0) : 0;
}
