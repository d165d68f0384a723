/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_space_test.c - events of two processes become those of one, and stay apart where they
 * must.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "driver/process_space.h"

enum { FIRST = 100, SECOND = 200, SEEN = 64 };

static struct names *names;
static struct process_space space;
static struct aw_event seen[SEEN];
static unsigned seen_count;

static int take(void *context, const struct stream_batch *batch)
{
	(void)context;
	cr_assert(eq(u32, batch->pid, FIRST));
	for (size_t i = 0; i < batch->count; i++) {
		if (names_wants(batch->events[i].kind))
			names_event(names, batch->pid, batch->tid, &batch->events[i]);
		if (seen_count < SEEN)
			seen[seen_count++] = batch->events[i];
	}
	return 0;
}

static void feed(uint32_t pid, const struct event_buffer *events)
{
	const struct stream_batch batch = {
		.pid = pid, .tid = pid, .events = events->events, .count = events->count};

	cr_assert(eq(int, process_space_feed(&space, FIRST, &batch, take, NULL), 0));
}

static void event(struct event_buffer *to, unsigned kind, uint32_t task, uint64_t object,
                  uint64_t site)
{
	const struct aw_event row = {.kind = kind, .task = task, .object = object, .site = site};

	event_buffer_add(to, &row);
}

static void site(struct event_buffer *to, uint64_t id, uint32_t line, uint64_t parent,
                 const char *function)
{
	event(to, AW_SITE, line, id, parent);
	event_buffer_text(to, 0, AW_TEXT_FUNCTION, function, strlen(function));
	event_buffer_text(to, 0, AW_TEXT_FILE, "app.py", 6);
}

static void open_space(void)
{
	cr_assert(eq(int, names_new(&names), 0));
	process_space_init(&space, names);
	seen_count = 0;
}

static void close_space(void)
{
	process_space_fini(&space);
	names_free(names);
}

static const struct aw_event *last(void)
{
	cr_assert(gt(u32, seen_count, 0));
	return &seen[seen_count - 1];
}

TestSuite(process_space, .init = open_space, .fini = close_space);

Test(process_space, a_site_that_says_the_same_becomes_the_first_one)
{
	struct event_buffer first = {0}, second = {0};

	site(&first, 1, 7, 0, "work");
	event(&first, AW_SUSPEND, 1, 0, 1);
	feed(FIRST, &first);
	site(&second, 1ull << 32 | 1, 7, 0, "work");
	event(&second, AW_SUSPEND, 2, 0, 1ull << 32 | 1); /* in the batch that defines it */
	feed(SECOND, &second);
	cr_expect(eq(u64, last()->site, 1));
	event_buffer_fini(&first);
	event_buffer_fini(&second);
}

Test(process_space, another_line_or_another_caller_is_another_site)
{
	struct event_buffer first = {0}, second = {0};

	site(&first, 1, 7, 0, "work");
	site(&first, 2, 3, 0, "main");
	event(&first, AW_SUSPEND, 1, 0, 1);
	feed(FIRST, &first);
	site(&second, 11, 8, 0, "work");
	event(&second, AW_SUSPEND, 2, 0, 11);
	feed(SECOND, &second);
	cr_expect(eq(u64, last()->site, 11));
	second.count = 0;
	site(&second, 12, 3, 0, "main");
	site(&second, 13, 7, 12, "work");
	event(&second, AW_SUSPEND, 2, 0, 13);
	feed(SECOND, &second);
	cr_expect(eq(u64, last()->site, 13));
	event_buffer_fini(&first);
	event_buffer_fini(&second);
}

Test(process_space, the_same_address_in_two_processes_is_two_places)
{
	struct event_buffer events = {0};

	event(&events, AW_WRITE, 1, 0x7f0000001000, 0);
	feed(FIRST, &events);
	cr_expect(eq(u64, last()->object, 0x7f0000001000));
	feed(SECOND, &events);
	cr_expect(eq(u64, last()->object, 1ull << 48 | 0x7f0000001000));
	event_buffer_fini(&events);
}

Test(process_space, ids_of_tasks_and_locks_stay)
{
	struct event_buffer events = {0};

	event(&events, AW_LOCK_TAKEN, 5, 77, 0);
	feed(FIRST, &events);
	feed(SECOND, &events);
	cr_expect(eq(u64, last()->object, 77));
	cr_expect(eq(u32, last()->task, 5));
	event_buffer_fini(&events);
}

Test(process_space, what_a_further_process_says_of_itself_stays_its_own)
{
	struct event_buffer events = {0};
	struct aw_event target = {.kind = AW_TARGET,
	                          .arg = AW_RUNTIME_CPYTHON,
	                          .object = FIRST,
	                          .site = AW_CAN_ACQUIRES | AW_CAN_AWAITS};

	event_buffer_add(&events, &target);
	event_buffer_text(&events, 0, AW_TEXT_COMMAND, "master", 6);
	feed(FIRST, &events);
	cr_expect(eq(u32, seen_count, 2));
	events.count = 0;
	target.object = SECOND;
	target.site = AW_CAN_ACQUIRES;
	event_buffer_add(&events, &target);
	event_buffer_text(&events, 0, AW_TEXT_COMMAND, "worker", 6);
	event(&events, AW_RESUME, 9, 0, 0);
	feed(SECOND, &events);
	cr_expect(eq(u32, seen_count, 3), "only the step went on");
	cr_expect(eq(str, (char *)names_target(names, FIRST)->command, "master"));
	cr_expect(eq(str, (char *)names_target(names, SECOND)->command, "worker"));
	cr_expect(eq(u64, space.can, AW_CAN_ACQUIRES), "only what all of them show");
	cr_expect(eq(u64, space.processes[1].steps, 1));
	event_buffer_fini(&events);
}
