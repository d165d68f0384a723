/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_cells.bpf.h - cells are read when their reader suspends, and compared until it goes on.
 *
 * Each thread has a few slots. A slot is armed when a task suspends at an await
 * of the map; looked at whenever a step ends, so that a change is told together
 * with the step that may have made it; and looked at a last time when the
 * reader's own next step has ended.
 *
 * All reads are made while this very thread holds the GIL, but for those before
 * a system call the loop sleeps in, when threads without a loop may run.
 */
#ifndef CPYTHON_CELLS_BPF_H
#define CPYTHON_CELLS_BPF_H

#include "cpython_cell_place.bpf.h"
#include "cpython_fact.bpf.h"
#include "cpython_locks.bpf.h"

enum { CELL_OLD_NS = 1000000000 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct cpython_await_key);
	__type(value, struct cpython_await_value);
} awaits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct cpython_attribute_key);
	__type(value, struct cpython_attribute_value);
} attributes SEC(".maps");

static __always_inline void cell_keep(struct cell_slot *c,
                                      const struct cpython_attribute_value *how)
{
	c->how = how->kind;
	c->index = how->index;
	c->basicsize = how->basicsize;
}

/* Where the object of a slot keeps the attribute, as all of its type do; remembered, but for what
 * is not there (yet). */
__noinline int cell_find(uint32_t target, uint32_t i)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	struct cpython_attribute_key key = {};
	struct cpython_attribute_value value = {}, *how;
	struct cell_slot *c = cell_at(i);
	int at;

	if (!t || !c || c->kind == CPYTHON_CELL_ENTRY)
		return 0;
	key.type = c->type;
	key.name = c->name;
	key.target = target;
	how = bpf_map_lookup_elem(&attributes, &key);
	if (how) {
		cell_keep(c, how);
		return 1;
	}
	at = keys_find(read_word(c->type + t->layout.cached_keys), c->name,
	               read_word(c->name + STR_HASH));
	if (at < 0)
		return 0;
	value.kind = CPYTHON_ATTRIBUTE_VALUES;
	value.index = at;
	value.basicsize = (uint32_t)read_word(c->type + 32);
	bpf_map_update_elem(&attributes, &key, &value, BPF_ANY);
	cell_keep(c, &value);
	return 1;
}

static __always_inline struct cpython_item *cell_item(struct scratch *s, const struct cell_slot *c,
                                                      uint32_t slot, uint32_t what)
{
	struct cpython_item *item = item_add(s, CPYTHON_ITEM_CELL);

	if (!item)
		return 0;
	item->index = slot;
	item->flags = what;
	item->offset = c->window;
	item->a = c->self;
	item->b = c->generator;
	item->c = c->value;
	item->d = c->of == CPYTHON_CELL_OF_ITEM ? fingerprint_mix(c->type, c->hash) : c->type;
	return item;
}

/* A free slot; else that of a task that has been suspended for long. CPYTHON_CELLS: none. */
static __always_inline uint32_t cell_room(const struct thread_cells *here, uint64_t now)
{
	uint32_t i, oldest = CPYTHON_CELLS;
	uint64_t since = now - CELL_OLD_NS;

	for (i = 0; i < CPYTHON_CELLS; i++) {
		const struct cell_slot *c = &here->slots[i];

		if (c->state == CELL_FREE)
			return i;
		if (c->state == CELL_ARMED && c->since < since) {
			since = c->since;
			oldest = i;
		}
	}
	return oldest;
}

/* The object whose cell it is. */
static __always_inline void cell_bind(const struct cpython_target *t, struct cell_slot *c,
                                      const struct cpython_cell *cell, uint64_t self)
{
	c->object = cell->kind == CPYTHON_CELL_ENTRY ? cell->object : self;
	c->how = CPYTHON_ATTRIBUTE_DICT;
	c->type = read_word(c->object + 8);
	if (c->type == t->cell) { /* a function inside uses `self` too */
		c->object = read_word(c->object + 16);
		c->type = read_word(c->object + 8);
	}
	c->self = c->object;
}

