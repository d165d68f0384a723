/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * analyzer_lock_verdict_test.c - golden cases of each verdict about a lock.
 */
#include "expect.h"

/* A hundred times over what stands between `before` and `after`. */
static void expect_repeated(const char *before, const char *round, unsigned times,
                            const char *expected)
{
	char *rounds = trace_repeat(round, times), *trace = trace_format("%s%s", before, rounds);

	expect_locks(trace, expected);
	free(trace);
	free(rounds);
}

#define SECTION(task, body)                                                                        \
	"+1 " task " lock-taken L @get:p.c:30\n" body "+1 " task " lock-freed L @get:p.c:33\n"     \
	"+1 " task " suspend sleep @get:p.c:40\n"

/* Two tasks take turns. */
#define TURNS(body1, body2) SECTION("w1", body1) SECTION("w2", body2)

#define READ_GAP_WRITE(task, where)                                                                \
	"+1 " task " read " where " @get:p.c:31\n+1 " task " suspend sleep @get:p.c:32\n"          \
	"+1 " task " write " where " @get:p.c:33\n"

#define LOCK_NEW "10 main lock-new L @main:p.c:12\n+1 main suspend sleep\n"

Test(lock_verdict, dormant_when_no_section_spans_a_gap)
{
	expect_repeated(LOCK_NEW,
	                TURNS("+1 w1 read x @get:p.c:31\n+0 w1 write x @get:p.c:32\n",
	                      "+1 w2 read x @get:p.c:31\n+0 w2 write x @get:p.c:32\n"),
	                50, "L dormant\n");
}

Test(lock_verdict, unknown_when_one_section_spans_a_gap)
{
	expect_repeated(LOCK_NEW SECTION("w1", "+1 w1 suspend sleep @get:p.c:32\n"), TURNS("", ""),
	                100, "L unknown\n");
}

Test(lock_verdict, unknown_when_there_were_too_few_sections)
{
	expect_repeated(LOCK_NEW, TURNS("", ""), 49, "L unknown\n");
}

Test(lock_verdict, unknown_when_one_task_alone_took_it)
{
	expect_repeated(LOCK_NEW, SECTION("w1", ""), 200, "L unknown\n");
}

Test(lock_verdict, unknown_when_an_acquisition_had_to_wait)
{
	expect_repeated(LOCK_NEW "+1 w3 lock-wait L @get:p.c:30\n+0 w3 suspend L lock @get:p.c:30\n"
	                         "+1 w3 lock-taken L @get:p.c:30\n+1 w3 lock-freed L @get:p.c:33\n"
	                         "+1 w3 suspend sleep\n",
	                TURNS("", ""), 100, "L unknown\n");
}

Test(lock_verdict, a_nested_step_in_a_section_is_a_gap)
{
	expect_repeated(LOCK_NEW SECTION("w1", "+1 w1 task-new w9 @get:p.c:31\n+0 w9 resume\n"
	                                       "+1 w9 suspend sleep\n"),
	                TURNS("", ""), 100, "L unknown\n");
}

Test(lock_verdict, never_dormant_when_it_is_the_mutex_of_a_condition)
{
	expect_repeated(LOCK_NEW "+1 main lock-condition L\n+1 main suspend sleep\n", TURNS("", ""),
	                100, "L unknown\n");
}

Test(lock_verdict, never_dormant_when_locked_is_asked)
{
	expect_repeated(LOCK_NEW "+1 w3 lock-test L\n+1 w3 suspend sleep\n", TURNS("", ""), 100,
	                "L unknown\n");
}

Test(lock_verdict, never_dormant_with_a_waiver)
{
	expect_repeated(LOCK_NEW "+1 main lock-waiver L\n+1 main suspend sleep\n", TURNS("", ""),
	                100, "L unknown\n");
}

Test(lock_verdict, never_dormant_when_several_threads_use_it)
{
	expect_repeated(LOCK_NEW "thread 2\n" SECTION("w8", "") "thread 1\n", TURNS("", ""), 100,
	                "L unknown\n");
}

Test(lock_verdict, never_dormant_when_it_is_a_lock_of_threads)
{
	expect_repeated("1 - target 1 cpython can=acquires,releases\n"
	                "10 main lock-new L threading.Lock @main:p.c:12\n+1 main suspend sleep\n",
	                TURNS("", ""), 100, "L unknown\n");
	expect_repeated("1 - target 1 cpython can=acquires,releases\n"
	                "10 main lock-new L asyncio.Lock @main:p.c:12\n+1 main suspend sleep\n",
	                TURNS("", ""), 100, "L dormant\n");
}

