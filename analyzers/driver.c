/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.c - analysis.h: takes batches, keeps the world, calls the analyzers.
 *
 * The loop over a batch is where the time goes. Accesses, the bulk of the
 * events, go straight to the access engine; all else goes to the world and
 * then to the analyzers that asked for its kind.
 */
#include "analysis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer.h"
#include "event_table.h"
#include "locations.h"
#include "process_space.h"

#define ANALYZERS_MAX 32
#define HANDLERS_MAX  7 /* of one kind; a row more than that fails analysis_new */

struct handler {
	void (*fn)(void *state, const struct moment *moment);
	void *state;
};

/* Who wants to know of a kind. */
struct handlers {
	unsigned count;
	struct handler list[HANDLERS_MAX];
};

/* An analyzer that has a handler of some sort. */
struct listener {
	const struct analyzer *analyzer;
	void *state;
};

struct analysis {
	struct world world;
	struct locations locations;
	struct process_space space;
	struct findings findings;
	struct names *names;
	struct analyzer_env env;
	const struct analyzer *chosen[ANALYZERS_MAX];
	void *state[ANALYZERS_MAX];
	unsigned count;
	struct handlers before[AW_KIND_MAX], after[AW_KIND_MAX];
	struct listener section_begin_of[ANALYZERS_MAX], section_end_of[ANALYZERS_MAX];
	struct listener section_gap_of[ANALYZERS_MAX], conflict_of[ANALYZERS_MAX];
	unsigned section_begin_count, section_end_count, section_gap_count, conflict_count;
	struct report report;
	struct text_pool pool;
	uint64_t events;
	uint64_t foreign; /* events of other processes */
	uint64_t unknown; /* events of kinds this version does not know */
	uint64_t unwatched;
	bool finished;
};

/* ---- fan-out to the analyzers ---- */

#define TELL_ALL(analysis, handler, ...)                                                           \
	for (unsigned i_ = 0; i_ < (analysis)->handler##_count; i_++)                              \
	(analysis)->handler##_of[i_].analyzer->handler((analysis)->handler##_of[i_].state,         \
	                                               __VA_ARGS__)

static void on_section_begin(void *context, struct section *section, const struct aw_event *event)
{
	struct analysis *a = context;

	TELL_ALL(a, section_begin, section, event);
}

static void on_section_end(void *context, struct section *section, const struct aw_event *event)
{
	struct analysis *a = context;

	TELL_ALL(a, section_end, section, event);
}

static void on_section_gap(void *context, struct section *section, uint64_t site)
{
	struct analysis *a = context;

	TELL_ALL(a, section_gap, section, site);
}

static void on_conflict(void *context, const struct conflict *conflict, uint64_t count)
{
	struct analysis *a = context;

	TELL_ALL(a, conflict, conflict, count);
}

static void on_actor_end(void *context, struct actor *actor)
{
	struct analysis *a = context;

	locations_actor_end(&a->locations, actor);
}

static void tell(const struct handlers *handlers, const struct moment *moment)
{
	for (unsigned i = 0; i < handlers->count; i++)
		handlers->list[i].fn(handlers->list[i].state, moment);
}

/* ---- making ---- */

