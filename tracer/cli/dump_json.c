/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_json.c - a picture of a process's tasks and locks, for programs:
 * schema awaitness-dump/1. Indices are into `tasks` and `locks`.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "dump.h"
#include "escape.h"
#include "event_table.h"

static json_t *text_json(const char *text)
{
	char safe[ESCAPE_ROOM(1024)];

	return text && *text ? json_string(escape_string(safe, sizeof(safe), text)) : json_null();
}

static json_t *index_json(ptrdiff_t index)
{
	return index < 0 ? json_null() : json_integer(index);
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

static json_t *task_json(const struct dump *dump, const struct inspect_task *t)
{
	const struct inspection *all = dump->inspection;
	bool suspended = t->record.state == AW_STATE_SUSPENDED;
	bool timed = suspended && t->record.since && t->record.since < all->time;

	return json_pack(
		"{s:I, s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o}", "id",
		(json_int_t)t->record.id, "name", text_json(t->record.name), "loop",
		(json_int_t)t->loop, "state", dump_state(t->record.state), "awaits",
		suspended ? text_json(event_value_text(AW_FIELD_AWAIT, t->record.await))
			  : json_null(),
		"object",
		suspended && t->record.object ? json_integer((json_int_t)t->record.object)
					      : json_null(),
		"lock", index_json(t->lock), "waits_for", index_json(t->waits), "suspended_ns",
		timed ? json_integer((json_int_t)(all->time - t->record.since)) : json_null(),
		"timeout", suspended && t->record.deadline, "deadlocked", t->in_cycle, "site",
		place_json(dump, suspended ? t->record.site : 0), "chain",
		chain_json(dump, suspended ? t->record.site : 0), "created",
		place_json(dump, t->record.created));
}

static json_t *lock_json(const struct dump *dump, const struct inspect_lock *l)
{
	return json_pack("{s:I, s:o, s:s, s:o, s:I, s:I, s:o, s:o}", "id", (json_int_t)l->record.id,
	                 "name", text_json(l->record.name), "type",
	                 event_lock_type_name(l->record.type), "holder", index_json(l->holder),
	                 "waiters", (json_int_t)l->record.waiters, "permits",
	                 (json_int_t)l->record.permits, "taken",
	                 place_json(dump, l->record.holder ? l->record.taken : 0), "created",
	                 place_json(dump, l->record.created));
}

static json_t *cycle_json(const struct inspect_cycle *c)
{
	json_t *members = json_array();

	for (size_t i = 0; i < c->count; i++)
		json_array_append_new(members, json_integer((json_int_t)c->members[i]));
	return members;
}

int dump_json(FILE *out, const struct dump *dump)
{
	const struct inspection *all = dump->inspection;
	json_t *loops = json_array(), *tasks = json_array(), *locks = json_array(),
	       *cycles = json_array(), *whole;

	for (size_t i = 0; i < all->loop_count; i++)
		json_array_append_new(
			loops,
			json_pack("{s:o, s:I}", "thread",
		                  all->loops[i].tid ? json_integer(all->loops[i].tid) : json_null(),
		                  "tasks", (json_int_t)all->loops[i].count));
	for (size_t i = 0; i < all->task_count; i++)
		json_array_append_new(tasks, task_json(dump, &all->tasks[i]));
	for (size_t i = 0; i < all->lock_count; i++)
		json_array_append_new(locks, lock_json(dump, &all->locks[i]));
	for (size_t i = 0; i < all->cycle_count; i++)
		json_array_append_new(cycles, cycle_json(&all->cycles[i]));
	whole = json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:b}", "schema",
	                  "awaitness-dump/1", "pid", (int)dump->target->pid, "command",
	                  text_json(dump->target->command), "loops", loops, "tasks", tasks, "locks",
	                  locks, "deadlocks", cycles, "others", (json_int_t)dump->others, "dropped",
	                  (json_int_t)all->dropped, "truncated", all->truncated);
	if (!whole)
		return -ENOMEM;
	json_dumpf(whole, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(whole);
	return 0;
}
