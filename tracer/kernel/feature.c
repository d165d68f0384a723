// SPDX-License-Identifier: BSD-2-Clause
/*
 * feature.c - the table of features: what is probed, and what follows from it.
 *
 * Where a probe would need a permission that is missing, the kernel's version
 * decides, and `detail` says so.
 */
#include "feature_probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

typedef bool (*probe_fn)(const struct probe_context *context, char *detail);

bool feature_told(char *detail, bool present, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, FEATURE_DETAIL, format, arguments);
	va_end(arguments);
	return present;
}

bool feature_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(line, size, file);

	if (ok)
		line[strcspn(line, "\n")] = 0;
	if (file)
		fclose(file);
	return ok;
}

/* Stands for a probe that features_try makes. */
static bool not_tried(const struct probe_context *context, char *detail)
{
	(void)context;
	return feature_told(detail, false, "not tried");
}

/* What is known of a feature before probing. */
static const struct feature_row {
	const char *name;
	probe_fn probe; /* NULL: its needs are tried (feature_need.h) */
	enum { OPTIONAL, FOR_PYTHON, REQUIRED } required;
	bool substitute;     /* there is one, so it may be switched off */
	const char *present; /* what follows */
	const char *absent;
	const char *remedy; /* when it is absent */
} rows[FEATURE_COUNT] = {
	[FEATURE_BTF] = {"btf", feature_probe_btf, REQUIRED, false,
                         "BPF programs fit themselves to the kernel",
                         "no eBPF; `run` uses the file transport",
                         "boot a kernel with CONFIG_DEBUG_INFO_BTF (Debian 12's has it)"},
	[FEATURE_BPF] = {"bpf", feature_probe_bpf, REQUIRED, true, "eBPF tracing can work",
                         "no eBPF; `run` uses the file transport",
                         "run as root, or give the program cap_bpf,cap_perfmon with setcap(8)"},
	[FEATURE_HELPERS] = {"helpers", NULL, REQUIRED, false,
                             "what the BPF programs are made of is there",
                             "no eBPF; `run` uses the file transport", "use kernel 6.1 or newer"},
	[FEATURE_RINGBUF] = {"ringbuf", NULL, REQUIRED, false, "events leave through it",
                             "no eBPF; `run` uses the file transport", "use kernel 6.1 or newer"},
	[FEATURE_COOKIE] = {"cookie", NULL, REQUIRED, false,
                            "probe sites in shared libraries are told apart",
                            "no eBPF; `run` uses the file transport", "use kernel 6.1 or newer"},
	[FEATURE_LOOP] = {"loop", NULL, REQUIRED, false,
                          "the ring buffer is made ready before the target is touched",
                          "no eBPF; `run` uses the file transport", "use kernel 6.1 or newer"},
	[FEATURE_TASK_STORAGE] = {"task_storage", NULL, FOR_PYTHON, false,
                                  "CPython's threads are followed",
                                  "CPython programs cannot be traced", "use kernel 6.1 or newer"},
	[FEATURE_SLEEPABLE] = {"sleepable", NULL, FOR_PYTHON, false,
                               "CPython is seen while it loads its modules",
                               "CPython programs cannot be traced", "use kernel 6.1 or newer"},
	[FEATURE_SCHED_SWITCH] = {"sched_switch", feature_probe_sched_switch, FOR_PYTHON, false,
                                  "what a loop did last before it sleeps is seen",
                                  "CPython programs cannot be traced",
                                  "use a kernel with the scheduler's tracepoints"},
	[FEATURE_UPROBE] = {"uprobe", feature_probe_uprobe, REQUIRED, false,
                            "programs can be attached to", "no eBPF; `run` uses the file transport",
                            "boot a kernel with CONFIG_UPROBE_EVENTS and mount /sys"},
	[FEATURE_SEMAPHORE] = {"semaphore", feature_probe_semaphore, REQUIRED, false,
                               "the target records only while somebody listens",
                               "no eBPF; `run` uses the file transport", "use kernel 6.1 or newer"},
	[FEATURE_NOP5] =
		{"safe_nop5", not_tried, OPTIONAL, false, "a probe on a 5-byte nop harms nobody",
                 "warning: on such a kernel a probe on a 5-byte nop can corrupt or kill the "
                 "program, so awaitness refuses it; other tracers may not",
                 "build programs with such probes anew, with the current probe.h or "
                 "usdt.h, or boot another kernel"},
	[FEATURE_DYNPTR] = {"dynptr", NULL, OPTIONAL, true,
                            "a batch takes the room it needs in the ring buffer",
                            "a batch takes 1, 8 or 64 KiB in the ring buffer, so it fills sooner",
                            "nothing need be done; kernel 6.16 or newer has it"},
	[FEATURE_EXIT_ORDER] = {"exit_order", feature_probe_exit_order, OPTIONAL, true,
                                "what a dead thread had not shipped is collected when it exits",
                                "it is collected at signals and system calls (see the next rows)",
                                "nothing need be done; kernel 6.16 or newer has it"},
	[FEATURE_PREPARE_EXEC] = {"prepare_exec", feature_probe_prepare_exec, OPTIONAL, true,
                                  "what is left at execve is collected",
                                  "it is collected at the system call, if syscall_events is there",
                                  "nothing need be done; kernel 6.10 or newer has it"},
	[FEATURE_SIGNAL_DELIVER] =
		{"signal_deliver", feature_probe_signal_deliver, OPTIONAL, true,
                 "substitute for exit_order where a signal kills",
                 "without exit_order, what a killed target had not shipped is lost",
                 "use a kernel with the signal tracepoints"},
	[FEATURE_SYSCALL_EVENTS] = {"syscall_events", feature_probe_syscall_events, OPTIONAL, true,
                                    "substitute for exit_order and prepare_exec at _exit, execve",
                                    "without exit_order and prepare_exec, what a target had not "
                                    "shipped at _exit or execve is lost",
                                    "mount -t tracefs tracefs /sys/kernel/tracing (only where "
                                    "exit_order or prepare_exec is absent)"},
	[FEATURE_PERFMON] = {"perfmon", feature_probe_perfmon, REQUIRED, false,
                             "uprobes can be attached", "no eBPF; `run` uses the file transport",
                             "run as root, or give the program cap_bpf,cap_perfmon with setcap(8), "
                             "or, where the kernel wants that, cap_sys_admin"},
	[FEATURE_PTRACE] = {"ptrace", feature_probe_ptrace, OPTIONAL, false,
                            "other users' processes can be looked into",
                            "only own processes can be attached to or dumped",
                            "give the program cap_sys_ptrace, too, if that is wanted"},
	[FEATURE_PARANOID] = {"paranoid", feature_probe_paranoid, OPTIONAL, false,
                              "perf events are permitted", "perf events need CAP_PERFMON",
                              "give the program cap_perfmon with setcap(8)"},
	[FEATURE_UNPRIVILEGED] = {"unprivileged_bpf", feature_probe_unprivileged, OPTIONAL, false,
                                  "BPF programs are permitted", "BPF programs need CAP_BPF",
                                  "give the program cap_bpf with setcap(8)"},
	[FEATURE_LOCKDOWN] = {"lockdown", feature_probe_lockdown, REQUIRED, false,
                              "the kernel lets BPF programs read",
                              "no eBPF: the kernel is locked down to confidentiality",
                              "boot with lockdown=integrity or less"},
};