/* The key of an item, from the frame that holds it; 0: it has none. */
static __always_inline uint64_t cell_key(const struct cpython_target *t,
                                         const struct cpython_cell *cell, uint64_t generator)
{
	uint64_t key = cell->key;

	if (cell->key_from == CPYTHON_KEY_LOCAL)
		key = read_word(generator + t->layout.gen_frame + t->layout.frame_locals +
		                8 * cell->key) &
		      ~(uint64_t)t->layout.tag_mask;
	if (key && read_word(key + 8) == t->cell)
		key = read_word(key + 16);
	return key;
}

/* A slot for cell number `j` of an await: the task that is settled has suspended there. Gives it
 * and one, not armed yet; 0: it is not watched. */
__noinline int cell_place(uint32_t slot, uint32_t j, uint64_t generator, uint64_t self)
{
	struct thread_cells *here = bpf_task_storage_get(&cells, bpf_get_current_task_btf(), 0,
	                                                 BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct thread *th = thread_here();
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	const struct cpython_cell *cell;
	struct cell_slot *c;
	uint32_t at;

	if (!s || !th || !here)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	cell = &s->await.cells[unchecked(j) & (CPYTHON_AWAIT_CELLS - 1)];
	at = cell_room(here, s->now);
	if (at >= CPYTHON_CELLS) {
		item = item_add(s, CPYTHON_ITEM_CELL);
		if (item)
			item->flags = CPYTHON_CELL_FULL;
		return 0;
	}
	c = &here->slots[unchecked(at) & (CPYTHON_CELLS - 1)];
	if (c->state != CELL_FREE) {
		cell_item(s, c, at, CPYTHON_CELL_DROPPED);
		c->state = CELL_FREE;
		th->cell_count--;
	}
	c->task = s->arming;
	c->generator = generator;
	c->since = s->now;
	c->window = cell->window;
	c->kind = cell->kind;
	c->name = cell->name;
	c->of = cell->of;
	c->depends = 0;
	cell_bind(t, c, cell, self);
	return at + 1;
}

/* The object of slot `i`, for cell number `j`, is known: arms it. Gives the slot and one; 0: it is
 * not watched. */
__noinline int cell_arm(uint32_t slot, uint32_t j, uint32_t i)
{
	struct thread *th = thread_here();
	struct scratch *s = scratch_at(slot);
	struct cell_slot *c = cell_at(i);
	struct cpython_target *t;
	const struct cpython_cell *cell;

	if (!s || !th || !c)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	cell = &s->await.cells[unchecked(j) & (CPYTHON_AWAIT_CELLS - 1)];
	if (c->of == CPYTHON_CELL_OF_ITEM) {
		c->key = cell_key(t, cell, c->generator);
		if (!c->key)
			return 0;
		c->hash = key_hash(s->target, c->key);
	} else if (c->of ==
	           CPYTHON_CELL_OF_SIZE) { /* the container itself, whatever becomes of it there */
		c->object = cell_base(t, c);
		c->type = read_word(c->object + 8);
		if (!fingerprint_size(s->target, c->object))
			return 0;
	}
	c->state = CELL_ARMED;
	th->cell_count++;
	return i + 1;
}

/* A slot was armed: what the reader holds is what stands there now. */
static __noinline void cell_hold(struct scratch *s, uint32_t at, uint64_t value)
{
	struct cell_slot *c = cell_at(at);

	if (!c)
		return;
	c->value = value;
	cell_item(s, c, at, CPYTHON_CELL_ARMED);
}

/* Arms the cells of the await that was found for a frame: item `i` of the fact. */
__noinline int await_arm(uint32_t slot, uint32_t i)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_item *frame;
	struct cpython_target *t;
	uint32_t j, at;

	if (!s || i >= CPYTHON_ITEMS)
		return 0;
	t = target_of(s);
	frame = &s->items[i];
	if (!t || read_word(frame->b + t->layout.code_qualname) != s->await.qualname)
		return 0;
	for (j = 0; j < CPYTHON_AWAIT_CELLS; j++) {
		if (j >= s->await.count)
			break;
		at = cell_place(slot, j, frame->a, frame->c);
		if (!at)
			continue;
		cell_find(s->target, at - 1);
		if (cell_arm(slot, j, at - 1))
			cell_hold(s, at - 1, cell_value(slot, at - 1));
	}
	return 0;
}

