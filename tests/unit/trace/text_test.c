/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_test.c - the text form: what a hand-written trace means, what is wrong
 * with a bad one, and that what is written reads back the same.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/event_buffer.h"
#include "event/event_table.h"
#include "trace/text_reader.h"
#include "trace/text_writer.h"

struct seen {
	struct event_buffer events;
	uint32_t pids[8192], tids[8192];
	uint64_t numbers[8192];
};

static int collect(void *context, const struct stream_batch *batch)
{
	struct seen *seen = context;
	uint64_t number = batch->first;

	for (size_t i = 0; i < batch->count && seen->events.count < 8192; i++) {
		seen->pids[seen->events.count] = batch->pid;
		seen->tids[seen->events.count] = batch->tid;
		seen->numbers[seen->events.count] = number;
		number += event_numbers(&batch->events[i]);
		event_buffer_add(&seen->events, &batch->events[i]);
	}
	return 0;
}

static struct seen *read_text(const char *text)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	struct fault fault = {0};
	int code = text_read(text, strlen(text), collect, seen, &fault);

	cr_assert(eq(int, code, 0), "line %u: %s", fault.line, fault.message);
	return seen;
}

/* The n-th record (from 0) of a kind. */
static const struct aw_event *nth(const struct seen *seen, unsigned kind, unsigned n)
{
	for (size_t i = 0; i < seen->events.count; i++)
		if (seen->events.events[i].kind == kind && n-- == 0)
			return &seen->events.events[i];
	cr_fatal("no such record of kind %u", kind);
	return NULL;
}

static unsigned count(const struct seen *seen, unsigned kind)
{
	unsigned found = 0;

	for (size_t i = 0; i < seen->events.count; i++)
		found += seen->events.events[i].kind == kind;
	return found;
}

static void seen_free(struct seen *seen)
{
	event_buffer_fini(&seen->events);
	free(seen);
}

Test(text, a_name_is_one_id_wherever_it_stands)
{
	struct seen *seen = read_text("10 w1 lock-taken L @f:f.c:3\n"
	                              "+5 w1 lock-freed L @f:f.c:3\n"
	                              "1us w1 read pool.size 4\n");
	const struct aw_event *taken = nth(seen, AW_LOCK_TAKEN, 0);
	const struct aw_event *freed = nth(seen, AW_LOCK_FREED, 0);

	cr_expect(eq(u64, taken->object, freed->object));
	cr_expect(eq(u64, taken->site, freed->site));
	cr_expect(eq(u32, taken->task, freed->task));
	cr_expect(ne(u64, taken->object, taken->task));
	cr_expect(eq(u64, freed->time, 15));
	cr_expect(eq(u64, nth(seen, AW_READ, 0)->time, 1000));
	cr_expect(eq(u16, nth(seen, AW_READ, 0)->arg, 4));
	cr_expect(eq(uint, count(seen, AW_SITE), 1));
	cr_expect(eq(uint, count(seen, AW_LOCK_NEW), 1));
	cr_expect(eq(uint, nth(seen, AW_LOCK_NEW, 0)->arg,
	             AW_ARG_SNAPSHOT | 1 << 8 | AW_LOCK_TYPE_MUTEX));
	seen_free(seen);
}

Test(text, a_text_without_a_target_is_of_a_c_runtime_that_sees_everything)
{
	struct seen *seen = read_text("1 w1 read x\n");

	cr_expect(eq(uint, seen->events.events[0].kind, AW_TARGET));
	cr_expect(eq(uint, seen->events.events[0].arg, AW_RUNTIME_C));
	cr_expect(eq(u64, seen->events.events[0].site, 63));
	seen_free(seen);
	seen = read_text("target cpython can=wakes,cells\n1 w1 read x\n");
	cr_expect(eq(uint, count(seen, AW_TARGET), 1));
	cr_expect(eq(uint, nth(seen, AW_TARGET, 0)->arg, AW_RUNTIME_CPYTHON));
	cr_expect(eq(u64, nth(seen, AW_TARGET, 0)->site, AW_CAN_WAKES | AW_CAN_CELLS));
	seen_free(seen);
}

Test(text, a_task_that_acts_was_resumed_and_steps_nest)
{
	struct seen *seen = read_text("1 w1 read x\n2 w2 read x\n3 w2 suspend sleep\n"
	                              "4 w1 suspend sleep\n5 w2 resume\n6 w2 task-end\n");

	cr_expect(eq(uint, count(seen, AW_RESUME), 3));
	cr_expect(eq(u64, nth(seen, AW_RESUME, 1)->time, 2));
	cr_expect(eq(u64, nth(seen, AW_RESUME, 2)->time, 5));
	seen_free(seen);
}

