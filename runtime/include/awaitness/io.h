/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.h - sockets, pipes, DNS, files, signals and child processes for tasks.
 *
 * All of it is libuv's; this is the face tasks see: a call looks blocking and
 * suspends only the task, and only if it must. A read that finds bytes in the
 * stream's buffer, a write the kernel takes whole and an accept with a
 * connection at hand do not suspend, as with asyncio's streams.
 *
 * Rules for every function here:
 *  - It is called on the thread of the loop that the object was made on. Those
 *    with a `deadline` are called inside a task; from elsewhere: -EPERM.
 *  - `deadline` is absolute, ns (aw_after, AW_FOREVER). One that has passed
 *    lets the call succeed if it can do so without suspending, else -ETIMEDOUT.
 *  - Returns 0 or a count, or a negative errno. -ECANCELED: the task was cancelled
 *    while it waited here; nothing leaks, the object stays usable.
 *  - Closing an object wakes whoever waits in it with -EBADF. The memory goes
 *    when libuv has let go of it and the last waiter has returned. Close takes NULL.
 *  - SIGPIPE is ignored from the first stream on (unless the program handles it):
 *    a write to a closed peer gives -EPIPE.
 *
 * Everything that is not closed when the main task ends is a leak of the
 * program; see aw_run.
 */
#ifndef AWAITNESS_IO_H
#define AWAITNESS_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <awaitness/task.h>

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo;

/* ---- Streams: a TCP or Unix socket, or one end of a pipe ---- */

struct aw_stream;
struct aw_listener;

/**
 * Connects to a host (a name is resolved, each address is tried in turn) and
 * a TCP port. TCP_NODELAY is set, as by asyncio.
 */
int aw_tcp_connect(const char *host, uint16_t port, int64_t deadline, struct aw_stream **out);

/** Listens on a numeric address ("127.0.0.1", "::1"). Port 0: any; see aw_listener_port. Never
 * suspends. */
int aw_tcp_listen(const char *address, uint16_t port, int backlog, struct aw_listener **out);

/** Connects to a Unix socket. */
int aw_unix_connect(const char *path, int64_t deadline, struct aw_stream **out);

/** Listens on a Unix socket made at `path`, which must not exist; close unlinks it. Never suspends.
 */
int aw_unix_listen(const char *path, int backlog, struct aw_listener **out);

/** Takes the next connection. Several tasks may wait; they are served in order. */
int aw_accept(struct aw_listener *listener, int64_t deadline, struct aw_stream **out);

/** The port a TCP listener has, 0 for a Unix one. */
uint16_t aw_listener_port(const struct aw_listener *listener);

/** Its object id in events. */
uint64_t aw_listener_id(const struct aw_listener *listener);

void aw_listener_close(struct aw_listener *listener);

/** Makes a pipe; [0] is read from, [1] written to. Never suspends. */
int aw_pipe_new(struct aw_stream *out[2]);

/**
 * Makes a stream of a descriptor (pipe, Unix socket; made non-blocking). It
 * owns the descriptor from then on if it succeeds.
 */
int aw_pipe_open(int fd, struct aw_stream **out);

/**
 * Reads what is there, at least one byte, at most `size`. 0: end of file.
 * One task at a time: -EBUSY if another waits to read.
 */
ssize_t aw_read(struct aw_stream *stream, void *buffer, size_t size, int64_t deadline);

/**
 * Reads exactly `size` bytes and returns `size`. At an early end of file, a
 * timeout or a cancel nothing is consumed and an error returned; end of file:
 * 0 if it was before the first byte, else -ENODATA.
 */
ssize_t aw_read_exact(struct aw_stream *stream, void *buffer, size_t size, int64_t deadline);

/**
 * Reads a line, replaces its '\n' (and a '\r' before it) by a NUL, and returns
 * its length without them, or -EPIPE at the end of file (-ENODATA: in the
 * middle of a line). A line that does not fit into `size` gives -EMSGSIZE.
 * On error nothing is consumed.
 */
ssize_t aw_read_line(struct aw_stream *stream, char *line, size_t size, int64_t deadline);

/** Bytes that can be read without suspending: 0 means that a read suspends, unless aw_stream_ended.
 */
size_t aw_stream_buffered(const struct aw_stream *stream);

/** True when a read would return 0 or an error at once. */
bool aw_stream_ended(const struct aw_stream *stream);

