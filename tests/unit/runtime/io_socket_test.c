/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_socket_test.c - TCP and Unix sockets: connect, accept, half-close, names.
 */
#include <awaitness/io.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t soon(void)
{
	return aw_after(20 * AW_NS_PER_S);
}

static int64_t within(int64_t ms)
{
	return aw_after(ms * AW_NS_PER_MS);
}

static void expect_runs(aw_task_fn fn)
{
	cr_assert_eq(aw_run(fn, NULL), 0);
}

/* Sends back what it reads until the peer's end of file, then a last line. */
static int64_t echo(void *arg)
{
	struct aw_listener *listener = arg;
	struct aw_stream *stream;
	char bytes[256];
	ssize_t count;

	cr_assert_eq(aw_accept(listener, soon(), &stream), 0);
	while ((count = aw_read(stream, bytes, sizeof(bytes), soon())) > 0)
		cr_assert_eq(aw_write(stream, bytes, (size_t)count, soon()), 0);
	cr_assert_eq(count, 0);
	cr_assert_eq(aw_write(stream, "bye\n", 4, soon()), 0);
	aw_stream_close(stream);
	return 0;
}

/* Talks to echo(), shuts down its own half and reads the rest. */
static void half_close(struct aw_stream *stream)
{
	char line[64];

	cr_assert_eq(aw_write(stream, "hello\n", 6, soon()), 0);
	cr_assert_eq(aw_read_line(stream, line, sizeof(line), soon()), 5);
	cr_assert_str_eq(line, "hello");
	cr_assert_eq(aw_stream_shutdown(stream, soon()), 0);
	cr_assert_eq(aw_read_line(stream, line, sizeof(line), soon()), 3);
	cr_assert_str_eq(line, "bye");
	cr_assert_eq(aw_read(stream, line, sizeof(line), soon()), 0);
	aw_stream_close(stream);
}

static int64_t tcp(void *arg)
{
	struct aw_listener *listener;
	struct aw_stream *stream;
	struct aw_task *task;

	(void)arg;
	cr_assert_eq(aw_tcp_listen("127.0.0.1", 0, 16, &listener), 0);
	cr_assert_neq(aw_listener_port(listener), 0);
	task = aw_task_create(echo, listener, NULL);
	cr_assert_eq(aw_tcp_connect("127.0.0.1", aw_listener_port(listener), soon(), &stream), 0);
	half_close(stream);
	cr_assert_eq(aw_await(task, soon(), NULL), 0);
	aw_task_free(task);
	aw_listener_close(listener);
	return 0;
}

Test(io_socket, tcp_talks_both_ways_and_half_closes)
{
	expect_runs(tcp);
}

static int64_t tcp_by_name(void *arg)
{
	struct aw_listener *listener;
	struct aw_stream *stream;
	struct aw_task *task;

	(void)arg;
	cr_assert_eq(aw_tcp_listen("127.0.0.1", 0, 16, &listener), 0);
	task = aw_task_create(echo, listener, NULL);
	cr_assert_eq(aw_tcp_connect("localhost", aw_listener_port(listener), soon(), &stream), 0);
	half_close(stream);
	cr_assert_eq(aw_await(task, soon(), NULL), 0);
	aw_task_free(task);
	aw_listener_close(listener);
	return 0;
}

Test(io_socket, a_name_is_resolved_and_its_addresses_are_tried)
{
	expect_runs(tcp_by_name);
}