/* After `before`, 200 sections, then what stands `after`: the verdict, and what its reason says of
 * more sections that may have suspended unseen (NULL: nothing). */
static void expect_weakened(const char *before, const char *after, const char *verdict,
                            const char *clause)
{
	char *rounds = trace_repeat(TURNS("", ""), 100);
	char *trace = trace_format("%s%s%s", before, rounds, after);
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);

	cr_assert_eq(report->lock_count, 1);
	cr_expect_str_eq(report_verdict_text(report->locks[0].verdict), verdict, "%s",
	                 report->locks[0].why);
	cr_expect_eq(strstr(report->locks[0].why, "may") != NULL, clause != NULL, "%s",
	             report->locks[0].why);
	cr_expect(!clause || strstr(report->locks[0].why, clause), "%s", report->locks[0].why);
	analysis_free(analysis);
	free(trace);
	free(rounds);
}

Test(lock_verdict, a_loss_that_may_hide_more_than_one_section_in_a_hundred_leaves_it_unknown)
{
	expect_weakened(LOCK_NEW SECTION("w1", ""), "+1 - lost 6 until=+0\n", "unknown",
	                "3 sections may have suspended unseen");
}

Test(lock_verdict, a_loss_that_may_hide_fewer_is_told_with_it)
{
	expect_weakened(LOCK_NEW SECTION("w1", ""), "+1 - lost 5 until=+0\n", "dormant",
	                "5 lost records may hide 2 more that did");
}

Test(lock_verdict, one_lost_record_hides_no_section_of_a_lock_that_is_free_then)
{
	expect_weakened(LOCK_NEW SECTION("w1", ""), "+1 - lost 1 until=+0\n", "dormant", NULL);
}

Test(lock_verdict, one_lost_record_may_hide_the_gap_of_a_section_that_is_open_then)
{
	expect_weakened(LOCK_NEW SECTION("w1", ""),
	                "+1 w1 lock-taken L @get:p.c:30\n+1 - lost 1 until=+0\n", "dormant",
	                "1 lost record may hide 1 more that did");
}

Test(lock_verdict, a_section_whose_end_shows_that_it_began_in_a_loss_may_have_suspended)
{
	expect_weakened(LOCK_NEW SECTION("w1", ""),
	                "+1 - lost 1 until=+0\n+1 w1 lock-freed L @get:p.c:33\n", "dormant",
	                "1 lost record may hide 1 more that did");
}

Test(lock_verdict, a_loss_of_a_thread_that_does_not_use_it_hides_nothing_of_it)
{
	expect_weakened(LOCK_NEW SECTION("w1", ""),
	                "thread 2\n+1 w8 suspend sleep\n+1 - lost 500 until=+0\n", "dormant", NULL);
}

Test(lock_verdict, a_loss_before_it_was_made_hides_nothing_of_it)
{
	expect_weakened("5 - lost 500 until=+0\n" LOCK_NEW, "", "dormant", NULL);
}

Test(lock_verdict, a_loss_before_a_thread_is_first_seen_to_use_it_may_hide_uses_of_it)
{
	expect_weakened(LOCK_NEW "+1 - lost 500 until=+0\n", "", "unknown",
	                "250 sections may have suspended unseen");
}

Test(lock_verdict, a_loss_of_a_thread_that_is_not_known_may_be_of_one_that_uses_it)
{
	expect_weakened(LOCK_NEW SECTION("w1", ""), "thread 0\n+1 - lost 4 until=+0\n", "dormant",
	                "4 lost records may hide 2 more that did");
	expect_weakened(LOCK_NEW SECTION("w1", ""),
	                "+1 w1 lock-taken L @get:p.c:30\nthread 0\n+1 - lost 1 until=+0\n",
	                "dormant", "1 lost record may hide 1 more that did");
}

Test(lock_verdict, what_was_seen_to_need_it_is_not_weakened_by_a_loss)
{
	expect_repeated(LOCK_NEW,
	                TURNS(READ_GAP_WRITE("w1", "x"),
	                      READ_GAP_WRITE("w2", "x")) "+1 - lost 500 until=+0\n",
	                2, "L needed\n");
}

