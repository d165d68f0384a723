/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols_test.c - addresses of this process and of small programs built in
 * every way that matters, to function and line.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event/event_buffer.h"
#include "event/names.h"
#include "target/symbols.h"

/* Prints the return address of a call in `outer`, and waits. */
static const char program[] = "#include <stdio.h>\n"
			      "#include <unistd.h>\n"
			      "__attribute__((noinline)) void *here(void)\n"
			      "{ return __builtin_return_address(0); }\n"
			      "__attribute__((noinline)) int outer(void)\n"
			      "{\n"
			      "	void *site = here(); /* line 7 */\n"
			      "	return printf(\"%p\\n\", site);\n"
			      "}\n"
			      "int main(void)\n"
			      "{ outer(); fflush(stdout); return pause(); }\n";

static char folder[64];

static void make_folder(void)
{
	char name[128];
	FILE *out;

	strcpy(folder, "/tmp/awaitness-sym-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(folder), NULL));
	snprintf(name, sizeof(name), "%s/small.c", folder);
	out = fopen(name, "w");
	fputs(program, out);
	fclose(out);
}

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	cr_assert(eq(int, system(command), 0));
}

TestSuite(symbols, .init = make_folder, .fini = remove_folder);

static void shell(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "cd '%s' && %s", folder, command);
	cr_assert(eq(int, system(line), 0), "%s", line);
}

struct child {
	pid_t pid;
	uint64_t site;
};

static struct child start(void)
{
	struct child child;
	char name[128], line[64] = "";
	int ends[2];
	FILE *in;

	snprintf(name, sizeof(name), "%s/small", folder);
	cr_assert(eq(int, pipe(ends), 0));
	child.pid = fork();
	if (child.pid == 0) {
		dup2(ends[1], 1);
		execl(name, name, NULL);
		_exit(127);
	}
	close(ends[1]);
	in = fdopen(ends[0], "r");
	cr_assert(ne(ptr, fgets(line, sizeof(line), in), NULL));
	child.site = strtoull(line, NULL, 16);
	return child;
}

static void stop(struct child child)
{
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
}

static void expect_place(const struct symbols_place *place, const char *what)
{
	cr_assert(ne(ptr, (void *)place->function, NULL), "%s", what);
	cr_assert(ne(ptr, (void *)place->file, NULL), "%s", what);
	cr_expect(eq(str, (char *)place->function, "outer"), "%s", what);
	cr_expect(
		eq(str,
	           strrchr(place->file, '/') ? strrchr(place->file, '/') + 1 : (char *)place->file,
	           "small.c"),
		"%s", what);
	cr_expect(eq(u32, place->line, 7), "%s", what);
}

Test(symbols, a_call_is_found_however_the_program_was_built)
{
	static const char *const builds[] = {
		"gcc -g -O1 -o small small.c", "gcc -g -O1 -no-pie -o small small.c",
		"gcc -g -O1 -o small small.c && objcopy --only-keep-debug small small.debug && "
		"strip small && objcopy --add-gnu-debuglink=small.debug small"};

	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
		struct symbols *symbols;
		struct symbols_place place;
		struct child child;

		shell(builds[i]);
		child = start();
		cr_assert(eq(int, symbols_open((uint32_t)child.pid, &symbols), 0));
		cr_assert(eq(int, symbols_resolve(symbols, child.site - 1, &place), 0));
		expect_place(&place, builds[i]);
		stop(child);
		symbols_close(symbols);
	}
}

Test(symbols, a_deleted_program_and_one_that_has_ended_are_still_resolved)
{
	struct symbols *symbols;
	struct symbols_place place;
	struct child child;

	shell("gcc -g -O1 -o small small.c");
	child = start();
	shell("rm small");
	cr_assert(eq(int, symbols_open((uint32_t)child.pid, &symbols), 0));
	stop(child);
	cr_assert(eq(int, symbols_resolve(symbols, child.site - 1, &place), 0));
	expect_place(&place, "deleted");
	cr_expect(eq(int, symbols_resolve(symbols, 16, &place), -ENOENT));
	symbols_close(symbols);
	cr_expect(eq(int, symbols_open((uint32_t)child.pid, &symbols), -ESRCH));
}

static int keep(void *context, const struct stream_batch *batch)
{
	struct event_buffer *buffer = context;

	cr_expect(eq(u32, batch->tid, 0));
	for (size_t i = 0; i < batch->count; i++)
		event_buffer_add(buffer, &batch->events[i]);
	return 0;
}

