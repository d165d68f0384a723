/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_proof_test.c - what the source of a program proves of a lock that was seen to be taken in
 * it. Only the first case is proven; each other one differs from it in one thing, and must not be.
 *
 * A program is the text of app.py; the section that was seen is at the line with `# taken`.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "source/join/join_watch.h"

struct fixture {
	char root[64];
	const char *files[8];
	const char *others[2];
	struct aw_watch_program program;
	struct join_watch *watch;
	struct report_source said;
	char why[1024];
};

static const char *const names[] = {"/app.py", "/second.py"};

static void file_write(const char *root, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", root, name);
	f = fopen(path, "w");
	cr_assert(f, "%s", path);
	fputs(text, f);
	fclose(f);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st, (void)flag, (void)at;
	return remove(path);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint32_t line_taken(const char *text)
{
	const char *at = strstr(text, "# taken");
	uint32_t line = 1;

	cr_assert(at, "no # taken in:\n%s", text);
	for (const char *c = text; c < at; c++)
		line += *c == '\n';
	return line;
}

static void fixture_open(struct fixture *f, const char *first, const char *second)
{
	const char *texts[] = {first, second};

	*f = (struct fixture){.root = "/tmp/awaitness-proof-XXXXXX"};
	cr_assert(mkdtemp(f->root));
	f->program = (struct aw_watch_program){
		.root = f->root, .files = f->files, .others = f->others, .started = now_ns()};
	for (size_t i = 0; i < 2 && texts[i]; i++) {
		file_write(f->root, names[i], texts[i]);
		f->files[f->program.count++] = names[i];
	}
	f->program.started = now_ns();
	f->watch = join_watch_new();
	cr_assert(f->watch);
}

/* Asks for a lock that was taken in `function` of app.py. */
static void fixture_ask(struct fixture *f, const char *first, const char *function)
{
	struct report_site site = {
		.place = {.function = function, .file = "/app.py", .line = line_taken(first)},
		.count = 100};
	struct report_lock lock = {.name = "Box.lock", .sites = &site, .site_count = 1};
	struct aw_watch watch;

	cr_assert_eq(join_watch_windows(f->watch, &f->program, &watch), 0);
	join_watch_source(f->watch, &lock, &f->said);
	snprintf(f->why, sizeof(f->why), "%s", f->said.why ? f->said.why : "");
}

static void fixture_close(struct fixture *f)
{
	join_watch_free(f->watch);
	nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* `expected`: "proven", "can suspend", "wanted", or a part of what is missing. */
static void judge(struct fixture *f, const char *text, const char *expected)
{
	bool proven = !strcmp(expected, "proven"), stops = !strcmp(expected, "can suspend");

	cr_expect_eq(f->said.proven, proven, "proven: %d, %s, of:\n%s", f->said.proven, f->why,
	             text);
	if (stops)
		cr_expect(f->said.stop_count, "no place that can suspend, %s, of:\n%s", f->why,
		          text);
	else if (!strcmp(expected, "wanted"))
		cr_expect(f->said.wanted, "of:\n%s", text);
	else if (!proven)
		cr_expect(strstr(f->why, expected), "not `%s` but `%s`, of:\n%s", expected, f->why,
		          text);
}

static void expect_both(const char *first, const char *second, const char *expected)
{
	struct fixture f;

	fixture_open(&f, first, second);
	fixture_ask(&f, first, "Box.add");
	judge(&f, first, expected);
	fixture_close(&f);
}

static void expect_source(const char *first, const char *expected)
{
	expect_both(first, NULL, expected);
}

#define HEAD                                                                                       \
	"import asyncio\n"                                                                         \
	"class Box:\n"                                                                             \
	"    def __init__(self):\n"                                                                \
	"        self.lock = asyncio.Lock()\n"                                                     \
	"        self.n = 0\n"                                                                     \
	"    async def grow(self):\n"                                                              \
	"        self.n += 1\n"
#define ADD                                                                                        \
	"    async def add(self):\n"                                                               \
	"        async with self.lock:  # taken\n"
#define PLAIN HEAD ADD "            await self.grow()\n"

Test(python_proof, no_section_can_suspend)
{
	expect_source(PLAIN, "proven");
	expect_source(HEAD ADD "            self.n += 1\n", "proven");
}

Test(python_proof, a_lock_made_in_a_tuple_is_one)
{
	expect_source("import asyncio\n"
	              "class Box:\n"
	              "    def __init__(self):\n"
	              "        self.lock, self.n = asyncio.Lock(), 0\n" ADD
	              "            self.n += 1\n",
	              "proven");
}

Test(python_proof, an_await_in_a_branch_that_is_rarely_taken_can_suspend)
{
	expect_source(HEAD ADD "            if self.n == 3600:\n"
	                       "                await asyncio.sleep(1)\n",
	              "can suspend");
	expect_source(HEAD ADD "            if self.full():\n"
	                       "                await self.wait()\n"
	                       "    async def wait(self):\n"
	                       "        await asyncio.sleep(1)\n",
	              "can suspend");
	expect_source(HEAD ADD "            try:\n"
	                       "                self.n += 1\n"
	                       "            except ValueError:\n"
	                       "                await asyncio.sleep(1)\n",
	              "can suspend");
}

Test(python_proof, what_was_passed_in_and_is_awaited_can_suspend)
{
	expect_source(HEAD "    async def add(self, send):\n"
	                   "        async with self.lock:  # taken\n"
	                   "            await send(self.n)\n",
	              "can suspend");
	expect_source("import asyncio\n"
	              "class Box:\n"
	              "    def __init__(self, send):\n"
	              "        self.lock = asyncio.Lock()\n"
	              "        self.send = send\n" ADD "            await self.send(1)\n",
	              "can suspend");
}

Test(python_proof, what_is_not_known_and_is_awaited_can_suspend)
{
	expect_source("from somewhere import helper\n" HEAD ADD "            await helper()\n",
	              "can suspend");
	expect_source(HEAD ADD "            await self.writer.drain()\n", "can suspend");
}

Test(python_proof, an_annotation_proves_nothing)
{
	expect_source("class Quick:\n"
	              "    async def go(self):\n"
	              "        return 1\n" HEAD "    async def add(self, quick: Quick):\n"
	              "        async with self.lock:  # taken\n"
	              "            await quick.go()\n",
	              "only known by an annotation");
}

Test(python_proof, a_second_section_that_can_suspend_is_enough)
{
	expect_source(PLAIN "    async def wait(self):\n"
	                    "        async with self.lock:\n"
	                    "            await asyncio.sleep(1)\n",
	              "can suspend");
	expect_both(PLAIN,
	            "import asyncio\n"
	            "async def drain(box):\n"
	            "    async with box.lock:\n"
	            "        await asyncio.sleep(1)\n",
	            "can suspend");
	expect_source(PLAIN "class Deep(Box):\n"
	                    "    async def wait(self):\n"
	                    "        async with self.lock:\n"
	                    "            await asyncio.sleep(1)\n",
	              "can suspend");
}

Test(python_proof, an_override_that_can_suspend_is_enough)
{
	expect_source(PLAIN "class Slow(Box):\n"
	                    "    async def grow(self):\n"
	                    "        await asyncio.sleep(1)\n",
	              "can suspend");
}

Test(python_proof, a_use_that_an_annotation_gives_to_another_class_may_be_of_it)
{
	expect_source(PLAIN "class Other:\n"
	                    "    def __init__(self):\n"
	                    "        self.lock = asyncio.Lock()\n"
	                    "async def use(o: Other):\n"
	                    "    async with o.lock:\n"
	                    "        await asyncio.sleep(1)\n",
	              "may be it");
}

Test(python_proof, a_lock_that_is_handed_on_is_used_by_whoever_gets_it)
{
	expect_source(PLAIN "    def other(self):\n"
	                    "        return Helper(self.lock)\n",
	              "passed to a call");
	expect_source(PLAIN "    def other(self):\n"
	                    "        return self.lock\n",
	              "given to the caller");
	expect_source(PLAIN "def steal(box):\n"
	                    "    return getattr(box, 'lock')\n",
	              "said in a string");
	expect_both(PLAIN,
	            "def steal(box):\n"
	            "    return [box.lock]\n",
	            "used as a value");
}

Test(python_proof, sections_by_hand_end_anywhere)
{
	expect_source(PLAIN "    async def hand(self):\n"
	                    "        await self.lock.acquire()\n"
	                    "        self.n += 1\n"
	                    "        self.lock.release()\n",
	              "by hand");
}

Test(python_proof, a_lock_that_is_asked_for_does_more)
{
	expect_source(PLAIN "    def busy(self):\n"
	                    "        return self.lock.locked()\n",
	              "locked() is asked");
}

Test(python_proof, a_yield_lets_the_consumer_suspend)
{
	expect_source(HEAD ADD "            yield self.n\n", "can suspend");
	expect_source("import contextlib\n" HEAD "    @contextlib.asynccontextmanager\n" ADD
	              "            yield self.n\n",
	              "can suspend");
}

Test(python_proof, what_switches_inside_of_calls_rules_it_out)
{
	expect_both(PLAIN, "import asyncio\nimport nest_asyncio\nnest_asyncio.apply()\n",
	            "inside of any call");
	expect_both(PLAIN, "import asyncio\nimport greenlet\n", "inside of any call");
	expect_both(PLAIN, "import asyncio\nfrom gevent import monkey\n", "inside of any call");
	expect_both(PLAIN, "import asyncio\nimport gevent.monkey\n", "inside of any call");
	expect_both(PLAIN, "import asyncio\nfrom eventlet.green import socket\n",
	            "inside of any call");
	expect_both(PLAIN, "import asyncio\nfrom sqlalchemy.util import greenlet_spawn\n",
	            "inside of any call");
	expect_both(PLAIN,
	            "import asyncio\n"
	            "def run(loop, coroutine):\n"
	            "    asyncio._set_running_loop(None)\n"
	            "    loop.run_until_complete(coroutine)\n",
	            "inside of any call");
}

Test(python_proof, eager_tasks_rule_it_out)
{
	expect_both(PLAIN,
	            "import asyncio\n"
	            "def set_up(loop):\n"
	            "    loop.set_task_factory(asyncio.eager_task_factory)\n",
	            "eager");
	expect_both(PLAIN,
	            "import asyncio\n"
	            "def start(c, loop):\n"
	            "    asyncio.Task(c, loop=loop, eager_start=True)\n",
	            "eager");
	expect_source(HEAD ADD "            asyncio.create_task(self.grow())\n",
	              "start or resume a task");
	expect_source(HEAD "    def start(self):\n"
	                   "        asyncio.get_running_loop().create_task(self.grow())\n" ADD
	                   "            self.start()\n",
	              "start or resume a task");
}

Test(python_proof, a_function_that_is_replaced_is_not_the_one_that_was_read)
{
	expect_both(PLAIN, "import app, slow\napp.Box.grow = slow.grow  # async\n", "can suspend");
	expect_both(PLAIN, "import app, slow\nsetattr(app.Box, 'grow', slow.grow)\n",
	            "may be replaced");
	expect_both("import asyncio\n"
	            "async def grow(box):\n"
	            "    box.n += 1\n"
	            "class Box:\n"
	            "    def __init__(self):\n"
	            "        self.lock, self.n = asyncio.Lock(), 0\n" ADD
	            "            await grow(self)\n",
	            "import app, slow\napp.grow = slow.grow\n", "may be replaced");
}

Test(python_proof, a_coroutine_of_a_property_is_not_what_it_returns)
{
	expect_source("import asyncio\n"
	              "class Box:\n"
	              "    def __init__(self):\n"
	              "        self.lock = asyncio.Lock()\n"
	              "    @property\n"
	              "    async def ready(self):\n"
	              "        await asyncio.sleep(1)\n" ADD "            await self.ready\n",
	              "can suspend");
}

Test(python_proof, a_lock_of_threads_or_of_another_make_is_none_of_these)
{
	expect_source("import threading\n"
	              "class Box:\n"
	              "    def __init__(self):\n"
	              "        self.lock = threading.Lock()\n"
	              "    async def add(self):\n"
	              "        with self.lock:  # taken\n"
	              "            self.n = 1\n",
	              "");
	expect_source("import anyio\n"
	              "class Box:\n"
	              "    def __init__(self):\n"
	              "        self.lock = anyio.Lock()\n" ADD "            self.n = 1\n",
	              "not made where it is kept as an asyncio.Lock");
}

Test(python_proof, a_waiver_is_kept_to)
{
	expect_source("import asyncio\n"
	              "class Box:\n"
	              "    def __init__(self):\n"
	              "        self.lock = asyncio.Lock()  # awaitness: atomic-by-intent\n"
	              "        self.n = 0\n" ADD "            self.n += 1\n",
	              "wanted");
}

Test(python_proof, a_place_that_is_not_in_the_source_is_another_lock_or_another_source)
{
	struct fixture f;

	fixture_open(&f, PLAIN, NULL);
	fixture_ask(&f, PLAIN, "Box.other");
	judge(&f, PLAIN, "not every place");
	fixture_close(&f);
}

Test(python_proof, a_file_that_changed_since_the_start_need_not_be_what_runs)
{
	struct fixture f;

	fixture_open(&f, PLAIN, NULL);
	f.program.started -= 1000000000;
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "/app.py changed after the process began");
	fixture_close(&f);
}

Test(python_proof, a_file_moved_over_it_counts_as_a_change_whatever_its_age)
{
	static const struct timespec old[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
	char from[128], to[128];
	struct fixture f;

	fixture_open(&f, PLAIN, NULL);
	snprintf(from, sizeof(from), "%s/new.py", f.root);
	snprintf(to, sizeof(to), "%s/app.py", f.root);
	usleep(50000);
	file_write(f.root, "/new.py", PLAIN);
	cr_assert_eq(utimensat(AT_FDCWD, from, old, 0), 0);
	cr_assert_eq(rename(from, to), 0);
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "/app.py changed after the process began");
	fixture_close(&f);
}

Test(python_proof, nothing_is_proven_of_what_was_not_all_read)
{
	struct fixture f;

	fixture_open(&f, PLAIN, NULL);
	f.program.unread = "the program itself, which has no file";
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "the program itself, which has no file");
	fixture_close(&f);

	fixture_open(&f, PLAIN, NULL);
	f.program.started = 0;
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "when the process began is not known");
	fixture_close(&f);

	fixture_open(&f, PLAIN, "import asyncio\nasync def broken(:\n    box.lock\n");
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "not fully understood");
	fixture_close(&f);
}