/* A task has suspended: arms the cells that the frames of its chain hold the values of. */
__noinline int cells_arm(uint32_t slot, uint64_t task)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_await_key key = {};
	struct cpython_await_value *await;
	uint32_t i, count;

	if (!s)
		return 0;
	s->arming = task;
	key.target = s->target;
	count = s->fact.count;
	for (i = 0; i < CPYTHON_ITEMS; i++) {
		if (i >= count)
			break;
		if (s->items[i].kind != CPYTHON_ITEM_FRAME)
			continue;
		key.code = s->items[i].b;
		key.offset = s->items[i].offset;
		await = bpf_map_lookup_elem(&awaits, &key);
		if (!await)
			continue;
		s->await = *await;
		await_arm(slot, i);
	}
	return 0;
}

/* Looks at one slot. `ended`: the task whose step is over; `nested`: it is not, another begins. */
__noinline int cell_look(uint32_t slot, uint32_t i, uint64_t ended, uint32_t nested)
{
	struct thread *th = thread_here();
	struct scratch *s = scratch_at(slot);
	struct cell_slot *c = cell_at(i);
	struct cpython_target *t;
	struct cpython_item *item;
	uint64_t value;
	uint32_t own, stands;

	if (!s || !th || !c)
		return 0;
	t = target_of(s);
	if (!t || c->state == CELL_FREE)
		return 0;
	own = c->state == CELL_RUNNING;
	if (own && (c->task != ended || nested)) {
		if (c->task == ended) { /* what a nested step writes cannot be told apart */
			cell_item(s, c, i, CPYTHON_CELL_DROPPED);
			c->state = CELL_FREE;
			th->cell_count--;
		}
		return 0;
	}
	stands = object_stands(c->object, c->type);
	value = stands ? cell_value(slot, i) : c->value;
	if (own) {
		item = cell_item(s, c, i, CPYTHON_CELL_OWN);
		if (item)
			item->state = !stands ? -1 : value != c->value;
		c->state = CELL_FREE;
		th->cell_count--;
	} else if (value != c->value) {
		c->value = value;
		cell_item(s, c, i, CPYTHON_CELL_CHANGED);
	}
	return 0;
}

/* A step may have ended: looks at all cells of this thread, before anything else is done. */
__noinline int cells_look(uint32_t slot)
{
	struct thread *th = thread_here();
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct step *step;
	uint64_t ended = 0;
	uint32_t depth, nested = 0, i;

	if (!s || !th || !th->cell_count)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	depth = th->depth;
	if (depth && depth <= CPYTHON_STACK) {
		step = &th->steps[unchecked(depth - 1) & (CPYTHON_STACK - 1)];
		ended = step->task;
		nested = top_executes(th, t);
	}
	for (i = 0; i < CPYTHON_CELLS; i++) {
		struct cell_slot *c = cell_at(i);

		if (!c)
			break;
		if (c->state == CELL_RUNNING || (c->state == CELL_ARMED && !cell_untouched(i)))
			cell_look(slot, i, ended, nested);
	}
	return 0;
}

/* The step of a task begins: what it holds the values of is looked at when it has ended. */
static __noinline void cells_run(struct thread *th, uint64_t task)
{
	uint32_t i;

	if (!th->cell_count)
		return;
	for (i = 0; i < CPYTHON_CELLS; i++) {
		struct cell_slot *c = cell_at(i);

		if (c && c->state == CELL_ARMED && c->task == task)
			c->state = CELL_RUNNING;
	}
}

/* Another window: what was armed in the one before is worth nothing. */
static __noinline void cells_forget(struct thread *th)
{
	uint32_t i;

	for (i = 0; i < CPYTHON_CELLS; i++) {
		struct cell_slot *c = cell_at(i);

		if (c)
			c->state = CELL_FREE;
	}
	th->cell_count = 0;
}

#endif
