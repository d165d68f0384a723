/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_makers_test.c - who made which task of a Python program equals what it counts
 * itself, seen by a probe on that and by the queue of its event loop.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cpython/cpython_makers.h"
#include "event/names.h"
#include "python_traced.h"

enum { TASKS = 8192 };

struct tally {
	struct names *names;
	uint32_t makers[TASKS]; /* by task id */
	unsigned lost;
};

static int tally_batch(void *context, const struct stream_batch *batch)
{
	struct tally *tally = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];

		if (event->kind == AW_TASK_NEW) {
			cr_assert_lt(event->object, TASKS);
			tally->makers[event->object] = event->task;
		}
		if (event->kind == AW_LOST)
			tally->lost += event->object;
	}
	return names_feed(tally->names, batch);
}

static struct program program;
static struct tally tally;

static const char *name_of(uint32_t task)
{
	return traced_name(tally.names, &program, task);
}

/* How many tasks of one name were told to be made by one of another; "-": by none. */
static unsigned made_by(const char *child, const char *maker)
{
	unsigned count = 0;

	for (uint32_t i = 1; i < TASKS; i++)
		count += !strcmp(name_of(i), child) && !strcmp(name_of(tally.makers[i]), maker);
	return count;
}

static void program_trace(const char *name, enum cpython_detail detail)
{
	memset(&tally, 0, sizeof(tally));
	cr_assert_eq(names_new(&tally.names), 0);
	program_ready(&program, name);
	program_traced(&program, detail, tally_batch, &tally);
	cr_assert_eq(tally.lost, 0);
}

static void expect_makers(bool seen)
{
	unsigned truths = 0, open = 0;

	for (const char *at = program.text; (at = strstr(at, "made ")) != NULL; at += 5) {
		char child[32], maker[32];
		unsigned count, sure, told, left;

		cr_assert_eq(sscanf(at, "made %31s %31s %u %u", child, maker, &count, &sure), 4);
		told = made_by(child, maker);
		left = strcmp(maker, "-") != 0 ? made_by(child, "-") : 0;
		if (seen || sure)
			cr_expect_eq(told, count, "%s made by %s: told %u, truth %u", child, maker,
			             told, count);
		else
			cr_expect_eq(told + left, count,
			             "%s made by %s: told %u, open %u, truth %u", child, maker,
			             told, left, count);
		open += left;
		truths++;
	}
	cr_expect_geq(truths, 7);
	cr_log_info("%u left open", open);
}

Test(session_cpython_makers, a_probe_tells_all)
{
	program_trace("makers", CPYTHON_AWAITS);
	expect_makers(true);
}

Test(session_cpython_makers, the_queue_tells_all_but_what_callbacks_may_have_made)
{
	program_trace("makers", CPYTHON_STEPS);
	expect_makers(false);
}

Test(session_cpython_makers, of_a_loop_without_such_a_queue_a_probe_tells_all)
{
	program_trace("makers_uvloop", CPYTHON_STEPS);
	expect_makers(true);
}

/* A step that begins when so many handles were put in and taken. */
static struct cpython_fact step(uint64_t pushed, uint64_t popped, unsigned flags)
{
	return (struct cpython_fact){
		.pushed = pushed, .popped = popped, .flags = flags, .task = 1000 + popped};
}

static struct cpython_maker find(struct cpython_makers *makers, struct cpython_fact fact)
{
	struct cpython_maker maker = cpython_makers_find(makers, &fact);

	cr_assert_eq(cpython_makers_step(makers, &fact, (uint32_t)fact.popped), 0);
	return maker;
}

Test(cpython_makers, a_task_is_made_by_the_step_that_put_it_in)
{
	struct cpython_makers makers = {0};

	cr_expect_eq(find(&makers, step(2, 1, 0)).id, 0);
	cr_expect_eq(find(&makers, step(4, 2, 0)).id, 0); /* the first put in 3 and 4 */
	cr_expect_eq(find(&makers, step(5, 3, 0)).id, 1);
	cr_expect_eq(find(&makers, step(5, 4, 0)).id, 1);
	cr_expect_eq(find(&makers, step(5, 5, 0)).id, 2);
	cpython_makers_fini(&makers);
}

Test(cpython_makers, a_callback_in_between_leaves_it_open)
{
	struct cpython_makers makers = {0};
	struct cpython_maker maker;

	find(&makers, step(3, 1, 0));
	find(&makers, step(5, 3, 0)); /* 2 was a callback: who put in 4 and 5? */
	maker = find(&makers, step(5, 4, 0));
	cr_expect_eq(maker.id, 1);
	cr_expect_not(maker.sure);
	cpython_makers_fini(&makers);
}

Test(cpython_makers, another_queue_begins_anew)
{
	struct cpython_makers makers = {0};

	find(&makers, step(30, 20, 0));
	find(&makers, step(31, 21, 0));
	find(&makers, step(3, 1, 0));
	cr_expect_eq(find(&makers, step(4, 2, 0)).id, 0);
	cr_expect_eq(find(&makers, step(5, 4, 0)).id, 1);
	cpython_makers_fini(&makers);
}

Test(cpython_makers, a_task_that_starts_inside_a_step_is_made_by_it)
{
	struct cpython_makers makers = {0};
	struct cpython_fact eager = step(5, 1, CPYTHON_ENTER_FIRST | CPYTHON_ENTER_NESTED);

	find(&makers, step(4, 1, 0));
	eager.last = 1001;
	eager.task = 7;
	cr_expect_eq(find(&makers, eager).task, 1001);
	cr_expect_eq(find(&makers, step(6, 2, 0)).id, 0);
	cr_expect_eq(find(&makers, step(6, 5, 0)).id, 1); /* put in before the eager one began */
	cr_expect_eq(find(&makers, step(6, 6, 0)).id, 0); /* by either */
	cpython_makers_fini(&makers);
}

Test(cpython_makers, what_has_run_is_forgotten)
{
	struct cpython_makers makers = {0};

	for (uint64_t i = 1; i < 100000; i++)
		find(&makers, step(i + 10, i, 0));
	cr_expect_leq(makers.room, 64);
	cpython_makers_fini(&makers);
}
