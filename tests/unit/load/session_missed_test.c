/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_missed_test.c - hits that are in no stream are told once, with the time since the last
 * question, in the tracer's own stream.
 */
#include <criterion/criterion.h>

#include "load/session_missed.h"

struct told {
	unsigned count;
	struct aw_event event;
	struct stream_batch batch;
};

static int take(void *context, const struct stream_batch *batch)
{
	struct told *told = context;

	told->count++;
	told->event = batch->events[0];
	told->batch = *batch;
	return 0;
}

Test(session_missed, only_what_is_new_is_told)
{
	struct session_missed missed = {.asked = 1000};
	struct told told = {0};

	cr_expect_eq(session_missed_tell(&missed, 7, 0, 2000, take, &told), 0);
	cr_expect_eq(told.count, 0);
	cr_expect_eq(session_missed_tell(&missed, 7, 3, 3000, take, &told), 0);
	cr_expect_eq(told.count, 1);
	cr_expect_eq(told.event.kind, AW_LOST);
	cr_expect_eq(told.event.object, 3);
	cr_expect_eq(told.event.time, 2000, "since it was last asked");
	cr_expect_eq(told.event.site, 3000);
	cr_expect(told.batch.pid == 7 && told.batch.tid == 0);
	cr_expect_eq(session_missed_tell(&missed, 7, 3, 4000, take, &told), 0);
	cr_expect_eq(told.count, 1);
	cr_expect_eq(session_missed_tell(&missed, 7, 5, 5000, take, &told), 0);
	cr_expect_eq(told.event.object, 2);
	cr_expect_eq(missed.told, 5);
}

Test(session_missed, it_is_asked_now_and_then_only)
{
	struct session_missed missed = {.asked = 1000000000};

	cr_expect(!session_missed_due(&missed, 1000000001));
	cr_expect(session_missed_due(&missed, 1200000000));
}
