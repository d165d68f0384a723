/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * feature.h - which features of the running kernel help, probed at run time.
 *
 * One row per feature; `doctor` prints the rows and the session asks for them.
 * Each feature that has a substitute can be switched off, so that the
 * substitute is tested on a kernel that has the feature: the environment
 * variable AWAITNESS_DISABLE=name,name,... (internal, for tests). (The file is
 * not called features.h: libc has one of that name and includes it by it.)
 */
#ifndef TRACER_FEATURE_H
#define TRACER_FEATURE_H

#include <stdbool.h>

enum feature_id {
	FEATURE_BTF,            /* /sys/kernel/btf/vmlinux */
	FEATURE_BPF,            /* bpf(2) may load programs: capabilities or root */
	FEATURE_HELPERS,        /* what is old and needed by all programs (5.15) */
	FEATURE_RINGBUF,        /* BPF ring buffer (5.8) */
	FEATURE_COOKIE,         /* a value per attachment (5.15): tells USDT sites apart */
	FEATURE_LOOP,           /* programs that are run by us, with loops (5.17) */
	FEATURE_TASK_STORAGE,   /* memory that is kept with a thread (5.13): CPython */
	FEATURE_SLEEPABLE,      /* uprobes that may wait for a page (6.0): CPython */
	FEATURE_SCHED_SWITCH,   /* sched_switch: CPython */
	FEATURE_UPROBE,         /* the uprobe PMU */
	FEATURE_SEMAPHORE,      /* the kernel counts USDT semaphores (4.20) */
	FEATURE_NOP5,           /* uprobes on 5-byte nops do no harm (6.18: they do) */
	FEATURE_DYNPTR,         /* batches copied at their exact size (6.16) */
	FEATURE_EXIT_ORDER,     /* sched_process_exit while the memory is there (6.16) */
	FEATURE_PREPARE_EXEC,   /* sched_prepare_exec (6.10) */
	FEATURE_SIGNAL_DELIVER, /* signal_deliver: substitute for exit_order */
	FEATURE_SYSCALL_EVENTS, /* tracefs syscall events: substitute for _exit, execve */
	FEATURE_PERFMON,        /* uprobes may be opened: CAP_PERFMON or CAP_SYS_ADMIN */
	FEATURE_PTRACE,         /* CAP_SYS_PTRACE: other users' processes */
	FEATURE_PARANOID,       /* kernel.perf_event_paranoid */
	FEATURE_UNPRIVILEGED,   /* kernel.unprivileged_bpf_disabled */
	FEATURE_LOCKDOWN,       /* kernel lockdown below `confidentiality` */
	FEATURE_COUNT
};

enum feature_state {
	FEATURE_ABSENT,
	FEATURE_PRESENT,
	FEATURE_OFF /* there, but switched off by AWAITNESS_DISABLE */
};

#define FEATURE_DETAIL 160u

/** A row. All texts are ours (static) but `detail`, which holds no text of a target either. */
struct feature {
	const char *name; /* as in AWAITNESS_DISABLE */
	enum feature_state state;
	bool required;               /* eBPF tracing does not work without it */
	bool python;                 /* that of CPython does not */
	char detail[FEATURE_DETAIL]; /* what was found: a version, a setting, an errno */
	const char *follows;         /* what follows from the state it is in */
	const char *remedy;          /* what to do about it; NULL: nothing is to be done */
};

/**
 * Probes all features but FEATURE_NOP5, in enum feature_id's order. Loads some forty tiny BPF
 * programs and maps and opens one perf event, all closed again; takes some ms. Never fails: what
 * cannot be found out is absent, with the reason in `detail`.
 */
void features_probe(struct feature rows[FEATURE_COUNT]);

/** Fills in the row that features_probe leaves out, for it takes 0.1 s and is for people: what a
 * probe on a 5-byte nop does. (A session tries it itself, when a target has such a place.) */
void features_try(struct feature rows[FEATURE_COUNT]);

/** True if the feature is there and not switched off. */
bool feature_usable(const struct feature rows[FEATURE_COUNT], enum feature_id id);

/** The first required feature that is missing, or NULL: eBPF tracing should work. Whether the
 * kernel takes our programs is another question: session_trial.h. */
const struct feature *features_missing(const struct feature rows[FEATURE_COUNT]);

/** The same for CPython, which needs more. */
const struct feature *features_missing_python(const struct feature rows[FEATURE_COUNT]);

#endif
