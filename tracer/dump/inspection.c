// SPDX-License-Identifier: BSD-2-Clause
/*
 * inspection.c - walks the runtime's lists in another process's memory.
 *
 * The process may be running: a record is taken if two readings agree, and a
 * walk ends at a record whose `self` is not its address (freed, re-used), at a
 * bound, or where the list bites its tail.
 */
#include "inspection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inspection_graph.h"
#include "target/remote_memory.h"
#include "base/clock_now.h"

#define LOOPS_MAX 4096u
#define TASKS_MAX (1u << 20)
#define LOCKS_MAX (1u << 20)
#define TRIES     3

/* What the three record types begin with. */
struct link {
	uint64_t self;
	uint64_t next;
};

/* A growing array of records of one size. */
struct table {
	char *items;
	size_t size; /* of an item */
	size_t count, room, max;
};

struct walk {
	pid_t pid;
	struct remote_memory *pages;
	struct inspection *out;
	struct table loops, tasks, locks;
};

/* Reads a record until two readings agree. Returns 0, -EAGAIN (it changes all the time), or another
 * negative errno. */
static int record_settle(struct walk *walk, uint64_t address, void *to, size_t size)
{
	char again[sizeof(struct aw_inspect_task) + sizeof(struct aw_inspect_lock)];
	int code = remote_memory_now(&walk->pid, address, to, size);

	for (int i = 0; !code && i < TRIES; i++) {
		code = remote_memory_now(&walk->pid, address, again, size);
		if (!code && !memcmp(to, again, size))
			return 0;
		memcpy(to, again, size);
	}
	return code ? code : -EAGAIN;
}

static void *table_add(struct table *table)
{
	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 64;
		char *items = reallocarray(table->items, room, table->size);

		if (!items)
			return NULL;
		table->items = items;
		table->room = room;
	}
	return memset(table->items + table->size * table->count++, 0, table->size);
}

static const struct link *table_at(const struct table *table, size_t index)
{
	return (const void *)(table->items + index * table->size);
}

/* The items from `first` on repeat every `period`: keeps each once. */
static void repeats_drop(struct table *table, size_t first, size_t period)
{
	for (size_t i = first; i + period < table->count; i++)
		if (table_at(table, i)->self == table_at(table, i + period)->self) {
			table->count = i + period;
			return;
		}
}

/* Adds the record at `at`; `next` gets the address of the one after it. -ESTALE: there is none (any
 * more), and what stood behind it is not known. */
static int record_add(struct walk *walk, struct table *table, uint64_t at, size_t record,
                      uint64_t *next)
{
	struct link *link = table_add(table);
	int code;

	if (!link)
		return -ENOMEM;
	code = remote_memory_read(walk->pages, at, link, record);
	*next = link->next;
	if (!code && link->self == at)
		return 0;
	table->count--;
	return code == -ESRCH || code == -EPERM ? code : -ESTALE;
}

/* Walks one list; the record lies at the start of each item of `table`. A list that bites its tail
 * is found as in R. P. Brent, "An improved Monte Carlo factorization algorithm", BIT 20 (1980): a
 * mark jumps to ever later places until the walk comes by it again. */
static int list_walk_once(struct walk *walk, uint64_t head, struct table *table, size_t record)
{
	size_t first = table->count, marked = first, steps = 0, power = 1;
	uint64_t at = head, mark = 0, next;

	for (; at; at = next) {
		int code;

		if (table->count >= table->max || at == mark) {
			walk->out->truncated = true;
			if (at == mark)
				repeats_drop(table, first, table->count - marked);
			break;
		}
		if (++steps == power) {
			power *= 2;
			mark = at;
			marked = table->count;
		}
		code = record_add(walk, table, at, record, &next);
		if (code)
			return code;
	}
	return 0;
}

/* Reads the records from number `first` on again; one that is not as before is looked at alone, and
 * left out if it goes on changing or is gone. */
static int records_check(struct walk *walk, struct table *table, size_t first, size_t record)
{
	char again[sizeof(struct aw_inspect_task) + sizeof(struct aw_inspect_lock)];
	size_t kept = first;

	remote_memory_forget(walk->pages);
	for (size_t i = first; i < table->count; i++) {
		char *item = table->items + i * table->size;
		uint64_t at = table_at(table, i)->self;
		int code = remote_memory_read(walk->pages, at, again, record);

		if (code || memcmp(item, again, record) != 0) {
			walk->out->ran = true;
			code = record_settle(walk, at, item, record);
		}
		if (code == -ESRCH || code == -EPERM)
			return code;
		if (code || table_at(table, i)->self != at) {
			walk->out->dropped++;
			continue;
		}
		memmove(table->items + kept++ * table->size, item, table->size);
	}
	table->count = kept;
	return 0;
}

