/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_tcp.c - TCP: connect, and the part of listen that is TCP's own.
 *
 * A name is resolved and its addresses are tried one after the other, in the
 * resolver's order, as asyncio does without happy_eyeballs_delay.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "io_connect.h"
#include "io_dns.h"
#include "io_listener.h"

static int tcp_connect_one(const struct sockaddr *address, struct io_call *call,
                           struct aw_stream **out)
{
	struct io_connect *connect;
	struct aw_stream *stream;
	int error = io_stream_open(UV_TCP, &stream);

	if (error < 0)
		return error;
	call->object = stream->id;
	uv_tcp_nodelay(&stream->uv.tcp, 1);
	connect = io_connect_new();
	error = connect ? uv_tcp_connect(&connect->uv, &stream->uv.tcp, address, io_connect_done)
	                : -ENOMEM;
	return io_connect_wait(error, connect, stream, call, out);
}

static int address_parse(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	if (uv_ip4_addr(text, port, (struct sockaddr_in *)out) == 0)
		return 0;
	return uv_ip6_addr(text, port, (struct sockaddr_in6 *)out);
}

int aw_tcp_connect(const char *host, uint16_t port, int64_t deadline, struct aw_stream **out)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct sockaddr_storage address;
	struct addrinfo *list;
	struct io_call call;
	char service[8];
	int error;

	*out = NULL;
	io_call_begin(&call, 0, deadline, CALLER);
	if (address_parse(host, port, &address) == 0)
		return tcp_connect_one((struct sockaddr *)&address, &call, out);
	snprintf(service, sizeof(service), "%u", port);
	error = io_resolve(host, service, &hints, &call, &list);
	if (error < 0)
		return error;
	error = -ENOENT;
	for (struct addrinfo *one = list; one; one = one->ai_next) {
		error = tcp_connect_one(one->ai_addr, &call, out);
		if (error == 0 || error == -ECANCELED || error == -ETIMEDOUT)
			break;
	}
	aw_resolve_free(list);
	return error;
}

int aw_tcp_listen(const char *address, uint16_t port, int backlog, struct aw_listener **out)
{
	struct sockaddr_storage name;
	struct aw_stream *stream;
	int error = address_parse(address, port, &name);

	*out = NULL;
	if (error == 0)
		error = io_stream_open(UV_TCP, &stream);
	if (error)
		return error;
	error = uv_tcp_bind(&stream->uv.tcp, (struct sockaddr *)&name, 0);
	return io_listener_new(error, stream, backlog, out);
}
