/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * work.c - functions that block, run in libuv's thread pool.
 *
 * The request lies on the task's stack: the task therefore never leaves before
 * libuv is done with it, which also keeps the caller's `arg` alive.
 */
#include <errno.h>

#include "loop.h"
#include "object.h"

struct work {
	uv_work_t uv;
	struct waiter waiter;
	aw_task_fn fn;
	void *arg;
	int64_t result;
	uint64_t id;
	uint64_t site;
	int status;    /* UV_ECANCELED: withdrawn before it began */
	bool finished; /* libuv is done with it */
};

static void work_do(uv_work_t *uv)
{
	struct work *work = uv->data;

	tell(AW_OBSERVE, AW_AWAIT_WORK, work->id, work->site);
	work->result = work->fn(work->arg);
	tell(AW_SIGNAL, AW_AWAIT_WORK, work->id, work->site);
	log_before_sleep();
}

static void work_done(uv_work_t *uv, int status)
{
	struct work *work = uv->data;

	work->status = status;
	work->finished = true;
	waiter_wake(&work->waiter, AW_AWAIT_WORK, work->site);
}

/* The wait has ended early: withdraws the work, or waits for its end and lets that win. */
static int work_stop(struct work *work, int err)
{
	bool withdrawn = uv_cancel((uv_req_t *)&work->uv) == 0;

	if (!work->finished) {
		waiter_init(&work->waiter);
		waiter_park_fixed(&work->waiter, AW_AWAIT_WORK, work->id, work->site);
	}
	if (withdrawn || work->status)
		return err;
	if (err == -ECANCELED)
		aw__thread.task->must_cancel = true;
	return 0;
}

int aw_to_thread(aw_task_fn fn, void *arg, int64_t deadline, int64_t *result)
{
	struct work work = {.fn = fn, .arg = arg, .site = CALLER};
	int err = waiter_check(deadline);

	if (err)
		return err;
	work.id = object_id();
	work.uv.data = &work;
	waiter_init(&work.waiter);
	tell(AW_SIGNAL, AW_AWAIT_WORK, work.id, work.site);
	err = uv_queue_work(&loop_current()->uv, &work.uv, work_do, work_done);
	if (err)
		return err;
	err = waiter_park(&work.waiter, AW_AWAIT_WORK, work.id, work.site, deadline);
	if (err)
		err = work_stop(&work, err);
	if (err)
		return err;
	tell(AW_OBSERVE, AW_AWAIT_WORK, work.id, work.site);
	if (result)
		*result = work.result;
	return 0;
}
