/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_json.c - the report for programs; docs/report-format.md describes it.
 *
 * Texts are escaped as on a terminal (escape.h), so that what is printed from
 * the JSON later is harmless too; that also makes them valid UTF-8.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "report_formats.h"

#define SCHEMA "awaitness-report/2"

static json_t *text(const char *string)
{
	size_t length = string ? strlen(string) : 0;
	char *escaped;
	json_t *value;

	if (!string)
		return json_null();
	escaped = malloc(ESCAPE_ROOM(length));
	if (!escaped)
		return NULL;
	escape_text(escaped, ESCAPE_ROOM(length), string, length, false);
	value = json_string(escaped);
	free(escaped);
	return value;
}

static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* Adds, and notes the first failure: then the whole is given up. */
static void put(json_t *object, const char *key, json_t *value, int *err)
{
	if (json_object_set_new(object, key, value))
		*err = -ENOMEM;
}

static void put_place(json_t *object, const struct report_place *place, int *err)
{
	put(object, "function", text(place->function), err);
	put(object, "file", text(place->file), err);
	put(object, "line", place->line ? number(place->line) : json_null(), err);
	put(object, "label", text(place->label), err);
	put(object, "inner", text(place->inner), err);
	put(object, "address", place->site ? json_sprintf("0x%lx", place->site) : json_null(), err);
}

static json_t *place_of(const struct report_place *place, int *err)
{
	json_t *object;

	if (!place->site && !place->function && !place->file)
		return json_null();
	object = json_object();
	put_place(object, place, err);
	return object;
}

static json_t *times_of(const struct report_times *times, int *err)
{
	json_t *object;

	if (!times->known)
		return json_null();
	object = json_object();
	put(object, "total", number(times->total), err);
	put(object, "p50", number(times->p50), err);
	put(object, "p99", number(times->p99), err);
	put(object, "max", number(times->max), err);
	return object;
}

static json_t *evidence_of(const struct report_evidence *evidence, size_t count, int *err)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		put(object, "time", evidence[i].time ? number(evidence[i].time) : json_null(), err);
		put(object, "task", text(evidence[i].task), err);
		put(object, "what", text(evidence[i].text), err);
		put_place(object, &evidence[i].place, err);
		if (json_array_append_new(array, object))
			*err = -ENOMEM;
	}
	return array;
}

static json_t *sites_of(const struct report_site *sites, size_t count, const char *key, int *err)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		put_place(object, &sites[i].place, err);
		put(object, key, number(sites[i].count), err);
		if (!strcmp(key, "sections"))
			put(object, "suspended", number(sites[i].suspended), err);
		if (json_array_append_new(array, object))
			*err = -ENOMEM;
	}
	return array;
}

static json_t *stops_of(const struct report_lock *lock, int *err)
{
	json_t *array = json_array();

	for (size_t i = 0; i < lock->stop_count; i++) {
		const struct report_stop *stop = &lock->stops[i];
		json_t *object = json_object();

		put_place(object, &stop->place, err);
		put(object, "passed", stop->counted ? number(stop->passed) : json_null(), err);
		if (json_array_append_new(array, object))
			*err = -ENOMEM;
	}
	return array;
}

/* null: there is only one. */
static json_t *processes_of(const struct report_target *target, int *err)
{
	json_t *array = target->process_count ? json_array() : json_null();

	for (size_t i = 0; i < target->process_count; i++) {
		const struct report_process *process = &target->processes[i];
		json_t *object = json_object();

		put(object, "pid", number(process->pid), err);
		put(object, "command", text(process->command), err);
		put(object, "watched", json_boolean(process->watched), err);
		put(object, "why", text(process->why), err);
		put(object, "steps", number(process->steps), err);
		put(object, "events", number(process->events), err);
		put(object, "lost", number(process->lost), err);
		if (json_array_append_new(array, object))
			*err = -ENOMEM;
	}
	return array;
}

static json_t *target_of(const struct report_target *target, int *err)
{
	json_t *object = json_object();

	put(object, "pid", number(target->pid), err);
	put(object, "command", text(target->command), err);
	put(object, "runtime", text(target->runtime), err);
	put(object, "version", text(target->version), err);
	put(object, "detail", text(target->detail), err);
	put(object, "transport", text(target->transport), err);
	put(object, "processes", processes_of(target, err), err);
	return object;
}

static json_t *period_of(const struct report_period *period, int *err)
{
	json_t *object = json_object();

	put(object, "seconds", json_real(period->seconds), err);
	put(object, "tasks", number(period->tasks), err);
	put(object, "steps", number(period->steps), err);
	put(object, "events", number(period->events), err);
	put(object, "lost", number(period->lost), err);
	put(object, "threads", number(period->threads), err);
	return object;
}

static json_t *unseen_of(const struct report_unseen *unseen, int *err)
{
	json_t *object = json_object(), *hides = json_array();

	for (size_t i = 0; i < unseen->may_hide_count; i++)
		if (json_array_append_new(hides, text(unseen->may_hide[i])))
			*err = -ENOMEM;
	put(object, "what", text(unseen->what), err);
	put(object, "so", text(unseen->so), err);
	put(object, "records", unseen->records ? number(unseen->records) : json_null(), err);
	put(object, "thread", unseen->thread ? number(unseen->thread) : json_null(), err);
	put(object, "from", unseen->from ? number(unseen->from) : json_null(), err);
	put(object, "until", unseen->until ? number(unseen->until) : json_null(), err);
	put(object, "may_hide", hides, err);
	return object;
}

