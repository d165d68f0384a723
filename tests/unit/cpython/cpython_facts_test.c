/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_facts_test.c - facts about a CPython process become events; here without a process: the
 * facts are written by hand, and so is the memory they point to.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <awaitness/event.h>

#include "cpython/cpython_layout.h"
#include "cpython/cpython_session.h"
#include "cpython/cpython_translate.h"

enum { TID = 7, BASE = 0x10000, LOCK_TYPE = BASE + 0x100, TYPE_NAME_AT = BASE + 0x400 };
enum { THREAD_TYPE = BASE + 0x500, THREAD_NAME_AT = BASE + 0x800 };
enum { TASK = 0x5000, OTHER = 0x6000, CORO = 0x7000, CORO_TOO = 0x7100, LOCK = 0x8000 };

/* Type objects `asyncio.Lock` and `_thread.lock` and their names, nothing else. */
static unsigned char arena[0x1000];

static unsigned arena_reads;

static int arena_read(void *context, uint64_t address, void *out, size_t size)
{
	(void)context;
	arena_reads++;
	if (address < BASE || address - BASE > sizeof(arena) ||
	    size > sizeof(arena) - (address - BASE))
		return -EFAULT;
	memcpy(out, arena + (address - BASE), size);
	return 0;
}

static struct cpython_translator *translator;
static struct aw_event told[4096];
static size_t told_count;
static uint64_t number;

static void begin_with(enum cpython_detail detail)
{
	static struct cpython_layout layout;
	struct cpython_translate_options options = {.pid = 1, .detail = detail};
	uint64_t name = TYPE_NAME_AT;

	layout = *cpython_layout_find(CPYTHON_VERSION(3, 13));
	memcpy(arena + (LOCK_TYPE - BASE) + 24, &name, sizeof(name));
	strcpy((char *)arena + (TYPE_NAME_AT - BASE), "asyncio.Lock");
	name = THREAD_NAME_AT;
	memcpy(arena + (THREAD_TYPE - BASE) + 24, &name, sizeof(name));
	strcpy((char *)arena + (THREAD_NAME_AT - BASE), "_thread.lock");
	options.memory = (struct cpython_memory){arena_read, NULL, &layout, NULL};
	cr_assert_eq(cpython_translate_new(&options, &translator), 0);
	told_count = number = 0;
}

static void begin(void)
{
	begin_with(CPYTHON_STEPS);
}

static void begin_locks(void)
{
	begin_with(CPYTHON_LOCKS);
}

static void end(void)
{
	cpython_translate_free(translator);
}

static int note(void *context, const struct stream_batch *batch)
{
	(void)context;
	for (size_t i = 0; i < batch->count && told_count < 4096; i++)
		told[told_count++] = batch->events[i];
	return 0;
}

struct packet {
	struct cpython_fact fact;
	struct cpython_item items[CPYTHON_ITEMS];
};

static int give_to(uint32_t tid, uint64_t of_thread, struct packet packet)
{
	packet.fact.tid = tid;
	packet.fact.number = of_thread;
	packet.fact.time = 1000 * number;
	return cpython_translate_fact(translator, &packet.fact,
	                              sizeof(packet.fact) +
	                                      packet.fact.count * sizeof(packet.items[0]));
}

static int give(struct packet packet)
{
	number++;
	return give_to(TID, number - 1, packet);
}

static const struct aw_event *find(enum aw_kind kind, size_t nth)
{
	for (size_t i = 0; i < told_count; i++)
		if (told[i].kind == kind && !nth--)
			return &told[i];
	return NULL;
}

static void flush(void)
{
	cr_assert_eq(cpython_translate_flush(translator, true, note, NULL, NULL), 0);
}

static struct packet step(uint64_t task, uint64_t coro)
{
	return (struct packet){
		.fact = {.kind = CPYTHON_FACT_STEP,
	                 .task = task,
	                 .coro = coro,
	                 .flags = CPYTHON_ENTER_FIRST},
	};
}

static struct packet taking(uint64_t task, uint64_t coro, uint64_t lock)
{
	return (struct packet){
		.fact = {.kind = CPYTHON_FACT_TAKE, .count = 2, .task = task, .coro = coro},
		.items = {{.kind = CPYTHON_ITEM_OBJECT, .a = lock, .b = LOCK_TYPE},
	                  {.kind = CPYTHON_ITEM_LOCK, .a = lock, .b = LOCK_TYPE}},
	};
}

