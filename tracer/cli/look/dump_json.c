/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_json.c - a picture of a process's tasks and locks, for programs:
 * schema awaitness-dump/1. Indices are into `tasks` and `locks`.
 *
 * A picture of very many tasks is shown by its groups, and in `tasks` only who
 * stands by itself or is referred to, in `locks` only those that somebody waits
 * for: a hundred thousand objects of which each says the same help nobody.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "dump_group.h"
#include "base/escape.h"
#include "event/event_table.h"

enum { EACH_MAX = 1000 }; /* tasks that are listed one by one unless --all says more */

/* What of a picture is shown. */
struct shown {
	const struct dump *dump;
	ptrdiff_t *places; /* of a task in what is printed; -1: left out */
	ptrdiff_t *locks;  /* of a lock */
	size_t left_out, locks_left_out;
};

static json_t *text_json(const char *text)
{
	char safe[ESCAPE_ROOM(1024)];

	return text && *text ? json_string(escape_string(safe, sizeof(safe), text)) : json_null();
}

static json_t *index_json(ptrdiff_t index)
{
	return index < 0 ? json_null() : json_integer(index);
}

static json_t *task_index_json(const struct shown *shown, ptrdiff_t index)
{
	return index_json(index < 0 ? -1 : shown->places[index]);
}

static json_t *lock_index_json(const struct shown *shown, ptrdiff_t index)
{
	return index_json(index < 0 ? -1 : shown->locks[index]);
}

static json_t *address_json(const struct dump *dump, uint64_t address)
{
	struct symbols_place place = {0};
	json_t *line;

	if (dump->symbols)
		symbols_resolve(dump->symbols, address - 1, &place);
	line = place.line ? json_integer(place.line) : json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:I}", "function", text_json(place.function), "file",
	                 text_json(place.file), "line", line, "module", text_json(place.module),
	                 "address", (json_int_t)address);
}

static json_t *site_json(const struct names_site *site)
{
	return json_pack("{s:o, s:o, s:o}", "function", text_json(site->function), "file",
	                 text_json(site->file), "line",
	                 site->line ? json_integer(site->line) : json_null());
}

static const struct names_site *site_find(const struct dump *dump, uint64_t id)
{
	return names_site(dump->names, (uint32_t)dump->target->pid, id);
}

static json_t *place_json(const struct dump *dump, uint64_t site)
{
	const struct names_site *known;

	if (!site)
		return json_null();
	if (!dump->names)
		return address_json(dump, site);
	known = site_find(dump, site);
	return known ? site_json(known) : json_null();
}

/* The await chain, the innermost first; null where a runtime does not know it. */
static json_t *chain_json(const struct dump *dump, uint64_t site)
{
	const struct names_site *known;
	json_t *chain;

	if (!dump->names)
		return json_null();
	chain = json_array();
	for (unsigned i = 0; i < CHAIN_MAX && (known = site_find(dump, site)); i++) {
		json_array_append_new(chain, site_json(known));
		site = known->parent;
	}
	return chain;
}

static json_t *task_json(const struct shown *shown, const struct inspect_task *t)
{
	const struct dump *dump = shown->dump;
	const struct inspection *all = dump->inspection;
	bool suspended = t->record.state == AW_STATE_SUSPENDED;
	bool timed = suspended && t->record.since && t->record.since < all->time;

	return json_pack("{s:I, s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o}",
	                 "id", (json_int_t)t->record.id, "name", text_json(t->record.name), "loop",
	                 (json_int_t)t->loop, "state", dump_state(t->record.state), "awaits",
	                 suspended ? text_json(event_value_text(AW_FIELD_AWAIT, t->record.await))
	                           : json_null(),
	                 "object",
	                 suspended && t->record.object ? json_integer((json_int_t)t->record.object)
	                                               : json_null(),
	                 "lock", lock_index_json(shown, t->lock), "waits_for",
	                 task_index_json(shown, t->waits), "suspended_ns",
	                 timed ? json_integer((json_int_t)(all->time - t->record.since))
	                       : json_null(),
	                 "timeout", suspended && t->record.deadline, "deadlocked", t->in_cycle,
	                 "site", place_json(dump, suspended ? t->record.site : 0), "chain",
	                 chain_json(dump, suspended ? t->record.site : 0), "created",
	                 place_json(dump, t->record.created));
}

