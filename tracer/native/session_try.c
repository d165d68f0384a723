// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_try.c - see session_try.h.
 *
 * The programs see who they are to look at as constants, and what follows from these is all that
 * the verifier looks at: so they are this process and its namespace.
 */
#include "session_try.h"

#include <sys/stat.h>
#include <unistd.h>

#include "session_programs.h"

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
