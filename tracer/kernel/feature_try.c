// SPDX-License-Identifier: BSD-2-Clause
/*
 * feature_try.c - tries each need of a row (feature_need.h) on the running kernel, one by one.
 *
 * A helper is tried by a program that calls it with nothing set up: the verifier either does not
 * know it, or has something to say about the arguments.
 */
#include "feature_probe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "feature_need.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum { LOG_BYTES = 4096, NAMED_MAX = 2 };

static long bpf_call(int command, union bpf_attr *attr)
{
	long fd = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

/* Loads a program, and throws it away. `log` (LOG_BYTES) gets the verifier's words. Returns 0 or a
 * negative errno. */
static int program_load(int type, bool sleepable, const struct bpf_insn *code, size_t count,
                        char *log)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = count;
	attr.license = (uintptr_t) "Dual BSD/GPL";
	attr.prog_flags = sleepable ? BPF_F_SLEEPABLE : 0;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = LOG_BYTES;
	attr.log_level = 1;
	log[0] = 0;
	fd = bpf_call(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return (int)fd;
	close((int)fd);
	return 0;
}

static const struct bpf_insn return_zero[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

bool feature_probe_bpf(const struct probe_context *context, char *detail)
{
	char log[LOG_BYTES];
	int code = program_load(BPF_PROG_TYPE_RAW_TRACEPOINT, false, return_zero,
	                        ARRAY_SIZE(return_zero), log);

	(void)context;
	return feature_told(detail, !code, "%s", code ? strerror(-code) : "programs can be loaded");
}

/*
 * A call without arguments. The verifier looks for the helper, and whether this program may call
 * it, before it looks at the arguments (check_helper_call in the kernel's verifier.c); of the
 * former it complains with EINVAL, of the latter with EACCES. Its words change with each kernel.
 */
static bool helper_try(const struct feature_need *need)
{
	const struct bpf_insn code[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = need->id},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	char log[LOG_BYTES];
	int error =
		program_load(BPF_PROG_TYPE_KPROBE, need->sleepable, code, ARRAY_SIZE(code), log);

	return !error || error == -EACCES;
}

/* Programs of type syscall can sleep always, and say so. */
static bool section_try(const struct feature_need *need)
{
	char log[LOG_BYTES];

	return !program_load(need->id, need->sleepable || need->id == BPF_PROG_TYPE_SYSCALL,
	                     return_zero, ARRAY_SIZE(return_zero), log);
}

/* r0 = 0; *(u64 *)(r10 - 8) = 0; r0 = fetch_add(r10 - 8, r0); exit */
static bool instruction_try(const struct feature_need *need)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
		{.code = (uint8_t)need->id,
	         .dst_reg = BPF_REG_10,
	         .src_reg = BPF_REG_0,
	         .off = -8,
	         .imm = BPF_ADD | BPF_FETCH},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	char log[LOG_BYTES];

	return !program_load(BPF_PROG_TYPE_KPROBE, false, code, ARRAY_SIZE(code), log);
}

/* The types of a map of task storage must be told: of a key and a value that are `int`. */
static long btf_of_int(void)
{
	static const struct {
		struct btf_header header;
		struct btf_type type;
		uint32_t integer;
		char strings[4];
	} btf = {
		.header = {.magic = BTF_MAGIC,
	                   .version = BTF_VERSION,
	                   .hdr_len = sizeof(struct btf_header),
	                   .type_len = sizeof(struct btf_type) + sizeof(uint32_t),
	                   .str_off = sizeof(struct btf_type) + sizeof(uint32_t),
	                   .str_len = 1},
		.type = {.info = BTF_KIND_INT << 24, .size = 4},
		.integer = BTF_INT_SIGNED << 24 | 32,
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&btf;
	attr.btf_size = sizeof(btf.header) + btf.header.type_len + btf.header.str_len;
	return bpf_call(BPF_BTF_LOAD, &attr);
}

static bool map_try(const struct feature_need *need)
{
	bool ring = need->id == BPF_MAP_TYPE_RINGBUF, task = need->id == BPF_MAP_TYPE_TASK_STORAGE;
	long btf = task ? btf_of_int() : -1, fd;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = need->id;
	attr.key_size = attr.value_size = ring ? 0 : 4;
	attr.max_entries = ring ? getpagesize() : task ? 0 : 1;
	if (task) {
		attr.map_flags = BPF_F_NO_PREALLOC;
		attr.btf_fd = (uint32_t)btf;
		attr.btf_key_type_id = attr.btf_value_type_id = 1;
	}
	fd = bpf_call(BPF_MAP_CREATE, &attr);
	if (btf >= 0)
		close((int)btf);
	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

static bool need_try(const struct probe_context *context, const struct feature_need *need)
{
	switch (need->kind) {
	case FEATURE_NEED_HELPER:
		return helper_try(need);
	case FEATURE_NEED_MAP:
		return map_try(need);
	case FEATURE_NEED_SECTION:
		return section_try(need);
	case FEATURE_NEED_INSTRUCTION:
		return instruction_try(need);
	case FEATURE_NEED_EXTERN:
		/* What libbpf answers follows from the rest of the row. */
		return !strncmp(need->name, "LINUX_", 6) ||
		       (context->btf && kernel_btf_has_function(context->btf, need->name));
	}
	return false;
}

static bool by_version(const struct probe_context *context, const struct feature_need *need)
{
	return context->major > need->major ||
	       (context->major == need->major && context->minor >= need->minor);
}

bool feature_need_there(const struct probe_context *context, const struct feature_need *need)
{
	/* Functions are in BTF, which everybody may read. */
	bool ask = context->permitted || need->kind == FEATURE_NEED_EXTERN;

	return ask ? need_try(context, need) : by_version(context, need);
}

bool feature_probe_needs(const struct probe_context *context, enum feature_id row, char *detail)
{
	const struct feature_need *named[NAMED_MAX] = {NULL};
	size_t count = 0;

	for (size_t i = 0; i < feature_need_count; i++) {
		const struct feature_need *need = &feature_needs[i];

		if (need->row != row)
			continue;
		if (!feature_need_there(context, need))
			return feature_told(detail, false, "no %s %s, which Linux %u.%u has%s",
			                    feature_need_text(need->kind), need->name, need->major,
			                    need->minor,
			                    context->permitted ? ""
			                                       : " (by its version: to ask needs "
			                                         "CAP_BPF)");
		if (count < NAMED_MAX)
			named[count] = need;
		count++;
	}
	if (!context->permitted)
		return feature_told(detail, true, "by its version, %u.%u (to ask needs CAP_BPF)",
		                    context->major, context->minor);
	if (count > NAMED_MAX || !count)
		return feature_told(detail, true, "%zu tried: they are all there", count);
	return feature_told(detail, true, "%s %s%s%s%s%s", feature_need_text(named[0]->kind),
	                    named[0]->name, count > 1 ? ", " : "",
	                    count > 1 ? feature_need_text(named[1]->kind) : "",
	                    count > 1 ? " " : "", count > 1 ? named[1]->name : "");
}
