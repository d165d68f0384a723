/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_fuzz.c - any bytes to the text reader; what it takes must be written
 * and read back as the same number of events.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/text_reader.h"
#include "trace/text_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *context, const struct stream_batch *batch)
{
	*(size_t *)context += batch->count;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t before = 0, after = 0, length = 0;
	struct text_writer *writer;
	char *text = NULL;
	FILE *out;

	if (text_read((const char *)data, size, count, &before, NULL) < 0)
		return 0;
	out = open_memstream(&text, &length);
	if (!out || text_writer_new(out, &writer) < 0)
		abort();
	if (text_read((const char *)data, size, text_write, writer, NULL) < 0)
		abort();
	text_writer_free(writer);
	fclose(out);
	if (text_read(text, length, count, &after, NULL) < 0 || before != after)
		abort();
	free(text);
	return 0;
}
