/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_fuzz.c - any bytes as a Python program: lowering, linking, the path pass and all rules.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "source/join/join_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/tmp/awaitness-fuzz-XXXXXX.py";
	static const char *paths[] = {path};
	static int fd = -1;
	struct join_options options = {.paths = paths, .path_count = 1, .threads = 1};
	struct lint_model *model;
	size_t count;

	if (fd < 0)
		fd = mkstemps(path, 3);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size ||
	    pwrite(fd, "\n# async\n", 9, size) != 9)
		abort();
	if (!join_model_open(&options, &model)) {
		const struct lint_finding *f = lint_model_findings(model, &count);

		for (size_t i = 0; i < count; i++)
			if (!f[i].place_count || !f[i].message[0])
				abort();
		join_model_close(model);
	}
	return 0;
}
