/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_trace.c - see join_trace.h.
 *
 * A read opens a window of its task on that address; the task's write closes it. Whether the task
 * suspended in between is told by a count of its suspensions, kept while a window of it is open.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "join_trace.h"
#include "base/idmap.h"

#define BUCKETS 256
#define NONE    UINT32_MAX

struct opening {
	uint32_t pid, task;
	uint64_t address, site;
	uint32_t suspends; /* of its task, when it was opened */
	bool met;
	uint32_t other; /* the task that was met */
	uint32_t next;  /* in its bucket, or of the free ones */
};

/* A task with an open window. */
struct runner {
	uint64_t key;
	uint32_t suspends, openings;
	uint32_t next; /* of the free ones */
};

struct join_trace {
	struct names *names;
	struct idmap stop_of, window_of, runner_of;
	struct join_suspension *stops;
	struct join_window *windows;
	size_t stop_count, stop_cap, window_count, window_cap;
	struct opening open[JOIN_TRACE_OPEN];
	struct runner runners[JOIN_TRACE_OPEN];
	uint32_t buckets[BUCKETS], free, free_runner;
};

int join_trace_new(struct join_trace **out)
{
	struct join_trace *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (!t || names_new(&t->names)) {
		free(t);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < BUCKETS; i++)
		t->buckets[i] = NONE;
	for (uint32_t i = 0; i < JOIN_TRACE_OPEN; i++)
		t->open[i].next = t->runners[i].next = i + 1 < JOIN_TRACE_OPEN ? i + 1 : NONE;
	*out = t;
	return 0;
}

void join_trace_free(struct join_trace *trace)
{
	if (!trace)
		return;
	names_free(trace->names);
	idmap_fini(&trace->stop_of);
	idmap_fini(&trace->window_of);
	idmap_fini(&trace->runner_of);
	free(trace->stops);
	free(trace->windows);
	free(trace);
}

/* Room for one more element; false: there is no memory. */
static bool room(void *array, size_t count, size_t *cap, size_t element)
{
	void **at = array, *grown;

	if (count < *cap)
		return true;
	grown = realloc(*at, (*cap ? *cap * 2 : 64) * element);
	if (!grown)
		return false;
	*at = grown;
	*cap = *cap ? *cap * 2 : 64;
	return true;
}

static uint64_t key_of(uint32_t pid, uint64_t a, uint64_t b)
{
	uint64_t key =
		(a * 0x9e3779b97f4a7c15u) ^ (b * 0xc2b2ae3d27d4eb4fu) ^ ((uint64_t)pid << 32);

	return key == IDMAP_FREE ? 0 : key;
}

static uint64_t runner_key(uint32_t pid, uint32_t task)
{
	return (uint64_t)pid << 32 | task;
}

/* NULL: no window of the task is open. */
static struct runner *runner_get(struct join_trace *t, uint32_t pid, uint32_t task)
{
	uint32_t at = idmap_get(&t->runner_of, runner_key(pid, task));

	return at == IDMAP_NONE ? NULL : &t->runners[at];
}

static struct runner *runner_make(struct join_trace *t, uint32_t pid, uint32_t task)
{
	struct runner *r = runner_get(t, pid, task);
	uint32_t at = t->free_runner;

	if (r || at == NONE || idmap_add(&t->runner_of, runner_key(pid, task), at))
		return r;
	r = &t->runners[at];
	t->free_runner = r->next;
	*r = (struct runner){.key = runner_key(pid, task)};
	return r;
}

static void runner_release(struct join_trace *t, struct runner *r)
{
	if (r->openings)
		return;
	idmap_remove(&t->runner_of, r->key);
	r->next = t->free_runner;
	t->free_runner = (uint32_t)(r - t->runners);
}

static uint32_t *bucket_of(struct join_trace *t, uint32_t pid, uint64_t address)
{
	return &t->buckets[key_of(pid, address, 0) >> 56];
}

/* What is to be closed of a task's openings. */
struct closing {
	uint32_t pid, task;
	uint64_t address;
	uint64_t read; /* only those of this site and of earlier steps; 0: all */
	bool all;      /* on any address */
};

static bool closes(const struct closing *c, const struct opening *o, const struct runner *r)
{
	if (o->pid != c->pid || o->task != c->task)
		return false;
	if (c->all)
		return true;
	return o->address == c->address &&
	       (!c->read || o->site == c->read || o->suspends != r->suspends);
}

static void openings_close(struct join_trace *t, uint32_t *bucket, const struct closing *c)
{
	struct runner *r = runner_get(t, c->pid, c->task);

	for (uint32_t *at = bucket; r && *at != NONE;) {
		struct opening *o = &t->open[*at];
		uint32_t freed = *at;

		if (!closes(c, o, r)) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		o->next = t->free;
		t->free = freed;
		r->openings--;
	}
	if (r)
		runner_release(t, r);
}

