/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_snapshot.c - see cpython_snapshot.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_describe.h"
#include "cpython_snapshot.h"
#include "cpython_table.h"
#include "base/clock_now.h"

/* Tasks read at a time before they are read again: a few milliseconds, in which few change. */
enum { BATCH = 512, TRIES = 3 };

struct cpython_snapshot {
	struct cpython_walked **tasks; /* each as large as its items need */
	size_t count, room;
	uint64_t time; /* ns: they were like this at or after it */
	struct cpython_snapshot_left left;
};

static int task_add(struct cpython_snapshot *snapshot, const struct cpython_walked *walked)
{
	size_t size = sizeof(walked->fact) + walked->fact.count * sizeof(walked->items[0]);
	struct cpython_walked *copy;

	if (snapshot->count == snapshot->room) {
		size_t room = snapshot->room ? 2 * snapshot->room : 1024;
		struct cpython_walked **tasks = reallocarray(snapshot->tasks, room, sizeof(*tasks));

		if (!tasks)
			return -ENOMEM;
		snapshot->tasks = tasks;
		snapshot->room = room;
	}
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, walked, size);
	snapshot->tasks[snapshot->count++] = copy;
	return 0;
}

static void read_anew(const struct cpython_snapshot_options *options)
{
	if (options->pages)
		remote_memory_forget(options->pages);
}

/* Counts a task that is not shown. */
static void task_left(struct cpython_snapshot *snapshot, int state)
{
	if (state > 0 && state < CPYTHON_TASK_STATES)
		snapshot->left.states[state]++;
	else
		snapshot->left.unreadable++;
}

/* Reads a task until two readings agree. 0 (it is suspended), or what cpython_walk says; -EAGAIN:
 * it changes all the time. */
static int task_settle(const struct cpython_memory *memory, const struct cpython_target *target,
                       const struct cpython_snapshot_options *options, uint64_t task,
                       struct cpython_walked *out)
{
	struct cpython_walked again;

	for (unsigned i = 0; i < TRIES; i++) {
		int state, first;

		read_anew(options);
		first = cpython_walk(memory, target, task, out);
		read_anew(options);
		state = cpython_walk(memory, target, task, &again);
		if (state == first && (state || cpython_walk_equal(out, &again)))
			return state;
	}
	return -EAGAIN;
}

/* Reads `count` tasks twice; one that was not the same both times is looked at alone. Where all
 * memory that they were read from is as it was, reading it again would say the same. */
static int batch_settle(const struct cpython_memory *memory, const struct cpython_target *target,
                        const struct cpython_snapshot_options *options, const uint64_t *tasks,
                        size_t count, struct cpython_snapshot *snapshot)
{
	struct cpython_walked *first = calloc(count, sizeof(*first)), again;
	int states[BATCH] = {0}, error = first ? 0 : -ENOMEM;
	bool same;

	read_anew(options);
	for (size_t i = 0; i < count && !error; i++)
		states[i] = cpython_walk(memory, target, tasks[i], &first[i]);
	same = options->pages && remote_memory_unchanged(options->pages);
	snapshot->left.ran |= !same;
	read_anew(options);
	for (size_t i = 0; i < count && !error; i++) {
		int state = same ? states[i] : cpython_walk(memory, target, tasks[i], &again);

		if (!same &&
		    (state != states[i] || (!state && !cpython_walk_equal(&first[i], &again))))
			state = task_settle(memory, target, options, tasks[i], &first[i]);
		if (!state)
			error = task_add(snapshot, &first[i]);
		else if (state == -EAGAIN)
			snapshot->left.changed++;
		else
			task_left(snapshot, state);
	}
	free(first);
	return error;
}

static int tasks_settle(const struct cpython_memory *memory, const struct cpython_target *target,
                        const struct cpython_snapshot_options *options,
                        const struct cpython_tasks *tasks, struct cpython_snapshot *snapshot)
{
	struct cpython_tasks after = {0};
	int error = 0;

	for (size_t i = 0; i < tasks->count && !error; i += BATCH)
		error = batch_settle(memory, target, options, tasks->at + i,
		                     tasks->count - i < BATCH ? tasks->count - i : BATCH, snapshot);
	read_anew(options);
	if (!error)
		error = cpython_walk_tasks(memory, target, &after);
	snapshot->left.moved =
		tasks->cut || after.cut || tasks->count != after.count ||
		(after.count && memcmp(tasks->at, after.at, after.count * sizeof(*after.at)) != 0);
	free(after.at);
	return error;
}

static int tasks_take(const struct cpython_memory *memory, const struct cpython_target *target,
                      const struct cpython_snapshot_options *options,
                      const struct cpython_tasks *tasks, struct cpython_snapshot *snapshot)
{
	uint64_t end = clock_now() + options->budget_ms * 1000000ull;
	struct cpython_walked walked;
	int error = 0;

	for (size_t i = 0; i < tasks->count && !error; i++) {
		int state;

		if (clock_now() >= end) {
			snapshot->left.unreached = tasks->count - i;
			break;
		}
		state = cpython_walk(memory, target, tasks->at[i], &walked);
		if (state)
			task_left(snapshot, state);
		else
			error = task_add(snapshot, &walked);
	}
	return error;
}

int cpython_snapshot_take(const struct cpython_memory *memory, const struct cpython_target *target,
                          const struct cpython_snapshot_options *options,
                          struct cpython_snapshot **out)
{
	struct cpython_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct cpython_tasks tasks = {0};
	struct cpython_table types = {0};
	struct cpython_memory known = *memory;
	int error = snapshot ? cpython_walk_tasks(memory, target, &tasks) : -ENOMEM;

