/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_cell_place.bpf.h - where a cell is at the moment, and what of its value is compared.
 *
 * The words on which that depends are remembered, so that a cell nobody touched
 * is known by reading these again.
 */
#ifndef CPYTHON_CELL_PLACE_BPF_H
#define CPYTHON_CELL_PLACE_BPF_H

#include "cpython_values.bpf.h"

/* Is what was an object of a type still one? Freed memory has a link, or nothing, for its count. */
static __always_inline int object_stands(uint64_t object, uint64_t type)
{
	uint64_t head[2] = {};

	if (bpf_probe_read_user(head, sizeof(head), (void *)object))
		return 0;
	return head[1] == type && head[0] && !(head[0] >> 32 & 0xffff);
}

/* Reads a word on which it depends where the cell is and what stands there, and remembers it. */
static __always_inline uint64_t cell_depend(struct cell_slot *c, uint64_t at)
{
	uint64_t word = read_word(at);
	uint32_t n = c->depends;

	if (n < CELL_DEPENDS) {
		c->on[n & (CELL_DEPENDS - 1)].at = at;
		c->on[n & (CELL_DEPENDS - 1)].word = word;
		c->depends = n + 1;
	}
	return word;
}

/* Nothing on which the cell depends has changed: it was not written, or only with what it was. */
__noinline int cell_untouched(uint32_t i)
{
	struct cell_slot *c = cell_at(i);
	uint32_t j;

	if (!c)
		return 0;
	for (j = 0; j < CELL_DEPENDS; j++) {
		if (j >= c->depends)
			break;
		if (read_word(c->on[j].at) != c->on[j].word)
			return 0;
	}
	return j != 0;
}

/* Where the values of an object are, as long as a word that is remembered does not change; 0: its
 * attributes are in a dictionary. */
static __always_inline uint64_t cell_values(const struct cpython_layout *l, struct cell_slot *c)
{
	uint64_t values;

	if (l->attributes == CPYTHON_ATTR_POINTER)
		return cell_depend(c, c->object - 32);
	if (l->attributes == CPYTHON_ATTR_TAGGED) {
		values = cell_depend(c, c->object - 24);
		return values & 1 ? values + 1 : 0;
	}
	if (l->attributes != CPYTHON_ATTR_INLINE)
		return 0;
	values = c->object + c->basicsize; /* capacity, size, embedded, valid */
	return (cell_depend(c, values) >> 24 & 0xff) == 1 ? values + 8 : 0;
}

/* The entry of a dictionary; 0: there is none. An entry that is added changes the number of those
 * that were ever made, or the keys move. */
static __always_inline uint64_t cell_entry(const struct cpython_target *t, struct cell_slot *c,
                                           uint64_t dictionary, uint64_t key, uint64_t hash)
{
	uint64_t keys = cell_depend(c, dictionary + DICT_KEYS), place;

	cell_depend(c, dictionary + DICT_VALUES);
	place = dictionary_place(dictionary, key, hash,
	                         t->layout.attributes == CPYTHON_ATTR_INLINE);
	if (place)
		return cell_depend(c, place);
	cell_depend(c, keys + KEYS_COUNT);
	return 0;
}

/* The value of the attribute or variable; 0: there is none. */
static __always_inline uint64_t cell_base(const struct cpython_target *t, struct cell_slot *c)
{
	uint64_t dictionary = c->object, values;

	if (c->how == CPYTHON_ATTRIBUTE_SLOT)
		return cell_depend(c, c->object + c->index);
	if (c->kind == CPYTHON_CELL_ATTRIBUTE) {
		values = c->how == CPYTHON_ATTRIBUTE_VALUES ? cell_values(&t->layout, c) : 0;
		if (values)
			return cell_depend(c, values + 8 * c->index);
		dictionary = cell_depend(c, c->object - 24);
		if (!dictionary || dictionary & 1 || read_word(dictionary + 8) != t->dictionary)
			return 0;
	}
	return cell_entry(t, c, dictionary, c->name, read_word(c->name + STR_HASH));
}

/* The item of a list or dictionary that is the cell; 0: there is none. */
static __always_inline uint64_t cell_item_of(const struct cpython_target *t, struct cell_slot *c,
                                             uint64_t container)
{
	uint32_t flags = read_half(read_word(container + 8) + TYPE_FLAGS);
	uint64_t items;

	if (flags & TYPE_IS_DICT)
		return cell_entry(t, c, container, c->key, c->hash);
	if (!(flags & TYPE_IS_LIST) || read_word(c->key + 8) != t->integer)
		return 0;
	items = cell_depend(c, container + LIST_ITEMS);
	return c->hash < cell_depend(c, container + LIST_SIZE) ? cell_depend(c, items + 8 * c->hash)
	                                                       : 0;
}

/* Looks where the cell is now; gives what of its value is compared, 0: there is none. */
__noinline uint64_t cell_value(uint32_t slot, uint32_t i)
{
	struct scratch *s = scratch_at(slot);
	struct cell_slot *c = cell_at(i);
	struct cpython_target *t;
	uint64_t object;

	if (!s || !c)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	c->depends = 0;
	if (c->of == CPYTHON_CELL_OF_SIZE) {
		cell_depend(c, c->object + (c->type == t->set ? SET_USED : DICT_USED));
		return fingerprint_size(s->target, c->object);
	}
	object = cell_base(t, c);
	if (!object)
		return 0;
	if (c->of == CPYTHON_CELL_OF_ITEM) {
		object = cell_item_of(t, c, object);
	} else if (c->of == CPYTHON_CELL_OF_CONTENT) {
		uint64_t content = fingerprint_content(s->target, object);

		if (content) {
			c->depends = 0; /* what is in it can change without any of these */
			return content;
		}
	}
	return object ? fingerprint(s->target, object) : 0;
}

#endif
