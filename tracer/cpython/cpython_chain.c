/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_chain.c - the await chain of a suspended task: its sites, and what it waits for.
 */
#include <string.h>

#include "cpython_state.h"

void cpython_chain_read(struct cpython_translator *t, struct cpython_stream *stream,
                        const struct cpython_fact *fact, const struct cpython_item *items,
                        struct cpython_chain *chain)
{
	const struct cpython_layout *layout = t->options.memory.layout;
	uint64_t parent = 0, side = 0;

	chain->count = chain->side_count = 0;
	chain->leaf = NULL;
	chain->deadline = false;
	chain->bounded = 0;
	for (unsigned i = 0; i < fact->count; i++) {
		const struct cpython_item *item = &items[i];
		struct cpython_link link = {.item = item};
		bool aside = item->flags & CPYTHON_FRAME_SIDE;

		if (item->kind == CPYTHON_ITEM_LEAF)
			chain->leaf = item;
		if (item->kind == CPYTHON_ITEM_EXIT && item->flags & CPYTHON_EXIT_CODE) {
			const struct cpython_code *code = cpython_codes_get(&t->codes, item->a);

			chain->deadline |= code && code->bounds;
		}
		if (item->kind != CPYTHON_ITEM_FRAME)
			continue;
		link.code = cpython_codes_get(&t->codes, item->b);
		t->stats.frames++;
		if (!link.code)
			t->stats.unreadable++;
		else if (!cpython_code_yields(link.code, layout, item->offset))
			t->stats.misfits++;
		if (link.code && t->cells)
			cpython_cells_meet(t->cells, link.code);
		if (link.code) {
			link.await = cpython_code_await(link.code, layout, item->offset, NULL);
			link.site = cpython_site(t, stream, fact->time, link.code, item->offset,
			                         aside ? side : parent);
			*(aside ? &side : &parent) = link.site;
			/* until 3.11 it wraps what it awaits in a task: its first local, `fut` */
			if (link.code->role == CPYTHON_ROLE_WAIT_FOR) {
				chain->deadline = true;
				chain->bounded = item->c;
			}
		}
		if (aside && chain->side_count < sizeof(chain->sides) / sizeof(chain->sides[0]))
			chain->sides[chain->side_count++] = link;
		else if (!aside && chain->count < CHAIN_MAX)
			chain->links[chain->count++] = link;
	}
	chain->site = parent;
	t->stats.cut += chain->count == CHAIN_MAX;
}

static unsigned await_of_role(enum cpython_role role)
{
	switch (role) {
	case CPYTHON_ROLE_SLEEP:
		return AW_AWAIT_SLEEP;
	case CPYTHON_ROLE_EVENT:
		return AW_AWAIT_EVENT;
	case CPYTHON_ROLE_QUEUE:
		return AW_AWAIT_QUEUE;
	case CPYTHON_ROLE_IO:
		return AW_AWAIT_IO;
	case CPYTHON_ROLE_WORK:
		return AW_AWAIT_WORK;
	case CPYTHON_ROLE_CONDITION_WAIT:
		return AW_AWAIT_CONDITION;
	default:
		return AW_AWAIT_NONE;
	}
}

/* What a suspended task waits for: by the functions of its chain, the innermost that says
 * something, else by the type of what the chain's end awaits. */
unsigned cpython_chain_await(struct cpython_translator *t, const struct cpython_task *task,
                             const struct cpython_chain *chain, uint64_t *object)
{
	const struct cpython_type *type;
	const struct cpython_task *other;

	*object = 0;
	if (task->waiting) {
		*object = task->waiting->id;
		return task->waiting->type->how.state == CPYTHON_STATE_COUNT ? AW_AWAIT_SEMAPHORE
		                                                             : AW_AWAIT_LOCK;
	}
	if (chain->leaf && chain->leaf->a) {
		other = cpython_table_get(&t->tasks, chain->leaf->a, 0);
		*object = other ? other->id : chain->leaf->a;
		if (other)
			return AW_AWAIT_TASK;
	}
	for (unsigned i = chain->count; i-- > 0;) {
		unsigned kind = chain->links[i].code ? await_of_role(chain->links[i].code->role)
		                                     : AW_AWAIT_NONE;

		if (kind == AW_AWAIT_CONDITION && task->waits_condition)
			*object = task->waits_condition->id;
		if (kind)
			return kind;
	}
	if (!*object)
		return AW_AWAIT_NONE;
	type = cpython_type_get(t, chain->leaf->b);
	if (type && !strcmp(type->name, "_GatheringFuture"))
		return AW_AWAIT_GATHER;
	return AW_AWAIT_FUTURE;
}
