/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_words.c - the words of the model's enums.
 */
#include "report.h"

static const char *const verdicts[] = {
#define VERDICT_TEXT(NAME, text, rank) [REPORT_##NAME] = text,
	REPORT_VERDICTS(VERDICT_TEXT)
#undef VERDICT_TEXT
};

const char *report_verdict_text(enum report_verdict verdict)
{
	return verdicts[verdict];
}

const char *report_basis_text(enum report_basis basis)
{
	static const char *const texts[] = {NULL, "proven", "observed", "possible"};

	return texts[basis];
}

const char *report_severity_text(enum report_severity severity)
{
	static const char *const texts[] = {"error", "warning", "info"};

	return texts[severity];
}

const char *report_known_text(enum report_known known)
{
	static const char *const texts[] = {NULL, "waived", "baseline"};

	return texts[known];
}
