/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_file.c - files, in libuv's thread pool.
 *
 * An operation that a thread has begun cannot be stopped, and the task may give
 * up and leave: so each operation is a request on the heap, with a copy of the
 * bytes, and its callback undoes what nobody will take (closes a file just
 * opened). A file that is closed while operations are under way is closed by
 * the last of them.
 */
#include <awaitness/io.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "io_wait.h"
#include "task/object.h"

struct aw_file {
	uint64_t id;
	uv_loop_t *loop;
	uv_file fd;
	unsigned int refs; /* one for the open file, one for each request under way */
	bool closing;
};

struct file_request {
	uv_fs_t uv;
	struct io_wait *wait; /* NULL: nobody waits any more */
	struct aw_file *file; /* NULL: an operation on a path */
	bool opens;           /* the result is a descriptor that somebody must own */
	ssize_t result;
	uv_buf_t piece;
	char data[];
};

/* Closing in the pool, with nobody waiting for it: close(2) may block on a network file system. */
static void file_closed(uv_fs_t *uv)
{
	uv_fs_req_cleanup(uv);
	free(uv);
}

static void descriptor_close(uv_loop_t *loop, uv_file fd)
{
	uv_fs_t *uv = calloc(1, sizeof(*uv));
	uv_fs_t now;

	if (uv && uv_fs_close(loop, uv, fd, file_closed) == 0)
		return;
	free(uv);
	uv_fs_close(loop, &now, fd, NULL);
	uv_fs_req_cleanup(&now);
}

static void file_unref(struct aw_file *file)
{
	assert(file->refs);
	if (--file->refs)
		return;
	descriptor_close(file->loop, file->fd);
	free(file);
}

static struct file_request *request_new(struct aw_file *file, size_t size)
{
	struct file_request *request = calloc(1, sizeof(*request) + size);

	if (!request)
		return NULL;
	request->file = file;
	request->piece.base = request->data;
	request->piece.len = size;
	if (file)
		file->refs++;
	return request;
}

static void request_free(struct file_request *request)
{
	if (request->file)
		file_unref(request->file);
	uv_fs_req_cleanup(&request->uv);
	free(request);
}

/* If the task still waits it frees the request, for it wants what is in it. */
static void request_done(uv_fs_t *uv)
{
	struct file_request *request = (struct file_request *)uv;

	request->result = uv->result;
	if (request->wait) {
		io_wait_wake(&request->wait, 0);
		return;
	}
	if (request->opens && uv->result >= 0)
		descriptor_close(uv->loop, (uv_file)uv->result);
	request_free(request);
}

/* Was the request answered, so that it is the task's again? */
static bool request_answered(const struct io_wait *wait)
{
	return !wait->slot;
}

/*
 * Waits for a request that was started, unless starting it gave an `error`.
 * Returns its result, and the request to be freed in *request; or an error, and
 * NULL there.
 */
static ssize_t request_wait(int error, struct file_request **request, struct io_call *call)
{
	struct io_wait wait;

	if (error == 0) {
		error = io_wait_park(&wait, &(*request)->wait, call);
		if (error == 0) {
			io_call_end(call);
			return (*request)->result;
		}
		if (!request_answered(&wait)) {
			*request = NULL; /* request_done frees it */
			return error;
		}
		if ((*request)->opens && (*request)->result >= 0)
			descriptor_close((*request)->uv.loop, (uv_file)(*request)->result);
	}
	request_free(*request);
	*request = NULL;
	return error;
}

static ssize_t request_finish(int error, struct file_request *request, struct io_call *call)
{
	ssize_t result = request_wait(error, &request, call);

	if (request)
		request_free(request);
	return result;
}

int aw_file_open(const char *path, int flags, mode_t mode, int64_t deadline, struct aw_file **out)
{
	uv_loop_t *loop = io_loop();
	struct file_request *request;
	struct aw_file *file;
	struct io_call call;
	ssize_t fd;

	*out = NULL;
	if (!loop)
		return -EPERM;
	file = calloc(1, sizeof(*file));
	request = request_new(NULL, 0);
	if (!file || !request) {
		free(file);
		free(request);
		return -ENOMEM;
	}
	request->opens = true;
	file->id = object_id();
	io_call_begin(&call, file->id, deadline, CALLER);
	/* libuv adds O_CLOEXEC. */
	fd = request_finish(uv_fs_open(loop, &request->uv, path, flags, (int)mode, request_done),
	                    request, &call);
	if (fd < 0) {
		free(file);
		return (int)fd;
	}
	file->fd = (uv_file)fd;
	file->loop = loop;
	file->refs = 1;
	*out = file;
	return 0;
}

