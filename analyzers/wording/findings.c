/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.c - keeps findings: one per rule, object and sites. See findings.h.
 */
#include "findings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static const char *const rule_texts[RULE_MAX] = {
#define RULE_TEXT(NAME, text, severity, harm, says) [RULE_##NAME] = text,
	FINDING_RULES(RULE_TEXT)
#undef RULE_TEXT
};

const char *finding_rule_text(enum finding_rule rule)
{
	return rule_texts[rule];
}

static uint64_t key_of(enum finding_rule rule, uint64_t object, uint64_t read, uint64_t gap,
                       uint64_t write)
{
	return hash_word(hash_word(hash_word(hash_word(hash_word(1, rule), object), read), gap),
	                 write) >>
	       1;
}

static int rows_grow(struct findings *findings)
{
	uint32_t room = findings->room ? 2 * findings->room : 64;
	struct finding **more = reallocarray(findings->rows, room, sizeof(struct finding *));

	if (!more)
		return -ENOMEM;
	findings->rows = more;
	findings->room = room;
	return 0;
}

static struct finding *finding_make(struct findings *findings, uint64_t key)
{
	struct finding *finding = NULL;

	if (findings->count < findings->room || !rows_grow(findings))
		finding = calloc(1, sizeof(*finding));

	if (!finding || idmap_add(&findings->by_key, key, findings->count)) {
		free(finding);
		findings->error = -ENOMEM;
		return NULL;
	}
	findings->rows[findings->count++] = finding;
	finding->fresh = true;
	finding->objects = 1;
	finding->lock = finding->other_lock = IDMAP_NONE;
	return finding;
}

struct finding *findings_get(struct findings *findings, enum finding_rule rule, uint64_t object,
                             uint64_t read, uint64_t gap, uint64_t write)
{
	uint64_t key = key_of(rule, object, read, gap, write);
	uint32_t index = idmap_get(&findings->by_key, key);
	struct finding *finding;

	if (index != IDMAP_NONE) {
		findings->rows[index]->fresh = false;
		return findings->rows[index];
	}
	/* From here on one stands for all objects of its sites. */
	if (findings->count >= FINDINGS_BY_ADDRESS && object && read | gap | write)
		return findings_get(findings, rule, 0, read, gap, write);
	if (findings->count == FINDINGS_MAX) {
		findings->left_out++;
		return NULL;
	}
	finding = finding_make(findings, key);
	if (!finding)
		return NULL;
	finding->rule = rule;
	finding->object = object;
	finding->read = read;
	finding->gap = gap;
	finding->write = write;
	return finding;
}

void findings_seen_in(struct findings *findings, struct finding *finding, uint64_t test,
                      bool observed)
{
	if (test_set_add(observed ? &finding->tests : &finding->tests_might, test))
		findings->error = -ENOMEM;
}

char *findings_actor_name(const struct world *world, uint64_t actor)
{
	const char *name =
		actor < WORLD_PLAIN ? names_object(world->names, world->pid, actor) : NULL;
	char number[32];

	if (name)
		return strndup(name, AW_TEXT_MAX);
	if (actor >= WORLD_PLAIN)
		return strdup("a callback");
	snprintf(number, sizeof(number), "task %lu", actor);
	return strdup(number);
}

static void conflict_name(struct finding *finding, const struct world *world,
                          const struct conflict *conflict)
{
	const char *name = conflict->first.bits & ACCESS_IO
	                           ? names_object(world->names, world->pid, conflict->address)
	                           : names_location(world->names, world->pid, conflict->address);

	finding->name = name ? strndup(name, AW_TEXT_MAX) : NULL;
	finding->task = findings_actor_name(world, conflict->first.actor);
	finding->other_task = findings_actor_name(world, conflict->other.actor);
	finding->other = conflict->other.site;
	finding->inferred = conflict->other.bits & ACCESS_INFERRED;
	finding->reads = !(conflict->first.bits & ACCESS_WRITE);
	finding->other_reads = !(conflict->other.bits & ACCESS_WRITE);
	finding->time[0] = conflict->first.time;
	finding->time[1] = conflict->other.time;
	finding->time[2] = conflict->second.time;
}

/* The lock that would have protected had the other taken it: of the whole region, or one that both
 * accesses were made under, though not in one acquisition. */
static uint32_t conflict_lock(const struct conflict *conflict)
{
	guard_t split = lockset_common(&conflict->first.guards, &conflict->second.guards);

	if (conflict->region.count)
		return guard_identity(conflict->region.lock[0]);
	return split ? guard_identity(split) : IDMAP_NONE;
}

void findings_conflict(struct findings *findings, const struct world *world, enum finding_rule rule,
                       const struct conflict *conflict, uint64_t count)
{
	bool race = conflict->shape == CONFLICT_RACE;
	struct finding *finding = findings_get(
		findings, rule, conflict->address, conflict->first.site,
		race ? conflict->other.site : conflict->gap_site, conflict->second.site);

	if (!finding)
		return;
	/* What happened is a better example than what could. */
	if (finding->fresh || (conflict->observed && !finding->observed)) {
		free(finding->name);
		free(finding->task);
		free(finding->other_task);
		conflict_name(finding, world, conflict);
		finding->lock = conflict_lock(conflict);
		if (conflict->other.guards.count)
			finding->other_lock = guard_identity(conflict->other.guards.lock[0]);
	}
	findings_seen_in(findings, finding, world_test(world), conflict->observed);
	if (conflict->observed)
		finding->observed += count;
	else
		finding->possible += count;
}

void findings_fini(struct findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++) {
		struct finding *finding = findings->rows[i];

		free(finding->name);
		free(finding->task);
		free(finding->other_task);
		free(finding->message);
		free(finding->change);
		test_set_fini(&finding->tests);
		test_set_fini(&finding->tests_might);
		free(finding);
	}
	free(findings->rows);
	findings->rows = NULL;
	findings->count = findings->room = 0;
	idmap_fini(&findings->by_key);
}
