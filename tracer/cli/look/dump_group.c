/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_group.c - see dump_group.h. The tasks are sorted by what makes them alike.
 */
#include "dump_group.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What tasks of a group have in common, as numbers, so that a task is compared in a moment. */
struct key {
	uint64_t alone; /* the task's number + 1, where it stands alone */
	uint64_t loop, state, await, lock, site, holds;
	size_t task;
};

static bool wanted(const struct inspection *in, const struct inspect_hold *held, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (in->locks[held[i].lock].record.waiters || in->locks[held[i].lock].to_notify)
			return true;
	return false;
}

static struct key key_make(const struct inspection *in, size_t i, bool each)
{
	const struct inspect_task *t = &in->tasks[i];
	bool suspended = t->record.state == AW_STATE_SUSPENDED;
	struct key key = {.loop = t->loop, .state = t->record.state, .task = i};
	size_t count;
	const struct inspect_hold *held = inspection_held(in, i, &count);

	if (each || t->in_cycle || wanted(in, held, count))
		key.alone = i + 1;
	key.holds = count;
	if (suspended) {
		key.await = (uint64_t)t->record.await << 1 | (t->record.deadline != 0);
		key.lock = (uint64_t)(t->lock + 1);
		key.site = t->record.site;
	}
	return key;
}

static int alike(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct key, task));
}

/* Those that are alike in the order of their numbers. */
static int key_compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = alike(a, b);

	return order ? order : x->task < y->task ? -1 : x->task > y->task;
}

static int group_compare(const void *a, const void *b, void *context)
{
	const struct dump_group *x = a, *y = b;
	const struct key *keys = context, *k = &keys[x->first], *l = &keys[y->first];

	if (k->loop != l->loop)
		return k->loop < l->loop ? -1 : 1;
	if (!k->alone != !l->alone)
		return k->alone ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return k->task < l->task ? -1 : k->task > l->task;
}

int dump_groups_make(const struct inspection *in, bool each, struct dump_groups *out)
{
	size_t n = in->task_count;
	struct key *keys = calloc(n + 1, sizeof(*keys));

	*out = (struct dump_groups){.order = calloc(n + 1, sizeof(*out->order)),
	                            .at = calloc(n + 1, sizeof(*out->at))};
	if (!keys || !out->order || !out->at) {
		free(keys);
		dump_groups_fini(out);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		keys[i] = key_make(in, i, each);
	qsort(keys, n, sizeof(*keys), key_compare);
	for (size_t i = 0; i < n; i++) {
		out->order[i] = keys[i].task;
		if (!i || alike(&keys[i - 1], &keys[i]) != 0)
			out->at[out->count++].first = i;
		out->at[out->count - 1].count++;
	}
	qsort_r(out->at, out->count, sizeof(*out->at), group_compare, keys);
	free(keys);
	return 0;
}

void dump_groups_fini(struct dump_groups *groups)
{
	free(groups->order);
	free(groups->at);
	*groups = (struct dump_groups){0};
}
