/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_trace_test.c - a program and a trace of it: what the two say together.
 */
#include "expect.h"

#include <sys/stat.h>
#include <unistd.h>

#include "source/join/join_model.h"
#include "source/join/join_trace.h"

static const char pool[] = "import asyncio\n"                             /* 1 */
			   "class Pool:\n"                                /* 2 */
			   "    def __init__(self):\n"                    /* 3 */
			   "        self.lock = asyncio.Lock()\n"         /* 4 */
			   "        self.connection = None\n"             /* 5 */
			   "    async def take(self):\n"                  /* 6 */
			   "        async with self.lock:\n"              /* 7 */
			   "            await self.grow()\n"              /* 8 */
			   "    async def grow(self):\n"                  /* 9 */
			   "        if self.connection:\n"                /* 10 */
			   "            await asyncio.sleep(1)\n"         /* 11 */
			   "    async def connect(self):\n"               /* 12 */
			   "        if self.connection is None:\n"        /* 13 */
			   "            connection = await self.dial()\n" /* 14 */
			   "            self.connection = connection\n"   /* 15 */
			   "    async def dial(self):\n"                  /* 16 */
			   "        await asyncio.sleep(1)\n"             /* 17 */
			   "        return object()\n";                   /* 18 */

static const char quiet[] = "import asyncio\n"                     /* 1 */
			    "class Pool:\n"                        /* 2 */
			    "    def __init__(self):\n"            /* 3 */
			    "        self.lock = asyncio.Lock()\n" /* 4 */
			    "        self.size = 0\n"              /* 5 */
			    "    async def take(self):\n"          /* 6 */
			    "        async with self.lock:\n"      /* 7 */
			    "            await self.grow()\n"      /* 8 */
			    "    async def grow(self):\n"          /* 9 */
			    "        self.size = 1\n";             /* 10 */

/* "RULE object observed|-\n" for each finding, "error LINE COUNT\n", "strangers N\n". */
static char *joined(const char *program, const char *trace)
{
	char folder[] = "/tmp/awaitness-join-XXXXXX", file[64];
	const char *path = folder;
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);
	struct join_options options = {.paths = &path, .path_count = 1, .threads = 1};
	struct join_trace *places;
	struct lint_model *model;
	struct lint_stats stats;
	struct fault fault = {0};
	const struct lint_error *errors;
	const struct lint_finding *findings;
	char *out = NULL;
	size_t size, count;
	FILE *f;

	cr_assert(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/app", folder);
	cr_assert_eq(mkdir(file, 0700), 0);
	snprintf(file, sizeof(file), "%s/app/pool.py", folder);
	f = fopen(file, "w");
	cr_assert(f);
	fputs(program, f);
	fclose(f);
	cr_assert_eq(join_trace_new(&places), 0);
	cr_assert_eq(text_read(trace, strlen(trace), join_trace_feed, places, &fault), 0);
	options.trace = places;
	options.report = report;
	cr_assert_eq(join_model_open(&options, &model), 0);
	join_trace_free(places);
	analysis_free(analysis);
	f = open_memstream(&out, &size);
	findings = lint_model_findings(model, &count);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "%s %s %s\n", findings[i].rule->id, findings[i].object,
		        findings[i].observed ? "observed" : "-");
	errors = lint_model_errors(model, &count);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "error %u %llu\n", errors[i].line, (unsigned long long)errors[i].count);
	lint_model_stats(model, &stats);
	if (stats.trace_strangers)
		fprintf(f, "strangers %u\n", stats.trace_strangers);
	fclose(f);
	join_model_close(model);
	unlink(file);
	*strrchr(file, '/') = '\0';
	rmdir(file);
	rmdir(folder);
	return out;
}

static void expect_joined(const char *program, const char *trace, const char *expected)
{
	char *got = joined(program, trace);

	cr_expect_str_eq(got, expected, "got:\n%sexpected:\n%s", got, expected);
	free(got);
}

#define SECTION(task)                                                                              \
	"+1 " task " lock-taken L @Pool.take:/srv/app/pool.py:7\n"                                 \
	"+1 " task " lock-freed L @Pool.take:/srv/app/pool.py:7\n"                                 \
	"+1 " task " suspend sleep @main:/srv/main.py:3\n"
#define START "10 main lock-new L\n+1 main suspend sleep\n"