Test(lock_verdict, not_serialises_only_when_any_thread_lost_records)
{
	expect_repeated(LOCK_NEW "thread 2\n+1 w8 suspend sleep\n+1 - lost 1 until=+0\nthread 1\n",
	                TURNS(READ_GAP_WRITE("w1", "a"), READ_GAP_WRITE("w2", "b")), 50,
	                "L unknown\n");
}

Test(lock_verdict, never_dormant_when_a_task_left_it_locked)
{
	char *rounds = trace_repeat(TURNS("", ""), 100);
	char *trace = trace_format("%s%s%s", LOCK_NEW, rounds,
	                           "+1 w3 lock-taken L @get:p.c:30\n+1 w3 task-end\n");

	expect_locks(trace, "L unknown\n");
	free(trace);
	free(rounds);
}

Test(lock_verdict, needed_when_it_alone_keeps_a_write_out_of_a_pair)
{
	expect_repeated(LOCK_NEW, TURNS(READ_GAP_WRITE("w1", "x"), READ_GAP_WRITE("w2", "x")), 2,
	                "L needed\n");
}

Test(lock_verdict, needed_for_a_descriptor_used_before_and_after_a_suspension)
{
	expect_repeated(
		LOCK_NEW,
		TURNS("+1 w1 io F\n+1 w1 suspend F io\n", "+1 w2 io F\n+1 w2 suspend F io\n"), 2,
		"L needed\n");
}

Test(lock_verdict, needed_jointly_when_two_locks_are_always_held_together)
{
	const char *body1 = "+1 w1 lock-taken M\n" READ_GAP_WRITE("w1", "x") "+1 w1 lock-freed M\n";
	const char *body2 = "+1 w2 lock-taken M\n" READ_GAP_WRITE("w2", "x") "+1 w2 lock-freed M\n";
	char *trace =
		trace_format("%s+1 w1 lock-taken L\n%s+1 w1 lock-freed L\n+1 w1 suspend sleep\n"
	                     "+1 w2 lock-taken L\n%s+1 w2 lock-freed L\n+1 w2 suspend sleep\n",
	                     LOCK_NEW "+1 main lock-new M\n+1 main suspend sleep\n", body1, body2);

	expect_locks(trace, "L needed\nM needed\n");
	free(trace);
}

Test(lock_verdict, not_needed_when_the_other_does_not_take_it)
{
	expect_repeated(LOCK_NEW "+1 main lock-new M\n+1 main suspend sleep\n",
	                SECTION("w1", "+1 w1 lock-taken M\n" READ_GAP_WRITE(
					      "w1", "x") "+1 w1 lock-freed M\n")
	                        SECTION("w2", "+1 w2 write x @put:p.c:50\n"),
	                2, "M unknown\nL needed\n");
}

Test(lock_verdict, bypassed_when_a_write_without_it_lay_in_a_section)
{
	expect_repeated(LOCK_NEW,
	                SECTION("w1", "+1 w1 read x @get:p.c:31\n+1 w1 suspend sleep @get:p.c:32\n"
	                              "+1 w2 write x @put:p.c:50\n+1 w2 suspend sleep @put:p.c:51\n"
	                              "+1 w1 write x @get:p.c:33\n"),
	                1, "L bypassed\n");
}

Test(lock_verdict, bypassed_when_a_write_without_it_may_lie_in_a_section)
{
	expect_repeated(LOCK_NEW SECTION("w1", READ_GAP_WRITE("w1", "x")),
	                "+1 w2 write x @put:p.c:50\n+1 w2 suspend sleep @put:p.c:51\n", 1,
	                "L bypassed\n");
}

Test(lock_verdict, a_write_without_it_that_is_ordered_by_a_join_does_not_bypass)
{
	expect_repeated(LOCK_NEW SECTION("w1", READ_GAP_WRITE("w1", "x"))
	                        SECTION("w3", READ_GAP_WRITE("w3", "x")),
	                "+1 w1 task-end\n+1 w3 task-end\n+1 main observe w1 task\n"
	                "+1 main observe w3 task\n+1 main write x @main:p.c:50\n",
	                1, "L needed\n");
}

Test(lock_verdict, bypassed_when_the_write_takes_a_read_lock)
{
	expect_repeated(
		"10 main lock-new L RWLock @main:p.c:12\n+1 main suspend sleep\n",
		"+1 w1 lock-taken L shared @get:p.c:30\n" READ_GAP_WRITE(
			"w1", "x") "+1 w1 lock-freed L shared\n+1 w1 suspend sleep\n"
				   "+1 w2 lock-taken L shared @get:p.c:30\n" READ_GAP_WRITE(
					   "w2",
					   "x") "+1 w2 lock-freed L shared\n+1 w2 suspend sleep\n",
		1, "L bypassed\n");
}

