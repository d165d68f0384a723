// SPDX-License-Identifier: BSD-2-Clause
/*
 * target_describe.c - a target as TARGET and MODULE records.
 */
#include "target.h"

#include <errno.h>
#include <string.h>

#include "event/event_buffer.h"
#include "base/clock_now.h"

static bool has_kind(uint64_t kinds, unsigned kind)
{
	return kinds >> kind & 1;
}

uint64_t target_can(const struct target *target)
{
	uint64_t kinds = 0, can = 0;

	if (target->runtimes & TARGET_LOG)
		return AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_AWAITS | AW_CAN_STEP_ENDS |
		       AW_CAN_WAKES;
	for (size_t i = 0; i < target->module_count; i++)
		kinds |= target->modules[i].kinds;
	can |= has_kind(kinds, AW_LOCK_TAKEN) ? AW_CAN_ACQUIRES : 0;
	can |= has_kind(kinds, AW_LOCK_FREED) ? AW_CAN_RELEASES : 0;
	can |= has_kind(kinds, AW_AWAIT) ? AW_CAN_AWAITS : 0;
	can |= has_kind(kinds, AW_SUSPEND) ? AW_CAN_STEP_ENDS : 0;
	can |= has_kind(kinds, AW_WAKE) ? AW_CAN_WAKES : 0;
	return can;
}

static int text_add(struct event_buffer *buffer, uint64_t now, enum aw_text what, const char *text)
{
	return event_buffer_text(buffer, now, what, text, strlen(text));
}

static int target_add(struct event_buffer *buffer, const struct target_telling *telling,
                      uint64_t now)
{
	struct aw_event event = {
		.time = now,
		.kind = AW_TARGET,
		.arg = AW_RUNTIME_C,
		.object = telling->target->pid,
		.site = telling->can,
	};
	const char *detail = telling->target->runtimes & TARGET_LOG ? "log" : "probes";
	int code = event_buffer_add(buffer, &event);

	if (!code)
		code = text_add(buffer, now, AW_TEXT_COMMAND, telling->target->command);
	if (!code)
		code = text_add(buffer, now, AW_TEXT_DETAIL, detail);
	if (!code)
		code = text_add(buffer, now, AW_TEXT_TRANSPORT, telling->transport);
	return code;
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

/* Sends a TARGET event, the first time with the modules. */
static int target_send(struct target_telling *telling)
{
	const struct target *target = telling->target;
	struct stream_batch batch = {.pid = target->pid, .first = telling->next};
	struct event_buffer buffer = {0};
	uint64_t now = clock_now();
	int code;

	code = target_add(&buffer, telling, now);
	for (size_t i = 0; !code && !telling->told && i < target->module_count; i++)
		code = module_add(&buffer, &target->modules[i], now);
	batch.events = buffer.events;
	batch.count = buffer.count;
	telling->told = true;
	telling->next += buffer.count;
	if (!code)
		code = telling->fn(telling->context, &batch);
	event_buffer_fini(&buffer);
	return code;
}

int target_tell(struct target_telling *telling)
{
	if (!telling->target || telling->told)
		return 0;
	telling->can = target_can(telling->target);
	return target_send(telling);
}

static bool has_access(const struct stream_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->events[i].kind == AW_READ || batch->events[i].kind == AW_WRITE)
			return true;
	return false;
}

int target_tell_batch(void *context, const struct stream_batch *batch)
{
	struct target_telling *telling = context;
	int code = target_tell(telling);

	if (!code && telling->target && !(telling->can & AW_CAN_ACCESSES) && has_access(batch)) {
		telling->can |= AW_CAN_ACCESSES;
		code = target_send(telling);
	}
	return code ? code : telling->fn(telling->context, batch);
}