ssize_t aw_file_read(struct aw_file *file, void *buffer, size_t size, int64_t offset,
                     int64_t deadline)
{
	struct file_request *request = file->closing ? NULL : request_new(file, size);
	struct io_call call;
	ssize_t got;

	if (!request)
		return file->closing ? -EBADF : -ENOMEM;
	io_call_begin(&call, file->id, deadline, CALLER);
	got = request_wait(uv_fs_read(file->loop, &request->uv, file->fd, &request->piece, 1,
	                              offset, request_done),
	                   &request, &call);
	if (request && got > 0)
		memcpy(buffer, request->data, (size_t)got);
	if (request)
		request_free(request);
	return got;
}

ssize_t aw_file_write(struct aw_file *file, const void *data, size_t size, int64_t offset,
                      int64_t deadline)
{
	struct file_request *request = file->closing ? NULL : request_new(file, size);
	struct io_call call;
	uv_buf_t piece; /* libuv copies it */

	if (!request)
		return file->closing ? -EBADF : -ENOMEM;
	if (size)
		memcpy(request->data, data, size);
	piece = request->piece;
	io_call_begin(&call, file->id, deadline, CALLER);
	return request_finish(
		uv_fs_write(file->loop, &request->uv, file->fd, &piece, 1, offset, request_done),
		request, &call);
}

int aw_file_sync(struct aw_file *file, int64_t deadline)
{
	struct file_request *request = file->closing ? NULL : request_new(file, 0);
	struct io_call call;

	if (!request)
		return file->closing ? -EBADF : -ENOMEM;
	io_call_begin(&call, file->id, deadline, CALLER);
	return (int)request_finish(uv_fs_fsync(file->loop, &request->uv, file->fd, request_done),
	                           request, &call);
}

/* struct stat as stat(2) gives it; libuv has its own, with the same fields. */
static void stat_copy(const uv_stat_t *from, struct stat *to)
{
	memset(to, 0, sizeof(*to));
	to->st_dev = from->st_dev;
	to->st_ino = from->st_ino;
	to->st_mode = (mode_t)from->st_mode;
	to->st_nlink = from->st_nlink;
	to->st_uid = (uid_t)from->st_uid;
	to->st_gid = (gid_t)from->st_gid;
	to->st_rdev = from->st_rdev;
	to->st_size = (off_t)from->st_size;
	to->st_blksize = (blksize_t)from->st_blksize;
	to->st_blocks = (blkcnt_t)from->st_blocks;
	to->st_atim = (struct timespec){from->st_atim.tv_sec, from->st_atim.tv_nsec};
	to->st_mtim = (struct timespec){from->st_mtim.tv_sec, from->st_mtim.tv_nsec};
	to->st_ctim = (struct timespec){from->st_ctim.tv_sec, from->st_ctim.tv_nsec};
}

static int stat_finish(int error, struct file_request *request, struct io_call *call,
                       struct stat *out)
{
	ssize_t result = request_wait(error, &request, call);

	if (result == 0)
		stat_copy(&request->uv.statbuf, out);
	if (request)
		request_free(request);
	return (int)result;
}

int aw_file_stat(struct aw_file *file, struct stat *out, int64_t deadline)
{
	struct file_request *request = file->closing ? NULL : request_new(file, 0);
	struct io_call call;

	if (!request)
		return file->closing ? -EBADF : -ENOMEM;
	io_call_begin(&call, file->id, deadline, CALLER);
	return stat_finish(uv_fs_fstat(file->loop, &request->uv, file->fd, request_done), request,
	                   &call, out);
}

int aw_path_stat(const char *path, struct stat *out, int64_t deadline)
{
	uv_loop_t *loop = io_loop();
	struct file_request *request = loop ? request_new(NULL, 0) : NULL;
	struct io_call call;

	if (!request)
		return loop ? -ENOMEM : -EPERM;
	io_call_begin(&call, object_id(), deadline, CALLER);
	return stat_finish(uv_fs_stat(loop, &request->uv, path, request_done), request, &call, out);
}

int aw_path_unlink(const char *path, int64_t deadline)
{
	uv_loop_t *loop = io_loop();
	struct file_request *request = loop ? request_new(NULL, 0) : NULL;
	struct io_call call;

	if (!request)
		return loop ? -ENOMEM : -EPERM;
	io_call_begin(&call, object_id(), deadline, CALLER);
	return (int)request_finish(uv_fs_unlink(loop, &request->uv, path, request_done), request,
	                           &call);
}

uint64_t aw_file_id(const struct aw_file *file)
{
	return file->id;
}

void aw_file_close(struct aw_file *file)
{
	if (!file || file->closing)
		return;
	file->closing = true;
	file_unref(file);
}
