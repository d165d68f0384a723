// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_refusal.c - see session_refusal.h.
 *
 * A verifier's log comes in one piece, of some lines or of 16 MB; it is put into memory for a
 * moment, to find its last lines.
 */
#include "session_refusal.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "kernel/feature.h"

/* The print function belongs to the process, so what was there before does, too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned listeners;
static libbpf_print_fn_t before;
static _Thread_local struct session_refusal *listener;

/* Says only that there was something to say. */
static const char *const idle_words[] = {
	"failed to load object",
	"failed to load BPF skeleton",
	"BPF program load failed",
	": failed to load: ",
	"processed ",
	"verification time ",
	"stack depth ",
	"Retrying without BTF",
	"-- BEGIN PROG LOAD LOG --",
};

static bool idle(const char *line, size_t length)
{
	for (size_t i = 0; i < sizeof(idle_words) / sizeof(idle_words[0]); i++)
		if (memmem(line, length, idle_words[i], strlen(idle_words[i])))
			return true;
	return !length;
}

static void line_keep(struct session_refusal *refusal, const char *line, size_t length)
{
	if (idle(line, length))
		return;
	if (refusal->count == SESSION_REFUSAL_LINES) {
		memmove(refusal->lines[0], refusal->lines[1],
		        sizeof(refusal->lines) - sizeof(refusal->lines[0]));
		refusal->count--;
	}
	escape_text(refusal->lines[refusal->count++], SESSION_REFUSAL_LINE, line, length, false);
}

static void lines_keep(struct session_refusal *refusal, const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		line_keep(refusal, text, length);
		length += end != NULL;
		text += length;
		size -= length;
	}
}

/* "prog 'NAME': ..." */
static void program_keep(struct session_refusal *refusal, const char *text)
{
	const char *end;

	if (strncmp(text, "prog '", 6))
		return;
	end = strchr(text + 6, '\'');
	if (end)
		escape_text(refusal->program, sizeof(refusal->program), text + 6,
		            (size_t)(end - text - 6), false);
}

static void text_keep(struct session_refusal *refusal, const char *text)
{
	const char *log, *end;

	if (!strncmp(text, "libbpf: ", 8))
		text += 8;
	program_keep(refusal, text);
	log = strstr(text, "-- BEGIN PROG LOAD LOG --\n");
	if (!log) {
		/* What libbpf adds to the verifier's words says less than they do. */
		if (!refusal->verifier)
			lines_keep(refusal, text, strlen(text));
		return;
	}
	log = strchr(log, '\n') + 1;
	end = strstr(log, "-- END PROG LOAD LOG --");
	refusal->verifier = true;
	refusal->count = 0;
	lines_keep(refusal, log, end ? (size_t)(end - log) : strlen(log));
}

/* What another thread loads is not ours to keep quiet about. */
__attribute__((format(printf, 2, 0))) static int pass_on(enum libbpf_print_level level,
                                                         const char *format, va_list arguments)
{
	libbpf_print_fn_t other;

	pthread_mutex_lock(&lock);
	other = before;
	pthread_mutex_unlock(&lock);
	return other ? other(level, format, arguments) : 0;
}

__attribute__((format(printf, 2, 0))) static int heard(enum libbpf_print_level level,
                                                       const char *format, va_list arguments)
{
	char *text;

	if (!listener)
		return pass_on(level, format, arguments);
	if (level != LIBBPF_WARN || vasprintf(&text, format, arguments) < 0)
		return 0;
	text_keep(listener, text);
	free(text);
	return 0;
}

void session_refusal_begin(struct session_refusal *refusal)
{
	*refusal = (struct session_refusal){.outer = listener};
	listener = refusal;
	pthread_mutex_lock(&lock);
	if (!listeners++)
		before = libbpf_set_print(heard);
	pthread_mutex_unlock(&lock);
}

/* Of the errors that a load can end with, those that have nothing to do with what is loaded. */
static const struct {
	int error;
	const char *remedy;
} not_its_fault[] = {
	{EPERM, "run as root, or give the program cap_bpf,cap_perfmon with setcap(8)"},
	{ENOMEM,
         "free memory, or raise the limit of this group (memory.max): the ring buffer takes "
         "up to 64 MiB"},
	{EMFILE, "raise the limit of open files (ulimit -n)"},
	{ENFILE, "raise the limit of open files (fs.file-max)"},
};

static const char *remedy_of(int code)
{
	for (size_t i = 0; i < sizeof(not_its_fault) / sizeof(not_its_fault[0]); i++)
		if (not_its_fault[i].error == -code)
			return not_its_fault[i].remedy;
	return NULL;
}

const char *session_refusal_remedy(const struct session_refusal *refusal, int code)
{
	const char *remedy = remedy_of(code == -EACCES && !refusal->verifier ? -EPERM : code);

	if (remedy)
		return remedy;
	return refusal->verifier ? "boot another kernel; the programs are meant to load on each "
	                           "since 6.1, so please report these lines, and the kernel's "
	                           "version"
	                         : "boot another kernel, 6.1 or newer";
}

void session_refusal_end(struct session_refusal *refusal, int code)
{
	libbpf_print_fn_t now;

	if (refusal->verifier && remedy_of(code)) {
		refusal->verifier = false;
		refusal->count = 0;
	}
	listener = refusal->outer;
	pthread_mutex_lock(&lock);
	if (!--listeners) {
		now = libbpf_set_print(before);
		if (now != heard) /* somebody else has set another meanwhile: that one stays */
			libbpf_set_print(now);
	}
	pthread_mutex_unlock(&lock);
}

const char *session_refusal_why(const struct session_refusal *refusal)
{
	return refusal->count ? refusal->lines[refusal->count - 1] : "";
}

int session_refusal_fault(const struct session_refusal *refusal, bool python, struct fault *fault,
                          int code)
{
	struct feature rows[FEATURE_COUNT];
	const struct feature *missing;

	features_probe(rows);
	missing = python ? features_missing_python(rows) : features_missing(rows);
	if (missing)
		return fault_set(fault, code, "eBPF does not work here: %s: %s; %s", missing->name,
		                 missing->detail, missing->remedy);
	if (refusal->verifier)
		return fault_set(fault, code,
		                 "the kernel refuses the BPF program %s: %s: %.120s "
		                 "(awaitness doctor tells more)",
		                 refusal->program, strerror(-code), session_refusal_why(refusal));
	return fault_set(fault, code, "cannot load the BPF programs: %s%s%.110s; %s",
	                 strerror(-code), refusal->count ? ": " : "", session_refusal_why(refusal),
	                 session_refusal_remedy(refusal, code));
}
