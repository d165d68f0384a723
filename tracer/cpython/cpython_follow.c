/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_follow.c - see cpython_follow.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cpython_find.h"
#include "cpython_follow.h"
#include "event/event_buffer.h"
#include "target/processes.h"
#include "base/clock_now.h"

#define LOOK_NS 200000000ull /* between two looks at the processes */

enum { ALL_SEEN = AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_AWAITS | AW_CAN_WAKES | AW_CAN_CELLS };
enum { RING_BYTES = 8 << 20, WAIT_MS = 10, EAGER_LOOKS = 25 };

/* A process of the family. */
struct member {
	pid_t pid;
	uint64_t start_time;
	struct source *source; /* NULL: not attached to */
	bool gone, given_up;
	bool late;      /* it began, or became a Python program, while others were watched */
	unsigned looks; /* at it, in vain */
	uint64_t look;  /* ns: when to look at it again */
	struct source_stats last; /* of a source that was closed */
};

struct cpython_follow {
	struct source source; /* first */
	struct cpython_session_options options;
	struct member *members; /* the first: whose family it is. Grows */
	size_t count, room, attached, ever;
	size_t late; /* members that were found late, or never, and are not told of yet */
	struct source_stats gone; /* of those that are no longer among them */
	uint32_t ids;
	uint64_t look;
	bool told, stopped;
	bool looked; /* those who come from now on begin while others are watched */
};

static const struct source_ops ops;

/* ---- who belongs to it ---- */

static struct member *member_find(struct cpython_follow *f, pid_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->members[i].pid == pid && !f->members[i].gone)
			return &f->members[i];
	return NULL;
}

