/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_read.bpf.h - reading the target's memory, and adding what was read to a fact.
 */
#ifndef CPYTHON_READ_BPF_H
#define CPYTHON_READ_BPF_H

#include "cpython_state.bpf.h"

static __always_inline uint64_t read_word(uint64_t address)
{
	uint64_t value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline uint32_t read_half(uint64_t address)
{
	uint32_t value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

/* Where the frame of a generator is: in it, or apart from it. */
static __always_inline uint64_t generator_frame(const struct cpython_layout *l, uint64_t generator)
{
	return l->frame_apart ? read_word(generator + l->gen_frame) : generator + l->gen_frame;
}

/* The address of the first instruction of a code object. */
static __always_inline uint64_t code_start(const struct cpython_layout *l, uint64_t code)
{
	enum { BYTES_DATA = 32 }; /* PyBytesObject.ob_sval */

	return l->frame_apart ? read_word(code + l->code_bytes) + BYTES_DATA : code + l->code_bytes;
}

static __always_inline uint64_t thread_pointer(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread.fsbase);
}

/* A word of the object read last; 0 past what could be read. */
static __always_inline uint64_t object_word(const struct scratch *s, uint32_t offset)
{
	if (offset > OBJECT - 8 || offset + 8 > s->limit)
		return 0;
	return *(const uint64_t *)(s->object + offset);
}

static __always_inline uint32_t object_half(const struct scratch *s, uint32_t offset)
{
	if (offset > OBJECT - 4 || offset + 4 > s->limit)
		return 0;
	return *(const uint32_t *)(s->object + offset);
}

static __always_inline int object_byte(const struct scratch *s, uint32_t offset)
{
	if (offset > OBJECT - 1 || offset + 1 > s->limit)
		return 0;
	return (int8_t)s->object[offset];
}

static __always_inline void object_read(struct scratch *s, uint64_t address)
{
	uint64_t left;

	s->limit = OBJECT;
	if (!bpf_probe_read_user(s->object, OBJECT, (void *)address))
		return;
	/* It ends before an unmapped page: what there is up to the end of its own page. */
	left = unchecked(PAGE - (address & (PAGE - 1)));
	s->limit = 0;
	if (left < OBJECT && !bpf_probe_read_user(s->object, left, (void *)address))
		s->limit = left;
}

static __always_inline struct cpython_item *item_add(struct scratch *s, uint32_t kind)
{
	uint64_t n = unchecked(s->fact.count);
	struct cpython_item *item;

	if (n >= CPYTHON_ITEMS)
		return 0;
	s->fact.count = n + 1;
	item = &s->items[n];
	item->kind = kind;
	item->index = 0;
	item->state = 0;
	item->flags = 0;
	item->offset = 0;
	item->a = item->b = item->c = item->d = 0;
	return item;
}

#endif
