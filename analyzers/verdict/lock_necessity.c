/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_necessity.c - counts for each lock what its sections did, and reports it;
 * lock_evidence.c keeps what shows it needed, bypassed or wrong, lock_verdict.c judges.
 */
#include "lock_necessity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_table.h"

static int necessity_open(const struct analyzer_env *env, void **state)
{
	struct necessity *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->env = env;
	*state = self;
	return 0;
}

static void necessity_close(void *state)
{
	struct necessity *self = state;

	for (unsigned i = 0; self && i < self->count; i++) {
		struct lock_stats *stats = self->stats[i];

		if (!stats)
			continue;
		site_counts_fini(&stats->sites);
		site_counts_fini(&stats->suspensions);
		site_counts_fini(&stats->awaits);
		free(stats->needed);
		free(stats->jointly);
		free(stats->bypassed);
		free(stats->wrong);
		free(stats->split);
		free(stats);
	}
	if (self)
		free(self->stats);
	free(self);
}

/* Makes room for the row of `identity`. 0, or -ENOMEM. */
static int stats_grow(struct necessity *self, uint32_t identity)
{
	uint32_t count = self->count ? 2 * self->count : 64;
	struct lock_stats **more;

	while (count <= identity)
		count *= 2;
	more = realloc(self->stats, count * sizeof(struct lock_stats *));
	if (!more) {
		self->error = -ENOMEM;
		return -ENOMEM;
	}
	memset(more + self->count, 0, (count - self->count) * sizeof(struct lock_stats *));
	self->stats = more;
	self->count = count;
	return 0;
}

struct lock_stats *lock_stats_of(struct necessity *self, uint32_t identity)
{
	if (identity >= self->count && stats_grow(self, identity))
		return NULL;
	if (!self->stats[identity]) {
		self->stats[identity] = calloc(1, sizeof(struct lock_stats));
		if (!self->stats[identity])
			self->error = -ENOMEM;
	}
	return self->stats[identity];
}

static void count_site(struct necessity *self, struct site_counts *counts, uint64_t site,
                       uint64_t count, uint64_t suspended)
{
	struct site_count *row = site_counts_get(counts, site);

	if (!row) {
		self->error = -ENOMEM;
		return;
	}
	row->count += count;
	row->suspended += suspended;
}

/* ---- sections ---- */

static void necessity_begin(void *state, struct section *section, const struct aw_event *event)
{
	struct necessity *self = state;
	struct lock_stats *stats = lock_stats_of(self, section->lock->identity);

	(void)event;
	if (!stats)
		return;
	stats->sections++;
	stats->recording_began |= section->snapshot;
	if (section->waited) {
		stats->waited++;
		histogram_add(&stats->wait, section->wait_ns);
	}
	count_site(self, &stats->sites, section->site, 1, 0);
}

static void section_count(struct necessity *self, struct lock_stats *stats,
                          const struct section *section)
{
	stats->suspended += section->spanned;
	stats->inferred += section->inferred;
	stats->accesses += section->accesses;
	stats->touched += section->accesses != 0;
	if (section->spanned)
		count_site(self, &stats->sites, section->site, 0, 1);
}

static void necessity_end(void *state, struct section *section, const struct aw_event *event)
{
	struct necessity *self = state;
	struct lock_stats *stats = lock_stats_of(self, section->lock->identity);

	if (!stats)
		return;
	section_count(self, stats, section);
	if (!event) {
		/* A LOST is what is being taken. */
		if (self->env->world->loss_order == self->env->world->order)
			stats->cut++;
		else
			stats->unended++;
		return;
	}
	stats->ended++;
	if (!section->snapshot && event->time >= section->taken_at)
		histogram_add(&stats->hold, event->time - section->taken_at);
}

static void necessity_gap(void *state, struct section *section, uint64_t site)
{
	struct necessity *self = state;
	struct lock_stats *stats = lock_stats_of(self, section->lock->identity);

	if (stats)
		count_site(self, &stats->suspensions, site, 1, 0);
}