Test(cpython_facts, a_task_made_at_the_address_of_the_running_one_is_made_by_that, .init = begin,
     .fini = end)
{
	struct packet new = {
		.fact = {.kind = CPYTHON_FACT_NEW, .count = 1, .task = TASK, .coro = CORO},
		.items = {{.kind = CPYTHON_ITEM_OBJECT, .a = TASK}},
	};

	cr_assert_eq(give(step(TASK, CORO)), 0);
	cr_assert_eq(give(new), 0);
	flush();
	cr_assert_eq(find(AW_TASK_NEW, 1)->task, find(AW_TASK_NEW, 0)->object);
	cr_assert_neq(find(AW_TASK_NEW, 1)->task, find(AW_TASK_NEW, 1)->object);
}

Test(cpython_facts, a_task_woken_at_the_address_of_the_running_one_is_woken_by_that, .init = begin,
     .fini = end)
{
	struct packet wake = {
		.fact = {.kind = CPYTHON_FACT_WAKE, .count = 1, .task = TASK, .coro = CORO},
		.items = {{.kind = CPYTHON_ITEM_WAKE, .a = TASK, .b = CORO_TOO}},
	};

	cr_assert_eq(give(step(TASK, CORO)), 0);
	cr_assert_eq(give(wake), 0);
	flush();
	cr_assert_eq(find(AW_WAKE, 0)->task, find(AW_TASK_NEW, 0)->object);
	cr_assert_neq(find(AW_WAKE, 0)->object, find(AW_WAKE, 0)->task);
}

Test(cpython_facts, each_of_many_locks_outlives_the_task_that_held_it, .init = begin, .fini = end)
{
	struct packet next = step(OTHER, CORO_TOO);

	next.fact.settled = CPYTHON_SETTLED_DONE;
	next.fact.last = TASK;
	next.fact.last_coro = CORO;
	cr_assert_eq(give(step(TASK, CORO)), 0);
	for (unsigned i = 0; i < 40; i++)
		cr_assert_eq(give(taking(TASK, CORO, LOCK + 0x40 * i)), 0);
	cr_assert_eq(give(next), 0);
	for (unsigned i = 0; i < 40; i++)
		cr_assert_eq(give(taking(OTHER, CORO_TOO, LOCK + 0x40 * i)), 0);
	flush();
	cr_assert_not_null(find(AW_LOCK_TAKEN, 79));
}

Test(cpython_facts, a_fact_with_no_room_for_more_may_lack_some_which_is_told_as_lost, .init = begin,
     .fini = end)
{
	struct packet full = step(TASK, CORO);

	for (unsigned i = 0; i < CPYTHON_ITEMS - 1; i++)
		full.items[full.fact.count++].kind = CPYTHON_ITEM_OBJECT;
	cr_assert_eq(give(full), 0);
	flush();
	cr_expect_null(find(AW_LOST, 0));
	full.items[full.fact.count++].kind = CPYTHON_ITEM_OBJECT;
	cr_assert_eq(give(full), 0);
	flush();
	cr_assert_not_null(find(AW_LOST, 0));
	cr_expect_eq(find(AW_LOST, 0)->object, 1);
}

Test(cpython_facts, each_of_many_locks_that_a_task_holds_is_told_as_freed_before_another_takes_it,
     .init = begin, .fini = end)
{
	enum { LOCKS = 200 };

	cr_assert_eq(give(step(TASK, CORO)), 0);
	for (unsigned i = 0; i < LOCKS; i++)
		cr_assert_eq(give(taking(TASK, CORO, LOCK + 0x40 * i)), 0);
	cr_assert_eq(give(step(OTHER, CORO_TOO)), 0);
	for (unsigned i = 0; i < LOCKS; i++)
		cr_assert_eq(give(taking(OTHER, CORO_TOO, LOCK + 0x40 * i)), 0);
	flush();
	cr_assert_not_null(find(AW_LOCK_FREED, LOCKS - 1));
	for (unsigned i = 0; i < LOCKS; i++)
		cr_expect_eq(find(AW_LOCK_FREED, i)->object, find(AW_LOCK_TAKEN, i)->object);
}

Test(cpython_facts, a_task_that_ended_with_locks_is_kept_until_these_are_free, .init = begin_locks,
     .fini = end)
{
	struct packet next = step(OTHER, CORO_TOO);
	struct cpython_translate_stats stats;

	next.fact.settled = CPYTHON_SETTLED_DONE;
	next.fact.last = TASK;
	next.fact.last_coro = CORO;
	cr_assert_eq(give(step(TASK, CORO)), 0);
	for (unsigned i = 0; i < 10; i++) {
		cr_assert_eq(give(taking(TASK, CORO, LOCK + 0x40 * i)), 0);
		next.items[next.fact.count++] = (struct cpython_item){.kind = CPYTHON_ITEM_LOCK,
		                                                      .state = CPYTHON_LOCK_HELD,
		                                                      .a = LOCK + 0x40 * i,
		                                                      .b = LOCK_TYPE};
	}
	cr_assert_eq(give(next), 0);
	for (unsigned i = 0; i < 10; i++) {
		cpython_translate_stats(translator, &stats);
		cr_expect_eq(stats.kept, 1);
		cr_assert_eq(give(taking(OTHER, CORO_TOO, LOCK + 0x40 * i)), 0);
	}
	cr_assert_eq(give(taking(OTHER, CORO_TOO, LOCK)), 0);
	cpython_translate_stats(translator, &stats);
	cr_expect_eq(stats.kept, 0);
}

