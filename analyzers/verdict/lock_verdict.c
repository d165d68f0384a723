/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock_verdict.c - from what was seen of a lock to a verdict, a reason and a fix.
 *
 * The rules are DESIGN's verdict table, worst first. Where nothing can be
 * concluded the reason says what was missing, and the command what would settle it.
 */
#include "lock_necessity.h"

#include "wording/says.h"

struct judge {
	const struct analyzer_env *env;
	const struct identity *identity;
	const struct lock_stats *stats;
	struct report_source source;
	struct report_lock *out;
};

#define LOSS_SHARE                                                                                 \
	100u /* sections seen for one that a loss may hide: else nothing is concluded              \
	      */

#define SAY(judge, ...) text_pool_format((judge)->env->pool, __VA_ARGS__)

const char *lock_name(const struct analyzer_env *env, const struct identity *identity)
{
	struct report_place place;

	if (identity->name)
		return identity->name;
	place = findings_place(env->world, identity->created);
	if (place.label)
		return place.label;
	if (place.function)
		return text_pool_format(env->pool, "lock of %s", place.function);
	if (identity->created)
		return text_pool_format(env->pool, "lock created at 0x%lx", identity->created);
	return "lock without a name";
}

const char *lock_place_text(const struct analyzer_env *env, const struct report_place *place)
{
	if (place->function && place->file)
		return text_pool_format(env->pool, "%s (%s:%u)", place->function, place->file,
		                        place->line);
	if (place->function)
		return place->function;
	if (place->file)
		return text_pool_format(env->pool, "%s:%u", place->file, place->line);
	return place->site ? text_pool_format(env->pool, "0x%lx", place->site)
	                   : "a place that is not known";
}

static const char *place_text(const struct judge *judge, uint64_t site)
{
	struct report_place place = findings_place(judge->env->world, site);

	return lock_place_text(judge->env, &place);
}

static const char *location_text(const struct judge *judge, const struct conflict *conflict)
{
	const struct world *world = judge->env->world;
	const char *name = conflict->first.bits & ACCESS_IO
	                           ? names_object(world->names, world->pid, conflict->address)
	                           : names_location(world->names, world->pid, conflict->address);
	struct report_place place = findings_place(world, conflict->first.site);

	if (name)
		return SAY(judge, "`%s`", name);
	if (conflict->first.bits & ACCESS_IO)
		return SAY(judge, "descriptor %lu", conflict->address);
	if (place.label)
		return SAY(judge, "`%s`", place.label);
	return SAY(judge, "the memory at 0x%lx", conflict->address);
}

static bool allowed(const struct judge *judge, enum says what)
{
	const struct world *world = judge->env->world;

	return says_allow(what, world->can, world->runtime);
}

/* Evidence that may be used: of a source that sees accesses and, for what is only possible, order.
 */
static const struct conflict *usable(const struct judge *judge, const struct conflict *conflict)
{
	if (!conflict || !allowed(judge, SAYS_NEEDED))
		return NULL;
	if (conflict->shape == CONFLICT_RACE)
		return allowed(judge, SAYS_RACE) ? conflict : NULL;
	return conflict->observed || allowed(judge, SAYS_POSSIBLE) ? conflict : NULL;
}

/* When the other access can be: "between A and B", or of a race while another thread is at A. */
static const char *when(const struct judge *judge, const struct conflict *conflict)
{
	if (conflict->shape == CONFLICT_RACE)
		return SAY(judge, "while another thread is at %s",
		           place_text(judge, conflict->first.site));
	return SAY(judge, "between %s and %s", place_text(judge, conflict->first.site),
	           place_text(judge, conflict->second.site));
}

static const char *came(const struct conflict *conflict)
{
	return conflict->observed ? "came" : "may come";
}

static void unknown(const struct judge *judge, const char *why, const char *command)
{
	judge->out->verdict = REPORT_UNKNOWN;
	judge->out->basis = REPORT_BASIS_NONE;
	judge->out->why = why;
	judge->out->command = command;
}

static const char *longer(const struct judge *judge)
{
	return SAY(judge, "awaitness attach %u --duration 60s", judge->env->world->pid);
}

/* ---- the verdicts ---- */

static bool judge_limits(const struct judge *judge)
{
	if (judge->identity->permits <= 1)
		return false;
	judge->out->verdict = REPORT_LIMITS;
	judge->out->why =
		SAY(judge, "%u permits: it limits how many tasks get in, it excludes none",
	            judge->identity->permits);
	return true;
}

