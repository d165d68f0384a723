/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * callback.c - plain callbacks of a loop, from its own thread and from others.
 */
#include <errno.h>
#include <stdlib.h>

#include "loop.h"
#include "object.h"

struct loop_call {
	struct ready ready;     /* first */
	struct loop_call *next; /* on the way from another thread */
	aw_callback_fn fn;
	void *arg;
	uint64_t id;
	uint64_t site;
	enum aw_await cause;
};

static struct loop_call *call_new(aw_callback_fn fn, void *arg, enum aw_await cause, uint64_t site)
{
	struct loop_call *call = malloc(sizeof(*call));

	if (!call)
		return NULL;
	*call = (struct loop_call){
		.fn = fn, .arg = arg, .id = object_id(), .site = site, .cause = cause};
	/* What the caller did before happens before the callback. */
	tell(AW_SIGNAL, cause, call->id, site);
	return call;
}

int aw_call_soon(aw_callback_fn fn, void *arg)
{
	struct aw_loop *loop = loop_current();
	struct loop_call *call;

	if (!loop)
		return -EPERM;
	call = call_new(fn, arg, AW_AWAIT_OTHER, CALLER);
	if (!call)
		return -ENOMEM;
	loop_queue(loop, &call->ready);
	return 0;
}

int aw_call_soon_threadsafe(struct aw_loop *loop, aw_callback_fn fn, void *arg)
{
	struct loop_call *call = call_new(fn, arg, AW_AWAIT_THREADSAFE, CALLER);

	if (!call)
		return -ENOMEM;
	uv_mutex_lock(&loop->mutex);
	*loop->calls_end = call;
	loop->calls_end = &call->next;
	/* Under the mutex, so that the loop cannot be gone between the two. */
	uv_async_send(&loop->wakeup);
	uv_mutex_unlock(&loop->mutex);
	return 0;
}

void callback_collect(uv_async_t *wakeup)
{
	struct aw_loop *loop = wakeup->data;
	struct loop_call *call, *next;

	uv_mutex_lock(&loop->mutex);
	call = loop->calls_first;
	loop->calls_first = NULL;
	loop->calls_end = &loop->calls_first;
	uv_mutex_unlock(&loop->mutex);
	for (; call; call = next) {
		next = call->next;
		loop_queue(loop, &call->ready);
	}
}

void callback_run(struct ready *ready)
{
	struct loop_call *call = (struct loop_call *)ready;
	aw_callback_fn fn = call->fn;
	void *arg = call->arg;

	tell(AW_CALLBACK, 0, call->id, call->site);
	tell(AW_OBSERVE, call->cause, call->id, call->site);
	free(call);
	fn(arg);
}

void callback_drop(struct aw_loop *loop)
{
	while (loop->ready_first)
		free(loop_unqueue(loop));
}
