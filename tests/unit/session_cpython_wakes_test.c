/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_wakes_test.c - who woke whom in a Python program equals what it counts itself.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cpython/cpython_session.h"
#include "python_program.h"

enum { TASKS = 1024, PAIRS = 256 };

struct pair {
	uint32_t waker, woken;
	unsigned count;
};

struct tally {
	char names[TASKS][32]; /* by task id */
	struct pair pairs[PAIRS];
	unsigned pair_count;
	unsigned lost;
	uint64_t can;
	char *naming;
};

static void wake_add(struct tally *tally, uint32_t waker, uint32_t woken)
{
	for (unsigned i = 0; i < tally->pair_count; i++)
		if (tally->pairs[i].waker == waker && tally->pairs[i].woken == woken) {
			tally->pairs[i].count++;
			return;
		}
	cr_assert_lt(tally->pair_count, PAIRS);
	tally->pairs[tally->pair_count++] = (struct pair){waker, woken, 1};
}

static void name_add(const struct tally *tally, const struct aw_event *event)
{
	size_t used = strlen(tally->naming), n = event->arg >> 8 & 31;

	if (n <= 16 && used + n < sizeof(tally->names[0])) {
		memcpy(tally->naming + used, &event->object, n);
		tally->naming[used + n] = 0;
	}
}

static int tally_batch(void *context, const struct stream_batch *batch)
{
	struct tally *tally = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];

		if (event->kind == AW_TEXT && tally->naming)
			name_add(tally, event);
		else
			tally->naming = NULL;
		if (event->kind == AW_NAME && (event->arg & AW_ARG_VALUE) == AW_ENTITY_TASK &&
		    event->object < TASKS) {
			tally->naming = tally->names[event->object];
			tally->naming[0] = 0;
		}
		if (event->kind == AW_WAKE)
			wake_add(tally, event->task, event->object);
		if (event->kind == AW_TARGET)
			tally->can = event->site;
		if (event->kind == AW_LOST)
			tally->lost += event->object;
	}
	return 0;
}

/* How often tasks of one name woke tasks of another; "-": a callback did. */
static unsigned wakes_between(const struct tally *tally, const char *waker, const char *woken)
{
	unsigned count = 0;

	for (unsigned i = 0; i < tally->pair_count; i++) {
		const struct pair *pair = &tally->pairs[i];
		const char *by = pair->waker ? tally->names[pair->waker] : "-";

		if (!strcmp(by, waker) && !strcmp(tally->names[pair->woken], woken))
			count += pair->count;
	}
	return count;
}

static struct program program;
static struct tally tally;

static void program_trace(enum cpython_detail detail)
{
	struct cpython_session_options options = {.detail = detail};
	struct fault fault = {0};
	struct source *source;

	program_start(&program, "wakes");
	for (int i = 0; i < 100 && !program_said(&program, "ready\n", 100); i++)
		;
	options.pid = program.pid;
	cr_assert_eq(cpython_session_open(&options, &source, &fault), 0, "open: %s", fault.message);
	cr_assert_geq(source->ops->poll(source, 5, tally_batch, &tally), 0);
	fputs("\n", program.in);
	fflush(program.in);
	for (int i = 0; i < 2000 && !program_said(&program, "done\n", 1); i++)
		cr_assert_geq(source->ops->poll(source, 5, tally_batch, &tally), 0);
	cr_assert_eq(source->ops->stop(source, tally_batch, &tally), 0);
	source->ops->close(source);
	program_end(&program);
	cr_assert_eq(tally.lost, 0);
}

Test(session_cpython_wakes, every_wake_up_is_told_with_its_waker)
{
	unsigned truths = 0, told = 0, sum = 0;

	program_trace(CPYTHON_ALL);
	cr_assert(tally.can & AW_CAN_WAKES);
	for (const char *at = program.text; (at = strstr(at, "wake ")); at += 5) {
		char waker[32], woken[32];
		unsigned count;

		cr_assert_eq(sscanf(at, "wake %31s %31s %u", waker, woken, &count), 3);
		cr_expect_eq(wakes_between(&tally, waker, woken), count,
		             "%s woke %s: told %u, truth %u", waker, woken,
		             wakes_between(&tally, waker, woken), count);
		truths++;
		sum += count;
	}
	for (unsigned i = 0; i < tally.pair_count; i++)
		told += tally.pairs[i].count;
	cr_expect_gt(truths, 20);
	cr_expect_eq(told, sum, "told %u in all, truth %u", told, sum);
}

Test(session_cpython_wakes, the_level_below_does_not_claim_to_see_them)
{
	program_trace(CPYTHON_AWAITS);
	cr_expect_eq(tally.can & AW_CAN_WAKES, 0);
	cr_expect_eq(tally.pair_count, 0);
}