/**
 * Writes all. Suspends until the kernel has taken everything, hence a slow
 * reader slows the writer. What two tasks write does not mix. After
 * -ETIMEDOUT or -ECANCELED the rest stays queued and will still be sent, as
 * with asyncio's transports; aw_stream_close drops it.
 */
int aw_write(struct aw_stream *stream, const void *data, size_t size, int64_t deadline);

/** Sends end of file once all that was written is out; reading goes on. */
int aw_stream_shutdown(struct aw_stream *stream, int64_t deadline);

/** Its object id in events. */
uint64_t aw_stream_id(const struct aw_stream *stream);

void aw_stream_close(struct aw_stream *stream);

/* ---- DNS ---- */

/**
 * Resolves a name (in libuv's thread pool; always suspends). `service` and `hints` may be NULL.
 * Free the result with aw_resolve_free. -ENOENT: no such name; -EAGAIN: the resolver did not
 * answer.
 */
int aw_resolve(const char *host, const char *service, const struct addrinfo *hints,
               int64_t deadline, struct addrinfo **out);
void aw_resolve_free(struct addrinfo *list);

/* ---- Files (in libuv's thread pool; every call suspends) ---- */

struct aw_file;

/** Opens as open(2); O_CLOEXEC is added. */
int aw_file_open(const char *path, int flags, mode_t mode, int64_t deadline, struct aw_file **out);

/** Reads at `offset`, or at the file's own position if it is -1. Returns bytes read, 0 at the end.
 */
ssize_t aw_file_read(struct aw_file *file, void *buffer, size_t size, int64_t offset,
                     int64_t deadline);

/**
 * Writes at `offset` (-1: the file's position); may write less, as pwrite(2).
 * The data is copied first: after -ETIMEDOUT or -ECANCELED the write may still happen.
 */
ssize_t aw_file_write(struct aw_file *file, const void *data, size_t size, int64_t offset,
                      int64_t deadline);
int aw_file_sync(struct aw_file *file, int64_t deadline);
int aw_file_stat(struct aw_file *file, struct stat *out, int64_t deadline);
int aw_path_stat(const char *path, struct stat *out, int64_t deadline);
int aw_path_unlink(const char *path, int64_t deadline);
uint64_t aw_file_id(const struct aw_file *file);

/** Closes once the operations under way are done. Does not suspend and reports no error: sync
 * first. */
void aw_file_close(struct aw_file *file);

/* ---- Signals ---- */

struct aw_signal;

/** Begins to catch `number` (SIGTERM, ...). Never suspends. */
int aw_signal_open(int number, struct aw_signal **out);

/** Waits for the signal. One that came since the last wait counts: no suspension. One waiter: else
 * -EBUSY. */
int aw_signal_wait(struct aw_signal *signal, int64_t deadline);
void aw_signal_close(struct aw_signal *signal);

/* ---- Child processes ---- */

struct aw_process;

enum aw_stdio { AW_STDIO_INHERIT = 0, AW_STDIO_NULL = 1, AW_STDIO_PIPE = 2 };

/** What to run. Only `argv` must be set. */
struct aw_spawn {
	const char *const *argv; /* argv[0]: the program, searched in PATH; NULL-terminated */
	const char *const *env;  /* NULL: this process's */
	const char *cwd;         /* NULL: this process's */
	enum aw_stdio in, out, err;
};

/** Starts a child. Never suspends. -ENOENT, -EACCES, ...: the program cannot be run. */
int aw_process_spawn(const struct aw_spawn *spawn, struct aw_process **out);

/** The parent's end of the child's stdin (0), stdout (1), stderr (2); NULL if not a pipe. Owned by
 * the process: aw_process_close closes it; closing it earlier through aw_process_end_input is for
 * stdin. */
struct aw_stream *aw_process_stream(struct aw_process *process, int number);

/** Closes the parent's end of stdin: the child sees end of file. */
void aw_process_end_input(struct aw_process *process);

/** Waits for the end. `status`: its exit status, `number`: the signal that killed it, or 0. Any
 * number of tasks may wait. */
int aw_process_wait(struct aw_process *process, int64_t deadline, int *status, int *number);
int aw_process_kill(struct aw_process *process, int number);
pid_t aw_process_pid(const struct aw_process *process);

/** Lets go of the child and its streams. A child still running runs on, and is reaped by nobody:
 * wait first. */
void aw_process_close(struct aw_process *process);

#ifdef __cplusplus
}
#endif

#endif
