/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_log.c - see cpython_fact_log.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "cpython_fact_cells.h"
#include "cpython_fact_image.h"
#include "cpython_fact_log.h"
#include "cpython_fact_words.h"
#include "cpython_source.h"
#include "cpython_table.h"
#include "cpython_translate.h"

struct cpython_fact_log {
	FILE *out;
	int error; /* the first; nothing is written after it */
	struct cpython_fact_log_stats stats;
	bool begun;
	bool told;                       /* nothing has come since the last flush */
	uint64_t reads;                  /* of the call under way */
	struct cpython_memory memory;    /* the target's */
	struct cpython_fact_image image; /* what the log says of it */
	struct cpython_source *source;   /* the target's */
	struct cpython_table lines;      /* hash of the file's name, line -> written */
};

/* ---- the file ---- */

/* Is it a log, or one that was never begun, so that it may be replaced? */
static bool is_log(int fd)
{
	char head[sizeof(CPYTHON_FACT_LOG_MAGIC)] = {0};
	struct stat about;

	if (fstat(fd, &about) || !S_ISREG(about.st_mode))
		return false;
	return !about.st_size || (pread(fd, head, sizeof(head) - 1, 0) == sizeof(head) - 1 &&
	                          !strcmp(head, CPYTHON_FACT_LOG_MAGIC));
}

static int file_make(const char *path, bool force, struct fault *fault)
{
	enum { FLAGS = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | FLAGS, 0600);

	if (fd >= 0)
		return fd;
	if (errno != EEXIST)
		return fault_set(fault, -errno, "cannot make %s: %s", path, strerror(errno));
	if (!force)
		return fault_set(fault, -EEXIST, "%s is there already; --force replaces it", path);
	fd = open(path, O_RDWR | FLAGS);
	if (fd < 0)
		return fault_set(fault, -errno, "cannot replace %s: %s", path, strerror(errno));
	if (is_log(fd) && !ftruncate(fd, 0) && !fchmod(fd, 0600))
		return fd;
	close(fd);
	return fault_set(fault, -EEXIST, "%s is no file of facts: it is not replaced", path);
}

int cpython_fact_log_open(const char *path, bool force, struct cpython_fact_log **out,
                          struct fault *fault)
{
	struct cpython_fact_log *log = calloc(1, sizeof(*log));
	int fd = log ? file_make(path, force, fault) : -ENOMEM;

	*out = NULL;
	if (fd >= 0)
		log->out = fdopen(fd, "w");
	if (!log || !log->out) {
		if (fd >= 0)
			close(fd);
		free(log);
		return fd < 0 && log ? fd : fault_set(fault, -ENOMEM, "out of memory");
	}
	*out = log;
	return 0;
}

static void error_note(struct cpython_fact_log *log, int error)
{
	if (!log->error)
		log->error = error;
}

int cpython_fact_log_flush(struct cpython_fact_log *log)
{
	if (!log->error && fflush(log->out))
		error_note(log, -errno);
	return log->error;
}

void cpython_fact_log_stats(const struct cpython_fact_log *log, struct cpython_fact_log_stats *out)
{
	long at = ftell(log->out);

	*out = log->stats;
	out->bytes = at < 0 ? 0 : (uint64_t)at;
}

/* ---- lines of it ---- */

/* Begins a line. False: there is none to write, or no more. */
static bool line_begin(struct cpython_fact_log *log, enum cpython_fact_record record)
{
	if (!log || log->error || !log->begun)
		return false;
	cpython_fact_record_put(log->out, record);
	return true;
}

static void line_end(struct cpython_fact_log *log)
{
	putc('\n', log->out);
	if (ferror(log->out))
		error_note(log, errno ? -errno : -EIO);
}

static bool call_begin(struct cpython_fact_log *log, enum cpython_fact_record record)
{
	if (!line_begin(log, record))
		return false;
	log->stats.calls++;
	log->reads = 0;
	log->told = false;
	return true;
}

void cpython_fact_log_fact(struct cpython_fact_log *log, const struct cpython_fact *fact)
{
	if (!call_begin(log, CPYTHON_CALL_FACT))
		return;
	cpython_fact_fact_put(log->out, fact);
	cpython_fact_items_put(log->out, fact);
	line_end(log);
}

void cpython_fact_log_define(struct cpython_fact_log *log, const struct cpython_define *record)
{
	if (!call_begin(log, CPYTHON_CALL_DEFINE))
		return;
	cpython_fact_fact_put(log->out, &record->fact);
	for (unsigned i = 0; i < CPYTHON_BLOCKS; i++) {
		cpython_fact_number_put(log->out, record->blocks[i].address);
		cpython_fact_bytes_put(log->out, (const char *)record + record->blocks[i].at,
		                       record->blocks[i].size);
	}
	line_end(log);
}

void cpython_fact_log_snapshot(struct cpython_fact_log *log, const struct cpython_fact *fact,
                               unsigned pass)
{
	if (!call_begin(log, CPYTHON_CALL_SNAPSHOT))
		return;
	cpython_fact_number_put(log->out, pass);
	cpython_fact_fact_put(log->out, fact);
	cpython_fact_items_put(log->out, fact);
	line_end(log);
}

static void number_log(struct cpython_fact_log *log, enum cpython_fact_record record,
                       uint64_t number)
{
	if (!call_begin(log, record))
		return;
	cpython_fact_number_put(log->out, number);
	line_end(log);
}

