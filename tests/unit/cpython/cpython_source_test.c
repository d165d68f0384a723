/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_source_test.c - what the source calls a lock; the table underneath.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpython/cpython_source.h"
#include "cpython/cpython_table.h"

static const char text[] = "import asyncio\n"
			   "guard = asyncio.Lock()\n"
			   "class Pool:\n"
			   "    async def get(self, key):\n"
			   "        async with self._lock:\n"
			   "            async with guard, self._locks[key] as held:\n"
			   "                await work()\n"
			   "        await asyncio.wait_for(self._lock.acquire(), 5)\n"
			   "        await stack.enter_async_context(self._lock)\n"
			   "        async with other:\n"
			   "            pass\n"
			   "    async def put(self, key):\n"
			   "        lock = self._locks.setdefault(key, asyncio.Lock())\n"
			   "        one = self._lock  # the same\n"
			   "        two = self._lock\n"
			   "        async with lock, one:\n"
			   "            two = guard\n"
			   "            three = self._lock if two else guard\n"
			   "            async with two, three, request.app[\"lock\"]:\n"
			   "                pass\n"
			   "# awaitness: ignore[AW007] one writer\n"
			   "size = 1  #awaitness:ignore\n"
			   "text = \"# awaitness: ignore\"\n"
			   "text = 'it\\'s \"#\"' # awaitness:  atomic-by-intent\n";

static char path[] = "/tmp/cpython_source_XXXXXX.py";
static struct cpython_source *source;

static void setup(void)
{
	int fd = mkstemps(path, 3);

	cr_assert_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	cr_assert_eq(cpython_source_new(0, &source), 0);
}

static void teardown(void)
{
	cpython_source_free(source);
	unlink(path);
}

static void expect_name(uint32_t line, unsigned item, const char *wanted)
{
	char name[128] = "";

	cr_expect(cpython_source_lock(source, path, line, "Pool.get", item, name, sizeof(name)));
	cr_expect(strstr(name, wanted), "line %u item %u: %s, wanted %s", line, item, name, wanted);
}

Test(cpython_source, a_lock_is_named_as_people_know_it, .init = setup, .fini = teardown)
{
	expect_name(5, 0, "Pool._lock");
	expect_name(6, 0, ".guard");
	expect_name(6, 1, "Pool._locks[key]");
	expect_name(8, 0, "Pool._lock");
	expect_name(9, 0, "Pool._lock");
	expect_name(10, 0, "other in Pool.get");
}

Test(cpython_source, a_local_variable_stands_for_what_it_is_bound_to, .init = setup,
     .fini = teardown)
{
	expect_name(16, 0, "Pool._locks[key]");
	expect_name(16, 1, "Pool._lock");
}

Test(cpython_source, a_variable_bound_twice_or_by_choice_stays_local, .init = setup,
     .fini = teardown)
{
	expect_name(19, 0, "two in Pool.get");
	expect_name(19, 1, "three in Pool.get");
}

Test(cpython_source, what_an_application_keeps_is_known_by_its_key, .init = setup, .fini = teardown)
{
	expect_name(19, 2, "app[\"lock\"]");
}

Test(cpython_source, the_items_of_a_with_are_told_apart_by_column, .init = setup, .fini = teardown)
{
	cr_expect_eq(cpython_source_item(source, path, 6, 23), 0);
	cr_expect_eq(cpython_source_item(source, path, 6, 30), 1);
	cr_expect_eq(cpython_source_item(source, path, 19, 23), 0);
	cr_expect_eq(cpython_source_item(source, path, 19, 35), 2);
	cr_expect_eq(cpython_source_item(source, path, 1, 3), 0);
	cr_expect_eq(cpython_source_item(source, path, 6, 4000), 0);
}

Test(cpython_source, a_suspension_finds_the_with_statements_around_it, .init = setup,
     .fini = teardown)
{
	unsigned item;

	cr_expect_eq(cpython_source_with(source, path, 7, 0, &item), 6);
	cr_expect_eq(item, 1);
	cr_expect_eq(cpython_source_with(source, path, 7, 1, &item), 6);
	cr_expect_eq(item, 0);
	cr_expect_eq(cpython_source_with(source, path, 7, 2, &item), 5);
	cr_expect_eq(cpython_source_with(source, path, 7, 3, &item), 0);
	cr_expect_eq(cpython_source_with(source, path, 8, 0, &item), 0);
}

Test(cpython_source, a_line_or_a_file_that_is_not_there_has_no_name, .init = setup,
     .fini = teardown)
{
	char name[64];

	cr_expect_not(cpython_source_lock(source, path, 4000, "f", 0, name, sizeof(name)));
	cr_expect_not(
		cpython_source_lock(source, "/nonexistent.py", 1, "f", 0, name, sizeof(name)));
	cr_expect_null(cpython_source_line(source, path, 0));
}

Test(cpython_table, what_is_put_is_found_until_it_is_taken)
{
	static char values[5000];
	struct cpython_table table = {0};

	for (size_t i = 0; i < sizeof(values); i++)
		cr_assert_eq(cpython_table_put(&table, i * 16, i & 3, &values[i]), 0);
	for (size_t i = 0; i < sizeof(values); i += 2)
		cr_assert_eq(cpython_table_take(&table, i * 16, i & 3), &values[i]);
	for (size_t i = 0; i < sizeof(values); i++)
		cr_assert_eq(cpython_table_get(&table, i * 16, i & 3), i & 1 ? &values[i] : NULL);
	cr_expect_eq(table.count, sizeof(values) / 2);
	cpython_table_fini(&table, NULL);
}

static const char *waiver(uint32_t line)
{
	static char out[200];

	return cpython_source_waiver(source, path, line, out, sizeof(out)) ? out : "none";
}

Test(source, a_waiver_stands_in_the_line_or_the_one_before, .init = setup, .fini = teardown)
{
	cr_expect_str_eq(waiver(20), "none");
	cr_expect_str_eq(waiver(21), "ignore[AW007] one writer");
	cr_expect_str_eq(waiver(22), "ignore[AW007] one writer\nignore");
	cr_expect_str_eq(waiver(23), "ignore");
	cr_expect_str_eq(waiver(1), "none");
	cr_expect_str_eq(waiver(100), "none");
}

Test(source, a_waiver_is_a_comment, .init = setup, .fini = teardown)
{
	cr_expect_str_eq(waiver(24), "atomic-by-intent");
}
