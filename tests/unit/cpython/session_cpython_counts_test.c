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
#include "python_tally.h"

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

static void expect_steps(const struct program *program, const struct tally *tally)
{
	unsigned steps = 0;

	cr_assert_eq(sscanf(strstr(program->text, "steps "), "steps %u", &steps), 1);
	/* and the step in which the program began to count */
	cr_expect_eq(tally->resumes, steps + 1, "steps: told %u, truth %u", tally->resumes,
	             steps + 1);
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
	expect_locks(program.text, &tally, true);
}

Test(session_cpython, a_lock_held_over_a_suspension_is_told_without_seeing_acquisitions)
{
	program_trace(&program, "locks", CPYTHON_STEPS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, false);
}

Test(session_cpython, holders_that_the_chain_hides_are_seen_by_the_lock_state)
{
	program_trace(&program, "hidden", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
}

/* From 3.12 on other instructions stand in the place of many of its own then. */
Test(session_cpython, a_program_under_coverage_is_told_as_any_other)
{
	setenv("COUNTING_TRACED", "1", 1);
	program_trace(&program, "locks", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
	program_trace(&program, "hidden", CPYTHON_AWAITS, &tally);
	expect_locks(program.text, &tally, true);
}

Test(session_cpython, a_lock_made_where_another_was_freed_is_another_one)
{
	program_trace(&program, "reused", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
}

Test(session_cpython, a_task_that_slept_since_before_changes_nothing_about_who_waits)
{
	program_trace(&program, "sleepers", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
}

Test(session_cpython, acquisitions_without_with_are_told_at_level_awaits)
{
	program_trace(&program, "explicit", CPYTHON_AWAITS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
}

Test(session_cpython, an_acquisition_is_not_told_twice_at_level_awaits)
{
	program_trace(&program, "locks", CPYTHON_AWAITS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
	program_trace(&program, "hidden", CPYTHON_AWAITS, &tally);
	expect_locks(program.text, &tally, true);
}

/* What no acquisition tells: the chain shows another with statement, of another object. */
Test(session_cpython, a_lock_made_where_another_was_freed_is_another_one_at_level_steps)
{
	program_trace(&program, "reused", CPYTHON_STEPS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, false);
}

Test(session_cpython, however_a_lock_is_kept_another_at_its_address_is_another)
{
	program_trace(&program, "owners", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
	program_trace(&program, "owners", CPYTHON_AWAITS, &tally);
	expect_locks(program.text, &tally, true);
}

Test(session_cpython, a_class_made_where_another_was_freed_is_another_one)
{
	program_trace(&program, "remade", CPYTHON_LOCKS, &tally);
	expect_steps(&program, &tally);
	expect_locks(program.text, &tally, true);
	/* and what is no lock was not told as one */
	cr_expect_null(lock_named(&tally, "guard in guarded"));
}
