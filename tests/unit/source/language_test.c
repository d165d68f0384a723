/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * language_test.c - the model asks the row of the program's language: here Python's, changed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/join/join_model.h"
#include "source/python/python.h"

static const char awaiting[] = "import asyncio\n"
			       "class Pool:\n"
			       "    def __init__(self):\n"
			       "        self._lock = asyncio.Lock()\n"
			       "    async def count(self):\n"
			       "        self.size = 1\n"
			       "    async def get(self):\n"
			       "        async with self._lock:\n"
			       "            await self.count()\n";

/* How often the rule finds something in the text, with that row. */
static size_t found(const struct language *language, const char *suffix, const char *text,
                    enum lint_rule_id rule)
{
	char path[64];
	const char *paths[] = {path};
	struct join_options options = {
		.paths = paths, .path_count = 1, .threads = 1, .language = language};
	struct lint_model *model;
	const struct lint_finding *f;
	size_t count, hits = 0;
	int fd;

	snprintf(path, sizeof(path), "/tmp/language-test-XXXXXX%s", suffix);
	fd = mkstemps(path, (int)strlen(suffix));
	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	cr_assert_eq(join_model_open(&options, &model), 0);
	f = lint_model_findings(model, &count);
	for (size_t i = 0; i < count; i++)
		hits += f[i].rule == &lint_rules[rule];
	join_model_close(model);
	unlink(path);
	return hits;
}

Test(language, a_section_is_needless_where_an_await_only_runs_the_callee)
{
	cr_assert_eq(found(&python_language, ".py", awaiting, LINT_NEEDLESS), 1);
	cr_assert_eq(found(NULL, ".py", awaiting, LINT_NEEDLESS), 1);
}

Test(language, no_section_that_awaits_is_needless_where_each_await_gives_a_turn)
{
	struct language turns = python_language;

	turns.awaits = AWAIT_GIVES_A_TURN;
	cr_assert_eq(found(&turns, ".py", awaiting, LINT_NEEDLESS), 0);
}

Test(language, what_is_a_lock_is_said_by_the_row)
{
	static const struct language_names none[] = {{0, NULL}};
	struct language other = python_language;
	const char by_hand[] = "import asyncio\n"
			       "async def work():\n"
			       "    await asyncio.sleep(1)\n"
			       "class Pool:\n"
			       "    def __init__(self):\n"
			       "        self._lock = asyncio.Lock()\n"
			       "    async def get(self):\n"
			       "        await self._lock.acquire()\n"
			       "        await work()\n"
			       "        self._lock.release()\n";

	cr_assert_eq(found(&other, ".py", by_hand, LINT_LEAK), 1);
	other.names = none; /* of which none acquires */
	cr_assert_eq(found(&other, ".py", by_hand, LINT_LEAK), 0);
}
