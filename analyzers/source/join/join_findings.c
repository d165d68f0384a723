/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_findings.c - which findings a trace confirms, and what it counted of those that are
 * proven.
 */
#include <stdio.h>
#include <string.h>

#include "join_findings.h"
#include "join.h"

/* Is it this place of a finding? */
static bool at_place(struct join *j, const struct lint_place *own, const char *file, uint32_t line)
{
	uint32_t id = file ? join_file(j, file) : 0;

	return id && own->line == line && !strcmp(j->p->files.at[id].path, own->file);
}

/* Is a section of the lock of a finding begun at a place of the report? */
static bool begins_at(struct join *j, const struct lint_place *places, size_t count,
                      const struct report_place *place)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(places[i].role, "region") &&
		    at_place(j, &places[i], place->file, place->line))
			return true;
	return false;
}

/* What is proven needs no trace; how often it ran is told all the same. */
static void counts_join(struct join *j, const struct report_lock *lock, uint32_t finding)
{
	struct lint_finding *f = &j->m->findings.at[finding];
	const struct lint_place *places = j->m->places.at + j->m->first_place.at[finding];
	size_t taken = 0;

	for (size_t i = 0; i < lock->site_count; i++)
		taken += begins_at(j, places, f->place_count, &lock->sites[i].place);
	if (!taken || taken < lock->site_count || lock->suspended)
		return;
	lint_finding_why(
		j->m, finding,
		"%s In the trace %llu task%s ran %llu section%s of it, and none suspended.", f->why,
		(unsigned long long)lock->tasks, lock->tasks == 1 ? "" : "s",
		(unsigned long long)lock->sections, lock->sections == 1 ? "" : "s");
}

static void observed(struct join *j, uint32_t finding, const char *how)
{
	struct lint_finding *f = &j->m->findings.at[finding];

	f->observed = true;
	lint_finding_why(j->m, finding, "%s%s%s", f->why, f->why[0] ? " " : "", how);
}

/* Two tasks were seen in the window on one object. */
static void window_join(struct join *j, const struct join_window *w, uint32_t finding,
                        const struct lint_place *places, size_t count)
{
	struct join_place read, write;
	uint64_t caller;
	char how[400];

	if (!w->met || !join_trace_place(j->trace, w->pid, w->read, &read, &caller) ||
	    !join_trace_place(j->trace, w->pid, w->write, &write, &caller) ||
	    !at_place(j, &places[0], read.file, read.line) ||
	    !at_place(j, &places[count - 1], write.file, write.line))
		return;
	snprintf(
		how, sizeof(how),
		"In the trace two tasks were there at a time on one object, %llu of %llu times: %s "
		"and %s, the first time.",
		(unsigned long long)w->met, (unsigned long long)w->count, w->task, w->other);
	observed(j, finding, how);
}

enum place_of_write { WRITE_LAST, WRITE_FIRST, WRITE_NOWHERE };

/* What a run must have shown for a rule's finding to be confirmed. */
static const struct confirmation {
	enum lint_rule_id rule;
	const char *by;             /* the rule of the run's finding, NULL: any */
	enum place_of_write writes; /* its write: at which place of the source's finding */
	bool window;                /* two tasks in it at a time are enough */
} confirmations[] = {
	{LINT_CHECK, NULL, WRITE_LAST, true},
	{LINT_INIT, NULL, WRITE_LAST, true},
	{LINT_UPDATE, NULL, WRITE_LAST, true},
	{LINT_REMOVE, NULL, WRITE_LAST, true},
	{LINT_ITERATE, "changed-while-iterating", WRITE_FIRST, false},
	{LINT_THREAD, "thread-lock-across-suspension", WRITE_NOWHERE, false},
	{LINT_LEAK, "lock-never-released", WRITE_NOWHERE, false},
	{LINT_UNRELEASED, "lock-never-released", WRITE_NOWHERE, false},
};

static const struct confirmation *confirmation_of(const struct lint_finding *f)
{
	for (size_t i = 0; i < sizeof(confirmations) / sizeof(confirmations[0]); i++)
		if (f->rule == &lint_rules[confirmations[i].rule])
			return &confirmations[i];
	return NULL;
}

/* It was seen to happen. */
static void conflict_join(struct join *j, const struct confirmation *c,
                          const struct report_finding *f, uint32_t finding,
                          const struct lint_place *places, size_t count)
{
	const struct lint_place *write = &places[c->writes == WRITE_LAST ? count - 1 : 0];
	char how[400];

	if (f->basis != REPORT_BASIS_OBSERVED || (c->by && strcmp(f->rule, c->by) != 0) ||
	    !at_place(j, &places[0], f->read.file, f->read.line) ||
	    (c->writes != WRITE_NOWHERE && !at_place(j, write, f->write.file, f->write.line)))
		return;
	snprintf(how, sizeof(how), "In the trace it happened %llu time%s (%s, %s %s%s%s).",
	         (unsigned long long)f->count, f->count == 1 ? "" : "s", f->rule,
	         f->other_task ? "between" : "by", f->task ? f->task : "a task",
	         f->other_task ? " and " : "", f->other_task ? f->other_task : "");
	observed(j, finding, how);
}

static void finding_join(struct join *j, const struct report *report, uint32_t finding)
{
	struct lint_model *m = j->m;
	const struct lint_place *places = m->places.at + m->first_place.at[finding];
	size_t own = m->findings.at[finding].place_count, count;
	const struct join_window *windows = join_trace_windows(j->trace, &count);
	const struct confirmation *c = confirmation_of(&m->findings.at[finding]);

	if (!own || !c)
		return;
	for (size_t i = 0; i < report->finding_count && !m->findings.at[finding].observed; i++)
		conflict_join(j, c, &report->findings[i], finding, places, own);
	for (size_t i = 0; c->window && i < count && !m->findings.at[finding].observed; i++)
		window_join(j, &windows[i], finding, places, own);
}

void join_findings(struct lint_model *m, const struct join_trace *trace,
                   const struct report *report)
{
	struct join j = {.m = m, .model = &m->model, .p = &m->model.program, .trace = trace};
	uint32_t count = m->findings.count;

	for (uint32_t i = 1; i < count; i++)
		finding_join(&j, report, i);
	for (uint32_t i = 1; i < count && !m->model.program.err; i++)
		for (size_t k = 0;
		     m->findings.at[i].rule == &lint_rules[LINT_NEEDLESS] && k < report->lock_count;
		     k++)
			counts_join(&j, &report->locks[k], i);
	join_fini(&j);
}