static void window_count(struct join_trace *t, const struct opening *o, uint64_t write)
{
	uint64_t key = key_of(o->pid, o->site, write);
	uint32_t at = idmap_get(&t->window_of, key);
	struct join_window *w;
	const char *name;

	if (at == IDMAP_NONE) {
		at = (uint32_t)t->window_count;
		if (!room(&t->windows, t->window_count, &t->window_cap, sizeof(*t->windows)) ||
		    idmap_add(&t->window_of, key, at))
			return;
		t->windows[t->window_count++] =
			(struct join_window){.pid = o->pid, .read = o->site, .write = write};
	}
	w = &t->windows[at];
	w->count++;
	if (!o->met || w->met++)
		return;
	name = names_object(t->names, o->pid, o->task);
	snprintf(w->task, sizeof(w->task), "%s", name ? name : "a task");
	name = names_object(t->names, o->pid, o->other);
	snprintf(w->other, sizeof(w->other), "%s", name ? name : "another task");
}

/* What an access of another task, or by nobody's task, means for those in a window there. */
static void access_meets(struct join_trace *t, uint32_t pid, const struct aw_event *e)
{
	for (uint32_t i = *bucket_of(t, pid, e->object); i != NONE; i = t->open[i].next) {
		struct opening *o = &t->open[i];
		struct runner *r;

		if (o->pid != pid || o->address != e->object || o->task == e->task ||
		    (e->kind == AW_READ && e->site != o->site))
			continue;
		r = runner_get(t, pid, o->task);
		if (!r || r->suspends == o->suspends || o->met)
			continue;
		o->met = true;
		o->other = e->task;
	}
}

static void write_take(struct join_trace *t, uint32_t pid, const struct aw_event *e)
{
	struct runner *r = runner_get(t, pid, e->task);
	uint32_t *bucket = bucket_of(t, pid, e->object);

	for (uint32_t i = *bucket; i != NONE && r; i = t->open[i].next) {
		const struct opening *o = &t->open[i];

		if (o->pid == pid && o->task == e->task && o->address == e->object &&
		    o->suspends != r->suspends)
			window_count(t, o, e->site);
	}
	openings_close(t, bucket,
	               &(struct closing){.pid = pid, .task = e->task, .address = e->object});
}

static void read_take(struct join_trace *t, uint32_t pid, const struct aw_event *e)
{
	uint32_t *bucket = bucket_of(t, pid, e->object), at;
	struct runner *r;

	/* read again: what was read before no longer matters; one step may tell several reads */
	openings_close(t, bucket,
	               &(struct closing){
			       .pid = pid, .task = e->task, .address = e->object, .read = e->site});
	at = t->free;
	r = at == NONE ? NULL : runner_make(t, pid, e->task);
	if (!r)
		return;
	t->free = t->open[at].next;
	t->open[at] = (struct opening){.pid = pid,
	                               .task = e->task,
	                               .address = e->object,
	                               .site = e->site,
	                               .suspends = r->suspends,
	                               .next = *bucket};
	*bucket = at;
	r->openings++;
}

static void suspend_take(struct join_trace *t, uint32_t pid, const struct aw_event *e)
{
	struct runner *r = runner_get(t, pid, e->task);
	uint64_t key = key_of(pid, e->site, 1);
	uint32_t at = idmap_get(&t->stop_of, key);

	if (r)
		r->suspends++;
	if (!e->site)
		return;
	if (at == IDMAP_NONE) {
		at = (uint32_t)t->stop_count;
		if (!room(&t->stops, t->stop_count, &t->stop_cap, sizeof(*t->stops)) ||
		    idmap_add(&t->stop_of, key, at))
			return;
		t->stops[t->stop_count++] = (struct join_suspension){.pid = pid, .site = e->site};
	}
	t->stops[at].count++;
}

/* Its number may be another task's later. */
static void task_ends(struct join_trace *t, uint32_t pid, uint32_t task)
{
	for (uint32_t i = 0; i < BUCKETS && runner_get(t, pid, task); i++)
		openings_close(t, &t->buckets[i],
		               &(struct closing){.pid = pid, .task = task, .all = true});
}

int join_trace_feed(void *trace, const struct stream_batch *batch)
{
	struct join_trace *t = trace;

	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *e = &batch->events[i];

		switch (e->kind) {
		case AW_SUSPEND:
			suspend_take(t, batch->pid, e);
			break;
		case AW_READ:
			if (e->arg & AW_ARG_USE)
				break;
			access_meets(t, batch->pid, e);
			if (e->task)
				read_take(t, batch->pid, e);
			break;
		case AW_WRITE:
			if (!(e->arg & AW_ARG_SAME))
				access_meets(t, batch->pid, e);
			if (e->task)
				write_take(t, batch->pid, e);
			break;
		case AW_TASK_END:
			task_ends(t, batch->pid, e->task);
			break;
		default:
			break;
		}
		if (names_wants(e->kind) && names_event(t->names, batch->pid, batch->tid, e))
			return -ENOMEM;
	}
	return 0;
}

const struct join_suspension *join_trace_stops(const struct join_trace *trace, size_t *count)
{
	*count = trace->stop_count;
	return trace->stops;
}

const struct join_window *join_trace_windows(const struct join_trace *trace, size_t *count)
{
	*count = trace->window_count;
	return trace->windows;
}

bool join_trace_place(const struct join_trace *trace, uint32_t pid, uint64_t site,
                      struct join_place *out, uint64_t *caller)
{
	const struct names_site *s = names_site(trace->names, pid, site);

	if (!s)
		return false;
	*out = (struct join_place){.file = s->file ? s->file : "",
	                           .function = s->function ? s->function : "",
	                           .line = s->line,
	                           .exit = s->label && !strncmp(s->label, "exit of ", 8)};
	*caller = s->parent;
	return true;
}
