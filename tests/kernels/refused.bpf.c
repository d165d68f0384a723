// SPDX-License-Identifier: BSD-2-Clause
/*
 * refused.bpf.c - a program that no verifier takes, for the tests of what is said then; it also
 * uses a helper that has no row of doctor's.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Set before loading. False: it is harmless. */
const volatile _Bool harmful = 1;

SEC("uprobe")
int reads_anywhere(void *ctx)
{
	long where = (long)bpf_get_prandom_u32();

	(void)ctx;
	return harmful ? *(int *)where : 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