Test(text, what_a_suspension_waits_for_follows_from_the_name)
{
	struct seen *seen =
		read_text("lock-new S Semaphore permits=3\n"
	                  "1 w1 suspend S\n2 w2 suspend w1\n3 w3 suspend\n"
	                  "4 w4 suspend F\n5 w5 suspend E event\n6 w6 suspend L lock\n");
	static const unsigned expected[] = {AW_AWAIT_SEMAPHORE, AW_AWAIT_TASK,  AW_AWAIT_NONE,
	                                    AW_AWAIT_FUTURE,    AW_AWAIT_EVENT, AW_AWAIT_LOCK};

	for (unsigned i = 0; i < 6; i++)
		cr_expect(eq(uint, nth(seen, AW_SUSPEND, i)->arg, expected[i]));
	cr_expect(eq(uint, nth(seen, AW_LOCK_NEW, 0)->arg, 3 << 8 | AW_LOCK_TYPE_SEMAPHORE));
	cr_expect(eq(uint, count(seen, AW_LOCK_NEW), 2));
	seen_free(seen);
}

Test(text, a_site_has_its_callers_as_parents)
{
	struct seen *seen = read_text("1 w1 await suspended @leaf:a.c:3<mid:b.c:4<root:c.c:5\n");
	const struct aw_event *leaf = nth(seen, AW_SITE, 2), *mid = nth(seen, AW_SITE, 1);

	cr_expect(eq(u64, nth(seen, AW_AWAIT, 0)->site, leaf->object));
	cr_expect(eq(u64, leaf->site, mid->object));
	cr_expect(eq(u64, mid->site, nth(seen, AW_SITE, 0)->object));
	cr_expect(eq(u32, leaf->task, 3));
	cr_expect(eq(uint, nth(seen, AW_AWAIT, 0)->arg, 1));
	seen_free(seen);
}

Test(text, threads_are_streams_with_their_own_numbers)
{
	struct seen *seen = read_text("exact\nthread 7/2 first=10\n1 #5 resume\n2 - lost 4 9\n"
	                              "3 #5 suspend nothing\n3 T3/#6 resume\n4 #5 resume\n");

	cr_expect(eq(sz, seen->events.count, 5));
	cr_expect(eq(u32, seen->pids[0], 7));
	cr_expect(eq(u64, seen->numbers[0], 10));
	cr_expect(eq(u64, seen->numbers[1], 11));
	cr_expect(eq(u64, seen->numbers[2], 15));
	cr_expect(eq(u32, seen->tids[3], 3));
	cr_expect(eq(u32, seen->tids[4], 2));
	cr_expect(eq(u64, seen->numbers[4], 16));
	seen_free(seen);
}

static void expect_fault(const char *text, unsigned line, const char *message)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	struct fault fault = {0};

	cr_expect(eq(int, text_read(text, strlen(text), collect, seen, &fault), -EINVAL), "%s",
	          text);
	cr_expect(eq(uint, fault.line, line), "%s: %s", text, fault.message);
	cr_expect(eq(str, fault.message, (char *)message), "%s", text);
	seen_free(seen);
}

Test(text, a_bad_line_is_told_with_its_number)
{
	expect_fault("# fine\nhello\n", 2, "hello is neither a time nor an event's kind");
	expect_fault("1 w1 jump\n", 1, "jump is not the kind of an event");
	expect_fault("1 w1 lock-taken\n", 1, "lock-taken: of what?");
	expect_fault("1 w1 lock-taken w1\n", 1, "w1 is a task, not a lock");
	expect_fault("1 w1 read x 99999\n", 1, "99999 is not a number that fits here");
	expect_fault("1 w1 read \"x\n", 1, "a quote is not closed");
	expect_fault("1 w1 read x colour=red\n", 1, "unknown key colour");
	expect_fault("1 \x1b[2J read x\n1 w1 \x1b[2J\n", 2, "\\x1b[2J is not the kind of an event");
	expect_fault("exact\n1 w1 read 0x10\n", 2, "in an exact text a name needs its id: w1#ID");
	expect_fault("1 w1 read x\n2 w2 read x\n3 w1 read x\n", 3,
	             "task #1 acts while the step nested in its own still runs: "
	             "that one must suspend first");
	expect_fault("target c can=fly\n", 1, "can= knows no fly");
}

/* Writes what was seen and reads it again: the same records of the same streams with the same
 * numbers, apart from what text_writer.h excepts. */
