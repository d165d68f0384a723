/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sync_objects.h - one object of each kind, made anew for each test.
 */
#ifndef TESTS_UNIT_SYNC_OBJECTS_H
#define TESTS_UNIT_SYNC_OBJECTS_H

#include "journal.h"

static struct aw_lock *lock;
static struct aw_semaphore *semaphore;
static struct aw_flag *flag;
static struct aw_condition *condition;
static struct aw_queue *queue;
static struct aw_rwlock *rwlock;

/* Runs `fn` as main with a fresh set of objects. */
static aw_task_fn body;

static int64_t with_objects(void *arg)
{
	int64_t result;

	lock = aw_lock_new("lock");
	semaphore = aw_semaphore_new((uint32_t)(uintptr_t)arg, "semaphore");
	flag = aw_flag_new("flag");
	condition = aw_condition_new(NULL, "condition");
	queue = aw_queue_new(2, "queue");
	rwlock = aw_rwlock_new("rwlock");
	result = body(arg);
	aw_lock_free(lock);
	aw_semaphore_free(semaphore);
	aw_flag_free(flag);
	aw_condition_free(condition);
	aw_queue_free(queue);
	aw_rwlock_free(rwlock);
	return result;
}

__attribute__((unused)) static void run(aw_task_fn fn, uint32_t permits)
{
	body = fn;
	cr_expect_eq(aw_run(with_objects, (void *)(uintptr_t)permits), 0);
}

#endif
