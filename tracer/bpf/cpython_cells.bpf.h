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

#include "cpython_fact.bpf.h"
#include "cpython_locks.bpf.h"

enum {
	KEYS_INDEX_BYTES = 9, /* PyDictKeysObject: dk_log2_index_bytes, dk_kind, dk_nentries, */
	KEYS_KIND = 10,       /* Include/internal/pycore_dict.h, the same from 3.11 to 3.15 */
	KEYS_COUNT = 24,
	KEYS_HEAD = 32,
	DICT_KEYS = 32,
	DICT_VALUES = 40,
	NAMES_MAX = 64, /* attributes of an object, names of a dictionary that are looked through */
	CELL_OLD_NS = 1000000000
};

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

/* The position of a name among the keys of a dictionary, or of a class; -1: not there. `hint`:
 * where it was before. */
__noinline int keys_find(uint64_t keys, uint64_t name, uint32_t hint)
{
	uint8_t head[KEYS_HEAD];
	uint32_t i, stride, key;
	uint64_t entries, count;

	if (!keys || bpf_probe_read_user(head, sizeof(head), (void *)keys))
		return -1;
	count = *(uint64_t *)(head + KEYS_COUNT);
	entries = keys + KEYS_HEAD + (1ull << (head[KEYS_INDEX_BYTES] & 31));
	stride = head[KEYS_KIND] ? 16 : 24; /* {key, value}, or {hash, key, value} */
	key = head[KEYS_KIND] ? 0 : 8;
	if (hint && hint < count && read_word(entries + hint * stride + key) == name)
		return hint;
	for (i = 0; i < NAMES_MAX; i++) {
		if (i >= count)
			break;
		if (read_word(entries + i * stride + key) == name)
			return i;
	}
	return -1;
}

/* The address of the pointer to the value of a name in a dictionary; 0: not there. */
__noinline uint64_t dictionary_place(uint64_t dictionary, uint64_t name, uint32_t inlined,
                                     uint32_t hint)
{
	uint64_t keys = read_word(dictionary + DICT_KEYS), values, entries;
	int at = keys_find(keys, name, hint);
	uint32_t head;

	if (at < 0)
		return 0;
	values = read_word(dictionary + DICT_VALUES);
	if (values)
		return values + (inlined ? 8 : 0) + 8 * (uint32_t)at;
	head = read_half(keys + 8); /* log2 of the size, of the index bytes, kind, version */
	entries = keys + KEYS_HEAD + (1ull << (head >> 8 & 31));
	if (head >> 16 & 0xff)
		return entries + 16 * (uint32_t)at + 8;
	return entries + 24 * (uint32_t)at + 16;
}

static __always_inline uint64_t fingerprint_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* Text: its length, its first bytes. */
__noinline uint64_t fingerprint_text(uint64_t data, uint64_t bytes)
{
	uint64_t words[8] = {}, hash = fingerprint_mix(2, bytes);
	uint32_t part = bytes > sizeof(words) ? sizeof(words) : bytes, i;

	asm volatile("" : "+r"(part));
	if (part > sizeof(words))
		return 0;
	bpf_probe_read_user(words, part, (void *)data);
	for (i = 0; i < 8; i++)
		hash = fingerprint_mix(hash, words[i]);
	return hash;
}

/* What is compared: of numbers and text their value, of all else which object it is. */
__noinline uint64_t fingerprint(uint32_t target, uint64_t object)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	uint64_t words[5] = {}, digits;

	if (!t || !object)
		return 0;
	if (bpf_probe_read_user(words, sizeof(words), (void *)object))
		return object;
	if (words[1] == t->integer) {
		int64_t size = (int64_t)words[2];
		uint64_t count = t->layout.long_shift ? words[2] >> t->layout.long_shift
		                 : size < 0           ? (uint64_t)-size
		                                      : (uint64_t)size;

		if (count > 2)
			return fingerprint_mix(object, words[3]); /* past 60 bits: which object */
		digits = count == 2 ? words[3] : count ? words[3] & 0xffffffff : 0;
		return fingerprint_mix(fingerprint_mix(1, words[2] & ~(uint64_t)4), digits);
	}
	if (words[1] == t->real)
		return fingerprint_mix(3, words[2]);
	if (words[1] == t->bytes)
		return fingerprint_text(object + 32, words[2]);
	if (words[1] == t->str) {
		uint32_t state = read_half(object + 32), kind = state >> 2 & 7;

		return fingerprint_text(
			object + (state >> 6 & 1 ? t->layout.str_ascii : t->layout.str_compact),
			words[2] * kind);
	}
	return object;
}