static bool is_chosen(const char *only, const char *name)
{
	size_t length = strlen(name);

	if (!only)
		return true;
	for (const char *at = only; (at = strstr(at, name)); at += length)
		if ((at == only || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* Every name in `only` must be an analyzer's. */
static bool only_is_known(const char *only)
{
	for (size_t length; only && *only; only += length + (only[length] == ',')) {
		bool known = false;

		length = strcspn(only, ",");
		for (unsigned i = 0; analyzers[i]; i++)
			known |= strlen(analyzers[i]->name) == length &&
			         !memcmp(analyzers[i]->name, only, length);
		if (!known)
			return false;
	}
	return true;
}

static int subscribe(struct handlers *handlers, uint64_t kinds,
                     void (*fn)(void *, const struct moment *), void *state)
{
	for (unsigned kind = 0; kind < AW_KIND_MAX; kind++) {
		if (!(kinds & ANALYZER_KIND(kind)))
			continue;
		if (handlers[kind].count == HANDLERS_MAX)
			return -ENOSPC;
		handlers[kind].list[handlers[kind].count++] = (struct handler){fn, state};
	}
	return 0;
}

static void listen(struct analysis *a, const struct analyzer *analyzer, void *state)
{
	struct listener listener = {analyzer, state};

	if (analyzer->section_begin)
		a->section_begin_of[a->section_begin_count++] = listener;
	if (analyzer->section_end)
		a->section_end_of[a->section_end_count++] = listener;
	if (analyzer->section_gap)
		a->section_gap_of[a->section_gap_count++] = listener;
	if (analyzer->conflict)
		a->conflict_of[a->conflict_count++] = listener;
}

static int analyzers_open(struct analysis *a)
{
	for (unsigned i = 0; analyzers[i]; i++) {
		const struct analyzer *analyzer = analyzers[i];
		int err;

		if (!is_chosen(a->env.options.only, analyzer->name))
			continue;
		err = analyzer->open(&a->env, &a->state[a->count]);
		if (err)
			return err;
		listen(a, analyzer, a->state[a->count]);
		a->chosen[a->count++] = analyzer;
		err = subscribe(a->before, analyzer->before_kinds, analyzer->before,
		                a->state[a->count - 1]);
		if (!err)
			err = subscribe(a->after, analyzer->after_kinds, analyzer->after,
			                a->state[a->count - 1]);
		if (err)
			return err;
	}
	return 0;
}

int analysis_new(const struct analysis_options *options, struct analysis **out)
{
	struct analysis *a = calloc(1, sizeof(*a));
	struct world_hooks hooks = {a, on_section_begin, on_section_end, on_section_gap,
	                            on_actor_end};
	int err;

	*out = NULL;
	if (!a)
		return -ENOMEM;
	if (options)
		a->env.options = *options;
	if (!a->env.options.long_step_ns)
		a->env.options.long_step_ns = 100000000;
	a->env.world = &a->world;
	a->env.findings = &a->findings;
	a->env.report = &a->report;
	a->env.blind = &a->locations.blind;
	a->env.pool = &a->pool;
	err = only_is_known(a->env.options.only) ? names_new(&a->names) : -ENOENT;
	if (!err)
		err = world_init(&a->world, a->names, &hooks);
	process_space_init(&a->space, a->names);
	locations_init(&a->locations, &a->world, on_conflict, a);
	if (!err)
		err = analyzers_open(a);
	if (err) {
		analysis_free(a);
		return err;
	}
	*out = a;
	return 0;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < a->count; i++)
		a->chosen[i]->close(a->state[i]);
	locations_fini(&a->locations);
	world_fini(&a->world);
	process_space_fini(&a->space);
	names_free(a->names);
	findings_fini(&a->findings);
	text_pool_fini(&a->pool);
	free(a);
}

/* ---- feeding ---- */

static void access_event(struct analysis *a, struct thread *thread, struct actor *actor,
                         const struct aw_event *event)
{
	uint64_t key = event->object;
	unsigned bits = ACCESS_WRITE;

	if (!actor->running)
		world_step_assume(&a->world, thread, actor, event->time);
	if (event->kind == AW_WRITE && event->arg & AW_ARG_SAME)
		bits |= ACCESS_SAME;
	if (event->kind == AW_WRITE && event->arg & AW_ARG_INFERRED)
		bits |= ACCESS_INFERRED;
	if (event->kind == AW_READ) {
		bits = event->arg & AW_ARG_USE ? ACCESS_USE : ACCESS_READ;
		if (event->arg & AW_ARG_TEST)
			bits |= ACCESS_TEST;
	} else if (event->kind == AW_IO) {
		bits = ACCESS_READ | ACCESS_WRITE | ACCESS_IO;
		key = locations_io_key(key);
	}
	locations_access(&a->locations, thread, actor, key, bits, event);
}

/* What suspended for a descriptor touches it again when it goes on. */
static void io_resumed(struct analysis *a, struct thread *thread, struct actor *actor,
                       const struct aw_event *event)
{
	struct aw_event again = *event;

	if (actor->await != AW_AWAIT_IO || !actor->object)
		return;
	again.site = actor->site;
	locations_access(&a->locations, thread, actor, locations_io_key(actor->object),
	                 ACCESS_READ | ACCESS_WRITE | ACCESS_IO, &again);
}

static int rare_event(struct analysis *a, const struct stream_batch *batch,
                      const struct aw_event *event)
{
	if (event->kind == AW_FORGET)
		locations_forget(&a->locations, event->object, event->site);
	if (event->kind == AW_UNWATCHED)
		a->unwatched += event->object;
	if (event->kind >= AW_KIND_MAX || !event->kind) {
		a->unknown++;
		return 0;
	}
	if (event->kind == AW_SITE && !process_space_many(&a->space) &&
	    process_space_site(&a->space, event->object))
		return -ENOMEM;
	if (names_wants(event->kind))
		return names_event(a->names, batch->pid, batch->tid, event);
	return 0;
}

static int world_takes(struct analysis *a, const struct stream_batch *batch,
                       const struct moment *moment)
{
	const struct aw_event *event = moment->event;
	int err;

	if (event->kind >= AW_KIND_MAX || names_wants(event->kind) || event->kind == AW_UNWATCHED) {
		err = rare_event(a, batch, event);
		if (err || event->kind >= AW_KIND_MAX || !event->kind)
			return err;
	}
	if (event->kind == AW_CANCEL)
		locations_cancelled(&a->locations, event->object);
	else if (event->kind == AW_SUSPEND || event->kind == AW_TASK_END ||
	         event->kind == AW_RESUME || event->kind == AW_CALLBACK)
		locations_step_end(&a->locations);
	tell(&a->before[event->kind], moment);
	world_event(&a->world, moment->thread, moment->actor, event);
	if (event->kind == AW_RESUME)
		io_resumed(a, moment->thread, moment->actor, event);
	tell(&a->after[event->kind], moment);
	return a->world.error;
}

/* What only gives names: nothing happens, and `task` may be no task. */
static bool is_definition(unsigned kind)
{
	return kind == AW_SITE || kind == AW_NAME || kind == AW_TEXT || kind == AW_MODULE;
}

/* A stream_fn: events of the process that is analysed. */
static int feed(void *analysis, const struct stream_batch *batch)
{
	struct analysis *a = analysis;
	struct thread *thread = NULL; /* a stream of definitions only is no thread of the target */
	int err = 0;

	a->events += batch->count;
	for (size_t i = 0; i < batch->count && !err; i++) {
		const struct aw_event *event = &batch->events[i];
		struct moment moment = {.event = event};

		if (is_definition(event->kind)) {
			err = rare_event(a, batch, event);
			continue;
		}
		if (!thread)
			thread = world_thread(&a->world, batch->tid);
		if (!thread)
			return -ENOMEM;
		moment.thread = thread;
		a->world.order++;
		moment.actor = world_actor(&a->world, thread, event->task);
		if (event->kind == AW_READ || event->kind == AW_WRITE || event->kind == AW_IO)
			access_event(a, thread, moment.actor, event);
		else
			err = world_takes(a, batch, &moment);
	}
	return err ? err : a->world.error ? a->world.error : a->locations.error;
}

int analysis_feed(void *analysis, const struct stream_batch *batch)
{
	struct analysis *a = analysis;
	int err;

	if (!a->world.pid)
		a->world.pid = batch->pid;
	if (batch->pid == a->world.pid && !process_space_many(&a->space))
		return feed(a, batch);
	if (a->world.runtime != AW_RUNTIME_CPYTHON) {
		a->foreign += batch->count; /* their ids may be the same */
		return 0;
	}
	err = process_space_feed(&a->space, a->world.pid, batch, feed, a);
	a->world.can &= a->space.can;
	return err;
}

/* ---- the report ---- */

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

/* Stream 0 is the tracer's own: definitions, and what was read from outside. */
static uint64_t threads_of_target(const struct world *world)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < world->thread_count; i++)
		count += world->threads[i].tid != 0;
	return count;
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
		.threads = threads_of_target(world),
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

static void report_notes(struct analysis *a)
{
	const struct world *world = &a->world;
	struct text_pool *pool = &a->pool;

	for (uint32_t i = 0; i < world->thread_count; i++)
		if (world->threads[i].lost && a->report.note_count < 8)
			note(a, text_pool_format(pool,
			                         "%lu records of thread %u were lost: "
			                         "counts are too low, and nothing is concluded "
			                         "about the locks it used",
			                         world->threads[i].lost, world->threads[i].tid));
	if (world->pauses)
		note(a,
		     "it was watched in windows: what happened between them was not seen, and is "
		     "in no count");
	if (a->foreign)
		note(a, text_pool_format(pool, "%lu events of other processes were left out",
		                         a->foreign));
	if (a->unknown)
		note(a, text_pool_format(pool, "%lu events are of kinds this version does not know",
		                         a->unknown));
	if (a->locations.ignored)
		note(a, text_pool_format(pool, "%lu accesses were left out: more than %u locations",
		                         a->locations.ignored, LOCATIONS_MAX));
	if (a->world.can & AW_CAN_CELLS && a->locations.accesses)
		note(a,
		     "a change of a watched attribute that was undone before its reader went on is "
		     "not seen: such counts are at least");
	if (a->unwatched)
		note(a, text_pool_format(
				pool,
				"%lu times a cell was not watched, for the cap was reached: what "
				"was written to it then is not known",
				a->unwatched));
	note_blind(a);
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
	return err ? err : a->pool.error;
}
