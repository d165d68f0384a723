// SPDX-License-Identifier: BSD-2-Clause
/*
 * intake_test.c - batches on arrival: repeats are trimmed, gaps are told, order is kept.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "order/intake.h"

/* What was delivered, as text: `[tid:first-last]` for a run, `(tid:first x count)` for a loss. */
struct transcript {
	char text[4096];
	int fail; /* what the stream_fn returns */
};

static int transcribe(void *context, const struct stream_batch *batch)
{
	struct transcript *t = context;
	size_t at = strlen(t->text);

	if (batch->events[0].kind == AW_LOST) {
		cr_assert_eq(batch->count, 1);
		snprintf(t->text + at, sizeof(t->text) - at, "(%u:%ju x %ju)", batch->tid,
		         (uintmax_t)batch->first, (uintmax_t)batch->events[0].object);
		return t->fail;
	}
	for (size_t i = 0; i < batch->count; i++)
		cr_assert_eq(batch->events[i].object, batch->first + i,
		             "the record with its number");
	snprintf(t->text + at, sizeof(t->text) - at, "[%u:%ju-%ju]", batch->tid,
	         (uintmax_t)batch->first, (uintmax_t)(batch->first + batch->count - 1));
	return t->fail;
}

#define RUN_MAX 4096

/* Feeds records first .. first + count - 1, each with its number as object and time. */
static int feed(struct intake *intake, struct transcript *t, unsigned tid, uint64_t generation,
                uint64_t first, size_t count)
{
	static struct aw_event events[RUN_MAX];
	struct intake_batch batch = {.pid = 7,
	                             .tid = tid,
	                             .generation = generation,
	                             .first = first,
	                             .events = events,
	                             .count = count};

	cr_assert_leq(count, RUN_MAX);
	for (size_t i = 0; i < count; i++)
		events[i] = (struct aw_event){
			.time = first + i, .kind = AW_RESUME, .object = first + i};
	return intake_feed(intake, &batch, transcribe, t);
}

static int end(struct intake *intake, struct transcript *t, unsigned tid, uint64_t generation,
               uint64_t number)
{
	struct intake_batch batch = {
		.pid = 7, .tid = tid, .generation = generation, .first = number, .ended = true};

	return intake_feed(intake, &batch, transcribe, t);
}

static struct intake *fresh(void)
{
	struct intake *intake;

	cr_assert_eq(intake_new(&intake), 0);
	return intake;
}

static void expect(struct intake *intake, struct transcript *t, const char *text)
{
	cr_assert_eq(intake_flush(intake, transcribe, t), 0);
	cr_assert_str_eq(t->text, text);
	intake_free(intake);
}

Test(intake, runs_that_follow_each_other_become_one_batch)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	for (int i = 0; i < 10; i++)
		feed(intake, &t, 1, 1, i, 1);
	expect(intake, &t, "[1:0-9]");
}

Test(intake, a_gap_is_told_where_it_lies)
{
	struct intake *intake = fresh();
	struct transcript t = {0};
	struct intake_stats stats;

	feed(intake, &t, 1, 1, 0, 3);
	feed(intake, &t, 1, 1, 8, 2);
	intake_stats(intake, &stats);
	cr_assert_eq(stats.lost, 5);
	cr_assert_eq(stats.events, 5);
	expect(intake, &t, "[1:0-2](1:3 x 5)[1:8-9]");
}

Test(intake, what_was_had_before_is_trimmed)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 0, 5);
	feed(intake, &t, 1, 1, 0, 5);
	feed(intake, &t, 1, 1, 3, 4);
	feed(intake, &t, 1, 1, 1, 2);
	expect(intake, &t, "[1:0-6]");
}

Test(intake, a_loss_at_the_very_end_is_told)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 0, 2);
	end(intake, &t, 1, 1, 9);
	expect(intake, &t, "[1:0-1](1:2 x 7)");
}

Test(intake, an_end_without_loss_says_nothing)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 0, 2);
	end(intake, &t, 1, 1, 2);
	expect(intake, &t, "[1:0-1]");
}

Test(intake, a_first_batch_that_was_lost_is_told)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 4, 1); /* begin is 0 */
	expect(intake, &t, "(1:0 x 4)[1:4-4]");
}

