/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accepted.c - see accepted.h.
 */
#include "accepted.h"

#include <string.h>

#include "fingerprint.h"
#include "source/lint_rules/lint_rule.h"
#include "waiver.h"

enum { IDS = ACCEPTED_PRINTS - 1 };

static const struct row {
	const char *rule;
	unsigned functions;
	const char *ids[IDS];
} rows[] = {
#define ACCEPTED_ROW(rule, functions, ...) {rule, functions, {__VA_ARGS__}},
	ACCEPTED_RULES(ACCEPTED_ROW)
#undef ACCEPTED_ROW
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct row *row_of(const char *rule)
{
	static const struct row none = {"", 2, {"", "", ""}};

	for (size_t i = 0; i < ROWS; i++)
		if (!strcmp(rows[i].rule, rule))
			return &rows[i];
	return &none;
}

/* Does one of the lines of `waiver` name the rule? */
static bool names(const char *waiver, const struct row *row)
{
	const char *known[1 + 2 * IDS] = {row->rule};
	size_t count = 1;
	const char *at = waiver;

	for (size_t i = 0; i < IDS && row->ids[i][0]; i++) {
		known[count++] = row->ids[i];
		known[count++] = lint_rule_find(row->ids[i])->name;
	}
	while (at && !waiver_names(at, known, count)) {
		at = strchr(at, '\n');
		at += at != NULL;
	}
	return at;
}

static bool place_waives(const struct report_place *place, const struct row *row)
{
	return place->waiver && names(place->waiver, row);
}

bool accepted_waives(const struct report_finding *finding)
{
	const struct row *row = row_of(finding->rule);

	return place_waives(&finding->read, row) || place_waives(&finding->suspension, row) ||
	       place_waives(&finding->write, row) || place_waives(&finding->other, row);
}

bool accepted_waives_lock(const struct report_lock *lock)
{
	const struct row *row = row_of(report_verdict_text(lock->verdict));

	for (size_t i = 0; i < lock->site_count; i++)
		if (place_waives(&lock->sites[i].place, row))
			return true;
	return place_waives(&lock->created, row);
}

static const char *text(const char *text)
{
	return text ? text : "";
}

static struct accepted accepted_make(const struct row *row, const char *object, const char *first,
                                     const char *last)
{
	struct accepted out = {.object = text(object), .function = text(first)};

	first = row->functions > 0 ? text(first) : "";
	last = row->functions > 1 ? text(last) : "";
	for (size_t i = 0; i < IDS && row->ids[i][0]; i++)
		out.prints[out.count++] = fingerprint_of(row->ids[i], out.object, first, last);
	out.rule = out.count ? row->ids[0] : row->rule;
	if (!out.count)
		out.prints[out.count++] = fingerprint_of(row->rule, out.object, first, last);
	return out;
}

struct accepted accepted_of(const struct report_finding *finding)
{
	const char *first = finding->read.function, *last = finding->write.function;

	if (!last)
		last = finding->suspension.function;
	return accepted_make(row_of(finding->rule), finding->object, first ? first : last, last);
}

struct accepted accepted_of_lock(const struct report_lock *lock)
{
	return accepted_make(row_of(report_verdict_text(lock->verdict)), lock->name,
	                     lock->created.function, NULL);
}

bool accepted_verdict(enum report_verdict verdict)
{
	return verdict == REPORT_NEEDLESS || verdict == REPORT_BYPASSED ||
	       verdict == REPORT_WRONG_LOCK;
}

bool accepted_of_run(const char *waiver)
{
	const char *known[ROWS];

	for (size_t i = 0; i < ROWS; i++)
		known[i] = rows[i].rule;
	return strchr(waiver, '[') && waiver_names(waiver, known, ROWS);
}
