/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_chain.bpf.h - the walk along the await chain of a suspended task.
 */
#ifndef CPYTHON_CHAIN_BPF_H
#define CPYTHON_CHAIN_BPF_H

#include "cpython_define.bpf.h"
#include "cpython_locks.bpf.h"

/* Slot `j` of the value stack of the frame looked at. */
__noinline int walk_slot(uint32_t slot, uint32_t j)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	struct cpython_type_value *how;
	uint64_t object, self = 0, callable = 0, words[4] = {};
	uint32_t flags = 0, offset;

	if (!s)
		return 1;
	t = target_of(s);
	if (!t)
		return 1;
	j += s->first;
	if (j >= s->top)
		return 1;
	if (s->skip) {
		s->skip--;
		return 0;
	}
	offset = s->base + 8 * j;
	object = offset + 8 <= s->limit ? object_word(s, offset) : read_word(s->locals + 8 * j);
	if (t->layout.tag_mask) {
		if ((object & 3) == 3)
			return 0;
		object &= ~(uint64_t)t->layout.tag_mask;
	}
	if (!object || bpf_probe_read_user(words, sizeof(words), (void *)object))
		return 0;
	if (words[1] == t->method) {
		callable = read_word(words[2] + 48);
		self = words[3];
		flags = CPYTHON_EXIT_CODE;
	} else if (words[1] == t->builtin) {
		callable = read_word(words[2]);
		self = words[3];
		flags = CPYTHON_EXIT_C;
	} else if (t->layout.pairs && (words[1] == t->function || words[1] == t->descriptor)) {
		if (j + 1 >= s->top)
			return 0;
		offset += 8;
		self = offset + 8 <= s->limit ? object_word(s, offset)
		                              : read_word(s->locals + 8 * (j + 1));
		self &= ~(uint64_t)t->layout.tag_mask;
		if (!self)
			return 0;
		s->skip = 1;
		if (words[1] == t->function) {
			callable = read_word(object + 48);
			flags = CPYTHON_EXIT_CODE;
		} else {
			callable = read_word(read_word(object + 40));
			flags = CPYTHON_EXIT_C;
		}
	} else if (words[1] == t->async_generator && j + t->layout.awaited_back < s->top) {
		/* an iterator of `async for`: its own frame may hold locks */
		if (s->sides < CPYTHON_SIDES && !s->in_side) {
			s->side[s->sides & (CPYTHON_SIDES - 1)] = object;
			s->sides++;
		}
		return 0;
	} else {
		return 0;
	}
	if (flags == CPYTHON_EXIT_CODE)
		code_note(slot, callable, code_head(&t->layout, callable));
	item = item_add(s, CPYTHON_ITEM_EXIT);
	if (!item)
		return 1;
	item->index = s->frame;
	item->flags = flags;
	item->offset = j;
	item->a = callable;
	item->b = self;
	item->c = read_word(self + 8);
	if ((item->c == t->managers[0] || item->c == t->managers[1]) && s->sides < CPYTHON_SIDES) {
		s->side[s->sides & (CPYTHON_SIDES - 1)] =
			attribute(&t->layout, self, 0,
		                  read_half(item->c + (t->layout.attributes == CPYTHON_ATTR_DICT
		                                               ? TYPE_DICT_OFFSET
		                                               : TYPE_BASICSIZE)),
		                  0);
		s->sides++;
	}
	how = type_how(&t->layout, s->target, item->c);
	if (how && how->state == CPYTHON_STATE_INNER)
		item->d = lock_inner(&t->layout, how, self);
	return 0;
}

/* Does a suspended frame await something (or yield from it)? Else it yields a value. Told by the
 * state, by the argument of the RESUME behind the yield, or by the instruction that comes next. */
static __always_inline uint32_t frame_awaits(const struct cpython_layout *l, int state,
                                             uint64_t instr)
{
	uint32_t next, op;

	if (!l->op_resume && !l->op_yield_from)
		return state == l->state_yield_from;
	next = read_half(instr + 2);
	op = next & 0xff;
	if (l->op_yield_from)
		return op == l->op_yield_from;
	return (op == l->op_resume || op == l->op_resume_quick) && (next >> 8 & 3) >= 2;
}

