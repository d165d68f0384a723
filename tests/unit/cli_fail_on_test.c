/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cli_fail_on_test.c - what in a report makes the exit status 1.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/fail_on.h"

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

Test(fail_on, nothing_asked_for_is_never_a_failure)
{
	cr_expect(!fail_on_hit(NULL, &broken));
	cr_expect(!fail_on_hit(NULL, &wasteful));
}

Test(fail_on, a_rule_hits_only_its_own_findings)
{
	cr_expect(fail_on_hit("lost-update", &broken));
	cr_expect(fail_on_hit("deadlock,lost-update", &broken));
	cr_expect(!fail_on_hit("deadlock", &broken));
	cr_expect(!fail_on_hit("lost-update", &wasteful));
}

Test(fail_on, a_verdict_hits_only_locks_that_have_it)
{
	cr_expect(fail_on_hit("needless", &wasteful));
	cr_expect(!fail_on_hit("needless", &clean));
	cr_expect(fail_on_hit("needed", &clean));
}

Test(fail_on, a_lock_that_kept_nobody_out_so_far_fails_nothing_that_does_not_name_it)
{
	cr_expect(!fail_on_hit("needless", &asleep));
	cr_expect(!fail_on_hit("any", &asleep));
	cr_expect(!fail_on_hit("findings", &asleep));
	cr_expect(fail_on_hit("dormant", &asleep));
}

Test(fail_on, any_is_findings_and_locks_that_should_change)
{
	cr_expect(fail_on_hit("any", &broken));
	cr_expect(fail_on_hit("any", &wasteful));
	cr_expect(!fail_on_hit("any", &clean));
	cr_expect(fail_on_hit("findings", &broken));
	cr_expect(!fail_on_hit("findings", &wasteful));
}

Test(fail_on, what_only_informs_counts_where_it_is_named)
{
	cr_expect(!fail_on_hit("any", &informed));
	cr_expect(!fail_on_hit("findings", &informed));
	cr_expect(fail_on_hit("never-suspends", &informed));
}
