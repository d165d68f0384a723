/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge_test.c - live streams into one order.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <time.h>

#include "order/merge.h"

#define DELAY 1000u

static struct merge *merge;
static uint64_t passed[100000];
static const struct aw_event *last_pointer;
static size_t count;
static uint64_t next[8];

static int take(void *context, const struct stream_batch *batch)
{
	(void)context;
	cr_assert(eq(u64, batch->first, next[batch->tid]), "a stream keeps its own order");
	next[batch->tid] += batch->count;
	last_pointer = batch->events;
	for (size_t i = 0; i < batch->count; i++)
		passed[count++] = batch->events[i].time;
	return 0;
}

static void setup(void)
{
	cr_assert(eq(int, merge_new(DELAY, take, NULL, &merge), 0));
}

static void teardown(void)
{
	merge_free(merge);
}

TestSuite(merge, .init = setup, .fini = teardown);

static uint64_t sent[8];

static void feed(uint32_t tid, uint64_t from, uint64_t step, size_t events)
{
	static struct aw_event all[64];
	struct stream_batch batch = {1, tid, sent[tid], all, events};

	for (size_t i = 0; i < events; i++)
		all[i] = (struct aw_event){.time = from + i * step, .kind = AW_RESUME};
	sent[tid] += events;
	cr_assert(eq(int, merge_feed(merge, &batch), 0));
}

static void tick(uint64_t now)
{
	cr_assert(eq(int, merge_tick(merge, now), 0));
}

static struct merge_stats stats(void)
{
	struct merge_stats out;

	merge_stats(merge, &out);
	return out;
}

Test(merge, what_streams_tell_at_first_waits_for_those_that_did_not_speak_yet)
{
	tick(10000);
	feed(1, 9990, 1, 5);
	cr_expect(eq(sz, count, 0));
	feed(2, 9980, 1, 5);
	tick(10100);
	cr_expect(eq(sz, count, 0));
	tick(11100);
	cr_expect(eq(sz, count, 10));
	cr_expect(eq(u64, passed[0], 9980));
	cr_expect(eq(u64, passed[9], 9994));
	cr_expect(eq(u64, stats().late, 0));
}

Test(merge, a_lone_stream_is_passed_on_at_once_and_where_it_lies)
{
	const struct aw_event events[2] = {{.time = 20000, .kind = AW_RESUME}, {.time = 20001}};
	struct stream_batch batch = {1, 1, 0, events, 2};

	tick(10000);
	tick(12000);
	cr_assert(eq(int, merge_feed(merge, &batch), 0));
	cr_expect(eq(sz, count, 2));
	cr_expect(eq(ptr, (void *)last_pointer, (void *)events));
	cr_expect(eq(u64, stats().copied, 0));
}

Test(merge, a_stream_waits_for_the_other_but_not_for_long)
{
	tick(10000);
	feed(2, 10000, 1, 1);
	tick(20000);
	cr_expect(eq(sz, count, 1));
	feed(1, 20000, 10, 3);
	cr_expect(eq(sz, count, 1), "stream 2 may still bring something older");
	feed(2, 20005, 1, 1);
	cr_expect(eq(sz, count, 3), "up to 20005");
	tick(20500);
	cr_expect(eq(sz, count, 3));
	tick(21020);
	cr_expect(eq(sz, count, 5), "stream 2 was silent for the delay");
	feed(2, 20012, 1, 1);
	tick(22500);
	cr_expect(eq(sz, count, 6));
	cr_expect(eq(u64, stats().late, 1));
}

Test(merge, a_stream_that_ended_is_not_waited_for_and_one_that_opened_is)
{
	tick(10000);
	tick(12000);
	cr_assert(eq(int, merge_open(merge, 1, 2, 12000), 0));
	feed(1, 12010, 1, 3);
	cr_expect(eq(sz, count, 0));
	merge_end(merge, 1, 2);
	tick(12020);
	cr_expect(eq(sz, count, 3));
}

Test(merge, nothing_is_left_after_a_flush)
{
	tick(10000);
	feed(1, 10000, 3, 10);
	feed(2, 10001, 3, 10);
	cr_assert(eq(int, merge_flush(merge), 0));
	cr_expect(eq(sz, count, 20));
	for (size_t i = 1; i < count; i++)
		cr_assert(le(u64, passed[i - 1], passed[i]));
	cr_expect(eq(u64, stats().held, 0));
}

Test(merge, random_streams_that_ship_within_the_delay_come_in_order)
{
	unsigned seed = (unsigned)time(NULL);
	uint64_t at[8];

	cr_log_info("seed %u", seed);
	srand(seed);
	for (int i = 0; i < 8; i++)
		at[i] = 10000;
	tick(10000);
	for (uint64_t now = 10000; now < 60000; now += 10) {
		unsigned tid = (unsigned)rand() % 8;
		size_t events = 1 + (size_t)rand() % 8;

		/* Each ships what happened since it shipped last, at most DELAY ago. */
		if (at[tid] + DELAY / 2 < now)
			at[tid] = now - DELAY / 2;
		if (at[tid] + events < now) {
			feed(tid, at[tid] + 1, 1, events);
			at[tid] += events;
		}
		tick(now);
	}
	cr_assert(eq(int, merge_flush(merge), 0));
	for (size_t i = 1; i < count; i++)
		cr_assert(le(u64, passed[i - 1], passed[i]));
	cr_expect(eq(u64, stats().late, 0));
	cr_expect(gt(sz, count, 5000));
}
