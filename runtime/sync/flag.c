/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flag.c - asyncio's Event, here called flag: struct aw_event is a record.
 */
#include <assert.h>
#include <stdlib.h>

#include <awaitness/sync.h>

#include "task/object.h"
#include "task/task_internal.h"

struct aw_flag {
	struct object object;
	struct list waiters;
	bool set;
};

struct aw_flag *aw_flag_new(const char *name)
{
	struct aw_flag *flag = malloc(sizeof(*flag));

	if (!flag)
		return NULL;
	object_init(&flag->object, name);
	list_init(&flag->waiters);
	flag->set = false;
	return flag;
}

void aw_flag_free(struct aw_flag *flag)
{
	if (!flag)
		return;
	assert(list_empty(&flag->waiters) && "a flag is freed while tasks wait for it");
	free(flag);
}

void aw_flag_set(struct aw_flag *flag)
{
	uint64_t site = CALLER;
	struct waiter *waiter;

	tell_object(AW_SIGNAL, AW_AWAIT_EVENT, &flag->object, site);
	if (flag->set)
		return;
	flag->set = true;
	while ((waiter = waiter_first(&flag->waiters)))
		waiter_wake(waiter, AW_AWAIT_EVENT, site);
}

void aw_flag_clear(struct aw_flag *flag)
{
	flag->set = false;
}

bool aw_flag_is_set(const struct aw_flag *flag)
{
	return flag->set;
}

int aw_flag_wait(struct aw_flag *flag, int64_t deadline)
{
	uint64_t site = CALLER;
	struct waiter waiter;
	int err;

	if (!flag->set) {
		err = waiter_check(deadline);
		if (!err)
			err = object_bind(&flag->object.loop);
		if (err)
			return err;
		waiter_init(&waiter);
		list_append(&flag->waiters, &waiter.link);
		err = waiter_park(&waiter, AW_AWAIT_EVENT, flag->object.id, site, deadline);
		list_remove(&waiter.link);
		if (err)
			return err;
	}
	tell_object(AW_OBSERVE, AW_AWAIT_EVENT, &flag->object, site);
	return 0;
}