/* Is what was an object of a type still one? Freed memory has a link, or nothing, for its count. */
static __always_inline int object_stands(uint64_t object, uint64_t type)
{
	uint64_t head[2] = {};

	if (bpf_probe_read_user(head, sizeof(head), (void *)object))
		return 0;
	return head[1] == type && head[0] && !(head[0] >> 32 & 0xffff);
}

/* Remembers where the pointer of a slot's cell is, which is there as long as the word at the anchor
 * does not change. */
static __always_inline void cell_anchor(struct cell_slot *c, uint64_t place, uint64_t anchor)
{
	c->place = place;
	c->anchor = anchor;
	c->anchored = anchor ? read_word(anchor) : 0;
}

static __always_inline void cell_find_values(const struct cpython_layout *l, struct cell_slot *c)
{
	uint64_t values;

	if (l->attributes == CPYTHON_ATTR_POINTER) {
		values = read_word(c->object - 32);
		if (values)
			cell_anchor(c, values + 8 * c->index, c->object - 32);
	} else if (l->attributes == CPYTHON_ATTR_TAGGED) {
		values = read_word(c->object - 24);
		if (values & 1)
			cell_anchor(c, values + 1 + 8 * c->index, c->object - 24);
	} else if (l->attributes == CPYTHON_ATTR_INLINE) {
		values = c->object + c->basicsize;
		if (read_half(values) >> 24 == 1) /* capacity, size, embedded, valid */
			cell_anchor(c, values + 8 + 8 * c->index, values);
	}
}

/* Finds where the cell is now, and its value object; 0: there is none. */
static __always_inline uint64_t cell_object(const struct cpython_target *t, struct cell_slot *c)
{
	const struct cpython_layout *l = &t->layout;
	uint32_t inlined = l->attributes == CPYTHON_ATTR_INLINE;
	uint64_t dictionary = 0;

	c->place = c->anchor = 0;
	if (c->how == CPYTHON_ATTRIBUTE_SLOT)
		c->place = c->object + c->index;
	else if (c->kind == CPYTHON_CELL_ENTRY)
		dictionary = c->object;
	else if (c->how == CPYTHON_ATTRIBUTE_VALUES)
		cell_find_values(l, c);
	if (!c->place && !dictionary) {
		dictionary = read_word(c->object - 24);
		if (dictionary & 1 || read_word(dictionary + 8) != t->dictionary)
			dictionary = 0;
	}
	if (dictionary)
		cell_anchor(c, dictionary_place(dictionary, c->name, inlined, c->index),
		            dictionary + DICT_KEYS);
	c->pointer = c->place ? read_word(c->place) : 0;
	return c->pointer;
}

/* The same object stands in the same place: it was not written, or only with what it was. */
static __always_inline int cell_untouched(const struct cell_slot *c)
{
	return c->place && read_word(c->place) == c->pointer &&
	       (!c->anchor || read_word(c->anchor) == c->anchored);
}

/* Where objects of a type keep an attribute; remembered, but for what is not there (yet). */
__noinline int attribute_find(uint32_t target, uint64_t type, uint64_t name)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	struct cpython_attribute_key key = {type, name, target};
	struct cpython_attribute_value value = {};
	int at;

	if (!t)
		return 0;
	if (bpf_map_lookup_elem(&attributes, &key))
		return 1;
	at = keys_find(read_word(type + t->layout.cached_keys), name, 0);
	if (at < 0)
		return 0;
	value.kind = CPYTHON_ATTRIBUTE_VALUES;
	value.index = at;
	value.basicsize = (uint32_t)read_word(type + 32);
	bpf_map_update_elem(&attributes, &key, &value, BPF_ANY);
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
	item->a = c->object;
	item->b = c->generator;
	item->c = c->value;
	item->d = c->type;
	return item;
}

/* A free slot; else that of a task that has been suspended for long. CPYTHON_CELLS: none. */
static __always_inline uint32_t cell_room(struct thread *th, uint64_t now)
{
	uint32_t i, oldest = CPYTHON_CELLS;
	uint64_t since = now - CELL_OLD_NS;

	for (i = 0; i < CPYTHON_CELLS; i++) {
		struct cell_slot *c = &th->cells[i];

		if (c->state == CELL_FREE)
			return i;
		if (c->state == CELL_ARMED && c->since < since) {
			since = c->since;
			oldest = i;
		}
	}
	return oldest;
}

