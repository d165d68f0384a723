/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_signal.c - signals as something a task waits for.
 */
#include <awaitness/io.h>
#include <errno.h>
#include <stdlib.h>

#include "io_wait.h"
#include "task/object.h"

struct aw_signal {
	uv_signal_t uv;
	uint64_t id;
	unsigned int refs;    /* one for the open handle, one for a wait under way */
	unsigned int pending; /* came and nobody has taken it yet */
	bool closing;
	struct io_wait *waiter;
};

static void signal_unref(struct aw_signal *signal)
{
	if (--signal->refs == 0)
		free(signal);
}

static void signal_closed(uv_handle_t *handle)
{
	signal_unref((struct aw_signal *)handle);
}

static void signal_came(uv_signal_t *uv, int number)
{
	struct aw_signal *signal = (struct aw_signal *)uv;

	(void)number;
	signal->pending++;
	io_wait_wake(&signal->waiter, 0);
}

int aw_signal_open(int number, struct aw_signal **out)
{
	uv_loop_t *loop = io_loop();
	struct aw_signal *signal;
	int error;

	*out = NULL;
	if (!loop)
		return -EPERM;
	signal = calloc(1, sizeof(*signal));
	if (!signal)
		return -ENOMEM;
	error = uv_signal_init(loop, &signal->uv);
	if (error < 0) {
		free(signal);
		return error;
	}
	signal->id = object_id();
	signal->refs = 1;
	error = uv_signal_start(&signal->uv, signal_came, number);
	if (error < 0) {
		aw_signal_close(signal);
		return error;
	}
	*out = signal;
	return 0;
}

int aw_signal_wait(struct aw_signal *signal, int64_t deadline)
{
	struct io_call call;
	struct io_wait wait;
	int error = 0;

	if (signal->closing)
		return -EBADF;
	if (signal->waiter)
		return -EBUSY;
	io_call_begin(&call, signal->id, deadline, CALLER);
	signal->refs++;
	while (!error && !signal->pending)
		error = signal->closing ? -EBADF : io_wait_park(&wait, &signal->waiter, &call);
	if (!error) {
		signal->pending--;
		io_call_end(&call);
	}
	signal_unref(signal);
	return error;
}

void aw_signal_close(struct aw_signal *signal)
{
	if (!signal || signal->closing)
		return;
	signal->closing = true;
	io_wait_wake(&signal->waiter, -EBADF);
	uv_close((uv_handle_t *)&signal->uv, signal_closed);
}