/* Tasks that wait for the same at the same place. */
static json_t *group_json(const struct shown *shown, const size_t *tasks, size_t count)
{
	const struct dump *dump = shown->dump;
	const struct inspection *all = dump->inspection;
	const struct inspect_task *t = &all->tasks[tasks[0]];
	bool suspended = t->record.state == AW_STATE_SUSPENDED;
	json_t *few = json_array();
	size_t held;

	inspection_held(all, tasks[0], &held);
	for (size_t i = 0; i < count && i < DUMP_FEW; i++)
		json_array_append_new(few, json_integer(all->tasks[tasks[i]].record.id));
	return json_pack(
		"{s:I, s:I, s:s, s:o, s:o, s:b, s:I, s:o, s:o, s:o}", "tasks", (json_int_t)count,
		"loop", (json_int_t)t->loop, "state", dump_state(t->record.state), "awaits",
		suspended ? text_json(event_value_text(AW_FIELD_AWAIT, t->record.await))
			  : json_null(),
		"lock", lock_index_json(shown, t->lock), "timeout", suspended && t->record.deadline,
		"holds", (json_int_t)held, "site", place_json(dump, suspended ? t->record.site : 0),
		"chain", chain_json(dump, suspended ? t->record.site : 0), "ids", few);
}

static const char *held_word(const struct inspect_lock *l)
{
	if (l->held == INSPECT_FREE && l->handed && !dump_counts(l->record.type))
		return "handed over";
	return l->held == INSPECT_FREE   ? "free"
	       : l->held == INSPECT_HELD ? dump_counts(l->record.type) ? "none free" : "held"
	                                 : "unknown";
}

static json_t *lock_json(const struct shown *shown, const struct inspect_lock *l)
{
	const struct dump *dump = shown->dump;

	return json_pack("{s:I, s:o, s:s, s:s, s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:o, s:o}",
	                 "id", (json_int_t)l->record.id, "name", text_json(l->record.name), "type",
	                 event_lock_type_name(l->record.type), "state", held_word(l), "word",
	                 text_json(l->word), "holder", task_index_json(shown, l->holder), "holders",
	                 (json_int_t)l->holders, "thread",
	                 l->thread ? json_integer((json_int_t)l->thread) : json_null(), "waiters",
	                 (json_int_t)l->record.waiters, "to_notify", (json_int_t)l->to_notify,
	                 "handed", (json_int_t)l->handed, "permits", (json_int_t)l->record.permits,
	                 "taken", place_json(dump, l->record.holder ? l->record.taken : 0),
	                 "created", place_json(dump, l->record.created));
}

static json_t *cycle_json(const struct shown *shown, const struct inspect_cycle *c)
{
	json_t *members = json_array();

	for (size_t i = 0; i < c->count; i++)
		json_array_append_new(members, task_index_json(shown, (ptrdiff_t)c->members[i]));
	return members;
}

/* Numbers the locks that are printed, and marks who holds them. */
static void locks_choose(struct shown *shown)
{
	const struct inspection *all = shown->dump->inspection;
	bool each = shown->dump->all || all->lock_count <= EACH_MAX;
	ptrdiff_t next = 0;

	for (size_t i = 0; i < all->lock_count; i++) {
		const struct inspect_lock *l = &all->locks[i];
		bool in = each || l->record.waiters || l->to_notify || l->handed;

		shown->locks[i] = in ? next++ : -1;
		if (in && l->holder >= 0)
			shown->places[l->holder] = 1;
	}
	shown->locks_left_out = all->lock_count - (size_t)next;
}

