/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nop5_test.c - which instructions no uprobe may stand on, and that none of our own sites is one.
 */
#include <awaitness/probe.h>
#include <awaitness/task.h>

#include <criterion/criterion.h>
#include <string.h>

#include "target/elf_sites.h"
#include "kernel/nop5.h"

#ifdef __x86_64__

struct code {
	const char *name;
	uint8_t bytes[NOP5_CODE];
	size_t size;
};

#define CODE(name, ...)                                                                            \
	{                                                                                          \
		name, {__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})                              \
	}

Test(nop5, every_form_that_does_nothing_in_five_bytes_is_known)
{
	static const struct code codes[] = {
		CODE("nopl 0(%rax,%rax,1)", 0x0f, 0x1f, 0x44, 0x00, 0x00),
		CODE("nopl 0(%rax,%rax,1), more behind it", 0x0f, 0x1f, 0x44, 0x00, 0x00, 0xc3),
		CODE("data16 nopl 0(%rax)", 0x66, 0x0f, 0x1f, 0x40, 0x00),
		CODE("cs nopl 0(%rax)", 0x2e, 0x0f, 0x1f, 0x40, 0x00),
		CODE("rex nopl 0(%rax)", 0x48, 0x0f, 0x1f, 0x40, 0x00),
		CODE("data16 cs nopl (%rax)", 0x66, 0x2e, 0x0f, 0x1f, 0x00),
		CODE("four prefixes of a nop", 0x66, 0x66, 0x66, 0x66, 0x90),
		CODE("lea 0(%rsp),%rsp", 0x48, 0x8d, 0x64, 0x24, 0x00),
		CODE("data16 data16 mov %rax,%rax", 0x66, 0x66, 0x48, 0x89, 0xc0),
		CODE("jmp to what is behind it", 0xe9, 0x00, 0x00, 0x00, 0x00),
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		cr_expect(nop5_at(codes[i].bytes, codes[i].size), "%s", codes[i].name);
}

Test(nop5, what_is_longer_or_shorter_or_does_something_is_none)
{
	static const struct code codes[] = {
		CODE("nop", 0x90),
		CODE("nop, then a nop of five bytes", 0x90, 0x0f, 0x1f, 0x44, 0x00, 0x00),
		CODE("half a nop of five bytes", 0x0f, 0x1f, 0x44),
		CODE("nopl 0(%rax)", 0x0f, 0x1f, 0x40, 0x00, 0x90),
		CODE("nopw 0(%rax,%rax,1)", 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00),
		CODE("nopl 0x0(%rax)", 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00),
		CODE("the nop of ten bytes", 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0),
		CODE("endbr64", 0xf3, 0x0f, 0x1e, 0xfa),
		CODE("push %rbp", 0x55, 0x48, 0x89, 0xe5),
		CODE("mov %rsp,%rbp", 0x48, 0x89, 0xe5),
		CODE("call", 0xe8, 0x00, 0x00, 0x00, 0x00),
		CODE("jmp elsewhere", 0xe9, 0x01, 0x00, 0x00, 0x00),
		CODE("lea 8(%rsp),%rdi", 0x48, 0x8d, 0x7c, 0x24, 0x08),
		CODE("mov $1,%eax", 0xb8, 0x01, 0x00, 0x00, 0x00),
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		cr_expect_not(nop5_at(codes[i].bytes, codes[i].size), "%s", codes[i].name);
}

Test(nop5, a_nop_before_one_matters_where_the_library_moves_the_probe)
{
	static const uint8_t both[] = {0x90, 0x0f, 0x1f, 0x44, 0x00, 0x00};
	static const uint8_t upstream[] = {0x90, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0};

	cr_expect(nop5_at_usdt(both, sizeof(both), true));
	cr_expect_not(nop5_at_usdt(both, sizeof(both), false));
	cr_expect(nop5_at_usdt(both + 1, sizeof(both) - 1, false));
	cr_expect_not(nop5_at_usdt(upstream, sizeof(upstream), true));
}

static int site_check(void *context, const uint8_t *code, size_t size)
{
	unsigned *seen = context;

	++*seen;
	return size < 2 || code[0] != 0x90 || code[1] != 0x90;
}

/* Hits none of them: it is enough that they are linked, and the runtime with its own. */
void probes_here(uint64_t task);
void probes_here(uint64_t task)
{
#define PROBE_HERE(KIND, name) AW_PROBE(name, task, 0, 0, 0);
	AW_PROBES(PROBE_HERE)
#undef PROBE_HERE
	aw_run(NULL, NULL);
}

Test(nop5, no_site_of_the_header_or_of_the_runtime_is_one)
{
#define PROBE_NAME(KIND, name) #name,
	static const char *const probes[] = {"log_open", "log_ship", "log_close",
	                                     AW_PROBES(PROBE_NAME)};
#undef PROBE_NAME

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		unsigned seen = 0;

		cr_expect_eq(elf_sites("/proc/self/exe", "awaitness", probes[i], site_check, &seen),
		             0, "%s", probes[i]);
		cr_expect(seen > (i > 2), "%s: %u", probes[i], seen); /* header's and runtime's */
	}
}

#endif
