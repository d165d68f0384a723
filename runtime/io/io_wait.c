/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_wait.c - how an I/O call waits: the one place where tasks and libuv meet.
 */
#include "io_wait.h"
#include "task/loop.h"

void io_call_begin(struct io_call *call, uint64_t object, int64_t deadline, uint64_t site)
{
	*call = (struct io_call){.object = object, .site = site, .deadline = deadline};
	if (object)
		tell(AW_IO, 0, object, site);
}

void io_call_end(const struct io_call *call)
{
	if (call->suspended)
		tell(AW_IO, 0, call->object, call->site);
}

int io_wait_park(struct io_wait *wait, struct io_wait **slot, struct io_call *call)
{
	int error = waiter_check(call->deadline);

	wait->slot = slot;
	if (error < 0)
		return error;
	waiter_init(&wait->waiter);
	wait->result = 0;
	*slot = wait;
	call->suspended = true;
	error = waiter_park(&wait->waiter, AW_AWAIT_IO, call->object, call->site, call->deadline);
	if (wait->slot)
		*slot = NULL;
	return error < 0 ? error : wait->result;
}

void io_wait_wake(struct io_wait **slot, int result)
{
	struct io_wait *wait = *slot;

	if (!wait)
		return;
	*slot = NULL;
	wait->slot = NULL;
	wait->result = result;
	waiter_wake(&wait->waiter, AW_AWAIT_IO, 0);
}

uv_loop_t *io_loop(void)
{
	struct aw_loop *loop = loop_current();

	return loop ? &loop->uv : NULL;
}
