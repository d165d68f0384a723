/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_stream_test.c - reading, writing, ends, cancels and timeouts of streams.
 */
#include <awaitness/io.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A step budget that only a hang exceeds. */
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

static int64_t reads_what_was_written(void *arg)
{
	struct aw_stream *pipe[2];
	char bytes[16];

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	cr_assert_eq(aw_write(pipe[1], "hello", 5, soon()), 0);
	cr_assert_eq(aw_read(pipe[0], bytes, sizeof(bytes), soon()), 5);
	cr_assert(memcmp(bytes, "hello", 5) == 0);
	aw_stream_close(pipe[0]);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, what_is_written_into_a_pipe_comes_out)
{
	expect_runs(reads_what_was_written);
}

static int order;

static int64_t other_step(void *arg)
{
	*(int *)arg = ++order;
	return 0;
}

static int64_t buffered_read(void *arg)
{
	struct aw_stream *pipe[2];
	int other = 0;
	char bytes[4];

	(void)arg;
	order = 0;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	cr_assert_eq(aw_write(pipe[1], "abcdefgh", 8, soon()), 0);
	cr_assert_eq(aw_read(pipe[0], bytes, 4, soon()), 4);
	cr_assert_eq(aw_stream_buffered(pipe[0]), 4);
	aw_task_spawn(other_step, &other, NULL);
	cr_assert_eq(aw_read(pipe[0], bytes, 4, soon()), 4);
	cr_assert_eq(other, 0, "the other task ran: the read suspended");
	cr_assert_eq(aw_stream_buffered(pipe[0]), 0);
	/* Also with a deadline that has passed: it need not wait. */
	cr_assert_eq(aw_write(pipe[1], "ijkl", 4, 0), 0);
	cr_assert_eq(aw_read(pipe[0], bytes, 4, 0), -ETIMEDOUT);
	cr_assert_eq(aw_read(pipe[0], bytes, 4, soon()), 4);
	cr_assert_eq(other, 1);
	aw_stream_close(pipe[0]);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, a_read_that_finds_bytes_in_the_buffer_does_not_suspend)
{
	expect_runs(buffered_read);
}

static int64_t lines(void *arg)
{
	static const char text[] = "one\r\ntwo\n\nrest";
	struct aw_stream *pipe[2];
	char line[16];

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	cr_assert_eq(aw_write(pipe[1], text, strlen(text), soon()), 0);
	cr_assert_eq(aw_read_line(pipe[0], line, sizeof(line), soon()), 3);
	cr_assert_str_eq(line, "one");
	cr_assert_eq(aw_read_line(pipe[0], line, sizeof(line), soon()), 3);
	cr_assert_str_eq(line, "two");
	cr_assert_eq(aw_read_line(pipe[0], line, sizeof(line), soon()), 0);
	cr_assert_str_eq(line, "");
	cr_assert_eq(aw_read_line(pipe[0], line, sizeof(line), within(5)), -ETIMEDOUT);
	cr_assert_eq(aw_read_line(pipe[0], line, 4, soon()), -EMSGSIZE);
	aw_stream_close(pipe[1]);
	cr_assert_eq(aw_read_line(pipe[0], line, sizeof(line), soon()), -ENODATA);
	cr_assert_eq(aw_read(pipe[0], line, sizeof(line), soon()), 4);
	cr_assert(memcmp(line, "rest", 4) == 0);
	cr_assert_eq(aw_read_line(pipe[0], line, sizeof(line), soon()), -EPIPE);
	aw_stream_close(pipe[0]);
	return 0;
}

Test(io_stream, lines_are_cut_out_and_a_failed_read_of_a_line_consumes_nothing)
{
	expect_runs(lines);
}

static int64_t exact(void *arg)
{
	struct aw_stream *pipe[2];
	char bytes[8];

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	cr_assert_eq(aw_write(pipe[1], "123", 3, soon()), 0);
	cr_assert_eq(aw_read_exact(pipe[0], bytes, 5, within(5)), -ETIMEDOUT);
	cr_assert_eq(aw_write(pipe[1], "4567", 4, soon()), 0);
	cr_assert_eq(aw_read_exact(pipe[0], bytes, 5, soon()), 5);
	cr_assert(memcmp(bytes, "12345", 5) == 0);
	aw_stream_close(pipe[1]);
	cr_assert_eq(aw_read_exact(pipe[0], bytes, 5, soon()), -ENODATA);
	cr_assert_eq(aw_read_exact(pipe[0], bytes, 2, soon()), 2);
	cr_assert_eq(aw_read_exact(pipe[0], bytes, 5, soon()), 0);
	cr_assert(aw_stream_ended(pipe[0]));
	aw_stream_close(pipe[0]);
	return 0;
}