static int member_add(struct cpython_follow *f, const struct process *process)
{
	if (f->count == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		struct member *more = reallocarray(f->members, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		f->members = more;
		f->room = room;
	}
	f->members[f->count++] = (struct member){
		.pid = process->pid, .start_time = process->start_time, .late = f->looked};
	return 0;
}

static void stats_add(struct source_stats *sum, const struct source_stats *stats)
{
	sum->events += stats->events;
	sum->batches += stats->batches;
	sum->lost += stats->lost;
	sum->hits += stats->hits;
	sum->kernel_missed += stats->kernel_missed;
}

/* Those that have ended, and are read to their end, need no place any more; the first keeps it. */
static void family_forget(struct cpython_follow *f)
{
	size_t kept = 1;

	for (size_t i = 1; i < f->count; i++) {
		if (f->members[i].gone && !f->members[i].source) {
			stats_add(&f->gone, &f->members[i].last);
			f->late += f->members[i].late; /* it was never attached to */
		} else {
			f->members[kept++] = f->members[i];
		}
	}
	f->count = kept;
}

static bool process_is_there(const struct process *list, long count, const struct member *member)
{
	for (long i = 0; i < count; i++)
		if (list[i].pid == member->pid)
			return !member->start_time || list[i].start_time == member->start_time;
	return false;
}

/* Finds new descendants, and who has gone. */
static int family_look(struct cpython_follow *f)
{
	struct process *list;
	long count = processes_read(&list);
	size_t before;
	int error = 0;

	if (count < 0)
		return (int)count;
	for (size_t i = 0; i < f->count; i++)
		if (!f->members[i].gone && !process_is_there(list, count, &f->members[i]))
			f->members[i].gone = true;
	family_forget(f);
	do { /* until there is no new one: a child may stand before its parent */
		before = f->count;
		for (long i = 0; i < count && !error; i++)
			if (member_find(f, list[i].parent) && !member_find(f, list[i].pid))
				error = member_add(f, &list[i]);
	} while (f->count > before && !error);
	f->looked = true;
	free(list);
	return error;
}

/* ---- attaching to them ---- */

/* Tells of a process: a TARGET with its command. */
static int target_tell_of(const struct target *target, unsigned runtime, const char *detail,
                          stream_fn fn, void *context)
{
	struct event_buffer buffer = {0};
	struct stream_batch batch = {.pid = (uint32_t)target->pid};
	const struct aw_event event = {.time = clock_now(),
	                               .kind = AW_TARGET,
	                               .arg = runtime,
	                               .object = (uint64_t)target->pid,
	                               .site = runtime ? ALL_SEEN : 0};
	int error = event_buffer_add(&buffer, &event);

	if (!error)
		error = event_buffer_text(&buffer, event.time, AW_TEXT_COMMAND, target->command,
		                          strlen(target->command));
	if (!error)
		error = event_buffer_text(&buffer, event.time, AW_TEXT_DETAIL, detail,
		                          strlen(detail));
	if (!error && runtime)
		error = event_buffer_text(&buffer, event.time, AW_TEXT_TRANSPORT, ops.name,
		                          strlen(ops.name));
	batch.events = buffer.events;
	batch.count = buffer.count;
	if (!error)
		error = fn(context, &batch);
	event_buffer_fini(&buffer);
	return error;
}

/* Tells of a process that is not seen, and why. */
static int member_tell_unseen(const struct target *target, const char *reason, stream_fn fn,
                              void *context)
{
	return target_tell_of(target, AW_RUNTIME_UNKNOWN, reason, fn, context);
}

/* How many began meanwhile and were found late, or never: a LOST of nothing that is known for each.
 */
static int late_tell(struct cpython_follow *f, stream_fn fn, void *context)
{
	const struct aw_event event = {.time = clock_now(), .kind = AW_LOST, .site = clock_now()};
	const struct stream_batch batch = {
		.pid = (uint32_t)f->members[0].pid, .events = &event, .count = 1};
	int error = 0;

	for (; f->late && !error; f->late--)
		error = fn(context, &batch);
	return error;
}

/* The first process is told of before any other, whether or not it has tasks itself. What is seen
 * is limited by what is told of those that have. */
static int root_tell(struct cpython_follow *f, stream_fn fn, void *context)
{
	struct target *target;
	int error;

	if (f->told)
		return 0;
	f->told = true;
	if (target_open(f->members[0].pid, &target))
		return 0;
	error = target_tell_of(target, AW_RUNTIME_CPYTHON, cpython_detail_text(f->options.detail),
	                       fn, context);
	target_close(target);
	return error;
}

/* Can it be attached to now? Cheap, against loading the programs in vain. */
static bool member_ready(const struct target *target)
{
	struct cpython_found found;
	struct fault fault;

	return target->runtimes & TARGET_CPYTHON && !cpython_find(target, &found, &fault);
}

static int member_open(struct cpython_follow *f, struct member *member, bool starting,
                       struct fault *fault)
{
	struct cpython_session_options options = f->options;
	int error;

	options.pid = member->pid;
	options.starting = starting;
	options.ids = &f->ids;
	options.sites_from = (uint64_t)f->ever << 32;
	if (f->ever)
		options.ring_bytes = RING_BYTES;
	error = cpython_session_open(&options, &member->source, fault);
	if (error)
		return error;
	f->ever++;
	f->attached++;
	f->late += member->late;
	member->late = false;
	return 0;
}

static void member_close(struct cpython_follow *f, struct member *member)
{
	if (!member->source)
		return;
	member->source->ops->stats(member->source, &member->last);
	member->source->ops->close(member->source);
	member->source = NULL;
	f->attached--;
}

/* Looks at a process that is not attached to; attaches when it has come so far. */
static int member_try(struct cpython_follow *f, struct member *member, uint64_t now, stream_fn fn,
                      void *context)
{
	struct fault fault = {0};
	struct target *target;
	int error = 0;

	if (target_open(member->pid, &target))
		return 0; /* it has ended, or is not to be looked at */
	if (!member->start_time)
		member->start_time = target->start_time;
	if (member_ready(target)) {
		if (f->attached >= CPYTHON_FOLLOW_MAX)
			fault_set(&fault, -ENOSPC, "more than %d processes at once",
			          CPYTHON_FOLLOW_MAX);
		else
			member_open(f, member, false, &fault);
		if (!member->source && target_alive(target)) {
			member->given_up = true;
			error = member_tell_unseen(target, fault.message, fn, context);
		}
	}
	/* One that stays without tasks is looked at less often after a while. */
	member->look = now + LOOK_NS * (++member->looks < EAGER_LOOKS ? 1 : 5);
	target_close(target);
	return error;
}

/* One at a time: attaching takes a while, and those that are attached to fill their rings. */
static int family_attach(struct cpython_follow *f, uint64_t now, stream_fn fn, void *context)
{
	for (size_t i = 0; i < f->count; i++) {
		struct member *member = &f->members[i];
		int error;

		if (member->source || member->gone || member->given_up || now < member->look)
			continue;
		error = member_try(f, member, now, fn, context);
		if (error || member->source)
			return error;
	}
	return 0;
}

/* ---- the source ---- */

/* One process: what it tells; it is given up by itself when it ends or does not fit. */
static int member_poll(struct cpython_follow *f, struct member *member, stream_fn fn, void *context)
{
	struct source_stats stats;
	struct target *target;
	int n = member->source->ops->poll(member->source, 0, fn, context), error = 0;

	member->source->ops->stats(member->source, &stats);
	if (n >= 0 && !stats.ended)
		return n;
	if (n < 0 && n != -EPROTO)
		return n;
	if (n == -EPROTO) {
		member->given_up = true;
		if (!target_open(member->pid, &target)) {
			error = member_tell_unseen(target, "its layout is not that of its version",
			                           fn, context);
			target_close(target);
		}
	} else {
		error = member->source->ops->stop(member->source, fn, context);
		member->gone = true;
	}
	member_close(f, member);
	return error ? error : n > 0 ? n : 0;
}

static int poll_source(struct source *source, int timeout_ms, stream_fn fn, void *context)
{
	struct cpython_follow *f = (struct cpython_follow *)source;
	const struct timespec pause = {.tv_nsec = (timeout_ms < WAIT_MS ? timeout_ms : WAIT_MS) *
	                                          1000000l};
	uint64_t now = clock_now();
	int batches = 0, error = root_tell(f, fn, context);

	if (!error && !f->stopped && now >= f->look) {
		f->look = now + LOOK_NS;
		error = family_look(f);
	}
	if (!error && !f->stopped)
		error = family_attach(f, now, fn, context);
	if (!error)
		error = late_tell(f, fn, context);
	for (size_t i = 0; i < f->count && !error; i++) {
		int n = f->members[i].source ? member_poll(f, &f->members[i], fn, context) : 0;

		if (n < 0)
			error = n;
		else
			batches += n;
	}
	if (!batches && !error && timeout_ms > 0)
		nanosleep(&pause, NULL);
	return error ? error : batches;
}

/* Why a process that is still there was never attached to; what has no tasks is not told of. */
static int member_explain(const struct member *member, stream_fn fn, void *context)
{
	struct cpython_found found;
	struct fault fault = {0};
	struct target *target;
	int error = 0;

	if (target_open(member->pid, &target))
		return 0;
	if (target->runtimes & (TARGET_LOG | TARGET_PROBES))
		error = member_tell_unseen(
			target, "only Python processes are followed: attach to it by its own id",
			fn, context);
	else if (target->runtimes & TARGET_CPYTHON && cpython_find(target, &found, &fault))
		error = member_tell_unseen(target, fault.message, fn, context);
	target_close(target);
	return error;
}

static int stop_source(struct source *source, stream_fn fn, void *context)
{
	struct cpython_follow *f = (struct cpython_follow *)source;
	int error = 0;

	if (f->stopped)
		return 0;
	f->stopped = true;
	for (size_t i = 0; i < f->count && !error; i++) {
		const struct member *member = &f->members[i];

		if (member->source)
			error = member->source->ops->stop(member->source, fn, context);
		else if (!member->gone && !member->given_up)
			error = member_explain(member, fn, context);
		f->late += !member->source && member->late;
	}
	return error ? error : late_tell(f, fn, context);
}

static void stats_source(const struct source *source, struct source_stats *out)
{
	const struct cpython_follow *f = (const struct cpython_follow *)source;

	*out = f->gone;
	out->ended = true;
	for (size_t i = 0; i < f->count; i++) {
		const struct member *member = &f->members[i];
		struct source_stats stats = member->last;

		if (member->source)
			member->source->ops->stats(member->source, &stats);
		stats_add(out, &stats);
		out->ended &= member->gone;
	}
}

static void close_source(struct source *source)
{
	struct cpython_follow *f = (struct cpython_follow *)source;

	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		member_close(f, &f->members[i]);
	free(f->members);
	free(f);
}

static const struct source_ops ops = {
	.name = "ebpf",
	.poll = poll_source,
	.stop = stop_source,
	.stats = stats_source,
	.close = close_source,
};

int cpython_follow_open(const struct cpython_session_options *options, struct source **out,
                        struct fault *fault)
{
	struct cpython_follow *f = calloc(1, sizeof(*f));
	const struct process root = {.pid = options->pid};
	struct target *target;
	bool python;
	int error;

	*out = NULL;
	if (!f)
		return fault_set(fault, -ENOMEM, "out of memory");
	f->source.ops = &ops;
	f->options = *options;
	if (member_add(f, &root)) {
		free(f);
		return fault_set(fault, -ENOMEM, "out of memory");
	}
	error = target_open(options->pid, &target);
	if (error) {
		close_source(&f->source);
		return fault_set(fault, error, "cannot look at process %d: %s", (int)options->pid,
		                 strerror(-error));
	}
	f->members[0].start_time = target->start_time;
	python = options->starting ? target->runtimes & TARGET_CPYTHON : member_ready(target);
	f->members[0].late = options->starting && !python; /* a shell, which may execute one */
	target_close(target);
	if (python)
		error = member_open(f, &f->members[0], options->starting, fault);
	if (error) {
		close_source(&f->source);
		return error;
	}
	*out = &f->source;
	return 0;
}
