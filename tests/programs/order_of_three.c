/* expect: lock a unknown; lock b unknown; lock c unknown; finding lock-order a */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order_of_three.c - three locks in a circle of orders; it did not catch anybody this time.
 */
#include "scene.h"

TRUTH_AWAITS;

static struct counted_lock a, b, c;

/* Takes two locks with a suspension between. */
static int both(struct counted_lock *first, struct counted_lock *second)
{
	if (COUNTED_TAKE(first) < 0)
		return -ECANCELED;
	COUNTED_YIELD(first);
	if (COUNTED_TAKE(second) < 0)
		return -ECANCELED;
	COUNTED_FREE(second);
	COUNTED_FREE(first);
	return 0;
}

static int64_t taker(void *arg)
{
	struct counted_lock *const order[] = {&a, &b, &c, &a};
	intptr_t i = (intptr_t)arg;

	for (intptr_t n = 0; n < 8 * i; n++) /* one after the other, by luck */
		COUNTED_YIELD(NULL);
#ifdef REPAIRED
	if (i == 2)
		return both(&a, &c);
#endif
	return both(order[i], order[i + 1]);
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&a, "a");
	COUNTED_LOCK_INIT(&b, "b");
	COUNTED_LOCK_INIT(&c, "c");
}

static void end(void)
{
	aw_lock_free(a.lock);
	aw_lock_free(b.lock);
	aw_lock_free(c.lock);
}

static void truth(void)
{
	truth_print_lock(&a);
	truth_print_lock(&b);
	truth_print_lock(&c);
}

int main(void)
{
	return scene_play((struct scene){setup, end, truth, 0, {{taker, "taker", 3}}});
}
