/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_text.c - the report for people: first the verdicts, worst first, each
 * with what to change; then the findings with the places that matter; then what
 * it is all based on. Fits the width; everything from the target is escaped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "report_formats.h"
#include "report_paper.h"

#define FINDINGS_SHOWN 20 /* unless verbose */
#define TESTS_SHOWN    3  /* of a finding, likewise */
#define TEST_NAME      200

static const char *verdict_colour(enum report_verdict verdict)
{
	switch (verdict) {
	case REPORT_WRONG_LOCK:
	case REPORT_BYPASSED:
		return PAPER_RED;
	case REPORT_NEEDLESS:
	case REPORT_SERIALISES_ONLY:
		return PAPER_YELLOW;
	case REPORT_NEEDED:
		return PAPER_GREEN;
	default:
		return "";
	}
}

static void heading(struct paper *paper, const char *text)
{
	fprintf(paper->out, "\n%s%s%s\n", paper_colour(paper, PAPER_BOLD), text,
	        paper_colour(paper, PAPER_PLAIN));
}

/* ---- head ---- */

static void write_head(struct paper *paper, const struct report *report)
{
	const struct report_target *target = &report->target;
	const struct report_period *period = &report->period;
	char *line = NULL, command[ESCAPE_ROOM(200)], number[5][PAPER_NUMBER], more[48] = "";
	bool c = target->runtime && !strcmp(target->runtime, "c");

	escape_string(command, sizeof(command), target->command ? target->command : "the target");
	if (target->process_count)
		snprintf(more, sizeof(more), " and %zu process%s it started",
		         target->process_count - 1, target->process_count == 2 ? "" : "es");
	if (asprintf(&line,
	             "awaitness watched %.160s (pid %u%s)%s for %.1f s: %s tasks, %s steps, %s "
	             "events, %s lost.",
	             command, target->pid,
	             c                 ? ""
	             : target->runtime ? ", CPython"
	                               : "",
	             more, period->seconds, paper_number(number[0], period->tasks),
	             paper_number(number[1], period->steps),
	             paper_number(number[2], period->events),
	             period->lost ? paper_number(number[3], period->lost) : "none") > 0)
		paper_wrap(paper, 0, 0, line);
	free(line);
}

/* ---- what was not seen ---- */

static bool all_seen(const struct report *report)
{
	return !report->unseen_count && !report->period.lost;
}

/* First of all, since the rest is to be read with it. */
static void write_unseen(struct paper *paper, const struct report *report)
{
	if (!report->unseen_count)
		return;
	heading(paper, "NOT SEEN");
	for (size_t i = 0; i < report->unseen_count; i++) {
		const struct report_unseen *unseen = &report->unseen[i];
		char *line = NULL;

		if (asprintf(&line, "%s: %s.", unseen->what, unseen->so) > 0)
			paper_wrap(paper, 0, 2, line);
		free(line);
	}
}

/* ---- locks ---- */

static void write_lock_row(struct paper *paper, const struct report_lock *lock)
{
	char number[4][PAPER_NUMBER], time[2][PAPER_NUMBER], name[ESCAPE_ROOM(PAPER_NAME)];

	paper_cut(name, sizeof(name), lock->name, PAPER_NAME);
	fprintf(paper->out, "%s%-15s%s  %-24s %9s %9s %8s %6s  %9s %9s\n",
	        paper_colour(paper, verdict_colour(lock->verdict)),
	        report_verdict_text(lock->verdict), paper_colour(paper, PAPER_PLAIN), name,
	        paper_number(number[0], lock->sections), paper_number(number[1], lock->suspended),
	        paper_number(number[2], lock->waited), paper_number(number[3], lock->tasks),
	        lock->wait.known ? paper_time(time[0], lock->wait.total) : "?",
	        lock->hold.known ? paper_time(time[1], lock->hold.p50) : "?");
}

static void write_lock_sites(struct paper *paper, const char *what, const struct report_site *sites,
                             size_t count)
{
	size_t shown = paper->verbose ? count : count < 2 ? count : 2;

	for (size_t i = 0; i < shown; i++) {
		char number[PAPER_NUMBER];

		fprintf(paper->out, "%19s%-12s", "", i ? "" : what);
		paper_place(paper, &sites[i].place);
		fprintf(paper->out, "  %s times\n", paper_number(number, sites[i].count));
	}
	if (shown < count)
		fprintf(paper->out, "%31sand %zu more places\n", "", count - shown);
}

