/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_dns.c - names to addresses, by the C library in libuv's thread pool.
 *
 * A request that has begun cannot be stopped: when the task gives up, its
 * callback frees what it found.
 */
#include <awaitness/io.h>
#include <errno.h>
#include <stdlib.h>

#include "io_dns.h"
#include "task/object.h"

struct resolve_request {
	uv_getaddrinfo_t uv;
	struct io_wait *wait;
	struct addrinfo **out; /* the caller's; valid while it waits */
};

/* UV_EAI_* are not errno values: the ones a program may act upon, and the rest. */
static int resolve_error(int status)
{
	switch (status) {
	case UV_EAI_NONAME:
	case UV_EAI_NODATA:
	case UV_EAI_ADDRFAMILY:
		return -ENOENT;
	case UV_EAI_AGAIN:
		return -EAGAIN;
	case UV_EAI_MEMORY:
		return -ENOMEM;
	case UV_EAI_SERVICE:
	case UV_EAI_SOCKTYPE:
	case UV_EAI_BADFLAGS:
	case UV_EAI_FAMILY:
		return -EINVAL;
	}
	return status <= UV_EAI_ADDRFAMILY && status >= UV_EAI_PROTOCOL ? -EIO : status;
}

static void resolve_done(uv_getaddrinfo_t *uv, int status, struct addrinfo *list)
{
	struct resolve_request *request = (struct resolve_request *)uv;

	if (request->wait && status == 0)
		*request->out = list;
	else
		uv_freeaddrinfo(list);
	io_wait_wake(&request->wait, resolve_error(status));
	free(request);
}

int io_resolve(const char *host, const char *service, const struct addrinfo *hints,
               struct io_call *call, struct addrinfo **out)
{
	uv_loop_t *loop = io_loop();
	struct resolve_request *request;
	struct io_wait wait;
	int error;

	*out = NULL;
	if (!loop)
		return -EPERM;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	request->out = out;
	if (!call->object)
		call->object = object_id();
	error = uv_getaddrinfo(loop, &request->uv, resolve_done, host, service, hints);
	if (error < 0) {
		free(request);
		return resolve_error(error);
	}
	error = io_wait_park(&wait, &request->wait, call);
	if (error < 0) {
		/* Cancelled after the answer had come. */
		uv_freeaddrinfo(*out);
		*out = NULL;
	}
	return error;
}

int aw_resolve(const char *host, const char *service, const struct addrinfo *hints,
               int64_t deadline, struct addrinfo **out)
{
	struct io_call call;
	int error;

	io_call_begin(&call, object_id(), deadline, CALLER);
	error = io_resolve(host, service, hints, &call, out);
	if (!error)
		io_call_end(&call);
	return error;
}

void aw_resolve_free(struct addrinfo *list)
{
	uv_freeaddrinfo(list);
}
