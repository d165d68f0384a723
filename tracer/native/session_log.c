// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_log.c - loads and attaches log.bpf.c: the logs of our C runtime.
 *
 * Which programs are loaded follows from the kernel's features. log_ship is
 * attached last and detached first: its semaphore is what turns recording on.
 */
#include "session_programs.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "log.skel.h"
#include "load/ring_warm.h"

static void skeleton_free(void *skeleton)
{
	log_bpf__destroy(skeleton);
}

/* True if deaths by signal, _exit or execve have to be seen by the substitutes. */
static bool needs_syscall_events(const struct feature *features)
{
	return (!feature_usable(features, FEATURE_EXIT_ORDER) ||
	        !feature_usable(features, FEATURE_PREPARE_EXEC)) &&
	       feature_usable(features, FEATURE_SYSCALL_EVENTS);
}

static void programs_choose(struct log_bpf *skeleton, const struct feature *features)
{
	bool order = feature_usable(features, FEATURE_EXIT_ORDER);
	bool syscalls = needs_syscall_events(features);

	bpf_program__set_autoload(skeleton->progs.thread_exit, order);
	bpf_program__set_autoload(skeleton->progs.thread_gone, !order);
	bpf_program__set_autoload(skeleton->progs.exec_prepare,
	                          feature_usable(features, FEATURE_PREPARE_EXEC));
	bpf_program__set_autoload(skeleton->progs.signal_deliver,
	                          !order && feature_usable(features, FEATURE_SIGNAL_DELIVER));
	bpf_program__set_autoload(skeleton->progs.enter_exit, syscalls && !order);
	bpf_program__set_autoload(skeleton->progs.enter_exit_group, syscalls && !order);
	bpf_program__set_autoload(skeleton->progs.enter_execve, syscalls);
}

int session_log_load(const struct session_plan *plan, struct session_programs *out,
                     struct session_refusal *refusal)
{
	struct log_bpf *skeleton;
	int code = -ENOMEM;

	session_refusal_begin(refusal);
	skeleton = log_bpf__open();
	if (skeleton) {
		skeleton->rodata->target_tgid = plan->tgid;
		skeleton->rodata->ns_dev = plan->ns_dev;
		skeleton->rodata->ns_inode = plan->ns_inode;
		skeleton->rodata->use_dynptr = feature_usable(plan->features, FEATURE_DYNPTR);
		bpf_map__set_max_entries(skeleton->maps.ring, plan->ring_bytes);
		programs_choose(skeleton, plan->features);
		out->skeleton = skeleton;
		out->skeleton_free = skeleton_free;
		out->object = skeleton->obj;
		code = log_bpf__load(skeleton);
	}
	session_refusal_end(refusal, code);
	return code;
}

/* The programs that see threads die. Any of them may be refused: then only what a dead thread had
 * not shipped is missing, so that is no failure. */
static void deaths_attach(struct session_programs *out, struct log_bpf *skeleton)
{
	struct bpf_program *programs[] = {
		skeleton->progs.thread_exit,  skeleton->progs.thread_gone,
		skeleton->progs.exec_prepare, skeleton->progs.signal_deliver,
		skeleton->progs.enter_exit,   skeleton->progs.enter_exit_group,
		skeleton->progs.enter_execve,
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (bpf_program__autoload(programs[i]))
			session_link_keep(out, bpf_program__attach(programs[i]));
}

/* Older versions of a runtime may lack log_open or log_close. */
static int module_attach(struct session_programs *out, const struct session_plan *plan,
                         struct log_bpf *skeleton, const struct target_module *module)
{
	int code =
		session_attach_usdt(out, plan, skeleton->progs.log_close, module, "log_close", 0);

	if (!code || code == -ENOENT)
		code = session_attach_usdt(out, plan, skeleton->progs.log_open, module, "log_open",
		                           0);
	if (!code || code == -ENOENT)
		code = session_attach_usdt(out, plan, skeleton->progs.log_ship, module, "log_ship",
		                           0);
	return code;
}

int session_log_open(const struct session_plan *plan, struct session_programs *out,
                     struct fault *fault)
{
	struct session_refusal refusal;
	struct log_bpf *skeleton;
	int code = session_log_load(plan, out, &refusal);

	if (code)
		return session_refusal_fault(&refusal, false, fault, code);
	skeleton = out->skeleton;
	out->ring = bpf_map__fd(skeleton->maps.ring);
	out->threads = bpf_map__fd(skeleton->maps.threads);
	out->counters = skeleton->bss->counters;
	out->stopping = &skeleton->bss->stopping;
	out->in_flight = &skeleton->bss->in_flight;
	code = ring_warm(skeleton->progs.ring_touch, skeleton->maps.ring);
	if (code)
		return session_fault(fault, code, "use the ring buffer");
	deaths_attach(out, skeleton);
	for (size_t i = 0; !code && i < plan->target->module_count; i++)
		if (plan->target->modules[i].runtimes & TARGET_LOG)
			code = module_attach(out, plan, skeleton, &plan->target->modules[i]);
	return code ? session_fault(fault, code, "attach to the target's log") : 0;
}