/*
 * An await site passed in a section: one that does not suspend today may tomorrow. Passes are told
 * at their end: right after the lock was taken it is the acquisition itself.
 */
static void necessity_after(void *state, const struct moment *moment)
{
	struct necessity *self = state;
	const struct actor *actor = moment->actor;

	for (unsigned i = 0; i < actor->held_count; i++) {
		const struct section *section = actor->held[i];
		struct lock_stats *stats = lock_stats_of(self, section->lock->identity);

		if (stats && section->order + 1 != self->env->world->order)
			count_site(self, &stats->awaits, moment->event->site, 1,
			           moment->event->arg & 1);
	}
}

static void necessity_conflict(void *state, const struct conflict *conflict, uint64_t count)
{
	struct necessity *self = state;

	(void)count;
	if (conflict->is_protected)
		lock_evidence_kept_out(self, conflict);
	else
		lock_evidence_passed(self, conflict);
}

/* ---- the report ---- */

static struct report_times times_of(const struct histogram *histogram, bool known)
{
	if (!known)
		return (struct report_times){.known = false};
	return (struct report_times){
		.known = true,
		.total = histogram->total,
		.p50 = histogram_quantile(histogram, 500),
		.p99 = histogram_quantile(histogram, 990),
		.max = histogram->max,
	};
}

static struct report_site *sites_of(const struct analyzer_env *env, struct site_counts *counts,
                                    size_t *out_count)
{
	struct report_site *sites = text_pool_array(env->pool, counts->used, sizeof(*sites));

	site_counts_sort(counts);
	for (uint32_t i = 0; sites && i < counts->used; i++)
		sites[i] = (struct report_site){
			.place = findings_place(env->world, counts->rows[i].site),
			.count = counts->rows[i].count,
			.suspended = counts->rows[i].suspended,
		};
	*out_count = sites ? counts->used : 0;
	return sites;
}

static uint64_t fragile_sites(const struct site_counts *awaits)
{
	uint64_t fragile = 0;

	for (uint32_t i = 0; i < awaits->used; i++)
		fragile += !awaits->rows[i].suspended;
	return fragile;
}

static void evidence_add(const struct analyzer_env *env, struct report_lock *out,
                         const struct conflict_access *access, const char *text)
{
	char *task = findings_actor_name(env->world, access->actor);

	out->evidence[out->evidence_count++] = (struct report_evidence){
		.time = access->time,
		.task = text_pool_format(env->pool, "%s", task ? task : ""),
		.text = text,
		.place = findings_place(env->world, access->site),
	};
	free(task);
}

static const char *access_text(const struct conflict_access *access)
{
	if (access->bits & ACCESS_IO)
		return "uses the descriptor";
	if (access->bits & ACCESS_USE)
		return "uses what it knew";
	return access->bits & ACCESS_WRITE ? "writes" : "reads";
}

static void evidence_fill(const struct analyzer_env *env, const struct lock_stats *stats,
                          struct report_lock *out)
{
	const struct conflict *conflict = NULL;

	if (out->verdict == REPORT_WRONG_LOCK)
		conflict = stats->wrong;
	else if (out->verdict == REPORT_BYPASSED)
		conflict = stats->bypassed;
	else if (out->verdict == REPORT_NEEDED)
		conflict = stats->needed ? stats->needed : stats->jointly;
	out->evidence = text_pool_array(env->pool, 4, sizeof(*out->evidence));
	if (!conflict || !out->evidence)
		return;
	evidence_add(env, out, &conflict->first, access_text(&conflict->first));
	if (conflict->gap_site) {
		struct conflict_access gap = {.actor = conflict->first.actor,
		                              .site = conflict->gap_site};

		evidence_add(env, out, &gap, "suspends");
	}
	evidence_add(env, out, &conflict->other, access_text(&conflict->other));
	if (conflict->shape != CONFLICT_RACE)
		evidence_add(env, out, &conflict->second, access_text(&conflict->second));
}

