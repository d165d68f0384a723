/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_chains_test.c - the await chain of each suspension is told whole, with its lines.
 *
 * The program says itself which lines of it are in the chain of each task, for every way there is
 * to await, and how often each task suspends.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "event/names.h"
#include "python_traced.h"

enum { EVENTS = 16384, DEPTH = 64 };

struct view {
	struct names *names;
	struct aw_event events[EVENTS];
	size_t count;
	uint64_t lost;
};

static int keep(void *context, const struct stream_batch *batch)
{
	struct view *view = context;

	for (size_t i = 0; i < batch->count && view->count < EVENTS; i++) {
		view->events[view->count++] = batch->events[i];
		view->lost += batch->events[i].kind == AW_LOST;
	}
	return names_feed(view->names, batch);
}

static struct program program;
static struct view view;

static void program_trace(enum cpython_detail detail)
{
	cr_assert_eq(names_new(&view.names), 0);
	program_ready(&program, "chains");
	program_traced(&program, detail, keep, &view);
	cr_assert_eq(view.lost, 0);
}

/* The lines of the program in a chain, as the program prints them: the outermost first. A
 * comprehension has a frame of its own until 3.11, on the line of the one around it. */
static void path_of(uint64_t site, char *out, size_t size)
{
	uint32_t lines[DEPTH], last = 0;
	unsigned n = 0;

	for (; site && n < DEPTH;) {
		const struct names_site *at = names_site(view.names, program.pid, site);

		cr_assert(at && at->file, "site %llu is not known", (unsigned long long)site);
		if (strstr(at->file, "/chains.py"))
			lines[n++] = at->line;
		site = at->parent;
	}
	out[0] = 0;
	while (n-- > 0) {
		if (lines[n] != last)
			snprintf(out + strlen(out), size - strlen(out), "%s%u", out[0] ? "," : "",
			         lines[n]);
		last = lines[n];
	}
}

static bool path_is_true(const char *name, const char *path)
{
	char line[256];

	snprintf(line, sizeof(line), "path %s %s\n", name, path);
	return strstr(program.text, line) != NULL;
}

/* How often a task was told to suspend; each time with a chain that is one of its own. */
static unsigned suspensions_of(const char *name)
{
	unsigned count = 0;

	for (size_t i = 0; i < view.count; i++) {
		const struct aw_event *event = &view.events[i];
		const char *task = event->kind == AW_SUSPEND
		                           ? names_object(view.names, program.pid, event->task)
		                           : NULL;
		char path[256];

		if (!task || strcmp(task, name) != 0)
			continue;
		count++;
		path_of(event->site, path, sizeof(path));
		cr_expect(path_is_true(name, path), "%s: the chain is told as %s", name, path);
	}
	return count;
}

static void expect_chains(void)
{
	const char *at = program.text;
	unsigned names = 0;

	while ((at = strstr(at, "suspends "))) {
		char name[64];
		unsigned truth, told;

		cr_assert_eq(sscanf(at, "suspends %63s %u", name, &truth), 2);
		told = suspensions_of(name);
		cr_expect_eq(told, truth, "%s: told %u suspensions, truth %u", name, told, truth);
		at++;
		names++;
	}
	cr_expect_gt(names, 15);
}

Test(session_cpython_chains, every_way_to_await_is_told_with_all_its_lines)
{
	program_trace(CPYTHON_STEPS);
	expect_chains();
	names_free(view.names);
}

Test(session_cpython_chains, so_it_is_where_all_else_is_told_too)
{
	program_trace(CPYTHON_ALL);
	expect_chains();
	names_free(view.names);
}
