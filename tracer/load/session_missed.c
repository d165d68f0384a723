// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_missed.c - see session_missed.h.
 */
#include "session_missed.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* Less than the merge waits: the events of the interval come after the loss that may be among them.
 */
#define ASK_EVERY_NS 100000000ull

uint64_t session_missed_count(const struct bpf_object *object)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	bpf_object__for_each_program(program, object)
	{
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (bpf_program__fd(program) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}

bool session_missed_due(const struct session_missed *missed, uint64_t now)
{
	return now - missed->asked >= ASK_EVERY_NS;
}

int session_missed_tell(struct session_missed *missed, uint32_t pid, uint64_t count, uint64_t now,
                        stream_fn fn, void *context)
{
	const struct aw_event event = {.time = missed->asked,
	                               .kind = AW_LOST,
	                               .object = count - missed->told,
	                               .site = now};
	const struct stream_batch batch = {.pid = pid, .events = &event, .count = 1};

	missed->asked = now;
	if (count <= missed->told)
		return 0;
	missed->told = count;
	return fn(context, &batch);
}
