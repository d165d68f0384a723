/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene.h - what the small programs have in common: some tasks in some roles, their end
 * awaited, and the truth printed.
 */
#ifndef PROGRAMS_SCENE_H
#define PROGRAMS_SCENE_H

#include <errno.h>
#include <stdlib.h>

#include "truth.h"

enum { SCENE_TASKS = 64 };

/** So many tasks that run `fn`; its argument is the number of the task in its role. */
struct role {
	aw_task_fn fn;
	const char *name;
	int count;
};

struct scene {
	void (*setup)(void); /* in the main task, before the others are made; may be NULL */
	void (*end)(void);   /* in the main task, after all have ended; may be NULL */
	void (*truth)(
		void);   /* prints what this program counted besides awaits and tasks; or NULL */
	int64_t timeout; /* ns after which the tasks are cancelled; 0: never */
	struct role roles[4];
};

static uint64_t scene_task_count = 1;

/** A task, counted. */
static inline struct aw_task *scene_task(aw_task_fn fn, intptr_t arg, const char *name)
{
	scene_task_count++;
	return aw_task_create(fn, (void *)arg, name);
}

static inline int64_t scene_run(void *arg)
{
	const struct scene *scene = arg;
	struct aw_task *tasks[SCENE_TASKS];
	size_t count = 0;

	if (scene->setup)
		scene->setup();
	for (const struct role *role = scene->roles; role->fn; role++)
		for (int i = 0; i < role->count; i++)
			tasks[count++] = scene_task(role->fn, i, role->name);
	aw_gather(tasks, count, AW_GATHER_ALL,
	          scene->timeout ? aw_after(scene->timeout) : AW_FOREVER, NULL);
	for (size_t i = 0; i < count; i++)
		aw_task_free(tasks[i]);
	if (scene->end)
		scene->end();
	return 0;
}

/** Plays it; the result is for main to return. */
static inline int scene_play(struct scene scene)
{
	int64_t error = aw_run(scene_run, &scene);

	if (scene.truth)
		scene.truth();
	truth_print_awaits();
	truth_print_tasks(scene_task_count);
	return error < 0 ? 3 : 0;
}

#endif