static void lock_fill(struct necessity *self, uint32_t index, struct report_lock *out)
{
	const struct analyzer_env *env = self->env;
	const struct identity *identity = &env->world->identities[index];
	struct lock_stats *stats = self->stats[index];
	bool ends = env->world->can & AW_CAN_RELEASES, waits = env->world->can & AW_CAN_ACQUIRES;

	out->name = lock_name(env, identity);
	out->type = event_lock_type_name(identity->type);
	out->objects = identity->objects;
	out->created = findings_place(env->world, identity->created);
	out->inferred = stats->inferred != 0;
	out->sections = stats->sections;
	out->suspended = stats->suspended;
	out->waited = stats->waited;
	out->tasks = identity->tasks;
	out->threads = bit_set_members(&identity->threads);
	out->fragile = fragile_sites(&stats->awaits);
	out->wait = times_of(&stats->wait, waits);
	out->hold = times_of(&stats->hold, ends && stats->hold.count);
	out->sites = sites_of(env, &stats->sites, &out->site_count);
	out->suspensions = sites_of(env, &stats->suspensions, &out->suspension_count);
	lock_verdict(env, identity, stats, out);
	evidence_fill(env, stats, out);
}

static unsigned verdict_rank(enum report_verdict verdict)
{
	static const unsigned ranks[] = {
#define RANK(NAME, text, rank) [REPORT_##NAME] = rank,
		REPORT_VERDICTS(RANK)
#undef RANK
	};

	return ranks[verdict];
}

/* By verdict; of one verdict the lock that cost most, then the one used most. */
static int worst_first(const void *a, const void *b)
{
	const struct report_lock *x = a, *y = b;
	unsigned rank_x = verdict_rank(x->verdict), rank_y = verdict_rank(y->verdict);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	if (x->wait.total != y->wait.total)
		return x->wait.total < y->wait.total ? 1 : -1;
	if (x->sections != y->sections)
		return x->sections < y->sections ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void open_section_count(struct necessity *self, struct lock_stats *stats,
                               const struct section *section)
{
	section_count(self, stats, section);
	stats->left += !section->holder;
}

/* Sections that are open still: what they have spanned so far counts. */
static void count_open_sections(struct necessity *self)
{
	const struct world *world = self->env->world;

	for (uint32_t i = 0; i < world->locks.made; i++) {
		const struct lock *lock = slab_at(&world->locks, i);

		if (world_lock_by_uid(world, lock->uid) != lock)
			continue;
		for (const struct section *s = lock->sections; s; s = s->next)
			if (lock_stats_of(self, lock->identity))
				open_section_count(self, self->stats[lock->identity], s);
	}
}

static int necessity_finish(void *state)
{
	struct necessity *self = state;
	struct report *report = self->env->report;
	uint32_t count = self->env->world->identity_count;

	count_open_sections(self);
	report->locks = text_pool_array(self->env->pool, count, sizeof(*report->locks));
	if (!report->locks)
		return -ENOMEM;
	for (uint32_t i = 0; i < count && i < self->count; i++)
		if (self->stats[i])
			lock_fill(self, i, &report->locks[report->lock_count++]);
	qsort(report->locks, report->lock_count, sizeof(*report->locks), worst_first);
	return self->error;
}

const struct analyzer analyzer_lock_necessity = {
	.name = "lock-necessity",
	.help = "which locks are needless, needed, bypassed or wrong, and why",
	.open = necessity_open,
	.close = necessity_close,
	.after_kinds = ANALYZER_KIND(AW_AWAIT),
	.after = necessity_after,
	.section_begin = necessity_begin,
	.section_end = necessity_end,
	.section_gap = necessity_gap,
	.conflict = necessity_conflict,
	.finish = necessity_finish,
};
