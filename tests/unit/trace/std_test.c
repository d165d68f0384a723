/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * std_test.c - RAPID's STD format in and out.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_buffer.h"
#include "event/event_table.h"
#include "trace/std_format.h"
#include "trace/text_reader.h"

struct wordlist {
	char text[1024];
};

/* Kinds of the events, definitions apart, with their tasks. */
static int list(void *context, const struct stream_batch *batch)
{
	struct wordlist *words = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];
		size_t used = strlen(words->text);

		if (!event_is_definition(event->kind) && !(event->arg & AW_ARG_SNAPSHOT))
			snprintf(words->text + used, sizeof(words->text) - used, "%u:%s ",
			         event->task, event_kind_get(event->kind)->text);
	}
	return 0;
}

Test(std, a_run_of_a_threads_lines_is_a_step)
{
	static const char text[] = "T1|acq(L)|1\nT1|w(x)|2\nT1|rel(L)|3\n\nT2|begin|4\nT2|r(x)|5\n"
				   "T1|w(x)\n";
	struct wordlist words = {""};
	struct fault fault = {0};

	cr_assert(eq(int, std_read(text, strlen(text), list, &words, &fault), 0), "%s",
	          fault.message);
	cr_expect(eq(str, words.text,
	             "1:resume 1:lock-taken 1:write 1:lock-freed 1:suspend "
	             "3:resume 3:read 3:suspend 1:resume 1:write "));
}

Test(std, fork_makes_a_task_and_join_waits_for_its_end)
{
	static const char text[] = "T0|fork(T1)|1\nT1|w(x)|2\nT0|join(T1)|3\nT0|r(x)|4\n";
	struct wordlist words = {""};

	cr_assert(eq(int, std_read(text, strlen(text), list, &words, NULL), 0));
	cr_expect(eq(str, words.text,
	             "1:resume 1:task-new 1:suspend 2:resume 2:write 2:suspend 1:resume 1:suspend "
	             "2:resume 2:task-end 1:resume 1:observe 1:read "));
}

Test(std, a_bad_line_is_told_with_its_number)
{
	static const struct {
		const char *text, *message;
		unsigned line;
	} cases[] = {{"T1|r(x)|1\nhello\n", "expected THREAD|OPERATION(OBJECT)|PLACE", 2},
	             {"T1|jump(x)|1\n", "unknown operation", 1},
	             {"T1|r()|1\n", "the operation needs an object", 1},
	             {"|r(x)|1\n", "a name is missing or too long", 1},
	             {"T1|r(x)|1\nT2|acq(T1)|1\n", "T1 is a task, not a lock", 2}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wordlist words = {""};
		struct fault fault = {0};

		cr_expect(eq(int,
		             std_read(cases[i].text, strlen(cases[i].text), list, &words, &fault),
		             -EINVAL));
		cr_expect(eq(uint, fault.line, cases[i].line));
		cr_expect(eq(str, fault.message, (char *)cases[i].message));
	}
}

Test(std, what_has_a_counterpart_is_written_and_the_rest_counted)
{
	static const char text[] =
		"lock-new S Semaphore permits=2\n"
		"1 main task-new w|1\n2 main lock-taken L\n3 main write x\n"
		"4 main lock-freed L\n5 main lock-taken S\n6 main suspend sleep\n"
		"7 w|1 read x\n8 w|1 task-end\n9 main observe w|1 task\n"
		"10 - read x\n";
	static const char expected[] = "T2|fork(T3)|0\nT2|acq(L4)|0\n"
				       "T2|w(V100000001000)|0\nT2|rel(L4)|0\n"
				       "T3|r(V100000001000)|0\nT2|join(T3)|0\n"
				       "thread1|r(V100000001000)|0\n";
	struct std_writer *writer;
	struct wordlist words = {""};
	struct fault fault = {0};
	char *written;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	cr_assert(eq(int, std_writer_new(out, &writer), 0));
	cr_assert(eq(int, text_read(text, strlen(text), std_write, writer, &fault), 0), "%s",
	          fault.message);
	cr_expect(gt(ullong, std_writer_skipped(writer), 3));
	cr_assert(eq(int, std_writer_free(writer), 0));
	fclose(out);
	cr_expect(eq(str, written, (char *)expected));
	cr_expect(eq(int, std_read(written, size, list, &words, NULL), 0));
	free(written);
}
