// SPDX-License-Identifier: BSD-2-Clause
/*
 * target_maps_test.c - lines of /proc/PID/maps, and this very process as a target.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/target.h"
#include "target/target_maps.h"

static bool parse(const char *text, struct target_map *map)
{
	static char line[512];

	strcpy(line, text);
	return target_map_parse(line, map);
}

Test(target_maps, a_mapping_of_code_is_read)
{
	struct target_map map;

	cr_assert(parse("7f0000001000-7f0000003000 r-xp 00001000 fe:00 1234    /usr/lib/x.so\n",
	                &map));
	cr_assert_eq(map.start, 0x7f0000001000);
	cr_assert_eq(map.end, 0x7f0000003000);
	cr_assert_eq(map.offset, 0x1000);
	cr_assert_eq(map.inode, 1234);
	cr_assert(map.executable);
	cr_assert_not(map.deleted);
	cr_assert_str_eq(map.path, "/usr/lib/x.so");
}

Test(target_maps, a_deleted_file_keeps_its_name)
{
	struct target_map map;

	cr_assert(parse("1000-2000 r--p 00000000 fe:00 9 /tmp/a b (deleted)\n", &map));
	cr_assert(map.deleted);
	cr_assert_str_eq(map.path, "/tmp/a b");
}

Test(target_maps, an_escaped_newline_in_a_name_is_decoded)
{
	struct target_map map;

	cr_assert(parse("1000-2000 r-xp 00000000 fe:00 9 /tmp/a\\012b\n", &map));
	cr_assert_str_eq(map.path, "/tmp/a\nb");
}

Test(target_maps, what_maps_no_file_is_passed_over)
{
	struct target_map map;

	cr_assert_not(parse("1000-2000 rw-p 00000000 00:00 0 [heap]\n", &map));
	cr_assert_not(parse("1000-2000 rw-p 00000000 00:00 0 \n", &map));
	cr_assert_not(parse("2000-1000 r-xp 00000000 fe:00 9 /tmp/a\n", &map));
	cr_assert_not(parse("rubbish\n", &map));
	cr_assert_not(parse("", &map));
}

Test(target, a_process_sees_its_own_program)
{
	struct target *target;

	cr_assert_eq(target_open(getpid(), &target), 0);
	cr_assert_eq(target->pid, getpid());
	cr_assert_eq(target->uid, getuid());
	cr_assert(target_alive(target));
	cr_assert_not(target->other_mount_ns);
	cr_assert_not(target->other_pid_ns);
	cr_assert_gt(target->module_count, 1);
	cr_assert_neq(target->command[0], 0);
	for (size_t i = 0; i < target->module_count; i++)
		cr_assert_lt(target->modules[i].start, target->modules[i].end);
	target_close(target);
}

Test(target, the_bias_of_a_module_finds_a_function)
{
	struct target *target;
	uint64_t address = (uint64_t)(uintptr_t)target_map_parse;
	bool found = false;

	cr_assert_eq(target_open(getpid(), &target), 0);
	for (size_t i = 0; i < target->module_count; i++)
		if (address >= target->modules[i].start && address < target->modules[i].end) {
			found = true;
			cr_assert_leq(target->modules[i].bias, target->modules[i].start);
			cr_assert_neq(target->modules[i].build_id[0], 0);
		}
	cr_assert(found);
	target_close(target);
}

Test(target, a_process_that_is_not_there_is_an_error)
{
	struct target *target;

	cr_assert_eq(target_open(0x7fffffff, &target), -ESRCH);
	cr_assert_null(target);
	cr_assert_eq(target_open(0, &target), -ESRCH);
	cr_assert_eq(target_open(-1, &target), -ESRCH);
}

Test(target, a_zombie_is_dead)
{
	struct target *target;
	pid_t pid = fork();
	siginfo_t info;

	if (!pid)
		_exit(0);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	cr_assert_eq(target_open(pid, &target), -ESRCH);
	waitpid(pid, NULL, 0);
}
