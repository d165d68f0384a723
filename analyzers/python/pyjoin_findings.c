/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pyjoin_findings.c - which findings a trace confirms, and which locks it shows to be needless.
 */
#include <stdio.h>
#include <string.h>

#include "pyjoin.h"

/* The region of a lock that begins at a place of the report; 0: none. */
static uint32_t use_at(struct join *j, const struct report_place *place)
{
	struct py_program *p = j->p;
	uint32_t file = place->file ? pyjoin_file(j, place->file) : 0;

	for (uint32_t i = 1; file && i < p->uses.count; i++) {
		const struct py_use *u = &p->uses.at[i];

		if (u->file != file || py_node(p, file, u->node)->line != place->line ||
		    (u->kind != USE_REGION && u->kind != USE_ACQUIRE) || !u->certain)
			continue;
		if (!u->func || !place->function ||
		    pyjoin_same_function(py_text(p, p->funcs.at[u->func].qualname),
		                         place->function))
			return i;
	}
	return 0;
}

/* The one lock of the model that was taken at all places of the trace's that are the program's. */
static uint32_t lock_of(struct join *j, const struct report_lock *lock)
{
	uint32_t found = 0;

	for (size_t i = 0; i < lock->site_count; i++) {
		uint32_t use = use_at(j, &lock->sites[i].place);

		if (use && found && j->p->uses.at[use].lock != found)
			return 0;
		if (use)
			found = j->p->uses.at[use].lock;
	}
	return found;
}

/* Sections that began at a use, by the trace. */
static uint64_t sections_at(struct join *j, const struct report_lock *lock, uint32_t use)
{
	uint64_t count = 0;

	for (size_t i = 0; i < lock->site_count; i++)
		if (use_at(j, &lock->sites[i].place) == use)
			count += lock->sites[i].count;
	return count;
}

static uint32_t may_suspend_at(const struct py_program *p, const struct py_use *u)
{
	uint32_t at = u->kind == USE_REGION ? py_node(p, u->file, u->node)->next : 0, site = 0;

	for (; at && !site; at = py_node(p, u->file, at)->next)
		site = py_suspends_within(p, u->file, at, false);
	return site;
}

/* Was each section of the source that may suspend run? */
static bool sections_run(struct join *j, const struct report_lock *lock, uint32_t id)
{
	const struct py_program *p = j->p;

	for (uint32_t i = 1; i < p->uses.count; i++) {
		const struct py_use *u = &p->uses.at[i];
		bool matters =
			u->kind == USE_ACQUIRE || (u->kind == USE_REGION && may_suspend_at(p, u));

		if (u->lock == id && matters && !sections_at(j, lock, i))
			return false;
	}
	return true;
}

static void section_place(struct join *j, const struct report_lock *lock, uint32_t use)
{
	const struct py_program *p = j->p;
	const struct py_use *u = &p->uses.at[use];
	uint32_t site = may_suspend_at(p, u);
	uint64_t count = sections_at(j, lock, use);

	if (site)
		finding_place(j->m, u->file, u->node, "region",
		              "%llu sections in the trace, none suspended; line %u may suspend and "
		              "did not",
		              (unsigned long long)count,
		              py_node(p, u->file, p->sites.at[site].node)->line);
	else
		finding_place(j->m, u->file, u->node, "region",
		              "%llu sections in the trace, none suspended; nothing in it can",
		              (unsigned long long)count);
}

static void needless_observed(struct join *j, const struct report_lock *lock)
{
	struct py_program *p = j->p;
	uint32_t id = lock_of(j, lock), finding;
	const struct py_lock *l = &p->locks.at[id];

	if (!id || l->type != LOCK_LOCK || l->flavour == FLAVOUR_THREAD || l->tested ||
	    py_lock_needless(p, id) || !sections_run(j, lock, id))
		return;
	finding = finding_new(j->m, PYRULE_NEEDLESS, l->label);
	if (!finding)
		return;
	finding_place(j->m, l->file, l->node, "made", "the lock is made here");
	for (uint32_t i = 1; i < p->uses.count; i++)
		if (p->uses.at[i].lock == id &&
		    (p->uses.at[i].kind == USE_REGION || p->uses.at[i].kind == USE_ACQUIRE))
			section_place(j, lock, i);
	finding_message(j->m, finding, "`%s` (%s) guarded nothing: no section of it suspended",
	                py_text(p, l->label), py_text(p, l->dotted));
	finding_why(
		j->m, finding,
		"In the trace %llu tasks ran %llu sections of it; none suspended and none waited "
		"for it, so at most %.2g %% of sections do (95 %% sure). The source alone does "
		"not prove it.",
		(unsigned long long)lock->tasks, (unsigned long long)lock->sections,
		300.0 / (double)lock->sections);
	finding_fix(j->m, finding,
	            "remove the lock if the trace is of all that the program does; or mark it "
	            "`# awaitness: atomic-by-intent`");
	j->m->findings.at[finding].observed = true;
}

