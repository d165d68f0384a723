/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_test.bpf.h - which test of a suite runs: pytest keeps its name in the environment
 * variable PYTEST_CURRENT_TEST, and os.environ sets each variable of C's environment, too.
 */
#ifndef CPYTHON_TEST_BPF_H
#define CPYTHON_TEST_BPF_H

#include "cpython_step.bpf.h"

enum {
	TEST_PART = 31,  /* characters of an item: what is read ends with a NUL */
	TEST_PARTS = 16, /* as much as a name may have (AW_TEXT_MAX) */
	TEST_VARIABLE = 20
};

/* Is it the variable that pytest sets? */
static __always_inline int test_variable(uint64_t name)
{
	static const char wanted[TEST_VARIABLE] = "PYTEST_CURRENT_TEST";
	char text[TEST_VARIABLE] = {};
	uint32_t i;

	if (bpf_probe_read_user(text, sizeof(text), (void *)name))
		return 0;
	for (i = 0; i < TEST_VARIABLE; i++)
		if (text[i] != wanted[i])
			return 0;
	return 1;
}

/* Adds the text at an address to the fact. */
static __always_inline void test_name(struct scratch *s, uint64_t text)
{
	uint32_t i;

	for (i = 0; i < TEST_PARTS; i++) {
		struct cpython_item *item = item_add(s, CPYTHON_ITEM_NAME);
		long n;

		if (!item)
			break;
		item->index = 1;
		n = bpf_probe_read_user_str(&item->a, TEST_PART + 1,
		                            (void *)(text + TEST_PART * i));
		item->state = n > 0 ? n - 1 : 0;
		if (n <= TEST_PART)
			break;
	}
}

/* The variable is set to the text at `value`; 0: it is taken away. */
__noinline int test_tell(uint32_t slot, uint64_t value)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th;

	if (!s)
		return 0;
	th = thread_get(s->tgid_tid);
	if (!th)
		return 0;
	fact_begin(s, CPYTHON_FACT_TEST, s->tgid_tid);
	if (value)
		test_name(s, value);
	fact_send(s, th);
	return 0;
}

static __always_inline int test_probe(uint64_t name, uint64_t value)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	uint32_t *target = process_get(tgid_tid);
	struct cpython_target *t;
	struct thread *th;
	struct scratch *s;
	int slot;

	if (!target || !test_variable(name))
		return 0;
	t = bpf_map_lookup_elem(&targets, target);
	slot = t ? scratch_claim(*target) : -1;
	if (slot < 0) {
		fact_lose(tgid_tid);
		return 0;
	}
	s = scratch_at(slot);
	if (!s)
		return 0;
	/* What ran last in the test before is told first: it still waits for the next step. */
	th = thread_here();
	if (th && th->depth && th->epoch == t->epoch && !top_executes(th, t))
		settle_all(slot, s, th, t, tgid_tid, 0);
	test_tell(slot, value);
	scratch_release(s);
	return 0;
}

#endif
