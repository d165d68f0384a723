/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_counts_test.c - what is told of a Python program equals what it counts itself.
 *
 * Runs the programs of tests/programs/python, attached to from outside, with
 * /usr/bin/python3 or, where PYTHON is set in the environment, with that one.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/cpython_session.h"
#include "python_program.h"

enum { LOCKS = 4096, OPEN = 64, TASKS = 65536 };

struct lock {
	uint64_t id;
	char name[128];
	unsigned sections, spanned, waits;
};

struct open {
	uint32_t task;
	struct lock *lock;
	bool spanned;
};

struct tally {
	struct lock locks[LOCKS];
	unsigned lock_count;
	struct open open[OPEN];
	unsigned open_count;
	unsigned resumes, suspends, lost, created, ended;
	struct lock *naming;
	char misuse[128]; /* the first thing that makes no sense */
};

static struct lock *lock_of(struct tally *tally, uint64_t id)
{
	for (unsigned i = 0; i < tally->lock_count; i++)
		if (tally->locks[i].id == id)
			return &tally->locks[i];
	cr_assert_lt(tally->lock_count, LOCKS);
	tally->locks[tally->lock_count].id = id;
	return &tally->locks[tally->lock_count++];
}

/* What was told of all locks with a name; NULL: there is none. */
static const struct lock *lock_named(const struct tally *tally, const char *name)
{
	static struct lock sum;

	memset(&sum, 0, sizeof(sum));
	for (unsigned i = 0; i < tally->lock_count; i++) {
		if (strcmp(tally->locks[i].name, name) != 0)
			continue;
		sum.id = tally->locks[i].id;
		sum.sections += tally->locks[i].sections;
		sum.spanned += tally->locks[i].spanned;
		sum.waits += tally->locks[i].waits;
	}
	return sum.id ? &sum : NULL;
}

static void section_end(struct tally *tally, unsigned i)
{
	tally->open[i].lock->sections++;
	tally->open[i].lock->spanned += tally->open[i].spanned;
	tally->open[i] = tally->open[--tally->open_count];
}

static void misuse(struct tally *tally, const char *what, const struct aw_event *event)
{
	if (!tally->misuse[0])
		snprintf(tally->misuse, sizeof(tally->misuse), "%s: task %u lock %llu", what,
		         event->task, (unsigned long long)event->object);
}

static void tally_lock(struct tally *tally, const struct aw_event *event)
{
	struct lock *lock = lock_of(tally, event->object);

	if (event->kind == AW_LOCK_WAIT) {
		lock->waits++;
	} else if (event->kind == AW_LOCK_TAKEN) {
		for (unsigned i = 0; i < tally->open_count; i++)
			if (tally->open[i].lock == lock)
				misuse(tally, "taken twice", event);
		cr_assert_lt(tally->open_count, OPEN);
		tally->open[tally->open_count++] = (struct open){event->task, lock, false};
	} else {
		for (unsigned i = 0; i < tally->open_count; i++)
			if (tally->open[i].lock == lock) {
				section_end(tally, i);
				return;
			}
		misuse(tally, "freed and not taken", event);
	}
}

static void tally_event(struct tally *tally, const struct aw_event *event)
{
	switch (event->kind) {
	case AW_RESUME:
		tally->resumes++;
		break;
	case AW_SUSPEND:
		tally->suspends += !(event->arg & AW_ARG_SNAPSHOT);
		for (unsigned i = 0; i < tally->open_count; i++)
			tally->open[i].spanned |= tally->open[i].task == event->task;
		break;
	case AW_TASK_NEW:
		tally->created++;
		break;
	case AW_TASK_END:
		tally->ended++;
		break;
	case AW_LOST:
		tally->lost += event->object;
		break;
	case AW_LOCK_WAIT:
	case AW_LOCK_TAKEN:
	case AW_LOCK_FREED:
		tally_lock(tally, event);
		break;
	case AW_NAME:
		tally->naming = NULL;
		if ((event->arg & AW_ARG_VALUE) == AW_ENTITY_LOCK) {
			tally->naming = lock_of(tally, event->object);
			tally->naming->name[0] = 0;
		}
		break;
	case AW_TEXT:
		if (tally->naming && (event->arg & AW_ARG_VALUE) == AW_TEXT_NAME) {
			size_t used = strlen(tally->naming->name), n = event->arg >> 8 & 31;

			if (n <= 16 && used + n < sizeof(tally->naming->name)) {
				memcpy(tally->naming->name + used, &event->object, n);
				tally->naming->name[used + n] = 0;
			}
		}
		break;
	default:
		tally->naming = NULL;
	}
}

static int tally_batch(void *context, const struct stream_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		tally_event(context, &batch->events[i]);
	return 0;
}

static void poll_for(struct source *source, struct tally *tally, int rounds)
{
	while (rounds--)
		cr_assert_geq(source->ops->poll(source, 5, tally_batch, tally), 0);
}

/* Runs a program under the tracer; its own counts are in program->text afterwards. */
static void program_trace(struct program *program, const char *name, enum cpython_detail detail,
                          struct tally *tally)
{
	struct cpython_session_options options = {.detail = detail};
	struct fault fault = {0};
	struct source *source;
	int error;

