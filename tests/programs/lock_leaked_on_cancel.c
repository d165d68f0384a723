/* expect: lock door unknown; finding lock-never-released door */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_leaked_on_cancel.c - a cancelled task returns and leaves its lock locked.
 */
#include "scene.h"

TRUTH_AWAITS;

static struct counted_lock door;
static uint64_t inside;

static int64_t guest(void *arg)
{
	(void)arg;
	if (COUNTED_TAKE(&door) < 0)
		return -ECANCELED;
	AW_WRITE(inside) = 1;
	if (COUNTED_YIELD(&door) == -ECANCELED) {
#ifdef REPAIRED
		COUNTED_FREE(&door);
#else
		door.suspended++; /* it stays open, and spans what is left of the run */
#endif
		return -ECANCELED;
	}
	COUNTED_FREE(&door);
	return 0;
}

static int64_t host(void *arg)
{
	int tasks = 0;

	(void)arg;
	scene_task_count++;
	tasks += aw_task_spawn(guest, NULL, "polite guest") == 0;
	COUNTED_YIELD(NULL);
	COUNTED_YIELD(NULL);
	struct aw_task *rude = scene_task(guest, 0, "guest");

	COUNTED_YIELD(NULL);
	aw_cancel(rude);
	COUNTED_YIELD(NULL);
	aw_task_free(rude);
	return tasks == 1 ? 0 : -EIO;
}

static void setup(void)
{
	COUNTED_LOCK_INIT(&door, "door");
}

static void truth(void)
{
	truth_print_lock(&door);
}

int main(void)
{
	return scene_play(
		(struct scene){.setup = setup, .truth = truth, .roles = {{host, "host", 1}}});
}
