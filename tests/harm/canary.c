/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * canary.c - a program that notices whatever its probes change in it. It prints the same, traced or
 * not, and ends with 1 if anything was not as it was.
 *
 *	canary CALLS CHILDREN
 *
 * Checks everything CALLS times, in five threads, under a timer whose signals run on a stack of
 * their own, and makes CHILDREN children of each kind meanwhile. CALLS `-`: until the end of stdin,
 * which is for tracers that come and go.
 */
#include "canary.h"

#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { THREADS = 4, TIMER_US = 500 };

#ifdef CANARY_LOG
__attribute__((section(".probes"), used,
               visibility("hidden"))) volatile unsigned short awaitness_log_ship_semaphore;
#endif
struct aw_log_head canary_head = {.magic = AW_LOG_MAGIC};

static atomic_ulong differences;
static atomic_bool over;
static bool endless;
static unsigned long calls;

/* Not of a process that shares memory: what signals it has is not its own. */
static unsigned long check_quietly(uint64_t seed)
{
	return canary_red_zone(seed) + canary_general(seed) + canary_vectors(seed) +
	       canary_floating(seed) + canary_jump(seed) + (seed % 8 ? 0 : canary_switch(seed));
}

static unsigned long check(uint64_t seed)
{
	return check_quietly(seed) + (seed % 8 ? 0 : canary_signal(seed));
}

static bool goes_on(unsigned long done, unsigned long of)
{
	return endless ? !atomic_load(&over) : done < of;
}

/* Leaves the processor to the tracer that comes or goes, now and then. */
static void checked(uint64_t seed)
{
	atomic_fetch_add(&differences, check(seed));
	if (endless && seed % 16 == 0)
		usleep(500);
}

static void *thread_run(void *unused)
{
	for (unsigned long i = 0; goes_on(i, calls / (THREADS + 1)); i++)
		checked(i);
	return unused;
}

static bool stdin_ended(void)
{
	struct pollfd in = {.fd = 0, .events = POLLIN};

	return poll(&in, 1, 0) > 0;
}

static unsigned long children_make(void)
{
	return canary_fork(check) + canary_vfork_exec() + canary_clone(check_quietly);
}

/* The main thread: its share of the calls, and all the children. */
static void main_run(unsigned long children)
{
	unsigned long share = calls / (THREADS + 1), every, made = 0;

	every = endless ? 100 : share / (children ? children : 1);
	for (unsigned long i = 0; goes_on(i, share); i++) {
		checked(i);
		if (every && i % every == 0 && (endless || made < children)) {
			atomic_fetch_add(&differences, children_make());
			made++;
		}
		if (endless && i % 64 == 0)
			atomic_store(&over, stdin_ended());
	}
	for (; !endless && made < children; made++)
		atomic_fetch_add(&differences, children_make());
}

static void timer_set(long us)
{
	const struct itimerval timer = {{0, us}, {0, us}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	sigset_t alarm;

	if (argc == 2 && !strcmp(argv[1], "child"))
		return check(0) + check(1) != 0;
	if (argc != 3) {
		fprintf(stderr, "usage: canary CALLS|- CHILDREN\n");
		return 2;
	}
	endless = !strcmp(argv[1], "-");
	calls = strtoul(argv[1], NULL, 10);
	differences = canary_signal(0);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread_run, NULL))
			return 3;
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	timer_set(TIMER_US);
	if (endless && puts("ready") != EOF)
		fflush(stdout);
	main_run(strtoul(argv[2], NULL, 10));
	timer_set(0);
	atomic_fetch_add(&differences, canary_signal(0));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("calls %s children %s differences %lu\n", argv[1], argv[2],
	       atomic_load(&differences));
	return atomic_load(&differences) != 0;
}