	*out = NULL;
	known.lock_types = &types;
	if (snapshot)
		snapshot->time = clock_now();
	if (!error)
		error = options->budget_ms
		                ? tasks_take(&known, target, options, &tasks, snapshot)
		                : tasks_settle(&known, target, options, &tasks, snapshot);
	free(tasks.at);
	cpython_table_fini(&types, free);
	if (error) {
		cpython_snapshot_free(snapshot);
		return error;
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

void cpython_snapshot_check(struct cpython_snapshot *snapshot, const struct cpython_memory *memory,
                            const struct cpython_target *target)
{
	struct cpython_walked again;
	size_t kept = 0;

	snapshot->time = clock_now();
	for (size_t i = 0; i < snapshot->count; i++) {
		struct cpython_walked *walked = snapshot->tasks[i];

		if (cpython_walk(memory, target, walked->fact.task, &again) ||
		    !cpython_walk_equal(walked, &again)) {
			free(walked);
			snapshot->left.changed++;
			continue;
		}
		snapshot->tasks[kept++] = walked;
	}
	snapshot->count = kept;
}

int cpython_snapshot_tell(const struct cpython_snapshot *snapshot,
                          struct cpython_translator *translator, stream_fn fn, void *context)
{
	int error = 0;

	for (int pass = CPYTHON_SNAPSHOT_MEET; pass <= CPYTHON_SNAPSHOT_TELL; pass++)
		for (size_t i = 0; i < snapshot->count && !error; i++) {
			snapshot->tasks[i]->fact.time = snapshot->time;
			error = cpython_translate_snapshot(translator, &snapshot->tasks[i]->fact,
			                                   pass);
			if (!error && fn && i % BATCH == BATCH - 1)
				error = cpython_translate_flush(translator, true, fn, context,
				                                NULL);
		}
	if (!error && fn)
		error = cpython_translate_flush(translator, true, fn, context, NULL);
	return error;
}

/* Locks are looked at while their number is not known: in an array that grows. */
struct looking {
	const struct cpython_memory *memory;
	const struct cpython_target *target;
	const struct cpython_translator *translator;
	struct cpython_picture *out;
	size_t room;
	int error;
};

static void lock_look(void *context, uint32_t id, uint64_t address,
                      const struct cpython_type_value *how)
{
	struct looking *l = context;
	struct cpython_picture *out = l->out;
	struct cpython_lock_look *look;

	if (out->lock_count == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct cpython_lock_look *locks = reallocarray(out->locks, room, sizeof(*locks));
		uint32_t *owners = reallocarray(out->owners, room, sizeof(*owners));

		if (locks)
			out->locks = locks;
		if (owners)
			out->owners = owners;
		if (!locks || !owners) {
			l->error = -ENOMEM;
			return;
		}
		l->room = room;
	}
	look = &out->locks[out->lock_count];
	cpython_lock_look(l->memory, l->target, address, how, look);
	look->id = id;
	out->owners[out->lock_count++] = cpython_translate_task(l->translator, look->owner);
}

void cpython_picture_fini(struct cpython_picture *picture)
{
	free(picture->locks);
	free(picture->owners);
	picture->locks = NULL;
	picture->owners = NULL;
}

static int deliver(const struct target *target, struct cpython_found *found,
                   struct remote_memory *pages, stream_fn fn, void *context,
                   struct cpython_picture *out)
{
	const struct cpython_snapshot_options settled = {.pages = pages};
	struct cpython_translate_options options = {.pid = (uint32_t)target->pid};
	struct cpython_translate_stats stats;
	struct cpython_snapshot *snapshot = NULL;
	struct cpython_translator *translator = NULL;
	struct looking looking = {&options.memory, &found->target, NULL, out, 0, 0};
	int error;

	options.memory =
		(struct cpython_memory){remote_memory_read, pages, &found->target.layout, NULL};
	options.interpreter = found->target.interpreter;
	options.function = found->target.function;
	error = cpython_translate_new(&options, &translator);
	if (!error)
		error = cpython_snapshot_take(&options.memory, &found->target, &settled, &snapshot);
	if (!error)
		error = cpython_describe(target, found, "dump", "process_vm_readv", 0, translator,
		                         fn, context);
	if (!error)
		error = cpython_snapshot_tell(snapshot, translator, fn, context);
	if (!error) {
		cpython_translate_stats(translator, &stats);
		*out = (struct cpython_picture){
			.tasks = snapshot->count,
			.left = snapshot->left,
			.frames = stats.frames,
			.misfits = stats.misfits,
		};
		remote_memory_forget(pages);
		looking.translator = translator;
		cpython_translate_locks(translator, lock_look, &looking);
		error = looking.error;
	}
	cpython_snapshot_free(snapshot);
	cpython_translate_free(translator);
	return error;
}

int cpython_snapshot_deliver(pid_t pid, stream_fn fn, void *context, struct cpython_picture *out,
                             struct fault *fault)
{
	struct remote_memory *pages = NULL;
	struct cpython_found found;
	struct target *target;
	int error = target_open(pid, &target);

	memset(out, 0, sizeof(*out));
	if (error)
		return fault_set(fault, error, "cannot look at process %d: %s", (int)pid,
		                 strerror(-error));
	error = cpython_find(target, &found, fault);
	if (!error) {
		error = remote_memory_new(pid, &pages);
		if (!error)
			error = deliver(target, &found, pages, fn, context, out);
		if (error)
			fault_set(fault, error, "cannot read the tasks of process %d: %s", (int)pid,
			          strerror(-error));
	}
	remote_memory_free(pages);
	target_close(target);
	return error;
}
