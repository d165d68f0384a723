// SPDX-License-Identifier: BSD-2-Clause
/*
 * inspection_test.c - a child process with hand-made lists, sound and broken.
 *
 * The lists lie in this program's own aw_root; a child inherits them and sleeps, so that they are
 * read from another process, as they will be.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dump/inspection.h"

__attribute__((section(AW_ROOT_SECTION), used)) struct aw_root test_root;

static struct aw_inspect_loop loops[2];
static struct aw_inspect_task tasks[8];
static struct aw_inspect_lock locks[2];

static uint64_t at(const void *address)
{
	return (uint64_t)(uintptr_t)address;
}

/* Two loops: tasks 1 to 3 in the first, 4 in the second; locks 100 and 101. */
static void lists_make(void)
{
	test_root = (struct aw_root){AW_ROOT_MAGIC, at(&loops[0]), at(&locks[0])};
	for (int i = 0; i < 2; i++) {
		loops[i] = (struct aw_inspect_loop){.self = at(&loops[i]), .tid = 50 + i};
		locks[i] = (struct aw_inspect_lock){.self = at(&locks[i]), .id = 100 + i};
	}
	loops[0].next = at(&loops[1]);
	locks[0].next = at(&locks[1]);
	for (int i = 0; i < 8; i++)
		tasks[i] = (struct aw_inspect_task){.self = at(&tasks[i]), .id = i + 1};
	loops[0].tasks = at(&tasks[0]);
	tasks[0].next = at(&tasks[1]);
	tasks[1].next = at(&tasks[2]);
	loops[1].tasks = at(&tasks[3]);
	strcpy(tasks[1].name, "second");
}

TestSuite(inspection, .init = lists_make);

/* Takes a picture of a child that is as this process is now. */
static int child_inspect(struct inspection **out)
{
	struct target *target;
	pid_t pid = fork();
	int code;

	if (!pid) {
		pause();
		_exit(0);
	}
	code = target_open(pid, &target);
	cr_assert_eq(code, 0);
	code = inspection_take(target, out);
	target_close(target);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return code;
}

Test(inspection, lists_of_another_process_are_read)
{
	struct inspection *in;

	cr_assert_eq(child_inspect(&in), 0);
	cr_assert_eq(in->loop_count, 2);
	cr_assert_eq(in->task_count, 4);
	cr_assert_eq(in->lock_count, 2);
	cr_assert_eq(in->tasks[3].loop, 1);
	cr_assert_str_eq(in->tasks[1].record.name, "second");
	cr_assert_eq(in->dropped, 0);
	cr_assert_not(in->truncated);
	inspection_free(in);
}

Test(inspection, a_list_that_bites_its_tail_gives_each_record_once)
{
	struct inspection *in;

	for (int i = 2; i < 7; i++)
		tasks[i].next = at(&tasks[i + 1]);
	tasks[7].next = at(&tasks[3]);
	loops[1].tasks = 0;
	cr_assert_eq(child_inspect(&in), 0);
	cr_assert_eq(in->task_count, 8);
	for (size_t i = 0; i < 8; i++)
		cr_assert_eq(in->tasks[i].record.id, i + 1);
	cr_assert(in->truncated);
	inspection_free(in);
}

Test(inspection, a_record_that_points_to_itself_is_given_once)
{
	struct inspection *in;

	tasks[3].next = at(&tasks[3]);
	cr_assert_eq(child_inspect(&in), 0);
	cr_assert_eq(in->task_count, 4);
	inspection_free(in);
}

Test(inspection, a_stale_pointer_ends_the_walk)
{
	struct inspection *in;

	tasks[1].self = 1; /* freed and used for something else */
	cr_assert_eq(child_inspect(&in), 0);
	cr_assert_eq(in->task_count, 2); /* the first of loop 0, the one of loop 1 */
	cr_assert_eq(in->dropped, 1);
	cr_assert(in->moved, "what stood behind it is missing, which is told");
	inspection_free(in);
}

Test(inspection, a_pointer_to_nowhere_ends_the_walk)
{
	struct inspection *in;

	tasks[0].next = 0x10;
	locks[0].next = ~0ull;
	cr_assert_eq(child_inspect(&in), 0);
	cr_assert_eq(in->task_count, 2);
	cr_assert_eq(in->lock_count, 1);
	cr_assert_eq(in->dropped, 2);
	inspection_free(in);
}

Test(inspection, a_name_without_an_end_gets_one)
{
	struct inspection *in;

	memset(tasks[0].name, 'x', sizeof(tasks[0].name));
	cr_assert_eq(child_inspect(&in), 0);
	cr_assert_eq(strlen(in->tasks[0].record.name), AW_INSPECT_NAME - 1);
	inspection_free(in);
}

Test(inspection, a_layout_of_another_version_is_refused)
{
	struct inspection *in;

	test_root.magic++;
	cr_assert_eq(child_inspect(&in), -EPROTO);
	cr_assert_null(in);
}

Test(inspection, a_process_without_the_runtime_is_refused)
{
	struct target target = {.pid = getpid()};
	struct inspection *in;

	cr_assert_eq(inspection_take(&target, &in), -ENOTSUP);
}

Test(inspection, a_lock_without_permits_is_held_whoever_holds_it)
{
	struct inspection *in;
	const struct inspect_hold *held;
	size_t count;

	locks[0].waiters = 2; /* taken for reading, say: no one holder */
	locks[1].permits = 1;
	locks[1].waiters = 1; /* released, and who was woken has not run yet */
	cr_assert_eq(child_inspect(&in), 0);
	cr_expect_eq(in->locks[0].held, INSPECT_HELD);
	cr_expect_eq(in->locks[0].holder, -1);
	cr_expect_eq(in->locks[1].held, INSPECT_FREE);
	cr_expect_eq(in->locks[1].handed, 1);
	inspection_free(in);
	locks[0].holder = locks[1].holder = 2;
	cr_assert_eq(child_inspect(&in), 0);
	held = inspection_held(in, 1, &count);
	cr_assert_eq(count, 2);
	cr_expect_eq(held[0].lock, 0);
	cr_expect_eq(held[1].lock, 1);
	inspection_held(in, 0, &count);
	cr_expect_eq(count, 0);
	inspection_free(in);
}
