/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals.c - see signals.h.
 */
#include "signals.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int signals_init(struct signals *signals)
{
	signals->forgotten = 0;
	signals->entries = calloc(SIGNALS_SETS * SIGNALS_WAYS, sizeof(*signals->entries));
	return signals->entries ? 0 : -ENOMEM;
}

void signals_fini(struct signals *signals)
{
	free(signals->entries);
	signals->entries = NULL;
}

static struct signals_entry *set_of(const struct signals *signals, uint64_t object)
{
	uint64_t hash = object * 0x9e3779b97f4a7c15ull >> 32;

	return &signals->entries[(hash % SIGNALS_SETS) * SIGNALS_WAYS];
}

static struct signals_entry *find(const struct signals *signals, uint64_t object)
{
	struct signals_entry *set = set_of(signals, object);

	for (unsigned i = 0; i < SIGNALS_WAYS; i++)
		if (set[i].object == object)
			return &set[i];
	return NULL;
}

/* The free entry of a set, or its oldest, emptied. */
static struct signals_entry *claim(struct signals *signals, uint64_t object)
{
	struct signals_entry *set = set_of(signals, object), *oldest = set;

	for (unsigned i = 0; i < SIGNALS_WAYS; i++)
		if (set[i].step < oldest->step)
			oldest = &set[i];
	if (oldest->step > signals->forgotten)
		signals->forgotten = oldest->step;
	memset(oldest, 0, sizeof(*oldest));
	oldest->object = object;
	return oldest;
}

void signals_put(struct signals *signals, uint64_t object, const struct clock *clock, uint32_t tag,
                 uint64_t step)
{
	struct signals_entry *entry = object ? find(signals, object) : NULL;

	if (!object)
		return;
	if (!entry) {
		entry = claim(signals, object);
		entry->clock = *clock;
	} else {
		clock_join(&entry->clock, clock);
	}
	clock_learn(&entry->clock, tag, step);
	entry->step = step;
}

const struct clock *signals_get(const struct signals *signals, uint64_t object)
{
	const struct signals_entry *entry = object ? find(signals, object) : NULL;

	return entry ? &entry->clock : NULL;
}

uint64_t signals_step(const struct signals *signals, uint64_t object)
{
	const struct signals_entry *entry = object ? find(signals, object) : NULL;

	return entry ? entry->step : 0;
}

void signals_observe(const struct signals *signals, uint64_t object, struct clock *clock)
{
	const struct clock *left = signals_get(signals, object);

	if (left)
		clock_join(clock, left);
	else
		clock_raise(clock, signals->forgotten);
}
