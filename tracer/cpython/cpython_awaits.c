/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_awaits.c - passes of await expressions, and acquire() calls among them.
 *
 * That an expression is passed is seen when it begins; whether it suspended is
 * known at the end of the step: it did when the chain shows it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_state.h"

enum { PASSES_MAX = 1 << 16 };

static struct cpython_pass *pass_add(struct cpython_task *task)
{
	if (task->pass_count == task->pass_room) {
		size_t room = task->pass_room ? task->pass_room * 2 : 16;
		struct cpython_pass *passes;

		if (room > PASSES_MAX)
			return NULL;
		passes = realloc(task->passes, room * sizeof(*passes));
		if (!passes)
			return NULL;
		task->passes = passes;
		task->pass_room = room;
	}
	return &task->passes[task->pass_count++];
}

/* Python of asyncio and contextlib that stands between a lock and who wants it. */
static bool between(const struct cpython_code *code)
{
	static const char *const files[] = {"asyncio/locks.py", "contextlib.py", "asyncio/tasks.py",
	                                    "asyncio/timeouts.py"};
	size_t n = strlen(code->file);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t m = strlen(files[i]);

		if (n >= m && !strcmp(code->file + n - m, files[i]))
			return true;
	}
	return false;
}

static int acquire_begin(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items, const struct cpython_item *callee)
{
	const struct cpython_code *code = cpython_codes_get(&t->codes, callee->b);
	bool with = false;
	uint64_t site = 0;

	if (!code || code->role != CPYTHON_ROLE_ACQUIRE || !callee->d)
		return 0;
	/* A class derived from a lock may have an acquire() of its own between `with` and the
	 * lock's. */
	for (unsigned i = 0; i < fact->count; i++) {
		if (items[i].kind != CPYTHON_ITEM_CALLER)
			continue;
		code = cpython_codes_get(&t->codes, items[i].b);
		if (!code)
			continue;
		with = with || (strstr(code->function, "__aenter__") && between(code));
		if (!site && !between(code))
			site = cpython_site(t, stream, fact->time, code, items[i].offset, 0);
	}
	return cpython_section_acquire(t, stream, task, fact, items, site, with);
}

int cpython_pass_begin(struct cpython_translator *t, struct cpython_stream *stream,
                       struct cpython_task *task, const struct cpython_fact *fact,
                       const struct cpython_item *items)
{
	const struct cpython_item *caller = NULL, *callee = NULL;
	const struct cpython_code *code;
	struct cpython_pass *pass;

	for (unsigned i = 0; i < fact->count; i++) {
		if (items[i].kind == CPYTHON_ITEM_CALLER && !caller)
			caller = &items[i];
		if (items[i].kind == CPYTHON_ITEM_CODE)
			callee = &items[i];
	}
	code = caller ? cpython_codes_get(&t->codes, caller->b) : NULL;
	pass = code ? pass_add(task) : NULL;
	if (pass)
		*pass = (struct cpython_pass){
			code, caller->offset, false,
			cpython_site(t, stream, fact->time, code, caller->offset, 0)};
	return callee ? acquire_begin(t, stream, task, fact, items, callee) : 0;
}

int cpython_pass_settle(struct cpython_translator *t, struct cpython_stream *stream,
                        struct cpython_task *task, uint64_t time, const struct cpython_chain *chain)
{
	int error = 0;

	for (unsigned i = chain ? chain->count : 0; i-- > 0;) {
		const struct cpython_link *link = &chain->links[i];
		int32_t at;

		if (!link->code || cpython_code_await(link->code, t->options.memory.layout,
		                                      link->item->offset, &at) < 0)
			continue;
		for (size_t j = task->pass_count; j-- > 0;)
			if (task->passes[j].code == link->code && task->passes[j].offset == at &&
			    !task->passes[j].suspended) {
				task->passes[j].suspended = true;
				break;
			}
	}
	for (size_t i = 0; i < task->pass_count && !error; i++)
		error = cpython_emit(stream, time, AW_AWAIT, task->passes[i].suspended, task->id, 0,
		                     task->passes[i].site);
	task->pass_count = 0;
	return error;
}
