/* expect: finding data-race served; finding data-race served */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * two_loops_one_count.c - a server of two threads, a loop in each: both count what they have served
 * in one place.
 */
#include <pthread.h>

#include "scene.h"

TRUTH_AWAITS;

enum { LOOPS = 2, REQUESTS = 200 };

static uint64_t served;

static struct server {
	struct aw_loop *loop;
	uint64_t requests; /* awaited, each with a suspension */
	unsigned int line; /* there */
	uint64_t counted;  /* repaired: what it has served, nobody else's until it is handed over */
} servers[LOOPS];

/* Neither thread counts before both loops run, and neither ends before both have counted: a
 * thread that begins knows all that came before, and what one did that has ended is over. */
static pthread_barrier_t both;

#ifdef REPAIRED
static struct aw_flag *all_handed;
static int handed;

static void hand_over(void *arg)
{
	const struct server *server = arg;

	AW_WRITE(served) = AW_READ(served) + AW_READ(server->counted);
	if (++handed == LOOPS)
		aw_flag_set(all_handed);
}
#endif

static int64_t serve(void *arg)
{
	struct server *self = arg;

	self->line = __LINE__ + 2;
	for (; self->requests < REQUESTS; self->requests++) {
		int error = AW_AWAIT(aw_yield());

		if (error < 0)
			return error;
#ifdef REPAIRED
		AW_WRITE(self->counted) = AW_READ(self->counted) + 1;
#else
		AW_WRITE(served) = AW_READ(served) + 1;
#endif
	}
#ifdef REPAIRED
	return aw_call_soon_threadsafe(servers[0].loop, hand_over, self);
#else
	return 0;
#endif
}

static int64_t run_server(void *arg)
{
	struct server *self = arg;
	struct aw_task *task;
	int error;

	self->loop = aw_loop_current();
	pthread_barrier_wait(&both);
	task = aw_task_create(serve, self, "serve");
	error = aw_await(task, AW_FOREVER, NULL);
	aw_task_free(task);
#ifdef REPAIRED
	if (self == servers && !error)
		error = aw_flag_wait(all_handed, AW_FOREVER);
#endif
	pthread_barrier_wait(&both);
	return error;
}

static void *second_thread(void *server)
{
	return (void *)(intptr_t)aw_run(run_server, server);
}

static void truth(void)
{
	static struct counted_await request = {.function = "serve"};

	request.line = servers[0].line;
	for (int i = 0; i < LOOPS; i++)
		request.passed += servers[i].requests;
	request.suspended = request.passed;
	truth_awaits = &request;
	truth_print_awaits();
	truth_print_tasks(2 * LOOPS); /* a main task and one that serves in each */
#ifdef REPAIRED
	assert(served == (uint64_t)LOOPS * REQUESTS);
#else
	/* The read of each with the write of the other, and the two writes. */
	truth_print_finding("data-race", "served", 3);
#endif
}

int main(void)
{
	pthread_t thread;
	int64_t first;
	void *second;

	pthread_barrier_init(&both, NULL, LOOPS);
#ifdef REPAIRED
	all_handed = aw_flag_new("all_handed");
	assert(all_handed);
#endif
	if (pthread_create(&thread, NULL, second_thread, &servers[1]))
		return 3;
	first = aw_run(run_server, &servers[0]);
	pthread_join(thread, &second);
#ifdef REPAIRED
	aw_flag_free(all_handed);
#endif
	truth();
	return first || second ? 3 : 0;
}
