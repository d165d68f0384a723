/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fail_on.c - what in a report makes the exit status 1.
 */
#include "fail_on.h"

#include <errno.h>
#include <string.h>

#include "findings.h"

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
	/* A lock that is dormant may be needed tomorrow: only the one proven needless goes. */
	if (word_is(word, length, word_any))
		return lock->verdict == REPORT_NEEDLESS || lock->verdict == REPORT_BYPASSED ||
		       lock->verdict == REPORT_WRONG_LOCK;
	return word_is(word, length, report_verdict_text(lock->verdict));
}

bool fail_on_hit(const char *list, const struct report *report)
{
	while (list) {
		size_t length = strcspn(list, ",");

		for (size_t i = 0; i < report->finding_count; i++)
			if (hit_finding(list, length, &report->findings[i]))
				return true;
		for (size_t i = 0; i < report->lock_count; i++)
			if (hit_lock(list, length, &report->locks[i]))
				return true;
		list = list[length] ? list + length + 1 : NULL;
	}
	return false;
}