void cpython_fact_log_type(struct cpython_fact_log *log, uint64_t address)
{
	number_log(log, CPYTHON_CALL_TYPE, address);
}

void cpython_fact_log_number(struct cpython_fact_log *log, uint64_t next)
{
	number_log(log, CPYTHON_CALL_NUMBER, next);
}

void cpython_fact_log_missed(struct cpython_fact_log *log)
{
	if (call_begin(log, CPYTHON_CALL_MISSED))
		line_end(log);
}

void cpython_fact_log_pause(struct cpython_fact_log *log)
{
	if (call_begin(log, CPYTHON_CALL_PAUSE))
		line_end(log);
}

void cpython_fact_log_cells(struct cpython_fact_log *log, uint64_t function,
                            const struct aw_watch *watch, const struct cpython_modules *modules)
{
	if (!call_begin(log, CPYTHON_CALL_CELLS))
		return;
	cpython_fact_number_put(log->out, function);
	line_end(log);
	cpython_fact_cells_put(log->out, watch, modules);
}

void cpython_fact_log_watch(struct cpython_fact_log *log, bool watched)
{
	number_log(log, CPYTHON_CALL_WATCH, watched);
}

/* A session asks ten times a second; of nothing, nothing comes. */
void cpython_fact_log_told(struct cpython_fact_log *log, bool all)
{
	if (!log || (log->told && !all))
		return;
	number_log(log, CPYTHON_CALL_FLUSH, all);
	log->told = true;
}

void cpython_fact_log_events(struct cpython_fact_log *log, const struct stream_batch *batch)
{
	for (size_t i = 0; i < batch->count; i += CPYTHON_FACT_EVENTS_MAX) {
		size_t left = batch->count - i;

		if (!call_begin(log, CPYTHON_CALL_EVENTS))
			return;
		cpython_fact_number_put(log->out, batch->pid);
		cpython_fact_number_put(log->out, batch->tid);
		cpython_fact_bytes_put(
			log->out, batch->events + i,
			(left < CPYTHON_FACT_EVENTS_MAX ? left : CPYTHON_FACT_EVENTS_MAX) *
				sizeof(*batch->events));
		line_end(log);
	}
}

/* ---- answers ---- */

/* A cpython_read_fn. What the log says already is not written again. */
static int memory_read(void *context, uint64_t address, void *out, size_t size)
{
	struct cpython_fact_log *log = context;
	int error = log->memory.read(log->memory.context, address, out, size);
	uint8_t known[64];
	uint8_t *said = size > sizeof(known) ? malloc(size) : known;
	bool is = said && cpython_fact_image_get(&log->image, address, said, size);

	log->reads++;
	if (!error && (!is || memcmp(said, out, size) != 0) &&
	    line_begin(log, CPYTHON_ANSWER_READ)) {
		cpython_fact_number_put(log->out, log->reads);
		cpython_fact_number_put(log->out, address);
		cpython_fact_bytes_put(log->out, out, size);
		line_end(log);
		if (cpython_fact_image_put(&log->image, address, out, size))
			error_note(log, -ENOMEM);
	}
	if (error && line_begin(log, CPYTHON_ANSWER_FAIL)) {
		cpython_fact_number_put(log->out, log->reads);
		cpython_fact_number_put(log->out, address);
		cpython_fact_number_put(log->out, size);
		cpython_fact_number_put(log->out, (uint64_t)-error);
		line_end(log);
		cpython_fact_image_forget(&log->image, address, size);
	}
	if (said != known)
		free(said);
	return error;
}

/* A line of source as the target's files have it; they are read once. */
static const char *line_read(void *context, const char *file, uint32_t number)
{
	struct cpython_fact_log *log = context;
	const char *text = cpython_source_line(log->source, file, number);
	uint64_t key = hash_text(HASH_TEXT, file);

	if (!text || cpython_table_get(&log->lines, key, number))
		return text;
	if (cpython_table_put(&log->lines, key, number, log))
		error_note(log, -ENOMEM);
	if (line_begin(log, CPYTHON_ANSWER_LINE)) {
		cpython_fact_number_put(log->out, number);
		cpython_fact_text_put(log->out, file);
		cpython_fact_text_put(log->out, text);
		line_end(log);
	}
	return text;
}

int cpython_fact_log_begin(struct cpython_fact_log *log, struct cpython_translate_options *options)
{
	int error;

	if (!log)
		return 0;
	if (log->begun || options->ids)
		return -EBUSY; /* ids that others give, too, are not known when it is replayed */
	error = cpython_source_new(options->pid, &log->source);
	if (error)
		return error;
	log->begun = true;
	log->memory = options->memory;
	fprintf(log->out, "%s %x %x %x %x", CPYTHON_FACT_LOG_MAGIC, CPYTHON_FACT_LOG_VERSION,
	        options->memory.layout->version, options->pid, options->detail);
	cpython_fact_number_put(log->out, options->interpreter);
	cpython_fact_number_put(log->out, options->function);
	line_end(log);
	options->memory.read = memory_read;
	options->memory.context = log;
	options->lines = (struct cpython_lines){line_read, log};
	return 0;
}

int cpython_fact_log_close(struct cpython_fact_log *log)
{
	int error;

	if (!log)
		return 0;
	if (line_begin(log, CPYTHON_CALL_END))
		line_end(log);
	if (fclose(log->out))
		error_note(log, -errno);
	error = log->error;
	cpython_fact_image_fini(&log->image);
	cpython_source_free(log->source);
	cpython_table_fini(&log->lines, NULL);
	free(log);
	return error;
}
