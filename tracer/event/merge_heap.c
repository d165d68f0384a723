/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge_heap.c - a binary heap of rows by the time of their first event.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "merge_heap.h"

static bool tie_first(const struct merge_cursor *a, const struct merge_cursor *b)
{
	return a->tid != b->tid ? a->tid < b->tid : a->pid < b->pid;
}

static bool goes_first(const struct merge_cursor *a, const struct merge_cursor *b)
{
	return a->at->time != b->at->time ? a->at->time < b->at->time : tie_first(a, b);
}

static void swap(struct merge_heap *heap, size_t a, size_t b)
{
	struct merge_cursor *row = heap->rows[a];

	heap->rows[a] = heap->rows[b];
	heap->rows[b] = row;
}

int merge_heap_add(struct merge_heap *heap, struct merge_cursor *row)
{
	size_t at = heap->count;

	if (heap->count == heap->room) {
		size_t room = heap->room ? 2 * heap->room : 16;
		struct merge_cursor **rows =
			reallocarray(heap->rows, room, sizeof(struct merge_cursor *));

		if (!rows)
			return -ENOMEM;
		heap->rows = rows;
		heap->room = room;
	}
	heap->rows[heap->count++] = row;
	for (; at > 0 && goes_first(heap->rows[at], heap->rows[(at - 1) / 2]); at = (at - 1) / 2)
		swap(heap, at, (at - 1) / 2);
	return 0;
}

/* Number of events from `at` with a time of at most `limit`: doubling steps, then halving. Where
 * times go back, some later one may be taken too: the row's own order is kept in any case. */
static size_t count_until(const struct aw_event *at, size_t count, uint64_t limit)
{
	size_t low = 0, step = 1;

	while (step < count && at[step].time <= limit) {
		low = step;
		step *= 2;
	}
	if (step > count)
		step = count;
	/* at[low] is within, at[step] (if any) is not */
	while (step - low > 1) {
		size_t middle = low + (step - low) / 2;

		if (at[middle].time <= limit)
			low = middle;
		else
			step = middle;
	}
	return step;
}

size_t merge_heap_run(const struct merge_heap *heap, uint64_t limit)
{
	const struct merge_cursor *top, *second;

	if (heap->count == 0 || heap->rows[0]->at->time > limit)
		return 0;
	top = heap->rows[0];
	if (heap->count > 1) {
		second = heap->rows[1];
		if (heap->count > 2 && goes_first(heap->rows[2], second))
			second = heap->rows[2];
		/* Up to the second's time if this row wins ties; it is first, so at least one. */
		if (second->at->time - !tie_first(top, second) < limit)
			limit = second->at->time - !tie_first(top, second);
	}
	return count_until(top->at, (size_t)(top->end - top->at), limit);
}

void merge_heap_settle(struct merge_heap *heap)
{
	size_t at = 0;

	if (heap->count && heap->rows[0]->at == heap->rows[0]->end)
		heap->rows[0] = heap->rows[--heap->count];
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= heap->count)
			return;
		if (child + 1 < heap->count && goes_first(heap->rows[child + 1], heap->rows[child]))
			child++;
		if (!goes_first(heap->rows[child], heap->rows[at]))
			return;
		swap(heap, child, at);
		at = child;
	}
}

void merge_heap_fini(struct merge_heap *heap)
{
	free(heap->rows);
	*heap = (struct merge_heap){0};
}
