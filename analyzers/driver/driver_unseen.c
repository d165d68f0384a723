/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver_unseen.c - what happened and was not seen: losses, limits that were reached. It stands on
 * top of every report, with what follows from it.
 */
#include <assert.h>
#include <errno.h>

#include "driver.h"

#define ROWS_MAX      24u /* two of losses, one of each limit, those of threads and of readers */
#define THREADS_SHOWN 8u  /* that lost records; the others are one row */

static struct report_unseen *row_add(struct analysis *a, const char *what, const char *so)
{
	struct report *report = &a->report;
	struct report_unseen *row = &report->unseen[report->unseen_count++];

	assert(report->unseen_count <= ROWS_MAX);
	*row = (struct report_unseen){.what = what, .so = so};
	return row;
}

/* Which findings and verdicts there may be in what was not seen: those that would be told of this
 * source if it had been. */
static uint64_t all_hidden(const struct analysis *a)
{
	static const enum says of_verdict[] = {
		[REPORT_WRONG_LOCK] = SAYS_NEEDED,          [REPORT_BYPASSED] = SAYS_NEEDED,
		[REPORT_NEEDLESS] = SAYS_NEEDLESS,          [REPORT_NEEDED] = SAYS_NEEDED,
		[REPORT_SERIALISES_ONLY] = SAYS_SERIALISES,
	};
	uint64_t hidden =
		REPORT_HIDES_VERDICT(REPORT_UNKNOWN) | REPORT_HIDES_VERDICT(REPORT_LIMITS);

	for (unsigned i = 0; i < RULE_MAX; i++)
		if (finding_rule_allowed(i, a->world.can, a->world.runtime))
			hidden |= REPORT_HIDES_RULE(i);
	for (unsigned i = 0; i < sizeof(of_verdict) / sizeof(*of_verdict); i++)
		if (i != REPORT_UNKNOWN && i != REPORT_LIMITS &&
		    says_allow(of_verdict[i], a->world.can, a->world.runtime))
			hidden |= REPORT_HIDES_VERDICT(i);
	return hidden;
}

