/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_table.c - tables made from event.h's X-macros. Nothing is listed twice:
 * a new row there is known here.
 */
#include <string.h>

#include "event_table.h"

static const struct event_kind kinds[AW_KIND_MAX] = {
#define KIND_ROW(number, NAME, text, object, arg, site)                                            \
	[number] = {text, AW_FIELD_##object, AW_FIELD_##arg, AW_FIELD_##site},
	AW_EVENT_KINDS(KIND_ROW)
#undef KIND_ROW
};

static const char *const awaits[] = {
#define AWAIT_ROW(number, NAME, text, orders) [number] = text,
	AW_AWAITS(AWAIT_ROW)
#undef AWAIT_ROW
};

static const bool await_orders[] = {
#define ORDERS_ROW(number, NAME, text, orders) [number] = orders,
	AW_AWAITS(ORDERS_ROW)
#undef ORDERS_ROW
};

/* A type's text may hold blanks ("lock of unknown type"); its word is then the enumerator. */
static const struct {
	const char *name;
	const char *word;
} lock_types[] = {
#define LOCK_ROW(number, NAME, text) [number] = {text, #NAME},
	AW_LOCK_TYPES(LOCK_ROW)
#undef LOCK_ROW
};

static const char *const modes[] = {"exclusive", "shared"};
static const char *const outcomes[] = {"ok", "error", "cancelled"};
static const char *const entities[] = {"task", "lock", "location", "object"};
static const char *const texts[] = {"name",    "function", "file",      "label",    "command",
                                    "version", "detail",   "transport", "build-id", "waiver"};
static const char *const runtimes[] = {"unknown", "c", "cpython"};
static const char *const passes[] = {"passed", "suspended"};
static const char *const can[] = {"accesses",  "acquires", "releases", "awaits",
                                  "step-ends", "wakes",    "cells"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct event_kind *event_kind_get(unsigned kind)
{
	return kind < AW_KIND_MAX && kinds[kind].text ? &kinds[kind] : NULL;
}

bool event_kind_has_site(unsigned kind)
{
	return kind < AW_KIND_MAX && kinds[kind].site == AW_FIELD_SITE;
}

static bool same(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && !memcmp(text, word, length);
}

unsigned event_kind_find(const char *text, size_t length)
{
	for (unsigned kind = 1; kind < AW_KIND_MAX; kind++)
		if (kinds[kind].text && same(text, length, kinds[kind].text))
			return kind;
	return 0;
}

static const char *lock_type_word(unsigned type)
{
	if (type >= COUNT(lock_types))
		return NULL;
	return strchr(lock_types[type].name, ' ') ? lock_types[type].word : lock_types[type].name;
}

const char *event_value_text(enum aw_field class, unsigned value)
{
#define LOOK_UP(array) (value < COUNT(array) ? (array)[value] : NULL)
	switch (class) {
	case AW_FIELD_AWAIT:
		return LOOK_UP(awaits);
	case AW_FIELD_LOCK:
		return lock_type_word(value);
	case AW_FIELD_MODE:
		return LOOK_UP(modes);
	case AW_FIELD_OUTCOME:
		return LOOK_UP(outcomes);
	case AW_FIELD_ENTITY:
		return LOOK_UP(entities);
	case AW_FIELD_TEXT:
		return LOOK_UP(texts);
	case AW_FIELD_RUNTIME:
		return LOOK_UP(runtimes);
	case AW_FIELD_SUSPENDED:
		return LOOK_UP(passes);
	default:
		return NULL;
	}
#undef LOOK_UP
}

int event_value_find(enum aw_field class, const char *text, size_t length)
{
	const char *word;

	for (unsigned value = 0; (word = event_value_text(class, value)); value++)
		if (same(text, length, word))
			return (int)value;
	return -1;
}

/* Flags of all kinds but TEXT; kind 0: of every kind. One bit may mean different things. */
static const struct {
	unsigned kind;
	unsigned flag;
	const char *text;
} flags[] = {
	{AW_READ, AW_ARG_ITERATE, "iterate"},
	{0, AW_ARG_INFERRED, "inferred"},
	{0, AW_ARG_SNAPSHOT, "snapshot"},
	{AW_SUSPEND, AW_ARG_DEADLINE, "deadline"},
	{AW_LOCK_WAIT, AW_ARG_DEADLINE, "deadline"},
	{AW_READ, AW_ARG_TEST, "test"},
	{AW_READ, AW_ARG_USE, "use"},
	{AW_WRITE, AW_ARG_SAME, "same"},
};

const char *event_flag_text(unsigned kind, unsigned flag)
{
	for (unsigned i = 0; i < COUNT(flags); i++)
		if (flags[i].flag == flag && (!flags[i].kind || flags[i].kind == kind))
			return flags[i].text;
	return NULL;
}

unsigned event_flag_find(unsigned kind, const char *text, size_t length)
{
	for (unsigned i = 0; i < COUNT(flags); i++)
		if ((!flags[i].kind || flags[i].kind == kind) && same(text, length, flags[i].text))
			return flags[i].flag;
	return 0;
}

const char *event_lock_type_name(unsigned type)
{
	return lock_types[type < COUNT(lock_types) ? type : AW_LOCK_TYPE_UNKNOWN].name;
}

bool event_await_orders(unsigned await)
{
	return await < COUNT(await_orders) && await_orders[await];
}

const char *event_can_text(unsigned bit)
{
	return bit < COUNT(can) ? can[bit] : NULL;
}
