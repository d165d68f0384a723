/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_queue.bpf.h - how far the queue of an event loop has come, so that who makes tasks is
 * known without a probe on that.
 *
 * BaseEventLoop._ready is a collections.deque (struct dequeobject in
 * Modules/_collectionsmodule.c, the same from 3.10 to 3.15). Each append and
 * popleft counts its `state` up by one, and the loop does nothing else with it:
 * so state and length tell how many handles it has ever taken and given. A task
 * that is made puts its first step there. What follows, cpython_makers.h says.
 */
#ifndef CPYTHON_QUEUE_BPF_H
#define CPYTHON_QUEUE_BPF_H

#include "cpython_read.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct cpython_loop_key);
	__type(value, struct cpython_loop_value);
} loops SEC(".maps");

static __always_inline void queue_ask(struct scratch *s, uint64_t loop)
{
	struct cpython_item *item = item_add(s, CPYTHON_ITEM_LOOP);

	s->fact.flags |= CPYTHON_ENTER_LOOP;
	if (item)
		item->a = loop;
}

/* A step of `task` begins. */
static __noinline void queue_read(struct scratch *s, struct thread *th,
                                  const struct cpython_target *t, uint64_t task)
{
	enum { REFERENCES = 0, TYPE = 1, SIZE = 2, STATE = 7, WORDS = 8 };
	struct cpython_loop_key key = {read_word(task + t->layout.future_loop), s->target};
	uint64_t words[WORDS] = {};

	if (key.loop != th->loop) {
		struct cpython_loop_value *value = bpf_map_lookup_elem(&loops, &key);

		if (!value) {
			queue_ask(s, key.loop);
			return;
		}
		th->queue = *value;
		th->loop = key.loop;
	}
	if (!th->queue.ready)
		return;
	if (bpf_probe_read_user(words, sizeof(words), (void *)th->queue.ready) ||
	    words[TYPE] != th->queue.type || !words[REFERENCES]) {
		/* another loop stands at the address of one that is gone */
		th->loop = 0;
		bpf_map_delete_elem(&loops, &key);
		queue_ask(s, key.loop);
		return;
	}
	s->fact.pushed = (words[STATE] + words[SIZE]) / 2;
	s->fact.popped = (words[STATE] - words[SIZE]) / 2;
	if (s->fact.flags & CPYTHON_ENTER_FIRST && th->queue.factory &&
	    read_word(th->queue.factory) != t->none_object)
		s->fact.flags |= CPYTHON_ENTER_FACTORY;
}

#endif