Test(lock_verdict, needed_when_readers_share_it_and_the_writer_does_not)
{
	expect_repeated("10 main lock-new L RWLock @main:p.c:12\n+1 main suspend sleep\n",
	                "+1 w1 lock-taken L shared @get:p.c:30\n+1 w1 read x\n+1 w1 suspend sleep\n"
	                "+1 w1 read x\n+1 w1 lock-freed L shared\n+1 w1 suspend sleep\n"
	                "+1 w2 lock-taken L @put:p.c:30\n+1 w2 write x\n+1 w2 lock-freed L\n"
	                "+1 w2 suspend sleep\n",
	                1, "L needed\n");
}

Test(lock_verdict, wrong_lock_when_the_accesses_are_under_different_locks)
{
	expect_repeated(
		LOCK_NEW "+1 main lock-new M\n+1 main suspend sleep\n",
		SECTION("w1", READ_GAP_WRITE("w1", "x")) "+1 w2 lock-taken M\n+1 w2 write x "
							 "@put:p.c:50\n+1 w2 lock-freed M\n"
							 "+1 w2 suspend sleep\n",
		1, "L wrong-lock\nM wrong-lock\n");
}

Test(lock_verdict, wrong_lock_when_two_sections_are_under_one_and_the_write_is_under_another)
{
	expect_repeated(LOCK_NEW "+1 main lock-new M\n+1 main lock-new N\n+1 main suspend sleep\n",
	                "+1 w1 lock-taken N\n+1 w1 lock-taken L\n+1 w1 read x @get:p.c:31\n"
	                "+1 w1 lock-freed L\n+1 w1 lock-freed N\n+1 w1 suspend sleep @get:p.c:32\n"
	                "+1 w1 lock-taken L\n+1 w1 write x @get:p.c:33\n+1 w1 lock-freed L\n"
	                "+1 w1 suspend sleep\n+1 w2 lock-taken M\n+1 w2 write x @put:p.c:50\n"
	                "+1 w2 lock-freed M\n+1 w2 suspend sleep\n",
	                1, "L wrong-lock\nM wrong-lock\nN unknown\n");
}

Test(lock_verdict, not_wrong_but_bypassed_when_a_common_lock_is_only_read_by_both)
{
	expect_repeated(
		"10 main lock-new L RWLock @main:p.c:12\n+0 main lock-new A @main:p.c:13\n"
		"+1 main suspend sleep\n",
		"+1 w1 lock-taken A @get:p.c:29\n+1 w1 lock-taken L shared "
		"@get:p.c:30\n" READ_GAP_WRITE(
			"w1", "x") "+1 w1 lock-freed L shared\n+1 w1 lock-freed A\n"
				   "+1 w1 suspend sleep\n+1 w2 lock-taken L shared @put:p.c:30\n"
				   "+1 w2 write x @put:p.c:50\n+1 w2 lock-freed L shared\n"
				   "+1 w2 suspend sleep\n",
		1, "L bypassed\nA unknown\n");
}

Test(lock_verdict, wrong_lock_when_they_are_under_different_objects_of_one_lock)
{
	expect_locks("10 main lock-new #71 @main:p.c:12\n+1 main lock-new #72 @main:p.c:12\n"
	             "+1 main suspend sleep\n"
	             "+1 w1 lock-taken #71\n" READ_GAP_WRITE(
			     "w1", "x") "+1 w1 lock-freed #71\n"
	                                "+1 w1 suspend sleep\n"
	                                "+1 w2 lock-taken #72\n" READ_GAP_WRITE(
						"w2", "x") "+1 w2 lock-freed #72\n"
	                                                   "+1 w2 suspend sleep\n",
	             "lock of main wrong-lock\n");
}

Test(lock_verdict, serialises_only_when_sections_span_gaps_and_touch_only_their_own)
{
	expect_repeated(LOCK_NEW, TURNS(READ_GAP_WRITE("w1", "a"), READ_GAP_WRITE("w2", "b")), 50,
	                "L serialises-only\n");
}