static void expect_sections(const char *program, unsigned times, const char *expected)
{
	char *rounds = trace_repeat(SECTION("w1") SECTION("w2"), times);
	char *trace = trace_format("%s%s", START, rounds);

	expect_joined(program, trace, expected);
	free(trace);
	free(rounds);
}

Test(python_trace, a_lock_whose_sections_may_suspend_is_not_needless_however_many_did_not)
{
	expect_sections(pool, 50, "AW101 Pool.connection -\n");
	expect_sections(pool, 500, "AW101 Pool.connection -\n");
}

Test(python_trace, what_is_proven_needs_no_trace)
{
	expect_sections(quiet, 50, "AW001 Pool.lock -\n");
}

Test(python_trace, a_place_that_suspends_although_it_never_should_is_an_error_of_the_model)
{
	expect_joined(
		quiet,
		"10 w1 suspend sleep "
		"@deep:/usr/x.py:5<Pool.grow:/srv/app/pool.py:10<Pool.take:/srv/app/pool.py:8\n",
		"error 8 1\nstrangers 1\n");
}

Test(python_trace, a_place_that_may_suspend_is_none)
{
	expect_joined(pool,
	              "10 w1 suspend sleep @sleep:/usr/asyncio/tasks.py:5<Pool.dial:/srv/app/"
	              "pool.py:17<Pool.connect:/srv/app/pool.py:14\n",
	              "AW101 Pool.connection -\n");
}

Test(python_trace, an_item_of_a_with_may_stand_at_the_line_of_the_statement)
{
	static const char program[] = "import asyncio\n"
				      "async def f(a, b):\n"
				      "    async with (a,\n"
				      "                b):\n"
				      "        pass\n";

	expect_joined(program, "10 w1 suspend sleep @f:/srv/app/pool.py:3\n", "");
	expect_joined(program, "10 w1 suspend sleep @f:/srv/app/pool.py:4\n", "");
	expect_joined(program, "10 w1 suspend sleep @f:/srv/app/pool.py:5\n", "strangers 1\n");
}

Test(python_trace, a_file_of_another_program_is_not_this_one)
{
	expect_joined(quiet, "10 w1 suspend sleep @Pool.take:/srv/other/pool.py:8\n",
	              "AW001 Pool.lock -\n");
}

#define IN_THE_WINDOW(task, where)                                                                 \
	"+1 " task " read " where " test @Pool.connect:/srv/app/pool.py:13\n"                      \
	"+1 " task " suspend sleep @Pool.dial:/srv/app/pool.py:17<Pool.connect:/srv/app/"          \
	"pool.py:14\n"
#define WRITES(task, where) "+1 " task " write " where " @Pool.connect:/srv/app/pool.py:15\n"

Test(python_trace, two_tasks_in_one_window_on_one_object_confirm_it)
{
	/* w2 fails before it writes: nothing was lost this time */
	expect_joined(pool,
	              IN_THE_WINDOW("w1", "a") IN_THE_WINDOW("w2", "a")
	                      WRITES("w1", "a") "+1 w2 task-end error\n",
	              "AW101 Pool.connection observed\n");
}

Test(python_trace, on_two_objects_they_do_not)
{
	expect_joined(pool,
	              IN_THE_WINDOW("w1", "a") IN_THE_WINDOW("w2", "b") WRITES("w1", "a")
	                      WRITES("w2", "b"),
	              "AW101 Pool.connection -\n");
}

Test(python_trace, one_after_the_other_they_do_not)
{
	expect_joined(pool,
	              IN_THE_WINDOW("w1", "a") WRITES("w1", "a") IN_THE_WINDOW("w2", "a")
	                      WRITES("w2", "a"),
	              "AW101 Pool.connection -\n");
}

Test(python_trace, a_task_that_ended_in_its_window_does_not)
{
	expect_joined(pool,
	              IN_THE_WINDOW("w1", "a") "+1 w1 task-end error\n" IN_THE_WINDOW("w2", "a")
	                      WRITES("w2", "a"),
	              "AW101 Pool.connection -\n");
}

Test(python_trace, another_task_s_write_in_the_window_confirms_it)
{
	expect_joined(
		pool,
		IN_THE_WINDOW("w1", "a") "+1 w3 write a @close:/srv/z.py:1\n" WRITES("w1", "a"),
		"AW101 Pool.connection observed\n");
}