static bool judge_wrong(const struct judge *judge)
{
	const struct conflict *conflict = usable(judge, judge->stats->wrong);
	const struct identity *other;

	if (!conflict)
		return false;
	other = &judge->env->world->identities[judge->stats->wrong_other];
	judge->out->verdict = REPORT_WRONG_LOCK;
	judge->out->basis = conflict->observed ? REPORT_BASIS_OBSERVED : REPORT_BASIS_NONE;
	if (other == judge->identity)
		judge->out->why =
			SAY(judge, "tasks hold different objects of this lock around %s: %s %s %s",
		            location_text(judge, conflict), place_text(judge, conflict->other.site),
		            came(conflict), when(judge, conflict));
	else
		judge->out->why = SAY(judge,
		                      "%s is guarded by this lock in one place and by `%s` in "
		                      "another: %s %s %s",
		                      location_text(judge, conflict), lock_name(judge->env, other),
		                      place_text(judge, conflict->other.site), came(conflict),
		                      when(judge, conflict));
	judge->out->change = other == judge->identity
	                             ? "use one lock object for what the tasks share"
	                             : SAY(judge, "guard %s by one lock everywhere",
	                                   location_text(judge, conflict));
	return true;
}

static bool judge_bypassed(const struct judge *judge)
{
	const struct conflict *conflict = usable(judge, judge->stats->bypassed);

	if (!conflict)
		return false;
	judge->out->verdict = REPORT_BYPASSED;
	judge->out->basis = conflict->observed ? REPORT_BASIS_OBSERVED : REPORT_BASIS_NONE;
	judge->out->why =
		SAY(judge, "%s %s %s without it, %s", place_text(judge, conflict->other.site),
	            conflict->observed ? "accessed" : "may access", location_text(judge, conflict),
	            when(judge, conflict));
	judge->out->change =
		conflict->other.guards.count
			? SAY(judge, "take it exclusively, not shared, at %s",
	                      place_text(judge, conflict->other.site))
			: SAY(judge, "take it at %s too", place_text(judge, conflict->other.site));
	return true;
}

static bool judge_needed(const struct judge *judge)
{
	const struct conflict *alone = usable(judge, judge->stats->needed);
	const struct conflict *conflict = alone ? alone : usable(judge, judge->stats->jointly);

	if (!conflict)
		return false;
	judge->out->verdict = REPORT_NEEDED;
	judge->out->why =
		SAY(judge, "%s%s: without it %s could come %s",
	            alone ? "it guards "
	                  : SAY(judge, "with `%s`, always held at the same time, it guards ",
	                        lock_name(judge->env,
	                                  &judge->env->world->identities[judge->stats->partner])),
	            location_text(judge, conflict), place_text(judge, conflict->other.site),
	            when(judge, conflict));
	if (!alone)
		judge->out->change = "one of the two locks is enough";
	return true;
}

/* Why a lock is not judged whatever its sections do; NULL: it may be. */
static const char *exemption(const struct judge *judge)
{
	if (judge->identity->condition || judge->identity->type == AW_LOCK_TYPE_CONDITION ||
	    judge->identity->type == AW_LOCK_TYPE_ASYNCIO_CONDITION)
		return "it is the mutex of a Condition, which cannot do without";
	if (judge->identity->waiver || judge->source.wanted)
		return "it is declared to be there on purpose (atomic by intent)";
	if (judge->identity->tested)
		return "locked() is used: it also tells others that somebody is at work";
	if (judge->identity->shared)
		return "several threads use it: their steps run at the same time";
	if (lock_is_thread_lock(judge->identity->type))
		return "it is a lock of threads, and what threads do outside tasks is not seen";
	return NULL;
}

/* Sections that may have suspended without being seen to, for records were lost. */
static uint64_t loss_doubts(const struct judge *judge)
{
	return judge->stats->cut + judge->identity->begun + judge->identity->hidden +
	       judge->env->world->hidden_anywhere;
}

/* Records that threads which use it lost, or may have. */
static uint64_t loss_records(const struct judge *judge)
{
	return judge->identity->lost + judge->env->world->lost_anywhere;
}

/* More than one in a hundred: what was seen is no sample any more of what was done. */
static bool loss_is_much(const struct judge *judge)
{
	return loss_doubts(judge) * LOSS_SHARE > judge->stats->ended;
}

