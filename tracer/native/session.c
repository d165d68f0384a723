// SPDX-License-Identifier: BSD-2-Clause
/*
 * session.c - the source that reads the ring buffer of the BPF programs.
 *
 * The programs never wake this side up (a wake-up costs the target 8 us); it
 * looks every few ms instead, and sleeps on the target's pidfd meanwhile.
 */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "order/intake.h"
#include "log_tail.h"
#include "load/session_missed.h"
#include "session_programs.h"
#include "base/clock_now.h"

#define RING_MAX      (1u << 30)
#define LOOK_EVERY_MS 2
#define POLL_BYTES    (64u << 20) /* at most in one poll: a fast target must not hold it */

/* consume() ended early, on purpose. */
#define ENOUGH (-ECANCELED)

struct session {
	struct source source;
	const struct target *target;
	struct session_programs programs;
	struct ring_buffer *ring;
	struct intake *intake;
	struct target_telling telling;
	struct session_missed missed;
	int pidfd;
	bool ended;
	bool stopped;
	int error;    /* of the stream_fn, in this poll */
	size_t bytes; /* taken in this poll */
};

static struct session *session_of(struct source *source)
{
	return (struct session *)source;
}

/* Feeds one entry of the ring. */
static int shipment_take(void *context, void *data, size_t size)
{
	struct session *session = context;
	const struct shipment *shipment = data;
	struct intake_batch batch;

	if (size < sizeof(*shipment) ||
	    shipment->batch.count > (size - sizeof(*shipment)) / sizeof(struct aw_event))
		return 0; /* the kernel side does not make these */
	batch = (struct intake_batch){
		.pid = session->target->pid,
		.tid = shipment->batch.tid,
		.generation = shipment->generation,
		.begin = shipment->begin,
		.first = shipment->batch.first,
		.time = shipment->batch.time,
		.events = shipment + 1,
		.count = shipment->batch.count,
		.ended = shipment->ended,
	};
	session->error = intake_feed(session->intake, &batch, target_tell_batch, &session->telling);
	session->bytes += size;
	return session->error || session->bytes >= POLL_BYTES ? ENOUGH : 0;
}

/* Takes what is in the ring. Returns 0, ENOUGH (there is more), or a negative errno. */
static int ring_take(struct session *session)
{
	int code;

	session->bytes = 0;
	session->error = 0;
	code = ring_buffer__consume(session->ring);
	if (session->error)
		return session->error;
	return code < 0 ? code : 0;
}

/* Feeds a thread's entry of the map: what it lost last is told nowhere else. */
static int thread_finish(struct session *session, uint32_t tid,
                         const struct shipment_thread *thread)
{
	struct intake_batch batch = {
		.pid = session->target->pid,
		.tid = tid,
		.generation = thread->generation,
		.begin = thread->begin,
		.first = thread->next,
		.time = clock_now_ms() * 1000000,
		.ended = true,
	};

	return intake_feed(session->intake, &batch, target_tell_batch, &session->telling);
}

static int threads_finish(struct session *session)
{
	struct shipment_thread thread;
	uint32_t tid, *previous = NULL;
	int code = 0;

	/* Bounded: a key deleted meanwhile makes the walk begin anew. */
	for (size_t i = 0; !code && i < SHIPMENT_THREADS; i++) {
		if (bpf_map_get_next_key(session->programs.threads, previous, &tid))
			break;
		previous = &tid;
		if (!bpf_map_lookup_elem(session->programs.threads, &tid, &thread))
			code = thread_finish(session, tid, &thread);
	}
	return code;
}

/* The logs of all threads at one moment, read before the programs were told to stop. */
struct tails {
	struct tail {
		uint32_t tid;
		struct shipment_thread thread;
		struct log_tail log;
	} * *all;
	size_t count;
};

static void tails_free(struct tails *tails)
{
	for (size_t i = 0; i < tails->count; i++)
		free(tails->all[i]);
	free(tails->all);
}

static int tail_add(struct session *session, struct tails *tails, uint32_t tid,
                    const struct shipment_thread *thread)
{
	struct tail **all = reallocarray(tails->all, tails->count + 1, sizeof(struct tail *));
	struct tail *tail = malloc(sizeof(*tail));

	if (all)
		tails->all = all;
	if (!all || !tail) {
		free(tail);
		return -ENOMEM;
	}
	tail->tid = tid;
	tail->thread = *thread;
	if (log_tail_read(session->target->pid, thread->head, &tail->log) || !tail->log.count)
		free(tail); /* nothing there, ended, or not permitted to read it */
	else
		tails->all[tails->count++] = tail;
	return 0;
}

