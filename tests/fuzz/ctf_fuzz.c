/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_fuzz.c - any bytes as a stream file of a trace, and as metadata. The
 * trace's uuid is zero, so that an input can name it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/ctf_metadata.h"
#include "trace/ctf_reader.h"
#include "event/event_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/awaitness-fuzz-XXXXXX";

static void remove_folder(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/metadata", folder);
	unlink(name);
	snprintf(name, sizeof(name), "%s/stream-1-1", folder);
	unlink(name);
	rmdir(folder);
}

static void make_folder(void)
{
	static const uint8_t uuid[16];
	char name[64];
	FILE *out;

	if (!mkdtemp(folder))
		abort();
	atexit(remove_folder);
	snprintf(name, sizeof(name), "%s/metadata", folder);
	out = fopen(name, "w");
	if (!out)
		abort();
	ctf_metadata_write(out, uuid, 0);
	fclose(out);
}

static int check(void *context, const struct stream_batch *batch)
{
	(void)context;
	for (size_t i = 0; i < batch->count; i++)
		if (!event_kind_get(batch->events[i].kind))
			abort(); /* an unknown kind got through */
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctf_reader *reader;
	uint8_t uuid[16];
	char name[64];
	int fd;

	ctf_metadata_check((const char *)data, size, "fuzz", uuid, NULL);
	if (strstr(folder, "XXXXXX"))
		make_folder();
	snprintf(name, sizeof(name), "%s/stream-1-1", folder);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	if (ctf_reader_open(folder, &reader, NULL) == 0) {
		ctf_read(reader, check, NULL, NULL);
		ctf_reader_close(reader);
	}
	return 0;
}
