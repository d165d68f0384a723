// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_log_test.c - a session on a forked child that keeps its own count, through every death.
 *
 * The child carries the probes of log_emitter.h, which are in this very program.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../programs/log_emitter.h"
#include "kernel/feature.h"
#include "native/session.h"

#define THREADS 3

static struct emitter_truth *truth;
static struct feature rows[FEATURE_COUNT];

static void need_bpf(void)
{
	features_probe(rows);
	if (features_missing(rows))
		cr_skip_test("eBPF does not work here: %s", features_missing(rows)->name);
	truth = emitter_truth_new();
	cr_assert_not_null(truth);
}

TestSuite(session_log, .init = need_bpf, .timeout = 280);

/* -- the child ----------------------------------------------------------------------------- */

static void pause_ms(unsigned ms)
{
	struct timespec t = {0, ms * 1000000};

	nanosleep(&t, NULL);
}

static unsigned semaphores(void)
{
	return awaitness_log_open_semaphore + awaitness_log_ship_semaphore +
	       awaitness_log_close_semaphore;
}

/* Some thousand records, each burst followed by a millisecond's rest, for `ms`; 0: for ever. */
static void emit_for(int slot, unsigned ms)
{
	static __thread struct emitter emitter;

	if (!emitter.truth && emitter_init(&emitter, truth, slot))
		_exit(9);
	while (!awaitness_log_ship_semaphore && ms)
		pause_ms(1);
	for (unsigned turn = 0; !ms || turn < ms; turn++) {
		for (int i = 0; i < 1001; i++)
			emitter_tell(&emitter, turn);
		truth->turns[slot]++;
		if (!slot)
			truth->semaphores = semaphores();
		pause_ms(1);
	}
}

static void *thread_run(void *slot)
{
	emit_for((int)(intptr_t)slot, 0);
	return NULL;
}

enum death { KILLED, SEGV, ABORT, UNDERSCORE_EXIT, EXECVE, EXECVE_FAILS, PTHREAD_EXIT, NEVER };

static void die(enum death how)
{
	switch (how) {
	case KILLED:
		kill(getpid(), SIGKILL);
		break;
	case SEGV:
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		break;
	case ABORT:
		signal(SIGABRT, SIG_DFL);
		abort();
	case UNDERSCORE_EXIT:
		_exit(0);
	case EXECVE:
		execl("/bin/true", "true", NULL);
		break;
	case EXECVE_FAILS:
		execl("/nonexistent", "nonexistent", NULL);
		emit_for(0, 5);
		kill(getpid(), SIGKILL);
		break;
	case PTHREAD_EXIT:
		pthread_exit(NULL);
	case NEVER:
		break;
	}
}

static void child_run(int threads, unsigned ms, enum death how)
{
	for (intptr_t i = 1; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, thread_run, (void *)i))
			_exit(9);
	}
	emit_for(0, how == NEVER ? 0 : ms);
	die(how);
	_exit(8);
}

static pid_t child_start(int threads, unsigned ms, enum death how)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing running */
		child_run(threads, ms, how);
	}
	while (!truth->tids[threads - 1])
		pause_ms(1);
	return pid;
}

/* -- what the session delivers ------------------------------------------------------------- */

struct seen {
	uint64_t events[EMITTER_THREADS];
	uint64_t lost[EMITTER_THREADS];
	uint64_t next[EMITTER_THREADS]; /* number expected next, once `begun` */
	bool begun[EMITTER_THREADS];
	bool described;
};

static int slot_of(uint32_t tid)
{
	for (int i = 0; i < EMITTER_THREADS; i++)
		if (truth->tids[i] == tid)
			return i;
	cr_assert_fail("events of thread %u, which is not the target's", tid);
	return -1;
}

static int see(void *context, const struct stream_batch *batch)
{
	struct seen *seen = context;
	int slot;

	if (!batch->tid) {
		cr_assert_eq(batch->events[0].kind, AW_TARGET);
		seen->described = true;
		return 0;
	}
	cr_assert(seen->described, "the target is described before its first event");
	slot = slot_of(batch->tid);
	if (seen->begun[slot])
		cr_assert_eq(batch->first, seen->next[slot], "batches follow each other");
	seen->begun[slot] = true;
	seen->next[slot] = batch->first + batch->count;
	if (batch->events[0].kind == AW_LOST) {
		seen->lost[slot] += batch->events[0].object;
		seen->next[slot] = batch->first + batch->events[0].object;
		return 0;
	}
	for (size_t i = 0; i < batch->count; i++)
		cr_assert_eq(batch->events[i].object, batch->first + i,
		             "the record that was written");
	seen->events[slot] += batch->count;
	return 0;
}