static int tails_read(struct session *session, struct tails *tails)
{
	struct shipment_thread thread;
	uint32_t tid, *previous = NULL;
	int code = 0;

	/* Bounded: a key deleted meanwhile makes the walk begin anew. */
	for (size_t i = 0; !code && i < SHIPMENT_THREADS; i++) {
		if (bpf_map_get_next_key(session->programs.threads, previous, &tid))
			break;
		previous = &tid;
		if (!bpf_map_lookup_elem(session->programs.threads, &tid, &thread) && thread.head)
			code = tail_add(session, tails, tid, &thread);
	}
	return code;
}

static int tails_feed(struct session *session, const struct tails *tails)
{
	int code = 0;

	for (size_t i = 0; !code && i < tails->count; i++) {
		const struct tail *tail = tails->all[i];
		struct intake_batch batch = {
			.pid = session->target->pid,
			.tid = tail->tid,
			.generation = tail->thread.generation,
			.begin = tail->thread.begin,
			.first = tail->log.first,
			.time = clock_now_ms() * 1000000,
			.events = tail->log.events,
			.count = tail->log.count,
		};

		code = intake_feed(session->intake, &batch, target_tell_batch, &session->telling);
	}
	return code;
}

/* Takes all there is in the ring. Only when the programs add nothing more. */
static int ring_empty(struct session *session)
{
	int code;

	do
		code = ring_take(session);
	while (code == ENOUGH);
	return code;
}

/* Of a log the emitter's numbers tell what is missing; of fine-grained probes only the kernel does.
 */
static int missed_tell(struct session *session, bool last)
{
	uint64_t now = clock_now_ms() * 1000000;

	if (!session->programs.hits_are_records ||
	    (!last && !session_missed_due(&session->missed, now)))
		return 0;
	return session_missed_tell(&session->missed, session->target->pid,
	                           session_missed_count(session->programs.object) +
	                                   session->programs.counters[SHIPMENT_UNNUMBERED],
	                           now, target_tell_batch, &session->telling);
}

/* The order makes it exact: a tail read before `stopping` cannot be older than what the ring holds
 * when it is emptied after that, so nothing between the two is missing. */
static int session_finish(struct session *session)
{
	struct tails tails = {0};
	int code = session->ended ? 0 : tails_read(session, &tails);

	session_programs_quiesce(&session->programs);
	if (!code)
		code = ring_empty(session);
	if (!code)
		code = tails_feed(session, &tails);
	if (!code)
		code = threads_finish(session);
	if (!code)
		code = intake_flush(session->intake, target_tell_batch, &session->telling);
	if (!code)
		code = missed_tell(session, true);
	tails_free(&tails);
	return code;
}

static int session_stop(struct source *source, stream_fn fn, void *context)
{
	struct session *session = session_of(source);
	int code;

	if (session->stopped)
		return 0;
	session->stopped = true;
	session->telling.fn = fn;
	session->telling.context = context;
	code = target_tell(&session->telling);
	if (!code)
		code = session_finish(session);
	session_programs_detach(&session->programs);
	return code;
}

/* Waits for the target's end, at most ms. True if it has ended. */
static bool end_wait(struct session *session, int ms)
{
	struct pollfd fd = {.fd = session->pidfd, .events = POLLIN};

	return poll(&fd, 1, ms) > 0;
}

static int poll_once(struct session *session)
{
	bool ended = session->ended || end_wait(session, 0);
	int code = ring_take(session);

	if (code && code != ENOUGH)
		return code;
	/* It had ended before the ring was emptied: nothing more comes. */
	if (ended && code != ENOUGH)
		session->ended = true;
	code = missed_tell(session, false);
	if (code)
		return code;
	return intake_flush(session->intake, target_tell_batch, &session->telling);
}

static int session_poll(struct source *source, int timeout_ms, stream_fn fn, void *context)
{
	struct session *session = session_of(source);
	uint64_t until = clock_now_ms() + (timeout_ms > 0 ? timeout_ms : 0);
	struct intake_stats before, after;
	int code;

	if (session->stopped)
		return 0;
	session->telling.fn = fn;
	session->telling.context = context;
	intake_stats(session->intake, &before);
	code = target_tell(&session->telling);
	while (!code) {
		uint64_t now;

		code = poll_once(session);
		intake_stats(session->intake, &after);
		now = clock_now_ms();
		if (code || after.batches != before.batches || session->ended || now >= until)
			break;
		end_wait(session, until - now < LOOK_EVERY_MS ? until - now : LOOK_EVERY_MS);
	}
	return code ? code : (int)(after.batches - before.batches);
}