/* The object at the present place of the chain. Returns 1 when the chain ends there. */
__noinline int walk_object(uint32_t slot, uint32_t i)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_layout *l;
	struct cpython_item *item;
	uint64_t type, code, instr, start, awaited, current, at, head;
	uint32_t frame, nlocals, top, j, awaits;
	int state;

	if (!s || !s->current)
		return 1;
	t = target_of(s);
	if (!t)
		return 1;
	l = &t->layout;
	current = s->current;
	s->current = 0;
	object_read(s, current);
	type = object_word(s, 8);
	if (type != t->coroutine && type != t->generator && type != t->async_generator) {
		if (type && (type == t->wrappers[0] || type == t->wrappers[1] ||
		             type == t->wrappers[2] || type == t->wrappers[3])) {
			s->current = object_word(s, 16);
			return 0;
		}
		return 1;
	}
	frame = l->gen_frame;
	at = current;
	if (l->frame_apart) {
		at = object_word(s, frame);
		if (!at)
			return 1;
		frame = 0;
		object_read(s, at);
	}
	state = object_byte(s, l->gen_state);
	code = object_word(s, frame + l->frame_code) & ~(uint64_t)l->tag_mask;
	start = code_start(l, code);
	head = code_head(l, code);
	code_note(slot, code, head);
	instr = object_word(s, frame + l->frame_instr);
	if (l->frame_apart)
		instr = start + 2 * (uint32_t)instr;
	s->base = frame + l->frame_locals;
	s->locals = at + s->base;
	item = item_add(s, CPYTHON_ITEM_FRAME);
	if (!item)
		return 1;
	item->index = i;
	item->state = state;
	item->flags = s->in_side ? CPYTHON_FRAME_SIDE : 0;
	awaits = frame_awaits(l, state, instr);
	if (awaits && l->op_yield_from)
		instr += 2; /* it stands before the one it suspends at */
	item->offset = instr - l->instr_back - start;
	item->a = current;
	item->b = code;
	item->c = s->base + 8 <= s->limit ? object_word(s, s->base) : read_word(s->locals);
	item->c &= ~(uint64_t)l->tag_mask;
	item->d = type;
	if (!s->in_side)
		s->selves[i & (SELVES - 1)] = item->c;
	if (state != l->state_suspended && state != l->state_yield_from)
		return 1;
	if (l->frame_apart)
		nlocals = (object_word(s, l->frame_stack) - s->locals) >> 3;
	else
		nlocals = read_half(code + l->code_nlocals);
	if (l->frame_apart)
		top = nlocals + object_half(s, l->frame_top);
	else if (l->top_is_pointer)
		top = (object_word(s, frame + l->frame_top) - s->locals) >> 3;
	else
		top = object_half(s, frame + l->frame_top);
	if (nlocals > 1024 || top > 4096 || top < nlocals)
		return 1;
	s->first = nlocals;
	s->top = top;
	s->frame = i;
	s->skip = 0;
	for (j = 0; j < CPYTHON_SLOTS; j++)
		if (walk_slot(slot, j))
			break;
	if (!awaits || top < nlocals + l->awaited_back)
		return 1;
	top -= l->awaited_back;
	awaited = s->base + 8 * top + 8 <= s->limit ? object_word(s, s->base + 8 * top)
	                                            : read_word(s->locals + 8 * top);
	s->current = awaited & ~(uint64_t)l->tag_mask;
	return 0;
}

/*
 * Watches the lock that the chain waits for, if it does: one of its innermost functions is a method
 * of a lock then. Once the task has it, only the state tells when it is freed: it may have been
 * taken by a call.
 */
__noinline int watch_waited(uint32_t slot)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_type_value *how;
	struct cpython_target *t;
	uint64_t self, lock;
	uint32_t i;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t || t->detail < 1)
		return 0;
	for (i = 0; i < SELVES; i++) {
		self = s->selves[i & (SELVES - 1)];
		if (!self)
			continue;
		how = type_how(&t->layout, s->target, read_word(self + 8));
		if (!how || how->state == CPYTHON_STATE_NONE)
			continue;
		lock = lock_inner(&t->layout, how, self);
		if (lock)
			watch_add(lock, read_word(lock + 8));
	}
	return 0;
}

/* Adds the chain from `coro` on, what its end awaits, and the side generators. */
__noinline int walk(uint32_t slot, uint64_t task, uint64_t coro)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	uint32_t i, side;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	s->current = coro;
	s->in_side = 0;
	s->sides = 0;
	for (i = 0; i < SELVES; i++)
		s->selves[i & (SELVES - 1)] = 0;
	for (i = 0; i < CPYTHON_FRAMES; i++)
		if (walk_object(slot, i))
			break;
	watch_waited(slot);
	item = item_add(s, CPYTHON_ITEM_LEAF);
	if (item) {
		item->a = read_word(task + t->layout.task_waiter);
		if (item->a)
			item->b = read_word(item->a + 8);
	}
	s->in_side = 1;
	for (side = 0; side < CPYTHON_SIDES; side++) {
		if (side >= s->sides)
			break;
		s->current = s->side[side];
		for (i = 0; i < 4; i++)
			if (walk_object(slot, CPYTHON_FRAMES + 4 * side + i))
				break;
	}
	return 0;
}

#endif