static int64_t unix_socket(void *arg)
{
	struct aw_listener *listener, *second;
	struct aw_stream *stream;
	struct aw_task *task;
	char path[64], longer[200];

	(void)arg;
	snprintf(path, sizeof(path), "/tmp/io_socket_test.%d", getpid());
	unlink(path);
	cr_assert_eq(aw_unix_connect(path, soon(), &stream), -ENOENT);
	cr_assert_eq(aw_unix_listen(path, 16, &listener), 0);
	cr_assert_eq(aw_unix_listen(path, 16, &second), -EADDRINUSE);
	task = aw_task_create(echo, listener, NULL);
	cr_assert_eq(aw_unix_connect(path, soon(), &stream), 0);
	half_close(stream);
	cr_assert_eq(aw_await(task, soon(), NULL), 0);
	aw_task_free(task);
	aw_listener_close(listener);
	aw_yield();
	aw_sleep(AW_NS_PER_MS);
	cr_assert_neq(access(path, F_OK), 0, "the socket's file is still there");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	cr_assert_eq(aw_unix_listen(longer, 16, &listener), -ENAMETOOLONG);
	cr_assert_eq(aw_unix_connect(longer, soon(), &stream), -ENAMETOOLONG);
	return 0;
}

Test(io_socket, unix_sockets_work_and_clean_up_their_file)
{
	expect_runs(unix_socket);
}

static int64_t port_in_use(void *arg)
{
	struct aw_listener *listener, *second;

	(void)arg;
	cr_assert_eq(aw_tcp_listen("127.0.0.1", 0, 16, &listener), 0);
	cr_assert_eq(aw_tcp_listen("127.0.0.1", aw_listener_port(listener), 16, &second),
	             -EADDRINUSE);
	cr_assert_null(second);
	aw_listener_close(listener);
	return 0;
}

Test(io_socket, a_port_in_use_is_an_error)
{
	expect_runs(port_in_use);
}

static int64_t nobody_listens(void *arg)
{
	struct aw_listener *listener;
	struct aw_stream *stream;
	uint16_t port;

	(void)arg;
	cr_assert_eq(aw_tcp_listen("127.0.0.1", 0, 16, &listener), 0);
	port = aw_listener_port(listener);
	aw_listener_close(listener);
	aw_sleep(AW_NS_PER_MS);
	cr_assert_eq(aw_tcp_connect("127.0.0.1", port, soon(), &stream), -ECONNREFUSED);
	cr_assert_null(stream);
	return 0;
}

Test(io_socket, a_connection_refused_is_an_error_and_gives_no_stream)
{
	expect_runs(nobody_listens);
}

struct accepting {
	struct aw_listener *listener;
	int result;
	int order;
};

static int accepted;

static int64_t accept_one(void *arg)
{
	struct accepting *accepting = arg;
	struct aw_stream *stream;

	accepting->result = aw_accept(accepting->listener, AW_FOREVER, &stream);
	accepting->order = ++accepted;
	aw_stream_close(stream);
	return accepting->result;
}

static int64_t several_accept(void *arg)
{
	struct accepting accepting[4] = {0};
	struct aw_task *tasks[4];
	struct aw_stream *streams[4];
	struct aw_listener *listener;

	(void)arg;
	accepted = 0;
	cr_assert_eq(aw_tcp_listen("127.0.0.1", 0, 16, &listener), 0);
	for (int i = 0; i < 4; i++) {
		accepting[i].listener = listener;
		tasks[i] = aw_task_create(accept_one, &accepting[i], NULL);
	}
	aw_yield();
	aw_cancel(tasks[1]);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(aw_tcp_connect("127.0.0.1", aw_listener_port(listener), soon(),
		                            &streams[i]),
		             0);
	aw_wait(tasks[0], soon());
	aw_wait(tasks[2], soon());
	cr_assert_eq(accepting[0].result, 0);
	cr_assert_eq(accepting[1].result, -ECANCELED);
	cr_assert_eq(accepting[2].result, 0);
	cr_assert_lt(accepting[0].order, accepting[2].order);
	aw_listener_close(listener);
	aw_wait(tasks[3], soon());
	cr_assert_eq(accepting[3].result, -EBADF);
	for (int i = 0; i < 4; i++)
		aw_task_free(tasks[i]);
	aw_stream_close(streams[0]);
	aw_stream_close(streams[1]);
	return 0;
}