/* Is it this place of a finding? */
static bool at_place(struct join *j, const struct pyplace *own, const char *file, uint32_t line)
{
	uint32_t id = file ? pyjoin_file(j, file) : 0;

	return id && own->line == line && !strcmp(j->p->files.at[id].path, own->file);
}

static void observed(struct join *j, uint32_t finding, const char *how)
{
	struct pyfinding *f = &j->m->findings.at[finding];

	f->observed = true;
	finding_why(j->m, finding, "%s%s%s", f->why, f->why[0] ? " " : "", how);
}

/* Two tasks were seen in the window on one object. */
static void window_join(struct join *j, const struct pytrace_window *w, uint32_t finding,
                        const struct pyplace *places, size_t count)
{
	struct pytrace_place read, write;
	uint64_t caller;
	char how[400];

	if (!w->met || !pytrace_place(j->trace, w->pid, w->read, &read, &caller) ||
	    !pytrace_place(j->trace, w->pid, w->write, &write, &caller) ||
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
	enum pyrule_id rule;
	const char *by;             /* the rule of the run's finding, NULL: any */
	enum place_of_write writes; /* its write: at which place of the source's finding */
	bool window;                /* two tasks in it at a time are enough */
} confirmations[] = {
	{PYRULE_CHECK, NULL, WRITE_LAST, true},
	{PYRULE_INIT, NULL, WRITE_LAST, true},
	{PYRULE_UPDATE, NULL, WRITE_LAST, true},
	{PYRULE_REMOVE, NULL, WRITE_LAST, true},
	{PYRULE_ITERATE, "changed-while-iterating", WRITE_FIRST, false},
	{PYRULE_THREAD, "thread-lock-across-suspension", WRITE_NOWHERE, false},
	{PYRULE_LEAK, "lock-never-released", WRITE_NOWHERE, false},
	{PYRULE_UNRELEASED, "lock-never-released", WRITE_NOWHERE, false},
};

static const struct confirmation *confirmation_of(const struct pyfinding *f)
{
	for (size_t i = 0; i < sizeof(confirmations) / sizeof(confirmations[0]); i++)
		if (f->rule == &pyrules[confirmations[i].rule])
			return &confirmations[i];
	return NULL;
}

/* It was seen to happen. */
static void conflict_join(struct join *j, const struct confirmation *c,
                          const struct report_finding *f, uint32_t finding,
                          const struct pyplace *places, size_t count)
{
	const struct pyplace *write = &places[c->writes == WRITE_LAST ? count - 1 : 0];
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
	struct pymodel *m = j->m;
	const struct pyplace *places = m->places.at + m->first_place.at[finding];
	size_t own = m->findings.at[finding].place_count, count;
	const struct pytrace_window *windows = pytrace_windows(j->trace, &count);
	const struct confirmation *c = confirmation_of(&m->findings.at[finding]);

	if (!own || !c)
		return;
	for (size_t i = 0; i < report->finding_count && !m->findings.at[finding].observed; i++)
		conflict_join(j, c, &report->findings[i], finding, places, own);
	for (size_t i = 0; c->window && i < count && !m->findings.at[finding].observed; i++)
		window_join(j, &windows[i], finding, places, own);
}

void pyjoin_findings(struct pymodel *m, const struct pytrace *trace, const struct report *report)
{
	struct join j = {.m = m, .p = &m->program, .trace = trace};
	uint32_t count = m->findings.count;

	for (uint32_t i = 1; i < count; i++)
		finding_join(&j, report, i);
	for (size_t i = 0; i < report->lock_count && !m->program.err; i++)
		if (report->locks[i].verdict == REPORT_NEEDLESS &&
		    report->locks[i].basis == REPORT_BASIS_OBSERVED)
			needless_observed(&j, &report->locks[i]);
	pyjoin_fini(&j);
}