static void session_stats(const struct source *source, struct source_stats *out)
{
	const struct session *session = (const struct session *)source;
	struct intake_stats stats;

	intake_stats(session->intake, &stats);
	*out = (struct source_stats){
		.events = stats.events,
		.batches = stats.batches,
		.lost = stats.lost + session->missed.told,
		.hits = session->programs.counters[SHIPMENT_HITS],
		.kernel_missed = session_missed_count(session->programs.object),
		.ended = session->ended,
	};
}

static void session_close(struct source *source)
{
	struct session *session = session_of(source);

	if (!session)
		return;
	session_programs_close(&session->programs);
	ring_buffer__free(session->ring);
	intake_free(session->intake);
	if (session->pidfd >= 0)
		close(session->pidfd);
	free(session);
}

static const struct source_ops session_ops = {
	.name = "ebpf",
	.poll = session_poll,
	.stop = session_stop,
	.stats = session_stats,
	.close = session_close,
};

static size_t ring_size(size_t wanted)
{
	size_t size = getpagesize();

	if (!wanted)
		return SESSION_RING_BYTES;
	while (size < wanted && size < RING_MAX)
		size *= 2;
	return size;
}

static int programs_open(struct session *session, const struct session_plan *plan,
                         struct fault *fault)
{
	const struct feature *missing = features_missing(plan->features);

	if (!(plan->target->runtimes & (TARGET_LOG | TARGET_PROBES)))
		return fault_set(fault, -ENOTSUP,
		                 "process %d has no awaitness probes: it is not linked with "
		                 "libawaitness and does not use probe.h",
		                 (int)plan->target->pid);
	if (missing)
		return fault_set(fault, missing->state == FEATURE_OFF ? -ENOTSUP : -EPERM,
		                 "eBPF does not work here: %s: %s; %s", missing->name,
		                 missing->detail, missing->remedy);
	return plan->target->runtimes & TARGET_LOG
	               ? session_log_open(plan, &session->programs, fault)
	               : session_usdt_open(plan, &session->programs, fault);
}

/* The target may have ended, and its pid have been given away, before the pidfd was made. */
static int target_hold(struct session *session, struct fault *fault)
{
	session->pidfd = syscall(SYS_pidfd_open, session->target->pid, 0);
	if (session->pidfd < 0)
		return session_fault(fault, -errno, "watch the target");
	return target_alive(session->target) ? 0 : session_fault(fault, -ESRCH, "attach");
}

static int session_start(struct session *session, const struct session_options *options,
                         struct fault *fault)
{
	struct feature features[FEATURE_COUNT];
	struct session_plan plan = {
		.target = options->target,
		.features = options->features ? options->features : features,
		.ring_bytes = ring_size(options->ring_bytes),
	};
	int code = target_hold(session, fault);

	if (code)
		return code;
	if (!options->features)
		features_probe(features);
	session_plan_namespace(&plan);
	code = intake_new(&session->intake);
	if (code)
		return session_fault(fault, code, "start a session");
	code = programs_open(session, &plan, fault);
	if (code)
		return code;
	session->missed.asked = clock_now_ms() * 1000000;
	session->ring = ring_buffer__new(session->programs.ring, shipment_take, session, NULL);
	return session->ring ? 0 : session_fault(fault, -errno, "map the ring buffer");
}

int session_open(const struct session_options *options, struct source **out, struct fault *fault)
{
	struct session *session = calloc(1, sizeof(*session));
	struct session_refusal quiet; /* what failed is told by `fault` */
	int code;

	*out = NULL;
	if (!session)
		return session_fault(fault, -ENOMEM, "start a session");
	session->source.ops = &session_ops;
	session->target = options->target;
	session->telling.target = options->target;
	session->telling.transport = session_ops.name;
	session->pidfd = -1;
	session_refusal_begin(&quiet);
	code = session_start(session, options, fault);
	session_refusal_end(&quiet, 0);
	if (code) {
		session_close(&session->source);
		return code;
	}
	*out = &session->source;
	return 0;
}