/* Cell number `j` of an await: the task that is settled has suspended there. */
__noinline int cell_arm(uint32_t slot, uint32_t j, uint64_t generator, uint64_t self)
{
	uint32_t tid = (uint32_t)bpf_get_current_pid_tgid(), at;
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
	struct scratch *s = scratch_at(slot);
	struct cpython_attribute_key key = {};
	struct cpython_attribute_value *how;
	struct cpython_target *t;
	struct cpython_item *item;
	const struct cpython_cell *cell;
	struct cell_slot *c;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	cell = &s->await.cells[j & (CPYTHON_AWAIT_CELLS - 1)];
	at = cell_room(th, s->now);
	if (at >= CPYTHON_CELLS) {
		item = item_add(s, CPYTHON_ITEM_CELL);
		if (item)
			item->flags = CPYTHON_CELL_FULL;
		return 0;
	}
	c = &th->cells[at & (CPYTHON_CELLS - 1)];
	if (c->state != CELL_FREE)
		cell_item(s, c, at, CPYTHON_CELL_DROPPED);
	else
		th->cell_count++;
	c->state = CELL_ARMED;
	c->task = s->arming;
	c->generator = generator;
	c->since = s->now;
	c->window = cell->window;
	c->kind = cell->kind;
	c->name = cell->name;
	c->object = cell->kind == CPYTHON_CELL_ENTRY ? cell->object : self;
	c->how = CPYTHON_ATTRIBUTE_DICT;
	c->index = cell->hint;
	c->type = read_word(c->object + 8);
	if (c->type == t->cell) { /* a function inside uses `self` too */
		c->object = read_word(c->object + 16);
		c->type = read_word(c->object + 8);
	}
	if (cell->kind == CPYTHON_CELL_ATTRIBUTE && attribute_find(s->target, c->type, c->name)) {
		key.type = c->type;
		key.name = c->name;
		key.target = s->target;
		how = bpf_map_lookup_elem(&attributes, &key);
		if (how) {
			c->how = how->kind;
			c->index = how->index;
			c->basicsize = how->basicsize;
		}
	}
	c->value = fingerprint(s->target, cell_object(t, c));
	cell_item(s, c, at, CPYTHON_CELL_ARMED);
	return 0;
}

/* Arms the cells of the await that was found for a frame: item `i` of the fact. */
__noinline int await_arm(uint32_t slot, uint32_t i)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_item *frame;
	struct cpython_target *t;
	uint32_t j;

	if (!s || i >= CPYTHON_ITEMS)
		return 0;
	t = target_of(s);
	frame = &s->items[i];
	if (!t || read_word(frame->b + t->layout.code_qualname) != s->await.qualname)
		return 0;
	for (j = 0; j < CPYTHON_AWAIT_CELLS; j++) {
		if (j >= s->await.count)
			break;
		cell_arm(slot, j, frame->a, frame->c);
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
	uint32_t tid = (uint32_t)bpf_get_current_pid_tgid();
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	struct cell_slot *c;
	uint64_t value;
	uint32_t own, stands;

	if (!s || !th || i >= CPYTHON_CELLS)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	c = &th->cells[i & (CPYTHON_CELLS - 1)];
	if (c->state == CELL_FREE)
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
	value = stands ? fingerprint(s->target, cell_object(t, c)) : c->value;
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
__noinline int cells_look(uint32_t slot, uint32_t tid)
{
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
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
		step = &th->steps[(depth - 1) & (CPYTHON_STACK - 1)];
		ended = step->task;
		nested = read_word(step->task + t->layout.task_coro) == step->coro &&
		         !read_half(step->task + t->layout.future_state) &&
		         generator_state(&t->layout, step->coro) == t->layout.state_executing;
	}
	for (i = 0; i < CPYTHON_CELLS; i++) {
		struct cell_slot *c = &th->cells[i];

		if (c->state == CELL_RUNNING || (c->state == CELL_ARMED && !cell_untouched(c)))
			cell_look(slot, i, ended, nested);
	}
	return 0;
}

/* The step of a task begins: what it holds the values of is looked at when it has ended. */
static __always_inline void cells_run(struct thread *th, uint64_t task)
{
	uint32_t i;

	if (!th->cell_count)
		return;
	for (i = 0; i < CPYTHON_CELLS; i++)
		if (th->cells[i].state == CELL_ARMED && th->cells[i].task == task)
			th->cells[i].state = CELL_RUNNING;
}

/* Another window: what was armed in the one before is worth nothing. */
static __always_inline void cells_forget(struct thread *th)
{
	uint32_t i;

	for (i = 0; i < CPYTHON_CELLS; i++)
		th->cells[i].state = CELL_FREE;
	th->cell_count = 0;
}

#endif