	memset(tally, 0, sizeof(*tally));
	program_start(program, name);
	for (int i = 0; i < 100 && !program_said(program, "ready\n", 100); i++)
		;
	options.pid = program->pid;
	error = cpython_session_open(&options, &source, &fault);
	cr_assert_eq(error, 0, "open: %s", fault.message);
	poll_for(source, tally, 4);
	fputs("\n", program->in);
	fflush(program->in);
	for (int i = 0; i < 2000 && !program_done(program); i++)
		poll_for(source, tally, 1);
	cr_assert(strstr(program->text, "done\n"));
	poll_for(source, tally, 4);
	cr_assert_eq(source->ops->stop(source, tally_batch, tally), 0);
	source->ops->close(source);
	program_end(program);
	cr_assert_eq(tally->lost, 0);
}

/* The line the program printed for a lock. */
static bool truth_next(const char **at, struct lock *out)
{
	const char *line = strstr(*at, "lock ");

	if (!line)
		return false;
	*at = line + 5;
	return sscanf(line, "lock %127s %u %u %u", out->name, &out->sections, &out->spanned,
	              &out->waits) == 4;
}

static void expect_steps(const struct program *program, const struct tally *tally)
{
	unsigned steps = 0;

	cr_assert_eq(sscanf(strstr(program->text, "steps "), "steps %u", &steps), 1);
	/* and the step in which the program began to count */
	cr_expect_eq(tally->resumes, steps + 1, "steps: told %u, truth %u", tally->resumes,
	             steps + 1);
}

static void expect_locks(const struct program *program, struct tally *tally, bool all)
{
	const char *at = program->text;
	struct lock truth;

	while (truth_next(&at, &truth)) {
		const struct lock *told = lock_named(tally, truth.name);

		if (!told) { /* at level `steps` a lock is only seen over a suspension */
			cr_expect(!all && !truth.spanned && !truth.waits, "%s was not told of",
			          truth.name);
			continue;
		}
		cr_expect_eq(told->spanned, truth.spanned, "%s: spanned %u, truth %u", truth.name,
		             told->spanned, truth.spanned);
		cr_expect_eq(told->waits, truth.waits, "%s: waits %u, truth %u", truth.name,
		             told->waits, truth.waits);
		if (all)
			cr_expect_eq(told->sections, truth.sections, "%s: sections %u, truth %u",
			             truth.name, told->sections, truth.sections);
	}
	cr_expect_str_empty(tally->misuse);
	for (unsigned i = 0; i < tally->open_count; i++)
		cr_expect(false, "a section of %s never ended", tally->open[i].lock->name);
}

static struct program program;
static struct tally tally;

Test(session_cpython, steps_are_exact_at_the_cheapest_level)
{
	program_trace(&program, "steps", CPYTHON_STEPS, &tally);
	expect_steps(&program, &tally);
	cr_expect_eq(tally.suspends + tally.ended, tally.resumes);
}

Test(session_cpython, every_acquisition_by_with_is_told_and_every_span)
{
	program_trace(&program, "locks", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
}

Test(session_cpython, sections_that_spanned_a_suspension_are_exact_without_seeing_acquisitions)
{
	program_trace(&program, "locks", CPYTHON_STEPS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, false);
}

Test(session_cpython, holders_that_the_chain_hides_are_seen_by_the_lock_state)
{
	program_trace(&program, "hidden", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
}

/* From 3.12 on other instructions stand in the place of many of its own then. */
Test(session_cpython, a_program_under_coverage_is_told_as_any_other)
{
	setenv("COUNTING_TRACED", "1", 1);
	program_trace(&program, "locks", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
	program_trace(&program, "hidden", CPYTHON_AWAITS, &tally);
	expect_locks(&program, &tally, true);
}

Test(session_cpython, a_lock_made_where_another_was_freed_is_another_one)
{
	program_trace(&program, "reused", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
}

Test(session_cpython, a_task_that_slept_since_before_changes_nothing_about_who_waits)
{
	program_trace(&program, "sleepers", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
}

Test(session_cpython, acquisitions_without_with_are_told_at_level_awaits)
{
	program_trace(&program, "explicit", CPYTHON_AWAITS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
}

Test(session_cpython, an_acquisition_is_not_told_twice_at_level_awaits)
{
	program_trace(&program, "locks", CPYTHON_AWAITS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
	program_trace(&program, "hidden", CPYTHON_AWAITS, &tally);
	expect_locks(&program, &tally, true);
}

/* What no acquisition tells: the chain shows another with statement, of another object. */
Test(session_cpython, a_lock_made_where_another_was_freed_is_another_one_at_level_steps)
{
	program_trace(&program, "reused", CPYTHON_STEPS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, false);
}

Test(session_cpython, however_a_lock_is_kept_another_at_its_address_is_another)
{
	program_trace(&program, "owners", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
	program_trace(&program, "owners", CPYTHON_AWAITS, &tally);
	expect_locks(&program, &tally, true);
}

Test(session_cpython, a_class_made_where_another_was_freed_is_another_one)
{
	program_trace(&program, "remade", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(&program, &tally, true);
	/* and what is no lock was not told as one */
	cr_expect_null(lock_named(&tally, "guard in guarded"));
}