/* Is `name` in the comma-separated list? */
static bool list_has(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (list && *list) {
		size_t word = strcspn(list, ",");

		if (word == length && !strncmp(list, name, length))
			return true;
		list += word + (list[word] == ',');
	}
	return false;
}

static void row_fill(struct feature *out, enum feature_id id, probe_fn probe,
                     const struct probe_context *context, const char *disabled)
{
	const struct feature_row *row = &rows[id];
	bool present;

	memset(out, 0, sizeof(*out));
	out->name = row->name;
	out->required = row->required == REQUIRED;
	out->python = row->required != OPTIONAL;
	present =
		probe ? probe(context, out->detail) : feature_probe_needs(context, id, out->detail);
	out->state = present ? FEATURE_PRESENT : FEATURE_ABSENT;
	if (present && row->substitute && list_has(disabled, row->name))
		out->state = FEATURE_OFF;
	out->follows = out->state == FEATURE_PRESENT ? row->present : row->absent;
	out->remedy = out->state == FEATURE_PRESENT ? NULL
	              : out->state == FEATURE_OFF   ? "take it out of AWAITNESS_DISABLE"
	                                            : row->remedy;
}

void features_try(struct feature out[FEATURE_COUNT])
{
	row_fill(&out[FEATURE_NOP5], FEATURE_NOP5, feature_probe_nop5, &(struct probe_context){0},
	         NULL);
}

void features_probe(struct feature out[FEATURE_COUNT])
{
	const char *disabled = getenv("AWAITNESS_DISABLE");
	struct probe_context context = {0};
	char unused[FEATURE_DETAIL];
	struct utsname name;

	if (!uname(&name))
		sscanf(name.release, "%u.%u", &context.major, &context.minor);
	context.permitted = feature_probe_bpf(&context, unused);
	context.btf_error = kernel_btf_open(NULL, &context.btf);
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		row_fill(&out[i], i, rows[i].probe, &context, disabled);
	kernel_btf_close(context.btf);
}

bool feature_usable(const struct feature out[FEATURE_COUNT], enum feature_id id)
{
	return out[id].state == FEATURE_PRESENT;
}

const struct feature *features_missing(const struct feature out[FEATURE_COUNT])
{
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		if (out[i].required && out[i].state != FEATURE_PRESENT)
			return &out[i];
	return NULL;
}

const struct feature *features_missing_python(const struct feature out[FEATURE_COUNT])
{
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		if (out[i].python && out[i].state != FEATURE_PRESENT)
			return &out[i];
	return NULL;
}
