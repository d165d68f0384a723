/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_memory_test.c - memory is bounded by the code and by what is alive, not
 * by the length of the trace: tasks that end, locks that are freed, events that
 * are signalled once, memory that is freed.
 */
#include <criterion/criterion.h>
#include <malloc.h>

#include "analysis.h"

enum { ROUND = 24, BATCH = 40 };

static size_t put(struct aw_event *events, size_t at, uint64_t *time, unsigned kind, uint32_t task,
                  uint64_t object, unsigned arg, uint64_t site)
{
	events[at] =
		(struct aw_event){ *time += 10, (uint16_t)kind, (uint16_t)arg, task, object, site};
	return at + 1;
}

/* A task that is created, makes a lock and a location of its own, signals an event and ends. */
static size_t round_make(struct aw_event *e, uint64_t *time, uint64_t id)
{
	uint32_t task = (uint32_t)id;
	size_t at = 0;

	at = put(e, at, time, AW_RESUME, 1, 0, 0, 0);
	at = put(e, at, time, AW_TASK_NEW, 1, id, 0, 0x401);
	at = put(e, at, time, AW_LOCK_NEW, 1, id + 1, AW_LOCK_TYPE_MUTEX | 1u << 8, 0x402);
	at = put(e, at, time, AW_SUSPEND, 1, id, AW_AWAIT_TASK, 0x403);
	at = put(e, at, time, AW_RESUME, task, 0, 0, 0);
	at = put(e, at, time, AW_LOCK_TAKEN, task, id + 1, 0, 0x404);
	at = put(e, at, time, AW_LOCK_TAKEN, task, 900, 0, 0x405);
	at = put(e, at, time, AW_WRITE, task, 0x1000 + 64 * (id % 4096), 8, 0x406);
	at = put(e, at, time, AW_WRITE, task, 0x100, 8, 0x407);
	at = put(e, at, time, AW_SUSPEND, task, 0, AW_AWAIT_SLEEP, 0x408);
	at = put(e, at, time, AW_RESUME, task, 0, 0, 0);
	at = put(e, at, time, AW_WRITE, task, 0x100, 8, 0x409);
	at = put(e, at, time, AW_FORGET, task, 0x1000 + 64 * (id % 4096), 0, 64);
	at = put(e, at, time, AW_LOCK_FREED, task, 900, 0, 0x40a);
	at = put(e, at, time, AW_LOCK_FREED, task, id + 1, 0, 0x40b);
	at = put(e, at, time, AW_LOCK_FREE, task, id + 1, 0, 0);
	at = put(e, at, time, AW_SIGNAL, task, id + 2, AW_AWAIT_EVENT, 0x40c);
	at = put(e, at, time, AW_WAKE, task, 1, AW_AWAIT_TASK, 0x40d);
	at = put(e, at, time, AW_TASK_END, task, 0, AW_OUTCOME_OK, 0);
	at = put(e, at, time, AW_RESUME, 1, 0, 0, 0);
	at = put(e, at, time, AW_OBSERVE, 1, id, AW_AWAIT_TASK, 0x40e);
	at = put(e, at, time, AW_READ, 1, 0x100, 8, 0x40f);
	at = put(e, at, time, AW_AWAIT, 1, 0, 1, 0x410);
	at = put(e, at, time, AW_SUSPEND, 1, 0, AW_AWAIT_SLEEP, 0x411);
	return at;
}

static size_t used(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

Test(memory, is_flat_over_ten_million_events_of_a_steady_program)
{
	static struct aw_event events[ROUND * BATCH];
	struct analysis *analysis;
	const struct report *report;
	size_t early = 0, late;
	uint64_t time = 0, id = 1000, fed = 0;

	cr_assert_eq(analysis_new(NULL, &analysis), 0);
	while (fed < 10000000) {
		size_t count = 0;

		for (unsigned i = 0; i < BATCH; i++, id += 3)
			count += round_make(events + count, &time, id);
		cr_assert_eq(count, ROUND * BATCH);
		cr_assert_eq(
			analysis_feed(analysis, &(struct stream_batch){1, 1, fed, events, count}),
			0);
		fed += count;
		if (!early && fed > 5000000)
			early = used();
	}
	late = used();
	cr_expect_leq(late, early + 65536, "grew from %zu to %zu bytes", early, late);
	cr_assert_eq(analysis_finish(analysis, &report), 0);
	cr_expect_eq(report->period.events, fed);
	cr_expect_eq(report->period.tasks, 1 + fed / ROUND);
	cr_expect_eq(report->lock_count, 2);
	analysis_free(analysis);
}