static json_t *lock_of(const struct report_lock *lock, int *err)
{
	json_t *object = json_object();

	put(object, "name", text(lock->name), err);
	put(object, "type", text(lock->type), err);
	put(object, "objects", number(lock->objects), err);
	put(object, "created", place_of(&lock->created, err), err);
	put(object, "verdict", text(report_verdict_text(lock->verdict)), err);
	put(object, "basis", text(report_basis_text(lock->basis)), err);
	put(object, "known", text(report_known_text(lock->known)), err);
	put(object, "inferred", json_boolean(lock->inferred), err);
	put(object, "change", text(lock->change), err);
	put(object, "why", text(lock->why), err);
	put(object, "command", text(lock->command), err);
	put(object, "sections", number(lock->sections), err);
	put(object, "suspended", number(lock->suspended), err);
	put(object, "waited", number(lock->waited), err);
	put(object, "tasks", number(lock->tasks), err);
	put(object, "threads", number(lock->threads), err);
	put(object, "fragile", number(lock->fragile), err);
	put(object, "wait_ns", times_of(&lock->wait, err), err);
	put(object, "hold_ns", times_of(&lock->hold, err), err);
	put(object, "sites", sites_of(lock->sites, lock->site_count, "sections", err), err);
	put(object, "suspensions",
	    sites_of(lock->suspensions, lock->suspension_count, "count", err), err);
	put(object, "can_suspend", stops_of(lock, err), err);
	put(object, "evidence", evidence_of(lock->evidence, lock->evidence_count, err), err);
	return object;
}

static json_t *await_of(const struct report_await *await, int *err)
{
	json_t *object = json_object();

	put_place(object, &await->place, err);
	put(object, "passed", await->counted ? number(await->passed) : json_null(), err);
	put(object, "suspended", number(await->suspended), err);
	return object;
}

static json_t *other_of(const struct report_finding *finding, int *err)
{
	json_t *object;

	if (!finding->other_task && !finding->other.site)
		return json_null();
	object = json_object();
	put(object, "task", text(finding->other_task), err);
	put(object, "lock", text(finding->other_lock), err);
	put_place(object, &finding->other, err);
	return object;
}

static void append(json_t *array, json_t *value, int *err)
{
	if (json_array_append_new(array, value))
		*err = -ENOMEM;
}

static json_t *tests_of(const struct report_finding *finding, int *err)
{
	json_t *array = json_array();

	for (size_t i = 0; i < finding->test_count; i++)
		append(array, text(finding->tests[i]), err);
	return array;
}

static json_t *finding_of(const struct report_finding *finding, int *err)
{
	json_t *object = json_object();

	put(object, "rule", text(finding->rule), err);
	put(object, "severity", text(report_severity_text(finding->severity)), err);
	put(object, "verdict", text(report_basis_text(finding->basis)), err);
	put(object, "pattern", json_boolean(finding->pattern), err);
	put(object, "object", text(finding->object), err);
	put(object, "objects", number(finding->objects), err);
	put(object, "count", number(finding->count), err);
	put(object, "task", text(finding->task), err);
	put(object, "lock", text(finding->lock), err);
	put(object, "read", place_of(&finding->read, err), err);
	put(object, "suspension", place_of(&finding->suspension, err), err);
	put(object, "write", place_of(&finding->write, err), err);
	put(object, "other", other_of(finding, err), err);
	put(object, "tests", tests_of(finding, err), err);
	put(object, "max_ns", finding->max_ns ? number(finding->max_ns) : json_null(), err);
	put(object, "message", text(finding->message), err);
	put(object, "change", text(finding->change), err);
	put(object, "evidence", evidence_of(finding->evidence, finding->evidence_count, err), err);
	return object;
}

static json_t *report_of(const struct report *report, int *err)
{
	json_t *root = json_object(), *locks = json_array(), *awaits = json_array();
	json_t *findings = json_array(), *notes = json_array(), *unseen = json_array();

	for (size_t i = 0; i < report->unseen_count; i++)
		append(unseen, unseen_of(&report->unseen[i], err), err);

	for (size_t i = 0; i < report->lock_count; i++)
		append(locks, lock_of(&report->locks[i], err), err);
	for (size_t i = 0; i < report->await_count; i++)
		append(awaits, await_of(&report->awaits[i], err), err);
	for (size_t i = 0; i < report->finding_count; i++)
		append(findings, finding_of(&report->findings[i], err), err);
	for (size_t i = 0; i < report->note_count; i++)
		append(notes, text(report->notes[i].text), err);
	put(root, "schema", json_string(SCHEMA), err);
	put(root, "unseen", unseen, err);
	put(root, "target", target_of(&report->target, err), err);
	put(root, "period", period_of(&report->period, err), err);
	put(root, "locks", locks, err);
	put(root, "awaits", awaits, err);
	put(root, "findings", findings, err);
	put(root, "in_baseline", number(report->in_baseline), err);
	put(root, "waived", number(report->waived), err);
	put(root, "notes", notes, err);
	return root;
}

int report_write_json(const struct report *report, FILE *out, const struct report_options *options)
{
	int err = 0;
	json_t *root = report_of(report, &err);

	(void)options;
	errno = 0;
	if (!err && (json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) ||
	             fputc('\n', out) == EOF))
		err = errno ? -errno : -EIO;
	json_decref(root);
	return err;
}