Test(io_socket, those_who_accept_are_served_in_order_skip_the_cancelled_and_end_with_the_listener)
{
	expect_runs(several_accept);
}

static int64_t cancelled_when_woken(void *arg)
{
	struct accepting accepting[2] = {0};
	struct aw_task *tasks[2];
	struct aw_stream *stream;
	struct aw_listener *listener;

	(void)arg;
	accepted = 0;
	cr_assert_eq(aw_tcp_listen("127.0.0.1", 0, 16, &listener), 0);
	for (int i = 0; i < 2; i++) {
		accepting[i].listener = listener;
		tasks[i] = aw_task_create(accept_one, &accepting[i], NULL);
	}
	aw_yield();
	cr_assert_eq(aw_tcp_connect("127.0.0.1", aw_listener_port(listener), soon(), &stream), 0);
	/* Whether or not the first has been woken by now: the connection goes to one of them. */
	if (aw_cancel(tasks[0]))
		aw_wait(tasks[0], soon());
	if (accepting[0].result == -ECANCELED) {
		aw_wait(tasks[1], soon());
		cr_assert_eq(accepting[1].result, 0);
	} else {
		aw_cancel(tasks[1]);
		aw_wait(tasks[1], soon());
	}
	aw_task_free(tasks[0]);
	aw_task_free(tasks[1]);
	aw_stream_close(stream);
	aw_listener_close(listener);
	return 0;
}

Test(io_socket, a_connection_is_not_lost_with_a_cancelled_acceptor)
{
	expect_runs(cancelled_when_woken);
}

static int64_t accept_times_out(void *arg)
{
	struct aw_listener *listener;
	struct aw_stream *stream;

	(void)arg;
	cr_assert_eq(aw_tcp_listen("::1", 0, 16, &listener), 0);
	cr_assert_eq(aw_accept(listener, within(5), &stream), -ETIMEDOUT);
	cr_assert_null(stream);
	aw_listener_close(listener);
	return 0;
}

Test(io_socket, accept_ends_at_its_deadline)
{
	expect_runs(accept_times_out);
}

static int64_t connect_expired(void *arg)
{
	struct aw_listener *listener;
	struct aw_stream *stream;

	(void)arg;
	cr_assert_eq(aw_tcp_listen("127.0.0.1", 0, 16, &listener), 0);
	cr_assert_eq(aw_tcp_connect("127.0.0.1", aw_listener_port(listener), 0, &stream),
	             -ETIMEDOUT);
	cr_assert_null(stream);
	aw_listener_close(listener);
	return 0;
}

Test(io_socket, a_connect_whose_deadline_has_passed_leaves_nothing_behind)
{
	expect_runs(connect_expired);
}

static int64_t resolve(void *arg)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;

	(void)arg;
	cr_assert_eq(aw_resolve("localhost", "80", &hints, soon(), &list), 0);
	cr_assert_eq(((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr,
	             htonl(INADDR_LOOPBACK));
	cr_assert_eq(((struct sockaddr_in *)list->ai_addr)->sin_port, htons(80));
	aw_resolve_free(list);
	hints.ai_flags = AI_NUMERICHOST;
	cr_assert_eq(aw_resolve("no number", NULL, &hints, soon(), &list), -ENOENT);
	cr_assert_null(list);
	cr_assert_eq(aw_resolve("localhost", NULL, NULL, 0, &list), -ETIMEDOUT);
	return 0;
}

Test(io_socket, names_resolve_unknown_ones_do_not_and_an_abandoned_answer_is_freed)
{
	expect_runs(resolve);
}

static int64_t bad_address(void *arg)
{
	struct aw_listener *listener;

	(void)arg;
	cr_assert_eq(aw_tcp_listen("localhost", 0, 16, &listener), -EINVAL);
	return 0;
}

Test(io_socket, listening_wants_a_numeric_address)
{
	expect_runs(bad_address);
}
