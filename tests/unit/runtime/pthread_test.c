/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pthread_test.c - locks of pthread behind awaitness/pthread.h: what is told of them, and that
 * they do what pthread's do.
 */
#include <awaitness/pthread.h>

#include <errno.h>
#include <time.h>

#include "recorded.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

/* What the task main told between its start and its end, with `fn` as main. */
static void expect_told(aw_task_fn fn, const char *expected)
{
	static const char before[] = "-:task-new(main) main:resume ",
			  after[] = "main:signal/2(main) main:task-end";
	char whole[1024];

	record();
	cr_expect_eq(aw_run(fn, NULL), 0);
	recorded_journal(getpid(), gettid());
	record_end();
	snprintf(whole, sizeof(whole), "%s%s%s%s", before, expected, *expected ? " " : "", after);
	expect_journal(whole);
}

static struct timespec soon(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_nsec += 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

static int64_t lock_twice(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(pthread_mutex_lock(&mutex), 0);
		cr_expect_eq(pthread_mutex_unlock(&mutex), 0);
	}
	return 0;
}

Test(pthread, a_mutex_is_defined_once_by_its_expression_and_its_sections_are_told)
{
	expect_told(lock_twice,
	            "main:lock-new/4005(mutex) main:lock-taken(mutex) main:lock-freed(mutex) "
	            "main:lock-taken(mutex) main:lock-freed(mutex)");
}

static int64_t lock_in_a_library(void *arg)
{
	(void)arg;
	cr_expect_eq(aw__mutex_lock(&mutex, "__mutex"), 0);
	cr_expect_eq(aw__mutex_unlock(&mutex, "__mutex"), 0);
	return 0;
}

/* std::mutex::lock, inlined: its expression says nothing about the program. */
Test(pthread, a_mutex_whose_expression_is_a_librarys_is_known_by_its_first_place)
{
	expect_told(lock_in_a_library,
	            "main:lock-new/4005(?) main:lock-taken(?) main:lock-freed(?)");
	for (size_t i = 0; i < recorded.count; i++)
		if (recorded.events[i].kind == AW_LOCK_NEW)
			cr_expect_neq(recorded.events[i].site, 0);
}

static int64_t lock_recursively(void *arg)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t recursive;

	(void)arg;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&recursive, &attributes);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(pthread_mutex_lock(&recursive), 0);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(pthread_mutex_unlock(&recursive), 0);
	cr_expect_eq(pthread_mutex_destroy(&recursive), 0);
	pthread_mutexattr_destroy(&attributes);
	return 0;
}

Test(pthread, a_recursive_mutex_is_one_section)
{
	expect_told(lock_recursively, "main:lock-new/4005(recursive) main:lock-taken(recursive) "
	                              "main:lock-freed(recursive) main:lock-free(recursive)");
}

static void *try_in_vain(void *arg)
{
	struct timespec real = soon(CLOCK_REALTIME), monotonic = soon(CLOCK_MONOTONIC);

	cr_expect_eq(pthread_mutex_trylock(&mutex), EBUSY);
	cr_expect_eq(pthread_mutex_timedlock(&mutex, &real), ETIMEDOUT);
	cr_expect_eq(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &monotonic), ETIMEDOUT);
	*(int *)arg = gettid();
	return NULL;
}

Test(pthread, a_wait_is_told_and_so_is_its_end_without_the_lock)
{
	pthread_t thread;
	int tid = 0;

	record();
	cr_expect_eq(pthread_mutex_trylock(&mutex), 0);
	cr_assert_eq(pthread_create(&thread, NULL, try_in_vain, &tid), 0);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	cr_expect_eq(pthread_mutex_unlock(&mutex), 0);
	recorded_journal(getpid(), tid);
	/* Its name is in the stream of the thread that defined it. */
	expect_journal("-:lock-wait/2000(?) -:lock-giveup(?) -:lock-wait/2000(?) -:lock-giveup(?) "
	               "-:thread-end");
	record_end();
}

static int64_t share(void *arg)
{
	(void)arg;
	cr_expect_eq(pthread_rwlock_rdlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_tryrdlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_trywrlock(&rwlock), EBUSY);
	cr_expect_eq(pthread_rwlock_unlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_unlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_wrlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_unlock(&rwlock), 0);
	return 0;
}

Test(pthread, a_read_write_lock_is_told_with_its_modes)
{
	expect_told(share, "main:lock-new/400f(rwlock) main:lock-taken/1(rwlock) "
	                   "main:lock-taken/1(rwlock) main:lock-freed/1(rwlock) "
	                   "main:lock-freed/1(rwlock) main:lock-taken(rwlock) "
	                   "main:lock-freed(rwlock)");
}

