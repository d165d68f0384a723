/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_wakes_test.c - who woke whom in a Python program equals what it counts itself.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/names.h"
#include "python_traced.h"

enum { PAIRS = 256 };

struct pair {
	uint32_t waker, woken;
	unsigned count;
};

struct tally {
	struct names *names;
	struct pair pairs[PAIRS];
	unsigned pair_count;
	unsigned lost;
	uint64_t can;
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

static int tally_batch(void *context, const struct stream_batch *batch)
{
	struct tally *tally = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];

		if (event->kind == AW_WAKE)
			wake_add(tally, event->task, event->object);
		if (event->kind == AW_TARGET)
			tally->can = event->site;
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

/* How often tasks of one name woke tasks of another; "-": a callback did. */
static unsigned wakes_between(const char *waker, const char *woken)
{
	unsigned count = 0;

	for (unsigned i = 0; i < tally.pair_count; i++) {
		const struct pair *pair = &tally.pairs[i];

		if (!strcmp(name_of(pair->waker), waker) && !strcmp(name_of(pair->woken), woken))
			count += pair->count;
	}
	return count;
}

static void program_trace(enum cpython_detail detail)
{
	cr_assert_eq(names_new(&tally.names), 0);
	program_ready(&program, "wakes");
	program_traced(&program, detail, tally_batch, &tally);
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
		cr_expect_eq(wakes_between(waker, woken), count, "%s woke %s: told %u, truth %u",
		             waker, woken, wakes_between(waker, woken), count);
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
