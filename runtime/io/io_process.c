/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_process.c - child processes and the pipes to them.
 */
#include <awaitness/io.h>
#include <errno.h>
#include <stdlib.h>

#include "io_stream.h"
#include "task/object.h"

/* A call of aw_process_wait; on that call's stack. */
struct child_waiter {
	struct io_wait *wait;
	struct child_waiter *next;
};

struct aw_process {
	uv_process_t uv;
	uint64_t id;
	unsigned int refs; /* one for the handle, one for each wait under way */
	bool ended;
	bool closing;
	int status; /* once it has ended */
	int number; /* the signal that killed it, 0: none */
	struct child_waiter *waiters;
	struct aw_stream *streams[3]; /* the parent's ends; NULL: not a pipe */
};

static void process_unref(struct aw_process *process)
{
	if (--process->refs == 0)
		free(process);
}

static void process_closed(uv_handle_t *handle)
{
	process_unref((struct aw_process *)handle);
}

static void process_wake(struct aw_process *process)
{
	for (struct child_waiter *waiter = process->waiters; waiter; waiter = waiter->next)
		io_wait_wake(&waiter->wait, 0);
}

static void process_ended(uv_process_t *uv, int64_t status, int number)
{
	struct aw_process *process = (struct aw_process *)uv;

	process->ended = true;
	process->status = (int)status;
	process->number = number;
	process_wake(process);
}

static int stdio_set(struct aw_process *process, int number, enum aw_stdio how,
                     uv_stdio_container_t *out)
{
	int error;

	switch (how) {
	case AW_STDIO_INHERIT:
		out->flags = UV_INHERIT_FD;
		out->data.fd = number;
		return 0;
	case AW_STDIO_NULL:
		/* libuv opens /dev/null for 0 to 2 when they are ignored. */
		out->flags = UV_IGNORE;
		return 0;
	case AW_STDIO_PIPE:
		error = io_stream_open(UV_NAMED_PIPE, &process->streams[number]);
		if (error < 0)
			return error;
		out->flags = UV_CREATE_PIPE | (number ? UV_WRITABLE_PIPE : UV_READABLE_PIPE);
		out->data.stream = &process->streams[number]->uv.stream;
		return 0;
	}
	return -EINVAL;
}

static void streams_close(struct aw_process *process)
{
	for (int i = 0; i < 3; i++) {
		aw_stream_close(process->streams[i]);
		process->streams[i] = NULL;
	}
}

int aw_process_spawn(const struct aw_spawn *spawn, struct aw_process **out)
{
	const enum aw_stdio how[3] = {spawn->in, spawn->out, spawn->err};
	uv_stdio_container_t stdio[3] = {0};
	uv_process_options_t options = {.exit_cb = process_ended,
	                                .file = spawn->argv[0],
	                                .cwd = spawn->cwd,
	                                .stdio_count = 3,
	                                .stdio = stdio};
	uv_loop_t *loop = io_loop();
	struct aw_process *process;
	int error = 0;

	*out = NULL;
	if (!loop)
		return -EPERM;
	process = calloc(1, sizeof(*process));
	if (!process)
		return -ENOMEM;
	/* libuv only reads them; its types are execvp's. */
	options.args = (char **)(uintptr_t)spawn->argv;
	options.env = (char **)(uintptr_t)spawn->env;
	process->id = object_id();
	process->refs = 1;
	for (int i = 0; i < 3 && !error; i++)
		error = stdio_set(process, i, how[i], &stdio[i]);
	if (error) {
		streams_close(process);
		free(process);
		return error;
	}
	error = uv_spawn(loop, &process->uv, &options);
	if (error) {
		/* The handle is alive even so. */
		aw_process_close(process);
		return error;
	}
	*out = process;
	return 0;
}

struct aw_stream *aw_process_stream(struct aw_process *process, int number)
{
	return number >= 0 && number < 3 ? process->streams[number] : NULL;
}

void aw_process_end_input(struct aw_process *process)
{
	aw_stream_close(process->streams[0]);
	process->streams[0] = NULL;
}

static void process_leave(struct aw_process *process, struct child_waiter *waiter)
{
	struct child_waiter **at = &process->waiters;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
}

int aw_process_wait(struct aw_process *process, int64_t deadline, int *status, int *number)
{
	struct child_waiter waiter = {.next = process->waiters};
	struct io_call call;
	struct io_wait wait;
	int error = 0;

	if (process->closing)
		return -EBADF;
	io_call_begin(&call, process->id, deadline, CALLER);
	process->refs++;
	process->waiters = &waiter;
	while (!error && !process->ended)
		error = process->closing ? -EBADF : io_wait_park(&wait, &waiter.wait, &call);
	process_leave(process, &waiter);
	if (!error) {
		io_call_end(&call);
		if (status)
			*status = process->status;
		if (number)
			*number = process->number;
	}
	process_unref(process);
	return error;
}

int aw_process_kill(struct aw_process *process, int number)
{
	return process->ended ? -ESRCH : uv_process_kill(&process->uv, number);
}

pid_t aw_process_pid(const struct aw_process *process)
{
	return process->uv.pid;
}

void aw_process_close(struct aw_process *process)
{
	if (!process || process->closing)
		return;
	process->closing = true;
	streams_close(process);
	process_wake(process);
	uv_close((uv_handle_t *)&process->uv, process_closed);
}
