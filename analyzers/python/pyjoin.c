/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pyjoin.c - joins the model with what a trace observed.
 *
 * Places are matched by file (as many trailing components of the path as possible: a trace may be
 * of another machine), line and function. What matches nothing is not used.
 */
#include <stdio.h>
#include <string.h>

#include "pyfinding.h"
#include "pytrace.h"
#include "report/report.h"

#define FRAMES 64 /* of an await chain that are looked at */
#define ROUNDS 16

/* A site of a line, and the next one of that line. */
struct line_site {
	uint32_t site, next;
};

struct join {
	struct pymodel *m;
	struct py_program *p;
	const struct pytrace *trace;
	struct py_map files; /* (string of a path, 0) -> file + 1; 1: none */
	struct py_map sites; /* (file, line) -> first of `lines` */
	PY_TABLE(struct line_site) lines;
	struct py_map seen; /* (file, line) of the trace */
};

/* How many trailing components two paths share; *all: those are all of one of them. */
static unsigned int components_shared(const char *a, const char *b, bool *all)
{
	size_t i = strlen(a), k = strlen(b);
	unsigned int shared = 0;

	while (i && k && a[i - 1] == b[k - 1]) {
		i--;
		k--;
		if (a[i] == '/')
			shared++;
	}
	*all = (!i && (!k || b[k - 1] == '/')) || (!k && i && a[i - 1] == '/');
	return shared + *all;
}

/* The program's file of a path in the trace; 0: none, or it is not clear which. */
static uint32_t file_find(struct join *j, const char *path)
{
	uint32_t name = py_intern_text(j->p, path), memo = py_map_get(&j->files, name, 0);
	unsigned int best = 0;
	uint32_t found = 0;

	if (memo)
		return memo - 1;
	for (uint32_t i = 1; *path && i < j->p->files.count; i++) {
		const char *own = j->p->files.at[i].path;
		unsigned int shared;
		bool all;

		while (own[0] == '.' && own[1] == '/')
			own += 2;
		shared = components_shared(path, own, &all);
		if ((!all && shared < 2) || shared < best)
			continue;
		found = shared == best ? 0 : i;
		best = shared;
	}
	py_map_set(j->p, &j->files, name, 0, found + 1);
	return found;
}

/* Python before 3.11 knows no qualified names. */
static bool same_function(const char *own, const char *traced)
{
	const char *last = strrchr(own, '.');

	return !strcmp(own, traced) || !strcmp(last ? last + 1 : own, traced);
}

static void site_index(struct join *j, uint32_t site, uint32_t file, uint32_t line)
{
	uint32_t at = py_push(j->p, &j->lines);

	if (!at)
		return;
	j->lines.at[at] = (struct line_site){site, py_map_get(&j->sites, file, line)};
	py_map_set(j->p, &j->sites, file, line, at);
}

static void sites_index(struct join *j)
{
	struct py_program *p = j->p;

	for (uint32_t i = 1; i < p->sites.count; i++) {
		const struct py_site *s = &p->sites.at[i];
		uint32_t file = p->funcs.at[s->func].file, line, with;

		if (!s->func || s->kind > SITE_COMP)
			continue;
		line = py_node(p, file, s->node)->line;
		site_index(j, i, file, line);
		/* before 3.13, the items of a with all stand at the statement's line */
		with = py_node(p, file, py_parent(p, file, s->node))->line;
		if ((s->kind == SITE_ENTER || s->kind == SITE_EXIT) && with != line)
			site_index(j, i, file, with);
	}
}

/* Of the model's sites at a place: how many, and do all of them never suspend? */
static unsigned int sites_at(struct join *j, uint32_t file, const struct pytrace_place *place,
                             bool *never)
{
	struct py_program *p = j->p;
	unsigned int count = 0;

	*never = true;
	for (uint32_t i = py_map_get(&j->sites, file, place->line); i; i = j->lines.at[i].next) {
		const struct py_site *s = &p->sites.at[j->lines.at[i].site];

		if (!same_function(py_text(p, p->funcs.at[s->func].qualname), place->function) ||
		    (s->kind == SITE_ENTER && place->exit) ||
		    (s->kind == SITE_EXIT && !place->exit))
			continue;
		count++;
		*never &= !py_site_suspends(p, j->lines.at[i].site);
	}
	return count;
}

