// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_trial.c - see session_trial.h.
 *
 * The programs see who they are to look at as constants, and what follows from these is all that
 * the verifier looks at: so they are this process and its namespace.
 */
#include "session_trial.h"

#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "session_programs.h"

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

typedef int (*load_fn)(const struct session_plan *plan, struct session_programs *out,
                       struct session_refusal *refusal);

struct trial {
	const struct session_plan *plan;
	load_fn load;
	struct session_programs programs;
};

static int trial_load(void *context, struct bpf_object **object, struct session_refusal *refusal)
{
	struct trial *trial = context;
	int code = trial->load(trial->plan, &trial->programs, refusal);

	*object = trial->programs.object;
	return code;
}

static void trial(struct session_trial *out, const char *object, const struct session_plan *plan,
                  load_fn load)
{
	struct trial trial = {.plan = plan, .load = load};

	session_trial_make(out, object, trial_load, &trial);
	session_programs_close(&trial.programs);
}

void session_try(const struct feature features[FEATURE_COUNT],
                 struct session_trial out[SESSION_TRIALS])
{
	struct target self = {.pid = getpid(), .inner_pid = getpid()};
	struct session_plan plan = {
		.target = &self, .features = features, .ring_bytes = SESSION_RING_BYTES};
	struct stat space;

	if (!stat("/proc/self/ns/pid", &space)) {
		self.pid_ns_dev = space.st_dev;
		self.pid_ns_inode = space.st_ino;
	}
	session_plan_namespace(&plan);
	trial(&out[SESSION_TRIAL_LOG], "log", &plan, session_log_load);
	trial(&out[SESSION_TRIAL_USDT], "usdt", &plan, session_usdt_load);
}