/* Feeds one event with a site and gives what is defined. */
static struct event_buffer define(struct symbols *symbols, uint32_t pid, uint64_t site)
{
	struct aw_event event = {.kind = AW_LOCK_TAKEN, .object = 1, .site = site};
	struct stream_batch batch = {pid, 7, 0, &event, 1};
	struct event_buffer out = {0};

	cr_assert(eq(int, symbols_feed(symbols, &batch), 0));
	cr_assert(eq(int, symbols_define(symbols, 5, keep, &out), 0));
	return out;
}

/* The function that the records say a site is in; copied, NULL: none. */
static char *function_of(const struct event_buffer *records, uint32_t pid, uint64_t site)
{
	struct stream_batch batch = {pid, 0, 0, records->events, records->count};
	const struct names_site *found;
	struct names *names;
	char *function = NULL;

	cr_assert(eq(int, names_new(&names), 0));
	cr_assert(eq(int, names_feed(names, &batch), 0));
	found = names_site(names, pid, site);
	if (found && found->function)
		function = strdup(found->function);
	names_free(names);
	return function;
}

Test(symbols, sites_without_a_definition_are_defined_once)
{
	struct event_buffer records, again;
	struct symbols *symbols;
	struct child child;
	char *function;

	shell("gcc -g -O1 -o small small.c");
	child = start();
	cr_assert(eq(int, symbols_open((uint32_t)child.pid, &symbols), 0));
	records = define(symbols, (uint32_t)child.pid, child.site);
	function = function_of(&records, (uint32_t)child.pid, child.site);
	cr_assert(ne(ptr, function, NULL));
	cr_expect(eq(str, function, "outer"));
	again = define(symbols, (uint32_t)child.pid, child.site);
	cr_expect(eq(sz, again.count, 0));
	free(function);
	event_buffer_fini(&records);
	event_buffer_fini(&again);
	stop(child);
	symbols_close(symbols);
}

Test(symbols, without_symbols_a_site_is_its_module_and_offset)
{
	struct event_buffer records;
	struct symbols *symbols;
	struct child child;
	char *function;

	shell("gcc -O1 -o small small.c && strip small");
	child = start();
	cr_assert(eq(int, symbols_open((uint32_t)child.pid, &symbols), 0));
	records = define(symbols, (uint32_t)child.pid, child.site);
	function = function_of(&records, (uint32_t)child.pid, child.site);
	cr_assert(ne(ptr, function, NULL));
	cr_expect(eq(int, strncmp(function, "small+0x", 8), 0), "%s", function);
	free(function);
	event_buffer_fini(&records);
	stop(child);
	symbols_close(symbols);
}

Test(symbols, a_recorded_module_is_used_if_its_build_id_is_the_files)
{
	struct event_buffer records, found;
	struct symbols *live, *recorded;
	struct child child;
	char *function;

	shell("gcc -g -O1 -o small small.c");
	child = start();
	cr_assert(eq(int, symbols_open((uint32_t)child.pid, &live), 0));
	records = define(live, (uint32_t)child.pid, child.site);
	symbols_close(live);
	stop(child);
	for (int same = 1; same >= 0; same--) {
		struct event_buffer modules = {0};
		bool module = false;

		for (size_t i = 0; i < records.count; i++) {
			if (records.events[i].kind != AW_TEXT)
				module = records.events[i].kind == AW_MODULE;
			if (module)
				event_buffer_add(&modules, &records.events[i]);
		}
		cr_assert(gt(sz, modules.count, 2));
		cr_assert(eq(int, symbols_open(0, &recorded), 0));
		cr_assert(eq(int,
		             symbols_feed(recorded,
		                          &(struct stream_batch){(uint32_t)child.pid, 0, 0,
		                                                 modules.events, modules.count}),
		             0));
		found = define(recorded, (uint32_t)child.pid, child.site);
		function = function_of(&found, (uint32_t)child.pid, child.site);
		cr_assert(ne(ptr, function, NULL));
		if (same)
			cr_expect(eq(str, function, "outer"));
		else
			cr_expect(eq(int, strncmp(function, "small+0x", 8), 0), "%s", function);
		free(function);
		event_buffer_fini(&modules);
		event_buffer_fini(&found);
		symbols_close(recorded);
		shell("sed -i 's/line 7/line seven/;s/pause()/pause()+1/' small.c && "
		      "gcc -g -O1 -o small small.c");
	}
	event_buffer_fini(&records);
}
