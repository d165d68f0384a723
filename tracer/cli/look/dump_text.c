/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump_text.c - a picture of a process's tasks and locks, for people.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "dump_group.h"
#include "cli/duration.h"
#include "base/escape.h"
#include "event/event_table.h"

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

/* What a task waits for; several of a group do so alike. */
static void print_wait(FILE *out, const struct dump *dump, const struct inspect_task *t,
                       bool several)
{
	const struct inspection *all = dump->inspection;
	const char *what = event_value_text(AW_FIELD_AWAIT, t->record.await);
	char name[NAME_ROOM + 48];

	if (t->lock >= 0 && t->record.await == AW_AWAIT_CONDITION)
		fprintf(out, "%s to be notified of %s", several ? "wait" : "waits",
		        lock_name(name, &all->locks[t->lock]));
	else if (t->lock >= 0)
		fprintf(out, "%s for %s", several ? "wait" : "waits",
		        lock_name(name, &all->locks[t->lock]));
	else
		fprintf(out, "%s %s", several ? "await" : "awaits", what ? what : "something");
	if (t->waits >= 0 && t->record.await != AW_AWAIT_CONDITION && (t->lock >= 0 || !several))
		fprintf(out, "%s task %s", t->lock >= 0 ? ", held by" : ":",
		        task_name(name, &all->tasks[t->waits]));
	else if (t->lock < 0 && t->record.object && !dump->names && !several)
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

static bool timed(const struct dump *dump, const struct inspect_task *t)
{
	return t->record.since && t->record.since < dump->inspection->time;
}

static void print_task(FILE *out, const struct dump *dump, size_t index)
{
	const struct inspection *all = dump->inspection;
	const struct inspect_task *t = &all->tasks[index];
	char name[NAME_ROOM + 48], place[DUMP_PLACE], time[DURATION_TEXT];
	size_t count;
	const struct inspect_hold *held = inspection_held(all, index, &count);

	fprintf(out, "  %-24s %s", task_name(name, t), dump_state(t->record.state));
	if (t->record.state == AW_STATE_SUSPENDED) {
		if (timed(dump, t))
			fprintf(out, " for %s", duration_format(time, all->time - t->record.since));
		fputs(", ", out);
		print_wait(out, dump, t, false);
		if (t->record.site && !dump->names)
			fprintf(out, ", at %s", dump_place(place, dump, t->record.site));
	}
	fputc('\n', out);
	if (dump->names)
		print_chain(out, dump, t->record.site);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? ", " : "      holds ",
		        lock_name(name, &all->locks[held[i].lock]));
	if (count)
		fputc('\n', out);
}

/* How long the one of a group that waits the longest does so; 0: not known. */
static uint64_t group_longest(const struct dump *dump, const size_t *tasks, size_t count)
{
	const struct inspection *all = dump->inspection;
	uint64_t since = all->time;

	for (size_t i = 0; i < count; i++)
		if (timed(dump, &all->tasks[tasks[i]]) && all->tasks[tasks[i]].record.since < since)
			since = all->tasks[tasks[i]].record.since;
	return all->time - since;
}

/* Tasks that do the same at one place: how many, and a few by name. */
static void print_group(FILE *out, const struct dump *dump, const size_t *tasks, size_t count)
{
	const struct inspection *all = dump->inspection;
	const struct inspect_task *t = &all->tasks[tasks[0]];
	char name[NAME_ROOM + 48], place[DUMP_PLACE], time[DURATION_TEXT];
	uint64_t longest;
	size_t held;

	fprintf(out, "  %zu tasks %s", count, dump_state(t->record.state));
	if (t->record.state == AW_STATE_SUSPENDED) {
		longest = group_longest(dump, tasks, count);
		if (longest)
			fprintf(out, " for up to %s", duration_format(time, longest));
		fputs(", ", out);
		print_wait(out, dump, t, true);
		if (t->record.site && !dump->names)
			fprintf(out, ", at %s", dump_place(place, dump, t->record.site));
	}
	inspection_held(all, tasks[0], &held);
	if (held)
		fprintf(out, ", each holds %zu lock%s", held, held > 1 ? "s" : "");
	fputc('\n', out);
	if (dump->names)
		print_chain(out, dump, t->record.site);
	for (size_t i = 0; i < count && i < DUMP_FEW; i++)
		fprintf(out, "%s%s", i ? ", " : "      ", task_name(name, &all->tasks[tasks[i]]));
	if (count > DUMP_FEW)
		fprintf(out, " and %zu more", count - DUMP_FEW);
	fputc('\n', out);
}

