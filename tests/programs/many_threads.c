/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * many_threads.c - a loop in each of so many threads at once (the argument; 300): each counts in
 * its own place, under its own lock, and all of them in one.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "scene.h"

TRUTH_AWAITS;

enum { MOST = 16384, ROUNDS = 3 };

static uint64_t all;

static struct counter {
	pthread_t thread;
	struct aw_lock *lock;
	uint64_t own;
} counters[MOST];

/* None ends before all have begun. */
static pthread_barrier_t begun;

static int64_t count(void *arg)
{
	struct counter *self = arg;

	self->lock = aw_lock_new("own");
	pthread_barrier_wait(&begun);
	for (int i = 0; i < ROUNDS; i++) {
		int error = aw_lock_acquire(self->lock, AW_FOREVER);

		if (error < 0)
			return error;
		AW_WRITE(self->own) = AW_READ(self->own) + 1;
		aw_lock_release(self->lock);
		AW_WRITE(all) = AW_READ(all) + 1;
		AW_AWAIT(aw_yield());
	}
	pthread_barrier_wait(&begun);
	aw_lock_free(self->lock);
	return 0;
}

static void *run(void *counter)
{
	return (void *)(intptr_t)aw_run(count, counter);
}

int main(int argc, char **argv)
{
	struct rlimit files; /* a loop has some */
	unsigned long threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 300;
	int error = 0;

	if (!threads || threads > MOST || pthread_barrier_init(&begun, NULL, (unsigned)threads))
		return 2;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (unsigned long i = 0; i < threads; i++)
		if (pthread_create(&counters[i].thread, NULL, run, &counters[i]))
			return 3;
	for (unsigned long i = 0; i < threads; i++) {
		void *result;

		pthread_join(counters[i].thread, &result);
		error |= (int)(intptr_t)result;
	}
	return error ? 3 : 0;
}