/* Where a section could suspend, and how often it was there. */
static void write_lock_stops(struct paper *paper, const struct report_lock *lock)
{
	for (size_t i = 0; i < lock->stop_count; i++) {
		const struct report_stop *stop = &lock->stops[i];
		char number[PAPER_NUMBER];

		fprintf(paper->out, "%19s%-12s", "", i ? "" : "could at");
		paper_place(paper, &stop->place);
		if (stop->counted && stop->passed)
			fprintf(paper->out, "  passed %s times\n",
			        paper_number(number, stop->passed));
		else
			fputs(stop->counted ? "  never reached\n" : "  not counted\n", paper->out);
	}
}

static void write_lock(struct paper *paper, const struct report_lock *lock)
{
	write_lock_row(paper, lock);
	if (lock->known)
		fprintf(paper->out, "%17s%-7s %s\n", "", "known",
		        lock->known == REPORT_WAIVED ? "waived in the source" : "in the baseline");
	if (lock->why)
		paper_field(paper, 17, "why", lock->why);
	if (lock->change)
		paper_field(paper, 17, "do", lock->change);
	if (lock->command)
		paper_field(paper, 17, "settle", lock->command);
	if (paper->verbose || lock->verdict == REPORT_SERIALISES_ONLY)
		write_lock_sites(paper, "suspends at", lock->suspensions, lock->suspension_count);
	if (paper->verbose)
		write_lock_stops(paper, lock);
	if (paper->verbose)
		write_lock_sites(paper, "taken at", lock->sites, lock->site_count);
}

/* What it means that there are none. */
static const char *locks_absent(const struct report *report)
{
	if (!all_seen(report))
		return "No lock was seen to be taken; what was not seen (above) may hide some.\n";
	if (report->calls_unseen)
		return "No lock was seen to be taken; of those taken by a call of acquire(), only "
		       "those that had to\nwait are seen (--detail awaits shows each).\n";
	return "No lock was taken.\n";
}

static void write_locks(struct paper *paper, const struct report *report)
{
	heading(paper, "LOCKS, worst first");
	if (!report->lock_count) {
		fputs(locks_absent(report), paper->out);
		return;
	}
	fprintf(paper->out, "%s%-15s  %-24s %9s %9s %8s %6s  %9s %9s%s\n",
	        paper_colour(paper, PAPER_DIM), "verdict", "lock", "sections", "suspended",
	        "waited", "tasks", "wait all", "hold p50", paper_colour(paper, PAPER_PLAIN));
	for (size_t i = 0; i < report->lock_count; i++)
		write_lock(paper, &report->locks[i]);
}

/* ---- findings ---- */

/* What the first, second and the other's access are called, by rule. */
struct wording {
	const char *rule, *read, *suspension, *write, *other;
};

static const struct wording wordings[] = {
	{"lost-update", "read", "suspended", "written", "meanwhile"},
	{"check-then-act", "tested", "suspended", "acted", "meanwhile"},
	{"stale-use", "learnt", "suspended", "used", "meanwhile"},
	{"changed-while-iterating", "iterates", "suspended", "goes on", "meanwhile"},
	{"data-race", "accessed", NULL, NULL, "accessed"},
	{"inconsistent-guard", "accessed", "suspended", "accessed", "meanwhile"},
	{"deadlock", "holds from", "waits at", NULL, "the other"},
	{"self-deadlock", "holds from", "waits at", NULL, NULL},
	{"lock-order", "first", "second", NULL, "the other"},
	{"lock-never-released", "taken", NULL, NULL, NULL},
	{"thread-lock-across-suspension", "taken", "suspended", NULL, NULL},
	{"long-step", "resumed", "suspended", NULL, NULL},
	{"never-suspends", NULL, "await", NULL, NULL},
};

static const struct wording *wording_of(const char *rule)
{
	for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (!strcmp(wordings[i].rule, rule))
			return &wordings[i];
	return &wordings[0];
}

static void write_line(struct paper *paper, const char *what, const struct report_place *place,
                       const char *task)
{
	char name[ESCAPE_ROOM(PAPER_NAME)];

	if (!what || (!place->site && !place->function && !place->file))
		return;
	fprintf(paper->out, "   %-11s ", what);
	paper_place(paper, place);
	if (task) {
		paper_cut(name, sizeof(name), task, PAPER_NAME);
		fprintf(paper->out, "  by %s", name);
	}
	fputc('\n', paper->out);
}