bool dump_counts(unsigned type)
{
	return type == AW_LOCK_TYPE_SEMAPHORE || type == AW_LOCK_TYPE_ASYNCIO_SEMAPHORE ||
	       type == AW_LOCK_TYPE_ASYNCIO_BOUNDED || type == AW_LOCK_TYPE_ANYIO_SEMAPHORE;
}

/* The task that holds a lock, or a few of a semaphore's. False: none is known. */
static bool print_holder(FILE *out, const struct dump *dump, const struct inspect_lock *l,
                         const char *before)
{
	char name[NAME_ROOM + 48];

	if (!l->record.holder)
		return false;
	if (l->holder >= 0)
		fprintf(out, "%s%s", before, task_name(name, &dump->inspection->tasks[l->holder]));
	else
		fprintf(out, "%stask #%" PRIu32, before, l->record.holder);
	if (l->holders > 1)
		fprintf(out, " and %" PRIu32 " more", l->holders - 1);
	return true;
}

static void print_permits(FILE *out, const struct dump *dump, const struct inspect_lock *l)
{
	if (l->held == INSPECT_UNKNOWN)
		fputs("how many are free could not be read", out);
	else
		fprintf(out, "%" PRIu32 " free", l->record.permits);
	if (l->handed && *l->word) /* what is handed over does not count as free */
		fprintf(out, ", %" PRIu32 " handed to whoever waited and has not run yet",
		        l->handed);
	print_holder(out, dump, l, ", held by ");
}

/* Whether a lock is held, by its own state: by whom is another question. */
static void print_held(FILE *out, const struct dump *dump, const struct inspect_lock *l)
{
	if (l->held == INSPECT_HELD && print_holder(out, dump, l, "held by "))
		return;
	if (l->held == INSPECT_HELD && l->thread)
		fprintf(out, "held by the thread %" PRIu64, l->thread);
	else if (l->held == INSPECT_HELD && l->record.type == AW_LOCK_TYPE_RWLOCK)
		fputs("held for reading", out);
	else if (l->held == INSPECT_HELD)
		fputs("held, by whom is not known", out);
	else if (l->held == INSPECT_FREE && l->handed)
		fputs("free, but handed to the first in line, which has not run yet", out);
	else if (l->held == INSPECT_FREE) {
		fputs("free", out);
		print_holder(out, dump, l, ", though in a section of it stands ");
	} else if (!print_holder(out, dump, l, "held by "))
		fputs("its state could not be read", out);
}

static void print_lock(FILE *out, const struct dump *dump, const struct inspect_lock *l)
{
	char name[NAME_ROOM + 48], place[DUMP_PLACE];

	fprintf(out, "  %-34s ", lock_name(name, l));
	if (dump_counts(l->record.type))
		print_permits(out, dump, l);
	else
		print_held(out, dump, l);
	if (*l->word)
		fprintf(out, " (%s)", l->word);
	if (l->record.taken && l->record.holder)
		fprintf(out, ", taken at %s", dump_place(place, dump, l->record.taken));
	if (l->record.waiters)
		fprintf(out, ", %" PRIu32 " waiting", l->record.waiters);
	if (l->to_notify)
		fprintf(out, ", %" PRIu32 " waiting to be notified", l->to_notify);
	if (l->record.created)
		fprintf(out, ", created at %s", dump_place(place, dump, l->record.created));
	fputc('\n', out);
}

/* Locks that one line tells all about: of one name and state, that nobody waits for. */
static bool locks_alike(const struct inspect_lock *a, const struct inspect_lock *b)
{
	return a->record.type == b->record.type && a->held == b->held && !a->record.waiters &&
	       !b->record.waiters && !a->to_notify && !b->to_notify && !a->handed && !b->handed &&
	       a->holders == b->holders && a->record.created == b->record.created &&
	       a->record.permits == b->record.permits && !strcmp(a->record.name, b->record.name) &&
	       *a->record.name;
}

static int lock_compare(const void *a, const void *b, void *context)
{
	const struct inspect_lock *locks = context;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	bool plain = !locks[i].record.waiters, other = !locks[j].record.waiters;
	int order =
		plain != other ? plain - other : strcmp(locks[i].record.name, locks[j].record.name);

	return order ? order : i < j ? -1 : i > j;
}

static void print_locks_alike(FILE *out, const struct dump *dump, const struct inspect_lock *l,
                              size_t count)
{
	char name[NAME_ROOM], place[DUMP_PLACE];

	fprintf(out, "  %zu locks %s %s: ", count, event_lock_type_name(l->record.type),
	        escape_string(name, sizeof(name), l->record.name));
	if (dump_counts(l->record.type))
		fprintf(out, "%" PRIu32 " free each", l->record.permits);
	else if (l->held == INSPECT_UNKNOWN)
		fputs("their state could not be read", out);
	else
		fputs(l->held == INSPECT_FREE ? "free"
		      : l->record.holder      ? "each held by a task"
		                              : "held, by whom is not known",
		      out);
	if (l->record.created)
		fprintf(out, ", created at %s", dump_place(place, dump, l->record.created));
	fputc('\n', out);
}

