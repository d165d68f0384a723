/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_buffer.h - a growing array of events, for what makes records itself:
 * the text readers and the symbolizer.
 */
#ifndef TRACER_EVENT_BUFFER_H
#define TRACER_EVENT_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include <awaitness/event.h>

/** Zero-initialised: empty. `events` is owned and freed by event_buffer_fini. */
struct event_buffer {
	struct aw_event *events;
	size_t count;
	size_t room;
};

/** Appends a copy. 0 or -ENOMEM. */
int event_buffer_add(struct event_buffer *buffer, const struct aw_event *event);

/** Appends the TEXT records for one text (cut to AW_TEXT_MAX bytes; an empty one is one record).
 * 0 or -ENOMEM. */
int event_buffer_text(struct event_buffer *buffer, uint64_t time, enum aw_text what,
                      const char *text, size_t length);

/** Takes out the event at `index`, which must be there. */
void event_buffer_take(struct event_buffer *buffer, size_t index);

void event_buffer_fini(struct event_buffer *buffer);

#endif