Test(io_stream, read_exact_takes_all_or_nothing)
{
	expect_runs(exact);
}

enum { BIG = 8 * 1024 * 1024 };

struct transfer {
	struct aw_stream *stream;
	char *bytes;
	bool written;
	int result;
};

static int64_t write_big(void *arg)
{
	struct transfer *transfer = arg;

	transfer->result = aw_write(transfer->stream, transfer->bytes, BIG, soon());
	transfer->written = true;
	aw_stream_shutdown(transfer->stream, soon());
	aw_stream_close(transfer->stream);
	return 0;
}

static int64_t big_write(void *arg)
{
	struct aw_stream *pipe[2];
	struct transfer transfer = {0};
	char *got = malloc(BIG);
	size_t used = 0;
	ssize_t count;

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	transfer.stream = pipe[1];
	transfer.bytes = malloc(BIG);
	for (size_t i = 0; i < BIG; i++)
		transfer.bytes[i] = (char)(i * 2654435761u >> 13);
	aw_task_spawn(write_big, &transfer, NULL);
	aw_sleep(20 * AW_NS_PER_MS);
	cr_assert(!transfer.written, "8 MiB fitted into a pipe that nobody reads");
	while ((count = aw_read(pipe[0], got + used, BIG - used + (used == BIG), soon())) > 0)
		used += (size_t)count;
	cr_assert_eq(count, 0);
	cr_assert_eq(used, BIG);
	cr_assert_eq(memcmp(got, transfer.bytes, BIG), 0);
	cr_assert(transfer.written);
	cr_assert_eq(transfer.result, 0);
	aw_stream_close(pipe[0]);
	free(got);
	free(transfer.bytes);
	return 0;
}

Test(io_stream, a_slow_reader_stops_the_writer_and_nothing_is_lost)
{
	expect_runs(big_write);
}

static int64_t exact_big(void *arg)
{
	struct aw_stream *pipe[2];
	struct transfer transfer = {0};
	char *got = malloc(BIG);

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	transfer.stream = pipe[1];
	transfer.bytes = calloc(1, BIG);
	transfer.bytes[BIG - 1] = 'z';
	aw_task_spawn(write_big, &transfer, NULL);
	cr_assert_eq(aw_read_exact(pipe[0], got, BIG, soon()), BIG);
	cr_assert_eq(got[BIG - 1], 'z');
	aw_stream_close(pipe[0]);
	free(got);
	aw_yield();
	while (!transfer.written)
		aw_sleep(AW_NS_PER_MS);
	free(transfer.bytes);
	return 0;
}

Test(io_stream, read_exact_may_be_larger_than_the_buffer)
{
	expect_runs(exact_big);
}

static int64_t abandoned_write(void *arg)
{
	struct aw_stream *pipe[2];
	char *bytes = malloc(BIG), *got = malloc(BIG);

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	memset(bytes, 'x', BIG);
	cr_assert_eq(aw_write(pipe[1], bytes, BIG, within(5)), -ETIMEDOUT);
	memset(bytes, 'y', BIG);
	free(bytes);
	/* It is sent even so, as it was. */
	cr_assert_eq(aw_read_exact(pipe[0], got, BIG, soon()), BIG);
	cr_assert_eq(got[0], 'x');
	cr_assert_eq(got[BIG - 1], 'x');
	free(got);
	aw_stream_close(pipe[0]);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, a_write_that_timed_out_needs_the_buffer_no_more)
{
	expect_runs(abandoned_write);
}

static int64_t closed_with_rest(void *arg)
{
	struct aw_stream *pipe[2];
	char *bytes = calloc(1, BIG);

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	cr_assert_eq(aw_write(pipe[1], bytes, BIG, within(5)), -ETIMEDOUT);
	free(bytes);
	aw_stream_close(pipe[1]);
	aw_stream_close(pipe[0]);
	return 0;
}

Test(io_stream, closing_drops_what_was_not_sent)
{
	expect_runs(closed_with_rest);
}

static int64_t broken_pipe(void *arg)
{
	struct aw_stream *pipe[2];

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	aw_stream_close(pipe[0]);
	aw_sleep(AW_NS_PER_MS);
	cr_assert_eq(aw_write(pipe[1], "x", 1, soon()), -EPIPE);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, a_write_to_a_closed_peer_is_an_error_and_no_signal)
{
	expect_runs(broken_pipe);
}

