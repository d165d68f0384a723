/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_benign_test.c - patterns that look like a fault and are none, each with the harmful twin
 * that differs from it by little.
 */
#include "expect.h"

#define COUNTS(task, gap)                                                                          \
	"+1 " task " read hits @count:a.c:1\n" gap "+1 " task " write hits @count:a.c:2\n"         \
	"+1 " task " suspend sleep @count:a.c:3\n"

Test(benign, a_counter_kept_in_one_step_is_silent)
{
	expect_findings("9 - lock-new L\n" COUNTS("w1", "") COUNTS("w2", "") COUNTS("w1", ""), "");
}

Test(harmful, a_counter_kept_over_a_suspension_is_reported)
{
	expect_findings(COUNTS("w1", "+1 w1 suspend sleep @count:a.c:9\n" COUNTS("w2", "")),
	                "lost-update hits observed\n");
}

/* A flag: the site also sets it where nothing was read before. */
#define SETS_BLINDLY                                                                               \
	"8 - task-new w1\n+1 w1 write stop @set:a.c:5\n+1 w1 suspend sleep @set:a.c:6\n"
#define SETS_AFTER_READ                                                                            \
	"+1 w1 read stop @poll:a.c:1\n+1 w1 suspend sleep @poll:a.c:2\n"                           \
	"+1 w2 write stop @halt:a.c:3\n+1 w2 suspend sleep\n+1 w1 write stop @set:a.c:5\n"

Test(benign, a_flag_that_is_set_to_a_constant_is_silent)
{
	expect_findings(SETS_BLINDLY SETS_AFTER_READ, "");
}

Test(harmful, a_site_that_writes_only_after_reading_is_reported)
{
	expect_findings("9 w1 suspend sleep\n" SETS_AFTER_READ, "lost-update stop observed\n");
}

Test(harmful, a_site_that_is_blind_once_in_a_long_while_computes_all_the_same)
{
	char *often = trace_repeat("+1 w1 read stop @poll:a.c:1\n+1 w1 write stop @set:a.c:5\n"
	                           "+1 w1 suspend sleep\n",
	                           40);
	char *trace = trace_format("%s%s%s", SETS_BLINDLY, often, SETS_AFTER_READ);

	expect_findings(trace, "lost-update stop observed\n");
	free(often);
	free(trace);
}

#define FILLS(how)                                                                                 \
	"10 w1 read cache test @get:a.c:1\n+1 w1 suspend sleep @get:a.c:2\n"                       \
	"+1 w2 write cache @get:a.c:3\n+1 w2 suspend sleep\n+1 w1 write cache" how " @get:a.c:3\n"

Test(benign, a_cache_that_is_filled_twice_with_the_same_value_is_silent)
{
	expect_findings(FILLS(" 8 same"), "");
}

Test(harmful, a_cache_that_is_filled_with_two_values_is_reported)
{
	expect_findings(FILLS(""), "check-then-act cache observed\n");
}

#define READS_AND_USES                                                                             \
	"+1 w1 resume\n+1 w1 read config @use:a.c:5\n+1 w1 suspend sleep @use:a.c:6\n"             \
	"+1 w1 read config use @use:a.c:7\n+1 w1 suspend sleep\n"

Test(benign, what_is_written_once_before_its_readers_begin_is_silent)
{
	expect_findings("10 main write config @init:a.c:1\n+1 main task-new w1\n"
	                "+1 main suspend sleep\n" READS_AND_USES,
	                "");
}

Test(harmful, what_is_written_when_its_readers_are_there_is_reported)
{
	expect_findings("10 main task-new w1\n+1 main suspend sleep\n+1 main resume\n"
	                "+1 main write config @init:a.c:1\n+1 main suspend sleep\n" READS_AND_USES,
	                "stale-use config possible\n");
}

#define ASKS(wait)    "10 w1 write reply @ask:a.c:1\n+1 w1 suspend " wait " @ask:a.c:2\n"
#define ANSWERS(wake) "+1 w2 write reply @answer:a.c:9\n" wake "+1 w2 suspend sleep\n"
#define USES          "+1 w1 read reply use @ask:a.c:3\n"

Test(benign, a_reply_that_an_event_tells_of_is_silent)
{
	expect_findings(ASKS("E event") ANSWERS("+1 w2 signal E event\n+1 w2 wake w1 event\n") USES,
	                "");
}

Test(harmful, a_reply_that_nobody_tells_of_is_reported)
{
	expect_findings(ASKS("sleep") ANSWERS("") USES, "stale-use reply observed\n");
}

Test(harmful, a_use_behind_a_test_is_an_act)
{
	expect_findings("10 w1 read conn test @get:a.c:1\n+1 w1 suspend sleep @get:a.c:2\n"
	                "+1 w2 write conn @close:a.c:9\n+1 w2 suspend sleep\n"
	                "+1 w1 read conn use @get:a.c:3\n",
	                "check-then-act conn observed\n");
}

#define MAKES_UNDER_LOCK(task)                                                                     \
	"+1 " task " lock-taken L\n+1 " task " read conn test @get:a.c:1\n+1 " task                \
	" suspend sleep @get:a.c:2\n+1 " task " write conn @get:a.c:3\n+1 " task                   \
	" lock-freed L\n+1 " task " suspend sleep\n"

Test(benign, a_test_and_its_act_under_one_lock_are_silent)
{
	expect_findings("8 - lock-new L\n" MAKES_UNDER_LOCK("w1") MAKES_UNDER_LOCK("w2"), "");
}