/* What only accesses tell. */
static uint64_t accesses_hidden(const struct analysis *a)
{
	return all_hidden(a) &
	       (REPORT_HIDES_RULE(RULE_DATA_RACE) | REPORT_HIDES_RULE(RULE_LOST_UPDATE) |
	        REPORT_HIDES_RULE(RULE_CHECK_THEN_ACT) | REPORT_HIDES_RULE(RULE_STALE_USE) |
	        REPORT_HIDES_RULE(RULE_CHANGED_ITERATING) |
	        REPORT_HIDES_RULE(RULE_INCONSISTENT_GUARD) |
	        REPORT_HIDES_VERDICT(REPORT_WRONG_LOCK) | REPORT_HIDES_VERDICT(REPORT_BYPASSED) |
	        REPORT_HIDES_VERDICT(REPORT_NEEDED) | REPORT_HIDES_VERDICT(REPORT_SERIALISES_ONLY));
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static const char *were(uint64_t count)
{
	return count == 1 ? "was" : "were";
}

static const char *const loss_so =
	"all counts are at least; findings may be missing, and what is said of a lock says how far "
	"it is weakened";

static void records_row(struct analysis *a, uint64_t records, const char *whose)
{
	struct report_unseen *row =
		row_add(a,
	                text_pool_format(&a->pool, "%lu record%s %s%s lost", records,
	                                 plural(records), whose, were(records)),
	                loss_so);

	row->records = records;
	row->hides = all_hidden(a);
}

static void thread_rows(struct analysis *a)
{
	const struct world *world = &a->world;
	uint64_t told = 0, shown = 0;

	for (uint32_t i = 0; i < world->thread_count && shown < THREADS_SHOWN; i++) {
		const struct thread *thread = world->threads[i];
		struct report_unseen *row;

		if (!thread->lost)
			continue;
		row = row_add(
			a,
			text_pool_format(
				&a->pool,
				"%lu record%s of thread %u %s lost, within %.3f s from %.3f s on",
				thread->lost, plural(thread->lost), thread->tid, were(thread->lost),
				thread->lost_until > thread->lost_from
					? (double)(thread->lost_until - thread->lost_from) / 1e9
					: 0.0,
				thread->lost_from > world->started
					? (double)(thread->lost_from - world->started) / 1e9
					: 0.0),
			loss_so);
		row->records = thread->lost;
		row->thread = thread->tid;
		row->from = thread->lost_from;
		row->until = thread->lost_until;
		row->hides = all_hidden(a);
		told += thread->lost;
		shown++;
	}
	told += world->lost_anywhere;
	if (world->lost > told)
		records_row(a, world->lost - told, "of other threads ");
	if (world->lost_anywhere)
		records_row(a, world->lost_anywhere, "of threads that are not known ");
}

void analysis_incomplete(struct analysis *a, const char *what)
{
	for (size_t i = 0; i < sizeof(a->incomplete) / sizeof(*a->incomplete); i++) {
		if (a->incomplete[i])
			continue;
		a->incomplete[i] = what;
		return;
	}
}

static void incomplete_rows(struct analysis *a)
{
	for (size_t i = 0; i < sizeof(a->incomplete) / sizeof(*a->incomplete); i++)
		if (a->incomplete[i])
			row_add(a, a->incomplete[i],
			        "what is missing is in no count; findings may be missing, and "
			        "sections that are shown as never ended may have")
				->hides = all_hidden(a);
}

static void limit_rows(struct analysis *a)
{
	const struct world *world = &a->world;

	if (world->left_out_threads)
		row_add(a,
		        text_pool_format(
				&a->pool,
				"%lu thread%s %s left out (%lu events): no more than %u are "
				"told apart",
				world->left_out_threads, plural(world->left_out_threads),
				were(world->left_out_threads), world->left_out_events,
				WORLD_THREADS),
		        "what they did is in no count and no finding; nothing is said to be "
		        "possible "
		        "across it, and no lock that they use is judged by what it did not do")
			->hides = all_hidden(a);
	if (world->identities_shared)
		row_add(a,
		        text_pool_format(&a->pool,
		                         "%lu lock%s share one row with others: no more "
		                         "than %u are told apart by name and place",
		                         world->identities_shared, plural(world->identities_shared),
		                         WORLD_IDENTITIES),
		        "the counts and the verdict of that row are of all of them")
			->hides = all_hidden(a) & ~(REPORT_HIDES_VERDICT(0) - 1);
	if (a->findings.left_out)
		row_add(a,
		        text_pool_format(&a->pool,
		                         "findings were left out (%lu times): no more than %u are "
		                         "kept",
		                         a->findings.left_out, FINDINGS_MAX),
		        "there are more findings than are listed")
			->hides = all_hidden(a) & (REPORT_HIDES_VERDICT(0) - 1);
	if (a->locations.ignored)
		row_add(a,
		        text_pool_format(&a->pool,
		                         "%lu accesses were left out: more than %u locations",
		                         a->locations.ignored, LOCATIONS_MAX),
		        "conflicts at other locations are not told")
			->hides = accesses_hidden(a);
	if (a->findings.circles_cut)
		row_add(a,
		        text_pool_format(&a->pool,
		                         "who waits for whom was not followed to its end (%lu "
		                         "time%s): no more than %u tasks are",
		                         a->findings.circles_cut, plural(a->findings.circles_cut),
		                         DEADLOCK_TASKS),
		        "a deadlock of more tasks is not told")
			->hides = all_hidden(a) & REPORT_HIDES_RULE(RULE_DEADLOCK);
	if (a->findings.orders_left_out)
		row_add(a,
		        text_pool_format(&a->pool,
		                         "locks taken one within the other were left out (%lu "
		                         "time%s): no more than %u pairs of them are kept",
		                         a->findings.orders_left_out,
		                         plural(a->findings.orders_left_out), LOCK_ORDER_PAIRS),
		        "circles of lock order with other pairs are not told")
			->hides = all_hidden(a) & REPORT_HIDES_RULE(RULE_LOCK_ORDER);
	if (names_ignored(world->names))
		row_add(a,
		        text_pool_format(&a->pool,
		                         "%lu name%s of places, tasks, locks or files %s left out: "
		                         "there are too many",
		                         names_ignored(world->names),
		                         plural(names_ignored(world->names)),
		                         were(names_ignored(world->names))),
		        "what they name is shown by its number, and locks without a name are told "
		        "apart by their place");
	if (a->unwatched)
		row_add(a,
		        text_pool_format(
				&a->pool,
				"%lu times a cell was not watched, for the cap was reached",
				a->unwatched),
		        "what was written to it then is not known")
			->hides = accesses_hidden(a);
	/* Chosen by who asked for windows, and in what they are told: it hides nothing from them.
	 */
	if (world->pauses)
		row_add(a, "it was watched in windows",
		        "what happened between them was not seen, and is in no count");
	if (world->late)
		row_add(a,
		        text_pool_format(&a->pool,
		                         "%lu process%s that began meanwhile %s found late, or "
		                         "not at all",
		                         world->late, world->late == 1 ? "" : "es",
		                         were(world->late)),
		        "what they did until then, as far as they are Python programs, is in no "
		        "count");
}

static int names_fill(struct analysis *a, struct report_unseen *row)
{
	row->may_hide = text_pool_array(&a->pool, 64, sizeof(*row->may_hide));
	if (!row->may_hide)
		return -ENOMEM;
	for (unsigned i = 0; i < RULE_MAX; i++)
		if (row->hides & REPORT_HIDES_RULE(i))
			row->may_hide[row->may_hide_count++] = finding_rule_text(i);
	for (unsigned i = 0; i < REPORT_VERDICT_MAX; i++)
		if (row->hides & REPORT_HIDES_VERDICT(i))
			row->may_hide[row->may_hide_count++] = report_verdict_text(i);
	return 0;
}

int unseen_report(struct analysis *a)
{
	int err = 0;

	a->report.unseen = text_pool_array(&a->pool, ROWS_MAX, sizeof(*a->report.unseen));
	if (!a->report.unseen)
		return -ENOMEM;
	thread_rows(a);
	incomplete_rows(a);
	limit_rows(a);
	for (size_t i = 0; i < a->report.unseen_count && !err; i++)
		err = names_fill(a, &a->report.unseen[i]);
	return err;
}