/* Numbers the tasks that are printed. 0 or -ENOMEM. */
static int shown_choose(struct shown *shown, const struct dump_groups *groups)
{
	const struct inspection *all = shown->dump->inspection;
	bool each = shown->dump->all || all->task_count <= EACH_MAX;
	ptrdiff_t next = 0;

	shown->places = calloc(all->task_count + 1, sizeof(*shown->places));
	shown->locks = calloc(all->lock_count + 1, sizeof(*shown->locks));
	if (!shown->places || !shown->locks)
		return -ENOMEM;
	locks_choose(shown);
	for (size_t i = 0; i < groups->count; i++)
		if (groups->at[i].count == 1)
			shown->places[groups->order[groups->at[i].first]] = 1;
	for (size_t i = 0; i < all->task_count; i++)
		if (all->tasks[i].waits >= 0)
			shown->places[all->tasks[i].waits] = 1;
	for (size_t i = 0; i < all->task_count; i++)
		shown->places[i] = each || shown->places[i] ? next++ : -1;
	shown->left_out = all->task_count - (size_t)next;
	return 0;
}

static json_t *loops_json(const struct inspection *all)
{
	json_t *loops = json_array();

	for (size_t i = 0; i < all->loop_count; i++)
		json_array_append_new(
			loops,
			json_pack("{s:o, s:I}", "thread",
		                  all->loops[i].tid ? json_integer(all->loops[i].tid) : json_null(),
		                  "tasks", (json_int_t)all->loops[i].count));
	return loops;
}

static json_t *left_json(const struct dump_left *left)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "running", (json_int_t)left->running,
	                 "not_begun", (json_int_t)left->not_begun, "done", (json_int_t)left->done,
	                 "foreign", (json_int_t)left->foreign, "unreadable",
	                 (json_int_t)left->unreadable);
}

static json_t *whole_json(const struct shown *shown, const struct dump_groups *groups)
{
	const struct dump *dump = shown->dump;
	const struct inspection *all = dump->inspection;
	const struct dump_left *left = &dump->left;
	const json_int_t others = (json_int_t)left->running + (json_int_t)left->not_begun +
	                          (json_int_t)left->done + (json_int_t)left->foreign +
	                          (json_int_t)left->unreadable;
	json_t *tasks = json_array(), *grouped = json_array(), *locks = json_array(),
	       *cycles = json_array();

	for (size_t i = 0; i < all->task_count; i++)
		if (shown->places[i] >= 0)
			json_array_append_new(tasks, task_json(shown, &all->tasks[i]));
	for (size_t i = 0; i < groups->count && !dump->all; i++)
		json_array_append_new(grouped,
		                      group_json(shown, groups->order + groups->at[i].first,
		                                 groups->at[i].count));
	for (size_t i = 0; i < all->lock_count; i++)
		if (shown->locks[i] >= 0)
			json_array_append_new(locks, lock_json(shown, &all->locks[i]));
	for (size_t i = 0; i < all->cycle_count; i++)
		json_array_append_new(cycles, cycle_json(shown, &all->cycles[i]));
	return json_pack(
		"{s:s, s:i, s:o, s:o, s:o, s:I, s:o, s:o, s:I, s:o, s:I, s:o, s:I, s:b, s:b, s:b}",
		"schema", "awaitness-dump/1", "pid", (int)dump->target->pid, "command",
		text_json(dump->target->command), "loops", loops_json(all), "tasks", tasks,
		"tasks_left_out", (json_int_t)shown->left_out, "groups", grouped, "locks", locks,
		"locks_left_out", (json_int_t)shown->locks_left_out, "deadlocks", cycles, "others",
		others, "left", left_json(left), "dropped", (json_int_t)all->dropped, "truncated",
		all->truncated, "ran", all->ran, "moved", all->moved);
}

int dump_json(FILE *out, const struct dump *dump, const struct dump_groups *groups)
{
	struct shown shown = {.dump = dump};
	int error = shown_choose(&shown, groups);
	json_t *whole = error ? NULL : whole_json(&shown, groups);

	free(shown.places);
	free(shown.locks);
	if (!whole)
		return -ENOMEM;
	json_dumpf(whole, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(whole);
	return 0;
}
