/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_text.c - a picture of a process's tasks and locks, for people.
 */
#include <inttypes.h>
#include <string.h>

#include "dump.h"
#include "duration.h"
#include "escape.h"
#include "event_table.h"

#define NAME_ROOM ESCAPE_ROOM(AW_INSPECT_NAME)

const char *dump_state(unsigned state)
{
	static const char *const words[] = {"ready", "running", "suspended", "ended"};

	return state < sizeof(words) / sizeof(*words) ? words[state] : "unknown";
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void place_address(char *out, size_t size, struct symbols *symbols, uint64_t address)
{
	struct symbols_place place;

	if (!symbols || symbols_resolve(symbols, address - 1, &place))
		snprintf(out, size, "0x%" PRIx64, address);
	else if (place.file)
		snprintf(out, size, "%.60s %.60s:%" PRIu32, place.function ? place.function : "?",
		         file_name(place.file), place.line);
	else if (place.function)
		snprintf(out, size, "%.60s in %.60s", place.function,
		         file_name(place.module ? place.module : "?"));
	else
		snprintf(out, size, "%.60s+0x%" PRIx64,
		         place.module ? file_name(place.module) : "?", place.offset);
}

static const struct names_site *dump_site(const struct dump *dump, uint64_t id)
{
	return names_site(dump->names, (uint32_t)dump->target->pid, id);
}

const char *dump_place(char *out, const struct dump *dump, uint64_t site)
{
	const struct names_site *known = dump->names ? dump_site(dump, site) : NULL;
	char raw[DUMP_PLACE / 4] = "";

	if (known)
		snprintf(raw, sizeof(raw), "%.60s %.60s:%" PRIu32,
		         known->function ? known->function : "?",
		         known->file ? file_name(known->file) : "?", known->line);
	else if (site && !dump->names)
		place_address(raw, sizeof(raw), dump->symbols, site);
	return escape_string(out, DUMP_PLACE, raw);
}

static const char *task_name(char *out, const struct inspect_task *t)
{
	char name[NAME_ROOM];

	if (*t->record.name)
		snprintf(out, NAME_ROOM + 16, "%s (#%" PRIu32 ")",
		         escape_string(name, sizeof(name), t->record.name), t->record.id);
	else
		snprintf(out, NAME_ROOM + 16, "#%" PRIu32, t->record.id);
	return out;
}

static const char *lock_name(char *out, const struct inspect_lock *l)
{
	char name[NAME_ROOM];

	snprintf(out, NAME_ROOM + 48, "%s %s (#%" PRIu64 ")", event_lock_type_name(l->record.type),
	         *l->record.name ? escape_string(name, sizeof(name), l->record.name)
	                         : "without name",
	         l->record.id);
	return out;
}

static void print_wait(FILE *out, const struct dump *dump, const struct inspect_task *t)
{
	const struct inspection *all = dump->inspection;
	const char *what = event_value_text(AW_FIELD_AWAIT, t->record.await);
	char name[NAME_ROOM + 48];

	if (t->lock >= 0)
		fprintf(out, "waits for %s", lock_name(name, &all->locks[t->lock]));
	else
		fprintf(out, "awaits %s", what ? what : "something");
	if (t->waits >= 0)
		fprintf(out, "%s task %s", t->lock >= 0 ? ", held by" : ":",
		        task_name(name, &all->tasks[t->waits]));
	else if (t->lock < 0 && t->record.object && !dump->names)
		fprintf(out, " #%" PRIu64, t->record.object);
	if (t->record.deadline)
		fputs(", with a time-out", out);
}

/* The await chain that ends at `site`, the innermost first. */
static void print_chain(FILE *out, const struct dump *dump, uint64_t site)
{
	const struct names_site *known;
	char place[DUMP_PLACE];

	for (unsigned i = 0; i < CHAIN_MAX && (known = dump_site(dump, site)); i++) {
		fprintf(out, "      %s %s\n", i ? "in" : "at", dump_place(place, dump, site));
		site = known->parent;
	}
}

static void print_task(FILE *out, const struct dump *dump, const struct inspect_task *t)
{
	const struct inspection *all = dump->inspection;
	char name[NAME_ROOM + 48], place[DUMP_PLACE], time[DURATION_TEXT];
	bool first = true;

	fprintf(out, "  %-24s %s", task_name(name, t), dump_state(t->record.state));
	if (t->record.state == AW_STATE_SUSPENDED) {
		if (t->record.since && t->record.since < all->time)
			fprintf(out, " for %s", duration_format(time, all->time - t->record.since));
		fputs(", ", out);
		print_wait(out, dump, t);
		if (t->record.site && !dump->names)
			fprintf(out, ", at %s", dump_place(place, dump, t->record.site));
	}
	fputc('\n', out);
	if (dump->names)
		print_chain(out, dump, t->record.site);
	for (size_t i = 0; i < all->lock_count; i++) {
		if (all->locks[i].holder < 0 || &all->tasks[all->locks[i].holder] != t)
			continue;
		fprintf(out, "%s%s", first ? "      holds " : ", ",
		        lock_name(name, &all->locks[i]));
		first = false;
	}
	if (!first)
		fputc('\n', out);
}

static bool is_semaphore(unsigned type)
{
	return type == AW_LOCK_TYPE_SEMAPHORE || type == AW_LOCK_TYPE_ASYNCIO_SEMAPHORE ||
	       type == AW_LOCK_TYPE_ASYNCIO_BOUNDED || type == AW_LOCK_TYPE_ANYIO_SEMAPHORE;
}

static void print_lock(FILE *out, const struct dump *dump, const struct inspect_lock *l)
{
	const struct inspection *all = dump->inspection;
	char name[NAME_ROOM + 48], place[DUMP_PLACE];

	fprintf(out, "  %-34s ", lock_name(name, l));
	if (l->holder >= 0)
		fprintf(out, "held by %s", task_name(name, &all->tasks[l->holder]));
	else if (l->record.holder)
		fprintf(out, "held by task #%" PRIu32, l->record.holder);
	else if (is_semaphore(l->record.type))
		fprintf(out, "%" PRIu32 " free", l->record.permits);
	else
		fputs("free", out);
	if (l->record.taken && l->record.holder)
		fprintf(out, ", taken at %s", dump_place(place, dump, l->record.taken));
	if (l->record.waiters)
		fprintf(out, ", %" PRIu32 " waiting", l->record.waiters);
	if (l->record.created)
		fprintf(out, ", created at %s", dump_place(place, dump, l->record.created));
	fputc('\n', out);
}

static void print_cycle(FILE *out, const struct inspection *all, const struct inspect_cycle *c)
{
	char name[NAME_ROOM + 48];

	fputs("DEADLOCK:", out);
	for (size_t i = 0; i <= c->count; i++) {
		const struct inspect_task *t = &all->tasks[c->members[i % c->count]];

		fprintf(out, "%s %s", i ? " ->" : "", task_name(name, t));
		if (i < c->count && t->lock >= 0)
			fprintf(out, " [waits for %s]", lock_name(name, &all->locks[t->lock]));
	}
	fputc('\n', out);
}

void dump_text(FILE *out, const struct dump *dump)
{
	const struct inspection *all = dump->inspection;
	char command[ESCAPE_ROOM(1024)];

	fprintf(out, "process %d: %s\n", (int)dump->target->pid,
	        escape_string(command, sizeof(command), dump->target->command));
	for (size_t i = 0; i < all->cycle_count; i++)
		print_cycle(out, all, &all->cycles[i]);
	for (size_t l = 0; l < all->loop_count; l++) {
		if (all->loops[l].tid)
			fprintf(out, "\nloop in thread %" PRIu32 ": %" PRIu32 " tasks\n",
			        all->loops[l].tid, all->loops[l].count);
		else
			fprintf(out, "\n%" PRIu32 " tasks are suspended\n", all->loops[l].count);
		for (size_t t = 0; t < all->task_count; t++)
			if (all->tasks[t].loop == l)
				print_task(out, dump, &all->tasks[t]);
	}
	if (all->lock_count)
		fprintf(out, "\n%zu locks\n", all->lock_count);
	for (size_t i = 0; i < all->lock_count; i++)
		print_lock(out, dump, &all->locks[i]);
	if (dump->others)
		fprintf(out,
		        "\n%zu tasks more are not suspended: they run, are about to, have not "
		        "begun, or are done\n",
		        dump->others);
	if (all->dropped)
		fprintf(out, "\n%zu records changed while they were read and are left out\n",
		        all->dropped);
	if (all->truncated)
		fputs("\nthere is more than fits into a dump\n", out);
}
