// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_uprobe_test.c - no uprobe is attached where it would harm, whoever asks for it.
 *
 * Needs a kernel that rewrites probes on 5-byte nops: elsewhere there is nothing to refuse.
 */
#include <awaitness/probe.h>

#include <bpf/libbpf.h>
#include <criterion/criterion.h>
#include <unistd.h>

#include "kernel/nop5.h"
#include "load/session_uprobe.h"

#ifdef __x86_64__

/* In the text that the linker puts first, so that its place in the file can be told. */
__asm__(".text\n.globl uprobe_test_nop5\nuprobe_test_nop5: .byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n "
        "ret\n");
extern const char uprobe_test_nop5[], __executable_start[];

/* A note that says that a probe is there. */
__asm__(".pushsection .note.stapsdt,\"\",\"note\"\n .balign 4\n .4byte 8, 2f-1f, 3\n"
        " .asciz \"stapsdt\"\n1: .8byte uprobe_test_nop5, 0, 0\n"
        " .asciz \"awaitness\", \"await\", \"\"\n2: .balign 4\n .popsection\n");

static bool harms(void)
{
	int error;

	return nop5_measure(&error) != NOP5_TRAPS;
}

Test(session_uprobe, a_place_that_is_a_nop_of_five_bytes_is_refused)
{
	struct bpf_link *link;

	if (!harms())
		cr_skip("this kernel does not rewrite probes");
	cr_expect_eq(session_uprobe_place(NULL, getpid(), "/proc/self/exe",
	                                  (uint64_t)(uprobe_test_nop5 - __executable_start), &link),
	             -SESSION_UPROBE_HARMS);
	cr_expect_null(link);
}

Test(session_uprobe, a_probe_with_such_a_site_is_refused)
{
	struct bpf_link *link;

	if (!harms())
		cr_skip("this kernel does not rewrite probes");
	cr_expect_eq(session_uprobe_usdt(NULL, getpid(), "/proc/self/exe", "await", 0, &link),
	             -SESSION_UPROBE_HARMS);
	cr_expect_null(link);
}

#endif