Test(intake, joining_in_the_middle_is_no_loss)
{
	struct intake *intake = fresh();
	struct transcript t = {0};
	struct aw_event event = {.kind = AW_RESUME, .object = 100};
	struct intake_batch batch = {
		.pid = 7, .tid = 1, .begin = 100, .first = 100, .events = &event, .count = 1};

	intake_feed(intake, &batch, transcribe, &t);
	expect(intake, &t, "[1:100-100]");
}

Test(intake, another_generation_counts_from_its_own_begin)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 0, 4);
	feed(intake, &t, 1, 2, 0, 2);
	expect(intake, &t, "[1:0-3][1:0-1]");
}

Test(intake, streams_do_not_disturb_each_other)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 0, 2);
	feed(intake, &t, 2, 1, 0, 2);
	feed(intake, &t, 1, 1, 2, 1);
	expect(intake, &t, "[1:0-1][2:0-1][1:2-2]");
}

Test(intake, a_thousand_streams_keep_their_numbers)
{
	struct intake *intake = fresh();
	struct transcript t = {0};
	struct intake_stats stats;

	for (unsigned round = 0; round < 3; round++)
		for (unsigned tid = 1; tid <= 1000; tid++) {
			t.text[0] = 0;
			cr_assert_eq(feed(intake, &t, tid, 1, round, 1), 0);
		}
	intake_stats(intake, &stats);
	cr_assert_eq(stats.lost, 0);
	cr_assert_eq(stats.events, 3000);
	intake_free(intake);
}

Test(intake, streams_that_ended_make_room)
{
	struct intake *intake = fresh();
	struct transcript t = {0};
	struct intake_stats stats;

	for (unsigned tid = 1; tid <= 100000; tid++) {
		t.text[0] = 0;
		feed(intake, &t, tid, tid, 0, 1);
		end(intake, &t, tid, tid, 1);
	}
	intake_stats(intake, &stats);
	cr_assert_eq(stats.lost, 0);
	cr_assert_eq(stats.events, 100000);
	intake_free(intake);
}

Test(intake, long_runs_and_short_ones_keep_their_order)
{
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 0, 3);
	feed(intake, &t, 1, 1, 3, 1000);
	feed(intake, &t, 1, 1, 1003, 2);
	expect(intake, &t, "[1:0-2][1:3-1002][1:1003-1004]");
}

Test(intake, records_that_are_not_aligned_are_taken)
{
	struct intake *intake = fresh();
	struct transcript t = {0};
	static char room[1000 * sizeof(struct aw_event) + 1];
	struct intake_batch batch = {.pid = 7, .tid = 1, .events = room + 1, .count = 1000};

	for (size_t i = 0; i < 1000; i++) {
		struct aw_event event = {.kind = AW_RESUME, .object = i};

		memcpy(room + 1 + i * sizeof(event), &event, sizeof(event));
	}
	intake_feed(intake, &batch, transcribe, &t);
	expect(intake, &t, "[1:0-511][1:512-999]");
}

static int loss_keep(void *context, const struct stream_batch *batch)
{
	if (batch->events[0].kind == AW_LOST)
		*(struct aw_event *)context = batch->events[0];
	return 0;
}

Test(intake, the_interval_of_a_loss_lies_between_its_neighbours)
{
	struct aw_event events[] = {{.time = 50, .kind = AW_RESUME}}, lost = {0};
	struct intake_batch batch = {
		.pid = 7, .tid = 1, .generation = 1, .first = 9, .events = events, .count = 1};
	struct intake *intake = fresh();
	struct transcript t = {0};

	feed(intake, &t, 1, 1, 0, 6);
	cr_assert_eq(intake_feed(intake, &batch, loss_keep, &lost), 0);
	cr_assert_eq(lost.time, 5);
	cr_assert_eq(lost.site, 50);
	cr_assert_eq(lost.object, 3);
	intake_free(intake);
}

Test(intake, a_refusal_is_passed_on)
{
	struct intake *intake = fresh();
	struct transcript t = {.fail = -28};

	cr_assert_eq(feed(intake, &t, 1, 1, 0, 1000), -28);
	intake_free(intake);
}
