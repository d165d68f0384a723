// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_programs.c - what the two sets of programs have in common.
 */
#include "session_programs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "load/session_uprobe.h"

#define PROC_PID_INIT_INO 0xEFFFFFFCu /* inode of the initial pid namespace; kernel's proc_ns.h */
#define QUIESCE_US        100
#define QUIESCE_TRIES     10000

int session_fault(struct fault *fault, int code, const char *what)
{
	switch (-code) {
	case EPERM:
	case EACCES:
		return fault_set(fault, code,
		                 "cannot %s: not permitted; run as root, or see awaitness doctor "
		                 "for the capabilities that are missing",
		                 what);
	case ESRCH:
		return fault_set(fault, code, "cannot %s: the process has ended", what);
	case EMFILE:
		return fault_set(fault, code, "cannot %s: too many open files; raise ulimit -n",
		                 what);
	case SESSION_UPROBE_HARMS:
		return fault_set(fault, code, "cannot %s: " SESSION_UPROBE_WHY, what);
	default:
		return fault_set(fault, code, "cannot %s: %s (see awaitness doctor)", what,
		                 strerror(-code));
	}
}

void session_plan_namespace(struct session_plan *plan)
{
	struct stat own;

	plan->tgid = plan->target->pid;
	if (stat("/proc/self/ns/pid", &own) || own.st_ino == PROC_PID_INIT_INO)
		return;
	plan->tgid = plan->target->inner_pid;
	plan->ns_dev = plan->target->pid_ns_dev;
	plan->ns_inode = plan->target->pid_ns_inode;
}

int session_link_keep(struct session_programs *programs, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (programs->link_count == SESSION_LINKS) {
		bpf_link__destroy(link);
		return -E2BIG;
	}
	programs->links[programs->link_count++] = link;
	return 0;
}

int session_attach_usdt(struct session_programs *programs, const struct session_plan *plan,
                        const struct bpf_program *program, const struct target_module *module,
                        const char *probe, uint64_t cookie)
{
	struct bpf_link *link;
	int code = session_uprobe_usdt(program, plan->target->pid, module->open_path, probe, cookie,
	                               &link);

	return code ? code : session_link_keep(programs, link);
}

void session_programs_quiesce(struct session_programs *programs)
{
	__atomic_store_n(programs->stopping, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < QUIESCE_TRIES; i++) {
		if (!__atomic_load_n(programs->in_flight, __ATOMIC_SEQ_CST))
			return;
		usleep(QUIESCE_US);
	}
}

void session_programs_detach(struct session_programs *programs)
{
	while (programs->link_count)
		bpf_link__destroy(programs->links[--programs->link_count]);
}

void session_programs_close(struct session_programs *programs)
{
	session_programs_detach(programs);
	if (programs->skeleton)
		programs->skeleton_free(programs->skeleton);
	programs->skeleton = NULL;
}
