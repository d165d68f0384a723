/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_fuzz.c - any records to the name table and the text writer, as a
 * target that lies could send them. A byte of each record's pad of 33 bytes is
 * its thread.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "trace/text_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_writer *writer;
	struct names *names;
	FILE *out = fopen("/dev/null", "w");

	if (!out || names_new(&names) < 0 || text_writer_new(out, &writer) < 0)
		abort();
	for (size_t at = 0; size - at >= 33; at += 33) {
		struct aw_event event;
		struct stream_batch batch = {1, data[at] & 3, at, &event, 1};

		memcpy(&event, data + at + 1, sizeof(event));
		if (data[at] & 4) /* else hardly any would be a kind that matters */
			event.kind = (uint16_t)(event.kind % AW_KIND_MAX);
		if (names_feed(names, &batch) < 0 || text_write(writer, &batch) < 0)
			abort();
		names_site(names, 1, event.object);
		names_object(names, 1, event.object);
	}
	text_writer_free(writer);
	names_free(names);
	fclose(out);
	return 0;
}
