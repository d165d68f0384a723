/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * canary_runtime.c - the canary of programs on libawaitness: its fibers, its log and its loops.
 *
 *	canary_runtime CALLS CHILDREN
 *
 * As canary.c; CALLS are awaits. The children are forked between two loops and run one of their
 *own, or are started by vfork and exec from within a task.
 */
#include <awaitness/access.h>
#include <awaitness/sync.h>
#include <awaitness/task.h>

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 8, THREADS = 2, TURNS = 500, KEPT = 8, STACK = 65536, TIMER_US = 500 };

struct scene {
	struct aw_lock *lock;
	long shared;
	unsigned long bad;
};

static _Thread_local char signal_stack[STACK];
static atomic_ulong signal_bad;

static void handle(int unused)
{
	const char here = 0, *volatile at = &here;

	(void)unused;
	atomic_fetch_add(&signal_bad, at < signal_stack || at >= signal_stack + STACK);
}

static unsigned long child_judge(pid_t pid)
{
	int status;

	return pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	       WEXITSTATUS(status);
}

static __attribute__((noinline)) void leave(jmp_buf env, struct scene *scene)
{
	AW_WRITE(scene->shared) = AW_READ(scene->shared);
	longjmp(env, 1);
}

/* What a task keeps over an await: integers, floating point numbers, an array. */
static unsigned long turn(struct scene *scene, long i)
{
	volatile long kept[KEPT];
	double half = (double)i / 2, third = (double)i / 3;
	long a = i * 3, b = i * 5, before;
	unsigned long bad = 0;
	jmp_buf env;

	for (int k = 0; k < KEPT; k++)
		kept[k] = i + k;
	aw_lock_acquire(scene->lock, AW_FOREVER);
	before = AW_READ(scene->shared);
	if (!setjmp(env))
		leave(env, scene);
	i % 100 ? aw_yield() : aw_sleep(AW_NS_PER_MS);
	AW_WRITE(scene->shared) = before + 1;
	aw_lock_release(scene->lock);
	for (int k = 0; k < KEPT; k++)
		bad += kept[k] != i + k;
	return bad + (half != (double)i / 2) + (third != (double)i / 3) + (a != i * 3) +
	       (b != i * 5);
}

static int64_t work(void *arg)
{
	struct scene *scene = arg;

	for (long i = 0; i < TURNS / TASKS; i++)
		scene->bad += turn(scene, i);
	return 0;
}

static int64_t scene_run(void *arg)
{
	struct scene *scene = arg;
	struct aw_task *tasks[TASKS];

	scene->lock = aw_lock_new("canary");
	for (int i = 0; i < TASKS; i++)
		tasks[i] = aw_task_create(work, scene, NULL);
	for (int i = 0; i < TASKS; i++) {
		scene->bad += aw_await(tasks[i], AW_FOREVER, NULL) != 0;
		aw_task_free(tasks[i]);
	}
	aw_lock_free(scene->lock);
	scene->bad += scene->shared != TURNS / TASKS * TASKS;
	return 0;
}

/* A loop with its tasks: TURNS awaits. */
static unsigned long loop_run(void)
{
	struct scene scene = {0};

	if (aw_run(scene_run, &scene))
		return 1;
	return scene.bad;
}

static int64_t exec_run(void *unused)
{
	pid_t pid =
		vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): as libraries do */

	(void)unused;
	if (!pid) {
		execl("/proc/self/exe", "canary_runtime", "child", (char *)NULL);
		_exit(127);
	}
	aw_yield();
	return (int64_t)child_judge(pid);
}

/* No other loop runs while a child is forked: what POSIX allows a child of several threads to do is
 * less than to begin a loop, since a lock of the library may be held by a thread it does not have.
 */
static pthread_rwlock_t looping = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static unsigned long children_make(void)
{
	pid_t pid;

	pthread_rwlock_wrlock(&looping);
	pid = fork();
	if (!pid)
		_exit(loop_run() != 0);
	pthread_rwlock_unlock(&looping);
	return child_judge(pid) + (aw_run(exec_run, NULL) != 0);
}

static atomic_ulong differences;
static atomic_bool over;
static bool endless;
static unsigned long loops;

static bool goes_on(unsigned long done)
{
	return endless ? !atomic_load(&over) : done < loops;
}

static void *thread_run(void *unused)
{
	for (unsigned long i = 0; goes_on(i); i++) {
		pthread_rwlock_rdlock(&looping);
		atomic_fetch_add(&differences, loop_run());
		pthread_rwlock_unlock(&looping);
	}
	return unused;
}

static void main_run(unsigned long children)
{
	unsigned long made = 0;

	for (unsigned long i = 0; goes_on(i); i++) {
		struct pollfd in = {.fd = 0, .events = POLLIN};

		atomic_fetch_add(&differences, loop_run());
		for (; made * loops < (i + 1) * children && made < children; made++)
			atomic_fetch_add(&differences, children_make());
		if (endless) {
			atomic_fetch_add(&differences, children_make());
			atomic_store(&over, poll(&in, 1, 0) > 0);
		}
	}
}

static void signals_begin(void)
{
	const struct itimerval timer = {{0, TIMER_US}, {0, TIMER_US}};
	const stack_t stack = {.ss_sp = signal_stack, .ss_size = STACK};
	const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK | SA_RESTART};

	sigaltstack(&stack, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	sigset_t alarm;

	if (argc == 2 && !strcmp(argv[1], "child"))
		return loop_run() != 0;
	if (argc != 3) {
		fprintf(stderr, "usage: canary_runtime CALLS|- CHILDREN\n");
		return 2;
	}
	endless = !strcmp(argv[1], "-");
	loops = strtoul(argv[1], NULL, 10) / (TURNS * (THREADS + 1)) + 1;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread_run, NULL))
			return 3;
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	signals_begin();
	if (endless && puts("ready") != EOF)
		fflush(stdout);
	main_run(strtoul(argv[2], NULL, 10));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	atomic_fetch_add(&differences, atomic_load(&signal_bad));
	printf("calls %s children %s differences %lu\n", argv[1], argv[2],
	       atomic_load(&differences));
	return atomic_load(&differences) != 0;
}
