// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_trial.c - see session_trial.h.
 */
#include "session_trial.h"

#include <bpf/libbpf.h>

#include "base/clock_now.h"

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
	uint64_t begin = clock_now();

	*out = (struct session_trial){.object = object};
	out->error = load(context, &loaded, &out->refusal);
	out->ns = clock_now() - begin;
	if (loaded)
		out->programs = programs_wanted(loaded);
}
