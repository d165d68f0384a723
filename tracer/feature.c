// SPDX-License-Identifier: BSD-2-Clause
/*
 * feature.c - probing the kernel: one row of the table, one small function.
 *
 * Where a probe would need a permission that is missing, the kernel's version
 * decides, and `detail` says so.
 */
#include "feature.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capability.h"
#include "kernel_btf.h"
#include "target_maps.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct probe_context {
	struct kernel_btf *btf; /* NULL: none */
	int btf_error;
	unsigned major, minor;
};

typedef bool (*probe_fn)(const struct probe_context *context, char *detail);

static bool told(char *detail, bool present, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Fills in `detail` and gives `present` back, so that both are one expression. */
static bool told(char *detail, bool present, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, FEATURE_DETAIL, format, arguments);
	va_end(arguments);
	return present;
}

/* Decides by version, where asking the kernel is not permitted. */
static bool by_version(const struct probe_context *context, char *detail, unsigned major,
                       unsigned minor)
{
	bool present =
		context->major > major || (context->major == major && context->minor >= minor);

	return told(detail, present, "by its version, %u.%u (to ask needs CAP_BPF)", context->major,
	            context->minor);
}

/* Reads the first line of a small file. Returns false if there is none. */
static bool line_read(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(line, size, file);

	if (ok)
		line[strcspn(line, "\n")] = 0;
	if (file)
		fclose(file);
	return ok;
}

