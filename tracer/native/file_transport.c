// SPDX-License-Identifier: BSD-2-Clause
/*
 * file_transport.c - follows the files of AWAITNESS_LOG.
 *
 * DIR/PID.TID.log is read to its end again and again; a batch of which only a
 * part is there is read later. When the program has ended (or this side stops)
 * the unshipped rest comes from DIR/PID.TID.head. Numbers make repeats and gaps
 * visible, as in the session.
 */
#include "file_transport.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/idmap.h"
#include "order/intake.h"
#include "log_tail.h"
#include "base/clock_now.h"

#define READ_ROOM     (1u << 20)
#define LOOK_EVERY_MS 10
#define FREE_EVERY    (16u << 20)
#define COUNT_MAX     (AW_LOG_BYTES / sizeof(struct aw_event))

_Static_assert(READ_ROOM >= 2 * (AW_LOG_BYTES + sizeof(struct aw_batch)), "a batch fits");

/* One thread's file. */
struct log_file {
	unsigned pid, tid; /* as in its name: as the target knows them */
	int fd;
	off_t offset; /* read up to here */
	off_t freed;  /* disk room given back up to here */
	uint64_t generation;
	uint64_t end; /* number after the newest batch's last record */
};

struct file_transport {
	struct source source;
	struct file_transport_options options;
	char *directory;
	struct timespec scanned; /* the folder's mtime at the last look */
	struct log_file *files;
	size_t file_count, file_room;
	struct idmap file_by_id; /* by pid << 32 | tid */
	struct intake *intake;
	struct target_telling telling;
	int pidfd; /* -1: nothing runs */
	bool ended;
	bool stopped;
	uint64_t buffer[READ_ROOM / sizeof(uint64_t)]; /* aligned for records */
};

/* As many files as a process may have open, at most: one is open for each thread there was. What is
 * run has been started, and keeps the limit that it was given. */
static int limit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	if (limit.rlim_cur == limit.rlim_max)
		return -EMFILE;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

static int file_open(const struct file_transport *transport, unsigned pid, unsigned tid,
                     const char *suffix, int flags)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%u.%u.%s", transport->directory, pid, tid, suffix) < 0)
		return -ENOMEM;
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	free(path);
	return fd < 0 ? -errno : fd;
}

static int files_grow(struct file_transport *transport)
{
	size_t room = transport->file_room ? 2 * transport->file_room : 16;
	struct log_file *files = reallocarray(transport->files, room, sizeof(*files));

	if (!files)
		return -ENOMEM;
	transport->files = files;
	transport->file_room = room;
	return 0;
}

static int file_add(struct file_transport *transport, unsigned pid, unsigned tid)
{
	/* Writing is for giving disk room back only. */
	int flags = transport->options.pid ? O_RDWR : O_RDONLY, fd;

	if (transport->file_count == transport->file_room && files_grow(transport))
		return -ENOMEM;
	fd = file_open(transport, pid, tid, "log", flags);
	if (fd == -EMFILE && !limit_raise())
		fd = file_open(transport, pid, tid, "log", flags);
	if (fd == -ENOENT || fd == -ELOOP)
		return 0; /* gone already, or not what the runtime makes */
	if (fd < 0)
		return fd;
	if (idmap_add(&transport->file_by_id, (uint64_t)pid << 32 | tid,
	              (uint32_t)transport->file_count)) {
		close(fd);
		return -ENOMEM;
	}
	transport->files[transport->file_count++] =
		(struct log_file){.pid = pid, .tid = tid, .fd = fd};
	return 0;
}

/* Looks for new files, if the folder has changed. */
static int directory_scan(struct file_transport *transport)
{
	struct dirent *entry;
	struct stat st;
	int code = 0;
	DIR *dir;

	if (stat(transport->directory, &st))
		return -errno;
	if (!memcmp(&st.st_mtim, &transport->scanned, sizeof(st.st_mtim)))
		return 0;
	dir = opendir(transport->directory);
	if (!dir)
		return -errno;
	while (!code && (entry = readdir(dir))) {
		unsigned pid, tid;
		int end = 0;

		if (sscanf(entry->d_name, "%u.%u.log%n", &pid, &tid, &end) == 2 && end &&
		    !entry->d_name[end] && pid <= INT_MAX &&
		    idmap_get(&transport->file_by_id, (uint64_t)pid << 32 | tid) == IDMAP_NONE)
			code = file_add(transport, pid, tid);
	}
	closedir(dir);
	/* Time stamps are coarse: what was made in the same tick shows only if it is old now. */
	if (time(NULL) > st.st_mtim.tv_sec + 1)
		transport->scanned = st.st_mtim;
	return code;
}

