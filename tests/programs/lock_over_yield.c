/* expect: lock rows unknown; finding self-deadlock rows */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_over_yield.c - a lock held over a generator's yield: the body of the loop wants it, too.
 *
 * `for_each` hands each row to its caller while it holds the lock, as an async generator does that
 * yields inside `async with lock`.
 */
#include "scene.h"

TRUTH_AWAITS;

enum { ROWS = 3 };

static struct counted_lock rows;
static uint64_t total;

static int for_each(int (*body)(uint64_t row))
{
	for (uint64_t row = 0; row < ROWS; row++) {
		int error = COUNTED_TAKE(&rows);
		uint64_t next = row;

		if (error < 0)
			return error;
#ifdef REPAIRED
		COUNTED_FREE(&rows); /* what is yielded is a copy */
		error = body(next);
#else
		rows.spanned = true; /* the body suspends, here in the wait for the lock */
		error = body(next);
		COUNTED_FREE(&rows);
#endif
		if (error < 0)
			return error;
	}
	return 0;
}

static int add(uint64_t row)
{
	int error = COUNTED_TAKE(&rows);

	if (error < 0)
		return error;
	total += row;
	COUNTED_FREE(&rows);
	return 0;
}

static int64_t consumer(void *arg)
{
	(void)arg;
	return for_each(add);
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&rows, "rows");
}

static void truth(void)
{
	truth_print_lock(&rows);
}

int main(void)
{
	return scene_play((struct scene){.setup = setup,
	                                 .truth = truth,
	                                 .timeout = AW_NS_PER_S,
	                                 .roles = {{consumer, "consumer", 1}}});
}
