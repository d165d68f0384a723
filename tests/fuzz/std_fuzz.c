/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * std_fuzz.c - any bytes to the STD reader; what it takes must be written as
 * STD that it takes again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/std_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ignore(void *context, const struct stream_batch *batch)
{
	(void)context;
	(void)batch;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct std_writer *writer;
	size_t length = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);
	int code;

	if (!out || std_writer_new(out, &writer) < 0)
		abort();
	code = std_read((const char *)data, size, std_write, writer, NULL);
	std_writer_free(writer);
	fclose(out);
	if (code == 0 && std_read(text, length, ignore, NULL, NULL) < 0)
		abort();
	free(text);
	return 0;
}
