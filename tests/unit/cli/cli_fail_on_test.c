/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cli_fail_on_test.c - what in a report makes the exit status 1.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/fail_on.h"
#include "wording/findings.h"

static struct report_lock needless = {.verdict = REPORT_NEEDLESS, .basis = REPORT_BASIS_PROVEN},
			  dormant = {.verdict = REPORT_DORMANT, .basis = REPORT_BASIS_OBSERVED},
			  needed = {.verdict = REPORT_NEEDED};
static struct report_finding update = {.rule = "lost-update", .severity = REPORT_ERROR},
			     never = {.rule = "never-suspends", .severity = REPORT_INFO};

static const struct report clean = {.locks = &needed, .lock_count = 1};
static const struct report wasteful = {.locks = &needless, .lock_count = 1};
static const struct report asleep = {.locks = &dormant, .lock_count = 1};
static const struct report broken = {.findings = &update, .finding_count = 1};
static const struct report informed = {.findings = &never, .finding_count = 1};

static void expect_judged(const char *list, const struct report *report, enum fail_on wanted)
{
	char what[200] = "";

	cr_expect_eq(fail_on_judge(list, report, what, sizeof(what)), wanted, "%s: %s", list, what);
}

static void expect_wrong(const char *list, const char *wanted)
{
	const char *word = NULL;
	size_t length = 0;

	cr_expect_eq(fail_on_check(list, &word, &length), -EINVAL, "'%s' is taken", list);
	cr_expect(word && strlen(wanted) == length && memcmp(word, wanted, length) == 0,
	          "'%s': the wrong word is not '%s'", list, wanted);
}

Test(fail_on, a_list_may_name_rules_and_verdicts)
{
	const char *word;
	size_t length;

	cr_expect_eq(fail_on_check("any", &word, &length), 0);
	cr_expect_eq(fail_on_check("lost-update,needless,wrong-lock,findings", &word, &length), 0);
	cr_expect_eq(fail_on_check(NULL, &word, &length), 0);
}

Test(fail_on, a_word_that_means_nothing_is_refused)
{
	expect_wrong("lost-updates", "lost-updates");
	expect_wrong("any,lost", "lost");
	expect_wrong("any,,needless", "");
	expect_wrong("needless,", "");
	expect_wrong("", "");
}

Test(fail_on, a_lock_that_is_known_does_not_count)
{
	struct report_lock known = needless;
	const struct report report = {.locks = &known, .lock_count = 1};

	expect_judged("any", &report, FAIL_ON_FOUND);
	known.known = REPORT_IN_BASELINE;
	expect_judged("any", &report, FAIL_ON_NOTHING);
	expect_judged("needless", &report, FAIL_ON_NOTHING);
}

Test(fail_on, nothing_asked_for_is_never_a_failure)
{
	expect_judged(NULL, &broken, FAIL_ON_NOTHING);
	expect_judged(NULL, &wasteful, FAIL_ON_NOTHING);
}

Test(fail_on, a_rule_hits_only_its_own_findings)
{
	expect_judged("lost-update", &broken, FAIL_ON_FOUND);
	expect_judged("deadlock,lost-update", &broken, FAIL_ON_FOUND);
	expect_judged("deadlock", &broken, FAIL_ON_NOTHING);
	expect_judged("lost-update", &wasteful, FAIL_ON_NOTHING);
}

Test(fail_on, a_verdict_hits_only_locks_that_have_it)
{
	expect_judged("needless", &wasteful, FAIL_ON_FOUND);
	expect_judged("needless", &clean, FAIL_ON_NOTHING);
	expect_judged("needed", &clean, FAIL_ON_FOUND);
}

Test(fail_on, a_lock_that_kept_nobody_out_so_far_fails_nothing_that_does_not_name_it)
{
	expect_judged("needless", &asleep, FAIL_ON_NOTHING);
	expect_judged("any", &asleep, FAIL_ON_NOTHING);
	expect_judged("findings", &asleep, FAIL_ON_NOTHING);
	expect_judged("dormant", &asleep, FAIL_ON_FOUND);
}

Test(fail_on, any_is_findings_and_locks_that_should_change)
{
	expect_judged("any", &broken, FAIL_ON_FOUND);
	expect_judged("any", &wasteful, FAIL_ON_FOUND);
	expect_judged("any", &clean, FAIL_ON_NOTHING);
	expect_judged("findings", &broken, FAIL_ON_FOUND);
	expect_judged("findings", &wasteful, FAIL_ON_NOTHING);
}

Test(fail_on, what_only_informs_counts_where_it_is_named)
{
	expect_judged("any", &informed, FAIL_ON_NOTHING);
	expect_judged("findings", &informed, FAIL_ON_NOTHING);
	expect_judged("never-suspends", &informed, FAIL_ON_FOUND);
}

/* A loss that may hide lost updates and needless locks, and no deadlock. */
static struct report_unseen loss = {.what = "3 records of thread 7 were lost",
                                    .hides = REPORT_HIDES_RULE(RULE_LOST_UPDATE) |
                                             REPORT_HIDES_VERDICT(REPORT_NEEDLESS)};
static const struct report clean_but_lost = {
	.locks = &needed, .lock_count = 1, .unseen = &loss, .unseen_count = 1};
static const struct report broken_and_lost = {
	.findings = &update, .finding_count = 1, .unseen = &loss, .unseen_count = 1};

Test(fail_on, what_was_found_in_spite_of_a_loss_counts)
{
	expect_judged("lost-update", &broken_and_lost, FAIL_ON_FOUND);
	expect_judged("needless,lost-update", &broken_and_lost, FAIL_ON_FOUND);
	expect_judged("any", &broken_and_lost, FAIL_ON_FOUND);
}

Test(fail_on, what_a_loss_may_have_hidden_is_neither_found_nor_absent)
{
	expect_judged("lost-update", &clean_but_lost, FAIL_ON_HIDDEN);
	expect_judged("needless", &clean_but_lost, FAIL_ON_HIDDEN);
	expect_judged("deadlock,needless", &clean_but_lost, FAIL_ON_HIDDEN);
	expect_judged("findings", &clean_but_lost, FAIL_ON_HIDDEN);
	expect_judged("any", &clean_but_lost, FAIL_ON_HIDDEN);
}

Test(fail_on, what_a_loss_could_not_have_hidden_is_absent)
{
	expect_judged("deadlock", &clean_but_lost, FAIL_ON_NOTHING);
	expect_judged("wrong-lock", &clean_but_lost, FAIL_ON_NOTHING);
	expect_judged(NULL, &clean_but_lost, FAIL_ON_NOTHING);
}
