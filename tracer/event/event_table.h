/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_table.h - the rows of event.h as data: names of kinds, field classes
 * and enumerated values, both ways. The text form, the CTF metadata and the
 * name table are made from these.
 */
#ifndef TRACER_EVENT_TABLE_H
#define TRACER_EVENT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <awaitness/event.h>

/** One event kind. */
struct event_kind {
	const char *text; /* "lock-taken" */
	uint8_t object;   /* enum aw_field: what the three fields hold */
	uint8_t arg;
	uint8_t site;
};

/** The row of a kind, or NULL for a number this version does not know. */
const struct event_kind *event_kind_get(unsigned kind);

/** Does `site` of a record of this kind hold a site id (SITE's own parent apart)? */
bool event_kind_has_site(unsigned kind);

/** The number of the kind with this text (not NUL-terminated), or 0. */
unsigned event_kind_find(const char *text, size_t length);

/** The text of value `value` of an enumerated field class (AW_FIELD_AWAIT, _LOCK, _MODE, _OUTCOME,
 * _ENTITY, _TEXT, _RUNTIME, _SUSPENDED), one word without blanks; NULL if there is none. */
const char *event_value_text(enum aw_field class, unsigned value);

/** The value that a word stands for in an enumerated field class, or -1. */
int event_value_find(enum aw_field class, const char *text, size_t length);

/** The word for a flag (AW_ARG_*) in the arg of this kind, or NULL if it has no such flag. */
const char *event_flag_text(unsigned kind, unsigned flag);

/** The flag of this kind that a word stands for, or 0. */
unsigned event_flag_find(unsigned kind, const char *text, size_t length);

/** A lock type for people: "asyncio.Lock". Never NULL. */
const char *event_lock_type_name(unsigned type);

/** An await kind's row: does a wake-up of this kind order (is a happens-before edge)? */
bool event_await_orders(unsigned await);

/** The word for one bit of enum aw_can ("accesses"), by bit number; NULL past the last. */
const char *event_can_text(unsigned bit);

/** True for SITE, NAME, TEXT, THREAD, TARGET, MODULE: records that say what others mean. */
static inline bool event_is_definition(unsigned kind)
{
	return kind >= AW_SITE && kind <= AW_MODULE;
}

/** How many numbers of its stream a record stands for: LOST for those missing, all others for 1. */
static inline uint64_t event_numbers(const struct aw_event *event)
{
	return event->kind == AW_LOST ? event->object : 1;
}

#endif
