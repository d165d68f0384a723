// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_trial.c - see session_trial.h.
 */
#include "session_trial.h"

#include <bpf/libbpf.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static unsigned programs_wanted(const struct bpf_object *object)
{
	struct bpf_program *program;
	unsigned count = 0;

	bpf_object__for_each_program(program, object) count += bpf_program__autoload(program);
	return count;
}

void session_trial_make(struct session_trial *out, const char *object, session_trial_fn load,
                        void *context)
{
	struct bpf_object *loaded = NULL;
	uint64_t begin = now_ns();

	*out = (struct session_trial){.object = object};
	out->error = load(context, &loaded, &out->refusal);
	out->ns = now_ns() - begin;
	if (loaded)
		out->programs = programs_wanted(loaded);
}