Test(lock_verdict, not_serialises_only_when_no_access_was_recorded)
{
	expect_repeated(
		LOCK_NEW,
		TURNS("+1 w1 suspend sleep @get:p.c:32\n", "+1 w2 suspend sleep @get:p.c:32\n"), 50,
		"L unknown\n");
}

Test(lock_verdict, not_serialises_only_when_it_covers_the_gap_of_accesses_around_it)
{
	expect_repeated(LOCK_NEW,
	                "+1 w1 read x @get:p.c:29\n+1 w1 lock-taken L @get:p.c:30\n"
	                "+1 w1 suspend sleep @get:p.c:32\n+1 w1 lock-freed L @get:p.c:33\n"
	                "+1 w1 write x @get:p.c:34\n+1 w1 suspend sleep @get:p.c:40\n" SECTION(
				"w2", "+1 w2 write x @put:p.c:50\n"),
	                50, "L unknown\n");
}

Test(lock_verdict, limits_when_it_has_more_than_one_permit)
{
	expect_repeated("10 main lock-new L Semaphore permits=3\n+1 main suspend sleep\n",
	                TURNS(READ_GAP_WRITE("w1", "x"), READ_GAP_WRITE("w2", "x")), 50,
	                "L limits\n");
}

Test(lock_verdict, a_semaphore_that_starts_at_0_is_no_lock)
{
	expect_repeated("10 main lock-new L Semaphore permits=0\n+1 main suspend sleep\n",
	                "+1 w1 lock-freed L\n+1 w1 suspend sleep\n+1 w2 lock-taken L\n"
	                "+1 w2 suspend sleep\n",
	                100, "");
}

Test(lock_verdict, a_lock_handed_to_the_awaiter_of_the_task_that_took_it_is_the_awaiters)
{
	/* wait_for(lock.acquire()): the inner task takes it and ends, in one step. */
	expect_repeated(
		LOCK_NEW,
		TURNS("", "") "+1 w1 task-new #900 @wf:p.c:1\n+1 w1 suspend #900 task\n"
			      "+1 #900 lock-taken L @get:p.c:30\n+0 #900 task-end\n"
			      "+1 w1 observe #900 task\n+0 w1 lock-freed L\n+1 w1 suspend sleep\n",
		60, "L dormant\n");
}

/* ---- with the source of the program ---- */

#define PYTHON       "1 - target 1 cpython can=acquires,releases,awaits\n"
#define LOCK_PY      "10 main lock-new L asyncio.Lock @main:p.c:12\n+1 main suspend sleep\n"
#define PASSED(task) "+1 " task " await passed @get:p.c:32\n"

static void say_proven(void *context, const struct report_lock *lock, struct report_source *out)
{
	(void)context, (void)lock;
	*out = (struct report_source){.read = true, .proven = true, .why = "1 section in 1 file"};
}

static void say_wanted(void *context, const struct report_lock *lock, struct report_source *out)
{
	(void)context, (void)lock;
	*out = (struct report_source){.read = true, .proven = true, .wanted = true};
}

static void say_stops(void *context, const struct report_lock *lock, struct report_source *out)
{
	static const struct report_stop stops[] = {
		{.place = {.function = "get", .file = "p.c", .line = 32}, .counted = true},
		{.place = {.function = "get", .file = "p.c", .line = 33}, .counted = true},
		{.place = {.function = "get", .file = "p.c", .line = 34}, .counted = false},
	};

	(void)context, (void)lock;
	*out = (struct report_source){.read = true, .stops = stops, .stop_count = 3};
}

/* The report about L, of a program whose source says this. The caller frees the analysis. */
static const struct report_lock *asked(const char *before, const char *round, unsigned times,
                                       report_source_fn fn, struct analysis **analysis)
{
	char *rounds = trace_repeat(round, times), *trace = trace_format("%s%s", before, rounds);
	const struct report *report;
	struct fault fault = {0};

	cr_assert_eq(analysis_new(NULL, analysis), 0);
	analysis_source(*analysis, fn, NULL);
	cr_assert_eq(text_read(trace, strlen(trace), analysis_feed, *analysis, &fault), 0, "%s",
	             fault.message);
	cr_assert_eq(analysis_finish(*analysis, &report), 0);
	cr_assert_eq(report->lock_count, 1);
	free(trace);
	free(rounds);
	return &report->locks[0];
}

static void expect_asked(const char *before, const char *round, unsigned times, report_source_fn fn,
                         enum report_verdict verdict)
{
	struct analysis *analysis;
	const struct report_lock *lock = asked(before, round, times, fn, &analysis);