static struct source *session_on(struct target *target, size_t ring_bytes)
{
	struct session_options options = {
		.target = target, .ring_bytes = ring_bytes, .features = rows};
	struct fault fault = {0};
	struct source *source;

	cr_assert_eq(session_open(&options, &source, &fault), 0, "%s", fault.message);
	return source;
}

/* Attaches to the child, follows it to its end, and takes what is left. */
static void follow(pid_t pid, size_t ring_bytes, struct seen *seen)
{
	struct source_stats stats = {0};
	struct target *target;
	struct source *source;

	memset(seen, 0, sizeof(*seen));
	cr_assert_eq(target_open(pid, &target), 0);
	cr_assert(target->runtimes & TARGET_LOG);
	source = session_on(target, ring_bytes);
	while (!stats.ended) {
		cr_assert_geq(source->ops->poll(source, 100, see, seen), 0);
		source->ops->stats(source, &stats);
	}
	cr_assert_eq(source->ops->stop(source, see, seen), 0);
	source->ops->stats(source, &stats);
	cr_assert_eq(stats.kernel_missed, 0);
	source->ops->close(source);
	target_close(target);
	waitpid(pid, NULL, 0);
}

static void expect_exact(const struct seen *seen, int threads)
{
	for (int i = 0; i < threads; i++) {
		cr_assert_gt(truth->records[i], 0);
		cr_assert_eq(seen->events[i] + seen->lost[i], truth->records[i],
		             "thread %d: %ju seen + %ju lost, truth %ju", i, seen->events[i],
		             seen->lost[i], truth->records[i]);
	}
}

static void expect_all(enum death how)
{
	struct seen seen;

	follow(child_start(THREADS, 200, how), 0, &seen);
	expect_exact(&seen, THREADS);
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(seen.lost[i], 0, "thread %d: %ju lost", i, seen.lost[i]);
}

Test(session_log, a_target_killed_loses_nothing)
{
	expect_all(KILLED);
}

Test(session_log, a_target_that_crashes_loses_nothing)
{
	expect_all(SEGV);
}

Test(session_log, a_target_that_aborts_loses_nothing)
{
	expect_all(ABORT);
}

Test(session_log, a_target_that_leaves_by_underscore_exit_loses_nothing)
{
	expect_all(UNDERSCORE_EXIT);
}

Test(session_log, a_target_that_executes_another_program_loses_nothing)
{
	expect_all(EXECVE);
}

Test(session_log, an_execve_that_fails_changes_nothing)
{
	expect_all(EXECVE_FAILS);
}

Test(session_log, a_main_thread_that_ends_alone_loses_nothing)
{
	struct seen seen;

	follow(child_start(1, 100, PTHREAD_EXIT), 0, &seen);
	expect_exact(&seen, 1);
	cr_assert_eq(seen.lost[0], 0);
}

Test(session_log, a_kill_from_outside_in_the_middle_loses_nothing)
{
	pid_t pid = child_start(THREADS, 0, NEVER);
	pid_t killer = fork();
	struct seen seen;

	if (!killer) {
		while (truth->records[0] < 50000)
			pause_ms(1);
		kill(pid, SIGKILL);
		_exit(0);
	}
	follow(pid, 0, &seen);
	waitpid(killer, NULL, 0);
	expect_exact(&seen, THREADS);
}

Test(session_log, what_does_not_fit_into_the_ring_is_counted_to_the_record)
{
	struct seen seen;

	/* One log and its header do not fit: only short ships and what is drained get through. */
	follow(child_start(THREADS, 100, KILLED), 16384, &seen);
	expect_exact(&seen, THREADS);
	cr_assert_gt(seen.lost[0], 0);
}

/* -- each kernel feature off ---------------------------------------------------------------- */

/* Switches features off for the rest of the test. */
static void disable(const char *names)
{
	setenv("AWAITNESS_DISABLE", names, 1);
	features_probe(rows);
}

static bool has_syscall_events(void)
{
	return feature_usable(rows, FEATURE_SYSCALL_EVENTS);
}

