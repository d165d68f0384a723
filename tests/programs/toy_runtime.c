/* expect: nothing; the events counted are those told (tests/e2e/probe_h.sh) */
// SPDX-License-Identifier: BSD-2-Clause
/*
 * toy_runtime.c - a small foreign task runtime, traced through probe.h alone.
 *
 * Round-robin tasks on ucontext, with a lock that is handed over in order. It
 * knows nothing of libawaitness. It keeps its own count of every event, in a
 * file that survives it, which the test holds against what the tracer saw.
 *
 *	toy_runtime COUNTS [TASKS [ROUNDS [PAUSE]]]
 *
 * PAUSE 1: begins when tracers listen to all of its probes. COUNTS: a line
 * `kind count` for each kind, at the end.
 */
#include <awaitness/probe.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define TASKS_MAX  64
#define STACK_SIZE 65536

/* The kinds it tells. X(name, text) */
#define TOLD(X)                                                                                    \
	X(task_new, "task-new")                                                                    \
	X(task_end, "task-end")                                                                    \
	X(resume, "resume")                                                                        \
	X(suspend, "suspend")                                                                      \
	X(lock_new, "lock-new")                                                                    \
	X(lock_wait, "lock-wait")                                                                  \
	X(lock_taken, "lock-taken")                                                                \
	X(lock_freed, "lock-freed")                                                                \
	X(wake, "wake")                                                                            \
	X(read, "read")                                                                            \
	X(write, "write")

enum told {
#define TOLD_ENUM(name, text) TOLD_##name,
	TOLD(TOLD_ENUM)
#undef TOLD_ENUM
		TOLD_COUNT
};

static uint64_t counts[TOLD_COUNT];

/* The place it is called from. */
static __attribute__((noinline)) uintptr_t here(void)
{
	return (uintptr_t)__builtin_return_address(0);
}

/* Tells an event and counts it, whether or not somebody listens. */
#define TELL(name, object, arg)                                                                    \
	do {                                                                                       \
		counts[TOLD_##name]++;                                                             \
		AW_PROBE(name, running ? running->id : 0, object, arg, here());                    \
	} while (0)

struct task {
	ucontext_t context;
	uint32_t id;
	bool ready;
	bool ended;
	struct task *next_waiter;
	char stack[STACK_SIZE];
};

static struct {
	struct task *holder, *first, *last;
} lock;

static ucontext_t loop;
static struct task *tasks[TASKS_MAX], *running;
static size_t task_count;
static unsigned rounds = 100, shared;

#define LOCK_ID  0x10000u
#define WAIT_FOR 4u /* AW_AWAIT_LOCK */

static void suspend(uint64_t object, unsigned await)
{
	struct task *task = running;

	TELL(suspend, object, await);
	swapcontext(&task->context, &loop);
	TELL(resume, 0, 0);
}

static __attribute__((noinline)) void lock_take(void)
{
	if (lock.holder) {
		TELL(lock_wait, LOCK_ID, 0);
		running->next_waiter = NULL;
		*(lock.first ? &lock.last->next_waiter : &lock.first) = running;
		lock.last = running;
		running->ready = false;
		suspend(LOCK_ID, WAIT_FOR);
	}
	lock.holder = running;
	TELL(lock_taken, LOCK_ID, 0);
}

static __attribute__((noinline)) void lock_free(void)
{
	struct task *next = lock.first;

	TELL(lock_freed, LOCK_ID, 0);
	lock.holder = next;
	if (!next)
		return;
	lock.first = next->next_waiter;
	next->ready = true;
	TELL(wake, next->id, WAIT_FOR);
}

/* Reads, gives control back and writes, under the lock. */
static void task_work(void)
{
	TELL(resume, 0, 0);
	for (unsigned i = 0; i < rounds; i++) {
		unsigned value;

		lock_take();
		TELL(read, (uintptr_t)&shared, sizeof(shared));
		value = shared;
		suspend(0, 0);
		TELL(write, (uintptr_t)&shared, sizeof(shared));
		shared = value + 1;
		lock_free();
		suspend(0, 0);
	}
	TELL(task_end, 0, 0);
	running->ended = true;
}

static void task_new(void)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		exit(3);
	task->id = ++task_count;
	task->ready = true;
	tasks[task->id - 1] = task;
	getcontext(&task->context);
	task->context.uc_stack.ss_sp = task->stack;
	task->context.uc_stack.ss_size = sizeof(task->stack);
	task->context.uc_link = &loop;
	makecontext(&task->context, task_work, 0);
	TELL(task_new, task->id, 0);
}

static void loop_run(void)
{
	bool alive = true;

	while (alive) {
		alive = false;
		for (size_t i = 0; i < task_count; i++) {
			alive |= !tasks[i]->ended;
			if (!tasks[i]->ready || tasks[i]->ended)
				continue;
			running = tasks[i];
			swapcontext(&loop, &running->context);
			running = NULL;
		}
	}
}

static bool all_listened_to(void)
{
#define TOLD_ENABLED(name, text) &&AW_PROBE_ENABLED(name)
	return true TOLD(TOLD_ENABLED);
#undef TOLD_ENABLED
}

static int counts_write(const char *path)
{
	static const char *const texts[] = {
#define TOLD_TEXT(name, text) text,
		TOLD(TOLD_TEXT)
#undef TOLD_TEXT
	};
	FILE *file = fopen(path, "w");

	if (!file)
		return 3;
	for (size_t i = 0; i < TOLD_COUNT; i++)
		fprintf(file, "%s %ju\n", texts[i], (uintmax_t)counts[i]);
	return fclose(file) ? 3 : 0;
}

int main(int argc, char **argv)
{
	unsigned wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 4;

	if (argc < 2 || !wanted || wanted > TASKS_MAX) {
		fprintf(stderr, "usage: toy_runtime COUNTS [TASKS [ROUNDS [PAUSE]]]\n");
		return 2;
	}
	rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : rounds;
	while (argc > 4 && atoi(argv[4]) && !all_listened_to())
		usleep(1000);
	TELL(lock_new, LOCK_ID, 1);
	for (unsigned i = 0; i < wanted; i++)
		task_new();
	loop_run();
	for (unsigned i = 0; i < wanted; i++)
		free(tasks[i]);
	return counts_write(argv[1]) || shared != wanted * rounds;
}
