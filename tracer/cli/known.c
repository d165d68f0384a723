/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * known.c - see known.h.
 *
 * An entry of a baseline covers all findings of its rule, object and functions: how many there are
 * of them, by their lines, depends on the run.
 */
#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "accepted/accepted.h"

int known_open(struct known *known, const struct settings *settings)
{
	*known = (struct known){0};
	if (!settings->baseline || settings->write_baseline)
		return STATUS_CLEAN;
	return baseline_read(settings->baseline, &known->baseline);
}

static enum report_known known_as(const struct known *known, bool waived,
                                  const struct accepted *accepted)
{
	if (waived)
		return REPORT_WAIVED;
	for (size_t i = 0; known->baseline && i < accepted->count; i++)
		if (baseline_has(known->baseline, accepted->prints[i]))
			return REPORT_IN_BASELINE;
	return REPORT_NEW;
}

static void findings_sift(struct known *known, const struct report *report)
{
	struct report *out = &known->report;

	out->finding_count = 0;
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct report_finding *finding = &report->findings[i];
		struct accepted accepted = accepted_of(finding);
		enum report_known as = known_as(known, accepted_waives(finding), &accepted);

		if (as == REPORT_NEW)
			out->findings[out->finding_count++] = *finding;
		out->waived += as == REPORT_WAIVED;
		out->in_baseline += as == REPORT_IN_BASELINE;
	}
}

static void locks_mark(struct known *known)
{
	for (size_t i = 0; i < known->report.lock_count; i++) {
		struct report_lock *lock = &known->report.locks[i];
		struct accepted accepted = accepted_of_lock(lock);

		if (accepted_verdict(lock->verdict))
			lock->known = known_as(known, accepted_waives_lock(lock), &accepted);
		known->report.waived += lock->known == REPORT_WAIVED;
		known->report.in_baseline += lock->known == REPORT_IN_BASELINE;
	}
}

const struct report *known_apply(struct known *known, const struct report *report)
{
	known->report = *report;
	known->report.findings = calloc(report->finding_count + 1, sizeof(*report->findings));
	known->report.locks = calloc(report->lock_count + 1, sizeof(*report->locks));
	if (!known->report.findings || !known->report.locks)
		return NULL;
	if (report->lock_count)
		memcpy(known->report.locks, report->locks,
		       report->lock_count * sizeof(*report->locks));
	findings_sift(known, report);
	locks_mark(known);
	return &known->report;
}

static struct baseline_entry entry_of(struct accepted accepted)
{
	return (struct baseline_entry){accepted.prints[0], accepted.rule, accepted.object,
	                               accepted.function};
}

int known_write(const char *path, const struct report *report)
{
	size_t most = report->finding_count + report->lock_count, count = 0;
	struct baseline_entry *entries = calloc(most + 1, sizeof(*entries));
	int status;

	if (!entries)
		return fail("out of memory");
	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].severity != REPORT_INFO)
			entries[count++] = entry_of(accepted_of(&report->findings[i]));
	for (size_t i = 0; i < report->lock_count; i++)
		if (accepted_verdict(report->locks[i].verdict) && !report->locks[i].known)
			entries[count++] = entry_of(accepted_of_lock(&report->locks[i]));
	status = baseline_write(path, entries, count);
	free(entries);
	return status;
}

void known_close(struct known *known)
{
	baseline_free(known->baseline);
	free(known->report.findings);
	free(known->report.locks);
	*known = (struct known){0};
}
