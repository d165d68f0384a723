/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_walk.c - see cpython_walk.h, and bpf/cpython.bpf.c for what each item holds.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cpython_find.h"
#include "cpython_walk.h"

enum { OB_TYPE = 8, BYTES_DATA = 32, LOCALS_MAX = 1024, TOP_MAX = 4096 };

struct walk {
	const struct cpython_memory *memory;
	const struct cpython_target *target;
	const struct cpython_layout *l;
	struct cpython_walked *out;
	uint64_t side[CPYTHON_SIDES];
	unsigned sides;
	bool in_side;
};

/* The value stack of a frame. */
struct stack {
	uint64_t locals; /* address of the first local */
	unsigned first;  /* index of the first value behind the locals */
	unsigned top;
	unsigned frame; /* number in the chain */
};

static struct cpython_item *item_add(struct walk *w, unsigned kind)
{
	struct cpython_item *item;

	if (w->out->fact.count == CPYTHON_ITEMS)
		return NULL;
	item = &w->out->items[w->out->fact.count++];
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	return item;
}

static uint64_t reference(const struct walk *w, uint64_t address)
{
	return cpython_word(w->memory, address) & ~(uint64_t)w->l->tag_mask;
}

static bool is_manager(const struct walk *w, uint64_t type)
{
	return type && (type == w->target->managers[0] || type == w->target->managers[1]);
}

static void side_add(struct walk *w, uint64_t generator)
{
	if (w->sides < CPYTHON_SIDES && generator)
		w->side[w->sides++] = generator;
}

static void exit_add(struct walk *w, const struct stack *stack, unsigned j, uint64_t callable,
                     uint64_t self, unsigned flags)
{
	struct cpython_item *item = item_add(w, CPYTHON_ITEM_EXIT);
	struct cpython_lock_type type;

	if (!item)
		return;
	item->index = stack->frame;
	item->flags = flags;
	item->offset = j;
	item->a = callable;
	item->b = self;
	item->c = cpython_word(w->memory, self + OB_TYPE);
	if (is_manager(w, item->c))
		side_add(w, cpython_attribute(w->memory, self, 0, 0));
	else if (cpython_lock_type(w->memory, item->c, &type) &&
	         type.how.state == CPYTHON_STATE_INNER)
		item->d = cpython_attribute(w->memory, self, type.how.index, type.how.name);
}

/* One slot of the value stack. Returns how many slots it took. */
static unsigned slot_walk(struct walk *w, const struct stack *stack, unsigned j)
{
	const struct cpython_target *t = w->target;
	uint64_t object = cpython_word(w->memory, stack->locals + 8 * j), type, self;

	if (w->l->tag_mask && (object & 3) == 3)
		return 1;
	object &= ~(uint64_t)w->l->tag_mask;
	type = object ? cpython_word(w->memory, object + OB_TYPE) : 0;
	if (type && type == t->method) {
		exit_add(w, stack, j,
		         cpython_word(w->memory, cpython_word(w->memory, object + 16) + 48),
		         cpython_word(w->memory, object + 24), CPYTHON_EXIT_CODE);
	} else if (type && type == t->builtin) {
		exit_add(w, stack, j, cpython_word(w->memory, cpython_word(w->memory, object + 16)),
		         cpython_word(w->memory, object + 24), CPYTHON_EXIT_C);
	} else if (w->l->pairs && type && (type == t->function || type == t->descriptor)) {
		self = j + 1 < stack->top ? reference(w, stack->locals + 8 * (j + 1)) : 0;
		if (!self)
			return 1;
		if (type == t->function)
			exit_add(w, stack, j, cpython_word(w->memory, object + 48), self,
			         CPYTHON_EXIT_CODE);
		else
			exit_add(w, stack, j,
			         cpython_word(w->memory, cpython_word(w->memory, object + 40)),
			         self, CPYTHON_EXIT_C);
		return 2;
	} else if (type && type == t->async_generator && j + w->l->awaited_back < stack->top &&
	           !w->in_side) {
		side_add(w, object);
	}
	return 1;
}

