/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver_report.c - the end of an analysis: what was watched, what was not, and all findings.
 */
#include <errno.h>

#include "driver.h"
#include "event/event_table.h"

static const char *runtime_text(uint16_t runtime)
{
	const char *text = event_value_text(AW_FIELD_RUNTIME, runtime);

	return text ? text : "unknown";
}

static void report_target_fill(struct analysis *a)
{
	const struct names_target *target = names_target(a->names, a->world.pid);
	struct report_target *out = &a->report.target;

	out->pid = a->world.pid;
	out->runtime = runtime_text(a->world.runtime);
	out->can = a->world.can;
	if (!target)
		return;
	if (target->pid)
		out->pid = target->pid;
	out->command = target->command;
	out->version = target->version;
	out->detail = target->detail;
	out->transport = target->transport;
}

/* The processes that were watched together. */
static int report_processes_fill(struct analysis *a)
{
	const struct process_space *space = &a->space;
	struct report_process *out;
	uint64_t steps = a->world.resumes, events = a->events, lost = a->world.lost;

	if (!process_space_many(space))
		return 0;
	out = text_pool_array(&a->pool, space->count, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (uint32_t i = 1; i < space->count; i++) {
		steps -= space->processes[i].steps;
		events -= space->processes[i].events;
		lost -= space->processes[i].lost;
	}
	for (uint32_t i = 0; i < space->count; i++) {
		const struct process_count *process = &space->processes[i];
		const struct names_target *target = names_target(a->names, process->pid);

		out[i] = (struct report_process){
			.pid = process->pid,
			.command = target ? target->command : NULL,
			.watched = process->runtime != AW_RUNTIME_UNKNOWN,
			.steps = i ? process->steps : steps,
			.events = i ? process->events : events,
			.lost = i ? process->lost : lost,
		};
		if (target && !out[i].watched)
			out[i].why = target->detail;
	}
	a->report.target.processes = out;
	a->report.target.process_count = space->count;
	return 0;
}

static void report_period_fill(struct analysis *a)
{
	const struct world *world = &a->world;

	a->report.period = (struct report_period){
		.seconds = (double)(world->now - world->started) / 1e9,
		.tasks = world->tasks,
		.steps = world->resumes,
		.events = a->events,
		.lost = world->lost,
		.threads = world->target_threads + world->left_out_threads,
		.windows = world->pauses != 0,
	};
}

static void note(struct analysis *a, const char *text)
{
	struct report_note *notes = a->report.notes;

	if (!notes)
		notes = a->report.notes = text_pool_array(&a->pool, 16 + SAYS_MAX, sizeof(*notes));
	if (notes)
		notes[a->report.note_count++].text = text;
}

/* All that this source of events cannot tell, in one sentence. */
static void note_blind(struct analysis *a)
{
	const char *all = NULL;

	for (unsigned i = 0; i < SAYS_MAX; i++) {
		if (says_allow(i, a->world.can, a->world.runtime))
			continue;
		all = all ? text_pool_format(&a->pool, "%s; %s", all, says_text(i)) : says_text(i);
	}
	if (all)
		note(a, text_pool_format(&a->pool, "this source of events cannot tell: %s", all));
}

/*
 * A permit that is handed to who waits next was never free, so the section that gave it up is not
 * seen to end where no `with` shows it.
 */
static void note_permits(struct analysis *a)
{
	const struct report *report = &a->report;

	if (a->world.runtime != AW_RUNTIME_CPYTHON || !(a->world.can & AW_CAN_AWAITS))
		return;
	for (size_t i = 0; i < report->lock_count; i++) {
		if (report->locks[i].verdict != REPORT_LIMITS || !report->locks[i].waited)
			continue;
		a->report.period.inexact = true;
		note(a, text_pool_format(
				&a->pool,
				"%s has several permits, and tasks waited for it: where it is "
				"acquired by a call (and not by `async with`), its sections that "
				"suspended are at least so many",
				report->locks[i].name));
		break;
	}
}

static bool is_taken_by_call(const struct report_lock *lock)
{
	static const char call[] = ".acquire";

	for (size_t i = 0; i < lock->site_count; i++) {
		const char *inner = lock->sites[i].place.inner;
		size_t n = inner ? strlen(inner) : 0;

		if (n >= strlen(call) && !strcmp(inner + n - strlen(call), call))
			return true;
	}
	return false;
}

/* Calls of acquire() are seen where awaits are. Below that level the state of a lock shows some. */
static void note_calls(struct analysis *a)
{
	const struct report *report = &a->report;

	a->report.calls_unseen =
		a->world.runtime == AW_RUNTIME_CPYTHON && !(a->world.can & AW_CAN_AWAITS);
	for (size_t i = 0; a->report.calls_unseen && i < report->lock_count; i++) {
		if (!is_taken_by_call(&report->locks[i]))
			continue;
		a->report.period.inexact = true;
		note(a,
		     text_pool_format(&a->pool,
		                      "%s is taken by a call of acquire(): of such, only those are "
		                      "counted that had to wait, or that held it when a step ended "
		                      "(--detail awaits counts each)",
		                      report->locks[i].name));
		break;
	}
}

static void report_notes(struct analysis *a)
{
	struct text_pool *pool = &a->pool;

	if (a->foreign)
		note(a, text_pool_format(pool, "%lu events of other processes were left out",
		                         a->foreign));
	if (a->unknown)
		note(a, text_pool_format(pool, "%lu events are of kinds this version does not know",
		                         a->unknown));
	if (a->world.can & AW_CAN_CELLS && a->locations.accesses)
		note(a,
		     "a change of a watched attribute is not seen if it was undone before its "
		     "reader went on, or if a plain callback made it while the loop was too busy "
		     "to sleep: such counts are at least");
	note_permits(a);
	note_calls(a);
	note_blind(a);
}

void analysis_source(struct analysis *a, report_source_fn fn, void *context)
{
	a->env.source = fn;
	a->env.source_context = context;
}

int analysis_finish(struct analysis *a, const struct report **out)
{
	int err;

	*out = &a->report;
	if (a->finished)
		return 0;
	a->finished = true;
	locations_finish(&a->locations);
	report_target_fill(a);
	err = report_processes_fill(a);
	report_period_fill(a);
	for (unsigned i = 0; i < a->count && !err; i++)
		if (a->chosen[i]->finish)
			err = a->chosen[i]->finish(a->state[i]);
	if (!err)
		err = findings_report(&a->findings, &a->world, &a->pool, &a->report);
	report_notes(a);
	if (!err)
		err = unseen_report(a);
	return err ? err : a->pool.error;
}