static long bpf_call(int command, union bpf_attr *attr)
{
	long fd = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

/* Loads a program of two to three instructions. Returns 0 or a negative errno. */
static int program_try(int type, const struct bpf_insn *code, size_t count)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = count;
	attr.license = (uintptr_t) "Dual BSD/GPL";
	fd = bpf_call(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static bool probe_btf(const struct probe_context *context, char *detail)
{
	if (context->btf)
		return told(detail, true, "/sys/kernel/btf/vmlinux");
	return told(detail, false, "/sys/kernel/btf/vmlinux: %s", strerror(-context->btf_error));
}

static const struct bpf_insn return_zero[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

static bool probe_bpf(const struct probe_context *context, char *detail)
{
	int code = program_try(BPF_PROG_TYPE_RAW_TRACEPOINT, return_zero, ARRAY_SIZE(return_zero));

	(void)context;
	return told(detail, !code, "%s", code ? strerror(-code) : "programs can be loaded");
}

static bool probe_ringbuf(const struct probe_context *context, char *detail)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_RINGBUF;
	attr.max_entries = getpagesize();
	fd = bpf_call(BPF_MAP_CREATE, &attr);
	if (fd == -EPERM)
		return by_version(context, detail, 5, 8);
	if (fd < 0)
		return told(detail, false, "%s", strerror(-fd));
	close(fd);
	return told(detail, true, "can be made");
}

static bool probe_cookie(const struct probe_context *context, char *detail)
{
	const struct bpf_insn code[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int err = program_try(BPF_PROG_TYPE_KPROBE, code, ARRAY_SIZE(code));

	if (err == -EPERM)
		return by_version(context, detail, 5, 15);
	return told(detail, !err, "%s", err ? strerror(-err) : "a program with it loads");
}

static bool probe_uprobe(const struct probe_context *context, char *detail)
{
	char line[32];

	(void)context;
	if (!line_read("/sys/bus/event_source/devices/uprobe/type", line, sizeof(line)))
		return told(detail, false, "/sys/bus/event_source/devices/uprobe is missing");
	return told(detail, true, "perf event type %.16s", line);
}

static bool probe_semaphore(const struct probe_context *context, char *detail)
{
	char line[32];

	(void)context;
	if (!line_read("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", line,
	               sizeof(line)))
		return told(detail, false, "the uprobe event has no ref_ctr_offset");
	return told(detail, true, "ref_ctr_offset: %.20s", line);
}

/* The optimised uprobe enters the kernel by a system call of its own. Called from elsewhere it
 * fails, or kills the caller, so a child asks; where it does not exist that is ENOSYS. */
static bool probe_nop5(const struct probe_context *context, char *detail)
{
#ifdef __x86_64__
	int status = 0;
	pid_t pid = fork();

	(void)context;
	if (!pid) {
		syscall(336); /* uprobe(2), x86-64, Linux 6.18 */
		_exit(errno == ENOSYS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return told(detail, false, "cannot find out: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return told(detail, false, "no uprobe system call");
	return told(detail, true, "the uprobe system call is there");
#else
	(void)context;
	return told(detail, false, "x86-64 only");
#endif
}

static bool probe_dynptr(const struct probe_context *context, char *detail)
{
	if (!context->btf)
		return told(detail, false, "not known without BTF");
	if (!kernel_btf_has_function(context->btf, "bpf_probe_read_user_dynptr"))
		return told(detail, false, "no bpf_probe_read_user_dynptr");
	return told(detail, true, "bpf_probe_read_user_dynptr");
}

static bool tracepoint_has(const struct probe_context *context, char *detail, const char *name,
                           int arguments)
{
	int count;

	if (!context->btf)
		return told(detail, false, "not known without BTF");
	count = kernel_btf_tracepoint(context->btf, name);
	if (count < 0)
		return told(detail, false, "no tracepoint %s", name);
	return told(detail, count >= arguments, "tracepoint %s has %d argument%s", name, count,
	            count == 1 ? "" : "s");
}

/* The change that moved the event before the memory goes also gave it group_dead. */
static bool probe_exit_order(const struct probe_context *context, char *detail)
{
	return tracepoint_has(context, detail, "sched_process_exit", 2);
}

static bool probe_prepare_exec(const struct probe_context *context, char *detail)
{
	return tracepoint_has(context, detail, "sched_prepare_exec", 2);
}

static bool probe_signal_deliver(const struct probe_context *context, char *detail)
{
	return tracepoint_has(context, detail, "signal_deliver", 3);
}

static bool probe_syscall_events(const struct probe_context *context, char *detail)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/events/syscalls/sys_enter_exit_group/id",
		         roots[i]);
		if (!access(path, R_OK))
			return told(detail, true, "%s", roots[i]);
	}
	return told(detail, false, "tracefs is not mounted, not readable, or has no such events");
}

/* Where this program's own function lies in its file. */
struct own_code {
	uint64_t address;
	uint64_t offset;
	char path[PATH_MAX];
};

static int own_code_find(void *context, const struct target_map *map)
{
	struct own_code *own = context;

	if (own->address < map->start || own->address >= map->end)
		return 0;
	own->offset = own->address - map->start + map->offset;
	snprintf(own->path, sizeof(own->path), "%s", map->path);
	return 1;
}

/* Opens a uprobe event on a function of this process, which nobody calls meanwhile. Returns 0 or a
 * negative errno. */
static int uprobe_try(void)
{
	struct own_code own = {.address = (uintptr_t)features_missing};
	struct perf_event_attr attr;
	char type[32];
	long fd;

	if (!line_read("/sys/bus/event_source/devices/uprobe/type", type, sizeof(type)) ||
	    target_maps_read(getpid(), own_code_find, &own) != 1)
		return -ENOENT;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = (uint32_t)strtoul(type, NULL, 10);
	attr.config1 = (uintptr_t)own.path;
	attr.config2 = own.offset;
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

/* Kernels since 6.16, and older ones with that fix, want CAP_SYS_ADMIN for uprobes (commit
 * "perf: Revert to requiring CAP_SYS_ADMIN for uprobes"): so it is tried, not concluded. */
static bool probe_perfmon(const struct probe_context *context, char *detail)
{
	int code = uprobe_try();

	(void)context;
	if (!code)
		return told(detail, true, "a uprobe can be opened");
	if ((code == -EACCES || code == -EPERM) && capability_have(CAP_PERFMON))
		return told(detail, false,
		            "this kernel wants CAP_SYS_ADMIN for uprobes, "
		            "CAP_PERFMON is not enough");
	return told(detail, false, "opening a uprobe: %s", strerror(-code));
}

static bool probe_ptrace(const struct probe_context *context, char *detail)
{
	bool have = capability_have(CAP_SYS_PTRACE);

	(void)context;
	return told(detail, have, "%s", have ? "CAP_SYS_PTRACE" : "no CAP_SYS_PTRACE");
}

static bool probe_paranoid(const struct probe_context *context, char *detail)
{
	bool perfmon = capability_have(CAP_PERFMON) || capability_have(CAP_SYS_ADMIN);
	char line[16] = "?";

	(void)context;
	if (!line_read("/proc/sys/kernel/perf_event_paranoid", line, sizeof(line)))
		return told(detail, false, "the kernel has no perf events");
	return told(detail, perfmon || atoi(line) < 2, "kernel.perf_event_paranoid = %.8s%s", line,
	            perfmon ? ", which does not bind this process" : "");
}

static bool probe_unprivileged(const struct probe_context *context, char *detail)
{
	bool capable = capability_have(CAP_BPF) || capability_have(CAP_SYS_ADMIN);
	char line[16] = "0";

	(void)context;
	line_read("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	return told(detail, capable, "kernel.unprivileged_bpf_disabled = %.8s, %s", line,
	            capable ? "which does not bind this process" : "and no CAP_BPF");
}

static bool probe_lockdown(const struct probe_context *context, char *detail)
{
	char line[64];

	(void)context;
	if (!line_read("/sys/kernel/security/lockdown", line, sizeof(line)))
		return told(detail, true, "not in use");
	return told(detail, !strstr(line, "[confidentiality]"), "%.60s", line);
}

/* What is known of a feature before probing. */
static const struct feature_row {
	const char *name;
	probe_fn probe;
	bool required;
	bool substitute;     /* there is one, so it may be switched off */
	const char *present; /* what follows */
	const char *absent;
	const char *remedy; /* when it is absent */
} rows[FEATURE_COUNT] = {
	[FEATURE_BTF] = {"btf", probe_btf, true, false, "BPF programs fit themselves to the kernel",
                         "no eBPF; `run` uses the file transport",
                         "boot a kernel with CONFIG_DEBUG_INFO_BTF (Debian 12's has it)"},
	[FEATURE_BPF] = {"bpf", probe_bpf, true, true, "eBPF tracing can work",
                         "no eBPF; `run` uses the file transport",
                         "run as root, or give the program cap_bpf,cap_perfmon with setcap(8)"},
	[FEATURE_RINGBUF] = {"ringbuf", probe_ringbuf, true, false, "events leave through it",
                             "no eBPF; `run` uses the file transport", "use kernel 5.8 or newer"},
	[FEATURE_COOKIE] = {"cookie", probe_cookie, true, false,
                            "probe sites in shared libraries are told apart",
                            "no eBPF; `run` uses the file transport", "use kernel 5.15 or newer"},
	[FEATURE_UPROBE] = {"uprobe", probe_uprobe, true, false, "programs can be attached to",
                            "no eBPF; `run` uses the file transport",
                            "boot a kernel with CONFIG_UPROBE_EVENTS and mount /sys"},
	[FEATURE_SEMAPHORE] = {"semaphore", probe_semaphore, true, false,
                               "the target records only while somebody listens",
                               "no eBPF; `run` uses the file transport",
                               "use kernel 4.20 or newer"},
	[FEATURE_NOP5] = {"nop5", probe_nop5, false, false, "a probe hit costs about 1.3 us",
                          "a probe hit costs about 5 us; nothing else changes",
                          "nothing need be done; kernel 6.18 or newer has it on x86-64"},
	[FEATURE_DYNPTR] = {"dynptr", probe_dynptr, false, true,
                            "a batch takes the room it needs in the ring buffer",
                            "a batch takes 1, 8 or 64 KiB in the ring buffer, so it fills sooner",
                            "nothing need be done; kernel 6.16 or newer has it"},
	[FEATURE_EXIT_ORDER] = {"exit_order", probe_exit_order, false, true,
                                "what a dead thread had not shipped is collected when it exits",
                                "it is collected at signals and system calls (see the next rows)",
                                "nothing need be done; kernel 6.16 or newer has it"},
	[FEATURE_PREPARE_EXEC] = {"prepare_exec", probe_prepare_exec, false, true,
                                  "what is left at execve is collected",
                                  "it is collected at the system call, if syscall_events is there",
                                  "nothing need be done; kernel 6.10 or newer has it"},
	[FEATURE_SIGNAL_DELIVER] =
		{"signal_deliver", probe_signal_deliver, false, true,
                 "substitute for exit_order where a signal kills",
                 "without exit_order, what a killed target had not shipped is lost",
                 "use a kernel with the signal tracepoints"},
	[FEATURE_SYSCALL_EVENTS] = {"syscall_events", probe_syscall_events, false, true,
                                    "substitute for exit_order and prepare_exec at _exit, execve",
                                    "without exit_order and prepare_exec, what a target had not "
                                    "shipped at _exit or execve is lost",
                                    "mount -t tracefs tracefs /sys/kernel/tracing (only where "
                                    "exit_order or prepare_exec is absent)"},
	[FEATURE_PERFMON] = {"perfmon", probe_perfmon, true, false, "uprobes can be attached",
                             "no eBPF; `run` uses the file transport",
                             "run as root, or give the program cap_bpf,cap_perfmon with setcap(8), "
                             "or, where the kernel wants that, cap_sys_admin"},
	[FEATURE_PTRACE] = {"ptrace", probe_ptrace, false, false,
                            "other users' processes can be looked into",
                            "only own processes can be attached to or dumped",
                            "give the program cap_sys_ptrace, too, if that is wanted"},
	[FEATURE_PARANOID] = {"paranoid", probe_paranoid, false, false, "perf events are permitted",
                              "perf events need CAP_PERFMON",
                              "give the program cap_perfmon with setcap(8)"},
	[FEATURE_UNPRIVILEGED] = {"unprivileged_bpf", probe_unprivileged, false, false,
                                  "BPF programs are permitted", "BPF programs need CAP_BPF",
                                  "give the program cap_bpf with setcap(8)"},
	[FEATURE_LOCKDOWN] = {"lockdown", probe_lockdown, true, false,
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

static void row_fill(struct feature *out, const struct feature_row *row,
                     const struct probe_context *context, const char *disabled)
{
	bool present;

	memset(out, 0, sizeof(*out));
	out->name = row->name;
	out->required = row->required;
	present = row->probe(context, out->detail);
	out->state = present ? FEATURE_PRESENT : FEATURE_ABSENT;
	if (present && row->substitute && list_has(disabled, row->name))
		out->state = FEATURE_OFF;
	out->follows = out->state == FEATURE_PRESENT ? row->present : row->absent;
	out->remedy = out->state == FEATURE_PRESENT ? NULL
	              : out->state == FEATURE_OFF   ? "take it out of AWAITNESS_DISABLE"
	                                            : row->remedy;
}

void features_probe(struct feature out[FEATURE_COUNT])
{
	const char *disabled = getenv("AWAITNESS_DISABLE");
	struct probe_context context = {0};
	struct utsname name;

	if (!uname(&name))
		sscanf(name.release, "%u.%u", &context.major, &context.minor);
	context.btf_error = kernel_btf_open(NULL, &context.btf);
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		row_fill(&out[i], &rows[i], &context, disabled);
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