static int64_t share_for_a_while(void *arg)
{
	struct timespec real = soon(CLOCK_REALTIME), monotonic = soon(CLOCK_MONOTONIC);

	(void)arg;
	cr_expect_eq(pthread_rwlock_timedwrlock(&rwlock, &real), 0);
	cr_expect_eq(pthread_rwlock_unlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_timedrdlock(&rwlock, &real), 0);
	cr_expect_eq(pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &monotonic), 0);
	cr_expect_eq(pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &monotonic), ETIMEDOUT);
	cr_expect_eq(pthread_rwlock_unlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_unlock(&rwlock), 0);
	cr_expect_eq(pthread_rwlock_destroy(&rwlock), 0);
	return 0;
}

Test(pthread, a_read_write_lock_with_a_deadline_is_told_too)
{
	expect_told(share_for_a_while,
	            "main:lock-new/400f(rwlock) main:lock-taken(rwlock) main:lock-freed(rwlock) "
	            "main:lock-taken/1(rwlock) main:lock-taken/1(rwlock) "
	            "main:lock-wait/2000(rwlock) main:lock-giveup(rwlock) "
	            "main:lock-freed/1(rwlock) main:lock-freed/1(rwlock) main:lock-free(rwlock)");
}

static int64_t wait_in_vain(void *arg)
{
	struct timespec real = soon(CLOCK_REALTIME), monotonic = soon(CLOCK_MONOTONIC);

	(void)arg;
	pthread_mutex_lock(&mutex);
	cr_expect_eq(pthread_cond_timedwait(&condition, &mutex, &real), ETIMEDOUT);
	cr_expect_eq(pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &monotonic),
	             ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
	return 0;
}

Test(pthread, a_wait_for_a_condition_ends_a_section_and_begins_another)
{
	expect_told(wait_in_vain,
	            "main:lock-new/4005(mutex) main:lock-taken(mutex) main:lock-freed(mutex) "
	            "main:lock-taken(mutex) main:lock-freed(mutex) main:lock-taken(mutex) "
	            "main:lock-freed(mutex)");
}

static int woken;

static void *wake(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&mutex);
	woken = 1;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static int64_t wait_for_another_thread(void *arg)
{
	pthread_t thread;

	(void)arg;
	pthread_mutex_lock(&mutex);
	cr_assert_eq(pthread_create(&thread, NULL, wake, NULL), 0);
	while (!woken)
		cr_expect_eq(pthread_cond_wait(&condition, &mutex), 0);
	pthread_mutex_unlock(&mutex);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	return 0;
}

Test(pthread, a_condition_wakes)
{
	expect_told(wait_for_another_thread,
	            "main:lock-new/4005(mutex) main:lock-taken(mutex) main:lock-freed(mutex) "
	            "main:lock-taken(mutex) main:lock-freed(mutex)");
}

static int64_t free_what_was_taken_before(void *arg)
{
	(void)arg;
	cr_expect_eq(pthread_mutex_unlock(&mutex), 0);
	return 0;
}

Test(pthread, a_lock_taken_before_the_recording_is_told_when_it_is_freed)
{
	pthread_mutex_lock(&mutex);
	expect_told(free_what_was_taken_before, "main:lock-new/4005(mutex) main:lock-freed(mutex)");
}

static int64_t one_after_the_other(void *arg)
{
	pthread_mutex_t in_one_place;

	(void)arg;
	for (int i = 0; i < 2; i++) {
		pthread_mutex_init(&in_one_place, NULL);
		pthread_mutex_lock(&in_one_place);
		pthread_mutex_unlock(&in_one_place);
		pthread_mutex_destroy(&in_one_place);
	}
	return 0;
}

Test(pthread, what_is_made_in_the_place_of_one_that_is_gone_is_another)
{
	expect_told(one_after_the_other,
	            "main:lock-new/4005(in_one_place) main:lock-taken(in_one_place) "
	            "main:lock-freed(in_one_place) main:lock-free(in_one_place) "
	            "main:lock-new/4005(in_one_place) main:lock-taken(in_one_place) "
	            "main:lock-freed(in_one_place) main:lock-free(in_one_place)");
}

enum { TURNS = 5000 };
static long turns;

static void *take_turns(void *arg)
{
	(void)arg;
	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&mutex);
		turns++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static int64_t nothing(void *arg)
{
	(void)arg;
	return 0;
}

Test(pthread, with_nobody_listening_nothing_is_kept)
{
	take_turns(NULL);
	cr_expect_eq(turns, TURNS);
	expect_told(nothing, "");
}

static int tids[2];

static void *take_turns_here(void *tid)
{
	*(int *)tid = gettid();
	return take_turns(NULL);
}

Test(pthread, threads_that_take_turns_are_told_to_the_last_section)
{
	pthread_t threads[2];
	size_t defined = 0;

	record();
	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, take_turns_here, &tids[i]), 0);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
	cr_expect_eq(turns, 2 * TURNS);
	for (int i = 0; i < 2; i++) {
		recorded_read(getpid(), tids[i]);
		cr_expect_eq(recorded_number(AW_LOCK_TAKEN), TURNS);
		cr_expect_eq(recorded_number(AW_LOCK_FREED), TURNS);
		defined += recorded_number(AW_LOCK_NEW);
	}
	cr_expect_eq(defined, 1);
	record_end();
}
