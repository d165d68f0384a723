/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_identity_test.c - which row of the report a lock stands in.
 */
#include "expect.h"

#define TARGET "1 - target 1 cpython can=acquires,releases,step-ends\n"
#define TAKES(lock)                                                                                \
	"+1 w1 lock-taken " lock " @get:p.py:3\n+1 w1 lock-freed " lock "\n+1 w1 suspend sleep\n"

static void expect_row(const char *trace, const char *name, unsigned objects)
{
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->lock_count, 1);
	cr_expect_str_eq(report->locks[0].name, name);
	cr_expect_eq(report->locks[0].objects, objects);
	cr_expect(strstr(report->locks[0].why, "the mutex of a Condition"), "%s",
	          report->locks[0].why);
	analysis_free(analysis);
}

Test(identity, a_condition_that_is_named_after_it_was_known_as_one_has_its_name)
{
	expect_row(TARGET "+1 - lock-new #3 asyncio.Condition\n+0 - lock-condition #3\n"
	                  "+0 - name #0x3 lock \"Box.cond\"\n" TAKES("#3"),
	           "Box.cond", 1);
}

Test(identity, two_conditions_of_one_name_are_one_row)
{
	expect_row(TARGET "+1 - lock-new #3 asyncio.Condition\n+0 - lock-condition #3\n"
	                  "+0 - name #0x3 lock \"Box.cond\"\n" TAKES(
				  "#3") "+1 - lock-new #4 asyncio.Condition\n+0 - name #0x4 lock "
	                                "\"Box.cond\"\n" TAKES("#4") "+0 - lock-condition #4\n",
	           "Box.cond", 2);
}