	cr_expect_eq(lock->verdict, verdict, "%s: %s", report_verdict_text(lock->verdict),
	             lock->why);
	analysis_free(analysis);
}

Test(lock_verdict, needless_when_the_source_proves_it_however_few_sections_ran)
{
	struct analysis *analysis;
	const struct report_lock *lock =
		asked(PYTHON LOCK_PY SECTION("w1", ""), "", 1, say_proven, &analysis);

	cr_expect_eq(lock->verdict, REPORT_NEEDLESS);
	cr_expect_eq(lock->basis, REPORT_BASIS_PROVEN);
	cr_expect(strstr(lock->why, "1 section in 1 file"), "%s", lock->why);
	cr_expect(strstr(lock->change, "remove it"), "%s", lock->change);
	analysis_free(analysis);
}

Test(lock_verdict, what_happened_is_believed_before_a_proof)
{
	expect_asked(PYTHON LOCK_PY SECTION("w1", "+1 w1 suspend sleep @get:p.c:32\n"),
	             TURNS("", ""), 100, say_proven, REPORT_UNKNOWN);
	expect_asked(PYTHON LOCK_PY
	             "+1 w3 lock-wait L @get:p.c:30\n+0 w3 suspend L lock @get:p.c:30\n"
	             "+1 w3 lock-taken L @get:p.c:30\n+1 w3 lock-freed L @get:p.c:33\n",
	             TURNS("", ""), 100, say_proven, REPORT_UNKNOWN);
}

Test(lock_verdict, a_proof_does_not_help_a_lock_that_does_more_than_to_exclude)
{
	expect_asked(PYTHON LOCK_PY "+1 w3 lock-test L\n+1 w3 suspend sleep\n", TURNS("", ""), 100,
	             say_proven, REPORT_UNKNOWN);
	expect_asked(PYTHON LOCK_PY "+1 main lock-condition L\n+1 main suspend sleep\n",
	             TURNS("", ""), 100, say_proven, REPORT_UNKNOWN);
	expect_asked(PYTHON LOCK_PY "thread 2\n" SECTION("w8", "") "thread 1\n", TURNS("", ""), 100,
	             say_proven, REPORT_UNKNOWN);
	expect_asked(PYTHON LOCK_PY, TURNS("", ""), 100, say_wanted, REPORT_UNKNOWN);
	expect_asked(PYTHON
	             "10 main lock-new L threading.Lock @main:p.c:12\n+1 main suspend sleep\n",
	             TURNS("", ""), 100, say_proven, REPORT_UNKNOWN);
	expect_asked(PYTHON LOCK_PY "+1 w3 lock-taken L @get:p.c:30\n+1 w3 task-end\n",
	             TURNS("", ""), 0, say_proven, REPORT_UNKNOWN);
}

/* What is said of a lock whose sections suspend, and of which nothing was recorded. */
static void expect_untouched(report_source_fn fn, const char *expected)
{
	struct analysis *analysis;
	const struct report_lock *lock =
		asked("1 - target 1 cpython can=acquires,releases,cells\n" LOCK_PY SECTION(
			      "w1", "+1 w1 suspend sleep @get:p.c:32\n"),
	              TURNS("", ""), 100, fn, &analysis);

	cr_expect_eq(lock->verdict, REPORT_UNKNOWN);
	cr_expect(strstr(lock->why, expected), "%s", lock->why);
	analysis_free(analysis);
}

static void say_unread(void *context, const struct report_lock *lock, struct report_source *out)
{
	(void)context, (void)lock;
	*out = (struct report_source){.why = "app.py could not be read"};
}

static void say_by_hand(void *context, const struct report_lock *lock, struct report_source *out)
{
	(void)context, (void)lock;
	*out = (struct report_source){.read = true, .unseen = "it is acquired by hand"};
}

Test(lock_verdict, what_was_not_looked_at_is_not_said_to_be_free_of_accesses)
{
	expect_untouched(say_stops, "no attribute is read before an await");
	expect_untouched(say_stops, "not what is called");
	expect_untouched(say_unread, "was not looked at: app.py could not be read");
	expect_untouched(say_by_hand, "but not all of them were looked at: it is acquired by hand");
	expect_untouched(NULL, "was not looked at: its source was not read");
}

