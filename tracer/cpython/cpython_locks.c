/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_locks.c - the locks of a process: by address, told once, named from the source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_sections.h"
#include "base/hash.h"

void cpython_lock_renew(struct cpython_translator *t, struct cpython_lock *lock)
{
	if (lock->condition)
		cpython_table_take(&t->conditions, lock->condition, 0);
	*lock = (struct cpython_lock){
		.address = lock->address, .type = lock->type, .id = ++*t->ids};
}

struct cpython_lock *cpython_lock_get(struct cpython_translator *t, struct cpython_stream *stream,
                                      uint64_t address, uint64_t type_address)
{
	const struct cpython_type *type = cpython_type_get(t, type_address);
	struct cpython_lock *lock = cpython_table_get(&t->locks, address, 0);

	if (!type || type->how.state == CPYTHON_STATE_NONE || !address)
		return NULL;
	if (lock && lock->type == type && !lock->gone)
		return lock;
	if (lock) {
		if (cpython_lock_end(t, stream, stream->time, lock))
			return NULL;
		lock->type = type;
		return lock;
	}
	lock = calloc(1, sizeof(*lock));
	if (!lock)
		return NULL;
	lock->address = address;
	lock->type = type;
	lock->id = ++*t->ids;
	if (cpython_table_put(&t->locks, address, 0, lock)) {
		free(lock);
		return NULL;
	}
	return lock;
}

bool cpython_lock_counts(const struct cpython_lock *lock)
{
	return lock->type->how.state == CPYTHON_STATE_COUNT;
}

/* One task at a time: a mutex, or a semaphore with one permit. */
bool cpython_lock_excludes(const struct cpython_lock *lock)
{
	return !cpython_lock_counts(lock) || lock->permits <= 1;
}

bool cpython_lock_of_threads(const struct cpython_lock *lock)
{
	return lock->type->lock == AW_LOCK_TYPE_PYTHREAD_LOCK ||
	       lock->type->lock == AW_LOCK_TYPE_PYTHREAD_RLOCK;
}

/* Defines the lock in the stream, when it is told of the first time. */
int cpython_lock_tell(struct cpython_stream *stream, uint64_t time, struct cpython_lock *lock)
{
	unsigned permits =
		lock->permits < AW_LOCK_PERMITS_MAX ? lock->permits : AW_LOCK_PERMITS_MAX;
	unsigned type = lock->condition ? AW_LOCK_TYPE_ASYNCIO_CONDITION : lock->type->lock;
	char name[128];
	int error;

	if (lock->told)
		return 0;
	lock->told = true;
	error = cpython_emit(stream, time, AW_LOCK_NEW,
	                     type | (cpython_lock_counts(lock) ? permits << 8 : 0) |
	                             AW_ARG_SNAPSHOT,
	                     0, lock->id, 0);
	if (!error && lock->condition)
		error = cpython_emit(stream, time, AW_LOCK_CONDITION, 0, 0, lock->id, 0);
	if (error || lock->named)
		return error;
	snprintf(name, sizeof(name), "%s at 0x%llx", lock->type->name,
	         (unsigned long long)lock->address);
	return cpython_emit_name(stream, time, lock->id, AW_ENTITY_LOCK, name);
}

/* "lock in use" (cpython_source_lock): what one function calls it. */
bool cpython_lock_name_is_local(const char *name)
{
	return strstr(name, " in ") != NULL;
}

int cpython_lock_name(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                      struct cpython_lock *lock, const struct cpython_spot *spot)
{
	char name[NAME_SIZE * 2];
	int error;

	if (lock->named || !spot->code || !spot->line ||
	    !cpython_source_lock(t->source, spot->code->file, spot->line, spot->code->function,
	                         spot->item, name, sizeof(name)))
		return 0;
	lock->named = true;
	lock->called = hash_text(HASH_TEXT, name);
	lock->local = cpython_lock_name_is_local(name);
	lock->owner = spot->self;
	lock->owner_type = spot->self ? cpython_word(&t->options.memory, spot->self + 8) : 0;
	error = cpython_lock_tell(stream, time, lock);
	return error ? error : cpython_emit_name(stream, time, lock->id, AW_ENTITY_LOCK, name);
}

/* The lock inside a Condition. */
struct cpython_lock *cpython_lock_of_condition(struct cpython_translator *t,
                                               struct cpython_stream *stream, uint64_t condition,
                                               uint64_t inner)
{
	struct cpython_lock *lock = cpython_table_get(&t->conditions, condition, 0);

	if (lock && !lock->gone && (!inner || lock->address == inner))
		return lock;
	if (!inner)
		return NULL;
	lock = cpython_table_get(&t->locks, inner, 0);
	if (!lock || lock->gone)
		lock = cpython_lock_get(t, stream, inner,
		                        cpython_word(&t->options.memory, inner + 8));
	if (!lock)
		return NULL;
	lock->condition = condition;
	cpython_table_put(&t->conditions, condition, 0, lock);
	return lock;
}

/* A line of the chain `site` stands for that has an acquire() call in it. */
int cpython_lock_name_acquired(struct cpython_translator *t, struct cpython_stream *stream,
                               uint64_t time, struct cpython_lock *lock, uint64_t id)
{
	const struct cpython_site *site;

	for (; !lock->named && (site = cpython_site_get(t, id)); id = site->parent) {
		const char *text;
		int error;

		if (site->code->of_lock) /* what the class of the lock calls it */
			continue;
		text = cpython_source_line(t->source, site->code->file, site->line);
		if (!text || !cpython_source_acquires(text))
			continue;
		error = cpython_lock_name(t, stream, time, lock,
		                          &(struct cpython_spot){site->code, site->line, 0, 0});
		if (error)
			return error;
	}
	return 0;
}
