/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_dormant.c - a lock that kept nobody out while it was watched, and what could make it.
 *
 * "None of its sections suspended" has two reasons, which are worth different things: an await that
 * was passed k times and did not suspend, and one that was never reached. Where the source was
 * read, both are told by place; else only what was passed is known.
 */
#include <string.h>

#include "lock_necessity.h"

static bool is_same_place(const struct report_place *a, const struct report_place *b)
{
	return a->line == b->line && a->file && b->file && !strcmp(a->file, b->file) &&
	       a->function && b->function && !strcmp(a->function, b->function);
}

/* How often an await of a section was passed. It stands in the section, so each pass was in one:
 * whether it was told within is of no matter. */
static uint64_t passes_of(const struct report *report, const struct report_place *place)
{
	uint64_t passed = 0;

	for (size_t i = 0; i < report->await_count; i++)
		if (report->awaits[i].counted && is_same_place(&report->awaits[i].place, place))
			passed += report->awaits[i].passed;
	return passed;
}

static void stops_fill(const struct analyzer_env *env, const struct lock_stats *stats,
                       const struct report_source *source, struct report_lock *out)
{
	const struct report *report = env->report;
	bool counted = env->world->can & AW_CAN_AWAITS && report->awaits;
	bool python = env->world->runtime == AW_RUNTIME_CPYTHON;
	size_t room = source->stop_count + stats->awaits.used;

	out->stops = text_pool_array(env->pool, room, sizeof(*out->stops));
	if (!out->stops)
		return;
	for (size_t i = 0; i < source->stop_count; i++) {
		const struct report_stop *stop = &source->stops[i];
		uint64_t passed = counted ? passes_of(report, &stop->place) : 0;

		out->stops[out->stop_count++] = (struct report_stop){
			.place = stop->place,
			.counted = counted && (passed || stop->counted),
			.passed = passed,
		};
	}
	/* Without a source each await that was passed may be one that can suspend. Those of Python
	 * are told at the end of a step, and so not by section. */
	for (uint32_t i = 0; i < stats->awaits.used && !source->read && !python; i++)
		out->stops[out->stop_count++] = (struct report_stop){
			.place = findings_place(env->world, stats->awaits.rows[i].site),
			.counted = true,
			.passed = stats->awaits.rows[i].count,
		};
}

/* "; passed 12 times and never suspended here: A, B and 3 more", of the stops that are `which`. */
static const char *stops_text(const struct analyzer_env *env, const struct report_lock *out,
                              bool (*which)(const struct report_stop *), const char *what)
{
	const char *text = NULL;
	uint64_t passed = 0;
	size_t count = 0;

	for (size_t i = 0; i < out->stop_count; i++) {
		const struct report_stop *stop = &out->stops[i];
		const char *place;

		if (!which(stop))
			continue;
		passed += stop->passed;
		if (count++ >= 2)
			continue;
		place = lock_place_text(env, &stop->place);
		text = text ? text_pool_format(env->pool, "%s, %s", text, place) : place;
	}
	if (!count)
		return "";
	if (passed)
		what = text_pool_format(env->pool, "passed %lu time%s and never suspended here",
		                        passed, passed == 1 ? "" : "s");
	if (count > 2)
		text = text_pool_format(env->pool, "%s and %zu more", text, count - 2);
	return text_pool_format(env->pool, "; %s: %s", what, text);
}

static bool is_passed(const struct report_stop *stop)
{
	return stop->counted && stop->passed;
}

static bool is_unreached(const struct report_stop *stop)
{
	return stop->counted && !stop->passed;
}

static bool is_uncounted(const struct report_stop *stop)
{
	return !stop->counted;
}

/* What is known of where it could suspend. */
static const char *reasons_text(const struct analyzer_env *env, const struct report_source *source,
                                const struct report_lock *out)
{
	const char *text = text_pool_format(
		env->pool, "%s%s%s", stops_text(env, out, is_passed, NULL),
		stops_text(env, out, is_unreached, "never reached here"),
		stops_text(
			env, out, is_uncounted,
			env->world->can & AW_CAN_AWAITS
				? "it can suspend here, and whether that was reached is not known"
				: "it can suspend here, and whether that was reached is not known "
				  "(--detail awaits counts it)"));

	if (source->why && (!source->read || !source->stop_count))
		text = text_pool_format(env->pool, "%s; that none can suspend is not proven: %s",
		                        text, source->why);
	else if (!source->read)
		text = text_pool_format(
			env->pool, "%s; whether a section can suspend is not known: %s", text,
			env->world->runtime == AW_RUNTIME_CPYTHON
				? "its source was not read (only a running process's is)"
				: "no proof is made of a C program");
	return text;
}

void lock_dormant(const struct analyzer_env *env, const struct lock_stats *stats,
                  const struct report_source *source, uint64_t doubts, struct report_lock *out)
{
	stops_fill(env, stats, source, out);
	out->verdict = REPORT_DORMANT;
	out->basis = REPORT_BASIS_OBSERVED;
	out->why = text_pool_format(
		env->pool,
		"none of %lu sections by %lu tasks suspended and none waited: it "
		"kept nobody out here (of sections like these at most %.2g %% suspend, 95 %% "
		"sure)%s",
		stats->ended, out->tasks, (300.0 + 100.0 * (double)doubts) / (double)stats->ended,
		reasons_text(env, source, out));
	if (env->world->runtime == AW_RUNTIME_CPYTHON) {
		out->fragile = 0;
		for (size_t i = 0; i < out->stop_count; i++)
			out->fragile += out->stops[i].passed != 0;
	}
	out->change = "keep it: it is needed as soon as one of its sections suspends";
}