Test(python_proof, an_extension_that_names_it_may_use_it)
{
	struct fixture f;

	fixture_open(&f, PLAIN, NULL);
	file_write(f.root, "/fast.so", "code: lock");
	f.others[f.program.other_count++] = "/fast.so";
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "/fast.so, which has no source, may use it");
	fixture_close(&f);

	fixture_open(&f, PLAIN, NULL);
	f.others[f.program.other_count++] = "/gone.so";
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "/gone.so could not be read");
	fixture_close(&f);

	fixture_open(&f, PLAIN, NULL);
	file_write(f.root, "/fast.so", "code: nothing of it");
	f.others[f.program.other_count++] = "/fast.so";
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "proven");
	fixture_close(&f);
}

Test(python_proof, what_was_loaded_since_counts)
{
	struct aw_watch watch;
	struct fixture f;

	fixture_open(&f, PLAIN,
	             "import asyncio\n"
	             "async def drain(box):\n"
	             "    async with box.lock:\n"
	             "        await asyncio.sleep(1)\n");
	f.program.count = 1;
	cr_assert_eq(join_watch_windows(f.watch, &f.program, &watch), 0);
	f.program.count = 2;
	fixture_ask(&f, PLAIN, "Box.add");
	judge(&f, PLAIN, "can suspend");
	fixture_close(&f);
}