/* The pid by which this side knows the one that a target writes. */
static uint32_t outer_pid(const struct file_transport *transport, uint32_t pid)
{
	const struct target *target = transport->options.target;

	return target && (pid_t)pid == target->inner_pid ? (uint32_t)target->pid : pid;
}

static int batch_feed(struct file_transport *transport, struct log_file *file,
                      const struct aw_batch *header, const void *events, bool tail)
{
	struct intake_batch batch = {
		.pid = outer_pid(transport, file->pid),
		.tid = file->tid,
		.first = header->first,
		.time = header->time,
		.events = events,
		.count = header->count,
	};

	/* A file never holds a number twice: one that begins anew is of a program that was
	 * executed in the same process. */
	if (!tail && header->first < file->end)
		file->generation++;
	if (!tail)
		file->end = header->first + header->count;
	batch.generation = file->generation;
	return intake_feed(transport->intake, &batch, target_tell_batch, &transport->telling);
}

/* Feeds the whole batches among `length` bytes. Returns the bytes used, or a negative errno. */
static ssize_t batches_feed(struct file_transport *transport, struct log_file *file, size_t length)
{
	const char *data = (const char *)transport->buffer;
	size_t at = 0;

	while (length - at >= sizeof(struct aw_batch)) {
		struct aw_batch header;
		size_t size;
		int code;

		memcpy(&header, data + at, sizeof(header));
		if (header.magic != AW_BATCH_MAGIC || header.count > COUNT_MAX)
			return -EPROTO;
		size = sizeof(header) + header.count * sizeof(struct aw_event);
		if (length - at < size)
			break;
		code = batch_feed(transport, file, &header, data + at + sizeof(header), false);
		if (code)
			return code;
		at += size;
	}
	return at;
}

static void room_free(const struct file_transport *transport, struct log_file *file)
{
	if (!transport->options.pid || file->offset - file->freed < (off_t)FREE_EVERY)
		return;
	/* A file system that cannot do it keeps the room until the file is deleted. */
	if (!fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, file->freed,
	               file->offset - file->freed))
		file->freed = file->offset;
}

/* Reads a file up to `limit`, or its end. */
static int file_follow(struct file_transport *transport, struct log_file *file, off_t limit)
{
	while (file->offset < limit) {
		ssize_t n = pread(file->fd, transport->buffer, READ_ROOM, file->offset);

		if (n <= 0)
			return n < 0 ? -errno : 0;
		n = batches_feed(transport, file, n);
		if (n <= 0)
			return n;
		file->offset += n;
		room_free(transport, file);
	}
	return 0;
}

/* Reads all files up to the length they have now, so that a fast writer does not hold it. */
static int files_follow(struct file_transport *transport)
{
	int code = directory_scan(transport);

	for (size_t i = 0; !code && i < transport->file_count; i++) {
		struct log_file *file = &transport->files[i];
		struct stat st;

		if (fstat(file->fd, &st))
			return -errno;
		code = file_follow(transport, file, st.st_size);
	}
	return code;
}

/* Reads what a thread had not shipped. A head that is not there or makes no sense holds nothing. */
static bool tail_read(const struct file_transport *transport, const struct log_file *file,
                      struct log_tail *out)
{
	int fd = file_open(transport, file->pid, file->tid, "head", O_RDONLY);
	int code;

	if (fd < 0)
		return false;
	code = log_tail_read_file(fd, out);
	close(fd);
	return !code && out->count;
}

/* Only what is in it: there may be thousands of threads. NULL: no memory. */
static struct log_tail *tail_copy(const struct log_tail *tail)
{
	size_t size = offsetof(struct log_tail, events) + tail->count * sizeof(tail->events[0]);
	struct log_tail *copy = malloc(size);

	if (copy)
		memcpy(copy, tail, size);
	return copy;
}