/* The end of the step before is not told yet when another task is made where its task was: all that
 * task held of threads is free, and what is told of it later does not end the other one. */
Test(cpython_facts, a_task_made_where_another_was_ends_that_one_alone, .init = begin, .fini = end)
{
	struct packet take = taking(TASK, CORO, LOCK);
	struct packet new = {
		.fact = {.kind = CPYTHON_FACT_NEW, .count = 1},
		.items = {{.kind = CPYTHON_ITEM_OBJECT, .a = TASK}},
	};
	struct packet next = step(TASK, CORO_TOO);

	take.items[0].b = take.items[1].b = THREAD_TYPE;
	next.fact.settled = CPYTHON_SETTLED_GONE;
	next.fact.last = TASK;
	next.fact.last_coro = CORO;
	cr_assert_eq(give(step(TASK, CORO)), 0);
	cr_assert_eq(give(take), 0);
	cr_assert_eq(give(new), 0);
	cr_assert_eq(give(next), 0);
	flush();
	cr_assert_not_null(find(AW_LOCK_TAKEN, 0));
	cr_assert_not_null(find(AW_LOCK_FREED, 0));
	cr_assert_eq(find(AW_TASK_END, 0)->task, find(AW_TASK_NEW, 0)->object);
	cr_expect_null(find(AW_TASK_END, 1));
	cr_expect_null(find(AW_TASK_NEW, 2));
	cr_expect_eq(find(AW_RESUME, 1)->task, find(AW_TASK_NEW, 1)->object);
}

/* Two threads take turns between the end of a step and the next one: the task that ended is freed,
 * and the other thread makes one in its place, which ends, before the first is told of the end. */
Test(cpython_facts, a_task_replaced_by_another_thread_ends_once, .init = begin, .fini = end)
{
	struct packet other = step(TASK, CORO_TOO),
		      others_end = {.fact = {.kind = CPYTHON_FACT_IDLE}};
	struct packet end_late = {.fact = {.kind = CPYTHON_FACT_IDLE}};

	others_end.fact.settled = CPYTHON_SETTLED_DONE;
	others_end.fact.last = TASK;
	others_end.fact.last_coro = CORO_TOO;
	end_late.fact.settled = CPYTHON_SETTLED_GONE;
	end_late.fact.last = TASK;
	end_late.fact.last_coro = CORO;
	cr_assert_eq(give(step(TASK, CORO)), 0);
	cr_assert_eq(give_to(TID + 1, 0, other), 0);
	cr_assert_eq(give_to(TID + 1, 1, others_end), 0);
	cr_assert_eq(give(end_late), 0);
	flush();
	cr_expect_not_null(find(AW_TASK_END, 1));
	cr_expect_null(find(AW_TASK_END, 2));
	cr_expect_null(find(AW_TASK_NEW, 2));
}

Test(cpython_facts, a_first_step_of_the_same_addresses_is_another_tasks, .init = begin, .fini = end)
{
	cr_assert_eq(give(step(TASK, CORO)), 0);
	cr_assert_eq(give(step(TASK, CORO)), 0);
	flush();
	cr_assert_not_null(find(AW_TASK_NEW, 1));
	cr_expect_eq(find(AW_TASK_END, 0)->task, find(AW_TASK_NEW, 0)->object);
	cr_expect_eq(find(AW_RESUME, 1)->task, find(AW_TASK_NEW, 1)->object);
}

Test(cpython_facts, what_is_no_code_object_is_not_asked_for_again_at_each_fact, .init = begin,
     .fini = end)
{
	struct packet wake = {
		.fact = {.kind = CPYTHON_FACT_WAKE, .count = 2, .task = TASK, .coro = CORO},
		.items = {{.kind = CPYTHON_ITEM_WAKE, .a = OTHER, .b = CORO_TOO},
	                  {.kind = CPYTHON_ITEM_CALLER, .a = 1, .b = 0x999000}},
	};
	unsigned first;

	cr_assert_eq(give(step(TASK, CORO)), 0);
	arena_reads = 0;
	cr_assert_eq(give(wake), 0);
	first = arena_reads;
	cr_expect_gt(first, 0);
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(give(wake), 0);
	cr_expect_eq(arena_reads, first);
	number += 1000000; /* a second: by now there may be one */
	cr_assert_eq(give(wake), 0);
	cr_expect_gt(arena_reads, first);
}

