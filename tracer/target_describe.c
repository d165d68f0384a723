// SPDX-License-Identifier: BSD-2-Clause
/*
 * target_describe.c - a target as TARGET and MODULE records.
 */
#include "target.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "event_buffer.h"

static int text_add(struct event_buffer *buffer, uint64_t now, enum aw_text what, const char *text)
{
	return event_buffer_text(buffer, now, what, text, strlen(text));
}

static int target_add(struct event_buffer *buffer, const struct target *target, uint64_t now,
                      enum aw_runtime runtime, uint64_t can)
{
	struct aw_event event = {
		.time = now,
		.kind = AW_TARGET,
		.arg = runtime,
		.object = target->pid,
		.site = can,
	};

	return event_buffer_add(buffer, &event);
}

static int module_add(struct event_buffer *buffer, const struct target_module *module, uint64_t now)
{
	struct aw_event event = {
		.time = now,
		.kind = AW_MODULE,
		.object = module->start,
		.site = module->end,
	};
	int code = event_buffer_add(buffer, &event);

	if (!code)
		code = text_add(buffer, now, AW_TEXT_FILE, module->path);
	if (!code && module->build_id[0])
		code = text_add(buffer, now, AW_TEXT_BUILD_ID, module->build_id);
	return code;
}

int target_describe(const struct target *target, enum aw_runtime runtime, uint64_t can,
                    const char *version, const char *detail, const char *transport, stream_fn fn,
                    void *context)
{
	const char *texts[] = {
		[AW_TEXT_COMMAND] = target->command,
		[AW_TEXT_VERSION] = version,
		[AW_TEXT_DETAIL] = detail,
		[AW_TEXT_TRANSPORT] = transport,
	};
	struct event_buffer buffer = {0};
	struct timespec ts;
	uint64_t now;
	int code;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	code = target_add(&buffer, target, now, runtime, can);
	for (size_t i = AW_TEXT_COMMAND; !code && i <= AW_TEXT_TRANSPORT; i++)
		if (texts[i][0])
			code = text_add(&buffer, now, i, texts[i]);
	for (size_t i = 0; !code && i < target->module_count; i++)
		code = module_add(&buffer, &target->modules[i], now);
	if (!code)
		code = fn(context, &(struct stream_batch){.pid = target->pid,
		                                          .events = buffer.events,
		                                          .count = buffer.count});
	event_buffer_fini(&buffer);
	return code;
}
