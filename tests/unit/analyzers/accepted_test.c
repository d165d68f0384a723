/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accepted_test.c - which findings a comment waives, and by what one is known again.
 */
#include <criterion/criterion.h>

#include "accepted/accepted.h"
#include "accepted/fingerprint.h"

static bool waives(const char *comment, const char *rule)
{
	struct report_finding finding = {.rule = rule, .write = {.waiver = comment}};

	return accepted_waives(&finding);
}

Test(accepted, a_comment_waives_by_name_or_by_an_id_of_lint)
{
	cr_expect(waives("ignore[lost-update] one writer", "lost-update"));
	cr_expect(waives("ignore[AW007]", "lost-update"));
	cr_expect(waives("ignore", "lost-update"));
	cr_expect(waives("ignore[AW004, double-initialisation]", "check-then-act"));
	cr_expect(waives("ignore[thread-lock-across-await]", "thread-lock-across-suspension"));
	cr_expect(waives("ignore[deadlock]", "deadlock"));
}

Test(accepted, it_waives_nothing_else)
{
	cr_expect_not(waives("ignore[AW001]", "lost-update"));
	cr_expect_not(waives("ignore[lost-updates]", "lost-update"));
	cr_expect_not(waives("atomic-by-intent", "lost-update"));
	cr_expect_not(waives("ignored", "lost-update"));
	cr_expect_not(waives(NULL, "lost-update"));
	cr_expect_not(waives("ignore[stale-use]", "deadlock"));
}

Test(accepted, each_of_the_lines_may_waive)
{
	cr_expect(waives("ignore[AW001]\nignore[AW007] one writer", "lost-update"));
	cr_expect(waives("ignore[AW007]\nignore[AW001]", "lost-update"));
}

Test(accepted, any_place_of_a_finding_may_have_the_comment)
{
	const struct report_place place = {.waiver = "ignore"};

	cr_expect(accepted_waives(&(struct report_finding){.rule = "stale-use", .read = place}));
	cr_expect(accepted_waives(
		&(struct report_finding){.rule = "stale-use", .suspension = place}));
	cr_expect(accepted_waives(&(struct report_finding){.rule = "stale-use", .other = place}));
}

Test(accepted, a_lock_is_waived_where_it_is_made_or_taken)
{
	struct report_site site = {.place = {.waiver = "ignore[AW001]"}};
	struct report_lock lock = {.verdict = REPORT_NEEDLESS, .sites = &site, .site_count = 1};

	cr_expect(accepted_waives_lock(&lock));
	lock.verdict = REPORT_BYPASSED;
	cr_expect_not(accepted_waives_lock(&lock));
	lock.created.waiver = "ignore[bypassed]";
	cr_expect(accepted_waives_lock(&lock));
}

static const struct report_finding update = {.rule = "lost-update",
                                             .object = "Stock.size",
                                             .read = {.function = "Stock.take", .line = 10},
                                             .write = {.function = "Stock.put", .line = 12}};

Test(accepted, a_finding_of_a_rule_of_lint_is_known_to_lint)
{
	struct accepted accepted = accepted_of(&update);

	cr_expect_eq(accepted.prints[0],
	             fingerprint_of("AW007", "Stock.size", "Stock.take", "Stock.put"));
	cr_expect_str_eq(accepted.rule, "AW007");
	cr_expect_str_eq(accepted.function, "Stock.take");
}

Test(accepted, it_stays_the_same_when_lines_move_and_no_longer_than_that)
{
	struct report_finding moved = update, other = update;

	moved.read.line = 99;
	moved.write.file = "elsewhere.py";
	other.write.function = "Stock.clear";
	cr_expect_eq(accepted_of(&moved).prints[0], accepted_of(&update).prints[0]);
	cr_expect_neq(accepted_of(&other).prints[0], accepted_of(&update).prints[0]);
}

Test(accepted, a_circle_of_locks_is_known_wherever_it_begins)
{
	struct report_finding a = {.rule = "deadlock", .object = "A", .read = {.function = "one"}};
	struct report_finding b = a;

	b.read.function = "two";
	cr_expect_eq(accepted_of(&a).prints[0], accepted_of(&b).prints[0]);
}

Test(accepted, what_has_no_places_is_known_too)
{
	struct accepted accepted = accepted_of(&(struct report_finding){.rule = "data-race"});

	cr_expect_eq(accepted.count, 1);
	cr_expect_str_eq(accepted.object, "");
	cr_expect_str_eq(accepted.function, "");
}

Test(accepted, a_waiver_by_name_may_be_there_for_a_run)
{
	cr_expect(accepted_of_run("ignore[deadlock] never both"));
	cr_expect(accepted_of_run("ignore[AW001, lost-update]"));
	cr_expect_not(accepted_of_run("ignore[AW007] one writer"));
	cr_expect_not(accepted_of_run("ignore[acquire-leaks]"));
	cr_expect_not(accepted_of_run("ignore"));
}
