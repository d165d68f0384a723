/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analysis.c - how fast the analyzers take events, and how much memory that takes.
 *
 *	analysis [EVENTS...]	default: 1000000 100000000
 *
 * Streams a steady program from a generator: 64 tasks on one loop, each round
 * a step with accesses to shared and to own state, some of them in a critical
 * section that suspends, some tasks that end and are made anew. One batch is made
 * before, and given again and again with new ids and times, so that what is measured
 * is the analysis. A line per run: events, seconds, events per second, resident memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis.h"

enum { TASKS = 64, LOCKS = 8, EVENTS_MAX = 4096, SITE = 0x400000, HEAP = 0x10000, SHORT = 4 };

struct generator {
	struct aw_event events[EVENTS_MAX];
	size_t count;
	uint64_t time;
	uint32_t fresh; /* next task id */
};

static void put(struct generator *g, uint16_t kind, uint32_t task, uint64_t object, uint16_t arg,
                unsigned site)
{
	if (kind != AW_READ && kind != AW_WRITE)
		g->time += 100;
	g->events[g->count++] =
		(struct aw_event){g->time, kind, arg, task, object, site ? SITE + site : 0};
}

static void access_both(struct generator *g, uint32_t task, uint64_t address, unsigned site)
{
	put(g, AW_READ, task, HEAP + address, 8, site);
	put(g, AW_WRITE, task, HEAP + address, 8, site + 1);
}

/* A step that updates own and shared state and takes a lock without suspending. */
static void plain_step(struct generator *g, uint32_t task)
{
	put(g, AW_RESUME, task, 0, 0, 0);
	access_both(g, task, 4096 + 64 * task, 10); /* its own */
	put(g, AW_LOCK_TAKEN, task, 1001 + task % LOCKS, 0, 20);
	access_both(g, task, 8 * (task % LOCKS), 22);
	put(g, AW_LOCK_FREED, task, 1001 + task % LOCKS, 0, 26);
	access_both(g, task, 4096 + 64 * task + 8, 30);
	put(g, AW_READ, task, HEAP + 2048, 8, 34);
	put(g, AW_AWAIT, task, 0, 1, 36);
	put(g, AW_WAKE, task, 1 + task % TASKS, AW_AWAIT_QUEUE, 37);
	put(g, AW_SUSPEND, task, 0, AW_AWAIT_SLEEP, 36);
}

/* A critical section over a suspension. */
static void section_steps(struct generator *g, uint32_t task)
{
	put(g, AW_RESUME, task, 0, 0, 0);
	put(g, AW_LOCK_TAKEN, task, 1100, 0, 40);
	put(g, AW_READ, task, HEAP + 1024, 8, 42);
	put(g, AW_SUSPEND, task, 0, AW_AWAIT_SLEEP, 43);
	put(g, AW_RESUME, task, 0, 0, 0);
	put(g, AW_WRITE, task, HEAP + 1024, 8, 44);
	put(g, AW_LOCK_FREED, task, 1100, 0, 45);
	put(g, AW_SUSPEND, task, 0, AW_AWAIT_SLEEP, 46);
}

/* A task that lives for one step. */
static void short_task(struct generator *g, uint32_t creator)
{
	uint32_t id = g->fresh++;

	put(g, AW_RESUME, creator, 0, 0, 0);
	put(g, AW_TASK_NEW, creator, id, 0, 50);
	put(g, AW_SUSPEND, creator, id, AW_AWAIT_TASK, 51);
	put(g, AW_RESUME, id, 0, 0, 0);
	access_both(g, id, 512, 52);
	put(g, AW_WAKE, id, creator, AW_AWAIT_TASK, 54);
	put(g, AW_TASK_END, id, 0, 0, 0);
	put(g, AW_RESUME, creator, 0, 0, 0);
	put(g, AW_OBSERVE, creator, id, AW_AWAIT_TASK, 55);
	put(g, AW_SUSPEND, creator, 0, AW_AWAIT_SLEEP, 56);
}

static void round_make(struct generator *g)
{
	g->count = 0;
	for (uint32_t task = 1; task <= TASKS; task++) {
		plain_step(g, task);
		if (task % 4 == 0)
			section_steps(g, task);
		if (task % (TASKS / SHORT) == 0)
			short_task(g, task);
	}
}

/* The same round later: times move on, short tasks are new ones. */
static void round_again(struct generator *g, uint64_t length)
{
	for (size_t i = 0; i < g->count; i++) {
		struct aw_event *event = &g->events[i];

		event->time += length;
		if (event->task >= 1000000)
			event->task += SHORT;
		if (event->object >= 1000000 && event->kind != AW_READ && event->kind != AW_WRITE)
			event->object += SHORT;
	}
}

static size_t resident_kib(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int define(struct analysis *analysis)
{
	struct aw_event events[TASKS + LOCKS + 1];
	size_t count = 0;

	for (uint32_t task = 1; task <= TASKS; task++)
		events[count++] = (struct aw_event){1, AW_TASK_NEW, 0, 0, task, SITE + 1};
	for (uint32_t lock = 0; lock < LOCKS; lock++)
		events[count++] = (struct aw_event){1, AW_LOCK_NEW, AW_LOCK_TYPE_MUTEX | 1u << 8,
		                                    0, 1001 + lock, SITE + 2};
	events[count++] =
		(struct aw_event){1, AW_LOCK_NEW, AW_LOCK_TYPE_MUTEX | 1u << 8, 0, 1100, SITE + 3};
	return analysis_feed(analysis, &(struct stream_batch){1, 1, 0, events, count});
}

/* What making the events costs, to be taken off. */
static double generator_seconds(struct generator *g, uint64_t wanted, uint64_t length)
{
	struct generator scratch = *g;
	double start = seconds();

	for (uint64_t fed = 0; fed < wanted; fed += g->count) {
		round_again(&scratch, length);
		__asm__ volatile("" : : "r"(&scratch) : "memory");
	}
	return seconds() - start;
}

static int run(uint64_t wanted)
{
	struct generator *g = calloc(1, sizeof(*g));
	struct analysis *analysis = NULL;
	const struct report *report;
	uint64_t fed = 0, length;
	double spent = 0;
	int err = g ? analysis_new(NULL, &analysis) : -1;

	if (err) {
		free(g);
		return err;
	}
	g->fresh = 1000000;
	round_make(g);
	length = g->time;
	err = define(analysis);
	spent = -generator_seconds(g, wanted, length) - seconds();
	while (!err && fed < wanted) {
		err = analysis_feed(analysis,
		                    &(struct stream_batch){1, 1, fed, g->events, g->count});
		fed += g->count;
		round_again(g, length);
	}
	spent += seconds();
	if (!err)
		err = analysis_finish(analysis, &report);
	if (!err)
		printf("%11" PRIu64 " events  %7.2f s  %6.1f M events/s  %6.1f MiB  %zu locks  %zu "
		       "findings\n",
		       fed, spent, (double)fed / spent / 1e6, (double)resident_kib() / 1024,
		       report->lock_count, report->finding_count);
	analysis_free(analysis);
	free(g);
	return err;
}

int main(int argc, char **argv)
{
	int err = 0;

	for (int i = 1; i < argc && !err; i++)
		err = run(strtoull(argv[i], NULL, 0));
	if (argc < 2)
		err = run(1000000) || run(100000000);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