static void expect_same_again(const struct seen *seen)
{
	struct text_writer *writer;
	struct seen *again;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert(eq(int, text_writer_new(out, &writer), 0));
	for (size_t i = 0; i < seen->events.count; i++) {
		struct stream_batch one = {seen->pids[i], seen->tids[i], seen->numbers[i],
		                           &seen->events.events[i], 1};

		cr_assert(eq(int, text_write(writer, &one), 0));
	}
	cr_assert(eq(int, text_writer_free(writer), 0));
	fclose(out);
	again = read_text(text);
	cr_assert(eq(sz, again->events.count, seen->events.count), "%s", text);
	for (size_t i = 0; i < seen->events.count; i++) {
		struct aw_event a = seen->events.events[i], b = again->events.events[i];

		if (a.kind == AW_TEXT) {
			a.time = b.time = 0;
			a.task = b.task = 0;
		} else if (a.kind == AW_SITE) {
			cr_expect(eq(u32, a.task, b.task));
		}
		cr_assert(eq(int, memcmp(&a, &b, sizeof(a)), 0), "record %zu (%s) of\n%s", i,
		          event_kind_get(a.kind)->text, text);
		cr_assert(eq(u32, seen->tids[i], again->tids[i]));
		cr_assert(eq(u32, seen->pids[i], again->pids[i]));
		cr_assert(eq(u64, seen->numbers[i], again->numbers[i]));
	}
	seen_free(again);
	free(text);
}

Test(text, a_trace_of_every_kind_is_written_and_read_back_the_same)
{
	struct seen *seen = read_text(
		"target c can=accesses,wakes pid=42 command=\"a \\\"b\\\" \\x1b[0m\" version=1\n"
		"module 0x400000 0x500000 file=/bin/x build-id=00ff\n"
		"lock-new L asyncio.Lock permits=1 @make:m.c:1 name=\"Pool._lock\"\n"
		"1 w1 task-new w2 @spawn:\"a b.c\":9 label=\"aw_spawn(w2)\"\n"
		"2 w1 lock-wait L\n3 w1 suspend L @f<g:g.c:4\n4 w2 wake w1 lock\n"
		"5 w2 lock-freed L shared\n5 w2 suspend sleep inferred\n5 w2 suspend deadline\n6 "
		"w1 lock-taken L\n"
		"7 w1 lock-test L\n7 w1 lock-condition L\n7 w1 lock-waiver L\n7 w1 lock-giveup L\n"
		"8 w1 signal E event\n8 w1 observe E event\n9 w1 io sock @f\n9 w1 write a+8 2\n"
		"9 w1 forget a 100\n9 w1 await suspended @f\n9 w1 changed a @f\n"
		"10 w1 cancel w2\n10 w1 task-end error\n11 - callback \"x y\"\n11 - unwatched 4\n"
		"12 - interval 3 4\n12 - lost 5 14\n13 - lock-free L\n14 - thread-end\n"
		"15 - text \"abc\" file\n16 - text \"abc\" file more\n"
		"16 - name L lock \"this is a name of more than sixteen bytes, it is\"\n"
		"thread 2 loop\n17 T3/w3 resume\n18 w3 suspend @g\n");

	for (unsigned kind = 1; kind < AW_KIND_MAX; kind++)
		cr_expect(gt(uint, count(seen, kind), 0), "no %s in the test",
		          event_kind_get(kind)->text);
	expect_same_again(seen);
	seen_free(seen);
}

Test(text, random_records_are_written_and_read_back_the_same)
{
	unsigned seed = (unsigned)time(NULL);
	struct seen *seen = calloc(1, sizeof(*seen));

	cr_log_info("seed %u", seed);
	srand(seed);
	for (size_t i = 0; i < 8000; i++) {
		struct aw_event event;
		unsigned char *bytes = (unsigned char *)&event;

		for (size_t j = 0; j < sizeof(event); j++)
			bytes[j] = rand() % 3 ? 0 : (unsigned char)rand();
		event.kind = (uint16_t)(1 + rand() % (AW_KIND_MAX - 1));
		if (rand() % 4 == 0)
			event.kind = AW_TEXT;
		if (rand() % 2)
			event.arg &= 0xf;
		if (event.kind == AW_TEXT && rand() % 2)
			event.arg =
				(uint16_t)(rand() % 9 | 16 << 8 | (rand() % 2 ? AW_TEXT_MORE : 0));
		if (event.kind == AW_LOST)
			event.object %= 1000;
		seen->pids[i] = 1;
		seen->tids[i] = rand() % 50 == 0;
		seen->numbers[i] = i * 1000;
		event_buffer_add(&seen->events, &event);
	}
	expect_same_again(seen);
	seen_free(seen);
}