Test(lock_verdict, a_proof_is_of_the_one_type_whose_ways_are_known)
{
	expect_asked(PYTHON LOCK_NEW, TURNS("", ""), 100, say_proven, REPORT_DORMANT);
}

Test(lock_verdict, dormant_tells_what_was_passed_from_what_was_never_reached)
{
	struct analysis *analysis;
	const struct report_lock *lock =
		asked(PYTHON LOCK_PY, TURNS(PASSED("w1"), PASSED("w2")), 100, say_stops, &analysis);

	cr_expect_eq(lock->verdict, REPORT_DORMANT);
	cr_expect_eq(lock->basis, REPORT_BASIS_OBSERVED);
	cr_assert_eq(lock->stop_count, 3);
	cr_expect(lock->stops[0].counted && lock->stops[1].counted && !lock->stops[2].counted);
	cr_expect_eq(lock->stops[0].place.line, 32);
	cr_expect_eq(lock->stops[0].passed, 200);
	cr_expect_eq(lock->stops[1].passed, 0);
	cr_expect(strstr(lock->why, "passed 200 times and never suspended here: get (p.c:32)"),
	          "%s", lock->why);
	cr_expect(strstr(lock->why, "never reached here: get (p.c:33);"), "%s", lock->why);
	cr_expect(strstr(lock->why, "is not known: get (p.c:34)"), "%s", lock->why);
	cr_expect(strstr(lock->why, "at most 1.5 % suspend"), "%s", lock->why);
	cr_expect(strstr(lock->change, "keep it"), "%s", lock->change);
	analysis_free(analysis);
}

Test(lock_verdict, dormant_says_of_what_it_did_not_count_that_it_did_not)
{
	struct analysis *analysis;
	const struct report_lock *lock =
		asked("1 - target 1 cpython can=acquires,releases\n" LOCK_PY, TURNS("", ""), 100,
	              say_stops, &analysis);

	cr_expect_eq(lock->verdict, REPORT_DORMANT);
	cr_assert_eq(lock->stop_count, 3);
	cr_expect(!lock->stops[0].counted);
	cr_expect(strstr(lock->why, "whether that was reached is not known"), "%s", lock->why);
	analysis_free(analysis);
}

Test(lock_verdict, counts_are_what_happened)
{
	const struct report *report;
	char *rounds =
		trace_repeat(TURNS(READ_GAP_WRITE("w1", "x"),
	                           "+1 w2 await passed @get:p.c:34\n" /* of the acquisition */
	                           "+1 w2 read y @get:p.c:35\n"
	                           "+1 w2 await passed @get:p.c:36\n"),
	                     10);
	char *trace = trace_format("%s%s", LOCK_NEW, rounds);
	struct analysis *analysis = expect_analysis(trace, &report);
	const struct report_lock *lock = &report->locks[0];

	cr_assert_eq(report->lock_count, 1);
	cr_expect_eq(lock->sections, 20);
	cr_expect_eq(lock->suspended, 10);
	cr_expect_eq(lock->waited, 0);
	cr_expect_eq(lock->tasks, 2);
	cr_expect_eq(lock->objects, 1);
	cr_expect_eq(lock->fragile, 1);
	cr_expect_eq(lock->created.line, 12);
	cr_assert_eq(lock->site_count, 1);
	cr_expect_eq(lock->sites[0].count, 20);
	cr_expect_eq(lock->sites[0].suspended, 10);
	cr_assert_eq(lock->suspension_count, 1);
	cr_expect_eq(lock->suspensions[0].count, 10);
	cr_expect_eq(lock->suspensions[0].place.line, 32);
	cr_expect_eq(lock->hold.max, 4);
	analysis_free(analysis);
	free(trace);
	free(rounds);
}

Test(lock_verdict, a_section_told_again_to_late_readers_is_the_same_section)
{
	const struct report *report;
	struct analysis *analysis =
		expect_analysis(LOCK_NEW "+1 w1 lock-taken L\n+1 w1 suspend sleep @get:p.c:32\n"
	                                 "+1 w2 lock-new L snapshot\n+1 w2 suspend sleep\n"
	                                 "+1 w1 lock-taken L snapshot\n+1 w1 lock-freed L\n",
	                        &report);

	cr_assert_eq(report->lock_count, 1);
	cr_expect_eq(report->locks[0].sections, 1);
	cr_expect_eq(report->locks[0].suspended, 1);
	cr_expect_eq(report->locks[0].objects, 1);
	analysis_free(analysis);
}
