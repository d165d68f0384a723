/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs. Locks are nested and always released on the way out, skips
 * jump over whole blocks only: what is left is what people write.
 */
#include <stdio.h>
#include <string.h>

#include "task_program.h"

struct builder {
	struct program *p;
	uint64_t state;
	int task;
	int n;        /* ops so far */
	uint8_t held; /* locks open here */
	unsigned shared;
	int next_spawn;
};

uint64_t program_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static unsigned pick(struct builder *b, unsigned n)
{
	return n ? (unsigned)(program_random(&b->state) >> 33) % n : 0;
}

/* Two of the variables are used more than the third. */
static unsigned pick_var(struct builder *b)
{
	return pick(b, 5) / 2;
}

static int add(struct builder *b, enum op_kind kind, unsigned a, unsigned skip)
{
	b->p->ops[b->task][b->n] =
		(struct op){.kind = (uint8_t)kind, .a = (uint8_t)a, .b = (uint8_t)skip};
	return b->n++;
}

/* One wait in eight has a deadline. */
static void maybe_timed(struct builder *b, int at)
{
	b->p->ops[b->task][at].timed = !pick(b, 8);
}

static unsigned loop_of(const struct builder *b)
{
	return b->p->loop[b->task];
}

static void block(struct builder *b, int room);

/* A body inside a lock, a semaphore or a branch. */
static void guarded(struct builder *b, int room)
{
	unsigned l = b->p->loops > 1 ? loop_of(b) : pick(b, PROGRAM_LOCKS);

	if (b->held & 1u << l && pick(b, 12)) { /* else it waits for itself */
		add(b, OP_YIELD, 0, 0);
		return;
	}
	int at = add(b, OP_LOCK, l, 0);

	maybe_timed(b, at);
	b->p->ops[b->task][at].shared = !(b->held & 1u << l) && !pick(b, 8);
	b->held |= (uint8_t)(1u << l);
	b->shared = b->p->ops[b->task][at].shared ? b->shared | 1u << l : b->shared & ~(1u << l);
	block(b, room - 2);
	b->held &= (uint8_t) ~(1u << l);
	if (!pick(b, 40)) /* an early return that forgets about it */
		add(b, OP_RETURN, 0, 0);
	add(b, OP_UNLOCK, l, 0);
	b->p->ops[b->task][at].b = (uint8_t)(b->n - at - 1);
}

static void branch(struct builder *b, int room)
{
	int at = add(b, OP_IF, pick_var(b), 0);

	block(b, room - 1);
	b->p->ops[b->task][at].b = (uint8_t)(b->n - at - 1);
}

static bool may_start(const struct builder *b)
{
	return b->task == 0 && b->next_spawn < b->p->tasks;
}

static void start_task(struct builder *b)
{
	if (may_start(b))
		add(b, pick(b, 2) ? OP_SPAWN : OP_EAGER, (unsigned)b->next_spawn++, 0);
	else
		add(b, OP_YIELD, 0, 0);
}

/* Task 0 joins and cancels the others; on two loops only those of its own. */
static void about_task(struct builder *b, enum op_kind kind)
{
	unsigned other = 1 + pick(b, b->p->tasks - 1u);

	if (b->task != 0 || b->p->loop[other] != loop_of(b))
		return;
	int at = add(b, kind, other, 0);

	if (kind == OP_JOIN)
		maybe_timed(b, at);
}

/* What tasks wait for belongs to one loop: the event to loop 0, the queue to the last. */
static void about_object(struct builder *b, enum op_kind kind)
{
	bool event = kind == OP_SET || kind == OP_WAIT;

	if (event && loop_of(b) != 0)
		kind = OP_POST_SET;
	if (!event && loop_of(b) != b->p->loops - 1u)
		kind = OP_YIELD;
	int at = add(b, kind, 0, 0);

	if (kind == OP_WAIT || kind == OP_GET)
		maybe_timed(b, at);
}

static void simple(struct builder *b)
{
	static const uint8_t kinds[] = {
		OP_READ,  OP_READ,   OP_READ,  OP_READ,  OP_WRITE, OP_WRITE,  OP_WRITE,
		OP_WRITE, OP_YIELD,  OP_YIELD, OP_YIELD, OP_YIELD, OP_YIELD,  OP_SET,
		OP_SET,   OP_WAIT,   OP_PUT,   OP_PUT,   OP_GET,   OP_CALL,   OP_POST_SET,
		OP_JOIN,  OP_CANCEL, OP_SPAWN, OP_SPAWN, OP_USE,   OP_ITERATE};
	uint8_t kind = kinds[pick(b, sizeof(kinds))];

	switch (kind) {
	case OP_READ:
	case OP_WRITE:
	case OP_USE:
	case OP_ITERATE:
		add(b, kind, pick_var(b), 0);
		break;
	case OP_CALL:
		add(b, b->p->loops > 1 && pick(b, 2) ? OP_POST : OP_CALL, pick_var(b), 0);
		break;
	case OP_JOIN:
	case OP_CANCEL:
		about_task(b, kind);
		break;
	case OP_SPAWN:
		start_task(b);
		break;
	case OP_YIELD:
	case OP_POST_SET:
		add(b, kind, 0, 0);
		break;
	default:
		about_object(b, kind);
	}
}

