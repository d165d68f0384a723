/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_says_test.c - DESIGN's table "source of events, can say", row by row:
 * the same events, told by sources that see different things.
 *
 * The trace holds something for every conclusion: a lock that is dormant, one
 * that is needed, one that is bypassed, one that only serialises, a lost update, a
 * deadlock, a thread lock over a suspension, a lock never released, a long step.
 */
#include "expect.h"

#define SECTION(task, lock, body)                                                                  \
	"+1 " task " lock-taken " lock " @t:s.c:1\n" body "+1 " task " lock-freed " lock           \
	" @f:s.c:2\n+1 " task " suspend sleep @s:s.c:3\n"

#define READ_GAP_WRITE(task, where)                                                                \
	"+1 " task " read " where " @r:s.c:4\n+1 " task " suspend sleep @g:s.c:5\n"                \
	"+1 " task " write " where " @w:s.c:6\n"

#define ROUND                                                                                      \
	SECTION("w1", "quiet", "")                                                                 \
	SECTION("w2", "quiet", "")                                                                 \
	SECTION("w1", "needed", READ_GAP_WRITE("w1", "a"))                                         \
	SECTION("w2", "needed", READ_GAP_WRITE("w2", "a"))                                         \
	SECTION("w1", "queue", READ_GAP_WRITE("w1", "own1"))                                       \
	SECTION("w2", "queue", READ_GAP_WRITE("w2", "own2"))

#define ONCE                                                                                       \
	SECTION("w1", "bypassed",                                                                  \
	        "+1 w1 read b @r:s.c:4\n+1 w1 suspend sleep @g:s.c:5\n+1 w2 write b @o:s.c:7\n"    \
	        "+1 w2 suspend sleep\n+1 w1 write b @w:s.c:6\n")                                   \
	SECTION("w1", "thread", "+1 w1 suspend sleep @g:s.c:8\n")                                  \
	"+1 w3 lock-taken leaked @t:s.c:9\n+1 w3 suspend sleep\n+1 w3 task-end\n"                  \
	"+1 w4 resume\n+900ms w4 suspend sleep @long:s.c:11\n"                                     \
	"+1 w5 lock-taken p @t:s.c:12\n+1 w5 suspend sleep\n+1 w6 lock-taken q @t:s.c:13\n"        \
	"+1 w6 lock-wait p\n+0 w6 suspend p lock @d:s.c:14\n+1 w5 lock-wait q\n"                   \
	"+0 w5 suspend q lock @d:s.c:15\n"

/* What a source with these capabilities says, as one text. */
static char *said(const char *target, report_source_fn source)
{
	const struct report *report;
	struct fault fault = {0};
	char *rounds = trace_repeat(ROUND, 60), *text = NULL;
	char *trace = trace_format("1 - %s\n10 main lock-new thread threading.Lock\n"
	                           "+0 main lock-new quiet asyncio.Lock\n"
	                           "+1 main suspend sleep\n%s%s",
	                           target, rounds, ONCE);
	struct analysis *analysis;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(analysis_new(NULL, &analysis), 0);
	if (source)
		analysis_source(analysis, source, NULL);
	cr_assert_eq(text_read(trace, strlen(trace), analysis_feed, analysis, &fault), 0);
	cr_assert_eq(analysis_finish(analysis, &report), 0);

	for (size_t i = 0; i < report->lock_count; i++)
		if (report->locks[i].verdict != REPORT_UNKNOWN)
			fprintf(out, "%s %s\n", report->locks[i].name,
			        report_verdict_text(report->locks[i].verdict));
	for (size_t i = 0; i < report->finding_count; i++)
		fprintf(out, "%s\n", report->findings[i].rule);
	fclose(out);
	analysis_free(analysis);
	free(trace);
	free(rounds);
	return text;
}

static void expect_said(const char *target, const char *expected)
{
	char *text = said(target, NULL);

	cr_expect_str_eq(text, expected, "got:\n%s", text);
	free(text);
}

static void prove_quiet(void *context, const struct report_lock *lock, struct report_source *out)
{
	(void)context;
	*out = (struct report_source){.read = true, .proven = !strcmp(lock->name, "quiet")};
}

/* What it says of the lock that is quiet where its source proves that no section can suspend. */
static void expect_proven(const char *target, const char *expected)
{
	char *text = said(target, prove_quiet), *line = strstr(text, "quiet ");

	cr_expect_str_eq(line ? strtok(line, "\n") : "", expected);
	free(text);
}

Test(says, c_with_accesses_says_all_but_proven)
{
	expect_said("target 1 c can=accesses,acquires,releases,awaits,step-ends,wakes",
	            "bypassed bypassed\nqueue serialises-only\nquiet dormant\nneeded needed\n"
	            "deadlock\nlost-update\nlock-never-released\nthread-lock-across-suspension\n"
	            "long-step\nlock-order\n");
}

Test(says, c_without_accesses_says_dormant_deadlocks_and_costs)
{
	expect_said("target 1 c can=acquires,releases,awaits,step-ends,wakes",
	            "quiet dormant\ndeadlock\nlock-never-released\n"
	            "thread-lock-across-suspension\nlong-step\nlock-order\n");
}

Test(says, cpython_steps_never_says_needless)
{
	expect_said("target 1 cpython can=wakes", "deadlock\nthread-lock-across-suspension\n");
}

Test(says, cpython_locks_says_dormant_too)
{
	expect_said("target 1 cpython can=acquires,releases,wakes",
	            "quiet dormant\ndeadlock\nlock-never-released\n"
	            "thread-lock-across-suspension\nlock-order\n");
}

Test(says, cpython_with_cells_says_needed_and_bypassed_but_not_serialises_only)
{
	expect_said("target 1 cpython can=acquires,releases,wakes,cells",
	            "bypassed bypassed\nquiet dormant\nneeded needed\n"
	            "deadlock\nlost-update\nlock-never-released\nthread-lock-across-suspension\n"
	            "lock-order\n");
}

Test(says, without_wake_ups_nothing_is_possible_only_what_happened)
{
	expect_said("target 1 c can=accesses,acquires,releases,step-ends",
	            "bypassed bypassed\nquiet dormant\n"
	            "deadlock\nlost-update\nlock-never-released\nthread-lock-across-suspension\n"
	            "long-step\n");
}

Test(says, needless_takes_a_proof_and_all_acquisitions_of_a_python_program)
{
	expect_proven("target 1 cpython can=acquires,releases,wakes", "quiet needless");
	expect_proven("target 1 cpython can=acquires,releases,wakes,cells", "quiet needless");
	expect_proven("target 1 cpython can=acquires,wakes", "");
	expect_proven("target 1 cpython can=wakes", "");
	expect_proven("target 1 c can=accesses,acquires,releases,awaits,step-ends,wakes",
	              "quiet dormant");
	expect_proven("target 1 c can=acquires,releases,awaits,step-ends,wakes", "quiet dormant");
}
