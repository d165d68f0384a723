/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * processes_test.c - processes.h: the machine's processes, and lines that mean harm.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/processes.h"

#define FIELDS " 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 "

Test(processes, a_line_is_parsed_whatever_the_name_holds)
{
	struct process p;

	cr_expect(process_parse("12 (sh) S 7" FIELDS "99 0 0", &p));
	cr_expect(eq(int, p.pid, 12));
	cr_expect(eq(int, p.parent, 7));
	cr_expect(eq(u64, p.start_time, 99));
	cr_expect(process_parse("13 (a) R 1 (b c) S 8" FIELDS "5 0", &p));
	cr_expect(eq(int, p.parent, 8));
}

Test(processes, what_is_no_such_line_is_refused)
{
	static const char *const lines[] = {"",          "12",         "12 (sh",         "12 (sh)",
	                                    "12 (sh) S", "x (sh) S 7", "12 (sh) S 7 1 1"};
	struct process p;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect(not(process_parse(lines[i], &p)), "%s", lines[i]);
}

Test(processes, a_child_is_among_them_with_its_parent)
{
	struct process *list;
	bool found = false;
	pid_t child = fork();
	long count;

	if (!child)
		_exit(pause());
	count = processes_read(&list);
	cr_assert(gt(long, count, 1));
	for (long i = 0; i < count; i++)
		found |= list[i].pid == child && list[i].parent == getpid();
	cr_expect(found);
	free(list);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