/* The tails first, then the files, fed the other way round: see session_finish. */
static int transport_finish(struct file_transport *transport)
{
	size_t count = 0;
	struct log_tail **tails, *room;
	int code = directory_scan(transport);

	if (code)
		return code;
	count = transport->file_count;
	tails = calloc(count + 1, sizeof(struct log_tail *));
	room = malloc(sizeof(*room));
	for (size_t i = 0; tails && room && !code && i < count; i++) {
		if (!tail_read(transport, &transport->files[i], room))
			continue;
		tails[i] = tail_copy(room);
		code = tails[i] ? code : -ENOMEM;
	}
	code = tails && room ? code : -ENOMEM;
	if (!code)
		code = files_follow(transport);
	for (size_t i = 0; !code && i < count; i++) {
		struct aw_batch header = {.time = clock_now_ms() * 1000000};

		if (!tails[i])
			continue;
		header.first = tails[i]->first;
		header.count = tails[i]->count;
		code = batch_feed(transport, &transport->files[i], &header, tails[i]->events, true);
	}
	for (size_t i = 0; tails && i < count; i++)
		free(tails[i]);
	free(tails);
	free(room);
	return code;
}

static bool end_wait(const struct file_transport *transport, int ms)
{
	struct pollfd fd = {.fd = transport->pidfd, .events = POLLIN};

	return transport->pidfd < 0 || poll(&fd, 1, ms) > 0;
}

static int transport_poll(struct source *source, int timeout_ms, stream_fn fn, void *context)
{
	struct file_transport *transport = (struct file_transport *)source;
	uint64_t until = clock_now_ms() + (timeout_ms > 0 ? timeout_ms : 0);
	struct intake_stats before, after;
	int code;

	if (transport->stopped || transport->ended)
		return 0;
	transport->telling.fn = fn;
	transport->telling.context = context;
	intake_stats(transport->intake, &before);
	code = target_tell(&transport->telling);
	while (!code) {
		bool ended = end_wait(transport, 0);
		uint64_t now;

		code = ended ? transport_finish(transport) : files_follow(transport);
		if (!code)
			code = intake_flush(transport->intake, target_tell_batch,
			                    &transport->telling);
		transport->ended = ended;
		intake_stats(transport->intake, &after);
		now = clock_now_ms();
		if (code || ended || after.batches != before.batches || now >= until)
			break;
		end_wait(transport, until - now < LOOK_EVERY_MS ? until - now : LOOK_EVERY_MS);
	}
	return code ? code : (int)(after.batches - before.batches);
}

static int transport_stop(struct source *source, stream_fn fn, void *context)
{
	struct file_transport *transport = (struct file_transport *)source;
	int code;

	if (transport->stopped)
		return 0;
	transport->stopped = true;
	transport->telling.fn = fn;
	transport->telling.context = context;
	code = target_tell(&transport->telling);
	if (!code && !transport->ended)
		code = transport_finish(transport);
	return code ? code
	            : intake_flush(transport->intake, target_tell_batch, &transport->telling);
}

static void transport_stats(const struct source *source, struct source_stats *out)
{
	const struct file_transport *transport = (const struct file_transport *)source;
	struct intake_stats stats;

	intake_stats(transport->intake, &stats);
	*out = (struct source_stats){
		.events = stats.events,
		.batches = stats.batches,
		.lost = stats.lost,
		.ended = transport->ended,
	};
}

static void transport_close(struct source *source)
{
	struct file_transport *transport = (struct file_transport *)source;

	if (!transport)
		return;
	for (size_t i = 0; i < transport->file_count; i++)
		close(transport->files[i].fd);
	free(transport->files);
	idmap_fini(&transport->file_by_id);
	free(transport->directory);
	intake_free(transport->intake);
	if (transport->pidfd >= 0)
		close(transport->pidfd);
	free(transport);
}

static const struct source_ops transport_ops = {
	.name = "file",
	.poll = transport_poll,
	.stop = transport_stop,
	.stats = transport_stats,
	.close = transport_close,
};

static int transport_start(struct file_transport *transport)
{
	const struct file_transport_options *options = &transport->options;
	struct stat st;

	transport->directory = strdup(options->directory);
	if (!transport->directory)
		return -ENOMEM;
	if (stat(transport->directory, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (options->pid) {
		transport->pidfd = syscall(SYS_pidfd_open, options->pid, 0);
		if (transport->pidfd < 0)
			return -errno;
	}
	return intake_new(&transport->intake);
}

int file_transport_open(const struct file_transport_options *options, struct source **out)
{
	struct file_transport *transport = calloc(1, sizeof(*transport));
	int code;

	*out = NULL;
	if (!transport)
		return -ENOMEM;
	transport->source.ops = &transport_ops;
	transport->options = *options;
	transport->telling.target = options->target;
	transport->telling.transport = transport_ops.name;
	transport->pidfd = -1;
	code = transport_start(transport);
	if (code) {
		transport_close(&transport->source);
		return code;
	}
	*out = &transport->source;
	return 0;
}