Test(session_log, without_dynptr_nothing_is_lost)
{
	disable("dynptr");
	expect_all(KILLED);
	memset(truth, 0, sizeof(*truth));
	expect_all(EXECVE);
}

Test(session_log, without_exit_order_signals_still_lose_nothing)
{
	disable("exit_order");
	expect_all(KILLED);
	memset(truth, 0, sizeof(*truth));
	expect_all(SEGV);
}

Test(session_log, without_exit_order_syscall_events_see_an_underscore_exit)
{
	if (!has_syscall_events())
		cr_skip_test("tracefs is not mounted");
	disable("exit_order,prepare_exec,dynptr");
	expect_all(UNDERSCORE_EXIT);
	memset(truth, 0, sizeof(*truth));
	expect_all(EXECVE);
	memset(truth, 0, sizeof(*truth));
	expect_all(EXECVE_FAILS);
}

/* -- never harm ----------------------------------------------------------------------------- */

static void attach_briefly(struct target *target, struct seen *seen)
{
	struct source *source = session_on(target, 0);
	struct source_stats stats;

	memset(seen, 0, sizeof(*seen));
	for (int i = 0; i < 3; i++)
		cr_assert_geq(source->ops->poll(source, 2, see, seen), 0);
	cr_assert_eq(source->ops->stop(source, see, seen), 0);
	source->ops->stats(source, &stats);
	cr_assert_eq(stats.lost, 0);
	source->ops->close(source);
}

static uint64_t turns_after(unsigned ms)
{
	uint64_t before = truth->turns[0];

	pause_ms(ms);
	return truth->turns[0] - before;
}

Test(session_log, a_hundred_attachments_under_load_leave_the_target_as_it_was)
{
	pid_t pid = child_start(THREADS, 0, NEVER);
	uint64_t events = 0;
	struct target *target;
	struct seen seen;

	cr_assert_eq(target_open(pid, &target), 0);
	for (int i = 0; i < 100; i++) {
		attach_briefly(target, &seen);
		for (int j = 0; j < THREADS; j++) {
			cr_assert_eq(seen.lost[j], 0);
			events += seen.events[j];
		}
	}
	cr_assert_gt(events, 0);
	cr_assert_gt(turns_after(200), 0, "it goes on");
	cr_assert_eq(truth->semaphores, 0, "nobody listens any more");
	cr_assert(target_alive(target));
	target_close(target);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(session_log, a_tracer_that_is_killed_leaves_the_target_as_it_was)
{
	pid_t pid = child_start(THREADS, 0, NEVER), tracer;
	struct target *target;
	struct seen seen;

	cr_assert_eq(target_open(pid, &target), 0);
	tracer = fork();
	if (!tracer) {
		session_on(target, 0);
		for (;;)
			pause();
	}
	while (!truth->semaphores)
		pause_ms(1);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	for (int i = 0; truth->semaphores && i < 3000; i++)
		pause_ms(1);
	cr_assert_eq(truth->semaphores, 0, "the kernel has detached it");
	cr_assert_gt(turns_after(100), 0);
	attach_briefly(target, &seen);
	cr_assert_gt(seen.events[0], 0, "it can be attached to again");
	target_close(target);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(session_log, a_target_that_has_ended_is_refused_in_one_line)
{
	pid_t pid = child_start(1, 0, NEVER);
	struct session_options options = {0};
	struct fault fault = {0};
	struct target *target;
	struct source *source;

	cr_assert_eq(target_open(pid, &target), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	options.target = target;
	cr_assert_eq(session_open(&options, &source, &fault), -ESRCH);
	cr_assert_null(source);
	cr_assert_null(strchr(fault.message, '\n'));
	cr_assert_not_null(strstr(fault.message, "ended"));
	target_close(target);
}

Test(session_log, a_target_without_probes_is_refused_in_one_line)
{
	struct session_options options = {0};
	struct fault fault = {0};
	struct target *target;
	struct source *source;
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/sleep", "sleep", "30", NULL);
		_exit(1);
	}
	do {
		pause_ms(10);
		cr_assert_eq(target_open(pid, &target), 0);
	} while (target->runtimes && (target_close(target), true));
	options.target = target;
	cr_assert_eq(session_open(&options, &source, &fault), -ENOTSUP);
	cr_assert_not_null(strstr(fault.message, "probe.h"));
	target_close(target);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
