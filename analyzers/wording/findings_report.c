/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings_report.c - findings as the report tells them: merged, ranked, in words.
 */
#include "findings.h"
#include "own_code.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum report_severity severity;
	unsigned harm;
	enum says says;
} rules[RULE_MAX] = {
#define RULE_ROW(NAME, text, severity, harm, says)                                                 \
	[RULE_##NAME] = {REPORT_##severity, harm, SAYS_##says},
	FINDING_RULES(RULE_ROW)
#undef RULE_ROW
};

enum report_severity finding_rule_severity(enum finding_rule rule)
{
	return rules[rule].severity;
}

bool finding_rule_allowed(enum finding_rule rule, uint64_t can, uint16_t runtime)
{
	return says_allow(rules[rule].says, can, runtime);
}

/* What making a report needs. */
struct writer {
	const struct world *world;
	struct text_pool *pool;
};

/* Is it about accesses to a location? */
static bool is_conflict(const struct finding *f)
{
	return rules[f->rule].says == SAYS_CONFLICT || rules[f->rule].says == SAYS_RACE;
}

#define SAY(writer, ...) text_pool_format((writer)->pool, __VA_ARGS__)

struct report_place findings_place(const struct world *world, uint64_t site)
{
	uint64_t own = site ? own_code_site(world->names, world->pid, site) : 0;
	const struct names_site *known = own ? names_site(world->names, world->pid, own) : NULL;
	struct report_place place = {.site = site};

	if (known) {
		place.function = known->function;
		place.file = known->file;
		place.label = known->label;
		place.waiver = known->waiver;
		place.line = known->line;
	}
	if (own != site) {
		known = names_site(world->names, world->pid, site);
		place.inner = known ? known->function : NULL;
	}
	return place;
}

static const char *place_text(const struct writer *w, uint64_t site)
{
	struct report_place place = findings_place(w->world, site);

	if (place.function && place.file)
		return SAY(w, "%s (%s:%u)", place.function, place.file, place.line);
	if (place.function)
		return place.function;
	if (place.file)
		return SAY(w, "%s:%u", place.file, place.line);
	return site ? SAY(w, "0x%lx", site) : "a place that is not known";
}

static const char *lock_text(const struct writer *w, uint32_t identity)
{
	const struct identity *lock = &w->world->identities[identity];

	if (lock->name)
		return SAY(w, "`%s`", lock->name);
	if (lock->created)
		return SAY(w, "the lock created at %s", place_text(w, lock->created));
	return "the lock";
}

/* What a finding is about. */
static const char *object_text(const struct writer *w, const struct finding *f)
{
	struct report_place place;

	if (f->name)
		return f->name;
	if (!is_conflict(f) && f->lock != IDMAP_NONE) {
		const char *name = w->world->identities[f->lock].name;

		return name ? name : lock_text(w, f->lock);
	}
	if (!is_conflict(f)) {
		place = findings_place(w->world, f->gap ? f->gap : f->read);
		return place.label ? place.label : place.function;
	}
	place = findings_place(w->world, f->read);
	if (place.label)
		return place.label;
	return f->object ? SAY(w, "0x%lx", f->object) : NULL;
}

/* ---- sentences ---- */

static const char *who(const char *name, const char *otherwise)
{
	return name ? name : otherwise;
}

/* Who made the access in between; where that is inferred, what else it may have been. */
static const char *other_text(const struct writer *w, const struct finding *f)
{
	const char *other = who(f->other_task, "another");

	return f->inferred && f->other ? SAY(w, "%s (or a callback right after its step)", other)
	                               : other;
}

/* Where the access in between was. */
static const char *between_text(const struct writer *w, const struct finding *f)
{
	const char *place = place_text(w, f->other);
	const char *label = findings_place(w->world, f->other).label;

	if (!f->inferred)
		return SAY(w, "at %s", place);
	return SAY(w, "at %s%s%s", place, label ? ", " : "", label ? label : "");
}

static const char *conflict_sentence(const struct writer *w, const struct finding *f,
                                     const char *object)
{
	const char *task = who(f->task, "a task"), *other = other_text(w, f);
	const char *verb = f->observed ? "" : "could have ";
	const char *wrote = f->observed ? "wrote" : "written";
	const char *first = place_text(w, f->read), *last = place_text(w, f->write);
	const char *between = between_text(w, f);

	switch (f->rule) {
	case RULE_LOST_UPDATE:
		return SAY(w,
		           "%s read `%s` at %s, was suspended, and wrote it at %s; %s %s%s it in "
		           "between %s, and that update is lost",
		           task, object, first, last, other, verb, wrote, between);
	case RULE_CHECK_THEN_ACT:
		return SAY(w,
		           "%s tested `%s` at %s, was suspended, and acted on the answer at %s; "
		           "%s %s%s it in between %s",
		           task, object, first, last, other, verb, wrote, between);
	case RULE_STALE_USE:
		return SAY(w,
		           "%s learnt `%s` at %s, was suspended, and used the old value at %s; "
		           "%s %s%s it in between %s",
		           task, object, first, last, other, verb, wrote, between);
	case RULE_CHANGED_ITERATING:
		return SAY(
			w,
			"%s iterates over `%s` at %s, was suspended in the loop, and went on "
			"with it; %s %schanged it in between %s, so that it has another number of "
			"entries: a dict or set raises RuntimeError then",
			task, object, first, other, verb, between);
	default:
		return SAY(w,
		           "%s holds %s from %s to %s, both of `%s`; %s %saccessed it in between "
		           "%s, without that lock",
		           task, f->lock != IDMAP_NONE ? lock_text(w, f->lock) : "a lock", first,
		           last, object, other, verb, between);
	}
}

static const char *conflict_change(const struct writer *w, const struct finding *f,
                                   const char *object)
{
	if (f->lock != IDMAP_NONE && f->other_lock == IDMAP_NONE)
		return SAY(w, "take %s at %s too", lock_text(w, f->lock), place_text(w, f->other));
	if (f->lock != IDMAP_NONE && f->lock == f->other_lock)
		return SAY(w, "hold %s in one go from %s to %s", lock_text(w, f->lock),
		           place_text(w, f->read), place_text(w, f->write));
	if (f->lock != IDMAP_NONE)
		return SAY(w, "guard `%s` by one lock: here it is %s, there %s", object,
		           lock_text(w, f->lock), lock_text(w, f->other_lock));
	switch (f->rule) {
	case RULE_LOST_UPDATE:
		return SAY(w,
		           "read `%s` again after the suspension, or hold one lock from the read "
		           "to the write, there and at %s",
		           object, place_text(w, f->other));
	case RULE_CHECK_THEN_ACT:
		return SAY(w, "test `%s` again after the suspension, or claim it before suspending",
		           object);
	case RULE_CHANGED_ITERATING:
		return SAY(w, "iterate over a copy: list(...)");
	default:
		return SAY(w, "read `%s` again after the suspension", object);
	}
}

static const char *sentence(const struct writer *w, const struct finding *f, const char *object)
{
	const char *task = who(f->task, "a task");

	if (f->message)
		return SAY(w, "%s", f->message);
	switch (f->rule) {
	case RULE_LOCK_NEVER_RELEASED:
		return SAY(w, "%s took %s at %s and ended without releasing it", task,
		           lock_text(w, f->lock), place_text(w, f->read));
	case RULE_DATA_RACE:
		return SAY(w,
		           "%s %s `%s` at %s, and in another thread %s %s it at %s: neither a "
		           "wake-up orders the two nor a lock keeps them apart",
		           task, f->reads ? "reads" : "writes", object, place_text(w, f->read),
		           who(f->other_task, "another"), f->other_reads ? "reads" : "writes",
		           place_text(w, f->other));
	case RULE_THREAD_LOCK:
		return SAY(w,
		           "%s holds the thread lock %s while it is suspended at %s: whoever "
		           "wants it then blocks a whole loop",
		           task, lock_text(w, f->lock), place_text(w, f->gap));
	case RULE_LONG_STEP:
		return SAY(w,
		           "a step of %s%s%s%s%s ran for up to %.1f ms: nothing else on its loop "
		           "could run",
		           task, f->read ? " from " : "", f->read ? place_text(w, f->read) : "",
		           f->gap ? " to " : "", f->gap ? place_text(w, f->gap) : "",
		           (double)f->max_ns / 1e6);
	case RULE_NEVER_SUSPENDS:
		return SAY(w, "the await at %s was passed %lu times and never suspended",
		           place_text(w, f->gap), f->observed);
	default:
		return conflict_sentence(w, f, object);
	}
}

static const char *change(const struct writer *w, const struct finding *f, const char *object)
{
	switch (f->rule) {
	case RULE_DEADLOCK:
	case RULE_LOCK_ORDER:
		return "take these locks in the same order everywhere";
	case RULE_SELF_DEADLOCK:
		return "do not take a lock again that the task already holds";
	case RULE_LOCK_NEVER_RELEASED:
		return SAY(w, "release %s on every way out, also when the task is cancelled",
		           lock_text(w, f->lock));
	case RULE_DATA_RACE:
		return "let one thread do both (aw_call_soon_threadsafe), or take one mutex for "
		       "both; a mutex is seen where <awaitness/pthread.h> is included";
	case RULE_THREAD_LOCK:
		return "release it before suspending, or use a lock for tasks";
	case RULE_LONG_STEP:
		return "split the work with a suspension, or hand it to a thread";
	case RULE_NEVER_SUSPENDS:
		return NULL;
	default:
		return conflict_change(w, f, object);
	}
}

/* ---- rows ---- */

static const char *copy(const struct writer *w, const char *text)
{
	return text ? SAY(w, "%s", text) : NULL;
}

static void evidence_add(const struct writer *w, struct report_finding *out, uint64_t time,
                         const char *task, const char *text, struct report_place place)
{
	if (!place.site && !time)
		return;
	out->evidence[out->evidence_count++] =
		(struct report_evidence){time, copy(w, task), text, place};
}

static void evidence_fill(const struct writer *w, const struct finding *f,
                          struct report_finding *out)
{
	const char *first = "reads", *other = "writes";
	const char *second = f->rule == RULE_STALE_USE ? "uses" : "writes";

	out->evidence = text_pool_array(w->pool, 4, sizeof(*out->evidence));
	if (!out->evidence || !is_conflict(f))
		return;
	if (f->rule == RULE_INCONSISTENT_GUARD)
		first = second = other = "accesses";
	if (f->rule == RULE_DATA_RACE) {
		first = f->reads ? "reads" : "writes";
		other = f->other_reads ? "reads" : "writes";
	}
	if (f->rule == RULE_CHANGED_ITERATING) {
		first = "iterates";
		second = "goes on";
		other = "changes";
	}
	evidence_add(w, out, f->time[0], f->task, first, out->read);
	evidence_add(w, out, 0, f->task, "suspends", out->suspension);
	evidence_add(w, out, f->time[1], f->other_task, other, out->other);
	evidence_add(w, out, f->time[2], f->task, second, out->write);
}

/* Is it known that what is written derives from what was read? Cells are watched for that alone. */
static bool flow_known(const struct world *world)
{
	return (world->can & (AW_CAN_CELLS | AW_CAN_ACCESSES)) == AW_CAN_CELLS;
}

/* What people call a lock; NULL: there is none. */
static const char *lock_name(const struct writer *w, uint32_t identity)
{
	const struct identity *lock;

	if (identity == IDMAP_NONE)
		return NULL;
	lock = &w->world->identities[identity];
	return lock->name ? SAY(w, "%s", lock->name) : lock_text(w, identity);
}

static int in_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* What the tests are called in which it was seen. Their ids were given in the order they ran in. */
static void tests_fill(const struct writer *w, const struct finding *f, struct report_finding *out)
{
	const struct test_set *tests = f->observed ? &f->tests : &f->tests_might;

	if (tests->count)
		qsort(tests->ids, tests->count, sizeof(*tests->ids), in_order);
	out->tests = text_pool_array(w->pool, tests->count, sizeof(*out->tests));
	for (uint32_t i = 0; out->tests && i < tests->count; i++) {
		const char *name = names_object(w->world->names, w->world->pid, tests->ids[i]);

		if (name)
			out->tests[out->test_count++] = copy(w, name);
	}
}

static void finding_fill(const struct writer *w, const struct finding *f,
                         struct report_finding *out)
{
	const char *object = object_text(w, f);
	bool conflict = rules[f->rule].says == SAYS_CONFLICT || rules[f->rule].says == SAYS_RACE;

	*out = (struct report_finding){
		.rule = finding_rule_text(f->rule),
		.severity = rules[f->rule].severity,
		.basis = f->observed ? REPORT_BASIS_OBSERVED : REPORT_BASIS_POSSIBLE,
		.pattern = f->rule == RULE_LOST_UPDATE && !flow_known(w->world),
		.object = copy(w, object),
		.count = f->observed ? f->observed : f->possible,
		.objects = f->objects,
		.task = copy(w, f->task),
		.read = findings_place(w->world, f->read),
		.suspension = findings_place(w->world, f->rule == RULE_DATA_RACE ? 0 : f->gap),
		.write = findings_place(w->world, f->write),
		.other_task = copy(w, f->other_task),
		.other = findings_place(w->world, f->other),
		.lock = conflict ? lock_name(w, f->lock) : NULL,
		.other_lock = conflict ? lock_name(w, f->other_lock) : NULL,
		.has_locks = conflict,
		.in_step = flow_known(w->world),
		.max_ns = f->max_ns,
		.message = sentence(w, f, object ? object : "shared state"),
		.change = change(w, f, object ? object : "shared state"),
	};
	evidence_fill(w, f, out);
	tests_fill(w, f, out);
}

/* ---- merging and ranking ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* A place as people see it. Sites differ also by who called, which is not shown. */
static uint64_t mix_place(uint64_t hash, const struct writer *w, uint64_t site)
{
	struct report_place place = findings_place(w->world, site);

	if (!place.file && !place.function)
		return hash_word(hash, site);
	hash = hash_text(hash_text(hash, place.file), place.function);
	return hash_word(hash_text(hash, place.inner), place.line);
}

static void places_note(const struct writer *w, struct finding *f)
{
	f->places = mix_place(mix_place(mix_place(f->rule, w, f->read), w, f->gap), w, f->write);
}

/* One place, told of several chains of callers; or the same field of different objects. */
static bool are_one(const struct writer *w, const struct finding *a, const struct finding *b)
{
	if (a->rule != b->rule || a->places != b->places)
		return false;
	if (a->reads != b->reads || a->other_reads != b->other_reads)
		return false; /* the accesses of one line */
	if (!is_conflict(a))
		return a->object == b->object && a->lock == b->lock &&
		       same_text(a->message, b->message);
	return (a->name || b->name || a->object == b->object ||
	        findings_place(w->world, a->read).label) &&
	       same_text(a->name, b->name);
}

static void merge(struct findings *findings, struct finding *into, struct finding *from)
{
	bool other = into->object != from->object;

	if (from->observed && !into->observed) {
		struct finding swap = *into;
		uint64_t objects = into->objects;

		*into = *from;
		*from = swap;
		into->objects = objects;
	}
	if (test_set_join(&into->tests, &from->tests) ||
	    test_set_join(&into->tests_might, &from->tests_might))
		findings->error = -ENOMEM;
	into->observed += from->observed;
	into->possible += from->possible;
	into->objects += other;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	from->withdrawn = true;
}

static bool may_be_said(const struct writer *w, const struct finding *f)
{
	const struct world *world = w->world;

	if (f->withdrawn || !(f->observed || f->possible) ||
	    !says_allow(rules[f->rule].says, world->can, world->runtime))
		return false;
	return f->observed || rules[f->rule].says != SAYS_CONFLICT ||
	       says_allow(SAYS_POSSIBLE, world->can, world->runtime);
}

static int by_sites(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	const uint64_t keys_x[] = {x->rule, x->places, x->read, x->gap, x->write, x->object};
	const uint64_t keys_y[] = {y->rule, y->places, y->read, y->gap, y->write, y->object};

	for (unsigned i = 0; i < 6; i++)
		if (keys_x[i] != keys_y[i])
			return keys_x[i] < keys_y[i] ? -1 : 1;
	return 0;
}

/* How bad a thing is said to be; of equally bad ones, what happened before what might, then the
 * more frequent. */
static int worst_first(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;

	if (rules[x->rule].severity != rules[y->rule].severity)
		return rules[x->rule].severity < rules[y->rule].severity ? -1 : 1;
	if (!x->observed != !y->observed)
		return x->observed ? -1 : 1;
	if (rules[x->rule].harm != rules[y->rule].harm)
		return rules[x->rule].harm < rules[y->rule].harm ? -1 : 1;
	if (x->observed + x->possible != y->observed + y->possible)
		return x->observed + x->possible < y->observed + y->possible ? 1 : -1;
	return by_sites(a, b);
}

int findings_report(struct findings *findings, const struct world *world, struct text_pool *pool,
                    struct report *report)
{
	struct writer w = {world, pool};
	uint32_t kept = 0;

	for (uint32_t i = 0; i < findings->count; i++)
		places_note(&w, findings->rows[i]);
	if (findings->count)
		qsort(findings->rows, findings->count, sizeof(*findings->rows), by_sites);
	for (uint32_t i = 0; i < findings->count; i++)
		for (uint32_t j = i + 1; j < findings->count && !findings->rows[i]->withdrawn;
		     j++) {
			if (findings->rows[j]->rule != findings->rows[i]->rule ||
			    findings->rows[j]->places != findings->rows[i]->places)
				break;
			if (!findings->rows[j]->withdrawn &&
			    are_one(&w, findings->rows[i], findings->rows[j]))
				merge(findings, findings->rows[i], findings->rows[j]);
		}
	if (findings->count)
		qsort(findings->rows, findings->count, sizeof(*findings->rows), worst_first);
	report->findings = text_pool_array(pool, findings->count, sizeof(*report->findings));
	for (uint32_t i = 0; report->findings && i < findings->count; i++)
		if (may_be_said(&w, findings->rows[i]))
			finding_fill(&w, findings->rows[i], &report->findings[kept++]);
	report->finding_count = kept;
	return findings->error ? findings->error : pool->error;
}
