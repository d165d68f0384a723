/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_describe.c - see cpython_describe.h.
 */
#include <stdio.h>
#include <string.h>

#include "cpython_describe.h"
#include "event/event_buffer.h"
#include "base/clock_now.h"

int cpython_describe(const struct target *target, const struct cpython_found *found,
                     const char *detail, const char *transport, uint64_t can,
                     struct cpython_translator *translator, stream_fn fn, void *context)
{
	char seen[128];
	const struct {
		enum aw_text what;
		const char *text;
	} texts[] = {
		{AW_TEXT_COMMAND, target->command},
		{AW_TEXT_VERSION, found->release},
		{AW_TEXT_DETAIL, seen},
		{AW_TEXT_TRANSPORT, transport},
	};
	struct aw_event event = {.kind = AW_TARGET, .arg = AW_RUNTIME_CPYTHON};
	struct stream_batch batch = {.pid = target->pid};
	struct event_buffer buffer = {0};
	int error;

	snprintf(seen, sizeof(seen), "%s%s", detail,
	         !found->jit           ? ""
	         : can & AW_CAN_AWAITS ? " (the JIT is on: it hides thread locks taken by `with`)"
	                               : " (the JIT is on: it hides locks from this level; "
	                                 "--detail awaits sees them)");
	event.time = clock_now();
	event.object = target->pid;
	event.site = can;
	error = event_buffer_add(&buffer, &event);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !error; i++)
		error = event_buffer_text(&buffer, event.time, texts[i].what, texts[i].text,
		                          strlen(texts[i].text));
	batch.events = buffer.events;
	batch.count = buffer.count;
	if (!error)
		error = cpython_translate_number(translator, buffer.count);
	if (!error)
		error = fn(context, &batch);
	event_buffer_fini(&buffer);
	return error;
}