/* Which locks were held, where that is what matters. */
static void write_held(struct paper *paper, const struct report_finding *finding)
{
	char mine[ESCAPE_ROOM(PAPER_NAME)], other[ESCAPE_ROOM(PAPER_NAME)];

	if (!finding->has_locks)
		return;
	if (!finding->lock && !finding->other_lock) {
		fprintf(paper->out, "   %-11s none seen\n", "locks held");
		return;
	}
	paper_cut(mine, sizeof(mine), finding->lock ? finding->lock : "none seen", PAPER_NAME);
	paper_cut(other, sizeof(other), finding->other_lock ? finding->other_lock : "none seen",
	          PAPER_NAME);
	fprintf(paper->out, "   %-11s %s; meanwhile: %s%s\n", "locks held", mine, other,
	        finding->in_step && finding->other_lock ? " (then or later in its step)" : "");
}

/* The tests it was seen in: the first few, a line each. */
static void write_tests(struct paper *paper, const struct report_finding *finding)
{
	size_t shown = finding->test_count, more = 0;
	char name[ESCAPE_ROOM(TEST_NAME)];

	if (!paper->verbose && shown > TESTS_SHOWN) {
		more = shown - TESTS_SHOWN;
		shown = TESTS_SHOWN;
	}
	for (size_t i = 0; i < shown; i++) {
		paper_cut(name, sizeof(name), finding->tests[i], TEST_NAME);
		fprintf(paper->out, "   %-11s %s\n", i ? "" : "in test", name);
	}
	if (more)
		fprintf(paper->out, "%15sand %zu more test%s\n", "", more, more == 1 ? "" : "s");
}

/* Accesses have no stamps of their own, so whether those of two threads met is not known. */
static const char *possible_text(const char *rule)
{
	return strcmp(rule, "data-race") ? "did not happen, but can in another order of steps"
	                                 : "can happen at any time";
}

static void write_finding(struct paper *paper, const struct report_finding *finding, size_t index)
{
	const struct wording *wording = wording_of(finding->rule);
	const char *colour = finding->severity == REPORT_ERROR ? PAPER_RED : PAPER_YELLOW;
	char number[PAPER_NUMBER], name[ESCAPE_ROOM(PAPER_NAME)];

	fprintf(paper->out, "%s%zu. %s%s%s", index > 1 ? "\n" : "", index,
	        paper_colour(paper, colour), finding->rule, paper_colour(paper, PAPER_PLAIN));
	if (finding->object) {
		paper_cut(name, sizeof(name), finding->object, PAPER_NAME);
		fprintf(paper->out, "  %s", name);
	}
	if (finding->basis == REPORT_BASIS_OBSERVED)
		fprintf(paper->out, "  happened %s time%s", paper_number(number, finding->count),
		        finding->count == 1 ? "" : "s");
	else
		fprintf(paper->out, "  %s", possible_text(finding->rule));
	if (finding->objects > 1)
		fprintf(paper->out, ", on %s objects", paper_number(number, finding->objects));
	fputc('\n', paper->out);
	write_line(paper, wording->read, &finding->read, finding->task);
	write_line(paper, wording->suspension, &finding->suspension, NULL);
	write_line(paper, wording->other, &finding->other, finding->other_task);
	write_line(paper, wording->write, &finding->write, NULL);
	write_held(paper, finding);
	write_tests(paper, finding);
	if (finding->message)
		paper_field(paper, 3, "what", finding->message);
	if (finding->pattern)
		paper_field(paper, 3, "note",
		            "that the value written came from the value read "
		            "is not known, only that the order fits");
	if (finding->change)
		paper_field(paper, 3, "do", finding->change);
}

/* What is not told since it is known. */
static void write_known(struct paper *paper, const struct report *report)
{
	char number[2][PAPER_NUMBER];

	if (report->in_baseline || report->waived)
		fprintf(paper->out, "%sKnown: %s in the baseline, %s waived in the source.\n",
		        report->finding_count ? "\n" : "",
		        paper_number(number[0], report->in_baseline),
		        paper_number(number[1], report->waived));
}

