/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * journal.h - tests of tasks: tasks write words down in the order they run, the test
 * compares the whole.
 */
#ifndef TESTS_UNIT_JOURNAL_H
#define TESTS_UNIT_JOURNAL_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include <awaitness/sync.h>
#include <awaitness/task.h>

static char journal[16384];

__attribute__((unused, format(printf, 1, 2))) static void note(const char *format, ...)
{
	size_t used = strlen(journal);
	va_list args;

	if (used)
		journal[used++] = ' ';
	va_start(args, format);
	vsnprintf(journal + used, sizeof(journal) - used, format, args);
	va_end(args);
}

#define expect_journal(expected) cr_expect_str_eq(journal, expected, "%s", journal)

/* Milliseconds. */
#define MS(n) ((int64_t)(n)*AW_NS_PER_MS)
/* A deadline that no test lives to see, unless it hangs. */
#define LONG aw_after(30 * AW_NS_PER_S)

/* Makes a task whose name is its argument. */
__attribute__((unused)) static struct aw_task *go(aw_task_fn fn, const char *name)
{
	struct aw_task *task = aw_task_create(fn, (void *)name, name);

	cr_assert_not_null(task);
	return task;
}

/* Waits for a task, notes what it ended with, and gives the handle back. */
__attribute__((unused)) static void finish(struct aw_task *task)
{
	aw_wait(task, LONG);
	note("%s=%lld", aw_task_name(task), (long long)aw_task_result(task));
	aw_task_free(task);
}

/* Tasks to play with; the argument is a name to note. */
__attribute__((unused)) static int64_t step_twice(void *name)
{
	note("%s1", (char *)name);
	aw_yield();
	note("%s2", (char *)name);
	return 7;
}

__attribute__((unused)) static int64_t sleep_noting(void *name)
{
	int err = aw_sleep(AW_NS_PER_S * 20);

	note("%s:%d", (char *)name, err);
	aw_yield();
	note("%s:cleaned", (char *)name);
	return err;
}

#endif
