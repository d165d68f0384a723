/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fail_on.c - what in a report makes the exit status 1.
 */
#include "fail_on.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wording/findings.h"

/* The words that are neither a rule nor a verdict. */
static const char word_any[] = "any", word_findings[] = "findings";

static const char *const rules[] = {
#define RULE_TEXT(NAME, text, severity, harm, says) text,
	FINDING_RULES(RULE_TEXT)
#undef RULE_TEXT
		NULL,
};

static const char *const verdicts[] = {
#define VERDICT_TEXT(NAME, text, rank) text,
	REPORT_VERDICTS(VERDICT_TEXT)
#undef VERDICT_TEXT
		NULL,
};

static bool word_is(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && memcmp(word, text, length) == 0;
}

static bool word_in(const char *word, size_t length, const char *const *list)
{
	for (; *list; list++)
		if (word_is(word, length, *list))
			return true;
	return false;
}

int fail_on_check(const char *list, const char **word, size_t *length)
{
	for (; list; list = (*word)[*length] ? *word + *length + 1 : NULL) {
		*word = list;
		*length = strcspn(list, ",");
		if (!word_in(list, *length, rules) && !word_in(list, *length, verdicts) &&
		    !word_is(list, *length, word_any) && !word_is(list, *length, word_findings))
			return -EINVAL;
	}
	return 0;
}

static bool hit_finding(const char *word, size_t length, const struct report_finding *finding)
{
	if (word_is(word, length, word_any) || word_is(word, length, word_findings))
		return finding->severity != REPORT_INFO;
	return word_is(word, length, finding->rule);
}

static bool hit_lock(const char *word, size_t length, const struct report_lock *lock)
{
	if (lock->known)
		return false;
	/* A lock that is dormant may be needed tomorrow: only the one proven needless goes. */
	if (word_is(word, length, word_any))
		return lock->verdict == REPORT_NEEDLESS || lock->verdict == REPORT_BYPASSED ||
		       lock->verdict == REPORT_WRONG_LOCK;
	return word_is(word, length, report_verdict_text(lock->verdict));
}

/* Something that a word asks for; what it is goes to `what`. */
static bool word_found(const char *word, size_t length, const struct report *report, char *what,
                       size_t size)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct report_finding *finding = &report->findings[i];

		if (!hit_finding(word, length, finding))
			continue;
		snprintf(what, size, "%s%s%.100s", finding->rule, finding->object ? " of " : "",
		         finding->object ? finding->object : "");
		return true;
	}
	for (size_t i = 0; i < report->lock_count; i++) {
		const struct report_lock *lock = &report->locks[i];

		if (!hit_lock(word, length, lock))
			continue;
		snprintf(what, size, "%s: the lock %.100s", report_verdict_text(lock->verdict),
		         lock->name ? lock->name : "");
		return true;
	}
	return false;
}

/* The bits of REPORT_HIDES_* that a word is about. */
static uint64_t word_hides(const char *word, size_t length)
{
	uint64_t hides = 0;

	if (word_is(word, length, word_any) || word_is(word, length, word_findings))
		for (unsigned i = 0; i < RULE_MAX; i++)
			hides |= finding_rule_severity(i) != REPORT_INFO ? REPORT_HIDES_RULE(i) : 0;
	if (word_is(word, length, word_any))
		hides |= REPORT_HIDES_VERDICT(REPORT_NEEDLESS) |
		         REPORT_HIDES_VERDICT(REPORT_BYPASSED) |
		         REPORT_HIDES_VERDICT(REPORT_WRONG_LOCK);
	for (unsigned i = 0; rules[i]; i++)
		hides |= word_is(word, length, rules[i]) ? REPORT_HIDES_RULE(i) : 0;
	for (unsigned i = 0; verdicts[i]; i++)
		hides |= word_is(word, length, verdicts[i]) ? REPORT_HIDES_VERDICT(i) : 0;
	return hides;
}

enum fail_on fail_on_judge(const char *list, const struct report *report, char *what, size_t size)
{
	uint64_t hides = 0;

	while (list) {
		size_t length = strcspn(list, ",");

		if (word_found(list, length, report, what, size))
			return FAIL_ON_FOUND;
		hides |= word_hides(list, length);
		list = list[length] ? list + length + 1 : NULL;
	}
	for (size_t i = 0; i < report->unseen_count; i++) {
		if (!(report->unseen[i].hides & hides))
			continue;
		snprintf(what, size, "%s", report->unseen[i].what);
		return FAIL_ON_HIDDEN;
	}
	return FAIL_ON_NOTHING;
}
