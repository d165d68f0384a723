/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_buffer.c - appending events and the TEXT records of a text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event_buffer.h"

int event_buffer_add(struct event_buffer *buffer, const struct aw_event *event)
{
	if (buffer->count == buffer->room) {
		size_t room = buffer->room ? 2 * buffer->room : 64;
		struct aw_event *events = reallocarray(buffer->events, room, sizeof(*events));

		if (!events)
			return -ENOMEM;
		buffer->events = events;
		buffer->room = room;
	}
	buffer->events[buffer->count++] = *event;
	return 0;
}

int event_buffer_text(struct event_buffer *buffer, uint64_t time, enum aw_text what,
                      const char *text, size_t length)
{
	size_t left = length < AW_TEXT_MAX ? length : AW_TEXT_MAX;

	for (;;) {
		struct aw_event event = {.time = time, .kind = AW_TEXT};
		char bytes[16] = {0};
		size_t used = left < sizeof(bytes) ? left : sizeof(bytes);
		int code;

		memcpy(bytes, text, used);
		memcpy(&event.object, bytes, 8);
		memcpy(&event.site, bytes + 8, 8);
		event.arg = (uint16_t)(what | used << 8 | (left > used ? AW_TEXT_MORE : 0));
		code = event_buffer_add(buffer, &event);
		if (code < 0 || left == used)
			return code;
		text += used;
		left -= used;
	}
}

void event_buffer_take(struct event_buffer *buffer, size_t index)
{
	memmove(&buffer->events[index], &buffer->events[index + 1],
	        (--buffer->count - index) * sizeof(buffer->events[0]));
}

void event_buffer_fini(struct event_buffer *buffer)
{
	free(buffer->events);
	*buffer = (struct event_buffer){0};
}
