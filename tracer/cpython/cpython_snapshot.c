/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_snapshot.c - see cpython_snapshot.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpython_describe.h"
#include "cpython_snapshot.h"
#include "cpython_walk.h"

enum { TASKS_MAX = 65536, BUDGET_MS = 300 };

struct cpython_snapshot {
	struct cpython_walked **tasks; /* each as large as its items need */
	size_t count;
	size_t others; /* tasks that were not suspended, or not readable, or not reached in time */
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int task_add(struct cpython_snapshot *snapshot, const struct cpython_walked *walked)
{
	size_t size = sizeof(walked->fact) + walked->fact.count * sizeof(walked->items[0]);
	struct cpython_walked *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, walked, size);
	snapshot->tasks[snapshot->count++] = copy;
	return 0;
}

int cpython_snapshot_take(const struct cpython_memory *memory, const struct cpython_target *target,
                          struct cpython_snapshot **out)
{
	struct cpython_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	uint64_t *tasks = calloc(TASKS_MAX, sizeof(*tasks)),
		 end = clock_ns() + BUDGET_MS * 1000000ull;
	struct cpython_walked walked;
	long n = -ENOMEM;

	*out = NULL;
	if (snapshot && tasks)
		n = cpython_walk_tasks(memory, target, tasks, TASKS_MAX);
	if (n > TASKS_MAX)
		n = TASKS_MAX;
	if (n > 0)
		snapshot->tasks = calloc(n, sizeof(*snapshot->tasks));
	for (long i = 0; i < n && snapshot->tasks && clock_ns() < end; i++)
		if (!cpython_walk(memory, target, tasks[i], &walked) && task_add(snapshot, &walked))
			n = -ENOMEM;
	if (n > 0)
		snapshot->others = n - snapshot->count;
	free(tasks);
	if (n < 0) {
		cpython_snapshot_free(snapshot);
		return (int)n;
	}
	*out = snapshot;
	return 0;
}

void cpython_snapshot_free(struct cpython_snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->count; i++)
		free(snapshot->tasks[i]);
	free(snapshot->tasks);
	free(snapshot);
}

long cpython_snapshot_tell(const struct cpython_snapshot *snapshot,
                           const struct cpython_memory *memory, const struct cpython_target *target,
                           struct cpython_translator *translator)
{
	uint64_t now = clock_ns();
	struct cpython_walked again;
	long told = 0;

	for (size_t i = 0; i < snapshot->count; i++) {
		struct cpython_walked *walked = snapshot->tasks[i];
		int error;

		if (cpython_walk(memory, target, walked->fact.task, &again) ||
		    !cpython_walk_equal(walked, &again)) {
			walked->fact.task = 0;
			continue;
		}
		walked->fact.time = now;
		error = cpython_translate_snapshot(translator, &walked->fact,
		                                   CPYTHON_SNAPSHOT_MEET);
		if (error)
			return error;
		told++;
	}
	for (int pass = CPYTHON_SNAPSHOT_BIND; pass <= CPYTHON_SNAPSHOT_TELL; pass++)
		for (size_t i = 0; i < snapshot->count; i++) {
			const struct cpython_fact *fact = &snapshot->tasks[i]->fact;
			int error =
				fact->task ? cpython_translate_snapshot(translator, fact, pass) : 0;

			if (error)
				return error;
		}
	return told;
}

int cpython_snapshot_deliver(pid_t pid, stream_fn fn, void *context, struct cpython_picture *out,
                             struct fault *fault)
{
	struct cpython_translate_options options = {.pid = pid};
	struct cpython_translate_stats stats;
	struct cpython_snapshot *snapshot = NULL;
	struct cpython_translator *translator = NULL;
	struct cpython_found found;
	struct target *target;
	long told = 0;
	int error = target_open(pid, &target);

	memset(out, 0, sizeof(*out));
	if (error)
		return fault_set(fault, error, "cannot look at process %d: %s", (int)pid,
		                 strerror(-error));
	error = cpython_find(target, &found, fault);
	if (error)
		goto end;
	options.memory =
		(struct cpython_memory){cpython_memory_process, &pid, &found.target.layout};
	options.interpreter = found.target.interpreter;
	options.function = found.target.function;
	error = cpython_translate_new(&options, &translator);
	if (!error)
		error = cpython_snapshot_take(&options.memory, &found.target, &snapshot);
	if (!error)
		error = cpython_describe(target, &found, "dump", "process_vm_readv", 0, translator,
		                         fn, context);
	if (!error) {
		told = cpython_snapshot_tell(snapshot, &options.memory, &found.target, translator);
		error = told < 0 ? (int)told : 0;
	}
	if (!error)
		error = cpython_translate_flush(translator, true, fn, context, NULL);
	if (error) {
		fault_set(fault, error, "cannot read the tasks of process %d: %s", (int)pid,
		          strerror(-error));
		goto end;
	}
	cpython_translate_stats(translator, &stats);
	*out = (struct cpython_picture){(unsigned)told, (unsigned)(snapshot->count - told),
	                                (unsigned)snapshot->others, stats.frames, stats.misfits};
end:
	cpython_snapshot_free(snapshot);
	cpython_translate_free(translator);
	target_close(target);
	return error;
}