struct waiting {
	struct aw_stream *stream;
	int64_t deadline;
	ssize_t result;
	bool ended;
};

static int64_t wait_to_read(void *arg)
{
	struct waiting *waiting = arg;
	char byte;

	waiting->result = aw_read(waiting->stream, &byte, 1, waiting->deadline);
	waiting->ended = true;
	return waiting->result < 0 ? waiting->result : 0;
}

static int64_t cancelled_read(void *arg)
{
	struct aw_stream *pipe[2];
	struct waiting waiting = {.deadline = AW_FOREVER};
	struct aw_task *task;
	char byte;

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	waiting.stream = pipe[0];
	task = aw_task_create(wait_to_read, &waiting, NULL);
	aw_yield();
	cr_assert_eq(aw_read(pipe[0], &byte, 1, soon()), -EBUSY);
	cr_assert(aw_cancel(task));
	cr_assert_eq(aw_await(task, soon(), NULL), -ECANCELED);
	aw_task_free(task);
	cr_assert_eq(waiting.result, -ECANCELED);
	/* The stream is as good as before. */
	cr_assert_eq(aw_write(pipe[1], "k", 1, soon()), 0);
	cr_assert_eq(aw_read(pipe[0], &byte, 1, soon()), 1);
	cr_assert_eq(byte, 'k');
	aw_stream_close(pipe[0]);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, a_cancelled_read_takes_nothing_and_leaves_the_stream_usable)
{
	expect_runs(cancelled_read);
}

static int64_t closed_under_read(void *arg)
{
	struct aw_stream *pipe[2];
	struct waiting waiting = {.deadline = AW_FOREVER};
	struct aw_task *task;

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	waiting.stream = pipe[0];
	task = aw_task_create(wait_to_read, &waiting, NULL);
	aw_yield();
	aw_stream_close(pipe[0]);
	cr_assert_eq(aw_await(task, soon(), NULL), -EBADF);
	aw_task_free(task);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, closing_wakes_the_reader)
{
	expect_runs(closed_under_read);
}

static int64_t closed_after_wake(void *arg)
{
	struct aw_stream *pipe[2];
	struct waiting waiting = {.deadline = AW_FOREVER};
	struct aw_task *task;

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	waiting.stream = pipe[0];
	task = aw_task_create(wait_to_read, &waiting, NULL);
	aw_yield();
	cr_assert_eq(aw_write(pipe[1], "x", 1, soon()), 0);
	/* Spin until the byte is in the buffer; the reader is then ready but may not have run. */
	while (!aw_stream_buffered(pipe[0]) && !waiting.ended)
		aw_yield();
	aw_stream_close(pipe[0]);
	aw_await(task, soon(), NULL);
	aw_task_free(task);
	cr_assert(waiting.result == 1 || waiting.result == -EBADF);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, a_stream_closed_before_its_woken_reader_runs_is_not_touched_after_it_is_freed)
{
	expect_runs(closed_after_wake);
}

static int64_t cancelled_write(void *arg)
{
	struct aw_stream *pipe[2];
	struct transfer transfer = {0};
	struct aw_task *task;

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	transfer.stream = pipe[1];
	transfer.bytes = calloc(1, BIG);
	task = aw_task_create(write_big, &transfer, NULL);
	aw_yield();
	aw_cancel(task);
	aw_yield();
	free(transfer.bytes);
	aw_stream_close(pipe[0]); /* the shutdown in write_big ends by this */
	aw_await(task, soon(), NULL);
	cr_assert_eq(transfer.result, -ECANCELED);
	aw_task_free(task);
	return 0;
}

Test(io_stream, a_cancelled_write_lets_go_of_the_buffer)
{
	expect_runs(cancelled_write);
}

static int64_t read_times_out(void *arg)
{
	struct aw_stream *pipe[2];
	int64_t start = aw_now();
	char byte;

	(void)arg;
	cr_assert_eq(aw_pipe_new(pipe), 0);
	cr_assert_eq(aw_read(pipe[0], &byte, 1, within(10)), -ETIMEDOUT);
	cr_assert_geq(aw_now() - start, 10 * AW_NS_PER_MS);
	aw_stream_close(pipe[0]);
	aw_stream_close(pipe[1]);
	return 0;
}

Test(io_stream, a_read_ends_at_its_deadline)
{
	expect_runs(read_times_out);
}

Test(io_stream, outside_a_loop_nothing_can_be_made)
{
	struct aw_stream *pipe[2];

	cr_assert_eq(aw_pipe_new(pipe), -EPERM);
	cr_assert_null(pipe[0]);
}