static const char *loss_why(const struct judge *judge)
{
	uint64_t doubts = loss_doubts(judge);

	if (!doubts)
		return "the end of some of its sections was not seen";
	return SAY(judge,
	           "%lu record%s of threads that use it %s lost: %lu section%s may have suspended "
	           "unseen, and the end of %lu was seen",
	           loss_records(judge), loss_records(judge) == 1 ? "" : "s",
	           loss_records(judge) == 1 ? "was" : "were", doubts, doubts == 1 ? "" : "s",
	           judge->stats->ended);
}

/* What a loss leaves open of a verdict that stands in spite of it. */
static const char *loss_clause(const struct judge *judge)
{
	uint64_t doubts = loss_doubts(judge);

	if (!doubts)
		return "";
	return SAY(judge, "; at least, for %lu lost record%s may hide %lu more that did",
	           loss_records(judge), loss_records(judge) == 1 ? "" : "s", doubts);
}

/* Doubts that a proof does not remove. */
static bool judge_holds(const struct judge *judge)
{
	const struct lock_stats *stats = judge->stats;
	const char *why = exemption(judge);

	if (why)
		unknown(judge, why, NULL);
	else if (stats->left)
		unknown(judge,
		        "a task ended without releasing it: nobody gets in any more, whatever its "
		        "sections do",
		        NULL);
	else
		return false;
	return true;
}

static bool judge_doubts(const struct judge *judge)
{
	const struct lock_stats *stats = judge->stats;

	if (judge_holds(judge))
		return true;
	if (judge->identity->pause)
		unknown(judge, "it was watched in windows, and was in use between them",
		        longer(judge));
	else if (loss_is_much(judge) || stats->unended)
		unknown(judge, loss_why(judge), longer(judge));
	else if (judge->identity->tasks < 2)
		unknown(judge, "only one task took it while this was recorded", longer(judge));
	else if (stats->sections < NECESSITY_ENOUGH)
		unknown(judge,
		        SAY(judge, "%lu critical sections are too few to tell (%u would do)",
		            stats->sections, NECESSITY_ENOUGH),
		        longer(judge));
	/* An inferred end is uncertain in its moment only, where the state of locks is seen. */
	else if (stats->inferred && !(judge->env->world->can & AW_CAN_RELEASES))
		unknown(judge,
		        "the end of some sections was concluded, not seen in the lock's state",
		        longer(judge));
	else
		return false;
	return true;
}

/* As it is, it keeps nobody out of what lies between two of its sections. */
static const char *split_change(const struct judge *judge)
{
	const struct conflict *split = judge->stats->split;

	if (!split)
		return NULL;
	return SAY(judge, "as it is it guards nothing: hold it from %s through %s",
	           place_text(judge, split->first.site), place_text(judge, split->second.site));
}

/* The source proves that no section of it can suspend: its type is one whose ways are known. */
static bool judge_needless(const struct judge *judge)
{
	const struct lock_stats *stats = judge->stats;
	const char *split = split_change(judge);

	if (!judge->source.proven || judge->identity->type != AW_LOCK_TYPE_ASYNCIO_LOCK ||
	    !allowed(judge, SAYS_NEEDLESS))
		return false;
	judge->out->verdict = REPORT_NEEDLESS;
	judge->out->basis = REPORT_BASIS_PROVEN;
	judge->out->why =
		SAY(judge,
	            "no section of it can suspend, by the source: %s; here %lu section%s by "
	            "%lu task%s ran, and none did",
	            judge->source.why ? judge->source.why : "all of it was read", stats->sections,
	            stats->sections == 1 ? "" : "s", judge->identity->tasks,
	            judge->identity->tasks == 1 ? "" : "s");
	judge->out->change = split ? split : "remove it: nothing else can run inside its sections";
	return true;
}