static bool awaits(const struct walk *w, int state, uint64_t instr)
{
	uint32_t next;

	if (!w->l->op_resume && !w->l->op_yield_from)
		return state == w->l->state_yield_from;
	next = cpython_half(w->memory, instr + 2);
	if (w->l->op_yield_from)
		return (next & 0xff) == w->l->op_yield_from;
	return ((next & 0xff) == w->l->op_resume || (next & 0xff) == w->l->op_resume_quick) &&
	       (next >> 8 & 3) >= 2;
}

/* Where the frame of a generator is; 0: it has none any more. */
static uint64_t frame_of(const struct walk *w, uint64_t generator)
{
	uint64_t at = generator + w->l->gen_frame;

	return w->l->frame_apart ? cpython_word(w->memory, at) : at;
}

static int state_read(const struct walk *w, uint64_t generator, int8_t *state)
{
	uint64_t at = w->l->frame_apart ? frame_of(w, generator) : generator;

	if (!at)
		return -EAGAIN;
	return cpython_read(w->memory, at + w->l->gen_state, state, 1);
}

/* Adds a generator's frame. Returns what it awaits, 0: the chain ends here. */
static uint64_t generator_walk(struct walk *w, uint64_t generator, uint64_t type, unsigned index)
{
	const struct cpython_layout *l = w->l;
	uint64_t frame = frame_of(w, generator), instr, start;
	struct stack stack = {.locals = frame + l->frame_locals, .frame = index};
	struct cpython_item *item = frame ? item_add(w, CPYTHON_ITEM_FRAME) : NULL;
	int8_t state = 0;
	bool on;

	if (!item || state_read(w, generator, &state))
		return 0;
	item->index = index;
	item->state = state;
	item->flags = w->in_side ? CPYTHON_FRAME_SIDE : 0;
	item->a = generator;
	item->b = reference(w, frame + l->frame_code);
	item->c = reference(w, stack.locals);
	item->d = type;
	start = l->frame_apart ? cpython_word(w->memory, item->b + l->code_bytes) + BYTES_DATA
	                       : item->b + l->code_bytes;
	instr = l->frame_apart ? start + 2ull * cpython_half(w->memory, frame + l->frame_instr)
	                       : cpython_word(w->memory, frame + l->frame_instr);
	on = awaits(w, state, instr);
	if (on && l->op_yield_from)
		instr += 2; /* it stands before the one it suspends at */
	item->offset = instr - l->instr_back - start;
	if (state != l->state_suspended && state != l->state_yield_from)
		return 0;
	if (l->frame_apart)
		stack.first = (cpython_word(w->memory, frame + l->frame_stack) - stack.locals) >> 3;
	else
		stack.first = cpython_half(w->memory, item->b + l->code_nlocals);
	if (l->frame_apart)
		stack.top = stack.first + cpython_half(w->memory, frame + l->frame_top);
	else if (l->top_is_pointer)
		stack.top = (cpython_word(w->memory, frame + l->frame_top) - stack.locals) >> 3;
	else
		stack.top = cpython_half(w->memory, frame + l->frame_top);
	if (stack.first > LOCALS_MAX || stack.top > TOP_MAX || stack.top < stack.first)
		return 0;
	for (unsigned j = stack.first, n = 0; j < stack.top && n < CPYTHON_SLOTS; n++)
		j += slot_walk(w, &stack, j);
	if (!on || stack.top < stack.first + l->awaited_back)
		return 0;
	return reference(w, stack.locals + 8 * (stack.top - l->awaited_back));
}

