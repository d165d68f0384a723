/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_test.c - what the runtime tells, exactly, and in which order.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "recorded.h"

/* Before the macros of the same names. */
static const enum aw_kind kind_read = AW_READ, kind_await = AW_AWAIT;
#include <awaitness/access.h>

/* Runs `fn` as main, recorded, and journals what the thread told. */
static void run_recorded(aw_task_fn fn)
{
	record();
	aw_run(fn, NULL);
	recorded_journal(getpid(), gettid());
	record_end();
}

static struct aw_lock *lock;
static struct aw_flag *flag;

static int64_t hold_over_yield(void *arg)
{
	int err = aw_lock_acquire(lock, AW_FOREVER);

	(void)arg;
	if (err)
		return err;
	aw_yield();
	return aw_lock_release(lock);
}

static int64_t two_on_a_lock(void *arg)
{
	struct aw_task *a, *b;

	(void)arg;
	lock = aw_lock_new("L");
	a = go(hold_over_yield, "a");
	b = go(hold_over_yield, "b");
	aw_await(a, AW_FOREVER, NULL);
	aw_await(b, AW_FOREVER, NULL);
	aw_task_free(a);
	aw_task_free(b);
	aw_lock_free(lock);
	return 0;
}

Test(log, a_contended_lock_is_told_in_a_legal_order)
{
	run_recorded(two_on_a_lock);
	expect_journal(
		"-:task-new(main) main:resume main:lock-new/1(L) main:task-new(a) "
		"main:task-new(b) main:suspend/2(a) "
		"a:resume a:lock-taken(L) a:suspend "
		"b:resume b:lock-wait(L) b:suspend/4(L) "
		"a:resume a:lock-freed(L) a:wake/4(b) a:signal/2(a) a:wake/2(main) a:task-end "
		"b:resume b:lock-taken(L) b:suspend "
		"main:resume main:observe/2(a) main:suspend/2(b) "
		"b:resume b:lock-freed(L) b:signal/2(b) b:wake/2(main) b:task-end "
		"main:resume main:observe/2(b) main:lock-free(L) main:signal/2(main) "
		"main:task-end");
}

static int64_t wait_flag(void *arg)
{
	(void)arg;
	return aw_flag_wait(flag, AW_FOREVER);
}

static int64_t eager_inner(void *arg)
{
	struct aw_task *task = aw_task_start(wait_flag, NULL, "inner");

	(void)arg;
	aw_flag_set(flag);
	aw_await(task, AW_FOREVER, NULL);
	aw_task_free(task);
	return 0;
}

static int64_t eager(void *arg)
{
	(void)arg;
	flag = aw_flag_new("F");
	eager_inner(NULL);
	aw_flag_free(flag);
	return 0;
}

Test(log, an_eager_step_nests_and_a_flag_orders)
{
	run_recorded(eager);
	expect_journal(
		"-:task-new(main) main:resume main:task-new(inner) "
		"inner:resume inner:suspend/6(F) main:signal/6(F) main:wake/6(inner) "
		"main:suspend/2(inner) inner:resume inner:observe/6(F) inner:signal/2(inner) "
		"inner:wake/2(main) inner:task-end main:resume main:observe/2(inner) "
		"main:signal/2(main) main:task-end");
}

static int64_t give_up(void *arg)
{
	struct aw_task *task;

	(void)arg;
	lock = aw_lock_new("L");
	aw_lock_acquire(lock, AW_FOREVER);
	aw_lock_acquire(lock, 0); /* does not wait: tells nothing */
	aw_lock_acquire(lock, aw_after(MS(2)));
	task = go(hold_over_yield, "a");
	aw_yield();
	aw_cancel(task);
	aw_wait(task, AW_FOREVER);
	aw_task_free(task);
	aw_lock_set_intent(lock, "to be told");
	aw_lock_locked(lock);
	aw_lock_release(lock);
	aw_lock_free(lock);
	return 0;
}

Test(log, a_wait_given_up_is_told)
{
	run_recorded(give_up);
	expect_journal("-:task-new(main) main:resume main:lock-new/1(L) main:lock-taken(L) "
	               "main:lock-wait/2000(L) main:suspend/2004(L) -:wake/d(main) main:resume "
	               "main:lock-giveup(L) main:task-new(a) main:suspend a:resume a:lock-wait(L) "
	               "a:suspend/4(L) main:resume main:cancel(a) main:wake/c(a) main:suspend/2(a) "
	               "a:resume a:lock-giveup(L) a:signal/2(a) a:wake/2(main) a:task-end/2 "
	               "main:resume main:observe/2(a) main:lock-waiver(L) main:lock-test(L) "
	               "main:lock-freed(L) main:lock-free(L) main:signal/2(main) main:task-end");
}

static int64_t notify(void *condition)
{
	aw_lock_acquire(aw_condition_lock(condition), AW_FOREVER);
	aw_condition_notify(condition, 1);
	return aw_lock_release(aw_condition_lock(condition));
}

