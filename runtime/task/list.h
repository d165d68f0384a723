/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list.h - a circular doubly linked list whose links lie in its members.
 *
 * A head is a struct list that points to itself when empty; so does a member
 * that is in no list, which makes list_remove harmless there.
 */
#ifndef RUNTIME_LIST_H
#define RUNTIME_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

/* The structure of type `type` whose member `member` is at `link`. */
#define list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

/** Adds a member at the end. */
static inline void list_append(struct list *list, struct list *link)
{
	link->next = list;
	link->prev = list->prev;
	list->prev->next = link;
	list->prev = link;
}

static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

#endif