static void write_findings(struct paper *paper, const struct report *report)
{
	size_t index = 0, total = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		total += report->findings[i].severity != REPORT_INFO;
	heading(paper, "FINDINGS, worst first");
	if (!total)
		fputs(all_seen(report)
		              ? (report->in_baseline || report->waived ? "None that is new.\n"
		                                                       : "None.\n")
		              : "None was seen; what was not seen (above) may hide some.\n",
		      paper->out);
	for (size_t i = 0; i < report->finding_count; i++) {
		if (report->findings[i].severity == REPORT_INFO)
			continue;
		if (++index > FINDINGS_SHOWN && !paper->verbose)
			break;
		write_finding(paper, &report->findings[i], index);
	}
	if (index > FINDINGS_SHOWN && !paper->verbose)
		fprintf(paper->out, "... and %zu more (-v shows all)\n", total - FINDINGS_SHOWN);
	write_known(paper, report);
}

/* ---- awaits ---- */

static void write_awaits(struct paper *paper, const struct report *report)
{
	size_t shown = 0, never = 0;

	for (size_t i = 0; i < report->await_count; i++)
		never += report->awaits[i].counted && !report->awaits[i].suspended;
	if (!report->await_count || (!never && !paper->verbose))
		return;
	heading(paper, paper->verbose ? "AWAITS" : "AWAITS that never suspended");
	for (size_t i = 0; i < report->await_count; i++) {
		const struct report_await *await = &report->awaits[i];
		char number[2][PAPER_NUMBER];

		if (!paper->verbose && (await->suspended || shown == 5))
			continue;
		shown++;
		fprintf(paper->out, "   %9s passes, %9s suspended  ",
		        await->counted ? paper_number(number[0], await->passed) : "?",
		        paper_number(number[1], await->suspended));
		paper_place(paper, &await->place);
		fputc('\n', paper->out);
	}
	if (!paper->verbose && never > shown)
		fprintf(paper->out, "   ... and %zu more (-v shows all)\n", never - shown);
}

/* ---- what it is based on ---- */

static void write_process(struct paper *paper, const struct report_process *process)
{
	char number[PAPER_NUMBER], command[ESCAPE_ROOM(50)], why[ESCAPE_ROOM(160)];

	paper_cut(command, sizeof(command), process->command ? process->command : "?", 50);
	if (process->watched) {
		fprintf(paper->out, "   %9s steps  pid %u: %s\n",
		        paper_number(number, process->steps), process->pid, command);
		return;
	}
	paper_cut(why, sizeof(why), process->why ? process->why : "the reason is not known", 160);
	fprintf(paper->out, "     not seen  pid %u: %s: %s\n", process->pid, command, why);
}

static void write_basis(struct paper *paper, const struct report *report)
{
	const struct report_target *target = &report->target;
	char number[PAPER_NUMBER], how[ESCAPE_ROOM(64)];

	heading(paper, "WHAT THIS IS BASED ON");
	paper_cut(how, sizeof(how), target->transport ? target->transport : "a recording", 64);
	fprintf(paper->out, "Watched for %.1f s, %s thread%s, through %s", report->period.seconds,
	        paper_number(number, report->period.threads),
	        report->period.threads == 1 ? "" : "s", how);
	if (target->detail) {
		paper_cut(how, sizeof(how), target->detail, 64);
		fprintf(paper->out, ", detail %s", how);
	}
	fprintf(paper->out, ".\n");
	if (report->period.lost)
		fprintf(paper->out, "%s record%s lost: see above.\n",
		        paper_number(number, report->period.lost),
		        report->period.lost == 1 ? " was" : "s were");
	else if (report->period.windows)
		fprintf(paper->out, "Nothing was lost while it was watched.\n");
	else if (report->unseen_count)
		fprintf(paper->out, "Nothing was lost, but not all was seen: see above.\n");
	else
		fprintf(paper->out, "Nothing was lost: the counts are exact%s.\n",
		        report->period.inexact ? ", but for what is said below" : "");
	for (size_t i = 0; i < target->process_count; i++)
		write_process(paper, &target->processes[i]);
	for (size_t i = 0; i < report->note_count; i++)
		paper_wrap(paper, 0, 2, report->notes[i].text);
}

int report_write_text(const struct report *report, FILE *out, const struct report_options *options)
{
	struct paper paper = {.out = out,
	                      .width = options->width ? options->width : 100,
	                      .colour = options->colour,
	                      .verbose = options->verbose};

	write_head(&paper, report);
	write_unseen(&paper, report);
	write_locks(&paper, report);
	write_findings(&paper, report);
	write_awaits(&paper, report);
	write_basis(&paper, report);
	return 0;
}
