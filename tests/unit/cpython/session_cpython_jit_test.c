/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_cpython_jit_test.c - a Python whose JIT is on: nothing is claimed that it hides.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "python_traced.h"

struct tally {
	unsigned taken, freed, spanned, lost;
	bool open, suspended;
	uint64_t lock; /* the asyncio.Lock */
	uint64_t can;
};

static int tally_batch(void *context, const struct stream_batch *batch)
{
	struct tally *tally = context;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];

		if (event->kind == AW_TARGET)
			tally->can = event->site;
		tally->lost += event->kind == AW_LOST;
		if (event->kind == AW_LOCK_NEW &&
		    (event->arg & AW_ARG_VALUE) == AW_LOCK_TYPE_ASYNCIO_LOCK)
			tally->lock = event->object;
		if (event->kind == AW_LOCK_TAKEN && event->object == tally->lock) {
			tally->taken++;
			tally->open = true;
			tally->suspended = false;
		} else if (event->kind == AW_LOCK_FREED && event->object == tally->lock) {
			tally->freed++;
			tally->spanned += tally->suspended;
			tally->open = false;
		}
		tally->suspended |= event->kind == AW_SUSPEND && tally->open;
	}
	return 0;
}

static struct program program;
static struct tally tally;

/* Runs hot_locks.py traced; returns the sections it counted, and sets how many suspended. */
static unsigned trace(const char *jit, enum cpython_detail detail, unsigned *spanned,
                      unsigned *version)
{
	unsigned sections;

	setenv("PYTHON_JIT", jit, 1);
	program_ready(&program, "hot_locks");
	cr_assert_eq(cpython_detect(program.pid, version), 1);
	program_traced(&program, detail, tally_batch, &tally);
	cr_assert_eq(sscanf(strstr(program.text, "lock Hot._lock"), "lock Hot._lock %u %u",
	                    &sections, spanned),
	             2);
	cr_assert_eq(tally.lost, 0);
	return sections;
}

static void expect_exact(unsigned sections, unsigned spanned)
{
	cr_expect_eq(tally.taken, sections, "told %u, truth %u", tally.taken, sections);
	cr_expect_eq(tally.spanned, spanned, "told %u, truth %u", tally.spanned, spanned);
	cr_expect(tally.can & AW_CAN_ACQUIRES);
}

Test(session_cpython_jit, off_every_section_is_told)
{
	unsigned spanned, version, sections = trace("0", CPYTHON_LOCKS, &spanned, &version);

	expect_exact(sections, spanned);
}

Test(session_cpython_jit, on_level_locks_does_not_claim_to_see_all)
{
	unsigned spanned, version, sections = trace("1", CPYTHON_LOCKS, &spanned, &version);

	cr_expect_eq((tally.can & AW_CAN_ACQUIRES) == 0, version >= (3 << 8 | 14));
	cr_expect_leq(tally.taken, sections);
}

Test(session_cpython_jit, on_level_awaits_sees_every_section)
{
	unsigned spanned, version, sections = trace("1", CPYTHON_AWAITS, &spanned, &version);

	expect_exact(sections, spanned);
}