static void error_add(struct join *j, uint32_t file, const struct pytrace_place *place,
                      uint64_t count)
{
	struct py_program *p = j->p;
	uint32_t id;

	for (uint32_t i = py_map_get(&j->sites, file, place->line); i; i = j->lines.at[i].next) {
		struct py_site *s = &p->sites.at[j->lines.at[i].site];

		if (same_function(py_text(p, p->funcs.at[s->func].qualname), place->function))
			s->verdict = MAY;
	}
	id = py_push(p, &j->m->errors);
	if (id)
		j->m->errors.at[id] = (struct pymodel_error){
			.file = p->files.at[file].path,
			.function = py_text(p, py_intern_text(p, place->function)),
			.line = place->line,
			.count = count};
}

static void place_count(struct join *j, uint32_t file, const struct pytrace_place *place,
                        bool known)
{
	if (py_map_get(&j->seen, file, place->line))
		return;
	py_map_set(j->p, &j->seen, file, place->line, 1);
	j->m->stats.trace_places++;
	j->m->stats.trace_strangers += !known;
}

/* From the innermost frame outwards, to the first that is said to never suspend. */
static bool stop_join(struct join *j, const struct pytrace_stop *stop)
{
	struct pytrace_place place;
	uint64_t site = stop->site;

	for (unsigned int i = 0; i < FRAMES && site; i++) {
		unsigned int count;
		uint32_t file;
		bool never;

		if (!pytrace_place(j->trace, stop->pid, site, &place, &site))
			return false;
		file = file_find(j, place.file);
		if (!file || !j->p->files.at[file].scope)
			continue;
		count = sites_at(j, file, &place, &never);
		place_count(j, file, &place, count > 0);
		if (count && never) {
			error_add(j, file, &place, stop->count);
			return true;
		}
	}
	return false;
}

static void join_fini(struct join *j)
{
	py_map_fini(&j->files);
	py_map_fini(&j->sites);
	py_map_fini(&j->seen);
	py_free_table(&j->lines);
}

void pyjoin_sites(struct pymodel *m, const struct pytrace *trace)
{
	struct join j = {.m = m, .p = &m->program, .trace = trace};
	bool found = true;
	size_t count;
	const struct pytrace_stop *stops = pytrace_stops(trace, &count);

	sites_index(&j);
	for (int round = 0; round < ROUNDS && found && !m->program.err; round++) {
		found = false;
		for (size_t i = 0; i < count && !m->program.err; i++)
			found |= stop_join(&j, &stops[i]);
		/* what rests on it is not said any more */
		if (found)
			py_suspend_link(&m->program);
	}
	join_fini(&j);
}

/* The region of a lock that begins at a place of the report; 0: none. */
static uint32_t use_at(struct join *j, const struct report_place *place)
{
	struct py_program *p = j->p;
	uint32_t file = place->file ? file_find(j, place->file) : 0;

	for (uint32_t i = 1; file && i < p->uses.count; i++) {
		const struct py_use *u = &p->uses.at[i];

		if (u->file != file || py_node(p, file, u->node)->line != place->line ||
		    (u->kind != USE_REGION && u->kind != USE_ACQUIRE) || !u->certain)
			continue;
		if (!u->func || !place->function ||
		    same_function(py_text(p, p->funcs.at[u->func].qualname), place->function))
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
	uint32_t id = file ? file_find(j, file) : 0;

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

/* The conflict itself was seen to happen. */
static void conflict_join(struct join *j, const struct report_finding *f, uint32_t finding,
                          const struct pyplace *places, size_t count)
{
	char how[400];

	if (f->basis != REPORT_BASIS_OBSERVED ||
	    !at_place(j, &places[0], f->read.file, f->read.line) ||
	    !at_place(j, &places[count - 1], f->write.file, f->write.line))
		return;
	snprintf(how, sizeof(how), "In the trace it happened %llu times (%s, between %s and %s).",
	         (unsigned long long)f->count, f->rule, f->task ? f->task : "a task",
	         f->other_task ? f->other_task : "another");
	observed(j, finding, how);
}

static bool has_window(const struct pyfinding *f)
{
	return f->rule == &pyrules[PYRULE_CHECK] || f->rule == &pyrules[PYRULE_INIT] ||
	       f->rule == &pyrules[PYRULE_UPDATE] || f->rule == &pyrules[PYRULE_REMOVE];
}

static void finding_join(struct join *j, const struct report *report, uint32_t finding)
{
	struct pymodel *m = j->m;
	const struct pyplace *places = m->places.at + m->first_place.at[finding];
	size_t own = m->findings.at[finding].place_count, count;
	const struct pytrace_window *windows = pytrace_windows(j->trace, &count);

	if (!own || !has_window(&m->findings.at[finding]))
		return;
	for (size_t i = 0; i < report->finding_count && !m->findings.at[finding].observed; i++)
		conflict_join(j, &report->findings[i], finding, places, own);
	for (size_t i = 0; i < count && !m->findings.at[finding].observed; i++)
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
	join_fini(&j);
}
