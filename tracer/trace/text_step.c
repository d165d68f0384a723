/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_step.c - whose step runs, so that a test need not write every resume.
 *
 * A task that acts while it is not running has been resumed right before; if
 * another task's step runs on the thread, it is nested in that one. A task
 * under another one's open step cannot act, where step ends are seen at all.
 */
#include "event/event_table.h"
#include "text_parse.h"

static bool belongs_to_a_step(unsigned kind)
{
	return !event_is_definition(kind) && kind != AW_THREAD_END && kind != AW_LOST &&
	       kind != AW_INTERVAL && kind != AW_UNWATCHED;
}

/* Position of the task among the running ones, from 1; 0: it does not run. */
static unsigned position(const struct text_thread *thread, uint32_t task)
{
	unsigned at = thread->depth;

	while (at > 0 && thread->running[at - 1] != task)
		at--;
	return at;
}

static int push(struct text_parse *parse, struct text_thread *thread, uint32_t task)
{
	if (thread->depth == TEXT_NESTED_MAX)
		return text_bad(parse, "more than %u steps nested in each other", TEXT_NESTED_MAX);
	thread->running[thread->depth++] = task;
	return 0;
}

static int imply_resume(struct text_parse *parse, struct text_thread *thread, unsigned at,
                        uint32_t task)
{
	struct aw_event event = {.time = parse->now, .kind = AW_RESUME, .task = task};
	int code;

	if (at && parse->can & AW_CAN_STEP_ENDS)
		return text_bad(parse,
		                "task #%u acts while the step nested in its own still runs: "
		                "that one must suspend first",
		                task);
	code = event_buffer_add(&parse->out, &event);
	if (at)
		thread->depth = at;
	else if (code == 0)
		code = push(parse, thread, task);
	return code;
}

int text_step(struct text_parse *parse, unsigned kind, uint32_t task)
{
	struct text_thread *thread = &parse->threads[parse->thread];
	unsigned at = position(thread, task);
	int code = 0;

	if (parse->exact || task == 0 || !belongs_to_a_step(kind))
		return 0;
	if (kind == AW_RESUME) {
		if (at)
			thread->depth = at;
		else
			code = push(parse, thread, task);
	} else if (at == 0 || at != thread->depth) {
		code = imply_resume(parse, thread, at, task);
	}
	if (code == 0 && (kind == AW_SUSPEND || kind == AW_TASK_END))
		thread->depth = position(thread, task) - 1;
	return code;
}