/* Those that somebody waits for stand first; the many of which each says the same are one line. */
static void print_locks(FILE *out, const struct dump *dump)
{
	const struct inspection *all = dump->inspection;
	size_t *order = calloc(all->lock_count + 1, sizeof(*order)), next;

	for (size_t i = 0; order && i < all->lock_count; i++)
		order[i] = i;
	if (order && !dump->all)
		qsort_r(order, all->lock_count, sizeof(*order), lock_compare, all->locks);
	for (size_t i = 0; i < all->lock_count; i = next) {
		const struct inspect_lock *l = &all->locks[order ? order[i] : i];

		for (next = i + 1; order && !dump->all && next < all->lock_count &&
		                   locks_alike(l, &all->locks[order[next]]);)
			next++;
		if (next - i > 1)
			print_locks_alike(out, dump, l, next - i);
		else
			print_lock(out, dump, l);
	}
	free(order);
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

/* "1 task is", "2 tasks are". */
static const char *is_are(size_t count, const char *one, const char *several)
{
	return count == 1 ? one : several;
}

static void print_loop(FILE *out, const struct dump *dump, const struct dump_groups *groups,
                       size_t loop)
{
	const struct inspection *all = dump->inspection;
	const struct aw_inspect_loop *l = &all->loops[loop];

	if (l->tid)
		fprintf(out, "\nloop in thread %" PRIu32 ": %" PRIu32 " %s\n", l->tid, l->count,
		        is_are(l->count, "task", "tasks"));
	else
		fprintf(out, "\n%" PRIu32 " %s suspended\n", l->count,
		        is_are(l->count, "task is", "tasks are"));
	for (size_t i = 0; i < groups->count; i++) {
		const struct dump_group *group = &groups->at[i];
		const size_t *tasks = groups->order + group->first;

		if (all->tasks[tasks[0]].loop != loop)
			continue;
		if (group->count == 1)
			print_task(out, dump, tasks[0]);
		else
			print_group(out, dump, tasks, group->count);
	}
}

/* Tasks that are not shown, and why. */
static void print_left(FILE *out, const struct dump_left *left)
{
	const struct {
		size_t count;
		const char *one, *several;
	} rows[] = {
		{left->running, "runs or is about to end", "run or are about to end"},
		{left->not_begun, "has not begun", "have not begun"},
		{left->done, "is done", "are done"},
		{left->foreign, "is not of Python's own coroutines, which alone can be read",
	         "are not of Python's own coroutines, which alone can be read"},
		{left->unreadable, "could not be read", "could not be read"},
	};
	const char *before = " more: ";
	size_t sum = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		sum += rows[i].count;
	if (!sum)
		return;
	fprintf(out, "\n%zu %s", sum, is_are(sum, "task", "tasks"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!rows[i].count)
			continue;
		fprintf(out, "%s%zu %s", before, rows[i].count,
		        is_are(rows[i].count, rows[i].one, rows[i].several));
		before = ", ";
	}
	fputc('\n', out);
}

void dump_text(FILE *out, const struct dump *dump, const struct dump_groups *groups)
{
	const struct inspection *all = dump->inspection;
	char command[ESCAPE_ROOM(1024)];

	fprintf(out, "process %d: %s\n", (int)dump->target->pid,
	        escape_string(command, sizeof(command), dump->target->command));
	for (size_t i = 0; i < all->cycle_count; i++)
		print_cycle(out, all, &all->cycles[i]);
	for (size_t l = 0; l < all->loop_count; l++)
		print_loop(out, dump, groups, l);
	if (all->lock_count)
		fprintf(out, "\n%zu %s\n", all->lock_count,
		        is_are(all->lock_count, "lock", "locks"));
	print_locks(out, dump);
	print_left(out, &dump->left);
	if (all->dropped)
		fprintf(out, "\n%zu %s while being read and %s left out\n", all->dropped,
		        is_are(all->dropped, "record changed", "records changed"),
		        is_are(all->dropped, "is", "are"));
	if (all->ran)
		fputs("\nthe process ran while this was read: each task is as it was at one "
		      "moment, "
		      "not all at the same\n",
		      out);
	if (all->moved)
		fputs("\nsome tasks may be missing: what lists them changed while it was read, or "
		      "is "
		      "damaged\n",
		      out);
	if (all->truncated)
		fputs("\nthere is more than fits into a dump\n", out);
}