/* Walks a list anew when it changes while this comes by; the last time what was read of it stays,
 * and that more may be missing is told. */
static int list_walk(struct walk *walk, uint64_t head, struct table *table, size_t record)
{
	size_t first = table->count;
	int code = -ESTALE;

	for (int i = 0; i < TRIES && code == -ESTALE; i++) {
		table->count = first;
		remote_memory_forget(walk->pages);
		code = list_walk_once(walk, head, table, record);
	}
	if (code == -ESTALE) {
		walk->out->moved = true;
		walk->out->dropped++;
		code = 0;
	}
	return code ? code : records_check(walk, table, first, record);
}

static int loops_walk(struct walk *walk, uint64_t head)
{
	int code = list_walk(walk, head, &walk->loops, sizeof(struct aw_inspect_loop));

	for (size_t i = 0; !code && i < walk->loops.count; i++) {
		const struct aw_inspect_loop *loop =
			(const void *)(walk->loops.items + i * walk->loops.size);
		size_t first = walk->tasks.count;

		code = list_walk(walk, loop->tasks, &walk->tasks, sizeof(struct aw_inspect_task));
		for (size_t j = first; j < walk->tasks.count; j++) {
			struct inspect_task *task =
				(void *)(walk->tasks.items + j * walk->tasks.size);

			task->loop = i;
			task->record.name[AW_INSPECT_NAME - 1] = 0;
		}
	}
	return code;
}

static int locks_walk(struct walk *walk, uint64_t head)
{
	int code = list_walk(walk, head, &walk->locks, sizeof(struct aw_inspect_lock));

	for (size_t i = 0; i < walk->locks.count; i++) {
		struct inspect_lock *lock = (void *)(walk->locks.items + i * walk->locks.size);

		lock->record.name[AW_INSPECT_NAME - 1] = 0;
		/* its permits are counted down by whoever holds it, of a lock for reading too */
		lock->held = lock->record.permits ? INSPECT_FREE : INSPECT_HELD;
		lock->holders = lock->record.holder != 0;
		lock->handed = lock->held == INSPECT_FREE && lock->record.waiters;
	}
	return code;
}

static int process_walk(struct walk *walk, uint64_t address)
{
	struct aw_root root;
	int code = remote_memory_read(walk->pages, address, &root, sizeof(root));

	if (code)
		return code;
	if (root.magic != AW_ROOT_MAGIC)
		return -EPROTO;
	code = loops_walk(walk, root.loops);
	return code ? code : locks_walk(walk, root.locks);
}

/* A lock of this runtime knows its one holder. */
static int holds_make(struct inspection *in)
{
	in->holds = calloc(in->lock_count + 1, sizeof(*in->holds));
	if (!in->holds)
		return -ENOMEM;
	for (size_t i = 0; i < in->lock_count; i++)
		if (in->locks[i].record.holder)
			in->holds[in->hold_count++] =
				(struct inspect_hold){.id = in->locks[i].record.holder, .lock = i};
	return 0;
}

int inspection_take(const struct target *target, struct inspection **out)
{
	const struct target_module *module = target_module_with(target, TARGET_ROOT);
	struct inspection *inspection = calloc(1, sizeof(*inspection));
	struct walk walk = {
		.pid = target->pid,
		.out = inspection,
		.loops = {.size = sizeof(struct aw_inspect_loop), .max = LOOPS_MAX},
		.tasks = {.size = sizeof(struct inspect_task), .max = TASKS_MAX},
		.locks = {.size = sizeof(struct inspect_lock), .max = LOCKS_MAX},
	};
	int code;

	*out = NULL;
	if (!module || !inspection) {
		free(inspection);
		return module ? -ENOMEM : -ENOTSUP;
	}
	inspection->time = clock_now();
	code = remote_memory_new(target->pid, &walk.pages);
	if (!code)
		code = process_walk(&walk, module->root);
	remote_memory_free(walk.pages);
	inspection->loops = (void *)walk.loops.items;
	inspection->loop_count = walk.loops.count;
	inspection->tasks = (void *)walk.tasks.items;
	inspection->task_count = walk.tasks.count;
	inspection->locks = (void *)walk.locks.items;
	inspection->lock_count = walk.locks.count;
	if (!code)
		code = holds_make(inspection);
	if (!code)
		code = inspection_link(inspection);
	if (code) {
		inspection_free(inspection);
		return code;
	}
	*out = inspection;
	return 0;
}

void inspection_free(struct inspection *inspection)
{
	if (!inspection)
		return;
	for (size_t i = 0; i < inspection->cycle_count; i++)
		free(inspection->cycles[i].members);
	free(inspection->cycles);
	free(inspection->loops);
	free(inspection->tasks);
	free(inspection->locks);
	free(inspection->holds);
	free(inspection);
}
