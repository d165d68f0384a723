/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_makers.c - see cpython_makers.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_makers.h"

enum { STEPS_MAX = 65536 };

void cpython_makers_forget(struct cpython_makers *makers)
{
	makers->first = makers->count = 0;
}

void cpython_makers_fini(struct cpython_makers *makers)
{
	free(makers->steps);
	*makers = (struct cpython_makers){0};
}

static struct cpython_makers_step *step_last(const struct cpython_makers *makers)
{
	return makers->steps && makers->count ? &makers->steps[makers->first + makers->count - 1]
	                                      : NULL;
}

struct cpython_maker cpython_makers_find(const struct cpython_makers *makers,
                                         const struct cpython_fact *fact)
{
	const struct cpython_makers_step *last = step_last(makers);
	struct cpython_maker none = {0};
	bool alone;

	if (!fact->popped || !last)
		return none;
	alone = fact->popped - last->popped <= 1;
	if (fact->flags & CPYTHON_ENTER_NESTED && fact->popped == last->popped)
		return (struct cpython_maker){.task = fact->last, .sure = true};
	if (fact->flags & CPYTHON_ENTER_FACTORY)
		return none; /* it may have been started at once, by a plain callback */
	for (size_t i = 0; i < makers->count; i++) {
		const struct cpython_makers_step *step = &makers->steps[makers->first + i];

		if (step->pushed < fact->popped &&
		    fact->popped <= (step == last ? fact->pushed : step->until))
			return step->mixed
			               ? none
			               : (struct cpython_maker){step->task, step->id,
			                                        step == last ? alone : step->alone};
	}
	return none;
}

/* What all handles that were put in during the oldest steps have run for is not needed any more. */
static void steps_drop(struct cpython_makers *makers, uint64_t popped)
{
	while (makers->steps && makers->count && makers->steps[makers->first].until <= popped) {
		makers->first++;
		makers->count--;
	}
}

static int step_room(struct cpython_makers *makers)
{
	size_t room = makers->room ? 2 * makers->room : 64;
	struct cpython_makers_step *steps;

	if (makers->steps && makers->first + makers->count < makers->room)
		return 0;
	if (makers->steps && makers->first) { /* at least one was dropped */
		memmove(makers->steps, makers->steps + makers->first,
		        makers->count * sizeof(*makers->steps));
		makers->first = 0;
		if (2 * makers->count <= makers->room)
			return 0;
	}
	if (makers->count >= STEPS_MAX)
		cpython_makers_forget(makers);
	if (makers->steps && makers->count < makers->room)
		return 0;
	steps = realloc(makers->steps, room * sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	makers->steps = steps;
	makers->room = room;
	return 0;
}

int cpython_makers_step(struct cpython_makers *makers, const struct cpython_fact *fact, uint32_t id)
{
	struct cpython_makers_step *last = step_last(makers);
	bool nested = fact->flags & CPYTHON_ENTER_NESTED;

	/* Each step that is not nested takes a handle: else this is another queue. */
	if (!fact->popped || (last && (fact->pushed < last->pushed ||
	                               fact->popped - (nested ? 0 : 1) < last->popped)))
		cpython_makers_forget(makers);
	if (!fact->popped)
		return 0;
	last = step_last(makers);
	if (last) {
		last->until = fact->pushed;
		last->alone = fact->popped - last->popped <= 1;
		if (last->until == last->pushed) /* nothing was made in that one */
			makers->count--;
	}
	steps_drop(makers, fact->popped);
	if (step_room(makers))
		return -ENOMEM;
	makers->steps[makers->first + makers->count++] = (struct cpython_makers_step){
		.pushed = fact->pushed,
		.popped = fact->popped,
		.task = fact->task,
		.id = id,
		.mixed = nested,
	};
	return 0;
}