static void condition(struct builder *b)
{
	for (unsigned l = 0; l < PROGRAM_LOCKS; l++)
		if (b->held == 1u << l && !(b->shared & 1u << l)) {
			bool wait = pick(b, 2);
			int at = add(b, wait ? OP_COND_WAIT : OP_NOTIFY, l, 0);

			if (wait)
				maybe_timed(b, at);
			return;
		}
	simple(b);
}

static void semaphore(struct builder *b, int room)
{
	if (loop_of(b) != 0) {
		add(b, OP_YIELD, 0, 0);
		return;
	}
	if (b->p->permits == 0) { /* a signal: who ups it need not have it */
		add(b, pick(b, 2) ? OP_UP : OP_DOWN, 0, 0);
		return;
	}
	int at = add(b, OP_DOWN, 0, 0);

	maybe_timed(b, at);
	block(b, room - 2);
	add(b, OP_UP, 0, 0);
	b->p->ops[b->task][at].b = (uint8_t)(b->n - at - 1);
}

/* A section of the thread lock. Few suspend in it: that stops all of the loop. */
static void thread_guarded(struct builder *b, int room)
{
	add(b, OP_TLOCK, 0, 0);
	for (unsigned n = 1 + pick(b, 2); n && room > 2; n--, room--)
		add(b, pick(b, 2) ? OP_READ : OP_WRITE, pick_var(b), 0);
	if (!pick(b, 6))
		add(b, OP_YIELD, 0, 0);
	add(b, OP_TUNLOCK, 0, 0);
}

/* The pattern that all this is about: a read, perhaps a suspension, a write. */
static void update(struct builder *b)
{
	static const uint8_t ends[] = {OP_WRITE, OP_WRITE, OP_WRITE, OP_WRITE,  OP_WRITE,
	                               OP_WRITE, OP_READ,  OP_USE,   OP_ITERATE};
	unsigned var = pick_var(b);

	add(b, OP_READ, var, 0);
	if (may_start(b) && pick(b, 2))
		start_task(b);
	else if (pick(b, 3))
		add(b, OP_YIELD, 0, 0);
	add(b, ends[pick(b, sizeof(ends))], var, 0);
}

static void block(struct builder *b, int room)
{
	int end = b->n + room;
	int want = 1 + (int)pick(b, 5);

	while (want-- > 0 && b->n < end) {
		unsigned r = pick(b, 16);
		int left = end - b->n;

		if (may_start(b) && !pick(b, 3))
			start_task(b);
		else if (r < 4 && left >= 4)
			guarded(b, left);
		else if (r == 4 && left >= 3)
			branch(b, left);
		else if (r == 5 && left >= 4)
			semaphore(b, left);
		else if (r == 6)
			condition(b);
		else if (r == 7 && b->p->loops > 1 && left >= 4)
			thread_guarded(b, left);
		else if (r < 11 && left >= 3)
			update(b);
		else
			simple(b);
	}
}

void program_generate(uint64_t seed, struct program *out)
{
	struct builder b = {.p = out, .state = seed};

	memset(out, 0, sizeof(*out));
	out->seed = seed;
	out->loops = pick(&b, 5) ? 1 : 2;
	out->tasks = (uint8_t)(2 + pick(&b, 2));
	out->started =
		(uint8_t)(out->loops > 1 || pick(&b, 3) ? out->tasks : 1 + pick(&b, out->tasks));
	for (int t = 1; out->loops > 1 && t < out->tasks; t++)
		out->loop[t] = t == 1 || pick(&b, 2);
	out->permits = (uint8_t)pick(&b, 3);
	out->one_site = !pick(&b, 6);
	b.next_spawn = out->started;
	for (b.task = 0; b.task < out->tasks; b.task++) {
		b.n = 0;
		b.held = 0;
		block(&b, out->loops > 1 ? 6 : 9);
		add(&b, OP_END, 0, 0);
	}
}

void program_print(const struct program *p)
{
	static const char *const names[] = {
#define ORACLE_OP_NAME(NAME, text) #NAME,
		ORACLE_OPS(ORACLE_OP_NAME)
#undef ORACLE_OP_NAME
	};

	printf("seed %llu, %u tasks, %u from the start, semaphore %u, %u loops%s\n",
	       (unsigned long long)p->seed, p->tasks, p->started, p->permits, p->loops,
	       p->one_site ? ", both locks of one site" : "");
	for (int t = 0; t < p->tasks; t++) {
		printf("  task %d (loop %u):", t, p->loop[t]);
		for (int i = 0; p->ops[t][i].kind != OP_END; i++) {
			const struct op *op = &p->ops[t][i];

			printf(" %d:%s(%u", i, names[op->kind], op->a);
			printf(op->b ? ",+%u)" : ")", op->b);
			printf("%s%s", op->timed ? "timed" : "", op->shared ? "shared" : "");
		}
		putchar('\n');
	}
}