static int64_t condition(void *arg)
{
	struct aw_condition *c = aw_condition_new(NULL, "C");
	struct aw_task *task = aw_task_create(notify, c, "n");

	(void)arg;
	aw_lock_acquire(aw_condition_lock(c), AW_FOREVER);
	aw_condition_wait(c, AW_FOREVER);
	aw_lock_release(aw_condition_lock(c));
	aw_condition_free(c);
	aw_task_free(task);
	return 0;
}

Test(log, a_condition_frees_and_takes_its_lock)
{
	run_recorded(condition);
	expect_journal("-:task-new(main) main:resume main:lock-new/3(C) main:lock-condition(C) "
	               "main:task-new(n) main:lock-taken(C) main:lock-freed(C) main:suspend/7(C) "
	               "n:resume n:lock-taken(C) n:signal/7(C) n:wake/7(main) n:lock-freed(C) "
	               "n:signal/2(n) n:task-end main:resume main:observe/7(C) main:lock-taken(C) "
	               "main:lock-freed(C) main:lock-free(C) main:signal/2(main) main:task-end");
}

static int counter;

static int64_t marks(void *arg)
{
	int64_t wide[2000];

	(void)arg;
	AW_WRITE(counter) = AW_READ(counter) + 1;
	if (AW_READ_TEST(counter))
		AW_WRITE(wide)[0] = 0;
	AW_AWAIT(aw_yield());
	AW_AWAIT(aw_lock_locked(lock));
	AW_FORGET(&counter, sizeof(counter));
	return 0;
}

Test(log, marks_are_told_with_size_and_counted)
{
	const struct aw_site *site = NULL;

	lock = aw_lock_new(NULL);
	run_recorded(marks);
	expect_journal("-:task-new(main) main:resume main:read/4 main:write/4 main:read/2004 "
	               "main:write/fff main:suspend main:resume main:await/1 main:lock-new/4001(?) "
	               "main:lock-test(?) main:await main:forget(?) main:signal/2(main) "
	               "main:task-end");
	cr_expect_eq(recorded_number(AW_SITE), 6);
	while ((site = aw_site_next(site)))
		if (strcmp(site->function, "marks") == 0 && site->kind == AW_SITE_AWAIT) {
			cr_expect_eq(site->passed, 1);
			cr_expect_eq(site->suspended, strcmp(site->label, "aw_yield()") == 0);
		}
	aw_lock_free(lock);
}

Test(log, a_recording_begins_with_thread_and_target)
{
	run_recorded(two_on_a_lock);
	cr_assert_geq(recorded.count, 10);
	cr_expect_eq(recorded.events[0].kind, AW_THREAD);
	cr_expect_eq(recorded.events[0].object, gettid());
	cr_expect_eq(recorded_number(AW_TARGET), 1);
	cr_expect_geq(recorded_number(AW_MODULE), 2, "the program and libc at least");
	for (size_t i = 1; i < recorded.count; i++)
		cr_assert_geq(recorded.events[i].time, recorded.events[i - 1].time);
	for (size_t i = 0; i < recorded.count; i++) {
		if (recorded.events[i].kind != AW_TARGET)
			continue;
		cr_expect_eq(recorded.events[i].arg, AW_RUNTIME_C);
		cr_expect_eq(recorded.events[i].object, getpid());
		cr_expect_eq(recorded.events[i].site, AW_CAN_ACCESSES | AW_CAN_ACQUIRES |
		                                              AW_CAN_RELEASES | AW_CAN_AWAITS |
		                                              AW_CAN_STEP_ENDS | AW_CAN_WAKES);
	}
}

static int64_t begin_in_the_middle(void *arg)
{
	struct aw_task *a, *b;

	(void)arg;
	lock = aw_lock_new("L");
	aw_lock_acquire(lock, AW_FOREVER);
	a = go(hold_over_yield, "a");
	b = go(hold_over_yield, "b");
	aw_yield();
	record();
	aw_lock_release(lock);
	aw_cancel(b);
	aw_wait(a, AW_FOREVER);
	aw_wait(b, AW_FOREVER);
	aw_task_free(a);
	aw_task_free(b);
	aw_lock_free(lock);
	return 0;
}

Test(log, what_began_before_the_recording_is_told_as_a_snapshot)
{
	aw_run(begin_in_the_middle, NULL);
	recorded_journal(getpid(), gettid());
	expect_journal("-:task-new/4000(main) main:resume/4000 main:lock-new/4001(L) "
	               "main:lock-taken/4000(L) -:task-new/4000(a) a:lock-wait/4000(L) "
	               "-:task-new/4000(b) b:lock-wait/4000(L) main:lock-freed(L) main:wake/4(a) "
	               "main:cancel(b) main:wake/c(b) main:suspend/2(a) a:resume a:lock-taken(L) "
	               "a:suspend b:resume b:lock-giveup(L) b:signal/2(b) b:task-end/2 a:resume "
	               "a:lock-freed(L) a:signal/2(a) a:wake/2(main) a:task-end main:resume "
	               "main:observe/2(a) main:observe/2(b) main:lock-free(L) main:signal/2(main) "
	               "main:task-end");
	record_end();
}