static void chain_walk(struct walk *w, uint64_t current, unsigned from, unsigned max)
{
	const struct cpython_target *t = w->target;

	for (unsigned i = 0; i < max && current; i++) {
		uint64_t type = cpython_word(w->memory, current + OB_TYPE);
		bool wrapper = false;

		if (!type)
			return;
		if (type == t->coroutine || type == t->generator || type == t->async_generator) {
			current = generator_walk(w, current, type, from + i);
			continue;
		}
		for (unsigned j = 0; j < CPYTHON_WRAPPERS; j++)
			wrapper |= type == t->wrappers[j];
		current = wrapper ? cpython_word(w->memory, current + 16) : 0;
	}
}

static void name_walk(struct walk *w, uint64_t task)
{
	uint64_t name = cpython_word(w->memory, task + w->l->task_name);
	char text[65];
	size_t length;

	if (cpython_word(w->memory, name + OB_TYPE) != w->target->str) {
		struct cpython_item *item = name ? item_add(w, CPYTHON_ITEM_NUMBER) : NULL;

		if (item)
			item->a = cpython_half(w->memory, name + 24);
		return;
	}
	if (cpython_str(w->memory, name, text, sizeof(text)))
		return;
	length = strlen(text);
	for (size_t at = 0; at < length; at += 32) {
		struct cpython_item *item = item_add(w, CPYTHON_ITEM_NAME);
		size_t part = length - at < 32 ? length - at : 32;

		if (!item)
			return;
		item->index = 1;
		item->state = part;
		memcpy(&item->a, text + at, part);
	}
}

/* A task that is done, or whose coroutine cannot be suspended now; 0: it can. */
static int task_state(const struct walk *w, uint64_t task, uint64_t coro)
{
	const struct cpython_layout *l = w->l;
	uint64_t type = coro ? cpython_word(w->memory, coro + OB_TYPE) : 0;
	int8_t state;

	if (cpython_half(w->memory, task + l->future_state))
		return CPYTHON_TASK_DONE;
	if (!type)
		return -EFAULT;
	if (type != w->target->coroutine && type != w->target->generator)
		return CPYTHON_TASK_FOREIGN;
	if (l->frame_apart && !frame_of(w, coro))
		return CPYTHON_TASK_RUNS; /* it has returned; its task learns of it now */
	if (state_read(w, coro, &state))
		return -EFAULT;
	if (state == l->state_suspended || state == l->state_yield_from)
		return CPYTHON_TASK_SUSPENDED;
	return state == l->state_created ? CPYTHON_TASK_NOT_BEGUN : CPYTHON_TASK_RUNS;
}

int cpython_walk(const struct cpython_memory *memory, const struct cpython_target *target,
                 uint64_t task, struct cpython_walked *out)
{
	const struct cpython_layout *l = &target->layout;
	struct walk w = {.memory = memory, .target = target, .l = l, .out = out};
	uint64_t coro = cpython_word(memory, task + l->task_coro);
	int state = task_state(&w, task, coro);
	struct cpython_item *item;

	memset(&out->fact, 0, sizeof(out->fact));
	if (state)
		return state;
	out->fact.kind = CPYTHON_FACT_LATE;
	out->fact.pid = target->pid;
	out->fact.task = task;
	out->fact.coro = coro;
	name_walk(&w, task);
	chain_walk(&w, coro, 0, CPYTHON_FRAMES);
	item = item_add(&w, CPYTHON_ITEM_LEAF);
	if (item) {
		item->a = cpython_word(memory, task + l->task_waiter);
		item->b = item->a ? cpython_word(memory, item->a + OB_TYPE) : 0;
	}
	w.in_side = true;
	for (unsigned i = 0; i < w.sides; i++)
		chain_walk(&w, w.side[i], CPYTHON_FRAMES + 4 * i, 4);
	return 0;
}

int cpython_walk_equal(const struct cpython_walked *a, const struct cpython_walked *b)
{
	return a->fact.task == b->fact.task && a->fact.coro == b->fact.coro &&
	       a->fact.count == b->fact.count &&
	       !memcmp(a->items, b->items, a->fact.count * sizeof(a->items[0]));
}
