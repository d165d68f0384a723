/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_test.c - definitions and their texts to names, across streams, losses,
 * cut batches, and past the caps.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_buffer.h"
#include "event/names.h"
#include "trace/text_reader.h"

static struct names *names;

static void setup(void)
{
	cr_assert(eq(int, names_new(&names), 0));
}

static void teardown(void)
{
	names_free(names);
}

TestSuite(names, .init = setup, .fini = teardown);

static void feed_text(const char *text)
{
	struct fault fault = {0};

	cr_assert(eq(int, text_read(text, strlen(text), names_feed, names, &fault), 0), "%s",
	          fault.message);
}

static void feed(uint32_t tid, struct aw_event event)
{
	struct stream_batch batch = {1, tid, 0, &event, 1};

	cr_assert(eq(int, names_feed(names, &batch), 0));
}

static void feed_name(uint32_t tid, uint64_t object, enum aw_entity entity, const char *text)
{
	struct event_buffer buffer = {0};

	feed(tid, (struct aw_event){.kind = AW_NAME, .object = object, .arg = entity});
	event_buffer_text(&buffer, 0, AW_TEXT_NAME, text, strlen(text));
	for (size_t i = 0; i < buffer.count; i++)
		feed(tid, buffer.events[i]);
	event_buffer_fini(&buffer);
}

Test(names, a_definition_and_its_texts_are_found_again)
{
	const struct names_site *site;
	const struct names_target *target;

	feed_text("exact\ntarget 42 c can=wakes command=\"kv --port 1\" version=1.2 detail=all\n"
	          "module 0x1000 0x2000 file=/bin/kv build-id=00ff\n"
	          "1 - site 0x10 line=3 parent=0x20 function=f file=f.c "
	          "label=\"a label of more than sixteen bytes\"\n"
	          "2 - name #5 lock \"Pool._lock\"\n2 - name 0x99 location size\n"
	          "3 - thread 1 name=loop\n");
	site = names_site(names, 1, 0x10);
	cr_assert(ne(ptr, (void *)site, NULL));
	cr_expect(eq(str, (char *)site->function, "f"));
	cr_expect(eq(str, (char *)site->file, "f.c"));
	cr_expect(eq(str, (char *)site->label, "a label of more than sixteen bytes"));
	cr_expect(eq(u32, site->line, 3));
	cr_expect(eq(u64, site->parent, 0x20));
	target = names_target(names, 0);
	cr_assert(eq(ptr, (void *)target, (void *)names_target(names, 1)));
	cr_expect(eq(u32, target->pid, 42));
	cr_expect(eq(str, (char *)target->command, "kv --port 1"));
	cr_expect(eq(str, (char *)names_object(names, 1, 5), "Pool._lock"));
	cr_expect(eq(str, (char *)names_location(names, 1, 0x99), "size"));
	cr_expect(eq(str, (char *)names_thread(names, 1, 1), "loop"));
	cr_expect(eq(str, (char *)names_module(names, 0)->build_id, "00ff"));
	cr_expect(eq(ptr, (void *)names_module(names, 1), NULL));
	cr_expect(eq(ptr, (void *)names_object(names, 2, 5), NULL), "another process");
}

Test(names, text_belongs_to_the_last_definition_of_its_own_stream)
{
	struct event_buffer text = {0};

	event_buffer_text(&text, 0, AW_TEXT_NAME, "one of more than 16 bytes", 25);
	feed(1, (struct aw_event){.kind = AW_NAME, .object = 1});
	feed(1, text.events[0]);
	feed_name(2, 2, AW_ENTITY_TASK, "two");
	feed(1, text.events[1]);
	cr_expect(eq(str, (char *)names_object(names, 1, 1), "one of more than 16 bytes"));
	cr_expect(eq(str, (char *)names_object(names, 1, 2), "two"));
	event_buffer_fini(&text);
}

Test(names, a_loss_ends_what_was_coming_in)
{
	struct event_buffer text = {0};

	event_buffer_text(&text, 0, AW_TEXT_NAME, "one of more than 16 bytes", 25);
	feed(1, (struct aw_event){.kind = AW_NAME, .object = 1});
	feed(1, text.events[0]);
	feed(1, (struct aw_event){.kind = AW_LOST, .object = 7});
	feed(1, text.events[1]);
	cr_expect(eq(ptr, (void *)names_object(names, 1, 1), NULL));
	event_buffer_fini(&text);
}

Test(names, the_newest_name_counts)
{
	feed_name(1, 1, AW_ENTITY_LOCK, "old");
	feed_name(1, 1, AW_ENTITY_LOCK, "new");
	cr_expect(eq(str, (char *)names_object(names, 1, 1), "new"));
}

Test(names, what_has_ended_is_named_for_a_while_and_then_dropped)
{
	char text[16];

	feed_name(1, 1, AW_ENTITY_TASK, "first");
	feed_name(1, 2, AW_ENTITY_TASK, "alive");
	feed(1, (struct aw_event){.kind = AW_TASK_END, .task = 1});
	cr_expect(eq(str, (char *)names_object(names, 1, 1), "first"));
	for (unsigned i = 0; i < NAMES_ENDED; i++) {
		snprintf(text, sizeof(text), "t%u", i);
		feed_name(1, 100 + i, AW_ENTITY_TASK, text);
		feed(1, (struct aw_event){.kind = AW_TASK_END, .task = 100 + i});
	}
	cr_expect(eq(ptr, (void *)names_object(names, 1, 1), NULL));
	cr_expect(eq(str, (char *)names_object(names, 1, 2), "alive"));
	cr_expect(eq(str, (char *)names_object(names, 1, 101), "t1"));
}

Test(names, a_location_that_is_named_anew_after_forgetting_is_not_dropped)
{
	feed_name(1, 0x1000, AW_ENTITY_LOCATION, "a");
	feed_name(1, 0x1008, AW_ENTITY_LOCATION, "b");
	feed(1, (struct aw_event){.kind = AW_FORGET, .object = 0x1000, .site = 8});
	feed_name(1, 0x1000, AW_ENTITY_LOCATION, "c");
	for (unsigned i = 0; i <= NAMES_ENDED; i++) {
		feed_name(1, 0x100000 + i, AW_ENTITY_LOCATION, "x");
		feed(1, (struct aw_event){.kind = AW_FORGET, .object = 0x100000 + i, .site = 1});
	}
	cr_expect(eq(str, (char *)names_location(names, 1, 0x1000), "c"));
	cr_expect(eq(str, (char *)names_location(names, 1, 0x1008), "b"));
	cr_expect(eq(ptr, (void *)names_location(names, 1, 0x100000), NULL));
}

Test(names, memory_is_capped_and_what_is_ignored_is_counted)
{
	for (uint64_t i = 0; i < NAMES_SITES + 10; i++)
		feed(1, (struct aw_event){.kind = AW_SITE, .object = 16 * i, .task = 1});
	cr_expect(eq(u64, names_ignored(names), 10));
	cr_expect(ne(ptr, (void *)names_site(names, 1, 16), NULL));
	cr_expect(eq(ptr, (void *)names_site(names, 1, 16ull * (NAMES_SITES + 5)), NULL));
}