static int64_t held_then_access(void *arg)
{
	(void)arg;
	lock = aw_lock_new("L");
	aw_lock_acquire(lock, AW_FOREVER);
	record();
	AW_WRITE(counter) = 1;
	aw_lock_release(lock);
	aw_lock_free(lock);
	return 0;
}

Test(log, a_lock_held_when_the_recording_begins_is_told_before_the_access_it_guards)
{
	aw_run(held_then_access, NULL);
	recorded_journal(getpid(), gettid());
	expect_journal("-:task-new/4000(main) main:resume/4000 main:lock-new/4001(L) "
	               "main:lock-taken/4000(L) main:write/4 main:lock-freed(L) main:lock-free(L) "
	               "main:signal/2(main) main:task-end");
	record_end();
}

static int64_t many_reads(void *arg)
{
	int sum = 0;

	(void)arg;
	for (int i = 0; i < 10000; i++)
		sum += AW_READ(counter);
	return sum;
}

Test(log, a_full_log_is_shipped_and_nothing_is_lost)
{
	record();
	counter = 0;
	aw_run(many_reads, NULL);
	recorded_read(getpid(), gettid());
	cr_expect_eq(recorded_number(kind_read), 10000);
	cr_expect_eq(recorded_number(kind_await), 0);
	cr_expect_geq(recorded.batches, 4);
	record_end();
}

static void *tell_in_thread(void *tid)
{
	*(int *)tid = gettid();
	aw_run(many_reads, NULL);
	tell(AW_SIGNAL, AW_AWAIT_OTHER, 7, 0); /* not shipped until the thread ends */
	return NULL;
}

Test(log, a_thread_that_ends_ships_and_closes_its_log)
{
	pthread_t thread;
	int tid;

	record();
	pthread_create(&thread, NULL, tell_in_thread, &tid);
	pthread_join(thread, NULL);
	recorded_read(getpid(), tid);
	cr_assert_geq(recorded.count, 10000);
	cr_expect_eq(recorded.events[recorded.count - 1].kind, AW_THREAD_END);
	cr_expect_eq(recorded.events[recorded.count - 2].kind, AW_SIGNAL);
	record_end();
}

Test(log, a_forked_child_has_a_log_of_its_own)
{
	int status;
	pid_t pid;

	record();
	tell(AW_SIGNAL, AW_AWAIT_OTHER, 1, 0);
	pid = fork();
	if (pid == 0) {
		tell(AW_SIGNAL, AW_AWAIT_OTHER, 2, 0);
		log_before_sleep();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	log_before_sleep();
	recorded_journal(pid, pid);
	expect_journal("-:signal/f(?)");
	recorded_journal(getpid(), gettid());
	expect_journal("-:signal/f(?)");
	record_end();
}

/* What the tracer does after a SIGKILL: the head's file is the log's memory. */
Test(log, the_unshipped_tail_of_a_killed_process_is_in_its_head_file)
{
	const struct aw_log_head *head;
	const struct aw_event *events;
	char path[128];
	int fd, status;
	size_t count;
	pid_t pid;

	record();
	pid = fork();
	if (pid == 0) {
		tell(AW_SIGNAL, AW_AWAIT_OTHER, 5, 0);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	snprintf(path, sizeof(path), "%s/%d.%d.head", recorded_folder, pid, pid);
	fd = open(path, O_RDONLY);
	cr_assert_geq(fd, 0);
	head = mmap(NULL, LOG_HEAD_BYTES + AW_LOG_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	cr_assert_neq(head, MAP_FAILED);
	cr_expect_eq(head->magic, AW_LOG_MAGIC);
	cr_expect_eq(head->tid, pid);
	cr_expect_eq(head->first, 0);
	count = (head->next - head->records) / sizeof(*events);
	events = (const void *)((const char *)head + LOG_HEAD_BYTES);
	cr_assert_geq(count, 2);
	cr_expect_eq(events[count - 1].kind, AW_SIGNAL);
	cr_expect_eq(events[count - 1].object, 5);
	close(fd);
	record_end();
}

static int64_t sleep_long(void *arg)
{
	(void)arg;
	aw_sleep(MS(30));
	return aw_yield();
}

Test(log, after_a_long_sleep_the_tasks_are_defined_again)
{
	run_recorded(sleep_long);
	cr_expect_eq(recorded_number(AW_THREAD), 2);
	expect_journal("-:task-new(main) main:resume main:suspend/2001 -:wake/1(main) "
	               "-:task-new/4000(main) main:resume main:suspend main:resume "
	               "main:signal/2(main) main:task-end");
}

Test(log, nothing_is_told_while_nobody_listens)
{
	counter = 0;
	aw_run(many_reads, NULL);
	cr_expect_null(aw__thread.log);
}

Test(log, a_folder_that_cannot_be_written_turns_the_recording_off)
{
	cr_assert(log_file_start("/nonexistent/folder"));
	cr_expect_eq(aw_run(many_reads, NULL), 10000 * counter);
	cr_expect_not(log_on());
}
