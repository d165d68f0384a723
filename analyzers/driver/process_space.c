/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_space.c - see process_space.h.
 */
#include "process_space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_table.h"
#include "base/hash.h"

#define PROCESS_BITS 48 /* where the number of the process begins in an address */

enum { DEPTH_MAX = 64 }; /* of an await chain; a longer one, or a ring, is not looked into */

void process_space_init(struct process_space *space, struct names *names)
{
	*space = (struct process_space){.names = names, .can = UINT64_MAX};
}

void process_space_fini(struct process_space *space)
{
	free(space->processes);
	free(space->sites);
	idmap_fini(&space->canonical);
	idmap_fini(&space->content);
	event_buffer_fini(&space->batch);
}

static struct process_count *process_get(struct process_space *space, uint32_t pid)
{
	struct process_count *more;

	for (uint32_t i = 0; i < space->count; i++)
		if (space->processes[i].pid == pid)
			return &space->processes[i];
	more = reallocarray(space->processes, space->count + 1, sizeof(*more));
	if (!more)
		return NULL;
	space->processes = more;
	more[space->count] = (struct process_count){.pid = pid, .runtime = AW_RUNTIME_CPYTHON};
	return &more[space->count++];
}

/* ---- sites that say the same ---- */

/* A text that is not there differs from an empty one. */
static uint64_t text_or_none(uint64_t hash, const char *text)
{
	return hash_text(hash, text ? text : "\1");
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_site(const struct names_site *a, const struct names_site *b)
{
	return a->line == b->line && same_text(a->function, b->function) &&
	       same_text(a->file, b->file) && same_text(a->label, b->label);
}

int process_space_site(struct process_space *space, uint64_t site)
{
	if (space->site_count == space->site_room) {
		uint32_t room = space->site_room ? 2 * space->site_room : 256;
		uint64_t *more = reallocarray(space->sites, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		space->sites = more;
		space->site_room = room;
	}
	space->sites[space->site_count++] = site;
	return 0;
}

/* The site that stands for `site`: itself while its definition has not come. */
static uint64_t canonical(struct process_space *space, uint32_t pid, uint64_t site, unsigned depth)
{
	const struct names_site *known;
	uint64_t hash, parent, other;
	uint32_t index;

	if (!site || site == IDMAP_FREE || depth > DEPTH_MAX)
		return site;
	index = idmap_get(&space->canonical, site);
	if (index != IDMAP_NONE)
		return space->sites[index];
	known = names_site(space->names, pid, site);
	if (!known || !known->function)
		return site;
	parent = canonical(space, pid, known->parent, depth + 1);
	hash = hash_text(HASH_TEXT, known->function);
	hash = text_or_none(text_or_none(hash, known->file), known->label);
	hash = hash_word(hash, known->line ^ parent << 20);
	hash -= hash == IDMAP_FREE;
	index = idmap_get(&space->content, hash);
	other = index == IDMAP_NONE ? 0 : space->sites[index];
	if (other) {
		const struct names_site *there = names_site(space->names, pid, other);

		if (!there || !same_site(known, there) ||
		    canonical(space, pid, there->parent, depth + 1) != parent)
			return site; /* two that hash alike */
		idmap_add(&space->canonical, site, index);
		return other;
	}
	if (process_space_site(space, site))
		return site;
	index = space->site_count - 1;
	if (!idmap_add(&space->content, hash, index))
		idmap_add(&space->canonical, site, index);
	return site;
}

/* The sites known so far stand for themselves, or for the first that says the same. */
static void sites_begin(struct process_space *space, uint32_t pid)
{
	uint32_t count = space->site_count;

	for (uint32_t i = 0; i < count; i++)
		canonical(space, pid, space->sites[i], 0);
}

/* ---- events ---- */

static uint64_t tagged(uint64_t value, uint64_t process)
{
	return value > UINT32_MAX ? value | process << PROCESS_BITS : value;
}

static bool is_address(const struct aw_event *event, unsigned field)
{
	return field == AW_FIELD_ADDRESS || field == AW_FIELD_OBJECT ||
	       (event->kind == AW_NAME && (event->arg & AW_ARG_VALUE) == AW_ENTITY_LOCATION);
}

static void rewrite(struct process_space *space, uint32_t first, uint64_t process,
                    struct aw_event *event)
{
	const struct event_kind *kind = event_kind_get(event->kind);

	if (!kind || event->kind == AW_TEXT || event->kind == AW_SITE)
		return;
	if (is_address(event, kind->object))
		event->object = tagged(event->object, process);
	if (event_kind_has_site(event->kind))
		event->site = canonical(space, first, event->site, 0);
}

static void count_event(struct process_space *space, struct process_count *process,
                        const struct aw_event *event)
{
	process->events++;
	process->steps += event->kind == AW_RESUME;
	process->lost += event->kind == AW_LOST ? event->object : 0;
	if (event->kind != AW_TARGET)
		return;
	process->runtime = event->arg & AW_ARG_VALUE;
	if (process->runtime == AW_RUNTIME_CPYTHON)
		space->can &= event->site;
}

static int pass_on(struct process_space *space, const struct stream_batch *like, stream_fn fn,
                   void *context)
{
	struct stream_batch out = *like;
	int err;

	out.events = space->batch.events;
	out.count = space->batch.count;
	err = out.count ? fn(context, &out) : 0;
	space->batch.count = 0;
	return err;
}

/* What a process says of itself; the TEXT behind it is of it, too. */
static bool is_own(unsigned kind)
{
	return kind == AW_TARGET || kind == AW_THREAD || kind == AW_MODULE;
}

int process_space_feed(struct process_space *space, uint32_t first,
                       const struct stream_batch *batch, stream_fn fn, void *context)
{
	struct process_count *process = process_get(space, first);
	struct stream_batch out = {.pid = first, .tid = batch->tid, .first = batch->first};
	bool own = false, defined = false; /* a site in what was not passed on yet */
	uint64_t number;
	int err = 0;

	if (!process)
		return -ENOMEM;
	if (batch->pid != first && space->count == 1)
		sites_begin(space, first);
	process = process_get(space, batch->pid);
	if (!process)
		return -ENOMEM;
	number = (uint64_t)(process - space->processes);
	space->batch.count = 0;
	for (size_t i = 0; i < batch->count && !err; i++) {
		struct aw_event event = batch->events[i];

		count_event(space, process, &event);
		if (event.kind != AW_TEXT)
			own = number && is_own(event.kind);
		if (own) {
			err = names_event(space->names, batch->pid, batch->tid, &event);
			continue;
		}
		if (defined && event_kind_has_site(event.kind)) {
			err = pass_on(space, &out, fn, context);
			defined = false;
		}
		defined |= event.kind == AW_SITE;
		rewrite(space, first, number, &event);
		if (!err)
			err = event_buffer_add(&space->batch, &event);
	}
	return err ? err : pass_on(space, &out, fn, context);
}