/* No section spanned a gap. */
static void judge_unspanned(const struct judge *judge)
{
	const struct lock_stats *stats = judge->stats;
	const char *split = split_change(judge);

	if (!allowed(judge, SAYS_DORMANT)) {
		unknown(judge, "this source does not see every acquisition and release",
		        SAY(judge, "awaitness attach %u --detail locks", judge->env->world->pid));
		return;
	}
	if (judge_holds(judge))
		return;
	if (stats->waited) {
		unknown(judge,
		        "some acquisitions had to wait though no section was seen to suspend",
		        longer(judge));
		return;
	}
	if (judge_needless(judge) || judge_doubts(judge))
		return;
	if (stats->ended < NECESSITY_ENOUGH) {
		unknown(judge,
		        SAY(judge, "the end of %lu of its sections was seen, which is too few",
		            stats->ended),
		        longer(judge));
		return;
	}
	lock_dormant(judge->env, stats, &judge->source, loss_doubts(judge), judge->out);
	judge->out->why = SAY(judge, "%s%s", judge->out->why, loss_clause(judge));
	if (split)
		judge->out->change = split;
}

/* No access was recorded in its sections: what was looked at, and what was not. */
static const char *untouched(const struct judge *judge)
{
	const struct report_source *source = &judge->source;

	if (judge->env->world->runtime != AW_RUNTIME_CPYTHON)
		return "no access to shared state was recorded in its sections";
	if (!source->read)
		return SAY(judge, "what its sections access was not looked at: %s",
		           source->why ? source->why : "its source was not read");
	if (source->unseen)
		return SAY(judge,
		           "no attribute is seen to be read before an await in its sections and "
		           "written after it, but not all of them were looked at: %s",
		           source->unseen);
	return "no attribute is read before an await in its sections and written after it, as far "
	       "as the source shows: only attributes of self and variables of modules are looked "
	       "at, not what is called or what else it is for";
}

/* Whoever lost records may have made an access that conflicts, whatever locks it uses. */
static bool accesses_missing(const struct judge *judge)
{
	const struct world *world = judge->env->world;

	return world->lost || world->left_out_events || *judge->env->ignored;
}

/* Sections spanned gaps, and no conflict shows that it is needed. */
static void judge_spanned(const struct judge *judge)
{
	const struct lock_stats *stats = judge->stats;

	bool python = judge->env->world->runtime == AW_RUNTIME_CPYTHON;

	if (!allowed(judge, SAYS_NEEDED)) {
		unknown(judge,
		        SAY(judge, "%lu of %lu sections suspended, and what they access is not %s",
		            stats->suspended, stats->sections,
		            python ? "known: no attributes are watched here" : "recorded"),
		        python ? NULL
		               : "mark shared state with AW_READ and AW_WRITE "
		                 "(awaitness/access.h)");
		return;
	}
	if (judge_doubts(judge))
		return;
	if (stats->covered) {
		unknown(judge,
		        "it keeps apart accesses that are made right before or after its sections, "
		        "but "
		        "only while nobody has to wait for it",
		        NULL);
		return;
	}
	if (!stats->touched) {
		unknown(judge, untouched(judge),
		        python ? NULL
		               : "mark shared state with AW_READ and AW_WRITE "
		                 "(awaitness/access.h)");
		return;
	}
	if (!allowed(judge, SAYS_SERIALISES)) {
		unknown(judge, "not everything its sections access is recorded",
		        python && !allowed(judge, SAYS_POSSIBLE)
		                ? SAY(judge, "awaitness attach %u --detail all",
		                      judge->env->world->pid)
		                : NULL);
		return;
	}
	if (accesses_missing(judge)) {
		unknown(judge,
		        "not all that happened was seen (above): an access that conflicts with its "
		        "sections may be missing",
		        longer(judge));
		return;
	}
	judge->out->verdict = REPORT_SERIALISES_ONLY;
	judge->out->basis = REPORT_BASIS_OBSERVED;
	judge->out->why = SAY(judge,
	                      "%lu of %lu sections suspended, but no access recorded in them "
	                      "conflicts with another task's: tasks only queue up for it",
	                      stats->suspended, stats->sections);
	judge->out->change = "shorten its sections or remove it; if the queue is what is wanted, "
			     "say so with a semaphore";
}

void lock_verdict(const struct analyzer_env *env, const struct identity *identity,
                  const struct lock_stats *stats, struct report_lock *out)
{
	struct judge judge = {.env = env, .identity = identity, .stats = stats, .out = out};

	if (env->source)
		env->source(env->source_context, out, &judge.source);
	if (judge_limits(&judge) || judge_wrong(&judge) || judge_bypassed(&judge) ||
	    judge_needed(&judge))
		return;
	if (stats->suspended)
		judge_spanned(&judge);
	else
		judge_unspanned(&judge);
}
