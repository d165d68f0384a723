/* expect: lock count_lock bypassed; finding data-race served; finding data-race served; finding data-race served */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * two_loops_mutex.c - two loops in two threads count in one place; one of the two functions that
 * count takes the mutex for it, the other one does not.
 */
#include <awaitness/pthread.h>

#include "scene.h"

TRUTH_AWAITS;

enum { LOOPS = 2, REQUESTS = 200 };

static uint64_t served;
static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t sections; /* counted with the mutex held */

/* Neither thread counts before both loops run, and neither ends before both have counted: a
 * thread that begins knows all that came before, and what one did that has ended is over. */
static pthread_barrier_t both;

static void count_request(void)
{
	pthread_mutex_lock(&count_lock);
	AW_WRITE(served) = AW_READ(served) + 1;
	sections++;
	pthread_mutex_unlock(&count_lock);
}

static void count_late_request(void)
{
#ifdef REPAIRED
	count_request();
#else
	AW_WRITE(served) = AW_READ(served) + 1;
#endif
}

static int64_t serve(void *arg)
{
	const bool *late = arg;

	for (int i = 0; i < REQUESTS; i++) {
		int error = aw_yield();

		if (error < 0)
			return error;
		if (*late)
			count_late_request();
		else
			count_request();
	}
	return 0;
}

static int64_t run_server(void *late)
{
	struct aw_task *task;
	int error;

	pthread_barrier_wait(&both);
	task = aw_task_create(serve, late, "serve");
	error = aw_await(task, AW_FOREVER, NULL);
	aw_task_free(task);
	pthread_barrier_wait(&both);
	return error;
}

static void *second_thread(void *late)
{
	return (void *)(intptr_t)aw_run(run_server, late);
}

static void truth(void)
{
	const int users = sections > REQUESTS ? LOOPS : 1;

	truth_print_tasks(2 * LOOPS); /* a main task and one that serves in each */
	/* How often one waited for the other is known to nobody but the kernel. */
	printf("{\"truth\":\"lock\",\"name\":\"count_lock\",\"sections\":%" PRIu64
	       ",\"suspended\":0,\"tasks\":%d}\n",
	       sections, users);
#ifdef REPAIRED
	assert(served == (uint64_t)LOOPS * REQUESTS);
#endif
}

int main(void)
{
	bool late[LOOPS] = {false, true};
	pthread_t thread;
	int64_t first;
	void *second;

	pthread_barrier_init(&both, NULL, LOOPS);
	if (pthread_create(&thread, NULL, second_thread, &late[1]))
		return 3;
	first = aw_run(run_server, &late[0]);
	pthread_join(thread, &second);
	truth();
	return first || second ? 3 : 0;
}