Test(cpython_facts, a_fact_cut_short_is_refused, .init = begin, .fini = end)
{
	struct packet packet = taking(TASK, CORO, LOCK);

	cr_assert_eq(cpython_translate_fact(translator, &packet.fact, sizeof(packet.fact) - 1),
	             -EPROTO);
	cr_assert_eq(cpython_translate_fact(translator, &packet.fact,
	                                    sizeof(packet.fact) + sizeof(packet.items[0])),
	             -EPROTO);
	packet.fact.count = CPYTHON_ITEMS + 1;
	cr_assert_eq(cpython_translate_fact(translator, &packet.fact, sizeof(packet) * 2), -EPROTO);
}

Test(cpython_facts, those_of_more_threads_than_are_told_apart_are_told_as_lost, .init = begin,
     .fini = end)
{
	struct packet packet = step(TASK, CORO);
	struct cpython_translate_stats stats;

	for (uint32_t tid = 1; tid <= CPYTHON_STREAMS_MAX + 3; tid++) {
		packet.fact.tid = tid;
		cr_assert_eq(cpython_translate_fact(translator, &packet.fact, sizeof(packet.fact)),
		             0);
	}
	flush();
	cpython_translate_stats(translator, &stats);
	cr_expect_eq(stats.lost, 3);
	cr_assert_not_null(find(AW_LOST, 2));
	cr_expect_eq(find(AW_LOST, 2)->object, 1);
	cr_expect_null(find(AW_LOST, 3));
}

/* pytest has set its variable to `name`, at most 62 characters; "": it took it away. */
static struct packet testing(const char *name)
{
	struct packet packet = {.fact = {.kind = CPYTHON_FACT_TEST}};

	for (size_t left = strlen(name), part; left; left -= part, name += part) {
		struct cpython_item *item = &packet.items[packet.fact.count++];

		part = left < 31 ? left : 31;
		item->kind = CPYTHON_ITEM_NAME;
		item->state = (int8_t)part;
		memcpy(&item->a, name, part);
	}
	return packet;
}

static const char *name_told(uint64_t object)
{
	static char name[64];
	size_t length = 0;

	for (size_t i = 0; i < told_count; i++)
		if (told[i].kind == AW_NAME && told[i].object == object)
			for (i++; i < told_count && told[i].kind == AW_TEXT; i++) {
				memcpy(name + length, &told[i].object, 8);
				memcpy(name + length + 8, &told[i].site, 8);
				length += told[i].arg >> 8 & 0x1f;
			}
	name[length] = 0;
	return name;
}

Test(cpython_facts, the_parts_of_a_test_are_one_and_it_ends, .init = begin, .fini = end)
{
	give(testing("tests/test_shop.py::test_a_name_that_is_long (setup)"));
	give(testing("tests/test_shop.py::test_a_name_that_is_long (call)"));
	give(testing(""));
	give(testing("tests/test_shop.py::test_two (call)"));
	flush();
	cr_assert(find(AW_TEST, 3));
	cr_expect_eq(find(AW_TEST, 0)->object, find(AW_TEST, 1)->object);
	cr_expect_str_eq(name_told(find(AW_TEST, 0)->object),
	                 "tests/test_shop.py::test_a_name_that_is_long");
	cr_expect_eq(find(AW_TEST, 2)->object, 0);
	cr_expect_str_eq(name_told(find(AW_TEST, 3)->object), "tests/test_shop.py::test_two");
	cr_expect_neq(find(AW_TEST, 0)->object, find(AW_TEST, 3)->object);
}

Test(cpython_facts, a_test_is_told_again_after_a_loss, .init = begin, .fini = end)
{
	give(testing("t.py::one (setup)"));
	number += 3;
	give(testing("t.py::one (call)"));
	flush();
	cr_assert(find(AW_LOST, 0) && find(AW_TEST, 1));
	cr_expect_gt(find(AW_TEST, 1), find(AW_LOST, 0));
	cr_expect_neq(find(AW_TEST, 1)->object, 0);
}

Test(cpython_facts, a_type_that_is_gone_may_have_been_a_lock_and_is_a_loss, .init = begin,
     .fini = end)
{
	struct packet gone = taking(TASK, CORO, LOCK);

	give(step(TASK, CORO));
	gone.fact.count = 1;
	gone.items[0].b = 0x999000; /* no memory */
	give(gone);
	give(step(OTHER, CORO_TOO));
	flush();
	cr_assert(find(AW_LOST, 0));
	cr_expect_eq(find(AW_LOST, 0)->object, 1);
}
